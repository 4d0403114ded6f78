"""A data set held to laws: what a network is fed is what its maker believes that it is fed.

The laws themselves are in `_pipeline_laws`. Here a sample is read for them, and what came of them is told.
"""

from __future__ import annotations

import pickle
import random
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from tqdm import tqdm

from ._arrays import finite_numbers, is_tensor, kind_of, real_array
from ._pipeline_laws import LAWS, Broken, Item, Seen, layout, same, undone

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# So many items are read again, so many times, the last time with the first seed: a flip by chance shows, and whether
# seeds decide. A sample of so many bytes is large enough.
_REPEATED, _AGAIN, _FULL = 8, 4, 2**28

_OWN_NUMBERS = (
    "The data set draws random numbers that no seed of torch, numpy or random decides: another report, and what is "
    "pasted, may see other pictures."
)
_NOT_IN_THE_DATA = (
    "Not in the data, so not judged: the network and its BatchNorm's statistics, what other code feeds it at test "
    "time, what a DataLoader's workers do, and whether a label is true."
)


@dataclass(frozen=True)
class Finding:
    """What came of one law. `verdict` is "held", "BROKEN" or "not known"; `found` says what came, or why it is open."""

    law: str
    sentence: str
    verdict: str
    found: str = ""
    likely: str = ""
    again: str = ""


@dataclass(frozen=True, repr=False)
class PipelineReport:
    """What `inspect_pipeline` found: a `Finding` for each law, those that are broken first. Printed it is a table."""

    findings: tuple[Finding, ...]
    items: int
    picture: torch.Tensor | None = None  # the image of the first counterexample, its normalisation undone
    title: str = ""
    note: str = ""

    @property
    def broken(self) -> tuple[str, ...]:
        """The names of the laws that are broken."""
        return tuple(each.law for each in self.findings if each.verdict == "BROKEN")

    def show(self, ax: Axes | None = None) -> Axes:
        """Draw the image of the first counterexample, its normalisation undone, with ``show``."""
        from .drawing import show

        if self.picture is None:
            raise ValueError("inspect_pipeline has no counterexample that is a picture; there is nothing to draw")
        return show(self.picture, ax, title=self.title)

    def __str__(self) -> str:
        verdicts = [each.verdict for each in self.findings]
        counts = [verdicts.count(word) for word in ("held", "BROKEN", "not known")]
        lines = ["inspect_pipeline: {} laws hold, {} broken, {} not known, by {} items".format(*counts, self.items)]
        for each in self.findings:
            lines += _wrapped(f"  {each.verdict:11}", each.sentence)
            lines += _wrapped(f"{'':13}{'why' if each.verdict == 'not known' else 'got':8}", each.found)
            lines += _wrapped(f"{'':13}likely  ", each.likely)
            if each.again:  # to be pasted, so in one line
                lines.append(f"{'':13}again   {each.again}")
        return "\n".join([*lines, *_wrapped("  ", self.note), *_wrapped("  ", _NOT_IN_THE_DATA)])

    __repr__ = __str__


def _wrapped(start: str, text: str) -> list[str]:
    return textwrap.wrap(text, 118, initial_indent=start, subsequent_indent=" " * len(start), break_long_words=False)


