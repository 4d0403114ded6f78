"""Laws of lesson 3: Normalize, its inverse, and the mean and std of a set of pictures.

u is half the distance from 1 to the next number of the type, 2**-24 in
float32. Means and stds are drawn from the numbers that float32 holds, so that
an implementation that computes in float64 inside is held to the same bounds."""

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
from seeing_tensors.course.laws import expect, expect_arguments_kept, expect_close, expect_raises, expect_same, law

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


@law("normalize", lesson=3, rank="mathematics", x=pictures, mean=means, std=stds)
def subtracts_the_mean_and_divides_by_the_std(normalize, x, mean, std):
    """Channel c becomes (x - mean[c]) / std[c], within 2u of its own size: one rounding for each operation."""
    m, s = columns(mean, std)
    exact = (x.double() - m) / s
    # The two roundings, and the smallest step of float32 where the result is nearly 0.
    bound = 2.01 * U * exact.abs() + 2.0**-149 * (1 + 1 / s)
    expect_close(normalize(x, mean, std), exact.float(), within=bound + U * exact.abs(), cause="mean and std belong to channels, axis -3")


@law("normalize", lesson=3, rank="mathematics", x=unit_pictures)
def normalize_equals_torchvision(normalize, x):
    """The result is that of torchvision's Normalize, to the last bit or one beside it."""
    expected = v2.functional.normalize(x, MEAN, STD)
    expect_close(normalize(x, MEAN, STD), expected, within=4 * U * (expected.abs().double() + 2.2))


@law("normalize", lesson=3, rank="mathematics")
def imagenet_constants_leave_the_unit_interval(normalize):
    """With ImageNet's constants, black becomes -mean / std and white (1 - mean) / std: from -2.12 to 2.64."""
    black, white = normalize(torch.zeros(3, 1, 1), MEAN, STD), normalize(torch.ones(3, 1, 1), MEAN, STD)
    expect_close(torch.stack([black.min(), white.max()]), torch.tensor([-2.1179, 2.6400]), within=5e-5)


@law("normalize", lesson=3, rank="range", dtype=st.sampled_from([torch.float16, torch.float32, torch.float64]))
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


@law("normalize", lesson=3, rank="mathematics", x=unit_pictures)
def a_picture_is_normalised_alone_as_in_a_batch(normalize, x):
    """A picture gives the same result alone and in a batch."""
    _same_alone_as_in_a_batch(normalize, x, MEAN, STD)


@law("normalize", lesson=3, rank="manners", x=unit_pictures)
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


@law("normalize", lesson=3, rank="manners", cases=[{"mean": m, "std": s} for m, s in BAD_STATISTICS])
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


@law("normalize", lesson=3, rank="manners")
def normalize_refuses_bad_pictures(normalize):
    """Bytes, integers and arrays are a TypeError; a channel count that does not match is a ValueError with both numbers."""
    _refuses_bad_pictures(normalize)


# ---------------------------------------------------------- inverse_normalize


@law("inverse_normalize", lesson=3, rank="mathematics", x=pictures, mean=means, std=stds)
def undoes_normalize(inverse_normalize, x, mean, std):
    """For every picture, mean and positive std, the inverse gives the picture back within 4u (|x| + |x - mean|)."""
    m, s = columns(mean, std)
    bound = 4 * U * (x.double().abs() + (x.double() - m).abs()) + 2.0**-149 * (1 + s)
    cause = "from y = (x - m) / s follows x = y s + m; mean and std are those that normalize was given"
    expect_close(inverse_normalize(library.normalize(x, mean, std), mean, std), x, within=bound, cause=cause)


@law("inverse_normalize", lesson=3, rank="mathematics", y=float_tensors(-8, 8, channels=(3,)), mean=means, std=stds)
def multiplies_and_adds(inverse_normalize, y, mean, std):
    """The value y becomes y std[c] + mean[c], within one rounding for each operation."""
    m, s = columns(mean, std)
    product, exact = y.double() * s, y.double() * s + m
    bound = 1.01 * U * product.abs() + 2.01 * U * exact.abs() + 2.0**-149
    expect_close(inverse_normalize(y, mean, std), exact.float(), within=bound, cause="multiply by the std, then add the mean")


