# %% [markdown]
# # Seven trainings, six of them spoiled, and not one error
#
# 21 minutes · and 35 for the exercises · after lesson 6 · uses `confusion_matrix`, `class_iou`, `channel_order`, `applied_mean_std`, `superposition_error`, `inspect_pipeline`

# %% tags=["hide-input"]
import copy
import os
import textwrap
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown, display
from torch import nn
from torchvision.transforms import v2

import seeing_tensors as st
from seeing_tensors.course.cases import runs, shapes
from seeing_tensors.course.cases.live import live_cases

# Before wandb is imported, far below: nothing leaves this machine.
os.environ |= {"WANDB_MODE": "offline", "WANDB_SILENT": "true", "WANDB_ERROR_REPORTING": "false"}

plt.style.use(st.STYLE)
temporary = TemporaryDirectory()
folder = Path(temporary.name)
first = runs.run_all(seed=0, folder=folder, progress=True)
case = dict(sorted(zip("DGBCFAE", first.values())))

curves = {}
for name, run in case.items():
    curves.setdefault(tuple(run.losses), []).append(name)
fig, ax = plt.subplots(figsize=(6.2, 3.8))
for (losses, names), channel in zip(curves.items(), ("R", "G", "B", "grey")):
    epochs = range(1, len(losses) + 1)
    ax.plot(epochs, losses, color=st.COLORS[channel], linestyle=st.LINES[channel])
    ax.text(len(losses) + 0.6, losses[-1], " ".join(names), va="center")
ax.set(yscale="log", xlabel="epoch", ylabel="loss")
ax.set(xlim=(1, len(losses) + 6), xticks=(1, 10, 20, 30))
ends = {" ".join(names): losses[-1] for losses, names in curves.items()}
st.figure(
    fig,
    alt=f"Loss curves of seven trainings, A to G, over {len(losses)} epochs on a logarithmic axis. "
    "All of them fall. They are only four lines, which end at "
    f"{', '.join(f'{end:.2g} ({names})' for names, end in ends.items())}.",
    caption="Seven trainings of one small network. Six are spoiled by one line of code each, and "
    "no line raised an error. Which one is right?",
)

# %% [markdown]
# **After this lesson you can**
#
# 1. say from a confusion matrix which class a network loses, and to which other
# 2. find the line that spoils a run from what it logged, and prove it by a law that fails
# 3. hold a data set and its transforms to laws before you train on them
#
# ## Predict
#
# A network gives each pixel of a photo a class. A class is scored by its *IoU*: the pixels that have it and were given
# it, over those that have it or were given it. 1 is perfect, 0 is not one pixel.

# %% tags=["remove-input"]
a = st.predict(
    "Which loss curve has the network with the worst scores?",
    ["the highest", "one in the middle", "the lowest"],
    guess=...,
)
b = st.predict(
    "How many of the six spoiled ones have another curve than the right one?",
    ["none", "three", "all six"],
    guess=...,
)

# %% [markdown]
# ## Look
#
# ### The task
#
# Three classes: discs, which are brighter or darker than the ground; red squares; and the background, to which blue
# squares belong, too. A pixel of *void* around each disc and each red square has the label 255: no loss, no score.

# %% tags=["hide-input"]
test = shapes.Shapes(folder, "test")
photo, mask = test[0]
number = 0
fig, axes = plt.subplots(1, 2, figsize=(6.2, 2.6))
st.show(photo, axes[0], title="photo")
st.show(torch.where(mask == 255, -1, mask), axes[1], title="labels, void white")
st.figure(
    fig,
    alt=f"A photo of {photo.shape[2]} by {photo.shape[1]} pixels with a bright and a dark disc, a "
    "red and two blue squares on grey, and its labels: both discs in blue, the red square in "
    "orange, each with a white border; everything else dark.",
    caption=f"One of {len(test)} photos to test on. The network learns from "
    f"{len(shapes.Shapes(folder, 'train'))} others.",
)

