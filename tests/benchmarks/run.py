"""The library beside its peers, on one thread: python tests/benchmarks/run.py

Ratios within one run, peer / ours: above 1 the peer is slower. Each pair is
checked to give the same numbers before a clock runs, and the two take turns, so
that a busy machine slows both. Seconds are not printed: they are the machine's.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from torchvision.transforms import functional as v1
from torchvision.transforms import v2

import seeing_tensors as st

MEAN, STD = st.IMAGENET_MEAN, st.IMAGENET_STD
SIZES = [(224, 224), (1024, 1024)]


def jobs(height, width):
    """(what, ours, peer's name, peer, how far apart the two may be)"""
    random = np.random.default_rng(0)
    image = random.integers(0, 256, (height, width, 3), np.uint8)
    pictures = [random.integers(0, 256, (height, width, 3), np.uint8) for _ in range(8)]
    x = st.to_tensor(image)
    y = st.normalize(x, MEAN, STD)
    inverse = st.inverse_mean_std(MEAN, STD)
    layer = torch.nn.BatchNorm2d(3, affine=False)

    def running_float32():
        batch = torch.stack([v1.to_tensor(picture) for picture in pictures])
        return torch.stack([batch.mean(dim=(0, 2, 3)), batch.std(dim=(0, 2, 3), correction=0)])

    def exact():
        statistics = st.channel_statistics(pictures)
        return torch.tensor([statistics.mean, statistics.std])

    yield "to_tensor", lambda: st.to_tensor(image), "ToTensor", lambda: v1.to_tensor(image), 0
    yield "normalize", lambda: st.normalize(x, MEAN, STD), "v2", lambda: v2.functional.normalize(x, MEAN, STD), 1e-6
    yield "inverse_normalize", lambda: st.inverse_normalize(y, MEAN, STD), "second Normalize", lambda: (
        v2.functional.normalize(y, *inverse)
    ), 1e-6
    yield "to_uint8", lambda: st.to_uint8(x), "numpy", lambda: torch.from_numpy(
        np.clip(np.rint(x.numpy() * 255), 0, 255).astype(np.uint8)
    ), 0
    yield "statistics of 8", exact, "torch float32", running_float32, 1e-4
    yield "batch_norm", lambda: st.batch_norm(x[None]), "torch", lambda: layer(x[None]), 1e-4


def ratio(ours, peer, rounds=15):
    """Median of the peer's times over median of ours, taking turns."""
    times = {ours: [], peer: []}
    for _ in range(rounds):
        for function in (ours, peer):
            start = time.perf_counter()
            function()
            times[function].append(time.perf_counter() - start)
    return np.median(times[peer]) / np.median(times[ours])


def main():
    torch.set_num_threads(1)
    print(f"{'job':20} {'peer':18} " + " ".join(f"{f'{h} x {w}':>12}" for h, w in SIZES))
    for row in zip(*(jobs(*size) for size in SIZES), strict=True):
        cells = []
        for what, ours, name, peer, within in row:
            apart = (ours().double() - peer().double()).abs().max().item()
            assert apart <= within, f"{what} and {name} differ by {apart}"
            cells.append(f"{ratio(ours, peer):12.1f}")
        print(f"{what:20} {name:18} {' '.join(cells)}")


if __name__ == "__main__":
    main()
