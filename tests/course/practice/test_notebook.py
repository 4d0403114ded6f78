"""What `prove`, `check` and `answer` say in a lesson. (test_laws.py holds the library to the laws that they run.)"""

import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

import seeing_tensors as st
from seeing_tensors.course.laws import museum
from seeing_tensors.course.laws.finding import judged, laws
from seeing_tensors.course.practice import portraits, verdicts
from seeing_tensors.course.practice.exercises import exercises

ALL = exercises()
EACH = pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)


def plain(x, mean, std):
    return x * torch.tensor(std).view(-1, 1, 1) + torch.tensor(mean).view(-1, 1, 1)


def named(name, function):
    function.__name__ = name
    return function


def printed(capsys, function):
    st.check(function)
    return capsys.readouterr().out


def in_one_line(text):
    return " ".join(text.split())


@EACH
def test_the_blank_is_not_written_yet(exercise, capsys):
    scope = {"st": st}
    exec(exercise.blank, scope)
    first, second = (
        len(verdicts.laws_of(exercise.name, ranks)) for ranks in (verdicts.FIRST_STAR, verdicts.SECOND_STAR)
    )
    said = in_one_line(printed(capsys, scope[exercise.name]))
    laws = "law" if first == 1 else "laws"
    assert said == f"○ {exercise.name}: not written yet. {first} {laws} for solved, {second} more for unbreakable."


@EACH
def test_the_answer_is_the_librarys_own_source(exercise, capsys):
    st.answer(exercise.name)
    first, last, file = capsys.readouterr().out.split("lines ")[1].replace(" to ", " of ").split(" of ")
    lines = (st.data_path(".").parent / file.strip()).read_text(encoding="utf-8").splitlines()
    assert lines[int(first) - 1].startswith((f"def {exercise.name}(", f"class {exercise.name}"))
    assert lines[int(last) - 1].strip() and (len(lines) == int(last) or not lines[int(last)].strip())


def test_the_answer_is_folded_in_a_notebook(monkeypatch):
    IPython = pytest.importorskip("IPython")
    shown = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: True)
    monkeypatch.setattr("IPython.display.display", shown.append)
    st.answer("to_uint8")
    (page,) = shown
    assert page.data.startswith("<details><summary>Answer: to_uint8, lines ") and "open" not in page.data.split(">")[0]
    assert "clamp_" in page.data and "<script" not in page.data


ABOUT_MATHEMATICS = {
    each.name: [wrong for wrong in museum.mistakes(each.name) if wrong.rank == "mathematics"] for each in ALL
}


@pytest.mark.parametrize(
    "exercise", [each for each in ALL if ABOUT_MATHEMATICS[each.name]], ids=lambda exercise: exercise.name
)
def test_check_shows_one_fault_and_names_the_mistake_and_what_to_do_next(exercise, capsys):
    wrong = ABOUT_MATHEMATICS[exercise.name][0]
    text = printed(capsys, named(exercise.name, wrong.function))
    assert text.startswith(f"✗ {exercise.name}: broken\n") and text.count(" breaks a law of lesson ") == 1
    assert in_one_line(str(wrong)) in in_one_line(text) and "\nNext: " in text and "Traceback" not in text
    assert text.index("  law  ") < text.index("  call  ") < text.index("  got  ") < text.index("  expected  ")


def test_solved_is_said_at_once_and_what_is_open_is_a_list(capsys):
    text = printed(capsys, named("inverse_normalize", plain))
    assert text.startswith("✓ inverse_normalize: solved\n") and "✗" not in text and "breaks a law" not in text
    number = len(verdicts.laws_of("inverse_normalize", verdicts.FIRST_STAR))
    assert f"\n  ✓ {number} laws of mathematics held, " in text
    assert f"Good for: {verdicts.asked_for('inverse_normalize').good_for}" in in_one_line(text)
    assert "Two pictures that look alike: yours, and the library's." in text
    rows = re.findall(r"^    ○ (range|manners) +[A-Z]", text, re.M)
    assert rows and rows == sorted(rows, reverse=True)
    assert "`st.check(inverse_normalize, star=2)` shows the first of them." in text
    assert "Next: ChannelStatistics, exercise 3 of lesson 3 (20 minutes)." in text


def test_the_second_star_is_asked_for(capsys):
    st.check(named("inverse_normalize", plain), star=2)
    text = capsys.readouterr().out
    assert text.count("inverse_normalize breaks a law of lesson 3") == 1 and "star=2" not in text
    assert text.index("inverse_normalize: solved") < text.index("breaks a law")


