"""The executed lessons and the book: made once, by the same functions as `seeing-tensors build`."""

import filelock
import pytest

from seeing_tensors import cli

ROOT, BUILD = cli.ROOT, cli.build_folder(cli.ROOT)


@pytest.fixture(scope="session")
def executed():
    """The folder of notebooks. A lesson that is unchanged since `make test` ran it does not run again."""
    BUILD.mkdir(parents=True, exist_ok=True)
    # pytest-xdist has a session in each worker; the second finds everything done.
    with filelock.FileLock(BUILD / "lock"):
        assert cli.run_lessons(ROOT, BUILD), "a lesson failed; `make` shows which and why"
    return BUILD / "notebooks"


@pytest.fixture(scope="session")
def book(executed):
    """The folder of pages."""
    with filelock.FileLock(BUILD / "lock"):
        assert cli.build_book(ROOT, BUILD), "Sphinx has warnings; `make` shows them"
    return BUILD / "book"
