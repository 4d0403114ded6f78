"""The rules of the live figures, in JavaScript, against the library: the same data, the same bits."""

import base64
import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from checks import HANG
from live_tools import lesson_rules
from matplotlib import colormaps
from matplotlib.figure import Figure
from PIL import Image
from torch.nn.functional import interpolate
from torchvision.transforms import v2

os.environ.update(WANDB_MODE="offline", WANDB_ERROR_REPORTING="false", WANDB_SILENT="true")

import wandb

import seeing_tensors as st
from seeing_tensors import live
from seeing_tensors._arrays import percent
from seeing_tensors.activations import FEATURE_COLORS
from seeing_tensors.drawing import rendered

RULES = (Path(live.__file__).parent / "rules.js").read_text(encoding="utf-8")
LIMITS = [(0, 1), (-2.1, 2.6), (0.1, 0.3), (0.5, 0.5000001), (-1e-30, 1e30)]


@pytest.fixture(scope="module")
def javascript(chromium):
    """Evaluate an expression about `x`, a Float32Array with the values of an array, in the browser."""
    page = chromium.new_page()
    page.set_default_timeout(HANG)
    page.add_script_tag(content=RULES + WHOLE)

    def evaluate(expression, values=(), kind=np.float32):
        data = base64.b64encode(np.ascontiguousarray(values, kind).tobytes()).decode("ascii")
        result = page.evaluate(
            "([data, kind, expression]) => {"
            "  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));"
            "  const x = new globalThis[kind](bytes.buffer);"
            "  const result = new Function('x', 'return ' + expression)(x);"
            "  if (!ArrayBuffer.isView(result)) return result;"
            "  return {name: result.constructor.name, bytes: Array.from(new Uint8Array(result.buffer))};"
            "}",
            [data, "Float32Array" if kind == np.float32 else "Uint8Array", expression],
        )
        if not isinstance(result, dict):
            return result
        return np.array(result["bytes"], np.uint8).view(np.float32 if result["name"] == "Float32Array" else np.uint8)

    yield evaluate
    page.close()


def floats(seed):
    """Random values about [0, 1], and every edge: k/255 and its neighbours, halves of a level, signed zeros,
    extremes."""
    generator = np.random.default_rng(seed)
    level = np.float32(np.arange(256) / 255)
    half = np.float32((np.arange(256) + 0.5) / 255)
    edges = [level, half]
    edges += [np.nextafter(each, np.float32(side)) for each in (level, half) for side in (-9, 9)]
    special = np.float32([0.0, -0.0, 1.0, -1e-45, 1e-45, 3e38, -3e38, 0.5, 1 + 2**-23, 1 - 2**-24])
    values = np.concatenate([*edges, special, generator.normal(0.5, 1, 2000).astype(np.float32)])
    generator.shuffle(values)
    return values[: len(values) // 3 * 3]


def picture(seed):
    return torch.from_numpy(floats(seed).reshape(3, 1, -1))


def same_bits(got, expected):
    expected = np.ascontiguousarray(expected)
    assert got.dtype == expected.dtype
    assert np.array_equal(got.view(np.uint8), expected.reshape(-1).view(np.uint8))


@pytest.mark.parametrize("seed", range(3))
def test_to_uint8(javascript, seed):
    x = np.append(floats(seed), np.float32([np.inf, -np.inf]))
    same_bits(javascript("toUint8(x)", x), st.to_uint8(torch.from_numpy(x)).numpy())


def test_to_uint8_refuses_nan(javascript):
    assert (
        javascript("(() => { try { toUint8(x) } catch (e) { return e.message } })()", [np.nan])
        == "toUint8: a value is NaN"
    )


def test_to_tensor(javascript):
    levels = np.arange(256, dtype=np.uint8)
    same_bits(javascript("toTensor(x)", levels, np.uint8), st.to_tensor(levels[None]).numpy())


@pytest.mark.parametrize("broken", [[], [np.nan], [np.nan, np.inf, -np.inf]], ids=["finite", "nan", "all"])
def test_what_imshow_draws_of_colour(javascript, broken):
    x = picture(0).clone()
    x[0, 0, : len(broken)] = torch.tensor(broken)
    same_bits(javascript("Uint8Array.from(imshowPixels(x))", x.numpy()), st.imshow_pixels(x.permute(1, 2, 0).numpy()))


def test_a_lone_infinity_is_refused_by_both(javascript):
    x = np.float32([[[0.5, 0.5, np.inf]]])
    with pytest.raises(ValueError, match="leaves undefined"):
        st.imshow_pixels(x)
    assert javascript("(() => { try { imshowPixels(x) } catch (e) { return e.name } })()", x) == "RangeError"


@pytest.mark.parametrize("limits", LIMITS, ids=str)
@pytest.mark.parametrize("channels", [1, 3])
def test_what_show_draws(javascript, limits, channels):
    x = picture(1).clone()
    x[0, 0, :4] = torch.tensor([torch.nan, torch.inf, -torch.inf, -0.0])
    x = x[:channels]
    pixels, _ = rendered("show", x, *limits)
    got = javascript(f"Uint8Array.from(showPixels(x, {channels}, {limits[0]}, {limits[1]}))", x.numpy())
    same_bits(got, np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)]))


