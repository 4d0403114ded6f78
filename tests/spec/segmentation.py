"""Laws of lesson 7: the confusion of labels, and the overlap of each class with its prediction."""

from fractions import Fraction

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seeing_tensors.course.laws import expect, expect_arguments_kept, expect_raises, expect_same, law

from .strategies import sides

# ----------------------------------------------------------- confusion_matrix

CLASSES = 3
VOID = 255


def labels(shape, more=()):
    return hnp.arrays(np.uint8, shape, elements=st.sampled_from([*range(CLASSES), *more]))


# A prediction and its mask, with some void in it.
pairs = st.tuples(sides(), sides()).flatmap(lambda shape: st.tuples(labels(shape), labels(shape, more=(VOID,))))


def one_by_one(prediction, mask):
    counts = np.zeros((CLASSES, CLASSES), np.int64)
    for got, true in zip(prediction.ravel().tolist(), mask.ravel().tolist(), strict=True):
        if true != VOID:
            counts[true, got] += 1
    return counts


# equation


@law("confusion_matrix", lesson=7, rank="mathematics", pair=pairs)
def counts_each_label_and_what_it_became(confusion_matrix, pair):
    """Row t, column p counts the pixels whose label is t and whose prediction is p."""
    prediction, mask = pair
    counts = one_by_one(prediction, mask)
    causes = {"rows are true labels, columns predictions": counts.T}
    expect_same(confusion_matrix(prediction, mask, CLASSES, void=VOID), counts, causes)


@law("confusion_matrix", lesson=7, rank="mathematics", pair=pairs)
def counts_each_pixel_once_but_for_void(confusion_matrix, pair):
    """All counts together are the pixels that have a class; without void they are all pixels."""
    prediction, mask = pair
    total = confusion_matrix(prediction, mask, CLASSES, void=VOID).sum()
    expect_same(int(total), int((mask != VOID).sum()), "a void pixel is not counted, whatever was predicted there")
    expect_same(int(confusion_matrix(prediction, prediction, CLASSES).sum()), prediction.size)


# oracle


@law("confusion_matrix", lesson=7, rank="mathematics", pair=pairs, cut=st.integers(0, 4))
def counts_of_parts_add_up(confusion_matrix, pair, cut):
    """The matrices of two parts of a mask add up to the matrix of the whole."""
    prediction, mask = pair
    whole = confusion_matrix(prediction, mask, CLASSES, void=VOID)
    parts = [(prediction[:cut], mask[:cut]), (prediction[cut:], mask[cut:])]
    found = [confusion_matrix(*part, CLASSES, void=VOID) for part in parts if part[0].size]
    expect_same(sum(found[1:], found[0]), whole)


@law("confusion_matrix", lesson=7, rank="mathematics", pair=pairs, order=st.permutations(range(CLASSES)))
def a_renaming_moves_rows_and_columns(confusion_matrix, pair, order):
    """Other names for the classes, the same in both, move the rows and the columns and change no count."""
    names = np.array([*order, *range(CLASSES, 256)], np.uint8)
    prediction, mask = pair
    renamed = confusion_matrix(names[prediction], names[mask], CLASSES, void=VOID)
    expect_same(renamed[np.ix_(order, order)], confusion_matrix(prediction, mask, CLASSES, void=VOID))


# types and layouts


@law("confusion_matrix", lesson=7, rank="range", pair=pairs, dtype=st.sampled_from([np.uint8, np.int16, ">i4", "i8"]))
def any_integers_in_any_layout(confusion_matrix, pair, dtype):
    """Arrays of any integer type, views, tensors, and one of each give the same; any number of axes is as good."""
    prediction, mask = (each.astype(dtype) for each in pair)
    expected = one_by_one(prediction, mask)
    expect_same(confusion_matrix(prediction.T, mask.T, CLASSES, void=VOID), expected)
    expect_same(confusion_matrix(prediction[None, ::-1], mask[None, ::-1], CLASSES, void=VOID), expected)
    tensor = torch.from_numpy(prediction.astype(np.int64))
    expect_same(confusion_matrix(tensor, mask, CLASSES, void=VOID), expected)
    expect_same(confusion_matrix(tensor.flatten(), torch.from_numpy(mask.astype(np.int16)).flatten(), 3, 255), expected)


@law("confusion_matrix", lesson=7, rank="range")
def many_classes_and_any_void(confusion_matrix):
    """A thousand classes in uint16 do not wrap around, booleans are the labels 0 and 1, and void may be 0 or -1."""
    mask = np.array([999, 256, 999], np.uint16)
    counts = confusion_matrix(mask, mask, 1000)
    expect_same((int(counts[999, 999]), int(counts[256, 256]), int(counts.sum())), (2, 1, 3))
    expect_same(confusion_matrix(np.array([True, False]), np.array([1, -1]), 2, -1), np.array([[0, 0], [0, 1]]))
    expect_same(confusion_matrix(np.array([0, 1]), np.array([0, 1]), 2, void=0), np.array([[0, 0], [0, 1]]))
    expect_same(confusion_matrix(np.array([0, 9]), np.array([255, 255]), 1, void=255), np.array([[0]]))


# refusals


