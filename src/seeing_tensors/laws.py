"""What a law is, and how an implementation is held to it.

A law is a sentence about every input of one public function, and the code
that tests the sentence. The laws live in ``tests/spec``. The same objects are
run by pytest, by ``prove`` and ``check`` in a lesson, on the museum of
mistakes, on peers, and on files of answers.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import hypothesis
import hypothesis.configuration
import torch

from .expectations import NOTHING_CAME, Unmet, literal, memory_note, one_line, picture_of, with_imports
from .implementations import import_line
from .reading import repository_path
from .watching import Watched

# Hypothesis keeps notes in the working folder, which belongs to the reader; a shared machine has several readers.
_NOTES = f"seeing-tensors-hypothesis-{getattr(os, 'getuid', int)()}"
hypothesis.configuration.set_hypothesis_home_dir(Path(tempfile.gettempdir()) / _NOTES)

# `check` answers while you wait, `test` is what `make test` runs, `thorough` is for the night.
_SETTINGS = dict(
    database=None,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.register_profile("check", max_examples=20, derandomize=True, **_SETTINGS)
hypothesis.settings.register_profile("test", max_examples=100, derandomize=True, **_SETTINGS)
hypothesis.settings.register_profile("thorough", max_examples=2000, **_SETTINGS)


class LawBroken(AssertionError):
    """An implementation does not do what a law says. The text is the whole report.

    Attributes:
        law: the law.
        case: the arguments that the law was given.
        unmet: the expectation that was not met; None when the function raised.
        cause: what is likely wrong, or "".
    """

    def __init__(self, report: str, law: Law, case: Mapping[str, Any], unmet: Unmet | None, cause: str):
        super().__init__(report)
        self.law, self.case, self.unmet, self.cause = law, case, unmet, cause

    @property
    def margin(self) -> float:
        """How clearly the law is broken, in bounds; see `Unmet`. An exception in place of a result is infinitely clear."""
        return self.unmet.margin if self.unmet else float("inf")


@dataclass(frozen=True)
class Law:
    """A sentence about one public function, and the code that tests it.

    `test` takes the function to be judged first, then one argument for each
    Hypothesis strategy in `given`. `cases` are fixed arguments, tried first.
    """

    about: str
    lesson: int
    name: str
    sentence: str
    test: Callable
    cases: Sequence[Mapping[str, Any]] = ()
    given: Mapping[str, Any] = field(default_factory=dict)

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
            with warnings.catch_warnings():
                # What numpy has to say about one of many inputs helps nobody; the report names the one that matters.
                warnings.simplefilter("ignore")
                if self.given:
                    self._with_examples(one_case, profile, smallest=smallest)()
                else:
                    for each in self.cases or ({},):
                        one_case(**each)
        except hypothesis.errors.Flaky:
            raise _broken(self, watched, case, _fickle(watched)) from None
        except hypothesis.errors.HypothesisException:
            raise  # the law is at fault, not the function
        except (Exception, SystemExit) as error:
            raise _broken(self, watched, case, error) from None
        return held

    def examples(self, most: int) -> list[dict[str, Any]]:
        """Fixed cases, then generated ones, at most this many of each.

        The same at every call, until more of the library is loaded: Hypothesis takes constants from loaded modules.
        """
        found = [dict(case) for case in (self.cases or ([] if self.given else [{}]))[:most]]
        if self.given:
            settings = hypothesis.settings(
                hypothesis.settings.get_profile("check"), max_examples=most, phases=[hypothesis.Phase.generate]
            )

            @settings
            @hypothesis.given(**self.given)
            def collect(**arguments):
                found.append(arguments)

            collect()
        return found

    def outcome(self, function: Callable, case: Mapping[str, Any]) -> Exception | None:
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
            self.test(watched, **case)
        finally:
            generator.set_state(state)

    def _with_examples(self, one_case: Callable, profile: str, *, smallest: bool) -> Callable:
        trial = one_case
        for case in self.cases:
            trial = hypothesis.example(**case)(trial)
        trial = hypothesis.given(**self.given)(trial)
        # What Hypothesis explains about a counterexample is not in the report, and takes ten times as long as the rest.
        left_out = {hypothesis.Phase.explain} | (set() if smallest else {hypothesis.Phase.shrink})
        phases = [phase for phase in hypothesis.Phase if phase not in left_out]
        return hypothesis.settings(hypothesis.settings.get_profile(profile), phases=phases)(trial)


def law(about: str, *, lesson: int, cases: Sequence[Mapping[str, Any]] = (), **given) -> Callable[[Callable], Law]:
    """Make a function into a `Law` about the public function `about`.

    The docstring is the sentence. Keyword arguments are Hypothesis strategies.

        @law("to_uint8", lesson=2, x=floats_of_any_size())
        def clamps(to_uint8, x):
            '''Values below 0 become 0, values above 1 become 255.'''
            expect_same(to_uint8(x), to_uint8(x.clamp(0, 1)))
    """

    def make(test: Callable) -> Law:
        sentence = " ".join(inspect.getdoc(test).split())
        return Law(about, lesson, test.__name__, sentence, test, cases, given)

    return make


# -------------------------------------------------------------- the report


def _broken(law: Law, watched: Watched, case: Mapping[str, Any], error: BaseException) -> LawBroken:
    unmet = error if isinstance(error, Unmet) else None
    refused = unmet is not None and unmet.concerns == "refusal"
    if unmet:
        got, expected, cause = unmet.got, unmet.expected, unmet.cause
    elif error is watched.error:
        where = _where(watched.function, error)
        got, expected, cause = one_line(error) + where, "a result, not an exception", ""
        if isinstance(error, TypeError) and not where:
            cause = "a call like this one must be possible: compare the names of your arguments with the exercise's"
    else:
        got = f"{picture_of(watched.result)}, with which the law could not go on: {one_line(error)}"
        expected = "a result of the kind that the docstring promises"
        kind = type(watched.result).__name__
        cause = NOTHING_CAME if watched.came_to_nothing else f"{kind} came back: compare with the docstring's Returns"
        unmet = Unmet(got, expected, cause, concerns="kind")
    if watched.came_to_nothing and not refused and not _may_return_none(law.about):
        got = got if got.startswith("None") else "None"  # not what a law has made of it, such as an array of NaN
        cause = NOTHING_CAME
    if watched.changed and not refused:
        which = "a" if inspect.isclass(watched.function) else "the"
        cause = f"{which} call changed its argument number {watched.changed}: work on a copy"
    lines = [
        f"{law.about} breaks a law of lesson {law.lesson}",
        f"  law       {law.sentence}",
        f"  call      {_shortened(watched.call(picture_of)) or law.about + ' (not called yet)'}",
        f"  got       {got}",
        f"  expected  {expected}",
    ]
    if watched.printed:
        lines.append(f"  printed   {_in_one_line(watched.printed)}")
    if cause:
        lines.append(f"  likely    {cause}")
    again = watched.call(literal)
    if again:
        imported = import_line(watched.function)
        lines.append(f"  again     {imported + '; ' if imported else ''}{with_imports(again)}")
        lines += [f"  with      {note}" for note in map(memory_note, watched.originals) if note]
    return LawBroken("\n".join(lines), law, case, unmet, cause)


def _in_one_line(printed: str) -> str:
    words = " ".join(printed.split())
    return words if len(words) <= 200 else f"{words[:200]}..."


def _may_return_none(name: str) -> bool:
    """True for a public function whose annotation says so, and for a class: its methods differ."""
    import seeing_tensors

    ours = getattr(seeing_tensors, name, None)
    return inspect.isclass(ours) or (ours is not None and inspect.signature(ours).return_annotation in (None, "None"))


def _fickle(watched: Watched) -> Unmet:
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


# --------------------------------------------------------- finding the laws


def laws(about: str | None = None) -> list[Law]:
    """Every law in `tests/spec`, in the order of the lessons; or those about one function."""
    found = [each for each in members("tests/spec", about) if isinstance(each, Law)]
    if about is None:
        return found
    chosen = [each for each in found if each.about == about]
    if not chosen:
        known = ", ".join(sorted({each.about for each in laws()}))
        raise ValueError(f"no law in tests/spec is about {about!r}; there are laws about: {known}")
    return chosen


def members(folder: str, about: str | None = None) -> Iterator[Any]:
    """Everything defined in the files lesson_*.py of a folder of the repository, in their order.

    With `about`, files in which this name is not written are not loaded: torchvision takes seconds.
    """
    package = _package(folder)
    for file in sorted(repository_path(folder).glob("lesson_*.py")):
        if about is not None and f'"{about}"' not in file.read_text(encoding="utf-8"):
            continue
        yield from vars(importlib.import_module(f"{package.__name__}.{file.stem}")).values()


def _package(folder: str) -> ModuleType:
    # These folders are not installed; each gets a name of its own so that its files can import one another.
    name = "seeing_tensors_" + Path(folder).name
    if name not in sys.modules:
        path = repository_path(folder)
        spec = importlib.util.spec_from_file_location(name, path / "__init__.py", submodule_search_locations=[str(path)])
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


def judged(function: Callable, about: str) -> Iterator[tuple[Law, int, LawBroken | None]]:
    """Each law about a public function with what came of it: how many cases held, and the report where it is broken.

    The first counterexample is the smallest that was found.
    """
    found = False
    for each in laws(about):
        try:
            yield each, each.run(function, smallest=not found), None
        except LawBroken as broken:
            found = True
            yield each, 0, broken
