"""Laws of lesson 3: Normalize, its inverse, and the mean and std of a set of pictures.

u is half the distance from 1 to the next number of the type, 2**-24 in
float32. Means and stds are drawn from the numbers that float32 holds, so that
an implementation that computes in float64 inside is held to the same bounds.
"""

import itertools
import math
import pickle
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

from .strategies import FLOATS, MEAN, STD, U, float_tensors, images, sides

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
    (m,) = columns(mean)
    bound = 4 * U * (x.double().abs() + (x.double() - m).abs()) + 2.0**-148
    cause = "from y = (x - m) / s follows x = y s + m; mean and std are those that normalize was given"
    expect_close(inverse_normalize(library.normalize(x, mean, std), mean, std), x, within=bound, cause=cause)


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
    with torch.device("meta"):
        y = function(x, (0.0, 1.0, 0.5), (2.0, 2.0, 2.0))
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


def numbers(*sequences):
    """All numbers of some sequences, arrays or tensors, in one array."""
    return np.array([float(value) for values in sequences for value in values])


# Equation.


@law("inverse_mean_std", lesson=3, rank="mathematics", mean=means, std=stds)
def is_minus_mean_over_std_and_one_over_std(inverse_mean_std, mean, std):
    """The second Normalize has mean -m / s and std 1 / s. Here float32 is enough."""
    inverse_mean, inverse_std = inverse_mean_std(mean, std)
    expected = np.array([-m / s for m, s in zip(mean, std, strict=True)] + [1 / s for s in std])
    cause = "solve y = (x - m) / s for x and write it as (y - m') / s'"
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


# ---------------------------------------------------------- ChannelStatistics


def sets_of_pictures(channels=(1, 3), at_least=1):
    """Lists of pictures of one number of channels."""
    of_one_kind = lambda c: st.lists(images(channels=(c,), most=4), min_size=at_least, max_size=5)  # noqa: E731
    return st.sampled_from(channels).flatmap(of_one_kind)


def counted(ChannelStatistics, pictures):
    statistics = ChannelStatistics()
    for picture in pictures:
        statistics.update(picture)
    return statistics


def bits(statistics):
    return int(statistics.count), tuple(float(v) for v in statistics.mean), tuple(float(v) for v in statistics.std)


def exact_mean_and_variance(pictures):
    """Over all pixels of all pictures, in fractions: nothing is rounded."""
    channels = []
    for c in range(pictures[0].shape[2]):
        values = [Fraction(int(v), 255) for picture in pictures for v in picture[..., c].ravel()]
        mean = sum(values) / len(values)
        channels.append((mean, sum((v - mean) ** 2 for v in values) / len(values)))
    return channels


# What float32 costs the sum of a hundred numbers up to 1. The std is compared by its square: the root of a variance
# that is nearly 0 makes much of little.
SUMMED = 128 * U


def expect_mean_and_variance(statistics, expected, cause):
    got_mean, got_std = numbers(statistics.mean), numbers(statistics.std)
    mean, variance = (numbers(part) for part in zip(*expected, strict=True))
    expect_close(got_mean, mean, within=SUMMED, cause="weigh pixels, not pictures; bytes are divided by 255")
    expect_close(got_std**2, variance, within=SUMMED, cause=cause)


# Equation.


@law("ChannelStatistics", lesson=3, rank="mathematics", pictures=sets_of_pictures())
def takes_all_pixels_of_all_pictures_together(ChannelStatistics, pictures):
    """Mean and std are those of all pixels of all pictures, on the [0, 1] scale, the std with 1 / n."""
    statistics = counted(ChannelStatistics, pictures)
    pixels = sum(p.shape[0] * p.shape[1] for p in pictures)
    wanted = f"count {pixels}, all pixels of all pictures"
    expect(statistics.count == pixels, got=f"count {statistics.count}", expected=wanted)
    cause = "the std of all pixels, not the mean of the pictures' stds; divide by n, not n - 1"
    expect_mean_and_variance(statistics, exact_mean_and_variance(pictures), cause)


