"""A judgement in a process of its own: an answer that hangs or crashes costs itself and nothing else."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

import psutil

from ..laws.implementations import load, written
from .exercises import exercises
from .verdicts import Verdict, judge

#: Seconds of computing for one law, and seconds without any computing: then an answer hangs.
PATIENCE = 8.0
POLL = 0.05

# A fork has torch and the laws already. Elsewhere than on Linux a fork of torch is not safe: each judgement imports.
_CONTEXT = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")


class Apart:
    """Some work on a file of answers in a process of its own, begun at once. `result` waits for it."""

    def __init__(self, work, *arguments):
        self._hears, says = _CONTEXT.Pipe(duplex=False)
        self._process = _CONTEXT.Process(target=_run, args=(says, work, arguments), daemon=True)
        self._process.start()
        says.close()
        self._doing = "while it was imported"

    def result(self) -> Any:
        """What the work returned.

        Raises:
            ImportError: the file cannot be imported.
            Ended: the work came to no end, or to a sudden one.
        """
        try:
            return self._wait()
        finally:
            self._end()

    def _wait(self) -> Any:
        lasted, computed = (
            time.monotonic(),
            0.0,
        )  # when anything was last heard or computed; computed until the last word
        counted = 0.0
        while True:
            if self._hears.poll(POLL):
                try:
                    kind, what = self._hears.recv()
                except EOFError:
                    self._process.join()
                    raise Ended(f"{_ending(self._process.exitcode)}, {self._doing}") from None
                if kind == "result":
                    return what
                if kind == "cannot":
                    raise ImportError(what)
                self._doing = f"in the law: {what}"
                lasted, computed = time.monotonic(), _computed(self._process.pid)
            now = _computed(self._process.pid)
            if now > counted + 0.01:
                lasted, counted = time.monotonic(), now
            if now - computed > PATIENCE or time.monotonic() - lasted > PATIENCE:
                raise Ended(f"no end after {PATIENCE:g} seconds, {self._doing}")

    def _end(self) -> None:
        # With all that it has started: it has a group of its own.
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.join()
        self._hears.close()


class Ended(Exception):
    """Work on an answer was ended, or ended itself. The text says how, and in which law."""


def _computed(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return times.user + times.system


def _ending(status: int) -> str:
    return f"it ended the process by signal {-status}" if status < 0 else f"it ended the process with status {status}"


def _run(says: Connection, work: Callable, arguments: tuple) -> None:
    if hasattr(os, "setsid"):
        os.setsid()
    # What the answers print is no part of a verdict, nor what libraries say about bad files.
    quiet = os.open(os.devnull, os.O_RDWR)
    for standard in (1, 2):
        os.dup2(quiet, standard)
    try:
        says.send(("result", work(*arguments, lambda law: says.send(("law", law.sentence)))))
    except ImportError as error:
        says.send(("cannot", str(error)))
    os._exit(0)  # threads that an answer has started do not keep us


# ------------------------------------------------------------------ the work


def survey(path: str, before: Callable) -> list[str]:
    """The names that the file has written: exercises, then whatever else it holds that there are laws about."""
    from ..laws.finding import laws

    module = load(path)
    asked = [each.name for each in exercises()]
    others = dict.fromkeys(law.about for law in laws() if law.about not in asked)
    return [name for name in (*asked, *others) if written(module, name)]


def verdict(path: str, name: str, star: int, before: Callable) -> Verdict:
    """The verdict on one function of the file."""
    function = written(load(path), name)
    return judge(function, name, star=star, before=before) if function else Verdict(name, "not written")
