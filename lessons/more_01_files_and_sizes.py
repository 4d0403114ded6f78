# %% [markdown]
# # More: five files, seven nearests and a batch
#
# 10 minutes · beside [lesson 1](01_reading_images_and_masks.ipynb)
#
# What lesson 1 left out, for the day on which you need it: files that say one thing and are read as another; what a
# resize does to labels and to photos; photo and mask through one transform; a mask over its photo; a batch of unequal
# sizes.

# %% tags=["hide-input"]
import atexit
import io
import os
import tempfile
from pathlib import Path

os.environ["OPENCV_LOG_LEVEL"] = "SILENT"  # its log is not for this page

import cv2
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown
from PIL import Image
from torch.nn.functional import interpolate
from torchvision import tv_tensors
from torchvision.transforms import v2
from torchvision.utils import draw_segmentation_masks

import seeing_tensors as st

plt.style.use(st.STYLE)
photo_path = st.data_path("photos/things/커피.png")
mask_path = st.data_path("masks/coffee.png")
man_path = st.data_path("photos/people/cameraman.jpg")
workspace = tempfile.TemporaryDirectory()  # the only place where this page writes
atexit.register(workspace.cleanup)
folder = Path(workspace.name)
rgb, labels = st.read_image(photo_path), st.read_mask(mask_path)

# %% [markdown]
# ## Files
#
# ### A file that is not there, or only half
#
# Misspell the name of a photo. OpenCV returns something that is not a picture. Watch where the error comes up.

# %%
photo = cv2.imread("photos/cofee.png")
print(f"the call returns {photo}")
try:
    cv2.cvtColor(photo, cv2.COLOR_BGR2RGB)
except cv2.error as error:
    print(f"a later call: {str(error).split('error: ')[1].strip()}")

# %% [markdown]
# The message names no file. A baseline JPEG whose download broke off is worse: `imread` returns it at full size, the
# missing part filled with flat grey, and no exception. (A progressive one comes back whole and coarse.) Writing has
# the same habit: a missing folder gives `False`, and hardly anyone looks.

# %%
target = folder / "results" / "mask.png"
print(f"imwrite returns {cv2.imwrite(target, labels)}")
print(f"the file exists: {target.exists()}")

# %% [markdown]
# The photo's name is 커피.png, coffee in Korean. On the system that made this page `imread` opens it. From Windows
# people [report](https://github.com/opencv/opencv/issues/22881) `None` for such names. Bytes have no name: read them
# with Python or numpy, and have OpenCV decode them from memory.

# %%
data = np.fromfile(photo_path, np.uint8)
bgr = cv2.imread(photo_path)
print(np.array_equal(cv2.imdecode(data, cv2.IMREAD_COLOR), bgr))

# %% [markdown]
# ### What was meant to stay hidden
#
# Cut the saucer with all that stands on it out of the photo: an alpha of 255, opaque, there, of 0 on the table.

# %%
alpha = np.where(labels > 0, 255, 0).astype(np.uint8)
cutout = Image.fromarray(np.dstack([rgb, alpha]))
cutout.save(folder / "cutout.png")
white = Image.new("RGBA", cutout.size, "white")
seen = Image.alpha_composite(white, cutout)
read = cv2.imread(folder / "cutout.png")[..., ::-1]

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 2, figsize=(6.2, 2.5))
st.show(np.array(seen.convert("RGB")), axes[0], title="a viewer, on white")
st.show(read, axes[1], title="cv2.imread")
st.figure(
    fig,
    alt="Left: saucer, cup and spoon cut out, on white. Right: the whole photo with its wooden "
    "table, "
    f"although {(alpha == 0).mean():.0%} of the file's pixels are fully transparent.",
    caption="Transparent is not empty: the colours under an alpha of 0 are in the file, and imread "
    "gives you those.",
)

# %% [markdown]
# A network trained on such files learns from a background that no person saw while labelling. (`[..., ::-1]` swaps red
# and blue as a view that reads the memory backwards, with a negative stride, which `torch.from_numpy` refuses; `.copy()`
# cures it.)
#
# ### A photo that lies on its side
#
# A camera held upright stores the rows as its sensor read them. The EXIF data, notes that a camera writes into the
# file, say how to turn them.

