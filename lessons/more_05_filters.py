# %% [markdown]
# # More: turned kernels, padded layers, a head and borrowed filters
#
# 7 minutes · beside [lesson 5](05_conv_filter_outputs.ipynb)
#
# What lesson 5 left out, for the day on which you need it.

# %% tags=["hide-input"]
import cv2
import matplotlib.pyplot as plt
import numpy as np
import torch
from PIL import Image, ImageFilter
from torch import nn
from torch.nn import functional as F

import seeing_tensors as st

plt.style.use(st.STYLE)
cat = st.data_path("photos/animals/cat.png")
x = st.to_tensor(st.read_image(cat))

# %% [markdown]
# ## Who turns the kernel?
#
# The plus signs in $x_{c,\,i+u,\,j+v}$ matter. Mathematics calls this sum cross-correlation; its convolution has minus
# signs, which turn the kernel by 180 degrees. A single bright pixel, an *impulse*, shows which one you have.

# %%
kernel = torch.arange(1.0, 10).reshape(1, 1, 3, 3)
impulse = torch.zeros(1, 5, 5)
impulse[0, 2, 2] = 1
print(st.conv2d(impulse, kernel)[0])

# %% [markdown]
# The kernel comes out turned around: as the filter slides on, its last weight meets the bright pixel first. So this is
# cross-correlation. A convolution would return the kernel as it is. The impulse tells for every library: torch and
# OpenCV correlate, numpy's `convolve` really convolves, and Pillow lays the kernel on upside down.

# %%
bright, taps = impulse[0].numpy(), kernel[0, 0].numpy()
by_opencv = cv2.filter2D(bright, -1, taps)[1:4, 1:4]
print("OpenCV", by_opencv.astype(int).tolist())
laid = ImageFilter.Kernel((3, 3), taps.ravel().tolist(), scale=1)
by_pillow = Image.fromarray(bright.astype(np.uint8)).filter(laid)
print("Pillow", np.asarray(by_pillow)[1:4, 1:4].tolist())
print("numpy ", np.convolve([0, 0, 1, 0, 0], [1, 2, 3], "valid"))

# %% [markdown]
# For symmetric kernels there is no difference. For an edge filter it is the sign of its map.
#
# ## One channel
#
# A filter looks at all channels of its input. To look at one of them yourself, you must know their order. A tutorial
# that reads with OpenCV draws index 2 of its array, in grey. Which colour is that?

# %%
bgr = cv2.imread(str(cat))
print(np.array_equal(bgr[..., 2], st.read_image(cat)[..., 0]))

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 2, figsize=(6.2, 2.5))
st.show(bgr[..., 2], axes[0], title="index 2, OpenCV: red")
st.show(x[2], axes[1], title="index 2, here: blue")
st.figure(
    fig,
    alt="The cat twice in grey. Left, its red channel: light fur, mean "
    f"{bgr[..., 2].mean() / 255:.2f}. Right, its blue channel: darker fur, mean {x[2].mean():.2f}.",
    caption="Two channels, one index. Look at the orange fur around the eyes.",
)

# %% [markdown]
# ## Where padding breaks the bargain
#
# Three layers are one, and BatchNorm in evaluation mode goes into the weights of the layer after it: both hold where no
# padding is. Zero padding puts zeros around the input of *each* layer. A later layer of the stack finds zeros where the
# one large layer finds what its kernel makes of the photo's rim. And the zeros have not been through BatchNorm: its
# offset is missing there. Measure both, inside and at the rim.

# %%
torch.manual_seed(0)
first, norm = nn.Conv2d(3, 8, 5, padding=2), nn.BatchNorm2d(8)
second = nn.Conv2d(8, 4, 5, padding=2)
first(x[None]), norm(first(x[None]))  # it learns its averages
norm.eval()
scale = norm.weight / (norm.running_var + norm.eps).sqrt()
shift = norm.bias - scale * norm.running_mean
diagonal = torch.diag(scale)[:, :, None, None]
weight, bias = st.compose_kernels(
    (diagonal, shift), (second.weight, second.bias)
)
one = st.compose_kernels(
    (first.weight, first.bias), (second.weight, second.bias)
)


