"""Densities: where the values of each channel lie, as smooth curves.

A kernel density puts a little Gaussian on every pixel's value and adds them up.
Eight-bit data has at most 256 different values per channel, and so has every
tensor made of it by one affine map per channel: Normalize, BatchNorm, / 255.
Pixels of equal value share one Gaussian, weighted by their number, so that the
exact curve costs 256 Gaussians and not one per pixel.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from ._arrays import Picture, channel_planes, counts_of_levels, finite_limits, percent
from .display import unseen
from .style import COLORS, HATCHES, LINES

_NAMES = {1: ["grey"], 3: ["R", "G", "B"]}
_Channel: TypeAlias = tuple[np.ndarray, np.ndarray]  # the different values of a channel, and how often each occurs


def channel_densities(
    image: Picture, grid: Sequence[float] | np.ndarray, *, bandwidth: float | Sequence[float] | None = None
) -> np.ndarray:
    """The Gaussian kernel density of each channel, exactly, at the points of a grid.

        f(t) = 1 / (n h sqrt(2 pi))  sum over pixels v of  exp(-(t - v)**2 / (2 h**2))

    image is a tensor (..., C, H, W) or an array (H, W, C); with two axes it has one channel, and a batch
    counts as one set of pixels. grid is where to evaluate, in the units of the pixels. bandwidth is h,
    the std of the little Gaussians, one number or one per channel; None means Scott's rule,
    h = n**(-1/5) s, with n all pixels of a channel and s their std, divided by n - 1. The result is
    float64 (C, len(grid)), that of ``seaborn.kdeplot`` and ``scipy.stats.gaussian_kde`` on all pixels.

    The curves go beyond the data by about 3 h on both sides: what they show outside [0, 1] need not be
    there. ``unseen`` counts what is. The pixels are counted once; after that the cost is (different
    values) x (points of the grid).

    >>> import numpy as np
    >>> import seeing_tensors as st
    >>> image = np.array([[0, 0], [0, 255]], np.uint8)
    >>> st.channel_densities(image, [0, 255], bandwidth=10).round(3)  # three little Gaussians on 0, one on 255
    array([[0.03, 0.01]])

    Raises:
        TypeError: image is not a tensor or array of real numbers.
        ValueError: not the shape of a picture; NaN or inf; a grid that is not one row of finite numbers;
            a bandwidth that is not finite and positive; none given, and a channel is constant or one pixel.
    """
    planes = channel_planes("channel_densities", image)
    grid = np.asarray(grid, np.float64)
    if grid.ndim != 1 or not np.isfinite(grid).all():
        raise ValueError(f"channel_densities needs a grid of finite numbers in one row, got {grid.shape} {grid.dtype}")
    channels = _distinct("channel_densities", planes)
    widths = _bandwidths(channels, bandwidth)
    return np.stack([_density(*channel, grid, h) for channel, h in zip(channels, widths, strict=True)])


def plot_channel_densities(x: Picture, ax: Axes | None = None, *, limits: tuple[float, float] | None = None) -> Axes:
    """Draw the density of each channel, and hatch what a picture of x cannot show.

    Values below black and above white are unseen. Each hatched side is labelled with the fraction
    of every channel that lies there, counted pixel by pixel: the curve's own tail is partly the
    kernel's. A constant channel, which has no density, is drawn as a vertical line.

    x is a tensor (..., C, H, W) or an array (H, W, C) of 1 or 3 channels, or has two axes. ax is where
    to draw; a new figure when None. limits are the ends of the horizontal axis; None for symmetric
    around 0 and wide enough for everything. Give plots that are to be compared the same limits.

    >>> import torch
    >>> from matplotlib.figure import Figure
    >>> import seeing_tensors as st
    >>> ramp = torch.linspace(-0.5, 1, 30).reshape(1, 5, 6)
    >>> ax = st.plot_channel_densities(ramp, Figure().subplots())
    >>> [text.get_text() for text in ax.texts]
    ['unseen (black)\\ngrey 33%', 'unseen (white)\\ngrey 0%']

    Raises:
        TypeError: not a tensor or array of real numbers.
        ValueError: not the shape of a picture, another number of channels, NaN or inf, or limits that are not
            finite and ascending.
    """
    planes = channel_planes("plot_channel_densities", x)
    if len(planes) not in _NAMES:
        raise ValueError(f"plot_channel_densities needs 1 or 3 channels, got {len(planes)} in shape {tuple(x.shape)}")
    names = _NAMES[len(planes)]
    channels = _distinct("plot_channel_densities", planes)
    white = 1 if planes.dtype.kind in "fb" else 255
    limits = _limits(channels, white) if limits is None else limits
    low, high = finite_limits("plot_channel_densities: limits", *limits)
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(layout="constrained")
    ax.set(xlim=(low, high), xlabel="value", ylabel="density")
    ax.locator_params(axis="y", nbins=4)
    _draw_curves(ax, channels, names)
    ax.set_ylim(bottom=0)
    _hatch_unseen(ax, unseen(x), names, white)
    look: dict[str, Any] = {"handlelength": 1.6, "handletextpad": 0.4, "labelspacing": 0.2, "borderpad": 0.2}
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), **look)  # with the labels above the axes: they hide nothing
    return ax


# ---------------------------------------------------------------- inside


def _distinct(name: str, planes: np.ndarray) -> list[_Channel]:
    """The different values of each channel in float64, and how many pixels have each."""
    if planes.dtype == np.uint8:
        levels = [(np.flatnonzero(counts), counts) for counts in counts_of_levels(planes.T[None])]
        return [(values.astype(np.float64), counts[values]) for values, counts in levels]
    channels = []
    for plane in planes:
        values, counts = np.unique(plane, return_counts=True)
        values = values.astype(np.float64)
        if not np.isfinite(values).all():
            broken = counts[~np.isfinite(values)].sum()
            raise ValueError(
                f"{name}: {broken} of {plane.size} values of a channel are NaN or inf, which have no density"
            )
        channels.append((values, counts))
    return channels


def _bandwidths(channels: Sequence[_Channel], bandwidth: Any) -> list[float]:
    if bandwidth is None:
        for c, (values, counts) in enumerate(channels):
            if len(values) == 1:
                raise ValueError(
                    f"channel_densities: channel {c} has the one value {values[0]:.6g} in {counts[0]} pixels and so "
                    "no spread to take a bandwidth from; give bandwidth"
                )
        return [_scott(*channel) for channel in channels]
    widths = np.broadcast_to(np.asarray(bandwidth, np.float64), len(channels)) if np.ndim(bandwidth) == 0 else bandwidth
    if len(widths) != len(channels) or not all(math.isfinite(h) and h > 0 for h in widths):
        raise ValueError(
            f"channel_densities: bandwidth must be finite and positive, one number or one for each of "
            f"{len(channels)} channels, got {bandwidth}"
        )
    return [float(h) for h in widths]


def _scott(values: np.ndarray, counts: np.ndarray) -> float:
    """n**(-1/5) times the std with 1 / (n - 1), where n counts all pixels, not the different values."""
    n = counts.sum()
    mean = counts @ values / n
    return n ** (-1 / 5) * math.sqrt(counts @ (values - mean) ** 2 / (n - 1))


def _density(values: np.ndarray, counts: np.ndarray, grid: np.ndarray, h: float) -> np.ndarray:
    """f(t) = sum over values v of (count / n) times the Gaussian of mean v and std h at t."""
    total, points = torch.zeros(len(grid), dtype=torch.float64), torch.from_numpy(grid)[:, None]
    block = max(1, 2**20 // max(1, len(grid)))  # so many values at a time that 8 MB hold them for the whole grid
    for start in range(0, len(values), block):
        part = slice(start, start + block)
        z = (points - torch.from_numpy(values[part])).div_(h * math.sqrt(2))
        # exp(-700) is 1e-304, as good as 0; beyond it exp takes three times as long.
        total += z.square_().neg_().clamp_(min=-700).exp_() @ torch.from_numpy(counts[part]).double()
    return total.numpy() / (counts.sum() * h * math.sqrt(2 * math.pi))


def _limits(channels: Sequence[_Channel], white: float) -> tuple[float, float]:
    """Symmetric around 0, with room for black, white, every value, and the Gaussian of the outermost one."""
    edges = max(abs(values[[0, -1]]).max() for values, _ in channels)
    width = max((_scott(*channel) for channel in channels if len(channel[0]) > 1), default=0)
    reach = max(2 * white, edges + 3 * width)
    return -reach, reach


def _draw_curves(ax: Axes, channels: Sequence[_Channel], names: Sequence[str]) -> None:
    grid = np.linspace(*ax.get_xlim(), 1024)
    for (values, counts), name in zip(channels, names, strict=True):
        look: dict[str, Any] = {"color": COLORS[name], "linestyle": LINES[name]}
        if len(values) == 1:
            ax.axvline(values[0], label=f"{name} (constant)", **look)
        else:
            ax.plot(grid, _density(values, counts, grid, _scott(values, counts)), label=name, **look)


def _hatch_unseen(ax: Axes, fractions: np.ndarray, names: Sequence[str], white: float) -> None:
    low, high = ax.get_xlim()
    _hatch_side(ax, "below", "black", (low, min(0, high)), fractions[:, 0], names)
    _hatch_side(ax, "above", "white", (max(white, low), high), fractions[:, 1], names)


def _hatch_side(
    ax: Axes, side: str, name: str, span: tuple[float, float], fractions: Any, names: Sequence[str]
) -> None:
    """Hatch one side and write above which fraction of each channel it holds; nothing where the axis ends before."""
    if not span[0] < span[1]:
        return
    pale, line = to_rgba(COLORS[side], 0.12), to_rgba(COLORS[side], 0.6)
    ax.axvspan(*span, facecolor=pale, edgecolor=line, hatch=HATCHES[side], linewidth=0, zorder=0)
    parts = [f"{channel} {percent(part)}" for channel, part in zip(names, fractions, strict=True)]
    text = "\n".join([f"unseen ({name})", *parts])
    edge, align = (0, "left") if side == "below" else (1, "right")
    place: dict[str, Any] = {"transform": ax.transAxes, "ha": align, "va": "bottom", "linespacing": 1.15}
    ax.text(edge, 1.01, text, zorder=1, **place)  # below the curves
