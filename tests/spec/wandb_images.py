"""Laws of what wandb writes of a picture, a grid, feature maps, and a list of pictures.

The pixels are read back from the file that ``wandb.Image`` wrote, through its
property `image`. wandb itself loads when a law runs, not when this file does.
"""

import math

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib import colormaps

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

from .strategies import LEVELS, MEAN, STD, U, float_tensors, images, masks, sides

FLOATS = [np.float16, np.float32, np.float64]
UNIT = {"value_range": (0, 1)}
COLORED = np.stack([LEVELS, LEVELS[::-1], LEVELS.T], axis=-1)  # each channel has all 256 levels


def written(image):
    """What stands in the file: uint8 (H, W) of a picture in mode L, (H, W, 3) of one in mode RGB."""
    return np.array(image.image)


def as_array(x):
    """A tensor (C, H, W) as an array (H, W, C)."""
    return np.ascontiguousarray(x.permute(1, 2, 0).numpy())


# -------------------------------------------------------------- to_wandb_image

photos = float_tensors(0, 1, channels=(3,))
# Ranges of floats that float32 holds, at least half a unit wide.
ranges = st.tuples(st.floats(-4, 4, width=32), st.floats(0.5, 8, width=32)).map(
    lambda pair: (pair[0], float(np.float32(pair[0] + pair[1])))
)

# equation


@law("to_wandb_image", lesson=6, rank="mathematics", part="floats", x=photos, value_range=ranges)
def rounds_to_the_nearest_level(to_wandb_image, x, value_range):
    """A value x is written as the whole number nearest to 255 (x - low) / (high - low)."""
    low, high = value_range
    x = (low + x * (high - low)).clamp(low, high)
    exact = 255 * (as_array(x).astype(np.float64) - low) / (high - low)
    # Half a level for the rounding, and four roundings in float32 of numbers as large as the ends of the range.
    slack = 255 * 4 * U * (1 + (abs(low) + abs(high)) / (high - low))
    got = written(to_wandb_image(x, value_range=value_range))
    own = exact - exact.min()
    cause = {
        "round, do not truncate": np.floor(exact),
        "the factor is 255, not 256": np.floor(256 * exact / 255).clip(max=255),
        "take the range from value_range, not from the values": np.rint(255 * own / max(own.max(), 1e-9)),
        "permute, do not reshape": np.rint(exact).transpose(2, 0, 1).reshape(exact.shape),
        "the channels are red, green, blue, in this order": np.rint(exact)[..., ::-1],
        "divide by high - low, not by high": np.rint(exact * (high - low) / (high or 1)).clip(0, 255),
        "subtract low first": np.rint(exact + 255 * low / (high - low)).clip(0, 255),
    }
    expect_close(got.astype(np.float64), exact, within=0.5 + slack, cause=cause)


def wrong_undoings(y, mean, std):
    """What is done wrong with the mean and std of a Normalize, and the levels that this leads to."""
    undone = {
        "undo the Normalize: x * std + mean": y,
        "undo the Normalize, do not apply it again: x * std + mean": (y - mean) / std,
        "times std first, then + mean": (y + mean) * std,
        "the mean is added, too": y * std,
        "each channel has its own mean and std": y * std.mean() + mean.mean(),
        "value_range is that of the picture: undo the Normalize before you clamp": y.clip(0, 1) * std + mean,
    }
    return {words: np.rint(255 * x.clip(0, 1)) for words, x in undone.items()}


def expect_levels_through_normalize(to_wandb_image, dtype):
    for mean, std in [(MEAN, STD), ((0.5,) * 3, (0.5,) * 3)]:
        y = ((COLORED / 255 - mean) / std).astype(dtype)
        for x in (y, torch.from_numpy(y).permute(2, 0, 1)):
            image = to_wandb_image(x, value_range=(0, 1), mean=mean, std=std)
            expect_same(written(image), COLORED, wrong_undoings(y.astype(np.float64), np.array(mean), np.array(std)))


@law("to_wandb_image", lesson=6, rank="mathematics", part="floats")
def a_normalize_is_undone_first(to_wandb_image):
    """With the mean and std of a Normalize, all 256 levels of all 3 channels are written as they were before it."""
    expect_levels_through_normalize(to_wandb_image, np.float32)
    # The range is that of the picture before it.
    x = torch.from_numpy(COLORED / 127.5 - 1).permute(2, 0, 1).float()
    y = library.normalize(x, MEAN, STD)
    expect_same(written(to_wandb_image(y, value_range=(-1, 1), mean=MEAN, std=STD)), COLORED, "undo, then scale")


@law("to_wandb_image", lesson=6, rank="mathematics", part="floats", x=photos)
def a_pixel_depends_on_itself_alone(to_wandb_image, x):
    """A part of a picture is written as in the whole: no other pixel decides how one is drawn."""
    whole = written(to_wandb_image(x, **UNIT))
    cause = "take the range from value_range, not from the values"
    for part, expected in [(x[:, :1], whole[:1]), (x[:, :, -1:], whole[:, -1:]), (x[:, -1:, :1], whole[-1:, :1])]:
        expect_same(written(to_wandb_image(part, **UNIT)), expected, cause)


