# %% [markdown]
# # More: layers elsewhere, and curves that leak
#
# 9 minutes · beside [lesson 4](04_batchnorm_and_the_range.ipynb)
#
# What lesson 4 left out: densities that show what is not there; what `eps` does; a layer taken to Keras and to two workers;
# how exact sums are; and the line that matplotlib logs.

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
corners = [(0, 0), (120, 200)]
galaxies = [st.to_tensor(piece("space/hubble.jpg", *corner)) for corner in corners]
outdoors = [st.to_tensor(piece("people/cameraman.jpg", top, 6)) for top in (0, 188)]
coffee = st.to_tensor(piece("things/커피.png", 50, 130))
astronaut = st.to_tensor(piece("people/astronaut.jpg", 0, 12))
x = torch.stack([cat, coffee, astronaut])
y = st.batch_norm(x)

# %% [markdown]
# ## Curves
#
# ### A curve is not a count
#
# Two pictures whose every value lies in [0, 1]. Compare the curve in the hatched parts with the fraction that is written
# there.

# %% tags=["hide-input"]
def beside(rows, limits):
    """Each picture as the display clips it, and beside it where its values lie, on one axis."""
    fig, axes = plt.subplots(len(rows), 2, figsize=(6.2, 2.3 * len(rows)), width_ratios=(1, 2))
    for (left, right), (title, picture) in zip(axes, rows):
        st.show(picture.clamp(0, 1), left, title=title)
        st.plot_channel_densities(picture, right, limits=limits).set(xlabel="", ylabel="")
    right.set_xlabel("value")
    return fig


ramp = torch.arange(256).repeat_interleave(16).reshape(1, 64, 64) / 255
halves = (ramp > 0.5).float()
grid = np.linspace(-2, 3, 5001)
beyond = (grid < 0) | (grid > 1)
outside = [st.channel_densities(p, grid)[0][beyond].sum() * 0.001 for p in (ramp, halves)]
at_edge = st.channel_densities(ramp, [0.0])[0, 0]

fig = beside([("all levels", ramp), ("two levels", halves)], limits=(-1, 2))
st.figure(
    fig,
    alt=f"Above, a ramp of greys, and its density: a plateau between 0 and 1 that slopes down "
    f"across both edges, {outside[0]:.1%} of it outside. Below, "
    f"a picture half black and half white, and two humps centred on 0 and 1, {outside[1]:.0%} of "
    "them outside. The labels on the hatched sides say 0% unseen in both.",
    caption="Nothing is outside [0, 1]. The curves say otherwise.",
)

# %% tags=["hide-input"]
Markdown(
    f"{outside[0]:.1%} of the upper curve and {outside[1]:.0%} of the lower one lie where no pixel "
    "is. The library seaborn draws such curves too; its `cut=0` ends them at "
    f"the data and hides the tail, but does not put it back: the area of the upper one is then "
    f"{1 - outside[0]:.3f}, and the density at the edge "
    f"{at_edge:.2f} where the truth is 1. To know a range, count; to see a shape, draw."
)

# %% [markdown]
# ### Before, after, and squeezed
#
# Three photos, three times. The last row is what is often shown as "after BatchNorm". `sharex` and `sharey` give all nine
# one axis, `inset_axes` puts each picture into a corner of its own, and one legend serves them all. Which row is widest?

# %% tags=["hide-input"]
drawn = st.min_max_scale(y)
rows = {"before": x, "BatchNorm": y, "min-max of it": drawn}
fig, axes = plt.subplots(3, 3, figsize=(6.2, 5.6), sharex=True, sharey=True)
for line, (when, batch) in zip(axes, rows.items()):
    for ax, picture in zip(line, batch):
        st.plot_channel_densities(picture, ax, limits=(-3, 3)).set(xlabel="", ylabel="")
        names = ax.get_legend_handles_labels()
        ax.legend().remove()
        for label in list(ax.texts):
            label.remove()  # no room for the fractions
        # left, bottom, width and height, in parts of the axes
        st.show(picture.clamp(0, 1), ax.inset_axes([0.02, 0.5, 0.45, 0.48]))
    line[0].set_ylabel(when)
