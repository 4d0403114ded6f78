# %% [markdown]
# # The version of wandb decides what your picture shows
#
# 20 minutes · and 55 for the exercises · after lesson 3 · uses `to_wandb_image`, `to_wandb_mask`, `to_wandb_grid`, `log_images`

# %% tags=["hide-input"]
import io
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# Before wandb is imported: nothing leaves this machine, and all files go into one temporary folder.
temporary = tempfile.TemporaryDirectory(prefix="lesson-6-", ignore_cleanup_errors=True)
os.environ.update(WANDB_MODE="offline", WANDB_ERROR_REPORTING="false", WANDB_SILENT="true")
for name in ("DIR", "CACHE_DIR", "CONFIG_DIR", "DATA_DIR"):
    os.environ[f"WANDB_{name}"] = temporary.name

import matplotlib.pyplot as plt
import numpy as np
import torch
import wandb
from IPython.display import Markdown
from PIL import Image
from torchvision.utils import save_image

import seeing_tensors as st

plt.style.use(st.STYLE)
mean, std = st.IMAGENET_MEAN, st.IMAGENET_STD
photo = st.read_image(st.data_path("photos/things/커피.png"))
y = st.normalize(st.to_tensor(photo), mean, std)

values = y.permute(1, 2, 0).numpy()
low, high = values.min(), values.max()
opening = {
    "wandb up to 0.19.11": ((values - low) / (high - low) * 255).astype(np.uint8),
    "wandb 0.20.1 to 0.28.2": values.clip(0, 255).astype(np.uint8),
    f"wandb {wandb.__version__}, here": np.array(wandb.Image(y).image),
}
stretched, guessed, cast = opening.values()
off = np.abs(stretched.astype(int) - photo).mean()

fig, axes = plt.subplots(1, 3, figsize=(6.2, 1.9))
for ax, (version, pixels) in zip(axes, opening.items()):
    st.show(pixels, ax, title=version.replace(" ", "\n", 1))
