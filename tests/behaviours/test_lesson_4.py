"""What torch, matplotlib, seaborn and Keras really do, as far as lesson 4 relies on it. Each message quotes the
lesson."""

import json
import logging
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

import seeing_tensors as st


@pytest.fixture
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def mean_and_output(batch):
    """The means that torch's training BatchNorm used, and its result."""
    layer = torch.nn.BatchNorm2d(batch.shape[1], momentum=1.0)
    with torch.no_grad():
        return layer.running_mean, layer(batch)


def bright_gradient(height, width):
    image = np.empty((height, width, 3), np.uint8)
    image[:] = np.linspace(255, 180, height).astype(np.uint8)[:, None, None]
    return image


def test_torch_on_a_permuted_view(one_thread):
    """Lesson 4, Elsewhere: "The same values, made contiguous, come out right; as a view they do not, and nothing
    warns." On one
    thread of a CPU, a bright gradient: the conditions that the lesson names."""
    image = bright_gradient(3000, 4000)
    view = torch.from_numpy(image).permute(2, 0, 1)[None] / 255
    # Every row has one value, so that the exact mean and variance are those of the column.
    column = torch.from_numpy(image[:, 0, 0].astype(np.float64) / 255)
    slope, mean = 1 / torch.sqrt(column.var(correction=0) + 1e-5), column.mean()
    expected = ((column - mean) * slope).float()

    def error(batch):
        _, y = mean_and_output(batch)
        return (y - expected[:, None]).abs().max().item()

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        of_view = error(view)
    of_copy = error(view.contiguous())
    assert of_view > 100 * of_copy, (
        "lesson 4 says: torch's training BatchNorm on a permuted view is far less exact than on a contiguous copy"
    )
    assert of_copy < 1e-5, "lesson 4 says: made contiguous, the same values are normalised right"


def test_torch_adds_a_view_pixel_after_pixel(one_thread):
    """Lesson 4, Elsewhere: "torch's training BatchNorm adds such a view up pixel after pixel in one float32 per
    channel." """
    view = torch.from_numpy(bright_gradient(1500, 2000)).permute(2, 0, 1)[None] / 255
    assert view.is_contiguous(memory_format=torch.channels_last), "lesson 4 says: torch calls this order channels_last"
    mean, _ = mean_and_output(view)
    total = np.cumsum(view[0, 0].numpy(), dtype=np.float32)[-1]
    assert np.float32(total / np.float32(3_000_000)) == mean[0].numpy(), (
        "lesson 4 says: a plain float32 sum gives torch's mean to the last bit"
    )


def test_no_grad_does_not_stop_the_averages():
    """Lesson 4, The tool: "In torch neither `torch.no_grad()` nor frozen weights stop the averages from moving." """
    layer = torch.nn.BatchNorm2d(1).requires_grad_(False)
    with torch.no_grad():
        layer(torch.linspace(5, 6, 8).reshape(2, 1, 2, 2))
    assert layer.running_mean.item() == pytest.approx(0.55), (
        "lesson 4 says: no_grad and frozen weights do not stop the averages"
    )


def test_momentum_is_the_weight_of_the_new_batch():
    """Lesson 4, The tool: "`momentum` is the weight of the *new* batch"; "What is remembered is the unbiased one"."""
    layer = torch.nn.BatchNorm2d(1, momentum=0.25)
    y = layer(torch.tensor([1.0, 3.0]).repeat(4).reshape(2, 1, 2, 2))
    assert layer.running_mean.item() == pytest.approx(0.25 * 2), (
        "lesson 4 says: momentum is the weight of the new batch"
    )
    assert layer.running_var.item() == pytest.approx(0.75 + 0.25 * 8 / 7), (
        "lesson 4 says: the unbiased variance is remembered"
    )
    assert y.var(correction=0).item() == pytest.approx(1, abs=1e-4), (
        "lesson 4 says: a batch is normalised by the biased variance"
    )


def test_a_new_layer_in_evaluation():
    """Lesson 4, The tool: "a new layer in evaluation does almost nothing"."""
    x = torch.linspace(0, 1, 12).reshape(1, 3, 2, 2)
    y = torch.nn.BatchNorm2d(3).eval()(x)
    assert (y - x).abs().max() < 1e-5, "lesson 4 says: a new layer in evaluation does almost nothing"


