"""Seeing Tensors: look at images as tensors without being fooled by the picture.

A numpy array is (H, W) or (H, W, C); a torch tensor is (..., C, H, W). Float
pictures live in [0, 1], uint8 pictures in [0, 255]. Nothing is guessed from
the values or from the size of an axis, and no argument is ever changed.
"""

import importlib

#: pyproject.toml reads it here.
__version__ = "0.1.0"

#: The public names of each module, in the order of the course.
MODULES = {
    "reading": ["ImageReadError", "read_image", "read_mask", "resize_mask"],
    "tensors": ["mask_to_tensor", "to_image", "to_tensor", "to_uint8"],
    "display": [
        "describe",
        "imshow_pixels",
        "min_max_scale",
        "saturation",
        "split_view",
        "unseen",
    ],
    "drawing": ["show", "show_grid"],
    "figures": ["figure"],
    "live": [
        "live_batch",
        "live_display",
        "live_filter",
        "live_logger",
        "live_nearest",
        "live_normalize",
        "live_pipelines",
    ],
    "normalization": [
        "IMAGENET_MEAN",
        "IMAGENET_STD",
        "InverseNormalize",
        "inverse_mean_std",
        "inverse_normalize",
        "normalize",
    ],
    "dataset_statistics": ["ChannelStatistics", "LabelStatistics", "channel_statistics"],
    "pipelines": ["inspect_pipeline"],
    "batchnorm": ["BatchNorm2d", "batch_norm", "keras_options"],
    "density": ["channel_densities", "plot_channel_densities"],
    "convolution": ["attainable_range", "compose_kernels", "conv2d", "conv2d_output_size", "receptive_field"],
    "activations": ["feature_maps", "pretrained_filters", "show_feature_maps"],
    "wandb_overlays": ["to_wandb_mask"],
    "wandb_images": ["log_images", "to_wandb_grid", "to_wandb_image", "to_wandb_maps"],
    "evidence": ["applied_mean_std", "channel_order", "superposition_error"],
    "segmentation": ["class_iou", "confusion_matrix"],
    "style": ["COLORS", "HATCHES", "LINES", "STYLE"],
    "course.repository": ["data_path"],
    "course.practice.notebook": ["answer", "check", "prove"],
    "course.practice.predictions": ["guesses", "predict"],
}
_HOME_OF = {name: module for module, names in MODULES.items() for name in names}
__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> object:
    # torch, matplotlib and the rest load when a name is first used (PEP 562), so that
    # `import seeing_tensors` costs nothing in a program that may not need them.
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _HOME_OF[name]
    try:
        value = getattr(importlib.import_module(f".{module}", __name__), name)
    except ModuleNotFoundError as error:
        if not module.startswith("course."):
            raise
        raise ModuleNotFoundError(
            f"st.{name} needs {error.name}, which comes with the course and not with the library: "
            'in the clone of the repository run pip install -e ".[course]"',
            name=error.name,
        ) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
