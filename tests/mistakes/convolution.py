"""Mistakes of lesson 5: convolution, its sizes, compositions, receptive fields and ranges, and the maps of a model."""

import math

import numpy as np
import torch
import torch.nn.functional as F

import seeing_tensors as library
from seeing_tensors.course.laws.museum import mistake, plain, twin

HUNT = "a hunt for wrong answers, written from the lesson's text alone"

# --------------------------------------------------------------------- conv2d


@mistake(
    "conv2d",
    tempting="In mathematics, in scipy and in every signal processing book convolution turns the kernel around.",
    source="https://github.com/pytorch/pytorch/issues/117534",
)
def turns_the_kernel(x, weight, bias=None, stride=1, padding=0, dilation=1):
    """the kernel is turned by 180 degrees first: neural networks lay it on the picture as it is, which is
    cross-correlation
    """
    library.conv2d(x, weight, bias, stride, padding, dilation)  # the same refusals
    return library.conv2d(x, weight.flip(-2, -1), bias, stride, padding, dilation)


@turns_the_kernel.in_other_words
def true_convolution(x, weight, bias=None, stride=1, padding=0, dilation=1):
    (s, t), (p, q), (d, e) = (v if isinstance(v, tuple) else (v, v) for v in (stride, padding, dilation))
    padded = F.pad(x, (q, q, p, p))
    height, width = d * (weight.shape[2] - 1), e * (weight.shape[3] - 1)
    rows = range(0, padded.shape[-2] - height, s)
    columns = range(0, padded.shape[-1] - width, t)
    turned = torch.rot90(weight, 2, (2, 3)).to(torch.promote_types(x.dtype, torch.float32))
    lines = []
    for i in rows:
        seen = [padded[..., i : i + height + 1 : d, j : j + width + 1 : e].to(turned.dtype) for j in columns]
        lines.append(torch.stack([torch.einsum("...chw,ochw->...o", patch, turned) for patch in seen], -1))
    y = torch.stack(lines, -2)
    return (y if bias is None else y + bias[:, None, None]).to(x.dtype)


@mistake(
    "conv2d",
    tempting="It was tried with one channel first, and there it is right.",
    source="https://github.com/josephjaspers/blackcat_tensors/issues/59",
)
def looks_at_one_channel(x, weight, bias=None, stride=1, padding=0, dilation=1):
    """only the first channel is looked at: a filter has a kernel for every input channel, and its map is the sum over
    all of them
    """
    library.conv2d(x, weight, bias, stride, padding, dilation)
    return library.conv2d(x[..., :1, :, :], weight[:, :1], bias, stride, padding, dilation)


@looks_at_one_channel.in_other_words
def channels_left_out(x, weight, bias=None, stride=1, padding=0, dilation=1):
    only = torch.zeros_like(weight)
    only[:, 0] = weight[:, 0]
    clean = x.clone()
    clean[..., 1:, :, :] = 0
    return library.conv2d(clean, only, bias, stride, padding, dilation)


@mistake(
    "conv2d",
    tempting="Image libraries repeat or mirror the edge, and the picture that comes out has no dark frame.",
    source="https://github.com/distillpub/post--deconv-checkerboard/issues/5",
)
def pads_with_the_edge(x, weight, bias=None, stride=1, padding=0, dilation=1):
    """padding repeats the pixels at the edge: a layer pads with zeros, black, unless it is told otherwise"""
    library.conv2d(x, weight, bias, stride, padding, dilation)
    p, q = padding if isinstance(padding, tuple) else (padding, padding)
    rows = torch.arange(-p, x.shape[-2] + p).clamp(0, x.shape[-2] - 1)
    columns = torch.arange(-q, x.shape[-1] + q).clamp(0, x.shape[-1] - 1)
    return library.conv2d(x[..., rows, :][..., columns], weight, bias, stride, 0, dilation)


@pads_with_the_edge.in_other_words
def replicate(x, weight, bias=None, stride=1, padding=0, dilation=1):
    (p, q) = padding if isinstance(padding, tuple) else (padding, padding)
    if not (p or q):
        return library.conv2d(x, weight, bias, stride, padding, dilation)
    padded = F.pad(x.flatten(0, -4), (q, q, p, p), mode="replicate").reshape(*x.shape[:-2], x.shape[-2] + 2 * p, -1)
    return library.conv2d(padded, weight, bias, stride, (0, 0), dilation)


