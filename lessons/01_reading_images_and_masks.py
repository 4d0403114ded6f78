# %% [markdown]
# # One mask file, five masks, not one error
#
# 23 minutes · and 40 for the exercises · the first lesson · uses `read_image`, `read_mask`, `resize_mask`, `to_tensor`, `mask_to_tensor`

# %% tags=["hide-input"]
import atexit
import io
import os
import tempfile
import textwrap
from pathlib import Path

os.environ["OPENCV_LOG_LEVEL"] = "SILENT"  # see "A file that is not there"

import cv2
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown
from PIL import Image
from torch.nn.functional import cross_entropy, interpolate
from torchvision import tv_tensors
from torchvision.datasets.folder import default_loader
from torchvision.transforms import v2

import seeing_tensors as st

plt.style.use(st.STYLE)
photo_path = st.data_path("photos/things/커피.png")
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
    return ", ".join(f"{value:.2g}" if array.dtype.kind == "f" else str(value) for value in np.unique(array))


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
    f"E: the areas with ragged, blocky edges and specks of other classes, values {values(pictures['E'])}; "
    f"{(in_jpeg != small).mean():.1%} of its pixels have another label than they should.",
    caption="One photo, and five masks made from one file, the values of each above it. No step raised an error. "
    "Which one did you train on?",
)

# %% [markdown]
# **After this lesson you can**
#
# 1. tell at the call that a file was not read as you think
# 2. get exactly the stored labels out of a mask file, and keep them through a resize
# 3. state the contract between files and a network, and check it in two lines
#
# ## Predict
#
# In the mask of this photo 0 is the table, 1 the saucer, 2 the cup and 3 the spoon. The file is a PNG with a palette:
# it stores one number per pixel and, once, a colour for each number. Here these are black, (128, 0, 0), (0, 128, 0)
# and (128, 128, 0), in the order red, green, blue. When OpenCV reads colours of a PNG as grey, it computes
#
# $$Y = \frac{299 R + 587 G + 114 B}{1000}$$
#
# and drops the fraction. Five pieces of code made the five pictures:
#
# 1. `cv2.imread(path, cv2.IMREAD_UNCHANGED)`
# 2. `np.array(Image.open(path))`, with Pillow
# 3. `cv2.imread(path, cv2.IMREAD_GRAYSCALE)`
# 4. the labels divided by 255, then made whole numbers again
# 5. the labels at 192 × 128 pixels, saved as `.jpg` and read again
#
# Write down a letter for each. Then choose. A loss compares what a network says with the mask. How many of the four
# wrong pictures does a loss with four classes refuse? (a) none, (b) two, (c) three, (d) all four.
#
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
# Pillow hands over the stored numbers. Code 2 made picture C. `st.describe` prints one line: type, named axes, memory
# layout (ignore it for now), then minimum … maximum, mean and standard deviation.

# %%
labels = np.array(file)
print(st.describe(labels))
print(np.unique(labels))

# %% [markdown]
# OpenCV looks the colour of each number up and gives you the grey of that colour. Code 3 made picture A.

# %%
grey = cv2.imread(mask_path, cv2.IMREAD_GRAYSCALE)
print(st.describe(grey))
print(f"in the picture:   {np.unique(grey)}")
print(f"from the palette: {palette @ [299, 587, 114] / 1000}")

# %% [markdown]
# `UNCHANGED` sounds like the cure. It keeps all sixteen bits of a number, and alpha, a fourth channel that says how
# opaque a pixel is: 0 invisible, 255 solid. But it looks up the palette all the same. Code 1 made picture D.

# %%
colours = cv2.imread(mask_path, cv2.IMREAD_UNCHANGED)
print(st.describe(colours))
print(np.unique(colours.reshape(-1, 3), axis=0))

# %% [markdown]
# Each row is also the wrong way round. We come back to that.
#
# ### Divide by 255
#
# Many loaders divide the photo and the mask by 255 alike. Look at what that does to a mask of 0 and 255, and then to
# ours.

# %%
cat = np.array(Image.open(st.data_path("masks/cat.png")))
print(f"{np.unique(cat)} becomes {np.unique((cat / 255).astype(np.int64))}")
zeros = (labels / 255).astype(np.int64)
print(f"{np.unique(labels)} becomes {np.unique(zeros)}")