# %%
man = st.read_mask(st.data_path("masks/cameraman.png"))
lying = cv2.imread(man_path, cv2.IMREAD_UNCHANGED)
upright = cv2.imread(man_path, cv2.IMREAD_GRAYSCALE)
with Image.open(man_path) as stored:
    print(f"orientation in the file: {stored.getexif()[0x0112]}")
print(f"mask {man.shape}")
print(f"GRAYSCALE {upright.shape}, UNCHANGED {lying.shape}")

# %% [markdown]
# The shapes disagree, and that would stop you. Now do what a pipeline does next: resize everything to a square.

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 2)
inside = cv2.resize(man, (256, 256), interpolation=cv2.INTER_NEAREST) == 255
squares = [cv2.resize(picture, (256, 256)) for picture in (lying, upright)]
titles = ["UNCHANGED: they disagree", "GRAYSCALE: they agree"]
for ax, square, title in zip(axes, squares, titles, strict=True):
    st.show(square, ax, title=title)
    ax.contour(inside, levels=[0.5], colors="black", linewidths=3.5)
    ax.contour(inside, levels=[0.5], colors=st.COLORS["mark"], linewidths=2)
on_its_side, fitting = (square[inside].mean() for square in squares)
st.figure(
    fig,
    alt="A photo of a man with a camera, twice, and on it the outline of the mask, man and tripod, "
    "as a "
    "yellow line. Left: the photo lies on its side, and inside the upright outline is mostly "
    "bright sky, "
    f"mean level {on_its_side:.0f} of 255. Right: the outline runs around the man in his dark "
    "coat, "
    f"mean level {fitting:.0f}.",
    caption="After a resize to 256 × 256 both photos have the mask's shape. Nothing complains any "
    "more.",
)

# %% [markdown]
# ### Half of sixteen bits
#
# A mask with one number per object needs 16 bits as soon as there are numbers above 255, as here.
# `IMREAD_GRAYSCALE` keeps the high byte of each: the number divided by 256, without the fraction.

# %%
objects_path = st.data_path("masks/astronaut.png")
objects = cv2.imread(objects_path, cv2.IMREAD_UNCHANGED)
high = cv2.imread(objects_path, cv2.IMREAD_GRAYSCALE)
print(f"the file:  {objects.dtype} {np.unique(objects)}")
print(f"GRAYSCALE: {high.dtype} {np.unique(high)}")

# %% tags=["remove-input"]
Markdown(
    "The objects 1 and 2, an astronaut and a model of the shuttle, are gone: "
    f"{(high == 0).mean():.0%} of the pixels are background now, against "
    f"{(objects == 0).mean():.0%} in the file. A file whose numbers are all below 256 is read as "
    "zero."
)

# %% [markdown]
# `read_image` and `read_mask` refuse, or do right by, every file of this section.
#
# ### Labels in a JPEG
#
# Save the labels at full size, and count.

# %% tags=["hide-input"]
def as_jpeg(array, quality):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "JPEG", quality=quality)
    return np.array(Image.open(buffer))


lines = ["| quality | other labels | labels | saucer still saucer |", "|---|---|---|---|"]
for quality in (95, 75, 50):
    changed = as_jpeg(labels, quality)
    kept, found = (changed[labels == 1] == 1).mean(), ", ".join(map(str, np.unique(changed)))
    lines.append(f"| {quality} | {(changed != labels).mean():.1%} | {found} | {kept:.1%} |")
Markdown("\n".join(lines))

# %% [markdown]
# Pillow saves at 75 unless told otherwise, OpenCV at 95. At no quality here do the labels come back.
#
# ## Sizes
#
# ### Invented pixels, counted
#
# Resize a picture of each class by itself: that gives its share in each new pixel. A pixel is invented when the class
# it got has no share in it at all.

# %%
small = st.resize_mask(labels, 100, 150)
copied = st.resize_mask(small, 400, 600)
blended = cv2.resize(small, (600, 400))
invented = np.zeros(blended.shape, bool)
for k in range(4):
    share = cv2.resize((small == k).astype(np.float32), (600, 400))
    invented |= (blended == k) & (share == 0)

# %% tags=["remove-input"]
Markdown(
    f"{invented.sum():,} pixels, {invented.mean():.1%} of the picture, which seems little; but the "
    "whole "
    f"spoon has only {(copied == 3).sum():,} pixels."
)

# %% [markdown]
# ### Seven ways to be nearest
#
# "Nearest" copies, so no label is invented. But from where is not agreed. Ten rows, numbered 0 to 9, become four.

