"""The drawn data set: real files, honest labels, a border of void, the same pictures for one seed."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import DataLoader
from torchvision.transforms import v2

import seeing_tensors as st
from seeing_tensors.course.cases.shapes import CLASSES, COUNTS, HEIGHT, VOID, WIDTH, Shapes, write_shapes


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("shapes")
    write_shapes(made, seed=3)
    return made


def test_photos_are_rgb_and_masks_are_palette_pngs_of_the_same_size(folder):
    photos, masks = (sorted((folder / name).iterdir()) for name in ("photos", "masks"))
    assert [each.name for each in photos] == [each.name for each in masks]
    assert len(photos) == sum(COUNTS.values())
    for photo, mask in zip(photos, masks, strict=True):
        with Image.open(photo) as picture, Image.open(mask) as labels:
            assert (picture.format, picture.mode, picture.size) == ("PNG", "RGB", (WIDTH, HEIGHT))
            assert (labels.format, labels.mode, labels.size) == ("PNG", "P", (WIDTH, HEIGHT))


def test_discs_are_bright_or_dark_squares_are_red_and_blue_is_background(folder):
    for split in COUNTS:
        data = Shapes(folder, split)
        for file, (_, mask) in zip(data.photos, data, strict=True):
            photo = st.read_image(file).astype(int)
            assert mask.unique().tolist() == [*range(len(CLASSES)), VOID]
            grey = photo[mask == 1].mean(1)
            assert ((grey < 80) | (grey > 180)).all() and (grey < 80).any() and (grey > 180).any()
            red, green, blue = photo[mask == 2].T
            assert (red > green + 80).all() and (red > blue + 80).all()
            red, green, blue = photo[mask == 0].T
            assert (blue > red + 80).any() and not (red > blue + 80).any()


def test_void_lies_between_each_class_and_the_background(folder):
    for _, mask in Shapes(folder, "test"):
        for one, other in ((mask[:, 1:], mask[:, :-1]), (mask[1:], mask[:-1])):
            assert ((one == other) | (one == VOID) | (other == VOID)).all()


def test_a_seed_draws_its_pictures_and_another_seed_others(folder, tmp_path):
    write_shapes(tmp_path / "again", seed=3)
    write_shapes(tmp_path / "other", seed=4)
    for name in ("photos/train_00.png", "masks/test_23.png"):
        first, again, other = (
            np.array(Image.open(each / name)) for each in (folder, tmp_path / "again", tmp_path / "other")
        )
        assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_a_transform_gets_photo_and_mask_together(folder):
    plain, turned = Shapes(folder, "test"), Shapes(folder, "test", v2.RandomHorizontalFlip(1))
    image, mask = turned[5]
    assert torch.equal(image, plain[5][0].flip(-1)) and torch.equal(mask, plain[5][1].flip(-1))
    assert (image.dtype, mask.dtype) == (torch.float32, torch.int64) and image.max() <= 1


def test_a_loader_makes_batches(folder):
    x, masks = next(iter(DataLoader(Shapes(folder, "train"), 4)))
    assert (x.shape, masks.shape) == ((4, 3, HEIGHT, WIDTH), (4, HEIGHT, WIDTH))


def test_what_is_not_there_is_said(folder, tmp_path):
    with pytest.raises(ValueError, match="one of train, test, got 'val'"):
        Shapes(folder, "val")
    with pytest.raises(FileNotFoundError, match="write_shapes"):
        Shapes(tmp_path, "train")
