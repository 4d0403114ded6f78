"""What numpy, torch, torchvision, matplotlib, Pillow and OpenCV do with floats and bytes, as far as lesson 2 relies on
it.

The bytes that imshow draws for arrays of every type are laws of `imshow_pixels`, in tests/spec.
"""

import logging
import platform
import warnings
from fractions import Fraction

import cv2
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from torchvision.transforms import v2
from torchvision.utils import save_image

import seeing_tensors as st

LEVELS = np.arange(256)
X86 = platform.machine().lower() in ("x86_64", "amd64")


def drawn(array, width=None, **options):
    """The levels (H, W, 3) that matplotlib's canvas holds after imshow, as in the lesson."""
    width = width or array.shape[1]
    height = round(width * array.shape[0] / array.shape[1])
    canvas = FigureCanvasAgg(Figure(figsize=(width / 100, height / 100), dpi=100, facecolor="white"))
    ax = canvas.figure.add_axes((0, 0, 1, 1))
    ax.axis("off")
    ax.imshow(array, aspect="auto", **options)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


def grey(values, kind=float):
    """The levels that a row of values is drawn at, with one channel."""
    return drawn(np.array([values], kind), cmap="gray")[0, :, 0].tolist()


def colour(values, kind=float):
    """The levels that a row of values is drawn at, in each of three channels."""
    return drawn(np.dstack([np.array([values], kind)] * 3))[0, :, 0].tolist()


def detour(x):
    return 1 - (1 - x)


@pytest.fixture(autouse=True)
def quiet(caplog):
    # matplotlib's message about clipping has a test of its own.
    caplog.set_level(logging.WARNING, logger="matplotlib.image")


# ---------------------------------------------------------------- bytes and floats


def test_bytes_wrap_around():
    """Lesson 2: "300 becomes 44 and -10 becomes 246, without a word"."""
    a = np.array([200, 10], np.uint8)
    t = torch.from_numpy(a)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        up, down = a + 100, a - 20
        assert (up[0], down[1]) == (44, 246), "lesson 2 says: 200 + 100 is 44 and 10 - 20 is 246 in numpy's uint8"
        assert ((t + 100)[0], (t - 20)[1]) == (44, 246), (
            "lesson 2 says: 200 + 100 is 44 and 10 - 20 is 246 in torch's uint8"
        )


def test_the_libraries_differ_on_a_number_that_is_no_byte():
    """More on lesson 2: "The two libraries differ on a number that does not fit into a byte." """
    a = np.array([200, 10], np.uint8)
    assert (torch.from_numpy(a) + 300).tolist() == [244, 54], "lesson 2 says: torch wraps 300"
    with pytest.raises(OverflowError):
        a + 300


def test_bytes_have_no_gradient_and_layers_refuse_them():
    """More on lesson 2: "The layer refuses unequal types, not bytes. (On the CPU torch does convolve bytes with weights
    that are
    bytes.)" """
    x = torch.zeros(3, 5, 5, dtype=torch.uint8)
    with pytest.raises(RuntimeError, match="floating point"):
        x.requires_grad_()
    with pytest.raises(RuntimeError, match="should be the same"):
        torch.nn.Conv2d(3, 8, kernel_size=3)(x[None])


def test_reshape_scrambles():
    """Lesson 2: "reshape takes the first third of the bytes for the red channel"."""
    image = torch.arange(6 * 5 * 3, dtype=torch.uint8).reshape(6, 5, 3)
    first_third = image.flatten()[:30].reshape(6, 5)
    assert torch.equal(image.reshape(3, 6, 5)[0], first_third), "lesson 2 says: reshape keeps the order in memory"
    assert torch.equal(image.permute(2, 0, 1)[0], image[..., 0]), "lesson 2 says: permute keeps each pixel whole"


def test_float32_rounds_every_level_up():
    """More on lesson 2: "every level except 0 and 255, which are exact, is rounded up"."""
    above = [Fraction(float(v)) * 255 > k for k, v in enumerate((LEVELS / 255).astype(np.float32))]
    assert above == [0 < k < 255 for k in LEVELS], "lesson 2 says: float32 rounds k/255 up, except 0 and 255"


# ---------------------------------------------------------------- imshow


