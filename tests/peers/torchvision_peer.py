"""torchvision, called as its documentation says."""

import numpy as np
import torch
from torchvision.io import decode_image
from torchvision.models.feature_extraction import create_feature_extractor, get_graph_node_names
from torchvision.transforms import v2


def read_image(path):
    return decode_image(path, mode="RGB", apply_exif_orientation=True).permute(1, 2, 0).contiguous().numpy()


def read_mask(path):
    labels = decode_image(path, mode="UNCHANGED", apply_exif_orientation=True).numpy()
    return labels[0] if len(labels) == 1 else labels


def to_tensor(image):
    return v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])(image).as_subclass(torch.Tensor)


def resize_mask(mask, height, width):
    nearest = v2.InterpolationMode.NEAREST_EXACT
    return v2.functional.resize(torch.from_numpy(mask)[None], [height, width], nearest)[0].numpy()


def to_uint8(x):
    return v2.functional.to_dtype(x, torch.uint8, scale=True)


def to_image(x):
    return np.array(v2.functional.to_pil_image(x))


def normalize(x, mean, std):
    return v2.functional.normalize(x, mean, std)


def feature_maps(model, x):
    names = get_graph_node_names(model)[0 if model.training else 1]
    return create_feature_extractor(model, names)(x)


DOCS = "https://docs.pytorch.org/vision/stable/"
RANGE = DOCS + "transforms.html#dtype-and-expected-value-range"
READING = DOCS + "generated/torchvision.io.decode_image.html"
NORMALIZE = DOCS + "generated/torchvision.transforms.v2.Normalize.html"
FEATURES = DOCS + "feature_extraction.html"
RESIZE = DOCS + "generated/torchvision.transforms.v2.Resize.html"

# What torchvision's documentation says otherwise, or leaves open: (why, where, laws).
DIFFERENT = [
    (
        "the mode RGB has no alpha channel, and RGBA keeps it",
        DOCS + "generated/torchvision.io.ImageReadMode.html",
        ["read_image.refuses_transparency"],
    ),
    ("a PNG of 16 bits comes back as uint16", READING, ["read_image.refuses_sixteen_bits"]),
    (
        "left open: of an orientation it reads EXIF in its own chunk or segment, and no XMP",
        READING,
        [
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
    ("values lie in 0 … 255: those of fewer bits are scaled", READING, ["read_mask.does_not_stretch_few_bits_of_grey"]),
    (
        "reads pictures of any kind, JPEG too: colours stay colours",
        READING,
        ["read_mask.refuses_colours", "read_mask.refuses_a_jpeg"],
    ),
    (
        "left open: the centre is computed in floats, and on the border of two pixels rounding decides",
        RESIZE,
        ["resize_mask.on_a_border_takes_the_lower_or_right"],
    ),
    ("left open: the same size gives the same tensor, not a copy", RESIZE, ["resize_mask.keeps_its_argument"]),
    ("resizes any tensor [..., C, H, W]", RESIZE, ["resize_mask.refuses_what_is_no_mask"]),
    (
        "float32 has about 7 decimal digits; here the last bit differs",
        "https://docs.pytorch.org/docs/stable/notes/numerical_accuracy.html",
        [
            "to_tensor.every_level_is_the_nearest_float",
            "to_tensor.equals_torchvision",
            "to_tensor.grey_gets_a_channel_axis",
        ],
    ),
    (
        "arrays with negative strides are refused with a message that says what to do",
        "https://github.com/pytorch/pytorch/issues/92680",
        ["to_tensor.memory_layout_does_not_matter"],
    ),
    (
        "each type has a range of its own: [0, 1] for floats, 0 … the largest value for integers",
        RANGE,
        ["to_tensor.to_tensor_takes_uint8_only", "to_uint8.to_uint8_takes_floats_only"],
    ),
    (
        "takes tensors and PIL pictures too; of sizes and numbers of channels nothing is said",
        DOCS + "generated/torchvision.transforms.v2.ToImage.html",
        [
            "to_tensor.to_tensor_refuses_other_shapes",
            "to_tensor.to_tensor_takes_arrays_only",
        ],
    ),
    (
        "the unit interval is cut into 256 equal parts, one for each byte, instead of rounding",
        "https://github.com/pytorch/vision/pull/2078",
        ["to_uint8.is_never_off_by_more_than_half_a_level", "to_uint8.float64_is_not_narrowed"],
    ),
    (
        "floats are expected in [0, 1]; what becomes of others is left open",
        RANGE,
        [
            "to_uint8.is_monotone",
            "to_uint8.clamps",
            "to_uint8.clamps_what_is_huge",
            "to_uint8.refuses_nan",
            "to_image.to_image_refuses_nan",
        ],
    ),
    (
        "rounds down, which its maintainers may change, and expects values in [0, 1]",
        "https://github.com/pytorch/vision/issues/8141",
        ["to_image.rounds_and_clamps", "to_image.is_to_uint8_with_channels_last"],
    ),
    (
        "takes arrays too, and pictures of two or four channels",
        DOCS + "generated/torchvision.transforms.v2.ToPILImage.html",
        ["to_image.to_image_refuses_other_shapes", "to_image.to_image_refuses_other_types"],
    ),
    (
        "left open: a std of 0 is refused, and every other number goes into the formula",
        NORMALIZE,
        [
            "normalize.bad_statistics_are_refused",
            "normalize.a_refused_std_is_written_as_it_was_given",
            "normalize.a_std_too_small_for_the_type_is_refused",
            "normalize.the_smallest_normal_number_is_a_std",
            "normalize.what_is_no_sequence_of_numbers_is_refused",
        ],
    ),
    (
        "n means are for n channels; what three means do to one channel is left open: three channels come back",
        NORMALIZE,
        ["normalize.another_number_of_channels_is_refused"],
    ),
    (
        "names the nodes of a traced graph: no containers, a repetition is name_1",
        FEATURES,
        ["feature_maps.gives_what_every_module_gives", "feature_maps.a_module_that_runs_again_is_kept_again"],
    ),
    (
        "makes a model of its own, for training too, with gradients and with BatchNorm that learns",
        FEATURES,
        ["feature_maps.maps_are_plain_copies", "feature_maps.removes_its_hooks_after_an_error"],
    ),
]

BUG = "(a [known bug](https://github.com/pytorch/vision/issues/6799))"
WHITE = f"In float16 the product with 255.999 is 256, which wraps to 0: white becomes black {BUG}."
REMARKS = {
    "read_mask.unpacks_few_bits_of_a_palette": "A palette PNG of 1, 2 or 4 bits comes back packed, and behind it "
    "memory that nobody wrote.",
    "resize_mask.takes_every_integer_type": "Labels above 2**24 lose digits on a way through float32.",
    "to_uint8.gives_back_all_levels_of_every_float_type": f"In float16 the upper levels come back one too high {BUG}.",
    "to_uint8.half_precision_is_widened_first": WHITE,
    "to_uint8.any_number_of_axes_and_values": WHITE,
    "feature_maps.leaves_the_model_as_it_was": "A part in another mode than the whole model, a frozen BatchNorm"
    " say, is set to the mode of the whole: in your model too, not only in the copy.",
}
