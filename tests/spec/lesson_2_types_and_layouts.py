"""Laws of lesson 2 about types, layouts and edges: the same pictures in every float and integer type, view and batch."""

import math
import warnings

import matplotlib
import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seeing_tensors.expectations import expect, expect_close, expect_raises, expect_same
from seeing_tensors.laws import law

from .lesson_2_display import FLOATS, bare_axes, batches, drawn, handed
from .strategies import float_tensors, images, sides

EVERY_FLOAT = (*FLOATS, torch.bfloat16)
INTEGERS = [np.uint16, np.int16, np.uint32, np.int32, np.uint64, np.int64]

# ------------------------------------------------------------------- to_uint8


@law("to_uint8", lesson=2)
def half_precision_is_widened_first(to_uint8):
    """Every float16 number but NaN becomes the byte nearest to 255 x, computed exactly."""
    x = torch.arange(2**16, dtype=torch.int32).to(torch.int16).view(torch.float16)
    x = x[~x.isnan()]
    expected = (x.double() * 255).round().clamp(0, 255).to(torch.uint8)
    expect_same(to_uint8(x), expected, "255 x has more digits than float16: convert to float32 before the product")


@law("to_uint8", lesson=2, k=st.integers(0, 254), side=st.sampled_from([-1, 1]))
def float64_is_not_narrowed(to_uint8, k, side):
    """In float64 a value just below (k + 1/2) / 255 becomes k, one just above it k + 1."""
    x = torch.tensor((k + 0.5) / 255 * (1 + side * 2.0**-45), dtype=torch.float64)
    expect_same(to_uint8(x), torch.tensor(k + (side > 0), dtype=torch.uint8), "compute in the type of x")


@law("to_uint8", lesson=2, cases=[{"dtype": d} for d in EVERY_FLOAT])
def no_axes_and_no_values(to_uint8, dtype):
    """A tensor without axes, an empty one, a bfloat16 one and one that wants a gradient are converted like others."""
    expect_same(to_uint8(torch.tensor(1.0, dtype=dtype)), torch.tensor(255, dtype=torch.uint8))
    expect_same(to_uint8(torch.zeros(0, 3, dtype=dtype)), torch.zeros(0, 3, dtype=torch.uint8))
    expect_same(to_uint8(torch.ones(2, dtype=dtype, requires_grad=True)), torch.full((2,), 255, dtype=torch.uint8))


# ------------------------------------------------------------------- to_image


@law("to_image", lesson=2, cases=[{"dtype": d, "channels": c} for d in EVERY_FLOAT for c in (1, 3)])
def is_to_uint8_with_channels_last(to_image, dtype, channels):
    """The levels are those of to_uint8, infinities too, for every float type and for a tensor that wants a gradient."""
    import seeing_tensors

    k = torch.arange(channels * 700) % 300 - 20
    x = ((k + 0.3 + 0.4 * (k % 2)) / 255).reshape(channels, 20, 35).to(dtype)  # at half a level a wider type may round the other way
    x[0, 0, :2] = torch.tensor([math.inf, -math.inf])
    levels = seeing_tensors.to_uint8(x).permute(1, 2, 0).numpy()
    expected = np.ascontiguousarray(levels if channels == 3 else levels[..., 0])
    expect_same(to_image(x), expected, "round and clamp in the type of x, do not truncate")
    expect_same(to_image(x.requires_grad_()), expected)


@law("to_image", lesson=2)
def to_image_refuses_nan(to_image):
    """A NaN in any channel is a ValueError."""
    for c in range(3):
        x = torch.zeros(3, 2, 2)
        x[c, 1, 1] = math.nan
        expect_raises(ValueError, to_image, x, mention=["NaN"])