st.figure(
    fig,
    alt=f"The same normalised photo of a coffee cup as three versions of wandb write it. First: a "
    "photo "
    f"that looks right, its levels stretched over {stretched.min()} to {stretched.max()}, "
    f"{off:.0f} levels off "
    f"on average. Second: a black picture with no level above {guessed.max()}. Third: flat black, "
    "blue, "
    f"cyan and white without any shading; {(cast > 250).any(axis=2).mean():.0%} of the pixels have "
    "a level "
    f"above 250.",
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
# A PNG holds whole levels from 0 to 255. You hand `wandb.Image` a photo as a float tensor with values in [0, 1]. The installed
# version documents only that values are expected to be in [0, 255].

# %% tags=["remove-input"]
shows = st.predict(
    "What does the PNG show?",
    [
        "the photo: 1 is written as 255",
        "a black picture",
        "nothing: an exception asks for bytes",
    ],
    guess=...,
)

# %% [markdown]
# ## Look
#
# The photo goes in as floats. The property `image` opens the file that wandb wrote. This needs neither account nor network.

# %%
x = st.to_tensor(photo)
print(st.describe(x))
written = np.array(wandb.Image(x).image)
print(st.describe(written), "levels:", np.unique(written))
print(np.array([-1, 0, 0.5, 1]).astype(np.uint8))

# %% tags=["remove-input"]
shows.reveal("a black picture" if written.max() <= 1 else "the photo: 1 is written as 255")

# %% [markdown]
# The line is `data.astype(np.uint8)`, a cast. It cuts off the decimals: all below 1 becomes 0, and 1 becomes level 1 of 255. -1 wraps to 255 on an x86-64 processor; others may differ. Nothing was raised, nothing was printed.
#
# wandb does this from release 0.29.0 on. Before, there were four other rules, up to 0.19.11 one for tensors and one for arrays. The first function below is the only one that the documentation spelled out; the three older ones are folded. `tests/wandb_versions/run.py` installs old releases, from 0.15.0 on, and holds each function to what they write.

# %%
def from_0_20_1_to_0_28(x):
    if 0 <= x.min() and x.max() <= 1:
        return (x * 255).astype(np.uint8)
    if -1 <= x.min() and x.max() <= 1:
        return (255 * 0.5 * (x + 1)).astype(np.uint8)
    return x.clip(0, 255).astype(np.uint8)


def from_0_29(x):
    return x.astype(np.uint8)


# %% tags=["hide-input"]
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


# %% [markdown]
# Eight small pictures, given by their values, and the same line of code, release after release.

# %% tags=["remove-input"]
agree = st.predict("For how many of the eight do all five rules write the same?", guess=...)

# %% tags=["hide-input", "remove-input"]
rules = {
    "up to 0.19.11, tensor": up_to_0_19_tensor,
    "up to 0.19.11, array": up_to_0_19_array,
    "0.20.0": only_0_20_0,
    "0.20.1 to 0.28.2": from_0_20_1_to_0_28,
    "0.29.0 on": from_0_29,
}
inputs = [
    [0, 0.25, 0.5, 1], [0, 0.25, 0.5, 1.0001], [-1e-6, 0.25, 0.5, 1], [0.2, 0.4, 0.6, 0.8],
    [-1, -0.5, 0, 0.5, 1], [-2, -1, 0, 1, 2], [1, 1, 1], [10, 50, 200],
]
rows = []
for row in inputs:
    written = [" ".join(map(str, rule(np.array(row)))) for rule in rules.values()]
    rows.append(f"| {' '.join(f'{v:g}' for v in row)} | {' | '.join(written)} |")
Markdown(f"| values | {' | '.join(rules)} |\n|---|{'---|' * len(rules)}\n" + "\n".join(rows))

# %% tags=["remove-input"]
outputs = [{tuple(rule(np.array(row))) for rule in rules.values()} for row in inputs]
agree.reveal(sum(len(each) == 1 for each in outputs))

# %% [markdown]
# Each row is one picture. Find three things in the table. No row is the same in all columns. In row 2 one value lies a ten-thousandth above 1, in row 3 a millionth below 0, and in some column the *other* pixels change, too (compare with row 1): those rules look at all values to guess the range. Only the last column treats each pixel by itself, but it takes every number for a byte.
#
# Now choose the range yourself, and look at all versions at once. “Ours” is the tool of this lesson, which is told the range.

# %% tags=["hide-input"]
cup = x[:, 40:360, 60:540]  # without its border, which keeps the page light
ranges = [(-1, 1), (0.2, 0.8), (-2, 2)]
old = {
    "to 0.19.11": up_to_0_19_tensor,
    "0.20.0": only_0_20_0,
    "0.20.1–0.28": from_0_20_1_to_0_28,
    "since 0.29.0": from_0_29,
}
fig, axes = plt.subplots(3, 5, figsize=(6.2, 2.9))
*_, two, three = old
black = {name: [] for name in old}
for i, (row, (l, h)) in enumerate(zip(axes, ranges)):
    moved = (l + cup[:, ::4, ::4] * (h - l)).permute(1, 2, 0).numpy()
    pixels = {name: rule(moved) for name, rule in old.items()}
    for name in old:
        black[name].append(f"{(pixels[name] < 3).all(axis=2).mean():.0%}")
    pixels["ours"] = np.array(st.to_wandb_image(moved, value_range=(l, h)).image)
    for ax, (name, levels) in zip(row, pixels.items()):
        st.show(levels, ax, title=name.replace(" ", "\n").replace("–", "–\n") if i == 0 else None)
    row[0].text(-0.08, 0.5, f"{l:g} … {h:g}", ha="right", va="center", transform=row[0].transAxes)
st.live_logger(
    fig,
    cup,
    alt=f"The coffee cup in five columns, {', '.join([*old, 'ours'])}, and in three rows, for "
    f"values from {', '.join(f'{l:g} to {h:g}' for l, h in ranges)}. "
    f"The last column is the same photo in all rows, and so is the first, as this photo has values "
    f"from black to white. Nearly black are, row by row, {', '.join(black[two])} of the pixels in "
    f"the column {two}, and "
    f"{', '.join(black[three])} in the column {three}.",
    caption="One photo as a tensor of one range or another. Then take a photo of less light: who "
    "still writes what you hand over?",
)

# %% [markdown]
# The normalised photo of the opening figure is like the row -2 … 2. Two of its pictures were computed by the rules; the third is wandb's own file. Does it keep its rule?

# %%
same = np.array_equal(cast, from_0_29(values))
print("wandb's file is the cast:", same)

# %% [markdown]
# ### The documentation's examples, tried
#
# wandb's reference page for that documented rule shows four pictures: floats in [0, 1], floats in [-1, 1], a PIL image, and `normalize=False`. It also recommends bytes, and lists paths and files in memory. All are tried below; `off` is the mean distance to the photo, in levels of 255.

# %%
def tried(label, data, **options):
    try:
        pixels = np.array(wandb.Image(data, **options).image)
    except (TypeError, AttributeError) as error:
        return f"| {label} | `{type(error).__name__}: {error}` | |"
    off = np.abs(pixels.astype(int) - photo).mean()
    return f"| {label} | {pixels.min()} … {pixels.max()} | {off:.1f} |"


# %% tags=["hide-input", "remove-input"]
path = Path(temporary.name, "photo.png")
Image.fromarray(photo).save(path)
integers = photo.astype(int)
rows = [
    tried("tensor in [0, 1]", x),
    tried("tensor in [-1, 1]", 2 * x - 1),
    tried("PIL image", Image.fromarray(photo)),
    tried("tensor, `normalize=False`", x, normalize=False),
    tried("uint8 tensor", torch.from_numpy(photo).permute(2, 0, 1)),
    tried("uint8 array", photo),
    tried("int64 array", integers),
    tried("int64 array, 100 too bright", integers + 100),
    tried("path of a PNG", path),
    tried("the same PNG in memory, `io.BytesIO`", io.BytesIO(path.read_bytes())),
]
Markdown("| handed over | levels in the file | off |\n|---|---|---|\n" + "\n".join(rows))

# %% [markdown]
# Bytes, PIL images and files are right, in this release. Floats are not, so the tensor and the PIL image of one photo give two pictures. A file in memory is not taken; open it with Pillow. An int64 array is right until it leaves [0, 255]; then it wraps. `normalize=False` exists no more, and where it existed, in 0.20.0 to 0.28.2, it was this same cast.
#
# Even the documented rule was not exact. It cut decimals off where it should have rounded. Here are all 256 levels, moved to [-1, 1] and written by that rule.

# %% tags=["remove-input"]
exact = st.predict("How many of the 256 levels does the documented rule write right?", guess=...)

# %%
levels = np.arange(256)
there = ((levels / 255 - 0.5) / 0.5).astype(np.float32)
back = from_0_20_1_to_0_28(there)
print("too low by 1:", (back == levels - 1).sum())
print("right:", (back == levels).sum())

# %% tags=["remove-input"]
exact.reveal((back == levels).sum(), within=20)

# %% [markdown]
# ## Why
#
# One map leads from a tensor to the levels of a file. The value $l$ that is to be black goes to 0, the value $h$ that is to be white goes to 255, and what lies between goes to the nearest level:
#
# $$k = \text{round}\left(255 \, \frac{x - l}{h - l}\right)$$
#
# $x$ is a value, $k$ its level. Rounding costs at most half a level, so an $x$ between $l$ and $h$ is read back within $\frac{h - l}{510}$. There are three places to get $l$ and $h$ from:
#
# - **From the values**, as minimum and maximum. Then two pixels decide how all others look, pictures from two epochs cannot be compared, and a picture of one value has no range.
# - **From a list of guesses**: "between 0 and 1? then times 255". Then the map jumps when one value crosses a limit.
# - **From you.** You know whether the tensor comes out of `to_tensor`, a `tanh` (which gives values from -1 to 1) or a Normalize.
#
# ## The tool
#
# `to_wandb_image` asks you. For floats `value_range`, the pair $(l, h)$, is required; without it there is an error and no guess. Our tensor went through a Normalize, so its values lie outside [0, 1]. Stating (0, 1) is then an error, too, and not a black picture:

# %%
for value_range in (None, (0, 1)):
    try:
        st.to_wandb_image(y, value_range=value_range)
    except (TypeError, ValueError) as error:
        print(f"{type(error).__name__}: {error}\n")

# %% [markdown]
# Say what Normalize was given, and it is undone first (lesson 3). The range is then that of the photo again.

# %%
undo = {"value_range": (0, 1), "mean": mean, "std": std}
image = st.to_wandb_image(y, **undo)
same = np.array_equal(np.array(image.image), photo)
print("every byte of the file is back:", same)

# %% [markdown]
# The levels are computed here, and wandb is handed a PIL image in mode RGB or L. From wandb 0.15 to today that is written as it is. bool becomes 0 and 255. uint8 stays as it is, also when it holds only 0 and 1, which older releases took for a picture in [0, 1].
#
# `to_wandb_grid` puts several pictures into one. Here the photo gets darker from tile to tile. Look at the last tile of each row: above, one range for all; below, each tile stretched over its own values, as wandb did to a tensor up to 0.19.11. This is the pitfall *unexpected brightness*: a log that shows a dark picture bright.

# %%
small = x[:, ::3, ::3]
batch = torch.stack([small * f for f in (1, 0.5, 0.25, 0.125)])
alone = torch.stack([st.min_max_scale(tile) for tile in batch])
row = {"columns": 4, "value_range": (0, 1)}
rows = {
    "one range for all: (0, 1)": st.to_wandb_grid(batch, **row),
    "each from its own values": st.to_wandb_grid(alone, **row),
}

# %% tags=["hide-input"]
fig, axes = plt.subplots(2, 1, figsize=(6.2, 3.1))
means = []
for ax, (title, grid) in zip(axes, rows.items()):
    pixels = np.array(grid.image)
    st.show(pixels, ax, title=title)
    tiles = [pixels[:, 202 * i : 202 * i + 200] for i in range(4)]
    means.append(", ".join(f"{tile.mean():.0f}" for tile in tiles))
st.figure(
    fig,
    alt=f"The coffee cup four times in each of two rows. Above, each cup is darker than the one "
    "before, the last "
    f"nearly black: the mean levels are {means[0]} of 255. Below, all four look alike: {means[1]}.",
    caption="Above, the photo gets darker, and you see it. Below, from the same four tensors, the "
    "difference is gone.",
)

# %% [markdown]
# ### A run without an account
#
# A *run* is one execution of your program, as wandb records it. `run.log({key: value})` adds one row, a *step*, to the run's *history*; on wandb's web page each key gets a panel, a box with its pictures. In *offline mode* a run needs no account: it writes to a folder and talks to nobody.
#
# Three environment variables, set *before* wandb is imported, see to that. `WANDB_MODE=offline` and `WANDB_ERROR_REPORTING=false` keep it off the network (with neither of them, even `wandb.init(mode="offline")` tries to reach a server), and `WANDB_SILENT=true` keeps it quiet. The first cell of this lesson set them.
#
# `log_images` logs a batch under one key. Here only the second picture has a caption.

# %%
run = wandb.init(project="lesson-6")
pair = torch.stack([y, y.flip(-1)])
st.log_images(run, "batch", pair, captions=[None, "mirrored"], **undo)

# %% [markdown]
# In a training, no picture should stop it for a value that runs away. `clip="count"` draws such values black or white, says in
# the caption how much of each was cut, and logs the fraction beside the picture, under `key/unseen`. Give the loss the same
# `step`, and one row of the history holds all of it.

# %%
wild = torch.stack([x * 1.5 - 0.25])
st.log_images(
    run, "wild", wild, value_range=(0, 1), clip="count", step=7
)
run.log({"loss": 0.3}, step=7)

# %% [markdown]
# Next, a picture with a mask and a box around the cup. The box is in pixels and says so with `domain`; without it, wandb reads fractions of the width and height.

# %%
names = {0: "table", 1: "saucer", 2: "cup", 3: "spoon"}
labels = st.read_mask(st.data_path("masks/coffee.png"))
rows, columns = np.nonzero(labels == 2)
position = {"minX": columns.min(), "maxX": columns.max() + 1}
position |= {"minY": rows.min(), "maxY": rows.max() + 1}
box = {"position": position, "domain": "pixel"}
box |= {"class_id": 2, "box_caption": "the cup"}

# %%
overlay = st.to_wandb_image(
    photo,
    caption="what is what",
    masks={"truth": st.to_wandb_mask(labels, class_labels=names)},
    boxes={"truth": {"box_data": [box], "class_labels": names}},
)
run.log({"overlay": overlay})

# %% [markdown]
# Mask and box are stored as files beside the picture, and the web page draws them on top. wandb believes what it is told: a mask of another size, a label of 0.5, a box in pixels without its `domain`, a box whose left side is right of its right side are all taken. `to_wandb_image` refuses all four. The first two:

# %%
for wrong in (labels[:100], labels / 3):
    try:
        st.to_wandb_image(photo, masks={"truth": {"mask_data": wrong}})
    except (TypeError, ValueError) as error:
        print(error)

run.finish()
wandb.teardown()  # waits until all of it is on disk

# %% [markdown]
# ### Read it back
#
# The run's folder holds the pictures as ordinary files, and one `.wandb` file with everything else. `wandb leet inspect --json` (wandb 0.28.0 and later) prints that file, one JSON record on each line. The records of the type `history` are what `run.log` was given. Here are the keys of the overlay:

# %%
def records(folder, kind):
    command = [sys.executable, "-m", "wandb", "leet", "inspect"]
    command += ["--json", folder]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True
    )
    found = map(json.loads, done.stdout.splitlines())
    return [record[kind] for record in found if record["type"] == kind]


