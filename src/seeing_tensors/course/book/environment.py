"""Is this Python, with its packages, one in which the lessons run?"""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import re
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


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
    modules = importlib.metadata.packages_distributions() if imports else {}
    for needed in requirements(root):
        name = needed.name
        try:
            version = version_of(name)
            if not needed.specifier.contains(version, prereleases=True):
                faults.append(f"{name} {version} is installed, {name}{needed.specifier} is needed: run `make`")
            elif module := module_of(name, modules):
                importer(module)
        except importlib.metadata.PackageNotFoundError:
            faults.append(f"{name} is not installed: run `make`")
        except Exception as error:  # an import may fail in any way; each is a line, not a traceback
            faults.append(f"{name} cannot be imported: {error}{_advice(str(error))}")
    return faults


def requirements(root: Path) -> list[Requirement]:
    """What the course needs by pyproject.toml: the library's own packages, and those of the extra `course`."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    def asked(lines: Iterable[str]) -> Iterator[Requirement]:
        for needed in map(Requirement, lines):
            if canonicalize_name(needed.name) == canonicalize_name(project["name"]):  # an extra may name another one
                for extra in sorted(needed.extras):
                    yield from asked(project["optional-dependencies"][extra])
            elif needed.marker is None or needed.marker.evaluate():
                yield needed

    return list(asked([*project["dependencies"], f"{project['name']}[course]"]))


def module_of(name: str, modules: Mapping[str, list[str]]) -> str | None:
    """The module by which a distribution is imported: the one of its own name, if it has one, or its first public one.

    Args:
        modules: the distributions of each module, as `importlib.metadata.packages_distributions` gives them.
    """
    name = canonicalize_name(name)
    its = [module for module, owners in modules.items() if name in map(canonicalize_name, owners) and module[0] != "_"]
    return min(its, key=lambda module: canonicalize_name(module) != name, default=None)


def _advice(message: str) -> str:
    if re.search(r"libGL|libgthread|libglib", message):
        return "\n      OpenCV needs two libraries of the system: apt-get install libgl1 libglib2.0-0"
    if "torchvision::nms" in message:
        return "\n      torch and torchvision are not a pair: delete .venv and run `make`"
    return "\n      delete .venv and run `make`"
