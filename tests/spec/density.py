"""Laws of lesson 4: the density of each channel, and the plot that shades what cannot be seen.

The oracle adds up one Gaussian for every pixel, in a plain loop. Densities are compared within
1e-9 of the largest possible value, that of one Gaussian, 1 / (h sqrt(2 pi))."""

import math

import matplotlib
import numpy as np
import torch
from hypothesis import assume, strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.figure import Figure

import seeing_tensors as library
from seeing_tensors.course.laws import (
    expect,
    expect_arguments_kept,
    expect_close,
    expect_contains,
    expect_raises,
    expect_same,
    law,
)

from .strategies import float_tensors, images

ROOT = math.sqrt(2 * math.pi)

coordinates = st.floats(-2, 3).map(lambda v: round(v, 6))
grids = st.lists(coordinates, min_size=1, max_size=6).map(np.array)
bandwidths = st.floats(0.01, 2)
floats = float_tensors(-2, 3, channels=(1, 2, 3))


def values_of(image):
    """The channels of a tensor (..., C, H, W) or an array (H, W, C) as lists of numbers."""
    planes = image.movedim(-3, 0).flatten(1) if isinstance(image, torch.Tensor) else np.moveaxis(image, -1, 0)
    return [np.asarray(plane, np.float64).ravel() for plane in planes]


def varies(image):
    """Whether every channel has two values that Scott's rule can tell apart."""
    return all(values.std() > 1e-3 for values in values_of(image))


def scott(values):
    n = len(values)
    mean = math.fsum(values) / n
    return n ** (-1 / 5) * math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1))


def plain_loop(values, grid, h):
    """One Gaussian for every pixel."""
    sums = [math.fsum(math.exp(-(((t - v) / h) ** 2) / 2) for v in values) for t in grid]
    return np.array(sums) / (len(values) * h * ROOT)


def expect_densities(got, image, grid, h=None, cause=""):
    channels = values_of(image)
    widths = [scott(values) for values in channels] if h is None else np.broadcast_to(h, len(channels))
    expected = np.array([plain_loop(values, grid, w) for values, w in zip(channels, widths, strict=True)])
    within = np.broadcast_to(1e-9 / (ROOT * np.array(widths))[:, None], expected.shape)
    expect_close(got, expected, within=within, cause=cause)


SCOTT = "h = n**(-1/5) s, with n the number of all pixels, not of different values, and s their std with n - 1"


# ---------------------------------------------------------- channel_densities

# Equation.


@law(
    "channel_densities",
    lesson=4,
    rank="mathematics",
    image=floats | images(channels=(1, 2, 3)),
    grid=grids,
    bandwidth=bandwidths,
)
def is_the_mean_of_one_gaussian_per_pixel(channel_densities, image, grid, bandwidth):
    """With a given bandwidth h the curve is the mean, over all pixels, of Gaussians with std h around their values."""
    scale = 1 if isinstance(image, torch.Tensor) else 100
    grid, bandwidth = grid * scale, bandwidth * scale
    got = channel_densities(image, grid, bandwidth=bandwidth)
    expect_densities(got, image, grid, bandwidth, lambda: wrong_curves(image, grid, bandwidth))


def wrong_curves(image, grid, h):
    """What a wrong idea of the density draws, and how to see it."""
    channels = values_of(image)

    def curves(change=lambda values: values, h=h, kernel=lambda z: np.exp(-(z**2) / 2), channels=channels):
        return np.array([kernel((grid[:, None] - change(v)) / h).mean(1) / (h * ROOT) for v in channels])

    several = np.asarray(image.flatten(-2) if isinstance(image, torch.Tensor) else image, np.float64)
    return {
        "each Gaussian is divided by its std, so that its area is 1": curves() * h,
        "each pixel counts, not each different value": curves(np.unique),
        "reshape mixes the channels: move the axis": curves(channels=several.reshape(len(channels), -1)),
        "the exponent is -z²/2, not -z²": curves(kernel=lambda z: np.exp(-(z**2)) * math.sqrt(2)),
        "the exponent is -z²/2, not -z², and then the area is not 1": curves(kernel=lambda z: np.exp(-(z**2))),
        "a Gaussian ends nowhere": curves(kernel=lambda z: np.exp(-(z**2) / 2) * (abs(z) <= 3)),
        "the bandwidth is a std, not a variance": curves(h=math.sqrt(h)),
        "bytes stay bytes, on their own axis": curves(lambda v: v if isinstance(image, torch.Tensor) else v / 255),
        "the area of each channel is 1, not that of all together": curves() / len(channels),
        "each pixel counts the same: the mean, not the sum": curves() * len(channels[0]),
    }


