"""What wandb, TensorBoard's writer and others really do, as far as lesson 6 relies on it.

The five rules of the lesson's table are in tests/wandb_versions/test_rules.py.
"""

import ast
import importlib.util
import inspect
import io
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import types
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.utils import save_image

os.environ.update(WANDB_MODE="offline", WANDB_ERROR_REPORTING="false", WANDB_SILENT="true")

import wandb

from seeing_tensors import to_wandb_image

ROOT = Path(__file__).parents[2]
LESSON = (ROOT / "lessons" / "06_logging_to_wandb.py").read_text(encoding="utf-8")
LEVELS = np.arange(256, dtype=np.uint8).reshape(16, 16)
COLOUR = np.stack([LEVELS, LEVELS[::-1], LEVELS.T], axis=-1)
X = torch.from_numpy(COLOUR).permute(2, 0, 1) / 255


def pixels(*arguments, **options):
    return np.array(wandb.Image(*arguments, **options).image)


def offline(folder):
    """The environment of a run that keeps to itself."""
    home = {f"WANDB_{name}": str(folder) for name in ("DIR", "CACHE_DIR", "CONFIG_DIR", "DATA_DIR")}
    return {**os.environ, **home, "TMPDIR": str(folder), "PYTHONPATH": str(ROOT / "src")}


# ----------------------------------------------------------------- without a run


def test_a_float_picture_is_written_black_without_a_word(capfd, caplog):
    """Lesson 6: "all below 1 becomes 0, and 1 becomes level 1 of 255. … Nothing was raised, nothing was printed"."""
    written = pixels(X)
    assert np.array_equal(written, COLOUR == 255), "lesson 6 says: wandb casts floats in [0, 1] to 0 and 1"
    assert capfd.readouterr() == ("", ""), "lesson 6 says: nothing is printed"
    assert not caplog.records, "lesson 6 says: nothing is printed"


def test_bytes_are_what_is_documented():
    """Lesson 6: "The installed version documents only that values are expected to be in [0, 255]"."""
    documented = " ".join(wandb.Image.__init__.__doc__.split())
    assert "in the range [0, 255]" in documented, "lesson 6 says: the documentation expects values in [0, 255]"
    assert "[0, 1]" not in documented, "lesson 6 says: the documentation says nothing about other values"


def test_bytes_pil_images_and_paths_are_right(tmp_path):
    """Lesson 6: "Bytes, PIL images and files are right, in this release"."""
    path = tmp_path / "photo.png"
    Image.fromarray(COLOUR).save(path)
    for data in (COLOUR, torch.from_numpy(COLOUR).permute(2, 0, 1), Image.fromarray(COLOUR), path, str(path)):
        assert np.array_equal(pixels(data), COLOUR), f"lesson 6 says: {type(data).__name__} is written as it is"


def test_a_file_in_memory_is_not_taken():
    """Lesson 6: "A file in memory is not taken"."""
    file = io.BytesIO()
    Image.fromarray(COLOUR).save(file, "png")
    with pytest.raises((TypeError, AttributeError)):
        wandb.Image(file)


def test_pil_images_in_modes_rgb_and_l_keep_every_level():
    """Lesson 6: "wandb is handed a PIL image in mode RGB or L … that is written as it is"."""
    for picture, mode in [(COLOUR, "RGB"), (LEVELS, "L")]:
        image = wandb.Image(Image.fromarray(picture)).image
        assert image.mode == mode and np.array_equal(np.array(image), picture), f"lesson 6 says: mode {mode} is kept"


def test_int64_wraps():
    """Lesson 6: "An int64 array is right until it leaves [0, 255]; then it wraps"."""
    assert np.array_equal(pixels(COLOUR.astype(np.int64)), COLOUR), "lesson 6 says: int64 in [0, 255] is right"
    expected = (COLOUR.astype(np.int64) + 100) % 256
    assert np.array_equal(pixels(COLOUR.astype(np.int64) + 100), expected), "lesson 6 says: int64 beyond 255 wraps"


