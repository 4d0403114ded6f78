"""Pictures for Weights & Biases: the same right pixels in every wandb from 0.15 on.

What ``wandb.Image`` makes of a tensor or a float array depends on its
version: it has stretched, guessed a range, and cast. What every version
writes unchanged is an 8-bit PIL image. So the range is stated by you, the
rounding is done here, and wandb is handed a PIL image.

This module needs numpy, Pillow and wandb; neither torch nor OpenCV.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as PILImage

from ._arrays import Picture, channels_last, finite_limits, finite_numbers, tiled
from .wandb_overlays import checked_boxes, checked_classes, checked_masks

if TYPE_CHECKING:
    import wandb

#: White, and so wide, is the line between the pictures of a grid.
GRID_LINE = 255
GRID_GAP = 2

OF_A_BATCH = "of a batch give one picture, x[0], or use to_wandb_grid"


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
        "classes": checked_classes(classes),
        "boxes": checked_boxes(boxes, height, width),
        "masks": checked_masks(masks, height, width),
        "file_type": file_type,
    }
    # wandb 0.15.0 does not know file_type yet: hand over only what was asked for.
    return wandb.Image(PILImage.fromarray(pixels), **{k: v for k, v in options.items() if v is not None})


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
    columns = None if columns is None else operator.index(columns)
    if columns is not None and columns < 1:
        raise ValueError(f"to_wandb_grid: columns must be at least 1, got {columns}")
    grid = tiled(tiles, columns, gap=GRID_GAP, fill=GRID_LINE)
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
        _require_one_size("log_images", [channels_last("log_images", x, of_a_batch=OF_A_BATCH) for x in pictures])
        rows = _one_entry_each(about, len(pictures))
        logged = [to_wandb_image(x, **scale, **row) for x, row in zip(pictures, rows, strict=True)]
    when = {name: value for name, value in {"step": step, "commit": commit}.items() if value is not None}
    run.log({key: logged}, **when)


# --------------------------------------------------------------- from values to levels


def _pixels(name: str, x: Picture, value_range, mean, std, clip: bool) -> np.ndarray:
    """One picture as uint8, (H, W, 3) or (H, W)."""
    values = channels_last(name, x, of_a_batch=OF_A_BATCH)
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
    numbers = finite_numbers(f"{name}: value_range", value_range)
    if len(numbers) != 2:
        raise ValueError(f"{name}: value_range must be two finite numbers (low, high), low first, got {value_range!r}")
    return finite_limits(f"{name}: value_range", *numbers)


def _checked_statistics(name: str, channels: int, mean, std) -> tuple[np.ndarray, np.ndarray]:
    if mean is None or std is None:
        raise ValueError(f"{name}: a Normalize has a mean and a std; give both")
    given = {"mean": finite_numbers(f"{name}: mean", mean), "std": finite_numbers(f"{name}: std", std)}
    for label, numbers in given.items():
        if len(numbers) != channels:
            raise ValueError(f"{name}: the picture has {channels} channel(s), {label} has {len(numbers)} value(s)")
    if min(given["std"]) <= 0:
        raise ValueError(f"{name}: every std must be positive, got {given['std']}")
    return np.array(given["mean"]), np.array(given["std"])


# ---------------------------------------------------------------------- from pictures to arrays


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
