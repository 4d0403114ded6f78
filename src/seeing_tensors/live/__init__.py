"""Figures that a reader can move: a picture first, then plain JavaScript that takes its place.

What is put on the page is a ``<figure>`` with a still picture, its alt text and caption, the data in base64 and one
script. Without JavaScript, in a notebook that is not trusted, and on paper the still picture is what there is.

    rules.js      the library's numeric rules in JavaScript; the browser suite compares both, bit for bit; only
                  BatchNorm may differ, by two roundings
    figure.js     what the figures share: data, painting, labelled controls, the reader's own picture
    live.css      how they look, in light and dark
    <name>.js     one figure

predict.js and predict.css are the course's questions, which share nothing with the figures.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.figure import Figure

from .._arrays import Picture, channels_last, kind_of
from ..activations import FEATURE_COLORS
from ..batchnorm import BatchNorm2d
from ..display import describe
from ..drawing import rendered
from ..figures import figure, json_in_html
from ..normalization import IMAGENET_MEAN, IMAGENET_STD, normalize
from ..style import COLORS

#: A figure that moves under a finger has no more pixels than this, and a page no more bytes than it must.
MOST_PIXELS = 160_000


def live_display(fig: Figure, x: Picture, *, alt: str, caption: str) -> None:
    """Put a live figure on the page in which the reader chooses the values that are drawn black and white.

    What lies outside is painted, shaded in a histogram, and counted per channel.

    >>> import torch
    >>> from matplotlib.figure import Figure
    >>> import seeing_tensors as st
    >>> st.live_display(Figure(), torch.rand(3, 4, 4) * 4 - 2, alt="What is seen.", caption="What to do.")
    [figure] What to do.
      What is seen.

    Args:
        fig: the still picture, for paper and where no script runs; closed afterwards.
        x: float32, tensor (3, H, W) or (1, H, W) or array (H, W, 3) or (H, W), at most 160,000 pixels.
        alt, caption: as in ``figure``.

    Raises:
        TypeError: x is not float32.
        ValueError: not the shape of a picture, too many pixels, no alt text or no caption.
    """
    _live("display_range", fig, {"picture": _packed("live_display", x)}, alt, caption)


def live_normalize(
    fig: Figure,
    x: torch.Tensor,
    *,
    mean: Sequence[float] = IMAGENET_MEAN,
    std: Sequence[float] = IMAGENET_STD,
    alt: str,
    caption: str,
) -> None:
    """Put a live figure on the page in which the reader normalizes a photo, sees what ``imshow`` shows, and goes back.

    Over one histogram of the photo lies the window of what the screen shows, from y = 0 to y = 1. Dragged, it changes
    the mean, and stretched, the std. A line splits the picture: right is the photo, left what ``imshow`` shows, or what
    one of three ways back makes of it, and how far that is off.

    >>> import torch
    >>> from matplotlib.figure import Figure
    >>> import seeing_tensors as st
    >>> st.live_normalize(Figure(), torch.rand(3, 4, 4), alt="What is seen.", caption="What to do.")
    [figure] What to do.
      What is seen.

    Args:
        fig: the still picture, for paper and where no script runs; closed afterwards.
        x: float32 (3, H, W), a photo with values in [0, 1], at most 160,000 pixels.
        mean, std: three numbers each, with which the figure begins; std at least 0.01. The window from mean to
            mean + std lies within 0 and 1, as far as the handles go.
        alt, caption: as in ``figure``.

    Raises:
        TypeError: x is not float32.
        ValueError: not three channels, values outside [0, 1], or too many pixels; a mean or std that ``normalize``
            refuses or no handle has; no alt text or no caption.
    """
    y = normalize(x, mean, std)  # which refuses what is wrong with mean and std
    if y.ndim != 3 or y.shape[0] != 3 or not ((x >= 0) & (x <= 1)).all():
        raise ValueError(f"live_normalize needs a photo (3, H, W) with values in [0, 1], got {describe(x)}")
    if not all(m >= 0 and s >= 0.01 and m + s <= 1 for m, s in zip(mean, std, strict=True)):
        raise ValueError(
            f"live_normalize: the window from mean to mean + std must lie in [0, 1] and be at least 0.01 wide, "
            f"got mean {mean} and std {std}"
        )
    data = {"photo": _packed("live_normalize", x), "mean": list(mean), "std": list(std)}
    _live("normalize", fig, data, alt, caption)


def live_batch(
    fig: Figure,
    photo: torch.Tensor,
    company: Mapping[str, Sequence[torch.Tensor]],
    layer: BatchNorm2d,
    *,
    history: str,
    alt: str,
    caption: str,
) -> None:
    """Put a live figure on the page in which the reader chooses a photo's batch-mates, and BatchNorm's mode.

    In training the photo is normalized by the statistics of the batch, and its mates can be made brighter or darker.
    In evaluation it is normalized by the running statistics of `layer`. What is clipped is painted, shaded and counted.

    >>> import torch
    >>> from matplotlib.figure import Figure
    >>> import seeing_tensors as st
    >>> photo, layer = torch.rand(3, 4, 4), st.BatchNorm2d(3)
    >>> company = {"alone": [], "with a dark one": [photo / 4]}
    >>> st.live_batch(Figure(), photo, company, layer, history="nothing", alt="What is seen.", caption="What to do.")
    [figure] What to do.
      What is seen.

    Args:
        fig: the still picture, for paper and where no script runs; closed afterwards.
        photo: float32 (3, H, W) with values in [0, 1], at most 160,000 pixels.
        company: the choices, by name, the first one chosen at first; each a list of pictures like `photo`, of any
            size. Each counts as one picture as large as the photo. An empty list: the photo alone.
        layer: gives the running statistics and eps; its three weights are 1 and its biases 0.
        history: what the layer has seen, as in "evaluation: mean and std are remembered, from <history>".
        alt, caption: as in ``figure``.

    Raises:
        TypeError: a picture is not float32.
        ValueError: a picture without three channels, with values outside [0, 1], or with too many pixels; no company
            to choose; a layer of other than three channels, or with a learned weight or bias; no alt text or caption.
    """
    for x in (photo, *(mate for mates in company.values() for mate in mates)):
        _require_photo("live_batch", x)
    if not company:
        raise ValueError("live_batch needs at least one company to choose, as in {'alone': []}")
    if layer.num_features != 3 or not bool((layer.weight == 1).all() and (layer.bias == 0).all()):
        raise ValueError("live_batch needs a layer of three channels whose weights are 1 and biases 0, as at first")
    choices = [
        {"label": label, "pictures": [_packed("live_batch", mate) for mate in mates]}
        for label, mates in company.items()
    ]
    remembered = {"mean": layer.running_mean.tolist(), "variance": layer.running_var.tolist(), "eps": layer.eps}
    data = {"photo": _packed("live_batch", photo), "company": choices, "history": history, **remembered}
    _live("batch", fig, data, alt, caption)


def live_filter(fig: Figure, x: torch.Tensor, *, alt: str, caption: str) -> None:
    """Put a live figure on the page in which the reader lays a 3 x 3 filter on a photo.

    The nine products, their sum and the map are there. The map has the colors of ``show_feature_maps``, on one scale
    with seven ready filters or on its own.

    >>> import torch
    >>> from matplotlib.figure import Figure
    >>> import seeing_tensors as st
    >>> st.live_filter(Figure(), torch.rand(1, 4, 4), alt="What is seen.", caption="What to do.")
    [figure] What to do.
      What is seen.

    Args:
        fig: the still picture, for paper and where no script runs; closed afterwards.
        x: float32 (1, H, W), one channel with values in [0, 1], at least 3 x 3 and at most 160,000 pixels.
        alt, caption: as in ``figure``.

    Raises:
        TypeError: x is not float32.
        ValueError: another shape, values outside [0, 1], too few or too many pixels, no alt text or no caption.
    """
    if not isinstance(x, torch.Tensor) or x.ndim != 3 or len(x) != 1 or min(x.shape[1:]) < 3:
        shape = tuple(x.shape) if isinstance(x, torch.Tensor) else type(x).__name__
        raise ValueError(f"live_filter needs one channel (1, H, W) of at least 3 x 3 pixels, got {shape}")
    if not ((x >= 0) & (x <= 1)).all():
        raise ValueError(f"live_filter needs values in [0, 1], got {describe(x)}")
    colors = colormaps[FEATURE_COLORS](np.arange(256), bytes=True)[:, :3]
    _live("filter", fig, {"photo": _packed("live_filter", x), "colors": _base64(colors)}, alt, caption)


def live_logger(
    fig: Figure, photo: torch.Tensor, *, value_range: tuple[float, float] = (-2, 2), alt: str, caption: str
) -> None:
    """Put a live figure on the page in which the reader gives a photo a range, and sees what ``wandb.Image`` writes.

    Four versions of wandb and ``to_wandb_image`` stand side by side; of the chosen one there is the rule, the levels of
    five values, and how far the picture is from the photo.

    >>> import torch
    >>> from matplotlib.figure import Figure
    >>> import seeing_tensors as st
    >>> st.live_logger(Figure(), torch.rand(3, 4, 4), alt="What is seen.", caption="What to do.")
    [figure] What to do.
      What is seen.

    Args:
        fig: the still picture, for paper and where no script runs; closed afterwards.
        photo: float32 (3, H, W) with values in [0, 1], at most 160,000 pixels.
        value_range: the values of black and white at first, from -3 to 3, as the sliders go, at least 0.01 apart.
        alt, caption: as in ``figure``.

    Raises:
        TypeError: the photo is not float32.
        ValueError: not three channels, values outside [0, 1], or too many pixels; a range that no slider has; no alt
            text or no caption.
    """
    _require_photo("live_logger", photo)
    low, high = value_range
    if not (low >= -3 and high <= 3 and high - low >= 0.01):
        raise ValueError(f"live_logger: value_range must lie in [-3, 3], low first, 0.01 apart, got {value_range}")
    presets = [(0, 1), (-1, 1), (0.2, 0.8), (-2, 2), (0, 255)]
    data = {"photo": _packed("live_logger", photo), "range": [low, high], "version": "cast", "presets": presets}
    _live("logger", fig, data, alt, caption)


def live_nearest(fig: Figure, row: np.ndarray, *, size: int, alt: str, caption: str) -> None:
    """Put a live figure on the page in which the reader gives a row of a mask a new size.

    The row is a number line, with the centres of the new pixels on it. Under it stand the old pixels that four resizes
    take: ``resize_mask``, Pillow's NEAREST, OpenCV's INTER_NEAREST and torch's nearest. Those that ``resize_mask`` does
    not take are marked.

    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> import seeing_tensors as st
    >>> st.live_nearest(Figure(), np.arange(10), size=4, alt="What is seen.", caption="What to do.")
    [figure] What to do.
      What is seen.

    Args:
        fig: the still picture, for paper and where no script runs; closed afterwards.
        row: labels (W,), integers, 2 to 16 of them.
        size: how many new pixels there are at first, 1 to 20, as the slider goes.
        alt, caption: as in ``figure``.

    Raises:
        TypeError: the row is no array of integers.
        ValueError: not one axis, too few or too many labels; a size that the slider does not have; no alt text or no
            caption.
    """
    if not isinstance(row, np.ndarray) or row.dtype.kind not in "ui":
        raise TypeError(f"live_nearest needs an array of integer labels, got {kind_of(row)}")
    if row.ndim != 1 or not 2 <= len(row) <= 16:
        raise ValueError(f"live_nearest needs a row of 2 to 16 labels, (W,), got shape {row.shape}")
    if size not in range(1, 21):
        raise ValueError(f"live_nearest: size must be a whole number from 1 to 20, got {size}")
    pixels, _ = rendered("live_nearest", row[None].astype(np.int64), None, None)
    _live("nearest", fig, {"labels": row.tolist(), "colors": pixels[0].tolist(), "size": int(size)}, alt, caption)


def live_pipelines(fig: Figure, values: Sequence[float], *, alt: str, caption: str) -> None:
    """Put a live figure on the page in which the reader moves the values of one array that ``imshow`` draws two ways.

    As RGB it is clipped, with one channel stretched over a colour map, gray or viridis. The pixels that are drawn
    otherwise though their value has not moved are marked and counted.

    >>> from matplotlib.figure import Figure
    >>> import seeing_tensors as st
    >>> st.live_pipelines(Figure(), [0.2, 0.5, 0.8], alt="What is seen.", caption="What to do.")
    [figure] What to do.
      What is seen.

    Args:
        fig: the still picture, for paper and where no script runs; closed afterwards.
        values: 2 to 8 numbers from -0.5 to 2, as the handles go.
        alt, caption: as in ``figure``.

    Raises:
        ValueError: too few or too many values, or values where no handle goes; no alt text or no caption.
    """
    if not 2 <= len(values) <= 8 or not all(-0.5 <= value <= 2 for value in values):
        raise ValueError(f"live_pipelines needs 2 to 8 values in [-0.5, 2], got {values}")
    tables = {name: _base64(colormaps[name](np.arange(256), bytes=True)[:, :3]) for name in ("gray", "viridis")}
    _live("pipelines", fig, {"values": [float(value) for value in values], "tables": tables}, alt, caption)


# ---------------------------------------------------------------- inside


def _require_photo(name: str, x: torch.Tensor) -> None:
    if x.ndim != 3 or x.shape[0] != 3 or not ((x >= 0) & (x <= 1)).all():
        raise ValueError(f"{name} needs a photo (3, H, W) with values in [0, 1], got {describe(x)}")


def _live(name: str, fig: Figure, data: dict, alt: str, caption: str) -> None:
    """Put the still picture on the page, and behind it the data and the script of the figure `name`.js."""
    figure(fig, alt=alt, caption=caption, live=name, behind=script(name, data))


def script(name: str, data: dict) -> str:
    """The data of a live figure and its script, as HTML that stands after the picture in ``<figure data-live=…>``."""
    folder = Path(__file__).parent
    css, *scripts = (
        (folder / file).read_text(encoding="utf-8") for file in ("live.css", "rules.js", "figure.js", f"{name}.js")
    )
    # One function around everything: nothing becomes global, and the same script may be on the page many times.
    given = f"const CSS = {json_in_html(css)};\nconst COLORS = {json_in_html(COLORS)};\n"
    code = f'(() => {{\n"use strict";\n{given}{"".join(scripts)}}})();'
    return f'<script type="application/json">{json_in_html(data)}</script><script>{code}</script>'


def question_script() -> str:
    """The style of a question and the script that makes every question of a page live, as HTML."""
    css, code = ((Path(__file__).parent / f"predict.{kind}").read_text(encoding="utf-8") for kind in ("css", "js"))
    return f'<style>{css}</style><script>(() => {{\n"use strict";\n{code}}})();</script>'


def _packed(name: str, x: Picture) -> dict:
    """A picture's shape and every bit of its float32 values, as planes (C, H, W), for decodePicture in figure.js.

    Floats that were made from bytes have at most 256 different values: a palette, and a byte each. Others are sent
    whole.
    """
    values = np.ascontiguousarray(np.moveaxis(channels_last(name, x), -1, 0))
    if values.dtype != np.float32:
        raise TypeError(f"{name} needs float32, got {values.dtype}")
    if values[0].size > MOST_PIXELS:
        raise ValueError(
            f"{name}: {values.shape[1]} x {values.shape[2]} pixels are too many for a live figure, at most "
            f"{MOST_PIXELS:,}; take every second one, x[:, ::2, ::2]"
        )
    # By their bits: -0.0 and 0.0, and one NaN and another, stay what they are.
    bits, places = np.unique(values.view(np.uint32), return_inverse=True)
    if len(bits) > 256:
        return {"shape": values.shape, "floats": _base64(values)}
    return {"shape": values.shape, "palette": _base64(bits), "bytes": _base64(places.astype(np.uint8))}


def _base64(values: np.ndarray) -> str:
    little_endian = values.astype(values.dtype.newbyteorder("<"))
    return base64.b64encode(little_endian.tobytes()).decode("ascii")
