"""PNG and JPEG files from outside: is the file whole, how large is its picture, which way is up?

No pixel is decoded here. Decoders forgive: Pillow paints the missing rows of a
PNG black, OpenCV those of a JPEG grey. So a file is walked from its first byte
to its end marker before one sees it, and what the decoder then gets is the file
without its metadata. That leaves it nothing to trip over: no text that unpacks
to gigabytes, no second picture, no warning about a date.

Sources: the PNG specification (third edition) and ITU-T T.81 for JPEG.
"""

from __future__ import annotations

import re
import struct
import zlib

#: Larger pictures are refused before they are decoded. The number is Pillow's own limit.
MAX_PIXELS = 178_956_970


def require_moderate_size(width: int, height: int) -> None:
    """Raise ValueError for a picture without pixels or with more than MAX_PIXELS."""
    if not 1 <= width * height <= MAX_PIXELS:
        raise ValueError(f"it declares {width:,} x {height:,} pixels; the limit is {MAX_PIXELS:,}")


# ------------------------------------------------------------------------ PNG

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
BIT_DEPTH = 24  # where a PNG says how many bits a channel has
_PICTURE_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")


def png_without_metadata(data: bytes) -> tuple[bytes, bytes]:
    """The chunks of a PNG that make the picture, as a PNG; and its EXIF block.

    A PNG is a signature, then chunks of length, kind, body and checksum. All of
    them are walked and every checksum is tested, to the last byte of IEND.
    """
    chunks: dict[bytes, bytearray] = {}
    at = len(PNG_SIGNATURE)
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
    return PNG_SIGNATURE + b"".join(kept), bytes(chunks.get(b"eXIf", b""))


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
    require_moderate_size(width, height)
    expected = 0
    for left, top, across, down in _ADAM7 if interlaced else [(0, 0, 1, 1)]:
        columns, rows = len(range(left, width, across)), len(range(top, height, down))
        expected += rows * (1 + (columns * channels * bits + 7) // 8) if columns else 0
    if len(zlib.decompressobj().decompress(compressed, expected)) < expected:
        raise ValueError("it is cut off: pixels are missing")


# ----------------------------------------------------------------------- JPEG

#: The next marker of a JPEG. FF 00, FF FF and the restarts FF D0 to FF D7 belong to the pixels.
_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])")
_EXIF_SEGMENT, _END_OF_IMAGE = 0xE1, 0xD9
_METADATA_SEGMENTS = {*range(0xE1, 0xEE), 0xEF, 0xFE}


def jpeg_without_metadata(data: bytes) -> tuple[bytes, bytes]:
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


# ----------------------------------------------------------------------- EXIF

_EXIF_BEGIN = b"Exif\0\0"
_ORIENTATION = 0x0112


def orientation(exif: bytes) -> int:
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
