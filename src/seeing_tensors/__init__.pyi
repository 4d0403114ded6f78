# What a type checker and an editor read in place of __init__.py, whose names come when they are first used.
# The same names as in its MODULES, module for module: tests/library/test_shape.py compares.

from .activations import (
    feature_maps as feature_maps,
    pretrained_filters as pretrained_filters,
    show_feature_maps as show_feature_maps,
)
from .batchnorm import (
    BatchNorm2d as BatchNorm2d,
    batch_norm as batch_norm,
    keras_options as keras_options,
)
from .convolution import (
    attainable_range as attainable_range,
    compose_kernels as compose_kernels,
    conv2d as conv2d,
    conv2d_output_size as conv2d_output_size,
    receptive_field as receptive_field,
)
from .course.practice.notebook import (
    answer as answer,
    check as check,
    prove as prove,
)
from .course.practice.predictions import (
    guesses as guesses,
    predict as predict,
)
from .course.repository import (
    data_path as data_path,
)
from .dataset_statistics import (
    ChannelStatistics as ChannelStatistics,
    LabelStatistics as LabelStatistics,
    channel_statistics as channel_statistics,
)
from .density import (
    channel_densities as channel_densities,
    plot_channel_densities as plot_channel_densities,
)
from .display import (
    describe as describe,
    imshow_pixels as imshow_pixels,
    min_max_scale as min_max_scale,
    saturation as saturation,
    split_view as split_view,
    unseen as unseen,
)
from .drawing import (
    show as show,
    show_grid as show_grid,
)
from .evidence import (
    applied_mean_std as applied_mean_std,
    channel_order as channel_order,
    superposition_error as superposition_error,
)
from .figures import (
    figure as figure,
)
from .live import (
    live_batch as live_batch,
    live_display as live_display,
    live_filter as live_filter,
    live_logger as live_logger,
    live_nearest as live_nearest,
    live_normalize as live_normalize,
    live_pipelines as live_pipelines,
)
from .normalization import (
    IMAGENET_MEAN as IMAGENET_MEAN,
    IMAGENET_STD as IMAGENET_STD,
    InverseNormalize as InverseNormalize,
    inverse_mean_std as inverse_mean_std,
    inverse_normalize as inverse_normalize,
    normalize as normalize,
)
from .pipelines import (
    inspect_pipeline as inspect_pipeline,
)
from .reading import (
    ImageReadError as ImageReadError,
    read_image as read_image,
    read_mask as read_mask,
    resize_mask as resize_mask,
)
from .segmentation import (
    class_iou as class_iou,
    confusion_matrix as confusion_matrix,
)
from .style import (
    COLORS as COLORS,
    HATCHES as HATCHES,
    LINES as LINES,
    STYLE as STYLE,
)
from .tensors import (
    mask_to_tensor as mask_to_tensor,
    to_image as to_image,
    to_tensor as to_tensor,
    to_uint8 as to_uint8,
)
from .wandb_images import (
    log_images as log_images,
    to_wandb_grid as to_wandb_grid,
    to_wandb_image as to_wandb_image,
    to_wandb_maps as to_wandb_maps,
)
from .wandb_overlays import (
    to_wandb_mask as to_wandb_mask,
)

__all__: list[str]
__version__: str
MODULES: dict[str, list[str]]
