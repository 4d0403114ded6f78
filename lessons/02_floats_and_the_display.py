# %% [markdown]
# # Unequal arrays, one and the same picture
#
# 15 minutes · and 35 for the exercises · after lesson 1 · uses `imshow_pixels`, `show`, `describe`, `unseen`, `to_uint8`

# %% tags=["hide-input"]
import logging

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import seeing_tensors as st

plt.style.use(st.STYLE)
# matplotlib logs a line for each picture that it clips; the appendix shows them
logging.getLogger("matplotlib.image").setLevel(logging.ERROR)


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
seen = [[st.imshow_pixels(each, cmap="gray") for each in pair] for pair in pairs.values()]
alike = sum(np.array_equal(*pair) for pair in seen)
st.figure(
    fig,
    alt=f"Three pairs of square pictures, one above the other. A: black above black. B: a black "
    "and white "
    f"checkerboard above the same checkerboard. C: white above white. {alike} of the {len(pairs)} "
    "pairs are drawn "
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
# A *level* is a whole number from 0, black, to 255, white. Commit yourself to each; the answers stand where they are
# measured.

# %% tags=["remove-input"]
a = st.predict("What is np.array([200], np.uint8) + 100?", ["44", "255", "300"], guess=...)
b = st.predict(
    'Which level does imshow([[7, 7]], cmap="gray") draw?', ["0", "7", "255"], guess=...
)
c = st.predict(
    'Which levels does imshow([[100, 101]], cmap="gray") draw?',
    ["100 and 101", "0 and 255"],
    guess=...,
)
d = st.predict(
    "At which level is a float pixel drawn whose R, G and B are all one half?",
    ["127", "128", "it depends on other pixels"],
    guess=...,
)
e = st.predict(
    "At which level is a float pixel drawn whose R, G and B are all 100?",
    ["100", "255", "no level: an error"],
    guess=...,
)

# %% [markdown]
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
# like a blank page. The pictures said nothing, the lines did. That is the first habit: after every step, print the line.
#
# ### Bytes wrap around
#
# A photo is stored in bytes, `uint8`. Make a photo brighter by 100 levels, once in bytes, once in floats. Look at the
# bright fur.

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
    alt=f"The cat twice. Left, in bytes: bright fur has turned cyan, with a few blue spots, and "
    "the bright "
    f"background black and blue, all with hard edges, because {lost[0]:.0%} of the red values "
    "wrapped around "
    f"to dark ones, {lost[1]:.0%} of the green and {lost[2]:.0%} of the blue. Right, in floats: a "
    "pale, "
    f"bright cat; its title says that {st.unseen(brighter)[:, 1].mean():.0%} of the values are "
    "above white.",
    caption="The same cat, 100 levels brighter. For the bytes on the left nothing was raised or "
    "logged.",
)

# %% tags=["remove-input"]
a.reveal(str((np.array([200], np.uint8) + 100)[0]))

# %% [markdown]
# A byte holds 0 to 255, and its arithmetic is modulo 256: 300 becomes 44 and -10 becomes 246, without a word.
#
# `show` writes above the picture how much of it cannot be seen. The floats beyond 1 are still there: take the 100
# levels away, and the photo is back. That is why networks get floats: they have headroom, and, as the
# [appendix](more_02_values_and_memory.ipynb) shows, room for a gradient.
#
# ### imshow has two pipelines
#
# First a witness that does not resize: a canvas with one pixel for each pixel of the array. `drawn(array)` returns the
# levels on it.

# %% tags=["hide-input", "remove-input"]
def drawn(array, width=None, **options):
    """The levels (H, W, 3) that matplotlib's canvas holds after imshow."""
    width = width or array.shape[1]
    height = round(width * array.shape[0] / array.shape[1])
    size = (width / 100, height / 100)
    # Without the style's layout: a canvas of bare pixels has none.
    fig = Figure(size, dpi=100, facecolor="white", layout="none")
    canvas = FigureCanvasAgg(fig)
    ax = fig.add_axes((0, 0, 1, 1))
    ax.axis("off")
    ax.imshow(array, aspect="auto", **options)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


print(f"colour bytes are drawn as they are: {np.array_equal(drawn(cat), cat)}")

# %% [markdown]
# Give it two numbers as a row of an (H, W) array, and again as grey pixels of an (H, W, 3) array. Compare the last two
# columns.

