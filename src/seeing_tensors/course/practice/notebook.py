"""The spec in a lesson: it proves the library, and it judges what you have written yourself."""

from __future__ import annotations

import html
import inspect
from collections.abc import Callable
from pathlib import Path

from ...figures import in_a_notebook
from .. import repository
from ..laws.finding import laws
from .portraits import show_beside_target
from .verdicts import fault, headline, judge, second_star


def prove(name: str) -> None:
    """Run the laws about a public function on the library: a count, two laws worth reading, the others folded.

    Outside a notebook the others are counted only. A broken law raises LawBroken: a lesson whose proof fails does not
    run.

    >>> import seeing_tensors as st
    >>> st.prove("split_view")
    split_view: ... laws held, ... cases
      held  ...
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
    split_view: not written yet. ...
    """
    name = function.__name__
    verdict = judge(function, name, star=star)
    print(headline(verdict))
    if verdict.word == "broken":
        print(f"\n{fault(verdict)}")
        show_beside_target(function, name)
    if verdict.solved:
        show_beside_target(function, name, alike=True)
        print(f"\n{second_star(verdict, '' if star == 2 else f'`st.check({name}, star=2)` shows the first of them.')}")
        if verdict.report:
            print(f"\n{fault(verdict)}")
    if verdict.following:
        print(f"\nNext: {verdict.following}")


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
