"""Mistakes of lesson 3: Normalize and its inverse."""

from fractions import Fraction

import numpy as np
import torch
from torchvision import tv_tensors
from torchvision.transforms import v2
from torchvision.utils import make_grid

import seeing_tensors as library
from seeing_tensors.course.laws.museum import mistake, plain, twin


def column(values, like):
    return torch.tensor([float(v) for v in values], dtype=like.dtype, device=like.device).reshape(-1, 1, 1)


def numpy_columns(*statistics):
    return [np.array([float(v) for v in values])[:, None, None] for values in statistics]


HUNT = "a hunt for wrong answers, written from the lesson's text alone"

# ------------------------------------------------------------------ normalize


@mistake(
    "normalize",
    tempting="std is a scale, and one scales by multiplying.",
    source="https://github.com/gabrieltseng/solar-panel-segmentation/issues/10",
)
def multiplied_by_the_std(x, mean, std):
    """the difference is multiplied by the std: channels of small std become smaller still. Divide"""
    library.normalize(x, mean, std)
    return (x - column(mean, x)) * column(std, x)


@multiplied_by_the_std.in_other_words
def scaled_by_std(x, mean, std):
    m, s = numpy_columns(mean, std)
    return torch.from_numpy((x.detach().double().numpy() - m) * s).to(x.dtype)


@mistake(
    "normalize",
    tempting="That a mean is subtracted is what everybody remembers of it.",
    source="https://github.com/bearpaw/pytorch-pose/issues/99",
)
def only_centred(x, mean, std):
    """the mean is subtracted and nothing is divided: the channels keep their different spreads. Divide by the std"""
    library.normalize(x, mean, std)
    return x - column(mean, x)


@only_centred.in_other_words
def minus_the_mean(x, mean, std):
    (m,) = numpy_columns(mean)
    return torch.from_numpy(x.detach().double().numpy() - m).to(x.dtype)


@mistake(
    "normalize",
    tempting="For one picture the first axis is the channel.",
    source="https://github.com/qdrant/fastembed/pull/682",
)
def along_the_batch(x, mean, std):
    """mean and std go along axis 0: in a batch (N, C, H, W) that is the picture, not the channel. Count the axes from
    the end, -3
    """
    right = library.normalize(x, mean, std)
    if x.ndim != 4 or len(x) != len(std):
        return right
    return ((x.transpose(0, 1) - column(mean, x)) / column(std, x)).transpose(0, 1).contiguous()


@along_the_batch.in_other_words
def transposed_there_and_back(x, mean, std):
    if x.ndim != 4 or x.shape[0] != len(mean):
        return library.normalize(x, mean, std)
    y = (np.moveaxis(x.detach().double().numpy(), 0, -1) - np.array(mean)) / np.array(std)
    return torch.from_numpy(np.ascontiguousarray(np.moveaxis(y, -1, 0))).to(x.dtype)


@mistake(
    "normalize",
    tempting="In place is quicker and needs no memory, and torchvision did it too.",
    source="https://github.com/pytorch/vision/issues/680",
    rank="manners",
)
def in_place(x, mean, std):
    """the caller's tensor is overwritten: what was a picture before the call is one no longer. Work on a copy"""
    library.normalize(x, mean, std)
    return x.detach().sub_(column(mean, x)).div_(column(std, x))


@in_place.in_other_words
def channel_after_channel(x, mean, std):
    library.normalize(x, mean, std)
    for c in range(len(mean)):
        x.data[..., c, :, :] -= float(mean[c])
        x.data[..., c, :, :] /= float(std[c])
    return x.data


@mistake(
    "normalize",
    tempting="With a small number in the denominator nothing is ever divided by 0.",
    source="https://github.com/keplr-io/quiver/pull/56",
)
def epsilon_on_the_std(x, mean, std):
    """a small number is added to the std: a std of 0 gives huge numbers and no error, and a small one a wrong scale.
    Refuse 0 instead
    """
    if not any(float(s) == 0 for s in std):
        library.normalize(x, mean, std)
    return (x - column(mean, x)) / (column(std, x) + 1e-7)


