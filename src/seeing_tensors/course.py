"""The lessons: is the environment sound, which lessons changed, run them; the learner's copies.

    lessons/*.py  --jupytext-->  build/notebooks/*.ipynb  --nbmake-->  executed

Each lesson runs once: the run that tests it is the run that the page shows. A
lesson that passed is not run again until something it depends on changes.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]

# The module by which each distribution of pyproject.toml is imported.
MODULES = {
    "numpy": "numpy",
    "torch": "torch",
    "torchvision": "torchvision",
    "opencv-python": "cv2",
    "matplotlib": "matplotlib",
    "seaborn": "seaborn",
    "pillow": "PIL",
    "wandb": "wandb",
    "jupytext": "jupytext",
    "jupyterlab": "jupyterlab",
    "ipykernel": "ipykernel",
    "nbmake": "nbmake",
    "pytest": "pytest",
    "pytest-xdist": "xdist",
    "hypothesis": "hypothesis",
    "sphinx": "sphinx",
    "myst-nb": "myst_nb",
    "sphinx-book-theme": "sphinx_book_theme",
    "sphinx-copybutton": "sphinx_copybutton",
    "latex2mathml": "latex2mathml",
    "filelock": "filelock",
    "psutil": "psutil",
}

# Seconds for one cell. The lessons take seconds altogether; the first import of torch on a cold disk does not.
CELL_TIMEOUT = 300

# What a lesson depends on beside itself: the library, the laws it runs, its photos and its helper scripts.
INGREDIENTS = ("src", "tests/spec", "data", "lessons/scripts", "constraints.txt")


def build_folder(root: Path) -> Path:
    """Where generated things go: `build/`, or $SEEING_TENSORS_BUILD for a second environment beside the first."""
    return root / os.environ.get("SEEING_TENSORS_BUILD", "build")


# ---------------------------------------------------------- the environment


def environment_faults(
    root: Path,
    *,
    imports: bool = True,
    python: tuple[int, ...] = sys.version_info[:3],
    importer: Callable[[str], object] = importlib.import_module,
    version_of: Callable[[str], str] = importlib.metadata.version,
) -> list[str]:
    """What is wrong with this Python and its packages: one text each, saying what to do.

    Args:
        root: the repository.
        imports: also import each package, which takes a few seconds.
        python, importer, version_of: the interpreter's own, unless a test says otherwise.
    """
    if python < (3, 11):
        return [f"Python {'.'.join(map(str, python))} is too old: make the environment with 3.11 or later"]
    os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # wandb reads it when it is imported
    faults = []
    for name, lowest in requirements(root).items():
        try:
            version = version_of(name)
            if _numbers(version) < _numbers(lowest):
                faults.append(f"{name} {version} is older than {lowest}: run `make`")
            elif imports:
                importer(MODULES[name])
        except importlib.metadata.PackageNotFoundError:
            faults.append(f"{name} is not installed: run `make`")
        except Exception as error:  # an import may fail in any way; each is a line, not a traceback
            faults.append(f"{name} cannot be imported: {error}{_advice(str(error))}")
    return faults


def requirements(root: Path) -> dict[str, str]:
    """Every package that pyproject.toml asks for, with its lowest version."""
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["course"]
    return dict(re.fullmatch(r"([\w-]+)\s*>=\s*([\d.]+)", line).groups() for line in lines)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(n) for n in re.match(r"\d+(?:\.\d+)*", version)[0].split("."))


def _advice(message: str) -> str:
    if re.search(r"libGL|libgthread|libglib", message):
        return "\n      OpenCV needs two libraries of the system: apt-get install libgl1 libglib2.0-0"
    if "torchvision::nms" in message:
        return "\n      torch and torchvision are not a pair: delete .venv and run `make`"
    return "\n      delete .venv and run `make`"


# -------------------------------------------------------------- the lessons


def lesson_files(root: Path) -> list[Path]:
    """The lessons in reading order.

    Raises:
        FileNotFoundError: this is not the repository.
    """
    found = sorted((root / "lessons").glob("[0-9]*.py"))
    if not found:
        raise FileNotFoundError(
            f"no lessons in {root / 'lessons'}: clone the repository and install it with `make`, or pip install -e"
        )
    return found


def lesson_hash(root: Path, lesson: Path) -> str:
    """A hash of all that a lesson's output depends on: itself, the library, laws, data, and installed versions."""
    digest = hashlib.sha256()

    def add(name: str, content: bytes) -> None:
        digest.update(f"{name}\0{len(content)}\0".encode() + content)

    add(lesson.name, lesson.read_bytes())
    add("python", sys.version.encode())
    for name in requirements(root):
        add(name, _installed(name).encode())
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


