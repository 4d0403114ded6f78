"""Laws of lesson 6: the pixels that wandb writes.

The pixels are read back from the file that ``wandb.Image`` wrote, through its
property `image`. wandb itself loads when a law runs, not when this file does.
u is half the distance from 1 to the next float32, 2**-24."""

import math

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import seeing_tensors as library
from seeing_tensors.course.laws import expect, expect_arguments_kept, expect_close, expect_raises, expect_same, law

from .strategies import LEVELS, float_tensors, images, masks, sides

U = 2.0**-24
MEAN, STD = library.IMAGENET_MEAN, library.IMAGENET_STD
FLOATS = [np.float16, np.float32, np.float64]
UNIT = {"value_range": (0, 1)}

unit_pictures = float_tensors(0, 1)
# Ranges of floats that float32 holds, at least half a unit wide.
ranges = st.tuples(st.floats(-4, 4, width=32), st.floats(0.5, 8, width=32)).map(
    lambda pair: (pair[0], float(np.float32(pair[0] + pair[1])))
)


def written(image):
    """What stands in the file: uint8 (H, W) of a picture in mode L, (H, W, 3) of one in mode RGB."""
    return np.array(image.image)


def as_array(x):
    """A tensor (C, H, W) as an array (H, W, C)."""
    return np.ascontiguousarray(x.permute(1, 2, 0).numpy())


# -------------------------------------------------------------- to_wandb_image


@law("to_wandb_image", lesson=6, rank="range", cases=[{"dtype": d, "low": low, "high": high} for d in FLOATS for low, high in [(0, 1), (-1, 1), (0, 255), (-0.5, 0.5)]])
def every_level_comes_back(to_wandb_image, dtype, low, high):
    """All 256 levels, spread over [0, 1], [-1, 1], [0, 255] or [-1/2, 1/2] in float16, 32 or 64, are written as they were."""
    x = (low + LEVELS / 255 * (high - low)).astype(dtype)
    expect_same(written(to_wandb_image(x, value_range=(low, high))), LEVELS, "round; to cut off loses levels")
    expect_same(written(to_wandb_image(torch.from_numpy(x[None]), value_range=(low, high))), LEVELS)


@law("to_wandb_image", lesson=6, rank="mathematics", cases=[{"dtype": d} for d in FLOATS])
def every_level_comes_back_through_normalize(to_wandb_image, dtype):
    """With the mean and std of a Normalize, all 256 levels of all 3 channels are written as they were before it."""
    colour = np.stack([LEVELS, LEVELS[::-1], LEVELS.T], axis=-1)
    for mean, std in [(MEAN, STD), ((0.5,) * 3, (0.5,) * 3)]:
        y = ((colour / 255 - mean) / std).astype(dtype)
        for x in (y, torch.from_numpy(y).permute(2, 0, 1)):
            image = to_wandb_image(x, value_range=(0, 1), mean=mean, std=std)
            expect_same(written(image), colour, "undo the Normalize first: x * std + mean, channel by channel")


@law("to_wandb_image", lesson=6, rank="mathematics", x=float_tensors(0, 1, channels=(3,)), value_range=ranges)
def rounds_to_the_nearest_level(to_wandb_image, x, value_range):
    """A value x is written as the whole number nearest to 255 (x - low) / (high - low)."""
    low, high = value_range
    x = (low + x * (high - low)).clamp(low, high)
    exact = 255 * (as_array(x).astype(np.float64) - low) / (high - low)
    # Half a level for the rounding, and four roundings in float32 of numbers as large as the ends of the range.
    slack = 255 * 4 * U * (1 + (abs(low) + abs(high)) / (high - low))
    got = written(to_wandb_image(x, value_range=value_range))
    expect(got.dtype == np.uint8, got=str(got.dtype), expected="uint8")
    expect_close(got.astype(np.float64), exact, within=0.5 + slack, cause="subtract low, divide by high - low, times 255, round")


@law("to_wandb_image", lesson=6, rank="mathematics", x=unit_pictures)
def a_pixel_depends_on_itself_alone(to_wandb_image, x):
    """A part of a picture is written as in the whole: no other pixel decides how one is drawn."""
    whole = written(to_wandb_image(x, **UNIT))
    for part, expected in [(x[:, :1], whole[:1]), (x[:, :, -1:], whole[:, -1:]), (x[:, -1:, :1], whole[-1:, :1])]:
        expect_same(written(to_wandb_image(part, **UNIT)), expected, "take the range from value_range, not from the values")


