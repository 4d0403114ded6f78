"""Laws of lesson 5: convolution, its sizes, ranges and compositions, and the maps of a model.

Whole numbers that stay below 2**24 are exact in float32 in every order of
operations, so most laws are held to the last bit. Where floats are drawn, the
bound is that of a plain sum of n products, g(n) * (sum of their sizes) with
g(n) = n u / (1 - n u); it is taken for 2 n + 2, so that any order and a bias pass."""

import itertools
import math
from functools import reduce

import numpy as np
import torch
import torch.nn.functional as F
from hypothesis import strategies as st

from seeing_tensors.course.laws import expect, expect_arguments_kept, expect_close, expect_raises, expect_same, law

from .strategies import sides, whole

seeds = st.integers(0, 2**16)


def uniform(seed, *shape, dtype=torch.float32):
    """A tensor of fractions from -4 to 4."""
    return (torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 8 - 4).to(dtype)


def growth(n, u):
    return (2 * n + 2) * u / (1 - (2 * n + 2) * u)


@st.composite
def layers(draw):
    """Shapes of one layer that fits its picture: channels, filters, size, kernel, stride, padding, dilation."""
    pair = lambda low, high: draw(st.tuples(st.integers(low, high), st.integers(low, high)))  # noqa: E731
    kernel, stride, padding, dilation = pair(1, 3), pair(1, 3), pair(0, 2), pair(1, 3)
    least = [max(1, d * (k - 1) + 1 - 2 * p) for k, p, d in zip(kernel, padding, dilation)]
    size = tuple(n + draw(st.integers(0, 3)) for n in least)
    channels, filters = draw(sides(3)), draw(sides(3))
    return dict(channels=channels, filters=filters, size=size, kernel=kernel, stride=stride, padding=padding, dilation=dilation)


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
    rows = [i for i in range(-padding[0], height + padding[0] - dilation[0] * (h - 1), stride[0])]
    columns = [j for j in range(-padding[1], width + padding[1] - dilation[1] * (w - 1), stride[1])]
    y, size = (np.zeros((n, filters, len(rows), len(columns))) for _ in range(2))
    for a, o, (r, i), (s, j) in itertools.product(range(n), range(filters), enumerate(rows), enumerate(columns)):
        terms = [bias[o]]
        for c, u, v in itertools.product(range(channels), range(h), range(w)):
            row, column = i + dilation[0] * u, j + dilation[1] * v
            if 0 <= row < height and 0 <= column < width:
                terms.append(weight[o, c, u, v] * x[a, c, row, column])
        y[a, o, r, s], size[a, o, r, s] = math.fsum(terms), math.fsum(map(abs, terms))
    return torch.from_numpy(y), torch.from_numpy(size)


# --------------------------------------------------------------------- conv2d


@law("conv2d", lesson=5, rank="mathematics", layer=layers(), seed=seeds)
def conv2d_is_the_equation(conv2d, layer, seed):
    """Each value is the bias plus the sum, over channels and taps, of weight times the pixel under it: plain loops in float64 agree."""
    for dtype, u in ((torch.float32, 2.0**-24), (torch.float64, 2.0**-53)):
        x, weight, bias, options = picture_of(layer, uniform, seed, dtype=dtype)
        exact, size = by_loops(x, weight, bias, **options)
        n = weight[0].numel() + 1
        # In float64 the loops themselves round once.
        bound = growth(n, u) * size + 2 * u * exact.abs()
        expect_close(conv2d(x, weight, bias, **options), exact.to(dtype), within=bound, cause="row i of the result starts at row s i - p of the picture; tap u lies d u below")


@law("conv2d", lesson=5, rank="range", layer=layers(), seed=seeds)
def conv2d_equals_torch(conv2d, layer, seed):
    """On whole numbers the result is torch's to the last bit, for every stride, padding and dilation, with and without bias."""
    x, weight, bias, options = picture_of(layer, whole, seed, batch=(2,))
    expect_same(conv2d(x, weight, bias, **options), F.conv2d(x, weight, bias, **options))
    expect_same(conv2d(x, weight, **options), F.conv2d(x, weight, **options))
    s, p, d = layer["stride"][0], layer["padding"][0], layer["dilation"][0]
    square = whole(seed, layer["filters"], layer["channels"], 2, 2)
    larger = F.pad(x, (d, d, d, d))
    expect_same(conv2d(larger, square, bias, s, p, d), F.conv2d(larger, square, bias, s, p, d), "the order of torch: stride, padding, dilation")


