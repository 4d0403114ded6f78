"""Masks, boxes and classes for Weights & Biases: what wandb does not check, checked."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ._arrays import Picture, real_array


def to_wandb_mask(mask: Picture, *, class_labels: Mapping[int, str] | None = None) -> dict[str, Any]:
    """Make the entry of ``wandb.Image``'s `masks` for one mask of labels.

    wandb itself writes 0.5 as 0 and does not say so.

    >>> import numpy as np
    >>> import seeing_tensors as st
    >>> st.to_wandb_mask(np.array([[0, 3, 3]]), class_labels={0: "table", 3: "spoon"})
    {'mask_data': array([[0, 3, 3]], dtype=uint8), 'class_labels': {0: 'table', 3: 'spoon'}}

    Args:
        mask: (H, W), any integer type, labels from 0 to 255; array or tensor.
        class_labels: the name of each label. Without it wandb names them class_0, class_1, ...

    Returns:
        {"mask_data": uint8 (H, W), new memory}, with "class_labels": {int: str} where they were given.

    Raises:
        TypeError: not integers (a bool mask becomes labels 0 and 1 with ``.astype(np.uint8)``), or class_labels that
            are no dict of integers to texts. Says the type.
        ValueError: another shape, or a label outside [0, 255]. Says the shape, or the label.
    """
    labels = real_array("to_wandb_mask", mask)
    if labels.dtype.kind not in "ui":
        raise TypeError(
            f"to_wandb_mask needs integer labels, got {labels.dtype}; if the values are whole numbers, convert them "
            "to uint8 first"
        )
    if labels.ndim != 2 or labels.size == 0:
        raise ValueError(f"to_wandb_mask needs a mask (H, W), got shape {labels.shape}")
    if labels.min() < 0 or labels.max() > 255:
        raise ValueError(
            f"to_wandb_mask: labels must lie in [0, 255], got {labels.min()} … {labels.max()}; give them new numbers "
            "(np.unique(mask, return_inverse=True) does)"
        )
    entry: dict[str, Any] = {"mask_data": np.array(labels, dtype=np.uint8, order="C")}
    if class_labels is not None:
        entry["class_labels"] = checked_labels("to_wandb_mask", class_labels)
    return entry


def checked_masks(masks: Any, height: int, width: int) -> dict | None:
    """The masks of a picture as `to_wandb_mask` makes them, each as large as the picture."""
    if masks is None:
        return None
    _require_dict("masks", masks)
    return {key: _checked_mask(f"masks[{key!r}]", entry, (height, width)) for key, entry in masks.items()}


def checked_boxes(boxes: Any, height: int, width: int) -> dict | None:
    """The boxes of a picture, of plain Python numbers, each inside the picture."""
    if boxes is None:
        return None
    _require_dict("boxes", boxes)
    return {key: _checked_box_list(f"boxes[{key!r}]", entry, height, width) for key, entry in boxes.items()}


def checked_classes(classes: Any) -> list[dict] | None:
    """The classes, their ids as Python's own integers, each once."""
    if classes is None:
        return None
    is_list = not isinstance(classes, (str, Mapping))
    if not is_list or not all(isinstance(each, Mapping) and set(each) == {"id", "name"} for each in classes):
        raise TypeError('classes must be a list of {"id": int, "name": str}; a dict goes into class_labels of a mask')
    named = checked_labels("classes", {each["id"]: each["name"] for each in classes})
    if len(named) != len(classes):
        raise ValueError(f"classes: an id occurs twice in {[each['id'] for each in classes]}")
    return [{"id": label, "name": text} for label, text in named.items()]


def checked_labels(name: str, labels: Mapping) -> dict[int, str]:
    """{label: text} with plain Python integers, which JSON can write."""
    if not isinstance(labels, Mapping):
        raise TypeError(f"{name}: class_labels must be a dict {{label: name}}, got {type(labels).__name__}")
    for label, text in labels.items():
        if not _is_integer(label) or not isinstance(text, str):
            raise TypeError(f"{name}: a class is an integer and a name, got {label!r}: {text!r}")
    return {operator.index(label): text for label, text in labels.items()}


# ---------------------------------------------------------------- one entry


