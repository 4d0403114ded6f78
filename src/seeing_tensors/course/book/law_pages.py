"""The pages that list the laws: one for each lesson, in Markdown, from the objects in tests/spec."""

from __future__ import annotations

import ast
import functools
import inspect
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import seeing_tensors

from ..laws import Law
from ..laws.finding import laws
from ..repository import lesson_files

_INTRODUCTION = """# The laws

The tests of this course are its specification. A law is a sentence about one function and every input, with the code
that tests it. The same law judges the library in `make test`, proves a claim in a lesson (`st.prove`), and judges your
own version of the function in an exercise (`st.check`). The first star of an exercise, *solved*, asks for the laws of
mathematics; the second, *unbreakable*, for those of range and manners, too. There are {laws} laws about {functions}
functions.

"""

# One fence longer than any that a docstring or a law may hold.
_LAW = """:::{{container}} law
{sentence}

<details><summary>How it is tested: <code>{name}</code> ({rank})</summary>

````{{code-block}} python
{source}
````

From <a href="../downloads/spec/{file}">tests/spec/{file}</a>, line {line}.
{helpers}
</details>
:::
"""

_HELPERS = """
<details><summary>What it calls: {names}</summary>

````{{code-block}} python
{source}
````

</details>
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
    file = Path(inspect.getsourcefile(law.test) or "")
    source, line = inspect.getsourcelines(law.test)
    called = _called(file, law.test.__name__)
    helpers = ""
    if called:
        names = ", ".join(f"<code>{name}</code>" for name in dict.fromkeys(each.name for each in called))
        helpers = _HELPERS.format(names=names, source="\n\n".join(each.text for each in called))
    return _LAW.format(
        sentence=as_text(law.sentence),
        name=law.name,
        rank=law.rank,
        source="".join(source).rstrip(),
        file=file.name,
        line=line,
        helpers=helpers,
    )


@dataclass(frozen=True)
class _Definition:
    """Something that a file defines at its top level: `uses` are the names that stand in it."""

    file: str
    line: int
    name: str
    text: str
    uses: frozenset[str]


def _called(file: Path, name: str) -> list[_Definition]:
    """What a test uses of its own file and of those beside it, and what that uses in turn, in the files' order."""
    found: dict[_Definition, None] = {}
    waiting = [_definitions(file)[name]] if name in _definitions(file) else []
    while waiting:
        now = waiting.pop()
        if now not in found:
            found[now] = None
            known = _definitions(file.with_name(now.file))
            waiting += [known[used] for used in sorted(now.uses) if used in known]
    others = list(found)[1:]
    return sorted(others, key=lambda each: (each.file != file.name, each.file, each.line))


@functools.cache
def _definitions(file: Path) -> dict[str, _Definition]:
    """What the names at the top level of a file stand for, also those that it imports from the files beside it."""
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    found: dict[str, _Definition] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            beside = _definitions(file.with_name(f"{node.module}.py"))
            found |= {each.asname or each.name: beside[each.name] for each in node.names}
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)]
        else:
            continue
        uses = frozenset(each.id for each in ast.walk(node) if isinstance(each, ast.Name)) - set(names)
        source = "\n".join(lines[first - 1 : node.end_lineno])
        found |= {name: _Definition(file.name, first, ", ".join(names), source, uses) for name in names}
    return found


def _count(its_laws: list[Law]) -> str:
    return f"{len(its_laws)} law{'s' if len(its_laws) > 1 else ''}"


def as_text(docstring: str) -> str:
    """A docstring's sentence in Markdown: what looks like markup is meant as it stands, except for `code`."""
    parts = re.split(r"(``[^`]+``|`[^`]+`)", docstring)
    return "".join(part if part[:1] == "`" else re.sub(r"([\\*_\[\]<>$#|{}~^])", r"\\\1", part) for part in parts)
