"""Laws of lesson 5: the maps of a model, and how they are drawn."""

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


# equation


@law("feature_maps", lesson=5, rank="mathematics", cases=[{"training": False}, {"training": True}])
def gives_what_every_module_gives(feature_maps, training):
    """By its name in named_modules, every module's own result, in the order in which they finish; the model's is ""."""
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
    causes = {"0": "copy each result at once: ReLU(inplace=True) overwrites the map before it"}
    for name, value in expected.items():
        expect_same(maps[name], value, causes.get(name, "run the model in the mode it is in"))
    for name, value in feature_maps(nn.Conv2d(2, 1, 2), x).items():
        expect_same((name, value.shape), ("", torch.Size([2, 1, 4, 5])))


@law("feature_maps", lesson=5, rank="mathematics", cases=[{"training": False}, {"training": True}])
def leaves_the_model_as_it_was(feature_maps, training):
    """Weights, running statistics, mode, hooks and gradients are what they were, in training mode too; so is x."""
    model, x = small_model().train(training), picture()
    model[2].train(not training)
    model[0].register_forward_hook(lambda module, arguments, output: None)
    nn.utils.parametrizations.weight_norm(model[2][1])
    before, kept = copy.deepcopy(model.state_dict()), x.clone()
    modes, hooks = [m.training for m in model.modules()], hooks_in(model)
    ids = [id(p) for p in (*model.parameters(), *model.buffers())]
    feature_maps(model, x)
    for name, value in model.state_dict().items():
        expect_same(value, before[name], f"{name} changed: BatchNorm in training mode writes running statistics")
    expect_same([m.training for m in model.modules()], modes)
    expect_same(hooks_in(model), hooks, "remove every hook")
    expect_same([id(p) for p in (*model.parameters(), *model.buffers())], ids)
    expect(all(p.grad is None and p.requires_grad for p in model.parameters()), got="gradients", expected="none")
    expect_same(x, kept)


# edges


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
    """What a module gives at its second run is kept as name#2; one that gives no tensor, or never runs, is left out."""
    x = picture()
    maps = feature_maps(_Twice(), x)
    expect_same(list(maps), ["relu", "relu#2", ""], "a dict keeps only the last result of a module that is used twice")
    once = x.clamp(min=0)
    expect_same(maps["relu"], once)
    expect_same(maps["relu#2"], (once - 1).clamp(min=0))
    expect_same(maps[""], (once - 1).clamp(min=0))


# types and layouts


class _Gradients(nn.Module):
    """Remembers whether it ran with gradients, and gives something that has one."""

    def forward(self, x):
        self.enabled = torch.is_grad_enabled()
        with torch.enable_grad():
            return x * torch.ones(1, requires_grad=True)


@law("feature_maps", lesson=5, rank="range")
def maps_are_plain_copies(feature_maps):
    """The maps need no gradient, share no memory with one another or with the model, and gradients may be on or off."""
    model = nn.Sequential(nn.Identity(), nn.Flatten(), _Gradients())
    x = picture().requires_grad_()
    maps = feature_maps(model, x)
    expect(not model[2].enabled, got="a run with gradients", expected="a run without: they cost memory")
    with_gradient = [name for name, kept in maps.items() if kept.requires_grad]
    expect(not with_gradient, got=f"maps with a gradient: {with_gradient}", expected="maps without", cause="detach")
    expect(torch.is_grad_enabled(), got="gradients switched off", expected="gradients on, as before")
    places = {m.data_ptr() for m in maps.values()} | {x.data_ptr()}
    expect(len(places) == len(maps) + 1, got="maps that share memory", expected="a copy of each")


@law("feature_maps", lesson=5, rank="manners")
def feature_maps_keeps_its_input(feature_maps):
    """The picture is left as it was, also by a first module that works in place."""
    first = nn.Sequential(nn.ReLU(inplace=True))
    expect_arguments_kept(lambda x: feature_maps(first, x)["0"], picture())


# refusals


@law("feature_maps", lesson=5, rank="manners")
def removes_its_hooks_after_an_error(feature_maps):
    """When the model raises, the same exception arrives, and no hook stays behind."""
    model = nn.Sequential(nn.Conv2d(2, 3, 2), nn.BatchNorm2d(3), nn.Linear(1000, 1))
    before = copy.deepcopy(model.state_dict())
    expect_raises(RuntimeError, feature_maps, model, picture(), mention=["shapes cannot be multiplied"])
    expect_same(hooks_in(model), 0, "remove the hooks in a finally block")
    for name, value in model.state_dict().items():
        expect_same(value, before[name])


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


