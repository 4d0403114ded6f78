# %% [markdown]
# # Unequal arrays, one and the same picture
#
# 23 minutes · and 55 for the exercises · after lesson 1 · uses `imshow_pixels`, `show`, `describe`, `unseen`, `to_uint8`

# %% tags=["hide-input"]
import logging
import tempfile
from fractions import Fraction
from pathlib import Path

import cv2
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from torchvision.transforms import v2
from torchvision.utils import save_image

import seeing_tensors as st

plt.style.use(st.STYLE)
kept = []  # what matplotlib logs is kept here and not shown; it has a section below
logging.getLogger("matplotlib.image").addFilter(lambda record: kept.append(record.getMessage()))


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return Markdown("\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines))


man = st.read_image(st.data_path("photos/people/cameraman.jpg"))
squares = np.indices((8, 8)).sum(axis=0) % 2
pairs = {
    "A": (np.zeros((8, 8), bool), np.ones((8, 8), bool)),
    "B": (squares.astype(np.float32), np.where(squares, 0.51, 0.50).astype(np.float32)),
    "C": (man[:366].astype(np.float32), np.ones((366, 366, 3), np.float32)),
}

fig, axes = plt.subplots(2, 3, figsize=(6.2, 4.5))
for column, (name, pair) in zip(axes.T, pairs.items()):
    for ax, array, place in zip(column, pair, ("above", "below")):
        ax.imshow(array, cmap="gray")
        ax.axis("off")
        ax.set_title(f"{name}, {place}")
alike = sum(np.array_equal(*(st.imshow_pixels(array, cmap="gray") for array in pair)) for pair in pairs.values())
st.figure(
    fig,
    alt=f"Three pairs of square pictures, one above the other. A: black above black. B: a black and white "
    f"checkerboard above the same checkerboard. C: white above white. {alike} of the {len(pairs)} pairs are drawn "
    f"alike in every pixel.",
    caption="Six arrays in three pairs, each drawn by imshow with the grey colour map. "
    "How can the two arrays of a pair differ?",
)

# %% [markdown]
# **After this lesson you can**
#
# 1. say, from type and shape alone, what `imshow` does to an array, and predict its bytes
# 2. see with two habits, `describe` and `unseen`, what a picture leaves out
# 3. go from bytes to floats and back without losing a level
#
# ## Predict
#
# A *level* is a whole number from 0, black, to 255, white. Answer on paper:
#
# - **a** `np.array([200], np.uint8) + 100` is 44, 255 or 300?
# - **b** `imshow([[7, 7]], cmap="gray")` draws level 0, 7 or 255?
# - **c** `imshow([[100, 101]], cmap="gray")` draws levels 100 and 101, or 0 and 255?
# - **d** A float pixel with R, G and B all one half is drawn at level 127, at 128, or it depends on the other pixels?
# - **e** A float pixel with R, G and B all 100 is drawn at level 100, at 255, or raises an error?
#
# ## Look
#
# ### The three pairs
#
# `describe` tells type, shape and range in one line. Ask it about the six arrays.

# %%
for name, pair in pairs.items():
    for array in pair:
        print(f"{name}  {st.describe(array)}")

# %% [markdown]
# No pair is equal. An empty mask looks like a full one, almost no contrast looks like all there is, and a photo looks
# like a blank page. The pictures said nothing, the lines did. (For C, matplotlib logs a message. This page holds it back
# until its section.)
#
# That is the first habit: after every step, print the line.
#
# ### Bytes wrap around
#
# A photo is stored in bytes, `uint8`. A byte holds 0 to 255, and its arithmetic is modulo 256.

# %%
a = np.array([200, 10], np.uint8)
t = torch.from_numpy(a)
print(f"numpy {a + 100} {a - 20}")
print(f"torch {t + 100} {t - 20}")

# %% [markdown]
# 300 becomes 44 and -10 becomes 246, without a word: that answers **a**. The two libraries differ on a number that does
# not fit into a byte.

# %%
print(f"torch {t + 300}")
try:
    a + 300
except OverflowError as error:
    print(f"numpy {error}")

# %% [markdown]
# Now make a photo brighter by 100 levels: once in bytes, once in floats. Look at the bright fur.

# %%
cat = st.read_image(st.data_path("photos/animals/cat.png"))
x = st.to_tensor(cat)
wrapped = cat + 100
brighter = x + 100 / 255
print(f"bytes   {st.describe(wrapped)}")
print(f"floats  {st.describe(brighter)}")

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 2, figsize=(6.2, 2.7))
st.show(wrapped, axes[0], title="bytes + 100")
st.show(brighter, axes[1], title="floats + 100/255")
lost = (wrapped < cat).mean(axis=(0, 1))
st.figure(
    fig,
    alt=f"The cat twice. Left, in bytes: bright fur has turned cyan, with a few blue spots, and the bright "
    f"background black and blue, all with hard edges, because {lost[0]:.0%} of the red values wrapped around "
    f"to dark ones, {lost[1]:.0%} of the green and {lost[2]:.0%} of the blue. Right, in floats: a pale, "
    f"bright cat; its title says that {st.unseen(brighter)[:, 1].mean():.0%} of the values are above white.",
    caption="The same cat, 100 levels brighter. For the bytes on the left nothing was raised or logged.",
)

