"""Every page of the book, from file://, in light, in dark and on a phone."""

import nbformat
import pytest
from checks import MODES, faults_of, light_enough, opened, weight

from seeing_tensors import MODULES
from seeing_tensors.course.book import lessons
from seeing_tensors.course.repository import ROOT, lesson_files, page_files

LESSONS = [lesson.stem for lesson in lesson_files(ROOT)]
WRITTEN = [page.stem for page in page_files(ROOT)]  # the lessons and their appendices
LAWS = ["laws/index"] + [f"laws/lesson_{int(lesson[:2])}" for lesson in LESSONS]
REFERENCE = [f"reference/{name}" for name in dict.fromkeys(module.partition(".")[0] for module in MODULES)]
PAGES = [
    "index",
    *WRITTEN,
    *LAWS,
    "reference/index",
    *REFERENCE,
    "teaching",
    "peers",
    "files",
    "speed",
    "search",
    "genindex",
]
# Pages of text, code and tables, made by one program: one of each is looked at in dark, and of the reference anywhere.
OTHERS = [name for name in REFERENCE if name != "reference/wandb_images"]
ALIKE = {"light": OTHERS, "dark": [*LAWS[2:], *OTHERS, "files", "speed"], "phone": OTHERS}


def told(faults):
    return "\n".join(f"{name}: {fault}" for name, found in faults.items() for fault in found)


def test_no_page_is_left_out(book):
    found = {
        file.relative_to(book).with_suffix("").as_posix()
        for file in book.rglob("*.html")
        if "_static" not in file.parts
    }
    assert found == set(PAGES)


@pytest.mark.parametrize(
    ("name", "mode"), [(name, mode) for name in PAGES for mode in MODES if name not in ALIKE.get(mode, ())]
)
def test_page(chromium, book, record_property, name, mode):
    with opened(chromium, book / f"{name}.html", mode) as visit:
        if mode == "light":
            picture = visit.seen["picture"]
            first = f"first picture after {picture:4.0f} ms" if picture else "no picture"
            shift = f"layout shift {visit.seen['jumps']:.3f}"
            record_property("page", f"{name:28} {weight(visit) / 1e6:5.2f} MB   {first}   {shift}")
        faults = faults_of(visit)
        if name in (*WRITTEN, "index", "teaching"):
            faults["light_enough"] = light_enough(visit)
        if (name, mode) == ("index", "light"):
            width = visit.page.locator(".home-area").bounding_box()["width"]
            faults["large"] = [] if width >= 560 else [f"the picture that moves is {width} px wide"]
    assert not any(faults.values()), told(faults)


def test_search_finds_a_word(chromium, book):
    with opened(chromium, book / f"{LESSONS[2]}.html") as visit:
        page = visit.page
        page.keyboard.press("Control+k")
        page.keyboard.type("clipped")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search.html?q=clipped*")
        page.wait_for_selector("#search-results li a")
        found = page.eval_on_selector_all("#search-results li a", "(links) => links.map((link) => link.href)")
    assert any(LESSONS[2] in address for address in found)


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_can_be_taken_away(chromium, book, tmp_path, lesson):
    """From file:// too, where a browser shows what it should save."""
    with opened(chromium, book / f"{lesson}.html") as visit:
        for suffix in ("ipynb", "py"):
            with visit.page.expect_download() as download:
                visit.page.locator(f".lesson-downloads a[download$='.{suffix}']").click()
            assert download.value.suggested_filename == f"{lesson}.{suffix}"
            download.value.save_as(tmp_path / download.value.suggested_filename)
    script = ROOT / "lessons" / f"{lesson}.py"
    assert (tmp_path / f"{lesson}.py").read_bytes() == script.read_bytes()
    notebook = nbformat.read(tmp_path / f"{lesson}.ipynb", as_version=4)
    nbformat.validate(notebook)
    assert [cell.source for cell in notebook.cells] == [cell.source for cell in lessons.convert(script).cells]


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_names_the_laws_it_relies_on(chromium, book, lesson):
    """Each link leads to the very place of the function, where there is at least one law."""
    with opened(chromium, book / f"{lesson}.html") as visit:
        links = visit.page.eval_on_selector_all(
            ".lesson-end li a", "(links) => links.map((a) => [a.innerText, a.href])"
        )
        assert len(links) >= 3
        for name, address in links[:2]:
            visit.page.goto(address)
            section = visit.page.locator(f"section:has(> h2 :text-is('{name}'))")
            assert section.locator(".law").count() >= 1
            assert visit.page.locator(":target").evaluate("(e) => e.getBoundingClientRect().top") < 300


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_a_lesson_prints_as_a_handout(chromium, book, mode):
    with opened(chromium, book / f"{LESSONS[2]}.html", mode) as visit:
        page = visit.page
        # A browser that prints loads what is not yet loaded; emulating does not.
        page.eval_on_selector_all(
            "figure > img:not([hidden])",
            "(all) => Promise.all(all.map((image) => { image.loading = 'eager'; return image.decode(); }))",
        )
        page.emulate_media(media="print")
        shown = lambda selector: [e for e in page.query_selector_all(selector) if e.is_visible()]  # noqa: E731
        assert len(shown("h1")) == 1
        for screen_only in (
            ".bd-sidebar-primary",
            ".bd-sidebar-secondary",
            "#pst-search-dialog",
            "button",
            ".lesson-end",
            ".st-stage",
        ):
            assert not shown(screen_only), screen_only
        assert len(shown("figure > img")) == len(page.query_selector_all("figure > img:not([hidden])")) >= 5
        assert page.query_selector_all("details") and not shown("details")  # nobody opens one on paper
        assert page.query_selector_all(".highlight.answer") and not shown("div.cell:has(.highlight.answer)")
        # The hole that a figure can leave on the page before is never higher than this: 8 cm.
        assert max(e.bounding_box()["height"] for e in shown("figure > img")) < 305
        assert page.query_selector_all(".tag_hide-input .cell_input") and not shown(".tag_hide-input .cell_input")
        style = (
            "(e) => [getComputedStyle(e).breakBefore, getComputedStyle(e).backgroundColor, getComputedStyle(e).color]"
        )
        assert page.eval_on_selector("section#your-turn", style)[0] == "page"
        assert page.eval_on_selector("body", style)[1:] == ["rgb(255, 255, 255)", "rgb(0, 0, 0)"]
        assert page.eval_on_selector("figure", "(e) => getComputedStyle(e).breakInside") == "avoid"
        assert 8 <= page.pdf(format="A4").count(b"/Type /Page\n") <= 24