@law("conv2d", lesson=5, rank="mathematics", channels=sides(3), filters=sides(3), height=sides(4), width=sides(4), seed=seeds)
def an_impulse_gives_the_kernel_turned_around(conv2d, channels, filters, height, width, seed):
    """A single 1 in channel c gives every filter's kernel for c turned by 180 degrees, bit for bit: this is cross-correlation."""
    weight = uniform(seed, filters, channels, height, width)
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
    f = lambda z: conv2d(z, weight, bias, **options)  # noqa: E731
    expect_same(f(x + y) + f(torch.zeros_like(x)), f(x) + f(y))
    expect_same(f(torch.zeros_like(x)), bias[:, None, None].expand_as(f(x)).clone())


@law("conv2d", lesson=5, rank="range", layer=layers(), seed=seeds, down=st.integers(0, 2), right=st.integers(0, 2))
def a_shifted_picture_gives_shifted_maps(conv2d, layer, seed, down, right):
    """Where the picture moves by a multiple of the stride, the maps move along, exactly (no padding)."""
    x, weight, bias, options = picture_of(layer, whole, seed)
    options["padding"] = (0, 0)
    x = F.pad(x, (2, 2, 2, 2), value=1)
    s, t = options["stride"]
    moved = F.pad(x, (t * right, 0, s * down, 0), value=3)
    expect_same(conv2d(moved, weight, bias, **options)[..., down:, right:], conv2d(x, weight, bias, **options))


@law("conv2d", lesson=5, rank="mathematics", seed=seeds, channels=sides(3), filters=sides(3), value=st.integers(-4, 4))
def a_constant_picture_gives_the_sum_of_the_weights(conv2d, seed, channels, filters, value):
    """Without padding, a picture of the value c everywhere gives c times the sum of the filter's weights, plus its bias."""
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
    """With circular padding, the sum of a map is the sum over channels of (sum of the channel) times (sum of its kernel)."""
    x, weight = whole(seed, 1, channels, 4, 5), whole(seed + 1, filters, channels, 3, 3)
    y = conv2d(F.pad(x, (1, 1, 1, 1), mode="circular"), weight)
    expect_same(y.sum((2, 3)), torch.einsum("nc,oc->no", x.sum((2, 3)), weight.sum((2, 3))))


@law("conv2d", lesson=5, rank="mathematics", seed=seeds, row=st.integers(0, 4), column=st.integers(0, 5))
def a_nan_reaches_only_those_who_look_at_it(conv2d, seed, row, column):
    """A NaN in the picture makes NaN of exactly the values whose kernel covers it."""
    x, weight = whole(seed, 1, 2, 5, 6), whole(seed + 1, 3, 2, 2, 3).abs() + 1
    x[0, 1, row, column] = math.nan
    result = conv2d(x, weight, stride=(2, 1), padding=1)
    expect_same(result, F.conv2d(x, weight, stride=(2, 1), padding=1))


@law("conv2d", lesson=5, rank="range", seed=seeds, dtype=st.sampled_from([torch.float16, torch.float32, torch.float64]))
def conv2d_keeps_the_type(conv2d, seed, dtype):
    """The result has the type of x, for one picture and for a batch, and each picture gives what it gives alone."""
    x, weight, bias = whole(seed, 2, 2, 3, 4, dtype=dtype), whole(seed + 1, 3, 2, 2, 2, dtype=dtype), whole(seed + 2, 3, dtype=dtype)
    together = conv2d(x, weight, bias)
    for picture, maps in zip(x, together, strict=True):
        alone = conv2d(picture, weight, bias)
        expect_same(alone, F.conv2d(picture.double(), weight.double(), bias.double()).to(dtype))
        expect_same(maps, alone)


@law("conv2d", lesson=5, rank="mathematics", seed=seeds)
def a_batch_of_videos_too(conv2d, seed):
    """Any number of axes may come before the channels, where torch takes one at most; a batch may be empty."""
    x, weight, bias = whole(seed, 2, 3, 2, 3, 4), whole(seed + 1, 3, 2, 2, 2), whole(seed + 2, 3)
    expect_same(conv2d(x, weight, bias), F.conv2d(x.flatten(0, 1), weight, bias).unflatten(0, (2, 3)))
    expect_same(conv2d(x[0, :0], weight, bias), torch.zeros(0, 3, 2, 3))


