"""Options of the whole suite. `--implementation` says whose functions the spec judges."""

import hypothesis
import pytest

from seeing_tensors import laws  # noqa: F401  registers the profiles check, test and thorough
from seeing_tensors.implementations import LIBRARY, load

if hypothesis.settings.get_current_profile_name() not in ("check", "thorough"):
    hypothesis.settings.load_profile("test")

JUDGED = pytest.StashKey()


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