@pytest.mark.parametrize("channels", [1, 3])
def test_unseen(javascript, channels):
    x = picture(2).clone()
    x[0, 0, :4] = torch.tensor([torch.nan, torch.inf, -torch.inf, -0.0])
    x = x[:channels]
    assert javascript(f"unseen(x, {channels})", x.numpy()) == st.unseen(x).tolist()


@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_unseen_with_limits_is_what_show_counts(javascript, limits):
    x = picture(2)
    # A channel by itself: `show` counts over the whole picture.
    expected = [rendered("show", channel[None], *limits)[1].tolist() for channel in x]
    assert javascript(f"unseen(x, 3, {limits[0]}, {limits[1]})", x.numpy()) == expected


def test_marks_are_those_of_all_channels(javascript):
    x = picture(0).clone()
    x[1, 0, 0] = torch.nan
    below, above, broken = (x < 0).any(dim=0), (x > 1).any(dim=0), (~torch.isfinite(x)).any(dim=0)
    same_bits(javascript("unseenMarks(x, 3)", x.numpy()), (below * 1 + above * 2 + broken * 4).byte().numpy())


STATISTICS = [(st.IMAGENET_MEAN, st.IMAGENET_STD), ((0.5,) * 3, (0.5,) * 3), ((-3.7, 0, 1e-3), (1e-3, 1, 77.7))]


@pytest.mark.parametrize(("mean", "std"), STATISTICS, ids=["imagenet", "halves", "odd"])
@pytest.mark.parametrize("name", ["normalize", "inverse_normalize"])
def test_normalize_and_its_inverse(javascript, name, mean, std):
    x = picture(3).clone()
    x[0, 0, :3] = torch.tensor([torch.inf, -torch.inf, -0.0])
    call = {"normalize": "normalize", "inverse_normalize": "inverseNormalize"}[name]
    same_bits(javascript(f"{call}(x, {list(mean)}, {list(std)})", x.numpy()), getattr(st, name)(x, mean, std).numpy())


@pytest.mark.parametrize(("mean", "std"), STATISTICS, ids=["imagenet", "halves", "odd"])
def test_a_second_normalize_with_minus_mean_is_torchvisions(javascript, mean, std):
    x = picture(3)
    minus, inverse = [-m for m in mean], [1 / s for s in std]
    expected = v2.functional.normalize(x, minus, inverse)
    same_bits(javascript(f"normalize(x, {minus}, {inverse})", x.numpy()), expected.numpy())


@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e30])
def test_min_max(javascript, scale):
    x = picture(4) / 3e38 * scale if scale == 1e30 else picture(4).clamp(-4, 5) * scale
    same_bits(javascript("minMaxScale(x)", x.numpy()), st.min_max_scale(x).numpy())


