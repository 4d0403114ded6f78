"""What a submission may use and gets to see: with bubblewrap on Linux almost nothing, elsewhere all that you see."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ..repository import ROOT

# Of the system: programs, libraries, and the few settings that libraries read.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store")
SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime", "/etc/ssl/openssl.cnf")
ROOM = str(64 * 2**20)  # bytes for files of its own
HOME = "/tmp"

ADVICE = (
    "submissions run in processes of their own with limits, but they can read and write what you can, and reach the "
    "network. Install bubblewrap (Linux: apt-get install bubblewrap), or grade in a container that you throw away."
)


@dataclass(frozen=True)
class Limits:
    """What one submission may use: seconds in all and for each step, MiB of resident memory, processes."""

    seconds: float = 300
    step_seconds: float = 60
    mebibytes: float = 2048
    processes: int = 32


def environment(home: str) -> dict[str, str]:
    """The variables that a submission gets: none of yours but where libraries are found."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}
    return kept | {
        "PATH": os.defpath,
        "HOME": home,
        "TMPDIR": home,
        "LOGNAME": "submission",  # torch asks for a name; there is no list of users to look it up in
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "WANDB_MODE": "offline",
        "WANDB_ERROR_REPORTING": "false",
    }


def python(*arguments: str) -> list[str]:
    """This Python without anything of the user's: no variables, no packages, no working folder, nothing written."""
    return [sys.executable, "-I", "-B", *arguments]


def boxed(command: list[str], *, file: Path | None = None, hide: Path | None = None) -> list[str]:
    """The command inside bubblewrap: no network, no other processes, and only these files.

    Seen, read-only: the system's programs and libraries, this Python, the course; `file` as ``/tmp/judged/<its name>``.
    Written: 64 MiB in memory at /tmp, gone at the end. `hide` is a folder that stays out of sight even inside those.
    """
    shown = [*dict.fromkeys([sys.prefix, sys.base_prefix])]
    shown += [str(ROOT / name) for name in ("src", "tests", "lessons", "data", "pyproject.toml")]
    box = [shutil.which("bwrap") or "bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    box += ["--proc", "/proc", "--dev", "/dev", "--size", ROOM, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"]
    box += ["--size", ROOM, "--tmpfs", HOME]
    for path in SYSTEM + SETTINGS:
        box += ["--ro-bind-try", path, path]
    for path in shown:
        box += ["--ro-bind", path, path]
    if hide and any(hide.resolve().is_relative_to(Path(path).resolve()) for path in [*SYSTEM, *shown]):
        box += ["--tmpfs", str(hide.resolve()), "--remount-ro", str(hide.resolve())]
    if file:
        box += ["--ro-bind", str(file), f"{HOME}/judged/{file.name}"]
    fonts = _font_list()
    if fonts:  # without it every submission lists the system's fonts anew, which takes seconds
        box += ["--ro-bind", str(fonts), f"{HOME}/.cache/matplotlib/{fonts.name}"]
    return [*box, "--chdir", HOME, *command]


def fault() -> str:
    """Why there is no sandbox here: a phrase, or "" where it works. It is tried, not believed."""
    if not sys.platform.startswith("linux"):
        return f"bubblewrap needs Linux, this is {sys.platform}"
    if not shutil.which("bwrap"):
        return "bubblewrap (bwrap) is not installed"
    trial = boxed(python("-c", "import seeing_tensors.course.practice.exercises; print('inside')"))
    try:
        run = subprocess.run(trial, env=environment(HOME), capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"bubblewrap does not start: {error}"
    if run.stdout != "inside\n":
        return f"bubblewrap does not work here: {' '.join(run.stderr.split())[-200:]}"
    return ""


def _font_list() -> Path | None:
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "matplotlib"
    found = sorted(folder.glob("fontlist-*.json"), key=lambda path: path.stat().st_mtime)
    return found[-1] if found else None