# %% [markdown]
# The cat survives: 0 and 255 become classes 0 and 1, and so the habit spreads. Of labels that count classes, all
# below 255 become 0. Code 4 made picture B, and a network that trains on it learns to answer "table" everywhere.
#
# ### What the loss refuses
#
# The loss `cross_entropy` compares scores, one for each class and pixel, with the mask. Our scores are all 0: we only
# ask whether it takes the mask, with four classes and with 150, as many as the data set ADE20K has. Every fourth pixel
# is enough.

# %% tags=["hide-input"]
def verdict(mask, classes):
    target = torch.from_numpy(mask[::4, ::4].astype(np.int64))[None]
    try:
        cross_entropy(torch.zeros(1, classes, *mask[::4, ::4].shape[:2]), target)
    except (IndexError, RuntimeError) as error:
        return f"refused: {error}"
    return "accepted"


readings = {
    "C: the labels": labels,
    "A: greys of the palette": grey,
    "B: divided by 255": zeros,
    "D: colours": colours,
    "E: from a JPEG": in_jpeg,
}
table = [(name, verdict(mask, 4), verdict(mask, 150)) for name, mask in readings.items()]
few, many = (sum("refused" in row[column] for row in table) for column in (1, 2))
rows = [f"| {' | '.join(textwrap.shorten(text, 55, placeholder=' …') for text in row)} |" for row in table]
Markdown(
    "\n".join(["| reading | 4 classes | 150 classes |", "|---|---|---|", *rows])
    + f"\n\nOf the four wrong readings {few} are refused with four classes, answer ({'a?bcd'[few]}), "
    f"and {many} with 150."
)

# %% [markdown]
# A loss tests whether a number is a class, not whether it is the right one. The reading that turns every pixel into
# background always passes.
#
# ### A file that is not there
#
# Misspell the name of a photo. OpenCV writes a line to its log, which the first cell of this lesson turned off, and
# then returns something that is not a picture. Watch where the error comes up.

# %%
photo = cv2.imread("photos/cofee.png")
print(f"the call returns {photo}")
try:
    cv2.cvtColor(photo, cv2.COLOR_BGR2RGB)
except cv2.error as error:
    print(f"a later call says {str(error).split('error: ')[1].strip()}")

# %% [markdown]
# The message names no file, and it may come from another module an hour later. A JPEG whose download broke off is
# worse: `imread` returns it at full size, the missing part filled with flat grey, and no exception. Writing has the
# same habit: a missing folder gives `False`, and hardly anyone looks.

# %%
target = folder / "results" / "mask.png"
print(f"imwrite returns {cv2.imwrite(target, labels)}")
print(f"the file exists: {target.exists()}")

# %% [markdown]
# ### Blue coffee
#
# OpenCV gives a photo's channels in the order blue, green, red. Everything else on your desk (matplotlib, Pillow,
# torchvision) takes them as red, green, blue. Look at the saucer.

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
    alt="The coffee twice. Left: a blue saucer and cup on a blue table. Right: a red saucer and cup on brown wood. "
    f"On the saucer the first channel of imread's array averages {first:.0f}, the last one {last:.0f}.",
    caption="The same numbers. Only the order of the three channels differs.",
)

# %% [markdown]
# The two lines of `describe` are the same to the last digit: no range, shape or mean over all channels gives the order
# away. The mean of each channel would, if you know what red looks like. A network that learned red saucers has never
# met a blue one. Swap once, in the line that reads: a second swap undoes the first. (`bgr[..., ::-1]` swaps too, but
# this view reads the memory backwards, with a negative stride, and `torch.from_numpy` refuses it. Newer OpenCV has a
# flag of its own, `cv2.IMREAD_COLOR_RGB`.)
#
# The photo's name is 커피.png, coffee in Korean. On the system that made this page `imread` opens it. From Windows
# people [report](https://github.com/opencv/opencv/issues/22881) `None` for such names. Bytes have no name: read the
# bytes with Python or numpy, and have OpenCV decode them from memory.

# %%
data = np.fromfile(photo_path, np.uint8)
print(np.array_equal(cv2.imdecode(data, cv2.IMREAD_COLOR), bgr))

# %% [markdown]
# ### What was meant to stay hidden
#
# Cut the saucer with all that stands on it out of the photo: an alpha of 255 there, of 0 on the table.

