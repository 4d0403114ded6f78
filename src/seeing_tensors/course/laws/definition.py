"""What a law is, and how an implementation is held to it.

A law is a sentence about every input of one public function, and the code
that tests the sentence. The laws live in ``tests/spec``. The same objects are
run by pytest, by ``prove`` and ``check`` in a lesson, on the museum of
mistakes, on peers, and on files of answers.
"""

from __future__ import annotations

import functools
import inspect
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import hypothesis
import numpy as np
import torch

from .examples import SETTINGS, ours
from .expectations import Unmet, as_array, disproved
from .report import broken, fickle
from .watching import Watched, copied

#: What a law asks for. Mathematics: what the lesson derives, on ordinary pictures, float32 or uint8. Range: other
#: types, layouts, sizes and extremes. Manners: bad input refused, arguments kept.
RANKS = ("mathematics", "range", "manners")
# One wrong number can have many causes. So many cases are tried, and so many wrong numbers must agree, before a report
# says what is likely wrong.
TRIED, ENOUGH = 12, 4


@dataclass(frozen=True)
class Law:
    """A sentence about one public function, and the code that tests it.

    `test` takes the function to be judged first, then one argument for each
    Hypothesis strategy in `given`; if it has a parameter named `about`, that is
    the name of the function. `cases` are fixed arguments, tried first. `part` names the part
    of the function that the law is about, where exercises ask for parts; "" for all of it.
    """

    about: str
    lesson: int
    rank: str
    name: str
    sentence: str
    test: Callable
    cases: Sequence[Mapping[str, Any]] = ()
    given: Mapping[str, Any] = field(default_factory=dict)
    part: str = ""

    def run(self, function: Callable, profile: str = "check", *, smallest: bool = True) -> int:
        """Hold `function` to this law. Return how many cases it held for, or raise LawBroken.

        With `smallest=False` the report shows the first counterexample that was found, which is
        quicker than to look for the smallest one.
        """
        watched = Watched(function)
        held, case = 0, {}

        def one_case(**arguments):
            nonlocal held, case
            watched.forget()
            case = arguments
            self._try(watched, arguments)
            held += 1

        try:
            with ours(), warnings.catch_warnings():
                # What numpy has to say about one of many inputs helps nobody; the report names the one that matters.
                warnings.simplefilter("ignore")
                if self.given:
                    self._with_examples(one_case, profile, smallest=smallest)()
                else:
                    for each in self.cases or ({},):
                        one_case(**each)
        except hypothesis.errors.Flaky:
            raise broken(self.about, self.lesson, self.sentence, watched, case, fickle(watched)) from None
        except hypothesis.errors.HypothesisException:
            raise  # the law is at fault, not the function
        except (Exception, SystemExit) as error:
            if isinstance(error, Unmet) and error.claims:
                error.cause = error.cause or self._likely(function, error.claims)
            raise broken(self.about, self.lesson, self.sentence, watched, case, error) from None
        return held

    def _likely(self, function: Callable, claims: Sequence[str]) -> str:
        """The one claim that fits all that came, on at least `ENOUGH` wrong numbers; "" if there is none."""
        numbers = 0
        with disproved() as others:
            for case in self._tried:
                outcome = self.outcome(function, {name: copied(value) for name, value in case.items()})
                numbers += np.size(as_array(outcome.seen)) if isinstance(outcome, Unmet) else 0
        fitting = [claim for claim in claims if claim not in others]
        return fitting[0] if len(fitting) == 1 and numbers >= ENOUGH else ""

    @functools.cached_property
    def _tried(self) -> list[dict[str, Any]]:
        """The cases on which claims are tried: to draw them takes longer than to try them."""
        return self.examples(TRIED)

    def examples(self, most: int) -> list[dict[str, Any]]:
        """Fixed cases, then generated ones, at most this many of each; the same at every call."""
        found = [dict(case) for case in (self.cases or ([] if self.given else [{}]))[:most]]
        if self.given:
            settings = hypothesis.settings(SETTINGS["check"], max_examples=most, phases=[hypothesis.Phase.generate])

            @settings
            @hypothesis.given(**self.given)
            def collect(**arguments):
                found.append(arguments)

            with ours():
                collect()
        return found

    def outcome(self, function: Callable, case: Mapping[str, Any]) -> Exception | SystemExit | None:
        """What comes of one case: None if the law holds, `Unmet`, or what the function raised."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._try(Watched(function), case)
        except (Exception, SystemExit) as error:
            return error
        return None

    def _try(self, watched: Watched, case: Mapping[str, Any]) -> None:
        # A law that asks torch for random numbers gets the same ones for everybody.
        # (The generator itself: torch.manual_seed takes milliseconds.)
        generator = torch.default_generator
        state = generator.get_state()
        generator.manual_seed(0)
        try:
            named = {"about": self.about} if "about" in inspect.signature(self.test).parameters else {}
            self.test(watched, **named, **case)
        finally:
            generator.set_state(state)

    def _with_examples(self, one_case: Callable, profile: str, *, smallest: bool) -> Callable:
        trial = one_case
        for case in reversed(list(self.cases)):  # the last to be added is tried first
            trial = hypothesis.example(**case)(trial)
        trial = hypothesis.given(**self.given)(trial)
        # What Hypothesis explains about a counterexample is not in the report, and takes ten times as long as the rest.
        left_out = {hypothesis.Phase.explain} | (set() if smallest else {hypothesis.Phase.shrink})
        phases = [phase for phase in hypothesis.Phase if phase not in left_out]
        return hypothesis.settings(SETTINGS[profile], phases=phases)(trial)


def law(
    *about: str, lesson: int, rank: str, part: str = "", cases: Sequence[Mapping[str, Any]] = (), **given: Any
) -> Callable[[Callable], Law | tuple[Law, ...]]:
    """Make a function into a `Law` about a public function; with several names, into one law about each.

    The docstring is the sentence, `rank` one of `RANKS`. Other keyword arguments are Hypothesis strategies.

        @law("to_uint8", lesson=2, rank="mathematics", x=floats_of_any_size())
        def clamps(to_uint8, x):
            '''Values below 0 become 0, values above 1 become 255.'''
            expect_same(to_uint8(x), to_uint8(x.clamp(0, 1)))
    """
    if rank not in RANKS:
        raise ValueError(f"a law is of rank {', '.join(RANKS)}, got {rank!r}")

    def make(test: Callable) -> Law | tuple[Law, ...]:
        sentence = " ".join((inspect.getdoc(test) or "").split())
        made = tuple(Law(name, lesson, rank, test.__name__, sentence, test, cases, given, part) for name in about)
        return made if len(made) > 1 else made[0]

    return make