def test_averages_leave_out_the_spread_between_batches():
    """More on lesson 4: "What is remembered is the average of the variances *within* batches." """
    layer = torch.nn.BatchNorm2d(1, momentum=None)
    for value in (0.0, 100.0):
        layer(value + torch.tensor([-1.0, 1.0]).repeat(4).reshape(2, 1, 2, 2))
    assert layer.running_var.item() == pytest.approx(8 / 7), "lesson 4 says: the spread between batches is left out"


def test_sync_batch_norm_wants_an_accelerator():
    """More on lesson 4: "in training it refuses CPU tensors. Without a process group it is an ordinary BatchNorm"."""
    x = torch.rand(2, 3, 4, 4)
    alone, ordinary = torch.nn.SyncBatchNorm(3)(x), torch.nn.BatchNorm2d(3)(x)
    assert torch.equal(alone, ordinary), "lesson 4 says: without a process group SyncBatchNorm is an ordinary BatchNorm"
    torch.distributed.init_process_group("gloo", store=torch.distributed.HashStore(), rank=0, world_size=1)
    try:
        with pytest.raises(ValueError, match="GPU"):  # lesson 4 says: in training it refuses CPU tensors
            torch.nn.SyncBatchNorm(3)(x)
    finally:
        torch.distributed.destroy_process_group()


def test_data_parallel_keeps_the_statistics_of_process_0(tmp_path):
    """More on lesson 4: "`DistributedDataParallel` copies the running statistics of process 0 to the others before
    each forward pass." """
    script = tmp_path / "two.py"
    script.write_text(
        "import pathlib, torch, torch.distributed as dist\n"
        "dist.init_process_group('gloo')\n"
        "rank = dist.get_rank()\n"
        "model = torch.nn.parallel.DistributedDataParallel(torch.nn.BatchNorm2d(1, momentum=1.0))\n"
        "model(torch.full((2, 1, 2, 2), 1.0 + 10 * rank))\n"
        "seen = [model.module.running_mean.item()]\n"
        "model.module.register_forward_pre_hook(lambda module, inputs: seen.append(module.running_mean.item()))\n"
        "model(torch.full((2, 1, 2, 2), 1.0 + 10 * rank))\n"
        f"pathlib.Path({str(tmp_path)!r}, str(rank)).write_text(repr(seen))\n"
        "dist.destroy_process_group()\n"
    )
    torchrun = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--local-addr=127.0.0.1",
        "--nproc-per-node=2",
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([*torchrun, str(script)], env=environment, capture_output=True, check=True, timeout=600)
    seen = [(tmp_path / rank).read_text() for rank in "01"]
    assert seen == ["[1.0, 1.0]", "[11.0, 1.0]"], (
        "lesson 4 says: process 0's statistics are copied before each forward pass"
    )


def test_matplotlib_logs_that_it_clips(caplog):
    """More on lesson 4: "It raises no Python warning"; "It writes to a logger"."""
    ax = Figure().subplots()
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING, logger="matplotlib.image"):
        warnings.simplefilter("error")
        ax.imshow(np.linspace(-1, 2, 12).reshape(2, 2, 3))
    names = [record.name for record in caplog.records if "Clipping input data" in record.getMessage()]
    assert names == ["matplotlib.image"], (
        "lesson 4 says: matplotlib writes to the logger matplotlib.image that it clips"
    )
    caplog.clear()
    with caplog.at_level(logging.WARNING, logger="matplotlib.image"):
        ax.imshow(np.linspace(0, 1, 12).reshape(2, 2, 3))
    assert not caplog.records, "lesson 4 says: a test can demand the absence of the message"


def test_seaborn_cut_hides_the_tail():
    """More on lesson 4: "its `cut=0` ends them at the data and hides the tail, but does not put it back"."""
    import seaborn

    values = np.repeat(np.arange(256) / 255, 16)
    ax = Figure().subplots()
    seaborn.kdeplot(x=values, ax=ax, cut=0, gridsize=1001)
    places, heights = map(np.asarray, ax.get_lines()[0].get_data())
    assert (places[0], places[-1]) == (0, 1), "lesson 4 says: cut=0 ends the curve at the data"
    area = ((heights[1:] + heights[:-1]) / 2 * np.diff(places)).sum()
    assert 0.94 < area < 0.97, "lesson 4 says: with cut=0 the tail is hidden, not put back; the area is below 1"
    assert 0.4 < heights[0] < 0.6, "lesson 4 says: the density at the edge is about half the truth"


