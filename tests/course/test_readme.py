"""The README tells the truth: its commands, links, minutes, code and picture."""

import base64
import io
import re
import shutil
import subprocess
import sys

import matplotlib
import nbformat
import numpy as np
import pytest
import torch
from PIL import Image

import seeing_tensors as st
from seeing_tensors.course.repository import ROOT, lesson_files

README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_links_lead_somewhere():
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README + CONTRIBUTING)
    assert len(links) >= 5
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_lesson_is_listed_with_its_minutes():
    listed = dict(re.findall(r"\(lessons/(\d\d_\w+\.py)\) \| (\d+) \|", README))
    stated = {
        p.name: re.search(r"^# (\d+) minutes", p.read_text(encoding="utf-8"), re.M)[1] for p in lesson_files(ROOT)
    }
    assert listed == stated


def test_commands_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`make ([\w-]+)|^make ([\w-]+)", README + CONTRIBUTING, re.M)):
        assert re.search(rf"^{''.join(target)}:", makefile, re.M), f"there is no `make {''.join(target)}`"
    phony = set(re.search(r"^\.PHONY: (.*)", makefile, re.M)[1].split())
    assert set(re.findall(r"^# make ([\w-]+)", makefile, re.M)) == phony - {"build", "help"}, "what `make help` lists"
    # What the README gives to people without make is what make itself runs.
    for line in (
        'pip install -c constraints.txt -e ".[course,mutants]"',
        "seeing-tensors build",
        "-m pytest tests -n 2",
    ):
        assert line in README
    assert 'install --disable-pip-version-check -c constraints.txt -e ".[course,mutants]"' in makefile
    assert "-m pytest tests -n 2" in makefile


def test_the_map_shows_what_is_there():
    (shown,) = re.findall(r"```\n(lessons/.*?)```", README, re.S)
    folders = re.findall(r"(?:^| )([\w/]+/)(?= )", shown, re.M)
    assert len(folders) > 15 and [each for each in folders if each != "build/" and not (ROOT / each).is_dir()] == []


def test_one_version_and_its_story():
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\n## {st.__version__}" in changes and f"\nversion: {st.__version__}\n" in citation


CODE = re.findall(r"```python\n(.*?)```", README, re.S)  # the library at work; a fixture; a training loop


def test_the_example_runs(tmp_path, monkeypatch, capsys):
    matplotlib.use("Agg")
    shutil.copy(st.data_path("photos/people/astronaut.jpg"), tmp_path / "photo.jpg")
    monkeypatch.chdir(tmp_path)
    exec(CODE[0], {})
    assert "unseen: 49% below" in capsys.readouterr().out
    matplotlib.pyplot.close("all")


PROJECT = """
import torch
MEAN = STD = (0.5, 0.5, 0.5)
class Streets:
    def __init__(self, split): ...
    def __len__(self): return 20
    def __getitem__(self, i):
        mask = torch.arange(64).reshape(8, 8) % 3
        return FACTOR * (2 * torch.rand(3, 8, 8) - 1), mask
"""


@pytest.mark.parametrize(("factor", "status"), [(1, 0), (255, 1)])
def test_the_fixture_judges_a_pipeline(tmp_path, factor, status):
    (tmp_path / "my_project.py").write_text(PROJECT.replace("FACTOR", str(factor)))
    (tmp_path / "test_pipeline.py").write_text(CODE[1])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_pipeline.py"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == status, run.stdout + run.stderr
    assert ("in_range" in run.stdout or "Undone" in run.stdout) == bool(status)


def test_the_training_loop_runs(capsys):
    model = torch.nn.Conv2d(3, 3, 1)
    logged = []
    names = {
        "st": st,
        "MEAN": st.IMAGENET_MEAN,
        "STD": st.IMAGENET_STD,
        "model": model,
        "criterion": torch.nn.CrossEntropyLoss(),
        "optimizer": torch.optim.SGD(model.parameters()),
        "log": logged.append,
    }
    raw = torch.rand(2, 3, 8, 8)
    for images in (st.normalize(raw, st.IMAGENET_MEAN, st.IMAGENET_STD), 255 * raw):
        exec(CODE[2], names | {"loader": [(images, torch.zeros(2, 8, 8, dtype=torch.int64))] * 101})
    assert [each["above"] > 0.9 for each in logged] == [False, False, True, True] and logged[0]["below"] == 0
    assert "100 float32 (N 2, C 3, H 8, W 8)" in capsys.readouterr().out


def test_the_picture_is_the_one_that_lesson_3_makes(executed):
    notebook = nbformat.read(executed / "03_inverse_normalize.ipynb", as_version=4)
    pages = [
        o["data"]["text/html"] for c in notebook.cells for o in c.get("outputs", []) if "text/html" in o.get("data", {})
    ]
    source = re.search(r"data:image/png;base64,([^\"]+)", pages[0])[1]
    made = Image.open(io.BytesIO(base64.b64decode(source))).convert("RGB")
    (path,) = re.findall(r"!\[[^\]]{40,}\]\(([^)]+)\)", README)
    kept = Image.open(ROOT / path).convert("RGB")
    # A little slack: another matplotlib may set its letters elsewhere by a pixel.
    assert max(abs(a - b) for a, b in zip(made.size, kept.size, strict=False)) <= 8
    difference = np.abs(np.asarray(made.resize(kept.size), np.int16) - np.asarray(kept, np.int16))
    assert difference.mean() < 3, f"{path} is not what lesson 3 draws: copy its first figure there"
