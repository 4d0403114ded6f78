"""The live figures in a browser: they move under the keyboard, the mouse and a finger, say what the library says, and
leave a picture where no script runs. JupyterLab is started on the loopback for the last tests."""

import base64
import hashlib
import io
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import cv2
import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from checks import HANG
from live_tools import (  # noqa: F401  opened is a fixture
    ALT,
    CAPTION,
    astronaut,
    batch_arguments,
    brighter_cat,
    cases,
    coffee,
    coffee_row,
    grey_cat,
    hostile_picture,
    lesson,
    lesson_rules,
    markup,
    opened,
    settled,
    whole_coffee,
)
from matplotlib.figure import Figure
from PIL import Image
from torch.nn.functional import interpolate
from torchvision.transforms import v2

import seeing_tensors as st
from seeing_tensors import live
from seeing_tensors._arrays import percent
from seeing_tensors.course.book import home_page
from seeing_tensors.course.cases.live import TELLING, live_cases
from seeing_tensors.course.cases.runs import DIVIDED, FAULTS, LIMIT, LINEAR, RANGE
from seeing_tensors.course.cases.shapes import PALETTE

VALUES = [0.1, 0.3, 0.5, 0.7, 0.9]  # the array of lesson 2

#: Every live figure, as a notebook would hold it.
FIGURES = {
    "display_range": lambda: markup(st.live_display, brighter_cat()),
    "normalize": lambda: markup(st.live_normalize, astronaut()),
    "filter": lambda: markup(st.live_filter, grey_cat()),
    "logger": lambda: markup(st.live_logger, coffee()),
    "batch": lambda: markup(st.live_batch, *batch_arguments(), history="50 batches"),
    "nearest": lambda: markup(st.live_nearest, coffee_row(), size=6),
    "pipelines": lambda: markup(st.live_pipelines, VALUES),
    "cases": lambda: markup(live_cases, cases()),
}
every_figure = pytest.mark.parametrize("name", FIGURES)


@pytest.fixture(scope="module")
def figure_of():
    made = {}
    return lambda name: made.setdefault(name, FIGURES[name]())


def drawn(page, which=0):
    """A hash of what a figure's canvases show, inside their clips; it has some, or draws lines or a table."""
    figure = settled(page).locator("figure[data-live]").nth(which)
    look = "all => all.map((c) => c.toDataURL() + getComputedStyle(c.parentElement).clipPath)"
    urls = figure.locator("canvas").evaluate_all(look)
    assert urls or figure.locator(".st-exhibit > :is(.st-plot, table)").count()
    return hashlib.sha256("".join(urls).encode()).hexdigest()


# ------------------------------------------------------- what holds for all


@every_figure
def test_every_control_can_be_reached_and_changes_something(opened, figure_of, name):  # noqa: F811
    page = opened(figure_of(name))
    controls = page.locator(".st-stage :is(input:not([type=file]), button, select)")
    assert controls.count()
    # Without the sliders: that one shows its own value does not say that it is connected to anything.
    state = (
        "() => { const copy = document.querySelector('.st-stage').cloneNode(true);"
        " copy.querySelectorAll('.st-slider').forEach((each) => each.remove()); return copy.innerHTML }"
    )
    for number in range(controls.count()):
        page.reload()
        before = drawn(page) + page.evaluate(state)
        control = controls.nth(number)
        label = control.evaluate("(e) => e.labels?.[0]?.textContent || e.textContent")
        assert label.strip(), control.evaluate("(e) => e.outerHTML")
        control.focus()
        assert control.evaluate("(e) => getComputedStyle(e).outlineStyle") != "none" or not control.evaluate(
            "(e) => e.matches(':focus-visible')"
        )
        kind = control.get_attribute("type")
        # A range or a number moves by an arrow, a box by the space bar; of radio buttons the space bar takes this one,
        # or an
        # arrow the next.
        chosen = kind == "radio" and control.is_checked()
        keys = {"range": "ArrowRight", "number": "ArrowUp", "checkbox": " ", "radio": "ArrowRight" if chosen else " "}
        page.keyboard.press(keys.get(kind, "Enter"))
        # A button that goes back to the first state changes nothing in it.
        assert drawn(page) + page.evaluate(state) != before or kind == "button", f"{label} changes nothing"


@every_figure
def test_controls_are_large_enough_for_a_finger(opened, figure_of, name):  # noqa: F811
    page = opened(figure_of(name), width=390)
    for control in page.locator(
        ".st-stage :is(input[type=range], input[type=number], button, select, .st-check, input[type=file])"
    ).all():
        box = control.bounding_box()
        assert box["height"] >= 24 and box["width"] >= 24, control.evaluate("(e) => e.outerHTML")


@every_figure
@pytest.mark.parametrize(("theme", "width"), [("light", 840), ("dark", 840), ("light", 390), ("light", 320)])
def test_accessible_and_not_too_wide(opened, figure_of, name, theme, width):  # noqa: F811
    page = opened(figure_of(name), theme=theme, width=width)
    assert page.locator("figure[data-started=yes]").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}})
    assert not found.response["violations"], found.generate_report()


@every_figure
def test_without_javascript_the_still_picture_stays(opened, figure_of, name):  # noqa: F811
    page = opened(figure_of(name), java_script_enabled=False)
    still = page.locator("figure[data-live] > img:not([hidden])")
    assert still.is_visible() and still.get_attribute("alt") == ALT
    assert page.locator("figcaption").inner_text() == CAPTION
    assert page.locator("canvas").count() == 0


@every_figure
def test_print_shows_the_still_picture(opened, figure_of, name):  # noqa: F811
    page = opened(figure_of(name))
    still, stage = page.locator("figure[data-live] > img:not([hidden])"), page.locator(".st-stage")
    assert stage.is_visible() and not still.is_visible()
    page.emulate_media(media="print")
    assert still.is_visible() and not stage.is_visible()


@every_figure
def test_two_on_a_page_move_apart(opened, figure_of, name):  # noqa: F811
    page = opened(figure_of(name), figure_of(name))
    assert page.locator(".st-stage").count() == 2
    first, second = drawn(page, 0), drawn(page, 1)
    assert first == second
    page.locator(".st-stage").nth(1).locator("input[type=range]").first.focus()
    page.keyboard.press("PageUp")
    assert drawn(page, 0) == first and drawn(page, 1) != second


@every_figure
def test_nothing_becomes_global_and_a_second_run_of_the_script_changes_nothing(opened, figure_of, name):  # noqa: F811
    bare = opened("<p>Nothing.</p>").evaluate("Object.getOwnPropertyNames(window).sort()")
    page = opened(figure_of(name))
    assert page.evaluate("Object.getOwnPropertyNames(window).sort()") == bare
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")  # it is drawn
    # Without what a screen reader is told: that comes half a second later.
    body = (
        "() => { const copy = document.body.cloneNode(true);"
        " copy.querySelectorAll('[role=status]').forEach((each) => each.remove()); return copy.innerHTML }"
    )
    before = page.evaluate(body)
    page.evaluate("new Function(document.querySelector('figure script:not([type])').textContent)()")
    assert page.evaluate(body) == before
    assert page.locator("style#seeing-tensors-live").count() == 1


@every_figure
def test_a_broken_script_leaves_the_still_picture(chromium, figure_of, name, tmp_path):
    file = tmp_path / "broken.html"
    broken = re.sub(r'(<script type="application/json">).', r"\1!", figure_of(name), count=1)
    file.write_text(broken, encoding="utf-8")
    page = chromium.new_page()
    page.set_default_timeout(HANG)
    told = []
    page.on("console", lambda message: told.append(message.text))
    page.goto(file.as_uri())
    assert page.locator("figure > img:not([hidden])").is_visible() and page.locator(".st-stage").count() == 0
    assert "stays a picture" in told[0]
    page.close()


@every_figure
def test_the_readers_own_picture_is_drawn_and_stays_here(opened, figure_of, name, tmp_path):  # noqa: F811
    page = opened(figure_of(name))  # which watches every request
    if not page.locator("input[type=file]").count():
        return
    assert "stays in this browser" in page.locator(".st-own").inner_text()
    before = drawn(page)
    file = tmp_path / "mine.png"
    Image.fromarray(np.full((900, 300, 3), (250, 10, 20), np.uint8)).save(file)
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_text("Now: mine.png").wait_for()
    assert drawn(page) != before
    file = tmp_path / "text.png"
    file.write_bytes(b"no picture")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_text("not a picture").wait_for()


@every_figure
def test_weight(figure_of, name):
    # The still picture of a test is small; that of a lesson weighs as any other figure.
    assert len(figure_of(name)) < 300_000


def test_scripts_can_stand_in_a_page():
    for file in Path(live.__file__).parent.iterdir():
        if file.suffix in (".js", ".css"):
            assert not re.search(
                r"</script|<!--|https?://(?!www\.w3\.org/2000/svg)", file.read_text(encoding="utf-8")
            ), file


def test_a_live_figure_wants_words_and_says_them_outside_a_notebook(capsys):
    with pytest.raises(ValueError, match="alt text and a caption"):
        st.live_display(Figure(), brighter_cat(), alt="", caption="c")
    fig = plt.figure()
    st.live_display(fig, brighter_cat(), alt="A cat.", caption="Look.")
    assert capsys.readouterr().out == "[figure] Look.\n  A cat.\n"
    assert not plt.fignum_exists(fig.number)


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (torch.zeros(3, 400, 451), ValueError, "400 x 451 pixels are too many"),
        (torch.zeros(3, 4, 4, dtype=torch.float64), TypeError, "needs float32, got float64"),
        (torch.zeros(2, 4, 4), ValueError, "a picture is"),
    ],
)
def test_a_live_figure_refuses_what_it_cannot_show(x, error, words):
    with pytest.raises(error, match=words):
        st.live_display(Figure(), x, alt=ALT, caption=CAPTION)


# ------------------------------------------------------ reset, link and task


def state_of(page, which=0):
    """What a reader sees of a figure: its pictures, and where its controls stand."""
    stage = page.locator(".st-stage").nth(which)
    settled(page)
    controls = stage.locator("input:not([type=file])").evaluate_all("all => all.map((e) => [e.value, e.checked])")
    marks = stage.locator(":is(.st-mark, .st-band)").evaluate_all("all => all.map((e) => e.style.cssText)")
    return drawn(page, which), controls, marks


TALL = "<p style='height: 1200px'>Nothing.</p>"


def change_everything(page, which=0):
    """Another state: sliders, numbers, boxes and radio buttons all stand elsewhere."""
    stage = page.locator(".st-stage").nth(which)
    for kind, key in (("range", "PageUp"), ("number", "ArrowUp"), ("checkbox", " ")):
        for control in stage.locator(f"input[type={kind}]:enabled").all():
            if control.is_visible():
                control.focus()
                page.keyboard.press(key)
    for group in stage.locator("fieldset").all():
        group.locator("input").nth(1).check()
    settled(page)


