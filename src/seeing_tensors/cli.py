"""The command `seeing-tensors`: its arguments, and who answers them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import book, course


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="seeing-tensors", description="The course Seeing Tensors.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    builder = commands.add_parser(
        "build",
        help="run the lessons that changed and make the book",
        description="Check the environment, run every lesson that changed, and make the book in build/book.",
    )
    builder.add_argument("--no-book", action="store_true", help="run the lessons only")
    worker = commands.add_parser(
        "lab",
        help="copy the lessons to my-lessons/ and open JupyterLab there",
        description="Copy the lessons as notebooks to my-lessons/, never over a file of yours, and open JupyterLab.",
    )
    worker.add_argument("--no-start", action="store_true", help="make the copies only")
    options = parser.parse_args(arguments)
    # Line by line also into a file or a CI log, so that our lines stay in order with those of pytest and Sphinx.
    getattr(sys.stdout, "reconfigure", lambda **_: None)(line_buffering=True)
    try:
        if options.command == "build":
            return build(course.ROOT, course.build_folder(course.ROOT), pages=not options.no_book)
        return course.lab(course.ROOT, start=not options.no_start)
    except FileNotFoundError as error:
        print(f"seeing-tensors: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def build(root: Path, folder: Path, *, pages: bool = True) -> int:
    """Check the environment, run the changed lessons, make the book; return the exit status."""
    faults = course.environment_faults(root, imports=bool(course.changed_lessons(root, folder)))
    for fault in faults:
        print(f"FAIL  {fault}")
    if faults:
        return 1
    print(f"OK    Python {sys.version.split()[0]}, {len(course.requirements(root))} packages")
    if not course.run_lessons(root, folder):
        return 1
    if pages:
        if not book.build_book(root, folder):
            return 1
        print(f"\nThe book: {folder / 'book' / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
