"""The laws that `inspect_pipeline` holds a data set to, and what they are told of it.

A law is a function of what was read; its docstring is its sentence. It returns None where it holds, `Broken` with
Python to paste, or, in words, why it cannot be known: what the data do not tell is not claimed.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from ._arrays import percent
from .normalization import IMAGENET_MEAN, IMAGENET_STD

# A bicubic resize of floats overshoots: its weights' sizes add up to 1.375 at most in a row, to 1.375² in a picture.
_OVERSHOOT = (1.375**2 - 1) / 2
# Mean and std that belong to a network, or to none: the data set's own are others, and that is no fault.
_BORROWED = {
    "ImageNet's": (IMAGENET_MEAN, IMAGENET_STD),
    "CLIP's": ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    "those of the range [-1, 1]": ((0.5,), (0.5,)),
    "those of no normalisation": ((0.0,), (1.0,)),
}
# Fewer items say nothing about all; fewer pixels that are known again, nothing about how photo and mask move.
_FEW_ITEMS, _FEW_PIXELS = 8, 20


@dataclass(frozen=True)
class Broken:
    """A counterexample: the item's index, what was found, Python that shows it, and what is likely wrong."""

    index: int | None
    found: str
    again: str
    likely: str = ""


@dataclass
class Item:
    """What one read gave, copied into arrays. Nothing came into an array that is no tensor, array or number."""

    index: int
    seed: int
    kinds: tuple[str, str]
    image: Any
    label: Any
    photo: Any = None  # the original (C, H, W), and its mask, where they are given
    photo_mask: Any = None


@dataclass
class Seen:
    """The arguments, what was read, and what only shows while reading."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    classes: int | None
    void: int | None
    originals: Any
    augments: bool
    items: list[Item] = field(default_factory=list)
    again: list[list[Item]] = field(default_factory=list)  # other reads of the first items, under other seeds
    unreadable: Broken | None = None
    reused: Broken | None = None
    seeded: Broken | None = None

    @functools.cached_property
    def repeated(self) -> list[tuple[Item, Item]]:
        """Each second read, beside the first of the same index."""
        return [(first, other) for first, others in zip(self.items, self.again, strict=False) for other in others]

    @functools.cached_property
    def differing(self) -> list[tuple[Item, Item]]:
        """Those that are not the same picture."""
        return [(first, other) for first, other in self.repeated if not same(first.image, other.image)]


Verdict: TypeAlias = Broken | str | None


def readable(seen: Seen) -> Verdict:
    """Every index gives a pair: an image, and a mask or a label."""
    return seen.unreadable


def layout(seen: Seen) -> Verdict:
    """An image is a float tensor or array (C, H, W), with a channel for each number of mean."""
    for item in seen.items:
        x, name = item.image, f"dataset[{item.index}][0]"
        if x is None:
            return Broken(item.index, item.kinds[0], f"type({name})", "a transform to a tensor is missing")
        if x.dtype.kind != "f":
            return Broken(item.index, item.kinds[0], f"{name}.dtype", "make floats in [0, 1], then normalise")
        if x.ndim != 3 or len(x) != len(seen.mean) or x.size == 0:
            likely = "the channels stand last: permute(2, 0, 1)" if x.shape[2:] == (len(seen.mean),) else ""
            return Broken(item.index, f"shape {x.shape} for {len(seen.mean)} numbers of mean", f"{name}.shape", likely)
    return None


def finite(seen: Seen) -> Verdict:
    """Every value of an image is finite."""
    for item in seen.items:
        strange = int(np.count_nonzero(~np.isfinite(item.image)))
        if strange:
            return Broken(item.index, f"{strange} values are NaN or infinite", _once(seen, item, "x.sum()"))
    return None


def planes(seen: Seen) -> Verdict:
    """In a row neighbours are more alike than values C apart: a channel is one colour, not R G B R G B."""
    c = len(seen.mean)
    wide = [item for item in seen.items if item.image.shape[2] >= 4 * c]
    if c == 1 or not wide:
        return "there is one channel" if c == 1 else f"no image is {4 * c} pixels wide"
    images = [undone(seen, item) for item in wide]
    near, apart = (np.array([np.abs(x[..., d:] - x[..., :-d]).mean() for x in images]) for d in (1, c))
    if near.sum() <= 1.25 * apart.sum():
        return None
    item = wide[int((near - apart).argmax())]
    found = f"neighbours differ {near.sum() / apart.sum():.2g} times as much as values {c} apart"
    code = f"abs(x[..., 1:] - x[..., :-1]).mean(), abs(x[..., {c}:] - x[..., :-{c}]).mean()"
    return Broken(item.index, found, _once(seen, item, code), "reshape or view in place of permute(2, 0, 1)")


def in_range(seen: Seen) -> Verdict:
    """Undone, x std + mean, values lie in [0, 1]; 1% of an image's may overshoot by 0.45, as a bicubic resize does."""
    for item in seen.items:
        v, rounding = undone(seen, item), _rounding(seen, item)
        low, high = v.min(), v.max()
        outside = np.count_nonzero((v < -rounding) | (v > 1 + rounding)) / v.size
        if outside > 0.01 or low < -_OVERSHOOT or high > 1 + _OVERSHOOT:
            found = f"undone, item {item.index} reaches from {low:.4g} to {high:.4g}, {percent(outside)} outside [0, 1]"
            code = "x.max()" if high - 1 > -low else "x.min()"
            likely = "normalised twice" if high < 8 else "left at 0 … 255: the division by 255 comes before Normalize"
            return Broken(item.index, found, _once(seen, item, code), likely)
    return None