def apart(y, z):
    """The largest difference inside, and in a rim of two pixels."""
    off = (y - z).detach().abs().amax(dim=(0, 1))
    inside = off[2:-2, 2:-2].max().item()
    off[2:-2, 2:-2] = 0
    return f"inside {inside:.0e}, at the rim {off.max():.0e}"


maps = first(x[None])
absorbed = F.conv2d(maps, weight, bias, padding=2)
print("BatchNorm:", apart(absorbed, second(norm(maps))))
single = F.conv2d(x[None], *one, padding=4)
print("two layers:", apart(single, second(maps)))

# %% [markdown]
# ## The classifier's head
#
# At the end of many networks the maps are flattened and feed a Linear layer. Its size follows from the size of the
# photo, so a number typed in serves one size only. One tutorial gives an example, a picture that ends at 60 × 97. Its
# own photo of 400 × 225 does not.

# %%
def features(height, width, layers=3):
    for _ in range(layers):
        height = st.conv2d_output_size(height, 5)
        width = st.conv2d_output_size(width, 5)
    return 48 * height * width


print(f"48 maps of 60 × 97:     {48 * 60 * 97:10,}")
print(f"from a 400 × 225 photo: {features(225, 400):10,}")
head = nn.Sequential(
    nn.Conv2d(3, 12, 5), nn.ReLU(), nn.Conv2d(12, 24, 5), nn.ReLU(),
    nn.Conv2d(24, 48, 5), nn.ReLU(),
    nn.Flatten(), nn.Linear(features(64, 64), 4),
)
print(tuple(head(x[None, :, :64, :64]).shape))

# %% [markdown]
# A Linear layer of another size raises an error. `nn.LazyLinear` finds the size by itself when the first batch
# arrives, and serves that size from then on. Global average pooling, `nn.AdaptiveAvgPool2d(1)`, leaves one number of
# each map: 48 for every photo.
#
# ## A hook that does not copy
#
# To see maps inside a network people register a forward hook, a function that gets what a module gives, and keep the
# output. `nn.ReLU(inplace=True)` then overwrites what was kept. `feature_maps` keeps copies, and removes its hooks.

# %%
model = nn.Sequential(nn.Conv2d(3, 4, 5), nn.ReLU(inplace=True))
seen = []
handle = model[0].register_forward_hook(
    lambda module, inputs, output: seen.append(output)
)
model(x)
handle.remove()
own = st.feature_maps(model, x)["0"]
print("by the hook:     minimum", seen[0].min().item())
print("by feature_maps: minimum", round(own.min().item(), 3))

# %% [markdown]
# ## What torch lets through
#
# torch computes on bytes, and they wrap around (lesson 2). Given weights on the `meta` device, which have a shape and
# no values, it returned numbers that nobody computed when this page was written. We refuse both.

# %%
bytes_of_1 = torch.ones(1, 3, 3).byte()
hundreds = torch.full((1, 1, 3, 3), 100).byte()
print("nine times 100:", F.conv2d(bytes_of_1, hundreds).item())
for bad in ((bytes_of_1, kernel), (impulse, kernel.to("meta"))):
    try:
        st.conv2d(*bad)
    except (TypeError, ValueError) as error:
        print(type(error).__name__)

# %% [markdown]
# ## Filters of others
#
# If torch.hub's folder on your machine holds weights of torchvision's classifiers, which saw a million photos,
# `pretrained_filters` reads the first layer of each. Nothing is downloaded, so this page shows them only where they
# are.

# %% tags=["pretrained"]
found = st.pretrained_filters()
for name, filters in list(found.items())[:1]:
    grey = filters.mean(dim=1)[:64]
    fig, ax = plt.subplots(figsize=(6.2, 5.6))
    st.show_feature_maps(grey, ax, columns=8, title=name)
    st.figure(
        fig,
        alt=f"The first {len(grey)} filters of {name}, red and blue, "
        f"up to {grey.abs().max():.2f}.",
        caption=f"{name}, mean over red, green and blue.",
    )
print(f"sets of weights found: {len(found)}")
