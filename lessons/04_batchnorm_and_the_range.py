# %% [markdown]
# # A batch-normalised photo shows its neighbours
#
# 25 minutes · after lesson 3 · uses `batch_norm`, `BatchNorm2d`, `keras_options`, `channel_densities`, `plot_channel_densities`, `split_view`

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

torch.manual_seed(0)


def piece(name, top, left):
    """A part of a photo, 300 pixels high and 360 wide."""
    return st.read_image(st.data_path(f"photos/{name}"))[top : top + 300, left : left + 360]


cat_image = piece("animals/cat.png", 0, 45)
cat = st.to_tensor(cat_image)
galaxies = [st.to_tensor(piece("space/hubble.jpg", top, left)) for top, left in [(0, 0), (120, 200)]]
meadows = [st.to_tensor(piece("people/cameraman.jpg", top, 6)) for top in (0, 188)]
among_dark = st.batch_norm(torch.stack([cat, *galaxies]))[0]
among_bright = st.batch_norm(torch.stack([cat, *meadows]))[0]

fig, axes = plt.subplots(1, 3, figsize=(10, 3.3), layout="constrained")
for ax, picture, title in zip(axes, (cat, among_dark, among_bright), ("the photo", "after BatchNorm, batch A", "after BatchNorm, batch B")):
    st.show(picture, ax, title=title).title.set_size(10)
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
# A batch holds two photos of one pixel each, `0.2` and `0.6`. BatchNorm subtracts the mean of the batch and divides by its standard deviation (leave `eps` out). On paper:
#
# 1. What becomes of `0.2`? (a) `0.2` (b) about 0 (c) $-1$
# 2. Now the other photo is `0.1` in place of `0.6`. What becomes of `0.2`? (a) the same as before (b) something a little higher (c) $+1$
# 3. You scale BatchNorm's output to [0, 1] by its minimum and maximum and look at it. The colours are paler than the photo's. What has BatchNorm done to the spread of the values? (a) narrowed it (b) nothing (c) this picture cannot tell
#
# ## Look

# %%
for other in (0.6, 0.1):
    pair = torch.tensor([0.2, other]).reshape(2, 1, 1, 1)
    print(f"0.2 with {other}:", st.batch_norm(pair).flatten())

# %% [markdown]
# Twice (c). Of two clearly different numbers the smaller always becomes about $-1$ and the larger $+1$, whatever they were. Only who is brighter is left. The cat met the same fate: batch A held two pieces of a galaxy photo, which is dark; batch B two pieces of a meadow in bright light. Between them the whole cat moves.

# %%
print("before      ", st.describe(cat))
print("among dark  ", st.describe(among_dark))
print("among bright", st.describe(among_bright))

# %% [markdown]
# ### A picture that argues for the opposite
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
fig, axes = plt.subplots(2, 1, figsize=(9.5, 5.6), layout="constrained")
st.show_grid(x, axes[0], columns=3, title="the photos")
st.show_grid(drawn, axes[1], columns=3, title="after BatchNorm, min-max scaled for drawing")
before, after = ([st.saturation(p) for p in batch] for batch in (x, drawn))
st.figure(
    fig,
    alt=f"Two rows of a cat, a red cup of coffee and an astronaut in orange. In the lower row a haze lies over everything. The cat is "
    f"a bluish grey, its saturation {after[0]:.2f} after {before[0]:.2f}; the cup is faded, {after[1]:.2f} after {before[1]:.2f}; the wall behind "
    "the astronaut, grey above, is blue.",
    caption="The batch and a min-max drawing of its BatchNorm. Did BatchNorm narrow the data?",
)

# %% tags=["hide-input"]
spread = [v.std().item() for v in (x, y, drawn)]
Markdown(
    f"Measured, it is the other way round. The std was {spread[0]:.2f}; BatchNorm made it **{spread[1]:.2f}**, "
    f"{spread[1] / spread[0]:.1f} times as wide. Then the drawing divided by max − min = {y.max() - y.min():.2f}, which leaves "
    f"{spread[2]:.2f}. The picture shows what min-max did, and could not have told you: (c) again."
)

