"""Mistakes about tensors: what becomes of a picture, and of labels, on the way into a tensor and back."""

import numpy as np
import torch
from torchvision.transforms import functional as F

import seeing_tensors as library
from seeing_tensors.course.laws.museum import mistake, plain, twin

HUNT = "a hunt for wrong answers, written from the lesson's text alone"

# ------------------------------------------------------------------ to_tensor


@mistake(
    "to_tensor",
    tempting="OpenCV reads BGR, so turning the channels has become a reflex.",
    source=HUNT,
)
def channels_turned(image):
    """the channels are turned round: `read_image` gives RGB already, keep their order"""
    return library.to_tensor(image).flip(0) if image.ndim == 3 else library.to_tensor(image)


@channels_turned.in_other_words
def blue_first(image):
    library.to_tensor(image)
    return library.to_tensor(image[..., ::-1] if image.ndim == 3 else image)


@mistake(
    "to_tensor",
    tempting="GANs and many ViTs want values around 0, and so their code begins with it.",
    source=HUNT,
)
def around_zero(image):
    """the values lie in [-1, 1]: that is a Normalize already; black is 0 and white 1"""
    return library.to_tensor(image) * 2 - 1


@around_zero.in_other_words
def by_half_of_255(image):
    library.to_tensor(image)
    planes = image if image.ndim == 3 else image[..., None]
    return torch.from_numpy(np.moveaxis(planes, -1, 0).astype(np.float32) / 127.5 - 1)


@plain("to_tensor", part="bytes")
def to_tensor(image):
    return torch.from_numpy(image).permute(2, 0, 1) / 255


@mistake(
    "to_tensor",
    tempting="The shape is the right one, and no error comes.",
    source="https://github.com/Selen-Suyue/DensePolicy2D/issues/3",
)
def reshaped_not_permuted(image):
    """reshape is used to put the channels first: it keeps the order of the numbers, so that pixels are scrambled. Use
    permute
    """
    x = library.to_tensor(image)
    return torch.from_numpy(image.reshape(tuple(x.shape)).astype(np.float32) / np.float32(255))


@reshaped_not_permuted.in_other_words
def viewed(image):
    channels = 1 if image.ndim == 2 else image.shape[2]
    return torch.tensor(image.copy()).float().view(channels, *image.shape[:2]) / 255


@mistake(
    "to_tensor",
    tempting="`.T` and `swapaxes(0, -1)` are short, and both bring the channels to the front.",
    source="https://github.com/open-edge-platform/datumaro/pull/1980",
)
def turned_over_with_T(image):
    """all axes are reversed: the result is (C, W, H), and the picture lies on its side. Permute with (2, 0, 1)"""
    x = library.to_tensor(image)
    return x.transpose(1, 2).contiguous()


@turned_over_with_T.in_other_words
def array_dot_T(image):
    planes = np.atleast_3d(image).T
    return torch.from_numpy(planes / np.float32(255)).contiguous()


@mistake(
    "to_tensor",
    tempting="There are 256 levels, and 256 is a round number.",
    source="https://github.com/tensorflow/tpu/issues/435",
)
def divided_by_256(image):
    """the levels are divided by 256: white is 0.996 and not 1. Divide by the highest level, 255"""
    return library.to_tensor(image) * 255 / 256


@divided_by_256.in_other_words
def shifted_down(image):
    planes = np.transpose(np.atleast_3d(image), (2, 0, 1)).astype("float32")
    return torch.tensor(planes * 2.0**-8)


@mistake(
    "to_tensor",
    tempting="Two lines of a pipeline scale, one of them in another file, and neither knows of the other.",
    source="https://github.com/facebookresearch/InterHand2.6M/issues/110",
)
def divided_twice(image):
    """the levels are divided by 255 twice: the whole picture lies between 0 and 0.004. Divide once; ToTensor does it"""
    return library.to_tensor(image) / 255


@divided_twice.in_other_words
def totensor_and_then_some(image):
    x = F.to_tensor(np.ascontiguousarray(image))
    return x.div(255.0)


@mistake(
    "to_tensor",
    tempting="A network takes every float tensor, and no error comes.",
    source="https://github.com/minivision-ai/Silent-Face-Anti-Spoofing/issues/72",
)
def not_divided(image):
    """the type is changed and the values are not: they lie between 0 and 255. Divide by 255"""
    return library.to_tensor(image).mul(255).round()


@not_divided.in_other_words
def only_cast(image):
    array = image if image.ndim == 3 else image[:, :, None]
    return torch.from_numpy(array.astype(np.float32)).permute(2, 0, 1).contiguous()