@law("ChannelStatistics", lesson=3, rank="mathematics")
def the_spread_between_pictures_counts(ChannelStatistics):
    """A black pixel and a white picture of three have no spread of their own, together mean 3/4 and std sqrt(3/16)."""
    black, white = np.zeros((1, 1, 3), np.uint8), np.full((1, 3, 3), 255, np.uint8)
    expected = [(Fraction(3, 4), Fraction(3, 16))] * 3
    expect_mean_and_variance(counted(ChannelStatistics, [black, white]), expected, "the std of all pixels together")


@law("ChannelStatistics", lesson=3, rank="mathematics", pictures=sets_of_pictures(at_least=2), cut=st.integers(0, 5))
def two_halves_make_the_whole(ChannelStatistics, pictures, cut):
    """Counted in two halves, be one of them empty, and merged, mean, std and count are those of the whole."""
    merged = counted(ChannelStatistics, pictures[:cut]).merge(counted(ChannelStatistics, pictures[cut:]))
    expect_same(int(merged.count), int(counted(ChannelStatistics, pictures).count))
    expect_mean_and_variance(merged, exact_mean_and_variance(pictures), "merge what has been counted, not the means")


# Edges: nothing is ever rounded before the end.


@law("ChannelStatistics", lesson=3, rank="range", pictures=sets_of_pictures())
def is_exact(ChannelStatistics, pictures):
    """Mean and std are right to the last bits of float64."""
    _, mean, std = bits(counted(ChannelStatistics, pictures))
    exact = exact_mean_and_variance(pictures)
    means, roots = numbers([mean for mean, _ in exact]), np.sqrt(numbers([variance for _, variance in exact]))
    cause = "sums of floats round: add whole numbers, and divide once"
    expect_close(np.array(mean), means, within=2.0**-52 * means, cause=cause)
    expect_close(np.array(std), roots, within=2.0**-51 * roots, cause=cause)


orders = st.randoms(use_true_random=False)


@law("ChannelStatistics", lesson=3, rank="range", pictures=sets_of_pictures(), order=orders, cut=st.integers(0, 5))
def every_order_and_split_gives_the_same_bits(ChannelStatistics, pictures, order, cut):
    """In any order, and counted in two halves and merged, the bits are the same."""
    whole = bits(counted(ChannelStatistics, pictures))
    shuffled = list(pictures)
    order.shuffle(shuffled)
    expect_same(bits(counted(ChannelStatistics, shuffled)), whole, "add whole numbers; floats depend on the order")
    first, second = counted(ChannelStatistics, shuffled[:cut]), counted(ChannelStatistics, shuffled[cut:])
    expect_same(bits(first.merge(second)), whole)


@law("ChannelStatistics", lesson=3, rank="range", pictures=st.lists(images(most=3), min_size=3, max_size=3))
def merge_is_commutative_and_associative(ChannelStatistics, pictures):
    """a + b = b + a, (a + b) + c = a + (b + c), and what has seen nothing changes nothing: the same bits."""

    def alone(i):
        return counted(ChannelStatistics, [pictures[i]])

    results = [bits(alone(i).merge(alone(j)).merge(alone(k))) for i, j, k in itertools.permutations(range(3))]
    results += [bits(alone(0).merge(alone(1).merge(alone(2))))]
    results += [bits(ChannelStatistics().merge(alone(0).merge(alone(1)).merge(alone(2)).merge(ChannelStatistics())))]
    for result in results[1:]:
        expect_same(result, results[0], "add whole numbers; floats depend on the order")


@law("ChannelStatistics", lesson=3, rank="range", value=st.integers(0, 255), height=sides(), width=sides())
def a_constant_has_no_spread(ChannelStatistics, value, height, width):
    """A constant picture has exactly std 0 and mean k / 255."""
    _, mean, std = bits(ChannelStatistics().update(np.full((height, width, 3), value, np.uint8)))
    expect_same((mean, std), ((value / 255,) * 3, (0.0,) * 3), "E[x²] - E[x]² in floats leaves a remainder")