@law(
    "channel_densities",
    lesson=4,
    rank="mathematics",
    image=floats | images(channels=(1, 2, 3)),
    places=hnp.arrays(np.float64, 4, elements=st.floats(-0.5, 1.5)),
)
def takes_its_bandwidth_from_all_pixels(channel_densities, image, places):
    """Without a bandwidth, Scott's rule: n**(-1/5) times the channel's std, n all its pixels, the std with n - 1."""
    assume(varies(image))
    low, high = float(image.min()), float(image.max())
    grid = low + (high - low) * places
    expect_densities(channel_densities(image, grid), image, grid, cause=lambda: wrong_widths(image, grid))


def wrong_widths(image, grid):
    """The curves with a wrong bandwidth, and how to see it."""
    channels = values_of(image)

    def curves(width):
        return np.array([plain_loop(values, grid, width(values)) for values in channels])

    def size(values):
        return len(values) ** (-1 / 5)

    return {
        "the std with n - 1, not n": curves(lambda values: size(values) * values.std()),
        "Scott's rule, not Silverman's": curves(lambda values: scott(values) * 0.75 ** (-1 / 5)),
        "Scott's factor times the std of the channel": curves(size),
        "each channel has a bandwidth of its own": curves(lambda values: scott(np.concatenate(channels))),
        "n counts all pixels, not the different values": curves(
            lambda values: len(np.unique(values)) ** (-1 / 5) * values.std(ddof=1)
        ),
        "the power is -1/5": curves(lambda values: len(values) ** (-1 / 6) * values.std(ddof=1)),
        "Scott's factor is of n, not of the values of all channels": curves(
            lambda values: (len(values) * len(channels)) ** (-1 / 5) * values.std(ddof=1)
        ),
    }


@law("channel_densities", lesson=4, rank="mathematics", image=images(channels=(3,)), times=st.integers(2, 4))
def equal_pixels_count_each(channel_densities, image, times):
    """A picture laid beside itself has the same curve for one h, and by Scott's rule a smaller h: n counts pixels."""
    assume(varies(image))
    wide, grid = np.tile(image, (1, times, 1)), np.linspace(0, 255, 6)
    expect_densities(channel_densities(wide, grid, bandwidth=20.0), image, grid, 20.0)
    expect_densities(channel_densities(wide, grid), wide, grid, cause=SCOTT)


@law("channel_densities", lesson=4, rank="mathematics", image=floats, bandwidth=st.floats(0.05, 1))
def has_area_one_the_mean_of_the_pixels_and_a_larger_variance(channel_densities, image, bandwidth):
    """The area is 1, the mean that of the pixels, the variance theirs plus h**2: the curve is wider than the data."""
    grid = np.linspace(-2 - 9 * bandwidth, 3 + 9 * bandwidth, 300)
    step = grid[1] - grid[0]
    curves = channel_densities(image, grid, bandwidth=bandwidth)
    area, mean = curves.sum(1) * step, curves @ grid * step
    variance = (curves * (grid - mean[:, None]) ** 2).sum(1) * step
    channels = values_of(image)
    expect_close(area, np.ones(len(channels)), within=1e-6)
    expect_close(mean, np.array([v.mean() for v in channels]), within=1e-6)
    expect_close(variance, np.array([v.var() + bandwidth**2 for v in channels]), within=1e-5)


