"""Laws of lesson 5: convolution, its sizes, ranges and compositions.

Whole numbers that stay below 2**24 are exact in float32 in every order of
operations, so most laws are held to the last bit. Where fractions are drawn, the
bound is that of a plain sum of n products, g(n) * (sum of their sizes) with
g(n) = n u / (1 - n u); it is taken for 2 n + 2, so that any order and a bias pass.
"""

import itertools
import math
from functools import reduce

import numpy as np
import torch
import torch.nn.functional as F
from hypothesis import strategies as st

from seeing_tensors.course.laws import expect, expect_arguments_kept, expect_close, expect_raises, expect_same, law

from .strategies import FLOATS, sides, whole

seeds = st.integers(0, 2**16)


def uniform(seed, *shape, dtype=torch.float32):
    """A tensor of fractions from -4 to 4."""
    return (torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 8 - 4).to(dtype)


def rounding(n, dtype):
    """What a plain sum of n products may be off, as a share of the sum of their sizes."""
    u = torch.finfo(dtype).eps / 2
    return (2 * n + 2) * u / (1 - (2 * n + 2) * u) + 2 * u


@st.composite
def stacks(draw, count=2):
    """Shapes of weights, each layer taking what the one before gives."""
    channels = [draw(sides(3)) for _ in range(count + 1)]
    return [(f, c, draw(sides(3)), draw(sides(3))) for c, f in itertools.pairwise(channels)]


# --------------------------------------------------------------------- conv2d


@st.composite
def layers(draw):
    """Shapes of one layer that fits its picture: channels, filters, size, kernel, stride, padding, dilation."""

    def pair(low, high):
        return draw(st.tuples(st.integers(low, high), st.integers(low, high)))

    kernel, stride, padding, dilation = pair(1, 3), pair(1, 3), pair(0, 2), pair(1, 3)
    least = [max(1, d * (k - 1) + 1 - 2 * p) for k, p, d in zip(kernel, padding, dilation, strict=False)]
    size = tuple(n + draw(st.integers(0, 3)) for n in least)
    return {
        "channels": draw(sides(3)),
        "filters": draw(sides(3)),
        "size": size,
        "kernel": kernel,
        "stride": stride,
        "padding": padding,
        "dilation": dilation,
    }


def picture_of(layer, make, seed, batch=(1,), **options):
    """The picture, weight and bias of a layer, and the rest of its arguments."""
    x = make(seed, *batch, layer["channels"], *layer["size"], **options)
    weight = make(seed + 1, layer["filters"], layer["channels"], *layer["kernel"], **options)
    bias = make(seed + 2, layer["filters"], **options)
    return x, weight, bias, {k: layer[k] for k in ("stride", "padding", "dilation")}


def by_loops(x, weight, bias, stride, padding, dilation):
    """The equation of the lesson in float64, one number at a time. Returns the result and the sum of |products|."""
    x, weight, bias = (a.double().numpy() for a in (x, weight, bias))
    (n, channels, height, width), (filters, _, h, w) = x.shape, weight.shape
    rows = list(range(-padding[0], height + padding[0] - dilation[0] * (h - 1), stride[0]))
    columns = list(range(-padding[1], width + padding[1] - dilation[1] * (w - 1), stride[1]))
    y, size = (np.zeros((n, filters, len(rows), len(columns))) for _ in range(2))
    for a, o, (r, i), (s, j) in itertools.product(range(n), range(filters), enumerate(rows), enumerate(columns)):
        terms = [bias[o]]
        for c, u, v in itertools.product(range(channels), range(h), range(w)):
            row, column = i + dilation[0] * u, j + dilation[1] * v
            if 0 <= row < height and 0 <= column < width:
                terms.append(weight[o, c, u, v] * x[a, c, row, column])
        y[a, o, r, s], size[a, o, r, s] = math.fsum(terms), math.fsum(map(abs, terms))
    return torch.from_numpy(y), torch.from_numpy(size)


# equation


@law("conv2d", lesson=5, rank="mathematics", layer=layers(), seed=seeds)
def conv2d_is_the_equation(conv2d, layer, seed):
    """Each value is the bias plus the sum, over channels and taps, of weight times the pixel under it."""
    x, weight, bias, options = picture_of(layer, uniform, seed)
    exact, size = by_loops(x, weight, bias, **options)
    cause = "row i of the result starts at row s i - p of the picture; tap u lies d u below"
    within = rounding(weight[0].numel() + 1, x.dtype) * size
    expect_close(conv2d(x, weight, bias, **options), exact.float(), within=within, cause=cause)


@law("conv2d", lesson=5, rank="mathematics", shape=st.tuples(sides(3), sides(3), sides(4), sides(4)), seed=seeds)
def an_impulse_gives_the_kernel_turned_around(conv2d, shape, seed):
    """A single 1 in channel c gives every filter's kernel for c turned by 180 degrees: this is cross-correlation."""
    weight = uniform(seed, *shape)
    _, channels, height, width = shape
    for c in range(channels):
        x = torch.zeros(1, channels, 2 * height - 1, 2 * width - 1)
        x[0, c, height - 1, width - 1] = 1
        cause = "lay the kernel on the picture as it is; turning it first is the mathematicians' convolution"
        expect_same(conv2d(x, weight), weight[:, c].flip(-2, -1)[None], cause)


@law("conv2d", lesson=5, rank="mathematics", layer=layers(), seed=seeds)
def conv2d_is_affine(conv2d, layer, seed):
    """f(x + y) - f(x) - f(y) + f(0) is 0, and f(0) is the bias: nothing that a stack of such layers could gain."""
    x, weight, bias, options = picture_of(layer, whole, seed)
    y = whole(seed + 3, *x.shape)

    def f(z):
        return conv2d(z, weight, bias, **options)

    expect_same(f(x + y) + f(torch.zeros_like(x)), f(x) + f(y))
    expect_same(f(torch.zeros_like(x)), bias[:, None, None].expand_as(f(x)).clone())


