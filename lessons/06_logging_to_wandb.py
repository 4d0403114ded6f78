# %% [markdown]
# # The version of wandb decides what your picture shows
#
# 20 minutes · after lesson 3 · uses `to_wandb_image`, `to_wandb_mask`, `to_wandb_grid`, `log_images`

# %% tags=["hide-input"]
import io
import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# Before wandb is imported: nothing leaves this machine, and nothing stays outside one temporary folder.
temporary = tempfile.TemporaryDirectory(prefix="lesson-6-", ignore_cleanup_errors=True)
os.environ.update(WANDB_MODE="offline", WANDB_ERROR_REPORTING="false", WANDB_SILENT="true")
os.environ.update({f"WANDB_{name}": temporary.name for name in ("DIR", "CACHE_DIR", "CONFIG_DIR", "DATA_DIR")})
logging.basicConfig(stream=sys.stdout, format="log: %(message)s")

import matplotlib.pyplot as plt
import numpy as np
import torch
import wandb
from IPython.display import Markdown
from PIL import Image
from torchvision.utils import save_image

import seeing_tensors as st

mean, std = st.IMAGENET_MEAN, st.IMAGENET_STD
photo = st.read_image(st.data_path("photos/things/커피.png"))
y = st.normalize(st.to_tensor(photo), mean, std)

values = y.permute(1, 2, 0).numpy()
opening = {
    "wandb up to 0.19.11": ((values - values.min()) / (values.max() - values.min()) * 255).astype(np.uint8),
    "wandb 0.20.1 to 0.28.2": values.clip(0, 255).astype(np.uint8),
    f"wandb {wandb.__version__}, installed here": np.array(wandb.Image(y).image),
}
stretched, guessed, cast = opening.values()

fig, axes = plt.subplots(1, 3, figsize=(10, 2.9), layout="constrained")
for ax, (version, pixels) in zip(axes, opening.items()):
    st.show(pixels, ax, title=version)
st.figure(
    fig,
    alt=f"The same normalised photo of a coffee cup as three versions of wandb write it. First: a photo that looks "
    f"right, its levels stretched over {stretched.min()} to {stretched.max()}, {np.abs(stretched.astype(int) - photo).mean():.0f} levels off on average. Second: a black picture with no level above "
    f"{guessed.max()}. Third: flat black, blue, cyan and white without any shading; {(cast > 250).any(axis=2).mean():.0%} "
    f"of the pixels have a level above {250}.",
    caption="One tensor, handed to three versions of wandb by the same line of code.",
)

# %% [markdown]
# **After this lesson you can**
#
# 1. predict what `wandb.Image` makes of a tensor, from its values and the version of wandb
# 2. log pictures, masks and boxes so that every version writes the same right pixels
# 3. run offline, without an account, and read back from disk what was logged
#
# ## Predict
#
# A photo is a float tensor with values in [0, 1]. You hand it to `wandb.Image` of the installed version. What does the PNG show?
#
# - (a) The photo: 1 is written as 255.
# - (b) A black picture.
# - (c) Nothing: there is an exception that asks for bytes.
#
# A hint for paper: the line that decides is `data.astype(np.uint8)`.

# %% [markdown]
# ## Look
#
# The photo as floats goes in, and the file that wandb wrote comes out: its property `image` opens it. No run is needed for this.

# %%
x = st.to_tensor(photo)
print(st.describe(x))
written = np.array(wandb.Image(x).image)
print(st.describe(written), "levels:", np.unique(written))

# %% [markdown]
# (b). A cast to bytes cuts off the decimals: all below 1 becomes 0, and 1 becomes level 1 of 255. A value below 0 wraps: on an x86-64 processor -1 becomes 255, and C leaves it open what others do. Nothing was raised, nothing was printed. This is wandb 0.29.0 and later.
#
# Here is what each release before it did. Five rules, as functions. `tests/wandb_versions/run.py` installs old releases and holds each rule to what they really write.

# %%
def up_to_0_19_tensor(x):
    low, high = x.min(), x.max()
    return ((x - low) / max(high - low, 1e-5) * 255).astype(np.uint8)