# %%
alpha = np.where(labels > 0, 255, 0).astype(np.uint8)
cutout = Image.fromarray(np.dstack([rgb, alpha]))
cutout.save(folder / "cutout.png")
seen = Image.alpha_composite(Image.new("RGBA", cutout.size, "white"), cutout)
read = cv2.cvtColor(cv2.imread(folder / "cutout.png"), cv2.COLOR_BGR2RGB)
print(st.describe(np.array(cutout)))
print(st.describe(read))

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 2, figsize=(6.2, 2.5))
st.show(np.array(seen.convert("RGB")), axes[0], title="what a viewer shows, on white")
st.show(read, axes[1], title="what cv2.imread returns")
st.figure(
    fig,
    alt="Left: saucer, cup and spoon cut out, on white. Right: the whole photo with its wooden table, although "
    f"{(alpha == 0).mean():.0%} of the file's pixels are fully transparent.",
    caption="Transparent is not empty: the colours under an alpha of 0 are in the file, and imread gives you those.",
)

# %% [markdown]
# A network trained on such files learns from a background that no person saw while labelling.
#
# ### A photo that lies on its side
#
# A camera held upright stores the rows as its sensor read them. The EXIF data, notes that a camera writes into the
# file, say how to turn them.

# %%
portrait_path = st.data_path("photos/people/cameraman.jpg")
man = st.read_mask(st.data_path("masks/cameraman.png"))
lying = cv2.imread(portrait_path, cv2.IMREAD_UNCHANGED)
upright = cv2.imread(portrait_path, cv2.IMREAD_GRAYSCALE)
with Image.open(portrait_path) as stored:
    print(f"orientation in the file: {stored.getexif()[0x0112]}")
print(f"mask {man.shape}")
print(f"GRAYSCALE {upright.shape}, UNCHANGED {lying.shape}")

# %% [markdown]
# The shapes disagree, and that would stop you. Now do what a pipeline does next: resize everything to a square. Look
# for the man inside the outline of the mask, left and right.

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 2)
inside = cv2.resize(man, (256, 256), interpolation=cv2.INTER_NEAREST) == 255
squares = [cv2.resize(picture, (256, 256)) for picture in (lying, upright)]
titles = ["UNCHANGED: they disagree", "GRAYSCALE: they agree"]
for ax, square, title in zip(axes, squares, titles, strict=True):
    st.show(square, ax, title=title)
    ax.contour(inside, levels=[0.5], colors="black", linewidths=3.5)
    ax.contour(inside, levels=[0.5], colors=st.COLORS["mark"], linewidths=2)
on_its_side, fitting = (square[inside].mean() for square in squares)
st.figure(
    fig,
    alt="A photo of a man with a camera, twice, and on it the outline of the mask, man and tripod, as a yellow line. "
    f"Left: the photo lies on its side, and inside the upright outline is mostly bright sky, "
    f"mean level {on_its_side:.0f} of 255. Right: the outline runs around the man in his dark coat, "
    f"mean level {fitting:.0f}.",
    caption="After a resize to 256 × 256 both photos have the mask's shape. Nothing complains any more.",
)

# %% [markdown]
# ### Half of sixteen bits
#
# A mask with one number per object needs 16 bits as soon as there are numbers above 255, as here.
# `IMREAD_GRAYSCALE` keeps the high byte of each: the number divided by 256, without the fraction.

# %%
objects_path = st.data_path("masks/astronaut.png")
objects = cv2.imread(objects_path, cv2.IMREAD_UNCHANGED)
high = cv2.imread(objects_path, cv2.IMREAD_GRAYSCALE)
print(f"the file:  {objects.dtype} {np.unique(objects)}")
print(f"GRAYSCALE: {high.dtype} {np.unique(high)}")

# %% tags=["hide-input"]
Markdown(
    "The objects 1 and 2, an astronaut and a model of the shuttle, are gone: "
    f"{(high == 0).mean():.0%} of the pixels are background now, against "
    f"{(objects == 0).mean():.0%} in the file. "
    "A file whose numbers are all below 256 is read as zero everywhere."
)

# %% [markdown]
# ### Labels that were computed
#
# A small mask is enlarged to the size of its photo: by copying labels, and by OpenCV's default, bilinear. There each
# new pixel is a weighted mean of its four neighbours.

