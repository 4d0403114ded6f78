"""The ground floor: what a picture is made of, and the checks that several modules share.

It needs numpy and Pillow alone. A tensor cannot exist before torch was imported, so torch is looked up where it is
loaded already, and what logs pictures runs without it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    import torch

Picture: TypeAlias = "np.ndarray | torch.Tensor"

#: So many numbers at a time stay in a processor's cache: large pictures are worked on in blocks of this size.
CACHED = 2**18


def is_tensor(x: object) -> TypeGuard[torch.Tensor]:
    """True for a torch tensor."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def kind_of(x: object) -> str:
    """What an argument is, in words: "a float32 tensor", "a uint8 array", "list"."""
    if is_tensor(x) or isinstance(x, np.ndarray):
        return f"a {str(x.dtype).removeprefix('torch.')} {'tensor' if is_tensor(x) else 'array'}"
    return type(x).__name__


def require_float(name: str, x: object) -> None:
    """Raise TypeError unless x is a float tensor."""
    if not is_tensor(x) or not x.is_floating_point():
        raise TypeError(
            f"{name} needs a float tensor, got {kind_of(x)}; for a uint8 picture (H, W, 3) use to_tensor(image) first"
        )


def real_array(name: str, x: Picture) -> np.ndarray:
    """A tensor or array of real numbers as an array, its axes where they were. What numpy lacks becomes float32."""
    if is_tensor(x) and not x.is_complex():
        x = x.detach().cpu()
        in_numpy = not x.is_floating_point() or x.dtype.itemsize >= 4 or str(x.dtype) == "torch.float16"
        return (x if in_numpy else x.float()).numpy()
    if isinstance(x, np.ma.MaskedArray):
        raise TypeError(
            f"{name}: a masked array has values that must not be seen; choose one for them with .filled(value)"
        )
    if isinstance(x, np.ndarray) and x.dtype.kind in "buif":
        return x
    raise TypeError(f"{name} needs a tensor or a numpy array of real numbers, got {kind_of(x)}")


def channels_last(name: str, x: Picture, *, of_a_batch: str = "draw a batch with show_grid") -> np.ndarray:
    """One picture as an array (H, W, 3) or (H, W, 1). `of_a_batch` is the advice for four axes."""
    values = real_array(name, x)
    if values.ndim == 2:
        values = values[:, :, None]
    elif values.ndim == 3 and is_tensor(x):
        values = np.moveaxis(values, 0, -1)
    if values.ndim != 3 or values.shape[2] not in (1, 3) or values.size == 0:
        wanted = "(3, H, W), (1, H, W) or (H, W)" if is_tensor(x) else "(H, W, 3), (H, W, 1) or (H, W)"
        hint = f"; {of_a_batch}" if values.ndim == 4 else ""
        raise ValueError(f"{name}: a picture is {wanted}, got shape {tuple(x.shape)}{hint}")
    return values


def channels_first(name: str, x: Picture) -> np.ndarray:
    """A picture or a batch as an array with the channels on axis 0: a view, where x is an array or on the CPU."""
    values = real_array(name, x)
    if values.ndim < 2 or values.size == 0 or (isinstance(x, np.ndarray) and values.ndim > 3):
        raise ValueError(f"{name} needs a tensor (..., C, H, W) or an array (H, W[, C]), got shape {tuple(x.shape)}")
    if values.ndim == 2:
        return values[None]
    return np.moveaxis(values, -1 if isinstance(x, np.ndarray) else -3, 0)


def channel_planes(name: str, x: Picture) -> np.ndarray:
    """The values of each channel as an array (C, number of values); of a batch, of all its pictures."""
    planes = channels_first(name, x)
    return planes.reshape(len(planes), -1)


def blocks(values: np.ndarray) -> Iterator[np.ndarray]:
    """All values, once each, in contiguous arrays that stay in a processor's cache."""
    if values.size <= CACHED:
        yield np.ascontiguousarray(values)
    elif rows := CACHED // values[0].size:
        for top in range(0, len(values), rows):
            yield np.ascontiguousarray(values[top : top + rows])
    else:
        for part in values:
            yield from blocks(part)