@every_figure
def test_reset_and_a_link_that_keeps_the_state(opened, figure_of, name):  # noqa: F811
    page = opened(TALL, figure_of(name), figure_of(name), TALL)
    first = state_of(page, 1)
    change_everything(page, 1)
    changed = state_of(page, 1)
    assert changed != first
    page.get_by_role("button", name="Link to this state").nth(1).click()
    assert page.url.split("#")[1].startswith(f"{name}-2=")
    assert state_of(page, 1) == changed and state_of(page, 0) == first
    page.get_by_role("button", name="Reset").nth(1).click()
    assert state_of(page, 1) == first
    link = page.url
    page.goto("about:blank")
    page.goto(link)  # as one who was sent it
    assert state_of(page, 1) == changed and state_of(page, 0) == first
    page.wait_for_function("document.querySelectorAll('figure')[1].getBoundingClientRect().top < innerHeight / 4")
    for broken in ("%7B", "null", "%7B%22black%22%3A%22x%22%2C%22entries%22%3A%5B%5D%7D", "%"):
        page.evaluate("(link) => location.hash = link", f"{name}={broken}")  # cut off, or written by somebody else
        assert state_of(page, 0) == first


#: How the task of each figure is solved, by what a reader does.
SOLVE = {
    "display_range": lambda page: page.get_by_role("button", name="Smallest to largest").click(),
    "batch": lambda page: (page.get_by_label("outdoors").check(), page.get_by_label("brightness").fill("-0.25")),
    "filter": lambda page: (
        page.get_by_label("Weight, row 1, column 1").fill("-2"),
        page.get_by_label("Weight, row 1, column 2").fill("1.75"),
    ),
    "logger": lambda page: (page.get_by_label("ours").check(), page.get_by_label("less light").check()),
    "normalize": lambda page: (
        page.get_by_label("m, the mean").fill("0"),
        settled(page).get_by_label("s, the std").fill("1"),
    ),
    "nearest": lambda page: page.get_by_label("New pixels").fill("18"),
    "pipelines": lambda page: page.get_by_label("Value of pixel 0").fill("1.5"),
}
#: A state that is near, and does not solve it.
NEARLY = {
    "display_range": lambda page: page.get_by_label("Drawn white").fill("1.6"),
    "batch": lambda page: page.get_by_label("evaluation").check(),
    "filter": lambda page: (page.get_by_role("button", name="Laplace").click(), page.get_by_label("times").fill("-1")),
    "logger": lambda page: page.get_by_label("less light").check(),
    "normalize": lambda page: page.get_by_label("m, the mean").fill("0"),
    "nearest": lambda page: page.get_by_label("New pixels").fill("5"),
    "pipelines": lambda page: page.get_by_label("Value of pixel 4").fill("2"),
}


@pytest.mark.parametrize("name", SOLVE)
def test_a_task_that_is_solved_is_said(opened, figure_of, name):  # noqa: F811
    page = opened(figure_of(name))
    found, below = page.get_by_text("✓ Found."), page.locator("figcaption")
    for step in (lambda page: None, NEARLY[name]):
        step(page)
        settled(page)
        assert not found.is_visible() and page.get_by_text("Find. ").is_visible()
    page.get_by_role("button", name="Reset").click()
    place = settled(page) and below.bounding_box()
    SOLVE[name](page)
    settled(page)
    assert found.is_visible() and not page.get_by_text("Find. ").is_visible()
    page.locator("[role=status]", has_text="Found.").wait_for(state="attached")
    if name != "logger":  # whose rules have sentences of different lengths
        assert below.bounding_box() == place
    page.get_by_role("button", name="Reset").click()
    settled(page)
    assert not found.is_visible()


# --------------------------------------------------------------- by a finger

#: What a finger meets on its way: every slider and what is dragged.
SWIPED = {
    "display_range": ".st-plot, input[type=range]",
    "batch": "input[type=range]",
    "filter": ".st-area, input[type=range]",
    "logger": "input[type=range]",
    "normalize": ".st-board, .st-split",
    "nearest": ".st-pixels, input[type=range]",
    "pipelines": ".st-handles input",
}


#: The page has stopped scrolling, and the figures have drawn.
AT_REST = """async () => {
    for (let last = null; last !== scrollY; ) {
        last = scrollY;
        for (let k = 0; k < 5; k++) await new Promise(requestAnimationFrame);
    }
}"""


def swipe(page, at, by):
    """A finger comes down at a place, goes a way in ten steps, and is lifted."""
    devtools = page.context.new_cdp_session(page)
    for k in range(11):
        point = {"x": at[0] + by[0] * k / 10, "y": at[1] + by[1] * k / 10}
        kind = "touchMove" if k else "touchStart"
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    devtools.detach()
    page.evaluate(AT_REST)


@pytest.mark.parametrize("name", SWIPED)
def test_a_finger_that_scrolls_changes_nothing_and_one_that_drags_does(opened, figure_of, name):  # noqa: F811
    page = opened(figure_of(name), "<p style='height: 2000px'>Below.</p>", width=390, has_touch=True, is_mobile=True)
    stage = page.locator(".st-stage")
    scrolled = 0
    for number, target in enumerate(stage.locator(SWIPED[name]).all()):
        target.evaluate("(e) => e.scrollIntoView({block: 'center'})")
        before, box = state_of(page), target.bounding_box()
        start = page.evaluate("scrollY")
        swipe(page, (box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2), (3, -200))
        assert state_of(page) == before
        scrolled += page.evaluate("scrollY") > start + 100
        if target.evaluate("(e) => e.disabled || getComputedStyle(e).pointerEvents === 'none'"):
            continue
        target.evaluate("(e) => e.scrollIntoView({block: 'center'})")
        box = target.bounding_box()
        swipe(page, (box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2), (-30 - 8 * number, 2))
        if name != "nearest" or target.evaluate("(e) => e.matches('input')"):
            assert state_of(page) != before, target.evaluate("(e) => e.outerHTML")
    assert scrolled


def test_a_finger_that_scrolls_leaves_the_line_of_the_home_page(opened):  # noqa: F811
    style = "<style>.home-area {touch-action: pan-y; position: relative}</style>"
    page = opened(style, home_page.picture(), TALL, width=390, has_touch=True, is_mobile=True)
    area, line = page.locator(".home-area"), page.get_by_label("Where the line is")
    page.locator(".home-readout td").first.wait_for()
    box = area.bounding_box()
    swipe(page, (box["x"] + 0.8 * box["width"], box["y"] + 250), (3, -200))
    assert line.input_value() == "50" and page.evaluate("scrollY") > 100
    page.evaluate("scrollTo(0, 0)")
    swipe(page, (box["x"] + 0.8 * box["width"], box["y"] + 250), (-40, 2))
    assert 60 < int(line.input_value()) < 80


def test_weights_and_map_are_on_one_screen(opened, figure_of):  # noqa: F811
    page = opened(figure_of("filter"))
    top = page.locator(".st-area canvas").nth(1).bounding_box()["y"]
    last = page.locator(".st-kernel input").last.bounding_box()
    assert last["y"] + last["height"] - top < 800


@pytest.mark.parametrize("name", ["display_range", "batch", "filter", "logger"])
def test_on_a_phone_the_picture_stays_while_its_controls_are_in_hand(opened, figure_of, name):  # noqa: F811
    page = opened(TALL, figure_of(name), TALL, width=390)
    look = page.locator(".st-look")
    for control in page.locator(".st-stage :is(input:not([type=file]), .st-ready button)").all():
        if not control.is_visible():
            continue
        control.focus()
        control.evaluate("(e) => e.scrollIntoView({block: 'end'})")
        picture, hand = look.bounding_box(), control.bounding_box()
        assert picture["y"] >= 0 and picture["y"] + picture["height"] <= hand["y"] < 900


# ------------------------------------------------------------------- speed

#: CPU of one input event and of its frame, as a multiple of a loop over a million floats, which takes 1.3 ms here.
MOST_LOOPS = 12
MOVED = {"filter": "input[type=number]", "cases": "fieldset:nth-of-type(2) input"}


