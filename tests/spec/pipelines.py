"""Laws of lesson 7: the data set of a pipeline is held to laws, and the report claims what the data tell, no more."""

import random

import numpy as np
import torch
from hypothesis import strategies as st

from seeing_tensors import inverse_normalize, normalize, to_tensor
from seeing_tensors.course.laws import expect, expect_contains, expect_raises, expect_same, law

from .strategies import MEAN, STD, U

# ----------------------------------------------------------- inspect_pipeline

ITEMS = 12
GIVEN = {"mean": MEAN, "std": STD, "classes": 3, "void": 255}


def photo(seed, height=14, width=18):
    """A picture with light, shade and noise: uint8 (H, W, 3)."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width][..., None]
    light = draw.uniform(70, 170, 3) + 50 * np.sin(x / 5 + draw.uniform(0, 6, 3)) + 20 * np.cos(y / 4)
    return (light + draw.normal(0, 8, light.shape)).clip(0, 255).astype(np.uint8)


def mask(seed, height=14, width=18):
    """Labels 0, 1, 2 and a void of 255, in four parts of different sizes."""
    labels = np.zeros((height, width), np.uint8)
    row, column = np.random.default_rng(seed).integers(3, 8, 2)
    labels[:row, :column], labels[row + 2 :, column:], labels[row] = 1, 2, 255
    return labels


def pairs(seed, count=ITEMS):
    """Originals: photos and their masks."""
    return [(photo(seed + i), mask(seed + i)) for i in range(count)]


def right(originals):
    """The data set that a right pipeline makes of them."""
    return [(to_tensor(image, MEAN, STD), torch.tensor(labels.astype(np.int64))) for image, labels in originals]


class Read:
    """A data set: `how(image, labels)` of each pair."""

    def __init__(self, items, how):
        self.items, self.how = items, how

    def __len__(self):
        return len(self.items)

    def __getitem__(self, index):
        return self.how(*self.items[index])


def broken(report):
    return tuple(report.broken)


def verdicts(report):
    return {each.law: each.verdict for each in report.findings}


def shown(report, law, **names):
    """What Python shows when the line of a broken law is pasted."""
    (again,) = [each.again for each in report.findings if each.law == law]
    *before, last = again.split("; ")
    exec("; ".join(before), names)
    return eval(last, names)


seeds = st.integers(0, 10**6)

# What holds of every right pipeline.


@law("inspect_pipeline", lesson=7, rank="mathematics", seed=seeds, beside=st.sampled_from(["", "both", "photo"]))
def a_right_data_set_breaks_no_law(inspect_pipeline, seed, beside):
    """A right data set of masks breaks no law, with originals, with photos alone, or without."""
    originals = pairs(seed)
    options = {"": {}, "both": {"originals": originals}, "photo": {"originals": lambda i: originals[i][0]}}
    expect_same(broken(inspect_pipeline(right(originals), **GIVEN, **options[beside])), ())


@law("inspect_pipeline", lesson=7, rank="mathematics")
def labels_of_whole_pictures_break_no_law(inspect_pipeline):
    """Nor does one of labels of whole pictures, be they Python's numbers, numpy's or tensors."""
    dataset = [(image, [int, np.int64, torch.tensor][i % 3](i % 3)) for i, (image, _) in enumerate(right(pairs(0)))]
    expect_same(broken(inspect_pipeline(dataset, **GIVEN)), ())


@law("inspect_pipeline", lesson=7, rank="mathematics")
def what_the_data_do_not_tell_is_not_claimed(inspect_pipeline):
    """Without originals BGR breaks no law; the report says that the order of channels is not known."""
    report = inspect_pipeline(right([(image[..., ::-1].copy(), labels) for image, labels in pairs(0)]), **GIVEN)
    expect_same(broken(report), ())
    for name in ("channel_order", "bytes_kept", "labels_kept", "moved_together", "statistics"):
        expect_same((name, verdicts(report)[name]), (name, "not known"))
    expect_contains(str(report), "originals=", "the network", cause="the report says what it cannot know")


@law("inspect_pipeline", lesson=7, rank="mathematics")
def a_class_that_never_occurs_is_told(inspect_pipeline):
    """A mask // 255 has labels that are classes: without originals no law is broken, but the report says which labels
    never occur."""
    dataset = [(image, labels // 255) for image, labels in right(pairs(0))]
    report = inspect_pipeline(dataset, **GIVEN)
    expect_same((broken(report), verdicts(report)["several_labels"]), ((), "not known"))
    expect_contains(str(report), f"2, 255 never in {ITEMS} items")
    expect_same(verdicts(inspect_pipeline(right(pairs(0)), **GIVEN))["several_labels"], "held")


# Each fault has a law that names it. One bad item is enough where the law is about one.


def one_item(dataset, how):
    """The data set with one item changed."""
    image, labels = dataset[5]
    return [*dataset[:5], how(image.clone(), labels.clone()), *dataset[6:]]


def set_value(image, value):
    image[1, 2, 3] = value
    return image


FAULTS_OF_ONE = [
    {"law": "layout", "how": lambda x, y: (x.permute(1, 2, 0), y)},
    {"law": "layout", "how": lambda x, y: (x.mul(9).byte(), y)},
    {"law": "layout", "how": lambda x, y: (x[:2], y)},
    {"law": "layout", "how": lambda x, y: (x[None], y)},
    {"law": "layout", "how": lambda x, y: (x[..., None], y)},
    {"law": "layout", "how": lambda x, y: (x[:, :0], y)},
    {"law": "layout", "how": lambda x, y: ("a.png", y)},
    {"law": "finite", "how": lambda x, y: (set_value(x, torch.nan), y)},
    {"law": "finite", "how": lambda x, y: (set_value(x, torch.inf), y)},
    {"law": "in_range", "how": lambda x, y: (normalize(x, MEAN, STD), y)},
    {"law": "in_range", "how": lambda x, y: (255 * inverse_normalize(x, MEAN, STD), y)},
    {"law": "in_range", "how": lambda x, y: (set_value(x, 5.0), y)},
    {"law": "in_range", "how": lambda x, y: (set_value(x, -5.0), y)},
    {"law": "label_kind", "how": lambda x, y: (x, y / 255)},
    {"law": "label_kind", "how": lambda x, y: (x, y.T)},
    {"law": "label_kind", "how": lambda x, y: (x, y[1:])},
    {"law": "label_kind", "how": lambda x, y: (x, "cat")},
    {"law": "label_kind", "how": lambda x, y: (x, 1.0)},
    {"law": "known_labels", "how": lambda x, y: (x, torch.where(y == 2, 3, y))},
    {"law": "known_labels", "how": lambda x, y: (x, torch.where(y == 2, -1, y))},
    {"law": "known_labels", "how": lambda x, y: (x, torch.where(y == 255, 254, y))},
    {"law": "readable", "how": lambda x, y: x},
    {"law": "readable", "how": lambda x, y: (x,)},
    {"law": "readable", "how": lambda x, y: {"image": x, "mask": y}},
]


@law("inspect_pipeline", lesson=7, rank="mathematics", cases=FAULTS_OF_ONE)
def one_bad_item_is_found_and_named(inspect_pipeline, law, how):
    """One item of the wrong kind, shape, range or labels breaks the law about it, and no other."""
    report = inspect_pipeline(one_item(right(pairs(0)), how), **GIVEN)
    expect_same(broken(report), (law,))
    expect_contains(str(report), "dataset[5]", cause="a counterexample can be pasted")


BUFFER = torch.empty(3, 14, 18)
FAULTS_OF_ALL = [
    {"law": "scale", "how": lambda x, y: (inverse_normalize(x, MEAN, STD), y)},
    {"law": "scale", "how": lambda x, y: (normalize(inverse_normalize(x, MEAN, STD) / 255, MEAN, STD), y)},
    {"law": "planes", "how": lambda x, y: (x.permute(1, 2, 0).reshape(x.shape), y)},
    {"law": "planes", "how": lambda x, y: (x.permute(2, 1, 0).reshape(x.shape), y)},
    {"law": "several_labels", "how": lambda x, y: (x, y * 0 + 2)},
    {"law": "several_labels", "how": lambda x, y: (x, y * 0 + 255)},
    {"law": "several_labels", "how": lambda x, y: (x, torch.where(y == 255, 255, 2))},
    {"law": "own_memory", "how": lambda x, y: (BUFFER.copy_(x), y)},
    {"law": "own_memory", "how": lambda x, y: (right(pairs(0, 1))[0][0], y)},
    {"law": "seeds_left_alone", "how": lambda x, y: (random.seed(3), (x, y))[1]},
    {"law": "seeds_left_alone", "how": lambda x, y: (np.random.seed(3), (x, y))[1]},
    {"law": "seeds_left_alone", "how": lambda x, y: (torch.manual_seed(3), (x, y))[1]},
    {"law": "repeatable", "how": lambda x, y: (x * (1 - 0.1 * torch.rand(1)), y)},
    {"law": "repeatable", "how": lambda x, y: (x, torch.where(y == 255, 255, (y + random.randint(0, 1)) % 3))},
]


@law("inspect_pipeline", lesson=7, rank="mathematics", cases=FAULTS_OF_ALL)
def a_fault_of_every_item_is_found_and_named(inspect_pipeline, law, how):
    """Pictures not normalised, divided twice, reshaped, all one; masks of one label; seeds set; reads that differ:
    each breaks its own law."""
    expect_same(broken(inspect_pipeline(Read(right(pairs(0)), how), **GIVEN)), (law,))


def reordered(x, order):
    """The channels in another order before they were normalised."""
    return normalize(inverse_normalize(x, MEAN, STD)[order], MEAN, STD)


FAULTS_BESIDE_ORIGINALS = [
    {"law": "channel_order", "how": lambda x, y: (reordered(x, [2, 1, 0]), y)},
    {"law": "channel_order", "how": lambda x, y: (reordered(x, [1, 2, 0]), y)},
    {"law": "channel_order", "how": lambda x, y: (reordered(x, [0, 2, 1]), y)},
    {"law": "moved_together", "how": lambda x, y: (x.flip(-1), y)},
    {"law": "moved_together", "how": lambda x, y: (x, y.flip(-2))},
    {"law": "labels_kept", "how": lambda x, y: (x, torch.where(y == 2, 1, y))},
    {"law": "labels_kept", "how": lambda x, y: (x, torch.where(y == 255, 0, y))},
    {"law": "labels_kept", "how": lambda x, y: (x, y // 255)},
    {"law": "labels_kept", "how": lambda x, y: (x, torch.where(y == 255, 1, y))},
    {"law": "bytes_kept", "how": lambda x, y: (x.flip(-1), y.flip(-1))},
    {"law": "bytes_kept", "how": lambda x, y: (set_value(x.clone(), x[1, 2, 3] + 1.1 / 255 / STD[1]), y)},
    {"law": "bytes_kept", "how": lambda x, y: (x, set_value(y[None].expand(3, 14, 18).clone(), 2)[1])},
]


@law("inspect_pipeline", lesson=7, rank="mathematics", cases=FAULTS_BESIDE_ORIGINALS)
def beside_the_originals_more_is_found(inspect_pipeline, law, how):
    """With originals the order of channels, a flip of one of both, labels lost or new, and changed bytes break a law
    each."""
    originals = pairs(0)
    report = inspect_pipeline(Read(right(originals), how), **GIVEN, originals=originals)
    expect_same(broken(report), (law,))


@law("inspect_pipeline", lesson=7, rank="mathematics")
def a_blended_mask_has_a_new_label(inspect_pipeline):
    """A mask of 0 and 2 that was resized with interpolation has 1, which is a class, but not in the original."""
    originals = [(image, np.where(labels == 1, 0, labels)) for image, labels in pairs(0)]
    blend = lambda image, labels: (image, torch.where(torch.arange(14)[:, None] == 4, 1, labels))  # noqa: E731
    report = inspect_pipeline(Read(right(originals), blend), **GIVEN, originals=originals, augments=False)
    expect_same(broken(report), ("labels_kept",))


def flips(image, labels, *, which):
    """Both flipped half of the time; or the photo alone; or each by its own chance."""
    one, other = torch.rand(2) < 0.5
    other = {"both": one, "photo": False, "apart": other}[which]
    return image.flip(-1) if one else image, labels.flip(-1) if other else labels


@law("inspect_pipeline", lesson=7, rank="mathematics", cases=[{"which": w} for w in ("both", "photo", "apart")])
def photo_and_mask_move_together(inspect_pipeline, which):
    """Where an augmentation flips, the data alone show whether photo and mask were flipped together."""
    originals = pairs(0)
    dataset = Read(right(originals), lambda image, labels: flips(image, labels, which=which))
    for options in ({}, {"originals": originals}):
        report = inspect_pipeline(dataset, **GIVEN, **options, augments=True)
        expect_same(verdicts(report)["moved_together"], "held" if which == "both" else "BROKEN")
        expect_same(broken(report), () if which == "both" else ("moved_together",))


@law("inspect_pipeline", lesson=7, rank="mathematics")
def a_background_does_not_outvote_what_moved(inspect_pipeline):
    """Also a small object shows that only the photo was flipped; where the object has the colour of the background,
    nothing shows, and nothing is claimed."""
    small = np.zeros((14, 18), np.uint8)
    small[4:9, 2:6] = 1
    for which, flat, verdict in (("photo", False, "BROKEN"), ("both", True, "not known"), ("photo", True, "not known")):
        originals = [(image[:1, :1] + 0 * image if flat else image, small) for image, _ in pairs(0)]
        dataset = Read(right(originals), lambda image, labels, which=which: flips(image, labels, which=which))
        report = inspect_pipeline(dataset, **GIVEN, originals=originals, augments=not flat)
        expect_same(verdicts(report)["moved_together"], verdict)


@law("inspect_pipeline", lesson=7, rank="mathematics")
def void_is_no_other_label(inspect_pipeline):
    """An augmentation may make void of any part of a mask: that moves nothing."""
    originals = pairs(0)
    dataset = Read(right(originals), lambda x, y: flips(x, torch.where(torch.rand(14, 18) < 0.8, 255, y), which="both"))
    report = inspect_pipeline(dataset, **GIVEN, originals=originals, augments=True)
    expect_same((broken(report), verdicts(report)["moved_together"]), ((), "held"))


def cropped(image, labels):
    """A corner at random, photo and mask alike, with gains of the colours and a rim of void."""
    row, column = random.randint(0, 6), random.randint(0, 9)
    x = inverse_normalize(image, MEAN, STD)[:, row : row + 8, column : column + 9]
    x = x * (1 - 0.3 * torch.rand(3, 1, 1))
    labels = labels[row : row + 8, column : column + 9].clone()
    labels[0] = 255
    return normalize(x, MEAN, STD), labels


@law("inspect_pipeline", lesson=7, rank="mathematics")
def an_augmentation_is_no_fault(inspect_pipeline):
    """Crops lose labels, rims are void, colours change, bytes are others: where it is said that the data set augments,
    that breaks no law."""
    originals = [(image, np.where(labels == 255, 0, labels)) for image, labels in pairs(0)]
    pale = [((128 + (image - 128.0) * 0.1).astype(np.uint8), labels) for image, labels in originals]
    for photos in (originals, pale):
        report = inspect_pipeline(Read(right(photos), cropped), **GIVEN, originals=photos, augments=True)
        expect_same(broken(report), ())


SEED_AND_DRAW = [
    {"how": lambda x, y: (x, y), "law": "seeds_left_alone"},
    {"how": lambda x, y: (random.seed(3), flips(x, y, which="both"))[1], "law": "seeds_left_alone"},
    {"how": lambda x, y: (x * (1 - 0.1 * torch.rand(1)), random.randint(0, 2)), "law": "repeatable"},
]


@law("inspect_pipeline", lesson=7, rank="mathematics", cases=SEED_AND_DRAW)
def what_augments_must_augment_and_keep_the_class(inspect_pipeline, law, how):
    """A data set that is said to augment and never does, one that sets a seed, and one that changes the label of a
    whole picture are named."""
    expect_same(broken(inspect_pipeline(Read(right(pairs(0)), how), **GIVEN, augments=True)), (law,))


@law("inspect_pipeline", lesson=7, rank="mathematics", off=st.sampled_from([0.0, 0.4, 2.0, -2.0]))
def mean_and_std_are_the_samples_within_the_bound(inspect_pipeline, off):
    """A mean that is off by 0.4 std holds, one by 2 is broken, and the sample's own is told; numbers that are a
    network's are not judged."""
    originals = pairs(0, 20)
    images = np.concatenate([image.reshape(-1, 3) for image, _ in originals]) / 255
    mean, std = images.mean(0), images.std(0)
    given = mean + off * std
    dataset = [(to_tensor(image, given, std), labels) for image, labels in originals]
    report = inspect_pipeline(dataset, **(GIVEN | {"mean": given, "std": std}))
    expect_same(broken(report), ("statistics",) if abs(off) > 1 else ())
    if abs(off) > 1:
        expect_contains(str(report), f"{mean[0]:.3f}, {mean[1]:.3f}, {mean[2]:.3f}")
    for m, s in ((MEAN, STD), ((0.5,) * 3, (0.5,) * 3), ((0.0,) * 3, (1.0,) * 3)):
        dark = [(to_tensor(image // 8, m, s), labels) for image, labels in originals]
        expect_same(verdicts(inspect_pipeline(dark, **(GIVEN | {"mean": m, "std": s})))["statistics"], "not known")


# What is pasted shows it.


@law("inspect_pipeline", lesson=7, rank="mathematics")
def the_line_to_paste_shows_the_counterexample(inspect_pipeline):
    """Pasted where there is a `dataset`, the line of a broken law is what the report found."""
    dataset = one_item(right(pairs(0)), lambda x, y: (set_value(x, 7.0), torch.where(y == 2, 9, y)))
    report = inspect_pipeline(dataset, **GIVEN)
    expect_same(float(shown(report, "in_range", dataset=dataset)), 7.0)
    expect_same(int(shown(report, "known_labels", dataset=dataset)), int((dataset[5][1] == 9).sum()))
    expect_contains(str(report), "dataset[5][0].max()")


@law("inspect_pipeline", lesson=7, rank="mathematics")
def the_line_to_paste_sets_the_seeds(inspect_pipeline):
    """Where reads differ, the line sets the seeds that the report was made with: the same pixel, with two labels."""
    dataset = Read(right(pairs(0)), lambda image, labels: flips(image, labels, which="photo"))
    report = inspect_pipeline(dataset, **GIVEN, augments=True)
    for _ in range(2):
        one, first, other, second = shown(report, "moved_together", dataset=dataset)
        expect_same(one, other)
        expect(first != second, got=f"labels {first} and {second}", expected="one colour with two labels")


@law("inspect_pipeline", lesson=7, rank="mathematics")
def the_line_sets_the_seed_of_one_read(inspect_pipeline):
    """So does a line that reads once: what it shows is what the report says."""
    dataset = Read(right(pairs(0)), lambda image, labels: (image * (9 + torch.rand(1)), labels))
    report = inspect_pipeline(dataset, **GIVEN, augments=True)
    undone = [float(shown(report, "in_range", dataset=dataset)) * s + m for m, s in zip(MEAN, STD, strict=True)]
    expect_same(broken(report), ("in_range",))
    (found,) = [each.found for each in report.findings if each.law == "in_range"]
    expect(any(f"{value:.4g}" in found for value in undone), got=found, expected=f"one of {undone}")


# Edges, types and layouts.


@law(
    "inspect_pipeline", lesson=7, rank="range", cases=[{"scale": pair} for pair in ((0.0, 1.0), (0.5, 0.5), (0.4, 0.3))]
)
def any_mean_and_std_will_do(inspect_pipeline, scale):
    """No normalisation, that to [-1, 1], and any other is right where mean and std are said as they are."""
    mean, std = ((number,) * 3 for number in scale)
    dataset = [(to_tensor(image, mean, std), labels) for image, labels in pairs(0)]
    options = GIVEN | {"mean": mean, "std": std}
    expect_same(broken(inspect_pipeline(dataset, **options, originals=pairs(0))), ())


@law("inspect_pipeline", lesson=7, rank="range")
def another_number_for_void_is_no_fault(inspect_pipeline):
    """A void of 255 in the files may be -100 in the data set."""
    originals = pairs(0)
    dataset = [(image, torch.where(labels == 255, -100, labels)) for image, labels in right(originals)]
    expect_same(broken(inspect_pipeline(dataset, **(GIVEN | {"void": -100}), originals=originals)), ())


@law("inspect_pipeline", lesson=7, rank="range")
def noise_and_grey_are_no_fault(inspect_pipeline):
    """Pictures of noise break no law, and of grey ones the order of channels is not known."""
    draw = np.random.default_rng(0)
    noise = [(draw.integers(0, 256, (14, 18, 3), dtype=np.uint8), labels) for _, labels in pairs(0)]
    expect_same(broken(inspect_pipeline(right(noise), **GIVEN, originals=noise)), ())
    grey = [(image[..., [1, 1, 1]], labels) for image, labels in pairs(0)]
    for originals in (grey, [image[..., 0] for image, _ in grey]):
        report = inspect_pipeline(right(grey), **GIVEN, originals=originals)
        expect_same((broken(report), verdicts(report)["channel_order"]), ((), "not known"))
        expect_same(verdicts(report)["bytes_kept"], "held")


@law("inspect_pipeline", lesson=7, rank="range")
def random_numbers_of_its_own_are_told(inspect_pipeline):
    """Where no seed decides what a read draws, the report says so; else it does not."""
    own = random.Random(0)
    dataset = Read(right(pairs(0)), lambda x, y: (x.flip(-1), y.flip(-1)) if own.random() < 0.5 else (x, y))
    report = inspect_pipeline(dataset, **GIVEN, augments=True)
    expect_same(broken(report), ())
    expect_contains(str(report), "no seed of torch")
    dataset = Read(right(pairs(0)), lambda x, y: flips(x, y, which="both"))
    report = inspect_pipeline(dataset, **GIVEN, augments=True)
    expect("no seed of torch" not in str(report), got="it says so", expected="it says nothing of it")


@law("inspect_pipeline", lesson=7, rank="range", kind=st.sampled_from(["<f2", "<f4", "<f8", ">f4", "bfloat16"]))
def every_float_and_layout_is_read(inspect_pipeline, kind):
    """Tensors and arrays of every float type and layout, and labels of every integer type, are right."""
    originals = pairs(0)
    dataset = []
    for n, (image, labels) in enumerate(right(originals)):
        labels = labels.to([torch.uint8, torch.int16, torch.int32, torch.int64][n % 4])
        if kind == "bfloat16":
            dataset.append((image.bfloat16().contiguous(memory_format=torch.preserve_format), labels))
        else:
            x = np.asfortranarray(image.numpy().astype(kind))
            dataset.append((torch.from_numpy(x) if n % 2 and kind != ">f4" else x, labels.numpy() if n % 3 else labels))
    expect_same(broken(inspect_pipeline(dataset, **GIVEN, originals=originals)), ())


@law("inspect_pipeline", lesson=7, rank="range", cases=[{"count": n} for n in (1, 2, 7, 8, 300)])
def any_number_of_items_is_inspected(inspect_pipeline, count):
    """One item or many: all are read up to `samples`, and what too few items cannot tell is not known."""
    dataset = right(pairs(0, count))
    for samples in (1, 5, 10**6):
        report = inspect_pipeline(dataset, **GIVEN, samples=samples)
        expect_same(broken(report), ())
        if min(count, samples) < 8:
            expect_same(verdicts(report)["several_labels"], "not known")


@law("inspect_pipeline", lesson=7, rank="range", height=st.integers(1, 4), width=st.integers(1, 4))
def small_pictures_are_inspected(inspect_pipeline, height, width):
    """Pictures of a few pixels, one or five channels, and masks (1, H, W) are no error."""
    for channels in (1, 3, 5):
        draw = np.random.default_rng(0)
        images = draw.integers(0, 256, (20, height, width, channels), dtype=np.uint8)
        mean, std = (0.5,) * channels, (0.5,) * channels
        dataset = [
            (torch.tensor(image.transpose(2, 0, 1) / 255 * 2 - 1), torch.full((1, height, width), i % 3))
            for i, image in enumerate(images)
        ]
        expect_same(broken(inspect_pipeline(dataset, **(GIVEN | {"mean": mean, "std": std}), originals=images)), ())


@law("inspect_pipeline", lesson=7, rank="range")
def rounding_and_a_bicubic_resize_are_no_fault(inspect_pipeline):
    """An image may leave [0, 1] by what rounding costs, and 1% of its values by 0.44; 2% or 0.46 are too many."""
    dataset = right(pairs(0))
    for by, count, expected in ((6 * U, 252, ()), (0.44, 7, ()), (0.44, 16, ("in_range",)), (0.46, 1, ("in_range",))):
        x = inverse_normalize(dataset[5][0], MEAN, STD)
        x.view(-1)[:count] = 1 + by
        changed = [*dataset[:5], (normalize(x, MEAN, STD), dataset[5][1]), *dataset[6:]]
        expect_same((by, count, broken(inspect_pipeline(changed, **GIVEN))), (by, count, expected))


@law("inspect_pipeline", lesson=7, rank="range")
def the_report_is_the_same_each_time(inspect_pipeline):
    """Also of a data set that draws random numbers: two reports are one text, whatever the seeds were."""
    dataset = Read(right(pairs(0)), lambda image, labels: flips(image, labels, which="apart"))
    texts = []
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)
        texts.append(str(inspect_pipeline(dataset, **GIVEN, augments=True)))
    expect_same(texts[1], texts[0])


# Manners.


def generators():
    return random.getstate(), str(np.random.get_state()), torch.default_generator.get_state().tolist()


@law("inspect_pipeline", lesson=7, rank="manners")
def nothing_is_changed_by_looking(inspect_pipeline):
    """Data set, originals and the random generators are as they were, also where a read fails or is interrupted."""
    originals = pairs(0)
    dataset = right(originals)
    kept = [(image.clone(), labels.clone()) for image, labels in dataset]
    for image, labels in originals:
        image.flags.writeable = labels.flags.writeable = False

    def stop(image, labels):
        raise KeyboardInterrupt

    before = generators()
    inspect_pipeline(dataset, **GIVEN, originals=originals)
    inspect_pipeline(Read(dataset, lambda image, labels: 1 / 0), **GIVEN)
    try:
        inspect_pipeline(Read(dataset, stop), **GIVEN)
    except KeyboardInterrupt:
        pass
    else:
        expect(False, got="a report", expected="the KeyboardInterrupt of who stopped it")
    expect(generators() == before, got="other random numbers", expected="the generators as they were")
    for one, other in zip(dataset, kept, strict=True):
        expect_same(one, other) if one is other else [expect_same(a, b) for a, b in zip(one, other, strict=True)]


@law("inspect_pipeline", lesson=7, rank="manners")
def what_is_no_pipeline_is_refused(inspect_pipeline):
    """A data set without len or items, bad statistics, and numbers that are none raise at once."""
    dataset = right(pairs(0))
    for thing in (iter(dataset), None, 5):
        expect_raises(TypeError, inspect_pipeline, thing, **GIVEN)
    expect_raises(ValueError, inspect_pipeline, [], **GIVEN, mention=["data set is empty"])
    for wrong in (
        {"mean": "123"},
        {"std": 0.5},
        {"classes": 2.0},
        {"void": "255"},
        {"samples": None},
        {"classes": True},
    ):
        expect_raises(TypeError, inspect_pipeline, dataset, **(GIVEN | wrong))
    for wrong in ({"mean": (0.5,)}, {"std": (1, 1, 0)}, {"std": (1, 1, -1)}, {"classes": 0}, {"samples": 0}):
        expect_raises(ValueError, inspect_pipeline, dataset, **(GIVEN | wrong))
    for originals in (lambda index: "a.png", lambda index: dataset[index][0], lambda index: (photo(0), mask(0) / 255)):
        expect_raises(TypeError, inspect_pipeline, dataset, **GIVEN, originals=originals, mention=["original"])


@law("inspect_pipeline", lesson=7, rank="manners")
def what_a_data_set_raises_is_told(inspect_pipeline):
    """An exception of the data set is no exception of the report: it is a broken law, with its words and the index."""
    items = right(pairs(0))
    report = inspect_pipeline([*items[:3]], **GIVEN)
    expect_same(broken(report), ())

    def missing(image, labels):
        raise FileNotFoundError("photo 7 is not there")

    report = inspect_pipeline(Read(items, missing), **GIVEN)
    expect_same(broken(report), ("readable",))
    expect_contains(str(report), "FileNotFoundError: photo 7 is not there", "dataset[")
