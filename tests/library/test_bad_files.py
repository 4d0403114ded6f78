"""Hostile files: a reader gives the whole picture or says why not. It never hangs, prints, or eats the memory.

The table says for each file what `read_image` and `read_mask` do with it: the array they give, or
the exception and words of its message. Every message must name the file as well.
"""

import collections
import io
import os
import pickle
import random
import socket
import struct
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from PIL import Image, ImageFile
from spec.files import GREY, PALETTE, RGB, SIGNATURE, chunk, exif, header, palette_png, png, rows, with_exif

import seeing_tensors as library
from seeing_tensors import _image_files

SECONDS = 300  # for the whole table, which needs one or two: only a hang takes so long
MEBIBYTES = 100  # for one file

PHOTO = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[9, 8, 7], [80, 90, 100], [200, 210, 220]]], np.uint8)
LABELS = np.array([[0, 1, 2], [3, 1, 0]], np.uint8)
COLORS = np.array([[0, 0, 0], [128, 0, 0], [0, 128, 0], [128, 128, 0]], np.uint8)
GREY_PHOTO = np.repeat(LABELS[:, :, None] * np.uint8(85), 3, axis=2)


class Refused(NamedTuple):
    kind: type[Exception]
    words: str


class Row(NamedTuple):
    name: str
    make: Any  # bytes; or a function from an empty folder to the path, or from a folder to (path, user)
    image: Any  # the array, or Refused
    mask: Any


def saved(format, array=PHOTO, mode=None, **options):
    buffer = io.BytesIO()
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(buffer, format, **options)
    return buffer.getvalue()


JPEG = saved("JPEG", quality=90)
JPEG_PIXELS = np.asarray(Image.open(io.BytesIO(JPEG)))
LARGE_JPEG = saved("JPEG", np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8))
PROGRESSIVE = saved("JPEG", np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8), progressive=True)
SCAN = LARGE_JPEG.index(b"\xff\xda") + 14  # where the compressed pixels begin
MIDDLE = (SCAN + len(LARGE_JPEG)) // 2
FIRST, LAST = (2 * SCAN + len(LARGE_JPEG)) // 3, (SCAN + 2 * len(LARGE_JPEG)) // 3  # the middle third of the scan
END_OF_IMAGE = b"\xff\xd9"
OPTIMIZED = saved("JPEG", np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8), optimize=True)
MASK = palette_png(LABELS, COLORS)
THUMBNAIL = exif(1) + JPEG


