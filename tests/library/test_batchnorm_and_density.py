"""What lesson 4 promises beyond single functions: the cost of a density, gradients, processes, and its exercises."""

import os
import runpy
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from PIL import Image
from torch.autograd import forward_ad

import seeing_tensors as st
from seeing_tensors.course.practice import notebook as practice


def script():
    return st.data_path("photos").parent.parent / "lessons" / "scripts" / "batchnorm_in_processes.py"


def test_the_cost_of_a_density_does_not_grow_with_the_picture(monkeypatch):
    """Of eight-bit data and of its affine images: at most 256 Gaussians per channel and point, however many pixels."""
    spent, exp_ = [], torch.Tensor.exp_

    def counted(values):
        spent.append(values.numel())
        return exp_(values)

    monkeypatch.setattr(torch.Tensor, "exp_", counted)
    numbers = np.random.default_rng(0)
    for side in (40, 400):
        image = numbers.integers(0, 256, (side, side, 3), np.uint8)
        for picture in (image, st.batch_norm(st.to_tensor(image)[None])):
            spent.clear()
            st.channel_densities(picture, np.linspace(0, 1, 100))
            assert 0 < sum(spent) <= 3 * 256 * 100


def test_batch_norm_has_the_gradient_of_its_formula():
    x = torch.rand(2, 2, 2, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(0)).requires_grad_()
    weight, bias = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in ([2.0, -1.0], [0.5, 0.0]))
    assert torch.autograd.gradcheck(st.batch_norm, (x, weight, bias))


def test_x_weight_and_bias_each_have_a_derivative_alone():
    arguments = [torch.arange(12.0).reshape(2, 2, 1, 3), torch.tensor([1.0, 2.0]), torch.tensor([3.0, 4.0])]
    for i, alone in enumerate(arguments):
        leaf = alone.clone().requires_grad_()
        assert st.batch_norm(*arguments[:i], leaf, *arguments[i + 1 :]).requires_grad
        with forward_ad.dual_level():
            dual = forward_ad.make_dual(alone, torch.ones_like(alone))
            y = st.batch_norm(*arguments[:i], dual, *arguments[i + 1 :])
            assert forward_ad.unpack_dual(y).tangent is not None


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
@pytest.mark.parametrize("offset", [0.0, 1e4])
def test_with_and_without_gradients_the_values_agree(dtype, offset):
    """One computes by parts in numpy, the other by the formula in float64. A channel here has several parts."""
    made = torch.Generator().manual_seed(0)
    x = (offset + torch.randn(2, 2, 300, 500, generator=made, dtype=torch.float64)).to(dtype)
    weight, bias = (torch.randn(2, generator=made) for _ in range(2))
    rounding = torch.finfo(dtype).eps if dtype.itemsize == 2 else 1e-6
    for each in (x, x.contiguous(memory_format=torch.channels_last)):
        formula = st.batch_norm(each.clone().requires_grad_(), weight, bias)
        assert formula.requires_grad
        torch.testing.assert_close(st.batch_norm(each, weight, bias), formula.detach(), rtol=rounding, atol=1e-6)


def test_batch_norm_has_a_forward_derivative_and_compiles():
    """No derivative is lost where numpy could compute: forward mode asks for none by `requires_grad`."""
    made = torch.Generator().manual_seed(0)
    x, direction = (torch.rand(2, 2, 2, 3, dtype=torch.float64, generator=made) for _ in range(2))
    _, slope = torch.func.jvp(st.batch_norm, (x,), (direction,))
    step = 1e-6 * direction
    difference = (st.batch_norm(x + step) - st.batch_norm(x - step)) / 2e-6
    torch.testing.assert_close(slope, difference, rtol=1e-6, atol=1e-6)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own, about torch
        compiled = torch.compile(st.batch_norm, backend="eager")(x)
    torch.testing.assert_close(compiled, st.batch_norm(x), rtol=0, atol=1e-12)


def test_the_layer_is_quiet_and_named():
    assert repr(st.BatchNorm2d(3, momentum=0.25)) == "BatchNorm2d(3, eps=1e-05, momentum=0.25)"


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """Four pictures of one size, normalised by two processes."""
    folder = tmp_path_factory.mktemp("processes")
    numbers, images, paths = np.random.default_rng(0), [], []
    for i, top in enumerate((60, 256, 120, 250)):
        images.append(numbers.integers(0, top, (12, 10, 3), np.uint8))
        paths.append(folder / f"{i}.png")
        Image.fromarray(images[-1]).save(paths[-1])
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--local-addr=127.0.0.1", "--nproc-per-node=2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *torchrun, script(), folder, *paths]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert run.returncode == 0, run.stderr
    return images, [torch.load(folder / f"process_{i}.pt") for i in range(2)]


def test_each_process_alone_sees_half_a_batch(shared):
    images, results = shared
    batch = torch.stack([st.to_tensor(image) for image in images])
    for part, result in zip(batch.split(2), results, strict=True):
        torch.testing.assert_close(result["apart"], st.batch_norm(part), rtol=1e-6, atol=1e-6)
    assert results[0]["own_mean"] != results[1]["own_mean"]


def test_synchronised_they_see_the_whole_batch(shared):
    images, results = shared
    batch = torch.stack([st.to_tensor(image) for image in images])
    together = torch.cat([result["together"] for result in results])
    torch.testing.assert_close(together, st.batch_norm(batch), rtol=1e-6, atol=1e-6)
    expected = st.channel_statistics(images).mean
    assert tuple(results[0]["shared_mean"]) == tuple(results[1]["shared_mean"]) == expected
    # Whole numbers add up without error, so that two processes give the bits that one gives.
    there = runpy.run_path(str(script()))
    expected, _ = there["normalised"](images, there["sums_of"](images))
    assert torch.equal(together, expected)


def test_the_unsolved_exercise_is_blank(capsys):
    class BatchNorm2d(st.BatchNorm2d):
        def update(self, mean, variance, n): ...

    practice.check(BatchNorm2d)
    assert "not written yet" in capsys.readouterr().out
