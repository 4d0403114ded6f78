"""What is measured: each public function that computes, beside every peer that does the same and is installed.

A job is a function of `At`, a picture or a batch of one size. It gives the ways of doing one thing, ours first, each
with how far its numbers may be from ours. Its docstring names it in the table. Where a peer does less, or as much less
exactly, the way says so, and no bar is asked of it.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import matplotlib
import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from torchvision import io as torchvision_io
from torchvision.transforms import functional as v1, v2

import seeing_tensors as st

MEAN, STD = st.IMAGENET_MEAN, st.IMAGENET_STD
U = 2.0**-24
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # else it asks the network for a newer release


def installed(name: str) -> Any:
    """The module of this name, or None where it is not installed."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


class Way(NamedTuple):
    """One way to do a job, and how far its numbers may be from ours: None where it has none to compare."""

    run: Callable[[], Any]
    within: float | None = 0
    less: str = ""  # what it leaves out or gets wrong; "" where it does the same as exactly


@dataclass(frozen=True)
class At:
    """A size: one picture, or a batch of them, the same bytes and floats for every job."""

    name: str
    height: int
    width: int
    count: int = 0  # 0: one picture, without an axis for the batch

    @functools.cached_property
    def pictures(self) -> list[np.ndarray]:
        random = np.random.default_rng(0)
        shape = (self.height, self.width, 3)
        # Neighbours are alike and the levels are not equally frequent, as in photos.
        smooth = cv2.GaussianBlur(random.integers(0, 256, shape, np.uint8), (0, 0), 3).astype(np.int16)
        noise = random.integers(-40, 40, (max(self.count, 1), *shape), np.int16)
        return [(smooth * 3 - 256 + each).clip(0, 255).astype(np.uint8) for each in noise]

    @functools.cached_property
    def x(self) -> torch.Tensor:
        """Floats in [0, 1]: (3, H, W), or (N, 3, H, W) of a batch."""
        pictures = [torch.from_numpy(picture) for picture in self.pictures]
        tensors = [picture.permute(2, 0, 1).div(255).contiguous() for picture in pictures]
        return torch.stack(tensors) if self.count else tensors[0]

    @functools.cached_property
    def y(self) -> torch.Tensor:
        """x, normalised."""
        return v2.functional.normalize(self.x, MEAN, STD)

    def each(self, function: Callable[[np.ndarray], Any]) -> Callable[[], Any]:
        """Do it to the picture, or to every picture of the batch."""
        if self.count:
            return lambda: [function(picture) for picture in self.pictures]
        return lambda: function(self.pictures[0])


SQUARE, LARGE = At("224²", 224, 224), At("1024²", 1024, 1024)
PHOTO, BATCH = At("4000 × 3000", 3000, 4000), At("32 × 224²", 224, 224, 32)
SIZES = (SQUARE, LARGE, PHOTO, BATCH)
ONE_PICTURE, SMALL, TWO = (SQUARE, LARGE, PHOTO), (SQUARE,), (SQUARE, LARGE)


@dataclass(frozen=True)
class Job:
    """What `ways` gives, at which sizes; why its cost does not grow as the number of pixels, where it does not."""

    ways: Callable[[At], dict[str, Way]]
    sizes: tuple[At, ...] = SIZES
    growth: str = ""
    threads: bool = False  # measured with two threads as well
    numbers: Callable[[Any], Sequence[np.ndarray]] | None = None  # what is compared of a result; all of it when None

    @property
    def name(self) -> str:
        return self.ways.__name__

    @property
    def title(self) -> str:
        return " ".join(inspect.getdoc(self.ways).split())


def copy_of(x: np.ndarray | torch.Tensor) -> Way:
    """The plain copy: nothing can be quicker that reads and writes as much."""
    return Way(x.clone if isinstance(x, torch.Tensor) else x.copy, within=None, less="computes nothing")


