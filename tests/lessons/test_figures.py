"""The figures as a set: colours that everybody can tell apart, one style, letters that can be read on a phone."""

import ast
import base64
import html.parser
import io
import itertools
import json
import math
import re
import subprocess
import sys

import matplotlib
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import torch
from matplotlib.colors import is_color_like
from matplotlib.figure import Figure
from PIL import Image

import seeing_tensors as st
from seeing_tensors._dark import dark as on_dark
from seeing_tensors.course.book import lessons
from seeing_tensors.course.repository import ROOT, page_files
from seeing_tensors.style import ON_DARK

LESSONS = page_files()
LIBRARY = sorted((ROOT / "src/seeing_tensors").rglob("*.py"))
every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)

CHANNELS, UNSEEN = ("R", "G", "B"), ("below", "above", "not finite")


# ------------------------------------------- how far apart two colours are seen

# Machado, Oliveira and Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", IEEE
# Transactions on Visualization and Computer Graphics 15 (2009), severity 1.0. They act on linear RGB.
EYES = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)


def linear(color):
    values = np.array(matplotlib.colors.to_rgb(color))
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIELAB of linear RGB, white point D65: in L, a, b equal distances look about equally large."""
    t = TO_XYZ @ rgb / [0.95047, 1.0, 1.08883]
    f = np.where(t > 216 / 24389, np.cbrt(t), (24389 / 27 * t + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def too_close(colors, names, *, seen, grey):
    """Pairs nearer than `seen` in CIELAB to one of the four eyes, or nearer than `grey` in lightness alone."""
    faults = []
    for a, b in itertools.combinations(names, 2):
        for eye, matrix in EYES.items():
            places = [lab(np.clip(matrix @ linear(colors[name]), 0, 1)) for name in (a, b)]
            distance = np.linalg.norm(places[0] - places[1])
            if distance < seen:
                faults.append(f"{a} and {b} are {distance:.0f} apart with {eye}, must be {seen}")
        lightness = abs(lab(linear(colors[a]))[0] - lab(linear(colors[b]))[0])
        if lightness < grey:
            faults.append(f"{a} and {b} are {lightness:.0f} apart in grey, must be {grey}")
    return faults


def contrast_with_white(color):
    return 1.05 / (np.array([0.2126, 0.7152, 0.0722]) @ linear(color) + 0.05)


# A difference of 2 can just be seen, side by side.
def test_channels_are_told_apart_by_every_eye():
    assert too_close(st.COLORS, CHANNELS, seen=24, grey=7) == []


def test_what_is_unseen_is_told_apart_by_every_eye():
    assert too_close(st.COLORS, UNSEEN, seen=30, grey=10) == []


def test_finds_colours_that_are_not_apart():
    ordinary = {"R": "tab:red", "G": "tab:green", "B": "tab:blue"}
    assert any(
        "R and G" in fault and "deuteranopia" in fault for fault in too_close(ordinary, CHANNELS, seen=24, grey=7)
    )
    assert any("in grey" in fault for fault in too_close({"a": "#ff8c00", "b": "#00b3b3"}, "ab", seen=30, grey=10))
    assert too_close({"a": "#000000", "b": "#ffffff"}, "ab", seen=99, grey=99) == []


def test_lines_are_dark_enough_for_a_white_ground():
    # 3 : 1, what WCAG 2.2 asks of lines and marks (1.4.11).
    assert {
        name: contrast_with_white(st.COLORS[name])
        for name in (*CHANNELS, "grey")
        if contrast_with_white(st.COLORS[name]) < 3
    } == {}


def test_on_a_dark_ground_channels_are_told_apart_and_seen_as_well():
    dark = {name: ON_DARK.get(color, color) for name, color in st.COLORS.items()}
    assert too_close(dark, CHANNELS, seen=24, grey=7) == []
    ground = contrast_with_white(on_dark("white"))  # of plots
    assert all(ground / contrast_with_white(dark[name]) >= 3 for name in (*CHANNELS, *UNSEEN, "mark"))
    letters = contrast_with_white(on_dark(st.STYLE["figure.facecolor"]))
    assert all(
        letters / contrast_with_white(on_dark(color, letters=True)) >= 4.5 for color in (*dark.values(), "black")
    )


def test_hue_is_never_the_only_cue():
    assert len({st.LINES[name] for name in CHANNELS}) == len({st.HATCHES[name] for name in UNSEEN}) == 3
    fig = Figure()
    ax = st.plot_channel_densities(torch.linspace(-1, 2, 48).reshape(3, 4, 4), fig.subplots())
    drawn = {line.get_label(): (line.get_color(), line.get_linestyle()) for line in ax.get_lines()}
    assert drawn == {name: (st.COLORS[name], st.LINES[name]) for name in CHANNELS}
    assert [patch.get_hatch() for patch in ax.patches] == [st.HATCHES["below"], st.HATCHES["above"]]


def test_labels_hide_no_curve():
    fig = Figure(figsize=(3, 2))
    ax = st.plot_channel_densities(torch.rand(3, 9, 9) * 3 - 1, fig.subplots())
    assert max(text.get_zorder() for text in ax.texts) < min(line.get_zorder() for line in ax.get_lines())


# ------------------------------------------------------------------- one style

NEUTRAL = {"black", "white", "none"}


def own_colors(script):
    """Colours that a script makes up: hexadecimal ones, and named ones where a colour is asked for."""
    faults = []
    for node in ast.walk(ast.parse(script)):
        if isinstance(node, ast.Constant) and re.fullmatch(r"#[0-9a-fA-F]{3,8}|tab:\w+|xkcd:.+", str(node.value)):
            faults.append(node.value)
        named = {}
        if isinstance(node, ast.Call):
            named = {word.arg: word.value for word in node.keywords}
        elif isinstance(node, ast.Dict):
            named = {getattr(key, "value", None): value for key, value in zip(node.keys, node.values, strict=True)}
        for name, value in named.items():
            if re.search(r"colors?$", str(name)) and isinstance(value, ast.Constant) and value.value not in NEUTRAL:
                if is_color_like(value.value):
                    faults.append(value.value)
    return list(dict.fromkeys(faults))


@pytest.mark.parametrize("file", [*LESSONS, *LIBRARY], ids=lambda path: path.name)
def test_colours_come_from_the_style(file):
    assert file.name == "style.py" or own_colors(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "script, found",
    [
        ('ax.plot(x, color="tab:red")', ["tab:red"]),
        ('ax.axhline(0, color="#d55e00")', ["#d55e00"]),
        ('painted[:] = to_rgb("#123456")', ["#123456"]),
        ('ax.contour(x, colors="red")', ["red"]),
        ('box = {"facecolor": "orange"}', ["orange"]),
        ('Rectangle((0, 0), edgecolor="0.85")', ["0.85"]),
        ('ax.plot(x, color=st.COLORS["R"], label="red")', []),
        ('ax.text(0, 0, "red", color="white", bbox={"facecolor": "none"})', []),
    ],
)
def test_finds_a_colour_of_its_own(script, found):
    assert own_colors(script) == found


@every_lesson
def test_a_lesson_takes_the_style(lesson):
    assert "\nplt.style.use(st.STYLE)\n" in lesson.read_text(encoding="utf-8")


def test_the_style_is_taken_and_never_given():
    code = (
        "import matplotlib.pyplot as plt, numpy as np, seeing_tensors as st\n"
        "before = dict(plt.rcParams)\n"
        "st.STYLE, st.plot_channel_densities(np.random.rand(4, 4, 3), plt.figure().subplots())\n"
        "st.figure(plt.gcf(), alt='a', caption='b')\n"
        "assert dict(plt.rcParams) == before, 'the library changed the settings of matplotlib'\n"
        "with plt.style.context(st.STYLE):\n"
        "    assert plt.rcParams['font.size'] == st.STYLE['font.size'] != before['font.size']\n"
        "assert dict(plt.rcParams) == before"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env=lessons.lesson_environment() | {"MPLBACKEND": "Agg"},
        capture_output=True,
    )


# ------------------------------------------------------- letters on a phone

SMALLEST = 11  # pixels, where a figure is 390 pixels wide


class Pictures(html.parser.HTMLParser):
    """The attributes of each picture of a page, without the parts that lie on it in dark."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag == "img" and ("hidden", None) not in attributes:
            self.found.append(dict(attributes))


