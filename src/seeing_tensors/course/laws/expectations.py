"""What a law expects of a result, and the words for a result that is something else.

Kind, type and shape are compared before values: "a tensor of shape (3, 4)
where (4, 3) is expected" teaches more than the first number that differs.
"""

from __future__ import annotations

import contextlib
import contextvars
import io
import math
import numbers
import os
import re
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

NOTHING_CAME = "nothing came back: does every way through the function end with `return`?"
_NAN = "NaN comes from 0 / 0, from inf - inf, or from the root of a negative number"


#: Advice in words; or claims, each with the value that it leads to; or a function that makes them once they are needed.
Cause = str | Mapping[str, Any] | Callable[[], Mapping[str, Any]]


class Unmet(AssertionError):
    """One expectation inside a law was not met. `Law.run` makes a report of it.

    Attributes:
        got, expected: what the report says.
        cause: what is wrong, where what came shows it; advice: what the law tells everybody who breaks it.
        claims: those of the law's causes that would have led to what came.
        seen, wanted: the two values themselves; `wanted` None where there is none to compare with.
        wrong: of two arrays, where they differ too much: bool, with their shape; None elsewhere.
        margin: how far beyond the bound, in bounds; in units in the last place where equality was
            demanded; infinite for another kind, shape, whole number or exception; nan where not known.
        concerns: "values"; "kind", that is type, dtype or shape; "refusal", where the law wanted an
            exception; "wording", where what is missing is a word; or "statement", for anything else.
    """

    def __init__(
        self,
        got: str,
        expected: str,
        cause: str = "",
        *,
        advice: str = "",
        claims: Sequence[str] = (),
        seen: Any = None,
        wanted: Any = None,
        wrong: np.ndarray | None = None,
        margin: float = math.inf,
        concerns: str = "values",
    ):
        super().__init__(f"got {got}, expected {expected}")
        self.got, self.expected, self.cause, self.advice, self.claims = got, expected, cause, advice, claims
        self.seen, self.wanted, self.wrong, self.margin, self.concerns = seen, wanted, wrong, margin, concerns


def expect(condition: bool, *, got: str, expected: str, cause: str = "") -> None:
    """Demand something that the helpers below do not say. `got` and `expected` are sentences."""
    if not condition:
        raise Unmet(got, expected, advice=cause, margin=math.nan, concerns="statement")


def expect_same(got: Any, expected: Any, cause: Cause = "") -> None:
    """Demand the same type, dtype, shape and values, exactly. NaN equals NaN.

    A `cause` in words is advice, given whatever came. Causes with the value that each leads to,
    `{"round, do not truncate": truncated}`, are claims: one is named as likely where its value came, in every case that
    goes wrong. What takes long to make is given as a function.
    """
    _expect_kind(got, expected)
    if _disproved.get() is not None:  # what came rightly speaks against claims, too
        _advice_and_claims(cause, got, expected)
    if isinstance(expected, (np.ndarray, torch.Tensor)):
        ours, theirs = np.asarray(as_array(got)), np.asarray(as_array(expected))
        same = (ours == theirs) | ((ours != ours) & (theirs != theirs))
        if not same.all():
            margin = math.inf
            if theirs.dtype.kind == "f":
                finite = np.isfinite(theirs)
                unit = np.spacing(np.abs(theirs[finite]).max(initial=0).astype(theirs.dtype))
                margin = _largest(np.abs(ours.astype(np.float64) - theirs)[~same] / np.float64(unit))
            seen, wanted, likely = _first_difference(ours, theirs, ~same)
            advice, claims = _advice_and_claims(cause, got, expected)
            values = {"seen": got, "wanted": expected, "wrong": ~same}
            raise Unmet(seen, wanted, likely, advice=advice, claims=claims, margin=margin, **values)
    elif got != expected:
        likely = ""
        if isinstance(expected, numbers.Number):
            if not isinstance(got, numbers.Number):
                likely = _likely_of_kind(got, expected)
            elif got != got:
                likely = _NAN
        advice, claims = _advice_and_claims(cause, got, expected)
        raise Unmet(
            picture_of(got), picture_of(expected), likely, advice=advice, claims=claims, seen=got, wanted=expected
        )


