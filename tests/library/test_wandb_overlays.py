"""What `to_wandb_image` checks of masks, boxes and classes before it hands them to wandb, and what only ours says.

Plain tests, not laws: they are about what goes along with the pixels, and no exercise asks for it.
"""

import json
import math
import sys

import numpy as np
import pytest
import torch

import seeing_tensors as st

PICTURE = np.zeros((20, 30, 3), np.uint8)  # 20 high, 30 wide
LABELS = np.arange(600).reshape(20, 30) % 256
FRACTIONS = {"minX": 0.1, "minY": 0.2, "maxX": 0.5, "maxY": 0.9}
PIXELS = {"minX": 3, "minY": 4, "maxX": 30, "maxY": 20}


def box(position, **others):
    return {"position": position, "class_id": 1, **others}


def with_box(*boxes, **others):
    return st.to_wandb_image(PICTURE, boxes={"found": {"box_data": list(boxes), **others}})


def changed(position, **sides):
    return {**position, **sides}


@pytest.mark.parametrize(
    "good",
    [
        box(FRACTIONS),
        box(PIXELS, domain="pixel"),
        box({"minX": 0, "minY": 0, "maxX": 1, "maxY": 1}),
        box({"minX": 0.5, "minY": 0.5, "maxX": 0.5, "maxY": 0.5}),
        box({"middle": [0.5, 0.5], "width": 1, "height": 1}),
        box({"middle": [0.7, 0.3], "width": 0.6, "height": 0.6}),  # 0.7 + 0.3 is a little more than 1 in floats
        box({"middle": [15, 10], "width": 30, "height": 20}, domain="pixel"),
        box({"middle": torch.tensor([15.0, 10.0]), "width": torch.tensor(8), "height": np.float32(4)}, domain="pixel"),
        box({side: np.float32(value) for side, value in FRACTIONS.items()}, scores={"p": np.float32(0.5)}),
        box(FRACTIONS, domain=None, box_caption="cup"),
        {"position": FRACTIONS, "class_id": np.int64(1)},
        {"position": FRACTIONS, "class_id": torch.tensor(1)},
    ],
)
def test_good_boxes_are_taken(good):
    assert with_box(good, class_labels={1: "cup", np.int64(2): "spoon"}) is not None


@pytest.mark.parametrize(
    "bad",
    [
        box(changed(FRACTIONS, minX=0.6)),
        box(changed(FRACTIONS, minY=0.95)),
        box(PIXELS),  # pixels without the domain
        box(changed(PIXELS, maxX=31), domain="pixel"),
        box(changed(PIXELS, maxY=21), domain="pixel"),
        box(changed(PIXELS, minX=-1), domain="pixel"),
        box(changed(FRACTIONS, minY=-0.01)),
        box(changed(FRACTIONS, maxX=1.01)),
        box(changed(FRACTIONS, maxX=math.nan)),
        box(changed(FRACTIONS, maxX=math.inf)),
        box({"middle": [0.5, 0.5], "width": -0.1, "height": 0.1}),
        box({"middle": [0.9, 0.5], "width": 0.4, "height": 0.1}),
        box({"middle": [0.5, 0.5], "width": 0.1}),
        box({"minX": 0, "minY": 0, "maxX": 1}),
        box({**FRACTIONS, "middle": [0.5, 0.5]}),
        box(FRACTIONS, domain="pixels"),
        box(None),
        {"class_id": 1},
    ],
)
def test_bad_boxes_are_refused(bad):
    with pytest.raises(ValueError, match=r"boxes\['found'\] number 1"):
        with_box(box(FRACTIONS), bad)


@pytest.mark.parametrize("class_id", [None, "1", 1.0, True])
def test_a_class_id_is_an_integer(class_id):
    with pytest.raises(TypeError, match="class_id"):
        with_box({"position": FRACTIONS, "class_id": class_id})


@pytest.mark.parametrize("value", ["1", None, True])
def test_a_position_consists_of_numbers(value):
    with pytest.raises(TypeError, match="number"):
        with_box(box(changed(FRACTIONS, minX=value)))


@pytest.mark.parametrize("boxes", [{"found": [box(FRACTIONS)]}, {"found": {}}, {"found": {"box_data": None}}])
def test_boxes_have_box_data(boxes):
    with pytest.raises(ValueError, match="box_data"):
        st.to_wandb_image(PICTURE, boxes=boxes)


