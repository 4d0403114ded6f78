# %% [markdown]
# # More: file types, accidents, objects and a killed run
#
# 8 minutes · beside [lesson 6](06_logging_to_wandb.ipynb)
#
# What lesson 6 left out: what `wandb.Image` takes when nobody checks it, its objects, and what is left of a run that is
# killed.

# %% tags=["hide-input"]
import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# Before wandb is imported: nothing leaves this machine, and all files go into one temporary folder.
temporary = tempfile.TemporaryDirectory(prefix="more-6-", ignore_cleanup_errors=True)
os.environ.update(WANDB_MODE="offline", WANDB_ERROR_REPORTING="false", WANDB_SILENT="true")
for name in ("DIR", "CACHE_DIR", "CONFIG_DIR", "DATA_DIR"):
    os.environ[f"WANDB_{name}"] = temporary.name
logging.basicConfig(stream=sys.stdout, format="log: %(message)s")

import matplotlib.pyplot as plt
import numpy as np
import torch
import wandb
from IPython.display import Markdown
from PIL import Image

import seeing_tensors as st

plt.style.use(st.STYLE)
photo = st.read_image(st.data_path("photos/things/커피.png"))
labels = st.read_mask(st.data_path("masks/coffee.png"))
x = st.to_tensor(photo)
path = Path(temporary.name, "photo.png")
Image.fromarray(photo).save(path)
fig, ax = plt.subplots(figsize=(4, 2))
st.show(photo, ax)
plt.close(fig)


def records(folder, kind):
    """The records of one kind in a run's file, as in lesson 6."""
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = map(json.loads, done.stdout.splitlines())
    return [record[kind] for record in found if record["type"] == kind]


# %% [markdown]
# ## What else it takes
#
# `mode` (for arrays and tensors; a PIL image keeps its own), a number `grouping`, which is stored beside the picture,
# two file types, a path, a figure, `classes`, and a mask that is 0.5 everywhere.

# %%
run = wandb.init(project="more-6")
small = Image.fromarray(photo[::4, ::4])
half = {"mask_data": np.full(labels.shape, 0.5)}
kinds = [{"id": 2, "name": "cup"}]
run.log({
    "grouped": wandb.Image(labels, mode="RGB", grouping=7),
    "alpha": wandb.Image(photo[::4, ::4], mode="RGBA"),
    "bmp": wandb.Image(small, file_type="bmp"),
    "jpg": wandb.Image(Image.fromarray(labels), file_type="jpg"),
    "path": wandb.Image(str(path)),
    "figure": wandb.Image(fig),
    "kinds": wandb.Image(small, classes=kinds),
    "half": wandb.Image(photo, masks={"half": half}),
})

# %% [markdown]
# ## Four accidents
#
# A tensor without `wandb.Image`, too many pictures, a list whose first picture has no caption, and an image wrapped
# again with a new caption. Guess what becomes of each.

# %%
first, second = photo[::4, ::4], photo[1::4, ::4]
run.log({
    "raw": x,
    "many": [
        wandb.Image(Image.new("L", (4, 4), i)) for i in range(120)
    ],
    "arrays": [
        wandb.Image(first), wandb.Image(second, caption="second"),
    ],
    "again": wandb.Image(
        wandb.Image(small, caption="old"), caption="new"
    ),
})
run.finish()
wandb.teardown()  # waits until all of it is on disk

# %% tags=["hide-input"]
(folder,) = Path(temporary.name, "wandb").glob("offline-run-*")
files = folder / "files"
logged = {}
for row in records(folder, "history"):
    logged.update(row["item"])


def on_disk(name):
    return np.array(Image.open(files / name))


jpeg = on_disk(logged["jpg.path"])
invented = set(np.unique(jpeg).tolist()) - set(np.unique(labels).tolist())
halves = np.unique(on_disk(logged["half.masks.half.path"])).tolist()
one, two = map(on_disk, logged["arrays.filenames"])
alike = np.array_equal(one, first) and np.array_equal(two, second)
grouped, drawn = (Image.open(files / logged[f"{key}.path"]) for key in ("grouped", "figure"))
bmp, copied = (files / logged[f"{key}.path"] for key in ("bmp", "path"))
alpha = on_disk(logged["alpha.path"])[..., 3]
rows = {
    'a grey array, `mode="RGB"`, `grouping=7`': f"{grouped.mode}, {logged['grouped.grouping']}",
    'an RGB array, `mode="RGBA"`': f"a fourth channel of {np.unique(alpha).tolist()}",
    '`file_type="bmp"`': f"{bmp.suffix}, the same pixels: {np.array_equal(on_disk(bmp), small)}",
    '`file_type="jpg"`, a mask': f"{(jpeg != labels).mean():.1%} of the pixels changed",
    "a path": f"the file's bytes: {copied.read_bytes() == path.read_bytes()}",
    "a matplotlib figure": f"{drawn.mode}, {drawn.width} × {drawn.height}",
    "`classes`": f"keys with `classes`: {sum('classes' in key for key in logged)}",
    "a mask of 0.5": f"labels {halves}",
    "a tensor as it is": f"a {logged['raw._type']}",
    "120 pictures": f"{logged['many.count']} of them",
    "two arrays in a list": f"the same pixels: {alike}; captions: {logged.get('arrays.captions')}",
    "an image wrapped again": f"its caption is “{logged['again.caption']}”",
}
Markdown("| logged | on disk |\n|---|---|\n" + "\n".join(f"| {k} | {v} |" for k, v in rows.items()))

