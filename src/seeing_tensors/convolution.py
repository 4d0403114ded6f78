"""Convolution: what a layer of filters computes, how large the result is, and what it can reach.

Filter o of a layer sums, over every input channel c and every tap (u, v) of its kernel,

    y[o, i, j] = bias[o] + sum over c, u, v of  weight[o, c, u, v] * x[c, s i + d u - p, s j + d v - p]

with stride s, dilation d and padding p. Neural networks call this convolution.
In mathematics it is cross-correlation: the kernel is laid on the picture as it
is, not turned around first.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from ._arrays import kind_of, require_float

Layer = torch.Tensor | tuple[torch.Tensor, torch.Tensor | None]


def conv2d(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None = None,
    stride: int | tuple[int, int] = 1,
    padding: int | tuple[int, int] = 0,
    dilation: int | tuple[int, int] = 1,
) -> torch.Tensor:
    """Run a layer of F filters over a picture (..., C, H, W), as ``torch.nn.functional.conv2d`` does.

    One tap of the kernel at a time: shift the picture by the tap, weigh its
    channels, add. This is to be read; torch's own is many times faster.
    Half precision is computed in float32. Gradients flow.

    >>> import torch, seeing_tensors as st
    >>> edge = torch.tensor([[[[-1.0, 1.0]]]])  # one filter: the pixel on the right minus the one on the left
    >>> st.conv2d(torch.tensor([[[0.0, 0.0, 1.0, 1.0]]]), edge)
    tensor([[[0., 1., 0.]]])

    Args:
        x: float, (..., C, H, W): one picture or a batch.
        weight: (F, C, kernel height, kernel width), F filters; same dtype and device as x.
        bias: (F,), one number per filter, or None.
        stride, padding, dilation: a whole number, or a pair (rows, columns). Padding adds that many
            zeros on each side.

    Returns:
        (..., F, H', W'), dtype and device of x, new memory; H' and W' are given by ``conv2d_output_size``.

    Raises:
        TypeError: other types, two float types (both named), a stride, padding or dilation that is no whole number.
        ValueError: shapes or devices that do not fit together (the message names them).
    """
    require_float("conv2d", x)
    if x.ndim < 3:
        raise ValueError(f"conv2d needs a picture (..., C, H, W), got shape {tuple(x.shape)}")
    bias = _checked_bias("conv2d", "weight", weight, bias, like=x)
    if weight.shape[1] != x.shape[-3]:
        raise ValueError(
            f"conv2d: the weight {tuple(weight.shape)} is for {weight.shape[1]} input channels, "
            f"but x {tuple(x.shape)} has {x.shape[-3]} (axis -3)"
        )
    (s, t), (p, q), (d, e) = _pair("stride", stride), _pair("padding", padding), _pair("dilation", dilation)
    rows = conv2d_output_size(x.shape[-2], weight.shape[2], s, p, d)
    columns = conv2d_output_size(x.shape[-1], weight.shape[3], t, q, e)

    kind = torch.promote_types(x.dtype, torch.float32)
    padded, w = F.pad(x, (q, q, p, p)).to(kind), weight.to(kind)
    y = bias.to(kind)[:, None, None].expand(*x.shape[:-3], -1, rows, columns).clone()
    for u, v in np.ndindex(*weight.shape[2:]):
        seen = padded[..., d * u : d * u + s * rows : s, e * v : e * v + t * columns : t]
        y += torch.einsum("oc,...chw->...ohw", w[:, :, u, v], seen)
    return y.to(x.dtype)


def conv2d_output_size(size: int, kernel_size: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """How many places a kernel finds along one axis: ``floor((size + 2 p - d (k - 1) - 1) / s) + 1``.

    A kernel of k taps spans d (k - 1) + 1 pixels. Its first place is at the
    left end, and each step of s that still fits gives one more.

    >>> import seeing_tensors as st
    >>> st.conv2d_output_size(224, 7, stride=2, padding=3)
    112

    Args:
        size: pixels along this axis. Rows and columns are computed apart.
        kernel_size, stride, padding, dilation: the layer's numbers for this axis; padding is added on both sides.

    Returns:
        the number of output pixels along this axis, at least 1.

    Raises:
        TypeError: an argument is not a whole number.
        ValueError: padding below 0, another number below 1, or a kernel that spans more pixels than there are
            (both numbers are in the message).
    """
    size, kernel_size = _whole("size", size, 1), _whole("kernel_size", kernel_size, 1)
    stride, padding = _whole("stride", stride, 1), _whole("padding", padding, 0)
    span = _whole("dilation", dilation, 1) * (kernel_size - 1) + 1
    if span > size + 2 * padding:
        raise ValueError(
            f"the kernel spans {span} pixels, but the picture has only {size + 2 * padding} with its padding; "
            "use a smaller kernel or more padding"
        )
    return (size + 2 * padding - span) // stride + 1


def compose_kernels(first: Layer, second: Layer) -> Layer:
    """One layer that does what two layers with nothing between them do, on a picture without padding.

        weight[o, c] = sum over m of  second[o, m] (*) first[m, c]         (*) is full convolution
        bias[o] = second's bias[o] + sum over m, u, v of  second[o, m, u, v] * first's bias[m]

    Kernels of k1 and k2 taps give one of k1 + k2 - 1. Half precision is computed in float32.
    More layers: ``functools.reduce(compose_kernels, layers)``.

    >>> import torch, seeing_tensors as st
    >>> mean_of_two = torch.tensor([[[[0.5, 0.5]]]])
    >>> st.compose_kernels(mean_of_two, mean_of_two)
    tensor([[[[0.2500, 0.5000, 0.2500]]]])

    Args:
        first: the layer that sees the picture: a weight (M, C, h1, w1), or a pair (weight, bias)
            with bias (M,) or None. Stride 1, dilation 1, no padding.
        second: the layer that sees its result: a weight (F, M, h2, w2), or such a pair.

    Returns:
        the weight (F, C, h1 + h2 - 1, w1 + w2 - 1), contiguous; or, if either layer is a pair, (weight, bias).

    Raises:
        TypeError: not float tensors, or two float types (both named).
        ValueError: shapes or devices that do not fit together (the message names them).
    """
    pairs = isinstance(first, (tuple, list)) or isinstance(second, (tuple, list))
    (w1, b1), (w2, b2) = _weight_and_bias("first", first), _weight_and_bias("second", second)
    b1 = _checked_bias("compose_kernels", "first", w1, b1, like=w1)
    b2 = _checked_bias("compose_kernels", "second", w2, b2, like=w1)
    if w2.shape[1] != w1.shape[0]:
        raise ValueError(
            f"compose_kernels: the first layer has {w1.shape[0]} filters, but the second is for {w2.shape[1]} input "
            f"channels, weights {tuple(w1.shape)} and {tuple(w2.shape)}; the layer that sees the picture comes first"
        )

    # On CUDA torch computes float32 convolutions with a mantissa of ten bits, unless it is told not to.
    kind = torch.float64 if w1.is_cuda else torch.promote_types(w1.dtype, torch.float32)
    one, two = w1.to(kind), w2.to(kind)
    # Full convolution is what torch calls transposed: every tap of the first lays down the kernel of the second.
    weight = F.conv_transpose2d(one.transpose(0, 1), two.transpose(0, 1)).transpose(0, 1).contiguous()
    if not pairs:
        return weight.to(w1.dtype)
    bias = b2 + two.sum(dim=(2, 3)) @ b1.to(kind)
    return weight.to(w1.dtype), bias.to(w1.dtype)


def receptive_field(layers: Sequence[tuple[int, int, int]]) -> int:
    """How many pixels of the picture, from the first to the last, one value of the last layer can depend on.

        1 + sum over layers of  d (k - 1) * (product of the strides of the layers before)

    >>> import seeing_tensors as st
    >>> st.receptive_field([(7, 2, 1), (3, 2, 1), (3, 1, 1)])
    19

    Args:
        layers: (kernel_size, stride, dilation) of each layer, the one that sees the picture first, along one
            axis. Pooling counts as a layer.

    Returns:
        a number of pixels; 1 for no layer.

    Raises:
        TypeError: not whole numbers.
        ValueError: not three numbers per layer, or a number below 1.
    """
    field, step = 1, 1
    for layer in layers:
        if not isinstance(layer, Sequence) or len(layer) != 3:
            raise ValueError(f"receptive_field: a layer is (kernel_size, stride, dilation), got {layer!r}")
        k, s, d = _whole("kernel_size", layer[0], 1), _whole("stride", layer[1], 1), _whole("dilation", layer[2], 1)
        field += d * (k - 1) * step
        step *= s
    return field


def attainable_range(weight: torch.Tensor, bias: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
    """The least and the greatest value that each filter can give, whatever the picture in [0, 1].

        low = bias + sum of min(weight, 0)        high = bias + sum of max(weight, 0)

    Both are reached, by pictures of black and white only: white where the
    weight is positive gives `high`, white where it is negative gives `low`.
    Black padding changes nothing, since 0 is in [0, 1] too.

    >>> import torch, seeing_tensors as st
    >>> st.attainable_range(torch.tensor([[[[-1.0, 0.5, 2.0]]]]))
    (tensor([-1.]), tensor([2.5000]))

    Args:
        weight: (F, C, kernel height, kernel width).
        bias: (F,), or None.

    Returns:
        low and high, (F,) each, dtype of weight, new memory.

    Raises:
        TypeError: not float tensors, or two float types (both named).
        ValueError: other shapes or two devices (the message names them), or a weight or bias that is NaN or infinite.
    """
    bias = _checked_bias("attainable_range", "weight", weight, bias, like=weight)
    # Summed in float64, so that many small weights do not get lost beside a large one.
    low = bias + weight.clamp(max=0).sum(dim=(1, 2, 3), dtype=torch.float64)
    high = bias + weight.clamp(min=0).sum(dim=(1, 2, 3), dtype=torch.float64)
    if not math.isfinite((high - low).sum().item()):
        for name, numbers in (("weight", weight), ("bias", bias)):
            if not torch.isfinite(numbers).all():
                raise ValueError(f"attainable_range: the {name} contains NaN or inf, so no range can be promised")
    return low.to(weight.dtype), high.to(weight.dtype)


# ---------------------------------------------------------------- inside


def _checked_bias(
    name: str, what: str, weight: torch.Tensor, bias: torch.Tensor | None, *, like: torch.Tensor
) -> torch.Tensor:
    """The bias (F,) of a weight (F, C, h, w), zeros where it is None. Both have the dtype and the device of `like`."""
    if not isinstance(weight, torch.Tensor) or not weight.is_floating_point():
        raise TypeError(f"{name} needs float tensors, but {what} is {kind_of(weight)}")
    if weight.ndim != 4 or weight.numel() == 0:
        raise ValueError(
            f"{name}: {what} must be (filters, channels, kernel height, kernel width), got shape {tuple(weight.shape)}"
        )
    if bias is None:
        bias = weight.new_zeros(len(weight))
    if not isinstance(bias, torch.Tensor) or not bias.is_floating_point():
        raise TypeError(f"{name} needs float tensors, but the bias is {kind_of(bias)}")
    if bias.shape != weight.shape[:1]:
        raise ValueError(
            f"{name}: {weight.shape[0]} filters need a bias of shape ({weight.shape[0]},), got {tuple(bias.shape)}"
        )
    for role, numbers in ((what, weight), ("the bias", bias)):
        if numbers.dtype != like.dtype:
            raise TypeError(f"{name}: {role} is {kind_of(numbers)} beside {kind_of(like)}; convert one with .to(dtype)")
        if numbers.device != like.device:
            raise ValueError(f"{name}: {role} is on {numbers.device}, not on {like.device}; move one with .to(device)")
    return bias


def _weight_and_bias(name: str, layer: Layer) -> tuple[torch.Tensor, torch.Tensor | None]:
    if not isinstance(layer, (tuple, list)):
        return layer, None
    if len(layer) != 2:
        raise ValueError(f"compose_kernels: {name} must be a weight or a pair (weight, bias), got {len(layer)} things")
    return layer[0], layer[1]


def _whole(name: str, value: int, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        hint = "; rows and columns are computed apart" if isinstance(value, Sequence) else ""
        raise TypeError(f"{name} must be a whole number, got {value!r}{hint}") from None
    if number < least:
        raise ValueError(f"{name} must be at least {least}, got {number}")
    return number


def _pair(name: str, value: Any) -> tuple[int, int]:
    if isinstance(value, (tuple, list)) and len(value) == 2:
        return value[0], value[1]
    if not hasattr(value, "__index__"):
        hint = "; for 'same' with an odd kernel, pad by dilation * (kernel_size - 1) // 2" if value == "same" else ""
        raise TypeError(f"conv2d: {name} must be a whole number or a pair (rows, columns), got {value!r}{hint}")
    return value, value
