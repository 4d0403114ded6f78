"""Files become arrays: images, masks of labels, and the course's own files.

    photo.jpg, photo.png  --read_image-->   uint8 (H, W, 3), RGB
    mask.png              --read_mask-->    uint8 or uint16 (H, W), the stored labels
    labels (H, W)         --resize_mask-->  labels (height, width)

What comes back is the whole picture, or an exception says why not. Pillow
decodes the pixels. What no decoder checks for us is checked here: that the
file is whole, that it is small enough, and that its values mean what we say.
"""

from __future__ import annotations

import errno
import io
import operator
import os
import stat
from typing import NamedTuple

import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from ._image_files import (
    BIT_DEPTH,
    PNG_SIGNATURE,
    jpeg_without_metadata,
    orientation,
    png_without_metadata,
    require_moderate_size,
)

#: A file with more bytes is not read.
MAX_BYTES = 2**30


class ImageReadError(ValueError):
    """The file is there, but no picture can be read from it honestly. The message names the file and the reason."""


def read_image(path: str | bytes | os.PathLike) -> np.ndarray:
    """Read a PNG or JPEG photo as it is meant to be seen: channels R, G, B, turned upright.

    The content decides what a file is, not its name. An EXIF orientation is
    applied. Grey is repeated in all three channels. An alpha channel is dropped
    where it is opaque everywhere. Colour profiles and gamma are not applied.

    A PNG is read whole or not at all. Of a JPEG we know that it is there from
    start to end; damage *inside* its compressed data cannot always be seen.

    Args:
        path: the file. Any name that the system allows, in any script.

    Returns:
        uint8 (H, W, 3), RGB, contiguous, writable, memory of its own.

    Raises:
        TypeError: path is not a str, bytes or PathLike.
        FileNotFoundError, IsADirectoryError, PermissionError: as ``open`` does.
        ImageReadError: not a regular file; not a PNG or JPEG; truncated, damaged or too large;
            16 bits per channel, CMYK, or not opaque everywhere.
    """
    picture = _open("read_image", path)
    image, where = picture.image, picture.where
    if picture.bits == 16:
        raise ImageReadError(
            f"{where} has 16 bits per channel, and read_image returns 8: cv2.imread(path, cv2.IMREAD_UNCHANGED) keeps "
            "all 16 (its channels are B, G, R); then choose a scale. For a mask of labels use read_mask"
        )
    if image.mode == "CMYK":
        raise ImageReadError(
            f"{where} holds CMYK, amounts of printing ink: convert it once with "
            "Image.open(path).convert('RGB').save('rgb.png')"
        )
    if image.mode == "P" and image.getextrema()[1] >= len(image.getpalette()) // 3:
        raise ImageReadError(f"{where} is damaged: its palette has no colour for the index {image.getextrema()[1]}")
    if image.mode in ("RGBA", "LA") or "transparency" in image.info:
        image = image.convert("RGBA")
        if image.getextrema()[3] != (255, 255):
            raise ImageReadError(
                f"{where} is transparent in places, and only you know what is behind it: "
                "rgba = Image.open(path).convert('RGBA'); background = Image.new('RGBA', rgba.size, 'white'); "
                "Image.alpha_composite(background, rgba).convert('RGB').save('opaque.png')"
            )
    return np.array(image if image.mode == "RGB" else image.convert("RGB"))


def read_mask(path: str | bytes | os.PathLike) -> np.ndarray:
    """Read a PNG of class labels: the numbers that are stored in the file, unchanged.

    Of a palette PNG these are the indices, whatever colours the palette gives
    them. Of a grey PNG of 1, 2, 4, 8 or 16 bits they are the grey levels, not
    scaled. An EXIF orientation is applied as ``read_image`` does, so that mask
    and photo stay on top of each other.

    Args:
        path: the file. Any name that the system allows, in any script.

    Returns:
        uint8 (H, W), or uint16 (H, W) from 16 bits; contiguous, writable, memory of its own.

    Raises:
        TypeError: path is not a str, bytes or PathLike.
        FileNotFoundError, IsADirectoryError, PermissionError: as ``open`` does.
        ImageReadError: as ``read_image``; also a JPEG, and a PNG with colours instead of labels.
    """
    picture = _open("read_mask", path)
    image, where, bits = picture.image, picture.where, picture.bits
    if picture.kind == "JPEG":
        raise ImageReadError(
            f"{where} is a JPEG. JPEG changes values a little, and a label changed a little is another class: "
            "make the mask again from its source and save it as PNG"
        )
    if image.mode not in ("1", "L", "P", "I;16"):
        raise ImageReadError(
            f"{where} holds colours ({image.mode}), not labels: say which colour is which label, for instance "
            "mask[(rgb == color).all(axis=2)] = label with rgb = read_image(path), and save the mask as a grey PNG"
        )
    if image.mode == "L":
        # Pillow stretches 2 and 4 bits over 0..255, by the factors 85 and 17; this undoes it exactly.
        return np.array(image) // np.uint8(255 // (2**bits - 1))
    return np.array(image, dtype=np.uint16 if bits == 16 else np.uint8)


