"""One folder of hostile submissions, graded once in the sandbox and once, a part of it, without."""

import csv
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import filelock
import pytest

from seeing_tensors.course.grading import sandbox
from seeing_tensors.course.repository import ROOT

RIGHT = """
import math
import operator

def conv2d_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    size, kernel_size, stride, padding, dilation = map(operator.index, (size, kernel_size, stride, padding, dilation))
    if padding < 0 or min(size, kernel_size, stride, dilation) < 1:
        raise ValueError("padding from 0, the others from 1")
    span, there = dilation * (kernel_size - 1) + 1, size + 2 * padding
    if span > there:
        raise ValueError(f"the kernel spans {span} pixels, there are {there}")
    return (there - span) // stride + 1
"""

# Each succeeds where it should not: then the last function says so, and a law breaks.
NOSY = """
import operator, os, pathlib, socket
TARGET, REPOSITORY, PORT = pathlib.Path("<target>"), pathlib.Path("<repository>"), int("<port>")
DONE = []

def tried(what, action):
    try:
        if action() is not False:
            DONE.append(what)
    except Exception:
        pass

def spoiled():
    (TARGET / "private" / "precious.txt").write_text("spoiled")
def left_in_the_repository():
    (REPOSITORY / "tests" / "course" / "grading" / "left_by_a_submission.txt").write_text("x")
def deleted():
    os.remove(TARGET / "submissions" / "victim.py")
def copied():
    return any("SECRET" in each.read_text(errors="replace") for each in TARGET.rglob("*.py"))
def called():
    socket.create_connection(("127.0.0.1", PORT), timeout=2).sendall(b"hello")

def conv2d_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    for action in (spoiled, left_in_the_repository, deleted, copied, called):
        tried(action.__name__, action)
    tried("knows", lambda: "<secret>" in str(dict(os.environ)) and None)
    tried("others", lambda: len([p for p in os.listdir("/proc") if p.isdigit()]) > 5 and None)
    if DONE:
        raise AssertionError("DONE: " + " ".join(DONE))
"""
NOSY += RIGHT.split("dilation=1):\n")[1]

# 50 at most, and none of them for longer than two minutes.
FORKS = """
import os, time
for _ in range(50):
    if os.fork() == 0:
        time.sleep(120)
        os._exit(0)
time.sleep(120)  # conv2d_output_size
"""

STAYS = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(240)
    os._exit(0)
"""

TALKS = """
import sys
for _ in range(400):
    sys.stdout.write("x" * 1_000_000)
    sys.stderr.write("x" * 1_000_000)
try:
    with open("large", "wb") as file:
        for _ in range(2000):
            file.write(bytes(1_000_000))
except OSError:
    pass
"""

# Lines like the judge's own, into every descriptor.
FAKES = """
import os
LINES = b'{"begin": "conv2d_output_size"}\\n' + b'{"law": "x", "sentence": "x", "report": "", "seconds": 1}\\n' * 5
for number in range(3, 30):
    try:
        os.write(number, b"\\n" + LINES)
    except OSError:
        pass
