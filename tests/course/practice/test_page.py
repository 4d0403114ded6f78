"""What the judge says is the same on a page and in a terminal, and no line breaks inside a word or inside code."""

import html
import io
import re
import sys

import numpy as np
import pytest
import torch

import seeing_tensors as st
from seeing_tensors.course.laws import expect_same, law
from seeing_tensors.course.laws.finding import laws
from seeing_tensors.course.laws.report import LawBroken
from seeing_tensors.course.practice import notebook, page, verdicts
from seeing_tensors.course.practice.verdicts import Verdict


def unseen(x): ...


def inverse_mean_std(mean, std):
    return tuple(-m for m in mean), tuple(1 / s for s in std)


def inverse_normalize(x, mean, std):
    return x * torch.tensor(std).view(-1, 1, 1) + torch.tensor(mean).view(-1, 1, 1)


def resize_mask(mask, height, width):
    return st.resize_mask(mask[::-1], height, width)


def stopped():
    why = "no end after 8 seconds, in the law: Everything below 0 is counted"
    return page.said(Verdict("unseen", "stopped", why=why, following="find what has no end, or ends Python."))


def proof():
    chosen = [each.sentence for each in laws("normalize")]
    return page.proven("normalize", chosen[:2], [(sentence, 20) for sentence in chosen[2:]], 169)


CASES = {
    "not written": lambda: notebook.judgement(unseen),
    "broken": lambda: notebook.judgement(inverse_mean_std),
    "broken, a small table": lambda: notebook.judgement(resize_mask),
    "solved": lambda: notebook.judgement(inverse_normalize),
    "solved, star 2": lambda: notebook.judgement(inverse_normalize, star=2),
    "unbreakable": lambda: notebook.judgement(st.inverse_mean_std),
    "stopped": stopped,
    "proof": proof,
}


@pytest.fixture(scope="module", params=CASES)
def parts(request):
    return CASES[request.param]()


def read(text):
    return " ".join(text.split())


def words_on(markup):
    """The words of HTML in their order; of a figure, what a terminal says of it; without folds that it leaves out."""
    markup = re.sub(r"<(style|script)\b.*?</\1>", "", markup, flags=re.S)
    markup = re.sub(
        r'<figure[^>]*><img alt="([^"]+)".*?<figcaption>(.*?)</figcaption></figure>', r" [figure] \2 \1 ", markup
    )
    markup = re.sub(r"(<details><summary>(?:(?!</summary>).)*✓.*?</summary>).*?</details>", r"\1", markup)
    markup = re.sub(r"</?(code|strong|em|span|a|wbr)\b[^>]*>", "", markup)
    return read(html.unescape(re.sub(r"<[^>]+>", " ", markup)))


def test_a_page_and_a_terminal_say_the_same_words_in_the_same_order(parts):
    assert words_on(page.as_html(parts)) == read(page.as_text(parts)).replace("`", "")


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_lines_break_between_words_and_never_inside_code(parts, columns):
    text = page.as_text(parts, columns)
    assert read(text) == read(page.as_text(parts, 10_000))  # a word in two would be another word
    assert all("`" not in line or line.count("`") % 2 == 0 for line in text.splitlines())
    for line in text.splitlines():
        assert len(line) <= columns or line.startswith("  again  ") or len(line.split()) <= 2 or "`" in line, line


def test_what_follows_hangs_under_its_beginning():
    lines = page.as_text(CASES["broken"](), 60).splitlines()
    first = lines.index("  law       The second Normalize has mean -m / s and std 1 /")
    assert lines[first + 1] == "            s. Here float32 is enough."


def test_the_line_to_paste_is_whole_and_works():
    text = page.as_text(CASES["broken, a small table"](), 40)
    (again,) = re.findall(r"^  again     (.*)$", text, re.M)
    assert len(again) > 60
    scope = {"resize_mask": resize_mask}
    exec(again, scope)


def test_the_broken_law_comes_first_and_what_to_do_last():
    parts = CASES["broken"]()
    kinds = [type(part).__name__ for part in parts]
    assert kinds[:4] == ["Headline", "Portraits", "Report", "Table"] and parts[-1].label == "Next"
    assert parts[2].rows[0] == ("law", "The second Normalize has mean -m / s and std 1 / s. Here float32 is enough.")
    assert parts[2].rows[-1][0] == "tested"


def test_where_it_is_tested_is_said():
    (_, place) = CASES["broken"]()[2].rows[-1]
    file, line = place.split(":")
    lines = (st.data_path(".").parent / file).read_text(encoding="utf-8").splitlines()[int(line) - 1 :]
    assert lines[0].startswith("@law(") and "The second Normalize has mean -m / s" in "\n".join(lines[:10])