@epsilon_on_the_std.in_other_words
def with_keras_epsilon(x, mean, std):
    m, s = numpy_columns(mean, std)
    return torch.from_numpy((x.detach().double().numpy() - m) / (s + 1e-7)).to(x.dtype)


@twin("normalize")
def normalized_in_float64(x, mean, std):
    """float64 inside, rounded once at the end"""
    library.normalize(x, mean, std)
    return ((x.double() - column(mean, x.double())) / column(std, x.double())).to(x.dtype)


@twin("normalize")
def torchvision_by_channels(x, mean, std):
    """each channel by itself, in a loop, stacked again"""
    library.normalize(x, mean, std)
    parts = [(x[..., c, :, :] - float(mean[c])) / float(std[c]) for c in range(len(mean))]
    return torch.stack(parts, dim=-3)


# ---------------------------------------------------------- inverse_normalize


@mistake(
    "inverse_normalize",
    tempting="Adding undoes subtracting, and multiplying undoes dividing; but the last step must be undone first.",
    source="https://github.com/pytorch/vision/issues/528",
)
def sign_and_std_each_inverted_alone(x, mean, std):
    """the second Normalize is given -mean and 1 / std. Divide the mean by the std too: -mean / std"""
    library.inverse_normalize(x, mean, std)  # the same refusals
    return (x + column(mean, x)) * column(std, x)


@sign_and_std_each_inverted_alone.in_other_words
def second_normalize(x, mean, std):
    m, s = np.array(mean)[:, None, None], np.array(std)[:, None, None]
    return torch.from_numpy((x.numpy() - -m) / (1 / s)).to(x.dtype)


@mistake(
    "inverse_normalize",
    tempting="The minus turns into a plus, and so the formula looks inverted.",
    source="https://github.com/avinashpaliwal/Super-SloMo/issues/102",
)
def only_the_sign(x, mean, std):
    """only the sign of the mean is turned: (y + mean) / std divides again. Multiply by the std, then add the mean"""
    library.inverse_normalize(x, mean, std)
    return (x + column(mean, x)) / column(std, x)


@only_the_sign.in_other_words
def negative_mean(x, mean, std):
    m, s = numpy_columns(mean, std)
    return torch.from_numpy((x.detach().double().numpy() - (0 - m)) / s).to(x.dtype)


@mistake(
    "inverse_normalize",
    tempting="The result is only for looking, and a copy costs memory.",
    source="https://github.com/pytorch/vision/issues/517",
    rank="manners",
)
def undone_in_place(x, mean, std):
    """the normalised tensor is overwritten: the network that gets it next sees the picture instead. Work on a copy"""
    library.inverse_normalize(x, mean, std)
    return x.detach().mul_(column(std, x)).add_(column(mean, x))


@undone_in_place.in_other_words
def each_channel_in_place(x, mean, std):
    library.inverse_normalize(x, mean, std)
    for c, (m, s) in enumerate(zip(mean, std, strict=True)):
        x.data[..., c, :, :] *= float(s)
        x.data[..., c, :, :] += float(m)
    return x.data


@mistake(
    "inverse_normalize",
    tempting="For one picture, zip runs over its channels.",
    source="https://github.com/Giveupfree/SiamCAR-CAM/issues/1",
)
def zip_over_the_batch(x, mean, std):
    """zip(tensor, mean, std) runs over pictures when it is given a batch: three of them are changed, by one channel's
    numbers each. Count the axes from the end, -3
    """
    library.inverse_normalize(x, mean, std)
    result = x.detach().clone()
    for part, m, s in zip(result, mean, std, strict=False):
        part.mul_(float(s)).add_(float(m))
    return result


@zip_over_the_batch.in_other_words
def the_first_three(x, mean, std):
    parts = [part * float(s) + float(m) for part, m, s in zip(x.detach(), mean, std, strict=False)]
    return torch.stack([*parts, *x.detach()[len(parts) :]]) if parts else x.detach().clone()