def conv2d_output_size(*a): return 0
"""

PATCHES = """
import seeing_tensors.course.laws.definition
seeing_tensors.course.laws.definition.Law.run = lambda *a, **k: 1
def conv2d_output_size(*a): return 0
"""

SUBMISSIONS = {
    "right.py": "from seeing_tensors import unseen\ndef to_uint8(x): ...\n" + RIGHT,
    "two words/김 철수.py": "\ufeff" + RIGHT,
    "empty.py": "",
    "no python.py": "def conv2d_output_size(:",
    "latin1.py": "def conv2d_output_size(size): return 'ä'".encode("latin-1"),
    "imports_nothing.py": "import nunpy\ndef conv2d_output_size(size): return nunpy",
    "waits_at_once.py": "import time\nwhile True: time.sleep(1)  # conv2d_output_size",
    "loops_later.py": "import time\ndef to_uint8(x):\n    while True: time.sleep(1)\n" + RIGHT,
    "leaves.py": "import os, sys\ndef unseen(x): sys.exit()\ndef to_uint8(x): os._exit(0)\n" + RIGHT,
    "aborts.py": "import os\nos.abort()  # conv2d_output_size",
    "segfault.py": "import ctypes\nctypes.string_at(1)  # conv2d_output_size",
    "eats.py": "def conv2d_output_size(*a):\n    kept = []\n    while True: kept.append(bytearray(50_000_000))\n",
    "forks.py": FORKS,
    "stays.py": STAYS + RIGHT,
    "talks.py": TALKS + RIGHT,
    "fakes.py": FAKES,
    "patches.py": PATCHES,
    "=formula.py": "def conv2d_output_size(*a): raise ValueError('\\x00=1')",
    "victim.py": "# SECRET\n",
}
# Every name of an exercise in a file costs two seconds, to start a judge: a file has no more of them than it needs.
STEP = (
    30  # seconds of waiting for those that never end: they sleep, and others run. These need one, on a quiet machine.
)
WITHOUT_SANDBOX = ["waits_at_once.py", "stays.py", "forks.py", "eats.py", "nosy.py", "victim.py"]


def grade(folder, *, boxed):
    """Run the command over folder/submissions; it leaves grades.csv and grades.xml in the folder."""
    command = [sys.executable, "-m", "seeing_tensors.course.cli", "check", "submissions"]
    command += ["--csv", "grades.csv", "--junit", "grades.xml"]
    command += ["--seconds", "600", "--exercise-seconds", str(STEP), "--memory", "1000", "--jobs", "3"]
    environment = os.environ | {"GRADERS_TOKEN": "token-of-the-grader"}
    if not boxed:
        environment["PATH"] = str(folder)  # nothing is found there
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def write(folder, names):
    """The submissions of these names, and one that looks around, under folder/submissions; return a listener."""
    listener = socket.create_server(("127.0.0.1", 0))
    (folder / "private").mkdir()
    (folder / "private" / "precious.txt").write_text("as it was")
    port, root = listener.getsockname()[1], ROOT
    nosy = NOSY
    for key, value in {"target": folder, "repository": root, "port": port, "secret": "token-of-the-grader"}.items():
        nosy = nosy.replace(f"<{key}>", str(value))
    for name in names:
        path = folder / "submissions" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {**SUBMISSIONS, "nosy.py": nosy}[name]
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return listener


@pytest.fixture(scope="session")
def boxed(once):
    """The grades of all submissions, in the sandbox."""
    if sandbox.fault():
        pytest.skip(f"no sandbox here: {sandbox.fault()}")
    return once("boxed", lambda folder: grade_with_listener(folder, [*SUBMISSIONS, "nosy.py"], boxed=True))


@pytest.fixture(scope="session")
def unboxed(once):
    """The grades of some submissions where there is no bubblewrap."""
    return once("unboxed", lambda folder: grade_with_listener(folder, WITHOUT_SANDBOX, boxed=False))


@pytest.fixture(scope="session")
def once(tmp_path_factory, worker_id):
    """Grade a folder once, also where pytest-xdist has two sessions: the second reads what the first has found."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared if worker_id == "master" else shared.parent

    def grades(name, make):
        folder = shared / name
        with filelock.FileLock(shared / f"{name}.lock"):
            if not (shared / f"{name}.json").exists():
                folder.mkdir()
                (shared / f"{name}.json").write_text(json.dumps(make(folder)))
        with open(folder / "grades.csv", encoding="utf-8-sig", newline="") as file:
            rows = {(row["file"], row["exercise"]): row for row in csv.DictReader(file)}
        xml = ElementTree.parse(folder / "grades.xml").getroot()
        said = json.loads((shared / f"{name}.json").read_text())
        return SimpleNamespace(**said, step=STEP, folder=folder, rows=rows, xml=xml)

    return grades


def grade_with_listener(folder, names, *, boxed):
    """Grade these submissions; return what the command said, and whether one of them reached a listener on loopback."""
    with write(folder, names) as listener:
        if boxed:
            submissions = folder / "submissions"
            (submissions / "round.py").symlink_to("round.py")
            (submissions / "linked.py").symlink_to("victim.py")
            (submissions / "again").symlink_to(submissions, target_is_directory=True)
            os.mkfifo(submissions / "pipe.py")
        run = grade(folder, boxed=boxed)
        listener.setblocking(False)
        try:
            listener.accept()[0].close()
            called = True
        except BlockingIOError:
            called = False
    (Path(__file__).parent / "left_by_a_submission.txt").unlink(missing_ok=True)
    return {"status": run.returncode, "out": run.stdout, "err": run.stderr, "called": called}