# %% [markdown]
# ### The program
#
# In short, this is all of it. In each spoiled run one of these lines is another, or one more has been run.

# %% tags=["remove-input"]
program = """
# a photo and its labels, from their files
image = st.read_image(path)
x = torch.from_numpy(image).permute(2, 0, 1) / 255
target = st.mask_to_tensor(mask)
transform = v2.Normalize(mean, std)       # in training also a flip, of both

# the network
for channels in (3, 12, 12):
    conv = nn.Conv2d(channels, 12, 3, padding=1, bias=False)
    norm = nn.BatchNorm2d(12)
    layers += [conv, norm, nn.ReLU()]
model = nn.Sequential(*layers, nn.Conv2d(12, 3, 1))

# 30 epochs in batches of 8, then the test
loss = nn.CrossEntropyLoss(ignore_index=255)(model(x), target)
model.eval()
prediction = model(x).argmax(dim=1)
"""
Markdown(f"```python\n{program.strip()}\n```")

# %% tags=["remove-cell"]
for fault, lines in runs.FAULTS.items():
    right = lines.right.split("  #")[0].removeprefix("layers += ")
    assert right in program, (fault, lines)

# %% [markdown]
# ### The cases
#
# Each run left eight exhibits: pick a case, look, and accuse a line. Or read on: four of them are enough.

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(6.2, 2.8))
for k, (label, channel) in enumerate(zip(shapes.CLASSES, ("grey", "B", "R"))):
    heights = [run.iou[k] for run in case.values()]
    places = np.arange(len(case)) + 0.27 * (k - 1)
    options = {"color": st.COLORS[channel], "hatch": ("", "//", "xx")[k], "edgecolor": "white"}
    ax.bar(places, heights, 0.25, label=label, **options)
ax.set(xticks=range(len(case)), xticklabels=list(case), ylabel="IoU")
ax.set(yticks=(0, 0.5, 1), ylim=(0, 1.3))
ax.legend(ncols=3, loc="upper center", columnspacing=1, handlelength=1.4)
full = " ".join(name for name, run in case.items() if run.iou.min() > 0.9)
live_cases(
    fig,
    case,
    alt=f"Three bars for each of seven cases, the IoU of background, disc and red square. All "
    f"three are full in {full} only. C lacks the discs, G the red squares, A, B and F both, and E "
    "nearly everything.",
    caption="The cases. Six lines are wrong, one in each case but one.",
)

# %% [markdown]
# ### Exhibit 1: the predictions
#
# What the seven networks make of that photo. Look for what each one loses, and what it puts there instead.

# %% tags=["hide-input"]
fig, axes = plt.subplots(3, 3, figsize=(6.2, 4.6))
for ax, name in zip(axes.flat[2:], case):
    st.show(case[name].predictions[number], ax, title=name)
st.show(photo, axes[0, 0], title="photo")
st.show(torch.where(mask == 255, -1, mask), axes[0, 1], title="labels")
st.figure(
    fig,
    alt="The photo, its labels, and seven predictions. A: background, with specks and a line of "
    "disc at places where there is none. B: background only. C: the red square, and specks for "
    "the discs. D: as the labels, a pixel larger. E: disc everywhere. F: thin borders of both "
    "discs and of the red square, all of them called disc. G: both discs, the two blue squares as "
    "red ones, and no red square.",
    caption="Seven predictions. Dark is background, blue is disc, orange is red square.",
)

# %% tags=["remove-input"]
def in_numbers(iou):
    return " | ".join(f"{value:.2f}" for value in iou)


lines = [f"| case | {' | '.join(shapes.CLASSES)} | mean |", "|---|---|---|---|---|"]
for name, run in case.items():
    lines.append(f"| {name} | {in_numbers([*run.iou, run.iou.mean()])} |")
Markdown("IoU of each class, over all photos of the test:\n\n" + "\n".join(lines))