def finite_numbers(label: str, values: Any) -> tuple[float, ...]:
    """A sequence of numbers as floats. Text is none, although ``float`` reads it.

    Raises:
        TypeError: not a sequence of numbers.
        ValueError: NaN, infinite, or beyond float64.
    """
    try:
        if isinstance(values, (bytes, bytearray)):  # numbers, to Python
            raise TypeError
        given = tuple(values)
        finite = all(map(math.isfinite, given))  # unlike float, it reads no text
        numbers = tuple(map(float, given))
    except (TypeError, ValueError, RuntimeError):
        raise TypeError(f"{label} must be a sequence of numbers, one per channel, got {values!r}") from None
    except OverflowError:
        raise ValueError(f"{label} must be finite, got a number beyond float64") from None
    if not finite:
        raise ValueError(f"{label} must be finite, got {numbers}")
    return numbers


def mean_and_std(
    name: str, what: str, shape: Sequence[int], channels: int, mean: Any, std: Any, limits: Any
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The numbers of a Normalize for `what`, checked: one a channel, and usable in a float type with that finfo."""
    mean, std = finite_numbers("mean", mean), finite_numbers("std", std)
    if not len(mean) == len(std) == channels:
        label, values = ("std", std) if len(mean) == channels else ("mean", mean)
        raise ValueError(
            f"{name}: {what} of shape {tuple(shape)} has {channels} channel(s), {label} has {len(values)} value(s)"
        )
    if max(map(abs, mean + std), default=0) > limits.max:
        raise ValueError(f"{name}: mean and std must be finite in {limits.dtype}, got {mean} and {std}")
    if min(std, default=1) < limits.tiny:
        raise ValueError(
            f"{name}: every std must be positive and at least {limits.tiny:.3g}, the smallest normal {limits.dtype}, "
            f"got {std}; a channel that never changes, std 0, cannot be normalised"
        )
    return mean, std


def finite_limits(what: str, low: float, high: float) -> tuple[float, float]:
    """Two ends of a range as floats. `what` begins the message, for instance "show: vmin and vmax".

    Raises:
        ValueError: not finite, not ascending, or farther apart than float64 can say.
    """
    low, high = float(low), float(high)
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"{what} must be finite and ascending, got {low} and {high}")
    if not math.isfinite(high - low):
        raise ValueError(f"{what} are so far apart that float64 overflows, got {low} and {high}")
    return low, high


def tiled(tiles: Sequence[np.ndarray], columns: int | None, *, gap: int, fill: int) -> np.ndarray:
    """Pictures of one shape in one: picture i in row i // columns, column i % columns, lines of `fill` between them.

    Without `columns` the grid is nearly square, ceil(sqrt(N)) wide.
    """
    columns = min(columns or math.ceil(math.sqrt(len(tiles))), len(tiles))
    rows = math.ceil(len(tiles) / columns)
    height, width = tiles[0].shape[0] + gap, tiles[0].shape[1] + gap
    grid = np.full((rows * height - gap, columns * width - gap, *tiles[0].shape[2:]), fill, np.uint8)
    for i, tile in enumerate(tiles):
        top, left = i // columns * height, i % columns * width
        grid[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return grid


def counts_of_levels(image: np.ndarray) -> np.ndarray:
    """How often each of the 256 levels occurs in each channel of an image (H, W, C): int64 (C, 256)."""
    # Pillow counts quicker than numpy; three or four channels at once, others one by one.
    parts = [image] if image.shape[2] in (3, 4) else np.moveaxis(image, -1, 0)
    counts = [Image.fromarray(part).histogram() for part in parts]
    return np.array(counts, np.int64).reshape(-1, 256)


def percent(fraction: float) -> str:
    """A fraction in words that do not round something to nothing, nor nearly all to all."""
    if 0.995 <= fraction < 1:
        return ">99%"
    if fraction == 0 or fraction >= 0.1:
        return f"{fraction:.0%}"
    return f"{fraction:.1%}" if fraction >= 0.001 else "<0.1%"
