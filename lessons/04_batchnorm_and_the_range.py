# %% [markdown]
# # One photo, one layer, two results
#
# 17 minutes · and 45 for the exercises · after lesson 3 · uses `batch_norm`, `BatchNorm2d`, `channel_densities`, `plot_channel_densities`, `split_view`

# %% tags=["hide-input"]
import math

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown

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
among_dark = st.batch_norm(torch.stack([cat, *galaxies]))[0]
among_bright = st.batch_norm(torch.stack([cat, *outdoors]))[0]

fig, axes = plt.subplots(1, 3, figsize=(6.2, 2.3))
titles = ("the photo", "BatchNorm,\nin batch A", "BatchNorm,\nin batch B")
for ax, picture, title in zip(axes, (cat, among_dark, among_bright), titles):
    st.show(picture.clamp(0, 1), ax, title=title)
lost = [st.unseen(v).mean(axis=0) for v in (among_dark, among_bright)]
st.figure(
    fig,
    alt=f"A cat's face three times. First as in the file. In batch A it is nearly white, with "
    f"{lost[0][1]:.0%} of all values above "
    f"white. In batch B it is nearly black, a few fiery patches on the fur, with {lost[1][0]:.0%} "
    "of all values below black.",
    caption="The same photo through the same BatchNorm, twice. Nothing about the cat is different.",
)

# %% [markdown]
# **After this lesson you can**
#
# 1. say which pixels of a batch decide what becomes of a photo, in training and in evaluation
# 2. read pictures and densities of normalised data without taking the drawing for the data
# 3. say what a BatchNorm layer remembers, and what happens where its mode is wrong
#
# ## Predict
#
# BatchNorm, a layer of many image networks, normalises as in lesson 3, but by the batch at hand: from each channel it
# subtracts the mean over all pixels of all photos, and it divides by their standard deviation. A batch holds two grey
# photos of one pixel each, `0.2` and `0.6`.

# %% tags=["remove-input"]
first = st.predict("What becomes of 0.2?", ["0.2", "about 0", "-1"], guess=...)
second = st.predict(
    "The other photo is 0.1 now. What becomes of 0.2?",
    ["the same as before", "+1", "something a little higher"],
    guess=...,
)
narrow = st.predict(
    "You scale BatchNorm's output to [0, 1] by its minimum and maximum and look at it: the colours "
    "are paler than the photo's. What has BatchNorm done to the spread of the values?",
    ["narrowed it", "nothing", "this picture cannot tell"],
    guess=...,
)

# %% [markdown]
# ## Look
#
# ### Two pixels

# %%
became = {}
for other in (0.6, 0.1):
    pair = torch.tensor([0.2, other]).reshape(2, 1, 1, 1)
    became[other] = round(st.batch_norm(pair)[0].item())
    print(f"0.2 with {other}:", st.batch_norm(pair).flatten())

# %% tags=["remove-input"]
first.reveal(str(became[0.6]))
second.reveal(f"{became[0.1]:+d}")

# %% [markdown]
# Of two clearly different numbers the smaller becomes $-1$ and the larger $+1$, whatever they were. Only which one is
# brighter is left. The cat met the same fate: the others in batch A were two pieces of a galaxy photo, which is dark; in
# batch B, two pieces of a grey photo taken outdoors, which is bright.

# %%
print("before      ", st.describe(cat))
print("among dark  ", st.describe(among_dark))
print("among bright", st.describe(among_bright))

# %% [markdown]
# ### A picture that misleads
#
# Now three colourful photos in one batch. Most of the output is outside [0, 1], so a common recipe scales the batch by its
# minimum and maximum before drawing. Compare the colours of the two rows.

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
    alt=f"Two rows of a cat, a red cup of coffee and an astronaut in orange. In the lower row a "
    "haze lies over everything. The cat is "
    f"a bluish grey, its saturation {after[0]:.2f}, above {before[0]:.2f}; the cup is faded, "
    f"{after[1]:.2f}, above {before[1]:.2f}; the wall behind "
    "the astronaut, grey above, is blue.",
    caption="The batch and a min-max drawing of its BatchNorm. Did BatchNorm narrow the data?",
)

# %% [markdown]
# It looks as if BatchNorm had narrowed the data. Measure.

# %%
spread = [v.std().item() for v in (x, y, drawn)]
print("std before {:.2f}, after {:.2f}, drawn {:.2f}".format(*spread))

# %% tags=["remove-input"]
narrow.reveal("this picture cannot tell")