def test_unexpected_brightness():
    """Lesson 6: "each tile stretched over its own values, as wandb did to a tensor up to 0.19.11. This is the pitfall
    *unexpected brightness*". The old rule is the lesson's function, held to old releases in tests/wandb_versions."""
    rule = lesson_function("up_to_0_19_tensor")
    bright, dark = (rule(X.numpy() * factor) for factor in (1, 0.125))
    assert np.abs(bright.astype(int) - dark).max() <= 1, "lesson 6 says: the dark tile is stretched, and looks bright"


def test_normalize_is_gone():
    """Lesson 6: "`normalize=False` exists no more"."""
    with pytest.raises(TypeError, match="normalize"):
        wandb.Image(X, normalize=False)


def test_wandb_believes_masks_and_boxes():
    """Lesson 6: "a mask of another size, a label of 0.5, a box in pixels without its domain, … are all taken"."""
    small, half = np.zeros((2, 2), int), np.full((16, 16), 0.5)
    crossed = {"position": {"minX": 0.9, "maxX": 0.1, "minY": 0.1, "maxY": 0.9}, "class_id": 1}
    in_pixels = {"position": {"minX": 3, "maxX": 12, "minY": 3, "maxY": 12}, "class_id": 1}
    wandb.Image(COLOUR, masks={"a": {"mask_data": small}, "b": {"mask_data": half}})
    wandb.Image(COLOUR, boxes={"a": {"box_data": [crossed, in_pixels]}})


def test_helpers_that_are_there_and_gone():
    """More on lesson 6, the table of helpers; "`MAX_ITEMS` is 108", "`MAX_DIMENSION` is not enforced"."""
    for name in ("all_boxes", "all_captions", "all_masks", "guess_mode"):
        assert hasattr(wandb.Image, name), f"lesson 6 shows: wandb.Image.{name} is there"
    assert not hasattr(wandb.Image, "to_uint8"), "lesson 6 shows: wandb.Image.to_uint8 is gone"
    assert (wandb.Image.MAX_ITEMS, wandb.Image.MAX_DIMENSION) == (108, 65500), "lesson 6 says: 108 and 65500"
    assert wandb.Image(Image.new("L", (70_000, 1))).image.size == (70_000, 1), (
        "lesson 6 says: MAX_DIMENSION is not enforced"
    )
    with pytest.raises(OSError):  # lesson 6 says: it is JPEG's limit
        wandb.Image(Image.new("L", (65_501, 1)), file_type="jpg")
    assert wandb.Image(Image.new("L", (65_500, 1)), file_type="jpg").image.size == (65_500, 1)


# ------------------------------------------------------------------ a run, read back

RUN = """
import sys
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np, torch, wandb
from PIL import Image
labels = (np.arange(6400).reshape(80, 80) // 7 % 4).astype(np.uint8)
small = Image.fromarray(labels)
small.save(sys.argv[1])
fig, ax = plt.subplots()
run = wandb.init(project="behaviours")
run.log({
    "bmp": wandb.Image(small, file_type="bmp"), "jpg": wandb.Image(small, file_type="jpg"),
    "path": wandb.Image(sys.argv[1], file_type="jpg"), "figure": wandb.Image(fig), "raw": torch.rand(3, 4, 4),
    "grouped": wandb.Image(labels, mode="RGB", grouping=7),
    "not": wandb.Image(small, mode="RGB"),
    "many": [wandb.Image(Image.new("L", (4, 4), i)) for i in range(120)],
    "captions": [wandb.Image(labels), wandb.Image(1 + labels, caption="second")],
    "again": wandb.Image(wandb.Image(small, caption="old"), caption="new"),
    "half": wandb.Image(small, masks={"half": {"mask_data": np.full((80, 80), 0.5)}}, file_type="jpg"),
    "classes": wandb.Image(small, classes=[{"id": 3, "name": "a name that nobody else has"}]),
    "class object": wandb.Image(small, classes=wandb.Classes([{"id": 3, "name": "a name that nobody else has"}])),
    "alpha": wandb.Image(np.dstack([labels] * 3), mode="RGBA"),
})
names = {i: f"name {i}" for i in range(4)}
box = {"position": {"middle": [40, 30], "width": 20, "height": 10}, "domain": "pixel", "class_id": 2}
mask, boxes = {"mask_data": labels, "class_labels": names}, {"box_data": [box], "class_labels": names}
run.log({
    "dicts": wandb.Image(small, masks={"truth": mask}, boxes={"truth": boxes}),
    "objects": wandb.Image(
        small,
        masks={"truth": wandb.data_types.ImageMask(mask, key="guess")},
        boxes={"truth": wandb.data_types.BoundingBoxes2D(boxes, key="truth")},
    ),
})
run.finish()
wandb.teardown()
"""