def bytes_moved(*tensors: Any) -> Way:
    """A copy that reads and writes as many bytes as go in and come out, where these are of different types."""
    total = sum(t.nbytes for t in tensors)
    return copy_of(np.ones(total // 2, np.uint8))


# ------------------------------------------------------------------- reading


def encoded(picture: np.ndarray, kind: str) -> Path:
    """A file with this picture, in a folder that goes away with this process."""
    path = Path(_FOLDER.name) / f"{picture.shape[0]}-{picture.sum()}.{kind}"
    if not path.exists():
        Image.fromarray(picture).save(path, quality=90) if kind == "jpg" else Image.fromarray(picture).save(path)
    return path


_FOLDER = tempfile.TemporaryDirectory()


def read_jpeg(at):
    """`read_image`, JPEG"""
    path = encoded(at.pictures[0], "jpg")
    file, mode = str(path), torchvision_io.ImageReadMode.RGB
    return {
        "ours": Way(lambda: st.read_image(path)),
        "OpenCV": Way(lambda: cv2.imread(file, cv2.IMREAD_COLOR_RGB), within=4, less="half a file passes"),
        "Pillow": Way(lambda: np.array(Image.open(path).convert("RGB")), within=4, less="EXIF is ignored"),
        "torchvision": Way(
            lambda: torchvision_io.decode_image(file, mode, apply_exif_orientation=True).permute(1, 2, 0), within=4
        ),
    }


def read_png(at):
    """`read_image`, PNG"""
    path = encoded(at.pictures[0], "png")
    file, mode = str(path), torchvision_io.ImageReadMode.RGB
    return {
        "ours": Way(lambda: st.read_image(path)),
        "OpenCV": Way(
            lambda: cv2.imread(file, cv2.IMREAD_COLOR_RGB), less="half a file passes, 16 bits and alpha are lost"
        ),
        "Pillow": Way(lambda: np.array(Image.open(path).convert("RGB")), less="EXIF is ignored, alpha is lost"),
        "torchvision": Way(
            lambda: torchvision_io.decode_image(file, mode, apply_exif_orientation=True).permute(1, 2, 0),
            less="alpha is lost",
        ),
    }


def mask_of(at) -> np.ndarray:
    return at.pictures[0][..., 0] // 32


def read_mask(at):
    """`read_mask`"""
    path = encoded(mask_of(at), "png")
    return {
        "ours": Way(lambda: st.read_mask(path)),
        "OpenCV": Way(lambda: cv2.imread(str(path), cv2.IMREAD_UNCHANGED), less="a palette becomes colours"),
        "Pillow": Way(lambda: np.array(Image.open(path)), less="EXIF is ignored"),
    }


def resize_mask(at):
    """`resize_mask` to a third"""
    height, width = at.height // 3, at.width // 3
    mask = mask_of(at)[: 3 * height, : 3 * width].copy()  # no centre falls between two pixels
    tensor, nearest = torch.from_numpy(mask)[None, None], cv2.INTER_NEAREST_EXACT
    pillow, borders = Image.Resampling.NEAREST, "between two pixels rounding decides"
    return {
        "ours": Way(lambda: st.resize_mask(mask, height, width)),
        "OpenCV": Way(lambda: cv2.resize(mask, (width, height), interpolation=nearest), less=borders),
        "torch": Way(lambda: F.interpolate(tensor, (height, width), mode="nearest-exact")[0, 0], less=borders),
        "Pillow": Way(lambda: np.array(Image.fromarray(mask).resize((width, height), pillow)), less=borders),
    }


# ------------------------------------------------------------------- tensors


def to_tensor(at):
    """`to_tensor(image)`"""
    ways = {
        "ours": Way(at.each(st.to_tensor)),
        "torchvision v1": Way(at.each(v1.to_tensor)),
        "torchvision v2": Way(
            at.each(v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])), within=U, less="not contiguous"
        ),
        "torch in one line": Way(at.each(lambda p: (torch.from_numpy(p).permute(2, 0, 1) / 255).contiguous())),
        "copy": bytes_moved(np.stack(at.pictures), at.x),
    }
    if kornia := installed("kornia"):
        ways["kornia"] = Way(at.each(lambda p: kornia.utils.image_to_tensor(p) / 255), less="not contiguous")
    return ways


def to_normalised_tensor(at):
    """`to_tensor(image, mean=, std=)`"""
    mean, std = (np.array(each, np.float64) for each in (MEAN, STD))
    convert = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)])
    in_one_pass = "mean" in inspect.signature(st.to_tensor).parameters
    as_v1 = 0 if in_one_pass else 8 * U

    def ours(picture):
        if in_one_pass:
            return st.to_tensor(picture, mean=MEAN, std=STD)
        return st.normalize(st.to_tensor(picture), MEAN, STD)

    scale = cv2.dnn.Image2BlobParams(scalefactor=tuple(1 / (255 * std)), mean=tuple(255 * mean))
    ways = {
        "ours": Way(at.each(ours)),
        "torchvision v1": Way(at.each(lambda p: v1.normalize(v1.to_tensor(p), MEAN, STD)), within=as_v1),
        "torchvision v2": Way(at.each(convert), within=16 * U),
        "OpenCV's blob": Way(at.each(lambda p: cv2.dnn.blobFromImageWithParams(p, scale)[0]), within=32 * U),
        "the usual line": Way(
            at.each(lambda p: torch.from_numpy(((p / 255 - mean) / std).astype(np.float32).transpose(2, 0, 1))), 8 * U
        ),
        "copy": bytes_moved(np.stack(at.pictures), at.x),
    }
    if kornia := installed("kornia"):
        m, s = torch.tensor(MEAN), torch.tensor(STD)
        normalize = kornia.enhance.normalize
        ways["kornia"] = Way(
            at.each(lambda p: normalize(kornia.utils.image_to_tensor(p)[None] / 255, m, s)[0]), within=16 * U
        )
    if albumentations := installed("albumentations"):
        both = albumentations.Compose([albumentations.Normalize(MEAN, STD), albumentations.ToTensorV2()])
        ways["albumentations"] = Way(at.each(lambda p: both(image=p)["image"]), within=32 * U)
    return ways


def mask_to_tensor(at):
    """`mask_to_tensor`"""
    mask = mask_of(at)
    return {
        "ours": Way(lambda: st.mask_to_tensor(mask)),
        "torch in one line": Way(lambda: torch.from_numpy(mask).long()),
        "numpy in one line": Way(lambda: torch.from_numpy(mask.astype(np.int64))),
        "copy": bytes_moved(mask, mask.astype(np.int64)),
    }


def to_uint8(at):
    """`to_uint8`"""
    x = at.x
    return {
        "ours": Way(lambda: st.to_uint8(x)),
        "numpy in one line": Way(lambda: (x.numpy() * 255).round().clip(0, 255).astype(np.uint8), less="NaN becomes 0"),
        "torch in one line": Way(lambda: (x * 255).round_().clamp_(0, 255).to(torch.uint8), less="NaN becomes 0"),
        "copy": bytes_moved(x, x.byte()),
    }


