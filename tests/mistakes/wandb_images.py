"""Mistakes of lesson 6: the pixels that are handed to Weights & Biases."""

import math

import numpy as np
import torch
from PIL import Image

import seeing_tensors as library
from seeing_tensors.course.laws.museum import mistake, plain, twin


def is_float(x):
    return x.is_floating_point() if isinstance(x, torch.Tensor) else x.dtype.kind == "f"


def channels_last(x):
    """A float picture as float64 (H, W, C), or (H, W) if it has one channel."""
    if isinstance(x, torch.Tensor):
        x = x.detach().double()
        x = (x.movedim(0, -1) if x.ndim == 3 else x).numpy()
    return (x[:, :, 0] if x.ndim == 3 and x.shape[2] == 1 else x).astype(np.float64)


def undone(x, mean, std):
    """The picture without its Normalize."""
    values = channels_last(x)
    return values if mean is None else values * np.array(std) + np.array(mean)


def from_levels(levels, caption=None):
    """The wandb.Image of levels that are ready."""
    return library.to_wandb_image(np.ascontiguousarray(levels).astype(np.uint8), caption=caption)


def drawn_by(levels_of):
    """`to_wandb_image` with other levels for floats: levels_of(values, low, high)."""

    def to_wandb_image(x, *, value_range=None, mean=None, std=None, clip=False, **options):
        # the same refusals
        right = library.to_wandb_image(x, value_range=value_range, mean=mean, std=std, clip=clip, **options)
        if not is_float(x):
            return right
        return from_levels(levels_of(undone(x, mean, std), *map(float, value_range)), options.get("caption"))

    return to_wandb_image


# -------------------------------------------------------------- to_wandb_image


@mistake(
    "to_wandb_image",
    tempting="`astype(np.uint8)` is how floats become bytes, and nothing says that it cuts off.",
    source="https://github.com/pytorch/vision/issues/8141",
)
def cuts_off(x, **options):
    """levels are cut off, not rounded: 254.99 becomes 254, and some levels come back one too dark. Round first"""
    return drawn_by(lambda v, low, high: np.clip(255 * ((v - low) / (high - low)), 0, 255))(x, **options)


@cuts_off.in_other_words
def times_255_astype(x, *, value_range=None, mean=None, std=None, clip=False, caption=None):
    if not is_float(x) or value_range is None:
        return library.to_wandb_image(x, value_range=value_range, mean=mean, std=std, clip=clip, caption=caption)
    v = undone(x, mean, std)
    if not clip:
        library.to_wandb_image(x, value_range=value_range, mean=mean, std=std)
    unit = (v - value_range[0]) / (value_range[1] - value_range[0])
    return from_levels((unit.clip(0, 1) * 255).astype(np.uint8), caption)


@mistake(
    "to_wandb_image",
    tempting="A picture that uses all levels looks best, and wandb itself did so with every tensor for years.",
    source="https://github.com/wandb/wandb/issues/843",
)
def stretches(x, **options):
    """each picture is stretched from its own least to its own greatest value. Use value_range: a pixel must not depend
    on the others
    """

    def levels(v, low, high):
        v = np.clip((v - low) / (high - low), 0, 1)
        return np.rint(255 * (v - v.min()) / max(v.max() - v.min(), 1e-12))

    return drawn_by(levels)(x, **options)


@stretches.in_other_words
def min_max(x, *, value_range=None, mean=None, std=None, clip=False, caption=None):
    right = library.to_wandb_image(x, value_range=value_range, mean=mean, std=std, clip=clip, caption=caption)
    if not is_float(x):
        return right
    v = undone(x, mean, std).clip(*value_range)
    v = v - np.min(v)
    return from_levels(np.round(v / np.max(v) * 255) if np.max(v) > 0 else v * 0, caption)


@mistake(
    "to_wandb_image",
    tempting="wandb wants uint8, and a cast gives uint8; wandb itself, from 0.29 on, does just that.",
    source="https://github.com/keras-team/keras/pull/22129",
)
def casts_the_floats(x, **options):
    """floats are cast to uint8 without being scaled: all of [0, 1) becomes 0, and the picture is black. Multiply by 255
    and round first
    """
    return drawn_by(lambda v, low, high: np.clip(v, 0, 255))(x, **options)


