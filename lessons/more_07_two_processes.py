# %% [markdown]
# # More: a seventh saboteur, in the second process
#
# 3 minutes · beside [lesson 7](07_six_silent_saboteurs.ipynb)
#
# What needs two processes to go wrong.

# %% tags=["hide-input"]
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import matplotlib.pyplot as plt
import torch
from IPython.display import Markdown

import seeing_tensors as st
from seeing_tensors.course.cases import shapes

plt.style.use(st.STYLE)
temporary = TemporaryDirectory()
folder = Path(temporary.name)
shapes.write_shapes(folder)

# %% [markdown]
# ## Two cameras
#
# To train on two processors, each process gets a share of the photos and computes its gradients; their mean moves the
# same weights in both. Let each process have a camera of its own. The second one sees the same scenes in less light.

# %% tags=["hide-input"]
photo, _ = shapes.Shapes(folder, "test")[0]
fig, axes = plt.subplots(1, 2, figsize=(6.2, 2.5))
for ax, light, title in zip(axes, (1, 0.4), ("camera of process 0", "camera of process 1")):
    st.show(light * photo, ax, title=title)
st.figure(
    fig,
    alt="The same scene twice: discs and squares on grey, and again in less than half the light.",
    caption="What the two processes are fed.",
)

# %% [markdown]
# The script trains three times from the same weights: in one process with the photos of both cameras; in two, as any
# network is trained there; and in two that share the statistics of their BatchNorms. Every weight is moved by the
# photos of both.

# %% tags=["remove-input"]
scores = st.predict(
    "Two processes have trained. What does the network of process 0 score on the second camera's "
    "photos?",
    ["as on those of the first", "a little less", "next to nothing"],
    guess=...,
)

# %%
script = st.data_path("../lessons/scripts/train_in_processes.py")
torchrun = ["-m", "torch.distributed.run", "--standalone"]
torchrun += ["--local-addr=127.0.0.1", "--nproc-per-node=2"]
command = [sys.executable, *torchrun, script, folder]
environment = {**os.environ, "OMP_NUM_THREADS": "1"}
subprocess.run(
    command, env=environment, check=True, capture_output=True
)
first, second = (
    torch.load(folder / f"process_{rank}.pt") for rank in (0, 1)
)
print(first["backend"], "on", first["device"])

# %% tags=["remove-input"]
rows = ["| trained | first camera | second camera |", "|---|---|---|"]
names = {
    "one process": "by one process, on both",
    "apart": "by two, each BatchNorm apart",
    "synchronised": "by two, statistics shared",
}
for name, words in names.items():
    one, other = first[name]["scores"]
    rows.append(f"| {words} | {one:.2f} | {other:.2f} |")
Markdown("Mean IoU of the network that process 0 saves:\n\n" + "\n".join(rows))

# %% tags=["remove-input"]
seen, unseen = first["apart"]["scores"]
scores.reveal("next to nothing" if unseen < 0.3 else "a little less")

# %% tags=["remove-cell"]
assert min(first["one process"]["scores"]) > 0.7 and min(first["synchronised"]["scores"]) > 0.7
assert seen > 0.9 and unseen < 0.3

# %% [markdown]
# Nothing was raised, and the loss fell in both. The gradients were added up over the processes, the statistics were not.
# In training mode each BatchNorm divides by the spread of its own share, so both processes learn well. What it
# *remembers* is its own camera, and what is saved is the network of process 0 (lesson 4's
# [appendix](more_04_layers.ipynb)). Compare the running mean of one channel in the two processes:

# %%
for name in ("apart", "synchronised"):
    for process in (first, second):
        mean = process[name]["running_mean"][0]
        print(f"{name:13} {mean:.3f}")

# %% [markdown]
# A law for every training in several processes: they remember the same.
#
# ## The cure
#
# Share the count, the sum and the sum of squares before the division. On GPUs `torch.nn.SyncBatchNorm` does that; on the
# CPU the script adds them up with `all_reduce` itself. Then two processes are as good as one:

# %%
def apart_from_one(name):
    pairs = zip(first[name]["weights"], first["one process"]["weights"])
    return max((a - b).abs().max().item() for a, b in pairs)


for name in ("synchronised", "apart"):
    print(f"{name:13} {apart_from_one(name):.0e}")

# %% [markdown]
# That is how far the weights are, after one epoch, from those of the one process that sees all photos: rounding, or
# another training. With a GPU for each process the same script takes nccl and torch's own layer.