@law("conv2d", lesson=5, rank="range")
def half_precision_is_summed_in_float32(conv2d):
    """In float16 a sum of 1s cannot pass 2048: 2112 ones make 2112 all the same."""
    ones = torch.ones(1, 1, 1, 2112, dtype=torch.float16)
    expect_same(conv2d(ones, ones), torch.full((1, 1, 1, 1), 2112.0).half(), "sum half precision in float32")


# One channel, and a result one column wide: torch's own convolution is wrong here on some processors.
ONE_COLUMN = dict(channels=1, filters=1, size=(4, 4), kernel=(3, 3), stride=(1, 2), padding=(0, 0), dilation=(1, 1))


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


@law("conv2d", lesson=5, rank="mathematics", layer=layers(), seed=seeds)
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


@law("conv2d", lesson=5, rank="manners", seed=seeds, kernel=sides(2))
def conv2d_keeps_its_arguments(conv2d, seed, kernel):
    """Picture, weight and bias are left as they were, and the result is new memory, for a 1 by 1 kernel too."""
    x, weight = uniform(seed, 1, 1, 3, 3), torch.ones(1, 1, kernel, kernel)
    expect_arguments_kept(conv2d, x, weight, torch.zeros(1))
    expect_arguments_kept(conv2d, x, weight)


@law("conv2d", lesson=5, rank="manners")
def conv2d_refuses_what_does_not_fit(conv2d):
    """Bytes, arrays and mixed types are a TypeError; channels, biases and kernels that do not fit are a ValueError with the numbers."""
    x, weight, bias = torch.rand(1, 3, 5, 6), torch.rand(2, 3, 3, 3), torch.rand(2)
    for bad in ((x * 255).byte(), x.long(), x.bool(), x.to(torch.complex64), x.numpy(), None):
        expect_raises(TypeError, conv2d, bad, weight, bias)
        expect_raises(TypeError, conv2d, x, bad, bias)
    expect_raises(TypeError, conv2d, x, weight, [0.0, 0.0])
    expect_raises(TypeError, conv2d, x, weight, bias.long())
    expect_raises(TypeError, conv2d, x.double(), weight, bias, mention=["float32", "float64"])
    expect_raises(TypeError, conv2d, x, weight, bias.double(), mention=["float32", "float64"])
    expect_raises(ValueError, conv2d, x[:, :1], weight, bias, mention=["3", "(1, 1, 5, 6)"])
    expect_raises(ValueError, conv2d, x[0, 0], weight, bias, mention=["(5, 6)"])
    expect_raises(ValueError, conv2d, x, weight[0], mention=["(3, 3, 3)"])
    expect_raises(ValueError, conv2d, x, weight[:0], mention=["(0, 3, 3, 3)"])
    for wrong in (bias[:1], bias[None], torch.tensor(1.0)):
        expect_raises(ValueError, conv2d, x, weight, wrong, mention=["(2,)", str(tuple(wrong.shape))], cause="broadcasting hides a bias of the wrong length")
    expect_raises(ValueError, conv2d, x, torch.rand(2, 3, 6, 3), mention=["6", "5"])
    expect_raises(ValueError, conv2d, x, weight, dilation=3, mention=["7", "5"])
    for options in (dict(stride=0), dict(stride=(1, -1)), dict(padding=-1), dict(padding=(0, -1)), dict(dilation=0)):
        expect_raises(ValueError, conv2d, x, weight, **options)
    for options in (dict(stride=1.0), dict(stride=(1, 1, 1)), dict(stride=None), dict(padding="same"), dict(padding=(1.0, 1)), dict(dilation=(1,))):
        expect_raises(TypeError, conv2d, x, weight, **options)


@law("conv2d", lesson=5, rank="manners")
def two_devices_are_refused(conv2d):
    """A picture on one device and a weight or bias on another is a ValueError that names both: never memory that nobody wrote."""
    x, weight, bias = torch.rand(1, 3, 5, 6), torch.rand(2, 3, 3, 3), torch.rand(2)
    expect_raises(ValueError, conv2d, x, weight.to("meta"), mention=["cpu", "meta"])
    expect_raises(ValueError, conv2d, x, weight.to("meta"), bias.to("meta"), mention=["cpu", "meta"])
    expect_raises(ValueError, conv2d, x, weight, bias.to("meta"), mention=["cpu", "meta"])
    expect_raises(ValueError, conv2d, x.to("meta"), weight, bias, mention=["cpu", "meta"])