# %% tags=["remove-input"]
mean_iou = {name: run.iou.mean() for name, run in case.items()}
worst, best = min(mean_iou, key=mean_iou.get), max(mean_iou, key=mean_iou.get)
last = [case[worst].losses[-1], min(run.losses[-1] for run in case.values())]
a.reveal("the lowest" if last[0] == last[1] else "the highest")
different = sum(run.losses != case[best].losses for run in case.values())
b.reveal({0: "none", 3: "three", 6: "all six"}[different])

# %% [markdown]
# The worst and the best network have the same curve, number by number: it was *one* training, and what spoiled it came
# afterwards. The three other curves say that something differs, and not what. Scores say more. Where a pixel's class
# went is in the confusion matrix: a row for each true class, a column for each prediction.

# %%
for name in "GBF":
    confusion = st.confusion_matrix(
        case[name].predictions, case[name].masks, classes=3, void=255
    )
    print(name, *confusion.tolist(), sep="\n  ")

# %% [markdown]
# G loses every red square to the background, and gives some background their name. B and F lose both classes, and
# their matrices are nearly the same.

# %% tags=["remove-input"]
c = st.predict(
    "What do you suspect in G?",
    ["wrong labels", "channels in another order", "no Normalize"],
    guess=...,
)
d = st.predict("Is it the same line in B and in F?", ["yes", "no"], guess=...)

# %% [markdown]
# ### Exhibit 2: the input
#
# What did the networks see? Every run kept its input as a tensor. Undo the Normalize (lesson 3) and draw it.

# %% tags=["remove-input"]
e = st.predict("In how many of the cases A to G is the input not that of D?", guess=...)

# %% tags=["hide-input"]
seen = {name: run.inputs[number] for name, run in case.items()}
others = [name for name, x in seen.items() if not torch.equal(x, seen["D"])]
same = " ".join(name for name in case if name not in others)
fig, axes = plt.subplots(2, 2, figsize=(6.2, 4.6))
for ax, name in zip(axes.flat, ["D", *others]):
    undone = st.inverse_normalize(seen[name], case[name].mean, case[name].std)
    st.show(undone, ax, title=same if name == "D" else name)
st.figure(
    fig,
    alt=f"Four pictures. {same}: the photo. A: rows of stripes and dots in many colours. B: the "
    "photo, pale, all of it near one grey violet. G: the photo with a blue square where the red "
    "one was, and two red ones where there were blue ones.",
    caption="The input of the networks, Normalize undone.",
)

# %% tags=["remove-input"]
e.reveal(len(others))
orders = {name: st.channel_order(x, photo) for name, x in seen.items()}
c.reveal("channels in another order" if orders["G"] == (2, 1, 0) else "wrong labels")
d.reveal("no" if "B" in others and "F" not in others else "yes")

# %% [markdown]
# Three inputs are odd. But a pale photo may have been taken in fog, and a blue square may be a blue square: a picture
# raises a suspicion and proves nothing. C, E and F got the right input, so theirs must lie further on.
#
# ### Exhibit 3: the labels
#
# F's network finds neither discs nor squares, although its loss fell. What did the loss compare with?

# %% tags=["remove-input"]
f = st.predict(
    "Which labels occur in the masks that F's loss got?",
    ["0, 1, 2 and 255", "0 and 1", "only 0"],
    guess=...,
)

# %%
for name in "DF":
    labels, pixels = case[name].targets.unique(return_counts=True)
    print(name, dict(zip(labels.tolist(), pixels.tolist())))

# %% tags=["remove-input"]
f.reveal({2: "0 and 1", 4: "0, 1, 2 and 255", 1: "only 0"}[len(labels)])
Markdown(
    f"{pixels[1]:,} pixels were void; as many have the label 1 now. Somebody divided by 255: that "
    "turns 255 into 1, and 1 and 2 into fractions, which are cut down to 0. So F learned to find "
    "*borders*, and learned it well. Look at its picture again. No score counts what lies in void."
)

# %% [markdown]
# ### Exhibit 4: the maps
#
# C and E are left, with the right input and the right labels. So look inside: the twelve maps of the third layer, from
# the first photo, on one scale around 0 (lesson 5).