# %% [markdown]
# `show` writes above the picture how much of it cannot be seen. The floats beyond 1 are still there: take the 100
# levels away, and the photo is back.

# %% tags=["hide-input"]
error = (brighter - 100 / 255 - x).abs().max().item() * 255
Markdown(f"Up and down again, no value is off by more than {error:.1g} of a level.")

# %% [markdown]
# ### Why networks get float32
#
# Bytes wrap around; floats have headroom. A second reason for floats is the gradient: the small number that says how to
# change each value. A byte cannot hold it.

# %%
layer = torch.nn.Conv2d(3, 8, kernel_size=3)
picture = torch.from_numpy(cat).permute(2, 0, 1)
for attempt in (lambda: picture.requires_grad_(), lambda: layer(picture[None])):
    try:
        attempt()
    except RuntimeError as error:
        print(error)

# %% [markdown]
# Now in floats: `requires_grad_()` asks torch to track `x`, `backward()` computes the gradient into `x.grad`.

# %%
x.requires_grad_()
loss = (x.mean() - 1) ** 2
loss.backward()
print(st.describe(x.grad))
x = x.detach()

# %% [markdown]
# A picture of this gradient would be black: all of it is below 0. GPU support is also named as a reason, but the layer
# above refused bytes on the CPU already.
#
# Which float? Here is how well each type holds the 256 numbers $k / 255$.

