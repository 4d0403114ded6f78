"""Laws about the display: what a picture cannot show, what imshow draws, and what scaling costs."""

import colorsys
import logging
import math
import warnings

import matplotlib
import numpy as np
import torch
from hypothesis import assume, strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from seeing_tensors.course.laws import (
    expect,
    expect_arguments_kept,
    expect_close,
    expect_contains,
    expect_raises,
    expect_same,
    law,
)

from .strategies import EVERY_FLOAT, INTEGERS, U, any_float, any_floats, batches, colors, float_tensors, images, sides

# --------------------------------------------------------------------- unseen


def counted(values, low, high):
    """Fractions below, above and not finite, by a plain loop."""
    values = [float(v) for v in values]
    broken = [v for v in values if not math.isfinite(v)]
    finite = [v for v in values if math.isfinite(v)]
    counts = [sum(v < low for v in finite), sum(v > high for v in finite), len(broken)]
    return [count / len(values) for count in counts]


def fractions(result):
    """What `unseen` gave, in float64."""
    return np.asarray(result, np.float64)


# equation

IN_FLOAT32 = 2 * U  # a fraction up to 1 is a count, exact, divided once
ALL_KINDS = np.tile(np.array([-1, 0, 0.5, 1, 2, math.inf, -math.inf, math.nan], np.float32).reshape(2, 4, 1), 3)
ALL_KINDS[:, 0, 1] = 0.5
pictures = hnp.arrays(
    np.float32, st.tuples(sides(4), sides(4), st.just(3)), elements=any_float | st.floats(-1, 2, width=32)
)
tensors = pictures.map(lambda array: torch.tensor(array).permute(2, 0, 1).contiguous())
UNLIKE = torch.tensor([[-2, -1, 2, math.nan], [0.5, 3, 2, math.inf], [-math.inf, -1, 300, math.nan]]).reshape(3, 2, 2)


@law("unseen", lesson=2, rank="mathematics", cases=[{"x": UNLIKE}], x=tensors)
def counts_each_channel(unseen, x):
    """Per channel: the fraction below 0, the fraction above 1, and the fraction that is not finite."""
    expected = np.array([counted(plane.ravel(), 0, 1) for plane in x])
    expect_close(fractions(unseen(x)), expected, within=IN_FLOAT32, cause=lambda: wrong_fractions(x.numpy(), expected))


def wrong_fractions(x, expected):
    """What a wrong idea of unseen makes of an array (C, H, W), and how to see it."""
    n, finite, values = len(x), np.isfinite(x), x.reshape(len(x), -1)

    def fractions_of(below, above, broken):
        return np.stack([np.broadcast_to(part, x.shape).reshape(n, -1).mean(1) for part in (below, above, broken)], 1)

    below, above = (x < 0) & finite, (x > 1) & finite
    finite_values = np.maximum(finite.reshape(n, -1).sum(1, keepdims=True), 1)
    return {
        "an infinity is not finite: do not count it below or above, too": fractions_of(x < 0, x > 1, ~finite),
        "an infinity is not finite, either: ask isfinite": fractions_of(x < 0, x > 1, np.isnan(x)),
        "NaN is not above 1: no comparison with NaN is true": fractions_of(below, above | np.isnan(x), ~finite),
        "count each channel, not all together": np.broadcast_to(expected.mean(0), expected.shape),
        "reshape mixes the channels, which are the first axis": np.array(
            [counted(column, 0, 1) for column in values.reshape(-1, n).T]
        ),
        "a fraction is the count over how many values there are": expected * values.shape[1],
        "a fraction, not per cent": expected * 100,
        "the columns are below, above, not finite": expected[:, [1, 0, 2]],
        "one row a channel: (C, 3), not (3, C)": expected.T,
        "over all values of the channel, the broken ones among them": np.c_[
            expected[:, :2] * values.shape[1] / finite_values, expected[:, 2]
        ],
        "over the values of one channel, not of all": expected / n,
        "a float's white is 1, not 255": fractions_of(below, (x > 255) & finite, ~finite),
        "what is just outside is unseen: do not allow half a level": fractions_of(
            (x < -0.5 / 255) & finite, (x > 255.5 / 255) & finite, ~finite
        ),
        "a pixel may be seen in red and unseen in blue": fractions_of(below.any(0), above.any(0), (~finite).any(0)),
    }


@law("unseen", lesson=2, rank="mathematics")
def the_edges_are_seen(unseen):
    """Exactly 0 and exactly 1 can be shown; the next float on either side cannot."""
    one_up = float(np.nextafter(np.float32(1), np.float32(2)))
    row = torch.tensor([0.0, 1.0, -0.0, one_up, -1e-30])
    expected = np.tile([0.2, 0.2, 0.0], (3, 1))
    cause = "black and white themselves are seen: compare with < 0 and > 1"
    expect_close(fractions(unseen(row.expand(3, 1, 5))), expected, within=IN_FLOAT32, cause=cause)


# types and layouts


@law("unseen", lesson=2, rank="range", cases=[{"array": ALL_KINDS}], array=pictures)
def an_array_counts_along_its_last_axis(unseen, array):
    """An array (H, W, C) counts like the tensor (C, H, W) with the same values."""
    expected = np.array([counted(array[..., c].ravel(), 0, 1) for c in range(3)])
    expect_close(fractions(unseen(array)), expected, within=IN_FLOAT32, cause="channels are the last axis of an array")


@law("unseen", lesson=2, rank="range", image=images())
def bytes_are_always_seen(unseen, image):
    """No uint8 value is ever unseen: its white is 255."""
    expect_close(fractions(unseen(image)), np.zeros((3, 3)), within=0, cause="the range of uint8 is [0, 255]")


