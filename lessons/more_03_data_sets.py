# %% [markdown]
# # More: statistics of a data set, and what normalising is good for
#
# 7 minutes · beside [lesson 3](03_inverse_normalize.ipynb)
#
# What lesson 3 left out: exact statistics over several processes; what Normalize is not; the same small network trained
# on three scales of one input; grey pictures, `make_grid`, and CIFAR-10.

# %% tags=["hide-input"]
import os
import subprocess
import sys
import time

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown
from torch.utils.data import DataLoader
from torchvision import tv_tensors
from torchvision.datasets import CIFAR10, ImageFolder
from torchvision.transforms import v2
from torchvision.utils import make_grid

import seeing_tensors as st

plt.style.use(st.STYLE)
mean, std = st.IMAGENET_MEAN, st.IMAGENET_STD
x = st.to_tensor(st.read_image(st.data_path("photos/people/astronaut.jpg")))
y = st.normalize(x, mean, std)
undo = st.InverseNormalize(mean, std)
files = ImageFolder(st.data_path("photos"), loader=st.read_image)
pictures = [st.read_image(path) for path, _ in files.samples]
own = st.channel_statistics(pictures)

# %% [markdown]
# ## Exact, in any order, over any number of processes
#
# Floating-point sums depend on the order of the summands. Sums of whole numbers do not. So two halves merge into the same
# bits as the whole.

# %%
two = st.channel_statistics(pictures[:2])
three = st.channel_statistics(pictures[2:])
merged = three.merge(two)
print((merged.mean, merged.std) == (own.mean, own.std))

# %% [markdown]
# The same over two processes. `torchrun` starts a script twice. Each process reads its own share of the files, and
# `all_reduce` adds the counts over `torch.distributed` (gloo, on this machine only). The script prints with `.hex()`, which
# writes all 53 bits of a float.

# %% tags=["hide-input"]
script = st.data_path("../lessons/scripts/statistics_in_processes.py")
torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
torchrun += ["--local-addr=127.0.0.1", "--nproc-per-node=2"]
run = subprocess.run(
    [*torchrun, script, *(path for path, _ in files.samples)],
    env={**os.environ, "OMP_NUM_THREADS": "1"},
    capture_output=True,
    text=True,
    check=True,
    timeout=600,
)
print(run.stdout)
lines = {line.split()[0]: line.split()[1:] for line in run.stdout.splitlines()}
same = all(lines[name] == [v.hex() for v in getattr(own, name)] for name in ("mean", "std"))
print("same bits as one process:", same)

# %% [markdown]
# ## A billion pictures, on paper
#
# `seeing-tensors stats` counts files in the same way, one process a core, or under `torchrun` on many machines:
#
# ```
# torchrun --nnodes 8 --nproc-per-node 32 \
#     --rdzv-backend c10d --rdzv-endpoint first:29500 \
#     -m seeing_tensors.course.cli stats photos --save state.npz
# ```
#
# Each process reads its share and counts. At the end they add up what they counted. What does that cost? Measure one
# core on the five photos, as this page is made, and multiply.

# %% tags=["hide-input"]
def quickest(job, times=5):
    """Seconds of the quickest of a few runs: what the machine can do, other work left out."""
    seconds = []
    for _ in range(times):
        begun = time.perf_counter()
        job()
        seconds.append(time.perf_counter() - begun)
    return min(seconds)


paths = [path for path, _ in files.samples]
kept = st.ChannelStatistics()
state = st.ChannelStatistics().update(pictures[0])


def count_all():
    for path in paths:
        kept.update(st.read_image(path))


rate = len(paths) / quickest(count_all)
size = sum(os.path.getsize(path) for path in paths) / len(paths)
merging = quickest(lambda: kept.merge(state), times=50)
pixels = sum(picture[..., 0].size for picture in pictures) / len(paths)
billion, disk = 10**9, 5e8  # pictures; bytes a second of a common SSD
Markdown(
    f"| what | measured or computed |\n|---|---|\n"
    f"| one core reads and counts | {rate:.0f} pictures a second, "
    f"{rate * size / 1e6:.0f} MB of files |\n"
    f"| a billion of them on 256 cores | {billion / rate / 256 / 3600:.0f} hours |\n"
    f"| their files | {billion * size / 1e12:.0f} TB |\n"
    f"| a disk of {disk / 1e6:.0f} MB a second feeds | {disk / rate / size:.0f} cores |\n"
    f"| and needs for all of them | {billion * size / disk / 3600 / 24:.0f} days |\n"
    f"| what a process hands over at the end | {kept.counts.nbytes / 1024:.0f} KiB, "
    "256 counts a channel |\n"
    f"| to add that up | {1e6 * merging:.0f} µs a process |\n"
    f"| pictures until a count overflows | {2**63 / pixels:.0e} |"
)