@law("to_wandb_image", lesson=6, rank="mathematics", part="floats", x=float_tensors(-8, 8, channels=(3,)))
def with_clip_what_lies_outside_is_black_or_white(to_wandb_image, x):
    """With clip=True, what lies below value_range is written black, and what lies above it white."""
    expected = written(to_wandb_image(x.clamp(0, 1), **UNIT))
    levels = np.rint(255 * as_array(x))
    cause = {
        "clamp before the cast to uint8, which wraps": levels % 256,
        "what lies outside is black or white, not gray": np.where((levels < 0) | (levels > 255), 128, levels),
        "what lies above the range is white, not black": np.where(levels > 255, 0, levels.clip(0)),
    }
    expect_same(written(to_wandb_image(x, clip=True, **UNIT)), expected, cause)


@law("to_wandb_image", lesson=6, rank="mathematics", part="bytes", image=images())
def bytes_are_written_as_they_are(to_wandb_image, image):
    """uint8 is written unchanged, array or tensor, whatever its values are: 0 and 1 stay 0 and 1."""
    for picture in (image, image % 2, np.zeros_like(image), np.ones_like(image)):
        low, high = int(picture.min()), int(picture.max())
        stretched = np.rint((picture - low) / max(high - low, 1) * 255)
        cause = {
            "bytes need no range: do not multiply by 255": picture.astype(int) * 255 % 256,
            "bytes need no range: 0 and 1 are not black and white": picture * 255 if high < 2 else picture,
            "bytes need no range: do not stretch from smallest to largest": stretched,
        }
        expect_same(written(to_wandb_image(picture)), picture, cause)
        expect_same(written(to_wandb_image(torch.from_numpy(picture).permute(2, 0, 1))), picture, cause)


# edges


@law("to_wandb_image", lesson=6, rank="range", part="floats", cases=[{"excess": e} for e in (1e-6, 1e-4, 0.49 / 255)])
def rounding_is_not_outside(to_wandb_image, excess):
    """Up to half a level outside value_range is rounding: it is written as 0 and 255, without clip."""
    x = torch.tensor([[[-excess, 0.2, 1 + excess]]], dtype=torch.float64)
    expected = np.array([[0, 51, 255]], np.uint8)
    expect_same(written(to_wandb_image(x, **UNIT)), expected, "one value of -1e-6 must change nothing else")


@law(
    "to_wandb_image", lesson=6, rank="range", part="floats", cases=[{"value": v} for v in (0.0, 1.0, 0.2, 0.5, 1 / 255)]
)
def a_constant_keeps_its_level(to_wandb_image, value):
    """A picture of one value is written in the level of that value: nothing is stretched."""
    x = torch.full((3, 2, 3), value)
    expect_same(written(to_wandb_image(x, **UNIT)), np.full((2, 3, 3), round(255 * value), np.uint8))


@law("to_wandb_image", lesson=6, rank="range", part="floats")
def with_clip_infinity_is_black_or_white(to_wandb_image):
    """With clip=True, -inf is written black and +inf white."""
    x = torch.tensor([[[-math.inf, 0.2, math.inf]]])
    expect_same(written(to_wandb_image(x, clip=True, **UNIT)), np.array([[0, 51, 255]], np.uint8))


SIZES = [(1, 1), (1, 8), (8, 1), (2, 3), (3, 4), (3, 3), (4, 3)]


@law("to_wandb_image", lesson=6, rank="range", cases=[{"height": h, "width": w} for h, w in SIZES])
def axes_keep_their_place(to_wandb_image, height, width):
    """A picture of H rows and W columns is written with H rows and W columns, also where H or W is 1, 3 or 4."""
    colored = np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)
    grey = np.ascontiguousarray(colored[:, :, 0])
    tensor = torch.from_numpy(colored).permute(2, 0, 1)
    cause = "an array is (H, W, C), a tensor (C, H, W); squeeze takes away axes that matter"
    for x, expected, mode in [
        (colored, colored, "RGB"),
        (tensor, colored, "RGB"),
        (tensor.contiguous(), colored, "RGB"),
        (grey, grey, "L"),
        (grey[:, :, None], grey, "L"),
        (tensor[:1], grey, "L"),
        (tensor[0], grey, "L"),
        (colored[::-1], colored[::-1], "RGB"),
        (tensor / 255, colored, "RGB"),
        (tensor[:1] / 255, grey, "L"),
    ]:
        image = to_wandb_image(x, **({} if x.dtype in (np.uint8, torch.uint8) else UNIT))
        expect(image.image.mode == mode, got=f"mode {image.image.mode}", expected=f"mode {mode}", cause=cause)
        expect_same(written(image), np.ascontiguousarray(expected), cause)


# types and layouts

FOUR_RANGES = [(0, 1), (-1, 1), (0, 255), (-0.5, 0.5)]


@law(
    "to_wandb_image",
    lesson=6,
    rank="range",
    part="floats",
    cases=[{"dtype": d, "low": low, "high": high} for d in FLOATS for low, high in FOUR_RANGES],
)
def every_level_comes_back(to_wandb_image, dtype, low, high):
    """All 256 levels, spread over [0, 1], [-1, 1], [0, 255] or [-1/2, 1/2] in float16, 32 or 64, are written as they
    were."""
    x = (low + LEVELS / 255 * (high - low)).astype(dtype)
    cause = "round; to cut off loses levels"
    expect_same(written(to_wandb_image(x, value_range=(low, high))), LEVELS, cause)
    expect_same(written(to_wandb_image(torch.from_numpy(x[None]), value_range=(low, high))), LEVELS, cause)