# %% tags=["hide-input"]
Markdown(
    f"JPEG is for photos: of the mask it changed **{(jpeg != labels).mean():.1%}** of the pixels, "
    f"and it made up {len(invented)} labels that did not exist. Masks given as `masks=` are always "
    "written as PNG.\n\n"
    f"The list lost {120 - logged['many.count']} pictures: `MAX_ITEMS` is {wandb.Image.MAX_ITEMS}, "
    "and all that happens is the line in the log above. `log_images` raises instead. The second "
    "caption was lost because the first was missing; `log_images` hands over an empty caption for "
    "a missing one.\n\n"
    "`classes` leaves no trace in a run. wandb uses it when an image goes into an artifact, its "
    "name for a versioned collection of files. In a run, `class_labels` gives the labels their "
    "names."
)

# %% [markdown]
# ## Objects, and a run that ends itself
#
# Masks, boxes and classes can be objects of wandb, too, and the run a `with` block. The block ends the run, also when an
# error leaves it; the run's exit code is 1 then. Here are the same photo, mask and box twice, as dicts and as objects.
# Each object is told its key, and for the mask that is another one.

# %%
names = {0: "table", 1: "saucer", 2: "cup", 3: "spoon"}
kinds = [{"id": i, "name": name} for i, name in names.items()]
mask = {"mask_data": labels, "class_labels": names}
place = {"middle": [290, 140], "width": 200, "height": 180}
box = {"position": place, "domain": "pixel", "class_id": 2}
boxes = {"box_data": [box], "class_labels": names}
mask_object = wandb.data_types.ImageMask(mask, key="guess")
box_object = wandb.data_types.BoundingBoxes2D(boxes, key="truth")
ways = {
    "dicts": (mask, boxes, kinds),
    "objects": (mask_object, box_object, wandb.Classes(kinds)),
}
with wandb.init(project="more-6") as run:
    for way, (m, b, c) in ways.items():
        truth = {"masks": {"truth": m}, "boxes": {"truth": b}}
        run.log({way: wandb.Image(photo, classes=c, **truth)})
    folder = Path(run.sync_dir)
wandb.teardown()

# %% tags=["hide-input"]
logged = {}
for row in records(folder, "history"):
    logged.update(row["item"])
*_, config = records(folder, "config")
*_, end = records(folder, "exit")
kept = config["update"]["_wandb"]


def same_file(kind):
    """The files of both ways hold the same bytes."""
    one, two = (folder / "files" / logged[f"{way}.{kind}.truth.path"] for way in ways)
    return one.read_bytes() == two.read_bytes()


def filed_under(kind):
    """The keys under which the run keeps the names of labels: of the dicts, of the objects."""
    return " | ".join(place.split("_")[-1] for place in sorted(kept[f"{kind}/class_labels"]))


Markdown(
    "| filed under | dicts | objects |\n|---|---|---|\n| mask | truth | truth |\n"
    f"| names of its labels | {filed_under('mask')} |\n| box | truth | truth |\n"
    f"| names of its labels | {filed_under('bounding_box')} |\n\n"
    f"The same bytes in both: masks {same_file('masks')}, boxes {same_file('boxes')}. The run's "
    f"exit code: {end['exit_code']}."
)

# %% [markdown]
# The files are the same, whether dicts or objects. But the names of the labels are filed under the key of the object, and
# here that is not where its mask is. A dict has one key. `to_wandb_image` takes dicts.

# %% [markdown]
# ## Maps with 0 in the middle
#
# A feature map of [lesson 5](05_conv_filter_outputs.ipynb) has signs. `to_wandb_maps` writes it in that lesson's colours,
# white at 0, on one scale, which you state so that the steps of a training compare. The caption says it.

