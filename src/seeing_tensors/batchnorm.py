"""BatchNorm from scratch: each channel is normalised by the mean and variance of the whole batch.

    y = (x - mean) / sqrt(variance + eps) * weight + bias

In training, mean and variance are those of the batch at hand, over all its
pictures and pixels. In evaluation they are running averages of those of
earlier batches, so that a picture no longer depends on its neighbours.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch.autograd import forward_ad

from ._arrays import require_float


def batch_norm(
    x: torch.Tensor, weight: torch.Tensor | None = None, bias: torch.Tensor | None = None, eps: float = 1e-5
) -> torch.Tensor:
    """Normalise a batch by its own statistics: ``(x - mean) / sqrt(variance + eps) * weight + bias``.

    This is what BatchNorm does in training: algorithm 1 of Ioffe and Szegedy (2015). x is
    float (N, C, H, W); mean and variance are taken per channel over N, H and W, the variance with
    1 / n. weight and bias are float (C,), 1 and 0 when None. eps keeps a channel that never
    changes from a division by 0. The result has the shape and type of x, in new memory.

    Sums are made in float64, and the mean is taken away before anything is rounded: the result is
    right to 1e-6 in every memory layout, also beside a large mean. Gradients flow, also through
    mean and variance.

    >>> import torch
    >>> import seeing_tensors as st
    >>> dark, bright = torch.tensor([0.25, 0.75]).reshape(2, 1, 1, 1)
    >>> [round(value, 3) for value in st.batch_norm(torch.stack([dark, bright])).flatten().tolist()]
    [-1.0, 1.0]

    Raises:
        TypeError: x, weight or bias is not a float tensor.
        ValueError: another shape; one value per channel, which is its own mean; NaN or inf; squares
            that overflow float64; eps not finite and positive.
    """
    weight, bias = _weight_and_bias("batch_norm", x, weight, bias)
    eps = _positive("batch_norm", "eps", eps)
    mean, variance = _statistics("batch_norm", x)
    return _normalized(x, mean, variance, weight, bias, eps)


class BatchNorm2d(torch.nn.Module):
    """BatchNorm as a layer. Same parameters, buffers and ``state_dict`` as ``torch.nn.BatchNorm2d``.

    ``layer.train()`` normalises a batch by its own statistics and moves the
    running ones towards them; ``layer.eval()`` uses the running ones and
    changes nothing. A new layer is in training mode. ``torch.no_grad`` does not
    change the mode.

    num_features is C. momentum is the weight of the *new* batch in the running statistics; None means
    the plain average over all batches. (Keras means 1 - momentum: see ``keras_options``.) The
    parameters ``weight`` and ``bias`` are 1 and 0 at first, the buffers ``running_mean`` and
    ``running_var`` 0 and 1; ``num_batches_tracked`` counts the batches seen in training.

    >>> import torch
    >>> import seeing_tensors as st
    >>> layer = st.BatchNorm2d(1, momentum=0.5)
    >>> y = layer(torch.tensor([1.0, 3.0]).reshape(2, 1, 1, 1))
    >>> layer.running_mean, layer.running_var  # halfway from 0 to the mean 2, from 1 to the variance 2
    (tensor([1.]), tensor([1.5000]))

    Raises:
        ValueError: num_features below 1, eps not finite and positive, momentum outside [0, 1].
    """

    running_mean: torch.Tensor
    running_var: torch.Tensor
    num_batches_tracked: torch.Tensor

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1):
        super().__init__()
        if num_features < 1:
            raise ValueError(f"BatchNorm2d needs at least one channel, got num_features={num_features}")
        self.num_features = num_features
        self.eps = _positive("BatchNorm2d", "eps", eps)
        self.momentum = None if momentum is None else _fraction("BatchNorm2d", "momentum", momentum)
        self.weight = torch.nn.Parameter(torch.ones(num_features))
        self.bias = torch.nn.Parameter(torch.zeros(num_features))
        self.register_buffer("running_mean", torch.zeros(num_features))
        self.register_buffer("running_var", torch.ones(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalise x, float (N, C, H, W). The result has its shape and type, in new memory.

        Raises:
            TypeError, ValueError: in training as ``batch_norm``, and then the running statistics stay as
                they were; in evaluation when a running statistic is not finite or a variance negative.
                There a NaN in x stays where it is.
        """
        weight, bias = _weight_and_bias("BatchNorm2d", x, self.weight, self.bias)
        if self.training:
            mean, variance = _statistics("BatchNorm2d", x)
            self.update(mean.detach(), variance.detach(), x.numel() // self.num_features)
        else:
            mean, variance = self.running_mean.double(), self.running_var.double()
            self._require_usable_running_statistics()
        return _normalized(x, mean, variance, weight, bias, self.eps)

    @torch.no_grad()
    def update(self, mean: torch.Tensor, variance: torch.Tensor, n: int) -> None:
        """Move the running statistics towards those of one batch.

            running_mean <- (1 - momentum) running_mean + momentum mean
            running_var  <- (1 - momentum) running_var  + momentum variance n / (n - 1)

        mean and variance, float (C,), are those of the batch, taken over n = N * H * W values, at least 2. The
        variance is the biased one, 1 / n, by which the batch itself is normalised; kept for later is the
        unbiased one, 1 / (n - 1), as in torch.
        """
        self.num_batches_tracked += 1
        momentum = 1 / self.num_batches_tracked.item() if self.momentum is None else self.momentum
        unbiased = variance * n / (n - 1)
        self.running_mean.copy_((1 - momentum) * self.running_mean.double() + momentum * mean)
        self.running_var.copy_((1 - momentum) * self.running_var.double() + momentum * unbiased)

    def _require_usable_running_statistics(self) -> None:
        for name in ("running_mean", "running_var"):
            values = getattr(self, name)
            if not torch.isfinite(values).all() or (name == "running_var" and (values < 0).any()):
                raise ValueError(
                    f"BatchNorm2d: {name} is {values.tolist()}, by which nothing can be normalised; "
                    "load or train the layer again"
                )

    def extra_repr(self) -> str:
        return f"{self.num_features}, eps={self.eps}, momentum={self.momentum}"


def keras_options(epsilon: float = 1e-3, momentum: float = 0.99) -> dict[str, float]:
    """The arguments of ``BatchNorm2d``, ours or torch's, for a Keras ``BatchNormalization(epsilon, momentum)``.

    Keras' momentum is the weight of the *old* statistics, torch's that of the
    new batch: 0.99 there is 0.01 here. The defaults are Keras' own. Two differences no argument can
    bridge: Keras' axes are (N, H, W, C), and Keras 3 keeps the biased variance of a batch where torch
    keeps the unbiased one, n / (n - 1) times as large.

    >>> import seeing_tensors as st
    >>> st.keras_options(epsilon=1e-3, momentum=0.75)
    {'eps': 0.001, 'momentum': 0.25}

    Raises:
        ValueError: epsilon not finite and positive, momentum outside [0, 1].
    """
    epsilon = _positive("keras_options", "epsilon", epsilon)
    return {"eps": epsilon, "momentum": 1 - _fraction("keras_options", "momentum", momentum)}


# ---------------------------------------------------------------- inside


def _statistics(name: str, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and biased variance per channel, float64 (C,): first the mean, then the squared distances from it."""
    n = x.numel() // x.shape[1]
    if n < 2:
        raise ValueError(
            f"{name}: x of shape {tuple(x.shape)} has {n} value per channel, and one value is its own mean, so every "
            "picture would become the bias; use a larger batch or picture, or evaluation mode"
        )
    if _numpy_may_compute(x):
        mean, variance = _statistics_by_parts(_as_array(x))
    else:
        mean = x.double().mean(dim=(0, 2, 3))
        variance = (x.double() - mean[:, None, None]).square().mean(dim=(0, 2, 3))
    if not math.isfinite(variance.detach().max()):
        broken = int((~torch.isfinite(x)).sum())
        what = f"{broken} of {x.numel()} values are NaN or inf" if broken else "squares of values overflow float64"
        raise ValueError(f"{name}: {what}; one such value would spoil its whole channel. Find out where it comes from")
    return mean, variance


def _normalized(x: torch.Tensor, mean: Any, variance: Any, weight: Any, bias: Any, eps: float) -> torch.Tensor:
    if _numpy_may_compute(x, weight, bias):
        mean, variance, weight, bias = (values.detach().numpy() for values in (mean, variance, weight, bias))
        return _mapped_by_parts(_as_array(x), mean, weight / np.sqrt(variance + eps), bias).to(x.dtype)
    mean, variance, weight, bias = (values[:, None, None] for values in (mean, variance, weight, bias))
    return ((x.double() - mean) / torch.sqrt(variance + eps) * weight + bias).to(x.dtype)


# The same on the CPU where no gradient is asked for, several times as quick: one part of a channel after the other,
# each so small that it stays in the processor's cache.


def _numpy_may_compute(*tensors: torch.Tensor) -> bool:
    """Whether all lie on the CPU and no gradient, backward or forward, is to flow through them."""
    if torch.compiler.is_compiling() or (torch.is_grad_enabled() and any(each.requires_grad for each in tensors)):
        return False
    return all(each.is_cpu and forward_ad.unpack_dual(each).tangent is None for each in tensors)


def _as_array(x: torch.Tensor) -> np.ndarray:
    return x.detach().to(torch.promote_types(x.dtype, torch.float32)).numpy()


def _parts(x: np.ndarray) -> list[tuple[int, slice]]:
    """Where the parts of each channel of (N, C, H, W) lie: some rows of one picture."""
    rows = max(1, 2**16 // x.shape[3])
    return [(n, slice(top, top + rows)) for n in range(x.shape[0]) for top in range(0, x.shape[2], rows)]


@np.errstate(all="ignore")
def _statistics_by_parts(x: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Each part has a mean and a sum of squared distances from it. The distances of the means are added in the end."""
    result, parts = np.empty((2, x.shape[1])), _parts(x)
    memory = np.empty(x[:, 0][parts[0]].size)
    for c in range(x.shape[1]):
        channel = x[:, c]
        sizes, means, squares = [], [], []
        for part in parts:
            values = memory[: channel[part].size]
            np.copyto(values.reshape(channel[part].shape), channel[part])
            sizes.append(values.size)
            means.append(values.sum() / values.size)
            values -= means[-1]
            values *= values
            squares.append(values.sum())
        n, mean = sum(sizes), np.dot(sizes, means) / sum(sizes)
        result[:, c] = mean, (sum(squares) + np.dot(sizes, (means - mean) ** 2)) / n
    return torch.from_numpy(result[0]), torch.from_numpy(result[1])


@np.errstate(all="ignore")
def _mapped_by_parts(x: np.ndarray, mean: np.ndarray, slope: np.ndarray, bias: np.ndarray) -> torch.Tensor:
    """``(x - mean) * slope + bias`` in x's own type, but for what the mean loses there: that goes into the bias.

    x - mean is then rounded by its own size, however large the mean. Slopes beyond float32 are left to float64.
    """
    steepness = abs(slope)
    kind = x.dtype if steepness.min() > 1e-18 and steepness.max() < 1e18 else np.dtype(np.float64)
    rounded = mean.astype(kind)
    bias = ((rounded - mean) * slope + bias).astype(kind)
    slope = slope.astype(kind)
    y = np.empty(x.shape, kind)
    parts = _parts(x)
    for c in range(x.shape[1]):
        for part in parts:
            values = np.subtract(x[:, c][part], rounded[c], out=y[:, c][part])
            values *= slope[c]
            values += bias[c]
    return torch.from_numpy(y)


def _weight_and_bias(name: str, x: torch.Tensor, weight: Any, bias: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Check x against weight and bias; return these as float64 (C,)."""
    require_float(name, x)
    if x.ndim != 4 or x.numel() == 0:
        hint = "; one picture is a batch of one: x[None]" if x.ndim == 3 else ""
        raise ValueError(f"{name} needs a batch (N, C, H, W), got shape {tuple(x.shape)}{hint}")
    columns = []
    for label, values, default in (("weight", weight, 1.0), ("bias", bias, 0.0)):
        if values is None:
            columns.append(x.new_full((x.shape[1],), default, dtype=torch.float64))
            continue
        if not isinstance(values, torch.Tensor) or not values.is_floating_point():
            raise TypeError(f"{name}: {label} must be a float tensor of one value per channel, got {values!r}")
        if values.shape != (x.shape[1],):
            raise ValueError(
                f"{name}: x of shape {tuple(x.shape)} has {x.shape[1]} channels, "
                f"{label} has shape {tuple(values.shape)}"
            )
        if not torch.isfinite(values).all():
            raise ValueError(f"{name}: {label} must be finite, got {values.tolist()}")
        columns.append(values.double())
    return columns[0], columns[1]


def _positive(name: str, label: str, value: float) -> float:
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name}: {label} must be finite and positive, got {value}")
    return float(value)


def _fraction(name: str, label: str, value: float) -> float:
    if not 0 <= value <= 1:
        raise ValueError(f"{name}: {label} is a weight between 0 and 1, got {value}")
    return float(value)