def up_to_0_19_array(x):
    if x.min() < 0:
        x = (x - x.min()) / np.ptp(x)
    if x.max() <= 1:
        x = (x * 255).astype(np.int32)
    return x.clip(0, 255).astype(np.uint8)


def only_0_20_0(x):
    x = x - min(x.min(), 0)
    if np.ptp(x) != 0:
        x = x / np.ptp(x)
    if x.max() <= 1:
        x = (255 * x).astype(np.int32)
    return x.clip(0, 255).astype(np.uint8)


def from_0_20_1_to_0_28(x):
    if 0 <= x.min() and x.max() <= 1:
        return (x * 255).astype(np.uint8)
    if -1 <= x.min() and x.max() <= 1:
        return (255 * 0.5 * (x + 1)).astype(np.uint8)
    return x.clip(0, 255).astype(np.uint8)


def from_0_29(x):
    return x.astype(np.uint8)


# %% [markdown]
# The third is the documented one: [0, 1] is multiplied by 255, [-1, 1] is moved and stretched, anything else is clipped to [0, 255].
#
# Each row below is one small picture, given by its values. Read a row from left to right: that is the history of one line of code.

# %% tags=["hide-input"]
rules = {
    "up to 0.19.11, tensor": up_to_0_19_tensor, "up to 0.19.11, array": up_to_0_19_array, "0.20.0": only_0_20_0,
    "0.20.1 to 0.28.2": from_0_20_1_to_0_28, "0.29.0 on": from_0_29,
}
inputs = [
    [0, 0.25, 0.5, 1], [0.2, 0.4, 0.6, 0.8], [-1, -0.5, 0, 0.5, 1], [0, 0.25, 0.5, 1.0001], [-1e-6, 0, 0.5, 1],
    [-2, -1, 0, 1, 2], [1, 1, 1], [10, 50, 200],
]
rows = [
    f"| {' '.join(f'{v:g}' for v in row)} | " + " | ".join(" ".join(map(str, rule(np.array(row)))) for rule in rules.values()) + " |"
    for row in inputs
]
Markdown(f"| values | {' | '.join(rules)} |\n|---|{'---|' * len(rules)}\n" + "\n".join(rows))

# %% [markdown]
# Three things to find in it. No row is the same in all columns. One value a millionth below 0, or a ten-thousandth above 1, changes *every other pixel* in some column: those rules look at the values to learn the range. And the last column alone treats each pixel by itself, but takes it for a byte.
#
# The opening figure is the row -2 … 2. The installed release, against its rule and the two others:

# %%
same = [np.array_equal(cast, from_0_29(values)), np.array_equal(stretched, up_to_0_19_tensor(values))]
print(same, np.array_equal(guessed, from_0_20_1_to_0_28(values)))

# %% [markdown]
# ### The documentation's examples, tried
#
# The reference page of those releases shows four pictures: floats in [0, 1], floats in [-1, 1], a PIL image, and `normalize=False`. It also recommends bytes. The same five, and what is in the file now. `off` is the mean distance to the photo, in levels of 255.

# %%
def tried(label, data, **options):
    try:
        pixels = np.array(wandb.Image(data, **options).image)
    except (TypeError, AttributeError) as error:
        return f"| {label} | `{type(error).__name__}: {error}` | |"
    return f"| {label} | {pixels.min()} … {pixels.max()} | {np.abs(pixels.astype(int) - photo).mean():.1f} |"


# %% tags=["hide-input"]
path = Path(temporary.name, "photo.png")
Image.fromarray(photo).save(path)
Markdown(
    "| handed over | levels in the file | off |\n|---|---|---|\n"
    + "\n".join([
        tried("tensor in [0, 1]", x), tried("tensor in [-1, 1]", 2 * x - 1), tried("PIL image", Image.fromarray(photo)),
        tried("tensor, `normalize=False`", x, normalize=False), tried("uint8 tensor", torch.from_numpy(photo).permute(2, 0, 1)),
        tried("uint8 array", photo), tried("int64 array", photo.astype(int)), tried("int64 array, 100 too bright", photo.astype(int) + 100),
        tried("path of a PNG", path), tried("the same PNG in memory, `io.BytesIO`", io.BytesIO(path.read_bytes())),
    ])
)

