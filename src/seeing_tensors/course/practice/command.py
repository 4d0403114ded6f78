"""`seeing-tensors check` on a file of answers: all of it, one exercise, or whatever is saved next."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch

from ..laws.finding import laws
from . import apart, page
from .answers import in_lines
from .exercises import Exercise, exercises
from .verdicts import Verdict, asked_for

AT_A_TIME = 2


def check(path: str, name: str = "", *, star: int = 1) -> int:
    """Judge a file of answers, or one function of it: what each has earned, the first fault, and what to do next.

    Returns the exit status: 0 if every exercise that is written is solved, otherwise 1.

    Raises:
        ImportError: the file cannot be imported, or there is no exercise `name`.
    """
    _prepare(name)
    if name:
        (verdict,) = _judged(path, [name], star)
        if verdict.solved and asked_for(name) and not verdict.report:
            verdict.following = _next_of(path, name)
        page.put(told(path, verdict, star))
        return 0 if verdict.solved or verdict.word == "not written" else 1
    return _check_all(path, star)


def _next_of(path: str, name: str) -> str:
    """What to write next: the first blank after this exercise, else the first of the file."""
    written = survey(path)
    names = [each.name for each in exercises()]
    after = exercises()[names.index(name) + 1 :]
    blank = [each for each in [*after, *exercises()] if each.name not in written]
    return f"{blank[0].place}." if blank else f"all are written; `seeing-tensors check {path}` judges them."


def _check_all(path: str, star: int) -> int:
    written = survey(path)
    asked = [each.name for each in exercises()]
    verdicts, lesson = [], None
    judged = _judged(path, written, star)
    for name in [*asked, *(each for each in written if each not in asked)]:
        exercise = asked_for(name)
        if (exercise.lesson if exercise else 0) != lesson:
            lesson = exercise.lesson if exercise else 0
            print(f"Lesson {lesson}: {exercise.title}" if exercise else "Beyond the exercises")
        verdicts.append(next(judged) if name in written else Verdict(name, "not written"))
        print(f"  {name:20}  {verdicts[-1].line}")
    faults = [each for each in verdicts if each.word in ("broken", "stopped")]
    open_ones = [each for each in verdicts if star == 2 and each.report and each not in faults]
    for first in (faults or open_ones)[:1]:
        page.put(f"\n{told(path, first, star)}")
    print(f"\n{counted(verdicts)}")
    if len(faults) > 1:
        after = page.Words(f"{', '.join(each.name for each in faults[1:])}.", "After that")
        print(page.as_text([after], page.width()))
    waiting = [one for each in verdicts if each.word == "not written" and (one := asked_for(each.name))]
    if waiting and not faults:
        print(f"Next: {waiting[0].place}.")
    return 1 if faults else 0


def told(path: str, verdict: Verdict, star: int = 1) -> str:
    """All that is said about one verdict, as in the notebook."""
    how = f"`seeing-tensors check {path} {verdict.name} --unbreakable` shows the first of them."
    return page.as_text(page.said(verdict, "" if star == 2 else how), page.width())


def counted(verdicts: list[Verdict]) -> str:
    """How many exercises have come how far."""
    words = [each.word for each in verdicts if asked_for(each.name)]
    solved, best = words.count("solved") + words.count("unbreakable"), words.count("unbreakable")
    parts = (
        [f"{solved} of {len(words)} exercises solved" + (f", {best} of them unbreakable" if best else "")]
        if solved
        else []
    )
    parts += [f"{words.count(word)} {word}" for word in ("broken", "stopped") if word in words]
    parts += [f"{words.count('not written')} not written yet"] if "not written" in words else []
    return ", ".join(parts)


def survey(path: str) -> list[str]:
    """The names that a file has written, looked up in a process of its own.

    Raises:
        ImportError: the file cannot be imported, or its import has no end.
    """
    try:
        return apart.Apart(apart.survey, path).result()
    except apart.Ended as ended:
        raise ImportError(f"{Path(path).name}: {ended}") from None


def _judged(path: str, names: list[str], star: int = 1) -> Iterator[Verdict]:
    """The verdict on each name, in order, `AT_A_TIME` in processes of their own."""
    waiting, running = deque(names), deque[Any]()
    while waiting or running:
        while waiting and len(running) < AT_A_TIME:
            name = waiting.popleft()
            running.append((name, apart.Apart(apart.verdict, path, name, star)))
        name, work = running.popleft()
        try:
            yield work.result()
        except apart.Ended as ended:
            yield Verdict(name, "stopped", why=str(ended), following="find what has no end, or ends Python.")


def _prepare(name: str) -> None:
    """Load what judging needs, once: the processes that judge have it then."""
    torch.set_num_threads(1)  # a fork must find no threads of torch's
    known = {law.about for law in laws()}
    if name and name not in known:
        asked = ", ".join(each.name for each in exercises())
        raise ImportError(f"no law is about {name!r}; the exercises are {asked}")


# ------------------------------------------------------------------ watching


def watch(path: str, name: str = "", *, star: int = 1, say: Callable = print, saves: Iterator | None = None) -> int:
    """Judge at each save, one exercise at a time, until all are solved; return the exit status.

    It begins with the first exercise that is not solved, or with `name`. `saves` yields once for each look at the file.
    """
    _prepare(name)
    file = _file(path)
    asked = exercises()
    solved: set[str] = set()
    places = iter(asked[next((i for i, each in enumerate(asked) if each.name == name), 0) :])
    now: Exercise | None = next(places)
    for _ in saves or _saves(file):
        _clear()
        while now:
            verdict = _verdict_or_why(path, now, star)
            if isinstance(verdict, str):
                say(f"{verdict}\n")
                break
            if verdict.solved:
                solved.add(now.name)
            say(f"{progress(now, solved)}\n\n{told(path, verdict, star)}\n")
            if not verdict.solved:
                if verdict.word == "not written":
                    say(_prompt(now))
                break
            now = next(places, None)
        if now is None:
            say("That was the last exercise.")
            return 0
        say(f"Watching {path}: save it, and it is judged. Ctrl-C ends.")
    return 1


def progress(exercise: Exercise, solved: set[str]) -> str:
    """The lesson's bar: how many of its exercises are solved."""
    names = [each.name for each in exercises(exercise.lesson)]
    done = sum(name in solved for name in names)
    wide = 8
    bar = "#" * (wide * done) + "-" * (wide * (len(names) - done))
    return f"Lesson {exercise.lesson}: {exercise.title}\n[{bar}] {done} of {len(names)} solved"


def _verdict_or_why(path: str, exercise: Exercise, star: int) -> Verdict | str:
    try:
        return next(_judged(path, [exercise.name], star))
    except ImportError as error:
        return str(error)


def _prompt(exercise: Exercise) -> str:
    return "\n".join([f"{exercise.place}", "", *in_lines(exercise.prompt), "", exercise.blank, ""])


def _file(path: str) -> Path:
    found = next((each for each in (Path(path), Path(f"{path}.py")) if each.is_file()), None)
    if found is None:
        raise FileNotFoundError(f"there is no file {path!r} to watch")
    return found


def _saves(file: Path) -> Iterator[None]:
    """Yield now, and whenever the file has changed. An editor may take it away for a moment."""
    known: tuple[int, int, int] | None = None
    seen: tuple[int, int, int] | None
    while True:
        try:
            state = file.stat()
            seen = (state.st_mtime_ns, state.st_size, state.st_ino)
        except FileNotFoundError:
            seen = known
        if seen != known:
            known = seen
            yield
        time.sleep(0.1)


def _clear() -> None:
    if sys.stdout.isatty():
        print("\033[2J\033[H", end="")
