# %% [markdown]
# # One mask file, five masks, not one error
#
# 19 minutes · and 25 for the exercises · the first lesson · uses `read_image`, `read_mask`, `resize_mask`, `to_tensor`, `mask_to_tensor`

# %% tags=["hide-input"]
import atexit
import io
import os
import tempfile
import textwrap
from pathlib import Path

os.environ["OPENCV_LOG_LEVEL"] = "SILENT"  # its log is not for this page

import cv2
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown
from PIL import Image
from torch.nn.functional import cross_entropy
from torchvision.datasets.folder import default_loader

import seeing_tensors as st

plt.style.use(st.STYLE)
photo_path = st.data_path("photos/things/커피.png")
photo_of_man = st.data_path("photos/people/cameraman.jpg")
mask_path = st.data_path("masks/coffee.png")
workspace = tempfile.TemporaryDirectory()  # the only place where this lesson writes
atexit.register(workspace.cleanup)
folder = Path(workspace.name)


def as_jpeg(array, **options):
    """Save an array as a JPEG with Pillow, and read it again."""
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "JPEG", **options)
    return np.array(Image.open(buffer))


def values(array):
    form = ".2g" if array.dtype.kind == "f" else "d"
    return ", ".join(f"{value:{form}}" for value in np.unique(array))


small = st.resize_mask(st.read_mask(mask_path), 128, 192)
in_jpeg = as_jpeg(small)
pictures = {
    "A": cv2.imread(mask_path, cv2.IMREAD_GRAYSCALE),
    "B": (st.read_mask(mask_path) / 255).astype(np.int64),
    "C": st.read_mask(mask_path).astype(np.int64),
    "D": cv2.imread(mask_path, cv2.IMREAD_UNCHANGED),
    "E": in_jpeg.astype(np.int64),
}
fig, axes = plt.subplots(2, 3, figsize=(6.2, 3.5))
st.show(st.read_image(photo_path), axes[0, 0], title="the photo")
for (letter, picture), ax in zip(pictures.items(), axes.flat[1:], strict=True):
    what = "3 numbers a pixel" if picture.ndim == 3 else values(picture)
    st.show(picture, ax, title=f"{letter}: {what}")
st.figure(
    fig,
    alt="A red cup of coffee on a red saucer with a spoon, and five pictures made from its mask. "
    f"A: cup, saucer and spoon in three dark greys, values {values(pictures['A'])}. "
    f"B: one flat dark area, value {values(pictures['B'])} everywhere. "
    f"C: table, saucer, cup and spoon as four flat areas, values {values(pictures['C'])}. "
    "D: the same areas in black, dark blue, dark green and teal. "
    f"E: the areas with ragged, blocky edges and specks of other classes, values "
    f"{values(pictures['E'])}; "
    f"{(in_jpeg != small).mean():.1%} of its pixels have another label than they should.",
    caption="One photo, and five masks made from one file, the values of each above it. No step "
    "raised an error. "
    "Which one did you train on?",
)

# %% [markdown]
# **After this lesson you can**
#
# 1. tell from its numbers what a reader has made of a mask
# 2. get exactly the stored labels out of a mask file, and keep them through a resize
# 3. state the contract between files and a network, and say what it cannot notice
#
# ## Predict
#
# In the mask of this photo 0 is the table, 1 the saucer, 2 the cup and 3 the spoon. The file is a PNG with a palette:
# it stores one number per pixel and, once, a colour for each number. Five pieces of code made the five pictures:
#
# 1. `cv2.imread(path, cv2.IMREAD_UNCHANGED)`
# 2. `np.array(Image.open(path))`, with Pillow
# 3. `cv2.imread(path, cv2.IMREAD_GRAYSCALE)`
# 4. the labels divided by 255, then made whole numbers again
# 5. the labels at 192 × 128 pixels, saved as `.jpg` and read again
#
# Which code made which picture? One of them is right. Commit yourself before you look: the answers come where they are
# measured, and beside them what you said.

