"""How good predicted masks are: which label became which, and how far each class and its prediction overlap."""

from __future__ import annotations

import operator

import numpy as np

from ._arrays import Picture, kind_of, real_array


def confusion_matrix(prediction: Picture, mask: Picture, classes: int, void: int | None = None) -> np.ndarray:
    """How many pixels of each label were predicted as each class: row = true label, column = predicted.

    Counts add up: the sum of the matrices of many masks is the matrix of all of them.

    >>> import numpy as np, seeing_tensors as st
    >>> mask = np.array([[0, 0, 1, 255]])
    >>> st.confusion_matrix(np.array([[0, 1, 1, 0]]), mask, 2, void=255)
    array([[1, 1],
           [0, 1]])

    Args:
        prediction: the class of each pixel, from 0 to classes - 1; integers of any shape.
        mask: the true labels, of the same shape: from 0 to classes - 1, or void.
        classes: how many there are.
        void: the label of pixels that have no class. They are not counted, whatever was predicted there.

    Returns:
        int64 (classes, classes), new memory.

    Raises:
        TypeError: a prediction or mask that holds no integers, a number of classes or void that is none.
        ValueError: two shapes (both named), no pixel at all, less than one class, or a label that is no class
            (it is named).
    """
    classes = operator.index(classes)
    if classes < 1:
        raise ValueError(f"confusion_matrix needs at least 1 class, got {classes}")
    true, predicted = _labels("mask", mask), _labels("prediction", prediction)
    if true.shape != predicted.shape:
        raise ValueError(
            f"confusion_matrix: the prediction has shape {predicted.shape}, the mask {true.shape}; "
            "take the class of each pixel first, logits.argmax(dim=1)"
        )
    if true.size == 0:
        raise ValueError(f"confusion_matrix: a mask of shape {true.shape} has no pixel")
    if void is not None:
        counted = true != operator.index(void)
        true, predicted = true[counted], predicted[counted]
    for what, labels in (("mask", true), ("prediction", predicted)):
        strange = labels[(labels < 0) | (labels >= classes)]
        if strange.size:
            raise ValueError(
                f"confusion_matrix: the {what} holds {strange[0]}, which is none of the classes 0 to {classes - 1}; "
                "name a label that is no class void="
            )
    pairs = true.astype(np.int64).ravel() * classes + predicted.astype(np.int64).ravel()
    return np.bincount(pairs, minlength=classes**2).astype(np.int64).reshape(classes, classes)


def class_iou(confusion: np.ndarray) -> np.ndarray:
    """The overlap of each class with its prediction: intersection over union, 1 where both are the same pixels.

        iou[k] = confusion[k, k] / (row k + column k - confusion[k, k])

    >>> import numpy as np, seeing_tensors as st
    >>> st.class_iou(np.array([[1, 1], [0, 1]]))
    array([0.5, 0.5])

    Args:
        confusion: counts (classes, classes), row = true label, as ``confusion_matrix`` gives them.

    Returns:
        float64 (classes,); NaN for a class that neither a mask nor a prediction has: ``np.nanmean`` leaves it out.

    Raises:
        TypeError: no array of whole numbers; shares of pixels do not say how many there were.
        ValueError: not square, or a count below 0.
    """
    if not isinstance(confusion, np.ndarray) or confusion.dtype.kind not in "ui":
        raise TypeError(f"class_iou needs a numpy array of whole counts, got {kind_of(confusion)}")
    if confusion.ndim != 2 or confusion.shape[0] != confusion.shape[1] or confusion.size == 0:
        raise ValueError(f"class_iou needs one row and one column a class, got shape {confusion.shape}")
    if confusion.min() < 0:
        raise ValueError(f"class_iou: a count is at least 0, got {confusion.min()}")
    counts = confusion.astype(np.int64)
    intersection = counts.diagonal()
    union = counts.sum(axis=1) + counts.sum(axis=0) - intersection
    return np.divide(intersection, union, out=np.full(len(counts), np.nan), where=union > 0)


# ---------------------------------------------------------------- inside


def _labels(what: str, labels: Picture) -> np.ndarray:
    values = real_array("confusion_matrix", labels)
    if values.dtype.kind not in "bui":
        raise TypeError(f"confusion_matrix: the {what} must hold integer labels, got {kind_of(labels)}")
    return values