# %% [markdown]
# Why are the colours paler? One explanation: the values crowd into the middle of the scale, so red, green and blue become alike. Another: BatchNorm moves the mean of *each channel* to the same place, so the colour that the photos have in common is taken away. Do one without the other, and measure the saturation.

# %%
channel_means = x.mean(dim=(0, 2, 3), keepdim=True)
crowded = (x - x.mean()) / x.std() * drawn.std() + drawn.mean()   # one slope and offset for all channels
centred = (x - channel_means + x.mean()).clamp(0, 1)              # each channel shifted, nothing squeezed
table = {"the photo": x, "only crowded": crowded, "only centred": centred, "BatchNorm, min-max scaled": drawn}
rows = "".join(f"| {name} | " + " | ".join(f"{st.saturation(p):.2f}" for p in batch) + " |\n" for name, batch in table.items())
Markdown("| mean saturation | cat | coffee | astronaut |\n|---|---|---|---|\n" + rows)

# %% [markdown]
# Both are at work, and they differ in kind. Crowding fades every photo. Centring fades the photos that share the batch's warm cast, the cat most of all, and *colours* the one that does not: the grey wall turns blue, because it is less red than its neighbours.
#
# ### Where the values lie
#
# A density shows at which values the pixels of each channel lie. In the next figure look at the grey sides: what lies there, the picture above it cannot show.

# %%
fig, axes = plt.subplots(2, 2, figsize=(9.5, 6.2), layout="constrained", height_ratios=[1, 1])
for column, (picture, title) in enumerate([(x[0], "the photo"), (y[0], "after BatchNorm, clipped by the display")]):
    st.show(picture, axes[0, column], title=title)
    st.plot_channel_densities(picture, axes[1, column], limits=(-4, 4))
seen = 1 - st.unseen(y[0])[:, :2].sum(axis=1)
st.figure(
    fig,
    alt=f"Left, the cat, and below it three narrow humps between 0 and 1, in the white part of the axis. Right, the cat after BatchNorm, "
    f"dark with hard contrasts, and below it three wide humps on top of one another, half of them in the grey left of 0. Of red {seen[0]:.0%} "
    f"is seen, of green {seen[1]:.0%}, of blue {seen[2]:.0%}.",
    caption="One axis for both, symmetric around 0. The grey part is unseen, with its fraction per channel.",
)

# %% [markdown]
# The fractions are counted pixel by pixel. The curve is not a count: each pixel is a little Gaussian of width $h$, and Gaussians do not stop at 0. Two pictures whose every value lies in [0, 1] show it. Compare the curve in the grey with the fraction that is written there.

# %% tags=["hide-input"]
ramp = torch.arange(256).repeat_interleave(16).reshape(1, 64, 64) / 255
halves = (ramp > 0.5).float()
grid = np.linspace(-2, 3, 5001)
outside = [st.channel_densities(p, grid)[0][(grid < 0) | (grid > 1)].sum() * 0.001 for p in (ramp, halves)]
at_edge = st.channel_densities(ramp, [0.0])[0, 0]

fig, axes = plt.subplots(1, 2, figsize=(9.5, 3), layout="constrained")
for ax, picture, title in zip(axes, (ramp, halves), ("all levels equally often", "half black, half white")):
    st.plot_channel_densities(picture, ax, limits=(-0.6, 1.6)).set_title(title)
st.figure(
    fig,
    alt=f"Two densities. Left, a plateau between 0 and 1 that slopes down across both edges, {outside[0]:.1%} of it outside. Right, two "
    f"humps centred on 0 and 1, {outside[1]:.0%} of them outside. The labels on the grey sides say 0% unseen in both.",
    caption="Nothing is outside [0, 1]. The curves say otherwise.",
)

# %% tags=["hide-input"]
Markdown(
    f"{outside[0]:.1%} of the left curve and {outside[1]:.0%} of the right one lie where no pixel is. seaborn's `cut=0` ends the curve at "
    f"the data and hides the tail, but does not put it back: the area is then {1 - outside[0]:.3f}, and the density at the edge "
    f"{at_edge:.2f} where the truth is 1. For a range, count; for a shape, look."
)

