"""Laws about arrays and tensors: how bytes become floats, and floats bytes."""

import math
import warnings
from fractions import Fraction

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torchvision.transforms.functional import normalize as torchvision_normalize, to_tensor as torchvision_to_tensor

import seeing_tensors
from seeing_tensors.course.laws import expect, expect_arguments_kept, expect_close, expect_raises, expect_same, law

from .strategies import EVERY_FLOAT, FLOATS, U, any_floats, float_tensors, images, masks

# k times the float32 nearest to 1/255 is right but for two roundings, of 1/255 and of the product: 2u of a value up
# to 1. The nearest float is a law of its own.
BY_A_PLAIN_DIVISION = 3 * U

SIX_PIXELS = np.arange(10, 190, 10, dtype=np.uint8).reshape(2, 3, 3)  # every wrong idea gives other numbers
#: Levels 0 and 1 only: the values look like those of a picture that is scaled already.
NEARLY_BLACK = np.array([[[1, 0, 1], [0, 1, 1]]], np.uint8)


# ------------------------------------------------------------------ to_tensor

# equation


@law("to_tensor", lesson=1, rank="mathematics", cases=[{"image": SIX_PIXELS}, {"image": NEARLY_BLACK}], image=images())
def moves_channels_first_and_divides_by_255(to_tensor, image):
    """The value at channel c, row i, column j is image[i, j, c] / 255, in float32."""
    height, width, channels = image.shape
    expected = torch.empty(channels, height, width)
    for c in range(channels):
        for i in range(height):
            for j in range(width):
                expected[c, i, j] = int(image[i, j, c]) / 255
    cause = {
        "permute, do not reshape: it keeps the order of the numbers and so scrambles pixels": image.reshape(
            expected.shape
        )
        / 255,
        "these are bytes still: divide by 255": 255 * expected,
        "divide by 255, the largest byte, not by 256": expected * 255 / 256,
        "divided twice": expected / 255,
        "divide by 255, not by the largest value there is": expected / max(float(expected.max()), U),
    }
    expect_close(to_tensor(image), expected, within=BY_A_PLAIN_DIVISION, cause=cause)


@law("to_tensor", lesson=1, rank="mathematics", cases=[{"level": k} for k in (0, 1, 2, 254, 255)])
def the_scale_is_that_of_the_type(to_tensor, level):
    """A picture of one level k is k / 255 everywhere, from 0 for black to 1 for white: a dark picture stays dark."""
    expected = torch.full((3, 2, 5), level / 255)
    cause = "divide by 255 whatever the values: not by 256, not by the largest value there is"
    got = to_tensor(np.full((2, 5, 3), level, np.uint8))
    expect_close(got, expected, within=BY_A_PLAIN_DIVISION, cause=cause)


@law("to_tensor", lesson=1, rank="mathematics")
def no_level_is_lost(to_tensor):
    """Rounding 255 x gives each of the 256 levels back, so that the floats hold all that the bytes held."""
    levels = np.dstack([np.arange(256, dtype=np.uint8).reshape(16, 16)] * 3)
    back = (to_tensor(levels) * 255).round().to(torch.uint8)
    expect_same(back, torch.from_numpy(levels).permute(2, 0, 1), "the inverse of dividing by 255 is multiplying by 255")


# with a mean and a std

MEANS, STDS = st.floats(-2, 2, width=32), st.floats(2**-6, 4, width=32)
STATISTICS = {"mean": st.tuples(MEANS, MEANS, MEANS), "std": st.tuples(STDS, STDS, STDS)}


@law("to_tensor", lesson=3, rank="range", part="normalized", image=images(), **STATISTICS)
def normalizes_in_the_same_pass(to_tensor, image, mean, std):
    """With a mean and a std, the value at channel c is (image[i, j, c] / 255 - mean[c]) / std[c]."""
    x = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))).double() / 255
    m, s = torch.tensor([mean, std], dtype=torch.float64).reshape(2, 3, 1, 1)
    # three roundings: of k / 255, of the difference, of the quotient
    within = U * (x + 2 * (x - m).abs()) / s * (1 + 4 * U)
    expect_close(to_tensor(image, mean, std), ((x - m) / s).float(), within=within + U * ((x - m) / s).abs())


