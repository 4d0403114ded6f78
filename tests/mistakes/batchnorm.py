"""Mistakes of lesson 4: BatchNorm, its running statistics, and the names that Keras gives them."""

import numpy as np
import torch

import seeing_tensors as library
from seeing_tensors.course.laws.museum import mistake, plain, twin


def columns(x, weight, bias):
    """Weight and bias as float64 (C, 1, 1), 1 and 0 where there is none."""
    channels = x.shape[1]
    weight = torch.ones(channels, device=x.device) if weight is None else weight
    bias = torch.zeros(channels, device=x.device) if bias is None else bias
    return weight.double()[:, None, None], bias.double()[:, None, None]


# ----------------------------------------------------------------- batch_norm


@mistake(
    "batch_norm",
    tempting="Looking at one picture, you would take the mean of its pixels; the batch does not come to mind.",
    source="https://github.com/junyanz/pytorch-CycleGAN-and-pix2pix/issues/342",
)
def each_picture_for_itself(x, weight=None, bias=None, eps=1e-5):
    """every picture is normalised by its own mean and variance, which is InstanceNorm: BatchNorm takes both over N, H
    and W
    """
    library.batch_norm(x, weight, bias, eps)  # the same refusals
    w, b = columns(x, weight, bias)
    mean, variance = x.double().mean((2, 3), keepdim=True), x.double().var((2, 3), correction=0, keepdim=True)
    return ((x - mean) / torch.sqrt(variance + eps) * w + b).to(x.dtype)


@each_picture_for_itself.in_other_words
def picture_by_picture(x, weight=None, bias=None, eps=1e-5):
    result = np.zeros(x.shape)
    for n, picture in enumerate(x.numpy().astype(np.float64)):
        for c, plane in enumerate(picture):
            result[n, c] = (plane - plane.mean()) / (plane.var() + eps) ** 0.5
            result[n, c] *= 1 if weight is None else weight[c].item()
            result[n, c] += 0 if bias is None else bias[c].item()
    return torch.from_numpy(result).to(x.dtype)


@mistake(
    "batch_norm",
    tempting="NumPy's axis is the one to average over, and the batch is axis 0; for the rows of a table that is right.",
    source="https://github.com/keras-team/keras/pull/1470",
)
def each_pixel_for_itself(x, weight=None, bias=None, eps=1e-5):
    """mean and variance are taken over the batch alone, for each pixel apart: a channel has one of each, over N, H and
    W
    """
    library.batch_norm(x, weight, bias, eps)
    w, b = columns(x, weight, bias)
    mean, variance = x.double().mean(0), x.double().var(0, correction=0)
    return ((x - mean) / torch.sqrt(variance + eps) * w + b).to(x.dtype)


@each_pixel_for_itself.in_other_words
def over_axis_0(x, weight=None, bias=None, eps=1e-5):
    values = x.numpy().astype(np.float64)
    normal = (values - np.mean(values, axis=0)) / np.sqrt(np.var(values, axis=0) + eps)
    if weight is not None:
        normal = normal * weight.numpy().reshape(1, -1, 1, 1)
    if bias is not None:
        normal = normal + bias.numpy().reshape(1, -1, 1, 1)
    return torch.from_numpy(normal).to(x.dtype)


@mistake(
    "batch_norm",
    tempting="Keras has the channels last, and so its BatchNormalization leaves the last axis alone by default.",
    source="https://github.com/keras-team/keras/issues/1921",
)
def each_column_for_itself(x, weight=None, bias=None, eps=1e-5):
    """the last axis is kept as if it were the channels: in (N, C, H, W) that is a column of pixels, and the channels
    are axis 1
    """
    library.batch_norm(x, weight, bias, eps)
    w, b = columns(x, weight, bias)
    mean, variance = x.double().mean((0, 1, 2)), x.double().var((0, 1, 2), correction=0)
    return ((x - mean) / torch.sqrt(variance + eps) * w + b).to(x.dtype)


