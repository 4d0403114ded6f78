"""The lessons: which changed, run them.

    lessons/*.py  --jupytext-->  build/notebooks/*.ipynb  --nbmake-->  executed

Each lesson runs once: the run that tests it is the run that the page shows. A
lesson that passed is not run again until something it depends on changes.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ..repository import page_files
from .environment import requirements

# Seconds for one cell. The lessons take seconds altogether; the first import of torch on a cold disk does not.
CELL_TIMEOUT = 300

# What a lesson depends on beside itself: the library, the laws it runs, its photos and its helper scripts.
INGREDIENTS = ("src", "tests/spec", "data", "lessons/scripts", "constraints.txt")


def lesson_hash(root: Path, lesson: Path) -> str:
    """A hash of all that a lesson's output depends on: itself, the library, laws, data, and installed versions."""
    digest = hashlib.sha256()

    def add(name: str, content: bytes) -> None:
        digest.update(f"{name}\0{len(content)}\0".encode() + content)

    add(lesson.name, lesson.read_bytes())
    add("python", sys.version.encode())
    for needed in requirements(root):
        add(needed.name, _installed(needed.name).encode())
    for ingredient in INGREDIENTS:
        top = root / ingredient
        for file in sorted([top, *top.rglob("*")]):
            if file.is_file() and "__pycache__" not in file.parts and ".egg-info" not in str(file):
                # A learner's own data set may be large: there the size and the time of writing must do.
                state = file.stat()
                large = state.st_size > 4_000_000
                content = f"{state.st_size} {state.st_mtime_ns}".encode() if large else file.read_bytes()
                add(file.relative_to(root).as_posix(), content)
    return digest.hexdigest()