def test_imshow_clips_colour():
    """Lesson 2: "(H, W, 3) is clipped. The range is fixed by the type: 0 to 1 for floats, 0 to 255 for integers." """
    assert colour([-1.0, 0.0, 1.0, 100.0]) == [0, 0, 255, 255], "lesson 2 says: imshow clips RGB floats to [0, 1]"
    assert colour([-5, 7, 300], int) == [0, 7, 255], "lesson 2 says: imshow clips RGB integers to [0, 255]"
    assert colour([False, True], bool) == [0, 255], "lesson 2 says: a bool picture is black and white"


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.float32])
def test_imshow_stretches_one_channel(kind):
    """Lesson 2: "(H, W) and (H, W, 1) are stretched. The smallest value becomes black and the largest white,
    whatever the type." """
    assert grey([100, 101], kind) == [0, 255], f"lesson 2 says: imshow stretches a 2-D array of {kind.__name__}"
    three_axes = drawn(np.array([[[100], [101]]], kind), cmap="gray")[0, :, 0].tolist()
    assert three_axes == [0, 255], f"lesson 2 says: imshow stretches an (H, W, 1) array of {kind.__name__}"
    assert grey([7, 7], kind) == [0, 0], "lesson 2 says: a constant gets the first colour"


def test_a_mask_of_ones():
    """Lesson 2: "Without limits the mask turns from violet to black. With them it is white." """
    ones = np.ones((4, 4), np.float32)
    first = matplotlib.colormaps["viridis"](0, bytes=True)[:3]
    assert abs(drawn(ones)[0, 0].astype(int) - first).max() <= 1, "lesson 2 says: a mask of ones is drawn violet"
    assert drawn(ones, cmap="gray").max() == 0, "lesson 2 says: with cmap='gray' a mask of ones is drawn black"
    assert drawn(ones, cmap="gray", vmin=0, vmax=1).min() == 255, "lesson 2 says: with limits a mask of ones is white"


def test_one_pixel_darkens_the_others():
    """Lesson 2: "imshow darkens the others for it." """
    before, after = grey([0.2, 0.5, 1.0]), grey([0.2, 0.5, 10.0])
    assert after[1] < before[1], "lesson 2 says: one pixel decides about all the others"


def test_one_of_five_values_decides_about_the_others():
    """Lesson 2: "Move the last one up to 2. In colour its pixel changes, and is clipped at 1; no other does. With one
    channel three of the four pixels change whose values you left alone. Then give it limits." """
    five = np.array([[0.1, 0.3, 0.5, 0.7, 0.9]], np.float32)
    moved = np.append(five[:, :4], np.float32([[2]]), axis=1)

    def changed(shape, **options):
        return (drawn(shape(five), **options) != drawn(shape(moved), **options)).any(axis=2)[0].tolist()

    in_colour = changed(lambda values: np.dstack([values] * 3))
    assert in_colour == [False] * 4 + [True], "lesson 2 says: in colour its pixel changes, no other does"
    assert drawn(np.dstack([moved] * 3))[0, 4].tolist() == [255] * 3, "lesson 2 says: and is clipped at 1"
    with_one = changed(lambda values: values, cmap="gray")
    assert with_one == [False, True, True, True, False], "lesson 2 says: three of the four pixels change"
    limited = changed(lambda values: values, cmap="gray", vmin=0, vmax=1)
    assert limited == in_colour, "lesson 2 says: then give it limits"


def test_the_scale_of_one_channel_is_lost():
    """Lesson 2: "An array divided by 255 twice looks perfect in grey." """
    photo = st.to_tensor(st.read_image(st.data_path("photos/people/cameraman.jpg")))[0].numpy()
    same = np.array_equal(drawn(photo, cmap="gray"), drawn(photo / 255, cmap="gray"))
    assert same, "lesson 2 says: divided by 255 twice, one channel is drawn the same"
    assert drawn(np.dstack([photo / 255] * 3)).max() == 1, (
        "lesson 2 says: divided by 255 twice, colour is drawn nearly black"
    )


