"""Laws of lesson 4: BatchNorm, its running statistics, and what Keras calls the same things.

The laws of mathematics leave room for the formula as it stands, computed in float32. Its mean is off by some u of the
largest value, u = 2**-24; that is divided by sqrt(variance + eps) like everything else, and each of the steps that
follow rounds by u of the result. 8 u (largest / sqrt(variance + eps) |weight| + |y| + |bias|) is about twice what was
ever seen. The laws of range demand more: 1e-6 of the size of the two terms, |weight * xhat| and |bias|, whatever the
values and the memory. That takes statistics in float64, in any order of operations.
"""

import contextlib
import json
import math
from pathlib import Path

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import seeing_tensors as library
from seeing_tensors.course.laws import expect, expect_arguments_kept, expect_close, expect_raises, expect_same, law
from seeing_tensors.course.laws.expectations import Unmet

from .strategies import EVERY_FLOAT, FLOATS, U, sides

TORCH = torch.nn.functional.batch_norm

shapes = st.tuples(sides(3), sides(3), sides(3), sides(3)).filter(lambda s: s[0] * s[2] * s[3] > 1)
numbers = st.floats(-1024, 1024, width=32, allow_subnormal=False)
unit = st.integers(0, 255).map(lambda k: k / 255)


def batches(values=numbers, dtype=np.float32, shapes=shapes):
    """Float (N, C, H, W) with at least two values per channel."""
    return shapes.flatmap(lambda s: hnp.arrays(dtype, s, elements=values)).map(torch.from_numpy)


pictures = batches(unit.map(np.float32))
any_scale = batches(numbers) | pictures
precise = batches(unit, np.float64)
eps_values = st.sampled_from([1e-5, 1e-3, 1.0])
seeds = st.integers(0, 2**32 - 1)
BLACK_AND_WHITE = torch.tensor([0.0, 1.0]).reshape(1, 1, 1, 2)
SKY = torch.tensor([254.0, 255, 255, 255, 254, 255, 254, 255]).reshape(2, 1, 2, 2) / 255  # bright, and hardly changing


def plain_loop(x, weight=None, bias=None, eps=1e-5):
    """BatchNorm by a loop in float64, channel by channel, and the sizes of its two terms."""
    result, sizes = torch.empty(x.shape, dtype=torch.float64), torch.empty(x.shape, dtype=torch.float64)
    for c in range(x.shape[1]):
        values = [float(v) for v in x[:, c].flatten()]
        mean = math.fsum(values) / len(values)
        variance = math.fsum((v - mean) ** 2 for v in values) / len(values)
        w, b = (1.0 if weight is None else float(weight[c])), (0.0 if bias is None else float(bias[c]))
        scaled = (x[:, c].double() - mean) / math.sqrt(variance + eps) * w
        result[:, c], sizes[:, c] = scaled + b, scaled.abs() + abs(b)
    return result, sizes


def within_float32(x, weight=None, bias=None, eps=1e-5):
    """What the plain formula may be off by in float32: see the head of this file."""
    exact, sizes = plain_loop(x, weight, bias, eps)
    largest = x.double().abs().amax((0, 2, 3), keepdim=True)
    slope = 1 / torch.sqrt(x.double().var((0, 2, 3), correction=0, keepdim=True) + eps)
    if weight is not None:
        slope = slope * weight.double().abs()[:, None, None]
    return exact, 8 * U * (largest * slope + sizes)


def expect_float32(got, x, weight=None, bias=None, eps=1e-5, cause=""):
    exact, bound = within_float32(x, weight, bias, eps)
    expect_close(got, exact.float(), within=bound, cause=cause)


def expect_normalised(got, x, weight=None, bias=None, eps=1e-5, cause=""):
    exact, sizes = plain_loop(x, weight, bias, eps)
    within = 1e-6 * (1 + sizes)
    if x.dtype.itemsize == 2:  # two roundings, and the smallest step where a result is nearly 0
        within = within + torch.finfo(x.dtype).eps * sizes + 6e-8
    expect_close(got, exact.to(x.dtype), within=within, cause=cause)


def per_channel(x, seed):
    """A weight and a bias for the channels of x, of both signs."""
    made = torch.Generator().manual_seed(seed)
    return torch.randn(x.shape[1], generator=made), torch.randn(x.shape[1], generator=made)


# ----------------------------------------------------------------- batch_norm

# Equation.


def wrong_ways_to_normalise(x, eps):
    """What to do, with what comes where it is not done."""
    x, n = x.double(), x.numel() // x.shape[1]

    def over(*axes):
        return x.mean(axes, keepdim=True), x.var(axes, unbiased=False, keepdim=True)

    def normalised(mean, variance):
        return (x - mean) / (variance + eps).sqrt()

    mean, variance = over(0, 2, 3)
    within = over(2, 3)[1].mean(0, keepdim=True)
    return {
        "take the statistics of the batch, not of each picture alone": normalised(*over(2, 3)),
        "take the statistics of each channel, not of each picture over its channels": normalised(*over(1, 2, 3)),
        "the variance is that of all pixels, not the mean of the pictures' variances": normalised(mean, within),
        "divide by n, not by n - 1": normalised(mean, variance * n / max(n - 1, 1)),
        "divide by the root of the variance": (x - mean) / (variance + eps),
        "eps belongs under the root": (x - mean) / (variance.sqrt() + eps),
        "add eps to the variance": (x - mean) / (variance.sqrt().clamp(min=eps)),
        "subtract the mean of the batch": x / (variance + eps).sqrt(),
    }


@law(
    "batch_norm",
    lesson=4,
    rank="mathematics",
    x=pictures,
    eps=eps_values,
    cases=[{"x": BLACK_AND_WHITE, "eps": 1e-5}, {"x": SKY, "eps": 1e-5}],
)
def subtracts_the_mean_of_the_batch_and_divides(batch_norm, x, eps):
    """Each channel becomes (x - mean) / sqrt(variance + eps), with mean and biased variance over N, H and W."""
    expect_float32(batch_norm(x, eps=eps), x, eps=eps, cause=wrong_ways_to_normalise(x, eps))
    if eps == 1e-5:
        expect_float32(batch_norm(x), x, cause="eps is 1e-5 where none is given")


