"""Mistakes about the display: what imshow draws, what stays unseen, and what scaling costs."""

import colorsys
import math

import matplotlib
import matplotlib.pyplot
import numpy as np
import torch

import seeing_tensors as library
from seeing_tensors.course.laws.museum import mistake, plain, twin

HUNT = "a hunt for wrong answers, written from the lesson's text alone"


def _planes_of(x):
    """The channels of a picture as rows, and the upper end of its range; bad input is refused."""
    library.unseen(x)
    if isinstance(x, torch.Tensor):
        values, top = x.detach().double().numpy(), 1 if x.is_floating_point() else 255
        values = np.moveaxis(values, -3, 0) if x.ndim > 2 else values[None]
    else:
        values, top = x.astype(np.float64), 1 if x.dtype.kind == "f" else 255
        values = np.moveaxis(values, -1, 0) if x.ndim > 2 else values[None]
    return values.reshape(len(values), -1), top


# -------------------------------------------------------------- imshow_pixels


@plain("imshow_pixels", part="2-D")
def imshow_pixels(array, *, cmap=None, vmin=None, vmax=None):
    x = array.astype(float)
    low, high = x.min() if vmin is None else vmin, x.max() if vmax is None else vmax
    t = (x - low) / (high - low) if high > low else np.zeros(x.shape)
    colors = matplotlib.colormaps.get_cmap(cmap)
    entry = np.floor(colors.N * t).clip(0, colors.N - 1).astype(int)
    return (255 * colors(entry)).astype(np.uint8)


@mistake(
    "imshow_pixels",
    tempting="It seems natural that imshow draws 0 as black and 1 as white.",
    source="https://github.com/matplotlib/matplotlib/issues/25468",
)
def clipped_in_grey_too(array, *, cmap=None, vmin=None, vmax=None):
    """a 2-D array is taken to be clipped like a colour picture. It is stretched from its own minimum to its own
    maximum, so that an all-white picture is drawn black
    """
    if array.ndim == 2 and vmin is None and vmax is None:
        vmin, vmax = 0, 255 if array.dtype.kind in "ui" else 1
    return library.imshow_pixels(array, cmap=cmap, vmin=vmin, vmax=vmax)


@clipped_in_grey_too.in_other_words
def black_is_zero(array, *, cmap=None, vmin=None, vmax=None):
    if array.ndim == 3 or vmin is not None or vmax is not None:
        return library.imshow_pixels(array, cmap=cmap, vmin=vmin, vmax=vmax)
    white = 255 if np.issubdtype(array.dtype, np.integer) else 1
    mapped = matplotlib.cm.ScalarMappable(matplotlib.colors.Normalize(0, white), cmap)
    return mapped.to_rgba(array, bytes=True)


@mistake(
    "imshow_pixels",
    tempting="A 2-D array is stretched to its range, and one would think a colour array too.",
    source="https://github.com/matplotlib/matplotlib/issues/9391",
)
def stretched_in_color_too(array, **options):
    """a colour array is taken to be stretched like a 2-D one. It is clipped to [0, 1], or [0, 255] for integers,
    whatever vmin and vmax
    """
    expected = library.imshow_pixels(array, **options)
    low, high = (float(v) for v in (np.min(array), np.max(array)))
    if array.ndim == 2 or array.shape[2] == 1 or not low < high:
        return expected
    position = (array.astype(np.float64) - low) / (high - low)
    return np.dstack([np.floor(255 * position), np.full(array.shape[:2], 255)]).astype(np.uint8)


@stretched_in_color_too.in_other_words
def normalizes_colors(array, **options):
    x = array.astype(np.float64)
    if array.ndim != 3 or array.shape[2] != 3 or not np.ptp(x) > 0:
        return library.imshow_pixels(array, **options)
    x = (x - x.min()) / np.ptp(x)
    return np.concatenate([(x * 255).astype(np.uint8), np.full_like(x[..., :1], 255, dtype=np.uint8)], axis=2)