def test_limits_of_a_byte_lose_levels():
    """More on lesson 2: "of the 256 levels are drawn one too dark", "0 are wrong in another way", and "Where the
    product falls short of j"."""
    wrong = LEVELS - drawn(LEVELS[None].astype(np.uint8), cmap="gray", vmin=0, vmax=255)[0, :, 0]
    assert set(wrong) == {0, 1}, (
        "lesson 2 says: with vmin=0, vmax=255 some levels are drawn one too dark, none otherwise"
    )
    short = matplotlib.colormaps["gray"](LEVELS)[:, 0] * 255 < LEVELS
    assert np.array_equal(wrong == 1, short), "lesson 2 says: these are the entries that the grey map stores too small"


def test_the_two_equations_disagree_in_the_middle():
    """Lesson 2: "One half is level 128 with limits 0 and 1, and level 127 in colour." """
    half = np.array([[0.5]])
    assert drawn(half, cmap="gray", vmin=0, vmax=1)[0, 0, 0] == 128, "lesson 2 says: one half is entry 128"
    assert drawn(np.dstack([half] * 3))[0, 0, 0] == 127, "lesson 2 says: one half in colour is level 127"


def test_clipping_is_logged_and_stretching_is_not(caplog):
    """More on lesson 2: "When a colour array is clipped, matplotlib says so, not by a Python warning but through a
    logger"."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grey([0.0, 10.0])
        assert not caplog.records, "lesson 2 says: the stretched picture made no message"
        colour([0.5, 1.5])
    assert [r.name for r in caplog.records] == ["matplotlib.image"], (
        "lesson 2 says: clipping makes one message in a logger"
    )


def test_nan_and_infinity_with_one_channel():
    """More on lesson 2: "With one channel all three are transparent and the white page shows, for minus infinity
    too." """
    for value in (np.nan, np.inf, -np.inf):
        assert grey([value, 0.5, 0.25])[0] == 255, f"lesson 2 says: {value} in a 2-D array shows the white page"


def test_infinity_in_colour_depends_on_another_pixel():
    """More on lesson 2: "another pixel decides about infinity: matplotlib clips when some finite value is out of
    range." """
    assert colour([np.inf, 2.0])[0] == 255, "lesson 2 says: beside a value out of range, infinity is clipped to white"
    assert colour([-np.inf, 2.0])[0] == 0, (
        "lesson 2 says: beside a value out of range, minus infinity is clipped to black"
    )
    if X86:  # elsewhere a cast of infinity may happen to give what clipping gives
        with np.errstate(invalid="ignore"):
            assert colour([np.inf, 0.5])[0] != 255, "lesson 2 says: infinity is not clipped where all finite values fit"


def test_nan_in_colour():
    """More on lesson 2: "In colour a pixel with NaN is transparent as well"."""
    with np.errstate(invalid="ignore"):
        for other in (0.5, 2.0):
            assert colour([np.nan, other])[0] == 255, "lesson 2 says: a NaN in colour shows the white page"
        pixel = drawn(np.array([[[np.nan, 0.5, 0.5]]]))[0, 0].tolist()
    assert pixel == [255, 255, 255], "lesson 2 says: one NaN makes the pixel transparent"


def test_labels_are_blended_unless_nearest():
    """More on lesson 2: "imshow by default blends neighbours, except at the picture's own size, at exactly twice
    it, and above three times"."""
    mask = st.read_mask(st.data_path("masks/cameraman.png"))
    side = mask.shape[1]
    for width in (side - 1, side + 1, 2 * side - 1, 2 * side + 1, 3 * side):
        assert len(np.unique(drawn(mask, width, cmap="gray"))) > 2, (
            f"lesson 2 says: imshow blends at {width / side:.2f} times"
        )
    for width in (side, 2 * side, 3 * side + 1):
        assert len(np.unique(drawn(mask, width, cmap="gray"))) == 2, (
            f"lesson 2 says: no blending at {width / side:.2f} times"
        )
    blended, nearest = (len(np.unique(drawn(mask, 100, cmap="gray", **o))) for o in ({}, {"interpolation": "nearest"}))
    assert blended > 2, "lesson 2 says: by default a small drawing of two labels has more than two greys"
    assert nearest == 2, "lesson 2 says: interpolation='nearest' keeps two labels two greys"


