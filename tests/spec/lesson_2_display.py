"""Laws of lesson 2: floats, bytes, and what a display does to them."""

import colorsys
import logging
import math

import matplotlib
import numpy as np
import torch
from hypothesis import assume
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from seeing_tensors.expectations import expect, expect_arguments_kept, expect_close, expect_raises, expect_same, picture_of
from seeing_tensors.laws import law

from .strategies import float_tensors, images, sides

U = 2.0**-24  # half the distance from 1 to the next float32
FLOATS = (torch.float16, torch.float32, torch.float64)
REAL_TYPES = [bool, np.uint8, np.int8, np.uint16, np.int16, np.int32, np.int64, np.uint64, np.float16, np.float32, np.float64]

any_float = st.floats(width=32)
any_floats = hnp.arrays(np.float32, hnp.array_shapes(max_dims=4, max_side=4), elements=any_float)
numbers = any_floats.map(lambda a: torch.from_numpy(np.nan_to_num(a, nan=0.5)))  # every float32 but NaN


batches = st.tuples(st.integers(1, 7), st.sampled_from([1, 3]), sides(3), sides(3)).flatmap(
    lambda shape: hnp.arrays(np.float32, shape, elements=st.floats(-1, 2, width=32)).map(torch.from_numpy)
)


# ------------------------------------------------------------------- to_uint8


@law("to_uint8", lesson=2, cases=[{"dtype": d} for d in FLOATS])
def gives_back_all_256_levels(to_uint8, dtype):
    """Every level k comes back from k / 255, through float16, float32 and float64."""
    levels = torch.arange(256)
    expect_same(to_uint8((levels.double() / 255).to(dtype)), levels.to(torch.uint8), "round, do not truncate")


@law("to_uint8", lesson=2, x=float_tensors(0, 1))
def is_never_off_by_more_than_half_a_level(to_uint8, x):
    """In [0, 1] the byte is at most half a level away: |to_uint8(x) / 255 - x| <= 1/510 + 2u."""
    expect_close(to_uint8(x).double() / 255, x.double(), within=1 / 510 + 2 * U, cause="round, do not truncate")


@law("to_uint8", lesson=2, x=numbers)
def has_the_shape_of_its_argument(to_uint8, x):
    """The result is uint8 and has the shape of x, for any number of axes."""
    result = to_uint8(x)
    expect_same(result, torch.zeros(x.shape, dtype=torch.uint8) + result)


@law("to_uint8", lesson=2, a=st.floats(width=32, allow_nan=False), b=st.floats(width=32, allow_nan=False))
def is_monotone(to_uint8, a, b):
    """A larger value never becomes a smaller byte."""
    low, high = to_uint8(torch.tensor(sorted([a, b]))).tolist()
    expect(low <= high, got=f"{low} then {high}", expected="bytes in the same order", cause="clamp before casting: casts wrap")


@law("to_uint8", lesson=2, x=numbers)
def clamps(to_uint8, x):
    """Below 0 becomes 0, above 1 becomes 255, also for -inf and +inf."""
    expect_same(to_uint8(x), to_uint8(x.clamp(0, 1)), "clamp before casting: a cast wraps 1.1 to 25")
    expect_same(to_uint8(torch.tensor([-math.inf, -0.1, 1.1, math.inf])), torch.tensor([0, 0, 255, 255], dtype=torch.uint8))


@law("to_uint8", lesson=2, x=float_tensors(-1, 2))
def is_idempotent(to_uint8, x):
    """Doing it again changes nothing: bytes, read as floats, give the same bytes."""
    once = to_uint8(x)
    expect_same(to_uint8(once / 255), once)


@law("to_uint8", lesson=2, x=float_tensors(-1, 2))
def to_uint8_keeps_its_argument(to_uint8, x):
    """The float tensor is left as it was."""
    expect_arguments_kept(to_uint8, x)


@law("to_uint8", lesson=2, cases=[{"dtype": d} for d in (*FLOATS, torch.bfloat16)])
def refuses_nan(to_uint8, dtype):
    """NaN is no amount of light: a ValueError, not a silent black."""
    expect_raises(ValueError, to_uint8, torch.tensor([0.5, math.nan], dtype=dtype), mention=["NaN"])


