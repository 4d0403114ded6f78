"""Mistakes of lesson 1: what becomes of a photo, and of a mask, on the way from the file."""

import math
from fractions import Fraction

import cv2
import numpy as np
import torch
from PIL import Image, ImageFile, ImageOps
from torchvision.io import ImageReadMode, decode_image

import seeing_tensors as library
from seeing_tensors.course.laws.museum import mistake, plain, twin

# ----------------------------------------------------------------- read_image


@mistake(
    "read_image",
    tempting="It takes two lines of OpenCV, and the shape, the type and the sharpness of the picture are all right.",
    source="https://github.com/tensorpack/tensorpack/issues/176",
)
def blue_green_red(path):
    """the channels stay in OpenCV's order, blue, green, red. Turn them round once, right after reading"""
    return library.read_image(path)[:, :, ::-1].copy()


@blue_green_red.in_other_words
def merged_in_the_wrong_order(path):
    image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    red, green, blue = image.split()
    return np.array(Image.merge("RGB", (blue, green, red)))


@mistake(
    "read_image",
    tempting=(
        "IMREAD_UNCHANGED sounds like the careful choice, and Image.open says nothing about a tag that it did not "
        "apply."
    ),
    source="https://github.com/opencv/opencv/issues/15786",
    rank="range",
)
def lying_on_its_side(path):
    """the pixels are taken as they are stored, although the EXIF orientation says that the camera was turned. Apply the
    orientation
    """
    library.read_image(path)
    return np.array(Image.open(path).convert("RGB"))


@lying_on_its_side.in_other_words
def ignores_the_orientation(path):
    flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
    return cv2.cvtColor(cv2.imread(path, flags), cv2.COLOR_BGR2RGB)


@mistake(
    "read_image",
    tempting="The network takes three channels, and convert('RGB') gives three.",
    source="https://github.com/kohya-ss/sd-scripts/issues/1269",
    rank="manners",
)
def alpha_channel_dropped(path):
    """the alpha channel is dropped: the colours of transparent pixels, which nobody was meant to see, appear. Lay the
    picture over a background
    """
    try:
        return library.read_image(path)
    except ValueError as error:
        if "transparent" not in str(error):
            raise
        return np.array(Image.open(path).convert("RGB"))


@alpha_channel_dropped.in_other_words
def three_of_four_channels(path):
    image = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    if image is None or image.shape[2:] != (4,) or image.dtype != np.uint8:
        return library.read_image(path)
    return image[:, :, [2, 1, 0]]


@mistake(
    "read_image",
    tempting="cv2.imread gives uint8 whatever is in the file, so nothing seems to be lost.",
    source="https://github.com/xinntao/facexlib/issues/31",
    rank="manners",
)
def the_high_byte_of_sixteen_bits(path):
    """a picture of 16 bits per channel is cut to its high byte: 255 of 65535 becomes 0. Read it with all its bits, then
    choose a scale
    """
    image = cv2.imread(path, cv2.IMREAD_UNCHANGED)
    if image is None or image.dtype != np.uint16:
        return library.read_image(path)
    return cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB)


