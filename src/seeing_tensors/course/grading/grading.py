"""A teacher's grades: judge a folder of submissions, each in a process of its own, and write a table of them."""

from __future__ import annotations

import csv
import json
import os
import re
import stat
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

from ..laws.definition import RANKS
from ..laws.finding import laws
from ..practice.exercises import Exercise, exercises
from ..practice.verdicts import laws_of
from . import sandbox, supervise
from .sandbox import Limits

LARGEST = 2**20  # bytes of a file of answers
COLUMNS = ["file", "lesson", "exercise", "verdict"]
COLUMNS += [f"{rank}_{outcome}" for rank in RANKS for outcome in ("held", "broken")]
COLUMNS += ["not_tried", "first_broken_law", "mistake", "note"]


class Tried(NamedTuple):
    """A law that was tried; the report is "" where it held."""

    name: str
    rank: str
    sentence: str
    report: str
    seconds: float


@dataclass
class Grade:
    """What came of one exercise of one submission.

    Attributes:
        verdict: "unbreakable" (every law holds), "solved" (every law of mathematics), "broken" (one of those is), "not
            written", or "stopped" before that was known (limit, crash, a file that does not load).
        laws: what was said of each law that was tried, those of mathematics first.
        waiting: how many laws were not tried.
        mistake: what the museum recognises, or "".
        note: why it was stopped, or the first report.
    """

    exercise: Exercise
    verdict: str = "not written"
    laws: list[Tried] = field(default_factory=list)
    waiting: int = 0
    mistake: str = ""
    note: str = ""

    @property
    def broken(self) -> list[Tried]:
        return [law for law in self.laws if law.report]

    def count(self, rank: str, *, broken: bool) -> int:
        return sum(law.rank == rank and bool(law.report) == broken for law in self.laws)


@dataclass
class Submission:
    """A file of answers, its name as the table shows it, and a grade for every exercise."""

    name: str
    grades: list[Grade]
    seconds: float = 0

    @property
    def line(self) -> str:
        count = Counter(grade.verdict for grade in self.grades)
        note = next((grade.note for grade in self.grades if grade.verdict == "stopped"), "")
        told = [f"{count['solved'] + count['unbreakable']} of {len(self.grades)} solved"]
        told += [f"{count[verdict]} {verdict}" for verdict in ("unbreakable", "broken", "stopped") if count[verdict]]
        return f"{self.name}: {', '.join(told)}" + (f" ({note})" if note else "")


# ------------------------------------------------------------- many submissions


def files_in(folder: Path) -> list[Path]:
    """Every file of Python below a folder, in order; folders that are links, or hidden, are left out."""
    found = []
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name[0] not in "._")
        found += [Path(place) / name for name in names if name.endswith(".py") and name[0] not in "._"]
    return sorted(found)


def grade_all(files: Iterable[Path], folder: Path, limits: Limits, *, jobs: int, boxed: bool) -> Iterator[Submission]:
    """Grade files, `jobs` at a time, in order. When the caller stops, what runs is ended."""
    laws()  # once, before there are threads
    running: set[subprocess.Popen] = set()
    pool = ThreadPoolExecutor(jobs)
    try:
        yield from pool.map(lambda file: grade(file, folder, limits, boxed=boxed, running=running), files)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in list(running):
            if process.stdin:
                process.stdin.close()  # its supervisor ends everything


def grade(file: Path, folder: Path, limits: Limits, *, boxed: bool, running: set | None = None) -> Submission:
    """Grade one file, in a process of its own: in a new one again after each exercise that brings it down."""
    begun = time.monotonic()
    asked = {each.name: Grade(each, waiting=len(laws_of(each.name))) for each in exercises()}
    submission = Submission(file.relative_to(folder).as_posix(), list(asked.values()))
    remaining = list(asked)
    try:
        content = _content(file)
    except OSError as error:
        _stop(asked.values(), f"cannot be read: {error.strerror or error}")
        return submission
    while remaining and (left := limits.seconds - (time.monotonic() - begun)) > 0:
        within = Limits(**{**vars(limits), "seconds": left})
        said, end = _ask(content, file.name, folder, remaining, within, boxed, set() if running is None else running)
        try:
            remaining = _enter(asked, remaining, said, end, limits)
        except (KeyError, TypeError, ValueError, AttributeError):  # nothing that our judge says
            _stop(asked.values(), _in_words("talk", limits))
            break
    else:
        _stop((asked[name] for name in remaining), _in_words("time", limits))
    submission.seconds = round(time.monotonic() - begun, 1)
    return submission


