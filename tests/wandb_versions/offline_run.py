"""One offline run with everything that `log_images` can log: `python offline_run.py FOLDER`.

Needs numpy, Pillow, wandb and `seeing_tensors`; not torch.
"""

import sys

import numpy as np
import wandb

from seeing_tensors.wandb_images import log_images, to_wandb_image
from seeing_tensors.wandb_overlays import to_wandb_mask

LEVELS = np.arange(256, dtype=np.uint8).reshape(16, 16)
COLORED = np.stack([LEVELS, LEVELS[::-1], LEVELS.T], axis=-1)
TINY = np.array([[[0.0, 0.5, 1.0], [1.0, 0.0, 0.25]]])
CAPTIONS = [None, "second", "third"]
BOX = {"position": {"minX": 1, "minY": 2, "maxX": 9, "maxY": 12}, "domain": "pixel", "class_id": np.int64(3)}


def main(folder: str) -> None:
    run = wandb.init(project="seeing-tensors-test", dir=folder, mode="offline")
    log_images(
        run,
        "float",
        [COLORED / 255, COLORED[::-1] / 255, COLORED[:, ::-1] / 255],
        value_range=(0, 1),
        captions=CAPTIONS,
    )
    log_images(run, "bytes", [COLORED, COLORED % 2])
    log_images(run, "bool", [LEVELS > 127])
    log_images(run, "tiny", [TINY], value_range=(0, 1))
    log_images(run, "grid", [COLORED, COLORED[::-1]], columns=2)
    names = {0: "background", 3: "spoon"}
    image = to_wandb_image(
        COLORED,
        caption="with a mask",
        masks={"truth": to_wandb_mask(LEVELS.astype(np.int64), class_labels=names)},
        boxes={"found": {"box_data": [BOX], "class_labels": names}},
        classes=[{"id": 3, "name": "spoon"}],
    )
    run.log({"overlay": image})
    step = run.step
    log_images(run, "trained", [COLORED / 128], value_range=(0, 1), clip="count", step=step)
    run.log({"loss": 0.25}, step=step)
    run.finish()
    getattr(wandb, "teardown", lambda: None)()  # waits until everything is on disk


if __name__ == "__main__":
    main(sys.argv[1])