def to_image(at):
    """`to_image`"""
    x = at.x

    def numpy():
        levels = (x.numpy() * 255).round().clip(0, 255).astype(np.uint8)
        return np.ascontiguousarray(levels.transpose(1, 2, 0))

    return {
        "ours": Way(lambda: st.to_image(x)),
        "numpy in one line": Way(numpy, less="NaN becomes 0"),
        "to_pil_image": Way(lambda: np.asarray(v1.to_pil_image(x)), within=1, less="rounds down"),
        "copy": bytes_moved(x, x.byte()),
    }


# ------------------------------------------------------------------- display


def describe(at):
    """`describe`"""
    x = at.x

    def numpy():
        values = x.numpy()
        counts = [np.count_nonzero(values < 0), np.count_nonzero(values > 1), np.count_nonzero(~np.isfinite(values))]
        return values.min(), values.max(), values.mean(dtype=np.float64), values.std(dtype=np.float64), counts

    def torch_alone():
        std, mean = torch.std_mean(x, correction=0)
        return x.amin(), x.amax(), mean, std, (x < 0).sum(), (x > 1).sum(), x.isnan().sum()

    return {
        "ours": Way(lambda: st.describe(x)),
        "numpy, with three count_nonzero": Way(numpy, less="of finite numbers only"),
        "torch": Way(torch_alone, less="in float32"),
    }


def words(result):
    """Minimum, maximum, mean and std of `describe`'s line, or of a peer's numbers."""
    if isinstance(result, str):
        ends = result.split(" | ")[1].replace(" …", ",").replace("mean ", "").replace("std ", "").split(", ")
        return [np.array([float(each) for each in ends])]
    return [np.array([float(f"{float(each):.4g}") for each in result[:4]])]


def imshow_pixels(at):
    """`imshow_pixels`, grey"""
    grey = at.x[0].numpy()
    colors = matplotlib.colormaps["viridis"]

    def one_line():
        return colors((grey - grey.min()) / (grey.max() - grey.min()), bytes=True)

    def drawn():
        fig = Figure(figsize=(at.width / 100, at.height / 100), dpi=100)
        canvas = FigureCanvasAgg(fig)
        ax = fig.add_axes((0, 0, 1, 1))
        ax.imshow(grey)
        ax.axis("off")
        canvas.draw()
        return np.asarray(canvas.buffer_rgba()).copy()

    return {
        "ours": Way(lambda: st.imshow_pixels(grey)),
        "matplotlib": Way(drawn),
        "its colour map alone": Way(one_line, within=8, less="a level off in places"),
    }


def min_max_scale(at):
    """`min_max_scale`"""
    y = at.y
    return {
        "ours": Way(lambda: st.min_max_scale(y)),
        "torch in one line": Way(lambda: (y - y.min()) / (y.max() - y.min()), within=4 * U, less="NaN goes unseen"),
        "numpy in one line": Way(
            lambda: (y.numpy() - y.numpy().min()) / np.ptp(y.numpy()), within=4 * U, less="NaN goes unseen"
        ),
        "copy": copy_of(y),
    }


def saturation(at):
    """`saturation`"""
    x = at.x
    picture = np.ascontiguousarray(x.permute(1, 2, 0).numpy())

    def torch_alone():
        high, low = x.amax(0), x.amin(0)
        return ((high - low) / high).nan_to_num(0).mean()

    return {
        "ours": Way(lambda: st.saturation(x)),
        "torch": Way(torch_alone, within=1e-5, less="in float32, nothing refused"),
        "OpenCV": Way(
            lambda: cv2.mean(cv2.cvtColor(picture, cv2.COLOR_RGB2HSV))[1], within=1e-5, less="nothing refused"
        ),
    }


def split_view(at):
    """`split_view`"""
    x, y = at.x, at.y
    half = at.width // 2
    return {
        "ours": Way(lambda: st.split_view(x, y)),
        "torch in one line": Way(lambda: torch.cat([x[..., :half], y[..., half:]], dim=-1)),
        "copy": copy_of(x),
    }


def unseen(at):
    """`unseen`"""
    y = at.y
    channels = range(3)

    def counted():
        values = y.numpy()
        below, above = np.count_nonzero(values < 0), np.count_nonzero(values > 1)
        return np.array([below, above, np.count_nonzero(~np.isfinite(values))]) / values.size

    def torch_alone():
        planes = y.movedim(-3, 0).flatten(1)
        parts = [(planes[c] < 0, planes[c] > 1, ~planes[c].isfinite()) for c in channels]
        return torch.tensor([[p.double().mean() for p in part] for part in parts], dtype=torch.float64)

    return {
        "ours": Way(lambda: st.unseen(y)),
        "three count_nonzero": Way(counted, within=1e-12, less="for all channels together"),
        "torch": Way(torch_alone, within=1e-12),
    }


def of_all(result):
    """The fractions of all channels together."""
    return [np.atleast_2d(np.asarray(result)).mean(axis=0)]


# ------------------------------------------------------------- normalization


def normalize(at):
    """`normalize`"""
    x = at.x
    mean, std = (torch.tensor(each).reshape(3, 1, 1) for each in (MEAN, STD))
    ways = {
        "ours": Way(lambda: st.normalize(x, MEAN, STD)),
        "torchvision v1": Way(lambda: v1.normalize(x, MEAN, STD), within=8 * U),
        "torchvision v2": Way(lambda: v2.functional.normalize(x, MEAN, STD), within=8 * U),
        "(x - mean) / std": Way(lambda: (x - mean) / std, within=8 * U),
        "copy": copy_of(x),
    }
    if kornia := installed("kornia"):
        m, s = torch.tensor(MEAN), torch.tensor(STD)
        batch = x if x.ndim == 4 else x[None]
        ways["kornia"] = Way(lambda: kornia.enhance.normalize(batch, m, s).reshape(x.shape), within=16 * U)
    return ways


