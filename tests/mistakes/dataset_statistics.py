"""Mistakes of lesson 3: the statistics of a set of pictures."""

import math
from fractions import Fraction

import numpy as np
import torch

import seeing_tensors as library
from seeing_tensors.course.laws.museum import mistake, plain, twin

# ---------------------------------------------------------- ChannelStatistics


class Sums:
    """Written otherwise than the library: sums of levels and of their squares."""

    def __init__(self):
        self.count, self.sums, self.squares = 0, 0, 0

    def update(self, image):
        library.ChannelStatistics().update(image)
        x = np.moveaxis(np.atleast_3d(image), -1, 0).reshape(np.atleast_3d(image).shape[2], -1).astype(np.int64)
        return self.add(x.shape[1], x.sum(axis=1).astype(object), (x * x).sum(axis=1).astype(object))

    def merge(self, other):
        return self.add(other.count, other.sums, other.squares)

    def add(self, count, sums, squares):
        if self.count and count and len(sums) != len(self.sums):
            raise ValueError(f"these have {len(sums)} channels, the ones before {len(self.sums)}")
        self.count, self.sums, self.squares = self.count + count, self.sums + sums, self.squares + squares
        return self

    @property
    def mean(self):
        n = self.n()
        return tuple(s / (255 * n) for s in self.sums)

    @property
    def std(self):
        n = self.n()
        return tuple(math.sqrt((n * q - s * s) / (255 * n) ** 2) for s, q in zip(self.sums, self.squares, strict=True))

    def n(self):
        if not self.count:
            raise ValueError("no picture has been counted")
        return self.count


@plain("ChannelStatistics")
class ChannelStatistics:
    def __init__(self):
        self.counts = 0

    def update(self, image):
        if image.ndim == 2:
            image = image[:, :, None]
        planes = np.moveaxis(image, -1, 0)
        self.counts = self.counts + np.array([np.bincount(plane.ravel(), minlength=256) for plane in planes])
        return self

    def merge(self, other):
        self.counts = self.counts + other.counts
        return self

    @property
    def count(self):
        return np.sum(self.counts[0]) if np.ndim(self.counts) else 0

    @property
    def mean(self):
        return tuple(self.counts @ np.arange(256) / (255 * self.count))

    @property
    def std(self):
        n, levels = self.count, np.arange(256)
        return tuple(np.sqrt(n * (self.counts @ levels**2) - (self.counts @ levels) ** 2) / (255 * n))


@plain("ChannelStatistics")
class PooledFloats:
    def __init__(self):
        self.count, self.sum, self.squares = 0, 0.0, 0.0

    def update(self, image):
        x = torch.from_numpy(np.atleast_3d(image)).flatten(0, 1) / 255
        self.count, self.sum, self.squares = self.count + len(x), self.sum + x.sum(0), self.squares + (x * x).sum(0)
        return self

    def merge(self, other):
        self.count, self.sum = self.count + other.count, self.sum + other.sum
        self.squares = self.squares + other.squares
        return self

    @property
    def mean(self):
        return tuple(self.sum / self.count)

    @property
    def std(self):
        return tuple((self.squares / self.count - (self.sum / self.count) ** 2).clamp(min=0).sqrt())


@twin("ChannelStatistics")
class SumsOfSquares(Sums):
    """sums of levels and of their squares, as Python's integers, in place of how often each level occurs"""


class PerPicture(library.ChannelStatistics):
    """Adds up what `of` says about each picture, one number for each channel."""

    pictures, total = 0, 0

    def update(self, image):
        super().update(image)
        return self.gather(1, self.of(np.atleast_3d(image)))

    def merge(self, other):
        super().merge(other)
        return self.gather(other.pictures, other.total)

    def gather(self, number, numbers):
        self.pictures, self.total = self.pictures + number, self.total + numbers
        return self


@mistake(
    "ChannelStatistics",
    tempting="The mean of the set is the mean of its pictures' means, and the std seems to follow the same rule.",
    source="https://github.com/chenyaofo/image-classification-codebase/issues/5",
)
class MeanOfTheStds(PerPicture):
    """the stds of the pictures are averaged: what lies between a dark and a bright picture is not counted. Take the std
    of all pixels
    """

    def of(self, image):
        return image.std(axis=(0, 1)) / 255

    @property
    def std(self):
        return tuple(self.total / self.pictures) if super().std else ()


@MeanOfTheStds.in_other_words
class StdsOfPictures(Sums):
    parts = np.zeros((0, 2))

    def update(self, image):
        super().update(image)
        x = torch.from_numpy(np.atleast_3d(image) / 255).flatten(0, 1)
        return self.gather(1, x.std(dim=0, correction=0).numpy())

    def merge(self, other):
        super().merge(other)
        return self.gather(*other.parts) if len(other.parts) == 2 and other.parts[0] else self

    def gather(self, number, stds):
        self.parts = [self.parts[0] + number, self.parts[1] + stds] if len(self.parts) else [number, stds]
        return self

    @property
    def std(self):
        return tuple(float(v) / self.parts[0] for v in self.parts[1]) if self.n() else ()