@law("unseen", lesson=2, rank="range", batch=batches.map(lambda x: x[:, :1].expand(-1, 3, -1, -1).contiguous()))
def a_batch_is_the_mean_of_its_pictures(unseen, batch):
    """For a batch (N, C, H, W) each channel counts over all pictures."""
    mean = np.mean([fractions(unseen(x)) for x in batch], axis=0)
    expect_close(fractions(unseen(batch)), mean, within=IN_FLOAT32, cause="channels are axis -3 of a tensor")


@law("unseen", lesson=2, rank="range", batch=batches)
def a_video_counts_by_channel(unseen, batch):
    """In a batch of videos (B, T, C, H, W) the channel is still axis -3."""
    mean = (fractions(unseen(batch)) + fractions(unseen(batch + 1))) / 2
    expect_close(fractions(unseen(torch.stack([batch, batch + 1]))), mean, within=1e-12)


@law("unseen", lesson=2, rank="range", array=hnp.arrays(np.int16, (2, 3, 3), elements=st.integers(-300, 600)))
def other_integers_are_held_against_0_to_255(unseen, array):
    """Integers of another type are counted against [0, 255]."""
    expected = np.array([counted(array[..., c].ravel(), 0, 255) for c in range(3)])
    expect_close(fractions(unseen(array)), expected, within=1e-12)


@law("unseen", lesson=2, rank="range", cases=[{"dtype": d} for d in INTEGERS])
def in_every_integer_type_255_is_seen(unseen, dtype):
    """0 and 255 are seen, 256 and the largest number are not, below 0 counts as below; in every integer type."""
    low = max(-1, np.iinfo(dtype).min)
    array = np.array([[0, 255, 256, np.iinfo(dtype).max, low]], dtype)
    expect_close(unseen(array), np.array([[0.2 * (low < 0), 0.4, 0.0]]), within=1e-12)
    expect_close(unseen(torch.from_numpy(array)), unseen(array), within=0)


@law("unseen", lesson=2, rank="range", bits=hnp.arrays(bool, st.tuples(sides(), sides())))
def truth_is_always_seen(unseen, bits):
    """No bool is ever unseen, in arrays and tensors."""
    expect_close(unseen(bits), np.zeros((1, 3)), within=0)
    expect_close(unseen(torch.from_numpy(bits)), np.zeros((1, 3)), within=0)


@law("unseen", lesson=2, rank="range", x=float_tensors(-1, 2), dtype=st.sampled_from(EVERY_FLOAT))
def every_float_type_and_layout_is_counted(unseen, x, dtype):
    """Every float type, one that wants a gradient, permuted and flipped views, and (H, W) are counted by value."""
    x = x.to(dtype)
    expected = np.array([counted(plane.double().flatten().tolist(), 0, 1) for plane in x])
    view = x.permute(1, 2, 0).contiguous().permute(2, 0, 1)
    for other in (x, x.double(), x.clone().requires_grad_(), view, x.flip(2)):
        expect_close(unseen(other), expected, within=1e-12)
    expect_close(unseen(x[0]), expected[:1], within=1e-12)
    tiny = torch.tensor([[[0.0, -5e-324, math.nextafter(1, 2), 1.0]]], dtype=torch.float64)
    expect_close(unseen(tiny), np.array([[0.25, 0.25, 0]]), within=0, cause="float64 keeps its last digits")