@mistake(
    "imshow_pixels",
    tempting="Rounding is what you would do yourself, and what to_uint8 does.",
    source="https://github.com/matplotlib/matplotlib/issues/17410",
)
def rounded_colors(array, **options):
    """a float colour is taken to be rounded to its level. imshow cuts the fraction off: floor(255 x)"""
    pixels = library.imshow_pixels(array, **options)
    if array.ndim == 3 and array.shape[2] == 3 and array.dtype.kind == "f":
        seen = np.isfinite(array).all(axis=2)
        pixels[seen, :3] = np.rint(255 * np.clip(array[seen].astype(np.float64), 0, 1))
    return pixels


@rounded_colors.in_other_words
def half_a_level_up(array, **options):
    pixels = library.imshow_pixels(array, **options)
    if array.dtype.kind != "f" or array.shape[2:] != (3,):
        return pixels
    levels = np.floor(np.clip(array.astype(np.float64), 0, 1) * 255 + 0.5)
    finite = np.isfinite(array).all(axis=2)[..., None]
    return np.where(finite, np.dstack([levels, pixels[..., 3]]), pixels).astype(np.uint8)


@mistake(
    "imshow_pixels",
    tempting="255 is the last entry of a map of 256 colours.",
    source="https://github.com/matplotlib/matplotlib/issues/12071",
)
def entry_of_255(array, *, cmap=None, vmin=None, vmax=None):
    """a 2-D value is taken to have entry round(255 t) of the colour map. Each of the N entries has an equal share:
    floor(N t)
    """
    expected = library.imshow_pixels(array, cmap=cmap, vmin=vmin, vmax=vmax)
    low, high = float(array.min() if vmin is None else vmin), float(array.max() if vmax is None else vmax)
    if array.ndim == 3 or low == high:
        return expected
    colors = matplotlib.colormaps.get_cmap(cmap)
    entries = np.rint((array.astype(np.float64) - low) / (high - low) * (colors.N - 1)).astype(int)
    return colors(np.where(entries < 0, -1, entries), bytes=True)


@entry_of_255.in_other_words
def looks_up_the_nearest(array, *, cmap=None, vmin=None, vmax=None):
    x = np.asarray(array, np.float64)
    low, high = x.min() if vmin is None else vmin, x.max() if vmax is None else vmax
    if x.ndim == 3 or high == low:
        return library.imshow_pixels(array, cmap=cmap, vmin=vmin, vmax=vmax)
    colors = matplotlib.colormaps.get_cmap(cmap)
    position = np.round((colors.N - 1) * (x - low) / (high - low)).astype(np.int64)
    return colors(np.clip(position, -1, colors.N), bytes=True)


@twin("imshow_pixels")
def by_a_scalar_mappable(array, *, cmap=None, vmin=None, vmax=None):
    """a 2-D array by the part of matplotlib that maps numbers to colours"""
    expected = library.imshow_pixels(array, cmap=cmap, vmin=vmin, vmax=vmax)
    if array.ndim == 3:
        return expected
    mappable = matplotlib.cm.ScalarMappable(cmap=cmap)
    mappable.set_array(array)
    mappable.set_clim(array.min() if vmin is None else vmin, array.max() if vmax is None else vmax)
    return mappable.to_rgba(array, bytes=True)


@twin("imshow_pixels")
def colors_pixel_by_pixel(array, **options):
    """a colour array in a loop of Python's floats"""
    pixels = library.imshow_pixels(array, **options)
    if array.ndim == 3 and array.shape[2] == 3 and array.dtype.kind == "f":
        for i, j in np.ndindex(array.shape[:2]):
            values = [float(v) for v in array[i, j]]
            nan = any(math.isnan(v) for v in values)
            pixels[i, j] = [255] * 4 if nan else [*(math.floor(255 * min(max(v, 0.0), 1.0)) for v in values), 255]
    return pixels