class Logged:
    """What the run above left on disk."""

    def __init__(self, folder):
        self.source = folder / "labels.png"
        done = subprocess.run(
            [sys.executable, "-c", RUN, self.source], env=offline(folder), capture_output=True, text=True, cwd=folder
        )
        assert done.returncode == 0, done.stderr
        self.output = done.stdout + done.stderr
        (self.folder,) = folder.glob("wandb/offline-run-*")
        self.records = inspect_run(self.folder)
        items = [record["history"]["item"] for record in self.records if record["type"] == "history"]
        self.item = {key: value for item in items for key, value in item.items()}

    def path(self, key):
        return self.folder / "files" / self.item[f"{key}.path"]

    def pixels(self, key):
        return np.array(Image.open(self.path(key)))


def inspect_run(folder):
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", folder]
    done = subprocess.run(command, env=offline(folder), capture_output=True, text=True)
    assert done.returncode == 0, f"lesson 6 says: `wandb leet inspect --json` prints a run. {done.stderr}"
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    return Logged(tmp_path_factory.mktemp("behaviours"))


def test_file_types(logged):
    """More on lesson 6, the table "logged, on disk": bmp keeps every pixel, JPEG makes labels up, masks are PNG."""
    labels = np.array(Image.open(logged.source))
    assert logged.path("bmp").suffix == ".bmp" and np.array_equal(logged.pixels("bmp"), labels), (
        "lesson 6 says: bmp is right"
    )
    assert set(np.unique(logged.pixels("jpg"))) - {0, 1, 2, 3}, "lesson 6 says: JPEG makes up labels"
    assert logged.path("half.masks.half").suffix == ".png", "lesson 6 says: masks are always written as PNG"


def test_a_mask_of_a_half_is_label_0(logged):
    """More on lesson 6, the table: "a mask of 0.5 | labels [0]"."""
    assert np.unique(logged.pixels("half.masks.half")).tolist() == [0], "lesson 6 shows: 0.5 becomes label 0"


def test_a_path_is_copied(logged):
    """More on lesson 6, the table: "a path | the file's bytes"."""
    assert logged.path("path").read_bytes() == logged.source.read_bytes(), "lesson 6 shows: a file is copied as it is"


def test_mode_grouping_and_figures(logged):
    """More on lesson 6: "`mode` … a PIL image keeps its own"; the table: RGB and grouping 7 of a grey array; a figure
    becomes RGBA."""
    assert Image.open(logged.path("grouped")).mode == "RGB" and logged.item["grouped.grouping"] == 7, (
        "lesson 6 shows: RGB, 7"
    )
    assert Image.open(logged.path("not")).mode == "L", "lesson 6 says: a PIL image keeps its own mode"
    assert Image.open(logged.path("figure")).mode == "RGBA", "lesson 6 shows: a figure is RGBA"


def test_a_raw_tensor_is_a_histogram(logged):
    """More on lesson 6, the table: "a tensor as it is | a histogram"."""
    assert logged.item["raw._type"] == "histogram", "lesson 6 shows: a raw tensor is logged as a histogram"