# ---------------------------------------------------------- conv2d_output_size


@law("conv2d_output_size", lesson=5, rank="manners", size=st.integers(1, 60), kernel_size=st.integers(1, 9), stride=st.integers(1, 7), padding=st.integers(0, 5), dilation=st.integers(1, 4))
def counts_the_places_of_the_kernel(conv2d_output_size, size, kernel_size, stride, padding, dilation):
    """The result is how many places, a stride apart, the kernel finds on the padded axis; none is a ValueError."""
    last = size + 2 * padding - dilation * (kernel_size - 1) - 1
    places = len(range(0, last + 1, stride))
    arguments = (size, kernel_size, stride, padding, dilation)
    if places:
        expect_same(conv2d_output_size(*arguments), places, "floor((size + 2 p - d (k - 1) - 1) / s) + 1")
    else:
        expect_raises(ValueError, conv2d_output_size, *arguments, cause="a kernel larger than the picture has no place")


@law("conv2d_output_size", lesson=5, rank="manners")
def equals_torch_for_every_layer(conv2d_output_size):
    """For every size to 9, kernel to 5, stride to 3, padding to 2 and dilation to 3, torch makes an output of this size, or refuses."""
    for size, k, s, p, d in itertools.product(range(1, 10), range(1, 6), range(1, 4), range(3), range(1, 4)):
        if d * (k - 1) + 1 <= size + 2 * p:
            shape = F.conv1d(torch.empty(1, 1, size, device="meta"), torch.empty(1, 1, k, device="meta"), None, s, p, d).shape
            expect_same(conv2d_output_size(size, k, s, p, d), shape[-1])


@law("conv2d_output_size", lesson=5, rank="mathematics", size=st.integers(1, 50), half=st.integers(0, 4), dilation=st.integers(1, 3))
def half_a_kernel_of_padding_keeps_the_size(conv2d_output_size, size, half, dilation):
    """An odd kernel with padding d (k - 1) / 2 keeps the size; without padding and dilation it takes away k - 1."""
    kernel = 2 * half + 1
    expect_same(conv2d_output_size(size, kernel, padding=dilation * half, dilation=dilation), size)
    expect_same(conv2d_output_size(size + kernel - 1, kernel), size)