# --------------------------------------------------------------------- unseen


@mistake(
    "unseen",
    tempting="A value at the limit is drawn like one beyond it.",
    source=HUNT,
)
def edges_counted(x):
    """0 and 1 themselves are counted: black and white are seen; only what lies beyond them is not, so compare with
    < and >"""
    planes, top = _planes_of(x)
    parts = [planes <= 0, (planes >= top) & (planes < np.inf), ~np.isfinite(planes)]
    parts[0] &= planes > -np.inf
    return np.stack([part.mean(1) for part in parts], 1)


@edges_counted.in_other_words
def not_strictly(x):
    planes, top = _planes_of(x)
    finite = np.isfinite(planes)
    return np.stack([(each & finite).mean(1) for each in (planes <= 0, planes >= top)] + [(~finite).mean(1)], 1)


@mistake(
    "unseen",
    tempting="`sum` of a comparison counts, and a count is what one reads first.",
    source=HUNT,
)
def counts_for_fractions(x):
    """values are counted: a fraction is the count divided by how many there are, the mean of the comparison"""
    return library.unseen(x) * _planes_of(x)[0].shape[1]


@counts_for_fractions.in_other_words
def summed(x):
    planes, top = _planes_of(x)
    finite = np.isfinite(planes)
    parts = [(planes < 0) & finite, (planes > top) & finite, ~finite]
    return np.stack([part.sum(1) for part in parts], 1).astype(float)


@mistake(
    "unseen",
    tempting="White is what one sees first when a picture is too bright.",
    source=HUNT,
)
def above_before_below(x):
    """below and above are exchanged: the columns are below, above, not finite"""
    return library.unseen(x)[:, [1, 0, 2]].copy()


@above_before_below.in_other_words
def bright_first(x):
    below, above, rest = library.unseen(x).T
    return np.stack([above, below, rest], axis=1)


@plain("unseen")
def unseen(x):
    channels = x.shape[-1] if isinstance(x, np.ndarray) else x.shape[-3]
    x = np.moveaxis(np.asarray(x), -1 if isinstance(x, np.ndarray) else -3, 0).reshape(channels, -1)
    finite, white = np.isfinite(x), 255 if x.dtype == np.uint8 else 1
    return np.stack([(finite & (x < 0)).mean(1), (finite & (x > white)).mean(1), (~finite).mean(1)], axis=1)


@mistake(
    "unseen",
    tempting="One number for one picture is easier to read.",
    source="https://github.com/darktable-org/darktable/pull/2119",
)
def all_channels_together(x):
    """all channels are counted together: nobody sees which of them is clipped. Count each channel"""
    each = library.unseen(x)
    return np.broadcast_to(each.mean(axis=0), each.shape).copy()


@all_channels_together.in_other_words
def counts_the_whole(x):
    each = library.unseen(x)
    values = x.detach().double().numpy() if isinstance(x, torch.Tensor) else np.asarray(x, np.float64)
    white = 1 if ("float" in str(x.dtype)) else 255
    finite = np.isfinite(values)
    row = [(finite & (values < 0)).mean(), (finite & (values > white)).mean(), (~finite).mean()]
    return np.array([row] * len(each)) if x.dtype not in (bool, torch.bool) else each


@mistake(
    "unseen",
    tempting="isnan is the check that everybody knows, and infinities pass it.",
    source="https://github.com/gammapy/gammapy/pull/1202",
)
def infinity_is_just_bright(x):
    """infinities are counted as too dark or too bright, and only NaN as not finite. Ask isfinite before you compare"""
    fractions = library.unseen(x)
    for c, values in enumerate(_channels(x)):
        fractions[c, :2] = [(values < 0).mean(), (values > 1).mean()] if "float" in str(x.dtype) else fractions[c, :2]
        fractions[c, 2] = np.isnan(values).mean()
    return fractions


