"""Laws of lesson 5: convolution, its sizes, ranges and compositions, and the maps of a model.

Whole numbers that stay below 2**24 are exact in float32 in every order of
operations, so most laws are held to the last bit. Where floats are drawn, the
bound is that of a plain sum of n products, g(n) * (sum of their sizes) with
g(n) = n u / (1 - n u); it is taken for 2 n + 2, so that any order and a bias pass."""

import contextlib
import copy
import math
import os
import tempfile
import unittest.mock
from pathlib import Path

import numpy as np
import torch
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch import nn

from seeing_tensors.course.laws import expect, expect_arguments_kept, expect_raises, expect_same, law

from .strategies import picture, whole

# ---------------------------------------------------------------- feature_maps


def small_model():
    generator = torch.Generator().manual_seed(5)
    model = nn.Sequential(
        nn.Conv2d(2, 3, 2),
        nn.ReLU(inplace=True),
        nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 4, 2, stride=2)),
        nn.Flatten(),
    )
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn(p.shape, generator=generator))
    return model


def hooks_in(model):
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in model.modules())


@law("feature_maps", lesson=5, rank="mathematics", cases=[{"training": False}, {"training": True}])
def gives_what_every_module_gives(feature_maps, training):
    """By its name in named_modules, every module's own result, in the order in which they finish; the model's is called ""."""
    model, x = small_model().train(training), picture()
    twin = copy.deepcopy(model)
    with torch.no_grad():
        conv = twin[0](x)
        relu = conv.clamp(min=0)
        normalised = twin[2][0](relu)
        second = twin[2][1](normalised)
    flat = second.flatten(1)
    expected = {"0": conv, "1": relu, "2.0": normalised, "2.1": second, "2": second, "3": flat, "": flat}
    maps = feature_maps(model, x)
    expect_same(list(maps), list(expected))
    for name, value in expected.items():
        cause = "copy each result at once: ReLU(inplace=True) overwrites the map before it" if name == "0" else "run the model in the mode it is in"
        expect_same(maps[name], value, cause)
    for name, value in feature_maps(nn.Conv2d(2, 1, 2), x).items():
        expect_same((name, value.shape), ("", torch.Size([2, 1, 4, 5])))


@law("feature_maps", lesson=5, rank="mathematics", cases=[{"training": False}, {"training": True}])
def leaves_the_model_as_it_was(feature_maps, training):
    """Weights, running statistics, mode, hooks and gradients of the model are what they were, in training mode too; so is x."""
    model, x = small_model().train(training), picture()
    model[2].train(not training)
    model[0].register_forward_hook(lambda module, arguments, output: None)
    nn.utils.parametrizations.weight_norm(model[2][1])
    before, kept = copy.deepcopy(model.state_dict()), x.clone()
    modes, hooks, ids = [m.training for m in model.modules()], hooks_in(model), [id(p) for p in (*model.parameters(), *model.buffers())]
    feature_maps(model, x)
    for name, value in model.state_dict().items():
        expect_same(value, before[name], f"{name} changed: BatchNorm in training mode writes running statistics")
    expect_same([m.training for m in model.modules()], modes)
    expect_same(hooks_in(model), hooks, "remove every hook")
    expect_same([id(p) for p in (*model.parameters(), *model.buffers())], ids)
    expect(all(p.grad is None and p.requires_grad for p in model.parameters()), got="gradients", expected="none")
    expect_same(x, kept)
    first = nn.Sequential(nn.ReLU(inplace=True))
    expect_arguments_kept(lambda x: feature_maps(first, x)["0"], x)


@law("feature_maps", lesson=5, rank="manners")
def removes_its_hooks_after_an_error(feature_maps):
    """When the model raises, the same exception arrives, and no hook stays behind."""
    model = nn.Sequential(nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3), nn.Linear(1000, 1))
    before = copy.deepcopy(model.state_dict())
    expect_raises(RuntimeError, feature_maps, model, picture(), mention=["shapes cannot be multiplied"])
    expect_same(hooks_in(model), 0, "remove the hooks in a finally block")
    for name, value in model.state_dict().items():
        expect_same(value, before[name])


