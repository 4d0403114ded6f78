"""What a set of pictures or masks amounts to: the exact mean and std of each channel, and how often each class occurs.

Whole numbers are counted, and divided at the end. They add without error: every
order of pictures, and every split over workers, gives the same bits.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np

from ._arrays import counts_of_levels, kind_of

_LEVELS = np.arange(256).astype(object)  # Python's integers, which have no largest


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

    __hash__ = None  # type: ignore[assignment]  # it changes with each picture

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
        shares = self.counts / np.maximum(self.surroundings, 1)  # 0 / 1 for a class that never occurs
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
    from torch import distributed  # here, because to count needs no torch

    if not (distributed.is_available() and distributed.is_initialized()):
        raise RuntimeError("all_reduce needs a process group; call torch.distributed.init_process_group first")
    everyones: list[Any] = [None] * distributed.get_world_size()
    distributed.all_gather_object(everyones, own)
    return everyones