@law("inverse_normalize", lesson=3, rank="mathematics")
def all_levels_come_back_exactly(inverse_normalize):
    """After Normalize, its inverse and rounding, all 256 levels of all 3 channels are what they were."""
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16).expand(3, -1, -1).contiguous()
    for mean, std in [(MEAN, STD), ((0.5,) * 3, (0.5,) * 3), ((0.1307,) * 3, (0.3081,) * 3), ((0.0,) * 3, (255.0,) * 3)]:
        back = inverse_normalize(library.normalize(levels / 255, mean, std), mean, std)
        expect_same(library.to_uint8(back), levels)


@law("inverse_normalize", lesson=3, rank="manners", dtype=st.sampled_from([torch.float16, torch.float32, torch.float64]))
def inverse_keeps_the_type(inverse_normalize, dtype):
    """The result has the type and shape of its argument, for one picture, a batch, and a batch of videos."""
    for shape in [(3, 2, 4), (5, 3, 2, 4), (2, 5, 3, 2, 4)]:
        result = inverse_normalize(torch.rand(shape).to(dtype), MEAN, STD)
        expect((result.dtype, result.shape) == (dtype, shape), got=f"{result.dtype} {tuple(result.shape)}", expected=f"{dtype} {shape}")


@law("inverse_normalize", lesson=3, rank="mathematics", x=unit_pictures)
def a_picture_comes_back_alone_as_in_a_batch(inverse_normalize, x):
    """A picture gives the same result alone and in a batch of any size."""
    _same_alone_as_in_a_batch(inverse_normalize, x, MEAN, STD)
    batch = x.repeat(5, 1, 1, 1)  # more pictures than channels: a loop over zip(batch, mean, std) stops at three
    expect_same(inverse_normalize(batch, MEAN, STD), torch.stack([inverse_normalize(x, MEAN, STD)] * 5))


@law("inverse_normalize", lesson=3, rank="manners", x=unit_pictures)
def inverse_keeps_its_argument(inverse_normalize, x):
    """The normalised tensor is left as it was: the training that goes on with it sees the same numbers."""
    expect_arguments_kept(inverse_normalize, x, MEAN, STD)
    expect_arguments_kept(inverse_normalize, x, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))


@law("inverse_normalize", lesson=3, rank="manners", cases=[{"mean": m, "std": s} for m, s in BAD_STATISTICS])
def inverse_refuses_bad_statistics(inverse_normalize, mean, std):
    """What normalize refuses, its inverse refuses too: nothing was ever normalised with it."""
    _refuses_bad_statistics(inverse_normalize, mean, std)


@law("inverse_normalize", lesson=3, rank="manners")
def inverse_refuses_bad_pictures(inverse_normalize):
    """Bytes, integers and arrays are a TypeError; a channel count that does not match is a ValueError with both numbers."""
    _refuses_bad_pictures(inverse_normalize)


# ----------------------------------------------------------- inverse_mean_std


@law("inverse_mean_std", lesson=3, rank="mathematics", mean=means, std=stds)
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


@law("inverse_mean_std", lesson=3, rank="mathematics", x=unit_pictures, mean=st.tuples(*[st.floats(0, 1, width=32)] * 3), std=st.tuples(*[st.floats(0.0625, 1, width=32)] * 3))
def a_second_normalize_undoes_the_first(inverse_mean_std, x, mean, std):
    """torchvision's Normalize with these numbers gives the picture back within u (2m + 3|x - m| + 3|x|)."""
    there = v2.functional.normalize(x, mean, std)
    back = v2.functional.normalize(there, *inverse_mean_std(mean, std))
    (m,) = columns(mean)
    x64 = x.double()
    bound = U * (2 * m + 3 * (x64 - m).abs() + 3 * x64) * (1 + 16 * U) + 2.0**-140
    expect_close(back, x, within=bound, cause="-m / s, not -m; 1 / s, not s")


