"""Two processes of torchrun train: with shared statistics as one process does, apart as none should."""

import os
import subprocess
import sys

import pytest
import torch

from seeing_tensors.course.cases.shapes import write_shapes
from seeing_tensors.course.repository import path


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    """What each of two processes kept."""
    folder = tmp_path_factory.mktemp("processes")
    write_shapes(folder)
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--local-addr=127.0.0.1", "--nproc-per-node=2"]
    command = [sys.executable, *torchrun, path("lessons/scripts/train_in_processes.py"), folder]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(command, env=environment, capture_output=True, check=True, timeout=600)
    return [torch.load(folder / f"process_{rank}.pt") for rank in (0, 1)]


def from_one(processes, rank, name):
    """How far the weights are, after an epoch, from those of one process that sees all photos."""
    pairs = zip(processes[rank][name]["weights"], processes[0]["one process"]["weights"], strict=True)
    return max(float((mine - one).abs().max()) for mine, one in pairs)


def test_synchronised_is_one_training_and_apart_another(processes):
    for rank in (0, 1):
        assert from_one(processes, rank, "synchronised") < 1e-4
        assert from_one(processes, rank, "apart") > 1e-2


def test_both_processes_have_the_same_weights_and_only_apart_other_statistics(processes):
    for name in ("apart", "synchronised"):
        first, second = (each[name] for each in processes)
        assert all(map(torch.equal, first["weights"], second["weights"]))
        assert torch.equal(first["running_mean"], second["running_mean"]) == (name == "synchronised")


def test_apart_process_0_is_blind_to_the_other_camera(processes):
    scores = {name: processes[0][name]["scores"] for name in ("one process", "apart", "synchronised")}
    assert min(scores["one process"]) > 0.7 and min(scores["synchronised"]) > 0.7
    assert scores["apart"][0] > 0.9 and scores["apart"][1] < 0.4


def test_it_says_where_it_ran(processes):
    gpus = torch.cuda.device_count()
    assert processes[0]["device"] == ("cuda" if gpus else "cpu")
    assert processes[0]["backend"] == ("nccl" if gpus > 1 else "gloo") and processes[0]["cameras"] == 2
