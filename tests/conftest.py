"""Options of the whole suite. `--implementation` says whose functions the spec judges."""

import importlib
import importlib.util
import sys
from pathlib import Path

import hypothesis
import pytest

from seeing_tensors import laws  # noqa: F401  registers the profiles check, test and thorough

if hypothesis.settings.get_current_profile_name() not in ("check", "thorough"):
    hypothesis.settings.load_profile("test")


def pytest_addoption(parser):
    parser.addoption(
        "--implementation",
        default="seeing_tensors",
        help="a module's name or a .py file whose functions tests/spec judges (default: seeing_tensors)",
    )


@pytest.fixture(scope="session")
def implementation(request):
    """The module under judgement. A name it lacks is not written yet."""
    name = request.config.getoption("--implementation")
    if not name.endswith(".py"):
        return importlib.import_module(name)
    path = Path(name).resolve()
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module