@law("unseen", lesson=2, rank="range", cases=[{"size": s} for s in (2**16 - 1, 2**16 + 1, 3 * 2**17 + 5)])
def pictures_of_many_pixels_are_counted(unseen, size):
    """In a picture of many pixels each unseen one counts, the first and the last too."""
    x = torch.full((2, size, 1), 0.5)
    x[0, [0, size // 2, -1], 0] = torch.tensor([-1.0, 2.0, math.nan])
    x[1, [0, -1], 0] = torch.tensor([-math.inf, math.inf])
    expected = np.array([[1, 1, 1], [0, 0, 2]]) / size
    for view in (x, x.transpose(1, 2), x.permute(1, 2, 0).contiguous().permute(2, 0, 1)):
        expect_close(unseen(view), expected, within=1e-15)


@law("unseen", lesson=2, rank="manners", x=float_tensors(-1, 2))
def unseen_keeps_its_argument(unseen, x):
    """The tensor is left as it was."""
    expect_arguments_kept(unseen, x)


# refusals


@law("unseen", lesson=2, rank="manners")
def unseen_refuses_what_is_no_picture(unseen):
    """A tensor without rows and columns, an empty one and complex numbers are refused."""
    expect_raises(ValueError, unseen, torch.zeros(3), mention=["(3,)"])
    expect_raises(ValueError, unseen, torch.zeros(3, 0, 2), mention=["(3, 0, 2)"])
    expect_raises(ValueError, unseen, np.zeros((1, 2, 2, 3)), mention=["(1, 2, 2, 3)"])
    expect_raises(TypeError, unseen, torch.zeros(3, 2, 2, dtype=torch.complex64), mention=["complex64"])
    expect_raises(TypeError, unseen, [[0.5]], mention=["list"])


# ------------------------------------------------------------------- describe


# equation


@law("describe", lesson=2, rank="mathematics")
def names_the_axes(describe):
    """An array is H, W, C and a tensor N, C, H, W, so that a wrong layout shows."""
    expect_contains(describe(np.zeros((4, 5, 3), np.uint8)), "(H 4, W 5, C 3)")
    expect_contains(describe(np.zeros((4, 5), np.uint8)), "(H 4, W 5)")
    expect_contains(describe(torch.zeros(3, 4, 5)), "(C 3, H 4, W 5)")
    expect_contains(describe(torch.zeros(2, 3, 4, 5)), "(N 2, C 3, H 4, W 5)")
    expect_contains(describe(torch.zeros(4, 5)), "(H 4, W 5)")


@law("describe", lesson=2, rank="mathematics")
def tells_range_mean_and_std(describe):
    """Minimum, maximum, mean, and the std of the population: divided by n, not by n - 1."""
    expect_contains(describe(torch.tensor([[0.0, 0.0, 0.25, 1.0]])), "0 … 1, mean 0.3125, std 0.4098")
    expect_contains(describe(np.array([[0, 0, 0, 8]], np.uint8)), "0 … 8, mean 2, std 3.464")
    expect_contains(describe(np.full((20, 20), 200, np.uint8)), "200 … 200, mean 200, std 0")


@law("describe", lesson=2, rank="mathematics")
def tells_the_unseen_of_all_channels(describe):
    """The unseen fraction is over all channels, and a small one is not rounded to none."""
    few = torch.zeros(1, 100, 200)
    few[0, 0, 0] = 2
    bright_blue = torch.stack([torch.zeros(2, 2), torch.zeros(2, 2), torch.full((2, 2), 2.0)])
    expect_contains(describe(torch.tensor([[[-1.0, 0.5]]])), "unseen: 50% below, 0% above")
    expect_contains(describe(bright_blue), "unseen: 0% below, 33% above")
    expect_contains(describe(few), "unseen: 0% below, <0.1% above")
    expect_contains(describe(few[:, :10, :10]), "unseen: 0% below, 1.0% above")
    expect_contains(describe(torch.zeros(1, 2, 2)), "all displayable")


# edges


@law("describe", lesson=2, rank="range", array=any_floats)
def tells_type_range_and_what_is_broken(describe, array):
    """The line names the type, the finite minimum and maximum, and the number of NaN and inf, for any shape."""
    line = describe(torch.from_numpy(array))
    finite = array[np.isfinite(array)].astype(np.float64)
    words = ["float32"]
    if finite.size:
        words += [f"{finite.min():.4g} … {finite.max():.4g}"]
    if finite.size < array.size:
        words += [f"{np.isnan(array).sum()} NaN, {np.isinf(array).sum()} inf"]
    expect_contains(line, *words)


@law("describe", lesson=2, rank="range")
def what_is_no_picture_is_described_too(describe):
    """Any number of axes is described, also none; what is not finite is not displayable; labels are not too bright."""
    expect_contains(describe(torch.tensor([[0.5, math.nan]])), "the finite ones displayable | 1 NaN, 0 inf")
    expect_contains(describe(torch.full((3, 2, 2), 300)), "unseen: 0% below, 100% above")
    expect_contains(describe(torch.zeros(2, 2, 3, 4, 5)), "(2, 2, 3, 4, 5)")
    expect_contains(describe(np.zeros((2, 4, 5, 3))), "(2, 4, 5, 3)")
    expect_contains(describe(torch.tensor(1.5)), "()")
    expect_contains(describe(torch.zeros(0, 3)), "no finite value")
    line = describe(np.array([[0, 1000]]))
    expect("unseen" not in line, got=repr(line), expected="no word about light for labels")


# types and layouts


@law("describe", lesson=2, rank="range")
def tells_the_memory_layout(describe):
    """A permuted view is called channels-last, in a batch too; other views are strided."""
    view = torch.zeros(4, 5, 3).permute(2, 0, 1)
    expect_contains(describe(view), "channels-last view")
    expect_contains(describe(view.contiguous()), "contiguous")
    batch = torch.rand(2, 3, 4, 5).contiguous(memory_format=torch.channels_last)
    expect_contains(describe(batch), "channels-last view")
    expect_contains(describe(np.zeros((4, 6))[:, ::2]), "strided view")
    expect_contains(describe(np.zeros((4, 6)).T), "strided view")


@law("describe", lesson=2, rank="range")
def measures_in_float64(describe):
    """Mean and std are those of the finite values, computed in float64 whatever the type and the number of values."""
    expect_contains(describe(np.array([[0, 0, 0, 8]])), "0 … 8, mean 2, std 3.464")
    expect_contains(describe(torch.tensor([[0.0, 1.0, math.nan, math.inf]])), "0 … 1, mean 0.5, std 0.5")
    expect_contains(describe(np.full((300, 300), 60000, np.float16)), "6e+04 … 6e+04, mean 6e+04, std 0")
    expect_contains(describe(torch.full((300, 300), 0.25).half()), "mean 0.25, std 0")
    expect_contains(describe(torch.tensor([[True, False]])), "0 … 1, mean 0.5, std 0.5")
    far = torch.full((400, 400), 2.0**23)
    far[::2] += 1
    expect_contains(describe(far), "std 0.5")  # in float32, or from a mean of squares, another number


@law("describe", lesson=2, rank="range", cases=[{"dtype": d} for d in EVERY_FLOAT])
def names_the_type_it_was_given(describe, dtype):
    """The line begins with the type of the tensor, bfloat16 too."""
    name = str(dtype).removeprefix("torch.")
    line = describe(torch.zeros(3, 2, 2, dtype=dtype, requires_grad=True))
    expect(line.startswith(name + " "), got=repr(line), expected=f"a line that begins with {name}")


@law("describe", lesson=2, rank="manners", array=any_floats)
def describe_keeps_its_argument(describe, array):
    """Looking changes nothing."""
    expect_arguments_kept(describe, array)


# -------------------------------------------------------------- imshow_pixels

# imshow has two pipelines. Laws of the part "2-D" are about one, those of "RGB" about the other; a law without a part
# holds for both.


def drawn(array, **options):
    """What matplotlib's Agg canvas really holds, one canvas pixel per array pixel."""
    names = {
        key: id(value) if isinstance(value, matplotlib.colors.Colormap) else value for key, value in options.items()
    }
    key = (array.dtype.str, array.shape, array.tobytes(), *sorted(names.items()))
    if key not in _DRAWN:  # to draw takes longer than all the rest, and many implementations are held to the same
        if len(_DRAWN) > 5000:
            _DRAWN.clear()
        _DRAWN[key] = _really_drawn(array, **options)
    return _DRAWN[key].copy()


_DRAWN = {}


def _really_drawn(array, **options):
    height, width = array.shape[:2]
    fig = Figure(figsize=(width / 100, height / 100), dpi=100, facecolor="white")
    canvas = FigureCanvasAgg(fig)
    ax = fig.add_axes((0, 0, 1, 1))
    ax.axis("off")
    logger = logging.getLogger("matplotlib.image")
    level = logger.level
    logger.setLevel(logging.ERROR)  # the clipping message is a behaviour, tested elsewhere
    try:
        with np.errstate(over="ignore"):  # matplotlib divides by ranges that a float type cannot hold
            ax.imshow(array, aspect="auto", **options)
            canvas.draw()
    finally:
        logger.setLevel(level)
    pixels = np.asarray(canvas.buffer_rgba()).copy()
    assert pixels.shape[:2] == (height, width)
    return pixels


# equation, 2-D

# Floats in steps of 1/64 and whole limits: N t has no rounding in float32, or stays clear of a whole number by more
# than its rounding, so that every right formula finds the same entry. All floats are a law of another rank.
IN_STEPS = st.integers(-128, 192).map(lambda k: k / 64)
ordinary_planes = hnp.arrays(np.float32, st.tuples(sides(3), sides(4)), elements=IN_STEPS) | hnp.arrays(
    np.uint8, st.tuples(sides(3), sides(4))
)
NAMED_MAPS = st.sampled_from(["gray", "viridis", "RdBu", "tab10", None])
EVERY_LEVEL = np.arange(256, dtype=np.uint8).reshape(16, 16)


@law(
    "imshow_pixels",
    lesson=2,
    rank="mathematics",
    part="2-D",
    cases=[{"array": EVERY_LEVEL, "cmap": "gray"}],
    array=ordinary_planes,
    cmap=NAMED_MAPS,
)
def predicts_a_2d_array(imshow_pixels, array, cmap):
    """A 2-D array is stretched from its own minimum to its own maximum over the colour map, byte for byte as drawn."""
    expect_same(imshow_pixels(array, cmap=cmap), drawn(array, cmap=cmap), lambda: wrong_drawings(array, cmap))


def wrong_drawings(array, cmap, vmin=None, vmax=None):
    """What a wrong idea of the 2-D pipeline draws, and how to see it."""
    x, colors = array.astype(np.float64), matplotlib.colormaps.get_cmap(cmap)
    n, low, high = colors.N, x.min() if vmin is None else vmin, x.max() if vmax is None else vmax

    def stretched(low, high):
        return np.where(high > low, (x - low) / np.where(high > low, high - low, 1), 0)

    def entry(t):
        return np.where(t == 1, n - 1, np.floor(n * t)).clip(0, n - 1).astype(int)

    def color(entries, colors=colors):
        return np.floor(255 * colors(entries))

    t = stretched(low, high)
    largest = 255 if array.dtype == np.uint8 else 1
    return {
        "of N entries take floor(N t), not floor((N - 1) t)": color(np.floor((n - 1) * t).clip(0, n - 1).astype(int)),
        "a map has N entries, not always 256": color(np.floor(256 * t).clip(0, n - 1).astype(int)),
        "in floor(N t) each entry has as much room as another: do not round": color(
            np.rint(n * t).clip(0, n - 1).astype(int)
        ),
        "a colour's fraction is dropped: floor(255 c), not rounded": np.rint(255 * colors(entry(t))),
        "without a map matplotlib takes its own, not grey": color(
            entry(t), matplotlib.colormaps["gray"] if cmap is None else colors
        ),
        "bytes are stretched like floats": color(entry(stretched(0, 255) if array.dtype == np.uint8 else t)),
        "without limits it is stretched from its own minimum on, not over its type": color(
            entry(stretched(0 if vmin is None else vmin, largest if vmax is None else vmax))
        ),
        "one minimum and one maximum of the whole array, not one a row": color(
            entry(stretched(x.min(1, keepdims=True), x.max(1, keepdims=True)))
        ),
        "minimum and maximum, not percentiles": color(entry(stretched(*np.percentile(x, [2, 98])))),
        "the colours are red, green, blue": color(entry(t))[..., [2, 1, 0, 3]],
        "a limit of 0 is a limit: ask `is None`": color(entry(stretched(vmin or x.min(), vmax or x.max()))),
        "one limit alone counts, too": color(entry(stretched(x.min(), x.max()) if vmin is None or vmax is None else t)),
        "what is outside takes the first and last colour: do not wrap": color(
            np.where(t == 1, n - 1, np.floor(n * t)).astype(int) % n
        ),
        "bytes wrap when the minimum is subtracted: subtract floats": color(
            entry((x - low) % 256 / (high - low) if array.dtype == np.uint8 and high > low else t)
        ),
    }


@law(
    "imshow_pixels",
    lesson=2,
    rank="mathematics",
    part="2-D",
    cases=[{"array": EVERY_LEVEL, "limits": each, "cmap": "gray"} for each in [(64, 192), (64, None), (None, 192)]],
    array=hnp.arrays(np.float32, st.tuples(sides(3), sides(4)), elements=IN_STEPS),
    limits=st.tuples(st.integers(-3, 0), st.integers(1, 4)),
    cmap=NAMED_MAPS,
)
def predicts_given_limits(imshow_pixels, array, limits, cmap):
    """Given vmin, vmax or both, these are stretched; values outside take the map's first and last colour."""
    options = {"vmin": limits[0], "vmax": limits[1], "cmap": cmap}
    expect_same(imshow_pixels(array, **options), drawn(array, **options), lambda: wrong_drawings(array, cmap, *limits))


@law(
    "imshow_pixels",
    lesson=2,
    rank="mathematics",
    part="2-D",
    cases=[{"array": np.full((2, 3), *each)} for each in [(0, "u1"), (255, "u1"), (0, "f4"), (1, "f4"), (-3, "f4")]],
)
def a_constant_is_drawn_in_the_first_color(imshow_pixels, array):
    """A constant 2-D array is black in gray, be it all 0, all 1 or all 255."""
    got = imshow_pixels(array, cmap="gray")
    expect_same(got, drawn(array, cmap="gray"), "its range is 0: do not divide by it, take the first entry")
    expect_same(got[..., :3], np.zeros((2, 3, 3), np.uint8))


@law("imshow_pixels", lesson=2, rank="mathematics", part="2-D", array=ordinary_planes.filter(lambda a: a.dtype == "f4"))
def the_scale_of_a_2d_array_is_lost(imshow_pixels, array):
    """Four times the values draw the same picture."""
    expect_same(imshow_pixels(array * 4, cmap="gray"), imshow_pixels(array, cmap="gray"))


# equation, RGB

ordinary_colors = hnp.arrays(np.float32, st.tuples(sides(3), sides(3), st.just(3)), elements=IN_STEPS) | images(most=3)


@law("imshow_pixels", lesson=2, rank="mathematics", part="RGB", array=ordinary_colors)
def predicts_a_color_array(imshow_pixels, array):
    """A colour array is clipped, not stretched: a float becomes level floor(255 x), byte for byte as drawn."""
    expect_same(imshow_pixels(array), drawn(array), "clip to [0, 1] (floats) or [0, 255] (integers); then truncate")


@law("imshow_pixels", lesson=2, rank="mathematics", part="RGB", array=ordinary_colors)
def limits_do_nothing_in_color(imshow_pixels, array):
    """Of a colour array imshow takes no notice of vmin, vmax and cmap."""
    options = {"vmin": 0.25, "vmax": 0.5, "cmap": "viridis"}
    expect_same(imshow_pixels(array, **options), imshow_pixels(array), "a colour array is never stretched")
    expect_same(imshow_pixels(array, **options), drawn(array, **options))


# edges and types, 2-D

REAL_TYPES = [
    *(bool, np.uint8, np.int8, np.uint16, np.int16, np.int32, np.int64, np.uint64, np.float16, np.float32, np.float64)
]


def planes(dtype):
    kind = np.dtype(dtype)
    values = None
    if kind.kind == "f":
        bits = kind.itemsize * 8
        values = st.floats(-2, 3, width=bits) | st.floats(-1000, 1000, width=bits)
    return hnp.arrays(kind, st.tuples(sides(3), sides(3)), elements=values)


EXTREMES = matplotlib.colormaps["viridis"].with_extremes(under="red", over="white")
MAPS = NAMED_MAPS | st.just(EXTREMES)
every_plane = st.sampled_from(REAL_TYPES).flatmap(planes)


@law("imshow_pixels", lesson=2, rank="range", part="2-D", array=every_plane, cmap=MAPS)
def predicts_every_type(imshow_pixels, array, cmap):
    """A 2-D array of any type and any values is drawn as predicted, byte for byte."""
    expect_same(imshow_pixels(array, cmap=cmap), drawn(array, cmap=cmap), "compute in the array's own float type")


LIMITS = st.tuples(st.integers(-300, 300), st.integers(-300, 300)).map(sorted) | st.tuples(
    st.floats(-2, 0, width=32), st.floats(0, 2, width=32)
)
GIVEN = st.sampled_from(["both", "vmin", "vmax"])


@law(
    "imshow_pixels",
    lesson=2,
    rank="range",
    part="2-D",
    cases=[{"array": EVERY_LEVEL, "limits": (85.7, 142.9), "given": "both", "cmap": "gray"}],
    array=every_plane,
    limits=LIMITS,
    given=GIVEN,
    cmap=MAPS,
)
def predicts_limits_of_every_type(imshow_pixels, array, limits, given, cmap):
    """In any type, one limit or two, equal ones too: values outside take the map's colours for under and over."""
    options = {"vmin": limits[0], "vmax": limits[1]}
    if given != "both":
        options = {given: options[given]}
    low, high = options.get("vmin", float(array.min())), options.get("vmax", float(array.max()))
    assume(low <= high)
    cause = "the colours under and over are the map's first and last unless set: colors(-1), colors(N)"
    expect_same(imshow_pixels(array, cmap=cmap, **options), drawn(array, cmap=cmap, **options), cause)


FLOATS_IN_BOTH_ORDERS = [{"dtype": d} for d in ("<f2", "<f4", "<f8", ">f2", ">f4", ">f8")]
INTEGERS_IN_BOTH_ORDERS = [{"dtype": d} for d in (*INTEGERS, np.int8, np.uint8, ">i2", ">u4")]


@law("imshow_pixels", lesson=2, rank="range", part="2-D", cases=FLOATS_IN_BOTH_ORDERS)
def predicts_every_level_in_every_float_type(imshow_pixels, dtype):
    """All levels k / 255 and a thousand other values are drawn as predicted, in each float type and byte order."""
    levels = (np.arange(255) / 255).astype(dtype).reshape(15, 17)
    noise = (np.random.default_rng(0).normal(size=(32, 32)) * 10).astype(dtype)
    for options in ({}, {"vmin": 0, "vmax": 1}, {"vmin": -7.3, "vmax": 11.1}):
        for array in (levels, noise):
            expected = drawn(array, cmap="gray", **options)
            cause = "compute in the array's own float type, with a cast back to it after each step"
            expect_same(imshow_pixels(array, cmap="gray", **options), expected, cause)


@law("imshow_pixels", lesson=2, rank="range", part="2-D", cases=INTEGERS_IN_BOTH_ORDERS)
def predicts_the_ends_of_every_integer_type(imshow_pixels, dtype):
    """The smallest and the largest integer of each type are drawn as predicted."""
    row = ends_of(dtype)
    expect_same(imshow_pixels(row, cmap="viridis"), drawn(row, cmap="viridis"))


def ends_of(dtype):
    info = np.iinfo(dtype)
    return np.array([[info.min, 0, 1, 100, info.max // 2, info.max]], dtype)


@law("imshow_pixels", lesson=2, rank="range", part="2-D", value=st.sampled_from([0, 255, -7, 0.5, True]))
def a_constant_of_any_type_is_drawn_in_the_first_color(imshow_pixels, value):
    """A constant is drawn in the first colour in other types too, and where both limits are its value."""
    array = np.full((2, 3), value)
    expect_same(imshow_pixels(array, cmap="gray"), drawn(array, cmap="gray"))
    options = {"cmap": "gray", "vmin": value, "vmax": value}
    expect_same(imshow_pixels(array, **options), drawn(array, **options))


@law("imshow_pixels", lesson=2, rank="range", part="2-D", array=planes(np.float32))
def views_are_drawn_like_copies(imshow_pixels, array):
    """A flipped, transposed or read-only 2-D view is drawn as its copy."""
    for view in (array[::-1], array.T):
        view.flags.writeable = False
        expect_same(imshow_pixels(view), imshow_pixels(view.copy()))


@law("imshow_pixels", lesson=2, rank="manners", part="2-D", array=planes(np.float32))
def imshow_pixels_keeps_a_2d_array(imshow_pixels, array):
    """The array is left as it was."""
    expect_arguments_kept(imshow_pixels, array)


# edges and types, RGB


@law("imshow_pixels", lesson=2, rank="range", part="RGB", array=st.sampled_from(REAL_TYPES).flatmap(colors))
def predicts_every_type_in_color(imshow_pixels, array):
    """A colour array of any type is drawn as predicted: integers are clipped to [0, 255], floats to [0, 1]."""
    expect_same(imshow_pixels(array), drawn(array), "clip to [0, 1] (floats) or [0, 255] (integers); then truncate")


BROKEN_COLORS = st.sampled_from([np.float32, np.float64]).flatmap(lambda d: colors(d, finite=False))


@law("imshow_pixels", lesson=2, rank="range", part="RGB", array=BROKEN_COLORS)
def predicts_nan_in_color(imshow_pixels, array):
    """A pixel with NaN in any channel is transparent: the white canvas shows."""
    expect_same(imshow_pixels(array), drawn(array))


@law(
    "imshow_pixels",
    lesson=2,
    rank="range",
    part="RGB",
    other=st.sampled_from([-0.5, 2.0]),
    sign=st.sampled_from([-1, 1]),
)
def predicts_infinity_beside_a_clipped_value(imshow_pixels, other, sign):
    """An infinity is clipped like any other value, provided that some finite value is out of range."""
    array = np.array([[[sign * math.inf, 0.5, 0.5], [other, 0.2, 0.2]]])
    expect_same(imshow_pixels(array), drawn(array))


@law("imshow_pixels", lesson=2, rank="range", part="RGB", cases=FLOATS_IN_BOTH_ORDERS)
def predicts_every_level_in_color(imshow_pixels, dtype):
    """With three channels, all levels k / 255 are drawn as predicted, in each float type and byte order."""
    levels = (np.arange(255) / 255).astype(dtype).reshape(5, 17, 3)
    expect_same(imshow_pixels(levels), drawn(levels), "three channels are computed in float64")


@law("imshow_pixels", lesson=2, rank="range", part="RGB", cases=INTEGERS_IN_BOTH_ORDERS)
def predicts_the_ends_in_color(imshow_pixels, dtype):
    """With three channels, the smallest and the largest integer of each type are drawn as predicted."""
    picture = np.dstack([ends_of(dtype)] * 3)
    expect_same(imshow_pixels(picture), drawn(picture), "clip to [0, 255], never wrap")


@law("imshow_pixels", lesson=2, rank="range", part="RGB", array=planes(np.float32))
def one_channel_may_have_an_axis_of_its_own(imshow_pixels, array):
    """(H, W, 1) is no colour: it is drawn as (H, W)."""
    expect_same(imshow_pixels(array[:, :, None], cmap="viridis"), imshow_pixels(array, cmap="viridis"))


@law("imshow_pixels", lesson=2, rank="manners", part="RGB", picture=colors(np.float32))
def imshow_pixels_keeps_a_color_array(imshow_pixels, picture):
    """The array is left as it was."""
    expect_arguments_kept(imshow_pixels, picture)


# refusals


@law("imshow_pixels", lesson=2, rank="manners")
def refuses_what_is_no_array(imshow_pixels):
    """A list, complex numbers and a masked array are TypeErrors; no pixels, or one axis, are a ValueError."""
    expect_raises(TypeError, imshow_pixels, [[0, 1]], mention=["list"])
    expect_raises(TypeError, imshow_pixels, np.zeros((2, 2), complex), mention=["complex"])
    expect_raises(TypeError, imshow_pixels, np.ma.masked_array([[0.0, 1.0]], mask=[[0, 1]]), mention=["mask"])
    expect_raises(ValueError, imshow_pixels, np.zeros((0, 2)), mention=["(0, 2)"])
    expect_raises(ValueError, imshow_pixels, np.zeros(3), mention=["(3,)"])


@law("imshow_pixels", lesson=2, rank="manners", part="2-D")
def refuses_what_is_not_determined(imshow_pixels):
    """NaN or inf under a colour map, a transparent map, and limits that are no range are ValueErrors that say why."""
    row = np.array([[0.0, 1.0]])
    expect_raises(ValueError, imshow_pixels, np.array([[0.0, math.nan]]), mention=["NaN"])
    for end in (-math.inf, math.inf):
        expect_raises(ValueError, imshow_pixels, np.array([[0.0, end]]), mention=["inf"])
        expect_raises(ValueError, imshow_pixels, np.array([[0.0, end]]), vmin=0, vmax=1, mention=["inf"])
    half = matplotlib.colors.ListedColormap([(1, 0, 0, 0.5), (0, 1, 0, 1)])
    expect_raises(ValueError, imshow_pixels, row, cmap=half, mention=["transparent"])
    for one in (-math.inf, math.inf, math.nan):
        expect_raises(ValueError, imshow_pixels, row, vmin=one, mention=["finite"])
        expect_raises(ValueError, imshow_pixels, row, vmax=one, mention=["finite"])
        expect_raises(ValueError, imshow_pixels, row, vmin=one, vmax=one, mention=["finite"])
    expect_raises(ValueError, imshow_pixels, row, vmin=1, vmax=0)
    expect_raises(ValueError, imshow_pixels, np.array([[-1.7e308, 0, 1.7e308]]), mention=["overflow"])


@law("imshow_pixels", lesson=2, rank="manners", part="RGB")
def refuses_colors_that_are_not_determined(imshow_pixels):
    """RGBA, two channels, and an infinity that is not clipped, are ValueErrors that say why."""
    expect_raises(ValueError, imshow_pixels, np.zeros((2, 2, 4)), mention=["RGBA"])
    expect_raises(ValueError, imshow_pixels, np.zeros((2, 2, 2)), mention=["(2, 2, 2)"])
    for inside in (0.5, 0.0, 1.0):  # 0 and 1 themselves are not out of range
        expect_raises(ValueError, imshow_pixels, np.array([[[math.inf, inside, inside]]]), mention=["inf"])


# -------------------------------------------------------------- min_max_scale

# equation


@law("min_max_scale", lesson=2, rank="mathematics", x=float_tensors(-1000, 1000))
def spans_zero_to_one(min_max_scale, x):
    """The minimum becomes exactly 0, the maximum exactly 1, and the order is kept."""
    assume(x.min() < x.max())
    y = min_max_scale(x)
    expect_same((y.min(), y.max()), (torch.tensor(0.0), torch.tensor(1.0)))
    order = x.flatten().argsort()
    expect(bool((y.flatten()[order].diff() >= 0).all()), got="a changed order", expected="the order of x")
    # three roundings of a result up to 1: of x - min, of max - min, of the quotient
    low, high = x.double().min(), x.double().max()
    expect_close(y, ((x.double() - low) / (high - low)).float(), within=4 * U)


@law("min_max_scale", lesson=2, rank="mathematics", batch=batches)
def one_scale_for_the_whole_tensor(min_max_scale, batch):
    """A batch is stretched as one: the smallest value of all pictures becomes 0, the largest 1."""
    batch = torch.cat([batch, batch[:1] / 2 + 3])
    expect_same(min_max_scale(batch).flatten(), min_max_scale(batch.flatten()), "min and max over everything")


# types and layouts


@law("min_max_scale", lesson=2, rank="range", cases=[{"dtype": d} for d in EVERY_FLOAT])
def keeps_the_type_and_any_width(min_max_scale, dtype):
    """The result has the type of x, and a range of a few smallest numbers is stretched like any other."""
    tiny = torch.finfo(dtype).smallest_normal
    x = torch.tensor([0, 1, 4], dtype=dtype) * tiny
    expect_same(min_max_scale(x), torch.tensor([0, 0.25, 1], dtype=dtype), "add no epsilon to the range")
    expect_same(min_max_scale(x.reshape(3, 1)[::2]), torch.tensor([[0], [1]], dtype=dtype))


@law("min_max_scale", lesson=2, rank="manners", x=float_tensors(-1, 1))
def min_max_scale_keeps_its_argument(min_max_scale, x):
    """The tensor is left as it was."""
    assume(x.min() < x.max())
    expect_arguments_kept(min_max_scale, x)


# refusals


@law("min_max_scale", lesson=2, rank="manners")
def min_max_scale_refuses_what_has_no_range(min_max_scale):
    """A constant, NaN, inf, nothing at all, and integers are refused."""
    for values in ([2.0, 2.0], [0.0, math.nan], [0.0, math.inf], [], [-3e38, 3e38]):
        expect_raises(ValueError, min_max_scale, torch.tensor(values, dtype=torch.float32))
    expect_raises(TypeError, min_max_scale, torch.arange(3), mention=["int64"])


BROKEN = st.sampled_from([math.nan, math.inf, -math.inf])


@law("min_max_scale", lesson=2, rank="manners", place=st.integers(0, 4), broken=BROKEN)
def one_broken_value_anywhere_is_refused(min_max_scale, place, broken):
    """A single NaN or infinity at any place is a ValueError."""
    x = torch.arange(5.0)
    x[place] = broken
    expect_raises(ValueError, min_max_scale, x)


# ----------------------------------------------------------------- saturation


def of_colorsys(x):
    """The mean of S in HSV, as Python's colorsys has it, of a tensor (3, H, W)."""
    pixels = x.double().flatten(1).T.tolist()
    return math.fsum(colorsys.rgb_to_hsv(*pixel)[1] for pixel in pixels) / len(pixels)


# equation


@law("saturation", lesson=2, rank="mathematics", x=float_tensors(0, 1, channels=(3,)))
def is_the_mean_of_hsv(saturation, x):
    """The mean over pixels of S in HSV, (max - min) / max, a black pixel counting as 0."""
    # in float32: two roundings for each pixel, and as many for the sum as there are pixels, at most 16
    expect_close(np.float64(saturation(x)), np.float64(of_colorsys(x)), within=20 * U, cause="(max - min) / max")


@law("saturation", lesson=2, rank="mathematics", x=float_tensors(0, 1, channels=(1,)))
def grey_has_none(saturation, x):
    """A grey picture has saturation 0, a picture of pure red 1, dark or light."""
    expect_close(np.float64(saturation(x.expand(3, -1, -1))), np.float64(0), within=0)
    red = torch.cat([x.clamp(min=0.01), torch.zeros_like(x), torch.zeros_like(x)])
    expect_close(np.float64(saturation(red)), np.float64(1), within=0)


# edges, types


@law("saturation", lesson=2, rank="range", x=float_tensors(0, 1, channels=(3,)))
def is_computed_in_float64(saturation, x):
    """The value is that of exact arithmetic within 1e-12; a uint8 picture has that of its floats."""
    expect_close(np.float64(saturation(x)), np.float64(of_colorsys(x)), within=1e-12)
    levels = (x * torch.tensor([255, 128, 9]).reshape(3, 1, 1)).to(torch.uint8)
    expect_close(np.float64(saturation(levels)), np.float64(of_colorsys(levels / 255.0)), within=1e-6)


@law("saturation", lesson=2, rank="range")
def the_edges_can_be_displayed(saturation):
    """0 and 1 are values of a picture; the next numbers outside are not, and the smallest positive one is a colour."""
    pixel = torch.tensor([1.0, 0.0, -0.0], dtype=torch.float64).reshape(3, 1, 1)
    expect_same(saturation(pixel), 1.0)
    expect_same(saturation(pixel * 5e-324), 1.0)
    expect_raises(ValueError, saturation, pixel * (1 + 2**-52), mention=["[0, 1]"])
    expect_raises(ValueError, saturation, pixel - 5e-324, mention=["[0, 1]"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expect_same(saturation(pixel.clone().requires_grad_()), 1.0)


# refusals


@law("saturation", lesson=2, rank="manners")
def saturation_refuses_what_cannot_be_displayed(saturation):
    """Values outside [0, 1], NaN, grey and empty tensors and other types are refused."""
    expect_raises(ValueError, saturation, torch.full((3, 2, 2), 1.5), mention=["[0, 1]"])
    expect_raises(ValueError, saturation, torch.full((3, 2, 2), math.nan))
    for shape in [(1, 2, 2), (3, 0, 2), (3, 4), (3,)]:
        expect_raises(ValueError, saturation, torch.zeros(shape), mention=[str(shape)])
    expect_raises(TypeError, saturation, torch.zeros(3, 2, 2, dtype=torch.int64), mention=["int64"])


# ----------------------------------------------------------------- split_view

# equation

WIDE = torch.zeros(1, 2, 300)


@law(
    "split_view",
    lesson=2,
    rank="mathematics",
    cases=[{"left": WIDE, "shift": 1.0}],
    left=float_tensors(0, 1),
    shift=st.floats(1, 2, width=32),
)
def splits_at_the_middle_column(split_view, left, shift):
    """Columns before W // 2 come from the left picture, the others from the right one, whatever the height."""
    right = left + shift
    columns = [(left if j < left.shape[-1] // 2 else right)[..., j] for j in range(left.shape[-1])]
    expected = torch.stack(columns, dim=-1)
    cause = "the split is a column: take it from the width, not from the height"
    expect_same(split_view(left, right), expected, cause)
    last = [np.ascontiguousarray(t.permute(1, 2, 0).numpy()) for t in (left, right, expected)]
    expect_same(split_view(last[0], last[1]), last[2], "the width of an array is axis 1")


@law("split_view", lesson=2, rank="mathematics", batch=batches)
def splits_each_picture_of_a_batch(split_view, batch):
    """In a batch and in (H, W), tensor or array, the split is at the middle column too."""
    result = split_view(batch, batch + 5)
    for one, x in zip(result, batch, strict=True):
        expect_same(one, split_view(x, x + 5))
    plane = batch[0, 0]
    expected = torch.cat([plane[:, : plane.shape[1] // 2], plane[:, plane.shape[1] // 2 :] + 5], dim=1)
    expect_same(split_view(plane, plane + 5), expected)
    expect_same(split_view(plane.numpy(), plane.numpy() + 5), expected.numpy())


# types and layouts


@law("split_view", lesson=2, rank="range", x=float_tensors(0, 1))
def views_are_split_like_copies(split_view, x):
    """Flipped, permuted and repeated views, and a parameter beside a tensor, give what plain copies give."""
    for view in (x.flip(2), x.transpose(1, 2), x[:1].expand(3, -1, -1), x[..., :1].expand(-1, -1, 4)):
        expect_same(split_view(view, view + 1), split_view(view.contiguous(), view.contiguous() + 1))
    expect_same(split_view(torch.nn.Parameter(x), x + 1).detach(), split_view(x, x + 1))


@law("split_view", lesson=2, rank="manners", x=float_tensors(0, 1))
def split_view_keeps_its_arguments(split_view, x):
    """A picture beside itself is itself, in new memory."""
    expect_same(split_view(x, x), x)
    expect_arguments_kept(split_view, x, x.clone())


# refusals


@law("split_view", lesson=2, rank="manners")
def split_view_refuses_unequal_pictures(split_view):
    """Two shapes, two types, a tensor and an array, what is neither, a batch of arrays and a row are refused."""
    x = torch.zeros(3, 2, 4)
    expect_raises(ValueError, split_view, x, torch.zeros(3, 2, 5), mention=["(3, 2, 4)", "(3, 2, 5)"])
    expect_raises(TypeError, split_view, x, x.double())
    expect_raises(TypeError, split_view, x, x.numpy())
    for left, right in [(x.tolist(), x.tolist()), (None, None), (x, None), ("a", x)]:
        expect_raises(TypeError, split_view, left, right)
    # the width of a batch of arrays is not axis 1
    expect_raises(ValueError, split_view, np.zeros((2, 4, 6, 3)), np.ones((2, 4, 6, 3)), mention=["(2, 4, 6, 3)"])
    expect_raises(ValueError, split_view, torch.zeros(3), torch.zeros(3), mention=["(3,)"])