@law("to_image", lesson=2, image=images())
def to_image_reads_any_layout(to_image, image):
    """Flipped and permuted views of a uint8 or float tensor give the pixels at their places."""
    x = torch.from_numpy(image).permute(2, 0, 1)
    for view in (x, x.flip(2), x.transpose(1, 2), x.contiguous()):
        expected = np.ascontiguousarray(view.permute(1, 2, 0).numpy())
        expect_same(to_image(view), expected)
        expect_same(to_image(view / 255), expected)


# --------------------------------------------------------------------- unseen


@law("unseen", lesson=2, cases=[{"dtype": d} for d in INTEGERS])
def in_every_integer_type_255_is_seen(unseen, dtype):
    """0 and 255 are seen, 256 and the largest number are not, and below 0 counts as below; in every integer type."""
    low = max(-1, np.iinfo(dtype).min)
    array = np.array([[0, 255, 256, np.iinfo(dtype).max, low]], dtype)
    expect_close(unseen(array), np.array([[0.2 * (low < 0), 0.4, 0.0]]), within=1e-12)
    expect_close(unseen(torch.from_numpy(array)), unseen(array), within=0)


@law("unseen", lesson=2, x=float_tensors(-1, 2), dtype=st.sampled_from(EVERY_FLOAT))
def every_float_type_and_layout_is_counted(unseen, x, dtype):
    """In every float type, for a tensor that wants a gradient, a permuted view, and (H, W), the fractions are those of the values."""
    x = x.to(dtype)
    expected = unseen(x.double())
    view = x.permute(1, 2, 0).contiguous().permute(2, 0, 1)
    for other in (x, x.clone().requires_grad_(), view):
        expect_close(unseen(other), expected, within=0)
    expect_close(unseen(x[0]), expected[:1], within=0)


@law("unseen", lesson=2, bits=hnp.arrays(bool, st.tuples(sides(), sides())))
def truth_is_always_seen(unseen, bits):
    """No bool is ever unseen, in arrays and tensors."""
    expect_close(unseen(bits), np.zeros((1, 3)), within=0)
    expect_close(unseen(torch.from_numpy(bits)), np.zeros((1, 3)), within=0)


@law("unseen", lesson=2, batch=batches)
def a_video_counts_by_channel(unseen, batch):
    """In a batch of videos (B, T, C, H, W) the channel is still axis -3."""
    expect_close(unseen(torch.stack([batch, batch + 1])), (unseen(batch) + unseen(batch + 1)) / 2, within=1e-12)


# ------------------------------------------------------------------- describe


@law("describe", lesson=2)
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


@law("describe", lesson=2)
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


@law("describe", lesson=2, cases=[{"dtype": d} for d in EVERY_FLOAT])
def names_the_type_it_was_given(describe, dtype):
    """The line begins with the type of the tensor, bfloat16 too."""
    name = str(dtype).removeprefix("torch.")
    line = describe(torch.zeros(3, 2, 2, dtype=dtype, requires_grad=True))
    expect(line.startswith(name + " "), got=repr(line), expected=f"a line that begins with {name}")


# -------------------------------------------------------------- imshow_pixels


FLOATS_IN_BOTH_ORDERS = [{"dtype": d} for d in ("<f2", "<f4", "<f8", ">f2", ">f4", ">f8")]
INTEGERS_IN_BOTH_ORDERS = [{"dtype": d} for d in (*INTEGERS, np.int8, np.uint8, ">i2", ">u4")]


@law("imshow_pixels", lesson=2, cases=FLOATS_IN_BOTH_ORDERS)
def predicts_every_level_in_every_float_type(imshow_pixels, dtype):
    """With one channel, all levels k / 255 and a thousand other values are drawn as predicted, in each float type and byte order."""
    levels = (np.arange(255) / 255).astype(dtype).reshape(15, 17)
    noise = (np.random.default_rng(0).normal(size=(32, 32)) * 10).astype(dtype)
    for options in ({}, {"vmin": 0, "vmax": 1}, {"vmin": -7.3, "vmax": 11.1}):
        for array in (levels, noise):
            expected = drawn(array, cmap="gray", **options)
            expect_same(imshow_pixels(array, cmap="gray", **options), expected, "compute in the array's own float type")


