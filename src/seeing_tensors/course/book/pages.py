"""The book: pages from the notebooks that the lessons' run left in build/notebooks.

    executed notebooks, index.md, the laws  --Sphinx-->  build/book

Beside the lessons the book has a home page, whose picture is computed here, and
a page of laws for each lesson, written from the very objects that judge.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .lessons import lesson_environment, lesson_hash

#: Pages on other libraries, the laws, damaged files and speed: written by a measurement, checked in, taken as they are.
MEASURED = ("peers.md", "files.md", "speed.md")


def build_book(root: Path, folder: Path) -> bool:
    """Make `folder`/book from the executed notebooks; return True if Sphinx had nothing to complain about."""
    source = folder / "notebooks"
    write_sources(root, source)
    if not make_pages(root, folder):
        return False
    copy_laws(root, folder)
    unpack_pictures(folder / "book")
    return True


def write_sources(root: Path, source: Path) -> None:
    """Write what Sphinx reads beside the notebooks: the home page, its picture, the laws, and the pages of `MEASURED`.

    Nothing is computed again until the library, the laws or the photos change.
    """
    for name in MEASURED:
        page, copy = root / "lessons" / name, source / name
        if page.exists() and not (copy.exists() and copy.read_bytes() == page.read_bytes()):
            shutil.copyfile(page, copy)
    home = root / "lessons" / "index.md"
    stamp = source / "laws" / "made_from"
    state = lesson_hash(root, home)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == state:
        return
    # torch and Hypothesis load here, and not when nothing has changed.
    from . import home_page, law_pages

    shutil.rmtree(source / "laws", ignore_errors=True)
    for name, text in law_pages.pages(root).items():
        _write(source / "laws" / name, text)
    for name, text in home_page.parts().items():
        _write(source / "home" / name, text)
    _write(source / "index.md", home.read_text(encoding="utf-8"))
    _write(stamp, state)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")


def make_pages(root: Path, folder: Path) -> bool:
    """Run Sphinx over `folder`/notebooks; return True if it had nothing to complain about."""
    source, pages = folder / "notebooks", folder / "doctrees"
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "-n"]
    command += ["-c", str(root / "lessons"), "-d", str(pages), str(source), str(folder / "book")]
    passed = subprocess.run(command, env=lesson_environment(), check=False).returncode == 0
    if not passed:
        # Sphinx remembers the pages it has read, and would not warn about them a second time.
        shutil.rmtree(pages, ignore_errors=True)
        print("The book has the faults above.", file=sys.stderr)
    return passed


def copy_laws(root: Path, folder: Path) -> None:
    """Put the files of the laws beside the pages that list them."""
    shutil.copytree(
        root / "tests" / "spec",
        folder / "book" / "downloads" / "spec",
        ignore=lambda _, names: [name for name in names if not name.endswith(".py")],
        dirs_exist_ok=True,
    )


def unpack_pictures(book: Path) -> None:
    """Turn the pictures inside the pages into files beside them, pixel for pixel the same, in half as many bytes."""
    from PIL import Image

    pictures = book / "_images"
    pictures.mkdir(exist_ok=True)

    def unpacked(found: re.Match) -> str:
        content = base64.b64decode(found[1])
        file = pictures / f"{hashlib.sha256(content).hexdigest()[:16]}.webp"
        if not file.exists():
            # exact: the colour of what is transparent is kept as well.
            Image.open(io.BytesIO(content)).save(file, lossless=True, exact=True)
        return f'src="_images/{file.name}"'

    for page in book.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        lighter = re.sub(r'(?<=\s)src="data:image/png;base64,([^"]+)"', unpacked, text)
        if lighter != text:
            page.write_text(lighter, encoding="utf-8")


def functions_of(script: str) -> list[str]:
    """The functions whose laws a lesson proves or lets the reader try, in the order in which it names them."""
    return list(dict.fromkeys(re.findall(r"""^st\.(?:prove|check)\(["']?(\w+)["']?\)""", script, flags=re.M)))