@casts_the_floats.in_other_words
def as_type_uint8(x, *, value_range=None, mean=None, std=None, clip=False, caption=None):
    right = library.to_wandb_image(x, value_range=value_range, mean=mean, std=std, clip=clip, caption=caption)
    return from_levels(undone(x, mean, std).clip(0, 255).astype(np.uint8), caption) if is_float(x) else right


@mistake(
    "to_wandb_image",
    tempting="A picture with negative values seems to be one from [-1, 1]; wandb from 0.20 to 0.28 took it so too.",
    source="https://github.com/wandb/wandb/pull/9982",
)
def guesses_from_the_sign(x, **options):
    """the range is guessed: one negative value, and all are taken for [-1, 1]. Only you know the range; say it with
    value_range
    """

    def levels(v, low, high):
        return np.rint(255 * np.clip((v + 1) / 2 if v.min() < 0 else v, 0, 1))

    return drawn_by(levels)(x, **options)


@guesses_from_the_sign.in_other_words
def documented_rule(x, *, value_range=None, mean=None, std=None, clip=False, caption=None):
    right = library.to_wandb_image(x, value_range=value_range, mean=mean, std=std, clip=clip, caption=caption)
    if not is_float(x):
        return right
    v = undone(x, mean, std)
    if (v < 0).any():
        v = v * 0.5 + 0.5
    return from_levels(np.round(np.minimum(np.maximum(v, 0), 1) * 255), caption)


@mistake(
    "to_wandb_image",
    tempting="Times 255 seems to be all of it, and a picture within its range shows nothing.",
    source="https://github.com/pytorch/vision/pull/3610",
)
def wraps_around(x, **options):
    """what lies outside is not clamped before the cast, and wraps: 1.01 becomes level 2 and -0.01 level 253. Clamp
    first
    """

    def levels(v, low, high):
        return np.nan_to_num(np.rint(255 * ((v - low) / (high - low)))).astype(np.int64) % 256

    return drawn_by(levels)(x, **options)


@wraps_around.in_other_words
def without_clamp(x, *, value_range=None, mean=None, std=None, clip=False, caption=None):
    right = library.to_wandb_image(x, value_range=value_range, mean=mean, std=std, clip=clip, caption=caption)
    if not is_float(x):
        return right
    low, high = value_range
    levels = np.round((undone(x, mean, std) - low) * (255 / (high - low)))
    wrapped = np.nan_to_num(levels).astype(np.int64) & 255
    return from_levels(np.where(np.isfinite(levels), np.mod(levels, 256), wrapped), caption)


@mistake(
    "to_wandb_image",
    tempting="A picture of 0 and 1 is black to the eye, and times 255 makes it visible.",
    source="https://github.com/wandb/wandb/pull/985",
)
def bytes_of_0_and_1_stretched(x, **options):
    """bytes that are only 0 and 1 are multiplied by 255. Leave them: bytes are levels already, whatever values occur"""
    right = library.to_wandb_image(x, **options)
    levels = np.array(right.image)
    return right if is_float(x) or levels.max() > 1 else from_levels(255 * levels, options.get("caption"))


@bytes_of_0_and_1_stretched.in_other_words
def if_max_is_at_most_1(x, *, value_range=None, mean=None, std=None, clip=False, caption=None):
    is_bytes = getattr(x, "dtype", None) in (torch.uint8, np.uint8)
    if is_bytes and value_range is None and mean is None and len(x) and x.max() <= 1:
        library.to_wandb_image(x, std=std)
        return library.to_wandb_image(x * np.uint8(255) if isinstance(x, np.ndarray) else x * 255, caption=caption)
    return library.to_wandb_image(x, value_range=value_range, mean=mean, std=std, clip=clip, caption=caption)


@mistake(
    "to_wandb_image",
    tempting="A picture appears all the same, and its strong contrast passes for normalisation.",
    source="https://github.com/shap/shap/issues/703",
)
def normalize_not_undone(x, **options):
    """the Normalize is not undone: mean and std are ignored, and what they moved out of the range is black or white.
    Hand them on
    """
    library.to_wandb_image(x, **options)
    if options.get("mean") is None:
        return library.to_wandb_image(x, **options)
    return library.to_wandb_image(x, **{**options, "mean": None, "std": None, "clip": True})


