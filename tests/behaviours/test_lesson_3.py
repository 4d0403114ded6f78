"""What torch and torchvision do, as far as lesson 3 relies on it."""

import os
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import jupytext
import numpy as np
import torch
import torchvision
from torch.utils.data import DataLoader
from torchvision import datasets, tv_tensors
from torchvision.transforms import v2
from torchvision.transforms.functional import to_tensor
from torchvision.utils import make_grid

import seeing_tensors as st

MEAN, STD = st.IMAGENET_MEAN, st.IMAGENET_STD
ROOT = Path(__file__).parents[2]


def test_center_crop_does_not_resample():
    """Lesson 3: "no resampling: pixels stay what they are"."""
    x = torch.arange(3 * 7 * 9).reshape(3, 7, 9)
    assert torch.equal(v2.CenterCrop((3, 5))(x), x[:, 2:5, 2:7]), "lesson 3 says: CenterCrop keeps pixels as they are"


def test_to_dtype_multiplies_and_to_tensor_divides():
    """Lesson 3: "ToTensor … divide[s] by 255; ToDtype(scale=True) multiplies by the float nearest to 1/255"."""
    levels = torch.arange(256, dtype=torch.uint8).reshape(1, 16, 16)
    multiplied = v2.functional.to_dtype(levels, torch.float32, scale=True)
    assert torch.equal(multiplied, levels.float() * (1 / 255)), "lesson 3 says: ToDtype multiplies by 1/255"
    divided = to_tensor(levels[0].numpy()[..., None])
    assert torch.equal(divided, levels / 255), "lesson 3 says: ToTensor divides by 255"
    assert not torch.equal(multiplied, divided), "lesson 3 says: the two differ in the last bit of some levels"


def test_torchvision_has_no_inverse_of_normalize():
    """Lesson 3: "torchvision has no inverse of its own"."""
    found = [name for name in dir(v2) if "normal" in name.lower()]
    assert set(found) <= {"Normalize"}, f"lesson 3 says: torchvision has no inverse Normalize; now there is {found}"


def test_a_second_normalize_has_the_larger_error():
    """Lesson 3: "its error is larger than that of x * std + mean"."""
    x = (torch.arange(256) / 255).expand(3, 1, 256)
    y = v2.functional.normalize(x, MEAN, STD)
    second = (v2.functional.normalize(y, *st.inverse_mean_std(MEAN, STD)) - x).abs().max()
    ours = (st.inverse_normalize(y, MEAN, STD) - x).abs().max()
    assert second > ours, "lesson 3 says: a second Normalize has a larger error"


def test_torchvision_makes_three_channels_of_one():
    """Lesson 3: "given three, torchvision returns three channels"."""
    assert v2.functional.normalize(torch.rand(1, 4, 5), MEAN, STD).shape == (3, 4, 5), (
        "lesson 3 says: it broadcasts 1 to 3"
    )


def test_make_grid_normalize_is_min_max_over_the_batch():
    """Lesson 3: "It is min-max over the whole batch: one outlier dims every picture"."""
    batch = torch.rand(4, 3, 8, 8)
    batch[0, 0, 0, :2] = torch.tensor([0.0, 1.0])
    calm = make_grid(batch, normalize=True, padding=0)
    batch[-1, 0, 0, 0] = 40.0
    dimmed = make_grid(batch, normalize=True, padding=0)
    assert torch.allclose(dimmed[:, :8, :8], calm[:, :8, :8] / 40, atol=1e-3), "lesson 3 says: one outlier dims all"


def test_make_grid_drops_its_padding_for_a_batch_of_one():
    """Lesson 3: "for a batch of one, make_grid drops its padding"."""
    shapes = [tuple(make_grid(torch.zeros(n, 3, 8, 8)).shape) for n in (1, 2)]
    assert shapes == [(3, 8, 8), (3, 12, 22)], "lesson 3 says: a batch of one gets no padding"


def test_loader_iterators_have_no_next_method():
    """Lesson 3: "iter(loader).next() … is gone"."""
    assert not hasattr(iter(DataLoader([1, 2])), "next"), "lesson 3 says: iter(loader).next() is gone"


def test_normalize_leaves_masks_alone():
    """Lesson 3: image and mask go through v2.Normalize together, and the mask stays."""
    mask = tv_tensors.Mask(torch.arange(4).reshape(2, 2))
    _, kept = v2.Normalize(MEAN, STD)(tv_tensors.Image(torch.rand(3, 2, 2)), mask)
    assert torch.equal(kept, mask), "lesson 3 says: masks pass through untouched"


def test_only_the_first_plain_tensor_is_an_image():
    """InverseNormalize: "As in every v2 transform, of several plain tensors only the first is taken for an image"."""
    image, plain = torch.rand(3, 2, 2), torch.rand(3, 2, 2)
    for transform in (v2.Normalize(MEAN, STD), st.InverseNormalize(MEAN, STD)):
        first, second = transform(image, plain)
        assert not torch.equal(first, image) and torch.equal(second, plain), (
            f"{type(transform).__name__}: only the first"
        )