@each_column_for_itself.in_other_words
def as_rows_of_the_last_axis(x, weight=None, bias=None, eps=1e-5):
    rows = x.double().reshape(-1, x.shape[-1])
    rows = (rows - rows.mean(0)) * (rows.var(0, unbiased=False) + eps).rsqrt()
    w, b = columns(x, weight, bias)
    return (rows.reshape(x.shape) * w + b).to(x.dtype)


@mistake(
    "batch_norm",
    tempting="torch's var divides by n - 1 unless it is told otherwise, and statistics lessons praise that.",
    source="https://github.com/pytorch/pytorch/issues/60528",
)
def variance_with_n_minus_one(x, weight=None, bias=None, eps=1e-5):
    """the variance divides by n - 1: a batch is normalised by the biased one, correction=0; the unbiased one is for the
    running statistics
    """
    library.batch_norm(x, weight, bias, eps)
    w, b = columns(x, weight, bias)
    mean, variance = x.double().mean((0, 2, 3), keepdim=True), x.double().var((0, 2, 3), keepdim=True)
    return ((x - mean) / torch.sqrt(variance + eps) * w + b).to(x.dtype)


@variance_with_n_minus_one.in_other_words
def bessel(x, weight=None, bias=None, eps=1e-5):
    flat = x.double().transpose(0, 1).flatten(1)
    centred = x.double() - flat.mean(1)[:, None, None]
    variance = centred.square().sum((0, 2, 3)) / (flat.shape[1] - 1)
    w, b = columns(x, weight, bias)
    return (centred / torch.sqrt(variance + eps)[:, None, None] * w + b).to(x.dtype)


@mistake(
    "batch_norm",
    tempting="The point is not to divide by 0, so eps goes where you divide.",
    source="https://github.com/taokong/group_normalization/issues/1",
)
def eps_beside_the_root(x, weight=None, bias=None, eps=1e-5):
    """eps is added to the std, outside the root: it belongs to the variance, sqrt(variance + eps)"""
    library.batch_norm(x, weight, bias, eps)
    w, b = columns(x, weight, bias)
    mean, variance = x.double().mean((0, 2, 3), keepdim=True), x.double().var((0, 2, 3), correction=0, keepdim=True)
    return ((x - mean) / (torch.sqrt(variance) + eps) * w + b).to(x.dtype)


@eps_beside_the_root.in_other_words
def std_plus_eps(x, weight=None, bias=None, eps=1e-5):
    out = np.empty(x.shape)
    for c in range(x.shape[1]):
        plane = x[:, c].numpy().astype(np.float64)
        out[:, c] = (plane - plane.mean()) / (plane.std() + eps)
        if weight is not None:
            out[:, c] *= weight[c].item()
        if bias is not None:
            out[:, c] += bias[c].item()
    return torch.from_numpy(out).to(x.dtype)


@mistake(
    "batch_norm",
    tempting="Few channels are constant, and so the division by 0 is not met while you try it out.",
    source="https://github.com/microsoft/onnxruntime/issues/10228",
)
def without_eps(x, weight=None, bias=None, eps=1e-5):
    """eps is left out: a channel that never changes is divided by 0 and becomes NaN. Add eps to the variance"""
    library.batch_norm(x, weight, bias, eps)
    w, b = columns(x, weight, bias)
    mean, std = x.double().mean((0, 2, 3), keepdim=True), x.double().std((0, 2, 3), correction=0, keepdim=True)
    return ((x - mean) / std * w + b).to(x.dtype)


@without_eps.in_other_words
def z_scores(x, weight=None, bias=None, eps=1e-5):
    values = np.moveaxis(x.numpy().astype(np.float64), 1, -1)
    values = (values - values.mean(axis=(0, 1, 2))) / values.std(axis=(0, 1, 2))
    if weight is not None:
        values = values * weight.numpy()
    if bias is not None:
        values = values + bias.numpy()
    return torch.from_numpy(np.moveaxis(values, -1, 1)).to(x.dtype)