@law("conv2d_output_size", lesson=5, rank="mathematics", size=st.integers(2**53, 2**62), stride=st.integers(1, 9))
def sizes_are_whole_numbers(conv2d_output_size, size, stride):
    """The result is exact for numbers too large for a float; numpy's integers are taken too."""
    expect_same(conv2d_output_size(size, 3, stride), (size - 3) // stride + 1, "divide with //, not with / and a floor")
    expect_same(conv2d_output_size(np.int64(10), np.int32(3), stride=np.int64(2)), 4)


@law("conv2d_output_size", lesson=5, rank="manners")
def output_size_refuses_nonsense(conv2d_output_size):
    """A stride or size of 0, a negative padding and a kernel too large are ValueErrors; fractions and pairs are TypeErrors."""
    for arguments in [(0, 1), (-3, 1), (5, 0), (5, -1), (5, 3, 0), (5, 3, -1), (5, 3, 1, -1), (5, 3, 1, 0, 0), (5, 3, 1, 0, -1)]:
        expect_raises(ValueError, conv2d_output_size, *arguments)
    expect_raises(ValueError, conv2d_output_size, 5, 6, mention=["6", "5"])
    expect_raises(ValueError, conv2d_output_size, 5, 3, 1, 1, 4, mention=["9", "7"])
    for arguments in [(5.0, 3), (5, 3.0), (5, 3, 1.5), (5, 3, 1, 0.5), (5, 3, 1, 0, 1.0), ((5, 6), 3), (5, (3, 3)), ("5", 3), (None, 3)]:
        expect_raises(TypeError, conv2d_output_size, *arguments)


# ------------------------------------------------------------- compose_kernels


@st.composite
def stacks(draw, count=2):
    """Shapes of weights, each layer taking what the one before gives."""
    channels = [draw(sides(3)) for _ in range(count + 1)]
    return [(f, c, draw(sides(3)), draw(sides(3))) for c, f in itertools.pairwise(channels)]


def span_of(shapes):
    return [1 + sum(shape[axis] - 1 for shape in shapes) for axis in (2, 3)]


@law("compose_kernels", lesson=5, rank="mathematics", shapes=stacks(), seed=seeds)
def two_layers_are_one(compose_kernels, shapes, seed):
    """On every picture without padding, one layer with the composed weight and bias gives what the two give, exactly on whole numbers."""
    (w1, w2), (b1, b2) = (whole(seed + i, *s) for i, s in enumerate(shapes)), (whole(seed + 9 - i, s[0]) for i, s in enumerate(shapes))
    height, width = span_of(shapes)
    x = whole(seed + 5, 1, shapes[0][1], height + 2, width + 1)
    weight, bias = compose_kernels((w1, b1), (w2, b2))
    expect_same(F.conv2d(x, weight, bias), F.conv2d(F.conv2d(x, w1, b1), w2, b2), "sum over the channels between the layers; full convolution, kernels turned")
    expect_same(F.conv2d(x, compose_kernels(w1, w2)), F.conv2d(F.conv2d(x, w1), w2))


@law("compose_kernels", lesson=5, rank="mathematics", seed=seeds)
def three_layers_are_one_13_by_13(compose_kernels, seed):
    """Three 5 by 5 layers of 6, 6 and 4 filters with nothing between them are one 13 by 13 layer, to the last bit."""
    layers = [whole(seed + i, *s, most=1) for i, s in enumerate([(6, 3, 5, 5), (6, 6, 5, 5), (4, 6, 5, 5)])]
    x = whole(seed + 3, 1, 3, 14, 15, most=1).abs()
    weight = reduce(compose_kernels, layers)
    expect_same(weight.shape, torch.Size([4, 3, 13, 13]))
    expect_same(F.conv2d(x, weight), reduce(F.conv2d, layers, x))


@law("compose_kernels", lesson=5, rank="range", shapes=stacks(), seed=seeds, dtype=st.sampled_from([torch.float16, torch.float32, torch.float64]))
def composes_fractions_within_rounding(compose_kernels, shapes, seed, dtype):
    """For any weights, each number is the plain sum in float64 within the rounding of such a sum; the type is kept."""
    (w1, w2), (b1, b2) = (uniform(seed + i, *s, dtype=dtype) for i, s in enumerate(shapes)), (uniform(seed + 9 - i, s[0], dtype=dtype) for i, s in enumerate(shapes))
    height, width = span_of(shapes)
    exact, size = (torch.zeros(shapes[1][0], shapes[0][1], height, width, dtype=torch.float64) for _ in range(2))
    for (u, v), (i, j) in itertools.product(np.ndindex(*shapes[1][2:]), np.ndindex(*shapes[0][2:])):
        product = w2[:, :, u, v].double() @ w1[:, :, i, j].double()
        exact[:, :, u + i, v + j] += product
        size[:, :, u + i, v + j] += w2[:, :, u, v].double().abs() @ w1[:, :, i, j].double().abs()
    terms = w2.double().sum((2, 3)) @ b1.double()
    sizes = w2.double().abs().sum((2, 3)) @ b1.double().abs() + b2.double().abs()
    u, n = torch.finfo(dtype).eps / 2, w2[0].numel() + 1
    weight, bias = compose_kernels((w1, b1), (w2, b2))
    expect_close(weight, exact.to(dtype), within=growth(n, u) * size + 2 * u * exact.abs())
    expect_close(bias, (terms + b2.double()).to(dtype), within=growth(n, u) * sizes + 2 * u * sizes, cause="second's bias, plus first's bias seen through all taps of second")


@law("compose_kernels", lesson=5, rank="mathematics", shapes=stacks(3), seed=seeds)
def composition_is_associative(compose_kernels, shapes, seed):
    """Whether the first two layers or the last two are joined first, the whole is the same."""
    a, b, c = [(whole(seed + i, *s, most=2), whole(seed + 5 + i, s[0], most=2)) for i, s in enumerate(shapes)]
    left, right = compose_kernels(compose_kernels(a, b), c), compose_kernels(a, compose_kernels(b, c))
    for one, other in zip(left, right, strict=True):
        expect_same(one, other)


@law("compose_kernels", lesson=5, rank="mathematics", shapes=stacks(), seed=seeds)
def a_bias_makes_it_a_pair(compose_kernels, shapes, seed):
    """Two weights give a weight; a pair (weight, bias) on either side gives a pair, and no bias counts as zeros."""
    w1, w2 = (whole(seed + i, *s) for i, s in enumerate(shapes))
    b1, b2, zero = whole(seed + 2, shapes[0][0]), whole(seed + 3, shapes[1][0]), torch.zeros(shapes[1][0])
    alone = compose_kernels(w1, w2)
    expect(isinstance(alone, torch.Tensor), got=type(alone).__name__, expected="a tensor")
    seen = torch.einsum("omuv,m->o", w2, b1)
    for first, second, expected in [
        ((w1, b1), w2, seen),
        ((w1, b1), (w2, None), seen),
        (w1, (w2, b2), b2),
        ((w1, None), (w2, b2), b2),
        ((w1, None), (w2, None), zero),
        ((w1, b1), (w2, b2), seen + b2),
    ]:
        result = compose_kernels(first, second)
        expect(isinstance(result, tuple) and len(result) == 2, got=type(result).__name__, expected="a pair (weight, bias)")
        expect_same(result[0], alone)
        expect_same(result[1], expected)


@law("compose_kernels", lesson=5, rank="mathematics", shapes=stacks(1), seed=seeds)
def a_layer_that_does_nothing_is_neutral(compose_kernels, shapes, seed):
    """Composed with a 1 by 1 layer that passes every channel on, before or after, a layer stays as it is."""
    weight = uniform(seed, *shapes[0])
    before, after = (torch.eye(n)[:, :, None, None] for n in (weight.shape[1], weight.shape[0]))
    expect_same(compose_kernels(before, weight), weight)
    expect_same(compose_kernels(weight, after), weight)


@law("compose_kernels", lesson=5, rank="mathematics", seed=seeds, sizes=st.tuples(st.sampled_from([1, 3, 5]), st.sampled_from([1, 3, 5])))
def padding_differs_in_a_ring_only(compose_kernels, seed, sizes):
    """With padding (k - 1) / 2 in every layer the one layer gives the same but for a ring as wide as the later kernel's half."""
    k1, k2 = sizes
    w1, w2 = whole(seed, 2, 1, k1, k1), whole(seed + 1, 2, 2, k2, k2)
    x = whole(seed + 2, 1, 1, 9, 10)
    one = F.conv2d(x, compose_kernels(w1, w2), padding=(k1 + k2 - 2) // 2)
    two = F.conv2d(F.conv2d(x, w1, padding=k1 // 2), w2, padding=k2 // 2)
    ring = k2 // 2
    inside = (..., slice(ring, 9 - ring), slice(ring, 10 - ring))
    expect_same(one[inside], two[inside])


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


@law("compose_kernels", lesson=5, rank="range")
def compose_sums_half_precision_in_float32(compose_kernels):
    """In float16 a sum of 1s cannot pass 2048: two rows of 2112 ones make one whose middle is 2112 all the same."""
    ones = torch.ones(1, 1, 1, 2112, dtype=torch.float16)
    expected = 2112.0 - (torch.arange(2 * 2112 - 1) - 2111).abs()
    expect_same(compose_kernels(ones, ones), expected.half().reshape(1, 1, 1, -1), "sum half precision in float32, then go back")


@law("compose_kernels", lesson=5, rank="manners")
def compose_refuses_what_does_not_fit(compose_kernels):
    """Layers that do not follow one another, other shapes and devices are ValueErrors; no floats, or two types, are TypeErrors."""
    first, second = torch.rand(4, 3, 5, 5), torch.rand(2, 4, 3, 3)
    expect_raises(ValueError, compose_kernels, second, first, mention=["2", "3"])
    expect_raises(ValueError, compose_kernels, first, second[:, :1], cause="broadcasting hides a missing channel")
    expect_raises(ValueError, compose_kernels, first[:1], second)
    expect_raises(ValueError, compose_kernels, first[0], second, mention=["(3, 5, 5)"])
    expect_raises(ValueError, compose_kernels, (first, torch.rand(1)), second, mention=["(4,)", "(1,)"])
    expect_raises(ValueError, compose_kernels, first, (second, torch.rand(2, 1)), mention=["(2,)", "(2, 1)"])
    expect_raises(ValueError, compose_kernels, (first, torch.rand(4), 1), second)
    expect_raises(ValueError, compose_kernels, first, second.to("meta"), mention=["cpu", "meta"])
    for bad in (first.long(), first.numpy(), None):
        expect_raises(TypeError, compose_kernels, bad, second)
        expect_raises(TypeError, compose_kernels, (bad, None), second)
    expect_raises(TypeError, compose_kernels, first, (second, [0.0, 0.0]))
    expect_raises(TypeError, compose_kernels, first.double(), second, mention=["float32", "float64"])


# ------------------------------------------------------------- receptive_field

chains = st.lists(st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3)), max_size=4)


@law("receptive_field", lesson=5, rank="mathematics", layers=chains)
def is_from_the_first_pixel_reached_to_the_last(receptive_field, layers):
    """Going back from one value, tap by tap and layer by layer, this many pixels lie between the first and the last one reached."""
    reached = {0}
    for k, s, d in reversed(layers):
        reached = {s * i + d * u for i in reached for u in range(k)}
    expect_same(receptive_field(layers), max(reached) - min(reached) + 1, "a layer's taps are as far apart as the strides before it make them")


@law("receptive_field", lesson=5, rank="mathematics", layers=st.lists(st.tuples(st.integers(1, 3), st.integers(1, 2), st.integers(1, 2)), max_size=3))
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


@law("receptive_field", lesson=5, rank="range")
def known_receptive_fields(receptive_field):
    """Nothing sees 1 pixel; three 5 by 5 layers see 13; a stride doubles what later layers see; dilations 1, 2, 4 see 15."""
    for layers, expected in [
        ([], 1),
        ([(1, 1, 1)], 1),
        ([(5, 1, 1)] * 3, 13),
        ([(3, 2, 1), (3, 1, 1)], 7),
        ([(3, 1, 1), (3, 2, 1)], 5),
        ([(3, 1, 1), (3, 1, 2), (3, 1, 4)], 15),
        ([[7, 2, 1], [3, 2, 1]], 11),
        ([(2, 2, 1)] * 70, 2**70),
        (((5, 1, 1),), 5),
    ]:
        got = receptive_field(layers)
        expect_same(got, expected)
        expect(type(got) is int, got=type(got).__name__, expected="int")


@law("receptive_field", lesson=5, rank="manners")
def receptive_field_refuses_nonsense(receptive_field):
    """A layer is three whole numbers from 1 up: fewer or more, a number below 1, or no sequence is a ValueError; a fraction is a TypeError."""
    for layers in ([(3, 1)], [(3, 1, 1, 1)], [(0, 1, 1)], [(3, 0, 1)], [(3, 1, 0)], [(3, -1, 1)], [(3, 1, 1), (3, 1)]):
        expect_raises(ValueError, receptive_field, layers)
    for layer in (3, None, {3, 1, 2}, {3: 1, 1: 1, 2: 1}):
        expect_raises(ValueError, receptive_field, [layer], cause="three numbers in an order: a set has none")
    for layers in ([(3.0, 1, 1)], [(3, 1.5, 1)], [(3, 1, None)], [("3", 1, 1)]):
        expect_raises(TypeError, receptive_field, layers)


# ------------------------------------------------------------ attainable_range


@law("attainable_range", lesson=5, rank="mathematics", shapes=stacks(1), seed=seeds)
def a_picture_of_black_and_white_reaches_it(attainable_range, shapes, seed):
    """White where the weight is positive gives exactly the greatest value, white where it is negative exactly the least."""
    weight, bias = whole(seed, *shapes[0]), whole(seed + 1, shapes[0][0])
    low, high = attainable_range(weight, bias)
    brightest = torch.cat([F.conv2d((w > 0).float()[None], w[None], b[None]) for w, b in zip(weight, bias)]).flatten()
    darkest = torch.cat([F.conv2d((w < 0).float()[None], w[None], b[None]) for w, b in zip(weight, bias)]).flatten()
    expect_same(high, brightest, "add the positive weights only")
    expect_same(low, darkest, "add the negative weights only")


@law("attainable_range", lesson=5, rank="mathematics", shapes=stacks(1), seed=seeds, padding=st.integers(0, 2))
def no_picture_leaves_it(attainable_range, shapes, seed, padding):
    """No picture in [0, 1] gives a filter a value below low or above high, with black padding or without."""
    weight, bias = whole(seed, *shapes[0]), whole(seed + 1, shapes[0][0])
    x = (whole(seed + 2, 1, shapes[0][1], 5, 5).abs()) / 4
    y = F.conv2d(x, weight, bias, padding=padding)
    low, high = (edge[None, :, None, None] for edge in attainable_range(weight, bias))
    inside = (y >= low) & (y <= high)
    expect(bool(inside.all()), got=f"{int((~inside).sum())} values outside", expected="all values from low to high")


@law("attainable_range", lesson=5, rank="range", shapes=stacks(1), seed=seeds, dtype=st.sampled_from([torch.float16, torch.float32, torch.float64]))
def is_the_sum_of_one_sign(attainable_range, shapes, seed, dtype):
    """low is the bias plus all negative weights, high the bias plus all positive ones, one of each per filter, in the type of the weight."""
    weight, bias = uniform(seed, *shapes[0], dtype=dtype), uniform(seed + 1, shapes[0][0], dtype=dtype)
    result = attainable_range(weight, bias)
    expect(isinstance(result, tuple) and len(result) == 2, got=type(result).__name__, expected="two tensors (low, high)")
    u, n = torch.finfo(dtype).eps / 2, weight[0].numel() + 1
    for got, sign in zip(result, (-1, 1), strict=True):
        terms = [[float(b), *(v for v in w.flatten().tolist() if v * sign > 0)] for w, b in zip(weight, bias)]
        exact = torch.tensor([math.fsum(t) for t in terms], dtype=torch.float64)
        size = torch.tensor([math.fsum(map(abs, t)) for t in terms], dtype=torch.float64)
        expect_close(got, exact.to(dtype), within=(growth(n, u) + 2 * u) * size)


@law("attainable_range", lesson=5, rank="mathematics", shapes=stacks(1), seed=seeds)
def the_bias_moves_both_ends(attainable_range, shapes, seed):
    """A bias moves both ends by itself; without one the range contains 0; turning the signs of all weights mirrors it."""
    weight, bias = whole(seed, *shapes[0]), whole(seed + 1, shapes[0][0])
    low, high = attainable_range(weight)
    expect(bool(((low <= 0) & (high >= 0)).all()), got=f"{low.tolist()} to {high.tolist()}", expected="low <= 0 <= high: black gives 0")
    for got, end in zip(attainable_range(weight, bias), (low, high), strict=True):
        expect_same(got, end + bias)
    for got, expected in zip(attainable_range(-weight), (-high, -low), strict=True):
        expect_same(got, expected)


@law("attainable_range", lesson=5, rank="manners", seed=seeds)
def range_keeps_its_arguments(attainable_range, seed):
    """Weight and bias are left as they were, and low and high are new memory."""
    weight, bias = uniform(seed, 2, 1, 1, 1), uniform(seed, 2)
    expect_arguments_kept(lambda *a: attainable_range(*a)[0], weight, bias)
    expect_arguments_kept(lambda *a: attainable_range(*a)[1], weight, torch.zeros(2))
    expect_arguments_kept(lambda *a: attainable_range(*a)[1], weight.abs())


@law("attainable_range", lesson=5, rank="manners")
def range_refuses_bad_weights(attainable_range):
    """NaN and inf, other shapes and devices are ValueErrors; no floats, or two types, are TypeErrors."""
    weight = torch.rand(2, 3, 3, 3)
    for value in (math.nan, math.inf, -math.inf):
        broken = weight.clone()
        broken[1, 0, 2, 1] = value
        expect_raises(ValueError, attainable_range, broken)
        expect_raises(ValueError, attainable_range, weight, torch.tensor([0.0, value]))
    expect_raises(ValueError, attainable_range, weight[0], mention=["(3, 3, 3)"])
    expect_raises(ValueError, attainable_range, weight, torch.rand(3), mention=["(2,)", "(3,)"])
    expect_raises(ValueError, attainable_range, weight, torch.rand(1), mention=["(2,)", "(1,)"])
    expect_raises(ValueError, attainable_range, weight, torch.rand(2, device="meta"), mention=["cpu", "meta"])
    for bad in (weight.long(), weight.numpy(), None):
        expect_raises(TypeError, attainable_range, bad)
    expect_raises(TypeError, attainable_range, weight, [0.0, 0.0])
    expect_raises(TypeError, attainable_range, weight, torch.rand(2).double(), mention=["float32", "float64"])
