"""A function or class under judgement: it remembers its calls, so that a report can show and a reader repeat them."""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import string
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch

from .expectations import as_array


class Step(NamedTuple):
    """One call as Python would write it: `before`, name, arguments. Without arguments it is an attribute being read."""

    before: str
    name: str
    arguments: tuple | None
    keywords: dict
    raised: bool = False

    @property
    def objects(self) -> set[str]:
        """The names of the objects that it is about."""
        given = {str(value) for value in (*(self.arguments or ()), *self.keywords.values()) if isinstance(value, Name)}
        return given | {self.before.rstrip(" =.")} if self.before else given


class Name(str):
    """An argument that is an object made earlier: written as its name."""

    __repr__ = str.__str__


class _Screen(io.TextIOBase):
    """Stands in for standard output. Keeps the beginning: what prints for ever fills no memory."""

    text = ""

    def write(self, text: str) -> int:
        self.text += text[: 1000 - len(self.text)]
        return len(text)


class Watched:
    """Stands in for a function, or for a class, in a law.

    Attributes:
        function: what is judged.
        originals: the positional arguments of the latest call, the very objects.
        result, error: what came of the latest call.
        printed: the beginning of what it printed. A law has hundreds of calls: their prints would bury the report.
        changed: which of its arguments the latest call changed, counted from 1; 0 for none. For an object,
            any call since it was made: what was changed may show much later.
    """

    is_watched = True

    def __init__(self, function: Callable):
        self.function = function
        self.__name__ = getattr(function, "__name__", type(function).__name__)
        # For a class, what is called is a twin of it whose objects tell what is done with them.
        self._callable = _noting(function, self) if inspect.isclass(function) else function
        self.forget()

    def forget(self) -> None:
        self.originals: tuple = ()
        self.result: Any = None
        self.error: BaseException | None = None
        self.changed = 0
        self._screen = _Screen()
        self._steps: list[Step] = []
        self._names: dict[int, str] = {}
        self._objects: list[Any] = []  # keeps them alive, so that no two have one id
        self._inside = False

    def __call__(self, *arguments, **keywords):
        if not inspect.isclass(self.function):
            self._steps.clear()  # only objects have a history
            return self.note("", self.__name__, self._callable, arguments, keywords)
        name = string.ascii_lowercase[len(self._objects) % 26]
        made = self.note(f"{name} = ", self.__name__, self._callable, arguments, keywords)
        self._objects.append(made)
        self._names[id(made)] = name
        return made

    def note_object(self, owner: Any, name: str, call: Callable, arguments: tuple | None, keywords: dict) -> Any:
        """Do and remember what is done with an object; what the object does in turn is its own affair."""
        known = self._names.get(id(owner))
        if self._inside or known is None:
            return call(*arguments or (), **keywords)
        return self.note(f"{known}." if name else known, name, call, arguments, keywords)

    def note(self, before: str, name: str, call: Callable, arguments: tuple | None, keywords: dict) -> Any:
        """Do a call and remember it."""
        kept = None if arguments is None else tuple(map(self._kept, arguments))
        self._steps.append(Step(before, name, kept, {key: self._kept(value) for key, value in keywords.items()}))
        self.originals, self.result, self.error = arguments or (), None, None
        self.changed = self.changed if self._objects else 0
        self._inside, self._screen = True, _Screen()
        try:
            with contextlib.redirect_stdout(self._screen):
                self.result = call(*arguments or (), **keywords)
        except (Exception, SystemExit) as error:
            self.error = error
            self._steps[-1] = self._steps[-1]._replace(raised=True)
            raise
        finally:
            self._inside = False
            pairs = enumerate(zip(arguments or (), kept or (), strict=True), 1)
            self.changed = next((place for place, pair in pairs if _differ(*pair)), self.changed)
        return self.result

    @property
    def printed(self) -> str:
        return self._screen.text

    @property
    def given(self) -> tuple:
        """The positional arguments of the latest call, as they were."""
        return (self._steps[-1].arguments or ()) if self._steps else ()

    @property
    def came_to_nothing(self) -> bool:
        """True if the latest call has ended and gave None."""
        return bool(self._steps) and self.result is None and self.error is None

    def call(self, write: Callable[[Any], str]) -> str:
        """The latest call as Python, each argument written by `write`; for an object, all that led to it."""
        if not self._steps:
            return ""
        lines = []
        for step in self._needed():
            inside = [*map(write, step.arguments or ()), *(f"{k}={write(v)}" for k, v in step.keywords.items())]
            lines.append(step.before + step.name + ("" if step.arguments is None else f"({', '.join(inside)})"))
        return "; ".join(lines)

    def _needed(self) -> list[Step]:
        """The latest step and those that led to it: of the same objects, without what was refused on the way."""
        *before, last = self._steps
        needed, objects = [last], last.objects
        for step in reversed(before):
            if step.objects & objects and not step.raised:
                needed.append(step)
                objects = objects | step.objects
        return needed[::-1]

    def _kept(self, value: Any) -> Any:
        return Name(self._names[id(value)]) if id(value) in self._names else copied(value)