# %% tags=["remove-input"]
unchanged = st.predict(
    "Which picture did code 1 make, cv2.imread(path, cv2.IMREAD_UNCHANGED)?",
    ["A, dark greys", "B, one area", "C, four areas", "D, blue and green", "E, ragged edges"],
    guess=...,
)
passing = st.predict(
    "A loss compares what a network says with the mask. With 150 classes, how many of the four "
    "wrong masks does it accept?",
    ["none", "one", "two", "three", "all four"],
    guess=...,
)

# %% [markdown]
# ## Look
#
# ### One file, three readers
#
# Begin with what the file holds. `P` is Pillow's word for a palette.

# %%
file = Image.open(mask_path)
palette = np.reshape(file.getpalette(), (-1, 3))[:4]
print(f"mode {file.mode}, size {file.size}")
print(palette)

# %% [markdown]
# Pillow hands over the stored numbers. `st.describe` prints one line: type, named axes, memory layout (ignore it for
# now), then minimum … maximum, mean and standard deviation.

# %%
labels = np.array(file)
print(st.describe(labels))
print(np.unique(labels))

# %% [markdown]
# OpenCV looks the colour of each number up and gives you the grey of that colour,
#
# $$Y = \frac{299 R + 587 G + 114 B}{1000}$$
#
# without the fraction. (For a few colours in a thousand it is the level next to that.)

# %%
grey = cv2.imread(mask_path, cv2.IMREAD_GRAYSCALE)
print(st.describe(grey))
print(f"in the picture:   {np.unique(grey)}")
print(f"from the palette: {palette @ [299, 587, 114] / 1000}")

# %% [markdown]
# `UNCHANGED` sounds like the cure. It looks up the palette all the same: three numbers a pixel, in the order blue,
# green, red.

# %%
colours = cv2.imread(mask_path, cv2.IMREAD_UNCHANGED)
print(st.describe(colours))
print(np.unique(colours.reshape(-1, 3), axis=0))

# %% tags=["remove-input"]
(made_by,) = [name for name, made in pictures.items() if np.array_equal(made, colours)]
unchanged.reveal(made_by.lower())

# %% [markdown]
# ### Divide by 255
#
# Many loaders divide the photo and the mask by 255 alike. Look at what that does to a mask of 0 and 255, and then to
# ours.

# %%
cat = np.array(Image.open(st.data_path("masks/cat.png")))
halves = (cat / 255).astype(np.int64)
zeros = (labels / 255).astype(np.int64)
print(f"{np.unique(cat)} becomes {np.unique(halves)}")
print(f"{np.unique(labels)} becomes {np.unique(zeros)}")

# %% [markdown]
# The cat survives: 0 and 255 become classes 0 and 1, and so the habit spreads. Of labels that count classes, all
# below 255 become 0, and a network that trains on them learns to answer "table" everywhere.
#
# ### What the loss refuses
#
# The loss `cross_entropy` compares scores, one for each class and pixel, with the mask. Our scores are all 0: we only
# ask whether it takes the mask, with four classes and with 150, as many as the data set ADE20K has. Every fourth pixel
# is enough.

# %% tags=["hide-input", "remove-input"]
def verdict(mask, classes):
    target = torch.from_numpy(mask[::4, ::4].astype(np.int64))[None]
    try:
        cross_entropy(torch.zeros(1, classes, *mask[::4, ::4].shape[:2]), target)
    except (IndexError, RuntimeError) as error:
        return f"refused: {error}"
    return "accepted"


readings = {
    "C, code 2: the labels": labels,
    "A, code 3: greys of the palette": grey,
    "B, code 4: divided by 255": zeros,
    "D, code 1: colours": colours,
    "E, code 5: from a JPEG": in_jpeg,
}
table = [(name, verdict(mask, 4), verdict(mask, 150)) for name, mask in readings.items()]
accepted = sum(row[2] == "accepted" for row in table[1:])
rows = [[textwrap.shorten(text, 55, placeholder=" …") for text in row] for row in table]
rows = [f"| {' | '.join(row)} |" for row in rows]
Markdown("\n".join(["| reading | 4 classes | 150 classes |", "|---|---|---|", *rows]))

