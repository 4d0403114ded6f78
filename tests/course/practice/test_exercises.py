"""The exercises as the lessons state them: complete, in order, with the library's own signatures."""

import inspect
import subprocess
import sys

import pytest

import seeing_tensors as st
from seeing_tensors.course.laws.definition import RANKS
from seeing_tensors.course.laws.finding import laws
from seeing_tensors.course.laws.implementations import is_blank
from seeing_tensors.course.practice.exercises import exercises, exercises_in
from seeing_tensors.course.practice.verdicts import laws_of
from seeing_tensors.course.repository import ROOT, lesson_files

ALL = exercises()
EACH = pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: f"{exercise.lesson}-{exercise.name}")

LESSON = """# %% [markdown]
# # A title
#
# ### 1. `to_tensor`, grey · 5 minutes · easy
#
# The law: as it was.
#
# Good for: seeing
# grey.

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
    assert [(each.lesson, each.number) for each in ALL] == [(lesson, n) for lesson in range(1, 8) for n in (1, 2, 3)]
    assert [each.name for each in exercises(2)] == ["to_uint8", "unseen", "imshow_pixels"]
    names = [each.name for each in ALL]
    assert len(set(names)) == len(names)


@EACH
def test_it_says_what_is_asked_and_helps(exercise):
    assert exercise.title and exercise.minutes in range(5, 61) and exercise.prompt.startswith("The ")
    assert len(exercise.hint) > 50 and "st.check" not in exercise.blank
    assert len(exercise.good_for.split()) >= 5 and "\n\n*Unbreakable* asks for more: " in exercise.prompt
    assert {law.rank for law in laws_of(exercise.name)} >= {"mathematics", "manners"}


@EACH
def test_its_blank_says_what_goes_in_and_out_and_gives_no_formula(exercise):
    described = (
        [blank_of(exercise), *vars(blank_of(exercise)).values()] if "class " in exercise.blank else [blank_of(exercise)]
    )
    texts = [each.__doc__ for each in described if inspect.isfunction(each) or "update" not in exercise.blank]
    assert all(text and len(text) <= 72 for text in texts) and max(map(len, exercise.blank.splitlines())) <= 72
    for formula in ("* std", "/ std", "- mean", "+ mean", "/ 255", "sqrt", "\\sqrt", "** 2"):
        assert formula not in exercise.blank and formula not in exercise.prompt


def test_a_part_is_judged_by_its_laws_and_those_of_the_whole():
    (asked,) = (each for each in ALL if each.name == "imshow_pixels")
    assert asked.part == "2-D"
    assert {law.part for law in laws_of("imshow_pixels")} <= {"", "2-D"}
    assert laws_of("split_view") == sorted(laws("split_view"), key=lambda law: RANKS.index(law.rank))


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
    assert (found.part, found.good_for) == ("grey", "seeing grey.") and found.place.startswith(
        "to_tensor (grey), exercise 1"
    )
    assert (
        found.prompt == "The law: as it was.\n\nGood for: seeing\ngrey."
        and found.blank == "def to_tensor(image):\n    ..."
    )


@pytest.mark.parametrize("wrong", ["`to_image`", "to_tensor"])
def test_a_blank_without_its_heading_is_an_error(tmp_path, wrong):
    file = tmp_path / "07_more.py"
    file.write_text(LESSON.replace("`to_tensor`", wrong))
    with pytest.raises(ValueError, match=r"07_more\.py: above st\.check.to_tensor. stands no heading"):
        exercises_in(file)


def test_reading_them_is_cheap():
    code = "import sys; from seeing_tensors.course.practice.exercises import exercises; exercises()"
    code += "; print('numpy' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"