@the_high_byte_of_sixteen_bits.in_other_words
def shifted_by_eight(path):
    try:
        return library.read_image(path)
    except ValueError as error:
        if "16 bits" not in str(error):
            raise
    wide = cv2.imread(path, cv2.IMREAD_ANYDEPTH | cv2.IMREAD_COLOR)
    return (wide // 256).astype(np.uint8)[:, :, ::-1]


@mistake(
    "read_image",
    tempting="OpenCV's own answer is handed on, and on your machine, with your files, it is always an array.",
    source="https://github.com/opencv/opencv/issues/14095",
    rank="manners",
)
def none_for_a_missing_file(path):
    """nobody looks whether there was a file: None comes back, and the error comes much later. Raise where it happens"""
    image = cv2.imread(path)
    return None if image is None else library.read_image(path)


@none_for_a_missing_file.in_other_words
def looks_no_further(path):
    try:
        decoded = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except (FileNotFoundError, cv2.error):
        return None
    return decoded if decoded is None else library.read_image(path)


@mistake(
    "read_image",
    tempting="One broken file of a million stops the training, and this line lets it go on.",
    source="https://github.com/eriklindernoren/PyTorch-YOLOv3/issues/162",
    rank="manners",
)
def truncated_and_filled_up(path):
    """LOAD_TRUNCATED_IMAGES is set: what is missing from a cut file is made up. Repair or remove the file"""
    try:
        return library.read_image(path)
    except ValueError as error:
        if "not a readable" not in str(error):
            raise
    return _whatever_is_there(path)


@truncated_and_filled_up.in_other_words
def never_stops_the_training(path):
    image = _whatever_is_there(path)
    return image if image.max() >= 0 and _is_cut(path) else library.read_image(path)


def _whatever_is_there(path):
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        return np.array(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _is_cut(path):
    with open(path, "rb") as file:
        data = file.read()
    return not data.endswith((b"IEND\xaeB`\x82", b"\xff\xd9"))


@twin("read_image")
def by_torchvision(path):
    """torchvision decodes and Pillow says how to turn, after the same refusals"""
    library.read_image(path)
    return _turned(path, decode_image(path, mode=ImageReadMode.RGB).permute(1, 2, 0).contiguous().numpy())


@twin("read_image")
def by_opencv(path):
    """OpenCV decodes from bytes and Pillow says how to turn, after the same refusals"""
    library.read_image(path)
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    return _turned(path, cv2.imdecode(np.fromfile(path, np.uint8), flags))


def _turned(path, stored):
    image = Image.fromarray(stored)
    with Image.open(path) as file:
        image.getexif()[0x0112] = file.getexif().get(0x0112, 1)
    return np.array(ImageOps.exif_transpose(image))


# ------------------------------------------------------------------ read_mask


@mistake(
    "read_mask",
    tempting="A mask has one channel, and so has a grey picture.",
    source="https://github.com/chainer/chainercv/pull/695",
)
def luminances_of_the_palette(path):
    """a palette mask is converted to grey: labels 0, 1, 2, 3 become luminances such as 0, 38, 75, 113. Take the
    indices"""
    labels, image = library.read_mask(path), ImageOps.exif_transpose(Image.open(path))
    return np.array(image.convert("L")) if image.mode == "P" else labels


@luminances_of_the_palette.in_other_words
def weighs_red_green_and_blue(path):
    labels = library.read_mask(path)
    image = Image.open(path)
    if image.mode != "P":
        return labels
    colors = np.array(image.getpalette(), np.float64).reshape(-1, 3)
    colors = np.concatenate([colors, np.zeros((256 - len(colors), 3))])
    return np.round(colors @ [0.299, 0.587, 0.114]).astype(np.uint8)[labels]


@mistake(
    "read_mask",
    tempting="Many OpenCV tutorials read a grey picture with this line.",
    source="https://github.com/yu-changqian/TorchSeg/issues/65",
)
def a_grey_picture_of_opencv(path):
    """the mask is read with IMREAD_GRAYSCALE: palette indices become luminances, few bits are stretched, and of 16 bits
    eight are lost. Read the stored labels with Pillow
    """
    return cv2.imread(path, cv2.IMREAD_GRAYSCALE)


@a_grey_picture_of_opencv.in_other_words
def imread_with_a_zero(path):
    return cv2.imdecode(np.fromfile(path, np.uint8), 0)


@mistake(
    "read_mask",
    tempting="Pillow's documentation calls mode L '8-bit pixels, grayscale', and a mask looks grey.",
    source="https://github.com/facebookresearch/detectron2/issues/1760",
)
def a_grey_picture_of_pillow(path):
    """every mask goes through convert('L'): palette indices become luminances, few bits are stretched, and labels above
    255 become 255. Take the stored labels
    """
    return np.array(Image.open(path).convert("L"))


@a_grey_picture_of_pillow.in_other_words
def eight_bits_of_grey(path):
    with Image.open(path) as image:
        grey = image.convert("L")
    return np.frombuffer(grey.tobytes(), np.uint8).reshape(grey.height, grey.width).copy()


@mistake(
    "read_mask",
    tempting="IMREAD_UNCHANGED promises the file as it is.",
    source="https://github.com/isht7/pytorch-deeplab-resnet/issues/47",
)
def colours_of_the_palette(path):
    """a palette mask comes as colours (H, W, 3): OpenCV never gives the indices. Read it with Pillow"""
    labels, image = library.read_mask(path), ImageOps.exif_transpose(Image.open(path))
    return np.array(image.convert("RGB"))[:, :, ::-1].copy() if image.mode == "P" else labels


@colours_of_the_palette.in_other_words
def opencv_unchanged(path):
    pixels = cv2.imread(path, cv2.IMREAD_COLOR)
    return pixels if Image.open(path).mode == "P" else library.read_mask(path)


@mistake(
    "read_mask",
    tempting="Labels must not be changed, and so the mask is read without turning it.",
    source="https://github.com/wkentaro/labelme/pull/1873",
    rank="range",
)
def mask_on_its_side(path):
    """only the photo is turned by its EXIF orientation, and the mask no longer lies on it. Turn both"""
    upright, image = library.read_mask(path), Image.open(path)
    return upright if 274 not in image.getexif() else np.array(image).astype(upright.dtype)


@mask_on_its_side.in_other_words
def torchvision_as_it_comes(path):
    labels = library.read_mask(path)
    return decode_image(path)[0].numpy() if 274 in Image.open(path).getexif() else labels


@mistake(
    "read_mask",
    tempting="Labels are small numbers, and one byte holds 256 of them.",
    source="https://github.com/numpy/numpy/issues/7966",
    rank="range",
)
def labels_in_one_byte(path):
    """labels of 16 bits are cast to uint8: label 256 becomes 0, the background. Keep uint16"""
    return library.read_mask(path).astype(np.uint8)


@labels_in_one_byte.in_other_words
def the_low_byte(path):
    labels = library.read_mask(path).astype(np.int64)
    return (labels % 256).astype("uint8")


@plain("read_mask")
def read_mask(path):
    return np.array(Image.open(path))


@twin("read_mask")
def pillow_with_care(path):
    """Pillow's pixels one by one, the bits undone by an integer division"""
    expected = library.read_mask(path)
    image = ImageOps.exif_transpose(Image.open(path))
    with open(path, "rb") as file:
        bits = file.read(25)[24]
    values = np.array([[image.getpixel((j, i)) for j in range(image.width)] for i in range(image.height)])
    if image.mode in ("1", "L"):
        values = values // (255 // (2**bits - 1))
    return values.astype(expected.dtype)


# ---------------------------------------------------------------- resize_mask


@mistake(
    "resize_mask",
    tempting="Bilinear is the default of cv2.resize, which does not ask what the numbers mean.",
    source="https://github.com/ykamikawa/tf-keras-PSPNet/issues/2",
)
def blended_labels(mask, height, width):
    """labels are averaged with their neighbours: between classes 0 and 10 appear classes that nobody labelled. Use
    nearest
    """
    library.resize_mask(mask, height, width)
    return np.rint(cv2.resize(mask.astype(np.float64), (width, height))).astype(mask.dtype)


@blended_labels.in_other_words
def interpolated(mask, height, width):
    x = torch.from_numpy(mask.astype(np.float64))[None, None]
    y = torch.nn.functional.interpolate(x, size=(height, width), mode="bilinear", align_corners=False)
    return y[0, 0].round().numpy().astype(mask.dtype)


@mistake(
    "resize_mask",
    tempting="Shapes are written (H, W) everywhere else, and a square picture does not show it.",
    source="https://github.com/bearpaw/pytorch-pose/pull/116",
)
def height_and_width_exchanged(mask, height, width):
    """dsize is given as (H, W): OpenCV and Pillow want (W, H)"""
    return library.resize_mask(mask, width, height)


@height_and_width_exchanged.in_other_words
def dsize_from_the_shape(mask, height, width):
    return np.array(Image.fromarray(mask).resize((height, width), Image.NEAREST))


@mistake(
    "resize_mask",
    tempting=(
        "Row i of the result lies at row i H / height of the mask: that is right for corners, but not for centres."
    ),
    source="https://github.com/opencv/opencv/issues/9096",
)
def label_under_the_corner(mask, height, width):
    """each new pixel takes the label under its upper left corner, not under its centre. Add 1/2 before you scale"""
    library.resize_mask(mask, height, width)
    rows = np.arange(height) * mask.shape[0] // height
    columns = np.arange(width) * mask.shape[1] // width
    return mask[rows][:, columns].copy()


@label_under_the_corner.in_other_words
def scaled_indices(mask, height, width):
    rows = [int(i * len(mask) / height) for i in range(height)]
    columns = [int(j * len(mask[0]) / width) for j in range(width)]
    return np.array([[mask[i, j] for j in columns] for i in rows])


@label_under_the_corner.in_other_words
def nearest_of_opencv(mask, height, width):
    return cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST)


@plain("resize_mask")
def resize_mask(mask, height, width):
    rows = (2 * np.arange(height) + 1) * mask.shape[0] // (2 * height)
    columns = (2 * np.arange(width) + 1) * mask.shape[1] // (2 * width)
    return mask[rows][:, columns]


@plain("resize_mask")
def nearest_exact_of_torch(mask, height, width):
    x = torch.from_numpy(mask.astype(np.float64))[None, None]
    resized = torch.nn.functional.interpolate(x, size=(height, width), mode="nearest-exact")
    return resized[0, 0].numpy().astype(mask.dtype)


@plain("resize_mask")
def nearest_exact_of_opencv(mask, height, width):
    resized = cv2.resize(mask.astype(np.uint8), (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    return resized.reshape(height, width).astype(mask.dtype)


@twin("resize_mask")
def pixel_by_pixel(mask, height, width):
    """a loop with fractions"""
    result = library.resize_mask(mask, height, width)
    for i in range(height):
        for j in range(width):
            row = Fraction(2 * i + 1, 2 * height) * mask.shape[0]
            column = Fraction(2 * j + 1, 2 * width) * mask.shape[1]
            result[i, j] = mask[math.floor(row), math.floor(column)]
    return result


@twin("resize_mask")
def repeats_and_picks(mask, height, width):
    """every pixel repeated until the centres fall on whole numbers, then every k-th taken"""
    library.resize_mask(mask, height, width)
    rows = np.repeat(np.arange(mask.shape[0]), 2 * height)[mask.shape[0] :: 2 * mask.shape[0]]
    columns = np.repeat(np.arange(mask.shape[1]), 2 * width)[mask.shape[1] :: 2 * mask.shape[1]]
    return np.ascontiguousarray(mask.take(rows, axis=0).take(columns, axis=1))