@pytest.mark.parametrize("values", [[0.5, 0.5], [np.nan, 1.0], [-np.inf, 1.0], [3e38, -3e38]], ids=str)
def test_min_max_refuses_what_the_library_refuses(javascript, values):
    with pytest.raises(ValueError):
        st.min_max_scale(torch.tensor(values))
    assert javascript("(() => { try { minMaxScale(x) } catch (e) { return e.name } })()", values) == "RangeError"


def normalised_by_javascript(javascript, batch, statistics, eps=1e-5):
    """Of the first picture. Every value is one of its own, and occurs once, in its channel."""
    return javascript(f"normalisedPicture(x.subarray(0, {batch[0].numel()}), {statistics}, {eps})", batch.numpy())


#: The rule for a whole picture: the figure uses it channel by channel, on the values that occur.
WHOLE = """
    function pictureOf(x) {
      const size = x.length / 3;
      return {values: x, counts: [0, 1, 2].map((c) => x.map((_, i) => Math.floor(i / size) === c))};
    }
    function normalisedPicture(x, {mean, variance}, eps) {
      const size = x.length / 3;
      const y = new Float32Array(x.length);
      for (let c = 0; c < 3; c++)
        y.set(normalised(x.subarray(c * size, (c + 1) * size), mean[c], variance[c], eps), c * size);
      return y;
    }
"""


def statistics_of(batch):
    size = batch[0].numel()
    pictures = [f"pictureOf(x.subarray({k * size}, {(k + 1) * size}))" for k in range(len(batch))]
    return f"batchStatistics([{', '.join(pictures)}], 3)"


def two_roundings_apart(got, expected):
    """Equal where a number is not finite; else at most two roundings of the largest value apart."""
    expected = np.ascontiguousarray(expected).reshape(-1)
    finite = np.isfinite(expected)
    assert got.dtype == expected.dtype and np.array_equal(got[~finite], expected[~finite], equal_nan=True)
    apart = np.abs(got[finite] - expected[finite])
    assert apart.max() <= 2 * np.spacing(np.abs(expected[finite]).max())


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_batch_norm_of_photos(javascript, n):
    """JavaScript computes in float64 and rounds once; the library's affine step is in float32, two roundings more."""
    levels = np.random.default_rng(n).integers(0, 256, (n, 3, 30, 36), np.uint8) // np.uint8([[[[1]], [[2]], [[9]]]])
    batch = torch.stack([st.to_tensor(picture.transpose(1, 2, 0)) for picture in levels])
    got = normalised_by_javascript(javascript, batch, statistics_of(batch))
    two_roundings_apart(got, st.batch_norm(batch)[0].numpy())


@pytest.mark.parametrize(("scale", "offset"), [(1, 0), (1e-3, 1000), (1e4, -5), (0, 0.7), (1e-20, 0)])
def test_batch_norm_of_any_values(javascript, scale, offset):
    """Both compute in float64 what torch adds up in blocks and JavaScript in a row, n values at most n roundings apart.

    The mean is then off by at most n 2^-53 max|x|, the std by n 2^-53 of itself (and by no more through the mean, to
    first order), and the value that is rounded to float32 by these two, over sqrt(variance + eps). Rounding adds one
    float32.
    """
    generator = np.random.default_rng(7)
    batch = torch.from_numpy((generator.normal(0, 1, (3, 3, 20, 25)) * scale + offset).astype(np.float32))
    got = normalised_by_javascript(javascript, batch, statistics_of(batch)).reshape(3, 20, 25)
    expected = st.batch_norm(batch)[0].numpy()
    n, double = 3 * 20 * 25, 2.0**-53
    std = torch.sqrt(batch.double().var((0, 2, 3), correction=0) + 1e-5).numpy()[:, None, None]
    bound = 2 * n * double * (batch.abs().max().item() / std + 2 * np.abs(expected))
    bound += 2 * np.spacing(np.abs(expected).max())  # the library's own roundings, as above
    assert (np.abs(got.astype(np.float64) - expected) <= bound).all() and bound.max() < 1e-5


