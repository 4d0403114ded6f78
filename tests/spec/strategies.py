"""Inputs that Hypothesis makes for the laws. Small on purpose: a small counterexample can be read."""

import math

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import seeing_tensors as library


def sides(most: int = 5):
    return st.integers(1, most)


def images(channels=(3,), most: int = 5):
    """uint8 (H, W, C)."""
    shapes = st.tuples(sides(most), sides(most), st.sampled_from(channels))
    return hnp.arrays(np.uint8, shapes)


def masks(dtype=np.uint8, most: int = 6):
    """Labels (H, W)."""
    return hnp.arrays(dtype, st.tuples(sides(most), sides(most)))


def float_tensors(low: float, high: float, *, dtype=np.float32, channels=(1, 3), most: int = 4):
    """Float (C, H, W) with values in [low, high]."""
    width = np.dtype(dtype).itemsize * 8
    shapes = st.tuples(st.sampled_from(channels), sides(most), sides(most))
    values = st.floats(low, high, width=width, allow_subnormal=False)
    return hnp.arrays(dtype, shapes, elements=values).map(torch.from_numpy)


MEAN, STD = library.IMAGENET_MEAN, library.IMAGENET_STD
U = 2.0**-24  # half the distance from 1 to the next float32
FLOATS = (torch.float16, torch.float32, torch.float64)
EVERY_FLOAT = (*FLOATS, torch.bfloat16)
INTEGERS = [np.uint16, np.int16, np.uint32, np.int32, np.uint64, np.int64]
LEVELS = np.arange(256, dtype=np.uint8).reshape(16, 16)

any_float = st.floats(width=32)
any_floats = hnp.arrays(np.float32, hnp.array_shapes(max_dims=4, max_side=4), elements=any_float)

batches = st.tuples(st.integers(1, 7), st.sampled_from([1, 3]), sides(3), sides(3)).flatmap(
    lambda shape: hnp.arrays(np.float32, shape, elements=st.floats(-1, 2, width=32)).map(torch.from_numpy)
)


def colors(dtype, finite=True):
    """A colour picture (H, W, 3) of any type; floats also outside [0, 1], and NaN where `finite` is False."""
    kind = np.dtype(dtype)
    values = None
    if kind.kind == "f":
        bits = kind.itemsize * 8
        values = st.floats(0, 1, width=bits) | st.floats(-2, 3, width=bits)
        if not finite:
            values = values | st.just(math.nan)
    return hnp.arrays(kind, st.tuples(sides(3), sides(3), st.just(3)), elements=values)


def whole(seed, *shape, most=4, dtype=torch.float32):
    """A float tensor of whole numbers from -most to most."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(-most, most + 1, shape, generator=generator).to(dtype)


def picture(seed=7):
    """A batch of two pictures (2, 2, 5, 6)."""
    return torch.randn(2, 2, 5, 6, generator=torch.Generator().manual_seed(seed))


def numbers(*sequences):
    """All numbers of some sequences, arrays or tensors, in one array."""
    return np.array([float(value) for values in sequences for value in values])