# %% [markdown]
# It widened them, and the drawing squeezed them again. Min-max draws the same picture however wide the values lie.
#
# Why are the colours paler? Values that crowd into the middle make red, green and blue alike; moving *each channel's* mean
# to the same place takes away the colour that the photos have in common; dividing by each channel's *own* std changes their
# balance. Do one without the others, and measure the saturation, (max − min) / max of a pixel's red, green and blue: 0 is
# grey, 1 a pure colour.

# %% tags=["hide-input", "remove-input"]
def per_channel(statistic):
    return statistic(x, dim=(0, 2, 3), keepdim=True)


def shrunk(batch):
    """The whole batch as narrow as the drawing, one slope for all."""
    return (batch - batch.mean()) / batch.std() * drawn.std() + 0.5


means, stds = per_channel(torch.mean), per_channel(torch.std)
versions = {
    "the photo": x,
    "only crowded": shrunk(x).clamp(0, 1),
    "only centred": (x - means + x.mean()).clamp(0, 1),
    "only balanced": (means + (x - means) / stds * x.std()).clamp(0, 1),
    "BatchNorm, min-max scaled": drawn,
}

# %% tags=["hide-input", "remove-input"]
faded = {name: [st.saturation(p) for p in batch] for name, batch in versions.items()}
# What the text says about the three causes holds with a margin.
assert all(a < b - 0.05 for a, b in zip(faded["only crowded"], faded["the photo"]))
assert faded["only centred"][0] < faded["the photo"][0] - 0.05
assert faded["only centred"][2] > faded["the photo"][2] + 0.01
assert all(abs(a - b) < 0.03 for a, b in zip(faded["only balanced"], faded["the photo"]))
rows = [[name, *(f"{s:.2f}" for s in three)] for name, three in faded.items()]
rows = [f"| {' | '.join(row)} |" for row in rows]
Markdown("\n".join(["| mean saturation | cat | coffee | astronaut |", "|---|---|---|---|", *rows]))

# %% [markdown]
# All three are at work, and they differ in kind. Crowding fades every photo. Centring fades those that share the batch's
# warm cast, the cat most of all, and *colours* the one that does not: the grey wall turns blue, because it is less red than
# the batch on average. The balance changes least.
#
# ### Where the values lie
#
# A density is a smoothed histogram of area 1: it is high at values that many pixels of a channel have. Look at the hatched
# sides: the picture beside them cannot show what lies there.

# %% tags=["hide-input"]
def beside(rows, limits):
    """Each picture as the display clips it, and beside it where its values lie, on one axis."""
    fig, axes = plt.subplots(len(rows), 2, figsize=(6.2, 2.6 * len(rows)), width_ratios=(1, 2))
    for (left, right), (title, picture) in zip(axes, rows):
        st.show(picture.clamp(0, 1), left, title=title)
        st.plot_channel_densities(picture, right, limits=limits).set(xlabel="", ylabel="")
    right.set_xlabel("value")
    return fig


fig = beside([("the photo", x[0]), ("BatchNorm", y[0])], limits=(-4, 4))
seen = 1 - st.unseen(y[0])[:, :2].sum(axis=1)
st.figure(
    fig,
    alt=f"Above, the cat, and beside it three narrow humps between 0 and 1, in the white part of "
    "the axis. Below, the cat after BatchNorm, "
    f"dark with hard contrasts, and beside it three wide humps on top of one another, half of them "
    f"in the hatched part left of 0. Of red {seen[0]:.0%} "
    f"is seen, of green {seen[1]:.0%}, of blue {seen[2]:.0%}.",
    caption="One axis for both, symmetric around 0. The hatched parts are unseen, with the "
    "fraction of each channel.",
)

# %% [markdown]
# The fractions are counted pixel by pixel. The curve is no count: every pixel adds a little Gaussian around its value, and
# Gaussians do not stop at 0. [More](more_04_layers.ipynb) has two pictures all inside [0, 1] whose curves are not.
#
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
# with a learned weight $w$ and bias $b$ per channel, 1 and 0 at first, and a small $\epsilon$ (`eps`) against division by
# zero. Without them the mean of $y$ is 0 and its variance $\sigma^2 / (\sigma^2 + \epsilon)$. Three things follow.
#
# **The neighbours enter through two numbers.** Nothing but $\mu$ and $\sigma^2$ of the batch is in the formula. It is said
# that a photo's channels are pulled together because its neighbours are bimodal, that is, have two peaks. Exchange bimodal
# neighbours for Gaussian ones with the same mean and variance:

# %%
two_peaks = torch.tensor([-1.0, 1.0]).double()
two_peaks = two_peaks.repeat(3 * 300 * 360).reshape(2, 3, 300, 360)
bell = torch.randn(2, 3, 300, 360, dtype=torch.float64)
bell -= bell.mean((0, 2, 3), keepdim=True)
bell /= bell.std((0, 2, 3), correction=0, keepdim=True)
a, b, c = (
    st.batch_norm(torch.cat([cat[None].double(), 0.5 + others]))[0]
    for others in (0.3 * two_peaks, 0.3 * bell, 0.6 * bell)
)

# %% tags=["remove-input"]
Markdown(
    f"Bimodal against Gaussian: the cat differs by at most **{(a - b).abs().max():.0e}**. "
    f"Gaussian neighbours of twice the std: by **{(a - c).abs().max():.1f}**. The shape has no say."
)

# %% tags=["remove-input"]
bright = st.predict(
    "64 × 64 pixels are 0, but for one, which is 1. What does BatchNorm make of that one?",
    ["1, as it was", "about 3", "about 60"],
    guess=...,
)

# %% [markdown]
# **It has no fixed range.** One value at a distance $d$ from the mean has the $n - 1$ others, all together, $d$ on the other
# side, so their squares add up to at least $d^2 / (n - 1)$. Hence $d^2 + d^2 / (n - 1) \le n \sigma^2$, and for $w = 1$,
# $b = 0$ that is $|y_i| \le \sqrt{n - 1}$. One bright pixel among black ones gets there.

# %%
dot = torch.zeros(1, 1, 64, 64)
dot[0, 0, 20, 40] = 1.0
even = torch.rand(8, 3, 64, 64)
outside = st.unseen(st.batch_norm(even)).sum(axis=1).mean()
print(f"one pixel of 4096: {st.batch_norm(dot).max():.2f}")
print(f"the bound: {math.sqrt(4096 - 1):.2f}")
print(f"even pictures, outside [0, 1]: {outside:.0%}")

# %% tags=["remove-input"]
sizes = {"1, as it was": 1, "about 3": 3, "about 60": 60}
became_of_it = st.batch_norm(dot).max().item()
bright.reveal(min(sizes, key=lambda words: abs(sizes[words] - became_of_it)))

# %% [markdown]
# **It forgets what was done before.** Replace $x$ by $a x + c$: mean and deviation scale along, and only $\epsilon$ notices.
# Exactly, $\mathrm{BN}_\epsilon(a x + c) = \pm \mathrm{BN}_{\epsilon / a^2}(x)$, with the sign of $a$. So scaling to 255 or by
# ImageNet's constants right before a BatchNorm in training has almost no effect.

# %%
imagenet = st.normalize(x, st.IMAGENET_MEAN, st.IMAGENET_STD)
for name, batch in {"255 x": 255 * x, "normalize(x)": imagenet}.items():
    apart = (st.batch_norm(batch) - y).abs().max()
    print(f"BN(x) and BN({name}) differ by {apart:.0e}")
same = torch.equal(st.batch_norm(2 * x, eps=4e-5), y)
print("BN(2x) with 4 eps has the same bits:", same)

# %% [markdown]
# ## The tool
#
# `BatchNorm2d` is the layer. In training it normalises by the batch at hand and keeps running averages of mean and variance.
# In evaluation, the mode for using the trained network, it takes those, and a photo no longer depends on its neighbours.

# %%
layer = st.BatchNorm2d(3)
for _ in range(50):
    layer(x)
layer.eval()
with_dark = layer(torch.stack([cat, *galaxies]))[0]
with_bright = layer(torch.stack([cat, *outdoors]))[0]
print("the same bits in both:", torch.equal(with_dark, with_bright))

# %% [markdown]
# **Forget `model.eval()`, and every prediction depends on whatever else is in its batch.** No error says so. Change the cat's
# company and its brightness, in training and in evaluation.

# %% tags=["hide-input"]
few = slice(None, None, 4)  # of the company every fourth pixel keeps the page light
company = {"two galaxy photos": galaxies, "two outdoor photos": outdoors}
company |= {"coffee and astronaut": [coffee, astronaut], "none, it is alone": []}
among = {
    mode: [batch_of(torch.stack([cat, *mates]))[0].detach() for mates in company.values()]
    for mode, batch_of in (("training", st.batch_norm), ("evaluation", layer))
}
lost = {
    mode: [f"{st.unseen(p)[:, :2].sum(axis=1).mean():.0%}" for p in pictures]
    for mode, pictures in among.items()
}
fig, axes = plt.subplots(1, 4, figsize=(6.2, 1.9))
shown = [(mode, k, name) for mode in among for k, name in enumerate(("galaxies", "outdoors"))]
for ax, (mode, k, name) in zip(axes, shown):
    st.show(among[mode][k][:, ::3, ::3].clamp(0, 1), ax, title=f"{mode},\n{name}")
