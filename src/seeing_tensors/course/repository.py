"""Where the clone of the repository is, and what lies in it: photos, lessons, laws, and what is generated."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def path(name: str) -> Path:
    """The path of a file or folder of the repository, for instance ``tests/spec``, from any working folder.

    Raises:
        FileNotFoundError: it is not there; the package is not installed from a clone of the repository.
    """
    found = ROOT / name
    if not found.exists():
        raise FileNotFoundError(
            f"there is no {name!r} in {ROOT}; the course needs its repository: clone it, and in the clone run "
            "pip install --editable ."
        )
    return found


def data_path(name: str) -> Path:
    """The path of one of the course's photos and masks, from any working folder.

    >>> import seeing_tensors as st
    >>> st.read_image(st.data_path("photos/animals/cat.png")).shape
    (300, 451, 3)

    Args:
        name: a file in ``data/``, with ``/`` between folders.

    Raises:
        FileNotFoundError: no such file (the message lists those there are), or the
            package is not installed from a clone of the repository.
    """
    folder = path("data")
    file = folder / name
    if not file.exists():
        names = ", ".join(sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()))
        raise FileNotFoundError(f"the course has no file {name!r} in {folder}; there are: {names}")
    return file


def build_folder(root: Path = ROOT) -> Path:
    """Where generated things go: `build/`, or $SEEING_TENSORS_BUILD for a second environment beside the first."""
    return root / os.environ.get("SEEING_TENSORS_BUILD", "build")


def lesson_files(root: Path = ROOT) -> list[Path]:
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


def page_files(root: Path = ROOT) -> list[Path]:
    """All scripts that become pages: the lessons in reading order, then their appendices, ``more_*.py``."""
    return lesson_files(root) + sorted((root / "lessons").glob("more_[0-9]*.py"))