# %% tags=["hide-input"]
levels = np.arange(256)
rows = []
for kind in (np.float16, np.float32, np.float64):
    held = (levels / 255).astype(kind)
    error = max(abs(Fraction(float(v)) * 255 - k) for k, v in enumerate(held))
    info = np.finfo(kind)
    rows.append([info.dtype, info.bits // 8, f"{info.max:.2g}", f"{float(error):.1g}"])
table(["type", "bytes per value", "largest number", "largest error, levels"], rows)

# %% [markdown]
# All three are closer than half a level, so rounding finds every level again. float32 leaves room for long
# computations, in half the memory of float64.
#
# ### Channels first, by permute
#
# A photo is (H, W, C) in memory and torch wants (C, H, W). Three ways to get a tensor; ask for the line of each.

# %%
forgotten = torch.from_numpy(cat)
reshaped = forgotten.reshape(3, 300, 451)
permuted = forgotten.permute(2, 0, 1)
for tensor in (forgotten, reshaped, permuted):
    print(st.describe(tensor))

# %% [markdown]
# The first gives itself away: 300 channels. The other two differ only in the note on memory: `permute` copies nothing, a
# *view* reads the same bytes in another order. Nothing in the line says which one is the cat.

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 2, figsize=(6.2, 2.5))
st.show(reshaped, axes[0], title="reshape(3, 300, 451)")
st.show(permuted, axes[1], title="permute(2, 0, 1)")
moved = (reshaped != permuted).any(dim=0).double().mean().item()
st.figure(
    fig,
    alt=f"Left, the reshaped tensor: no cat, only fine stripes and blurred patches of violet and green; {moved:.1%} "
    f"of the pixels are not those of the photo. Right, the permuted tensor: the cat.",
    caption="Reshape keeps the order in memory and cuts it elsewhere. Permute keeps each pixel whole and renames the axes.",
)

# %% [markdown]
# `reshape` takes the first third of the bytes for the red channel, although they are R, G, B, R, G, B of the upper rows.
# So do both: print the line, and look at the picture. `to_tensor` permutes, divides by 255 and copies.
#
# ### imshow has two pipelines
#
# First a witness that does not resize: a canvas with one pixel for each pixel of the array. You need not read `drawn`: it
# returns the levels on the canvas.

# %% tags=["hide-input"]
def drawn(array, width=None, **options):
    """The levels (H, W, 3) that matplotlib's canvas holds after imshow."""
    width = width or array.shape[1]
    height = round(width * array.shape[0] / array.shape[1])
    fig = Figure(figsize=(width / 100, height / 100), dpi=100, facecolor="white")
    canvas = FigureCanvasAgg(fig)
    ax = fig.add_axes((0, 0, 1, 1))
    ax.axis("off")
    ax.imshow(array, aspect="auto", **options)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


print(f"colour bytes are drawn as they are: {np.array_equal(drawn(cat), cat)}")

# %% [markdown]
# Give it two numbers as a row of an (H, W) array, and again as grey pixels of an (H, W, 3) array. Compare the last two columns.

# %% tags=["hide-input"]
examples = {
    "float32": ([0.50, 0.51], [1.0, 1.0], [100.0, 200.0]),
    "int64": ([0, 1], [7, 7], [100, 300]),
    "uint8": ([100, 200],),
    "bool": ([False, True],),
}
rows = []
for kind, values in ((kind, v) for kind, many in examples.items() for v in many):
    flat = np.array([values], kind)
    one = drawn(flat, cmap="gray")[0, :, 0]
    three = drawn(np.dstack([flat] * 3))[0, :, 0]
    rows.append([kind, values, one.tolist(), three.tolist()])
table(["type", "values", "levels drawn, (H, W)", "levels drawn, (H, W, 3)"], rows)

# %% [markdown]
# Two pipelines, chosen by the shape:
#
# - **(H, W, 3) is clipped.** The range is fixed by the type: 0 to 1 for floats, 0 to 255 for integers. An integer
#   picture with values 0 and 1 is nearly black; a bool picture is black and white. That answers **e**.
# - **(H, W) and (H, W, 1) are stretched.** The smallest value becomes black and the largest white, whatever the type. A
#   constant has no range and gets the first colour. That answers **b** and **c**.
#
# You may have read that `imshow` shows floats between 0 and 1 without scaling, and that a grey picture looks wrong only
# without `cmap="gray"`. Test it on a mask of ones.

# %%
ones = np.ones((4, 4), np.float32)
for options in ({}, {"cmap": "gray"}, {"cmap": "gray", "vmin": 0, "vmax": 1}):
    print(f"{drawn(ones, **options)[0, 0]}  {options}")

# %% [markdown]
# The first claim holds for colour only. The second is half the story: `cmap` names the colours, `vmin` and `vmax` say
# which values get them. Without limits the mask turns from violet to black. With them it is white.
#
# ### One pixel decides about all the others
#
# A stretch takes its scale from the picture. So put one wrong value, 10, into the corner of a grey photo.

# %%
grey = st.to_tensor(man)[0].numpy()
broken = grey.copy()
broken[0, 0] = 10
print(st.describe(grey))
print(st.describe(broken))

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 3)
for ax, array, title in zip(axes, (grey, broken), ("imshow,\nthe photo", "imshow,\none pixel is 10")):
    ax.imshow(array, cmap="gray")
    ax.set_title(title)
    ax.axis("off")
st.show(broken, axes[2], title="show,\none pixel is 10")
same = (drawn(grey, cmap="gray") == drawn(broken, cmap="gray")).all(axis=2).sum()
st.figure(
    fig,
    alt=f"A man with a film camera on a tripod, three times. Left, imshow draws the photo. In the middle one corner "
    f"pixel was set to 10, and imshow draws all of the photo nearly black: {same} of {grey.size:,} pixels keep their "
    f"level. Right, show draws the changed array as bright as the photo; its title says that a small part is above "
    f"white, {st.unseen(broken)[0, 1]:.4%}.",
    caption=f"One wrong pixel of {grey.size:,}. imshow darkens the others for it. show does not, and reports the one.",
)