@law("to_tensor", lesson=3, rank="range", part="normalized", image=images(), **STATISTICS)
def equals_to_tensor_and_normalize(to_tensor, image, mean, std):
    """With a mean and a std the result equals torchvision's ToTensor and Normalize bit for bit, and our two steps."""
    expected = torchvision_normalize(torchvision_to_tensor(image), mean, std)
    cause = "divide by 255, subtract, divide, each rounded to float32"
    expect_same(to_tensor(image, mean=mean, std=std), expected, cause)
    expect_same(to_tensor(image, list(mean), np.array(std)), seeing_tensors.normalize(to_tensor(image), mean, std))


@law("to_tensor", lesson=3, rank="range", part="normalized", plane=masks())
def grey_is_normalized_too(to_tensor, plane):
    """A grey picture, a view or not, has one mean and one std; the smallest normal std is allowed, without a word."""
    for view in (plane, plane[::-1], plane.T, plane[:, :, None]):
        expect_same(to_tensor(view, [0.25], [2.0]), (to_tensor(view) - 0.25) / 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tiny = to_tensor(plane, [0.5], [2.0**-126])
    expect_same(tiny, (to_tensor(plane) - 0.5) / 2.0**-126)


NO_STATISTICS = [
    *[(ValueError, [0.5] * n, [0.5] * n, [str(n), "3"]) for n in (0, 1, 2, 4)],
    (ValueError, [0.5] * 3, [0.5, 0.5], ["std", "2"]),
    *[(ValueError, [0.5] * 3, [0.5, bad, 0.5], ["std"]) for bad in (0, -1, 1e-45, math.nan, math.inf, 1e39)],
    *[(ValueError, [0.5, bad, 0.5], [0.5] * 3, ["mean"]) for bad in (math.nan, -math.inf, 1e39, 10**400)],
    *[(TypeError, bad, [0.5] * 3, ["mean"]) for bad in (0.5, "123", ("0.5",) * 3, [None] * 3)],
    (TypeError, [0.5] * 3, "111", ["std"]),
    (ValueError, [0.5] * 3, None, ["give both"]),
    (ValueError, None, [0.5] * 3, ["give both"]),
]


@law(
    "to_tensor",
    lesson=3,
    rank="manners",
    part="normalized",
    cases=[dict(zip(("error", "mean", "std", "words"), each, strict=True)) for each in NO_STATISTICS],
)
def to_tensor_refuses_bad_statistics(to_tensor, error, mean, std, words):
    """Not one finite mean and one positive std for each channel, or one without the other: an error that says which."""
    image = np.zeros((2, 2, 3), np.uint8)
    for _ in range(2):  # what is refused once is refused again
        expect_raises(error, to_tensor, image, mean, std, mention=words)


# oracle


@law("to_tensor", lesson=1, rank="range", image=images())
def equals_torchvision(to_tensor, image):
    """The result equals torchvision's ToTensor bit for bit."""
    expect_same(to_tensor(image), torchvision_to_tensor(image))


@law("to_tensor", lesson=1, rank="range")
def every_level_is_the_nearest_float(to_tensor):
    """Each of the 256 levels becomes the float32 nearest to k / 255."""
    levels = np.dstack([np.arange(256, dtype=np.uint8).reshape(16, 16)] * 3)
    for k, value in zip(range(256), to_tensor(levels)[0].flatten(), strict=True):
        error = abs(Fraction(value.item()) - Fraction(k, 255))
        half_gap = Fraction(float(np.spacing(np.float32(value)))) / 2
        expect(
            error <= half_gap,
            got=f"{value.item()!r} for level {k}",
            expected=f"the float32 nearest to {k}/255",
            cause="divide by 255; multiplying by 1/255 is another number for some levels",
        )


# types and layouts


@law("to_tensor", lesson=1, rank="range", cases=[{"shape": s} for s in [(3, 2**17 + 5, 3), (700, 400, 3), (600, 500)]])
def large_pictures_are_turned_whole(to_tensor, shape):
    """In a picture of many pixels each one is at its place, the first and the last too."""
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    expected = torch.from_numpy(np.ascontiguousarray(np.moveaxis(np.atleast_3d(image), -1, 0))) / 255
    expect_same(to_tensor(image), expected)


@law("to_tensor", lesson=1, rank="range", plane=masks())
def grey_gets_a_channel_axis(to_tensor, plane):
    """A grey picture (H, W) or (H, W, 1), a view or not, becomes (1, H, W)."""
    for view in (plane, plane[::-1], plane[:, ::-1], plane.T):
        expected = torch.from_numpy(view[None].astype(np.float32, order="C") / np.float32(255))
        expect_same(to_tensor(view), expected)
        expect_same(to_tensor(view[:, :, None]), expected)


@law("to_tensor", lesson=1, rank="range", image=images())
def memory_layout_does_not_matter(to_tensor, image):
    """Views with negative or permuted strides and read-only arrays give what a copy gives; the result is contiguous."""
    for view in (image[::-1], image[:, ::-1], image[..., ::-1], image.transpose(1, 0, 2)):
        view.flags.writeable = False
        x = to_tensor(view)
        expect_same(x, to_tensor(view.copy()))
        expect(
            x.is_contiguous(), got=f"strides {x.stride()}", expected="a contiguous tensor", cause="copy after permute"
        )


@law("to_tensor", lesson=1, rank="manners", image=images())
def to_tensor_keeps_its_argument(to_tensor, image):
    """The array is left as it was, and changing it afterwards does not change the tensor."""
    expect_arguments_kept(to_tensor, image)


# refusals

OTHER_TYPES = [{"dtype": d} for d in (np.float32, np.float64, np.int64, np.uint16, np.int8, bool)]


@law("to_tensor", lesson=1, rank="manners", cases=OTHER_TYPES)
def to_tensor_takes_uint8_only(to_tensor, dtype):
    """Any type but uint8 is a TypeError: what 1 means in it is not known."""
    expect_raises(TypeError, to_tensor, np.zeros((2, 2, 3), dtype), mention=[np.dtype(dtype).name])


NO_PICTURES = [(3,), (2, 2, 4), (2, 2, 2), (1, 2, 2, 3), (), (3, 4, 5), (0, 2, 3), (2, 0, 3), (2, 2, 0), (0, 0), (2, 0)]


@law("to_tensor", lesson=1, rank="manners", cases=[{"shape": s} for s in NO_PICTURES])
def to_tensor_refuses_other_shapes(to_tensor, shape):
    """What is not one picture, has its channels first, or has no pixels is a ValueError that names the shape."""
    expect_raises(ValueError, to_tensor, np.zeros(shape, np.uint8), mention=[str(shape)])


@law(
    "to_tensor",
    lesson=1,
    rank="manners",
    cases=[{"thing": t} for t in (None, [[[1, 2, 3]]], "cat.png", torch.zeros(3, 2, 2))],
)
def to_tensor_takes_arrays_only(to_tensor, thing):
    """Something that is not a numpy array is a TypeError that names its type."""
    expect_raises(TypeError, to_tensor, thing, mention=[type(thing).__name__])


# ------------------------------------------------------------- mask_to_tensor

# equation

FEW_CLASSES = np.array([[0, 1, 2], [3, 7, 20]], np.uint8)


@law("mask_to_tensor", lesson=1, rank="mathematics", cases=[{"mask": FEW_CLASSES}], mask=masks())
def labels_stay_what_they_are(mask_to_tensor, mask):
    """Every label of a uint8 mask keeps its value; the result is int64 (H, W), as cross_entropy wants it."""
    expected = torch.tensor(mask.tolist(), dtype=torch.int64)
    expect_same(mask_to_tensor(mask), expected, "labels are names: no division by 255, no float")


# edges


LARGE_LABELS = (255, 256, 2**53 + 1, 2**63 - 2, 2**63 - 1)


@law("mask_to_tensor", lesson=1, rank="range", cases=[{"label": v} for v in LARGE_LABELS])
def the_largest_labels_are_kept(mask_to_tensor, label):
    """Every label up to 2**63 - 1 is kept exactly, in uint64 too, in either byte order."""
    for kind in ("<u8", ">u8"):
        expect_same(mask_to_tensor(np.array([[0, label]], kind)), torch.tensor([[0, label]]), "no way through floats")


# types and layouts

INTEGER_TYPES = [
    *(np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.int64, np.dtype(">u2"), np.dtype(">i4"))
]


@law("mask_to_tensor", lesson=1, rank="range", mask=st.sampled_from(INTEGER_TYPES).flatmap(masks))
def labels_of_every_integer_type_stay(mask_to_tensor, mask):
    """Every label keeps its value, whatever integer type it came in, negative ones too."""
    expected = torch.tensor([[int(v) for v in row] for row in mask], dtype=torch.int64)
    expect_same(mask_to_tensor(mask), expected, "go to int64 directly: a smaller type wraps")


@law("mask_to_tensor", lesson=1, rank="range", mask=hnp.arrays(np.uint16, (3, 4)) | masks(np.int64))
def mask_layout_does_not_matter(mask_to_tensor, mask):
    """Flipped, transposed, repeated and read-only views give what a copy gives, contiguous."""
    for view in (mask[::-1], mask[:, ::-1], mask.T, np.broadcast_to(mask[0], (2, mask.shape[1]))):
        result = mask_to_tensor(view)
        expect(result.is_contiguous(), got=f"strides {result.stride()}", expected="a contiguous tensor")
        expect_same(result, torch.tensor(view.tolist()))


@law("mask_to_tensor", lesson=1, rank="manners", mask=masks())
def mask_to_tensor_keeps_its_argument(mask_to_tensor, mask):
    """The mask is left as it was, and the result is new memory, also for int64."""
    expect_arguments_kept(mask_to_tensor, mask)
    expect_arguments_kept(mask_to_tensor, mask.astype(np.int64))


# refusals


@law("mask_to_tensor", lesson=1, rank="manners", cases=[{"dtype": d} for d in (np.float32, np.float64, bool, complex)])
def mask_to_tensor_takes_integers_only(mask_to_tensor, dtype):
    """Floats and bools are a TypeError: 0.5 is no label."""
    expect_raises(TypeError, mask_to_tensor, np.zeros((2, 2), dtype), mention=[np.dtype(dtype).name])


@law("mask_to_tensor", lesson=1, rank="manners", cases=[{"shape": s} for s in [(2, 2, 3), (4,), (1, 2, 2), (0, 3)]])
def mask_to_tensor_refuses_other_shapes(mask_to_tensor, shape):
    """A mask has two axes and a pixel at least; anything else is a ValueError that names the shape."""
    expect_raises(ValueError, mask_to_tensor, np.zeros(shape, np.uint8), mention=[str(shape)])


@law("mask_to_tensor", lesson=1, rank="manners")
def a_label_too_large_is_refused(mask_to_tensor):
    """A uint64 label that int64 cannot hold is a ValueError, not a negative class."""
    expect_raises(ValueError, mask_to_tensor, np.array([[2**63]], np.uint64), mention=[str(2**63)])


# ------------------------------------------------------------------- to_uint8

# equation


@law("to_uint8", lesson=2, rank="mathematics")
def gives_back_all_256_levels(to_uint8):
    """Every level k comes back from k / 255: nothing is lost on the way through floats, however often."""
    levels = torch.arange(256, dtype=torch.uint8)
    x = levels / 255
    cause = {
        "the factor is 255, not 256": (256 * x).round().clamp(max=255),
        "multiply before you round": 255 * x.round(),
        "round, or add a half and cut off: not both": (255 * x + 0.5).round().clamp(max=255),
        "black is 0, not -1": (127.5 * (x + 1)).round(),
        "multiply by 255; white is 255, and no longer 1": x.round(),
    }
    expect_same(to_uint8(x), levels, cause)


TELLING = torch.tensor(
    [[[0.25, 0.998]]]
)  # the first is truncated by a whole level, the second moved by a factor of 256


@law("to_uint8", lesson=2, rank="mathematics", cases=[{"x": TELLING}], x=float_tensors(0, 1))
def is_never_off_by_more_than_half_a_level(to_uint8, x):
    """In [0, 1] the byte is at most half a level away: |to_uint8(x) / 255 - x| <= 1/510 + 2u."""
    # 2u: one rounding of 255 x to float32, u of a value up to 1, and room for the comparison
    cause = {
        "round, do not truncate": (255 * x).floor() / 255,
        "the factor is 255, not 256": (256 * x).floor().clamp(max=255) / 255,
        "the nearest level, not one of 256 intervals of one width": (255.999 * x).floor() / 255,
        "the nearest level, not the one above": (255 * x).ceil() / 255,
    }
    expect_close(to_uint8(x).double() / 255, x.double(), within=1 / 510 + 2 * U, cause=cause)


@law("to_uint8", lesson=2, rank="mathematics", x=float_tensors(-1, 2))
def clamps(to_uint8, x):
    """Below 0 becomes 0, above 1 becomes 255; what lies between is not touched by it."""
    outside = torch.tensor([-1.0, -0.1, 0.4, 1.1, 2.0])
    levels = (255 * outside).round()
    cause = {
        "clamp before casting: a cast wraps, 1.1 to 24": levels % 256,
        "clamp below, too: a cast wraps": levels.clamp(max=255) % 256,
        "clamp above, too: a cast wraps": levels.clamp(min=0) % 256,
        "what is below 0 is black, not its absolute value": levels.abs().clamp(max=255),
        "what is above 1 is white, and darkens nothing else": (levels / 2).round().clamp(min=0),
        "where some value is above 1, the others are multiplied all the same": outside.round().clamp(min=0),
    }
    expect_same(to_uint8(outside), torch.tensor([0, 0, 102, 255, 255], dtype=torch.uint8), cause)
    expect_same(to_uint8(x), to_uint8(x.clamp(0, 1)), "clamp before casting")


# edges

#: Every float32 but NaN.
numbers = any_floats.map(lambda a: torch.from_numpy(np.nan_to_num(a, nan=0.5)))


@law("to_uint8", lesson=2, rank="range", x=numbers)
def clamps_what_is_huge(to_uint8, x):
    """Any number is clamped, the largest float too, and -inf becomes 0, +inf 255; the shape is kept."""
    expect_same(to_uint8(x), to_uint8(x.clamp(0, 1)), "clamp before casting: a cast wraps")
    x = torch.tensor([[-math.inf, -3e38, 3e38, math.inf]])
    expect_same(to_uint8(x), torch.tensor([[0, 0, 255, 255]], dtype=torch.uint8))


any_number = st.floats(width=32, allow_nan=False)


@law("to_uint8", lesson=2, rank="range", a=any_number, b=any_number)
def is_monotone(to_uint8, a, b):
    """A larger value never becomes a smaller byte."""
    low, high = to_uint8(torch.tensor(sorted([a, b]))).tolist()
    cause = "clamp before casting: casts wrap"
    expect(low <= high, got=f"{low} then {high}", expected="bytes in the same order", cause=cause)


@law("to_uint8", lesson=2, rank="range", cases=[{"dtype": d} for d in EVERY_FLOAT])
def any_number_of_axes_and_values(to_uint8, dtype):
    """A tensor without axes, one without values, and one that wants a gradient are converted, in every float type."""
    expect_same(to_uint8(torch.tensor(1.0, dtype=dtype)), torch.tensor(255, dtype=torch.uint8))
    expect_same(to_uint8(torch.zeros(0, 3, dtype=dtype)), torch.zeros(0, 3, dtype=torch.uint8))
    x = torch.ones(2, dtype=dtype, requires_grad=True)
    expect_same(to_uint8(x), torch.full((2,), 255, dtype=torch.uint8))


# types and layouts


@law("to_uint8", lesson=2, rank="range", cases=[{"dtype": d} for d in FLOATS])
def gives_back_all_levels_of_every_float_type(to_uint8, dtype):
    """Every level k comes back from k / 255, through float16, float32 and float64."""
    levels = torch.arange(256)
    expect_same(to_uint8((levels.double() / 255).to(dtype)), levels.to(torch.uint8), "round, do not truncate")


@law("to_uint8", lesson=2, rank="range")
def half_precision_is_widened_first(to_uint8):
    """Every float16 number but NaN becomes the byte nearest to 255 x, computed exactly."""
    x = torch.arange(2**16, dtype=torch.int32).to(torch.int16).view(torch.float16)
    x = x[~x.isnan()]
    expected = (x.double() * 255).round().clamp(0, 255).to(torch.uint8)
    expect_same(to_uint8(x), expected, "255 x has more digits than float16: convert to float32 before the product")


@law("to_uint8", lesson=2, rank="range", k=st.integers(0, 254), side=st.sampled_from([-1, 1]))
def float64_is_not_narrowed(to_uint8, k, side):
    """In float64 a value just below (k + 1/2) / 255 becomes k, one just above it k + 1."""
    x = torch.tensor((k + 0.5) / 255 * (1 + side * 2.0**-45), dtype=torch.float64)
    expect_same(to_uint8(x), torch.tensor(k + (side > 0), dtype=torch.uint8), "compute in the type of x")


@law("to_uint8", lesson=2, rank="range", x=float_tensors(-1, 2))
def to_uint8_reads_any_layout(to_uint8, x):
    """Flipped, permuted and repeated views give what a copy gives."""
    for view in (x.flip(1), x.permute(1, 2, 0), x.transpose(1, 2)[..., ::2], x[:1].expand(4, -1, -1)):
        expect_same(to_uint8(view), to_uint8(view.contiguous().clone()))


@law("to_uint8", lesson=2, rank="manners", x=float_tensors(-1, 2))
def to_uint8_keeps_its_argument(to_uint8, x):
    """The float tensor is left as it was."""
    expect_arguments_kept(to_uint8, x)


# refusals


@law("to_uint8", lesson=2, rank="manners", cases=[{"dtype": d} for d in EVERY_FLOAT])
def refuses_nan(to_uint8, dtype):
    """NaN is no amount of light: a ValueError, not a silent black."""
    expect_raises(ValueError, to_uint8, torch.tensor([0.5, math.nan], dtype=dtype), mention=["NaN"])


@law("to_uint8", lesson=2, rank="manners", cases=[{"dtype": d} for d in (torch.uint8, torch.int64, torch.bool)])
def to_uint8_takes_floats_only(to_uint8, dtype):
    """An integer or bool tensor is a TypeError: whether its white is 1 or 255 is not known."""
    expect_raises(TypeError, to_uint8, torch.zeros(2, 2, dtype=dtype), mention=[str(dtype).removeprefix("torch.")])


# ------------------------------------------------------------------- to_image

# equation


@law("to_image", lesson=2, rank="mathematics", image=images(most=4))
def undoes_to_tensor(to_image, image):
    """A picture that went through to_tensor comes back, byte for byte, channels last."""
    expect_same(to_image(seeing_tensors.to_tensor(image)), image)


@law("to_image", lesson=2, rank="mathematics", x=float_tensors(-1, 2, channels=(3,)))
def rounds_and_clamps(to_image, x):
    """The levels are those of to_uint8: rounded, clamped, with channels last."""
    expected = np.ascontiguousarray(seeing_tensors.to_uint8(x).permute(1, 2, 0).numpy())
    expect_same(to_image(x), expected, "round, do not truncate; clamp before casting")


@law("to_image", lesson=2, rank="mathematics", x=float_tensors(-1, 2, channels=(3,)), value=st.floats(-5, 5, width=32))
def to_image_treats_each_pixel_alone(to_image, x, value):
    """Changing one pixel never changes how another comes out."""
    other = x.clone()
    other[:, -1, -1] = value
    before, after = to_image(x), to_image(other)
    before[-1, -1] = after[-1, -1]
    expect_same(after, before, "nothing may depend on the picture's own minimum or maximum")


# edges


@law("to_image", lesson=2, rank="range", plane=masks())
def one_channel_becomes_two_axes(to_image, plane):
    """A (1, H, W) tensor becomes an (H, W) array, which PIL and loggers take for grey."""
    expect_same(to_image(seeing_tensors.to_tensor(plane)), plane)


# types and layouts


@law("to_image", lesson=2, rank="range", cases=[{"dtype": d, "channels": c} for d in EVERY_FLOAT for c in (1, 3)])
def is_to_uint8_with_channels_last(to_image, dtype, channels):
    """The levels are those of to_uint8, infinities too, for every float type and for a tensor that wants a gradient."""
    k = torch.arange(channels * 700) % 300 - 20
    # near half a level, where a wider type may round the other way
    x = ((k + 0.3 + 0.4 * (k % 2)) / 255).reshape(channels, 20, 35).to(dtype)
    x[0, 0, :2] = torch.tensor([math.inf, -math.inf])
    levels = seeing_tensors.to_uint8(x).permute(1, 2, 0).numpy()
    expected = np.ascontiguousarray(levels if channels == 3 else levels[..., 0])
    expect_same(to_image(x), expected, "round and clamp in the type of x, do not truncate")
    expect_same(to_image(x.requires_grad_()), expected)


@law("to_image", lesson=2, rank="range", image=images())
def to_image_reads_any_layout(to_image, image):
    """A uint8 tensor holds levels already; flipped and permuted views, uint8 or float, keep each pixel at its place."""
    x = torch.from_numpy(image).permute(2, 0, 1)
    for view in (x, x.flip(2), x.transpose(1, 2), x.contiguous()):
        expected = np.ascontiguousarray(view.permute(1, 2, 0).numpy())
        expect_same(to_image(view), expected, "a uint8 tensor holds levels already")
        expect_same(to_image(view / 255), expected)


@law("to_image", lesson=2, rank="manners", x=float_tensors(0, 1))
def to_image_gives_memory_of_its_own(to_image, x):
    """The result is contiguous new memory and the argument is left as it was."""
    expect_arguments_kept(to_image, x)
    expect_arguments_kept(to_image, (x * 255).to(torch.uint8))
    image = to_image(x)
    expect(image.flags.c_contiguous, got=f"strides {image.strides}", expected="a contiguous array")


# refusals

ONLY_ONE_PICTURE = [(2, 3), (2, 2, 2), (4, 2, 2), (1, 3, 2, 2), (3, 0, 2)]


@law("to_image", lesson=2, rank="manners", cases=[{"shape": s} for s in ONLY_ONE_PICTURE])
def to_image_refuses_other_shapes(to_image, shape):
    """Anything but one picture (3, H, W) or (1, H, W) is a ValueError that names the shape."""
    expect_raises(ValueError, to_image, torch.zeros(shape), mention=[str(shape)])


@law(
    "to_image",
    lesson=2,
    rank="manners",
    cases=[{"x": x} for x in (torch.zeros(3, 2, 2, dtype=torch.int64), np.zeros((3, 2, 2)), None)],
)
def to_image_refuses_other_types(to_image, x):
    """Integers other than uint8, and things that are no tensor, are a TypeError."""
    expect_raises(TypeError, to_image, x)


@law("to_image", lesson=2, rank="manners")
def to_image_refuses_nan(to_image):
    """A NaN in any channel is a ValueError."""
    for c in range(3):
        x = torch.zeros(3, 2, 2)
        x[c, 1, 1] = math.nan
        expect_raises(ValueError, to_image, x, mention=["NaN"])
