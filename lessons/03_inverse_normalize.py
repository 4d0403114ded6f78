# %% [markdown]
# # One photo, four ways back
#
# 16 minutes · and 35 for the exercises · after lesson 2 · uses `normalize`, `inverse_normalize`, `inverse_mean_std`, `InverseNormalize`, `ChannelStatistics`

# %% tags=["hide-input"]
import os
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown, display
from matplotlib.colors import to_rgb
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

import seeing_tensors as st

plt.style.use(st.STYLE)
mean, std = st.IMAGENET_MEAN, st.IMAGENET_STD
photo = st.read_image(st.data_path("photos/people/astronaut.jpg"))
x = st.to_tensor(photo)
y = v2.functional.normalize(x, mean, std)

candidates = {
    "A": y,
    "B": v2.functional.normalize(y, [-m for m in mean], [1 / s for s in std]),
    "C": st.min_max_scale(y),
    "D": v2.functional.normalize(y, *st.inverse_mean_std(mean, std)),
}
errors = {name: (z.clamp(0, 1) - x).abs().mean().item() for name, z in candidates.items()}

fig, axes = plt.subplots(1, 4, figsize=(6.2, 2.6))
for ax, (name, z) in zip(axes, candidates.items()):
    st.show(z.clamp(0, 1), ax, title=f"{name}\nerror {255 * errors[name]:.1f}")
st.figure(
    fig,
    alt=f"The same portrait of an astronaut four times. A has hard patches of pure colour, its "
    "mean error is "
    f"{255 * errors['A']:.0f} of 255 levels. B is dark, with a mean error of "
    f"{255 * errors['B']:.0f} levels. "
    f"C looks like an ordinary photo and is off by {255 * errors['C']:.0f} levels on average. "
    f"D looks like C and is off by {255 * errors['D']:.1f}.",
    caption="One photo, normalised for a network and drawn four ways. By eye C and D both pass; "
    "the number, the mean "
    "error in levels of 255, decides.",
)

# %% [markdown]
# **After this lesson you can**
#
# 1. say how much of a normalised picture the display leaves out, per channel
# 2. undo a Normalize, alone, in a batch and in a pipeline, so that the file's bytes come back
# 3. compute the mean and std of a data set exactly, and say what the popular recipe forgets
#
# ## Predict
#
# A photo has float values in [0, 1]. You normalise it with ImageNet's constants, mean 0.485, 0.456, 0.406 and std 0.229,
# 0.224, 0.225, and hand it to `imshow`.

# %% tags=["remove-input"]
top = st.predict("White is 1. What is it in the red channel, once normalised?", guess=...)
share = st.predict(
    "Which part of the photo's values does imshow still tell apart?",
    [
        "all: it rescales whatever range it is given",
        "nearly all, with more contrast",
        "about half, the rest is pure black or white",
        "about an eighth, the rest is pure black or white",
    ],
    guess=...,
)

# %% [markdown]
# ## Look
#
# A portrait, as floats; and normalised. `describe` already says what is coming.

# %%
print(st.describe(x))
y = st.normalize(x, mean, std)
print(st.describe(y))

# %% [markdown]
# A colour picture is clipped to [0, 1], channel by channel (lesson 2). `unseen` counts what that takes away: the fraction
# below 0, above 1, and not finite.

# %%
lost = st.unseen(y)
print(lost.round(3))

# %% tags=["remove-input"]
rows = "\n".join(
    f"| {name} | {below:.0%} | {above:.0%} | {1 - below - above:.0%} |"
    for name, (below, above, _) in zip(("red", "green", "blue"), lost)
)
Markdown(f"| channel | drawn as 0 | drawn as 255 | really seen |\n|---|---|---|---|\n{rows}")

# %% tags=["remove-input"]
seen = 1 - lost[:, :2].sum(axis=1).mean()
parts = {"a": 1, "b": 0.9, "c": 0.5, "d": 1 / 8}
share.reveal(min(parts, key=lambda letter: abs(parts[letter] - seen)))

# %% [markdown]
# In the next figure every pixel on the right is painted by what happened to it: orange where a channel was cut off at
# white, dark teal where one was cut off at black, striped where both happened, grey where all three channels are really
# shown. Look for grey.