def test_a_list_is_cut_at_108(logged):
    """More on lesson 6: "The list lost 12 pictures …, and all that happens is the line in the log above"."""
    assert logged.item["many.count"] == len(logged.item["many.filenames"]) == 108, "lesson 6 says: 108 are kept"
    assert "108" in logged.output, "lesson 6 says: there is a line in the log"


def test_captions_are_lost(logged):
    """More on lesson 6: captions nothing and "second" give None; wrapped again, an image keeps its old caption."""
    arrays = [np.array(Image.open(logged.folder / "files" / name)) for name in logged.item["captions.filenames"]]
    assert np.array_equal(arrays[1], arrays[0] + 1), "lesson 6 shows: uint8 arrays in a list are right"
    assert "captions.captions" not in logged.item, "lesson 6 shows: all captions are lost when the first is missing"
    assert logged.item["again.caption"] == "old", "lesson 6 shows: wrapped again, an image keeps its old caption"


def test_classes_leave_no_trace(logged):
    """More on lesson 6: "`classes` leaves no trace in a run"."""
    written = [
        file
        for file in logged.folder.rglob("*")
        if file.is_file() and b"a name that nobody else has" in file.read_bytes()
    ]
    assert not written, f"lesson 6 says: classes leaves no trace in a run; it is in {written}"


def test_objects_leave_the_files_of_dicts(logged):
    """More on lesson 6: "The files are the same, whether dicts or objects. But the names of the labels are filed under
    the key of the object"."""
    for kind in ("masks", "boxes"):
        one, two = (logged.path(f"{way}.{kind}.truth").read_bytes() for way in ("dicts", "objects"))
        assert one == two, f"more on lesson 6 says: the {kind} are the same files"
    *_, last = [record["config"] for record in logged.records if record["type"] == "config"]
    told = last["update"]["_wandb"]["mask/class_labels"]
    assert {"dicts_wandb_delimeter_truth", "objects_wandb_delimeter_guess"} <= set(told), told
    assert "objects_wandb_delimeter_truth" not in told, "more on lesson 6 says: under the key of the object"


def test_mode_rgba_adds_an_opaque_channel(logged):
    """More on lesson 6, the table: "an RGB array, `mode="RGBA"` | a fourth channel of [255]"."""
    assert np.unique(logged.pixels("alpha")[..., 3]).tolist() == [255]


def test_what_the_helpers_give():
    """More on lesson 6, the table of helpers: what each of them returns."""
    plain, named = wandb.Image(LEVELS), wandb.Image(LEVELS, caption="second")
    assert wandb.Image.all_captions([named, plain]) == ["second", None], "more on lesson 6 shows: the captions"
    assert wandb.Image.all_captions([plain, named]) is False, "more on lesson 6 shows: False where the first has none"
    for helper in (wandb.Image.all_masks, wandb.Image.all_boxes):
        assert helper([plain], None, "", 0) is False, "more on lesson 6 shows: False where there are none"
    modes = [plain.guess_mode(np.zeros(shape)) for shape in ((8, 8), (8, 8, 3), (8, 8, 4))]
    assert modes == ["L", "RGB", "RGBA"], "more on lesson 6 shows: L, RGB, RGBA"


def test_a_with_block_ends_the_run_also_by_an_error(tmp_path):
    """More on lesson 6: "The block ends the run, also when an error leaves it; the run's exit code is 1 then"."""
    program = "import wandb\nwith wandb.init(project='b') as run:\n    run.log(dict(a=1))\n    {}\nwandb.teardown()"
    for code, line in enumerate(("pass", "raise KeyError('in the block')")):
        folder = tmp_path / str(code)
        folder.mkdir()
        command = [sys.executable, "-c", program.format(line)]
        done = subprocess.run(command, env=offline(folder), capture_output=True, text=True, cwd=folder)
        assert (done.returncode == 0) == (code == 0), done.stderr
        (run,) = folder.glob("wandb/offline-run-*")
        ends = [record["exit"] for record in inspect_run(run) if record["type"] == "exit"]
        assert [end["exit_code"] for end in ends] == [code], f"more on lesson 6 says: {code}, not {ends}"


