"""Laws of lesson 3: the mean and std of a set of pictures, and how often each class occurs in a set of masks.

u is half the distance from 1 to the next float32, 2**-24.
"""

import itertools
import math
import pickle
from fractions import Fraction

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import seeing_tensors as library
from seeing_tensors.course.laws import expect, expect_arguments_kept, expect_close, expect_raises, expect_same, law

from .strategies import U, images, numbers, sides

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


def expect_mean_and_variance(
    statistics, expected, cause, cause_of_mean="weigh pixels, not pictures, and divide by 255"
):
    got_mean, got_std = numbers(statistics.mean), numbers(statistics.std)
    mean, variance = (numbers(part) for part in zip(*expected, strict=True))
    expect_close(got_mean, mean, within=SUMMED, cause=cause_of_mean)
    expect_close(got_std**2, variance, within=SUMMED, cause=cause)


# Equation.


@law("ChannelStatistics", lesson=3, rank="mathematics", pictures=sets_of_pictures())
def takes_all_pixels_of_all_pictures_together(ChannelStatistics, pictures):
    """Mean and std are those of all pixels of all pictures, on the [0, 1] scale, the std with 1 / n."""
    statistics = counted(ChannelStatistics, pictures)
    pixels = sum(p.shape[0] * p.shape[1] for p in pictures)
    wanted = f"count {pixels}, all pixels of all pictures"
    expect(statistics.count == pixels, got=f"count {statistics.count}", expected=wanted)
    expected = exact_mean_and_variance(pictures)
    mean, variance = np.array(expected, np.float64).T
    means, stds = (np.array([f(p / 255, axis=(0, 1)) for p in pictures]) for f in (np.mean, np.std))
    weights = np.array([p.shape[0] * p.shape[1] for p in pictures]) / pixels
    all_channels = np.concatenate([p.ravel() / 255 for p in pictures])
    cause = {
        "the std of all pixels, not the mean of the pictures' stds": stds.mean(0) ** 2,
        "the std of all pixels, not a mean of the pictures' stds, weighed by their pixels": (weights @ stds) ** 2,
        "what the pictures differ from each other counts, too": weights @ stds**2,
        "divide by n, not by n - 1": variance * pixels / max(pixels - 1, 1),
        "the std is the root of the variance": variance**2,
        "each channel has a std of its own": np.full_like(variance, all_channels.var()),
        "the channels keep their order": variance[::-1],
    }
    cause_of_mean = {
        "weigh pixels, not pictures": means.mean(0),
        "bytes are divided by 255": 255 * mean,
        "divide by 255, not by 256": mean * 255 / 256,
        "each channel has a mean of its own": np.full_like(mean, all_channels.mean()),
        "the channels keep their order": mean[::-1],
    }
    expect_mean_and_variance(statistics, expected, cause, cause_of_mean)


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
    """One odd pixel among 2**44 still shows in mean and std: n (sum of squares) - (sum)**2 in whole numbers."""
    many = ChannelStatistics().update(np.full((1, 3, 1), 254, np.uint8))
    few = ChannelStatistics().update(np.full((1, 1, 1), 1, np.uint8))
    double(many, 44)
    n = 3 * 2**44 + 1
    count, (mean,), (std,) = bits(many.merge(few))
    expect_same(count, n)
    root = math.sqrt(Fraction(253, 255) ** 2 * Fraction(1, n) * (1 - Fraction(1, n)))
    cause = "float sums lose one pixel in 2**53"
    expect_close(np.float64(std), np.float64(root), within=2.0**-50 * root, cause=cause)
    expect_same(mean, float(Fraction(254 * (n - 1) + 1, 255 * n)), cause)


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


@law("LabelStatistics", lesson=3, rank="mathematics", masks=sets_of_masks, beta=st.sampled_from([0.0, 0.5, 0.999]))
def the_weights_of_any_masks(LabelStatistics, masks, beta):
    """n / (K n_k); the median of all f_k over f_k; 1 / (1 - beta**pictures), scaled to the mean 1; beta is 0.999."""
    masks = [*masks, np.array([[2]], np.uint8)]  # one pixel with a label at least
    seen = [mask[mask != 255].tolist() for mask in masks]
    counts = {k: sum(labels.count(k) for labels in seen) for k in sorted(set().union(*seen))}
    shares = {k: counts[k] / sum(len(labels) for labels in seen if k in labels) for k in counts}
    rare = {k: 1 / (1 - beta ** sum(k in labels for labels in seen)) for k in counts}
    n, middle = sum(counts.values()), float(np.median([*shares.values()]))
    statistics = labelled(LabelStatistics, masks)
    for got, expected in [
        (statistics.frequencies, {k: counts[k] / n for k in counts}),
        (statistics.inverse_frequency(), {k: n / (len(counts) * counts[k]) for k in counts}),
        (statistics.median_frequency(), {k: middle / shares[k] for k in counts}),
        (statistics.effective_number(beta), {k: rare[k] * len(rare) / sum(rare.values()) for k in counts}),
    ]:
        of_every_class = [expected.get(k, 0.0) for k in range(max(counts) + 1)]
        expect_close(numbers(got), np.array(of_every_class), within=1e-12 * max(of_every_class))
    if beta == 0.999:
        expect_same(statistics.effective_number(), statistics.effective_number(beta))


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
    expect_same(len(statistics.update(np.array([[2**16 - 1]])).counts), 2**16)


@law("LabelStatistics", lesson=3, rank="manners")
def what_has_seen_no_label_has_no_weights(LabelStatistics):
    """Before the first labelled pixel frequencies and weights are a ValueError; so is a beta of 1."""
    statistics = LabelStatistics()
    expect_raises(ValueError, lambda: statistics.frequencies)
    expect_raises(ValueError, statistics.inverse_frequency)
    expect_raises(ValueError, statistics.median_frequency)
    expect_raises(ValueError, statistics.effective_number)
    expect_raises(ValueError, labelled(LabelStatistics, THREE).effective_number, 1.0)
