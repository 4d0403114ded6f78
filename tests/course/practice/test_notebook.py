"""What `prove`, `check` and `answer` say in a lesson. (test_laws.py holds the library to the laws that they run.)"""

import numpy as np
import pytest
import torch

import seeing_tensors as st
from seeing_tensors.course.laws import museum
from seeing_tensors.course.laws.finding import laws
from seeing_tensors.course.practice import notebook as practice
from seeing_tensors.course.practice import portraits
from seeing_tensors.course.practice.exercises import exercises

ALL = exercises()
EACH = pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)


def named(name, function):
    function.__name__ = name
    return function


def printed(capsys, function):
    st.check(function)
    return capsys.readouterr().out


@EACH
def test_the_blank_is_not_written_yet(exercise, capsys):
    scope = {"st": st}
    exec(exercise.blank, scope)
    waiting = len(laws(exercise.name))
    assert printed(capsys, scope[exercise.name]) == f"{exercise.name}: not written yet. {waiting} laws are waiting.\n"


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


@pytest.mark.parametrize("exercise", [each for each in ALL if museum.mistakes(each.name)], ids=lambda exercise: exercise.name)
def test_check_names_the_mistake_and_what_to_do_next(exercise, capsys):
    wrong = museum.mistakes(exercise.name)[0]
    text = printed(capsys, named(exercise.name, wrong.function))
    assert "  BROKEN  " in text and f"{exercise.name} breaks a law of lesson {exercise.lesson}" in text
    assert str(wrong) in text and "\nNext: " in text and "Traceback" not in text
    assert text.index("  law  ") < text.index("  call  ") < text.index("  got  ") < text.index("  expected  ")


def test_a_right_answer_leads_to_the_next_exercise(capsys):
    text = printed(capsys, st.inverse_mean_std)
    assert f"All {len(laws('inverse_mean_std'))} laws hold. Your inverse_mean_std is right." in text
    assert "Next: inverse_normalize, exercise 2 of lesson 3 (10 minutes)." in text
    assert practice.next_thing(ALL[-1].name, None).startswith("that was the last exercise")
    assert "right" in practice.next_thing("split_view", None)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x.no_such_method(), "run the line behind `again`"),
        (lambda x: (255 * x).round().clamp(0, 255), "print what the line behind `again` returns, its type"),
        (lambda x: "bytes", "print what the line behind `again` returns, its type"),
        (lambda x: (255 * x.detach()).clamp(0, 255).to(torch.uint8), "work out on paper"),
    ],
)
def test_the_next_thing_depends_on_what_is_wrong(function, words, capsys):
    assert f"Next: {words}" in printed(capsys, named("to_uint8", function))


def test_where_nothing_is_raised_no_traceback_is_to_be_read(capsys):
    text = printed(capsys, named("attainable_range", lambda weight, bias=None: weight.sum((1, 2, 3))))
    assert "the law could not go on" in text and "Next: print what the line behind `again` returns" in text


def test_after_the_values_come_the_refusals(capsys):
    def to_uint8(x):
        x = x.detach().to(x.dtype if x.dtype.itemsize >= 4 else torch.float32)
        return (x * 255).round().clamp(0, 255).to(torch.uint8)

    assert "Next: refuse bad input before you compute" in printed(capsys, to_uint8)


# ------------------------------------------------------------------ the pictures


@pytest.mark.parametrize("name", portraits._SITTINGS)
def test_a_picture_is_drawn_only_where_yours_is_another(name, capsys):
    right, make = getattr(st, name), portraits._SITTINGS[name]
    assert not portraits.show_beside_target(right, name) and capsys.readouterr().out == ""
    wanted = make(right)
    assert isinstance(wanted, (np.ndarray, torch.Tensor)) and 2 <= wanted.ndim <= 3
    assert name in {each.name for each in ALL} | {"normalize"}


def test_the_picture_tells_how_far_yours_is_away(capsys):
    wrong = named("inverse_normalize", lambda x, mean, std: torch.zeros_like(x))
    assert portraits.show_beside_target(wrong, "inverse_normalize")
    assert "values differ, by 1 at most" in capsys.readouterr().out
    turned = named("to_tensor", lambda image: st.to_tensor(image).transpose(1, 2))
    assert portraits.show_beside_target(turned, "to_tensor")
    assert "yours has the shape (3, 384, 512), the one that is wanted (3, 512, 384)" in capsys.readouterr().out


def test_a_picture_that_looks_the_same_is_not_drawn(capsys):
    rounded = named("inverse_normalize", lambda x, m, s: st.inverse_normalize(x, m, s).half().float())
    assert not portraits.show_beside_target(rounded, "inverse_normalize") and capsys.readouterr().out == ""
    one_off = named("to_uint8", lambda x: st.to_uint8(x) ^ 1)
    assert portraits.show_beside_target(one_off, "to_uint8")


@pytest.mark.parametrize("wrong", [lambda x, m, s: None, lambda x, m, s: 1 / 0, lambda x, m, s: x[0, 0, 0]], ids=["None", "raises", "number"])
def test_what_cannot_be_drawn_is_left_out(wrong, capsys):
    assert not portraits.show_beside_target(wrong, "inverse_normalize")
    assert not portraits.show_beside_target(wrong, "receptive_field")
    assert capsys.readouterr().out == ""


def test_a_picture_that_fails_leaves_the_readers_own_figures_open():
    import matplotlib.pyplot as plt

    before = plt.figure()
    assert not portraits.show_beside_target(lambda x, mean, std: x[0, 0, 0], "inverse_normalize")
    assert plt.get_fignums() == [before.number]
    plt.close(before)
