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

from ... import MODULES
from ..repository import page_files
from .lessons import lesson_environment, lesson_hash

#: Pages on other libraries, the laws, damaged files and speed: written by a measurement, checked in, taken as they are.
MEASURED = ("peers.md", "files.md", "speed.md")

#: Pages that were typed, with places for what is computed.
TYPED = ("index.md", "teaching.md")


def build_book(root: Path, folder: Path) -> bool:
    """Make `folder`/book from the executed notebooks; return True if Sphinx had nothing to complain about."""
    source = folder / "notebooks"
    write_sources(root, source)
    if not make_pages(root, folder):
        return False
    copy_laws(root, folder)
    finish_pages(folder / "book")
    return True


def write_sources(root: Path, source: Path) -> None:
    """Write what Sphinx reads beside the notebooks: laws, the reference, and the pages of `TYPED` and `MEASURED`.

    Nothing is computed again until something that these pages tell of changes; and what comes out the same is left as
    it is, so that Sphinx does not read it again.
    """
    for name in MEASURED:
        if (page := root / "lessons" / name).exists():
            _write(source / name, page.read_text(encoding="utf-8"))
    typed = [root / "lessons" / name for name in TYPED]
    stamp = source / "laws" / "made_from"
    told = [root / "README.md", root / "lessons" / "speed.md", *typed, *page_files(root)]
    state = hashlib.sha256(b"".join(file.read_bytes() for file in told if file.exists())).hexdigest()
    state += lesson_hash(root, typed[0])
    if stamp.exists() and stamp.read_text(encoding="utf-8") == state:
        return
    # torch and Hypothesis load here, and not when nothing has changed.
    from . import home_page, law_pages, reference_pages, teaching_page

    folders = {"laws": law_pages.pages(root), "reference": reference_pages.pages(root)}
    folders |= {"home": home_page.parts(root, source), "teaching": teaching_page.parts(root)}
    for folder, texts in folders.items():
        for stale in {file.name for file in (source / folder).glob("*")} - {*texts, stamp.name}:
            (source / folder / stale).unlink()
        for name, text in texts.items():
            _write(source / folder / name, text)
    for page in typed:
        _write(source / page.name, page.read_text(encoding="utf-8"))
    _write(stamp, state)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    if not (path.exists() and path.read_text(encoding="utf-8") == text):
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


def finish_pages(book: Path) -> None:
    """What Sphinx and its extensions leave to be done in the pages. One that is finished already stays as it is."""
    for page in book.rglob("*.html"):
        if "_static" in page.parts:
            continue
        text = page.read_text(encoding="utf-8")
        up = "../" * (len(page.relative_to(book).parts) - 1)
        finished = load_late(unpack_pictures(name_folds(text), book / "_images", f"{up}_images"))
        finished = unpack_pixels(finished, book / "_images", f"{up}_images")
        if page.parent.name != "reference":
            finished = link_names(finished, f"{up}reference")
        if finished != text:
            page.write_text(finished, encoding="utf-8")


def name_folds(text: str) -> str:
    """Folded code is named by the words that one sees, "Show the code": myst-nb gives it a second name."""
    return text.replace('<summary aria-label="Toggle hidden content">', "<summary>")


def unpack_pictures(text: str, folder: Path, address: str) -> str:
    """Turn the pictures inside a page into files in `folder`, pixel for pixel the same, in half as many bytes.

    Args:
        address: the folder, seen from the page.
    """
    from PIL import Image

    def unpacked(found: re.Match) -> str:
        content = base64.b64decode(found[2])
        file = folder / f"{hashlib.sha256(content).hexdigest()[:16]}.webp"
        if not file.exists():
            folder.mkdir(exist_ok=True)
            if found[1] == "webp":
                file.write_bytes(content)
            else:  # exact: the colour of what is transparent is kept as well
                Image.open(io.BytesIO(content)).save(file, lossless=True, exact=True)
        return f'src="{address}/{file.name}"'

    return re.sub(r'(?<=\s)src="data:image/(png|webp);base64,([^"]+)"', unpacked, text)


def unpack_pixels(text: str, folder: Path, address: str) -> str:
    """Put what is known of the pixels of a page's pictures into scripts beside it, that are loaded when one asks.

    From file:// a page may load a script, and no other data.
    """

    def unpacked(found: re.Match) -> str:
        name = f"{hashlib.sha256(found[1].encode()).hexdigest()[:16]}.js"
        file = f"{address}/{name}"
        (folder / name).write_text(f"(globalThis.stPixels ??= {{}})[{file!r}] = {found[1]};\n", encoding="utf-8")
        return f'<script type="application/json" class="st-pixels" data-file="{file}"></script>'

    return re.sub(r'<script type="application/json" class="st-pixels">([^<]+)</script>', unpacked, text)


def load_late(text: str) -> str:
    """All pictures but the first are loaded when one comes near them; their width and height keep them their place."""
    first = text.find("<img ")

    def late(found: re.Match) -> str:
        if found.start() == first or "loading=" in found[0] or "width=" not in found[0]:
            return found[0]
        return found[0].replace("<img ", '<img loading="lazy" decoding="async" ', 1)

    return re.sub(r"<img [^>]*>", late, text)


def link_names(text: str, address: str) -> str:
    """In highlighted code each public name after ``st.`` becomes a link to what the reference says about it.

    Args:
        address: the folder of the reference, seen from the page.
    """
    chapters = {name: module.partition(".")[0] for module, names in MODULES.items() for name in names}

    def linked(found: re.Match) -> str:
        before, span, name = found.groups()
        if name not in chapters:
            return found[0]
        target = f"{address}/{chapters[name]}.html#st-{name.lower().replace('_', '-')}"
        return f'{before}<a class="in-code" href="{target}">{span}</a>'

    # A page that Sphinx did not make again has links already, perhaps to where a name stood before.
    text = re.sub(r'<a class="in-code"[^>]*>(.*?)</a>', r"\1", text)
    return re.sub(r'(<span class="n">st</span><span class="o">\.</span>)(<span class="n">(\w+)</span>)', linked, text)


def functions_of(script: str) -> list[str]:
    """The functions whose laws a lesson proves or lets the reader try, in the order in which it names them."""
    return list(dict.fromkeys(re.findall(r"""^st\.(?:prove|check)\(["']?(\w+)["']?\)""", script, flags=re.M)))
