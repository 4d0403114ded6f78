"""The spec as judge: what a law is, and the ways to run one.

A law is a sentence about every input of one public function, and the code
that tests the sentence. The laws live in ``tests/spec``. Four callers run the
same objects: pytest, ``prove`` (in a lesson, on the library), ``check`` (in a
lesson, on the learner's own function) and ``pytest --implementation``.
"""

from __future__ import annotations

import dis
import importlib
import importlib.util
import inspect
import os
import re
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import hypothesis
import hypothesis.configuration
import numpy as np
import torch

from .reading import repository_path

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
    """An implementation does not do what a law says. The text is the whole report."""


class _Unmet(AssertionError):
    """One expectation inside a law was not met. `Law.run` turns it into a `LawBroken`."""

    def __init__(self, got: str, expected: str, cause: str):
        super().__init__(f"got {got}, expected {expected}")
        self.got, self.expected, self.cause = got, expected, cause


# ------------------------------------------------------------------ the law


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
        watched = _Watched(function)
        held = 0

        def one_case(**arguments):
            nonlocal held
            watched.forget()
            watched.case = arguments
            self.test(watched, **arguments)
            held += 1

        try:
            if self.given:
                trial = one_case
                for case in self.cases:
                    trial = hypothesis.example(**case)(trial)
                trial = hypothesis.given(**self.given)(trial)
                phases = [phase for phase in hypothesis.Phase if smallest or phase is not hypothesis.Phase.shrink]
                trial = hypothesis.settings(hypothesis.settings.get_profile(profile), phases=phases)(trial)
            with warnings.catch_warnings():
                # What numpy has to say about one of many inputs helps nobody; the report names the one that matters.
                warnings.simplefilter("ignore")
                if self.given:
                    trial()
                else:
                    for case in self.cases or ({},):
                        one_case(**case)
        except hypothesis.errors.HypothesisException:
            raise  # the law is at fault, not the function
        except Exception as error:
            raise LawBroken(self._report(watched, error)) from None
        return held

    def _report(self, watched: _Watched, error: Exception) -> str:
        if isinstance(error, _Unmet):
            got, expected, cause = error.got, error.expected, error.cause
        elif error is watched.error:
            got, expected, cause = _one_line(error), "a result, not an exception", ""
        else:
            got = f"{picture_of(watched.result)}, with which the law could not go on: {_one_line(error)}"
            expected, cause = "a result of the kind that the docstring promises", ""
        lines = [
            f"{self.about} breaks a law of lesson {self.lesson}",
            f"  law       {self.sentence}",
            f"  call      {watched.call(short=True)}",
            f"  got       {got}",
            f"  expected  {expected}",
        ]
        if cause:
            lines.append(f"  likely    {cause}")
        if watched.arguments is not None:
            again = watched.call(short=False)
            lines.append(f"  again     {again if len(again) < 1500 else watched.call(short=True)}")
            lines += [f"  with      {note}" for note in map(_memory_note, watched.arguments[0]) if note]
        if inspect.isclass(watched.function) and watched.case:
            # The call that made the object says little; what the law then gave it does.
            lines.append(
                "  with      " + ", ".join(f"{name}={_literal(value)}" for name, value in watched.case.items())
            )
        return "\n".join(lines)


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


class _Watched:
    """The function under judgement; remembers its latest call for the report."""

    def __init__(self, function: Callable):
        self.function = function
        self.forget()

    def forget(self) -> None:
        self.case = {}
        self.arguments = self.result = self.error = None

    def __call__(self, *arguments, **keywords):
        self.arguments, self.result, self.error = (arguments, keywords), None, None
        try:
            self.result = self.function(*arguments, **keywords)
        except Exception as error:
            self.error = error
            raise
        return self.result

    def call(self, *, short: bool) -> str:
        name = self.function.__name__
        if self.arguments is None:
            return f"{name} (not called yet)"
        write = picture_of if short else _literal
        arguments, keywords = self.arguments
        parts = [write(a) for a in arguments] + [f"{k}={write(v)}" for k, v in keywords.items()]
        return f"{name}({', '.join(parts)})"


# ------------------------------------------------------- what a law expects


def expect(condition: bool, *, got: str, expected: str, cause: str = "") -> None:
    """Demand something that the two helpers below do not say. `got` and `expected` are sentences."""
    if not condition:
        raise _Unmet(got, expected, cause)


