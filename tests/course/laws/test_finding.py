"""Which laws are found for a name: those that are found among all."""

import pytest

import seeing_tensors as st
from seeing_tensors.course.laws.finding import laws

ALL = laws()


@pytest.mark.parametrize("name", sorted({law.about for law in ALL}))
def test_the_laws_of_a_name_are_those_about_it_among_all(name):
    assert hasattr(st, name) and laws(name) == [law for law in ALL if law.about == name]


def test_a_name_without_laws_says_which_have_some():
    with pytest.raises(
        ValueError, match="no law in tests/spec is about 'no_such_thing'; there are laws about: BatchNorm2d"
    ):
        laws("no_such_thing")