# %% tags=["remove-input"]
g = st.predict("Which part of D's values lies below 0, in percent?", guess=...)

# %% tags=["hide-input"]
fig, axes = plt.subplots(3, 1, figsize=(6.2, 5.6))
for ax, name in zip(axes, "DCE"):
    options = {"columns": 6, "limit": 3, "colorbar": False}
    st.show_feature_maps(case[name].maps, ax, title=name, **options)
below = {name: (case[name].maps < 0).float().mean().item() for name in "DCE"}
spread = {name: case[name].maps.std(dim=(1, 2)).mean().item() for name in "DCE"}
st.figure(
    fig,
    alt="Twelve maps of one photo in three cases, blue below 0 and red above. D: white and red, "
    f"each map with shapes of its own. C: blue and red, {below['C']:.0%} of the values below 0. E: "
    "each map in one tint, white or red, with shapes that are hardly to be seen: the spread of a "
    f"map is {spread['E']:.2f} in the mean, in D it is {spread['D']:.2f}.",
    caption="Maps of the third layer in three cases, on one scale.",
)

# %% tags=["remove-input"]
g.reveal(100 * below["D"], within=2)
Markdown(
    f"D has none, since ReLU sets them to 0. In C {below['C']:.0%} of the values are below 0. In E "
    "none is, but a map hardly changes from pixel to pixel: there is nothing left to see."
)

# %% [markdown]
# ## Why
#
# A suspicion is closed by a *law*: a sentence that every right run keeps, and a number that says how far this one is
# from it. Three sentences are enough for what the exhibits show.
#
# ### Normalize keeps the channels in step
#
# $x = (p - m)/s$ slides each channel of the photo $p$ and stretches it. Where $p$ is above its mean $\bar p$, so is $x$,
# and in proportion. So the *correlation* of a channel of the input with the photo's own channel is 1, whatever
# $m$ and $s$, and with another it is less:
#
# $$r = \frac{1}{n} \sum_i \frac{(x_i - \bar x) \, (p_i - \bar p)}{\sigma_x \, \sigma_p}$$
#
# The sum is over the $n$ pixels, a bar is a mean over them, and $\sigma$ is the spread, the root of the mean square
# distance from the mean. If the channel is the right one, spread and mean say which Normalize it was: stretching by
# $1/s$ makes the spread $\sigma_x = \sigma_p / s$, and $\bar x = (\bar p - m)/s$. Solve for them:
#
# $$s = \sigma_p / \sigma_x \qquad m = \bar p - s \, \bar x$$
#
# ### What is affine keeps sums
#
# Convolutions, and BatchNorm in evaluation mode, are weighted sums and a constant. Whatever you build of them has
# $f(x + y) - f(x) - f(y) + f(0) = 0$ (lesson 5). A network that is to find discs, bright *or* dark, must not have it:
# what a weighted sum adds for bright, it takes away for dark.
#
# ### BatchNorm remembers whatever passes
#
# In training mode each batch moves the running statistics by a tenth: $r \leftarrow 0.9\,r + 0.1\,b$, with or without a
# loss. After five batches the old value counts $0.9^5$, not much more than half, and the rest is of the five. In
# evaluation mode the layer divides by the root of the variance that it remembers. The law: that is the variance of what
# it gets.
#
# ## The tool
#
# ### A, B and G: the input
#
# `channel_order` says which channel of the photo each channel of the input is, None where it is none. `applied_mean_std`
# says which Normalize it got.

# %%
for name in "ABDG":
    print(name, st.channel_order(case[name].inputs[number], photo))
for name in "BD":
    mean, std = st.applied_mean_std(case[name].inputs[number], photo)
    print(name, [f"{m:.3f}" for m in mean], [f"{s:.3f}" for s in std])

# %% [markdown]
# G's channels are blue, green, red. B's input was never normalised: mean 0, std 1. A's channels are no channels of the
# photo: the values are all there, at other places. Three cases, three lines:

# %% tags=["remove-input"]
def repaired(*letters):
    rows = ["| case | what it had | what it must have |", "|---|---|---|"]
    for letter in letters:
        wrong, right = runs.FAULTS[case[letter].fault]
        rows.append(f"| {letter} | `{wrong}` | `{right}` |")
    return Markdown("\n".join(rows))


repaired("G", "B", "A")

# %% [markdown]
# Put the lines right and test again.

# %%
mean, std, masks = case["D"].mean, case["D"].std, case["D"].masks
x = torch.stack([
    st.normalize(st.to_tensor(st.read_image(path)), mean, std)
    for path in test.photos
])


def score(model):
    with torch.no_grad():
        prediction = model(x).argmax(dim=1)
    return st.class_iou(st.confusion_matrix(prediction, masks, 3, 255))


for name in "GBA":
    before, after = case[name].iou, score(case[name].model)
    print(name, before.round(2), "->", after.round(2))

# %% [markdown]
# G and B are healed: nothing was wrong with their networks. A's has *learned* from scrambled photos, and a right one is
# new to it. With the right line it must be trained again, and that training is D's, weight for weight.
#
# ### F: the labels
#
# "Each label is a class or void" holds in F, too: 0 and 1 are classes. The law that fails is: each class of the files
# occurs, as often as there. `LabelStatistics` counts ([lesson 3's appendix](more_03_data_sets.ipynb)).

# %%
for name in "DF":
    counted = st.LabelStatistics()
    for target in case[name].targets:
        counted.update(target.numpy(), void=255)
    print(name, counted.counts, "void", counted.void)

# %% tags=["remove-input"]
repaired("F")

# %% [markdown]
# `to_tensor` is for photos: it divides by 255.
#
# ### C: the network
#
# Take two photos, and ask whether the network keeps their sum.

# %%
for name in "CD":
    error = st.superposition_error(case[name].model, x[:1], x[1:2])
    print(name, f"{error:.1g}")

# %% tags=["remove-input"]
repaired("C")

# %% [markdown]
# C's error is rounding: all its layers are one layer (lesson 5). It finds red squares, since red less blue is a
# weighted sum, and misses the discs. F and C must be trained again, like A; with the right line each of them is D.
#
# ### E: the memory
#
# The last case is the strangest one. Compare it with D:

# %%
pairs = zip(case["E"].model.parameters(), case["D"].model.parameters())
print("same weights:", all(torch.equal(p, q) for p, q in pairs))
print("same input: ", torch.equal(case["E"].inputs, case["D"].inputs))

# %% tags=["remove-input"]
h = st.predict(
    "The weights of D and E are the same, and so is the input. What differs?",
    ["the labels", "what BatchNorm remembers", "only chance"],
    guess=...,
)

# %% [markdown]
# How many times the variance that the first BatchNorm gets is the variance that it remembers?

# %%
for name in "DE":
    model = case[name].model
    got = st.feature_maps(model, x)["0"].var(dim=(0, 2, 3))
    print(name, f"{(model[1].running_var / got).median():.0f}")

# %% tags=["remove-input"]
norm = case["D"].model[1]
alike = torch.equal(model[1].running_var, norm.running_var)
h.reveal("only chance" if alike else "what BatchNorm remembers")
display(repaired("E"))

# %% [markdown]
# Somebody had a look at five batches with the network still in training mode, and forgot the Normalize. No weight
# changed. So let it forget, and show it the photos of the training once, normalised, without a loss.

# %%
model = copy.deepcopy(case["E"].model)
for module in model:
    if isinstance(module, nn.BatchNorm2d):
        module.reset_running_stats()
        module.momentum = None  # the mean over all batches
train = shapes.Shapes(folder, "train", v2.Normalize(mean, std))
with torch.no_grad():
    model.train()
    model(torch.stack([image for image, _ in train]))
    model.eval()
print("E", case["E"].iou.round(2), "->", score(model).round(2))