def unreadable(page):
    """Pictures whose letters are too small on a phone, or that do not say how small, or how large they are."""
    faults = []
    for picture in Pictures(page).found:
        letters = float(picture.get("data-text-on-phone", 0))
        if letters < SMALLEST:
            faults.append(f"letters {letters} pixels high: {picture.get('alt', '')[:60]}")
        if not {"width", "height"} <= set(picture):
            faults.append("no width and height: the page jumps when the picture comes")
    return faults


@every_lesson
def test_letters_can_be_read_on_a_phone(lesson, executed):
    notebook = nbformat.read(executed / f"{lesson.stem}.ipynb", as_version=4)
    pages = [
        output.get("data", {}).get("text/html", "") for cell in notebook.cells for output in cell.get("outputs", [])
    ]
    faults = [fault for page in pages for fault in unreadable("".join(page))]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "attributes, faults",
    [
        ('width="700" height="300" data-text-on-phone="11.4"', 0),
        ('width="700" height="300" data-text-on-phone="inf"', 0),
        ('width="700" height="300" data-text-on-phone="10.9"', 1),
        ('width="700" height="300"', 1),
        ('data-text-on-phone="11.4"', 1),
    ],
)
def test_finds_a_picture_that_cannot_be_read(attributes, faults):
    assert len(unreadable(f'<figure><img alt="a" {attributes} src="data:,"></figure>')) == faults