@law("batch_norm", lesson=4, rank="mathematics", x=pictures, seed=seeds)
def then_multiplies_and_adds_per_channel(batch_norm, x, seed):
    """weight multiplies and bias is added, one of each per channel, after the normalising."""
    weight, bias = per_channel(x, seed)
    plain, _ = plain_loop(x)
    w, b = (each.double()[:, None, None] for each in (weight, bias))
    cause = {
        "first * weight, then + bias": (plain + b) * w,
        "the weight multiplies what is normalised": plain + b,
        "the bias is added": plain * w,
    }
    expect_float32(batch_norm(x, weight, bias), x, weight, bias, cause=cause)
    expect_float32(batch_norm(x, None, bias), x, None, bias, cause="without a weight, 1")
    expect_float32(batch_norm(x, weight=weight), x, weight, cause="without a bias, 0")


@law("batch_norm", lesson=4, rank="mathematics", level=st.integers(0, 255), bias=st.integers(-5, 5))
def a_constant_channel_becomes_the_bias(batch_norm, level, bias):
    """A channel that never changes becomes the bias, 0 without one: no division by 0."""
    x = torch.full((2, 1, 3, 3), level / 255)
    cause = "x - mean is 0, or nearly: the variance is 0, and eps keeps you from dividing by it"
    expect_float32(batch_norm(x), x, cause=cause)
    weight, bias = torch.tensor([3.0]), torch.tensor([float(bias)])
    expect_float32(batch_norm(x, weight, bias), x, weight, bias, cause=cause)


@law("batch_norm", lesson=4, rank="mathematics", x=pictures, shift=st.integers(1, 8))
def the_others_change_the_result(batch_norm, x, shift):
    """A photo among brighter neighbours comes out darker."""
    photo = torch.linspace(0, 1, x[0].numel()).reshape(x[:1].shape)
    dark, bright = batch_norm(torch.cat([photo, x]))[0].mean(), batch_norm(torch.cat([photo, x + shift]))[0].mean()
    expect(
        bool(bright < dark),
        got=f"a mean of {bright:.4f} among bright ones, of {dark:.4f} among dark ones",
        expected="a lower mean among bright ones",
        cause="mean and variance are those of the whole batch, not of each picture",
    )


