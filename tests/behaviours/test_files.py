"""What OpenCV, Pillow, torchvision and matplotlib do with image files, as far as lesson 1 says so.

Each test backs one sentence of lesson 1, its docstring. A failure means: the sentence is no longer true.
"""

import io
from pathlib import Path

import cv2
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
import torchvision.io
from PIL import Image, ImageOps
from spec.files import png
from torch.nn.functional import interpolate
from torchvision.datasets.folder import default_loader

from seeing_tensors import data_path, read_image, read_mask, resize_mask

COFFEE = str(data_path("photos/things/커피.png"))
CAT = str(data_path("photos/animals/cat.png"))
ASTRONAUT = str(data_path("photos/people/astronaut.jpg"))
CAMERAMAN = str(data_path("photos/people/cameraman.jpg"))  # stored lying down, Orientation 6
JPEGS = [ASTRONAUT, CAMERAMAN, str(data_path("photos/space/hubble.jpg"))]
COFFEE_MASK = str(data_path("masks/coffee.png"))  # a palette with Pascal VOC colours, labels 0 to 3
ASTRONAUT_MASK = str(data_path("masks/astronaut.png"))  # 16 bits, labels 0, 1, 2, 257, 1000

LABELS = read_mask(COFFEE_MASK)
VOC_COLORS = [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0]]


def colors_of(image):
    return np.unique(image.reshape(-1, image.shape[2]), axis=0).tolist()


def labels_of(mask):
    return np.unique(mask).tolist()


# ------------------------------------------------------------- the order of channels


def test_imread_gives_bgr():
    """Lesson 1: cv2.imread gives the channels in the order blue, green, red."""
    np.testing.assert_array_equal(cv2.imread(COFFEE), read_image(COFFEE)[:, :, ::-1])


def test_imread_can_give_rgb():
    """Lesson 1: cv2.IMREAD_COLOR_RGB gives red, green, blue."""
    np.testing.assert_array_equal(cv2.imread(COFFEE, cv2.IMREAD_COLOR_RGB), read_image(COFFEE))
    np.testing.assert_array_equal(cv2.cvtColor(cv2.imread(COFFEE), cv2.COLOR_BGR2RGB), read_image(COFFEE))


def test_a_reversed_view_is_no_tensor():
    """Lesson 1: image[..., ::-1] is a view with a negative stride, and torch.from_numpy refuses it; a copy works."""
    view = cv2.imread(COFFEE)[..., ::-1]
    with pytest.raises(ValueError, match="negative"):
        torch.from_numpy(view)
    assert torch.from_numpy(view.copy()).shape == (400, 600, 3)


def test_decoders_agree_on_the_photos():
    """Lesson 1: OpenCV and Pillow decode the course's JPEGs to the same pixels; they differ in order and rotation."""
    for path in JPEGS:
        np.testing.assert_array_equal(cv2.imread(path, cv2.IMREAD_COLOR_RGB), read_image(path))


def test_plt_imread_changes_its_mind():
    """Lesson 1: plt.imread gives floats in [0, 1] for a PNG and bytes for a JPEG."""
    from_png, from_jpeg = plt.imread(CAT), plt.imread(ASTRONAUT)
    assert (from_png.dtype, from_jpeg.dtype) == (np.float32, np.uint8)
    np.testing.assert_array_equal(from_png, read_image(CAT) / np.float32(255))


# --------------------------------------------------------------------- None and False


def test_imread_gives_none(tmp_path):
    """Lesson 1: cv2.imread gives None for a file that is missing, empty or no picture; nothing is raised."""
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "page.png").write_bytes(b"<!DOCTYPE html>")
    for name in ("missing.png", "empty.png", "page.png"):
        assert cv2.imread(str(tmp_path / name)) is None


def test_none_fails_later():
    """Lesson 1: the None of cv2.imread fails in the next function, with !_src.empty() and not a word about the file."""
    with pytest.raises(cv2.error, match=r"!_src\.empty\(\)"):
        cv2.cvtColor(cv2.imread("missing.png"), cv2.COLOR_BGR2RGB)


