"""Laws of lesson 7: what an input says of how it was made of a picture, and a network of whether it is affine.

The pictures are noise, so that each channel is like itself alone. u is half the distance from 1 to the next float32.
A mean and a spread of up to 36 numbers, about as far from 0 as they are spread, cost less than 128 u in float32.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
from hypothesis import strategies as st
from torch import nn

from seeing_tensors.course.laws import expect, expect_arguments_kept, expect_close, expect_raises, expect_same, law

from .strategies import EVERY_FLOAT, FLOATS, MEAN, STD, U, numbers, whole

seeds = st.integers(0, 2**16)
shapes = st.tuples(st.just(3), st.integers(4, 6), st.integers(4, 6))
MEASURED = 256 * U

# ----------------------------------------------------------- applied_mean_std

means = st.tuples(*[st.integers(1, 7).map(lambda n: n / 8)] * 3)
stds = st.tuples(*[st.sampled_from([0.125, 0.25, 0.375, 0.5, 2.0])] * 3)


def noise(seed, *shape, dtype=torch.float32):
    """A picture in [0, 1]."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


def column(values, x):
    return torch.tensor(values, dtype=torch.float64).reshape(-1, 1, 1).to(x.dtype)


def normalized(x, mean, std):
    return (x - column(mean, x)) / column(std, x)


# equation


@law("applied_mean_std", lesson=7, rank="mathematics", seed=seeds, shape=shapes, mean=means, std=stds)
def finds_the_mean_and_std_of_each_channel(applied_mean_std, seed, shape, mean, std):
    """Whatever mean and std a picture was normalised with, they come back, one of each a channel."""
    picture = noise(seed, *shape)
    m, s = np.array(mean), np.array(std)
    found = applied_mean_std(normalized(picture, mean, std), picture)
    causes = {
        "slope and offset are 1 / std and -mean / std: solve for mean and std": np.concatenate([-m / s, 1 / s]),
        "the spread of the picture over that of x, not the other way round": np.concatenate([m, 1 / s]),
    }
    expect_close(numbers(*found), numbers(mean, std), within=MEASURED * (1 + numbers(mean, std)), cause=causes)


@law("applied_mean_std", lesson=7, rank="mathematics", seed=seeds, shape=shapes)
def what_nobody_normalised_has_mean_0_and_std_1(applied_mean_std, seed, shape):
    """The picture itself says mean 0 and std 1; the picture from 0 to 255 says std 1/255."""
    picture = noise(seed, *shape)
    expect_close(numbers(*applied_mean_std(picture.clone(), picture)), numbers([0] * 3, [1] * 3), within=2 * MEASURED)
    found = numbers(*applied_mean_std(255 * picture, picture))
    expect_close(found, numbers([0] * 3, [1 / 255] * 3), within=2 * MEASURED)


@law("applied_mean_std", lesson=7, rank="mathematics", seed=seeds, shape=shapes)
def twice_normalised_shows(applied_mean_std, seed, shape):
    """Normalised twice by ImageNet's numbers, a picture says mean m + s m and std s s."""
    picture = noise(seed, *shape)
    twice = normalized(normalized(picture, MEAN, STD), MEAN, STD)
    expected = numbers([m + s * m for m, s in zip(MEAN, STD, strict=True)], [s * s for s in STD])
    expect_close(numbers(*applied_mean_std(twice, picture)), expected, within=4 * MEASURED)


# types and layouts


@law(
    "applied_mean_std",
    lesson=7,
    rank="range",
    seed=seeds,
    channels=st.integers(1, 5),
    dtype=st.sampled_from(EVERY_FLOAT),
)
def any_float_any_channels_any_layout(applied_mean_std, seed, channels, dtype):
    """One to five channels of every float type, in any layout, and x in another type than the picture."""
    mean, std = [c / 8 for c in range(channels)], [1 / (1 + c) for c in range(channels)]
    picture = noise(seed, channels, 6, 5, dtype=torch.float64)
    x = normalized(picture, mean, std).to(dtype)
    within = 32 * torch.finfo(dtype).eps * (1 + numbers(mean, std))
    for view in (lambda t: t, lambda t: t.mT, lambda t: t.permute(1, 2, 0).contiguous().permute(2, 0, 1)):
        found = applied_mean_std(view(x), view(picture))
        expect_close(numbers(*found), numbers(mean, std), within=within, cause="compute in float64")


