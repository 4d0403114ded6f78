"""The home page: what this is in one line, and a card for each lesson."""

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from seeing_tensors.course.book import home_page
from seeing_tensors.course.book.lessons import listed_lessons
from seeing_tensors.course.book.pages import unpack_pictures
from seeing_tensors.course.repository import ROOT, lesson_files


def address(level, alpha=255):
    content = io.BytesIO()
    Image.fromarray(np.array([[[level] * 3 + [alpha]] * 884] * 363, np.uint8)).save(content, "png")
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"


def notebook(title, *pictures):
    """A notebook as a run leaves it: its title, a print, and one figure of these pictures."""
    images = "".join(f'<img alt="Four &quot;ways&quot; back" src="{picture}">' for picture in pictures)
    outputs = [{"name": "stdout", "text": "<figure"}, {"data": {"text/html": [f"<figure>{images}", "</figure>"]}}]
    return {"cells": [{"source": [f"# {title}\n", "\n", "16 minutes"]}, {"outputs": outputs}]}


def test_one_line_says_what_for_whom_and_how_long():
    (line,) = home_page.what(ROOT).splitlines()
    assert line.startswith("A course ") and "for people who" in line
    minutes = [minutes for _, minutes, _ in listed_lessons(ROOT).values()]
    assert f"seven lessons of about {round(sum(minutes) / len(minutes))} minutes" in line and len(minutes) == 7


def test_every_lesson_is_listed():
    assert list(listed_lessons(ROOT)) == [lesson.stem for lesson in lesson_files(ROOT)]
    assert all(subject and can and 10 < minutes < 30 for subject, minutes, can in listed_lessons(ROOT).values())


@pytest.mark.parametrize(("over", "seen"), [((10, 255), 10), ((10, 0), 240), (None, 240)])
def test_a_card_shows_the_opening_picture_on_light_and_on_dark(over, seen):
    pictures = [address(240)] + ([address(*over)] if over else [])
    alt, light, dark = home_page.opening(notebook("One photo", *pictures))
    assert alt == "Four &quot;ways&quot; back"
    assert np.asarray(light)[0, 0, 0] == 240 and np.asarray(dark)[0, 0, 0] == seen


def test_a_card_says_title_subject_minutes_and_what_one_can_then(tmp_path):
    for stem in listed_lessons(ROOT):
        made = notebook(f"Title & {stem}", address(240), address(10))
        (tmp_path / f"{stem}.ipynb").write_text(json.dumps(made))
    page = home_page.cards(ROOT, tmp_path)
    cards = page.split("<li>")[1:]
    for card, (stem, (subject, minutes, can)) in zip(cards, listed_lessons(ROOT).items(), strict=True):
        assert re.findall(r'<a href="([^"]+)">([^<]+)</a>', card) == [(f"{stem}.html", f"Title &amp; {stem}")]
        assert f"{minutes}&nbsp;minutes" in card and subject.replace("&", "&amp;") in card and can[1:30] in card
        assert card.count('width="320" height="131"') == card.count('alt="Four &quot;ways&quot; back"') == 2
    unpacked = unpack_pictures(page, tmp_path / "_images", "_images")
    assert "base64" not in unpacked and {
        Image.open(io.BytesIO(file.read_bytes())).width for file in (tmp_path / "_images").iterdir()
    } == {640}