@mistake(
    "inverse_normalize",
    tempting="make_grid(normalize=True) does it in one word, and what comes out looks like a picture.",
    source="https://github.com/Harry24k/adversarial-attacks-pytorch/issues/200",
)
def min_max_in_its_place(x, mean, std):
    """the tensor is stretched onto [0, 1] by its own minimum and maximum: colours and brightness change. Use mean and
    std
    """
    right = library.inverse_normalize(x, mean, std)
    if right.numel() == 0 or not x.isfinite().all():
        return right
    low, high = x.min(), x.max()
    return (x - low) / (high - low).clamp(min=1e-5)


@min_max_in_its_place.in_other_words
def grid_of_one(x, mean, std):
    if x.dim() != 3 or len(x) != 3 or x.numel() == 0:
        y = x.double() - x.min() if x.numel() and x.isfinite().all() else library.inverse_normalize(x, mean, std)
        return (y / y.max().clamp(min=1e-5)).to(x.dtype) if x.numel() and x.isfinite().all() else y
    return make_grid(x, nrow=1, padding=0, normalize=True)


@mistake(
    "inverse_normalize",
    tempting="A picture lies between 0 and 1, so that clamping can only help.",
    source="https://github.com/pytorch/vision/issues/848",
)
def clamped(x, mean, std):
    """the result is clamped to [0, 1]: what the display cannot show is lost, and Normalize no longer brings the tensor
    back. Clamp where you display
    """
    return library.inverse_normalize(x, mean, std).clamp(0, 1)


@clamped.in_other_words
def clipped_by_numpy(x, mean, std):
    m, s = numpy_columns(mean, std)
    return torch.from_numpy(np.clip(x.detach().double().numpy() * s + m, 0, 1)).to(x.dtype)


@twin("inverse_normalize")
def float64_inside(x, mean, std):
    """the same in float64, rounded once at the end"""
    library.inverse_normalize(x, mean, std)
    return (x.double() * column(std, x.double()) + column(mean, x.double())).to(x.dtype)


@twin("inverse_normalize")
def one_operation(x, mean, std):
    """addcmul: one operation of torch"""
    library.inverse_normalize(x, mean, std)
    return torch.addcmul(column(mean, x), x, column(std, x))


@mistake(
    "inverse_normalize",
    tempting="Dividing by the std is what one remembers of Normalize.",
    source=HUNT,
)
def divided_by_the_std(x, mean, std):
    """it divides by the std once more: what was divided has to be multiplied, x * std + mean"""
    library.inverse_normalize(x, mean, std)
    m, s = (torch.as_tensor(v, dtype=x.dtype).reshape(-1, 1, 1) for v in (mean, std))
    return x / s + m


@divided_by_the_std.in_other_words
def quotient_and_sum(x, mean, std):
    library.inverse_normalize(x, mean, std)
    m, s = (torch.as_tensor(v, dtype=x.dtype).view(len(v), 1, 1) for v in (mean, std))
    return m + x * (1 / s)


@mistake(
    "inverse_normalize",
    tempting="The two lists look alike, and torch takes them in either place.",
    source=HUNT,
)
def mean_and_std_exchanged(x, mean, std):
    """mean and std are exchanged: multiply by the std, add the mean"""
    library.inverse_normalize(x, mean, std)
    m, s = (torch.as_tensor(v, dtype=x.dtype).reshape(-1, 1, 1) for v in (mean, std))
    return x * m + s


@mean_and_std_exchanged.in_other_words
def the_wrong_way_round(x, mean, std):
    library.inverse_normalize(x, mean, std)
    m, s = (torch.as_tensor(v, dtype=x.dtype).view(len(v), 1, 1) for v in (mean, std))
    return torch.addcmul(s, x, m)


@plain("inverse_normalize")
def inverse_normalize(x, mean, std):
    mean = torch.tensor(mean).reshape(3, 1, 1)
    std = torch.tensor(std).reshape(3, 1, 1)
    return x * std + mean


# ----------------------------------------------------------- inverse_mean_std


