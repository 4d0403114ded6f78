"""Laws of lesson 1: from arrays to tensors."""

from fractions import Fraction

import numpy as np
import torch
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from torchvision.transforms.functional import to_tensor as torchvision_to_tensor

from seeing_tensors.expectations import expect, expect_arguments_kept, expect_raises, expect_same
from seeing_tensors.laws import law

from .strategies import images, masks

EVERY_LEVEL = np.arange(256, dtype=np.uint8).reshape(16, 16)
NEARLY_BLACK = np.array([[[1, 0, 1], [0, 1, 1]]], np.uint8)  # its values look like those of a picture that is scaled already
FEW_CLASSES = np.array([[0, 1, 2], [3, 7, 20]], np.uint8)
INTEGER_TYPES = [np.uint8, np.int8, np.uint16, np.int16, np.uint32, np.int32, np.int64, np.dtype(">u2"), np.dtype(">i4")]


@law("to_tensor", lesson=1, cases=[{"image": NEARLY_BLACK}], image=images(channels=(1, 3)))
def moves_channels_first_and_divides_by_255(to_tensor, image):
    """The value at channel c, row i, column j is image[i, j, c] / 255, in float32."""
    height, width, channels = image.shape
    expected = torch.empty(channels, height, width)
    for c in range(channels):
        for i in range(height):
            for j in range(width):
                expected[c, i, j] = int(image[i, j, c]) / 255
    expect_same(to_tensor(image), expected, "move the channel axis to the front with permute; reshape scrambles pixels")


@law("to_tensor", lesson=1)
def every_level_is_the_nearest_float(to_tensor):
    """Each of the 256 levels becomes the float32 nearest to k / 255."""
    x = to_tensor(EVERY_LEVEL)
    for k, value in zip(EVERY_LEVEL.ravel(), x.flatten(), strict=True):
        error = abs(Fraction(value.item()) - Fraction(int(k), 255))
        half_gap = Fraction(float(np.spacing(np.float32(value)))) / 2
        expect(
            error <= half_gap,
            got=f"{value.item()!r} for level {k}",
            expected=f"the float32 nearest to {k}/255",
            cause="divide by 255; multiplying by 1/255, or dividing by 256, is another number",
        )


@law("to_tensor", lesson=1, image=images())
def equals_torchvision(to_tensor, image):
    """The result equals torchvision's ToTensor bit for bit."""
    expect_same(to_tensor(image), torchvision_to_tensor(image))


@law("to_tensor", lesson=1, plane=masks())
def grey_gets_a_channel_axis(to_tensor, plane):
    """A grey picture (H, W) becomes (1, H, W)."""
    expect_same(to_tensor(plane), torch.from_numpy(plane[None].astype(np.float32) / np.float32(255)))


@law("to_tensor", lesson=1, image=images())
def memory_layout_does_not_matter(to_tensor, image):
    """Views with negative or permuted strides and read-only arrays give the same as a plain copy, and the result is contiguous."""
    for view in (image[::-1], image[:, ::-1], image[..., ::-1], image.transpose(1, 0, 2)):
        view.flags.writeable = False
        x = to_tensor(view)
        expect_same(x, to_tensor(view.copy()))
        expect(x.is_contiguous(), got=f"strides {x.stride()}", expected="a contiguous tensor", cause="copy after permute")


@law("to_tensor", lesson=1, image=images())
def to_tensor_keeps_its_argument(to_tensor, image):
    """The array is left as it was, and changing it afterwards does not change the tensor."""
    expect_arguments_kept(to_tensor, image)


@law("to_tensor", lesson=1, cases=[{"dtype": d} for d in (np.float32, np.float64, np.int64, np.uint16, np.int8, bool)])
def to_tensor_takes_uint8_only(to_tensor, dtype):
    """Any type but uint8 is a TypeError: what 1 means in it is not known."""
    expect_raises(TypeError, to_tensor, np.zeros((2, 2, 3), dtype), mention=[np.dtype(dtype).name])


@law("to_tensor", lesson=1, cases=[{"shape": s} for s in [(3,), (2, 2, 4), (2, 2, 2), (1, 2, 2, 3), (0, 2, 3), ()]])
def to_tensor_refuses_other_shapes(to_tensor, shape):
    """A shape that is not one picture is a ValueError that names it."""
    expect_raises(ValueError, to_tensor, np.zeros(shape, np.uint8), mention=[str(shape)])


