"""Files become arrays: images, masks of labels, and the course's own files.

    photo.jpg, photo.png  --read_image-->   uint8 (H, W, 3), RGB
    mask.png              --read_mask-->    uint8 or uint16 (H, W), the stored labels
    labels (H, W)         --resize_mask-->  labels (height, width)

What comes back is the whole picture, or an exception says why not. Here the
path becomes bytes, and stored numbers become what they mean: colours, labels,
upright. How bytes become stored numbers is in `_image_files`.
"""

from __future__ import annotations

import contextlib
import errno
import operator
import os
import stat
from collections.abc import Iterator

import numpy as np
from PIL import Image

from ._arrays import kind_of
from ._image_files import JPEG_BEGIN, PNG_BEGIN, Unreadable, decode_jpeg, decode_png

#: A file with more bytes is not read.
MAX_BYTES = 2**30


class ImageReadError(ValueError):
    """The file is there, but no picture can be read from it honestly. The message names the file and the reason.

    >>> import seeing_tensors as st
    >>> try:
    ...     st.read_image(st.data_path("README.md"))
    ... except st.ImageReadError as reason:
    ...     print(reason)
    '...README.md' is not a PNG or JPEG: it begins with b'# The co'. Pillow can convert other formats to PNG
    """


def read_image(path: str | bytes | os.PathLike) -> np.ndarray:
    """Read a PNG or JPEG photo as it is meant to be seen: uint8 (H, W, 3), channels R, G, B, turned upright.

        >>> import seeing_tensors as st
        >>> st.read_image(st.data_path("photos/people/astronaut.jpg")).shape
        (512, 384, 3)

    The content decides what a file is, not its name. The orientation is applied
    that EXIF states, or XMP. Grey is repeated in all three channels. An alpha
    channel is dropped where it is opaque everywhere. Colour profiles and gamma
    are not applied.

    A PNG is read whole or not at all: it has checksums. A JPEG has none. It is
    refused where its decoder so much as warns, and the colours are those that
    libjpeg-turbo computes, as in Pillow; but one bit that changed inside its
    compressed data mostly goes unnoticed, by every decoder.

    Args:
        path: the file, a str, bytes or PathLike. Any name that the system allows, in any script.

    Returns:
        contiguous, writable, memory of its own.

    Raises:
        FileNotFoundError, IsADirectoryError, PermissionError: as ``open`` does.
        ImageReadError: no regular file, no PNG or JPEG, not whole, too large, 16 bits, CMYK or transparent.
    """
    where, kind, data = _open("read_image", path)
    with _reasons_named(where, kind):
        if kind == "JPEG":
            return _upright(*decode_jpeg(data))
        image, bits, orientation = decode_png(data)
    if bits == 16:
        raise ImageReadError(
            f"{where} has 16 bits per channel, and read_image returns 8: cv2.imread(path, cv2.IMREAD_UNCHANGED) keeps "
            "all 16 (its channels are B, G, R); then choose a scale. For a mask of labels use read_mask"
        )
    return _upright(_colors(where, image, bits), orientation)


def _colors(where: str, image: Image.Image, bits: int) -> np.ndarray:
    """The colours of a PNG that is opaque everywhere."""
    if image.mode == "P" and (highest := np.asarray(image).max()) >= len(image.getpalette() or []) // 3:
        raise ImageReadError(f"{where} is damaged: its palette has no colour for the index {highest}")
    if image.mode == "L" and "transparency" in image.info:
        # Pillow stretched the levels of 2 and 4 bits, but not the level that is transparent.
        image.info["transparency"] = image.info["transparency"] % 2**bits * (255 // (2**bits - 1))
    if image.mode in ("RGBA", "LA") or "transparency" in image.info:
        image = image.convert("RGBA")
        if image.getchannel("A").getextrema() != (255, 255):
            raise ImageReadError(
                f"{where} is transparent in places, and only you know what is behind it: "
                "rgba = Image.open(path).convert('RGBA'); background = Image.new('RGBA', rgba.size, 'white'); "
                "Image.alpha_composite(background, rgba).convert('RGB').save('opaque.png')"
            )
    image = image if image.mode == "RGB" else image.convert("RGB")
    colors = np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, 128):  # in strips: the whole at once goes three times through the memory
        bottom = min(top + 128, image.height)
        colors[top:bottom] = np.asarray(image.crop((0, top, image.width, bottom)))
    return colors


