"""The supervisor by itself, with small commands in place of a judge.

No test here has to be quick: it waits for what must happen, and only a hang reaches HANG. A command that should have
been ended and was not ends by itself after that time, and gives another reason.
"""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import psutil
import pytest

from seeing_tensors.course.grading import sandbox, supervise
from seeing_tensors.course.grading.sandbox import Limits
from seeing_tensors.course.practice.exercises import exercises

HONEST = """
import json, os, sys, time
secret, descriptor = sys.stdin.readline().strip(), int(sys.argv[-1])
HANG = 300
def say(**what):
    os.write(descriptor, f"{secret} {json.dumps(what)}\\n".encode())
"""
HANG = 300  # seconds
LIMITS = Limits(seconds=HANG, step_seconds=HANG, mebibytes=300, processes=5)


def begin(code, limits=LIMITS):
    command = [sys.executable, "-S", "-c", HONEST + code]
    supervisor = sandbox.python("-m", "seeing_tensors.course.grading.supervise", supervise.order(command, limits))
    return subprocess.Popen(
        supervisor, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, encoding="utf-8"
    )


def supervised(code, limits=LIMITS):
    """What the command said, and how it ended."""
    with begin(code, limits) as process:
        *said, end = map(json.loads, process.stdout)
    return said, end["end"]


def awaited(what):
    """What `what()` returns once that is true; None after HANG seconds."""
    late = time.monotonic() + HANG
    while time.monotonic() < late:
        if found := what():
            return found
        time.sleep(0.05)
    return None


def gone(pid):
    """True once a process has ended."""

    def ended():
        try:
            return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return True

    return awaited(ended)


def judges(pid):
    """The processes below this one, if a judge is among them."""
    family = psutil.Process(pid).children(recursive=True)
    for each in family:
        try:
            if "seeing_tensors.course.grading.judge" in " ".join(each.cmdline()):
                return family
        except psutil.Error:  # it has ended meanwhile
            pass
    return []


def test_what_is_said_is_passed_on():
    assert supervised("say(a=1); say(done=True); time.sleep(HANG)") == ([{"a": 1}, {"done": True}], "done")
    assert supervised("say(a=1); os._exit(3)") == ([{"a": 1}], "exit 3")
    assert supervised("say(a=1); os.abort()") == ([{"a": 1}], "exit -6")


def test_lines_without_the_secret_are_not():
    said, end = supervised("os.write(descriptor, b'{\"a\": 1}\\nxyz {}\\n\\n\\xff\\n'); say(b=2); say(done=True)")
    assert (said, end) == ([{"b": 2}, {"done": True}], "done")


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("say(a=1); time.sleep(HANG)", "time"),
        ("say(begin='x'); say(law=1); late = time.monotonic() + HANG\nwhile time.monotonic() < late: pass", "step"),
        ("say(a=1); kept = [bytes([1]) * 10**7 for _ in range(60)]; time.sleep(HANG)", "memory"),
        (
            "say(a=1)\nfor _ in range(8):\n    if os.fork() == 0: time.sleep(HANG); os._exit(0)\ntime.sleep(HANG)",
            "processes",
        ),
        ("say(a=1)\nwhile True: os.write(descriptor, bytes(10**6))", "talk"),
    ],
)
def test_limits(code, end):
    one_second = {"time": {"seconds": 1}, "step": {"step_seconds": 1}}.get(end, {})
    assert supervised(code, replace(LIMITS, **one_second))[1] == end


def test_pages_shared_by_forks_count_once():
    forks = "for _ in range(3):\n    if os.fork() == 0: time.sleep(1); os._exit(0)\n"
    code = f"kept = bytes([1]) * 150_000_000; say(a=1)\n{forks}time.sleep(1); say(done=True)"
    assert supervised(code)[1] == "done"


def test_a_daemon_that_ignores_signals_is_ended():
    code = """
import signal
reading, writing = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        say(pid=os.getpid())
        os.write(writing, b"x")
        time.sleep(HANG)
    os._exit(0)
os.read(reading, 1)
say(done=True)
"""
    said, end = supervised(code)
    assert end == "done" and gone(said[0]["pid"])


def test_when_the_asker_is_gone_the_command_is_too():
    with begin("say(pid=os.getpid()); time.sleep(HANG)") as process:
        pid = awaited(lambda: psutil.Process(process.pid).children())[0].pid
        process.stdin.close()
        assert json.loads(list(process.stdout)[-1])["end"] in ("abandoned", "exit -9")
    assert gone(pid)


def test_a_grader_that_is_interrupted_keeps_what_it_has_and_ends_what_runs(tmp_path):
    submissions = tmp_path / "submissions"
    submissions.mkdir()
    (submissions / "a_first.py").write_text("")
    (submissions / "b_endless.py").write_text("while True: pass  # to_uint8")
    command = [sys.executable, "-m", "seeing_tensors.course.cli", "check", "submissions"]
    command += ["--csv", "grades.csv", "--junit", "grades.xml"]
    command += ["--seconds", str(HANG), "--exercise-seconds", str(HANG)]
    options = {"cwd": tmp_path, "stdout": subprocess.PIPE, "text": True}
    # A shell starts what runs in its background with SIGINT ignored, and Python leaves it so.
    with subprocess.Popen(
        command, **options, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    ) as grader:
        assert "sandboxed" in grader.stdout.readline().lower()
        assert grader.stdout.readline() == f"a_first.py: 0 of {len(exercises())} solved\n"
        family = awaited(lambda: judges(grader.pid))
        os.kill(grader.pid, signal.SIGINT)
        assert grader.wait(HANG) == 130
    assert all(gone(each.pid) for each in family)
    with open(tmp_path / "grades.csv", encoding="utf-8-sig", newline="") as file:
        assert {row["file"] for row in csv.DictReader(file)} == {"a_first.py"}
    assert (tmp_path / "grades.xml").read_text().count("<testsuite ") == 1