def expect_same(got: Any, expected: Any, cause: str = "") -> None:
    """Demand the same type, dtype, shape and values, exactly. NaN equals NaN."""
    _expect_kind(got, expected, cause)
    if isinstance(expected, (np.ndarray, torch.Tensor)):
        ours, theirs = np.asarray(_numpy(got)), np.asarray(_numpy(expected))
        same = (ours == theirs) | ((ours != ours) & (theirs != theirs))
        if not same.all():
            raise _Unmet(*_first_difference(ours, theirs, ~same), cause)
    elif not got == expected:
        raise _Unmet(picture_of(got), picture_of(expected), cause)


def expect_close(got: Any, expected: Any, *, within: Any, cause: str = "") -> None:
    """Demand the same kind and shape, and |got - expected| <= within, compared in float64."""
    _expect_kind(got, expected, cause)
    ours, theirs = np.asarray(_numpy(got), np.float64), np.asarray(_numpy(expected), np.float64)
    bound = np.broadcast_to(np.asarray(_numpy(within), np.float64), theirs.shape)
    wrong = ~(np.abs(ours - theirs) <= bound)
    if wrong.any():
        at = tuple(np.argwhere(wrong)[0])
        seen, wanted = _first_difference(ours, theirs, wrong)
        raise _Unmet(seen, f"{wanted}, within {bound[at]:.3g}", cause)


def expect_raises(
    error: type[Exception], call: Callable, *arguments, mention: Sequence[str] = (), cause: str = "", **keywords
) -> None:
    """Demand an exception of this kind whose message contains every string in `mention`."""
    try:
        result = call(*arguments, **keywords)
    except error as raised:
        # A shape may be written as a tuple or as torch writes it.
        text = re.sub(
            r"torch\.Size\(\[([\d, ]*)\]\)", lambda size: str(tuple(map(int, re.findall(r"\d+", size[1])))), str(raised)
        )
        missing = [word for word in mention if word not in text]
        if missing:
            raise _Unmet(_one_line(raised), f"a message that contains {missing}", cause) from None
        return
    except Exception as other:
        raise _Unmet(_one_line(other), error.__name__, cause) from None
    got = picture_of(result)
    if not isinstance(call, _Watched):  # a method: the report does not show its call
        got += f" from {getattr(call, '__name__', 'the call')}({', '.join(map(picture_of, arguments))})"
    raise _Unmet(got, error.__name__, cause)


def expect_arguments_kept(call: Callable, *arguments, **keywords) -> None:
    """Demand that a call changes none of its arguments and that its result is new memory."""
    before = [_numpy(a).copy() for a in arguments if isinstance(a, (np.ndarray, torch.Tensor))]
    result = call(*arguments, **keywords)
    after = [_numpy(a) for a in arguments if isinstance(a, (np.ndarray, torch.Tensor))]
    for old, new in zip(before, after, strict=True):
        if not np.array_equal(old, new, equal_nan=old.dtype.kind in "fc"):
            raise _Unmet("the argument changed by the call", "the argument as it was", "work on a copy")
        if isinstance(result, (np.ndarray, torch.Tensor)) and np.shares_memory(_numpy(result), new):
            raise _Unmet("a result that shares the argument's memory", "new memory", "return a copy, not a view")


def _expect_kind(got: Any, expected: Any, cause: str) -> None:
    if isinstance(expected, (np.ndarray, torch.Tensor)):
        kind = torch.Tensor if isinstance(expected, torch.Tensor) else np.ndarray
        if not isinstance(got, kind) or got.dtype != expected.dtype or got.shape != expected.shape:
            raise _Unmet(picture_of(got), picture_of(expected), cause)
    elif isinstance(got, (np.ndarray, torch.Tensor)):
        raise _Unmet(picture_of(got), picture_of(expected), cause)


def _first_difference(ours: np.ndarray, theirs: np.ndarray, wrong: np.ndarray) -> tuple[str, str]:
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    where = f" at {list(at)} ({int(wrong.sum())} of {wrong.size} differ)" if at else ""
    return f"{ours[at]!s}{where}", f"{theirs[at]!s}"


def _numpy(value: Any) -> Any:
    """A tensor as an array with the same values; anything else as it is."""
    if not isinstance(value, torch.Tensor):
        return value
    value = value.detach().cpu()
    return (value.float() if value.dtype == torch.bfloat16 else value).numpy()


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def picture_of(value: Any) -> str:
    """A short description: values when they fit on a line, otherwise type, dtype and shape."""
    if isinstance(value, (np.ndarray, torch.Tensor)):
        on_meta = isinstance(value, torch.Tensor) and value.is_meta
        if np.prod(value.shape) <= 6 and not on_meta:
            return _literal(value)
        kind = "tensor" if isinstance(value, torch.Tensor) else "array"
        return f"<{kind} {str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}>"
    try:
        text = repr(value)
    except Exception as error:  # a learner's own class may have a __repr__ that fails
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= 120 else text[:117] + "..."


