"""The spec in a lesson: it proves the library, and it judges what you have written yourself."""

from __future__ import annotations

import html
import inspect
from collections.abc import Callable
from pathlib import Path

from ...figures import in_a_notebook
from .. import repository
from ..laws.finding import laws
from . import page
from .portraits import beside_target
from .verdicts import judge


def prove(name: str) -> None:
    """Run the laws about a public function on the library: a count, two laws worth reading, the others folded.

    Outside a notebook the others are counted only. A broken law raises LawBroken: a lesson whose proof fails does not
    run.

    >>> import seeing_tensors as st
    >>> st.prove("split_view")
    ✓ split_view: ... laws held, ... cases
      ✓ ...
    """
    import seeing_tensors

    chosen = laws(name)
    counts = [each.run(getattr(seeing_tensors, name)) for each in chosen]
    worth = [each for each in chosen if each.rank == "mathematics"][:2]
    others = [(each.sentence, count) for each, count in zip(chosen, counts, strict=True) if each not in worth]
    _show(page.proven(name, [each.sentence for each in worth], others, sum(counts)))


def check(function: Callable, *, star: int = 1) -> None:
    """Judge your own version of a public function, found by its name.

    It is *solved* when the laws of mathematics hold; the first that does not is shown, with an input that breaks
    it, and the others wait. Where your version makes a mistake that others have published before you, it says
    which. Then come the laws that are open for the second star, *unbreakable*; `star=2` shows the first of them.
    Where a picture says more, yours is drawn beside the library's. Prints "not written yet" while the body is `...`.
    What your own code prints is left out, but for the call in the report: that line begins with `printed`.

    >>> import seeing_tensors as st
    >>> def split_view(left, right): ...
    >>> st.check(split_view)
    ○ split_view: not written yet. ...
    """
    _show(judgement(function, star=star))


def judgement(function: Callable, *, star: int = 1) -> list[page.Part]:
    """What `check` says."""
    name = function.__name__
    verdict = judge(function, name, star=star)
    pictures = verdict.solved or verdict.word == "broken"
    portraits = beside_target(function, name, alike=verdict.solved) if pictures else None
    how = "" if star == 2 else f"`st.check({name}, star=2)` shows the first of them."
    return page.said(verdict, how, portraits)


def _show(parts: list[page.Part]) -> None:
    if not in_a_notebook():
        page.put(page.as_text(parts, page.width()))
        return
    from IPython.display import HTML, display

    display(HTML(page.as_html(parts)))


def answer(name: str) -> None:
    """Show the library's own source of a public function, folded. Outside a notebook, say where it stands.

    >>> import seeing_tensors as st
    >>> st.answer("split_view")
    [answer] split_view, lines ... to ... of src/seeing_tensors/display.py
    """
    import seeing_tensors

    function = getattr(seeing_tensors, name)
    lines, first = inspect.getsourcelines(function)
    file = Path(inspect.getsourcefile(function) or "").resolve().relative_to(repository.ROOT)
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