@law("to_wandb_image", lesson=6, rank="mathematics", cases=[{"value": v} for v in (0.0, 1.0, 0.2, 0.5, 1 / 255)])
def a_constant_keeps_its_level(to_wandb_image, value):
    """A picture of one value is written in the level of that value: nothing is stretched."""
    x = torch.full((3, 2, 3), value)
    expect_same(written(to_wandb_image(x, **UNIT)), np.full((2, 3, 3), round(255 * value), np.uint8))


@law("to_wandb_image", lesson=6, rank="mathematics", image=images(channels=(1, 3)))
def bytes_are_written_as_they_are(to_wandb_image, image):
    """uint8 is written unchanged, array or tensor, whatever its values are: 0 and 1 stay 0 and 1."""
    for picture in (image, image % 2, np.zeros_like(image), np.ones_like(image)):
        expected = picture if picture.shape[2] == 3 else picture[:, :, 0]
        expect_same(written(to_wandb_image(picture)), expected, "bytes need no range")
        expect_same(written(to_wandb_image(torch.from_numpy(picture).permute(2, 0, 1))), expected)


@law("to_wandb_image", lesson=6, rank="mathematics", mask=masks(np.bool_))
def truth_is_black_and_white(to_wandb_image, mask):
    """bool is written as 0 for False and 255 for True."""
    expected = np.where(mask, 255, 0).astype(np.uint8)
    expect_same(written(to_wandb_image(mask)), expected)
    expect_same(written(to_wandb_image(torch.from_numpy(mask))), expected)


@law("to_wandb_image", lesson=6, rank="mathematics", cases=[{"height": h, "width": w} for h, w in [(1, 1), (1, 8), (8, 1), (2, 3), (3, 4), (3, 3), (4, 3)]])
def axes_keep_their_place(to_wandb_image, height, width):
    """A picture of H rows and W columns is written with H rows and W columns, also where H or W is 1, 3 or 4."""
    colour = np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)
    grey = np.ascontiguousarray(colour[:, :, 0])
    tensor = torch.from_numpy(colour).permute(2, 0, 1)
    cause = "an array is (H, W, C), a tensor (C, H, W); squeeze takes away axes that matter"
    for x, expected, mode in [
        (colour, colour, "RGB"),
        (tensor, colour, "RGB"),
        (tensor.contiguous(), colour, "RGB"),
        (grey, grey, "L"),
        (grey[:, :, None], grey, "L"),
        (tensor[:1], grey, "L"),
        (tensor[0], grey, "L"),
        (colour[::-1], colour[::-1], "RGB"),
        (tensor / 255, colour, "RGB"),
    ]:
        image = to_wandb_image(x, **(UNIT if x.dtype.is_floating_point else {})) if isinstance(x, torch.Tensor) else to_wandb_image(x)
        expect(image.image.mode == mode, got=f"mode {image.image.mode}", expected=f"mode {mode}", cause=cause)
        expect_same(written(image), np.ascontiguousarray(expected), cause)


@law("to_wandb_image", lesson=6, rank="mathematics", x=unit_pictures)
def tensor_and_array_agree(to_wandb_image, x):
    """A tensor (C, H, W), the array (H, W, C) of the same values, a tensor that requires a gradient and a float64 copy give one picture."""
    expected = written(to_wandb_image(x, **UNIT))
    for same in (as_array(x), x.clone().requires_grad_(), x.double()):
        expect_same(written(to_wandb_image(same, **UNIT)), expected)


@law("to_wandb_image", lesson=6, rank="range")
def bfloat16_is_taken(to_wandb_image):
    """bfloat16, which numpy does not have, is written by the same rule."""
    x = torch.linspace(0, 1, 24).to(torch.bfloat16).reshape(1, 4, 6)
    expect_same(written(to_wandb_image(x, **UNIT)), np.rint(255 * x[0].double().numpy()).astype(np.uint8))