for ax, name in zip(axes[0], ("cat", "coffee", "astronaut")):
    ax.set_title(name)
highest = max(curve.get_ydata().max() for ax in axes.flat for curve in ax.lines)
ax.set(ylim=(0, 1.1 * highest), xticks=[-2, 0, 1, 2])
fig.legend(*names, loc="outside upper center", ncols=3)
spread = [", ".join(f"{picture.std():.2f}" for picture in batch) for batch in rows.values()]
st.figure(
    fig,
    alt="Nine plots of densities on one axis and with one height, each with its picture in a "
    "corner: cat, coffee and astronaut from left to right. Before: tall humps between 0 and 1, std "
    f"{spread[0]}. After BatchNorm: low and wide, far into the hatched sides, std {spread[1]}. "
    f"Min-max scaled: narrow again, std {spread[2]}.",
    caption="The third row is the second one, squeezed. All axes and all heights are the same.",
)

# %% [markdown]
# ### An axis each
#
# Good pictures mislead, too, where each plot chooses its own axis, as plots do when they are left alone. The left column
# has the cat before and after. Which values spread wider? Now look at the right column, where the axis is one.

# %% tags=["hide-input"]
fig, axes = plt.subplots(2, 2, figsize=(6.2, 3.8))
pair = {"before": x[0], "BatchNorm": y[0]}
ends = [(picture.min().item(), picture.max().item()) for picture in pair.values()]
for line, (when, picture), own_ends in zip(axes, pair.items(), ends):
    for ax, limits in zip(line, (own_ends, (-3, 3))):
        st.plot_channel_densities(picture, ax, limits=limits).set(xlabel="", ylabel="", yticks=[])
        ax.legend().remove()
        for label in list(ax.texts):
            label.remove()
    for side in list(line[0].patches):
        side.remove()  # elsewhere nothing is hatched
    line[0].set_ylabel(when)
heights = [max(curve.get_ydata().max() for curve in line[1].lines) for line in axes]
for line, height in zip(axes, heights):
    line[0].set_ylim(0, 1.1 * height)
    line[1].set(ylim=(0, 1.1 * max(heights)), xticks=[-2, 0, 1, 2])
axes[0, 0].set_title("wrong: an axis each")
axes[0, 1].set_title("right: one axis")
of_axis = [picture.std() / (end - start) for picture, (start, end) in zip(pair.values(), ends)]
wider = y[0].std() / x[0].std()
assert of_axis[1] < 0.8 * of_axis[0] and wider > 2  # what the text says
st.figure(
    fig,
    alt="Four plots of the cat's densities, red, green and blue. On the left, where each axis ends "
    "with the values, the humps after BatchNorm look as tall as those before, and narrower. On the "
    "right, on one axis and with one height, those before are narrow and tall, and those after are "
    "wide and low.",
    caption=f"Left, the std is {of_axis[0]:.0%} of the axis before and {of_axis[1]:.0%} after. In "
    f"truth it is {wider:.1f} times as large after.",
)

# %% [markdown]
# On the left BatchNorm seems to have narrowed the data, and only the numbers under the axes say otherwise. Plots that are
# to be compared need the same ends: `limits` here, `sharex` and `sharey` in matplotlib.
#
# ### The wrong column
#
# To compare two versions of a photo, `st.split_view` joins their halves. It cuts at the middle *column*, $\lfloor W/2 \rfloor$.
# A published version takes the column from the height, and draws its line at 128: right for 256 × 256, and wrong here.

