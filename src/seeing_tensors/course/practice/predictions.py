"""A guess, committed before the answer is known, and shown beside the truth where the lesson reveals it.

On a page, and in JupyterLab, a question is a form: live/predict.js keeps the guess in the browser, and holds the same
words as this file. A guess in the code of the cell wins over it.
"""

from __future__ import annotations

import hashlib
import html
import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from types import EllipsisType
from typing import Any

from ...figures import in_a_notebook, json_in_html
from ...live import question_script

#: The questions of this notebook by their keys, for the summary; a cell that runs again asks the same question.
_asked: dict[str, Prediction] = {}


class Prediction:
    """A question, the choices if it has some, and the guess; ``reveal`` shows it beside the truth.

    Attributes:
        question: what is asked.
        choices: by letter, {"a": "none", ...}; empty where a number is asked for.
        key: the name under which a browser keeps the guess; another question or other choices have another.
        guess: a letter, a number, or None while there is none.
        truth: a letter or a number, None until it is revealed.
        within: how far off a number may be and still be right.
    """

    def __init__(self, question: str, choices: Sequence[str], guess: Any):
        self.question = question
        self.choices = dict(zip("abcdefgh", choices, strict=False))
        self.key = hashlib.sha256("\n".join([question, *choices]).encode()).hexdigest()[:12]
        self.guess = self._checked("guess", guess)
        self.truth: Any = None
        self.within = 0.0

    def reveal(self, truth: str | float, *, within: float = 0) -> None:
        """Show the truth, a letter (or the words of a choice) or a number, beside the guess.

        On a page it is folded as long as there is no guess.

        Args:
            truth: what was measured.
            within: a number that is at most so far off is near enough.

        Raises:
            TypeError, ValueError: the truth is no choice, or no number.
        """
        letters: dict[Any, str] = {words: letter for letter, words in self.choices.items()}
        self.truth, self.within = self._checked("truth", letters.get(truth, truth)), float(within)
        answer = f"{self._in_words(self.truth)}."
        text = f"{self.question} {answer}"
        asked, known = html.escape(self.question), f"<strong>{html.escape(answer)}</strong>"
        if self.guess is not None:
            text += f" {self.said()}"
            _put(_part("answer", f"<p>{asked} {known} {html.escape(self.said())}</p>", self.data()), text)
            return
        folded = f'<summary>Answer: {asked}</summary><p>{known}<span class="st-said"></span></p>'
        _put(_part("answer", folded, self.data(), tag="details"), text)

    @property
    def right(self) -> bool:
        """The guess is the truth; a number, near enough."""
        if self.guess is None or self.choices:
            return self.guess is not None and self.guess == self.truth
        return abs(self.guess - self.truth) <= self.within or _digits(self.guess, 4) == _digits(self.truth, 4)

    def said(self) -> str:
        """'You said (b) a tenth: not so.'"""
        return f"You said {self._in_words(self.guess)}: {self._verdict()}."

    def line(self) -> str:
        """The question, its truth and the guess, as far as there are any."""
        if self.guess is None or self.truth is None:
            return f"{self.question} No guess yet."
        return f"{self.question} {self._in_words(self.truth)}. {self.said()}"

    def data(self) -> dict:
        """What predict.js needs to know."""
        return {name: getattr(self, name) for name in ("key", "question", "choices", "guess", "truth", "within")}

    def _verdict(self) -> str:
        if self.choices:
            return "right" if self.right else "not so"
        if _digits(self.guess, 4) == _digits(self.truth, 4):
            return "right"
        return f"off by {_digits(abs(self.guess - self.truth), 3)}{', near enough' if self.right else ''}"

    def _in_words(self, value: Any) -> str:
        return f"({value}) {self.choices[value]}" if self.choices else _digits(value, 4)

    def _checked(self, what: str, value: Any) -> Any:
        if value is None or value is ...:
            return None
        if self.choices:
            if value not in self.choices:
                raise ValueError(f"predict: the {what} must be one of {', '.join(self.choices)}, got {value!r}")
            return value
        if isinstance(value, (str, bytes)) or not math.isfinite(value):
            raise TypeError(f"predict: the {what} must be a number, got {value!r}")
        return float(value)


