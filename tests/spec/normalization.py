"""Laws of lesson 3: Normalize and its inverse.

u is half the distance from 1 to the next number of the type, 2**-24 in
float32. Means and stds are drawn from the numbers that float32 holds, so that
an implementation that computes in float64 inside is held to the same bounds.
"""

import math
from fractions import Fraction

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torchvision import tv_tensors
from torchvision.transforms import v2

import seeing_tensors as library
from seeing_tensors.course.laws import (
    expect,
    expect_arguments_kept,
    expect_close,
    expect_contains,
    expect_raises,
    expect_same,
    law,
)

from .strategies import FLOATS, MEAN, STD, U, float_tensors, numbers

rgb_pictures = float_tensors(0, 1, channels=(3,))
means = st.tuples(*[st.floats(0, 1, width=32)] * 3)
stds = st.tuples(*[st.floats(0.0625, 1, width=32)] * 3)

# Whatever float32 holds without trouble.
wide_pictures = float_tensors(-(2.0**20), 2.0**20, channels=(3,))
wide_means = st.tuples(*[st.floats(-(2.0**20), 2.0**20, width=32, allow_subnormal=False)] * 3)
wide_stds = st.tuples(*[st.floats(2.0**-20, 2.0**20, width=32)] * 3)


def columns(*statistics):
    """Tuples of C numbers as float64 (C, 1, 1)."""
    return [torch.tensor(values, dtype=torch.float64).reshape(-1, 1, 1) for values in statistics]


# ------------------------------------------------------------------ normalize

# Equation.


@law("normalize", lesson=3, rank="mathematics", x=rgb_pictures, mean=means, std=stds)
def subtracts_the_mean_and_divides_by_the_std(normalize, x, mean, std):
    """Channel c becomes (x - mean[c]) / std[c], within 2u of its own size: one rounding for each operation."""
    m, s = columns(mean, std)
    exact = (x.double() - m) / s
    # The two roundings, the one of the expected value, and the smallest step of float32 where the result is nearly 0.
    bound = 3.01 * U * exact.abs() + 2.0**-149 * (1 + 1 / s)
    expect_close(normalize(x, mean, std), exact.float(), within=bound, cause="mean and std belong to channels, axis -3")


@law("normalize", lesson=3, rank="mathematics")
def imagenet_constants_leave_the_unit_interval(normalize):
    """With ImageNet's constants, black becomes -mean / std and white (1 - mean) / std: from -2.12 to 2.64."""
    black, white = normalize(torch.zeros(3, 1, 1), MEAN, STD), normalize(torch.ones(3, 1, 1), MEAN, STD)
    expect_close(torch.stack([black.min(), white.max()]), torch.tensor([-2.1179, 2.6400]), within=5e-5)


@law("normalize", lesson=3, rank="range", x=wide_pictures, mean=wide_means, std=wide_stds)
def subtracts_and_divides_at_any_scale(normalize, x, mean, std):
    """The bound of 2u of the result holds for pictures, means and stds from 2**-20 to 2**20, too."""
    m, s = columns(mean, std)
    exact = (x.double() - m) / s
    bound = 3.01 * U * exact.abs() + 2.0**-149 * (1 + 1 / s)
    expect_close(normalize(x, mean, std), exact.float(), within=bound, cause="subtract before you divide")


# Oracle.


@law("normalize", lesson=3, rank="mathematics", x=rgb_pictures)
def equals_torchvision(normalize, x):
    """The result is that of torchvision's Normalize, to the last bit or one beside it."""
    expected = v2.functional.normalize(x, MEAN, STD)
    expect_close(normalize(x, MEAN, STD), expected, within=4 * U * (expected.abs().double() + 2.2))


# Refusals.


@law("normalize", lesson=3, rank="manners")
def a_refused_std_is_written_as_it_was_given(normalize):
    """The message has the numbers that were given, not what they have become in float32."""
    expect_raises(ValueError, normalize, torch.ones(3, 2, 2), MEAN, (-0.2, 0.2, 0.2), mention=["(-0.2, 0.2, 0.2)"])


# ---------------------------------------------------------- inverse_normalize

# Equation.