# %% tags=["hide-input"]
column = np.arange(10, dtype=np.uint8)[:, None]
tensor = torch.from_numpy(column)[None]
results = {
    "`cv2.INTER_NEAREST`": cv2.resize(column, (1, 4), interpolation=cv2.INTER_NEAREST),
    '`interpolate(mode="nearest")`': interpolate(tensor[None].float(), (4, 1), mode="nearest"),
    "`v2.Resize` on a `Mask`": v2.Resize((4, 1))(tv_tensors.Mask(tensor)),
    "`cv2.INTER_NEAREST_EXACT`": cv2.resize(column, (1, 4), interpolation=cv2.INTER_NEAREST_EXACT),
    '`mode="nearest-exact"`': interpolate(tensor[None].float(), (4, 1), mode="nearest-exact"),
    "Pillow's `NEAREST`": np.array(Image.fromarray(column).resize((1, 4), 0)),
    "`resize_mask`": st.resize_mask(column, 4, 1),
}
taken = {name: " ".join(f"{v:.0f}" for v in np.ravel(rows)) for name, rows in results.items()}
rows = [f"| {name} | {row} |" for name, row in taken.items()]
Markdown("\n".join(["| | rows taken |", "|---|---|", *rows]))

# %% [markdown]
# The first three take row $\lfloor i H / h \rfloor$, under the corner of the new pixel: half a new pixel away from
# where a bilinear resize puts the photo. torch's documentation says that `nearest-exact` was added beside `nearest`
# to repair it without changing old results. The others go by the centre and part from `resize_mask` only where a
# centre falls exactly between two rows.
#
# Three more traps in the same call. `cv2.resize` takes its size as (width, height), while a shape says (height,
# width). `v2.Resize` takes a plain tensor for a photo and blends, until you wrap it in `tv_tensors.Mask`. And Pillow
# knows that a palette's numbers are names: ask for `BILINEAR`, and it copies all the same.

# %%
print(f"asked for (480, 640): {cv2.resize(labels, (480, 640)).shape}")
names = np.array([0, 7, 3, 12], np.uint8)
plain = torch.from_numpy(names[labels])[None]
resize = v2.Resize((128, 192))
print(f"plain tensor: {resize(plain).unique().tolist()}")
print(f"Mask: {resize(tv_tensors.Mask(plain)).unique().tolist()}")
blend = Image.Resampling.BILINEAR
asked = Image.open(mask_path).resize((192, 128), blend)
print(np.array_equal(asked, st.resize_mask(labels, 128, 192)))

# %% [markdown]
# ### One photo, made small by four libraries
#
# To make a photo small is to average many pixels into one. A plain bilinear resize looks at four of them and skips
# the rest: fine stripes become coarse ones that nobody photographed. *Antialiasing* averages over all. OpenCV's
# default does not; Pillow always does; torch does if asked; torchvision's `v2.Resize` does unless told not to.

# %% tags=["hide-input"]
size = (50, 75)
x = torch.from_numpy(rgb).permute(2, 0, 1)[None].float()


def by_torch(**options):
    """The small photo that interpolate makes, in bytes."""
    made = interpolate(x, size, mode="bilinear", **options)[0].permute(1, 2, 0)
    return made.round().clamp(0, 255).byte().numpy()


small_by = {
    "OpenCV, bilinear": cv2.resize(rgb, size[::-1]),
    "OpenCV, INTER_AREA": cv2.resize(rgb, size[::-1], interpolation=cv2.INTER_AREA),
    "Pillow, bilinear": np.array(Image.fromarray(rgb).resize(size[::-1], blend)),
    "interpolate": by_torch(),
    "interpolate, antialias": by_torch(antialias=True),
    "v2.Resize": v2.Resize(size)(tv_tensors.Image(x[0].byte())).permute(1, 2, 0).numpy(),
}
reference = small_by["Pillow, bilinear"].astype(int)
apart = {name: np.abs(picture - reference) for name, picture in small_by.items()}
lines = ["| | mean difference from Pillow, levels | largest |", "|---|---|---|"]
lines += [f"| {name} | {d.mean():.1f} | {d.max()} |" for name, d in apart.items()]
Markdown("\n".join(lines))

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 2, figsize=(6.2, 2.5))
st.show(small_by["OpenCV, bilinear"], axes[0], title="four pixels of each 64")
st.show(small_by["Pillow, bilinear"], axes[1], title="all of them")
st.figure(
    fig,
    alt="The coffee photo, an eighth as wide, twice. Left, without antialiasing: the wood's grain "
    "and the rim of the "
    "cup are broken into steps. Right, with antialiasing: smooth. The two differ by "
    f"{apart['OpenCV, bilinear'].mean():.1f} levels on average.",
    caption="One photo at 75 × 50 pixels. Train with one of these and serve with the other, and "
    "every "
    "edge is another than the network has learned.",
)