(folder,) = Path(temporary.name, "wandb").glob("offline-run-*")
logged = {}
for row in records(folder, "history"):
    logged.update(row["item"])
print(*[key for key in logged if key.startswith("overlay")], sep="\n")

# %% [markdown]
# The paths lead to the files. Is it what was meant?

# %%
files = folder / "files"


def on_disk(name):
    return np.array(Image.open(files / name))


one, two = map(on_disk, logged["batch.filenames"])
print("first:", np.array_equal(one, photo))
print("second:", np.array_equal(two, photo[:, ::-1]))
print("captions:", logged["batch.captions"], logged["overlay.caption"])
truth = on_disk(logged["overlay.masks.truth.path"])
boxes = files / logged["overlay.boxes.truth.path"]
boxes = json.loads(boxes.read_text())
stored = boxes["box_data"][0]["position"]
print("mask:", np.array_equal(truth, labels), "box:", stored)

# %% [markdown]
# All is there. We draw it in place of the web page. Does the frame enclose the cup, and does the mask follow its outline?

# %% tags=["hide-input"]
width, height = stored["maxX"] - stored["minX"], stored["maxY"] - stored["minY"]
fractions = ", ".join(f"{n} {(truth == i).mean():.0%}" for i, n in names.items())
fig, axes = plt.subplots(1, 2, figsize=(6.2, 2.5))
st.show(on_disk(logged["overlay.path"]), axes[0], title="picture and box, from disk")
look = {"fill": False, "edgecolor": st.COLORS["mark"], "linewidth": 3}
frame = plt.Rectangle((stored["minX"], stored["minY"]), width, height, **look)
axes[0].add_patch(frame)
st.show(truth.astype(int), axes[1], title="mask, from disk")
box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
style = {"ha": "center", "va": "center", "bbox": box}
for label, (row, column) in enumerate([(50, 70), (350, 290), (140, 290), (290, 365)]):
    axes[1].text(column, row, f"{label} {names[label]}", **style)
