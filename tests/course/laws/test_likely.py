"""What a report says is likely wrong is wrong: for each law with causes, functions of different causes, and of none."""

import math

import matplotlib
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from torchvision.transforms import v2

import seeing_tensors as library
from seeing_tensors.course.laws import LawBroken
from seeing_tensors.course.laws.expectations import disproved
from seeing_tensors.course.laws.finding import laws


def last_of(size, kernel_size, stride, padding, dilation):
    return size + 2 * padding - dilation * (kernel_size - 1) - 1


def floats(picture):
    return torch.from_numpy(np.moveaxis(picture, -1, 0).astype(np.float32))


def ends(weight, bias):
    """Low and high without the bias, and the bias."""
    each = (1, 2, 3)
    return weight.clamp(max=0).sum(each), weight.clamp(min=0).sum(each), bias if bias is not None else 0


def composed(w2, w1):
    return F.conv_transpose2d(w2, w1)


def seen_through(w2, b1, b2):
    return w2.sum((2, 3)) @ b1 + b2


def made_of(weight_of, bias_of=seen_through):
    """A composition of the weight and the bias that these two make of w2, w1 and of w2, b1, b2."""

    def compose(first, second):
        if isinstance(first, torch.Tensor):
            return weight_of(second, first)
        (w1, b1), (w2, b2) = first, second
        return weight_of(w2, w1), bias_of(w2, b1, b2)

    return compose


def labelled(change):
    return lambda mask, **names: {"mask_data": change(np.array(mask, np.int64)).astype(np.uint8), **names}


def drawn(levels_of):
    """A picture of a float tensor whose levels are what `levels_of` makes of the fractions of the range."""

    def draw(x, value_range=None, mean=None, std=None, clip=False):
        x = x if isinstance(x, np.ndarray) else x.permute(1, 2, 0).numpy()
        low, high = value_range or (0, 255)
        fractions = (x.astype(np.float64) - low) / (high - low)
        levels = levels_of(fractions, *([] if mean is None else [np.array(mean), np.array(std)]))
        return Picture(levels.astype(np.int64).astype(np.uint8))

    return draw


class Picture:
    """What the laws ask of wandb.Image."""

    def __init__(self, pixels):
        self.image = Image.fromarray(pixels)


def shown(x):
    return np.rint(255 * x.clip(0, 1))


def in_columns(columns_of, place, line=255):
    """A grid with `columns_of` N columns, unless told; picture i stands at the row and column that `place` gives."""

    def draw(batch, columns=None, **options):
        tiles = [np.array(library.to_wandb_image(x, **options).image) for x in batch]
        columns = min(columns or columns_of(len(tiles)), len(tiles))
        rows, (height, width, _) = math.ceil(len(tiles) / columns), tiles[0].shape
        grid = np.full((rows * (height + 2) - 2, columns * (width + 2) - 2, 3), line, np.uint8)
        for i, tile in enumerate(tiles):
            row, column = place(i, rows, columns)
            grid[row * (height + 2) :, column * (width + 2) :][:height, :width] = tile
        return Picture(grid)

    return draw


def rounded_up(n):
    return math.ceil(math.sqrt(n))


def by_rows(i, rows, columns):
    return divmod(i, columns)


def variance_of(x):
    return x.var((0, 2, 3), correction=0, keepdim=True)


def each(values, default):
    """A weight or a bias as it meets x, or its default."""
    return default if values is None else values[:, None, None]


def normalised(x, variance, power=0.5):
    return (x - x.mean((0, 2, 3), keepdim=True)) / variance**power


def kept(mean_of=lambda pixels, pictures: pixels.mean(0), std_of=lambda pixels, pictures: pixels.std(0)):
    """ChannelStatistics that keep the pictures: of all their pixels (n, C), and of each, the two make mean and std."""

    class Statistics:
        def __init__(self):
            self.pictures = []

        def update(self, picture):
            self.pictures.append(picture.reshape(-1, picture.shape[2]) / 255)
            return self

        @property
        def count(self):
            return len(np.concatenate(self.pictures))

        @property
        def mean(self):
            return tuple(mean_of(np.concatenate(self.pictures), self.pictures).tolist())

        @property
        def std(self):
            return tuple(std_of(np.concatenate(self.pictures), self.pictures).tolist())

    return Statistics


def parts(values, low=0, high=1):
    """Which values are below, above, not finite."""
    finite = np.isfinite(values)
    return finite & (values < low), finite & (values > high), ~finite


