"""One folder of hostile submissions, graded once in the sandbox and once, a part of it, without."""

import csv
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest

from seeing_tensors import sandbox

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
    (REPOSITORY / "tests" / "grading" / "left_by_a_submission.txt").write_text("x")
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

SUBMISSIONS = {
    "right.py": RIGHT,
    "two words/김 철수.py": "\ufeff" + RIGHT,
    "empty.py": "",
    "blank.py": "def conv2d_output_size(*arguments): ...",
    "taken.py": "from seeing_tensors import conv2d_output_size",
    "no python.py": "def conv2d_output_size(:",
    "latin1.py": "def conv2d_output_size(size): return 'ä'".encode("latin-1"),
    "imports_nothing.py": "import nunpy\ndef conv2d_output_size(size): return nunpy",
    "loops_at_once.py": "# conv2d_output_size\nwhile True: pass",
    "loops_later.py": "import time\ndef to_uint8(x):\n    while True: time.sleep(1)\n" + RIGHT,
    "leaves.py": "import os, sys\ndef unseen(x): sys.exit()\ndef to_uint8(x): os._exit(0)\n" + RIGHT,
    "aborts.py": "import os\nos.abort()  # conv2d_output_size",
    "segfault.py": "import ctypes\nctypes.string_at(1)  # conv2d_output_size",
    "eats.py": "def conv2d_output_size(*a):\n    kept = []\n    while True: kept.append(bytearray(50_000_000))\n",
    # 50 at most, and none of them for longer than a minute.
    "forks.py": "import os, time\nfor _ in range(50):\n    if os.fork() == 0:\n        time.sleep(60)\n        os._exit(0)\n"
    "time.sleep(60)  # conv2d_output_size",
    "stays.py": "import os, signal, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
    "        signal.signal(signal.SIGTERM, signal.SIG_IGN)\n        time.sleep(240)\n    os._exit(0)\n" + RIGHT,
    "talks.py": "import sys\nfor _ in range(400):\n    sys.stdout.write('x' * 1_000_000)\n    sys.stderr.write('x' * 1_000_000)\n"
    "try:\n    with open('large', 'wb') as file:\n        for _ in range(2000): file.write(bytes(1_000_000))\n"
    "except OSError: pass\n" + RIGHT,
    "fakes.py": "import os\nline = b'{\"law\": \"x\", \"sentence\": \"x\", \"report\": \"\", \"seconds\": 1}\\n' * 50\n"
    "for number in range(3, 30):\n    try: os.write(number, b'\\n{\"begin\": \"conv2d_output_size\"}\\n' + line)\n    except OSError: pass\n"
    "def conv2d_output_size(*a): return 0",
    "patches.py": "import seeing_tensors.laws\nseeing_tensors.laws.Law.run = lambda *a, **k: 1\ndef conv2d_output_size(*a): return 0",
    "=formula.py": "def conv2d_output_size(*a): raise ValueError('\\x00=1')",
    "victim.py": "# SECRET\n" + RIGHT,
}
WITHOUT_SANDBOX = ["loops_later.py", "stays.py", "forks.py", "eats.py", "nosy.py", "victim.py"]


def grade(folder, *, boxed):
    """Run the command over folder/submissions; return what it said, its table and its XML."""
    folder.mkdir(exist_ok=True)
    table, xml = folder / "grades.csv", folder / "grades.xml"
    command = [sys.executable, "-m", "seeing_tensors.cli", "check", "submissions", "--csv", table, "--junit", xml]
    command += ["--exercise-seconds", "12", "--memory", "1500", "--jobs", "2"]
    environment = os.environ | {"GRADERS_TOKEN": "token-of-the-grader"}
    if not boxed:
        environment["PATH"] = str(folder)  # nothing is found there
    run = subprocess.run(list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, check=False)
    with open(table, encoding="utf-8-sig", newline="") as file:
        rows = {(row["file"], row["exercise"]): row for row in csv.DictReader(file)}
    return SimpleNamespace(run=run, folder=folder, rows=rows, xml=ElementTree.parse(xml).getroot())


def write(folder, names):
    """The submissions of these names, and one that looks around, under folder/submissions; return a listener."""
    listener = socket.create_server(("127.0.0.1", 0))
    (folder / "private").mkdir()
    (folder / "private" / "precious.txt").write_text("as it was")
    port, root = listener.getsockname()[1], Path(__file__).parents[2]
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
def boxed(tmp_path_factory):
    """The grades of all submissions, in the sandbox."""
    if sandbox.fault():
        pytest.skip(f"no sandbox here: {sandbox.fault()}")
    folder = tmp_path_factory.mktemp("boxed")
    with write(folder, [*SUBMISSIONS, "nosy.py"]) as listener:
        submissions = folder / "submissions"
        (submissions / "round.py").symlink_to("round.py")
        (submissions / "linked.py").symlink_to("victim.py")
        (submissions / "again").symlink_to(submissions, target_is_directory=True)
        os.mkfifo(submissions / "pipe.py")
        grades = grade(folder, boxed=True)
        listener.setblocking(False)
        grades.called = _called(listener)
    return grades


@pytest.fixture(scope="session")
def unboxed(tmp_path_factory):
    """The grades of some submissions where there is no bubblewrap."""
    folder = tmp_path_factory.mktemp("unboxed")
    with write(folder, WITHOUT_SANDBOX) as listener:
        grades = grade(folder, boxed=False)
        listener.setblocking(False)
        grades.called = _called(listener)
    (Path(__file__).parent / "left_by_a_submission.txt").unlink(missing_ok=True)
    return grades


def _called(listener):
    try:
        listener.accept()
    except BlockingIOError:
        return False
    return True
