"""What lesson 1 says about other libraries, as far as test_files.py does not have it already.

Each test backs the sentence that its docstring quotes. A failure means: the sentence is no longer true.
"""

import io
import os
import subprocess
import sys
from pathlib import Path

import cv2
import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image
from spec.files import palette_png
from torch.nn.functional import cross_entropy, interpolate
from torchvision import tv_tensors
from torchvision.datasets.folder import default_loader
from torchvision.transforms import v2

from seeing_tensors import data_path, read_image, read_mask, resize_mask

COFFEE = data_path("photos/things/커피.png")
COFFEE_MASK = data_path("masks/coffee.png")  # a palette with Pascal VOC colours, labels 0 to 3
CAT_MASK = data_path("masks/cat.png")  # 0 and 255
ASTRONAUT_MASK = data_path("masks/astronaut.png")  # 16 bits, labels 0, 1, 2, 257, 1000

LABELS = read_mask(COFFEE_MASK)
SMALL = resize_mask(LABELS, 100, 150)
OTHER = np.array([0, 7, 3, 12], np.uint8)  # new numbers of the four classes


def says(sentence):
    return f"lesson 1 says: {sentence}"


# ---------------------------------------------------------------- grey and division


def test_grey_of_a_palette_drops_the_fraction():
    """Lesson 1: "OpenCV looks the colour of each number up and gives you the grey of that colour, (299 R + 587 G + 114
    B) / 1000 without the fraction. (For a few colours in a thousand it is the level next to that.)" """
    errors = []
    for palette in np.random.default_rng(0).integers(0, 256, (40, 256, 3)):
        palette[:4] = [[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0]]
        file = np.frombuffer(palette_png(np.arange(256)[None], palette), np.uint8)
        grey = cv2.imdecode(file, cv2.IMREAD_GRAYSCALE)[0].astype(int)
        errors.append(grey - palette @ [299, 587, 114] // 1000)
        assert errors[-1][:4].tolist() == [0] * 4, says("the greys of the mask's palette are without the fraction")
    off = np.abs(errors)
    assert off.max() == 1 and off.mean() < 0.01, says("a few colours in a thousand, and the level next to it")


def test_a_binary_mask_survives_the_division():
    """Lesson 1: "0 and 255 become classes 0 and 1 ... Of labels that count classes, all below 255 become 0." """
    binary = np.array(Image.open(CAT_MASK))
    np.testing.assert_array_equal((binary / 255).astype(np.int64), binary == 255, says("0 and 255 become 0 and 1"))
    classes = np.arange(256, dtype=np.uint8)
    assert (classes / 255).astype(np.int64).tolist() == [0] * 255 + [1], says("all labels below 255 become 0")


# ------------------------------------------------------------------------- the loss


def accepts(mask, classes):
    target = torch.from_numpy(mask.astype(np.int64))[None]
    try:
        cross_entropy(torch.zeros(1, classes, *mask.shape[:2]), target)
    except (IndexError, RuntimeError):
        return False
    return True


def test_cross_entropy_tests_whether_a_number_is_a_class():
    """Lesson 1: "A loss tests whether a number is a class, not whether it is the right one." """
    greys = np.array([[0, 38, 75, 113]])
    assert not accepts(greys, 4), says("with four classes the greys are refused")
    assert accepts(greys, 150), says("with 150 classes the greys are accepted")
    assert not accepts(np.array([[0, 1, 2, 3, 4]]), 4), says("with four classes a JPEG's label 4 is refused")
    assert accepts(np.zeros((2, 2)), 4), says("the reading that turns every pixel into background always passes")
    assert not accepts(np.zeros((2, 2, 3)), 150), says("colours are refused with any number of classes")


# ----------------------------------------------------------------- files and channels


def test_opencv_logs_unless_told_not_to(tmp_path):
    """Lesson 1 turns the log off in its first cell: OpenCV writes a line there for a missing file."""
    command = [sys.executable, "-c", "import cv2; print(cv2.imread('missing.png'))"]
    for level, silent in (("WARNING", False), ("SILENT", True)):
        environment = os.environ | {"OPENCV_LOG_LEVEL": level}
        run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
        assert run.stdout == "None\n", says("imread returns None")
        assert (run.stderr == "") == silent, says("OPENCV_LOG_LEVEL=SILENT turns the log off")


def test_opencv_takes_a_path(tmp_path):
    """Lesson 1 hands `Path` objects to imread and imwrite."""
    assert cv2.imwrite(tmp_path / "mask.png", LABELS) is True
    np.testing.assert_array_equal(cv2.imread(Path(tmp_path) / "mask.png", cv2.IMREAD_GRAYSCALE), LABELS)


def test_a_second_swap_undoes_the_first():
    """Lesson 1: "a second swap undoes the first." """
    bgr = cv2.imread(COFFEE)
    twice = cv2.cvtColor(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), cv2.COLOR_BGR2RGB)
    np.testing.assert_array_equal(twice, bgr, says("a second swap undoes the first"))


