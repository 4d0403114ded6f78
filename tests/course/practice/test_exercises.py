"""The exercises as the lessons state them: complete, in order, with the library's own signatures."""

import inspect
import subprocess
import sys

import pytest

import seeing_tensors as st
from seeing_tensors.course.laws.finding import laws
from seeing_tensors.course.laws.implementations import is_blank
from seeing_tensors.course.practice.exercises import exercises, exercises_in
from seeing_tensors.course.repository import ROOT, lesson_files

ALL = exercises()
EACH = pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: f"{exercise.lesson}-{exercise.name}")

LESSON = """# %% [markdown]
# # A title
#
# **1. `to_tensor`** · 5 minutes · easy. The law: as it was.

# %%
def to_tensor(image):
    ...


st.check(to_tensor)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Permute.
#
# </details>
"""


def blank_of(exercise):
    scope = {"st": st}
    exec(exercise.blank, scope)
    return scope[exercise.name]


def test_every_lesson_has_three_with_numbers_in_order():
    assert len(ALL) == 3 * len(lesson_files(ROOT))
    assert [(each.lesson, each.number) for each in ALL] == [(lesson, n) for lesson in range(1, 7) for n in (1, 2, 3)]
    assert [each.name for each in exercises(2)] == ["to_uint8", "unseen", "imshow_pixels"]
    names = [each.name for each in ALL]
    assert len(set(names)) == len(names)


@EACH
def test_it_says_what_is_asked_and_helps(exercise):
    assert exercise.title and exercise.minutes in range(5, 61) and exercise.prompt.startswith("The ")
    assert len(exercise.hint) > 50 and "st.check" not in exercise.blank
    assert laws(exercise.name)


@EACH
def test_its_blank_is_blank_and_has_the_signature_of_the_library(exercise):
    # The library may offer more, behind.
    blank, ours = blank_of(exercise), getattr(st, exercise.name)
    assert is_blank(blank)
    if inspect.isclass(blank):
        pairs = [(value, getattr(ours, name)) for name, value in vars(blank).items() if inspect.isfunction(value)]
    else:
        pairs = [(blank, ours)]
    for asked, given in pairs:
        names = list(inspect.signature(asked).parameters)
        assert names == list(inspect.signature(given).parameters)[: len(names)]


def test_one_lesson_is_read(tmp_path):
    file = tmp_path / "07_more.py"
    file.write_text(LESSON)
    (found,) = exercises_in(file)
    assert (found.lesson, found.title, found.number, found.name) == (7, "A title", 1, "to_tensor")
    assert (found.minutes, found.difficulty, found.hint) == (5, "easy", "Permute.")
    assert found.prompt == "The law: as it was." and found.blank == "def to_tensor(image):\n    ..."


@pytest.mark.parametrize("wrong", ["`to_image`", "to_tensor"])
def test_a_blank_without_its_heading_is_an_error(tmp_path, wrong):
    file = tmp_path / "07_more.py"
    file.write_text(LESSON.replace("`to_tensor`", wrong))
    with pytest.raises(ValueError, match="07_more.py: above st.check.to_tensor. stands no heading"):
        exercises_in(file)


def test_reading_them_is_cheap():
    code = "import sys; from seeing_tensors.course.practice.exercises import exercises; exercises(); print('numpy' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
