"""Mistakes of lesson 3: Normalize, its inverse, and the statistics of a set of pictures."""

import numpy as np
import torch

import seeing_tensors as library
from seeing_tensors.museum import mistake, twin


def column(values, like):
    return torch.tensor(values, dtype=like.dtype, device=like.device).reshape(-1, 1, 1)


# ---------------------------------------------------------- inverse_normalize


@mistake(
    "inverse_normalize",
    tempting="Undoing a subtraction is an addition, and undoing a division a multiplication: both true, but not one by one.",
    source="https://github.com/pytorch/vision/issues/528",
)
def sign_and_std_each_inverted_alone(x, mean, std):
    """the second Normalize is given -mean and 1 / std: the mean must be divided by the std too"""
    library.inverse_normalize(x, mean, std)  # the same refusals
    return (x + column(mean, x)) * column(std, x)


@sign_and_std_each_inverted_alone.in_other_words
def second_normalize(x, mean, std):
    m, s = np.array(mean)[:, None, None], np.array(std)[:, None, None]
    return torch.from_numpy((x.numpy() - -m) / (1 / s)).to(x.dtype)


@twin("inverse_normalize")
def float64_inside(x, mean, std):
    """the same in float64, rounded once at the end"""
    library.inverse_normalize(x, mean, std)
    return (x.double() * column(std, x.double()) + column(mean, x.double())).to(x.dtype)