@mistake(
    "to_tensor",
    tempting="Dividing by the maximum brings every picture into [0, 1].",
    source="https://github.com/xuebinqin/U-2-Net/issues/74",
)
def divided_by_its_own_maximum(image):
    """each picture is divided by its own largest value: a dark photo and a bright one look alike. Divide by 255"""
    x = library.to_tensor(image)
    return x / x.max()


@divided_by_its_own_maximum.in_other_words
def brightest_is_one(image):
    planes = np.moveaxis(np.atleast_3d(image), 2, 0).astype(np.float64)
    with np.errstate(invalid="ignore"):
        return torch.from_numpy((planes / planes.max()).astype(np.float32)).contiguous()


@mistake(
    "to_tensor",
    tempting="It works with pictures that are scaled already and with those that are not.",
    source="https://github.com/milesial/Pytorch-UNet/issues/142",
)
def divided_only_when_above_one(image):
    """the range is guessed from the values: a nearly black picture, of levels 0 and 1, is taken for scaled. Go by the
    type, which says the range
    """
    x = library.to_tensor(image)
    return x if image.max() > 1 else (x * 255).round()


@divided_only_when_above_one.in_other_words
def asks_the_values(image):
    array = np.moveaxis(np.atleast_3d(image), 2, 0).astype(np.float32)
    if array.max() > 1:
        array = array / np.float32(255)
    return torch.from_numpy(np.ascontiguousarray(array))


@twin("to_tensor")
def by_torch(image, mean=None, std=None):
    """torch permutes, divides and normalizes, after the same refusals"""
    library.to_tensor(image, mean, std)
    x = torch.from_numpy(np.array(image))
    x = (x[None] if x.ndim == 2 else x.permute(2, 0, 1)).contiguous() / 255
    return x if mean is None else F.normalize(x, list(mean), list(std))


@twin("to_tensor")
def by_a_table(image, mean=None, std=None):
    """what becomes of the 256 levels is looked up, channel by channel"""
    library.to_tensor(image, mean, std)
    levels = torch.tensor([k / 255 for k in range(256)])
    planes = torch.from_numpy(np.moveaxis(np.atleast_3d(image), 2, 0).astype(np.int64))
    mean, std = [0.0] * len(planes) if mean is None else mean, [1.0] * len(planes) if std is None else std
    tables = [(levels - torch.tensor(float(m))) / torch.tensor(float(s)) for m, s in zip(mean, std, strict=True)]
    return torch.stack([table[plane] for table, plane in zip(tables, planes, strict=True)])


# ------------------------------------------------------------- mask_to_tensor


@mistake(
    "mask_to_tensor",
    tempting="The mask goes the same way as the photo, so that nobody has to write a second function.",
    source="https://github.com/pytorch/vision/issues/2497",
)
def divided_labels(mask):
    """labels are divided by 255 like light: as whole numbers all of them but 255 are 0. Labels are names: keep them"""
    return (library.mask_to_tensor(mask) / 255).long()


@divided_labels.in_other_words
def totensor_for_masks(mask):
    x = torch.tensor(mask.astype(np.float64)).div(255.0)
    return x.to(torch.int64)


@mistake(
    "mask_to_tensor",
    tempting="Every other tensor in the training loop is float32.",
    source="https://github.com/torchgeo/terratorch/pull/644",
)
def labels_as_floats(mask):
    """labels become float32: cross_entropy refuses them, and above 2**24 they are no longer exact. Make class labels
    int64
    """
    return library.mask_to_tensor(mask).float()


@labels_as_floats.in_other_words
def astype_float32(mask):
    return torch.from_numpy(np.ascontiguousarray(mask).astype("float32"))


@mistake(
    "mask_to_tensor",
    tempting="A mask file holds bytes, and every example has fewer than 256 classes.",
    source="https://github.com/numpy/numpy/issues/7966",
    rank="range",
)
def through_one_byte(mask):
    """labels are cast to uint8 on the way: 256 becomes 0 and -1 becomes 255. Go to int64 directly"""
    return torch.from_numpy(library.mask_to_tensor(mask).numpy().astype(np.uint8)).long()


@through_one_byte.in_other_words
def byte_then_long(mask):
    return torch.tensor(mask.astype(np.int64) % 256)


@mistake(
    "mask_to_tensor",
    tempting="From 0 and 255 it makes the classes 0 and 1 that the loss wants.",
    source="https://github.com/ImprintLab/MedSegDiff/issues/214",
)
def object_or_not(mask):
    """every label above 0 becomes 1: right for two classes, but of ten only two remain. Keep the labels"""
    return (library.mask_to_tensor(mask) > 0).long()


