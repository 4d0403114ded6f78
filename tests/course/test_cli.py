"""The command line."""

import subprocess
import sys

import pytest

from seeing_tensors.course import cli


def test_build_stops_at_a_fault_and_prints_only_what_fails(repository, monkeypatch, capsys):
    monkeypatch.setattr(cli.environment, "environment_faults", lambda root, imports: ["no numpy"])
    assert cli.build(repository, repository / "build") == 1
    assert capsys.readouterr().out == "FAIL  no numpy\n"
    monkeypatch.setattr(cli.environment, "environment_faults", lambda root, imports: [])
    monkeypatch.setattr(cli.lessons, "run_lessons", lambda root, folder: False)
    assert cli.build(repository, repository / "build") == 1
    assert capsys.readouterr().out.startswith("OK ")


def test_help_names_the_commands(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["--help"])
    told = capsys.readouterr().out
    assert stopped.value.code == 0 and "build" in told and "lab" in told


def test_without_the_repository_it_says_what_to_do(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    assert cli.main(["lab", "--no-start"]) == 1
    assert "clone the repository" in capsys.readouterr().err


def test_the_module_is_cheap_to_import():
    code = "import sys, seeing_tensors.course.cli\n"
    code += "print([m for m in ('torch', 'cv2', 'jupytext', 'nbformat') if m in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
    told = subprocess.check_output([sys.executable, "-m", "seeing_tensors.course.cli", "--help"], text=True)
    assert "seeing-tensors" in told
