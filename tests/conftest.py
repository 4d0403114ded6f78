"""Options and fixtures of the whole suite. `--implementation` says whose functions the spec judges."""

import filelock
import hypothesis
import pytest

from seeing_tensors.course.book import lessons, pages
from seeing_tensors.course.laws.examples import SETTINGS
from seeing_tensors.course.laws.implementations import LIBRARY, load
from seeing_tensors.course.repository import ROOT, build_folder

for name, settings in SETTINGS.items():
    hypothesis.settings.register_profile(name, settings)
if hypothesis.settings.get_current_profile_name() not in ("check", "thorough"):
    hypothesis.settings.load_profile("test")

JUDGED = pytest.StashKey()
BUILD = build_folder()

FIGURE = "from IPython.display import HTML\nHTML('<figure><img alt=a src=data:,></figure>')\n"
PYPROJECT = """
[project]
name = "seeing-tensors"
dependencies = ["numpy>=2.0"]
[project.optional-dependencies]
wandb = ["wandb>=0.15"]
course = [
    "seeing-tensors[wandb]",
    "opencv-python>=4.10",
    "jupytext[test]>=1,<99; python_version > '3'",
    "no-such; python_version < '3'",
]
"""


def pytest_addoption(parser):
    parser.addoption(
        "--implementation",
        default=LIBRARY,
        help="a module, a file or a package's folder whose functions tests/spec judges (default: %(default)s)",
    )


def pytest_configure(config):
    try:
        config.stash[JUDGED] = load(config.getoption("--implementation"))
    except ImportError as error:
        raise pytest.UsageError(f"--implementation: {error}") from None


@pytest.fixture(scope="session")
def implementation(request):
    """The module under judgement. A name it lacks is not written yet."""
    return request.config.stash[JUDGED]


@pytest.fixture(scope="session")
def executed():
    """The folder of notebooks. A lesson that is unchanged since `make test` ran it does not run again."""
    BUILD.mkdir(parents=True, exist_ok=True)
    # pytest-xdist has a session in each worker; the second finds everything done.
    with filelock.FileLock(BUILD / "lock"):
        assert lessons.run_lessons(ROOT, BUILD), "a lesson failed; `make` shows which and why"
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