# %% [markdown]
# `show` obeys a law: changing one pixel never changes how another is drawn. Its scale comes from the type. The law is
# proved below.
#
# The stretch hides errors of scale too. An array divided by 255 twice looks perfect in grey.

# %%
twice = grey / 255
once_seen, twice_seen = drawn(grey, cmap="gray"), drawn(twice, cmap="gray")
print(st.describe(twice))
print(f"one channel, drawn like the photo: {np.array_equal(once_seen, twice_seen)}")
print(f"three channels, brightest level: {drawn(np.dstack([twice] * 3)).max()}")

# %% [markdown]
# Do fixed limits make one channel exact? Here is every level, drawn with `vmin=0, vmax=255`.

# %% tags=["hide-input"]
every_level = np.arange(256, dtype=np.uint8).reshape(16, 16)
seen = drawn(every_level, cmap="gray", vmin=0, vmax=255)[..., 0]
dark = every_level[every_level - seen == 1]
Markdown(
    f"Almost: {len(dark)} of the 256 levels are drawn one too dark, the first is "
    f"{dark[0]}; {(seen != every_level).sum() - len(dark)} are wrong in another way. "
    f"The section *Why* says where they go."
)

# %% [markdown]
# ### What matplotlib tells you, and where
#
# When a colour array is clipped, matplotlib says so, not by a Python warning but through a logger: a line on stderr, red
# in many notebooks. `warnings.catch_warnings` never sees it. This page keeps such lines in a list instead. Draw the
# brighter cat and the darkened photo:

# %%
kept.clear()
drawn(brighter.permute(1, 2, 0).numpy())
drawn(broken, cmap="gray")
print(f"messages for two pictures: {len(kept)}", *kept, sep="\n")

# %% [markdown]
# The stretched picture, darkened by one pixel, made no message.
#
# NaN and infinity are worse. Here is the level that they get beside an ordinary pixel, and, in the last column, beside a 2.

# %% tags=["hide-input"]
def level_of(value, neighbour, channels):
    row = np.array([[value, neighbour, 0.25]])
    array = row if channels == 1 else np.dstack([row] * 3)
    with np.errstate(invalid="ignore"):  # NumPy warns when it casts NaN or inf
        return drawn(array, cmap="gray")[0, 0, 0]


columns = [(0.5, 1), (0.5, 3), (2.0, 3)]
rows = [[v, *(level_of(v, *c) for c in columns)] for v in (np.nan, np.inf, -np.inf)]
table(["value", "one channel", "three channels", "three, beside a 2"], rows)

# %% [markdown]
# With one channel all three are transparent and the white page shows, for minus infinity too. In colour a pixel with NaN
# is transparent as well, but *another* pixel decides about infinity: matplotlib clips when some finite value is out of
# range. Otherwise it casts infinity to a byte, and what that gives is up to the machine. `show` paints all three magenta.

# %% [markdown]
# ### Labels must not be blended
#
# `imshow` by default blends neighbours, except at the picture's own size, at exactly twice it, and above three times.
# That is right for light, wrong for labels. This mask has two. Draw it 100 pixels wide and look at the tripod.

# %%
mask = st.read_mask(st.data_path("masks/cameraman.png"))
blended = drawn(mask, width=100, cmap="gray")[..., 0]
nearest = drawn(mask, width=100, cmap="gray", interpolation="nearest")[..., 0]
for array in (mask, blended, nearest):
    print(f"{len(np.unique(array))} greys | {st.describe(array)}")

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 2, figsize=(6.2, 3.2))
counts = [len(np.unique(canvas)) for canvas in (blended, nearest)]
for ax, canvas, count, name in zip(axes, (blended, nearest), counts, ("the default", '"nearest"')):
    st.show(canvas[50:115, 15:85], ax, title=f"{name}: {count} greys")
