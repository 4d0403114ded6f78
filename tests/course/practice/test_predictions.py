"""A guess is kept and shown beside the truth, in words and in a notebook."""

import pytest

import seeing_tensors as st
from seeing_tensors.course.practice import predictions

CHOICES = ["none", "a tenth", "half"]


@pytest.mark.parametrize(("guess", "words"), [("c", "right"), ("a", "not so"), (..., ""), (None, "")])
def test_a_choice(guess, words, capsys):
    asked = st.predict("How much is lost?", CHOICES, guess=guess)
    assert capsys.readouterr().out == "How much is lost?\n  (a) none\n  (b) a tenth\n  (c) half\n"
    asked.reveal("half")
    told = capsys.readouterr().out
    assert told.startswith("How much is lost? (c) half.") and words in told
    assert ("You said" in told) == bool(words) and asked.truth == "c"


def test_a_number(capsys):
    st.predict("How many?", guess=0.5).reveal(0.75)
    assert capsys.readouterr().out.endswith("How many? 0.75. You said 0.5: off by 0.25.\n")
    st.predict("How many?", guess=...).reveal(3)
    assert "You said" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "choices", "guess"),
    [(ValueError, CHOICES, "d"), (ValueError, CHOICES, 1), (TypeError, [], "a"), (TypeError, [], float("nan"))],
)
def test_what_is_no_guess_is_refused(error, choices, guess):
    with pytest.raises(error, match="guess must be"):
        st.predict("How much?", choices, guess=guess)
    with pytest.raises(error, match="truth must be"):
        st.predict("How much?", choices).reveal(guess)
    with pytest.raises(ValueError, match="eight"):
        st.predict("How much?", ["x"] * 9)


def test_in_a_notebook_it_is_html_and_escaped(monkeypatch):
    shown = []
    monkeypatch.setattr(predictions, "in_a_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda page: shown.append(page.data))
    st.predict("Is 1 < 2?", ["yes", "no"], guess="b").reveal("a")
    assert "Is 1 &lt; 2?" in shown[0] and "<li>(a) yes</li>" in shown[0]
    assert "(a) yes. You said (b) no: not so." in shown[1]