@law("to_uint8", lesson=2, cases=[{"dtype": d} for d in (torch.uint8, torch.int64, torch.bool)])
def to_uint8_takes_floats_only(to_uint8, dtype):
    """An integer or bool tensor is a TypeError: whether its white is 1 or 255 is not known."""
    expect_raises(TypeError, to_uint8, torch.zeros(2, 2, dtype=dtype), mention=[str(dtype).removeprefix("torch.")])


# ------------------------------------------------------------------- to_image


@law("to_image", lesson=2, image=images(most=4))
def undoes_to_tensor(to_image, image):
    """A picture that went through to_tensor comes back, byte for byte, channels last."""
    import seeing_tensors

    expect_same(to_image(seeing_tensors.to_tensor(image)), image)
    expect_same(to_image(torch.from_numpy(image).permute(2, 0, 1)), image, "a uint8 tensor holds levels already")


@law("to_image", lesson=2, plane=hnp.arrays(np.uint8, st.tuples(sides(), sides())))
def one_channel_becomes_two_axes(to_image, plane):
    """A (1, H, W) tensor becomes an (H, W) array, which PIL and loggers take for grey."""
    import seeing_tensors

    expect_same(to_image(seeing_tensors.to_tensor(plane)), plane)


@law("to_image", lesson=2, x=float_tensors(-1, 2, channels=(3,)), value=st.floats(-5, 5, width=32))
def to_image_treats_each_pixel_alone(to_image, x, value):
    """Changing one pixel never changes how another comes out."""
    other = x.clone()
    other[:, -1, -1] = value
    before, after = to_image(x), to_image(other)
    before[-1, -1] = after[-1, -1]
    expect_same(after, before, "nothing may depend on the picture's own minimum or maximum")


@law("to_image", lesson=2, x=float_tensors(0, 1))
def to_image_gives_memory_of_its_own(to_image, x):
    """The result is contiguous new memory and the argument is left as it was."""
    expect_arguments_kept(to_image, x)
    expect_arguments_kept(to_image, (x * 255).to(torch.uint8))
    image = to_image(x)
    expect(image.flags.c_contiguous, got=f"strides {image.strides}", expected="a contiguous array")


@law("to_image", lesson=2, cases=[{"shape": s} for s in [(2, 3), (2, 2, 2), (4, 2, 2), (1, 3, 2, 2), (3, 0, 2)]])
def to_image_refuses_other_shapes(to_image, shape):
    """Anything but one picture (3, H, W) or (1, H, W) is a ValueError that names the shape."""
    expect_raises(ValueError, to_image, torch.zeros(shape), mention=[str(shape)])


@law("to_image", lesson=2, cases=[{"x": torch.zeros(3, 2, 2, dtype=torch.int64)}, {"x": np.zeros((3, 2, 2))}, {"x": None}])
def to_image_refuses_other_types(to_image, x):
    """Integers other than uint8, and things that are no tensor, are a TypeError."""
    expect_raises(TypeError, to_image, x)


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


def colours(dtype, finite=True):
    kind = np.dtype(dtype)
    values = None
    if kind.kind == "f":
        bits = kind.itemsize * 8
        values = st.floats(0, 1, width=bits) | st.floats(-2, 3, width=bits)
        if not finite:
            values = values | st.sampled_from([math.nan])
    return hnp.arrays(kind, st.tuples(sides(3), sides(3), st.just(3)), elements=values)


WITH_EXTREMES = matplotlib.colormaps["viridis"].with_extremes(under="red", over="white")
MAPS = st.sampled_from([None, "gray", "viridis", "RdBu", "tab10", WITH_EXTREMES])


@law("imshow_pixels", lesson=2, array=st.sampled_from(REAL_TYPES).flatmap(planes), cmap=MAPS)
def predicts_a_2d_array(imshow_pixels, array, cmap):
    """A 2-D array of any type is stretched from its own minimum to its own maximum over the colour map, byte for byte as drawn."""
    cause = "subtract the minimum, divide by the range, take entry floor(256 t) of the map, the last one for t = 1"
    expect_same(imshow_pixels(array, cmap=cmap), drawn(array, cmap=cmap), cause)


