"""The executed lessons and the book: made once, by the same functions as `seeing-tensors build`."""

import filelock
import pytest

from seeing_tensors import book as pages
from seeing_tensors import course

ROOT, BUILD = course.ROOT, course.build_folder(course.ROOT)

FIGURE = "from IPython.display import HTML\nHTML('<figure><img alt=a src=data:,></figure>')\n"
PYPROJECT = '[project]\ndependencies = ["numpy>=2.0"]\n[project.optional-dependencies]\ncourse = ["opencv-python>=4.10"]\n'


@pytest.fixture(scope="session")
def executed():
    """The folder of notebooks. A lesson that is unchanged since `make test` ran it does not run again."""
    BUILD.mkdir(parents=True, exist_ok=True)
    # pytest-xdist has a session in each worker; the second finds everything done.
    with filelock.FileLock(BUILD / "lock"):
        assert course.run_lessons(ROOT, BUILD), "a lesson failed; `make` shows which and why"
    return BUILD / "notebooks"


@pytest.fixture(scope="session")
def book(executed):
    """The folder of pages."""
    with filelock.FileLock(BUILD / "lock"):
        assert pages.build_book(ROOT, BUILD), "Sphinx has warnings; `make` shows them"
    return BUILD / "book"


@pytest.fixture
def repository(tmp_path):
    """A repository with two lessons."""
    for folder in ("lessons/scripts", "src/library", "tests/spec", "data"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "constraints.txt").write_text("numpy==2.4\n")
    (tmp_path / "src/library/tensors.py").write_text("x = 1\n")
    (tmp_path / "tests/spec/lesson_1.py").write_text("law = 1\n")
    (tmp_path / "data/photo.png").write_bytes(b"photo")
    (tmp_path / "lessons/scripts/helper.py").write_text("print('help')\n")
    (tmp_path / "lessons/conf.py").write_text("")
    (tmp_path / "lessons/01_good.py").write_text(f"# %% [markdown]\n# # Good\n\n# %%\n{FIGURE}")
    (tmp_path / "lessons/02_bad.py").write_text("# %%\nprint('runs helper.py')\n\n# %%\n1 / 0\n")
    return tmp_path