@object_or_not.in_other_words
def where_above_zero(mask):
    return torch.from_numpy(np.where(mask > 0, 1, 0).astype(np.int64))


@twin("mask_to_tensor")
def label_by_label(mask):
    """through Python's integers"""
    library.mask_to_tensor(mask)
    return torch.tensor(mask.tolist(), dtype=torch.int64)


@twin("mask_to_tensor")
def copied_by_torch(mask):
    """torch makes the copy"""
    library.mask_to_tensor(mask)
    return torch.tensor(np.ascontiguousarray(mask.astype(np.int64)))


# ------------------------------------------------------------------- to_uint8


@plain("to_uint8")
def to_uint8(x):
    return (255 * x).round().clamp(0, 255).to(torch.uint8)


@mistake(
    "to_uint8",
    tempting="astype and .byte() make whole numbers of floats, and the picture looks the same.",
    source="https://github.com/pytorch/vision/pull/9646",
)
def truncated(x):
    """the fraction is cut off instead of rounded: after a little arithmetic many levels come back one too low. Round
    first
    """
    library.to_uint8(x)
    return (x.detach().double() * 255).clamp(0, 255).to(torch.uint8)


@truncated.in_other_words
def astype_uint8(x):
    values = x.detach() if x.dtype == torch.float64 else x.detach().float()
    levels = values.numpy() * 255
    return torch.from_numpy(np.floor(np.clip(levels, 0, 255)).astype(np.uint8))


@mistake(
    "to_uint8",
    tempting="A picture lies in [0, 1], so there is nothing to clamp, until a filter or an interpolation overshoots.",
    source="https://github.com/pytorch/vision/issues/8235",
)
def wrapped_around(x):
    """values outside [0, 1] are not clamped: the cast wraps, 1.004 becomes 0 and -0.004 becomes 255. Clamp before the
    cast
    """
    library.to_uint8(x)
    levels = (x.detach().double() * 255).round()
    return torch.where(levels.isfinite(), levels % 256, 0).to(torch.uint8)


@wrapped_around.in_other_words
def modulo_256(x):
    levels = np.rint(x.detach().to(torch.float64).numpy() * 255)
    with np.errstate(invalid="ignore"):
        return torch.from_numpy(np.nan_to_num(np.mod(levels, 256), nan=0.0).astype(np.uint8))


@mistake(
    "to_uint8",
    tempting="It gives each of the 256 levels an interval of the same width.",
    source="https://github.com/murtiad/las2pcd/issues/6",
)
def times_256(x):
    """the floats are multiplied by 256: what was divided by 255 does not come back. The factor is 255"""
    library.to_uint8(x)
    return (x.detach().double() * 256).clamp(0, 255).round().to(torch.uint8)


@times_256.in_other_words
def two_to_the_eighth(x):
    levels = np.clip(np.ldexp(x.detach().double().numpy(), 8), 0, 255)
    return torch.from_numpy(np.asarray(np.round(levels)).astype(np.uint8))


@mistake(
    "to_uint8",
    tempting="Every picture then uses all 256 levels, and nothing is ever out of range.",
    source="https://github.com/elazarcoh/simply-view-image-for-python-debugging/issues/35",
)
def stretched_to_its_own_range(x):
    """each picture is stretched from its own minimum to its own maximum: brightness and contrast are lost, and pictures
    cannot be compared. Keep one scale, 255
    """
    library.to_uint8(x)
    x = x.detach().double()
    low, high = (x.min(), x.max()) if x.numel() else (0, 0)
    return (255 * (x - low) / (high - low + 1e-12)).nan_to_num(0).round().to(torch.uint8)


@stretched_to_its_own_range.in_other_words
def norm_minmax(x):
    values = x.detach().double().numpy()
    if values.size == 0:
        return library.to_uint8(x)
    values = values - values.min()
    return torch.from_numpy(np.rint(np.nan_to_num(values / max(values.max(), 1e-12) * 255)).astype(np.uint8))


@mistake(
    "to_uint8",
    tempting="It takes pictures in [0, 1] and in [0, 255], so nobody has to say which.",
    source="https://github.com/fossasia/visdom/pull/1368",
)
def scaled_only_up_to_one(x):
    """the range is guessed from the maximum: one value above 1, and the whole picture is taken for levels and drawn
    black. Go by the type, which says the range
    """
    library.to_uint8(x)
    x = x.detach().double()
    return (x * 255 if x.numel() == 0 or x.max() <= 1 else x).round().clamp(0, 255).to(torch.uint8)