def test_what_holds_is_counted_and_folded_and_what_is_open_is_listed():
    markup = page.as_html(CASES["solved"]())
    held, opened = re.findall(r"<details><summary>(.*?)</summary><ul>(.*?)</ul></details>", markup)
    assert "✓</span> 4 laws of mathematics held, 61 cases" in held[0] and held[1].count("<li>") == 4
    assert "○</span> The second star" in opened[0] and opened[1].count("<em>range</em>") == 6
    assert " open>" not in markup and "<script" not in markup.replace('<script type="application/json"', "")


def test_no_sign_stands_without_a_word_and_none_is_read_aloud(parts):
    markup = page.as_html(parts)
    for sign in re.findall(r"<span[^>]*>[✓✗○]</span>", markup):
        assert 'aria-hidden="true"' in sign
    words = words_on(markup)
    assert not re.search(r"[✓✗○] ?$", words)
    for line in page.as_text(parts).splitlines():
        assert line.strip() not in ("✓", "✗", "○")


# ------------------------------------------------------------------ small tables


def places(function, expected, *given):
    @law("change", lesson=0, rank="mathematics")
    def changes(change):
        """It is changed."""
        expect_same(change(*given), expected)

    with pytest.raises(LawBroken) as broken:
        changes.run(function)
    return verdicts._places(broken.value)


def test_a_small_array_is_a_table_and_what_is_wrong_is_marked():
    x = np.array([[1, 2], [3, 40]])
    assert places(lambda x: np.array([[1, 20, 3]]).T.repeat(2, 1), np.array([[1, 1], [2, 20], [3, 3]]), x) == [
        ("given", "got", "expected"),
        ("1   2", " 1   1 ", "1   1"),
        ("3  40", "20✗ 20 ", "2  20"),
        ("", " 3   3 ", "3   3"),
    ]


def test_a_few_wrong_numbers_are_told_place_by_place():
    x = torch.tensor([0.0, 0.25, 0.5])
    assert places(lambda x: x * 2, torch.tensor([0.0, 0.125, 0.25]), x) == [
        ("at", "given", "got", "expected"),
        ("[1]", "0.25", "0.5", "0.125"),
        ("[2]", " 0.5", "  1", " 0.25"),
    ]


@pytest.mark.parametrize("size", [1, 7, 100])
def test_one_number_and_many_stand_in_the_report_alone(size):
    assert places(lambda x: x + 1, np.zeros(size), np.zeros(size)) == []


# ------------------------------------------------------------------ on a page


def test_code_may_break_behind_a_comma_or_an_opening_bracket_of_a_call_but_in_no_name():
    pieces = page._code("torch.tensor([[0.5]], dtype=torch.float32).permute(1, 0)").split("<wbr>")
    assert pieces == ["torch.tensor(", "[[0.5]], dtype=", "torch.float32).permute(", "1, 0)"]
    assert page._code("f(x)<b>").startswith("f(<wbr>x)&lt;b&gt;")


def test_addresses_are_links_and_a_minus_stays_with_its_number():
    linked = page._inline("Seen: https://example.org/a/b. It is -m / s, see `x`.")
    assert 'href="https://example.org/a/b"' in linked and ">-m</span> / s, see <code>x</code>." in linked


def test_all_is_escaped():
    report = [("law", "1 < 2 & 3"), ("got", "<tensor float32 (1,)>")]
    verdict = Verdict("unseen", "broken", title="a <b>", report=report, mistake="x < y")
    markup = page.as_html(page.said(verdict))
    assert "<b>" not in markup and "1 &lt; 2 &amp; 3" in markup and "&lt;tensor" in markup and "x &lt; y" in markup


# ------------------------------------------------------------------ in a terminal


def test_a_terminal_has_its_width_and_a_file_80_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    assert page.width() == 80
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert page.width() == 100
    monkeypatch.setenv("COLUMNS", "7")
    assert page.width() == 40


def test_a_terminal_without_the_signs_still_has_the_words(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    page.put("✗ unseen: broken")
    stream.flush()
    assert stream.buffer.getvalue() == b"? unseen: broken\n"


def test_where_html_can_be_shown_check_and_prove_show_it(monkeypatch, capsys):
    IPython = pytest.importorskip("IPython")
    shown = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: True)
    monkeypatch.setattr("IPython.display.display", shown.append)
    st.check(unseen)
    st.prove("split_view")
    assert [each.data[:22] for each in shown] == ['<div class="st-judge">'] * 2 and capsys.readouterr().out == ""
    assert "<summary>" in shown[1].data


def test_the_number_of_laws_is_marked_for_a_link_to_them():
    assert '<span data-laws="unseen">2 laws</span> for solved, 11 more' in page.as_html(CASES["not written"]())
    assert '<span data-laws="normalize">21 laws</span> held' in page.as_html(proof())