def scale(seen: Seen) -> Verdict:
    """In the sample some value is darker than mean, unless mean is 0, and some undone above 1/255: scaled once."""
    darkest = min(seen.items, key=lambda item: item.image.min())
    brightest = max(seen.items, key=lambda item: undone(seen, item).max())
    if undone(seen, brightest).max() <= 1 / 255 + _rounding(seen, brightest):
        found = f"undone, no value of {len(seen.items)} images is above 1/255"
        likely = "divided by 255 twice: ToTensor and ToDtype divide, too"
        return Broken(brightest.index, found, _once(seen, brightest, "x.max()"), likely)
    if min(seen.mean) > 0 and darkest.image.min() >= 0 and max(item.image.max() for item in seen.items) <= 1:
        found = f"all values of {len(seen.items)} images lie in [0, 1], no pixel is darker than mean"
        return Broken(darkest.index, found, _once(seen, darkest, "x.min()"), "Normalize is missing")
    return None


def statistics(seen: Seen) -> Verdict:
    """Mean and std are the sample's: the mean within 5 standard errors and std / 2, the std within a factor of 2."""
    means, squares = (
        np.array([(undone(seen, item).astype(np.float64) ** power).mean((1, 2)) for item in seen.items])
        for power in (1, 2)
    )
    mean, given = means.mean(0), np.array(seen.std)
    std = np.sqrt(np.maximum(squares.mean(0) - mean**2, 0))
    measured = f"the sample's mean is {_numbers(mean)}, its std {_numbers(std)}"
    for whose, theirs in _BORROWED.items():
        if {*zip(seen.mean, seen.std, strict=True)} <= {*zip(*theirs, strict=True)}:
            return f"mean and std are {whose}, and need not be this data set's; {measured}"
    if len(seen.items) < _FEW_ITEMS:
        return f"{len(seen.items)} items are too few; {measured}"
    error = means.std(0, ddof=1) / np.sqrt(len(means))
    if not ((abs(mean - seen.mean) > 5 * error + given / 2) | (std < given / 2) | (std > given * 2)).any():
        return None
    sample = f"random.Random(0).sample(range(len(dataset)), {len(seen.items)})"
    again = f"import random, numpy; numpy.mean([numpy.asarray(dataset[i][0]).mean((1, 2)) for i in {sample}], 0)"
    return Broken(None, measured, again, "mean and std are another data set's; channel_statistics computes yours")


def label_kind(seen: Seen) -> Verdict:
    """A label is a whole number, or a mask (H, W) of whole numbers with the image's height and width."""
    for item in seen.items:
        label, name, size = item.label, f"dataset[{item.index}][1]", item.image.shape[1:]
        if label is None:
            return Broken(item.index, item.kinds[1], f"type({name})", "a label is a number")
        if label.dtype.kind not in "bui":
            likely = "labels are names: no division, no ToTensor; give whole numbers"
            return Broken(item.index, item.kinds[1], f"getattr({name}, 'dtype', float)", likely)
        if label.ndim and label.shape not in (size, (1, *size)):
            found = f"a label of shape {label.shape}, an image of shape {item.image.shape}"
            return Broken(item.index, found, f"{name}.shape, dataset[{item.index}][0].shape", "height stands first")
    return None


