"""What only the library's own Normalize must do: take part in everything that torch does with a function."""

import functools

import torch

import seeing_tensors as st


def test_normalize_and_its_inverse_can_be_mapped_and_differentiated_forwards():
    for function in (st.normalize, st.inverse_normalize):
        of_a_picture = functools.partial(function, mean=st.IMAGENET_MEAN, std=st.IMAGENET_STD)
        x = torch.rand(2, 3, 4, 5)
        expected, slope = of_a_picture(x), of_a_picture(x + 1) - of_a_picture(x)
        torch.testing.assert_close(torch.func.vmap(of_a_picture)(x), expected)
        value, tangent = torch.func.jvp(of_a_picture, (x,), (torch.ones_like(x),))
        torch.testing.assert_close(value, expected)
        torch.testing.assert_close(tangent, slope, rtol=1e-5, atol=1e-5)


def test_the_inverse_is_the_same_number_with_and_without_a_gradient():
    """One rounding in both: a picture that training sees is the one that is logged without a gradient."""
    x = torch.randn(2, 3, 33, 31, dtype=torch.float32)
    with_gradient = st.inverse_normalize(x.clone().requires_grad_(), st.IMAGENET_MEAN, st.IMAGENET_STD)
    without = st.inverse_normalize(x, st.IMAGENET_MEAN, st.IMAGENET_STD)
    assert with_gradient.requires_grad and not without.requires_grad
    torch.testing.assert_close(with_gradient.detach(), without, rtol=2.0**-22, atol=2.0**-24)
