"""The museum of mistakes: wrong functions that somebody has published, and how to recognise one of them.

The exhibits live in ``tests/mistakes``. A *mistake* is a wrong implementation
of a public function, with where it was seen. A *twin* is a right one, written
otherwise than the library's, which no law may reject. A *plain answer* is what a
reader writes from the lesson, the mathematics and nothing else: no law of
mathematics may reject it.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import hypothesis
import numpy as np

from .definition import RANKS, Law
from .expectations import Unmet, as_array
from .finding import members, ranked
from .watching import copied

# How many fixed and how many generated cases of each law two implementations are compared on.
CASES = 6

Failure: TypeAlias = Exception | SystemExit | None  # what came of a law in one case


@dataclass(frozen=True)
class Mistake:
    """A wrong implementation of the public function `about`.

    `what` completes the sentence "This is what you get when ...", `tempting`
    says why anyone writes it, `source` where it was published or reported.
    `rank` is that of the first laws it breaks: "mathematics", unless it is right
    on ordinary pictures and wrong about range or manners only.
    """

    about: str
    name: str
    what: str
    tempting: str
    source: str
    function: Callable
    rank: str = "mathematics"
    rewordings: list[Callable] = field(default_factory=list)

    def in_other_words(self, function: Callable) -> Callable:
        """Decorator: the same mistake as a learner may write it. It must be recognised too."""
        self.rewordings.append(function)
        return function

    def __str__(self) -> str:
        return f"This is what you get when {self.what}.\n{self.tempting} Seen: {self.source}"


@dataclass(frozen=True)
class Twin:
    """A right implementation of `about`, written otherwise. `how` says in what way."""

    about: str
    name: str
    how: str
    function: Callable


@dataclass(frozen=True)
class Plain:
    """The plainest right answer to the exercise `about`: a few lines, no checks, no half precision.

    `part` is the part of the function that the exercise asks for; "" for all of it.
    """

    about: str
    name: str
    function: Callable
    part: str = ""


def plain(about: str, part: str = "") -> Callable[[Callable], Plain]:
    """Make a function or class into a `Plain`."""
    return lambda function: Plain(about, function.__name__, function, part)


def mistake(about: str, *, tempting: str, source: str, rank: str = "mathematics") -> Callable[[Callable], Mistake]:
    """Make a function or class into a `Mistake`. The docstring completes "This is what you get when ..."."""

    def make(function: Callable) -> Mistake:
        return Mistake(about, function.__name__, _sentence(function), tempting, source, function, rank)

    return make


def twin(about: str) -> Callable[[Callable], Twin]:
    """Make a function or class into a `Twin`. The docstring says how it differs from the library's."""

    def make(function: Callable) -> Twin:
        return Twin(about, function.__name__, _sentence(function), function)

    return make


def mistakes(about: str | None = None) -> list[Mistake]:
    """Every mistake in `tests/mistakes`, or those of one function."""
    found = [each for each in members("tests/mistakes", about) if isinstance(each, Mistake)]
    return [each for each in found if about in (None, each.about)]


def twins(about: str | None = None) -> list[Twin]:
    """Every twin in `tests/mistakes`, or those of one function."""
    found = [each for each in members("tests/mistakes", about) if isinstance(each, Twin)]
    return [each for each in found if about in (None, each.about)]


def plain_answers(about: str | None = None) -> list[Plain]:
    """Every plain answer in `tests/mistakes`, or those to one exercise."""
    found = [each for each in members("tests/mistakes", about) if isinstance(each, Plain)]
    return [each for each in found if about in (None, each.about)]


def _sentence(function: Callable) -> str:
    return " ".join((inspect.getdoc(function) or "").split()).rstrip(".")


# ------------------------------------------------------------- recognising one


@dataclass(frozen=True)
class Recognised:
    """A mistake of the museum in a function. `surely` means that all it does agrees; otherwise the first fault does."""

    mistake: Mistake
    surely: bool

    def __str__(self) -> str:
        if self.surely:
            return str(self.mistake)
        said = str(self.mistake).replace("This is what", "This looks like what", 1)
        return f"{said}\nIt is the first mistake in it, and not the only one."


