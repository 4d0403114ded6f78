"""Makes keras_batchnorm.json: what a real Keras BatchNormalization does with two small batches.

Keras is no dependency of the course. To make the numbers again, anywhere that Keras is installed:

    pip install keras jax
    KERAS_BACKEND=jax python tests/spec/make_keras_batchnorm.py
"""

import json
import platform
from pathlib import Path

import keras
import numpy as np

# Keras' axes are (N, H, W, C). Every value is a fraction of 1024, so that float32 and JSON hold it exactly.
# Channel 0 spreads over [0, 1]; channel 1 hardly changes, so that epsilon is most of what it is divided by.
steps = np.arange(24).reshape(2, 3, 4)
first = np.stack([steps * 7 % 24 / 32, 0.5 + steps * 5 % 24 / 1024], axis=-1).astype(np.float32)
second = np.stack([1 - steps % 7 / 8, 0.25 + steps % 11 / 512], axis=-1).astype(np.float32)

layer = keras.layers.BatchNormalization()  # Keras' own defaults
layer.build(first.shape)
layer.gamma.assign([1.5, 0.5])
layer.beta.assign([0.25, -1.0])

record = {
    "made_with": {
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        keras.backend.backend(): __import__(keras.backend.backend()).__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    },
    "epsilon": layer.epsilon,
    "momentum": layer.momentum,
    "gamma": [1.5, 0.5],
    "beta": [0.25, -1.0],
    "batches": [],
}
for batch in (first, second):
    output = np.asarray(layer(batch, training=True))
    record["batches"].append(
        {
            "input": batch.tolist(),
            "training_output": output.tolist(),
            "moving_mean": np.asarray(layer.moving_mean).tolist(),
            "moving_variance": np.asarray(layer.moving_variance).tolist(),
        }
    )
record["evaluation_output"] = np.asarray(layer(first, training=False)).tolist()
Path(__file__).with_name("keras_batchnorm.json").write_text(json.dumps(record) + "\n")