def test_the_order_shows_in_the_means_of_the_channels():
    """Lesson 1: "no range, shape or mean over all channels gives the order away. The mean of each channel would." """
    bgr, saucer = cv2.imread(COFFEE), LABELS == 1
    first, _, last = bgr[saucer].mean(axis=0)
    assert first < last / 4, says("the mean of each channel would, if you know what red looks like")


def test_contiguous_may_still_be_negative():
    """Lesson 1: "`np.ascontiguousarray` may hand back the same negative strides", and `.copy()` does not."""
    view = np.zeros((1, 1, 3), np.uint8)[::-1]
    assert min(np.ascontiguousarray(view).strides) < 0, says("may hand back the same negative strides")
    with pytest.raises(ValueError, match="negative"):
        torch.from_numpy(np.ascontiguousarray(view))
    torch.from_numpy(view.copy())


def test_the_others_take_rgb():
    """Lesson 1: "Everything else on your desk (matplotlib, Pillow, torchvision) takes them as red, green, blue." """
    red = np.full((4, 4, 3), (255, 0, 0), np.uint8)
    assert Image.fromarray(red).getpixel((0, 0)) == (255, 0, 0) == Image.new("RGB", (1, 1), "red").getpixel((0, 0))
    assert v2.functional.to_pil_image(red).getpixel((0, 0)) == (255, 0, 0), says("torchvision takes red, green, blue")
    fig = plt.figure(figsize=(1, 1), dpi=20)
    fig.add_axes([0, 0, 1, 1]).imshow(red)
    fig.canvas.draw()
    assert np.asarray(fig.canvas.buffer_rgba())[10, 10].tolist() == [255, 0, 0, 255], says("so does matplotlib")
    plt.close(fig)


def test_image_folder_converts_everything_to_rgb(tmp_path):
    """Lesson 1: "torchvision's ImageFolder is made for photos and converts everything to RGB." """
    rgba = np.dstack([read_image(COFFEE), np.zeros((400, 600), np.uint8)])
    Image.fromarray(rgba).save(tmp_path / "hidden.png")
    for path in (COFFEE_MASK, ASTRONAUT_MASK, tmp_path / "hidden.png"):
        assert default_loader(path).mode == "RGB", says("ImageFolder converts everything to RGB")
    np.testing.assert_array_equal(
        default_loader(tmp_path / "hidden.png"), rgba[:, :, :3], says("what alpha hid is there")
    )
    clipped = np.array(default_loader(ASTRONAUT_MASK))
    np.testing.assert_array_equal(
        clipped[:, :, 0], read_mask(ASTRONAUT_MASK).clip(max=255), says("16 bits are clipped")
    )


def test_the_other_readers_raise():
    """Lesson 1's table of readers: for a missing file Pillow, ImageFolder and matplotlib raise FileNotFoundError."""
    for reader in (Image.open, default_loader, plt.imread):
        with pytest.raises(FileNotFoundError):
            reader("missing.png")


def test_plt_imread_gives_a_palettes_colours():
    """Lesson 1: "matplotlib makes floats of a PNG": of a palette mask RGBA colours, of a 16-bit mask the labels /
    65535."""
    colours, grey = plt.imread(COFFEE_MASK), plt.imread(ASTRONAUT_MASK)
    assert colours.dtype == grey.dtype == np.float32 and colours.shape == (400, 600, 4), says("floats of a PNG")
    np.testing.assert_allclose(grey, read_mask(ASTRONAUT_MASK) / 65535, rtol=1e-6, err_msg=says("ready to be drawn"))


def test_pillow_keeps_the_indices_of_few_bits():
    """Lesson 1: "Grey of 2 and 4 bits comes out of Pillow stretched to 0 to 255, a palette's numbers do not." """
    for bits in (1, 2, 4):
        index = np.arange(2**bits)[None]
        image = Image.open(io.BytesIO(palette_png(index, np.zeros((2**bits, 3)), bits=bits)))
        assert np.array(image).tolist() == index.tolist(), says("a palette's numbers do not come out stretched")


# --------------------------------------------------------------------- JPEG and resize


