"""Measure what the seven runs of lesson 7 score, over seeds and threads, and print it as a table. Minutes, so no test:

python tests/course/cases/measure.py
"""

import argparse
import time

import numpy as np
import torch

from seeing_tensors.course.cases.runs import run_all
from seeing_tensors.course.cases.shapes import CLASSES


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(".")[0] + ".")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    arguments = parser.parse_args()
    scores, seconds, losses = {}, [], {}
    for seed in range(arguments.seeds):
        for threads in arguments.threads:
            begin = time.process_time(), time.perf_counter()
            for fault, run in run_all(seed, threads=threads).items():
                scores.setdefault(fault, []).append(run.iou)
                losses.setdefault(fault, []).append((run.losses[0], run.losses[-1]))
            spent = time.process_time() - begin[0], time.perf_counter() - begin[1]
            seconds.append(f"seed {seed}, threads {threads}: {spent[0]:.1f} s of CPU, {spent[1]:.1f} s")
            print(seconds[-1], flush=True)
    print(f"torch {torch.__version__}; lowest to highest of {len(seconds)} runs each\n")
    print(f"| fault | {' | '.join(CLASSES)} | first loss | last loss |\n|---|{'---|' * (len(CLASSES) + 2)}")
    for fault, found in scores.items():
        columns = [*np.array(found).T, *np.array(losses[fault]).T]
        print(f"| {fault} | " + " | ".join(f"{each.min():.2f} to {each.max():.2f}" for each in columns) + " |")


if __name__ == "__main__":
    main()