st.figure(
    fig,
    alt=f"A part of the cameraman's mask, drawn small and then enlarged. Left, the default: the legs of the "
    f"tripod have grey edges; the whole drawing has {counts[0]} greys. Right, nearest: hard edges, black and "
    f"white only, {counts[1]} greys.",
    caption=f"A mask with two labels, {mask.shape[1]} pixels wide, drawn at 100, then enlarged. "
    "The greys on the left are no label of the mask.",
)

# %% [markdown]
# Draw labels with `interpolation="nearest"`, or with `show`, which does so for integers of one channel.
#
# ## Why
#
# In colour, a float $x$ is clipped, multiplied by 255, and cast to a byte. The cast drops the fraction:
#
# $$\text{level} = \lfloor 255 \, \min(\max(x, 0), 1) \rfloor$$
#
# With one channel, $x$ is placed between two limits, $v_{min}$ and $v_{max}$: yours, or else the minimum and maximum of
# the array. A colour map is a table, for `gray` of 256 colours, and the place times 256 is the entry:
#
# $$\text{entry} = \lfloor 256 \, \frac{x - v_{min}}{v_{max} - v_{min}} \rfloor$$
#
# Entry 256, for $x = v_{max}$, does not exist, and the last one is taken. Values outside the limits get the map's colours
# for under and over: its first and its last, unless set. Other pixels matter only because they set the limits.
#
# The first equation cuts [0, 1] into 255 steps and leaves white for exactly 1. The second cuts it into 256. They
# disagree in the middle:

# %% tags=["hide-input"]
half = np.array([[0.5]])
one = drawn(half, cmap="gray", vmin=0, vmax=1)[0, 0, 0]
three = drawn(np.dstack([half] * 3))[0, 0, 0]
Markdown(f"One half is level {one} with limits 0 and 1, and level {three} in colour. That answers **d**.")

# %% [markdown]
# The levels that came out too dark were rounded down a second time. The grey map stores entry $j$ as the float $j / 255$, and
# that float times 255 is cast in turn. Where the product falls short of $j$ by the last bit, a level is lost:

# %%
entries = plt.get_cmap("gray")(np.arange(256))[:, 0] * 255
short = entries < np.arange(256)
same = np.array_equal(np.flatnonzero(short), dark)
print(f"{short.sum()} entries fall short, the same as above: {same}")

# %% [markdown]
# This is why floats should be *rounded* on the way back. Let arithmetic have moved level $k$ to
# $x = k / 255 + e$, with a small error $e$. Then
#
# $$255 \, x = k + 255 \, e$$
#
# The floor of this is $k - 1$ for a negative error, however tiny. Rounding gives $k$ as long as $|255 \, e|$ is below
# $\frac{1}{2}$, that is $|e|$ below $\frac{1}{510}$.
#
# Take a short detour, the negative of the negative: `1 - (1 - x)`. How many of the 256 levels does it cost?

# %% tags=["hide-input"]
def detour(x):
    return 1 - (1 - x)


def too_dark(x):
    return (drawn(np.dstack([x[None]] * 3))[0, :, 0] < levels).sum()


rows = []
for kind in (np.float16, np.float32, np.float64):
    x0 = (levels / 255).astype(kind)
    x1 = detour(x0)
    below = sum(Fraction(float(v)) * 255 < k for k, v in enumerate(x0))
    wrong = (st.to_uint8(torch.from_numpy(x1)).numpy() != levels).sum()
    rows.append([x0.dtype, below, too_dark(x0), too_dark(x1), wrong])
header = ["type", "stored below k / 255", "drawn too dark"]
header += ["drawn too dark after the detour", "`to_uint8` after the detour: wrong"]
table(header, rows)

# %% tags=["hide-input"]
colour = detour(x).permute(1, 2, 0).numpy()
error = np.abs(colour.astype(float) - cat / 255).max()
pixels = (drawn(colour) != cat).any(axis=2).mean()
Markdown(
    f"The cat's values end at most {error:.1g} away from where they were; rounding would "
    f"forgive an error about {round(1 / 510 / error, -3):,.0f} times as large. Yet imshow draws {pixels:.0%} of the pixels "
    f"a level too dark in some channel."
)