def known_labels(seen: Seen) -> Verdict:
    """Every label is one of 0 … classes - 1, or void."""
    if seen.classes is None:
        return "give classes=, the number of classes"
    for item in seen.items:
        strange = [k for k in _labels(item.label) if not 0 <= k < seen.classes and k != seen.void]
        if strange:
            found = f"{', '.join(map(str, strange[:5]))} of {seen.classes} classes, void is {seen.void}"
            again = _once(seen, item, f"numpy.sum(numpy.asarray(y) == {strange[0]})")
            likely = "a mask resized with interpolation, a void that is not given, or labels that begin at 1"
            return Broken(item.index, found, again, likely)
    return None


def several_labels(seen: Seen) -> Verdict:
    """The sample has more than one label; each class and void occur."""
    if len(seen.items) < _FEW_ITEMS or seen.classes == 1:
        return "there is one class" if seen.classes == 1 else f"{len(seen.items)} items are too few"
    occur = {k for item in seen.items for k in _labels(item.label)}
    if len(occur - {seen.void}) > 1:
        missing = [k for k in (*range(seen.classes or 0), seen.void) if k is not None and k not in occur]
        never = f"{', '.join(map(str, missing[:9]))} never in {len(seen.items)} items: rare, or lost; raise samples"
        return never if missing else None
    item, only = seen.items[0], "void" if occur == {seen.void} else f"label {min(occur - {seen.void})}"
    again = _once(seen, item, "numpy.unique(numpy.asarray(y))")
    likely = "a mask divided by 255 and made whole again; or the others are rare: raise samples"
    return Broken(item.index, f"{len(seen.items)} items have {only} alone", again, likely)


def repeatable(seen: Seen) -> Verdict:
    """Read again, an item is the same, unless the data set augments; the label of a whole picture always is."""
    for first, other in seen.repeated:
        renamed = not same(first.label, other.label)
        if renamed and (first.label.ndim == 0 or not seen.augments):
            found, code = f"the label of item {first.index} is another when read again", "a[1], b[1]"
        elif not seen.augments and not same(first.image, other.image):
            found, code = f"the image of item {first.index} is another when read again", "abs(a[0] - b[0]).max()"
        else:
            continue
        likely = "give augments=True if it does; if not, a read works in place on what is kept"
        return Broken(first.index, found, _twice(first, other, code), likely)
    return None


def seeds_left_alone(seen: Seen) -> Verdict:
    """A read sets no seed, and where the data set augments, not all reads are the same."""
    if seen.seeded or not seen.augments or not seen.repeated or seen.differing:
        return seen.seeded
    first, other = seen.repeated[0]
    found = f"{len(seen.repeated)} items read again are all the same"
    return Broken(first.index, found, _twice(first, other, "abs(a[0] - b[0]).max()"), "no augmentation is at work")


def own_memory(seen: Seen) -> Verdict:
    """Each index has an image of its own, which the next read leaves as it was."""
    if seen.reused or len(seen.items) < _FEW_ITEMS:
        return seen.reused or f"{len(seen.items)} items are too few"
    first, second = seen.items[:2]
    if any(not same(first.image, item.image) for item in seen.items):
        return None
    again = f"abs(dataset[{first.index}][0] - dataset[{second.index}][0]).max()"
    return Broken(second.index, f"{len(seen.items)} images are all the same", again, "the index is not used")


