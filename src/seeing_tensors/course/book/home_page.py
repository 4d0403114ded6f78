"""What the home page shows and cannot be typed: its live picture, and the laws at work on a wrong answer."""

from __future__ import annotations

import base64
import html

import cv2
import numpy as np

from ...display import imshow_pixels, unseen
from ...live import script
from ...normalization import IMAGENET_MEAN, IMAGENET_STD, normalize
from ...reading import read_image
from ...tensors import to_tensor
from ..practice import page
from ..practice.notebook import judgement
from ..repository import data_path


def parts() -> dict[str, str]:
    """The home page's computed parts, by file name: `index.md` includes them."""
    return {"picture.html": picture(), "judged.html": judged()}


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