def test_a_picture_counts_the_same_whatever_its_size(javascript):
    """One in the figure is given at a third of its size."""
    photo = torch.from_numpy(np.random.default_rng(1).random((3, 6, 9), np.float32))
    mate = torch.from_numpy(np.random.default_rng(2).random((3, 2, 3), np.float32))
    large = mate.repeat_interleave(3, dim=1).repeat_interleave(3, dim=2)
    expected = st.batch_norm(torch.stack([photo, large]))[0]
    both = np.concatenate([photo.numpy().ravel(), mate.numpy().ravel()])
    statistics = "batchStatistics([pictureOf(x.subarray(0, 162)), pictureOf(x.subarray(162))], 3)"
    got = javascript(f"normalisedPicture(x.subarray(0, 162), {statistics}, 1e-5)", both)
    two_roundings_apart(got, expected.numpy())


@pytest.mark.parametrize("eps", [1e-5, 1e-3])
def test_batch_norm_in_evaluation(javascript, eps):
    layer = st.BatchNorm2d(3, eps=eps)
    for seed in range(3):
        layer(torch.from_numpy(np.random.default_rng(seed).random((4, 3, 8, 8), np.float32)) ** (1 + seed))
    batch = picture(5).clamp(-100, 100)[None]
    batch[0, :, 0, :3] = torch.tensor([torch.nan, torch.inf, -torch.inf])
    statistics = f"{{mean: {layer.running_mean.tolist()}, variance: {layer.running_var.tolist()}}}"
    got = normalised_by_javascript(javascript, batch, statistics, eps)
    two_roundings_apart(got, layer.eval()(batch)[0].detach().numpy())


def kernels():
    """Nine weights each: those of the figure's filters, random ones, tiny and large ones, and one of signed zeros."""
    generator = np.random.default_rng(5)
    by_hand = [
        [0, 0, 0, 0, 1, 0, 0, 0, 0],
        [1 / 9] * 9,
        [-0.25, 0, 0.25, -0.5, 0, 0.5, -0.25, 0, 0.25],
        [-0.0, 0.0, -0.0] * 3,
    ]
    drawn = [generator.normal(0, scale, 9) for scale in (1, 1e-6, 99, 1e30)]
    return [np.float32(each).tolist() for each in (*by_hand, *drawn)]


@pytest.mark.parametrize("kernel", kernels(), ids=lambda k: f"{k[0]:.2g}")
def test_correlate_is_conv2d(javascript, kernel):
    x = torch.from_numpy(np.random.default_rng(0).uniform(-1, 2, (1, 11, 17)).astype(np.float32))
    x[0, 0, :3] = torch.tensor([0.0, -0.0, 1.0])
    expected = st.conv2d(x, torch.tensor(kernel).reshape(1, 1, 3, 3))
    same_bits(javascript(f"correlate(x, 11, 17, new Float32Array({json.dumps(kernel)}))", x.numpy()), expected.numpy())


@pytest.mark.parametrize("kernel", kernels(), ids=lambda k: f"{k[0]:.2g}")
def test_attainable_range(javascript, kernel):
    expected = torch.cat(st.attainable_range(torch.tensor(kernel).reshape(1, 1, 3, 3)))
    same_bits(javascript("attainableRange(x)", kernel), expected.numpy())


