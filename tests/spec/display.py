"""Laws of lesson 1: from arrays to tensors."""

import colorsys
import logging
import math
import warnings

import matplotlib
import numpy as np
import torch
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from seeing_tensors.course.laws import expect, expect_arguments_kept, expect_close, expect_raises, expect_same, law

from .strategies import EVERY_FLOAT, INTEGERS, U, any_float, any_floats, batches, colours, float_tensors, images, sides

REAL_TYPES = [bool, np.uint8, np.int8, np.uint16, np.int16, np.int32, np.int64, np.uint64, np.float16, np.float32, np.float64]


# -------------------------------------------------------------- imshow_pixels


def drawn(array, **options):
    """What matplotlib's Agg canvas really holds, one canvas pixel per array pixel."""
    names = {key: id(value) if isinstance(value, matplotlib.colors.Colormap) else value for key, value in options.items()}
    key = (array.dtype.str, array.shape, array.tobytes(), *sorted(names.items()))
    if key not in _DRAWN:  # to draw takes longer than all the rest, and many implementations are held against the same
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


def planes(dtype):
    kind = np.dtype(dtype)
    values = None
    if kind.kind == "f":
        bits = kind.itemsize * 8
        values = st.floats(-2, 3, width=bits) | st.floats(-1000, 1000, width=bits)
    return hnp.arrays(kind, st.tuples(sides(3), sides(3)), elements=values)


WITH_EXTREMES = matplotlib.colormaps["viridis"].with_extremes(under="red", over="white")
MAPS = st.sampled_from([None, "gray", "viridis", "RdBu", "tab10", WITH_EXTREMES])


@law("imshow_pixels", lesson=2, rank="range", array=st.sampled_from(REAL_TYPES).flatmap(planes), cmap=MAPS)
def predicts_a_2d_array(imshow_pixels, array, cmap):
    """A 2-D array of any type is stretched from its own minimum to its own maximum over the colour map, byte for byte as drawn."""
    cause = "subtract the minimum, divide by the range, take entry floor(256 t) of the map, the last one for t = 1"
    expect_same(imshow_pixels(array, cmap=cmap), drawn(array, cmap=cmap), cause)


LIMITS = st.tuples(st.integers(-300, 300), st.integers(-300, 300)).map(sorted) | st.tuples(
    st.floats(-2, 0, width=32), st.floats(0, 2, width=32)
)


@law(
    "imshow_pixels",
    lesson=2, rank="mathematics",
    array=st.sampled_from(REAL_TYPES).flatmap(planes),
    limits=LIMITS,
    given=st.sampled_from(["both", "vmin", "vmax"]),
    cmap=MAPS,
)
def predicts_given_limits(imshow_pixels, array, limits, given, cmap):
    """With vmin and vmax, values outside take the map's colours for under and over, which are its first and last unless set."""
    options = {"vmin": limits[0], "vmax": limits[1]}
    if given != "both":
        options = {given: options[given]}
    low, high = options.get("vmin", float(array.min())), options.get("vmax", float(array.max()))
    assume(low <= high)
    expect_same(imshow_pixels(array, cmap=cmap, **options), drawn(array, cmap=cmap, **options))


@law("imshow_pixels", lesson=2, rank="mathematics", value=st.sampled_from([0, 1, 255, 0.5, -3.0, True]))
def a_constant_is_drawn_in_the_first_colour(imshow_pixels, value):
    """A constant 2-D array is black in gray, be it all 0, all 1 or all 255."""
    array = np.full((2, 3), value)
    expect_same(imshow_pixels(array, cmap="gray"), drawn(array, cmap="gray"))
    expect_same(imshow_pixels(array, cmap="gray")[..., :3], np.zeros((2, 3, 3), np.uint8))


@law("imshow_pixels", lesson=2, rank="mathematics", array=planes(np.float32))
def the_scale_of_a_2d_array_is_lost(imshow_pixels, array):
    """Four times the values draw the same picture."""
    expect_same(imshow_pixels(array * 4, cmap="gray"), imshow_pixels(array, cmap="gray"))