def with_size(jpeg, width, height):
    """The JPEG, declaring another size."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


def without(jpeg, marker):
    """The JPEG without its segments of this kind."""
    kept, at = jpeg[:2], 2
    while jpeg[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")
        kept, at = kept + jpeg[at:end] * (jpeg[at + 1] != marker), end
    return kept + jpeg[at:]


def with_precision(jpeg, bits):
    at = jpeg.index(b"\xff\xc0") + 4
    return jpeg[:at] + bytes([bits]) + jpeg[at + 1 :]


def interlaced(values, passes=7):
    """The first of the seven passes of Adam7."""
    steps = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    parts = [values[top::down, left::across] for top, left, down, across in steps[:passes]]
    packed = b"".join(rows(each, 8) for each in parts if each.size)
    return made_of(header(values.shape[1], values.shape[0], 8, RGB, 1), chunk(b"IDAT", zlib.compress(packed)))


def made_of(*chunks):
    return SIGNATURE + b"".join(chunks) + chunk(b"IEND")


def pixels(values, bits=8):
    return chunk(b"IDAT", zlib.compress(rows(values, bits)))


def cut_pixels(values, left):
    """Rows that end after `left` bytes, in a compressed stream that is whole."""
    return chunk(b"IDAT", zlib.compress(rows(values, 8)[:left]))


PLTE, PLTE_OF_FOUR_BYTES = chunk(b"PLTE", COLORS.tobytes()), chunk(b"PLTE", bytes(4))


def palette_after_the_pixels():
    return made_of(header(3, 2, 8, PALETTE), pixels(LABELS), PLTE)


def interrupted():
    """Pixels in two chunks with a note between them. All readers stop at the note."""
    body = zlib.compress(rows(LABELS, 8))
    note = chunk(b"tEXt", b"a\0b")
    return made_of(header(3, 2, 8, GREY), chunk(b"IDAT", body[:5]), note, chunk(b"IDAT", body[5:]))


def bomb(mebibytes):
    return zlib.compress(bytes(mebibytes << 20), 9)


# ------------------------------------------------------- what is no ordinary file


def missing(folder):
    return folder / "missing.png"


def dangling_link(folder):
    (folder / "link.png").symlink_to("nowhere.png")
    return folder / "link.png"


def link_to_itself(folder):
    (folder / "link.png").symlink_to("link.png")
    return folder / "link.png"


def link_to_a_mask(folder):
    (folder / "mask.png").write_bytes(MASK)
    (folder / "link.png").symlink_to("mask.png")
    return folder / "link.png"


def wrong_extension(folder):
    (folder / "mask.jpg").write_bytes(MASK)
    return folder / "mask.jpg"


def file_as_a_folder(folder):
    (folder / "mask.png").write_bytes(MASK)
    return folder / "mask.png" / "more.png"


def unreadable(folder):
    (folder / "secret.png").write_bytes(MASK)
    (folder / "secret.png").chmod(0)
    return folder / "secret.png"


def in_a_closed_folder(folder):
    (folder / "closed").mkdir()
    (folder / "closed" / "mask.png").write_bytes(MASK)
    (folder / "closed").chmod(0)
    return folder / "closed" / "mask.png"


def pipe(folder):
    os.mkfifo(folder / "pipe.png")
    return folder / "pipe.png"


def unix_socket(folder):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(folder / "socket.png"))
    return folder / "socket.png"


def larger_than_a_gibibyte(folder):
    with open(folder / "large.png", "wb") as file:
        file.write(MASK)
        file.truncate(2**30 + 1)
    return folder / "large.png"


def undecodable_bytes(folder):
    path = os.fsencode(folder) + b"/\xff\xfe\xb0.png"
    with open(path, "wb") as file:
        file.write(MASK)
    return path


def given(value):
    return lambda folder: value


NO_FILE = Refused(FileNotFoundError, "No such file")
NO_PATH = Refused(TypeError, "path")
NOT_REGULAR = Refused(ValueError, "not a regular file")
NO_FORMAT = Refused(ValueError, "not a PNG or JPEG")
CUT = Refused(ValueError, "cut off")
DAMAGED = Refused(ValueError, "damaged")
NO_PNG = Refused(ValueError, "not a readable PNG")
NO_JPEG = Refused(ValueError, "not a readable JPEG")
DAMAGED_JPEG = Refused(ValueError, "Corrupt JPEG data")
TOO_LARGE = Refused(ValueError, "178,956,970")
TRANSPARENT = Refused(ValueError, "transparent")
SIXTEEN = Refused(ValueError, "16 bits")
IS_JPEG = Refused(ValueError, "JPEG changes")
COLORED = Refused(ValueError, "not labels")

TABLE = [
    Row("missing", missing, NO_FILE, NO_FILE),
    Row("dangling link", dangling_link, NO_FILE, NO_FILE),
    Row("link to itself", link_to_itself, Refused(OSError, ""), Refused(OSError, "")),
    Row("link to a mask", link_to_a_mask, COLORS[LABELS], LABELS),
    Row("name too long", lambda folder: folder / ("x" * 999), Refused(OSError, ""), Refused(OSError, "")),
    Row("file as a folder", file_as_a_folder, Refused(OSError, ""), Refused(OSError, "")),
    Row("folder", given(Path("/")), Refused(IsADirectoryError, "folder"), Refused(IsADirectoryError, "folder")),
    Row("unreadable", unreadable, Refused(PermissionError, ""), Refused(PermissionError, "")),
    Row("in a closed folder", in_a_closed_folder, Refused(PermissionError, ""), Refused(PermissionError, "")),
    Row("pipe", pipe, NOT_REGULAR, NOT_REGULAR),
    Row("socket", unix_socket, NOT_REGULAR, NOT_REGULAR),
    Row("/dev/zero", given("/dev/zero"), NOT_REGULAR, NOT_REGULAR),
    Row("/dev/null", given("/dev/null"), NOT_REGULAR, NOT_REGULAR),
    Row("larger than 1 GiB", larger_than_a_gibibyte, Refused(ValueError, "limit"), Refused(ValueError, "limit")),
    # ---- what is no path
    Row("None", given(None), NO_PATH, NO_PATH),
    Row("int", given(0), NO_PATH, NO_PATH),
    Row("list", given(["mask.png"]), NO_PATH, NO_PATH),
    Row("array", given(LABELS), NO_PATH, NO_PATH),
    Row("bytes of a file", given(bytearray(MASK)), NO_PATH, NO_PATH),
    Row("empty name", given(""), NO_FILE, NO_FILE),
    Row(
        "NUL in the name",
        lambda folder: f"{link_to_a_mask(folder)}\0.png",
        Refused(ValueError, "null"),
        Refused(ValueError, "null"),
    ),
    Row("NUL in bytes", given(b"mask\0.png"), Refused(ValueError, "null"), Refused(ValueError, "null")),
    Row(
        "half a surrogate pair",
        given("\ud83d.png"),
        Refused(ValueError, "name of a file"),
        Refused(ValueError, "name of a file"),
    ),
    Row("undecodable bytes", undecodable_bytes, COLORS[LABELS], LABELS),
    Row("undecodable bytes as str", lambda folder: os.fsdecode(undecodable_bytes(folder)), COLORS[LABELS], LABELS),
    # ---- what is no PNG and no JPEG
    Row("empty", b"", Refused(ValueError, "empty"), Refused(ValueError, "empty")),
    Row("one byte", b"\x89", NO_FORMAT, NO_FORMAT),
    Row("random bytes", random.Random(0).randbytes(5000), NO_FORMAT, NO_FORMAT),
    Row("HTML", b"<!DOCTYPE html><title>404 Not Found</title>", NO_FORMAT, NO_FORMAT),
    Row("line ends changed", MASK.replace(b"\r\n", b"\n"), NO_FORMAT, NO_FORMAT),
    Row("GIF", saved("GIF"), NO_FORMAT, NO_FORMAT),
    Row("WebP", saved("WEBP"), NO_FORMAT, NO_FORMAT),
    Row("TIFF", saved("TIFF"), NO_FORMAT, NO_FORMAT),
    Row("float TIFF", saved("TIFF", LABELS.astype(np.float32)), NO_FORMAT, NO_FORMAT),
    Row("BMP", saved("BMP"), NO_FORMAT, NO_FORMAT),
    Row("PPM", saved("PPM"), NO_FORMAT, NO_FORMAT),
    Row("JPEG 2000", saved("JPEG2000"), NO_FORMAT, NO_FORMAT),
    # ---- kinds of PNG
    Row("wrong extension", wrong_extension, COLORS[LABELS], LABELS),
    Row("grey, 1 bit", png(LABELS % 2, bits=1), GREY_PHOTO // 85 % 2 * np.uint8(255), LABELS % 2),
    Row("grey, 2 bits", png(LABELS, bits=2), GREY_PHOTO, LABELS),
    Row("grey, 4 bits", png(LABELS * 5, bits=4), GREY_PHOTO, LABELS * np.uint8(5)),
    Row("grey, 16 bits", png(LABELS, bits=16), SIXTEEN, LABELS.astype(np.uint16)),
    Row(
        "grey, 16 bits, one level transparent",
        png(LABELS, bits=16, transparency=b"\0\1"),
        SIXTEEN,
        LABELS.astype(np.uint16),
    ),
    Row("RGB, 16 bits", png(PHOTO.astype(int) * 257, bits=16), SIXTEEN, COLORED),
    Row("RGBA, 16 bits", png(np.full((2, 3, 4), 65535), bits=16), SIXTEEN, COLORED),
    Row("palette, 1 bit", palette_png(LABELS % 2, COLORS[:2], bits=1), COLORS[LABELS % 2], LABELS % 2),
    Row("palette, 2 bits", palette_png(LABELS, COLORS, bits=2), COLORS[LABELS], LABELS),
    Row("palette, 4 bits", palette_png(LABELS, COLORS, bits=4), COLORS[LABELS], LABELS),
    Row(
        "palette, 8 bits, turned",
        palette_png(LABELS, COLORS, orientation=6),
        COLORS[LABELS].swapaxes(0, 1)[:, ::-1],
        LABELS.T[:, ::-1],
    ),
    Row("interlaced", interlaced(PHOTO), PHOTO, COLORED),
    Row("interlaced, larger", interlaced(np.tile(PHOTO, (5, 3, 1))), np.tile(PHOTO, (5, 3, 1)), COLORED),
    Row("animated", saved("PNG", save_all=True, append_images=[Image.new("RGB", (3, 2))]), PHOTO, COLORED),
    Row("bytes after the end", MASK + b"more", COLORS[LABELS], LABELS),
    # ---- transparency
    Row("RGBA, opaque", png(np.dstack([PHOTO, LABELS * 0 + 255])), PHOTO, COLORED),
    Row("RGBA, one pixel not opaque", png(np.dstack([PHOTO, 255 - LABELS // 3])), TRANSPARENT, COLORED),
    Row("grey and alpha", png(np.dstack([LABELS, LABELS])), TRANSPARENT, COLORED),
    Row("palette, one half transparent", palette_png(LABELS, COLORS, transparency=b"\xff\x80"), TRANSPARENT, LABELS),
    Row("palette, one colour transparent", palette_png(LABELS, COLORS, transparency=b"\0"), TRANSPARENT, LABELS),
    Row(
        "palette, transparent and turned",
        palette_png(LABELS, COLORS, transparency=b"\0", orientation=3),
        TRANSPARENT,
        LABELS[::-1, ::-1],
    ),
    Row(
        "palette, an unused colour transparent",
        palette_png(LABELS % 3, COLORS, transparency=b"\xff\xff\xff\0"),
        COLORS[LABELS % 3],
        LABELS % 3,
    ),
    Row("RGB, one colour transparent", png(PHOTO, transparency=b"\0\x09\0\x08\0\x07"), TRANSPARENT, COLORED),
    Row("RGB, an unused colour transparent", png(PHOTO, transparency=b"\0\x09\0\x08\0\x08"), PHOTO, COLORED),
    Row("grey, 1 bit, black transparent", png(LABELS % 2, bits=1, transparency=b"\0\0"), TRANSPARENT, LABELS % 2),
    Row("grey, 2 bits, level 2 transparent", png(LABELS, bits=2, transparency=b"\0\2"), TRANSPARENT, LABELS),
    Row(
        "grey, 4 bits, an unused level transparent",
        png(LABELS * 5, bits=4, transparency=b"\0\1"),
        GREY_PHOTO,
        LABELS * np.uint8(5),
    ),
    # ---- damaged PNGs
    Row("signature only", SIGNATURE, CUT, CUT),
    Row("no pixels", made_of(header(3, 2, 8, RGB)), DAMAGED, DAMAGED),
    Row("no header", made_of(pixels(LABELS)), DAMAGED, DAMAGED),
    Row("two headers", made_of(header(3, 2, 8, GREY), header(3, 1, 8, GREY), pixels(LABELS)), DAMAGED, DAMAGED),
    Row("short header", made_of(chunk(b"IHDR", b"\0\0"), pixels(LABELS)), NO_PNG, NO_PNG),
    Row("no palette", png(LABELS, color=PALETTE), DAMAGED, DAMAGED),
    Row("palette too short", palette_png(LABELS, COLORS[:3]), DAMAGED, LABELS),
    Row("palette after the pixels", palette_after_the_pixels(), DAMAGED, DAMAGED),
    Row("two palettes", palette_png(LABELS, COLORS, more=PLTE), DAMAGED, DAMAGED),
    Row("palette of 257 colours", palette_png(LABELS, np.zeros((257, 3))), NO_PNG, NO_PNG),
    Row(
        "palette of half a colour",
        made_of(header(3, 2, 8, PALETTE), PLTE_OF_FOUR_BYTES, pixels(LABELS)),
        DAMAGED,
        DAMAGED,
    ),
    Row(
        "transparency first",
        made_of(header(3, 2, 8, PALETTE), chunk(b"tRNS", b"\0"), PLTE, pixels(LABELS)),
        DAMAGED,
        DAMAGED,
    ),
    Row("pixels interrupted", interrupted(), DAMAGED, DAMAGED),
    Row(
        "last row black and half missing",
        made_of(header(3, 3, 8, GREY), cut_pixels(np.eye(3, dtype=np.uint8) - 1, 7)),
        CUT,
        CUT,
    ),
    Row("unknown critical chunk", png(LABELS, more=chunk(b"CgBI", bytes(4))), DAMAGED, DAMAGED),
    Row("one row missing", made_of(header(3, 3, 8, GREY), pixels(LABELS)), CUT, CUT),
    Row(
        "last byte missing",
        made_of(header(3, 2, 8, GREY), chunk(b"IDAT", zlib.compress(rows(LABELS, 8)[:-1]))),
        CUT,
        CUT,
    ),
    Row("row too many", made_of(header(3, 1, 8, GREY), pixels(LABELS)), LABELS[:1, :, None].repeat(3, 2), LABELS[:1]),
    Row(
        "interlaced, a row missing",
        interlaced(PHOTO).replace(header(3, 2, 8, RGB, 1), header(3, 3, 8, RGB, 1)),
        CUT,
        CUT,
    ),
    Row("interlaced, the last pass missing", interlaced(np.full((3, 3, 3), 200, np.uint8), passes=6), CUT, CUT),
    Row("unknown filter", made_of(header(1, 1, 8, GREY), chunk(b"IDAT", zlib.compress(b"\x09\0"))), NO_PNG, NO_PNG),
    Row("not compressed", made_of(header(1, 1, 8, GREY), chunk(b"IDAT", b"\0\0\0\0\0\0")), NO_PNG, NO_PNG),
    Row("3 bits", made_of(header(3, 2, 3, GREY), pixels(LABELS)), NO_PNG, NO_PNG),
    Row("unknown kind of colour", made_of(header(3, 2, 8, 5), pixels(LABELS)), DAMAGED, DAMAGED),
    Row("width 0", made_of(header(0, 2, 8, GREY), pixels(LABELS)), NO_PNG, NO_PNG),
    # ---- bombs
    Row("50,000 x 50,000", made_of(header(50_000, 50_000, 8, RGB), pixels(LABELS)), TOO_LARGE, TOO_LARGE),
    Row("2 147 483 647 squared", made_of(header(2**31 - 1, 2**31 - 1, 16, RGB), pixels(LABELS)), TOO_LARGE, TOO_LARGE),
    Row("JPEG, 50,000 x 50,000", with_size(JPEG, 50_000, 50_000), TOO_LARGE, IS_JPEG),
    Row("chunk of 2^31 - 1 bytes", SIGNATURE + header(3, 2, 8, GREY) + b"\x7f\xff\xff\xffIDAT1234567", CUT, CUT),
    Row("text bomb", png(LABELS, bits=2, more=chunk(b"zTXt", b"a\0\0" + bomb(300))), GREY_PHOTO, LABELS),
    Row("colour profile bomb", png(LABELS, bits=2, more=chunk(b"iCCP", b"a\0\0" + bomb(300))), GREY_PHOTO, LABELS),
    Row(
        "pixel bomb",
        made_of(header(1, 1, 8, GREY), chunk(b"IDAT", bomb(300))),
        np.zeros((1, 1, 3), np.uint8),
        np.zeros((1, 1), np.uint8),
    ),
    # ---- JPEG
    Row("JPEG", JPEG, JPEG_PIXELS, IS_JPEG),
    Row("JPEG, bytes after the end", JPEG + b"more", JPEG_PIXELS, IS_JPEG),
    Row(
        "JPEG, two pictures",
        saved("MPO", save_all=True, append_images=[Image.new("RGB", (3, 2))], quality=90),
        JPEG_PIXELS,
        IS_JPEG,
    ),
    Row("JPEG, turned", with_exif(JPEG, exif(8)), JPEG_PIXELS.swapaxes(0, 1)[::-1], IS_JPEG),
    Row("JPEG, turned twice", with_exif(with_exif(JPEG, exif(8)), exif(3)), JPEG_PIXELS[::-1, ::-1], IS_JPEG),
    Row("CMYK", saved("JPEG", mode="CMYK"), Refused(ValueError, "CMYK"), IS_JPEG),
    Row("12 bits", with_precision(JPEG, 12), NO_JPEG, IS_JPEG),
    Row("JPEG without pixels", b"\xff\xd8\xff\xd9", NO_JPEG, IS_JPEG),
    Row("JPEG, height 0", with_size(JPEG, 3, 0), NO_JPEG, IS_JPEG),
    # ---- damaged JPEGs: where the decoder goes on with a warning
    Row("JPEG, scan cut but closed", LARGE_JPEG[:MIDDLE] + END_OF_IMAGE, DAMAGED_JPEG, IS_JPEG),
    Row("JPEG, progressive, cut but closed", PROGRESSIVE[: len(PROGRESSIVE) // 2] + END_OF_IMAGE, NO_JPEG, IS_JPEG),
    Row("JPEG, no scan data", LARGE_JPEG[:SCAN] + END_OF_IMAGE, DAMAGED_JPEG, IS_JPEG),
    Row("JPEG, height doubled", with_size(LARGE_JPEG, 24, 48), DAMAGED_JPEG, IS_JPEG),
    Row("JPEG, middle zeroed", LARGE_JPEG[:FIRST] + bytes(LAST - FIRST) + LARGE_JPEG[LAST:], DAMAGED_JPEG, IS_JPEG),
    Row("JPEG, middle removed", LARGE_JPEG[:FIRST] + LARGE_JPEG[LAST:], DAMAGED_JPEG, IS_JPEG),
    Row("JPEG, no Huffman tables", without(LARGE_JPEG, 0xC4), Refused(ValueError, "Huffman"), IS_JPEG),
    Row("JPEG, its own Huffman tables missing", without(OPTIMIZED, 0xC4), Refused(ValueError, "Huffman"), IS_JPEG),
    Row("JPEG, said to be coded arithmetically", LARGE_JPEG.replace(b"\xff\xc0", b"\xff\xc9"), NO_JPEG, IS_JPEG),
    Row("JPEG, no quantization tables", without(LARGE_JPEG, 0xDB), NO_JPEG, IS_JPEG),
    # ---- EXIF that says nothing: the picture as it is stored
    Row("EXIF, empty", with_exif(JPEG, b""), JPEG_PIXELS, IS_JPEG),
    Row("EXIF, random", with_exif(JPEG, random.Random(1).randbytes(200)), JPEG_PIXELS, IS_JPEG),
    Row("EXIF, cut off", with_exif(JPEG, exif(6)[:-12]), JPEG_PIXELS, IS_JPEG),
    Row("EXIF, pointing nowhere", with_exif(JPEG, b"MM\0*\xff\xff\xff\xff"), JPEG_PIXELS, IS_JPEG),
    Row("EXIF, 65,535 entries", with_exif(JPEG, b"MM\0*\0\0\0\x08\xff\xff" + bytes(60)), JPEG_PIXELS, IS_JPEG),
    Row("EXIF, orientation 0", with_exif(JPEG, exif(0)), JPEG_PIXELS, IS_JPEG),
    Row("EXIF, orientation 9", with_exif(JPEG, exif(9)), JPEG_PIXELS, IS_JPEG),
    Row("EXIF in a PNG, random", png(LABELS, bits=2, more=chunk(b"eXIf", b"MM random")), GREY_PHOTO, LABELS),
]


@pytest.fixture(scope="session")
def outcomes(request):
    """What each function does with each file: {(row, function): outcome}, without those that never came back."""
    questions, keys = [], []
    with tempfile.TemporaryDirectory() as top:
        Path(top).chmod(0o755)  # so that an ordinary user gets as far as the file
        for number, row in enumerate(TABLE):
            folder = Path(top) / str(number)
            folder.mkdir()
            if isinstance(row.make, bytes):
                path = folder / "file"
                path.write_bytes(row.make)
            else:
                path = row.make(folder)
            # To root no file is unreadable: root asks as nobody.
            user = 65534 if row.make in (unreadable, in_a_closed_folder) and os.geteuid() == 0 else None
            for function in ("read_image", "read_mask"):
                questions.append((function, path, user))
                keys.append((row.name, function))
        answers = _ask(request.config.getoption("--implementation"), questions)
        _open_again(Path(top))
    paths = [path for _, path, _ in questions]
    return {key: (path, answer) for key, path, answer in zip(keys, paths, answers, strict=False)}


def _ask(implementation, questions):
    program = [sys.executable, str(Path(__file__).with_name("reading_apart.py")), implementation]
    try:
        run = subprocess.run(program, input=pickle.dumps(questions), capture_output=True, timeout=SECONDS)
        output, errors = run.stdout, run.stderr
    except subprocess.TimeoutExpired as late:
        output, errors = late.stdout or b"", b"it did not come back"
    stream, answers = io.BytesIO(output), []
    while True:
        try:
            answers.append(pickle.load(stream))
        except EOFError:
            break
    if not answers:
        pytest.fail(f"no answer from {implementation}: {errors.decode(errors='replace')}")
    return answers


def _open_again(top):
    for path in top.glob("*/closed"):
        path.chmod(0o700)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes, sockets and permissions are different there")
@pytest.mark.parametrize("function", ["read_image", "read_mask"])
@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_table(row, function, outcomes, implementation):
    if not hasattr(implementation, function):
        pytest.skip(f"{function} is not written yet")
    assert (row.name, function) in outcomes, f"{function} hangs or dies on this file, or on one before it"
    path, got = outcomes[row.name, function]
    expected = row.image if function == "read_image" else row.mask
    if isinstance(expected, Refused):
        kind = expected.kind
        if kind is ValueError and hasattr(implementation, "ImageReadError"):
            kind = implementation.ImageReadError
        assert got["result"] is None, f"{function} gives a picture instead of {kind.__name__}"
        assert kind.__name__ in got["kinds"], got["message"]
        assert expected.words in got["message"]
        if kind is not TypeError:
            assert repr(os.fsdecode(path)) in got["message"], "the message does not name the file"
    else:
        assert not got["kinds"], got["message"]
        assert got["result"].dtype == expected.dtype
        assert got["result"].tolist() == expected.tolist()
    assert got["stderr"] == "", "it prints to stderr"
    assert got["warnings"] == []
    assert got["mebibytes"] < MEBIBYTES


def test_rows_have_names_of_their_own():
    assert [name for name, count in collections.Counter(row.name for row in TABLE).items() if count > 1] == []


# ------------------------------------------------- cuts and flips, at every byte


@pytest.fixture
def refuses(implementation, tmp_path):
    """Is a file with these bytes refused, with the ordinary exception?"""

    def asked(function, data):
        path = tmp_path / "file"
        path.write_bytes(data)
        try:
            getattr(implementation, function)(path)
        except ValueError:
            return True
        return False

    return asked


WHOLE = {
    "palette PNG": ("read_mask", palette_png(LABELS, COLORS, transparency=b"\xff", orientation=6)),
    "RGB PNG": ("read_image", png(PHOTO, more=chunk(b"tEXt", b"a\0b"))),
    "interlaced PNG": ("read_image", interlaced(PHOTO)),
    "JPEG with a thumbnail": ("read_image", with_exif(LARGE_JPEG, THUMBNAIL)),
    "progressive JPEG with a thumbnail": ("read_image", with_exif(PROGRESSIVE, THUMBNAIL)),
    "grey JPEG": ("read_image", saved("JPEG", LABELS)),
    "JPEG with restarts": ("read_image", saved("JPEG", np.tile(PHOTO, (16, 8, 1)), restart_marker_blocks=1)),
}


@pytest.mark.parametrize("name", WHOLE)
def test_every_cut_is_found(name, refuses, implementation):
    function, data = WHOLE[name]
    if not hasattr(implementation, function):
        pytest.skip(f"{function} is not written yet")
    assert not refuses(function, data)
    assert [length for length in range(len(data)) if not refuses(function, data[:length])] == []


@pytest.mark.parametrize("name", ["palette PNG", "RGB PNG", "interlaced PNG"])
def test_every_changed_byte_of_a_png_is_found(name, refuses, implementation):
    function, data = WHOLE[name]
    if not hasattr(implementation, function):
        pytest.skip(f"{function} is not written yet")
    for at in range(len(data)):
        for bit in range(8):
            changed = data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]
            assert refuses(function, changed), f"bit {bit} of byte {at} can change and nobody sees it"


@pytest.mark.parametrize("name", [name for name in WHOLE if "JPEG" in name])
def test_changed_bytes_of_a_jpeg_do_no_harm(name, implementation, tmp_path, capfd):
    """Damage inside a JPEG cannot always be seen. It must not do worse than a wrong picture."""
    if not hasattr(implementation, "read_image"):
        pytest.skip("read_image is not written yet")
    chance = random.Random(0)
    data = WHOLE[name][1]
    for _ in range(300):
        changed = bytearray(data)
        for at in chance.sample(range(len(data)), chance.choice([1, 1, 2, 10])):
            changed[at] = chance.randrange(256)
        (tmp_path / "file").write_bytes(changed)
        try:
            image = implementation.read_image(tmp_path / "file")
            said = str(tmp_path / "file")
        except ValueError as error:
            image, said = np.zeros((1, 1, 3), np.uint8), str(error)
        assert (image.dtype, image.ndim, image.shape[2]) == (np.uint8, 3, 3)
        assert str(tmp_path / "file") in said
    assert capfd.readouterr().err == ""


def test_a_lenient_pillow_changes_nothing(refuses, implementation, monkeypatch):
    """LOAD_TRUNCATED_IMAGES, which many programs set, makes Pillow fill up what is missing. The reader stays strict."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    for function, data in WHOLE.values():
        if hasattr(implementation, function):
            assert refuses(function, data[: len(data) // 2])
            assert refuses(function, data[:-1])


def test_a_lenient_pillow_lets_no_row_pass_that_is_filtered_wrongly(refuses, monkeypatch):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    one_bad_row = zlib.compress(b"\0\1\2\3" + b"\x09\1\2\3" + b"\0\1\2\3")
    assert refuses("read_mask", made_of(header(3, 3, 8, GREY), chunk(b"IDAT", one_bad_row)))


@pytest.mark.parametrize("name", ["require_moderate_size", "_png_orientation", "_require_every_row"])
def test_a_bug_of_ours_is_not_called_a_damaged_file(name, monkeypatch, tmp_path):
    def broken(*arguments):
        raise ValueError("this is our own bug")

    monkeypatch.setattr(_image_files, name, broken)
    (tmp_path / "mask.png").write_bytes(palette_png(LABELS * 0, COLORS))
    with pytest.raises(ValueError, match=r"^this is our own bug$"):
        library.read_mask(tmp_path / "mask.png")