@law("to_wandb_image", lesson=6, rank="range", part="floats", cases=[{"dtype": np.float16}, {"dtype": np.float64}])
def a_normalize_in_another_float_type_is_undone(to_wandb_image, dtype):
    """In float16 and float64, too, all 256 levels come back through a Normalize."""
    expect_levels_through_normalize(to_wandb_image, dtype)


@law("to_wandb_image", lesson=6, rank="range", part="floats", x=float_tensors(0, 1))
def tensor_and_array_agree(to_wandb_image, x):
    """A tensor (C, H, W), one that requires a gradient, the array (H, W, C) and a float64 copy give one picture."""
    expected = written(to_wandb_image(x, **UNIT))
    for same in (as_array(x), x.clone().requires_grad_(), x.double()):
        expect_same(written(to_wandb_image(same, **UNIT)), expected)


@law("to_wandb_image", lesson=6, rank="range", part="floats")
def bfloat16_is_taken(to_wandb_image):
    """bfloat16, which numpy does not have, is written by the same rule."""
    x = torch.linspace(0, 1, 24).to(torch.bfloat16).reshape(1, 4, 6)
    expect_same(written(to_wandb_image(x, **UNIT)), np.rint(255 * x[0].double().numpy()).astype(np.uint8))


@law("to_wandb_image", lesson=6, rank="range", part="bytes", image=images(channels=(1,)))
def one_channel_of_bytes_is_grey(to_wandb_image, image):
    """One channel of uint8 is written unchanged, as a picture in grey."""
    for picture in (image, image % 2):
        expect_same(written(to_wandb_image(picture)), picture[:, :, 0], "bytes need no range")
        expect_same(written(to_wandb_image(torch.from_numpy(picture).permute(2, 0, 1))), picture[:, :, 0])


@law("to_wandb_image", lesson=6, rank="range", part="bytes", mask=masks(np.bool_))
def truth_is_black_and_white(to_wandb_image, mask):
    """bool is written as 0 for False and 255 for True."""
    expected = np.where(mask, 255, 0).astype(np.uint8)
    expect_same(written(to_wandb_image(mask)), expected)
    expect_same(written(to_wandb_image(torch.from_numpy(mask))), expected)


# refusals, and what is kept


@law(
    "to_wandb_image",
    lesson=6,
    rank="manners",
    part="floats",
    cases=[{"value": v} for v in (-0.01, 1.01, 8.0, math.inf)],
)
def what_lies_outside_is_refused(to_wandb_image, value):
    """One value outside value_range is a ValueError, unless clip says that it may be drawn black or white."""
    x = torch.full((3, 2, 2), 0.5)
    x[0, 1, 1] = value
    expect_raises(ValueError, to_wandb_image, x, cause="never draw what lies outside without a word", **UNIT)


@law("to_wandb_image", lesson=6, rank="manners", part="floats")
def nan_is_refused(to_wandb_image):
    """NaN is a ValueError that says so, with and without clip=True: no level stands for it."""
    x = torch.tensor([[[0.5, math.nan, math.nan]]])
    for clip in (False, True):
        expect_raises(ValueError, to_wandb_image, x, clip=clip, mention=["NaN"], **UNIT)


@law("to_wandb_image", lesson=6, rank="manners", part="floats")
def floats_must_say_their_range(to_wandb_image):
    """Floats without value_range are a TypeError that names it, also in [0, 1] and with mean and std."""
    for x in (torch.rand(3, 2, 2), torch.zeros(3, 2, 2), np.full((2, 2, 3), 0.5), torch.rand(3, 2, 2) * 255):
        expect_raises(TypeError, to_wandb_image, x, mention=["value_range"], cause="nothing is guessed from the values")
    expect_raises(TypeError, to_wandb_image, torch.zeros(3, 2, 2), mean=MEAN, std=STD, mention=["value_range"])


@law("to_wandb_image", lesson=6, rank="manners", part="bytes")
def bytes_must_not_say_a_range(to_wandb_image):
    """A uint8 or bool picture with value_range, mean or std is a TypeError: its range is that of its type."""
    for x in (np.zeros((2, 2, 3), np.uint8), torch.zeros(3, 2, 2, dtype=torch.uint8), np.zeros((2, 2, 3), bool)):
        expect_raises(TypeError, to_wandb_image, x, value_range=(0, 255))
        expect_raises(TypeError, to_wandb_image, x, mean=MEAN, std=STD)


BAD_RANGES = [(1, 0), (0.5, 0.5), (0, math.nan), (-math.inf, 0), (0, math.inf), (0,), (0, 0.5, 1)]


@law("to_wandb_image", lesson=6, rank="manners", part="floats", cases=[{"value_range": r} for r in BAD_RANGES])
def a_bad_range_is_refused(to_wandb_image, value_range):
    """A value_range that is not two finite numbers, the lower first, is a ValueError."""
    expect_raises(ValueError, to_wandb_image, torch.zeros(3, 2, 2), value_range=value_range, clip=True)


@law("to_wandb_image", lesson=6, rank="range", part="floats")
def a_range_beyond_float64_is_refused(to_wandb_image):
    """A value_range so wide that high - low is infinite in float64 is a ValueError."""
    expect_raises(ValueError, to_wandb_image, torch.zeros(3, 2, 2), value_range=(-1e308, 1e308), clip=True)


