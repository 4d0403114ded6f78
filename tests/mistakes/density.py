"""Mistakes of lesson 4: the density of each channel."""

import math

import numpy as np
import torch

import seeing_tensors as library
from seeing_tensors.course.laws.museum import mistake, plain, twin


def channels_of(image):
    """The channels as rows of float64."""
    if image.ndim == 2:
        image = image[None] if isinstance(image, torch.Tensor) else image[:, :, None]
    array = image.numpy() if isinstance(image, torch.Tensor) else image
    planes = np.moveaxis(array, -3 if isinstance(image, torch.Tensor) else -1, 0)
    return planes.reshape(len(planes), -1).astype(np.float64)


def curve(values, grid, h, weights=None):
    """One Gaussian of std h on every value."""
    z = (np.asarray(grid, np.float64)[:, None] - values) / h
    return np.average(np.exp(-(z**2) / 2), axis=1, weights=weights) / (h * math.sqrt(2 * math.pi))


def with_rule(image, grid, bandwidth, rule):
    """The density with the bandwidths that `rule` gives for the channels."""
    library.channel_densities(image, grid, bandwidth=bandwidth)  # the same refusals
    bandwidth = rule(channels_of(image)) if bandwidth is None else bandwidth
    return library.channel_densities(image, grid, bandwidth=bandwidth)


@mistake(
    "channel_densities",
    tempting="There are 256 levels and a weight for each, which is what scipy's `weights=` seems to be for.",
    source="https://github.com/scipy/scipy/issues/23943",
)
def bandwidth_of_the_histogram(image, grid, *, bandwidth=None):
    """the levels and their counts go into scipy as points and weights: its bandwidth then counts effective points, not
    pixels
    """

    def rule(values):
        counts = np.unique(values, return_counts=True)[1]
        share = counts / counts.sum()
        # scipy's: neff = 1 / sum(share²), and a weighted covariance with that many points.
        return (share @ share) ** (1 / 5) * values.std() / math.sqrt(1 - share @ share)

    return with_rule(image, grid, bandwidth, lambda channels: [rule(values) for values in channels])


@bandwidth_of_the_histogram.in_other_words
def scipy_with_weights(image, grid, *, bandwidth=None):
    from seaborn.external.kde import gaussian_kde  # scipy's own code

    if bandwidth is not None:
        return library.channel_densities(image, grid, bandwidth=bandwidth)
    levels = [np.unique(values, return_counts=True) for values in channels_of(image)]
    return np.stack([gaussian_kde(values, weights=counts)(grid) for values, counts in levels])


@mistake(
    "channel_densities",
    tempting="Scott's factor n**(-1/5) is often called Scott's rule, and for data of std 1 it is the whole of it.",
    source="https://github.com/scikit-learn/scikit-learn/issues/25623",
)
def rule_without_the_std(image, grid, *, bandwidth=None):
    """the bandwidth is n**(-1/5) alone: it is a length, so it must be multiplied by the std of the pixels"""
    return with_rule(image, grid, bandwidth, lambda channels: [channels.shape[1] ** (-1 / 5)] * len(channels))


@rule_without_the_std.in_other_words
def factor_is_bandwidth(image, grid, *, bandwidth=None):
    channels = channels_of(image)
    n = channels.shape[1]
    h = np.broadcast_to(n ** (-0.2) if bandwidth is None else bandwidth, len(channels))
    return np.array([curve(values, grid, width) for values, width in zip(channels, h, strict=True)])


@mistake(
    "channel_densities",
    tempting="Silverman's 1.06 s n**(-1/5) is in every textbook, next to Scott's rule.",
    source="https://github.com/mwaskom/seaborn/issues/456",
)
def rule_of_silverman(image, grid, *, bandwidth=None):
    """the bandwidth is Silverman's, (4/3)**(1/5) = 1.06 times Scott's, which scipy and seaborn use"""

    def rule(channels):
        return [(4 / (3 * len(values))) ** (1 / 5) * values.std(ddof=1) for values in channels]

    return with_rule(image, grid, bandwidth, rule)


@rule_of_silverman.in_other_words
def textbook(image, grid, *, bandwidth=None):
    result = []
    for c, values in enumerate(channels_of(image)):
        if bandwidth is None:
            h = ((4 * values.std(ddof=1) ** 5) / (3 * len(values))) ** 0.2
        else:
            h = bandwidth if np.ndim(bandwidth) == 0 else bandwidth[c]
        result.append(curve(values, grid, h))
    return np.array(result)


@mistake(
    "channel_densities",
    tempting="numpy's std divides by n, and with thousands of pixels the difference is nothing.",
    source="https://github.com/scikit-learn/scikit-learn/issues/26658",
)
def std_that_divides_by_n(image, grid, *, bandwidth=None):
    """the std of the rule divides by n, numpy's default: Scott's rule, scipy and seaborn take n - 1, ddof=1"""
    return with_rule(image, grid, bandwidth, lambda channels: channels.shape[1] ** (-1 / 5) * channels.std(axis=1))