@law(
    "channel_densities",
    lesson=4,
    rank="range",
    image=images(channels=(3,)),
    a=st.floats(-4, 4).filter(lambda a: abs(a) > 0.1),
    b=st.floats(-5, 5),
)
def follows_an_affine_map(channel_densities, image, a, b):
    """Bytes and any affine image a x + b of them have one curve: f(a t + b) |a| is the same f."""
    assume(varies(image))
    grid = np.linspace(-20, 280, 7)
    mapped = torch.from_numpy(np.moveaxis(image, -1, 0).astype(np.float64)) * a + b
    expected = channel_densities(image, grid)
    expect_close(channel_densities(mapped, a * grid + b) * abs(a), expected, within=1e-9)


@law("channel_densities", lesson=4, rank="range", image=floats, grid=grids, order=st.randoms(use_true_random=False))
def every_point_of_the_grid_is_alone(channel_densities, image, grid, order):
    """No point depends on the grid's other points or their order; the result is float64 (C, points)."""
    expected = channel_densities(image, grid, bandwidth=0.3)
    expect_same((expected.dtype.name, expected.shape), ("float64", (image.shape[0], len(grid))))
    places = list(range(len(grid)))
    order.shuffle(places)
    expect_close(channel_densities(image, list(grid[places]), bandwidth=0.3), expected[:, places], within=1e-12)
    expect_close(channel_densities(image, grid[-1:], bandwidth=0.3), expected[:, -1:], within=1e-12)


# Oracle.


@law("channel_densities", lesson=4, rank="mathematics")
def equals_seaborn_on_all_pixels(channel_densities):
    """At the points that seaborn.kdeplot draws, with all pixels of a photo, the curves are equal within 1e-9."""
    import seaborn

    photo = library.read_image(library.data_path("photos/animals/cat.png"))[100:160, 100:190]
    for picture in (photo, library.to_tensor(photo), library.batch_norm(library.to_tensor(photo)[None])[0]):
        planes = values_of(picture)
        axes = Figure().subplots(1, 3)
        for c, ax in enumerate(axes):
            seaborn.kdeplot(x=planes[c], ax=ax, gridsize=50)
            places, heights = ax.get_lines()[0].get_data()
            heights = np.asarray(heights)
            got = channel_densities(picture, places)[c]
            expect_close(got, heights, within=1e-9 * max(1, heights.max()), cause=SCOTT)


# Edges.


@law("channel_densities", lesson=4, rank="range", value=st.floats(-2, 3), bandwidth=bandwidths)
def a_constant_channel_is_one_gaussian(channel_densities, value, bandwidth):
    """A constant channel, or one pixel, with a bandwidth is one Gaussian."""
    grid = value + bandwidth * np.array([0.0, 1.0])
    expected = np.exp([[0.0, -0.5]]) / (bandwidth * ROOT)
    for shape in [(1, 3, 4), (1, 1, 1)]:
        flat = torch.full(shape, value, dtype=torch.float64)
        expect_close(channel_densities(flat, grid, bandwidth=bandwidth), expected, within=1e-9 / bandwidth)