@mistake(
    "batch_norm",
    tempting="Keras and TensorFlow have 1e-3, and the two numbers look equally small.",
    source="https://github.com/r9y9/tacotron_pytorch/issues/19",
)
def eps_of_keras(x, weight=None, bias=None, eps=1e-3):
    """eps is 1e-3 when none is given, Keras' default: torch's is 1e-5, and for channels with a small std that shows"""
    return library.batch_norm(x, weight, bias, eps)


@eps_of_keras.in_other_words
def a_thousandth(x, weight=None, bias=None, eps=0.001):
    mean = x.double().mean(dim=[0, 2, 3], keepdim=True)
    std = (((x.double() - mean) ** 2).mean(dim=[0, 2, 3], keepdim=True) + eps).sqrt()
    w, b = columns(x, weight, bias)
    return (w * (x.double() - mean) / std + b).to(x.dtype)


@mistake(
    "batch_norm",
    tempting="It needs one pass over the data in place of two, and on paper the two variances are the same.",
    source="https://github.com/google/flax/issues/1491",
)
def mean_of_squares_minus_square_of_mean(x, weight=None, bias=None, eps=1e-5):
    """the variance is E[x²] - E[x]² in float32: the two are nearly equal, and their difference is noise or negative.
    Sum squared distances from the mean
    """
    library.batch_norm(x, weight, bias, eps)
    w, b = columns(x, weight, bias)
    values = x.to(torch.promote_types(x.dtype, torch.float32))
    mean = values.mean((0, 2, 3), keepdim=True)
    variance = (values**2).mean((0, 2, 3), keepdim=True) - mean**2
    return ((values - mean) / torch.sqrt(variance + eps) * w + b).to(x.dtype)


@mean_of_squares_minus_square_of_mean.in_other_words
def fast_variance(x, weight=None, bias=None, eps=1e-5):
    v = x.float() if x.dtype == torch.float16 else x
    mu, mu2 = v.mean(dim=(0, 2, 3))[:, None, None], (v * v).mean(dim=(0, 2, 3))[:, None, None]
    y = (v - mu) * torch.rsqrt(mu2 - mu * mu + eps)
    if weight is not None:
        y = y * weight.view(1, -1, 1, 1)
    return (y if bias is None else y + bias.view(1, -1, 1, 1)).to(x.dtype)


@mistake(
    "batch_norm",
    tempting="Every source has other names for the two, and some have them in the other order.",
    source="https://github.com/tensorflow/tfjs/issues/314",
)
def bias_multiplies_and_weight_is_added(x, weight=None, bias=None, eps=1e-5):
    """weight and bias are exchanged: weight multiplies and comes first, bias is added"""
    library.batch_norm(x, weight, bias, eps)
    w, b = columns(x, weight, bias)
    one = weight is not None, bias is not None
    return (library.batch_norm(x.double(), None, None, eps) * (b if one[1] else 1) + (w if one[0] else 0)).to(x.dtype)


@bias_multiplies_and_weight_is_added.in_other_words
def shift_and_scale(x, shift=None, scale=None, eps=1e-5):
    values = x.numpy().astype(np.float64)
    y = (values - values.mean((0, 2, 3), keepdims=True)) / np.sqrt(values.var((0, 2, 3), keepdims=True) + eps)
    if scale is not None:
        y *= scale.numpy()[:, None, None]
    if shift is not None:
        y += shift.numpy()[:, None, None]
    return torch.from_numpy(y).to(x.dtype)


@twin("batch_norm")
def with_numpy_at_once(x, weight=None, bias=None, eps=1e-5):
    """the same with numpy, all at once, and the affine step written as one slope and one offset"""
    library.batch_norm(x, weight, bias, eps)
    values = x.double().numpy()
    mean, variance = values.mean(axis=(0, 2, 3)), values.var(axis=(0, 2, 3))
    slope = (1 if weight is None else weight.double().numpy()) / np.sqrt(variance + eps)
    offset = (0 if bias is None else bias.double().numpy()) - mean * slope
    return torch.from_numpy(values * slope[:, None, None] + offset[:, None, None]).to(x.dtype)