# %% tags=["hide-input"]
below, above = (y < 0).any(dim=0), (y > 1).any(dim=0)
stripes = (torch.arange(x.shape[1])[:, None] + torch.arange(x.shape[2])) % 12 < 6
painted = x.mean(dim=0).mul(0.5).add(0.4).expand(3, -1, -1).clone()
painted[:, above] = torch.tensor(to_rgb(st.COLORS["above"]))[:, None]
painted[:, below & (~above | stripes)] = torch.tensor(to_rgb(st.COLORS["below"]))[:, None]
whole = 1 - (below | above).double().mean().item()

fig, axes = plt.subplots(1, 3, figsize=(6.2, 3.6))
titles = ("the photo", "what imshow\ndraws", "what was\ncut off")
for ax, picture, title in zip(axes, (x, y.clamp(0, 1), painted), titles):
    st.show(picture, ax, title=title)
fig.supxlabel("orange: cut at white · teal: cut at black\nstriped: both · grey: really seen")
st.figure(
    fig,
    alt=f"Left, the portrait. Middle, the normalised portrait: a white wall, a pure red suit, a "
    "face with burnt patches. Right, "
    f"the portrait painted by what the display cut off: nearly all of it is orange, dark teal or "
    f"striped. Only {whole:.1%} of the pixels keep all three channels.",
    caption="What clipping does to a normalised photo. Grey, the untouched part, is hard to find.",
)

# %% [markdown]
# Only the grey pixels keep all three channels. No error was raised.
#
# ## Why
#
# Normalize is an affine map, one slope and one offset for each channel $c$:
#
# $$y_c = \frac{x_c - m_c}{s_c}$$
#
# Here $x_c$ is a value of channel $c$, $m_c$ the mean and $s_c$ the std given for that channel. Black, $x = 0$, goes to
# $-m_c / s_c$. White, $x = 1$, goes to $(1 - m_c) / s_c$.

# %%
zeros, ones = torch.zeros(3, 1, 1), torch.ones(3, 1, 1)
black = st.normalize(zeros, mean, std).flatten()
white = st.normalize(ones, mean, std).flatten()
print(black, white)

# %% tags=["remove-input"]
top.reveal(white[0].item(), within=0.05)

# %% tags=["remove-input"]
Markdown(
    f"With ImageNet's constants black becomes {black[0]:.2f}, {black[1]:.2f}, {black[2]:.2f} and "
    "white "
    f"{white[0]:.2f}, {white[1]:.2f}, {white[2]:.2f}. The displayable part, from 0 to 1, is "
    f"**{1 / (white[0] - black[0]):.0%}** of the red range. In bytes: red is seen from level "
    f"{255 * mean[0]:.0f} "
    f"to level {255 * (mean[0] + std[0]):.0f}, and nowhere else."
)

# %% [markdown]
# Solve the equation for $x$:
#
# $$x_c = y_c \, s_c + m_c$$
#
# That is the whole inverse: multiply by the std, add the mean. To write it as a second Normalize with a mean $m'$ and a
# std $s'$ of its own, bring it into the same form:
#
# $$x_c = \frac{y_c - m'_c}{s'_c} \qquad m'_c = -\frac{m_c}{s_c} \qquad s'_c = \frac{1}{s_c}$$
#
# Picture B of the opening used $m' = -m$. It forgets that the mean has to be divided too. Picture C stretched the minimum
# to 0 and the maximum to 1. That undoes some affine map, but one slope and one offset cannot undo three of each.

# %% tags=["remove-input"]
b, c = candidates["B"], candidates["C"]
rows = [("the photo", x), ("after min-max (C)", c), ("after the inverse (D)", candidates["D"])]
Markdown(
    f"The values of B run from {b.min():.2f} to {b.max():.2f}, and {st.unseen(b)[:, 0].mean():.0%} "
    "of them are below black: "
    "`describe` would have told. The channel means tell about C:\n\n"
    "| | red | green | blue |\n|---|---|---|---|\n"
    + "".join(
        f"| {name} | {z[0].mean():.3f} | {z[1].mean():.3f} | {z[2].mean():.3f} |\n"
        for name, z in rows
    )
    + f"\nMin-max is off by up to {255 * (c - x).abs().max():.0f} levels, and which way depends on "
    "the brightest and "
    "darkest value in *this* picture: the next one is distorted differently."
)

# %% [markdown]
# Now move the mean and the std yourself. Over a histogram of the photo lies the window of what the screen shows, from
# $y = 0$ to $y = 1$. Drag it: the mean slides it. Drag its right edge: the std stretches it. The numbers of $y$ go along.
# Find a window that hides nothing.
#
# Then put a way back left of the line, move the line over the picture, and look for a seam. Ask your eye before you read
# the number. (The figure holds the upper half of the photo, so its shares are not those of the table.)

