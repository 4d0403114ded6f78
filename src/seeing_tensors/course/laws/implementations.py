"""Whatever holds functions to be judged: the library, an installed module, a file or a package of answers."""

from __future__ import annotations

import dis
import importlib
import importlib.util
import inspect
import re
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import CodeType, ModuleType

LIBRARY = "seeing_tensors"


def load(name: str) -> ModuleType:
    """The module behind a dotted name, a file with or without ``.py``, or a package folder.

    A name without a folder and without ``.py`` is looked up among the installed modules first.

    Raises:
        ImportError: there is no such thing, or it cannot be imported. The message is one line: file, line, reason.
    """
    path = _file(name)
    if path is None:
        try:
            return importlib.import_module(name)
        except (Exception, SystemExit) as error:
            raise ImportError(f"{name} cannot be imported: {_reason(error)}") from None
    module = _empty_module(path)
    # As with `python my_answers.py`, files beside it can be imported; last in line, so that they hide nothing.
    folder = path.parent.parent if path.name == "__init__.py" else path.parent
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
    sys.modules[module.__name__] = module
    try:
        # Compiled here: an answer saved twice within a second must not be taken from Python's cache.
        exec(compile(path.read_bytes(), str(path), "exec"), vars(module))
    except (Exception, SystemExit) as error:
        del sys.modules[module.__name__]
        raise ImportError(f"{path.name}{_line(path, error)}: {_reason(error)}") from None
    return module


def written(module: ModuleType, name: str) -> Callable | None:
    """The function or class `name` of a module; None where it is missing, blank, or taken from the library."""
    value = getattr(module, name, None)
    if not callable(value) or is_blank(value):
        return None
    of_the_library = str(getattr(value, "__module__", "")).startswith(LIBRARY + ".")
    return None if of_the_library and not module.__name__.startswith(LIBRARY) else value


def is_blank(function: Callable) -> bool:
    """True while the body is `...`: a function that does nothing, or a class whose methods all do nothing."""
    if inspect.isclass(function):
        methods = [m.fget if isinstance(m, property) else m for m in vars(function).values()]
        return all(_does_nothing(m.__code__) for m in methods if inspect.isfunction(m))
    return inspect.isfunction(function) and _does_nothing(function.__code__)


def _does_nothing(code: CodeType) -> bool:
    harmless = {"RESUME", "NOP", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE"}
    steps = list(dis.get_instructions(code))
    returned = [s.argval for s in steps if s.opname in ("LOAD_CONST", "RETURN_CONST")]
    return {s.opname for s in steps} <= harmless and returned == [None]


def import_line(function: Callable) -> str:
    """Python that imports a judged function in the folder of its file; "" for one made in a notebook."""
    module, name = getattr(function, "__module__", None), getattr(function, "__name__", "")
    if module in (None, "__main__") or getattr(sys.modules.get(module), name, None) is not function:
        return ""
    module = LIBRARY if module.startswith(LIBRARY + ".") else module
    if all(part.isidentifier() for part in module.split(".")):
        return f"from {module} import {name}"
    return f"from importlib import import_module; {name} = import_module({module!r}).{name}"


def _file(name: str) -> Path | None:
    """The file to be run for a name, or None if it is an installed module's."""
    path = Path(name)
    if path.suffix != ".py" and len(path.parts) == 1 and re.fullmatch(r"\w+(\.\w+)*", name):
        module = importlib.util.find_spec(name.split(".")[0])
        if module and module.origin != str(Path(f"{name}.py").resolve()):
            return None
    if path.is_dir():
        if not (path / "__init__.py").is_file():
            raise ImportError(f"the folder {name} is no package: it has no __init__.py")
        return path.resolve() / "__init__.py"
    found = next((each for each in (path, Path(f"{name}.py")) if each.is_file()), None)
    if found is None:
        raise ImportError(f"there is no module and no file {name!r}")
    return found.resolve()


def _empty_module(path: Path) -> ModuleType:
    package = path.name == "__init__.py"
    name = path.parent.name if package else path.stem
    try:
        known = importlib.util.find_spec(name)
    except (ImportError, ValueError):  # a name with a full stop in it
        known = None
    if known and known.origin != str(path):
        name = f"judged_{name}"  # called like a module that the judge may need, for instance random.py
    locations = [str(path.parent)] if package else None
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=locations)
    assert spec is not None  # of a .py file there is one
    return importlib.util.module_from_spec(spec)


def _line(path: Path, error: BaseException) -> str:
    """The line of the file at which an exception began, in words."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f", line {error.lineno}" if error.lineno else ""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f", line {lines[-1]}" if lines else ""


def _reason(error: BaseException) -> str:
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {' '.join(text.split())[:500]}".rstrip(": ")