@law("to_wandb_image", lesson=6, rank="manners", x=float_tensors(-8, 8))
def outside_is_refused_or_drawn_black_and_white(to_wandb_image, x):
    """Values a level or more outside value_range are a ValueError that says how many; with clip=True they are black and white."""
    outside = int(((255 * x < -1) | (255 * x > 256)).sum())
    close = int(((255 * x < 0) | (255 * x > 255)).sum()) - outside
    expected = written(to_wandb_image(x.clamp(0, 1), **UNIT))
    expect_same(written(to_wandb_image(x, clip=True, **UNIT)), expected)
    if outside and not close:
        expect_raises(ValueError, to_wandb_image, x, mention=[str(outside)], cause="never draw what lies outside without a word", **UNIT)


@law("to_wandb_image", lesson=6, rank="mathematics", cases=[{"excess": e} for e in (1e-6, 1e-4, 0.49 / 255)])
def rounding_is_not_outside(to_wandb_image, excess):
    """Up to half a level outside value_range is rounding: it is written as 0 and 255, without clip."""
    x = torch.tensor([[[-excess, 0.2, 1 + excess]]], dtype=torch.float64)
    expect_same(written(to_wandb_image(x, **UNIT)), np.array([[0, 51, 255]], np.uint8), "one value of -1e-6 must change nothing else")


@law("to_wandb_image", lesson=6, rank="manners")
def infinity_needs_clip(to_wandb_image):
    """-inf and +inf are a ValueError; with clip=True they are black and white."""
    x = torch.tensor([[[-math.inf, 0.2, math.inf]]])
    expect_raises(ValueError, to_wandb_image, x, **UNIT)
    expect_same(written(to_wandb_image(x, clip=True, **UNIT)), np.array([[0, 51, 255]], np.uint8))


@law("to_wandb_image", lesson=6, rank="manners")
def nan_is_refused(to_wandb_image):
    """NaN is a ValueError, with and without clip: no level stands for it."""
    x = torch.tensor([[[0.5, math.nan, math.nan]]])
    for clip in (False, True):
        expect_raises(ValueError, to_wandb_image, x, clip=clip, mention=["2", "NaN"], **UNIT)


@law("to_wandb_image", lesson=6, rank="manners")
def floats_must_say_their_range(to_wandb_image):
    """A float picture without value_range is a TypeError, also when its values lie in [0, 1] and when mean and std are given."""
    for x in (torch.rand(3, 2, 2), torch.zeros(3, 2, 2), np.full((2, 2, 3), 0.5), torch.rand(3, 2, 2) * 255):
        expect_raises(TypeError, to_wandb_image, x, mention=["value_range"], cause="nothing is guessed from the values")
    expect_raises(TypeError, to_wandb_image, torch.zeros(3, 2, 2), mean=MEAN, std=STD, mention=["value_range"])


@law("to_wandb_image", lesson=6, rank="manners")
def bytes_must_not_say_a_range(to_wandb_image):
    """A uint8 or bool picture with value_range, mean or std is a TypeError: its range is that of its type."""
    for x in (np.zeros((2, 2, 3), np.uint8), torch.zeros(3, 2, 2, dtype=torch.uint8), np.zeros((2, 2, 3), bool)):
        expect_raises(TypeError, to_wandb_image, x, value_range=(0, 255))
        expect_raises(TypeError, to_wandb_image, x, mean=MEAN, std=STD)


BAD_RANGES = [(1, 0), (0.5, 0.5), (0, math.nan), (-math.inf, 0), (0, math.inf), (0,), (0, 0.5, 1), (-1e308, 1e308)]


@law("to_wandb_image", lesson=6, rank="manners", cases=[{"value_range": r} for r in BAD_RANGES])
def a_bad_range_is_refused(to_wandb_image, value_range):
    """A value_range that is not two finite numbers, the lower first, is a ValueError."""
    expect_raises(ValueError, to_wandb_image, torch.zeros(3, 2, 2), value_range=value_range, clip=True)


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


@law("to_wandb_image", lesson=6, rank="manners", cases=[{"mean": m, "std": s} for m, s in BAD_STATISTICS])
def a_bad_normalize_is_refused(to_wandb_image, mean, std):
    """mean without std, a wrong number of either, a mean that is not finite and a std that is not finite and positive are ValueErrors."""
    expect_raises(ValueError, to_wandb_image, torch.zeros(3, 2, 2), mean=mean, std=std, clip=True, **UNIT)