st.live_batch(
    fig,
    cat,
    {name: [mate[:, few, few] for mate in mates] for name, mates in company.items()},
    layer,
    history="50 batches of cat, coffee and astronaut",
    alt=f"The cat after BatchNorm, four times. In training it is nearly white among galaxies, "
    f"{lost['training'][0]} of its values unseen, and nearly "
    f"black among outdoor photos, {lost['training'][1]}. In evaluation both pictures are the same, "
    f"{lost['evaluation'][0]} and {lost['evaluation'][1]}.",
    caption="In training the company decides how the cat looks. In evaluation it has no say.",
)

# %% [markdown]
# The gradient says on which input pixels an output depends. Ask it for one red value of the cat. The batch has three
# photos, and each channel of each has 108,000 values.

# %% tags=["remove-input"]
depends = st.predict(
    "In training, on how many values of the batch does one red value of the cat depend?",
    ["1", "108,000", "324,000", "all 972,000"],
    guess=...,
)

# %%
def influence(mode):
    leaf = x.clone().requires_grad_()
    one = st.BatchNorm2d(3).train(mode)(leaf)[0, 0, 150, 180]
    one.backward()
    return (leaf.grad != 0).sum(dim=(2, 3))  # per photo and channel


training, evaluation = influence(True), influence(False)

# %% tags=["remove-input"]
Markdown(
    "| one red value of the cat depends on | red | green | blue |\n|---|---|---|---|\n"
    + "".join(
        f"| {mode}, pixels of the {photo} | " + " | ".join(f"{n:,}" for n in row.tolist()) + " |\n"
        for mode, table in (("training", training), ("evaluation", evaluation))
        for photo, row in zip(("cat", "coffee", "astronaut"), table)
    )
)

# %% tags=["remove-input"]
values = training.sum().item()
depends.reveal("all 972,000" if values == x.numel() else f"{values:,}")

# %% [markdown]
# In training, every red pixel of every photo. In evaluation, the one at its own place: there the layer is one slope and one
# offset per channel, like Normalize in lesson 3. Three details decide how large they are:
#
# - The mode is the layer's, set by `train()` and `eval()`. In torch neither `torch.no_grad()` nor frozen weights stop the
#   averages from moving. (In Keras the mode is an argument of the call, and `trainable = False` does stop them:
#   [More](more_04_layers.ipynb).)
# - `momentum`, $m$, is the weight of the *new* batch in a running statistic $r$: $r \leftarrow (1 - m) \, r + m \, \mu$. It
#   starts from mean 0 and variance 1, so a new layer in evaluation does almost nothing.
# - A batch is normalised by the biased variance, $1/n$. What is remembered is the unbiased one, $1/(n - 1)$.

# %%
watched = st.BatchNorm2d(1).requires_grad_(False)
batch = torch.tensor([4.5, 6.5] * 4).reshape(2, 1, 2, 2)
with torch.no_grad():
    watched(batch)
print(f"one batch of mean 5.5: {watched.running_mean.item():.2f}")
kept = (watched.running_var.item() - 0.9) / 0.1
print(f"biased variance 1, n = 8, kept: {kept:.4f}; 8/7 = {8 / 7:.4f}")

# %% [markdown]
# ## Proof
#
# Doubling a batch and taking four times `eps` must give the same bits: floats scale by two without rounding. That is one of
# these laws.

# %%
st.prove("batch_norm")

# %%
st.prove("BatchNorm2d")

# %% [markdown]
# ## Elsewhere
#
# `torch.nn.BatchNorm2d` is quick and usually exact enough. Not always. Take a picture of 12 megapixels, a bright gradient, as
# photos are read: (H, W, C) in memory, permuted to (C, H, W). On the CPU with one thread, as here, torch's training BatchNorm
# adds such a view up pixel after pixel in one float32 per channel. With `momentum=1.0` the running mean is the mean that it used.

# %%
torch.set_num_threads(1)  # with more, each thread adds up a part
image = np.empty((3000, 4000, 3), np.uint8)
image[:] = np.linspace(255, 180, 3000).astype("u1")[:, None, None]
view = torch.from_numpy(image).permute(2, 0, 1)[None] / 255
truth = st.channel_statistics([image]).mean[0]
means = {}
for name, batch in {"view": view, "copy": view.contiguous()}.items():
    theirs = torch.nn.BatchNorm2d(3, momentum=1.0)
    with torch.no_grad():
        theirs(batch)
    means[name] = theirs.running_mean[0].item()
    print(f"{name}: mean {means[name]:.4f}, true {truth:.4f}")