@mistake(
    "ChannelStatistics",
    tempting="Variances may be averaged where stds may not, and so it seems to be put right.",
    source="https://github.com/pytorch/vision/issues/3657",
)
class RootOfTheMeanVariance(PerPicture):
    """the variances of the pictures are averaged: what lies between a dark and a bright picture is still not counted.
    Take the std of all pixels
    """

    def of(self, image):
        return (image / 255).var(axis=(0, 1))

    @property
    def std(self):
        return tuple(np.sqrt(self.total / self.pictures)) if super().std else ()


@RootOfTheMeanVariance.in_other_words
class WithinPictures(Sums):
    pictures, within = 0, 0

    def update(self, image):
        super().update(image)
        x = np.atleast_3d(image).astype(float)
        return self.gather(1, ((x - x.mean((0, 1))) ** 2).mean((0, 1)) / 255**2)

    def merge(self, other):
        super().merge(other)
        return self.gather(other.pictures, other.within)

    def gather(self, number, variances):
        self.pictures, self.within = self.pictures + number, self.within + variances
        return self

    @property
    def std(self):
        return tuple((self.within / self.pictures) ** 0.5) if self.n() else ()


@mistake(
    "ChannelStatistics",
    tempting="A mean of means is the mean of all as long as all parts have one size, be they batches or pictures.",
    source="https://github.com/chainer/chainer/issues/1739",
)
class PicturesWeighEqually(PerPicture):
    """the means of the pictures are averaged, whatever their sizes: a small picture weighs as much as a large one.
    Weigh by pixels
    """

    def of(self, image):
        return image.mean(axis=(0, 1)) / 255

    @property
    def mean(self):
        return tuple(self.total / self.pictures) if super().mean else ()


@PicturesWeighEqually.in_other_words
class MeanOfMeans(Sums):
    pictures, means = 0, 0

    def update(self, image):
        super().update(image)
        planes = np.atleast_3d(image).transpose(2, 0, 1)
        return self.gather(1, np.array([Fraction(int(plane.sum()), 255 * plane.size) for plane in planes]))

    def merge(self, other):
        super().merge(other)
        return self.gather(other.pictures, other.means)

    def gather(self, number, means):
        self.pictures, self.means = self.pictures + number, self.means + means
        return self

    @property
    def mean(self):
        return tuple(float(m / self.pictures) for m in self.means) if self.n() else ()


@mistake(
    "ChannelStatistics",
    tempting="torch.std does it unasked, and it is called unbiased.",
    source="https://github.com/pytorch/pytorch/issues/1082",
)
class OfASample(library.ChannelStatistics):
    """the squares are divided by n - 1: one pixel has no std, and two workers cannot agree with one. Divide by n"""

    @property
    def std(self):
        n, stds = self.count, super().std
        return tuple(s * math.sqrt(n / (n - 1)) if n > 1 else math.nan for s in stds)


@OfASample.in_other_words
class Unbiased(Sums):
    @property
    def std(self):
        n, pairs = self.n(), zip(self.sums, self.squares, strict=True)
        return tuple(math.sqrt(Fraction(n * q - s * s, n * (n - 1) * 255**2)) if n > 1 else math.nan for s, q in pairs)


@mistake(
    "ChannelStatistics",
    tempting="The pictures are bytes, and so their mean seems to be 120 and not 0.47.",
    source="https://github.com/BoyuanJiang/context_encoder_pytorch/issues/4",
)
class OnTheScaleOfBytes(library.ChannelStatistics):
    """mean and std are left on the scale of bytes, but Normalize comes after the division by 255. Divide them too"""

    @property
    def mean(self):
        return tuple(255 * m for m in super().mean)

    @property
    def std(self):
        return tuple(255 * s for s in super().std)


@OnTheScaleOfBytes.in_other_words
class NeverDivided(Sums):
    @property
    def mean(self):
        n = self.n()
        return tuple(s / n for s in self.sums)

    @property
    def std(self):
        n = self.n()
        return tuple(math.sqrt(n * q - s**2) / n for s, q in zip(self.sums, self.squares, strict=True))


@mistake(
    "ChannelStatistics",
    tempting="image ** 2 is the square of every pixel, and the type does not change.",
    source="https://github.com/huggingface/lerobot/pull/3697",
)
class SquaresThatWrap(PerPicture):
    """bytes are squared as bytes: 16 * 16 is 0. Convert to wider integers before you compute"""

    def of(self, image):
        return (image**2).sum(axis=(0, 1)).astype(object)

    @property
    def std(self):
        n = self.count
        means = [Fraction(sum(k * int(c) for k, c in enumerate(row)), self._pixels()) for row in self.counts]
        return tuple(math.sqrt(max(0, Fraction(q, n) - m * m)) / 255 for q, m in zip(self.total, means, strict=True))


@SquaresThatWrap.in_other_words
class ByteArithmetic(Sums):
    def update(self, image):
        library.ChannelStatistics().update(image)
        planes = [np.ascontiguousarray(plane) for plane in np.atleast_3d(image).transpose(2, 0, 1)]
        sums, squares = ([int(p.sum()) for p in planes], [int((p * p).sum()) for p in planes])
        return self.add(planes[0].size, np.array(sums, object), np.array(squares, object))

    @property
    def std(self):
        n = self.n()
        pairs = zip(self.sums, self.squares, strict=True)
        return tuple(math.sqrt(max(0, n * q - s * s) / (255 * n) ** 2) for s, q in pairs)