def inspect_pipeline(
    dataset: Any,
    *,
    mean: Sequence[float],
    std: Sequence[float],
    classes: int | None = None,
    void: int | None = None,
    originals: Any = None,
    augments: bool = False,
    samples: int = 64,
) -> PipelineReport:
    """Hold a data set with its transforms to laws: each a sentence, and where it is broken, Python to paste.

    ``print(report)`` says which laws hold, which are broken, and which cannot be known from what was given;
    ``report.broken`` has the names of the broken ones, ``report.show()`` draws the first counterexample. The same
    random numbers are used each time; the generators of torch, numpy and random are left as they were.

    Args:
        dataset: has ``len`` and ``dataset[i]``, a pair (image, mask) or (image, label), as a DataLoader takes it:
            an image is float (C, H, W), a mask whole numbers (H, W), a label one whole number.
        mean, std: what its Normalize was given, on the scale of [0, 1]; zeros and ones where there is none.
        classes: how many there are; None leaves open which labels are right.
        void: the label that the loss ignores.
        originals: a function, or anything with ``originals[i]``, that gives the array of item i's file,
            uint8 (H, W, 3) or (H, W), or a pair of it and its mask. The order of channels is known only with it.
        augments: True where an item read twice may be two pictures.
        samples: how many items, chosen at random, are read and kept in memory; fewer, but 8, where they fill 256 MiB.

    >>> import torch
    >>> import seeing_tensors as st
    >>> dataset = [(255 * torch.rand(3, 8, 8), i % 2) for i in range(20)]
    >>> st.inspect_pipeline(dataset, mean=(0, 0, 0), std=(1, 1, 1), classes=2).broken
    ('in_range',)

    Raises:
        TypeError, ValueError: an argument is not what it should be. What is wrong with an item is a broken law.
    """
    mean, std = finite_numbers("mean", mean), finite_numbers("std", std)
    if len(mean) != len(std) or not mean or min(std) <= 0:
        raise ValueError(f"inspect_pipeline needs a mean and a positive std for each channel, got {mean} and {std}")
    if not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
        raise TypeError(f"inspect_pipeline needs a data set with len() and [i], got {type(dataset).__name__}")
    for name, number in (("classes", classes), ("void", void), ("samples", samples)):
        is_whole = isinstance(number, (int, np.integer)) and not isinstance(number, bool)
        if not is_whole and (number is not None or name == "samples"):
            raise TypeError(f"inspect_pipeline: {name} must be a whole number, got {number!r}")
        if number is not None and name != "void" and number < 1:
            raise ValueError(f"inspect_pipeline: {name} must be at least 1, got {number}")
    if len(dataset) == 0:
        raise ValueError("inspect_pipeline: the data set is empty")
    seen = Seen(mean, std, classes, void, originals, bool(augments))
    with _generators_kept():
        _look(dataset, seen, int(samples))
    findings, index = _judged(seen)
    item = next((item for item in seen.items if item.index == index), None)
    drawable = item is not None and layout(seen) is None and len(mean) in (1, 3)
    picture = torch.from_numpy(undone(seen, item)) if item is not None and drawable else None
    one_seed = [(first, others[-1]) for first, others in zip(seen.items, seen.again, strict=False) if others]
    note = "" if all(same(first.image, last.image) for first, last in one_seed) else _OWN_NUMBERS
    return PipelineReport(findings, len(seen.items), picture, f"dataset[{index}], undone", note)


def _judged(seen: Seen) -> tuple[tuple[Finding, ...], int | None]:
    """What came of every law, broken ones first, and the index of the first counterexample."""
    findings: list[Finding] = []
    first = None
    for law, needed in LAWS.items():
        broken = {each.law for each in findings if each.verdict == "BROKEN"}
        waits = [each.__name__ for each in needed if each.__name__ in broken]
        result = f"it waits for {waits[0]}" if waits else law(seen)
        said = law.__name__, " ".join((law.__doc__ or "").split())
        if isinstance(result, Broken):
            findings.append(Finding(*said, "BROKEN", result.found, result.likely, result.again))
            first = result.index if first is None else first
        else:
            findings.append(Finding(*said, "held" if result is None else "not known", result or ""))
    return tuple(sorted(findings, key=lambda each: ["BROKEN", "not known", "held"].index(each.verdict))), first


# ---------------------------------------------------------------- reading a sample


@contextmanager
def _generators_kept() -> Iterator[None]:
    """Leave the generators of random, numpy and torch, on the CPU, as they were."""
    states = random.getstate(), np.random.get_state(), torch.default_generator.get_state()
    try:
        yield
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.default_generator.set_state(states[2])