def read_mask(path: str | bytes | os.PathLike) -> np.ndarray:
    """Read a PNG of class labels: the numbers that are stored in the file, unchanged, (H, W).

        >>> import seeing_tensors as st
        >>> st.read_mask(st.data_path("masks/coffee.png")).max()  # a palette, labels 0 to 3
        np.uint8(3)

    Of a palette PNG these are the indices, whatever colours the palette gives
    them. Of a grey PNG of 1, 2, 4, 8 or 16 bits they are the grey levels, not
    scaled. The orientation is applied as ``read_image`` does, so that mask and
    photo stay on top of each other.

    Args:
        path: the file, a str, bytes or PathLike. Any name that the system allows, in any script.

    Returns:
        uint8, or uint16 from 16 bits; contiguous, writable, memory of its own.

    Raises:
        FileNotFoundError, IsADirectoryError, PermissionError: as ``open`` does.
        ImageReadError: as ``read_image``; also a JPEG, and a PNG with colours instead of labels.
    """
    where, kind, data = _open("read_mask", path)
    if kind == "JPEG":
        raise ImageReadError(
            f"{where} is a JPEG. JPEG changes values a little, and a label changed a little is another class: "
            "make the mask again from its source and save it as PNG"
        )
    with _reasons_named(where, kind):
        image, bits, orientation = decode_png(data)
    if image.mode not in ("1", "L", "P", "I;16"):
        raise ImageReadError(
            f"{where} holds colours ({image.mode}), not labels: say which colour is which label, for instance "
            "mask[(rgb == color).all(axis=2)] = label with rgb = read_image(path), and save the mask as a grey PNG"
        )
    if image.mode == "L":
        # Pillow stretches 2 and 4 bits over 0..255, by the factors 85 and 17; this undoes it exactly.
        return _upright(np.array(image, np.uint8) // np.uint8(255 // (2**bits - 1)), orientation)
    return _upright(np.array(image, dtype=np.uint16 if bits == 16 else np.uint8), orientation)


def resize_mask(mask: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize labels (H, W): each new pixel takes the label of the old pixel that its centre falls on.

        row i of the result  =  row floor((i + 1/2) H / height) of the mask

    in whole numbers, so that no rounding can move a pixel. A label is copied,
    never computed: no new label can arise.

        >>> import numpy as np
        >>> import seeing_tensors as st
        >>> st.resize_mask(np.array([[0, 10], [3, 0]]), height=2, width=4)
        array([[ 0,  0, 10, 10],
               [ 3,  3,  0,  0]])

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
        raise TypeError(f"resize_mask needs a numpy array of integer labels, got {kind_of(mask)}")
    if mask.ndim != 2 or mask.size == 0:
        raise ValueError(f"resize_mask needs a mask (H, W), got shape {mask.shape}")
    height, width = operator.index(height), operator.index(width)
    if height < 1 or width < 1:
        raise ValueError(f"resize_mask needs a height and a width of at least 1, got {height} and {width}")
    rows = (2 * np.arange(height) + 1) * mask.shape[0] // (2 * height)
    columns = (2 * np.arange(width) + 1) * mask.shape[1] // (2 * width)
    return np.ascontiguousarray(mask[np.ix_(rows, columns)])


# ------------------------------------------------------------- from path to pixels

#: EXIF orientation -> from the stored picture to the upright one.
_UPRIGHT = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],
    7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],
    8: lambda a: a.swapaxes(0, 1)[::-1],
}


def _upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """The picture turned as its orientation says, contiguous."""
    if orientation not in _UPRIGHT:
        return pixels
    turned = _UPRIGHT[orientation](pixels)
    upright = np.empty(turned.shape, turned.dtype)
    for each in np.ndindex(turned.shape[2:]):  # one channel after the other: all together take numpy twice as long
        upright[..., *each] = turned[..., *each]
    return upright


def _open(caller: str, path: str | bytes | os.PathLike) -> tuple[str, str, bytes]:
    """The path as messages show it, whether it is a PNG or a JPEG, and the bytes."""
    data = _contents(caller, path)
    where = repr(os.fsdecode(path))
    if data.startswith((PNG_BEGIN, JPEG_BEGIN)):
        return where, "PNG" if data.startswith(PNG_BEGIN) else "JPEG", data
    begin = f"it begins with {data[:8]!r}" if data else "it is empty"
    raise ImageReadError(f"{where} is not a PNG or JPEG: {begin}. Pillow can convert other formats to PNG")


@contextlib.contextmanager
def _reasons_named(where: str, kind: str) -> Iterator[None]:
    """What makes bytes unreadable is said with the name of the file."""
    try:
        yield
    except Unreadable as reason:
        raise ImageReadError(f"{where} is not a readable {kind}: {reason}") from reason


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