def test_default_qualities():
    """More on lesson 1: "Pillow saves at 75 unless told otherwise, OpenCV at 95." """
    default, told = io.BytesIO(), io.BytesIO()
    Image.fromarray(LABELS).save(default, "JPEG")
    Image.fromarray(LABELS).save(told, "JPEG", quality=75)
    assert default.getvalue() == told.getvalue(), says("Pillow saves at 75 unless told otherwise")
    default, told = (cv2.imencode(".jpg", LABELS, options)[1] for options in ([], [cv2.IMWRITE_JPEG_QUALITY, 95]))
    assert default.tobytes() == told.tobytes(), says("OpenCV saves at 95 unless told otherwise")


@pytest.mark.parametrize("quality", [95, 75, 50])
def test_no_quality_brings_the_labels_back(quality):
    """More on lesson 1: "At no quality here do the labels come back." """
    buffer = io.BytesIO()
    Image.fromarray(LABELS).save(buffer, "JPEG", quality=quality)
    assert (np.array(Image.open(buffer)) != LABELS).any(), says("at no quality here do the labels come back")


def test_bilinear_invents_what_the_values_do_not_show():
    """Lesson 1: "The usual check, a look at the values, finds nothing"; yet pixels have a class with no share in
    them."""
    blended = cv2.resize(SMALL, (600, 400))
    assert np.unique(blended).tolist() == [0, 1, 2, 3], says("a look at the values finds nothing")
    share = np.stack([cv2.resize((k == SMALL).astype(np.float32), (600, 400)) for k in range(4)])
    invented = np.take_along_axis(share, blended[None].astype(int), axis=0)[0] == 0
    assert invented.sum() > 500, says("pixels were given a class of which there is nothing beneath them")


def test_between_table_and_cup_there_is_a_saucer():
    """Lesson 1: "With a = 0 (table), b = 2 (cup) and t = 1/2 it finds v = 1: a saucer." """
    assert cv2.resize(np.array([[0, 2]], np.uint8), (3, 1)).tolist() == [[0, 1, 2]], says("it finds v = 1")


def test_bilinear_is_a_mean_of_four_neighbours():
    """Lesson 1: in a bilinear resize "each new pixel is a weighted mean of its four neighbours", here with 1/4 each."""
    picture = np.random.default_rng(0).random((8, 8), np.float32)
    means = (picture[1::4, 1::4] + picture[1::4, 2::4] + picture[2::4, 1::4] + picture[2::4, 2::4]) / 4
    np.testing.assert_allclose(cv2.resize(picture, (2, 2)), means, rtol=1e-5, err_msg=says("its four neighbours"))


def test_a_blend_depends_on_the_numbers():
    """Lesson 1: "Give the classes other numbers and the same code finds other things." """
    before, after = cv2.resize(OTHER[SMALL], (600, 400)), OTHER[cv2.resize(SMALL, (600, 400))]
    assert (before != after).any(), says("the same code finds other things")
    assert set(np.unique(before)) > set(np.unique(after)), says("new numbers, then resize, finds more than four")


ROWS = np.arange(10, dtype=np.uint8)[:, None].repeat(4, axis=1)
TENSOR = torch.from_numpy(ROWS)[None, None]


def first_column(result):
    return np.asarray(result).reshape(4, 4)[:, 0].tolist()