@law("inverse_mean_std", lesson=3, rank="mathematics", mean=means, std=stds)
def the_inverse_of_the_inverse_is_the_original(inverse_mean_std, mean, std):
    """Inverting twice gives mean and std back, within four roundings of float64."""
    twice = inverse_mean_std(*inverse_mean_std(mean, std))
    flat, expected = [v for part in twice for v in part], [*mean, *std]
    expect_close(np.array(flat), np.array(expected), within=2.0**-51 * np.abs(expected))


@law("inverse_mean_std", lesson=3, rank="manners")
def inverse_mean_std_refuses_what_has_no_inverse(inverse_mean_std):
    """A std that is zero, negative or not finite, a mean that is not finite, different lengths and overflow are ValueErrors."""
    for mean, std in [((0.5,), (0.0,)), ((0.5,), (-1.0,)), ((0.5,), (math.nan,)), ((0.5,), (math.inf,)), ((math.inf,), (1.0,)), ((0.5, 0.5), (1.0,)), ((1e300,), (1e-300,)), ((0.0,), (5e-324,))]:
        expect_raises(ValueError, inverse_mean_std, mean, std)
    expect_raises(TypeError, inverse_mean_std, 0.5, 0.5)


# ----------------------------------------------------------- InverseNormalize


@law("InverseNormalize", lesson=3, rank="mathematics", x=unit_pictures)
def undoes_normalize_inside_compose(InverseNormalize, x):
    """After v2.Normalize in one v2.Compose, the picture comes back as a tv_tensors.Image, within the bound of inverse_normalize."""
    image = tv_tensors.Image(x)
    back = v2.Compose([v2.Normalize(MEAN, STD), InverseNormalize(MEAN, STD)])(image)
    expect_same(type(back), tv_tensors.Image, "wrap the result: tv_tensors.wrap(out, like=inpt)")
    m = torch.tensor(MEAN).reshape(-1, 1, 1)
    bound = 4 * U * (x.abs() + (x - m).abs()) + U
    expect_close(back.as_subclass(torch.Tensor), x, within=bound)


@law("InverseNormalize", lesson=3, rank="mathematics", x=unit_pictures, labels=hnp.arrays(np.int64, (2, 3), elements=st.integers(0, 255)))
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


@law("InverseNormalize", lesson=3, rank="manners", x=unit_pictures)
def works_on_plain_tensors_videos_and_batches(InverseNormalize, x):
    """A plain tensor, a batch and a video give what inverse_normalize gives, and the argument is left as it was."""
    transform = InverseNormalize(MEAN, STD)
    expect_same(transform(x), library.inverse_normalize(x, MEAN, STD))
    batch = torch.stack([x, x])
    expect_same(transform(batch), library.inverse_normalize(batch, MEAN, STD))
    video = transform(tv_tensors.Video(batch))
    expect_same(type(video), tv_tensors.Video, "wrap the result: tv_tensors.wrap(out, like=inpt)")
    expect_arguments_kept(transform, x)


@law("InverseNormalize", lesson=3, rank="manners")
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


@law("ChannelStatistics", lesson=3, rank="mathematics", pictures=sets_of_pictures)
def is_exact(ChannelStatistics, pictures):
    """Mean and std are those of all pixels of all pictures together: right to the last bits of float64."""
    count, mean, std = bits(counted(ChannelStatistics, pictures))
    expect(count == sum(p.shape[0] * p.shape[1] for p in pictures), got=f"count {count}", expected="all pixels of all pictures")
    for c, (exact_mean, exact_variance) in enumerate(exact_mean_and_variance(pictures)):
        expect_close(np.float64(mean[c]), np.float64(exact_mean), within=2**-52 * float(exact_mean), cause="weigh pixels, not pictures")
        root = math.sqrt(exact_variance)
        expect_close(np.float64(std[c]), np.float64(root), within=2**-51 * root, cause="the std of all pixels, not the mean of the pictures' stds; divide by n, not n - 1")