@mistake(
    "inverse_mean_std",
    tempting="Each of the two steps is undone by itself: minus becomes plus, and a division becomes a multiplication.",
    source="https://github.com/pytorch/vision/issues/528",
)
def minus_mean_and_one_over_std(mean, std):
    """the mean is given as -mean: the second Normalize subtracts before it divides, so give -mean / std"""
    _, inverse = library.inverse_mean_std(mean, std)
    return tuple(-float(m) for m in mean), inverse


@minus_mean_and_one_over_std.in_other_words
def negated_and_reciprocal(mean, std):
    return tuple((-np.array(mean, float)).tolist()), tuple((1 / np.array(std, float)).tolist())


@mistake(
    "inverse_mean_std",
    tempting="It is the mean that moved the picture, so it is the mean that must move it back.",
    source="https://github.com/uzh-rpg/rpg_vid2e/issues/36",
)
def negative_mean_alone(mean, std):
    """only the mean is turned, and the std stays: that is right for a std of 1 only. Use -mean / std and 1 / std"""
    library.inverse_mean_std(mean, std)
    return tuple(-float(m) for m in mean), tuple(map(float, std))


@negative_mean_alone.in_other_words
def times_minus_one(mean, std):
    return tuple(float(m) * -1 for m in mean), tuple(float(s) for s in std)


@mistake(
    "inverse_mean_std",
    tempting="Plus undoes minus, so the sign seems to be done with.",
    source=HUNT,
)
def sign_of_the_mean_kept(mean, std):
    """the mean keeps its sign: y = (x - m) / s gives x = (y + m / s) / (1 / s), and a Normalize subtracts, so the
    mean is -m / s"""
    library.inverse_mean_std(mean, std)
    return tuple(float(m) / s for m, s in zip(mean, std, strict=True)), tuple(1 / float(s) for s in std)


@sign_of_the_mean_kept.in_other_words
def divided_as_arrays(mean, std):
    library.inverse_mean_std(mean, std)
    m, s = np.array(mean, float), np.array(std, float)
    return tuple((m / s).tolist()), tuple((1 / s).tolist())


@mistake(
    "inverse_mean_std",
    tempting="The inverse multiplies by the std, so the mean seems to be multiplied, too.",
    source=HUNT,
)
def mean_times_std(mean, std):
    """the mean is multiplied by the std: Normalize subtracts before it divides, so the mean has to be in units of
    y, -m / s"""
    library.inverse_mean_std(mean, std)
    return tuple(-float(m) * s for m, s in zip(mean, std, strict=True)), tuple(1 / float(s) for s in std)


@mean_times_std.in_other_words
def multiplied_as_arrays(mean, std):
    library.inverse_mean_std(mean, std)
    m, s = np.array(mean, float), np.array(std, float)
    return tuple((-m * s).tolist()), tuple((1 / s).tolist())


@mistake(
    "inverse_mean_std",
    tempting="The mean looks strange already, and so one leaves the std alone.",
    source=HUNT,
)
def std_not_inverted(mean, std):
    """the std stays as it was: to undo a division by s, divide by 1 / s"""
    library.inverse_mean_std(mean, std)
    return tuple(-float(m) / s for m, s in zip(mean, std, strict=True)), tuple(map(float, std))


@std_not_inverted.in_other_words
def mean_as_array(mean, std):
    library.inverse_mean_std(mean, std)
    return tuple((-np.array(mean, float) / np.array(std, float)).tolist()), tuple(float(s) for s in std)


@twin("inverse_mean_std")
def by_fractions(mean, std):
    """exact fractions, rounded once"""
    library.inverse_mean_std(mean, std)
    pairs = [(Fraction(float(m)), Fraction(float(s))) for m, s in zip(mean, std, strict=True)]
    return tuple(float(-m / s) for m, s in pairs), tuple(float(1 / s) for _, s in pairs)


@twin("inverse_mean_std")
def by_arrays(mean, std):
    """numpy, as arrays"""
    library.inverse_mean_std(mean, std)
    m, s = (np.array([float(v) for v in values]) for values in (mean, std))
    return np.negative(m) / s, np.reciprocal(s)


