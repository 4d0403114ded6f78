"""How was this made? Measurements that say it of a network's input, and of the network.

A Normalize stretches and slides each channel, y = (x - mean) / std, and leaves where everything is. So the input, laid
beside the picture that it was made of, says which channel each of its channels is, and which mean and std it got.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from ._arrays import kind_of, require_float

#: Two channels are one, stretched and slid, where they correlate at least so far: rounding to bytes leaves that much.
ALIKE = 0.999
# Channels of a picture that correlate this far cannot be told apart: it is grey.
_THE_SAME = 1 - 1e-6


def applied_mean_std(x: torch.Tensor, picture: torch.Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The mean and std with which Normalize made x of the picture, channel by channel.

        x = (picture - mean) / std,    so    std = spread of picture / spread of x,    mean = picture - std * x

    A picture that nobody has normalised has the mean 0 and the std 1.

    >>> import torch, seeing_tensors as st
    >>> picture = torch.tensor([[[0.0, 0.5, 1.0]]])
    >>> st.applied_mean_std(st.normalize(picture, mean=[0.5], std=[0.25]), picture)
    ((0.5,), (0.25,))

    Args:
        x: float (C, H, W), the network's input.
        picture: float (C, H, W), what it was made of.

    Returns:
        C means and C stds, on the scale of the picture.

    Raises:
        TypeError: not float tensors.
        ValueError: not (C, H, W), two shapes (both named), NaN or inf, or a channel of x that no Normalize made of the
            picture's.
    """
    channels, correlation = _compared("applied_mean_std", x, picture)
    for c, alike in enumerate(correlation.diagonal()):
        if not alike >= ALIKE:
            raise ValueError(
                f"applied_mean_std: no mean and std make channel {c} of x of the picture's (their correlation is "
                f"{alike:.3g}); see channel_order(x, picture), and whether x was cut or turned"
            )
    after, before = channels
    std = before.std(axis=1) / after.std(axis=1)
    mean = before.mean(axis=1) - std * after.mean(axis=1)
    return tuple(mean.tolist()), tuple(std.tolist())


def channel_order(x: torch.Tensor, picture: torch.Tensor) -> tuple[int | None, ...]:
    """Which channel of the picture each channel of x is, stretched and slid as a Normalize does it.

    It is the one that it correlates with most, if that is at least 0.999; if it is less, x was not made of the
    picture's channels, and the answer is None. (0, 1, 2) is the picture's own order, (2, 1, 0) the reverse.

    >>> import torch, seeing_tensors as st
    >>> picture = torch.tensor([[[0.0, 0.5, 1.0]], [[0.5, 0.0, 1.0]], [[1.0, 0.5, 0.5]]])
    >>> st.channel_order(2 * picture.flip(0) - 1, picture)
    (2, 1, 0)

    Args:
        x: float (C, H, W), the network's input.
        picture: float (C, H, W), what it should have been made of.

    Returns:
        C numbers of channels of the picture, or None; also for a channel that never changes.

    Raises:
        TypeError: not float tensors.
        ValueError: not (C, H, W), two shapes (both named), NaN or inf, or a picture in which two channels are the same:
            a grey one has no order.
    """
    (_, before), correlation = _compared("channel_order", x, picture)
    alike = np.triu(_correlation(before, before), 1)
    if alike.max() >= _THE_SAME:
        one, other = np.unravel_index(alike.argmax(), alike.shape)
        raise ValueError(
            f"channel_order: channels {one} and {other} of the picture are the same, so x cannot say which it is; "
            "take a picture with colors"
        )
    best = correlation.argmax(axis=1)
    return tuple(int(k) if row[k] >= ALIKE else None for k, row in zip(best, correlation, strict=True))


def superposition_error(f: Callable[[torch.Tensor], torch.Tensor], x: torch.Tensor, y: torch.Tensor) -> float:
    """How far f is from an affine map, a weighted sum and a constant: 0, but for rounding, if it is one.

        the largest |f(x + y) - f(x) - f(y) + f(0)|

    One pair x, y for which it is not 0 proves that f is none; 0 proves nothing about other pairs.

    >>> import torch, seeing_tensors as st
    >>> x, y = torch.tensor([3.0]), torch.tensor([-1.0])
    >>> st.superposition_error(lambda t: 2 * t + 5, x, y), st.superposition_error(torch.relu, x, y)
    (0.0, 1.0)

    Args:
        f: takes a tensor like x and gives a float tensor; a network in evaluation mode, for instance.
        x, y: float, of one shape and type: whatever f takes.

    Returns:
        a float, at least 0.

    Raises:
        TypeError: x or y is no float tensor, the two have different types, or f gives no float tensor.
        ValueError: two shapes (both named), or a result that is empty, NaN or infinite.
    """
    for each in (x, y):
        require_float("superposition_error", each)
    if x.dtype != y.dtype:
        raise TypeError(f"superposition_error: x is {kind_of(x)}, y {kind_of(y)}; convert one with .to(dtype)")
    if x.shape != y.shape:
        raise ValueError(f"superposition_error: x has shape {tuple(x.shape)}, y {tuple(y.shape)}")
    with torch.no_grad():
        results = [f(each) for each in (x + y, x, y, torch.zeros_like(x))]
        for result in results:
            if not isinstance(result, torch.Tensor) or not result.is_floating_point():
                raise TypeError(f"superposition_error: f must give a float tensor, got {kind_of(result)}")
        of_sum, of_x, of_y, of_black = (result.double() for result in results)
        rest = of_sum - of_x - of_y + of_black
    if rest.numel() == 0 or not torch.isfinite(rest).all():
        raise ValueError(f"superposition_error: f gives values of shape {tuple(rest.shape)} that are not all finite")
    return rest.abs().max().item()


# ---------------------------------------------------------------- inside


def _compared(name: str, x: torch.Tensor, picture: torch.Tensor) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray]:
    """The channels of both as float64 (C, H * W), and how far each of x's correlates with each of the picture's."""
    for each in (x, picture):
        require_float(name, each)
        if each.ndim != 3 or each.numel() == 0:
            raise ValueError(f"{name} needs pictures (C, H, W), got shape {tuple(each.shape)}")
    if x.shape != picture.shape:
        raise ValueError(f"{name}: x has shape {tuple(x.shape)}, the picture {tuple(picture.shape)}; they must be one")
    after, before = (each.detach().double().cpu().flatten(1).numpy() for each in (x, picture))
    for what, values in (("x", after), ("the picture", before)):
        if not np.isfinite(values).all():
            raise ValueError(f"{name}: {what} contains NaN or inf")
    return (after, before), _correlation(after, before)


def _correlation(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Pearson's, of each row of a with each of b; 0 for a row that never changes."""
    # Of a channel that never changes the mean, too, is rounded: what would be left is noise.
    a, b = ((rows - rows.mean(axis=1, keepdims=True)) * (np.ptp(rows, axis=1, keepdims=True) > 0) for rows in (a, b))
    a, b = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), np.finfo(float).tiny) for rows in (a, b))
    return a @ b.T