def test_which_floats_lose_levels():
    """More on lesson 2: the table of levels drawn too dark, "That is luck, and the first subtraction ends it." """
    dark = {}
    for kind in (np.float16, np.float32, np.float64):
        for x, where in ((LEVELS / 255).astype(kind), "direct"), (detour((LEVELS / 255).astype(kind)), "detour"):
            dark[kind, where] = (drawn(np.dstack([x[None]] * 3))[0, :, 0] < LEVELS).sum()
    assert dark[np.float32, "direct"] == dark[np.float64, "direct"] == 0, (
        "lesson 2 says: imshow draws k/255 in float32 right"
    )
    assert dark[np.float16, "direct"] > 0, "lesson 2 says: imshow draws some k/255 in float16 one too dark"
    assert dark[np.float32, "detour"] > 0, "lesson 2 says: after 1 - (1 - x) imshow draws levels one too dark"


def test_imshow_refuses_other_ranks():
    """Lesson 2: "imshow raises a TypeError for the first and the last, and draws the second"."""
    ax = Figure().add_subplot()
    for shape in [(2, 3, 300, 451), (451,)]:
        with pytest.raises(TypeError):
            ax.imshow(np.zeros(shape))
    ax.imshow(np.zeros((300, 451, 3)))


# ---------------------------------------------------------------- elsewhere


def one(value):
    return torch.full((3, 1, 1), value)


def read_back(path):
    return np.asarray(Image.open(path))[..., 0]


EVERY = detour(torch.arange(256).reshape(1, 16, 16) / 255)
EVERY_LEVEL = LEVELS.reshape(16, 16)


@pytest.mark.skipif(not X86, reason='lesson 2 says: "another processor may give other numbers"')
def test_casts_wrap():
    """More on lesson 2: "A cast is quick and leaves the range to you", with the first three rows of the table."""
    for value, wrong in ((-0.1, 0), (1.1, 255)):
        ways = {
            "a cast": (255 * one(value)).to(torch.uint8)[0, 0, 0],
            "ToDtype": v2.ToDtype(torch.uint8, scale=True)(one(value))[0, 0, 0],
            "ToPILImage": np.asarray(v2.ToPILImage()(one(value)))[0, 0, 0],
        }
        for way, byte in ways.items():
            assert byte != wrong, f"lesson 2 says: {way} does not clamp {value}"


def test_to_dtype_gives_each_byte_an_equal_interval():
    """More on lesson 2: "every byte gets an interval of the same width, one half goes down, and no level is lost
    here"."""
    to_byte = v2.ToDtype(torch.uint8, scale=True)
    assert to_byte(one(0.5))[0, 0, 0] == 127, "lesson 2 says: ToDtype takes one half to 127"
    assert np.array_equal(to_byte(EVERY)[0].numpy(), EVERY_LEVEL), "lesson 2 says: ToDtype loses no level on the detour"
    widths = torch.bincount(to_byte(torch.linspace(0, 1, 256 * 100)).long())
    assert widths.min() >= 98 and widths.max() <= 102, "lesson 2 says: ToDtype's bytes have intervals of equal width"


def test_to_pil_image_truncates():
    """More on lesson 2: the table's row "v2.ToPILImage()"."""
    assert (np.asarray(v2.ToPILImage()(EVERY)) < EVERY_LEVEL).any(), (
        "lesson 2 says: ToPILImage loses levels on the detour"
    )


def test_save_image_rounds_and_clamps(tmp_path):
    """More on lesson 2: "save_image and OpenCV round and clamp, and turn NaN to black." """
    for value, byte in [(-0.1, 0), (0.5, 128), (1.1, 255), (torch.nan, 0)]:
        save_image(one(value), tmp_path / "x.png")
        assert read_back(tmp_path / "x.png")[0, 0] == byte, f"lesson 2 says: save_image writes {byte} for {value}"
        x = np.full((1, 1), value, np.float32)
        assert cv2.multiply(x, 255, dtype=cv2.CV_8U)[0, 0] == byte, f"lesson 2 says: OpenCV gives {byte} for {value}"
    save_image(EVERY, tmp_path / "x.png")
    assert np.array_equal(read_back(tmp_path / "x.png"), EVERY_LEVEL), "lesson 2 says: save_image loses no level"


def test_imsave_refuses_and_truncates(tmp_path):
    """More on lesson 2: "imsave refuses what it would have to clip." """
    for value in (-0.1, 1.1):
        with pytest.raises(ValueError):
            plt.imsave(tmp_path / "x.png", np.full((1, 1, 3), value))
    plt.imsave(tmp_path / "x.png", EVERY.expand(3, -1, -1).permute(1, 2, 0).numpy())
    assert (read_back(tmp_path / "x.png") < EVERY_LEVEL).any(), "lesson 2 says: imsave loses levels on the detour"


