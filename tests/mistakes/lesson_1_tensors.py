"""Mistakes of lesson 1: what becomes of a picture, and of labels, on the way into a tensor."""

import numpy as np
import torch
from torchvision.transforms import functional as F

import seeing_tensors as library
from seeing_tensors.museum import mistake, twin

# ------------------------------------------------------------------ to_tensor


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
def by_torch(image):
    """torch permutes and divides, after the same refusals"""
    library.to_tensor(image)
    x = torch.from_numpy(np.array(image))
    return (x[None] if x.ndim == 2 else x.permute(2, 0, 1)).contiguous() / 255


@twin("to_tensor")
def in_float64(image):
    """float64 inside, stacked channel by channel"""
    library.to_tensor(image)
    channels = [image] if image.ndim == 2 else [image[..., c] for c in range(image.shape[2])]
    return torch.stack([torch.tensor((plane / 255).tolist(), dtype=torch.float64) for plane in channels]).float()


# ------------------------------------------------------------- mask_to_tensor


@mistake(
    "mask_to_tensor",
    tempting="The mask goes the same way as the photo, so that nobody has to write a second function.",
    source="https://github.com/pytorch/vision/issues/2497",
)
def divided_labels(mask):
    """labels are divided by 255 like light: as whole numbers all of them but 255 are 0. Labels are names, so keep them
    """
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
    """every label above 0 becomes 1: that is right for two classes, but of ten classes only two remain. Keep the labels
    """
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
