"""Laws of lesson 3 about types, layouts and edges: every float type, view, batch and number of channels."""

import math
import pickle
from fractions import Fraction

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torchvision import tv_tensors

import seeing_tensors as library
from seeing_tensors.expectations import expect, expect_close, expect_raises, expect_same
from seeing_tensors.laws import law

from .lesson_3_normalization import MEAN, STD, bits, columns, counted, sets_of_pictures, unit_pictures
from .strategies import images, sides

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


@law("normalize", lesson=3, cases=[{"dtype": d} for d in ROUNDING])
def normalize_works_in_the_type_of_x(normalize, dtype):
    """In float16, bfloat16, float32 and float64 the result is (x - mean) / std, within two roundings of that type."""
    _works_in_the_type_of_x(normalize, lambda x, m, s: ((x - m) / s, 2 * ((x - m) / s).abs()), dtype)


@law("inverse_normalize", lesson=3, cases=[{"dtype": d} for d in ROUNDING])
def inverse_works_in_the_type_of_x(inverse_normalize, dtype):
    """In float16, bfloat16, float32 and float64 the result is x std + mean, within one rounding of that type for each operation."""
    _works_in_the_type_of_x(inverse_normalize, lambda x, m, s: (x * s + m, (x * s).abs() + (x * s + m).abs()), dtype)


def _is_differentiable(function, slope):
    x = torch.rand(2, 3, 2, 2, dtype=torch.float64, requires_grad=True)
    function(x, MEAN, STD).sum().backward()
    expect(x.grad is not None, got="no gradient", expected="the slope of each channel", cause="do not detach: models normalise inside")
    expected = torch.tensor([slope(s) for s in STD], dtype=torch.float64).reshape(-1, 1, 1).expand(2, 3, 2, 2)
    expect_close(x.grad, expected, within=1e-12)


@law("normalize", lesson=3)
def normalize_passes_the_gradient_on(normalize):
    """The gradient with respect to x is 1 / std."""
    _is_differentiable(normalize, lambda s: 1 / s)


@law("inverse_normalize", lesson=3)
def inverse_passes_the_gradient_on(inverse_normalize):
    """The gradient with respect to x is std."""
    _is_differentiable(inverse_normalize, lambda s: s)


def _reads_any_layout(function, x):
    for view in (x.flip(-1), x.transpose(-1, -2), x[..., ::2], x.permute(1, 2, 0).contiguous().permute(2, 0, 1)):
        expect_same(function(view, MEAN, STD), function(view.contiguous(), MEAN, STD), "strides say nothing about channels")
    expect_same(function(x[:, :0], MEAN, STD), x[:, :0])
    expect_same(function(x[None][:0], MEAN, STD), x[None][:0])


@law("normalize", lesson=3, x=unit_pictures)
def normalize_reads_any_layout(normalize, x):
    """A flipped, transposed, strided or channels-last view gives what its copy gives; nothing gives nothing."""
    _reads_any_layout(normalize, x)


@law("inverse_normalize", lesson=3, x=unit_pictures)
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


@law("normalize", lesson=3)
def normalize_takes_any_number_of_channels(normalize):
    """Each channel goes its own way, for 1, 2, 4 and 7 of them, with tuples, lists, arrays and tensors; a mismatch is refused in batches too."""
    _takes_any_number_of_channels(normalize)


@law("inverse_normalize", lesson=3)
def inverse_takes_any_number_of_channels(inverse_normalize):
    """Each channel goes its own way, for 1, 2, 4 and 7 of them, with tuples, lists, arrays and tensors; a mismatch is refused in batches too."""
    _takes_any_number_of_channels(inverse_normalize)


def _hides_nothing(function):
    x = torch.tensor([math.nan, math.inf, -math.inf, 1e30, -1e30, 2.0]).reshape(1, 1, 6)
    result = function(x, (0.0,), (1.0,))
    expect_same(result, x, "clamp nothing and repair nothing: that is the display's business")


@law("normalize", lesson=3)
def normalize_hides_nothing(normalize):
    """NaN stays NaN, infinity stays infinity and large values stay large."""
    _hides_nothing(normalize)


