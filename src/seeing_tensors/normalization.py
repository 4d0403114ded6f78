"""Normalize, its inverse, and the exact mean and std of a set of pictures.

Normalize is an affine map with one slope and one offset per channel,

    y = (x - mean) / std        and so        x = y * std + mean.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

from ._arrays import counts_of_levels, finite_numbers, kind_of, require_float

#: Per-channel mean and std that torchvision's pretrained classifiers were trained with, on the [0, 1] scale.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

_LEVELS = np.arange(256).astype(object)  # Python's integers, which have no largest


def normalize(x: torch.Tensor, mean: Sequence[float], std: Sequence[float]) -> torch.Tensor:
    """Subtract each channel's mean and divide by its std: ``y = (x - mean) / std``.

    x is float (..., C, H, W), mean and std are C numbers each, on the scale of x.
    The result has the shape and the type of x, in new memory.

    >>> import torch
    >>> import seeing_tensors as st
    >>> white = st.normalize(torch.ones(3, 1, 1), st.IMAGENET_MEAN, st.IMAGENET_STD)
    >>> [f"{value:.2f}" for value in white.flatten()]
    ['2.25', '2.43', '2.64']

    Raises:
        TypeError: x is not a float tensor.
        ValueError: mean or std has not C values, or a std is 0, negative or subnormal in x's type.
    """
    mean, std = _per_channel("normalize", x, mean, std)
    # In place on the difference, which is ours: half the memory, and quicker.
    return (x - _column(mean, x)).div_(_column(std, x))


def inverse_normalize(x: torch.Tensor, mean: Sequence[float], std: Sequence[float]) -> torch.Tensor:
    """Undo ``normalize`` with the same mean and std: ``x * std + mean``.

    x is a normalised float (..., C, H, W); mean and std are the C numbers each
    that ``normalize`` was given. Not their inverse. The result has the shape and
    the type of x, in new memory.

    In floating point the round trip is off by at most 4 u (|x| + |x - mean|),
    where u is half the distance from 1 to the next number (2**-24 in float32);
    rounded to 8 bits it is exact.

    >>> import torch
    >>> import seeing_tensors as st
    >>> x = torch.tensor([0.0, 0.5, 1.0]).reshape(3, 1, 1)
    >>> y = st.normalize(x, st.IMAGENET_MEAN, st.IMAGENET_STD)
    >>> [f"{value:.2f}" for value in st.inverse_normalize(y, st.IMAGENET_MEAN, st.IMAGENET_STD).flatten()]
    ['0.00', '0.50', '1.00']

    Raises:
        TypeError, ValueError: as ``normalize``.
    """
    mean, std = _per_channel("inverse_normalize", x, mean, std)
    if x.device.type == "cpu" and x.dtype in (torch.float32, torch.float64):
        try:
            return _in_one_pass(x, mean, std)
        except RuntimeError:
            pass  # gradients and vmap take no out=
    return torch.addcmul(_column(mean, x), x, _column(std, x))


def _in_one_pass(x: torch.Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> torch.Tensor:
    """``x * std + mean``, rounded once as by addcmul, and quicker, because it multiplies by a number, not a tensor."""
    y, means = torch.empty_like(x), torch.tensor(mean, dtype=x.dtype, device=x.device).unbind()
    for m, s, plane, result in zip(means, std, x.unbind(-3), y.unbind(-3), strict=True):
        torch.add(m, plane, alpha=s, out=result)
    return y


def inverse_mean_std(mean: Sequence[float], std: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The mean and std of a second Normalize that undoes the first: ``-mean / std`` and ``1 / std``.

    Solve y = (x - m) / s for x:  x = y s + m = (y - (-m / s)) / (1 / s).

    mean and std are C numbers each, and so are the two results.
    Prefer ``inverse_normalize`` where you can: it makes one rounding error fewer.

    >>> import seeing_tensors as st
    >>> st.inverse_mean_std(mean=(0.5,), std=(0.25,))
    ((-2.0,), (4.0,))

    Raises:
        TypeError: not two sequences of numbers.
        ValueError: different lengths, a mean that is not finite, a std that is not finite and positive,
            or one so small that 1 / std or mean / std overflows.
    """
    mean, std = finite_numbers("mean", mean), finite_numbers("std", std)
    if len(mean) != len(std):
        raise ValueError(f"inverse_mean_std needs as many means as stds, got {len(mean)} and {len(std)}")
    if not all(value > 0 for value in std):
        raise ValueError(f"inverse_mean_std: every std must be finite and positive, got {std}")
    inverse_mean = tuple(-m / s for m, s in zip(mean, std, strict=True))
    inverse_std = tuple(1 / s for s in std)
    if not all(map(math.isfinite, inverse_mean + inverse_std)):
        raise ValueError(f"inverse_mean_std: no finite inverse for mean {mean} and std {std}")
    return inverse_mean, inverse_std