def expect_close(got: Any, expected: Any, *, within: Any, cause: Cause = "") -> None:
    """Demand the same kind and shape, and |got - expected| <= within, in float64. `cause` as in `expect_same`."""
    _expect_kind(got, expected)
    if _disproved.get() is not None:  # what came rightly speaks against claims, too
        _advice_and_claims(cause, got, expected)
    ours, theirs = np.asarray(as_array(got), np.float64), np.asarray(as_array(expected), np.float64)
    bound = np.broadcast_to(np.asarray(as_array(within), np.float64), theirs.shape)
    distance = np.abs(ours - theirs)
    wrong = ~(distance <= bound)
    if wrong.any():
        at = tuple(np.argwhere(wrong)[0])
        seen, wanted, likely = _first_difference(ours, theirs, wrong)
        advice, claims = _advice_and_claims(cause, got, expected)
        with np.errstate(divide="ignore"):
            margin = _largest(distance[wrong] / bound[wrong])
        wanted = f"{wanted}, within {bound[at]:.3g}"
        values = {"seen": got, "wanted": expected, "wrong": wrong}
        raise Unmet(seen, wanted, likely, advice=advice, claims=claims, margin=margin, **values)


def _advice_and_claims(cause: Cause, got: Any, expected: Any) -> tuple[str, list[str]]:
    """A cause in words is advice. Of claims: those that lead to what came, but for rounding; the case disproves the
    others."""
    cause = cause() if callable(cause) else cause
    if isinstance(cause, str):
        return cause, []
    ours, right = (np.asarray(as_array(value), np.float64) for value in (got, expected))
    found = []
    for words, led_to in cause.items():
        theirs = np.asarray(as_array(led_to), np.float64)
        if ours.shape == theirs.shape:
            finite = np.isfinite(theirs) & np.isfinite(right)
            apart = np.abs(theirs - right)[finite].max(initial=0)
            size = np.abs(theirs[finite]).max(initial=0)
            if np.allclose(ours, theirs, rtol=0, atol=1e-2 * apart + 1e-6 * size, equal_nan=True):
                found.append(words)
    if (others := _disproved.get()) is not None:
        others.update(cause.keys() - found)
    return "", found


_disproved: contextvars.ContextVar[set[str] | None] = contextvars.ContextVar("claims", default=None)


@contextlib.contextmanager
def disproved() -> Iterator[set[str]]:
    """The claims that what comes meanwhile speaks against, where the function is right and where it is wrong."""
    found: set[str] = set()
    token = _disproved.set(found)
    try:
        yield found
    finally:
        _disproved.reset(token)


_any_exception = contextvars.ContextVar("any exception is a refusal", default=False)


@contextlib.contextmanager
def refusals_in_any_words() -> Iterator[None]:
    """Within it `expect_raises` takes every exception: other libraries have error types and words of their own."""
    token = _any_exception.set(True)
    try:
        yield
    finally:
        _any_exception.reset(token)


def expect_raises(
    error: type[Exception],
    call: Callable,
    *arguments: Any,
    mention: Sequence[str] = (),
    cause: str = "",
    **keywords: Any,
) -> None:
    """Demand an exception of this kind whose message contains every string in `mention`."""
    try:
        result = call(*arguments, **keywords)
    except error as raised:
        if _any_exception.get():
            return
        # A shape may be written as a tuple or as torch writes it.
        text = re.sub(
            r"torch\.Size\(\[([\d, ]*)\]\)", lambda size: str(tuple(map(int, re.findall(r"\d+", size[1])))), str(raised)
        )
        missing = [word for word in mention if word not in text]
        if missing:
            wanted = f"a message that contains {missing}"
            raise Unmet(
                one_line(raised), wanted, advice=cause, seen=raised, margin=math.nan, concerns="wording"
            ) from None
        return
    except Exception as other:
        if _any_exception.get():
            return
        raise Unmet(one_line(other), error.__name__, advice=cause, seen=other, concerns="refusal") from None
    got = picture_of(result)
    if not getattr(call, "is_watched", False):  # a method: the report does not show its call
        got += f" from {getattr(call, '__name__', 'the call')}({', '.join(map(picture_of, arguments))})"
    raise Unmet(got, error.__name__, advice=cause, seen=result, concerns="refusal")


def expect_contains(text: Any, *words: str, cause: str = "") -> None:
    """Demand a text in which every one of these words stands."""
    if not isinstance(text, str):
        raise Unmet(picture_of(text), "a text", advice=cause, seen=text, concerns="kind")
    missing = [word for word in words if word not in text]
    if missing:
        wanted = f"a text that contains {' and '.join(map(repr, missing))}"
        raise Unmet(picture_of(text), wanted, advice=cause, seen=text, margin=math.nan, concerns="wording")


