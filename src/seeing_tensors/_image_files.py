"""Bytes of PNG and JPEG files become pixels, or an `Unreadable` says what is wrong with them.

The decoders are libraries: simplejpeg for JPEG, Pillow for PNG. What is written by hand here, no library does for us:

- Pillow does not compare the checksums of a PNG's pixels, paints missing rows black without a word, and takes chunks in
  an order that the specification forbids. OpenCV's libpng is strict, but writes what it finds to stderr.
- Pillow knows the orientation, but reads it with warnings about every block that is broken a little, and to silence
  Python's warnings is not safe where several threads read.

Sources: the PNG specification (third edition), ITU-T T.81 for JPEG, and Pillow's `Image.getexif` for what orients.
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Iterator

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngImageFile

#: Larger pictures are refused before they are decoded. The number is Pillow's own limit.
MAX_PIXELS = 178_956_970

PNG_BEGIN, JPEG_BEGIN = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"


class Unreadable(Exception):
    """These bytes are no whole picture. The text is the reason."""


def require_moderate_size(width: int, height: int) -> None:
    """Raise Unreadable for a picture without pixels or with more than MAX_PIXELS."""
    if not 1 <= width * height <= MAX_PIXELS:
        raise Unreadable(f"it declares {width:,} x {height:,} pixels; the limit is {MAX_PIXELS:,}")


# ------------------------------------------------------------------------ PNG

#: The chunks that make the picture, and a letter for each. All others are notes, "n".
_PICTURE_CHUNKS = {b"IHDR": "H", b"PLTE": "P", b"tRNS": "t", b"IDAT": "D", b"IEND": "E"}
_ORDER = re.compile("Hn*(Pn*)?(tn*)?D+n*E")
_PALETTE = 3
_CHANNELS = {0: 1, 2: 3, _PALETTE: 1, 4: 2, 6: 4}
#: First column, first row, column step, row step of the seven passes of an interlaced PNG.
_ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def decode_png(data: bytes) -> tuple[Image.Image, int, int]:
    """Decode a PNG that is whole to the last byte of its end chunk: the picture as stored, bits, orientation."""
    chunks = list(_png_chunks(memoryview(data)))
    order = "".join(_PICTURE_CHUNKS.get(kind, "n") for kind, _ in chunks)
    if not _ORDER.fullmatch(order) or any(kind == b"PLTE" and len(chunk) % 3 for kind, chunk in chunks):
        raise Unreadable("it is damaged: a chunk is missing, has a wrong length, or stands where it does not belong")
    width, height, bits, color, *rest, interlaced = _png_header(chunks[0][1])
    if color not in _CHANNELS or any(rest) or interlaced > 1 or (color == _PALETTE and "P" not in order):
        raise Unreadable("it is damaged: its header names a kind of PNG that does not exist, or its palette is missing")
    require_moderate_size(width, height)

    depth, passes = _CHANNELS[color] * bits, _ADAM7 if interlaced else [(0, 0, 1, 1)]
    if "n" in order:
        # Without the notes the decoder has nothing to trip over: no text that unpacks to gigabytes, no second picture.
        data = b"".join([PNG_BEGIN, *(chunk for kind, chunk in chunks if kind in _PICTURE_CHUNKS)])
    try:
        image = PngImageFile(io.BytesIO(data))
        image.load()
    except (OSError, SyntaxError, ValueError) as error:
        _require_every_row(chunks, width, height, depth, passes)  # has more to say
        raise Unreadable(str(error)) from error
    # Rows come from the top down. Only where the last one is black can rows be missing: then all are counted.
    last = image.crop((0, height - 1, width, height))
    if interlaced or not np.asarray(last).any():
        _require_every_row(chunks, width, height, depth, passes)
    notes = [(kind, bytes(chunk[8:-4])) for kind, chunk in chunks if kind not in _PICTURE_CHUNKS]
    return image, bits, _png_orientation(notes)


def _png_chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Each chunk with its kind: length, kind, body and a checksum that is right. Stops after IEND."""
    at, kind = len(PNG_BEGIN), b""
    while kind != b"IEND":
        length, kind = struct.unpack(">I4s", bytes(data[at : at + 8]).ljust(8, b"\0"))
        chunk = data[at : at + 12 + length]
        if len(chunk) < 12 + length:
            raise Unreadable("it is cut off")
        if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
            raise Unreadable(f"it is damaged: the checksum of chunk {kind!r} is wrong")
        if kind not in _PICTURE_CHUNKS and kind[:1].isupper():
            raise Unreadable(f"it is damaged: chunk {kind!r} does not belong here")
        yield kind, chunk
        at += 12 + length


def _png_header(chunk: memoryview) -> tuple[int, ...]:
    if len(chunk) != 25:
        raise Unreadable("it is damaged: its header has another length than 13 bytes")
    return struct.unpack(">IIBBBBB", chunk[8:-4])