def _content(file: Path) -> bytes:
    # Not through a link: it may lead to another's answers. Not from a pipe, which never ends.
    if not stat.S_ISREG(file.lstat().st_mode):
        raise OSError("it is a link or no plain file")
    if file.stat().st_size > LARGEST:
        raise OSError(f"{file.stat().st_size:,} bytes, and {LARGEST:,} are plenty")
    return file.read_bytes()


def _ask(
    content: bytes, name: str, folder: Path, names: list[str], limits: Limits, boxed: bool, running: set
) -> tuple[list[dict], dict]:
    """Have a supervised process judge these names; return what it said and how it ended."""
    with tempfile.TemporaryDirectory(prefix="seeing-tensors-", ignore_cleanup_errors=True) as place:
        copy = Path(place) / name
        copy.write_bytes(content)
        seen, home = (Path(sandbox.HOME) / "judged" / name, sandbox.HOME) if boxed else (copy, place)
        command = sandbox.python("-m", "seeing_tensors.course.grading.judge", str(seen), json.dumps(names))
        if boxed:
            command = sandbox.boxed(command, file=copy, hide=folder)
        with subprocess.Popen(
            sandbox.python("-m", "seeing_tensors.course.grading.supervise", supervise.order(command, limits)),
            env=sandbox.environment(home),
            cwd=place,
            stdin=subprocess.PIPE,  # it ends when we do
            stdout=subprocess.PIPE,
            start_new_session=True,
            encoding="utf-8",
        ) as process:
            running.add(process)
            lines = [json.loads(line) for line in process.stdout or []]
            running.discard(process)
    if not lines:
        return [], {"end": "the supervisor was ended", "complaints": ""}
    return lines[:-1], lines[-1]


def _enter(asked: dict[str, Grade], names: list[str], said: list[dict], end: dict, limits: Limits) -> list[str]:
    """Enter what a judge of these names said into the grades; return the names that are still to be judged."""
    waiting = [asked[name] for name in names]
    now: Any = None
    written = None
    for line in said:
        if line.get("changed"):
            for grade in asked.values():
                grade.laws, grade.mistake = [], ""
            _stop(asked.values(), f"it changes the judge: {line['changed']} is not what it was")
            return []
        if "cannot" in line:
            _stop(waiting, f"cannot be imported: {line['cannot']}")
            return []
        written = line.get("written", written)
        if "begin" in line:
            now = asked[line["begin"]]
        if "law" in line:
            now.laws.append(Tried(line["law"], line["rank"], line["sentence"], line["report"], line["seconds"]))
            now.waiting -= 1
        if "finished" in line:
            now.mistake = line["mistake"]
            now = None
    for grade in waiting:
        if grade.laws:
            star = "solved" if grade.broken else "unbreakable"
            grade.verdict = "broken" if grade.count("mathematics", broken=True) else star
            grade.note = grade.broken[0].report if grade.broken else ""
    if end["end"] == "done":
        return []
    why = _in_words(next((line["escaped"] for line in said if "escaped" in line), end["end"]), limits)
    if written is None:
        ready = any("ready" in line for line in said)
        _stop(waiting, f"while it was imported: {why}" if ready else f"{why} {end['complaints'][-300:]}".strip())
        return []
    if now is None:  # between two exercises, or after the last one
        return [name for name in written if not asked[name].laws]
    if now.waiting and {law.rank for law in now.laws} > {"mathematics"}:  # the first star was won or lost before
        now.verdict, now.note = "solved" if now.verdict == "unbreakable" else now.verdict, why
    elif now.waiting:
        _stop([now], why)
    return written[written.index(now.exercise.name) + 1 :]


def _stop(grades: Iterable[Grade], why: str) -> None:
    for grade in grades:
        grade.verdict, grade.note = "stopped", why


def _in_words(end: str, limits: Limits) -> str:
    words = {
        "time": f"no time left: {limits.seconds:g} seconds for the whole file",
        "step": f"it took longer than {limits.step_seconds:g} seconds",
        "memory": f"it took more than {limits.mebibytes:g} MiB of memory",
        "processes": f"it started more than {limits.processes} processes",
        "talk": "it wrote where results belong",
        "start": "the judge did not start",
    }
    status = re.fullmatch(r"exit (-?\d+)", end)
    if not status:
        return words.get(end, end)
    number = int(status[1])
    signal = -number if number < 0 else number - 128 if number > 128 else 0  # bubblewrap adds 128 to a signal
    return f"it ended the process by signal {signal}" if signal else f"it ended the process with status {number}"


# ---------------------------------------------------------------- CSV and XML