def cpu(page, script, *arguments):
    """The seconds of CPU that a page takes for a script: of its own thread, however busy the machine is."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def taken():
        return {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}

    page.evaluate(script, *arguments)  # compiled
    before = taken()["TaskDuration"]
    page.evaluate(script, *arguments)
    return taken()["TaskDuration"] - before


LOOP = """() => {
    const [x, y] = [new Float32Array(1e6).fill(0.3), new Float32Array(1e6)];
    for (let k = 0; k < 20; k++) for (let i = 0; i < x.length; i++) y[i] = Math.fround(x[i] * 255) + i;
}"""
EVENTS = """async ([name, selector]) => {
    const inputs = document.querySelectorAll(`figure[data-live=${name}] :is(${selector})`);
    for (let k = 0; k < 20; k++) {
        const input = inputs[k % inputs.length];
        const [low, high] = [Number(input.min), Number(input.max)];
        if (input.type === "radio") input.click();
        else input.value = input.type === "number" ? k : low + (high - low) * (0.3 + 0.02 * k);
        input.dispatchEvent(new Event("input", {bubbles: true}));
        await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    }
}"""


#: The figures at the sizes of the lessons, up to 480 pixels wide.
LARGE = FIGURES | {
    "display_range": lambda: markup(st.live_display, brighter_cat(1)),
    "filter": lambda: markup(st.live_filter, grey_cat(1)),
    "logger": lambda: markup(st.live_logger, whole_coffee()[:, 40:360, 60:540]),
    "batch": lambda: markup(st.live_batch, *batch_arguments(1), history="50 batches"),
}


def loops_an_event(page, name):
    return cpu(page, EVENTS, [name, MOVED.get(name, "input[type=range]")]) / cpu(page, LOOP)


@every_figure
def test_an_event_costs_less_than_a_frame(opened, name):  # noqa: F811
    assert loops_an_event(opened(LARGE[name]()), name) < MOST_LOOPS


def test_a_slow_rule_is_found(opened, figure_of):  # noqa: F811
    slow = "function marksOf(x, vmin = 0, vmax = 1) {\\n  for (let k = 0; k < 3e7; k++) if (x[k % 7] > 9) x[0] = k;"
    figure = figure_of("display_range").replace("function marksOf(x, vmin = 0, vmax = 1) {", slow.replace("\\n", "\n"))
    assert "3e7" in figure
    assert loops_an_event(opened(figure), "display_range") > MOST_LOOPS


# ------------------------------------------------------- the display range


def counted(page):
    """The table under the picture: below, above and perhaps not finite, per channel."""
    rows = settled(page).locator(".st-counts tbody tr").all()
    return [[cell.inner_text() for cell in row.locator("td").all()] for row in rows]


def expected(x, vmin, vmax):
    places = (x.double() - vmin) / (vmax - vmin)
    fractions = st.unseen(places)
    return [[percent(each) for each in row[: 3 if fractions[:, 2].any() else 2]] for row in fractions]


@pytest.mark.parametrize("x", [brighter_cat(), hostile_picture(), brighter_cat()[:1]], ids=["cat", "hostile", "grey"])
def test_the_display_range_counts_what_the_library_counts(opened, x):  # noqa: F811
    page = opened(markup(st.live_display, x))
    assert counted(page) == expected(x, 0, 1)
    white = page.get_by_label("Drawn white")
    white.focus()
    for _ in range(9):
        page.keyboard.press("ArrowLeft")
    page.get_by_label("Drawn black").focus()
    for _ in range(30):
        page.keyboard.press("ArrowRight")
    assert counted(page) == expected(x, 0.3, 0.91) != expected(x, 0, 1)
    page.get_by_role("button", name="Smallest to largest").click()
    finite = x[torch.isfinite(x)]
    assert counted(page) == expected(x, finite.min().item(), finite.max().item())
    page.get_by_role("button", name="Black 0").click()
    assert counted(page) == expected(x, 0, 1)


@pytest.mark.parametrize("x", [hostile_picture(), brighter_cat(), brighter_cat()[:1]], ids=["hostile", "cat", "grey"])
def test_the_display_range_draws_what_show_draws(opened, x):  # noqa: F811
    page = opened(markup(st.live_display, x))
    page.get_by_label("Paint the unseen").uncheck()
    finite = x[torch.isfinite(x)]
    for step, limits in [
        (lambda: None, (0, 1)),
        (lambda: page.get_by_label("Drawn white").fill("0.99"), (0, 0.99)),
        (lambda: page.get_by_label("Drawn black").fill("0.4"), (0.4, 0.99)),
        (lambda: page.get_by_role("button", name="Smallest to").click(), (finite.min().item(), finite.max().item())),
    ]:
        step()
        shown = st.show(x, Figure().add_subplot(), vmin=limits[0], vmax=limits[1]).images[0].get_array()
        assert np.array_equal(pixels_of(page.locator("canvas")), shown), limits


def test_the_unseen_is_painted_where_it_is(opened):  # noqa: F811
    x = torch.full((3, 24, 24), 0.5)
    x[:, :, :8], x[0, :, 16:] = -1.0, 2.0
    page = opened(markup(st.live_display, x))
    data = page.locator("canvas").evaluate("(c) => Array.from(c.getContext('2d').getImageData(0, 0, 48, 48).data)")
    pixels = np.array(data, np.uint8).reshape(48, 48, 4)[..., :3]

    def columns(what):
        colour = tuple(bytes.fromhex(st.COLORS[what][1:]))
        return set(np.flatnonzero((pixels == colour).all(axis=2).any(axis=0)))

    assert columns("below") == set(range(16)) and columns("above") == set(range(32, 48))


def test_white_stays_above_black(opened):  # noqa: F811
    page = opened(markup(st.live_display, brighter_cat()))
    page.get_by_label("Drawn black").focus()
    page.keyboard.press("End")
    assert settled(page).get_by_label("Drawn black").input_value() == "0.99"
    page.get_by_label("Drawn white").focus()
    page.keyboard.press("Home")
    assert settled(page).get_by_label("Drawn white").input_value() == "1"


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_the_histogram_is_dragged(opened, touch):  # noqa: F811
    page = opened(markup(st.live_display, brighter_cat()), has_touch=touch, width=390)
    plot = page.locator(".st-plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    before, white = drawn(page), page.get_by_label("Drawn white")
    at = box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2
    if touch:
        page.touchscreen.tap(*at)
    else:
        page.mouse.move(at[0] - 20, at[1])
        page.mouse.down()
        page.mouse.move(*at, steps=4)
        page.mouse.up()
        page.mouse.move(box["x"], at[1])  # let go: nothing moves any more
    low, high = (float(white.get_attribute(end)) for end in ("min", "max"))
    assert abs(float(white.input_value()) - (low + 0.9 * (high - low))) < 0.02
    assert drawn(page) != before
    assert page.get_by_label("Drawn black").input_value() == "0"


def test_a_dropped_picture_is_counted(opened):  # noqa: F811
    mine = np.zeros((40, 60, 3), np.uint8)
    mine[:, :30, 1] = 255
    file = io.BytesIO()
    Image.fromarray(mine).save(file, "PNG")
    page = opened(markup(st.live_display, brighter_cat()))
    page.locator(".st-stage").evaluate(
        "(stage, bytes) => {"
        "  const dataTransfer = new DataTransfer();"
        "  dataTransfer.items.add(new File([new Uint8Array(bytes)], 'dropped.png', {type: 'image/png'}));"
        "  stage.dispatchEvent(new DragEvent('drop', {dataTransfer, bubbles: true, cancelable: true}));"
        "}",
        list(file.getvalue()),
    )
    page.get_by_text("Now: dropped.png, 60 × 40 pixels").wait_for()
    x = st.to_tensor(mine)
    assert counted(page) == expected(x, 0, 1) == [["0%", "0%"]] * 3
    page.get_by_label("Drawn black").focus()
    page.keyboard.press("ArrowRight")
    assert counted(page) == expected(x, 0.01, 1) == [["100%", "0%"], ["50%", "0%"], ["100%", "0%"]]


def test_a_screen_reader_is_told_once_the_handle_rests(opened):  # noqa: F811
    page = opened(markup(st.live_display, brighter_cat()))
    page.get_by_label("Drawn white").focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    above = percent(st.unseen((brighter_cat().double()) / 1.05)[:, 1].mean())
    page.locator("[role=status]", has_text=f"white 1.05: 0% below black, {above} above white").wait_for(
        state="attached"
    )


# ------------------------------------------------------- normalize and back

WRONG = {
    "right": st.inverse_normalize,
    "signs": lambda y, m, s: v2.functional.normalize(y, [-v for v in m], [1 / v for v in s]),
}
WRONG["stretched"] = lambda y, m, s: st.min_max_scale(y)


def pixels_of(canvas):
    """What a canvas shows, uint8 (H, W, 3): of a small picture every pixel is two by two of the canvas."""
    settled(canvas.page)
    height, width, data = canvas.evaluate(PIXELS)
    return np.frombuffer(base64.b64decode(data), np.uint8).reshape(height, width, 3)


# As letters: an array of a million numbers takes seconds on its way.
PIXELS = """(canvas) => {
  const block = Number(canvas.dataset.block);
  const {data, width, height} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const letters = [];
  for (let y = 0; y < height; y += block)
    for (let x = 0; x < width; x += block)
      letters.push(String.fromCharCode(...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 3)));
  return [Math.ceil(height / block), Math.ceil(width / block), btoa(letters.join(""))];
}"""


CHANNELS = ("red", "green", "blue")


def set_numbers(page, mean, std):
    """By the keyboard's sliders, channel by channel: first as narrow as can be, so that the window can go anywhere."""
    for channel, m, s in zip(CHANNELS, mean, std, strict=True):
        settled(page).get_by_label(channel, exact=True).check()
        for label, number in (("s, the std", 0.01), ("m, the mean", m), ("s, the std", s)):
            settled(page).get_by_label(label).fill(str(number))


def assert_normalized(page, x, mean, std, way):
    """The figure shows, counts and measures what the library does with x."""
    y = st.normalize(x, mean, std)
    lost = st.unseen(y)
    page.locator("input[value=shown]").check()
    for which, channel in enumerate(CHANNELS):
        page.get_by_label(channel, exact=True).check()
        below, above = lost[which, :2]
        fates = settled(page).locator(".st-fates strong").all_inner_texts()
        assert fates == [percent(below), percent(1 - below - above), percent(above)]
        assert page.get_by_label("m, the mean").input_value() == f"{mean[which]:g}"
        assert page.get_by_label("s, the std").input_value() == f"{std[which]:g}"
    assert page.locator(".st-readout strong").first.inner_text() == percent(lost.sum() / 3)
    shown = st.imshow_pixels(y.permute(1, 2, 0).numpy())[..., :3]
    assert np.array_equal(pixels_of(page.locator("canvas").nth(1)), shown)

    page.locator(f"input[value={way}]").check()
    page.get_by_label("Where the line is").focus()
    page.keyboard.press("ArrowRight")
    z = WRONG[way](y, mean, std)
    drawn_back = st.show(z, Figure().add_subplot()).images[0].get_array()
    assert np.array_equal(pixels_of(page.locator("canvas").nth(1)), drawn_back)
    off = (st.to_uint8(z).int() - st.to_uint8(x).int()).abs()
    words = settled(page).locator(".st-readout > div").last.inner_text()
    assert page.locator(".st-readout strong").last.inner_text() == str(off.max().item())
    if off.max() == 0:
        assert words.strip().endswith("bytes")
    else:
        assert f"{percent((off > 1).any(dim=0).double().mean().item())} of pixels by more than one" in words
    return off.max().item()


@pytest.mark.parametrize("way", WRONG)
def test_normalize_and_back_is_what_the_library_does(opened, way):  # noqa: F811
    x = astronaut()[:, ::3, ::3]
    page = opened(markup(st.live_normalize, x))
    assert np.array_equal(pixels_of(page.locator("canvas").nth(0)), st.to_image(x))
    assert (assert_normalized(page, x, st.IMAGENET_MEAN, st.IMAGENET_STD, way) == 0) == (way == "right")
    odd = (0.0, 0.731, 0.99), (1.0, 0.222, 0.01)
    set_numbers(page, *odd)
    assert_normalized(page, x, *odd, way)
    page.get_by_role("button", name="0.5 for all").click()
    assert_normalized(page, x, (0.5,) * 3, (0.5,) * 3, way)
    page.get_by_role("button", name="ImageNet").click()
    page.get_by_label("all three").check()
    page.get_by_label("s, the std").fill("0.4")
    assert_normalized(page, x, st.IMAGENET_MEAN, (0.4,) * 3, way)
    page.get_by_label("all three").check()
    page.get_by_label("m, the mean").fill("0.1")
    assert_normalized(page, x, (0.1,) * 3, (0.4,) * 3, way)


def test_only_values_that_occur_in_a_channel_count(opened):  # noqa: F811
    """Channels of different reach, and pixels that come back off by one level, by two, and by none."""
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    reach = np.dstack([np.clip(levels, 100, 200), np.clip(levels, 2, 255), np.clip(levels, 50, 255)])
    grey = np.dstack([np.clip(levels, 2, 255)] * 3)
    for picture, mean, std in ((reach, st.IMAGENET_MEAN, st.IMAGENET_STD), (grey, (0.5,) * 3, (0.5,) * 3)):
        x = st.to_tensor(picture)
        off = assert_normalized(opened(markup(st.live_normalize, x, mean=mean, std=std)), x, mean, std, "stretched")
    assert off == 2