# %% [markdown]
# <details><summary>Why float32 is safe without the detour</summary>
#
# In binary, $k / 255$ is the eight bits of $k$, repeated for ever. float32 keeps 24 bits, three repeats. What it cuts off
# begins with a 1 like what it keeps, so every level except 0 and 255, which are exact, is rounded *up*. That is luck, and
# the first subtraction ends it. float64 rounds many levels down; its product with 255 is rounded up again. float16 is
# widened before the product, so its errors stay.
#
# </details>
#
# ## The tool
#
# ### Predict the bytes
#
# `imshow_pixels` computes the two equations and draws nothing. Hold it against the canvas.

# %%
for array in (cat, colour, colour * 3 - 1, grey, broken, mask):
    limits = {"vmin": 0, "vmax": 255} if array is mask else {}
    predicted = st.imshow_pixels(array, cmap="gray", **limits)[..., :3]
    equal = np.array_equal(predicted, drawn(array, cmap="gray", **limits))
    print(f"equal: {equal}  {array.dtype} {array.shape} {limits}")

# %% [markdown]
# It also has the answers to your predictions:

# %% tags=["hide-input"]
arrays = [[[7, 7]], [[100, 101]], [[[0.5] * 3]], [[[100.0] * 3]]]
pixels = [st.imshow_pixels(np.array(array), cmap="gray") for array in arrays]
b, c, d, e = (" and ".join(str(level) for level in np.unique(p[0, :, 0])) for p in pixels)
Markdown(f"**a** {(a + 100)[0]} · **b** {b} · **c** {c} · **d** {d} · **e** {e}")

# %% [markdown]
# ### Count what is unseen
#
# The second habit: `unseen` gives for each channel the fraction below the range, above it, and not finite.

# %%
for name, row in zip("RGB", st.unseen(brighter)):
    print("{}  below {:.1%}, above {:.1%}, not finite {:.1%}".format(name, *row))

# %% [markdown]
# Now decide yourself which values are drawn black and which white. Find the narrowest limits that hide nothing, and
# look at what they do to the cat.

# %% tags=["hide-input"]
small = brighter[:, ::2, ::2]  # every second pixel keeps the page light
fig, axes = plt.subplots(2, 1, figsize=(6.2, 6.6), height_ratios=(2, 1))
st.show(small, axes[0], title="black is 0, white is 1")
st.plot_channel_densities(small, axes[1], limits=(-0.3, 1.6))
above = st.unseen(small)[:, 1]
st.live_display(
    fig,
    small,
    alt=f"The brighter cat, drawn with black at 0 and white at 1, above the distribution of its red, green and blue "
    f"values. They lie between {small.min():.2f} and {small.max():.2f}; what is beyond 1 is hatched: {above[0]:.0%} of the red "
    f"values, {above[1]:.1%} of the green and {above[2]:.1%} of the blue.",
    caption="The display range of the brighter cat. Hatched: values above white. Wide limits hide nothing and cost contrast.",
)

# %% [markdown]
# `show` writes it above the picture, taken over all channels. Here is the opening again, drawn by `show`:

# %% tags=["hide-input"]
fig, axes = plt.subplots(2, 3, figsize=(6.2, 4.9))
for column, (name, pair) in zip(axes.T, pairs.items()):
    for ax, array, place in zip(column, pair, ("above", "below")):
        st.show(array, ax, title=f"{name}, {place}")
hidden = st.unseen(pairs["C"][0]).mean(axis=0)[1]
st.figure(
    fig,
    alt=f"The three pairs of the opening, drawn by show. A: black above white. B: a black and white checkerboard above "
    f"an almost even grey. C: two white squares, but the title of the upper one says: unseen, {hidden:.0%} above white.",
    caption="The opening, drawn by show. A and B are unlike now. In C the title says what the picture cannot.",
)

# %% [markdown]
# A float photo in 0 to 255 *is* out of range. A display cannot help that, but it can say so.
#
# What is no picture is refused: here a batch, a tensor with channels last, and a single row.

# %%
for shape in [(2, 3, 300, 451), (300, 451, 3), (451,)]:
    try:
        st.show(torch.zeros(shape), Figure().add_subplot())
    except ValueError as error:
        print(error)

