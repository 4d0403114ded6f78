"""Reads files in a process of its own and reports what happened to each: `python reading_apart.py IMPLEMENTATION`.

A reader that hangs, prints, eats the memory or kills the process does so here, not in pytest.
Takes a pickled list of (function, path, user) on standard input; writes one pickle for each.
"""

import contextlib
import importlib
import importlib.util
import os
import pickle
import resource
import sys
import tempfile
import warnings


def load(name):
    if not name.endswith(".py"):
        return importlib.import_module(name)
    spec = importlib.util.spec_from_file_location("implementation", name)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def stderr_kept():
    """What the process writes to file descriptor 2, C libraries included."""
    with tempfile.TemporaryFile() as file:
        real = os.dup(2)
        os.dup2(file.fileno(), 2)
        text = []
        try:
            yield text
        finally:
            os.dup2(real, 2)
            os.close(real)
            file.seek(0)
            text.append(file.read().decode(errors="replace"))


def peak_mebibytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def outcome(function, path, user):
    """What comes back or is raised, and what happens besides."""
    result = error = None
    before = peak_mebibytes()
    with stderr_kept() as text, warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        if user is not None:
            os.seteuid(user)
        try:
            result = function(path)
        except Exception as raised:
            error = raised
        finally:
            if user is not None:
                os.seteuid(0)
    return {
        "result": result,
        "kinds": [kind.__name__ for kind in type(error).__mro__] if error else [],
        "message": str(error),
        "stderr": text[0],
        "warnings": [str(each.message) for each in warned],
        "mebibytes": peak_mebibytes() - before,
    }


if __name__ == "__main__":
    implementation = load(sys.argv[1])
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    for name, path, user in pickle.load(sys.stdin.buffer):
        function = getattr(implementation, name, None)
        pickle.dump(None if function is None else outcome(function, path, user), answers)
        answers.flush()