@law("inverse_normalize", lesson=3, rank="mathematics", x=rgb_pictures, mean=means, std=stds)
def undoes_normalize(inverse_normalize, x, mean, std):
    """For every picture, mean and positive std, the inverse gives the picture back within 4u (|x| + |x - mean|)."""
    m, s = columns(mean, std)
    bound = 4 * U * (x.double().abs() + (x.double() - m).abs()) + 2.0**-148
    normalised = library.normalize(x, mean, std)
    y = normalised.double()
    low, high = y.amin((-1, -2), keepdim=True), y.amax((-1, -2), keepdim=True)
    cause = {
        "first multiply by the std, then add the mean": (y + m) * s,
        "add the mean, do not subtract it": y * s - m,
        "multiply by the std, do not divide by it": y / s + m,
        "the std is no variance: take no root": y * s.sqrt() + m,
        "each channel has a mean and a std of its own": y * s.mean() + m.mean(),
        "stretching each channel from smallest to largest is no inverse": (y - low) / (high - low).clamp(min=1e-9),
    }
    expect_close(inverse_normalize(normalised, mean, std), x, within=bound, cause=cause)


@law("inverse_normalize", lesson=3, rank="mathematics", y=float_tensors(-8, 8, channels=(3,)), mean=means, std=stds)
def multiplies_and_adds(inverse_normalize, y, mean, std):
    """The value y becomes y std[c] + mean[c], within one rounding for each operation."""
    expect_multiplied_and_added(inverse_normalize(y.clone(), mean, std), y, mean, std)


@law("inverse_normalize", lesson=3, rank="mathematics")
def all_levels_come_back_exactly(inverse_normalize):
    """After Normalize, its inverse and rounding, all 256 levels of all 3 channels are what they were."""
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16).expand(3, -1, -1).contiguous()
    others = [((m,) * 3, (s,) * 3) for m, s in [(0.5, 0.5), (0.1307, 0.3081), (0.0, 255.0)]]
    for mean, std in [(MEAN, STD), *others]:
        back = inverse_normalize(library.normalize(levels / 255, mean, std), mean, std)
        expect_same(library.to_uint8(back), levels)


@law("inverse_normalize", lesson=3, rank="range", x=wide_pictures, mean=wide_means, std=wide_stds)
def undoes_normalize_at_any_scale(inverse_normalize, x, mean, std):
    """Both bounds hold for pictures, means and stds from 2**-20 to 2**20, too."""
    m, s = columns(mean, std)
    y = library.normalize(x, mean, std)
    back = inverse_normalize(y, mean, std)
    expect_close(back, x, within=4 * U * (x.double().abs() + (x.double() - m).abs()) + 2.0**-149 * (1 + s))
    expect_multiplied_and_added(back, y, mean, std)


def expect_multiplied_and_added(got, y, mean, std):
    """Three roundings: of the product, of the sum, and of the expected value."""
    m, s = columns(mean, std)
    product, exact = y.double() * s, y.double() * s + m
    bound = 1.01 * U * product.abs() + 2.01 * U * exact.abs() + 2.0**-149
    expect_close(got, exact.float(), within=bound, cause="multiply by the std, then add the mean")


# ---------------------------------- both: normalize and inverse_normalize

# Equation.


@law("normalize", "inverse_normalize", lesson=3, rank="mathematics", x=rgb_pictures)
def a_picture_gives_the_same_alone_as_in_a_batch(function, x):
    """A picture gives the same result alone and in a batch of any size."""
    # More pictures than channels: a loop over zip(batch, mean, std) stops at three.
    batch = torch.stack([x, x / 2, -x, x, x])
    for n in (5, 3):
        together = function(batch[:n].clone(), MEAN, STD)
        for i in range(n):
            alone = function(batch[i].clone(), MEAN, STD)
            expect_same(together[i], alone, "channels are axis -3, also in a batch (N, C, H, W)")


# Edges.


@law("normalize", "inverse_normalize", lesson=3, rank="range", cases=[{"channels": c} for c in (1, 2, 4, 7)])
def each_channel_goes_its_own_way(function, channels):
    """Each channel is changed by its own two numbers, for 1, 2, 4 and 7 of them."""
    mean, std = tuple(i / 8 for i in range(channels)), tuple((i + 1) / 4 for i in range(channels))
    x = torch.arange(channels * 6.0).reshape(channels, 2, 3)
    together = function(x, mean, std)
    for i in range(channels):
        expect_same(together[i : i + 1], function(x[i : i + 1], mean[i : i + 1], std[i : i + 1]))