@law("conv2d", lesson=5, rank="mathematics", seed=seeds, channels=sides(3), filters=sides(3), value=st.integers(-4, 4))
def a_constant_picture_gives_the_sum_of_the_weights(conv2d, seed, channels, filters, value):
    """Without padding, a picture of c everywhere gives c times the sum of the filter's weights, plus its bias."""
    weight, bias = whole(seed, filters, channels, 3, 2), whole(seed + 1, filters)
    expected = (value * weight.sum((1, 2, 3)) + bias)[None, :, None, None].expand(1, filters, 3, 3)
    expect_same(conv2d(torch.full((1, channels, 5, 4), float(value)), weight, bias), expected.clone())


@law("conv2d", lesson=5, rank="mathematics")
def padding_is_black_not_neutral(conv2d):
    """Padding adds zeros: of a picture of ones, a sum over 3 by 3 gives 9 inside, 6 at an edge and 4 in a corner."""
    y = conv2d(torch.ones(1, 1, 4, 5), torch.ones(1, 1, 3, 3), padding=1)
    expected = torch.full((1, 1, 4, 5), 9.0)
    expected[..., [0, -1], :] = expected[..., :, [0, -1]] = 6
    expected[..., [[0], [-1]], [0, -1]] = 4
    expect_same(y, expected)


@law("conv2d", lesson=5, rank="mathematics", seed=seeds, channels=sides(2), filters=sides(3))
def on_a_ring_the_mean_is_kept(conv2d, seed, channels, filters):
    """With circular padding, a map's sum is the sum over channels of (sum of the channel) times (sum of its kernel)."""
    x, weight = whole(seed, 1, channels, 4, 5), whole(seed + 1, filters, channels, 3, 3)
    y = conv2d(F.pad(x, (1, 1, 1, 1), mode="circular"), weight)
    expect_same(y.sum((2, 3)), torch.einsum("nc,oc->no", x.sum((2, 3)), weight.sum((2, 3))))


@law("conv2d", lesson=5, rank="mathematics", layer=layers(), seed=seeds, step=st.tuples(*[st.integers(0, 2)] * 2))
def a_shifted_picture_gives_shifted_maps(conv2d, layer, seed, step):
    """Where the picture moves by a multiple of the stride, the maps move along, exactly (no padding)."""
    down, right = step
    x, weight, bias, options = picture_of(layer, whole, seed)
    options["padding"] = (0, 0)
    x = F.pad(x, (2, 2, 2, 2), value=1)
    s, t = options["stride"]
    moved = F.pad(x, (t * right, 0, s * down, 0), value=3)
    expect_same(conv2d(moved, weight, bias, **options)[..., down:, right:], conv2d(x, weight, bias, **options))


# oracle


@law("conv2d", lesson=5, rank="mathematics", layer=layers(), seed=seeds)
def conv2d_equals_torch(conv2d, layer, seed):
    """On whole numbers the result is torch's to the last bit, for every stride, padding and dilation."""
    x, weight, bias, options = picture_of(layer, whole, seed, batch=(2,))
    expect_same(conv2d(x, weight, bias, **options), F.conv2d(x, weight, bias, **options))
    expect_same(conv2d(x, weight, **options), F.conv2d(x, weight, **options))
    s, p, d = layer["stride"][0], layer["padding"][0], layer["dilation"][0]
    square = whole(seed, layer["filters"], layer["channels"], 2, 2)
    larger = F.pad(x, (d, d, d, d))
    cause = "the order of torch: stride, padding, dilation"
    expect_same(conv2d(larger, square, bias, s, p, d), F.conv2d(larger, square, bias, s, p, d), cause)


@law("conv2d", lesson=5, rank="range", layer=layers(), seed=seeds)
def gradients_flow(conv2d, layer, seed):
    """The gradients for picture, weight and bias are torch's, exactly on whole numbers."""
    x, weight, bias, options = picture_of(layer, whole, seed)
    both = []
    for function in (conv2d, F.conv2d):
        inputs = [a.clone().requires_grad_() for a in (x, weight, bias)]
        y = function(*inputs, **options)
        both.append(torch.autograd.grad(y, inputs, whole(seed + 3, *y.shape)))
    for ours, theirs in zip(*both, strict=True):
        expect_same(ours, theirs)


# edges


@law("conv2d", lesson=5, rank="range", seed=seeds, row=st.integers(0, 4), column=st.integers(0, 5))
def a_nan_reaches_only_those_who_look_at_it(conv2d, seed, row, column):
    """A NaN in the picture makes NaN of exactly the values whose kernel covers it."""
    x, weight = whole(seed, 1, 2, 5, 6), whole(seed + 1, 3, 2, 2, 3).abs() + 1
    x[0, 1, row, column] = math.nan
    result = conv2d(x, weight, stride=(2, 1), padding=1)
    expect_same(result, F.conv2d(x, weight, stride=(2, 1), padding=1))


@law("conv2d", lesson=5, rank="range", seed=seeds)
def a_batch_of_videos_too(conv2d, seed):
    """Any number of axes may come before the channels, where torch takes one at most; a batch may be empty."""
    x, weight, bias = whole(seed, 2, 3, 2, 3, 4), whole(seed + 1, 3, 2, 2, 2), whole(seed + 2, 3)
    expect_same(conv2d(x, weight, bias), F.conv2d(x.flatten(0, 1), weight, bias).unflatten(0, (2, 3)))
    expect_same(conv2d(x[0, :0], weight, bias), torch.zeros(0, 3, 2, 3))


# types and layouts


@law("conv2d", lesson=5, rank="range", seed=seeds, dtype=st.sampled_from(FLOATS))
def conv2d_keeps_the_type(conv2d, seed, dtype):
    """The result has the type of x, for one picture and for a batch, and each picture gives what it gives alone."""
    x, weight = whole(seed, 2, 2, 3, 4, dtype=dtype), whole(seed + 1, 3, 2, 2, 2, dtype=dtype)
    bias = whole(seed + 2, 3, dtype=dtype)
    together = conv2d(x, weight, bias)
    for picture, maps in zip(x, together, strict=True):
        alone = conv2d(picture, weight, bias)
        expect_same(alone, F.conv2d(picture.double(), weight.double(), bias.double()).to(dtype))
        expect_same(maps, alone)