@law("ChannelStatistics", lesson=3, rank="mathematics", pictures=sets_of_pictures, order=st.randoms(use_true_random=False), cut=st.integers(0, 5))
def every_order_and_split_gives_the_same_bits(ChannelStatistics, pictures, order, cut):
    """In any order, and counted in two halves and merged, the bits are the same."""
    whole = bits(counted(ChannelStatistics, pictures))
    shuffled = list(pictures)
    order.shuffle(shuffled)
    expect_same(bits(counted(ChannelStatistics, shuffled)), whole, "add whole numbers; floats depend on the order")
    first, second = counted(ChannelStatistics, shuffled[:cut]), counted(ChannelStatistics, shuffled[cut:])
    expect_same(bits(first.merge(second)), whole)


@law("ChannelStatistics", lesson=3, rank="mathematics", pictures=st.lists(images(most=3), min_size=3, max_size=3))
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


@law("ChannelStatistics", lesson=3, rank="mathematics", pictures=st.lists(images(most=3), min_size=2, max_size=2))
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


@law("ChannelStatistics", lesson=3, rank="mathematics", value=st.integers(0, 255), height=sides(), width=sides())
def a_constant_has_no_spread(ChannelStatistics, value, height, width):
    """A constant picture has exactly std 0 and mean k / 255."""
    _, mean, std = bits(ChannelStatistics().update(np.full((height, width, 3), value, np.uint8)))
    expect_same((mean, std), ((value / 255,) * 3, (0.0,) * 3), "E[x²] - E[x]² in floats leaves a remainder")


@law("ChannelStatistics", lesson=3, rank="mathematics")
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


@law("ChannelStatistics", lesson=3, rank="manners")
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


@law("channel_statistics", lesson=3, rank="mathematics", pictures=sets_of_pictures)
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

ROUNDING = {torch.float16: 2.0**-11, torch.bfloat16: 2.0**-8, torch.float32: 2.0**-24, torch.float64: 2.0**-53}


def _works_in_the_type_of_x(function, exact, dtype):
    # Below float64 only numbers that every type holds, so that who computes in float64 inside is held to the same bound.
    mean, std = (MEAN, STD) if dtype == torch.float64 else ((0.484375, 0.4375, 0.40625), (0.2265625, 0.21875, 0.328125))
    x = (torch.arange(3 * 4 * 5).reshape(3, 4, 5) / 60).to(dtype)
    value, size = exact(x.double(), *columns(mean, std))
    result = function(x, mean, std)
    expect(result.dtype == dtype, got=str(result.dtype), expected=str(dtype))
    # In float64 the yardstick itself rounds.
    bound = (3 if dtype == torch.float64 else 1.01) * ROUNDING[dtype] * size
    expect_close(result.double(), value, within=bound, cause="compute in the type of x, with mean and std in it too")


@law("normalize", lesson=3, rank="range", cases=[{"dtype": d} for d in ROUNDING])
def normalize_works_in_the_type_of_x(normalize, dtype):
    """In float16, bfloat16, float32 and float64 the result is (x - mean) / std, within two roundings of that type."""
    _works_in_the_type_of_x(normalize, lambda x, m, s: ((x - m) / s, 2 * ((x - m) / s).abs()), dtype)


@law("inverse_normalize", lesson=3, rank="range", cases=[{"dtype": d} for d in ROUNDING])
def inverse_works_in_the_type_of_x(inverse_normalize, dtype):
    """In float16, bfloat16, float32 and float64 the result is x std + mean, within one rounding of that type for each operation."""
    _works_in_the_type_of_x(inverse_normalize, lambda x, m, s: (x * s + m, (x * s).abs() + (x * s + m).abs()), dtype)