# %% tags=["remove-cell"]
assert score(model).min() > 0.9 and case["E"].iou.mean() < 0.5
assert score(case["G"].model).min() > 0.9 and score(case["B"].model).min() > 0.9
assert score(case["A"].model).mean() < 0.5

# %% [markdown]
# ### All laws, all cases
#
# Each column is a law, and what breaks it is bold.

# %% tags=["remove-input"]
def cells(run):
    order = st.channel_order(run.inputs[number], photo)
    yield " ".join("–" if k is None else str(k) for k in order), order == (0, 1, 2)
    try:
        m, s = (values[0] for values in st.applied_mean_std(run.inputs[number], photo))
        yield f"{m:.2f}, {s:.2f}", abs(m - mean[0]) < 0.01
    except ValueError:
        yield "none", False
    classes = [k for k in run.targets.unique().tolist() if k != 255]
    yield " ".join(map(str, classes)), classes == [0, 1, 2]
    error = st.superposition_error(run.model, x[:1], x[1:2])
    yield f"{error:.1g}", error > 1e-4
    got = st.feature_maps(run.model, x)["0"].var(dim=(0, 2, 3))
    ratio = (run.model[1].running_var / got).median()
    yield f"{ratio:.2g}" if ratio < 10 else f"{ratio:.0f}", 0.1 < ratio < 10


rows = ["| case | channels | red's mean, std | classes | error of sums | memory |"]
rows.append("|---|---|---|---|---|---|")
broken = {}
for name, run in case.items():
    found = list(cells(run))
    broken[name] = [holds for _, holds in found].count(False)
    rows.append(f"| {name} | " + " | ".join(f"{v}" if ok else f"**{v}**" for v, ok in found) + " |")
Markdown("\n".join(rows))

# %% tags=["remove-cell"]
assert broken == {"A": 2, "B": 1, "C": 1, "D": 0, "E": 1, "F": 1, "G": 2}, broken

# %% [markdown]
# D keeps them all. In A and G no Normalize makes the first channel of the photo's: where the channels are wrong, the
# question for their mean has no answer. So the laws have an order, and the *first* that fails names the line.
#
# ### What it costs
#
# Was this one unlucky draw? Here are two, with other photos and other first weights: how much of the mean IoU each line
# costs, who would notice, and the first law that fails. (`tests/course/cases/measure.py` draws five, on one thread and on
# two.)

# %% tags=["hide-input", "remove-input"]
draws = [first, runs.run_all(seed=1, progress=True)]
known = {
    runs.BGR: ("whoever draws the input", "the channels are 0, 1, 2"),
    runs.NOT_NORMALIZED: ("nobody whose display stretches", "mean and std are those given"),
    runs.LINEAR: ("whoever has seen a better score", "sums are not kept"),
    runs.DIVIDED: ("whoever counts the labels", "each class of the files occurs"),
    runs.RESHAPED: ("whoever draws the input", "each channel is one of the photo's"),
    runs.RAW: ("nobody: no loss is lower", "the memory is that of the input"),
}
rows = ["| one line | costs | who notices | first law that fails |", "|---|---|---|---|"]
costs = {}
for fault, (who, law) in known.items():
    costs[fault] = [(draw["none"].iou - draw[fault].iou).mean() for draw in draws]
    lost = " and ".join(f"{cost:.2f}" for cost in costs[fault])
    rows.append(f"| {fault} | {lost} | {who} | {law} |")
Markdown("\n".join(rows))

# %% tags=["remove-cell"]
assert all(draw["none"].iou.min() > 0.9 for draw in draws)
assert min(min(each) for each in costs.values()) > 0.15, costs

# %% [markdown]
# ### Before the training
#
# Four of the six lines lie in a data set: A and F in the one for training, B and G in the one for the test. There a law
# can be had before the first epoch. `inspect_pipeline` holds any data set, with its transforms, to seventeen of them. Here
# are the right one and the four spoiled ones. `originals` says what the files hold: without it nobody can know that a
# channel is red.

