"""Laws of a mask that is handed to wandb: labels are names, and stay what they are."""

import numpy as np
import torch

from seeing_tensors.course.laws import expect, expect_raises, expect_same, law

from .strategies import LEVELS, masks

# --------------------------------------------------------------- to_wandb_mask

# equation


PAIRS = [(3, 7), (0, 1), (0, 255), (1, 1), (0, 0)]


@law("to_wandb_mask", lesson=6, rank="mathematics", cases=[{"labels": pair} for pair in PAIRS])
def a_mask_of_two_labels_is_not_stretched(to_wandb_mask, labels):
    """A mask of 0 and 1 stays 0 and 1, however dark that looks, and a mask of one label keeps it."""
    low, high = labels
    mask = np.array([[low, low, high], [low, high, high]])
    cause = {
        "labels are names: do not divide by the largest": mask / max(high, 1) * 255,
        "labels are names: do not stretch them from smallest to largest": (mask - low) / max(high - low, 1) * 255,
        "labels are names: do not number them anew": mask != low,
        "labels are names: no division by 255": mask // 255,
        "labels are names: no factor of 255": 255 * mask % 256,
        "labels are names: do not make 1 of all but 0": mask > 0,
        "labels are names: no threshold, no black and white": 255 * (mask > 127),
        "255 is a label like the others, and stays: not 0": mask % 255,
        "255 is a label like the others, and stays: not 254": mask.clip(max=254),
        "labels stay what they are, from 0 on: no + 1": (mask + 1) % 256,
        "row 0 stays at the top: do not flip": mask[::-1],
    }
    expect_same(to_wandb_mask(mask)["mask_data"], mask.astype(np.uint8), cause)


@law("to_wandb_mask", lesson=6, rank="mathematics", cases=[{"dtype": np.uint8}, {"dtype": np.int64}])
def every_label_stays(to_wandb_mask, dtype):
    """All labels from 0 to 255, bytes or int64, array or tensor, are the same labels as uint8."""
    labels = LEVELS.astype(dtype)
    expect_same(to_wandb_mask(labels)["mask_data"], LEVELS, "labels are names: no division, no 255")
    cause = {"a tensor of labels is (H, W), too: do not transpose": LEVELS.T}
    expect_same(to_wandb_mask(torch.from_numpy(labels))["mask_data"], LEVELS, cause)


@law("to_wandb_mask", lesson=6, rank="mathematics")
def names_go_along(to_wandb_mask):
    """class_labels go along as they are; without them there is no such entry, and wandb makes names."""
    mask = np.array([[0, 3], [3, 255]])
    expect_same(sorted(to_wandb_mask(mask)), ["mask_data"])
    names = {0: "table", 3: "spoon", 255: "border"}
    expect_same(to_wandb_mask(mask, class_labels=names)["class_labels"], names)
    unnamed = np.array([[0, 7], [3, 254]], np.uint8)
    named = to_wandb_mask(unnamed, class_labels=names)["mask_data"]
    expect_same(named, unnamed, "a label without a name stays what it is")


# types and layouts

INTEGERS = [np.int8, np.uint16, np.int16, np.int32, np.uint64, np.dtype(">i4")]


@law("to_wandb_mask", lesson=6, rank="range", cases=[{"dtype": d} for d in INTEGERS])
def labels_of_any_integer_type_stay(to_wandb_mask, dtype):
    """Labels of every other integer type and byte order are the same labels as uint8, from arrays and from tensors."""
    expected = LEVELS % 128
    labels = expected.astype(dtype)
    expect_same(to_wandb_mask(labels)["mask_data"], expected)
    if dtype in (np.int8, np.int16, np.int32):
        expect_same(to_wandb_mask(torch.from_numpy(labels))["mask_data"], expected)


@law("to_wandb_mask", lesson=6, rank="range")
def names_are_written_with_pythons_integers(to_wandb_mask):
    """Keys of class_labels that are numpy's integers become Python's own: JSON has no others."""
    names = {np.int64(0): "table", 3: "spoon", np.uint8(255): "border"}
    got = to_wandb_mask(np.zeros((2, 2), np.uint8), class_labels=names)["class_labels"]
    expect_same(got, {0: "table", 3: "spoon", 255: "border"})
    types = [type(label).__name__ for label in got]
    expect(types == ["int"] * 3, got=str(types), expected="int", cause="JSON has no numpy integers")


# refusals, and what is kept


@law("to_wandb_mask", lesson=6, rank="manners", mask=masks())
def the_mask_is_a_copy(to_wandb_mask, mask):
    """The mask is left as it was, the result is new memory, and flipped and transposed views are as good as a copy."""
    before = mask.copy()
    for view in (mask, mask[::-1], mask.T):
        data = to_wandb_mask(view)["mask_data"]
        expect_same(data, view.copy())
        expect(not np.shares_memory(data, mask), got="shared memory", expected="new memory", cause="copy the mask")
        data[...] = 9
    expect_same(mask, before)


@law("to_wandb_mask", lesson=6, rank="manners", cases=[{"value": v} for v in (-1, 256, 300, 1000)])
def labels_that_do_not_fit_are_refused(to_wandb_mask, value):
    """A label outside [0, 255] is a ValueError that names it."""
    expect_raises(ValueError, to_wandb_mask, np.array([[0, value]]), mention=[str(value)])
    expect_raises(ValueError, to_wandb_mask, torch.tensor([[0, value]]), mention=[str(value)])


@law("to_wandb_mask", lesson=6, rank="manners", cases=[{"dtype": d} for d in (np.float32, np.float64, bool)])
def floats_are_no_labels(to_wandb_mask, dtype):
    """Floats and bools are a TypeError that names the type, also when the values are whole numbers."""
    mask = np.zeros((2, 2), dtype)
    cause = "0.5 would become label 0"
    expect_raises(TypeError, to_wandb_mask, mask, mention=[np.dtype(dtype).name], cause=cause)
    expect_raises(TypeError, to_wandb_mask, torch.from_numpy(mask), cause=cause)


@law("to_wandb_mask", lesson=6, rank="manners", cases=[{"shape": s} for s in [(1, 2, 2), (2, 2, 1), (4,), (0, 3)]])
def a_mask_has_two_axes(to_wandb_mask, shape):
    """A mask that is not (H, W), or has no pixels, is a ValueError that names its shape."""
    expect_raises(ValueError, to_wandb_mask, np.zeros(shape, np.uint8), mention=[str(shape)])


NO_NAMES = [{"0": "table"}, {0.5: "table"}, {0: 1}, {0: None}, ["table"], "table"]


@law("to_wandb_mask", lesson=6, rank="manners", cases=[{"names": names} for names in NO_NAMES])
def names_belong_to_whole_numbers(to_wandb_mask, names):
    """class_labels that are not a dict of integers to texts are a TypeError."""
    expect_raises(TypeError, to_wandb_mask, np.zeros((2, 2), np.uint8), class_labels=names)
