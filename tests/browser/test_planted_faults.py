"""Each check finds the fault that it is there for, and no other check takes it for its own."""

import re

import checks
import numpy as np
import pytest
from checks import CHECKS, MODES, faults_of, light_enough, opened
from matplotlib.figure import Figure

import seeing_tensors as st
from seeing_tensors.course.repository import ROOT
from seeing_tensors.figures import markup

PICTURE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)
WHITE = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4////fwAJ+wP9KobjigAAAABJRU5E"
    "rkJggg=="
)
DARK = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGMQERH5DwABuAE8a9JwDAAAAABJRU5E"
    "rkJggg=="
)
FULL_SCREEN = (ROOT / "lessons/static/full_screen.js").read_text(encoding="utf-8")
INSPECT = (ROOT / "lessons/static/inspect.js").read_text(encoding="utf-8")
FIGURE = Figure((1, 1))
st.show(np.array([[0, 0.5], [1, 2]]), FIGURE.subplots())
PIXELS = re.search('class="st-pixels">(.*?)</script>', markup(FIGURE, alt="a", caption="b"))[1]
GOOD = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A page — Seeing Tensors</title>
<meta name="description" content="A page that keeps all that the checks ask for.">
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  body {{ background: #fff; color: #222; margin: 16px }}
  :focus-visible {{ outline: 3px solid #0a7aff }}
  figure {{ position: relative }}
  @media (prefers-color-scheme: dark) {{
    body {{ background: #111; color: #eee }}
    a {{ color: #8bf }}
    figure > img[hidden] {{ display: block; position: absolute; left: 0; top: 0 }}
  }}
  table :nth-child(2) {{ text-align: right }}
  dialog {{ border: 0; height: 100dvh; max-height: none; max-width: none; padding: 9px; width: 100vw }}
  dialog > figure {{ width: fit-content }}
</style></head><body><main class="bd-article">
<h1 id="top">A page</h1>
<p>Words, <a href="#top">a link</a>, and <a href="other.html#here">another</a>.</p>
<article><table class="table"><tr><th>what</th><th>how much</th></tr><tr><td>a</td><td>9.5 %</td></tr></table></article>
<details><summary>Hint</summary><a href="#top">folded</a></details>
<img alt="A red square, one pixel high and one pixel wide, on white." src="{PICTURE}" width="64" height="64">
<figure><img alt="A white square on light paper, which is dark paper in dark." src="{WHITE}" width="64" height="64">
<img alt="" hidden loading="lazy" src="{DARK}" width="64" height="64">
<figcaption>Paper.</figcaption>
<script type="application/json" class="st-pixels">{PIXELS}</script></figure>
<figure data-live="square">
<img alt="A still picture of the figure that the reader can move." src="{PICTURE}" width="64" height="64">
<script>
  const figure = document.currentScript.parentElement;
  figure.insertAdjacentHTML("beforeend", '<label>Width <input type="range" max="300" value="64"></label>');
  figure.insertAdjacentHTML("beforeend", '<canvas width="64" height="64"></canvas>');
  const [input, canvas] = figure.querySelectorAll("input, canvas");
  const draw = () => canvas.getContext("2d").fillRect(0, 0, input.value / 5, 64);
  input.addEventListener("input", () => {{ canvas.width = 64; draw(); }});
  draw();
  figure.dataset.started = "yes";
</script><figcaption>A square.</figcaption></figure>
<script>{FULL_SCREEN}</script><script>{INSPECT}</script>
</main></body></html>"""


@pytest.fixture
def faults(chromium, tmp_path):
    (tmp_path / "other.html").write_text('<p id="here">')

    def find(text, mode="light"):
        (tmp_path / "page.html").write_text(text, encoding="utf-8")
        with opened(chromium, tmp_path / "page.html", mode) as visit:
            return faults_of(visit)

    return find


@pytest.mark.parametrize("mode", MODES)
def test_a_good_page_passes(faults, mode):
    assert faults(GOOD, mode) == {}


PLANTED = [
    ("a script from elsewhere", "</main>", '<script src="https://cdn.example/x.js"></script></main>', ["stays_here"]),
    (
        "a style from elsewhere",
        "</main>",
        '<style>@import "https://fonts.example/x.css"</style></main>',
        ["stays_here"],
    ),
    (
        "a request by a script",
        "draw();\n  figure",
        "draw(); fetch('https://example.org').catch(() => 0);\n  figure",
        ["stays_here"],
    ),
    ("a script that fails", "</main>", "<script>missing()</script></main>", ["no_errors"]),
    ("a promise that fails", "</main>", "<script>Promise.reject(new Error('no'))</script></main>", ["no_errors"]),
    ("an error in the console", "</main>", "<script>console.error('no')</script></main>", ["no_errors"]),
    ("a script that is not there", "</main>", '<script src="gone.js"></script></main>', ["nothing_missing"]),
    ("a block of 1300 px", "</main>", '<div style="width: 1300px">wide</div></main>', ["fits"]),
    (
        "printed words that break anywhere",
        "</main>",
        '<pre style="width: 20ch; white-space: pre-wrap; word-break: break-all">it raises ValueErrors</pre></main>',
        ["words_are_whole"],
    ),
    (
        "a name in code with a hyphen",
        "</main>",
        '<p style="width: 22ch; hyphens: auto">It is called <code>representation</code></p></main>',
        ["words_are_whole"],
    ),
    (
        "no alt",
        'alt="A red square, one pixel high and one pixel wide, on white."',
        "",
        ["accessible", "pictures_have_words"],
    ),
    ("an empty alt", "A red square, one pixel high and one pixel wide, on white.", "", ["pictures_have_words"]),
    (
        "a short alt",
        "A red square, one pixel high and one pixel wide, on white.",
        "A red square",
        ["pictures_have_words"],
    ),
    (
        "the name of a file as alt",
        "A red square, one pixel high and one pixel wide, on white.",
        "../build/notebooks/03_inverse_normalize_files/figure_1.png",
        ["pictures_have_words"],
    ),
    ("low contrast", "color: #222", "color: #aaa", ["accessible"]),
    (
        "a kind of word in code that nobody can read, seen first in a fold",
        "</main>",
        "<style>.k { color: #bbb }</style>"
        + "".join(
            f"{fold}<pre><span class=k>def</span></pre></details>" for fold in ("<details><summary>A</summary>", "")
        )
        + "</main>",
        ["accessible"],
    ),
    ("a button without a name", "</main>", "<button></button></main>", ["accessible"]),
    ("a dead link", 'href="other.html#here"', 'href="gone.html"', ["links_lead_somewhere"]),
    ("a dead anchor", 'href="other.html#here"', 'href="other.html#gone"', ["links_lead_somewhere"]),
    ("a dead anchor here", '<a href="#top">a link', '<a href="#gone">a link', ["links_lead_somewhere"]),
    ("a title that says its name twice", "A page — S", "Seeing Tensors — S", ["says_what_it_is"]),
    ("no description", 'name="description"', 'name="other"', ["says_what_it_is"]),
    ("two names for one fold", "<summary>", '<summary aria-label="Toggle hidden content">', ["named_as_seen"]),
    (
        "contents with a stale mark",
        "</main>",
        (
            '<nav class="page-toc" aria-label="Contents"><a href="#top" aria-current="true">A page</a> '
            '<a href="#end">The end</a></nav>'
            '<p style="height: 900px"></p><h2 id="end">The end</h2></main>'
        ),
        ["contents_follow"],
    ),
    ("a dark picture in light", "hidden loading", 'hidden style="display: block" loading', ["dark_pictures"]),
    ("pixels that nobody can ask", "addInspector(data.parentElement)", "", ["pixels_are_told"]),
    ("pixels that no mouse finds", '"pointermove"', '"nothing"', ["pixels_are_told"]),
    ("pixels that no key finds", '"keydown", async', '"nothing", async', ["pixels_are_told"]),
    ("numbers set to the left", "text-align: right", "text-align: left", ["numbers_under_numbers"]),
    ("no full screen", 'addEventListener("load", addFullScreen)', "", ["figures_fill_the_screen"]),
    ("a full screen that does not fill", "figure.style.zoom = Math.max", "Math.max", ["figures_fill_the_screen"]),
    ("arrow keys that do nothing", "    show(at + step);", "", ["figures_fill_the_screen"]),
    (
        "a figure that stays away",
        "    hole.replaceWith(figures[at]);",
        "    hole.remove();",
        ["figures_fill_the_screen"],
    ),
    ("no visible focus", "outline: 3px solid #0a7aff", "outline: none", ["keyboard_reaches"]),
    (
        "a trap for the keyboard",
        "</main>",
        "<script>document.querySelector('summary').onkeydown = (e) => e.preventDefault()</script></main>",
        ["keyboard_reaches"],
    ),
    ("a slider that does nothing", 'addEventListener("input"', 'addEventListener("nothing"', ["live_figures_live"]),
    (
        "a broken slider",
        "canvas.width = 64; draw()",
        "canvas.width = undefined_width; draw()",
        ["live_figures_live", "no_errors"],
    ),
    (
        "a control that moves under the pointer",
        "draw();\n  figure",
        "draw(); input.addEventListener('input', () => (canvas.style.margin = `${input.value}px`));\n  figure",
        ["live_figures_live"],
    ),
    (
        "a live figure that does not start",
        "draw();\n  figure",
        "undefined_function();\n  figure",
        ["live_figures_live", "no_errors"],
    ),
    (
        "a jump",
        "</main>",
        (
            "<script>onload = () => requestAnimationFrame(() => setTimeout(() => { "
            "document.querySelector('h1').style.marginTop = "
            "'400px' }))</script><p style='height: 500px'>Words</p></main>"
        ),
        ["stays_put"],
    ),
    (
        "a question without its script",
        "</main>",
        '<div class="st-predict" data-part="question"><p>Which?</p></div></main>',
        ["questions_are_asked"],
    ),
    (
        "an answer that is given away",
        "</main>",
        '<details open class="st-predict" data-part="answer" data-started="yes"><summary>So</summary></details></main>',
        ["questions_are_asked"],
    ),
    (
        "a question that is never answered",
        "</main>",
        (
            '<div class="st-predict" data-part="question" data-started="yes"><form></form>'
            """<script type='application/json'>{"key": "abc"}</script></div></main>"""
        ),
        ["questions_are_asked"],
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "expected"), [plant[1:] for plant in PLANTED], ids=[plant[0] for plant in PLANTED]
)
def test_finds(faults, monkeypatch, old, new, expected):
    if expected == ["pixels_are_told"]:
        monkeypatch.setattr(checks, "WAIT", 2_000)  # in vain
    assert old in GOOD
    assert sorted(faults(GOOD.replace(old, new, 1))) == expected


def test_finds_what_only_a_phone_or_the_dark_shows(faults):
    assert list(faults(GOOD.replace("</main>", '<div style="width: 900px">wide</div></main>'), "phone")) == ["fits"]
    assert faults(GOOD.replace("</main>", '<div style="width: 900px">wide</div></main>')) == {}
    assert list(faults(GOOD.replace("color: #eee", "color: #333"), "dark")) == ["accessible"]
    assert list(faults(GOOD.replace("hidden] {", "hidden] { opacity: 0;"), "dark")) == ["dark_pictures"], "a light card"
    assert list(faults(GOOD.replace("left: 0; top: 0", "left: 9px; top: 0"), "dark")) == ["dark_pictures"]


def test_finds_a_heavy_page(chromium, tmp_path):
    (tmp_path / "heavy.js").write_text("//" + "x" * 4_000_000)
    (tmp_path / "page.html").write_text(GOOD.replace("</main>", '<script src="heavy.js"></script></main>'))
    with opened(chromium, tmp_path / "page.html") as visit:
        assert len(light_enough(visit)) == 1


def test_every_check_has_a_planted_fault():
    planted = {name for plant in PLANTED for name in plant[3]}
    assert {check.__name__ for check in CHECKS} == planted