@mistake(
    "conv2d",
    tempting="Nearly every layer has the same stride in both directions, and then nothing shows.",
    source="https://github.com/deepjavalibrary/djl/issues/384",
)
def one_number_for_both_axes(x, weight, bias=None, stride=1, padding=0, dilation=1):
    """stride and dilation of the rows are used for the columns too: a pair is (rows, columns)"""
    library.conv2d(x, weight, bias, stride, padding, dilation)
    stride, dilation = (v[0] if isinstance(v, tuple) else v for v in (stride, dilation))
    return library.conv2d(x, weight, bias, stride, padding, dilation)


@one_number_for_both_axes.in_other_words
def index_0(x, weight, bias=None, stride=1, padding=0, dilation=1):
    s = stride if isinstance(stride, int) else stride[0]
    d = dilation if isinstance(dilation, int) else dilation[0]
    if x.ndim > 4 or not x.numel() or x.dtype == torch.float16:
        return library.conv2d(x, weight, bias, s, padding, d)
    return F.conv2d(x, weight, bias, s, padding, d)


@mistake(
    "conv2d",
    tempting="Most layers leave dilation at 1, and then nothing shows.",
    source="https://github.com/zylo117/Yet-Another-EfficientDet-Pytorch/issues/280",
)
def without_dilation(x, weight, bias=None, stride=1, padding=0, dilation=1):
    """dilation is left out: tap u lies d u pixels below the first one, not u"""
    library.conv2d(x, weight, bias, stride, padding, dilation)
    return library.conv2d(x, weight, bias, stride, padding)


@without_dilation.in_other_words
def taps_side_by_side(x, weight, bias=None, stride=1, padding=0, dilation=1):
    (s, t), (p, q) = (v if isinstance(v, tuple) else (v, v) for v in (stride, padding))
    kind = torch.promote_types(x.dtype, torch.float32)
    patches = F.pad(x, (q, q, p, p)).to(kind).unfold(-2, weight.shape[2], s).unfold(-2, weight.shape[3], t)
    y = torch.einsum("...chwuv,ocuv->...ohw", patches, weight.to(kind))
    return (y if bias is None else y + bias.to(kind)[:, None, None]).to(x.dtype)


@twin("conv2d")
def of_torch_itself(x, weight, bias=None, stride=1, padding=0, dilation=1):
    """torch's own conv2d, in float64 for half precision, with the leading axes flattened"""
    library.conv2d(x, weight, bias, stride, padding, dilation)
    kind = torch.float64 if x.dtype == torch.float16 else x.dtype
    # On some processors torch is wrong about the strides of one channel: a fresh copy has the usual ones.
    flat = (x.flatten(0, -4) if x.ndim > 4 else x).clone(memory_format=torch.contiguous_format)
    y = F.conv2d(flat.to(kind), weight.to(kind), None if bias is None else bias.to(kind), stride, padding, dilation)
    return y.reshape(*x.shape[:-3], *y.shape[-3:]).to(x.dtype)


@twin("conv2d")
def patches_times_weights(x, weight, bias=None, stride=1, padding=0, dilation=1):
    """all patches as columns of a matrix, im2col, and one product with the weights"""
    library.conv2d(x, weight, bias, stride, padding, dilation)
    (s, t), (p, q), (d, e) = (v if isinstance(v, tuple) else (v, v) for v in (stride, padding, dilation))
    kind = torch.promote_types(x.dtype, torch.float32)
    windows = F.pad(x, (q, q, p, p)).to(kind)
    windows = windows.unfold(-2, d * (weight.shape[2] - 1) + 1, s).unfold(-2, e * (weight.shape[3] - 1) + 1, t)
    rows = windows[..., ::d, ::e].movedim(-5, -3).flatten(-3)
    y = torch.tensordot(rows, weight.to(kind).flatten(1), dims=([-1], [1])).movedim(-1, -3)
    return (y if bias is None else y + bias.to(kind)[:, None, None]).contiguous().to(x.dtype)


# ---------------------------------------------------------- conv2d_output_size