# %% [markdown]
# So the merge costs nothing, and memory does not grow with the pictures. The limit is the disk: past the number of cores
# that one disk feeds, another core only waits. More machines help where each reads from a disk of its own.
#
# ## What Normalize is not
#
# It is sometimes said that normalising removes outliers, that it makes data consistent, or that it brings pixels between 0
# and 1. (The second is a word of data bases: there *normalisation* splits tables so that no fact is stored twice.) An affine
# map with a positive slope keeps the order of the values and every ratio of distances, so it removes no outlier. Where its
# values end depends on its two numbers: min-max picks them so that all lie in [0, 1]; a data set's mean and std leave about
# half of them below 0.

# %% tags=["hide-input"]
order_kept = torch.equal(x[0].flatten().argsort(stable=True), y[0].flatten().argsort(stable=True))
z_before = (x[0].max() - x[0].mean()) / x[0].std()
z_after = (y[0].max() - y[0].mean()) / y[0].std()
assert order_kept and abs(z_before - z_after) < 1e-3  # what the text says
Markdown(
    f"The order of the red values is {'unchanged' if order_kept else 'changed'}. The brightest one "
    f"lies {z_before:.4f} "
    f"standard deviations above the mean before, and {z_after:.4f} after. The values end between "
    f"{y.min():.2f} and {y.max():.2f}."
)

# %% [markdown]
# ## What it is good for
#
# The same small network on the same crops of the five photos, asked which photo a crop is from; only the scale of the input
# differs. Three starts each, two learning rates. What counts is the loss on crops that it has not seen: the logarithm of 5 is
# guessing.

# %% tags=["hide-input"]
def crops(many, seed, size=16):
    """Square crops of every photo, float (5 many, 3, size, size), and which photo each is from."""
    dice = np.random.default_rng(seed)
    cut = []
    for picture in pictures:
        for _ in range(many):
            i, j = dice.integers(picture.shape[0] - size), dice.integers(picture.shape[1] - size)
            cut.append(st.to_tensor(picture[i : i + size, j : j + size]))
    return torch.stack(cut), torch.arange(5).repeat_interleave(many)


def loss_after_training(scale, rate, seed, steps=120):
    torch.manual_seed(seed)
    layers = [torch.nn.Conv2d(3, 16, 5), torch.nn.ReLU(), torch.nn.AdaptiveAvgPool2d(2)]
    net = torch.nn.Sequential(*layers, torch.nn.Flatten(), torch.nn.Linear(64, 5))
    optimizer = torch.optim.SGD(net.parameters(), rate)
    inputs, wanted = scale(seen), photo_of
    for _ in range(steps):
        some = torch.randint(len(inputs), (64,))
        loss = torch.nn.functional.cross_entropy(net(inputs[some]), wanted[some])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        return torch.nn.functional.cross_entropy(net(scale(new)), photo_of_new).item()


(seen, photo_of), (new, photo_of_new) = crops(100, seed=0), crops(40, seed=1)
scales = {
    "bytes, 0 to 255": lambda x: 255 * x,
    "0 to 1": lambda x: x,
    "normalised": lambda x: st.normalize(x, own.mean, own.std),
}
losses = {
    (name, rate): [loss_after_training(scale, rate, seed) for seed in range(3)]
    for name, scale in scales.items()
    for rate in (0.001, 0.05)
}
guessing = np.log(5)
# What the text says must hold with a margin, whatever the machine.
assert min(losses["bytes, 0 to 255", 0.05]) > guessing - 0.15
assert max(losses["0 to 1", 0.05]) < guessing - 0.3
assert np.mean(losses["normalised", 0.05]) < np.mean(losses["0 to 1", 0.05]) - 0.05
assert np.mean(losses["bytes, 0 to 255", 0.001]) < np.mean(losses["0 to 1", 0.001]) - 0.05
lines = ["| input | rate 0.001 | rate 0.05 |", "|---|---|---|"]
for name in scales:
    found = (sorted(losses[name, rate]) for rate in (0.001, 0.05))
    cells = [", ".join(f"{loss:.2f}" for loss in three) for three in found]
    lines.append(f"| {name} | {' | '.join(cells)} |")
Markdown("\n".join(lines) + f"\n\nGuessing is {guessing:.2f}.")

# %% [markdown]
# At the larger rate, the usual size, bytes learn nothing: their gradients are hundreds of times too large for it, and the
# first steps throw the weights away. [0, 1] learns, and normalised input learns more in the same steps. At a rate fifty times
# smaller it is the bytes that learn. So a scale is no virtue in itself: the usual rates and the usual initialisation are made
# for inputs around 0 with a spread around 1, and [0, 1] is near enough. What normalising adds is that the same rate suits every
# channel and every data set.
#
# ## Elsewhere
#
# The pipeline of the lesson has a rounding of its own. `ToTensor` and `st.to_tensor` divide by 255; `ToDtype(scale=True)`
# multiplies by the float nearest to 1/255.

# %%
every = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16)
scaled = v2.functional.to_dtype(every, torch.float32, scale=True)
print((scaled != every / 255).sum().item(), "of 256 differ")
print("rounded, all equal:", torch.equal(st.to_uint8(scaled), every))

