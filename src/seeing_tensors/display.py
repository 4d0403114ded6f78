"""What a display does to numbers: what imshow draws, what stays unseen, and what scaling costs.

Everything here reads the type to learn the range, never the values:

    float          black is 0, white is 1
    uint8          black is 0, white is 255
    bool           black is False, white is True
    other integers in colour as uint8; with one channel they are labels
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import matplotlib
import numpy as np
import torch
from matplotlib.colors import Colormap

from ._arrays import CACHED, Picture, blocks, channels_first, finite_limits, kind_of, percent, real_array, require_float


def unseen(x: Picture) -> np.ndarray:
    """Per channel, the fraction of values that a picture cannot show.

    Args:
        x: tensor (..., C, H, W) or (H, W), or array (H, W, C) or (H, W).

    Returns:
        float64 (C, 3): the fraction below the displayable range, above it, and not finite.
        The range is [0, 1] for floats and [0, 255] for integers; uint8 and bool always fit.

    Raises:
        TypeError: not a tensor or array of real numbers.
        ValueError: not the shape of a picture, or empty.

    >>> import torch
    >>> import seeing_tensors as st
    >>> st.unseen(torch.tensor([[-0.5, 0.0, 1.0, 3.0]]))
    array([[0.25, 0.25, 0.  ]])
    """
    planes = channels_first("unseen", x)
    white = 1 if planes.dtype.kind == "f" else 255
    return np.array([outside(plane, 0, white) for plane in planes]) / planes[0].size


def outside(values: np.ndarray, low: float, high: float) -> tuple[int, int, int]:
    """How many values are below `low`, above `high`, and not finite."""
    below = above = broken = 0
    top = {"|b1": 1, "|u1": 255}.get(values.dtype.str, math.inf)
    if low <= 0 and top <= high:  # whatever they are, they fit
        return below, above, broken
    for block in blocks(values):
        below += int(np.count_nonzero(block < low))
        above += int(np.count_nonzero(block > high))
        strange = block.size - int(np.count_nonzero(np.isfinite(block))) if block.dtype.kind == "f" else 0
        if strange:  # an infinity is not finite, and nothing else
            below -= int(np.count_nonzero(block == -np.inf))
            above -= int(np.count_nonzero(block == np.inf))
            broken += strange
    return below, above, broken


def describe(x: Picture) -> str:
    """One line about a tensor or array: type, named axes, memory, range, mean, std, and what a picture cannot show.

    The axes are named by the house rule (array: H, W, C; tensor: N, C, H, W), so that a
    picture in the wrong layout gives itself away: ``(H 3, W 300, C 451)``.

    Raises:
        TypeError: not a tensor or array of real numbers.

    >>> import numpy as np
    >>> import seeing_tensors as st
    >>> st.describe(np.array([[0.0, 0.5, 1.5, 2.0]], np.float32))
    'float32 (H 1, W 4) contiguous | 0 … 2, mean 1, std 0.7906 | unseen: 0% below, 50% above'
    """
    values = real_array("describe", x)
    names = _ARRAY_AXES.get(values.ndim) if isinstance(x, np.ndarray) else _TENSOR_AXES.get(values.ndim)
    sizes = (
        [f"{name} {size}" for name, size in zip(names, values.shape, strict=True)] if names else map(str, values.shape)
    )
    parts = [f"{str(x.dtype).removeprefix('torch.')} ({', '.join(sizes)}) {_memory(x)}"]
    below, above, broken = outside(values, 0, 1 if values.dtype.kind == "f" else 255)
    if broken == values.size:
        parts.append("no finite value")
    else:
        parts.append("{:.4g} … {:.4g}, mean {:.4g}, std {:.4g}".format(*_measured(values, all_finite=not broken)))
        # One channel of integers may be labels, and labels are not too bright.
        may_be_labels = values.dtype.kind in "ui" and (values.ndim == 2 or channels_first("describe", x).shape[0] == 1)
        if names and not may_be_labels:
            if below or above:
                fractions = percent(below / values.size), percent(above / values.size)
                parts.append("unseen: {} below, {} above".format(*fractions))
            elif values.dtype.kind == "f":
                parts.append("the finite ones displayable" if broken else "all displayable")
    if broken:
        nan = sum(np.count_nonzero(np.isnan(block)) for block in blocks(values))
        parts.append(f"{nan} NaN, {broken - nan} inf")
    return " | ".join(parts)


def _measured(values: np.ndarray, *, all_finite: bool) -> tuple[float, float, float, float]:
    """Minimum, maximum, mean and std of the finite values, in float64, in two passes: so nothing cancels."""

    def finite() -> Iterator[np.ndarray]:
        found = (block if all_finite else block[np.isfinite(block)] for block in blocks(values))
        return (block for block in found if block.size)

    parts = [(b.min(), b.max(), b.sum(dtype=np.float64), b.size) for b in finite()]
    lowest, highest, sums, sizes = zip(*parts, strict=True)
    mean = sum(sums) / sum(sizes)
    distances = (np.subtract(block, mean, dtype=np.float64) for block in finite())
    # No dot product: two threads of a BLAS wait for one another, on busy cores 200 times as long as one needs.
    squares = sum(np.square(distance, out=distance).sum() for distance in distances)
    return float(min(lowest)), float(max(highest)), mean, math.sqrt(squares / sum(sizes))


#: The house rule: what the axes of an array and of a tensor are, by their number.
_ARRAY_AXES = {2: "HW", 3: "HWC"}
_TENSOR_AXES = {2: "HW", 3: "CHW", 4: "NCHW"}


def imshow_pixels(
    array: np.ndarray, *, cmap: str | Colormap | None = None, vmin: float | None = None, vmax: float | None = None
) -> np.ndarray:
    """Predict what ``imshow(array, cmap=cmap, vmin=vmin, vmax=vmax)`` draws, one canvas pixel per array pixel.

    imshow has two pipelines. A colour array is *clipped* to [0, 1] (floats) or
    [0, 255] (integers), and a float x becomes the level floor(255 x). A 2-D
    array is *stretched* from [vmin, vmax], by default its own minimum and
    maximum, over the N entries of a colour map: entry floor(N (x - vmin) / (vmax - vmin)).

    Equal, byte for byte, to matplotlib's Agg canvas with a white background.

    Args:
        array: (H, W), any real type; or (H, W, 3), any real type, where cmap, vmin and vmax do nothing.
        cmap: colour map of a 2-D array; matplotlib's own default when None.
        vmin, vmax: the 2-D values drawn in the first and the last colour.

    Returns:
        uint8 (H, W, 4), RGBA.

    Raises:
        TypeError: not a numpy array of bool, integers, float16, float32 or float64; a masked array.
        ValueError: another shape; and what is not determined: RGBA and transparent colour maps, NaN or inf
            in two dimensions, an RGB inf where nothing is clipped, limits that are no range.

    >>> import numpy as np
    >>> import seeing_tensors as st
    >>> st.imshow_pixels(np.array([[0.25, 0.5]]), cmap="gray")[..., 0]
    array([[  0, 255]], dtype=uint8)
    >>> st.imshow_pixels(np.array([[[0.25, 0.5, 1.5]]]))[..., :3]
    array([[[ 63, 127, 255]]], dtype=uint8)
    """
    if isinstance(array, np.ma.MaskedArray):
        raise TypeError(
            "imshow_pixels: of a masked array matplotlib draws holes; choose a value for them with .filled(value)"
        )
    if not isinstance(array, np.ndarray) or not (array.dtype.kind in "bui" or array.dtype.newbyteorder("=") in _FLOATS):
        raise TypeError(
            f"imshow_pixels needs an array of bool, integers, float16, float32 or float64, got {kind_of(array)}"
        )
    array = array.astype(array.dtype.newbyteorder("="), copy=False)  # drawn alike in either byte order
    if array.size == 0 or array.ndim not in (2, 3):
        raise ValueError(f"imshow_pixels needs (H, W) or (H, W, 3), got shape {array.shape}")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim == 2:
        return _stretched_over_colors(array, cmap, vmin, vmax)
    if array.shape[2] == 4:
        raise ValueError("imshow_pixels: what an RGBA array looks like depends on what lies behind it; pass RGB")
    if array.shape[2] != 3:
        raise ValueError(f"imshow_pixels needs (H, W) or (H, W, 3), got shape {array.shape}")
    return _clipped_colors(array)


_FLOATS = (np.float16, np.float32, np.float64)


def _clipped_colors(array: np.ndarray) -> np.ndarray:
    """imshow's pipeline for (H, W, 3): clip, then level floor(255 x)."""
    below, above, broken = outside(array, 0, 1) if array.dtype.kind == "f" else (0, 0, 0)
    if broken and not (below or above) and np.isinf(array).any():
        raise ValueError(
            "imshow_pixels: this array has an inf and no finite value out of range, so matplotlib does not clip it "
            "but casts infinity to uint8, which C leaves undefined"
        )
    pixels = np.full((*array.shape[:2], 4), 255, np.uint8)
    rows = max(1, CACHED // array[0].size)
    for top in range(0, len(array), rows):
        for c in range(3):
            values = array[top : top + rows, :, c]
            is_whole = values.dtype.kind in "ui"
            levels = np.clip(values, 0, 255) if is_whole else 255 * np.clip(values, 0, 1, dtype=np.float64)
            with np.errstate(invalid="ignore"):
                pixels[top : top + rows, :, c] = levels  # the cast to bytes drops the fraction
    if broken:  # a NaN in any channel makes the pixel transparent: the white canvas shows
        pixels[np.isnan(array).any(axis=2)] = 255
    return pixels


def _stretched_over_colors(
    array: np.ndarray, cmap: str | Colormap | None, vmin: float | None, vmax: float | None
) -> np.ndarray:
    """imshow's pipeline for (H, W): entry floor(N t) of the colour map, t = (x - vmin) / (vmax - vmin)."""
    if array.dtype.kind == "f" and not (np.isfinite(array.min()) and np.isfinite(array.max())):
        raise ValueError("imshow_pixels: NaN and inf have no place on a colour map; replace them first")
    low = float(array.min() if vmin is None else vmin)
    high = float(array.max() if vmax is None else vmax)
    if not (low == high and math.isfinite(low)):  # of a constant both are its value
        finite_limits("imshow_pixels: vmin and vmax, or the array's minimum and maximum,", low, high)
    colors = matplotlib.colormaps.get_cmap(cmap)  # type: ignore[arg-type]  # it takes None, too
    table = colors(np.arange(-1, colors.N + 1))  # entry -1 is the colour "under", N the colour "over"
    if (table[:, 3] < 1).any():
        raise ValueError(
            "imshow_pixels: this colour map is transparent in places, and what lies behind would show; use another"
        )
    pixels = np.floor(table * 255).astype(np.uint8).view(np.uint32)[:, 0]  # four bytes at a time
    if array.dtype == np.uint8:  # of which there are 256, each with one colour
        found = pixels[_entries(np.arange(256, dtype=np.uint8), low, high, colors.N) + 1][array]
    else:
        found = np.concatenate([pixels[_entries(block, low, high, colors.N) + 1] for block in blocks(array)])
    return found.view(np.uint8).reshape(*array.shape, 4)


def _entries(x: np.ndarray, low: float, high: float, n: int) -> np.ndarray:
    """floor(n t) of each value, and n - 1 where t = 1; -1 below, n above."""
    # Rounded to the array's own float type after each step, as matplotlib does.
    t = x.astype(x.dtype if x.dtype.kind == "f" else np.promote_types(x.dtype, np.float32))
    if low == high:
        return np.zeros(t.shape, np.intp)
    with np.errstate(over="ignore"):
        t -= np.float64(low)
        t /= np.float64(high - low)
        t *= t.dtype.type(n)
    t[t == n] = n - 1
    return np.floor(np.clip(t, -1, n)).astype(np.intp)


def min_max_scale(x: torch.Tensor) -> torch.Tensor:
    """Stretch a whole tensor onto [0, 1]: ``(x - min) / (max - min)``.

    Convenient and lossy: the scale is gone, pictures are no longer comparable,
    and one outlier squeezes everything else.

    Args:
        x: float tensor of any shape.

    Returns:
        same shape and dtype, minimum 0 and maximum 1, new memory.

    Raises:
        TypeError: not a float tensor.
        ValueError: empty, constant, not finite, or so wide that max - min overflows.

    >>> import torch
    >>> import seeing_tensors as st
    >>> st.min_max_scale(torch.tensor([-3.0, 0.0, 1.0]))
    tensor([0.0000, 0.7500, 1.0000])
    """
    require_float("min_max_scale", x)
    if x.numel() == 0:
        raise ValueError("min_max_scale: an empty tensor has no minimum")
    low, high = x.aminmax()
    width = high - low
    if not (torch.isfinite(low) and torch.isfinite(high)):
        raise ValueError("min_max_scale: x contains NaN or inf")
    if width == 0:
        raise ValueError(f"min_max_scale: x is constant ({low.item():.6g}); there is nothing to stretch")
    if not torch.isfinite(width):
        raise ValueError(f"min_max_scale: max - min overflows {x.dtype}; convert to float64 first")
    return (x - low).div_(width)


def saturation(x: torch.Tensor) -> float:
    """Mean HSV saturation of a displayable colour picture: the mean of (max - min) / max over R, G, B.

    0 for a grey picture, 1 for pure colours; a black pixel counts as 0.

    Args:
        x: (3, H, W), float in [0, 1] or uint8.

    Raises:
        TypeError: not a float or uint8 tensor.
        ValueError: another shape, or values outside [0, 1]: say first how they are to be
            displayed (x.clamp(0, 1), or min_max_scale).

    >>> import torch
    >>> import seeing_tensors as st
    >>> st.saturation(torch.tensor([0.8, 0.4, 0.6]).reshape(3, 1, 1))
    0.5
    """
    if not isinstance(x, torch.Tensor) or not (x.is_floating_point() or x.dtype == torch.uint8):
        raise TypeError(f"saturation needs a float or uint8 tensor (3, H, W), got {kind_of(x)}")
    if x.ndim != 3 or x.shape[0] != 3 or x.numel() == 0:
        raise ValueError(f"saturation needs a colour picture (3, H, W), got shape {tuple(x.shape)}")
    high, low = x.detach().amax(dim=0), x.detach().amin(dim=0)
    if x.is_floating_point() and not (low.amin() >= 0 and high.amax() <= 1):
        raise ValueError("saturation needs values in [0, 1]; use x.clamp(0, 1) or min_max_scale(x), and say which")
    high, low = high.double(), low.double()
    return float(((high - low) / high).nan_to_num().mean())  # black: 0 / 0


def split_view(left: Picture, right: Picture) -> Picture:
    """The left half of one picture beside the right half of another, split at the middle column W // 2.

    Args:
        left, right: two tensors (..., H, W) or two arrays (H, W[, C]) of the same shape and type.

    Returns:
        the same kind and shape, new memory.

    Raises:
        TypeError: one tensor and one array, or two dtypes.
        ValueError: two shapes.

    >>> import numpy as np
    >>> import seeing_tensors as st
    >>> st.split_view(np.zeros((1, 5), int), np.ones((1, 5), int))
    array([[0, 0, 1, 1, 1]])
    """
    kinds = [next((k for k in (np.ndarray, torch.Tensor) if isinstance(x, k)), None) for x in (left, right)]
    if None in kinds or kinds[0] is not kinds[1] or left.dtype != right.dtype:
        raise TypeError(
            f"split_view needs two tensors or two arrays of one dtype, got {kind_of(left)} and {kind_of(right)}"
        )
    if left.ndim < 2 or (isinstance(left, np.ndarray) and left.ndim > 3):
        raise ValueError(f"split_view needs tensors (..., H, W) or arrays (H, W[, C]), got shape {tuple(left.shape)}")
    if left.shape != right.shape:
        raise ValueError(
            f"split_view needs two pictures of one shape, got {tuple(left.shape)} and {tuple(right.shape)}"
        )
    if isinstance(left, np.ndarray) and isinstance(right, np.ndarray):
        middle = left.shape[1] // 2
        return np.concatenate([left[:, :middle], right[:, middle:]], axis=1)
    middle = left.shape[-1] // 2
    return torch.cat([left[..., :middle], right[..., middle:]], dim=-1)  # type: ignore[list-item]  # both are tensors


# ---------------------------------------------------------------- inside


def _memory(x: Picture) -> str:
    if isinstance(x, np.ndarray):
        return "contiguous" if x.flags.c_contiguous else "strided view"
    if x.is_contiguous():
        return "contiguous"
    channels_last = x.ndim >= 3 and x.movedim(-3, -1).is_contiguous()
    return "channels-last view" if channels_last else "strided view"