def test_the_window_stays_where_the_photo_has_values(opened):  # noqa: F811
    page = opened(markup(st.live_normalize, astronaut()))
    m, s = page.get_by_label("m, the mean"), page.get_by_label("s, the std")
    m.focus()
    page.keyboard.press("End")
    settled(page)
    assert float(m.input_value()) == pytest.approx(1 - max(st.IMAGENET_STD))
    s.focus()
    page.keyboard.press("Home")
    settled(page)
    assert s.input_value() == "0.01"
    m.focus()
    page.keyboard.press("Home")
    s.focus()
    page.keyboard.press("End")
    settled(page)
    assert [m.input_value(), s.input_value()] == ["0", "1"]
    assert page.locator(".st-formula").get_attribute("aria-label").endswith("with m = 0.000 and s = 1.000")


def test_y_lies_over_x_where_the_map_takes_it(opened):  # noqa: F811
    """The ruler of y slides and stretches: its number k stands over x = m + k s, and the handles at 0 and at 1."""
    page = opened(markup(st.live_normalize, astronaut()))
    for m, s in [(0.485, 0.229), (0.25, 0.5), (0.5, 0.04), (0.0, 1.0)]:
        set_numbers(page, (m,) * 3, (s,) * 3)
        box = settled(page).locator(".st-board .st-plot").bounding_box()

        def x_of(element, box=box):
            own = element.bounding_box()
            return (own["x"] + own["width"] / 2 - box["x"]) / box["width"]

        numbers = page.locator(".st-of-y span").all()
        assert len(numbers) >= 2
        for number in numbers:
            assert abs(x_of(number) - (m + float(number.inner_text().replace("−", "-")) * s)) < 0.005
        for letter, at in (("m", m), ("s", m + s)):
            assert abs(x_of(page.locator(f".st-grip.st-{letter}")) - at) < 0.005
        for end, at in (("black", m), ("white", m + s)):
            assert abs(x_of(page.locator(f".st-board .st-at-{end}")) - at) < 0.005


def window_of(page):
    return [float(settled(page).get_by_label(label).input_value()) for label in ("m, the mean", "s, the std")]


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_the_window_is_dragged_and_stretched(opened, touch):  # noqa: F811
    page = opened(markup(st.live_normalize, astronaut()), width=390, has_touch=touch)
    page.get_by_label("green", exact=True).check()
    page.locator(".st-board").evaluate("(e) => e.scrollIntoView({block: 'end'})")
    box = page.locator(".st-board .st-plot").bounding_box()
    devtools = page.context.new_cdp_session(page)

    def drag(start, way, up=0):
        at = [(box["x"] + (start + k / 5 * way) * box["width"], box["y"] + 20 - k / 5 * up) for k in range(6)]
        if touch:
            for k, (x, y) in enumerate(at):
                kind = "touchMove" if k else "touchStart"
                devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
            devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        else:
            page.mouse.move(*at[0])
            page.mouse.down()
            for place in at[1:]:
                page.mouse.move(*place)
            page.mouse.up()
        return window_of(page)

    assert window_of(page) == [0.456, 0.224]
    assert drag(0.55, -0.3) == pytest.approx([0.156, 0.224], abs=0.01)  # by its middle
    assert drag(0.9, 0.2) == pytest.approx([0.356, 0.224], abs=0.01)  # from beside it
    assert drag(0.356, 0.1) == pytest.approx([0.456, 0.224], abs=0.01)  # by its left edge
    assert drag(0.68, 0.2) == pytest.approx([0.456, 0.424], abs=0.01)  # by its right edge
    if touch:
        before = window_of(page)
        assert drag(0.7, 0.005, up=150) == before  # which scrolls
        box = page.locator(".st-board .st-plot").bounding_box()
        for kind, x in (("touchStart", 0.7), ("touchMove", 0.6), ("touchMove", 0.5), ("touchMove", 0.4)):
            point = {"x": box["x"] + x * box["width"], "y": box["y"] + 20}
            devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
        assert window_of(page) != before
        devtools.send("Input.dispatchTouchEvent", {"type": "touchCancel", "touchPoints": []})
        assert window_of(page) == before
    page.get_by_label("red", exact=True).check()
    assert window_of(page) == [0.485, 0.229]


def test_the_eye_comes_before_the_number(opened):  # noqa: F811
    """Of a way back the number is told once the line has been moved over the picture; and there the line is hidden."""
    page = opened(markup(st.live_normalize, astronaut()))
    assert page.locator(".st-seam").is_visible()
    for way in WRONG:
        page.locator(f"input[value={way}]").check()
        number = settled(page).locator(".st-readout strong").last
        assert number.inner_text() == "?" and not page.locator(".st-seam").is_visible()
        box = page.locator(".st-split").bounding_box()
        page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 90)
        page.mouse.down()
        page.mouse.move(box["x"] + 0.25 * box["width"], box["y"] + 90, steps=3)
        page.mouse.up()
        settled(page)
        assert (int(number.inner_text()) == 0) == (way == "right")
        assert page.get_by_label("Where the line is").input_value() == "25"


def test_the_picture_is_split_at_the_line(opened):  # noqa: F811
    """Left of it one picture, right of it the other: on the screen, not only in two canvases."""
    x = torch.zeros(3, 200, 300) + 0.4
    page = opened(markup(st.live_normalize, x, mean=(0.6,) * 3, std=(0.2,) * 3))
    box = page.locator(".st-split").bounding_box()
    for at in (0.2, 0.7):
        page.get_by_label("Where the line is").fill(str(100 * at))
        screen = np.array(Image.open(io.BytesIO(settled(page).screenshot())).convert("L"))
        row = screen[int(box["y"] + 0.4 * box["height"]), int(box["x"]) : int(box["x"] + box["width"])]
        edge = at * box["width"]
        assert set(row[5 : int(edge) - 5]) == {0} and set(row[int(edge) + 5 : -5]) == {102}


@pytest.mark.parametrize("width", [840, 390, 320])
def test_no_control_moves_when_another_is_used(opened, width):  # noqa: F811
    page = opened(markup(st.live_normalize, astronaut()), width=width)

    def places():
        return (
            settled(page)
            .locator(".st-stage :is(input, button)")
            .evaluate_all(
                "(all) => { const {top} = document.querySelector('.st-stage').getBoundingClientRect();"
                " return all.filter((e) => !e.matches('.st-rail input')).map((e) => {"
                " const box = e.getBoundingClientRect(); return [box.x, box.y - top] }) }"
            )
        )

    first = places()
    for way in ("shown", *WRONG):
        page.locator(f"input[value={way}]").check()
        assert places() == first, way
        page.get_by_label("Where the line is").focus()
        page.keyboard.press("ArrowRight")
        assert places() == first, way
    for label in ("red", "all three"):
        page.get_by_label(label, exact=True).check()
        assert places() == first, label
    page.get_by_role("button", name="0.5 for all").click()
    assert places() == first
    set_numbers(page, (0.0,) * 3, (1.0,) * 3)
    assert places() == first and page.get_by_text("✓ Found.").is_visible()


def test_picture_and_window_are_seen_together(opened):  # noqa: F811
    """On a screen of 800 px both; on a phone the picture sticks while the window is in hand, and lets go after it."""
    x = st.to_tensor(st.read_image(st.data_path("photos/people/astronaut.jpg")))[:, :256]
    page = opened(markup(st.live_normalize, x))
    assert page.locator(".st-stage").bounding_box()["height"] <= 650
    assert page.locator(".st-split").bounding_box()["width"] >= 416
    page = opened(markup(st.live_normalize, x), "<p style='height: 2000px'>Below.</p>", width=390)
    page.locator(".st-board").evaluate("(e) => e.scrollIntoView({block: 'end'})")
    picture, board = (page.locator(name).bounding_box() for name in (".st-split", ".st-board"))
    assert picture["y"] >= 0 and picture["y"] + picture["height"] < board["y"]
    page.mouse.wheel(0, 1500)
    page.wait_for_function("document.querySelector('.st-split').getBoundingClientRect().bottom < 0")


def test_a_spike_does_not_flatten_the_histogram(opened):  # noqa: F811
    x = torch.ones(3, 100, 100)
    x[:, :20] = torch.linspace(0.1, 0.6, 100)
    page = opened(markup(st.live_normalize, x))
    points = page.locator(".st-board .st-plot > svg path").first.get_attribute("d")
    heights = [100 - float(point.split()[1]) for point in points[1:].split("L")]
    assert max(heights[:60]) > 30 and max(heights) > 100
    assert page.locator(".st-out").all_inner_texts() == ["RGB↑"]


def test_a_picture_of_one_value_has_nothing_to_stretch(opened, tmp_path):  # noqa: F811
    page = opened(markup(st.live_normalize, astronaut()))
    Image.fromarray(np.full((20, 30, 3), 77, np.uint8)).save(tmp_path / "grey.png")
    page.locator("input[type=file]").set_input_files(tmp_path / "grey.png")
    page.get_by_text("Now: grey.png").wait_for()
    page.get_by_role("button", name="0.5 for all").click()
    page.get_by_label("min-max").check()
    words = settled(page).locator(".st-readout > div").last.inner_text()
    assert "nothing to stretch" in " ".join(words.split())
    page.locator("input[value=right]").check()
    page.get_by_label("Where the line is").fill("50")
    assert settled(page).locator(".st-readout strong").last.inner_text() == "0"


@pytest.mark.parametrize(
    ("x", "numbers", "error", "words"),
    [
        (torch.zeros(1, 4, 4), {"mean": (0.5,), "std": (0.5,)}, ValueError, "needs a photo"),
        (torch.full((3, 4, 4), 1.01), {}, ValueError, "needs a photo"),
        (torch.full((3, 4, 4), torch.nan), {}, ValueError, "needs a photo"),
        (torch.zeros(3, 4, 4).double(), {}, TypeError, "needs float32, got float64"),
        (torch.zeros(3, 4, 4), {"mean": (0.5, 0.5)}, ValueError, "2 value"),
        (torch.zeros(3, 4, 4), {"mean": (0.8, 0.5, 0.5)}, ValueError, r"must lie in \[0, 1\]"),
        (torch.zeros(3, 4, 4), {"mean": (-0.1, 0.5, 0.5)}, ValueError, r"must lie in \[0, 1\]"),
        (torch.zeros(3, 4, 4), {"std": (0.001, 0.5, 0.5)}, ValueError, "at least 0.01 wide"),
    ],
)
def test_normalize_and_back_refuses_what_its_sliders_do_not_have(x, numbers, error, words):
    with pytest.raises(error, match=words):
        st.live_normalize(Figure(), x, alt=ALT, caption=CAPTION, **numbers)


# ---------------------------------------------------------------- the batch