# %%
small = st.resize_mask(labels, 100, 150)
copied = st.resize_mask(small, 400, 600)
blended = cv2.resize(small, (600, 400))
print(f"copied {np.unique(copied)}, bilinear {np.unique(blended)}")

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
    alt="The end of the spoon's handle, magnified, with the label written in every pixel. From top to bottom the "
    "first column reads "
    + "; ".join(f"{name}: {' '.join(map(str, mask[rows, columns.start]))}" for name, mask in versions.items())
    + ".",
    caption="Between table (0) and spoon (3) there is nothing. Bilinear finds a saucer (1) and a cup (2) there.",
)

# %% [markdown]
# To count such pixels, resize a picture of each class by itself: that gives its share in each new pixel. A pixel is
# invented when the class it got has no share in it at all.

# %%
one_class = [(small == k).astype(np.float32) for k in range(4)]
share = np.stack([cv2.resize(plane, (600, 400)) for plane in one_class])
given = np.take_along_axis(share, blended[None].astype(int), axis=0)[0]
print(f"{(given == 0).sum():,} invented pixels")

# %% tags=["hide-input"]
Markdown(
    f"They are {(given == 0).mean():.1%} of the picture, which seems little; but the whole spoon has only "
    f"{(copied == 3).sum():,} pixels."
)

# %% [markdown]
# JPEG changes pixels to save bytes; in a photo you do not see it. Code 5 made picture E. Save the labels at full size
# and count.

# %% tags=["hide-input"]
lines = ["| quality | pixels with another label | labels | saucer pixels still labelled saucer |", "|---|---|---|---|"]
for quality in (95, 75, 50):
    changed = as_jpeg(labels, quality=quality)
    kept = (changed[labels == 1] == 1).mean()
    lines.append(f"| {quality} | {(changed != labels).mean():.1%} | {values(changed)} | {kept:.1%} |")
Markdown("\n".join(lines))

# %% [markdown]
# Pillow saves at 75 unless told otherwise, OpenCV at 95. At no quality here do the labels come back.
#
# ## Why
#
# A pixel of a photo is a brightness. A value halfway between two brightnesses is a brightness too, so pixels may be
# blended, scaled and rounded. A label is a name, and there is nothing halfway between two names.
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
# same code finds other things.

# %%
other = np.array([0, 7, 3, 12], np.uint8)  # table, saucer, cup and spoon
before = cv2.resize(other[small], (600, 400))
after = other[cv2.resize(small, (600, 400))]
print(f"new numbers, then resize: {np.unique(before)}")
print(f"resize, then new numbers: {np.unique(after)}")

# %% tags=["hide-input"]
copies_differ = st.resize_mask(other[small], 400, 600) != other[st.resize_mask(small, 400, 600)]
Markdown(
    f"The two disagree in **{(before != after).sum():,}** pixels, {(before != after).mean():.1%} of the picture. "
    f"With `resize_mask` instead of `cv2.resize` they disagree in **{copies_differ.sum()}**."
)

# %% [markdown]
# That is the test of every reader, resize and file format for masks: **renaming the labels before it or after it must
# give the same.** A blend of two different labels passes only at $t = 0$ and $t = 1$, that is, when it copies one of
# them. Division by 255, greys of a palette and JPEG all fail.
#
# So a resize of labels copies. From where? A mask of $H$ rows becomes one of $h$ rows. On a scale from 0 to 1, new
# row $i$ covers $i / h$ to $(i + 1) / h$ and has its centre at $(i + 1/2) / h$. On the scale of the old rows, where
# row $r$ covers $r$ to $r + 1$, this centre lies at $(i + 1/2) H / h$. The row that it falls into is
#
# $$r = \lfloor \frac{(i + \frac{1}{2})\,H}{h} \rfloor = \lfloor \frac{(2 i + 1)\,H}{2 h} \rfloor$$
#
# where $\lfloor x \rfloor$ is the largest whole number not above $x$. The same holds for columns. The second form
# needs whole numbers only, so that no rounding can move a pixel. Try $H = 10$ and $h = 4$ on paper.

# %%
column = np.arange(10, dtype=np.uint8)[:, None]
print(st.resize_mask(column, 4, 1).ravel())

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
(folder / "half.jpg").write_bytes(portrait_path.read_bytes()[:10_000])
attempts = [
    (st.read_image, folder / "cofee.png"),
    (st.read_image, folder / "half.jpg"),
    (st.read_image, folder / "cutout.png"),
    (st.read_image, objects_path),
    (st.read_mask, photo_path),
    (st.read_mask, portrait_path),
]
for reader, path in attempts:
    try:
        reader(path)
    except (OSError, ValueError) as error:
        text = f"{type(error).__name__}: {error}".replace(str(path.parent) + os.sep, "")
        print(textwrap.fill(text, 88, subsequent_indent="    "))