def changed_lessons(root: Path, folder: Path) -> list[Path]:
    """The lessons whose last run, if any, failed or is out of date."""
    return [lesson for lesson in lesson_files(root) if _record(folder, lesson).get("hash") != lesson_hash(root, lesson)]


def run_lessons(root: Path, folder: Path) -> bool:
    """Run the lessons that changed, print a table of all; return True if every lesson passed.

    The executed notebooks are in `folder`/notebooks. A notebook that passed
    carries the hash of what it depended on; a failed one never does.
    """
    notebooks = folder / "notebooks"
    notebooks.mkdir(parents=True, exist_ok=True)
    lessons = lesson_files(root)
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


def convert(lesson: Path) -> dict:
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
    return _metadata(_notebook(folder, lesson))


def _metadata(notebook: Path) -> dict:
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
        everything = _tell_progress(process.stdout)
    if not report.exists():
        print(everything)
        return {}
    passed = {
        case.get("name").removesuffix(".ipynb"): float(case.get("time"))
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


# ------------------------------------------------------ the learner's copies


def lab(root: Path, *, start: bool = True) -> int:
    """Copy the lessons to my-lessons/, never over a file, and open JupyterLab there; return the exit status."""
    folder = root / "my-lessons"
    for line in copy_lessons(root, folder):
        print(line)
    if not start:
        return 0
    environment = lesson_environment()
    environment.pop("OMP_NUM_THREADS")  # here one lesson runs at a time
    return subprocess.run([sys.executable, "-m", "jupyterlab"], cwd=folder, env=environment, check=False).returncode


def copy_lessons(root: Path, folder: Path) -> list[str]:
    """Write each lesson as a notebook that has not run, beside what is there already; return what was done, in words.

    A copy keeps the hash of the lesson it was made from. When the lesson has
    changed since, the newer one is written under a new name.
    """
    import nbformat

    folder.mkdir(exist_ok=True)
    said = []
    for lesson in lesson_files(root):
        notebook = convert(lesson)
        origin = hashlib.sha256(lesson.read_bytes()).hexdigest()
        notebook.metadata["seeing_tensors"] = {"lesson": origin}
        copies = [folder / f"{lesson.stem}.ipynb", *sorted(folder.glob(f"{lesson.stem}-newer*.ipynb"))]
        if not copies[0].exists():
            _write_new(copies[0], nbformat.writes(notebook))
            said.append(f"new   {copies[0].name}")
        elif any(_metadata(copy).get("lesson") == origin for copy in copies):
            said.append(f"kept  {copies[0].name}")
        else:
            number = next(n for n in range(1, 10_000) if not (folder / f"{lesson.stem}-newer{n}.ipynb").exists())
            newer = folder / f"{lesson.stem}-newer{number}.ipynb"
            _write_new(newer, nbformat.writes(notebook))
            said.append(f"kept  {copies[0].name}; the lesson has changed since: the newer one is {newer.name}")
    return said + _copy_scripts(root, folder)


def _copy_scripts(root: Path, folder: Path) -> list[str]:
    """Copy the helper scripts that a lesson names, for reading. The lessons find the originals by themselves."""
    texts = "".join(lesson.read_text(encoding="utf-8") for lesson in lesson_files(root))
    said = []
    for script in sorted((root / "lessons" / "scripts").glob("*.py")):
        target = folder / "scripts" / script.name
        if script.name in texts and not target.exists():
            target.parent.mkdir(exist_ok=True)
            _write_new(target, script.read_text(encoding="utf-8"))
            said.append(f"new   scripts/{script.name}")
    return said


def _write_new(path: Path, text: str) -> None:
    with open(path, "x", encoding="utf-8") as file:  # "x" refuses a file that exists, whoever made it meanwhile
        file.write(text)
