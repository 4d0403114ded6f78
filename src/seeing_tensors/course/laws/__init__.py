"""What a file of laws needs: ``from seeing_tensors.course.laws import law, expect_same``."""

from .definition import Law, law
from .expectations import (
    expect,
    expect_arguments_kept,
    expect_close,
    expect_contains,
    expect_raises,
    expect_same,
)
from .report import LawBroken

__all__ = [
    "Law",
    "LawBroken",
    "expect",
    "expect_arguments_kept",
    "expect_close",
    "expect_contains",
    "expect_raises",
    "expect_same",
    "law",
]
