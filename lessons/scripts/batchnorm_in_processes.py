"""BatchNorm when a batch is shared by several processes, apart and synchronised. Lesson 4 runs this with torchrun:

    torchrun --nproc-per-node 2 batchnorm_in_processes.py FOLDER PICTURE [PICTURE ...]

Every process takes its own share of the pictures, which are of one size, and
normalises it twice: by the statistics of its share, as a BatchNorm layer in
each process does, and by those of the whole batch. All that has to travel for
the second are three whole numbers per channel. Both results go into FOLDER,
one file a process.
"""

import math
import sys
from pathlib import Path

import torch
import torch.distributed as dist

import seeing_tensors as st


def sums_of(images):
    """Per channel: how many values, their sum, and the sum of their squares. Whole numbers add without error."""
    levels = torch.stack([torch.from_numpy(image) for image in images]).flatten(0, 2).long()
    return torch.stack([torch.full_like(levels[0], len(levels)), levels.sum(0), (levels**2).sum(0)])


def normalised(images, sums, eps=1e-5):
    means, planes = [], []
    for c, (n, total, squares) in enumerate(sums.T.tolist()):
        mean, variance = total / (255 * n), (n * squares - total**2) / (255 * n) ** 2
        x = torch.stack([st.to_tensor(image)[c] for image in images]).double()
        planes.append(((x - mean) / math.sqrt(variance + eps)).float())
        means.append(mean)
    return torch.stack(planes, dim=1), means


def main(folder: str, paths: list[str]) -> None:
    dist.init_process_group("gloo")
    rank, share = dist.get_rank(), len(paths) // dist.get_world_size()
    images = [st.read_image(path) for path in paths[rank * share : (rank + 1) * share]]
    sums = sums_of(images)
    apart, own_mean = normalised(images, sums)
    dist.all_reduce(sums)
    together, shared_mean = normalised(images, sums)
    results = {"apart": apart, "own_mean": own_mean, "together": together, "shared_mean": shared_mean}
    torch.save(results, Path(folder) / f"process_{rank}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