# %% tags=["hide-input"]
upper = x[:, :256]
y_upper = st.normalize(upper, mean, std)
ways = {
    "y · std + mean": st.inverse_normalize(y_upper, mean, std),
    "signs only": v2.functional.normalize(y_upper, [-m for m in mean], [1 / s for s in std]),
    "min-max": st.min_max_scale(y_upper),
}
off = [(st.to_uint8(z).int() - st.to_uint8(upper).int()).abs().max().item() for z in ways.values()]
fig, axes = plt.subplot_mosaic("ab;cd;ee", figsize=(6.2, 7.4), height_ratios=(3, 3, 3))
st.show(y_upper.clamp(0, 1), axes["a"], title="imshow shows")
for ax, (name, z), levels_off in zip("bcd", ways.items(), off):
    st.show(z.clamp(0, 1), axes[ax], title=f"{name}\noff by {levels_off}")
st.plot_channel_densities(y_upper, axes["e"], limits=(-2.2, 2.8))
st.live_normalize(
    fig,
    upper,
    mean=mean,
    std=std,
    alt=f"Four pictures of the astronaut's head and shoulders: the normalised photo as imshow "
    f"shows it, with {st.unseen(y_upper)[:, :2].sum() / 3:.0%} of "
    f"the values cut off, and three ways back, off by at most {off[0]}, {off[1]} and {off[2]} "
    "levels. Below, the distribution of the normalised red, green "
    f"and blue values from {y_upper.min():.2f} to {y_upper.max():.2f}; what lies below 0 and above "
    "1 is hatched, and that is most of it.",
    caption="Normalize slides and stretches. Hatched: what imshow cuts off. Of the ways back only "
    "one gives the file's bytes again.",
)

# %% tags=["remove-input"]
ends = upper.flatten(1).aminmax(dim=1)
assert ends.min.eq(0).all() and ends.max.eq(1).all() and off[0] == 0 < min(off[1:])

# %% [markdown]
# Each channel of this photo reaches from 0 to 1. So only $m = 0$ and $s = 1$ hide nothing, and then $y$ is $x$: a
# normalised picture and one that `imshow` can draw whole are two different things. The right way back has no seam
# anywhere. Min-max has one on the wall and in the suit, and signs only is dark.
#
# ## The tool
#
# `inverse_normalize` takes the mean and std that `normalize` was given. Not their inverse.

# %%
back = st.inverse_normalize(y, mean, std)
print(st.describe(back))
print("largest error:", (back - x).abs().max().item())
print("the file's bytes:", np.array_equal(st.to_image(back), photo))

# %% [markdown]
# Four roundings in float32, two there and two back, leave an error far below half a level, so rounding to bytes repairs
# it completely. Truncating does not: a value that came back one hair too low falls to the level below.

# %% tags=["remove-input"]
damaged = st.predict(
    "Of all 256 levels of the three channels, how many does truncating damage?",
    ["one or two", "about one in eight", "about half"],
    guess=...,
)

# %%
every = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16)
levels = every.expand(3, -1, -1)
there = st.normalize(levels / 255, mean, std)
returned = st.inverse_normalize(there, mean, std)
truncated = (returned * 255).to(torch.uint8)
rounded = st.to_uint8(returned)

# %% tags=["remove-input"]
part = (truncated != levels).float().mean().item()
counts = {"one or two": 1 / 768, "about one in eight": 1 / 8, "about half": 1 / 2}
damaged.reveal(min(counts, key=lambda words: abs(counts[words] - part)))
display(Markdown(
    f"Of 3 × 256 levels, truncation damages **{(truncated != levels).sum()}**, rounding "
    f"**{(rounded != levels).sum()}**."
))

# %% [markdown]
# ### In a pipeline
#
# Now the way a training script does it: files, transforms, loader. `ImageFolder` takes each sub-folder for a class. Give
# it `read_image` as its loader, because its own does not apply the EXIF rotation.

# %%
normalizing = v2.Compose([
    v2.ToImage(),       # uint8 (H, W, 3) -> uint8 (3, H, W)
    v2.CenterCrop(288),  # no resampling: pixels stay as they are
    v2.ToDtype(torch.float32, scale=True),  # to [0, 1]
    v2.Normalize(mean, std),
])
folder = st.data_path("photos")
dataset = ImageFolder(folder, normalizing, loader=st.read_image)
batch, labels = next(iter(DataLoader(dataset, batch_size=5)))
print(st.describe(batch))

