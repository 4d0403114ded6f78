"""Laws of lesson 3: Normalize, its inverse, and the mean and std of a set of pictures.

u is half the distance from 1 to the next number of the type, 2**-24 in
float32. Means and stds are drawn from the numbers that float32 holds, so that
an implementation that computes in float64 inside is held to the same bounds.
"""

import itertools
import math
from fractions import Fraction

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torchvision import tv_tensors
from torchvision.transforms import v2

import seeing_tensors as library
from seeing_tensors.expectations import expect, expect_arguments_kept, expect_close, expect_raises, expect_same
from seeing_tensors.laws import law

from .strategies import float_tensors, images, sides

U = 2.0**-24
MEAN, STD = library.IMAGENET_MEAN, library.IMAGENET_STD

small = st.floats(-(2.0**20), 2.0**20, width=32, allow_subnormal=False)
means = st.tuples(small, small, small)
one_std = st.floats(2.0**-20, 2.0**20, width=32)
stds = st.tuples(one_std, one_std, one_std)
pictures = float_tensors(-(2.0**20), 2.0**20, channels=(3,))
unit_pictures = float_tensors(0, 1, channels=(3,))


def columns(*statistics):
    """Tuples of C numbers as float64 (C, 1, 1)."""
    return [torch.tensor(values, dtype=torch.float64).reshape(-1, 1, 1) for values in statistics]


# ------------------------------------------------------------------ normalize


@law("normalize", lesson=3, x=pictures, mean=means, std=stds)
def subtracts_the_mean_and_divides_by_the_std(normalize, x, mean, std):
    """Channel c becomes (x - mean[c]) / std[c], within 2u of its own size: one rounding for each operation."""
    m, s = columns(mean, std)
    exact = (x.double() - m) / s
    # The two roundings, and the smallest step of float32 where the result is nearly 0.
    bound = 2.01 * U * exact.abs() + 2.0**-149 * (1 + 1 / s)
    expect_close(normalize(x, mean, std), exact.float(), within=bound + U * exact.abs(), cause="mean and std belong to channels, axis -3")


@law("normalize", lesson=3, x=unit_pictures)
def normalize_equals_torchvision(normalize, x):
    """The result is that of torchvision's Normalize, to the last bit or one beside it."""
    expected = v2.functional.normalize(x, MEAN, STD)
    expect_close(normalize(x, MEAN, STD), expected, within=4 * U * (expected.abs().double() + 2.2))


@law("normalize", lesson=3)
def imagenet_constants_leave_the_unit_interval(normalize):
    """With ImageNet's constants, black becomes -mean / std and white (1 - mean) / std: from -2.12 to 2.64."""
    black, white = normalize(torch.zeros(3, 1, 1), MEAN, STD), normalize(torch.ones(3, 1, 1), MEAN, STD)
    expect_close(torch.stack([black.min(), white.max()]), torch.tensor([-2.1179, 2.6400]), within=5e-5)


@law("normalize", lesson=3, dtype=st.sampled_from([torch.float16, torch.float32, torch.float64]))
def normalize_keeps_the_type(normalize, dtype):
    """The result has the type and shape of x, for one picture, a batch, and a batch of videos."""
    for shape in [(3, 2, 4), (5, 3, 2, 4), (2, 5, 3, 2, 4)]:
        result = normalize(torch.rand(shape).to(dtype), MEAN, STD)
        expect((result.dtype, result.shape) == (dtype, shape), got=f"{result.dtype} {tuple(result.shape)}", expected=f"{dtype} {shape}")


def _same_alone_as_in_a_batch(function, x, mean, std):
    batch = torch.stack([x, x / 2, -x])
    together = function(batch, mean, std)
    for i, picture in enumerate(batch):
        expect_same(together[i], function(picture, mean, std), "channels are axis -3, also in a batch (N, C, H, W)")


@law("normalize", lesson=3, x=unit_pictures)
def a_picture_is_normalised_alone_as_in_a_batch(normalize, x):
    """A picture gives the same result alone and in a batch."""
    _same_alone_as_in_a_batch(normalize, x, MEAN, STD)


@law("normalize", lesson=3, x=unit_pictures)
def normalize_keeps_its_argument(normalize, x):
    """x is left as it was."""
    expect_arguments_kept(normalize, x, MEAN, STD)
    expect_arguments_kept(normalize, x, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


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
    (MEAN[:2], STD),
    (MEAN, STD[:1]),
    ((0.5,), (0.5,)),
    ((), ()),
]


def _refuses_bad_statistics(function, mean, std):
    expect_raises(ValueError, function, torch.full((3, 2, 2), 0.5), mean, std, cause="check mean and std before computing: a bad one gives numbers too")


