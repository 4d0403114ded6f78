"""The course's own files are found from anywhere."""

import importlib
import shutil

import pytest

import seeing_tensors as st
from seeing_tensors.course import repository


@pytest.mark.parametrize("name", ["photos/things/커피.png", "masks/coffee.png"])
def test_the_courses_files_are_found_from_any_folder(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = st.data_path(name)
    assert path.is_file() and path.as_posix().endswith(f"/data/{name}")


def test_a_wrong_name_lists_the_right_ones():
    with pytest.raises(FileNotFoundError) as refused:
        st.data_path("photos/cat.png")
    assert all(name in str(refused.value) for name in ("photos/cat.png", "photos/animals/cat.png", "masks/coffee.png"))


def test_without_a_clone_the_course_says_so(tmp_path, monkeypatch):
    """Installed without the repository, data_path and path say to clone it."""
    package = tmp_path / "lib" / "python" / "installed_somewhere" / "course"
    package.mkdir(parents=True)
    shutil.copy(repository.__file__, package)
    monkeypatch.syspath_prepend(package.parent.parent)
    installed = importlib.import_module("installed_somewhere.course.repository")
    for function, name in ((installed.data_path, "photos/animals/cat.png"), (installed.path, "tests/spec")):
        with pytest.raises(FileNotFoundError, match=r"clone it.*--editable"):
            function(name)