def recognise(function: Callable, about: str, part: str = "") -> Recognised | None:
    """The mistake of the museum that `function` makes, or None where that is not certain enough to be said.

    Both are held to the same laws on the same inputs, those of mathematics; a function that breaks none of them, to
    all. They must go wrong on the same inputs and with the same values: on all of them, or at least on those of the
    first law that the function breaks. What a function does with input that must be refused counts only for
    mistakes that are about nothing else: most people write the computation first.
    """
    candidates = mistakes(about)
    if not candidates:
        return None
    for ranks in (("mathematics",), RANKS):
        cases = _cases(about, part, ranks)
        ours = [_failure(function, *case) for case in cases]
        if any(ours):
            break
    else:
        return None
    # The cases on which the function fails come first: there most candidates drop out at once.
    order = sorted(range(len(ours)), key=lambda i: ours[i] is None or _concerns(ours[i]) == "refusal")
    known = [(cases[i], ours[i]) for i in order]
    agreeing = [each for each in candidates if _agree(each, known)]
    if len(agreeing) > 1 and ranks != RANKS:  # apart only where other types, layouts and refusals come in
        others = [(case, _failure(function, *case)) for case in _cases(about, part, RANKS)]
        agreeing = [each for each in agreeing if _agree(each, others)]
    if agreeing:
        return Recognised(agreeing[0], surely=True) if len(agreeing) == 1 else None
    first = _cases_of_the_first_broken_law(cases, ours)
    # A mistake about the mathematics is not made where all laws of mathematics hold.
    likely = [each for each in candidates if ranks != RANKS or each.rank != "mathematics"]
    alike = [each for each in likely if _first_alike(each, first)]
    return Recognised(alike[0], surely=False) if len(alike) == 1 else None


class _Case(NamedTuple):
    law: Law
    arguments: dict[str, Any]

    def __hash__(self) -> int:
        return id(self.arguments)  # the cases are made once


@functools.cache
def _cases(about: str, part: str, ranks: tuple[str, ...]) -> list[_Case]:
    chosen = ranked(about, part, ranks)
    return [each for law in chosen for each in _cases_of(law) if _can_be_repeated(each.arguments)]


_CASES: dict[int, tuple[Law, list[_Case]]] = {}


def _cases_of(law: Law) -> list[_Case]:
    if id(law) not in _CASES:
        _CASES[id(law)] = (law, [_Case(law, case) for case in law.examples(CASES)])
    return _CASES[id(law)][1]


def _cases_of_the_first_broken_law(cases: Sequence[_Case], ours: Sequence[Failure]) -> list[tuple[_Case, Failure]]:
    first = next((case.law for case, failure in zip(cases, ours, strict=True) if _concerns(failure) == "values"), None)
    return [(case, failure) for case, failure in zip(cases, ours, strict=True) if case.law is first]


def _first_alike(wrong: Mistake, first: list[tuple[_Case, Failure]]) -> bool:
    """True if the values of one law's cases are those of the mistake, on each case where either goes wrong."""
    pairs = [(ours, _known_failure(wrong.function, case)) for case, ours in first]
    telling = [(ours, theirs) for ours, theirs in pairs if ours is not None or theirs is not None]
    values = all(_concerns(each) == "values" for pair in telling for each in pair)
    return len(telling) >= 1 and values and all(_alike(ours, theirs) for ours, theirs in telling)


@functools.cache
def _known_failure(function: Callable, case: _Case) -> Failure:
    return _failure(function, *case)


def _failure(function: Callable, law: Law, case: dict[str, Any]) -> Failure:
    """How a function breaks a law in one case, or None."""
    # An implementation that changes its argument must not change what the next one is given.
    outcome = law.outcome(function, {name: copied(value) for name, value in case.items()})
    # A case that the law does not speak of says nothing. Nor does rounding, although a law may demand the last bit.
    if isinstance(outcome, hypothesis.errors.HypothesisException) or _is_rounding(outcome):
        return None
    return outcome and outcome.with_traceback(None)