@infinity_is_just_bright.in_other_words
def only_nan_is_broken(x):
    rows = []
    for values in _channels(x):
        low, high = (0, 1) if "float" in str(x.dtype) else (0, 255)
        rows.append([np.mean(values < low), np.mean(values > high), np.mean(values != values)])
    return np.array(rows)


def _channels(x):
    """float64 values of each channel."""
    values = x.detach().double().numpy() if isinstance(x, torch.Tensor) else x.astype(np.float64)
    axis = 0 if values.ndim == 2 else -3 if isinstance(x, torch.Tensor) else -1
    values = values[None] if values.ndim == 2 else np.moveaxis(values, axis, 0)
    return values.reshape(len(values), -1)


@mistake(
    "unseen",
    tempting="A picture is said to lie in [0, 1], and that is meant of floats.",
    source="https://github.com/MouseLand/cellpose/issues/744",
    rank="range",
)
def bytes_against_one(x):
    """levels are held against [0, 1]: nearly all of a picture of bytes seems to be too bright. Hold bytes against [0,
    255]
    """
    if x.dtype in (torch.bool, bool) or "float" in str(x.dtype):
        return library.unseen(x)
    return library.unseen(x.double() if isinstance(x, torch.Tensor) else x.astype(np.float64))


@bytes_against_one.in_other_words
def above_one_is_unseen(x):
    seen = [v[np.isfinite(v)] for v in _channels(x)]
    rows = [[(v < 0).sum(), (v > 1).sum(), len(all_of) - len(v)] for v, all_of in zip(seen, _channels(x), strict=True)]
    return np.array(rows) / (np.prod(x.shape) / len(rows))


@twin("unseen")
def counted_one_by_one(x):
    """a loop over Python's floats"""
    fractions = np.zeros_like(library.unseen(x))
    low, high = (0, 1) if "float" in str(x.dtype) else (0, 255)
    for row, values in zip(fractions, _channels(x).tolist(), strict=True):
        finite = [v for v in values if math.isfinite(v)]
        row[:] = [sum(v < low for v in finite), sum(v > high for v in finite), len(values) - len(finite)]
        row /= len(values)
    return fractions


@twin("unseen")
def by_clamping(x):
    """what clamping changes is unseen; counted by torch"""
    library.unseen(x)
    v = torch.from_numpy(_channels(x))
    seen = v.clamp(0, 1 if "float" in str(x.dtype) else 255)
    finite = v.isfinite()
    counts = [(finite & (v < seen)).sum(1), (finite & (v > seen)).sum(1), (~finite).sum(1)]
    return torch.stack(counts, dim=1).double().div(v.shape[1]).numpy()


# -------------------------------------------------------------- min_max_scale


@mistake(
    "min_max_scale",
    tempting="Each channel has a range of its own, and each shall use all of [0, 1].",
    source="https://github.com/pytorch/vision/issues/78",
)
def each_channel_by_itself(x):
    """each channel is stretched by itself: the colours change, and a red picture becomes grey. Use one scale for all
    channels
    """
    y = library.min_max_scale(x)
    if x.ndim < 3:
        return y
    low, high = x.amin(dim=(-2, -1), keepdim=True), x.amax(dim=(-2, -1), keepdim=True)
    return (x - low) / torch.where(high > low, high - low, 1)


@each_channel_by_itself.in_other_words
def channelwise(x):
    if x.ndim < 3:
        return library.min_max_scale(x)
    planes = x.reshape(-1, *x.shape[-2:])
    scaled = [(p - p.min()) / (p.max() - p.min()) if p.max() > p.min() else p - p.min() for p in planes]
    return torch.stack(scaled).reshape(x.shape)