st.figure(
    fig,
    alt=f"Left, the photo with a yellow frame around the coffee cup, {width:.0f} pixels wide and "
    f"{height:.0f} high. "
    f"Right, the mask with its labels 0 to {truth.max()} written on it, in parts of the picture: "
    f"{fractions}.",
    caption="What the run's folder holds: picture, box and mask, put together by us.",
)

# %% [markdown]
# [More](more_06_runs.ipynb) logs with `wandb.Image` itself: other file types, four accidents that nobody is told of, and
# a run that is killed in the middle.
#
# ### With an account, later
#
# `wandb sync FOLDER` uploads an offline run, folder by folder, whenever you like. It needs the API key of your account, which `wandb login`, in a terminal, stores on your machine. An API key never belongs in a cell: notebooks are shared, and so is their history in git. And before you share a run, look at what it says about your machine:

# %%
found = records(folder, "environment")
told = {key for record in found for key in record}
print(*sorted(told))

# %% [markdown]
# ## Proof
#
# These laws read the levels back from the file that wandb wrote.

# %%
st.prove("to_wandb_image")

# %%
st.prove("to_wandb_mask")
st.prove("to_wandb_grid")
st.prove("log_images")

# %% [markdown]
# ## Elsewhere
#
# TensorBoard's `add_image` looks at the type: uint8 is taken as it is, *anything else* is multiplied by 255, clipped, and cut off. You can rely on that, but int64 is "anything else". `torch.utils.tensorboard` needs the package `tensorboard`, so here is its rule as a function. Beside it, `save_image` of torchvision, `imsave` of matplotlib, wandb, and ours. A writer that refuses shows the name of its error.