# %% [markdown]
# The batch as most notebooks draw it, clipped by the display, and below it the batch after the inverse.
# `InverseNormalize` is a v2 transform, so it goes where a transform goes; masks and boxes pass through it untouched.

# %%
undo = st.InverseNormalize(mean, std)
print(st.describe(undo(batch)))

# %% tags=["hide-input"]
hidden = st.unseen(batch)[:, :2].sum(axis=1).mean()
fig, axes = plt.subplots(2, 1, figsize=(6.2, 3.3))
st.show_grid(batch.clamp(0, 1), axes[0], columns=5, title="the batch, clipped by the display")
st.show_grid(undo(batch), axes[1], columns=5, title="the batch after InverseNormalize")
st.figure(
    fig,
    alt=f"Two rows of the same five photos: a cat, an astronaut, a cameraman, galaxies, a cup of "
    "coffee. In the upper row "
    f"colours are torn into flat patches, {hidden:.0%} of the values are clipped and the sky and "
    "the faint galaxies are pure black. The lower row "
    "shows the middle of the five photos, natural again.",
    caption="One batch from the loader. The lower row, rounded to bytes, equals that part of each "
    "file (next cell).",
)

# %% [markdown]
# “Looks right” is not the test. Compare with the bytes in the files.

# %%
crop = v2.CenterCrop(288)
for picture, (path, _) in zip(undo(batch), dataset.samples):
    original = crop(v2.functional.to_image(st.read_image(path)))
    assert torch.equal(st.to_uint8(picture), original), path
print(len(batch), "pictures equal to their files, pixel for pixel")

# %% [markdown]
# ### Whose mean, whose std?
#
# After normalising *your* data with *its own* statistics each channel has mean 0 and std 1. With someone else's it has
# not. So compute your own; but the popular recipe, the mean of the pictures' stds, is no std. It leaves out how much the
# pictures differ *from each other*. In the next figure each bar is one picture's std of the red channel.

# %%
pictures = [st.read_image(path) for path, _ in dataset.samples]
own = st.channel_statistics(pictures)
reds = [picture[..., 0] / 255 for picture in pictures]
per_picture = [float(red.std()) for red in reds]
naive, true = float(np.mean(per_picture)), own.std[0]

# %% tags=["remove-input"]
longest = st.predict(
    "Which bar is the std of all pixels like?",
    ["the shortest bar", "a middling bar", "the longest bar"],
    guess=...,
)

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(6.2, 3.3))
names = [os.path.basename(path).split(".")[0] for path, _ in dataset.samples]
names[-1] = "coffee"
ax.barh(names, per_picture, color=st.COLORS["R"], height=0.6)
marks = (naive, "mean of the\nfive stds", "--"), (true, "std of all\npixels", "-")
for value, words, line in marks:
    ax.axvline(value, color="black", linestyle=line)
    ax.text(value, 1.02, f"{words}: {value:.3f}", ha="center", transform=ax.get_xaxis_transform())
ax.invert_yaxis()
ax.set_xlabel("std of red, on [0, 1]")
st.figure(
    fig,
    alt=f"Five bars, the std of the red channel of each photo, from {min(per_picture):.2f} to "
    f"{max(per_picture):.2f}. A dashed "
    f"line at {naive:.3f} is their mean. A solid line far to the right of it, at {true:.3f}, is "
    "the std of all pixels together.",
    caption="The mean of the stds is not the std. Most of the gap is the spread between the "
    "pictures.",
)

# %% tags=["remove-input"]
bars = {"a": min(per_picture), "b": float(np.median(per_picture)), "c": max(per_picture)}
longest.reveal(min(bars, key=lambda letter: abs(bars[letter] - true)))

# %% [markdown]
# The reason is one line of algebra. For a pixel of picture $i$ with mean $m_i$, and $m$ the mean of all,
#
# $$(x - m)^2 = (x - m_i)^2 + 2 (x - m_i)(m_i - m) + (m_i - m)^2$$
#
# Summed over the picture, the middle term is 0. So the variance of everything is the mean of the variances *within* the
# pictures plus the variance *between* their means, each picture weighted by its number of pixels $n_i$ out of $n$:
#
# $$\sigma^2 = \sum_i \frac{n_i}{n} \, \sigma_i^2 + \sum_i \frac{n_i}{n} \, (m_i - m)^2$$