@law("applied_mean_std", lesson=7, rank="range")
def two_tuples_of_floats(applied_mean_std):
    """The result is two tuples of floats, as Normalize takes them, also for one channel and with a gradient."""
    picture = noise(1, 1, 4, 4)
    found = applied_mean_std((2 * picture).requires_grad_(), picture)
    shape = [(type(part).__name__, [type(value).__name__ for value in part]) for part in found]
    expect(shape == [("tuple", ["float"])] * 2, got=str(shape), expected="((float, ...), (float, ...))")


# refusals


@law("applied_mean_std", lesson=7, rank="manners")
def what_no_normalize_made_is_refused(applied_mean_std):
    """Channels in another order, a negative, another picture and a channel that never changes are ValueErrors."""
    picture = noise(2, 3, 5, 5)
    flat = picture.clone()
    flat[1] = 0.1
    for x in (picture.flip(0), 1 - picture, noise(3, 3, 5, 5), picture.flip(2), flat):
        expect_raises(ValueError, applied_mean_std, x, picture)
    expect_raises(ValueError, applied_mean_std, picture, flat, mention=["1"])


@law("applied_mean_std", "channel_order", lesson=7, rank="manners")
def what_is_no_pair_of_pictures_is_refused(function):
    """Other shapes, and NaN or inf, are ValueErrors; what is no float tensor is a TypeError."""
    picture = noise(4, 3, 5, 5)
    expect_raises(ValueError, function, picture[:, 1:], picture, mention=["(3, 4, 5)", "(3, 5, 5)"])
    expect_raises(ValueError, function, picture[:1], picture)
    expect_raises(ValueError, function, picture[None], picture[None], mention=["(1, 3, 5, 5)"])
    expect_raises(ValueError, function, picture[:, :0], picture[:, :0], mention=["(3, 0, 5)"])
    for value in (math.nan, math.inf):
        broken = picture.clone()
        broken[2, 3, 1] = value
        expect_raises(ValueError, function, broken, picture)
        expect_raises(ValueError, function, picture, broken)
    for bad in (picture.numpy(), (255 * picture).byte(), None):
        expect_raises(TypeError, function, bad, picture)
        expect_raises(TypeError, function, picture, bad)


@law("applied_mean_std", "channel_order", lesson=7, rank="manners")
def input_and_picture_are_kept(function):
    """x and the picture are left as they were."""
    expect_arguments_kept(function, noise(5, 3, 4, 4), noise(5, 3, 4, 4))


# -------------------------------------------------------------- channel_order

orders = st.permutations(range(3)).map(tuple)


def as_tuple(found):
    """The order as Python's own numbers, from whatever sequence came."""
    return tuple(None if k is None else int(k) for k in found)


# equation


@law("channel_order", lesson=7, rank="mathematics", seed=seeds, shape=shapes, order=orders)
def finds_the_order(channel_order, seed, shape, order):
    """Number c of the result is the picture's channel that channel c of x is: (2, 1, 0) for blue, green, red."""
    picture = noise(seed, *shape)
    causes = {
        "say which channel of the picture each of x is, not where each of the picture went": np.argsort(order),
    }
    found = as_tuple(channel_order(picture[list(order)], picture))
    if None not in found:
        expect_same(np.array(found), np.array(order), causes)
    expect_same(found, tuple(order))


@law("channel_order", lesson=7, rank="mathematics", seed=seeds, shape=shapes, order=orders, mean=means, std=stds)
def a_normalize_changes_nothing(channel_order, seed, shape, order, mean, std):
    """Whatever mean and std each channel was normalised with, the order is the same."""
    picture = noise(seed, *shape)
    x = normalized(picture[list(order)], mean, std)
    cause = "compare what a Normalize leaves as it is: not values, but how they go up and down together"
    expect_same(as_tuple(channel_order(x, picture)), tuple(order), cause)


@law("channel_order", lesson=7, rank="mathematics", seed=seeds, shape=shapes)
def what_is_no_channel_is_none(channel_order, seed, shape):
    """A reshape in place of a permute gives None three times; so does each channel that is a negative or of another
    picture."""
    image = noise(seed, *shape).permute(1, 2, 0).contiguous()
    picture = image.permute(2, 0, 1)
    cause = "where even the best correlation is below 0.999, say None"
    expect_same(as_tuple(channel_order(image.reshape(shape), picture)), (None, None, None), cause)
    x = torch.stack([picture[1], 1 - picture[2], noise(seed + 1, *shape)[0]])
    expect_same(as_tuple(channel_order(x, picture)), (1, None, None), cause)


# edges