@normalize_not_undone.in_other_words
def clipped_as_it_is(x, *, value_range=None, mean=None, std=None, clip=False, caption=None):
    right = library.to_wandb_image(x, value_range=value_range, mean=mean, std=std, clip=clip, caption=caption)
    if mean is None:
        return right
    unit = (channels_last(x) - value_range[0]) / (value_range[1] - value_range[0])
    return from_levels(np.rint(255 * np.clip(unit, 0, 1)), caption)


@mistake(
    "to_wandb_image",
    tempting="`Normalize(-mean, 1 / std)` inverts each number, and so it looks like the inverse.",
    source="https://github.com/pytorch/vision/issues/528",
)
def normalize_undone_in_the_wrong_order(x, **options):
    """the mean is added before the std multiplies: the inverse of Normalize is x * std + mean"""
    library.to_wandb_image(x, **options)
    if options.get("mean") is None:
        return library.to_wandb_image(x, **options)
    values = (np.atleast_3d(channels_last(x)) + np.array(options["mean"])) * np.array(options["std"])
    return library.to_wandb_image(values, **{**options, "mean": None, "std": None, "clip": True})


@normalize_undone_in_the_wrong_order.in_other_words
def plus_mean_times_std(x, *, value_range=None, mean=None, std=None, clip=False, caption=None):
    right = library.to_wandb_image(x, value_range=value_range, mean=mean, std=std, clip=clip, caption=caption)
    if mean is None:
        return right
    low, high = value_range
    unit = ((channels_last(x) + mean) * std - low) / (high - low)
    return from_levels(np.rint(255 * unit).clip(0, 255), caption)


@twin("to_wandb_image")
def half_up(x, *, value_range=None, mean=None, std=None, clip=False, caption=None, **options):
    """rounding by adding one half and cutting off, after the clip, and everything by numpy"""
    options.update(value_range=value_range, mean=mean, std=std, clip=clip, caption=caption)
    right = library.to_wandb_image(x, **options)
    if not is_float(x):
        return right
    low, high = map(float, value_range)
    scaled = (undone(x, mean, std) - low) * (255 / (high - low))
    return from_levels(np.floor(np.clip(scaled, 0, 255) + 0.5), caption)


@twin("to_wandb_image")
def with_torch(x, *, value_range=None, mean=None, std=None, clip=False, caption=None, **options):
    """all of it in torch, and the array of levels at the very end"""
    options.update(value_range=value_range, mean=mean, std=std, clip=clip, caption=caption)
    right = library.to_wandb_image(x, **options)
    if not is_float(x):
        return right
    values = torch.from_numpy(channels_last(x))
    if mean is not None:
        values = torch.addcmul(torch.tensor(mean, dtype=torch.float64), values, torch.tensor(std, dtype=torch.float64))
    low, high = map(float, value_range)
    return from_levels((values - low).div(high - low).mul(255).round().clamp(0, 255).to(torch.uint8).numpy(), caption)


@plain("to_wandb_image")
def to_wandb_image(x, *, value_range=None, mean=None, std=None, clip=False, caption=None):
    import wandb  # only where it is needed: it takes a second

    if isinstance(x, torch.Tensor):
        x = x.permute(1, 2, 0).numpy()
    if x.dtype == np.float32:
        if mean is not None:
            x = x * np.array(std, np.float32) + np.array(mean, np.float32)
        low, high = value_range
        x = np.rint(255 * (x - low) / (high - low)).clip(0, 255).astype(np.uint8)
    return wandb.Image(Image.fromarray(x), caption=caption)


# --------------------------------------------------------------- to_wandb_grid


def pictures_on_one_range(images, value_range, mean, std, scale):
    """The pictures as floats in [0, 1], each after `scale`(its values, the values of all)."""
    low, high = value_range
    values = [(np.clip(undone(x, mean, std), low, high) - low) / (high - low) for x in images]
    return [scale(v, np.concatenate([each.ravel() for each in values])) for v in values]


def stretched(v, span):
    width = span.max() - span.min()
    return (v - span.min()) / width if width > 0 else v * 0


def grid_of(images, scale, *, columns=None, value_range=None, mean=None, std=None, clip=False, caption=None):
    """The right grid, or, for floats, the grid of the pictures after `scale`."""
    images = images if isinstance(images, (torch.Tensor, np.ndarray)) else list(images)
    options = {"columns": columns, "value_range": value_range, "mean": mean, "std": std, "clip": clip}
    right = library.to_wandb_grid(images, **options, caption=caption)
    if not is_float(images[0]):
        return right
    pictures = pictures_on_one_range(images, value_range, mean, std, scale)
    return library.to_wandb_grid(pictures, columns=columns, value_range=(0, 1), caption=caption)