# %% tags=["hide-input", "remove-input"]
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
#   picture with values 0 and 1 is nearly black; a bool picture is black and white.
# - **(H, W) and (H, W, 1) are stretched.** The smallest value becomes black and the largest white, whatever the type. A
#   constant has no range and gets the first colour.
#
# The same canvas answers what you predicted:

# %% tags=["remove-input"]
def levels_of(*values):
    return " and ".join(map(str, np.unique(drawn(np.array([[*values]]), cmap="gray")[0, :, 0])))


b.reveal(levels_of(7, 7))
c.reveal(levels_of(100, 101))
d.reveal(levels_of([0.5] * 3))
e.reveal(levels_of([100.0] * 3))

# %% [markdown]
# You may have read that `imshow` shows floats between 0 and 1 without scaling, and that a grey picture looks wrong only
# without `cmap="gray"`. Test it on a mask of ones.

# %%
ones = np.ones((4, 4), np.float32)
limits = {"cmap": "gray", "vmin": 0, "vmax": 1}
for options in ({}, {"cmap": "gray"}, limits):
    print(f"{drawn(ones, **options)[0, 0]}  {options}")

# %% [markdown]
# The first claim holds for colour only. The second is half the story: `cmap` names the colours, `vmin` and `vmax` say
# which values get them. Without limits the mask turns from violet to black. With them it is white.
#
# ### One pixel decides about all the others
#
# A stretch takes its scale from the picture. Here are five values on a line, drawn by both pipelines. Move the last one
# up to 2. In colour its pixel changes, and is clipped at 1; no other does. With one channel three of the four pixels
# change whose values you left alone. Then give it limits.

# %% tags=["hide-input"]
five = [0.1, 0.3, 0.5, 0.7, 0.9]
moved = [*five[:4], 2.0]
strips, titles = [], []
for values in (five, moved):
    flat = np.array([values], np.float32)
    strips += [np.dstack([flat] * 3), flat]
    titles += [f"{values[-1]} at the end: (1, 5, 3), clipped", "(1, 5), stretched"]
levels = [st.imshow_pixels(strip, cmap="gray")[0, :, 0] for strip in strips]
fig, axes = plt.subplots(4, 1, figsize=(6.2, 3.9))
for ax, strip, title, row in zip(axes, strips, titles, levels, strict=True):
    ax.imshow(strip.clip(0, 1) if strip.ndim == 3 else strip, cmap="gray", aspect="auto")
    ax.set_title(title)
    ax.axis("off")
    for place, level in enumerate(row):
        ink = "white" if level < 128 else "black"
        ax.text(place, 0, level, ha="center", va="center", color=ink)
said = [", ".join(map(str, row)) for row in levels]
st.live_pipelines(
    fig,
    five,
    alt="Five grey pixels in a row, four times, with their levels. For the values "
    f"{', '.join(map(str, five))}: in colour {said[0]}, with one channel {said[1]}. With "
    f"{moved[-1]} instead of {five[-1]}: in colour {said[2]}, with one channel {said[3]}.",
    caption="One array in two shapes. In colour a pixel depends on its own value, with one channel "
    "on all.",
)

# %% [markdown]
# Now a photo: put one wrong value, 10, into the corner of a grey one.

# %%
grey = st.to_tensor(man)[0].numpy()
broken = grey.copy()
broken[0, 0] = 10
print(st.describe(grey))
print(st.describe(broken))

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 3)
titles = ("imshow,\nthe photo", "imshow,\none pixel is 10")
for ax, array, title in zip(axes, (grey, broken), titles):
    ax.imshow(array, cmap="gray")
    ax.set_title(title)
    ax.axis("off")
st.show(broken, axes[2], title="show,\none pixel is 10")
same = (drawn(grey, cmap="gray") == drawn(broken, cmap="gray")).all(axis=2).sum()
st.figure(
    fig,
    alt=f"A man with a film camera on a tripod, three times. Left, imshow draws the photo. In the "
    "middle one corner "
    f"pixel was set to 10, and imshow draws all of the photo nearly black: {same} of {grey.size:,} "
    "pixels keep their "
    f"level. Right, show draws the changed array as bright as the photo; its title says that a "
    "small part is above "
    f"white, {st.unseen(broken)[0, 1]:.4%}.",
    caption=f"One wrong pixel of {grey.size:,}. imshow darkens the others for it. show does not, "
    "and reports the one.",
)

