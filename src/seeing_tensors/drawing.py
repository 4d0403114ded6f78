"""Drawing that tells the truth: pictures on a scale that depends on their type.

Each pixel is turned into colour here, alone, and matplotlib is handed bytes:
it has nothing left to stretch, to clip or to round.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence

import matplotlib
import numpy as np
import torch
from matplotlib.axes import Axes

from ._arrays import CACHED, Picture, channels_last, finite_limits, percent, tiled
from ._pixels import tell
from .display import outside
from .style import COLORS
from .tensors import nearest_levels

#: What `show` paints over a value that is NaN or infinite: no photo is this colour by accident for long.
NOT_FINITE_COLOR = tuple(bytes.fromhex(COLORS["not finite"][1:]))

#: Colours of labels 0, 1, 2, ...: nearly black for the background, then the twenty of matplotlib's tab20,
#: strong ones first. Beyond label 20 they repeat. White is a label below 0, which losses ignore.
LABEL_COLORS = np.vstack(
    [[[32, 32, 32]], matplotlib.colormaps["tab20"]([*range(0, 20, 2), *range(1, 20, 2)], bytes=True)[:, :3]]
).astype(np.uint8)


def show(
    x: Picture,
    ax: Axes | None = None,
    *,
    vmin: float | None = None,
    vmax: float | None = None,
    title: str | None = None,
) -> Axes:
    """Draw one picture on a scale that depends on its type only, and say what cannot be seen.

    Colour is drawn as it is, never stretched. With one channel, float is drawn
    from 0 (black) to 1 (white), uint8 from 0 to 255, bool from False to True,
    and other integers are labels, each in a colour of its own. NaN and inf are
    painted magenta. What lies outside the range is written in the title.

    Args:
        x: tensor (3, H, W), (1, H, W) or (H, W), or array (H, W, 3), (H, W, 1) or (H, W).
        ax: where to draw; a new figure when None.
        vmin, vmax: other values for black and white; give both.
        title: written above the picture.

    Returns:
        the Axes.

    Raises:
        TypeError: not a tensor or array of real numbers.
        ValueError: not the shape of one picture; only one of vmin and vmax, or vmin >= vmax.

    >>> import torch
    >>> import seeing_tensors as st
    >>> from matplotlib.figure import Figure
    >>> st.show(torch.tensor([[0.0, 0.5, 1.5, 2.0]]), Figure().subplots()).get_title()
    'unseen: 50% above white'
    """
    ax = _draw(*rendered("show", x, vmin, vmax), ax, title, _holds_labels(x))
    values = channels_last("show", x)
    are_labels = _holds_labels(x) and values.dtype.kind in "ui" and values.dtype != np.uint8 and vmin is None
    limits = (-np.inf, np.inf) if are_labels else _black_and_white("show", values, vmin, vmax)
    tell(ax.images[-1], values, *limits)
    return ax


def show_grid(
    batch: Picture | Sequence[Picture],
    ax: Axes | None = None,
    *,
    columns: int | None = None,
    vmin: float | None = None,
    vmax: float | None = None,
    title: str | None = None,
) -> Axes:
    """Draw the pictures of a batch side by side, every one on the same scale, as ``show`` draws one.

    Args:
        batch: tensor (N, C, H, W) or (N, H, W), array (N, H, W, C), or a sequence of pictures of one size.
        ax, vmin, vmax, title: as in ``show``.
        columns: pictures in a row; a nearly square grid when None.

    Returns:
        the Axes.

    Raises:
        TypeError, ValueError: as ``show``; also for an empty batch or pictures of different sizes.

    >>> import torch
    >>> import seeing_tensors as st
    >>> from matplotlib.figure import Figure
    >>> st.show_grid(torch.rand(5, 3, 8, 8), Figure().subplots(), columns=3).images[0].get_size()
    (18, 28)
    """
    if isinstance(batch, np.ndarray) and batch.ndim != 4:
        raise ValueError(
            f"show_grid: a batch of arrays is (N, H, W, C), got shape {batch.shape}; draw one picture with show"
        )
    if isinstance(batch, torch.Tensor) and batch.ndim not in (3, 4):
        raise ValueError(f"show_grid: a batch is (N, C, H, W) or (N, H, W), got shape {tuple(batch.shape)}")
    if not isinstance(batch, Iterable) or isinstance(batch, Mapping):
        raise TypeError(f"show_grid needs a tensor, an array or a sequence of pictures, got {type(batch).__name__}")
    if columns is not None and not isinstance(columns, (int, np.integer)):
        raise TypeError(f"show_grid: columns must be a whole number, got {columns!r}")
    pictures = list(batch)
    if not pictures:
        raise ValueError("show_grid: the batch is empty")
    if columns is not None and columns < 1:
        raise ValueError(f"show_grid: columns must be at least 1, got {columns}")
    tiles, fractions = zip(*(rendered("show_grid", x, vmin, vmax) for x in pictures), strict=True)
    if len({tile.shape for tile in tiles}) > 1:
        raise ValueError(f"show_grid needs pictures of one size, got {sorted({tile.shape[:2] for tile in tiles})}")
    grid = tiled(tiles, columns, gap=2, fill=255)
    channels = [1 if x.ndim == 2 else x.shape[0 if isinstance(x, torch.Tensor) else 2] for x in pictures]
    unseen = np.average(fractions, axis=0, weights=channels)  # of all values: a colour picture has three times as many
    return _draw(grid, unseen, ax, title, any(map(_holds_labels, pictures)))


# ---------------------------------------------------------------- inside


def rendered(name: str, x: Picture, vmin: float | None, vmax: float | None) -> tuple[np.ndarray, np.ndarray]:
    """One picture as uint8 (H, W, 3), and which fractions of it are below black, above white and not finite.

    Each pixel depends on itself, its type and the limits; on nothing else.
    """
    values = channels_last(name, x)
    is_grey = values.shape[2] == 1
    if is_grey and values.dtype.kind in "ui" and values.dtype != np.uint8 and vmin is None and vmax is None:
        return _label_colors(values[:, :, 0]), np.zeros(3)  # every label has a colour and is seen
    black, white = _black_and_white(name, values, vmin, vmax)
    fractions = np.array(outside(np.moveaxis(values, -1, 0), black, white)) / values.size
    planes = [_levels(values[:, :, c], black, white) for c in range(values.shape[2])]
    pixels = np.stack(planes * 3 if is_grey else planes, axis=-1)
    if fractions[2]:
        pixels[~np.isfinite(values).all(axis=2)] = NOT_FINITE_COLOR
    return pixels, fractions


def _label_colors(labels: np.ndarray) -> np.ndarray:
    """Each label in its colour, uint8 (H, W, 3): after label 20 they repeat, below 0 all are white."""
    if labels.min() < 0 or labels.max() > 20:
        labels = np.where(labels > 0, (labels - 1) % 20 + 1, np.where(labels < 0, 21, 0))
    palette = np.vstack([LABEL_COLORS, [[255, 255, 255]]]).astype(np.uint8)
    return np.stack([channel[labels.astype(np.intp)] for channel in palette.T], axis=-1)


def _black_and_white(name: str, values: np.ndarray, vmin: float | None, vmax: float | None) -> tuple[float, float]:
    """The values that are black and white: those that are given, or those of the type."""
    if (vmin is None) != (vmax is None):
        raise ValueError(f"{name}: give both vmin and vmax, or neither, got vmin={vmin} and vmax={vmax}")
    if vmin is None or vmax is None:
        return 0, 255 if values.dtype.kind in "ui" else 1
    return finite_limits(f"{name}: vmin and vmax", vmin, vmax)


def _levels(plane: np.ndarray, black: float, white: float) -> np.ndarray:
    """round(255 (x - black) / (white - black)), clamped to [0, 255], of one channel (H, W)."""
    if plane.dtype == np.uint8 and (black, white) == (0, 255):
        return plane.copy()
    levels = np.empty(plane.shape, np.uint8)
    rows = max(1, CACHED // plane.shape[1])
    for top in range(0, len(plane), rows):
        part = plane[top : top + rows]
        with np.errstate(invalid="ignore", over="ignore"):
            if not (part.dtype == np.float32 and (black, white) == (0, 1)):
                part = (part.astype(np.float64) - black) / (white - black)
            levels[top : top + rows], _ = nearest_levels(part)
    return levels


def unseen_note(ax: Axes, parts: Sequence[tuple[float, str]]) -> str:
    """What fraction is unseen, and where, in lines that fit above the axes; nothing where all is seen."""
    words = [f"{percent(fraction)} {where}" for fraction, where in parts if fraction]
    if not words:
        return ""
    letters = 72 * ax.get_window_extent().width / ax.figure.dpi / (0.45 * float(ax.title.get_fontsize()))
    # Lines break between the parts only; a hard space keeps a number with its words.
    text = "unseen: " + ", ".join(part.replace(" ", "\xa0") for part in words)
    return textwrap.fill(text, max(1, int(letters)), break_long_words=False).replace("\xa0", " ")


def _draw(pixels: np.ndarray, unseen: np.ndarray, ax: Axes | None, title: str | None, holds_labels: bool) -> Axes:
    """The pixels, and above them the title and which fractions of the values are unseen: below, above, not finite."""
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(layout="constrained")
    # Labels and truth values must not be blended into colours that stand for nothing.
    ax.imshow(pixels, interpolation="nearest" if holds_labels else None)
    ax.axis("off")
    note = unseen_note(ax, [*zip(unseen, ("below black", "above white", "not finite"), strict=True)])
    ax.set_title("\n".join(line for line in (title, note) if line))
    return ax


def _holds_labels(x: Picture) -> bool:
    """True if the numbers may be names: one channel of integers or truth values."""
    is_float = x.is_floating_point() if isinstance(x, torch.Tensor) else x.dtype.kind == "f"
    return not is_float and (x.ndim == 2 or x.shape[0 if isinstance(x, torch.Tensor) else 2] == 1)