@law("channel_order", lesson=7, rank="mathematics", seed=seeds)
def channels_that_are_nearly_alike_are_told_apart(channel_order, seed):
    """In a photo that is nearly grey all channels correlate above 0.999: the nearest one is meant."""
    grey = noise(seed, 1, 6, 6)
    picture = (grey + (noise(seed + 1, 3, 6, 6) - 0.5) / 64) * 0.9
    expect_same(as_tuple(channel_order(normalized(picture.flip(0), MEAN, STD), picture)), (2, 1, 0))


# types and layouts


@law(
    "channel_order", lesson=7, rank="range", seed=seeds, channels=st.integers(1, 5), dtype=st.sampled_from(EVERY_FLOAT)
)
def any_number_of_channels_in_any_float(channel_order, seed, channels, dtype):
    """One to five channels of every float type, in any layout: a tuple of ints."""
    picture = noise(seed, channels, 6, 5, dtype=torch.float64)
    x = (picture.roll(1, 0) * 4 - 2).to(dtype)
    expected = tuple((c - 1) % channels for c in range(channels))
    for view in (lambda t: t, lambda t: t.mT, lambda t: t.permute(1, 2, 0).contiguous().permute(2, 0, 1)):
        found = channel_order(view(x).requires_grad_(), view(picture))
        expect_same(found, expected)
        expect(all(type(k) is int for k in found), got=repr(found), expected="Python's own ints")


@law("channel_order", lesson=7, rank="range", value=st.sampled_from([0.0, 0.1, 1 / 3]), size=st.integers(4, 9))
def a_channel_that_never_changes_is_none(channel_order, value, size):
    """A channel of one value says nothing: None in x, and in the picture it is never the answer."""
    picture = noise(6, 3, size, size, dtype=torch.float64)
    flat = picture.clone()
    flat[1] = value
    for x, original in ((flat, picture), (picture, flat), (flat, flat)):
        expect_same(as_tuple(channel_order(x, original)), (0, None, 2))


@law("channel_order", lesson=7, rank="range")
def a_channel_and_its_negative_are_two(channel_order):
    """Where a picture has a channel and its negative, each is found as itself."""
    picture = noise(14, 3, 5, 5)
    picture[2] = -picture[0]
    expect_same(as_tuple(channel_order(picture.flip(0), picture)), (2, 1, 0))


# refusals


@law("channel_order", lesson=7, rank="manners")
def a_grey_picture_has_no_order(channel_order):
    """A picture with two channels of the same values is a ValueError that names them: nobody can tell."""
    picture = noise(7, 3, 5, 5)
    picture[2] = picture[0]
    expect_raises(ValueError, channel_order, picture, picture, mention=["0", "2"])
    expect_raises(ValueError, channel_order, noise(8, 3, 5, 5), picture[:1].expand(3, 5, 5))


# -------------------------------------------------------- superposition_error


def layers(seed, between):
    """Two layers of whole weights, and what stands between them. All values stay whole, and far below 2**24."""
    weights = whole(seed, 2, 1, 2, 2), whole(seed + 1, 3, 2, 1, 2)
    biases = whole(seed + 2, 2), whole(seed + 3, 3)
    return lambda t: F.conv2d(between(F.conv2d(t, weights[0], biases[0])), weights[1], biases[1])


def two_pictures(seed):
    return whole(seed + 4, 1, 1, 3, 4), whole(seed + 5, 1, 1, 3, 4)


BENT = {
    "relu": torch.relu,
    "abs": torch.abs,
    "square": torch.square,
    "max_pool2d": lambda t: F.max_pool2d(t, (1, 2), stride=1),
}


def as_number(found):
    return float(found) if isinstance(found, (torch.Tensor, np.number)) else found


# equation


@law("superposition_error", lesson=7, rank="mathematics", seed=seeds)
def layers_with_nothing_between_them_have_none(superposition_error, seed):
    """Two layers with nothing between them are a weighted sum and a constant: exactly 0, whatever the biases."""
    f, (x, y) = layers(seed, lambda t: t), two_pictures(seed)
    cause = "f(0) is not 0 where there is a bias: add it once"
    expect_same(as_number(superposition_error(f, x, y)), 0.0, cause)