@law("ChannelStatistics", lesson=3, rank="range")
def is_right_for_many_pixels(ChannelStatistics):
    """In a picture of more than 2**24 pixels nothing overflows and nothing is lost."""
    plane = np.full((4097, 4096, 1), 255, np.uint8)
    plane[0, 0] = 0
    n = plane.size
    _, (mean,), (std,) = bits(ChannelStatistics().update(plane))
    expected = Fraction(n - 1, n)
    root = math.sqrt(expected * (1 - expected))
    cause = "form n (sum of squares) in Python integers: int64 overflows, and float32 counts to 2**24"
    expect_close(np.float64(mean), np.float64(expected), within=2.0**-53, cause=cause)
    expect_close(np.float64(std), np.float64(root), within=2.0**-50 * root, cause=cause)


@law("ChannelStatistics", lesson=3, rank="range", pictures=sets_of_pictures())
def doubling_changes_only_the_count(ChannelStatistics, pictures):
    """Merged with itself again and again the mean and std stay, bit for bit, and the count doubles, forty times."""
    statistics = counted(ChannelStatistics, pictures)
    count, mean, std = bits(statistics)
    double(statistics, 40)
    expect_same(bits(statistics), (count << 40, mean, std), "count in integers that have room")


@law("ChannelStatistics", lesson=3, rank="range")
def a_rare_value_is_not_lost(ChannelStatistics):
    """One odd pixel among 2**44 still shows in the std, exactly: n (sum of squares) - (sum)**2 in whole numbers."""
    many = ChannelStatistics().update(np.full((1, 3, 1), 255, np.uint8))
    few = ChannelStatistics().update(np.full((1, 1, 1), 254, np.uint8))
    double(many, 44)
    n = 3 * 2**44 + 1
    count, (mean,), (std,) = bits(many.merge(few))
    expect_same(count, n)
    root = math.sqrt(Fraction(1, 255**2) * Fraction(1, n) * (1 - Fraction(1, n)))
    cause = "float sums lose one pixel in 2**53"
    expect_close(np.float64(std), np.float64(root), within=2.0**-50 * root, cause=cause)
    expect_close(np.float64(mean), np.float64(1 - Fraction(1, 255 * n)), within=2.0**-53)


def double(statistics, times):
    """Merge with itself so many times. Who keeps all that was counted is told so before the memory is full."""
    sizes = []
    for done in range(times):
        expect_same(statistics.merge(statistics) is statistics, True)
        if done in (5, 10):
            sizes.append(len(pickle.dumps(vars(statistics))))
        if done == 10:
            got, expected = f"{sizes[1]:,} bytes after {sizes[0]:,}", "an object that does not grow with what it counts"
            cause = "keep sums, or how often each level occurs, not the pictures"
            expect(sizes[1] < 4 * sizes[0], got=got, expected=expected, cause=cause)


# Types and layouts.


@law("ChannelStatistics", lesson=3, rank="range", picture=images(channels=(1, 3)))
def strides_do_not_count(ChannelStatistics, picture):
    """A flipped, transposed or read-only view counts like its copy, channel by channel; (H, W) like (H, W, 1)."""
    flipped = picture[::-1], picture[:, ::-1], picture[..., ::-1]
    for view in (*flipped, picture.transpose(1, 0, 2), np.asfortranarray(picture)):
        view.flags.writeable = False
        copy = np.array(view, order="C")
        expect_same(bits(counted(ChannelStatistics, [view])), bits(counted(ChannelStatistics, [copy])))
    plane = picture[..., 0]
    expect_same(bits(counted(ChannelStatistics, [plane])), bits(counted(ChannelStatistics, [plane.copy()[:, :, None]])))


@law("ChannelStatistics", lesson=3, rank="range", cases=[{"channels": c} for c in (1, 2, 4, 6)])
def any_number_of_channels(ChannelStatistics, channels):
    """Mean and std have one number for each channel, however many there are."""
    picture = np.stack([np.full((2, 2), 10 * c, np.uint8) for c in range(channels)], axis=2)
    statistics = counted(ChannelStatistics, [picture])
    expected = tuple(10 * c / 255 for c in range(channels))
    expect_same(bits(statistics), (4, expected, (0.0,) * channels))