def test_a_right_answer_is_unbreakable_and_leads_to_the_next_exercise(capsys):
    text = printed(capsys, st.inverse_mean_std)
    assert text.startswith("✓ inverse_mean_std: unbreakable\n")
    assert re.search(r"  ✓ Unbreakable: all \d laws? of range and manners held, too\n", text)
    assert "Next: inverse_normalize, exercise 2 of lesson 3 (10 minutes)." in text
    assert verdicts._after(ALL[-1].name).startswith("this is the last exercise of the lessons")
    assert "right" in verdicts._after("split_view")


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x.no_such_method(), "run the line behind `again`"),
        (lambda x: (255 * x).round().clamp(0, 255), "look at what the line behind `again` returns, its type"),
        (lambda x: "bytes", "look at what the line behind `again` returns, its type"),
        (lambda x: (255 * x.detach()).clamp(0, 255).to(torch.uint8), "work out on paper"),
    ],
)
def test_the_next_thing_depends_on_what_is_wrong(function, words, capsys):
    assert f"Next: {words}" in in_one_line(printed(capsys, named("to_uint8", function)))


def test_where_nothing_is_raised_no_traceback_is_to_be_read(capsys):
    text = printed(capsys, named("attainable_range", lambda weight, bias=None: weight.sum((1, 2, 3))))
    assert "Next: " in text and "traceback" not in text


REFUSES = {
    "nothing is refused": "refuse bad input before you compute: the line behind `again` must raise",
    "another exception": "it is refused, but with KeyError: raise ",
    "no words": "the words alone are missing: say what",
}


@pytest.mark.parametrize("kind", REFUSES)
def test_what_to_do_about_a_refusal_depends_on_what_came(kind):
    words = REFUSES[kind]

    def to_uint8(x):
        bad = not isinstance(x, torch.Tensor) or not x.is_floating_point() or bool(x.isnan().any())
        if bad and kind == "another exception":
            raise KeyError("x")
        if bad and kind == "no words":
            raise (ValueError if isinstance(x, torch.Tensor) and x.is_floating_point() else TypeError)("no")
        x = x.detach() if bad else st.to_uint8(x)
        return x.to(torch.uint8)

    said = set()
    for *_, broken in judged(to_uint8, laws("to_uint8")):
        if broken:
            said.add(verdicts.what_to_do(broken))
    assert any(each.startswith(words) for each in said), said


# ------------------------------------------------------------------ the pictures


def words_for(function, name, **options):
    """What is said of the pictures; "" where there are none."""
    drawn = portraits.beside_target(function, name, **options)
    return drawn.alt if drawn else ""


@pytest.mark.parametrize("name", portraits._SITTINGS)
def test_a_picture_is_drawn_only_where_yours_is_another(name, capsys):
    right, make = getattr(st, name), portraits._SITTINGS[name]
    assert not words_for(right, name) and capsys.readouterr().out == ""
    wanted = make(right)
    assert isinstance(wanted, (np.ndarray, torch.Tensor)) and 2 <= wanted.ndim <= 3
    assert name in {each.name for each in ALL} | {"normalize"}


def test_the_picture_tells_how_far_yours_is_away():
    wrong = named("inverse_normalize", lambda x, mean, std: torch.zeros_like(x))
    assert "values differ, by 1 at most" in words_for(wrong, "inverse_normalize")
    turned = named("to_tensor", lambda image: st.to_tensor(image).transpose(1, 2))
    shapes = "yours has the shape (3, 384, 512), the one that is wanted (3, 512, 384)"
    assert shapes in words_for(turned, "to_tensor")


def test_a_picture_that_looks_the_same_is_not_drawn():
    rounded = named("inverse_normalize", lambda x, m, s: st.inverse_normalize(x, m, s).half().float())
    assert not words_for(rounded, "inverse_normalize")
    assert words_for(rounded, "inverse_normalize", alike=True).startswith("Two pictures that look alike")
    one_off = named("to_uint8", lambda x: st.to_uint8(x) ^ 1)
    assert words_for(one_off, "to_uint8")


@pytest.mark.parametrize(
    "wrong", [lambda x, m, s: None, lambda x, m, s: 1 / 0, lambda x, m, s: x[0, 0, 0]], ids=["None", "raises", "number"]
)
def test_what_cannot_be_drawn_is_left_out(wrong, capsys):
    assert not words_for(wrong, "inverse_normalize") and not words_for(wrong, "receptive_field")
    assert capsys.readouterr().out == ""


def test_a_picture_is_none_of_the_readers_own_figures():
    before = plt.figure()
    assert not words_for(lambda x, mean, std: x[0, 0, 0], "inverse_normalize")
    assert words_for(lambda x, mean, std: x, "inverse_normalize")
    assert plt.get_fignums() == [before.number]
    plt.close(before)
