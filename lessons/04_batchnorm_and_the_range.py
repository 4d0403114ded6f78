# %% [markdown]
# # A batch-normalised photo shows its neighbours
#
# 25 minutes · and 45 for the exercises · after lesson 3 · uses `batch_norm`, `BatchNorm2d`, `keras_options`, `channel_densities`, `plot_channel_densities`, `split_view`

# %% tags=["hide-input"]
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from unittest import TestCase

import matplotlib.pyplot as plt
import numpy as np
import seaborn
import torch
from IPython.display import Markdown
from PIL import Image

import seeing_tensors as st

plt.style.use(st.STYLE)
torch.manual_seed(0)


def piece(name, top, left):
    """A part of a photo, 300 pixels high and 360 wide."""
    return st.read_image(st.data_path(f"photos/{name}"))[top : top + 300, left : left + 360]


cat_image = piece("animals/cat.png", 0, 45)
cat = st.to_tensor(cat_image)
galaxies = [st.to_tensor(piece("space/hubble.jpg", top, left)) for top, left in [(0, 0), (120, 200)]]
outdoors = [st.to_tensor(piece("people/cameraman.jpg", top, 6)) for top in (0, 188)]
among_dark = st.batch_norm(torch.stack([cat, *galaxies]))[0]
among_bright = st.batch_norm(torch.stack([cat, *outdoors]))[0]

fig, axes = plt.subplots(1, 3, figsize=(6.2, 2.3))
for ax, picture, title in zip(axes, (cat, among_dark, among_bright), ("the photo", "BatchNorm,\nin batch A", "BatchNorm,\nin batch B")):
    st.show(picture.clamp(0, 1), ax, title=title)
lost = [st.unseen(v).mean(axis=0) for v in (among_dark, among_bright)]
st.figure(
    fig,
    alt=f"A cat's face three times. First as in the file. In batch A it is nearly white, with {lost[0][1]:.0%} of all values above "
    f"white. In batch B it is nearly black, a few fiery patches on the fur, with {lost[1][0]:.0%} of all values below black.",
    caption="The same photo through the same BatchNorm, twice. Nothing about the cat is different.",
)

# %% [markdown]
# **After this lesson you can**
#
# 1. say which pixels of a batch decide what becomes of a photo, in training and in evaluation
# 2. read pictures and densities of normalised data without taking the drawing for the data
# 3. carry a BatchNorm layer from torch to Keras, to another memory layout or to several processes, and say what changes
#
# ## Predict
#
# BatchNorm, a layer of many image networks, normalises as in lesson 3, but by the batch at hand: from each channel it subtracts the mean over all pixels of all photos, and it divides by their standard deviation. A batch holds two grey photos of one pixel each, `0.2` and `0.6`. On paper:
#
# 1. What becomes of `0.2`? (a) `0.2` (b) about 0 (c) $-1$
# 2. Now the other photo is `0.1` in place of `0.6`. What becomes of `0.2`? (a) the same as before (b) $+1$ (c) something a little higher
# 3. You scale BatchNorm's output to [0, 1] by its minimum and maximum and look at it. The colours are paler than the photo's. What has BatchNorm done to the spread of the values? (a) narrowed it (b) nothing (c) this picture cannot tell
#
# ## Look

# %%
for other in (0.6, 0.1):
    pair = torch.tensor([0.2, other]).reshape(2, 1, 1, 1)
    print(f"0.2 with {other}:", st.batch_norm(pair).flatten())

# %% [markdown]
# So (c), then (b). Of two clearly different numbers the smaller becomes $-1$ and the larger $+1$, whatever they were (but for `eps`, of which more below). Only which one is brighter is left. The cat met the same fate: the others in batch A were two pieces of a galaxy photo, which is dark; in batch B, two pieces of a grey photo taken outdoors, which is bright.

# %%
print("before      ", st.describe(cat))
print("among dark  ", st.describe(among_dark))
print("among bright", st.describe(among_bright))

# %% [markdown]
# ### A picture that misleads
#
# Now three colourful photos in one batch. Most of the output is outside [0, 1], so a common recipe scales the batch by its minimum and maximum before drawing. Compare the colours of the two rows.

# %%
coffee = st.to_tensor(piece("things/커피.png", 50, 130))
astronaut = st.to_tensor(piece("people/astronaut.jpg", 0, 12))
x = torch.stack([cat, coffee, astronaut])
y = st.batch_norm(x)
drawn = st.min_max_scale(y)
print("x    ", st.describe(x))
print("y    ", st.describe(y))
print("drawn", st.describe(drawn))

