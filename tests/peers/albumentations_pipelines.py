"""Pipelines of albumentations, held to `inspect_pipeline`: right ones raise no alarm, wrong ones the right one.

albumentations is only in the environment of `make peers`, which runs them.
"""

import os

import numpy as np

import seeing_tensors as st

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # else it asks the network for a newer release

SIZE, ITEMS, VOID = 64, 60, 255


def originals():
    """Cuts from the course's photo of a cup, and from its mask."""
    photo = st.read_image(st.data_path("photos/things/커피.png"))
    mask = st.read_mask(st.data_path("masks/coffee.png"))
    draw = np.random.default_rng(0)
    corners = [[draw.integers(side - SIZE) for side in mask.shape] for _ in range(ITEMS)]
    return [tuple(array[r : r + SIZE, c : c + SIZE] for array in (photo, mask)) for r, c in corners]


class Cuts:
    """The data set: each photo with its mask, by `transform`; or with a label, by `transform` of the photo alone."""

    def __init__(self, transform, masks=True):
        self.items, self.transform, self.masks = originals(), transform, masks

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        photo, mask = self.items[index]
        if not self.masks:
            return self.transform(image=photo)["image"], int(np.bincount(mask.ravel()).argmax())
        made = self.transform(image=photo, mask=mask)
        return made["image"], made["mask"]


def pipelines():
    """Name, transforms, whether it augments, and the laws that it breaks."""
    import albumentations as a
    from albumentations.pytorch import ToTensorV2

    end = [a.Normalize(), ToTensorV2()]
    return [
        ("Normalize, ToTensorV2", end, False, ()),
        ("HorizontalFlip", [a.HorizontalFlip(), *end], True, ()),
        ("D4, RandomCrop", [a.D4(), a.RandomCrop(48, 48), *end], True, ()),
        ("RandomResizedCrop, ColorJitter", [a.RandomResizedCrop((48, 48)), a.ColorJitter(), *end], True, ()),
        ("Affine, GaussNoise", [a.Affine(rotate=(-20, 20), fill_mask=VOID), a.GaussNoise(), *end], True, ()),
        ("GridDistortion, blur", [a.GridDistortion(fill_mask=VOID), a.GaussianBlur(), *end], True, ()),
        ("CoarseDropout", [a.CoarseDropout(), *end], True, ()),
        ("no ToTensorV2", [a.Normalize()], False, ("layout",)),
        ("no Normalize", [a.ToFloat(), ToTensorV2()], False, ("scale",)),
        ("bytes", [ToTensorV2()], False, ("layout",)),
        ("max_pixel_value=1", [a.Normalize(max_pixel_value=1), ToTensorV2()], False, ("in_range",)),
        ("ToFloat, Normalize", [a.ToFloat(), *end], False, ("scale",)),
        ("a flip always", [a.HorizontalFlip(p=1), *end], False, ("bytes_kept",)),
    ]


def faults():
    """What `inspect_pipeline` says otherwise, a line a pipeline."""
    import albumentations as a

    found = []
    for name, transforms, augments, expected in pipelines():
        for masks in (True, False):
            broken = inspected(Cuts(a.Compose(transforms, seed=0), masks), augments)
            found += [f"{name}: broken {broken}, expected {expected}"] if broken != expected else []
    flip, end = a.Compose([a.HorizontalFlip()], seed=0), a.Compose([a.Normalize(), a.pytorch.ToTensorV2()])
    broken = inspected(Cuts(lambda image, mask: end(image=flip(image=image)["image"], mask=mask)), True)
    return found + [f"the photo flipped alone: broken {broken}"] * (broken != ("moved_together",))


def inspected(dataset, augments):
    """The laws that are broken."""
    return st.inspect_pipeline(
        dataset,
        mean=st.IMAGENET_MEAN,
        std=st.IMAGENET_STD,
        classes=4,
        void=VOID,
        originals=[each if dataset.masks else each[0] for each in dataset.items],
        augments=augments,
    ).broken


if __name__ == "__main__":
    print(*faults(), sep="\n")