def labels_kept(seen: Seen) -> Verdict:
    """A mask has no label that its original has not, except void, and each that it has where nothing augments."""
    if seen.items[0].label.ndim == 0:
        return "there are no masks"
    first = {item.index: item for item in seen.items if item.photo_mask is not None}
    for item in [*seen.items, *itertools.chain.from_iterable(seen.again)] if first else []:
        mask = first[item.index].photo_mask
        ours, theirs = {*_labels(item.label)}, {*_labels(mask)}
        whole = not seen.augments and _plane(item.label).shape == mask.shape
        # A void of another number in the files may be lost.
        lost = {k for k in theirs - ours if whole and (k < (seen.classes or k) or k == seen.void)}
        for what, labels in (("new", ours - theirs - {seen.void}), ("lost", lost)):
            if labels:
                found = f"{what} in the mask of item {item.index}: {', '.join(map(str, sorted(labels)[:5]))}"
                code = f"numpy.unique(numpy.asarray(y)), numpy.unique({_original(seen, first[item.index], 1)})"
                likely = "labels are names: not divided, resized by the nearest; what is padded or turned in is void"
                return Broken(item.index, found, _once(seen, item, code), likely)
    return None if first else "give originals= with masks"


def moved_together(seen: Seen) -> Verdict:
    """Photo and mask move together: a pixel known again by its colour and its neighbours' keeps its label."""
    if seen.items[0].label.ndim == 0:
        return "there are no masks"
    seen_again, worst, counterexample = 0, 0, None
    for index, line, one, other in _views(seen):
        known, wrong, (i, j), (k, m) = _known_again(one, other, seen.void)
        seen_again = max(seen_again, known)
        if known >= _FEW_PIXELS and wrong > max(known / 2, worst):
            pixels = f"a[0][..., {i}, {j}], a[1][..., {i}, {j}], b[0][..., {k}, {m}], b[1][..., {k}, {m}]"
            found = f"of {known} pixels of item {index} that are known again, {wrong} have another label"
            likely = "photo and mask draw random numbers of their own, or only one of them is transformed"
            worst, counterexample = wrong, Broken(index, found, line + pixels, likely)
    if seen_again >= _FEW_PIXELS:
        return counterexample
    why = "colours change or blend from read to read" if seen.differing else "nothing moves between two reads"
    return f"{why}, and no pixel is known again; give originals= with masks, or try it without jitter and resize"


def channel_order(seen: Seen) -> Verdict:
    """The channels stand in the order of the original's."""
    c = len(seen.mean)
    both = [item for item in seen.items if item.photo is not None and len(item.photo) == c]
    if not both or c == 1:
        return "there is one channel" if c == 1 else "give originals=: whether red or blue, numbers alone do not say"
    theirs = np.array([_quantiles(item.photo / 255) for item in both])
    ours = np.array([_quantiles(undone(seen, item)) for item in both])
    apart, contrast = (np.abs(x[:, :, None] - theirs[:, None]).mean((0, 3)) for x in (ours, theirs))
    if contrast.max() < 0.01:
        return "the originals are grey"
    right = tuple(range(c))
    orders = itertools.permutations(right) if c <= 4 else (right, right[::-1])
    cost, best = min((apart[right, order].sum(), order) for order in orders)
    if apart[right, right].sum() <= max(2 * cost, 0.01 * c):
        return None
    k = next(k for k in right if best[k] != k)
    item = max(both, key=lambda item: abs(item.photo[k].mean() - item.photo[best[k]].mean()))
    code = f"x[{k}].mean() * {seen.std[k]} + {seen.mean[k]}, ({_original(seen, item, 0)} / 255).mean((0, 1))"
    found = f"in place of channels {', '.join(map(str, right))} stand {', '.join(map(str, best))}"
    return Broken(item.index, found, _once(seen, item, code), "cv2.imread gives BGR: read_image gives RGB")


