"""Keras on torch, called as its documentation says."""

import math
import os

os.environ["KERAS_BACKEND"] = "torch"

import keras  # noqa: E402
import numpy as np  # noqa: E402


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


DOCS = "https://keras.io/api/"
READING, RESIZE, OPS = DOCS + "data_loading/image/", DOCS + "ops/image/", DOCS + "ops/nn/"
NORMALIZE = DOCS + "layers/preprocessing_layers/numerical/normalization/"

# What Keras' documentation says otherwise, or leaves open: (why, where, laws).
DIFFERENT = [
    (
        "pixels come as stored: the EXIF orientation is not applied",
        READING,
        ["read_image.turns_a_png_upright", "read_image.turns_a_jpeg_upright"],
    ),
    ("the colour mode rgb drops the alpha channel", READING, ["read_image.refuses_transparency"]),
    (
        "a file that lost its end mark but no pixel is read; one that lost pixels is refused",
        READING,
        ["read_image.refuses_a_cut"],
    ),
    (
        "the centre is computed in floats: on the border of two pixels rounding decides",
        RESIZE,
        ["resize_mask.takes_the_label_under_the_centre"],
    ),
    ("resizes any picture", RESIZE, ["resize_mask.refuses_what_is_no_mask"]),
    ("uint16 comes back as int32, with the same labels", RESIZE, ["resize_mask.takes_every_integer_type"]),
    (
        "takes a variance, not a std; 0 is replaced by a small number",
        NORMALIZE,
        [
            "normalize.normalize_refuses_bad_statistics",
            "normalize.normalize_allows_the_smallest_normal_std",
            "normalize.normalize_wants_numbers",
            "inverse_normalize.inverse_refuses_bad_statistics",
            "inverse_normalize.inverse_allows_the_smallest_normal_std",
        ],
    ),
    (
        "takes arrays and integers too, and one mean for all channels",
        NORMALIZE,
        [
            "normalize.normalize_refuses_bad_pictures",
            "normalize.normalize_takes_any_number_of_channels",
            "inverse_normalize.inverse_refuses_bad_pictures",
            "inverse_normalize.inverse_takes_any_number_of_channels",
        ],
    ),
    (
        "mean and variance are kept in float32",
        DOCS + "utils/config_utils/",
        [
            "normalize.normalize_works_in_the_type_of_x",
            "normalize.normalize_passes_the_gradient_on",
            "inverse_normalize.inverse_works_in_the_type_of_x",
            "inverse_normalize.inverse_passes_the_gradient_on",
        ],
    ),
    (
        "rounding of the type of x, within 1e-4; no accuracy is promised",
        OPS,
        ["batch_norm.many_pixels_cost_nothing", "batch_norm.the_type_and_shape_stay"],
    ),
    (
        "takes arrays and any axes, and computes the formula with what it is given",
        OPS,
        [
            "batch_norm.batch_norm_refuses_what_is_no_batch",
            "batch_norm.one_value_per_channel_is_refused",
            "batch_norm.batch_norm_refuses_nan_and_inf",
            "batch_norm.batch_norm_refuses_a_bad_eps",
            "batch_norm.batch_norm_refuses_a_bad_weight_and_bias",
        ],
    ),
    ("one axis before the channels, the batch", OPS, ["conv2d.a_batch_of_videos_too"]),
    ("takes arrays too", OPS, ["conv2d.conv2d_refuses_what_does_not_fit"]),
]

VARIANCE = "The variance is the mean of the squares less the square of the mean, in float32."
NEGATIVE = " Here it comes out negative, and its root is NaN."
REMARKS = {
    "read_image.refuses_sixteen_bits": "A grey PNG of 16 bits is clipped: every level above 255 comes out white.",
    "batch_norm.subtracts_the_mean_of_the_batch_and_divides": VARIANCE + NEGATIVE,
    "batch_norm.mean_zero_and_variance_nearly_one": VARIANCE + NEGATIVE,
    "batch_norm.alone_it_is_instance_norm": VARIANCE + NEGATIVE,
    "batch_norm.the_memory_layout_does_not_matter": VARIANCE + NEGATIVE,
    "batch_norm.batch_norm_refuses_what_it_cannot_square": "Squares of 1e200 overflow; 0 comes back in place of -1 and 1.",
    "batch_norm.a_large_offset_costs_nothing": VARIANCE,
    "conv2d.memory_layout_does_not_matter": "Not Keras' own: torch's convolution gives this for a picture of one channel in such strides.",
    "conv2d.two_devices_are_refused": "torch's convolution, which Keras calls here, does the same.",
}
