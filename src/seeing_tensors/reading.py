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
import re
import stat
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

#: Larger pictures are refused before they are decoded. The number is Pillow's own limit.
MAX_PIXELS = 178_956_970
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
            f"{where} holds CMYK, amounts of printing ink: convert it once, Image.open(path).convert('RGB').save('rgb.png')"
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


def data_path(name: str) -> Path:
    """The path of one of the course's photos and masks, from any working folder.

    Args:
        name: a file in ``data/``, with ``/`` between folders.

    Raises:
        FileNotFoundError: no such file (the message lists those there are), or the
            package is not installed from a clone of the repository.
    """
    folder = repository_path("data")
    path = folder / name
    if not path.exists():
        names = ", ".join(sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()))
        raise FileNotFoundError(f"the course has no file {name!r} in {folder}; there are: {names}")
    return path


def repository_path(name: str) -> Path:
    """The path of a file or folder of the repository, for instance ``tests/spec``, from any working folder.

    Raises:
        FileNotFoundError: it is not there; the package is not installed from a clone of the repository.
    """
    root = Path(__file__).resolve().parents[2]
    path = root / name
    if not path.exists():
        raise FileNotFoundError(
            f"there is no {name!r} in {root}; the course needs its repository: clone it, and in the clone run "
            "pip install --editable ."
        )
    return path


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
    if data.startswith(_PNG_SIGNATURE):
        kind, without_metadata, decoder = "PNG", _png_without_metadata, PngImageFile
    elif data.startswith(b"\xff\xd8\xff"):
        kind, without_metadata, decoder = "JPEG", _jpeg_without_metadata, JpegImageFile
    else:
        begin = f"it begins with {data[:8]!r}" if data else "it is empty"
        raise ImageReadError(f"{where} is not a PNG or JPEG: {begin}. Pillow can convert other formats to PNG")
    try:
        bare, exif = without_metadata(data)
        image = decoder(io.BytesIO(bare))
        bits = bare[_BIT_DEPTH] if kind == "PNG" else 8
        _require_moderate_size(*image.size)
        image.load()
        if image.mode == "L" and "transparency" in image.info:
            # Pillow stretched the levels of 2 and 4 bits, but not the level that is transparent.
            image.info["transparency"] = image.info["transparency"] % 2**bits * (255 // (2**bits - 1))
        turn = _UPRIGHT.get(_orientation(exif))
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


def _require_moderate_size(width: int, height: int) -> None:
    if not 1 <= width * height <= MAX_PIXELS:
        raise ValueError(f"it declares {width:,} x {height:,} pixels; the limit is {MAX_PIXELS:,}")


# A file without its metadata leaves a decoder nothing to trip over: no text that
# unpacks to gigabytes, no second picture, no warning about a date.

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PICTURE_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_BIT_DEPTH = 24  # where a PNG says how many bits a channel has


def _png_without_metadata(data: bytes) -> tuple[bytes, bytes]:
    """The chunks of a PNG that make the picture, as a PNG; and its EXIF block.

    A PNG is a signature, then chunks of length, kind, body and checksum. All of
    them are walked and every checksum is tested, to the last byte of IEND.
    """
    chunks: dict[bytes, bytearray] = {}
    at = len(_PNG_SIGNATURE)
    while b"IEND" not in chunks:
        length, kind = struct.unpack(">I4s", data[at : at + 8].ljust(8, b"\0"))
        body, checksum = data[at + 8 : at + 8 + length], data[at + 8 + length : at + 12 + length]
        if len(checksum) < 4:
            raise ValueError("it is cut off")
        if checksum != struct.pack(">I", zlib.crc32(body, zlib.crc32(kind))):
            raise ValueError(f"it is damaged: the checksum of chunk {kind!r} is wrong")
        known = kind in _PICTURE_CHUNKS or kind == b"eXIf"
        if (kind in chunks and kind != b"IDAT") or (not known and kind[:1].isupper()):
            raise ValueError(f"it is damaged: chunk {kind!r} does not belong here")
        if known:
            chunks.setdefault(kind, bytearray()).extend(body)
        at += 12 + length
    if b"IHDR" not in chunks or b"IDAT" not in chunks:
        raise ValueError("it is damaged: it has no header or no pixels")
    _require_every_row(chunks[b"IHDR"], chunks[b"IDAT"])
    kept = [_chunk(kind, chunks[kind]) for kind in _PICTURE_CHUNKS if kind in chunks]
    return _PNG_SIGNATURE + b"".join(kept), bytes(chunks.get(b"eXIf", b""))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))


#: First column, first row, column step, row step of the seven passes of an interlaced PNG.
_ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def _require_every_row(header: bytes, compressed: bytes) -> None:
    """Unpack the rows of a PNG and count the bytes: Pillow paints missing rows black without a word."""
    width, height, bits, color, compression, filtering, interlaced = struct.unpack(">IIBBBBB", header)
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(color)
    if channels is None or compression or filtering or interlaced > 1:
        raise ValueError("it is damaged: its header names a kind of PNG that does not exist")
    _require_moderate_size(width, height)
    expected = 0
    for left, top, across, down in _ADAM7 if interlaced else [(0, 0, 1, 1)]:
        columns, rows = len(range(left, width, across)), len(range(top, height, down))
        expected += rows * (1 + (columns * channels * bits + 7) // 8) if columns else 0
    if len(zlib.decompressobj().decompress(compressed, expected)) < expected:
        raise ValueError("it is cut off: pixels are missing")


#: The next marker of a JPEG. FF 00, FF FF and the restarts FF D0 to FF D7 belong to the pixels.
_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])")
_EXIF_SEGMENT, _END_OF_IMAGE = 0xE1, 0xD9
_METADATA_SEGMENTS = {*range(0xE1, 0xEE), 0xEF, 0xFE}


def _jpeg_without_metadata(data: bytes) -> tuple[bytes, bytes]:
    """A JPEG from its start to its end-of-image marker, without notes on it; and its EXIF block.

    A JPEG is a row of segments: marker, length, body. Walking them by their
    lengths passes over the little JPEG that an EXIF block may contain.
    """
    kept, exif = [data[:2]], b""
    at = 2
    while found := _MARKER.search(data, at):
        (marker,) = found[1]
        kept.append(data[at : found.start()])
        if marker == _END_OF_IMAGE:
            return b"".join(kept) + found[0], exif
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
        segment = data[found.start() : at]
        if marker not in _METADATA_SEGMENTS:
            kept.append(segment)
        elif marker == _EXIF_SEGMENT and segment[4:].startswith(_EXIF_BEGIN) and not exif:
            exif = segment[4:]
    raise ValueError("it is cut off: the end-of-image marker is missing")


_EXIF_BEGIN = b"Exif\0\0"
_ORIENTATION = 0x0112


def _orientation(exif: bytes) -> int:
    """The orientation that an EXIF block states; 1, upright as it is stored, where it states none or is broken."""
    exif = exif.removeprefix(_EXIF_BEGIN)
    try:
        order = {b"II": "<", b"MM": ">"}[exif[:2]]
        (at,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, kind = struct.unpack_from(order + "HH", exif, entry)
            if tag == _ORIENTATION:
                return struct.unpack_from(order + ("I" if kind == 4 else "H"), exif, entry + 8)[0]
    except (KeyError, struct.error):
        pass
    return 1