@law("imshow_pixels", lesson=2, rank="mathematics", array=st.sampled_from(REAL_TYPES).flatmap(colours))
def predicts_a_colour_array(imshow_pixels, array):
    """A colour array is clipped, not stretched: a float becomes level floor(255 x), byte for byte as drawn."""
    expect_same(imshow_pixels(array), drawn(array), "clip to [0, 1] (floats) or [0, 255] (integers); then truncate")


@law("imshow_pixels", lesson=2, rank="mathematics", array=st.sampled_from([np.float32, np.float64]).flatmap(lambda d: colours(d, finite=False)))
def predicts_nan_in_colour(imshow_pixels, array):
    """A pixel with NaN in any channel is transparent: the white canvas shows."""
    expect_same(imshow_pixels(array), drawn(array))


@law("imshow_pixels", lesson=2, rank="mathematics", other=st.sampled_from([-0.5, 2.0]), sign=st.sampled_from([-1, 1]))
def predicts_infinity_beside_a_clipped_value(imshow_pixels, other, sign):
    """An infinity is clipped like any other value, provided that some finite value is out of range."""
    array = np.array([[[sign * math.inf, 0.5, 0.5], [other, 0.2, 0.2]]])
    expect_same(imshow_pixels(array), drawn(array))


@law("imshow_pixels", lesson=2, rank="manners")
def refuses_what_is_not_determined(imshow_pixels):
    """RGBA, NaN or inf under a colour map, and an infinity that is not clipped, are ValueErrors that say why."""
    expect_raises(ValueError, imshow_pixels, np.zeros((2, 2, 4)), mention=["RGBA"])
    expect_raises(ValueError, imshow_pixels, np.array([[0.0, math.nan]]))
    expect_raises(ValueError, imshow_pixels, np.array([[0.0, math.inf]]))
    for inside in (0.5, 0.0, 1.0):  # 0 and 1 themselves are not out of range
        expect_raises(ValueError, imshow_pixels, np.array([[[math.inf, inside, inside]]]), mention=["inf"])
    expect_raises(ValueError, imshow_pixels, np.zeros((2, 2)), vmin=1, vmax=0)
    expect_raises(ValueError, imshow_pixels, np.zeros((2, 2, 2)), mention=["(2, 2, 2)"])
    expect_raises(ValueError, imshow_pixels, np.zeros((0, 2)), mention=["(0, 2)"])
    expect_raises(TypeError, imshow_pixels, np.zeros((2, 2), complex), mention=["complex"])
    expect_raises(TypeError, imshow_pixels, [[0, 1]], mention=["list"])


@law("imshow_pixels", lesson=2, rank="manners", array=planes(np.float32), picture=colours(np.float32))
def imshow_pixels_keeps_its_argument(imshow_pixels, array, picture):
    """The array is left as it was."""
    expect_arguments_kept(imshow_pixels, array)
    expect_arguments_kept(imshow_pixels, picture)


# --------------------------------------------------------------------- unseen


ALL_KINDS = np.array([-1, 0, 0.5, 1, 2, math.inf, -math.inf, math.nan], np.float32).reshape(2, 4, 1)


def counted(values, low, high):
    """Fractions below, above and not finite, by a plain loop."""
    values = [float(v) for v in values]
    broken = [v for v in values if not math.isfinite(v)]
    finite = [v for v in values if math.isfinite(v)]
    counts = [sum(v < low for v in finite), sum(v > high for v in finite), len(broken)]
    return [count / len(values) for count in counts]


@law("unseen", lesson=2, rank="mathematics", cases=[{"array": ALL_KINDS}], array=hnp.arrays(np.float32, st.tuples(sides(4), sides(4), st.sampled_from([1, 3])), elements=any_float | st.floats(-1, 2, width=32)))
def counts_each_channel(unseen, array):
    """Per channel: the fraction below 0, the fraction above 1, the fraction not finite; 0 and 1 themselves are seen."""
    expected = np.array([counted(array[..., c].ravel(), 0, 1) for c in range(array.shape[2])])
    expect_close(np.asarray(unseen(array), np.float64), expected, within=1e-12)
    tensor = torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))
    expect_close(np.asarray(unseen(tensor), np.float64), expected, within=1e-12, cause="channels are axis -3 of a tensor")