def _require_every_row(chunks: list, width: int, height: int, depth: int, passes: list) -> None:
    """Unpack the rows of a PNG, `depth` bits a pixel, and count the bytes; the first of each row names its filter."""
    compressed = b"".join(chunk[8:-4] for kind, chunk in chunks if kind == b"IDAT")
    sizes = []
    for left, top, across, down in passes:
        columns, rows = len(range(left, width, across)), len(range(top, height, down))
        sizes.append((1 + (columns * depth + 7) // 8, rows if columns else 0))
    expected = sum(row * rows for row, rows in sizes)
    try:
        unpacked = zlib.decompressobj().decompress(compressed, expected)
    except zlib.error as error:
        raise Unreadable(f"it is damaged: {error}") from error
    if len(unpacked) < expected:
        raise Unreadable("it is cut off: pixels are missing")
    at = 0
    for row, rows in sizes:
        if max(unpacked[at : at + row * rows : row], default=0) > 4:
            raise Unreadable("it is damaged: a row has a filter that does not exist")
        at += row * rows


# ----------------------------------------------------------------------- JPEG

#: The next marker that has a length. The restarts FF D0 to FF D7 and FF 01 have none.
_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])")
_START_OF_SCAN, _HUFFMAN_TABLES, _APP1 = 0xDA, 0xC4, 0xE1


def decode_jpeg(data: bytes) -> tuple[np.ndarray, int]:
    """Decode a JPEG about which libjpeg has no complaint, be it a warning: R, G, B as stored, and the orientation."""
    import simplejpeg  # to read a PNG it is not needed

    try:
        height, width, color, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError as error:
        raise Unreadable(str(error)) from error
    require_moderate_size(width, height)
    if color in ("CMYK", "YCCK"):
        raise Unreadable(
            "it holds CMYK, amounts of printing ink: convert it once with "
            "Image.open(path).convert('RGB').save('rgb.png')"
        )
    segments = list(_jpeg_segments(data))
    if _HUFFMAN_TABLES not in (marker for marker, _ in segments):
        # libjpeg would assume the usual ones.
        raise Unreadable("it is damaged, or coded arithmetically: it has no Huffman tables")
    try:
        pixels = simplejpeg.decode_jpeg(data)
    except ValueError as error:
        raise Unreadable(str(error)) from error
    return pixels, _jpeg_orientation([body for marker, body in segments if marker == _APP1])


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and body of each segment before the first pixels."""
    at = 2
    while (found := _MARKER.search(data, at)) and found[1][0] != _START_OF_SCAN:
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
        yield found[1][0], data[found.end() + 2 : at]


# ---------------------------------------------------------------- orientation

_EXIF_BEGIN, _XMP_BEGIN, _XMP_TEXT = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"XML:com.adobe.xmp"
_RAW_PROFILE = b"Raw profile type exif"  # how ImageMagick writes EXIF into a PNG: as text
_ORIENTATION = 0x0112
_MAX_TEXT = 2**20


def _png_orientation(notes: list[tuple[bytes, bytes]]) -> int:
    """The EXIF chunk, ImageMagick's raw profile where there is none, and then XMP."""
    exif, texts = b"", {}
    for kind, body in notes:
        if kind == b"eXIf":
            exif = body
        elif kind in (b"tEXt", b"zTXt", b"iTXt"):
            keyword, _, rest = body.partition(b"\0")
            if keyword in (_RAW_PROFILE, _XMP_TEXT):
                texts[keyword] = _text(kind, rest)
    if not exif:
        lines = texts.get(_RAW_PROFILE, b"").split(b"\n")  # "", "exif", the number of bytes, then these in hexadecimal
        with_digits = b"".join(lines[3:]).translate(None, b" \r\t")
        exif = bytes.fromhex(with_digits.decode()) if re.fullmatch(rb"([0-9a-fA-F]{2})*", with_digits) else b""
    return _orientation(exif, texts.get(_XMP_TEXT, b""))


def _text(kind: bytes, rest: bytes) -> bytes:
    """What follows the keyword in a chunk of text, unpacked; empty where it is broken, cut at _MAX_TEXT."""
    if kind == b"iTXt":  # packed or not, method, language, the keyword in it
        packed, text = rest[:1] == b"\1", rest[2:].split(b"\0", 2)[-1]
    else:
        packed, text = kind == b"zTXt", rest[kind == b"zTXt" :]
    try:
        return zlib.decompressobj().decompress(text, _MAX_TEXT) if packed else text
    except zlib.error:
        return b""


def _jpeg_orientation(notes: list[bytes]) -> int:
    exif = b"".join(body.removeprefix(_EXIF_BEGIN) for body in notes if body.startswith(_EXIF_BEGIN))
    xmp = [body for body in notes if body.startswith(_XMP_BEGIN)]
    return _orientation(exif, xmp[-1] if xmp else b"")


def _orientation(exif: bytes, xmp: bytes) -> int:
    """What EXIF states, or XMP where EXIF says nothing; 1, upright as it is stored, where neither does."""
    stated = _exif_orientation(exif)
    if stated is None:
        found = re.search(rb'tiff:Orientation(?:="|>)([0-9])', xmp)
        stated = int(found[1]) if found else 1
    return stated


def _exif_orientation(exif: bytes) -> int | None:
    """The orientation in the first directory of an EXIF block; None where there is none, or the block is broken."""
    exif = exif.removeprefix(_EXIF_BEGIN)
    if exif[:4] not in (b"II*\0", b"MM\0*"):
        return None
    order = "<" if exif[:1] == b"I" else ">"
    try:
        (at,) = struct.unpack_from(order + "I", exif, 4)
        (count,) = struct.unpack_from(order + "H", exif, at)
        for entry in range(at + 2, at + 2 + 12 * count, 12):
            tag, kind, values = struct.unpack_from(order + "HHI", exif, entry)
            if tag == _ORIENTATION and values == 1 and kind in (3, 4):
                return struct.unpack_from(order + ("H" if kind == 3 else "I"), exif, entry + 8)[0]
    except struct.error:
        pass
    return None
