"""One look for all figures: colours, line styles and hatches with a meaning, and a matplotlib style.

The same colour means the same everywhere, and never means it alone: a channel
has a line style of its own as well, and what is unseen has a hatch. The colours
are apart for readers with protanopia, deuteranopia and tritanopia, and in grey:
tests/lessons/test_figures.py computes how far. That is why green is light and
blue is dark among the channels, and why below black is dark and above white is light.

Nothing here changes matplotlib's settings. Your own code takes the style with
``plt.style.use(st.STYLE)``, or for a while with ``with plt.style.context(st.STYLE):``.
"""

#: The channels and a single grey one; what a picture cannot show: "below" black, "above" white, "not finite";
#: and a "mark" drawn on a picture.
COLORS = {
    "R": "#d62728",
    "G": "#15a565",
    "B": "#2a4fd6",
    "grey": "#333333",
    "below": "#007d84",
    "above": "#ff9a1f",
    "not finite": "#ff00ff",
    "mark": "#ffe000",
}

#: The colour that takes the place of one of `COLORS` where the ground is dark: blue is too dark to be seen there.
#: Among the channels it is the lightest then, and the darkest on white.
ON_DARK = {COLORS["B"]: "#9ab0ff"}

#: Line styles of the channels, as matplotlib names them: solid, dashed, dotted. Curves that cover one another
#: still show.
LINES = {"R": "-", "G": "--", "B": ":", "grey": "-"}

#: Hatches of what is unseen, as matplotlib names them: falling, rising, crossed.
HATCHES = {"below": "\\\\", "above": "//", "not finite": "xx"}

_INK = "#1a1a1a"

#: Settings for ``matplotlib.pyplot.style.use``. The figure is 6.2 inches wide and its letters are 12.7 points
#: high, so that they are 11 pixels high on a phone that shows it 390 pixels wide. Its ground is a light grey paper,
#: on which a white picture has an edge; what is plotted has a white ground.
STYLE = {
    "figure.figsize": (6.2, 3.6),
    "figure.facecolor": "#e8e8e8",
    "figure.constrained_layout.use": True,
    "savefig.facecolor": "auto",
    "font.size": 12.7,
    "axes.titlesize": "medium",
    "figure.titlesize": "medium",
    "figure.labelsize": "medium",
    "legend.fontsize": "medium",
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.titlecolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.edgecolor": "#666666",
    "axes.facecolor": "white",
    "axes.linewidth": 1.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "lines.linewidth": 2.2,
    "hatch.linewidth": 0.8,
}
