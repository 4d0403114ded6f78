"""What the library logs, on whichever wandb is installed. Needs pytest, numpy, Pillow, wandb; neither torch nor OpenCV.

`run.py` in this folder holds one version of wandb from each column of the table of lesson 6 to these tests.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

os.environ.update(WANDB_MODE="offline", WANDB_ERROR_REPORTING="false", WANDB_SILENT="true")

from seeing_tensors.wandb_images import to_wandb_grid, to_wandb_image

HERE = Path(__file__).resolve().parent
LEVELS = np.arange(256, dtype=np.uint8).reshape(16, 16)
COLORED = np.stack([LEVELS, LEVELS[::-1], LEVELS.T], axis=-1)
FLOATS = [np.float16, np.float32, np.float64]


def written(image):
    return np.array(image.image)


def assert_same(got, expected):
    assert got.dtype == np.uint8 and got.shape == expected.shape
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("picture", [LEVELS, COLORED], ids=["grey", "color"])
@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (0, 255)])
@pytest.mark.parametrize("dtype", FLOATS)
def test_all_levels_come_back(dtype, low, high, picture):
    x = (low + picture / 255 * (high - low)).astype(dtype)
    assert_same(written(to_wandb_image(x, value_range=(low, high))), picture)


@pytest.mark.parametrize("dtype", FLOATS)
def test_all_levels_come_back_through_imagenets_normalize(dtype):
    mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    x = ((COLORED / 255 - mean) / std).astype(dtype)
    assert_same(written(to_wandb_image(x, value_range=(0, 1), mean=mean, std=std)), COLORED)


@pytest.mark.parametrize("value", [0, 1, 2, 127, 254, 255])
@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3), (1, 5, 3), (5, 1, 3), (1, 1), (1, 3), (3, 4, 3)])
def test_constants_keep_their_level(value, shape):
    expected = np.full(shape, value, np.uint8)
    assert_same(written(to_wandb_image(expected)), expected)
    for dtype in FLOATS:
        assert_same(written(to_wandb_image((expected / 255).astype(dtype), value_range=(0, 1))), expected)


BYTES = [LEVELS, LEVELS % 2, COLORED, COLORED % 2, COLORED[:1], COLORED[:, :1], COLORED // 2 + 60]


@pytest.mark.parametrize("picture", BYTES)
def test_bytes_are_written_as_they_are(picture):
    assert_same(written(to_wandb_image(picture)), picture)


def test_bool_is_black_and_white():
    assert_same(written(to_wandb_image(LEVELS > 99)), np.where(LEVELS > 99, 255, 0).astype(np.uint8))


@pytest.mark.parametrize("file_type", ["png", "bmp"])
def test_lossless_file_types(file_type):
    try:
        image = to_wandb_image(COLORED, file_type=file_type)
    except TypeError:
        pytest.skip("this wandb has no file_type")
    assert_same(written(image), COLORED)


def test_tiles_of_a_grid_do_not_depend_on_each_other():
    grid = written(to_wandb_grid([COLORED, COLORED // 2], columns=2))
    assert_same(grid[:, :16], COLORED)
    assert_same(grid[:, 18:], COLORED // 2)


def test_neither_torch_nor_opencv_is_imported():
    program = """
import sys
sys.modules.update(torch=None, cv2=None, torchvision=None, matplotlib=None)  # None: an import raises
import numpy as np
from seeing_tensors import log_images, to_wandb_grid, to_wandb_image, to_wandb_mask
class Run:
    def log(self, data): print(*data)
log_images(Run(), "logged", np.zeros((2, 4, 5, 3)), value_range=(0, 1))
to_wandb_image(np.zeros((4, 5)), value_range=(0, 1), masks={"truth": to_wandb_mask(np.zeros((4, 5), int))})
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "logged\n"), done.stderr


