"""Where laws are found: the file of ``tests/spec`` that bears the name of a function's module."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import seeing_tensors

from .. import repository
from .definition import RANKS, Law
from .report import LawBroken


def laws(about: str | None = None) -> list[Law]:
    """Every law in `tests/spec`, in the order of the library's modules; or those about one function."""
    found = [each for each in members("tests/spec", about) if isinstance(each, Law)]
    if about is None:
        return found
    chosen = [each for each in found if each.about == about]
    if not chosen:
        known = ", ".join(sorted({each.about for each in laws()}))
        raise ValueError(f"no law in tests/spec is about {about!r}; there are laws about: {known}")
    return chosen


def ranked(about: str, part: str = "", ranks: Sequence[str] = RANKS) -> list[Law]:
    """The laws about a function, or about a part of it and the whole, in the order of these ranks."""
    chosen = [each for each in laws(about) if not part or each.part in ("", part)]
    return [each for rank in ranks for each in chosen if each.rank == rank]


def members(folder: str, about: str | None = None) -> Iterator[Any]:
    """Everything defined in the files of a folder of the repository that bear the name of a library module.

    They come in the order of the library's modules. With `about`, it is the file of that public function's module
    alone: to load them all takes seconds.
    """
    package = _package(folder)
    for module, names in seeing_tensors.MODULES.items():
        if about in (None, *names) and (repository.path(folder) / f"{module}.py").is_file():
            for value in vars(importlib.import_module(f"{package.__name__}.{module}")).values():
                yield from value if isinstance(value, tuple) else [value]


def _package(folder: str) -> ModuleType:
    # These folders are not installed; each gets a name of its own so that its files can import one another.
    name = "seeing_tensors_" + Path(folder).name
    if name not in sys.modules:
        path = repository.path(folder)
        spec = importlib.util.spec_from_file_location(
            name, path / "__init__.py", submodule_search_locations=[str(path)]
        )
        assert spec is not None and spec.loader is not None  # of a .py file there is one
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


def judged(function: Callable, chosen: Iterable[Law]) -> Iterator[tuple[Law, int, LawBroken | None]]:
    """Each of these laws with what came of it: how many cases held, and the report where it is broken.

    The first counterexample is the smallest that was found.
    """
    found = False
    for each in chosen:
        try:
            yield each, each.run(function, smallest=not found), None
        except LawBroken as broken:
            found = True
            yield each, 0, broken
