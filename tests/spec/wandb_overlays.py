"""Laws of lesson 6: the pixels that wandb writes.

The pixels are read back from the file that ``wandb.Image`` wrote, through its
property `image`. wandb itself loads when a law runs, not when this file does.
u is half the distance from 1 to the next float32, 2**-24."""

import numpy as np
import torch

from seeing_tensors.course.laws import expect, expect_raises, expect_same, law

from .strategies import LEVELS, masks

# --------------------------------------------------------------- to_wandb_mask

INTEGERS = [np.uint8, np.uint16, np.int16, np.int32, np.int64, np.uint64]


@law("to_wandb_mask", lesson=6, rank="range", cases=[{"dtype": d} for d in INTEGERS])
def every_label_stays(to_wandb_mask, dtype):
    """All labels from 0 to 255, of any integer type, array or tensor, are the same labels as uint8."""
    labels = LEVELS.astype(dtype)
    expect_same(to_wandb_mask(labels)["mask_data"], LEVELS, "labels are names: no division, no 255")
    if dtype not in (np.uint16, np.uint64):
        expect_same(to_wandb_mask(torch.from_numpy(labels))["mask_data"], LEVELS)


@law("to_wandb_mask", lesson=6, rank="manners", mask=masks())
def the_mask_is_a_copy(to_wandb_mask, mask):
    """The mask is left as it was, the result is new memory, and flipped and transposed views give the same as a plain copy."""
    before = mask.copy()
    for view in (mask, mask[::-1], mask.T):
        data = to_wandb_mask(view)["mask_data"]
        expect_same(data, view.copy())
        expect(not np.shares_memory(data, mask), got="shared memory", expected="new memory", cause="copy the mask")
        data[...] = 9
    expect_same(mask, before)


@law("to_wandb_mask", lesson=6, rank="mathematics", cases=[{"labels": pair} for pair in ((0, 1), (0, 255), (1, 1), (0, 0), (3, 7))])
def a_mask_of_two_labels_is_not_stretched(to_wandb_mask, labels):
    """A mask of 0 and 1 stays 0 and 1, however dark that looks, and a mask of one label keeps it."""
    mask = np.array([labels, labels[::-1]])
    expect_same(to_wandb_mask(mask)["mask_data"], mask.astype(np.uint8), "labels are not there to be seen: wandb colours them")


@law("to_wandb_mask", lesson=6, rank="mathematics")
def names_go_along(to_wandb_mask):
    """class_labels become {int: str} with Python's own integers; without them there is no such entry, and wandb makes names."""
    mask = np.zeros((2, 2), np.uint8)
    expect_same(sorted(to_wandb_mask(mask)), ["mask_data"])
    names = to_wandb_mask(mask, class_labels={np.int64(0): "table", 3: "spoon", np.uint8(255): "border"})["class_labels"]
    expect_same(names, {0: "table", 3: "spoon", 255: "border"})
    expect(all(type(label) is int for label in names), got=str([type(k).__name__ for k in names]), expected="int", cause="JSON has no numpy integers")


@law("to_wandb_mask", lesson=6, rank="manners", cases=[{"value": v} for v in (-1, 256, 300, 1000)])
def labels_that_do_not_fit_are_refused(to_wandb_mask, value):
    """A label outside [0, 255] is a ValueError that names it."""
    expect_raises(ValueError, to_wandb_mask, np.array([[0, value]]), mention=[str(value)])
    expect_raises(ValueError, to_wandb_mask, torch.tensor([[0, value]]), mention=[str(value)])


@law("to_wandb_mask", lesson=6, rank="manners", cases=[{"dtype": d} for d in (np.float32, np.float64, bool)])
def floats_are_no_labels(to_wandb_mask, dtype):
    """Floats and bools are a TypeError that names the type, also when the values are whole numbers."""
    expect_raises(TypeError, to_wandb_mask, np.zeros((2, 2), dtype), mention=[np.dtype(dtype).name], cause="0.5 would become label 0")
    expect_raises(TypeError, to_wandb_mask, torch.from_numpy(np.zeros((2, 2), dtype)))


@law("to_wandb_mask", lesson=6, rank="manners", cases=[{"shape": s} for s in [(1, 2, 2), (2, 2, 1), (4,), (0, 3), (2, 2, 3)]])
def a_mask_has_two_axes(to_wandb_mask, shape):
    """A mask that is not (H, W) is a ValueError that names its shape."""
    expect_raises(ValueError, to_wandb_mask, np.zeros(shape, np.uint8), mention=[str(shape)])


@law("to_wandb_mask", lesson=6, rank="manners", cases=[{"names": n} for n in ({"0": "table"}, {0.5: "table"}, {True: "table"}, {0: 1}, {0: None}, ["table"], "table")])
def names_belong_to_whole_numbers(to_wandb_mask, names):
    """class_labels that are not a dict of integers to texts are a TypeError."""
    expect_raises(TypeError, to_wandb_mask, np.zeros((2, 2), np.uint8), class_labels=names)
