"""inspect_pipeline on whole pipelines: a planted fault is found by the law that names it, right ones raise no alarm."""

import functools
import random

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch.utils.data import ConcatDataset, Subset, TensorDataset
from torchvision import tv_tensors
from torchvision.datasets import FakeData, ImageFolder
from torchvision.transforms import v2

import seeing_tensors as st

MEAN, STD = st.IMAGENET_MEAN, st.IMAGENET_STD
VOID, HEIGHT, WIDTH, ITEMS = 255, 48, 60, 150


@functools.cache
def scene(index):
    """A photo with light, noise, a red disc and a blue square, and its mask with a void rim. Labels 0, 1, 2, 255."""
    draw = np.random.default_rng(index)
    y, x = np.mgrid[:HEIGHT, :WIDTH][..., None]
    light = draw.uniform(0, 6, (2, 3))
    photo = draw.uniform(60, 180, 3) + 30 * np.sin(x / 9 + light[0]) + 20 * np.cos(y / 7 + light[1])
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for label, color in ((1, (220, 40, 40)), (2, (40, 60, 210))):
        row, column, size = draw.integers(10, HEIGHT - 10), draw.integers(10, WIDTH - 10), draw.integers(6, 10)
        distance = np.hypot(y - row, x - column) if label == 1 else np.maximum(abs(y - row), abs(x - column))
        distance = distance[..., 0]
        photo[distance < size] = color
        mask[distance < size] = label
        mask[abs(distance - size) < 1] = VOID
    photo = (photo + draw.normal(0, 6, photo.shape)).clip(0, 255).astype(np.uint8)
    for array in (photo, mask):
        array.flags.writeable = False  # nobody may change it by looking
    return photo, mask


class Scenes:
    """A map-style data set: `transform(photo, mask)` of each scene."""

    def __init__(self, transform, read=scene):
        self.transform, self.read = transform, read

    def __len__(self):
        return ITEMS

    def __getitem__(self, index):
        return self.transform(*self.read(index))


def inspected(transform, **options):
    dataset = transform if hasattr(transform, "__getitem__") else Scenes(transform)
    return st.inspect_pipeline(dataset, **{"mean": MEAN, "std": STD, "classes": 3, "void": VOID} | options)


def tensor(photo):
    return st.to_tensor(photo, MEAN, STD)


def plain(photo, mask):
    return tensor(photo), st.mask_to_tensor(mask)


def wrapped(photo, mask):
    """What torchvision's v2 takes."""
    return tv_tensors.Image(photo.transpose(2, 0, 1).copy()), tv_tensors.Mask(mask.astype(np.int64))


def normalized(*transforms, mean=MEAN, std=STD):
    """v2 transforms, then floats, then Normalize."""
    return v2.Compose([*transforms, v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean, std)])


def jointly(*transforms):
    compose = normalized(*transforms)
    return lambda photo, mask: compose(*wrapped(photo, mask))


def named(mask):
    """A label of the whole picture."""
    return int(np.bincount(mask[mask != VOID], minlength=3)[1:].argmax()) + 1


# ------------------------------------------------------------------------------------------------ planted faults


def blended(photo, mask):
    small = Image.fromarray(mask).resize((30, 24), Image.Resampling.BILINEAR)
    return tensor(np.asarray(Image.fromarray(photo).resize((30, 24)))), st.mask_to_tensor(np.asarray(small))


def without_void(mask):
    return np.where(mask == VOID, 0, mask).astype(np.uint8)


FLIP = v2.RandomHorizontalFlip()


def flipped_apart(photo, mask):
    photo, mask = wrapped(photo, mask)
    return normalized(FLIP)(photo), FLIP(mask)


CROP = v2.RandomCrop(32)


def cropped_apart(photo, mask):
    photo, mask = wrapped(photo, mask)
    return normalized(CROP)(photo), CROP(mask)


def photo_flipped(photo, mask):
    flip = random.random() < 0.5
    return tensor(photo[:, ::-1] if flip else photo), st.mask_to_tensor(mask)