@std_that_divides_by_n.in_other_words
def numpy_std(image, grid, *, bandwidth=None):
    channels = channels_of(image)
    if bandwidth is None:
        bandwidth = [np.std(values) * len(values) ** -0.2 for values in channels]
    widths = bandwidth if np.ndim(bandwidth) else [bandwidth] * len(channels)
    return np.stack([curve(values, grid, h) for values, h in zip(channels, widths, strict=True)])


@mistake(
    "channel_densities",
    tempting="The picture is one thing and seems to have one spread, and `x.std()` is shorter than three of them.",
    source="https://github.com/scikit-learn/scikit-learn/issues/26658",
)
def one_bandwidth_for_all_channels(image, grid, *, bandwidth=None):
    """all channels get the bandwidth of the whole picture: each has its own spread and so its own bandwidth"""

    def rule(channels):
        return channels.size ** (-1 / 5) * channels.std(ddof=1)

    return with_rule(image, grid, bandwidth, rule)


@one_bandwidth_for_all_channels.in_other_words
def of_the_whole_picture(image, grid, *, bandwidth=None):
    channels = channels_of(image)
    pixels = torch.from_numpy(channels.copy()).flatten()
    h = (pixels.std() * len(pixels) ** -0.2).item() if bandwidth is None else bandwidth
    h = np.broadcast_to(h, len(channels))
    return np.array([curve(values, grid, h[c]) for c, values in enumerate(channels)])


@mistake(
    "channel_densities",
    tempting='seaborn does so with `hue="channel"`: its common_norm is on by default.',
    source="https://github.com/mwaskom/seaborn/issues/2269",
)
def area_one_for_all_together(image, grid, *, bandwidth=None):
    """the areas of all channels add up to 1, seaborn's common_norm: each channel is a density of its own, of area 1"""
    curves = library.channel_densities(image, grid, bandwidth=bandwidth)
    return curves / len(curves)


@area_one_for_all_together.in_other_words
def common_norm(image, grid, *, bandwidth=None):
    channels = channels_of(image)
    h = channels.std(axis=1, ddof=1) * channels.shape[1] ** -0.2 if bandwidth is None else bandwidth
    h = np.broadcast_to(h, len(channels))
    total = [curve(values, grid, width) * values.size for values, width in zip(channels, h, strict=True)]
    return np.stack(total) / channels.size


@mistake(
    "channel_densities",
    tempting="A curve that is cut at the last pixel looks more honest than one that goes on.",
    source="https://github.com/mwaskom/seaborn/issues/521",
)
def cut_at_the_ends(image, grid, *, bandwidth=None):
    """the curve is cut at the smallest and the largest pixel: what lies beyond is part of its area, which is then less
    than 1
    """
    curves, grid = library.channel_densities(image, grid, bandwidth=bandwidth), np.asarray(grid)
    inside = [(values.min() <= grid) & (grid <= values.max()) for values in channels_of(image)]
    return np.where(inside, curves, 0.0)


@cut_at_the_ends.in_other_words
def cut_0(image, grid, *, bandwidth=None):
    curves = np.array(library.channel_densities(image, grid, bandwidth=bandwidth))
    for one, values in zip(curves, channels_of(image), strict=True):
        one[(np.asarray(grid) < np.min(values)) | (np.asarray(grid) > np.max(values))] = 0
    return curves


@twin("channel_densities")
def pixel_by_pixel(image, grid, *, bandwidth=None):
    """one Gaussian for every pixel, none shared, with numpy's own std"""
    library.channel_densities(image, grid, bandwidth=bandwidth)
    planes = channels_of(image)
    rule = planes.shape[1] ** -0.2 * planes.std(axis=1, ddof=1)
    rule = rule if bandwidth is None else np.broadcast_to(bandwidth, len(planes))
    z = (np.asarray(grid)[None, :, None] - planes[:, None]) / rule[:, None, None]
    return np.exp(-(z**2) / 2).mean(axis=2) / (np.sqrt(2 * np.pi) * rule[:, None])


@twin("channel_densities")
def scipy_on_all_pixels(image, grid, *, bandwidth=None):
    """scipy's gaussian_kde on all pixels where it chooses the bandwidth, torch where it is given"""
    library.channel_densities(image, grid, bandwidth=bandwidth)
    channels = channels_of(image)
    if bandwidth is None:
        from seaborn.external.kde import gaussian_kde  # scipy's own code

        return np.stack([gaussian_kde(values)(np.asarray(grid)) for values in channels])
    h = torch.as_tensor(bandwidth, dtype=torch.float64).expand(len(channels))[:, None, None]
    normal = torch.distributions.Normal(torch.from_numpy(channels.copy())[:, :, None], h)
    return normal.log_prob(torch.as_tensor(np.array(grid, np.float64))).exp().mean(1).numpy()


@plain("channel_densities")
def channel_densities(image, grid, *, bandwidth=None):
    planes = np.moveaxis(np.asarray(image, float), -3 if torch.is_tensor(image) else -1, 0)
    curves = []
    for plane in planes:
        values = plane.ravel()
        n = len(values)
        h = n ** (-1 / 5) * values.std(ddof=1) if bandwidth is None else bandwidth
        gaussians = np.exp(-(((grid[:, None] - values) / h) ** 2) / 2)
        curves.append(gaussians.sum(axis=1) / (n * h * math.sqrt(2 * math.pi)))
    return np.array(curves)