# %% tags=["remove-input"]
passing.reveal(["none", "one", "two", "three", "all four"][accepted])

# %% [markdown]
# The letters are in the table. A loss tests whether a number is a class, not whether it is the right one. The reading
# that turns every pixel into background always passes.
#
# ### 255 that means "do not ask"
#
# The cat's mask stores 255 for the cat. Pascal VOC's masks, whose palette ours has, store 255 on the outlines: a pixel
# that nobody could label, *void*. The same number is a class in one file and no class in the other, and only the data
# set's description says which.

# %%
scores = torch.zeros(1, 2, *cat[::4, ::4].shape)
target = torch.from_numpy(cat[::4, ::4].astype(np.int64))[None]
try:
    cross_entropy(scores, target)
except IndexError as error:
    print(f"0 and 255 as classes: {error}")
print(f"void: {cross_entropy(scores, target, ignore_index=255):.3f}")
print(f"cat:  {cross_entropy(scores, (target == 255).long()):.3f}")

# %% [markdown]
# The last two lines print the same number, ln 2, and mean different things. With `ignore_index=255` the loss looks at
# the background alone and never sees a cat. `(mask == 255)` makes the cat class 1. (A network with one output per pixel
# takes this mask as floats 0 and 1, with `binary_cross_entropy_with_logits`.)
#
# ### Labels that were computed
#
# A small mask is enlarged to the size of its photo: by copying labels, and by OpenCV's default, bilinear. There each
# new pixel is a weighted mean of its four neighbours.

# %% tags=["remove-input"]
new_labels = st.predict(
    "The mask's labels are 0, 1, 2 and 3. Which ones does the bilinear resize leave?",
    ["these four", "these four and fractions", "these four and others, up to 255"],
    guess=...,
)

# %%
small = st.resize_mask(labels, 100, 150)
copied = st.resize_mask(small, 400, 600)
blended = cv2.resize(small, (600, 400))
print(f"copied {np.unique(copied)}, bilinear {np.unique(blended)}")

# %% tags=["remove-input"]
others = set(np.unique(blended)) - {0, 1, 2, 3}
new_labels.reveal("these four and others, up to 255" if others else "these four")

# %% [markdown]
# The usual check, a look at the values, finds nothing. So look at the pixels where the spoon's handle lies on the
# table, from the top down.

# %% tags=["hide-input"]
rows, columns = slice(64, 72), slice(402, 410)
versions = {"copied": copied, "bilinear": blended}
fig, axes = plt.subplots(1, 2)
for (name, mask), ax in zip(versions.items(), axes, strict=True):
    st.show(mask[rows, columns].astype(np.int64), ax, title=name)
    for (row, column), label in np.ndenumerate(mask[rows, columns]):
        ax.text(column, row, label, ha="center", va="center", color="white", weight="bold")
st.figure(
    fig,
    alt="The end of the spoon's handle, magnified, with the label written in every pixel. From top "
    "to bottom the "
    "first column reads "
    + "; ".join(f"{n}: {' '.join(map(str, m[rows, columns.start]))}" for n, m in versions.items())
    + ".",
    caption="Between table (0) and spoon (3) there is nothing. Bilinear finds a saucer (1) and a "
    "cup (2) there.",
)

# %% [markdown]
# JPEG computes too: to save bytes it changes pixels, which in a photo you do not see. That made picture E.
# [More](more_01_files_and_sizes.ipynb) counts what it costs, and shows five more files that say one thing and are read
# as another: transparent ones, photos on their side, masks of sixteen bits, files that are not there.
#
# ### Blue coffee
#
# A photo has a palette's trouble in small: the order of its three numbers. OpenCV gives blue, green, red. Everything
# else on your desk (matplotlib, Pillow, torchvision) takes them as red, green, blue. Look at the saucer.