@law("to_wandb_image", lesson=6, rank="manners", cases=[{"shape": s} for s in [(3,), (2, 3, 2, 2), (2, 4, 4), (4, 5, 5), (0, 2, 2), (3, 0, 2), ()]])
def other_shapes_are_refused(to_wandb_image, shape):
    """A tensor that is not (3, H, W), (1, H, W) or (H, W) is a ValueError that names its shape; so is an array (3, H, W)."""
    expect_raises(ValueError, to_wandb_image, torch.zeros(shape), mention=[str(shape)], **UNIT)
    expect_raises(ValueError, to_wandb_image, np.zeros((3, 5, 7)), mention=["(3, 5, 7)"], **UNIT)
    expect_raises(ValueError, to_wandb_image, np.zeros((3, 5, 4), np.uint8), mention=["(3, 5, 4)"], cause="C, H, W of width 4 is not RGBA")


@law("to_wandb_image", lesson=6, rank="manners", cases=[{"dtype": d} for d in (np.int64, np.int8, np.uint16, np.int32, np.complex64)])
def other_types_are_refused(to_wandb_image, dtype):
    """Integers other than uint8, and complex numbers, are a TypeError that names the type: what 1 means in them is not known."""
    x = np.ones((2, 2, 3), dtype)
    expect_raises(TypeError, to_wandb_image, x, mention=[np.dtype(dtype).name])
    expect_raises(TypeError, to_wandb_image, x, mention=[np.dtype(dtype).name], **UNIT)


@law("to_wandb_image", lesson=6, rank="manners", cases=[{"thing": t} for t in (None, [[0.5]], "cat.png", 0.5)])
def only_tensors_and_arrays_are_taken(to_wandb_image, thing):
    """Something that is neither a tensor nor an array is a TypeError that names its type."""
    expect_raises(TypeError, to_wandb_image, thing, mention=[type(thing).__name__], **UNIT)


@law("to_wandb_image", lesson=6, rank="manners", x=unit_pictures)
def to_wandb_image_keeps_its_argument(to_wandb_image, x):
    """The picture is left as it was, and changing it afterwards does not change what was written."""
    expect_arguments_kept(to_wandb_image, x, **UNIT)
    expect_arguments_kept(to_wandb_image, x, mean=(0.0,) * len(x), std=(1.0,) * len(x), **UNIT)
    levels = (255 * x).to(torch.uint8)
    image = to_wandb_image(levels)
    before = written(image)
    levels.fill_(7)
    expect_same(written(image), before)


@law("to_wandb_image", lesson=6, rank="mathematics")
def the_caption_goes_along(to_wandb_image):
    """The caption is wandb's caption."""
    image = to_wandb_image(np.zeros((2, 2, 3), np.uint8), caption="epoch 3")
    captions = type(image).all_captions([image])
    expect(captions == ["epoch 3"], got=repr(captions), expected="['epoch 3']")


# --------------------------------------------------------------- to_wandb_grid


def batches(most: int = 7):
    """Float (N, C, H, W) in [0, 1]."""
    shapes = st.tuples(st.integers(1, most), st.sampled_from((1, 3)), sides(3), sides(3))
    return hnp.arrays(np.float32, shapes, elements=st.floats(0, 1, width=32)).map(torch.from_numpy)


def tile(grid, i, columns, height, width):
    top, left = i // columns * (height + 2), i % columns * (width + 2)
    return grid[top : top + height, left : left + width]


@law("to_wandb_grid", lesson=6, rank="mathematics", batch=batches(), columns=st.integers(1, 9))
def picture_i_stands_at_row_and_column(to_wandb_grid, batch, columns):
    """Picture i stands in row i // columns and column i % columns, two white pixels from its neighbours; the rest is white."""
    count, _, height, width = batch.shape
    grid = written(to_wandb_grid(batch, columns=columns, **UNIT))
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    tiles = [written(library.to_wandb_image(x, **UNIT)) for x in batch]
    expected = np.full((rows * (height + 2) - 2, columns * (width + 2) - 2, *tiles[0].shape[2:]), 255, np.uint8)
    for i, one in enumerate(tiles):
        tile(expected, i, columns, height, width)[...] = one
    expect_same(grid, expected, "rows first: divmod(i, columns)")


@law("to_wandb_grid", lesson=6, rank="mathematics", batch=batches(), other=st.floats(0, 1, width=32))
def a_picture_does_not_change_with_its_neighbours(to_wandb_grid, batch, other):
    """When its neighbours change, a picture's own pixels do not: one range for all, and none of it from the values."""
    count, _, height, width = batch.shape
    changed = torch.full_like(batch, other)
    changed[0] = batch[0]
    one, two = (written(to_wandb_grid(b, columns=2, **UNIT)) for b in (batch, changed))
    expect_same(tile(two, 0, 2, height, width), tile(one, 0, 2, height, width), "no min-max over the batch")