@law("imshow_pixels", lesson=2, cases=FLOATS_IN_BOTH_ORDERS)
def predicts_every_level_in_colour(imshow_pixels, dtype):
    """With three channels, all levels k / 255 are drawn as predicted, in each float type and byte order."""
    levels = (np.arange(255) / 255).astype(dtype).reshape(5, 17, 3)
    expect_same(imshow_pixels(levels), drawn(levels), "three channels are computed in float64")


@law("imshow_pixels", lesson=2, cases=INTEGERS_IN_BOTH_ORDERS)
def predicts_the_ends_of_every_integer_type(imshow_pixels, dtype):
    """With one channel, the smallest and the largest integer of each type are drawn as predicted."""
    row = ends_of(dtype)
    expect_same(imshow_pixels(row, cmap="viridis"), drawn(row, cmap="viridis"))


@law("imshow_pixels", lesson=2, cases=INTEGERS_IN_BOTH_ORDERS)
def predicts_the_ends_in_colour(imshow_pixels, dtype):
    """With three channels, the smallest and the largest integer of each type are drawn as predicted."""
    picture = np.dstack([ends_of(dtype)] * 3)
    expect_same(imshow_pixels(picture), drawn(picture), "clip to [0, 255], never wrap")


def ends_of(dtype):
    info = np.iinfo(dtype)
    return np.array([[info.min, 0, 1, 100, info.max // 2, info.max]], dtype)


@law("imshow_pixels", lesson=2, array=hnp.arrays(np.float32, (3, 4), elements=st.floats(-2, 3, width=32)))
def one_channel_may_have_an_axis_of_its_own(imshow_pixels, array):
    """(H, W, 1) is drawn as (H, W), and a flipped, transposed or read-only view as its copy."""
    expected = imshow_pixels(array, cmap="viridis")
    expect_same(imshow_pixels(array[:, :, None], cmap="viridis"), expected)
    for view in (array[::-1], array.T):
        view.flags.writeable = False
        expect_same(imshow_pixels(view), imshow_pixels(view.copy()))


@law("imshow_pixels", lesson=2)
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


@law("min_max_scale", lesson=2, cases=[{"dtype": d} for d in EVERY_FLOAT])
def keeps_the_type_and_any_width(min_max_scale, dtype):
    """The result has the type of x, and a range of a few smallest numbers is stretched like any other."""
    tiny = torch.finfo(dtype).smallest_normal
    x = torch.tensor([0, 1, 4], dtype=dtype) * tiny
    expect_same(min_max_scale(x), torch.tensor([0, 0.25, 1], dtype=dtype), "add no epsilon to the range")
    expect_same(min_max_scale(x.reshape(3, 1)[::2]), torch.tensor([[0], [1]], dtype=dtype))


@law("min_max_scale", lesson=2, batch=batches)
def one_scale_for_the_whole_tensor(min_max_scale, batch):
    """A batch is stretched as one: the smallest value of all pictures becomes 0, the largest 1."""
    batch = torch.cat([batch, batch[:1] / 2 + 3])
    expect_same(min_max_scale(batch).flatten(), min_max_scale(batch.flatten()), "min and max over everything")


@law("min_max_scale", lesson=2, place=st.integers(0, 4), broken=st.sampled_from([math.nan, math.inf, -math.inf]))
def one_broken_value_anywhere_is_refused(min_max_scale, place, broken):
    """A single NaN or infinity at any place is a ValueError."""
    x = torch.arange(5.0)
    x[place] = broken
    expect_raises(ValueError, min_max_scale, x)


@law("saturation", lesson=2)
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


@law("split_view", lesson=2, batch=batches)
def splits_each_picture_of_a_batch(split_view, batch):
    """In a batch and in (H, W), tensor or array, the split is at the middle column too."""
    result = split_view(batch, batch + 5)
    for one, x in zip(result, batch, strict=True):
        expect_same(one, split_view(x, x + 5))
    plane = batch[0, 0]
    expected = torch.cat([plane[:, : plane.shape[1] // 2], plane[:, plane.shape[1] // 2 :] + 5], dim=1)
    expect_same(split_view(plane, plane + 5), expected)
    expect_same(split_view(plane.numpy(), plane.numpy() + 5), expected.numpy())


@law("split_view", lesson=2)
def split_view_compares_kinds_not_classes(split_view):
    """A parameter beside a tensor is split; a batch of arrays, whose width is not axis 1, and a row are refused."""
    x = torch.zeros(3, 2, 4)
    expect_same(split_view(torch.nn.Parameter(x), x + 1).detach(), split_view(x, x + 1))
    expect_raises(ValueError, split_view, np.zeros((2, 4, 6, 3)), np.ones((2, 4, 6, 3)), mention=["(2, 4, 6, 3)"])
    expect_raises(ValueError, split_view, torch.zeros(3), torch.zeros(3), mention=["(3,)"])


# ----------------------------------------------------------- show, show_grid


def title(draw, x, **options):
    return draw(x, bare_axes(400), **options).get_title()


@law("show", lesson=2, cases=[{"dtype": d} for d in (*INTEGERS, np.int8, ">u2")])
def labels_are_labels_in_every_integer_type(show, dtype):
    """Labels look the same in every integer type but uint8, as (H, W), (1, H, W) and (H, W, 1): label 21 like label 1, never 0."""
    labels = np.array([[0, 1, 2, 20, 21, 41, 120, min(1000, np.iinfo(dtype).max)]], dtype)
    expected = handed(show, labels.astype(np.int64))
    cause = "white is no label's colour, and the colours repeat after label 20"
    expect(len(np.unique(expected[0, :4], axis=0)) == 4, got="equal colours", expected="four colours", cause=cause)
    expect_same(expected[0, 4:6], expected[0, [1, 1]], cause)
    expect(bool((expected[0, 1:] != expected[0, 0]).any(axis=1).all()), got="a label in the background's colour", expected="another", cause=cause)
    native = torch.from_numpy(labels.astype(labels.dtype.newbyteorder("=")))
    for x in (labels, labels[:, :, None], native, native[None]):
        expect_same(handed(show, x), expected)
    if np.iinfo(dtype).max > 255:
        far = np.array([[0, 21, 255, 256, 257, 1000]], dtype)
        expect_same(handed(show, far), handed(show, np.where(far, (far.astype(np.int64) - 1) % 20 + 1, 0)), "no byte cast: 256 is no background")
    if np.iinfo(dtype).min < 0:
        below = handed(show, np.array([[-1, -2, -100]], dtype))
        expect_same(below, np.full((1, 3, 3), 255, np.uint8))


@law("show", lesson=2, cases=[{"x": x} for x in (np.array([[0, 5, 10]]), np.array([[0, 5, 10]], np.uint8), np.array([[0, 5, 10]], np.uint16), np.array([[0.0, 5.0, 10.0]], np.float16))])
def limits_hold_for_every_type(show, x):
    """Given limits make a grey scale of any type, uint8 and labels too; the title counts against them."""
    expect_same(handed(show, x, vmin=0, vmax=10)[0, :, 0], np.array([0, 128, 255], np.uint8))
    expect_same(title(show, x, vmin=0, vmax=10), "")
    expect_same(title(show, x, vmin=1, vmax=6), "unseen: 33% below black, 33% above white")
    expect_same(handed(show, x > 0, vmin=0, vmax=2)[0, :, 0], np.array([0, 128, 128], np.uint8))


@law("show", lesson=2)
def limits_must_make_sense(show):
    """One limit alone, equal or turned limits, and NaN or infinity as a limit are ValueErrors."""
    for limits in ({"vmin": 0}, {"vmax": 1}, *({"vmin": a, "vmax": b} for a, b in [(1, 1), (1, 0), (math.nan, 1), (0, math.nan), (0, math.inf), (-math.inf, 0)])):
        expect_raises(ValueError, show, torch.zeros(2, 2), bare_axes(), **limits, mention=["vm"])


@law("show", lesson=2, cases=[{"dtype": d} for d in (np.int16, np.int64, np.uint16)])
def integer_colour_is_held_against_0_to_255(show, dtype):
    """A colour picture of wide integers is drawn like bytes, clipped at 0 and 255, and the title says how much was."""
    x = np.array([[[0, 100, 255], [256, 300, 1000]]], dtype)
    expect_same(handed(show, x), np.array([[[0, 100, 255], [255, 255, 255]]], np.uint8), "neither wrap nor divide by the type's largest number")
    expect_same(title(show, x), "unseen: 50% above white")


@law("show", lesson=2)
def a_picture_that_is_wanted_for_training_can_be_shown(show):
    """Half and bfloat16, a tensor that wants a gradient, (H, W, 1) and a permuted view are drawn like plain float32."""
    x = torch.linspace(-0.1, 1.1, 1000).half().reshape(1, 20, 50).expand(3, -1, -1)
    for dtype in EVERY_FLOAT:
        y = x.to(dtype)
        expected = handed(show, y.double())
        for other in (y, y.clone().requires_grad_(), y.permute(1, 2, 0).contiguous().permute(2, 0, 1)):
            expect_same(handed(show, other), expected, "half precision is too coarse for 255 x")
    expect_same(handed(show, x[0].numpy()[:, :, None]), handed(show, x.double()))


@law("show", lesson=2)
def small_fractions_are_not_hidden(show):
    """One value of ten thousand out of range is in the title."""
    x = torch.zeros(100, 100)
    x[0, 0] = 1.5
    expect_same(title(show, x), "unseen: <0.1% above white")
    expect_same(title(show, -x), "unseen: <0.1% below black")
    x[0, 0] = math.inf
    expect_same(title(show, x), "unseen: <0.1% not finite")


@law("show", lesson=2)
def only_labels_are_never_blended(show):
    """Labels and bools are drawn with interpolation "nearest", photos with matplotlib's default; the axes are off."""
    for x, how in [
        (torch.zeros(2, 2, dtype=torch.int64), "nearest"),
        (torch.zeros(1, 2, 2, dtype=torch.bool), "nearest"),
        (torch.zeros(3, 2, 2), matplotlib.rcParams["image.interpolation"]),
        (torch.zeros(2, 2), matplotlib.rcParams["image.interpolation"]),
        (torch.zeros(3, 2, 2, dtype=torch.uint8), matplotlib.rcParams["image.interpolation"]),
    ]:
        ax = bare_axes()
        ax.axis("on")
        (image,) = show(x, ax).images
        expect_same(image.get_interpolation(), how, "blended labels have colours of other labels")
        expect(not ax.axison, got="axes with ticks", expected="axes switched off")


@law("show", lesson=2)
def show_makes_axes_when_there_are_none(show):
    """Without axes a new figure is made; on axes used before, the old title goes."""
    import matplotlib.pyplot as plt

    ax = show(torch.zeros(3, 2, 2))
    plt.close(ax.figure)
    expect(len(ax.images) == 1, got=f"{len(ax.images)} images", expected="one")
    ax = bare_axes()
    show(torch.full((2, 2), 2.0), ax, title="first")
    expect_same(show(torch.zeros(2, 2), ax).get_title(), "", "a title left over says what is unseen in another picture")


@law("show_grid", lesson=2, batch=batches, columns=st.none() | st.integers(1, 8))
def the_grid_is_no_larger_than_its_pictures(show_grid, batch, columns):
    """The grid has as many rows and columns as needed, white gaps of two pixels, and white where no picture stands."""
    grid = handed(show_grid, batch, columns=columns)
    n, _, height, width = batch.shape
    across = min(columns or math.ceil(math.sqrt(n)), n)
    down = math.ceil(n / across)
    expect_same(grid.shape, (down * (height + 2) - 2, across * (width + 2) - 2, 3))
    paper = np.ones(grid.shape[:2], bool)
    for i in range(n):
        top, left = i // across * (height + 2), i % across * (width + 2)
        paper[top : top + height, left : left + width] = False
    expect_same(grid[paper], np.full((int(paper.sum()), 3), 255, np.uint8))


@law("show_grid", lesson=2)
def takes_every_kind_of_batch(show_grid):
    """A tensor, an array (N, H, W, C), a list, a generator, labels (N, H, W) and pictures of several types are drawn alike."""
    import seeing_tensors

    levels = np.arange(2 * 2 * 3 * 3, dtype=np.uint8).reshape(2, 2, 3, 3) * 7
    tensor = torch.from_numpy(levels).permute(0, 3, 1, 2)
    expected = handed(show_grid, tensor)
    for batch in (levels, list(levels), tuple(tensor), (x for x in tensor), [tensor[0] / 255, levels[1]], tensor.double() / 255):
        expect_same(handed(show_grid, batch), expected)
    labels = torch.arange(8).reshape(2, 2, 2)
    expect_same(handed(show_grid, labels)[:, :2], handed(seeing_tensors.show, labels[0]))
    expect_same(handed(show_grid, torch.tensor([[[0.0, 5.0]], [[10.0, 2.5]]]), vmin=0, vmax=10, columns=1)[..., 0], np.array([[0, 128], [255, 255], [255, 255], [255, 64]], np.uint8))


@law("show_grid", lesson=2)
def the_title_tells_what_is_unseen_in_all(show_grid):
    """The title counts over every picture of the batch, against the limits when given."""
    batch = torch.zeros(4, 3, 2, 2)
    expect_same(title(show_grid, batch, title="four"), "four")
    batch[3] = 2
    expect_same(title(show_grid, batch, title="four"), "four\nunseen: 25% above white")
    batch[0, :, 0] = -math.inf
    expect_same(title(show_grid, batch), "unseen: 25% above white, 12% not finite")
    expect_same(title(show_grid, batch[3:], vmin=0, vmax=2), "")
    expect_same(title(show_grid, torch.full((2, 2, 2), -1)), "", "labels are all seen")


@law("show_grid", lesson=2)
def labels_in_a_grid_are_never_blended(show_grid):
    """A grid with labels in it is drawn with "nearest", beside photos too, and its labels are not counted as unseen."""
    labels = torch.tensor([[-1, 300], [0, 1]])
    for batch in (torch.stack([labels] * 2), [torch.zeros(3, 2, 2), labels]):
        ax = show_grid(batch, bare_axes())
        expect_same(ax.images[0].get_interpolation(), "nearest")
        expect_same(ax.get_title(), "")


@law("show_grid", lesson=2)
def one_picture_is_no_batch(show_grid):
    """One array (H, W, 3) is not a batch of H grey pictures; a video, a scalar and columns that are no number are refused."""
    for thing, shape in [(np.zeros((4, 5, 3), np.uint8), "(4, 5, 3)"), (torch.zeros(2, 2, 3, 4, 5), "(2, 2, 3, 4, 5)")]:
        expect_raises(ValueError, show_grid, thing, bare_axes(), mention=[shape])
    for thing in (torch.tensor(1.0), np.array(1.0)):
        expect_raises(ValueError, show_grid, thing, bare_axes(), mention=["show_grid", "()"])
    for thing in (None, 5, {"a": torch.zeros(3, 2, 2)}):
        expect_raises(TypeError, show_grid, thing, bare_axes(), mention=["show_grid", type(thing).__name__])
    for columns in (2.5, "2"):
        expect_raises(TypeError, show_grid, torch.zeros(4, 3, 2, 2), bare_axes(), columns=columns, mention=["columns"])