def fractions_of(parts_of, then=lambda rows, values: rows):
    """An `unseen` of these three parts of each channel's values; `then` changes what comes of them."""

    def unseen(x):
        values = x.reshape(len(x), -1).numpy()
        return then(np.stack([part.mean(1) for part in parts_of(values)], 1), values)

    return unseen


def stored(change):
    """A mask as Pillow reads it, and what `change` makes of its whole numbers."""
    return lambda path: change(np.array(Image.open(path), np.int64)).astype(np.uint8)


def looked_up_again(path):
    """From the colours back to the first index that has each."""
    palette = np.reshape(Image.open(path).getpalette(), (-1, 3)).tolist()
    colors = np.array(Image.open(path).convert("RGB")).tolist()
    return np.array([[palette.index(color) for color in row] for row in colors], np.uint8)


def placed(place):
    """A `resize_mask` whose new pixel i takes the old one at floor(place(i, old size, new size))."""

    def resize(mask, height, width):
        taken = [
            np.floor(place(np.arange(new), old, new)).astype(int).clip(0, old - 1)
            for old, new in zip(mask.shape, (height, width), strict=True)
        ]
        return mask[np.ix_(*taken)]

    return resize


def own_limits(x, vmin, vmax, is_bytes):
    return x.min() if vmin is None else vmin, x.max() if vmax is None else vmax


def entry_in(t, n):
    return np.where(t == 1, n - 1, np.floor(n * t))


def mapped(limits_of=own_limits, entry_of=entry_in, colors_of=lambda colors, entries: np.floor(255 * colors(entries))):
    """An `imshow_pixels` of 2-D arrays, made of these three steps."""

    def imshow_pixels(array, *, cmap=None, vmin=None, vmax=None):
        x, colors = array.astype(np.float64), matplotlib.colormaps.get_cmap(cmap)
        low, high = limits_of(x, vmin, vmax, array.dtype == np.uint8)
        t = np.where(high > low, (x - low) / np.where(high > low, high - low, 1), 0)
        entries = np.clip(entry_of(t, colors.N), 0, colors.N - 1).astype(int)
        return colors_of(colors, entries).astype(np.uint8)

    return imshow_pixels


def inverse(numbers_of):
    """An `inverse_mean_std` of arrays."""
    return lambda mean, std: tuple(values.tolist() for values in numbers_of(np.array(mean), np.array(std)))


def moving(
    towards=lambda old, new, m: (1 - m) * old + m * new,
    mean_of=lambda mean: mean,
    unbiased=lambda v, n: v * n / (n - 1),
    after=lambda v, n: v,
    mean_moves=False,
):
    """A `BatchNorm2d` whose running statistics move by these steps; the mean as it should if `mean_moves`."""

    class Layer(library.BatchNorm2d):
        def update(self, mean, variance, n):
            self.num_batches_tracked += 1
            m = 1 / int(self.num_batches_tracked) if self.momentum is None else self.momentum
            if mean_of:
                step = (lambda old, new, m: (1 - m) * old + m * new) if mean_moves else towards
                self.running_mean.copy_(step(self.running_mean.double(), mean_of(mean), m))
            moved = towards(self.running_var.double(), unbiased(variance, n), m)
            self.running_var.copy_(after(moved, n))

    return Layer


def averaging(weight_of):
    """A `BatchNorm2d` whose batch t has this weight where momentum is None."""

    class Layer(library.BatchNorm2d):
        def update(self, mean, variance, n):
            self.num_batches_tracked += 1
            m = weight_of(int(self.num_batches_tracked)) if self.momentum is None else self.momentum
            self.running_mean.copy_((1 - m) * self.running_mean + m * mean)
            self.running_var.copy_((1 - m) * self.running_var + m * variance * n / (n - 1))

    return Layer


ROOT = math.sqrt(2 * math.pi)


def gaussian(z, h):
    return np.exp(-(z**2) / 2) / (ROOT * h)


def densities(kernel=gaussian, values_of=lambda values: values, width=lambda v: len(v) ** -0.2 * v.std(ddof=1)):
    """A `channel_densities` of this kernel, these values and this bandwidth."""

    def channel_densities(image, grid, *, bandwidth=None):
        planes = image.movedim(-3, 0).flatten(1).numpy() if isinstance(image, torch.Tensor) else image
        planes = planes if isinstance(image, torch.Tensor) else np.moveaxis(image, -1, 0).reshape(image.shape[-1], -1)
        curves = []
        for plane in planes:
            h = width(plane.astype(np.float64)) if bandwidth is None else bandwidth
            values = np.asarray(values_of(plane), np.float64)
            curves.append(kernel((grid[:, None] - values) / h, h).mean(1))
        return np.array(curves)

    return channel_densities