# %% [markdown]
# The same photo as tensor, PIL image and path: three inputs, two results. Bytes, PIL images and files are right, in this release. A file in memory is listed on the reference page, and not taken; open it with Pillow. An int64 array is right until it leaves [0, 255]; then it wraps. `normalize=False` exists no more, and where it existed, in 0.20.0 to 0.28.2, it was this same cast.
#
# Even the documented rule was not exact. It cut decimals off where it should have rounded. Take all 256 levels, move them to [-1, 1] in float32 as a network likes them, and log:

# %%
levels = np.arange(256)
there = ((levels / 255 - 0.5) / 0.5).astype(np.float32)
print("levels that come back one too low:", (from_0_20_1_to_0_28(there) != levels).sum(), "of 256")

# %% [markdown]
# ## Why
#
# A file holds whole levels from 0 to 255. A tensor holds numbers. Between them stands one map: a value $l$ that is to be black goes to 0, a value $h$ that is to be white goes to 255, and what lies between goes to the nearest level:
#
# $$k = \text{round}\left(255 \, \frac{x - l}{h - l}\right)$$
#
# $x$ is a value, $k$ its level. Rounding costs at most half a level, so what is read back is within $\frac{h - l}{510}$ of $x$. Everything else hangs on $l$ and $h$, and there are three places to get them from:
#
# - **From the values**, as minimum and maximum. Then a picture's brightness depends on its darkest and brightest pixel, two steps of a training cannot be compared, and a constant has no picture.
# - **From a list of guesses**: "between 0 and 1? then times 255". Then the map jumps when one value crosses a border.
# - **From you.** You know whether the tensor comes out of `to_tensor`, a `tanh` or a Normalize.
#
# ## The tool
#
# `to_wandb_image` takes the third place. For floats `value_range` is required; without it there is an error and no guess.

# %%
try:
    st.to_wandb_image(y)
except TypeError as error:
    print(error)

# %% [markdown]
# Our tensor went through a Normalize, and its values lie outside [0, 1]. That, too, is an error and not a black picture:

# %%
try:
    st.to_wandb_image(y, value_range=(0, 1))
except ValueError as error:
    print(error)

# %% [markdown]
# Say what Normalize was given, and it is undone first (lesson 3). The range is that of the photo again.

# %%
undo = {"value_range": (0, 1), "mean": mean, "std": std}
image = st.to_wandb_image(y, **undo)
print("every byte of the file is back:", np.array_equal(np.array(image.image), photo))

# %% [markdown]
# What makes it the same in every version is who does the work: the levels are computed here, and wandb is handed a PIL image in mode RGB or L. From wandb 0.15 to today that is written as it is. bool becomes 0 and 255, uint8 stays as it is, also when it holds nothing but 0 and 1, which older releases took for a picture in [0, 1].
#
# Several pictures in one: `to_wandb_grid`. Here the photo grows darker from tile to tile, and one range for all keeps that to be seen. Look for the last tile: it is not stretched.

# %%
batch = torch.stack([x[:, ::3, ::3] * factor for factor in (1, 0.5, 0.25, 0.125)])
grid = np.array(st.to_wandb_grid(batch, columns=4, value_range=(0, 1)).image)
tiles = [grid[:, 202 * i : 202 * i + 200] for i in range(4)]

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(10, 2.1), layout="constrained")
st.show(grid, ax)
st.figure(
    fig,
    alt=f"The coffee cup four times in a row, each darker than the one before: the mean levels are "
    f"{', '.join(f'{tile.mean():.0f}' for tile in tiles)} of 255.",
    caption="A grid with one range for all: darker stays darker.",
)

# %% [markdown]
# ### A run without an account
#
# A run in offline mode writes to a folder and talks to nobody. Three environment variables, set *before* wandb is imported, make that strict: `WANDB_MODE=offline` and `WANDB_ERROR_REPORTING=false` (without the two, even `wandb.init(mode="offline")` tries to reach a server) and, for quiet, `WANDB_SILENT=true`. The first cell of this lesson set them, and pointed wandb's folders into a temporary one.
#
# `log_images` logs a batch under one key. First two pictures with captions, then one with a mask and a box.

