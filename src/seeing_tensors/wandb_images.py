"""Pictures for Weights & Biases: the same right pixels in every wandb from 0.15 on.

What ``wandb.Image`` makes of a tensor or a float array depends on its
version: it has stretched, guessed a range, and cast. What every version
writes unchanged is an 8-bit PIL image. So the range is stated by you, the
rounding is done here, and wandb is handed a PIL image.

This module needs numpy, Pillow and wandb; neither torch nor OpenCV.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as PILImage

if TYPE_CHECKING:
    import torch
    import wandb

    Picture = np.ndarray | torch.Tensor

#: White, and so wide, is the line between the pictures of a grid.
GRID_LINE = 255
GRID_GAP = 2


def to_wandb_image(
    x: Picture,
    *,
    value_range: tuple[float, float] | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    clip: bool = False,
    caption: str | None = None,
    grouping: int | None = None,
    classes: Sequence[Mapping[str, Any]] | None = None,
    boxes: Mapping[str, Mapping[str, Any]] | None = None,
    masks: Mapping[str, Mapping[str, Any]] | None = None,
    file_type: str | None = None,
) -> wandb.Image:
    """Make a ``wandb.Image`` whose pixels are known: ``round(255 (x - low) / (high - low))``.

    uint8 is written as it is, and bool as 0 and 255. With `mean` and `std`, a
    Normalize is undone first: x std + mean.

    Args:
        x: one picture. Tensor (3, H, W), (1, H, W) or (H, W); array (H, W, 3), (H, W, 1) or (H, W).
        value_range: the values that are to be black and white, (low, high), after a Normalize is undone.
            Required for floats; nothing is guessed. Refused for uint8 and bool, whose range is their type's.
        mean, std: what Normalize was given, one number for each channel. Floats only.
        clip: True draws what lies outside value_range black or white. Less than half a level outside is
            rounding, and always allowed.
        caption, grouping: as in ``wandb.Image``.
        classes: a list of {"id": int, "name": str}.
        boxes: as in ``wandb.Image``, checked: lower ends below upper ends, inside the picture, and the "domain"
            ("pixel", or fractions when it is left out) that fits the numbers.
        masks: {name: {"mask_data": labels (H, W), "class_labels": {label: name}}}, each made right by
            ``to_wandb_mask``.
        file_type: "png" (the default) and "bmp" keep every pixel; "jpg" does not.

    Returns:
        wandb.Image of a PIL image in mode RGB or L. No run is needed.

    Raises:
        TypeError: not a float, uint8 or bool picture; a float picture without value_range; another type with one.
        ValueError: another shape; NaN; values outside value_range without clip; a bad range, mean, std, box,
            class or mask.
    """
    import wandb

    pixels = _pixels("to_wandb_image", x, value_range, mean, std, clip)
    height, width = pixels.shape[:2]
    options = {
        "caption": caption,
        "grouping": grouping,
        "classes": _checked_classes(classes),
        "boxes": _checked_boxes(boxes, height, width),
        "masks": _checked_masks(masks, height, width),
        "file_type": file_type,
    }
    # wandb 0.15.0 does not know file_type yet: hand over only what was asked for.
    return wandb.Image(PILImage.fromarray(pixels), **{k: v for k, v in options.items() if v is not None})


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
    labels = _array("to_wandb_mask", mask)
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
        entry["class_labels"] = _checked_labels("to_wandb_mask", class_labels)
    return entry


def to_wandb_grid(
    images: Picture | Sequence[Picture],
    *,
    columns: int | None = None,
    value_range: tuple[float, float] | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    clip: bool = False,
    caption: str | None = None,
) -> wandb.Image:
    """Make one ``wandb.Image`` of many pictures side by side, all with one value range.

    Picture i stands in row i // columns, column i % columns, with two white
    pixels between neighbours. No picture changes how another is drawn.

    Args:
        images: tensor (N, C, H, W), array (N, H, W, C), or a sequence of pictures of one size.
        columns: pictures in a row; a nearly square grid, ceil(sqrt(N)), when None.
        value_range, mean, std, clip, caption: as in ``to_wandb_image``, the same for all.

    Raises:
        TypeError, ValueError: as ``to_wandb_image``; also for no picture, pictures of different sizes, and
            columns below 1.
    """
    tiles = [_pixels("to_wandb_grid", x, value_range, mean, std, clip) for x in _pictures("to_wandb_grid", images)]
    _require_one_size("to_wandb_grid", tiles)
    if len({tile.shape for tile in tiles}) > 1:
        raise ValueError("to_wandb_grid: some of the pictures are grey and some in colour")
    columns = math.ceil(math.sqrt(len(tiles))) if columns is None else operator.index(columns)
    if columns < 1:
        raise ValueError(f"to_wandb_grid: columns must be at least 1, got {columns}")
    columns = min(columns, len(tiles))
    rows = math.ceil(len(tiles) / columns)
    height, width = (side + GRID_GAP for side in tiles[0].shape[:2])
    grid = np.full((rows * height - GRID_GAP, columns * width - GRID_GAP, *tiles[0].shape[2:]), GRID_LINE, np.uint8)
    for i, tile in enumerate(tiles):
        top, left = i // columns * height, i % columns * width
        grid[top : top + tile.shape[0], left : left + tile.shape[1]] = tile
    return to_wandb_image(grid, caption=caption)


def log_images(
    run: wandb.Run,
    key: str,
    images: Picture | Sequence[Picture],
    *,
    value_range: tuple[float, float] | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    clip: bool = False,
    captions: Sequence[str | None] | None = None,
    boxes: Sequence[Mapping | None] | None = None,
    masks: Sequence[Mapping | None] | None = None,
    columns: int | None = None,
    step: int | None = None,
    commit: bool | None = None,
) -> None:
    """Log some pictures under one key, all with one value range.

    Refuses what wandb loses without raising: the pictures of a list after
    number 108, and the sizes of a list whose pictures differ. A list whose
    first caption is None keeps its other captions.

    Args:
        run: what ``wandb.init`` returned.
        key: the name of the panel.
        images: tensor (N, C, H, W), array (N, H, W, C), or a sequence of pictures.
        value_range, mean, std, clip: as in ``to_wandb_image``, the same for all.
        captions, boxes, masks: for each picture what ``to_wandb_image`` takes, or None.
        columns: log one picture, a grid with so many columns, in place of a list; without captions, boxes and masks.
        step, commit: as in ``run.log``.

    Raises:
        TypeError, ValueError: as ``to_wandb_image`` and ``to_wandb_grid``; also for more pictures than wandb keeps,
            and for captions, boxes or masks that are not as many as the pictures.
    """
    import wandb

    pictures = _pictures("log_images", images)
    scale = {"value_range": value_range, "mean": mean, "std": std, "clip": clip}
    about = {"captions": captions, "boxes": boxes, "masks": masks}
    about = {name: entries for name, entries in about.items() if entries is not None}
    if columns is not None:
        if about:
            raise ValueError(
                f"log_images: a grid is one picture and cannot have {', '.join(about)} for each; leave columns out"
            )
        logged = to_wandb_grid(pictures, columns=columns, **scale)
    else:
        if len(pictures) > wandb.Image.MAX_ITEMS:
            raise ValueError(
                f"log_images: wandb keeps the first {wandb.Image.MAX_ITEMS} pictures of a list, got {len(pictures)}; use "
                "several keys, or columns= for one picture of them all"
            )
        _require_one_size("log_images", [_channels_last("log_images", x) for x in pictures])
        rows = _one_entry_each(about, len(pictures))
        logged = [to_wandb_image(x, **scale, **row) for x, row in zip(pictures, rows, strict=True)]
    when = {name: value for name, value in {"step": step, "commit": commit}.items() if value is not None}
    run.log({key: logged}, **when)


# --------------------------------------------------------------- from values to levels


def _pixels(name: str, x: Picture, value_range, mean, std, clip: bool) -> np.ndarray:
    """One picture as uint8, (H, W, 3) or (H, W)."""
    values = _channels_last(name, x)
    if values.dtype.kind == "f":
        levels = _levels(name, values, value_range, mean, std, clip)
    else:
        if values.dtype not in (np.uint8, np.bool_):
            raise TypeError(
                f"{name} needs floats, uint8 or bool, got {values.dtype}: labels go into masks=; amounts become uint8 or "
                "float first, on a scale that you know"
            )
        if not (value_range is None and mean is None and std is None):
            raise TypeError(
                f"{name}: value_range, mean and std are for floats; {values.dtype} has the range of its type"
            )
        levels = values * np.uint8(255) if values.dtype == np.bool_ else values
    levels = np.array(levels, order="C")
    return levels if levels.shape[2] == 3 else levels[:, :, 0]


def _levels(name: str, values: np.ndarray, value_range, mean, std, clip: bool) -> np.ndarray:
    """Floats (H, W, C) to levels: black at one end of value_range, white at the other."""
    low, high = _checked_range(name, value_range)
    nan = int(np.isnan(values).sum())
    if nan:
        raise ValueError(f"{name}: {nan} of {values.size} values are NaN; no level stands for that")
    values = values.astype(np.float64)
    with np.errstate(over="ignore"):  # what overflows lies outside
        if mean is not None or std is not None:
            mean, std = _checked_statistics(name, values.shape[2], mean, std)
            values = values * std + mean
        levels = np.rint(255 * ((values - low) / (high - low)))
    outside = (levels < 0) | (levels > 255)
    if outside.any() and not clip:
        raise ValueError(
            f"{name}: {int(outside.sum())} of {values.size} values lie outside value_range ({low:g}, {high:g}): they reach from "
            f"{values.min():.6g} to {values.max():.6g}; state the range they have, undo a Normalize with mean= and std=, or "
            "draw them black and white with clip=True"
        )
    return np.clip(levels, 0, 255).astype(np.uint8)


def _checked_range(name: str, value_range) -> tuple[float, float]:
    if value_range is None:
        raise TypeError(
            f"{name} needs value_range for floats: which values are black and white? (0, 1) for a picture from to_tensor, "
            "also when mean= and std= undo its Normalize; (-1, 1) for the output of a tanh"
        )
    numbers = _floats(name, "value_range", value_range)
    if numbers.shape != (2,) or not (np.isfinite(numbers).all() and numbers[0] < numbers[1]):
        raise ValueError(f"{name}: value_range must be two finite numbers (low, high), low first, got {value_range!r}")
    low, high = map(float, numbers)
    if not math.isfinite(high - low):
        raise ValueError(f"{name}: value_range {value_range!r} is wider than a float can say")
    return low, high


def _checked_statistics(name: str, channels: int, mean, std) -> tuple[np.ndarray, np.ndarray]:
    if mean is None or std is None:
        raise ValueError(f"{name}: a Normalize has a mean and a std; give both")
    mean, std = _floats(name, "mean", mean), _floats(name, "std", std)
    if mean.shape != (channels,) or std.shape != (channels,):
        raise ValueError(
            f"{name}: the picture has {channels} channels, mean and std have shapes {mean.shape} and {std.shape}"
        )
    if not (np.isfinite(mean).all() and np.isfinite(std).all() and (std > 0).all()):
        raise ValueError(
            f"{name}: mean must be finite, std finite and positive, got {mean.tolist()} and {std.tolist()}"
        )
    return mean, std


def _floats(name: str, what: str, numbers) -> np.ndarray:
    try:
        return np.array([float(number) for number in numbers])
    except (TypeError, ValueError) as error:
        raise TypeError(f"{name}: {what} must be a sequence of numbers, got {numbers!r}") from error


# ---------------------------------------------------------------------- from pictures to arrays


def _array(name: str, x: Picture) -> np.ndarray:
    """A tensor or array of real numbers as an array, its axes where they were."""
    torch = sys.modules.get("torch")  # a tensor cannot exist before torch was imported
    if torch is not None and isinstance(x, torch.Tensor):
        x = x.detach().cpu()
        if x.is_floating_point() and x.dtype != torch.float64:
            x = x.float()  # numpy has no bfloat16
        x = x.numpy()
    if not isinstance(x, np.ndarray):
        raise TypeError(f"{name} needs a tensor or a numpy array, got {type(x).__name__}")
    if x.dtype.kind not in "buif":
        raise TypeError(f"{name} needs real numbers, got {x.dtype}")
    return x


def _channels_last(name: str, x: Picture) -> np.ndarray:
    """One picture as an array (H, W, 3) or (H, W, 1)."""
    values = _array(name, x)
    is_tensor = not isinstance(x, np.ndarray)
    if values.ndim == 2:
        values = values[:, :, None]
    elif values.ndim == 3 and is_tensor:
        values = np.moveaxis(values, 0, -1)
    if values.ndim != 3 or values.shape[2] not in (1, 3) or values.size == 0:
        wanted = "a tensor (3, H, W), (1, H, W)" if is_tensor else "an array (H, W, 3), (H, W, 1)"
        hint = "; of a batch give one picture, x[0], or use to_wandb_grid" if values.ndim == 4 else ""
        raise ValueError(f"{name} needs {wanted} or (H, W), got shape {tuple(x.shape)}{hint}")
    return values


def _pictures(name: str, images) -> list[Picture]:
    """The pictures of a batch or a sequence."""
    axes = getattr(images, "ndim", None)
    if axes is not None and axes != 4:
        # (3, H, W) might be three grey pictures, and (N, W, 3) one in colour.
        raise ValueError(f"{name} needs a batch of four axes or a list of pictures, got shape {tuple(images.shape)}")
    if isinstance(images, (str, Mapping)):
        raise TypeError(f"{name} needs a batch of four axes or a list of pictures, got {type(images).__name__}")
    pictures = list(images)
    if not pictures:
        raise ValueError(f"{name}: there is no picture")
    return pictures


def _one_entry_each(about: Mapping[str, Sequence], count: int) -> list[dict]:
    """{"captions": [a, b], "masks": [c, d]} to [{"caption": a, "masks": c}, {"caption": b, "masks": d}]."""
    for name, entries in about.items():
        if isinstance(entries, (str, Mapping)) or len(entries) != count:
            raise ValueError(f"log_images needs {name} as a list with one entry for each of the {count} pictures")
    rows = [{name: entries[i] for name, entries in about.items()} for i in range(count)]
    for row in rows:
        if "captions" in row:
            # wandb drops all the captions of a list whose first one is None.
            row["caption"] = row.pop("captions") or ""
    return rows


def _require_one_size(name: str, pictures: Sequence[np.ndarray]) -> None:
    sizes = sorted({picture.shape[:2] for picture in pictures})
    if len(sizes) > 1:
        raise ValueError(
            f"{name} needs pictures of one size, got {sizes} (height, width); give each size a key of its own"
        )


# ---------------------------------------------------------- what wandb does not check


def _checked_masks(masks, height: int, width: int) -> dict | None:
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


def _checked_boxes(boxes, height: int, width: int) -> dict | None:
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
            checked[key]["class_labels"] = _checked_labels(f"boxes[{key!r}]", entry["class_labels"])
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


def _checked_classes(classes) -> list[dict] | None:
    if classes is None:
        return None
    if isinstance(classes, (str, Mapping)) or not all(
        isinstance(c, Mapping) and set(c) == {"id", "name"} for c in classes
    ):
        raise TypeError('classes must be a list of {"id": int, "name": str}; a dict goes into class_labels of a mask')
    named = _checked_labels("classes", {entry["id"]: entry["name"] for entry in classes})
    if len(named) != len(classes):
        raise ValueError(f"classes: an id occurs twice in {[entry['id'] for entry in classes]}")
    return [{"id": label, "name": text} for label, text in named.items()]


def _checked_labels(name: str, labels: Mapping) -> dict[int, str]:
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