@law("conv2d", lesson=5, rank="range", layer=layers(), seed=seeds)
def in_float64_it_is_as_exact_as_float64(conv2d, layer, seed):
    """Pictures in float64 are summed in float64: plain loops agree within the rounding of such a sum."""
    x, weight, bias, options = picture_of(layer, uniform, seed, dtype=torch.float64)
    exact, size = by_loops(x, weight, bias, **options)
    within = rounding(weight[0].numel() + 1, x.dtype) * size
    expect_close(conv2d(x, weight, bias, **options), exact, within=within)


@law("conv2d", lesson=5, rank="range")
def half_precision_is_summed_in_float32(conv2d):
    """In float16 a sum of 1s cannot pass 2048: 2112 ones make 2112 all the same."""
    ones = torch.ones(1, 1, 1, 2112, dtype=torch.float16)
    expect_same(conv2d(ones, ones), torch.full((1, 1, 1, 1), 2112.0).half(), "sum half precision in float32")


# One channel, and a result one column wide: torch's own convolution is wrong here on some processors.
ONE_COLUMN = {
    "channels": 1,
    "filters": 1,
    "size": (4, 4),
    "kernel": (3, 3),
    "stride": (1, 2),
    "padding": (0, 0),
    "dilation": (1, 1),
}


@law("conv2d", lesson=5, rank="range", cases=[{"layer": ONE_COLUMN, "seed": 0}], layer=layers(), seed=seeds)
def memory_layout_does_not_matter(conv2d, layer, seed):
    """Channels-last, cropped and transposed views give what contiguous tensors give."""
    x, weight, bias, options = picture_of(layer, whole, seed, batch=(2,))
    expected = F.conv2d(x, weight, bias, **options)
    crop = F.pad(x, (1, 2, 3, 1))[..., 3:-1, 1:-2]
    # Channels last as an array (N, H, W, C) has them; where C is 1, `channels_last` leaves the strides alone.
    permuted = x.movedim(1, -1).clone(memory_format=torch.contiguous_format).movedim(-1, 1)
    for view in (x.to(memory_format=torch.channels_last), permuted, crop, x.mT.contiguous().mT):
        expect_same(conv2d(view, weight.mT.contiguous().mT, bias, **options), expected)


# refusals


@law("conv2d", lesson=5, rank="manners", seed=seeds, kernel=sides(2))
def conv2d_keeps_its_arguments(conv2d, seed, kernel):
    """Picture, weight and bias are left as they were, and the result is new memory, for a 1 by 1 kernel too."""
    x, weight = uniform(seed, 1, 1, 3, 3), torch.ones(1, 1, kernel, kernel)
    expect_arguments_kept(conv2d, x, weight, torch.zeros(1))
    expect_arguments_kept(conv2d, x, weight)


@law("conv2d", lesson=5, rank="manners")
def conv2d_refuses_what_is_no_float_tensor(conv2d):
    """Bytes, arrays and lists are a TypeError; so are two float types, both of them named."""
    x, weight, bias = torch.rand(1, 3, 5, 6), torch.rand(2, 3, 3, 3), torch.rand(2)
    for bad in ((x * 255).byte(), x.long(), x.bool(), x.to(torch.complex64), x.numpy(), None):
        expect_raises(TypeError, conv2d, bad, weight, bias)
        expect_raises(TypeError, conv2d, x, bad, bias)
    expect_raises(TypeError, conv2d, x, weight, [0.0, 0.0])
    expect_raises(TypeError, conv2d, x, weight, bias.long())
    expect_raises(TypeError, conv2d, x.double(), weight, bias, mention=["float32", "float64"])
    expect_raises(TypeError, conv2d, x, weight, bias.double(), mention=["float32", "float64"])


@law("conv2d", lesson=5, rank="manners")
def conv2d_refuses_what_does_not_fit(conv2d):
    """Channels, biases and kernels that do not fit are a ValueError that names what was given."""
    x, weight, bias = torch.rand(1, 3, 5, 6), torch.rand(2, 3, 3, 3), torch.rand(2)
    expect_raises(ValueError, conv2d, x[:, :1], weight, bias, mention=["3", "(1, 1, 5, 6)"])
    expect_raises(ValueError, conv2d, x[0, 0], weight, bias, mention=["(5, 6)"])
    expect_raises(ValueError, conv2d, x, weight[0], mention=["(3, 3, 3)"])
    expect_raises(ValueError, conv2d, x, weight[:0], mention=["(0, 3, 3, 3)"])
    for wrong in (bias[:1], bias[None], torch.tensor(1.0)):
        cause = "broadcasting hides a bias of the wrong length"
        expect_raises(ValueError, conv2d, x, weight, wrong, mention=[str(tuple(wrong.shape))], cause=cause)
    expect_raises(ValueError, conv2d, x, torch.rand(2, 3, 6, 3), mention=["6", "5"])
    expect_raises(ValueError, conv2d, x, weight, dilation=3, mention=["7", "5"])


@law("conv2d", lesson=5, rank="manners")
def conv2d_refuses_other_strides(conv2d):
    """Stride and dilation are whole numbers from 1 up, padding from 0 up: a smaller one is a ValueError."""
    x, weight = torch.rand(1, 3, 5, 6), torch.rand(2, 3, 3, 3)
    for option in ({"stride": 0}, {"stride": (1, -1)}, {"padding": -1}, {"padding": (0, -1)}, {"dilation": 0}):
        expect_raises(ValueError, conv2d, x, weight, **option)
    for stride in (1.0, (1, 1, 1), None):
        expect_raises(TypeError, conv2d, x, weight, stride=stride)
    for option in ({"padding": "same"}, {"padding": (1.0, 1)}, {"dilation": (1,)}):
        expect_raises(TypeError, conv2d, x, weight, **option)


@law("conv2d", lesson=5, rank="manners")
def two_devices_are_refused(conv2d):
    """A weight or bias on another device than the picture is a ValueError: never memory that nobody wrote."""
    x, weight, bias = torch.rand(1, 3, 5, 6), torch.rand(2, 3, 3, 3), torch.rand(2)
    for arguments in (
        (x, weight.to("meta")),
        (x, weight.to("meta"), bias.to("meta")),
        (x, weight, bias.to("meta")),
        (x.to("meta"), weight, bias),
    ):
        expect_raises(ValueError, conv2d, *arguments, mention=["cpu", "meta"])