# %% [markdown]
# torchvision broadcasts. A grey picture has one channel, so it has one mean and one std; given three, torchvision returns
# three channels, and the error surfaces layers later. We refuse.

# %%
man = st.read_image(st.data_path("photos/people/cameraman.jpg"))
grey = st.to_tensor(man[..., 0])
theirs = v2.functional.normalize(grey, mean, std)
print("torchvision:", tuple(grey.shape), "->", tuple(theirs.shape))
try:
    st.normalize(grey, mean, std)
except ValueError as error:
    print("here:", error)
print(st.describe(st.normalize(grey, (0.5,), (0.25,))))

# %% [markdown]
# Masks pass through `InverseNormalize` untouched. That matters when the same transform gets a pair.

# %%
labels = st.read_mask(st.data_path("masks/astronaut.png"))
mask = tv_tensors.Mask(st.mask_to_tensor(labels))
pair = {"image": tv_tensors.Image(x), "mask": mask}
home = undo(v2.Normalize(mean, std)(pair))
print("image:", (home["image"] - x).abs().max().item() < 1e-6)
print("mask: ", torch.equal(home["mask"], mask))

# %% [markdown]
# `make_grid` has a switch `normalize=True`. It is min-max over the whole batch: one outlier dims every picture. Add a single
# bright value to the last picture, and the first one darkens.

# %%
to_batch = v2.Compose([v2.ToImage(), v2.CenterCrop(288)])
batch = torch.stack([to_batch(p) for p in pictures]) / 255
batch = st.normalize(batch, mean, std)
outlier = batch.clone()
outlier[-1, 0, 0, 0] = 40.0
first = (slice(None), slice(2, 290), slice(2, 290))
before = make_grid(batch, normalize=True)[first].mean()
after = make_grid(outlier, normalize=True)[first].mean()

# %% tags=["remove-input"]
Markdown(
    f"Mean brightness of the *first* picture: {before:.2f} before, **{after:.2f}** after one value "
    "of the *last* one changed. "
    f"Another trap: for a batch of one, `make_grid` drops its padding: "
    f"{tuple(make_grid(batch[:1]).shape)} against "
    f"{tuple(make_grid(batch[:2]).shape)} for two."
)

# %% [markdown]
# ## Labels beside a grid
#
# A batch is drawn with its labels to see that they belong to the pictures. Then both must come out of the *same* batch.
# With `shuffle=True` every `iter(loader)` deals anew, so two calls are two batches. Below each picture stands a label of
# one call, and below that a label of another.

# %%
files.transform = to_batch
loader = DataLoader(files, batch_size=5, shuffle=True)
torch.manual_seed(0)
dealt, labels = next(iter(loader))
_, others = next(iter(loader))

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(6.2, 1.9))
st.show_grid(dealt, ax, columns=5)
for i, pair in enumerate(zip(labels, others)):
    # The axes count pixels: tiles are 288 wide with gaps of 2, and below them is beyond row 288.
    for k, label in enumerate(pair):
        fits = label == pair[0]
        name = files.classes[label] + ("" if fits else " ✗")
        look = {"color": "black" if fits else st.COLORS["R"], "ha": "center", "va": "top"}
        ax.text(290 * i + 144, 310 + 70 * k, name, **look)
wrong = (labels != others).sum().item()
assert wrong  # what the text says
right, mixed = ([files.classes[label] for label in each] for each in (labels, others))
st.figure(
    fig,
    alt=f"Five photos in a row. The names below them: {', '.join(right)}. In a second row of "
    f"names, {', '.join(mixed)}, {wrong} do not fit their photo and are marked by a cross.",
    caption="First row: labels of the same batch. Second row: of the next one.",
)

# %% [markdown]
# (`show_grid` returns the axes, which count in pixels of the grid: picture $i$ of a row begins at column $i$ times width
# plus gap.)
#
# ## CIFAR-10
#
# There are tutorials that use it with ImageNet's constants. Its own differ. If its files lie in
# `data/cifar-10-batches-py`, the next cell reads them; nothing is downloaded.

# %% tags=["hide-input", "cifar"]
root = st.data_path("photos").parent
if (root / "cifar-10-batches-py").is_dir():
    scaled = v2.ToDtype(torch.float32, scale=True)
    transform = v2.Compose([v2.ToImage(), scaled, v2.Normalize(mean, std)])
    cifar = CIFAR10(root, train=True, transform=transform)
    print("CIFAR-10", st.channel_statistics(cifar.data))
    some, _ = next(iter(DataLoader(cifar, batch_size=8)))
    files = torch.from_numpy(cifar.data[:8]).permute(0, 3, 1, 2)
    print("pixel for pixel:", torch.equal(st.to_uint8(undo(some)), files))
else:
    print("CIFAR-10's files are not here: this cell has done nothing")

# %% [markdown]
# Older tutorials fetch the batch with `iter(loader).next()`. That method is gone; `next(iter(loader))` is the way.