def assert_normalised_in_batch(page, photo, statistics, expected):
    """The figure shows and counts what BatchNorm makes of the photo, and states the mean and std that it took."""
    below, above = st.unseen(expected)[:, :2].T
    counts = [[percent(b), percent(a)] for b, a in zip(below, above, strict=True)]
    numbers = [[f"{mean:.2f}", f"{variance**0.5:.2f}"] for mean, variance in zip(*statistics, strict=True)]
    assert counted(page) == [row + count for row, count in zip(numbers, counts, strict=True)]
    assert page.locator(".st-summary strong").inner_text() == percent((below + above).sum() / 3)
    shown = st.show(expected, Figure().add_subplot(), vmin=0, vmax=1).images[0].get_array()
    assert np.array_equal(pixels_of(page.locator("canvas").first), shown)


def in_training(photo, mates, brightness=0.0):
    """The statistics of the batch in which every mate is as large as the photo, and what becomes of the photo."""
    times = [photo.shape[-1] // mate.shape[-1] for mate in mates]
    large = [m.repeat_interleave(k, dim=1).repeat_interleave(k, dim=2) for m, k in zip(mates, times, strict=True)]
    batch = torch.stack([photo, *((mate + brightness).clamp(0, 1) for mate in large)])
    statistics = batch.double().mean((0, 2, 3)).tolist(), batch.double().var((0, 2, 3), correction=0).tolist()
    return statistics, st.batch_norm(batch)[0]


def test_in_training_the_photo_is_what_batch_norm_makes_of_it(opened):  # noqa: F811
    photo, company, layer = batch_arguments()
    page = opened(markup(st.live_batch, photo, company, layer, history="50 batches"))
    page.get_by_label("Paint the unseen").uncheck()
    looks = set()
    for name, mates in company.items():
        page.get_by_label(name).check()
        settled(page)
        assert page.locator(".st-batch canvas").count() == 1 + len(mates)
        assert page.get_by_label("Their brightness").is_disabled() == (not mates)
        for brightness in (0.0, -0.4, 0.5) if mates else (0.0,):
            if mates:
                page.get_by_label("Their brightness").fill(str(brightness))
            assert_normalised_in_batch(page, photo, *in_training(photo, mates, brightness))
            looks.add(drawn(page))
            for k, mate in enumerate(mates, 1):
                expected = st.show((mate + brightness).clamp(0, 1), Figure().add_subplot()).images[0].get_array()
                assert np.array_equal(pixels_of(page.locator(".st-batch canvas").nth(k)), expected)
        if mates:
            page.get_by_label("Their brightness").fill("0")
    assert len(looks) == 10  # every company and brightness, another look


def test_in_evaluation_company_has_no_say(opened):  # noqa: F811
    photo, company, layer = batch_arguments()
    page = opened(markup(st.live_batch, photo, company, layer, history="50 batches of three photos"))
    page.get_by_label("Paint the unseen").uncheck()
    page.get_by_label("evaluation").check()
    expected = layer.eval()(photo[None])[0].detach()
    for name in company:
        page.get_by_label(name).check()
        if company[name]:
            page.get_by_label("Their brightness").fill("0.5")
        assert_normalised_in_batch(page, photo, (layer.running_mean.tolist(), layer.running_var.tolist()), expected)
        assert (
            page.locator(".st-source").inner_text() == "Mean and std are remembered, from 50 batches of three photos."
        )
        assert page.locator(".st-batch canvas").count() == 1 + len(company[name])


def test_the_histogram_lies_where_the_values_are(opened):  # noqa: F811
    photo, company, layer = batch_arguments()
    page = opened(markup(st.live_batch, photo, company, layer, history="50 batches"))
    page.emulate_media(reduced_motion="reduce")  # the curves are there at once
    page.get_by_label("outdoors").check()
    settled(page)
    _, y = in_training(photo, company["outdoors"])
    box = page.locator(".st-plot").bounding_box()
    for c, name in enumerate(("red", "green", "blue")):
        path = page.locator(f".st-plot .st-{name}").bounding_box()
        ends = [(x - box["x"]) / box["width"] * 8 - 4 for x in (path["x"], path["x"] + path["width"])]
        ((mean,), (variance,)) = ([each[c]] for each in in_training(photo, company["outdoors"])[0])
        expected = [(level / 255 - mean) / (variance + 1e-5) ** 0.5 for level in (1.5, 253.5)]
        assert np.allclose(ends, expected, atol=0.05)  # a stroke is two pixels wide
        assert expected[0] - 0.05 < y[c].min() and y[c].max() < expected[1] + 0.05


@pytest.mark.parametrize(
    ("photo", "company", "layer", "error", "words"),
    [
        (torch.zeros(1, 4, 4), {"none": []}, st.BatchNorm2d(3), ValueError, "needs a photo"),
        (torch.zeros(3, 4, 4), {"a": [torch.full((3, 4, 4), -0.1)]}, st.BatchNorm2d(3), ValueError, "needs a photo"),
        (
            torch.zeros(3, 4, 4),
            {"a": [torch.zeros(3, 4, 4).double()]},
            st.BatchNorm2d(3),
            TypeError,
            "needs float32, got float64",
        ),
        (torch.zeros(3, 4, 4), {}, st.BatchNorm2d(3), ValueError, "at least one company"),
        (torch.zeros(3, 4, 4), {"none": []}, st.BatchNorm2d(1), ValueError, "three channels"),
    ],
)
def test_the_batch_refuses_what_it_cannot_show(photo, company, layer, error, words):
    with pytest.raises(error, match=words):
        st.live_batch(Figure(), photo, company, layer, history="none", alt=ALT, caption=CAPTION)


# --------------------------------------------------------------- the filter


def number(text):
    """A number as the figure writes it."""
    return float(text.replace("−", "-"))


def close(text, value):
    """Is this what the figure writes for the value: three digits after the point, two digits if tiny, 0 if nothing?"""
    return number(text) == (float(f"{value:.3f}") if 0.001 <= abs(value) < 1000 else float(f"{value:.1e}"))


def typed_weights(page):
    return [number(field.input_value()) for field in page.locator(".st-kernel input").all()]


def tile(y, limit):
    """What show_feature_maps makes of one map, without the frame of lines around it, (H, W, 3)."""
    ax = Figure(figsize=(20, 20)).add_subplot()
    st.show_feature_maps(y, ax, limit=limit, colorbar=False)
    mosaic, (height, width) = ax.images[0].get_array(), y.shape[1:]
    gap = (mosaic.shape[0] - height) // 2
    return mosaic[gap : gap + height, gap : gap + width, :3]


def assert_filtered(page, x, kernel, limit=None):
    """Map, sizes and reach are those of the library. `limit`: of a shared scale; without it the map's own is meant."""
    settled(page)
    weight = torch.tensor(kernel, dtype=torch.float32).reshape(1, 1, 3, 3)
    y = st.conv2d(x, weight)
    size = y.abs().max().item()
    limit = limit or size
    assert np.array_equal(pixels_of(page.locator(".st-area canvas").nth(1)), tile(y, limit))
    words = page.locator(".st-summary").inner_text()
    assert close(page.locator(".st-summary strong").inner_text(), size)
    assert close(re.search(r"end at ±(.*)\.$", words)[1], limit)
    assert [
        close(text, v)
        for text, v in zip(page.locator(".st-ends span").all_inner_texts(), (-limit, 0, limit), strict=True)
    ] == [True] * 3
    said = re.findall(r"make (\S+) to (\S+?)\.( |$)", page.locator(".st-reach").inner_text())
    ends = [*(end.item() for end in st.attainable_range(weight)), y.min().item(), y.max().item()]
    assert [close(text, end) for text, end in zip([*said[0][:2], *said[1][:2]], ends, strict=True)] == [True] * 4
    return y


READY = {
    "identity": [0, 0, 0, 0, 1, 0, 0, 0, 0],
    "blur": [1 / 9] * 9,
    "sharpen": [0, -1, 0, -1, 5, -1, 0, -1, 0],
    "Sobel across": [-0.25, 0, 0.25, -0.5, 0, 0.5, -0.25, 0, 0.25],
    "Sobel down": [-0.25, -0.5, -0.25, 0, 0, 0, 0.25, 0.5, 0.25],
    "Laplace": [0, 1, 0, 1, -4, 1, 0, 1, 0],
}


def test_the_filter_makes_the_maps_of_the_library(opened):  # noqa: F811
    x = grey_cat()[:, ::2, ::2]
    page = opened(markup(st.live_filter, x))
    page.get_by_role("button", name="random").click()
    kernels = READY | {"random": typed_weights(page)}
    assert len(set(kernels["random"])) > 5
    layer = st.conv2d(x, torch.tensor(list(kernels.values())).reshape(7, 1, 3, 3))
    limits = layer.abs().amax(dim=(1, 2)).tolist()
    for own in (False, True):
        page.get_by_label("each filter its own" if own else "one scale for all").check()
        settled(page)
        for k, (name, kernel) in enumerate(kernels.items()):
            button = page.get_by_role("button", name=name)
            if name != "random":  # a second click draws other weights
                button.click()
                settled(page)
                assert button.get_attribute("aria-pressed") == "true"
                assert page.locator(".st-ready [aria-pressed=true]").count() == 1
                assert np.allclose(typed_weights(page), kernel, atol=0.0005)
                assert_filtered(page, x, kernel, None if own else max(limits))
            step = -(-layer.shape[-1] // 120)
            few = layer[k : k + 1, ::step, ::step]
            assert np.array_equal(
                pixels_of(button.locator("canvas")), tile_of_few(few, limits[k] if own else max(limits))
            )
            note = button.locator(".st-limit").inner_text()
            assert close(note[1:], limits[k]) if own else note == ""


def tile_of_few(y, limit):
    large = y.repeat_interleave(4, dim=1).repeat_interleave(4, dim=2)  # beyond the size at which tiny maps are enlarged
    return tile(large, limit)[::4, ::4]


def test_an_own_scale_hides_what_a_shared_one_shows(opened):  # noqa: F811
    x = grey_cat()[:, ::2, ::2]
    page = opened(markup(st.live_filter, x))
    looks = {}
    for scale in ("one scale for all", "each filter its own"):
        page.get_by_label(scale).check()
        for power in (-6, -3, 0):
            page.get_by_label("All weights times").fill(str(power))
            if scale == "each filter its own":
                assert_filtered(page, x, np.array(READY["Sobel across"]) * float(f"1e{power}"))
            looks[scale, power] = pixels_of(page.locator(".st-area canvas").nth(1)).reshape(-1, 3)
    # On the shared scale a millionth of the map is blank: only the two colours at 0. On its own scale it looks as
    # before,
    # but for values at the edge of a colour, since a thousandth is no power of two.
    assert len(np.unique(looks["one scale for all", -6], axis=0)) <= 2
    assert len(np.unique(looks["one scale for all", 0], axis=0)) > 10
    for power in (-6, -3):
        assert (looks["each filter its own", power] != looks["each filter its own", 0]).any(axis=1).mean() < 0.01


def test_weights_are_typed(opened):  # noqa: F811
    x = grey_cat()[:, ::2, ::2]
    page = opened(markup(st.live_filter, x))
    page.get_by_role("button", name="blur").click()
    page.get_by_label("each filter its own").check()
    field = page.get_by_label("Weight, row 2, column 3")
    kernel = READY["blur"].copy()
    for text, weight in (("-3.5", -3.5), ("", -3.5), ("-", -3.5), ("1e3", 99.0), ("0.1", 0.1)):
        field.focus()
        page.keyboard.press("Control+A")
        page.keyboard.press("Backspace")
        page.keyboard.type(text)
        kernel[5] = weight
        assert_filtered(page, x, kernel)  # the other eight are still a ninth, not the three digits that are shown
        field.blur()
        assert number(field.input_value()) == weight
    field.focus()
    page.keyboard.press("ArrowUp")
    assert number(field.input_value()) == 0.25
    for each in page.locator(".st-kernel input").all():
        each.fill("0")
    assert_nothing(page)


def assert_nothing(page):
    settled(page)
    assert page.locator(".st-summary strong").inner_text() == "0"
    assert page.locator(".st-ends span").all_inner_texts() == [
        "−1.000",
        "0",
        "1.000",
    ]  # as show_feature_maps: 1 will do
    pixels = pixels_of(page.locator(".st-area canvas").nth(1))
    assert (pixels == tile(torch.zeros(1, 40, 40), 1.0)[0, 0]).all()


def assert_window(page, x, kernel, row, column, factor=1.0):
    settled(page)
    weight = torch.tensor([w * factor for w in kernel], dtype=torch.float32)
    assert page.locator(".st-kernel + div .st-title").inner_text() == f"Row {row}, column {column} of the map"
    pixels = x[0, row : row + 3, column : column + 3].flatten()
    y = st.conv2d(x, weight.reshape(1, 1, 3, 3))
    chips = page.locator(".st-kernel .st-chip")
    texts = chips.all_inner_texts()
    for k, (pixel, w) in enumerate(zip(pixels, weight, strict=True)):
        assert close(texts[2 * k], pixel.item()) and close(texts[2 * k + 1], (pixel * w).item())
        grey = round(255 * pixel.item())
        assert chips.nth(2 * k).evaluate("(e) => e.style.background") == f"rgb({grey}, {grey}, {grey})"
    total = y[0, row, column].item()
    chip = page.locator(".st-sum .st-chip")
    assert close(chip.inner_text(), total)
    *terms, end = re.split(r" [=+−] ", page.locator(".st-sum + p").inner_text())
    assert [abs(number(t)) for t in terms] == [abs(number(t)) for t in texts[1::2]] and close(end, total)
    canvas = page.locator(".st-area canvas").nth(1)
    shown = pixels_of(canvas)[row, column]
    assert chip.evaluate("(e) => e.style.background") == "rgb({}, {}, {})".format(*shown)
    for which, size, shape in ((0, 3, x.shape), (1, 1, y.shape)):  # the frames lie where they should
        box = page.locator(".st-area canvas").nth(which).bounding_box()
        mark = page.locator(".st-mark").nth(which).bounding_box()
        scale = box["width"] / shape[2]
        got = [
            (mark["x"] - box["x"]) / scale,
            (mark["y"] - box["y"]) / scale,
            mark["width"] / scale,
            mark["height"] / scale,
        ]
        assert np.allclose(got, [column, row, size, size], atol=0.1)


def test_the_window_follows_the_arrow_keys(opened):  # noqa: F811
    x = grey_cat()[:, ::2, ::2]  # 75 x 113, and a map of 73 x 111
    page = opened(markup(st.live_filter, x))
    kernel = READY["Sobel across"]
    window = page.get_by_role("application")
    window.focus()
    assert_window(page, x, kernel, 30, 45)
    for key, place in (
        ("ArrowRight", (30, 46)),
        ("ArrowDown", (31, 46)),
        ("Shift+ArrowLeft", (31, 36)),
        ("Shift+ArrowUp", (21, 36)),
    ):
        page.keyboard.press(key)
        assert_window(page, x, kernel, *place)
    for _ in range(9):
        page.keyboard.press("Shift+ArrowDown")
        page.keyboard.press("Shift+ArrowRight")
    assert_window(page, x, kernel, 72, 110)
    page.locator("[role=status]", has_text="Row 72, column 110").wait_for(state="attached")
    page.get_by_label("All weights times").fill("-3")
    assert_window(page, x, kernel, 72, 110, factor=0.001)
    assert "Each times 0.001" in page.locator(".st-sum").inner_text()


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_the_window_follows_the_pointer_over_both_pictures(opened, touch):  # noqa: F811
    x = grey_cat()[:, ::2, ::2]
    page = opened(markup(st.live_filter, x), has_touch=touch, width=390)
    for which, corner, shape in ((0, 1, (75, 113)), (1, 0, (73, 111))):
        for row, column in ((20, 70), (0, 0), (50, 110)):
            box = page.locator(".st-area canvas").nth(which).bounding_box()
            at = (
                box["x"] + box["width"] * (column + corner + 0.5) / shape[1],
                box["y"] + box["height"] * (row + corner + 0.5) / shape[0],
            )
            page.touchscreen.tap(*at) if touch else page.mouse.move(*at)
            settled(page)
            assert_window(page, x, READY["Sobel across"], row, column)


def test_a_readers_colours_become_one_channel(opened, tmp_path):  # noqa: F811
    mine = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    Image.fromarray(mine).save(tmp_path / "mine.png")
    page = opened(markup(st.live_filter, grey_cat()))
    page.locator("input[type=file]").set_input_files(tmp_path / "mine.png")
    page.get_by_text("Now: mine.png").wait_for()
    page.get_by_label("each filter its own").check()
    assert_filtered(page, st.to_tensor(mine).mean(dim=0, keepdim=True), READY["Sobel across"])
    Image.fromarray(mine[:2]).save(tmp_path / "flat.png")
    page.locator("input[type=file]").set_input_files(tmp_path / "flat.png")
    page.get_by_text("flat.png is not a picture").wait_for()
    assert_filtered(page, st.to_tensor(mine).mean(dim=0, keepdim=True), READY["Sobel across"])


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (torch.zeros(3, 8, 8), ValueError, "one channel"),
        (torch.zeros(8, 8), ValueError, "one channel"),
        (torch.zeros(1, 2, 8), ValueError, "at least 3 x 3"),
        (np.zeros((8, 8), np.float32), ValueError, "got ndarray"),
        (torch.full((1, 8, 8), 1.5), ValueError, r"values in \[0, 1\]"),
        (torch.full((1, 8, 8), torch.nan), ValueError, r"values in \[0, 1\]"),
        (torch.zeros(1, 8, 8).double(), TypeError, "needs float32"),
        (torch.zeros(1, 400, 451), ValueError, "too many"),
    ],
)
def test_the_filter_refuses_what_it_cannot_show(x, error, words):
    with pytest.raises(error, match=words):
        st.live_filter(Figure(), x, alt=ALT, caption=CAPTION)