def test_pillow_clips_and_truncates():
    """More on lesson 2: the table's row "fromarray(255 * x).convert('L')"."""
    bytes_of = [
        np.asarray(Image.fromarray(np.full((1, 1), 255 * v, np.float32)).convert("L"))[0, 0] for v in (-0.1, 0.5, 1.1)
    ]
    assert bytes_of == [0, 127, 255], "lesson 2 says: Pillow clips and drops the fraction"


def test_torchvision_scales_integers_by_their_type():
    """More on lesson 2: "It divides by the largest number of the type." """
    to_float = v2.ToDtype(torch.float32, scale=True)
    for kind in (torch.uint8, torch.int64):
        scaled = to_float(torch.full((3, 1, 1), 200, dtype=kind))[0, 0, 0].item()
        assert scaled == pytest.approx(200 / torch.iinfo(kind).max), (
            f"lesson 2 says: ToDtype divides {kind} by its maximum"
        )


def test_opencv_saturates_and_wrapping_can_be_undone():
    """More on lesson 2: "its sums saturate, they stop at 0 and 255", "Wrapping is ugly and can be undone." """
    image = np.array([[10, 200], [200, 10]], np.uint8)
    hundred = np.full_like(image, 100)
    up, down = cv2.add(image, hundred), cv2.subtract(image, hundred)
    assert (up.max(), down.min()) == (255, 0), "lesson 2 says: OpenCV's sums stop at 0 and 255"
    assert not np.array_equal(cv2.subtract(up, hundred), image), "lesson 2 says: saturation cannot be undone"
    assert np.array_equal(image + hundred - hundred, image), "lesson 2 says: wrapping can be undone"


# ---------------------------------------------------------------------- memory and light


def test_torch_convolves_bytes_with_bytes():
    """More on lesson 2: "(On the CPU torch does convolve bytes with weights that are bytes.)" """
    ones = torch.ones(1, 1, 3, 3, dtype=torch.uint8)
    assert torch.nn.functional.conv2d(ones, ones).tolist() == [[[[9]]]]


def test_a_tensor_made_of_an_array_is_the_array():
    """More on lesson 2: "`torch.from_numpy` copies nothing", "So are a slice and what it was cut from, and a permuted
    view",
    and "An operation whose name ends in an underscore, and `+=`, write into the memory there is"."""
    array = np.zeros((2, 2, 3), np.float32)
    tensor = torch.from_numpy(array)
    tensor.permute(2, 0, 1)[:, :1].add_(1)
    tensor += 1
    assert array[0].tolist() == [[2, 2, 2]] * 2 and array[1].tolist() == [[1, 1, 1]] * 2
    assert not np.shares_memory(st.to_tensor(np.zeros((2, 2, 3), np.uint8)).numpy(), array)


def test_a_tracked_tensor_refuses_to_become_an_array():
    """More on lesson 2: "a tensor that takes part in a gradient refuses to become an array"; `.numpy()` shares the
    memory."""
    tracked = torch.zeros(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"Can't call numpy\(\) on Tensor that requires grad"):
        tracked.numpy()
    assert np.shares_memory(tracked.detach().cpu().numpy(), tracked.detach().numpy())


def test_half_the_level_is_far_less_than_half_the_light():
    """More on lesson 2: "level 128 sends 21.6% of the light", "half the light is level 188": sRGB, IEC 61966-2-1;
    Pillow's
    colour management, an independent hand, agrees through the XYZ of a grey."""
    from PIL import ImageCms

    def light(level):
        v = level / 255
        return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4

    assert min(range(256), key=lambda level: abs(light(level) - 0.5)) == 188
    srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
    to_lab = ImageCms.buildTransform(srgb, lab, "RGB", "LAB")
    for level in (64, 128, 188, 230):
        lightness = ImageCms.applyTransform(Image.new("RGB", (1, 1), (level,) * 3), to_lab).getpixel((0, 0))[0] / 2.55
        assert abs(((lightness + 16) / 116) ** 3 - light(level)) < 0.01, level