BAD_STATISTICS = [
    (MEAN, None),
    (None, STD),
    (MEAN[:2], STD),
    (MEAN, STD[:1]),
    ((0.5,), (0.5,)),
    (MEAN, (0.2, 0.0, 0.2)),
    (MEAN, (0.2, -0.2, 0.2)),
    (MEAN, (0.2, math.nan, 0.2)),
    ((0.5, math.inf, 0.5), STD),
]


@law(
    "to_wandb_image", lesson=6, rank="manners", part="floats", cases=[{"mean": m, "std": s} for m, s in BAD_STATISTICS]
)
def a_bad_normalize_is_refused(to_wandb_image, mean, std):
    """mean without std, not one number for each channel, one that is not finite, and a std of 0 or less are
    ValueErrors."""
    expect_raises(ValueError, to_wandb_image, torch.zeros(3, 2, 2), mean=mean, std=std, clip=True, **UNIT)


TEXTS = [
    {"value_range": (0, 1), "mean": "123", "std": "111"},
    {"value_range": (0, 1), "mean": ("0", "0", "0"), "std": STD},
    {"value_range": (0, 1), "mean": MEAN, "std": "111"},
    {"value_range": "01"},
]


@law("to_wandb_image", lesson=6, rank="manners", part="floats", cases=[{"options": each} for each in TEXTS])
def text_is_no_number(to_wandb_image, options):
    """A value_range, mean or std of text is a TypeError, also where each letter is a digit."""
    cause = 'float("1") is a number: ask for text first'
    expect_raises(TypeError, to_wandb_image, torch.zeros(3, 2, 2), clip=True, cause=cause, **options)


BAD_SHAPES = [(3,), (2, 3, 2, 2), (2, 4, 4), (4, 5, 5), (0, 2, 2), (3, 0, 2), ()]


@law("to_wandb_image", lesson=6, rank="manners", cases=[{"shape": s} for s in BAD_SHAPES])
def other_shapes_are_refused(to_wandb_image, shape):
    """A tensor that is not (3, H, W), (1, H, W) or (H, W) is a ValueError that names its shape; so is an array (3, H,
    W)."""
    expect_raises(ValueError, to_wandb_image, torch.zeros(shape), mention=[str(shape)], **UNIT)
    expect_raises(ValueError, to_wandb_image, np.zeros((3, 5, 7)), mention=["(3, 5, 7)"], **UNIT)
    channels_first = np.zeros((3, 5, 4), np.uint8)
    cause = "C, H, W of width 4 is not RGBA"
    expect_raises(ValueError, to_wandb_image, channels_first, mention=["(3, 5, 4)"], cause=cause)


OTHER_TYPES = (np.int64, np.int8, np.uint16, np.int32, np.complex64)


@law("to_wandb_image", lesson=6, rank="manners", cases=[{"dtype": d} for d in OTHER_TYPES])
def other_types_are_refused(to_wandb_image, dtype):
    """Integers other than uint8, and complex numbers, are a TypeError that names the type: what 1 means is unknown."""
    x = np.ones((2, 2, 3), dtype)
    expect_raises(TypeError, to_wandb_image, x, mention=[np.dtype(dtype).name])
    expect_raises(TypeError, to_wandb_image, x, mention=[np.dtype(dtype).name], **UNIT)


@law("to_wandb_image", lesson=6, rank="manners", cases=[{"thing": t} for t in (None, [[0.5]], "cat.png", 0.5)])
def only_tensors_and_arrays_are_taken(to_wandb_image, thing):
    """Something that is neither a tensor nor an array is a TypeError that names its type."""
    expect_raises(TypeError, to_wandb_image, thing, mention=[type(thing).__name__], **UNIT)


@law("to_wandb_image", lesson=6, rank="manners", x=float_tensors(0, 1))
def the_picture_is_kept(to_wandb_image, x):
    """The picture is left as it was, and changing it afterwards does not change what was written."""
    expect_arguments_kept(to_wandb_image, x, **UNIT)
    expect_arguments_kept(to_wandb_image, x, mean=(0.0,) * len(x), std=(1.0,) * len(x), **UNIT)
    levels = (255 * x).to(torch.uint8)
    image = to_wandb_image(levels)
    before = written(image)
    levels.fill_(7)
    expect_same(written(image), before)


@law("to_wandb_image", lesson=6, rank="manners")
def the_caption_goes_along(to_wandb_image):
    """The caption is wandb's caption."""
    image = to_wandb_image(np.zeros((2, 2, 3), np.uint8), caption="epoch 3")
    captions = type(image).all_captions([image])
    expect(captions == ["epoch 3"], got=repr(captions), expected="['epoch 3']")


# --------------------------------------------------------------- to_wandb_grid


def batches(channels=(1, 3), values=None):
    """Float (N, C, H, W), by default in [0, 1]."""
    shapes = st.tuples(st.integers(1, 7), st.sampled_from(channels), sides(3), sides(3))
    values = st.floats(0, 1, width=32) if values is None else values
    return hnp.arrays(np.float32, shapes, elements=values).map(torch.from_numpy)


def tile(grid, i, columns, height, width):
    top, left = i // columns * (height + 2), i % columns * (width + 2)
    return grid[top : top + height, left : left + width]