@law("normalize", lesson=3, cases=[{"mean": m, "std": s} for m, s in BAD_STATISTICS])
def normalize_refuses_bad_statistics(normalize, mean, std):
    """A std that is zero, negative, subnormal or not finite, a mean that is not finite, or a wrong number of either is a ValueError."""
    _refuses_bad_statistics(normalize, mean, std)


def _refuses_bad_pictures(function):
    one = ((0.5,), (0.5,))
    for dtype in (torch.uint8, torch.int64, torch.bool):
        expect_raises(TypeError, function, torch.ones(3, 2, 2, dtype=dtype), MEAN, STD, mention=[str(dtype).removeprefix("torch.")])
    expect_raises(TypeError, function, np.zeros((3, 2, 2), np.float32), MEAN, STD)
    expect_raises(ValueError, function, torch.rand(1, 2, 2), MEAN, STD, mention=["(1, 2, 2)", "3"], cause="broadcasting makes three channels of one")
    expect_raises(ValueError, function, torch.rand(2, 2), *one, mention=["(2, 2)"])
    expect_raises(ValueError, function, torch.rand(2, 2, 3), MEAN, STD, mention=["(2, 2, 3)"])
    # 1e-5 is normal in float32 but not in float16.
    expect_raises(ValueError, function, torch.rand(1, 2, 2).half(), (0.5,), (1e-5,))
    expect_raises(TypeError, function, torch.rand(1, 2, 2), 0.5, 0.5)


@law("normalize", lesson=3)
def normalize_refuses_bad_pictures(normalize):
    """Bytes, integers and arrays are a TypeError; a channel count that does not match is a ValueError with both numbers."""
    _refuses_bad_pictures(normalize)


# ---------------------------------------------------------- inverse_normalize


@law("inverse_normalize", lesson=3, x=pictures, mean=means, std=stds)
def undoes_normalize(inverse_normalize, x, mean, std):
    """For every picture, mean and positive std, the inverse gives the picture back within 4u (|x| + |x - mean|)."""
    m, s = columns(mean, std)
    bound = 4 * U * (x.double().abs() + (x.double() - m).abs()) + 2.0**-149 * (1 + s)
    cause = "from y = (x - m) / s follows x = y s + m; mean and std are those that normalize was given"
    expect_close(inverse_normalize(library.normalize(x, mean, std), mean, std), x, within=bound, cause=cause)


@law("inverse_normalize", lesson=3, y=float_tensors(-8, 8, channels=(3,)), mean=means, std=stds)
def multiplies_and_adds(inverse_normalize, y, mean, std):
    """The value y becomes y std[c] + mean[c], within one rounding for each operation."""
    m, s = columns(mean, std)
    product, exact = y.double() * s, y.double() * s + m
    bound = 1.01 * U * product.abs() + 2.01 * U * exact.abs() + 2.0**-149
    expect_close(inverse_normalize(y, mean, std), exact.float(), within=bound, cause="multiply by the std, then add the mean")


@law("inverse_normalize", lesson=3)
def all_levels_come_back_exactly(inverse_normalize):
    """After Normalize, its inverse and rounding, all 256 levels of all 3 channels are what they were."""
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16).expand(3, -1, -1).contiguous()
    for mean, std in [(MEAN, STD), ((0.5,) * 3, (0.5,) * 3), ((0.1307,) * 3, (0.3081,) * 3), ((0.0,) * 3, (255.0,) * 3)]:
        back = inverse_normalize(library.normalize(levels / 255, mean, std), mean, std)
        expect_same(library.to_uint8(back), levels)


@law("inverse_normalize", lesson=3, dtype=st.sampled_from([torch.float16, torch.float32, torch.float64]))
def inverse_keeps_the_type(inverse_normalize, dtype):
    """The result has the type and shape of its argument, for one picture, a batch, and a batch of videos."""
    for shape in [(3, 2, 4), (5, 3, 2, 4), (2, 5, 3, 2, 4)]:
        result = inverse_normalize(torch.rand(shape).to(dtype), MEAN, STD)
        expect((result.dtype, result.shape) == (dtype, shape), got=f"{result.dtype} {tuple(result.shape)}", expected=f"{dtype} {shape}")


@law("inverse_normalize", lesson=3, x=unit_pictures)
def a_picture_comes_back_alone_as_in_a_batch(inverse_normalize, x):
    """A picture gives the same result alone and in a batch of any size."""
    _same_alone_as_in_a_batch(inverse_normalize, x, MEAN, STD)
    batch = x.repeat(5, 1, 1, 1)  # more pictures than channels: a loop over zip(batch, mean, std) stops at three
    expect_same(inverse_normalize(batch, MEAN, STD), torch.stack([inverse_normalize(x, MEAN, STD)] * 5))