# %%
def tensorboard(x):
    scale = 1 if x.dtype == np.uint8 else 255
    return (x.astype(np.float32) * scale).clip(0, 255).astype(np.uint8)


# %% tags=["hide-input", "remove-input"]
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


def written_by_wandb(x):
    return np.array(wandb.Image(as_colour(x)).image)[0, :, 0]


def logged_by_us(x):
    options = {} if x.dtype == np.uint8 else {"value_range": (0, 1)}
    return np.array(st.to_wandb_image(x[None], **options).image)[0]


def cell(function, x):
    try:
        return " ".join(map(str, function(x)))
    except (TypeError, ValueError, RuntimeError, AttributeError) as error:
        return type(error).__name__


writers = {
    "TensorBoard": tensorboard,
    "`save_image`": saved_by_torchvision,
    "`imsave`": saved_by_matplotlib,
    f"wandb {wandb.__version__}": written_by_wandb,
    "`to_wandb_image`, (0, 1)": logged_by_us,
}
inputs = {
    "float 0, 0.2, 0.5, 1": np.array([0, 0.2, 0.5, 1], np.float32),
    "float -1, 0, 0.5, 2": np.array([-1, 0, 0.5, 2], np.float32),
    "uint8 0, 1, 100, 255": np.array([0, 1, 100, 255], np.uint8),
    "int64 0, 1, 100, 255": np.array([0, 1, 100, 255]),
}
rows = []
for name, row in inputs.items():
    cells = [cell(writer, row) for writer in writers.values()]
    rows.append(f"| {name} | {' | '.join(cells)} |")