@law("batch_norm", lesson=4, rank="mathematics", n=st.integers(2, 64))
def one_bright_pixel_reaches_the_root_of_n(batch_norm, n):
    """One white pixel among n - 1 black ones becomes sqrt(n - 1), but for eps: the result has no fixed range."""
    lonely = torch.zeros(1, 1, 1, n)
    lonely[..., n // 2] = 1.0
    expect_float32(batch_norm(lonely), lonely, cause="divide by the root of the variance, over all n values")
    bound = math.sqrt(n - 1) * math.sqrt((n - 1) / (n - 1 + 1e-5 * n**2))  # the variance is (n - 1) / n**2
    expect_close(batch_norm(lonely).amax().double(), torch.tensor(bound).double(), within=2e-6 * bound)


@law("batch_norm", lesson=4, rank="range", x=any_scale, eps=eps_values, seed=seeds)
def right_to_1e_6_at_any_scale(batch_norm, x, eps, seed):
    """The formula holds within 1e-6 (1 + |weight * xhat| + |bias|), also for values of some thousands."""
    weight, bias = per_channel(x, seed)
    cause = "float32 keeps a mean to 1 part in 2**24; compute it in float64, and subtract it before you round"
    expect_normalised(batch_norm(x, eps=eps), x, eps=eps, cause=cause)
    expect_normalised(batch_norm(x, weight, bias, eps), x, weight, bias, eps, cause=cause)


@law("batch_norm", lesson=4, rank="range", x=any_scale)
def mean_zero_and_variance_nearly_one(batch_norm, x):
    """The result has mean 0 and variance variance / (variance + eps): 1 only where the channel varies enough."""
    y, exact = batch_norm(x).double(), x.double()
    variance = exact.var(dim=(0, 2, 3), correction=0)
    expect_close(y.mean(dim=(0, 2, 3)), torch.zeros(x.shape[1], dtype=torch.float64), within=2e-6)
    expect_close(y.var(dim=(0, 2, 3), correction=0), variance / (variance + 1e-5), within=1e-5)


@law("batch_norm", lesson=4, rank="range", x=any_scale)
def no_value_goes_beyond_the_root_of_n(batch_norm, x):
    """|y| <= sqrt(n - 1) sqrt(variance / (variance + eps)), whatever the values."""
    variance = x.double().var(dim=(0, 2, 3), correction=0)
    bound = math.sqrt(x.numel() // x.shape[1] - 1) * torch.sqrt(variance / (variance + 1e-5))
    largest = batch_norm(x).double().abs().amax(dim=(0, 2, 3))
    kept = bool((largest <= bound * (1 + 1e-6) + 1e-6).all())
    expect(kept, got=f"largest {largest.tolist()}", expected=f"at most {bound.tolist()}")


@law("batch_norm", lesson=4, rank="range", x=any_scale, eps=eps_values)
def doubling_x_and_four_times_eps_is_the_same_bit_for_bit(batch_norm, x, eps):
    """BatchNorm of 2x with 4 eps is BatchNorm of x with eps, and of -x its negative: to the last bit."""
    y = batch_norm(x, eps=eps)
    expect_same(batch_norm(2 * x, eps=4 * eps), y, "eps belongs to the variance, under the root: sqrt(variance + eps)")
    expect_same(batch_norm(-x, eps=eps), -y)


@law(
    "batch_norm",
    lesson=4,
    rank="range",
    x=precise,
    a=st.floats(0.01, 300) | st.floats(-300, -0.01),
    b=st.floats(-100, 100),
)
def scaling_before_is_undone(batch_norm, x, a, b):
    """BatchNorm of a x + b is that of x with eps / a**2 and the sign of a: scaling before leaves only that trace."""
    expected = math.copysign(1, a) * batch_norm(x, eps=1e-5 / a**2)
    expect_close(batch_norm(a * x + b), expected, within=1e-7 * (1 + expected.abs()))


@law("batch_norm", lesson=4, rank="range", x=any_scale, order=st.randoms(use_true_random=False))
def the_order_of_the_batch_does_not_matter(batch_norm, x, order):
    """Pictures in another order give the same results in that order."""
    places = list(range(len(x)))
    order.shuffle(places)
    expected = batch_norm(x)[places]
    expect_close(batch_norm(x[places]), expected, within=1e-6 * (1 + expected.abs()))


@law(
    "batch_norm",
    lesson=4,
    rank="range",
    photo=hnp.arrays(np.float64, (1, 1, 2, 2), elements=unit),
    mean=st.integers(-8, 8),
    spread=st.integers(1, 8),
)
def only_mean_and_variance_of_the_others_matter(batch_norm, photo, mean, spread):
    """Neighbours of two values and neighbours of three, of equal mean and variance, give a photo the same result."""
    two = np.array([-1, 1, -1, 1, -1, 1, -1, 1]) * spread + mean
    three = np.array([-2, 0, 0, 0, 0, 0, 0, 2]) * spread + mean
    results = [
        batch_norm(torch.from_numpy(np.concatenate([photo, others.reshape(2, 1, 2, 2).astype(np.float64)])))[0]
        for others in (two, three)
    ]
    cause = "nothing but mean and variance may come from the batch"
    expect_close(results[1], results[0], within=3e-15 * (1 + results[0].abs()), cause=cause)


# Oracle.


@law("batch_norm", lesson=4, rank="range", x=precise, seed=seeds, eps=eps_values)
def equals_torch_in_float64(batch_norm, x, seed, eps):
    """In float64 the result is that of torch.nn.functional.batch_norm in training."""
    weight, bias = (v.double() for v in per_channel(x, seed))
    expected = TORCH(x, None, None, weight, bias, training=True, eps=eps)
    expect_close(batch_norm(x, weight, bias, eps), expected, within=1e-12 * (1 + expected.abs()))


@law("batch_norm", lesson=4, rank="range", x=any_scale)
def alone_it_is_instance_norm(batch_norm, x):
    """A batch of one is normalised by the picture's own mean and variance."""
    if x[0, 0].numel() > 1:
        one = x[:1].contiguous()
        expected = torch.nn.functional.instance_norm(one.double(), eps=1e-5)
        expect_close(batch_norm(one).double(), expected, within=1e-6 * (1 + expected.abs()))


# Edges.


@law("batch_norm", lesson=4, rank="range")
def a_large_offset_costs_nothing(batch_norm):
    """With offset 1e4 and std 1e-2 in float32 the result is right to 1e-6 x max(1, |y|)."""
    x = 1e4 + 1e-2 * torch.randn(2, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    exact, _ = plain_loop(x)
    cause = "sum in float64, first the mean, then the squared distances; E[x²] - E[x]² cancels"
    for view in (x, x.contiguous(memory_format=torch.channels_last)):
        expect_close(batch_norm(view).double(), exact, within=1e-6 * exact.abs().clamp(min=1), cause=cause)


@law("batch_norm", lesson=4, rank="range")
def many_pixels_cost_nothing(batch_norm):
    """Over half a million bright pixels, in every layout, the result is right to 1e-6 x max(1, |y|)."""
    x = torch.linspace(0.7, 1, 3 * 2**19).reshape(1, 3, 2**9, 2**10)
    mean, variance = x.double().mean((0, 2, 3)), x.double().var((0, 2, 3), correction=0)
    exact = (x.double() - mean[:, None, None]) / torch.sqrt(variance + 1e-5)[:, None, None]
    cause = "a float32 sum of many pixels loses them one by one; sum in float64"
    for view in (x, x.contiguous(memory_format=torch.channels_last)):
        expect_close(batch_norm(view).double(), exact, within=1e-6 * exact.abs().clamp(min=1), cause=cause)


@law("batch_norm", lesson=4, rank="range", cases=[{"constant": c} for c in (1e4, -1e3)])
def a_constant_channel_of_any_size_becomes_the_bias(batch_norm, constant):
    """A channel of a large constant becomes the bias, too."""
    x = torch.full((2, 1, 3, 3), constant)
    expect_close(batch_norm(x), torch.zeros(x.shape), within=1e-6)
    expect_close(batch_norm(x, torch.tensor([3.0]), torch.tensor([2.0])), torch.full(x.shape, 2.0), within=1e-6)


@law("batch_norm", lesson=4, rank="range", cases=[{"size": s} for s in (1e-30, 1e-12, 1e17, 1e19, 3e38)])
def very_large_and_very_small_values_are_right(batch_norm, size):
    """Values of 1e19, whose squares overflow float32, are normalised like others; tiny ones become tiny, not noise."""
    x = size * torch.tensor([-1.0, 1.0, 1.0, 0.75]).reshape(2, 1, 1, 2)
    exact, sizes = plain_loop(x)
    expect_close(batch_norm(x).double(), exact, within=1e-6 * sizes)


# Types and layouts.


@law("batch_norm", lesson=4, rank="range", x=any_scale)
def the_memory_layout_does_not_matter(batch_norm, x):
    """A channels-last view, a transposed and a strided one give what a contiguous batch of equal values does."""
    wide = torch.zeros(*x.shape[:3], 2 * x.shape[3])
    wide[..., ::2] = x
    layouts = [
        x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2),
        x.transpose(2, 3).contiguous().transpose(2, 3),
        x.permute(1, 0, 2, 3).contiguous().permute(1, 0, 2, 3),
        wide[..., ::2],
    ]
    for view in layouts:
        expect_normalised(batch_norm(view), x)


@law("batch_norm", lesson=4, rank="range", dtype=st.sampled_from(EVERY_FLOAT), x=pictures)
def the_type_and_shape_stay(batch_norm, dtype, x):
    """The result has the type and shape of x; half precision is computed in more and rounded once."""
    x = (200 * x).to(dtype)
    weight = torch.ones(x.shape[1])
    expect_normalised(batch_norm(x), x)
    expect_normalised(batch_norm(x, weight, weight), x, weight, weight)


DEVICES = ["cpu", "cuda"] if torch.cuda.is_available() else ["cpu"]


@law("batch_norm", lesson=4, rank="range", cases=[{"device": device} for device in DEVICES])
def batch_norm_stays_on_the_device_of_x(batch_norm, device):
    """The result lies where x lies, whatever device torch makes new tensors on."""
    x = BLACK_AND_WHITE.to(device)
    with torch.device("meta"):
        y = batch_norm(x)
    expect_same(y.device, x.device, "make new tensors with device=x.device")
    expect_normalised(y.cpu(), x.cpu())


# Refusals.


@law("batch_norm", lesson=4, rank="manners", x=pictures, seed=seeds)
def batch_norm_keeps_its_arguments(batch_norm, x, seed):
    """x, weight and bias are left as they were, and the result is new memory."""
    expect_arguments_kept(batch_norm, x, *per_channel(x, seed))
    expect_arguments_kept(batch_norm, x)


def refuses_what_is_no_batch(function):
    good = torch.rand(2, 3, 2, 2)
    for dtype in (torch.uint8, torch.int64, torch.bool):
        name = str(dtype).removeprefix("torch.")
        expect_raises(TypeError, function, torch.ones(2, 3, 2, 2, dtype=dtype), mention=[name])
    expect_raises(TypeError, function, np.zeros((2, 3, 2, 2), np.float32))
    expect_raises(ValueError, function, good[0], mention=["(3, 2, 2)"], cause="a picture alone is no batch")
    for shape in [(3,), (2, 3), (1, 2, 3, 2, 2), (0, 3, 2, 2), (2, 3, 0, 2)]:
        expect_raises(ValueError, function, torch.rand(shape), mention=[str(shape)])


def refuses_one_value(function):
    cause = "x - mean is 0 for every picture"
    expect_raises(ValueError, function, torch.rand(1, 3, 1, 1), mention=["(1, 3, 1, 1)"], cause=cause)


@law("batch_norm", lesson=4, rank="manners")
def batch_norm_refuses_what_is_no_batch(batch_norm):
    """Bytes, integers and arrays are a TypeError; another shape than (N, C, H, W), or no value, is a ValueError."""
    refuses_what_is_no_batch(batch_norm)


@law("batch_norm", lesson=4, rank="manners")
def one_value_per_channel_is_refused(batch_norm):
    """One value is its own mean, so every picture would come out alike: a ValueError. Two, in any place, are fine."""
    refuses_one_value(batch_norm)
    for shape in [(1, 1, 1, 2), (2, 1, 1, 1)]:
        x = torch.tensor([1.0, 2.0]).reshape(shape)
        expect_normalised(batch_norm(x), x)


NOT_FINITE = [{"value": value, "dtype": dtype} for value in (math.nan, math.inf, -math.inf) for dtype in FLOATS]


@law("batch_norm", lesson=4, rank="manners", cases=NOT_FINITE)
def batch_norm_refuses_nan_and_inf(batch_norm, value, dtype):
    """One NaN or inf would make its whole channel NaN: a ValueError."""
    x = torch.ones(2, 3, 2, 2, dtype=dtype)
    x[1, 1, 0, 1] = value
    expect_raises(ValueError, batch_norm, x)


@law("batch_norm", lesson=4, rank="manners")
def batch_norm_refuses_what_it_cannot_square(batch_norm):
    """float64 values whose squares overflow are a ValueError, not a channel of zeros."""
    x = torch.tensor([-1e200, 1e200], dtype=torch.float64).reshape(1, 1, 1, 2)
    expect_raises(ValueError, batch_norm, x, mention=["overflow"])


@law("batch_norm", lesson=4, rank="manners", cases=[{"eps": e} for e in (0.0, -1e-5, math.nan, math.inf)])
def batch_norm_refuses_a_bad_eps(batch_norm, eps):
    """An eps that is zero, negative or not finite is a ValueError: a constant channel would be divided by 0."""
    expect_raises(ValueError, batch_norm, torch.rand(2, 3, 2, 2), eps=eps, mention=["eps"])


@law("batch_norm", lesson=4, rank="manners")
def batch_norm_refuses_a_bad_weight_and_bias(batch_norm):
    """A weight or bias that has not one finite float per channel is refused, not broadcast."""
    x, three = torch.rand(2, 3, 2, 2), torch.ones(3)
    shaped = [torch.ones(1), torch.ones(2), torch.ones(()), torch.ones(3, 1, 1)]
    for wrong in (*shaped, torch.tensor([1.0, math.nan, 1.0]), torch.tensor([1.0, math.inf, 1.0])):
        expect_raises(ValueError, batch_norm, x, wrong, None, mention=["weight"])
        expect_raises(ValueError, batch_norm, x, three, wrong, mention=["bias"])
    for wrong in (torch.ones(3, dtype=torch.int64), 1.0, [1.0, 1.0, 1.0]):
        expect_raises(TypeError, batch_norm, x, wrong, None, mention=["weight"])
        expect_raises(TypeError, batch_norm, x, None, wrong, mention=["bias"])


@law("batch_norm", lesson=4, rank="range", x=precise, seed=seeds)
def a_gradient_that_flows_is_that_of_torch(batch_norm, x, seed):
    """In float64 the gradients of x, weight and bias are torch's, where there are any: numpy carries none."""
    generator = torch.Generator().manual_seed(seed)
    weights, parameters = (
        torch.randn(x.shape, generator=generator, dtype=x.dtype),
        torch.ones(2, x.shape[1], dtype=x.dtype),
    )

    def torchs(x, weight, bias, eps):
        return torch.nn.functional.batch_norm(x, None, None, weight, bias, training=True, eps=eps)

    found = []
    for function in (batch_norm, torchs):
        leaves = [each.clone().requires_grad_() for each in (x, *parameters)]
        try:
            result = function(*leaves, eps=1e-2)
        except RuntimeError:  # numpy takes no tensor with a gradient
            return
        if not result.requires_grad:
            return
        (result * weights).sum().backward()
        found.append([leaf.grad if leaf.grad is not None else torch.zeros_like(leaf) for leaf in leaves])
    for name, ours, theirs in zip(("x", "weight", "bias"), *found, strict=True):
        with speaking_of(f"the gradient of {name}"):
            cause = "mean and variance depend on x: do not detach them"
            expect_close(ours, theirs, within=1e-9 * (1 + theirs.abs()), cause=cause)


# ---------------------------------------------------------------- BatchNorm2d


def batch_after_batch(values):
    """One to four batches of 1 to 3 channels, of any other sizes."""

    def with_channels(channels):
        shape = st.tuples(sides(3), st.just(channels), sides(3), sides(3)).filter(lambda s: s[0] * s[2] * s[3] > 1)
        return st.lists(batches(values, shapes=shape), min_size=1, max_size=4)

    return st.integers(1, 3).flatmap(with_channels)


series, wide_series = batch_after_batch(unit.map(np.float32)), batch_after_batch(numbers)
momenta = st.sampled_from([0.0, 0.01, 0.1, 0.5, 1.0]) | st.floats(0, 1, width=32)


def statistics_of(x):
    """Mean, biased and unbiased variance per channel, float64."""
    flat = x.double().transpose(0, 1).flatten(1)
    return flat.mean(1), flat.var(1, correction=0), flat.var(1, correction=1)


def state(layer):
    return {name: getattr(layer, name).clone() for name in ("running_mean", "running_var", "num_batches_tracked")}


def expect_state(layer, before):
    for name, value in before.items():
        expect_same(getattr(layer, name), value, f"{name} must stay as it was")


@contextlib.contextmanager
def speaking_of(name):
    """Begin what a report says was got and expected with the name of what it is."""
    try:
        yield
    except Unmet as unmet:
        unmet.got, unmet.expected = f"{name} {unmet.got}", f"{name} {unmet.expected}"
        raise


def expect_running(layer, mean, variance, steps, largest, widest, causes=({}, {})):
    """Four roundings of float32 in each step for the mean, eight for the variance, of numbers no larger than these."""
    with speaking_of("running_mean"):
        within = 4 * U * (steps + 1) * largest + 1e-40
        expect_close(layer.running_mean.double(), mean, within=within, cause=causes[0])
    with speaking_of("running_var"):
        within = 8 * U * (steps + 1) * widest + 1e-40
        expect_close(layer.running_var.double(), variance, within=within, cause=causes[1])


def wrong_moves(before, x, momentum, steps):
    """What a wrong step makes of the running mean and variance, and how to see it."""
    (mean, variance), (new, biased, unbiased) = before, statistics_of(x)
    n = x.numel() // x.shape[1]

    def towards(old, new):
        return (1 - momentum) * old + momentum * new

    first = 1 if steps == 1 else momentum
    few = n // x.shape[1]
    return {
        "momentum is the weight of the new, not of the old": momentum * mean + (1 - momentum) * new,
        "the old keeps 1 - momentum of its weight": mean + momentum * new,
        "each channel has a mean of its own": towards(mean, new.mean()),
        "the first batch weighs no more than another": (1 - first) * mean + first * new,
        "the start is not corrected for": towards(mean, new) / max(1 - (1 - momentum) ** steps, 1e-9),
        "the mean moves, too": mean,
    }, {
        "momentum is the weight of the new, not of the old": momentum * variance + (1 - momentum) * unbiased,
        "the old keeps 1 - momentum of its weight": variance + momentum * unbiased,
        "what is kept is the unbiased variance, times n / (n - 1)": towards(variance, biased),
        "times n / (n - 1), not (n - 1) / n": towards(variance, biased * (n - 1) / n),
        "times n / (n - 1) is the new variance, not what is kept of the old": towards(variance, biased) * n / (n - 1),
        "the variances are averaged, not the stds": towards(variance.sqrt(), unbiased.sqrt()) ** 2,
        "how far the batch's mean lies from the running one does not count": towards(variance, unbiased)
        + momentum * (1 - momentum) * (new - mean) ** 2,
        "the variance moves, too": variance,
        "n counts the values of a channel": towards(variance, biased * few / max(few - 1, 1)),
        "each channel has a variance of its own": towards(variance, unbiased.mean()),
        "the first batch weighs no more than another": (1 - first) * variance + first * unbiased,
        "the start is not corrected for": towards(variance, unbiased) / max(1 - (1 - momentum) ** steps, 1e-9),
    }


def moves_by_momentum(BatchNorm2d, xs, momentum):
    layer, channels = BatchNorm2d(xs[0].shape[1], momentum=momentum), xs[0].shape[1]
    mean, variance = torch.zeros(channels, dtype=torch.float64), torch.ones(channels, dtype=torch.float64)
    largest, widest = mean.clone(), variance.clone()
    for steps, x in enumerate(xs, 1):
        layer(x)
        new_mean, _, unbiased = statistics_of(x)
        causes = wrong_moves((mean, variance), x, momentum, steps)
        mean = (1 - momentum) * mean + momentum * new_mean
        variance = (1 - momentum) * variance + momentum * unbiased
        largest, widest = largest.maximum(x.double().abs().amax((0, 2, 3))), widest.maximum(unbiased)
        expect_running(layer, mean, variance, steps, largest, widest, causes)
    return layer


# Equation.


@law("BatchNorm2d", lesson=4, rank="mathematics", xs=series, momentum=momenta)
def running_statistics_move_towards_each_batch(BatchNorm2d, xs, momentum):
    """Each batch moves the running statistics by `momentum` of the way to its mean and its unbiased variance."""
    moves_by_momentum(BatchNorm2d, xs, momentum)


@law("BatchNorm2d", lesson=4, rank="mathematics")
def a_batch_is_divided_by_one_variance_and_remembered_by_another(BatchNorm2d):
    """With n = 8 values a batch is normalised by the variance with 1 / n, and the one with 1 / (n - 1) is kept."""
    x = torch.tensor([0.0, 1.0]).repeat(4).reshape(2, 1, 2, 2)  # mean 1/2, biased variance 1/4
    layer = BatchNorm2d(1, momentum=1.0)
    expect_float32(layer(x).detach(), x)
    with speaking_of("running_var"):
        expected = torch.tensor([2 / 7], dtype=torch.float64)
        expect_close(layer.running_var.double(), expected, within=4 * U, cause="the variance times n / (n - 1)")


def trained_and_evaluated(BatchNorm2d, x, train, seed):
    """A layer after a batch, what it makes of x in evaluation, both terms of that in float64, sizes, and its state."""
    layer = BatchNorm2d(x.shape[1], eps=1e-3, momentum=0.5)
    layer(train[:, :1].expand(-1, x.shape[1], -1, -1))
    weight, bias = per_channel(x, seed)
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
    before = state(layer)
    got = layer.eval()(x).detach()
    columns = (before["running_mean"], before["running_var"], weight, bias)
    mean, variance, weight, bias = (values.double()[:, None, None] for values in columns)
    slope = weight / torch.sqrt(variance + 1e-3)
    return layer, got, (x.double() - mean) * slope, bias, slope.abs() * (x.double().abs() + mean.abs()), before


two_by_two = st.tuples(st.just(2), st.just(1), st.just(2), st.just(2))
train_unit, train_wide = batches(unit.map(np.float32), shapes=two_by_two), batches(numbers, shapes=two_by_two)
BY_ITSELF = "in evaluation the batch at hand has no say: use running_mean and running_var"


@law("BatchNorm2d", lesson=4, rank="mathematics", x=pictures, train=train_unit, seed=seeds)
def evaluation_uses_the_running_statistics(BatchNorm2d, x, train, seed):
    """In evaluation y = (x - running_mean) / sqrt(running_var + eps) * weight + bias, and the layer stays as it is."""
    layer, got, scaled, bias, sizes, before = trained_and_evaluated(BatchNorm2d, x, train, seed)
    # Six roundings at most, of terms that may cancel where x * slope and mean * slope are computed apart.
    expect_close(got, (scaled + bias).float(), within=6 * U * (sizes + bias.abs()), cause=BY_ITSELF)
    expect_state(layer, before)


@law("BatchNorm2d", lesson=4, rank="mathematics", x=pictures, train=train_unit)
def in_evaluation_a_photo_is_alone(BatchNorm2d, x, train):
    """In evaluation a photo gives the same result in any company: without `eval()` it depends on its neighbours."""
    layer = BatchNorm2d(x.shape[1])
    layer(train.expand(-1, x.shape[1], -1, -1))
    layer.eval()
    together, alone = layer(torch.cat([x, x + 100, -x])).detach(), layer(x[:1]).detach()
    expect_close(alone, together[:1], within=4 * U * (1 + together[:1].abs()), cause=BY_ITSELF)


@law("BatchNorm2d", lesson=4, rank="mathematics", x=pictures)
def the_mode_decides_and_nothing_else(BatchNorm2d, x):
    """no_grad and frozen parameters do not stop the running statistics; eval does, and train starts them again."""
    layer = BatchNorm2d(x.shape[1], momentum=0.5).requires_grad_(False)
    with torch.no_grad():
        layer(x + 8)
    mean, _, _ = statistics_of(x + 8)
    with speaking_of("running_mean"):
        cause = "self.training says whether to update"
        expect_close(layer.running_mean.double(), mean / 2, within=1e-5, cause=cause)
    before = state(layer)
    layer.eval()
    layer(x)
    expect_state(layer, before)
    layer.train()
    layer(x + 8)
    with speaking_of("running_mean"):
        expect_close(layer.running_mean.double(), mean * 3 / 4, within=1e-5)


@law("BatchNorm2d", lesson=4, rank="range", xs=wide_series, momentum=momenta)
def running_statistics_move_at_any_scale(BatchNorm2d, xs, momentum):
    """So they do for values of some thousands, and each batch is counted."""
    layer = moves_by_momentum(BatchNorm2d, xs, momentum)
    with speaking_of("num_batches_tracked"):
        counted = "update counts the batch, too: self.num_batches_tracked += 1"
        expect_same(int(layer.num_batches_tracked), len(xs), counted)


@law("BatchNorm2d", lesson=4, rank="range", x=any_scale, eps=eps_values, seed=seeds)
def training_is_batch_norm(BatchNorm2d, x, eps, seed):
    """In training, which a new layer is in, the result is that of batch_norm; weight and bias begin as 1 and 0."""
    layer = BatchNorm2d(x.shape[1], eps=eps)
    expect_normalised(layer(x).detach(), x, eps=eps)
    weight, bias = per_channel(x, seed)
    with torch.no_grad():
        layer.weight.copy_(weight)
        layer.bias.copy_(bias)
    expect_normalised(layer(x).detach(), x, weight, bias, eps)


@law(
    "BatchNorm2d",
    lesson=4,
    rank="range",
    x=pictures,
    momentum=st.floats(1 / 64, 1, width=32),
    times=st.integers(1, 12),
)
def the_same_batch_again_and_again(BatchNorm2d, x, momentum, times):
    """After t times one batch, with q = (1 - momentum)**t, q is left of the first 0 and 1, and 1 - q is the batch's."""
    layer = BatchNorm2d(x.shape[1], momentum=momentum)
    for _ in range(times):
        layer(x)
    mean, _, unbiased = statistics_of(x)
    q = (1 - momentum) ** times
    expect_running(layer, (1 - q) * mean, q + (1 - q) * unbiased, times, torch.ones(1), unbiased.clamp(min=1))


TWELVE_BATCHES = [torch.tensor([0.0, float(k)]).expand(1, 4, 1, 2) for k in range(12)]


@law("BatchNorm2d", lesson=4, rank="range", cases=[{"xs": TWELVE_BATCHES}], xs=wide_series)
def momentum_none_is_the_plain_average(BatchNorm2d, xs):
    """With momentum None the running mean is the mean of the batches' means, the variance that of their variances."""
    layer = BatchNorm2d(xs[0].shape[1], momentum=None)
    for x in xs:
        layer(x)
    means, unbiased = [torch.stack([statistics_of(x)[i] for x in xs]) for i in (0, 2)]
    largest = torch.stack([x.double().abs().amax((0, 2, 3)) for x in xs]).amax(0)
    causes = wrong_averages(0.0, means), wrong_averages(1.0, unbiased)
    expect_running(layer, means.mean(0), unbiased.mean(0), len(xs), largest, unbiased.amax(0), causes)


def wrong_averages(start, rows):
    """What a wrong plain average makes of the batches' statistics."""

    def moved(*weights):
        average = torch.full_like(rows[0], start)
        for weight, row in zip(weights, rows, strict=True):
            average = (1 - weight) * average + weight * row
        return average

    count = range(1, len(rows) + 1)
    return {
        "None is no momentum of 0.1": moved(*[0.1] * len(rows)),
        "what the layer begins with is no batch": moved(*[1 / (t + 1) for t in count]),
        "batch t weighs 1 / t: count it before": moved(*[1 / max(t - 1, 1) for t in count]),
        "batch t weighs 1 / t, be t larger than 10": moved(*[1 / min(t, 10) for t in count]),
        "all batches count, not the last alone": rows[-1],
        "divide the sum by the number of batches": rows.sum(0),
    }


@law("BatchNorm2d", lesson=4, rank="range", x=any_scale, train=train_wide, seed=seeds)
def evaluation_is_right_at_any_scale(BatchNorm2d, x, train, seed):
    """Evaluation is right to 1e-6 (1 + |weight * xhat| + |bias|), also for values of some thousands."""
    layer, got, scaled, bias, _, before = trained_and_evaluated(BatchNorm2d, x, train, seed)
    expect_close(got, (scaled + bias).float(), within=1e-6 * (1 + scaled.abs() + bias.abs()), cause=BY_ITSELF)
    expect_state(layer, before)


@law("BatchNorm2d", lesson=4, rank="range", x=pictures)
def a_new_layer_changes_almost_nothing(BatchNorm2d, x):
    """Before any training, evaluation divides by sqrt(1 + eps) and that is all."""
    expected = x.double() / math.sqrt(1 + 1e-5)
    expect_close(BatchNorm2d(x.shape[1]).eval()(x).detach(), expected.float(), within=4 * U)


# Oracle.


@law("BatchNorm2d", lesson=4, rank="range", xs=wide_series, momentum=momenta | st.none())
def running_statistics_are_those_of_torch(BatchNorm2d, xs, momentum):
    """After the same batches the running statistics are torch's, and so is the number of batches; with None too."""
    channels = xs[0].shape[1]
    layer, theirs = BatchNorm2d(channels, momentum=momentum), torch.nn.BatchNorm2d(channels, momentum=momentum).double()
    largest, widest = torch.zeros(channels, dtype=torch.float64), torch.ones(channels, dtype=torch.float64)
    for x in xs:
        layer(x), theirs(x.double())
        largest = largest.maximum(x.double().abs().amax((0, 2, 3)))
        widest = widest.maximum(statistics_of(x)[2])
    expect_running(layer, theirs.running_mean, theirs.running_var, len(xs), largest, widest)
    with speaking_of("num_batches_tracked"):
        expect_same(int(layer.num_batches_tracked), int(theirs.num_batches_tracked))


@law("BatchNorm2d", lesson=4, rank="range", x=precise, seed=seeds, training=st.booleans())
def gradients_are_those_of_torch(BatchNorm2d, x, seed, training):
    """The gradients of x, weight and bias are torch's: in training they flow through mean and variance, too."""
    weights = torch.randn(x.shape, generator=torch.Generator().manual_seed(seed), dtype=x.dtype)
    found = []
    for layer in (BatchNorm2d(x.shape[1], eps=1e-2).double(), torch.nn.BatchNorm2d(x.shape[1], eps=1e-2).double()):
        layer.train(training)
        leaf = x.clone().requires_grad_()
        (layer(leaf) * weights).sum().backward()
        found.append([leaf.grad, layer.weight.grad, layer.bias.grad])
    for name, ours, theirs in zip(("x", "weight", "bias"), *found, strict=True):
        cause = "stay with torch operations, so that autograd can follow"
        expect(ours is not None, got=f"no gradient of {name}", expected="one of x, weight and bias", cause=cause)
        cause = "in training mean and variance depend on x too: do not detach them"
        with speaking_of(f"the gradient of {name}"):
            expect_close(ours, theirs, within=1e-9 * (1 + theirs.abs()), cause=cause)


@law("BatchNorm2d", lesson=4, rank="range", x=pictures, seed=seeds)
def a_checkpoint_fits_torch_and_back(BatchNorm2d, x, seed):
    """Its state_dict loads into torch.nn.BatchNorm2d and torch's into it, strictly, and then both evaluate alike."""
    channels = x.shape[1]
    theirs = torch.nn.BatchNorm2d(channels)
    with torch.no_grad():
        for parameter, values in zip((theirs.weight, theirs.bias), per_channel(x, seed), strict=True):
            parameter.copy_(values)
    theirs(x)
    layer = BatchNorm2d(channels)
    layer.load_state_dict(theirs.state_dict())
    expect_close(layer.eval()(x).detach(), theirs.eval()(x).detach(), within=1e-5)
    again = torch.nn.BatchNorm2d(channels)
    again.load_state_dict(layer.state_dict())
    expect_state(again, state(layer))


# Edges.


@law("BatchNorm2d", lesson=4, rank="range")
def a_large_offset_costs_the_layer_nothing(BatchNorm2d):
    """With offset 1e4 and std 1e-2 output and running variance are right to 1e-6 x max(1, |value|), in both modes."""
    x = 1e4 + 1e-2 * torch.randn(2, 3, 40, 40, generator=torch.Generator().manual_seed(0))
    layer, cause = BatchNorm2d(3, momentum=1.0), "float64, two passes"
    mean, _, unbiased = statistics_of(x)
    exact, _ = plain_loop(x)
    expect_close(layer(x).detach().double(), exact, within=1e-6 * exact.abs().clamp(min=1), cause=cause)
    with speaking_of("running_var"):
        expect_close(layer.running_var.double(), unbiased, within=1e-6 * unbiased, cause=cause)
    # The running mean is a float32, half a step of 2**-10 away from the mean at most.
    with speaking_of("running_mean"):
        expect_close(layer.running_mean.double(), mean, within=2.0**-11)
    scale = torch.sqrt(layer.running_var.double() + 1e-5)[:, None, None]
    evaluated = (x.double() - layer.running_mean.double()[:, None, None]) / scale
    got, cause = layer.eval()(x).detach().double(), "subtract the mean before anything is rounded"
    expect_close(got, evaluated, within=1e-6 * evaluated.abs().clamp(min=1), cause=cause)


@law("BatchNorm2d", lesson=4, rank="range", x=pictures, train=train_unit)
def in_evaluation_a_photo_is_alone_to_the_last_bit(BatchNorm2d, x, train):
    """A photo alone, or one pixel of it, gives the same bits as in company; a NaN stays in its place."""
    layer = BatchNorm2d(x.shape[1])
    layer(train.expand(-1, x.shape[1], -1, -1))
    layer.eval()
    together = layer(torch.cat([x, x + 100, -x])).detach()
    for i in range(len(x)):
        expect_same(layer(x[i : i + 1]).detach(), together[i : i + 1], BY_ITSELF)
    expect_same(layer(x[:1, :, :1, :1]).detach(), together[:1, :, :1, :1])
    broken, expected = x.clone(), together[: len(x)].clone()
    broken[0, -1, 0, 0] = expected[0, -1, 0, 0] = math.nan
    expect_same(layer(broken).detach(), expected)


@law("BatchNorm2d", lesson=4, rank="range", cases=[{"eps": 0.25}, {"eps": 1.0}])
def a_running_variance_of_0_is_usable(BatchNorm2d, eps):
    """With running variance 0, of a channel that never changed, evaluation divides by sqrt(eps)."""
    layer = BatchNorm2d(2, eps=eps).eval()
    layer.running_var.zero_()
    x = torch.tensor([1.0, -3.0]).reshape(1, 2, 1, 1)
    expect_close(layer(x).detach(), x / math.sqrt(eps), within=1e-6 * (1 + x.abs()))


# Types and layouts.


@law("BatchNorm2d", lesson=4, rank="range", cases=[{"dtype": d, "training": t} for d in FLOATS for t in (True, False)])
def the_layer_keeps_the_type(BatchNorm2d, dtype, training):
    """The result has the type of x, also where the parameters are float32, and the running statistics stay float32."""
    layer = BatchNorm2d(3).train(training)
    expect_same(layer(torch.rand(2, 3, 2, 2).to(dtype)).dtype, dtype)
    for name in ("running_mean", "running_var"):
        with speaking_of(name):
            expect_same(getattr(layer, name).dtype, torch.float32)


# Refusals.


@law("BatchNorm2d", lesson=4, rank="manners", x=pictures)
def the_layer_keeps_its_argument(BatchNorm2d, x):
    """The batch is left as it was, in training and in evaluation, and the result is new memory."""
    layer = BatchNorm2d(x.shape[1])
    expect_arguments_kept(lambda x: layer(x).detach(), x)
    layer.eval()
    expect_arguments_kept(lambda x: layer(x).detach(), x)


@law("BatchNorm2d", lesson=4, rank="manners", cases=NOT_FINITE)
def a_bad_batch_leaves_no_trace(BatchNorm2d, value, dtype):
    """A NaN or inf in a training batch, and every other bad batch, is a ValueError and leaves the layer as it was."""
    layer = BatchNorm2d(3)
    layer(torch.rand(2, 3, 2, 2, generator=torch.Generator().manual_seed(0)))
    before = state(layer)
    x = torch.ones(2, 3, 2, 2, dtype=dtype)
    x[1, 1, 0, 1] = value
    expect_raises(ValueError, layer, x, cause="look before you update")
    expect_state(layer, before)
    refuses_one_value(layer)
    refuses_what_is_no_batch(layer)
    expect_raises(ValueError, layer, torch.rand(2, 2, 2, 2), mention=["2", "3"])
    expect_state(layer, before)


@law("BatchNorm2d", lesson=4, rank="manners")
def evaluation_refuses_too(BatchNorm2d):
    """In evaluation wrong types, shapes and channel counts are refused, too; one value per channel is fine."""
    layer = BatchNorm2d(3).eval()
    refuses_what_is_no_batch(layer)
    cause = "broadcasting makes three channels of one"
    expect_raises(ValueError, layer, torch.rand(2, 1, 2, 2), mention=["1", "3"], cause=cause)
    expect_same(tuple(layer(torch.rand(1, 3, 1, 1)).shape), (1, 3, 1, 1))


SPOILT = [("running_var", -0.5), ("running_var", math.nan), ("running_var", math.inf)]
SPOILT += [("running_mean", math.nan), ("running_mean", math.inf)]


@law("BatchNorm2d", lesson=4, rank="manners", cases=[{"name": name, "value": value} for name, value in SPOILT])
def spoilt_running_statistics_are_refused(BatchNorm2d, name, value):
    """Evaluation with a negative variance, or with statistics that are not finite, is a ValueError."""
    layer = BatchNorm2d(3).eval()
    getattr(layer, name)[1] = value
    cause = "the root of a negative variance is NaN"
    expect_raises(ValueError, layer, torch.rand(2, 3, 2, 2), mention=[name], cause=cause)


@law("BatchNorm2d", lesson=4, rank="manners")
def bad_options_are_refused(BatchNorm2d):
    """A momentum outside [0, 1], an eps not finite and positive, and no channels are ValueErrors at once."""
    for momentum in (5, -0.1, 1.0001, math.nan, math.inf):
        expect_raises(ValueError, BatchNorm2d, 3, momentum=momentum, mention=["momentum"])
    for eps in (0.0, -1e-5, math.nan, math.inf):
        expect_raises(ValueError, BatchNorm2d, 3, eps=eps, mention=["eps"])
    for features in (0, -1):
        expect_raises(ValueError, BatchNorm2d, features)


# -------------------------------------------------------------- keras_options

KERAS = json.loads(Path(__file__).with_name("keras_batchnorm.json").read_text())


def channels_first(values):
    return torch.tensor(values, dtype=torch.float32).permute(0, 3, 1, 2).contiguous()


# Equation.


@law("keras_options", lesson=4, rank="mathematics", epsilon=st.floats(1e-9, 10), momentum=st.floats(0, 1))
def momentum_is_turned_round(keras_options, epsilon, momentum):
    """epsilon becomes eps; momentum, the weight of the old in Keras, becomes 1 - momentum, that of the new."""
    options = keras_options(epsilon, momentum)
    expect_same(sorted(options), ["eps", "momentum"])
    expect_close(np.float64(options["eps"]), np.float64(epsilon), within=0)
    expect_close(np.float64(options["momentum"]), np.float64(1 - momentum), within=1e-15)
    expect_same(keras_options(epsilon=epsilon, momentum=momentum), options)


@law("keras_options", lesson=4, rank="range")
def the_defaults_are_those_of_keras(keras_options):
    """Without arguments: Keras' epsilon 1e-3 and momentum 0.99."""
    options = keras_options()
    expect_close(np.float64(options["eps"]), np.float64(KERAS["epsilon"]), within=0)
    expect_close(np.float64(options["momentum"]), np.float64(1 - KERAS["momentum"]), within=1e-15)


# Oracle.


@law("keras_options", lesson=4, rank="mathematics")
def layers_with_these_options_do_what_a_real_keras_did(keras_options):
    """On two batches, our layer and torch's do what a real Keras did, but for n / (n - 1) in the moving variance."""
    for make in (library.BatchNorm2d, torch.nn.BatchNorm2d):
        layer = make(2, **keras_options())
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(KERAS["gamma"]))
            layer.bias.copy_(torch.tensor(KERAS["beta"]))
        variance = torch.ones(2, dtype=torch.float64)
        for batch in KERAS["batches"]:
            x = channels_first(batch["input"])
            n = x.numel() // 2
            before = layer.running_var.double()
            expected = channels_first(batch["training_output"])
            expect_close(layer(x).detach(), expected, within=1e-5, cause="eps is 1e-3 in Keras")
            cause = "0.99 in Keras is 0.01 in torch"
            expect_close(layer.running_mean, torch.tensor(batch["moving_mean"]), within=1e-7, cause=cause)
            # Keras keeps the biased variance: take n / (n - 1) out of this step.
            step = (layer.running_var.double() - KERAS["momentum"] * before) * (n - 1) / n
            variance = KERAS["momentum"] * variance + step
            expect_close(variance, torch.tensor(batch["moving_variance"], dtype=torch.float64), within=1e-6)
        layer.running_var.copy_(variance)
        first = channels_first(KERAS["batches"][0]["input"])
        expect_close(layer.eval()(first).detach(), channels_first(KERAS["evaluation_output"]), within=1e-5)


# Refusals.


@law("keras_options", lesson=4, rank="manners")
def keras_options_refuses_bad_values(keras_options):
    """An epsilon that is not finite and positive and a momentum outside [0, 1] are ValueErrors."""
    for epsilon in (0.0, -1e-3, math.nan, math.inf):
        expect_raises(ValueError, keras_options, epsilon, mention=["epsilon"])
    for momentum in (-0.1, 1.5, math.nan):
        expect_raises(ValueError, keras_options, momentum=momentum, mention=["momentum"])
