"""Inputs that Hypothesis makes for the laws. Small on purpose: a small counterexample can be read."""

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp


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