# ------------------------------------------------------------ a real offline run


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    """The folder of one offline run that has ended."""
    folder = tmp_path_factory.mktemp("offline")
    home = {f"WANDB_{name}_DIR": str(folder / name) for name in ("CACHE", "CONFIG", "DATA")}
    done = subprocess.run(
        [sys.executable, HERE / "offline_run.py", folder], env=os.environ | home, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    (run,) = folder.glob("wandb/offline-run-*")
    return run


@pytest.fixture(scope="module")
def rows(run_folder):
    """What was logged, a dict for each step: {"float._type": "images/separated", "float.filenames": [...], ...}."""
    return history(run_folder)


@pytest.fixture(scope="module")
def logged(rows):
    """All that was logged, in one dict."""
    return {key: value for row in rows for key, value in row.items()}


def history(run):
    """Each call of run.log, from the run's own file, by what the installed version offers for it."""
    try:
        from wandb.proto import wandb_internal_pb2
        from wandb.sdk.internal.datastore import DataStore  # until 0.29
    except ImportError:
        command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", str(run)]  # from 0.28
        lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        records = [json.loads(line) for line in lines]
        return [record["history"]["item"] for record in records if record["type"] == "history"]
    store = DataStore()
    (path,) = run.glob("run-*.wandb")
    store.open_for_scan(str(path))
    items = []
    while data := store.scan_data():
        record = wandb_internal_pb2.Record()
        record.ParseFromString(data)
        if record.history.item:
            item = {}
            for entry in record.history.item:
                _flatten(entry.key or ".".join(entry.nested_key), json.loads(entry.value_json), item)
            items.append(item)
    return items


def _flatten(key, value, item):
    if isinstance(value, dict):
        for name, inner in value.items():
            _flatten(f"{key}.{name}", inner, item)
    else:
        item[key] = value


def pictures(run_folder, logged, key):
    return [np.array(Image.open(run_folder / "files" / name)) for name in logged[f"{key}.filenames"]]


def test_floats_are_on_disk_as_meant(run_folder, logged):
    meant = [COLORED, COLORED[::-1], COLORED[:, ::-1]]
    for got, expected in zip(pictures(run_folder, logged, "float"), meant, strict=True):
        assert_same(got, expected)


def test_the_captions_are_all_there(logged):
    assert logged["float.captions"] == ["", "second", "third"]


def test_bytes_and_bools_are_on_disk_as_meant(run_folder, logged):
    spanning, zeros_and_ones = pictures(run_folder, logged, "bytes")
    assert_same(spanning, COLORED)
    assert_same(zeros_and_ones, COLORED % 2)
    assert_same(*pictures(run_folder, logged, "bool"), np.where(LEVELS > 127, 255, 0).astype(np.uint8))


def test_a_picture_one_pixel_high_is_on_disk_as_meant(run_folder, logged):
    assert_same(*pictures(run_folder, logged, "tiny"), np.array([[[0, 128, 255], [255, 0, 64]]], np.uint8))


def test_a_grid_is_on_disk_as_one_picture(run_folder, logged):
    grid = np.array(Image.open(run_folder / "files" / logged["grid.path"]))
    assert_same(grid[:, :16], COLORED)
    assert_same(grid[:, 18:], COLORED[::-1])


def test_a_mask_is_on_disk_with_all_its_labels(run_folder, logged):
    assert_same(np.array(Image.open(run_folder / "files" / logged["overlay.masks.truth.path"])), LEVELS)
    assert_same(np.array(Image.open(run_folder / "files" / logged["overlay.path"])), COLORED)
    assert logged["overlay.caption"] == "with a mask"


def test_a_box_is_on_disk_in_pixels(run_folder, logged):
    (box,) = json.loads((run_folder / "files" / logged["overlay.boxes.found.path"]).read_text())["box_data"]
    assert box["position"] == {"minX": 1, "minY": 2, "maxX": 9, "maxY": 12}
    assert (box["domain"], box["class_id"]) == ("pixel", 3)


def test_loss_and_pictures_of_one_step_are_one_row(run_folder, rows):
    (row,) = [row for row in rows if "loss" in row]
    unseen = (COLORED > 128).mean()
    assert row["loss"] == 0.25 and abs(row["trained/unseen"] - unseen) < 1e-12
    assert row["trained.captions"] == [f"unseen: {unseen:.0%} above white"]
    assert_same(*pictures(run_folder, row, "trained"), np.rint(255 * np.minimum(COLORED / 128, 1)).astype(np.uint8))
