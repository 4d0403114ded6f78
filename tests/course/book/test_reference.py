"""The reference: every public name, whole, found by the search, and reached from the code of the lessons."""

from __future__ import annotations

import inspect
import json
import re

import numpy as np
import pytest

import seeing_tensors
from seeing_tensors.course.book import reference_pages
from seeing_tensors.course.book.pages import link_names
from seeing_tensors.course.laws.finding import laws
from seeing_tensors.course.repository import ROOT, page_files

NAMES = seeing_tensors.__all__


@pytest.fixture(scope="module")
def entries():
    """What the reference says of each name."""
    text = "".join(reference_pages.pages(ROOT).values())
    parts = re.split(r"^\(st-(\w+)\)=$", text, flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_public_name_has_its_entry_and_a_line_in_the_table(entries):
    assert sorted(entries) == NAMES
    contents = reference_pages.pages(ROOT)["index.md"]
    assert re.findall(r"^\| \[`(\w+)`\]\(st-\1\) \| \S.{20,} \|$", contents, flags=re.M) == [
        name for names in seeing_tensors.MODULES.values() for name in names
    ]


def words(text):
    """The words of a text, without marks: what a docstring and its entry have in common."""
    return re.findall(r"\w+", re.sub(r"\{code-block\} \w+|# doctest:.*|\(st-\w+\)|\\", "", text))


@pytest.mark.parametrize("name", NAMES)
def test_an_entry_says_all_that_the_docstring_says(entries, name):
    value = getattr(seeing_tensors, name)
    entry = entries[name]
    if not callable(value):
        assert f"st.{name} = " in entry and len(entry.split("````")[-1].split()) > 5
        return
    missing = [word for word in words(inspect.getdoc(value)) if word not in [*words(entry), "Args"]]
    assert missing == []
    # An example is code, and a section is a list; nothing of them is left in running text.
    prose = re.sub(r"^(````|```\{rubric).*?^(````|```)$", "", entry, flags=re.M | re.S)
    assert ">>>" not in prose and not re.search(r"^(Args|Raises|Attributes):", prose, flags=re.M)
    assert "{code-block} pycon\n>>> " in entry


def test_an_entry_counts_the_laws_and_names_the_lesson(entries):
    of_unseen = laws("unseen")
    counted = [
        f"{sum(law.rank == rank for law in of_unseen)} of {rank}" for rank in ("mathematics", "range", "manners")
    ]
    assert f"[{len(of_unseen)}](laws-of-unseen): {', '.join(counted)}" in entries["unseen"]
    assert "Taught in\n: {doc}`lesson 2 </02_floats_and_the_display>`" in entries["unseen"]
    assert "torch_in_one_line" not in entries["unseen"] and "[how it was measured](../speed.md)" in entries["unseen"]
    assert "Laws\n" not in entries["STYLE"] and "How fast" not in entries["STYLE"]


def test_a_long_signature_has_a_line_for_each_argument():
    def short(x: int, *, y=1) -> str: ...

    def long(image: np.ndarray, *, first: str | None = None, second: float = 0.5, third: int = 3): ...

    assert reference_pages._signature("st.short", short) == "st.short(x: int, *, y=1) -> str"
    assert reference_pages._signature("st.long", long).splitlines() == [
        "st.long(",
        "    image: np.ndarray,",
        "    *,",
        "    first: str | None = None,",
        "    second: float = 0.5,",
        "    third: int = 3,",
        ")",
    ]


# ------------------------------------------------------------------ the links


def code(name, module="st"):
    return f'<span class="n">{module}</span><span class="o">.</span><span class="n">{name}</span>'


def unlinked(page):
    """The public names in a page's code that lead nowhere."""
    return [name for name in re.findall(code(r"(\w+)"), page) if name in NAMES]


def test_a_name_in_code_is_a_link_and_reads_as_before():
    page = f"<pre>{code('read_image')}({code('nothing')}, {code('show', 'plt')})</pre>"
    linked = link_names(page, "../reference")
    target = '<a class="in-code" href="../reference/reading.html#st-read-image"><span class="n">read_image</span></a>'
    assert linked == page.replace('<span class="n">read_image</span>', target)
    # A page that is finished stays as it is; one whose links have grown old gets new ones.
    assert link_names(linked, "../reference") == link_names(link_names(page, "old"), "../reference") == linked
    assert unlinked(page) == ["read_image"] and unlinked(linked) == []
    assert re.sub("<[^>]+>", "", linked) == re.sub("<[^>]+>", "", page)


def test_every_name_in_a_lesson_leads_to_the_reference(book):
    for lesson in page_files(ROOT):
        page = (book / f"{lesson.stem}.html").read_text(encoding="utf-8")
        assert unlinked(page) == []
        links = set(re.findall(r'class="in-code" href="reference/(\w+\.html)#([\w-]+)"', page))
        assert len(links) >= 2
        for file, anchor in links:
            assert f'id="{anchor}"' in (book / "reference" / file).read_text(encoding="utf-8"), (file, anchor)


def test_the_search_knows_every_name(book):
    index = (book / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(index.removeprefix("Search.setIndex(").removesuffix(")"))
    for name in NAMES:
        places = [index["docnames"][document] for document, _ in index["alltitles"][name]]
        assert any(place.startswith("reference/") for place in places), name
