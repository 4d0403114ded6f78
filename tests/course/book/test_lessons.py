"""Running the lessons and copying them, on a small repository of its own with lessons that take no time."""

import importlib.metadata
import subprocess
import sys
import types

import nbformat
import pytest

from seeing_tensors.course.book import environment, lab, lessons
from seeing_tensors.course.repository import ROOT, build_folder, lesson_files

# --------------------------------------------------------------- the lessons


def test_a_failing_lesson_is_shown_and_never_counts_as_done(repository, capfd):
    folder = repository / "build"
    good, bad = lesson_files(repository)
    (folder / "notebooks").mkdir(parents=True)
    (folder / "notebooks" / "00_gone.ipynb").write_text("{}")

    assert lessons.changed_lessons(repository, folder) == [good, bad]
    assert lessons.run_lessons(repository, folder) is False
    told = capfd.readouterr().out
    assert "ZeroDivisionError: division by zero" in told and "1 / 0" in told
    assert "passed  01_good" in told and "failed  02_bad" in told
    assert lessons.changed_lessons(repository, folder) == [bad]
    assert not (folder / "notebooks" / "00_gone.ipynb").exists()
    table = told[told.index("lesson  ") :].splitlines()
    assert table[1].split()[:3] == ["01_good", "1", "1"] and "unchanged" not in table[1]
    assert table[2].split() == ["02_bad", "FAILED"]

    bad.write_text("# %%\nprint('mended')\n")
    before = (folder / "notebooks" / "01_good.ipynb").read_bytes()
    assert lessons.run_lessons(repository, folder) is True
    told = capfd.readouterr().out
    assert "passed  02_bad" in told and "passed  01_good" not in told
    assert told.splitlines()[-2].split()[0] == "01_good" and told.splitlines()[-2].endswith("unchanged")
    assert (folder / "notebooks" / "01_good.ipynb").read_bytes() == before
    assert lessons.changed_lessons(repository, folder) == []

    assert lessons.run_lessons(repository, folder) is True
    assert capfd.readouterr().out.count("unchanged") == 2


@pytest.mark.parametrize(
    "ingredient",
    [
        "lessons/01_good.py",
        "lessons/scripts/helper.py",
        "src/library/tensors.py",
        "tests/spec/lesson_1.py",
        "data/photo.png",
        "constraints.txt",
    ],
)
def test_whatever_a_lesson_depends_on_changes_its_hash(repository, ingredient):
    lesson = repository / "lessons/01_good.py"
    before = lessons.lesson_hash(repository, lesson)
    with open(repository / ingredient, "a") as file:
        file.write("# more\n")
    assert lessons.lesson_hash(repository, lesson) != before


def test_a_new_file_and_a_new_release_change_the_hash(repository, monkeypatch):
    lesson = repository / "lessons/01_good.py"
    seen = {lessons.lesson_hash(repository, lesson)}
    (repository / "src/library/new.py").write_text("")
    seen.add(lessons.lesson_hash(repository, lesson))
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "99.0")
    seen.add(lessons.lesson_hash(repository, lesson))
    monkeypatch.setattr(sys, "version", "4.0")
    seen.add(lessons.lesson_hash(repository, lesson))
    assert len(seen) == 4


def test_nothing_else_changes_the_hash(repository):
    lesson = repository / "lessons/01_good.py"
    before = lessons.lesson_hash(repository, lesson)
    (repository / "lessons/02_bad.py").write_text("# another lesson")
    (repository / "lessons/conf.py").write_text("# the book")
    (repository / "src/library/__pycache__").mkdir()
    (repository / "src/library/__pycache__/tensors.pyc").write_bytes(b"compiled")
    (repository / "src/library.egg-info").mkdir()
    (repository / "src/library.egg-info/PKG-INFO").write_text("")
    assert lessons.lesson_hash(repository, lesson) == before


def test_a_damaged_notebook_is_run_again(repository):
    notebook = repository / "build/notebooks/01_good.ipynb"
    notebook.parent.mkdir(parents=True)
    for content in ("", "{", "[]", '{"cells": []}'):
        notebook.write_text(content)
        assert repository / "lessons/01_good.py" in lessons.changed_lessons(repository, repository / "build")


def test_a_second_environment_builds_elsewhere(repository, monkeypatch):
    monkeypatch.delenv("SEEING_TENSORS_BUILD", raising=False)
    assert build_folder(repository) == repository / "build"
    monkeypatch.setenv("SEEING_TENSORS_BUILD", "build/latest")
    assert build_folder(repository) == repository / "build/latest"


def test_nothing_leaves_the_machine_and_no_pytest_option_reaches_the_lessons(monkeypatch):
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")
    environment = lessons.lesson_environment()
    assert environment["WANDB_MODE"] == "offline" and environment["OMP_NUM_THREADS"] == "1"
    assert "PYTEST_ADDOPTS" not in environment