def in_a_grid(tiles, columns, line=255):
    """Pictures of one size in `columns` columns, two pixels of `line` between them."""
    height, width, *channels = tiles[0].shape
    rows = math.ceil(len(tiles) / columns)
    grid = np.full((rows * (height + 2) - 2, columns * (width + 2) - 2, *channels), line, np.uint8)
    for i, one in enumerate(tiles):
        tile(grid, i, columns, height, width)[...] = one
    return grid


# equation


FIVE = torch.linspace(0, 1, 5 * 3 * 2 * 3).reshape(5, 3, 2, 3)


@law(
    "to_wandb_grid",
    lesson=6,
    rank="mathematics",
    cases=[{"batch": FIVE, "columns": 2}],
    batch=batches(channels=(3,)),
    columns=st.integers(1, 4),
)
def picture_i_stands_at_row_and_column(to_wandb_grid, batch, columns):
    """Picture i stands in row i // columns, column i % columns, two white pixels from its neighbours; free places are
    white."""
    columns = min(columns, len(batch))
    tiles = [written(library.to_wandb_image(x, **UNIT)) for x in batch]
    grid = written(to_wandb_grid(batch, columns=columns, **UNIT))
    expected = in_a_grid(tiles, columns)
    rows, free = math.ceil(len(batch) / columns), [np.zeros_like(tiles[0])] * (-len(batch) % columns)
    upright = [tiles[i] if i < len(batch) else tiles[0] * 0 + 255 for i in range(rows * columns)]
    upright = [upright[r + c * rows] for r in range(rows) for c in range(columns)]
    stretched = [np.rint(255.0 * (t - t.min()) / max(np.ptp(t), 1)).astype(np.uint8) for t in tiles]
    cause = {
        "row by row: picture i stands at divmod(i, columns)": in_a_grid(upright, columns),
        "lines and free places are white, not black": in_a_grid(tiles, columns, line=0),
        "free places are white, not black": in_a_grid(tiles + free, columns),
        "take the range from value_range, not from each picture's values": in_a_grid(stretched, columns),
    }
    expect_same(grid, expected, cause)


@law("to_wandb_grid", lesson=6, rank="mathematics", batch=batches(channels=(3,)), other=st.floats(0, 1, width=32))
def a_picture_does_not_change_with_its_neighbours(to_wandb_grid, batch, other):
    """When its neighbours change, a picture's own pixels do not: one range for all, and none of it from the values."""
    _, _, height, width = batch.shape
    changed = torch.full_like(batch, other)
    changed[0] = batch[0]
    one, two = (written(to_wandb_grid(b, columns=min(2, len(b)), **UNIT)) for b in (batch, changed))
    expect_same(tile(two, 0, 2, height, width), tile(one, 0, 2, height, width), "no min-max over the batch")


@law("to_wandb_grid", lesson=6, rank="mathematics")
def a_normalize_is_undone_in_every_picture(to_wandb_grid):
    """With the mean and std of a Normalize, each picture stands in the grid as it was before it."""
    before = torch.from_numpy(np.stack([COLORED, COLORED[::-1], COLORED[:, ::-1]])).permute(0, 3, 1, 2)
    grid = to_wandb_grid(library.normalize(before / 255, MEAN, STD), columns=2, mean=MEAN, std=STD, **UNIT)
    expect_same(written(grid), in_a_grid([written(library.to_wandb_image(x)) for x in before], 2))


NEARLY_SQUARE = [(10, 4), (1, 1), (2, 2), (4, 2), (5, 3), (9, 3)]


@law("to_wandb_grid", lesson=6, rank="mathematics", cases=[{"count": n, "columns": c} for n, c in NEARLY_SQUARE])
def a_grid_is_nearly_square(to_wandb_grid, count, columns):
    """Without columns there are ceil(sqrt(N)) of them."""
    grid = written(to_wandb_grid(np.zeros((count, 2, 3, 3), np.uint8)))

    def size(columns):
        return math.ceil(count / columns) * 4 - 2, columns * 5 - 2, 3

    cause = {
        "round the root up": size(math.isqrt(count)),
        "as many columns as rows, or nearly: not one row": size(count),
        "as many columns as rows, or nearly: not eight columns": size(min(8, count)),
    }
    expect_same(grid.shape, size(columns), cause)


# edges


@law("to_wandb_grid", lesson=6, rank="range", batch=batches(), more=st.integers(1, 9))
def no_more_columns_than_pictures(to_wandb_grid, batch, more):
    """With more columns than pictures the grid is one row of them, without free places."""
    expected = written(to_wandb_grid(batch, columns=len(batch), **UNIT))
    expect_same(written(to_wandb_grid(batch, columns=len(batch) + more, **UNIT)), expected, "min(columns, N)")


# types and layouts


@law("to_wandb_grid", lesson=6, rank="range")
def a_grid_takes_lists_arrays_and_bytes(to_wandb_grid):
    """A tensor (N, C, H, W), an array (N, H, W, C), a list and an iterator give one grid; so do bytes, floats, a
    Normalize."""
    levels = np.arange(3 * 2 * 4 * 3, dtype=np.uint8).reshape(3, 2, 4, 3)
    tensor = torch.from_numpy(levels).permute(0, 3, 1, 2)
    expected = written(to_wandb_grid(levels, columns=2))
    for same in (tensor, list(levels), iter(tensor)):
        expect_same(written(to_wandb_grid(same, columns=2)), expected)
    expect_same(written(to_wandb_grid(tensor / 255, columns=2, **UNIT)), expected)
    normalized = library.normalize(tensor / 255, MEAN, STD)
    expect_same(written(to_wandb_grid(normalized, columns=2, mean=MEAN, std=STD, **UNIT)), expected)