@law("inverse_normalize", lesson=3)
def inverse_hides_nothing(inverse_normalize):
    """NaN stays NaN, infinity stays infinity, and values outside [0, 1] are not clamped."""
    _hides_nothing(inverse_normalize)


def _allows_the_smallest_std(function):
    for dtype in (torch.float16, torch.float32, torch.float64):
        tiny = torch.finfo(dtype).tiny
        expect_same(function(torch.zeros(1, 1, 1, dtype=dtype), (0.0,), (tiny,)), torch.zeros(1, 1, 1, dtype=dtype))
        expect_raises(ValueError, function, torch.zeros(1, 1, 1, dtype=dtype), (0.0,), (tiny / 2,))


@law("normalize", lesson=3)
def normalize_allows_the_smallest_normal_std(normalize):
    """In each type the smallest normal number is a std, half of it is not."""
    _allows_the_smallest_std(normalize)


@law("inverse_normalize", lesson=3)
def inverse_allows_the_smallest_normal_std(inverse_normalize):
    """In each type the smallest normal number is a std, half of it is not."""
    _allows_the_smallest_std(inverse_normalize)


# ----------------------------------------------------------- inverse_mean_std


@law("inverse_mean_std", lesson=3, cases=[{"n": n} for n in (1, 2, 4, 5)])
def as_many_numbers_as_channels(inverse_mean_std, n):
    """For any number of channels, means below 0 too, from lists, arrays and tensors: two sequences of that many numbers."""
    mean, std = tuple((-1) ** i * i / 4 for i in range(n)), tuple(2.0 ** (i - 2) for i in range(n))
    expected = (tuple(-m / s for m, s in zip(mean, std)), tuple(1 / s for s in std))
    for kind in (tuple, list, np.array, torch.tensor):
        expect_same(tuple(tuple(map(float, part)) for part in inverse_mean_std(kind(mean), kind(std))), expected)


# ----------------------------------------------------------- InverseNormalize


@law("InverseNormalize", lesson=3, x=unit_pictures)
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


@law("InverseNormalize", lesson=3)
def keeps_numbers_of_its_own(InverseNormalize):
    """Changing the list it was made from changes nothing, and its repr tells the numbers."""
    mean, std = list(MEAN), list(STD)
    transform = InverseNormalize(mean, std)
    mean[0], std[1] = 9.0, 9.0
    x = torch.rand(3, 2, 2)
    expect_same(transform(x), library.inverse_normalize(x, MEAN, STD), "copy the numbers")
    expect("0.485" in repr(transform) and "0.229" in repr(transform), got=repr(transform), expected="a repr with mean and std")


# ---------------------------------------------------------- ChannelStatistics


@law("ChannelStatistics", lesson=3, picture=images(channels=(1, 3)))
def strides_do_not_count(ChannelStatistics, picture):
    """A flipped, transposed or read-only view counts like its copy, channel by channel; (H, W) like (H, W, 1)."""
    for view in (picture[::-1], picture[:, ::-1], picture[..., ::-1], picture.transpose(1, 0, 2), np.asfortranarray(picture)):
        view.flags.writeable = False
        expect_same(bits(counted(ChannelStatistics, [view])), bits(counted(ChannelStatistics, [np.array(view, order="C")])))
    plane = picture[..., 0]
    expect_same(bits(counted(ChannelStatistics, [plane])), bits(counted(ChannelStatistics, [plane.copy()[:, :, None]])))


@law("ChannelStatistics", lesson=3, cases=[{"channels": c} for c in (1, 2, 4, 6)])
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


@law("ChannelStatistics", lesson=3, pictures=sets_of_pictures)
def doubling_changes_only_the_count(ChannelStatistics, pictures):
    """Merged with itself again and again the mean and std stay, bit for bit, and the count doubles, forty times."""
    statistics = counted(ChannelStatistics, pictures)
    count, mean, std = bits(statistics)
    _double(statistics, 40)
    expect_same(bits(statistics), (count << 40, mean, std), "count in integers that have room")


@law("ChannelStatistics", lesson=3)
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


