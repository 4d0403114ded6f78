"""Laws about drawing: what show and show_grid hand to the screen, and what they say above it."""

import math

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import seeing_tensors
from seeing_tensors.course.laws import expect, expect_arguments_kept, expect_raises, expect_same, law
from seeing_tensors.course.laws.expectations import picture_of

from .strategies import EVERY_FLOAT, INTEGERS, batches, float_tensors, images, sides

# ----------------------------------------------------------------------- show


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


def handed(draw, x, **options):
    """The picture that `show` or `show_grid` hands to matplotlib. Colour bytes are drawn as they are."""
    image = draw(x, AXES, **options).images[-1]
    image.remove()
    pixels = np.asarray(image.get_array())
    expect((pixels.dtype, pixels.shape[2]) == (np.uint8, 3), got=picture_of(pixels), expected="bytes (H, W, 3)")
    return pixels


def title(draw, x, **options):
    """What stands above the picture."""
    return draw(x, bare_axes(400), **options).get_title()


# equation

STRANGE = st.sampled_from([math.nan, math.inf, -math.inf, -1e-6, 1.0001, 1e30, -7.0]) | st.floats(0, 1, width=32)
LABELS = hnp.arrays(np.int64, st.tuples(sides(4), sides(4)), elements=st.integers(-3, 40))
SHOWN = (
    float_tensors(-1, 2)
    | float_tensors(-1, 2, channels=(1,)).map(lambda x: x[0])
    | images().map(lambda a: torch.from_numpy(a).permute(2, 0, 1))
    | LABELS.map(torch.from_numpy)
)


@law("show", lesson=2, rank="mathematics", x=SHOWN, value=STRANGE, label=st.integers(-3, 300))
def show_treats_each_pixel_alone(show, x, value, label):
    """Changing one pixel, to anything at all, never changes how show draws another."""
    other = x.clone()
    other[..., -1, -1] = value if x.is_floating_point() else label % 256
    before, after = shown(show, x), shown(show, other)
    before[-1, -1] = after[-1, -1]
    expect_same(after, before, "the scale must come from the type, not from the values")


@law("show", lesson=2, rank="mathematics")
def every_level_is_drawn_as_itself(show):
    """All 256 levels, as uint8 or as k / 255, in grey or in colour, reach the screen unchanged."""
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16)
    expected = np.ascontiguousarray(levels.permute(1, 2, 0).expand(16, 16, 3).numpy())
    for x in (levels, levels[0], levels.expand(3, -1, -1), levels / 255, (levels / 255).expand(3, -1, -1)):
        expect_same(shown(show, x), expected, "imshow draws some levels one too dark; hand it bytes")


WHITE_OR_BLACK = st.sampled_from([0.0, 1.0])
SHAPES = st.sampled_from([(2, 3), (1, 2, 3), (3, 2, 3)])


@law("show", lesson=2, rank="mathematics", value=WHITE_OR_BLACK, shape=SHAPES)
def white_is_white(show, value, shape):
    """A picture of ones is white and a picture of zeros is black, bools too."""
    expected = np.full((2, 3, 3), int(255 * value), np.uint8)
    expect_same(shown(show, torch.full(shape, value)), expected, "no autoscale: a constant has no range of its own")
    expect_same(shown(show, torch.full(shape, bool(value))), expected)


LOW, WIDTH = st.floats(-3, -1, width=16), st.floats(1, 8, width=16)


@law("show", lesson=2, rank="mathematics", x=float_tensors(-5, 5), low=LOW, width=WIDTH)
def other_limits_only_when_given(show, x, low, width):
    """With vmin and vmax, the value vmin is black, vmax is white, and what lies between is in proportion."""
    high = low + width
    position = (x.double() - low) / (high - low)
    levels = (position.clamp(0, 1) * 255).round().to(torch.uint8)
    expected = np.ascontiguousarray(levels.expand(3, -1, -1).permute(1, 2, 0).numpy())
    expect_same(shown(show, x, vmin=low, vmax=high), expected)


@law("show", lesson=2, rank="mathematics")
def labels_have_colors_of_their_own(show):
    """The labels 0 to 20 of an integer type are drawn in 21 different colours, and labels below 0 in white."""
    colors = shown(show, torch.arange(-1, 21)[None])[0]
    different = len({tuple(c) for c in colors})
    expect(different == 22, got=f"{different} colours", expected="22 colours")
    expect_same(colors[0], np.array([255, 255, 255], np.uint8))


@law("show", lesson=2, rank="mathematics")
def what_is_not_finite_is_painted(show):
    """NaN and inf are painted magenta, in grey and in colour."""
    for broken in (math.nan, math.inf, -math.inf):
        for shape in ((1, 1, 2), (3, 1, 2)):
            x = torch.full(shape, 0.5)
            x[0, 0, 0] = broken
            expect_same(shown(show, x)[0, 0], np.array([255, 0, 255], np.uint8))


