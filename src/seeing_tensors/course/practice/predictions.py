"""A guess, committed before the answer is known, and shown beside the truth where the lesson reveals it."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from types import EllipsisType
from typing import Any

from ...figures import in_a_notebook


class Prediction:
    """A question, the choices if it has some, and the guess; ``reveal`` shows it beside the truth.

    Attributes:
        question: what is asked.
        choices: by letter, {"a": "none", ...}; empty where a number is asked for.
        guess: a letter, a number, or None while there is none.
        truth: a letter or a number, None until it is revealed.
    """

    def __init__(self, question: str, choices: Sequence[str], guess: Any):
        self.question = question
        self.choices = dict(zip("abcdefgh", choices, strict=False))
        self.guess = self._checked("guess", guess)
        self.truth: Any = None

    def reveal(self, truth: str | float) -> None:
        """Show the truth, a letter (or the words of a choice) or a number, beside the guess.

        Raises:
            TypeError, ValueError: the truth is no choice, or no number.
        """
        letters: dict[Any, str] = {words: letter for letter, words in self.choices.items()}
        self.truth = self._checked("truth", letters.get(truth, truth))
        said = f"{self.question} {self._in_words(self.truth)}."
        if self.guess is not None:
            said += f" You said {self._in_words(self.guess)}: {self._verdict()}."
        _put(f"<p><strong>{html.escape(said)}</strong></p>", said)

    def _verdict(self) -> str:
        if self.choices:
            return "right" if self.guess == self.truth else "not so"
        return f"off by {abs(self.guess - self.truth):.3g}"

    def _in_words(self, value: Any) -> str:
        return f"({value}) {self.choices[value]}" if self.choices else f"{value:.4g}"

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
    items = [f"({letter}) {words}" for letter, words in asked.choices.items()]
    listed = f"<ul>{''.join(f'<li>{html.escape(item)}</li>' for item in items)}</ul>" if items else ""
    _put(f"<p>{html.escape(question)}</p>{listed}", "\n  ".join([question, *items]))
    return asked


def _put(page: str, text: str) -> None:
    """HTML in a notebook, text elsewhere."""
    if not in_a_notebook():
        print(text)
        return
    from IPython.display import HTML, display

    display(HTML(f'<div class="prediction">{page}</div>'))
