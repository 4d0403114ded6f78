"""Drawing that tells the truth: pictures on a scale that depends on their type, and figures with words.

Each pixel is turned into colour here, alone, and matplotlib is handed bytes:
it has nothing left to stretch, to clip or to round.
"""

from __future__ import annotations

import base64
import html
import io
import math
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence

import matplotlib
import numpy as np
import torch
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text

from .display import Picture, _percent, _real_array, unseen
from .style import COLORS

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
    """
    pixels, places = _rendered("show", x, vmin, vmax)
    return _draw(pixels, [places], ax, title, _is_flat(x))


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
    tiles, places = zip(*(_rendered("show_grid", x, vmin, vmax) for x in pictures), strict=True)
    if len({tile.shape for tile in tiles}) > 1:
        raise ValueError(f"show_grid needs pictures of one size, got {sorted({tile.shape[:2] for tile in tiles})}")
    columns = columns or math.ceil(math.sqrt(len(tiles)))
    rows = math.ceil(len(tiles) / columns)
    gap = 2
    height, width = tiles[0].shape[0] + gap, tiles[0].shape[1] + gap
    grid = np.full((rows * height - gap, min(columns, len(tiles)) * width - gap, 3), 255, np.uint8)
    for i, tile in enumerate(tiles):
        top, left = i // columns * height, i % columns * width
        grid[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return _draw(grid, places, ax, title, any(map(_is_flat, pictures)))


def figure(fig: Figure, *, alt: str, caption: str) -> None:
    """Put a figure on the page with a text for those who cannot see it, then close it.

    Outside a notebook the two texts are printed. On the page the picture is at most as wide as the figure,
    at 110 pixels an inch; ``data-text-on-phone`` says how high, in pixels, its smallest letters are where a phone
    shows it 350 pixels wide. Below 9 nobody reads them: draw with ``STYLE``, and not wider than it says.

    Args:
        fig: a matplotlib figure.
        alt: what is to be seen, with the measured numbers; an f-string of the cell that drew it.
        caption: what to look at.

    Raises:
        ValueError: no alt text, or no caption.
    """
    _put(fig, alt=alt, caption=caption)


# ---------------------------------------------------------------- inside


def _put(fig: Figure, *, alt: str, caption: str, live: str = "", behind: str = "") -> None:
    """What `figure` does. A live figure has a name, and data and a script behind the picture."""
    if not alt.strip() or not caption.strip():
        raise ValueError("figure needs an alt text and a caption: a picture that only some can read teaches only some")
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=_DPI, bbox_inches="tight")
    width, height = (int.from_bytes(buffer.getvalue()[at : at + 4], "big") / _DPI for at in (16, 20))  # in inches
    smallest = min((text.get_fontsize() for text in _texts(fig)), default=math.inf)
    # pyplot keeps every figure it made; let go of this one, if it is pyplot's.
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(fig)
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    if shell is None:
        print(f"[figure] {caption}\n  {alt}")
        return
    from IPython.display import HTML, display

    mark = f' data-live="{live}"' if live else ""
    source = base64.b64encode(buffer.getvalue()).decode("ascii")
    display(
        HTML(
            f'<figure{mark}><img alt="{html.escape(alt)}" width="{110 * width:.0f}" height="{110 * height:.0f}" '
            f'data-text-on-phone="{350 * smallest / 72 / width:.1f}" src="data:image/png;base64,{source}">'
            f"<figcaption>{html.escape(caption)}</figcaption>{behind}</figure>"
        )
    )


_DPI = 140  # a lesson of seven figures stays below 4 MB


def _texts(artist: Artist) -> Iterator[Text]:
    """The texts that are drawn with an artist: not those of axes that are off, and none that is empty."""
    if not artist.get_visible():
        return
    if isinstance(artist, Text) and artist.get_text().strip():
        yield artist
    off = isinstance(artist, Axes) and not artist.axison
    for child in artist.get_children():
        if not (off and isinstance(child, Axis)):
            yield from _texts(child)


def _rendered(name: str, x: Picture, vmin: float | None, vmax: float | None) -> tuple[np.ndarray, np.ndarray]:
    """One picture as uint8 (H, W, 3), and where its values lie between black (0) and white (1).

    Each pixel depends on itself, its type and the limits; on nothing else.
    """
    values = _channels_last(name, x)
    flat = values.shape[2] == 1
    if flat and values.dtype.kind in "ui" and values.dtype != np.uint8 and vmin is None and vmax is None:
        labels = values[:, :, 0]
        palette = np.vstack([LABEL_COLORS, [[255, 255, 255]]]).astype(np.uint8)
        colors = palette[np.where(labels > 0, (labels - 1) % 20 + 1, np.where(labels < 0, -1, 0)).astype(int)]
        return colors, np.zeros(labels.shape)  # every label has a colour and is seen
    position = _position(name, values, vmin, vmax)
    with np.errstate(invalid="ignore"):
        levels = np.rint(255 * np.clip(position, 0, 1)).astype(np.uint8)
    pixels = np.repeat(levels, 3, axis=2) if flat else levels
    pixels[~np.isfinite(values).all(axis=2)] = NOT_FINITE_COLOR
    return pixels, position


def _position(name: str, values: np.ndarray, vmin: float | None, vmax: float | None) -> np.ndarray:
    """Where each value lies between black (0) and white (1), in float64."""
    if (vmin is None) != (vmax is None):
        raise ValueError(f"{name}: give both vmin and vmax, or neither, got vmin={vmin} and vmax={vmax}")
    if vmin is None:
        vmin, vmax = 0, 255 if values.dtype.kind in "ui" else 1
    if not (math.isfinite(vmin) and math.isfinite(vmax) and vmin < vmax):
        raise ValueError(f"{name}: vmin must be below vmax, both finite, got {vmin} and {vmax}")
    if not math.isfinite(vmax - vmin):
        raise ValueError(f"{name}: vmax - vmin overflows float64, got {vmin} and {vmax}")
    with np.errstate(invalid="ignore", over="ignore"):
        return (values.astype(np.float64) - vmin) / (vmax - vmin)


def _note(ax: Axes, parts: Sequence[tuple[float, str]]) -> str:
    """What fraction is unseen, and where, in lines that fit above the axes; nothing where all is seen."""
    words = [f"{_percent(fraction)} {where}" for fraction, where in parts if fraction]
    if not words:
        return ""
    letters = 72 * ax.get_window_extent().width / ax.figure.dpi / (0.45 * ax.title.get_fontsize())
    # Lines break between the parts only; a hard space keeps a number with its words.
    text = "unseen: " + ", ".join(part.replace(" ", "\xa0") for part in words)
    return textwrap.fill(text, max(1, int(letters)), break_long_words=False).replace("\xa0", " ")


def _draw(
    pixels: np.ndarray, places: Sequence[np.ndarray], ax: Axes | None, title: str | None, flat_integers: bool
) -> Axes:
    """The pixels, and above them the title and what of the values lies outside black (0) to white (1)."""
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(layout="constrained")
    # Labels and truth values must not be blended into colours that stand for nothing.
    ax.imshow(pixels, interpolation="nearest" if flat_integers else None)
    ax.axis("off")
    ((below, above, broken),) = unseen(np.concatenate([each.ravel() for each in places])[None])
    note = _note(ax, [(below, "below black"), (above, "above white"), (broken, "not finite")])
    ax.set_title("\n".join(line for line in (title, note) if line))
    return ax


def _is_integer(x: Picture) -> bool:
    return not (x.is_floating_point() if isinstance(x, torch.Tensor) else x.dtype.kind == "f")


def _is_flat(x: Picture) -> bool:
    return _is_integer(x) and (x.ndim == 2 or x.shape[0 if isinstance(x, torch.Tensor) else 2] == 1)


def _channels_last(name: str, x: Picture) -> np.ndarray:
    """One picture as an array (H, W, 3) or (H, W, 1)."""
    values = _real_array(name, x)
    if values.ndim == 2:
        values = values[:, :, None]
    elif values.ndim == 3 and isinstance(x, torch.Tensor):
        values = np.moveaxis(values, 0, -1)
    if values.ndim != 3 or values.shape[2] not in (1, 3) or values.size == 0:
        wanted = "(3, H, W), (1, H, W) or (H, W)" if isinstance(x, torch.Tensor) else "(H, W, 3), (H, W, 1) or (H, W)"
        hint = "; draw a batch with show_grid" if values.ndim == 4 else ""
        raise ValueError(f"{name}: a picture is {wanted}, got shape {tuple(x.shape)}{hint}")
    return values