@law("unseen", lesson=2, rank="mathematics")
def the_edges_are_seen(unseen):
    """Exactly 0 and exactly 1 can be shown; the next float outside cannot."""
    x = torch.tensor([[[0.0, 1.0, -0.0, math.nextafter(1, 2), -1e-45]]], dtype=torch.float64)
    expect_close(np.asarray(unseen(x)), np.array([[0.2, 0.2, 0.0]]), within=1e-12)


@law("unseen", lesson=2, rank="mathematics", image=images())
def bytes_are_always_seen(unseen, image):
    """No uint8 value is ever unseen."""
    expect_close(np.asarray(unseen(image), np.float64), np.zeros((3, 3)), within=0)


@law("unseen", lesson=2, rank="range", array=hnp.arrays(np.int16, (2, 3, 3), elements=st.integers(-300, 600)))
def other_integers_are_held_against_0_to_255(unseen, array):
    """Integers of another type are counted against [0, 255]."""
    expected = np.array([counted(array[..., c].ravel(), 0, 255) for c in range(3)])
    expect_close(np.asarray(unseen(array), np.float64), expected, within=1e-12)


@law("unseen", lesson=2, rank="mathematics", batch=batches)
def a_batch_is_the_mean_of_its_pictures(unseen, batch):
    """For a batch (N, C, H, W) each channel counts over all pictures."""
    expect_close(np.asarray(unseen(batch)), np.mean([unseen(x) for x in batch], axis=0), within=1e-12)


@law("unseen", lesson=2, rank="manners", x=float_tensors(-1, 2))
def unseen_keeps_its_argument(unseen, x):
    """The tensor is left as it was."""
    expect_arguments_kept(unseen, x)


@law("unseen", lesson=2, rank="manners")
def unseen_refuses_what_is_no_picture(unseen):
    """A tensor without rows and columns, an empty one and complex numbers are refused."""
    expect_raises(ValueError, unseen, torch.zeros(3), mention=["(3,)"])
    expect_raises(ValueError, unseen, torch.zeros(3, 0, 2), mention=["(3, 0, 2)"])
    expect_raises(ValueError, unseen, np.zeros((1, 2, 2, 3)), mention=["(1, 2, 2, 3)"])
    expect_raises(TypeError, unseen, torch.zeros(3, 2, 2, dtype=torch.complex64), mention=["complex64"])
    expect_raises(TypeError, unseen, [[0.5]], mention=["list"])


# ------------------------------------------------------------------- describe


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
    missing = [word for word in words if word not in line]
    expect(not missing, got=repr(line), expected=f"a line that contains {missing}")


@law("describe", lesson=2, rank="range")
def names_the_axes(describe):
    """An array is H, W, C and a tensor N, C, H, W, so that a wrong layout shows."""
    for thing, words in [
        (np.zeros((4, 5, 3)), "(H 4, W 5, C 3)"),
        (np.zeros((4, 5)), "(H 4, W 5)"),
        (torch.zeros(3, 4, 5), "(C 3, H 4, W 5)"),
        (torch.zeros(2, 3, 4, 5), "(N 2, C 3, H 4, W 5)"),
        (torch.zeros(4, 5), "(H 4, W 5)"),
    ]:
        line = describe(thing)
        expect(words in line, got=repr(line), expected=f"a line that contains {words!r}")


@law("describe", lesson=2, rank="range")
def tells_the_memory_layout_and_the_unseen(describe):
    """A permuted view is called channels-last, and the unseen fractions are given."""
    view = torch.zeros(4, 5, 3).permute(2, 0, 1)
    half = torch.tensor([[[-1.0, 0.5]]])
    for thing, words in [
        (view, "channels-last view"),
        (view.contiguous(), "contiguous"),
        (half, "unseen: 50% below, 0% above"),
        (torch.zeros(1, 2, 2), "all displayable"),
    ]:
        line = describe(thing)
        expect(words in line, got=repr(line), expected=f"a line that contains {words!r}")


@law("describe", lesson=2, rank="manners", array=any_floats)
def describe_keeps_its_argument(describe, array):
    """Looking changes nothing."""
    expect_arguments_kept(describe, array)


# -------------------------------------------------------------- min_max_scale