# %% [markdown]
# So draw the normalised data itself and its min-max copy, and say which is which. Each axis has its picture inside.

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 3, figsize=(10, 3.8), layout="constrained")
stages = [(x[0], "before"), (y[0], "after BatchNorm"), (drawn[0], "after BatchNorm, min-max scaled")]
for ax, (picture, title) in zip(axes, stages):
    st.plot_channel_densities(picture, ax, limits=(-3, 3)).set_title(title)
    st.show(picture.clamp(0, 1), ax.inset_axes((0.02, 0.28, 0.3, 0.3)))
st.figure(
    fig,
    alt=f"Three densities of the cat on one axis, the picture inset in each. Before: std {x[0].std():.2f}, the three humps side by "
    f"side. After BatchNorm: std {y[0].std():.2f}, wide and low. Min-max scaled: std {drawn[0].std():.2f}, narrow again, the humps on top of one another.",
    caption="The third panel is what is often shown as “after BatchNorm”. It is the second one, squeezed. Heights are not to one scale.",
)

# %% [markdown]
# For the eye, join halves: `st.split_view(x[0], y[0])` is the left of the photo and the right of its BatchNorm. It cuts at the middle *column*, $\lfloor W/2 \rfloor$. A published version takes the column from the height, and draws its line at 128: right for 256 × 256, and for nothing else.

