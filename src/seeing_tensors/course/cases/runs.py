"""One right training and six that a line has spoiled, and what each leaves behind: losses, pictures, scores, the model.

No run raises, and in every one the loss goes down.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision.transforms import v2

import seeing_tensors as st

from ...figures import in_a_notebook
from .shapes import CLASSES, VOID, Shapes, write_shapes

EPOCHS = 30
BATCH = 8
CHANNELS = 12

# All runs are drawn alike, so that they can be compared.
RANGE = (-3, 3)  # black and white of what the network saw
LIMIT = 3.0  # the strongest red of its maps

BGR = "BGR at test time"
NOT_NORMALIZED = "no Normalize at test time"
LINEAR = "no nonlinearity"
DIVIDED = "masks divided by 255"
RESHAPED = "reshape for permute"
RAW = "raw batches in train mode"


class Lines(NamedTuple):
    """A fault's line of code, and the one that should stand there."""

    wrong: str
    right: str


#: The six faults, each one line away from right.
FAULTS = {
    BGR: Lines("image = cv2.imread(path)", "image = st.read_image(path)"),
    NOT_NORMALIZED: Lines("transform = None", "transform = v2.Normalize(mean, std)"),
    LINEAR: Lines("layers += [conv, norm]", "layers += [conv, norm, nn.ReLU()]"),
    DIVIDED: Lines("target = st.to_tensor(mask)[0].long()", "target = st.mask_to_tensor(mask)"),
    RESHAPED: Lines(
        "x = torch.from_numpy(image).reshape(3, 24, 36) / 255", "x = torch.from_numpy(image).permute(2, 0, 1) / 255"
    ),
    RAW: Lines("model.train()  # then five batches from 0 to 255", "model.eval()  # then five batches from 0 to 255"),
}
#: These act when the network has been trained: such a run takes the right training, and spoils what comes after it.
AFTER_TRAINING = (BGR, NOT_NORMALIZED, RAW)


@dataclass(frozen=True, eq=False)
class Run:
    """What a training leaves behind.

    Attributes:
        fault: a name of FAULTS, or "none".
        losses: the training's mean loss of each epoch.
        inputs: the test photos as the network saw them, float32 (N, 3, H, W).
        mean, std: of the training photos, three numbers each: what Normalize gets where there is one.
        masks: the test photos' true labels, int64 (N, H, W), 255 where nothing counts.
        predictions: the labels that the network gives them, int64 (N, H, W).
        targets: the training photos' labels as the loss got them, int64 (N, H, W).
        iou: of each class, float64 (classes,).
        confusion: pixels, int64 (classes, classes), a row for each true label.
        maps: the first photo's maps behind the first three layers, float32 (F, H, W).
        model: the network, in evaluation mode.
    """

    fault: str
    losses: list[float]
    inputs: torch.Tensor
    mean: list[float]
    std: list[float]
    masks: torch.Tensor
    predictions: torch.Tensor
    targets: torch.Tensor
    iou: np.ndarray
    confusion: np.ndarray
    maps: torch.Tensor
    model: nn.Sequential


def network(nonlinear: bool = True) -> nn.Sequential:
    """Three times convolution, BatchNorm, ReLU, and a 1 x 1 convolution that gives each class a score.

    Without the nonlinearity all of it is one 7 x 7 convolution.
    """
    layers: list[nn.Module] = []
    for channels in (3, CHANNELS, CHANNELS):
        layers += [nn.Conv2d(channels, CHANNELS, 3, padding=1, bias=False), nn.BatchNorm2d(CHANNELS)]
        if nonlinear:
            layers += [nn.ReLU()]
    return nn.Sequential(*layers, nn.Conv2d(CHANNELS, len(CLASSES), 1))


def train(model: nn.Module, data: Shapes, seed: int = 0, step: Callable[[], Any] = lambda: None) -> list[float]:
    """Train for 30 epochs with the cross-entropy of every pixel that is not void; return each epoch's mean loss.

    Args:
        model: trained in place, and left in training mode.
        data: the training photos and masks.
        seed: decides the order of the photos.
        step: is called after each epoch.
    """
    loader = DataLoader(data, BATCH, shuffle=True, generator=torch.Generator().manual_seed(seed))
    loss_of = nn.CrossEntropyLoss(ignore_index=VOID)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    model.train()
    losses = []
    for _ in range(EPOCHS):
        of_batches = []
        for x, target in loader:
            loss = loss_of(model(x), target)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            of_batches.append(loss.item())
        losses.append(sum(of_batches) / len(of_batches))
        step()
    return losses


def run(
    fault: str = "none",
    seed: int = 0,
    *,
    folder: str | os.PathLike[str] | None = None,
    threads: int = 1,
    progress: bool = False,
) -> Run:
    """Draw the photos, train with one fault or none, test, and return what is left behind.

    The same seed gives the same run. Torch's random state, and how many threads it has, stay as they were.

    Args:
        fault: a name of FAULTS, or "none".
        seed: decides the photos, the first weights and the order of the training.
        folder: where the photos are drawn; None for one that is removed afterwards.
        threads: how many of them torch uses here.
        progress: show a bar.
    """
    if fault != "none" and fault not in FAULTS:
        raise ValueError(f"run: the fault is one of none, {', '.join(FAULTS)}; got {fault!r}")
    return _runs([fault], seed, folder, threads, progress)[fault]


