"""What an answer has earned: its stars, the first law that it breaks, what is open, and the words for all of it.

The first star, *solved*, asks for the laws of mathematics of the exercise. The second, *unbreakable*, asks for the
laws of range and manners, too.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from ..laws import Law, LawBroken
from ..laws.finding import judged, ranked
from ..laws.implementations import is_blank
from ..laws.museum import recognise
from .exercises import Exercise, exercises

FIRST_STAR, SECOND_STAR = ("mathematics",), ("range", "manners")


@dataclass
class Verdict:
    """What came of one answer. Texts and numbers alone, so that one process can tell another.

    Attributes:
        name: of the function.
        word: "not written", "broken", "solved", "unbreakable", or "stopped" where there was no end.
        held: sentence and number of cases of each law of mathematics that holds.
        broken: the sentence of the first law that is broken, of those that `star` asks for; "" for none.
        report, mistake, following: what is said about that law, the mistake that the museum knows, what to do next.
        waiting: how many laws of mathematics were not tried behind a broken one.
        open: rank and sentence of each law of the second star that is broken.
        kept: how many laws of the second star hold.
    """

    name: str
    word: str
    held: list[tuple[str, int]] = field(default_factory=list)
    broken: str = ""
    report: str = ""
    mistake: str = ""
    following: str = ""
    waiting: int = 0
    open: list[tuple[str, str]] = field(default_factory=list)
    kept: int = 0

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
            return f"stopped: {self.report.split(', in the law')[0]}"
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
            _explain(verdict, function, broken)
            return verdict
        verdict.held.append((law.sentence, count))
    for law, _, broken in judged(function, told(laws_of(name, SECOND_STAR))):
        if broken:
            verdict.word = "solved"
            verdict.open.append((law.rank, law.sentence))
            if star == 2 and not verdict.report:
                _explain(verdict, function, broken)
        else:
            verdict.kept += 1
    verdict.following = verdict.following or _after(name)
    return verdict


def _explain(verdict: Verdict, function: Callable, broken: LawBroken) -> None:
    known = recognise(function, verdict.name, part_of(verdict.name))
    verdict.broken, verdict.report, verdict.mistake = broken.sentence, str(broken), str(known or "")
    verdict.following = what_to_do(broken)


# ------------------------------------------------------------------ in words


def headline(verdict: Verdict) -> str:
    """The verdict and the laws of mathematics, one a line; what the function is good for, once it is solved."""
    if verdict.word == "not written":
        first, second = (len(laws_of(verdict.name, ranks)) for ranks in (FIRST_STAR, SECOND_STAR))
        return f"{verdict.name}: not written yet. {_laws(first)} for solved, {second} more for unbreakable."
    lines = [f"{verdict.name}: {verdict.word}"]
    lines += [f"  held    {sentence}  [{count}]" for sentence, count in verdict.held]
    if verdict.word == "broken":
        lines.append(f"  BROKEN  {verdict.broken}")
        if verdict.waiting:
            lines.append(f"  {_laws(verdict.waiting)} of mathematics wait{'s' * (verdict.waiting == 1)} behind it.")
    exercise = asked_for(verdict.name)
    if verdict.solved and exercise and exercise.good_for:
        lines += ["", *textwrap.wrap(f"Good for: {exercise.good_for}", 110)]
    return "\n".join(lines)


def second_star(verdict: Verdict, how: str) -> str:
    """What is open for the second star, one line a law; `how` says how to see a report of it."""
    total = len(verdict.open) + verdict.kept
    if not verdict.open:
        return f"Unbreakable: all {_laws(total)} of range and manners hold, too." if total else ""
    lines = [f"The second star, unbreakable, if you like: {verdict.kept} of {_laws(total)} hold, open are"]
    lines += [f"  {rank:11} {sentence}" for rank, sentence in verdict.open]
    return "\n".join([*lines, how] if how else lines)


def fault(verdict: Verdict) -> str:
    """The report, and the mistake of the museum."""
    return "\n\n".join(each for each in (verdict.report, verdict.mistake) if each)


def _laws(number: int) -> str:
    return f"{number} law{'s' * (number != 1)}"


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
        return "that was the last exercise. `seeing-tensors check` judges a file of all of them."
    return f"{known[place + 1].place}."