@law("min_max_scale", lesson=2, rank="mathematics", x=float_tensors(-1000, 1000))
def spans_zero_to_one(min_max_scale, x):
    """The minimum becomes exactly 0, the maximum exactly 1, and the order is kept."""
    assume(x.min() < x.max())
    y = min_max_scale(x)
    expect_same((y.min(), y.max()), (torch.tensor(0.0), torch.tensor(1.0)))
    order = x.flatten().argsort()
    expect(bool((y.flatten()[order].diff() >= 0).all()), got="a changed order", expected="the order of x")
    low, high = x.double().min(), x.double().max()
    expect_close(y, ((x.double() - low) / (high - low)).float(), within=4 * U)


@law("min_max_scale", lesson=2, rank="manners", x=float_tensors(-1, 1))
def min_max_scale_keeps_its_argument(min_max_scale, x):
    """The tensor is left as it was."""
    assume(x.min() < x.max())
    expect_arguments_kept(min_max_scale, x)


@law("min_max_scale", lesson=2, rank="manners")
def min_max_scale_refuses_what_has_no_range(min_max_scale):
    """A constant, NaN, inf, nothing at all, and integers are refused."""
    for values in ([2.0, 2.0], [0.0, math.nan], [0.0, math.inf], [], [-3e38, 3e38]):
        expect_raises(ValueError, min_max_scale, torch.tensor(values, dtype=torch.float32))
    expect_raises(TypeError, min_max_scale, torch.arange(3), mention=["int64"])


# ----------------------------------------------------------------- saturation


@law("saturation", lesson=2, rank="mathematics", x=float_tensors(0, 1, channels=(3,)))
def is_the_mean_of_hsv(saturation, x):
    """The mean over pixels of S in HSV, as Python's colorsys has it."""
    pixels = x.double().flatten(1).T.tolist()
    expected = sum(colorsys.rgb_to_hsv(*pixel)[1] for pixel in pixels) / len(pixels)
    expect_close(np.float64(saturation(x)), np.float64(expected), within=1e-9)


@law("saturation", lesson=2, rank="mathematics", x=float_tensors(0, 1, channels=(1,)))
def grey_has_none(saturation, x):
    """A grey picture has saturation 0; a uint8 picture has that of its floats."""
    expect_close(np.float64(saturation(x.expand(3, -1, -1))), np.float64(0), within=0)
    levels = (x.expand(3, -1, -1) * torch.tensor([255, 128, 0]).reshape(3, 1, 1)).to(torch.uint8)
    expect_close(np.float64(saturation(levels)), np.float64(saturation(levels / 255)), within=1e-6)


@law("saturation", lesson=2, rank="manners")
def saturation_refuses_what_cannot_be_displayed(saturation):
    """Values outside [0, 1], NaN, grey and empty tensors and other types are refused."""
    expect_raises(ValueError, saturation, torch.full((3, 2, 2), 1.5), mention=["[0, 1]"])
    expect_raises(ValueError, saturation, torch.full((3, 2, 2), math.nan))
    for shape in [(1, 2, 2), (3, 0, 2), (3, 4), (3,)]:
        expect_raises(ValueError, saturation, torch.zeros(shape), mention=[str(shape)])
    expect_raises(TypeError, saturation, torch.zeros(3, 2, 2, dtype=torch.int64), mention=["int64"])


# ----------------------------------------------------------------- split_view


