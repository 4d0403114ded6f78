"""Every exhibit of the museum is what it says: wrong by a clear margin, caught by its laws, recognised; twins right."""

import ast
import contextlib
import inspect
import io
import math
import re

import numpy as np
import pytest
import torch

import seeing_tensors as st
from seeing_tensors.course.laws import LawBroken, law, museum
from seeing_tensors.course.laws.expectations import expect_close, expect_same
from seeing_tensors.course.laws.finding import laws, ranked

MISTAKES, TWINS, PLAIN = museum.mistakes(), museum.twins(), museum.plain_answers()
JUDGED = sorted({each.about for each in MISTAKES})
CLEARLY = 10  # bounds of the law, or units in the last place


def named(exhibit):
    return f"{exhibit.about}-{exhibit.name}"


def broken_laws(function, about):
    """The laws about `about` that a function breaks, up to the first that is broken clearly."""
    found = []
    for each in laws(about):
        try:
            each.run(function, smallest=False)
        except LawBroken as broken:
            found.append(broken)
            if broken.margin >= CLEARLY:
                break
    return found


@pytest.mark.parametrize("mistake", MISTAKES, ids=named)
def test_a_mistake_clearly_breaks_a_law_about_its_function_and_the_report_can_be_repeated(mistake):
    found = broken_laws(mistake.function, mistake.about)
    margins = {broken.sentence: broken.margin for broken in found}
    assert any(margin >= CLEARLY for margin in margins.values()), f"laws broken, and by how much: {margins}"
    for broken in found:
        repeat(broken, mistake.function)


def breaks_mathematics(function, about, part=""):
    """The first law of mathematics that a function breaks, or one about a part of it; "" if they all hold."""
    for each in ranked(about, part, ["mathematics"]):
        try:
            each.run(function, smallest=False)
        except LawBroken:
            return each.sentence
    return ""


@pytest.mark.parametrize("mistake", MISTAKES, ids=named)
def test_a_mistake_about_the_mathematics_costs_the_first_star_and_another_does_not(mistake):
    broken = breaks_mathematics(mistake.function, mistake.about)
    assert bool(broken) == (mistake.rank == "mathematics"), f"rank {mistake.rank!r}, broken: {broken or 'none'}"


@pytest.mark.parametrize("answer", PLAIN, ids=named)
def test_a_plain_right_answer_breaks_no_law_of_mathematics(answer):
    assert not breaks_mathematics(answer.function, answer.about, answer.part)


def repeat(broken, function):
    """Run the line `again` of a report, where all its arguments are plain values; what raised must raise again."""
    (again,) = [line[12:] for line in str(broken).splitlines() if line.startswith("  again")] or [""]
    try:
        ast.parse(again)
    except SyntaxError:  # an argument that is no plain value, as a model: its repr is not Python
        return
    if "<" in again or " at 0x" in again:
        return
    raised, spoken = None, io.StringIO()
    with contextlib.redirect_stdout(spoken), contextlib.redirect_stderr(spoken):
        try:
            exec(again, {function.__name__: function})
        except Exception as error:
            raised = error
    assert not isinstance(raised, (NameError, ImportError, FileNotFoundError)), f"{raised}: {again}"
    if broken.unmet is None and "could not go on" not in str(broken):
        assert type(raised).__name__ in str(broken), again


# One test a function: what its mistakes do on each case is found out once.
@pytest.mark.parametrize("about", JUDGED)
def test_each_mistake_is_recognised_also_in_other_words_and_nothing_else_is(about):
    for mistake in museum.mistakes(about):
        assert mistake.rewordings, f"{mistake.name}: write it once more as a learner might: @mistake.in_other_words"
        for function in (mistake.function, *mistake.rewordings):
            found = museum.recognise(function, about)
            named = found.mistake.name if found else "none"
            assert found == museum.Recognised(mistake, surely=True), f"{function.__name__}: taken for {named}"
    for function in (getattr(st, about), *(twin.function for twin in museum.twins(about))):
        assert museum.recognise(function, about) is None, f"{function.__name__} is right"
    for wrong in wrong_in_a_new_way(getattr(st, about)):
        assert museum.recognise(wrong, about) is None