del view, batch

# %% [markdown]
# The same values, made contiguous, come out right; as a view they do not, and nothing warns. (A real photo, or more threads,
# makes the error smaller.) `st.to_tensor` gives contiguous memory, `st.batch_norm` adds up in float64.
#
# [More](more_04_layers.ipynb) takes a layer to Keras and to two workers, and draws densities that leak.
#
# ## Your turn
#
# Replace `...` by your own code and run the cell. An exercise is *solved* when its laws of mathematics hold, on ordinary
# pictures. *Unbreakable* is a second star, if you like it: other types and layouts, and bad input.

# %% [markdown]
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
# they are torch's after every batch.
#
# Good for: evaluation, where these two stand in for the mean and variance of the batch.
#
# *Unbreakable* asks for more: with `self.momentum` `None` they are the plain average, and `self.num_batches_tracked`
# counts the batches; and what the layer itself is held to in other types, when it is saved and loaded, and when it is
# misused.

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
# The laws: the curve of a channel is the mean of one Gaussian per pixel, of area 1 each, within $10^{-9}$, so compute in
# float64. Arrays are (H, W, C), tensors (C, H, W). The bandwidth $h$, the std of each Gaussian, is one number. Without it,
# Scott's rule: $h = n^{-1/5} s$, for $n$ pixels whose std with $n - 1$ is $s$.
#
# Good for: comparing where the values of two layers or two photos lie, without the steps of a histogram.
#
# *Unbreakable* asks for more: every type of real numbers, two axes, which are one channel, more axes before (C, H, W),
# one bandwidth per channel. Refused are:
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
# 3. say what a BatchNorm layer remembers, and what happens where its mode is wrong

# %% tags=["remove-input"]
st.guesses(4)

# %% [markdown]
# For the first: in training all pixels of its channel, through their mean and variance; in evaluation its own. For the
# second: measure the std, count the unseen, and ask what scaled the picture. For the third: running averages; left in
# training mode, the layer lets every prediction depend on its neighbours.
#
# The whole lesson in one figure. Below, three photos, left of the line as they are, right of it after BatchNorm; above
# each, where its values lie before (left) and after (right). One horizontal axis, and one vertical axis, for all six.

# %% tags=["hide-input"]
whose = ["cat", "coffee", "astronaut"]
# Six columns: each photo is two wide, and above it stand two densities, one wide each.
small = [f"{name} {when}" for name in whose for when in ("before", "after")]
fig, axes = plt.subplot_mosaic(
    [small, [name for name in whose for _ in range(2)], [name for name in whose for _ in range(2)]],
    figsize=(6.2, 3.6),
)
for name, before, after in zip(whose, x, y):
    for when, picture in (("before", before), ("after", after)):
        ax = axes[f"{name} {when}"]
        st.plot_channel_densities(picture, ax, limits=(-3, 3)).set(xlabel="", ylabel="")
        ax.legend().remove()
        for label in list(ax.texts):
            label.remove()  # the fractions stand under the photos
        ax.set(ylim=(0, 5), yticks=[], xticks=[0, 1])
        ax.set_title(when)
    line = {"color": st.COLORS["mark"], "linestyle": "--"}
    part = st.unseen(after)[:, :2].sum(axis=1).mean()
    title = f"{name}: {part:.0%} unseen"
    st.show(st.split_view(before, after).clamp(0, 1), axes[name], title=title).axvline(180, **line)
unseen = [st.unseen(picture)[:, :2].sum(axis=1).mean() for picture in y]
st.figure(
    fig,
    alt="Three photos side by side, each split by a dashed line: the photo on the left, the "
    "normalised one with hard "
    "colours on the right. Above each, two small densities on one axis: before, tall humps in the "
    "white strip from 0 to "
    "1; after, low and wide ones that reach into the hatched sides. "
    f"Unseen of the cat {unseen[0]:.0%}, of the coffee {unseen[1]:.0%}, of the astronaut "
    f"{unseen[2]:.0%}.",
    caption="One batch before and after BatchNorm. Above: where the values of each photo lie, red "
    "solid, green "
    "dashed, blue dotted; the white strip from 0 to 1 is all that a picture can show.",
)

# %% [markdown]
# (`subplot_mosaic` makes such a layout: a list of rows of names, and a name that is written twice is twice as wide. A line of
# `set(ylim=…)` for all axes is what makes heights comparable; an axis of each one's own would not.)