def bytes_kept(seen: Seen) -> Verdict:
    """Where nothing augments or resizes, an image undone and rounded is its original; so is a mask, but for void."""
    if seen.augments or seen.originals is None:
        return "the data set augments" if seen.augments else "give originals=, what is in the files"
    channels = 1, len(seen.mean)  # a grey file may have become three equal channels
    alike = [
        each for each in seen.items if each.photo.shape[1:] == each.image.shape[1:] and len(each.photo) in channels
    ]
    for item in alike:
        off = np.abs(255 * undone(seen, item) - item.photo)
        if off.max() > 0.5 + 255 * _rounding(seen, item):
            c, i, j = map(int, np.unravel_index(off.argmax(), off.shape))
            byte = f"numpy.atleast_3d({_original(seen, item, 0)})[{i}, {j}, {c % len(item.photo)}]"
            code = f"255 * (x[{c}, {i}, {j}] * {seen.std[c]} + {seen.mean[c]}), {byte}"
            found = f"item {item.index} is off by up to {off.max():.3g} of 255 levels"
            likely = "another mean and std, a division by 256, a flip, or another decoder"
            return Broken(item.index, found, _once(seen, item, code), likely)
        mask, label = item.photo_mask, _plane(item.label)
        if mask is not None and mask.shape == label.shape and ((label != mask) & (label != seen.void)).any():
            i, j = map(int, np.argwhere((label != mask) & (label != seen.void))[0])
            found = f"the mask of item {item.index} is not its original's in row {i}, column {j}"
            code = f"y[..., {i}, {j}], {_original(seen, item, 1)}[{i}, {j}]"
            return Broken(item.index, found, _once(seen, item, code), "a flip, or other numbers for the classes")
    return None if alike else "the data set resizes, crops or makes grey: let originals do so, too"


#: Every law, and which must hold before it says anything.
LAWS: dict[Callable[[Seen], Verdict], tuple[Callable[[Seen], Verdict], ...]] = {
    readable: (),
    layout: (readable,),
    finite: (readable, layout),
    planes: (readable, layout, finite),
    in_range: (readable, layout, finite, planes),
    scale: (readable, layout, finite, planes, in_range),
    statistics: (readable, layout, finite, planes, in_range, scale),
    label_kind: (readable, layout),
    known_labels: (readable, layout, label_kind),
    several_labels: (readable, layout, label_kind),
    repeatable: (readable, layout, label_kind),
    seeds_left_alone: (readable, layout),
    own_memory: (readable, layout),
    labels_kept: (readable, layout, label_kind),
    moved_together: (readable, layout, finite, in_range, scale, planes, label_kind, own_memory, labels_kept),
    channel_order: (readable, layout, finite, in_range, scale, planes),
}
LAWS[bytes_kept] = (*LAWS[moved_together], moved_together, channel_order, repeatable)


# ---------------------------------------------------------------- what laws share


def same(x: Any, y: Any) -> bool:
    """Equal arrays; NaN equals NaN. What is no array is not compared."""
    if x is None or y is None:
        return x is y
    return np.array_equal(x, y, equal_nan=x.dtype.kind == y.dtype.kind == "f")


def undone(seen: Seen, item: Item) -> np.ndarray:
    """x std + mean: what the image was before its Normalize, if that had this mean and std."""
    x = item.image.astype(np.promote_types(item.image.dtype, np.float32), copy=False)
    mean, std = (np.array(values, x.dtype)[:, None, None] for values in (seen.mean, seen.std))
    return x * std + mean


def _rounding(seen: Seen, item: Item) -> float:
    """How far rounding can move a value that is undone: 4 u (|v| + |v - mean|), as `inverse_normalize` says, twice."""
    name = item.kinds[0]
    u = 2.0**-8 if "bfloat16" in name else 2.0**-11 if "float16" in name else 2.0**-24
    return 8 * u * (1 + max(map(abs, seen.mean)))


def _once(seen: Seen, item: Item, code: str) -> str:
    """Python that reads the item again as x, y and runs `code`, as short as can be."""
    name = f"dataset[{item.index}]"
    line = f"{name}[0]{code[1:]}" if code in ("x.min()", "x.max()", "x.sum()") else f"x, y = {name}[:2]; {code}"
    modules = "random, numpy, torch" if seen.differing else "numpy" if "numpy." in code else ""
    seeds = _seeds(item) if seen.differing else ""
    return f"import {modules}; {seeds}{line}" if modules else line


def _seeds(item: Item) -> str:
    return f"random.seed({item.seed}); numpy.random.seed({item.seed}); torch.manual_seed({item.seed}); "


def _twice(first: Item, other: Item, code: str) -> str:
    """Python that reads an index as a and, under another seed, as b, and runs `code`."""
    reads = [f"{_seeds(item)}{name} = dataset[{item.index}]; " for item, name in ((first, "a"), (other, "b"))]
    return "".join(["import random, numpy, torch; ", *reads, code])


def _original(seen: Seen, item: Item, part: int) -> str:
    """Python that names the item's original, 0, or its mask, 1."""
    name = f"originals({item.index})" if callable(seen.originals) else f"originals[{item.index}]"
    return name if item.photo_mask is None else f"{name}[{part}]"


