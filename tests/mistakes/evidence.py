"""Mistakes of lesson 7: what an input says of how it was made, and a network of whether it is affine."""

import numpy as np
import torch

import seeing_tensors as library
from seeing_tensors.course.laws.museum import mistake, plain, twin

TRIED = "a wrong idea tried on purpose while the exercises of lesson 7 were written"

# ----------------------------------------------------------- applied_mean_std


@mistake(
    "applied_mean_std",
    tempting="A line through the points has a slope and an offset, and those come out first.",
    source=TRIED,
)
def slope_and_offset(x, picture):
    """the offset and the slope of x over the picture are given for mean and std: solve x = (picture - mean) / std"""
    mean, std = library.applied_mean_std(x, picture)
    return tuple(-m / s for m, s in zip(mean, std, strict=True)), tuple(1 / s for s in std)


@slope_and_offset.in_other_words
def line_through_the_points(x, picture):
    lines = [np.polyfit(p.numpy().ravel(), y.numpy().ravel(), 1) for y, p in zip(x, picture, strict=True)]
    return tuple(float(offset) for _, offset in lines), tuple(float(slope) for slope, _ in lines)


@mistake(
    "applied_mean_std",
    tempting="The difference of two means looks like what was subtracted.",
    source=TRIED,
)
def difference_of_the_means(x, picture):
    """the mean of x is subtracted as it is: it was divided by the std, so multiply it by the std first"""
    _, std = library.applied_mean_std(x, picture)
    return tuple((picture.mean((1, 2)) - x.mean((1, 2))).tolist()), std


@difference_of_the_means.in_other_words
def what_was_taken_away(x, picture):
    std = picture.flatten(1).std(1) / x.flatten(1).std(1)
    mean = (picture - x).flatten(1).mean(1)
    return tuple(mean.tolist()), tuple(std.tolist())


@mistake(
    "applied_mean_std",
    tempting="A data set's mean and std are those of its pictures, so this picture's seem to be what was applied.",
    source=TRIED,
)
def of_the_picture(x, picture):
    """the picture's own mean and std are given: they are what would make it 0 and 1, not what was applied"""
    library.applied_mean_std(x, picture)
    return tuple(picture.mean((1, 2)).tolist()), tuple(picture.std((1, 2)).tolist())


@of_the_picture.in_other_words
def numpys_mean_and_std(x, picture):
    values = picture.numpy().reshape(len(picture), -1).astype(np.float64)
    return tuple(values.mean(axis=1).tolist()), tuple(values.std(axis=1, ddof=1).tolist())


@twin("applied_mean_std")
def by_least_squares(x, picture):
    """numpy's straight line through the points, and then solved for mean and std"""
    library.applied_mean_std(x, picture)
    x, picture = (each.detach().double().numpy() for each in (x, picture))
    lines = [np.polyfit(y.ravel(), p.ravel(), 1) for y, p in zip(x, picture, strict=True)]
    return tuple(float(mean) for _, mean in lines), tuple(float(std) for std, _ in lines)


@plain("applied_mean_std")
def applied_mean_std(x, picture):
    std = picture.std((1, 2)) / x.std((1, 2))
    mean = picture.mean((1, 2)) - std * x.mean((1, 2))
    return tuple(mean.tolist()), tuple(std.tolist())


@plain("applied_mean_std")
def from_the_darkest_and_the_brightest(x, picture):
    std = (picture.amax((1, 2)) - picture.amin((1, 2))) / (x.amax((1, 2)) - x.amin((1, 2)))
    return picture.amin((1, 2)) - std * x.amin((1, 2)), std


# -------------------------------------------------------------- channel_order


@mistake(
    "channel_order",
    tempting="A channel that was only moved is where the distance is 0, and on plain pictures that works.",
    source=TRIED,
)
def nearest_by_distance(x, picture):
    """values are compared, and a Normalize changes all of them: compare how they go up and down together"""
    library.channel_order(x, picture)
    apart = (x.double()[:, None] - picture.double()[None]).square().mean((2, 3))
    return tuple(int(k) if row[k] < 1e-6 else None for k, row in zip(apart.argmin(1), apart, strict=True))


@nearest_by_distance.in_other_words
def equal_values(x, picture):
    order = []
    for channel in x:
        found = [k for k, other in enumerate(picture) if torch.allclose(channel, other, atol=1e-3)]
        order.append(found[0] if found else None)
    return tuple(order)


@mistake(
    "channel_order",
    tempting="The largest correlation always exists, so there is always an answer.",
    source=TRIED,
)
def always_an_answer(x, picture):
    """the best channel is given however bad it is: where even the best correlation is small, x was not made of it"""
    library.channel_order(x, picture)
    table = np.corrcoef(x.flatten(1).double().numpy(), picture.flatten(1).double().numpy())[: len(x), len(x) :]
    return tuple(int(k) for k in np.nan_to_num(table, nan=-1).argmax(axis=1))


@always_an_answer.in_other_words
def largest_product(x, picture):
    x, picture = ((t - t.mean((1, 2), keepdim=True)).flatten(1).double() for t in (x, picture))
    unit = [t / t.norm(dim=1, keepdim=True) for t in (x, picture)]
    return tuple((unit[0] @ unit[1].T).argmax(1).tolist())


@mistake(
    "channel_order",
    tempting="Both say where the channels are, and for two channels that changed places they are the same.",
    source=TRIED,
)
def where_each_went(x, picture):
    """it says where each channel of the picture went, not which one each channel of x is: the inverse permutation"""
    order = library.channel_order(x, picture)
    return tuple(order.index(c) if c in order else None for c in range(len(order)))


