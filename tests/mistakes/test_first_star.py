"""For every exercise the plainest right answer earns the first star, and so does torch's own.

That a mistake about the mathematics does not is in test_museum.py.
"""

import pytest
import torch

from seeing_tensors.course.laws import museum
from seeing_tensors.course.practice.exercises import exercises
from seeing_tensors.course.practice.verdicts import judge

EACH = pytest.mark.parametrize("exercise", exercises(), ids=lambda exercise: exercise.name)


@EACH
def test_the_plainest_right_answer_is_solved(exercise):
    answers = museum.plain_answers(exercise.name)
    assert answers, "write one: @plain in tests/mistakes"
    for answer in answers:
        verdict = judge(answer.function, exercise.name)
        assert verdict.solved and not verdict.report, verdict.report
        assert 2 <= len(verdict.held) <= 5, "two to five laws of mathematics, each a sentence worth reading"


def batch_norm(x, weight=None, bias=None, eps=1e-5):
    return torch.nn.functional.batch_norm(x, None, None, weight, bias, training=True, eps=eps)


def test_torchs_own_batch_norm_solves_batch_norm():
    verdict = judge(batch_norm, "batch_norm")
    assert verdict.solved, verdict.report