def expect_arguments_kept(call: Callable, *arguments: Any, **keywords: Any) -> None:
    """Demand that a call changes none of its arguments and that its result is new memory."""
    before = [as_array(a).copy() for a in arguments if isinstance(a, (np.ndarray, torch.Tensor))]
    result = call(*arguments, **keywords)
    after = [as_array(a) for a in arguments if isinstance(a, (np.ndarray, torch.Tensor))]
    for old, new in zip(before, after, strict=True):
        if not np.array_equal(old, new, equal_nan=old.dtype.kind in "fc"):
            raise Unmet(
                "the argument changed by the call", "the argument as it was", "work on a copy", concerns="statement"
            )
        if isinstance(result, (np.ndarray, torch.Tensor)) and np.shares_memory(as_array(result), new):
            wanted = "return a copy, not a view"
            raise Unmet("a result that shares the argument's memory", "new memory", wanted, concerns="statement")


def _expect_kind(got: Any, expected: Any) -> None:
    if isinstance(expected, (np.ndarray, torch.Tensor)):
        kind = torch.Tensor if isinstance(expected, torch.Tensor) else np.ndarray
        if not isinstance(got, kind) or got.dtype != expected.dtype or got.shape != expected.shape:
            likely = _likely_of_kind(got, expected)
            raise Unmet(outline_of(got), outline_of(expected), likely, seen=got, concerns="kind")
    elif isinstance(got, (np.ndarray, torch.Tensor)) or (got is None and expected is not None):
        likely = _likely_of_kind(got, expected)
        raise Unmet(picture_of(got), picture_of(expected), likely, seen=got, concerns="kind")


def _likely_of_kind(got: Any, expected: Any) -> str:
    """What to do about a result of the wrong kind, type or shape."""
    if got is None:
        return NOTHING_CAME
    if isinstance(got, np.ndarray) and isinstance(expected, torch.Tensor):
        return "a numpy array came back where a tensor is expected: stay in torch, or end with torch.from_numpy"
    if isinstance(got, torch.Tensor) and isinstance(expected, np.ndarray):
        return "a tensor came back where a numpy array is expected: end with .numpy()"
    if not isinstance(got, (np.ndarray, torch.Tensor)) or not isinstance(expected, (np.ndarray, torch.Tensor)):
        return f"{type(got).__name__} came back where {type(expected).__name__} is expected"
    if got.shape != expected.shape:
        if got.ndim > 1 and sorted(got.shape) == sorted(expected.shape):
            if got.ndim == 2:
                return "the two axes are swapped: transpose, do not reshape (cv2 and Pillow want the width first)"
            return "the axes are in another order: permute, do not reshape"
        return f"the shape is {tuple(got.shape)} and must be {tuple(expected.shape)}: look at it before the values"
    return f"the type is {got.dtype} and must be {expected.dtype}: look at it before the values"


def _first_difference(ours: np.ndarray, theirs: np.ndarray, wrong: np.ndarray) -> tuple[str, str, str]:
    at = tuple(int(i) for i in np.argwhere(wrong)[0])
    where = f" at {list(at)} ({int(wrong.sum())} of {wrong.size} differ)" if at else ""
    is_nan = ours.dtype.kind == "f" and np.isnan(ours[at]) and not np.isnan(theirs[at])
    return f"{ours[at]!s}{where}", f"{theirs[at]!s}", _NAN if is_nan else ""


def _largest(ratios: np.ndarray) -> float:
    return math.inf if np.isnan(ratios).any() else float(ratios.max())


# ------------------------------------------------------- values in words and as Python


def as_array(value: Any) -> Any:
    """A tensor as an array with the same values; anything else as it is."""
    if not isinstance(value, torch.Tensor):
        return value
    value = value.detach().cpu()
    return (value.float() if value.dtype == torch.bfloat16 else value).numpy()


def one_line(error: BaseException) -> str:
    try:
        text = " ".join(str(error).split())
    except Exception as another:  # a learner's own exception may have a __str__ that fails
        text = f"<its text raises {type(another).__name__}>"
    text = text if len(text) <= 300 else text[:297] + "..."
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def picture_of(value: Any) -> str:
    """A short description: values when they fit on a line, otherwise type, dtype and shape."""
    if isinstance(value, (np.ndarray, torch.Tensor)):
        on_meta = isinstance(value, torch.Tensor) and value.is_meta
        if np.prod(value.shape) <= 6 and not on_meta:
            return literal(value)
        return outline_of(value)
    try:
        text = repr(value)
    except Exception as error:  # a learner's own class may have a __repr__ that fails
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return text if len(text) <= 120 else text[:117] + "..."


