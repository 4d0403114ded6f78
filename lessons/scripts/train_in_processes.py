"""A network trained by several processes, its BatchNorm apart and synchronised. Lesson 7 runs this with torchrun:

    torchrun --nproc-per-node 2 train_in_processes.py FOLDER

FOLDER holds photos and masks as `write_shapes` draws them. Each process has
the photos of its own camera: the first sees them as they are, the next in
less light. They train three times: process 0 alone, on all cameras' photos;
all of them, each BatchNorm with the statistics of its own camera; and all of
them with shared statistics. What each process has goes into FOLDER, one file
a process: the weights after one epoch, and after all epochs the first
layer's running mean and the mean IoU on each camera's test photos.

On a GPU for each process they talk over nccl, otherwise over gloo. With fewer
GPUs than processes they share, and without one this is a matter of the CPU.
"""

import copy
import os
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.parallel import DistributedDataParallel

import seeing_tensors as st
from seeing_tensors.course.cases.runs import network
from seeing_tensors.course.cases.shapes import CLASSES, VOID, Shapes

EPOCHS, BATCH = 10, 8
LIGHT = 0.4  # of each further camera, as a fraction of the one before


class SumOfProcesses(torch.autograd.Function):
    """The gradient of a sum over the processes is a sum over the processes."""

    @staticmethod
    def forward(context, x):
        dist.all_reduce(total := x.clone())
        return total

    @staticmethod
    def backward(context, gradient):
        dist.all_reduce(total := gradient.clone())
        return total


class SharedBatchNorm(nn.BatchNorm2d):
    """In training by mean and variance of the values in all processes, as SyncBatchNorm, which refuses the CPU."""

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        values = x.double().transpose(0, 1).flatten(1)
        sums = torch.stack([torch.ones_like(values).sum(1), values.sum(1), (values**2).sum(1)])
        n, total, squares = SumOfProcesses.apply(sums)
        mean = total / n
        variance = squares / n - mean**2
        with torch.no_grad():
            self.running_mean.lerp_(mean.float(), self.momentum)
            self.running_var.lerp_((variance * n / (n - 1)).float(), self.momentum)
        mean, std, weight, bias = (
            each[:, None, None] for each in (mean.float(), (variance + self.eps).sqrt().float(), self.weight, self.bias)
        )
        return (x - mean) / std * weight + bias


def synchronised(model, device):
    if device.type == "cuda":
        return nn.SyncBatchNorm.convert_sync_batchnorm(model)
    layers = [SharedBatchNorm(layer.num_features) if isinstance(layer, nn.BatchNorm2d) else layer for layer in model]
    return nn.Sequential(*layers)


def cameras_of(folder, split, count, device):
    """The photos as each camera sees them, and their masks."""
    photos, masks = map(torch.stack, zip(*Shapes(folder, split), strict=True))
    return [((photos * LIGHT**k - 0.3) / 0.2).to(device) for k in range(count)], masks.to(device)


def train(model, cameras, masks, processes):
    """Train epoch by epoch. Every batch has the same photos of each camera; its loss is the mean over all its pixels."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    order = torch.Generator().manual_seed(0)
    model.train()
    for _ in range(EPOCHS):
        for numbers in torch.randperm(len(masks), generator=order).split(BATCH):
            x = torch.cat([photos[numbers] for photos in cameras])
            target = masks[numbers].repeat(len(cameras), 1, 1)
            pixels = (target != VOID).sum()
            if processes > 1:
                dist.all_reduce(pixels)
            loss = cross_entropy(model(x), target, ignore_index=VOID, reduction="sum") / pixels
            optimizer.zero_grad()
            # DistributedDataParallel takes the mean of the processes' gradients where their sum is meant.
            (loss * processes).backward()
            optimizer.step()
        yield


def scores(model, cameras, masks):
    """The mean IoU on each camera's photos."""
    model.eval()
    found = []
    for photos in cameras:
        with torch.no_grad():
            prediction = model(photos).argmax(1)
        found.append(float(st.class_iou(st.confusion_matrix(prediction, masks, len(CLASSES), void=VOID)).mean()))
    return found


def main(folder):
    gpus, world = torch.cuda.device_count(), int(os.environ["WORLD_SIZE"])
    dist.init_process_group("nccl" if gpus >= world else "gloo")
    rank = dist.get_rank()
    device = torch.device("cuda", rank % gpus) if gpus else torch.device("cpu")
    cameras, masks = cameras_of(folder, "train", world, device)
    test_cameras, test_masks = cameras_of(folder, "test", world, device)

    torch.manual_seed(0)  # all begin with the same weights
    model = network().to(device)
    models = {"one process": model, "apart": copy.deepcopy(model), "synchronised": copy.deepcopy(model)}
    models["synchronised"] = synchronised(models["synchronised"], device).to(device)
    kept = {"backend": dist.get_backend(), "device": device.type, "cameras": world}
    for name, model in models.items():
        if name != "one process":
            training = train(DistributedDataParallel(model), [cameras[rank]], masks, world)
        elif rank == 0:
            training = train(model, cameras, masks, 1)
        else:
            continue
        next(training)
        weights = [each.detach().cpu().clone() for each in model.parameters()]
        for _ in training:
            pass
        scored = scores(model, test_cameras, test_masks)
        kept[name] = {"weights": weights, "running_mean": model[1].running_mean.cpu(), "scores": scored}
    torch.save(kept, Path(folder) / f"process_{rank}.pt")
    dist.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1])
