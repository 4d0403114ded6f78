# %% [markdown]
# # More: values, memory and light
#
# 10 minutes · beside [lesson 2](02_floats_and_the_display.ipynb)
#
# What lesson 2 left out: which float, and what it shares with the array it was made of; what matplotlib logs, and what it
# makes of NaN; labels on a display; how other libraries make bytes of floats; and why a value is not an amount of light.

# %% tags=["hide-input"]
import logging
import tempfile
from fractions import Fraction
from pathlib import Path

import cv2
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from torchvision.transforms import v2
from torchvision.utils import save_image

import seeing_tensors as st

plt.style.use(st.STYLE)
kept = []  # what matplotlib logs is kept here and not shown
log = logging.getLogger("matplotlib.image")
log.addFilter(lambda record: kept.append(record.getMessage()))


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return Markdown("\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines))


def drawn(array, width=None, **options):
    """The levels (H, W, 3) that matplotlib's canvas holds after imshow."""
    width = width or array.shape[1]
    height = round(width * array.shape[0] / array.shape[1])
    size = (width / 100, height / 100)
    # Without the style's layout: a canvas of bare pixels has none.
    fig = Figure(size, dpi=100, facecolor="white", layout="none")
    canvas = FigureCanvasAgg(fig)
    ax = fig.add_axes((0, 0, 1, 1))
    ax.axis("off")
    ax.imshow(array, aspect="auto", **options)
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]


def detour(x):
    return 1 - (1 - x)


cat = st.read_image(st.data_path("photos/animals/cat.png"))
x = st.to_tensor(cat)
levels = np.arange(256)
every_level = levels.astype(np.uint8).reshape(16, 16)

# %% [markdown]
# ## Values
#
# ### Bytes, twice
#
# The two libraries differ on a number that does not fit into a byte.

# %%
a = np.array([200, 10], np.uint8)
t = torch.from_numpy(a)
print(f"numpy {a + 100} {a - 20}, torch {t + 100} {t - 20}")
print(f"torch {t + 300}")
try:
    a + 300
except OverflowError as error:
    print(f"numpy {error}")

# %% [markdown]
# OpenCV was made for pictures: its sums *saturate*, they stop at 0 and 255.

# %% tags=["hide-input"]
wrapped = cat + 100
up = cv2.add(cat, np.full_like(cat, 100))
down = cv2.subtract(up, np.full_like(cat, 100))
around = wrapped - 100
Markdown(
    f"After 100 levels up and down again, OpenCV has changed {(down != cat).mean():.0%} of the "
    "values, "
    f"NumPy's wrap-around {(around != cat).mean():.0%}. Wrapping is ugly and can be undone. "
    "Saturation looks "
    "right and cannot."
)

# %% [markdown]
# ### A gradient, and which float
#
# A gradient is the small number that says how to change each value. A byte cannot hold it, and a layer wants its input in
# the type of its weights.

# %%
layer = torch.nn.Conv2d(3, 8, kernel_size=3)
picture = torch.from_numpy(cat).permute(2, 0, 1)
try:
    picture.requires_grad_()
except RuntimeError as error:
    print(error)
try:
    layer(picture[None])
except RuntimeError as error:
    print(error)

# %% [markdown]
# The layer refuses *unequal types*, not bytes. (On the CPU torch does convolve bytes with weights that are bytes.) Here is
# how well each float type holds the 256 numbers $k / 255$.