def column(values):
    return torch.tensor(values).reshape(-1, 1, 1)


WRONG_MOVES = {
    "not of the old": moving(lambda old, new, m: m * old + (1 - m) * new),
    "1 - momentum of its weight": moving(lambda old, new, m: old + m * new),
    "a mean of its own": moving(mean_of=lambda mean: mean.mean().expand(mean.shape)),
    "a variance of its own": moving(unbiased=lambda v, n: (v * n / (n - 1)).mean().expand(v.shape)),
    "what is kept is the unbiased": moving(unbiased=lambda v, n: v),
    "not (n - 1) / n": moving(unbiased=lambda v, n: v * (n - 1) / n),
    "not what is kept of the old": moving(after=lambda v, n: v * n / (n - 1), unbiased=lambda v, n: v),
    "not the stds": moving(lambda old, new, m: ((1 - m) * old.sqrt() + m * new.sqrt()) ** 2, mean_moves=True),
    "n counts the values": moving(unbiased=lambda v, n: v * (n // len(v)) / max(n // len(v) - 1, 1)),
    "the variance moves, too": moving(lambda old, new, m: old, mean_moves=True),
    "the mean moves, too": moving(mean_of=None),
    "": moving(unbiased=lambda v, n: 3 * v + 1),
}
WRONG_UNDOINGS = {
    "undo the Normalize: ": drawn(lambda x, mean, std: shown(x)),
    "do not apply it again": drawn(lambda x, mean, std: shown((x - mean) / std)),
    "times std first": drawn(lambda x, mean, std: shown((x + mean) * std)),
    "its own mean and std": drawn(lambda x, mean, std: shown(x * std.mean() + mean.mean())),
    "before you clamp": drawn(lambda x, mean, std: shown(x.clip(0, 1) * std + mean)),
    "": drawn(lambda x, mean, std: shown(x * std - mean)),
}
# Law, then wrong functions with words of what is said about each; "" where nothing may be said.
WRONG = {
    ("to_tensor", "moves_channels_first_and_divides_by_255"): {
        "permute, do not reshape": lambda image: torch.from_numpy(
            image.reshape(image.shape[2], *image.shape[:2]) / np.float32(255)
        ),
        "these are bytes still": floats,
        "not by 256": lambda image: floats(image) / 256,
        "divided twice": lambda image: floats(image) / 255**2,
        "": lambda image: floats(image[::-1]) / 255,
    },
    ("unseen", "counts_each_channel"): {
        "do not count it below or above, too": fractions_of(lambda v: (v < 0, v > 1, ~np.isfinite(v))),
        "ask isfinite": fractions_of(lambda v: (v < 0, v > 1, np.isnan(v))),
        "no comparison with NaN": fractions_of(lambda v: (parts(v)[0], parts(v)[1] | np.isnan(v), parts(v)[2])),
        "not all together": fractions_of(parts, lambda rows, v: np.broadcast_to(rows.mean(0), rows.shape)),
        "reshape mixes the channels": lambda x: fractions_of(parts)(x.reshape(-1, len(x)).T),
        "over how many values": fractions_of(parts, lambda rows, v: rows * v.shape[1]),
        "not per cent": fractions_of(parts, lambda rows, v: rows * 100),
        "the columns are below": fractions_of(parts, lambda rows, v: rows[:, [1, 0, 2]]),
        "not (3, C)": fractions_of(parts, lambda rows, v: rows.T),
        "the broken ones among them": fractions_of(
            parts, lambda rows, v: np.c_[rows[:, :2] / np.maximum(1 - rows[:, 2:], 1e-3), rows[:, 2]]
        ),
        "not of all": fractions_of(parts, lambda rows, v: rows / len(v)),
        "white is 1": fractions_of(lambda v: (parts(v)[0], np.isfinite(v) & (v > 255), parts(v)[2])),
        "half a level": fractions_of(lambda v: parts(v, -0.5 / 255, 255.5 / 255)),
        "seen in red": fractions_of(lambda v: [np.broadcast_to(part.any(0), v.shape) for part in parts(v)]),
        "": fractions_of(parts, lambda rows, v: rows / 2),
    },
    ("imshow_pixels", "predicts_a_2d_array"): {
        "not floor((N - 1) t)": mapped(entry_of=lambda t, n: np.floor((n - 1) * t)),
        "not always 256": mapped(entry_of=lambda t, n: np.floor(256 * t)),
        "do not round": mapped(entry_of=lambda t, n: np.rint(n * t)),
        "not rounded": mapped(colors_of=lambda colors, entries: np.rint(255 * colors(entries))),
        "not grey": lambda array, cmap=None: mapped()(array, cmap="gray" if cmap is None else cmap),
        "bytes are stretched": mapped(lambda x, vmin, vmax, is_bytes: (0, 255) if is_bytes else (x.min(), x.max())),
        "not over its type": mapped(lambda x, vmin, vmax, is_bytes: (0, 255 if is_bytes else 1)),
        "not one a row": mapped(lambda x, vmin, vmax, is_bytes: (x.min(1, keepdims=True), x.max(1, keepdims=True))),
        "not percentiles": mapped(lambda x, vmin, vmax, is_bytes: np.percentile(x, [2, 98])),
        "red, green, blue": mapped(colors_of=lambda colors, entries: (255 * colors(entries))[..., [2, 1, 0, 3]]),
        "": mapped(entry_of=lambda t, n: n - 1 - n * t),
    },
    ("imshow_pixels", "predicts_given_limits"): {
        "ask `is None`": mapped(lambda x, vmin, vmax, is_bytes: (vmin or x.min(), vmax or x.max())),
        "one limit alone": mapped(
            lambda x, vmin, vmax, is_bytes: (x.min(), x.max()) if vmin is None or vmax is None else (vmin, vmax)
        ),
        "do not wrap": mapped(entry_of=lambda t, n: np.where(t == 1, n - 1, np.floor(n * t) % n)),
        "subtract floats": lambda array, cmap=None, vmin=None, vmax=None: mapped()(
            (array - np.uint8(vmin or 0)).astype(float) + (vmin or 0) if array.dtype == np.uint8 else array,
            cmap=cmap,
            vmin=vmin,
            vmax=array.max() if vmax is None else vmax,
        ),
        "": mapped(entry_of=lambda t, n: n - 1 - n * t),
    },
    ("to_uint8", "gives_back_all_256_levels"): {
        "not 256": lambda x: (256 * x).round().clamp(max=255).to(torch.uint8),
        "multiply before you round": lambda x: (255 * x.round()).to(torch.uint8),
        "no longer 1": lambda x: (255 * x).round().clamp(0, 1).to(torch.uint8),
        "not both": lambda x: (255 * x + 0.5).round().clamp(max=255).to(torch.uint8),
        "black is 0": lambda x: ((x + 1) * 127.5).round().to(torch.uint8),
        "multiply by 255": lambda x: x.to(torch.uint8),
        "": lambda x: (255 * (1 - x)).round().to(torch.uint8),
    },
    ("to_uint8", "is_never_off_by_more_than_half_a_level"): {
        "round, do not truncate": lambda x: (255 * x).to(torch.uint8),
        "the factor is 255": lambda x: (256 * x).clamp(max=255).to(torch.uint8),
        "256 intervals of one width": lambda x: v2.functional.to_dtype(x, torch.uint8, scale=True),
        "not the one above": lambda x: (255 * x).ceil().to(torch.uint8),
        "": lambda x: (255 * (1 - x)).round().to(torch.uint8),
    },
    ("to_uint8", "clamps"): {
        "1.1 to 24": lambda x: (255 * x).round().to(torch.int64).to(torch.uint8),
        "clamp below, too": lambda x: (255 * x.clamp(max=1)).round().to(torch.int64).to(torch.uint8),
        "clamp above, too": lambda x: (255 * x.clamp(min=0)).round().to(torch.int64).to(torch.uint8),
        "not its absolute value": lambda x: (255 * x.abs().clamp(max=1)).round().to(torch.uint8),
        "darkens nothing else": lambda x: (255 * (x / max(1, x.max())).clamp(min=0)).round().to(torch.uint8),
        "multiplied all the same": lambda x: ((255 if x.max() <= 1 else 1) * x).round().clamp(min=0).to(torch.uint8),
        "": lambda x: (255 * (1 - x).clamp(0, 1)).round().to(torch.uint8),
    },
    ("read_mask", "gives_the_stored_levels"): {
        "do not divide by 255": stored(lambda labels: labels / 255),
        "do not make all of them 1": stored(lambda labels: labels > 0),
        "no threshold": stored(lambda labels: np.where(labels > 127, 255, 0)),
        "do not number them anew": stored(
            lambda labels: np.unique(labels, return_inverse=True)[1].reshape(labels.shape)
        ),
        "no background": stored(lambda labels: np.where(labels == 255, 0, labels)),
        "do not subtract 1": stored(lambda labels: labels - 1),
        "to see them": stored(lambda labels: labels / max(labels.max(), 1) * 255),
        "do not flip": stored(lambda labels: labels[::-1]),
        "": stored(lambda labels: labels + 1),
    },
    ("read_mask", "gives_the_stored_indices"): {
        "the red": lambda path: np.array(Image.open(path).convert("RGB"))[..., 0],
        "the blue": lambda path: np.array(Image.open(path).convert("RGB"))[..., 2],
        "two indices may have one": looked_up_again,
        "": stored(lambda labels: labels + 1),
    },
    ("resize_mask", "takes_the_label_under_the_centre"): {
        "not its corner": placed(lambda i, old, new: i * old / new),
        "not the nearest whole number": placed(lambda i, old, new: np.rint((i + 0.5) * old / new)),
        "before the scaling": placed(lambda i, old, new: i * old / new + 0.5),
        "the corners of the masks": placed(lambda i, old, new: np.rint(i * (old - 1) / max(new - 1, 1))),
        "the step from the first on": placed(lambda i, old, new: i * max(old // new, 1)),
        "the step is H / h": placed(lambda i, old, new: i * max(old // new, 1) + max(old // new, 1) // 2),
        "a factor of their own": lambda mask, height, width: placed(lambda i, old, new: (i + 0.5) * len(mask) / height)(
            mask, height, width
        ),
        "(height, width)": lambda mask, height, width: placed(
            lambda i, old, new: (i + 0.5) * (sum(mask.shape) - old) / new
        )(mask, height, width),
        "do not flip": lambda mask, height, width: library.resize_mask(mask, height, width)[::-1],
        "": lambda mask, height, width: library.resize_mask(mask[:, ::-1], height, width),
    },
    ("inverse_mean_std", "is_minus_mean_over_std_and_one_over_std"): {
        "the mean is divided by the std, too": lambda mean, std: ([-m for m in mean], [1 / s for s in std]),
        "1 / s, not s": lambda mean, std: ([-m / s for m, s in zip(mean, std, strict=True)], std),
        "-m / s, not -m; 1 / s, not s": lambda mean, std: ([-m for m in mean], std),
        "which multiplies": inverse(lambda m, s: (-m * s, 1 / s)),
        "divide by s once": inverse(lambda m, s: (-m / s**2, 1 / s)),
        "the place of white": inverse(lambda m, s: ((1 - m) / s, 1 / s)),
        "-m / s: each channel": inverse(lambda m, s: (-m / s[0], 1 / s)),
        "not their mean": inverse(lambda m, s: (-m / s.mean(), 1 / np.full_like(s, s.mean()))),
        "s is no variance": inverse(lambda m, s: (-m / s, 1 / s**2)),
        "no std is negative": inverse(lambda m, s: (-m / s, -1 / s)),
        "the mean comes first": inverse(lambda m, s: (1 / s, -m / s)),
        "keep their order": inverse(lambda m, s: ((-m / s)[::-1], (1 / s)[::-1])),
        "the sign of the mean": lambda mean, std: (
            [m / s for m, s in zip(mean, std, strict=True)],
            [1 / s for s in std],
        ),
        "": lambda mean, std: ([0.0 for m in mean], [1 / s + 1 for s in std]),
    },
    ("batch_norm", "subtracts_the_mean_of_the_batch_and_divides"): {
        "of the batch": lambda x, eps=1e-5: torch.nn.functional.instance_norm(x, eps=eps),
        "not by n - 1": lambda x, eps=1e-5: normalised(x, x.var((0, 2, 3), keepdim=True) + eps),
        "the root of the variance": lambda x, eps=1e-5: normalised(x, variance_of(x) + eps, power=1),
        "": lambda x, eps=1e-5: 2 * normalised(x, variance_of(x) + eps),
    },
    ("batch_norm", "then_multiplies_and_adds_per_channel"): {
        "then + bias": lambda x, weight=None, bias=None: (library.batch_norm(x) + each(bias, 0)) * each(weight, 1),
        "the weight multiplies": lambda x, weight=None, bias=None: library.batch_norm(x, None, bias),
        "the bias is added": lambda x, weight=None, bias=None: library.batch_norm(x, weight),
        "": lambda x, weight=None, bias=None: library.batch_norm(x, weight, bias) + 1,
    },
    ("BatchNorm2d", "running_statistics_move_towards_each_batch"): WRONG_MOVES,
    ("BatchNorm2d", "running_statistics_move_at_any_scale"): {
        words: WRONG_MOVES[words] for words in ("not (n - 1) / n", "not of the old", "")
    },
    ("BatchNorm2d", "momentum_none_is_the_plain_average"): {
        "no momentum of 0.1": averaging(lambda t: 0.1),
        "is no batch": averaging(lambda t: 1 / (t + 1)),
        "count it before": averaging(lambda t: 1 / max(t - 1, 1)),
        "larger than 10": averaging(lambda t: 1 / min(t, 10)),
        "not the last alone": averaging(lambda t: 1),
        "": averaging(lambda t: 0.3),
    },
    ("channel_densities", "is_the_mean_of_one_gaussian_per_pixel"): {
        "divided by its std": densities(lambda z, h: np.exp(-(z**2) / 2) / ROOT),
        "not each different value": densities(values_of=np.unique),
        "the exponent is -z²/2, not -z²": densities(lambda z, h: np.exp(-(z**2)) / (math.sqrt(math.pi) * h)),
        "and then the area": densities(lambda z, h: np.exp(-(z**2)) / (ROOT * h)),
        "ends nowhere": densities(lambda z, h: gaussian(z, h) * (abs(z) <= 3)),
        "not a variance": densities(lambda z, h: gaussian(z * h / h**0.5, h**0.5)),
        "on their own axis": densities(values_of=lambda v: v if v.dtype.kind == "f" else v / 255),
        "the mean, not the sum": densities(lambda z, h: gaussian(z, h) * z.shape[1]),
        "": densities(lambda z, h: gaussian(z, h) + 1),
    },
    ("channel_densities", "takes_its_bandwidth_from_all_pixels"): {
        "not n": densities(width=lambda v: len(v) ** -0.2 * v.std()),
        "not Silverman's": densities(width=lambda v: (0.75 * len(v)) ** -0.2 * v.std(ddof=1)),
        "times the std of the channel": densities(width=lambda v: len(v) ** -0.2),
        "not the different values": densities(width=lambda v: len(np.unique(v)) ** -0.2 * v.std(ddof=1)),
        "the power is -1/5": densities(width=lambda v: len(v) ** (-1 / 6) * v.std(ddof=1)),
        "": densities(width=lambda v: 2 * len(v) ** -0.2 * v.std(ddof=1)),
    },
    ("ChannelStatistics", "takes_all_pixels_of_all_pictures_together"): {
        "not the mean of the pictures' stds": kept(std_of=lambda _, pictures: np.mean([p.std(0) for p in pictures], 0)),
        "weighed by their pixels": kept(
            std_of=lambda pixels, pictures: sum(len(p) * p.std(0) for p in pictures) / len(pixels)
        ),
        "counts, too": kept(
            std_of=lambda pixels, pictures: np.sqrt(sum(len(p) * p.var(0) for p in pictures) / len(pixels))
        ),
        "the root of the variance": kept(std_of=lambda pixels, pictures: pixels.var(0)),
        "weigh pixels, not pictures": kept(lambda _, pictures: np.mean([p.mean(0) for p in pictures], 0)),
        "not by 256": kept(lambda pixels, pictures: pixels.mean(0) * 255 / 256),
        "bytes are divided": kept(lambda pixels, pictures: pixels.mean(0) * 255),
        "": kept(lambda pixels, pictures: pixels.mean(0) + 1),
    },
    ("inverse_normalize", "undoes_normalize"): {
        "first multiply": lambda y, mean, std: (y + column(mean)) * column(std),
        "do not subtract": lambda y, mean, std: y * column(std) - column(mean),
        "do not divide": lambda y, mean, std: y / column(std) + column(mean),
        "": lambda y, mean, std: y * column(std) + 2 * column(mean),
    },
    ("conv2d_output_size", "counts_the_places_of_the_kernel"): {
        "round down": lambda *axis: -(-last_of(*axis) // axis[2]) + 1,
        "a dilated kernel spans": lambda n, k, s, p, d: (n + 2 * p - k) // s + 1,
        "the first place counts": lambda *axis: last_of(*axis) // axis[2],
        "after the division": lambda *axis: (last_of(*axis) + 1) // axis[2],
        "not to the nearest": lambda *axis: round(last_of(*axis) / axis[2]) + 1,
        "none after the last": lambda *axis: (last_of(*axis) - axis[4] + 1) // axis[2] + 1,
        "padding is added at both ends": lambda *axis: (last_of(*axis) - axis[3]) // axis[2] + 1,
        "it is not dilated": lambda *axis: (last_of(*axis) + 2 * axis[3] * (axis[4] - 1)) // axis[2] + 1,
        "": lambda *axis: last_of(*axis) // axis[2] + 7,
    },
    ("attainable_range", "is_the_sum_of_one_sign"): {
        "do not subtract it": lambda weight, bias=None: (
            ends(weight, bias)[0] - ends(weight, bias)[2],
            ends(weight, bias)[1] + ends(weight, bias)[2],
        ),
        "add the weights of one sign only": lambda weight, bias=None: (
            bias - weight.abs().sum((1, 2, 3)),
            bias + weight.abs().sum((1, 2, 3)),
        ),
        "do not take their mean": lambda weight, bias=None: (
            weight.clamp(max=0).mean((1, 2, 3)) + bias,
            weight.clamp(min=0).mean((1, 2, 3)) + bias,
        ),
        "low comes first": lambda weight, bias=None: (ends(weight, bias)[1] + bias, ends(weight, bias)[0] + bias),
        "": lambda weight, bias=None: (ends(weight, bias)[0] + bias - 1, ends(weight, bias)[1] + bias + 1),
    },
    ("compose_kernels", "two_layers_are_one"): {
        "second's bias counts once": made_of(composed, lambda w2, b1, b2: seen_through(w2, b1, b2) + b2),
        "do not average": made_of(lambda w2, w1: composed(w2, w1) / len(w1)),
        "first's bias counts, too": made_of(composed, lambda w2, b1, b2: b2),
        "not with their mean": made_of(composed, lambda w2, b1, b2: w2.mean((2, 3)) @ b1 + b2),
        "the biases are not just added": made_of(composed, lambda w2, b1, b2: b1.sum() + b2),
        "": made_of(composed, lambda w2, b1, b2: seen_through(w2, b1, b2) + 1),
    },
    ("to_wandb_mask", "a_mask_of_two_labels_is_not_stretched"): {
        "do not divide by the largest": labelled(lambda mask: mask / max(mask.max(), 1) * 255),
        "do not number them anew": labelled(lambda mask: np.unique(mask, return_inverse=True)[1].reshape(mask.shape)),
        "no factor of 255": labelled(lambda mask: mask * 255),
        "not 254": labelled(lambda mask: mask.clip(max=254)),
        "do not flip": labelled(lambda mask: mask[::-1]),
        "": labelled(lambda mask: mask[:, ::-1]),
    },
    ("to_wandb_mask", "every_label_stays"): {
        "do not transpose": lambda mask: labelled(lambda m: m.T if isinstance(mask, torch.Tensor) else m)(mask),
        "": lambda mask: labelled(lambda m: m[::-1] if isinstance(mask, torch.Tensor) else m)(mask),
    },
    ("to_wandb_image", "rounds_to_the_nearest_level"): {
        "round, do not truncate": drawn(lambda x: 255 * x),
        "not 256": drawn(lambda x: (256 * x).clip(max=255)),
        "not from the values": drawn(lambda x: shown((x - x.min()) / max(np.ptp(x), 1e-9))),
        "red, green, blue": drawn(lambda x: shown(x)[..., ::-1].copy()),
        "": drawn(lambda x: shown(1 - x)),
    },
    ("to_wandb_image", "a_normalize_is_undone_first"): WRONG_UNDOINGS,
    ("to_wandb_image", "a_normalize_in_another_float_type_is_undone"): WRONG_UNDOINGS,
    ("to_wandb_image", "with_clip_what_lies_outside_is_black_or_white"): {
        "which wraps": drawn(lambda x: np.rint(255 * x)),
        "not gray": drawn(lambda x: np.where(shown(x) == np.rint(255 * x), shown(x), 128)),
        "": drawn(lambda x: np.where(shown(x) == np.rint(255 * x), shown(x), 77)),
    },
    ("to_wandb_image", "bytes_are_written_as_they_are"): {
        "do not stretch": drawn(lambda x: shown((x - x.min()) / max(np.ptp(x), 1e-9))),
        "": drawn(lambda x: 255 - np.rint(255 * x)),
    },
    ("to_wandb_grid", "picture_i_stands_at_row_and_column"): {
        "row by row": in_columns(rounded_up, lambda i, rows, columns: divmod(i, rows)[::-1]),
        "lines and free places": in_columns(rounded_up, by_rows, line=0),
        "": in_columns(rounded_up, by_rows, line=128),
    },
    ("to_wandb_grid", "a_grid_is_nearly_square"): {
        "round the root up": in_columns(math.isqrt, by_rows),
        "not one row": in_columns(lambda n: n, by_rows),
        "not eight columns": in_columns(lambda n: 8, by_rows),
        "": in_columns(lambda n: 2, by_rows),
    },
    ("applied_mean_std", "finds_the_mean_and_std_of_each_channel"): {
        "solve for mean and std": lambda x, picture: library.inverse_mean_std(*library.applied_mean_std(x, picture)),
        "not the other way round": lambda x, picture: (
            library.applied_mean_std(x, picture)[0],
            [1 / std for std in library.applied_mean_std(x, picture)[1]],
        ),
        "": lambda x, picture: ([1, 2, 3], library.applied_mean_std(x, picture)[1]),
    },
    ("channel_order", "finds_the_order"): {
        "not where each of the picture went": lambda x, picture: np.argsort(library.channel_order(x, picture)),
        "": lambda x, picture: library.channel_order(x, picture)[::-1],
    },
    ("superposition_error", "is_the_largest_difference"): {
        "above 0 or below": lambda f, x, y: (f(x + y) - f(x) - f(y) + f(0 * x)).max().item(),
        "not the mean": lambda f, x, y: (f(x + y) - f(x) - f(y) + f(0 * x)).abs().mean().item(),
        "not the sum": lambda f, x, y: (f(x + y) - f(x) - f(y) + f(0 * x)).abs().sum().item(),
        "a bias comes twice": lambda f, x, y: (f(x + y) - f(x) - f(y)).abs().max().item(),
        "": lambda f, x, y: f(x + y).abs().max().item() + 1,
    },
    ("confusion_matrix", "counts_each_label_and_what_it_became"): {
        "rows are true labels": lambda *given, **more: library.confusion_matrix(*given, **more).T,
        "": lambda *given, **more: library.confusion_matrix(*given, **more)[::-1],
    },
    ("class_iou", "is_intersection_over_union"): {
        "subtract it once": lambda counts: counts.diagonal() / (counts.sum(1) + counts.sum(0)),
        "not by the pixels that have the label": lambda counts: counts.diagonal() / counts.sum(1),
        "not by the pixels that were given the label": lambda counts: counts.diagonal() / counts.sum(0),
        "": lambda counts: 1 - library.class_iou(counts),
    },
}
EACH = [(law, words, function) for law, wrong in WRONG.items() for words, function in wrong.items()]


@pytest.mark.parametrize(
    ("law", "words", "function"), EACH, ids=[f"{law[0]}-{words or 'another'}" for law, words, _ in EACH]
)
def test_what_is_said_to_be_likely_is_true_of_this_function(law, words, function):
    (chosen,) = (each for each in laws(law[0]) if each.name == law[1])
    with pytest.raises(LawBroken) as broken:
        chosen.run(function, smallest=False)  # what is likely is found by other cases
    assert words in broken.value.cause and bool(words) == bool(broken.value.cause), str(broken.value)


@pytest.mark.parametrize("law", laws(), ids=lambda law: f"{law.about}-{law.name}")
def test_each_law_with_claims_is_tried_above(law):
    with disproved() as claims:
        for case in law.examples(3):
            law.outcome(getattr(library, law.about), case)
    assert not claims or (law.about, law.name) in WRONG, claims


@pytest.mark.parametrize(
    "law", [law for law in laws() if law.rank == "mathematics"], ids=lambda law: f"{law.about}-{law.name}"
)
def test_nothing_is_said_to_be_likely_of_a_function_whose_numbers_say_nothing(law):
    def noise(*arguments, **keywords):
        return torch.rand(3, 2, 2)

    try:
        law.run(noise, smallest=False)
    except LawBroken as broken:
        said = str(broken)
        concerns = broken.unmet.concerns if broken.unmet else "exception"
        assert "  likely  " not in said or concerns in ("kind", "exception"), said