# %%
bgr = cv2.imread(photo_path)
rgb = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
print(st.describe(bgr))
print(st.describe(rgb))

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 2, figsize=(6.2, 2.5))
st.show(bgr, axes[0], title="as cv2.imread returns it")
st.show(rgb, axes[1], title="after cv2.COLOR_BGR2RGB")
first, _, last = bgr[labels == 1].mean(axis=0)
st.figure(
    fig,
    alt="The coffee twice. Left: a blue saucer and cup on a blue table. Right: a red saucer and "
    "cup on brown wood. "
    f"On the saucer the first channel of imread's array averages {first:.0f}, the last one "
    f"{last:.0f}.",
    caption="The same numbers. Only the order of the three channels differs.",
)

# %% [markdown]
# The two lines of `describe` are the same to the last digit: no range, shape or mean over all channels gives the order
# away. The mean of each channel would, if you know what red looks like. Swap once, in the line that reads: a second
# swap undoes the first.
#
# ## Why
#
# The number of a photo's pixel is an amount. Between two amounts there are others, so pixels may be blended, scaled and
# rounded. (Not of light: [lesson 2](02_floats_and_the_display.ipynb) comes back to that.) A label is a name, and there
# is nothing halfway between two names.
#
# Let $a$ and $b$ be the labels of two neighbours and $t$ between 0 and 1 the place of a new pixel between them. A
# bilinear resize computes
#
# $$v = (1 - t)\,a + t\,b$$
#
# and rounds. With $a = 0$ (table), $b = 2$ (cup) and $t = \frac{1}{2}$ it finds $v = 1$: a saucer.

# %%
print(cv2.resize(np.array([[0, 2]], np.uint8), (3, 1)))

# %% [markdown]
# Nobody put one there; the saucer's number happens to lie between the others. Give the classes other numbers and the
# same code finds other things. `other[small]` looks the new number of every pixel up in a table of four.

# %%
other = np.array([0, 7, 3, 12], np.uint8)  # of 0, 1, 2 and 3
before = cv2.resize(other[small], (600, 400))
after = other[cv2.resize(small, (600, 400))]
print(f"new numbers, then resize: {np.unique(before)}")
print(f"resize, then new numbers: {np.unique(after)}")

# %% tags=["remove-input"]
copies_differ = st.resize_mask(other[small], 400, 600) != other[st.resize_mask(small, 400, 600)]
Markdown(
    f"The two disagree in **{(before != after).sum():,}** pixels, {(before != after).mean():.1%} "
    "of the picture. "
    f"With `resize_mask` instead of `cv2.resize` they disagree in **{copies_differ.sum()}**."
)

# %% [markdown]
# That is the test of every reader, resize and file format for masks: **renaming the labels before it or after it must
# give the same.** A blend of two different labels passes only at $t = 0$ and $t = 1$, that is, when it copies one of
# them. Division by 255, greys of a palette and JPEG all fail.
#
# So a resize of labels copies. From where? Lay the new pixels over the old ones and copy the pixel under each new
# centre. Here is one row of our mask; the spoon is one pixel of it, number 8. With six new pixels two of four programs
# lose the spoon: they look under the left edge, not under the centre. Give the row other sizes, and find the one at
# which even these two part.

# %% tags=["hide-input"]
line = st.resize_mask(labels, 14, 14)[8]
numbers = np.arange(14, dtype=np.uint8)[None]
as_batch = torch.from_numpy(numbers)[None].float()
copiers = {
    "resize_mask": st.resize_mask(numbers, 1, 6),
    "Pillow NEAREST": np.array(Image.fromarray(numbers).resize((6, 1), 0)),
    "OpenCV INTER_NEAREST": cv2.resize(numbers, (6, 1), interpolation=cv2.INTER_NEAREST),
    "torch nearest": torch.nn.functional.interpolate(as_batch, 6, mode="nearest").numpy()[0],
}
takes = {name: np.ravel(row).astype(int) for name, row in copiers.items()}
fig, axes = plt.subplots(5, 1, figsize=(6.2, 4.6))
for ax, (name, row) in zip(axes, {"14 old pixels": numbers[0], **takes}.items(), strict=True):
    st.show(line[row][None].astype(np.int64), ax, title=name)
    ax.set_aspect("auto")
    for place, number in enumerate(row):
        ax.text(place, 0, number, ha="center", va="center", color="white", weight="bold")