@mistake(
    "conv2d_output_size",
    tempting="Caffe's pooling rounds up, and with `SAME` TensorFlow does too.",
    source="https://github.com/BVLC/caffe/issues/3656",
)
def rounds_up(size, kernel_size, stride=1, padding=0, dilation=1):
    """the division is rounded up: a step that does not fit any more gives no place, so round down"""
    library.conv2d_output_size(size, kernel_size, stride, padding, dilation)  # the same refusals
    return -(-(size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride) + 1


@rounds_up.in_other_words
def with_a_ceiling(size, kernel_size, stride=1, padding=0, dilation=1):
    steps, rest = divmod(size + 2 * padding - (dilation * (kernel_size - 1) + 1), stride)
    return int(steps) + (2 if rest else 1)


@mistake(
    "conv2d_output_size",
    tempting="The formula that is taught first has kernel, stride and padding.",
    source="https://github.com/PaddlePaddle/Paddle/issues/5242",
)
def dilation_left_out(size, kernel_size, stride=1, padding=0, dilation=1):
    """dilation is left out: a kernel of k taps spans d (k - 1) + 1 pixels"""
    library.conv2d_output_size(size, kernel_size, stride, padding, dilation)
    return (size + 2 * padding - kernel_size) // stride + 1


@dilation_left_out.in_other_words
def formula_that_is_taught(size, kernel_size, stride=1, padding=0, dilation=1):
    padded = size + padding + padding
    return 1 + int(padded - kernel_size) // int(stride)


@mistake(
    "conv2d_output_size",
    tempting="torch's own documentation once had it so: of two ones in a formula, one easily takes the other's sign.",
    source="https://github.com/torch/nn/issues/945",
)
def plus_one_for_minus_one(size, kernel_size, stride=1, padding=0, dilation=1):
    """1 is added where it must be subtracted: a kernel spans d (k - 1) + 1 pixels, and all of them are taken away"""
    library.conv2d_output_size(size, kernel_size, stride, padding, dilation)
    return (size + 2 * padding - dilation * (kernel_size - 1) + 1) // stride + 1


@plus_one_for_minus_one.in_other_words
def span_one_too_short(size, kernel_size, stride=1, padding=0, dilation=1):
    span = dilation * (kernel_size - 1) - 1
    return 1 + int(2 * padding + size - span) // int(stride)


@mistake(
    "conv2d_output_size",
    tempting="It is copied from a fraction, whose line brackets what stands on it; `/` and `//` bracket nothing.",
    source="https://github.com/karpathy/convnetjs/issues/43",
)
def brackets_forgotten(size, kernel_size, stride=1, padding=0, dilation=1):
    """brackets are missing: the whole of size + 2 p - d (k - 1) - 1 is divided by the stride, not its last term"""
    library.conv2d_output_size(size, kernel_size, stride, padding, dilation)
    return (size - dilation * (kernel_size - 1) - 1) + 2 * padding // stride + 1


@brackets_forgotten.in_other_words
def only_the_padding_divided(size, kernel_size, stride=1, padding=0, dilation=1):
    border = (padding + padding) // int(stride)
    return int(size) - int(dilation) * (int(kernel_size) - 1) + border


@mistake(
    "conv2d_output_size",
    tempting="On paper it is a division with a floor around it.",
    source="https://github.com/yu20103983/FOTS/issues/10",
    rank="range",
)
def divides_floats(size, kernel_size, stride=1, padding=0, dilation=1):
    """the result of / is a float: a size is a whole number, and above 2**53 a float cannot hold each; divide with //"""
    library.conv2d_output_size(size, kernel_size, stride, padding, dilation)
    return math.floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1)


@divides_floats.in_other_words
def floor_of_a_quotient(size, kernel_size, stride=1, padding=0, dilation=1):
    span = dilation * (kernel_size - 1) + 1
    return int(np.floor(float(size + 2 * padding - span) / float(stride) + 1))


@twin("conv2d_output_size")
def length_of_a_range(size, kernel_size, stride=1, padding=0, dilation=1):
    """the places are counted by a range, not by a formula"""
    library.conv2d_output_size(size, kernel_size, stride, padding, dilation)
    first, last = -int(padding), int(size) + int(padding) - (int(kernel_size) - 1) * int(dilation)
    return len(range(first, last, int(stride)))


@mistake(
    "conv2d_output_size",
    tempting="The kernel slides that many times, and the place where it begins is no slide.",
    source=HUNT,
)
def first_place_forgotten(size, kernel_size, stride=1, padding=0, dilation=1):
    """the place where the kernel begins is not counted: steps + 1"""
    return library.conv2d_output_size(size, kernel_size, stride, padding, dilation) - 1


