"""Every public function and class shows itself at work, and the example is true."""

import doctest
import inspect
import warnings

import matplotlib.pyplot
import pytest

import seeing_tensors as st

NAMES = [name for name in st.__all__ if inspect.isroutine(getattr(st, name)) or inspect.isclass(getattr(st, name))]


def examples(thing, name):
    """The doctest of the docstring itself, not of what a class's methods say."""
    return doctest.DocTestParser().get_doctest(inspect.getdoc(thing) or "", {}, name, None, 0)


def told(thing, name):
    """What doctest prints about the examples: nothing, where each does what it says."""
    lines = []
    doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS).run(examples(thing, name), out=lines.append)
    return "".join(lines)


@pytest.mark.parametrize("name", NAMES)
def test_the_example_does_what_it_says(name, tmp_path, monkeypatch):
    matplotlib.use("Agg")
    monkeypatch.chdir(tmp_path)
    assert examples(getattr(st, name), name).examples, (
        f"the docstring of {name} has no example: >>> import seeing_tensors as st"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert told(getattr(st, name), name) == ""
    assert list(tmp_path.iterdir()) == [], "an example leaves no file in the working folder"
    matplotlib.pyplot.close("all")


def test_a_false_example_is_found():
    def double(x):
        """Twice the number.

        >>> 2 * 2
        5
        """

    assert "Expected:\n    5\nGot:\n    4\n" in told(double, "double")
    assert examples(told, "told").examples == []