# %% tags=["hide-input"]
fig, axes = plt.subplots(2, 1, figsize=(6.2, 4))
st.show_grid(x, axes[0], columns=3, title="the photos")
st.show_grid(drawn, axes[1], columns=3, title="after BatchNorm, min-max scaled for drawing")
before, after = ([st.saturation(p) for p in batch] for batch in (x, drawn))
st.figure(
    fig,
    alt=f"Two rows of a cat, a red cup of coffee and an astronaut in orange. In the lower row a haze lies over everything. The cat is "
    f"a bluish grey, its saturation {after[0]:.2f}, above {before[0]:.2f}; the cup is faded, {after[1]:.2f}, above {before[1]:.2f}; the wall behind "
    "the astronaut, grey above, is blue.",
    caption="The batch and a min-max drawing of its BatchNorm. Did BatchNorm narrow the data?",
)

# %% tags=["hide-input"]
spread = [v.std().item() for v in (x, y, drawn)]
Markdown(
    f"No, it widened them. The std was {spread[0]:.2f}; BatchNorm made it **{spread[1]:.2f}**, "
    f"{spread[1] / spread[0]:.1f} times as wide. Then the drawing divided by max − min = {y.max() - y.min():.2f}, which leaves "
    f"{spread[2]:.2f}. Min-max draws the same picture however wide the values lie, so the third answer is (c): this picture cannot tell."
)

# %% [markdown]
# Why are the colours paler? One explanation: the values crowd into the middle of the scale, so red, green and blue become alike. Another: BatchNorm moves the mean of *each channel* to the same place, so the colour that the photos have in common is taken away. Do one without the other, and measure the saturation, (max − min) / max of a pixel's red, green and blue: 0 is grey, 1 a pure colour.

# %%
channel_means = x.mean(dim=(0, 2, 3), keepdim=True)
crowded = (x - x.mean()) / x.std() * drawn.std() + drawn.mean()   # one slope and offset for all channels
centred = (x - channel_means + x.mean()).clamp(0, 1)              # each channel shifted, nothing squeezed
table = {"the photo": x, "only crowded": crowded, "only centred": centred, "BatchNorm, min-max scaled": drawn}

# %% tags=["hide-input"]
rows = "".join(f"| {name} | " + " | ".join(f"{st.saturation(p):.2f}" for p in batch) + " |\n" for name, batch in table.items())
Markdown("| mean saturation | cat | coffee | astronaut |\n|---|---|---|---|\n" + rows)

# %% [markdown]
# Both are at work, and they differ in kind. Crowding fades every photo. Centring fades the photos that share the batch's warm cast, the cat most of all, and *colours* the one that does not: the grey wall turns blue, because it is less red than the batch on average.
#
# ### Where the values lie
#
# A density is a smoothed histogram of area 1: it is high at values that many pixels of a channel have. In the next figure look at the hatched sides: the picture beside them cannot show what lies there.

# %% tags=["hide-input"]
def beside(rows, limits):
    """Each picture as the display clips it, and beside it where its values lie, on one axis for all."""
    fig, axes = plt.subplots(len(rows), 2, figsize=(6.2, 2.2 * len(rows)), width_ratios=(1, 2))
    for (left, right), (title, picture) in zip(axes, rows):
        st.show(picture.clamp(0, 1), left, title=title)
        st.plot_channel_densities(picture, right, limits=limits).set(xlabel="", ylabel="")
    right.set_xlabel("value")
    return fig


fig = beside([("the photo", x[0]), ("BatchNorm", y[0])], limits=(-4, 4))
seen = 1 - st.unseen(y[0])[:, :2].sum(axis=1)
st.figure(
    fig,
    alt=f"Above, the cat, and beside it three narrow humps between 0 and 1, in the white part of the axis. Below, the cat after BatchNorm, "
    f"dark with hard contrasts, and beside it three wide humps on top of one another, half of them in the hatched part left of 0. Of red {seen[0]:.0%} "
    f"is seen, of green {seen[1]:.0%}, of blue {seen[2]:.0%}.",
    caption="One axis for both, symmetric around 0. The hatched parts are unseen, with the fraction of each channel.",
)

