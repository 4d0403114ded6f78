"""The examples that laws are tried on: the same for everybody, and no trace of them in anybody else's Hypothesis.

Left to itself, Hypothesis draws constants from whatever modules happen to be loaded, and keeps notes in the working
folder. Then one answer would have two verdicts, and a reader's folder a guest.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import hypothesis
import hypothesis.configuration
from hypothesis.internal.conjecture import choice
from hypothesis.internal.conjecture.providers import AVAILABLE_PROVIDERS, GLOBAL_CONSTANTS, HypothesisProvider

_COMMON: dict[str, Any] = {
    "database": None,
    "deadline": None,
    "report_multiple_bugs": False,
    "suppress_health_check": [hypothesis.HealthCheck.too_slow],
}
#: How many examples: `check` answers while you wait, `test` is what `make test` runs, `thorough` is for the night.
SETTINGS = {
    "check": hypothesis.settings(max_examples=20, derandomize=True, **_COMMON),
    "test": hypothesis.settings(max_examples=100, derandomize=True, **_COMMON),
    "thorough": hypothesis.settings(max_examples=2000, **_COMMON),
}

# Hypothesis keeps notes in the working folder, which belongs to the reader; a shared machine has several readers.
_NOTES = Path(tempfile.gettempdir()) / f"seeing-tensors-hypothesis-{getattr(os, 'getuid', int)()}"


class _Provider(HypothesisProvider):
    """Hypothesis' own source of values, without the constants of loaded modules."""

    _permitted: ClassVar[dict] = {}

    def _maybe_draw_constant(self, choice_type, constraints, *, p=0.05):
        if self._random.random() > p:
            return None
        key = (choice_type, choice.choice_constraints_key(choice_type, constraints))
        if key not in self._permitted:
            every = GLOBAL_CONSTANTS.set_for_type(choice_type)
            self._permitted[key] = [value for value in every if choice.choice_permitted(value, constraints)]
        return self._random.choice(self._permitted[key]) if self._permitted[key] else None


@contextlib.contextmanager
def ours() -> Iterator[None]:
    """Within it, Hypothesis draws from `_Provider` and keeps its notes out of the way; afterwards all is as it was."""
    settings = vars(hypothesis.configuration)
    home, provider = settings["__hypothesis_home_directory"], AVAILABLE_PROVIDERS["hypothesis"]
    hypothesis.configuration.set_hypothesis_home_dir(_NOTES)
    AVAILABLE_PROVIDERS["hypothesis"] = _Provider
    try:
        yield
    finally:
        AVAILABLE_PROVIDERS["hypothesis"] = provider
        hypothesis.configuration.set_hypothesis_home_dir(home)