LIMITS = st.tuples(st.integers(-300, 300), st.integers(-300, 300)).map(sorted) | st.tuples(
    st.floats(-2, 0, width=32), st.floats(0, 2, width=32)
)


@law(
    "imshow_pixels",
    lesson=2,
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


@law("imshow_pixels", lesson=2, value=st.sampled_from([0, 1, 255, 0.5, -3.0, True]))
def a_constant_is_drawn_in_the_first_colour(imshow_pixels, value):
    """A constant 2-D array is black in gray, be it all 0, all 1 or all 255."""
    array = np.full((2, 3), value)
    expect_same(imshow_pixels(array, cmap="gray"), drawn(array, cmap="gray"))
    expect_same(imshow_pixels(array, cmap="gray")[..., :3], np.zeros((2, 3, 3), np.uint8))


@law("imshow_pixels", lesson=2, array=planes(np.float32))
def the_scale_of_a_2d_array_is_lost(imshow_pixels, array):
    """Four times the values draw the same picture."""
    expect_same(imshow_pixels(array * 4, cmap="gray"), imshow_pixels(array, cmap="gray"))


@law("imshow_pixels", lesson=2, array=st.sampled_from(REAL_TYPES).flatmap(colours))
def predicts_a_colour_array(imshow_pixels, array):
    """A colour array is clipped, not stretched: a float becomes level floor(255 x), byte for byte as drawn."""
    expect_same(imshow_pixels(array), drawn(array), "clip to [0, 1] (floats) or [0, 255] (integers); then truncate")


@law("imshow_pixels", lesson=2, array=st.sampled_from([np.float32, np.float64]).flatmap(lambda d: colours(d, finite=False)))
def predicts_nan_in_colour(imshow_pixels, array):
    """A pixel with NaN in any channel is transparent: the white canvas shows."""
    expect_same(imshow_pixels(array), drawn(array))


@law("imshow_pixels", lesson=2, other=st.sampled_from([-0.5, 2.0]), sign=st.sampled_from([-1, 1]))
def predicts_infinity_beside_a_clipped_value(imshow_pixels, other, sign):
    """An infinity is clipped like any other value, provided that some finite value is out of range."""
    array = np.array([[[sign * math.inf, 0.5, 0.5], [other, 0.2, 0.2]]])
    expect_same(imshow_pixels(array), drawn(array))


@law("imshow_pixels", lesson=2)
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


@law("imshow_pixels", lesson=2, array=planes(np.float32), picture=colours(np.float32))
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


@law("unseen", lesson=2, cases=[{"array": ALL_KINDS}], array=hnp.arrays(np.float32, st.tuples(sides(4), sides(4), st.sampled_from([1, 3])), elements=any_float | st.floats(-1, 2, width=32)))
def counts_each_channel(unseen, array):
    """Per channel: the fraction below 0, the fraction above 1, the fraction not finite; 0 and 1 themselves are seen."""
    expected = np.array([counted(array[..., c].ravel(), 0, 1) for c in range(array.shape[2])])
    expect_close(np.asarray(unseen(array), np.float64), expected, within=1e-12)
    tensor = torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))
    expect_close(np.asarray(unseen(tensor), np.float64), expected, within=1e-12, cause="channels are axis -3 of a tensor")


@law("unseen", lesson=2)
def the_edges_are_seen(unseen):
    """Exactly 0 and exactly 1 can be shown; the next float outside cannot."""
    x = torch.tensor([[[0.0, 1.0, -0.0, math.nextafter(1, 2), -1e-45]]], dtype=torch.float64)
    expect_close(np.asarray(unseen(x)), np.array([[0.2, 0.2, 0.0]]), within=1e-12)


@law("unseen", lesson=2, image=images())
def bytes_are_always_seen(unseen, image):
    """No uint8 value is ever unseen."""
    expect_close(np.asarray(unseen(image), np.float64), np.zeros((3, 3)), within=0)


