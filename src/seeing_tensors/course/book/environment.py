"""Is this Python, with its packages, one in which the lessons run?"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

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