# %% [markdown]
# The fractions are counted pixel by pixel. The curve is not a count: every pixel adds a little Gaussian of width $h$ around its value, and Gaussians do not stop at 0. Two pictures whose every value lies in [0, 1] show it. Compare the curve in the hatched parts with the fraction that is written there.

# %% tags=["hide-input"]
ramp = torch.arange(256).repeat_interleave(16).reshape(1, 64, 64) / 255
halves = (ramp > 0.5).float()
grid = np.linspace(-2, 3, 5001)
outside = [st.channel_densities(p, grid)[0][(grid < 0) | (grid > 1)].sum() * 0.001 for p in (ramp, halves)]
at_edge = st.channel_densities(ramp, [0.0])[0, 0]

fig = beside([("all levels", ramp), ("two levels", halves)], limits=(-1, 2))
st.figure(
    fig,
    alt=f"Above, a ramp of greys, and its density: a plateau between 0 and 1 that slopes down across both edges, {outside[0]:.1%} of it outside. Below, "
    f"a picture half black and half white, and two humps centred on 0 and 1, {outside[1]:.0%} of them outside. The labels on the hatched sides say 0% unseen in both.",
    caption="Nothing is outside [0, 1]. The curves say otherwise.",
)

# %% tags=["hide-input"]
Markdown(
    f"{outside[0]:.1%} of the upper curve and {outside[1]:.0%} of the lower one lie where no pixel is. The library seaborn draws such curves too; its `cut=0` ends them at "
    f"the data and hides the tail, but does not put it back: the area of the upper one is then {1 - outside[0]:.3f}, and the density at the edge "
    f"{at_edge:.2f} where the truth is 1. To know a range, count; to see a shape, draw."
)

# %% [markdown]
# So draw the normalised data itself and its min-max copy, and say which is which.

# %% tags=["hide-input"]
fig = beside([("the photo", x[0]), ("BatchNorm", y[0]), ("min-max of it", drawn[0])], limits=(-4, 4))
st.figure(
    fig,
    alt=f"Three pictures of the cat and their densities on one axis. Before: std {x[0].std():.2f}, the three humps side by "
    f"side. After BatchNorm: std {y[0].std():.2f}, wide and low. Min-max scaled: std {drawn[0].std():.2f}, narrow again, the humps on top of one another.",
    caption="The third row is what is often shown as “after BatchNorm”. It is the second one, squeezed. Heights are not to one scale.",
)

# %% [markdown]
# To compare two versions of a photo, join their halves: `st.split_view(x[0], y[0])` is the left of the photo and the right of its BatchNorm. It cuts at the middle *column*, $\lfloor W/2 \rfloor$. A published version takes the column from the height, and draws its line at 128: right for 256 × 256, and wrong here. Look for the line and the seam.