@pytest.fixture
def page(monkeypatch):
    """What `st.figure` puts on the page, for a figure."""

    def page(fig):
        shown = []
        with monkeypatch.context() as notebook:
            notebook.setattr("IPython.get_ipython", lambda: object())
            notebook.setattr("IPython.display.display", shown.append)
            st.figure(fig, alt="What is to be seen.", caption="Look.")
        return shown.pop().data

    return page


def letters_of(page):
    return float(Pictures(page).found[0]["data-text-on-phone"])


def test_a_figure_says_how_high_its_letters_are(page):
    with plt.style.context(st.STYLE):
        fig, ax = plt.subplots()
        ax.set_title("title")
        assert unreadable(page(fig)) == []
        fig, ax = plt.subplots()
        ax.text(0.5, 0.5, "small", fontsize=7)
        assert unreadable(page(fig))
        fig, ax = plt.subplots(figsize=(10, 4))
        assert unreadable(page(fig)), "wide figures shrink on a phone"
        # What is not drawn does not count: numbers of axes that are off, hidden and empty texts.
        fig, ax = plt.subplots()
        ax.tick_params(labelsize=3)
        ax.axis("off")
        ax.text(0, 0, "hidden", fontsize=3, visible=False)
        ax.text(0, 0, " ", fontsize=3)
        ax.set_title("title")
        assert unreadable(page(fig)) == []
    fig, ax = plt.subplots()
    ax.axis("off")
    assert letters_of(page(fig)) == float("inf")


def test_the_height_of_letters_is_measured(page):
    """Against the picture itself: the dark rows of one capital letter, which is 0.73 of its letters' height."""
    fig = plt.figure(figsize=(6, 2), facecolor="white")
    fig.text(0.5, 0.5, "I", fontsize=30)
    made = page(fig)
    source = re.search(r"base64,([^\"]+)", made)[1]
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(source))).convert("L"))
    rows = (pixels < 128).any(axis=1).sum() * 390 / pixels.shape[1]
    assert rows == pytest.approx(0.73 * letters_of(made), rel=0.05)


# --------------------------------------------------------- on a dark page


def in_the_dark(page):
    """The two pictures of a figure, RGB, as a page shows them: in light, and in dark, where one lies on the other."""
    sources = re.findall(r"base64,([^\"]+)", page)
    light, over = (Image.open(io.BytesIO(base64.b64decode(source))).convert("RGBA") for source in sources)
    both = np.asarray(light)[..., :3], np.asarray(Image.alpha_composite(light, over))[..., :3]
    return [pixels.astype(int) for pixels in both]


def a_figure(draw):
    with plt.style.context(st.STYLE):
        fig, axes = plt.subplots(1, 2, figsize=(4, 2))
        draw(*axes)
    return fig