@law("normalize", "inverse_normalize", lesson=3, rank="range")
def hides_nothing(function):
    """NaN stays NaN, infinity stays infinity, and no value is clamped."""
    x = torch.tensor([math.nan, math.inf, -math.inf, 1e30, -1e30, 2.0]).reshape(1, 1, 6)
    result = function(x, (0.0,), (1.0,))
    expect_same(result, x, "clamp nothing and repair nothing: that is the display's business")


@law("normalize", "inverse_normalize", lesson=3, rank="range", cases=[{"dtype": dtype} for dtype in FLOATS])
def the_smallest_normal_number_is_a_std(function, dtype):
    """In each type the smallest normal number is a std, half of it is not."""
    zero, tiny = torch.zeros(1, 1, 1, dtype=dtype), torch.finfo(dtype).tiny
    expect_same(function(zero, (0.0,), (tiny,)), zero)
    expect_raises(ValueError, function, zero, (0.0,), (tiny / 2,))


# Types and layouts.


@law("normalize", "inverse_normalize", lesson=3, rank="range", dtype=st.sampled_from(FLOATS))
def type_and_shape_stay(function, dtype):
    """The result has the type and shape of x, for one picture, a batch, and a batch of videos."""
    for shape in [(3, 2, 4), (5, 3, 2, 4), (2, 5, 3, 2, 4)]:
        result = function(torch.rand(shape).to(dtype), MEAN, STD)
        kept = (result.dtype, result.shape) == (dtype, shape)
        expect(kept, got=f"{result.dtype} {tuple(result.shape)}", expected=f"{dtype} {shape}")


ROUNDING = {torch.float16: 2.0**-11, torch.bfloat16: 2.0**-8, torch.float32: 2.0**-24, torch.float64: 2.0**-53}


@law("normalize", "inverse_normalize", lesson=3, rank="range", cases=[{"dtype": dtype} for dtype in ROUNDING])
def works_in_the_type_of_x(function, about, dtype):
    """In float16, bfloat16, float32 and float64 each of the two operations costs one rounding of that type."""
    # Below float64 only numbers that every type holds: who computes in float64 inside is held to the same bound.
    mean, std = (0.484375, 0.4375, 0.40625), (0.2265625, 0.21875, 0.328125)
    if dtype == torch.float64:
        mean, std = MEAN, STD
    x = (torch.arange(3 * 4 * 5).reshape(3, 4, 5) / 60).to(dtype)
    (m, s), exactly = columns(mean, std), x.double()
    if about == "normalize":
        expected = (exactly - m) / s
        size = 2 * expected.abs()
    else:
        expected = exactly * s + m
        size = (exactly * s).abs() + expected.abs()
    # In float64 the yardstick itself rounds.
    bound = (3 if dtype == torch.float64 else 1.01) * ROUNDING[dtype] * size
    result = function(x, mean, std)
    expect(result.dtype == dtype, got=str(result.dtype), expected=str(dtype))
    cause = "compute in the type of x, with mean and std in it too"
    expect_close(result.double(), expected, within=bound, cause=cause)


@law("normalize", "inverse_normalize", lesson=3, rank="range")
def mean_and_std_are_sequences_of_any_kind(function):
    """Tuples, lists, arrays and tensors of numbers give the same."""
    x, mean, std = torch.arange(12.0).reshape(3, 2, 2), (0.0, 0.125, 0.25), (0.25, 0.5, 0.75)
    for kind in (list, np.array, torch.tensor, lambda values: np.array(values, np.float32)):
        expect_same(function(x, kind(mean), kind(std)), function(x, mean, std))