def rows(submission: Submission) -> list[list]:
    """The submission's lines of the table, under `COLUMNS`."""
    return [
        [
            _plain(submission.name),
            grade.exercise.lesson,
            grade.exercise.name,
            grade.verdict,
            *(grade.count(rank, broken=broken) for rank in RANKS for broken in (False, True)),
            grade.waiting,
            grade.broken[0].sentence if grade.broken else "",
            grade.mistake,
            _plain(grade.note),
        ]
        for grade in submission.grades
    ]


def _plain(text: str) -> str:
    """Text that a spreadsheet does not take for a formula."""
    return f"'{_printable(text)}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else _printable(text)


def _printable(text: str) -> str:
    """Without control characters, which XML cannot hold, and without halves of characters, which no file can."""
    text = re.sub(r"[^\t\n\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]", "\N{REPLACEMENT CHARACTER}", text)
    return text.encode("utf-8", "replace").decode("utf-8")


def junit(submissions: list[Submission]) -> ElementTree.ElementTree:
    """JUnit XML: a test suite for each submission, a test case for each law that was tried.

    A law of mathematics that is broken is a failure; one of the second star, which is optional, is skipped, and its
    message says "open for unbreakable". The suite's properties are the verdicts.
    """
    root = ElementTree.Element("testsuites")
    for submission in submissions:
        suite = ElementTree.SubElement(
            root, "testsuite", name=_printable(submission.name), time=str(submission.seconds)
        )
        verdicts = ElementTree.SubElement(suite, "properties")
        for grade in submission.grades:
            ElementTree.SubElement(verdicts, "property", name=grade.exercise.name, value=grade.verdict)
            for law in grade.laws:
                case = _case(suite, grade, law.name, law.seconds)
                if law.report and law.rank == "mathematics":
                    ElementTree.SubElement(case, "failure", message=_printable(law.sentence)).text = _printable(
                        law.report
                    )
                elif law.report:
                    open_ = ElementTree.SubElement(
                        case, "skipped", message=f"open for unbreakable: {_printable(law.sentence)}"
                    )
                    open_.text = _printable(law.report)
            if grade.verdict == "not written":
                ElementTree.SubElement(_case(suite, grade, "laws"), "skipped", message="not written yet")
            elif grade.verdict == "stopped":
                ElementTree.SubElement(_case(suite, grade, "laws"), "error", message=_printable(grade.note))
        for kind, tag in {"failures": "failure", "errors": "error", "skipped": "skipped"}.items():
            suite.set(kind, str(len(suite.findall(f"testcase/{tag}"))))
        suite.set("tests", str(len(suite.findall("testcase"))))
    ElementTree.indent(root)
    return ElementTree.ElementTree(root)


def _case(suite: ElementTree.Element, grade: Grade, name: str, seconds: float = 0) -> ElementTree.Element:
    place = f"lesson_{grade.exercise.lesson}.{grade.exercise.name}"
    return ElementTree.SubElement(suite, "testcase", classname=place, name=name, time=str(seconds))


# --------------------------------------------------------------- the command


def run(
    path: Path,
    limits: Limits,
    *,
    jobs: int = 2,
    table: Path | None = None,
    xml: Path | None = None,
    say: Callable = print,
) -> int:
    """Grade a file or a folder of files, and write the table and the XML that are asked for.

    The table is in UTF-8 with a byte order mark, so that Excel reads every name; a submission's lines are in the file
    as soon as it is graded. Returns the exit status: 0 when everything was graded, whatever the grades are; 1 when
    there was nothing to grade.
    """
    path = path.resolve()
    files, folder = (files_in(path), path) if path.is_dir() else ([path], path.parent)
    if not files:
        say(f"there is no file of Python in {path}")
        return 1
    fault = sandbox.fault()
    say(
        f"NOT SANDBOXED ({fault}): {sandbox.ADVICE}"
        if fault
        else "sandboxed: no network, no other files, by bubblewrap"
    )
    done: list[Submission] = []
    with open(table or os.devnull, "w", newline="", encoding="utf-8-sig") as output:
        writer = csv.writer(output)
        writer.writerow(COLUMNS)
        try:
            for submission in grade_all(files, folder, limits, jobs=jobs, boxed=not fault):
                done.append(submission)
                writer.writerows(rows(submission))
                output.flush()
                say(_printable(submission.line))
        finally:
            if xml:
                junit(done).write(xml, encoding="utf-8", xml_declaration=True)
    written = " and ".join(str(each) for each in (table, xml) if each)
    say(f"{len(done)} submissions graded" + (f"; see {written}" if written else ""))
    return 0