@law("to_wandb_grid", lesson=6, rank="mathematics", cases=[{"count": n, "columns": c} for n, c in [(1, 1), (2, 2), (4, 2), (5, 3), (9, 3), (10, 4)]])
def a_grid_is_nearly_square(to_wandb_grid, count, columns):
    """Without columns there are ceil(sqrt(N)) of them."""
    grid = written(to_wandb_grid(np.zeros((count, 2, 3, 3), np.uint8)))
    size = (math.ceil(count / columns) * 4 - 2, columns * 5 - 2, 3)
    expect(grid.shape == size, got=str(grid.shape), expected=str(size))


@law("to_wandb_grid", lesson=6, rank="mathematics")
def a_grid_takes_lists_arrays_and_bytes(to_wandb_grid):
    """A tensor (N, C, H, W), an array (N, H, W, C), a list and an iterator give the same grid; bytes and bools need no range; a Normalize is undone."""
    levels = np.arange(3 * 2 * 4 * 3, dtype=np.uint8).reshape(3, 2, 4, 3)
    tensor = torch.from_numpy(levels).permute(0, 3, 1, 2)
    expected = written(to_wandb_grid(levels, columns=2))
    expect_same(written(to_wandb_grid(tensor, columns=2)), expected)
    expect_same(written(to_wandb_grid(list(levels), columns=2)), expected)
    expect_same(written(to_wandb_grid(iter(tensor), columns=2)), expected)
    expect_same(written(to_wandb_grid(tensor / 255, columns=2, **UNIT)), expected)
    normalised = library.normalize(tensor / 255, MEAN, STD)
    expect_same(written(to_wandb_grid(normalised, columns=2, mean=MEAN, std=STD, **UNIT)), expected)
    black_and_white = written(to_wandb_grid([np.eye(2, dtype=bool), np.zeros((2, 2), bool)], columns=1))
    expect_same(black_and_white, np.array([[255, 0], [0, 255], [255, 255], [255, 255], [0, 0], [0, 0]], np.uint8))


@law("to_wandb_grid", lesson=6, rank="manners")
def a_grid_refuses_what_is_not_one(to_wandb_grid):
    """No picture, pictures of two sizes, grey beside colour, one picture instead of many, columns below 1, and what to_wandb_image refuses."""
    zeros = torch.zeros
    expect_raises(ValueError, to_wandb_grid, [], **UNIT)
    expect_raises(ValueError, to_wandb_grid, [zeros(3, 2, 2), zeros(3, 2, 5)], mention=["(2, 2)", "(2, 5)"], **UNIT)
    expect_raises(ValueError, to_wandb_grid, [zeros(3, 2, 2), zeros(1, 2, 2)], **UNIT)
    expect_raises(ValueError, to_wandb_grid, zeros(3, 2, 2), mention=["(3, 2, 2)"], **UNIT)
    expect_raises(ValueError, to_wandb_grid, np.zeros((5, 4, 3)), mention=["(5, 4, 3)"], **UNIT)
    for columns in (0, -1):
        expect_raises(ValueError, to_wandb_grid, zeros(2, 3, 2, 2), columns=columns, mention=[str(columns)], **UNIT)
    expect_raises(TypeError, to_wandb_grid, zeros(2, 3, 2, 2), mention=["value_range"])
    expect_raises(TypeError, to_wandb_grid, zeros(2, 3, 2, 2, dtype=torch.int64), mention=["int64"])
    one_too_bright = torch.stack([zeros(3, 2, 2), torch.full((3, 2, 2), 1.1)])
    expect_raises(ValueError, to_wandb_grid, one_too_bright, **UNIT)
    expect_same(written(to_wandb_grid(one_too_bright, columns=2, clip=True, **UNIT))[:, -2:], np.full((2, 2, 3), 255, np.uint8))
    expect_raises(ValueError, to_wandb_grid, torch.full((2, 3, 2, 2), math.nan), clip=True, **UNIT)


# ------------------------------------------------------------------ log_images


class Recorder:
    """Stands in for a run, and remembers what was logged."""

    def __init__(self):
        self.calls = []

    def log(self, data, **options):
        self.calls.append((data, options))


