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

    Args:
        mask: (H, W), any integer type, labels from 0 to 255; array or tensor.
        class_labels: the name of each label. Without it wandb names them class_0, class_1, ...

    Returns:
        {"mask_data": uint8 (H, W), new memory}, with "class_labels": {int: str} where they were given.

    Raises:
        TypeError: not integers. A bool mask becomes labels 0 and 1 with ``.astype(np.uint8)``.
        ValueError: another shape, or a label outside [0, 255].
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


def checked_masks(masks, height: int, width: int) -> dict | None:
    if masks is None:
        return None
    checked = {}
    for key, entry in _items("masks", masks):
        if not isinstance(entry, Mapping) or "mask_data" not in entry or set(entry) - {"mask_data", "class_labels"}:
            found = sorted(map(str, entry)) if isinstance(entry, Mapping) else type(entry).__name__
            raise ValueError(
                f'masks[{key!r}] must be {{"mask_data": …, "class_labels": …}}, got {found}; use to_wandb_mask'
            )
        checked[key] = to_wandb_mask(entry["mask_data"], class_labels=entry.get("class_labels"))
        size = checked[key]["mask_data"].shape
        if size != (height, width):
            raise ValueError(
                f"masks[{key!r}] has shape {size}, the picture {(height, width)}; resize_mask(mask, {height}, {width}) makes "
                "it fit"
            )
    return checked


def checked_boxes(boxes, height: int, width: int) -> dict | None:
    if boxes is None:
        return None
    checked = {}
    for key, entry in _items("boxes", boxes):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("box_data"), Sequence):
            raise ValueError(f'boxes[{key!r}] must be {{"box_data": [box, …], "class_labels": …}}')
        data = [
            _checked_box(f"boxes[{key!r}] number {i}", box, height, width) for i, box in enumerate(entry["box_data"])
        ]
        checked[key] = {"box_data": data}
        if entry.get("class_labels") is not None:
            checked[key]["class_labels"] = checked_labels(f"boxes[{key!r}]", entry["class_labels"])
    return checked


def _checked_box(name: str, box, height: int, width: int) -> dict:
    if not isinstance(box, Mapping) or not isinstance(box.get("position"), Mapping):
        raise ValueError(f'{name} needs a "position": minX, minY, maxX and maxY, or middle, width and height')
    position = box["position"]
    if set(position) == {"minX", "minY", "maxX", "maxY"}:
        position = {side: _number(name, position[side]) for side in position}
        ends = position["minX"], position["minY"], position["maxX"], position["maxY"]
    elif set(position) == {"middle", "width", "height"}:
        (x, y), w, h = (
            (_number(name, v) for v in position["middle"]),
            *(_number(name, position[v]) for v in ("width", "height")),
        )
        position = {"middle": [x, y], "width": w, "height": h}
        ends = x - w / 2, y - h / 2, x + w / 2, y + h / 2
    else:
        raise ValueError(
            f"{name}: a position is minX, minY, maxX and maxY, or middle, width and height; got {sorted(position)}"
        )
    domain = box.get("domain")
    if domain not in (None, "pixel"):
        raise ValueError(f'{name}: domain is "pixel", or left out for fractions of the picture, got {domain!r}')
    _require_inside(name, ends, (width, height) if domain == "pixel" else (1, 1), domain)
    if isinstance(box.get("class_id"), bool) or not hasattr(box.get("class_id"), "__index__"):
        raise TypeError(f"{name} needs a class_id that is an integer, got {box.get('class_id')!r}")
    # A new dict of plain Python numbers: wandb refuses numpy's integers.
    return {**box, "position": position, "class_id": operator.index(box["class_id"])}


def _number(name: str, value) -> int | float:
    """A number of Python's own, from one of Python, numpy or torch."""
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise TypeError(f"{name}: a position consists of numbers, got {value!r}")
    return number


def _require_inside(name: str, ends: tuple[float, ...], size: tuple[int, int], domain: str | None) -> None:
    min_x, min_y, max_x, max_y = ends
    if not all(map(math.isfinite, ends)) or min_x > max_x or min_y > max_y:
        raise ValueError(f"{name} has no area: x from {min_x:g} to {max_x:g}, y from {min_y:g} to {max_y:g}")
    slack = 1e-6  # of the picture: float32 boxes are rounded
    if min(min_x, min_y) < -slack * max(size) or max_x > size[0] * (1 + slack) or max_y > size[1] * (1 + slack):
        unit = f"{size[0]} x {size[1]} pixels" if domain else 'fractions from 0 to 1 (pixels need "domain": "pixel")'
        raise ValueError(
            f"{name} reaches out of the picture, {unit}: x from {min_x:g} to {max_x:g}, y from {min_y:g} to {max_y:g}"
        )


def checked_classes(classes) -> list[dict] | None:
    if classes is None:
        return None
    if isinstance(classes, (str, Mapping)) or not all(
        isinstance(c, Mapping) and set(c) == {"id", "name"} for c in classes
    ):
        raise TypeError('classes must be a list of {"id": int, "name": str}; a dict goes into class_labels of a mask')
    named = checked_labels("classes", {entry["id"]: entry["name"] for entry in classes})
    if len(named) != len(classes):
        raise ValueError(f"classes: an id occurs twice in {[entry['id'] for entry in classes]}")
    return [{"id": label, "name": text} for label, text in named.items()]


def checked_labels(name: str, labels: Mapping) -> dict[int, str]:
    """{label: text} with plain Python integers, which JSON can write."""
    if not isinstance(labels, Mapping):
        raise TypeError(f"{name}: class_labels must be a dict {{label: name}}, got {type(labels).__name__}")
    for label, text in labels.items():
        if isinstance(label, bool) or not hasattr(label, "__index__") or not isinstance(text, str):
            raise TypeError(f"{name}: a class is an integer and a name, got {label!r}: {text!r}")
    return {operator.index(label): text for label, text in labels.items()}


def _items(name: str, entries):
    if not isinstance(entries, Mapping):
        raise TypeError(f"{name} must be a dict {{name: {{…}}}}, got {type(entries).__name__}")
    return entries.items()