def test_imwrite_gives_false(tmp_path):
    """Lesson 1: cv2.imwrite into a folder that is missing gives False; nothing is written, nothing raised."""
    assert cv2.imwrite(str(tmp_path / "missing" / "a.png"), np.zeros((2, 2, 3), np.uint8)) is False
    assert list(tmp_path.iterdir()) == []


def test_a_cut_jpeg_is_filled_up(tmp_path):
    """Lesson 1: half of a JPEG file, read by cv2.imread, is a whole picture, the lower part grey 128; no exception."""
    data = Path(ASTRONAUT).read_bytes()
    (tmp_path / "half.jpg").write_bytes(data[: len(data) // 2])
    half, whole = cv2.imread(str(tmp_path / "half.jpg")), cv2.imread(ASTRONAUT)
    assert half.shape == whole.shape
    assert 0.3 < (half == whole).all(axis=2).mean() < 0.7
    assert colors_of(half[-50:]) == [[128, 128, 128]]


def test_from_memory_a_cut_jpeg_is_none():
    """Lesson 1: the same half through cv2.imdecode is None (OpenCV 5)."""
    data = np.fromfile(ASTRONAUT, np.uint8)
    assert cv2.imdecode(data[: data.size // 2], cv2.IMREAD_COLOR) is None


def test_pillow_refuses_a_cut_jpeg():
    """Lesson 1: Pillow refuses half a JPEG, when the pixels are asked for and not at open."""
    data = Path(ASTRONAUT).read_bytes()
    image = Image.open(io.BytesIO(data[: len(data) // 2]))
    with pytest.raises(OSError, match="truncated"):
        image.load()


def test_korean_names_through_memory():
    """Lesson 1: cv2.imdecode(np.fromfile(path, np.uint8)) reads a file whatever its name, on every system."""
    data = np.fromfile(COFFEE, np.uint8)
    np.testing.assert_array_equal(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), read_image(COFFEE))


# ---------------------------------------------------------------------------- alpha


def hidden_red():
    """A PNG whose pixels are all red and all invisible."""
    buffer = io.BytesIO()
    Image.new("RGBA", (2, 2), (255, 0, 0, 0)).save(buffer, "PNG")
    return buffer


def test_imread_color_shows_what_alpha_hid():
    """Lesson 1: IMREAD_COLOR drops the alpha channel, and the colour of invisible pixels comes to light."""
    data = np.frombuffer(hidden_red().getvalue(), np.uint8)
    assert colors_of(cv2.imdecode(data, cv2.IMREAD_COLOR)) == [[0, 0, 255]]
    assert colors_of(cv2.imdecode(data, cv2.IMREAD_UNCHANGED)) == [[0, 0, 255, 0]]


def test_convert_rgb_shows_what_alpha_hid():
    """Lesson 1: Pillow's convert("RGB") does the same."""
    assert colors_of(np.array(Image.open(hidden_red()).convert("RGB"))) == [[255, 0, 0]]


# ------------------------------------------------------------------ one mask, five ways


def test_a_palette_mask_in_grayscale_is_luminance():
    """Lesson 1: IMREAD_GRAYSCALE gives a palette mask's luminances: labels 0, 1, 2, 3 become 0, 38, 75, 113."""
    mask = cv2.imread(COFFEE_MASK, cv2.IMREAD_GRAYSCALE)
    np.testing.assert_array_equal(mask, np.array([0, 38, 75, 113], np.uint8)[LABELS])


def test_a_palette_mask_unchanged_is_colours():
    """Lesson 1: IMREAD_UNCHANGED gives a palette mask's colours, not its labels."""
    mask = cv2.imread(COFFEE_MASK, cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(mask[:, :, ::-1], np.array(VOC_COLORS, np.uint8)[LABELS])


@pytest.mark.filterwarnings("ignore:The image decoding")
def test_pillow_and_torchvision_give_the_indices():
    """Lesson 1: Pillow and torchvision.io give a palette mask's labels."""
    np.testing.assert_array_equal(np.array(Image.open(COFFEE_MASK)), LABELS)
    np.testing.assert_array_equal(torchvision.io.decode_image(COFFEE_MASK)[0].numpy(), LABELS)


def test_convert_l_gives_luminance():
    """Lesson 1: Pillow's convert("L") turns the labels into luminances as well."""
    assert labels_of(np.array(Image.open(COFFEE_MASK).convert("L"))) == [0, 38, 75, 113]


def test_sixteen_bits_are_shifted_away():
    """Lesson 1: IMREAD_GRAYSCALE keeps the high byte of 16 bits: labels below 256 become 0, 257 becomes 1, 1000 3."""
    mask, exact = cv2.imread(ASTRONAUT_MASK, cv2.IMREAD_GRAYSCALE), read_mask(ASTRONAUT_MASK)
    assert labels_of(exact) == [0, 1, 2, 257, 1000]
    np.testing.assert_array_equal(mask, exact >> 8)


def test_unchanged_keeps_sixteen_bits():
    """Lesson 1: IMREAD_UNCHANGED and Pillow keep 16 bits."""
    np.testing.assert_array_equal(cv2.imread(ASTRONAUT_MASK, cv2.IMREAD_UNCHANGED), read_mask(ASTRONAUT_MASK))
    np.testing.assert_array_equal(np.array(Image.open(ASTRONAUT_MASK)), read_mask(ASTRONAUT_MASK))


def test_convert_l_clips_sixteen_bits():
    """Lesson 1: Pillow's convert("L") clips 16 bits: 257 and 1000 both become 255."""
    exact = read_mask(ASTRONAUT_MASK)
    np.testing.assert_array_equal(np.array(Image.open(ASTRONAUT_MASK).convert("L")), exact.clip(max=255))


@pytest.mark.parametrize(("bits", "factor"), [(1, 255), (2, 85), (4, 17)])
def test_few_bits_are_scaled(bits, factor):
    """Lesson 1: grey PNGs of 1, 2 and 4 bits are scaled by 255, 85 and 17, by OpenCV; by Pillow too, but for
    1 bit, which it gives as bool."""
    labels = np.arange(2**bits, dtype=np.uint8)[None]
    file = png(labels, bits=bits)
    for flag in (cv2.IMREAD_GRAYSCALE, cv2.IMREAD_UNCHANGED):
        np.testing.assert_array_equal(cv2.imdecode(np.frombuffer(file, np.uint8), flag), labels * np.uint8(factor))
    by_pillow = np.array(Image.open(io.BytesIO(file)))
    expected = labels.astype(bool) if bits == 1 else labels * np.uint8(factor)
    assert by_pillow.dtype == expected.dtype and by_pillow.tolist() == expected.tolist()


# ------------------------------------------------------------------------------ EXIF


def test_opencv_turns_but_not_unchanged():
    """Lesson 1: IMREAD_COLOR and IMREAD_GRAYSCALE apply the EXIF rotation, IMREAD_UNCHANGED does not."""
    assert cv2.imread(CAMERAMAN, cv2.IMREAD_COLOR).shape == (488, 366, 3)
    assert cv2.imread(CAMERAMAN, cv2.IMREAD_GRAYSCALE).shape == (488, 366)
    assert cv2.imread(CAMERAMAN, cv2.IMREAD_UNCHANGED).shape[:2] == (366, 488)


def test_pillow_turns_when_told():
    """Lesson 1: Image.open leaves a photo lying down until ImageOps.exif_transpose."""
    image = Image.open(CAMERAMAN)
    assert np.array(image).shape[:2] == (366, 488)
    np.testing.assert_array_equal(np.array(ImageOps.exif_transpose(image).convert("RGB")), read_image(CAMERAMAN))


def test_image_folder_does_not_turn():
    """Lesson 1: torchvision's ImageFolder loads a photo lying down: its loader ignores the EXIF rotation."""
    assert default_loader(CAMERAMAN).size == (488, 366)


@pytest.mark.filterwarnings("ignore:The image decoding")
def test_torchvision_turns_when_told():
    """Lesson 1: torchvision.io.decode_image turns a photo only with apply_exif_orientation=True."""
    assert torchvision.io.decode_image(CAMERAMAN).shape[-2:] == (366, 488)
    assert torchvision.io.decode_image(CAMERAMAN, apply_exif_orientation=True).shape[-2:] == (488, 366)


# ---------------------------------------------------------------------- JPEG and resize


@pytest.mark.parametrize("quality", [95, 75])
def test_a_jpeg_mask_changes_and_invents_labels(quality):
    """Lesson 1: a mask saved as JPEG comes back with other labels, and with labels that were never in it."""
    buffer = io.BytesIO()
    Image.fromarray(LABELS).save(buffer, "JPEG", quality=quality)
    back = np.array(Image.open(buffer))
    assert 0.001 < (back != LABELS).mean() < 0.1
    assert set(labels_of(back)) > {0, 1, 2, 3}


def test_the_default_resize_invents_labels():
    """Lesson 1: cv2.resize interpolates by default: from the labels 0, 3 and 10 it makes others in between."""
    mask = np.array([0, 3, 10, 3], np.uint8)[LABELS]
    small = cv2.resize(mask, (150, 100))
    assert set(labels_of(small)) > {0, 3, 10}
    np.testing.assert_array_equal(small, cv2.resize(mask, (150, 100), interpolation=cv2.INTER_LINEAR))
    assert labels_of(resize_mask(mask, 100, 150)) == [0, 3, 10]


def test_dsize_is_width_height():
    """Lesson 1: cv2.resize takes (width, height): asked for (480, 640), it gives an array (640, 480, 3)."""
    assert cv2.resize(cv2.imread(CAT), (480, 640)).shape == (640, 480, 3)


def nearest(mask, height, width):
    """The same resize by everyone who calls it nearest."""
    tensor = torch.from_numpy(mask)[None, None].float()
    return {
        "PIL NEAREST": np.asarray(Image.fromarray(mask).resize((width, height), Image.Resampling.NEAREST)),
        "cv2 INTER_NEAREST_EXACT": resized(mask, height, width, cv2.INTER_NEAREST_EXACT),
        "torch nearest-exact": interpolate(tensor, (height, width), mode="nearest-exact")[0, 0].numpy(),
        "cv2 INTER_NEAREST": resized(mask, height, width, cv2.INTER_NEAREST),
        "torch nearest": interpolate(tensor, (height, width), mode="nearest")[0, 0].numpy(),
    }


def resized(mask, height, width, how):
    return cv2.resize(mask, (width, height), interpolation=how).reshape(height, width)


def test_not_all_nearest_are_the_same():
    """Lesson 1: halving a mask, PIL's NEAREST, cv2's INTER_NEAREST_EXACT and torch's "nearest-exact" agree with
    resize_mask everywhere; cv2's INTER_NEAREST and torch's "nearest" take another pixel, everywhere."""
    noise = np.random.default_rng(0).integers(0, 256, (100, 100), np.uint8)
    differing = {name: (result != resize_mask(noise, 50, 50)).mean() for name, result in nearest(noise, 50, 50).items()}
    assert [differing[name] for name in list(differing)[:3]] == [0, 0, 0]
    assert differing["cv2 INTER_NEAREST"] > 0.99 and differing["torch nearest"] > 0.99


def test_centres_differ_at_ties_only():
    """Lesson 1: where a centre falls exactly between two pixels, resize_mask takes the lower or right one, always; PIL,
    cv2 and torch round, and sometimes take the other. Nowhere else do the three differ from it."""
    ties = dict.fromkeys(["PIL NEAREST", "cv2 INTER_NEAREST_EXACT", "torch nearest-exact"], 0)
    for height in range(1, 25):
        mask = np.arange(height, dtype=np.uint8)[:, None]
        for new in range(1, 50):
            ours = resize_mask(mask, new, 1)[:, 0].astype(int)
            tie = (2 * np.arange(new) + 1) * height % (2 * new) == 0
            everyone = nearest(mask, new, 1)
            for name in ties:
                theirs = everyone[name][:, 0].astype(int)
                assert (ours == theirs)[~tie].all() and np.isin(ours - theirs, [0, 1]).all(), (name, height, new)
                ties[name] += int((ours != theirs).sum())
    assert all(ties.values()), ties


def test_torchvision_io_is_on_its_way_out():
    """Lesson 1: torchvision.io's decoders are deprecated since torchvision 0.29."""
    with pytest.warns(DeprecationWarning, match="TorchCodec"):
        torchvision.io.decode_image(CAT)