# %%
normalize = v2.Normalize(mean, std)
spoiled = {
    "D": ("train", {}),
    "A": ("train", {"to_tensor": lambda image:
          torch.from_numpy(image).reshape(3, 24, 36) / 255}),
    "B": ("test", {"transform": None}),
    "F": ("train", {"to_mask":
          lambda mask: st.to_tensor(mask)[0].long()}),
    "G": ("test", {"read": lambda path: cv2.imread(str(path))}),
}


def originals(i):
    return st.read_image(data.photos[i]), st.read_mask(data.masks[i])


reports = {}
for name, (part, line) in spoiled.items():
    options = {"transform": normalize, **line}
    data = shapes.Shapes(folder, part, **options)
    reports[name] = st.inspect_pipeline(
        data, mean=mean, std=std, classes=3, void=255,
        originals=originals,
    )
    print(name, *reports[name].broken)

# %% [markdown]
# A report is a table with a sentence for each law. Where one is broken it also says what came, the likely cause, and a
# line to paste. Here is what it says first of F:

# %%
first_broken = reports["F"].findings[0]
for words in (first_broken.sentence, first_broken.found,
              first_broken.likely, first_broken.again):
    print(textwrap.fill(words, 72))

# %% tags=["remove-cell"]
assert not reports["D"].broken and all(reports[name].broken for name in "ABFG")
assert len(reports["D"].findings) == 17

# %% [markdown]
# C and E are not in the data, and the report says so at its end: it has not seen the network. In five lines it is a test
# of your own project; the README has them.
#
# ## Proof
#
# The tools are held to laws, too; here are two of them.

# %%
st.prove("channel_order")

# %%
st.prove("superposition_error")

# %% [markdown]
# ## Elsewhere
#
# **In several processes** a seventh line waits, or rather one that nobody wrote: half of the photos are learned and not
# remembered. [More](more_07_two_processes.ipynb) trains under `torchrun`.
#
# **A run on disk** is evidence for as long as you keep it. Here B is logged offline, as lesson 6 taught: what the network
# saw, as it was and undone, overlays, densities, maps, scores. Then what it saw is read back from the disk.

# %%
from seeing_tensors.course.cases.log import log

run_folder = log(case["B"], folder, name="B")
files = (run_folder / "files/media/images/input").glob("undone*")
on_disk = {st.read_image(file).tobytes() for file in files}
undone = st.inverse_normalize(case["B"].inputs[:4], mean, std)
as_bytes = {st.to_image(picture).tobytes() for picture in undone}
print(len(on_disk), "pictures, as computed:", on_disk == as_bytes)

# %% [markdown]
# ## Your turn
#
# Replace `...` by your own code and run the cell. An exercise is *solved* when its laws of mathematics hold, on
# ordinary pictures. *Unbreakable* is a second star, if you like it: other types and layouts, and bad input.
#
# ### 1. `applied_mean_std` · 10 minutes · easy
#
# The mathematics: whatever mean and std a picture was normalised with come back, one of each a channel. A picture that
# nobody normalised says 0 and 1.
#
# Good for: reading off a logged input whether it was normalised, and how often.
#
# *Unbreakable* asks for more: every float type, and floats in two tuples. A `TypeError` is what is no float tensor. A
# `ValueError` is another shape than (C, H, W) or no values, two shapes (name both), NaN or inf, and a channel that no Normalize made
# of the picture's (name it): one in another order, a negative, one that never changes.

# %%
def applied_mean_std(x, picture):
    """Input and picture (C, H, W) -> (mean, std), C numbers each."""
    ...


st.check(applied_mean_std)

# %% [markdown]
# <details><summary>Hint</summary>
#
# The spread of the picture over that of the input is the std. `t.std((1, 2))` has one number a channel. For the second
# star compute in float64, and refuse what `channel_order` would not find in its place.
#
# </details>

# %%
st.answer("applied_mean_std")

