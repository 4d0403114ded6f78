"""The exercises, read from the lessons: for the tests, `start`, `check` and a teacher's grades."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from ..repository import lesson_files

_CELL = re.compile(r"^# %%(.*)$", re.M)
_TITLE = re.compile(r"^# # (.+)$", re.M)
# A heading, "### 2. `imshow_pixels`, 2-D · 40 minutes · hard", with the part of the function where it asks for a part.
_HEADING = re.compile(r"^### (\d+)\. `(\w+)`(?:, ([\w-]+))? · (\d+) minutes · (easy|medium|hard)$", re.M)
_GOOD_FOR = re.compile(r"^Good for: (.+?)(?=\n\n|\Z)", re.M | re.S)
_HINT = re.compile(r"<details><summary>Hint</summary>(.*?)</details>", re.S)
_CHECK = re.compile(r"\n*^st\.check\((\w+)\)\s*$", re.M)


@dataclass(frozen=True)
class Exercise:
    """One exercise of a lesson.

    Attributes:
        lesson, title: the lesson's number and its title.
        number: the exercise's own number in that lesson.
        name: the function or class to be written; the laws about this name judge it.
        part: the part of it that is asked for, "" for the whole; then the laws of that part judge it.
        minutes, difficulty: as the lesson says; difficulty is easy, medium or hard.
        prompt: what is asked for, in Markdown, without the heading.
        good_for: what the function is good for, a sentence of the prompt.
        blank: the code to be completed, as it stands in the lesson.
        hint: the folded hint, in Markdown.
    """

    lesson: int
    title: str
    number: int
    name: str
    part: str
    minutes: int
    difficulty: str
    prompt: str
    good_for: str
    blank: str
    hint: str

    @property
    def place(self) -> str:
        name = f"{self.name} ({self.part})" if self.part else self.name
        return f"{name}, exercise {self.number} of lesson {self.lesson} ({self.minutes} minutes)"


def exercises(lesson: int | None = None) -> list[Exercise]:
    """Every exercise in the order of the lessons, or those of one lesson."""
    found = [(file, file.stat().st_mtime_ns) for file in lesson_files() if lesson in (None, int(file.name[:2]))]
    return [each for file, changed in found for each in _read(file, changed)]


@functools.cache
def _read(file: Path, changed: int) -> list[Exercise]:
    return exercises_in(file)


def exercises_in(file: Path) -> list[Exercise]:
    """The exercises of one lesson's file.

    Raises:
        ValueError: an exercise has no blank under its heading, or a blank no heading above it.
    """
    text = file.read_text(encoding="utf-8")
    cells = _cells(text)
    title = _TITLE.search(text)
    found = []
    for place, (kind, body) in enumerate(cells):
        checked = _CHECK.search(body) if kind == "code" else None
        if not checked:
            continue
        headings = list(_HEADING.finditer(cells[place - 1][1]))
        if not headings or headings[-1][2] != checked[1]:
            raise ValueError(
                f"{file.name}: above st.check({checked[1]}) stands no heading like "
                f"'### 1. `{checked[1]}` · 5 minutes · easy'"
            )
        heading, after = headings[-1], cells[place + 1][1] if place + 1 < len(cells) else ""
        hint = _HINT.search(after)
        prompt = cells[place - 1][1][heading.end() :].strip()
        good_for = _GOOD_FOR.search(prompt)
        found.append(
            Exercise(
                lesson=int(file.name[:2]),
                title=title[1].strip() if title else file.stem,
                number=int(heading[1]),
                name=heading[2],
                part=heading[3] or "",
                minutes=int(heading[4]),
                difficulty=heading[5],
                prompt=prompt,
                good_for=" ".join(good_for[1].split()) if good_for else "",
                blank=_CHECK.sub("", body).strip(),
                hint=hint[1].strip() if hint else "",
            )
        )
    return found


def _cells(text: str) -> list[tuple[str, str]]:
    """The cells of a py:percent script, in order: "markdown" or "code", and the text without comment signs."""
    parts = _CELL.split(text)[1:]
    cells = []
    for options, body in zip(parts[::2], parts[1::2], strict=True):
        if "[markdown]" in options:
            cells.append(("markdown", re.sub(r"^# ?", "", body, flags=re.M)))
        else:
            cells.append(("code", body))
    return cells