def inverse_normalize(at):
    """`inverse_normalize`"""
    y, inverse = at.y, st.inverse_mean_std(MEAN, STD)
    mean, std = (torch.tensor(each).reshape(3, 1, 1) for each in (MEAN, STD))
    ways = {
        "ours": Way(lambda: st.inverse_normalize(y, MEAN, STD)),
        "a second Normalize, v1": Way(lambda: v1.normalize(y, *inverse), within=16 * U),
        "a second Normalize, v2": Way(lambda: v2.functional.normalize(y, *inverse), within=16 * U),
        "x * std + mean": Way(lambda: y * std + mean, within=4 * U),
        "copy": copy_of(y),
    }
    if kornia := installed("kornia"):
        m, s = torch.tensor(MEAN), torch.tensor(STD)
        batch = y if y.ndim == 4 else y[None]
        ways["kornia"] = Way(lambda: kornia.enhance.denormalize(batch, m, s).reshape(y.shape), within=16 * U)
    return ways


def inverse_transform(at):
    """`InverseNormalize`"""
    y, ours = at.y, st.InverseNormalize(MEAN, STD)
    second = v2.Normalize(*st.inverse_mean_std(MEAN, STD))
    return {"ours": Way(lambda: ours(y)), "v2.Normalize": Way(lambda: second(y), within=16 * U)}


def channel_statistics(at):
    """`channel_statistics` of 16"""
    pictures = many(at)

    def mean_std():
        statistics = st.channel_statistics(pictures)
        return np.array([statistics.mean, statistics.std])

    def running():
        total, squares, count = torch.zeros(3), torch.zeros(3), 0
        for picture in pictures:
            x = v1.to_tensor(picture)
            total += x.sum((1, 2))
            squares += x.square().sum((1, 2))
            count += x[0].numel()
        mean = total / count
        return torch.stack([mean, (squares / count - mean**2).sqrt()])

    def stacked():
        batch = torch.stack([v1.to_tensor(picture) for picture in pictures])
        return torch.stack([batch.mean((0, 2, 3)), batch.std((0, 2, 3), correction=0)])

    def sums():
        total, squares, count = [0] * 3, [0] * 3, 0
        for picture in pictures:
            for c, plane in enumerate(cv2.split(picture)):
                total[c] += int(cv2.sumElems(plane)[0])
                squares[c] += round(cv2.norm(plane, cv2.NORM_L2SQR))
            count += picture.shape[0] * picture.shape[1]
        means = [t / count / 255 for t in total]
        spread = [(s * count - t * t) ** 0.5 / count / 255 for s, t in zip(squares, total, strict=True)]
        return np.array([means, spread])

    return {
        "ours": Way(mean_std),
        "running float32": Way(running, within=1e-3, less="off by rounding"),
        "stacked float32": Way(stacked, within=1e-3, less="off by rounding"),
        "exact sums with OpenCV": Way(sums, within=1e-12, less="two sums, no counts of levels"),
    }


def label_statistics(at):
    """`LabelStatistics` of 8 masks"""
    masks = [picture[..., 0] // 32 for picture in many(at)[:8]]

    def ours():
        statistics = st.LabelStatistics()
        for mask in masks:
            statistics.update(mask)
        return statistics.counts

    def by_unique():
        counts = np.zeros(8, np.int64)
        for mask in masks:
            labels, found = np.unique(mask, return_counts=True)
            counts[labels] += found
        return counts

    return {
        "ours": Way(ours),
        "np.bincount": Way(lambda: sum(np.bincount(mask.ravel(), minlength=8) for mask in masks), less="counts alone"),
        "np.unique": Way(by_unique, less="counts alone"),
        "torch.bincount": Way(
            lambda: sum(torch.bincount(torch.from_numpy(mask).ravel(), minlength=8) for mask in masks),
            less="counts alone",
        ),
    }


@functools.cache
def many(at) -> list[np.ndarray]:
    """Sixteen pictures of one size, or the batch."""
    return at.pictures if at.count else [np.roll(at.pictures[0], shift, axis=2) for shift in range(16)]


def statistics_of_files(at):
    """`channel_statistics` of 8 JPEG files"""
    files = [encoded(picture, "jpg") for picture in many(at)[:8]]

    def ours():
        return st.channel_statistics(map(st.read_image, files)).mean

    def decoding():
        for file in files:
            st.read_image(file)

    return {"ours": Way(ours), "decoding alone": Way(decoding, within=None, less="computes nothing")}


# ----------------------------------------------------------------- batchnorm


def batch_norm(at):
    """`batch_norm`, training"""
    x = at.x if at.x.ndim == 4 else at.x[None]
    weight, bias = torch.tensor([1.5, 0.5, 1.0]), torch.tensor([0.1, 0.2, 0.3])

    def torch_alone():
        mean, variance = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), correction=0, keepdim=True)
        return (x - mean) / (variance + 1e-5).sqrt() * weight[:, None, None] + bias[:, None, None]

    return {
        "ours": Way(lambda: st.batch_norm(x, weight, bias)),
        "F.batch_norm": Way(lambda: F.batch_norm(x, None, None, weight, bias, training=True), 1e-4),
        "torch in four lines": Way(torch_alone, within=1e-4, less="in float32"),
        "copy": copy_of(x),
    }