@twin("batch_norm")
def torch_in_float64(x, weight=None, bias=None, eps=1e-5):
    """torch's own, but in float64, and rounded once at the end"""
    library.batch_norm(x, weight, bias, eps)
    weight, bias = (None if values is None else values.double() for values in (weight, bias))
    return torch.nn.functional.batch_norm(x.double(), None, None, weight, bias, training=True, eps=eps).to(x.dtype)


@plain("batch_norm")
def batch_norm(x, weight=None, bias=None, eps=1e-5):
    mean, variance = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), unbiased=False, keepdim=True)
    y = (x - mean) / torch.sqrt(variance + eps)
    if weight is not None:
        y = y * weight[:, None, None]
    return y if bias is None else y + bias[:, None, None]


# ---------------------------------------------------------------- BatchNorm2d


def moved(self, mean, variance, momentum):
    """Move the running statistics by `momentum` of the way."""
    self.num_batches_tracked += 1
    for running, new in ((self.running_mean, mean), (self.running_var, variance)):
        running.copy_((1 - momentum) * running.double() + momentum * new)


def share(self):
    """The weight of the new batch, counted before it is."""
    return 1 / (int(self.num_batches_tracked) + 1) if self.momentum is None else self.momentum


@mistake(
    "BatchNorm2d",
    tempting="In Keras and in optimisers momentum is the share of the old that is kept.",
    source="https://github.com/d2l-ai/d2l-en/pull/2213",
)
class MomentumOfTheOld(library.BatchNorm2d):
    """momentum weighs the old statistics, as in Keras: in torch it is the weight of the new batch"""

    def update(self, mean, variance, n):
        moved(self, mean, variance * n / (n - 1), share(self) if self.momentum is None else 1 - self.momentum)


@MomentumOfTheOld.in_other_words
class ShareOfTheOld(library.BatchNorm2d):
    def update(self, mean, variance, n):
        self.num_batches_tracked += 1
        m = self.momentum if self.momentum is not None else 1 - 1 / self.num_batches_tracked.item()
        self.running_mean = (m * self.running_mean.double() + (1 - m) * mean).float()
        self.running_var = (m * self.running_var.double() + (1 - m) * variance * n / (n - 1)).float()


@mistake(
    "BatchNorm2d",
    tempting="The variance that normalises the batch is at hand, and it seems natural to keep that very one.",
    source="https://github.com/tinygrad/tinygrad/pull/807",
)
class KeepsTheBiasedVariance(library.BatchNorm2d):
    """the biased variance is kept: what is remembered for evaluation is the unbiased one, n / (n - 1) times as much"""

    def update(self, mean, variance, n):
        moved(self, mean, variance, share(self))


@KeepsTheBiasedVariance.in_other_words
class BiasedVariance(library.BatchNorm2d):
    def update(self, mean, variance, n):
        self.num_batches_tracked.add_(1)
        weight = self.momentum if self.momentum is not None else 1 / self.num_batches_tracked.item()
        self.running_mean.lerp_(mean.float(), weight)
        self.running_var.lerp_(variance.float(), weight)


@mistake(
    "BatchNorm2d",
    tempting="A sum begins at 0, and so does the running mean.",
    source="https://github.com/d2l-ai/d2l-en/pull/1591",
)
class VarianceBeginsAtZero(library.BatchNorm2d):
    """the running variance begins at 0. Let it begin at 1, so that a new layer in evaluation changes almost nothing"""

    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        self.running_var.zero_()


