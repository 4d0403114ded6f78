"""albumentations, called as its documentation says."""

import os

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # else it asks the network for a newer release

import albumentations as A
import cv2
import torch


def to_tensor(image):
    return A.Compose([A.ToFloat(), A.ToTensorV2()])(image=image)["image"]


def resize_mask(mask, height, width):
    resize = A.Resize(height, width, mask_interpolation=cv2.INTER_NEAREST_EXACT)
    return A.Compose([resize])(image=mask, mask=mask)["mask"]


def to_uint8(x):
    levels = A.FromFloat(dtype="uint8")(image=x.reshape(-1, 1).numpy())["image"]
    return torch.from_numpy(levels).reshape(x.shape)


def to_image(x):
    picture = x.permute(1, 2, 0).numpy()
    levels = A.FromFloat(dtype="uint8")(image=picture)["image"]
    return levels[..., 0] if len(x) == 1 else levels


def min_max_scale(x):
    scaled = A.Normalize(normalization="min_max")(image=x.reshape(-1, 1).numpy())["image"]
    return torch.from_numpy(scaled).reshape(x.shape)


def normalize(x, mean, std):
    transform = A.Normalize(tuple(mean), tuple(std), max_pixel_value=1.0)
    if x.ndim > 3:  # albumentations takes one picture at a time
        return torch.stack([normalize(picture, mean, std) for picture in x])
    return torch.from_numpy(transform(image=x.permute(1, 2, 0).numpy())["image"]).permute(2, 0, 1)


DOCS = "https://albumentations.ai/"
TYPES = DOCS + "docs/api-reference/albumentations/augmentations/other/type_transform"
NORMALIZE, RESIZE = DOCS + "explore/transform/Normalize/", DOCS + "explore/transform/Resize/docs/"

# What albumentations' documentation says otherwise, or leaves open: (why, where, laws).
DIFFERENT = [
    (
        "left open: the centre is computed in floats, and on the border of two pixels rounding decides",
        RESIZE,
        ["resize_mask.on_a_border_takes_the_lower_or_right"],
    ),
    (
        "resizes uint8 and float32; what becomes of other types is left open, and some are refused",
        RESIZE,
        ["resize_mask.invents_no_label", "resize_mask.takes_every_integer_type", "resize_mask.refuses_what_is_no_mask"],
    ),
    ("left open: the same size gives the same array, not a copy", RESIZE, ["resize_mask.keeps_its_argument"]),
    (
        "takes float32 too; of sizes, numbers of channels and memory nothing is said",
        TYPES,
        [
            "to_tensor.memory_layout_does_not_matter",
            "to_tensor.to_tensor_takes_uint8_only",
            "to_tensor.to_tensor_refuses_other_shapes",
        ],
    ),
    (
        "floats in [0, 1] are expected, and float16 is not among their types; what becomes of others is left open",
        TYPES,
        [
            "to_uint8.gives_back_all_levels_of_every_float_type",
            "to_image.is_to_uint8_with_channels_last",
            "to_uint8.refuses_nan",
            "to_uint8.to_uint8_takes_floats_only",
            "to_uint8.half_precision_is_widened_first",
            "to_uint8.any_number_of_axes_and_values",
            "to_image.undoes_to_tensor",
            "to_image.to_image_reads_any_layout",
            "to_image.to_image_refuses_other_shapes",
            "to_image.to_image_refuses_other_types",
            "to_image.to_image_refuses_nan",
        ],
    ),
    (
        "left open: a small number is added to the range, so that a constant is no division by 0",
        NORMALIZE,
        ["min_max_scale.spans_zero_to_one", "min_max_scale.min_max_scale_refuses_what_has_no_range"],
    ),
    (
        "left open: the formula is computed with what it is given, so a std of 0 makes infinities",
        NORMALIZE,
        [
            "min_max_scale.one_broken_value_anywhere_is_refused",
            "normalize.bad_statistics_are_refused",
            "normalize.a_refused_std_is_written_as_it_was_given",
            "normalize.a_std_too_small_for_the_type_is_refused",
        ],
    ),
    (
        "takes uint8 and float32, and float32 comes back",
        NORMALIZE,
        [
            "min_max_scale.keeps_the_type_and_any_width",
            "normalize.type_and_shape_stay",
            "normalize.bytes_and_arrays_are_refused",
            "normalize.works_in_the_type_of_x",
            "normalize.the_smallest_normal_number_is_a_std",
        ],
    ),
    ("left open: arrays have no gradient", NORMALIZE, ["normalize.the_gradient_flows"]),
    (
        "left open: a picture without pixels is refused with an error",
        NORMALIZE,
        ["normalize.any_layout_is_read"],
    ),
    (
        "left open: of more means than channels the first are used",
        NORMALIZE,
        ["normalize.another_number_of_channels_is_refused", "normalize.what_is_no_sequence_of_numbers_is_refused"],
    ),
]

REMARKS = {
    "to_uint8.float64_is_not_narrowed": "The docstring of `FromFloat` lists float64, and uint8 was asked for; float64 "
    "comes back.",
}
