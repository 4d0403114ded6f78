"""The learner's copies of the lessons, in `my-lessons/`: made once, never written over."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from ..repository import page_files
from .lessons import convert, lesson_environment, record


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
    for lesson in page_files(root):
        notebook = convert(lesson)
        origin = hashlib.sha256(lesson.read_bytes()).hexdigest()
        notebook.metadata["seeing_tensors"] = {"lesson": origin}
        copies = [folder / f"{lesson.stem}.ipynb", *sorted(folder.glob(f"{lesson.stem}-newer*.ipynb"))]
        if not copies[0].exists():
            _write_new(copies[0], nbformat.writes(notebook))
            said.append(f"new   {copies[0].name}")
        elif any(record(copy).get("lesson") == origin for copy in copies):
            said.append(f"kept  {copies[0].name}")
        else:
            number = next(n for n in range(1, 10_000) if not (folder / f"{lesson.stem}-newer{n}.ipynb").exists())
            newer = folder / f"{lesson.stem}-newer{number}.ipynb"
            _write_new(newer, nbformat.writes(notebook))
            said.append(f"kept  {copies[0].name}; the lesson has changed since: the newer one is {newer.name}")
    return said + _copy_scripts(root, folder)


def _copy_scripts(root: Path, folder: Path) -> list[str]:
    """Copy the helper scripts that a lesson names, for reading. The lessons find the originals by themselves."""
    texts = "".join(lesson.read_text(encoding="utf-8") for lesson in page_files(root))
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