# %% [markdown]
# `show` takes numpy arrays with channels last and torch tensors with channels first, as is usual in each library.
# `imshow` raises a TypeError for the first and the last, and draws the second.
#
# ### From bytes to floats and back
#
# `to_uint8` rounds, clamps and refuses NaN. `to_image` does the same for one picture and puts the channels last.

# %%
print(st.to_uint8(torch.tensor([-0.1, 0.5, 1.1, torch.inf])))
print(f"the cat after the detour: {np.array_equal(st.to_image(detour(x)), cat)}")

# %% [markdown]
# ## Proof
#
# Each law is a sentence about all inputs. Predictions are held against a real canvas, for every type.

# %%
st.prove("imshow_pixels")

# %%
st.prove("show")

# %%
st.prove("to_uint8")

# %% [markdown]
# ## Elsewhere
#
# ### From floats to bytes
#
# Nine ways to make a byte of a float. The last column counts the levels that change on the detour.

# %% tags=["hide-input"]
def saved(save):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.png"
        save(path)
        return np.asarray(Image.open(path))[..., 0]


def rgb(x):
    return x.expand(3, -1, -1).permute(1, 2, 0).numpy()


ways = {
    "`(255 * x).to(torch.uint8)`": lambda x: (255 * x).to(torch.uint8)[0].numpy(),
    "torchvision `v2.ToDtype(torch.uint8, scale=True)`": lambda x: v2.ToDtype(torch.uint8, scale=True)(x)[0].numpy(),
    "torchvision `v2.ToPILImage()`": lambda x: np.asarray(v2.ToPILImage()(x)),
    "torchvision `save_image`": lambda x: saved(lambda path: save_image(x, path)),
    "matplotlib `imsave`, RGB": lambda x: saved(lambda path: plt.imsave(path, rgb(x))),
    "matplotlib `imshow`, RGB": lambda x: drawn(rgb(x))[..., 0],
    "Pillow `fromarray(255 * x).convert('L')`": lambda x: np.asarray(Image.fromarray(255 * x[0].numpy()).convert("L")),
    "OpenCV `multiply(x, 255, dtype=cv2.CV_8U)`": lambda x: cv2.multiply(x[0].numpy(), 255, dtype=cv2.CV_8U),
    "`st.to_uint8`": lambda x: st.to_uint8(x)[0].numpy(),
}


def outcome(way, value):
    try:
        with np.errstate(invalid="ignore"):
            return way(torch.full((1, 1, 1), value))[0, 0]
    except ValueError:
        return "ValueError"


every = detour(torch.arange(256).reshape(1, 16, 16) / 255)
tests = (-0.1, 0.5, 1.1, torch.nan)
rows = [[name, *(outcome(way, v) for v in tests), (way(every) != every_level).sum()] for name, way in ways.items()]
table(["way", *tests, "levels changed, of 256"], rows)

# %% [markdown]
# Each has its reason. A cast is quick and leaves the range to you; out of range C does not define its result, so another
# processor may give other numbers. `ToDtype` multiplies by just under 256 and drops the fraction: every byte gets an
# interval of the same width, one half goes down, and no level is lost here. `imsave` refuses what it would have to clip.
# `save_image` and OpenCV round and clamp, and turn NaN to black.
#
# ### From integers to floats
#
# torchvision scales by the type, not by the values. For a photo that came as int64 this is a trap.

# %%
to_float = v2.ToDtype(torch.float32, scale=True)
for kind in (torch.uint8, torch.int64):
    value = to_float(torch.full((3, 1, 1), 200, dtype=kind))[0, 0, 0]
    print(f"torchvision, 200 as {kind}: {value:.3g}")
try:
    st.to_tensor(np.full((1, 1, 3), 200))
except TypeError as error:
    print(error)

# %% [markdown]
# It divides by the largest number of the type. That is consistent: nothing in the array says that 255 was meant. The
# photo is black all the same. `to_tensor` asks you to decide.
#
# ### Sums of bytes
#
# OpenCV was made for pictures: its sums *saturate*, they stop at 0 and 255. The photo does not turn cyan.