def test_a_run_tells_about_its_machine(logged):
    """Lesson 6: "before you share a run, look at what it says about your machine": host, program, executable …"""
    told = {key for record in logged.records for key in record.get("environment", {})}
    assert {"host", "program", "executable", "os"} <= told, (
        "lesson 6 shows: a run names host, program, executable and system"
    )


def test_sync_and_login_exist():
    """Lesson 6: "`wandb sync FOLDER` uploads an offline run"; an API key, "which `wandb login`, in a terminal,
    stores"."""
    for command, word in [("sync", "upload"), ("login", "api key")]:
        shown = subprocess.run(
            [sys.executable, "-m", "wandb", command, "--help"], capture_output=True, text=True
        ).stdout
        assert word in shown.lower(), f"lesson 6 says: there is wandb {command}"


# ----------------------------------------------------------------------- killed


def test_a_killed_run_keeps_its_pictures(tmp_path):
    """More on lesson 6: "Every picture is there … Of the history the last rows may be missing"."""
    script = ROOT / "lessons" / "scripts" / "killed_run.py"
    process = subprocess.Popen(
        [sys.executable, script, tmp_path],
        env=offline(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    for line in process.stdout:
        if line == "step 19\n":
            process.kill()
    process.communicate()
    (folder,) = tmp_path.glob("wandb/offline-run-*")
    files = {path.name.split("_")[1]: path for path in folder.rglob("photo_*.png")}
    assert sorted(map(int, files)) == list(range(20)), (
        "lesson 6 says: every picture is there, its name says key and step"
    )
    for step, path in files.items():
        assert (np.array(Image.open(path)) == int(step)).all(), "lesson 6 says: every picture is there"
    rows = sum(record["type"] == "history" for record in inspect_run(folder))
    assert rows <= 20, "lesson 6 says: rows may be missing, never too many"


def test_the_history_is_written_every_15_seconds():
    """More on lesson 6: "this release writes it out every 15 seconds"."""
    interval = wandb.Settings().x_transaction_log_flush_interval
    assert interval == 15, f"lesson 6 says: the history is written every 15 seconds, not {interval}"


# ----------------------------------------------------------- nothing leaves the machine


class Trap:
    """A proxy on this machine that counts who knocks, and lets nobody through."""

    def __enter__(self):
        self.server, self.knocks = socket.create_server(("127.0.0.1", 0)), 0
        threading.Thread(target=self.listen, daemon=True).start()
        return self

    def listen(self):
        while True:
            try:
                self.server.accept()[0].close()
            except OSError:
                return
            self.knocks += 1

    def __exit__(self, *_):
        self.server.close()

    def environment(self, folder):
        address = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        return offline(folder) | dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), address)


