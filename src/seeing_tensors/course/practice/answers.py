"""A file of answers, begun with a blank for every exercise."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from .exercises import Exercise, exercises

_OPENING = '''"""My answers to the exercises of Seeing Tensors.

Replace `...` by your own code, in any order. You may add functions and imports. Then run

    seeing-tensors check {name} --watch

which judges whenever you save, or the same without --watch. The laws make an exercise solved; what stands under
"Unbreakable" is a second star, if you like. The lessons derive what is asked for here, and each has a hint. "Say" means
that the error's message contains it.
"""

import numpy as np
import torch
from PIL import Image

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
    """The exercise as Python: what is asked for as a comment, then the blank as the lesson has it."""
    name = f"{exercise.name} ({exercise.part})" if exercise.part else exercise.name
    lines = [
        f"{exercise.number}. {name}, {exercise.minutes} minutes, {exercise.difficulty}",
        "",
        *in_lines(exercise.prompt),
    ]
    comment = "\n".join(f"# {line}".rstrip() for line in lines)
    return f"{comment}\n{exercise.blank}"


def in_lines(prompt: str) -> list[str]:
    """A prompt as lines of text. Those of one paragraph are joined first; an item of a list begins one of its own."""
    lines = []
    for paragraph in re.split(r"\n(?=\n|- )", prompt):
        indent = "  " if paragraph.lstrip().startswith("- ") else ""
        lines += [""] * paragraph.startswith("\n")
        lines += textwrap.wrap(" ".join(paragraph.split()), 110, subsequent_indent=indent)
    return lines