class _Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.relu, self.pair, self.unused = nn.ReLU(inplace=True), _Pair(), nn.ReLU()

    def forward(self, x):
        return self.pair(self.relu(self.relu(x) - 1))[0]


class _Pair(nn.Module):
    def forward(self, x):
        return x, x


@law("feature_maps", lesson=5, rank="mathematics")
def a_module_that_runs_again_is_kept_again(feature_maps):
    """What a module gives when it runs a second time is kept as name#2; a module that gives no tensor, or never runs, is left out."""
    x = picture()
    maps = feature_maps(_Twice(), x)
    expect_same(list(maps), ["relu", "relu#2", ""], "a dict keeps only the last result of a module that is used twice")
    once = x.clamp(min=0)
    expect_same(maps["relu"], once)
    expect_same(maps["relu#2"], (once - 1).clamp(min=0))
    expect_same(maps[""], (once - 1).clamp(min=0))


class _Gradients(nn.Module):
    """Remembers whether it ran with gradients, and gives something that has one."""

    def forward(self, x):
        self.enabled = torch.is_grad_enabled()
        with torch.enable_grad():
            return x * torch.ones(1, requires_grad=True)


@law("feature_maps", lesson=5, rank="mathematics")
def maps_are_plain_copies(feature_maps):
    """The maps need no gradient, share no memory with one another or with the model, and gradients may be on or off."""
    model = nn.Sequential(nn.Identity(), nn.Flatten(), _Gradients())
    x = picture().requires_grad_()
    maps = feature_maps(model, x)
    expect(not model[2].enabled, got="a run with gradients", expected="a run without: they cost memory")
    expect(not any(m.requires_grad for m in maps.values()), got="a map with a gradient", expected="maps without", cause="detach")
    expect(torch.is_grad_enabled(), got="gradients switched off", expected="gradients on, as before")
    places = {m.data_ptr() for m in maps.values()} | {x.data_ptr()}
    expect(len(places) == len(maps) + 1, got="maps that share memory", expected="a copy of each")


@law("feature_maps", lesson=5, rank="manners")
def feature_maps_refuses_what_is_no_model(feature_maps):
    """A function for a model or an array for a picture is a TypeError."""
    expect_raises(TypeError, feature_maps, torch.relu, picture())
    expect_raises(TypeError, feature_maps, nn.ReLU(), picture().numpy(), mention=["to_tensor"])
    expect_raises(TypeError, feature_maps, nn.ReLU(), [1.0])


# ----------------------------------------------------------- show_feature_maps


def drawing(show_feature_maps, maps, colorbar=False, **options):
    """The Axes that `show_feature_maps` drew into, on a figure of its own."""
    fig = Figure(figsize=(4, 3), dpi=100)
    FigureCanvasAgg(fig)
    ax = fig.add_axes((0, 0, 1, 1))
    returned = show_feature_maps(maps, ax, colorbar=colorbar, **options)
    expect(returned is ax, got=repr(returned), expected="the Axes it was given")
    expect(len(ax.images) == 1, got=f"{len(ax.images)} images", expected="one image of all maps")
    return ax