def run_all(
    seed: int = 0, *, folder: str | os.PathLike[str] | None = None, threads: int = 1, progress: bool = False
) -> dict[str, Run]:
    """All seven runs by their fault, "none" first, in four trainings. The arguments are those of ``run``."""
    return _runs(["none", *FAULTS], seed, folder, threads, progress)


# ---------------------------------------------------------------- inside


def _runs(
    faults: list[str], seed: int, folder: str | os.PathLike[str] | None, threads: int, progress: bool
) -> dict[str, Run]:
    causes = {fault: "none" if fault in AFTER_TRAINING else fault for fault in faults}
    trained = {}
    with _folder(folder) as where, _steady(threads):
        write_shapes(where, seed)
        mean, std = _mean_and_std(where)
        step = _bar(EPOCHS * len(set(causes.values()))) if progress else lambda: None
        for cause in dict.fromkeys(causes.values()):
            torch.manual_seed(seed)
            model = network(nonlinear=cause != LINEAR)
            trained[cause] = model, train(model, _data(where, "train", mean, std, cause), seed, step)
        return {fault: _judged(fault, where, mean, std, *trained[cause]) for fault, cause in causes.items()}


def _data(folder: str | os.PathLike[str], split: str, mean: list[float], std: list[float], fault: str) -> Shapes:
    normalize = v2.Normalize(mean, std)
    turned = v2.Compose([v2.RandomHorizontalFlip(), normalize])  # the photo and its mask alike
    transform = turned if split == "train" else normalize
    options: dict[str, Any] = {}
    if fault == RESHAPED:
        options["to_tensor"] = lambda image: torch.from_numpy(image).reshape(3, *image.shape[:2]) / 255
    if fault == DIVIDED and split == "train":  # the score is that of the true masks
        options["to_mask"] = lambda mask: st.to_tensor(mask)[0].long()
    if fault == BGR and split == "test":
        options["read"] = lambda path: cv2.imread(str(path))
    if fault == NOT_NORMALIZED and split == "test":
        transform = None
    return Shapes(folder, split, transform, **options)


def _judged(
    fault: str,
    folder: str | os.PathLike[str],
    mean: list[float],
    std: list[float],
    trained: nn.Sequential,
    losses: list[float],
) -> Run:
    """Look at the network's maps, then test it."""
    model = copy.deepcopy(trained)
    model.train(fault == RAW)
    with torch.no_grad():
        for photos, _ in list(DataLoader(Shapes(folder, "train"), BATCH))[:5]:
            model(255 * photos)
        model.eval()
        inputs, masks = _whole(_data(folder, "test", mean, std, fault))
        predictions = model(inputs).argmax(1)
        maps = model[: 2 if fault == LINEAR else 3](inputs[:1])[0]
    training = _data(folder, "train", mean, std, fault)
    training.transform = None  # labels as they are read: which photos were turned changes from epoch to epoch
    _, targets = _whole(training)
    confusion = st.confusion_matrix(predictions, masks, len(CLASSES), void=VOID)
    return Run(
        fault=fault,
        losses=losses,
        inputs=inputs,
        mean=mean,
        std=std,
        masks=masks,
        predictions=predictions,
        targets=targets,
        iou=st.class_iou(confusion),
        confusion=confusion,
        maps=maps,
        model=model,
    )


def _whole(data: Shapes) -> tuple[torch.Tensor, torch.Tensor]:
    """All of a split as one batch."""
    return next(iter(DataLoader(data, len(data))))


def _mean_and_std(folder: str | os.PathLike[str]) -> tuple[list[float], list[float]]:
    statistics = st.channel_statistics(map(st.read_image, Shapes(folder, "train").photos))
    return list(map(float, statistics.mean)), list(map(float, statistics.std))


@contextmanager
def _folder(given: str | os.PathLike[str] | None) -> Iterator[str | os.PathLike[str]]:
    if given is not None:
        yield given
    else:
        with TemporaryDirectory() as made:
            yield made


@contextmanager
def _steady(threads: int) -> Iterator[None]:
    """A random state of our own, and so many threads; both as before afterwards."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.set_num_threads(before)


def _bar(total: int) -> Callable[[], None]:
    """Show a bar, in a notebook as HTML that leaves a sentence; what is returned moves it on by one."""
    if not in_a_notebook():
        from tqdm import tqdm

        return tqdm(total=total, unit=" epochs").update
    from IPython.display import HTML, display

    shown = display(HTML(""), display_id=True)
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        bar = f'<progress aria-label="Training" max="{total}" value="{done}"></progress>'
        shown.update(HTML(bar if done < total else f"<p>{total // EPOCHS} trainings of {EPOCHS} epochs are done.</p>"))

    return step
