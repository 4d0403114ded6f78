"""Run one command that nobody trusts: limits on time, memory, processes and talk, and nothing of it is left at the end.

    python -m seeing_tensors.course.grading.supervise '{"command": [...], "seconds": 60, ...}'

A process of its own for each command: on Linux whatever the command leaves
behind, also a daemon of its making, becomes a child of this process, which
ends it. The command gets the number of an open descriptor as its last
argument, and a secret on its standard input. What it writes there, one line
of JSON with the secret in front, is passed on to standard output; a last line
``{"end": reason}`` says how it ended. When standard input ends, the one who
asked is gone, and so is the command.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import IO

import psutil

from .sandbox import Limits

POLL = 0.1
TALK = 16 * 2**20  # bytes of results from one command; a full report of every law is below 1 MB
STARTING = 180  # seconds until a command says its first word: torch from a cold disk


class Supervised:
    """A running command. `said` are the lines it has said, parsed."""

    def __init__(self, command: list[str], limits: Limits):
        self.limits = limits
        self.said: list[dict] = []
        self.talked = 0
        self.began = self.stepped = time.monotonic()
        self._secret = secrets.token_hex(16)
        reading, writing = os.pipe()
        self.process = subprocess.Popen(
            [*command, str(writing)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=[writing],
            start_new_session=True,
        )
        os.close(writing)
        assert self.process.stdin is not None and self.process.stderr is not None  # they are pipes
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(f"{self._secret}\n".encode())
            self.process.stdin.close()
        self.complaints = b""
        self.abandoned = False
        threading.Thread(target=self._await_the_asker, daemon=True).start()
        self._threads = [
            threading.Thread(target=self._listen, args=(reading,), daemon=True),
            threading.Thread(target=self._complain, args=(self.process.stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _listen(self, reading: int) -> None:
        with open(reading, "rb") as results:
            # A line has a longest length, so that one without an end does not fill memory.
            while self.talked <= TALK and (line := results.readline(2**20)):
                self.talked += len(line)
                secret, _, text = line.partition(b" ")
                if secret.decode(errors="replace") != self._secret:
                    continue
                with contextlib.suppress(ValueError, RecursionError):
                    self.said.append(dict(json.loads(text)))
                    now = time.monotonic()
                    self.began = now if len(self.said) == 1 else self.began
                    # An exercise is one step, however many laws it has.
                    self.stepped = self.stepped if "law" in self.said[-1] else now
            while results.read(2**16):  # nobody listens any more, but a full pipe would keep the command waiting
                pass

    def _complain(self, errors: IO[bytes]) -> None:
        while piece := errors.read(2**12):
            self.complaints = (self.complaints + piece)[-4000:]

    def _await_the_asker(self) -> None:
        while os.read(0, 4096):
            pass
        self.abandoned = True

    @property
    def finished(self) -> bool:
        return bool(self.said) and bool(self.said[-1].get("done"))

    def fault(self) -> str:
        """Which limit is passed: a phrase, or "" while all is well."""
        now = time.monotonic()
        if self.abandoned:
            return "abandoned"
        if self.talked > TALK:
            return "talk"
        if not self.said:
            return "start" if now - self.began > STARTING else ""
        if now - self.began > self.limits.seconds:
            return "time"
        if now - self.stepped > self.limits.step_seconds:
            return "step"
        family = psutil.Process().children(recursive=True)
        if len(family) > self.limits.processes:
            return "processes"
        most = self.limits.mebibytes * 2**20
        # Pages that a fork shares with its parent count once. That sum takes longer: only when it matters.
        return "memory" if _sum(family, _resident) > most and _sum(family, _proportional) > most else ""

    def run(self) -> str:
        """Wait for the end or for a passed limit; return the reason, with every process of the command gone."""
        reason = ""
        while not reason and self.process.poll() is None:
            reason = self.fault()
            if self.finished:
                break
            time.sleep(POLL)
        end_all()
        status = self.process.wait()
        for thread in self._threads:
            thread.join(5)
        return reason or ("done" if self.finished else f"exit {status}")


def _sum(family: list[psutil.Process], measure: Callable[[psutil.Process], int]) -> int:
    total = 0
    for each in family:
        with contextlib.suppress(psutil.Error):
            total += measure(each)
    return total


def _resident(process: psutil.Process) -> int:
    return process.memory_info().rss


def _proportional(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().pss
    except (psutil.AccessDenied, AttributeError):  # not ours to look into, or not Linux
        return _resident(process)


def adopt_orphans() -> None:
    """On Linux: what loses its parent below this process becomes a child of this process, not of init."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def end_all() -> None:
    """Stop, then kill, every process below this one, until there is none."""
    for _ in range(200):
        family = psutil.Process().children(recursive=True)
        living = [each for each in family if _status(each) not in ("", psutil.STATUS_ZOMBIE)]
        if not living:
            return
        for act in (psutil.Process.suspend, psutil.Process.kill):  # a stopped process cannot fork
            for each in living:
                with contextlib.suppress(psutil.Error):
                    act(each)
        psutil.wait_procs(living, timeout=0.2)


def _status(process: psutil.Process) -> str:
    try:
        return process.status()
    except psutil.Error:
        return ""


def main() -> None:
    order = json.loads(sys.argv[1])
    adopt_orphans()
    supervised = Supervised(order["command"], Limits(**order["limits"]))
    reason = supervised.run()
    for line in supervised.said:
        print(json.dumps(line))
    print(json.dumps({"end": reason, "complaints": supervised.complaints.decode(errors="replace")}))


def order(command: list[str], limits: Limits) -> str:
    """The argument for a supervisor."""
    return json.dumps({"command": command, "limits": asdict(limits)})


if __name__ == "__main__":
    main()