# Refusals, and arguments kept.


@law("ChannelStatistics", lesson=3, rank="manners", pictures=st.lists(images(most=3), min_size=2, max_size=2))
def merge_leaves_the_other_as_it_was(ChannelStatistics, pictures):
    """merge and update change nothing but the statistics they are called on."""
    first, second = (counted(ChannelStatistics, [p]) for p in pictures)
    before = bits(second)
    first.merge(second)
    first.update(pictures[0])
    expect_same(bits(second), before, "copy the counts, do not share them")
    expect_arguments_kept(ChannelStatistics().update, pictures[0])
    fresh = ChannelStatistics().merge(second)
    fresh.update(pictures[0])
    expect_same(bits(second), before, "copy the counts, do not share them")


NO_BYTES = (bool, np.uint16, np.int8, np.float16)


@law("ChannelStatistics", lesson=3, rank="manners", cases=[{"kind": kind} for kind in NO_BYTES])
def only_bytes_can_be_counted(ChannelStatistics, kind):
    """bool, uint16, int8 and float16 pictures are TypeErrors that name the type, and count nothing; so is a tensor."""
    statistics = ChannelStatistics()
    expect_raises(TypeError, statistics.update, np.zeros((2, 2, 3), kind), mention=[np.dtype(kind).name])
    expect_raises(TypeError, statistics.update, torch.zeros(3, 2, 2))
    expect_same(int(statistics.count), 0)


@law("ChannelStatistics", lesson=3, rank="manners", cases=[{"shape": s} for s in [(4,), (2, 2, 2, 3), (0, 2, 3)]])
def only_pictures_can_be_counted(ChannelStatistics, shape):
    """One axis, four axes, or no pixel are a ValueError."""
    expect_raises(ValueError, ChannelStatistics().update, np.zeros(shape, np.uint8))


@law("ChannelStatistics", lesson=3, rank="manners")
def another_number_of_channels_is_not_counted(ChannelStatistics):
    """A grey picture among colour ones, in update and in merge, is a ValueError, before anything is counted."""
    grey = ChannelStatistics().update(np.zeros((2, 2), np.uint8))
    colour = ChannelStatistics().update(np.ones((2, 2, 3), np.uint8))
    before = bits(colour)
    expect_raises(ValueError, colour.update, np.zeros((2, 2), np.uint8))
    expect_raises(ValueError, colour.merge, grey)
    expect_same(bits(colour), before, "refuse before counting")


@law("ChannelStatistics", lesson=3, rank="manners")
def what_has_seen_nothing_has_no_mean(ChannelStatistics):
    """Before the first picture the count is 0, and mean and std are a ValueError."""
    expect_raises(ValueError, lambda: ChannelStatistics().mean)
    expect_raises(ValueError, lambda: ChannelStatistics().std)
    expect_same(int(ChannelStatistics().count), 0)


# --------------------------------------------------------- channel_statistics

# Equation.


@law("channel_statistics", lesson=3, rank="mathematics", pictures=sets_of_pictures())
def counts_every_picture_once(channel_statistics, pictures):
    """Any iterable of pictures of any sizes gives the exact statistics of all their pixels."""
    expected = bits(counted(library.ChannelStatistics, pictures))
    expect_same(bits(channel_statistics(pictures)), expected)
    expect_same(bits(channel_statistics(iter(pictures))), expected)


@law("channel_statistics", lesson=3, rank="mathematics")
def the_mean_of_the_stds_is_another_number(channel_statistics):
    """A black and a white picture have std 0 each, together 1/2: the spread between pictures counts."""
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    expect_same(bits(channel_statistics([black, white]))[1:], ((0.5,) * 3, (0.5,) * 3))


# Types and layouts.

single_planes = st.lists(hnp.arrays(np.uint8, (2, 3, 1)), min_size=1, max_size=4)