# --------------------------------------------------------------- the logger

OLD_RULES = {
    "to 0.19.11": "up_to_0_19_tensor",
    "0.20.0": "only_0_20_0",
    "0.20.1–0.28": "from_0_20_1_to_0_28",
    "since 0.29.0": "from_0_29",
}


def assert_logged(page, photo, low, high):
    """Five small pictures and the large one, its five levels and its distance are what the rules of lesson 6 and
    ours make."""
    x = (low + photo.double() * (high - low)).float().permute(1, 2, 0).numpy()
    rules = {name: lesson_rules()[function] for name, function in OLD_RULES.items()}
    rules["ours"] = lambda values: np.array(
        st.to_wandb_image(values.reshape(1, -1), value_range=(low, high)).image
    ).reshape(values.shape)
    ramp = np.linspace(x.min(), x.max(), 5, dtype=np.float64).astype(np.float32)
    looks = {}
    for k, (name, rule) in enumerate(rules.items()):
        settled(page).get_by_label(name).check()
        settled(page)
        everything = rule(np.append(x.ravel(), ramp))
        looks[name] = everything[: x.size].reshape(x.shape)
        few = looks[name][:: -(-x.shape[1] // 160), :: -(-x.shape[1] // 160)]
        assert np.array_equal(pixels_of(page.locator("canvas").nth(k)), few)
        assert np.array_equal(pixels_of(page.locator("canvas").nth(5)), looks[name])
        assert page.locator(".st-ramp-table tr").nth(1).locator("td").all_inner_texts() == list(
            map(str, everything[-5:])
        )
        off = np.abs(looks[name].astype(int) - st.to_image(photo)).mean()
        assert page.locator(".st-summary strong").inner_text() == (
            "0" if off == 0 else "<0.1" if off < 0.1 else f"{off:.1f}"
        )
    return looks


def test_the_logger_writes_what_the_rules_write_and_only_ours_stays(opened):  # noqa: F811
    photo = coffee()[:, ::4, ::4]
    page = opened(markup(st.live_logger, photo))
    looks = [assert_logged(page, photo, -2, 2)]
    for low, high, label in [(0, 1, "0 to 1"), (-1, 1, "−1 to 1"), (0.2, 0.8, "0.2 to 0.8"), (0, 255, "0 to 255")]:
        page.get_by_role("button", name=label, exact=True).click()
        looks.append(assert_logged(page, photo, low, high))
    page.get_by_label("less light").check()
    stretched = assert_logged(page, photo * 0.4, 0, 255)["to 0.19.11"]
    assert np.abs(stretched.astype(int) - st.to_image(photo * 0.4)).mean() > 20
    for name in [*OLD_RULES, "ours"]:
        same = len({look[name].tobytes() for look in looks}) == 1
        assert (
            same if name == "ours" else not same or name == "to 0.19.11"
        )  # which stretches this photo by next to nothing
    assert np.array_equal(looks[0]["ours"], st.to_image(photo))


def test_a_value_above_one_makes_a_picture_black(opened):  # noqa: F811
    photo = coffee()[:, ::4, ::4]
    page = opened(markup(st.live_logger, photo, value_range=(0, 1)))
    page.get_by_label("0.20.1–0.28").check()
    before = pixels_of(page.locator("canvas").nth(5))
    page.get_by_label("white is").fill("1.5")
    after = pixels_of(page.locator("canvas").nth(5))
    assert before.max() > 200 and after.max() <= 1
    assert_logged(page, photo, 0, 1.5)


def test_the_loggers_white_stays_above_its_black(opened):  # noqa: F811
    page = opened(markup(st.live_logger, coffee()[:, ::8, ::8]))
    page.get_by_label("black is").fill("3")
    assert settled(page).get_by_label("black is").input_value() == "1.99"
    page.get_by_role("button", name="0 to 255").click()
    assert settled(page).get_by_label("white is").input_value() == "255"
    page.get_by_label("white is").fill("2")
    assert settled(page).get_by_label("white is").get_attribute("step") == "0.01"
    page.get_by_label("white is").fill("-3")
    assert settled(page).get_by_label("white is").input_value() == "0.01"


@pytest.mark.parametrize(
    ("photo", "value_range", "error", "words"),
    [
        (torch.zeros(1, 4, 4), (0, 1), ValueError, "needs a photo"),
        (torch.zeros(3, 4, 4) - 1, (0, 1), ValueError, "needs a photo"),
        (torch.zeros(3, 4, 4).double(), (0, 1), TypeError, "needs float32, got float64"),
        (torch.zeros(3, 4, 4), (1, 0), ValueError, "low first"),
        (torch.zeros(3, 4, 4), (0, 255), ValueError, r"must lie in \[-3, 3\]"),
    ],
)
def test_the_logger_refuses_what_its_sliders_do_not_have(photo, value_range, error, words):
    with pytest.raises(error, match=words):
        st.live_logger(Figure(), photo, value_range=value_range, alt=ALT, caption=CAPTION)


# ------------------------------------------------------------ pixel centres

COPIERS = {
    "resize_mask": lambda row, size: st.resize_mask(row, 1, size),
    "Pillow NEAREST": lambda row, size: np.array(Image.fromarray(row).resize((size, 1), Image.Resampling.NEAREST)),
    "OpenCV INTER_NEAREST": lambda row, size: cv2.resize(row, (size, 1), interpolation=cv2.INTER_NEAREST),
    "torch nearest": lambda row, size: (
        interpolate(torch.from_numpy(row)[None, None].float(), (1, size), mode="nearest")[0, 0].byte().numpy()
    ),
}


def assert_copied(page, labels, size, at):
    """The numbers, marks, colours and words of the four rows are what the four programs make of a row of numbers."""
    settled(page)
    numbers = np.arange(len(labels), dtype=np.uint8)[None]
    rows = page.locator(".st-pixels > div:has(> .st-strip)").all()[1:]
    ours = st.resize_mask(numbers, 1, size)[0]
    for row, (name, resize) in zip(rows, COPIERS.items(), strict=True):
        takes = resize(numbers, size)[0]
        others = np.flatnonzero(takes != ours)
        assert row.locator(".st-numbers span").all_inner_texts() == list(map(str, takes))
        marked = row.locator(".st-numbers span").evaluate_all("all => all.map((e) => e.className === 'st-other')")
        assert np.flatnonzero(marked).tolist() == others.tolist()
        assert row.locator(".st-count").inner_text() == (f"{len(others)} of {size} marked" if len(others) else "")
        words = row.locator(".st-copier").inner_text()
        assert words.startswith(name) and f", takes {takes[at]}, label {labels[takes[at]]}" in words
        colours = st.show(labels[takes][None].astype(np.int64), Figure().add_subplot()).images[0].get_array()
        assert np.array_equal(pixels_of(row.locator("canvas")), colours)


def test_the_copiers_take_what_the_installed_programs_take(opened):  # noqa: F811
    labels = coffee_row()
    page = opened(markup(st.live_nearest, labels, size=6))
    assert_copied(page, labels, 6, 3)
    sizes, looked = page.get_by_label("New pixels"), page.get_by_label("Look at new pixel")
    for size, at in ((20, 13), (18, 9), (14, 0), (5, 4), (1, 0)):
        sizes.fill(str(size))
        looked.fill(str(at))
        assert_copied(page, labels, size, at)
    sizes.focus()
    page.keyboard.press("ArrowRight")
    assert_copied(page, labels, 2, 0)


def test_a_place_that_rounding_has_moved_is_said(opened):  # noqa: F811
    page = opened(markup(st.live_nearest, coffee_row(), size=18))
    assert "looks at just below 7, takes 6" in page.locator(".st-copier", has_text="OpenCV").inner_text()
    assert "looks at 7, takes 7" in page.locator(".st-copier", has_text="torch").inner_text()
    page.locator("[role=status]", has_text="New pixel 9 of 18, centre at 7.39").wait_for(state="attached")


def test_a_smaller_size_keeps_the_pixel_that_is_looked_at_inside(opened):  # noqa: F811
    page = opened(markup(st.live_nearest, coffee_row(), size=20))
    page.get_by_label("Look at new pixel").fill("19")
    page.get_by_label("New pixels").fill("4")
    assert settled(page).get_by_label("Look at new pixel").input_value() == "3"
    assert_copied(page, coffee_row(), 4, 3)


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "finger"])
def test_the_pointer_chooses_the_new_pixel(opened, touch):  # noqa: F811
    page = opened(markup(st.live_nearest, coffee_row(), size=6), has_touch=touch, width=390)
    strip = page.locator(".st-strip").nth(2)
    for at in (5, 0, 2):
        box = strip.bounding_box()
        where = box["x"] + box["width"] * (at + 0.5) / 6, box["y"] + box["height"] / 2
        page.touchscreen.tap(*where) if touch else page.mouse.move(*where)
        settled(page)
        assert page.get_by_label("Look at new pixel").input_value() == str(at)
        assert_copied(page, coffee_row(), 6, at)
        band = page.locator(".st-band").bounding_box()
        assert abs(band["x"] - box["x"] - box["width"] * at / 6) < 1 and abs(band["width"] - box["width"] / 6) < 1