# %% [markdown]
# What stands between files and a network is a contract with two clauses:
#
# | | from the file | to the network |
# |---|---|---|
# | image | uint8 (H, W, 3), red green blue, 0 to 255 | float32 (3, H, W), in [0, 1] |
# | mask | uint8 or uint16 (H, W), the stored labels | int64 (H, W), the same labels |

# %%
x = st.to_tensor(image)
y = st.mask_to_tensor(mask)
print(st.describe(x))
print(st.describe(y))

# %% [markdown]
# The image is divided by 255 and its channel axis moves to the front. The mask changes its type and nothing else. Put
# the two `assert` lines at the end of your loader: there demand that no label is unknown. Over the whole data set,
# demand that every label occurs: only that finds masks of zeros (B). The loop puts both questions to every reading,
# with the JPEG at full size.

# %%
classes, found = {0, 1, 2, 3}, set(y.unique().tolist())
assert x.dtype == torch.float32 and len(x) == 3 and 0 <= x.min() <= x.max() <= 1
assert y.dtype == torch.int64 and y.shape == x.shape[1:] and found <= classes

print(f"{'':24} loader  data set")
for name, m in (readings | {"E: from a JPEG": as_jpeg(labels)}).items():
    found = set(np.unique(m).tolist())
    known = m.shape == x.shape[1:] and found <= classes
    print(f"{name:24} {known!s:7} {found >= classes}")

# %% [markdown]
# A crop without the spoon passes in the loader, as it should. What neither question finds is the bilinear resize, whose
# labels are all known. There you have to read the line that resizes.
#
# ## Proof
#
# The laws about these functions, run here and now on inputs that the computer makes up. The second of `resize_mask` is
# the sentence in bold above.

# %%
st.prove("read_mask")

# %%
st.prove("resize_mask")

# %%
st.prove("to_tensor")

# %% [markdown]
# ## Elsewhere
#
# ### Six readers
#
# The files of this lesson, read by the common readers with their defaults and by OpenCV with `UNCHANGED`.

# %% tags=["hide-input"]
def outcome(reader, path):
    try:
        array = reader(path)
    except Exception as error:
        return type(error).__name__
    if array is None:
        return "`None`"
    if path == portrait_path:
        return "upright" if array.shape[0] > array.shape[1] else "lying"
    channels = "" if array.ndim == 2 else f"{array.shape[2]} channels"
    return channels if path == folder / "cutout.png" else f"{channels} {values(array)}".strip()


masks = [mask_path, objects_path]
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
    "16-bit mask": objects_path,
    "EXIF turn": portrait_path,
    "transparent": folder / "cutout.png",
    "no such file": folder / "cofee.png",
}
lines = [f"| | {' | '.join(files)} |", "|---" * (len(files) + 1) + "|"]
for name, reader in readers.items():
    lines.append(f"| {name} | " + " | ".join(outcome(reader, path) for path in files.values()) + " |")
Markdown("\n".join(lines))

# %% [markdown]
# No line is wrong. To show pictures, a program wants a palette's colours, eight bits, three channels and an upright
# photo: OpenCV's defaults. torchvision's `ImageFolder` is made for photos and converts everything to
# RGB. Pillow keeps to what is stored and leaves the turn to you (`ImageOps.exif_transpose`); torchvision's
# `decode_image` does so too, but it is deprecated. matplotlib makes floats of a PNG, ready to be drawn. Photo and
# mask drift apart where two conventions meet, so keep to one reader for each.
#
# ### Two ways to be nearest
#
# "Nearest" copies, so no label is invented. But from where is not agreed. Ten rows, numbered 0 to 9, become four.
# Compare each line with your result on paper.

