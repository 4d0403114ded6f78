"""One right run and six broken ones: what each scores, in wide margins, and that its fault is the one line it says."""

import cv2
import IPython.display
import numpy as np
import pytest
import torch
from torch import nn
from torchvision.transforms import v2

import seeing_tensors as st
from seeing_tensors.course.cases import runs
from seeing_tensors.course.cases.runs import BGR, DIVIDED, FAULTS, LINEAR, NOT_NORMALIZED, RAW, RESHAPED
from seeing_tensors.course.cases.shapes import CLASSES, VOID, Shapes, write_shapes

#: The classes that each fault breaks: 1 the discs, 2 the red squares.
BROKEN = {BGR: [2], NOT_NORMALIZED: [1, 2], LINEAR: [1], DIVIDED: [1, 2], RESHAPED: [1, 2], RAW: [0, 1, 2]}


@pytest.fixture(scope="module")
def seven():
    return runs.run_all(seed=0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("shapes")
    write_shapes(made, seed=0)
    return made


def test_the_right_run_is_right(seven):
    assert seven["none"].iou.min() >= 0.9


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_breaks_its_classes(seven, fault):
    assert seven[fault].iou[BROKEN[fault]].max() <= 0.6


def test_every_loss_goes_down(seven):
    assert list(seven) == ["none", *FAULTS]
    for run in seven.values():
        assert len(run.losses) == runs.EPOCHS and run.losses[-1] < 0.7 * run.losses[0]


def test_scores_are_those_of_the_predictions_on_the_true_masks(seven, folder):
    masks = torch.stack([mask for _, mask in Shapes(folder, "test")])
    for fault, run in seven.items():
        assert run.fault == fault and torch.equal(run.masks, masks)
        assert torch.equal(run.predictions, run.model(run.inputs).argmax(1))
        assert np.array_equal(run.confusion, st.confusion_matrix(run.predictions, masks, len(CLASSES), void=VOID))
        assert np.array_equal(run.iou, st.class_iou(run.confusion))
        assert not run.model.training


def test_what_acts_after_the_training_shares_the_right_one(seven):
    right = seven["none"]
    for fault in (BGR, NOT_NORMALIZED):
        assert seven[fault].losses == right.losses
        for one, other in zip(seven[fault].model.parameters(), right.model.parameters(), strict=True):
            assert torch.equal(one, other)
    for name, value in seven[RAW].model.state_dict().items():
        assert torch.equal(value, right.model.state_dict()[name]) != ("running" in name or "batches" in name)


def test_each_line_does_what_its_run_did(seven, folder):
    """What the network saw, and what the loss got, by the line that is wrong and by the line that is right."""
    data, right = Shapes(folder, "test"), seven["none"]
    names = {"st": st, "cv2": cv2, "torch": torch, "path": str(data.photos[0]), "v2": v2, "nn": nn}
    names |= {"image": st.read_image(data.photos[0]), "mask": st.read_mask(Shapes(folder, "train").masks[0])}
    names |= {"mean": right.mean, "std": right.std}

    def result(line):
        made = dict(names)
        exec(line, made)
        return made[line.split()[0]]

    def seen(image):
        return st.normalize(st.to_tensor(np.ascontiguousarray(image)), right.mean, right.std)

    def close(run, x):
        return torch.allclose(run.inputs[0], x, atol=1e-5)

    wrong, good = map(result, FAULTS[BGR])
    assert close(right, seen(good)) and close(seven[BGR], seen(wrong)) and not close(right, seen(wrong))
    wrong, good = map(result, FAULTS[NOT_NORMALIZED])
    assert wrong is None and close(right, good(data[0][0])) and close(seven[NOT_NORMALIZED], data[0][0])
    wrong, good = map(result, FAULTS[DIVIDED])
    assert torch.equal(right.targets[0], good) and torch.equal(seven[DIVIDED].targets[0], wrong)
    assert seven[DIVIDED].targets.unique().tolist() == [0, 1]
    wrong, good = map(result, FAULTS[RESHAPED])
    for run, x in ((right, good), (seven[RESHAPED], wrong)):
        assert close(run, st.normalize(x, right.mean, right.std))
    kinds = [{type(layer) for layer in seven[fault].model} for fault in ("none", LINEAR)]
    assert kinds[0] - kinds[1] == {nn.ReLU} and "nn.ReLU()" in FAULTS[LINEAR].right


def test_a_run_comes_back_the_same_and_leaves_no_trace(seven, folder):
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    again = runs.run(LINEAR, seed=0, folder=folder)
    assert again.losses == seven[LINEAR].losses and torch.equal(again.predictions, seven[LINEAR].predictions)
    assert torch.equal(torch.get_rng_state(), before) and torch.get_num_threads() == threads


def test_a_fault_that_is_none_is_refused():
    with pytest.raises(ValueError, match="no nonlinearity, masks divided by 255"):
        runs.run("RGB")


def test_the_bar_is_named_moves_and_leaves_a_sentence(monkeypatch):
    shown = []

    class Shown:
        def update(self, page):
            shown.append(page.data)

    monkeypatch.setattr(runs, "in_a_notebook", lambda: True)
    monkeypatch.setattr(IPython.display, "display", lambda page, display_id: Shown())
    step = runs._bar(2 * runs.EPOCHS)
    for _ in range(2 * runs.EPOCHS):
        step()
    assert shown[0] == f'<progress aria-label="Training" max="{2 * runs.EPOCHS}" value="1"></progress>'
    assert shown[-1] == f"<p>2 trainings of {runs.EPOCHS} epochs are done.</p>"