@law("ChannelStatistics", lesson=3, cases=[{"kind": k} for k in (bool, np.uint16, np.int8, np.float16)])
def only_bytes_can_be_counted(ChannelStatistics, kind):
    """bool, uint16, int8 and float16 pictures are TypeErrors that name the type, and count nothing."""
    statistics = ChannelStatistics()
    expect_raises(TypeError, statistics.update, np.zeros((2, 2, 3), kind), mention=[np.dtype(kind).name])
    expect_same(int(statistics.count), 0)



# --------------------------------------------------------- channel_statistics


@law("channel_statistics", lesson=3, planes=st.lists(hnp.arrays(np.uint8, (2, 3, 1)), min_size=1, max_size=4))
def a_reader_may_reuse_its_buffer(channel_statistics, planes):
    """Each picture is counted before the next is asked for: a reader that fills one array again and again is read right."""
    buffer = np.empty((2, 3, 1), np.uint8)

    def reader():
        for plane in planes:
            buffer[:] = plane
            yield buffer

    expect_same(bits(channel_statistics(reader())), bits(counted(library.ChannelStatistics, planes)), "do not collect the pictures first")


@law("channel_statistics", lesson=3)
def a_bad_picture_is_not_skipped(channel_statistics):
    """A picture that cannot be counted raises, wherever it stands; no pictures give statistics without a mean."""
    good = np.zeros((2, 2, 3), np.uint8)
    expect_raises(TypeError, channel_statistics, [good, good / 255, good])
    expect_raises(ValueError, channel_statistics, [good, good, good[..., 0]])
    expect_same(int(channel_statistics([]).count), 0)


@law("channel_statistics", lesson=3)
def one_picture_is_no_set(channel_statistics):
    """A single picture, whose rows would pass for grey pictures, is refused and told to be put into a list."""
    expect_raises(ValueError, channel_statistics, np.zeros((4, 5, 3), np.uint8), mention=["[image]"])


@law("normalize", lesson=3)
def normalize_wants_numbers(normalize):
    """Text, tables and plain numbers as mean or std are TypeErrors, and a refused std is written as it was given."""
    x = torch.full((3, 2, 2), 0.5)
    for mean in ("123", ("0.5",) * 3, torch.zeros(3, 2), None, 0.5, [None] * 3):
        expect_raises(TypeError, normalize, x, mean, STD, mention=["mean"])
    expect_raises(ValueError, normalize, x, (10**400, 0, 0), STD, mention=["mean"])
    expect_raises(ValueError, normalize, x, MEAN, (-0.2, 0.2, 0.2), mention=["(-0.2, 0.2, 0.2)"])


@law("normalize", lesson=3)
def normalize_stays_on_the_device_of_x(normalize):
    """The result lies where x lies, whatever device torch makes new tensors on."""
    _stays_on_the_device_of_x(normalize, (0.25, -0.25, 0.0))


@law("inverse_normalize", lesson=3)
def inverse_normalize_stays_on_the_device_of_x(inverse_normalize):
    """The result lies where x lies, whatever device torch makes new tensors on."""
    _stays_on_the_device_of_x(inverse_normalize, (1.0, 2.0, 1.5))


def _stays_on_the_device_of_x(function, expected):
    x = torch.full((3, 2, 2), 0.5)
    with torch.device("meta"):
        y = function(x, (0.0, 1.0, 0.5), (2.0, 2.0, 2.0))
    expect_same(y.device, x.device, "make new tensors with device=x.device")
    expect_same(y, torch.tensor(expected).reshape(3, 1, 1).expand(3, 2, 2))


@law("channel_statistics", lesson=3, batch=hnp.arrays(np.uint8, st.tuples(sides(3), sides(3), sides(3), st.sampled_from([1, 3]))))
def one_array_can_be_a_set(channel_statistics, batch):
    """An array (N, H, W, C) is a set of N pictures; with one axis more or less it is refused."""
    expect_same(bits(channel_statistics(batch)), bits(counted(library.ChannelStatistics, list(batch))))
    for other in (batch[0], batch[None]):
        expect_raises(ValueError, channel_statistics, other, mention=[str(other.shape)])