@law("split_view", lesson=2, rank="mathematics", cases=[{"left": torch.zeros(1, 2, 300), "shift": 1.0}], left=float_tensors(0, 1), shift=st.floats(1, 2, width=32))
def splits_at_the_middle_column(split_view, left, shift):
    """Columns before W // 2 come from the left picture, the others from the right one, whatever the height."""
    right = left + shift
    columns = [(left if j < left.shape[-1] // 2 else right)[..., j] for j in range(left.shape[-1])]
    expected = torch.stack(columns, dim=-1)
    cause = "the split is a column: take it from the width, not from the height"
    expect_same(split_view(left, right), expected, cause)
    last = [np.ascontiguousarray(t.permute(1, 2, 0).numpy()) for t in (left, right, expected)]
    expect_same(split_view(last[0], last[1]), last[2], "the width of an array is axis 1")


@law("split_view", lesson=2, rank="manners", x=float_tensors(0, 1))
def split_view_keeps_its_arguments(split_view, x):
    """A picture beside itself is itself, in new memory."""
    expect_same(split_view(x, x), x)
    expect_arguments_kept(split_view, x, x.clone())


@law("split_view", lesson=2, rank="manners")
def split_view_refuses_unequal_pictures(split_view):
    """Two shapes, two types, a tensor and an array, and what is neither, are refused."""
    x = torch.zeros(3, 2, 4)
    expect_raises(ValueError, split_view, x, torch.zeros(3, 2, 5), mention=["(3, 2, 4)", "(3, 2, 5)"])
    expect_raises(TypeError, split_view, x, x.double())
    expect_raises(TypeError, split_view, x, x.numpy())
    for left, right in [(x.tolist(), x.tolist()), (None, None), (x, None), ("a", x)]:
        expect_raises(TypeError, split_view, left, right)


# --------------------------------------------------------------------- unseen


@law("unseen", lesson=2, rank="range", cases=[{"dtype": d} for d in INTEGERS])
def in_every_integer_type_255_is_seen(unseen, dtype):
    """0 and 255 are seen, 256 and the largest number are not, and below 0 counts as below; in every integer type."""
    low = max(-1, np.iinfo(dtype).min)
    array = np.array([[0, 255, 256, np.iinfo(dtype).max, low]], dtype)
    expect_close(unseen(array), np.array([[0.2 * (low < 0), 0.4, 0.0]]), within=1e-12)
    expect_close(unseen(torch.from_numpy(array)), unseen(array), within=0)


@law("unseen", lesson=2, rank="range", x=float_tensors(-1, 2), dtype=st.sampled_from(EVERY_FLOAT))
def every_float_type_and_layout_is_counted(unseen, x, dtype):
    """In every float type, for a tensor that wants a gradient, a permuted view, and (H, W), the fractions are those of the values."""
    x = x.to(dtype)
    expected = unseen(x.double())
    view = x.permute(1, 2, 0).contiguous().permute(2, 0, 1)
    for other in (x, x.clone().requires_grad_(), view):
        expect_close(unseen(other), expected, within=0)
    expect_close(unseen(x[0]), expected[:1], within=0)


@law("unseen", lesson=2, rank="mathematics", bits=hnp.arrays(bool, st.tuples(sides(), sides())))
def truth_is_always_seen(unseen, bits):
    """No bool is ever unseen, in arrays and tensors."""
    expect_close(unseen(bits), np.zeros((1, 3)), within=0)
    expect_close(unseen(torch.from_numpy(bits)), np.zeros((1, 3)), within=0)


@law("unseen", lesson=2, rank="mathematics", batch=batches)
def a_video_counts_by_channel(unseen, batch):
    """In a batch of videos (B, T, C, H, W) the channel is still axis -3."""
    expect_close(unseen(torch.stack([batch, batch + 1])), (unseen(batch) + unseen(batch + 1)) / 2, within=1e-12)


# ------------------------------------------------------------------- describe


@law("describe", lesson=2, rank="range")
def measures_in_float64(describe):
    """Mean and std are those of the finite values, of the population, computed in float64 whatever the type."""
    for thing, words in [
        (np.array([[0.0, 0.0, 0.25, 1.0]]), "0 … 1, mean 0.3125, std 0.4098"),
        (np.array([[0, 0, 0, 8]]), "0 … 8, mean 2, std 3.464"),
        (torch.tensor([[0.0, 1.0, math.nan, math.inf]]), "0 … 1, mean 0.5, std 0.5"),
        (np.full((300, 300), 60000, np.float16), "6e+04 … 6e+04, mean 6e+04, std 0"),
        (torch.full((300, 300), 0.25).half(), "mean 0.25, std 0"),
        (np.full((20, 20), 200, np.uint8), "200 … 200, mean 200, std 0"),
        (torch.tensor([[True, False]]), "0 … 1, mean 0.5, std 0.5"),
    ]:
        line = describe(thing)
        expect(words in line, got=repr(line), expected=f"a line that contains {words!r}")


@law("describe", lesson=2, rank="mathematics")
def tells_the_unseen_of_all_channels(describe):
    """The unseen fraction is over all channels, a small one is not rounded to none, and what is not finite is not displayable."""
    few = torch.zeros(1, 100, 200)
    few[0, 0, 0] = 2
    for thing, words in [
        (torch.stack([torch.zeros(2, 2), torch.zeros(2, 2), torch.full((2, 2), 2.0)]), "unseen: 0% below, 33% above"),
        (few, "unseen: 0% below, <0.1% above"),
        (few[:, :10, :10], "unseen: 0% below, 1.0% above"),
        (torch.tensor([[0.5, math.nan]]), "the finite ones displayable | 1 NaN, 0 inf"),
        (torch.full((3, 2, 2), 300), "unseen: 0% below, 100% above"),
        (torch.rand(2, 3, 4, 5).contiguous(memory_format=torch.channels_last), "channels-last view"),
        (np.zeros((4, 6))[:, ::2], "strided view"),
        (np.zeros((4, 6)).T, "strided view"),
        (torch.zeros(2, 2, 3, 4, 5), "(2, 2, 3, 4, 5)"),
        (np.zeros((2, 4, 5, 3)), "(2, 4, 5, 3)"),
        (torch.tensor(1.5), "()"),
        (torch.zeros(0, 3), "no finite value"),
    ]:
        line = describe(thing)
        expect(words in line, got=repr(line), expected=f"a line that contains {words!r}")
    line = describe(np.array([[0, 1000]]))
    expect("unseen" not in line, got=repr(line), expected="no word about light for labels")


@law("describe", lesson=2, rank="range", cases=[{"dtype": d} for d in EVERY_FLOAT])
def names_the_type_it_was_given(describe, dtype):
    """The line begins with the type of the tensor, bfloat16 too."""
    name = str(dtype).removeprefix("torch.")
    line = describe(torch.zeros(3, 2, 2, dtype=dtype, requires_grad=True))
    expect(line.startswith(name + " "), got=repr(line), expected=f"a line that begins with {name}")


# -------------------------------------------------------------- imshow_pixels


FLOATS_IN_BOTH_ORDERS = [{"dtype": d} for d in ("<f2", "<f4", "<f8", ">f2", ">f4", ">f8")]
INTEGERS_IN_BOTH_ORDERS = [{"dtype": d} for d in (*INTEGERS, np.int8, np.uint8, ">i2", ">u4")]


@law("imshow_pixels", lesson=2, rank="range", cases=FLOATS_IN_BOTH_ORDERS)
def predicts_every_level_in_every_float_type(imshow_pixels, dtype):
    """With one channel, all levels k / 255 and a thousand other values are drawn as predicted, in each float type and byte order."""
    levels = (np.arange(255) / 255).astype(dtype).reshape(15, 17)
    noise = (np.random.default_rng(0).normal(size=(32, 32)) * 10).astype(dtype)
    for options in ({}, {"vmin": 0, "vmax": 1}, {"vmin": -7.3, "vmax": 11.1}):
        for array in (levels, noise):
            expected = drawn(array, cmap="gray", **options)
            expect_same(imshow_pixels(array, cmap="gray", **options), expected, "compute in the array's own float type")


@law("imshow_pixels", lesson=2, rank="range", cases=FLOATS_IN_BOTH_ORDERS)
def predicts_every_level_in_colour(imshow_pixels, dtype):
    """With three channels, all levels k / 255 are drawn as predicted, in each float type and byte order."""
    levels = (np.arange(255) / 255).astype(dtype).reshape(5, 17, 3)
    expect_same(imshow_pixels(levels), drawn(levels), "three channels are computed in float64")


@law("imshow_pixels", lesson=2, rank="range", cases=INTEGERS_IN_BOTH_ORDERS)
def predicts_the_ends_of_every_integer_type(imshow_pixels, dtype):
    """With one channel, the smallest and the largest integer of each type are drawn as predicted."""
    row = ends_of(dtype)
    expect_same(imshow_pixels(row, cmap="viridis"), drawn(row, cmap="viridis"))


@law("imshow_pixels", lesson=2, rank="range", cases=INTEGERS_IN_BOTH_ORDERS)
def predicts_the_ends_in_colour(imshow_pixels, dtype):
    """With three channels, the smallest and the largest integer of each type are drawn as predicted."""
    picture = np.dstack([ends_of(dtype)] * 3)
    expect_same(imshow_pixels(picture), drawn(picture), "clip to [0, 255], never wrap")


def ends_of(dtype):
    info = np.iinfo(dtype)
    return np.array([[info.min, 0, 1, 100, info.max // 2, info.max]], dtype)


@law("imshow_pixels", lesson=2, rank="mathematics", array=hnp.arrays(np.float32, (3, 4), elements=st.floats(-2, 3, width=32)))
def one_channel_may_have_an_axis_of_its_own(imshow_pixels, array):
    """(H, W, 1) is drawn as (H, W), and a flipped, transposed or read-only view as its copy."""
    expected = imshow_pixels(array, cmap="viridis")
    expect_same(imshow_pixels(array[:, :, None], cmap="viridis"), expected)
    for view in (array[::-1], array.T):
        view.flags.writeable = False
        expect_same(imshow_pixels(view), imshow_pixels(view.copy()))


@law("imshow_pixels", lesson=2, rank="manners")
def refuses_what_else_is_not_determined(imshow_pixels):
    """A limit that is not finite, a range that overflows, a map with transparency, and a masked array are refused, with a reason."""
    row = np.array([[0.0, 1.0]])
    for limits in ({"vmin": -math.inf}, {"vmax": math.inf}, {"vmin": math.nan}, {"vmax": math.nan}):
        expect_raises(ValueError, imshow_pixels, row, **limits, mention=["finite"])
    expect_raises(ValueError, imshow_pixels, np.array([[-1.7e308, 0, 1.7e308]]), mention=["overflow"])
    half = matplotlib.colors.ListedColormap([(1, 0, 0, 0.5), (0, 1, 0, 1)])
    expect_raises(ValueError, imshow_pixels, row, cmap=half, mention=["transparent"])
    expect_raises(TypeError, imshow_pixels, np.ma.masked_array(row, mask=[[0, 1]]), mention=["mask"])


# ------------------------------------------------- min_max_scale, saturation, split_view


@law("min_max_scale", lesson=2, rank="range", cases=[{"dtype": d} for d in EVERY_FLOAT])
def keeps_the_type_and_any_width(min_max_scale, dtype):
    """The result has the type of x, and a range of a few smallest numbers is stretched like any other."""
    tiny = torch.finfo(dtype).smallest_normal
    x = torch.tensor([0, 1, 4], dtype=dtype) * tiny
    expect_same(min_max_scale(x), torch.tensor([0, 0.25, 1], dtype=dtype), "add no epsilon to the range")
    expect_same(min_max_scale(x.reshape(3, 1)[::2]), torch.tensor([[0], [1]], dtype=dtype))


@law("min_max_scale", lesson=2, rank="mathematics", batch=batches)
def one_scale_for_the_whole_tensor(min_max_scale, batch):
    """A batch is stretched as one: the smallest value of all pictures becomes 0, the largest 1."""
    batch = torch.cat([batch, batch[:1] / 2 + 3])
    expect_same(min_max_scale(batch).flatten(), min_max_scale(batch.flatten()), "min and max over everything")


@law("min_max_scale", lesson=2, rank="manners", place=st.integers(0, 4), broken=st.sampled_from([math.nan, math.inf, -math.inf]))
def one_broken_value_anywhere_is_refused(min_max_scale, place, broken):
    """A single NaN or infinity at any place is a ValueError."""
    x = torch.arange(5.0)
    x[place] = broken
    expect_raises(ValueError, min_max_scale, x)


@law("saturation", lesson=2, rank="mathematics")
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


@law("split_view", lesson=2, rank="manners")
def split_view_compares_kinds_not_classes(split_view):
    """A parameter beside a tensor is split; a batch of arrays, whose width is not axis 1, and a row are refused."""
    x = torch.zeros(3, 2, 4)
    expect_same(split_view(torch.nn.Parameter(x), x + 1).detach(), split_view(x, x + 1))
    expect_raises(ValueError, split_view, np.zeros((2, 4, 6, 3)), np.ones((2, 4, 6, 3)), mention=["(2, 4, 6, 3)"])
    expect_raises(ValueError, split_view, torch.zeros(3), torch.zeros(3), mention=["(3,)"])
