"""Finding and loading what is to be judged: by module name, by path, by folder."""

import subprocess
import sys
import types

import pytest

import seeing_tensors as st
from seeing_tensors.course.laws.implementations import import_line, load, written

ANSWERS = "def to_uint8(x):\n    return x\n\n\ndef unseen(x):\n    ...\n\n\nfrom seeing_tensors import data_path\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The working folder; what is loaded in a test is forgotten after it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.mark.parametrize("name", ["mine.py", "mine", "./mine.py", "absolute"])
def test_a_file_is_loaded_by_path_with_or_without_its_ending(folder, name):
    (folder / "mine.py").write_text(ANSWERS)
    module = load(str(folder / "mine.py") if name == "absolute" else name)
    assert module.__name__ == "mine" and module.to_uint8(3) == 3
    assert not (folder / "__pycache__").exists()


def test_a_package_and_a_folder_that_is_none(folder):
    (folder / "pack").mkdir()
    (folder / "pack/inner.py").write_text(ANSWERS)
    with pytest.raises(ImportError, match=r"the folder .*pack is no package: it has no __init__\.py"):
        load(str(folder / "pack"))
    (folder / "pack/__init__.py").write_text("from .inner import to_uint8\n")
    module = load(str(folder / "pack"))
    assert written(module, "to_uint8") and import_line(module.to_uint8) == "from pack.inner import to_uint8"


def test_a_dotted_name_and_the_library():
    assert load("seeing_tensors") is st and load("os.path").join
    assert written(st, "to_uint8") is st.to_uint8
    assert written(load("seeing_tensors.tensors"), "to_uint8") is st.to_uint8


def test_what_is_missing_blank_or_borrowed_is_not_written(folder):
    (folder / "mine.py").write_text(ANSWERS)
    module = load("mine.py")
    assert written(module, "to_uint8")
    for name in ("unseen", "data_path", "no_such_thing", "__name__"):
        assert written(module, name) is None


def test_a_file_sees_the_files_beside_it_and_hides_no_module(folder):
    (folder / "helper.py").write_text("number = 5\n")
    (folder / "random.py").write_text("from helper import number\n")
    import random

    assert load(str(folder / "random.py")).number == 5
    assert sys.modules["random"] is random


def test_a_file_that_was_saved_again_is_read_again(folder):
    for number in (1, 2):
        (folder / "mine.py").write_text(f"number = {number}\n")
        assert load(str(folder / "mine.py")).number == number


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("no_such_thing", None, "there is no module and no file 'no_such_thing'"),
        ("broken.py", b"def f(:", "broken.py, line 1: SyntaxError: invalid syntax"),
        ("indented.py", b"def f():\n\treturn 1\n  x", "indented.py, line 3: IndentationError"),
        ("fails.py", b"\nimport nunpy", "fails.py, line 2: ModuleNotFoundError: No module named 'nunpy'"),
        ("leaves.py", b"raise SystemExit(3)", "leaves.py, line 1: SystemExit: 3"),
        ("latin1.py", "x = 'ä'".encode("latin-1"), "latin1.py"),
        ("zero.py", b"x = 1\0", "zero.py"),
        ("seeing_tensors.no_such", None, "seeing_tensors.no_such cannot be imported: ModuleNotFoundError"),
    ],
)
def test_what_cannot_be_loaded_is_said_in_a_line(folder, name, content, words):
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(ImportError) as error:
        load(name)
    assert words in str(error.value) and "\n" not in str(error.value)
    assert name.removesuffix(".py") not in sys.modules


@pytest.mark.parametrize("file", ["my_answers.py", "김 철수.py", "two words.py"])
def test_the_line_that_imports_works_in_the_folder(folder, file):
    (folder / file).write_text(ANSWERS, encoding="utf-8")
    line = import_line(load(str(folder / file)).to_uint8)
    told = subprocess.check_output([sys.executable, "-c", f"{line}; print(to_uint8('here'))"], cwd=folder, text=True)
    assert told == "here\n"


def test_a_function_of_a_notebook_needs_no_import():
    def to_uint8(x):
        return x

    assert import_line(to_uint8) == ""
    made = types.FunctionType(to_uint8.__code__, {"__name__": "__main__"}, "made")
    assert import_line(made) == "" and import_line(st.to_uint8) == "from seeing_tensors import to_uint8"