def _installed(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"


def listed_lessons(root: Path) -> dict[str, tuple[str, int, str]]:
    """The README's table: the subject of each lesson, its minutes, and what one can then, by the script's stem."""
    row = r"^\| \d+ \[(.+)\]\(lessons/(.+)\.py\) \| (\d+) \| (.+) \|$"
    found = re.findall(row, (root / "README.md").read_text(encoding="utf-8"), flags=re.M)
    return {stem: (subject, int(minutes), can) for subject, stem, minutes, can in found}


def changed_lessons(root: Path, folder: Path) -> list[Path]:
    """The lessons whose last run, if any, failed or is out of date."""
    return [lesson for lesson in page_files(root) if _record(folder, lesson).get("hash") != lesson_hash(root, lesson)]


def run_lessons(root: Path, folder: Path) -> bool:
    """Run the lessons that changed, print a table of all; return True if every lesson passed.

    The executed notebooks are in `folder`/notebooks. A notebook that passed
    carries the hash of what it depended on; a failed one never does.
    """
    notebooks = folder / "notebooks"
    notebooks.mkdir(parents=True, exist_ok=True)
    lessons = page_files(root)
    for stale in set(notebooks.glob("*.ipynb")) - {_notebook(folder, lesson) for lesson in lessons}:
        stale.unlink()
        shutil.rmtree(folder / "book", ignore_errors=True)  # Sphinx leaves the page of a lesson that is gone
    changed = changed_lessons(root, folder)
    # Hashed before the run: a file saved while the lesson ran makes the lesson out of date, not up to date.
    hashes = {lesson: lesson_hash(root, lesson) for lesson in changed}
    seconds = _execute(changed, folder) if changed else {}
    for lesson, taken in seconds.items():
        _stamp(_notebook(folder, lesson), hashes[lesson], taken)
    _print_table(folder, lessons, changed)
    return len(seconds) == len(changed)


def convert(lesson: Path) -> Any:
    """A lesson's script as a notebook that has not run."""
    import jupytext

    notebook = jupytext.read(lesson, fmt="py:percent")
    for cell in notebook.cells:
        if "hide-input" in cell.metadata.get("tags", []):
            cell.metadata["jupyter"] = {"source_hidden": True}  # folded in JupyterLab, as on the page
    # Only the kernel: with jupytext's own entry, JupyterLab might try to write the script back.
    notebook.metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return notebook


def _notebook(folder: Path, lesson: Path) -> Path:
    return folder / "notebooks" / f"{lesson.stem}.ipynb"


def _record(folder: Path, lesson: Path) -> dict:
    """What the last run that passed left in the notebook: hash, cells, figures, seconds. Empty if there was none."""
    return record(_notebook(folder, lesson))


def record(notebook: Path) -> dict:
    """Our own entry in a notebook's metadata; empty where the file is missing, damaged or says nothing."""
    try:
        return dict(json.loads(notebook.read_text(encoding="utf-8"))["metadata"]["seeing_tensors"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def _execute(lessons: list[Path], folder: Path) -> dict[Path, float]:
    """Run these lessons, two at a time; return the seconds of each that passed."""
    import nbformat

    for lesson in lessons:
        nbformat.write(convert(lesson), _notebook(folder, lesson))
    # An ini file of its own: the repository's conftest.py and options are not meant for lessons.
    (folder / "notebooks" / "pytest.ini").write_text("[pytest]\nconsole_output_style = count\n", encoding="utf-8")
    report = folder / "lessons.xml"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "--nbmake", "--overwrite", f"--nbmake-timeout={CELL_TIMEOUT}"]
    command += ["-n", str(min(2, len(lessons))), "-v", "--show-capture=no", "-p", "no:cacheprovider"]
    command += [f"--junitxml={report}", *(str(_notebook(folder, lesson)) for lesson in lessons)]
    with subprocess.Popen(
        command, cwd=folder / "notebooks", env=lesson_environment(), stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        everything = _tell_progress(process.stdout or [])
    if not report.exists():
        print(everything)
        return {}
    passed = {
        case.attrib["name"].removesuffix(".ipynb"): float(case.attrib["time"])
        for case in ElementTree.parse(report).iter("testcase")
        if all(case.find(fault) is None for fault in ("failure", "error", "skipped"))
    }
    return {lesson: passed[lesson.stem] for lesson in lessons if lesson.stem in passed}


def _tell_progress(lines: Iterable[str]) -> str:
    """Print a line for each lesson as it finishes, and pytest's account of the failures; return all that came."""
    came, failures = [], False
    for line in lines:
        came.append(line)
        finished = re.match(r"\[gw\d+\] \[ *(\d+/\d+)\] (\w+) (.+?)\.ipynb", line)
        if finished:
            count, outcome, lesson = finished.groups()
            print(f"      {count}  {outcome.lower()}  {lesson}")
        elif re.match("=+ (FAILURES|ERRORS) =+", line):
            failures = True
        elif re.match("-+ generated xml file", line):
            failures = False
        elif failures:
            # Tracebacks of notebooks are coloured whether or not somebody watches.
            print(line if sys.stdout.isatty() else re.sub(r"\x1b\[[\d;]*m", "", line), end="")
    return "".join(came)


def lesson_environment() -> dict[str, str]:
    """The environment variables under which lessons run."""
    # pytest's own variables would reach the pytest that runs the lessons when a test started it.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return inherited | {
        "OMP_NUM_THREADS": "1",  # two lessons at once with two torch threads each are seven times slower
        "WANDB_MODE": "offline",  # with it no run, and no telemetry, leaves the machine
        "WANDB_ERROR_REPORTING": "false",
        "WANDB_SILENT": "true",
        "JUPYTER_PREFER_ENV_PATH": "1",  # this environment's kernel, not one of the same name in the home folder
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",  # else each kernel prints a warning about frozen modules
    }


def _stamp(notebook: Path, lesson_hash: str, seconds: float) -> None:
    import nbformat

    content = nbformat.read(notebook, as_version=4)
    code = [cell for cell in content.cells if cell.cell_type == "code"]
    for cell in code:
        cell.outputs = _joined(cell.outputs)
    content.metadata["seeing_tensors"] = {
        "hash": lesson_hash,
        "cells": len(code),
        "figures": sum(_figures(cell) for cell in code),
        "seconds": round(seconds, 1),
    }
    nbformat.write(content, notebook)


def _joined(outputs: list[dict]) -> list[dict]:
    """Outputs with the pieces of one stream put together again: a kernel may cut a printed line in two."""
    joined: list[dict] = []
    for output in outputs:
        last = joined[-1] if joined else {}
        if output["output_type"] == "stream" and last.get("name") == output["name"]:
            last["text"] += output["text"]
        else:
            joined.append(output)
    return joined


def _figures(cell: dict) -> int:
    pages = [output.get("data", {}).get("text/html", "") for output in cell["outputs"]]
    return sum("".join(page).count("<figure") for page in pages)


def _print_table(folder: Path, lessons: list[Path], changed: list[Path]) -> None:
    width = max(len(lesson.stem) for lesson in lessons)
    print(f"\n{'lesson':{width}}  cells  figures  seconds")
    for lesson in lessons:
        record = _record(folder, lesson)
        if record:
            note = "" if lesson in changed else "  unchanged"
            row = f"{record['cells']:5}  {record['figures']:7}  {record['seconds']:7.1f}{note}"
        else:
            row = "FAILED"
        print(f"{lesson.stem:{width}}  {row}")