# %% tags=["hide-input"]
height, width = cat.shape[1:]
wrong = torch.cat([x[0][..., : height // 2], y[0][..., height // 2 :]], dim=-1)
fig, axes = plt.subplots(1, 2, figsize=(6.2, 2.9))
mark = {"color": st.COLORS["mark"], "linestyle": "--"}
right = st.split_view(x[0], y[0]).clamp(0, 1)
st.show(right, axes[0], title=f"split at column {width // 2}").axvline(width / 2, **mark)
title = f"split at {height // 2}, line at 128"
st.show(wrong.clamp(0, 1), axes[1], title=title).axvline(128, **mark)
st.figure(
    fig,
    alt=f"The cat, left half photo, right half normalised. In the first picture the dashed line "
    "runs along the seam, at column "
    f"{width // 2} of {width}. In the second the seam is at column {height // 2} and the line "
    f"{height // 2 - 128} columns beside it.",
    caption="Left half: the photo. Right half: after BatchNorm, clipped. The line belongs on the "
    "seam.",
)

# %% [markdown]
# ### seaborn
#
# `seaborn.kdeplot` puts a Gaussian on every pixel. Eight-bit data has at most 256 different values per channel, and so has
# what one slope and offset per channel make of it, BatchNorm too. So 256 weighted Gaussians are the whole density, exactly.
# The trap is the bandwidth: Scott's rule, $h = n^{-1/5} s$, wants $n$ of all pixels, and $s$ with $n - 1$.

# %%
fig, ax = plt.subplots()
start = time.perf_counter()
seaborn.kdeplot(x=y[0, 0].flatten().numpy(), ax=ax, label="red")
middle = time.perf_counter()
places, heights = ax.get_lines()[0].get_data()
ours = st.channel_densities(y[0, :1], places)[0]
end = time.perf_counter()
legend = ax.legend().get_texts()
print("a legend:", [text.get_text() for text in legend])
plt.close(fig)

# %% tags=["remove-input"]
Markdown(
    f"{y[0, 0].numel():,} pixels, {len(y[0, 0].unique())} values: the curves differ by "
    f"{abs(ours - heights).max():.0e}, "
    f"and seaborn took {(middle - start) / (end - middle):.0f} times as long here."
)

# %% [markdown]
# matplotlib knows that it clips. It raises no Python warning, which a test run could turn into an error. It writes to a
# logger: one more line on the screen. A test can demand that line, or its absence:

# %%
fig, ax = plt.subplots()
log = TestCase().assertLogs("matplotlib.image", "WARNING")
with log as caught:
    ax.imshow(y[0].permute(1, 2, 0))
plt.close(fig)
print(caught.output[0].split(". Got")[0])

# %% [markdown]
# ## Layers
#
# ### eps matters where little happens
#
# A constant channel becomes 0. A quiet channel, one of small std, stays quiet; how quiet depends on `eps`. One value per
# channel is its own mean, so every input would give the same output: that is an error. A batch of one *picture* is fine.

# %%
quiet = 0.5 + 0.01 * torch.randn(4, 1, 32, 32)
for eps in (1e-5, 1e-3):
    became = st.batch_norm(quiet, eps=eps).std()
    print(f"std 0.01, eps {eps}: {became:.3f}")
constant = torch.full((2, 1, 8, 8), 0.7)
print("constant:", st.batch_norm(constant).abs().max().item())
try:
    st.batch_norm(torch.rand(1, 3, 1, 1))
except ValueError as error:
    print(str(error).split(",")[0], "…")

# %% [markdown]
# What is remembered is the average of the variances *within* batches. The spread between batches is left out, as with the
# averaged stds of lesson 3. And `momentum` says how soon the start is forgotten:

# %%
for momentum in (0.1, 0.01):
    batches = math.ceil(math.log(0.01) / math.log(1 - momentum))
    print(f"momentum {momentum}: {batches} batches until 1% is left")

# %% [markdown]
# ### Keras
#
# Keras calls the weight of the *old* statistics momentum: its `0.99` is torch's `0.01`. Its epsilon is 1e-3, its axes are
# (N, H, W, C). `keras_options` translates the numbers. Here they meet the output of a real Keras, which the repository keeps
# with the script that made it. One of its two channels is quiet.

# %%
keras = st.data_path("../tests/spec/keras_batchnorm.json")
keras = json.loads(keras.read_text())
batch = keras["batches"][0]
names = ("input", "training_output")
inputs, outputs = (
    torch.tensor(batch[name]).permute(0, 3, 1, 2) for name in names
)
learned = {"weight": keras["gamma"], "bias": keras["beta"]}
learned = {name: torch.tensor(v) for name, v in learned.items()}
print(keras["made_with"])
for options in ({}, st.keras_options()):
    bn = torch.nn.BatchNorm2d(2, **options)
    bn.load_state_dict(bn.state_dict() | learned)
    apart = (bn(inputs) - outputs).abs().max()
    print(options or "torch's own options", f"differ by {apart:.0e}")
print("kept by torch", bn.running_var.tolist())
print("kept by Keras", batch["moving_variance"])

# %% [markdown]
# With Keras' options the outputs agree. The kept variances do not quite: Keras 3 keeps the biased one. The mode differs too.
# In torch it belongs to the layer. In [Keras](https://keras.io/api/layers/normalization_layers/batch_normalization/) it is an argument of the call,
# `layer(x, training=True)`, and `trainable = False` puts a BatchNorm into inference whatever the call says, averages and
# all, where torch's `requires_grad_(False)` lets them move on.

# %%
st.prove("keras_options")

# %% [markdown]
# ### Two workers
#
# With data-parallel training each process has a BatchNorm of its own and sees only its share of the batch. Four photos, two
# processes: the cat with a galaxy in one, the astronaut and the outdoor photo in the other. The script normalises each share
# by its own statistics. Then it adds three whole numbers per channel over both processes with `all_reduce`, the count, the
# sum and the sum of squares, and normalises again.

# %% tags=["hide-input"]
torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
torchrun += ["--local-addr=127.0.0.1", "--nproc-per-node=2"]
script = st.data_path("../lessons/scripts/batchnorm_in_processes.py")
four = torch.stack([cat, galaxies[0], astronaut, outdoors[0]])
with tempfile.TemporaryDirectory() as folder:
    files = [f"{folder}/{i}.png" for i in range(4)]
    for file, picture in zip(files, four):
        Image.fromarray(st.to_image(picture)).save(file)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [*torchrun, script, folder, *files]
    subprocess.run(command, env=environment, capture_output=True, check=True, timeout=600)
    results = [torch.load(f"{folder}/process_{rank}.pt") for rank in (0, 1)]
whole = st.batch_norm(four)

# %% tags=["hide-input"]
apart, together = (torch.cat([result[key] for result in results]) for key in ("apart", "together"))
ways = [("each worker its share", apart), ("synchronised", together), ("one process", whole)]
Markdown(
    "| the cat's mean | red | green | blue |\n|---|---|---|---|\n"
    + "".join(
        f"| {name} | " + " | ".join(f"{v:.2f}" for v in batch[0].mean(dim=(1, 2))) + " |\n"
        for name, batch in ways
    )
    + f"\nApart, the four photos differ from the whole batch by up to "
    f"{(apart - whole).abs().max():.1f}; synchronised, by "
    f"{(together - whole).abs().max():.0e}. Each worker moves its running mean towards that of its "
    "share, in red "
    f"{results[0]['own_mean'][0]:.2f} in one and {results[1]['own_mean'][0]:.2f} in the other."
)

# %% [markdown]
# Which one is kept? torch's `DistributedDataParallel` copies the running statistics of process 0 to the others before each
# forward pass. What you save has seen one share of every batch. `torch.nn.SyncBatchNorm` adds up inside a network, on
# accelerators only: in training it refuses CPU tensors. Without a process group it is an ordinary BatchNorm and does not say
# so.
#
# ### How exact is a sum?
#
# The 12 megapixels of the lesson, added up as torch adds a permuted view on one thread of a CPU: one float32 per channel.

# %%
column = np.linspace(255, 180, 3000).astype(np.uint8)
values = np.repeat(column, 4000).astype(np.float32) / 255
total = np.cumsum(values, dtype=np.float32)[-1]
true = values.sum(dtype=np.float64)
print(f"running sum {total:,.0f}, true {true:,.0f}")
print(f"near it, float32 numbers are {np.spacing(total):.0f} apart")

# %% [markdown]
# There each further pixel, less than 1, counts as a whole 1 or as nothing. Torch and numpy add contiguous memory in blocks,
# pairwise, and lose next to nothing; a loop of your own does not, unless it adds in float64.
