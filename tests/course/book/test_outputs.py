"""What cells print and what the judge says, on a page of the book."""

import re

from seeing_tensors.course.book import home_page
from seeing_tensors.course.book.outputs import with_hanging_lines, with_links_to_laws
from seeing_tensors.course.practice import page

PRINTED = (
    '<div class="output stream highlight-myst-ansi notranslate"><div class="highlight"><pre><span></span>{}</pre></div>'
)


def test_a_long_line_that_a_cell_prints_is_an_element_of_its_own_and_the_text_is_as_it_was():
    lines = "float32 (C 3, H 512, W 384) contiguous | 0 … 1\nshort\n\n[[1 &lt; 2]]                           &gt;\n"
    made = with_hanging_lines(PRINTED.format(lines))
    assert (
        made.count('<span class="long-line">') == 2
        and ' <span class="part">| 0 … 1</span>' in made
        and '">short' not in made
    )
    assert re.sub(r"</?span[^>]*>", "", made) == re.sub(r"</?span[^>]*>", "", PRINTED.format(lines))


def test_a_color_over_several_lines_and_code_stay_as_they_are():
    colored = PRINTED.format(f'<span class="ansi">{"word " * 9}\n{"word " * 9}</span>')
    code = f'<div class="highlight"><pre>{"word " * 9}</pre></div>'
    assert with_hanging_lines(colored + code) == colored + code


def test_the_number_of_laws_leads_to_them_where_there_is_a_page():
    said = page.as_html([page.Headline(page.OPEN, "unseen", "not written yet. 2 laws for solved")])
    linked = with_links_to_laws(said, lambda name: f"laws/lesson_2.html#laws-of-{name}")
    assert (
        '<a class="laws" href="laws/lesson_2.html#laws-of-unseen"><span data-laws="unseen">2 laws</span></a>' in linked
    )
    assert with_links_to_laws(said, lambda name: "") == said


def test_the_home_page_shows_what_the_judge_says_of_a_published_mistake():
    shown = home_page.judged()
    assert shown.index("✗") < shown.index("<figure") < shown.index("breaks a law of lesson 3")
    assert "This is what you get when " in shown and shown.count("<figure") == 1
