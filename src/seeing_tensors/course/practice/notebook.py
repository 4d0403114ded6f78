"""The spec in a lesson: it proves the library, and it judges what you have written yourself."""

from __future__ import annotations

import html
import inspect
import sys
from collections.abc import Callable
from pathlib import Path

from .. import repository
from ..laws import LawBroken
from ..laws.finding import judged, laws
from ..laws.implementations import is_blank
from ..laws.museum import recognise
from .predictions import in_a_notebook
from .exercises import exercises
from .portraits import show_beside_target


def prove(name: str) -> None:
    """Run the laws about a public function on the library: a count, two laws worth reading, the others folded.

    Outside a notebook the others are counted only. A broken law raises LawBroken: a lesson whose proof fails does not run.
    """
    import seeing_tensors

    chosen = laws(name)
    counts = [each.run(getattr(seeing_tensors, name)) for each in chosen]
    headline = f"{name}: {len(chosen)} laws held, {sum(counts):,} cases"
    worth = [each for each in chosen if each.rank == "mathematics"][:2]
    rest = [(each, count) for each, count in zip(chosen, counts, strict=True) if each not in worth]
    if not in_a_notebook():
        print(headline, *(f"  held  {each.sentence}" for each in worth), f"  held  and {len(rest)} others", sep="\n")
        return
    from IPython.display import HTML, display

    items = "".join(f"<li>{html.escape(each.sentence)}</li>" for each in worth)
    folded = "".join(f"<li>{html.escape(each.sentence)} [{count}]</li>" for each, count in rest)
    more = f"<details><summary>The other {len(rest)}</summary><ul>{folded}</ul></details>" if rest else ""
    display(HTML(f'<div class="proof"><p><strong>{html.escape(headline)}</strong></p><ul>{items}</ul>{more}</div>'))


def check(function: Callable) -> None:
    """Run the laws about a public function on your own version of it, found by its name.

    Prints which laws hold, and the first one that does not, with the smallest
    input that breaks it. Where your version makes a mistake that others have
    published before you, it says which. Where a picture says more, yours is
    drawn beside the one that is wanted. Then it names the next thing to try.
    Prints "not written yet" while the body is `...`. What your own code prints
    is left out, but for the call in the report: that line begins with `printed`.
    """
    name = function.__name__
    number = len(laws(name))
    if is_blank(function):
        print(f"{name}: not written yet. {number} laws are waiting.")
        return
    broken = []
    for law, count, report in judged(function, name):
        print(f"  BROKEN  {law.sentence}" if report else f"  held    {law.sentence}  [{count}]")
        broken += [report] if report else []
    if not broken:
        print(f"\nAll {number} laws hold. Your {name} is right.")
    else:
        print(f"\n{name}: {number - len(broken)} of {number} laws held")
        explain(function, name, broken[0])
        show_beside_target(function, name)
    print(f"\nNext: {next_thing(name, broken[0] if broken else None)}")


def explain(function: Callable, name: str, broken: LawBroken) -> None:
    """Print a report, and the mistake of the museum that the function makes, where there is one."""
    print(f"\n{broken}")
    known = recognise(function, name)
    if known:
        print(f"\n{known}")


def answer(name: str) -> None:
    """Show the library's own source of a public function, folded. Outside a notebook, say where it stands."""
    import seeing_tensors

    function = getattr(seeing_tensors, name)
    lines, first = inspect.getsourcelines(function)
    file = Path(inspect.getsourcefile(function)).resolve().relative_to(repository.ROOT)
    place = f"{name}, lines {first} to {first + len(lines) - 1} of {file.as_posix()}"
    if not in_a_notebook():
        print(f"[answer] {place}")
        return
    from IPython.display import HTML, display
    from pygments import highlight
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import PythonLexer

    source = highlight("".join(lines), PythonLexer(), HtmlFormatter(cssclass="highlight answer"))
    display(HTML(f"<details><summary>Answer: {html.escape(place)}</summary>{source}</details>"))


def next_thing(name: str, broken: LawBroken | None) -> str:
    if broken and broken.unmet is None:
        return "run the line behind `again` in a cell of its own and read the traceback."
    if broken and broken.unmet.concerns == "kind":
        return "print what the line behind `again` returns, its type and its shape: the values come after that."
    if broken and broken.unmet.concerns == "refusal":
        return "refuse bad input before you compute: the line behind `again` must raise."
    if broken:
        return "work out on paper what the line behind `again` must give, then run it and compare."
    known = exercises()
    place = next((i for i, each in enumerate(known) if each.name == name), None)
    if place is None:
        return "your function is right; the lessons have others."
    if place + 1 == len(known):
        return "that was the last exercise. `seeing-tensors check` judges a file of all of them."
    return f"{known[place + 1].place}."