@where_each_went.in_other_words
def columns_for_rows(x, picture):
    n = len(x)
    table = np.corrcoef(picture.flatten(1).double().numpy(), x.flatten(1).double().numpy())[:n, n:]
    return tuple(int(row.argmax()) if row.max() > 0.999 else None for row in table)


@mistake(
    "channel_order",
    tempting="A strong correlation is a strong correlation, with either sign.",
    source=TRIED,
)
def of_either_sign(x, picture):
    """the size of the correlation is taken without its sign: a negative is no channel of the picture"""
    library.channel_order(x, picture)
    table = np.corrcoef(x.flatten(1).double().numpy(), picture.flatten(1).double().numpy())[: len(x), len(x) :]
    table = np.abs(np.nan_to_num(table))
    return tuple(int(row.argmax()) if row.max() > 0.999 else None for row in table)


@of_either_sign.in_other_words
def squared_correlation(x, picture):
    order = []
    for channel in x.double().flatten(1):
        r = [torch.corrcoef(torch.stack([channel, other]))[0, 1] ** 2 for other in picture.double().flatten(1)]
        order.append(int(np.argmax(r)) if max(r) > 0.998 else None)
    return tuple(order)


@twin("channel_order")
def by_what_a_line_leaves(x, picture):
    """a straight line from each channel of the picture, and what it leaves of x"""
    library.channel_order(x, picture)
    order = []
    for channel in x.detach().double().flatten(1).numpy():
        share = []
        for other in picture.detach().double().flatten(1).numpy():
            slope = 0.0 if other.max() == other.min() else np.polyfit(other, channel, 1)[0]
            rest = channel - slope * other
            share.append(rest.var() / channel.var() if channel.max() > channel.min() and slope > 0 else 1.0)
        order.append(int(np.argmin(share)) if min(share) < 1 - 0.999**2 else None)
    return tuple(order)


@plain("channel_order")
def channel_order(x, picture):
    n = len(x)
    table = torch.corrcoef(torch.cat([x.flatten(1), picture.flatten(1)]))[:n, n:]
    return tuple(int(row.argmax()) if row.max() > 0.999 else None for row in table)


@plain("channel_order")
def normalised_first(x, picture):
    def unit(t):
        t = t - t.mean((1, 2), keepdim=True)
        return (t / t.std((1, 2), keepdim=True)).flatten(1)

    order = []
    for row in unit(x):
        distance = (unit(picture) - row).square().mean(1)
        order.append(distance.argmin().item() if distance.min() < 0.002 else None)
    return order


# -------------------------------------------------------- superposition_error


@mistake(
    "superposition_error",
    tempting="Sums are kept is how a linear map is defined in every book, and a bias is easily forgotten.",
    source=TRIED,
)
def without_f_of_0(f, x, y):
    """f(0) is left out: a layer with a bias gives it once in f(x + y) and twice in f(x) + f(y)"""
    library.superposition_error(f, x, y)
    with torch.no_grad():
        return (f(x + y).double() - f(x) - f(y)).abs().max().item()


@without_f_of_0.in_other_words
def of_a_linear_map(f, x, y):
    with torch.no_grad():
        whole, parts = f(x + y), f(x) + f(y)
    return float((whole - parts).abs().amax())


@mistake(
    "superposition_error",
    tempting="Twice the picture is the easiest test of all, and it is half of the definition of a linear map.",
    source=TRIED,
)
def only_a_multiple(f, x, y):
    """only multiples of one picture are tried: ReLU keeps those, since f(2 x) = 2 f(x); take two pictures"""
    library.superposition_error(f, x, y)
    with torch.no_grad():
        return (f(2 * x).double() - 2 * f(x) + f(torch.zeros_like(x))).abs().max().item()


@only_a_multiple.in_other_words
def twice_the_picture(f, x, y):
    nothing = f(0 * x)
    return max((f(x + x) - nothing - 2 * (f(x) - nothing)).abs().flatten().tolist())


@mistake(
    "superposition_error",
    tempting="One number for a whole tensor is its mean, and differences above and below 0 seem to belong together.",
    source=TRIED,
)
def mean_of_the_differences(f, x, y):
    """the mean of the differences is taken: those above 0 and those below cancel; take the largest size"""
    library.superposition_error(f, x, y)
    with torch.no_grad():
        return (f(x + y).double() - f(x) - f(y) + f(torch.zeros_like(x))).mean().abs().item()


@mean_of_the_differences.in_other_words
def added_up_first(f, x, y):
    results = [f(t).double() for t in (x + y, x, y, 0 * x)]
    of_sum, of_x, of_y, of_0 = (float(result.sum()) for result in results)
    return abs(of_sum + of_0 - of_x - of_y) / results[0].numel()


@twin("superposition_error")
def without_its_constant(f, x, y):
    """the map without its constant must keep sums"""
    library.superposition_error(f, x, y)
    with torch.no_grad():
        nothing = f(torch.zeros_like(x)).double()
        of_sum, of_x, of_y = (f(each).double() - nothing for each in (x + y, x, y))
    return float(torch.maximum((of_sum - of_x - of_y).max(), (of_x + of_y - of_sum).max()))


@plain("superposition_error")
def superposition_error(f, x, y):
    return (f(x + y) - f(x) - f(y) + f(0 * x)).abs().max()


@plain("superposition_error")
def all_four_at_once(f, x, y):
    zero = torch.zeros_like(x)
    with torch.no_grad():
        a, b, c, d = f(x + y), f(x), f(y), f(zero)
    return torch.norm(a - b - c + d, p=float("inf")).item()