@law("show", lesson=2, rank="mathematics")
def the_title_tells_what_is_unseen(show):
    """The title gives the fractions below black, above white and not finite, and is silent when all is seen."""
    one_each = torch.tensor([[[-1.0, 0.5, 0.5, 2.0]]]).expand(3, -1, -1)
    expect_same(title(show, one_each), "unseen: 25% below black, 25% above white")
    expect_same(title(show, torch.tensor([[math.nan, 0.5]])), "unseen: 50% not finite")
    expect_same(title(show, torch.full((3, 2, 2), 0.5)), "")
    expect_same(title(show, torch.arange(4)[None]), "")
    expect_same(title(show, one_each, title="cat").splitlines()[0], "cat", "the given title comes first")


@law("show", lesson=2, rank="mathematics")
def small_fractions_are_not_hidden(show):
    """One value of ten thousand out of range is in the title."""
    x = torch.zeros(100, 100)
    x[0, 0] = 1.5
    expect_same(title(show, x), "unseen: <0.1% above white")
    expect_same(title(show, -x), "unseen: <0.1% below black")
    x[0, 0] = math.inf
    expect_same(title(show, x), "unseen: <0.1% not finite")


@law("show", lesson=2, rank="mathematics", image=images())
def arrays_and_tensors_are_drawn_alike(show, image):
    """An array (H, W, 3) and the tensor (3, H, W) of the same values give the same picture."""
    expect_same(shown(show, image), shown(show, torch.from_numpy(image).permute(2, 0, 1)))


@law("show", lesson=2, rank="mathematics")
def only_labels_are_never_blended(show):
    """Labels and bools are drawn with interpolation "nearest", photos with matplotlib's default; the axes are off."""
    default = matplotlib.rcParams["image.interpolation"]
    for x, how in [
        (torch.zeros(2, 2, dtype=torch.int64), "nearest"),
        (torch.zeros(1, 2, 2, dtype=torch.bool), "nearest"),
        (torch.zeros(2, 2, dtype=torch.uint8), "nearest"),
        (torch.zeros(3, 2, 2), default),
        (torch.zeros(2, 2), default),
        (torch.zeros(3, 2, 2, dtype=torch.uint8), default),
    ]:
        ax = bare_axes()
        ax.axis("on")
        (image,) = show(x, ax).images
        expect_same(image.get_interpolation(), how, "blended labels have colours of other labels")
        expect(not ax.axison, got="axes with ticks", expected="axes switched off")


# edges


@law("show", lesson=2, rank="range")
def a_narrow_picture_has_a_title_of_more_lines(show):
    """Above a narrow picture the lines of the title break between the fractions only."""
    one_each = torch.tensor([[[-1.0, 0.5, 0.5, 2.0]]]).expand(3, -1, -1)
    expect_same(show(one_each, bare_axes(100)).get_title(), "unseen:\n25% below black,\n25% above white")


@law("show", lesson=2, rank="range")
def show_makes_axes_when_there_are_none(show):
    """Without axes a new figure is made; on axes used before, the old title goes."""
    ax = show(torch.zeros(3, 2, 2))
    plt.close(ax.figure)
    expect(len(ax.images) == 1, got=f"{len(ax.images)} images", expected="one")
    ax = bare_axes()
    show(torch.full((2, 2), 2.0), ax, title="first")
    cause = "a title left over says what is unseen in another picture"
    expect_same(show(torch.zeros(2, 2), ax).get_title(), "", cause)


# types and layouts


@law("show", lesson=2, rank="range", cases=[{"dtype": d} for d in (*INTEGERS, np.int8, ">u2")])
def labels_are_labels_in_every_integer_type(show, dtype):
    """Labels look the same in every integer type but uint8 and with an axis of one: 21 like 1, and none like 0."""
    labels = np.array([[0, 1, 2, 20, 21, 41, 120, min(1000, np.iinfo(dtype).max)]], dtype)
    expected = handed(show, labels.astype(np.int64))
    cause = "white is no label's colour, and the colours repeat after label 20"
    distinct = len(np.unique(expected[0, :4], axis=0))
    expect(distinct == 4, got=f"{distinct} colours", expected="four colours", cause=cause)
    expect_same(expected[0, 4:6], expected[0, [1, 1]], cause)
    like_background = (expected[0, 1:] == expected[0, 0]).all(axis=1)
    expect_same(like_background, np.zeros(7, bool), "a label in the background's colour is not seen")
    native = torch.from_numpy(labels.astype(labels.dtype.newbyteorder("=")))
    for x in (labels, labels[:, :, None], native, native[None]):
        expect_same(handed(show, x), expected)
    if np.iinfo(dtype).max > 255:
        far = np.array([[0, 21, 255, 256, 257, 1000]], dtype)
        near = np.where(far, (far.astype(np.int64) - 1) % 20 + 1, 0)
        expect_same(handed(show, far), handed(show, near), "no byte cast: 256 is no background")
    if np.iinfo(dtype).min < 0:
        below = handed(show, np.array([[-1, -2, -100]], dtype))
        expect_same(below, np.full((1, 3, 3), 255, np.uint8))