# %% [markdown]
# ### 2. `channel_order` · 15 minutes · medium
#
# The mathematics: number c of the result is the channel of the picture that channel c of the input is, be it normalised
# or not. Where even the best correlation is below 0.999, it is `None`.
#
# Good for: finding BGR and a wrong reshape without looking.
#
# *Unbreakable* asks for more: every float type and number of channels, Python's own ints in a tuple, and `None` for a
# channel that never changes. Refused are the types, shapes and NaN that exercise 1 refuses. A picture with two equal channels
# has no order: a `ValueError` that names the two.

# %%
def channel_order(x, picture):
    """Input, picture (C, H, W) -> a channel or None for each of x."""
    ...


st.check(channel_order)

# %% [markdown]
# <details><summary>Hint</summary>
#
# `torch.corrcoef(rows)` has the correlation of every row with every other. Give it the channels of both, flattened and
# in one tensor, and cut out the part that compares one with the other.
#
# </details>

# %%
st.answer("channel_order")

# %% [markdown]
# ### 3. `superposition_error` · 10 minutes · medium
#
# The mathematics: how far f is from keeping sums, the largest size of that difference. It is 0 for layers with nothing
# between them, whatever their biases, and 1 for ReLU with 3 and -1.
#
# Good for: telling a deep network from a long way to write one layer.
#
# *Unbreakable* asks for more: any float type, any shape, a plain float back, no gradient recorded. A `TypeError` is what
# is no float tensor, also a result of f, and two types (name both). A `ValueError` is two shapes (name both), and a
# result that is empty or not finite.

# %%
def superposition_error(f, x, y):
    """A function of a tensor, two tensors -> a float, at least 0."""
    ...


st.check(superposition_error)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Four calls of f, and the sign of each is in *Why*. `torch.zeros_like(x)` is the black picture.
#
# </details>

# %%
st.answer("superposition_error")

# %% [markdown]
# ### Look and say, on a photo of your own
#
# `channel_order` wants a correlation of 0.999. Would not a half do? Say first how far red and blue of an ordinary photo
# correlate, then look. (Here stands the cup of coffee; put your own path in its place.)

# %%
mine = st.data_path("photos/things/커피.png")
far = st.predict(
    "How far do red and blue of this photo correlate, from -1 to 1?",
    guess=...,
)
red, _, blue = st.to_tensor(st.read_image(mine)).flatten(1)
r = torch.corrcoef(torch.stack([red, blue]))[0, 1]
far.reveal(r.item(), within=0.1)

# %% [markdown]
# ## What you can do now
#
# 1. say from a confusion matrix which class a network loses, and to which other
# 2. find the line that spoils a run from what it logged, and prove it by a law that fails
# 3. hold a data set and its transforms to laws before you train on them

# %% tags=["remove-input"]
st.guesses(7, course=True)

# %% [markdown]
# The first: a row is a true class, and what stands beside the diagonal says where it went. The second: look at what came
# in, at what the loss compared with, at the maps; each raises a suspicion, and a law closes the case: the channels'
# order, the applied mean and std, the labels' counts, superposition, the memory of BatchNorm. The loss curve raises none:
# the worst network of the seven had the best one. The third: `st.inspect_pipeline(data, mean=…, std=…, originals=…)`, a
# second before the first epoch.
#
# ### The end of the course
#
# What you guessed in all seven lessons is counted above, as far as this browser has kept it. What you solved, a file of
# answers says, with a line for every exercise of the course:
#
# ```
# .venv/bin/seeing-tensors start my_answers.py    # a blank for each
# .venv/bin/seeing-tensors check my_answers.py
# ```
#
# And next?
#
# - Hold a data set of your own to the seventeen laws: one call of `st.inspect_pipeline`, a second of time. If a law
#   breaks, you have found a line like the six of this lesson.
# - Print `st.describe` of the next tensor that you draw, before you believe the picture.
# - Make your answers *unbreakable*, or hold a function of your project to [the laws](laws/index.md).
# - See [who else keeps them](peers.md), and what that [costs in time](speed.md).