def resize_mask(mask: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize labels: each new pixel takes the label of the old pixel that its centre falls on.

        row i of the result  =  row floor((i + 1/2) H / height) of the mask

    in whole numbers, so that no rounding can move a pixel. A label is copied,
    never computed: no new label can arise.

    Args:
        mask: (H, W), integers of any type, or bool.
        height, width: the new size, in this order.

    Returns:
        (height, width), the mask's dtype, contiguous, new memory.

    Raises:
        TypeError: not a numpy array of integers or bool, or a size that is not an integer.
        ValueError: another shape, an empty mask, or a size below 1.
    """
    if not isinstance(mask, np.ndarray) or mask.dtype.kind not in "uib":
        got = f"a {mask.dtype} array" if isinstance(mask, np.ndarray) else type(mask).__name__
        raise TypeError(f"resize_mask needs a numpy array of integer labels, got {got}")
    if mask.ndim != 2 or mask.size == 0:
        raise ValueError(f"resize_mask needs a mask (H, W), got shape {mask.shape}")
    height, width = operator.index(height), operator.index(width)
    if height < 1 or width < 1:
        raise ValueError(f"resize_mask needs a height and a width of at least 1, got {height} and {width}")
    rows = (2 * np.arange(height) + 1) * mask.shape[0] // (2 * height)
    columns = (2 * np.arange(width) + 1) * mask.shape[1] // (2 * width)
    return np.ascontiguousarray(mask[np.ix_(rows, columns)])


# ------------------------------------------------------------- from path to pixels


class _Picture(NamedTuple):
    where: str  # the path as messages show it
    kind: str  # PNG or JPEG
    bits: int  # per channel, in the file
    image: Image.Image  # decoded, upright


#: EXIF orientation -> what brings the picture upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _open(caller: str, path: str | bytes | os.PathLike) -> _Picture:
    """Check a file, then decode it. Every failure past the file system is an ImageReadError."""
    data = _contents(caller, path)
    where = repr(os.fsdecode(path))
    if data.startswith(PNG_SIGNATURE):
        kind, without_metadata, decoder = "PNG", png_without_metadata, PngImageFile
    elif data.startswith(b"\xff\xd8\xff"):
        kind, without_metadata, decoder = "JPEG", jpeg_without_metadata, JpegImageFile
    else:
        begin = f"it begins with {data[:8]!r}" if data else "it is empty"
        raise ImageReadError(f"{where} is not a PNG or JPEG: {begin}. Pillow can convert other formats to PNG")
    try:
        bare, exif = without_metadata(data)
        image = decoder(io.BytesIO(bare))
        bits = bare[BIT_DEPTH] if kind == "PNG" else 8
        require_moderate_size(*image.size)
        image.load()
        if image.mode == "L" and "transparency" in image.info:
            # Pillow stretched the levels of 2 and 4 bits, but not the level that is transparent.
            image.info["transparency"] = image.info["transparency"] % 2**bits * (255 // (2**bits - 1))
        turn = _UPRIGHT.get(orientation(exif))
        return _Picture(where, kind, bits, image if turn is None else image.transpose(turn))
    except MemoryError:
        raise
    except Exception as error:
        raise ImageReadError(f"{where} is not a readable {kind}: {error}") from error


def _contents(caller: str, path: str | bytes | os.PathLike) -> bytes:
    """The bytes of a regular file. Looks before it opens: to open a pipe is to wait."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise TypeError(f"{caller} needs a path (str, bytes or PathLike), got {type(path).__name__}")
    name = os.fsdecode(path)
    try:
        status = os.stat(name)
    except ValueError as error:
        raise ImageReadError(f"{name!r} cannot be the name of a file: {error}") from error
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, "This is a folder, not a file", name)
    if not stat.S_ISREG(status.st_mode):
        raise ImageReadError(f"{name!r} is a pipe, a socket or a device, not a regular file")
    if status.st_size > MAX_BYTES:
        raise ImageReadError(f"{name!r} has {status.st_size:,} bytes, more than the limit of {MAX_BYTES:,}")
    with open(name, "rb") as file:
        return file.read(status.st_size)