def _agree(wrong: Mistake, known: list[tuple[_Case, Failure]]) -> bool:
    """True if nothing speaks against it that a function makes this mistake, and most of its failures speak for it."""
    telling = agreed = refusals = agreed_refusals = elsewhere = 0
    for case, ours in known:
        theirs = _known_failure(wrong.function, case)
        alike = theirs is not None and _alike(ours, theirs)
        if _concerns(theirs) == "refusal":
            refusals += 1
            agreed_refusals += alike
        elif theirs is not None:
            telling += 1
            agreed += alike
            # Right where the mistake is wrong, or wrong in another way.
            if ours is None or (not alike and _concerns(ours) == "values"):
                return False
        elif _concerns(ours) == "values":
            return False  # wrong where the mistake is right
        else:
            elsewhere += _concerns(ours) == "kind"
    if telling:
        return agreed > telling / 2
    return refusals > 0 and agreed_refusals == refusals and not elsewhere


def _concerns(outcome: Failure) -> str:
    """What a failure is about; an exception in place of a result is "exception", a wrong name or device a statement."""
    if not isinstance(outcome, Unmet):
        return "" if outcome is None else "exception"
    if outcome.concerns == "wording":
        return "refusal" if isinstance(outcome.seen, Exception) else "statement"
    in_words = outcome.concerns == "values" and not isinstance(_numbers(outcome.seen), np.ndarray)
    return "statement" if in_words else outcome.concerns


def _alike(ours: Failure, theirs: Failure) -> bool:
    """True if two outcomes of one case are the same failure: nearly the same wrong values, or the same exception."""
    if not (isinstance(ours, Unmet) and isinstance(theirs, Unmet)):
        return type(ours) is type(theirs)
    x, y = _numbers(ours.seen), _numbers(theirs.seen)
    if not (isinstance(x, np.ndarray) and isinstance(y, np.ndarray)):
        return ours.got == theirs.got
    if x.shape != y.shape or (x.dtype.kind == "f") != (y.dtype.kind == "f"):
        return False
    x, y = x.astype(np.float64), y.astype(np.float64)
    # The same mistake may be made in another order of operations or in another precision: what counts
    # is that the two lie close together beside what separates both from the right answer.
    size = np.abs(y[np.isfinite(y)]).max(initial=0)
    wanted = _numbers(theirs.wanted)
    apart = _apart(y, wanted) if isinstance(wanted, np.ndarray) else 0.0
    return bool(np.isclose(x, y, rtol=0, atol=1e-2 * apart + 1e-6 * size, equal_nan=True).all())


def _is_rounding(outcome: Failure) -> bool:
    """True if what came back is float and as good as right."""
    if not isinstance(outcome, Unmet) or _concerns(outcome) != "values":
        return False
    seen, wanted = _numbers(outcome.seen), _numbers(outcome.wanted)
    if not (isinstance(seen, np.ndarray) and isinstance(wanted, np.ndarray)):
        return False
    if seen.shape != wanted.shape or wanted.dtype.kind != "f" or not np.isfinite(seen[np.isfinite(wanted)]).all():
        return False
    return _apart(seen, wanted) <= 1e-6 * np.abs(wanted[np.isfinite(wanted)]).max(initial=0)


def _apart(x: np.ndarray, y: np.ndarray) -> float:
    """The largest finite distance."""
    with np.errstate(invalid="ignore"):
        distance = np.abs(x.astype(np.float64) - y)
    return distance[np.isfinite(distance)].max(initial=0)


def _numbers(value: Any) -> Any:
    """A tensor, a number, or numbers in tuples as an array; anything else as it is."""
    value = as_array(value)
    if isinstance(value, (tuple, list)):
        parts = [_numbers(part) for part in value]
        flat = parts and all(isinstance(part, np.ndarray) for part in parts)
        return np.concatenate([part.ravel() for part in parts]) if flat else value
    return np.asarray(value) if isinstance(value, (int, float, np.number)) else value


def _can_be_repeated(case: dict[str, Any]) -> bool:
    # What Hypothesis draws while the law runs, or shuffles with, cannot be given to a second implementation.
    return not any(type(value).__module__.startswith("hypothesis") for value in case.values())