def _numbers(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.3f}" for value in values)


def _labels(label: np.ndarray) -> list[int]:
    """The labels that occur."""
    low, high = int(label.min()), int(label.max())
    if low < 0 or high >= 2**16:
        return [int(k) for k in np.unique(label)]
    return np.flatnonzero(np.bincount(label.ravel())).tolist()  # counting is quicker than sorting


def _plane(label: np.ndarray) -> np.ndarray:
    return label[0] if label.ndim == 3 else label


def _quantiles(v: np.ndarray) -> np.ndarray:
    """16 of each channel."""
    values = v.reshape(len(v), -1)
    return np.quantile(values[:, :: values.shape[1] // 4096 + 1], (np.arange(16) + 0.5) / 16, axis=1).T


# ---------------------------------------------------------------- pixels that are known again


def _views(seen: Seen) -> Iterator[tuple[int, str, tuple, tuple]]:
    """Two views of one photo and its mask: two reads that differ, or an original and a read.

    With each the index, and Python that names them a and b.
    """
    for first, others in zip(seen.items, seen.again, strict=False):
        marks = _marks(undone(seen, first), first.label)
        for other in others:
            if not same(first.image, other.image):
                yield first.index, _twice(first, other, ""), marks, _marks(undone(seen, other), other.label)
        if first.photo_mask is not None and len(first.photo) == len(seen.mean):
            photo = f"numpy.moveaxis(numpy.atleast_3d({_original(seen, first, 0)}), -1, 0)"
            read = f"import random, numpy, torch; {_seeds(first)}b = dataset[{first.index}]; "
            line = f"{read}a = {photo}, {_original(seen, first, 1)}; "
            yield first.index, line, _marks(first.photo / 255, first.photo_mask), marks


def _marks(v: np.ndarray, label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each pixel inside the rim a number made of its bytes and those of its eight neighbours, and its label.

    A flip, a quarter turn or a crop leaves the number as it is: those beside it are added up, and those at its corners.
    """
    levels = np.rint(255 * v).clip(0, 255).astype(np.uint64)
    code = np.zeros(levels.shape[1:], np.uint64)
    for plane in levels:
        code = code * np.uint64(257) + plane
    mixed = (code + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)  # whole numbers that wrap: a hash
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    beside = mixed[:-2, 1:-1] + mixed[2:, 1:-1] + mixed[1:-1, :-2] + mixed[1:-1, 2:]
    corners = mixed[:-2, :-2] + mixed[:-2, 2:] + mixed[2:, :-2] + mixed[2:, 2:]
    key = mixed[1:-1, 1:-1] ^ (beside >> np.uint64(7)) ^ (corners << np.uint64(9))
    return key, _plane(label)[1:-1, 1:-1].astype(np.int64)


def _known_again(one: tuple, other: tuple, void: int | None) -> tuple[int, int, tuple[int, int], tuple[int, int]]:
    """How many pixels of `other` are found in `one`, how many of them have another label, and where one stands in both.

    A number is looked for if it is there once; where fewer than 5% are found, they are there by chance. Not counted are
    void, and the commonest label where it is right: a background would outvote what moved.
    """
    nothing = 0, 0, (0, 0), (0, 0)
    numbers, first, counts = np.unique(one[0], return_index=True, return_counts=True)
    if not numbers.size or not other[0].size:
        return nothing
    at = np.searchsorted(numbers, other[0]).clip(max=len(numbers) - 1)
    ours, theirs = one[1].ravel()[first[at]], other[1]
    known = (numbers[at] == other[0]) & (counts[at] == 1)
    if known.mean() < 0.05:
        return nothing
    known &= (ours != void) & (theirs != void)
    labels, sizes = np.unique(one[1], return_counts=True)
    known &= (ours != labels[sizes.argmax()]) | (theirs != ours)
    wrong = known & (theirs != ours)
    k, m = divmod(int(wrong.argmax()), wrong.shape[1])
    i, j = divmod(int(first[at[k, m]]), one[0].shape[1])
    return int(known.sum()), int(wrong.sum()), (i + 1, j + 1), (k + 1, m + 1)
