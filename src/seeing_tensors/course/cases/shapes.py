"""A data set for segmentation, small enough to draw: bright and dark discs, and red squares among blue ones.

Each class needs something of its own. Discs are brighter or darker than the ground, and no linear function is large at
both ends. Squares are red, blue ones belong to the background, and the two differ in their channels alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.data import Dataset
from torchvision import tv_tensors

import seeing_tensors as st

CLASSES = ("background", "disc", "red square")
VOID = 255  # the border around what has a class: no loss, no score
HEIGHT, WIDTH, CELL = 24, 36, 12  # a picture is 2 x 3 cells, each with one thing or nothing
COUNTS = {"train": 48, "test": 24}

#: The colors of the labels.
PALETTE = {0: (0, 0, 0), 1: (150, 150, 150), 2: (210, 0, 0), VOID: (224, 224, 192)}

# What stands in the cells, in any order: a label, and the first and last of the colors that it may have.
_DISC, _RED_SQUARE = 1, 2
_RED, _BLUE = (200, 50, 50), (50, 50, 200)
_THINGS = (
    (_DISC, (210, 210, 210), (235, 235, 235)),
    (_DISC, (20, 20, 20), (45, 45, 45)),
    (_RED_SQUARE, _RED, _RED),
    (0, _BLUE, _BLUE),
    (0, _BLUE, _BLUE),
)


def write_shapes(folder: str | os.PathLike[str], seed: int = 0) -> None:
    """Draw 48 photos to train on and 24 to test on, ``photos/train_00.png`` to ``test_23.png``, and their ``masks``.

    A mask is a palette PNG: 0 background, 1 disc, 2 red square, and 255, void, for the pixels around a disc or a red
    square. One seed draws the same pictures everywhere.
    """
    random = np.random.default_rng(seed)
    photos, masks = (Path(folder, name) for name in ("photos", "masks"))
    for each in (photos, masks):
        each.mkdir(parents=True, exist_ok=True)
    palette = np.zeros((256, 3), np.uint8)
    palette[list(PALETTE)] = list(PALETTE.values())
    for split, count in COUNTS.items():
        for i in range(count):
            photo, mask = _draw(random)
            Image.fromarray(photo).save(photos / f"{split}_{i:02}.png")
            indices = Image.fromarray(mask)
            indices.putpalette(palette.tobytes())
            indices.save(masks / f"{split}_{i:02}.png")


def _draw(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A photo (H, W, 3) and its mask (H, W), both uint8. One of the six cells stays empty."""
    slope = random.uniform(-15, 15) * np.linspace(-1, 1, WIDTH)
    photo = np.full((HEIGHT, WIDTH, 3), random.uniform(110, 145)) + slope[:, None]
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    y, x = np.ogrid[:HEIGHT, :WIDTH]
    cells = random.permutation(HEIGHT // CELL * WIDTH // CELL)
    for cell, (label, first, last) in zip(cells, _THINGS, strict=False):
        row, column = divmod(cell, WIDTH // CELL)
        size = random.integers(6, 10)  # and a pixel of void on each side
        top, left = random.integers(1, CELL - size, 2)
        down = abs(y - row * CELL - top - (size - 1) / 2)
        across = abs(x - column * CELL - left - (size - 1) / 2)
        distance = np.hypot(down, across) if label == _DISC else np.maximum(down, across)
        if label:
            mask[distance <= size / 2 + 1] = VOID
        mask[distance <= size / 2] = label
        photo[distance <= size / 2] = first + random.random() * np.subtract(last, first)
    photo += random.normal(0, 6, photo.shape)
    return np.rint(photo.clip(0, 255)).astype(np.uint8), mask


class Shapes(Dataset):
    """The photos and masks of one split, read from their files at every use.

    ``data[i]`` is a float32 image (3, H, W) and an int64 mask (H, W), as `transform` leaves them: it gets both at once,
    as the transforms of torchvision's v2 do, so that what turns a photo turns its mask.

    Args:
        folder: where ``write_shapes`` wrote.
        split: "train" or "test".
        transform: what is done to image and mask together, or None.
        read: gives a photo's array (H, W, 3) by its path.
        to_tensor: makes a tensor (3, H, W) with values in [0, 1] of it.
        to_mask: makes an int64 tensor of a mask's array.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        split: str,
        transform: Callable[..., Any] | None = None,
        *,
        read: Callable[[Path], np.ndarray] = st.read_image,
        to_tensor: Callable[[np.ndarray], torch.Tensor] = st.to_tensor,
        to_mask: Callable[[np.ndarray], torch.Tensor] = st.mask_to_tensor,
    ):
        if split not in COUNTS:
            raise ValueError(f"Shapes: split is one of {', '.join(COUNTS)}, got {split!r}")
        self.photos = sorted(Path(folder, "photos").glob(f"{split}_*.png"))
        self.masks = [Path(folder, "masks", each.name) for each in self.photos]
        if not self.photos:
            raise FileNotFoundError(f"Shapes: no photos in {folder}; write_shapes(folder) draws them")
        self.transform, self.read, self.to_tensor, self.to_mask = transform, read, to_tensor, to_mask

    def __len__(self) -> int:
        return len(self.photos)

    def __getitem__(self, i: int) -> tuple[torch.Tensor, torch.Tensor]:
        image = tv_tensors.Image(self.to_tensor(self.read(self.photos[i])))
        mask = tv_tensors.Mask(self.to_mask(st.read_mask(self.masks[i])))
        return self.transform(image, mask) if self.transform else (image, mask)