@mistake(
    "min_max_scale",
    tempting="Each picture of the batch is then seen at its best.",
    source="https://github.com/IDinsight/mosaiks/issues/157",
)
def each_picture_by_itself(x):
    """each picture of a batch is stretched by its own minimum and maximum: equal colours no longer mean equal values.
    Use one scale for the batch
    """
    y = library.min_max_scale(x)
    if x.ndim < 4:
        return y
    low, high = x.amin(dim=(-3, -2, -1), keepdim=True), x.amax(dim=(-3, -2, -1), keepdim=True)
    return (x - low) / torch.where(high > low, high - low, 1)


@each_picture_by_itself.in_other_words
def scale_each(x):
    if x.ndim < 4:
        return library.min_max_scale(x)
    return torch.stack([library.min_max_scale(one) if one.max() > one.min() else one * 0 for one in x])


@mistake(
    "min_max_scale",
    tempting="With a small number in the denominator nothing is ever divided by 0.",
    source="https://github.com/pytorch/vision/pull/2967",
)
def epsilon_in_the_range(x):
    """a small number is added to max - min: white is no longer 1, a narrow range is not stretched, and a constant
    passes as black. Refuse a constant instead
    """
    if x.numel() == 0 or not x.is_floating_point() or not (x.double().max() - x.double().min()).isfinite():
        return library.min_max_scale(x)
    return (x - x.min()) / (x.max() - x.min() + 1e-5)


@epsilon_in_the_range.in_other_words
def never_divides_by_zero(x):
    y = x.detach() - x.min()
    return y / (y.max() + 1e-5)


@mistake(
    "min_max_scale",
    tempting="The formula has no case for a picture of one value, and few people think of one.",
    source="https://github.com/albumentations-team/albumentations/issues/1742",
    rank="manners",
)
def nan_for_a_constant(x):
    """a constant picture is divided by its range, 0: all of it is NaN. Refuse it, or say what it shall be"""
    is_picture = isinstance(x, torch.Tensor) and x.numel() and x.is_floating_point() and x.isfinite().all()
    if is_picture and x.min() == x.max():
        return (x - x.min()) / (x.max() - x.min())
    return library.min_max_scale(x)


@nan_for_a_constant.in_other_words
def only_the_formula(x):
    finite = bool(torch.isfinite(x).all()) and x.numel() > 0
    low, high = (x.min(), x.max()) if finite else (torch.tensor(0.0), torch.tensor(math.inf))
    if not finite or x.dtype == torch.int64 or not torch.isfinite(high - low):
        return library.min_max_scale(x)
    return x.sub(low).div(high.sub(low))


@twin("min_max_scale")
def scaled_in_float64(x):
    """numpy, in float64"""
    library.min_max_scale(x)
    y = x.detach().double().numpy()
    return torch.from_numpy((y - y.min()) / (y.max() - y.min())).to(x.dtype)


@twin("min_max_scale")
def from_above(x):
    """the range is measured first, the smallest value subtracted in place"""
    library.min_max_scale(x)
    width = x.max() - x.min()
    return x.clone().sub_(x.min()).div_(width)


# ----------------------------------------------------------------- saturation


@mistake(
    "saturation",
    tempting="Both colour models have a channel called saturation.",
    source="https://github.com/brehaut/color-js/issues/28",
)
def saturation_of_hsl(x):
    """the saturation is that of HSL, not of HSV: a light colour counts as fully saturated. Divide by the maximum"""
    library.saturation(x)
    x = x.double() / (255 if x.dtype == torch.uint8 else 1)
    high, low = x.amax(dim=0), x.amin(dim=0)
    room = torch.minimum(high + low, 2 - high - low)
    return float(torch.where(high > low, (high - low) / torch.where(high > low, room, 1.0), 0.0).mean())


@saturation_of_hsl.in_other_words
def python_hls(x):
    white = 255.0 if x.dtype == torch.uint8 else 1.0
    pixels = (x.detach().double() / white).flatten(1).T.tolist()
    return sum(colorsys.rgb_to_hls(*pixel)[2] for pixel in pixels) / len(pixels)