class InPlace(Scenes):
    """Keeps its pictures, and normalises them where they are kept."""

    def __init__(self):
        super().__init__(plain)
        self.kept = {}

    def __getitem__(self, index):
        photo, mask = self.read(index)
        x = self.kept.setdefault(index, st.to_tensor(photo))
        x -= 0.01
        return v2.functional.normalize(x + 0.01, MEAN, STD), st.mask_to_tensor(mask)


class OneBuffer(Scenes):
    def __init__(self):
        super().__init__(plain)
        self.buffer = torch.empty(3, HEIGHT, WIDTH)

    def __getitem__(self, index):
        image, mask = super().__getitem__(index)
        return self.buffer.copy_(image), mask


class Missing(Scenes):
    def __getitem__(self, index):
        if index % 5 == 0:
            raise FileNotFoundError(f"{index}.png")
        return super().__getitem__(index)


def seeded(photo, mask):
    torch.manual_seed(0)
    return jointly(v2.RandomHorizontalFlip(), v2.RandomCrop(40))(photo, mask)


def with_nan(photo, mask):
    image, mask = plain(photo, mask)
    return (image / (image != image[0, 0, 0])), mask  # 0 / 0


FAULTS = {
    # The six saboteurs, as far as a data set shows them.
    "BGR in place of RGB": (lambda p, m: plain(p[..., ::-1].copy(), m), {"originals": scene}, "channel_order"),
    "no Normalize": (lambda p, m: (st.to_tensor(p), st.mask_to_tensor(m)), {}, "scale"),
    "mask / 255": (lambda p, m: (tensor(p), torch.from_numpy(m / 255)), {}, "label_kind"),
    "mask // 255": (lambda p, m: (tensor(p), torch.from_numpy(m // 255).long()), {"originals": scene}, "labels_kept"),
    "mask // 255 without void": (
        lambda p, m: (tensor(p), torch.from_numpy(without_void(m) // 255).long()),
        {},
        "several_labels",
    ),
    "reshape for permute": (lambda p, m: plain(p.reshape(3, HEIGHT, WIDTH).transpose(1, 2, 0), m), {}, "planes"),
    "raw bytes": (lambda p, m: (torch.tensor(p.transpose(2, 0, 1)).float(), st.mask_to_tensor(m)), {}, "in_range"),
    # Others.
    "normalised twice": (lambda p, m: (st.normalize(tensor(p), MEAN, STD), st.mask_to_tensor(m)), {}, "in_range"),
    "normalised, not divided": (
        lambda p, m: (st.normalize(torch.tensor(p.transpose(2, 0, 1)).float(), MEAN, STD), st.mask_to_tensor(m)),
        {},
        "in_range",
    ),
    "divided twice": (lambda p, m: (st.normalize(st.to_tensor(p) / 255, MEAN, STD), m.astype(int)), {}, "scale"),
    "divided by 256": (
        lambda p, m: (st.normalize(st.to_tensor(p) * (255 / 256), MEAN, STD), m.astype(int)),
        {"originals": scene},
        "bytes_kept",
    ),
    "another data set's mean and std": (
        lambda p, m: (st.to_tensor(p, (0.13, 0.13, 0.13), (0.1, 0.1, 0.1)), m.astype(int)),
        {"mean": (0.13, 0.13, 0.13), "std": (0.1, 0.1, 0.1)},
        "statistics",
    ),
    "channels last": (lambda p, m: (tensor(p).permute(1, 2, 0), m.astype(int)), {}, "layout"),
    "not converted": (lambda p, m: (Image.fromarray(p), m.astype(int)), {}, "layout"),
    "bytes": (lambda p, m: (torch.tensor(p.transpose(2, 0, 1)), m.astype(int)), {}, "layout"),
    "0 / 0": (with_nan, {}, "finite"),
    "mask blended": (blended, {}, "known_labels"),
    "labels from 1": (lambda p, m: (tensor(p), np.where(m == VOID, VOID, m + 1)), {}, "known_labels"),
    "mask turned": (lambda p, m: (tensor(p), m.T.astype(int)), {}, "label_kind"),
    "photo flipped without its mask": (photo_flipped, {"augments": True}, "moved_together"),
    "photo and mask flipped apart": (flipped_apart, {"augments": True}, "moved_together"),
    "photo and mask cropped apart": (cropped_apart, {"augments": True}, "moved_together"),
    "photo flipped always, mask never": (
        lambda p, m: plain(p[:, ::-1].copy(), m),
        {"originals": scene},
        "moved_together",
    ),
    "one buffer": (OneBuffer(), {}, "own_memory"),
    "one picture": (lambda p, m: plain(scene(0)[0], m), {}, "own_memory"),
    "in place": (InPlace(), {}, "repeatable"),
    "augments unasked": (jointly(v2.RandomHorizontalFlip()), {}, "repeatable"),
    "the same augmentation always": (seeded, {"augments": True}, "seeds_left_alone"),
    "augmentation forgotten": (plain, {"augments": True}, "seeds_left_alone"),
    "a file is missing": (Missing(plain), {}, "readable"),
    "a single image": (lambda p, m: tensor(p), {}, "readable"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_by_the_law_that_names_it(fault):
    transform, options, law = FAULTS[fault]
    report = inspected(transform, **options)
    assert report.broken == (law,), report
    (found,) = [each for each in report.findings if each.verdict == "BROKEN"]
    assert found.found and found.again in str(report).split("again   ")[1].splitlines()
    dataset = transform if hasattr(transform, "__getitem__") else Scenes(transform)
    if law != "readable":
        shown = pasted(found.again, dataset=dataset, **{k: v for k, v in options.items() if k == "originals"})
        assert shown is not None


def pasted(line, **names):
    """What Python shows when the line is pasted where there is a `dataset`."""
    *before, last = line.split("; ")
    exec("; ".join(before), names)
    return eval(last, names)


# ----------------------------------------------------------------------------------------------- right pipelines


def grey(photo, mask):
    return st.to_tensor(photo[..., 1], (0.45,), (0.2,)), named(mask)


def classified(*transforms, mean=MEAN, std=STD):
    compose = normalized(*transforms, mean=mean, std=std)
    return lambda photo, mask: (compose(wrapped(photo, mask)[0]), named(mask))


def floats_first(photo, mask):
    """Resized as floats, where bicubic weights overshoot."""
    x, labels = v2.ToDtype(torch.float32, scale=True)(wrapped(photo, mask)[0]), tv_tensors.Mask(mask.astype(np.int64))
    resize = v2.Resize((96, 120), interpolation=v2.InterpolationMode.BICUBIC)
    x, labels = resize(x, labels)
    return st.normalize(x, MEAN, STD), labels


def nearest(photo, mask):
    resize = v2.Resize((24, 30))
    return normalized()(resize(*wrapped(photo, mask)))


def flipped_by_hand(photo, mask):
    if np.random.rand() < 0.5:
        photo, mask = photo[:, ::-1], mask[:, ::-1]
    if random.random() < 0.5:
        photo, mask = photo[::-1], mask[::-1]
    return tensor(photo), torch.tensor(mask.astype(np.int64))


def plain_numpy(dtype):
    mean, std = np.array(MEAN, dtype), np.array(STD, dtype)
    return lambda photo, mask: (((photo / dtype(255) - mean) / std).transpose(2, 0, 1), mask)


class OwnGenerator(Scenes):
    """Random numbers that nobody else has."""

    def __init__(self):
        super().__init__(plain)
        self.draw = np.random.default_rng(0)

    def __getitem__(self, index):
        photo, mask = self.read(index)
        step = -1 if self.draw.random() < 0.5 else 1
        return plain(photo[:, ::step], mask[:, ::step])


def in_memory():
    pairs = [plain(*scene(index)) for index in range(40)]
    return TensorDataset(*map(torch.stack, zip(*pairs, strict=True)))


OWN = {"mean": (0.49, 0.45, 0.5), "std": (0.2, 0.2, 0.2)}
NONE = {"mean": (0, 0, 0), "std": (1, 1, 1)}
HALF = {"mean": (0.5,) * 3, "std": (0.5,) * 3}
AUGMENTS = {"augments": True}
JITTER = v2.ColorJitter(0.4, 0.4, 0.4, 0.1)

RIGHT = {
    # Plain torch and numpy.
    "to_tensor, mask_to_tensor": (plain, {"originals": scene}),
    "without originals": (plain, {}),
    "photos alone as originals": (plain, {"originals": lambda index: scene(index)[0]}),
    "no Normalize, mean 0, std 1": (lambda p, m: (st.to_tensor(p), m), NONE | {"originals": scene}),
    "range -1 to 1": (lambda p, m: (st.to_tensor(p, **HALF), m), HALF | {"originals": scene}),
    "its own mean and std": (lambda p, m: (st.to_tensor(p, **OWN), m), OWN),
    "float16": (lambda p, m: (tensor(p).half(), m), {"originals": scene}),
    "bfloat16": (lambda p, m: (tensor(p).bfloat16(), m), {"originals": scene}),
    "float64": (lambda p, m: (tensor(p).double(), m), {"originals": scene}),
    "numpy float32": (plain_numpy(np.float32), {"originals": scene}),
    "numpy float64": (plain_numpy(np.float64), {"originals": scene}),
    "a mask (1, H, W)": (lambda p, m: (tensor(p), torch.from_numpy(m[None].astype(np.int64))), {"originals": scene}),
    "no void": (lambda p, m: plain(p, without_void(m)), {"void": None}),
    "void -100": (lambda p, m: (tensor(p), np.where(m == VOID, -100, m.astype(int))), {"void": -100}),
    "flipped by hand": (flipped_by_hand, AUGMENTS | {"originals": scene}),
    "a generator of its own": (OwnGenerator(), AUGMENTS),
    "TensorDataset": (in_memory(), {}),
    "a list": ([plain(*scene(index)) for index in range(10)], {}),
    "Subset of a ConcatDataset": (Subset(ConcatDataset([Scenes(plain)] * 2), range(50, 250)), {}),
    "grey": (grey, {"mean": (0.45,), "std": (0.2,), "originals": lambda i: scene(i)[0][..., 1]}),
    "grey as colour": (lambda p, m: plain(p[..., [1, 1, 1]], m), {"originals": lambda i: scene(i)[0][..., [1, 1, 1]]}),
    # torchvision's v2, segmentation.
    "v2": (jointly(), {"originals": scene}),
    "v2 flip": (jointly(v2.RandomHorizontalFlip()), AUGMENTS | {"originals": scene}),
    "v2 resize": (nearest, {"originals": scene}),
    "v2 bicubic of floats": (floats_first, {"originals": scene}),
    "v2 crop": (jointly(v2.RandomCrop(32)), AUGMENTS | {"originals": scene}),
    "v2 resized crop, jitter, flip": (
        jointly(v2.RandomResizedCrop(40), JITTER, v2.RandomHorizontalFlip()),
        AUGMENTS | {"originals": scene},
    ),
    "v2 resized crop": (jointly(v2.RandomResizedCrop(40, (0.3, 1))), AUGMENTS | {"originals": scene}),
    "v2 rotation": (
        jointly(v2.RandomRotation(30, fill={tv_tensors.Image: 0, tv_tensors.Mask: VOID})),
        AUGMENTS | {"originals": scene},
    ),
    "v2 blur": (jointly(v2.GaussianBlur(3)), AUGMENTS | {"originals": scene}),
    # torchvision's v2, classification.
    "v2 label": (classified(), {"originals": lambda index: scene(index)[0]}),
    "v2 label, crop with a black rim": (
        classified(v2.RandomCrop((HEIGHT, WIDTH), padding=6), v2.RandomHorizontalFlip(), **OWN),
        OWN | AUGMENTS,
    ),
    "v2 label, resized crop, jitter": (classified(v2.RandomResizedCrop(32), JITTER), AUGMENTS),
    "v2 label, TrivialAugment": (classified(v2.TrivialAugmentWide(), **OWN), AUGMENTS | OWN),
    "v2 label, erasing": (
        lambda p, m: (v2.RandomErasing(p=0.9)(tensor(p)), named(m)),
        AUGMENTS | {"originals": lambda index: scene(index)[0]},
    ),
    "FakeData": (FakeData(100, (3, 24, 24), 3, v2.Compose([v2.ToImage(), normalized()])), {}),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_pipeline_raises_no_alarm(name):
    transform, options = RIGHT[name]
    report = inspected(transform, **options)
    assert report.broken == (), report
    assert report.findings and all(each.verdict in ("held", "not known") for each in report.findings)


@functools.cache
def cut(index, size=160):
    """A piece of one of the course's photos that has a mask: dark parts, where much looks alike."""
    photo, mask = [("people/astronaut.jpg", "astronaut"), ("people/cameraman.jpg", "cameraman")][index % 2]
    photo, mask = st.read_image(st.data_path(f"photos/{photo}")), st.read_mask(st.data_path(f"masks/{mask}.png"))
    row, column = (np.random.default_rng(index).integers(side - size) for side in mask.shape)
    labels = np.where(mask > 2, VOID, mask).astype(np.uint8)
    return tuple(array[row : row + size, column : column + size] for array in (photo, labels))


@pytest.mark.parametrize(
    "change",
    [
        v2.RandomPosterize(2),
        v2.GaussianBlur(5),
        v2.Resize(240),
        v2.RandomResizedCrop(160),
        v2.RandomPerspective(fill={tv_tensors.Image: 0, tv_tensors.Mask: VOID}),
    ],
    ids=lambda change: type(change).__name__,
)
def test_what_looks_alike_by_chance_raises_no_alarm(change):
    dataset = Scenes(jointly(change, v2.RandomHorizontalFlip()), read=cut)
    for options in ({}, {"originals": cut}):
        assert inspected(dataset, **AUGMENTS, **options).broken == ()


@pytest.fixture
def folder(tmp_path):
    """Photos in files, in a folder for each class."""
    for index in range(30):
        photo, mask = scene(index)
        file = tmp_path / f"class_{named(mask)}" / f"{index}.png"
        file.parent.mkdir(exist_ok=True)
        Image.fromarray(photo).save(file)
    return tmp_path


def test_image_folder_is_right(folder):
    dataset = ImageFolder(folder, v2.Compose([v2.ToImage(), normalized()]))
    report = inspected(dataset, originals=lambda index: st.read_image(dataset.samples[index][0]), void=None)
    assert report.broken == () and {each.law: each.verdict for each in report.findings}["bytes_kept"] == "held"


# ------------------------------------------------------------------------------------------ the report and its manners


def test_the_first_counterexample_is_drawn():
    report = inspected(lambda p, m: (st.normalize(tensor(p), MEAN, STD), m))
    ax = report.show(Figure().subplots())
    index = int(report.findings[0].again.split("dataset[")[1].split("]")[0])
    assert ax.get_title().startswith(f"dataset[{index}], undone\nunseen: ") and ax.images[0].get_size() == (48, 60)
    assert torch.allclose(report.picture, tensor(scene(index)[0]), atol=1e-5)
    for silent in (inspected(plain), inspected(lambda p, m: (p, m))):
        with pytest.raises(ValueError, match="nothing to draw"):
            silent.show()


def test_the_report_in_full():
    report = inspected(lambda p, m: (st.to_tensor(p), m), samples=20)
    lines = str(report).splitlines()
    assert lines[0] == "inspect_pipeline: 11 laws hold, 1 broken, 5 not known, by 20 items"
    assert lines[1].startswith("  BROKEN     In the sample some value is darker than mean")
    assert "likely  Normalize is missing" in str(report) and "why     it waits for scale" in str(report)
    assert all(len(line) <= 118 for line in lines if "again  " not in line) and repr(report) == str(report)


def test_a_sample_of_large_pictures_ends_when_it_is_large_enough(monkeypatch):
    monkeypatch.setattr("seeing_tensors.pipelines._FULL", 20 * 4 * 3 * HEIGHT * WIDTH)
    reads = []
    report = inspected(Scenes(plain, read=lambda index: reads.append(index) or scene(index)))
    assert report.items == 8 and report.broken == () and len(reads) == 36  # seven were read five times


def test_the_bar_is_for_a_terminal_and_for_who_waits(capfd):
    inspected(plain)
    assert capfd.readouterr() == ("", "")


def test_other_devices_keep_their_random_numbers(monkeypatch):
    monkeypatch.setattr(torch, "manual_seed", lambda seed: pytest.fail("it would seed every device"))
    assert inspected(jointly(v2.RandomHorizontalFlip()), augments=True).broken == ()
