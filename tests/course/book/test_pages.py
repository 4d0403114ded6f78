"""The pages of the book: whole, readable without pictures, and fetching nothing from elsewhere."""

import base64
import html.parser
import io
import re
import shutil
import urllib.parse

import numpy as np
import pytest
from PIL import Image

from seeing_tensors.course.book import law_pages
from seeing_tensors.course.book.pages import (
    finish_pages,
    functions_of,
    load_late,
    make_pages,
    name_folds,
    unpack_pixels,
)
from seeing_tensors.course.laws import Law
from seeing_tensors.course.laws.finding import laws
from seeing_tensors.course.repository import ROOT, lesson_files

# Tags whose address the browser fetches by itself. A link <a href> is followed only when somebody clicks it.
FETCHED = {
    "script": "src",
    "link": "href",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "object": "data",
}


class Page(html.parser.HTMLParser):
    """What a page fetches, what it links to, its ids, its pictures, its style sheets."""

    def __init__(self, text):
        super().__init__()
        self.fetches, self.links, self.ids, self.without_alt, self.styles = [], [], set(), [], ""
        self.in_style = False
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids |= {attributes.get("id"), attributes.get("name")}
        self.in_style = tag == "style"
        self.styles += attributes.get("style") or ""
        if attributes.get(FETCHED.get(tag)):
            self.fetches.append(attributes[FETCHED[tag]])
        self.fetches += [part.split()[0] for part in (attributes.get("srcset") or "").split(",") if part.strip()]
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        # What lies on a picture in dark is hidden, and says nothing a second time.
        if tag == "img" and "hidden" not in attributes and not (attributes.get("alt") or "").strip():
            self.without_alt.append(attributes.get("src"))

    def handle_data(self, data):
        if self.in_style:
            self.styles += data


def in_style_sheet(css):
    """The addresses that a style sheet fetches."""
    return re.findall(r"""url\(\s*["']?([^"')]+)""", css) + re.findall(r"""@import\s+["']([^"']+)""", css)


def is_elsewhere(address):
    return bool(re.match(r"(?:[a-z]+:)?//", address.strip(), flags=re.I))


def pages_of(folder):
    # In _static the theme keeps a template that is no page.
    files = [file for file in sorted(folder.rglob("*.html")) if "_static" not in file.parts]
    return {file.resolve(): Page(file.read_text(encoding="utf-8")) for file in files}


def from_elsewhere(folder):
    """What the pages and style sheets of a folder fetch from another machine."""
    fetched = [(file.name, a) for file, p in pages_of(folder).items() for a in p.fetches + in_style_sheet(p.styles)]
    fetched += [(f.name, a) for f in folder.rglob("*.css") for a in in_style_sheet(f.read_text(encoding="utf-8"))]
    return [f"{name}: {address}" for name, address in fetched if is_elsewhere(address)]