def _memory_note(value: Any) -> str:
    """What `again` cannot show: an argument that is a view of other memory."""
    if isinstance(value, np.ndarray) and (min(value.strides, default=0) < 0 or not value.flags.c_contiguous):
        return f"an array that is a view, strides {value.strides} in bytes"
    if isinstance(value, torch.Tensor) and not value.is_contiguous():
        return f"a tensor that is a view, strides {value.stride()}"
    return ""


def _literal(value: Any) -> str:
    """Python that makes the value again. Needs `import numpy as np, torch` and `from math import nan, inf`."""
    if isinstance(value, torch.Tensor):
        if value.is_meta:
            return f"torch.empty({tuple(value.shape)}, dtype={value.dtype}, device='meta')"
        if value.numel() == 0:
            return f"torch.zeros({tuple(value.shape)}, dtype={value.dtype})"
        return f"torch.tensor({value.tolist()!r}, dtype={value.dtype})"
    if isinstance(value, np.ndarray):
        if value.size == 0:
            return f"np.zeros({value.shape}, {value.dtype.str!r})"
        return f"np.array({value.tolist()!r}, dtype={value.dtype.str!r})"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return repr(value)


# --------------------------------------------------------- running the laws


def laws(about: str | None = None) -> list[Law]:
    """Every law in `tests/spec`, in the order of the lessons; or those about one function."""
    spec = _spec_package()
    folder = repository_path("tests/spec")
    found = []
    for file in sorted(folder.glob("lesson_*.py")):
        module = importlib.import_module(f"{spec.__name__}.{file.stem}")
        found += [value for value in vars(module).values() if isinstance(value, Law)]
    if about is None:
        return found
    chosen = [each for each in found if each.about == about]
    if not chosen:
        known = ", ".join(sorted({each.about for each in found}))
        raise ValueError(f"no law in tests/spec is about {about!r}; there are laws about: {known}")
    return chosen


def _spec_package() -> ModuleType:
    # tests/spec is not installed; give it a name of its own so that its files can import one another.
    name = "seeing_tensors_spec"
    if name not in sys.modules:
        folder = repository_path("tests/spec")
        spec = importlib.util.spec_from_file_location(
            name, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


def prove(name: str) -> None:
    """Run the laws about a public function on the library, and print each as a sentence.

    A broken law raises LawBroken: a lesson whose proof fails does not run.
    """
    import seeing_tensors

    chosen = laws(name)
    counts = [each.run(getattr(seeing_tensors, name)) for each in chosen]
    print(f"{name}: {len(chosen)} laws held, {sum(counts):,} cases")
    for each, count in zip(chosen, counts, strict=True):
        print(f"  held  {each.sentence}  [{count}]")


def check(function: Callable) -> None:
    """Run the laws about a public function on your own version of it, found by its name.

    Prints which laws hold, and the first one that does not with the smallest
    input that breaks it. Prints "not written yet" while the body is `...`.
    """
    name = function.__name__
    chosen = laws(name)
    if is_blank(function):
        print(f"{name}: not written yet. {len(chosen)} laws are waiting.")
        return
    first_report = None
    for each in chosen:
        try:
            count = each.run(function, smallest=first_report is None)
            print(f"  held    {each.sentence}  [{count}]")
        except LawBroken as broken:
            first_report = first_report or str(broken)
            print(f"  BROKEN  {each.sentence}")
    print(f"\n{first_report}" if first_report else f"\nAll {len(chosen)} laws hold. Your {name} is right.")


def is_blank(function: Callable) -> bool:
    """True while the body is `...`: a function that does nothing, or a class whose methods all do nothing."""
    if inspect.isclass(function):
        return all(_does_nothing(m.__code__) for m in vars(function).values() if inspect.isfunction(m))
    return inspect.isfunction(function) and _does_nothing(function.__code__)


def _does_nothing(code: CodeType) -> bool:
    harmless = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}
    steps = list(dis.get_instructions(code))
    returned = [s.argval for s in steps if s.opname in ("LOAD_CONST", "RETURN_CONST")]
    return {s.opname for s in steps} <= harmless and returned == [None]