# %%
run = wandb.init(project="lesson-6")
st.log_images(run, "batch", torch.stack([y, y.flip(-1)]), captions=[None, "mirrored"], **undo)

# %%
names = {0: "table", 1: "saucer", 2: "cup", 3: "spoon"}
labels = st.read_mask(st.data_path("masks/coffee.png"))
rows, columns = np.nonzero(labels == 2)
position = {"minX": columns.min(), "maxX": columns.max() + 1, "minY": rows.min(), "maxY": rows.max() + 1}
box = {"position": position, "domain": "pixel", "class_id": 2, "box_caption": "the cup"}
overlay = st.to_wandb_image(
    photo, caption="what is what", masks={"truth": st.to_wandb_mask(labels, class_labels=names)},
    boxes={"truth": {"box_data": [box], "class_labels": names}}, classes=[{"id": i, "name": n} for i, n in names.items()],
)
run.log({"overlay": overlay})

# %% [markdown]
# Masks and boxes are for the web page to draw over the picture; in a run they travel beside it. wandb believes what it is told: a mask of another size, a label of 0.5, a box in pixels without its `domain`, a box whose left side is right of its right side are all taken. `to_wandb_image` and `to_wandb_mask` refuse them:

# %%
for wrong in (labels[:100], labels / 3):
    try:
        st.to_wandb_image(photo, masks={"truth": {"mask_data": wrong}})
    except (TypeError, ValueError) as error:
        print(error)
half = wandb.Image(photo, masks={"half": {"mask_data": np.full(photo.shape[:2], 0.5)}})

# %% [markdown]
# Now the rest of what `wandb.Image` takes, raw: `mode` (for arrays and tensors; a PIL image keeps its own), `grouping`, two file types, a path, a figure. Then four accidents: a tensor without `wandb.Image`, too many pictures, a list whose first picture has no caption, and an image wrapped again with a new caption.

# %%
small = Image.fromarray(photo[::4, ::4])
run.log({
    "half": half, "grouped": wandb.Image(labels, mode="RGB", grouping=7), "bmp": wandb.Image(small, file_type="bmp"),
    "jpg": wandb.Image(Image.fromarray(labels), file_type="jpg"), "path": wandb.Image(str(path)), "figure": wandb.Image(fig),
    "raw": x, "many": [wandb.Image(Image.new("L", (4, 4), i)) for i in range(120)],
    "arrays": [wandb.Image(photo[::4, ::4]), wandb.Image(photo[1::4, ::4], caption="second")],
    "again": wandb.Image(wandb.Image(small, caption="old"), caption="new"),
})
run.finish()
wandb.teardown()  # waits until all of it is on disk

# %% [markdown]
# ### Read it back
#
# The run's folder holds the pictures as ordinary files, and one `.wandb` file with everything else. `wandb leet inspect` (wandb 0.28.0 and later) prints that file as lines of JSON. Those of the kind `history` are the calls of `run.log`.

# %%
def records(folder, kind):
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", folder]
    lines = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return [record[kind] for record in map(json.loads, lines) if record["type"] == kind]


(folder,) = Path(temporary.name, "wandb").glob("offline-run-*")
logged = {key: value for row in records(folder, "history") for key, value in row["item"].items()}
print(*[key for key in logged if key.startswith("overlay")], sep="\n")

# %% [markdown]
# The paths lead to the files. What was meant, against what is there:

# %%
def on_disk(key):
    return np.array(Image.open(folder / "files" / logged[key]))


first, second = [np.array(Image.open(folder / "files" / name)) for name in logged["batch.filenames"]]
print("batch:", np.array_equal(first, photo), np.array_equal(second, photo[:, ::-1]), logged["batch.captions"])
print("mask:", np.array_equal(on_disk("overlay.masks.truth.path"), labels))
print("box:", json.loads((folder / "files" / logged["overlay.boxes.truth.path"]).read_text())["box_data"][0]["position"])

