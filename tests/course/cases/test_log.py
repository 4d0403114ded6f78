"""A case in an offline run of wandb, read back from its folder."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from course.cases.made import made_run
from PIL import Image

os.environ.update(WANDB_MODE="offline", WANDB_ERROR_REPORTING="false", WANDB_SILENT="true")

import wandb

import seeing_tensors as st
from seeing_tensors.course.cases.log import PICTURES, log
from seeing_tensors.course.cases.runs import DIVIDED, LIMIT, RANGE
from seeing_tensors.course.cases.shapes import CLASSES


@pytest.fixture(scope="module")
def run():
    return made_run(DIVIDED)


@pytest.fixture(scope="module")
def logged(run, tmp_path_factory):
    """The run's folder, and its history as rows."""
    folder = log(run, tmp_path_factory.mktemp("runs"), "case A")
    wandb.teardown()
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", folder]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    records = map(json.loads, told.splitlines())
    return folder, [each["history"]["item"] for each in records if each["type"] == "history"], told


def pictures(logged, key):
    folder, rows, _ = logged
    return [np.array(Image.open(folder / "files" / name)) for name in rows[-1][f"{key}.filenames"]]


def test_each_epoch_has_its_loss(run, logged):
    assert [row["loss"] for row in logged[1]] == run.losses


def test_the_pictures_are_what_the_network_saw(run, logged):
    seen = run.inputs[:PICTURES]
    expected = [np.array(st.to_wandb_image(x, value_range=RANGE, clip=True).image) for x in seen]
    assert np.array_equal(pictures(logged, "input/as_seen"), expected)
    undone = st.inverse_normalize(seen, run.mean, run.std).clamp(0, 1)
    found = pictures(logged, "input/undone")
    assert np.array_equal(found, [st.to_image(x) for x in undone])
    assert np.array_equal(found, pictures(logged, "overlays"))
    assert 0 < logged[1][-1]["input/undone/unseen"] < 1


def test_the_overlays_have_both_labels_and_names(run, logged):
    folder, rows, _ = logged
    for i, masks in enumerate(rows[-1]["overlays.all_masks"]):
        for name, labels in (("truth", run.masks), ("prediction", run.predictions)):
            assert np.array_equal(np.array(Image.open(folder / "files" / masks[name]["path"])), labels[i])


def test_the_scores_are_numbers_and_the_confusion_a_table(run, logged):
    folder, rows, _ = logged
    row = rows[-1]
    assert [row[f"IoU/{name}"] for name in CLASSES] == run.iou.tolist() and row["IoU/mean"] == run.iou.mean()
    for label in (0, 1, 2, 255):
        assert row[f"target_pixels/{label}"] == (run.targets == label).sum()
    table = json.loads((folder / "files" / row["confusion.path"]).read_text())
    assert table["columns"] == ["true", *CLASSES]
    assert [line[1:] for line in table["data"]] == run.confusion.tolist()


def test_maps_and_densities_are_pictures(run, logged):
    folder, rows, _ = logged
    maps = np.array(Image.open(folder / "files" / rows[-1]["maps.path"]))
    assert np.array_equal(maps, np.array(st.to_wandb_maps(run.maps, limit=LIMIT).image))
    assert np.array(Image.open(folder / "files" / rows[-1]["densities.path"])).shape[2] == 3


def test_nothing_names_the_fault(run, logged):
    folder, _, told = logged
    assert "case A" in told and run.fault not in told
    texts = [file.read_bytes() for file in folder.rglob("*") if file.is_file()]
    assert not any(run.fault.encode() in text for text in texts)
