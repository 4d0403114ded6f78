"""Hold the implementation to every law of this folder, one test a law."""

import hypothesis
import pytest

from seeing_tensors.course.laws import LawBroken
from seeing_tensors.course.laws.finding import laws
from seeing_tensors.course.laws.implementations import LIBRARY, written


@pytest.mark.parametrize("law", laws(), ids=lambda law: f"lesson_{law.lesson}-{law.about}-{law.name}")
def test_law(law, implementation, record_property):
    record_property("law", (law.lesson, law.about))
    function = written(implementation, law.about)
    if function is None:
        pytest.skip(f"{law.about} is not written yet")
    profile = hypothesis.settings.get_current_profile_name()
    if implementation.__name__ != LIBRARY and profile == "test":
        profile = "check"  # one file, one verdict: the examples of the command and of the notebook
    report = ""
    try:
        law.run(function, profile)
    except LawBroken as broken:
        report = str(broken)
    if report:  # outside the `except`, or pytest would print both exceptions
        pytest.fail(report, pytrace=False)