class InverseNormalize(v2.Transform):
    """``inverse_normalize`` as a torchvision v2 transform.

    Works in ``v2.Compose`` on tensors, tuples and dicts. Images and videos are
    changed; masks, boxes and key points pass through. As in every v2
    transform, of several plain tensors only the first is taken for an image.

    Args:
        mean, std: the numbers that ``v2.Normalize`` was given.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float]):
        super().__init__()
        inverse_mean_std(mean, std)  # refuses a bad mean or std now, not at the first picture
        self.mean, self.std = finite_numbers("mean", mean), finite_numbers("std", std)

    def transform(self, inpt, params):
        if isinstance(inpt, tv_tensors.TVTensor) and not isinstance(inpt, (tv_tensors.Image, tv_tensors.Video)):
            return inpt
        image = inverse_normalize(inpt, self.mean, self.std)
        # Arithmetic on a tv_tensor gives a plain tensor; say again what it is.
        return tv_tensors.wrap(image, like=inpt) if isinstance(inpt, tv_tensors.TVTensor) else image

    def extra_repr(self) -> str:
        return f"mean={self.mean}, std={self.std}"


class ChannelStatistics:
    """Mean and std per channel of any number of 8-bit pictures of any sizes, exactly.

    A uint8 channel has 256 possible values, so all there is to know about its
    mean and std is how often each occurs. Whole numbers add without error:
    every order of pictures, and every split over workers, gives the same bits.

    >>> import numpy as np
    >>> import seeing_tensors as st
    >>> statistics = st.ChannelStatistics()
    >>> for grey in (np.zeros((2, 2), np.uint8), np.full((2, 2), 255, np.uint8)):
    ...     statistics = statistics.update(grey)
    >>> statistics.mean, statistics.std
    ((0.5,), (0.5,))

    Attributes:
        counts: int64 (C, 256); ``counts[c, k]`` pixels have the value k in channel c.
            Shape (0, 256) before the first picture.
        count: how many pixels each channel has so far.
        mean, std: of all pixels, a tuple of one float for each channel, divided by 255; the std with 1 / n.
            Reading them before the first picture is a ValueError.
    """

    def __init__(self):
        self.counts = np.zeros((0, 256), np.int64)

    def update(self, image: np.ndarray) -> ChannelStatistics:
        """Count one picture in, uint8 (H, W, C) or (H, W). Returns self."""
        if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
            raise TypeError(
                f"ChannelStatistics needs uint8 arrays (H, W, C), got {kind_of(image)}; use to_image(x) for a tensor, "
                "np.asarray(x) for a PIL image"
            )
        if image.ndim not in (2, 3) or image.size == 0:
            raise ValueError(f"ChannelStatistics needs an image (H, W, C) or (H, W), got shape {image.shape}")
        self._add(counts_of_levels(np.atleast_3d(image)))
        return self

    def merge(self, other: ChannelStatistics) -> ChannelStatistics:
        """Count in everything that `other` has counted. Returns self; `other` is left as it is."""
        if not isinstance(other, ChannelStatistics):
            raise TypeError(f"merge needs ChannelStatistics, got {type(other).__name__}; count a picture with update")
        self._add(other.counts)
        return self

    def all_reduce(self) -> ChannelStatistics:
        """Count in what every other process of the torch.distributed group has counted. Returns self.

        Each process calls it once, also one that has seen no picture.
        """
        # Every process adds up the same list, so that a mismatch raises everywhere and nobody waits for ever.
        total = ChannelStatistics()
        for counts in _of_every_process(self.counts):
            total._add(counts)
        self.counts = total.counts
        return self

    @property
    def count(self) -> int:
        """How many pixels have been counted, per channel."""
        return int(self.counts[:1].sum())

    @property
    def mean(self) -> tuple[float, ...]:
        """Per channel, on the [0, 1] scale: sum of k counts[k] / (255 n), rounded once."""
        n = self._pixels()
        return tuple(total / (255 * n) for total in self.counts.astype(object) @ _LEVELS)

    @property
    def std(self) -> tuple[float, ...]:
        """Per channel, on the [0, 1] scale, of the population (divided by n, not n - 1).

        n**2 variance = n (sum of squares) - (sum)**2, in whole numbers: nothing cancels.
        """
        n, counts = self._pixels(), self.counts.astype(object)
        squares = n * (counts @ _LEVELS**2) - (counts @ _LEVELS) ** 2
        return tuple(math.sqrt(square / (255 * n) ** 2) for square in squares)

    def _pixels(self) -> int:
        if self.count == 0:
            raise ValueError("ChannelStatistics has counted no picture yet; call update(image) first")
        return self.count

    def _add(self, counts: np.ndarray) -> None:
        if len(self.counts) == 0 or len(counts) == 0:
            self.counts = counts.copy() if len(counts) else self.counts
        elif len(self.counts) == len(counts):
            self.counts = self.counts + counts
        else:
            raise ValueError(f"these pictures have {len(counts)} channels, the ones before {len(self.counts)}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ChannelStatistics) and np.array_equal(self.counts, other.counts)

    __hash__ = None

    def __repr__(self) -> str:
        if self.count == 0:
            return "ChannelStatistics(no picture yet)"
        written = [", ".join(f"{v:.4f}" for v in values) for values in (self.mean, self.std)]
        return f"ChannelStatistics({self.count:,} pixels, mean {written[0]}, std {written[1]})"


def channel_statistics(images: Iterable[np.ndarray]) -> ChannelStatistics:
    """Exact mean and std per channel of pictures uint8 (H, W, C) of any sizes.

    `images` is any iterable of pictures, or one array (N, H, W, C). They are asked for one at a time.

    >>> import numpy as np
    >>> import seeing_tensors as st
    >>> black, white = np.zeros((1, 1, 3), np.uint8), np.full((1, 3, 3), 255, np.uint8)
    >>> st.channel_statistics([black, white]).mean
    (0.75, 0.75, 0.75)

    Raises:
        TypeError, ValueError: as ``ChannelStatistics.update``; also for a single picture, whose rows
            would pass for grey pictures.
    """
    if isinstance(images, np.ndarray) and images.ndim != 4:
        raise ValueError(
            f"channel_statistics needs a set of images, got one array of shape {images.shape}; "
            "for one image pass [image]"
        )
    statistics = ChannelStatistics()
    for image in images:
        statistics.update(image)
    return statistics


class LabelStatistics:
    """How often each class occurs in any number of masks, exactly, and the class weights that follow.

    >>> import numpy as np
    >>> import seeing_tensors as st
    >>> statistics = st.LabelStatistics()
    >>> sky, cat = np.array([[0, 0, 0, 255]], np.uint8), np.array([[0, 1, 1, 1]], np.uint8)
    >>> for mask in (sky, cat):
    ...     statistics = statistics.update(mask, void=255)
    >>> statistics.counts.tolist(), statistics.pictures.tolist(), statistics.void
    ([4, 3], [2, 1], 1)

    Attributes:
        counts: int64 (K,); ``counts[k]`` pixels have the label k. K is one more than the largest label so far.
        pictures: int64 (K,); so many masks have the label k somewhere.
        surroundings: int64 (K,); so many labelled pixels these masks have together.
        masks, void: how many masks there were, and how many pixels without a class.
    """

    def __init__(self):
        self.counts, self.pictures, self.surroundings = (np.zeros(0, np.int64) for _ in range(3))
        self.masks = self.void = 0

    def update(self, mask: np.ndarray, void: int | None = None) -> LabelStatistics:
        """Count one mask in: integer labels (H, W) from 0 to 65,535. Returns self.

        `void` is the label of pixels that have no class; it may lie outside that range.
        """
        if not isinstance(mask, np.ndarray) or mask.dtype.kind not in "uib":
            raise TypeError(f"LabelStatistics needs a numpy array of integer labels, got {kind_of(mask)}")
        if mask.ndim != 2 or mask.size == 0:
            raise ValueError(f"LabelStatistics needs a mask (H, W), got shape {mask.shape}")
        labels = mask.ravel() if void is None else mask[mask != operator.index(void)]
        if labels.size and not 0 <= labels.min() <= labels.max() < 2**16:
            found = f"{labels.min()} to {labels.max()}"
            raise ValueError(
                f"LabelStatistics counts labels from 0 to 65,535, got {found}; name one that is no class void="
            )
        counts = np.bincount(labels.astype(np.intp))
        self._add(np.stack([counts, counts > 0, (counts > 0) * labels.size]), 1, mask.size - labels.size)
        return self

    def merge(self, other: LabelStatistics) -> LabelStatistics:
        """Count in everything that `other` has counted. Returns self; `other` is left as it is."""
        if not isinstance(other, LabelStatistics):
            raise TypeError(f"merge needs LabelStatistics, got {type(other).__name__}; count a mask with update")
        self._add(other._rows(), other.masks, other.void)
        return self

    def all_reduce(self) -> LabelStatistics:
        """Count in what every other process of the torch.distributed group has counted. Returns self.

        Each process calls it once, also one that has seen no mask.
        """
        total = LabelStatistics()
        for rows, masks, void in _of_every_process((self._rows(), self.masks, self.void)):
            total._add(rows, masks, void)
        vars(self).update(vars(total))
        return self

    @property
    def count(self) -> int:
        """How many pixels have a class."""
        return int(self.counts.sum())

    @property
    def frequencies(self) -> tuple[float, ...]:
        """The share of each class in all pixels that have one."""
        n = self._pixels()
        return tuple(k / n for k in self.counts.tolist())

    def inverse_frequency(self) -> tuple[float, ...]:
        """Weights n / (K n_k): a class of an average share gets 1, one half as frequent 2.

        K is how many classes occur; one that never does gets 0, in all three kinds of weights.
        """
        n, classes = self._pixels(), np.count_nonzero(self.counts)
        return tuple(n / (classes * k) if k else 0.0 for k in self.counts.tolist())

    def median_frequency(self) -> tuple[float, ...]:
        """Weights of Eigen and Fergus (2015): the median of all f_k, divided by f_k.

        f_k is the share of class k in the pictures that have it.
        """
        self._pixels()
        shares = np.divide(self.counts, self.surroundings, where=self.counts > 0, out=np.zeros(len(self.counts)))
        middle = np.median(shares[shares > 0])
        return tuple(float(middle / share) if share else 0.0 for share in shares)

    def effective_number(self, beta: float = 0.999) -> tuple[float, ...]:
        """Weights of Cui et al. (2019): (1 - beta) / (1 - beta**n_k), scaled to a mean of 1.

        n_k is how many pictures have class k.
        """
        self._pixels()
        if not 0 <= beta < 1:
            raise ValueError(f"effective_number needs a beta from 0 to less than 1, got {beta}")
        weights = [(1 - beta) / (1 - beta**n) if n else 0.0 for n in self.pictures.tolist()]
        return tuple(weight * np.count_nonzero(weights) / math.fsum(weights) for weight in weights)

    def _rows(self) -> np.ndarray:
        return np.stack([self.counts, self.pictures, self.surroundings])

    def _pixels(self) -> int:
        if self.count == 0:
            raise ValueError("LabelStatistics has counted no labelled pixel yet; call update(mask) first")
        return self.count

    def _add(self, rows: np.ndarray, masks: int, void: int) -> None:
        total = np.zeros((3, max(len(self.counts), rows.shape[1])), np.int64)
        for part in (self._rows(), rows):
            total[:, : part.shape[1]] += part
        self.counts, self.pictures, self.surroundings = total
        self.masks, self.void = self.masks + masks, self.void + void

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LabelStatistics):
            return False
        return np.array_equal(self._rows(), other._rows()) and (self.masks, self.void) == (other.masks, other.void)

    __hash__ = None  # type: ignore[assignment]  # it changes with each mask

    def __repr__(self) -> str:
        classes = np.count_nonzero(self.counts)
        return f"LabelStatistics({self.masks:,} masks, {self.count:,} pixels of {classes} classes, {self.void:,} void)"


def _of_every_process(own: Any) -> list[Any]:
    """What every process of the torch.distributed group has in the place of `own`."""
    distributed = torch.distributed
    if not (distributed.is_available() and distributed.is_initialized()):
        raise RuntimeError("all_reduce needs a process group; call torch.distributed.init_process_group first")
    everyones: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(everyones, own)
    return everyones


def _per_channel(name: str, x: torch.Tensor, mean, std) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """mean and std as numbers, checked against x (..., C, H, W)."""
    require_float(name, x)
    if x.ndim < 3:
        raise ValueError(f"{name} needs x of shape (..., C, H, W), got {tuple(x.shape)}")
    mean, std = finite_numbers("mean", mean), finite_numbers("std", std)
    channels, limits = x.shape[-3], torch.finfo(x.dtype)
    for label, values in (("mean", mean), ("std", std)):
        if len(values) != channels:
            raise ValueError(
                f"{name}: x of shape {tuple(x.shape)} has {channels} channel(s), {label} has {len(values)} value(s)"
            )
        if max(map(abs, values), default=0) > limits.max:
            raise ValueError(f"{name}: every {label} must be finite in {x.dtype}, got {values}")
    if min(std, default=1) < limits.tiny:
        raise ValueError(
            f"{name}: every std must be positive and at least {limits.tiny:.3g}, the smallest normal {x.dtype}, "
            f"got {std}; a channel that never changes, std 0, cannot be normalised"
        )
    return mean, std


def _column(values: tuple[float, ...], x: torch.Tensor) -> torch.Tensor:
    """One number a channel, as a tensor (C, 1, 1) that goes with x."""
    return torch.tensor([[[value]] for value in values], dtype=x.dtype, device=x.device)