# %% tags=["hide-input"]
rows = []
for kind in (np.float16, np.float32, np.float64):
    held = (levels / 255).astype(kind)
    error = max(abs(Fraction(float(v)) * 255 - k) for k, v in enumerate(held))
    info = np.finfo(kind)
    rows.append([info.dtype, info.bits // 8, f"{info.max:.2g}", f"{float(error):.1g}"])
table(["type", "bytes per value", "largest number", "largest error, levels"], rows)

# %% [markdown]
# All three are closer than half a level, so rounding finds every level again. float32 leaves room for long computations,
# in half the memory of float64.
#
# ### The detour, by type
#
# `1 - (1 - x)` costs levels where they are floored, and none where they are rounded.

# %% tags=["hide-input"]
def too_dark(x):
    return (drawn(np.dstack([x[None]] * 3))[0, :, 0] < levels).sum()


rows = []
for kind in (np.float16, np.float32, np.float64):
    x0 = (levels / 255).astype(kind)
    x1 = detour(x0)
    below = sum(Fraction(float(v)) * 255 < k for k, v in enumerate(x0))
    wrong = (st.to_uint8(torch.from_numpy(x1)).numpy() != levels).sum()
    rows.append([x0.dtype, below, too_dark(x0), too_dark(x1), wrong])
header = ["type", "stored below k / 255", "drawn too dark"]
header += ["drawn too dark after the detour", "`to_uint8` after the detour: wrong"]
table(header, rows)

# %% [markdown]
# In binary, $k / 255$ is the eight bits of $k$, repeated for ever. float32 keeps 24 bits, three repeats. What it cuts off
# begins with a 1 like what it keeps, so every level except 0 and 255, which are exact, is rounded *up*. That is luck, and
# the first subtraction ends it. float64 rounds many levels down; its product with 255 is rounded up again. float16 is
# widened before the product, so its errors stay.
#
# ## Memory
#
# `torch.from_numpy` copies nothing: array and tensor are two names for one piece of memory. So are a slice and what it was
# cut from, and a permuted view.

# %%
photo = cat.copy()
shared = torch.from_numpy(photo)
shared[0, 0] = 0
print(f"the array has changed too: {photo[0, 0]}")
corner = x[:, :2, :2]
corner += 1
print(f"the corner of the whole: {x[0, 0, 0]:.2f}")
x = st.to_tensor(cat)

# %% [markdown]
# An operation whose name ends in an underscore, and `+=`, write into the memory there is. `to_tensor`, `to_image` and all
# functions of this library return new memory. On the way back, a tensor that takes part in a gradient refuses to become an
# array:

# %%
tracked = x.clone().requires_grad_()
try:
    tracked.numpy()
except RuntimeError as error:
    print(error)
print(tracked.detach().cpu().numpy().shape)

# %% [markdown]
# `.detach()` lets go of the gradient, `.cpu()` fetches from a GPU, `.numpy()` shares the memory again.
#
# ## The display
#
# ### Every level, and one too dark
#
# Do fixed limits make one channel exact? Here is every level, drawn with `vmin=0, vmax=255`.

# %% tags=["hide-input"]
seen = drawn(every_level, cmap="gray", vmin=0, vmax=255)[..., 0]
dark = every_level[every_level - seen == 1]
Markdown(
    f"Almost: {len(dark)} of the 256 levels are drawn one too dark, the first is "
    f"{dark[0]}; {(seen != every_level).sum() - len(dark)} are wrong in another way. "
    f"They were floored twice."
)

# %% [markdown]
# The grey map stores entry $j$ as the float $j / 255$, and that float times 255 is cast in turn. Where the product falls
# short of $j$ by the last bit, a level is lost:

# %%
entries = plt.get_cmap("gray")(np.arange(256))[:, 0] * 255
short = entries < np.arange(256)
same = np.array_equal(np.flatnonzero(short), dark)
print(f"{short.sum()} entries fall short, the same as above: {same}")

# %% [markdown]
# ### What matplotlib tells you, and where
#
# When a colour array is clipped, matplotlib says so, not by a Python warning but through a logger: a line on stderr, red
# in many notebooks. `warnings.catch_warnings` never sees it. This page keeps such lines in a list instead.

# %%
kept.clear()
broken = st.to_tensor(cat)[0].numpy()
broken[0, 0] = 10
drawn((x + 0.4).permute(1, 2, 0).numpy())
drawn(broken, cmap="gray")
print(f"messages for two pictures: {len(kept)}", *kept, sep="\n")

# %% [markdown]
# The stretched picture, darkened by one pixel, made no message.
#
# NaN and infinity are worse. Here is the level that they get beside an ordinary pixel, and, in the last column, beside a 2.

# %% tags=["hide-input"]
def level_of(value, neighbour, channels):
    row = np.array([[value, neighbour, 0.25]])
    array = row if channels == 1 else np.dstack([row] * 3)
    with np.errstate(invalid="ignore"):  # NumPy warns when it casts NaN or inf
        return drawn(array, cmap="gray")[0, 0, 0]


columns = [(0.5, 1), (0.5, 3), (2.0, 3)]
rows = [[v, *(level_of(v, *c) for c in columns)] for v in (np.nan, np.inf, -np.inf)]
table(["value", "one channel", "three channels", "three, beside a 2"], rows)

# %% [markdown]
# With one channel all three are transparent and the white page shows, for minus infinity too. In colour a pixel with NaN
# is transparent as well, but *another* pixel decides about infinity: matplotlib clips when some finite value is out of
# range. Otherwise it casts infinity to a byte, and what that gives is up to the machine. `show` paints all three magenta.
#
# ### Labels must not be blended
#
# `imshow` by default blends neighbours, except at the picture's own size, at exactly twice it, and above three times.
# Amounts may be blended, labels may not. This mask has two. Draw it 100 pixels wide and look at the tripod.

# %%
mask = st.read_mask(st.data_path("masks/cameraman.png"))
small = {"width": 100, "cmap": "gray"}
blended = drawn(mask, **small)[..., 0]
nearest = drawn(mask, interpolation="nearest", **small)[..., 0]
for array in (mask, blended, nearest):
    print(f"{len(np.unique(array))} greys | {st.describe(array)}")

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 2, figsize=(6.2, 3.2))
counts = [len(np.unique(canvas)) for canvas in (blended, nearest)]
for ax, canvas, count, name in zip(axes, (blended, nearest), counts, ("the default", '"nearest"')):
    st.show(canvas[50:115, 15:85], ax, title=f"{name}: {count} greys")
st.figure(
    fig,
    alt=f"A part of the cameraman's mask, drawn small and then enlarged. Left, the default: the "
    "legs of the "
    f"tripod have grey edges; the whole drawing has {counts[0]} greys. Right, nearest: hard edges, "
    "black and "
    f"white only, {counts[1]} greys.",
    caption=f"A mask with two labels, {mask.shape[1]} pixels wide, drawn at 100, then enlarged. "
    "The greys on the left are no label of the mask.",
)

# %% [markdown]
# Draw labels with `interpolation="nearest"`, or with `show`, which does so for integers of one channel.
#
# ## From floats to bytes, nine ways
#
# The last column counts the levels that change on the detour.

# %% tags=["hide-input"]
def saved(save):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.png"
        save(path)
        return np.asarray(Image.open(path))[..., 0]


def rgb(x):
    return x.expand(3, -1, -1).permute(1, 2, 0).numpy()


def as_grey(values):
    return Image.fromarray(values).convert("L")


to_byte = v2.ToDtype(torch.uint8, scale=True)
ways = {
    "`(255 * x).to(torch.uint8)`": lambda x: (255 * x).to(torch.uint8)[0].numpy(),
    "torchvision `v2.ToDtype(torch.uint8, scale=True)`": lambda x: to_byte(x)[0].numpy(),
    "torchvision `v2.ToPILImage()`": lambda x: np.asarray(v2.ToPILImage()(x)),
    "torchvision `save_image`": lambda x: saved(lambda path: save_image(x, path)),
    "matplotlib `imsave`, RGB": lambda x: saved(lambda path: plt.imsave(path, rgb(x))),
    "matplotlib `imshow`, RGB": lambda x: drawn(rgb(x))[..., 0],
    "Pillow `fromarray(255 * x).convert('L')`": lambda x: np.asarray(as_grey(255 * x[0].numpy())),
    "OpenCV `multiply(x, 255, dtype=CV_8U)`": lambda x: cv2.multiply(x[0].numpy(), 255, dtype=0),
    "`st.to_uint8`": lambda x: st.to_uint8(x)[0].numpy(),
}


def outcome(way, value):
    try:
        with np.errstate(invalid="ignore"):
            return way(torch.full((1, 1, 1), value))[0, 0]
    except ValueError:
        return "ValueError"


every = detour(torch.arange(256).reshape(1, 16, 16) / 255)
tests = (-0.1, 0.5, 1.1, torch.nan)
rows = [
    [name, *(outcome(way, v) for v in tests), (way(every) != every_level).sum()]
    for name, way in ways.items()
]
table(["way", *tests, "levels changed, of 256"], rows)

# %% [markdown]
# Each has its reason. A cast is quick and leaves the range to you; out of range C does not define its result, so another
# processor may give other numbers. `ToDtype` multiplies by just under 256 and drops the fraction: every byte gets an
# interval of the same width, one half goes down, and no level is lost here. `imsave` refuses what it would have to clip.
# `save_image` and OpenCV round and clamp, and turn NaN to black.
#
# The other way, torchvision scales by the type, not by the values. For a photo that came as int64 this is a trap.

# %%
to_float = v2.ToDtype(torch.float32, scale=True)
for kind in (torch.uint8, torch.int64):
    value = to_float(torch.full((3, 1, 1), 200, dtype=kind))[0, 0, 0]
    print(f"torchvision, 200 as {kind}: {value:.3g}")
try:
    st.to_tensor(np.full((1, 1, 3), 200))
except TypeError as error:
    print(str(error).split(";")[0])

# %% [markdown]
# It divides by the largest number of the type. That is consistent: nothing in the array says that 255 was meant. The
# photo is black all the same. `to_tensor` asks you to decide.
#
# ## Values are not light
#
# A level says how bright a pixel *looks*, roughly, not how much light it sends. Files, screens and nearly all code use
# sRGB: level $k$ stands for a share of the screen's full light of
#
# $$\ell = \left(\frac{k / 255 + 0.055}{1.055}\right)^{2.4}$$
#
# (below level 11 a straight line). So half the level is far less than half the light. A fine checkerboard of black and
# white *does* send half the light: stand back until its squares merge, and see which of the two greys it becomes.

# %%
def light(level):
    """The share of the full light that an sRGB level stands for."""
    v = level / 255
    return v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4


half = min(range(256), key=lambda level: abs(light(level) - 0.5))
print(f"level 128 sends {light(128):.1%} of the light")
print(f"half the light is level {half}")

# %% tags=["hide-input"]
board = (np.indices((50, 17)).sum(axis=0) % 2 * 255).astype(np.uint8).repeat(6, 0).repeat(6, 1)
strip = np.hstack([np.full_like(board, 128), board, np.full_like(board, half)])
# Squares of six pixels: a browser that shrinks the picture a little must not average them away.
fig = Figure((strip.shape[1] / 110, strip.shape[0] / 110), dpi=110, layout="none")
ax = fig.add_axes((0, 0, 1, 1))
ax.axis("off")
ax.imshow(np.dstack([strip] * 3), interpolation="nearest", aspect="auto")
st.figure(
    fig,
    alt="Three upright stripes. Left an even grey, level 128; in the middle a fine checkerboard of "
    "black and "
    f"white; right an even grey, level {half}. From a distance the checkerboard has the brightness "
    "of the "
    "right stripe; the left one is clearly darker.",
    caption=f"128, half black and half white, {half}. Stand back: the middle is as bright as the "
    "right.",
)

# %% [markdown]
# Blurs, resizes and means of photos are computed on levels everywhere, in this course too, and come out a little darker
# than an eye or a lens would make them. Networks do not mind: they are trained on levels. Somebody who measures light does.