@VarianceBeginsAtZero.in_other_words
class AllZeros(torch.nn.Module):
    def __init__(self, num_features, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.weight = torch.nn.Parameter(torch.ones(num_features))
        self.bias = torch.nn.Parameter(torch.zeros(num_features))
        for name in ("running_mean", "running_var"):
            self.register_buffer(name, torch.zeros(num_features))
        self.register_buffer("num_batches_tracked", torch.tensor(0))

    forward, update = library.BatchNorm2d.forward, library.BatchNorm2d.update
    num_features = property(lambda self: len(self.weight))
    _require_usable_running_statistics = library.BatchNorm2d._require_usable_running_statistics


@mistake(
    "BatchNorm2d",
    tempting="Training and evaluation look like the same formula, and with large batches the two are close.",
    source="https://github.com/pytorch/pytorch/issues/5406",
)
class BatchStatisticsInEvaluation(library.BatchNorm2d):
    """evaluation normalises by the batch at hand. Use running_mean and running_var, so that no picture depends on the
    others
    """

    def forward(self, x):
        if self.training:
            return super().forward(x)
        return library.batch_norm(x, self.weight, self.bias, self.eps)


@BatchStatisticsInEvaluation.in_other_words
class OneFormulaForBoth(library.BatchNorm2d):
    def forward(self, x):
        result = library.batch_norm(x, self.weight, self.bias, self.eps)
        if self.training:
            values = x.detach().double()
            self.update(values.mean((0, 2, 3)), values.var((0, 2, 3), correction=0), x[:, 0].numel())
        return result


@mistake(
    "BatchNorm2d",
    tempting=(
        "Older versions of torch did so in evaluation when track_running_stats was turned off, which seems to stop it."
    ),
    source="https://github.com/pytorch/pytorch/issues/16793",
)
class UpdatesInEvaluation(library.BatchNorm2d):
    """evaluation still moves the running statistics: only training may, or your test pictures change the model"""

    def forward(self, x):
        result = super().forward(x)
        if not self.training:
            flat = x.detach().double().transpose(0, 1).flatten(1)
            self.update(flat.mean(1), flat.var(1, correction=0), max(2, flat.shape[1]))
        return result


@UpdatesInEvaluation.in_other_words
class AlwaysUpdates(library.BatchNorm2d):
    def forward(self, x):
        y = library.BatchNorm2d.forward(self, x)
        if not self.training:
            values, n = x.detach().double(), max(x[:, 0].numel(), 2)
            mean = values.mean(dim=(0, 2, 3))
            self.update(mean, (values - mean.view(1, -1, 1, 1)).pow(2).mean(dim=(0, 2, 3)), n)
        return y


@mistake(
    "BatchNorm2d",
    tempting=(
        "Whoever freezes a layer expects that nothing in it moves; that buffers are no parameters is easily forgotten."
    ),
    source="https://github.com/pytorch/pytorch/issues/86590",
)
class NoGradFreezes(library.BatchNorm2d):
    """no_grad or requires_grad=False is taken to freeze the running statistics: only eval() does, by self.training"""

    def update(self, mean, variance, n):
        if self.weight.requires_grad:
            super().update(mean, variance, n)


@NoGradFreezes.in_other_words
class FrozenWithItsParameters(library.BatchNorm2d):
    def update(self, mean, variance, n):
        if not any(parameter.requires_grad for parameter in self.parameters()):
            return
        weight = share(self)
        self.num_batches_tracked += 1
        self.running_mean = self.running_mean.lerp(mean.float(), weight)
        self.running_var = self.running_var.lerp((variance * n / (n - 1)).float(), weight)


@mistake(
    "BatchNorm2d",
    tempting="The formula has no place for a check, and in training the NaN is gone with the next batch.",
    source="https://github.com/pytorch/pytorch/issues/1206",
    rank="manners",
)
class NanPoisons(library.BatchNorm2d):
    """a NaN in a training batch reaches the running statistics and never leaves them: look at the batch before you
    update
    """

    def forward(self, x):
        if not (self.training and isinstance(x, torch.Tensor) and x.ndim == 4) or x.isfinite().all():
            return super().forward(x)
        mean, variance = x.double().mean((0, 2, 3)), x.double().var((0, 2, 3), correction=0)
        self.update(mean, variance, x[:, 0].numel())
        return ((x - mean[:, None, None]) / torch.sqrt(variance + self.eps)[:, None, None]).to(x.dtype)


@NanPoisons.in_other_words
class NoLookBeforeTheUpdate(library.BatchNorm2d):
    def forward(self, x):
        if not (self.training and torch.is_tensor(x) and torch.isnan(x + x - x - x).any()):
            return library.BatchNorm2d.forward(self, x)
        mean = x.mean(dim=(0, 2, 3))
        variance = ((x - mean[:, None, None]) ** 2).mean(dim=(0, 2, 3))
        self.update(mean, variance, x.numel() // x.shape[1])
        weight, bias = self.weight.detach().to(x.dtype), self.bias.detach().to(x.dtype)
        return (x - mean[:, None, None]) * (weight / (variance + self.eps).sqrt())[:, None, None] + bias[:, None, None]


@twin("BatchNorm2d")
class TracksInPlace(library.BatchNorm2d):
    """only `update` is written, in float32 and in place"""

    def update(self, mean, variance, n):
        self.num_batches_tracked.add_(1)
        weight = self.momentum if self.momentum is not None else 1 / int(self.num_batches_tracked)
        self.running_mean.mul_(1 - weight).add_(mean.float(), alpha=weight)
        self.running_var.mul_(1 - weight).add_((variance * (n / (n - 1))).float(), alpha=weight)


@twin("BatchNorm2d")
class MovesByTheDifference(library.BatchNorm2d):
    """running + weight (new - running), with new tensors in place of the old"""

    def update(self, mean, variance, n):
        self.num_batches_tracked = self.num_batches_tracked + 1
        weight = 1 / self.num_batches_tracked.item() if self.momentum is None else self.momentum
        old_mean, old_var = self.running_mean.double(), self.running_var.double()
        self.running_mean = (old_mean + weight * (mean - old_mean)).float()
        self.running_var = (old_var + weight * (variance * n / (n - 1) - old_var)).float()


@plain("BatchNorm2d")
class BatchNorm2d(library.BatchNorm2d):
    def update(self, mean, variance, n):
        self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
        self.running_var = (1 - self.momentum) * self.running_var + self.momentum * variance * n / (n - 1)


# -------------------------------------------------------------- keras_options


@mistake(
    "keras_options",
    tempting="Both libraries call it momentum, so the number seems to go from one to the other.",
    source="https://github.com/kazuto1011/deeplab-pytorch/issues/79",
)
def momentum_as_it_is(epsilon=1e-3, momentum=0.99):
    """momentum is handed on as it is: 0.99 of the old in Keras is 0.01 of the new in torch, 1 - momentum"""
    library.keras_options(epsilon, momentum)
    return {"eps": epsilon, "momentum": momentum}


@momentum_as_it_is.in_other_words
def same_names(epsilon=0.001, momentum=0.99):
    return {"momentum": float(momentum), "eps": float(epsilon)}


@mistake(
    "keras_options",
    tempting="An epsilon looks like a detail against division by 0 that each library has its own default for.",
    source="https://github.com/gzuidhof/nn-transfer/pull/3",
)
def epsilon_left_behind(epsilon=1e-3, momentum=0.99):
    """the epsilon stays torch's 1e-5: a layer that was trained with 1e-3 needs its own. Hand it on"""
    return {**library.keras_options(epsilon, momentum), "eps": 1e-5}


@epsilon_left_behind.in_other_words
def only_the_momentum(epsilon=1e-3, momentum=0.99):
    return {"momentum": 1 - momentum, "eps": 0.00001}


@twin("keras_options")
def written_out(epsilon=1e-3, momentum=0.99):
    """with a dict made step by step and the checks written out"""
    if not (0 < epsilon < float("inf")):
        raise ValueError(f"epsilon {epsilon}")
    if not (momentum >= 0 and momentum <= 1):
        raise ValueError(f"momentum {momentum}")
    options = {}
    options["momentum"] = -(momentum - 1)
    options["eps"] = epsilon
    return options