@law("channel_densities", lesson=4, rank="range")
def a_continuous_channel_is_exact_too(channel_densities):
    """Thousands of different values far from 0 are no histogram: each has its own Gaussian."""
    image = 1e4 + torch.rand(1, 60, 70, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    grid = 1e4 + np.array([0.0, 0.25, 0.5, 1.1])
    many = channel_densities(image, np.tile(grid, 500))
    expect_densities(many[:, :4], image, grid, cause="the values as they are, without bins")
    expect_close(many, np.tile(many[:, :4], 500), within=1e-12)


@law("channel_densities", lesson=4, rank="range")
def far_from_every_pixel_there_is_nothing(channel_densities):
    """A bandwidth of a thousandth, and a grid that is far from all pixels: 0 within 1e-9, and no NaN."""
    image = np.array([[0, 255]], np.uint8)
    got = channel_densities(image, [-1e6, 0.0, 100.0, 255.0, 1e300], bandwidth=1e-3)
    peak = 0.5 / (1e-3 * ROOT)
    expect_close(got, np.array([[0.0, peak, 0.0, peak, 0.0]]), within=1e-9 * peak)


# Types and layouts.


@law("channel_densities", lesson=4, rank="range", image=images(channels=(3,)), order=st.randoms(use_true_random=False))
def where_a_pixel_lies_does_not_matter(channel_densities, image, order):
    """A picture shuffled, turned by a quarter, or with its channels the other way round has the same curves."""
    grid, h = np.linspace(0, 255, 5), 25.0
    expected = channel_densities(image, grid, bandwidth=h)
    places = list(range(image.shape[0] * image.shape[1]))
    order.shuffle(places)
    shuffled = image.reshape(-1, 3)[places].reshape(image.shape)
    for other in (shuffled, np.rot90(image), np.asfortranarray(image)):
        expect_close(channel_densities(other, grid, bandwidth=h), expected, within=1e-12)
    cause = "one curve per channel, in the order of the channels"
    got = channel_densities(image[:, :, ::-1], grid, bandwidth=h)
    expect_close(got, expected[::-1].copy(), within=1e-12, cause=cause)


@law("channel_densities", lesson=4, rank="range", image=images(channels=(3,)))
def tensor_array_and_batch_agree(channel_densities, image):
    """An array (H, W, C), the tensor (C, H, W) and a batch of it twice have the same curves; (H, W) is one channel."""
    grid, h = np.linspace(0, 255, 5), [10.0, 20.0, 30.0]
    expected = channel_densities(image, grid, bandwidth=h)
    tensor = torch.from_numpy(np.moveaxis(image, -1, 0).copy())
    for same in (tensor, tensor[None].expand(2, -1, -1, -1), tensor.double(), image.astype(np.int32)):
        cause = "a tensor's channels are axis -3, an array's the last"
        expect_close(channel_densities(same, grid, bandwidth=h), expected, within=1e-12, cause=cause)
    for plane in (image[:, :, 1], tensor[1]):
        expect_close(channel_densities(plane, grid, bandwidth=20.0), expected[1:2], within=1e-12)


# Refusals.


@law("channel_densities", lesson=4, rank="manners")
def a_constant_channel_needs_a_bandwidth(channel_densities):
    """A constant channel, or one pixel, has no spread: without a bandwidth it is a ValueError that names it."""
    for shape in [(1, 3, 4), (1, 1, 1)]:
        expect_raises(ValueError, channel_densities, torch.full(shape, 0.25), np.zeros(1), mention=["bandwidth"])
    mixed = torch.stack([torch.arange(4.0).reshape(2, 2), torch.full((2, 2), 0.25)])
    expect_raises(ValueError, channel_densities, mixed, np.zeros(1), mention=["channel 1"])


@law("channel_densities", lesson=4, rank="manners", image=images(), grid=grids)
def channel_densities_keeps_its_arguments(channel_densities, image, grid):
    """Picture and grid are left as they were."""
    for picture, h in ((image, 9.0), (torch.from_numpy(image / 255), 0.1)):
        expect_arguments_kept(lambda x, grid, h=h: channel_densities(x, grid, bandwidth=h), picture, grid)


@law("channel_densities", lesson=4, rank="manners")
def channel_densities_refuses_bad_input(channel_densities):
    """Other types are a TypeError; other shapes, NaN or inf, and a bad grid or bandwidth are ValueErrors."""
    x, grid = torch.rand(3, 4, 4), np.linspace(0, 1, 5)
    for wrong in (None, [[0.5]], np.zeros((2, 2, 3), complex), np.array([["a"]])):
        expect_raises(TypeError, channel_densities, wrong, grid)
    for wrong in (torch.rand(4), torch.rand(3, 0, 4), np.zeros((0, 2, 3), np.uint8), np.zeros((1, 2, 2, 3), np.uint8)):
        expect_raises(ValueError, channel_densities, wrong, grid, mention=[str(tuple(wrong.shape))])
    for value in (math.nan, math.inf, -math.inf):
        broken = x.clone()
        broken[1, 2, 2] = value
        cause = "one NaN would make the whole curve NaN"
        expect_raises(ValueError, channel_densities, broken, grid, mention=["1"], cause=cause)
        expect_raises(ValueError, channel_densities, broken, grid, bandwidth=0.1)
        expect_raises(ValueError, channel_densities, x, np.array([0.0, value]), mention=["grid"])
        expect_raises(ValueError, channel_densities, x, grid, bandwidth=value, mention=["bandwidth"])
    for wrong in (np.zeros((2, 2)), 0.5):
        expect_raises(ValueError, channel_densities, x, wrong, mention=["grid"])
    for wrong in (0, -0.1, [0.1, 0.1], [0.1, 0.1, 0.0], [0.1], [0.1, 0.1, math.nan]):
        expect_raises(ValueError, channel_densities, x, grid, bandwidth=wrong, mention=["bandwidth"])


# ----------------------------------------------------- plot_channel_densities

# Drawing is slow, so that a few pictures stand for all: normal ones, one within [0, 1], one far outside.
made = torch.Generator().manual_seed(0)
PICTURES = [
    torch.randn(3, 5, 7, generator=made),
    torch.rand(3, 5, 7, generator=made),
    3 + torch.randn(3, 5, 7, generator=made),
]
LIMITS = [(-5.0, 5.0), (-0.5, 1.5), (-6.5, 2.0)]
pictures = [{"x": x} for x in PICTURES]
limited = [{"x": x, "limits": limits} for x, limits in zip(PICTURES, LIMITS, strict=True)]


def plotted(plot_channel_densities, x, **options):
    ax = Figure().subplots()
    result = plot_channel_densities(x, ax, **options)
    expect(result is ax, got=repr(result), expected="the Axes that was handed over")
    return ax


def curves(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def shaded(ax):
    """The ends of the shaded spans, from left to right, cut at the ends of the axis."""
    low, high = ax.get_xlim()
    ends = [patch.get_extents().transformed(ax.transData.inverted()) for patch in ax.patches]
    return sorted((max(low, e.x0), min(high, e.x1)) for e in ends if e.width > 0)


def words(ax):
    return "\n".join(text.get_text() for text in ax.texts)


# What is drawn.


@law("plot_channel_densities", lesson=4, rank="mathematics", cases=limited)
def draws_the_density_of_each_channel(plot_channel_densities, x, limits):
    """One line for each of R, G and B, named in the legend, on the limits given; its heights are channel_densities."""
    ax = plotted(plot_channel_densities, x, limits=limits)
    expect_close(np.array(ax.get_xlim()), np.array(limits), within=1e-12)
    expect_same([text.get_text() for text in ax.get_legend().get_texts()], ["R", "G", "B"])
    for c, name in enumerate("RGB"):
        places, heights = curves(ax)[name].get_data()
        reached = places.min() <= limits[0] + 1e-9 and places.max() >= limits[1] - 1e-9
        got, wanted = f"a line from {places.min()} to {places.max()}", f"from {limits[0]} to {limits[1]}"
        expect(reached, got=got, expected=wanted)
        peak = 1 / (scott(values_of(x)[c]) * ROOT)
        expect_close(np.asarray(heights), library.channel_densities(x, places)[c], within=1e-9 * peak)


@law("plot_channel_densities", lesson=4, rank="mathematics", cases=limited)
def shades_what_is_unseen_and_nothing_else(plot_channel_densities, x, limits):
    """For floats everything left of 0 and right of 1 is shaded, for bytes everything left of 0 and right of 255."""
    spans = shaded(plotted(plot_channel_densities, x, limits=limits))
    expected, cause = np.array([(limits[0], 0.0), (1.0, limits[1])]), "black is 0, white is 1 for floats"
    expect_close(np.array(spans), expected, within=1e-9, cause=cause)
    image = np.array([[[0, 10, 20]], [[255, 30, 40]]], np.uint8)
    spans = shaded(plotted(plot_channel_densities, image, limits=(-100, 300)))
    expected, cause = np.array([(-100.0, 0.0), (255.0, 300.0)]), "white is 255 for integers"
    expect_close(np.array(spans), expected, within=1e-9, cause=cause)
    for ends in ((0.25, 0.75), (0.0, 1.0)):
        inside = plotted(plot_channel_densities, x, limits=ends)
        got, wanted = f"shading {shaded(inside)}, words {words(inside)!r}", f"none from {ends[0]} to {ends[1]}"
        expect(not shaded(inside) and not words(inside), got=got, expected=wanted)


@law("plot_channel_densities", lesson=4, rank="mathematics", cases=pictures)
def writes_the_unseen_fraction_of_each_channel(plot_channel_densities, x):
    """The shaded sides are labelled unseen (black) and (white), with each channel's counted fraction in percent."""
    ax = plotted(plot_channel_densities, x, limits=(-5, 5))
    for side, column in (("black", 0), ("white", 1)):
        (text,) = [t.get_text() for t in ax.texts if f"unseen ({side})" in t.get_text()]
        for name, fraction in zip("RGB", library.unseen(x)[:, column], strict=True):
            written = f"{name} {fraction:.0%}" if fraction == 0 or fraction >= 0.1 else f"{name} {fraction:.1%}"
            expect_contains(text, written, cause="count pixels; the curve's tail is partly the kernel's")


@law("plot_channel_densities", lesson=4, rank="mathematics", cases=pictures)
def its_own_limits_are_symmetric_and_hide_nothing(plot_channel_densities, x):
    """Without limits the axis is symmetric around 0 and holds every value and both black and white."""
    low, high = plotted(plot_channel_densities, x).get_xlim()
    expect_close(np.float64(low), np.float64(-high), within=1e-9)
    reach = max(1.0, float(x.abs().max()))
    expect(high > reach, got=f"an axis to {high}", expected=f"more than {reach}")


# Edges.


@law("plot_channel_densities", lesson=4, rank="range")
def grey_and_constant_pictures_are_drawn(plot_channel_densities):
    """One channel is called grey. A constant channel has no density: it is a vertical line and is called constant."""
    ramp = torch.linspace(0, 1, 12).reshape(1, 3, 4)
    expect_same(list(curves(plotted(plot_channel_densities, ramp))), ["grey"])
    ax = plotted(plot_channel_densities, torch.cat([ramp, ramp * 0 + 0.25, 1 - ramp]))
    expect_same(list(curves(ax)), ["R", "G (constant)", "B"])
    expect_same([float(v) for v in curves(ax)["G (constant)"].get_xdata()], [0.25, 0.25])
    plotted(plot_channel_densities, torch.zeros(3, 2, 2))


# Refusals, and other manners.


@law("plot_channel_densities", lesson=4, rank="manners", cases=pictures)
def makes_a_figure_of_its_own(plot_channel_densities, x):
    """Without an Axes it makes a figure and returns its Axes; batches and arrays are drawn too, and x is left alone."""
    import matplotlib.pyplot as plt

    backend = matplotlib.get_backend()
    plt.switch_backend("Agg")
    try:
        ax = plot_channel_densities(x)
        expect_same(list(curves(ax)), ["R", "G", "B"])
    finally:
        plt.close("all")
        plt.switch_backend(backend)
    forms = (x, np.moveaxis(x.numpy(), 0, -1), torch.stack([x, x]))
    tensor, array, batch = (curves(plotted(plot_channel_densities, form, limits=(-5, 5))) for form in forms)
    for name in "RGB":
        expect_close(np.asarray(array[name].get_ydata()), np.asarray(tensor[name].get_ydata()), within=1e-9)
        expect(len(batch[name].get_ydata()) > 1, got="no curve", expected="a curve of the whole batch")
    kept = x.clone()
    plotted(plot_channel_densities, x)
    expect_same(x, kept)


@law("plot_channel_densities", lesson=4, rank="manners")
def plot_refuses_bad_input(plot_channel_densities):
    """Other types are a TypeError; other channel counts, NaN, and limits not finite and ascending are ValueErrors."""
    x = torch.rand(3, 4, 4)
    expect_raises(TypeError, plot_channel_densities, "x")
    for channels in (2, 4):
        expect_raises(ValueError, plot_channel_densities, torch.rand(channels, 4, 4), mention=[str(channels)])
    expect_raises(ValueError, plot_channel_densities, torch.full((3, 2, 2), math.nan), mention=["NaN"])
    for limits in ((1, 1), (2, -2), (math.nan, 1), (0, math.inf)):
        expect_raises(ValueError, plot_channel_densities, x, limits=limits, mention=["limits"])
