"""Lesson 1: files become arrays, and labels stay labels."""

import io
import os
import tempfile

import hypothesis
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from seeing_tensors.course.laws import expect, expect_arguments_kept, expect_raises, expect_same, law

from .files import UPRIGHT, exif, file_of, palette_png, png, raw_profile, with_exif, with_segment, xmp, xmp_chunk
from .strategies import images, masks, sides

any_palette = hnp.arrays(np.uint8, (256, 3))
orientations = st.sampled_from(sorted(UPRIGHT))

# A picture and labels in which no turn goes unnoticed.
CORNERS = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]], [[9, 8, 7], [80, 90, 100], [200, 210, 220]]], np.uint8)
LABELS = np.array([[0, 1, 2], [10, 0, 255]], np.uint8)


@st.composite
def few_bits(draw, depths=(1, 2, 4)):
    """Labels or grey levels (H, W), and the bits that a file spends on each."""
    bits = draw(st.sampled_from(depths))
    dtype = np.uint16 if bits == 16 else np.uint8
    values = hnp.arrays(dtype, st.tuples(sides(), sides()), elements=st.integers(0, 2**bits - 1))
    return draw(values), bits


def jpeg(image, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", **options)
    return buffer.getvalue()


def in_every_orientation(**case):
    return [{**case, "orientation": each} for each in UPRIGHT]


def as_read(about, grey):
    """What a grey PNG gives: its labels as a mask, three equal channels as an image."""
    return grey if about == "read_mask" else np.stack([grey, grey, grey], axis=2)


def expect_own_memory(read, path):
    first = read(path)
    kept = first.copy()
    expect(first.flags.c_contiguous, got="an array with gaps or reversed axes", expected="a contiguous one")
    expect(first.flags.writeable, got="a read-only array", expected="a writable one", cause="np.asarray of a PIL image")
    first ^= 1
    expect_same(read(path), kept, "the result is remembered somewhere and handed out twice")


# ------------------------------------------------------------------ read_image

# Equation: what the file stores is what comes back.


@law("read_image", lesson=1, rank="mathematics", cases=[{"image": CORNERS}], image=images())
def gives_the_stored_colours(read_image, image):
    """A PNG gives back exactly the red, green and blue values that are stored in it, in this order."""
    with file_of(png(image)) as path:
        expect_same(read_image(path), image, "channels in the order B, G, R: cv2.imread's order")


@law("read_image", lesson=1, rank="mathematics", levels=masks())
def repeats_grey(read_image, levels):
    """A grey PNG gives three channels, each with the stored levels."""
    with file_of(png(levels)) as path:
        expect_same(read_image(path), np.stack([levels, levels, levels], axis=2))


@law("read_image", lesson=1, rank="mathematics", indices=masks(), palette=any_palette)
def looks_up_the_palette(read_image, indices, palette):
    """A palette PNG gives for each pixel the colour that the palette has for its index."""
    with file_of(palette_png(indices, palette)) as path:
        expect_same(read_image(path), palette[indices])


@law("read_image", lesson=1, rank="mathematics", color=st.tuples(*[st.integers(0, 255)] * 3))
def gives_the_colour_of_a_jpeg(read_image, color):
    """A JPEG of one colour gives that colour, within 3 levels."""
    # The file stores a brightness and two differences of colour, each rounded to a whole number. Blue comes from
    # Y + 1.772 Cb, so it is off by 1/2 + 1.772/2 + 1/2 < 2 at most; the inverse transform may round by 1 more.
    image = np.full((8, 8, 3), color, np.uint8)
    with file_of(jpeg(image, quality=100, subsampling=0)) as path:
        result = read_image(path)
        expect_same(result.shape, (8, 8, 3))
        worst = int(np.abs(result.astype(int) - color).max())
        expect(worst <= 3, got=f"{result[0, 0].tolist()}", expected=f"{list(color)}, within 3", cause="B, G, R?")


# Oracle.


@law(
    "read_image",
    lesson=1,
    rank="range",
    image=images(most=20),
    quality=st.integers(1, 100),
    subsampling=st.sampled_from(["4:4:4", "4:2:2", "4:2:0"]),
    progressive=st.booleans(),
)
def equals_pillow_on_a_jpeg(read_image, image, quality, subsampling, progressive):
    """A JPEG gives the bytes that Pillow gives, whatever its quality, the size of its colours, or its order."""
    # Both have libjpeg-turbo inside, and its one exact inverse transform is the default of both.
    data = jpeg(image, quality=quality, subsampling=subsampling, progressive=progressive)
    with file_of(data) as path:
        expect_same(read_image(path), np.array(Image.open(io.BytesIO(data))))


# Edges: names, and content that contradicts them.

#: What a file may be called, on one system or another.
file_names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=40)


