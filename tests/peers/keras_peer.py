"""Keras on torch, called as its documentation says."""

import math
import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np


def read_image(path):
    return np.array(keras.utils.load_img(path))


def resize_mask(mask, height, width):
    resized = keras.ops.image.resize(mask[:, :, None], (height, width), "nearest", data_format="channels_last")
    return keras.ops.convert_to_numpy(resized)[:, :, 0]


def normalize(x, mean, std, invert=False):
    pictures = x.reshape(math.prod(x.shape[:-3]), *x.shape[-3:]) if x.ndim > 2 else x  # the first axis is the batch
    variance, dtype = np.square(std), str(x.dtype).removeprefix("torch.")
    return keras.layers.Normalization(1, mean, variance, invert, dtype=dtype)(pictures).reshape(x.shape)


def inverse_normalize(x, mean, std):
    return normalize(x, mean, std, invert=True)


def batch_norm(x, weight=None, bias=None, eps=1e-5):
    mean, variance = keras.ops.moments(x, axes=(0, 2, 3))
    return keras.ops.batch_normalization(x, mean, variance, axis=1, offset=bias, scale=weight, epsilon=eps)


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1):
    if x.ndim == 3:
        return conv2d(x[None], weight, bias, stride, padding, dilation)[0]
    tall, wide = (padding, padding) if isinstance(padding, int) else padding
    x = keras.ops.pad(x, ((0, 0), (0, 0), (tall, tall), (wide, wide)))
    kernel = keras.ops.transpose(weight, (2, 3, 1, 0))
    result = keras.ops.conv(x, kernel, stride, "valid", data_format="channels_first", dilation_rate=dilation)
    return result if bias is None else keras.ops.add(result, bias[:, None, None])


# keras.io has one page for many functions; TensorFlow's pages have one for each, with the same docstrings.
DOCS = "https://www.tensorflow.org/api_docs/python/tf/keras/"
READING, RESIZE, CONV = DOCS + "utils/load_img", DOCS + "ops/image/resize", DOCS + "ops/conv"
MOMENTS, BATCH_NORM = DOCS + "ops/moments", DOCS + "ops/batch_normalization"
NORMALIZE = "https://keras.io/api/layers/preprocessing_layers/numerical/normalization/"

# What Keras' documentation says otherwise, or leaves open: (why, where, laws).
DIFFERENT = [
    (
        "left open: the EXIF orientation is not applied",
        READING,
        [
            "read_image.turns_a_png_upright",
            "read_image.turns_a_jpeg_upright",
            "read_image.turns_by_a_raw_profile",
            "read_image.turns_by_xmp_where_exif_is_silent",
            "read_image.turns_a_jpeg_by_xmp",
        ],
    ),
    ("the colour mode rgb has no alpha channel, and rgba keeps it", READING, ["read_image.refuses_transparency"]),
    (
        "left open: a file that lost its end mark but no pixel is read; one that lost pixels is refused",
        READING,
        ["read_image.refuses_a_cut"],
    ),
    (
        "left open: the centre is computed in floats, and on the border of two pixels rounding decides",
        RESIZE,
        ["resize_mask.on_a_border_takes_the_lower_or_right"],
    ),
    ("resizes any image of three or four axes", RESIZE, ["resize_mask.refuses_what_is_no_mask"]),
    ("left open: uint16 comes back as int32, with the same labels", RESIZE, ["resize_mask.takes_every_integer_type"]),
    (
        "takes a variance, not a std; left open: in place of a root near 0 stands a small number",
        NORMALIZE,
        [
            "normalize.bad_statistics_are_refused",
            "normalize.a_refused_std_is_written_as_it_was_given",
            "normalize.a_std_too_small_for_the_type_is_refused",
            "normalize.the_smallest_normal_number_is_a_std",
            "normalize.what_is_no_sequence_of_numbers_is_refused",
            "inverse_normalize.bad_statistics_are_refused",
            "inverse_normalize.a_std_too_small_for_the_type_is_refused",
            "inverse_normalize.the_smallest_normal_number_is_a_std",
        ],
    ),
    (
        "one mean is broadcast to all channels; of types nothing is said: arrays and integers are taken too",
        NORMALIZE,
        [
            "normalize.bytes_and_arrays_are_refused",
            "normalize.another_number_of_channels_is_refused",
            "inverse_normalize.bytes_and_arrays_are_refused",
            "inverse_normalize.another_number_of_channels_is_refused",
            "inverse_normalize.what_is_no_sequence_of_numbers_is_refused",
        ],
    ),
    (
        "the default float type is float32: mean and variance are kept in it",
        DOCS + "backend/set_floatx",
        [
            "normalize.works_in_the_type_of_x",
            "normalize.the_gradient_flows",
            "inverse_normalize.works_in_the_type_of_x",
            "inverse_normalize.the_gradient_flows",
        ],
    ),
    (
        "left open: rounding, of the size of 1e-4",
        MOMENTS,
        ["batch_norm.many_pixels_cost_nothing", "batch_norm.the_type_and_shape_stay"],
    ),
    (
        "left open: arrays and any axes are taken, and the formula is computed with what it is given",
        BATCH_NORM,
        [
            "batch_norm.batch_norm_refuses_what_is_no_batch",
            "batch_norm.one_value_per_channel_is_refused",
            "batch_norm.batch_norm_refuses_nan_and_inf",
            "batch_norm.batch_norm_refuses_a_bad_eps",
            "batch_norm.batch_norm_refuses_a_bad_weight_and_bias",
        ],
    ),
    (
        "as in torch, which computes it: where an intermediate result overflows, the end result may be lost too",
        "https://docs.pytorch.org/docs/stable/notes/numerical_accuracy.html#extremal-values",
        ["batch_norm.batch_norm_refuses_what_it_cannot_square"],
    ),
    ("the input is (batch_size, channels, height, width)", CONV, ["conv2d.a_batch_of_videos_too"]),
    ("left open: arrays are taken too", CONV, ["conv2d.conv2d_refuses_what_is_no_float_tensor"]),
]

VARIANCE = (
    "The variance is the mean of the squares less the square of the mean, which is quicker and less exact, as a "
    "comment in"
    " the source says."
)
NEGATIVE = " Here it comes out negative, and its root is NaN."
REMARKS = {
    "read_image.refuses_sixteen_bits": "A grey PNG of 16 bits comes back clipped: every level from 255 up is white.",
    "batch_norm.subtracts_the_mean_of_the_batch_and_divides": VARIANCE + NEGATIVE,
    "batch_norm.mean_zero_and_variance_nearly_one": VARIANCE + NEGATIVE,
    "batch_norm.alone_it_is_instance_norm": VARIANCE + NEGATIVE,
    "batch_norm.the_memory_layout_does_not_matter": VARIANCE + NEGATIVE,
    "batch_norm.a_large_offset_costs_nothing": VARIANCE,
    "conv2d.memory_layout_does_not_matter": "Not Keras' own: torch's convolution, which Keras calls"
    " here, is wrong on a processor with AVX-512 (see torch).",
    "conv2d.two_devices_are_refused": "Not Keras' own: torch's convolution, which Keras calls here, does the same.",
}