# ---------------------------------------------------------- conv2d_output_size


@st.composite
def axes(draw):
    """One axis of a layer that fits: size, kernel_size, stride, padding, dilation."""
    kernel, stride, padding, dilation = (draw(st.integers(*ends)) for ends in ((1, 9), (1, 7), (0, 5), (1, 4)))
    least = max(1, dilation * (kernel - 1) + 1 - 2 * padding)
    return least + draw(st.integers(0, 40)), kernel, stride, padding, dilation


# equation


TELLING = (4, 3, 2, 4, 3)  # every wrong formula gives another number: rounded up, without dilation, ...


@law("conv2d_output_size", lesson=5, rank="mathematics", cases=[{"axis": TELLING}], axis=axes())
def counts_the_places_of_the_kernel(conv2d_output_size, axis):
    """The result is how many places, a stride apart, the kernel finds on the padded axis."""
    size, kernel_size, stride, padding, dilation = axis
    last = size + 2 * padding - dilation * (kernel_size - 1) - 1
    places = sum(place % stride == 0 for place in range(last + 1))
    cause = {
        "a place that is only half there is none: round down": -(-last // stride) + 1,
        "a dilated kernel spans d (k - 1) + 1 pixels, not k": (size + 2 * padding - kernel_size) // stride + 1,
        "the first place counts, too: + 1": last // stride,
        "the + 1 comes after the division": (last + 1) // stride,
        "round down, not to the nearest": round(last / stride) + 1,
        "the gaps of a dilated kernel lie between its pixels, none after the last": (last - dilation + 1) // stride + 1,
        "padding is added at both ends": (last - padding) // stride + 1,
        "the last place counts, too": -(-last // stride),
        "padding counts in pixels: it is not dilated": (last + 2 * padding * (dilation - 1)) // stride + 1,
    }
    expect_same(conv2d_output_size(*axis), places, cause)


@law(
    "conv2d_output_size",
    lesson=5,
    rank="mathematics",
    size=st.integers(1, 50),
    half=st.integers(0, 4),
    dilation=st.integers(1, 3),
)
def half_a_kernel_of_padding_keeps_the_size(conv2d_output_size, size, half, dilation):
    """An odd kernel with padding d (k - 1) / 2 keeps the size; without padding and dilation it takes away k - 1."""
    kernel = 2 * half + 1
    expect_same(conv2d_output_size(size, kernel, padding=dilation * half, dilation=dilation), size)
    expect_same(conv2d_output_size(size + kernel - 1, kernel), size)


# oracle


@law("conv2d_output_size", lesson=5, rank="mathematics")
def equals_torch_for_every_layer(conv2d_output_size):
    """For every size to 9, kernel to 5, stride to 3, padding to 2 and dilation to 3, torch's output has this size."""
    for size, k, s, p, d in itertools.product(range(1, 10), range(1, 6), range(1, 4), range(3), range(1, 4)):
        if d * (k - 1) + 1 <= size + 2 * p:
            x, weight = torch.empty(1, 1, size, device="meta"), torch.empty(1, 1, k, device="meta")
            expect_same(conv2d_output_size(size, k, s, p, d), F.conv1d(x, weight, None, s, p, d).shape[-1])


# edges


@law("conv2d_output_size", lesson=5, rank="range", size=st.integers(2**53, 2**62), stride=st.integers(1, 9))
def sizes_are_whole_numbers(conv2d_output_size, size, stride):
    """The result is exact for numbers too large for a float."""
    expect_same(conv2d_output_size(size, 3, stride), (size - 3) // stride + 1, "divide with //, not with / and a floor")


# types and layouts


@law("conv2d_output_size", lesson=5, rank="range")
def numpy_integers_are_whole_numbers(conv2d_output_size):
    """numpy's integers are taken too."""
    for kinds in ((np.int64, np.int32, np.int64), (np.int32, np.int16, np.int8)):
        arguments = [kind(number) for kind, number in zip(kinds, (10, 3, 2), strict=True)]
        expect_same(conv2d_output_size(*arguments), 4)


# refusals


@law("conv2d_output_size", lesson=5, rank="manners", size=sides(30), padding=st.integers(0, 5), more=sides(9))
def a_kernel_that_finds_no_place_is_refused(conv2d_output_size, size, padding, more):
    """A kernel that spans more pixels than there are is a ValueError with both numbers."""
    there = size + 2 * padding
    mention = [str(there + more), str(there)]
    expect_raises(ValueError, conv2d_output_size, size, there + more, 1, padding, mention=mention)
    expect_raises(ValueError, conv2d_output_size, 5, 3, 1, 1, 4, mention=["9", "7"])


@law("conv2d_output_size", lesson=5, rank="manners")
def output_size_refuses_nonsense(conv2d_output_size):
    """A padding below 0 and any other number below 1 is a ValueError; fractions, pairs and words are TypeErrors."""
    for arguments in ((0, 1), (-3, 1), (5, 0), (5, -1), (5, 3, 0), (5, 3, -1), (5, 3, 1, -1), (5, 3, 1, 0, 0)):
        expect_raises(ValueError, conv2d_output_size, *arguments)
    expect_raises(ValueError, conv2d_output_size, 5, 3, 1, 0, -1)
    for arguments in ((5.0, 3), (5, 3.0), (5, 3, 1.5), (5, 3, 1, 0.5), (5, 3, 1, 0, 1.0)):
        expect_raises(TypeError, conv2d_output_size, *arguments)
    for arguments in (((5, 6), 3), (5, (3, 3)), ("5", 3), (None, 3)):
        expect_raises(TypeError, conv2d_output_size, *arguments)


# ------------------------------------------------------------- compose_kernels


def weights_and_biases(shapes, make, seed, **options):
    """A pair (weight, bias) for each shape of a stack."""
    return [(make(seed + i, *s, **options), make(seed + 9 - i, s[0], **options)) for i, s in enumerate(shapes)]


def wrong_compositions(x, first, second):
    """What is done wrong in composing two layers, and what the one layer then makes of x."""
    (w1, b1), (w2, b2) = first, second
    without = F.conv2d(F.conv2d(x, w1), w2)

    def shifted(bias):
        return without + bias[:, None, None]

    passed_on = w2.sum((2, 3)) @ b1
    mean, middle = w2.mean((2, 3)), w2[:, :, w2.shape[2] // 2, w2.shape[3] // 2]
    both_turned = F.conv2d(F.conv2d(x, w1.flip(-2, -1), b1), w2.flip(-2, -1), b2)
    return {
        "second's kernels lie the wrong way round: flip both axes": F.conv2d(F.conv2d(x, w1, b1), w2.flip(-2, -1), b2),
        "the composed kernels lie the wrong way round: flip both axes": both_turned,
        "sum over the channels between the layers, do not average": without / len(w1) + (passed_on + b2)[:, None, None],
        "first's bias counts, too: it goes through second": shifted(b2),
        "second's bias counts, too": shifted(passed_on),
        "second's bias counts once": shifted(passed_on + 2 * b2),
        "first's bias is weighted with all taps of second, not with the middle one": shifted(middle @ b1 + b2),
        "first's bias is weighted with the sum of second's taps, not with their mean": shifted(mean @ b1 + b2),
        "first's bias goes through second's weights: the biases are not just added": shifted(b1.sum() + b2),
    }


# equation


@law("compose_kernels", lesson=5, rank="mathematics", shapes=stacks(), seed=seeds)
def two_layers_are_one(compose_kernels, shapes, seed):
    """On every picture without padding, the composed weight and bias give exactly what the two layers give."""
    (w1, b1), (w2, b2) = weights_and_biases(shapes, whole, seed)
    height, width = (1 + sum(shape[axis] - 1 for shape in shapes) for axis in (2, 3))
    x = whole(seed + 5, 1, w1.shape[1], height + 2, width + 1)
    weight, bias = compose_kernels((w1, b1), (w2, b2))
    cause = wrong_compositions(x, (w1, b1), (w2, b2))
    expect_same(F.conv2d(x, weight, bias), F.conv2d(F.conv2d(x, w1, b1), w2, b2), cause)
    expect_same(F.conv2d(x, compose_kernels(w1, w2)), F.conv2d(F.conv2d(x, w1), w2))


@law("compose_kernels", lesson=5, rank="mathematics", seed=seeds)
def three_layers_are_one_13_by_13(compose_kernels, seed):
    """Three 5 by 5 layers with nothing between them are one 13 by 13 layer, to the last bit."""
    layers = [whole(seed + i, *s, most=1) for i, s in enumerate([(6, 3, 5, 5), (6, 6, 5, 5), (4, 6, 5, 5)])]
    x = whole(seed + 3, 1, 3, 14, 15, most=1).abs()
    weight = reduce(compose_kernels, layers)
    expect_same(weight.shape, torch.Size([4, 3, 13, 13]))
    expect_same(F.conv2d(x, weight), reduce(F.conv2d, layers, x))


@law("compose_kernels", lesson=5, rank="mathematics", shapes=stacks(3), seed=seeds)
def composition_is_associative(compose_kernels, shapes, seed):
    """Whether the first two layers or the last two are joined first, the whole is the same."""
    a, b, c = weights_and_biases(shapes, lambda *s: whole(*s, most=2), seed)
    left, right = compose_kernels(compose_kernels(a, b), c), compose_kernels(a, compose_kernels(b, c))
    for one, other in zip(left, right, strict=True):
        expect_same(one, other)


@law("compose_kernels", lesson=5, rank="mathematics", shapes=stacks(1), seed=seeds)
def a_layer_that_does_nothing_is_neutral(compose_kernels, shapes, seed):
    """Composed with a 1 by 1 layer that passes every channel on, before or after, a layer stays as it is."""
    weight = uniform(seed, *shapes[0])
    before, after = (torch.eye(n)[:, :, None, None] for n in (weight.shape[1], weight.shape[0]))
    expect_same(compose_kernels(before, weight), weight)
    expect_same(compose_kernels(weight, after), weight)


odd_kernels = st.tuples(st.sampled_from([1, 3, 5]), st.sampled_from([1, 3, 5]))


@law("compose_kernels", lesson=5, rank="mathematics", seed=seeds, sizes=odd_kernels)
def padding_differs_in_a_ring_only(compose_kernels, seed, sizes):
    """With padding (k - 1) / 2 in each layer, one layer and two differ only in a ring of half the later kernel."""
    k1, k2 = sizes
    w1, w2 = whole(seed, 2, 1, k1, k1), whole(seed + 1, 2, 2, k2, k2)
    x = whole(seed + 2, 1, 1, 9, 10)
    one = F.conv2d(x, compose_kernels(w1, w2), padding=(k1 + k2 - 2) // 2)
    two = F.conv2d(F.conv2d(x, w1, padding=k1 // 2), w2, padding=k2 // 2)
    ring = k2 // 2
    inside = (..., slice(ring, 9 - ring), slice(ring, 10 - ring))
    expect_same(one[inside], two[inside])


# edges


@law("compose_kernels", lesson=5, rank="range", shapes=stacks(), seed=seeds)
def a_bias_makes_it_a_pair(compose_kernels, shapes, seed):
    """Two weights give a weight; a pair (weight, bias) on either side gives a pair, and no bias counts as zeros."""
    (w1, b1), (w2, b2) = weights_and_biases(shapes, whole, seed)
    alone = compose_kernels(w1, w2)
    expect(isinstance(alone, torch.Tensor), got=type(alone).__name__, expected="a tensor")
    seen = torch.einsum("omuv,m->o", w2, b1)
    for first, second, expected in [
        ((w1, b1), w2, seen),
        ((w1, b1), (w2, None), seen),
        (w1, (w2, b2), b2),
        ((w1, None), (w2, b2), b2),
        ((w1, None), (w2, None), torch.zeros_like(b2)),
        ((w1, b1), (w2, b2), seen + b2),
    ]:
        result = compose_kernels(first, second)
        is_pair = isinstance(result, tuple) and len(result) == 2
        expect(is_pair, got=type(result).__name__, expected="a pair (weight, bias)")
        expect_same(result[0], alone)
        expect_same(result[1], expected)


# types and layouts


@law("compose_kernels", lesson=5, rank="range", shapes=stacks(), seed=seeds, dtype=st.sampled_from(FLOATS))
def composes_fractions_within_rounding(compose_kernels, shapes, seed, dtype):
    """For any weights, each number is the plain sum in float64 within the rounding of such a sum; the type is kept."""
    (w1, b1), (w2, b2) = pairs = weights_and_biases(shapes, uniform, seed, dtype=dtype)
    height, width = (1 + sum(shape[axis] - 1 for shape in shapes) for axis in (2, 3))
    exact, size = (torch.zeros(w2.shape[0], w1.shape[1], height, width, dtype=torch.float64) for _ in range(2))
    for (u, v), (i, j) in itertools.product(np.ndindex(*w2.shape[2:]), np.ndindex(*w1.shape[2:])):
        late, early = w2[:, :, u, v].double(), w1[:, :, i, j].double()
        exact[:, :, u + i, v + j] += late @ early
        size[:, :, u + i, v + j] += late.abs() @ early.abs()
    terms = w2.double().sum((2, 3)) @ b1.double() + b2.double()
    sizes = w2.double().abs().sum((2, 3)) @ b1.double().abs() + b2.double().abs()
    within = rounding(w2[0].numel() + 1, dtype)
    weight, bias = compose_kernels(*pairs)
    expect_close(weight, exact.to(dtype), within=within * size)
    cause = "second's bias, plus first's bias seen through all taps of second"
    expect_close(bias, terms.to(dtype), within=within * sizes, cause=cause)


@law("compose_kernels", lesson=5, rank="range")
def compose_sums_half_precision_in_float32(compose_kernels):
    """In float16 a sum of 1s cannot pass 2048: two rows of 2112 ones make one whose middle is 2112 all the same."""
    ones = torch.ones(1, 1, 1, 2112, dtype=torch.float16)
    expected = 2112.0 - (torch.arange(2 * 2112 - 1) - 2111).abs()
    cause = "sum half precision in float32, then go back"
    expect_same(compose_kernels(ones, ones), expected.half().reshape(1, 1, 1, -1), cause)


@law("compose_kernels", lesson=5, rank="range", shapes=stacks(), seed=seeds)
def layouts_of_weights_do_not_matter(compose_kernels, shapes, seed):
    """Channels-last and transposed weights give what contiguous ones give, and the result is contiguous."""
    w1, w2 = (whole(seed + i, *s) for i, s in enumerate(shapes))
    expected = compose_kernels(w1, w2)
    expect(expected.is_contiguous(), got=f"strides {expected.stride()}", expected="a contiguous weight")
    for view in (
        lambda w: w.mT.contiguous().mT,
        lambda w: w.movedim(1, -1).clone(memory_format=torch.contiguous_format).movedim(-1, 1),
    ):
        expect_same(compose_kernels(view(w1), view(w2)), expected)


@law("compose_kernels", lesson=5, rank="range", shapes=stacks(), seed=seeds)
def gradients_flow_through_the_composition(compose_kernels, shapes, seed):
    """A layer may be trained as two: the gradients are those of the two layers, exactly on whole numbers."""
    pairs = weights_and_biases(shapes, whole, seed)
    height, width = (1 + sum(shape[axis] - 1 for shape in shapes) for axis in (2, 3))
    x = whole(seed + 5, 1, shapes[0][1], height + 1, width)
    both = []
    for joined in (True, False):
        (w1, b1), (w2, b2) = [tuple(a.clone().requires_grad_() for a in pair) for pair in pairs]
        y = F.conv2d(x, *compose_kernels((w1, b1), (w2, b2))) if joined else F.conv2d(F.conv2d(x, w1, b1), w2, b2)
        both.append(torch.autograd.grad(y.sum(), (w1, b1, w2, b2)))
    for ours, theirs in zip(*both, strict=True):
        expect_same(ours, theirs)


# refusals


@law("compose_kernels", lesson=5, rank="manners", seed=seeds)
def compose_keeps_its_arguments(compose_kernels, seed):
    """The weights and biases are left as they were, and the result is new memory."""
    w1, w2, b1, b2 = uniform(seed, 2, 1, 3, 3), torch.ones(1, 2, 1, 1), uniform(seed, 2), torch.ones(1)
    expect_arguments_kept(compose_kernels, w1[:1], torch.ones(1, 1, 1, 1))
    before = [a.clone() for a in (w1, b1, w2, b2)]
    weight, bias = compose_kernels((w1, b1), (w2, b2))
    weight.add_(1), bias.add_(1)
    compose_kernels((w1, None), (w2, b2))[1].add_(1)
    for now, old in zip((w1, b1, w2, b2), before, strict=True):
        expect_same(now, old, "return new memory")


@law("compose_kernels", lesson=5, rank="manners")
def compose_refuses_what_does_not_fit(compose_kernels):
    """Layers that do not follow one another, other shapes and two devices are ValueErrors."""
    first, second = torch.rand(4, 3, 5, 5), torch.rand(2, 4, 3, 3)
    expect_raises(ValueError, compose_kernels, second, first, mention=["2", "3"])
    expect_raises(ValueError, compose_kernels, first, second[:, :1], cause="broadcasting hides a missing channel")
    expect_raises(ValueError, compose_kernels, first[:1], second)
    expect_raises(ValueError, compose_kernels, first[0], second, mention=["(3, 5, 5)"])
    expect_raises(ValueError, compose_kernels, (first, torch.rand(1)), second, mention=["(1,)"])
    expect_raises(ValueError, compose_kernels, first, (second, torch.rand(2, 1)), mention=["(2, 1)"])
    expect_raises(ValueError, compose_kernels, (first, torch.rand(4), 1), second)
    expect_raises(ValueError, compose_kernels, first, second.to("meta"), mention=["cpu", "meta"])


@law("compose_kernels", lesson=5, rank="manners")
def compose_refuses_what_is_no_float_tensor(compose_kernels):
    """Whole numbers, arrays and lists are TypeErrors; so are two float types, both of them named."""
    first, second = torch.rand(4, 3, 5, 5), torch.rand(2, 4, 3, 3)
    for bad in (first.long(), first.numpy(), None):
        expect_raises(TypeError, compose_kernels, bad, second)
        expect_raises(TypeError, compose_kernels, (bad, None), second)
    expect_raises(TypeError, compose_kernels, first, (second, [0.0, 0.0]))
    expect_raises(TypeError, compose_kernels, first.double(), second, mention=["float32", "float64"])


# ------------------------------------------------------------- receptive_field

chains = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)), max_size=4)
short_chains = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(1, 2)), max_size=3)

# equation


@law("receptive_field", lesson=5, rank="mathematics", layers=chains)
def is_from_the_first_pixel_reached_to_the_last(receptive_field, layers):
    """Back from one value, tap by tap and layer by layer, so many pixels lie from the first one reached to the last."""
    reached = {0}
    for k, s, d in reversed(layers):
        reached = {s * i + d * u for i in reached for u in range(k)}
    cause = "a layer's taps are as far apart as the strides before it make them"
    expect_same(receptive_field(layers), max(reached) - min(reached) + 1, cause)


# oracle


@law("receptive_field", lesson=5, rank="mathematics", layers=short_chains)
def is_where_torch_has_a_gradient(receptive_field, layers):
    """In torch, one value of the last layer has a gradient for pixels in a window of exactly this size."""
    size = 1
    for k, s, d in reversed(layers):
        size = s * (size - 1) + d * (k - 1) + 1
    x = torch.ones(1, 1, size + 4, requires_grad=True)
    y = x
    for k, s, d in layers:
        y = F.conv1d(y, torch.ones(1, 1, k), stride=s, dilation=d)
    y[0, 0, 0].backward()
    seen = x.grad[0, 0].nonzero()
    expect_same(receptive_field(layers), int(seen.max() - seen.min()) + 1)


# edges


@law("receptive_field", lesson=5, rank="mathematics")
def known_receptive_fields(receptive_field):
    """No layer sees 1 pixel, three of 5 see 13; a stride doubles what later ones add; dilations 1, 2 and 4 see 15."""
    for layers, expected in [
        ([], 1),
        ([(1, 1, 1)], 1),
        ([(5, 1, 1)] * 3, 13),
        ([(3, 2, 1), (3, 1, 1)], 7),
        ([(3, 1, 1), (3, 2, 1)], 5),
        ([(3, 1, 1), (3, 1, 2), (3, 1, 4)], 15),
    ]:
        expect_same(receptive_field(layers), expected)


# types and layouts


@law("receptive_field", lesson=5, rank="range")
def layers_may_be_lists_or_many(receptive_field):
    """Layers may be lists or tuples and seventy in a row, and the result is an int, however large."""
    for layers, expected in [([[7, 2, 1], [3, 2, 1]], 11), (((5, 1, 1),), 5), ([(2, 2, 1)] * 70, 2**70)]:
        field = receptive_field(layers)
        expect_same(field, expected)
        expect(type(field) is int, got=type(field).__name__, expected="int")


# refusals


@law("receptive_field", lesson=5, rank="manners")
def receptive_field_refuses_nonsense(receptive_field):
    """A layer is three whole numbers from 1 up: no such three are a ValueError, a fraction among them a TypeError."""
    for layers in ([(3, 1)], [(3, 1, 1, 1)], [(0, 1, 1)], [(3, 0, 1)], [(3, 1, 0)], [(3, -1, 1)], [(3, 1, 1), (3, 1)]):
        expect_raises(ValueError, receptive_field, layers)
    for layer in (3, None, {3, 1, 2}, {3: 1, 1: 1, 2: 1}):
        expect_raises(ValueError, receptive_field, [layer], cause="three numbers in an order: a set has none")
    for layers in ([(3.0, 1, 1)], [(3, 1.5, 1)], [(3, 1, None)], [("3", 1, 1)]):
        expect_raises(TypeError, receptive_field, layers)


# ------------------------------------------------------------ attainable_range


def sums_of_one_sign(weight, bias):
    """The lesson's two sums in float64, low first, and the sum of the sizes of each."""
    for sign in (-1, 1):
        terms = [
            [float(b), *(v for v in w.flatten().tolist() if v * sign > 0)] for w, b in zip(weight, bias, strict=False)
        ]
        exact = torch.tensor([math.fsum(t) for t in terms], dtype=torch.float64)
        yield exact, torch.tensor([math.fsum(map(abs, t)) for t in terms], dtype=torch.float64)


def wrong_ends(weight, bias, sign):
    """What is done wrong, and what it makes of the low end (sign -1) or the high end (sign 1)."""
    weight, bias, each = weight.double(), bias.double(), (1, 2, 3)

    def of_one_sign(x):
        return sign * (sign * x).clamp(min=0)

    end = of_one_sign(weight).sum(each)
    return {
        "add the bias to both ends": end,
        "add the bias to low, too; do not subtract it": end - bias,
        "the bias is added to both ends, whatever its sign": end + of_one_sign(bias),
        "pixels are in [0, 1]: add the weights of one sign only": sign * weight.abs().sum(each) + bias,
        "look at the sign of each weight, not of their sum": of_one_sign(weight.sum(each)) + bias,
        "look at the sign of each weight, not of a kernel's sum": of_one_sign(weight.sum((2, 3))).sum(1) + bias,
        "each channel has its own pixels: do not add the channels first": of_one_sign(weight.sum(1)).sum((1, 2)) + bias,
        "add all weights of one sign, not the largest alone": sign * (sign * weight).amax(each).clamp(min=0) + bias,
        "add the weights, do not take their mean": of_one_sign(weight).mean(each) + bias,
        "each filter has a range of its own": sign * (sign * (end + bias)).max().expand(len(bias)),
        "low comes first, high second": weight.sum(each) - end + bias,
    }


# equation


@law("attainable_range", lesson=5, rank="mathematics", shapes=stacks(1), seed=seeds)
def is_the_sum_of_one_sign(attainable_range, shapes, seed):
    """low is the bias plus all negative weights, high the bias plus all positive ones, one of each per filter."""
    weight, bias = uniform(seed, *shapes[0]), uniform(seed + 1, shapes[0][0])
    result = attainable_range(weight, bias)
    is_pair = isinstance(result, (tuple, list)) and len(result) == 2
    expect(is_pair, got=type(result).__name__, expected="two tensors (low, high)")
    within = rounding(weight[0].numel() + 1, weight.dtype)
    for sign, got, (exact, size) in zip((-1, 1), result, sums_of_one_sign(weight, bias), strict=True):
        expect_close(got, exact.float(), within=within * size, cause=wrong_ends(weight, bias, sign))


@law("attainable_range", lesson=5, rank="mathematics", shapes=stacks(1), seed=seeds)
def a_picture_of_black_and_white_reaches_it(attainable_range, shapes, seed):
    """White where the weight is positive gives exactly the greatest value, white where it is negative the least."""
    weight, bias = whole(seed, *shapes[0]), whole(seed + 1, shapes[0][0])
    low, high = attainable_range(weight, bias)
    brightest = [F.conv2d((w > 0).float()[None], w[None], b[None]) for w, b in zip(weight, bias, strict=False)]
    darkest = [F.conv2d((w < 0).float()[None], w[None], b[None]) for w, b in zip(weight, bias, strict=False)]
    expect_same(high, torch.cat(brightest).flatten(), "add the positive weights only")
    expect_same(low, torch.cat(darkest).flatten(), "add the negative weights only")


@law("attainable_range", lesson=5, rank="mathematics", shapes=stacks(1), seed=seeds, padding=st.integers(0, 2))
def no_picture_leaves_it(attainable_range, shapes, seed, padding):
    """No picture in [0, 1] gives a filter a value below low or above high, with black padding or without."""
    weight, bias = whole(seed, *shapes[0]), whole(seed + 1, shapes[0][0])
    x = whole(seed + 2, 1, shapes[0][1], 5, 5).abs() / 4
    y = F.conv2d(x, weight, bias, padding=padding)
    low, high = (edge[None, :, None, None] for edge in attainable_range(weight, bias))
    inside = (y >= low) & (y <= high)
    expect(bool(inside.all()), got=f"{int((~inside).sum())} values outside", expected="all values from low to high")


@law("attainable_range", lesson=5, rank="mathematics", shapes=stacks(1), seed=seeds)
def the_bias_moves_both_ends(attainable_range, shapes, seed):
    """A bias moves both ends by itself; without one the range contains 0; turning all signs mirrors it."""
    weight, bias = whole(seed, *shapes[0]), whole(seed + 1, shapes[0][0])
    low, high = attainable_range(weight)
    holds_0 = bool(((low <= 0) & (high >= 0)).all())
    expect(holds_0, got=f"{low.tolist()} to {high.tolist()}", expected="low <= 0 <= high: black gives 0")
    for got, end in zip(attainable_range(weight, bias), (low, high), strict=True):
        expect_same(got, end + bias)
    for got, expected in zip(attainable_range(-weight), (-high, -low), strict=True):
        expect_same(got, expected)


# types and layouts


@law("attainable_range", lesson=5, rank="range", shapes=stacks(1), seed=seeds, dtype=st.sampled_from(FLOATS))
def range_keeps_the_type(attainable_range, shapes, seed, dtype):
    """low and high have the type of the weight, within the rounding of a plain sum in that type."""
    weight, bias = uniform(seed, *shapes[0], dtype=dtype), uniform(seed + 1, shapes[0][0], dtype=dtype)
    within = rounding(weight[0].numel() + 1, dtype)
    for given in (bias, None):
        sums = sums_of_one_sign(weight, torch.zeros_like(bias) if given is None else bias)
        for got, (exact, size) in zip(attainable_range(weight, given), sums, strict=True):
            expect_close(got, exact.to(dtype), within=within * size)


@law("attainable_range", lesson=5, rank="range")
def small_weights_are_not_lost_beside_a_large_one(attainable_range):
    """2**24 and sixteen ones make 2**24 + 16, which float32 holds, although 2**24 + 1 rounds back to 2**24 there."""
    weight = torch.ones(1, 1, 1, 17)
    weight[0, 0, 0, 0] = 2.0**24
    for sign, end in ((1, 1), (-1, 0)):
        expect_same(attainable_range(sign * weight)[end], torch.tensor([sign * (2.0**24 + 16)]), "sum in float64")


# refusals


@law("attainable_range", lesson=5, rank="manners", seed=seeds)
def range_keeps_its_arguments(attainable_range, seed):
    """Weight and bias are left as they were, and low and high are new memory."""
    weight, bias = uniform(seed, 2, 1, 1, 1), uniform(seed, 2)
    expect_arguments_kept(lambda *a: attainable_range(*a)[0], weight, bias)
    expect_arguments_kept(lambda *a: attainable_range(*a)[1], weight, torch.zeros(2))
    expect_arguments_kept(lambda *a: attainable_range(*a)[1], weight.abs())


@law("attainable_range", lesson=5, rank="manners")
def range_refuses_nan_and_inf(attainable_range):
    """NaN or inf in weight or bias is a ValueError: no range can be promised."""
    weight = torch.rand(2, 3, 3, 3)
    for value in (math.nan, math.inf, -math.inf):
        broken = weight.clone()
        broken[1, 0, 2, 1] = value
        expect_raises(ValueError, attainable_range, broken)
        expect_raises(ValueError, attainable_range, weight, torch.tensor([0.0, value]))


@law("attainable_range", lesson=5, rank="manners")
def range_refuses_other_weights(attainable_range):
    """Other shapes and two devices are ValueErrors; what is no float tensor, or two float types, a TypeError."""
    weight = torch.rand(2, 3, 3, 3)
    expect_raises(ValueError, attainable_range, weight[0], mention=["(3, 3, 3)"])
    expect_raises(ValueError, attainable_range, weight, torch.rand(3), mention=["(3,)"])
    expect_raises(ValueError, attainable_range, weight, torch.rand(1), mention=["(1,)"])
    expect_raises(ValueError, attainable_range, weight, torch.rand(2, device="meta"), mention=["cpu", "meta"])
    for bad in (weight.long(), weight.numpy(), None):
        expect_raises(TypeError, attainable_range, bad)
    expect_raises(TypeError, attainable_range, weight, [0.0, 0.0])
    expect_raises(TypeError, attainable_range, weight, torch.rand(2).double(), mention=["float32", "float64"])
