"""What the tests of the live figures share: a figure's markup as a notebook would hold it, and a page with figures."""

import ast
from dataclasses import replace
from pathlib import Path
from unittest import mock

import IPython
import IPython.display
import numpy as np
import pytest
import torch
from checks import HANG
from course.cases.made import made_run
from matplotlib.figure import Figure

import seeing_tensors as st
from seeing_tensors.course.cases.runs import BGR, DIVIDED, FAULTS, NOT_NORMALIZED, RESHAPED
from seeing_tensors.course.practice import predictions

ALT, CAPTION = "A still picture that says in words what it shows, at some length.", "Look at the cat."


def markup(function, *arguments, alt=ALT, caption=CAPTION, **options):
    """The HTML that a live figure puts into a notebook."""
    fig = Figure(figsize=(3, 2))
    fig.add_subplot().plot([0, 1])
    shown = []
    with (
        mock.patch.object(IPython, "get_ipython", lambda: True),
        mock.patch.object(IPython.display, "display", lambda page: shown.append(page.data)),
    ):
        function(fig, *arguments, alt=alt, caption=caption, **options)
    return "".join(shown)


CHOICES = ["none", "a tenth, or < 1", "half"]


def lesson(number=3, course=False, guess=..., bits=...):
    """Two questions, their answers and the summary, as a notebook would hold them."""
    shown = []
    with (
        mock.patch.object(IPython, "get_ipython", lambda: True),
        mock.patch.object(IPython.display, "display", lambda page: shown.append(page.data)),
        mock.patch.object(predictions, "_asked", {}),
    ):
        lost = st.predict("Which part is lost?", CHOICES, guess=guess)
        many = st.predict("How many levels?", guess=bits)
        lost.reveal("half")
        many.reveal(250.5, within=10)
        st.guesses(number, course=course)
    return shown


def page_of(*figures, theme="light"):
    colours = {"light": "#fff; color: #222832", "dark": "#14181e; color: #ced6dd"}[theme]
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8"><title>Live figures</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"></head>'
        f'<body style="margin: 16px; font-family: sans-serif; background: {colours}"><main><h1>Live figures</h1>'
        f"{''.join(figures)}</main></body></html>"
    )


def settled(page):
    """The figures have drawn their newest state: they do so in the frame after an event."""
    page.evaluate("new Promise(requestAnimationFrame)")
    return page


def brighter_cat(step=2):
    """The picture of lesson 2: 100 levels brighter, every second pixel."""
    return st.to_tensor(st.read_image(st.data_path("photos/animals/cat.png")))[:, ::step, ::step] + 100 / 255


def astronaut():
    """The picture of lesson 3: head and shoulders, every second pixel."""
    return st.to_tensor(st.read_image(st.data_path("photos/people/astronaut.jpg")))[:, 40:440:2, 40:360:2]


def coffee():
    """The photo of lesson 6, every third pixel."""
    return whole_coffee()[:, ::3, ::3]


def whole_coffee():
    return st.to_tensor(st.read_image(st.data_path("photos/things/커피.png")))


def batch_arguments(step=2):
    """The photo, its company and the layer of lesson 4: a cat at half its size, the others at a tenth."""

    def piece(name, top, left):
        return st.to_tensor(st.read_image(st.data_path(f"photos/{name}")))[:, top : top + 300, left : left + 360]

    cat, coffee, astronaut = (
        piece("animals/cat.png", 0, 45),
        piece("things/커피.png", 50, 130),
        piece("people/astronaut.jpg", 0, 12),
    )
    galaxies = [piece("space/hubble.jpg", top, left)[:, ::10, ::10] for top, left in [(0, 0), (120, 200)]]
    outdoors = [piece("people/cameraman.jpg", top, 6)[:, ::10, ::10] for top in (0, 188)]
    layer = st.BatchNorm2d(3)
    for _ in range(50):
        layer(torch.stack([cat, coffee, astronaut]))
    company = {
        "galaxies": galaxies,
        "outdoors": outdoors,
        "others": [coffee[:, ::10, ::10], astronaut[:, ::10, ::10]],
        "none": [],
    }
    return cat[:, ::step, ::step], company, layer


def coffee_row():
    """The row of lesson 1: 14 labels of the coffee's mask, of which the spoon is one."""
    return st.resize_mask(st.read_mask(st.data_path("masks/coffee.png")), 14, 14)[8]


def grey_cat(step=2):
    """The picture of lesson 5: one channel of the cat, every second pixel."""
    return st.to_tensor(st.read_image(st.data_path("photos/animals/cat.png")))[:1, ::step, ::step]


def cases():
    """Seven runs that no training made, by the letters under which the reader sees them.

    As with real ones the true labels are the same in all, and what the network saw and learned from in most.
    """
    faults = [DIVIDED, "none", *(fault for fault in FAULTS if fault != DIVIDED)]
    first, *others = (made_run(fault, seed) for seed, fault in enumerate(faults))
    shared = {"masks": first.masks, "inputs": first.inputs}
    for i, run in enumerate(others):
        own = {"inputs": run.inputs} if run.fault in (BGR, NOT_NORMALIZED, RESHAPED) else {}
        others[i] = replace(run, targets=others[0].targets, **(shared | own))
    return dict(zip("ABCDEFG", [first, *others], strict=True))


def hostile_picture():
    """Values of all kinds: below, above, at the ends, NaN and infinities."""
    x = torch.from_numpy(np.random.default_rng(0).uniform(-0.5, 1.5, (3, 24, 32)).astype(np.float32))
    x[0, 0, :6] = torch.tensor([0.0, -0.0, 1.0, torch.nan, torch.inf, -torch.inf])
    return x


def lesson_rules():
    """The functions of lesson 6, which tests/wandb_versions holds to the files of real old releases."""
    script = (Path(__file__).parents[2] / "lessons/06_logging_to_wandb.py").read_text(encoding="utf-8")
    names = {"np": np}
    wanted = [node for node in ast.parse(script).body if isinstance(node, ast.FunctionDef)]
    exec(compile(ast.Module(wanted, []), "lesson 6", "exec"), names)
    return names


@pytest.fixture
def opened(chromium, tmp_path):
    """A function that writes a page of figures, opens it from file://, and returns the Playwright page.

    At the end of the test: nothing was asked for but that file, and no script failed.
    """
    contexts, faults = [], []

    def open_page(*figures, theme="light", width=840, **options):
        file = tmp_path / f"page_{len(contexts)}.html"
        file.write_text(page_of(*figures, theme=theme), encoding="utf-8")
        contexts.append(chromium.new_context(viewport={"width": width, "height": 900}, **options))
        contexts[-1].set_default_timeout(HANG)
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: faults.append(f"error: {error}"))
        page.on("console", lambda message: message.type == "error" and faults.append(f"console: {message.text}"))
        # The pictures inside the page, data: and blob:, come from nowhere.
        page.on(
            "request",
            lambda r: r.url.startswith(("data:", "blob:", file.as_uri())) or faults.append(f"request: {r.url}"),
        )
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not faults