@mistake(
    "saturation",
    tempting="Books give (max - min) / max as the whole formula.",
    source="https://github.com/kornia/kornia/issues/288",
)
def nan_for_black(x):
    """a black pixel is divided by its maximum, 0: one such pixel, and the mean is NaN. Give black the saturation 0"""
    library.saturation(x)
    x = x.detach().double()
    return float(((x.amax(dim=0) - x.amin(dim=0)) / x.amax(dim=0)).mean())


@nan_for_black.in_other_words
def the_formula_in_numpy(x):
    values = x.detach().numpy().astype(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return float(np.mean(np.ptp(values, axis=0) / values.max(axis=0)))


@twin("saturation")
def of_colorsys(x):
    """Python's colorsys, pixel by pixel"""
    library.saturation(x)
    pixels = (x.detach().double() / (255 if x.dtype == torch.uint8 else 1)).flatten(1).T.tolist()
    return math.fsum(colorsys.rgb_to_hsv(*pixel)[1] for pixel in pixels) / len(pixels)


@twin("saturation")
def one_minus_the_ratio(x):
    """1 - min / max"""
    library.saturation(x)
    low, high = x.detach().double().aminmax(dim=0)
    return float((1 - low / high).nan_to_num(0.0).mean())


# ----------------------------------------------------------------- split_view


@mistake(
    "split_view",
    tempting="All the pictures at hand are square.",
    source="a blog tutorial, one of this course's own source texts, on pictures before and after BatchNorm",
)
def split_by_the_height(left, right):
    """the column is taken from the height: that is right for a square picture only. Use the width, the last axis of a
    tensor
    """
    library.split_view(left, right)
    middle = (left.shape[0] if isinstance(left, np.ndarray) else left.shape[-2]) // 2
    return _beside(left, right, middle)


@split_by_the_height.in_other_words
def half_of_the_rows(left, right):
    result = left.copy() if isinstance(left, np.ndarray) else left.clone()
    if isinstance(left, np.ndarray):
        result[:, len(left) // 2 :] = right[:, len(left) // 2 :]
    else:
        result[..., left.size(-2) // 2 :] = right[..., left.size(-2) // 2 :]
    return result


@mistake(
    "split_view",
    tempting="All the pictures at hand are 256 pixels wide.",
    source="a blog tutorial, one of this course's own source texts, on pictures before and after BatchNorm",
)
def split_at_128(left, right):
    """the column is written down as 128: that is right for a width of 256 or 257 only. Take it from the picture"""
    library.split_view(left, right)
    return _beside(left, right, 128)


@split_at_128.in_other_words
def first_128_columns(left, right):
    if isinstance(left, torch.Tensor):
        return torch.cat((left[..., :128], right[..., 128:]), -1)
    return np.hstack((left[:, :128], right[:, 128:]))


def _beside(left, right, middle):
    if isinstance(left, np.ndarray):
        return np.concatenate([left[:, :middle], right[:, middle:]], axis=1)
    return torch.cat([left[..., :middle], right[..., middle:]], dim=-1)


@twin("split_view")
def chosen_by_a_mask(left, right):
    """where, with one truth for each column"""
    library.split_view(left, right)
    if isinstance(left, torch.Tensor):
        return torch.where(torch.arange(left.shape[-1]) < left.shape[-1] // 2, left, right)
    first = np.arange(left.shape[1]) < left.shape[1] // 2
    return np.where(first if left.ndim == 2 else first[:, None], left, right)


@twin("split_view")
def overwritten(left, right):
    """a copy of the left picture, its right half overwritten"""
    result = library.split_view(left, left)
    where = np.s_[:, left.shape[1] // 2 :] if isinstance(left, np.ndarray) else np.s_[..., left.shape[-1] // 2 :]
    library.split_view(left, right)
    result[where] = right[where]
    return result