centres = (np.arange(6) + 0.5) * 14 / 6 - 0.5
dots = {"color": "white", "markeredgecolor": "black", "markersize": 9, "clip_on": False}
axes[0].plot(centres, [0.5] * 6, "o", **dots)
said = [f"{name} takes {', '.join(map(str, row))}" for name, row in takes.items()]
lost = [name for name, row in takes.items() if 3 not in line[row]]
st.live_nearest(
    fig,
    line,
    size=6,
    alt="A row of 14 old pixels, numbered from 0, in the colours of their labels, with a dot where "
    f"each of six new pixels has its centre. Pixel {np.argmax(line == 3)} is the spoon. Below it "
    f"four rows of six pixels. {'; '.join(said)}. {' and '.join(lost)} lose the spoon.",
    caption="One row of the mask at another size. The number says which old pixel was copied.",
)

# %% [markdown]
# Of $h$ new pixels on a scale from 0 to 1, pixel $i$ has its centre at $(i + 1/2) / h$. On the scale of the $H$ old
# ones that is $(i + 1/2) H / h$, and the pixel that it falls into is
#
# $$r = \lfloor \frac{(i + \frac{1}{2})\,H}{h} \rfloor = \lfloor \frac{(2 i + 1)\,H}{2 h} \rfloor$$
#
# where $\lfloor x \rfloor$ is the largest whole number not above $x$. The same holds for rows and for columns. The
# second form needs whole numbers only, so that no rounding can move a pixel.

# %%
line = np.arange(14, dtype=np.uint8)[None]
print(st.resize_mask(line, 1, 6))

# %% [markdown]
# ## The tool
#
# `read_image` and `read_mask` return what the name says, or raise.

# %%
image = st.read_image(photo_path)
mask = st.read_mask(mask_path)
print(st.describe(image))
print(st.describe(mask))
print(f"the stored labels: {np.array_equal(mask, labels)}")

# %% [markdown]
# Then hand them files that they should not take. The message says what is wrong and what to do.

# %%
(folder / "half.jpg").write_bytes(photo_of_man.read_bytes()[:9_000])
attempts = [
    (st.read_image, folder / "cofee.png"),
    (st.read_image, folder / "half.jpg"),
    (st.read_mask, photo_path),
    (st.read_mask, photo_of_man),
]
for reader, path in attempts:
    try:
        reader(path)
    except (OSError, ValueError) as error:
        place = str(path.parent) + os.sep
        text = f"{type(error).__name__}: {error}".replace(place, "")
        print(textwrap.fill(text, 72, subsequent_indent="    "))

# %% [markdown]
# What stands between files and a network is a contract with two clauses:
#
# | | from the file | to the network |
# |---|---|---|
# | image | uint8 (H, W, 3), red green blue, 0 to 255 | float32 (3, H, W), in [0, 1] |
# | mask | uint8 or uint16 (H, W), the stored labels | int64 (H, W), classes and void |

# %%
x = st.to_tensor(image)
y = st.mask_to_tensor(mask)
print(st.describe(x))
print(st.describe(y))

# %% [markdown]
# The image is divided by 255 and its channel axis moves to the front. The mask changes its type and nothing else. At
# the end of your loader, ask two questions of every pair, and a third of the whole set.

# %%
def in_order(x, y, classes, void=255):
    """The contract, as far as numbers can tell."""
    assert x.dtype == torch.float32 and x.shape[0] == 3
    assert 0 <= x.min() and x.max() <= 1
    assert y.dtype == torch.int64 and y.shape == x.shape[1:]
    assert set(y.unique().tolist()) <= {*classes, void}