@law("confusion_matrix", lesson=7, rank="manners")
def a_label_that_is_no_class_is_refused(confusion_matrix):
    """A label or a prediction that is none of the classes is a ValueError that names it; so are two shapes."""
    good = np.array([[0, 1]])
    expect_raises(ValueError, confusion_matrix, good, np.array([[0, 255]]), 2, mention=["255"])
    expect_raises(ValueError, confusion_matrix, good, np.array([[0, -1]]), 2, mention=["-1"])
    expect_raises(ValueError, confusion_matrix, np.array([[0, 2]]), good, 2, 255, mention=["2"])
    # Counted, it would stand in the next row, and nobody would notice.
    expect_raises(ValueError, confusion_matrix, np.array([[2, 1]]), good, 2, mention=["2"])
    expect_raises(ValueError, confusion_matrix, good, good[0], 2, mention=["(1, 2)", "(2,)"])
    expect_raises(ValueError, confusion_matrix, good[:, :0], good[:, :0], 2, mention=["(1, 0)"])
    expect_raises(ValueError, confusion_matrix, 0 * good, 0 * good, 0, 0, mention=["0"])


@law("confusion_matrix", lesson=7, rank="manners")
def what_holds_no_labels_is_refused(confusion_matrix):
    """Floats and lists are TypeErrors, also where they are whole; so are classes or a void that is no integer."""
    good = np.array([[0, 1]])
    for bad in (good / 1, torch.tensor([[0.0, 1.0]]), [[0, 1]], None):
        expect_raises(TypeError, confusion_matrix, bad, good, 2)
        expect_raises(TypeError, confusion_matrix, good, bad, 2)
    expect_raises(TypeError, confusion_matrix, good, good, 2.0)
    expect_raises(TypeError, confusion_matrix, good, good, 2, 0.5)


@law("confusion_matrix", lesson=7, rank="manners")
def confusion_keeps_its_arguments(confusion_matrix):
    """Prediction and mask are left as they were, and the counts are new memory."""
    expect_arguments_kept(confusion_matrix, np.array([[0, 1]]), np.array([[1, 9]]), 2, 9)


# ------------------------------------------------------------------ class_iou

counts = hnp.arrays(np.int64, st.integers(1, 4).map(lambda k: (k, k)), elements=st.integers(0, 3))

# equation


@law("class_iou", lesson=7, rank="mathematics", confusion=counts)
def is_intersection_over_union(class_iou, confusion):
    """A class's IoU is the pixels that have and were given the label, over those that have it or were given it."""
    inside = confusion.diagonal()
    outside = [int(confusion[k].sum() + confusion[:, k].sum() - 2 * n) for k, n in enumerate(inside)]
    exact = [Fraction(int(n), int(n) + o) if n + o else float("nan") for n, o in zip(inside, outside, strict=True)]
    causes = {}
    if not np.isnan(np.array(exact, float)).any():
        rows, columns = (confusion.sum(axis=axis) for axis in (1, 0))
        with np.errstate(invalid="ignore"):
            causes = {
                "the intersection is counted in the row and in the column: subtract it once": inside / (rows + columns),
                "divide by the union, not by the pixels that have the label": inside / rows,
                "divide by the union, not by the pixels that were given the label": inside / columns,
            }
    expect_same(class_iou(confusion), np.array(exact, np.float64), causes)


# oracle


@law("class_iou", lesson=7, rank="mathematics", confusion=counts)
def it_does_not_matter_which_is_the_truth(class_iou, confusion):
    """A mask scored against a prediction has the same IoU as the prediction against the mask."""
    expect_same(class_iou(confusion.T.copy()), class_iou(confusion))


# edges


@law("class_iou", lesson=7, rank="mathematics")
def known_overlaps(class_iou):
    """1 where all is right, 0 where nothing is, a third for two halves of two pixels, NaN for a class nobody has."""
    nan = np.nan
    for confusion, expected in [
        ([[5, 0], [0, 3]], [1, 1]),
        ([[0, 2], [3, 0]], [0, 0]),
        ([[1, 1], [1, 0]], [1 / 3, 0]),
        ([[4, 0, 0], [0, 0, 0], [0, 0, 1]], [1, nan, 1]),
        ([[8, 2], [0, 0]], [0.8, 0]),
    ]:
        cause = "a class that neither mask nor prediction has is no 0: it has no score"
        expect_same(class_iou(np.array(confusion)), np.array(expected, np.float64), cause)


# types and layouts


@law("class_iou", lesson=7, rank="range")
def large_counts_and_small_types(class_iou):
    """Counts of a trillion pixels, in uint8, in another byte order and in a view are as good as others."""
    expect_same(class_iou(np.array([[10**12, 10**12], [0, 0]])), np.array([0.5, 0.0]))
    expect_same(class_iou(np.array([[200, 200], [0, 100]], np.uint8)), np.array([0.5, 1 / 3]))
    expect_same(class_iou(np.array([[2, 2], [0, 0]], ">i4")[::-1, ::-1]), np.array([0.0, 0.5]))


# refusals


@law("class_iou", lesson=7, rank="manners")
def what_is_no_confusion_is_refused(class_iou):
    """Shares, lists and tensors are TypeErrors; another shape or a count below 0 is a ValueError."""
    for bad in (np.eye(2), [[1, 0], [0, 1]], torch.eye(2).long(), None):
        expect_raises(TypeError, class_iou, bad)
    for shape in ((2, 3), (4,), (0, 0)):
        expect_raises(ValueError, class_iou, np.ones(shape, np.int64), mention=[str(shape)])
    expect_raises(ValueError, class_iou, np.array([[1, -1], [0, 1]]), mention=["-1"])


@law("class_iou", lesson=7, rank="manners")
def iou_keeps_its_argument_and_is_quiet(class_iou):
    """The counts are left as they were, and a class that nobody has raises no warning."""
    confusion = np.array([[1, 0], [0, 0]])
    expect_arguments_kept(class_iou, confusion)
    with np.errstate(all="raise"):
        found = class_iou(confusion)
    expect(found.dtype == np.float64, got=str(found.dtype), expected="float64")
