"""A run of ``runs`` as Weights & Biases keeps it: offline, in a folder, without a word about the fault."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import wandb
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import seeing_tensors as st

from .runs import LIMIT, RANGE, Run
from .shapes import CLASSES

PICTURES = 4  # of the test photos


def log(run: Run, folder: str | os.PathLike[str], name: str) -> Path:
    """Write a run into ``folder/wandb``, and return the folder that it has there.

    With each epoch goes ``loss``, and with the last:

        input/as_seen        the first test photos as the network saw them, -3 black and 3 white
        input/undone         the same with Normalize undone, 0 black and 1 white
        overlays             the same, with the true labels and the predicted ones
        densities            of the values as the network saw them
        maps                 what the first three layers make of the first photo, on one scale
        IoU/<class>          and their mean, IoU/mean
        confusion            a table, a row for each true label
        target_pixels/<n>    how many pixels of the training had label n

    Set WANDB_MODE=offline and WANDB_ERROR_REPORTING=false before wandb is imported: then nothing asks for the network.

    Args:
        run: what ``runs.run`` returned.
        folder: where the run's folder is to be; it must be there.
        name: what the run is called, and all that is written about its fault.
    """
    logged = wandb.init(project="cases", name=name, dir=os.fspath(folder), mode="offline")
    where = Path(logged.dir).parent
    for epoch, loss in enumerate(run.losses[:-1]):
        logged.log({"loss": loss}, step=epoch)
    last: dict[str, Any] = {"step": len(run.losses) - 1, "commit": False}
    seen = run.inputs[:PICTURES]
    undo: dict[str, Any] = {"mean": run.mean, "std": run.std, "value_range": (0, 1), "clip": "count"}
    st.log_images(logged, "input/as_seen", seen, value_range=RANGE, clip="count", **last)
    st.log_images(logged, "input/undone", seen, **undo, **last)
    st.log_images(logged, "overlays", seen, **undo, masks=_overlays(run), **last)
    logged.log({"densities": _densities(run), "maps": st.to_wandb_maps(run.maps, limit=LIMIT)}, **last)
    labels, pixels = np.unique(run.targets, return_counts=True)
    row: dict[str, Any] = {f"target_pixels/{label}": int(count) for label, count in zip(labels, pixels, strict=True)}
    row |= {f"IoU/{label}": float(iou) for label, iou in zip(CLASSES, run.iou, strict=True)}
    table = [[label, *map(int, counts)] for label, counts in zip(CLASSES, run.confusion, strict=True)]
    row |= {"IoU/mean": float(np.nanmean(run.iou)), "loss": run.losses[-1]}
    row |= {"confusion": wandb.Table(columns=["true", *CLASSES], data=table)}
    logged.log(row, step=last["step"], commit=True)
    logged.finish()
    return where


# ---------------------------------------------------------------- inside


def _overlays(run: Run) -> list[dict]:
    names = dict(enumerate(CLASSES))
    return [
        {
            "truth": st.to_wandb_mask(mask, class_labels={**names, 255: "void"}),
            "prediction": st.to_wandb_mask(prediction, class_labels=names),
        }
        for mask, prediction in zip(run.masks[:PICTURES], run.predictions[:PICTURES], strict=True)
    ]


def _densities(run: Run) -> wandb.Image:
    fig = Figure(figsize=(5, 3), layout="constrained")
    canvas = FigureCanvasAgg(fig)
    st.plot_channel_densities(run.inputs, fig.subplots(), limits=RANGE)
    canvas.draw()
    return st.to_wandb_image(np.asarray(canvas.buffer_rgba())[..., :3])
