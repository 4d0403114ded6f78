"""Feature maps: what every layer of a model makes of a picture, and how to look at it on one scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import matplotlib
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from torch.nn.functional import avg_pool2d

from ._arrays import kind_of, require_float
from .drawing import NOT_FINITE_COLOR, unseen_note

#: The colour map of `show_feature_maps`: blue below 0, nearly white at 0, red above.
FEATURE_COLORS = "RdBu_r"
_COLORS = matplotlib.colormaps[FEATURE_COLORS](range(256), bytes=True)[:, :3]


def feature_maps(model: torch.nn.Module, x: torch.Tensor) -> dict[str, torch.Tensor]:
    """Run a model and keep what every module in it gives, by its name.

    The model is left as it was: its weights, its mode, its hooks, and, in
    training mode too, its running statistics. Each result is a copy, so that
    ``ReLU(inplace=True)`` does not overwrite the map before it.

    >>> import torch, seeing_tensors as st
    >>> model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 5), torch.nn.ReLU(inplace=True))
    >>> {name: tuple(kept.shape) for name, kept in st.feature_maps(model, torch.zeros(1, 3, 64, 64)).items()}
    {'0': (1, 8, 60, 60), '1': (1, 8, 60, 60), '': (1, 8, 60, 60)}

    Args:
        model: any ``nn.Module``. It runs in the mode it is in, without gradients.
        x: what the model takes, usually a batch (N, C, H, W).

    Returns:
        for each module that gave a tensor, its name in ``model.named_modules()`` (the model itself is "")
        and the tensor, in the order in which they finished. A module that runs again appears again
        as "name#2". Modules that give something else, a tuple for instance, are left out.

    Raises:
        TypeError: model is not an nn.Module, or x is not a tensor.
        Whatever the model raises; its hooks are removed all the same.
    """
    if not isinstance(model, torch.nn.Module):
        raise TypeError(f"feature_maps needs an nn.Module, got {kind_of(model)}")
    if not isinstance(x, torch.Tensor):
        raise TypeError(f"feature_maps needs a tensor, got {kind_of(x)}; use to_tensor(image)[None] for a photo")
    maps: dict[str, torch.Tensor] = {}
    runs: dict[str, int] = {}

    def keeper(name):
        def keep(module, arguments, output):
            if isinstance(output, torch.Tensor):
                runs[name] = runs.get(name, 0) + 1
                maps[name if runs[name] == 1 else f"{name}#{runs[name]}"] = output.clone()

        return keep

    # A forward in training mode writes into the buffers: give it copies of them.
    buffers = {name: buffer.detach().clone() for name, buffer in model.named_buffers()}
    with ExitStack() as hooks, torch.no_grad():
        for name, module in model.named_modules():
            hooks.callback(module.register_forward_hook(keeper(name)).remove)
        torch.func.functional_call(model, buffers, (x.detach().clone(),))
    return maps


def show_feature_maps(
    maps: torch.Tensor,
    ax: Axes | None = None,
    *,
    shared_scale: bool = True,
    limit: float | None = None,
    columns: int | None = None,
    title: str | None = None,
    colorbar: bool = True,
) -> Axes:
    """Draw the maps (F, H, W) of one picture side by side, blue below 0, white at 0, red above, on one scale.

    The scale runs from -limit to limit, by default the largest absolute value
    of all maps. So a map that is small looks pale, as it is. With
    ``shared_scale=False`` each map fills a scale of its own, and its limit is
    written on it. NaN and inf are painted magenta and counted in the title.

    All maps are one image, also a large number of large ones. What is larger
    than its place in the figure is averaged down to the figure's pixels.

    >>> import torch, seeing_tensors as st
    >>> from matplotlib.figure import Figure
    >>> maps = torch.tensor([1.0, -3.0, 5.0])[:, None, None].expand(3, 8, 8)
    >>> st.show_feature_maps(maps, Figure().subplots(), limit=4).get_title()
    'unseen: 33% beyond ±4'

    Args:
        maps: float (F, H, W): the maps of one picture, or the kernels ``weight[:, c]`` of a layer.
        ax: where to draw; a new figure when None.
        shared_scale: False for a scale per map.
        limit: the value drawn in the strongest colour, to draw several figures on one scale.
            What lies beyond is counted in the title.
        columns: maps in a row; a nearly square grid when None.
        title: written above.
        colorbar: also draw the scale.

    Returns:
        the Axes, with one image in it.

    Raises:
        TypeError: not a float tensor.
        ValueError: another shape, no map, a limit that is not finite and positive or for maps that have their own.
    """
    require_float("show_feature_maps", maps)
    if maps.ndim != 3 or maps.numel() == 0:
        hint = "; a batch has four axes: give the maps of one picture, maps[0]" if maps.ndim == 4 else ""
        raise ValueError(f"show_feature_maps needs one picture's maps (F, H, W), got shape {tuple(maps.shape)}{hint}")
    if limit is not None and not shared_scale:
        raise ValueError("show_feature_maps: a limit is a shared scale; leave out limit or shared_scale=False")
    if limit is not None and not (math.isfinite(limit) and limit > 0):
        raise ValueError(f"show_feature_maps: limit must be finite and positive, got {limit}")
    if columns is not None and columns < 1:
        raise ValueError(f"show_feature_maps: columns must be at least 1, got {columns}")

    maps = maps.detach().cpu()
    if maps.dtype not in (torch.float32, torch.float64):
        maps = maps.float()
    own, broken = zip(*map(_own_limit, maps), strict=True)
    # Where all values are 0, every scale shows the same; 1 will do.
    limits = [value or 1.0 for value in ([limit or max(own)] * len(maps) if shared_scale else own)]
    beyond = sum(_count_beyond(each, end) for each, end, most in zip(maps, limits, own, strict=True) if most > end)

    columns = min(columns or math.ceil(math.sqrt(len(maps))), len(maps))
    ax = _new_axes(maps, columns) if ax is None else ax
    corners = _draw_maps(ax, maps, limits, columns)
    if not shared_scale:
        _draw_limits(ax, corners, limits, columns)
    unseen = [(beyond, f"beyond ±{limits[0]:.3g}"), (sum(broken), "not finite")]
    _draw_title(ax, title, [(count / maps.numel(), where) for count, where in unseen])
    if colorbar:
        _draw_scale(ax, limits[0] if shared_scale else None)
    return ax


def pretrained_filters() -> dict[str, torch.Tensor]:
    """The first layer of every well-known torchvision classifier whose weights are on this disk.

    Looks into torch.hub's checkpoint folder for the files that torchvision
    keeps there. Nothing is downloaded, and nothing is needed from there.

    >>> import torch, tempfile, seeing_tensors as st
    >>> before = torch.hub.get_dir()
    >>> with tempfile.TemporaryDirectory() as empty:
    ...     torch.hub.set_dir(empty)
    ...     print(st.pretrained_filters())
    ...     torch.hub.set_dir(before)
    {}

    Returns:
        for each set of weights, its name ("ResNet18_Weights.IMAGENET1K_V1") and the filters, (F, 3, k, k).
        Empty where there is none.

    Raises:
        ValueError: a file with the right name does not hold such weights.
    """
    from torchvision.models import get_model_weights

    folder = Path(torch.hub.get_dir()) / "checkpoints"
    found = {}
    for model, layer in _FIRST_LAYERS.items():
        for weights in get_model_weights(model):
            path = folder / weights.url.rsplit("/", 1)[-1]
            if path.is_file():
                found[str(weights)] = _first_filters(path, layer)
    return found


_FIRST_LAYERS = {
    "alexnet": "features.0.weight",
    "vgg11": "features.0.weight",
    "vgg16": "features.0.weight",
    "vgg19": "features.0.weight",
    "resnet18": "conv1.weight",
    "resnet34": "conv1.weight",
    "resnet50": "conv1.weight",
    "resnet101": "conv1.weight",
    "densenet121": "features.conv0.weight",
    "mobilenet_v2": "features.0.0.weight",
}


# ---------------------------------------------------------------- inside


def _first_filters(path: Path, layer: str) -> torch.Tensor:
    try:
        filters = torch.load(path, map_location="cpu", weights_only=True)[layer].float()
        if filters.ndim != 4 or filters.shape[1] != 3:
            raise ValueError(f"{layer} has shape {tuple(filters.shape)}")
    except Exception as error:  # a damaged file fails in many ways; each means the same to the reader
        raise ValueError(
            f"{path} has the name of torchvision's weights but does not hold them ({error}); move it away"
        ) from error
    return filters


def _own_limit(values: torch.Tensor) -> tuple[float, int]:
    """The largest finite absolute value, 0 where there is none, and how many values are NaN or infinite."""
    low, high = map(float, values.aminmax())
    if math.isfinite(low) and math.isfinite(high):
        return max(-low, high), 0
    finite = values[torch.isfinite(values)]
    return float(finite.abs().max()) if finite.numel() else 0.0, values.numel() - finite.numel()


def _count_beyond(values: torch.Tensor, limit: float) -> int:
    size = values.double().abs()
    return int(((size > limit) & torch.isfinite(size)).sum())


def _new_axes(maps: torch.Tensor, columns: int) -> Axes:
    """The Axes of a new figure, as wide as a page and as high as the maps make it."""
    import matplotlib.pyplot as plt

    shape = maps.shape[1] * math.ceil(len(maps) / columns) / (maps.shape[2] * columns)
    _, ax = plt.subplots(figsize=(6.2, min(max(6.2 * shape, 1.5), 9)), layout="constrained")
    return ax


def _draw_maps(ax: Axes, maps: torch.Tensor, limits: Sequence[float], columns: int) -> list[tuple[int, int]]:
    """The maps in rows, grey lines between and around them, as one image. Returns the upper left corner of each."""
    rows = math.ceil(len(maps) / columns)
    tiles = _colored(_averaged(maps, limits, _averaging(ax, maps.shape[1] * rows, maps.shape[2] * columns)))
    gap = max(1, round(0.02 * max(tiles.shape[1:3])))
    height, width = tiles.shape[1] + gap, tiles.shape[2] + gap
    mosaic = np.zeros((rows * height + gap, columns * width + gap, 4), np.uint8)  # transparent: no map is no blank map
    corners = [(i // columns * height + gap, i % columns * width + gap) for i in range(len(tiles))]
    for top, left in corners:
        mosaic[top - gap : top + height, left - gap : left + width] = (112, 112, 112, 255)
    for (top, left), tile in zip(corners, tiles, strict=True):
        mosaic[top : top + tile.shape[0], left : left + tile.shape[1], :3] = tile
    ax.imshow(mosaic)
    ax.axis("off")
    return corners


def _averaging(ax: Axes, height: int, width: int) -> int:
    """How many pixels of the maps, along each axis, fall on one pixel of the figure; at least 1."""
    place = ax.get_window_extent()
    return max(1, int(max(height / max(place.height, 1), width / max(place.width, 1))))


def _averaged(maps: torch.Tensor, limits: Sequence[float], average: int) -> np.ndarray:
    """Each map in units of its limit, float64 (F, h, w): the means of squares, and no copy of all the maps."""
    small = np.empty((len(maps), *(math.ceil(side / average) for side in maps.shape[1:])))
    for mean, values, limit in zip(small, maps, limits, strict=True):
        mean[:] = avg_pool2d(values[None].double() / limit, average, ceil_mode=True)[0].numpy()
    return small


def _colored(position: np.ndarray) -> np.ndarray:
    """Positions (F, h, w) from -1 to 1 as colours, uint8 (F, h, w, 3); the pixels of tiny maps are repeated."""
    broken = ~np.isfinite(position)
    step = np.where(broken, 0, position).clip(-1, 1) * 128 + 128
    tiles = _COLORS[np.minimum(step, 255).astype(np.uint8)]
    tiles[broken] = NOT_FINITE_COLOR
    repeat = math.ceil(32 / max(tiles.shape[1:3]))
    return tiles.repeat(repeat, axis=1).repeat(repeat, axis=2)


def _draw_limits(ax: Axes, corners: Sequence[tuple[int, int]], limits: Sequence[float], columns: int) -> None:
    """Each map's own limit in its upper left corner."""
    # Six letters high is a map at least as wide as its number; letters need not be larger than others.
    tile = 72 * ax.get_window_extent().width / ax.figure.dpi / columns
    size = min(tile / 6, matplotlib.rcParams["font.size"])
    box = {"facecolor": "white", "edgecolor": "none", "pad": 1}
    for (top, left), limit in zip(corners, limits, strict=True):
        ax.text(left, top, f"±{limit:.2g}", fontsize=size, va="top", ha="left", bbox=box)


def _draw_title(ax: Axes, title: str | None, unseen: Sequence[tuple[float, str]]) -> None:
    lines = [line for line in (title, unseen_note(ax, unseen)) if line]
    if lines:
        ax.set_title("\n".join(lines))


def _draw_scale(ax: Axes, limit: float | None) -> None:
    bound = 1.0 if limit is None else limit
    bar = ax.figure.colorbar(ScalarMappable(Normalize(-bound, bound), FEATURE_COLORS), ax=ax, shrink=0.8)
    if limit is None:
        bar.set_ticks([-1, 0, 1], labels=["-own limit", "0", "own limit"])