@law("superposition_error", lesson=7, rank="mathematics", seed=seeds, name=st.sampled_from(sorted(BENT)))
def is_the_largest_difference(superposition_error, seed, name):
    """It is the largest absolute value of f(x + y) - f(x) - f(y) + f(0), whatever stands between two layers."""
    f, (x, y) = layers(seed, BENT[name]), two_pictures(seed)
    rest = f(x + y) - f(x) - f(y) + f(0 * x)
    causes = {
        "the largest size, above 0 or below": rest.max().item(),
        "the largest, not the mean": rest.abs().mean().item(),
        "the largest, not the sum": rest.abs().sum().item(),
        "add f(0): a bias comes twice in f(x) + f(y)": (rest - f(0 * x)).abs().max().item(),
    }
    expect_same(as_number(superposition_error(f, x, y)), rest.abs().max().item(), causes)


# edges


@law("superposition_error", lesson=7, rank="mathematics")
def known_errors(superposition_error):
    """For 3 and -1: twice the number and five has 0, ReLU 1, the absolute value 2, the square 6."""
    x, y = torch.tensor([[3.0]]), torch.tensor([[-1.0]])
    for f, expected in [(lambda t: 2 * t + 5, 0.0), (torch.relu, 1.0), (torch.abs, 2.0), (torch.square, 6.0)]:
        cause = "a multiple of one picture is not enough: f(2 x) = 2 f(x) holds for ReLU, too"
        expect_same(as_number(superposition_error(f, x, y)), expected, cause)


# oracle


@law("superposition_error", lesson=7, rank="mathematics", seed=seeds, name=st.sampled_from(sorted(BENT)))
def scale_and_constant(superposition_error, seed, name):
    """A constant added to f changes nothing, and f four times as large, or turned around, has four times the error."""
    f, (x, y) = layers(seed, BENT[name]), two_pictures(seed)
    error = as_number(superposition_error(f, x, y))
    expect_same(as_number(superposition_error(lambda t: 7 - 4 * f(t), x, y)), 4 * error)


# types and layouts


@law("superposition_error", lesson=7, rank="range", dtype=st.sampled_from(FLOATS), shape=st.sampled_from([(), (2, 3)]))
def any_float_and_any_shape(superposition_error, dtype, shape):
    """Tensors of every float type and any shape go in, f may give another shape, and a plain float comes out."""
    x = torch.full(shape, 2.0, dtype=dtype)
    for f, expected in [(lambda t: t.abs().sum(), 2.0 * x.numel()), (lambda t: 3 * t.flatten() + 1, 0.0)]:
        expect_same(superposition_error(f, x, -x / 2), expected)
    far = superposition_error(lambda t: torch.where(t > 2, 2048, -1).to(dtype) * (t != 0), x, x / 2)
    expect_same(far, 2050.0, "half precision has no 2049: take the differences in float64")


@law("superposition_error", lesson=7, rank="range")
def networks_are_run_as_they_are(superposition_error):
    """BatchNorm keeps sums in evaluation mode, within rounding, and not in training mode; no gradient is kept."""
    x, y = noise(9, 2, 1, 4, 4), noise(10, 2, 1, 4, 4)
    norm = nn.BatchNorm2d(1)
    error = superposition_error(norm.eval(), x, y)
    expect(error < 1e-5, got=str(error), expected="rounding, below 1e-5")
    error = superposition_error(norm.train(), x, y)
    expect(error > 0.1, got=str(error), expected="more than 0.1")
    graph = []
    superposition_error(lambda t: graph.append(norm(t).requires_grad) or t, x, y)
    expect(not any(graph), got="f recorded a gradient", expected="torch.no_grad()")


# refusals


@law("superposition_error", lesson=7, rank="manners")
def what_does_not_go_together_is_refused(superposition_error):
    """Two shapes, and results that are not finite, are ValueErrors; whole numbers and two types are TypeErrors."""
    x = noise(11, 1, 1, 3, 3)
    expect_raises(ValueError, superposition_error, torch.relu, x, x[..., 1:], mention=["(1, 1, 3, 3)", "(1, 1, 3, 2)"])
    expect_raises(ValueError, superposition_error, torch.log, x, x)
    expect_raises(ValueError, superposition_error, lambda t: t[:0], x, x)
    expect_raises(TypeError, superposition_error, torch.relu, x, x.double(), mention=["float32", "float64"])
    for bad in (x.long(), x.numpy(), 1.0):
        expect_raises(TypeError, superposition_error, torch.relu, bad, bad)
    for f in (lambda t: None, lambda t: t.long(), lambda t: t.numpy()):
        expect_raises(TypeError, superposition_error, f, x, x)


@law("superposition_error", lesson=7, rank="manners")
def superposition_keeps_its_arguments(superposition_error):
    """x and y are left as they were."""
    expect_arguments_kept(lambda x, y: superposition_error(torch.relu, x, y), noise(12, 3), noise(13, 3))
