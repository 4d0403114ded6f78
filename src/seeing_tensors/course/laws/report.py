"""What is said of a broken law: law, call, got, expected, likely cause, and a line to paste to see it again."""

from __future__ import annotations

import ast
import contextlib
import inspect
import io
import traceback
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from .expectations import NOTHING_CAME, Unmet, as_array, literal, one_line, outline_of, picture_of, with_imports
from .implementations import import_line
from .watching import Watched


class LawBroken(AssertionError):
    """An implementation does not do what a law says. The text is the whole report.

    Attributes:
        title, rows: the report's first line, and what follows it: a word, such as "call", and what is said of it.
        about, sentence: of the law.
        case: the arguments that the law was given.
        given: those of the latest call, as they were.
        unmet: the expectation that was not met; None when the function raised.
        cause: what is likely wrong, or "".
        again: a line of Python that shows the fault in a fresh process, or "".
    """

    def __init__(
        self,
        title: str,
        rows: Sequence[tuple[str, str]],
        about: str,
        sentence: str,
        case: Mapping[str, Any],
        given: tuple,
        unmet: Unmet | None,
        cause: str,
        again: str,
    ):
        super().__init__("\n".join([title, *(f"  {word:8}  {said}" for word, said in rows)]))
        self.title, self.rows = title, list(rows)
        self.about, self.sentence, self.case, self.given, self.unmet = about, sentence, case, given, unmet
        self.cause, self.again = cause, again

    @property
    def margin(self) -> float:
        """How clearly the law is broken, in bounds; see `Unmet`. An exception in place of a result is so infinitely."""
        return self.unmet.margin if self.unmet else float("inf")


def broken(
    about: str, lesson: int, sentence: str, watched: Watched, case: Mapping[str, Any], error: BaseException
) -> LawBroken:
    """The report on what came of one case, an expectation that was not met or any other exception."""
    unmet = error if isinstance(error, Unmet) else None
    refused = unmet is not None and unmet.concerns in ("refusal", "wording")
    if unmet:
        got, expected, cause = unmet.got, unmet.expected, unmet.cause
    elif error is watched.error:
        where = _where(watched.function, error)
        got, expected, cause = one_line(error) + where, "a result, not an exception", ""
        if isinstance(error, TypeError) and not where:
            cause = "a call like this one must be possible: compare the names of your arguments with the exercise's"
    else:
        got = f"{outline_of(watched.result)}, with which the law could not go on: {one_line(error)}"
        expected = "a result of the kind that the docstring promises"
        kind = type(watched.result).__name__
        cause = NOTHING_CAME if watched.came_to_nothing else f"{kind} came back: compare with the docstring's Returns"
        unmet = Unmet(got, expected, cause, concerns="kind")
    if watched.came_to_nothing and not refused and not _may_return_none(about):
        got = got if got.startswith("None") else "None"  # not what a law has made of it, such as an array of NaN
        cause = NOTHING_CAME
    if watched.changed and not refused:
        which = "a" if inspect.isclass(watched.function) else "the"
        cause = f"{which} call changed its argument number {watched.changed}: work on a copy"
    rows = [
        ("law", sentence),
        ("call", _shortened(watched.call(picture_of)) or f"{about} (not called yet)"),
        ("got", got),
        ("expected", expected),
    ]
    if watched.printed:
        rows.append(("printed", _in_one_line(watched.printed)))
    # What came may show what is wrong; if not, there is what the law tells everybody.
    if cause:
        rows.append(("likely", cause))
    elif unmet and unmet.advice:
        rows.append(("see to", unmet.advice))
    again = watched.call(literal)
    again = with_imports(again) if again else ""
    if again and not _shows(again, watched):
        again = ""
    if again:
        imported = import_line(watched.function)
        again = f"{imported}; {again}" if imported else again
        rows.append(("again", again))
    title = f"{about} breaks a law of lesson {lesson}"
    return LawBroken(title, rows, about, sentence, case, watched.given, unmet, cause, again)


def _shows(again: str, watched: Watched) -> bool:
    """True if the line, run now, ends as the call has ended: with the same kind of exception or the same result."""
    try:
        tree = ast.parse(again)
    except SyntaxError:  # an argument that Python cannot write, such as a model
        return False
    scope = {watched.__name__: watched.function}
    silence = io.StringIO()
    with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            *before, last = tree.body
            exec(compile(ast.Module(before, []), "again", "exec"), scope)
            if isinstance(last, ast.Expr):
                result = eval(compile(ast.Expression(last.value), "again", "eval"), scope)
            else:
                exec(compile(ast.Module([last], []), "again", "exec"), scope)
                result = watched.result
        except (Exception, SystemExit) as error:
            return type(error) is type(watched.error)
    return watched.error is None and _same(result, watched.result)


def _same(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, (np.ndarray, torch.Tensor)):
        if one.dtype != other.dtype or one.shape != other.shape or getattr(one, "is_meta", False):
            return one.dtype == other.dtype and one.shape == other.shape
        x, y = as_array(one), as_array(other)
        return bool(((x == y) | ((x != x) & (y != y))).all())
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    plain = isinstance(one, (int, float, str, bytes, bool, np.number, type(None)))
    return not plain or bool(one == other) or one != one


def _in_one_line(printed: str) -> str:
    words = " ".join(printed.split())
    return words if len(words) <= 200 else f"{words[:200]}..."


def _may_return_none(name: str) -> bool:
    """True for a public function whose annotation says so, and for a class: its methods differ."""
    import seeing_tensors

    ours = getattr(seeing_tensors, name, None)
    return inspect.isclass(ours) or (ours is not None and inspect.signature(ours).return_annotation in (None, "None"))


def fickle(watched: Watched) -> Unmet:
    return Unmet(
        f"{picture_of(watched.result)} now, and something else for the same arguments before",
        "the same result for the same arguments",
        "nothing may depend on chance, on the clock, or on earlier calls",
        concerns="statement",
    )


def _shortened(calls: str) -> str:
    """The first and the last of many calls, with what lies between left out."""
    parts = calls.split("; ")
    return calls if len(parts) <= 4 else "; ".join([parts[0], "...", *parts[-2:]])


def _where(function: Callable, error: BaseException) -> str:
    """The line of the implementation in which an exception began, in words."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    if inspect.isclass(function):
        code = next((m.__code__ for m in vars(function).values() if inspect.isfunction(m)), None)
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if code and frame.filename == code.co_filename]
    if not inside:
        return ""
    return f" at line {inside[-1].lineno}" + (f": {inside[-1].line}" if inside[-1].line else "")