@law("unseen", lesson=2, array=hnp.arrays(np.int16, (2, 3, 3), elements=st.integers(-300, 600)))
def other_integers_are_held_against_0_to_255(unseen, array):
    """Integers of another type are counted against [0, 255]."""
    expected = np.array([counted(array[..., c].ravel(), 0, 255) for c in range(3)])
    expect_close(np.asarray(unseen(array), np.float64), expected, within=1e-12)


@law("unseen", lesson=2, batch=batches)
def a_batch_is_the_mean_of_its_pictures(unseen, batch):
    """For a batch (N, C, H, W) each channel counts over all pictures."""
    expect_close(np.asarray(unseen(batch)), np.mean([unseen(x) for x in batch], axis=0), within=1e-12)


@law("unseen", lesson=2, x=float_tensors(-1, 2))
def unseen_keeps_its_argument(unseen, x):
    """The tensor is left as it was."""
    expect_arguments_kept(unseen, x)


@law("unseen", lesson=2)
def unseen_refuses_what_is_no_picture(unseen):
    """A tensor without rows and columns, an empty one and complex numbers are refused."""
    expect_raises(ValueError, unseen, torch.zeros(3), mention=["(3,)"])
    expect_raises(ValueError, unseen, torch.zeros(3, 0, 2), mention=["(3, 0, 2)"])
    expect_raises(ValueError, unseen, np.zeros((1, 2, 2, 3)), mention=["(1, 2, 2, 3)"])
    expect_raises(TypeError, unseen, torch.zeros(3, 2, 2, dtype=torch.complex64), mention=["complex64"])
    expect_raises(TypeError, unseen, [[0.5]], mention=["list"])


# ------------------------------------------------------------------- describe


@law("describe", lesson=2, array=any_floats)
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


@law("describe", lesson=2)
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


@law("describe", lesson=2)
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


@law("describe", lesson=2, array=any_floats)
def describe_keeps_its_argument(describe, array):
    """Looking changes nothing."""
    expect_arguments_kept(describe, array)


# -------------------------------------------------------------- min_max_scale


@law("min_max_scale", lesson=2, x=float_tensors(-1000, 1000))
def spans_zero_to_one(min_max_scale, x):
    """The minimum becomes exactly 0, the maximum exactly 1, and the order is kept."""
    assume(x.min() < x.max())
    y = min_max_scale(x)
    expect_same((y.min(), y.max()), (torch.tensor(0.0), torch.tensor(1.0)))
    order = x.flatten().argsort()
    expect(bool((y.flatten()[order].diff() >= 0).all()), got="a changed order", expected="the order of x")
    low, high = x.double().min(), x.double().max()
    expect_close(y, ((x.double() - low) / (high - low)).float(), within=4 * U)


@law("min_max_scale", lesson=2, x=float_tensors(-1, 1))
def min_max_scale_keeps_its_argument(min_max_scale, x):
    """The tensor is left as it was."""
    assume(x.min() < x.max())
    expect_arguments_kept(min_max_scale, x)


@law("min_max_scale", lesson=2)
def min_max_scale_refuses_what_has_no_range(min_max_scale):
    """A constant, NaN, inf, nothing at all, and integers are refused."""
    for values in ([2.0, 2.0], [0.0, math.nan], [0.0, math.inf], [], [-3e38, 3e38]):
        expect_raises(ValueError, min_max_scale, torch.tensor(values, dtype=torch.float32))
    expect_raises(TypeError, min_max_scale, torch.arange(3), mention=["int64"])


# ----------------------------------------------------------------- saturation


@law("saturation", lesson=2, x=float_tensors(0, 1, channels=(3,)))
def is_the_mean_of_hsv(saturation, x):
    """The mean over pixels of S in HSV, as Python's colorsys has it."""
    pixels = x.double().flatten(1).T.tolist()
    expected = sum(colorsys.rgb_to_hsv(*pixel)[1] for pixel in pixels) / len(pixels)
    expect_close(np.float64(saturation(x)), np.float64(expected), within=1e-9)


