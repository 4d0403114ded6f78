"""The pages that list the laws: one for each lesson, in Markdown, from the objects in tests/spec."""

from __future__ import annotations

import inspect
import re
from collections import defaultdict
from pathlib import Path

import seeing_tensors

from ..laws import Law
from ..laws.finding import laws
from ..repository import lesson_files

_INTRODUCTION = """# The laws

The tests of this course are its specification. A law is a sentence about one function and every input, with the code that
tests it. The same law judges the library in `make test`, proves a claim in a lesson (`st.prove`), and judges your own version
of the function in an exercise (`st.check`). There are {laws} laws about {functions} functions.

"""

# One fence longer than any that a docstring or a law may hold.
_LAW = """:::{{container}} law
{sentence}

<details><summary>How it is tested: <code>{name}</code></summary>

````{{code-block}} python
{source}
````

From <a href="../downloads/spec/{file}">tests/spec/{file}</a>, line {line}.

</details>
:::
"""


def pages(root: Path) -> dict[str, str]:
    """The Markdown of each page of laws, by file name. Each function has the label `laws-of-NAME`."""
    about: dict[str, list[Law]] = defaultdict(list)
    for law in laws():
        about[law.about].append(law)
    chapters: dict[int, list[str]] = defaultdict(list)
    for function, its_laws in about.items():
        # The laws of one function stay together, in the first lesson that has some.
        chapters[min(law.lesson for law in its_laws)].append(function)
    titles = {int(file.stem[:2]): file.stem for file in lesson_files(root)}
    written = {}
    contents = _INTRODUCTION.format(laws=sum(map(len, about.values())), functions=len(about))
    for number, functions in sorted(chapters.items()):
        lesson = f"{{doc}}`/{titles[number]}`" if number in titles else f"lesson {number}"
        sections = [_section(function, about[function]) for function in functions]
        written[f"lesson_{number}.md"] = f"# Laws of lesson {number}\n\n{lesson}\n\n" + "\n".join(sections)
        counted = [f"- [`{name}`](laws-of-{name}) {_count(about[name])}" for name in functions]
        contents += f"## [Lesson {number}](lesson_{number}.md)\n\n" + "\n".join(counted) + "\n\n"
    tree = "\n".join(name.removesuffix(".md") for name in written)
    written["index.md"] = f"{contents}```{{toctree}}\n:hidden:\n\n{tree}\n```\n"
    return written


def _section(function: str, its_laws: list[Law]) -> str:
    described = inspect.getdoc(getattr(seeing_tensors, function)) or ""
    summary = as_text(" ".join(described.split("\n\n")[0].split()))
    heading = f"(laws-of-{function})=\n## `{function}`\n\n{summary}\n\n"
    return heading + "\n".join(_law(law) for law in its_laws)


def _law(law: Law) -> str:
    source, line = inspect.getsourcelines(law.test)
    return _LAW.format(
        sentence=as_text(law.sentence),
        name=law.name,
        source="".join(source).rstrip(),
        file=Path(inspect.getsourcefile(law.test)).name,
        line=line,
    )


def _count(its_laws: list[Law]) -> str:
    return f"{len(its_laws)} law{'s' if len(its_laws) > 1 else ''}"


def as_text(docstring: str) -> str:
    """A docstring's sentence in Markdown: what looks like markup is meant as it stands, except for `code`."""
    parts = re.split(r"(``[^`]+``|`[^`]+`)", docstring)
    return "".join(part if part[:1] == "`" else re.sub(r"([\\*_\[\]<>$#|{}~^])", r"\\\1", part) for part in parts)
