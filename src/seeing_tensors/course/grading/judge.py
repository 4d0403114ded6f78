"""Judge one file of answers in this process and tell the supervisor, line by line, what comes of it.

    python -m seeing_tensors.course.grading.judge FILE NAMES DESCRIPTOR

What the file prints is thrown away; results go over the descriptor, each line
with the secret in front that came on standard input. That, and a look at
whether the judge's own functions are still the same, stops what is easily
tried. It does not stop code that takes this process apart: nothing inside one
process can.
"""

from __future__ import annotations

import builtins
import inspect
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

LONGEST = 4000  # characters of one text: a report may quote what the answers have made


def main() -> None:
    file, names, descriptor = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
    secret = sys.stdin.readline().strip()
    os.set_inheritable(descriptor, False)

    def say(**what: Any) -> None:
        line = json.dumps({key: value[:LONGEST] if isinstance(value, str) else value for key, value in what.items()})
        os.write(descriptor, f"{secret} {line}\n".encode())

    try:
        _judge(file, names, say)
    except BaseException as error:  # also KeyboardInterrupt and whatever else an answer may raise
        say(escaped=f"the judge was ended by {type(error).__name__}: {error}"[:300])
    finally:
        os._exit(0)  # threads that an answer has started do not keep us


def _judge(file: str, names: list[str], say: Callable) -> None:
    content = Path(file).read_bytes()
    names = [name for name in names if name.encode() in content]
    try:  # before torch is imported, which takes seconds
        compile(content, Path(file).name, "exec")
    except (SyntaxError, ValueError):
        say(cannot=_why(file))
        say(done=True)
        return
    if not names:
        say(done=True)
        return
    from ..laws import definition, expectations, finding, implementations, museum, report, watching
    from ..practice import verdicts

    chosen = {name: verdicts.laws_of(name) for name in names}  # loaded now, before anybody can change them
    for name in names:
        museum.mistakes(name)
    _limit()
    quiet = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(quiet, standard)
    judges = [
        definition,
        expectations,
        finding,
        implementations,
        museum,
        report,
        watching,
        verdicts,
        sys.modules[__name__],
    ]
    spec = [module for name, module in sys.modules.items() if name.startswith("seeing_tensors_")]
    seal = Seal(judges + spec)
    say(ready=True)
    try:
        module = implementations.load(file)
    except ImportError as error:
        say(cannot=str(error))
        say(done=True)
        return
    functions = {name: implementations.written(module, name) for name in names}
    say(written=[name for name, function in functions.items() if function], changed=seal.broken())
    for name, function in functions.items():
        if function is None:
            continue
        say(begin=name)
        first = None
        begun = time.monotonic()
        for each, _, broken in finding.judged(function, chosen[name]):
            now = time.monotonic()
            seconds, told = round(now - begun, 3), str(broken or "")
            say(law=each.name, rank=each.rank, sentence=each.sentence, report=told, seconds=seconds)
            first, begun = first or broken, now
        known = museum.recognise(function, name, verdicts.part_of(name)) if first else None
        say(finished=name, mistake=known.mistake.what if known else "", changed=seal.broken())
    say(done=True)


def _why(file: str) -> str:
    from ..laws.implementations import load

    try:
        load(file)  # it does not come to running it
    except ImportError as error:
        return str(error)
    return ""


def _limit() -> None:
    try:
        import resource
    except ImportError:  # not a Unix
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 2**20,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class Seal:
    """Which objects the names of some modules stand for, and whether that is still so."""

    def __init__(self, modules: list[ModuleType]):
        self._modules = modules
        self._before = dict(self._parts())

    def broken(self) -> str:
        """The first name that stands for something else than before, or ""."""
        now = dict(self._parts())
        return next((name for name, value in self._before.items() if now.get(name) is not value), "")

    def _parts(self):
        import numpy
        import torch

        for module in (builtins, numpy, torch):
            # Only what can be called: torch keeps changing notes of its own there.
            yield from ((f"{module.__name__}.{key}", value) for key, value in vars(module).items() if callable(value))
        for module in self._modules:
            yield from _inside(module.__name__, vars(module), module.__name__)


def _inside(path: str, names: dict, home: str) -> Iterator[tuple[str, Any]]:
    for key, value in list(names.items()):
        name = f"{path}.{key}"
        yield name, value
        if type(value) is tuple:  # one law about each of several functions
            yield from _inside(
                name, {str(i): each for i, each in enumerate(value) if type(each).__name__ == "Law"}, home
            )
        of_a_law = type(value).__name__ == "Law"
        function = value.test if of_a_law else value
        if inspect.isfunction(function):
            yield f"{name}.__code__", function.__code__
            yield f"{name}.__defaults__", function.__defaults__
        if inspect.isclass(value) and value.__module__ == home:
            yield from _inside(name, dict(vars(value)), home)
        elif of_a_law:
            yield from ((f"{name}.{part}", held) for part, held in vars(value).items())


if __name__ == "__main__":
    main()