# %% tags=["hide-input"]
tensor = torch.from_numpy(column)[None]
results = {
    "`cv2.INTER_NEAREST`": cv2.resize(column, (1, 4), interpolation=cv2.INTER_NEAREST),
    '`interpolate(mode="nearest")`': interpolate(tensor[None].float(), (4, 1), mode="nearest"),
    "`v2.Resize` on a `Mask`": v2.Resize((4, 1))(tv_tensors.Mask(tensor)),
    "`cv2.INTER_NEAREST_EXACT`": cv2.resize(column, (1, 4), interpolation=cv2.INTER_NEAREST_EXACT),
    '`interpolate(mode="nearest-exact")`': interpolate(tensor[None].float(), (4, 1), mode="nearest-exact"),
    "Pillow's `NEAREST`": np.array(Image.fromarray(column).resize((1, 4), Image.Resampling.NEAREST)),
    "`resize_mask`": st.resize_mask(column, 4, 1),
}
rows = [f"| {name} | {' '.join(f'{v:.0f}' for v in np.ravel(result))} |" for name, result in results.items()]
Markdown("\n".join(["| | rows taken |", "|---|---|", *rows]))

# %% [markdown]
# The first three take row $\lfloor i H / h \rfloor$, under the corner of the new pixel: half a new pixel away from
# where a bilinear resize puts the photo. torch's documentation says that `nearest-exact` was added beside `nearest`
# to repair it without changing old results. The others go by the centre and part from `resize_mask` only where a
# centre falls exactly between two rows.
#
# Three more traps in the same call. `cv2.resize` takes its size as (width, height), while a shape says (height,
# width). `v2.Resize` takes a plain tensor for a photo and blends, until you wrap it in `tv_tensors.Mask`. And Pillow
# knows that a palette's numbers are names: ask for `BILINEAR`, and it copies all the same.

# %%
print(f"asked for (480, 640): {cv2.resize(labels, (480, 640)).shape}")
resize, plain = v2.Resize((128, 192)), torch.from_numpy(other[labels])[None]
print(f"v2.Resize, plain tensor: {resize(plain).unique().tolist()}")
print(f"v2.Resize, Mask: {resize(tv_tensors.Mask(plain)).unique().tolist()}")
asked = file.resize((192, 128), Image.Resampling.BILINEAR)
print(f"Pillow copies: {np.array_equal(asked, st.resize_mask(labels, 128, 192))}")

# %% [markdown]
# ## Your turn
#
# Replace `...` by your own code and run the cell. The laws judge it in about a second.
#
# ### 1. `to_tensor` · 5 minutes · easy
#
# The law: the value at channel c, row i, column j is `image[i, j, c] / 255`, the nearest float32. Grey gets a channel
# axis. Anything but a uint8 picture is refused, with a message that names what came: TypeError and the type, or
# ValueError and the shape, also for an empty picture.

# %%
def to_tensor(image):
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
# The law: each new pixel takes the label of the old pixel that its centre falls on. The type stays, the argument
# stays, the result is contiguous. Labels are a numpy array of integers or bool, sizes are integers: anything else is a
# TypeError. Other shapes, an empty mask and sizes below 1 are a ValueError.

# %%
def resize_mask(mask, height, width):
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
# ### 3. `read_mask` · 25 minutes · hard
#
# The law: exactly the numbers that are stored in a PNG, whatever its palette, for 1, 2, 4, 8 and 16 bits; turned as
# its EXIF data say. Colours, a JPEG and a file that was cut off are a ValueError with the path in its message; for a
# JPEG the message says "JPEG".

# %%
def read_mask(path):
    ...


st.check(read_mask)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Read the bytes yourself. Byte 24 of a PNG says how many bits a number has, byte 25 what kind it is: 0 grey, 3
# palette, anything else colours or alpha. A whole PNG ends with `b"IEND\xaeB\x60\x82"`. Pillow decodes from
# `io.BytesIO(data)`, `ImageOps.exif_transpose` turns. Grey of 1 bit comes out of Pillow as bool, grey of 2 and 4 bits
# stretched to 0 to 255; a palette's numbers come out as they are.
#
# </details>

# %%
st.answer("read_mask")

# %% [markdown]
# ## What you can do now
#
# 1. tell at the call that a file was not read as you think
# 2. get exactly the stored labels out of a mask file, and keep them through a resize
# 3. state the contract between files and a network, and check it in two lines
#
# The first: `None`, a shape, the values or one picture gave away each wrong reading; `read_image` and `read_mask` raise
# where they cannot keep their word. The second: `read_mask` gives the numbers behind any palette, and `resize_mask`
# copies from under the centre. The third: image float32 (3, H, W) in [0, 1], mask int64 (H, W) without an unknown
# label.
#
# Next comes a tensor whose numbers are right and whose picture is wrong: lesson 2, about what a display does.