# %% [markdown]
# `show` obeys a law: changing one pixel never changes how another is drawn. Its scale comes from the type. The stretch
# hides errors of scale too: an array divided by 255 twice looks perfect in grey.
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
# Entry 256, for $x = v_{max}$, does not exist, and the last one is taken. Its colour, three floats $c$ from 0 to 1, becomes
# bytes as above, $\lfloor 255 c \rfloor$. Values outside the limits get the map's first
# and its last colour, unless it has others for them. Other pixels matter only because they set the limits.
#
# The first equation cuts [0, 1] into 255 steps and leaves white for exactly 1. The second cuts it into 256. So they
# disagree in the middle.

# %% tags=["remove-input"]
half = np.array([[0.5]])
one = drawn(half, cmap="gray", vmin=0, vmax=1)[0, 0, 0]
three = drawn(np.dstack([half] * 3))[0, 0, 0]
Markdown(f"One half is level {one} with limits 0 and 1, and level {three} in colour.")

# %% [markdown]
# A floor is no good way back to bytes. Let arithmetic have moved level $k$ to $x = k / 255 + e$, with a small error $e$.
# Then
#
# $$255 \, x = k + 255 \, e$$
#
# The floor of this is $k - 1$ for a negative error, however tiny. Rounding gives $k$ as long as $|255 \, e|$ is below
# $\frac{1}{2}$, that is $|e|$ below $\frac{1}{510}$. Take a short detour, the negative of the negative, `1 - (1 - x)`, with
# the cat:

# %%
def detour(x):
    return 1 - (1 - x)


colour = detour(x).permute(1, 2, 0).numpy()

# %% tags=["remove-input"]
error = np.abs(colour.astype(float) - cat / 255).max()
pixels = (drawn(colour) != cat).any(axis=2).mean()
Markdown(
    f"The cat's values end at most {error:.1g} away from where they were; rounding would "
    f"forgive an error about {round(1 / 510 / error, -3):,.0f} times as large. Yet imshow draws "
    f"{pixels:.0%} of the pixels "
    f"a level too dark in some channel."
)

# %% [markdown]
# ## The tool
#
# ### Predict the bytes
#
# `imshow_pixels` computes the two equations and draws nothing. Hold it against the canvas.

# %%
for array in (cat, colour, colour * 3 - 1, grey, broken):
    predicted = st.imshow_pixels(array, cmap="gray")[..., :3]
    equal = np.array_equal(predicted, drawn(array, cmap="gray"))
    print(f"equal: {equal}  {array.dtype} {array.shape}")

# %% [markdown]
# ### Count what is unseen
#
# The second habit: `unseen` gives for each channel the fraction below the range, above it, and not finite.

# %%
for name, row in zip("RGB", st.unseen(brighter)):
    below, above, broken_ones = row
    print(f"{name}  below {below:.1%}, above {above:.1%}")

# %% [markdown]
# Now decide yourself which values are drawn black and which white. Find the narrowest limits that hide nothing, and
# look at what they do to the cat. With *your own photo* in the figure, do the same.

# %% tags=["hide-input"]
fig, axes = plt.subplots(2, 1, figsize=(6.2, 6.6), height_ratios=(2, 1))
st.show(brighter, axes[0], title="black is 0, white is 1")
st.plot_channel_densities(brighter, axes[1], limits=(-0.3, 1.6))
above = st.unseen(brighter)[:, 1]
st.live_display(
    fig,
    brighter,
    alt=f"The brighter cat, drawn with black at 0 and white at 1, above the distribution of its "
    "red, green and blue "
    f"values. They lie between {brighter.min():.2f} and {brighter.max():.2f}; what is beyond 1 is "
    f"hatched: {above[0]:.0%} of the red "
    f"values, {above[1]:.1%} of the green and {above[2]:.1%} of the blue.",
    caption="The display range of the brighter cat. Hatched: values above white. Wide limits hide "
    "nothing and cost contrast.",
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
    alt=f"The three pairs of the opening, drawn by show. A: black above white. B: a black and "
    "white checkerboard above "
    f"an almost even grey. C: two white squares, but the title of the upper one says: unseen, "
    f"{hidden:.0%} above white.",
    caption="The opening, drawn by show. A and B are unlike now. In C the title says what the "
    "picture cannot.",
)

# %% [markdown]
# A float photo in 0 to 255 *is* out of range. A display cannot help that, but it can say so. (`show` takes numpy arrays
# with channels last and torch tensors with channels first, as is usual in each library, and refuses what is neither.)
#
# ### From bytes to floats and back
#
# `to_tensor` permutes and divides; `to_uint8` rounds, clamps and refuses NaN; `to_image` does the same for one picture
# and puts the channels last. Permutes, not reshapes: both give the shape (3, H, W), and one of them is no cat.