@law("channel_statistics", lesson=3, rank="range", planes=single_planes)
def a_reader_may_reuse_its_buffer(channel_statistics, planes):
    """Each picture is counted before the next is asked for: one array, filled again and again, is read right."""
    buffer = np.empty((2, 3, 1), np.uint8)

    def reader():
        for plane in planes:
            buffer[:] = plane
            yield buffer

    expected = bits(counted(library.ChannelStatistics, planes))
    expect_same(bits(channel_statistics(reader())), expected, "do not collect the pictures first")


arrays_of_pictures = hnp.arrays(np.uint8, st.tuples(sides(3), sides(3), sides(3), st.sampled_from([1, 3])))


@law("channel_statistics", lesson=3, rank="range", batch=arrays_of_pictures)
def one_array_can_be_a_set(channel_statistics, batch):
    """An array (N, H, W, C) is a set of N pictures."""
    expect_same(bits(channel_statistics(batch)), bits(counted(library.ChannelStatistics, list(batch))))


# Refusals.


@law("channel_statistics", lesson=3, rank="manners")
def a_bad_picture_is_not_skipped(channel_statistics):
    """A picture that cannot be counted raises, wherever it stands; no pictures give statistics without a mean."""
    good = np.zeros((2, 2, 3), np.uint8)
    expect_raises(TypeError, channel_statistics, [good, good / 255, good])
    expect_raises(ValueError, channel_statistics, [good, good, good[..., 0]])
    expect_same(int(channel_statistics([]).count), 0)


@law("channel_statistics", lesson=3, rank="manners", batch=arrays_of_pictures)
def one_picture_is_no_set(channel_statistics, batch):
    """One array with another number of axes than four is refused; a single picture is told to be put into a list."""
    for other in (batch[0], batch[None]):
        expect_raises(ValueError, channel_statistics, other, mention=[str(other.shape), "[image]"])


# ------------------------------------------------------------ LabelStatistics

label_masks = hnp.arrays(np.uint8, st.tuples(sides(4), sides(4)), elements=st.sampled_from([0, 1, 2, 5, 255]))
sets_of_masks = st.lists(label_masks, min_size=1, max_size=5)


def labelled(LabelStatistics, masks, void=255):
    statistics = LabelStatistics()
    for mask in masks:
        statistics.update(mask, void)
    return statistics


def whole_numbers(statistics):
    counts, pictures = (np.asarray(row).tolist() for row in (statistics.counts, statistics.pictures))
    return counts, pictures, int(statistics.masks), int(statistics.void)


# Equation.


@law("LabelStatistics", lesson=3, rank="mathematics", masks=sets_of_masks)
def counts_pixels_and_pictures_of_each_label(LabelStatistics, masks):
    """counts[k] pixels and pictures[k] masks have the label k; void is counted apart."""
    statistics = labelled(LabelStatistics, masks)
    every = np.concatenate([mask.ravel() for mask in masks]).astype(int)
    size = int(every[every != 255].max(initial=-1)) + 1
    counts = [int((every == k).sum()) for k in range(size)]
    pictures = [sum(bool((mask == k).any()) for mask in masks) for k in range(size)]
    expect_same(whole_numbers(statistics), (counts, pictures, len(masks), int((every == 255).sum())))
    expect_same(int(statistics.count), sum(counts))


THREE = [np.array(rows, np.uint8) for rows in ([[0, 0, 0, 1]], [[0, 1, 255, 255]], [[3, 3, 3, 3]])]


