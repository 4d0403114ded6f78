"""The pages of the reference: one for each module of the library, in Markdown, from the docstrings of what is public.

A docstring is plain text in four kinds of blocks, with empty lines between them: words, an example after ``>>>``,
a formula that is indented or has arrows, and a section such as ``Args:`` with what is indented under it.
"""

from __future__ import annotations

import importlib
import inspect
import pprint
import re
import textwrap
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

import seeing_tensors

from ..laws import Law
from ..laws.definition import RANKS
from ..laws.finding import laws
from ..repository import lesson_files
from .law_pages import as_text

_SECTIONS = {"Args": "Arguments", "Returns": "Returns", "Raises": "Raises", "Attributes": "Attributes"}

_INTRODUCTION = """# Reference

What the library brings, module by module: {names} names, each with its example and its laws. In code a name comes after
the library's short name: `import seeing_tensors as st`, then `st.describe(x)`.

A float picture lies in [0, 1], a uint8 one in [0, 255]; an array is (H, W) or (H, W, C), a tensor (…, C, H, W). No
function changes its argument or guesses a range.

"""


def pages(root: Path) -> dict[str, str]:
    """The Markdown of each page, by file name. Each public name has the label `st-NAME`."""
    about: dict[str, list[Law]] = defaultdict(list)
    for law in laws():
        about[law.about].append(law)
    chapters: dict[str, list[str]] = defaultdict(list)
    for module in seeing_tensors.MODULES:
        chapters[module.partition(".")[0]].append(module)  # what belongs to the course is on one page
    measured = root / "lessons" / "speed.md"
    speed = measured.read_text(encoding="utf-8") if measured.exists() else ""
    scripts = {page.stem: page.read_text(encoding="utf-8") for page in lesson_files(root)}
    contents = _INTRODUCTION.format(names=len(seeing_tensors.__all__))
    written = {}
    for chapter, modules in chapters.items():
        text = f"# Reference: {chapter}"
        contents += f"## [{chapter}]({chapter}.md)\n\n| name | what it is |\n|---|---|\n"
        for module in modules:
            text += "\n\n" + "\n\n".join(_blocks(importlib.import_module(f"seeing_tensors.{module}").__doc__ or ""))
            for name in seeing_tensors.MODULES[module]:
                text += f"\n\n(st-{name})=\n## `{name}`\n\n{_entry(name)}\n\n"
                text += _facts(name, about[name], _timed(name, speed), scripts)
                contents += f"| [`{name}`](st-{name}) | {_summary(name)} |\n"
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
        written = pprint.pformat(value, width=72, sort_dicts=False).replace("{", "{\n ").replace("}", ",\n}")
        return f"{_code(f'st.{name} = {written}')}\n\n{_words(_described(name))}"
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
        star = "*" if each.kind is each.VAR_POSITIONAL else "**" if each.kind is each.VAR_KEYWORD else ""
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


def _blocks(docstring: str) -> list[str]:
    """The blocks of a docstring, each as Markdown: words and formulas, then the example, then the sections."""
    words, examples, sections = [], [], []
    for block in re.split(r"\n\s*\n", docstring.strip()):
        first, _, rest = block.partition("\n")
        inside = textwrap.dedent(block)
        if first.endswith(":") and first[:-1] in _SECTIONS:
            sections.append(_section(first[:-1], textwrap.dedent(rest)))
        elif inside.startswith(">>>"):
            examples.append(_code(re.sub(r" *# doctest:.*", "", inside), "pycon"))
        elif block.startswith(" ") or "-->" in block:
            words.append(_code(inside, "text"))
        else:
            words.append(_words(block))
    return words + examples + sections


def _section(title: str, body: str) -> str:
    """A section's entries, `name, name: words`, as a list of definitions; what is returned has no names."""
    heading = f"```{{rubric}} {_SECTIONS[title]}\n```\n\n"
    if title == "Returns":
        return heading + _words(body)
    entries = (entry.partition(": ") for entry in re.split(r"\n(?! )", body))
    coded = {", ".join(f"`{name}`" for name in names.split(", ")): _words(words) for names, _, words in entries}
    return heading + _definitions(coded, "entries")


def _definitions(entries: Mapping[str, str], kind: str) -> str:
    listed = "\n\n".join(f"{term}\n: {text}" for term, text in entries.items())
    return f":::{{container}} {kind}\n{listed}\n:::"


def _words(text: str) -> str:
    """Words in Markdown, where each public name is a link."""
    words = as_text(" ".join(text.split()))
    return re.sub(
        r"(`+)(\w+)\1(?!`)",
        lambda found: f"[`{found[2]}`](st-{found[2]})" if found[2] in seeing_tensors.__all__ else found[0],
        words,
    )


def _code(text: str, language: str = "python") -> str:
    return f"````{{code-block}} {language}\n{text}\n````"


def _facts(name: str, its_laws: list[Law], timed: str, scripts: dict[str, str]) -> str:
    """Where more is said about a function: its laws, how fast it is, which lesson teaches it, which use it."""
    facts = {}
    if its_laws:
        ranks = Counter(law.rank for law in its_laws)
        counted = ", ".join(f"{ranks[rank]} of {rank}" for rank in RANKS if ranks[rank])
        facts["Laws"] = f"[{len(its_laws)}](laws-of-{name}): {counted}"
    if timed:
        facts["How fast"] = timed
    teaching = {law.lesson for law in its_laws}
    using = {int(stem[:2]) for stem, script in scripts.items() if re.search(rf"\bst\.{name}\b", script)} - teaching
    links = {int(stem[:2]): f"{{doc}}`lesson {int(stem[:2])} </{stem}>`" for stem in scripts}
    for title, lessons in (("Taught in", teaching), ("Used in", using)):
        if lessons:
            facts[title] = ", ".join(links.get(number, f"lesson {number}") for number in sorted(lessons))
    return _definitions(facts, "facts") if facts else ""


def _timed(name: str, speed: str) -> str:
    """From the page of speed: how many times our time each peer takes, with one thread, at 1024 x 1024."""
    table = re.search(r"^## One thread$(.*?)(?=^## |\Z)", speed, flags=re.M | re.S)
    rows = [row.split(" | ") for row in (table[1] if table else "").splitlines()]
    rows = [row for row in rows if re.match(rf"\| `{name}\b", row[0]) and row[1] and not row[1].startswith("copy")]
    times = {row[1].partition(" (")[0]: row[3].strip("*").partition(" (")[0] for row in rows if row[0] == rows[0][0]}
    told = ", ".join(f"{peer} {time}" for peer, time in times.items() if time != "–")
    if not rows:
        return ""
    link = "[how it was measured](../speed.md)"
    return f"{rows[0][0].strip('| ')} at 1024², the other's time divided by ours: {told} ({link})" if told else link