# %% tags=["hide-input"]
height, width = cat.shape[1:]
wrong = torch.cat([x[0][..., : height // 2], y[0][..., height // 2 :]], dim=-1)
fig, axes = plt.subplots(1, 2, figsize=(6.2, 2.9))
mark = {"color": st.COLORS["mark"], "linestyle": "--"}
st.show(st.split_view(x[0], y[0]).clamp(0, 1), axes[0], title=f"split at column {width // 2}").axvline(width / 2, **mark)
st.show(wrong.clamp(0, 1), axes[1], title=f"split at {height // 2}, line at 128").axvline(128, **mark)
st.figure(
    fig,
    alt=f"The cat, left half photo, right half normalised. In the first picture the dashed line runs along the seam, at column "
    f"{width // 2} of {width}. In the second the seam is at column {height // 2} and the line {height // 2 - 128} columns beside it.",
    caption="Left half: the photo. Right half: after BatchNorm, clipped. The line belongs on the seam.",
)

# %% [markdown]
# matplotlib knows that it clips. It raises no Python warning, which a test run could turn into an error. It writes to a logger: one more line on the screen. A test can demand that line, or its absence:

# %%
fig, ax = plt.subplots()
with TestCase().assertLogs("matplotlib.image", "WARNING") as caught:
    ax.imshow(y[0].permute(1, 2, 0))
plt.close(fig)
print(caught.output[0])

# %% [markdown]
# ## Why
#
# For channel $c$ let the batch have $n = N H W$ values $x_i$. Their mean and variance are
#
# $$\mu = \frac{1}{n} \sum_i x_i \qquad \sigma^2 = \frac{1}{n} \sum_i (x_i - \mu)^2$$
#
# and BatchNorm, in the mode in which networks are trained, is
#
# $$y_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}} \, w + b$$
#
# with a learned weight $w$ and bias $b$ per channel, 1 and 0 at first, and a small $\epsilon$ (`eps`) against division by zero. Without them the mean of $y$ is 0 and its variance $\sigma^2 / (\sigma^2 + \epsilon)$. Four things follow.
#
# **The neighbours enter through two numbers.** Nothing but $\mu$ and $\sigma^2$ of the batch is in the formula. It is said that a photo's channels are pulled together because its neighbours are bimodal, that is, have two peaks. Exchange bimodal neighbours for Gaussian ones with the same mean and variance:

# %%
two_peaks = torch.tensor([-1.0, 1.0]).double().repeat(3 * 300 * 360).reshape(2, 3, 300, 360)
bell = torch.randn(2, 3, 300, 360, dtype=torch.float64)
bell = (bell - bell.mean((0, 2, 3), keepdim=True)) / bell.std((0, 2, 3), correction=0, keepdim=True)
a, b, c = (st.batch_norm(torch.cat([cat[None].double(), 0.5 + s * other]))[0] for s, other in [(0.3, two_peaks), (0.3, bell), (0.6, bell)])

# %% tags=["hide-input"]
Markdown(
    f"Bimodal against Gaussian: the cat differs by at most **{(a - b).abs().max():.0e}**. "
    f"Gaussian neighbours of twice the std: by **{(a - c).abs().max():.1f}**. The shape has no say."
)

# %% [markdown]
# **It has no fixed range.** Let one value lie a distance $d$ from the mean. The other $n - 1$ lie, all together, $d$ on the other side, and their squares add up to at least $d^2 / (n - 1)$, which is when they share it evenly. So $d^2 + d^2 / (n - 1) \le n \sigma^2$, and for $w = 1$, $b = 0$ that is $|y_i| \le \sqrt{n - 1}$. But for $\epsilon$, one bright pixel among black ones gets there; a min-max drawing of it is one white dot on black. Pictures whose values fill [0, 1] evenly end mostly outside it.

# %%
dot = torch.zeros(1, 1, 64, 64)
dot[0, 0, 20, 40] = 1.0
uniform = torch.rand(8, 3, 64, 64)
print("one pixel of 4096: ", f"{st.batch_norm(dot).max():.2f}", " bound", f"{math.sqrt(4096 - 1):.2f}")
print("even pictures, outside [0, 1]:", f"{st.unseen(st.batch_norm(uniform)).sum(axis=1).mean():.0%}")

# %% [markdown]
# **It forgets what was done before.** Replace $x$ by $a x + c$: mean and deviation scale along, and only $\epsilon$ notices. Exactly, $\mathrm{BN}_\epsilon(a x + c) = \pm \mathrm{BN}_{\epsilon / a^2}(x)$, with the sign of $a$. So scaling to 255 or by ImageNet's constants right before a BatchNorm in training has almost no effect.

# %%
scaled = {"255 x": 255 * x, "normalize(x)": st.normalize(x, st.IMAGENET_MEAN, st.IMAGENET_STD)}
for name, batch in scaled.items():
    print(f"BN(x) and BN({name}) differ by {(st.batch_norm(batch) - y).abs().max():.0e}")
print("BN(2x) with 4 eps has the same bits:", torch.equal(st.batch_norm(2 * x, eps=4e-5), y))

# %% [markdown]
# **eps matters where little happens.** A constant channel becomes 0. A quiet channel, one of small std, stays quiet; how quiet depends on `eps`. One value per channel is its own mean, so every input would give the same output: that is an error. A batch of one *picture* is fine.

# %%
quiet = 0.5 + 0.01 * torch.randn(4, 1, 32, 32)
print("std 0.01, eps 1e-5:", f"{st.batch_norm(quiet).std():.3f}", " eps 1e-3:", f"{st.batch_norm(quiet, eps=1e-3).std():.3f}")
print("constant:", st.batch_norm(torch.full((2, 1, 8, 8), 0.7)).abs().max().item())
try:
    st.batch_norm(torch.rand(1, 3, 1, 1))
except ValueError as error:
    print(error)

# %% [markdown]
# ## The tool
#
# `BatchNorm2d` is the layer. In training it normalises by the batch at hand and keeps running averages of mean and variance. In evaluation, the mode for using the trained network, it takes those, and a photo no longer depends on its neighbours.

# %%
layer = st.BatchNorm2d(3)
for _ in range(50):
    layer(x)
layer.eval()
with_dark, with_bright = (layer(torch.stack([cat, *others]))[0] for others in (galaxies, outdoors))
print("in evaluation the same bits in both batches:", torch.equal(with_dark, with_bright))

# %% [markdown]
# Change the cat's company and its brightness, in training and in evaluation.

# %% tags=["hide-input"]
small, few = cat[:, ::2, ::2], slice(None, None, 10)  # fewer pixels keep the page light
company = {"two galaxy photos": galaxies, "two outdoor photos": outdoors, "coffee and astronaut": [coffee, astronaut], "none, it is alone": []}
among = {mode: [batch_of(torch.stack([cat, *mates]))[0].detach() for mates in company.values()] for mode, batch_of in (("training", st.batch_norm), ("evaluation", layer))}
lost = {mode: [f"{st.unseen(p)[:, :2].sum(axis=1).mean():.0%}" for p in pictures] for mode, pictures in among.items()}
fig, axes = plt.subplots(1, 4, figsize=(6.2, 1.9))
for ax, (mode, k, name) in zip(axes, [(mode, k, name) for mode in among for k, name in enumerate(("galaxies", "outdoors"))]):
    st.show(among[mode][k][:, ::3, ::3].clamp(0, 1), ax, title=f"{mode},\n{name}")
st.live_batch(
    fig,
    small,
    {name: [mate[:, few, few] for mate in mates] for name, mates in company.items()},
    layer,
    history="50 batches of cat, coffee and astronaut",
    alt=f"The cat after BatchNorm, four times. In training it is nearly white among galaxies, {lost['training'][0]} of its values unseen, and nearly "
    f"black among outdoor photos, {lost['training'][1]}. In evaluation both pictures are the same, {lost['evaluation'][0]} and {lost['evaluation'][1]}.",
    caption="In training the company decides how the cat looks. In evaluation it has no say.",
)

# %% [markdown]
# The gradient says on which input pixels an output depends. Ask it for one red value of the cat.

# %%
def influence(mode):
    leaf = x.clone().requires_grad_()
    st.BatchNorm2d(3).train(mode)(leaf)[0, 0, 150, 180].backward()
    return (leaf.grad != 0).sum(dim=(2, 3))  # how many pixels, per photo and channel


training, evaluation = influence(True), influence(False)

# %% tags=["hide-input"]
Markdown(
    "| one red value of the cat depends on | red | green | blue |\n|---|---|---|---|\n"
    + "".join(
        f"| {mode}, pixels of the {photo} | " + " | ".join(f"{n:,}" for n in row.tolist()) + " |\n"
        for mode, table in (("training", training), ("evaluation", evaluation))
        for photo, row in zip(("cat", "coffee", "astronaut"), table)
    )
)

# %% [markdown]
# In training, every red pixel of every photo. In evaluation, the one at its own place: there the layer is one slope and one offset per channel, like Normalize in lesson 3. Four details decide how large they are:
#
# - The mode is the layer's, set by `train()` and `eval()`. `torch.no_grad()` and frozen weights do not stop the averages from moving.
# - `momentum`, $m$, is the weight of the *new* batch in a running statistic $r$: $r \leftarrow (1 - m) \, r + m \, \mu$. It starts from mean 0 and variance 1, so a new layer in evaluation does almost nothing.
# - A batch is normalised by the biased variance, $1/n$. What is remembered is the unbiased one, $1/(n - 1)$.
# - Remembered is the average of the variances *within* batches. The spread between batches is left out, as with the averaged stds of lesson 3.

# %%
watched = st.BatchNorm2d(1).requires_grad_(False)
with torch.no_grad():
    watched(torch.full((2, 1, 2, 2), 5.5) + torch.tensor([-1.0, 1.0]).repeat(4).reshape(2, 1, 2, 2))
print("after one batch of mean 5.5 under no_grad: running_mean", f"{watched.running_mean.item():.2f}")
print("biased variance 1, n = 8, remembered:", f"{(watched.running_var.item() - 0.9) / 0.1:.4f}", " 8/7 =", f"{8 / 7:.4f}")
for momentum in (0.1, 0.01):
    print(f"momentum {momentum}: {math.ceil(math.log(0.01) / math.log(1 - momentum))} batches until 1% of the start is left")

# %% [markdown]
# ## Proof
#
# The laws, run here on the library. Doubling a batch and taking four times `eps` must give the same bits: floats scale by two without rounding.

# %%
st.prove("batch_norm")

# %%
st.prove("BatchNorm2d")

# %%
st.prove("channel_densities")

# %% [markdown]
# ## Elsewhere
#
# ### torch, and the order in memory
#
# `torch.nn.BatchNorm2d` is quick and usually exact enough. Now take a picture of 12 megapixels, a bright gradient, as photos are read: (H, W, C) in memory, permuted to (C, H, W). torch calls this order `channels_last`. A copy has the same values, made contiguous. With `momentum=1.0` the running mean is the mean that torch used; counting whole numbers gives the true one.

# %%
torch.set_num_threads(1)  # one thread; with more, each adds up a part
image = np.empty((3000, 4000, 3), np.uint8)
image[:] = np.linspace(255, 180, 3000).astype(np.uint8)[:, None, None]
view = torch.from_numpy(image).permute(2, 0, 1)[None] / 255
truth = st.channel_statistics([image[:, :1]])  # all columns are equal: one has the mean and std of all
exact = st.normalize(view[..., :1], truth.mean, [math.sqrt(std**2 + 1e-5) for std in truth.std])
print("strides of the view:", view.stride())

# %%
errors, means = {}, {}
with torch.no_grad():
    for name, batch in (("permuted view", view), ("made contiguous", view.contiguous())):
        theirs = torch.nn.BatchNorm2d(3, momentum=1.0)
        errors[name] = (theirs(batch) - exact).abs().max().item()
        means[name] = theirs.running_mean[0].item()
        print(f"{name:16} red mean {means[name]:.4f}, true {truth.mean[0]:.4f}, largest error {errors[name]:.1g}")

# %% [markdown]
# A view in this order is added up pixel after pixel in one float32 per channel. Do the same yourself:

# %%
total = np.cumsum(view[0, 0].numpy(), dtype=np.float32)[-1]
same = np.float32(total / np.float32(12_000_000)) == np.float32(means["permuted view"])
worse = 10 ** math.floor(math.log10(errors["permuted view"] / errors["made contiguous"]))
del view, exact, batch

# %% tags=["hide-input"]
Markdown(
    f"The running sum reaches {total:,.0f}. There, neighbouring float32 numbers are {np.spacing(total):.0f} apart, so each further pixel "
    f"of {truth.mean[0]:.2f} or so counts as a whole 1. This sum {'gives torch’s mean to the last bit' if same else 'is close to torch’s'}. "
    f"The view is **more than {worse:,} times** less exact than the same values made contiguous, "
    "and nothing warns. Call `.contiguous()` first; `st.to_tensor` does, and `st.batch_norm` adds up in float64."
)

# %% [markdown]
# ### Keras
#
# Keras calls the weight of the *old* statistics momentum: its `0.99` is torch's `0.01`. Its epsilon is 1e-3, its axes are (N, H, W, C). `keras_options` translates the numbers. Here they meet the output of a real Keras, which the repository keeps, with the script that made it, `tests/spec/make_keras_batchnorm.py`. One of its two channels is quiet.

# %%
keras = json.loads(st.data_path("../tests/spec/keras_batchnorm.json").read_text())
first = {name: torch.tensor(values) for name, values in keras["batches"][0].items()}
inputs, outputs = (first[name].permute(0, 3, 1, 2) for name in ("input", "training_output"))
print(keras["made_with"])
for options in ({}, st.keras_options()):
    bn = torch.nn.BatchNorm2d(2, **options)
    bn.load_state_dict(bn.state_dict() | {"weight": torch.tensor(keras["gamma"]), "bias": torch.tensor(keras["beta"])})
    print(options or "torch's own options:", f"largest difference {(bn(inputs) - outputs).abs().max():.0e}")
print("kept variance: torch", bn.running_var.tolist(), "Keras", first["moving_variance"].tolist())

# %% [markdown]
# With Keras' options the outputs agree. The kept variances do not quite: Keras 3 keeps the biased one.

# %%
st.prove("keras_options")

# %% [markdown]
# ### Two workers
#
# With data-parallel training each process has a BatchNorm of its own and sees only its share of the batch. Four photos, two processes: the cat with a galaxy in one, the astronaut and the outdoor photo in the other. The script normalises each share by its own statistics. Then it adds three whole numbers per channel over both processes with `all_reduce`, the count, the sum and the sum of squares, and normalises again.

# %% tags=["hide-input"]
torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--local-addr=127.0.0.1", "--nproc-per-node=2"]
script = st.data_path("../lessons/scripts/batchnorm_in_processes.py")
four = torch.stack([cat, galaxies[0], astronaut, outdoors[0]])
with tempfile.TemporaryDirectory() as folder:
    files = [f"{folder}/{i}.png" for i in range(4)]
    for file, picture in zip(files, four):
        Image.fromarray(st.to_image(picture)).save(file)
    subprocess.run([*torchrun, script, folder, *files], env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, check=True, timeout=180)
    results = [torch.load(f"{folder}/process_{rank}.pt") for rank in (0, 1)]
whole = st.batch_norm(four)

# %% tags=["hide-input"]
apart, together = (torch.cat([result[key] for result in results]) for key in ("apart", "together"))
Markdown(
    "| the cat's mean | red | green | blue |\n|---|---|---|---|\n"
    + "".join(
        f"| {name} | " + " | ".join(f"{v:.2f}" for v in batch[0].mean(dim=(1, 2))) + " |\n"
        for name, batch in [("each worker its share", apart), ("synchronised", together), ("one process, whole batch", whole)]
    )
    + f"\nApart, the four photos differ from the whole batch by up to {(apart - whole).abs().max():.1f}; synchronised, by "
    f"{(together - whole).abs().max():.0e}. Each worker moves its running mean towards that of its share, in red "
    f"{results[0]['own_mean'][0]:.2f} in one and {results[1]['own_mean'][0]:.2f} in the other."
)

# %% [markdown]
# Which one is kept? torch's `DistributedDataParallel` copies the running statistics of process 0 to the others before each forward pass. What you save has seen one share of every batch. `torch.nn.SyncBatchNorm` adds up inside a network, on accelerators only: in training it refuses CPU tensors. Without a process group it is an ordinary BatchNorm and does not say so.
#
# ### seaborn
#
# `seaborn.kdeplot` puts a Gaussian on every pixel. Eight-bit data has at most 256 different values per channel, and so has what one slope and offset per channel make of it, BatchNorm too. So 256 weighted Gaussians are the whole density, exactly. The trap is the bandwidth: Scott's rule, $h = n^{-1/5} s$, wants $n$ of all pixels, and $s$ with $n - 1$.

# %%
fig, ax = plt.subplots()
start = time.perf_counter()
seaborn.kdeplot(x=y[0, 0].flatten().numpy(), ax=ax)
middle = time.perf_counter()
places, heights = ax.get_lines()[0].get_data()
ours = st.channel_densities(y[0, :1], places)[0]
end = time.perf_counter()
plt.close(fig)

# %% tags=["hide-input"]
Markdown(
    f"{y[0, 0].numel():,} pixels, {len(y[0, 0].unique())} values: the curves differ by {abs(ours - heights).max():.0e}, "
    f"and seaborn took {(middle - start) / (end - middle):.0f} times as long here."
)

# %% [markdown]
# ## Your turn
#
# ### 1. `batch_norm` · 15 minutes · medium
#
# The laws: over N, H and W each channel loses its mean and is divided by the root of its variance, the biased one,
# with `eps` under the root; then `weight` multiplies and `bias` is added, one number a channel. Without them it is 1
# or 0.
#
# Good for: seeing what BatchNorm makes of a batch, with no layer and no training around it.
#
# *Unbreakable* asks for more: right to 1e-6 in every memory layout and float type, also with a large offset. What
# cannot be normalised is refused:
#
# - `TypeError`: x (name its dtype), weight or bias (name it) is no float tensor.
# - `ValueError`: x has not four axes, or fewer than two values per channel (name the shape); NaN or inf; an `eps` not
#   finite and positive; a `weight` or `bias` that has not one finite number per channel; a variance too large for
#   float64 (say `overflow`).

# %%
def batch_norm(x, weight=None, bias=None, eps=1e-5):
    """Float tensor (N, C, H, W), weight and bias (C,) -> as x."""
    ...


st.check(batch_norm)

# %% [markdown]
# <details><summary>Hint</summary>
#
# `x.double()` first, `.to(x.dtype)` last. First the mean, then the mean of the squared distances from it. Weight and bias of shape (C,) meet x as `weight[:, None, None]`. Check x before you compute: `isinstance(x, torch.Tensor)`, then `x.is_floating_point()`, then the shape. If x is finite and the variance is not, it has overflowed.
#
# </details>

# %%
st.answer("batch_norm")

# %% [markdown]
# ### 2. `BatchNorm2d` · 5 minutes · easy
#
# The layer is given; write how one batch moves its running statistics, `self.running_mean` and `self.running_var`.
# `mean` and `variance` (the biased one) are float64 of shape (C,), `n` is the number of values per channel. The law:
# the running statistics are torch's, also with `self.momentum` `None`, the plain average. `self.num_batches_tracked`
# counts the batches.
#
# Good for: evaluation, where these two stand in for the mean and variance of the batch.
#
# *Unbreakable* asks for more: what the layer itself is held to in other types, when it is saved and loaded, and when
# it is misused.

# %%
class BatchNorm2d(st.BatchNorm2d):
    def update(self, mean, variance, n):
        """Two tensors (C,) and a number; changes self, returns None."""
        ...


st.check(BatchNorm2d)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Count first: `self.num_batches_tracked += 1`. With momentum `None` the t-th batch has the weight 1/t. Change the buffers in place with `copy_`, so that they stay buffers.
#
# </details>

# %%
st.answer("BatchNorm2d")

# %% [markdown]
# ### 3. `channel_densities` · 25 minutes · hard
#
# The laws: the curve of a channel is the mean of one Gaussian per pixel, of area 1 each, within $10^{-9}$. Arrays are
# (H, W, C), tensors (…, C, H, W), with two axes one channel. The bandwidth $h$, the std of each Gaussian, is one
# number or one per channel; without it, Scott's rule.
#
# Good for: comparing where the values of two layers or two photos lie, without the steps of a histogram.
#
# *Unbreakable* asks for more: every type of real numbers. Refused are:
#
# - `TypeError`: neither tensor nor array, or not of real numbers.
# - `ValueError`: another shape, or no values (name the shape); NaN or inf (say how many); a `grid` that is not one
#   row of finite numbers; a `bandwidth` not finite and positive, or of another number; none given, and a channel is
#   constant (say `bandwidth`, and which, as `channel 1`).

# %%
def channel_densities(image, grid, *, bandwidth=None):
    """Picture of C channels, grid (points,) -> float64 (C, points)."""
    ...


st.check(channel_densities)

# %% [markdown]
# <details><summary>Hint</summary>
#
# `np.unique(plane, return_counts=True)` gives the different values and their numbers. With `z = (grid[:, None] - values) / h` the sum is `np.exp(-z**2 / 2) @ counts`; divide it by $n h \sqrt{2 \pi}$. `np.moveaxis` brings the channels to the front. One pixel is a constant channel too.
#
# </details>

# %%
st.answer("channel_densities")

# %% [markdown]
# ## What you can do now
#
# 1. say which pixels of a batch decide what becomes of a photo, in training and in evaluation
# 2. read pictures and densities of normalised data without taking the drawing for the data
# 3. carry a BatchNorm layer from torch to Keras, to another memory layout or to several processes, and say what changes
#
# For the first: in training all pixels of its channel, through their mean and variance; in evaluation its own. For the second: measure the std, count the unseen, and ask what scaled the picture. For the third: `eps`, what `momentum` means, which variance is kept, how the sums are made, and over whom.
#
# The whole lesson in one figure. Each photo left of the line and its BatchNorm right of it; beside it, where the values of BatchNorm lie. Before, all lay in the white strip.

# %% tags=["hide-input"]
whose = ["cat", "coffee", "astronaut"]
fig = beside(list(zip(whose, y)), limits=(-4, 4))
for ax, name, before, after in zip(fig.axes[::2], whose, x, y):
    st.show(st.split_view(before, after).clamp(0, 1), ax, title=name).axvline(width / 2, **mark)
unseen = [st.unseen(picture)[:, :2].sum(axis=1).mean() for picture in y]
st.figure(
    fig,
    alt=f"Three photos, each split by a dashed line: the photo on the left, the normalised one with hard colours on the right. Beside "
    f"each, the densities after BatchNorm: wide, reaching into the hatched sides. Unseen of the cat {unseen[0]:.0%}, "
    f"of the coffee {unseen[1]:.0%}, of the astronaut {unseen[2]:.0%}.",
    caption="One batch before and after BatchNorm, and on one axis the values after it, with the fractions that the pictures leave out.",
)
