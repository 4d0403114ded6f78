"""BatchNorm from scratch: each channel is normalised by the mean and variance of the whole batch.

    y = (x - mean) / sqrt(variance + eps) * weight + bias

In training, mean and variance are those of the batch at hand, over all its
pictures and pixels. In evaluation they are running averages of those of
earlier batches, so that a picture no longer depends on its neighbours.
"""

from __future__ import annotations

import math

import torch

from ._arrays import require_float


def batch_norm(
    x: torch.Tensor, weight: torch.Tensor | None = None, bias: torch.Tensor | None = None, eps: float = 1e-5
) -> torch.Tensor:
    """Normalise a batch by its own statistics: ``(x - mean) / sqrt(variance + eps) * weight + bias``.

    This is what BatchNorm does in training. Mean and variance are taken per
    channel over N, H and W, the variance with 1 / n. Everything is computed in
    float64 and rounded once, so the result does not depend on the memory
    layout, and a large mean costs no accuracy. Gradients flow, also through
    mean and variance. The formula is that of Ioffe and Szegedy (2015), algorithm 1.

    Args:
        x: float, (N, C, H, W), more than one value per channel.
        weight, bias: float (C,); 1 and 0 when None.
        eps: added to the variance, so that a channel that never changes divides by sqrt(eps) and not by 0.

    Returns:
        same shape and dtype as x, new memory.

    Raises:
        TypeError: x, weight or bias is not a float tensor.
        ValueError: another shape; one value per channel, which is its own mean; NaN or inf; values
            so large that their squares overflow float64; eps not finite and positive.
    """
    weight, bias = _weight_and_bias("batch_norm", x, weight, bias)
    eps = _positive("batch_norm", "eps", eps)
    mean, variance = _statistics("batch_norm", x)
    return _normalised(x, mean, variance, weight, bias, eps)


class BatchNorm2d(torch.nn.Module):
    """BatchNorm as a layer. Same parameters, buffers and ``state_dict`` as ``torch.nn.BatchNorm2d``.

    ``layer.train()`` normalises a batch by its own statistics and moves the
    running ones towards them; ``layer.eval()`` uses the running ones and
    changes nothing. A new layer is in training mode. ``torch.no_grad`` does not
    change the mode.

    Args:
        num_features: C, the number of channels.
        eps: added to the variance.
        momentum: the weight of the *new* batch in the running statistics, in [0, 1];
            None for the plain average over all batches. Keras means 1 - momentum: see ``keras_options``.

    Attributes:
        weight, bias: parameters (C,), 1 and 0 at first.
        running_mean, running_var: buffers (C,), 0 and 1 at first.
        num_batches_tracked: how many batches have been seen in training.

    Raises:
        ValueError: num_features below 1, eps not finite and positive, momentum outside [0, 1].
    """

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
        """Normalise x, float (N, C, H, W). Returns the same shape and dtype, new memory.

        Raises:
            TypeError, ValueError: in training as ``batch_norm``, and then the running statistics are
                left as they were; in evaluation also when a running variance is negative or a
                running statistic is not finite. There a NaN in x stays where it is.
        """
        weight, bias = _weight_and_bias("BatchNorm2d", x, self.weight, self.bias)
        if self.training:
            mean, variance = _statistics("BatchNorm2d", x)
            self.update(mean.detach(), variance.detach(), x.numel() // self.num_features)
        else:
            mean, variance = self.running_mean.double(), self.running_var.double()
            self._require_usable_running_statistics()
        return _normalised(x, mean, variance, weight, bias, self.eps)

    @torch.no_grad()
    def update(self, mean: torch.Tensor, variance: torch.Tensor, n: int) -> None:
        """Move the running statistics towards those of one batch.

            running_mean <- (1 - momentum) running_mean + momentum mean
            running_var  <- (1 - momentum) running_var  + momentum variance n / (n - 1)

        A batch is normalised by its biased variance, 1 / n; what is kept for later is the unbiased
        one, 1 / (n - 1), as in torch.

        Args:
            mean, variance: of the batch, per channel, float (C,); the variance biased.
            n: how many values they were taken over, N * H * W, at least 2.
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
    new batch: 0.99 there is 0.01 here. Two differences no argument can bridge:
    Keras' axes are (N, H, W, C), and Keras 3 keeps the biased variance of a batch where torch keeps
    the unbiased one, n / (n - 1) times as large.

    Args:
        epsilon, momentum: as in Keras; the defaults are Keras' own.

    Returns:
        {"eps": epsilon, "momentum": 1 - momentum}

    Raises:
        ValueError: epsilon not finite and positive, momentum outside [0, 1].
    """
    epsilon = _positive("keras_options", "epsilon", epsilon)
    return {"eps": epsilon, "momentum": 1 - _fraction("keras_options", "momentum", momentum)}


# ---------------------------------------------------------------- inside


def _statistics(name: str, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and biased variance per channel, float64 (C,), in two passes: first the mean, then the squared distances."""
    n = x.numel() // x.shape[1]
    if n < 2:
        raise ValueError(
            f"{name}: x of shape {tuple(x.shape)} has {n} value per channel, and one value is its own mean, so every "
            "picture would become the bias; use a larger batch or picture, or evaluation mode"
        )
    # One picture at a time: quicker than the whole batch at once, and float64 copies of it stay small.
    mean = torch.stack([picture.double().mean(dim=(1, 2)) for picture in x]).mean(dim=0)
    distances = (picture.double() - mean[:, None, None] for picture in x)
    variance = torch.stack([distance.square().mean(dim=(1, 2)) for distance in distances]).mean(dim=0)
    if not torch.isfinite(variance).all():
        broken = int((~torch.isfinite(x)).sum())
        what = f"{broken} of {x.numel()} values are NaN or inf" if broken else "squares of values overflow float64"
        raise ValueError(f"{name}: {what}; one such value would spoil its whole channel. Find out where it comes from")
    return mean, variance


def _normalised(x, mean, variance, weight, bias, eps) -> torch.Tensor:
    mean, slope, bias = (values[:, None, None] for values in (mean, weight / torch.sqrt(variance + eps), bias))
    return torch.stack([((picture.double() - mean) * slope + bias).to(x.dtype) for picture in x])


def _weight_and_bias(name: str, x: torch.Tensor, weight, bias) -> tuple[torch.Tensor, torch.Tensor]:
    """Check x against weight and bias; return these as float64 (C,)."""
    require_float(name, x)
    if x.ndim != 4 or x.numel() == 0:
        hint = "; one picture is a batch of one: x[None]" if x.ndim == 3 else ""
        raise ValueError(f"{name} needs a batch (N, C, H, W), got shape {tuple(x.shape)}{hint}")
    columns = []
    for label, values, default in (("weight", weight, 1.0), ("bias", bias, 0.0)):
        if values is None:
            values = torch.full((x.shape[1],), default, device=x.device)
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