def _look(dataset: Any, seen: Seen, samples: int) -> None:
    """Read the sample, some of it again; note what only shows while reading: errors, seeds that are set, memory that
    is used again."""
    # At random, as every third item might be of one class.
    indices = random.Random(0).sample(range(len(dataset)), min(samples, len(dataset)))
    plan = [(index, turn) for n, index in enumerate(indices) for turn in range(1 + _AGAIN * (n < _REPEATED))]
    image: Any = None
    last: Any = None
    states: dict[str, Any] = {}
    size = 0
    for index, turn in tqdm(plan, "inspect_pipeline", unit=" reads", leave=False, delay=2, disable=None):
        if size > _FULL and len(seen.items) >= _REPEATED:
            break
        kept, item, left = image, last, states
        try:
            image, last, states = _read(dataset, index, (index + turn % _AGAIN * len(dataset)) % 2**32)
        except Exception as error:
            seen.unreadable = Broken(index, f"{type(error).__name__}: {error}", f"dataset[{index}]")
            return
        if item and item.index != index and not seen.reused and not same(_array(kept), item.image):
            seen.reused = _changed_by_the_next(item.index, index)
        size += getattr(last.image, "nbytes", 0)
        if turn:
            seen.again[-1].append(last)
            set_again = [name for name, state in states.items() if state == left[name]]
            seen.seeded = seen.seeded or (_sets_a_seed(index, set_again[0]) if set_again else None)
        else:
            if seen.originals is not None:
                last.photo, last.photo_mask = _original(seen.originals, index)
            seen.items.append(last)
            seen.again += [[]] if len(seen.items) <= _REPEATED else []


def _read(dataset: Any, index: int, seed: int) -> tuple[Any, Item, dict[str, Any]]:
    """The image that came, the item as copied, and in what state each generator is left.

    The CPU's generators are seeded, no other device's.
    """
    random.seed(seed)
    np.random.seed(seed)
    torch.default_generator.manual_seed(seed)
    given = dataset[index]
    if not isinstance(given, (tuple, list)) or len(given) < 2:
        raise TypeError(f"{type(given).__name__} came, not a pair (image, label)")
    image, label = given[:2]
    left = {
        "random": random.getstate(),
        "numpy.random": pickle.dumps(np.random.get_state()),
        "torch": torch.default_generator.get_state().numpy().tobytes(),
    }
    return image, Item(index, seed, (kind_of(image), kind_of(label)), _array(image), _array(label)), left


def _array(x: Any) -> np.ndarray | None:
    """A copy as an array; None for what is no tensor, array or number."""
    if isinstance(x, (bool, int, float, np.generic)):
        x = np.asarray(x)
    is_real = (is_tensor(x) and not x.is_complex()) or (isinstance(x, np.ndarray) and x.dtype.kind in "buif")
    return np.array(real_array("inspect_pipeline", x)) if is_real else None


def _original(originals: Any, index: int) -> tuple[np.ndarray, np.ndarray | None]:
    """The original as (C, H, W), and its mask where there is one."""
    given = originals(index) if callable(originals) else originals[index]
    photo, mask = given if isinstance(given, (tuple, list)) and len(given) == 2 else (given, None)
    if not isinstance(photo, np.ndarray) or photo.dtype != np.uint8 or photo.ndim not in (2, 3):
        advice = "np.asarray(photo) for a PIL image"
        raise TypeError(
            f"inspect_pipeline: originals gives uint8 arrays (H, W, 3) or (H, W), got {kind_of(photo)}; {advice}"
        )
    if mask is not None and (not isinstance(mask, np.ndarray) or mask.dtype.kind not in "bui" or mask.ndim != 2):
        raise TypeError(f"inspect_pipeline: the mask of an original is an integer array (H, W), got {kind_of(mask)}")
    return np.moveaxis(np.atleast_3d(photo), -1, 0), mask


def _changed_by_the_next(index: int, following: int) -> Broken:
    found = f"the image of item {index} changes when item {following} is read"
    again = f"a = dataset[{index}][0]; before = a + 0; dataset[{following}]; abs(a - before).max()"
    return Broken(index, found, again, "one buffer is filled again and again: return a copy")


def _sets_a_seed(index: int, name: str) -> Broken:
    found = f"after a read {name} gives the same numbers, whatever its seed was"
    seed, number = {
        "random": ("random.seed", "random.random()"),
        "numpy.random": ("numpy.random.seed", "numpy.random.rand()"),
        "torch": ("torch.manual_seed", "torch.rand(1).item()"),
    }[name]
    reads = f"{seed}(1); dataset[{index}]; a = {number}; {seed}(2); dataset[{index}]; a, {number}"
    return Broken(index, found, f"import random, numpy, torch; {reads}", "each epoch has the same augmentation")
