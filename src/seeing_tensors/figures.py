"""Figures with words: a picture goes on the page with a text for those who cannot see it.

In a notebook a figure is HTML, a ``<figure>`` with its picture inside; outside one its two texts are printed.
"""

from __future__ import annotations

import base64
import html
import io
import json
import math
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.text import Text
from PIL import Image, ImageFilter

from ._dark import darken
from ._pixels import pictures

_DPI = 140  # a lesson of seven figures stays below 4 MB
_PAD = 0.05  # inches of ground around what is drawn

# The second picture lies on the first, where the page is dark and neither a live figure nor paper takes its place.
_DARK_STYLE = """<style>
figure:has(> img[hidden]) { position: relative; }
figure > img[hidden] { height: auto; left: 0; max-width: 100%; position: absolute; right: 0; top: 0; }
figure > img[hidden] { width: var(--width); }
@media screen {
  :is(html[data-theme="dark"], body[data-jp-theme-light="false"]) figure:not([data-started="yes"]) > img[hidden] {
    display: block !important;
  }
}
</style>"""


def figure(fig: Figure, *, alt: str, caption: str, live: str = "", behind: str = "") -> None:
    """Put a figure on the page with a text for those who cannot see it, then close it. Do not use it afterwards.

    Outside a notebook the two texts are printed. On the page the picture is at most as wide as the figure,
    at 110 pixels an inch; ``data-text-on-phone`` says how high, in pixels, its smallest letters are where a phone
    shows it 390 pixels wide. Below 11 they are hard to read: draw with ``STYLE``, and not wider than it says.

    Args:
        fig: a matplotlib figure.
        alt: what is to be seen, with the measured numbers; an f-string of the cell that drew it.
        caption: what to look at.
        live, behind: for a figure that moves, see ``live_display`` and its like: its name, and the HTML with its data
            and script that stands behind the picture.

    Raises:
        ValueError: no alt text, or no caption.

    >>> import seeing_tensors as st
    >>> from matplotlib.figure import Figure
    >>> st.figure(Figure(), alt="A grey square.", caption="What is this?")
    [figure] What is this?
      A grey square.
    """
    page = markup(fig, alt=alt, caption=caption, live=live, behind=behind, dark=in_a_notebook())
    if not in_a_notebook():
        print(f"[figure] {caption}\n  {alt}")
        return
    from IPython.display import HTML, display

    display(HTML(page))


def markup(
    fig: Figure,
    *,
    alt: str,
    caption: str,
    live: str = "",
    behind: str = "",
    dark: bool = True,
    pixels: bool = True,
) -> str:
    """The HTML of a figure with its words, as `figure` puts it on the page; then `fig` is closed.

    Without `dark` it has no picture for a dark page, without `pixels` no numbers for whoever points at a pixel.
    """
    if not alt.strip() or not caption.strip():
        raise ValueError("figure needs an alt text and a caption: a picture that only some can read teaches only some")
    picture = _drawn(fig)
    width, height = (pixels / _DPI for pixels in picture.size)  # in inches
    smallest = min((float(text.get_fontsize()) for text in _texts(fig)), default=math.inf)
    # pyplot keeps every figure it made; let go of this one, if it is pyplot's.
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(fig)
    mark = f' data-live="{live}"' if live else ""
    size = f'width="{110 * width:.0f}" height="{110 * height:.0f}" '
    # A notebook from a stranger loses style and `hidden`: there the second picture is 0 pixels wide.
    over = '<img alt="" hidden loading="lazy" width="0" height="0" src='
    known = _known_pixels(fig) if pixels and dark and not live else ""
    second = f'{over}"{_address(_dark_parts(fig, picture))}">' if dark else ""
    return (
        f'<figure{mark} style="--width: {110 * width:.0f}px"><img alt="{html.escape(alt)}" {size}'
        f'data-text-on-phone="{390 * smallest / 72 / width:.1f}" src="{_address(picture)}">'
        f"{second}{_DARK_STYLE}<figcaption>{html.escape(caption)}</figcaption>{known}{behind}</figure>"
    )


def json_in_html(data: object, **look: Any) -> str:
    """JSON that can stand inside <script>, where the letters of a closing tag would end it, wherever they stand."""
    return json.dumps(data, **look).replace("<", "\\u003c")


def in_a_notebook() -> bool:
    """True where HTML can be displayed."""
    return bool(getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)())


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


def _drawn(fig: Figure) -> Image.Image:
    """The figure without the empty border around it."""
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=_DPI, bbox_inches="tight", pad_inches=_PAD, pil_kwargs={"compress_level": 1})
    return Image.open(buffer)


def _dark_parts(fig: Figure, light: Image.Image) -> Image.Image:
    """What lies on the figure where the page is dark: its ground, letters and lines, and holes for the pictures.

    So a photo is in a notebook once, and its pixels are the same in both.
    """
    fig.set_layout_engine("none")  # everything stays in its place
    darken(fig)
    dark = np.array(_drawn(fig))
    differs = (np.asarray(light) != dark).any(axis=2)
    # Three pixels further than need be: where a page shows both smaller, no light shines through between them.
    covers = Image.fromarray(differs).convert("L").filter(ImageFilter.MaxFilter(7))
    dark[np.asarray(covers) == 0] = 0
    return Image.fromarray(dark)


def _known_pixels(fig: Figure) -> str:
    """The values of the pictures in a figure, as data that stands behind it; nothing where it has no picture."""
    known = pictures(fig, _DPI, _PAD)
    text = json_in_html(known, ensure_ascii=False, separators=(",", ":"))
    return f'<script type="application/json" class="st-pixels">{text}</script>' if known else ""


def _address(picture: Image.Image) -> str:
    buffer = io.BytesIO()
    picture.save(buffer, format="png")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