@law("to_wandb_grid", lesson=6, rank="range", batch=batches(channels=(1,)), columns=st.integers(1, 4))
def grey_pictures_make_a_grey_grid(to_wandb_grid, batch, columns):
    """Pictures of one channel, floats or bools, make a grid in grey, white where the lines are."""
    columns = min(columns, len(batch))
    tiles = [written(library.to_wandb_image(x, **UNIT)) for x in batch]
    expect_same(written(to_wandb_grid(batch, columns=columns, **UNIT)), in_a_grid(tiles, columns))
    tiles = [255 * each.numpy().astype(np.uint8) for each in batch[:, 0] > 0.5]
    expect_same(written(to_wandb_grid(list(batch[:, 0] > 0.5), columns=columns)), in_a_grid(tiles, columns))


@law("to_wandb_grid", lesson=6, rank="range", batch=batches(values=st.floats(-2, 3, width=32)))
def a_grid_clips_when_told(to_wandb_grid, batch):
    """With clip=True, what lies outside value_range is black or white in a grid, too."""
    expected = written(to_wandb_grid(batch.clamp(0, 1), **UNIT))
    expect_same(written(to_wandb_grid(batch, clip=True, **UNIT)), expected)


# refusals


@law("to_wandb_grid", lesson=6, rank="manners")
def a_grid_needs_pictures_of_one_kind(to_wandb_grid):
    """No picture, one picture for a batch (named by its shape), two sizes (both named), grey beside color: a
    ValueError."""
    zeros = torch.zeros
    expect_raises(ValueError, to_wandb_grid, [], **UNIT)
    expect_raises(ValueError, to_wandb_grid, zeros(3, 2, 2), mention=["(3, 2, 2)"], **UNIT)
    expect_raises(ValueError, to_wandb_grid, np.zeros((5, 4, 3)), mention=["(5, 4, 3)"], **UNIT)
    expect_raises(ValueError, to_wandb_grid, [zeros(3, 2, 2), zeros(3, 2, 5)], mention=["(2, 2)", "(2, 5)"], **UNIT)
    expect_raises(ValueError, to_wandb_grid, [zeros(3, 2, 2), zeros(1, 2, 2)], **UNIT)


@law("to_wandb_grid", lesson=6, rank="manners", cases=[{"columns": c} for c in (0, -1)])
def a_grid_has_at_least_one_column(to_wandb_grid, columns):
    """columns below 1 are a ValueError that names the number."""
    mention = [str(columns)]
    expect_raises(ValueError, to_wandb_grid, torch.zeros(2, 3, 2, 2), columns=columns, mention=mention, **UNIT)


@law("to_wandb_grid", lesson=6, rank="manners")
def a_grid_refuses_what_one_picture_is_refused_for(to_wandb_grid):
    """Floats without value_range, integers other than uint8, one value outside, and NaN raise as in to_wandb_image."""
    zeros = torch.zeros(2, 3, 2, 2)
    expect_raises(TypeError, to_wandb_grid, zeros, mention=["value_range"])
    expect_raises(TypeError, to_wandb_grid, zeros.long(), mention=["int64"])
    expect_raises(ValueError, to_wandb_grid, torch.stack([zeros[0], zeros[0] + 1.1]), **UNIT)
    expect_raises(ValueError, to_wandb_grid, torch.full((2, 3, 2, 2), math.nan), clip=True, **UNIT)


# --------------------------------------------------------------- to_wandb_maps

# Whole numbers up to 4 on a scale to 4: each stands exactly at one color of 256, in every float type.
maps_of_4 = hnp.arrays(np.float32, st.tuples(st.integers(1, 5), sides(3), sides(3)), elements=st.integers(-4, 4)).map(
    torch.from_numpy
)
GREY = 112


def caption_of(image):
    (caption,) = type(image).all_captions([image])
    return caption


# equation


@law("to_wandb_maps", lesson=6, rank="mathematics", maps=maps_of_4)
def a_color_is_a_value(to_wandb_maps, maps):
    """A value v is drawn in the color at (1 + v / limit) / 2 of RdBu_r: blue below 0, white at 0, red above, in all
    maps."""
    tiles = list(colormaps["RdBu_r"]((1 + maps.numpy() / 4) / 2, bytes=True)[..., :3])
    columns = min(2, len(maps))
    got = written(to_wandb_maps(maps, limit=4, columns=columns))
    expect_same(got, in_a_grid(tiles, columns, GREY), "one scale for all maps, 0 in its middle")


@law("to_wandb_maps", lesson=6, rank="mathematics", maps=maps_of_4.filter(torch.any))
def without_a_limit_the_largest_size_is_red_or_blue(to_wandb_maps, maps):
    """Without limit the scale ends at the largest absolute value of all maps, and the caption says where."""
    limit = float(maps.abs().max())
    image = to_wandb_maps(maps)
    expect_same(written(image), written(to_wandb_maps(maps, limit=limit)), "max(|maps|), not the extremes of each map")
    expect_contains(caption_of(image), f"{-limit:g}", f"{limit:g}")


# edges


