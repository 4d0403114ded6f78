"""The pages of the reference: one for each module of the library, in Markdown, from the docstrings of what is public.

A docstring is plain text in four kinds of blocks, with empty lines between them: words, an example after ``>>>``,
a formula that is indented, and a section such as ``Args:`` with what is indented under it.
"""

from __future__ import annotations

import importlib
import inspect
import pprint
import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import seeing_tensors

from ..laws import Law
from ..laws.definition import RANKS
from ..laws.finding import laws
from ..repository import lesson_files, page_files
from .law_pages import as_text

_SECTIONS = {"Args": "Arguments", "Returns": "Returns", "Raises": "Raises", "Attributes": "Attributes"}

_INTRODUCTION = """# Reference

All that `import seeing_tensors as st` brings, module by module: {names} names, each with its example and its laws.
A float picture lies in [0, 1], a uint8 one in [0, 255]; an array is (H, W) or (H, W, C), a tensor (…, C, H, W). No
function changes its argument or guesses a range.

"""


def pages(root: Path) -> dict[str, str]:
    """The Markdown of each page, by file name. Each public name has the label `reference-NAME`."""
    about: dict[str, list[Law]] = defaultdict(list)
    for law in laws():
        about[law.about].append(law)
    chapters: dict[str, list[str]] = defaultdict(list)
    for module in seeing_tensors.MODULES:
        chapters[module.partition(".")[0]].append(module)  # what belongs to the course is on one page
    speed = root / "lessons" / "speed.md"
    timed = speed.read_text(encoding="utf-8") if speed.exists() else ""
    scripts = {page.stem: page.read_text(encoding="utf-8") for page in page_files(root)}
    contents = _INTRODUCTION.format(names=len(seeing_tensors.__all__))
    written = {}
    for chapter, modules in chapters.items():
        text = f"# Reference: {chapter}\n\n"
        contents += f"## [{chapter}]({chapter}.md)\n\n| name | what it is |\n|---|---|\n"
        for module in modules:
            text += "\n\n".join(_blocks(inspect.getdoc(importlib.import_module(f"seeing_tensors.{module}")) or ""))
            for name in seeing_tensors.MODULES[module]:
                text += f"\n\n(reference-{name})=\n## `{name}`\n\n{_entry(name)}\n\n"
                text += _facts(root, name, about[name], timed, scripts)
                contents += f"| {{ref}}`{name} <reference-{name}>` | {_summary(name)} |\n"
        written[f"{chapter}.md"] = text
        contents += "\n"
    tree = "\n".join(chapters)
    written["index.md"] = f"{contents}```{{toctree}}\n:hidden:\n\n{tree}\n```\n"
    return written


def _summary(name: str) -> str:
    return as_text(" ".join(_described(name).split("\n\n")[0].split()))


def _described(name: str) -> str:
    """A docstring; of a constant the comment that stands above it."""
    value = getattr(seeing_tensors, name)
    if callable(value):
        return inspect.getdoc(value) or ""
    (module,) = (each for each, names in seeing_tensors.MODULES.items() if name in names)
    source = inspect.getsource(importlib.import_module(f"seeing_tensors.{module}"))
    comment = re.search(rf"((?:^#:.*\n)+)(?:^[A-Z_]+ = .*\n)*^{name} = ", source, flags=re.M)
    return comment[1].replace("#: ", "").strip() if comment else ""


def _entry(name: str) -> str:
    value = getattr(seeing_tensors, name)
    if not callable(value):
        return f"{_code(f'st.{name} = {pprint.pformat(value, width=72, sort_dicts=False)}')}\n\n{_summary(name)}"
    is_error = inspect.isclass(value) and issubclass(value, BaseException)
    parts = [] if is_error else [_code(_signature(f"st.{name}", value))]
    parts += _blocks(_described(name))
    if inspect.isclass(value):
        for method, function in vars(value).items():
            # What is inherited has its docstring elsewhere; what is read like a number is among the attributes.
            if inspect.isfunction(function) and not method.startswith("_") and function.__doc__:
                said = "\n\n".join(_blocks(inspect.getdoc(function) or ""))
                parts.append(f"::::{{container}} method\n{_code(_signature(f'.{method}', function))}\n\n{said}\n::::")
    return "\n\n".join(parts)


