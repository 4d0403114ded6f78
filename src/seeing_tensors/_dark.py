"""A figure on a dark ground: the pictures in it stay as they are, and what is drawn around them turns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from matplotlib.artist import Artist
from matplotlib.collections import Collection
from matplotlib.colors import to_hex, to_rgb, to_rgba
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.text import Text

from .style import ON_DARK


def darken(fig: Figure) -> None:
    """Turn the lightness of a figure round: paper is dark and ink is light, and hues stay what they are.

    Pictures, colour maps, and whatever is drawn on a picture are evidence, and stay. The figure must have been drawn.
    """
    evidence = set(map(id, _on_pictures(fig)))
    for artist in fig.findobj():
        if id(artist) not in evidence:
            _turn(artist)


def _on_pictures(fig: Figure) -> Iterator[Artist]:
    """What is drawn on a picture, in the picture's own axes."""
    for ax in fig.axes:
        extents = [image.get_window_extent() for image in ax.images]
        for artist in (*ax.texts, *ax.lines, *ax.patches, *ax.collections) if extents else ():
            place = artist.get_window_extent()
            if isinstance(artist, Collection) or any(place.overlaps(extent) for extent in extents):
                yield artist


def _turn(artist: Artist) -> None:
    if isinstance(artist, Text):
        artist.set_color(dark(artist.get_color(), letters=True))
        if box := artist.get_bbox_patch():
            _turn(box)
    elif isinstance(artist, Line2D):
        artist.set_markeredgecolor(dark(artist.get_markeredgecolor()))
        artist.set_markerfacecolor(dark(artist.get_markerfacecolor()))
        artist.set_color(dark(artist.get_color()))
    elif isinstance(artist, Patch):
        edge = artist.get_edgecolor()
        artist.set_facecolor(dark(artist.get_facecolor()))
        artist.set_edgecolor(dark(edge))
    elif isinstance(artist, Collection) and artist.get_array() is None:
        artist.set_facecolor([dark(color) for color in artist.get_facecolor()])
        artist.set_edgecolor([dark(color) for color in artist.get_edgecolor()])


def dark(color: Any, *, letters: bool = False) -> Any:
    """The colour on a dark ground: greys turn round, a hue stays, or is the one that `ON_DARK` has for it.

    A letter is thinner than a line, and lighter in its hue.
    """
    alpha = to_rgba(color)[3]
    levels: tuple[float, ...] = to_rgb(ON_DARK.get(to_hex(color), color))
    if max(levels) - min(levels) < 0.02:
        levels = tuple(0.95 - 0.86 * level for level in levels)
    elif letters:
        levels = tuple(level + 0.45 * (1 - level) for level in levels)
    return (*levels, alpha)