Markdown(f"| values | {' | '.join(writers)} |\n|---|{'---|' * len(writers)}\n" + "\n".join(rows))

# %% [markdown]
# Each is right by its own convention. TensorBoard clips. `save_image` is made for [0, 1]. wandb's present rule, bytes in and bytes out, is the simplest. The trouble is that the rule changed three times under the same line of code. What became of a PIL image of bytes never changed.

# %% [markdown]
# ## Your turn
#
# An exercise is *solved* when its laws of mathematics hold; *unbreakable* is a second star. You may use `wandb.Image` and `Image.fromarray`. “Say” means that the error's message contains it, a shape as `tuple(x.shape)`.
#
# ### 1. `to_wandb_mask` · 10 minutes · easy
#
# The law: every label from 0 to 255, in a mask (H, W) of any integer type, array or tensor, is the same label as
# uint8. Return `{"mask_data": …}`, with `"class_labels"` if names are given.
#
# Good for: an overlay in the browser that shows the labels which you trained on.
#
# *Unbreakable* asks for more: new memory. A `TypeError`: floats and bools (say the type), and names that are no dict
# of integers to texts. A `ValueError`: a mask not (H, W) or without pixels (say the shape), a label outside [0, 255]
# (say it).

# %%
def to_wandb_mask(mask, *, class_labels=None):
    """Labels (H, W), names {number: text} -> a dict for wandb.Image."""
    ...


st.check(to_wandb_mask)