@pytest.mark.parametrize("limit", [None, 1.0, 0.3, 1e-6, 77.7], ids=str)
def test_the_colours_of_a_map_are_those_of_show_feature_maps(javascript, limit):
    generator = np.random.default_rng(1)
    size = limit or 1.3
    edges = size * (np.arange(257) / 128 - 1)  # where one colour ends and the next begins, and a hair beside it
    edges = np.concatenate(
        [np.float32(edges), *(np.nextafter(np.float32(edges), np.float32(side)) for side in (-9, 9))]
    )
    values = np.concatenate([edges, np.float32([0, -0.0]), generator.normal(0, size, 1600 - len(edges) - 2)])
    maps = torch.from_numpy(values.astype(np.float32).reshape(1, 40, 40))
    if limit:  # the largest absolute value is taken over finite values
        maps[0, 0, :3] = torch.tensor([torch.nan, torch.inf, -torch.inf])
    ax = Figure(figsize=(20, 20)).add_subplot()
    st.show_feature_maps(maps, ax, limit=limit, colorbar=False)
    expected = ax.images[0].get_array()[1:-1, 1:-1]  # within a frame of one pixel
    assert expected.shape == (40, 40, 4)
    colours = colormaps[FEATURE_COLORS](np.arange(256), bytes=True)[:, :3].ravel().tolist()
    scale = "x.reduce((most, v) => Math.max(most, Math.abs(v)), 0)" if limit is None else repr(limit)
    same_bits(javascript(f"Uint8Array.from(mapPixels(x, {scale}, {colours}))", maps.numpy()), expected)


def test_mean_of_channels(javascript):
    x = picture(6).clamp(-10, 10)
    same_bits(javascript("meanOfChannels(x)", x.numpy()), x.mean(dim=0).numpy())


def resized_by(row, size):
    """The row (1, W) at another width, by the four programs of the figure, as the rule of each is named."""
    as_batch = torch.from_numpy(row)[None, None].float()
    return {
        "centrePlaces": st.resize_mask(row, 1, size),
        "pillowPlaces": np.array(Image.fromarray(row).resize((size, 1), Image.Resampling.NEAREST)),
        "openCVPlaces": cv2.resize(row, (size, 1), interpolation=cv2.INTER_NEAREST),
        "torchPlaces": interpolate(as_batch, (1, size), mode="nearest").byte().numpy(),
    }


@pytest.mark.parametrize("name", ["centrePlaces", "pillowPlaces", "openCVPlaces", "torchPlaces"])
def test_the_pixels_taken_are_those_of_the_installed_programs(javascript, name):
    """For every row and every size that the figure can show, and larger ones: torch's float32 first tells at 82."""
    olds, sizes = range(1, 25), range(1, 125)
    got = javascript(
        f"{[*olds]}.map((old) => {[*sizes]}.map((size) => taken({name}(old, size), old)))", kind=np.uint8, values=[0]
    )
    for old, of_old in zip(olds, got, strict=True):
        row = np.arange(old, dtype=np.uint8)[None]
        assert of_old == [resized_by(row, size)[name].ravel().tolist() for size in sizes], old


def test_a_mask_may_stand_on_its_side(javascript):
    """What holds for a row holds for a column: lesson 1 writes the equation for both."""
    column = np.arange(14, dtype=np.uint8)[:, None]
    for size in range(1, 21):
        as_batch = torch.from_numpy(column)[None, None].float()
        expected = {
            "centrePlaces": st.resize_mask(column, size, 1),
            "pillowPlaces": np.array(Image.fromarray(column).resize((1, size), Image.Resampling.NEAREST)),
            "openCVPlaces": cv2.resize(column, (1, size), interpolation=cv2.INTER_NEAREST),
            "torchPlaces": interpolate(as_batch, (size, 1), mode="nearest").byte().numpy(),
        }
        for name, rows in expected.items():
            assert javascript(f"taken({name}(14, {size}), 14)", [0]) == rows.ravel().tolist(), (name, size)


@pytest.mark.parametrize("cmap", ["gray", "viridis"])
@pytest.mark.parametrize("limits", [None, (0, 1), (-0.3, 1.7)], ids=str)
def test_what_imshow_draws_of_one_channel(javascript, cmap, limits):
    generator = np.random.default_rng(3)
    edges = np.float32(np.arange(257) / 256)  # where one entry ends and the next begins, and a hair beside it
    edges = np.concatenate([edges, *(np.nextafter(edges, np.float32(side)) for side in (-9, 9))])
    handles = np.float32(np.round(generator.uniform(-10, 40, 800)) * 0.05)  # as the figure's sliders go
    table = colormaps[cmap](np.arange(256), bytes=True)[:, :3].ravel().tolist()
    for x in (edges, handles, *handles[:60].reshape(-1, 5), *floats(7)[:120].reshape(-1, 6), np.float32([0.7] * 4)):
        ends = "...extent(x)" if limits is None else f"{limits[0]}, {limits[1]}"
        low, high = limits or (None, None)
        expected = st.imshow_pixels(x[None], cmap=cmap, vmin=low, vmax=high)
        got = javascript(f"Uint8Array.from(stretchedPixels(x, new Uint8Array({table}), {ends}))", x)
        same_bits(got, expected)