# %% tags=["hide-input"]
height, width = cat.shape[1:]
wrong = torch.cat([x[0][..., : height // 2], y[0][..., height // 2 :]], dim=-1)
fig, axes = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
st.show(st.split_view(x[0], y[0]).clamp(0, 1), axes[0], title=f"split at column {width // 2}").axvline(width / 2, color="white", linestyle="--")
st.show(wrong.clamp(0, 1), axes[1], title=f"split at {height // 2}, line at 128").axvline(128, color="white", linestyle="--")
st.figure(
    fig,
    alt=f"The cat, left half photo, right half normalised. In the first picture the dashed line runs along the seam, at column "
    f"{width // 2} of {width}. In the second the seam is at column {height // 2} and the line {height // 2 - 128} columns beside it.",
    caption="Left half: the photo. Right half: after BatchNorm, clipped. The line belongs on the seam.",
)

# %% [markdown]
# matplotlib knows that it clips. It does not raise a Python warning; it writes to a logger, which a notebook shows in red once and a script loses. A test can demand it, or demand its absence:

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
# and BatchNorm in training is
#
# $$y_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}} \, w + b$$
#
# with a learned weight $w$ and bias $b$ per channel, 1 and 0 at first, and a small $\epsilon$ (`eps`) against division by zero. Without them the mean of $y$ is 0 and its variance $\sigma^2 / (\sigma^2 + \epsilon)$. Four things follow.
#
# **The neighbours enter through two numbers.** Nothing but $\mu$ and $\sigma^2$ of the batch is in the formula. It is said that a photo's channels are pulled together because its neighbours are bimodal. Exchange bimodal neighbours for Gaussian ones with the same mean and variance:

# %%
two_peaks = torch.tensor([-1.0, 1.0]).double().repeat(3 * 300 * 360).reshape(2, 3, 300, 360)
bell = torch.randn(2, 3, 300, 360, dtype=torch.float64)
bell = (bell - bell.mean((0, 2, 3), keepdim=True)) / bell.std((0, 2, 3), correction=0, keepdim=True)
a, b, c = (st.batch_norm(torch.cat([cat[None].double(), 0.5 + s * other]))[0] for s, other in [(0.3, two_peaks), (0.3, bell), (0.6, bell)])
Markdown(
    f"Bimodal against Gaussian: the cat differs by at most **{(a - b).abs().max():.0e}**. "
    f"Gaussian neighbours of twice the std: by **{(a - c).abs().max():.1f}**. The shape has no say."
)

# %% [markdown]
# **It has no fixed range.** From $\sum_i (x_i - \mu)^2 = n \sigma^2$ follows $|y_i| \le \sqrt{n - 1}$ for $w = 1$, $b = 0$. One bright pixel among black ones gets there, and then a min-max drawing has one white dot and a flat grey rest.

# %%
dot = torch.zeros(1, 1, 64, 64)
dot[0, 0, 20, 40] = 1.0
uniform = torch.rand(8, 3, 64, 64)
print("one pixel of 4096: ", f"{st.batch_norm(dot).max():.2f}", " bound", f"{math.sqrt(4096 - 1):.2f}")
print("uniform pictures outside [0, 1]:", f"{st.unseen(st.batch_norm(uniform)).sum(axis=1).mean():.0%}")

# %% [markdown]
# **It forgets what was done before.** Replace $x$ by $a x + c$: mean and deviation scale along, and only $\epsilon$ notices. Exactly, $\mathrm{BN}_\epsilon(a x + c) = \pm \mathrm{BN}_{\epsilon / a^2}(x)$, with the sign of $a$. So scaling to 255 or by ImageNet's constants right before a BatchNorm is almost without effect.

# %%
scaled = {"255 x": 255 * x, "normalize(x)": st.normalize(x, st.IMAGENET_MEAN, st.IMAGENET_STD)}
for name, batch in scaled.items():
    print(f"BN(x) and BN({name}) differ by {(st.batch_norm(batch) - y).abs().max():.0e}")
print("BN(2x) with 4 eps has the same bits:", torch.equal(st.batch_norm(2 * x, eps=4e-5), y))

# %% [markdown]
# **eps matters where little happens.** A constant channel becomes 0 and a quiet one stays quiet, how quiet depends on `eps`. One value per channel is its own mean; every input would give the same output, so that is an error. A batch of one *picture* is fine.

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
# `BatchNorm2d` is the layer. In training it normalises by the batch at hand and keeps running averages; in evaluation it uses those, and a photo no longer depends on its company.

# %%
layer = st.BatchNorm2d(3)
for _ in range(50):
    layer(x)
layer.eval()
with_dark, with_bright = (layer(torch.stack([cat, *others]))[0] for others in (galaxies, meadows))
print("in evaluation the same bits in both batches:", torch.equal(with_dark, with_bright))

# %% [markdown]
# That can be audited. Take one red output value of the cat and ask by its gradient which input pixels it depends on.

# %%
def influence(mode):
    leaf = x.clone().requires_grad_()
    st.BatchNorm2d(3).train(mode)(leaf)[0, 0, 150, 180].backward()
    return (leaf.grad != 0).sum(dim=(2, 3))

Markdown(
    "| one red value of the cat depends on | red | green | blue |\n|---|---|---|---|\n"
    + "".join(
        f"| {mode}, pixels of the {photo} | " + " | ".join(f"{n:,}" for n in row.tolist()) + " |\n"
        for mode, table in (("training", influence(True)), ("evaluation", influence(False)))
        for photo, row in zip(("cat", "coffee", "astronaut"), table)
    )
)

# %% [markdown]
# In training, every red pixel of every photo. In evaluation, itself: there the layer is one slope and one offset per channel, like Normalize in lesson 3. Four details decide which:
#
# - The mode is the layer's, set by `train()` and `eval()`. `torch.no_grad()` and frozen weights do not stop the averages from moving.
# - `momentum`, $m$, is the weight of the *new* batch in a running statistic $r$: $r \leftarrow (1 - m) \, r + m \, \mu$. It starts from mean 0 and variance 1, so a new layer in evaluation does almost nothing.
# - A batch is divided by the biased variance, $1/n$. What is remembered is the unbiased one, $1/(n - 1)$.
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
# ### torch, and a view that is not a tensor like any other
#
# `torch.nn.BatchNorm2d` is quick and usually exact enough. Now take a picture of 12 megapixels, a bright gradient, read as photos are read: (H, W, C) in memory, permuted to (C, H, W). A copy has the same values, made contiguous. With `momentum=1.0` the running mean is the mean that torch used; counting whole numbers gives the true one.

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
        print(f"{name:16} red mean {means[name]:.4f}, true {truth.mean[0]:.4f}, largest error {errors[name]:.0e}")

# %% [markdown]
# A view in this layout is added up pixel after pixel in one float32 per channel. Do the same yourself:

# %%
total = np.cumsum(view[0, 0].numpy(), dtype=np.float32)[-1]
same = np.float32(total / np.float32(12_000_000)) == np.float32(means["permuted view"])
del view, exact, batch
Markdown(
    f"The running sum reaches {total:,.0f}. There, neighbouring float32 numbers are {np.spacing(total):.0f} apart, so each further pixel "
    f"of {truth.mean[0]:.2f} or so counts as a whole 1. This sum {'gives torch’s mean to the last bit' if same else 'is close to torch’s'}. "
    f"The view is **{errors['permuted view'] / errors['made contiguous']:,.0f} times** less exact than the same values made contiguous, "
    "and nothing warns. Call `.contiguous()` first; `st.to_tensor` does, and `st.batch_norm` adds up in float64."
)

# %% [markdown]
# ### Keras
#
# Keras calls the weight of the *old* statistics momentum: its `0.99` is torch's `0.01`. Its epsilon is 1e-3, its axes are (N, H, W, C). `keras_options` translates the numbers. They are checked against a real Keras; the repository keeps its output and the script that made it, `tests/spec/make_keras_batchnorm.py`.

# %%
keras = json.loads(st.data_path("../tests/spec/keras_batchnorm.json").read_text())
first = {name: torch.tensor(values) for name, values in keras["batches"][0].items()}
inputs, outputs = (first[name].permute(0, 3, 1, 2) for name in ("input", "training_output"))
print(keras["made_with"])
for options in ({}, st.keras_options()):
    bn = torch.nn.BatchNorm2d(2, **options)
    bn.load_state_dict(bn.state_dict() | {"weight": torch.tensor(keras["gamma"]), "bias": torch.tensor(keras["beta"])})
    print(options, f"largest difference {(bn(inputs) - outputs).abs().max():.0e}")
print("kept variance: torch", bn.running_var.tolist(), "Keras", first["moving_variance"].tolist())

# %% [markdown]
# The outputs agree, the kept variances do not quite: Keras 3 keeps the biased one.

# %%
st.prove("keras_options")

# %% [markdown]
# ### Two workers
#
# With data-parallel training each process has a BatchNorm of its own and sees only its share of the batch. Four photos, two processes: the cat with a galaxy in one, the astronaut and the meadow in the other. The script normalises by the statistics of the share. Then it adds three whole numbers per channel over both processes with `all_reduce`, the count, the sum and the sum of squares, and normalises again.

# %%
torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--local-addr=127.0.0.1", "--nproc-per-node=2"]
script = st.data_path("../lessons/scripts/batchnorm_in_processes.py")
four = torch.stack([cat, galaxies[0], astronaut, meadows[0]])
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
    f"{(together - whole).abs().max():.0e}. Each worker's running statistics go their own way too: red means "
    f"{results[0]['own_mean'][0]:.2f} and {results[1]['own_mean'][0]:.2f}."
)

# %% [markdown]
# `torch.nn.SyncBatchNorm` does this inside a network, on accelerators only: in training it refuses CPU tensors. Without a process group it is an ordinary BatchNorm and does not say so.
#
# ### seaborn
#
# `seaborn.kdeplot` puts a Gaussian on every pixel. Eight-bit data, and every affine image of it per channel, BatchNorm's too, has at most 256 different values per channel. So 256 weighted Gaussians are the whole density, exactly. The trap is the bandwidth: Scott's rule, $h = n^{-1/5} s$, wants $n$ of all pixels, and $s$ with $n - 1$.

# %%
fig, ax = plt.subplots()
start = time.perf_counter()
seaborn.kdeplot(x=y[0, 0].flatten().numpy(), ax=ax)
middle = time.perf_counter()
places, heights = ax.get_lines()[0].get_data()
ours = st.channel_densities(y[0, :1], places)[0]
end = time.perf_counter()
plt.close(fig)
Markdown(
    f"{y[0, 0].numel():,} pixels, {len(y[0, 0].unique())} values: the curves differ by {abs(ours - heights).max():.0e}, "
    f"and seaborn took {(middle - start) / (end - middle):.0f} times as long here."
)

# %% [markdown]
# ## Your turn
#
# **1. `batch_norm`** · 10 minutes · medium. The law: each channel becomes $(x - \mu)/\sqrt{\sigma^2 + \epsilon}$ over N, H and W, right to 1e-6 in every memory layout, also with a large offset. What cannot be normalised is refused.

# %%
def batch_norm(x, weight=None, bias=None, eps=1e-5):
    ...


st.check(batch_norm)

# %% [markdown]
# <details><summary>Hint</summary>
#
# `x.double()` first, `.to(x.dtype)` last. First the mean, then the mean of the squared distances from it. Weight and bias of shape (C,) meet x as `weight[:, None, None]`. Refuse, with the shape or the name in the message: no float tensor, no four axes, fewer than two values per channel, NaN or inf, a bad `eps`, a weight or bias that has not one finite float per channel.
#
# </details>
#
# The answer is `batch_norm` in `src/seeing_tensors/batchnorm.py`.
#
# **2. `BatchNorm2d`** · 5 minutes · easy. The layer is given; write how one batch moves its running statistics. `mean` and `variance` (the biased one) are float64 of shape (C,), `n` is the number of values per channel. The law: the running statistics are torch's, also with momentum `None`, the plain average.

# %%
class BatchNorm2d(st.BatchNorm2d):
    def update(self, mean, variance, n):
        ...


st.check(BatchNorm2d)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Count first: `self.num_batches_tracked += 1`. With momentum `None` the t-th batch has the weight 1/t. Change the buffers in place with `copy_`, so that they stay buffers.
#
# </details>
#
# The answer is `BatchNorm2d.update` in `src/seeing_tensors/batchnorm.py`.
#
# **3. `channel_densities`** · 20 minutes · hard. The law: the curve is the mean of one Gaussian per pixel within $10^{-9}$, for arrays (H, W, C) and tensors (…, C, H, W), with Scott's rule where no bandwidth is given.

# %%
def channel_densities(image, grid, *, bandwidth=None):
    ...


st.check(channel_densities)

# %% [markdown]
# <details><summary>Hint</summary>
#
# `np.unique(plane, return_counts=True)` gives the different values and their numbers. With `z = (grid[:, None] - values) / h` the sum is `np.exp(-z**2 / 2) @ counts`. A constant channel has no bandwidth of its own: raise `ValueError` unless one is given.
#
# </details>
#
# The answer is `channel_densities` in `src/seeing_tensors/density.py`.
#
# ## What you can do now
#
# 1. say which pixels of a batch decide what becomes of a photo, in training and in evaluation
# 2. read pictures and densities of normalised data without taking the drawing for the data
# 3. carry a BatchNorm layer from torch to Keras, to another memory layout or to several processes, and say what changes
#
# For the first: in training all pixels of its channel, through their mean and variance; in evaluation its own. For the second: measure the std, count the unseen, and ask what scaled the picture. For the third: `eps`, what `momentum` means, which variance is kept, how the sums are made, and over whom.
#
# The whole lesson in one figure: each photo left of the line, its BatchNorm right of it, and above them where the values lie.

# %% tags=["hide-input"]
with plt.rc_context({"font.size": 7.5}):
    fig = plt.figure(figsize=(12, 6), layout="constrained")
    cells = fig.add_gridspec(3, 6, height_ratios=[1.15, 1, 1])
    for i, name in enumerate(("cat", "coffee", "astronaut")):
        for j, (picture, when) in enumerate([(x[i], "before"), (y[i], "after")]):
            st.plot_channel_densities(picture, fig.add_subplot(cells[0, 2 * i + j]), limits=(-4, 4)).set_title(f"{name}, {when}")
        ax = st.show(st.split_view(x[i], y[i]).clamp(0, 1), fig.add_subplot(cells[1:, 2 * i : 2 * i + 2]))
        ax.axvline(width / 2, color="white", linestyle="--")
unseen = [st.unseen(picture)[:, :2].sum(axis=1).mean() for picture in y]
st.figure(
    fig,
    alt=f"Three photos, each split by a dashed line: the photo on the left, the normalised one with torn colours on the right. Above "
    f"each, two densities: before, narrow and between 0 and 1; after, wide, on both grey sides. Unseen of the cat {unseen[0]:.0%}, "
    f"of the coffee {unseen[1]:.0%}, of the astronaut {unseen[2]:.0%}.",
    caption="One batch before and after BatchNorm, on one axis, with what the pictures leave out.",
)
