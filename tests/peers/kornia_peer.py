"""kornia, called as its documentation says."""

import math

import kornia
import torch
from kornia.io import ImageLoadType, load_image


def read_image(path):
    return load_image(path, ImageLoadType.RGB8).permute(1, 2, 0).contiguous().numpy()


def read_mask(path):
    labels = load_image(path, ImageLoadType.UNCHANGED).numpy()
    return labels[0] if len(labels) == 1 else labels


def resize_mask(mask, height, width):
    return kornia.geometry.resize(torch.from_numpy(mask), (height, width), interpolation="nearest-exact").numpy()


def min_max_scale(x):
    return kornia.enhance.normalize_min_max(x)


def batch_of(x):
    """kornia's first axis is the batch, its second the channels."""
    return x.reshape(math.prod(x.shape[:-3]), *x.shape[-3:]) if x.ndim > 2 else x


def normalize(x, mean, std):
    mean, std = (torch.as_tensor(numbers, dtype=torch.float64, device=x.device) for numbers in (mean, std))
    return kornia.enhance.normalize(batch_of(x), mean, std).reshape(x.shape)


def inverse_normalize(x, mean, std):
    mean, std = (torch.as_tensor(numbers, dtype=torch.float64, device=x.device) for numbers in (mean, std))
    return kornia.enhance.denormalize(batch_of(x), mean, std).reshape(x.shape)


def InverseNormalize(mean, std):
    return kornia.enhance.Denormalize(torch.as_tensor(mean), torch.as_tensor(std))


DOCS = "https://kornia.readthedocs.io/en/latest/"
READING, ENHANCE, RESIZE = DOCS + "io.html", DOCS + "enhance.normalization.html", DOCS + "geometry.transform.html"

# What kornia's documentation says otherwise, or leaves open: (why, where, laws).
DIFFERENT = [
    (
        "PNGs of 1, 2 and 4 bits, and grey ones with alpha, raise a ValueError",
        READING,
        [
            "read_image.stretches_few_bits_of_grey",
            "read_image.looks_up_a_small_palette",
            "read_image.drops_opaque_alpha",
            "read_mask.unpacks_few_bits_of_a_palette",
            "read_mask.does_not_stretch_few_bits_of_grey",
            "read_mask.gives_a_mask_of_its_own",
        ],
    ),
    (
        "pixels come as stored: the EXIF orientation is ignored",
        READING,
        [
            "read_image.turns_a_png_upright",
            "read_image.turns_a_jpeg_upright",
            "read_mask.turns_the_mask_like_the_photo",
            "read_image.turns_by_a_raw_profile",
            "read_image.turns_by_xmp_where_exif_is_silent",
            "read_image.turns_a_jpeg_by_xmp",
            "read_mask.turns_by_a_raw_profile",
            "read_mask.turns_by_xmp_where_exif_is_silent",
        ],
    ),
    ("a transparent picture is laid over white", READING, ["read_image.refuses_transparency"]),
    (
        "the ending of the name chooses the decoder",
        READING,
        ["read_image.takes_any_name", "read_image.goes_by_the_content"],
    ),
    (
        "left open: a file that lost its end mark but no pixel is read; one that lost pixels is refused",
        READING,
        ["read_image.refuses_a_cut", "read_mask.refuses_a_cut_mask"],
    ),
    (
        "reads pictures of any kind, JPEG too: the file's channels stay",
        READING,
        ["read_mask.refuses_colours", "read_mask.refuses_a_jpeg"],
    ),
    (
        "left open: the centre is computed in floats, and on the border of two pixels rounding decides",
        RESIZE,
        ["resize_mask.on_a_border_takes_the_lower_or_right"],
    ),
    (
        "left open: resizes pictures in uint8 and floats, and refuses other types with an error",
        RESIZE,
        ["resize_mask.invents_no_label", "resize_mask.takes_every_integer_type", "resize_mask.refuses_what_is_no_mask"],
    ),
    (
        "adds `eps` to the range, to avoid a division by 0",
        ENHANCE,
        ["min_max_scale.spans_zero_to_one"],
    ),
    (
        "each plane (H, W) has a scale of its own",
        ENHANCE,
        ["min_max_scale.keeps_the_type_and_any_width", "min_max_scale.one_scale_for_the_whole_tensor"],
    ),
    (
        "integers are converted to floats, not refused",
        ENHANCE,
        ["normalize.bytes_and_arrays_are_refused", "inverse_normalize.bytes_and_arrays_are_refused"],
    ),
    (
        "one mean may serve all channels",
        ENHANCE,
        [
            "normalize.another_number_of_channels_is_refused",
            "normalize.what_is_no_sequence_of_numbers_is_refused",
            "inverse_normalize.another_number_of_channels_is_refused",
            "inverse_normalize.what_is_no_sequence_of_numbers_is_refused",
        ],
    ),
    (
        "left open: the formula is computed with what it is given, so a std of 0 makes infinities",
        ENHANCE,
        [
            "normalize.bad_statistics_are_refused",
            "normalize.a_refused_std_is_written_as_it_was_given",
            "normalize.a_std_too_small_for_the_type_is_refused",
            "normalize.the_smallest_normal_number_is_a_std",
            "inverse_normalize.bad_statistics_are_refused",
            "inverse_normalize.a_std_too_small_for_the_type_is_refused",
            "inverse_normalize.the_smallest_normal_number_is_a_std",
            "InverseNormalize.the_transform_refuses_bad_input",
        ],
    ),
    (
        "a module for one batch (B, C, *), not a transform for torchvision's pictures, masks and boxes",
        ENHANCE,
        [
            "InverseNormalize.undoes_normalize_inside_compose",
            "InverseNormalize.leaves_masks_and_boxes_alone",
            "InverseNormalize.works_on_plain_tensors_and_batches",
            "InverseNormalize.changes_images_and_videos_only",
            "InverseNormalize.keeps_numbers_of_its_own",
        ],
    ),
]

REMARKS = {}