def _checked_mask(name: str, entry: Any, size: tuple[int, int]) -> dict:
    if not isinstance(entry, Mapping) or "mask_data" not in entry or set(entry) - {"mask_data", "class_labels"}:
        found = sorted(map(str, entry)) if isinstance(entry, Mapping) else type(entry).__name__
        raise ValueError(f'{name} must be {{"mask_data": …, "class_labels": …}}, got {found}; use to_wandb_mask')
    mask = to_wandb_mask(entry["mask_data"], class_labels=entry.get("class_labels"))
    shape = mask["mask_data"].shape
    if shape != size:
        height, width = size
        raise ValueError(
            f"{name} has shape {shape}, the picture {size}; resize_mask(mask, {height}, {width}) makes it fit"
        )
    return mask


def _checked_box_list(name: str, entry: Any, height: int, width: int) -> dict:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("box_data"), Sequence):
        raise ValueError(f'{name} must be {{"box_data": [box, …], "class_labels": …}}')
    boxes = entry["box_data"]
    checked: dict[str, Any] = {
        "box_data": [_checked_box(f"{name} number {i}", box, height, width) for i, box in enumerate(boxes)]
    }
    if entry.get("class_labels") is not None:
        checked["class_labels"] = checked_labels(name, entry["class_labels"])
    return checked


def _checked_box(name: str, box: Any, height: int, width: int) -> dict:
    if not isinstance(box, Mapping) or not isinstance(box.get("position"), Mapping):
        raise ValueError(f'{name} needs a "position": minX, minY, maxX and maxY, or middle, width and height')
    position, sides = _plain_position(name, box["position"])
    domain = box.get("domain")
    if domain not in (None, "pixel"):
        raise ValueError(f'{name}: domain is "pixel", or left out for fractions of the picture, got {domain!r}')
    _require_inside(name, sides, (width, height) if domain == "pixel" else (1, 1), domain)
    if not _is_integer(box.get("class_id")):
        raise TypeError(f"{name} needs a class_id that is an integer, got {box.get('class_id')!r}")
    # A new dict of plain Python numbers: wandb refuses numpy's integers.
    return {**box, "position": position, "class_id": operator.index(box["class_id"])}


def _plain_position(name: str, position: Mapping) -> tuple[dict, tuple[float, float, float, float]]:
    """A position with Python's own numbers, and where its sides are: least x and y, greatest x and y."""
    if set(position) == {"minX", "minY", "maxX", "maxY"}:
        plain = {side: _number(name, value) for side, value in position.items()}
        return plain, (plain["minX"], plain["minY"], plain["maxX"], plain["maxY"])
    if set(position) == {"middle", "width", "height"}:
        x, y = (_number(name, value) for value in position["middle"])
        w, h = _number(name, position["width"]), _number(name, position["height"])
        return {"middle": [x, y], "width": w, "height": h}, (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
    raise ValueError(
        f"{name}: a position is minX, minY, maxX and maxY, or middle, width and height; got {sorted(position)}"
    )


def _number(name: str, value: Any) -> int | float:
    """A number of Python's own, from one of Python, numpy or torch."""
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise TypeError(f"{name}: a position consists of numbers, got {value!r}")
    return number


def _require_inside(name: str, sides: tuple[float, ...], size: tuple[int, int], domain: str | None) -> None:
    min_x, min_y, max_x, max_y = sides
    if not all(map(math.isfinite, sides)) or min_x > max_x or min_y > max_y:
        raise ValueError(f"{name} has no area: x from {min_x:g} to {max_x:g}, y from {min_y:g} to {max_y:g}")
    slack = 1e-6  # of the picture: float32 boxes are rounded
    if min(min_x, min_y) < -slack * max(size) or max_x > size[0] * (1 + slack) or max_y > size[1] * (1 + slack):
        unit = f"{size[0]} x {size[1]} pixels" if domain else 'fractions from 0 to 1 (pixels need "domain": "pixel")'
        raise ValueError(
            f"{name} reaches out of the picture, {unit}: x from {min_x:g} to {max_x:g}, y from {min_y:g} to {max_y:g}"
        )


def _is_integer(value: object) -> bool:
    """True for an integer of Python, numpy or torch; a bool is none."""
    return hasattr(value, "__index__") and not isinstance(value, bool)


def _require_dict(name: str, entries: object) -> None:
    if not isinstance(entries, Mapping):
        raise TypeError(f"{name} must be a dict {{name: {{…}}}}, got {type(entries).__name__}")