# %% tags=["hide-input"]
up = cv2.add(cat, np.full_like(cat, 100))
down = cv2.subtract(up, np.full_like(cat, 100))
around = wrapped - 100
Markdown(
    f"After 100 levels up and down again, OpenCV has changed {(down != cat).mean():.0%} "
    f"of the values, NumPy's wrap-around {(around != cat).mean():.0%}. Wrapping is ugly "
    f"and can be undone. Saturation looks right and cannot."
)

# %% [markdown]
# ## Your turn
#
# ### 1. `to_uint8` · 5 minutes · easy
#
# The law: every level $k$ comes back from $k / 255$ in any float type; a value between two levels goes to the nearer one;
# below 0 becomes 0 and above 1 becomes 255, infinities included; the shape is kept. NaN is a ValueError whose message
# contains `NaN`, and a tensor that is not float is a TypeError whose message names its dtype.

# %%
def to_uint8(x):
    ...


st.check(to_uint8)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Multiply, round, clamp, cast: in this order. A cast before the clamp wraps. Do the arithmetic in float32 when `x` is half
# precision. `x.is_floating_point()` asks about the type, `torch.isnan(x).any()` about NaN. `x.detach()` lets go of a gradient.
#
# </details>

# %%
st.answer("to_uint8")

# %% [markdown]
# ### 2. `unseen` · 10 minutes · medium
#
# The law: for each channel the fraction of values below the range, above it, and not finite, as a float64 array (C, 3). 0 and 1
# themselves are seen. The range is [0, 1] for floats and [0, 255] for integers. Channels are the last axis of an array
# (H, W, C) and the third from the end of a tensor (…, C, H, W); two axes are one channel. Fewer axes than two, an array with more
# than three, or no values: ValueError with the shape. No tensor and no array, or complex numbers: TypeError naming the type.

# %%
def unseen(x):
    ...


st.check(unseen)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Bring the channel axis to the front with `np.moveaxis` and flatten the rest: then every case is (C, number of values), and the
# mean of a comparison along axis 1 is a fraction. An infinity is greater than 1, but it counts as not finite only.
# Of a tensor, `.detach()` first; numpy has no bfloat16, so `.float()` that.
#
# </details>

# %%
st.answer("unseen")

# %% [markdown]
# ### 3. `imshow_pixels` for 2-D arrays · 40 minutes · hard
#
# The law: for a 2-D array of any real type, any colour map and any limits, the result, uint8 (H, W, 4), equals what matplotlib draws, byte
# for byte. A constant is drawn in the first colour, values outside the limits in the map's colours for under and over, and four
# times the values draw the same picture.
#
# The check holds you to *all* laws of `imshow_pixels`. With the 2-D half alone, those about a 2-D array, limits, a
# constant, the scale, and the argument hold. Those about colour arrays, NaN, infinity and refusals stay `BROKEN`:
# they are yours if you go on and add the other pipeline.

# %%
def imshow_pixels(array, *, cmap=None, vmin=None, vmax=None):
    ...


st.check(imshow_pixels)

# %% [markdown]
# <details><summary>Hint</summary>
#
# `matplotlib.colormaps.get_cmap(cmap)` gives the map: `colors.N` is its number of entries, and not every map has 256. Called with an array
# of whole numbers it gives RGBA floats, which are multiplied by 255 and cast. The bytes agree only if the place is computed as matplotlib does
# it: in the array's own float type, integers in `np.promote_types(array.dtype, np.float32)`, with a cast back to it after
# the subtraction and after the division. `colors(-1)` is the colour under, `colors(colors.N)` the colour over. Take the floor (a
# cast would turn -0.5 into entry 0), and clip before the cast: float16 overflows. Take care of `vmin` equal to `vmax`.
#
# </details>

# %%
st.answer("imshow_pixels")

# %% [markdown]
# ## What you can do now
#
# 1. say, from type and shape alone, what `imshow` does to an array, and predict its bytes
# 2. see with two habits, `describe` and `unseen`, what a picture leaves out
# 3. go from bytes to floats and back without losing a level
#
# The first: three channels are clipped to the range of their type, one channel is stretched over a table, and floors give the
# level. The second: one line told all pairs apart, and the fractions count what lies beyond black and white. The third:
# permute and divide by 255; on the way back round, clamp, then cast.
