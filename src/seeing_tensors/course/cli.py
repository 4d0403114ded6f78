"""The command `seeing-tensors`: its arguments, and who answers them."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from .book import environment, lab, lessons, pages
from .repository import ROOT, build_folder


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
    starter = commands.add_parser(
        "start",
        help="write a file of blanks, one for every exercise",
        description="Write a file with every exercise, blank. A file that exists is never overwritten.",
    )
    starter.add_argument("file", type=Path, help="for instance my_answers.py")
    _add_check(commands)
    _add_stats(commands)
    options = parser.parse_args(arguments)
    # Line by line also into a file or a CI log, so that our lines stay in order with those of pytest and Sphinx.
    getattr(sys.stdout, "reconfigure", lambda **_: None)(line_buffering=True, errors="backslashreplace")
    try:
        if options.command == "build":
            return build(ROOT, build_folder(), with_pages=not options.no_book)
        if options.command == "start":
            return start(options.file)
        if options.command == "check":
            return check(options)
        if options.command == "stats":
            return stats(options)
        return lab.lab(ROOT, start=not options.no_start)
    except FileNotFoundError as error:
        print(f"seeing-tensors: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _add_check(commands: Any) -> None:
    from .grading.sandbox import Limits

    checker = commands.add_parser(
        "check",
        help="judge a file of answers, or grade a folder of them",
        description="A file or module is judged here, and the exit status is 0 when every exercise that is written is "
        "solved: its laws of mathematics hold. The files of a folder are graded, each in a process of its own with "
        "limits and, where bubblewrap works, in a sandbox; "
        "then the exit status is 0 when all were graded, whatever the grades.",
    )
    checker.add_argument("path", help="my_answers.py, a module's name, or a folder of submissions")
    checker.add_argument("name", nargs="?", default="", help="one exercise of the file, for instance to_uint8")
    checker.add_argument(
        "--watch", action="store_true", help="judge at each save, and go on when an exercise is solved"
    )
    checker.add_argument(
        "--unbreakable", action="store_true", help="report the first fault of the second star, too: range and manners"
    )
    checker.add_argument("--csv", type=Path, metavar="FILE", help="write a line for every submission and exercise")
    checker.add_argument(
        "--junit", type=Path, metavar="FILE", help="write JUnit XML, a test suite for every submission"
    )
    checker.add_argument("--seconds", type=float, default=Limits.seconds, help="for one submission (%(default)g)")
    checker.add_argument(
        "--exercise-seconds", type=float, default=Limits.step_seconds, help="for one exercise (%(default)g)"
    )
    checker.add_argument("--memory", type=float, default=Limits.mebibytes, help="resident, in MiB (%(default)g)")
    checker.add_argument("--processes", type=int, default=Limits.processes, help="for one submission (%(default)d)")
    checker.add_argument("--jobs", type=int, default=2, help="submissions at a time (%(default)d)")


def _add_stats(commands: Any) -> None:
    counter = commands.add_parser(
        "stats",
        help="the exact mean and std of your own pictures, or how often each class occurs in your masks",
        description="Count every pixel of a data set, and print the exact mean and std of each channel, with the line "
        "for v2.Normalize. A PATH is a folder, a picture, a list of files (.txt), a glob in quotes, a tar in "
        "WebDataset's "
        "layout, or a batch of CIFAR-10. A file that cannot be read is named at the end and stops nothing.",
    )
    counter.add_argument("paths", nargs="+", metavar="PATH", help="what to count; with --merge, states")
    counter.add_argument("--masks", action="store_true", help="masks of labels in place of pictures: class weights")
    counter.add_argument("--void", type=int, metavar="LABEL", help="with --masks: this label is no class, often 255")
    counter.add_argument("--jobs", type=int, default=0, metavar="N", help="processes at a time (one for each core)")
    counter.add_argument("--csv", type=Path, metavar="FILE", help="write a line for each channel or label")
    counter.add_argument("--json", type=Path, metavar="FILE", help="write everything: mean, std, pixels, pictures, ...")
    counter.add_argument(
        "--save", type=Path, metavar="STATE.npz", help="write what is counted so far, every few seconds"
    )
    counter.add_argument("--resume", action="store_true", help="go on with the state: count what it has not seen")
    counter.add_argument(
        "--merge", action="store_true", help="add up states of several runs; the bits are those of one"
    )
    counter.add_argument("--strict", action="store_true", help="stop at the first file that cannot be read")


def build(root: Path, folder: Path, *, with_pages: bool = True) -> int:
    """Check the environment, run the changed lessons, make the book; return the exit status."""
    faults = environment.environment_faults(root, imports=bool(lessons.changed_lessons(root, folder)))
    for fault in faults:
        print(f"FAIL  {fault}")
    if faults:
        return 1
    print(f"OK    Python {sys.version.split()[0]}, {len(environment.requirements(root))} packages")
    if not lessons.run_lessons(root, folder):
        return 1
    if with_pages:
        if not pages.build_book(root, folder):
            return 1
        print(f"\nThe book: {folder / 'book' / 'index.html'}")
    return 0


def start(file: Path) -> int:
    """Write a file of blanks; return the exit status."""
    from .practice import answers

    try:
        count = answers.start(file)
    except FileExistsError:
        print(f"seeing-tensors: {file} exists already and stays as it is", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"seeing-tensors: {error}", file=sys.stderr)
        return 1
    print(f"{file}: {count} exercises. Write one, then run: seeing-tensors check {file}")
    return 0


def check(options: argparse.Namespace) -> int:
    """Judge a learner's file here, or a teacher's folder in processes of their own; return the exit status."""
    path = Path(options.path)
    a_package = (path / "__init__.py").exists()
    if options.csv or options.junit or (path.is_dir() and not a_package):
        from .grading import grading, sandbox

        if not path.exists():
            raise FileNotFoundError(f"there is no file and no folder {path}")
        limits = sandbox.Limits(options.seconds, options.exercise_seconds, options.memory, options.processes)
        return grading.run(path, limits, jobs=options.jobs, table=options.csv, xml=options.junit)
    from .practice import command

    judge = command.watch if options.watch else command.check
    try:
        return judge(options.path, options.name, star=2 if options.unbreakable else 1)
    except ImportError as error:
        print(f"seeing-tensors: {error}", file=sys.stderr)
        return 1


def stats(options: argparse.Namespace) -> int:
    """Count a data set; return the exit status."""
    from .. import dataset_command

    names = dataset_command.Options._fields
    return dataset_command.stats(dataset_command.Options(**{name: getattr(options, name) for name in names}))


if __name__ == "__main__":
    sys.exit(main())
