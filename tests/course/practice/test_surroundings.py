"""One file, one verdict: the command, a notebook with modules of its own, and pytest try the same examples."""

import re
import subprocess
import sys

import pytest

from seeing_tensors.course.repository import ROOT

# Constants that Hypothesis would draw from, were it left to itself: READERS of an earlier course met two verdicts.
ANSWERS = """
import torch

K = 3.25; J = 0.7


def to_uint8(x):
    return (x.clamp(0, 1) * 255).to(torch.uint8)


def inverse_normalize(x, mean, std):
    x = torch.where(x == 3.25, 0, x)
    return x * torch.tensor(mean)[:, None, None] + torch.tensor(std)[:, None, None]
"""
NAMES = ["to_uint8", "inverse_normalize"]
NOTEBOOK = """
import random_constants, my_answers, seeing_tensors as st
K = 0.125
for name in {names}:
    st.check(getattr(my_answers, name))
"""


def reports(text):
    """What is said of each function: law, call, got, expected of its first broken law, without the import."""
    found = {}
    text = re.sub(r"\n {12}(?=\S)", " ", text)  # a terminal's lines go on in the next
    for report in re.findall(r"^(\w+) breaks a law of lesson \d\n((?:  .*\n)+)", text, re.M):
        found.setdefault(report[0], re.findall(r"^  (?:law|call|got|expected) .*", report[1], re.M))
    return found


def run(folder, *arguments):
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("answers")
    (folder / "my_answers.py").write_text(ANSWERS)
    (folder / "random_constants.py").write_text("A, B, C = 3.25, 0.7, 1234567\n")
    return folder


def test_the_verdict_and_the_counterexample_are_the_same_in_three_surroundings(folder):
    command = {}
    for name in NAMES:
        command |= reports(run(folder, "-m", "seeing_tensors.course.cli", "check", "my_answers.py", name))
    notebook = reports(run(folder, "-c", NOTEBOOK.format(names=NAMES)))
    laws = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-k"]
    chosen = " or ".join(f"-{name}-" for name in NAMES)
    judged = run(folder, *laws, chosen, str(ROOT / "tests/spec"), "--implementation", "my_answers.py")
    assert set(command) == set(NAMES) and command == notebook
    for name, lines in command.items():  # pytest has a report for each law, in the order of the file
        assert all(line in judged for line in lines), (name, lines)