def test_the_popular_loop_stops_after_three_pictures():
    """Lesson 3: "Given a batch, it walks over pictures where it means channels, and zip stops after three"."""
    batch = torch.rand(5, 3, 2, 2)
    looped = batch.clone()
    for t, m, s in zip(looped, MEAN, STD, strict=False):
        t.mul_(s).add_(m)
    changed = [i for i in range(5) if not torch.equal(looped[i], batch[i])]
    assert changed == [0, 1, 2], "lesson 3 says: the loop changes three pictures, and changes them in place"


def test_processes_give_the_bits_of_one():
    """Lesson 3: "The same over two processes" gives the same result to the last bit; also where a process sees
    nothing."""
    photos = sorted(map(str, st.data_path("photos").rglob("*.*")))[:2]
    command = ["-m", "torch.distributed.run", "--standalone", "--local-addr=127.0.0.1", "--nproc-per-node=3"]
    run = subprocess.run(
        [sys.executable, *command, ROOT / "lessons/scripts/statistics_in_processes.py", *photos],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert run.returncode == 0, run.stderr
    one = st.channel_statistics(map(st.read_image, photos))
    expected = [f"3 processes {one.count} pixels"]
    expected += [f"{name} {' '.join(v.hex() for v in getattr(one, name))}" for name in ("mean", "std")]
    assert run.stdout.splitlines() == expected, "lesson 3 says: several processes give the same bits as one"


def test_the_cifar_cell_reads_real_files(tmp_path, monkeypatch, capsys):
    """More on lesson 3: "If its files lie in data/cifar-10-batches-py, the next cell reads them; nothing is
    downloaded"."""
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    (tmp_path / "photos").mkdir()
    pictures = np.random.default_rng(0).integers(0, 256, (20, 3, 32, 32), np.uint8)
    for i in range(5):
        share = pictures[4 * i : 4 * i + 4].reshape(4, -1)
        (folder / f"data_batch_{i + 1}").write_bytes(pickle.dumps({"data": share, "labels": [0, 1, 2, 3]}))
    (folder / "test_batch").write_bytes(pickle.dumps({"data": pictures[:1].reshape(1, -1), "labels": [0]}))
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": [str(i) for i in range(10)]}))
    # The files are ours, so their checksums are not CIFAR-10's. All other loading code is torchvision's own.
    monkeypatch.setattr(datasets.CIFAR10, "_check_integrity", lambda self: True)
    monkeypatch.setattr("torchvision.datasets.cifar.check_integrity", lambda *_: True)
    monkeypatch.setattr(st, "data_path", lambda name: tmp_path / name)
    lesson = jupytext.read(ROOT / "lessons/more_03_data_sets.py")
    (cell,) = [c.source for c in lesson.cells if "cifar" in c.metadata.get("tags", [])]
    names = {
        "st": st,
        "torch": torch,
        "v2": v2,
        "CIFAR10": datasets.CIFAR10,
        "DataLoader": DataLoader,
        "mean": MEAN,
        "std": STD,
    }
    names["undo"] = st.InverseNormalize(MEAN, STD)
    with warnings.catch_warnings():
        # torchvision's own file reader trips over a deprecation of numpy's pickles.
        warnings.simplefilter("ignore")
        exec(cell, names)
    printed = capsys.readouterr().out
    assert f"{20 * 32 * 32:,} pixels" in printed and "pixel for pixel: True" in printed, printed


def test_imagenets_constants_are_a_mean_of_stds():
    """Lesson 3: "its famous stds were made as mean([std(img) for img in ...])": the constants that torchvision ships
    with its
    weights are the lesson's, and such a mean is never larger than the std of all pixels."""
    weights = torchvision.models.ResNet18_Weights.IMAGENET1K_V1.transforms()
    assert tuple(weights.mean) == MEAN and tuple(weights.std) == STD
    for seed in range(20):
        dice = np.random.default_rng(seed)
        pictures = [dice.normal(dice.uniform(0, 1), dice.uniform(0, 0.3), 50) for _ in range(6)]
        assert np.mean([p.std() for p in pictures]) <= np.concatenate(pictures).std() + 1e-12


def test_every_iter_of_a_shuffling_loader_deals_anew():
    """More on lesson 3: "With `shuffle=True` every `iter(loader)` deals anew, so two calls are two batches"."""
    loader = DataLoader(range(1000), batch_size=1000, shuffle=True)
    one, two = next(iter(loader)), next(iter(loader))
    assert not torch.equal(one, two) and torch.equal(one.sort().values, two.sort().values), (
        "more on lesson 3 says: two calls are two batches"
    )
    in_order = DataLoader(range(1000), batch_size=1000)
    assert torch.equal(next(iter(in_order)), next(iter(in_order))), "more on lesson 3 says: shuffle deals anew"