@scaled_only_up_to_one.in_other_words
def asks_for_the_maximum(x):
    values = x.detach().double().numpy()
    factor = 1 if (values > 1).any() else 255
    return torch.from_numpy(np.asarray(np.clip(np.rint(values * factor), 0, 255)).astype(np.uint8))


@mistake(
    "to_uint8",
    tempting="On most machines the cast makes 0 of NaN, and black looks harmless.",
    source="https://github.com/yumorishita/LiCSBAS/issues/506",
    rank="manners",
)
def black_for_nan(x):
    """NaN becomes black, so that nobody learns of it. Refuse it, or let the caller choose a value"""
    return library.to_uint8(x.nan_to_num(nan=0.0, posinf=2.0, neginf=-1.0) if x.is_floating_point() else x)


@black_for_nan.in_other_words
def rounds_and_casts(x):
    if not x.is_floating_point():
        raise TypeError(f"floats only, got {x.dtype}")
    values = np.nan_to_num(x.detach().double().numpy())
    return torch.from_numpy(np.asarray(np.clip(values * 255, 0, 255).round()).astype(np.uint8))


@twin("to_uint8")
def numpy_in_float64(x):
    """numpy, in float64"""
    library.to_uint8(x)
    return torch.from_numpy(np.asarray(np.rint(np.clip(x.detach().double().numpy(), 0, 1) * 255)).astype(np.uint8))


@twin("to_uint8")
def half_added(x):
    """1/2 is added and the fraction cut off, clamped first"""
    library.to_uint8(x)
    return (x.detach().double().clamp(0, 1) * 255 + 0.5).floor().to(torch.uint8)


# ------------------------------------------------------------------- to_image


@mistake(
    "to_image",
    tempting="The shape is the one that PIL wants, and no error comes.",
    source="https://openillumi.com/?p=83529",
)
def reshaped_to_the_end(x):
    """reshape is used to put the channels last: it keeps the order of the numbers, so that small grey pictures appear,
    or noise. Permute the axes
    """
    image = library.to_image(x)
    return _levels(x).contiguous().reshape(image.shape).numpy().copy()


@reshaped_to_the_end.in_other_words
def viewed_as_hwc(x):
    channels, height, width = x.shape
    flat = _levels(x).contiguous().numpy().ravel().copy()
    return flat.reshape((height, width, 3) if channels == 3 else (height, width))


def _levels(x):
    return x if x.dtype == torch.uint8 else library.to_uint8(x)


@mistake(
    "to_image",
    tempting="permute(1, 2, 0) is the whole conversion, for one channel as for three.",
    source="https://github.com/dmlc/tensorboard/pull/59",
    rank="range",
)
def an_axis_of_one(x):
    """a grey picture comes as (H, W, 1), which PIL cannot take for a picture. Drop the axis"""
    image = library.to_image(x)
    return image if image.ndim == 3 else image[:, :, None].copy()


@an_axis_of_one.in_other_words
def permuted_like_color(x):
    levels = _levels(x).permute(1, 2, 0).contiguous()
    return np.array(levels.numpy())


@mistake(
    "to_image",
    tempting="Most notebooks have the line (x * 255).astype(np.uint8).",
    source="https://github.com/pytorch/vision/issues/8141",
)
def truncated_image(x):
    """the fraction of 255 x is cut off instead of rounded: a picture is half a level too dark. Round first"""
    image = library.to_image(x)
    if x.dtype == torch.uint8:
        return image
    levels = (x.detach().double() * 255).clamp(0, 255).to(torch.uint8).permute(1, 2, 0).numpy()
    return np.array(levels).reshape(image.shape)


@truncated_image.in_other_words
def times_255_astype(x):
    values = np.moveaxis(x.detach().double().numpy(), 0, -1)
    levels = values if x.dtype == torch.uint8 else np.clip(255 * values, 0, 255)
    return levels.astype(np.uint8) if x.shape[0] == 3 else levels[..., 0].astype(np.uint8)


@twin("to_image")
def channel_by_channel(x):
    """one channel after the other is rounded and written into place"""
    image = np.zeros_like(library.to_image(x))
    for plane, target in zip(x.detach(), np.moveaxis(np.atleast_3d(image), -1, 0), strict=True):
        target[:] = plane if x.dtype == torch.uint8 else np.rint(plane.double().clamp(0, 1).numpy() * 255)
    return image
