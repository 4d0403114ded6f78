"""The picture that a function makes of the course's own photos: yours beside the one that is wanted.

A counterexample is small, so that it can be read. How wrong a function looks
on a photo, only a photo can show.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import matplotlib.style
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ...drawing import show
from ...normalization import IMAGENET_MEAN, IMAGENET_STD, normalize
from ...reading import read_image, read_mask
from ...style import COLORS, LINES, STYLE
from ...tensors import to_tensor
from ..laws.expectations import as_array
from ..repository import data_path


def _photo() -> torch.Tensor:
    """A portrait, small enough to be quick: float32 (3, 256, 256)."""
    return to_tensor(read_image(data_path("photos/people/astronaut.jpg"))[:512:2, :512:2])


def _batch() -> torch.Tensor:
    photo = _photo()
    return torch.stack([photo, photo / 3, photo.flip(-1) / 2])


def _mask() -> np.ndarray:
    return read_mask(data_path("masks/coffee.png"))


def _again_normalised(inverse_mean_std: Callable) -> torch.Tensor:
    return normalize(normalize(_photo(), IMAGENET_MEAN, IMAGENET_STD), *inverse_mean_std(IMAGENET_MEAN, IMAGENET_STD))


def _filtered(compose_kernels: Callable) -> torch.Tensor:
    across, down = torch.tensor([[-1.0, 0.0, 1.0]]), torch.tensor([[1.0], [2.0], [1.0]])
    first = (across / 2).expand(3, 1, 1, 3).transpose(0, 1)
    kernel = compose_kernels(first, (down / 4)[None, None])
    return 0.5 + torch.nn.functional.conv2d(_photo()[None], kernel)[0]


# What to make of each function: something that `show` can draw, or curves (C, points) for densities.
_SITTINGS: dict[str, Callable[[Callable], Any]] = {
    "to_tensor": lambda f: f(read_image(data_path("photos/people/astronaut.jpg"))),
    "read_mask": lambda f: f(data_path("masks/coffee.png")).astype(np.int64),
    "resize_mask": lambda f: f(_mask(), _mask().shape[0] // 3, _mask().shape[1] // 3).astype(np.int64),
    "to_uint8": lambda f: f(_photo() * 1.6 - 0.2),
    "imshow_pixels": lambda f: f(_photo()[0].numpy() * 2 - 0.3, cmap="gray")[..., :3],
    "normalize": lambda f: f(_photo(), IMAGENET_MEAN, IMAGENET_STD),
    "inverse_mean_std": _again_normalised,
    "inverse_normalize": lambda f: f(normalize(_photo(), IMAGENET_MEAN, IMAGENET_STD), IMAGENET_MEAN, IMAGENET_STD),
    "batch_norm": lambda f: f(_batch())[0] / 5 + 0.5,
    "BatchNorm2d": lambda f: _evaluated(f) / 5 + 0.5,
    "channel_densities": lambda f: f(_photo(), np.linspace(-0.2, 1.2, 200)),
    "compose_kernels": _filtered,
    "to_wandb_image": lambda f: np.array(f(_photo() * 2 - 1, value_range=(-1, 1)).image),
    "to_wandb_mask": lambda f: np.asarray(f(_mask())["mask_data"]).astype(np.int64),
    "to_wandb_grid": lambda f: np.array(f(list(_batch()), value_range=(0, 1)).image),
}


def _evaluated(BatchNorm2d: Callable) -> torch.Tensor:
    layer = BatchNorm2d(3, momentum=0.5)
    layer(_batch())
    return layer.eval()(_batch())[0].detach()


@dataclass
class Portraits:
    """Two pictures side by side in a figure that is drawn, and the words for it."""

    fig: Figure
    alt: str
    caption: str


def beside_target(function: Callable, name: str, *, alike: bool = False) -> Portraits | None:
    """What `function` makes of a photo, drawn beside what the library makes of it.

    None where that cannot be made or drawn, or where the two look alike; with `alike=True` only where they do.
    """
    import seeing_tensors

    if name not in _SITTINGS:
        return None
    wanted = _SITTINGS[name](getattr(seeing_tensors, name))
    # Whatever is wrong with yours, the report has said so already: then there is no picture.
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yours = _SITTINGS[name](function)
        if _look_alike(as_array(yours), as_array(wanted)) != alike:
            return None
    except Exception:
        return None
    curves = name == "channel_densities"
    titles = ("yours", "the library's" if alike else "wanted")
    with matplotlib.style.context(STYLE):
        fig = Figure()
        try:
            for ax, result, title in zip(fig.subplots(1, 2, sharey=curves), (yours, wanted), titles, strict=True):
                _draw(ax, result, title, curves=curves)
        except Exception:
            return None
    alt = "Two pictures that look alike: yours, and the library's."
    if not alike:
        alt = _difference(as_array(yours), as_array(wanted))
    return Portraits(fig, alt, f"{name} on a photo of the course.")


def _look_alike(yours: np.ndarray, wanted: np.ndarray) -> bool:
    """True for equal bytes and labels, and for floats that are less than a quarter of a level apart."""
    tolerance = 1e-3 if wanted.dtype.kind == "f" else 0
    return yours.shape == wanted.shape and np.allclose(yours, wanted, rtol=0, atol=tolerance, equal_nan=True)


def _draw(ax: Axes, result: Any, title: str, *, curves: bool) -> None:
    if not curves:
        show(result, ax, title=title)
        return
    for name, curve in zip("RGB", result, strict=True):
        ax.plot(np.linspace(-0.2, 1.2, len(curve)), curve, color=COLORS[name], linestyle=LINES[name])
    ax.set_title(title)


def _difference(yours: np.ndarray, wanted: np.ndarray) -> str:
    if yours.shape != wanted.shape:
        return f"Two pictures: yours has the shape {yours.shape}, the one that is wanted {wanted.shape}."
    apart = np.abs(yours.astype(np.float64) - wanted.astype(np.float64))
    part = float((apart != 0).mean())
    most = np.nanmax(apart)
    return f"Two pictures, yours and the one that is wanted: {part:.0%} of the values differ, by {most:.3g} at most."