ZERO_FIVE_TEN = [np.array([[0, 5, 10]], kind) for kind in (np.int64, np.uint8, np.uint16, np.float16)]


@law("show", lesson=2, rank="range", cases=[{"x": x} for x in ZERO_FIVE_TEN])
def limits_hold_for_every_type(show, x):
    """Given limits make a grey scale of any type, uint8 and labels too; the title counts against them."""
    expect_same(handed(show, x, vmin=0, vmax=10)[0, :, 0], np.array([0, 128, 255], np.uint8))
    expect_same(title(show, x, vmin=0, vmax=10), "")
    expect_same(title(show, x, vmin=1, vmax=6), "unseen: 33% below black, 33% above white")
    expect_same(title(show, x, vmin=1, vmax=300), "unseen: 33% below black")
    expect_same(handed(show, x > 0, vmin=0, vmax=2)[0, :, 0], np.array([0, 128, 128], np.uint8))


@law("show", lesson=2, rank="range", cases=[{"dtype": d} for d in (np.int16, np.int64, np.uint16)])
def integer_color_is_held_against_0_to_255(show, dtype):
    """A colour picture of wide integers is drawn like bytes, clipped at 0 and 255, and the title says how much was."""
    x = np.array([[[0, 100, 255], [256, 300, 1000]]], dtype)
    expected = np.array([[[0, 100, 255], [255, 255, 255]]], np.uint8)
    expect_same(handed(show, x), expected, "neither wrap nor divide by the type's largest number")
    expect_same(title(show, x), "unseen: 50% above white")


@law("show", lesson=2, rank="range")
def a_picture_that_is_wanted_for_training_can_be_shown(show):
    """Every float type, one that wants a gradient, (H, W, 1) and a permuted view are drawn like plain float64."""
    x = torch.linspace(-0.1, 1.1, 1000).half().reshape(1, 20, 50).expand(3, -1, -1)
    for dtype in EVERY_FLOAT:
        y = x.to(dtype)
        expected = handed(show, y.double())
        for other in (y, y.clone().requires_grad_(), y.permute(1, 2, 0).contiguous().permute(2, 0, 1)):
            expect_same(handed(show, other), expected, "half precision is too coarse for 255 x")
    expect_same(handed(show, x[0].numpy()[:, :, None]), handed(show, x.double()))


@law("show", lesson=2, rank="manners", x=float_tensors(-1, 2))
def show_keeps_its_argument(show, x):
    """Looking changes nothing."""
    expect_arguments_kept(lambda t: handed(show, t), x)


# refusals


@law("show", lesson=2, rank="manners")
def show_refuses_what_is_no_picture(show):
    """Every shape and type that cannot be drawn honestly is refused with a reason."""
    ax = bare_axes()
    expect_raises(ValueError, show, torch.zeros(2, 3, 4, 4), ax, mention=["(2, 3, 4, 4)", "show_grid"])
    for shape in [(4,), (2, 4, 4), (4, 4, 4), (), (3, 0, 4)]:
        expect_raises(ValueError, show, torch.zeros(shape), ax, mention=[str(shape)])
    expect_raises(ValueError, show, np.zeros((3, 4, 5)), ax, mention=["(3, 4, 5)"])
    expect_raises(TypeError, show, torch.zeros(3, 2, 2, dtype=torch.complex64), ax, mention=["complex64"])
    expect_raises(TypeError, show, "cat.png", ax, mention=["str"])


BAD_LIMITS = [{"vmin": 0}, {"vmax": 1}] + [
    {"vmin": low, "vmax": high}
    for low, high in [(1, 1), (1, 0), (math.nan, 1), (0, math.nan), (0, math.inf), (-math.inf, 0)]
]


@law("show", lesson=2, rank="manners", cases=[{"limits": limits} for limits in BAD_LIMITS])
def limits_must_make_sense(show, limits):
    """One limit alone, equal or turned limits, and NaN or infinity as a limit are ValueErrors, in colour too."""
    for shape in ((2, 2), (3, 2, 2)):
        expect_raises(ValueError, show, torch.zeros(shape), bare_axes(), **limits, mention=["vm"])


# ------------------------------------------------------------------ show_grid

# equation

COLUMNS = st.none() | st.integers(1, 8)


