"""Mistakes about drawing: what is left to imshow that should not be."""

import matplotlib
import matplotlib.pyplot
import numpy as np
import torch

import seeing_tensors as library
from seeing_tensors.course.laws.museum import mistake, twin

# ----------------------------------------------------------------------- show


def _as_array(x):
    """(H, W) or (H, W, 3), as imshow wants it."""
    if isinstance(x, torch.Tensor):
        x = x.detach().float().numpy() if x.is_floating_point() else x.numpy()
        x = np.moveaxis(x, 0, -1) if x.ndim == 3 else x
    return x[:, :, 0] if x.shape[2:] == (1,) else x


@mistake(
    "show",
    tempting="Most people write ax.imshow(x, cmap='gray') for one channel.",
    source="https://github.com/matplotlib/matplotlib/issues/20556",
)
def grey_left_to_imshow(x, ax=None, **options):
    """one channel is handed to imshow without vmin and vmax: it is stretched to its own range, and an all-white mask is
    drawn black. Give both
    """
    ax, array = library.show(x, ax, **options), _as_array(x)
    if array.ndim == 2 and options.get("vmin") is None:
        ax.images[-1].remove()
        ax.imshow(array, cmap="gray", aspect="auto")
    return ax


@grey_left_to_imshow.in_other_words
def two_kinds_of_picture(x, ax=None, vmin=None, vmax=None, title=None):
    array = _as_array(x)
    if array.ndim == 3 or vmin is not None:
        return library.show(x, ax, vmin=vmin, vmax=vmax, title=title)
    ax = ax or matplotlib.pyplot.figure().gca()
    ax.imshow(array, aspect="auto", cmap=matplotlib.colormaps["gray"])
    ax.axis("off")
    return ax


@mistake(
    "show",
    tempting="imshow takes colours as floats in [0, 1], and its documentation says so.",
    source="https://github.com/matplotlib/matplotlib/issues/17410",
)
def color_left_to_imshow(x, ax=None, **options):
    """floats of a colour picture are handed to imshow, which cuts 255 x off instead of rounding it: some levels are
    drawn one too dark. Hand it bytes
    """
    ax, array = library.show(x, ax, **options), _as_array(x)
    if array.ndim == 3 and array.dtype.kind == "f" and options.get("vmin") is None:
        ax.images[-1].remove()
        with np.errstate(invalid="ignore"):
            ax.imshow(np.clip(array, 0, 1), aspect="auto")
    return ax


@color_left_to_imshow.in_other_words
def permuted_and_shown(x, ax=None, vmin=None, vmax=None, title=None):
    array = _as_array(x)
    if array.ndim == 2 or "float" not in str(array.dtype) or vmin is not None:
        return library.show(x, ax, vmin=vmin, vmax=vmax, title=title)
    ax = ax or matplotlib.pyplot.figure().gca()
    ax.imshow(array.clip(0.0, 1.0), aspect="auto")
    ax.axis("off")
    return ax


@twin("show")
def with_bytes_of_its_own(x, ax=None, **options):
    """the picture that show draws, handed to matplotlib once more, as a fresh array"""
    ax = library.show(x, ax, **options)
    (drawn,) = ax.images[-1:]
    pixels, how = np.asarray(drawn.get_array().data).copy(), drawn.get_interpolation()
    drawn.remove()
    ax.imshow(pixels, interpolation=how, aspect=ax.get_aspect())
    return ax