def logged(log_images, *arguments, **keywords):
    """What one call logged under its key."""
    run = Recorder()
    log_images(run, "samples", *arguments, **keywords)
    expect(len(run.calls) == 1, got=f"{len(run.calls)} calls of run.log", expected="1 call")
    ((data, options),) = run.calls
    expect(list(data) == ["samples"], got=f"keys {list(data)}", expected="the key 'samples'")
    return data["samples"], options


@law("log_images", lesson=6, rank="mathematics", batch=batches())
def each_picture_is_logged_as_alone(log_images, batch):
    """The list that is logged holds each picture with the pixels that to_wandb_image gives it alone."""
    several, _ = logged(log_images, batch, **UNIT)
    expect(len(several) == len(batch), got=f"{len(several)} pictures", expected=f"{len(batch)} pictures")
    for image, x in zip(several, batch, strict=True):
        expect_same(written(image), written(library.to_wandb_image(x, **UNIT)), "one range for all, from value_range")


@law("log_images", lesson=6, rank="mathematics")
def options_are_passed_on(log_images):
    """step and commit reach run.log when they are given, and only then; captions, masks and boxes reach their pictures."""
    x = np.zeros((2, 3, 4, 3), np.uint8)
    expect_same(logged(log_images, x)[1], {})
    expect_same(logged(log_images, x, step=0, commit=False)[1], {"step": 0, "commit": False})
    several, _ = logged(log_images, x, captions=["a", "b"])
    expect_same(type(several[0]).all_captions(several), ["a", "b"])
    expect_raises(ValueError, log_images, Recorder(), "k", x, masks=[None, {"truth": {"mask_data": np.zeros((4, 3), np.uint8)}}], mention=["(4, 3)"])
    expect_raises(ValueError, log_images, Recorder(), "k", x, boxes=[{"found": {"box_data": [{}]}}, None])


@law("log_images", lesson=6, rank="mathematics")
def no_caption_is_lost(log_images):
    """A list whose first caption is None keeps the others: wandb alone would drop them all."""
    several, _ = logged(log_images, np.zeros((3, 2, 2, 3), np.uint8), captions=[None, "b", None])
    expect_same(type(several[0]).all_captions(several), ["", "b", ""], 'hand over "" for None')


@law("log_images", lesson=6, rank="mathematics", batch=batches(), columns=st.integers(1, 4))
def with_columns_one_grid_is_logged(log_images, batch, columns):
    """With columns, one picture is logged: the grid of to_wandb_grid."""
    grid, _ = logged(log_images, batch, columns=columns, **UNIT)
    expect_same(written(grid), written(library.to_wandb_grid(batch, columns=columns, **UNIT)))


@law("log_images", lesson=6, rank="manners")
def nothing_is_lost_in_silence(log_images):
    """More pictures than wandb keeps (108), two sizes in one list, no picture, one picture instead of many: ValueError, and nothing is logged."""
    run, levels = Recorder(), np.zeros((109, 2, 2, 3), np.uint8)
    expect_same(len(logged(log_images, levels[:108])[0]), 108)
    expect_raises(ValueError, log_images, run, "k", levels, mention=["108", "109"], cause="wandb drops the rest without raising")
    expect_raises(ValueError, log_images, run, "k", [levels[0], levels[0, :1]], mention=["(1, 2)", "(2, 2)"])
    expect_raises(ValueError, log_images, run, "k", [])
    expect_raises(ValueError, log_images, run, "k", levels[0], mention=["(2, 2, 3)"])
    expect_raises(ValueError, log_images, run, "k", levels[:3], captions=["a", "b"], mention=["captions", "3"])
    expect_raises(ValueError, log_images, run, "k", levels[:3], captions="abc", mention=["captions"])
    expect_raises(ValueError, log_images, run, "k", levels[:3], captions=["a"] * 3, columns=2, mention=["captions"])
    expect_raises(TypeError, log_images, run, "k", torch.zeros(2, 3, 2, 2), mention=["value_range"])
    expect_raises(ValueError, log_images, run, "k", torch.full((2, 3, 2, 2), 2.0), **UNIT)
    expect(not run.calls, got=f"{len(run.calls)} logged", expected="nothing logged")
    expect_same(len(logged(log_images, levels, columns=12)[0].image.size), 2)