def wrong_in_a_new_way(right):
    if inspect.isclass(right):
        return []

    def shifted(*arguments, **keywords):
        result = right(*arguments, **keywords)
        if isinstance(result, (np.ndarray, torch.Tensor)) and np.prod(result.shape):
            result = result + 3 if result.dtype != torch.bool else ~result
        return result

    return [shifted, lambda *a, **k: None, lambda *a, **k: a[0], lambda *a, **k: 1 / 0]


def test_where_the_mathematics_hold_no_mistake_about_it_is_named():
    def first_bandwidth_for_all(image, grid, *, bandwidth=None):
        return st.channel_densities(image, grid, bandwidth=bandwidth and float(np.ravel(bandwidth)[0]))

    assert broken_laws(first_bandwidth_for_all, "channel_densities")
    assert museum.recognise(first_bandwidth_for_all, "channel_densities") is None


@pytest.mark.parametrize("twin", TWINS, ids=named)
def test_no_law_rejects_a_right_function_written_otherwise(twin):
    for each in laws(twin.about):
        each.run(twin.function)


def test_there_are_enough_and_every_judged_function_has_a_twin():
    lessons = {each.about: each.lesson for each in laws()}
    assert len(MISTAKES) >= 40
    assert {lessons[each.about] for each in MISTAKES} == {1, 2, 3, 4, 5, 6, 7}
    assert set(JUDGED) <= {twin.about for twin in TWINS}


@pytest.mark.parametrize("exhibit", MISTAKES + TWINS, ids=named)
def test_an_exhibit_has_its_label(exhibit):
    assert hasattr(st, exhibit.about)
    label = exhibit.what if isinstance(exhibit, museum.Mistake) else exhibit.how
    assert len(label.split()) >= 3 and not label.endswith(".") and not label[0].isspace()
    lines = map(str.strip, inspect.getsource(exhibit.function).splitlines())
    body = [line for line in lines if line and line[0] not in "@#"]
    assert len(body) <= 16, "an exhibit is a few lines"
    if isinstance(exhibit, museum.Mistake):
        assert exhibit.tempting.endswith((".", "?")) and len(exhibit.tempting.split()) >= 5
        assert re.match(r"https://[^ ]+$", exhibit.source) or len(exhibit.source.split()) >= 5
        assert str(exhibit).startswith("This is what you get when ") and exhibit.source in str(exhibit)


def test_names_are_their_own():
    names = [named(each) for each in MISTAKES + TWINS]
    assert sorted(set(names)) == sorted(names)


# --------------------------------------------------------------- the margin itself


@law("double", lesson=0, rank="mathematics")
def close_to_twice(double):
    """Twice the number, within 1e-3."""
    expect_close(double(torch.tensor([1.0])), torch.tensor([2.0]), within=1e-3)


@law("double", lesson=0, rank="mathematics")
def exactly_twice(double):
    """Twice the number."""
    expect_same(double(torch.tensor([1.0])), torch.tensor([2.0]))


@pytest.mark.parametrize(
    ("function", "law", "margin"),
    [
        (lambda x: 2 * x + 0.5, close_to_twice, 500),
        (lambda x: 2 * x + 2e-3, close_to_twice, 2),
        (lambda x: x * math.nan, close_to_twice, math.inf),
        (lambda x: 2 * x.double(), close_to_twice, math.inf),
        (lambda x: None, close_to_twice, math.inf),
        (lambda x: 1 / 0, close_to_twice, math.inf),
        (lambda x: torch.nextafter(2 * x, 9 * x), exactly_twice, 1),
        (lambda x: 2 * x + 1, exactly_twice, 2.0**22),
    ],
)
def test_the_margin_counts_bounds_and_last_places(function, law, margin):
    with pytest.raises(LawBroken) as broken:
        law.run(function)
    assert broken.value.margin == pytest.approx(margin, rel=1e-3)