def _signature(name: str, function: object) -> str:
    """A call with the types of its arguments; one argument a line where it is long."""
    signature = inspect.signature(function)  # type: ignore[arg-type]
    parameters = [each for each in signature.parameters.values() if each.name != "self"]
    written, stars = [], False
    for each in parameters:
        if each.kind is each.KEYWORD_ONLY and not stars:
            written.append("*")
        stars = stars or each.kind in (each.KEYWORD_ONLY, each.VAR_POSITIONAL)
        star = {each.VAR_POSITIONAL: "*", each.VAR_KEYWORD: "**"}.get(each.kind, "")
        kind = "" if each.annotation is each.empty else f": {_plain(each.annotation)}"
        default = "" if each.default is each.empty else f"{' = ' if kind else '='}{each.default!r}"
        written.append(f"{star}{each.name}{kind}{default}")
    back = "" if signature.return_annotation is signature.empty else f" -> {_plain(signature.return_annotation)}"
    line = f"{name}({', '.join(written)}){back}"
    if len(line) <= 72:
        return line
    return f"{name}(\n" + "".join(f"    {each},\n" for each in written) + f"){back}"


def _plain(annotation: object) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def _blocks(docstring: str) -> Iterator[str]:
    """The blocks of a docstring, each as Markdown."""
    for block in re.split(r"\n\s*\n", docstring.strip()):
        first, _, rest = block.partition("\n")
        inside = textwrap.dedent(block)
        if first.rstrip(":") in _SECTIONS and first.endswith(":"):
            yield _section(first[:-1], textwrap.dedent(rest))
        elif inside.startswith(">>>"):
            yield _code(re.sub(r" *# doctest:.*", "", inside), "pycon")
        elif block.startswith(" "):
            yield _code(inside, "text")
        else:
            yield as_text(" ".join(block.split()))


def _section(title: str, body: str) -> str:
    """A section's entries, `name, name: words`, as a list of definitions; what is returned has no names."""
    if title == "Returns":
        entries = [("Returns", body)]
    else:
        entries = [entry.partition(": ")[::2] for entry in re.split(r"\n(?! )", body)]
    listed = ""
    for names, words in entries:
        term = names if title == "Returns" else ", ".join(f"`{name}`" for name in names.split(", "))
        listed += f"{term}\n: {as_text(' '.join(words.split()))}\n\n"
    heading = "" if title == "Returns" else f"```{{rubric}} {_SECTIONS[title]}\n```\n\n"
    return f"{heading}{listed.rstrip()}"


def _code(text: str, language: str = "python") -> str:
    return f"````{{code-block}} {language}\n{text}\n````"


def _facts(root: Path, name: str, its_laws: list[Law], timed: str, scripts: dict[str, str]) -> str:
    """Where more is said about a function: its laws, how fast it is, which lesson teaches it, which use it."""
    facts = {}
    if its_laws:
        ranks = Counter(law.rank for law in its_laws)
        counted = ", ".join(f"{ranks[rank]} of {rank}" for rank in RANKS if ranks[rank])
        facts["Laws"] = f"{{ref}}`{len(its_laws)} <laws-of-{name}>`: {counted}"
    if re.search(rf"^\| `{name}\b", timed, flags=re.M):
        facts["How fast"] = "measured beside its peers: [](../speed.md)"
    teaching = {file.stem for file in lesson_files(root) if int(file.stem[:2]) in {law.lesson for law in its_laws}}
    using = {stem for stem, script in scripts.items() if re.search(rf"\bst\.{name}\b", script)} - teaching
    for title, stems in (("Taught in", teaching), ("Used in", using)):
        if stems:
            facts[title] = "; ".join(f"{{doc}}`/{stem}`" for stem in scripts if stem in stems)
    listed = "".join(f"{title}\n: {text}\n\n" for title, text in facts.items())
    return f":::{{container}} facts\n{listed.rstrip()}\n:::" if facts else ""
