"""`seeing-tensors start` and `check`: a learner's file of answers."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from seeing_tensors.course import cli
from seeing_tensors.course.laws.implementations import load, written
from seeing_tensors.course.practice import answers, apart, command
from seeing_tensors.course.practice.exercises import exercises
from seeing_tensors.course.repository import ROOT

TRUNCATES = "import torch\n\ndef to_uint8(x):\n    return (x.clamp(0, 1) * 255).to(torch.uint8)\n"
PLAIN = (
    "def inverse_mean_std(mean, std):\n    return tuple(-m / s for m, s in zip(mean, std)), tuple(1 / s for s in std)\n"
)
HOSTILE = """
def to_uint8(x):
    while True: pass

def unseen(x):
    time.sleep(1000)

def to_tensor(image):
    os.abort()

def read_mask(path):
    os._exit(3)
"""
WORKS = "import seeing_tensors as st\n\ndef inverse_mean_std(mean, std):\n    return st.inverse_mean_std(mean, std)\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("my_answers", None)


def checked(capsys, content=None):
    if content is not None:
        Path("my_answers.py").write_text(content, encoding="utf-8")
    status = cli.main(["check", "my_answers.py"])
    told = capsys.readouterr()
    assert "Traceback" not in told.out + told.err
    return status, told.out + told.err


def test_start_writes_a_blank_for_every_exercise(folder, capsys):
    assert cli.main(["start", "my_answers.py"]) == 0
    assert (
        capsys.readouterr().out
        == "my_answers.py: 21 exercises. Write one, then run: seeing-tensors check my_answers.py\n"
    )
    text = (folder / "my_answers.py").read_text(encoding="utf-8")
    tree = ast.parse(text)
    names = [node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert names == [each.name for each in exercises()]
    assert max(map(len, text.splitlines())) <= 120 and "seeing-tensors check my_answers.py" in text
    module = load("my_answers.py")
    for each in exercises():
        assert written(module, each.name) is None and each.blank in text
        part = f" ({each.part})" if each.part else ""
        assert f"# {each.number}. {each.name}{part}, {each.minutes} minutes, {each.difficulty}\n#\n# The " in text
    for lesson in range(1, 8):
        assert f"lesson {lesson}: {exercises(lesson)[0].title}\n" in text


def test_start_never_overwrites(folder, capsys):
    (folder / "my_answers.py").write_text("precious")
    assert cli.main(["start", "my_answers.py"]) == 1
    assert capsys.readouterr().err == "seeing-tensors: my_answers.py exists already and stays as it is\n"
    assert (folder / "my_answers.py").read_text() == "precious"
    (folder / "dangling.py").symlink_to("nowhere.py")
    assert cli.main(["start", "dangling.py"]) == 1 and not (folder / "nowhere.py").exists()
    assert cli.main(["start", "my_answers"]) == 1 and "end in .py" in capsys.readouterr().err
    assert cli.main(["start", "no_folder/my_answers.py"]) == 1 and "no_folder" in capsys.readouterr().err


def test_start_imports_neither_torch_nor_numpy(folder):
    code = "import sys; from seeing_tensors.course.cli import main; main(['start', 'a.py'])"
    code += "; print({'torch', 'numpy'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).endswith("\nset()\n")


def test_a_new_file_is_all_blank_and_the_first_exercise_comes_next(folder, capsys):
    cli.main(["start", "my_answers.py"])
    capsys.readouterr()
    status, told = checked(capsys)
    assert status == 0 and told.count("not written yet") == 22
    assert told.splitlines()[0] == f"Lesson 1: {exercises(1)[0].title}"
    assert told.endswith("\n21 not written yet\nNext: to_tensor (bytes), exercise 1 of lesson 1 (5 minutes).\n")


def test_a_mistake_is_shown_named_and_next(folder, capsys):
    status, told = checked(capsys, TRUNCATES + WORKS)
    assert status == 1 and "  inverse_mean_std      unbreakable\n" in told
    assert re.search(r"  to_uint8              broken: \d of \d laws of mathematics hold\n", told)
    assert "  resize_mask           not written yet\n" in told
    assert told.count("to_uint8 breaks a law of lesson 2") == 1 and " round, do not truncate" in told
    assert "This is what you get when " in told
    assert told.endswith("\n1 of 21 exercises solved, 1 of them unbreakable, 1 broken, 19 not written yet\n")


def test_all_that_is_written_holds(folder, capsys):
    status, told = checked(capsys, WORKS + "\ndef receptive_field(layers):\n    return st.receptive_field(layers)\n")
    assert status == 0 and "broken" not in told and "Next: to_tensor" in told
    assert "Beyond the exercises\n  receptive_field       unbreakable\n" in told


def test_solved_is_enough_and_the_second_star_is_a_list(folder, capsys):
    status, told = checked(capsys, PLAIN)
    assert status == 0 and re.search(r"  inverse_mean_std      solved; unbreakable: \d of \d laws open\n", told)
    assert "breaks a law" not in told and "1 of 21 exercises solved, 20 not written yet\nNext: to_tensor" in told
    assert cli.main(["check", "my_answers.py", "inverse_mean_std"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("✓ inverse_mean_std: solved\n  ✓ ") and "\n\nGood for: undoing a Normalize" in told
    assert "\n    ○ manners  " in told and "breaks a law" not in told
    assert "`seeing-tensors check my_answers.py inverse_mean_std --unbreakable` shows the first of them." in " ".join(
        told.split()
    )
    assert cli.main(["check", "my_answers.py", "inverse_mean_std", "--unbreakable"]) == 0
    told = capsys.readouterr().out
    assert told.count("inverse_mean_std breaks a law of lesson 3") == 1 and "--unbreakable" not in told


def test_after_the_last_exercise_comes_the_first_that_is_blank(folder, capsys):
    last = exercises()[-1].name
    checked(capsys, f"import seeing_tensors as st\n\ndef {last}(*a, **k):\n    return st.{last}(*a, **k)\n")
    assert cli.main(["check", "my_answers.py", last]) == 0
    assert capsys.readouterr().out.endswith("\nNext: to_tensor (bytes), exercise 1 of lesson 1 (5 minutes).\n")
    for exercise in exercises():
        with (folder / "my_answers.py").open("a", encoding="utf-8") as file:
            file.write(f"\ndef {exercise.name}(*a):\n    return a\n")
    assert command._next_of("my_answers.py", last).startswith("all are written; `seeing-tensors check my_answers.py`")


def test_one_exercise_is_judged_and_an_unknown_one_is_named(folder, capsys):
    checked(capsys, TRUNCATES + "def unseen(x):\n    return 1 / 0\n")
    assert cli.main(["check", "my_answers.py", "unseen"]) == 1
    told = capsys.readouterr().out
    assert (
        told.startswith("✗ unseen: broken\n\nunseen breaks a law of lesson 2\n")
        and "to_uint8" not in told
        and re.search(r"laws? of mathematics waits? behind it", told)
    )
    assert cli.main(["check", "my_answers.py", "to_tensor"]) == 0
    assert capsys.readouterr().out.startswith("○ to_tensor: not written yet. ")
    assert cli.main(["check", "my_answers.py", "unsen"]) == 1
    assert "no law is about 'unsen'; the exercises are to_tensor, " in capsys.readouterr().err


def test_what_hangs_or_crashes_is_said_and_costs_itself_alone(folder, capsys, monkeypatch):
    monkeypatch.setattr(apart, "PATIENCE", 1.0)
    status, told = checked(capsys, WORKS + "import os, time\n" + HOSTILE)
    assert status == 1 and "  inverse_mean_std      unbreakable\n" in told
    assert "  to_uint8              stopped: no end after 1 seconds\n" in told
    assert "  unseen                stopped: no end after 1 seconds\n" in told
    assert "  to_tensor             stopped: it ended the process by signal 6\n" in told
    assert "  read_mask             stopped: it ended the process with status 3\n" in told
    assert "1 of 21 exercises solved, 1 of them unbreakable, 4 stopped, 16 not written yet" in told
    status, told = checked(capsys, "while True: pass\n")
    assert (status, told) == (1, "seeing-tensors: my_answers.py: no end after 1 seconds, while it was imported\n")


def test_what_cannot_be_loaded_is_a_line(folder, capsys):
    status, told = checked(capsys, "def to_uint8(x:\n")
    assert (
        status == 1 and told.startswith("seeing-tensors: my_answers.py, line 1: SyntaxError") and told.count("\n") == 1
    )
    assert cli.main(["check", "nothing_here"]) == 1
    assert capsys.readouterr().err == "seeing-tensors: there is no module and no file 'nothing_here'\n"
    assert cli.main(["check", "no_folder", "--csv", "x.csv"]) == 1
    assert "no file and no folder no_folder" in capsys.readouterr().err and not (folder / "x.csv").exists()


def test_an_empty_folder_is_nothing_to_grade(folder, capsys):
    (folder / "empty").mkdir()
    assert cli.main(["check", "empty"]) == 1
    assert "there is no file of Python in" in capsys.readouterr().out


def test_the_exit_status_reaches_the_shell(folder):
    (folder / "my_answers.py").write_text("def conv2d_output_size(*n): return 0\n")
    run = subprocess.run(
        [sys.executable, "-m", "seeing_tensors.course.cli", "check", "my_answers"], capture_output=True, text=True
    )
    assert run.returncode == 1 and "again     from my_answers import conv2d_output_size; " in run.stdout


def test_what_the_readme_says_of_it_is_in_the_command():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for words in (
        "seeing-tensors start my_answers.py",
        "seeing-tensors check my_answers.py",
        "seeing-tensors check my_answers.py --watch",
        "--csv grades.csv --junit grades.xml",
    ):
        assert words in readme
    assert answers.start and "bubblewrap" in readme