def test_seaborn_puts_a_gaussian_on_every_pixel():
    """More on lesson 4: "`seaborn.kdeplot` puts a Gaussian on every pixel"; Scott's rule with n of all pixels."""
    import seaborn

    values = np.array([0.0, 0.25, 0.25, 0.25, 1.0])
    ax = Figure().subplots()
    seaborn.kdeplot(x=values, ax=ax, gridsize=50)
    places, heights = map(np.asarray, ax.get_lines()[0].get_data())
    h = 5 ** (-1 / 5) * values.std(ddof=1)
    expected = np.exp(-(((places[:, None] - values) / h) ** 2) / 2).mean(axis=1) / (h * np.sqrt(2 * np.pi))
    assert np.allclose(heights, expected, rtol=0, atol=1e-9), (
        "lesson 4 says: a Gaussian on every pixel, h = n**(-1/5) s"
    )


def test_keras_keeps_the_biased_variance():
    """More on lesson 4: "Keras 3 keeps the biased one", in the numbers of the real Keras that the repository keeps."""
    keras = json.loads((Path(__file__).parents[1] / "spec" / "keras_batchnorm.json").read_text())
    assert (keras["epsilon"], keras["momentum"]) == (1e-3, 0.99), "lesson 4 says: epsilon 1e-3, momentum 0.99"
    assert keras["made_with"]["keras"].startswith("3."), "lesson 4 says: Keras 3"
    first = keras["batches"][0]
    values = np.reshape(first["input"], (-1, 2))
    biased = 0.99 + 0.01 * values.var(axis=0)
    unbiased = 0.99 + 0.01 * values.var(axis=0, ddof=1)
    kept = np.array(first["moving_variance"])
    assert abs(kept - biased)[0] < 1e-7 < 1e-5 < abs(kept - unbiased)[0], (
        "lesson 4 says: Keras 3 keeps the biased variance"
    )


def test_the_cat_is_contiguous():
    """Lesson 4, Elsewhere: "`st.to_tensor` gives contiguous memory"."""
    assert st.to_tensor(np.zeros((4, 5, 3), np.uint8)).is_contiguous()


def test_kdeplot_has_a_legend():
    """More on lesson 4: with `label=` and `ax.legend()` a curve of seaborn's kdeplot has its name in the legend."""
    import seaborn

    ax = Figure().subplots()
    seaborn.kdeplot(x=np.arange(10.0), ax=ax, label="red")
    assert [text.get_text() for text in ax.legend().get_texts()] == ["red"]


def test_shared_axes_and_insets():
    """More on lesson 4: "`sharex` and `sharey` give all nine one axis, `inset_axes` puts each picture into a corner of
    its own"; "each plot chooses its own axis, as plots do when they are left alone"."""
    axes = Figure().subplots(3, 3, sharex=True, sharey=True)
    axes[2, 2].set(xlim=(-4, 4), ylim=(0, 7))
    assert {ax.get_xlim() + ax.get_ylim() for ax in axes.flat} == {(-4, 4, 0, 7)}, "more on lesson 4 says: one axis"
    apart = Figure().subplots(2)
    for ax, widest in zip(apart, (1, 4), strict=True):
        ax.plot([-widest, widest], [0, 1])
    assert apart[0].get_xlim() != apart[1].get_xlim(), "more on lesson 4 says: left alone, each plot has its own axis"
    corner = axes[0, 0].inset_axes([0.5, 0.5, 0.25, 0.25])
    corner.figure.draw_without_rendering()
    outer, inner = (ax.get_window_extent() for ax in (axes[0, 0], corner))
    where = [(inner.x0 - outer.x0) / outer.width, (inner.y0 - outer.y0) / outer.height]
    where += [inner.width / outer.width, inner.height / outer.height]
    assert where == pytest.approx([0.5, 0.5, 0.25, 0.25]), "more on lesson 4 says: in parts of the axes"
