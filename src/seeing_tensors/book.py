"""The book: pages from the notebooks that the lessons' run left in build/notebooks."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from .course import lesson_environment


def build_book(root: Path, folder: Path) -> bool:
    """Make `folder`/book from the executed notebooks; return True if Sphinx had nothing to complain about."""
    source, pages = folder / "notebooks", folder / "doctrees"
    home = (root / "lessons" / "index.md").read_bytes()
    if not (source / "index.md").exists() or (source / "index.md").read_bytes() != home:
        (source / "index.md").write_bytes(home)
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "-n"]
    command += ["-c", str(root / "lessons"), "-d", str(pages), str(source), str(folder / "book")]
    passed = subprocess.run(command, env=lesson_environment(), check=False).returncode == 0
    if not passed:
        # Sphinx remembers the pages it has read, and would not warn about them a second time.
        shutil.rmtree(pages, ignore_errors=True)
        print("The book has the faults above.", file=sys.stderr)
    return passed