in_order(x, y, classes={0, 1, 2, 3})
cat_labels = st.mask_to_tensor((cat == 255).astype(np.uint8))
cat_photo = st.read_image(st.data_path("photos/animals/cat.png"))
in_order(st.to_tensor(cat_photo), cat_labels, classes={0, 1})

# %% tags=["hide-input", "remove-input"]
full = as_jpeg(labels)
lines = ["| reading | every label known | every class found |", "|---|---|---|"]
for name, m in {**readings, "E, code 5: from a JPEG": full}.items():
    found, classes = set(np.unique(m).tolist()), {0, 1, 2, 3}
    known = m.shape == y.shape and found <= classes
    answers = ["yes" if answer else "**no**" for answer in (known, found >= classes)]
    lines.append(f"| {name} | {' | '.join(answers)} |")
Markdown("\n".join(lines))

# %% [markdown]
# Only the third question, whether every class occurs somewhere in the set, finds a mask of zeros. What no such question
# finds: the bilinear resize, whose labels are all known; a photo with red and blue exchanged; a photo turned by half a
# turn. There you have to look, or read the line that reads.
#
# ## Proof
#
# The laws about these functions, run here and now on inputs that the computer makes up. The first of `resize_mask` is
# the sentence in bold above.

# %%
st.prove("resize_mask")

# %%
st.prove("read_mask")

# %% [markdown]
# ## Elsewhere
#
# The files of this lesson, read by the common readers with their defaults and by OpenCV with `UNCHANGED`.

# %% tags=["hide-input", "remove-input"]
def outcome(reader, path):
    try:
        array = reader(path)
    except Exception as error:
        return type(error).__name__
    if array is None:
        return "`None`"
    if path == photo_of_man:
        return "upright" if array.shape[0] > array.shape[1] else "lying"
    channels = "" if array.ndim == 2 else f"{array.shape[2]} channels"
    return f"{channels} {values(array)}".strip()


objects = st.data_path("masks/astronaut.png")
masks = [mask_path, objects]
readers = {
    "`cv2.imread`": cv2.imread,
    "`UNCHANGED`": lambda path: cv2.imread(path, cv2.IMREAD_UNCHANGED),
    "Pillow": lambda path: np.array(Image.open(path)),
    "`ImageFolder`": lambda path: np.array(default_loader(path)),
    "`plt.imread`": plt.imread,
    "this course": lambda path: st.read_mask(path) if path in masks else st.read_image(path),
}
files = {
    "palette mask": mask_path,
    "16-bit mask": objects,
    "EXIF turn": photo_of_man,
    "no such file": folder / "cofee.png",
}
lines = [f"| | {' | '.join(files)} |", "|---" * (len(files) + 1) + "|"]
for name, reader in readers.items():
    cells = [outcome(reader, path) for path in files.values()]
    lines.append(f"| {name} | {' | '.join(cells)} |")
Markdown("\n".join(lines))

# %% [markdown]
# No line is wrong. To show pictures, a program wants a palette's colours, eight bits, three channels and an upright
# photo: OpenCV's defaults. torchvision's `ImageFolder` is made for photos and converts everything to RGB. Pillow keeps
# to what is stored and leaves the turn to you (`ImageOps.exif_transpose`). matplotlib makes floats of a PNG, ready to
# be drawn, and bytes of a JPEG: divide its result by 255, and a PNG is divided twice. Photo and mask drift apart where
# two conventions meet, so keep to one reader for each.
#
# Resizes disagree as well, also those that copy: [More](more_01_files_and_sizes.ipynb) has seven that are called
# nearest, and what the same photo becomes under four libraries.
#
# ## Your turn
#
# Replace `...` by your own code and run the cell. An exercise is *solved* when its laws of mathematics hold, on ordinary
# pictures. *Unbreakable* is a second star, if you like it: other types and layouts, and bad input.