def test_three_nearests_go_by_the_corner():
    """More on lesson 1: "The first three take row floor(i H / h), under the corner of the new pixel." """
    corner = [i * 10 // 4 for i in range(4)]
    opencv = cv2.resize(ROWS, (4, 4), interpolation=cv2.INTER_NEAREST)
    assert first_column(opencv) == corner, says("cv2.INTER_NEAREST takes the corner")
    assert first_column(interpolate(TENSOR.float(), (4, 4), mode="nearest")) == corner, says("so does torch's nearest")
    assert first_column(v2.Resize((4, 4))(tv_tensors.Mask(TENSOR[0]))) == corner, says("so does v2.Resize on a Mask")


def copied(row, size):
    """A row of labels at another width, by the four programs of lesson 1's figure."""
    as_batch = torch.from_numpy(row)[None, None].float()
    return {
        "resize_mask": resize_mask(row, 1, size)[0],
        "Pillow": np.array(Image.fromarray(row).resize((size, 1), Image.Resampling.NEAREST))[0],
        "OpenCV": cv2.resize(row, (size, 1), interpolation=cv2.INTER_NEAREST)[0],
        "torch": interpolate(as_batch, (1, size), mode="nearest")[0, 0, 0].numpy(),
    }


def test_two_of_four_lose_the_spoon():
    """Lesson 1: "the spoon is one pixel of it, number 8. With six new pixels two of four programs lose the spoon: they
    look under the left edge"; there is one size "at which even these two part"."""
    row = resize_mask(LABELS, 14, 14)[8:9]
    assert np.flatnonzero(row[0] == 3).tolist() == [8], says("the spoon is one pixel, number 8")
    lost = [name for name, taken in copied(row, 6).items() if 3 not in taken]
    assert lost == ["OpenCV", "torch"], says("two of four programs lose the spoon")
    numbers = np.arange(14, dtype=np.uint8)[None]
    left = [i * 14 // 6 for i in range(6)]
    assert all(copied(numbers, 6)[name].tolist() == left for name in lost), says("they look under the left edge")
    sizes = [n for n in range(1, 21) if (copied(numbers, n)["OpenCV"] != copied(numbers, n)["torch"]).any()]
    assert sizes == [18], says("find the one size at which even these two part")


def test_bilinear_goes_by_the_centre():
    """More on lesson 1: the corner is "half a new pixel away from where a bilinear resize puts the photo." """
    centre = [(i + 0.5) * 10 / 4 - 0.5 for i in range(4)]  # row 0 has its centre at 0.5
    opencv = cv2.resize(ROWS.astype(np.float32), (4, 4))
    torchs = interpolate(TENSOR.float(), (4, 4), mode="bilinear")
    assert first_column(opencv) == first_column(torchs) == centre, says("a bilinear resize goes by the centre")


def test_torchs_documentation_on_nearest_exact():
    """More on lesson 1: "torch's documentation says that nearest-exact was added beside nearest to repair it without
    changing
    old results." """
    text = " ".join(interpolate.__doc__.split())
    assert "fixes known issues with ``mode='nearest'``" in text, says("to repair it")
    assert "introduced to keep backward compatibility" in text, says("without changing old results")


def test_v2_blends_a_plain_tensor():
    """More on lesson 1: "v2.Resize takes a plain tensor for a photo and blends, until you wrap it in
    `tv_tensors.Mask`." """
    plain = torch.from_numpy(OTHER[LABELS])[None]
    resize = v2.Resize((128, 192))
    assert set(resize(plain).unique().tolist()) > {0, 3, 7, 12}, says("v2.Resize blends a plain tensor")
    assert set(resize(tv_tensors.Mask(plain)).unique().tolist()) == {0, 3, 7, 12}, says("it copies a Mask")


def test_pillow_copies_palette_indices():
    """More on lesson 1: "Pillow knows that a palette's numbers are names: ask for BILINEAR, and it copies all the
    same." """
    asked = Image.open(COFFEE_MASK).resize((192, 128), Image.Resampling.BILINEAR)
    assert asked.mode == "P"
    np.testing.assert_array_equal(asked, resize_mask(LABELS, 128, 192), says("it copies all the same"))


# ------------------------------------------------------------------------ void and BCE


def test_void_is_a_number_like_any_other():
    """Lesson 1: "Target 255 is out of bounds"; "With `ignore_index=255` the loss looks at the background alone and
    never
    sees a cat", and "The last two lines print the same number, ln 2"."""
    cat = torch.from_numpy(np.array(Image.open(CAT_MASK)).astype(np.int64))[None]
    scores = torch.zeros(1, 2, *cat.shape[1:], requires_grad=True)
    with pytest.raises(IndexError, match="Target 255 is out of bounds"):
        cross_entropy(scores, cat)
    void = cross_entropy(scores, cat, ignore_index=255)
    void.backward()
    void = void.detach()
    assert (scores.grad[0, :, cat[0] == 255] == 0).all(), says("never sees a cat")
    both = [void, cross_entropy(scores.detach(), (cat == 255).long())]
    assert all(abs(float(loss) - np.log(2)) < 1e-5 for loss in both), says("the same number, ln 2")


def test_a_binary_mask_may_be_floats():
    """Lesson 1: "A network with one output per pixel takes this mask as floats 0 and 1, with
    `binary_cross_entropy_with_logits`"; whole numbers it refuses."""
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    assert abs(float(bce(torch.zeros(2, 2), torch.eye(2))) - np.log(2)) < 1e-6
    with pytest.raises(RuntimeError):
        bce(torch.zeros(2, 2), torch.eye(2, dtype=torch.int64))


def test_plt_imread_is_of_two_minds(tmp_path):
    """Lesson 1: "matplotlib makes floats of a PNG, ready to be drawn, and bytes of a JPEG: divide its result by 255,
    and
    a PNG is divided twice." """
    picture = Image.fromarray(np.full((8, 8, 3), 255, np.uint8))
    for kind, dtype, most in (("png", np.float32, 1), ("jpg", np.uint8, 255)):
        picture.save(tmp_path / f"white.{kind}")
        read = plt.imread(tmp_path / f"white.{kind}")
        assert read.dtype == dtype and read.max() == most, says("floats of a PNG and bytes of a JPEG")


def test_two_faults_pass_the_contract():
    """Lesson 1: "What no such question finds: the bilinear resize, whose labels are all known; a photo with red and
    blue
    exchanged; a photo turned by half a turn." """
    photo = read_image(COFFEE)
    for wrong in (photo[..., ::-1], photo[::-1, ::-1]):
        assert wrong.shape == photo.shape and wrong.dtype == photo.dtype
        assert np.array_equal(np.bincount(wrong.ravel()), np.bincount(photo.ravel())), says("no number tells")
    blended = cv2.resize(SMALL, (600, 400))
    assert set(np.unique(blended)) == set(np.unique(LABELS)), says("whose labels are all known")


# --------------------------------------------------------------------- more on lesson 1


def test_a_progressive_jpeg_comes_back_whole_and_coarse(tmp_path):
    """More on lesson 1: "A baseline JPEG whose download broke off ... the missing part filled with flat grey ... (A
    progressive one comes back whole and coarse.)" """
    photo = Image.fromarray(read_image(COFFEE))
    ends = {}
    for progressive in (False, True):
        buffer = io.BytesIO()
        photo.save(buffer, "JPEG", quality=90, progressive=progressive)
        path = tmp_path / f"{progressive}.jpg"
        path.write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
        ends[progressive] = cv2.imread(path)[-40:].astype(float)
    assert ends[False].std() == 0, says("filled with flat grey")
    assert ends[True].std() > 20, says("whole and coarse")


def test_who_antialiases():
    """More on lesson 1: "OpenCV's default does not; Pillow always does; torch does if asked; torchvision's `v2.Resize`
    does unless told not to." """
    noise = np.random.default_rng(0).integers(0, 256, (256, 256), np.uint8)  # noise, std 74
    x = torch.from_numpy(noise)[None, None].float()

    def blurred(picture):  # a mean of 64 pixels and more has a std below 10, one of four pixels above 30
        return np.std(np.asarray(picture, float)) < 20

    size = (32, 32)
    assert not blurred(cv2.resize(noise, size)), says("OpenCV's default does not")
    assert blurred(Image.fromarray(noise).resize(size, Image.Resampling.BILINEAR)), says("Pillow always does")
    assert not blurred(interpolate(x, size, mode="bilinear")[0, 0])
    assert blurred(interpolate(x, size, mode="bilinear", antialias=True)[0, 0]), says("torch does if asked")
    image = tv_tensors.Image(torch.from_numpy(noise)[None])
    assert blurred(v2.Resize(size)(image)[0]), says("v2.Resize does")
    assert not blurred(v2.Resize(size, antialias=False)(image)[0]), says("unless told not to")


def test_v2_resize_and_pillow_agree_on_bytes():
    """More on lesson 1's table: v2.Resize of a uint8 image and Pillow's bilinear are at most a level apart."""
    photo = read_image(COFFEE)
    ours = v2.Resize((50, 75))(tv_tensors.Image(torch.from_numpy(photo).permute(2, 0, 1))).permute(1, 2, 0).numpy()
    theirs = np.array(Image.fromarray(photo).resize((75, 50), Image.Resampling.BILINEAR))
    assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_only_the_first_plain_tensor_is_an_image():
    """More on lesson 1: "Of several *plain* tensors only the first is taken for an image, and the others pass through
    untouched: a mask that was never wrapped stays where it was." """
    flip = v2.RandomHorizontalFlip(1)
    photo, mask = torch.arange(12.0).reshape(3, 2, 2), torch.tensor([[0, 1], [2, 3]])
    flipped, kept = flip(photo, mask)
    assert torch.equal(flipped, photo.flip(-1)) and torch.equal(kept, mask), says("stays where it was")
    assert torch.equal(flip(photo, tv_tensors.Mask(mask))[1], mask.flip(-1)), says("one transform for both")


def test_unequal_sizes_do_not_stack():
    """More on lesson 1: "A batch is one tensor, so its pictures have one size." """
    with pytest.raises(RuntimeError, match="stack expects each tensor to be equal size"):
        torch.stack([torch.zeros(3, 4, 6), torch.zeros(3, 3, 6)])