def broken_links(folder):
    """Links and addresses within the book that lead nowhere."""
    pages = pages_of(folder)
    faults = []
    for file, page in pages.items():
        for address in page.links + page.fetches:
            parts = urllib.parse.urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (file.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else file
            fragment = urllib.parse.unquote(parts.fragment)
            if not target.is_file() or (fragment and target in pages and fragment not in pages[target].ids):
                faults.append(f"{file.name}: {address}")
    return faults


def without_alt(folder):
    return [
        f"{file.name}: {str(source)[:60]}" for file, page in pages_of(folder).items() for source in page.without_alt
    ]


# ------------------------------------------------------------- the real book


def test_there_is_a_page_for_every_lesson(book):
    assert all((book / f"{lesson.stem}.html").is_file() for lesson in lesson_files(ROOT))


@pytest.mark.parametrize("rule", [from_elsewhere, broken_links, without_alt], ids=lambda rule: rule.__name__)
def test_pages(book, rule):
    faults = rule(book)
    assert not faults, "\n".join(faults)


def test_every_formula_is_mathml(book):
    for lesson in lesson_files(ROOT):
        page = (book / f"{lesson.stem}.html").read_text(encoding="utf-8")
        assert not [address for address in Page(page).fetches if "mathjax" in address.lower()]
        fences = re.findall(r"^# \$\$ *$", lesson.read_text(encoding="utf-8"), flags=re.M)
        assert page.count('display="block"') >= len(fences) // 2


def test_every_law_is_in_the_book(book):
    texts = {file: file.read_text(encoding="utf-8") for file in (book / "laws").glob("lesson_*.html")}
    assert len(laws()) > 100
    for law in laws():
        # Two functions may have laws of one name.
        pages = [text for text in texts.values() if f"How it is tested: <code>{law.name}</code>" in text]
        assert any(f'id="laws-of-{law.about.lower().replace("_", "-")}"' in page for page in pages), law.name


def test_a_new_law_appears_by_itself(monkeypatch):
    def the_sky_is_blue(normalize):
        """x * y_c is [at most] 2**-24, see `normalize`."""

    new = Law("normalize", 3, "mathematics", "the_sky_is_blue", the_sky_is_blue.__doc__, the_sky_is_blue)
    monkeypatch.setattr(law_pages, "laws", lambda: [new])
    pages = law_pages.pages(ROOT)
    assert set(pages) == {"index.md", "lesson_3.md"}
    assert r"x \* y\_c is \[at most\] 2\*\*-24, see `normalize`." in pages["lesson_3.md"]
    assert "def the_sky_is_blue(normalize):" in pages["lesson_3.md"] and "test_pages.py" in pages["lesson_3.md"]


def test_the_page_of_a_law_shows_what_its_test_calls_also_from_the_files_beside_it(tmp_path):
    (tmp_path / "strategies.py").write_text(
        "U = 2.0**-24\n\n\ndef sides():\n    return U\n\n\ndef unused():\n    return 1\n"
    )
    (tmp_path / "some.py").write_text(
        "from .strategies import sides\n\nfew = [sides()]\n\n\n"
        "@each(few)\ndef the_law(f, x):\n    return helper(f)\n\n\n"
        "def helper(f):\n    return f(0)\n"
    )
    called = law_pages._called(tmp_path / "some.py", "the_law")
    assert [(each.file, each.line, each.name) for each in called] == [
        ("some.py", 3, "few"),
        ("some.py", 11, "helper"),
        ("strategies.py", 1, "U"),
        ("strategies.py", 4, "sides"),
    ]


def test_a_page_of_laws_shows_the_helper_that_tests():
    page = law_pages.pages(ROOT)["lesson_3.md"]
    (law,) = (each for each in laws("normalize") if each.name == "equals_torchvision")
    section = law_pages._law(law)
    assert section in page and "What it calls: " in section and "MEAN, STD = " in section


def test_a_lesson_relies_on_what_it_proves_and_what_it_checks():
    script = 'st.prove("b")\nx = 1\nst.check(a)\nst.prove("b")\nst.check(C)\n# st.check(d)\n'
    assert functions_of(script) == ["b", "a", "C"]


def test_a_picture_in_a_file_has_the_same_pixels(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 4), dtype=np.uint8)
    inside = io.BytesIO()
    Image.fromarray(pixels).save(inside, "png")
    address = f"data:image/png;base64,{base64.b64encode(inside.getvalue()).decode()}"
    page = '<img alt="noise" src="{}"><p>"src={}" stays text</p>'
    (tmp_path / "laws").mkdir()
    for name, up in (("a.html", ""), ("laws/b.html", "../")):
        (tmp_path / name).write_text(page.format(address, address))
        for _ in range(2):  # the second time there is nothing to do
            finish_pages(tmp_path)
        (file,) = (tmp_path / "_images").iterdir()
        assert np.array_equal(np.asarray(Image.open(file)), pixels)
        assert (tmp_path / name).read_text() == page.format(f"{up}_images/{file.name}", address)


def test_all_pictures_but_the_first_come_late():
    first, second = (f'<img alt="{name}" width="4" height="3" src="a.png">' for name in "ab")
    late = second.replace("<img ", '<img loading="lazy" decoding="async" ')
    without_a_place = '<img alt="c" src="c.png">'
    assert load_late(first + second + without_a_place) == first + late + without_a_place
    assert load_late(first + late) == first + late