@first_place_forgotten.in_other_words
def steps_alone(size, kernel_size, stride=1, padding=0, dilation=1):
    library.conv2d_output_size(size, kernel_size, stride, padding, dilation)
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride


@mistake(
    "conv2d_output_size",
    tempting="`padding=1` reads like one pixel more.",
    source=HUNT,
)
def padded_at_one_end(size, kernel_size, stride=1, padding=0, dilation=1):
    """padding is added once: it is added at both ends, 2 * padding"""
    library.conv2d_output_size(size, kernel_size, stride, padding, dilation)
    return (size + padding - dilation * (kernel_size - 1) - 1) // stride + 1


@padded_at_one_end.in_other_words
def one_padding(size, kernel_size, stride=1, padding=0, dilation=1):
    library.conv2d_output_size(size, kernel_size, stride, padding, dilation)
    spanned = dilation * (kernel_size - 1) + 1
    return 1 + (size - spanned + padding) // stride


@plain("conv2d_output_size")
def conv2d_output_size(size, kernel_size, stride=1, padding=0, dilation=1):
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


# ------------------------------------------------------------- compose_kernels


def pair_of(layer):
    return layer if isinstance(layer, (tuple, list)) else (layer, None)


def composed(first, second, weight, bias):
    """`weight` alone, or with `bias` if either layer is a pair."""
    is_pair = isinstance(first, (tuple, list)) or isinstance(second, (tuple, list))
    dtype = pair_of(first)[0].dtype
    return (weight.to(dtype), bias.to(dtype)) if is_pair else weight.to(dtype)


def both_biases(first, second):
    """The right bias, zeros where there is none."""
    (w1, b1), (w2, b2) = pair_of(first), pair_of(second)
    return library.compose_kernels((w1, b1), (w2, b2))[1]


@mistake(
    "compose_kernels",
    tempting="Both layers are run with conv2d, so it seems that conv2d joins them too.",
    source="https://github.com/sefibk/KernelGAN/issues/79",
)
def slides_without_turning(first, second):
    """the second kernel slides over the first without being turned: two cross-correlations join by full convolution, so
    flip it
    """
    library.compose_kernels(first, second)  # the same refusals
    w1, w2 = pair_of(first)[0].double(), pair_of(second)[0].double()
    border = [w2.shape[2] - 1, w2.shape[3] - 1]
    weight = F.conv2d(w1.permute(1, 0, 2, 3), w2, padding=border).permute(1, 0, 2, 3).contiguous()
    return composed(first, second, weight, both_biases(first, second))


@slides_without_turning.in_other_words
def kernels_correlated(first, second):
    w1, w2 = pair_of(first)[0], pair_of(second)[0]
    (f, _, h2, k2), (_, c, h1, k1) = w2.shape, w1.shape
    kind = torch.promote_types(w1.dtype, torch.float32)
    weight = torch.zeros(f, c, h1 + h2 - 1, k1 + k2 - 1, dtype=kind)
    for u in range(h2):
        for v in range(k2):
            tap = w2[:, :, h2 - 1 - u, k2 - 1 - v].to(kind)
            weight[:, :, u : u + h1, v : v + k1] += torch.einsum("om,mcij->ocij", tap, w1.to(kind))
    return composed(first, second, weight, both_biases(first, second))


@mistake(
    "compose_kernels",
    tempting="A layer in front of a BatchNorm mostly has no bias, and so joining is often written for weights alone.",
    source="https://github.com/pytorch/pytorch/pull/36173",
)
def forgets_the_first_bias(first, second):
    """the first layer's bias is left out: the second layer sees it in every pixel and weighs it with all its taps"""
    library.compose_kernels(first, second)
    (w1, _), (w2, b2) = pair_of(first), pair_of(second)
    weight = library.compose_kernels(w1, w2)
    return composed(first, second, weight, torch.zeros(len(w2)) if b2 is None else b2.clone())


@forgets_the_first_bias.in_other_words
def last_bias_only(first, second):
    (w1, b1), (w2, b2) = pair_of(first), pair_of(second)
    if b1 is None:
        return library.compose_kernels(first, second)
    return library.compose_kernels((w1, torch.zeros_like(b1)), (w2, b2))