def test_boxes_are_not_changed_and_become_json():
    given = {
        "found": {"box_data": [{"position": {k: np.float32(v) for k, v in FRACTIONS.items()}, "class_id": np.int64(1)}]}
    }
    copy = {"found": {"box_data": [dict(given["found"]["box_data"][0])]}}
    image = st.to_wandb_image(PICTURE, boxes=given)
    assert given == copy
    assert json.loads(json.dumps(image._boxes["found"]._val))[0]["class_id"] == 1


# ----------------------------------------------------------------------- masks


def test_a_mask_is_written_with_its_labels_and_names():
    given = {"truth": {"mask_data": LABELS, "class_labels": {0: "table", np.int64(3): "spoon"}}}
    image = st.to_wandb_image(PICTURE, masks=given)
    assert given["truth"]["mask_data"] is LABELS and list(given["truth"]) == ["mask_data", "class_labels"]
    from PIL import Image

    np.testing.assert_array_equal(np.array(Image.open(image._masks["truth"]._path)), LABELS)
    assert image._masks["truth"]._val["class_labels"] == {0: "table", 3: "spoon"}


def test_a_tensor_is_a_mask_too():
    st.to_wandb_image(PICTURE, masks={"truth": st.to_wandb_mask(torch.from_numpy(LABELS))})


@pytest.mark.parametrize("shape", [(30, 20), (20, 29), (10, 15), (1, 1)])
def test_a_mask_has_the_size_of_its_picture(shape):
    with pytest.raises(ValueError, match=r"masks\['truth'\].*\(20, 30\)"):
        st.to_wandb_image(PICTURE, masks={"truth": {"mask_data": np.zeros(shape, int)}})


@pytest.mark.parametrize(
    ("masks", "error"),
    [
        ({"truth": LABELS}, ValueError),
        ({"truth": {"labels": LABELS}}, ValueError),
        ({"truth": {"path": "mask.png"}}, ValueError),
        ({"truth": {"mask_data": LABELS, "path": "mask.png"}}, ValueError),
        ({"truth": {"mask_data": LABELS / 255}}, TypeError),
        ({"truth": {"mask_data": LABELS > 3}}, TypeError),
        ({"truth": {"mask_data": LABELS + 1}}, ValueError),
        ({"truth": {"mask_data": LABELS, "class_labels": {"0": "table"}}}, TypeError),
        ({"truth": {"mask_data": LABELS, "class_labels": {True: "table"}}}, TypeError),
        ([{"mask_data": LABELS}], TypeError),
    ],
)
def test_bad_masks_are_refused(masks, error):
    with pytest.raises(error):
        st.to_wandb_image(PICTURE, masks=masks)


def test_a_float_picture_is_checked_against_its_mask_too():
    x = torch.zeros(3, 20, 30)
    st.to_wandb_image(x, value_range=(0, 1), masks={"truth": {"mask_data": LABELS}})
    with pytest.raises(ValueError, match="truth"):
        st.to_wandb_image(x, value_range=(0, 1), masks={"truth": {"mask_data": LABELS.T}})


# --------------------------------------------------------------------- classes


def test_classes_are_taken():
    image = st.to_wandb_image(PICTURE, classes=[{"id": np.int64(0), "name": "table"}, {"id": 3, "name": "spoon"}])
    assert image._classes._class_set == [{"id": 0, "name": "table"}, {"id": 3, "name": "spoon"}]


@pytest.mark.parametrize(
    ("classes", "error"),
    [
        ({0: "table"}, TypeError),
        (["table"], TypeError),
        ([{"id": 0}], TypeError),
        ([{"id": "0", "name": "table"}], TypeError),
        ([{"id": 0, "name": 1}], TypeError),
        ([{"id": 0, "name": "table"}, {"id": 0, "name": "cup"}], ValueError),
    ],
)
def test_bad_classes_are_refused(classes, error):
    with pytest.raises(error):
        st.to_wandb_image(PICTURE, classes=classes)


# ------------------------------------------------------------------ log_images


class Run:
    def log(self, data, **options):
        (self.logged,) = data.values()


