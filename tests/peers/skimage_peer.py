"""scikit-image, called as its documentation says."""

import torch
from skimage.exposure import rescale_intensity
from skimage.io import imread
from skimage.transform import resize
from skimage.util import img_as_float32, img_as_ubyte


def read_image(path):
    return imread(path)


def read_mask(path):
    return imread(path)


def to_tensor(image):
    picture = torch.from_numpy(img_as_float32(image))
    return picture[None] if picture.ndim == 2 else picture.permute(2, 0, 1).contiguous()


def resize_mask(mask, height, width):
    return resize(mask, (height, width), order=0, preserve_range=True, anti_aliasing=False)


def to_uint8(x):
    return torch.from_numpy(img_as_ubyte(x.numpy()))


def to_image(x):
    levels = img_as_ubyte(x.permute(1, 2, 0).numpy())
    return levels[..., 0] if len(x) == 1 else levels


def min_max_scale(x):
    return torch.from_numpy(rescale_intensity(x.numpy(), out_range=(0.0, 1.0)))


DOCS = "https://scikit-image.org/docs/stable/"
TYPES, READING = DOCS + "user_guide/data_types.html", DOCS + "api/skimage.io.html#skimage.io.imread"
RESIZE = DOCS + "api/skimage.transform.html#skimage.transform.resize"
BYTES = DOCS + "api/skimage.util.html#skimage.util.img_as_ubyte"
RESCALE = DOCS + "api/skimage.exposure.html#skimage.exposure.rescale_intensity"

# What scikit-image's documentation says otherwise, or leaves open: (why, where, laws).
DIFFERENT = [
    (
        "grey is M×N, alpha a fourth channel; of bits nothing is said, and 1 is bool, 16 are uint16",
        READING,
        [
            "read_image.repeats_grey",
            "read_image.stretches_few_bits_of_grey",
            "read_image.drops_opaque_alpha",
            "read_image.refuses_transparency",
            "read_image.refuses_sixteen_bits",
        ],
    ),
    (
        "left open: the EXIF orientation is not applied",
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
    (
        "left open: a file that lost its end mark but no pixel is read; one that lost pixels is refused",
        READING,
        ["read_image.refuses_a_cut", "read_mask.refuses_a_cut_mask"],
    ),
    (
        "reads pictures of any kind: colours stay colours. Left open: a palette is looked up, one bit is bool",
        READING,
        [
            "read_mask.gives_the_stored_indices",
            "read_mask.gives_the_stored_levels",
            "read_mask.new_colours_change_nothing",
            "read_mask.commutes_with_every_renaming",
            "read_mask.unpacks_few_bits_of_a_palette",
            "read_mask.does_not_stretch_few_bits_of_grey",
            "read_mask.transparency_changes_no_label",
            "read_mask.gives_a_mask_of_its_own",
            "read_mask.refuses_colours",
            "read_mask.refuses_a_jpeg",
        ],
    ),
    (
        "left open: the centre is computed in floats, and on the border of two pixels rounding decides",
        RESIZE,
        ["resize_mask.on_a_border_takes_the_lower_or_right"],
    ),
    ("resizes arrays of any type and number of axes", RESIZE, ["resize_mask.refuses_what_is_no_mask"]),
    ("integers of 64 bits are not supported, with few exceptions", TYPES, ["resize_mask.takes_every_integer_type"]),
    (
        "left open: the last bit of a float",
        DOCS + "api/skimage.util.html#skimage.util.img_as_float32",
        [
            "to_tensor.moves_channels_first_and_divides_by_255",
            "to_tensor.every_level_is_the_nearest_float",
            "to_tensor.equals_torchvision",
            "to_tensor.grey_gets_a_channel_axis",
        ],
    ),
    (
        "each type has a range of its own; of shapes, and of what is no array, nothing is said",
        TYPES,
        [
            "to_tensor.to_tensor_takes_uint8_only",
            "to_tensor.to_tensor_refuses_other_shapes",
            "to_tensor.to_tensor_takes_arrays_only",
            "to_uint8.to_uint8_takes_floats_only",
            "to_image.to_image_refuses_other_shapes",
            "to_image.to_image_refuses_other_types",
        ],
    ),
    (
        "floats lie in [-1, 1]: outside is refused; what becomes of NaN is left open",
        TYPES,
        [
            "to_uint8.clamps_what_is_huge",
            "to_uint8.to_uint8_reads_any_layout",
            "to_uint8.is_monotone",
            "to_uint8.clamps",
            "to_uint8.to_uint8_keeps_its_argument",
            "to_uint8.refuses_nan",
            "to_uint8.half_precision_is_widened_first",
            "to_image.rounds_and_clamps",
            "to_image.to_image_treats_each_pixel_alone",
            "to_image.is_to_uint8_with_channels_last",
            "to_image.to_image_refuses_nan",
        ],
    ),
    (
        "left open: an array without axes is refused with an error",
        BYTES,
        ["to_uint8.float64_is_not_narrowed", "to_uint8.any_number_of_axes_and_values"],
    ),
    (
        "`force_copy` asks for a copy; without it uint8 is not copied",
        BYTES,
        ["to_image.to_image_gives_memory_of_its_own"],
    ),
    (
        "a constant is clipped to the output range; of NaN nothing is said",
        RESCALE,
        ["min_max_scale.min_max_scale_refuses_what_has_no_range", "min_max_scale.one_broken_value_anywhere_is_refused"],
    ),
    ("an output range of two numbers gives floats", RESCALE, ["min_max_scale.keeps_the_type_and_any_width"]),
]

REMARKS = {}