def predict(question: str, choices: Sequence[str] = (), guess: str | float | EllipsisType | None = None) -> Prediction:
    """Ask a question; keep the reader's guess until ``reveal`` shows it beside the truth.

    On a page and in JupyterLab the reader may also commit the guess there; the browser keeps it.

    >>> import seeing_tensors as st
    >>> lost = st.predict("Which part of the red values is cut off?", ["none", "a tenth", "half"], guess="b")
    Which part of the red values is cut off?
      (a) none
      (b) a tenth
      (c) half
    >>> lost.reveal("half")                                # further on, where it was measured
    Which part of the red values is cut off? (c) half. You said (b) a tenth: not so.

    Args:
        question: one sentence with a question mark.
        choices: at most eight, lettered a, b, c, ...; none for a question about a number.
        guess: a letter or a number; ``...`` or None while there is none.

    Returns:
        the Prediction.

    Raises:
        ValueError: a guess that is no choice, or more choices than letters.
        TypeError: a guess that is no number where one is asked for.
    """
    if len(choices) > 8:
        raise ValueError(f"predict: at most eight choices, got {len(choices)}")
    asked = Prediction(question, choices, guess)
    _asked[asked.key] = asked
    items = [f"({letter}) {words}" for letter, words in asked.choices.items()]
    still = f"<ul>{''.join(f'<li>{html.escape(item)}</li>' for item in items)}</ul>"
    if not items:
        still = '<p><span class="st-blank"></span></p>'
    title = f'<p class="st-question" id="guess-{asked.key}">{html.escape(question)}</p>'
    _put(
        _part("question", f'{title}<div class="st-still">{still}</div>', asked.data()), "\n  ".join([question, *items])
    )
    return asked


def guesses(lesson: int, *, course: bool = False) -> None:
    """Show which guesses of this notebook were right.

    On a page the guesses that were committed there count as well, and change what is shown as they change.

    >>> import seeing_tensors as st
    >>> st.predict("How many bits has a byte?", guess=8).reveal(8)
    How many bits has a byte?
    How many bits has a byte? 8. You said 8: right.
    >>> st.guesses(1)                                              # doctest: +ELLIPSIS
    You guessed ... of ... questions; ... right...

    Args:
        lesson: its number, under which the browser keeps how many were right.
        course: add what the browser has kept of all lessons up to this one.
    """
    asked = [each for each in _asked.values() if each.truth is not None]
    said = [each for each in asked if each.guess is not None]
    counted = f"This lesson asked {len(asked)} questions before it answered them."
    if said:
        right = sum(each.right for each in said)
        counted = f"You guessed {len(said)} of {len(asked)} questions; {right} right."
    data = {"lesson": lesson, "whole": course, "questions": [each.data() for each in asked]}
    lines = [each.line() for each in asked] if said else []
    _put(_part("summary", f'<p class="st-count">{counted}</p>', data), "\n  ".join([counted, *lines]))


def _digits(value: float, most: int) -> str:
    # Half a digit goes up, as in JavaScript.
    exact = Decimal(value)
    if abs(exact) >= 10**most:
        return f"{exact.quantize(Decimal(1), ROUND_HALF_UP)}"
    return f"{float(Context(most, ROUND_HALF_UP).create_decimal(exact)):.{most}g}"


def _part(part: str, inside: str, data: dict, tag: str = "div") -> str:
    """HTML of a question, an answer or a summary: what is seen without a script, then what makes it live."""
    script = f'<script type="application/json">{json_in_html(data)}</script>{question_script()}'
    return f'<{tag} class="st-predict" data-part="{part}">{inside}{script}</{tag}>'


def _put(page: str, text: str) -> None:
    """HTML in a notebook, text elsewhere."""
    if not in_a_notebook():
        print(text)
        return
    from IPython.display import HTML, display

    display(HTML(page))
