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
        "takes arrays in the machine's byte order and without negative strides; refuses others aloud",
        DOCS + "generated/torch.from_numpy.html",
        [
            "mask_to_tensor.labels_stay_what_they_are",
            "mask_to_tensor.mask_layout_does_not_matter",
            "mask_to_tensor.the_largest_labels_are_kept",
            "mask_to_tensor.a_mask_becomes_contiguous",
        ],
    ),
    ("`dtype` asks for a conversion, and every type has one", TENSOR, ["mask_to_tensor.mask_to_tensor_takes_integers_only"]),
    ("a tensor has any number of axes", TENSOR, ["mask_to_tensor.mask_to_tensor_refuses_other_shapes"]),
    (
        "rounding of float32, within 1e-4; no accuracy is promised",
        ROUNDING,
        [
            "batch_norm.then_multiplies_and_adds_per_channel",
            "batch_norm.mean_zero_and_variance_nearly_one",
            "batch_norm.no_value_goes_beyond_the_root_of_n",
            "batch_norm.alone_it_is_instance_norm",
            "batch_norm.a_constant_channel_becomes_the_bias",
            "batch_norm.the_memory_layout_does_not_matter",
            "batch_norm.many_pixels_cost_nothing",
            "BatchNorm2d.training_is_batch_norm",
            "BatchNorm2d.in_evaluation_a_photo_is_alone",
        ],
    ),
    (
        "batch, weight and bias have one type",
        BATCH_NORM,
        ["batch_norm.the_type_and_shape_stay", "BatchNorm2d.the_layer_keeps_the_type"],
    ),
    (
        "takes batches with any number of axes, and empty ones",
        BATCH_NORM,
        ["batch_norm.batch_norm_refuses_what_is_no_batch", "BatchNorm2d.evaluation_refuses_too"],
    ),
    ("any shape with one number per channel will do", BATCH_NORM, ["batch_norm.batch_norm_refuses_a_bad_weight_and_bias"]),
    (
        "computes the formula with what it is given; NaN, momentum and eps are yours to check",
        LAYER,
        [
            "batch_norm.batch_norm_refuses_nan_and_inf",
            "batch_norm.batch_norm_refuses_a_bad_eps",
            "BatchNorm2d.a_bad_batch_leaves_no_trace",
            "BatchNorm2d.spoilt_running_statistics_are_refused",
            "BatchNorm2d.bad_options_are_refused",
        ],
    ),
    ("one axis at most before the channels", CONV, ["conv2d.a_batch_of_videos_too"]),
    ("padding may be the words valid and same", CONV, ["conv2d.conv2d_refuses_what_does_not_fit"]),
]

OFFSET = "With offset 1e4 and std 1e-2 the result is off by 0.03."
REMARKS = {
    "mask_to_tensor.a_label_too_large_is_refused": "The label 2**63 becomes -2**63.",
    "batch_norm.a_large_offset_costs_nothing": OFFSET,
    "BatchNorm2d.a_large_offset_costs_the_layer_nothing": OFFSET,
    "batch_norm.batch_norm_refuses_what_it_cannot_square": "Squares of 1e200 overflow; 0 comes back in place of -1 and 1.",
    "conv2d.two_devices_are_refused": "A weight on the device `meta` has no numbers; the result is memory that nobody wrote.",
}