@law("normalize", "inverse_normalize", lesson=3, rank="range")
def the_gradient_flows(function, about):
    """The gradient with respect to x is the slope: 1 / std for normalize, std for its inverse."""
    x = torch.rand(2, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    function(x, MEAN, STD).sum().backward()
    cause = "do not detach: models normalise inside"
    expect(x.grad is not None, got="no gradient", expected="the slope of each channel", cause=cause)
    (s,) = columns(STD)
    expect_close(x.grad, (1 / s if about == "normalize" else s).expand(2, 3, 2, 2), within=1e-12)


@law("normalize", "inverse_normalize", lesson=3, rank="range", x=rgb_pictures)
def any_layout_is_read(function, x):
    """A flipped, transposed, strided or channels-last view gives what its copy gives; nothing gives nothing."""
    for view in (x.flip(-1), x.transpose(-1, -2), x[..., ::2], x.permute(1, 2, 0).contiguous().permute(2, 0, 1)):
        expected = function(view.clone(memory_format=torch.contiguous_format), MEAN, STD)
        expect_same(function(view, MEAN, STD), expected, "strides say nothing about channels")
    expect_same(function(x[:, :0], MEAN, STD), x[:, :0])
    expect_same(function(x[None][:0], MEAN, STD), x[None][:0])


DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


@law("normalize", "inverse_normalize", lesson=3, rank="range", cases=[{"device": device} for device in DEVICES])
def the_result_lies_where_x_lies(function, about, device):
    """The result lies where x lies, whatever device torch makes new tensors on."""
    x = torch.full((3, 2, 2), 0.5, device=device)
    try:
        with torch.device("meta"):
            y = function(x, (0.0, 1.0, 0.5), (2.0, 2.0, 2.0))
    except NotImplementedError:  # it has made tensors anywhere, and moves them to x: as good, but meta has no numbers
        return
    expect_same(y.device, x.device, "make new tensors with device=x.device")
    expected = {"normalize": (0.25, -0.25, 0.0), "inverse_normalize": (1.0, 2.0, 1.5)}[about]
    expect_same(y.cpu(), torch.tensor(expected).reshape(3, 1, 1).expand(3, 2, 2))


# Refusals, and arguments kept.


@law("normalize", "inverse_normalize", lesson=3, rank="manners", x=rgb_pictures)
def x_is_left_as_it_was(function, x):
    """x is left as it was, and the result is new memory: the training that goes on with x sees the same numbers."""
    expect_arguments_kept(function, x, MEAN, STD)
    expect_arguments_kept(function, x, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


BAD_STATISTICS = [
    (MEAN, (0.2, 0.0, 0.2)),
    (MEAN, (0.2, -0.2, 0.2)),
    (MEAN, (0.2, math.nan, 0.2)),
    (MEAN, (0.2, math.inf, 0.2)),
    (MEAN, (0.2, 1e-40, 0.2)),
    (MEAN, (0.2, 1e-60, 0.2)),
    ((0.5, math.nan, 0.5), STD),
    ((0.5, math.inf, 0.5), STD),
    ((0.5, 1e60, 0.5), STD),
    ((10**400, 0, 0), STD),
    (MEAN[:2], STD),
    (MEAN, STD[:1]),
    ((0.5,), (0.5,)),
    ((), ()),
]


EACH_BAD = [{"mean": mean, "std": std} for mean, std in BAD_STATISTICS]


@law("normalize", "inverse_normalize", lesson=3, rank="manners", cases=EACH_BAD)
def bad_statistics_are_refused(function, mean, std):
    """A std that is 0, negative, subnormal or not finite, a mean that is not, or too few of either: ValueError."""
    cause = "check mean and std before computing: a bad one gives numbers too"
    expect_raises(ValueError, function, torch.full((3, 2, 2), 0.5), mean, std, cause=cause)


@law("normalize", "inverse_normalize", lesson=3, rank="manners")
def a_std_too_small_for_the_type_is_refused(function):
    """1e-5 is a std in float32, and a ValueError in float16, where it is subnormal."""
    function(torch.rand(1, 2, 2), (0.5,), (1e-5,))
    expect_raises(ValueError, function, torch.rand(1, 2, 2).half(), (0.5,), (1e-5,))


NO_NUMBERS = ["123", ("0.5",) * 3, torch.zeros(3, 2), None, 0.5, [None] * 3]


@law("normalize", "inverse_normalize", lesson=3, rank="manners", cases=[{"mean": thing} for thing in NO_NUMBERS])
def what_is_no_sequence_of_numbers_is_refused(function, mean):
    """Text, tables and plain numbers as mean or std are TypeErrors."""
    x = torch.full((3, 2, 2), 0.5)
    expect_raises(TypeError, function, x, mean, STD)
    expect_raises(TypeError, function, x, MEAN, mean)


@law("normalize", "inverse_normalize", lesson=3, rank="manners")
def bytes_and_arrays_are_refused(function):
    """A tensor that is not float is a TypeError that names its type; an array is a TypeError."""
    for dtype in (torch.uint8, torch.int64, torch.bool):
        x = torch.ones(3, 2, 2, dtype=dtype)
        expect_raises(TypeError, function, x, MEAN, STD, mention=[str(dtype).removeprefix("torch.")])
    expect_raises(TypeError, function, np.zeros((3, 2, 2), np.float32), MEAN, STD)


MISMATCHES = [((1, 2, 2), 3), ((5, 1, 2, 2), 3), ((5, 3, 2, 2), 1), ((3, 1, 2, 2), 3), ((2, 5, 1, 2, 2), 5)]
WRONG_SHAPES = [{"shape": shape, "n": n} for shape, n in [*MISMATCHES, ((2, 2, 3), 3), ((2, 2), 1)]]


@law("normalize", "inverse_normalize", lesson=3, rank="manners", cases=WRONG_SHAPES)
def another_number_of_channels_is_refused(function, shape, n):
    """Other than as many channels as means, or fewer than three axes, are a ValueError that names the shape."""
    x, cause = torch.rand(shape), "broadcasting hides the mismatch"
    expect_raises(ValueError, function, x, (0.5,) * n, (0.5,) * n, mention=[str(shape)], cause=cause)


# ----------------------------------------------------------- inverse_mean_std


# Equation.


TELLING = {"mean": (0.5, 0.25, 0.125), "std": (0.25, 0.5, 2.0)}  # every wrong inverse gives other numbers


@law("inverse_mean_std", lesson=3, rank="mathematics", cases=[TELLING], mean=means, std=stds)
def is_minus_mean_over_std_and_one_over_std(inverse_mean_std, mean, std):
    """The second Normalize has mean -m / s and std 1 / s. Here float32 is enough."""
    inverse_mean, inverse_std = inverse_mean_std(mean, std)
    expected = np.array([-m / s for m, s in zip(mean, std, strict=True)] + [1 / s for s in std])
    m, s = np.array(mean), np.array(std)
    cause = {
        "the mean is divided by the std, too: -m / s": np.concatenate([-m, 1 / s]),
        "1 / s, not s": np.concatenate([-m / s, s]),
        "-m / s, not -m; 1 / s, not s": np.concatenate([-m, s]),
        "the sign of the mean: -m / s": np.concatenate([m / s, 1 / s]),
        "-m / s: the inverse divides by 1 / s, which multiplies": np.concatenate([-m * s, 1 / s]),
        "-m / s: divide by s once": np.concatenate([-m / s**2, 1 / s]),
        "-m / s, where black lies; (1 - m) / s is the place of white": np.concatenate([(1 - m) / s, 1 / s]),
        "-m / s: each channel has an s of its own": np.concatenate([-m / s[0], 1 / s]),
        "each channel has an s of its own, not their mean": np.concatenate([-m, np.ones_like(s)] / s.mean()),
        "1 / s, not 1 / s²: s is no variance": np.concatenate([-m / s, 1 / s**2]),
        "1 / s, not -1 / s: no std is negative": np.concatenate([-m / s, -1 / s]),
        "the mean comes first": np.concatenate([1 / s, -m / s]),
        "the channels keep their order": np.concatenate([(-m / s)[::-1], (1 / s)[::-1]]),
    }
    expect_close(numbers(inverse_mean, inverse_std), expected, within=4 * U * np.abs(expected) + 2.0**-149, cause=cause)


@law("inverse_mean_std", lesson=3, rank="mathematics", x=rgb_pictures, mean=means, std=stds)
def a_second_normalize_undoes_the_first(inverse_mean_std, x, mean, std):
    """torchvision's Normalize with these numbers gives the picture back within u (2m + 3|x - m| + 3|x|)."""
    there = v2.functional.normalize(x, mean, std)
    inverse_mean, inverse_std = (tuple(map(float, values)) for values in inverse_mean_std(mean, std))
    back = v2.functional.normalize(there, inverse_mean, inverse_std)
    (m,) = columns(mean)
    x64 = x.double()
    bound = U * (2 * m + 3 * (x64 - m).abs() + 3 * x64) * (1 + 16 * U) + 2.0**-140
    expect_close(back, x, within=bound, cause="-m / s, not -m; 1 / s, not s")


@law("inverse_mean_std", lesson=3, rank="mathematics", mean=means, std=stds)
def the_inverse_of_the_inverse_is_the_original(inverse_mean_std, mean, std):
    """Inverting twice gives mean and std back, within four roundings, be they of float32."""
    twice, expected = numbers(*inverse_mean_std(*inverse_mean_std(mean, std))), numbers(mean, std)
    expect_close(twice, expected, within=4.01 * U * np.abs(expected) + 2.0**-140)


# Edges, types and layouts.


@law("inverse_mean_std", lesson=3, rank="range", mean=wide_means, std=wide_stds)
def it_is_right_to_the_last_bits_of_float64(inverse_mean_std, mean, std):
    """At any scale both are within one rounding of float64, and inverting twice costs four."""
    exact = [Fraction(-m) / Fraction(s) for m, s in zip(mean, std, strict=True)] + [1 / Fraction(s) for s in std]
    expected = numbers(exact)
    once = inverse_mean_std(mean, std)
    expect_close(numbers(*once), expected, within=2.0**-52 * np.abs(expected), cause="compute in float64")
    expect_close(numbers(*inverse_mean_std(*once)), numbers(mean, std), within=2.0**-51 * np.abs(numbers(mean, std)))


@law("inverse_mean_std", lesson=3, rank="range", cases=[{"n": n} for n in (1, 2, 4, 5)])
def as_many_numbers_as_channels(inverse_mean_std, n):
    """For any number of channels, from lists, arrays and tensors, two sequences of that many numbers come back."""
    mean, std = tuple((-1) ** i * i / 4 for i in range(n)), tuple(2.0 ** (i - 2) for i in range(n))
    expected = tuple(-m / s for m, s in zip(mean, std, strict=True)), tuple(1 / s for s in std)
    for kind in (tuple, list, np.array, torch.tensor):
        expect_same(tuple(tuple(map(float, part)) for part in inverse_mean_std(kind(mean), kind(std))), expected)


# Refusals.

WITHOUT_INVERSE = [
    ((0.5,), (0.0,)),
    ((0.5,), (-1.0,)),
    ((0.5,), (math.nan,)),
    ((0.5,), (math.inf,)),
    ((math.inf,), (1.0,)),
    ((0.5, 0.5), (1.0,)),
    ((1e300,), (1e-300,)),
    ((0.0,), (5e-324,)),
]


@law("inverse_mean_std", lesson=3, rank="manners", cases=[{"mean": m, "std": s} for m, s in WITHOUT_INVERSE])
def what_has_no_inverse_is_refused(inverse_mean_std, mean, std):
    """A std that is 0, negative or not finite, a mean that is not, different lengths and overflow are ValueErrors."""
    expect_raises(ValueError, inverse_mean_std, mean, std)


@law("inverse_mean_std", lesson=3, rank="manners")
def plain_numbers_are_refused(inverse_mean_std):
    """A mean and a std that are plain numbers are a TypeError: one number a channel, also for one channel."""
    expect_raises(TypeError, inverse_mean_std, 0.5, 0.5)


# ----------------------------------------------------------- InverseNormalize

# Equation.


@law("InverseNormalize", lesson=3, rank="mathematics", x=rgb_pictures)
def undoes_normalize_inside_compose(InverseNormalize, x):
    """After v2.Normalize in one v2.Compose, the picture comes back as an Image, within inverse_normalize's bound."""
    image = tv_tensors.Image(x)
    back = v2.Compose([v2.Normalize(MEAN, STD), InverseNormalize(MEAN, STD)])(image)
    expect_same(type(back), tv_tensors.Image, "wrap the result: tv_tensors.wrap(out, like=inpt)")
    m = torch.tensor(MEAN).reshape(-1, 1, 1)
    bound = 4 * U * (x.abs() + (x - m).abs()) + U
    expect_close(back.as_subclass(torch.Tensor), x, within=bound)


labels = hnp.arrays(np.int64, (2, 3), elements=st.integers(0, 255))


@law("InverseNormalize", lesson=3, rank="mathematics", x=rgb_pictures, labels=labels)
def leaves_masks_and_boxes_alone(InverseNormalize, x, labels):
    """In a tuple and in a dict the image is changed, and mask, boxes, labels and text pass through as they are."""
    mask = tv_tensors.Mask(torch.from_numpy(labels))
    boxes = tv_tensors.BoundingBoxes([[0, 0, 1, 1]], format="XYXY", canvas_size=(2, 3))
    image, transform = tv_tensors.Image(x), InverseNormalize(MEAN, STD)
    in_a_dict = transform({"image": image, "mask": mask, "boxes": boxes})
    for packed in (transform(image, mask, boxes), tuple(in_a_dict.values())):
        expect_same(packed[0].as_subclass(torch.Tensor), library.inverse_normalize(x, MEAN, STD))
        for got, original in zip(packed[1:], (mask, boxes), strict=True):
            expect_untouched(got, original)
    kept = transform({"image": image, "label": 3, "name": "cat"})
    expect((kept["label"], kept["name"]) == (3, "cat"), got=repr(kept), expected="label 3 and name 'cat'")


def expect_untouched(got, original):
    expect_same(type(got), type(original))
    values = [each.as_subclass(torch.Tensor) for each in (got, original)]
    expect_same(*values, "restrict the transform to images and videos")


# Types and layouts.


@law("InverseNormalize", lesson=3, rank="range", x=rgb_pictures)
def changes_images_and_videos_only(InverseNormalize, x):
    """Float masks, key points and boxes pass through; a batch of images stays tv_tensors.Image, a video Video."""
    transform = InverseNormalize(MEAN, STD)
    untouched = [
        tv_tensors.Mask(x),
        tv_tensors.KeyPoints(torch.rand(4, 2), canvas_size=(9, 9)),
        tv_tensors.BoundingBoxes(torch.rand(2, 4), format="XYXY", canvas_size=(9, 9)),
    ]
    for before in untouched:
        expect_untouched(transform(tv_tensors.Image(x), before)[1], before)
        expect_untouched(transform(before), before)
    for kind in (tv_tensors.Image, tv_tensors.Video):
        back = transform(kind(torch.stack([x, x])))
        expect_same(type(back), kind, "wrap the result: tv_tensors.wrap(out, like=inpt)")
        expect_same(back.as_subclass(torch.Tensor)[0], library.inverse_normalize(x, MEAN, STD))


@law("InverseNormalize", lesson=3, rank="range", x=rgb_pictures)
def works_on_plain_tensors_and_batches(InverseNormalize, x):
    """A plain tensor and a batch give what inverse_normalize gives."""
    transform, batch = InverseNormalize(MEAN, STD), torch.stack([x, x])
    expect_same(transform(x), library.inverse_normalize(x, MEAN, STD))
    expect_same(transform(batch), library.inverse_normalize(batch, MEAN, STD))


# Refusals, and arguments kept.


@law("InverseNormalize", lesson=3, rank="manners", x=rgb_pictures)
def the_transform_keeps_its_argument(InverseNormalize, x):
    """The tensor it is called on is left as it was."""
    expect_arguments_kept(InverseNormalize(MEAN, STD), x)


@law("InverseNormalize", lesson=3, rank="manners")
def keeps_numbers_of_its_own(InverseNormalize):
    """Changing the list it was made from changes nothing, and its repr tells the numbers."""
    mean, std = list(MEAN), list(STD)
    transform = InverseNormalize(mean, std)
    mean[0], std[1] = 9.0, 9.0
    x = torch.rand(3, 2, 2)
    expect_same(transform(x), library.inverse_normalize(x, MEAN, STD), "copy the numbers")
    expect_contains(repr(transform), "0.485", "0.229")


@law("InverseNormalize", lesson=3, rank="manners")
def the_transform_refuses_bad_input(InverseNormalize):
    """A bad mean or std is refused when the transform is made; bytes and a wrong channel count when it is called."""
    for mean, std in [(MEAN, (0.2, 0.0, 0.2)), (MEAN, (0.2, -1.0, 0.2)), ((math.nan,) * 3, STD), (MEAN, STD[:2])]:
        expect_raises(ValueError, InverseNormalize, mean, std)
    transform = InverseNormalize(MEAN, STD)
    expect_raises(TypeError, transform, torch.zeros(3, 2, 2, dtype=torch.uint8), mention=["uint8"])
    expect_raises(ValueError, transform, torch.zeros(1, 2, 2), mention=["(1, 2, 2)"])