# %% [markdown]
# ### 1. `to_tensor`, bytes · 5 minutes · easy
#
# The mathematics: the value at channel c, row i, column j is that of row i, column j, channel c of the picture, a
# float32 from 0 for black to 1 for white. Try it on the photo before you run the laws: `st.describe` must say what it
# says of `x` above.
#
# Good for: every network: files hold bytes (H, W, C), networks take floats (C, H, W).
#
# *Unbreakable* asks for more: grey pictures get a channel axis, the result is contiguous, and anything but a uint8
# picture is refused with a message that names what came: TypeError and the type, or ValueError and the shape.

# %%
def to_tensor(image):
    """uint8 (H, W, 3) or (H, W) -> float32 tensor (3 or 1, H, W)."""
    ...


st.check(to_tensor)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Check first. Then `np.moveaxis` or `permute`, never `reshape`: it keeps the order of the numbers and so scrambles
# pixels. `.copy()` takes care of read-only arrays and of negative strides; `np.ascontiguousarray` may hand back the
# same negative strides.
#
# </details>

# %%
st.answer("to_tensor")

# %% [markdown]
# ### 2. `resize_mask` · 10 minutes · medium
#
# The mathematics: each new pixel takes the label of the old pixel that its centre falls on, and so it commutes with
# every renaming of the labels.
#
# Good for: masks beside photos: when a photo changes its size, its labels must, and must stay labels.
#
# *Unbreakable* asks for more: the type stays, the argument stays, the result is contiguous. What is no array
# of integers or bool and sizes that are not integers are a TypeError; other shapes and sizes below 1 a ValueError.

# %%
def resize_mask(mask, height, width):
    """Labels (H, W) -> labels (height, width), of the same type."""
    ...


st.check(resize_mask)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Two arrays of whole numbers, one of rows and one of columns, by the equation above. `np.ix_(rows, columns)` picks
# every crossing of them.
#
# </details>

# %%
st.answer("resize_mask")

# %% [markdown]
# ### 3. `read_mask` · 10 minutes · medium
#
# The mathematics: exactly the numbers that are stored in a PNG with a palette or in an 8-bit grey one, so that no
# recolouring of the palette changes them. Pillow reads; you decide what of it to keep.
#
# Good for: training on what the annotator stored, and not on what a viewer shows.
#
# *Unbreakable* asks for more: 1, 2, 4 and 16 bits, EXIF, also as XMP or text, and files that hold no labels or are damaged,
# be it by one lost byte, which must be a ValueError with the path in its message; for a JPEG it says “JPEG”.

# %%
def read_mask(path):
    """The path of a PNG file -> its stored numbers, an array (H, W)."""
    ...


st.check(read_mask)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Look at what `np.array` makes of Pillow's image of mode `P` in "One file, three readers". Convert nothing. For the
# second star: byte 24 of a PNG says how many bits a number has; Pillow stretches grey of 2 and 4 bits.
#
# </details>

# %%
st.answer("read_mask")

# %% [markdown]
# ### Look and say, on a file of your own
#
# Take a mask of yours, or one from a data set you use. Say first how many different labels it has, then look. (Here
# stands the astronaut's mask; put your own path in its place.)

# %%
mine = st.data_path("masks/astronaut.png")
how_many = st.predict(
    "How many different numbers does this mask hold?", guess=...
)
numbers = np.unique(st.read_mask(mine))
how_many.reveal(len(numbers))

# %% [markdown]
# ## What you can do now
#
# 1. tell from its numbers what a reader has made of a mask
# 2. get exactly the stored labels out of a mask file, and keep them through a resize
# 3. state the contract between files and a network, and say what it cannot notice

# %% tags=["remove-input"]
st.guesses(1)

# %% [markdown]
# The first: greys of a palette, zeros, colours and invented classes each have numbers that give them away, if you know
# which classes there are. The second: `read_mask` gives the numbers behind any palette, `resize_mask` copies from under
# the centre, and both commute with every renaming. The third: image float32 (3, H, W) in [0, 1], mask int64 (H, W) of
# classes and void; a blend of labels and exchanged colours pass, and have to be seen.
#
# Next comes a tensor whose numbers are right and whose picture is wrong: lesson 2, about what a display does.