@law("inverse_normalize", lesson=3, x=unit_pictures)
def inverse_keeps_its_argument(inverse_normalize, x):
    """The normalised tensor is left as it was: the training that goes on with it sees the same numbers."""
    expect_arguments_kept(inverse_normalize, x, MEAN, STD)
    expect_arguments_kept(inverse_normalize, x, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


@law("inverse_normalize", lesson=3, cases=[{"mean": m, "std": s} for m, s in BAD_STATISTICS])
def inverse_refuses_bad_statistics(inverse_normalize, mean, std):
    """What normalize refuses, its inverse refuses too: nothing was ever normalised with it."""
    _refuses_bad_statistics(inverse_normalize, mean, std)


@law("inverse_normalize", lesson=3)
def inverse_refuses_bad_pictures(inverse_normalize):
    """Bytes, integers and arrays are a TypeError; a channel count that does not match is a ValueError with both numbers."""
    _refuses_bad_pictures(inverse_normalize)


# ----------------------------------------------------------- inverse_mean_std


@law("inverse_mean_std", lesson=3, mean=means, std=stds)
def is_minus_mean_over_std_and_one_over_std(inverse_mean_std, mean, std):
    """The second Normalize has mean -m / s and std 1 / s."""
    got_mean, got_std = inverse_mean_std(mean, std)
    for got, exact in zip(
        (*got_mean, *got_std),
        [Fraction(-m) / Fraction(s) for m, s in zip(mean, std)] + [1 / Fraction(s) for s in std],
        strict=True,
    ):
        expected = float(exact)
        cause = "solve y = (x - m) / s for x and write it as (y - m') / s'"
        expect_close(np.float64(got), np.float64(expected), within=2**-52 * abs(expected), cause=cause)


@law("inverse_mean_std", lesson=3, x=unit_pictures, mean=st.tuples(*[st.floats(0, 1, width=32)] * 3), std=st.tuples(*[st.floats(0.0625, 1, width=32)] * 3))
def a_second_normalize_undoes_the_first(inverse_mean_std, x, mean, std):
    """torchvision's Normalize with these numbers gives the picture back within u (2m + 3|x - m| + 3|x|)."""
    there = v2.functional.normalize(x, mean, std)
    back = v2.functional.normalize(there, *inverse_mean_std(mean, std))
    (m,) = columns(mean)
    x64 = x.double()
    bound = U * (2 * m + 3 * (x64 - m).abs() + 3 * x64) * (1 + 16 * U) + 2.0**-140
    expect_close(back, x, within=bound, cause="-m / s, not -m; 1 / s, not s")


@law("inverse_mean_std", lesson=3, mean=means, std=stds)
def the_inverse_of_the_inverse_is_the_original(inverse_mean_std, mean, std):
    """Inverting twice gives mean and std back, within four roundings of float64."""
    twice = inverse_mean_std(*inverse_mean_std(mean, std))
    flat, expected = [v for part in twice for v in part], [*mean, *std]
    expect_close(np.array(flat), np.array(expected), within=2.0**-51 * np.abs(expected))


@law("inverse_mean_std", lesson=3)
def inverse_mean_std_refuses_what_has_no_inverse(inverse_mean_std):
    """A std that is zero, negative or not finite, a mean that is not finite, different lengths and overflow are ValueErrors."""
    for mean, std in [((0.5,), (0.0,)), ((0.5,), (-1.0,)), ((0.5,), (math.nan,)), ((0.5,), (math.inf,)), ((math.inf,), (1.0,)), ((0.5, 0.5), (1.0,)), ((1e300,), (1e-300,)), ((0.0,), (5e-324,))]:
        expect_raises(ValueError, inverse_mean_std, mean, std)
    expect_raises(TypeError, inverse_mean_std, 0.5, 0.5)


# ----------------------------------------------------------- InverseNormalize


@law("InverseNormalize", lesson=3, x=unit_pictures)
def undoes_normalize_inside_compose(InverseNormalize, x):
    """After v2.Normalize in one v2.Compose, the picture comes back as a tv_tensors.Image, within the bound of inverse_normalize."""
    image = tv_tensors.Image(x)
    back = v2.Compose([v2.Normalize(MEAN, STD), InverseNormalize(MEAN, STD)])(image)
    expect_same(type(back), tv_tensors.Image, "wrap the result: tv_tensors.wrap(out, like=inpt)")
    m = torch.tensor(MEAN).reshape(-1, 1, 1)
    bound = 4 * U * (x.abs() + (x - m).abs()) + U
    expect_close(back.as_subclass(torch.Tensor), x, within=bound)


@law("InverseNormalize", lesson=3, x=unit_pictures, labels=hnp.arrays(np.int64, (2, 3), elements=st.integers(0, 255)))
def leaves_masks_and_boxes_alone(InverseNormalize, x, labels):
    """In a tuple and in a dict the image is changed, and mask, boxes, labels and text pass through as they are."""
    mask = tv_tensors.Mask(torch.from_numpy(labels))
    boxes = tv_tensors.BoundingBoxes([[0, 0, 1, 1]], format="XYXY", canvas_size=(2, 3))
    image, transform = tv_tensors.Image(x), InverseNormalize(MEAN, STD)
    expected = library.inverse_normalize(x, MEAN, STD)
    for packed in (
        transform(image, mask, boxes),
        tuple(transform({"image": image, "mask": mask, "boxes": boxes}).values()),
    ):
        expect_same(packed[0].as_subclass(torch.Tensor), expected)
        for got, original in zip(packed[1:], (mask, boxes), strict=True):
            expect_same(type(got), type(original))
            expect_same(got.as_subclass(torch.Tensor), original.as_subclass(torch.Tensor), "restrict the transform to images and videos")
    kept = transform({"image": image, "label": 3, "name": "cat"})
    expect((kept["label"], kept["name"]) == (3, "cat"), got=repr(kept), expected="label 3 and name 'cat'")


@law("InverseNormalize", lesson=3, x=unit_pictures)
def works_on_plain_tensors_videos_and_batches(InverseNormalize, x):
    """A plain tensor, a batch and a video give what inverse_normalize gives, and the argument is left as it was."""
    transform = InverseNormalize(MEAN, STD)
    expect_same(transform(x), library.inverse_normalize(x, MEAN, STD))
    batch = torch.stack([x, x])
    expect_same(transform(batch), library.inverse_normalize(batch, MEAN, STD))
    video = transform(tv_tensors.Video(batch))
    expect_same(type(video), tv_tensors.Video, "wrap the result: tv_tensors.wrap(out, like=inpt)")
    expect_arguments_kept(transform, x)


@law("InverseNormalize", lesson=3)
def the_transform_refuses_bad_input(InverseNormalize):
    """A bad mean or std is refused when the transform is made; bytes and a wrong channel count when it is called."""
    for mean, std in [(MEAN, (0.2, 0.0, 0.2)), (MEAN, (0.2, -1.0, 0.2)), ((math.nan,) * 3, STD), (MEAN, STD[:2])]:
        expect_raises(ValueError, InverseNormalize, mean, std)
    transform = InverseNormalize(MEAN, STD)
    expect_raises(TypeError, transform, torch.zeros(3, 2, 2, dtype=torch.uint8), mention=["uint8"])
    expect_raises(ValueError, transform, torch.zeros(1, 2, 2), mention=["(1, 2, 2)"])


# ---------------------------------------------------------- ChannelStatistics

sets_of_pictures = st.sampled_from([1, 3]).flatmap(lambda c: st.lists(images(channels=(c,), most=4), min_size=1, max_size=5))


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


@law("ChannelStatistics", lesson=3, pictures=sets_of_pictures)
def is_exact(ChannelStatistics, pictures):
    """Mean and std are those of all pixels of all pictures together: right to the last bits of float64."""
    count, mean, std = bits(counted(ChannelStatistics, pictures))
    expect(count == sum(p.shape[0] * p.shape[1] for p in pictures), got=f"count {count}", expected="all pixels of all pictures")
    for c, (exact_mean, exact_variance) in enumerate(exact_mean_and_variance(pictures)):
        expect_close(np.float64(mean[c]), np.float64(exact_mean), within=2**-52 * float(exact_mean), cause="weigh pixels, not pictures")
        root = math.sqrt(exact_variance)
        expect_close(np.float64(std[c]), np.float64(root), within=2**-51 * root, cause="the std of all pixels, not the mean of the pictures' stds; divide by n, not n - 1")


@law("ChannelStatistics", lesson=3, pictures=sets_of_pictures, order=st.randoms(use_true_random=False), cut=st.integers(0, 5))
def every_order_and_split_gives_the_same_bits(ChannelStatistics, pictures, order, cut):
    """In any order, and counted in two halves and merged, the bits are the same."""
    whole = bits(counted(ChannelStatistics, pictures))
    shuffled = list(pictures)
    order.shuffle(shuffled)
    expect_same(bits(counted(ChannelStatistics, shuffled)), whole, "add whole numbers; floats depend on the order")
    first, second = counted(ChannelStatistics, shuffled[:cut]), counted(ChannelStatistics, shuffled[cut:])
    expect_same(bits(first.merge(second)), whole)


@law("ChannelStatistics", lesson=3, pictures=st.lists(images(most=3), min_size=3, max_size=3))
def merge_is_commutative_and_associative(ChannelStatistics, pictures):
    """a + b = b + a, (a + b) + c = a + (b + c), and what has seen nothing changes nothing."""

    def alone(i):
        return counted(ChannelStatistics, [pictures[i]])

    results = [
        bits(alone(i).merge(alone(j)).merge(alone(k))) for i, j, k in itertools.permutations(range(3))
    ] + [bits(alone(0).merge(alone(1).merge(alone(2))))]
    results += [bits(ChannelStatistics().merge(alone(0).merge(alone(1)).merge(alone(2)).merge(ChannelStatistics())))]
    for result in results[1:]:
        expect_same(result, results[0], "add whole numbers; floats depend on the order")


@law("ChannelStatistics", lesson=3, pictures=st.lists(images(most=3), min_size=2, max_size=2))
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


@law("ChannelStatistics", lesson=3, value=st.integers(0, 255), height=sides(), width=sides())
def a_constant_has_no_spread(ChannelStatistics, value, height, width):
    """A constant picture has exactly std 0 and mean k / 255."""
    _, mean, std = bits(ChannelStatistics().update(np.full((height, width, 3), value, np.uint8)))
    expect_same((mean, std), ((value / 255,) * 3, (0.0,) * 3), "E[x²] - E[x]² in floats leaves a remainder")


@law("ChannelStatistics", lesson=3)
def is_right_for_many_pixels(ChannelStatistics):
    """Over millions of pixels nothing overflows and nothing is lost."""
    plane = np.full((2000, 2000, 1), 255, np.uint8)
    plane[0, 0] = 0
    statistics = ChannelStatistics()
    for _ in range(8):
        statistics.update(plane)
    n = 32_000_000
    _, (mean,), (std,) = bits(statistics)
    expected = Fraction(n - 8, n)
    expect_close(np.float64(mean), np.float64(expected), within=2**-53)
    root = math.sqrt(expected * (1 - expected))
    expect_close(np.float64(std), np.float64(root), within=1e-15, cause="form n (sum of squares) in Python integers; int64 overflows")


@law("ChannelStatistics", lesson=3)
def statistics_refuse_what_they_cannot_count(ChannelStatistics):
    """Floats, tensors and other shapes are refused, other channel counts too, and what has seen nothing has no mean."""
    for image in (np.zeros((2, 2, 3), np.float32), np.zeros((2, 2, 3), np.int64), torch.zeros(3, 2, 2)):
        expect_raises(TypeError, ChannelStatistics().update, image)
    for shape in [(4,), (2, 2, 2, 3), (0, 2, 3)]:
        expect_raises(ValueError, ChannelStatistics().update, np.zeros(shape, np.uint8), mention=[str(shape)])
    grey, colour = ChannelStatistics().update(np.zeros((2, 2), np.uint8)), ChannelStatistics().update(np.ones((2, 2, 3), np.uint8))
    before = bits(colour)
    expect_raises(ValueError, colour.update, np.zeros((2, 2), np.uint8), mention=["1", "3"])
    expect_raises(ValueError, colour.merge, grey, mention=["1", "3"])
    expect_same(bits(colour), before, "refuse before counting")
    expect_raises(ValueError, lambda: ChannelStatistics().mean)
    expect_raises(ValueError, lambda: ChannelStatistics().std)
    expect_same(int(ChannelStatistics().count), 0)


@law("channel_statistics", lesson=3, pictures=sets_of_pictures)
def counts_every_picture_once(channel_statistics, pictures):
    """Any iterable of pictures of any sizes gives the exact statistics of all their pixels."""
    expected = bits(counted(library.ChannelStatistics, pictures))
    expect_same(bits(channel_statistics(pictures)), expected)
    expect_same(bits(channel_statistics(iter(pictures))), expected)


@law("channel_statistics", lesson=3)
def the_mean_of_the_stds_is_another_number(channel_statistics):
    """A black and a white picture have std 0 each, together 1/2: the spread between pictures counts."""
    black, white = np.zeros((4, 4, 3), np.uint8), np.full((4, 4, 3), 255, np.uint8)
    expect_same(bits(channel_statistics([black, white]))[1:], ((0.5,) * 3, (0.5,) * 3))
