"""What torch, OpenCV, numpy, Pillow and matplotlib do, as far as lesson 5 relies on it."""

import io

import cv2
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image, ImageFilter
from torch import nn
from torch.nn import functional as F

import seeing_tensors as st
from seeing_tensors.course.repository import ROOT

KERNEL = torch.arange(1.0, 10).reshape(1, 1, 3, 3)
IMPULSE = torch.zeros(1, 5, 5)
IMPULSE[0, 2, 2] = 1


def drawn(array):
    fig = Figure(figsize=(1, 1))
    fig.add_axes((0, 0, 1, 1)).imshow(array)
    file = io.BytesIO()
    fig.savefig(file, format="raw")
    return np.frombuffer(file.getvalue(), np.uint8).astype(int)


def test_imshow_draws_a_millionth_alike():
    """Lesson 5: "`imshow` stretches a 2-D array over its own minimum and maximum, so it draws map 10 and a million
    times that map alike"."""
    x = np.random.default_rng(0).normal(size=(20, 20)).astype(np.float32)
    differ = (drawn(x) != drawn(x * 1e-6)).mean()
    assert differ < 0.01, "lesson 5 says: imshow draws a map and a millionth of it alike"


def test_opencv_puts_red_at_index_2():
    """More to lesson 5: "index 2, OpenCV: red"."""
    path = st.data_path("photos/animals/cat.png")
    assert np.array_equal(cv2.imread(str(path))[..., 2], st.read_image(path)[..., 0]), "lesson 5 says: index 2 is red"


def test_torch_and_opencv_correlate():
    """More to lesson 5: "torch and OpenCV correlate"."""
    turned = KERNEL[0, 0].flip(0, 1)
    by_torch = F.conv2d(IMPULSE, KERNEL)[0]
    assert torch.equal(by_torch, turned), (
        "lesson 5 says: torch's conv2d answers an impulse with the kernel turned around"
    )
    by_opencv = cv2.filter2D(IMPULSE[0].numpy(), -1, KERNEL[0, 0].numpy())[1:4, 1:4]
    assert np.array_equal(by_opencv, turned.numpy()), "lesson 5 says: OpenCV's filter2D correlates"


def test_numpy_convolves():
    """More to lesson 5: "numpy's `convolve` really convolves"."""
    impulse = [0, 0, 1, 0, 0]
    assert np.convolve(impulse, [1, 2, 3], "valid").tolist() == [1, 2, 3], (
        "lesson 5 says: numpy.convolve turns the kernel"
    )
    assert np.correlate(impulse, [1, 2, 3], "valid").tolist() == [3, 2, 1], "lesson 5 says: numpy.correlate does not"


def test_pillow_lays_the_kernel_on_upside_down():
    """More to lesson 5: "Pillow lays the kernel on upside down"."""
    pillow = ImageFilter.Kernel((3, 3), KERNEL.flatten().tolist(), scale=1)
    answer = np.asarray(Image.fromarray(IMPULSE[0].numpy().astype(np.uint8)).filter(pillow))[1:4, 1:4]
    upside_down = torch.flip(KERNEL[0, 0], (0,))
    correlated = F.conv2d(IMPULSE, upside_down[None, None])[0]
    assert np.array_equal(answer, correlated.numpy()), "lesson 5 says: Pillow lays the kernel on upside down"


def test_opencv_mirrors_at_the_border():
    """Lesson 5: "OpenCV's blur mirrors the picture instead and stays white"."""
    assert np.allclose(cv2.blur(np.ones((4, 5), np.float32), (3, 3)), 1), (
        "lesson 5 says: OpenCV's blur of white is white"
    )
    ramp = np.arange(5, dtype=np.float32)[None].repeat(5, axis=0)
    mirrored = np.pad(ramp, 1, mode="reflect")[1:4, 0:3].mean()
    assert np.isclose(cv2.blur(ramp, (3, 3))[2, 0], mirrored), "lesson 5 says: OpenCV mirrors the picture at the border"


def test_torch_pads_with_black():
    """Lesson 5: "zero is black. A blur of a white picture gets dark edges"."""
    y = F.conv2d(torch.ones(1, 4, 5), torch.full((1, 1, 3, 3), 1 / 9), padding=1)[0]
    expected = torch.tensor([4, 6, 9]) / 9
    assert torch.allclose(y[[0, 0, 1], [0, 1, 1]], expected), "lesson 5 says: zero padding darkens edges and corners"