@law("to_wandb_maps", lesson=6, rank="range")
def no_value_stops_it(to_wandb_maps):
    """Beyond limit the color is that of the limit; NaN and inf are magenta; the caption says how much; all zeros are
    white."""
    maps = torch.tensor([[[-9.0, -2.0, 0.0, 2.0, 9.0, 9.0, math.nan, math.inf]]])
    image = to_wandb_maps(maps, limit=2, caption="layer 1")
    blue, white, red = (colormaps["RdBu_r"](x, bytes=True)[:3] for x in (0.0, 0.5, 1.0))
    magenta = (255, 0, 255)
    expected = np.array([[blue, blue, white, red, red, red, magenta, magenta]], np.uint8)
    expect_same(written(image), expected)
    expect_contains(caption_of(image), "layer 1", "-2", "38% beyond", "25% not finite")
    nothing = written(to_wandb_maps(torch.zeros(1, 1, 2)))
    expect_same(nothing, np.array([[white, white]], np.uint8))
    expect_same(written(to_wandb_maps(torch.tensor([[[math.nan, 0.0]]]))), np.array([[magenta, white]], np.uint8))


# types and layouts


@law(
    "to_wandb_maps",
    lesson=6,
    rank="range",
    cases=[{"dtype": d} for d in (torch.float16, torch.bfloat16, torch.float64)],
)
def maps_of_any_float_type_are_drawn(to_wandb_maps, dtype):
    """float16, bfloat16, float64, a view, and maps that require a gradient are drawn as float32 is, and kept."""
    maps = torch.arange(-4.0, 4.0).reshape(2, 2, 2)
    expected = written(to_wandb_maps(maps, limit=4))
    for same in (maps.to(dtype), maps.mT.contiguous().mT, maps.clone().requires_grad_()):
        expect_same(written(to_wandb_maps(same, limit=4)), expected)
    expect_arguments_kept(to_wandb_maps, maps, limit=4)


# refusals


@law("to_wandb_maps", lesson=6, rank="manners")
def maps_are_those_of_one_picture(to_wandb_maps):
    """No float tensor is a TypeError; a batch, no map, a limit not finite and positive, and columns below 1 are
    ValueErrors."""
    for thing in (None, np.zeros((2, 3, 3)), torch.zeros(2, 3, 3, dtype=torch.uint8)):
        expect_raises(TypeError, to_wandb_maps, thing)
    for shape in [(1, 2, 3, 3), (3, 3), (0, 3, 3)]:
        expect_raises(ValueError, to_wandb_maps, torch.zeros(shape), mention=[str(shape)])
    for limit in (0, -1.0, math.inf, math.nan):
        expect_raises(ValueError, to_wandb_maps, torch.zeros(2, 3, 3), limit=limit, mention=[str(limit)])
    expect_raises(ValueError, to_wandb_maps, torch.zeros(2, 3, 3), columns=0, mention=["0"])


# ------------------------------------------------------------------ log_images


class Recorder:
    """Stands in for a run, and remembers what was logged."""

    def __init__(self):
        self.calls = []

    def log(self, data, **options):
        self.calls.append((data, options))


def logged(log_images, *arguments, keys=("samples",), **keywords):
    """What one call logged under the key "samples", the other values of the row, and the options of run.log."""
    run = Recorder()
    log_images(run, "samples", *arguments, **keywords)
    expect(len(run.calls) == 1, got=f"{len(run.calls)} calls of run.log", expected="1 call")
    ((data, options),) = run.calls
    expect(tuple(data) == keys, got=f"keys {list(data)}", expected=f"the keys {list(keys)}")
    return (data["samples"], *(data[key] for key in keys[1:]), options)


# equation


@law("log_images", lesson=6, rank="mathematics", batch=batches(channels=(3,)))
def each_picture_is_logged_as_alone(log_images, batch):
    """The list that is logged holds each picture with the pixels that to_wandb_image gives it alone."""
    several, _ = logged(log_images, batch, **UNIT)
    expect(len(several) == len(batch), got=f"{len(several)} pictures", expected=f"{len(batch)} pictures")
    for image, x in zip(several, batch, strict=True):
        expect_same(written(image), written(library.to_wandb_image(x, **UNIT)), "one range for all, from value_range")


@law("log_images", lesson=6, rank="mathematics", batch=batches(channels=(3,)), columns=st.integers(1, 4))
def with_columns_one_grid_is_logged(log_images, batch, columns):
    """With columns, one picture is logged: the grid of to_wandb_grid."""
    grid, _ = logged(log_images, batch, columns=columns, **UNIT)
    expect_same(written(grid), written(library.to_wandb_grid(batch, columns=columns, **UNIT)))


# None of these lies within half a level of an end of [0, 1].
anything = st.sampled_from([-math.inf, -8.0, -0.5, 0.0, 0.25, 1.0, 1.5, math.inf, math.nan])


@law("log_images", lesson=6, rank="mathematics", batch=batches(channels=(3,), values=anything))
def what_nobody_sees_is_counted(log_images, batch):
    """With clip="count" no value raises: the pictures are clipped, NaN is black, and the fraction of such values is
    key/unseen."""
    several, unseen, _ = logged(log_images, batch, clip="count", keys=("samples", "samples/unseen"), **UNIT)
    for image, x in zip(several, batch, strict=True):
        seen = torch.where(x.isnan(), 0, x.clamp(0, 1))
        expect_same(written(image), written(library.to_wandb_image(seen, **UNIT)))
    fraction = 1 - ((batch >= 0) & (batch <= 1)).double().mean().item()
    expect_close(np.array(unseen), np.array(fraction), within=1e-12, cause="of all values of all pictures")