def mosaic(ax):
    return np.asarray(ax.images[0].get_array())


def tiles(ax, count, columns):
    """The colour in the middle of each map, int (count, 3)."""
    image = mosaic(ax)
    height, width = image.shape[0] / math.ceil(count / columns), image.shape[1] / columns
    middles = [(int((i // columns + 0.5) * height), int((i % columns + 0.5) * width)) for i in range(count)]
    return np.array([image[row, column, :3] for row, column in middles]).astype(int)


def flat_maps(values):
    return torch.tensor(values)[:, None, None].expand(-1, 3, 4).clone()


MAGENTA = (255, 0, 255)
map_values = st.lists(st.floats(-4, 4, width=16), min_size=1, max_size=7)


# equation


@law("show_feature_maps", lesson=5, rank="mathematics", values=map_values, columns=st.integers(1, 4))
def each_map_has_its_place_and_sign(show_feature_maps, values, columns):
    """Map i stands in row i // columns, column i % columns: red above 0, blue below, darker when farther from 0."""
    columns = min(columns, len(values))
    colors = tiles(drawing(show_feature_maps, flat_maps(values), columns=columns), len(values), columns)
    limit = max(map(abs, values)) or 1
    for value, (red, _, blue) in zip(values, colors, strict=True):
        tone = "red" if red > blue + 12 else "blue" if blue > red + 12 else "white"
        wanted = "white" if abs(value) < limit / 100 else "red" if value > 0 else "blue"
        if abs(value) < limit / 100 or abs(value) > limit / 10:
            expect(tone == wanted, got=f"{tone} for {value} on ±{limit}", expected=wanted)
    by_size = sorted(zip(values, colors, strict=True), key=lambda pair: abs(pair[0]))
    for sign in (-1, 1):
        light = [color.sum() for value, color in by_size if value * sign > limit / 100]
        falls = light == sorted(light, reverse=True)
        expect(falls, got="a larger value drawn lighter", expected="darker away from 0")


@law("show_feature_maps", lesson=5, rank="mathematics", cases=[{"factor": f} for f in (0.125, 0.5, 2.0, 1024.0)])
def one_scale_for_all(show_feature_maps, factor):
    """All maps twice as large make the same picture; a map a millionth the size of another is drawn as 0."""
    values = [0.5, -1.0, 4.0]
    plain, scaled = (drawing(show_feature_maps, flat_maps(v)) for v in (values, [v * factor for v in values]))
    expect_same(mosaic(plain), mosaic(scaled))
    zero, strong, tiny = tiles(drawing(show_feature_maps, flat_maps([0.0, 4.0, 4e-6]), columns=3), 3, 3)
    expect_same(tuple(tiny), tuple(zero), "a scale of its own hides a map's size")
    expect(abs(strong - zero).sum() > 200, got=str(strong), expected="a strong colour")


@law("show_feature_maps", lesson=5, rank="mathematics", cases=[{"values": [1.0, 3e-6]}, {"values": [0.125, 4.0, 25.0]}])
def a_scale_of_its_own_is_written_on_each(show_feature_maps, values):
    """With shared_scale=False each map fills its scale, and its limit is written on it."""
    maps = flat_maps(values)
    maps[:, 0] *= -1
    ax = drawing(show_feature_maps, maps, shared_scale=False, columns=2)
    colors = tiles(ax, len(values), 2)
    expect(bool((colors == colors[0]).all()), got="different colours", expected="every map in the strongest colour")
    expect_same([t.get_text() for t in ax.texts], [f"±{v:.2g}" for v in values])
    expect_same(ax.get_title(), "")
    expect_same([t.get_text() for t in drawing(show_feature_maps, maps).texts], [])


@law("show_feature_maps", lesson=5, rank="mathematics", cases=[{"largest": 0.125}, {"largest": -1024.0}])
def the_color_bar_is_symmetric(show_feature_maps, largest):
    """A colour bar from minus to plus the largest absolute value, or the given limit, stands beside the maps."""
    maps, end = flat_maps([largest, -largest / 2]), abs(largest)
    for options, expected in (({}, (-end, end)), ({"limit": 3.0}, (-3.0, 3.0))):
        ax = drawing(show_feature_maps, maps, colorbar=True, **options)
        expect_same(ax.figure.axes[-1].get_ylim(), expected)
    expect_same(len(drawing(show_feature_maps, maps, colorbar=False).figure.axes), 1)
    black = drawing(show_feature_maps, torch.zeros(2, 2, 2), colorbar=True)
    expect_same(black.figure.axes[-1].get_ylim(), (-1.0, 1.0))


@law("show_feature_maps", lesson=5, rank="mathematics")
def what_lies_beyond_the_limit_is_said(show_feature_maps):
    """Values beyond a given limit are drawn in the strongest colour and counted in the title."""
    beyond = drawing(show_feature_maps, flat_maps([1.0, 3.0, -3.0, 2.0]), limit=2.0, columns=4)
    expect_same(beyond.get_title(), "unseen: 50% beyond ±2")
    expect_same(tiles(beyond, 4, 4)[1].tolist(), tiles(beyond, 4, 4)[3].tolist())
    maps = flat_maps([3.0])
    maps[0, 0] = 2.0  # one row of three: at the limit is not beyond it
    expect_same(drawing(show_feature_maps, maps, limit=2.0).get_title(), "unseen: 67% beyond ±2")
    expect_same(drawing(show_feature_maps, flat_maps([1.0, -2.0])).get_title(), "")
    expect_same(drawing(show_feature_maps, flat_maps([1.0, -2.0]), title="two maps").get_title(), "two maps")


def expect_others_alone(show_feature_maps, values, other):
    """Demand that one value of the first map, changed to `other`, changes that value's own pixels at most."""
    maps = flat_maps([0.5, *values])
    changed = maps.clone()
    changed[0, 1, 1] = other
    before, after = (mosaic(drawing(show_feature_maps, m, limit=2.0)).astype(int) for m in (maps, changed))
    expect_same(before.shape, after.shape)
    where = np.argwhere((before != after).any(axis=2))
    if len(where):
        columns = math.ceil(math.sqrt(len(maps)))
        height, width = before.shape[0] / math.ceil(len(maps) / columns) / 3, before.shape[1] / columns / 4
        rows_changed, columns_changed = where.max(axis=0) - where.min(axis=0) + 1
        one_value = rows_changed <= height + 1 and columns_changed <= width + 1
        got, expected = f"{rows_changed} by {columns_changed} pixels changed", f"at most {height:.0f} by {width:.0f}"
        expect(one_value, got=got, expected=expected)
        expect(where.max() <= max(height * 3, width * 4), got="another map changed", expected="the first map only")


@law("show_feature_maps", lesson=5, rank="mathematics", values=map_values, other=st.floats(-4, 4, width=16))
def on_a_given_scale_each_map_is_alone(show_feature_maps, values, other):
    """With a limit, changing one value never changes how another value is drawn."""
    expect_others_alone(show_feature_maps, values, other)


# edges

NOT_ORDINARY = [math.nan, math.inf, -math.inf, 1e30, -3.0]


@law("show_feature_maps", lesson=5, rank="range", cases=[{"values": [1.0, -0.5], "other": v} for v in NOT_ORDINARY])
def a_broken_value_leaves_the_others_alone(show_feature_maps, values, other):
    """With a limit, a NaN, an infinity or a huge value never changes how another value is drawn."""
    expect_others_alone(show_feature_maps, values, other)


@law("show_feature_maps", lesson=5, rank="range")
def what_is_not_finite_is_said(show_feature_maps):
    """NaN and inf are magenta, stay out of the scale, and are counted in the title."""
    maps = flat_maps([1.0, 1.0, math.nan, -math.inf])
    ax = drawing(show_feature_maps, maps, columns=4, title="maps", colorbar=True)
    expect_same([tuple(color) == MAGENTA for color in tiles(ax, 4, 4)], [False, False, True, True])
    expect_same(ax.get_title(), "maps\nunseen: 50% not finite")
    expect_same(ax.figure.axes[-1].get_ylim(), (-1.0, 1.0))
    maps = flat_maps([3.0, 1.0, 1.0, 1.0])
    maps[0, 0] = math.inf
    both = drawing(show_feature_maps, maps, limit=2.0)
    expect_same(both.get_title(), "unseen: 17% beyond ±2, 8.3% not finite")
    broken = drawing(show_feature_maps, flat_maps([math.nan]))
    expect_same(broken.get_title(), "unseen: 100% not finite")


@law("show_feature_maps", lesson=5, rank="range", cases=[{"power": -40}, {"power": 40}])
def a_scale_of_any_size(show_feature_maps, power):
    """Maps around 2**-40 and around 2**40 make the picture that maps around 1 make."""
    values = [0.5, -1.0, 4.0]
    plain, scaled = (drawing(show_feature_maps, flat_maps(v)) for v in (values, [v * 2.0**power for v in values]))
    expect_same(mosaic(plain), mosaic(scaled))


@law("show_feature_maps", lesson=5, rank="range")
def large_maps_are_averaged_to_the_figure(show_feature_maps):
    """Maps larger than their place are averaged, not sampled, to what the figure needs; small ones keep every pixel."""
    x = torch.ones(6, 500, 640)
    x[0, ::2] = -1
    ax = drawing(show_feature_maps, x, columns=3)
    stripes, plain = tiles(ax, 6, 3)[:2]
    cause = "every second row was left out"
    expect(stripes.min() > 225, got=f"colour {stripes}", expected="nearly white: the mean of 1 and -1", cause=cause)
    expect(plain.min() < 60, got=f"colour {plain}", expected="the strongest colour")
    height, width = mosaic(ax).shape[:2]
    expect(
        height * width <= 4 * 300 * 400,
        got=f"{width} by {height} pixels",
        expected="at most four per pixel of the figure",
        cause="shrink each map before joining them",
    )
    small = torch.zeros(1, 40, 60)
    small[0, 20, 30] = 1
    strong = mosaic(drawing(show_feature_maps, small)).min(axis=2) < 60
    expect(int(strong.sum()) == 1, got="the one pixel blurred or lost", expected="one pixel in the strongest colour")


# types and layouts


@law("show_feature_maps", lesson=5, rank="range", cases=[{"seed": 0}, {"seed": 1}])
def drawing_changes_nothing(show_feature_maps, seed):
    """Any float type, gradients or a view are taken, and the maps are left as they were."""
    maps = whole(seed, 5, 4, 3)
    expected = mosaic(drawing(show_feature_maps, maps, columns=3))
    view = maps.permute(2, 0, 1).contiguous().permute(1, 2, 0)
    for same in (maps.half(), maps.bfloat16(), maps.double(), maps.clone().requires_grad_(), view):
        before = same.detach().clone()
        expect_same(mosaic(drawing(show_feature_maps, same, columns=3)), expected)
        expect_same(same.detach(), before)


# refusals


@law("show_feature_maps", lesson=5, rank="manners")
def show_refuses_what_are_no_maps(show_feature_maps):
    """Other types are TypeErrors; a batch, no map, a limit that is none or that has no use are ValueErrors."""
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
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        stack.callback(setattr, torch.hub, "_hub_dir", before)
        torch.hub.set_dir(folder)
        for way_out in ("torch.hub.download_url_to_file", "torch.hub.urlopen"):
            stack.enter_context(unittest.mock.patch(way_out, forbidden))
        yield Path(folder) / "checkpoints"


RESNET18 = "resnet18-f37072fd.pth"


# equation


@law("pretrained_filters", lesson=5, rank="mathematics")
def finds_weights_on_disk(pretrained_filters):
    """The first layer of each of torchvision's files in torch.hub's folder, by the name of its weights."""
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


# refusals


class _Trap:
    """Calls a function when it is unpickled."""

    def __reduce__(self):
        return os.getcwd, ()


@law("pretrained_filters", lesson=5, rank="manners")
def refuses_a_damaged_file(pretrained_filters):
    """A file that is cut off, holds something else or would run code when read is a ValueError that names it."""
    with hub_folder() as checkpoints:
        checkpoints.mkdir()
        path = checkpoints / RESNET18
        good = {"conv1.weight": torch.rand(4, 3, 7, 7)}
        one_axis_short, one_channel = {"conv1.weight": torch.rand(4, 3)}, {"conv1.weight": torch.rand(4, 1, 7, 7)}
        for content in ({"conv1.bias": torch.rand(4)}, one_axis_short, one_channel, [1, 2], {**good, "trap": _Trap()}):
            torch.save(content, path)
            expect_raises(ValueError, pretrained_filters, mention=[str(path)])
        torch.save(good, path)
        for content in (path.read_bytes()[:100], b"", b"<html>not found</html>"):
            path.write_bytes(content)
            expect_raises(ValueError, pretrained_filters, mention=[str(path)])