WANDB_RULES = {
    "upTo019": "up_to_0_19_tensor",
    "only0200": "only_0_20_0",
    "from0201to028": "from_0_20_1_to_0_28",
    "from029": "from_0_29",
}
LEVELS = np.arange(256, dtype=np.float32) / np.float32(255)
LOGGED = {
    "unit": LEVELS,
    "a little above one": LEVELS * np.float32(1.0001),
    "a little below zero": np.append(LEVELS, np.float32(-1e-6)),
    "part": 0.2 + np.float32(0.6) * LEVELS,
    "minus one to one": (LEVELS - np.float32(0.5)) / np.float32(0.5),
    "minus two to two": np.float32(4) * LEVELS - 2,
    "normalised": (LEVELS - np.float32(0.485)) / np.float32(0.229),
    "bytes": np.arange(256, dtype=np.float32),
    "wide": np.linspace(-700, 900, 1001, dtype=np.float32),
    "about levels of minus one to one": np.concatenate(
        [np.nextafter(2 * LEVELS - 1, np.float32(end)) for end in (-1, 0, 1)]
    ),
    "narrow": 0.5 + np.float32(1e-4) * LEVELS,
    "narrower than the oldest rule stretches": 0.5 + np.float32(4e-6) * LEVELS,
    "constant": np.ones(9, np.float32),
    "nothing": np.zeros(9, np.float32),
    "edges": np.clip(floats(9), -4, 5),
}


@pytest.mark.parametrize("name", WANDB_RULES)
@pytest.mark.parametrize("x", LOGGED.values(), ids=LOGGED)
def test_what_wandb_writes_is_what_lesson_6_says(javascript, name, x):
    same_bits(javascript(f"{name}(x)", x), lesson_rules()[WANDB_RULES[name]](x))


@pytest.mark.parametrize("x", LOGGED.values(), ids=LOGGED)
def test_the_installed_wandb_casts(javascript, x):
    tensor = torch.from_numpy(x[: len(x) // 3 * 3]).reshape(3, 1, -1).repeat(1, 2, 1)
    written = np.array(wandb.Image(tensor).image)
    same_bits(javascript("from029(x)", tensor.permute(1, 2, 0).numpy()), written)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 1), (0.2, 0.8), (-2, 2), (0, 255), (-2.13, 2.64)])
def test_to_wandb_image(javascript, low, high):
    values = np.linspace(low, high, 3000).astype(np.float32)
    written = np.array(st.to_wandb_image(values[None], value_range=(low, high)).image)
    same_bits(javascript(f"toLevels(x, {low}, {high})", values), written)


@pytest.mark.parametrize("value", [-0.01, 1.01, np.nan, np.inf])
def test_to_wandb_image_refuses_what_lies_outside(javascript, value):
    with pytest.raises(ValueError):
        st.to_wandb_image(np.float32([[0, value]]), value_range=(0, 1))
    assert javascript("(() => { try { toLevels(x, 0, 1) } catch (e) { return e.name } })()", [0, value]) == "RangeError"


def test_percent_is_written_as_the_library_writes_it(javascript):
    fractions = (
        [k / 1000 for k in range(1001)] + [k / 800 for k in range(801)] + [0.0005, 0.00099, 0.9949, 0.9951, 1 - 1e-9]
    )
    got = javascript(f"{fractions}.map(percent)")
    assert got == [percent(each) for each in fractions]