@law("LabelStatistics", lesson=3, rank="mathematics")
def the_weights_are_those_of_the_papers(LabelStatistics):
    """Four classes with 4, 2, 0 and 4 of 10 labelled pixels, 4/6, 2/6 and 4/4 of those of the masks that have them."""
    statistics = labelled(LabelStatistics, THREE)
    half = 0.5  # with this beta one picture weighs 1, two weigh 2/3, scaled to the mean 1
    for got, expected in [
        (statistics.frequencies, [0.4, 0.2, 0.0, 0.4]),
        (statistics.inverse_frequency(), [10 / 12, 10 / 6, 0.0, 10 / 12]),
        (statistics.median_frequency(), [1.0, 2.0, 0.0, 2 / 3]),
        (statistics.effective_number(half), [6 / 7, 6 / 7, 0.0, 9 / 7]),
    ]:
        expect_close(numbers(got), np.array(expected), within=1e-12, cause="a class that never occurs has weight 0")


# Edges, types and layouts.


@law("LabelStatistics", lesson=3, rank="range", masks=sets_of_masks, order=orders, cut=st.integers(0, 5))
def any_order_and_split_of_masks_gives_the_same(LabelStatistics, masks, order, cut):
    """In any order, and counted in two halves and merged, all numbers are the same."""
    whole = labelled(LabelStatistics, masks)
    shuffled = list(masks)
    order.shuffle(shuffled)
    halves = [labelled(LabelStatistics, part) for part in (shuffled[:cut], shuffled[cut:])]
    before = whole_numbers(halves[1])
    merged = halves[0].merge(halves[1])
    expect_same(whole_numbers(merged), whole_numbers(whole))
    expect_same(whole_numbers(halves[1]), before, "merge leaves the other as it was")
    if merged.count:
        expect_same(merged.median_frequency(), whole.median_frequency())


@law("LabelStatistics", lesson=3, rank="range", cases=[{"dtype": d} for d in (bool, *"bBhHiIlLqQ", ">i4", ">u2")])
def every_type_of_integer_is_a_label(LabelStatistics, dtype):
    """Integers of any width and byte order, and bool as 0 and 1, are labels; strides do not count."""
    mask = np.array([[0, 1, 1], [1, 1, 0]]).astype(dtype)
    for view in (mask, mask[::-1, ::-1].T):
        view.flags.writeable = False
        expect_same(whole_numbers(labelled(LabelStatistics, [view])), ([2, 4], [1, 1], 1, 0))


@law("LabelStatistics", lesson=3, rank="range")
def void_may_be_any_number(LabelStatistics):
    """A void of -1 and one of a million are left out; a mask of nothing else is counted as a mask."""
    for void in (-1, 10**6):
        statistics = LabelStatistics().update(np.array([[void, 7, void]]), void=void)
        expect_same(whole_numbers(statistics), ([0] * 7 + [1], [0] * 7 + [1], 1, 2))
        expect_same(whole_numbers(LabelStatistics().update(np.array([[void]]), void=void)), ([], [], 1, 1))


# Refusals.


@law("LabelStatistics", lesson=3, rank="manners")
def what_is_no_mask_is_not_counted(LabelStatistics):
    """Floats and tensors are TypeErrors; other shapes, and labels below 0 or beyond 65,535, are ValueErrors."""
    statistics = LabelStatistics()
    for thing in (np.zeros((2, 2)), torch.zeros(2, 2, dtype=torch.uint8), [[1]]):
        expect_raises(TypeError, statistics.update, thing)
    for shape in [(4,), (2, 2, 3), (0, 2)]:
        expect_raises(ValueError, statistics.update, np.zeros(shape, np.uint8))
    for label in (-1, 2**16):
        expect_raises(ValueError, statistics.update, np.array([[0, label]]), mention=[str(label)])
    expect_same(whole_numbers(statistics), ([], [], 0, 0), "refuse before counting")


@law("LabelStatistics", lesson=3, rank="manners")
def what_has_seen_no_label_has_no_weights(LabelStatistics):
    """Before the first labelled pixel frequencies and weights are a ValueError; so is a beta of 1."""
    statistics = LabelStatistics()
    expect_raises(ValueError, lambda: statistics.frequencies)
    expect_raises(ValueError, statistics.inverse_frequency)
    expect_raises(ValueError, statistics.median_frequency)
    expect_raises(ValueError, statistics.effective_number)
    expect_raises(ValueError, labelled(LabelStatistics, THREE).effective_number, 1.0)
