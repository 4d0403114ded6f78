"""A guess is kept and shown beside the truth, in words and in a notebook."""

import html.parser

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


@pytest.fixture(autouse=True)
def a_notebook_of_its_own(monkeypatch):
    monkeypatch.setattr(predictions, "_asked", {})


@pytest.mark.parametrize(
    ("guess", "truth", "within", "words", "right"),
    [
        (0.5, 0.75, 0, "0.75. You said 0.5: off by 0.25", False),
        (0.5, 0.75, 0.25, "0.75. You said 0.5: off by 0.25, near enough", True),
        (255, 255, 0, "255. You said 255: right", True),
        (33.33, 100 / 3, 0, "33.33. You said 33.33: right", True),  # the same where both are written
        (12346, 12345, 0, "12345. You said 12346: off by 1", False),
        (-1000, 250.5, 0, "250.5. You said -1000: off by 1251", False),
    ],
)
def test_a_number(guess, truth, within, words, right, capsys):
    asked = st.predict("How many?", guess=guess)
    asked.reveal(truth, within=within)
    assert capsys.readouterr().out == f"How many?\nHow many? {words}.\n" and asked.right == right


def test_a_number_without_a_guess(capsys):
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


class Words(html.parser.HTMLParser):
    """The words that a reader of the page sees: neither style nor script."""

    def __init__(self, page):
        super().__init__()
        self.said, self.skip = [], False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.skip |= tag in ("style", "script")

    def handle_endtag(self, tag):
        self.skip &= tag not in ("style", "script")

    def handle_data(self, data):
        if not self.skip:
            self.said += data.split()


@pytest.fixture
def notebook(monkeypatch):
    """What is displayed in a notebook, as the HTML of each output."""
    shown = []
    monkeypatch.setattr(predictions, "in_a_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda page: shown.append(page.data))
    return shown


@pytest.mark.parametrize("guesses", [("a", 3), (..., ...), ("b", ...)])
def test_a_page_says_the_same_words(guesses, notebook, monkeypatch, capsys):
    def ask():
        first = st.predict("Is 1 < 2 & </script>?", ["yes", "no <b>"], guess=guesses[0])
        second = st.predict("How many?", guess=guesses[1])
        first.reveal("yes")
        second.reveal(3.5, within=1)
        st.guesses(2)

    ask()
    monkeypatch.undo()
    predictions._asked.clear()  # what other tests have asked
    ask()
    printed = capsys.readouterr().out
    summary = printed[printed.index(" questions") :]  # a page's list of them is made by the script
    said = [word for page in notebook for word in Words(page).said if word != "Answer:"]
    assert said == printed.removesuffix(summary).split() + summary.split("\n")[0].split()
    assert all("<b>" not in page.split("<script")[0] for page in notebook)
    folded = [page.startswith("<details ") and "open" not in page[:60] for page in notebook[2:4]]
    assert folded == [guess is ... for guess in guesses]


def test_the_summary_counts_what_was_revealed(capsys):
    st.predict("What?", ["this", "that"], guess="a").reveal("a")
    st.predict("How many?", guess=3).reveal(4)
    st.predict("Where?", ["here", "there"]).reveal("here")
    st.predict("When?", ["now", "then"], guess="a")  # not answered yet
    capsys.readouterr()
    st.guesses(1)
    assert capsys.readouterr().out.splitlines() == [
        "You guessed 2 of 3 questions; 1 right.",
        "  What? (a) this. You said (a) this: right.",
        "  How many? 4. You said 3: off by 1.",
        "  Where? No guess yet.",
    ]


def test_a_question_is_known_by_its_words():
    keys = [st.predict("What?").key, st.predict("What?", ["a", "b"]).key, st.predict("What?", ["b", "a"]).key]
    assert len({*keys, st.predict("What?", ["b", "a"], guess="a").key}) == 3
