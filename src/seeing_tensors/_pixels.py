"""What a reader may ask about the pictures of a figure: each pixel's place, its values, and the levels that are drawn.

The answers stand behind the figure, and lessons/static/inspect.js reads them. Of a large picture every second or third
row and column is there: a page shows no more of them.
"""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from PIL import Image

_LONGEST = 160  # pixels of a picture's longer side
_FATES = "", ", cut off at black", ", cut off at white", ", not finite"


def tell(image: AxesImage, values: np.ndarray, black: float, white: float) -> None:
    """Leave with a picture what it was drawn from: values (H, W, C), and those that are black and white."""
    image.drawn_from = values, black, white  # type: ignore[attr-defined]  # matplotlib has no place for it


def pictures(fig: Figure, dpi: int, pad: float) -> list[dict[str, Any]]:
    """The pictures of a figure that was saved with this dpi and padding: one for each axes that has just one."""
    fig.dpi = dpi
    frame = fig.get_tightbbox().padded(pad)  # in inches
    found = []
    for ax in fig.axes:
        if len(ax.images) != 1:
            continue
        (left, bottom), (right, top) = ax.get_window_extent().get_points() / dpi
        at = (left - frame.x0, frame.y1 - top, right - left, top - bottom)
        sizes = (frame.width, frame.height) * 2
        (x0, x1), (y0, y1) = ax.get_xlim(), ax.get_ylim()
        place = [round(float(part / size), 5) for part, size in zip(at, sizes, strict=True)]
        found.append({"at": place, "view": [float(end) + 0.5 for end in (x0, y1, x1, y0)], **_packed(ax.images[0])})
    return found


def _packed(image: AxesImage) -> dict[str, Any]:
    """A picture's size, and for each channel a byte a pixel and what each byte stands for: a value and a level."""
    array = np.asarray(image.get_array())
    levels = image.to_rgba(array, bytes=True)[..., :3]
    values, black, white = getattr(image, "drawn_from", None) or _as_drawn(array)
    height, width = levels.shape[:2]
    step = -(-max(height, width) // _LONGEST)
    values, levels = values[::step, ::step], levels[::step, ::step]
    if values.shape[2] == 1:
        bands = [_band(values[..., 0], levels, black, white)]
    else:
        bands = [_band(values[..., c], levels[..., c : c + 1], black, white) for c in range(3)]
    if any(len(words) > 256 for _, words in bands):  # too many values to be told: the levels alone
        bands = [_band(levels[..., c], levels[..., c : c + 1], 0, 255) for c in range(3)]
    indexes = np.stack([places for places, _ in bands], axis=-1).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(indexes if len(bands) == 3 else indexes[..., 0]).save(buffer, format="webp", lossless=True)
    packed = base64.b64encode(buffer.getvalue()).decode("ascii")
    return {"size": [height, width], "step": step, "words": [words for _, words in bands], "bytes": packed}


def _as_drawn(array: np.ndarray) -> tuple[np.ndarray, float, float]:
    """The values of a picture that imshow was handed, and its black and white; a colour map has neither."""
    if array.ndim == 2:
        return array[..., None], -np.inf, np.inf
    return array[..., :3], 0, 255 if array.dtype.kind in "ui" else 1


def _band(values: np.ndarray, levels: np.ndarray, black: float, white: float) -> tuple[np.ndarray, list[str]]:
    """For each pixel a number, and for each number its words: the value, the level or colour drawn, and its fate."""
    different, first, places = np.unique(values, return_index=True, return_inverse=True)
    words = []
    for value, drawn in zip(different, levels.reshape(-1, levels.shape[-1])[first], strict=True):
        fate = 3 if not np.isfinite(value) else 1 if value < black else 2 if value > white else 0
        level = f"{drawn[0]}" if len(set(drawn.tolist())) == 1 else ", ".join(map(str, drawn))
        words.append(f"{value:.4g} → {level}{_FATES[fate]}".replace("-", "−"))
    return places.reshape(values.shape), words