def outline_of(value: Any) -> str:
    """A short description without values where type and shape are enough: a few arrays in a tuple, too."""
    if isinstance(value, (np.ndarray, torch.Tensor)):
        on_meta = isinstance(value, torch.Tensor) and value.is_meta
        kind = "tensor" if isinstance(value, torch.Tensor) else "array"
        more = ", with a gradient" if getattr(value, "requires_grad", False) else ""
        contiguous = value.is_contiguous() if isinstance(value, torch.Tensor) else value.flags.c_contiguous
        more += "" if contiguous else ", a view"
        more += ", on the device meta" if on_meta else ""
        return f"<{kind} {str(value.dtype).removeprefix('torch.')} {tuple(value.shape)}{more}>"
    if type(value) is tuple and len(value) <= 4 and any(isinstance(each, (np.ndarray, torch.Tensor)) for each in value):
        return f"({', '.join(map(outline_of, value))}{',' * (len(value) == 1)})"
    return picture_of(value)


def literal(value: Any) -> str:
    """Python that makes the value again, from a file where it has many numbers. `with_imports` says what it needs."""
    if (
        isinstance(value, (np.ndarray, torch.Tensor))
        and math.prod(value.shape) > 100
        and not getattr(value, "is_meta", 0)
    ):
        return _in_a_file(value)
    if isinstance(value, torch.Tensor):
        with_gradient = ", requires_grad=True" if value.requires_grad else ""
        if value.is_meta:
            return f"torch.empty({tuple(value.shape)}, dtype={value.dtype}, device='meta'{with_gradient})"
        if value.numel() == 0:
            return f"torch.zeros({tuple(value.shape)}, dtype={value.dtype}{with_gradient})"
        order, back = _memory_order(value.stride(), value.shape)
        written = f"torch.tensor({value.permute(order).tolist()!r}, dtype={value.dtype}{with_gradient})"
        return f"{written}.permute({back})" if back else written
    if isinstance(value, np.ndarray):
        if value.size == 0:
            return f"np.zeros({value.shape}, {value.dtype.str!r})"
        flips = [slice(None, None, -1 if stride < 0 else None) for stride in value.strides]
        order, back = _memory_order(value.strides, value.shape)
        written = f"np.array({value[tuple(flips)].transpose(order).tolist()!r}, dtype={value.dtype.str!r})"
        written += f".transpose({back})" if back else ""
        turned = any(stride < 0 for stride in value.strides)
        return f"{written}[{', '.join('::-1' if flip.step else ':' for flip in flips)}]" if turned else written
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        inside = ", ".join(map(literal, value))
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' if len(value) == 1 else ''})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{literal(key)}: {literal(each)}" for key, each in value.items()) + "}"
    return repr(value) if not isinstance(value, (torch.dtype, np.dtype)) else str(value)


def _memory_order(strides: Sequence[int], shape: Sequence[int]) -> tuple[tuple[int, ...], str]:
    """The axes as they lie in memory, and what puts them back, as text; "" where they lie in order."""
    places = [axis for axis, size in enumerate(shape) if size > 1]
    by_stride = iter(sorted(places, key=lambda axis: -abs(strides[axis])))
    order = tuple(next(by_stride) if axis in places else axis for axis in range(len(shape)))
    back = tuple(order.index(axis) for axis in range(len(shape)))
    return order, "" if order == tuple(range(len(shape))) else ", ".join(map(str, back))


def _in_a_file(value: np.ndarray | torch.Tensor) -> str:
    """Write the value to a temporary file; return Python that reads it."""
    folder = Path(tempfile.gettempdir()) / f"seeing-tensors-cases-{getattr(os, 'getuid', int)()}"
    folder.mkdir(exist_ok=True)
    buffer = io.BytesIO()
    if isinstance(value, torch.Tensor):
        torch.save(value.detach().clone(), buffer)
    else:
        np.save(buffer, value)
    path = folder / f"{zlib.crc32(buffer.getvalue()):08x}"
    path.write_bytes(buffer.getvalue())
    return f"{'torch' if isinstance(value, torch.Tensor) else 'np'}.load({str(path)!r})"


def with_imports(line: str) -> str:
    """The line of Python with what it needs in front, so that it can be pasted anywhere."""
    needed = {
        "import numpy as np": r"\bnp\.",
        "import torch": r"\btorch\.",
        "from math import nan": r"\bnan\b(?!')",
        "from math import inf": r"\binf\b(?!')",
    }
    found = [imported for imported, pattern in needed.items() if re.search(pattern, line)]
    return "; ".join([*found, line])