# %% [markdown]
# <details><summary>Hint</summary>
#
# `np.asarray(mask)` takes both kinds. Look at `dtype.kind`: "u" and "i" are integers. Check the shape before you ask for the minimum: an empty array has none. Keys of the names may be numpy's integers; `int(label)` makes them Python's own. `True` is an `int` in Python: refuse bools first.
#
# </details>

# %%
st.answer("to_wandb_mask")

# %% [markdown]
# ### 2. `to_wandb_image` · 30 minutes · hard
#
# The laws: within `value_range`, its low end is black, its high end white, and a float between them becomes the
# nearest of the 256 levels; all levels come back through any range and any Normalize, whose `mean` and `std` are
# undone. Bytes stay as they are. With `clip` what lies outside is black or white.
#
# Good for: logs whose pixels are right whatever version of wandb writes them.
#
# *Unbreakable* asks for more: bool is 0 and 255, every float type is right, and nothing is guessed.
#
# - A `TypeError`: floats without `value_range` (say `value_range`); uint8 or bool with a range, mean or std; text for
#   one of these, be it of digits; other numbers, and what is neither tensor nor array (say the type).
# - A `ValueError`: any shape but tensor (3 or 1, H, W), array (H, W, 3 or 1) and (H, W) (say it); a range that is not
#   two finite numbers, low first; a mean and std that are not both there, finite, std positive, one for each channel;
#   NaN, always, and without `clip` levels outside 0 to 255 (say how many; and NaN by its name).

# %%
def to_wandb_image(x, *, value_range=None, mean=None, std=None,
                   clip=False, caption=None):
    """Tensor (3 or 1, H, W), array (H, W, 3) or (H, W) -> its image."""
    ...


st.check(to_wandb_image)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Make everything an array (H, W, C) first: a tensor is (C, H, W), two axes are one grey channel. A tensor may need `.detach()`, bfloat16 `.float()`. Then three branches: bool times 255; uint8 as it is; floats in float64: undo the Normalize, compute the levels, `np.rint`, and only then ask what lies outside. Count NaN before: it is neither below 0 nor above 255. Is `h - l` finite, too? Give `Image.fromarray` (H, W, 3) or (H, W), never (H, W, 1).
#
# </details>

# %%
st.answer("to_wandb_image")

# %% [markdown]
# ### 3. `to_wandb_grid` · 15 minutes · medium
#
# The laws: picture i stands in row i // columns and column i % columns, two white pixels from its neighbours, with
# the pixels it has alone; places without a picture are white. Without `columns` there are as many as the square root
# of N, rounded up.
#
# Good for: one step of a run that shows a whole batch.
#
# *Unbreakable* asks for more: lists, arrays and bytes. A `ValueError`: no picture; one picture instead of a batch
# (say its shape); two sizes (say both (H, W)); grey beside colour; columns below 1 (say the number).

# %%
def to_wandb_grid(images, *, columns=None, value_range=None,
                  mean=None, std=None, clip=False, caption=None):
    """N pictures of one size -> one wandb.Image of all of them."""
    ...


st.check(to_wandb_grid)

# %% [markdown]
# <details><summary>Hint</summary>
#
# `st.to_wandb_image` of each picture, its `image` as an array: these are the tiles. A picture instead of a batch has three axes: look at `ndim` first. Fill a canvas with 255 and copy each tile to its place. `columns or …` would take 0 for "not given": ask `is None`. Never take more columns than pictures.
#
# </details>

# %%
st.answer("to_wandb_grid")

# %% [markdown]
# ## What you can do now
#
# 1. predict what `wandb.Image` makes of a tensor, from its values and the version of wandb
# 2. log pictures, masks and boxes so that every version writes the same right pixels
# 3. run offline, without an account, and read back from disk what was logged

# %% tags=["remove-input"]
st.guesses(6)

# %% [markdown]
# First: the table, stretched, guessed or cast. Second: four functions, with a range that you state. Third: three environment variables, the run's folder and `wandb leet inspect`.

# %% tags=["remove-cell"]
plt.close("all")
temporary.cleanup()
print("left behind:", Path(temporary.name).exists())