# %%
forgotten = torch.from_numpy(cat)
reshaped = forgotten.reshape(3, 300, 451)
permuted = forgotten.permute(2, 0, 1)
for tensor in (forgotten, reshaped, permuted):
    print(st.describe(tensor))
print(st.to_uint8(torch.tensor([-0.1, 0.5, 1.1, torch.inf])))
same = np.array_equal(st.to_image(detour(x)), cat)
print(f"the cat after the detour: {same}")

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 2, figsize=(6.2, 2.5))
st.show(reshaped, axes[0], title="reshape(3, 300, 451)")
st.show(permuted, axes[1], title="permute(2, 0, 1)")
moved = (reshaped != permuted).any(dim=0).double().mean().item()
st.figure(
    fig,
    alt=f"Left, the reshaped tensor: no cat, only fine stripes and blurred patches of violet and "
    f"green; {moved:.1%} "
    f"of the pixels are not those of the photo. Right, the permuted tensor: the cat.",
    caption="Reshape keeps the order in memory and cuts it elsewhere. Permute keeps each pixel "
    "whole and renames the axes.",
)

# %% [markdown]
# ## Proof
#
# Each law is a sentence about all inputs. Predictions are held against a real canvas, for every type.

# %%
st.prove("imshow_pixels")

# %%
st.prove("show")

# %% [markdown]
# ## Elsewhere
#
# Every library makes bytes of floats in its own way. On the detour above a cast to `uint8` and matplotlib lose levels;
# torchvision's `v2.ToDtype` cuts [0, 1] into 256 intervals of one width and loses none, but draws one half at 127;
# `save_image`, OpenCV and `to_uint8` round. Outside [0, 1] some wrap, some clamp, some refuse. And torchvision scales
# integers by their *type*: 200 as int64 becomes next to nothing, black. The [appendix](more_02_values_and_memory.ipynb) has the
# tables, what matplotlib logs, NaN and infinity, labels blended by a display, and why 128 is not half as much light as
# 255.
#
# ## Your turn
#
# An exercise is *solved* when its laws of mathematics hold, on ordinary pictures; *unbreakable* is a second star.

# %% [markdown]
# ### 1. `to_uint8` · 5 minutes · easy
#
# The mathematics: each of the 256 levels of a byte comes back from its float; a value between two levels goes to the
# nearer one; below 0 becomes 0 and above 1 becomes 255.
#
# Good for: files and logs, which hold bytes: no level is lost on the way back.
#
# *Unbreakable* asks for more: every float type and infinities; NaN is a ValueError whose message contains `NaN`, and a
# tensor that is not float a TypeError whose message names its dtype.

# %%
def to_uint8(x):
    """Float tensor, 0 black and 1 white -> uint8, of the same shape."""
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
# The mathematics: for each channel of a float tensor (C, H, W) the fraction of finite values below 0, of
# finite values above 1, and of values that are not finite, all of all values, as a float64 array (C, 3). 0 and 1 themselves are seen.
#
# Good for: knowing how much a picture of a tensor leaves out, before you believe the picture.
#
# *Unbreakable* asks for more: arrays (H, W, C), two axes, any axes before (C, H, W), integers, whose range is [0, 255];
# and what is no picture is refused: a ValueError with the shape, or a TypeError naming the type.

# %%
def unseen(x):
    """Array or tensor -> float64 (C, 3): below, above, not finite."""
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
# ### 3. `imshow_pixels`, 2-D · 20 minutes · hard
#
# The mathematics: for a 2-D array in float32 or uint8 the result, uint8 (H, W, 4), equals what matplotlib draws, byte for
# byte, with a colour map and limits or without. A constant is drawn in the first colour. Colour pictures are the other
# pipeline, and not asked for.
#
# Good for: testing what a figure shows without drawing it.
#
# *Unbreakable* asks for more: any real type, maps with colours of their own for under and over; refused are NaN and inf,
# limits that are no range, transparent maps, other shapes and, as a TypeError, what is no array of real numbers.

# %%
def imshow_pixels(array, *, cmap=None, vmin=None, vmax=None):
    """Real numbers (H, W) -> the bytes that imshow draws, (H, W, 4)."""
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

# %% tags=["remove-input"]
st.guesses(2)

# %% [markdown]
# The first: three channels are clipped to the range of their type, one channel is stretched over a table, and floors give the
# level. The second: one line told all pairs apart, and the fractions count what lies beyond black and white. The third:
# permute and divide by 255; on the way back round, clamp, then cast.
