"""What the lessons say of Keras' BatchNormalization, as functions that try it.

Keras is only in the environment of `make peers`, which runs them on the real layer. test_peers.py runs them everywhere,
on a layer of a few lines and on three that are wrong, so that each claim is known to be able to fail.
"""

import numpy as np

PICTURES = np.random.default_rng(0).normal(3, 2, (4, 5, 6, 2)).astype(np.float32)  # (N, H, W, C)
BY_BATCH = (PICTURES - PICTURES.mean((0, 1, 2))) / np.sqrt(PICTURES.var((0, 1, 2)) + 1e-3)
BY_MEMORY = PICTURES / np.sqrt(1 + 1e-3)  # a new layer remembers mean 0 and variance 1


def numbers(y):
    return np.asarray(y.detach() if hasattr(y, "detach") else y)


def is_near(y, expected):
    return np.allclose(numbers(y), expected, atol=1e-3)


def remembers(layer):
    return [numbers(each).tolist() for each in (layer.moving_mean, layer.moving_variance)]


def the_mode_is_an_argument_of_the_call(new):
    """Lesson 4: "In Keras the mode is an argument of the call". More: "layer(x, training=True)"."""
    layer = new()
    assert is_near(layer(PICTURES), BY_MEMORY), "a call without the argument is evaluation"
    before = remembers(layer)
    assert before == [[0, 0], [1, 1]], "and moves no average"
    assert is_near(layer(PICTURES, training=True), BY_BATCH), "layer(x, training=True) is training"
    assert remembers(layer) != before, "and moves the averages"
    after = remembers(layer)
    layer(PICTURES, training=False)
    assert remembers(layer) == after, "the next call has a mode of its own"


def not_trainable_is_inference(new):
    """Lesson 4: "trainable = False does stop them". More: "trainable = False puts a BatchNorm into inference whatever
    the call says, averages and all"."""
    layer = new()
    layer.trainable = False
    assert is_near(layer(PICTURES, training=True), BY_MEMORY), "trainable = False is inference whatever the call says"
    assert remembers(layer) == [[0, 0], [1, 1]], "averages and all"
    layer.trainable = True
    assert is_near(layer(PICTURES, training=True), BY_BATCH), "it was trainable that did it"


CLAIMS = [the_mode_is_an_argument_of_the_call, not_trainable_is_inference]


def broken(new):
    """What does not hold of the layers that `new` makes, a line a claim."""
    faults = []
    for claim in CLAIMS:
        try:
            claim(new)
        except AssertionError as error:
            faults.append(f"{claim.__name__}: {error}")
    return faults