# %% [markdown]
# Nobody is wrong here either, but one pipeline must not mix them: resize in training as you will resize later.
#
# ### Photo and mask through one transform
#
# A turn or a crop must move photo and mask alike. Give both to one call of a v2 transform, and say what they are.

# %%
image, mask = tv_tensors.Image(x[0].byte()), tv_tensors.Mask(labels)
both = v2.Compose(
    [v2.RandomHorizontalFlip(1), v2.RandomAffine(20, fill=0)]
)
torch.manual_seed(0)
turned, with_it = both(image, mask)
print(with_it.unique().tolist())

# %% [markdown]
# Of several *plain* tensors only the first is taken for an image, and the others pass through untouched: a mask that
# was never wrapped stays where it was.

# %%
kept = both(x[0].byte(), torch.from_numpy(labels))[1]
print(torch.equal(kept, torch.from_numpy(labels)))

# %% [markdown]
# ### A mask over its photo
#
# The quickest test of a pair is to look at both at once. An overlay mixes colours, $(1 - \alpha)$ of the photo and
# $\alpha$ of the label's colour: say how much, or a dark photo passes for a dark class.

# %% tags=["hide-input"]
classes = torch.stack([with_it == k for k in (1, 2, 3)])
colors = [st.COLORS["B"], st.COLORS["G"], st.COLORS["mark"]]
over = draw_segmentation_masks(turned.as_subclass(torch.Tensor), classes, alpha=0.5, colors=colors)
fig, axes = plt.subplots(1, 2, figsize=(6.2, 2.5))
st.show(turned.as_subclass(torch.Tensor), axes[0], title="turned")
st.show(over, axes[1], title="half photo, half label")
st.figure(
    fig,
    alt="The coffee photo, mirrored and turned by some degrees, with black corners. Left as it is; "
    "right with its "
    "labels laid over it: saucer bluish, cup greenish, spoon yellowish, each exactly on its "
    "object.",
    caption="One transform for both: every label lies on its object. Half of each colour is the "
    "label's.",
)

# %% [markdown]
# ### A batch of unequal sizes
#
# A batch is one tensor, so its pictures have one size. Two photos of this course have not.

# %%
sizes = [photo_path, st.data_path("photos/animals/cat.png")]
tensors = [st.to_tensor(st.read_image(path)) for path in sizes]
try:
    torch.stack(tensors)
except RuntimeError as error:
    print(str(error).split(" at entry")[0])

# %% [markdown]
# Three ways out. Crop all to the smallest (nothing is invented, the rim is lost). Resize all to one (shapes are
# distorted unless you keep the aspect). Pad to the largest, and pad the *masks* with void, so that no loss is asked
# about the rim:

# %%
def padded(pairs, void=255):
    """A collate function: photos padded with 0, masks with void."""
    height = max(x.shape[1] for x, _ in pairs)
    width = max(x.shape[2] for x, _ in pairs)
    xs = torch.zeros(len(pairs), 3, height, width)
    ys = torch.full((len(pairs), height, width), void)
    for i, (x, y) in enumerate(pairs):
        xs[i, :, : x.shape[1], : x.shape[2]] = x
        ys[i, : y.shape[0], : y.shape[1]] = y
    return xs, ys


cat_mask = st.read_mask(st.data_path("masks/cat.png")) == 255
masks = [labels, cat_mask.astype(np.uint8)]
pairs = [(x, st.mask_to_tensor(m)) for x, m in zip(tensors, masks)]
xs, ys = padded(pairs)
print(tuple(xs.shape), tuple(ys.shape))
print(ys.unique().tolist())

# %% [markdown]
# Hand it to a `DataLoader` as `collate_fn=padded`. BatchNorm sees the padding, by the way: its black pixels count in
# the mean. [Lesson 4](04_batchnorm_and_the_range.ipynb) says what that does.