@mistake(
    "compose_kernels",
    tempting="Where a 3 by 3 and a 1 by 1 layer are joined, as in re-parameterised networks, the kernel stays 3 by 3.",
    source="https://github.com/DingXiaoH/DiverseBranchBlock/issues/22",
)
def keeps_the_size_of_the_first(first, second):
    """the composed kernel is cut to the size of the first: two kernels of k1 and k2 taps make one of k1 + k2 - 1"""
    result = library.compose_kernels(first, second)
    weight = pair_of(result)[0]
    (h1, k1), (h2, k2) = pair_of(first)[0].shape[2:], pair_of(second)[0].shape[2:]
    top, left = (h2 - 1) // 2, (k2 - 1) // 2
    cut = weight[:, :, top : top + h1, left : left + k1].clone()
    return (cut, result[1]) if isinstance(result, tuple) else cut


@keeps_the_size_of_the_first.in_other_words
def same_size(first, second):
    w1, w2 = pair_of(first)[0], pair_of(second)[0]
    (h2, k2), turned = w2.shape[2:], w2.double().flip(2, 3)
    border = (k2 - 1 - (k2 - 1) // 2, k2 - 1 - (k2 - 1) + (k2 - 1) // 2, h2 - 1 - (h2 - 1) // 2, (h2 - 1) // 2)
    padded = F.pad(w1.double().transpose(0, 1), (border[0], k2 - 1 - border[0], border[2], h2 - 1 - border[2]))
    return composed(first, second, F.conv2d(padded, turned).transpose(0, 1).contiguous(), both_biases(first, second))


@twin("compose_kernels")
def full_convolution_by_torch(first, second):
    """torch's conv2d of the one weight with the other, turned around, in float64"""
    library.compose_kernels(first, second)
    (w1, b1), (w2, b2) = pair_of(first), pair_of(second)
    border = [side - 1 for side in w2.shape[2:]]
    weight = F.conv2d(w1.double().transpose(0, 1), w2.double().flip(2, 3), padding=border).transpose(0, 1).contiguous()
    bias = torch.zeros(len(w2), dtype=torch.float64) if b2 is None else b2.double()
    if b1 is not None:
        bias = bias + (w2.double() * b1.double()[:, None, None]).sum((1, 2, 3))
    return composed(first, second, weight, bias)


@twin("compose_kernels")
def read_off_impulses(first, second):
    """the two layers are run on pictures with a single 1, and the answers are the composed kernel"""
    library.compose_kernels(first, second)
    (w1, b1), (w2, b2) = pair_of(first), pair_of(second)
    (h, k), channels = [a + b - 1 for a, b in zip(w1.shape[2:], w2.shape[2:], strict=False)], w1.shape[1]
    impulses = torch.zeros(channels, channels, 2 * h - 1, 2 * k - 1, dtype=torch.float64)
    impulses[range(channels), range(channels), h - 1, k - 1] = 1
    weight = F.conv2d(F.conv2d(impulses, w1.double()), w2.double()).flip(2, 3).transpose(0, 1).contiguous()
    black = torch.zeros(1, channels, h, k, dtype=torch.float64)
    b1, b2 = (None if b is None else b.double() for b in (b1, b2))
    return composed(first, second, weight, F.conv2d(F.conv2d(black, w1.double(), b1), w2.double(), b2).flatten())


@plain("compose_kernels")
def compose_kernels(first, second):
    pairs = isinstance(first, tuple) or isinstance(second, tuple)
    (w1, b1), (w2, b2) = pair_of(first), pair_of(second)
    (f, _, h2, k2), (_, c, h1, k1) = w2.shape, w1.shape
    weight = torch.zeros(f, c, h1 + h2 - 1, k1 + k2 - 1)
    for u in range(h2):
        for v in range(k2):
            weight[:, :, u : u + h1, v : v + k1] += torch.einsum("om,mcij->ocij", w2[:, :, u, v], w1)
    bias = torch.zeros(f) if b2 is None else b2
    if b1 is not None:
        bias = bias + w2.sum((2, 3)) @ b1
    return (weight, bias) if pairs else weight


@plain("compose_kernels")
def compose_by_conv2d(first, second):
    pairs = isinstance(first, tuple) or isinstance(second, tuple)
    (w1, b1), (w2, b2) = pair_of(first), pair_of(second)
    border = (w2.shape[2] - 1, w2.shape[3] - 1)
    weight = F.conv2d(w1.transpose(0, 1), w2.flip(2, 3), padding=border).transpose(0, 1)
    bias = (0 if b2 is None else b2) + (0 if b1 is None else w2.sum((2, 3)) @ b1)
    return (weight, bias) if pairs else weight


# ------------------------------------------------------------- receptive_field


@mistake(
    "receptive_field",
    tempting="It is right for stride 1, as in the stacks that are drawn in books.",
    source="https://github.com/NRCan/geo-deep-learning/issues/84",
)
def strides_left_out(layers):
    """strides are left out: after a stride of 2 every later tap is 2 pixels of the picture further away"""
    library.receptive_field(layers)  # the same refusals
    return 1 + sum(d * (k - 1) for k, _, d in layers)


@strides_left_out.in_other_words
def grows_by_the_kernel(layers):
    field = 1
    for layer in layers:
        field = field + (layer[0] - 1) * layer[2]
    return field


@mistake(
    "receptive_field",
    tempting="Each layer sees k pixels of the one before, and so the k add up.",
    source="https://github.com/Wensi-Tang/OS-CNN/issues/17",
)
def adds_the_kernel_sizes(layers):
    """whole kernels are added: neighbouring places overlap, so that a layer adds k - 1, and the first pixel counts
    once"""
    library.receptive_field(layers)
    field, step = 0, 1
    for k, s, d in layers:
        field, step = field + (d * (k - 1) + 1) * step, step * s
    return max(field, 1)


@adds_the_kernel_sizes.in_other_words
def spans_in_a_row(layers):
    spans = [(d * (k - 1) + 1) * math.prod(s for _, s, _ in layers[:i]) for i, (k, _, d) in enumerate(layers)]
    return sum(spans) if spans else 1


@mistake(
    "receptive_field",
    tempting="The well-known formula is for kernel and stride, and dilation came later.",
    source="https://github.com/Fangyh09/pytorch-receptive-field/issues/6",
)
def dilation_ignored(layers):
    """dilation is left out: taps that lie d pixels apart span d (k - 1) + 1"""
    library.receptive_field(layers)
    return library.receptive_field([(k, s, 1) for k, s, _ in layers])


@dilation_ignored.in_other_words
def kernel_and_stride(layers):
    field, jump = 1, 1
    for kernel, stride, *_ in layers:
        field += (kernel - 1) * jump
        jump *= stride
    return field


@mistake(
    "receptive_field",
    tempting="The rule (window - 1) s + k is right from the last layer back, and layers are written from the first on.",
    source="https://github.com/frgfm/torch-scan/pull/33",
)
def from_the_first_layer_on(layers):
    """the window grows from the first layer on, as (window - 1) s + k: that rule goes from the last layer back to the
    picture
    """
    library.receptive_field(layers)
    window = 1
    for k, s, d in layers:
        window = (window - 1) * s + d * (k - 1) + 1
    return window


@from_the_first_layer_on.in_other_words
def times_stride_plus_kernel(layers):
    field = 0
    for kernel, stride, dilation in layers:
        field = stride * field + dilation * (kernel - 1)
    return field + 1


@twin("receptive_field")
def from_the_last_layer_back(layers):
    """the other way round: one value, then the window that it needs in the layer before, and so on"""
    library.receptive_field(layers)
    window = 1
    for k, s, d in reversed(layers):
        window = (window - 1) * s + d * (k - 1) + 1
    return window


# ------------------------------------------------------------ attainable_range


@mistake(
    "attainable_range",
    tempting="Much code keeps its pictures in [-1, 1], and there the range is as wide to both sides.",
    source="https://github.com/dydjw9/MetaAttack_ICLR2020/issues/13",
)
def for_pictures_around_zero(weight, bias=None):
    """the range is bias plus and minus the sum of |weight|, that of inputs in [-1, 1]: a picture in [0, 1] cannot be
    below black
    """
    library.attainable_range(weight, bias)  # the same refusals
    b = 0 if bias is None else bias.double()
    size = weight.double().abs().sum((1, 2, 3))
    return (b - size).to(weight.dtype), (b + size).to(weight.dtype)


@for_pictures_around_zero.in_other_words
def plus_minus(weight, bias=None):
    reach = np.abs(weight.numpy().astype(np.float64)).reshape(len(weight), -1).sum(axis=1)
    middle = np.zeros(len(weight)) if bias is None else bias.numpy().astype(np.float64)
    return tuple(torch.from_numpy(middle + sign * reach).to(weight.dtype) for sign in (-1, 1))


@mistake(
    "attainable_range",
    tempting="Black is the least a picture can be and white the most, so they seem to give the least and the most.",
    source="https://github.com/verivital/nnv/issues/237",
)
def black_and_white_pictures(weight, bias=None):
    """an all black and an all white picture are taken for the extremes: a negative weight is at its least where the
    pixel is white
    """
    library.attainable_range(weight, bias)
    black = torch.zeros(len(weight), dtype=torch.float64) if bias is None else bias.double()
    white = black + weight.double().sum((1, 2, 3))
    return torch.minimum(black, white).to(weight.dtype), torch.maximum(black, white).to(weight.dtype)


@black_and_white_pictures.in_other_words
def two_pictures(weight, bias=None):
    ends = [F.conv2d(torch.full((1, *weight.shape[1:]), v).double(), weight.double()).flatten() for v in (0.0, 1.0)]
    ends = [end if bias is None else end + bias for end in ends]
    both = torch.stack(ends).sort(dim=0).values.to(weight.dtype)
    return both[0].clone(), both[1].clone()


@mistake(
    "attainable_range",
    tempting="The weights are what is learned and looked at; a layer without bias is common before BatchNorm.",
    source="https://github.com/tcwangshiqi-columbia/Neurify/issues/5",
)
def without_the_bias(weight, bias=None):
    """the bias is left out: it moves both ends. Add it to both"""
    library.attainable_range(weight, bias)
    return library.attainable_range(weight)


@without_the_bias.in_other_words
def weights_only(weight, bias=None):
    w = weight.double().flatten(1)
    return (w * (w < 0)).sum(1).to(weight.dtype), (w * (w > 0)).sum(1).to(weight.dtype)


@twin("attainable_range")
def half_way_and_half_the_width(weight, bias=None):
    """the middle, half the sum of the weights, and half the sum of their sizes to both sides"""
    library.attainable_range(weight, bias)
    w = weight.double().flatten(1)
    middle, half = w.sum(1) / 2, w.abs().sum(1) / 2
    b = 0 if bias is None else bias.double()
    return (middle - half + b).to(weight.dtype), (middle + half + b).to(weight.dtype)


@twin("attainable_range")
def number_by_number(weight, bias=None):
    """a plain loop over all numbers"""
    library.attainable_range(weight, bias)
    ends = [[], []]
    for o, numbers in enumerate(weight.flatten(1).tolist()):
        start = 0.0 if bias is None else bias[o].item()
        ends[0].append(math.fsum([start, *(v for v in numbers if v < 0)]))
        ends[1].append(math.fsum([start, *(v for v in numbers if v > 0)]))
    return tuple(torch.tensor(end, dtype=torch.float64).to(weight.dtype) for end in ends)


@mistake(
    "attainable_range",
    tempting="The smallest and the largest weight look like the ends.",
    source=HUNT,
)
def smallest_and_largest_weight(weight, bias=None):
    """the smallest and the largest weight are taken for the ends: a picture adds up all weights of one sign"""
    library.attainable_range(weight, bias)
    b = 0 if bias is None else bias
    return weight.amin((1, 2, 3)) + b, weight.amax((1, 2, 3)) + b


@smallest_and_largest_weight.in_other_words
def flat_ends(weight, bias=None):
    library.attainable_range(weight, bias)
    flat = weight.flatten(1)
    low, high = flat.min(1).values, flat.max(1).values
    return (low, high) if bias is None else (low + bias, high + bias)


@plain("attainable_range")
def attainable_range(weight, bias=None):
    bias = 0 if bias is None else bias
    return bias + weight.clamp(max=0).sum((1, 2, 3)), bias + weight.clamp(min=0).sum((1, 2, 3))


@plain("attainable_range")
def run_on_the_two_pictures(weight, bias=None):
    bias = 0 if bias is None else bias
    dark, bright = ((weight < 0).float(), (weight > 0).float())
    return (weight * dark).sum((1, 2, 3)) + bias, (weight * bright).sum((1, 2, 3)) + bias