@law("to_tensor", lesson=1, cases=[{"thing": t} for t in (None, [[[1, 2, 3]]], "cat.png", torch.zeros(3, 2, 2))])
def to_tensor_takes_arrays_only(to_tensor, thing):
    """Something that is not a numpy array is a TypeError that names its type."""
    expect_raises(TypeError, to_tensor, thing, mention=[type(thing).__name__])


@law("mask_to_tensor", lesson=1, cases=[{"mask": FEW_CLASSES}], mask=st.sampled_from(INTEGER_TYPES).flatmap(masks))
def labels_stay_what_they_are(mask_to_tensor, mask):
    """Every label keeps its value, whatever integer type it came in; the result is int64 (H, W)."""
    expected = torch.tensor([[int(v) for v in row] for row in mask], dtype=torch.int64)
    expect_same(mask_to_tensor(mask), expected, "labels are names: no division by 255, no float")


@law("mask_to_tensor", lesson=1, mask=masks())
def mask_to_tensor_keeps_its_argument(mask_to_tensor, mask):
    """The mask is left as it was, and the result is new memory, also for int64."""
    expect_arguments_kept(mask_to_tensor, mask)
    expect_arguments_kept(mask_to_tensor, mask.astype(np.int64))


@law("mask_to_tensor", lesson=1, mask=hnp.arrays(np.uint16, (3, 4)))
def mask_layout_does_not_matter(mask_to_tensor, mask):
    """Flipped and transposed views give the same as a plain copy."""
    for view in (mask[::-1], mask[:, ::-1], mask.T):
        expect_same(mask_to_tensor(view), mask_to_tensor(view.copy()))


@law("mask_to_tensor", lesson=1, cases=[{"dtype": d} for d in (np.float32, np.float64, bool, complex)])
def mask_to_tensor_takes_integers_only(mask_to_tensor, dtype):
    """Floats and bools are a TypeError: 0.5 is no label."""
    expect_raises(TypeError, mask_to_tensor, np.zeros((2, 2), dtype), mention=[np.dtype(dtype).name])


@law("mask_to_tensor", lesson=1, cases=[{"shape": s} for s in [(2, 2, 3), (4,), (1, 2, 2), (0, 3)]])
def mask_to_tensor_refuses_other_shapes(mask_to_tensor, shape):
    """A mask has two axes; anything else is a ValueError that names the shape."""
    expect_raises(ValueError, mask_to_tensor, np.zeros(shape, np.uint8), mention=[str(shape)])


@law("mask_to_tensor", lesson=1)
def a_label_too_large_is_refused(mask_to_tensor):
    """A uint64 label that int64 cannot hold is a ValueError, not a negative class."""
    expect_raises(ValueError, mask_to_tensor, np.array([[2**63]], np.uint64), mention=[str(2**63)])


@law("to_tensor", lesson=1, plane=masks())
def grey_layout_does_not_matter(to_tensor, plane):
    """A flipped, transposed or read-only grey picture gives the same as a plain copy, and (H, W, 1) the same as (H, W)."""
    for view in (plane[::-1], plane[:, ::-1], plane.T):
        view.flags.writeable = False
        expect_same(to_tensor(view), to_tensor(view.copy()))
        expect_same(to_tensor(view[:, :, None]), to_tensor(view.copy()))


@law("to_tensor", lesson=1, cases=[{"shape": s} for s in [(2, 0, 3), (0, 0), (2, 0), (2, 2, 0), (3, 4, 5)]])
def to_tensor_refuses_nothing_at_all(to_tensor, shape):
    """A picture without pixels, and channels first, are ValueErrors that name the shape."""
    expect_raises(ValueError, to_tensor, np.zeros(shape, np.uint8), mention=[str(shape)])


@law("mask_to_tensor", lesson=1, cases=[{"label": v} for v in (255, 256, 2**53 + 1, 2**63 - 2, 2**63 - 1)])
def the_largest_labels_are_kept(mask_to_tensor, label):
    """Every label up to 2**63 - 1 is kept exactly, in uint64 too, in either byte order."""
    for kind in ("<u8", ">u8"):
        expect_same(mask_to_tensor(np.array([[0, label]], kind)), torch.tensor([[0, label]]), "no way through floats")


@law("mask_to_tensor", lesson=1, mask=masks(np.int64))
def a_mask_becomes_contiguous(mask_to_tensor, mask):
    """Whatever the strides of the mask, the tensor is contiguous; a read-only mask is copied."""
    for view in (mask.T, mask[::-1], np.broadcast_to(mask[0], (2, mask.shape[1]))):
        result = mask_to_tensor(view)
        expect(result.is_contiguous(), got=f"strides {result.stride()}", expected="a contiguous tensor")
        expect_same(result, torch.tensor(view.tolist()))