# %% tags=["hide-input"]
truth = on_disk("overlay.masks.truth.path")
stored = json.loads((folder / "files" / logged["overlay.boxes.truth.path"]).read_text())["box_data"][0]["position"]
fig, axes = plt.subplots(1, 2, figsize=(10, 3.5), layout="constrained")
st.show(on_disk("overlay.path"), axes[0], title="the picture and the box, from disk")
axes[0].add_patch(plt.Rectangle(
    (stored["minX"], stored["minY"]), stored["maxX"] - stored["minX"], stored["maxY"] - stored["minY"],
    fill=False, edgecolor="white", linewidth=3,
))
st.show(truth.astype(int), axes[1], title="the mask, from disk")
for label, (row, column) in enumerate([(50, 70), (350, 290), (140, 290), (290, 365)]):
    axes[1].text(column, row, f"{label} {names[label]}", ha="center", va="center", backgroundcolor="white", fontsize=10)
st.figure(
    fig,
    alt=f"Left, the photo with a white frame around the coffee cup, {stored['maxX'] - stored['minX']:.0f} pixels wide and "
    f"{stored['maxY'] - stored['minY']:.0f} high. Right, the mask with its labels written on it: "
    f"{', '.join(f'{i} {n}, {(truth == i).mean():.0%}' for i, n in names.items())} of the pixels.",
    caption="What the run's folder holds: picture, box and mask, put together by us.",
)

# %% [markdown]
# And the rest:

# %% tags=["hide-input"]
jpeg = on_disk("jpg.path")
Markdown(
    "| logged | on disk |\n|---|---|\n"
    f"| `caption` of the overlay | {logged['overlay.caption']!r} |\n"
    f"| `classes` of the overlay | keys with `classes` in the history: {sum('classes' in key for key in logged)} |\n"
    f"| a grey array, `mode=\"RGB\"`, `grouping=7` | {Image.open(folder / 'files' / logged['grouped.path']).mode}, {logged['grouped.grouping']} |\n"
    f"| `file_type=\"bmp\"` | {Path(logged['bmp.path']).suffix}, right: {np.array_equal(on_disk('bmp.path'), np.array(small))} |\n"
    f"| `file_type=\"jpg\"`, a mask of labels {np.unique(labels).tolist()} | labels {np.unique(jpeg).tolist()} |\n"
    f"| a path | the file's bytes: {(folder / 'files' / logged['path.path']).read_bytes() == path.read_bytes()} |\n"
    f"| a matplotlib figure | {Image.open(folder / 'files' / logged['figure.path']).mode}, {logged['figure.width']} × {logged['figure.height']} |\n"
    f"| a mask of 0.5 | labels {np.unique(on_disk('half.masks.half.path')).tolist()} |\n"
    f"| a tensor without `wandb.Image` | a {logged['raw._type']} |\n"
    f"| {120} pictures in a list | {logged['many.count']} |\n"
    f"| two arrays in a list | right: {all(np.array_equal(Image.open(folder / 'files' / name), photo[i::4, ::4]) for i, name in enumerate(logged['arrays.filenames']))} |\n"
    f"| their captions, nothing and 'second' | {logged.get('arrays.captions')} |\n"
    f"| 'old', wrapped again as 'new' | {logged['again.caption']!r} |"
)

# %% tags=["hide-input"]
changed = jpeg != labels
Markdown(
    f"JPEG is for photos. Of the mask it changed **{changed.mean():.1%}** of the pixels, and made up "
    f"{len(set(np.unique(jpeg)) - set(names))} label(s) that did not exist. Masks given as `masks=` are always written as PNG. "
    f"The list lost {120 - logged['many.count']} pictures: `MAX_ITEMS` is {wandb.Image.MAX_ITEMS}, and all that happens is the line "
    f"in the log above. `log_images` raises instead, and it hands over an empty caption for a missing one, so that none is lost. "
    f"`classes` leaves no trace in a run; wandb uses it in tables and artifacts. For masks and boxes it is `class_labels` that counts."
)

# %% [markdown]
# ### When the run is killed
#
# A script logs twenty pictures, one at each step, and then gets no chance to say goodbye: `kill` is signal 9.