def test_torch_convolves_bytes_that_wrap():
    """More to lesson 5: "torch computes on bytes, and they wrap around"."""
    y = F.conv2d(torch.ones(1, 3, 3).byte(), torch.full((1, 1, 3, 3), 100).byte())
    assert y.dtype == torch.uint8 and y.item() == 900 % 256, "lesson 5 says: torch's conv2d on bytes wraps around"


def test_torch_takes_weights_without_values():
    """More to lesson 5: "Given weights on the meta device … it returned numbers that nobody computed when this page
    was written"."""
    try:
        y = F.conv2d(torch.rand(1, 1, 5, 5), torch.rand(1, 1, 3, 3, device="meta"))
    except RuntimeError as error:
        pytest.fail(f"lesson 5 says: torch returns numbers for weights on the meta device; now it refuses ({error})")
    assert y.device.type == "cpu", "lesson 5 says: torch returns numbers for weights on the meta device"


def test_initial_weights_weaken():
    """Lesson 5: "torch's initial weights are so small that each layer weakens what it gets"."""
    torch.manual_seed(0)
    first, second = nn.Conv2d(12, 24, 5), nn.Conv2d(24, 48, 5)
    x = torch.randn(1, 12, 30, 30)
    with torch.no_grad():
        stds = [x.std(), first(x).std(), second(first(x)).std()]
    assert stds[0] > 1.2 * stds[1] > 1.2**2 * stds[2], "lesson 5 says: torch's initial layers weaken what they get"
    bound = 1 / (12 * 25) ** 0.5
    assert first.weight.abs().max() <= bound, "lesson 5 says: torch's initial weights are small"


def test_an_inplace_relu_overwrites_what_a_hook_kept():
    """More to lesson 5: "`nn.ReLU(inplace=True)` then overwrites what was kept"."""
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(inplace=True))
    seen = []
    model[0].register_forward_hook(lambda module, inputs, output: seen.append(output))
    y = model(torch.randn(1, 8, 8))
    assert torch.equal(seen[0], y) and seen[0].min() == 0, (
        "lesson 5 says: an in-place ReLU overwrites what the hook kept"
    )


def a_trained_norm_and_a_layer(padding):
    torch.manual_seed(0)
    norm, layer = nn.BatchNorm2d(3), nn.Conv2d(3, 2, 3, padding=padding)
    norm(torch.randn(4, 3, 5, 5) * 3 + 1)
    return norm.eval(), layer


@pytest.mark.parametrize("padding", [0, 1])
def test_batch_norm_in_eval_mode_is_absorbed_where_no_padding_is(padding):
    """More to lesson 5: "BatchNorm in evaluation mode goes into the weights of the layer after it … where no
    padding is"."""
    norm, layer = a_trained_norm_and_a_layer(padding)
    slope = norm.weight / (norm.running_var + norm.eps).sqrt()
    offset = norm.bias - slope * norm.running_mean
    as_layer = (torch.diag(slope)[:, :, None, None], offset)
    weight, bias = st.compose_kernels(as_layer, (layer.weight, layer.bias))
    x = torch.randn(1, 3, 6, 6)
    off = (F.conv2d(x, weight, bias, padding=padding) - layer(norm(x))).abs()
    inside = off[..., padding : 6 - padding, padding : 6 - padding] if padding else off
    assert inside.max() < 1e-5, "lesson 5 says: the next layer takes BatchNorm in"
    if padding:
        assert off.max() > 1e-2, "More to lesson 5 says: its offset is missing in the padded rim"


def bends(f, x, y):
    """The largest |f(x + y) - f(x) - f(y) + f(0)|, which is 0 for every affine map."""
    return (f(x + y) - f(x) - f(y) + f(torch.zeros_like(x))).abs().max().item()


def test_batch_norm_in_training_is_no_affine_map():
    """Lesson 5: "In evaluation mode BatchNorm is one slope and one offset per channel … In training it divides by a
    spread that the picture itself sets"."""
    norm, layer = a_trained_norm_and_a_layer(0)
    x, y = torch.randn(2, 1, 3, 6, 6)
    with torch.no_grad():
        assert bends(lambda z: layer(norm(z)), x, y) < 1e-5, "lesson 5 says: in evaluation mode it is affine"
        norm.train()
        assert bends(lambda z: layer(norm(z)), x, y) > 0.1, "lesson 5 says: in training it is not"