@law(
    "read_image",
    lesson=1,
    rank="range",
    cases=[{"name": "고양이 사진.png"}, {"name": "50% off #1.png"}, {"name": "-"}],
    name=file_names,
)
def takes_any_name(read_image, name):
    """A file can have any name that the system allows, in any script."""
    try:
        with file_of(b"can the system write this?", name):
            pass
    except (OSError, ValueError):
        hypothesis.reject()
    with file_of(png(CORNERS), name) as path:
        expect_same(read_image(path), CORNERS, "decode from bytes: open(path, 'rb') takes every name")


@law("read_image", lesson=1, rank="range", image=images())
def goes_by_the_content(read_image, image):
    """The content decides what a file is: a PNG called .jpg and a JPEG called .png are read as what they are."""
    with file_of(png(image), "really_a_png.jpg") as path:
        expect_same(read_image(path), image)
    photo = jpeg(image)
    with file_of(photo, "really_a_jpeg.png") as path, file_of(photo, "photo.jpg") as plain:
        expect_same(read_image(path), read_image(plain))


# Types and layouts: bits, alpha, orientation, memory.


@law("read_image", lesson=1, rank="range", grey=few_bits())
def stretches_few_bits_of_grey(read_image, grey):
    """Grey of 1, 2 or 4 bits goes from 0 for black to 255 for white in equal steps, in three equal channels."""
    levels, bits = grey
    with file_of(png(levels, bits=bits)) as path:
        scaled = levels * np.uint8(255 // (2**bits - 1))
        expect_same(read_image(path), np.stack([scaled, scaled, scaled], axis=2))


@law("read_image", lesson=1, rank="range", indices=few_bits(), palette=any_palette)
def looks_up_a_small_palette(read_image, indices, palette):
    """A palette PNG of 1, 2 or 4 bits is looked up like one of 8."""
    index, bits = indices
    with file_of(palette_png(index, palette[: 2**bits], bits=bits)) as path:
        expect_same(read_image(path), palette[index])


@law("read_image", lesson=1, rank="range", image=images(channels=(1, 3)))
def drops_opaque_alpha(read_image, image):
    """An alpha channel that is 255 everywhere makes no difference."""
    opaque = np.concatenate([image, np.full_like(image[:, :, :1], 255)], axis=2)
    with file_of(png(opaque)) as path:
        expect_same(read_image(path), np.broadcast_to(image, (*image.shape[:2], 3)))


@law(
    "read_image",
    lesson=1,
    rank="range",
    cases=in_every_orientation(image=CORNERS),
    image=images(),
    orientation=orientations,
)
def turns_a_png_upright(read_image, image, orientation):
    """Each of the eight EXIF orientations brings the pixels of a PNG to where the standard wants them."""
    with file_of(png(image, orientation=orientation)) as path:
        expected = UPRIGHT[orientation](image)
        expect_same(read_image(path), expected, "the EXIF orientation is not applied as the standard says")


@law(
    "read_image",
    lesson=1,
    rank="range",
    cases=in_every_orientation(image=CORNERS, order=">", before=3),
    image=images(),
    orientation=orientations,
    order=st.sampled_from("<>"),
    before=st.integers(0, 3),
)
def turns_a_jpeg_upright(read_image, image, orientation, order, before):
    """An EXIF orientation in a JPEG turns the picture and changes nothing else, in either byte order."""
    plain = jpeg(image)
    with file_of(plain) as lying, file_of(with_exif(plain, exif(orientation, order=order, before=before))) as turned:
        expected = UPRIGHT[orientation](read_image(lying))
        expect_same(read_image(turned), expected, "the EXIF orientation is not applied as the standard says")


@law(
    "read_image",
    "read_mask",
    lesson=1,
    rank="range",
    cases=in_every_orientation(labels=LABELS, packed=True),
    labels=masks(),
    orientation=orientations,
    packed=st.booleans(),
)
def turns_by_a_raw_profile(read, about, labels, orientation, packed):
    """EXIF that ImageMagick wrote into a PNG as text, packed or not, turns the picture like an EXIF chunk."""
    with file_of(png(labels, more=raw_profile(exif(orientation), packed))) as path:
        expect_same(read(path), as_read(about, UPRIGHT[orientation](labels)), "the orientation is not applied")


@law(
    "read_image",
    "read_mask",
    lesson=1,
    rank="range",
    cases=[
        *in_every_orientation(labels=LABELS, stated=None, as_attribute=True, packed=False),
        *in_every_orientation(labels=LABELS, stated=None, as_attribute=False, packed=True),
    ],
    labels=masks(),
    orientation=orientations,
    stated=st.none() | orientations,
    as_attribute=st.booleans(),
    packed=st.booleans(),
)
def turns_by_xmp_where_exif_is_silent(read, about, labels, orientation, stated, as_attribute, packed):
    """An orientation in XMP turns a PNG where EXIF states none; where EXIF states one, EXIF wins."""
    chunks = xmp_chunk(xmp(orientation, as_attribute), packed)
    with file_of(png(labels, more=chunks, orientation=stated)) as path:
        upright = UPRIGHT[stated or orientation](labels)
        expect_same(read(path), as_read(about, upright), "the orientation is not applied")


@law(
    "read_image",
    lesson=1,
    rank="range",
    cases=in_every_orientation(image=CORNERS, stated=None),
    image=images(),
    orientation=orientations,
    stated=st.none() | orientations,
)
def turns_a_jpeg_by_xmp(read_image, image, orientation, stated):
    """An orientation in the XMP of a JPEG turns it where EXIF states none."""
    plain = jpeg(image)
    noted = with_segment(plain, b"http://ns.adobe.com/xap/1.0/\0" + xmp(orientation))
    noted = with_exif(noted, exif(stated)) if stated else noted
    with file_of(plain) as lying, file_of(noted) as turned:
        expected = UPRIGHT[stated or orientation](read_image(lying))
        expect_same(read_image(turned), expected, "the orientation is not applied")


@law("read_image", lesson=1, rank="range", image=images(channels=(1, 3)))
def gives_memory_of_its_own(read_image, image):
    """The result is contiguous and writable, and writing into it changes no later result."""
    with file_of(png(image[:, :, 0] if image.shape[2] == 1 else image)) as path:
        expect_own_memory(read_image, path)


# Refusals.


@law(
    "read_image",
    lesson=1,
    rank="manners",
    cases=[{"image": CORNERS, "where": (0, 0), "alpha": 254}],
    image=images(channels=(1, 3)),
    where=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    alpha=st.integers(0, 254),
)
def refuses_transparency(read_image, image, where, alpha):
    """One pixel that is not quite opaque, and the picture is refused: what lies behind it is not in the file."""
    transparent = np.concatenate([image, np.full_like(image[:, :, :1], 255)], axis=2)
    transparent[where[0] % image.shape[0], where[1] % image.shape[1], -1] = alpha
    with file_of(png(transparent)) as path:
        cause = "the alpha channel is dropped, and the colour hidden under it comes to light"
        expect_raises(ValueError, read_image, path, mention=[path], cause=cause)


@law("read_image", lesson=1, rank="manners", image=images(channels=(1, 3)))
def refuses_sixteen_bits(read_image, image):
    """A picture of 16 bits per channel is refused: eight of them would be lost."""
    with file_of(png(image[:, :, 0] if image.shape[2] == 1 else image, bits=16)) as path:
        expect_raises(ValueError, read_image, path, mention=[path, "16 bits"], cause="the low byte is dropped")


RAMP = np.arange(16 * 16 * 3, dtype=np.uint8).reshape(16, 16, 3)
PROGRESSIVE = jpeg(RAMP, progressive=True)
WITH_THUMBNAIL = with_exif(jpeg(RAMP), exif(6) + jpeg(CORNERS))


@law(
    "read_image",
    lesson=1,
    rank="manners",
    cases=[{"whole": WITH_THUMBNAIL, "lost": 2}, {"whole": PROGRESSIVE, "lost": 2}],
    whole=st.sampled_from([png(CORNERS), WITH_THUMBNAIL, PROGRESSIVE]),
    lost=st.integers(1, 2000),
)
def refuses_a_cut(read_image, whole, lost):
    """A file that has lost its end, be it one byte, is refused: no picture is filled up with grey."""
    with file_of(whole[: max(0, len(whole) - lost)]) as path:
        cause = "the decoder makes up what is missing; look for the end of the file before you decode"
        expect_raises(ValueError, read_image, path, mention=[path], cause=cause)


@law("read_image", lesson=1, rank="manners")
def refuses_what_is_not_there(read_image):
    """A missing file is a FileNotFoundError, an empty file and a text are ValueErrors; None is no picture."""
    cause = "raise where it happens; cv2.imread gives None"
    missing = os.path.join(tempfile.gettempdir(), "seeing-tensors-has-no-such-file.png")
    expect_raises(FileNotFoundError, read_image, missing, cause=cause)
    for content in (b"", b"not a picture, but a text of some length " * 9):
        with file_of(content) as path:
            expect_raises(ValueError, read_image, path, mention=[path], cause=cause)


# ------------------------------------------------------------------- read_mask

# Equation: a label is the number that is stored.


TWO_CLASSES = np.array([[0, 1, 1], [1, 0, 0]], np.uint8)


@law(
    "read_mask",
    lesson=1,
    rank="mathematics",
    cases=[{"labels": LABELS}, {"labels": TWO_CLASSES}],
    labels=masks(),
)
def gives_the_stored_levels(read_mask, labels):
    """A grey PNG gives the labels that are stored in it: 1 stays 1."""
    with file_of(png(labels)) as path:
        expect_same(read_mask(path), labels, lambda: wrong_numbers(labels))


def wrong_numbers(labels):
    """What a wrong idea of a mask makes of its labels, and how to see it."""
    return {
        "labels are numbers, not brightness: do not divide by 255": labels // 255,
        "each label is another class: do not make all of them 1": labels > 0,
        "a mask of many classes has no threshold": np.where(labels > 127, 255, 0),
        "a label keeps its number when others are missing: do not number them anew": np.unique(
            labels, return_inverse=True
        )[1].reshape(labels.shape),
        "255 stays: what is void is no background": np.where(labels == 255, 0, labels),
        "background is stored as 0: do not subtract 1": labels - np.uint8(1),
        "do not stretch the labels to see them": labels.astype(int) * 255 // max(int(labels.max()), 1),
        "row 0 is at the top: do not flip": labels[::-1],
    }


@law("read_mask", lesson=1, rank="mathematics", labels=masks(), palette=any_palette)
def gives_the_stored_indices(read_mask, labels, palette):
    """A palette PNG gives the index that each pixel stores, not the colour that the palette has for it."""
    with file_of(palette_png(labels, palette)) as path:
        expect_same(read_mask(path), labels, lambda: wrong_lookups(labels, palette))


def wrong_lookups(labels, palette):
    """What is read when the palette is looked up."""
    first = [int(np.flatnonzero((palette == color).all(1))[0]) for color in palette]  # of the indices with one colour
    return {
        "the stored index, not the red of its colour": palette[labels, 0],
        "the stored index, not the blue of its colour": palette[labels, 2],
        "the stored index: from colours it cannot be told, since two indices may have one": np.array(first)[labels],
    }


@law("read_mask", lesson=1, rank="mathematics", labels=masks(), one=any_palette, another=any_palette)
def new_colours_change_nothing(read_mask, labels, one, another):
    """Two palette PNGs that differ in their colours only give the same labels."""
    with file_of(palette_png(labels, one)) as first, file_of(palette_png(labels, another)) as second:
        expect_same(read_mask(first), read_mask(second), "labels do not depend on the colours they are shown in")


@law("read_mask", lesson=1, rank="mathematics", labels=masks(), palette=any_palette, names=hnp.arrays(np.uint8, 256))
def commutes_with_every_renaming(read_mask, labels, palette, names):
    """Renaming the labels before they are saved, or after they are read, gives the same."""
    with file_of(palette_png(labels, palette)) as path, file_of(palette_png(names[labels], palette)) as renamed:
        expect_same(read_mask(renamed), names[read_mask(path)])


# Types and layouts: bits, transparency, orientation, memory.


@law("read_mask", lesson=1, rank="range", labels=few_bits(), palette=any_palette)
def unpacks_few_bits_of_a_palette(read_mask, labels, palette):
    """A palette PNG of 1, 2 or 4 bits gives the indices that are stored in it, as uint8."""
    index, bits = labels
    with file_of(palette_png(index, palette[: 2**bits], bits=bits)) as path:
        expect_same(read_mask(path), index)


@law("read_mask", lesson=1, rank="range", labels=few_bits())
def does_not_stretch_few_bits_of_grey(read_mask, labels):
    """A grey PNG of 1, 2 or 4 bits gives the labels that are stored in it, as uint8, not scaled."""
    values, bits = labels
    with file_of(png(values, bits=bits)) as path:
        cause = f"a decoder scales {bits} bits by {255 // (2**bits - 1)}; divide by it"
        expect_same(read_mask(path), values, cause)


@law(
    "read_mask",
    lesson=1,
    rank="range",
    cases=[{"labels": np.array([[0, 1, 255], [256, 40000, 65535]], np.uint16)}],
    labels=masks(np.uint16),
)
def keeps_sixteen_bits(read_mask, labels):
    """A grey PNG of 16 bits gives all its labels, as uint16, those below 256 too."""
    with file_of(png(labels, bits=16)) as path:
        expect_same(read_mask(path), labels, "half of the 16 bits is lost on the way")


@law("read_mask", lesson=1, rank="range", labels=masks(), palette=any_palette, alphas=st.binary(min_size=1, max_size=2))
def transparency_changes_no_label(read_mask, labels, palette, alphas):
    """A palette with transparent colours gives the stored indices all the same."""
    with file_of(palette_png(labels, palette, transparency=alphas)) as path:
        expect_same(read_mask(path), labels)


@law(
    "read_mask",
    lesson=1,
    rank="range",
    cases=in_every_orientation(labels=LABELS, bits=8),
    labels=masks(),
    bits=st.sampled_from([8, 16]),
    orientation=orientations,
)
def turns_the_mask_like_the_photo(read_mask, labels, bits, orientation):
    """An EXIF orientation turns a mask exactly as it turns the photo, whether grey or with a palette."""
    upright = UPRIGHT[orientation](labels)
    cause = "the EXIF orientation is not applied, and the mask no longer lies on its photo"
    with file_of(png(labels, bits=bits, orientation=orientation)) as path:
        expect_same(read_mask(path), upright.astype(np.uint8 if bits == 8 else np.uint16), cause)
    with file_of(palette_png(labels, np.zeros((256, 3)), orientation=orientation)) as path:
        expect_same(read_mask(path), upright, cause)


@law("read_mask", lesson=1, rank="range", labels=few_bits((1, 2, 4, 8, 16)))
def gives_a_mask_of_its_own(read_mask, labels):
    """The result is contiguous and writable, and writing into it changes no later result."""
    values, bits = labels
    with file_of(png(values, bits=bits)) as path:
        expect_own_memory(read_mask, path)


# Refusals.


@law("read_mask", lesson=1, rank="manners", image=images(channels=(2, 3, 4)), bits=st.sampled_from([8, 16]))
def refuses_colours(read_mask, image, bits):
    """A PNG with colours or an alpha channel is refused: which colour is which label is not in the file."""
    with file_of(png(image, bits=bits)) as path:
        expect_raises(ValueError, read_mask, path, mention=[path], cause="a luminance is not a label")


@law("read_mask", lesson=1, rank="manners", labels=masks())
def refuses_a_jpeg(read_mask, labels):
    """A JPEG is refused: its labels are no longer those that were saved."""
    with file_of(jpeg(labels)) as path:
        expect_raises(ValueError, read_mask, path, mention=[path, "JPEG"], cause="JPEG invents labels")


@law("read_mask", lesson=1, rank="manners", lost=st.integers(1, 200))
def refuses_a_cut_mask(read_mask, lost):
    """A file that has lost its end, be it one byte, is refused: no label is made up."""
    whole = palette_png(LABELS, np.zeros((256, 3)))
    with file_of(whole[: max(0, len(whole) - lost)]) as path:
        expect_raises(ValueError, read_mask, path, mention=[path])


# ----------------------------------------------------------------- resize_mask

# Equation: row i takes row floor((2 i + 1) H / 2 h), and columns alike.

sizes = st.integers(1, 13)


def centres(old: int, new: int):
    """For each new row the old row that its centre falls on, and whether the centre lies on the border of two."""
    row, rest = np.divmod((2 * np.arange(new) + 1) * old, 2 * new)
    return row, rest == 0


@law(
    "resize_mask",
    lesson=1,
    rank="mathematics",
    cases=[
        {"mask": np.array([[0, 3], [10, 0]], np.uint8), "height": 5, "width": 3},
        {"mask": np.arange(64, dtype=np.uint8).reshape(8, 8), "height": 3, "width": 3},
    ],
    mask=masks(),
    height=sizes,
    width=sizes,
)
def takes_the_label_under_the_centre(resize_mask, mask, height, width):
    """Each new pixel takes the label of the old pixel that its centre falls on, where it falls on no border of two."""
    (rows, above), (columns, left) = centres(mask.shape[0], height), centres(mask.shape[1], width)
    result = resize_mask(mask, height, width)
    on_a_border = above[:, None] | left

    def there(picture):
        """Where a centre falls on a border, what came."""
        return np.where(on_a_border, result, picture) if np.shape(result) == picture.shape else picture

    causes = {words: there(picture) for words, picture in wrong_places(mask, height, width).items()}
    expect_same(result, there(mask[np.ix_(rows, columns)]).astype(mask.dtype), causes)


def wrong_places(mask, height, width):
    """What wrong ideas of the place of a new pixel lead to, and how to see it."""
    (rows, columns), (i, j) = mask.shape, (np.arange(height), np.arange(width))

    def taken(from_row, from_column):
        from_row, from_column = (np.floor(place).astype(int) for place in (from_row, from_column))
        return mask[np.ix_(from_row.clip(0, rows - 1), from_column.clip(0, columns - 1))]

    down, right = max(rows // height, 1), max(columns // width, 1)
    corners = [np.rint(np.linspace(0, old - 1, new)) for old, new in ((rows, height), (columns, width))]
    return {
        "the centre of the new pixel, not its corner": taken(i * rows / height, j * columns / width),
        "floor of the centre, not the nearest whole number": taken(
            np.rint((i + 0.5) * rows / height), np.rint((j + 0.5) * columns / width)
        ),
        "the half is added before the scaling, not after it": taken(i * rows / height + 0.5, j * columns / width + 0.5),
        "the corners of the masks lie upon each other, not the centres of their first and last pixels": taken(*corners),
        "the step is H / h, not a whole number": taken(i * down + down // 2, j * right + right // 2),
        "the step from the first on is H / h, not a whole number": taken(i * down, j * right),
        "columns have a factor of their own, W / w": taken((i + 0.5) * rows / height, (j + 0.5) * rows / height),
        "a mask's shape is (height, width)": taken((i + 0.5) * columns / height, (j + 0.5) * rows / width),
        "row 0 is at the top: do not flip": taken((i + 0.5) * rows / height, (j + 0.5) * columns / width)[::-1],
    }


@law(
    "resize_mask",
    lesson=1,
    rank="mathematics",
    mask=masks(),
    height=sizes,
    width=sizes,
    names=hnp.arrays(np.uint8, 256),
)
def commutes_with_every_relabelling(resize_mask, mask, height, width, names):
    """Renaming the labels and then resizing gives the same as resizing and then renaming."""
    expect_same(resize_mask(names[mask], height, width), names[resize_mask(mask, height, width)])


@law(
    "resize_mask",
    lesson=1,
    rank="mathematics",
    cases=[{"mask": np.array([[0, 3, 10], [10, 3, 0]]), "height": 7, "width": 11}],
    mask=masks(),
    height=sizes,
    width=sizes,
)
def invents_no_label(resize_mask, mask, height, width):
    """No label is in the result that was not in the mask."""
    new = sorted(set(np.unique(resize_mask(mask, height, width)).tolist()) - set(mask.ravel().tolist()))
    expect(not new, got=f"new labels {new}", expected="labels of the mask only", cause="a mean of labels is no label")


@law("resize_mask", lesson=1, rank="mathematics", mask=masks(), down=st.integers(1, 4), right=st.integers(1, 4))
def whole_factors_repeat(resize_mask, mask, down, right):
    """Enlarging by whole factors repeats every label, and height comes before width."""
    height, width = mask.shape[0] * down, mask.shape[1] * right
    expect_same(resize_mask(mask, height, width), mask.repeat(down, axis=0).repeat(right, axis=1), "(W, H), as in cv2?")


@law("resize_mask", lesson=1, rank="mathematics", mask=masks(), half=st.integers(1, 3))
def odd_factors_keep_the_middle(resize_mask, mask, half):
    """Shrinking by an odd factor k keeps the middle pixel of each k by k block: enlarged by k, a mask shrinks back."""
    k = 2 * half + 1
    large = np.full((mask.shape[0] * k, mask.shape[1] * k), 255, mask.dtype)
    large[half::k, half::k] = mask
    expect_same(resize_mask(large, *mask.shape), mask, "the corner of each block instead of its middle")


# Edges: the same size, and centres on a border.


@law("resize_mask", lesson=1, rank="range", mask=masks())
def same_size_changes_nothing(resize_mask, mask):
    """Resizing to the mask's own size gives the mask."""
    expect_same(resize_mask(mask, *mask.shape), mask)


@law(
    "resize_mask",
    lesson=1,
    rank="range",
    cases=[
        # Here a centre that is computed in float64 or float32 loses its way.
        {"mask": np.arange(6, dtype=np.uint8).reshape(2, 3), "height": 41, "width": 7},
        {"mask": np.arange(12, dtype=np.uint8).reshape(2, 6), "height": 49, "width": 47},
    ],
    mask=masks(),
    height=sizes,
    width=sizes,
)
def on_a_border_takes_the_lower_or_right(resize_mask, mask, height, width):
    """A centre on the border of two pixels takes the lower or right one: (2 i + 1) H / 2 h rounded down."""
    (rows, _), (columns, _) = centres(mask.shape[0], height), centres(mask.shape[1], width)
    expect_same(resize_mask(mask, height, width), mask[np.ix_(rows, columns)], "a centre computed in floats")


# Types and layouts.


@law(
    "resize_mask",
    lesson=1,
    rank="range",
    dtype=st.sampled_from([np.bool_, np.int8, np.uint16, np.int32, np.int64, np.uint64]),
    height=sizes,
    width=sizes,
)
def takes_every_integer_type(resize_mask, dtype, height, width):
    """Labels of every integer type keep their type and value, the largest too, in a mask of any memory layout."""
    largest = True if dtype is np.bool_ else np.iinfo(dtype).max
    mask = np.array([[0, largest], [largest, 0], [0, 0]], dtype).T
    (rows, _), (columns, _) = centres(2, height), centres(3, width)
    result = resize_mask(mask, height, width)
    expect_same(result, mask[np.ix_(rows, columns)])
    expect(result.flags.c_contiguous, got="an array with reversed axes", expected="a contiguous one")


@law("resize_mask", lesson=1, rank="manners", mask=masks(), height=sizes, width=sizes)
def keeps_its_argument(resize_mask, mask, height, width):
    """The mask itself stays as it was, and the result is new memory."""
    expect_arguments_kept(resize_mask, mask, height, width)
    expect_arguments_kept(resize_mask, mask, *mask.shape)


# Refusals.


@law("resize_mask", lesson=1, rank="manners")
def refuses_what_is_no_mask(resize_mask):
    """Floats, pictures with channels, empty masks and sizes below 1 are refused."""
    mask = np.zeros((2, 3), np.uint8)
    expect_raises(TypeError, resize_mask, mask.astype(np.float32), 2, 2)
    expect_raises(TypeError, resize_mask, mask.tolist(), 2, 2)
    expect_raises(TypeError, resize_mask, mask, 2.0, 2)
    for not_a_mask in (np.zeros((2, 3, 3), np.uint8), np.zeros(4, np.uint8), np.zeros((0, 3), np.uint8)):
        expect_raises(ValueError, resize_mask, not_a_mask, 2, 2)
    for height, width in ((0, 2), (2, 0), (-1, 2)):
        expect_raises(ValueError, resize_mask, mask, height, width)
