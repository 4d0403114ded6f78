"""What a report says is likely wrong is wrong: for each law with causes, functions of different causes, and of none."""

import numpy as np
import pytest
import torch

from seeing_tensors.course.laws import LawBroken
from seeing_tensors.course.laws.finding import laws


def last_of(size, kernel_size, stride, padding, dilation):
    return size + 2 * padding - dilation * (kernel_size - 1) - 1


def floats(picture):
    return torch.from_numpy(np.moveaxis(picture, -1, 0).astype(np.float32))


# Law, then wrong functions with words of what is said about each; "" where nothing may be said.
WRONG = {
    ("to_tensor", "moves_channels_first_and_divides_by_255"): {
        "permute, do not reshape": lambda image: torch.from_numpy(
            image.reshape(image.shape[2], *image.shape[:2]) / np.float32(255)
        ),
        "these are bytes still": floats,
        "not by 256": lambda image: floats(image) / 256,
        "divided twice": lambda image: floats(image) / 255**2,
        "": lambda image: floats(image[::-1]) / 255,
    },
    ("to_uint8", "is_never_off_by_more_than_half_a_level"): {
        "round, do not truncate": lambda x: (255 * x).to(torch.uint8),
        "the factor is 255": lambda x: (256 * x).clamp(max=255).to(torch.uint8),
        "": lambda x: (255 * (1 - x)).round().to(torch.uint8),
    },
    ("inverse_mean_std", "is_minus_mean_over_std_and_one_over_std"): {
        "the mean is divided by the std, too": lambda mean, std: ([-m for m in mean], [1 / s for s in std]),
        "1 / s, not s": lambda mean, std: ([-m / s for m, s in zip(mean, std, strict=True)], std),
        "-m / s, not -m; 1 / s, not s": lambda mean, std: ([-m for m in mean], std),
        "the sign of the mean": lambda mean, std: (
            [m / s for m, s in zip(mean, std, strict=True)],
            [1 / s for s in std],
        ),
        "": lambda mean, std: ([0.0 for m in mean], [1 / s + 1 for s in std]),
    },
    ("conv2d_output_size", "counts_the_places_of_the_kernel"): {
        "round down": lambda *axis: -(-last_of(*axis) // axis[2]) + 1,
        "a dilated kernel spans": lambda n, k, s, p, d: (n + 2 * p - k) // s + 1,
        "the first place counts": lambda *axis: last_of(*axis) // axis[2],
        "padding is added at both ends": lambda *axis: (last_of(*axis) - axis[3]) // axis[2] + 1,
        "": lambda *axis: last_of(*axis) // axis[2] + 7,
    },
}
EACH = [(law, words, function) for law, wrong in WRONG.items() for words, function in wrong.items()]


@pytest.mark.parametrize(
    ("law", "words", "function"), EACH, ids=[f"{law[0]}-{words or 'another'}" for law, words, _ in EACH]
)
def test_what_is_said_to_be_likely_is_true_of_this_function(law, words, function):
    (chosen,) = (each for each in laws(law[0]) if each.name == law[1])
    with pytest.raises(LawBroken) as broken:
        chosen.run(function)
    assert words in broken.value.cause and bool(words) == bool(broken.value.cause), str(broken.value)


@pytest.mark.parametrize(
    "law", [law for law in laws() if law.rank == "mathematics"], ids=lambda law: f"{law.about}-{law.name}"
)
def test_nothing_is_said_to_be_likely_of_a_function_whose_numbers_say_nothing(law):
    def noise(*arguments, **keywords):
        return torch.rand(3, 2, 2)

    try:
        law.run(noise, smallest=False)
    except LawBroken as broken:
        said = str(broken)
        concerns = broken.unmet.concerns if broken.unmet else "exception"
        assert "  likely  " not in said or concerns in ("kind", "exception"), said
