"""Normalize, its inverse, and the exact mean and std of a set of pictures.

Normalize is an affine map with one slope and one offset per channel,

    y = (x - mean) / std        and so        x = y * std + mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

from ._arrays import finite_numbers, require_float

#: Per-channel mean and std that torchvision's pretrained classifiers were trained with, on the [0, 1] scale.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def normalize(x: torch.Tensor, mean: Sequence[float], std: Sequence[float]) -> torch.Tensor:
    """Subtract each channel's mean and divide by its std: ``y = (x - mean) / std``.

    Args:
        x: float, (..., C, H, W).
        mean, std: C numbers each, on the scale of x.

    Returns:
        same shape and dtype as x, new memory.

    Raises:
        TypeError: x is not a float tensor.
        ValueError: mean or std has not C values, mean is not finite, or a std is
            not finite, positive and normal in x's dtype.
    """
    mean, std = _per_channel("normalize", x, mean, std)
    return (x - mean).div_(std)  # in place on the difference, which is ours: half the memory, and quicker


def inverse_normalize(x: torch.Tensor, mean: Sequence[float], std: Sequence[float]) -> torch.Tensor:
    """Undo ``normalize`` with the same mean and std: ``x * std + mean``.

    In floating point the round trip is off by at most 4 u (|x| + |x - mean|),
    where u is half the distance from 1 to the next number (2**-24 in float32);
    rounded to 8 bits it is exact.

    Args:
        x: normalised float, (..., C, H, W).
        mean, std: the C numbers each that ``normalize`` was given. Not their inverse.

    Returns:
        same shape and dtype as x, new memory.

    Raises:
        TypeError, ValueError: as ``normalize``.
    """
    mean, std = _per_channel("inverse_normalize", x, mean, std)
    return (x * std).add_(mean)  # x * std + mean, with one new tensor instead of two


def inverse_mean_std(mean: Sequence[float], std: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The mean and std of a second Normalize that undoes the first: ``-mean / std`` and ``1 / std``.

    Solve y = (x - m) / s for x:  x = y s + m = (y - (-m / s)) / (1 / s).

    Prefer ``inverse_normalize`` where you can: it makes one rounding error fewer.

    Args:
        mean, std: C numbers each.

    Returns:
        two tuples of C floats.

    Raises:
        ValueError: different lengths, a mean that is not finite, a std that is not finite and positive,
            or one so small that 1 / std or mean / std overflows.
    """
    mean, std = finite_numbers("mean", mean), finite_numbers("std", std)
    if len(mean) != len(std):
        raise ValueError(f"inverse_mean_std needs as many means as stds, got {len(mean)} and {len(std)}")
    for value in std:
        if not (math.isfinite(value) and value > 0):
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

        statistics = ChannelStatistics()
        for path in paths:
            statistics.update(read_image(path))
        v2.Normalize(statistics.mean, statistics.std)

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
            kind = image.dtype if isinstance(image, np.ndarray) else type(image).__name__
            raise TypeError(
                f"ChannelStatistics needs uint8 arrays (H, W, C), got {kind}; use to_image(x) for a tensor, np.asarray(x) "
                "for a PIL image"
            )
        if image.ndim not in (2, 3) or image.size == 0:
            raise ValueError(f"ChannelStatistics needs an image (H, W, C) or (H, W), got shape {image.shape}")
        planes = np.moveaxis(np.atleast_3d(image), -1, 0)
        counts = np.stack([np.bincount(plane.ravel(), minlength=256) for plane in planes])
        self._add(counts)
        return self

    def merge(self, other: ChannelStatistics) -> ChannelStatistics:
        """Count in everything that `other` has counted. Returns self; `other` is left as it is."""
        if not isinstance(other, ChannelStatistics):
            raise TypeError(f"merge needs ChannelStatistics, got {type(other).__name__}; count a picture with update")
        if len(other.counts):
            self._add(other.counts)
        return self

    def all_reduce(self) -> ChannelStatistics:
        """Count in what every other process of the torch.distributed group has counted. Returns self.

        Each process calls it once, also one that has seen no picture.
        """
        distributed = torch.distributed
        if not (distributed.is_available() and distributed.is_initialized()):
            raise RuntimeError("all_reduce needs a process group; call torch.distributed.init_process_group first")
        seen = [None] * distributed.get_world_size()
        distributed.all_gather_object(seen, self.counts)
        # Every process adds up the same list, so that a mismatch raises everywhere and nobody waits for ever.
        total = ChannelStatistics()
        for counts in seen:
            if len(counts):
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
        return tuple(total / (255 * n) for total, _ in self._sums())

    @property
    def std(self) -> tuple[float, ...]:
        """Per channel, on the [0, 1] scale, of the population (divided by n, not n - 1).

        n**2 variance = n (sum of squares) - (sum)**2, in whole numbers: nothing cancels.
        """
        n = self._pixels()
        return tuple(math.sqrt((n * squares - total**2) / (255 * n) ** 2) for total, squares in self._sums())

    def _sums(self) -> list[tuple[int, int]]:
        """Per channel the sum of the values and of their squares, as Python integers, which have no largest."""
        rows = [[int(n) for n in row] for row in self.counts]
        return [(sum(k * n for k, n in enumerate(row)), sum(k * k * n for k, n in enumerate(row))) for row in rows]

    def _pixels(self) -> int:
        if self.count == 0:
            raise ValueError("ChannelStatistics has counted no picture yet; call update(image) first")
        return self.count

    def _add(self, counts: np.ndarray) -> None:
        if len(self.counts) and len(self.counts) != len(counts):
            raise ValueError(f"these pictures have {len(counts)} channels, the ones before {len(self.counts)}")
        self.counts = self.counts + counts if len(self.counts) else counts.copy()

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

    Args:
        images: any iterable of pictures, or one array (N, H, W, C). They are asked for one at a time.

    Raises:
        TypeError, ValueError: as ``ChannelStatistics.update``; also for a single picture, whose rows
            would pass for grey pictures.
    """
    if isinstance(images, np.ndarray) and images.ndim != 4:
        raise ValueError(
            f"channel_statistics needs a set of images, got one array of shape {images.shape}; for one image pass [image]"
        )
    statistics = ChannelStatistics()
    for image in images:
        statistics.update(image)
    return statistics


def _per_channel(name: str, x: torch.Tensor, mean, std) -> tuple[torch.Tensor, torch.Tensor]:
    """Check mean and std against x (..., C, H, W); return them as tensors (C, 1, 1) like x."""
    require_float(name, x)
    if x.ndim < 3:
        raise ValueError(f"{name} needs x of shape (..., C, H, W), got {tuple(x.shape)}")
    given = {"mean": finite_numbers("mean", mean), "std": finite_numbers("std", std)}
    columns = {}
    for label, values in given.items():
        if len(values) != x.shape[-3]:
            raise ValueError(
                f"{name}: x of shape {tuple(x.shape)} has {x.shape[-3]} channel(s), {label} has {len(values)} value(s)"
            )
        column = torch.tensor(values, dtype=x.dtype, device=x.device)
        if not torch.isfinite(column).all():
            raise ValueError(f"{name}: every {label} must be finite in {x.dtype}, got {values}")
        columns[label] = column.reshape(-1, 1, 1)
    if not (columns["std"] >= torch.finfo(x.dtype).tiny).all():
        raise ValueError(
            f"{name}: every std must be positive and at least {torch.finfo(x.dtype).tiny:.3g}, the smallest normal "
            f"{x.dtype}, got {given['std']}; a channel that never changes, std 0, cannot be normalised"
        )
    return columns["mean"], columns["std"]
