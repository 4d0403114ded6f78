"""A live figure: pick a case, look at its exhibits, accuse a line."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

import numpy as np
import torch
from matplotlib import colormaps
from matplotlib.figure import Figure

import seeing_tensors as st

from ...activations import FEATURE_COLORS
from ...figures import figure
from ...live import script
from .runs import BGR, DIVIDED, FAULTS, LIMIT, LINEAR, NOT_NORMALIZED, RANGE, RAW, RESHAPED, Run
from .shapes import CLASSES, HEIGHT, PALETTE, VOID, WIDTH

PHOTOS, MAPS, BINS = 3, 6, 60  # as many as a page can carry

#: The exhibit that gives a fault away; a case without one is told by its score.
TELLING = {
    "none": "score",
    BGR: "predictions",
    NOT_NORMALIZED: "values",
    LINEAR: "maps",
    DIVIDED: "labels",
    RESHAPED: "undone",
    RAW: "maps",
}


def live_cases(fig: Figure, cases: Mapping[str, Run], *, alt: str, caption: str) -> None:
    """Put a live figure on the page in which the reader finds out what is wrong with each run.

    Each case has eight exhibits, all from its run: the loss, what the network saw, that with Normalize undone, its
    values, the labels of the training, the predictions, the first maps, and the scores. Who accuses the right fault
    is shown its line and the repaired one; who accuses another, an exhibit to look at.

    Args:
        fig: the still picture, for paper and where no script runs; closed afterwards.
        cases: the runs by the names that the reader sees.
        alt, caption: as in ``figure``.
    """
    if not cases:
        raise ValueError("live_cases needs at least one run, as in {'A': run}")
    pool: dict[str, int] = {}  # many cases share their pictures: each is on the page once

    def kept(levels: np.ndarray | torch.Tensor) -> int:
        text = base64.b64encode(np.ascontiguousarray(levels, dtype=np.uint8).tobytes()).decode("ascii")
        return pool.setdefault(text, len(pool))

    data = {
        "size": [HEIGHT, WIDTH],
        "classes": CLASSES,
        "labels": {**dict(enumerate(CLASSES)), VOID: "void"},
        "palette": PALETTE,
        "range": RANGE,
        "faults": FAULTS,
        "telling": TELLING,
        "limit": LIMIT,
        "colors": kept(colormaps[FEATURE_COLORS](np.arange(256), bytes=True)[:, :3]),
        "cases": {name: _exhibits(run, kept) for name, run in cases.items()},
        "pool": list(pool),
    }
    figure(fig, alt=alt, caption=caption, live="cases", behind=script("cases", data))


def _exhibits(run: Run, kept: Callable[[np.ndarray | torch.Tensor], int]) -> dict:
    low, high = RANGE
    seen = run.inputs[:PHOTOS]
    undone = st.inverse_normalize(seen, run.mean, run.std)
    counts = [np.histogram(plane, BINS, RANGE)[0].tolist() for plane in run.inputs.transpose(0, 1).flatten(1).numpy()]
    labels, pixels = np.unique(run.targets, return_counts=True)
    return {
        "fault": run.fault,
        "losses": [round(loss, 4) for loss in run.losses],
        "seen": [kept(st.to_image((x - low) / (high - low))) for x in seen],
        "undone": [kept(st.to_image(x)) for x in undone],
        "values": counts,
        "targets": [kept(each) for each in run.targets[:PHOTOS]],
        "targetPixels": dict(zip(labels.tolist(), pixels.tolist(), strict=True)),
        "truth": [kept(each) for each in run.masks[:PHOTOS]],
        "predicted": [kept(each) for each in run.predictions[:PHOTOS]],
        "maps": kept((256 * (run.maps[:MAPS] / LIMIT + 1) / 2).floor().clamp(0, 255)),
        "mapsFrom": [round(float(end), 2) for end in (run.maps.min(), run.maps.max())],
        "iou": [None if np.isnan(iou) else round(float(iou), 4) for iou in run.iou],
        "confusion": run.confusion.tolist(),
    }