def test_folded_code_has_one_name():
    assert name_folds('<summary aria-label="Toggle hidden content">\n<p>Show the code</p>').startswith("<summary>\n<p>")


def test_no_page_says_other_words_than_one_sees(book):
    """myst-nb's own second name for a fold is gone; where it changes its words, this tells."""
    pages = "".join(file.read_text(encoding="utf-8") for file in pages_of(book))
    assert pages.count("Show the code</p>") > 50 and "<summary aria-label" not in pages


# -------------------------------------------------- planted faults are found


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('<script src="https://cdn.example/x.js"></script>', from_elsewhere),
        ('<link rel="stylesheet" href="//fonts.example/a.css">', from_elsewhere),
        ('<img alt="a" src="http://example.org/a.png">', from_elsewhere),
        ('<iframe src="HTTPS://example.org"></iframe>', from_elsewhere),
        ("<style>@import 'https://example.org/a.css'</style>", from_elsewhere),
        ('<p style="background: url(https://example.org/a.png)">', from_elsewhere),
        ('<a href="missing.html">', broken_links),
        ('<a href="#missing">', broken_links),
        ('<img alt="a" src="missing.png">', broken_links),
        ('<img src="data:,">', without_alt),
        ('<img alt=" " src="data:,">', without_alt),
    ],
)
def test_finds_a_planted_fault(tmp_path, text, rule):
    (tmp_path / "index.html").write_text(text)
    assert len(rule(tmp_path)) == 1


def test_finds_a_style_sheet_from_elsewhere(tmp_path):
    (tmp_path / "a.css").write_text("@font-face { src: url('https://fonts.example/a.woff2') }")
    assert len(from_elsewhere(tmp_path)) == 1


def test_lets_good_pages_pass(tmp_path):
    (tmp_path / "a.html").write_text('<p id="here"><a href="https://example.org">away</a> <a href="#here">up</a>')
    (tmp_path / "b.html").write_text('<a href="a.html#here">a</a><img alt="noise" src="data:image/png;base64,AA">')
    assert from_elsewhere(tmp_path) == broken_links(tmp_path) == without_alt(tmp_path) == []


def test_a_warning_fails_the_book_each_time(tmp_path, capfd):
    """A second build must not pass because Sphinx has read the faulty page already."""
    lessons, notebooks = tmp_path / "lessons", tmp_path / "build" / "notebooks"
    notebooks.mkdir(parents=True)
    shutil.copytree(ROOT / "lessons", lessons, ignore=shutil.ignore_patterns("[0-9]*.py", "scripts"))
    for _ in range(2):
        (notebooks / "index.md").write_text("# Home\n\n$\\notacommand{x}$ and $\\frac{1}{2}$\n")
        assert not make_pages(tmp_path, tmp_path / "build")
        assert "latex2mathml cannot draw \\notacommand" in capfd.readouterr().err
    (notebooks / "index.md").write_text("# Home\n\n$\\frac{1}{2}$\n")
    assert make_pages(tmp_path, tmp_path / "build")
    assert "<mfrac>" in (tmp_path / "build" / "book" / "index.html").read_text(encoding="utf-8")


def test_what_is_known_of_pixels_is_a_script_beside_the_page(tmp_path):
    data = '[{"at":[0,0,1,1],"bytes":"AA"}]'
    page = f'<script type="application/json" class="st-pixels">{data}</script><p>text</p>'
    lighter = unpack_pixels(page, tmp_path, "../_images")
    (file,) = tmp_path.glob("*.js")
    address = f"../_images/{file.name}"
    assert lighter == f'<script type="application/json" class="st-pixels" data-file="{address}"></script><p>text</p>'
    assert file.read_text() == f"(globalThis.stPixels ??= {{}})['{address}'] = {data};\n"
    assert unpack_pixels(lighter, tmp_path, "../_images") == lighter
