"""A run that somebody kills. Lesson 6 starts this script, waits for the line `step 19`, and kills it:

    python killed_run.py FOLDER

It logs twenty small pictures, says so, and waits.
"""

import sys

import numpy as np
import wandb

import seeing_tensors as st


def main(folder: str) -> None:
    run = wandb.init(project="lesson-6", dir=folder, mode="offline")
    for step in range(20):
        st.log_images(run, "photo", [np.full((8, 8, 3), step, np.uint8)])
        print("step", step, flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main(sys.argv[1])
