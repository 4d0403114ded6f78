"""torch itself, called as its documentation says."""

import torch
import torch.nn.functional as F

BatchNorm2d = torch.nn.BatchNorm2d


def mask_to_tensor(mask):
    return torch.tensor(mask, dtype=torch.int64)


def batch_norm(x, weight=None, bias=None, eps=1e-5):
    return F.batch_norm(x, None, None, weight, bias, training=True, eps=eps)


def conv2d(x, weight, bias=None, stride=1, padding=0, dilation=1):
    return F.conv2d(x, weight, bias, stride, padding, dilation)


DOCS = "https://docs.pytorch.org/docs/stable/"
ROUNDING = DOCS + "notes/numerical_accuracy.html"
TENSOR = DOCS + "generated/torch.tensor.html"
BATCH_NORM = DOCS + "generated/torch.nn.functional.batch_norm.html"
LAYER = DOCS + "generated/torch.nn.BatchNorm2d.html"
CONV = DOCS + "generated/torch.nn.functional.conv2d.html"

# What torch's documentation says otherwise, or leaves open: (why, where, laws).
DIFFERENT = [
    (
        (
            "arrays with negative strides, or in another machine's byte order, are refused with a message that says "
            "what to do"
        ),
        "https://github.com/pytorch/pytorch/issues/92680",
        [
            "mask_to_tensor.labels_of_every_integer_type_stay",
            "mask_to_tensor.mask_layout_does_not_matter",
            "mask_to_tensor.the_largest_labels_are_kept",
        ],
    ),
    ("`dtype` asks for a conversion, from any type", TENSOR, ["mask_to_tensor.mask_to_tensor_takes_integers_only"]),
    (
        "left open: a label too large for the `dtype` that was asked for wraps around, as in numpy's `astype`",
        TENSOR,
        ["mask_to_tensor.a_label_too_large_is_refused"],
    ),
    ("data of any shape become a tensor", TENSOR, ["mask_to_tensor.mask_to_tensor_refuses_other_shapes"]),
    (
        "float32 has about 7 decimal digits; the result is right to 1e-4",
        ROUNDING,
        [
            "batch_norm.right_to_1e_6_at_any_scale",
            "batch_norm.mean_zero_and_variance_nearly_one",
            "batch_norm.no_value_goes_beyond_the_root_of_n",
            "batch_norm.alone_it_is_instance_norm",
            "batch_norm.a_constant_channel_of_any_size_becomes_the_bias",
            "batch_norm.the_memory_layout_does_not_matter",
            "batch_norm.many_pixels_cost_nothing",
            "BatchNorm2d.training_is_batch_norm",
            "BatchNorm2d.in_evaluation_a_photo_is_alone_to_the_last_bit",
        ],
    ),
    (
        (
            "float32 has about 7 decimal digits: the mean is rounded to them, which costs 0.03 where it is 1e4 and the "
            "std 1e-2"
        ),
        ROUNDING,
        [
            "batch_norm.a_large_offset_costs_nothing",
            "BatchNorm2d.a_large_offset_costs_the_layer_nothing",
        ],
    ),
    (
        "where an intermediate result overflows, the end result may be lost too",
        ROUNDING + "#extremal-values",
        [
            "batch_norm.batch_norm_refuses_what_it_cannot_square",
            "batch_norm.very_large_and_very_small_values_are_right",
        ],
    ),
    (
        "left open: parameters in float32 serve batches of float32 and of half precision, not of float64",
        LAYER,
        ["batch_norm.the_type_and_shape_stay", "BatchNorm2d.the_layer_keeps_the_type"],
    ),
    (
        "serves batches with one, two or three axes after the channels; of empty ones nothing is said",
        BATCH_NORM,
        ["batch_norm.batch_norm_refuses_what_is_no_batch", "BatchNorm2d.evaluation_refuses_too"],
    ),
    (
        "left open: weight and bias may have any shape with one number per channel",
        BATCH_NORM,
        ["batch_norm.batch_norm_refuses_a_bad_weight_and_bias"],
    ),
    (
        "left open: the formula is computed with the NaN, momentum and eps that it is given",
        LAYER,
        [
            "batch_norm.batch_norm_refuses_nan_and_inf",
            "batch_norm.batch_norm_refuses_a_bad_eps",
            "BatchNorm2d.a_bad_batch_leaves_no_trace",
            "BatchNorm2d.spoilt_running_statistics_are_refused",
            "BatchNorm2d.bad_options_are_refused",
        ],
    ),
    ("the input is (minibatch, channels, height, width)", CONV, ["conv2d.a_batch_of_videos_too"]),
    ("padding may also be one of the words valid and same", CONV, ["conv2d.conv2d_refuses_other_strides"]),
]

REMARKS = {
    "conv2d.memory_layout_does_not_matter": "Only on a processor with AVX-512, only for one channel that was "
    "permuted from (N, H, W, 1), and only where a stride of 2 or more leaves a result of one column. The few lines "
    "at the end of this page show it.",
    "conv2d.two_devices_are_refused": "A weight on the device `meta` has no numbers; the result is memory that nobody "
    "wrote.",
}