def test_the_centres_lie_over_their_pixels(opened):  # noqa: F811
    page = opened(markup(st.live_nearest, coffee_row(), size=6))
    line = page.locator(".st-ruler").bounding_box()
    for i, dot in enumerate(page.locator(".st-dot").all()):
        box = dot.bounding_box()
        assert abs(box["x"] + box["width"] / 2 - line["x"] - line["width"] * (i + 0.5) / 6) < 1


@pytest.mark.parametrize(
    ("row", "size", "error", "words"),
    [
        (np.arange(17), 4, ValueError, "2 to 16 labels"),
        (np.arange(1), 4, ValueError, "2 to 16 labels"),
        (np.zeros((2, 8), int), 4, ValueError, r"got shape \(2, 8\)"),
        (np.zeros(8), 4, TypeError, "integer labels, got a float64 array"),
        ([0, 1], 4, TypeError, "integer labels, got list"),
        (np.arange(8), 21, ValueError, "from 1 to 20, got 21"),
        (np.arange(8), 2.5, ValueError, "from 1 to 20, got 2.5"),
    ],
)
def test_the_copiers_refuse_what_the_figure_cannot_show(row, size, error, words):
    with pytest.raises(error, match=words):
        st.live_nearest(Figure(), row, size=size, alt=ALT, caption=CAPTION)


# ------------------------------------------------------------ two pipelines


def assert_drawn_twice(page, values, cmap="gray", **limits):
    """Both pictures are what imshow_pixels says, and what is counted and marked is what changed of them."""
    settled(page)
    x, first = np.float32([values]), np.float32([VALUES])
    kept = (x == first)[0]
    others = []
    for which, draw in enumerate(
        [
            lambda each: st.imshow_pixels(np.dstack([each] * 3)),
            lambda each: st.imshow_pixels(each, cmap=cmap, **limits),
        ]
    ):
        now, before = draw(x)[..., :3], draw(first)[..., :3]
        strip = page.locator(".st-strip").nth(which)
        assert np.array_equal(pixels_of(strip.locator("canvas")), now)
        changed = kept & (now != before).any(axis=2)[0]
        marked = strip.locator(".st-numbers > span").evaluate_all("all => all.map((e) => e.className === 'st-other')")
        assert marked == changed.tolist()
        if cmap == "gray":
            assert strip.locator(".st-numbers > span").all_inner_texts() == [str(level) for level in now[0, :, 0]]
        others.append(changed.sum())
    assert page.locator(".st-summary").inner_text().split("\n")[0] == f"{others[1]} of {kept.sum()}"
    assert page.locator(".st-summary").inner_text().endswith(f"as RGB {others[0]}")
    rgb = page.locator(".st-strip").first
    assert rgb.locator(".st-swatch.st-below").count() == (x < 0).sum()
    assert rgb.locator(".st-swatch.st-above").count() == (x > 1).sum()
    return others


def test_one_handle_changes_every_pixel_of_one_channel_and_no_other_of_rgb(opened):  # noqa: F811
    page = opened(markup(st.live_pipelines, VALUES))
    assert assert_drawn_twice(page, VALUES) == [0, 0]
    page.get_by_label("Value of pixel 4").fill("1.8")
    assert assert_drawn_twice(page, [0.1, 0.3, 0.5, 0.7, 1.8]) == [0, 3]  # the smallest stays black
    page.get_by_label("Value of pixel 0").focus()
    for _ in range(9):
        page.keyboard.press("ArrowLeft")
    assert assert_drawn_twice(page, [-0.35, 0.3, 0.5, 0.7, 1.8]) == [0, 3]
    page.get_by_label("viridis").check()
    assert_drawn_twice(page, [-0.35, 0.3, 0.5, 0.7, 1.8], "viridis")
    page.get_by_label("vmin=0").check()
    assert assert_drawn_twice(page, [-0.35, 0.3, 0.5, 0.7, 1.8], "viridis", vmin=0, vmax=1) == [0, 0]
    page.get_by_label("its own").check()
    page.get_by_label("gray").check()
    page.get_by_role("button", name="Reset").click()
    assert_drawn_twice(page, VALUES)


def test_a_constant_is_drawn_in_the_first_colour(opened):  # noqa: F811
    page = opened(markup(st.live_pipelines, VALUES))
    for i in range(5):
        page.get_by_label(f"Value of pixel {i}").fill("0.7")
    assert_drawn_twice(page, [0.7] * 5)
    assert "all values are one" in page.locator(".st-copier").nth(1).inner_text()


@pytest.mark.parametrize("width", [390, 840])
def test_each_handle_is_dragged(opened, width):  # noqa: F811
    page = opened(markup(st.live_pipelines, VALUES), width=width)
    line = page.locator(".st-ticks").bounding_box()
    track = page.get_by_label("Value of pixel 0").bounding_box()
    values = list(VALUES)

    def at(value):
        return line["x"] + line["width"] * (value + 0.5) / 2.5, track["y"] + track["height"] / 2

    for i, to in ((0, -0.4), (4, 1.6), (2, 1.2), (3, 0.0)):
        page.mouse.move(*at(values[i]))
        page.mouse.down()
        page.mouse.move(*at(to), steps=5)
        page.mouse.up()
        values[i] = float(page.get_by_label(f"Value of pixel {i}").input_value())
        assert abs(values[i] - to) < 0.06
        assert_drawn_twice(page, values)


@pytest.mark.parametrize("values", [[0.5], [0.5] * 9, [0.1, 2.1], [-0.6, 0.1], [0.1, float("nan")]], ids=str)
def test_the_pipelines_refuse_what_no_handle_has(values):
    with pytest.raises(ValueError, match="2 to 8 values"):
        st.live_pipelines(Figure(), values, alt=ALT, caption=CAPTION)


# ------------------------------------------------------------ the cases


