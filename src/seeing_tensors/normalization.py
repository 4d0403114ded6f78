"""Normalize, and its inverse.

Normalize is an affine map with one slope and one offset per channel,

    y = (x - mean) / std        and so        x = y * std + mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torchvision import tv_tensors
from torchvision.transforms import v2

from ._arrays import finite_numbers, mean_and_std, require_float

#: Per-channel mean and std that torchvision's pretrained classifiers were trained with, on the [0, 1] scale.
IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


def normalize(x: torch.Tensor, mean: Sequence[float], std: Sequence[float]) -> torch.Tensor:
    """Subtract each channel's mean and divide by its std: ``y = (x - mean) / std``.

    x is float (..., C, H, W), mean and std are C numbers each, on the scale of x.
    The result has the shape and the type of x, in new memory.

    >>> import torch
    >>> import seeing_tensors as st
    >>> white = st.normalize(torch.ones(3, 1, 1), st.IMAGENET_MEAN, st.IMAGENET_STD)
    >>> [f"{value:.2f}" for value in white.flatten()]
    ['2.25', '2.43', '2.64']

    Raises:
        TypeError: x is not a float tensor.
        ValueError: mean or std has not C values, or a std is 0, negative or subnormal in x's type.
    """
    mean, std = _per_channel("normalize", x, mean, std)
    # In place on the difference, which is ours: half the memory, and quicker.
    return (x - _column(mean, x)).div_(_column(std, x))


def inverse_normalize(x: torch.Tensor, mean: Sequence[float], std: Sequence[float]) -> torch.Tensor:
    """Undo ``normalize`` with the same mean and std: ``x * std + mean``.

    x is a normalised float (..., C, H, W); mean and std are the C numbers each
    that ``normalize`` was given. Not their inverse. The result has the shape and
    the type of x, in new memory.

    In floating point the round trip is off by at most 4 u (|x| + |x - mean|),
    where u is half the distance from 1 to the next number (2**-24 in float32);
    rounded to 8 bits it is exact.

    >>> import torch
    >>> import seeing_tensors as st
    >>> x = torch.tensor([0.0, 0.5, 1.0]).reshape(3, 1, 1)
    >>> y = st.normalize(x, st.IMAGENET_MEAN, st.IMAGENET_STD)
    >>> [f"{value:.2f}" for value in st.inverse_normalize(y, st.IMAGENET_MEAN, st.IMAGENET_STD).flatten()]
    ['0.00', '0.50', '1.00']

    Raises:
        TypeError, ValueError: as ``normalize``.
    """
    mean, std = _per_channel("inverse_normalize", x, mean, std)
    if x.device.type == "cpu" and x.dtype in (torch.float32, torch.float64):
        try:
            return _in_one_pass(x, mean, std)
        except RuntimeError:
            pass  # gradients and vmap take no out=
    return torch.addcmul(_column(mean, x), x, _column(std, x))


def _in_one_pass(x: torch.Tensor, mean: tuple[float, ...], std: tuple[float, ...]) -> torch.Tensor:
    """``x * std + mean``, rounded once as by addcmul, and quicker, because it multiplies by a number, not a tensor."""
    y, means = torch.empty_like(x), _column(mean, x).unbind()
    for m, s, plane, result in zip(means, std, x.unbind(-3), y.unbind(-3), strict=True):
        torch.add(m, plane, alpha=s, out=result)
    return y


def inverse_mean_std(mean: Sequence[float], std: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The mean and std of a second Normalize that undoes the first: ``-mean / std`` and ``1 / std``.

    Solve y = (x - m) / s for x:  x = y s + m = (y - (-m / s)) / (1 / s).

    mean and std are C numbers each, and so are the two results.
    Prefer ``inverse_normalize`` where you can: it makes one rounding error fewer.

    >>> import seeing_tensors as st
    >>> st.inverse_mean_std(mean=(0.5,), std=(0.25,))
    ((-2.0,), (4.0,))

    Raises:
        TypeError: not two sequences of numbers.
        ValueError: different lengths, a mean that is not finite, a std that is not finite and positive,
            or one so small that 1 / std or mean / std overflows.
    """
    mean, std = finite_numbers("mean", mean), finite_numbers("std", std)
    if len(mean) != len(std):
        raise ValueError(f"inverse_mean_std needs as many means as stds, got {len(mean)} and {len(std)}")
    if not all(value > 0 for value in std):
        raise ValueError(f"inverse_mean_std: every std must be finite and positive, got {std}")
    inverse_mean = tuple(-m / s for m, s in zip(mean, std, strict=True))
    inverse_std = tuple(1 / s for s in std)
    if not all(map(math.isfinite, inverse_mean + inverse_std)):
        raise ValueError(f"inverse_mean_std: no finite inverse for mean {mean} and std {std}")
    return inverse_mean, inverse_std


class InverseNormalize(v2.Transform):
    """``inverse_normalize`` as a torchvision v2 transform.

    Works in ``v2.Compose`` on tensors, tuples and dicts. Images and videos are
    changed; masks, boxes and key points pass through. As in every v2
    transform, of several plain tensors only the first is taken for an image.

    >>> import torch
    >>> import seeing_tensors as st
    >>> st.InverseNormalize(mean=[0.5], std=[0.25])(torch.tensor([[[-2.0, 0.0, 2.0]]]))
    tensor([[[0.0000, 0.5000, 1.0000]]])

    Args:
        mean, std: the numbers that ``v2.Normalize`` was given.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float]):
        super().__init__()
        inverse_mean_std(mean, std)  # refuses a bad mean or std now, not at the first picture
        self.mean, self.std = finite_numbers("mean", mean), finite_numbers("std", std)

    def transform(self, inpt, params):
        if isinstance(inpt, tv_tensors.TVTensor) and not isinstance(inpt, (tv_tensors.Image, tv_tensors.Video)):
            return inpt
        image = inverse_normalize(inpt, self.mean, self.std)
        # Arithmetic on a tv_tensor gives a plain tensor; say again what it is.
        return tv_tensors.wrap(image, like=inpt) if isinstance(inpt, tv_tensors.TVTensor) else image

    def extra_repr(self) -> str:
        return f"mean={self.mean}, std={self.std}"


def _per_channel(
    name: str, x: torch.Tensor, mean: Sequence[float], std: Sequence[float]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """mean and std as numbers, checked against x (..., C, H, W)."""
    require_float(name, x)
    if x.ndim < 3:
        raise ValueError(f"{name} needs x of shape (..., C, H, W), got {tuple(x.shape)}")
    return mean_and_std(name, "x", x.shape, x.shape[-3], mean, std, torch.finfo(x.dtype))


def _column(values: tuple[float, ...], x: torch.Tensor) -> torch.Tensor:
    """One number a channel, as a tensor (C, 1, 1) that goes with x. By way of numpy, which takes half the time."""
    return torch.from_numpy(np.array(values)[:, None, None]).to(x.device, x.dtype)