def batch_norm_layer(at):
    """`BatchNorm2d`, training"""
    x = at.x if at.x.ndim == 4 else at.x[None]
    ours, theirs = st.BatchNorm2d(3), torch.nn.BatchNorm2d(3, affine=True).requires_grad_(False)
    ours.requires_grad_(False)
    return {"ours": Way(lambda: ours(x)), "nn.BatchNorm2d": Way(lambda: theirs(x), within=1e-4)}


# ------------------------------------------------------------------- density

GRID = np.linspace(-0.2, 1.2, 200)


def density_of_bytes(at):
    """`channel_densities`, bytes"""
    picture = at.pictures[0]

    def counting_and_a_millisecond():
        counts = [np.bincount(plane.ravel(), minlength=256) for plane in cv2.split(picture)]
        end = time.process_time() + 1e-3
        while time.process_time() < end:
            pass
        return counts

    ways = {
        "ours": Way(lambda: st.channel_densities(picture, 255 * GRID)),
        "counting, and 1 ms": Way(counting_and_a_millisecond, within=None, less="computes no density"),
    }
    return ways | kde_ways(picture.reshape(-1, 3).T / 1.0, 255 * GRID, at)


def density_of_floats(at):
    """`channel_densities`, a normalised photo"""
    y, planes = at.y, at.y.flatten(1).numpy()  # floats, and still at most 256 different ones a channel
    return {
        "ours": Way(lambda: st.channel_densities(y, 4 * GRID)),
        "one sort": Way(lambda: np.sort(planes, axis=1), within=None, less="computes no density"),
    }


def density_of_any_floats(at):
    """`channel_densities`, no two floats equal"""
    y = at.y + torch.rand(at.y.shape, generator=torch.Generator().manual_seed(0)) / 100
    ways = {"ours": Way(lambda: st.channel_densities(y, 4 * GRID))}
    return ways | kde_ways(y.flatten(1).double().numpy(), 4 * GRID, at)


def kde_ways(planes, grid, at) -> dict[str, Way]:
    """scipy and what seaborn makes of it; both evaluate every pixel at every point."""
    ways = {}
    stats, seaborn = installed("scipy.stats"), installed("seaborn")
    if at is PHOTO:  # minutes
        return ways
    if stats and at.height < LARGE.height:
        ways["scipy"] = Way(lambda: np.stack([stats.gaussian_kde(plane)(grid) for plane in planes]), 1e-9)
    if seaborn:

        def drawn():
            ax = FigureCanvasAgg(Figure()).figure.subplots()
            for plane in planes:
                seaborn.kdeplot(x=plane, ax=ax, gridsize=len(grid), clip=(grid[0], grid[-1]), cut=99)
            return np.stack([line.get_ydata() for line in ax.lines])

        ways["seaborn"] = Way(drawn, within=1e-6)
    return ways


# --------------------------------------------------------------- convolution


def conv2d(at):
    """`conv2d`, sixteen 5 × 5 filters"""
    x, weight = at.x, torch.randn(16, 3, 5, 5, generator=torch.Generator().manual_seed(0))
    return {
        "ours": Way(lambda: st.conv2d(x, weight)),
        "F.conv2d": Way(lambda: F.conv2d(x, weight), within=1e-4, less="ours is there to be read"),
    }


def compose_kernels(at):
    """`compose_kernels`, two 5 × 5 layers"""
    random = torch.Generator().manual_seed(0)
    first, second = (torch.randn(shape, generator=random) for shape in ((12, 3, 5, 5), (24, 12, 5, 5)))

    def by_conv2d():
        return F.conv2d(first.transpose(0, 1), second.flip(2, 3), padding=4).transpose(0, 1)

    def by_loop():
        weight = torch.zeros(24, 3, 9, 9)
        for u, v in np.ndindex(5, 5):
            weight[:, :, u : u + 5, v : v + 5] += torch.einsum("om,mcij->ocij", second[:, :, u, v], first)
        return weight

    return {
        "ours": Way(lambda: st.compose_kernels(first, second)),
        "F.conv2d, turned": Way(by_conv2d, within=1e-4),
        "tap by tap": Way(by_loop, within=1e-4),
    }


def attainable_range(at):
    """`attainable_range`"""
    weight = torch.randn(64, 3, 7, 7, generator=torch.Generator().manual_seed(0))

    def float64():
        w = weight.double()
        return torch.stack([w.clamp(max=0).sum((1, 2, 3)), w.clamp(min=0).sum((1, 2, 3))]).float()

    def float32():
        return torch.stack([weight.clamp(max=0).sum((1, 2, 3)), weight.clamp(min=0).sum((1, 2, 3))])

    return {
        "ours": Way(lambda: st.attainable_range(weight)),
        "torch, float64": Way(float64, within=1e-5, less="NaN goes unseen"),
        "torch, float32": Way(float32, within=1e-3, less="off by rounding, NaN goes unseen"),
    }