@law("show_grid", lesson=2, rank="mathematics", batch=batches, columns=COLUMNS)
def each_tile_is_what_show_draws(show_grid, batch, columns):
    """Picture i stands in row i // columns and column i % columns, drawn as show draws it."""
    grid = handed(show_grid, batch, columns=columns)
    across = columns or math.ceil(math.sqrt(len(batch)))
    height, width = batch.shape[2] + 2, batch.shape[3] + 2
    for i, x in enumerate(batch):
        top, left = i // across * height, i % across * width
        tile = grid[top : top + batch.shape[2], left : left + batch.shape[3]]
        expect_same(tile, handed(seeing_tensors.show, x), "one scale for all pictures")


@law("show_grid", lesson=2, rank="mathematics", batch=batches, value=STRANGE)
def show_grid_treats_each_pixel_alone(show_grid, batch, value):
    """Changing one pixel of one picture never changes how any other pixel is drawn."""
    other = batch.clone()
    other[0, :, 0, 0] = value
    before, after = handed(show_grid, batch).copy(), handed(show_grid, other).copy()
    before[0, 0] = after[0, 0]
    expect_same(after, before, "one scale for all, and it must not come from the values")


@law("show_grid", lesson=2, rank="mathematics", batch=batches, columns=COLUMNS)
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


@law("show_grid", lesson=2, rank="mathematics")
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


@law("show_grid", lesson=2, rank="mathematics")
def labels_in_a_grid_are_never_blended(show_grid):
    """A grid with labels in it is drawn with "nearest", beside photos too, and its labels are not counted as unseen."""
    labels = torch.tensor([[-1, 300], [0, 1]])
    for batch in (torch.stack([labels] * 2), [torch.zeros(3, 2, 2), labels]):
        ax = show_grid(batch, bare_axes())
        expect_same(ax.images[0].get_interpolation(), "nearest")
        expect_same(ax.get_title(), "")


# types and layouts


@law("show_grid", lesson=2, rank="range")
def takes_every_kind_of_batch(show_grid):
    """A tensor, an array (N, H, W, C), a list, a generator, labels (N, H, W) and pictures of several types will do."""
    levels = np.arange(2 * 2 * 3 * 3, dtype=np.uint8).reshape(2, 2, 3, 3) * 7
    tensor = torch.from_numpy(levels).permute(0, 3, 1, 2)
    expected = handed(show_grid, tensor)
    mixed = [tensor[0] / 255, levels[1]]
    for batch in (levels, list(levels), tuple(tensor), (x for x in tensor), mixed, tensor.double() / 255):
        expect_same(handed(show_grid, batch), expected)
    labels = torch.arange(8).reshape(2, 2, 2)
    expect_same(handed(show_grid, labels)[:, :2], handed(seeing_tensors.show, labels[0]))
    greys = torch.tensor([[[0.0, 5.0]], [[10.0, 2.5]]])
    expected = np.array([[0, 128], [255, 255], [255, 255], [255, 64]], np.uint8)
    expect_same(handed(show_grid, greys, vmin=0, vmax=10, columns=1)[..., 0], expected)


@law("show_grid", lesson=2, rank="manners", batch=batches)
def show_grid_keeps_its_argument(show_grid, batch):
    """Looking changes nothing."""
    expect_arguments_kept(lambda t: handed(show_grid, t), batch)


# refusals


@law("show_grid", lesson=2, rank="manners")
def show_grid_refuses_what_is_no_batch(show_grid):
    """An empty batch, pictures of different sizes and a bad number of columns are refused."""
    expect_raises(ValueError, show_grid, torch.zeros(0, 3, 2, 2), mention=["empty"])
    expect_raises(ValueError, show_grid, [torch.zeros(3, 2, 2), torch.zeros(3, 2, 3)], mention=["one size"])
    expect_raises(ValueError, show_grid, torch.zeros(2, 3, 2, 2), columns=0, mention=["columns"])
    for columns in (2.5, "2"):
        batch = torch.zeros(4, 3, 2, 2)
        expect_raises(TypeError, show_grid, batch, bare_axes(), columns=columns, mention=["columns"])


@law("show_grid", lesson=2, rank="manners")
def one_picture_is_no_batch(show_grid):
    """One array (H, W, 3) is not a batch of H grey pictures; a video, a scalar and what is no picture are refused."""
    for thing, shape in [
        (np.zeros((4, 5, 3), np.uint8), "(4, 5, 3)"),
        (torch.zeros(2, 2, 3, 4, 5), "(2, 2, 3, 4, 5)"),
        (torch.tensor(1.0), "()"),
        (np.array(1.0), "()"),
    ]:
        expect_raises(ValueError, show_grid, thing, bare_axes(), mention=["show_grid", shape])
    for thing in (None, 5, {"a": torch.zeros(3, 2, 2)}):
        expect_raises(TypeError, show_grid, thing, bare_axes(), mention=["show_grid", type(thing).__name__])