# edges


@law("log_images", lesson=6, rank="range")
def no_caption_is_lost(log_images):
    """A list whose first caption is None keeps the others: wandb alone would drop them all."""
    several, _ = logged(log_images, np.zeros((3, 2, 2, 3), np.uint8), captions=[None, "b", None])
    expect_same(type(several[0]).all_captions(several), ["", "b", ""], 'hand over "" for None')


@law("log_images", lesson=6, rank="range")
def the_caption_says_what_was_cut(log_images):
    """With clip="count" the caption of a picture, or of the grid, says how much of it is below black, above white,
    and NaN."""
    batch = torch.zeros(2, 1, 1, 4)
    batch[1, 0, 0] = torch.tensor([-1.0, 2.0, 2.0, math.nan])
    options = {"clip": "count", "keys": ("samples", "samples/unseen"), **UNIT}
    several, unseen, _ = logged(log_images, batch, captions=["a", "b"], **options)
    first, second = type(several[0]).all_captions(several)
    expect_same((first, unseen), ("a", 0.5))
    expect_contains(second, "b", "25% below black", "50% above white", "25% NaN")
    several, _, _ = logged(log_images, batch, **options)
    expect_same(type(several[0]).all_captions(several)[0], "")
    grid, unseen, _ = logged(log_images, batch, columns=2, **options)
    expect_contains(caption_of(grid), "12% below black", "25% above white", "12% NaN")
    expect_same(unseen, 0.5)
    whole, unseen, _ = logged(log_images, batch[:1], **options)
    expect_same((type(whole[0]).all_captions(whole), unseen), (False, 0.0))
    _, unseen, _ = logged(log_images, np.zeros((1, 2, 2, 3), np.uint8), clip="count", keys=options["keys"])
    expect_same(unseen, 0.0)


# refusals, and what is handed on


@law("log_images", lesson=6, rank="manners")
def options_are_passed_on(log_images):
    """step and commit reach run.log when they are given, and only then; captions, masks and boxes reach their
    pictures."""
    x = np.zeros((2, 3, 4, 3), np.uint8)
    expect_same(logged(log_images, x)[1], {})
    expect_same(logged(log_images, x, step=0, commit=False)[1], {"step": 0, "commit": False})
    several, _ = logged(log_images, x, captions=["a", "b"])
    expect_same(type(several[0]).all_captions(several), ["a", "b"])
    masks = [None, {"truth": {"mask_data": np.zeros((4, 3), np.uint8)}}]
    expect_raises(ValueError, log_images, Recorder(), "k", x, masks=masks, mention=["(4, 3)"])
    expect_raises(ValueError, log_images, Recorder(), "k", x, boxes=[{"found": {"box_data": [{}]}}, None])


@law("log_images", lesson=6, rank="manners")
def nothing_is_lost_in_silence(log_images):
    """More pictures than the 108 wandb keeps, two sizes, no picture, one for a batch: a ValueError, and nothing is
    logged."""
    run, levels = Recorder(), np.zeros((109, 2, 2, 3), np.uint8)
    expect_same(len(logged(log_images, levels[:108])[0]), 108)
    expect_same(len(logged(log_images, levels, columns=12)[0].image.size), 2)
    cause = "wandb drops the rest without raising"
    expect_raises(ValueError, log_images, run, "k", levels, mention=["108", "109"], cause=cause)
    expect_raises(ValueError, log_images, run, "k", [levels[0], levels[0, :1]], mention=["(1, 2)", "(2, 2)"])
    expect_raises(ValueError, log_images, run, "k", [])
    expect_raises(ValueError, log_images, run, "k", levels[0], mention=["(2, 2, 3)"])
    expect(not run.calls, got=f"{len(run.calls)} logged", expected="nothing logged")


@law("log_images", lesson=6, rank="manners")
def each_picture_has_its_entry(log_images):
    """captions that are not one for each picture, and captions for a grid, are ValueErrors that name them; nothing is
    logged."""
    run, levels = Recorder(), np.zeros((3, 2, 2, 3), np.uint8)
    expect_raises(ValueError, log_images, run, "k", levels, captions=["a", "b"], mention=["captions", "3"])
    expect_raises(ValueError, log_images, run, "k", levels, captions="abc", mention=["captions"])
    expect_raises(ValueError, log_images, run, "k", levels, captions=["a"] * 3, columns=2, mention=["captions"])
    expect(not run.calls, got=f"{len(run.calls)} logged", expected="nothing logged")


@law("log_images", lesson=6, rank="manners")
def what_one_picture_is_refused_for_is_not_logged(log_images):
    """Floats without value_range, values outside, NaN with clip=True, and another word for clip raise; nothing is
    logged."""
    run, nan = Recorder(), torch.full((2, 3, 2, 2), math.nan)
    expect_raises(TypeError, log_images, run, "k", torch.zeros(2, 3, 2, 2), mention=["value_range"])
    expect_raises(ValueError, log_images, run, "k", torch.full((2, 3, 2, 2), 2.0), **UNIT)
    expect_raises(ValueError, log_images, run, "k", nan, clip=True, **UNIT)
    expect_raises(ValueError, log_images, run, "k", nan, clip="all", mention=["all"], **UNIT)
    expect(not run.calls, got=f"{len(run.calls)} logged", expected="nothing logged")