@mistake(
    "to_wandb_grid",
    tempting="Every picture is then seen at its best; make_grid has `scale_each=True` for it.",
    source="https://github.com/pytorch/vision/pull/99",
)
def each_on_its_own_scale(images, **options):
    """each picture is stretched on its own: a dark one and a bright one look alike. Use one range for all"""
    return grid_of(images, lambda v, all_values: stretched(v, v), **options)


@each_on_its_own_scale.in_other_words
def scale_each(images, *, columns=None, value_range=None, mean=None, std=None, clip=False, caption=None):
    pictures = list(images) if getattr(images, "ndim", 4) == 4 else images
    options = {"value_range": value_range, "mean": mean, "std": std, "clip": clip}
    right = library.to_wandb_grid(pictures, columns=columns, caption=caption, **options)
    if not is_float(pictures[0]):
        return right
    tiles = []
    for x in pictures:
        v = undone(x, mean, std).clip(*value_range)
        tiles.append(np.rint(255 * (v - v.min()) / (v.max() - v.min() or 1)).astype(np.uint8))
    return library.to_wandb_grid(tiles, columns=columns, caption=caption)


@mistake(
    "to_wandb_grid",
    tempting="One range for all pictures is right, and `normalize=True` takes it from the batch by itself.",
    source="https://github.com/pytorch/vision/issues/839",
)
def one_outlier_dims_all(images, **options):
    """the range is taken from the whole batch: one bright pixel dims every picture. Take it from value_range"""
    return grid_of(images, stretched, **options)


@one_outlier_dims_all.in_other_words
def normalize_true(images, *, columns=None, value_range=None, mean=None, std=None, clip=False, caption=None):
    pictures = list(images) if getattr(images, "ndim", 4) == 4 else images
    options = {"value_range": value_range, "mean": mean, "std": std, "clip": clip}
    right = library.to_wandb_grid(pictures, columns=columns, caption=caption, **options)
    if not is_float(pictures[0]):
        return right
    batch = np.stack([undone(x, mean, std) for x in pictures]).clip(*value_range)
    batch = batch - np.min(batch)
    batch = np.round(batch / (np.max(batch) or 1) * 255).astype(np.uint8)
    return library.to_wandb_grid(list(batch), columns=columns, caption=caption)


@mistake(
    "to_wandb_grid",
    tempting="torchvision's make_grid has black lines by default, and around dark pictures you do not see them.",
    source="https://github.com/pytorch/vision/pull/142",
)
def black_lines(images, **options):
    """the lines between the pictures and the empty places are black, make_grid's pad_value=0. Draw them white"""
    images = images if isinstance(images, (torch.Tensor, np.ndarray)) else list(images)
    grid = np.array(library.to_wandb_grid(images, **options).image)
    black = [np.zeros(size_of(x), bool) for x in images]
    outside = np.array(library.to_wandb_grid(black, columns=options.get("columns")).image) == 255
    return from_levels(np.where(outside.reshape(grid.shape[:2] + (1,) * (grid.ndim - 2)), 0, grid))


def size_of(x):
    """(H, W) of a picture."""
    return tuple(x.shape[-2:] if isinstance(x, torch.Tensor) else x.shape[:2])


@black_lines.in_other_words
def pad_value_0(images, *, columns=None, value_range=None, mean=None, std=None, clip=False, caption=None):
    pictures = list(images) if getattr(images, "ndim", 4) == 4 else images
    options = {"value_range": value_range, "mean": mean, "std": std, "clip": clip}
    right = library.to_wandb_grid(pictures, columns=columns, caption=caption, **options)
    grid, (height, width) = np.array(right.image), size_of(pictures[0])
    columns = min(columns or int(np.ceil(np.sqrt(len(pictures)))), len(pictures))
    keep = np.zeros(grid.shape[:2], bool)
    for i in range(len(pictures)):
        top, left = i // columns * (height + 2), i % columns * (width + 2)
        keep[top : top + height, left : left + width] = True
    grid[~keep] = 0
    return from_levels(grid, caption)