# %%
script = st.data_path("../lessons/scripts/killed_run.py")
killed = Path(temporary.name, "killed")
killed.mkdir()
environment = {**os.environ, "TMPDIR": str(killed)}  # what a killed process leaves behind goes there
process = subprocess.Popen([sys.executable, script, killed], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
for line in process.stdout:
    if line == "step 19\n":
        process.kill()
process.communicate()
(remains,) = killed.glob("wandb/offline-run-*")
print("pictures:", len(list(remains.rglob("photo_*.png"))), " rows of history:", len(records(remains, "history")))

# %% [markdown]
# Every picture is there: `run.log` copies the file before it returns. Of the history the last rows may be missing, because they are written now and then. A picture without its row has lost its caption, but its name still says key and step.
#
# ### With an account, later
#
# `wandb sync FOLDER` uploads an offline run, folder by folder, whenever you like. It needs a key, which `wandb login`, in a terminal, stores. A key never belongs into a cell; notebooks are shared, and so is their history in git. And look at what else a run says about you before you share it:

# %%
print(*sorted({key for record in records(folder, "environment") for key in record}))

# %% [markdown]
# ## Proof
#
# The laws about the functions that decide on pixels. Each reads the file that wandb wrote.

# %%
st.prove("to_wandb_image")

# %%
st.prove("to_wandb_grid")
st.prove("log_images")

# %% [markdown]
# ## Elsewhere
#
# TensorBoard's `add_image` looks at the type: uint8 is taken as it is, *anything else* is multiplied by 255, clipped, and cut off. That is a rule one can rely on, with a trap: int64 counts as "anything else". `torch.utils.tensorboard` needs the package `tensorboard`, so here is its rule as a function, next to three functions that are installed.

# %%
def tensorboard(x):
    scale = 1 if x.dtype == np.uint8 else 255
    return (x.astype(np.float32) * scale).clip(0, 255).astype(np.uint8)


# %% tags=["hide-input"]
def as_colour(values):
    return np.broadcast_to(values[None, :, None], (2, len(values), 3))


def saved_by_torchvision(x):
    file = io.BytesIO()
    save_image(torch.from_numpy(as_colour(x).copy()).permute(2, 0, 1), file, format="png")
    return np.array(Image.open(file))[0, :, 0]


def saved_by_matplotlib(x):
    file = io.BytesIO()
    plt.imsave(file, as_colour(x))
    return np.array(Image.open(file))[0, :, 0]


def logged_by_us(x):
    return np.array(st.to_wandb_image(x[None], **({} if x.dtype == np.uint8 else {"value_range": (0, 1)})).image)[0]


def cell(function, x):
    try:
        return " ".join(map(str, function(x)))
    except (TypeError, ValueError, RuntimeError, AttributeError) as error:
        return type(error).__name__


writers = {
    "TensorBoard": tensorboard, "`save_image`": saved_by_torchvision, "`imsave`": saved_by_matplotlib,
    f"wandb {wandb.__version__}": lambda x: np.array(wandb.Image(as_colour(x)).image)[0, :, 0], "`to_wandb_image`, (0, 1)": logged_by_us,
}
inputs = {
    "float 0, 0.2, 0.5, 1": np.array([0, 0.2, 0.5, 1], np.float32), "float -1, 0, 0.5, 2": np.array([-1, 0, 0.5, 2], np.float32),
    "uint8 0, 1, 100, 255": np.array([0, 1, 100, 255], np.uint8), "int64 0, 1, 100, 255": np.array([0, 1, 100, 255]),
}
rows = [f"| {name} | " + " | ".join(cell(writer, x) for writer in writers.values()) + " |" for name, x in inputs.items()]
Markdown(f"| values | {' | '.join(writers)} |\n|---|{'---|' * len(writers)}\n" + "\n".join(rows))

# %% [markdown]
# Each of them is right by its own convention: a viewer that scrolls past thousands of pictures must not stop at one; `save_image` is made for [0, 1]. wandb's present rule, bytes in and bytes out, is the simplest of all. What hurts is that the rule changed three times under the same line of code. A convention that the library owns can change; a PIL image cannot.
#
# Of the helpers that the reference page lists, some are gone. Looked up in the installed release:

# %% tags=["hide-input"]
helpers = ["all_boxes", "all_captions", "all_masks", "guess_mode", "to_uint8", "MAX_ITEMS", "MAX_DIMENSION"]
wide = wandb.Image(Image.new("L", (70_000, 1)))
rows = [f"| `{name}` | {getattr(wandb.Image, name) if name.isupper() else 'there' if hasattr(wandb.Image, name) else 'gone'} |" for name in helpers]
Markdown(
    "| `wandb.Image.` | |\n|---|---|\n" + "\n".join(rows)
    + f"\n| a PNG {70_000:,} pixels wide | is {wide.image.size[0]:,} wide: `MAX_DIMENSION` stops nobody |"
)

# %% [markdown]
# ## Your turn
#
# Your functions may use `wandb.Image` and `Image.fromarray`. Open the hint when you like.
#
# **1. `to_wandb_mask`** · 10 minutes · easy. The law: every label from 0 to 255, of any integer type, array or tensor, is the same label as uint8; what is no label is refused.

# %%
def to_wandb_mask(mask, *, class_labels=None):
    ...


st.check(to_wandb_mask)

# %% [markdown]
# <details><summary>Hint</summary>
#
# `np.asarray(mask)` takes both kinds. Look at `dtype.kind`: "u" and "i" are integers. Floats, bools and names that are no whole numbers are a `TypeError`; a wrong shape, and labels below 0 or above 255, are a `ValueError` that names them. Return a dict with a copy, and with the names only if there are any, their keys turned into Python's own integers.
#
# </details>
#
# The answer is `to_wandb_mask` in `src/seeing_tensors/wandb_images.py`.
#
# **2. `to_wandb_image`** · 25 minutes · hard. The law: a float becomes the level nearest to $255 (x - l)/(h - l)$, all 256 levels come back through any range and any Normalize, bytes stay as they are, and nothing is guessed.

# %%
def to_wandb_image(x, *, value_range=None, mean=None, std=None, clip=False, caption=None):
    ...


st.check(to_wandb_image)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Make everything an array (H, W, C) first: a tensor is (C, H, W), two axes are one grey channel. bfloat16 goes through `.float()`. Then three branches: bool times 255; uint8 as it is; floats in float64: undo the Normalize, compute the levels, `np.rint`. A level below 0 or above 255 is an error unless `clip`; NaN always is. Give `Image.fromarray` (H, W, 3) or (H, W), never (H, W, 1).
#
# </details>
#
# The answer is `to_wandb_image` in `src/seeing_tensors/wandb_images.py`.
#
# **3. `to_wandb_grid`** · 15 minutes · medium. The law: picture i stands in row i // columns and column i % columns, two white pixels from its neighbours, with the pixels it has alone.

# %%
def to_wandb_grid(images, *, columns=None, value_range=None, mean=None, std=None, clip=False, caption=None):
    ...


st.check(to_wandb_grid)

# %% [markdown]
# <details><summary>Hint</summary>
#
# `st.to_wandb_image` of each picture, its `image` as an array: these are the tiles. Fill a canvas with 255 and copy each tile to its place. A picture instead of a batch has three axes: refuse it. Without columns take the square root of N, rounded up; never more columns than pictures.
#
# </details>
#
# The answer is `to_wandb_grid` in `src/seeing_tensors/wandb_images.py`.
#
# ## What you can do now
#
# 1. predict what `wandb.Image` makes of a tensor, from its values and the version of wandb
# 2. log pictures, masks and boxes so that every version writes the same right pixels
# 3. run offline, without an account, and read back from disk what was logged
#
# For the first, the table: stretched, guessed or cast. For the second, `to_wandb_image`, `to_wandb_mask`, `to_wandb_grid` and `log_images`, with a range that you state. For the third, three environment variables, the run's folder and `wandb leet inspect`.

# %% tags=["hide-cell"]
plt.close("all")
temporary.cleanup()
print("left behind:", Path(temporary.name).exists())
