"""A file of answers: begin one with a blank for every exercise, and have the laws judge it."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from pathlib import Path

from .exercises import Exercise, exercises

_OPENING = '''"""My answers to the exercises of Seeing Tensors.

Replace `...` by your own code, in any order. You may add functions and imports. Then run

    seeing-tensors check {name}

The lessons derive what is asked for here, and each has a hint. "Say" means that the error's message contains it.
"""

import numpy as np
import torch

import seeing_tensors as st
'''


def start(path: Path) -> int:
    """Write a file of blanks, never over a file that exists; return how many.

    Raises:
        FileExistsError: the file exists already.
        ValueError: the name does not end in ``.py``.
    """
    if path.suffix != ".py":
        raise ValueError(f"{path} is no name for a file of Python: let it end in .py")
    asked = exercises()
    parts = [_OPENING.format(name=path.name)]
    for each in asked:
        if each.number == 1:
            parts.append(f"\n# {'-' * 20} lesson {each.lesson}: {each.title}\n")
        parts.append(f"\n{_asked(each)}\n")
    text = "\n".join(parts)
    with open(path, "x", encoding="utf-8") as file:  # "x" refuses a file that exists
        file.write(text)
    return len(asked)


def _asked(exercise: Exercise) -> str:
    """The exercise as Python: what is asked for as a comment, then the blank with the library's docstrings."""
    heading = f"{exercise.number}. {exercise.name}, {exercise.minutes} minutes, {exercise.difficulty}"
    lines = [heading]
    # Lines that belong to one paragraph are joined first; an item of a list begins a paragraph of its own.
    for paragraph in re.split(r"\n(?=\n|- )", exercise.prompt):
        indent = "  " if paragraph.lstrip().startswith("- ") else ""
        lines += [""] * paragraph.startswith("\n")
        lines += textwrap.wrap(" ".join(paragraph.split()), 110, subsequent_indent=indent)
    comment = "\n".join(f"# {line}".rstrip() for line in lines)
    return f"{comment}\n{_with_docstrings(exercise)}"


def _with_docstrings(exercise: Exercise) -> str:
    import seeing_tensors

    ours = getattr(seeing_tensors, exercise.name)
    lines = exercise.blank.split("\n")
    (top,) = ast.parse(exercise.blank).body
    places = [(top, ours)]
    if isinstance(top, ast.ClassDef):
        places += [(node, getattr(ours, node.name)) for node in top.body]
    for node, described in reversed(places):  # from the end, so that the line numbers before it stay right
        first = node.body[0]
        text = inspect.getdoc(described) or ""
        if text:
            closed = text if "\n" not in text else text + "\n"
            opening = 'r"""' if "\\" in text else '"""'
            quoted = textwrap.indent(f'{opening}{closed}"""', " " * first.col_offset, lambda line: line.strip())
            blank = [""] if isinstance(node, ast.ClassDef) else []
            lines[first.lineno - 1 : first.lineno - 1] = quoted.split("\n") + blank
    return "\n".join(lines)


# ------------------------------------------------------------------ judging


def names_to_judge(module) -> list[str]:
    """What a file of answers is judged on: every exercise, then whatever else it holds that there are laws about."""
    from ..laws.finding import laws
    from ..laws.implementations import written

    asked = [each.name for each in exercises()]
    others = dict.fromkeys(law.about for law in laws() if law.about not in asked)
    return asked + [name for name in others if written(module, name)]


def check(path: str) -> int:
    """Judge a file of answers and print progress, counterexamples, known mistakes, and what to do next.

    Returns the exit status: 0 if no function that is written breaks a law, otherwise 1.
    """
    from ..laws.finding import judged
    from ..laws.implementations import load, written
    from .notebook import explain, next_thing

    module = load(path)
    asked = {each.name: each for each in exercises()}
    reports, waiting, lesson = [], [], None
    for name in names_to_judge(module):
        exercise = asked.get(name)
        if (exercise.lesson if exercise else 0) != lesson:
            lesson = exercise.lesson if exercise else 0
            print(f"Lesson {lesson}: {exercise.title}" if exercise else "Beyond the exercises")
        function = written(module, name)
        if function is None:
            waiting.append(exercise)
            print(f"  {name:20}  not written yet")
            continue
        outcomes = [broken for *_, broken in judged(function, name)]
        faults = [broken for broken in outcomes if broken]
        held = len(outcomes) - len(faults)
        print(f"  {name:20}  " + (f"{held} held, {len(faults)} BROKEN" if faults else f"all {held} laws held"))
        if faults:
            reports.append((function, name, faults[0]))
    for function, name, report in reports:
        explain(function, name, report)
    right = len(asked) - len(waiting) - sum(name in asked for _, name, _ in reports)
    print(f"\n{right} of {len(asked)} exercises right, {len(waiting)} not written yet")
    if reports:
        _, name, report = reports[0]
        print(f"Next: {name}: {next_thing(name, report)}")
    elif waiting:
        print(f"Next: {waiting[0].place}.")
    return 1 if reports else 0