# In Python itself every look-up and every connection but those to the local service ends the program.
GUARDED = """
import runpy, sys
def guard(event, arguments):
    named = event in ("socket.getaddrinfo", "socket.gethostbyname")
    if named or event == "socket.connect" and isinstance(arguments[1], tuple):
        sys.stderr.write(f"NETWORK {event} {arguments}")
        raise SystemExit(77)
sys.addaudithook(guard)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
OFFLINE_RUN = ROOT / "tests" / "wandb_versions" / "offline_run.py"


def test_an_offline_run_keeps_to_itself(tmp_path):
    """Lesson 6: "In offline mode a run … writes to a folder and talks to nobody", with the environment variables
    set."""
    with Trap() as trap:
        environment = trap.environment(tmp_path)
        command = [sys.executable, "-c", GUARDED, OFFLINE_RUN, tmp_path]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)
        assert done.returncode == 0, f"lesson 6 says: an offline run talks to nobody. {done.stderr}"
        (folder,) = tmp_path.glob("wandb/offline-run-*")
        command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", folder]
        assert subprocess.run(command, env=environment, capture_output=True).returncode == 0
        assert trap.knocks == 0, "lesson 6 says: an offline run, and reading it back, talks to nobody"
    assert done.stderr == "", "lesson 6 says: WANDB_SILENT=true keeps it quiet"


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_an_offline_run_opens_no_internet_socket(tmp_path):
    """Lesson 6: the same, seen by the kernel, for Python and for wandb's own service."""
    log = tmp_path / "strace.log"
    trace = ["strace", "--follow-forks", "--trace=socket,connect", f"--output={log}"]
    command = [*trace, sys.executable, OFFLINE_RUN, tmp_path]
    done = subprocess.run(command, env=offline(tmp_path), capture_output=True, text=True, cwd=tmp_path)
    if not log.exists() or "ptrace" in done.stderr.lower():
        pytest.skip(f"strace may not trace here: {done.stderr}")
    assert done.returncode == 0, done.stderr
    lines = log.read_text().splitlines()
    assert any("AF_UNIX" in line for line in lines), "strace saw nothing"
    found = [line for line in lines if "AF_INET" in line]
    assert not found, f"lesson 6 says: an offline run talks to nobody; it opened {found}"


def test_offline_alone_is_not_silent(tmp_path):
    """Lesson 6: "with neither of them, even `wandb.init(mode="offline")` tries to reach a server"; it knocks at the
    trap."""
    program = "import wandb; run = wandb.init(mode='offline', project='behaviours'); run.log({'a': 1}); "
    program += "run.finish(); wandb.teardown()"
    with Trap() as trap:
        environment = trap.environment(tmp_path)
        for name in ("WANDB_MODE", "WANDB_ERROR_REPORTING"):
            environment.pop(name)
        subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, cwd=tmp_path)
        assert trap.knocks, "lesson 6 says: without the variables even an offline run tries to reach a server"


# ------------------------------------------------------------------- the others


def lesson_function(name):
    (wanted,) = [node for node in ast.parse(LESSON).body if getattr(node, "name", "") == name]
    names = {"np": np}
    exec(compile(ast.Module([wanted], []), "lesson 6", "exec"), names)
    return names[name]


def tensorboard_pixels(monkeypatch, x):
    """What torch's own add_image puts into its PNG. The package `tensorboard` only holds the containers: where it is
    not installed, plain ones will do."""
    if importlib.util.find_spec("tensorboard"):
        return encoded_by(importlib.import_module("torch.utils.tensorboard.summary"), x)

    class Container:
        def __init__(self, **fields):
            vars(self).update(fields)

    Container.Image = Container.Value = Container
    for name in (
        "tensorboard",
        *("tensorboard.compat", "tensorboard.compat.proto", "tensorboard.plugins"),
        *(f"tensorboard.compat.proto.{n}" for n in ("summary_pb2", "tensor_pb2", "tensor_shape_pb2")),
        *(
            "tensorboard.plugins.custom_scalar",
            "tensorboard.plugins.pr_curve",
            "tensorboard.plugins.pr_curve.plugin_data_pb2",
        ),
        *("tensorboard.plugins.text", "tensorboard.plugins.text.plugin_data_pb2"),
    ):
        module = types.ModuleType(name)
        for part in (
            "HistogramProto",
            "Summary",
            "SummaryMetadata",
            "TensorProto",
            "TensorShapeProto",
            "layout_pb2",
            "PrCurvePluginData",
            "TextPluginData",
        ):
            setattr(module, part, Container)
        monkeypatch.setitem(sys.modules, name, module)
    folder = Path(inspect.getfile(torch)).parent / "utils" / "tensorboard"
    package = types.ModuleType("writers")  # torch.utils.tensorboard/__init__.py looks for the real package
    package.__path__ = [str(folder)]
    monkeypatch.setitem(sys.modules, "writers", package)
    return encoded_by(importlib.import_module("writers.summary"), x)


