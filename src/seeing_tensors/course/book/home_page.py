"""What the home page shows and cannot be typed: its live picture, a card for each lesson, the laws at work."""

from __future__ import annotations

import base64
import html
import io
import json
import re
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ...display import imshow_pixels, unseen
from ...live import script
from ...normalization import IMAGENET_MEAN, IMAGENET_STD, normalize
from ...reading import read_image
from ...tensors import to_tensor
from ..practice import page
from ..practice.notebook import judgement
from ..repository import data_path
from .lessons import listed_lessons

_CARD = """<li>
<img alt="{alt}" class="only-light" src="{light}" width="{width}" height="{height}">
<img alt="{alt}" class="only-dark" src="{dark}" width="{width}" height="{height}">
<p class="card-line">Lesson {number} · {subject} · {minutes}&nbsp;minutes</p>
<h3><a href="{stem}.html">{title}</a></h3>
<p>{can}.</p>
</li>
"""

#: The pixels of a card's picture from left to right: twice as many as a card is wide, for sharp screens.
_CARD_WIDTH = 640


def parts(root: Path, notebooks: Path) -> dict[str, str]:
    """The home page's computed parts, by file name: `index.md` includes them.

    Args:
        root: the repository.
        notebooks: the folder of the lessons that have run; a card shows the first figure of one.
    """
    return {
        "what.md": what(root),
        "picture.html": picture(),
        "cards.html": cards(root, notebooks),
        "judged.html": judged(),
    }


def what(root: Path) -> str:
    """What this is, how long and for whom, in one line."""
    minutes = [minutes for _, minutes, _ in listed_lessons(root).values()]
    number = {6: "six", 7: "seven", 8: "eight"}.get(len(minutes), len(minutes))
    return (
        f"A course about images as tensors: {number} lessons of about {sum(minutes) / len(minutes):.0f} minutes, "
        "for people who know Python and a little numpy.\n"
    )


def cards(root: Path, notebooks: Path) -> str:
    """A card for each lesson: the picture that it opens with, title, minutes, and what one can do then."""
    written = ""
    for number, (stem, (subject, minutes, can)) in enumerate(listed_lessons(root).items(), 1):
        notebook = json.loads((notebooks / f"{stem}.ipynb").read_text(encoding="utf-8"))
        title = re.match("# (.+)", "".join(notebook["cells"][0]["source"]))
        alt, light, dark = opening(notebook)
        written += _CARD.format(
            number=number,
            stem=stem,
            subject=html.escape(subject),
            minutes=minutes,
            title=html.escape(title[1]) if title else html.escape(subject),
            can=html.escape(can[0].upper() + can[1:]),
            alt=alt,
            light=_small(light),
            dark=_small(dark),
            width=_CARD_WIDTH // 2,
            height=round(_CARD_WIDTH / 2 * light.height / light.width),
        )
    return f'<ul class="lesson-cards">\n{written}</ul>\n'


def opening(notebook: dict) -> tuple[str, Image.Image, Image.Image]:
    """The first figure of a lesson that has run: its alt text, as HTML, and its picture on light and on dark."""
    outputs = (output.get("data", {}) for cell in notebook["cells"] for output in cell.get("outputs", []))
    pages = ("".join(data.get("text/html", "")) for data in outputs)
    page = next(page for page in pages if "<figure" in page)
    light, *over = (
        Image.open(io.BytesIO(base64.b64decode(content))).convert("RGBA")
        for content in re.findall(r'<img [^>]*src="data:image/png;base64,([^"]+)"', page)[:2]
    )
    alt = re.search(r'<img alt="([^"]*)"', page)
    assert alt is not None  # `figure` asks for one
    # What is dark lies on the light picture, where the two differ.
    return alt[1], light, Image.alpha_composite(light, over[0]) if over else light


def _small(picture: Image.Image) -> str:
    small = picture.convert("RGB")
    small.thumbnail((_CARD_WIDTH, 10 * _CARD_WIDTH), Image.Resampling.LANCZOS)
    content = io.BytesIO()
    small.save(content, format="webp", quality=82, method=6)
    return _address("image/webp", content.getvalue())


def picture() -> str:
    """A photo after Normalize, left of a line as imshow draws it, right of it as the tensor holds it; the line moves.

    The picture without JavaScript has the line in the middle.
    """
    path = data_path("photos/people/astronaut.jpg")
    photo = read_image(path)
    x = to_tensor(photo)
    y = normalize(x, IMAGENET_MEAN, IMAGENET_STD)
    drawn = imshow_pixels(y.permute(1, 2, 0).numpy())[..., :3]
    still = photo.copy()
    middle = photo.shape[1] // 2
    still[:, :middle] = drawn[:, :middle]
    still[:, middle - 1 : middle + 1] = 255
    lost = unseen(y)[:, :2].sum(axis=1).mean()
    whole = ((y >= 0) & (y <= 1)).all(dim=0).double().mean().item()
    alt = (
        "A portrait of an astronaut, cut in two by a vertical line. Left of it, as imshow draws the normalised photo: "
        "flat patches of pure colour. Right of it, the same tensor with Normalize undone: an ordinary photo."
    )
    caption = (
        "A photo after the Normalize of every ImageNet network. <code>imshow</code> cuts off "
        f"<strong>{lost:.0%}</strong> of its values; <strong>{whole:.1%}</strong> of the pixels keep all three "
        "channels. No error is raised."
    )
    data = {"photo": _address("image/jpeg", path.read_bytes()), "mean": IMAGENET_MEAN, "std": IMAGENET_STD}
    return (
        f'<figure data-live="home"><img alt="{html.escape(alt)}" src="{_address("image/png", _png(still))}" '
        f'width="{photo.shape[1]}" height="{photo.shape[0]}">{script("home", data)}'
        f"<figcaption>{caption}</figcaption></figure>\n"
    )


def judged() -> str:
    """What `check` shows for a published mistake: the sign of the mean turned, but not divided by the std."""

    def inverse_mean_std(mean, std):
        return tuple(-m for m in mean), tuple(1 / s for s in std)

    return page.as_html(judgement(inverse_mean_std))


def _png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes()


def _address(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"