def _is_differentiable(function, slope):
    x = torch.rand(2, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    function(x, MEAN, STD).sum().backward()
    expect(x.grad is not None, got="no gradient", expected="the slope of each channel", cause="do not detach: models normalise inside")
    expected = torch.tensor([slope(s) for s in STD], dtype=torch.float64).reshape(-1, 1, 1).expand(2, 3, 2, 2)
    expect_close(x.grad, expected, within=1e-12)


@law("normalize", lesson=3, rank="mathematics")
def normalize_passes_the_gradient_on(normalize):
    """The gradient with respect to x is 1 / std."""
    _is_differentiable(normalize, lambda s: 1 / s)


@law("inverse_normalize", lesson=3, rank="mathematics")
def inverse_passes_the_gradient_on(inverse_normalize):
    """The gradient with respect to x is std."""
    _is_differentiable(inverse_normalize, lambda s: s)


def _reads_any_layout(function, x):
    for view in (x.flip(-1), x.transpose(-1, -2), x[..., ::2], x.permute(1, 2, 0).contiguous().permute(2, 0, 1)):
        expect_same(function(view, MEAN, STD), function(view.contiguous(), MEAN, STD), "strides say nothing about channels")
    expect_same(function(x[:, :0], MEAN, STD), x[:, :0])
    expect_same(function(x[None][:0], MEAN, STD), x[None][:0])


@law("normalize", lesson=3, rank="range", x=unit_pictures)
def normalize_reads_any_layout(normalize, x):
    """A flipped, transposed, strided or channels-last view gives what its copy gives; nothing gives nothing."""
    _reads_any_layout(normalize, x)


@law("inverse_normalize", lesson=3, rank="range", x=unit_pictures)
def inverse_reads_any_layout(inverse_normalize, x):
    """A flipped, transposed, strided or channels-last view gives what its copy gives; nothing gives nothing."""
    _reads_any_layout(inverse_normalize, x)


def _takes_any_number_of_channels(function):
    for c in (1, 2, 4, 7):
        mean, std = tuple(i / 8 for i in range(c)), tuple((i + 1) / 4 for i in range(c))
        x = torch.arange(c * 6.0).reshape(c, 2, 3)
        together = function(x, mean, std)
        for i in range(c):
            expect_same(together[i : i + 1], function(x[i : i + 1], mean[i : i + 1], std[i : i + 1]))
        for other in (list, np.array, torch.tensor, lambda v: np.array(v, np.float32)):
            expect_same(function(x, other(mean), other(std)), together, "mean and std are sequences of numbers, arrays and tensors too")
    for shape, n in [((1, 2, 2), 3), ((5, 1, 2, 2), 3), ((5, 3, 2, 2), 1), ((3, 1, 2, 2), 3), ((2, 5, 1, 2, 2), 5)]:
        expect_raises(ValueError, function, torch.rand(shape), (0.5,) * n, (0.5,) * n, mention=[str(shape)], cause="broadcasting hides the mismatch")


@law("normalize", lesson=3, rank="manners")
def normalize_takes_any_number_of_channels(normalize):
    """Each channel goes its own way, for 1, 2, 4 and 7 of them, with tuples, lists, arrays and tensors; a mismatch is refused in batches too."""
    _takes_any_number_of_channels(normalize)


@law("inverse_normalize", lesson=3, rank="manners")
def inverse_takes_any_number_of_channels(inverse_normalize):
    """Each channel goes its own way, for 1, 2, 4 and 7 of them, with tuples, lists, arrays and tensors; a mismatch is refused in batches too."""
    _takes_any_number_of_channels(inverse_normalize)


def _hides_nothing(function):
    x = torch.tensor([math.nan, math.inf, -math.inf, 1e30, -1e30, 2.0]).reshape(1, 1, 6)
    result = function(x, (0.0,), (1.0,))
    expect_same(result, x, "clamp nothing and repair nothing: that is the display's business")


@law("normalize", lesson=3, rank="mathematics")
def normalize_hides_nothing(normalize):
    """NaN stays NaN, infinity stays infinity and large values stay large."""
    _hides_nothing(normalize)


@law("inverse_normalize", lesson=3, rank="mathematics")
def inverse_hides_nothing(inverse_normalize):
    """NaN stays NaN, infinity stays infinity, and values outside [0, 1] are not clamped."""
    _hides_nothing(inverse_normalize)


def _allows_the_smallest_std(function):
    for dtype in (torch.float16, torch.float32, torch.float64):
        tiny = torch.finfo(dtype).tiny
        expect_same(function(torch.zeros(1, 1, 1, dtype=dtype), (0.0,), (tiny,)), torch.zeros(1, 1, 1, dtype=dtype))
        expect_raises(ValueError, function, torch.zeros(1, 1, 1, dtype=dtype), (0.0,), (tiny / 2,))


@law("normalize", lesson=3, rank="range")
def normalize_allows_the_smallest_normal_std(normalize):
    """In each type the smallest normal number is a std, half of it is not."""
    _allows_the_smallest_std(normalize)


@law("inverse_normalize", lesson=3, rank="range")
def inverse_allows_the_smallest_normal_std(inverse_normalize):
    """In each type the smallest normal number is a std, half of it is not."""
    _allows_the_smallest_std(inverse_normalize)


# ----------------------------------------------------------- inverse_mean_std


@law("inverse_mean_std", lesson=3, rank="mathematics", cases=[{"n": n} for n in (1, 2, 4, 5)])
def as_many_numbers_as_channels(inverse_mean_std, n):
    """For any number of channels, means below 0 too, from lists, arrays and tensors: two sequences of that many numbers."""
    mean, std = tuple((-1) ** i * i / 4 for i in range(n)), tuple(2.0 ** (i - 2) for i in range(n))
    expected = (tuple(-m / s for m, s in zip(mean, std)), tuple(1 / s for s in std))
    for kind in (tuple, list, np.array, torch.tensor):
        expect_same(tuple(tuple(map(float, part)) for part in inverse_mean_std(kind(mean), kind(std))), expected)


# ----------------------------------------------------------- InverseNormalize


@law("InverseNormalize", lesson=3, rank="mathematics", x=unit_pictures)
def changes_images_and_videos_only(InverseNormalize, x):
    """Float masks, key points and boxes pass through; a batch of images stays tv_tensors.Image, a video tv_tensors.Video."""
    transform = InverseNormalize(MEAN, STD)
    untouched = [
        tv_tensors.Mask(x),
        tv_tensors.KeyPoints(torch.rand(4, 2), canvas_size=(9, 9)),
        tv_tensors.BoundingBoxes(torch.rand(2, 4), format="XYXY", canvas_size=(9, 9)),
    ]
    for before in untouched:
        after = transform(tv_tensors.Image(x), before)[1]
        expect_same(type(after), type(before))
        for each in (after, transform(before)):
            expect_same(each.as_subclass(torch.Tensor), before.as_subclass(torch.Tensor), "restrict the transform to images and videos")
    for kind in (tv_tensors.Image, tv_tensors.Video):
        back = transform(kind(torch.stack([x, x])))
        expect_same(type(back), kind, "wrap the result: tv_tensors.wrap(out, like=inpt)")
        expect_same(back.as_subclass(torch.Tensor)[0], library.inverse_normalize(x, MEAN, STD))


@law("InverseNormalize", lesson=3, rank="mathematics")
def keeps_numbers_of_its_own(InverseNormalize):
    """Changing the list it was made from changes nothing, and its repr tells the numbers."""
    mean, std = list(MEAN), list(STD)
    transform = InverseNormalize(mean, std)
    mean[0], std[1] = 9.0, 9.0
    x = torch.rand(3, 2, 2)
    expect_same(transform(x), library.inverse_normalize(x, MEAN, STD), "copy the numbers")
    expect("0.485" in repr(transform) and "0.229" in repr(transform), got=repr(transform), expected="a repr with mean and std")


# ---------------------------------------------------------- ChannelStatistics


@law("ChannelStatistics", lesson=3, rank="range", picture=images(channels=(1, 3)))
def strides_do_not_count(ChannelStatistics, picture):
    """A flipped, transposed or read-only view counts like its copy, channel by channel; (H, W) like (H, W, 1)."""
    for view in (picture[::-1], picture[:, ::-1], picture[..., ::-1], picture.transpose(1, 0, 2), np.asfortranarray(picture)):
        view.flags.writeable = False
        expect_same(bits(counted(ChannelStatistics, [view])), bits(counted(ChannelStatistics, [np.array(view, order="C")])))
    plane = picture[..., 0]
    expect_same(bits(counted(ChannelStatistics, [plane])), bits(counted(ChannelStatistics, [plane.copy()[:, :, None]])))


@law("ChannelStatistics", lesson=3, rank="mathematics", cases=[{"channels": c} for c in (1, 2, 4, 6)])
def any_number_of_channels(ChannelStatistics, channels):
    """Mean and std have one number for each channel, however many there are."""
    picture = np.stack([np.full((2, 2), 10 * c, np.uint8) for c in range(channels)], axis=2)
    statistics = counted(ChannelStatistics, [picture])
    expected = tuple(10 * c / 255 for c in range(channels))
    expect_same(bits(statistics), (4, expected, (0.0,) * channels))


def _double(statistics, times):
    """Merge with itself so many times. Who keeps all that was counted is told so before the memory is full."""
    sizes = []
    for done in range(times):
        expect_same(statistics.merge(statistics) is statistics, True)
        if done in (5, 10):
            sizes.append(len(pickle.dumps(vars(statistics))))
        if done == 10:
            got, expected = f"{sizes[1]:,} bytes after {sizes[0]:,}", "an object that does not grow with what it has counted"
            expect(sizes[1] < 4 * sizes[0], got=got, expected=expected, cause="keep sums, or how often each level occurs, not the pictures")


@law("ChannelStatistics", lesson=3, rank="mathematics", pictures=sets_of_pictures)
def doubling_changes_only_the_count(ChannelStatistics, pictures):
    """Merged with itself again and again the mean and std stay, bit for bit, and the count doubles, forty times."""
    statistics = counted(ChannelStatistics, pictures)
    count, mean, std = bits(statistics)
    _double(statistics, 40)
    expect_same(bits(statistics), (count << 40, mean, std), "count in integers that have room")


@law("ChannelStatistics", lesson=3, rank="mathematics")
def a_rare_value_is_not_lost(ChannelStatistics):
    """One odd pixel among 2**44 still shows in the std, exactly: n (sum of squares) - (sum)**2 in whole numbers."""
    many, few = ChannelStatistics().update(np.full((1, 3, 1), 255, np.uint8)), ChannelStatistics().update(np.full((1, 1, 1), 254, np.uint8))
    _double(many, 44)
    n = 3 * 2**44 + 1
    count, (mean,), (std,) = bits(many.merge(few))
    expect_same(count, n)
    variance = Fraction(1, 255**2) * Fraction(1, n) * (1 - Fraction(1, n))
    expect_close(np.float64(std), np.float64(math.sqrt(variance)), within=2.0**-50 * math.sqrt(variance), cause="float sums lose one pixel in 2**53")
    expect_close(np.float64(mean), np.float64(1 - Fraction(1, 255 * n)), within=2.0**-53)


@law("ChannelStatistics", lesson=3, rank="manners", cases=[{"kind": k} for k in (bool, np.uint16, np.int8, np.float16)])
def only_bytes_can_be_counted(ChannelStatistics, kind):
    """bool, uint16, int8 and float16 pictures are TypeErrors that name the type, and count nothing."""
    statistics = ChannelStatistics()
    expect_raises(TypeError, statistics.update, np.zeros((2, 2, 3), kind), mention=[np.dtype(kind).name])
    expect_same(int(statistics.count), 0)



# --------------------------------------------------------- channel_statistics


@law("channel_statistics", lesson=3, rank="mathematics", planes=st.lists(hnp.arrays(np.uint8, (2, 3, 1)), min_size=1, max_size=4))
def a_reader_may_reuse_its_buffer(channel_statistics, planes):
    """Each picture is counted before the next is asked for: a reader that fills one array again and again is read right."""
    buffer = np.empty((2, 3, 1), np.uint8)

    def reader():
        for plane in planes:
            buffer[:] = plane
            yield buffer

    expect_same(bits(channel_statistics(reader())), bits(counted(library.ChannelStatistics, planes)), "do not collect the pictures first")


@law("channel_statistics", lesson=3, rank="mathematics")
def a_bad_picture_is_not_skipped(channel_statistics):
    """A picture that cannot be counted raises, wherever it stands; no pictures give statistics without a mean."""
    good = np.zeros((2, 2, 3), np.uint8)
    expect_raises(TypeError, channel_statistics, [good, good / 255, good])
    expect_raises(ValueError, channel_statistics, [good, good, good[..., 0]])
    expect_same(int(channel_statistics([]).count), 0)


@law("channel_statistics", lesson=3, rank="manners")
def one_picture_is_no_set(channel_statistics):
    """A single picture, whose rows would pass for grey pictures, is refused and told to be put into a list."""
    expect_raises(ValueError, channel_statistics, np.zeros((4, 5, 3), np.uint8), mention=["[image]"])


@law("normalize", lesson=3, rank="manners")
def normalize_wants_numbers(normalize):
    """Text, tables and plain numbers as mean or std are TypeErrors, and a refused std is written as it was given."""
    x = torch.full((3, 2, 2), 0.5)
    for mean in ("123", ("0.5",) * 3, torch.zeros(3, 2), None, 0.5, [None] * 3):
        expect_raises(TypeError, normalize, x, mean, STD, mention=["mean"])
    expect_raises(ValueError, normalize, x, (10**400, 0, 0), STD, mention=["mean"])
    expect_raises(ValueError, normalize, x, MEAN, (-0.2, 0.2, 0.2), mention=["(-0.2, 0.2, 0.2)"])


@law("normalize", lesson=3, rank="range")
def normalize_stays_on_the_device_of_x(normalize):
    """The result lies where x lies, whatever device torch makes new tensors on."""
    _stays_on_the_device_of_x(normalize, (0.25, -0.25, 0.0))


@law("inverse_normalize", lesson=3, rank="range")
def inverse_normalize_stays_on_the_device_of_x(inverse_normalize):
    """The result lies where x lies, whatever device torch makes new tensors on."""
    _stays_on_the_device_of_x(inverse_normalize, (1.0, 2.0, 1.5))


def _stays_on_the_device_of_x(function, expected):
    x = torch.full((3, 2, 2), 0.5)
    with torch.device("meta"):
        y = function(x, (0.0, 1.0, 0.5), (2.0, 2.0, 2.0))
    expect_same(y.device, x.device, "make new tensors with device=x.device")
    expect_same(y, torch.tensor(expected).reshape(3, 1, 1).expand(3, 2, 2))


@law("channel_statistics", lesson=3, rank="manners", batch=hnp.arrays(np.uint8, st.tuples(sides(3), sides(3), sides(3), st.sampled_from([1, 3]))))
def one_array_can_be_a_set(channel_statistics, batch):
    """An array (N, H, W, C) is a set of N pictures; with one axis more or less it is refused."""
    expect_same(bits(channel_statistics(batch)), bits(counted(library.ChannelStatistics, list(batch))))
    for other in (batch[0], batch[None]):
        expect_raises(ValueError, channel_statistics, other, mention=[str(other.shape)])