def encoded_by(summaries, x):
    summary = summaries.image("tag", x, dataformats="HWC")
    return np.array(Image.open(io.BytesIO(summary.value[0].image.encoded_image_string)))


@pytest.mark.parametrize(
    "x",
    [
        np.linspace(0, 1, 48, dtype=np.float32).reshape(4, 4, 3),
        np.linspace(-2, 3, 48, dtype=np.float32).reshape(4, 4, 3),
        np.linspace(-2, 3, 48).reshape(4, 4, 3),
        COLOUR,
        COLOUR.astype(np.int64),
    ],
    ids=["unit", "wide", "float64", "uint8", "int64"],
)
def test_tensorboard(monkeypatch, x):
    """Lesson 6: "uint8 is taken as it is, *anything else* is multiplied by 255, clipped, and cut off"."""
    assert np.array_equal(tensorboard_pixels(monkeypatch, x), lesson_function("tensorboard")(x)), (
        "lesson 6 says: add_image takes uint8 as it is, and multiplies anything else by 255, clips and truncates"
    )


def test_shapes_are_taken_for_others():
    """More on lesson 6: "The first is 3 × 8 and RGBA. The second was one row of 8 pixels, and is 8 rows of 3"."""
    four = wandb.Image(np.zeros((3, 8, 4), np.uint8)).image
    assert (four.mode, four.size) == ("RGBA", (8, 3)), "more on lesson 6 says: an array (3, 8, 4) is RGBA, 3 × 8"
    row = torch.arange(24, dtype=torch.uint8).reshape(3, 1, 8)
    written = pixels(row)
    assert written.shape[:2] == (8, 3), "more on lesson 6 says: a tensor (3, 1, 8) is 8 rows of 3"
    assert (written[..., 0] == row[:, 0].numpy().T).all(), "more on lesson 6 says: its channels are pixels now"
    ours = np.array(to_wandb_image(row).image)
    assert (ours == row.permute(1, 2, 0).numpy()).all(), "more on lesson 6 says: ours writes one row"


def test_tensorboard_is_another_package():
    """Lesson 6: "`torch.utils.tensorboard` needs the package `tensorboard`"."""
    program = "import sys; sys.modules['tensorboard'] = None; import torch.utils.tensorboard"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "ModuleNotFoundError" in done.stderr or "ImportError" in done.stderr, "lesson 6 says: it needs tensorboard"


def test_save_image_and_imsave(tmp_path):
    """Lesson 6, the last table: save_image rounds and clips floats and refuses bytes; imsave cuts off and refuses
    what is outside."""
    x = torch.tensor([-1, 0, 0.2, 0.5, 1, 2]).expand(3, 2, -1)
    save_image(x, tmp_path / "a.png")
    got = np.array(Image.open(tmp_path / "a.png"))[0, :, 0]
    assert got.tolist() == [0, 0, 51, 128, 255, 255], "lesson 6 shows: save_image rounds and clips"
    with pytest.raises(RuntimeError):
        save_image(torch.zeros(3, 2, 2, dtype=torch.uint8), tmp_path / "b.png")
    inside = x.clamp(0, 1).permute(1, 2, 0).numpy()
    plt.imsave(tmp_path / "c.png", inside)
    got = np.array(Image.open(tmp_path / "c.png"))[0, :, 0]
    assert got.tolist() == [0, 0, 51, 127, 255, 255], "lesson 6 shows: imsave cuts off"
    plt.imsave(tmp_path / "c.png", COLOUR)
    assert np.array_equal(np.array(Image.open(tmp_path / "c.png"))[..., :3], COLOUR), (
        "lesson 6 shows: imsave keeps bytes"
    )
    for outside in (x.permute(1, 2, 0).numpy(), np.full((2, 2, 3), 300)):
        with pytest.raises(ValueError):
            plt.imsave(tmp_path / "d.png", outside)