def tiles(ax, count, columns):
    """The colour in the middle of each map, int (count, 3)."""
    mosaic = np.asarray(ax.images[0].get_array())
    rows = math.ceil(count / columns)
    height, width = mosaic.shape[0] / rows, mosaic.shape[1] / columns
    return np.array([mosaic[int((i // columns + 0.5) * height), int((i % columns + 0.5) * width), :3] for i in range(count)]).astype(int)


def flat_maps(values):
    return torch.tensor(values)[:, None, None].expand(-1, 3, 4).clone()


MAGENTA = (255, 0, 255)
map_values = st.lists(st.floats(-4, 4, width=16), min_size=1, max_size=7)


@law("show_feature_maps", lesson=5, rank="mathematics", values=map_values, columns=st.integers(1, 4))
def each_map_has_its_place_and_sign(show_feature_maps, values, columns):
    """Map i stands in row i // columns, column i % columns: red above 0, blue below, nearly white at 0, darker when farther from 0."""
    columns = min(columns, len(values))
    colours = tiles(drawing(show_feature_maps, flat_maps(values), columns=columns), len(values), columns)
    limit = max(map(abs, values)) or 1
    for value, (red, _, blue) in zip(values, colours, strict=True):
        tone = "red" if red > blue + 12 else "blue" if blue > red + 12 else "white"
        wanted = "white" if abs(value) < limit / 100 else "red" if value > 0 else "blue"
        if abs(value) < limit / 100 or abs(value) > limit / 10:
            expect(tone == wanted, got=f"{tone} for {value} on ±{limit}", expected=wanted)
    for sign in (-1, 1):
        ordered = [c.sum() for v, c in sorted(zip(values, colours, strict=True), key=lambda pair: abs(pair[0])) if v * sign > limit / 100]
        expect(ordered == sorted(ordered, reverse=True), got="a larger value drawn lighter", expected="darker away from 0")


@law("show_feature_maps", lesson=5, rank="mathematics", cases=[{"values": [0.5, -1.0, 4.0], "power": p} for p in (-40, -1, 1, 40)])
def one_scale_for_all(show_feature_maps, values, power):
    """All maps twice as large make the same picture; a map a millionth the size of another is drawn as 0."""
    plain, scaled = (drawing(show_feature_maps, flat_maps(v)) for v in (values, [v * 2.0**power for v in values]))
    expect_same(np.asarray(plain.images[0].get_array()), np.asarray(scaled.images[0].get_array()))
    zero, strong, tiny = tiles(drawing(show_feature_maps, flat_maps([0.0, 4.0, 4e-6]), columns=3), 3, 3)
    expect_same(tuple(tiny), tuple(zero), "a scale of its own hides a map's size")
    expect(abs(strong - zero).sum() > 200, got=str(strong), expected="a strong colour")


@law("show_feature_maps", lesson=5, rank="mathematics", values=map_values, other=st.sampled_from([math.nan, math.inf, -math.inf, 1e30, -3.0]) | st.floats(-4, 4, width=16))
def on_a_given_scale_each_map_is_alone(show_feature_maps, values, other):
    """With a limit, changing one value, to anything at all, never changes how another value is drawn."""
    maps = flat_maps([0.5, *values])
    changed = maps.clone()
    changed[0, 1, 1] = other
    before, after = (np.asarray(drawing(show_feature_maps, m, limit=2.0).images[0].get_array()).astype(int) for m in (maps, changed))
    expect_same(before.shape, after.shape)
    where = np.argwhere((before != after).any(axis=2))
    if len(where):
        columns = math.ceil(math.sqrt(len(maps)))
        rows = math.ceil(len(maps) / columns)
        height, width = before.shape[0] / rows / 3, before.shape[1] / columns / 4
        span = where.max(axis=0) - where.min(axis=0) + 1
        expect(span[0] <= height + 1 and span[1] <= width + 1, got=f"{span} pixels of the picture changed", expected=f"at most one value's, {height:.0f} by {width:.0f}")
        expect(where.max() <= max(height * 3, width * 4), got="another map changed", expected="the first map only")


@law("show_feature_maps", lesson=5, rank="mathematics", cases=[{"values": v} for v in ([1.0, 3e-6], [0.125, 4.0, 1.0, 250.0, 0.5])])
def a_scale_of_its_own_is_written_on_each(show_feature_maps, values):
    """With shared_scale=False each map fills its scale, and its limit is written on it."""
    maps = flat_maps(values)
    maps[:, 0] *= -1
    ax = drawing(show_feature_maps, maps, shared_scale=False, columns=2)
    colours = tiles(ax, len(values), 2)
    expect(bool((colours == colours[0]).all()), got="different colours", expected="every map in the strongest colour")
    expect_same([t.get_text() for t in ax.texts], [f"±{v:.2g}" for v in values])
    expect_same(ax.get_title(), "")
    expect_same([t.get_text() for t in drawing(show_feature_maps, maps).texts], [])


@law("show_feature_maps", lesson=5, rank="mathematics", cases=[{"largest": 0.125, "sign": 1}, {"largest": 1024.0, "sign": -1}])
def the_colour_bar_is_symmetric(show_feature_maps, largest, sign):
    """A colour bar from minus to plus the largest absolute value stands beside the maps; from minus to plus the limit if one is given."""
    maps = flat_maps([sign * largest, -sign * largest / 2])
    ends = [drawing(show_feature_maps, maps, colorbar=True, **options).figure.axes[-1].get_ylim() for options in ({}, {"limit": 3.0})]
    expect_same(ends, [(-largest, largest), (-3.0, 3.0)])
    expect_same(len(drawing(show_feature_maps, maps, colorbar=False).figure.axes), 1)
    expect_same(drawing(show_feature_maps, torch.zeros(2, 2, 2), colorbar=True).figure.axes[-1].get_ylim(), (-1.0, 1.0))


@law("show_feature_maps", lesson=5, rank="mathematics")
def what_is_not_seen_is_said(show_feature_maps):
    """NaN and inf are magenta and stay out of the scale; they, and what lies beyond a given limit, are counted in the title."""
    maps = flat_maps([1.0, 1.0, math.nan, -math.inf])
    ax = drawing(show_feature_maps, maps, columns=4, title="maps", colorbar=True)
    colours = tiles(ax, 4, 4)
    expect_same([tuple(c) == MAGENTA for c in colours], [False, False, True, True])
    expect_same(ax.get_title(), "maps\nunseen: 50% not finite")
    expect_same(ax.figure.axes[-1].get_ylim(), (-1.0, 1.0))
    beyond = drawing(show_feature_maps, flat_maps([1.0, 3.0, -3.0, 2.0]), limit=2.0, columns=4)
    expect_same(beyond.get_title(), "unseen: 50% beyond ±2")
    expect_same(tiles(beyond, 4, 4)[1].tolist(), tiles(beyond, 4, 4)[3].tolist())
    expect_same(drawing(show_feature_maps, flat_maps([1.0, -2.0])).get_title(), "")
    broken = drawing(show_feature_maps, flat_maps([math.nan]))
    expect_same(broken.get_title(), "unseen: 100% not finite")


@law("show_feature_maps", lesson=5, rank="mathematics")
def large_maps_are_averaged_to_the_figure(show_feature_maps):
    """Maps larger than their place are averaged, not sampled, and the image is no larger than the figure needs; small ones keep every pixel."""
    x = torch.ones(6, 500, 640)
    x[0, ::2] = -1
    ax = drawing(show_feature_maps, x, columns=3)
    stripes, plain = tiles(ax, 6, 3)[:2]
    expect(stripes.min() > 225, got=f"colour {stripes}", expected="nearly white: the mean of 1 and -1", cause="every second row was left out")
    expect(plain.min() < 60, got=f"colour {plain}", expected="the strongest colour")
    height, width = np.asarray(ax.images[0].get_array()).shape[:2]
    expect(height * width <= 4 * 300 * 400, got=f"{width} by {height} pixels", expected="at most four per pixel of the figure", cause="shrink each map before joining them")
    small = torch.zeros(1, 40, 60)
    small[0, 20, 30] = 1
    image = np.asarray(drawing(show_feature_maps, small).images[0].get_array()).astype(int)
    expect(int((image.min(axis=2) < 60).sum()) == 1, got="the one pixel blurred or lost", expected="one pixel in the strongest colour")


@law("show_feature_maps", lesson=5, rank="range", cases=[{"seed": 0}, {"seed": 1}])
def drawing_changes_nothing(show_feature_maps, seed):
    """Any float type, gradients or a view are taken, and the maps are left as they were."""
    maps = whole(seed, 5, 4, 3)
    expected = np.asarray(drawing(show_feature_maps, maps, columns=3).images[0].get_array())
    for same in (maps.half(), maps.double(), maps.clone().requires_grad_(), maps.permute(2, 0, 1).contiguous().permute(1, 2, 0)):
        before = same.detach().clone()
        expect_same(np.asarray(drawing(show_feature_maps, same, columns=3).images[0].get_array()), expected)
        expect_same(same.detach(), before)


@law("show_feature_maps", lesson=5, rank="manners")
def show_refuses_what_are_no_maps(show_feature_maps):
    """Other types are TypeErrors; a batch, no map, a limit that is no limit and a limit for maps of their own scale are ValueErrors."""
    maps = torch.rand(2, 3, 4)
    for bad in (maps.long(), maps.byte(), maps.numpy(), [maps]):
        expect_raises(TypeError, show_feature_maps, bad)
    expect_raises(ValueError, show_feature_maps, maps[None], mention=["(1, 2, 3, 4)", "maps[0]"])
    expect_raises(ValueError, show_feature_maps, maps[0], mention=["(3, 4)"])
    expect_raises(ValueError, show_feature_maps, maps[:0], mention=["(0, 3, 4)"])
    for limit in (0, -1.0, math.nan, math.inf):
        expect_raises(ValueError, show_feature_maps, maps, limit=limit)
    expect_raises(ValueError, show_feature_maps, maps, limit=1.0, shared_scale=False)
    expect_raises(ValueError, show_feature_maps, maps, columns=0)


# ---------------------------------------------------------- pretrained_filters


@contextlib.contextmanager
def hub_folder():
    """An empty checkpoint folder of torch.hub for a while, with no way out to the network."""
    before = torch.hub._hub_dir
    forbidden = unittest.mock.Mock(side_effect=AssertionError("tried to download"))
    with tempfile.TemporaryDirectory() as folder:
        try:
            torch.hub.set_dir(folder)
            with unittest.mock.patch("torch.hub.download_url_to_file", forbidden), unittest.mock.patch("torch.hub.urlopen", forbidden):
                yield Path(folder) / "checkpoints"
        finally:
            torch.hub._hub_dir = before


RESNET18 = "resnet18-f37072fd.pth"


@law("pretrained_filters", lesson=5, rank="mathematics")
def finds_weights_on_disk(pretrained_filters):
    """The first layer of each of torchvision's files in torch.hub's folder comes back under the name of its weights, the rest is not looked at."""
    with hub_folder() as checkpoints:
        expect_same(pretrained_filters(), {}, "no folder, no weights: that is not an error")
        checkpoints.mkdir()
        expect_same(pretrained_filters(), {})
        filters = torch.rand(4, 3, 7, 7)
        torch.save({"conv1.weight": filters, "fc.bias": torch.zeros(2)}, checkpoints / RESNET18)
        torch.save({"conv1.weight": filters}, checkpoints / "resnet18-mine.pth")
        torch.save({"features.0.weight": filters.half()}, checkpoints / "alexnet-owt-7be5be79.pth")
        found = pretrained_filters()
        expect_same(sorted(found), ["AlexNet_Weights.IMAGENET1K_V1", "ResNet18_Weights.IMAGENET1K_V1"])
        expect_same(found["ResNet18_Weights.IMAGENET1K_V1"], filters)
        expect_same(found["AlexNet_Weights.IMAGENET1K_V1"], filters.half().float())
        expect_same(len(list(checkpoints.iterdir())), 3)


class _Trap:
    """Calls a function when it is unpickled."""

    def __reduce__(self):
        return os.getcwd, ()


@law("pretrained_filters", lesson=5, rank="manners")
def refuses_a_damaged_file(pretrained_filters):
    """A file that is cut off, holds something else, or would run code when it is read, is a ValueError that names it."""
    with hub_folder() as checkpoints:
        checkpoints.mkdir()
        path = checkpoints / RESNET18
        for content in ({"conv1.bias": torch.rand(4)}, {"conv1.weight": torch.rand(4, 3)}, {"conv1.weight": torch.rand(4, 1, 7, 7)}, [1, 2], {"conv1.weight": torch.rand(4, 3, 7, 7), "trap": _Trap()}):
            torch.save(content, path)
            expect_raises(ValueError, pretrained_filters, mention=[str(path)])
        torch.save({"conv1.weight": torch.rand(4, 3, 7, 7)}, path)
        for content in (path.read_bytes()[:100], b"", b"<html>not found</html>"):
            path.write_bytes(content)
            expect_raises(ValueError, pretrained_filters, mention=[str(path)])
