"""One offline run with everything that `log_images` can log. Needs numpy, Pillow, wandb and `seeing_tensors`; not torch.

    python offline_run.py FOLDER
"""

import sys

import numpy as np
import wandb

from seeing_tensors.wandb_images import log_images, to_wandb_image
from seeing_tensors.wandb_overlays import to_wandb_mask

LEVELS = np.arange(256, dtype=np.uint8).reshape(16, 16)
COLOUR = np.stack([LEVELS, LEVELS[::-1], LEVELS.T], axis=-1)
TINY = np.array([[[0.0, 0.5, 1.0], [1.0, 0.0, 0.25]]])
CAPTIONS = [None, "second", "third"]
BOX = {"position": {"minX": 1, "minY": 2, "maxX": 9, "maxY": 12}, "domain": "pixel", "class_id": np.int64(3)}


def main(folder: str) -> None:
    run = wandb.init(project="seeing-tensors-test", dir=folder, mode="offline")
    log_images(run, "float", [COLOUR / 255, COLOUR[::-1] / 255, COLOUR[:, ::-1] / 255], value_range=(0, 1), captions=CAPTIONS)
    log_images(run, "bytes", [COLOUR, COLOUR % 2])
    log_images(run, "bool", [LEVELS > 127])
    log_images(run, "tiny", [TINY], value_range=(0, 1))
    log_images(run, "grid", [COLOUR, COLOUR[::-1]], columns=2)
    names = {0: "background", 3: "spoon"}
    image = to_wandb_image(
        COLOUR,
        caption="with a mask",
        masks={"truth": to_wandb_mask(LEVELS.astype(np.int64), class_labels=names)},
        boxes={"found": {"box_data": [BOX], "class_labels": names}},
        classes=[{"id": 3, "name": "spoon"}],
    )
    run.log({"overlay": image})
    run.finish()
    getattr(wandb, "teardown", lambda: None)()  # waits until everything is on disk


if __name__ == "__main__":
    main(sys.argv[1])
