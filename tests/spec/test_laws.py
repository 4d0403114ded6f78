"""Hold the implementation to every law of this folder, one test a law."""

import hypothesis
import pytest

from seeing_tensors.laws import LawBroken, is_blank, laws


@pytest.mark.parametrize("law", laws(), ids=lambda law: f"lesson_{law.lesson}-{law.about}-{law.name}")
def test_law(law, implementation):
    function = getattr(implementation, law.about, None)
    if function is None or is_blank(function):
        pytest.skip(f"{law.about} is not written yet")
    try:
        law.run(function, hypothesis.settings.get_current_profile_name())
    except LawBroken as broken:
        pytest.fail(str(broken), pytrace=False)