# %%
sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 4
filters = torch.stack([sobel, sobel.T])[:, None]
maps = st.conv2d(x.mean(dim=0, keepdim=True), filters)
image = st.to_wandb_maps(maps, limit=0.3, columns=2)
print(*wandb.Image.all_captions([image]))

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(6.2, 2.3))
st.show(np.array(image.image), ax)
st.figure(
    fig,
    alt="Two maps of the coffee cup side by side, mostly white. On the left upright edges in red "
    "and blue, on the right level ones: one side of cup and saucer is red, the other blue.",
    caption="What was logged: Sobel's two filters on the grey photo.",
)

# %% [markdown]
# ## Shapes that are taken for others
#
# A numpy array (3, 8, 4) has its channels last, so four channels are a picture with transparency; whoever meant a
# tensor's order is not told. And a tensor one pixel high is squeezed before its channels are looked for.

# %%
for data in (
    np.zeros((3, 8, 4), np.uint8),
    torch.zeros(3, 1, 8, dtype=torch.uint8),
):
    image = wandb.Image(data).image
    width, height = image.size
    print(tuple(data.shape), f"{image.mode}, {height} × {width}")

# %% [markdown]
# The first is 3 × 8 and RGBA. The second was one row of 8 pixels, and is 8 rows of 3: its channels are pixels now.
# `to_wandb_image` refuses the first and writes the second as one row.

# %%
try:
    st.to_wandb_image(np.zeros((3, 8, 4), np.uint8))
except ValueError as error:
    print(error)
row = torch.zeros(3, 1, 8, dtype=torch.uint8)
print(st.to_wandb_image(row).image.size)

# %% [markdown]
# ## When the run is killed
#
# `lessons/scripts/killed_run.py` logs twenty pictures, one at each step. Then we kill it, by signal 9 on Linux, and
# `run.finish` is never called.

# %% tags=["hide-input"]
script = st.data_path("../lessons/scripts/killed_run.py")
killed = Path(temporary.name, "killed")
killed.mkdir()
environment = {**os.environ, "TMPDIR": str(killed)}  # for what a killed process leaves behind
process = subprocess.Popen(
    [sys.executable, script, killed],
    env=environment,
    text=True,
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
)
for line in process.stdout:
    if line == "step 19\n":
        process.kill()
process.communicate()
(remains,) = killed.glob("wandb/offline-run-*")

# %%
print("pictures:", len(list(remains.rglob("photo_*.png"))))
print("rows of history:", len(records(remains, "history")))

# %% [markdown]
# Every picture is there: `run.log` copies the file before it returns. Of the history the last rows may be missing,
# because this release writes it out every 15 seconds; a run as short as this one can lose all of it. A picture without
# its row has lost its caption; its name still says key and step.
#
# ## Helpers and limits
#
# wandb's reference page also lists helpers and two limits of the class. Looked up in the installed release:

# %% tags=["hide-input"]
helpers = ["all_boxes", "all_captions", "all_masks", "guess_mode", "to_uint8"]
helpers += ["MAX_ITEMS", "MAX_DIMENSION"]
wide = wandb.Image(Image.new("L", (70_000, 1)))
plain, named = wandb.Image(first), wandb.Image(second, caption="second")
orders = [wandb.Image.all_captions(each) for each in ([named, plain], [plain, named])]
shapes = [(8, 8), (8, 8, 3), (8, 8, 4)]
modes = [plain.guess_mode(np.zeros(shape)) for shape in shapes]
gives = {
    "all_boxes": f"where there are none: {wandb.Image.all_boxes([plain], run, '', 0)}",
    "all_captions": f"{orders[0]}; where the first has none: {orders[1]}",
    "all_masks": f"where there are none: {wandb.Image.all_masks([plain], run, '', 0)}",
    "guess_mode": "; ".join(f"{shape}: {mode}" for shape, mode in zip(shapes, modes)),
    "MAX_ITEMS": wandb.Image.MAX_ITEMS,
    "MAX_DIMENSION": wandb.Image.MAX_DIMENSION,
}
rows = []
for name in helpers:
    rows.append(f"| `{name}` | {gives[name] if hasattr(wandb.Image, name) else 'gone'} |")
rows.append(f"| a PNG 70,000 pixels wide | written, {wide.image.size[0]:,} wide: no limit |")
jpeg_of = {}
for pixels in (65_500, 65_501):
    try:
        wandb.Image(Image.new("L", (pixels, 1)), file_type="jpg")
        jpeg_of[pixels] = "written"
    except OSError as error:
        jpeg_of[pixels] = type(error).__name__
outcomes = " and ".join(jpeg_of.values())
rows.append(f"| a JPEG of 65,500 and of 65,501 | {outcomes}: it is JPEG's limit |")
Markdown("| `wandb.Image.` | |\n|---|---|\n" + "\n".join(rows))

# %% tags=["remove-cell"]
plt.close("all")
temporary.cleanup()