@pytest.mark.parametrize("bend", [nn.ReLU(), nn.Tanh(), nn.GELU(), nn.MaxPool2d(2)], ids=str)
def test_anything_that_is_no_weighted_sum_makes_depth_count(bend):
    """Lesson 5: "Anything that is none makes depth count: ReLU is the cheapest"."""
    torch.manual_seed(0)
    x, y = torch.randn(2, 1, 3, 9, 9)
    with torch.no_grad():
        f = nn.Sequential(nn.Conv2d(3, 5, 3), bend, nn.Conv2d(5, 2, 3))
        assert bends(f, x, y) > 1e-3, "lesson 5 says: any nonlinearity makes depth count"


def test_a_blur_gives_a_crop_and_its_quarter_turn_the_same_means():
    """Lesson 5: "It looks the same after a quarter turn, so a crop and the crop turned give it the same mean of
    every map"."""
    line = torch.exp(-((torch.arange(7.0) - 3) ** 2) / 8)
    blur = (line[:, None] * line)[None, None]
    crops = torch.randn(50, 1, 17, 17, dtype=torch.float64)
    upright, level = (F.relu(F.conv2d(z, blur.double())).mean(dim=(2, 3)) for z in (crops, crops.rot90(1, (2, 3))))
    assert torch.allclose(upright, level, rtol=1e-12), "lesson 5 says: a blur cannot tell a crop from its quarter turn"


def test_a_head_of_the_wrong_size_raises_and_lazy_linear_finds_it():
    """More to lesson 5: "A Linear layer of another size raises an error. `nn.LazyLinear` finds the size by itself",
    "Global average pooling … leaves one number of each map: 48"."""
    maps = torch.zeros(1, 48, 6, 7)
    with pytest.raises(RuntimeError):
        nn.Sequential(nn.Flatten(), nn.Linear(48 * 5 * 7, 4))(maps)
    lazy = nn.Sequential(nn.Flatten(), nn.LazyLinear(4))
    lazy(maps)
    assert lazy[1].in_features == 48 * 6 * 7, "lesson 5 says: LazyLinear finds the size"
    pooled = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())(maps)
    assert pooled.shape == (1, 48), "lesson 5 says: global average pooling makes it 48"


def test_float32_holds_whole_numbers_to_2_to_the_24():
    """Lesson 5: "whole numbers below 2^24, which float32 holds exactly"."""
    top = torch.tensor(2.0**24)
    assert top - 1 + 1 == top and top + 1 == top, "lesson 5 says: float32 holds whole numbers below 2**24"


def test_torch_convolves_one_permuted_channel_wrongly():
    """The page on other libraries: "On a processor with AVX-512, torch's `conv2d` gives a wrong number here, and no
    error", "right is 45 and 81"."""
    x = torch.arange(16.0).reshape(1, 4, 4, 1).repeat(2, 1, 1, 1).permute(0, 3, 1, 2)  # two grey pictures (N, H, W, 1)
    kernel = torch.ones(1, 1, 3, 3)
    assert x.stride() == (16, 1, 4, 1) and x.is_contiguous(), "so .contiguous() copies nothing"
    got = F.conv2d(x, kernel, stride=(1, 2))[0].flatten().tolist()
    wrong = torch.backends.cpu.get_cpu_capability() == "AVX512"
    assert got[0] == 45 and (got[1] != 81) == wrong, (
        "lessons/peers.md says: torch's conv2d is wrong here with AVX-512 only"
    )
    page = (ROOT / "lessons" / "peers.md").read_text(encoding="utf-8")
    assert "torch's `conv2d` gives a wrong number here, and no error" in page and "right is 45 and 81" in page
    for right in (
        F.conv2d(x.clone(memory_format=torch.contiguous_format), kernel, stride=(1, 2)),
        F.conv2d(x.double(), kernel.double(), stride=(1, 2)),
        st.conv2d(x, kernel, stride=(1, 2)),
    ):
        assert right[0].flatten().tolist() == [45, 81], (
            "lessons/peers.md says: a copy in plain order, float64 and ours are right"
        )
