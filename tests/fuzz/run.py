"""Damage good files in thousands of ways, and see what readers make of them.

    python tests/fuzz/run.py                 300 damaged files of each format, read by this library alone
    python tests/fuzz/run.py --count 20000   more of them
    python tests/fuzz/run.py --count 20000 --write    beside Pillow, OpenCV, torchvision.io and, where it is installed,
                                             imageio; the tables go to lessons/files.md

The library may answer with a picture or with its own exception: anything else is printed, and the exit status is 1.
So is a line on stderr, a second of work, or a gigabyte. The damage is the same at every run.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.metadata
import io
import os
import random
import struct
import sys
import tempfile
import time
import warnings
import zlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import seeing_tensors as st
from seeing_tensors.course.repository import ROOT

SECONDS, BYTES = 1.0, 2**30
OUTCOMES = ("refused", "the same picture", "another picture")
ENDED = "it ended the process"
KINDS = ["bits flipped", "cut", "parts swapped", "a part repeated", "a length that lies"]


# ------------------------------------------------------------------ good files


def saved(array: np.ndarray, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, kind, **options)
    return buffer.getvalue()


def good_files() -> dict[str, list[tuple[bytes, str]]]:
    """For each format its files, and the function of ours that reads each."""
    photo = st.read_image(st.data_path("photos/people/astronaut.jpg"))[60:156, 170:290]
    mask = np.ascontiguousarray(st.read_mask(st.data_path("masks/coffee.png"))[100:196, 200:320])
    palette = Image.fromarray(mask).convert("P")
    palette.putpalette(list(range(256)) * 3)
    indexed = io.BytesIO()
    palette.save(indexed, "PNG", optimize=False)
    thumbnail = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0" + saved(photo[:16, :16], "JPEG")
    jpegs = [
        saved(photo, "JPEG", quality=90),
        saved(photo, "JPEG", quality=75, progressive=True),
        saved(photo, "JPEG", restart_marker_blocks=4, subsampling=0),
        saved(photo, "JPEG", optimize=True, exif=thumbnail),
        saved(photo[:, :, 0], "JPEG"),
    ]
    return {
        "PNG": [
            (saved(photo, "PNG"), "read_image"),
            (saved(photo[:, :, 0], "PNG"), "read_image"),
            (indexed.getvalue(), "read_mask"),
            (saved(mask.astype(np.uint16) * 257, "PNG"), "read_mask"),
        ],
        "JPEG": [(data, "read_image") for data in jpegs],
    }


# ---------------------------------------------------------------------- damage


def parts(data: bytes) -> list[bytes]:
    """The chunks of a PNG, or the segments of a JPEG and the rest from its pixels on; joined they are the file."""
    is_png = data[:1] == b"\x89"
    at = 8 if is_png else 2
    found = [data[:at]]
    while at < len(data):
        if is_png:
            end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        else:
            end = len(data) if data[at + 1] == 0xDA else at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        found.append(data[at:end])
        at = end
    return found


def damaged(data: bytes, kind: str, chance: random.Random) -> bytes:
    """The file with damage of one kind."""
    pieces = parts(data)
    if kind == "bits flipped":
        changed = bytearray(data)
        for _ in range(chance.choice([1, 1, 1, 2, 8])):
            changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        return bytes(changed)
    if kind == "cut":
        start = chance.randrange(2, len(data))
        return data[:start] + data[chance.choice([len(data), start + chance.randint(1, 300)]) :]
    if kind == "parts swapped":
        one, other = chance.sample(range(1, len(pieces)), 2)
        pieces[one], pieces[other] = pieces[other], pieces[one]
        return b"".join(pieces)
    if kind == "a part repeated":
        pieces.insert(chance.randint(1, len(pieces)), chance.choice(pieces[1:]))
        return b"".join(pieces)
    return lying(pieces, chance)


def lying(pieces: list[bytes], chance: random.Random) -> bytes:
    """The length of a part says something else, or the width or height does; of a PNG with a checksum that is right."""
    is_png = pieces[0][:1] == b"\x89"
    number = chance.randrange(1, len(pieces))
    at, size = (0, 4) if is_png else (2, 2)
    if chance.random() < 0.5:
        headers = (b"IHDR",) if is_png else (b"\xff\xc0", b"\xff\xc2")
        number = next(i for i, part in enumerate(pieces) if part[4 * is_png :].startswith(headers))
        at = chance.choice([8, 12]) if is_png else chance.choice([5, 7])
    part, limit = pieces[number], 256**size - 1
    true = int.from_bytes(part[at : at + size], "big")
    lie = chance.choice([0, 1, true - 1, true + 1, 2 * true, true // 2, limit, limit // 2, chance.randint(0, limit)])
    part = part[:at] + (lie & limit).to_bytes(size, "big") + part[at + size :]
    if is_png and at:
        part = part[:-4] + struct.pack(">I", zlib.crc32(part[4:-4]))
    pieces[number] = part
    return b"".join(pieces)


# --------------------------------------------------------------------- readers


def by_pillow(path: str) -> np.ndarray:
    with Image.open(path) as image:
        return np.array(image)


def by_torchvision(path: str) -> np.ndarray:
    return importlib.import_module("torchvision.io").decode_image(path).numpy()


def by_imageio(path: str) -> np.ndarray:
    return importlib.import_module("imageio.v3").imread(path)


OTHERS = {
    "Pillow": ("pillow", by_pillow),
    "OpenCV": ("opencv-python", lambda path: cv2.imread(path, cv2.IMREAD_UNCHANGED)),
    "torchvision.io": ("torchvision", by_torchvision),
    "imageio": ("imageio", by_imageio),
}


def installed(package: str) -> bool:
    try:
        return bool(importlib.metadata.version(package))
    except importlib.metadata.PackageNotFoundError:
        return False


class Stderr:
    """What is written to file descriptor 2 from now on, by C libraries too, counted in bytes."""

    def __init__(self):
        self.file = tempfile.TemporaryFile()
        os.dup2(self.file.fileno(), 2)

    def written(self) -> int:
        return os.fstat(self.file.fileno()).st_size


def outcome(read: Callable, path: str, right: np.ndarray | None) -> str:
    """What became of one file: "refused", "the same picture", "another picture", or a fault in words."""
    try:
        picture = read(path)
    except st.ImageReadError:
        return "refused"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if picture is None:
        return "refused"
    return "the same picture" if np.array_equal(picture, right) else "another picture"


def judge(format: str, count: int, read: Callable | None) -> tuple[Counter, list[str]]:
    """How often each outcome came of each kind of damage; and, of this library, what it may not do."""
    found, faults, number = Counter(), [], 0
    while number < count:
        # A process of its own: a reader may end it. Then the next one goes on after the file that did.
        receiver, sender = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(receiver)
            with os.fdopen(sender, "w") as out:
                _answer(format, range(number, count), read, out)
            os._exit(0)
        os.close(sender)
        with os.fdopen(receiver) as lines:
            for line in lines:
                number, kind, became, said, seconds = line.rstrip("\n").split("\t")
                number = int(number) + 1
                found[kind, became] += 1
                found["on stderr"] += said == "True"
                if became not in OUTCOMES or said == "True" or float(seconds) > SECONDS:
                    faults.append(f"{format} {number - 1}, {kind}: {became}, {seconds} s, on stderr: {said}")
        _, status, used = os.wait4(child, 0)
        if status:
            found[KINDS[number % len(KINDS)], ENDED] += 1
            faults.append(f"{format} {number}: it ended the process")
            number += 1
        if used.ru_maxrss * (1 if sys.platform == "darwin" else 1024) > BYTES:
            faults.append(f"{format}: {used.ru_maxrss:,} units of memory")
    return found, faults if read is None else []


def _answer(format: str, numbers: range, read: Callable | None, out: io.TextIOBase) -> None:
    """Damage files and read them; write a line for each."""
    files, stderr = good_files()[format], Stderr()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / f"file.{format.lower()}")
        right = []
        for data, ours in files:
            Path(path).write_bytes(data)
            right.append((read or getattr(st, ours))(path))
        for number in numbers:
            chance = random.Random(f"{format} {number}")
            kind, index = KINDS[number % len(KINDS)], chance.randrange(len(files))
            data, ours = files[index]
            Path(path).write_bytes(damaged(data, kind, chance))
            noise, start = stderr.written(), time.process_time()
            became = outcome(read or getattr(st, ours), path, right[index])
            seconds, said = time.process_time() - start, stderr.written() > noise
            became = "refused" if read and became not in OUTCOMES else " ".join(became.split())
            print(number, kind, became, said, f"{seconds:.3f}", sep="\t", file=out, flush=True)


# -------------------------------------------------------------------- the page

PAGE = """# Damaged files

