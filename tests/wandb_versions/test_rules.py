"""The rules in lesson 6, one function for each column of its table, against the wandb that is installed.

Tensors need torch. Where the environment has none, SEEING_TENSORS_TORCH may name a site-packages folder that has it.
"""

import ast
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest

os.environ.update(WANDB_MODE="offline", WANDB_ERROR_REPORTING="false", WANDB_SILENT="true")

import wandb

LESSON = Path(__file__).resolve().parents[2] / "lessons" / "06_logging_to_wandb.py"
VERSION = tuple(int(number) for number in re.findall(r"\d+", wandb.__version__)[:3])

FLOATS = {
    "unit range": [0, 0.25, 0.5, 0.998, 0.999, 1],
    "part of it": [0.2, 0.4, 0.6, 0.8],
    "minus one to one": [-1, -0.5, 0, 0.5, 1],
    "minus a half to a half": [-0.5, -0.25, 0, 0.25, 0.5],
    "a little above one": [0, 0.25, 0.5, 1.0001],
    "a little below zero": [-1e-6, 0, 0.25, 0.5, 1],
    "normalised": [-2.1, -1.5, -0.5, 0, 0.5, 1.5, 2.6],
    "bytes as floats": [0, 1, 127, 128, 254, 255],
    "dark bytes as floats": [10, 50, 200],
    "constant": [1, 1, 1],
}
BYTES = {"all": [0, 1, 127, 128, 254, 255], "dark": [10, 50, 200], "zeros and ones": [0, 1, 1, 0]}


def rule(kind):
    """The lesson's function for the installed version."""
    if VERSION < (0, 20, 0):
        name = f"up_to_0_19_{kind}"
    elif VERSION == (0, 20, 0):
        name = "only_0_20_0"
    elif VERSION < (0, 29, 0):
        name = "from_0_20_1_to_0_28"
    else:
        name = "from_0_29"
    wanted = [node for node in ast.parse(LESSON.read_text(encoding="utf-8")).body if getattr(node, "name", "") == name]
    assert len(wanted) == 1, f"lesson 6 has no function {name}"
    names = {"np": np}
    exec(compile(ast.Module(wanted, []), str(LESSON), "exec"), names)
    return names[name]


def torch_or_skip():
    folder = os.environ.get("SEEING_TENSORS_TORCH")
    if folder and folder not in sys.path:
        sys.path.append(folder)
    return pytest.importorskip("torch", reason="tensors need torch")


def assert_rule(kind, x, handed_over):
    """`x` is what the rule takes, `handed_over` the same values as wandb takes them."""
    function = rule(kind)
    got, expected = np.array(wandb.Image(handed_over).image), function(x)
    assert np.array_equal(got, expected), (
        f"lesson 6 says: wandb {wandb.__version__} writes by {function.__name__}, {x.ravel().tolist()} as "
        f"{expected.ravel().tolist()}; it wrote {got.ravel().tolist()}"
    )


@pytest.mark.parametrize("values", FLOATS.values(), ids=FLOATS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_float_arrays(values, dtype):
    x = np.array([values], dtype)
    assert_rule("array", x, x)


@pytest.mark.parametrize("values", BYTES.values(), ids=BYTES)
def test_byte_arrays(values):
    x = np.array([values], np.uint8)
    assert_rule("array", x, x)


@pytest.mark.parametrize("values", FLOATS.values(), ids=FLOATS)
def test_float_tensors(values):
    torch = torch_or_skip()
    x = np.array([values, values[::-1]], np.float32)
    assert_rule("tensor", np.stack([x, x, x], axis=-1), torch.from_numpy(np.stack([x, x, x])))


@pytest.mark.parametrize("values", BYTES.values(), ids=BYTES)
def test_byte_tensors(values):
    torch = torch_or_skip()
    if VERSION < (0, 15, 10):
        pytest.skip("uint8 tensors were a TypeError")
    x = np.array([values, values[::-1]], np.uint8)
    # wandb turns a uint8 tensor into floats first.
    assert_rule("tensor", np.stack([x, x, x], axis=-1).astype(float), torch.from_numpy(np.stack([x, x, x])))


def test_normalize_false_is_a_cast():
    x = np.array([[-1, 0.5, 1, 200, 300]])
    if (0, 20, 0) <= VERSION < (0, 29, 0):
        got = np.array(wandb.Image(x, normalize=False).image)
        assert np.array_equal(got, from_0_29(x)), "lesson 6 says: normalize=False, in 0.20.0 to 0.28.2, was a cast"
    else:
        with pytest.raises(TypeError, match="normalize"):
            wandb.Image(x, normalize=False)


def from_0_29(x):
    return x.astype(np.uint8)