def lightest_and_darkest(pixels):
    return [int(find(pixels.sum(axis=-1))) // 3 for find in (np.max, np.min)]


def test_in_dark_the_ground_is_dark_and_the_picture_stays(page):
    photo = np.random.default_rng(0).integers(0, 256, (60, 60, 3)).astype(np.uint8)

    def draw(left, right):
        st.show(photo, left)
        left.text(30, 30, "on it", color="black", bbox={"facecolor": "white"}, ha="center", va="center")
        right.plot([0, 1], color=st.COLORS["R"])

    light, dark = in_the_dark(page(a_figure(draw)))
    assert light.shape == dark.shape
    assert light[0, 0].min() > 220 and dark[0, 0].max() < 50
    middle = light.shape[0] // 2, light.shape[1] // 4
    photo_there = np.s_[middle[0] - 20 : middle[0] + 20, middle[1] - 20 : middle[1] + 20]
    assert (light[photo_there] == dark[photo_there]).all(), "a picture, or a word on it, is another in dark"
    plot = np.s_[20:-40, -80:-20]
    assert lightest_and_darkest(light[plot])[0] == 255 and lightest_and_darkest(dark[plot])[1] < 30
    red = np.array([*bytes.fromhex(st.COLORS["R"][1:])])
    assert all((abs(pixels[plot] - red) < 5).all(axis=2).any() for pixels in (light, dark))


def test_words_around_a_picture_are_light_in_dark(page):
    fig = a_figure(lambda left, right: [st.show(np.zeros((9, 9)), ax, title="a title") for ax in (left, right)])
    light, dark = in_the_dark(page(fig))
    title = np.s_[: light.shape[0] // 6]
    assert lightest_and_darkest(light[title])[1] < 60 and lightest_and_darkest(dark[title])[0] > 200


def test_outside_a_notebook_nothing_is_drawn_twice(monkeypatch, capsys):
    monkeypatch.setattr("seeing_tensors.figures.darken", lambda fig: pytest.fail("drawn for nobody"))
    st.figure(Figure(), alt="What is to be seen.", caption="Look.")
    assert "[figure] Look." in capsys.readouterr().out


# ----------------------------------------------------- what is told about pixels


def known_pixels(page):
    """The pictures whose pixels are known: each as it is packed, and its bytes."""
    known = json.loads(re.search('class="st-pixels">(.*?)</script>', page)[1])
    return [
        (each, np.asarray(Image.open(io.BytesIO(base64.b64decode(each["bytes"]))).convert("RGB"))) for each in known
    ]


def test_each_pixel_is_known_and_where_it_is(page):
    """In the middle of the place that is told for a pixel, the picture has the levels that are told."""
    x = torch.tensor([[0.0, 0.25, 0.5], [0.75, 1.0, 1.5]]), torch.rand(3, 4, 5) * 1.5 - 0.25
    with plt.style.context(st.STYLE):
        fig, axes = plt.subplots(1, 2, figsize=(4, 2))
        for picture, ax in zip(x, axes, strict=True):
            st.show(picture, ax, title="a title")
    made = page(fig)
    light, _ = in_the_dark(made)
    for picture, (known, indexes) in zip((x[0][None], x[1]), known_pixels(made), strict=True):
        (left, top, width, height), (rows, columns) = known["at"], known["size"]
        assert (rows, columns, known["step"]) == (*picture.shape[1:], 1)
        for row, column, c in itertools.product(range(rows), range(columns), range(len(picture))):
            words = known["words"][c][indexes[row, column, c]]
            place = (top + (row + 0.5) / rows * height), (left + (column + 0.5) / columns * width)
            level = light[int(place[0] * light.shape[0]), int(place[1] * light.shape[1]), c]
            value = float(picture[c, row, column])
            fate = ", cut off at black" if value < 0 else ", cut off at white" if value > 1 else ""
            assert words == f"{value:.4g} → {level}{fate}".replace("-", "−")


def test_labels_not_finite_values_and_too_many_values_are_told(page):
    labels, broken = np.array([[0, 1], [2, 3]]), torch.tensor([[math.nan, math.inf], [0.5, 1.0]])
    many = torch.linspace(0, 1, 900).reshape(30, 30)
    fig, axes = plt.subplots(1, 3)
    for x, ax in zip((labels, broken, many), axes, strict=True):
        st.show(x, ax)
    first, second, third = (known["words"] for known, _ in known_pixels(page(fig)))
    assert first[0][:2] == ["0 → 32", "1 → 31, 119, 180"]
    assert second[0][-2:] == ["inf → 255, 0, 255, not finite", "nan → 255, 0, 255, not finite"]
    assert len(third) == 3 and third[0][-1] == "255 → 255"  # more than 256 values: the levels alone


def test_of_a_large_picture_every_third_pixel_is_known(page):
    fig, ax = plt.subplots()
    st.show(torch.rand(3, 300, 451), ax)
    ((known, indexes),) = known_pixels(page(fig))
    assert known["size"] == [300, 451] and known["step"] == 3 and indexes.shape == (100, 151, 3)
