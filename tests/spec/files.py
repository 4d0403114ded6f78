"""Image files written byte by byte, so that the laws know exactly what is stored in them.

No encoder's habits come between: 1, 2, 4, 8 or 16 bits, any palette, any EXIF block.
"""

import atexit
import contextlib
import functools
import os
import struct
import tempfile
import zlib
from pathlib import Path

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6

#: EXIF orientation -> from the stored picture to the upright one. The standard says of each where
#: the stored row 0 and column 0 are to be seen.
UPRIGHT = {
    1: lambda a: a,  # row 0 at the top, column 0 at the left
    2: lambda a: a[:, ::-1],  # top, right
    3: lambda a: a[::-1, ::-1],  # bottom, right
    4: lambda a: a[::-1],  # bottom, left
    5: lambda a: a.swapaxes(0, 1),  # left, top
    6: lambda a: a.swapaxes(0, 1)[:, ::-1],  # right, top
    7: lambda a: a.swapaxes(0, 1)[::-1, ::-1],  # right, bottom
    8: lambda a: a.swapaxes(0, 1)[::-1],  # left, bottom
}


def chunk(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def header(width: int, height: int, bits: int, color: int, interlaced: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, color, 0, 0, interlaced))


def rows(values: np.ndarray, bits: int) -> bytes:
    """The rows of a PNG before compression: filter 0, then the values packed bit by bit."""
    packed = b""
    for row in values:
        digits = "".join(f"{value:0{bits}b}" for value in row.ravel().tolist())
        digits += "0" * (-len(digits) % 8)
        packed += b"\0" + int(digits, 2).to_bytes(len(digits) // 8, "big")
    return packed


def png(values, *, color=None, bits=8, palette=None, transparency=None, orientation=None, more=b"") -> bytes:
    """A PNG that stores `values`, (H, W) or (H, W, C). `more` are chunks to put before the pixels."""
    values = np.asarray(values)
    if color is None:
        color = GREY if values.ndim == 2 else {2: GREY_ALPHA, 3: RGB, 4: RGBA}[values.shape[2]]
    parts = [SIGNATURE, header(values.shape[1], values.shape[0], bits, color)]
    if orientation is not None:
        parts.append(chunk(b"eXIf", exif(orientation)))
    if palette is not None:
        parts.append(chunk(b"PLTE", np.asarray(palette, np.uint8).tobytes()))
    if transparency is not None:
        parts.append(chunk(b"tRNS", transparency))
    parts += [more, chunk(b"IDAT", zlib.compress(rows(values, bits))), chunk(b"IEND")]
    return b"".join(parts)


def palette_png(labels, palette, *, bits=8, **options) -> bytes:
    return png(labels, color=PALETTE, bits=bits, palette=palette, **options)


def exif(orientation: int, *, order: str = ">", before: int = 0) -> bytes:
    """An EXIF block that states the orientation, after `before` other entries."""
    begin = b"MM\0*" if order == ">" else b"II*\0"
    other = struct.pack(order + "HHIHxx", 0x0100, 3, 1, 7)
    stated = struct.pack(order + "HHIHxx", 0x0112, 3, 1, orientation)
    return begin + struct.pack(order + "IH", 8, before + 1) + other * before + stated + bytes(4)


def with_exif(jpeg: bytes, block: bytes) -> bytes:
    """The JPEG with an EXIF segment as its first."""
    return with_segment(jpeg, b"Exif\0\0" + block)


def with_segment(jpeg: bytes, body: bytes) -> bytes:
    """The JPEG with a segment APP1, where EXIF and XMP stand, as its first."""
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def raw_profile(block: bytes, packed: bool = True) -> bytes:
    """An EXIF block as ImageMagick writes it into a PNG: its bytes in hexadecimal, in a chunk of text."""
    text = b"\nexif\n%8d\n%s\n" % (len(block), block.hex("\n", 36).encode())
    keyword = b"Raw profile type exif\0"
    return chunk(b"zTXt", keyword + b"\0" + zlib.compress(text)) if packed else chunk(b"tEXt", keyword + text)


def xmp(orientation: int, as_attribute: bool = True) -> bytes:
    """An XMP packet that states the orientation."""
    tag = "tiff:Orientation"
    stated = f'{tag}="{orientation}"/>' if as_attribute else f"><{tag}>{orientation}</{tag}>"
    return f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:Description {stated}</x:xmpmeta>'.encode()


def xmp_chunk(packet: bytes, packed: bool = False) -> bytes:
    """XMP as a PNG keeps it."""
    text = zlib.compress(packet) if packed else packet
    return chunk(b"iTXt", b"XML:com.adobe.xmp\0" + bytes([packed, 0]) + b"\0\0" + text)


@contextlib.contextmanager
def file_of(data: bytes, name: str | None = None):
    """The path of a file that holds `data`.

    The file stays when a law breaks on it, so that the last line of the report can be run again.
    """
    # A folder of its own: the next law that holds for the same bytes must not take the file away. Its name is the
    # system's: a count would go on in each fork of this process, and they share the folder.
    folder = Path(tempfile.mkdtemp(dir=_folder()))
    path = folder / (name or f"{zlib.crc32(data):08x}{_ending(data)}")
    path.write_bytes(data)
    yield str(path)
    path.unlink()
    folder.rmdir()


def _ending(data: bytes) -> str:
    """Of a file whose name is not what the law is about: some libraries choose the decoder by it."""
    return {SIGNATURE[:2]: ".png", b"\xff\xd8": ".jpg"}.get(data[:2], "")


@functools.cache
def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="seeing-tensors-"))

    @atexit.register
    def remove_if_empty():
        with contextlib.suppress(OSError):
            os.rmdir(folder)

    return folder
