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
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from PIL import Image as PILImage

from ._arrays import Picture, channels_last, finite_limits, finite_numbers, percent, real_array, require_float, tiled
from .wandb_overlays import checked_boxes, checked_classes, checked_masks

if TYPE_CHECKING:
    import torch
    import wandb

#: So wide is the line between the pictures of a grid, white, and between maps, whose zeros are nearly white, grey.
GRID_GAP = 2
GRID_LINE, MAPS_LINE = 255, 112

OF_A_BATCH = "of a batch give one picture, x[0], or use to_wandb_grid"


def to_wandb_image(
    x: Picture,
    *,
    value_range: tuple[float, float] | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    clip: bool | Literal["count"] = False,
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

    >>> import numpy as np
    >>> import seeing_tensors as st
    >>> x = np.array([[-1.0, 0.0, 1.0]])
    >>> np.array(st.to_wandb_image(x, value_range=(-1, 1)).image)
    array([[  0, 128, 255]], dtype=uint8)

    Args:
        x: one picture. Tensor (3, H, W), (1, H, W) or (H, W); array (H, W, 3), (H, W, 1) or (H, W).
        value_range: the values that are to be black and white, (low, high), after a Normalize is undone.
            Required for floats; nothing is guessed. Refused for uint8 and bool, whose range is their type's.
        mean, std: what Normalize was given, one number for each channel. Floats only.
        clip: True draws what lies outside value_range black or white. Less than half a level outside is
            rounding, and always allowed. "count" draws NaN too, black, and says in the caption how much is unseen.
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
        TypeError: not a float, uint8 or bool picture (says the type); floats without value_range (says its name);
            another type with one; a value_range, mean or std of text.
        ValueError: another shape (says it); NaN (says so); values outside value_range without clip; a range that is
            not finite and ascending; a mean and std that are not both there, finite, std positive, one for each
            channel; a bad box, class or mask.
    """
    wandb = _wandb()
    drawn = _drawn("to_wandb_image", x, value_range, mean, std, clip)
    height, width = drawn.pixels.shape[:2]
    options = {
        "caption": _with_unseen(caption, [drawn]),
        "grouping": grouping,
        "classes": checked_classes(classes),
        "boxes": checked_boxes(boxes, height, width),
        "masks": checked_masks(masks, height, width),
        "file_type": file_type,
    }
    # wandb 0.15.0 does not know file_type yet: hand over only what was asked for.
    return wandb.Image(PILImage.fromarray(drawn.pixels), **{k: v for k, v in options.items() if v is not None})


def to_wandb_grid(
    images: Picture | Sequence[Picture],
    *,
    columns: int | None = None,
    value_range: tuple[float, float] | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    clip: bool | Literal["count"] = False,
    caption: str | None = None,
) -> wandb.Image:
    """Make one ``wandb.Image`` of many pictures side by side, all with one value range.

    Picture i stands in row i // columns, column i % columns, with two white
    pixels between neighbours and none around the grid. What the last row
    leaves free is white. No picture changes how another is drawn.

    >>> import torch
    >>> import seeing_tensors as st
    >>> grid = st.to_wandb_grid(torch.zeros(5, 3, 8, 10), columns=3, value_range=(0, 1))
    >>> grid.image.size  # width and height: 3 x 10 + 2 x 2 and 2 x 8 + 2
    (34, 18)

    Args:
        images: tensor (N, C, H, W), array (N, H, W, C), or a sequence of pictures of one size.
        columns: pictures in a row, but never more than there are; a nearly square grid, ceil(sqrt(N)), when None.
        value_range, mean, std, clip, caption: as in ``to_wandb_image``, the same for all.

    Raises:
        TypeError, ValueError: as ``to_wandb_image``; ValueError also for no picture, one picture in place of a batch
            (says its shape), two sizes (says both), grey beside color, and columns below 1 (says the number).
    """
    pictures = _pictures("to_wandb_grid", images)
    drawn = [_drawn("to_wandb_grid", x, value_range, mean, std, clip) for x in pictures]
    return to_wandb_image(_grid("to_wandb_grid", drawn, columns), caption=_with_unseen(caption, drawn))


def to_wandb_maps(
    maps: torch.Tensor, *, limit: float | None = None, columns: int | None = None, caption: str | None = None
) -> wandb.Image:
    """Make one ``wandb.Image`` of a picture's feature maps: blue below 0, white at 0, red above, on one scale.

    The colors are those of ``show_feature_maps``. The scale, and how much lies beyond it, stand in the caption.
    No value raises: NaN and inf are magenta.

    >>> import torch, wandb
    >>> import seeing_tensors as st
    >>> image = st.to_wandb_maps(torch.tensor([[[-1.0, 0.0]], [[2.0, 9.0]]]), limit=2)
    >>> wandb.Image.all_captions([image])
    ['blue -2, white 0, red 2; 25% beyond']

    Args:
        maps: float (F, H, W): the maps of one picture.
        limit: the value drawn in the strongest red. State it to compare steps; the largest absolute value when None.
        columns: as in ``to_wandb_grid``.
        caption: stands before the scale.

    Raises:
        TypeError: not a float tensor.
        ValueError: another shape, no map, a limit that is not finite and positive, or columns below 1.
    """
    from matplotlib import colormaps

    from .activations import FEATURE_COLORS
    from .drawing import NOT_FINITE_COLOR

    require_float("to_wandb_maps", maps)
    if maps.ndim != 3 or maps.numel() == 0:
        raise ValueError(f"to_wandb_maps needs one picture's maps (F, H, W), got shape {tuple(maps.shape)}")
    if limit is not None and not (math.isfinite(limit) and limit > 0):
        raise ValueError(f"to_wandb_maps: limit must be finite and positive, got {limit}")

    values = real_array("to_wandb_maps", maps).astype(np.float64)
    finite = np.isfinite(values)
    sizes = np.abs(np.where(finite, values, 0))
    limit = limit or sizes.max() or 1.0  # where all is 0, every scale shows the same
    position = np.where(finite, values, 0) / limit  # beyond -1 and 1 the first and the last color go on
    colors = colormaps[FEATURE_COLORS](position / 2 + 0.5, bytes=True)[..., :3]
    colors[~finite] = NOT_FINITE_COLOR

    words = [caption, f"blue {-limit:.3g}, white 0, red {limit:.3g}"]
    for count, where in [((sizes > limit).sum(), "beyond"), ((~finite).sum(), "not finite")]:
        words += [f"{percent(count / values.size)} {where}"] if count else []
    grid = _grid("to_wandb_maps", [_Drawn(each, NOTHING) for each in colors], columns, line=MAPS_LINE)
    return to_wandb_image(grid, caption="; ".join(filter(None, words)))


def log_images(
    run: wandb.Run,
    key: str,
    images: Picture | Sequence[Picture],
    *,
    value_range: tuple[float, float] | None = None,
    mean: Sequence[float] | None = None,
    std: Sequence[float] | None = None,
    clip: bool | Literal["count"] = False,
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

    In a training loop say ``clip="count"``: no value stops the training, and beside the pictures, in the same step,
    the fraction of their values that nobody can see is logged as ``key/unseen``. What is logged at one step, the loss
    too, becomes one row.

    >>> import torch
    >>> import seeing_tensors as st
    >>> class Run:  # for the run that wandb.init() returns
    ...     def log(self, row, step): print(step, {name: v for name, v in row.items() if isinstance(v, float)})
    >>> run, photos = Run(), torch.tensor([0.0, 0.5, 1.5, torch.nan]).reshape(1, 1, 2, 2)
    >>> st.log_images(run, "photos", photos, value_range=(0, 1), clip="count", step=30)
    30 {'photos/unseen': 0.5}
    >>> run.log({"loss": 0.25}, step=30)
    30 {'loss': 0.25}

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
    pictures = _pictures("log_images", images)
    given = {"captions": captions, "boxes": boxes, "masks": masks}
    about = {name: entries for name, entries in given.items() if entries is not None}
    _require_loggable(len(pictures), about, columns)
    drawn = [_drawn("log_images", x, value_range, mean, std, clip) for x in pictures]
    logged: wandb.Image | list[wandb.Image]
    if columns is not None:
        logged = to_wandb_image(_grid("log_images", drawn, columns), caption=_with_unseen(None, drawn))
    else:
        _require_one_size("log_images", drawn)
        entries = _one_entry_each(about, drawn)
        logged = [to_wandb_image(each.pixels, **entry) for each, entry in zip(drawn, entries, strict=True)]
    row: dict[str, Any] = {key: logged}
    if clip == "count":
        row[f"{key}/unseen"] = sum(_fractions(drawn))
    when: dict[str, Any] = {"step": step, "commit": commit}
    run.log(row, **{name: value for name, value in when.items() if value is not None})


def _wandb():
    """The package wandb, or an error that says where it comes from."""
    try:
        import wandb
    except ModuleNotFoundError as error:
        if error.name != "wandb":
            raise
        raise ModuleNotFoundError("logging to Weights & Biases needs wandb: pip install wandb", name="wandb") from None
    return wandb


# --------------------------------------------------------------- from values to levels


class _Drawn(NamedTuple):
    """A picture as uint8, (H, W, 3) or (H, W), and, if they were counted, its values below black, above white, NaN."""

    pixels: np.ndarray
    unseen: tuple[int, int, int]


NOTHING = (0, 0, 0)


def _drawn(name: str, x: Picture, value_range: Any, mean: Any, std: Any, clip: Any) -> _Drawn:
    values = channels_last(name, x, of_a_batch=OF_A_BATCH)
    if clip not in (False, True, "count"):
        raise ValueError(f'{name}: clip is False, True or "count", got {clip!r}')
    unseen = NOTHING
    if values.dtype.kind == "f":
        levels, unseen = _levels(name, values, value_range, mean, std, clip)
    elif values.dtype not in (np.uint8, np.bool_):
        raise TypeError(
            f"{name} needs floats, uint8 or bool, got {values.dtype}: labels go into masks=; amounts become uint8 or "
            "float first, on a scale that you know"
        )
    elif not (value_range is None and mean is None and std is None):
        raise TypeError(f"{name}: value_range, mean and std are for floats; {values.dtype} has the range of its type")
    else:
        levels = values * np.uint8(255) if values.dtype == np.bool_ else values
    levels = np.array(levels, order="C")
    return _Drawn(levels if levels.shape[2] == 3 else levels[:, :, 0], unseen)


def _levels(
    name: str, values: np.ndarray, value_range: Any, mean: Any, std: Any, clip: Any
) -> tuple[np.ndarray, tuple[int, int, int]]:
    """Floats (H, W, C) to levels, black at one end of value_range and white at the other; and what lies outside."""
    low, high = _checked_range(name, value_range)
    values = values.astype(np.float64)
    with np.errstate(over="ignore"):  # what overflows lies outside
        if mean is not None or std is not None:
            mean, std = _checked_statistics(name, values.shape[2], mean, std)
            values = values * std + mean
        levels = np.rint(255 * ((values - low) / (high - low)))
    below, above, nan = (int(where.sum()) for where in (levels < 0, levels > 255, np.isnan(levels)))
    if nan and clip != "count":
        raise ValueError(
            f"{name}: {nan} of {values.size} values are NaN; no level stands for that. Where a picture must not stop a "
            'training, draw them black and count them with clip="count"'
        )
    if (below or above) and not clip:
        raise ValueError(
            f"{name}: of {values.size} values {below} lie below value_range ({low:g}, {high:g}) and {above} above: "
            f"they reach from {values.min():.6g} to {values.max():.6g}; state the range they have, undo a Normalize "
            "with mean= and std=, or draw them black and white with clip=True"
        )
    counted = (below, above, nan) if clip == "count" else NOTHING
    return np.nan_to_num(np.clip(levels, 0, 255), nan=0).astype(np.uint8), counted


def _checked_range(name: str, value_range: Any) -> tuple[float, float]:
    if value_range is None:
        raise TypeError(
            f"{name} needs value_range for floats: which values are black and white? (0, 1) for a picture from "
            "to_tensor, also when mean= and std= undo its Normalize; (-1, 1) for the output of a tanh"
        )
    numbers = finite_numbers(f"{name}: value_range", value_range)
    if len(numbers) != 2:
        raise ValueError(f"{name}: value_range must be two finite numbers (low, high), low first, got {value_range!r}")
    return finite_limits(f"{name}: value_range", *numbers)


def _checked_statistics(name: str, channels: int, mean: Any, std: Any) -> tuple[np.ndarray, np.ndarray]:
    if mean is None or std is None:
        raise ValueError(f"{name}: a Normalize has a mean and a std; give both")
    given = {"mean": finite_numbers(f"{name}: mean", mean), "std": finite_numbers(f"{name}: std", std)}
    for label, numbers in given.items():
        if len(numbers) != channels:
            raise ValueError(f"{name}: the picture has {channels} channel(s), {label} has {len(numbers)} value(s)")
    if min(given["std"]) <= 0:
        raise ValueError(f"{name}: every std must be positive, got {given['std']}")
    return np.array(given["mean"]), np.array(given["std"])


# -------------------------------------------------------------------------- what is unseen


def _fractions(drawn: Sequence[_Drawn]) -> list[float]:
    """What fraction of all values was below black, above white, and NaN."""
    values = sum(each.pixels.size for each in drawn)
    return [sum(counts) / values for counts in zip(*(each.unseen for each in drawn), strict=True)]


def _with_unseen(caption: str | None, drawn: Sequence[_Drawn]) -> str | None:
    """The caption, and behind it what of the values cannot be seen, where that was counted."""
    places = zip(_fractions(drawn), ("below black", "above white", "NaN"), strict=True)
    words = [f"{percent(fraction)} {place}" for fraction, place in places if fraction]
    told = [f"unseen: {', '.join(words)}"] if words else []
    return "; ".join(filter(None, [caption, *told])) or caption


# ---------------------------------------------------------------------- from pictures to arrays


def _pictures(name: str, images: Any) -> list[Picture]:
    """The pictures of a batch or a sequence."""
    axes = getattr(images, "ndim", None)
    if axes is not None and axes != 4:
        # (3, H, W) might be three grey pictures, and (N, W, 3) one in color.
        raise ValueError(f"{name} needs a batch of four axes or a list of pictures, got shape {tuple(images.shape)}")
    if isinstance(images, (str, Mapping)):
        raise TypeError(f"{name} needs a batch of four axes or a list of pictures, got {type(images).__name__}")
    pictures = list(images)
    if not pictures:
        raise ValueError(f"{name}: there is no picture")
    return pictures


def _grid(name: str, drawn: Sequence[_Drawn], columns: int | None, line: int = GRID_LINE) -> np.ndarray:
    _require_one_size(name, drawn)
    if len({each.pixels.ndim for each in drawn}) > 1:
        raise ValueError(f"{name}: some of the pictures are grey and some in color")
    columns = None if columns is None else operator.index(columns)
    if columns is not None and columns < 1:
        raise ValueError(f"{name}: columns must be at least 1, got {columns}")
    return tiled([each.pixels for each in drawn], columns, gap=GRID_GAP, fill=line)


def _require_loggable(count: int, about: Mapping[str, Sequence], columns: int | None) -> None:
    if columns is not None and about:
        raise ValueError(
            f"log_images: a grid is one picture and cannot have {', '.join(about)} for each; leave columns out"
        )
    most = _wandb().Image.MAX_ITEMS
    if columns is None and count > most:
        raise ValueError(
            f"log_images: wandb keeps the first {most} pictures of a list, got {count}; use several keys, or columns= "
            "for one picture of them all"
        )
    for name, entries in about.items():
        if isinstance(entries, (str, Mapping)) or len(entries) != count:
            raise ValueError(f"log_images needs {name} as a list with one entry for each of the {count} pictures")


def _one_entry_each(about: Mapping[str, Sequence], drawn: Sequence[_Drawn]) -> list[dict]:
    """{"captions": [a, b], "masks": [c, d]} to [{"caption": a, "masks": c}, {"caption": b, "masks": d}]."""
    rows = [{name: entries[i] for name, entries in about.items()} for i in range(len(drawn))]
    captions = [_with_unseen(row.pop("captions", None), [each]) for row, each in zip(rows, drawn, strict=True)]
    if any(text is not None for text in captions):
        for row, text in zip(rows, captions, strict=True):
            # wandb drops all the captions of a list whose first one is None.
            row["caption"] = text or ""
    return rows


def _require_one_size(name: str, drawn: Sequence[_Drawn]) -> None:
    sizes = sorted({each.pixels.shape[:2] for each in drawn})
    if len(sizes) > 1:
        raise ValueError(
            f"{name} needs pictures of one size, got {sizes} (height, width); give each size a key of its own"
        )