# ----------------------------------------------------------- the environment


def faults(repository, **changed):
    arguments = {"python": (3, 11, 7), "importer": lambda name: None, "version_of": lambda name: "98.0"}
    return environment.environment_faults(repository, **(arguments | changed))


def raising(error):
    def call(name):
        raise error

    return call


def test_a_sound_environment_has_no_fault(repository):
    assert faults(repository) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"python": (3, 10, 2)}, ["Python 3.10.2", "3.11"]),
        ({"version_of": lambda name: "1.9.9"}, ["numpy 1.9.9 is installed, numpy>=2.0 is needed", "make"]),
        ({"version_of": raising(importlib.metadata.PackageNotFoundError("x"))}, ["numpy is not installed", "make"]),
        (
            {"importer": raising(ImportError("libGL.so.1: cannot open shared object file"))},
            ["opencv-python", "libGL.so.1", "apt-get install libgl1 libglib2.0-0"],
        ),
        (
            {"importer": raising(ImportError("libgthread-2.0.so.0: cannot open shared object file"))},
            ["apt-get install libgl1 libglib2.0-0"],
        ),
        ({"importer": raising(RuntimeError("operator torchvision::nms does not exist"))}, ["not a pair"]),
        ({"importer": raising(ImportError("broken"))}, ["broken", "delete .venv and run `make`"]),
    ],
)
def test_a_fault_says_what_to_do(repository, changed, words):
    text = "\n".join(faults(repository, **changed))
    assert all(word in text for word in words)


def test_requirement_lines_may_have_extras_markers_and_two_bounds(repository):
    needed = environment.requirements(repository)
    assert [each.name for each in needed] == ["numpy", "wandb", "opencv-python", "jupytext"]
    (told,) = faults(repository, version_of=lambda name: "99.5")
    assert "jupytext 99.5 is installed, jupytext<99,>=1 is needed" in told


def test_each_package_is_imported_by_the_name_that_its_own_files_say(repository):
    imported = []
    assert faults(repository, importer=imported.append) == []
    assert imported == ["numpy", "wandb", "cv2", "jupytext"]
    modules = importlib.metadata.packages_distributions()
    for needed in environment.requirements(ROOT):
        assert environment.module_of(needed.name, modules), f"{needed} brings nothing that can be imported"


# -------------------------------------------------------- the learner's copies


def test_lab_never_overwrites(repository, capsys):
    mine = repository / "my-lessons"
    assert lab.lab(repository, start=False) == 0
    assert "new   01_good.ipynb" in capsys.readouterr().out
    copy = nbformat.read(mine / "01_good.ipynb", as_version=4)
    assert [cell.cell_type for cell in copy.cells] == ["markdown", "code"] and copy.cells[1].outputs == []
    assert (mine / "scripts/helper.py").exists()

    copy.cells[1].source = "my answer"
    nbformat.write(copy, mine / "01_good.ipynb")
    (mine / "scripts/helper.py").write_text("mine")
    lab.lab(repository, start=False)
    assert "kept  01_good.ipynb\n" in capsys.readouterr().out

    (repository / "lessons/01_good.py").write_text("# %%\nprint('better')\n")
    for _ in range(2):  # the second time the newer lesson is there already
        lab.lab(repository, start=False)
    told = capsys.readouterr().out
    assert told.count("the lesson has changed since: the newer one is 01_good-newer1.ipynb") == 1
    assert "better" in (mine / "01_good-newer1.ipynb").read_text()
    assert not (mine / "01_good-newer2.ipynb").exists()
    assert "my answer" in (mine / "01_good.ipynb").read_text()
    assert (mine / "scripts/helper.py").read_text() == "mine"


def test_lab_keeps_a_file_that_it_cannot_read(repository):
    mine = repository / "my-lessons"
    mine.mkdir()
    (mine / "01_good.ipynb").write_text("not a notebook")
    lab.lab(repository, start=False)
    assert (mine / "01_good.ipynb").read_text() == "not a notebook"
    assert (mine / "01_good-newer1.ipynb").exists()
    with pytest.raises(FileExistsError):
        lab._write_new(mine / "01_good.ipynb", "")


def test_lab_starts_jupyterlab_in_the_copies(repository, monkeypatch):
    calls = []
    run = lambda command, **options: calls.append((command, options)) or types.SimpleNamespace(returncode=0)  # noqa: E731
    monkeypatch.setattr(subprocess, "run", run)
    assert lab.lab(repository) == 0
    ((command, options),) = calls
    assert command[1:] == ["-m", "jupyterlab"] and options["cwd"] == repository / "my-lessons"
    assert "OMP_NUM_THREADS" not in options["env"] and options["env"]["WANDB_MODE"] == "offline"
