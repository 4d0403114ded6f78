"""Figures that a reader can move: a picture first, then plain JavaScript that takes its place.

What is put on the page is a ``<figure>`` with a still picture, its alt text and caption, the data in base64 and one
script. Without JavaScript, in a notebook that is not trusted, and on paper the still picture is what there is.

    rules.js      the library's numeric rules in JavaScript; the browser suite compares both, bit for bit
    figure.js     what the figures share: data, painting, labelled controls, the reader's own picture
    live.css      how they look, in light and dark
    <name>.js     one figure
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from ..display import Picture
from ..drawing import _channels_last, _put
from ..style import COLORS

#: A figure that moves under a finger has no more pixels than this, and a page no more bytes than it must.
MOST_PIXELS = 40_000


def live_display(fig: Figure, x: Picture, *, alt: str, caption: str) -> None:
    """Put a live figure on the page in which the reader chooses the values that are drawn black and white.

    What lies outside is painted, shaded in a histogram, and counted per channel.

    Args:
        fig: the still picture, for paper and where no script runs; closed afterwards.
        x: float32, tensor (3, H, W) or (1, H, W) or array (H, W, 3) or (H, W), at most 40,000 pixels.
        alt, caption: as in ``figure``.

    Raises:
        TypeError: x is not float32.
        ValueError: not the shape of a picture, too many pixels, no alt text or no caption.
    """
    _live("display_range", fig, {"picture": _packed("live_display", x, np.float32)}, alt, caption)


# ---------------------------------------------------------------- inside


def _live(name: str, fig: Figure, data: dict, alt: str, caption: str) -> None:
    """Put the still picture on the page, and behind it the data and the script of the figure `name`.js."""
    _put(fig, alt=alt, caption=caption, live=name, behind=script(name, data))


def script(name: str, data: dict) -> str:
    """The data of a live figure and its script, in HTML, to stand after the picture in ``<figure data-live="NAME">``."""
    folder = Path(__file__).parent
    css, *scripts = (
        (folder / file).read_text(encoding="utf-8") for file in ("live.css", "rules.js", "figure.js", f"{name}.js")
    )
    # One function around everything: nothing becomes global, and the same script may be on the page many times.
    code = f"(() => {{\n\"use strict\";\nconst CSS = {_json(css)};\nconst COLORS = {_json(COLORS)};\n{''.join(scripts)}}})();"
    return f'<script type="application/json">{_json(data)}</script><script>{code}</script>'


def _json(data: object) -> str:
    # Inside <script> the letters of a closing tag would end it, wherever they stand.
    return json.dumps(data).replace("<", "\\u003c")


def _packed(name: str, x: Picture, *kinds: type) -> dict:
    """A picture's shape and every bit of its values, as planes (C, H, W), for decodePicture in figure.js.

    uint8 is sent as it is. Floats that were made from bytes have at most 256 different values: a palette and a
    byte each. Other floats are sent whole.
    """
    values = np.ascontiguousarray(np.moveaxis(_channels_last(name, x), -1, 0))
    if values.dtype not in kinds:
        raise TypeError(f"{name} needs {' or '.join(kind.__name__ for kind in kinds)}, got {values.dtype}")
    if values[0].size > MOST_PIXELS:
        raise ValueError(
            f"{name}: {values.shape[1]} x {values.shape[2]} pixels are too many for a live figure, at most "
            f"{MOST_PIXELS:,}; take every second one, x[:, ::2, ::2]"
        )
    packed = {"shape": values.shape}
    if values.dtype == np.uint8:
        return packed | {"bytes": _base64(values)}
    # By their bits: -0.0 and 0.0, and one NaN and another, stay what they are.
    bits, places = np.unique(values.view(np.uint32), return_inverse=True)
    if len(bits) > 256:
        return packed | {"floats": _base64(values)}
    return packed | {"palette": _base64(bits), "bytes": _base64(places.astype(np.uint8))}


def _base64(values: np.ndarray) -> str:
    little_endian = values.astype(values.dtype.newbyteorder("<"))
    return base64.b64encode(little_endian.tobytes()).decode("ascii")
