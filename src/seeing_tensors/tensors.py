"""Arrays and tensors: how a picture becomes numbers for a network, and comes back.

uint8 (H, W, 3) in [0, 255]  --to_tensor-->  float32 (3, H, W) in [0, 1]
labels (H, W), any integer   --mask_to_tensor-->  int64 (H, W)
float (C, H, W) in [0, 1]    --to_image-->  uint8 (H, W, 3)
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import torch

from ._arrays import CACHED, kind_of, mean_and_std, require_float


def to_tensor(
    image: np.ndarray, mean: Sequence[float] | None = None, std: Sequence[float] | None = None
) -> torch.Tensor:
    """Turn an 8-bit picture into a float tensor: ``x[c, i, j] = image[i, j, c] / 255``.

    With `mean` and `std` it is normalised in the same pass: ``(image[i, j, c] / 255 - mean[c]) / std[c]``.

    Args:
        image: uint8 array, (H, W, 3) or (H, W) or (H, W, 1), values in [0, 255].
        mean, std: one number for each channel, on the scale of [0, 1]; give both or neither.

    Returns:
        float32, (3, H, W) or (1, H, W), values in [0, 1], contiguous, new memory.
        Each value is the float32 nearest to k / 255, as in torchvision's ToTensor; with mean and std
        each bit is that of its ToTensor and Normalize.

    >>> import numpy as np
    >>> import seeing_tensors as st
    >>> pixel = np.array([[[255, 0, 51]]], np.uint8)
    >>> st.to_tensor(pixel).flatten()
    tensor([1.0000, 0.0000, 0.2000])
    >>> st.to_tensor(pixel, mean=(0.5, 0.5, 0.5), std=(0.25, 0.25, 0.25)).flatten()
    tensor([ 2.0000, -2.0000, -1.2000])

    Raises:
        TypeError: not a uint8 array, whose scale is not known and not guessed; mean or std that are no numbers.
        ValueError: another shape; a mean or std as ``normalize`` refuses it, or one without the other.
    """
    if not isinstance(image, np.ndarray):
        raise TypeError(f"to_tensor needs a numpy array (H, W, 3), got {type(image).__name__}; use np.asarray(image)")
    if image.dtype != np.uint8:
        raise TypeError(
            f"to_tensor needs uint8 values in [0, 255], got {image.dtype}; scale to [0, 255] yourself and use "
            ".astype(np.uint8), or, for a mask of labels, use mask_to_tensor"
        )
    if image.ndim not in (2, 3) or image.shape[2:] not in ((), (1,), (3,)) or image.size == 0:
        raise ValueError(f"to_tensor needs an image (H, W), (H, W, 1) or (H, W, 3), got shape {image.shape}")
    if (mean is None) != (std is None):
        raise ValueError(f"to_tensor: a Normalize has a mean and a std; give both, got mean={mean} and std={std}")
    image = np.atleast_3d(image)
    height, width, channels = image.shape
    if mean is not None:
        mean, std = mean_and_std("to_tensor", "image", image.shape, channels, mean, std, np.finfo(np.float32))
    x = np.empty((channels, height, width), np.float32)
    rows = max(1, CACHED // width)
    with np.errstate(over="ignore"):  # by the smallest std, to infinity
        for top, c in itertools.product(range(0, height, rows), range(channels)):
            block = x[c, top : top + rows]  # while it is in the processor's cache
            block[...] = image[top : top + rows, :, c]
            block /= 255
            if mean is not None and std is not None:
                block -= mean[c]
                block /= std[c]
    return torch.from_numpy(x)


def mask_to_tensor(mask: np.ndarray) -> torch.Tensor:
    """Turn a mask of class labels into the int64 tensor that ``cross_entropy`` takes.

    Labels are names, not amounts of light: nothing is divided.

    Args:
        mask: (H, W) array of any integer type.

    Returns:
        int64, (H, W), the same labels, new memory.

    Raises:
        TypeError: not a numpy array of integers. A bool mask becomes labels 0 and 1 with ``.astype(np.uint8)``.
        ValueError: another shape, or a label that int64 cannot hold.

    >>> import numpy as np
    >>> import seeing_tensors as st
    >>> st.mask_to_tensor(np.array([[0, 255]], np.uint8))
    tensor([[  0, 255]])
    """
    if not isinstance(mask, np.ndarray):
        raise TypeError(f"mask_to_tensor needs a numpy array (H, W), got {type(mask).__name__}")
    if mask.dtype.kind not in "ui":
        raise TypeError(
            f"mask_to_tensor needs integer labels, got {mask.dtype}; if the values are whole numbers, convert with "
            ".astype(np.uint8) first"
        )
    if mask.ndim != 2 or mask.size == 0:
        raise ValueError(f"mask_to_tensor needs a mask (H, W), got shape {mask.shape}")
    if mask.dtype.kind == "u" and mask.itemsize == 8 and mask.max() > np.iinfo(np.int64).max:
        raise ValueError(f"mask_to_tensor: label {mask.max()} does not fit into int64")
    return torch.from_numpy(np.array(mask, dtype=np.int64, order="C"))


def to_uint8(x: torch.Tensor) -> torch.Tensor:
    """Turn floats in [0, 1] into bytes: ``round(255 x)``, clamped to [0, 255].

    Rounding, not truncation: after a Normalize and its inverse every one of
    the 256 levels comes back. Half precision is computed in float32.

    Args:
        x: float tensor of any shape. Values outside [0, 1] are clamped, and so are -inf and +inf.

    Returns:
        uint8, same shape, new memory.

    Raises:
        TypeError: not a float tensor. What an integer means is not known here.
        ValueError: x contains NaN, which is no amount of light.

    >>> import torch
    >>> import seeing_tensors as st
    >>> st.to_uint8(torch.tensor([-0.1, 0.5, 1.1]))
    tensor([  0, 128, 255], dtype=torch.uint8)
    """
    require_float("to_uint8", x)
    x = x.detach().to(x.dtype if x.dtype.itemsize >= 4 else torch.float32)
    if x.device.type == "cpu":
        nearest, has_nan = nearest_levels(x.numpy(force=True))
        levels = torch.from_numpy(nearest)
    else:
        levels = (x * 255).round_().clamp_(0, 255).to(torch.uint8)
        has_nan = bool(x.isnan().any())
    if has_nan:
        raise ValueError(
            f"to_uint8: {int(torch.isnan(x).sum())} of {x.numel()} values are NaN; find out where they come from, "
            "or choose a value for them with torch.nan_to_num"
        )
    return levels


def nearest_levels(x: np.ndarray) -> tuple[np.ndarray, bool]:
    """``round(255 x)``, clamped to [0, 255], as uint8, and whether a value is NaN."""
    axes = sorted(range(x.ndim), key=lambda axis: x.strides[axis], reverse=True)  # as x lies in memory
    values = np.asarray(x.transpose(axes), order="C")
    levels, has_nan = np.empty(values.shape, np.uint8), False
    with np.errstate(over="ignore", invalid="ignore"):  # an infinity is clamped like any other
        for start in range(0, x.size, CACHED):
            part = values.reshape(-1)[start : start + CACHED]
            low, high = part.min(), part.max()
            block = part * x.dtype.type(255)
            np.rint(block, out=block)
            if not (low >= 0 and high <= 1):
                np.clip(block, 0, 255, out=block)
            levels.reshape(-1)[start : start + CACHED] = block  # numpy casts to bytes three times as fast as torch
            has_nan |= bool(np.isnan(low))  # the minimum is NaN where a value is
    return levels.transpose([axes.index(axis) for axis in range(x.ndim)]), has_nan


def to_image(x: torch.Tensor) -> np.ndarray:
    """Turn one picture tensor into the 8-bit array that PIL, OpenCV and loggers take.

    To look at a tensor use ``show``, which also tells what the picture leaves out.

    Args:
        x: (3, H, W) or (1, H, W); float in [0, 1], converted as ``to_uint8`` does, or uint8, taken as it is.

    Returns:
        uint8 (H, W, 3) or (H, W), contiguous, new memory.

    Raises:
        TypeError: not a float or uint8 tensor.
        ValueError: another shape (give one picture of a batch: ``x[0]``), or NaN.

    >>> import torch
    >>> import seeing_tensors as st
    >>> st.to_image(torch.tensor([[[0.0, 0.5, 1.0]]]))
    array([[  0, 128, 255]], dtype=uint8)
    """
    if not isinstance(x, torch.Tensor) or not (x.is_floating_point() or x.dtype == torch.uint8):
        raise TypeError(f"to_image needs a float or uint8 tensor (3, H, W), got {kind_of(x)}")
    if x.ndim != 3 or x.shape[0] not in (1, 3) or x.numel() == 0:
        hint = "; a batch has four axes: give one picture, x[0]" if x.ndim == 4 else ""
        raise ValueError(f"to_image needs (3, H, W) or (1, H, W), got shape {tuple(x.shape)}{hint}")
    levels = (x.detach().clone() if x.dtype == torch.uint8 else to_uint8(x)).cpu()
    if levels.movedim(0, -1).is_contiguous():  # it lay in memory as a picture does
        return levels.movedim(0, -1).numpy() if x.shape[0] == 3 else levels[0].numpy()
    return np.stack(list(levels.numpy()), axis=-1)