@law("saturation", lesson=2, x=float_tensors(0, 1, channels=(1,)))
def grey_has_none(saturation, x):
    """A grey picture has saturation 0; a uint8 picture has that of its floats."""
    expect_close(np.float64(saturation(x.expand(3, -1, -1))), np.float64(0), within=0)
    levels = (x.expand(3, -1, -1) * torch.tensor([255, 128, 0]).reshape(3, 1, 1)).to(torch.uint8)
    expect_close(np.float64(saturation(levels)), np.float64(saturation(levels / 255)), within=1e-6)


@law("saturation", lesson=2)
def saturation_refuses_what_cannot_be_displayed(saturation):
    """Values outside [0, 1], NaN, grey and empty tensors and other types are refused."""
    expect_raises(ValueError, saturation, torch.full((3, 2, 2), 1.5), mention=["[0, 1]"])
    expect_raises(ValueError, saturation, torch.full((3, 2, 2), math.nan))
    for shape in [(1, 2, 2), (3, 0, 2), (3, 4), (3,)]:
        expect_raises(ValueError, saturation, torch.zeros(shape), mention=[str(shape)])
    expect_raises(TypeError, saturation, torch.zeros(3, 2, 2, dtype=torch.int64), mention=["int64"])


# ----------------------------------------------------------------- split_view