def _noting(cls: type, watched: Watched) -> type:
    """A subclass of the same name whose objects tell `watched` about every call and every property that is read."""

    def method(name: str, plain: Callable) -> Callable:
        @functools.wraps(plain)
        def call(self, *arguments, **keywords):
            return watched.note_object(self, name, functools.partial(plain, self), arguments, keywords)

        return call

    def reading(name: str, plain: property) -> property:
        def read(self):
            return watched.note_object(self, name, functools.partial(plain.fget, self), None, {})

        return property(read, plain.fset, plain.fdel, plain.__doc__)

    body: dict[str, Any] = {"__module__": cls.__module__, "__qualname__": cls.__qualname__, "__doc__": cls.__doc__}
    # Of what it inherits from torch only that which changes what it computes: torch compares some of its
    # own methods by identity, to see whether somebody has replaced them.
    own = {
        name
        for each in cls.__mro__
        if each.__module__.split(".")[0] not in ("torch", "builtins")
        for name in vars(each)
    }
    for name in own | ({"train", "eval", "__call__"} & set(dir(cls))):
        value = inspect.getattr_static(cls, name)
        if name == "__call__":
            body[name] = method("", getattr(cls, name))
        elif not name.startswith("_") and inspect.isfunction(value):
            body[name] = method(name, value)
        elif not name.startswith("_") and isinstance(value, property) and value.fget:
            body[name] = reading(name, value)
    return type(cls)(cls.__name__, (cls,), body)


def copied(value: Any) -> Any:
    """The values as they are now, whatever the call does to them."""
    if isinstance(value, np.ndarray):
        return _copied_array(value)
    if isinstance(value, torch.Tensor):
        return value.detach().clone().requires_grad_(value.requires_grad)
    if type(value) in (list, tuple):
        return type(value)(map(copied, value))
    return value


def _copied_array(value: np.ndarray) -> np.ndarray:
    """A copy whose axes lie in memory as those of the original, also backwards."""
    flips = tuple(slice(None, None, -1 if stride < 0 else None) for stride in value.strides)
    return value[flips].copy(order="K")[flips]


def _differ(now: Any, before: Any) -> bool:
    """True if an argument is surely not what it was."""
    if type(now) in (list, tuple):
        return len(now) != len(before) or any(map(_differ, now, before))
    if not isinstance(now, (np.ndarray, torch.Tensor)) or (isinstance(now, torch.Tensor) and now.is_meta):
        return False
    try:
        a, b = as_array(now), as_array(before)
        return a.shape != b.shape or not bool(((a == b) | ((a != a) & (b != b))).all())
    except (TypeError, RuntimeError):  # a type that numpy cannot hold
        return False