@twin("to_wandb_grid")
def pasted_together(images, *, columns=None, caption=None, **options):
    """each picture by to_wandb_image, then pasted with PIL"""
    images = images if isinstance(images, (torch.Tensor, np.ndarray)) else list(images)
    right = library.to_wandb_grid(images, columns=columns, caption=caption, **options)
    columns = min(columns or int(np.ceil(np.sqrt(len(images)))), len(images))
    tiles = [library.to_wandb_image(x, **options).image for x in images]
    paper = Image.new(tiles[0].mode, right.image.size, "white")
    for i, tile in enumerate(tiles):
        paper.paste(tile, (i % columns * (tile.width + 2), i // columns * (tile.height + 2)))
    return library.to_wandb_image(np.array(paper), caption=caption)


@plain("to_wandb_grid")
def to_wandb_grid(images, *, columns=None, value_range=None, mean=None, std=None, clip=False, caption=None):
    options = {"value_range": value_range, "mean": mean, "std": std, "clip": clip}
    tiles = [np.array(library.to_wandb_image(x, **options).image) for x in images]
    columns = columns or math.ceil(math.sqrt(len(tiles)))
    height, width, _ = tiles[0].shape
    grid = np.full((math.ceil(len(tiles) / columns) * (height + 2) - 2, columns * (width + 2) - 2, 3), 255, np.uint8)
    for i, tile in enumerate(tiles):
        top, left = i // columns * (height + 2), i % columns * (width + 2)
        grid[top : top + height, left : left + width] = tile
    return library.to_wandb_image(grid, caption=caption)


# ------------------------------------------------------------------ log_images


@mistake(
    "log_images",
    tempting="run.log takes the list and returns, and that the rest is left out is only a warning.",
    source="https://github.com/wandb/wandb/issues/2559",
    rank="manners",
)
def drops_after_108(run, key, images, **options):
    """more than 108 pictures are handed to wandb, which keeps the first 108 and drops the rest without raising. Refuse
    them
    """
    if getattr(images, "ndim", 0) == 4 and len(images) > 108 and options.get("columns") is None:
        images = images[:108]  # what wandb keeps
    library.log_images(run, key, images, **options)


@drops_after_108.in_other_words
def as_many_as_fit(run, key, images, *, columns=None, **options):
    is_batch = isinstance(images, (np.ndarray, torch.Tensor)) and images.ndim == 4
    kept = list(images)[:108] if is_batch and not columns else images
    library.log_images(run, key, kept, columns=columns, **options)


@mistake(
    "log_images",
    tempting="Each picture looks best in its own range, and a list is drawn picture by picture.",
    source="https://github.com/wandb/wandb/issues/843",
)
def each_picture_stretched(run, key, images, **options):
    """each picture of the list is stretched from its own least to its own greatest value: they can no longer be
    compared. Give one value_range
    """
    is_list = getattr(images, "ndim", 0) == 4 and options.get("columns") is None
    if is_list and is_float(images) and options.get("value_range"):
        images = [torch.from_numpy(stretched(v := x.double().numpy(), v)).to(x.dtype) for x in torch.as_tensor(images)]
    library.log_images(run, key, images, **options)


@each_picture_stretched.in_other_words
def min_max_each(run, key, images, *, columns=None, value_range=None, **options):
    if isinstance(images, torch.Tensor) and images.ndim == 4 and is_float(images) and value_range and not columns:
        low, high = images.amin((1, 2, 3), keepdim=True), images.amax((1, 2, 3), keepdim=True)
        images = (images - low) / torch.where(high > low, high - low, 1)
    library.log_images(run, key, images, columns=columns, value_range=value_range, **options)


@twin("log_images")
def one_by_one(run, key, images, *, columns=None, captions=None, **options):
    """each picture by to_wandb_image and one run.log; what is refused is found on a run that logs nothing"""

    class Nowhere:
        def log(self, data, **when):
            self.when, self.row = when, data

    nowhere = Nowhere()
    library.log_images(nowhere, key, images, columns=columns, captions=captions, **options)
    if columns is None and not options.get("masks") and not options.get("boxes") and options.get("clip") != "count":
        scale = {name: options.get(name) for name in ("value_range", "mean", "std")}
        scale["clip"] = options.get("clip", False)
        words = captions or [None] * len(images)
        words = [text or "" if captions else None for text in words]
        drawn = [library.to_wandb_image(x, caption=text, **scale) for x, text in zip(images, words, strict=True)]
        nowhere.row = {key: drawn}
    run.log(nowhere.row, **nowhere.when)
