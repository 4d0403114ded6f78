"""What an answer has earned: its stars, the first law that it breaks, what is open. `page` says it.

The first star, *solved*, asks for the laws of mathematics of the exercise. The second, *unbreakable*, asks for the
laws of range and manners, too.
"""

from __future__ import annotations

import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from .. import repository
from ..laws import Law, LawBroken
from ..laws.expectations import as_array
from ..laws.finding import judged, ranked
from ..laws.implementations import is_blank
from ..laws.museum import recognise
from .exercises import Exercise, exercises

FIRST_STAR, SECOND_STAR = ("mathematics",), ("range", "manners")
BROKEN = "✗"
SMALL = 6  # so many rows, columns or places of a counterexample stand in a table


@dataclass
class Verdict:
    """What came of one answer. Texts and numbers alone, so that one process can tell another.

    Attributes:
        name: of the function.
        word: "not written", "broken", "solved", "unbreakable", or "stopped" where there was no end.
        held: sentence and number of cases of each law of mathematics that holds.
        title, report: what is said about the first law that is broken, of those that `star` asks for: a line, and
            rows of a word and what it says. Empty for none.
        places: the counterexample as a table, its head first, where a few numbers are wrong.
        mistake, following: the mistake that the museum knows, what to do next.
        waiting: how many laws of mathematics were not tried behind a broken one.
        open: rank and sentence of each law of the second star that is broken.
        kept: how many laws of the second star hold.
        why: for "stopped", what happened.
    """

    name: str
    word: str
    held: list[tuple[str, int]] = field(default_factory=list)
    title: str = ""
    report: list[tuple[str, str]] = field(default_factory=list)
    places: list[tuple[str, ...]] = field(default_factory=list)
    mistake: str = ""
    following: str = ""
    waiting: int = 0
    open: list[tuple[str, str]] = field(default_factory=list)
    kept: int = 0
    why: str = ""

    @property
    def solved(self) -> bool:
        return self.word in ("solved", "unbreakable")

    @property
    def line(self) -> str:
        """The verdict in a line of a table."""
        if self.word == "broken":
            return f"broken: {len(self.held)} of {len(self.held) + 1 + self.waiting} laws of mathematics hold"
        if self.word == "solved":
            return f"solved; unbreakable: {len(self.open)} of {len(self.open) + self.kept} laws open"
        if self.word == "stopped":
            return f"stopped: {self.why.split(', in the law')[0]}"
        return "not written yet" if self.word == "not written" else self.word


def asked_for(name: str) -> Exercise | None:
    """The exercise that asks for a function; None where no lesson does."""
    return next((each for each in exercises() if each.name == name), None)


def laws_of(name: str, ranks: tuple[str, ...] = FIRST_STAR + SECOND_STAR) -> list[Law]:
    """The laws that an answer is judged by, in the order of ranks: about the function, or the part asked for."""
    return ranked(name, part_of(name), ranks)


def part_of(name: str) -> str:
    """The part of a function that its exercise asks for; "" for the whole."""
    exercise = asked_for(name)
    return exercise.part if exercise else ""


def judge(function: Callable, name: str, *, star: int = 1, before: Callable[[Law], None] = lambda law: None) -> Verdict:
    """Judge one answer. A broken law of mathematics ends it; `star=2` has the second star's first fault reported.

    `before` is told each law before it is tried.
    """

    def told(chosen: Iterable[Law]) -> Iterator[Law]:
        for each in chosen:
            before(each)
            yield each

    if is_blank(function):
        return Verdict(name, "not written")
    verdict = Verdict(name, "unbreakable")
    mathematics = laws_of(name, FIRST_STAR)
    for law, count, broken in judged(function, told(mathematics)):
        if broken:
            verdict.word, verdict.waiting = "broken", len(mathematics) - len(verdict.held) - 1
            _explain(verdict, function, law, broken)
            return verdict
        verdict.held.append((law.sentence, count))
    for law, _, broken in judged(function, told(laws_of(name, SECOND_STAR))):
        if broken:
            verdict.word = "solved"
            verdict.open.append((law.rank, law.sentence))
            if star == 2 and not verdict.report:
                _explain(verdict, function, law, broken)
        else:
            verdict.kept += 1
    verdict.following = verdict.following or _after(name)
    return verdict