Files break on the way: half a download, a bad disk, a program that writes a wrong number. Here good files are damaged
in {count:,} ways a format, the same ones at every run, and given to this library and to readers that many people use.
What is counted is **how many damaged files came back as another picture**, without an exception.

The files are small: {files}. Damage is one of five kinds: one to eight bits flipped; the end or a piece inside
cut out; two chunks or segments swapped; one repeated; or a length, width or height that lies, in a PNG with a checksum
made right again. `read_mask` read the masks, `read_image` all else. The others were called with their defaults,
OpenCV with `IMREAD_UNCHANGED`.

{tables}

*The same picture* means that the damage hit nothing that matters: a note, a repeated table, bytes after the end. A
reader that *ended the process* took the program with it: no exception to catch, the training gone.

What is left over has its reasons. A PNG has a checksum for each chunk, so what gets through is a header that lies and
has a right checksum: a height below the true one leaves rows over, and the picture is read as the header says. A JPEG
has no checksum. `read_image` refuses where libjpeg-turbo so much as warns; most flipped bits cause no warning, in any
decoder. For data that must not change, keep a checksum of the file, or use PNG.

Versions: {versions}. Made by `python tests/fuzz/run.py --count {count} --write`.
"""


def table(format: str, found: dict[str, Counter]) -> str:
    def row(what: str, number: Callable[[Counter], str], files: str = "") -> str:
        return f"| {what} | {files} | {' | '.join(number(each) for each in found.values())} |"

    def of(kinds: list[str], *outcomes: str) -> Callable[[Counter], str]:
        return lambda counter: f"{sum(counter[kind, outcome] for kind in kinds for outcome in outcomes):,}"

    first = next(iter(found.values()))
    lines = [f"## {format}", "", f"| came back as another picture | files | {' | '.join(found)} |"]
    lines.append("|---|--:" + "|--:" * len(found) + "|")
    lines += [row(kind, of([kind], "another picture"), of([kind], *OUTCOMES)(first)) for kind in KINDS]
    every = of(KINDS, "another picture")
    lines.append(row("**all**", lambda counter: f"**{every(counter)}**", of(KINDS, *OUTCOMES)(first)))
    lines.append(row("came back as the same picture", of(KINDS, "the same picture")))
    lines.append(row("ended the process", of(KINDS, ENDED)))
    lines.append(row("something was written to stderr", lambda counter: f"{counter['on stderr']:,}"))
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=300, help="damaged files of each format")
    parser.add_argument("--write", action="store_true", help="judge the other readers too, and write lessons/files.md")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", DeprecationWarning)
    readers: dict[str, Callable | None] = {"this library": None}
    if arguments.write:
        readers |= {name: read for name, (package, read) in OTHERS.items() if installed(package)}
        for module in ("torchvision.io", "imageio.v3"):  # here, and not again in each process
            with contextlib.suppress(ImportError):
                importlib.import_module(module)
    tables, faults = [], []
    for format in good_files():
        found = {}
        for name, read in readers.items():
            started = time.perf_counter()
            found[name], new = judge(format, arguments.count, read)
            faults += new
            print(f"{format}, {name}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
        tables.append(table(format, found))
    print("\n\n".join(tables))
    print(*faults[:20], sep="\n")
    print(f"{len(faults)} faults")
    if arguments.write:
        packages = ["simplejpeg", *(package for package, _ in OTHERS.values() if installed(package))]
        versions = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in packages)
        sizes = {format: [len(data) for data, _ in each] for format, each in good_files().items()}
        files = " and ".join(f"{len(s)} {format}s of {min(s):,} to {max(s):,} bytes" for format, s in sizes.items())
        page = PAGE.format(count=arguments.count, files=files, tables="\n\n".join(tables), versions=versions)
        (ROOT / "lessons" / "files.md").write_text(page, encoding="utf-8")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
