"""Mistakes about the masks that are handed to Weights & Biases."""

import numpy as np
import torch

import seeing_tensors as library
from seeing_tensors.course.laws.museum import mistake, plain, twin

# --------------------------------------------------------------- to_wandb_mask


def as_integers(mask):
    return mask.numpy() if isinstance(mask, torch.Tensor) else mask


@mistake(
    "to_wandb_mask",
    tempting="A mask is read with the picture and goes the same way, through ToTensor.",
    source="https://github.com/pytorch/vision/issues/2497",
)
def divided_by_255(mask, *, class_labels=None):
    """labels are divided by 255, as a picture is: 0, 1, 2 … become 0, and only 255 becomes 1. Keep them: labels are
    names, not amounts
    """
    entry = library.to_wandb_mask(mask, class_labels=class_labels)
    return {**entry, "mask_data": entry["mask_data"] // 255}


@divided_by_255.in_other_words
def like_a_picture(mask, *, class_labels=None):
    data = (np.array(as_integers(mask)) / 255.0).astype(np.uint8)
    return {"mask_data": data} if class_labels is None else {"mask_data": data, "class_labels": class_labels}


@mistake(
    "to_wandb_mask",
    tempting="0 and 1 look alike in an image viewer, and a mask of 0 and 255 can be seen.",
    source="https://github.com/wandb/wandb/pull/985",
)
def stretched_to_255(mask, *, class_labels=None):
    """labels 0 and 1 are stretched to 0 and 255 to be seen: label 1 is then called 255, which has no name. Keep them"""
    entry = library.to_wandb_mask(mask, class_labels=class_labels)
    data = entry["mask_data"]
    return {**entry, "mask_data": data * 255 if data.max() <= 1 else data}


@stretched_to_255.in_other_words
def visible(mask, *, class_labels=None):
    labels = np.array(as_integers(mask)).astype(np.uint8)
    if not (labels > 1).any():
        labels[labels == 1] = 255
    return {**library.to_wandb_mask(mask, class_labels=class_labels), "mask_data": labels}


@mistake(
    "to_wandb_mask",
    tempting="`astype(np.uint8)` takes everything, and labels such as 300 are rare.",
    source="https://github.com/ultralytics/ultralytics/pull/16690",
    rank="manners",
)
def wraps_large_labels(mask, *, class_labels=None):
    """labels that do not fit into uint8 wrap: 256 becomes 0 and -1 becomes 255. Refuse them"""
    labels = as_integers(mask)
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "iu":
        labels = labels.astype(np.uint8)
    return library.to_wandb_mask(labels, class_labels=class_labels)


@wraps_large_labels.in_other_words
def modulo_256(mask, *, class_labels=None):
    if hasattr(mask, "shape") and np.asarray(mask).dtype.kind in "iu":
        mask = np.asarray(mask).astype(object) % 256
        mask = mask.astype(np.uint8)
    return library.to_wandb_mask(mask, class_labels=class_labels)


@mistake(
    "to_wandb_mask",
    tempting="A mask is float after ToTensor, a sigmoid or an interpolation, and a cast makes labels of it.",
    source="https://github.com/nipreps/petprep/issues/152",
    rank="manners",
)
def takes_floats(mask, *, class_labels=None):
    """floats are taken and cut off: 0.5 becomes label 0 and no one says so. Refuse what is not an integer"""
    array = as_integers(mask)
    if isinstance(array, np.ndarray) and array.dtype.kind in "fb":
        array = array.astype(np.int64)
    return library.to_wandb_mask(array, class_labels=class_labels)


@takes_floats.in_other_words
def astype_first(mask, *, class_labels=None):
    if torch.is_tensor(mask) and (mask.is_floating_point() or mask.dtype == torch.bool):
        mask = mask.to(torch.uint8)
    elif isinstance(mask, np.ndarray) and mask.dtype in (np.float16, np.float32, np.float64, np.bool_):
        mask = np.array(mask, dtype=np.uint8)
    return library.to_wandb_mask(mask, class_labels=class_labels)


@twin("to_wandb_mask")
def looked_up(mask, *, class_labels=None):
    """each label is looked up in a table of all 256"""
    entry = library.to_wandb_mask(mask, class_labels=class_labels)
    return {**entry, "mask_data": np.arange(256, dtype=np.uint8)[np.asarray(mask).astype(np.intp)]}


@plain("to_wandb_mask")
def to_wandb_mask(mask, *, class_labels=None):
    entry = {"mask_data": np.array(mask, dtype=np.uint8)}
    if class_labels is not None:
        entry["class_labels"] = class_labels
    return entry