def _explain(verdict: Verdict, function: Callable, law: Law, broken: LawBroken) -> None:
    verdict.title, verdict.report = broken.title, [*broken.rows, ("tested", where(law))]
    verdict.places = _places(broken)
    verdict.mistake = str(recognise(function, verdict.name, part_of(verdict.name)) or "")
    verdict.following = what_to_do(broken)


def where(law: Law) -> str:
    """The file and line of a law's test, as editors and terminals know them."""
    file = Path(inspect.getsourcefile(law.test) or "").resolve()
    return f"{file.relative_to(repository.ROOT).as_posix()}:{inspect.getsourcelines(law.test)[1]}"


def _places(broken: LawBroken) -> list[tuple[str, ...]]:
    """Where numbers are wrong: a small table as it is, else the places where there are a few. The wrong are marked."""
    unmet = broken.unmet
    if unmet is None or unmet.wrong is None or unmet.wrong.size < 2:
        return []
    got, expected, wrong = (np.asarray(as_array(each)) for each in (unmet.seen, unmet.wanted, unmet.wrong))
    given = [each for each in map(as_array, broken.given) if isinstance(each, np.ndarray)]
    if _small(wrong):
        tables = {"given": given[0]} if len(given) == 1 and _small(given[0]) else {}
        tables |= {"got": got, "expected": expected}
        columns = [_rows(each, wrong if word == "got" else None) for word, each in tables.items()]
        return [tuple(tables), *itertools.zip_longest(*columns, fillvalue="")]
    if not 2 <= np.count_nonzero(wrong) <= SMALL:
        return []
    beside = [each for each in given if each.shape == wrong.shape]
    arrays = {"given": beside[0]} if len(beside) == 1 else {}
    arrays |= {"got": got, "expected": expected}
    rows = [_aligned([_number(each[wrong][i]) for i in range(np.count_nonzero(wrong))]) for each in arrays.values()]
    return [("at", *arrays), *zip(map(str, np.argwhere(wrong).tolist()), *rows, strict=True)]


def _small(array: np.ndarray) -> bool:
    """True for a table of a few rows and columns, in axes of size 1 or not."""
    rows, columns = (1, 1, *array.shape)[-2:]
    return rows * columns == array.size and 1 < rows <= SMALL and 1 < columns <= SMALL


def _rows(array: np.ndarray, wrong: np.ndarray | None) -> list[str]:
    table = array.reshape(array.shape[-2:])
    marks = np.zeros(table.shape, bool) if wrong is None else wrong.reshape(table.shape)
    columns = [
        _aligned([f"{_number(value)}{BROKEN if mark else ' '}" for value, mark in zip(*column, strict=True)])
        for column in zip(table.T, marks.T, strict=True)
    ]
    return [" ".join(row).rstrip() if wrong is None else " ".join(row) for row in zip(*columns, strict=True)]


def _aligned(texts: list[str]) -> list[str]:
    return [text.rjust(max(map(len, texts))) for text in texts]


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, np.floating) else str(value)


# ------------------------------------------------------------------ what to do next


def what_to_do(broken: LawBroken) -> str:
    """The next thing to try, from the kind of fault."""
    again = "the line behind `again`" if broken.again else "the call in the report"
    unmet = broken.unmet
    if unmet is None:
        return f"run {again} in a cell of its own and read the traceback."
    if unmet.concerns == "wording":
        return "the words alone are missing: say what the report expects."
    if unmet.concerns == "refusal" and isinstance(unmet.seen, BaseException):
        return f"it is refused, but with {type(unmet.seen).__name__}: raise {unmet.expected} there."
    if unmet.concerns == "refusal":
        return f"refuse bad input before you compute: {again} must raise {unmet.expected}."
    if unmet.concerns == "kind":
        return f"look at what {again} returns, its type and its shape: the values come after that."
    if unmet.concerns == "statement":
        return f"read what the law says of {again}, and compare it with what you got."
    return f"work out on paper what {again} must give, then run it and compare."


def _after(name: str) -> str:
    known = exercises()
    place = next((i for i, each in enumerate(known) if each.name == name), None)
    if place is None:
        return "your function is right; the lessons have others."
    if place + 1 == len(known):
        return "this is the last exercise of the lessons. `seeing-tensors check` judges a file of all of them."
    return f"{known[place + 1].place}."