# %% tags=["remove-input"]
n = np.array([red.size for red in reds])
means = np.array([red.mean() for red in reds])
within = np.sum(n * np.array(per_picture) ** 2) / n.sum()
between = np.sum(n * (means - np.sum(n * means) / n.sum()) ** 2) / n.sum()
Markdown(
    f"Within: {within:.4f}. Between: {between:.4f}. The root of the sum is "
    f"{np.sqrt(within + between):.4f}; "
    f"`ChannelStatistics` says {true:.4f}. The naive recipe is {1 - naive / true:.0%} too small "
    "here. With a black and a "
    "white picture it gives 0 where the truth is one half."
)

# %% [markdown]
# The best-known victim is ImageNet itself. torchvision's maintainers
# [remember](https://github.com/pytorch/vision/pull/1965) that its famous stds were made as `mean([std(img) for img in …])`;
# somebody who [measured](https://github.com/pytorch/vision/issues/1439) all pixels found larger ones.

# %%
all_pixels = (0.281, 0.274, 0.288)  # issue 1439
for name, ours, theirs in zip("RGB", std, all_pixels):
    print(f"{name}: {ours} is {1 - ours / theirs:.0%} too small")

# %% [markdown]
# Use them all the same with a network that was trained with them: it wants the numbers it has seen, not the right ones.
#
# `ChannelStatistics` counts how often each of the 256 levels occurs. Whole numbers add without error, so every order of
# the pictures, and every split over workers, gives the same bits. For files there is a command, `seeing-tensors stats FOLDER`.
# Of the five photos it says:

# %% tags=["remove-input"]
command = [sys.executable, "-m", "seeing_tensors.course.cli", "stats", st.data_path("photos")]
print(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

# %% [markdown]
# The last line is the one to paste. [More](more_03_data_sets.ipynb) has it over two processes, and measures what normalising
# is good for.
#
# ## Proof
#
# The first bound is worth reading: $u = 2^{-24}$ is half the distance from 1 to the next float32. Subtracting, dividing,
# multiplying and adding round once each. The first three errors are relative to $|x - m|$, the last to $|x|$: together
# $3u|x - m| + u|x|$, which the law rounds up.

# %%
st.prove("inverse_normalize")

# %%
st.prove("ChannelStatistics")

# %% [markdown]
# ## Elsewhere
#
# **torchvision** has no inverse of its own. The usual way is a second `Normalize` with $m'$ and $s'$. It works; $m'$ and
# $s'$ are rounded too, so its error is larger than that of `x * std + mean`.

# %%
twice = v2.functional.normalize(y, *st.inverse_mean_std(mean, std))
ours, theirs = (back - x).abs().max(), (twice - x).abs().max()
print(f"x * std + mean {ours:.1e}, second Normalize {theirs:.1e}")

# %% [markdown]
# **A loop that many projects copy** multiplies and adds in place, over `zip(tensor, mean, std)`. Given one picture, it
# changes your tensor. Now give it the batch of five.

# %% tags=["remove-input"]
changed = st.predict("How many of the five pictures does the loop change?", guess=...)

# %%
def popular_unnormalize(tensor):
    for t, m, s in zip(tensor, mean, std):
        t.mul_(s).add_(m)
    return tensor


looped = popular_unnormalize(batch.clone())
touched = [
    i for i in range(5) if not torch.equal(looped[i], batch[i])
]
print("pictures changed:", touched)

# %% tags=["remove-input"]
changed.reveal(len(touched))

# %% [markdown]
# It walks over *pictures* where it means channels, and `zip` stops after three.

# %% tags=["hide-input"]
off = (looped.clamp(0, 1) - undo(batch)).abs().mean(dim=(1, 2, 3)) * 255
fig, axes = plt.subplots(1, 5, figsize=(6.2, 1.6))
for ax, picture, levels_off in zip(axes, looped, off):
    st.show(picture.clamp(0, 1), ax, title=f"off by {levels_off:.0f}")
st.figure(
    fig,
    alt=f"The five photos of the batch after the loop. The first {len(touched)} look almost right, "
    "off by "
    f"{off[0]:.0f}, {off[1]:.0f} and {off[2]:.0f} levels on average; the sky around the galaxies "
    "is pure black and the cup has torn colours, "
    f"off by {off[3]:.0f} and {off[4]:.0f}.",
    caption="The loop on a batch, with the mean error in levels of 255: three pictures nearly "
    "right, two not touched at all.",
)

# %% [markdown]
# The first three are the dangerous ones. All their channels got the numbers of one channel, and only the cameraman, known
# to be grey, tells by his blue tint.
#
# ## Your turn
#
# Replace `...` by your own code and run the cell. An exercise is *solved* when its laws of mathematics hold, on ordinary
# pictures. *Unbreakable* is a second star, if you like it: other types and layouts, and bad input.

# %% [markdown]
# ### 1. `inverse_mean_std` · 5 minutes · easy
#
# The laws: torchvision's Normalize with your two tuples undoes the first one, and inverting twice gives the original
# numbers back.
#
# Good for: undoing a Normalize inside a pipeline, with nothing but a second Normalize.
#
# *Unbreakable* asks for more: `ValueError` for different lengths, a mean that is not finite, a std that is not finite
# and positive, and a result that overflows; `TypeError` for a plain number.

# %%
def inverse_mean_std(mean, std):
    """C numbers each -> (mean, std), two tuples of C Python floats."""
    ...


st.check(inverse_mean_std)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Solve $y = (x - m)/s$ for $x$, then write the right side as $(y - m')/s'$. Return two tuples of Python floats: a `torch.tensor` would round them to float32. `math.isfinite` finds NaN and both infinities.
#
# </details>

# %%
st.answer("inverse_mean_std")

# %% [markdown]
# ### 2. `inverse_normalize` · 10 minutes · medium
#
# The laws: whatever the picture, the mean and the positive std, the picture comes back, within the rounding $4u\,(|x|
# + |x - m|)$; alone as in a batch.
#
# Good for: looking at what a network was given: after a Normalize it is no picture any more.
#
# *Unbreakable* asks for more: every float type, and the argument stays as it was. `TypeError` for what is no float
# tensor, naming its dtype; `ValueError`, naming the shape, for fewer than three axes or another number of channels,
# and for a mean or std that is not finite, or a std that is not positive and normal, in the dtype of x.

# %%
def inverse_normalize(x, mean, std):
    """Float tensor (…, C, H, W), C numbers each -> the same shape."""
    ...


st.check(inverse_normalize)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Make tensors of shape (C, 1, 1) from mean and std, with `dtype=x.dtype`: they broadcast over rows, columns and any axes before the channels. Before that, check: float? as many numbers as `x.shape[-3]`? every std at least `torch.finfo(x.dtype).tiny`?
#
# </details>

# %%
st.answer("inverse_normalize")

# %% [markdown]
# ### 3. `ChannelStatistics` · 20 minutes · hard
#
# The laws: `mean` and `std` are those of all pixels of all pictures, in every order and however the pictures are
# split. Grey (H, W) is one channel. `count` is how many pixels each channel has so far; `mean` and `std` are tuples,
# on the [0, 1] scale.
#
# Good for: the two tuples that Normalize wants, of a data set of any size and over any number of processes.
#
# *Unbreakable* asks for more: every order and split gives the same bits. `TypeError`, naming the dtype, for anything
# but a uint8 array; `ValueError` for other shapes and for another number of channels, before anything is counted, and
# for `mean` and `std` before the first picture.

# %%
class ChannelStatistics:
    """Counts pictures; has the properties count, mean and std."""

    def update(self, image):
        """Count a picture, uint8 (H, W, C) or (H, W); return self."""
        ...

    def merge(self, other):
        """Count what another one has counted; return self."""
        ...


st.check(ChannelStatistics)

# %% [markdown]
# <details><summary>Hint</summary>
#
# You need `__init__`, `update` and `merge`, both returning `self`, and the properties `count`, `mean` and `std`. Keep whole numbers: the number of pixels, and per channel the sum of the values and of their squares, as Python integers (square in int64: squares of uint8 wrap). Then $n^2 \sigma^2 = n \sum x^2 - (\sum x)^2$ is exact until the last division. Divide by 255 at the end.
#
# </details>

# %%
st.answer("ChannelStatistics")

# %% [markdown]
# ## What you can do now
#
# 1. say how much of a normalised picture the display leaves out, per channel
# 2. undo a Normalize, alone, in a batch and in a pipeline, so that the file's bytes come back
# 3. compute the mean and std of a data set exactly, and say what the popular recipe forgets

# %% tags=["remove-input"]
st.guesses(3)

# %% [markdown]
# For the first, `st.unseen(y)`, and on paper: what lies outside $m_c \ldots m_c + s_c$ is gone. For the second, multiply by the std, add the mean, round to bytes, and compare with the file. For the third, count whole numbers and divide once, at the end; the mean of the stds forgets the
# spread between the pictures. Of the four ways back only D was the photo.