def test_log_images_gives_each_picture_its_own_mask_and_box():
    run = Run()
    masks = [{"truth": {"mask_data": LABELS}}, None]
    boxes = [None, {"found": {"box_data": [box(FRACTIONS)]}}]
    st.log_images(run, "k", [PICTURE, PICTURE], masks=masks, boxes=boxes)
    first, second = run.logged
    assert (list(first._masks), first._boxes) == (["truth"], None)
    assert (second._masks, list(second._boxes)) == (None, ["found"])


@pytest.mark.parametrize("name", ["masks", "boxes"])
def test_log_images_wants_one_entry_for_each_picture(name):
    with pytest.raises(ValueError, match=name):
        st.log_images(Run(), "k", [PICTURE, PICTURE], **{name: [None]})
    with pytest.raises(ValueError, match=name):
        st.log_images(Run(), "k", [PICTURE], columns=1, **{name: [None]})


# --------------------------------------------------------------- clip="count"


def caption_of(image):
    (caption,) = type(image).all_captions([image]) or [None]
    return caption


def test_a_counted_picture_says_what_is_unseen():
    x = torch.tensor([[[-1.0, 0.5, 2.0, math.nan]]])
    image = st.to_wandb_image(x, value_range=(0, 1), clip="count", caption="epoch 3")
    assert caption_of(image) == "epoch 3; unseen: 25% below black, 25% above white, 25% NaN"
    np.testing.assert_array_equal(np.array(image.image), [[0, 128, 255, 0]])
    grid = st.to_wandb_grid(x[None], value_range=(0, 1), clip="count")
    assert caption_of(grid) == "unseen: 25% below black, 25% above white, 25% NaN"


def test_what_is_seen_whole_or_only_clipped_has_its_own_caption():
    x = torch.tensor([[[-1.0, 0.5, 2.0]]])
    assert caption_of(st.to_wandb_image(x, value_range=(0, 1), clip=True)) is None
    assert caption_of(st.to_wandb_image(x, value_range=(0, 1), clip=True, caption="a")) == "a"
    assert caption_of(st.to_wandb_image(x, value_range=(-1, 2), clip="count")) is None
    assert caption_of(st.to_wandb_image(PICTURE, clip="count", caption="a")) == "a"


def test_the_unseen_are_counted_after_a_normalize_is_undone():
    run = Run()
    run.log = lambda row: run.__dict__.update(row)
    x = st.normalize(torch.tensor([0.0, 0.5, 1.0, 3.0]).reshape(1, 1, 2, 2), (0.5,), (0.25,))
    st.log_images(run, "k", x, value_range=(0, 1), mean=(0.5,), std=(0.25,), clip="count")
    assert vars(run)["k/unseen"] == 0.25


@pytest.mark.parametrize("clip", ["Count", "yes", None, 2])
def test_there_is_no_other_way_to_clip(clip):
    with pytest.raises(ValueError, match="clip is False, True or"):
        st.to_wandb_image(PICTURE, clip=clip)


def test_a_refusal_says_how_many_lie_where():
    with pytest.raises(ValueError, match=r"of 4 values 1 lie below value_range \(0, 1\) and 2 above"):
        st.to_wandb_image(torch.tensor([[[-1.0, 0.5, 2.0, 3.0]]]), value_range=(0, 1))


# --------------------------------------------------------------- without wandb


@pytest.mark.parametrize(
    "call",
    [
        lambda: st.to_wandb_image(PICTURE),
        lambda: st.to_wandb_grid([PICTURE]),
        lambda: st.to_wandb_maps(torch.zeros(1, 2, 2)),
        lambda: st.log_images(Run(), "k", [PICTURE]),
    ],
    ids=["to_wandb_image", "to_wandb_grid", "to_wandb_maps", "log_images"],
)
def test_without_wandb_the_error_says_what_to_install(call, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)  # None: an import raises, as if it were not there
    with pytest.raises(ModuleNotFoundError, match="pip install wandb") as error:
        call()
    assert error.value.name == "wandb"


def test_a_mask_needs_no_wandb(monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    np.testing.assert_array_equal(st.to_wandb_mask(LABELS)["mask_data"], LABELS)


def test_what_wandb_itself_misses_is_not_hidden(monkeypatch, tmp_path):
    (tmp_path / "wandb.py").write_text("import a_package_that_is_not_there\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "wandb", raising=False)
    with pytest.raises(ModuleNotFoundError, match="a_package_that_is_not_there"):
        st.to_wandb_image(PICTURE)