def conv2d_output_size(at):
    """`conv2d_output_size`"""
    x, weight = torch.empty(1, 1, 224, device="meta"), torch.empty(1, 1, 7, device="meta")
    return {
        "ours": Way(lambda: st.conv2d_output_size(224, 7, 2, 3)),
        "torch, on meta": Way(lambda: F.conv1d(x, weight, None, 2, 3).shape[-1]),
        "the formula": Way(lambda: (224 + 2 * 3 - 1 * (7 - 1) - 1) // 2 + 1, less="a constant; nothing refused"),
    }


def receptive_field(at):
    """`receptive_field`"""
    layers = [(7, 2, 1), (3, 2, 1), (3, 1, 1), (3, 1, 2)] * 4

    def back():
        window = 1
        for k, s, d in reversed(layers):
            window = (window - 1) * s + d * (k - 1) + 1
        return window

    return {"ours": Way(lambda: st.receptive_field(layers)), "the loop": Way(back, less="nothing refused")}


# ------------------------------------------------------ evidence, segmentation


def channel_order(at):
    """`channel_order`"""
    reverse = at.x.flip(0)

    def by_corrcoef():
        table = torch.corrcoef(torch.cat([reverse.flatten(1), at.x.flatten(1)]))[:3, 3:]
        return table.argmax(dim=1)

    return {
        "ours": Way(lambda: st.channel_order(reverse, at.x)),
        "torch.corrcoef": Way(by_corrcoef, less="in float32, and nothing refused"),
    }


def confusion_matrix(at):
    """`confusion_matrix` of 8 classes"""
    mask, prediction = (torch.from_numpy(picture[..., 0] // 32).long() for picture in many(at)[:2])

    def by_bincount():
        return torch.bincount(8 * mask.flatten() + prediction.flatten(), minlength=64).reshape(8, 8)

    return {
        "ours": Way(lambda: st.confusion_matrix(prediction, mask, 8)),
        "torch.bincount": Way(by_bincount, less="a label that is no class goes unseen"),
    }


# --------------------------------------------------------------- activations


def feature_maps(at):
    """`feature_maps` of three layers"""
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 12, 5), torch.nn.Conv2d(12, 24, 5), torch.nn.Conv2d(24, 48, 5))
    x = at.x if at.count else at.x[None]

    def hooks():
        kept, handles = {}, []
        for name, module in model.named_modules():
            keep = lambda module, arguments, output, name=name: kept.update({name: output.clone()})  # noqa: E731
            handles.append(module.register_forward_hook(keep))
        with torch.no_grad():
            model(x)
        for handle in handles:
            handle.remove()
        return kept

    return {"ours": Way(lambda: st.feature_maps(model, x)), "plain hooks": Way(hooks)}


# ------------------------------------------------------------------- figures


def figure_of(rows=1, columns=1):
    fig = Figure(figsize=(6.2, 5.3), dpi=100)
    FigureCanvasAgg(fig)
    return fig, fig.subplots(rows, columns)


def colors_drawn(ax, count=1, columns=1) -> np.ndarray:
    """The mean colour of each of `count` pictures in one Axes, as the canvas has it."""
    canvas = np.asarray(ax.figure.canvas.buffer_rgba())[..., :3]
    box = ax.get_window_extent()
    left, right, top, bottom = box.x0, box.x1, len(canvas) - box.y1, len(canvas) - box.y0
    height, width = (bottom - top) / -(-count // columns), (right - left) / columns
    means = []
    for i in range(count):
        row, column = int(top + (i // columns + 0.25) * height), int(left + (i % columns + 0.25) * width)
        means.append(canvas[row : row + int(height / 2), column : column + int(width / 2)].mean((0, 1)))
    return np.array(means)


def drawn(result):
    return [np.concatenate([colors_drawn(*each) for each in result])]


def show(at):
    """`show`"""
    x, picture = at.x, at.x.permute(1, 2, 0).numpy()

    def ours():
        fig, ax = figure_of()
        st.show(x, ax)
        fig.canvas.draw()
        return [(ax,)]

    def imshow():
        fig, ax = figure_of()
        ax.imshow(picture)
        ax.axis("off")
        fig.canvas.draw()
        return [(ax,)]

    return {"ours": Way(ours), "imshow": Way(imshow, within=2, less="what is unseen is not counted")}


FORTY_EIGHT, FORTY_EIGHT_LARGE = At("48 × 256²", 256, 256, 48), At("48 × 1024²", 1024, 1024, 48)


def show_grid(at):
    """`show_grid` of 48"""
    batch = torch.rand(48, 3, at.height, at.width, generator=torch.Generator().manual_seed(0))
    batch *= torch.linspace(0.2, 1, 48)[:, None, None, None]

    def ours():
        fig, ax = figure_of()
        st.show_grid(batch, ax, columns=7)
        fig.canvas.draw()
        return [(ax, 48, 7)]

    def axes_48():
        fig, axes = figure_of(7, 7)
        for ax in axes.flat:
            ax.axis("off")
        for picture, ax in zip(batch, axes.flat, strict=False):
            ax.imshow(picture.permute(1, 2, 0).numpy())
        fig.canvas.draw()
        return [(ax,) for ax in axes.flat[:48]]

    return {"ours": Way(ours), "48 axes": Way(axes_48, within=12)}


def show_feature_maps(at):
    """`show_feature_maps` of 48"""
    maps = torch.randn(48, at.height, at.width, generator=torch.Generator().manual_seed(0))
    maps += torch.linspace(-4, 4, 48)[:, None, None]
    limit = maps.abs().max().item()

    def ours():
        fig, ax = figure_of()
        st.show_feature_maps(maps, ax, columns=7, colorbar=False)
        fig.canvas.draw()
        return [(ax, 48, 7)]

    def axes_48():
        fig, axes = figure_of(7, 7)
        for ax in axes.flat:
            ax.axis("off")
        for values, ax in zip(maps, axes.flat, strict=False):
            ax.imshow(values.numpy(), cmap="RdBu_r", vmin=-limit, vmax=limit)
        fig.canvas.draw()
        return [(ax,) for ax in axes.flat[:48]]

    return {"ours": Way(ours), "48 axes": Way(axes_48, within=12)}


def plot_channel_densities(at):
    """`plot_channel_densities`, bytes"""
    picture, seaborn = at.pictures[0], installed("seaborn")

    def ours():
        fig, ax = figure_of()
        st.plot_channel_densities(picture, ax)
        fig.canvas.draw()

    ways = {"ours": Way(ours)}
    if seaborn and at is SQUARE:

        def plotted():
            fig, ax = figure_of()
            for c in range(3):
                seaborn.kdeplot(x=picture[..., c].ravel(), ax=ax)
            fig.canvas.draw()

        ways["seaborn"] = Way(plotted, within=None, less="a grid of its own; what is unseen is not said")
    return ways


# --------------------------------------------------------------------- wandb


def to_wandb_image(at):
    """`to_wandb_image`, floats"""
    wandb, x = installed("wandb"), at.x
    if not wandb:
        return {}
    return {
        "ours": Way(lambda: st.to_wandb_image(x, value_range=(0, 1)).image),
        "wandb.Image of bytes": Way(
            lambda: wandb.Image((x.numpy() * 255).round().clip(0, 255).astype(np.uint8).transpose(1, 2, 0)).image,
            less="NaN becomes 0, nothing refused",
        ),
    }


def to_wandb_grid(at):
    """`to_wandb_grid`"""
    wandb, x = installed("wandb"), at.x
    if not wandb:
        return {}
    from torchvision.utils import make_grid

    def one_grid():
        grid = make_grid(x, nrow=6, padding=2, pad_value=1.0)[:, 2:-2, 2:-2]
        return wandb.Image((grid.numpy() * 255).round().clip(0, 255).astype(np.uint8).transpose(1, 2, 0)).image

    return {
        "ours": Way(lambda: st.to_wandb_grid(x, columns=6, value_range=(0, 1)).image),
        "make_grid": Way(one_grid, less="NaN becomes 0, nothing refused"),
    }


def to_wandb_mask(at):
    """`to_wandb_mask`"""
    mask = mask_of(at)
    return {
        "ours": Way(lambda: st.to_wandb_mask(mask)["mask_data"]),
        "copy": Way(mask.copy, less="labels are not checked"),
    }


# ------------------------------------------------------------------ the list

PER_CALL = "a call has a fixed cost, the checks above all, that counts at 224²"
MEMORY = "a large new tensor is paid for page by page, and it no longer fits the cache"
CANVAS = "the figure has as many pixels as before; only what is averaged down to it grows"
LEVELS = "counting grows with the pixels; the density itself is computed from at most 256 levels"
SHAPE_ONLY = "it looks at numbers or weights, at no picture"

JOBS = [
    Job(read_jpeg, ONE_PICTURE),
    Job(read_png, ONE_PICTURE),
    Job(read_mask, ONE_PICTURE),
    Job(resize_mask, ONE_PICTURE),
    Job(to_tensor, threads=True),
    Job(to_normalised_tensor, threads=True),
    Job(mask_to_tensor, ONE_PICTURE),
    Job(to_uint8, threads=True),
    Job(to_image, ONE_PICTURE),
    Job(describe, numbers=words),
    Job(imshow_pixels, TWO),
    Job(min_max_scale, threads=True),
    Job(saturation, ONE_PICTURE, threads=True),
    Job(split_view, threads=True),
    Job(unseen, threads=True, numbers=of_all),
    Job(normalize, threads=True),
    Job(inverse_normalize, threads=True),
    Job(inverse_transform, threads=True),
    Job(channel_statistics, (SQUARE, LARGE, BATCH), threads=True),
    Job(statistics_of_files, TWO),
    Job(label_statistics, (SQUARE, LARGE, BATCH), numbers=lambda counts: [np.trim_zeros(np.asarray(counts), "b")]),
    Job(batch_norm, threads=True),
    Job(batch_norm_layer, threads=True),
    Job(density_of_bytes, ONE_PICTURE, LEVELS),
    Job(density_of_floats, ONE_PICTURE),
    Job(density_of_any_floats, SMALL),
    Job(plot_channel_densities, ONE_PICTURE, LEVELS),
    Job(conv2d, (SQUARE, LARGE, BATCH), threads=True),
    Job(compose_kernels, SMALL, SHAPE_ONLY),
    Job(attainable_range, SMALL, SHAPE_ONLY),
    Job(conv2d_output_size, SMALL, SHAPE_ONLY),
    Job(receptive_field, SMALL, SHAPE_ONLY),
    Job(channel_order, ONE_PICTURE),
    Job(confusion_matrix, ONE_PICTURE),
    Job(feature_maps, (SQUARE, LARGE), threads=True),
    Job(show, ONE_PICTURE, CANVAS, numbers=drawn),
    Job(show_grid, (FORTY_EIGHT,), numbers=drawn),
    Job(show_feature_maps, (FORTY_EIGHT, FORTY_EIGHT_LARGE), CANVAS, numbers=drawn),
    Job(to_wandb_image, ONE_PICTURE),
    Job(to_wandb_grid, (BATCH,)),
    Job(to_wandb_mask, ONE_PICTURE),
]
#: Public functions that compute nothing worth measuring, or are measured under another name.
NOT_MEASURED = {
    "inspect_pipeline": "a sample is read, at the data set's own speed",
    "applied_mean_std": "channel_order, and two means",
    "class_iou": "a division for each class",
    "inverse_mean_std": "six divisions",
    "keras_options": "two numbers",
    "log_images": "to_wandb_image, and what wandb writes",
    "pretrained_filters": "torch.load",
    "superposition_error": "four calls of the function that it is given",
    "to_wandb_maps": "show_feature_maps' colours, then to_wandb_image",
}


# ------------------------------------------------------------------- answers


class Answer(NamedTuple):
    """A bar that cannot be met: what is demanded in its place, and what was measured that sets the limit.

    The numbers are for 224², 1024² and the batch, or for the job's own sizes; None leaves the bar as it was asked.
    """

    job: str
    peer: str
    square: float | None
    large: float | None
    batch: float | None
    limit: str


_CHECKS = "the work is the same; ours looks at its arguments first, and that counts at 224²"
_SPLIT = (
    "casting the channels one by one is half of our time, arithmetic the other half; OpenCV's split and LUT reach 2 to "
    "3, but it is no dependency"
)
_COUNTS = "counting the 256 levels alone, with Pillow and no copy, takes 2 to 3.4 times as long as OpenCV's two sums"
_DOUBLE = "the statistics take two passes in float64, so that nothing cancels; and there are checks"
_GAUSSIANS = "200 × 256 Gaussians a channel are two thirds of our time at 224², whatever the picture"
_TWO_PASSES = "both subtract and divide, once each; one pass in place of two would round otherwise"

ANSWERS = [
    Answer("to_tensor", "torch in one line", 0.75, None, None, _CHECKS),
    Answer("to_normalised_tensor", "torchvision v1", 1.4, 1.7, None, _SPLIT),
    Answer("to_normalised_tensor", "torchvision v2", 1.6, 1.4, None, _SPLIT),
    Answer("to_normalised_tensor", "kornia", 2.2, 2.3, None, _SPLIT),
    Answer("to_normalised_tensor", "albumentations", 1.1, 1.0, None, _SPLIT),
    Answer("to_normalised_tensor", "OpenCV's blob", 0.5, 0.8, 0.5, _SPLIT),
    Answer("mask_to_tensor", "torch in one line", 0.6, 0.8, None, _CHECKS),
    Answer("mask_to_tensor", "numpy in one line", 0.5, 0.75, None, _CHECKS),
    Answer(
        "to_uint8",
        "numpy in one line",
        0.55,
        1.0,
        None,
        "the four steps are numpy's; ours also looks for NaN, and at 224² new arrays cost nothing",
    ),
    Answer(
        "to_image",
        "to_pil_image",
        1.5,
        1.6,
        None,
        "setting the channels side by side is a third of our time; and it neither rounds nor looks for NaN",
    ),
    Answer(
        "describe",
        "numpy, with three count_nonzero",
        0.75,
        None,
        None,
        "what is not measuring, the words and the checks, is a quarter of our time at 224²",
    ),
    Answer("split_view", "torch in one line", 0.6, 0.85, None, _CHECKS),
    Answer(
        "unseen",
        "three count_nonzero",
        0.5,
        0.8,
        None,
        "three calls a channel where the peer needs three for all; each has a fixed cost",
    ),
    Answer("normalize", "torchvision v2", 0.75, 0.8, 0.85, _TWO_PASSES),
    Answer("normalize", "torchvision v1", None, 1.1, None, _TWO_PASSES),
    Answer("normalize", "kornia", 1.0, 1.2, None, _TWO_PASSES),
    Answer("normalize", "(x - mean) / std", 0.5, None, 0.8, "it has tensors already and checks nothing"),
    Answer("normalize", "copy", None, 0.42, None, _TWO_PASSES),
    Answer("inverse_normalize", "a second Normalize, v2", 0.7, 1.1, None, _CHECKS),
    Answer("inverse_normalize", "kornia", 1.1, 1.2, None, _CHECKS),
    Answer("inverse_normalize", "x * std + mean", 0.45, None, None, "it has tensors already and checks nothing"),
    Answer("inverse_transform", "v2.Normalize", 0.75, None, None, _CHECKS),
    Answer("channel_statistics", "running float32", 1.2, 2.3, None, _COUNTS),
    Answer("channel_statistics", "exact sums with OpenCV", 0.2, 0.3, None, _COUNTS),
    Answer("statistics_of_files", "decoding alone", 0.6, 0.65, None, _COUNTS),
    Answer(
        "density_of_bytes",
        "seaborn",
        250,
        None,
        None,
        _GAUSSIANS,
    ),
    Answer(
        "density_of_bytes",
        "counting, and 1 ms",
        0.75,
        None,
        None,
        _GAUSSIANS,
    ),
    Answer(
        "density_of_floats",
        "one sort",
        0.25,
        0.6,
        None,
        "np.unique is 1.1 to 1.4 sorts, and the density comes after it",
    ),
    Answer("batch_norm", "F.batch_norm", 0.55, 0.85, 0.85, _DOUBLE),
    Answer("batch_norm_layer", "nn.BatchNorm2d", 0.45, 0.85, 0.85, _DOUBLE),
    Answer("compose_kernels", "F.conv2d, turned", 0.7, None, None, _CHECKS),
    Answer(
        "show_grid",
        "48 axes",
        2.0,
        None,
        None,
        "matplotlib's imshow of the ready-made picture takes four fifths of our time; shrinking it "
        "first would blur a figure saved in a higher resolution",
    ),
]