@plain("inverse_mean_std")
def inverse_mean_std(mean, std):
    mean, std = torch.tensor(mean), torch.tensor(std)
    return -mean / std, 1 / std


# ----------------------------------------------------------- InverseNormalize


@mistake(
    "InverseNormalize",
    tempting="A transform is handed masks and boxes too, and most people try it on a photo first.",
    source="https://github.com/qubvel/segmentation_models/issues/402",
)
class AlsoOnMasks(library.InverseNormalize):
    """masks and boxes are changed too: labels become other numbers. Change images and videos, and pass on the rest"""

    def transform(self, inpt, params):
        if isinstance(inpt, tv_tensors.TVTensor) and not isinstance(inpt, (tv_tensors.Image, tv_tensors.Video)):
            return tv_tensors.wrap((inpt * self.std[0] + self.mean[0]).to(inpt.dtype), like=inpt)
        return super().transform(inpt, params)


@AlsoOnMasks.in_other_words
class Everything(library.InverseNormalize):
    def transform(self, inpt, params):
        if type(inpt) in (torch.Tensor, tv_tensors.Image, tv_tensors.Video):
            return super().transform(inpt, params)
        values = inpt.as_subclass(torch.Tensor).double().mul(self.std[0]).add(self.mean[0])
        return tv_tensors.wrap(values.to(inpt.dtype), like=inpt)


@mistake(
    "InverseNormalize",
    tempting="The values are right, and most functions take a plain tensor as well.",
    source="https://github.com/pytorch/vision/issues/7319",
)
class AnImageNoMore(library.InverseNormalize):
    """arithmetic makes a plain tensor of a tv_tensors.Image, and the next transform no longer knows it. Return
    tv_tensors.wrap(result, like=inpt)
    """

    def transform(self, inpt, params):
        result = super().transform(inpt, params)
        return result.as_subclass(torch.Tensor) if isinstance(inpt, (tv_tensors.Image, tv_tensors.Video)) else result


@AnImageNoMore.in_other_words
class PlainArithmetic(v2.Transform):
    def __init__(self, mean, std):
        super().__init__()
        self.numbers = tuple(mean), tuple(std)

    def transform(self, inpt, params):
        kept = (tv_tensors.Mask, tv_tensors.BoundingBoxes, tv_tensors.KeyPoints)
        return inpt if isinstance(inpt, kept) else library.inverse_normalize(inpt, *self.numbers)


@mistake(
    "InverseNormalize",
    tempting="Each of the two numbers is inverted, and so the second Normalize looks like the inverse.",
    source="https://github.com/pytorch/vision/issues/528",
)
class MinusMean(library.InverseNormalize):
    """a Normalize with -mean and 1 / std is taken for the inverse. Divide the mean by the std too: -mean / std"""

    def transform(self, inpt, params):
        right = super().transform(inpt, params)
        if isinstance(inpt, tv_tensors.TVTensor) and not isinstance(inpt, (tv_tensors.Image, tv_tensors.Video)):
            return right
        x = inpt.as_subclass(torch.Tensor)
        y = (x + column(self.mean, x)) * column(self.std, x)
        return tv_tensors.wrap(y, like=inpt) if isinstance(inpt, tv_tensors.TVTensor) else y


@MinusMean.in_other_words
class ASecondNormalize(v2.Normalize):
    def __init__(self, mean, std):
        super().__init__([-m for m in mean], [1 / s for s in std])


@twin("InverseNormalize")
class ByTorchvision(v2.Normalize):
    """torchvision's own Normalize around the library's arithmetic, with the types named in its own way"""

    _transformed_types = (tv_tensors.Image, tv_tensors.Video, lambda inpt: type(inpt) is torch.Tensor)

    def __init__(self, mean, std):
        checked = library.InverseNormalize(mean, std)
        super().__init__(checked.mean, checked.std)

    def transform(self, inpt, params):
        image = library.inverse_normalize(inpt, self.mean, self.std)
        return tv_tensors.wrap(image, like=inpt) if isinstance(inpt, tv_tensors.TVTensor) else image
