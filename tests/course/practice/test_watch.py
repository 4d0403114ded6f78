"""`seeing-tensors check --watch`: each save is judged, one exercise at a time."""

import os
import subprocess
import sys
import threading
import time
from queue import Empty, Queue

import pytest

from seeing_tensors.course import cli
from seeing_tensors.course.practice import command
from seeing_tensors.course.practice.exercises import exercises

TRUNCATES = "import torch\n\ndef to_uint8(x):\n    return (x.clamp(0, 1) * 255).to(torch.uint8)\n"
ROUNDS = TRUNCATES.replace("* 255)", "* 255).round()")
HANGS = "import time\n\ndef to_uint8(x):\n    time.sleep(1000)\n"
CRASHES = "import os\n\ndef to_uint8(x):\n    os.abort()\n"


class Watching:
    """The command on a file, in a process; `until` reads what it says."""

    def __init__(self, folder, content, *options):
        self.file = folder / "my_answers.py"
        self.file.write_text(content)
        code = "from seeing_tensors.course.practice import apart; apart.PATIENCE = 1.0\n"
        code += "from seeing_tensors.course import cli; cli.main()"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, "check", "my_answers.py", *options, "--watch"],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )
        self.lines = Queue()
        threading.Thread(target=lambda: [self.lines.put(line) for line in self.process.stdout], daemon=True).start()

    def until(self, words, seconds=600):
        said = ""
        while words not in said:
            try:
                said += self.lines.get(timeout=seconds)
            except Empty:
                raise AssertionError(f"{words!r} was not said: {said}") from None
        return said

    def save(self, content):
        self.file.write_text(content)


@pytest.fixture
def watching(tmp_path):
    begun = []

    def begin(content, *options):
        begun.append(Watching(tmp_path, content, *options))
        return begun[-1]

    yield begin
    for each in begun:
        each.process.kill()
        each.process.wait()


def test_each_save_is_judged_and_a_hang_or_a_crash_does_not_end_it(watching):
    learner = watching(TRUNCATES, "to_uint8")
    said = learner.until("Watching my_answers.py")
    assert said.startswith("Lesson 2: ") and "0 of 3 solved" in said and "breaks a law of lesson 2" in said
    for content, words in [
        (HANGS, "no end after 1 seconds, in the law: "),
        (CRASHES, "it ended the process by signal 6, in the law: "),
        ("def to_uint8(x:\n", "my_answers.py, line 1: SyntaxError"),
        ("while True: pass\n", "no end after 1 seconds, while it was imported"),
    ]:
        learner.save(content)
        assert words in learner.until("Watching my_answers.py")
    begun = time.monotonic()
    learner.save(ROUNDS)
    said = learner.until("Watching my_answers.py")
    print("judged after", time.monotonic() - begun, "seconds")  # pytest -s tells; a busy machine has no limit here
    # It goes on to the next exercise, and says what is asked.
    assert "to_uint8: solved" in said and "1 of 3 solved" in said
    assert f"{exercises(2)[1].place}\n" in said and "def unseen(x):" in said


def test_it_begins_with_the_first_exercise_that_is_not_solved_and_ends_with_the_last(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_answers.py").write_text(
        "import seeing_tensors as st\n\ndef to_tensor(image):\n    return st.to_tensor(image)\n"
    )
    assert command.watch("my_answers.py", saves=iter([None])) == 1
    told = capsys.readouterr().out
    assert "to_tensor: unbreakable" in told and "1 of 3 solved" in told and "resize_mask: not written yet" in told
    last = exercises()[-1].name
    (tmp_path / "my_answers.py").write_text(
        f"import seeing_tensors as st\n\ndef {last}(*a, **k):\n    return st.{last}(*a, **k)\n"
    )
    assert command.watch("my_answers.py", last, saves=iter([None])) == 0
    assert capsys.readouterr().out.endswith("That was the last exercise.\n")


def test_a_file_that_is_not_there_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["check", "my_answers.py", "--watch"]) == 1
    assert "there is no file 'my_answers.py'" in capsys.readouterr().err


def test_a_save_is_noticed_also_where_an_editor_takes_the_file_away_first(tmp_path):
    file = tmp_path / "a.py"
    file.write_text("1")
    saves = command._saves(file)
    next(saves)
    heard = threading.Thread(target=next, args=(saves,))
    heard.start()
    file.unlink()
    time.sleep(0.3)
    assert heard.is_alive()
    file.write_text("2")
    heard.join(30)
    assert not heard.is_alive()
