"""Hold the library to its tests on one wandb of each kind, from 0.15 to the newest.

    python tests/wandb_versions/run.py              every version below
    python tests/wandb_versions/run.py 0.19.11      these versions only

For each version this makes an environment in a temporary folder, installs that
wandb, numpy, Pillow and pytest (neither torch nor OpenCV), runs the tests of
this folder, and deletes the environment. About 20 seconds and 260 MB each. It
needs a package index. The exit status is 0 when every version that this Python can
install passed, and each column of the table had at least one.

`test_wandb_pixels.py`: the library writes the same right pixels.
`test_rules.py`: lesson 6 tells the truth about what this version does by itself.
For tensors that test borrows the torch of the environment that runs this script.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parents[1] / "src"


class Version(NamedTuple):
    column: str  # of the table in lesson 6
    wandb: str
    pins: tuple[str, ...]


# wandb before 0.17.2 uses np.float_, which numpy 2 has not. wandb before 0.22.4 calls Image.fromarray with a mode,
# which Pillow 12 deprecates and Pillow 13 refuses. The oldest import pkg_resources, which newer setuptools lack.
OLD_PILLOW = "pillow<12"
VERSIONS = [
    Version("up to 0.19.11", "0.15.0", ("numpy<2", OLD_PILLOW, "setuptools<81")),
    Version("up to 0.19.11", "0.19.11", (OLD_PILLOW,)),
    Version("0.20.0", "0.20.0", (OLD_PILLOW,)),
    Version("0.20.1 to 0.28.2", "0.20.1", (OLD_PILLOW,)),
    Version("0.20.1 to 0.28.2", "0.28.2", ()),
    Version("0.29.0 on", "0.29.0", ()),
    Version("0.29.0 on", "newest", ()),
]


def main(wanted: list[str]) -> int:
    versions = [version for version in VERSIONS if not wanted or version.wandb in wanted]
    if not versions:
        print(f"no such version here; there are: {', '.join(version.wandb for version in VERSIONS)}")
        return 2
    print(f"{'column':18} {'wandb':9} {'numpy':8} {'Pillow':8} {'protobuf':9} {'seconds':>7}  pixels, rules")
    verdicts = {}
    for version in versions:
        start = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="wandb-version-") as folder:
            passed, text, found = judge(version, Path(folder))
        cells = [found.get(name, "-") for name in ("numpy", "pillow", "protobuf")]
        name, seconds = found.get("wandb", version.wandb), time.perf_counter() - start
        print(f"{version.column:18} {name:9} {cells[0]:8} {cells[1]:8} {cells[2]:9} {seconds:7.0f}  {text}", flush=True)
        verdicts.setdefault(version.column, []).append(passed)
    failed = any(passed is False for column in verdicts.values() for passed in column)
    missing = [column for column, passed in verdicts.items() if True not in passed]
    if missing and not failed:
        print(f"no version installs on Python {sys.version.split()[0]} for: {', '.join(missing)}")
    return int(failed or bool(missing))


def judge(version: Version, folder: Path) -> tuple[bool | None, str, dict[str, str]]:
    """Install and test one version: True, False, or None if it does not install; in words; and what was installed."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("WANDB_", "PYTEST_", "PYTHON"))
    }
    environment |= {
        "PYTHONPATH": str(SOURCE),
        "PYTHONNOUSERSITE": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "TMPDIR": str(folder),  # what wandb leaves behind goes with the folder
        "WANDB_MODE": "offline",
        "WANDB_ERROR_REPORTING": "false",
        "WANDB_SILENT": "true",
    } | {f"WANDB_{name}_DIR": str(folder / name) for name in ("CACHE", "CONFIG", "DATA")}
    torch = importlib.util.find_spec("torch")
    if torch is not None:
        environment["SEEING_TENSORS_TORCH"] = str(Path(torch.origin).parents[1])
    subprocess.run([sys.executable, "-m", "venv", folder / "env"], check=True)
    python = next(path for name in ("bin/python", "Scripts/python.exe") if (path := folder / "env" / name).exists())
    wandb = "wandb" if version.wandb == "newest" else f"wandb=={version.wandb}"
    command = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        wandb,
        "numpy",
        "pillow",
        "pytest",
    ]
    done = subprocess.run([*command, *version.pins], env=environment, capture_output=True, text=True)
    if done.returncode:
        (*_, last) = ["", *done.stderr.strip().splitlines()]
        return None, f"does not install here: {last}", {}
    found = packages(python, environment)
    intruders = {"torch", "opencv-python", "opencv-python-headless"} & set(found)
    if intruders:
        return False, f"the environment has {', '.join(intruders)}", found
    texts, passed = [], True
    for tests in ("test_wandb_pixels.py", "test_rules.py"):
        # --noconftest: the suite's own conftest needs more than this environment has.
        command = [python, "-m", "pytest", "-q", "--noconftest", "-p", "no:cacheprovider", "-W", "ignore", HERE / tests]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        (*_, last) = ["", *done.stdout.strip().splitlines()]
        texts.append(re.sub(r" in [\d.]+s.*", "", last))
        if done.returncode:
            passed = False
            print(done.stdout + done.stderr)
    return passed, "; ".join(texts), found


def packages(python: Path, environment: dict[str, str]) -> dict[str, str]:
    """The distributions of an environment: {name in lower case: version}."""
    program = (
        "import importlib.metadata as m; [print(d.metadata['Name'].lower(), d.version) for d in m.distributions()]"
    )
    done = subprocess.run([python, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return dict(line.split() for line in done.stdout.splitlines())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