def pick(page, case, exhibit, photo=1):
    page.get_by_label(case, exact=True).check()
    page.get_by_label(exhibit, exact=True).check()
    if settled(page).get_by_role("slider").is_visible():
        page.get_by_role("slider").fill(str(photo))
    settled(page)


def canvases(page):
    return [pixels_of(each) for each in page.locator(".st-exhibit canvas").all()]


def colored(labels):
    return np.array([PALETTE[label] for label in labels.flatten().tolist()], np.uint8).reshape(*labels.shape, 3)


def test_the_exhibits_are_the_runs_own_data(opened):  # noqa: F811
    page, (low, high) = opened(markup(live_cases, cases())), RANGE
    for letter, run in list(cases().items())[::3]:
        for photo in (1, 3):
            x = run.inputs[photo - 1]
            undone = st.to_image(st.inverse_normalize(x, run.mean, run.std))
            pick(page, letter, "input as seen", photo)
            assert np.array_equal(canvases(page), [st.to_image((x - low) / (high - low))])
            pick(page, letter, "input, Normalize undone", photo)
            assert np.array_equal(canvases(page), [undone])
            pick(page, letter, "training labels", photo)
            assert np.array_equal(canvases(page), [colored(run.targets[photo - 1])])
            pick(page, letter, "predictions", photo)
            labels = [colored(each[photo - 1]) for each in (run.masks, run.predictions)]
            assert np.array_equal(canvases(page), [undone, *labels])
        pick(page, letter, "first maps")
        colors = plt.get_cmap("RdBu_r")(run.maps[:6].numpy() / LIMIT / 2 + 0.5, bytes=True)[..., :3]
        assert np.array_equal(canvases(page), colors)
        assert not page.get_by_role("slider").is_visible()


def test_the_numbers_of_a_case_are_its_runs(opened):  # noqa: F811
    page = opened(markup(live_cases, cases()))
    for letter, run in list(cases().items())[::3]:
        pick(page, letter, "score")
        cells = [row.locator("td").all_inner_texts() for row in page.locator(".st-counts tbody tr").all()]
        told = [[f"{n:,}" for n in row] + [f"{iou:.2f}"] for row, iou in zip(run.confusion, run.iou, strict=True)]
        assert cells == told
        pick(page, letter, "training labels")
        assert f"255: {(run.targets == 255).sum():,} pixels" in page.locator(".st-stage").inner_text()
        pick(page, letter, "loss")
        assert f"From {run.losses[0]:.2f} to {run.losses[-1]:.3f}." in page.locator(".st-stage").inner_text()
        assert page.locator(".st-exhibit path").count() == 8
        pick(page, letter, "input values")
        means = re.findall("(?:red|green|blue) ([−.0-9]+)", page.locator(".st-exhibit + p").inner_text())
        # To a bin's width of what lies in the range, and two decimals.
        inside = [plane[(plane >= RANGE[0]) & (plane <= RANGE[1])].mean() for plane in run.inputs.unbind(1)]
        assert np.allclose([float(mean.replace("−", "-")) for mean in means], inside, atol=0.06)


def test_the_right_fault_solves_a_case_and_a_wrong_one_names_an_exhibit(opened):  # noqa: F811
    page = opened(markup(live_cases, cases()))
    page.get_by_role("button", name="Accuse").click()
    assert page.get_by_text("Choose what is wrong first.").is_visible()
    solved = []
    for letter, run in cases().items():
        page.get_by_label(letter, exact=True).check()
        for suspect in ("none", *FAULTS):
            page.locator(f"input[value='{suspect}']").focus()
            page.keyboard.press(" ")
            page.get_by_role("button", name="Accuse: ").focus()
            page.keyboard.press("Enter")
            verdict = page.locator(".st-buttons + p").inner_text()
            if suspect != run.fault:
                exhibit = page.locator(f".st-check:has(input[value={TELLING[run.fault]}])").inner_text()
                assert verdict == f"No. Look again at: {exhibit}."
            else:
                assert verdict.startswith(f"Yes. Case {letter}: ")
                if suspect == "none":
                    assert "nothing is wrong" in verdict
                else:
                    assert page.locator(".st-stage code").all_inner_texts() == list(FAULTS[suspect])
        solved.append(letter)
        summary = page.locator(".st-summary").inner_text()
        assert summary.startswith(f"{len(solved)} of 7") and summary.endswith(", ".join(solved))


def test_another_case_takes_the_verdict_away(opened):  # noqa: F811
    page = opened(markup(live_cases, cases()))
    page.locator(f"input[value='{LINEAR}']").check()
    page.get_by_role("button", name="Accuse").click()
    assert cases()["A"].fault == DIVIDED and "No." in page.locator(".st-buttons + p").inner_text()
    page.get_by_label("B", exact=True).check()
    assert page.locator(".st-buttons + p").inner_text() == ""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_exhibit_is_accessible_and_not_too_wide(opened, theme):  # noqa: F811
    page = opened(markup(live_cases, cases()), theme=theme, width=320)
    page.get_by_role("button", name="Accuse").click()
    for exhibit in page.locator("fieldset").nth(1).locator("label").all():
        exhibit.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        found = Axe().run(page)
        serious = [each for each in found.response["violations"] if each["impact"] in ("serious", "critical")]
        assert not serious, found.generate_report()


# ------------------------------------------------------------ in JupyterLab


@pytest.fixture(scope="module")
def lab(tmp_path_factory, figure_of):
    """The address of a JupyterLab; its notebook, trusted, holds questions and every live figure; one is not trusted."""
    folder = tmp_path_factory.mktemp("lab")
    (folder / "work").mkdir()
    cells = [
        nbformat.v4.new_code_cell(
            "1", execution_count=1, outputs=[nbformat.v4.new_output("display_data", {"text/html": page})]
        )
        for page in [*lesson(), *map(figure_of, FIGURES)]
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for name in ("trusted", "stranger"):
        nbformat.write(notebook, folder / "work" / f"{name}.ipynb")
        notebook.metadata["name"] = name  # two contents: trust is in the content
    environment = os.environ | {
        f"JUPYTER_{what}_DIR": str(folder / what.lower()) for what in ("CONFIG", "DATA", "RUNTIME")
    }
    environment |= {"JUPYTER_PREFER_ENV_PATH": "1", "IPYTHONDIR": str(folder / "ipython")}
    trust = [sys.executable, "-m", "jupyter", "trust", str(folder / "work" / "trusted.ipynb")]
    subprocess.run(trust, env=environment, check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"]
    command += [f"--ServerApp.port={port}", "--IdentityProvider.token=", "--LabApp.news_url=None"]
    command += [
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
    ]
    address = f"http://127.0.0.1:{port}/doc/tree/"
    with (folder / "lab.log").open("w") as log:
        server = subprocess.Popen(command, cwd=folder / "work", env=environment, stdout=log, stderr=log)
        try:
            while True:  # until it answers, or has ended
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/api", timeout=1).read()
                    break
                except OSError:
                    assert server.poll() is None, (folder / "lab.log").read_text()
                    time.sleep(0.5)
            yield address
        finally:
            server.terminate()
            try:
                server.wait(20)
            except subprocess.TimeoutExpired:  # it can wait for ever for a kernel that was just starting
                server.kill()
                server.wait()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_in_jupyterlab_a_trusted_figure_moves(lab, chromium, dark):
    page = chromium.new_page(viewport={"width": 1100, "height": 900})
    page.set_default_timeout(HANG)
    page.goto(f"{lab}trusted.ipynb")
    for number, name in enumerate(FIGURES):
        figure = page.locator(f"figure[data-live={name}]")
        figure.locator("canvas").first.wait_for()
        if dark:
            page.evaluate("document.body.dataset.jpThemeLight = 'false'")
        before = drawn(page, number)
        cell = page.locator(".jp-Cell.jp-mod-active").count()
        figure.locator("input[type=range]").first.focus()
        page.keyboard.press("ArrowUp")
        assert drawn(page, number) != before
        page.keyboard.press("ArrowDown")
        assert drawn(page, number) == before
        assert page.locator(".jp-Cell.jp-mod-active").count() == cell
        assert figure.locator("input[type=range]").first.evaluate("(e) => e === document.activeElement")
    page.close()


def test_in_jupyterlab_the_arrow_keys_move_the_window_and_not_the_cells(lab, chromium):
    page = chromium.new_page(viewport={"width": 1100, "height": 900})
    page.set_default_timeout(HANG)
    page.goto(f"{lab}trusted.ipynb")
    figure = page.locator("figure[data-live=filter]")
    figure.locator("canvas").first.wait_for()
    window = figure.get_by_role("application")
    window.focus()
    place = figure.locator(".st-kernel + div .st-title")
    row, column = map(int, re.findall(r"\d+", place.inner_text()))
    active = "[...document.querySelectorAll('.jp-Cell')].findIndex((cell) => cell.matches('.jp-mod-active'))"
    before = page.evaluate(active)
    page.keyboard.press("ArrowUp")  # above this cell is another one
    page.keyboard.press("ArrowRight")
    settled(page)
    assert place.inner_text() == f"Row {row - 1}, column {column + 1} of the map"
    assert page.evaluate(active) == before > 0
    assert window.evaluate("(e) => e === document.activeElement")
    page.close()


def test_in_jupyterlab_a_guess_is_committed_by_keyboard(lab, chromium):
    page = chromium.new_page(viewport={"width": 1100, "height": 900})
    page.set_default_timeout(HANG)
    page.goto(f"{lab}trusted.ipynb")
    form = page.locator(".st-predict form").first
    form.wait_for()
    active = "[...document.querySelectorAll('.jp-Cell')].findIndex((cell) => cell.matches('.jp-mod-active'))"
    form.get_by_role("radio").first.focus()
    before = page.evaluate(active)
    for key in ("ArrowDown", "Tab", "Enter"):  # JupyterLab would go to the next cell, and open it
        page.keyboard.press(key)
    answer = page.locator("details.st-predict[open]").first
    answer.wait_for()
    assert answer.inner_text().split("You said ")[1].startswith("(b) a tenth, or < 1: ")
    assert page.evaluate(active) == before
    page.close()


def test_in_jupyterlab_a_stranger_shows_the_still_picture(lab, chromium):
    page = chromium.new_page(viewport={"width": 1100, "height": 900})
    page.set_default_timeout(HANG)
    page.goto(f"{lab}stranger.ipynb")
    still = page.locator(".jp-OutputArea figure > img:not([hidden])").first
    still.wait_for()
    assert still.get_attribute("alt") == ALT and page.locator("canvas:not(.jp-mod-hidden canvas)").count() == 0
    assert page.locator("figcaption").first.is_visible()
    # What lies on it in dark is not seen, though JupyterLab has taken its style away.
    over = page.locator(".jp-OutputArea figure").first.locator("> img").nth(1)
    assert over.count() and not over.is_visible()
    assert page.get_by_text("(b) a tenth, or < 1").first.is_visible() and not page.locator("form").count()
    page.close()