@law("split_view", lesson=2, cases=[{"left": torch.zeros(1, 2, 300), "shift": 1.0}], left=float_tensors(0, 1), shift=st.floats(1, 2, width=32))
def splits_at_the_middle_column(split_view, left, shift):
    """Columns before W // 2 come from the left picture, the others from the right one, whatever the height."""
    right = left + shift
    columns = [(left if j < left.shape[-1] // 2 else right)[..., j] for j in range(left.shape[-1])]
    expected = torch.stack(columns, dim=-1)
    cause = "the split is a column: take it from the width, not from the height"
    expect_same(split_view(left, right), expected, cause)
    last = [np.ascontiguousarray(t.permute(1, 2, 0).numpy()) for t in (left, right, expected)]
    expect_same(split_view(last[0], last[1]), last[2], "the width of an array is axis 1")


@law("split_view", lesson=2, x=float_tensors(0, 1))
def split_view_keeps_its_arguments(split_view, x):
    """A picture beside itself is itself, in new memory."""
    expect_same(split_view(x, x), x)
    expect_arguments_kept(split_view, x, x.clone())


@law("split_view", lesson=2)
def split_view_refuses_unequal_pictures(split_view):
    """Two shapes, two types, a tensor and an array, and what is neither, are refused."""
    x = torch.zeros(3, 2, 4)
    expect_raises(ValueError, split_view, x, torch.zeros(3, 2, 5), mention=["(3, 2, 4)", "(3, 2, 5)"])
    expect_raises(TypeError, split_view, x, x.double())
    expect_raises(TypeError, split_view, x, x.numpy())
    for left, right in [(x.tolist(), x.tolist()), (None, None), (x, None), ("a", x)]:
        expect_raises(TypeError, split_view, left, right)


# ----------------------------------------------------------- show, show_grid


def bare_axes(width=100, height=100):
    """Axes that fill a figure of so many pixels, with nothing on them that takes time."""
    ax = Figure(figsize=(width / 100, height / 100), dpi=100).add_axes((0, 0, 1, 1))
    ax.axis("off")
    return ax


AXES = bare_axes()  # for laws that only ask what is handed over: to make new axes takes longer than to draw


def shown(show, x, **options):
    """The pixels that `show` puts on a canvas with one canvas pixel per value."""
    height, width = x.shape[-2:] if isinstance(x, torch.Tensor) else x.shape[:2]
    ax = bare_axes(width, height)
    canvas = FigureCanvasAgg(ax.figure)
    returned = show(x, ax, **options)
    expect(returned is ax, got=repr(returned), expected="the Axes it was given")
    ax.set_title("")
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


strange = st.sampled_from([math.nan, math.inf, -math.inf, -1e-6, 1.0001, 1e30, -7.0]) | st.floats(0, 1, width=32)
LABELS = hnp.arrays(np.int64, st.tuples(sides(4), sides(4)), elements=st.integers(-3, 40))
shown_pictures = (
    float_tensors(-1, 2)
    | float_tensors(-1, 2, channels=(1,)).map(lambda x: x[0])
    | images().map(lambda a: torch.from_numpy(a).permute(2, 0, 1))
    | LABELS.map(torch.from_numpy)
)


@law("show", lesson=2, x=shown_pictures, value=strange, label=st.integers(-3, 300))
def show_treats_each_pixel_alone(show, x, value, label):
    """Changing one pixel, to anything at all, never changes how show draws another."""
    other = x.clone()
    other[..., -1, -1] = value if x.is_floating_point() else label % 256
    before, after = shown(show, x), shown(show, other)
    before[-1, -1] = after[-1, -1]
    expect_same(after, before, "the scale must come from the type, not from the values")


@law("show", lesson=2)
def every_level_is_drawn_as_itself(show):
    """All 256 levels, as uint8 or as k / 255, in grey or in colour, reach the screen unchanged."""
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16)
    expected = levels.permute(1, 2, 0).expand(16, 16, 3).numpy()
    for x in (levels, levels[0], levels.expand(3, -1, -1), levels / 255, (levels / 255).expand(3, -1, -1), levels.double() / 255):
        expect_same(shown(show, x), np.ascontiguousarray(expected), "imshow draws some levels one too dark; hand it bytes")


@law("show", lesson=2, value=st.sampled_from([0.0, 1.0]), shape=st.sampled_from([(2, 3), (1, 2, 3), (3, 2, 3)]))
def white_is_white(show, value, shape):
    """A picture of ones is white and a picture of zeros is black, bools too."""
    expected = np.full((2, 3, 3), int(255 * value), np.uint8)
    expect_same(shown(show, torch.full(shape, value)), expected, "no autoscale: a constant has no range of its own")
    expect_same(shown(show, torch.full(shape, bool(value))), expected)


@law("show", lesson=2, x=float_tensors(-5, 5), low=st.floats(-3, -1, width=16), width=st.floats(1, 8, width=16))
def other_limits_only_when_given(show, x, low, width):
    """With vmin and vmax, the value vmin is black, vmax is white, and what lies between is in proportion."""
    high = low + width
    position = (x.double() - low) / (high - low)
    expected = (position.clamp(0, 1) * 255).round().to(torch.uint8).expand(3, -1, -1).permute(1, 2, 0).contiguous().numpy()
    expect_same(shown(show, x, vmin=low, vmax=high), expected)


@law("show", lesson=2)
def labels_have_colours_of_their_own(show):
    """Labels 0 to 20 are drawn in 21 different colours, and labels below 0 in white."""
    colours = shown(show, torch.arange(-1, 21)[None])[0]
    expect(len({tuple(c) for c in colours}) == 22, got=f"{len({tuple(c) for c in colours})} colours", expected="22 colours")
    expect_same(colours[0], np.array([255, 255, 255], np.uint8))


@law("show", lesson=2)
def what_is_not_finite_is_painted(show):
    """NaN and inf are painted magenta, in grey and in colour."""
    for broken in (math.nan, math.inf, -math.inf):
        for shape in ((1, 1, 2), (3, 1, 2)):
            x = torch.full(shape, 0.5)
            x[0, 0, 0] = broken
            expect_same(shown(show, x)[0, 0], np.array([255, 0, 255], np.uint8))


@law("show", lesson=2)
def the_title_tells_what_is_unseen(show):
    """The title gives the fractions below black, above white and not finite, and is silent when all is seen."""
    for x, words in [
        (torch.tensor([[[-1.0, 0.5, 0.5, 2.0]]]).expand(3, -1, -1), "unseen: 25% below black, 25% above white"),
        (torch.tensor([[math.nan, 0.5]]), "unseen: 50% not finite"),
        (torch.full((3, 2, 2), 0.5), ""),
        (torch.arange(4)[None], ""),
    ]:
        ax = show(x, bare_axes(400))
        expect(ax.get_title() == words, got=repr(ax.get_title()), expected=repr(words))
        ax = show(x, bare_axes(), title="cat")
        expect(ax.get_title().splitlines()[0] == "cat", got=repr(ax.get_title()), expected="the given title first")
    narrow = show(torch.tensor([[[-1.0, 0.5, 0.5, 2.0]]]).expand(3, -1, -1), bare_axes(100)).get_title()
    expect_same(narrow, "unseen:\n25% below black,\n25% above white", "above a narrow picture, break the line between the fractions")


@law("show", lesson=2, image=images())
def arrays_and_tensors_are_drawn_alike(show, image):
    """An array (H, W, 3) and the tensor (3, H, W) of the same values give the same picture."""
    expect_same(shown(show, image), shown(show, torch.from_numpy(image).permute(2, 0, 1)))


@law("show", lesson=2, x=float_tensors(-1, 2))
def show_keeps_its_argument(show, x):
    """Looking changes nothing."""
    expect_arguments_kept(lambda t: handed(show, t), x)


@law("show", lesson=2)
def show_refuses_what_is_no_picture(show):
    """Every rank and type that cannot be drawn honestly is refused with a reason."""
    ax = bare_axes()
    expect_raises(ValueError, show, torch.zeros(2, 3, 4, 4), ax, mention=["(2, 3, 4, 4)", "show_grid"])
    for shape in [(4,), (2, 4, 4), (4, 4, 4), (), (3, 0, 4)]:
        expect_raises(ValueError, show, torch.zeros(shape), ax, mention=[str(shape)])
    expect_raises(ValueError, show, np.zeros((3, 4, 5)), ax, mention=["(3, 4, 5)"])
    expect_raises(TypeError, show, torch.zeros(3, 2, 2, dtype=torch.complex64), ax, mention=["complex64"])
    expect_raises(TypeError, show, "cat.png", ax, mention=["str"])
    expect_raises(ValueError, show, torch.zeros(3, 2, 2), ax, vmin=0)
    expect_raises(ValueError, show, torch.zeros(3, 2, 2), ax, vmin=1, vmax=1)


def handed(draw, x, **options):
    """The picture that `show` or `show_grid` hands to matplotlib. Colour bytes are drawn as they are."""
    image = draw(x, AXES, **options).images[-1]
    image.remove()
    pixels = np.asarray(image.get_array())
    expect((pixels.dtype, pixels.shape[2]) == (np.uint8, 3), got=picture_of(pixels), expected="bytes (H, W, 3)")
    return pixels


@law("show_grid", lesson=2, batch=batches, columns=st.none() | st.integers(1, 8))
def each_tile_is_what_show_draws(show_grid, batch, columns):
    """Picture i stands in row i // columns and column i % columns, drawn as show draws it."""
    import seeing_tensors

    grid = handed(show_grid, batch, columns=columns)
    across = columns or math.ceil(math.sqrt(len(batch)))
    height, width = batch.shape[2] + 2, batch.shape[3] + 2
    for i, x in enumerate(batch):
        top, left = i // across * height, i % across * width
        tile = grid[top : top + batch.shape[2], left : left + batch.shape[3]]
        expect_same(tile, handed(seeing_tensors.show, x), "one scale for all pictures")


@law("show_grid", lesson=2, batch=batches, value=strange)
def show_grid_treats_each_pixel_alone(show_grid, batch, value):
    """Changing one pixel of one picture never changes how any other pixel is drawn."""
    other = batch.clone()
    other[0, :, 0, 0] = value
    before, after = handed(show_grid, batch).copy(), handed(show_grid, other).copy()
    before[0, 0] = after[0, 0]
    expect_same(after, before, "one scale for all, and it must not come from the values")


@law("show_grid", lesson=2, batch=batches)
def show_grid_keeps_its_argument(show_grid, batch):
    """Looking changes nothing."""
    expect_arguments_kept(lambda t: handed(show_grid, t), batch)


@law("show_grid", lesson=2)
def show_grid_refuses_what_is_no_batch(show_grid):
    """An empty batch, pictures of different sizes and a bad number of columns are refused."""
    expect_raises(ValueError, show_grid, torch.zeros(0, 3, 2, 2), mention=["empty"])
    expect_raises(ValueError, show_grid, [torch.zeros(3, 2, 2), torch.zeros(3, 2, 3)], mention=["one size"])
    expect_raises(ValueError, show_grid, torch.zeros(2, 3, 2, 2), columns=0, mention=["columns"])

