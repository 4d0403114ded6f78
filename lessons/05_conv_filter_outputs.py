# %% [markdown]
# # A feature map on its own scale hides its size
#
# 21 minutes · and 45 for the exercises · after lesson 3 · uses `conv2d`, `show_feature_maps`, `conv2d_output_size`, `attainable_range`, `compose_kernels`, `feature_maps`

# %% tags=["hide-input"]
from functools import reduce

import cv2
import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import Markdown
from PIL import Image, ImageFilter
from torch import nn
from torch.nn import functional as F

import seeing_tensors as st

plt.style.use(st.STYLE)
cat = st.data_path("photos/animals/cat.png")
x = st.to_tensor(st.read_image(cat))

weight = torch.randn(16, 3, 5, 5, generator=torch.Generator().manual_seed(41))
weight[10] *= 1e-6
maps = st.conv2d(x, weight)
sizes = maps.abs().amax(dim=(1, 2))

fig, axes = plt.subplots(4, 4, figsize=(6.2, 5.2))
for i, ax in enumerate(axes.flat):
    ax.imshow(maps[i].numpy())
    ax.axis("off")
    ax.set_title(f"{i}")
st.figure(
    fig,
    alt=f"Sixteen pictures of the same cat, numbered 0 to 15, in the blue, green and yellow of matplotlib's default "
    f"colours. The cat is plain to see in every one. The largest value in one of them is {sizes.min() / sizes.median():.0e} times "
    "that in a typical one, and nothing in the pictures says in which.",
    caption="What sixteen filters make of one photo. In one picture the values are a millionth of those in the others. Which one?",
)

# %% [markdown]
# **After this lesson you can**
#
# 1. draw the maps of a layer so that their sizes can be compared
# 2. say from a layer's numbers alone how large its maps are, how far they see and which values they can reach
# 3. tell random filters from trained ones, and a stack of layers from a single layer in disguise
#
# ## Predict
#
# A *filter* is a block of weights that slides over the photo. At each place it multiplies every pixel under it by a weight and adds up. The sums form its *map*. A *layer* is several filters on one input, and the maps of one layer are the channels that the next one sees. Without *padding* a filter lies only where all of it fits. Answer on paper:
#
# - **a** You multiply all weights of one filter by 1e-6 and hand its map to `imshow`. The map is drawn black, or paler, or as before?
# - **b** A photo of 451 × 300 pixels goes through three layers of 5 × 5 filters without padding. How large are the maps at the end?
# - **c** The three layers have 12, 24 and 48 filters, and nothing between them. Can they do more than one layer of 48 larger filters, as much, or less?
#
# ## Look
#
# ### One scale
#
# These are the sixteen maps. `describe` names the axes, and says that no photo display can show them as they are.

# %%
print(st.describe(x))
print(st.describe(maps))

# %% [markdown]
# A map has signs, and 0 means something: what lies under the filter cancels out. So it needs a scale with 0 in the middle, the same for all maps. `show_feature_maps` does that: blue is below 0, white is 0, red is above 0, and the bar gives the values. Look for the map that is not there.

# %%
fig, ax = plt.subplots(figsize=(6.2, 3.8))
st.show_feature_maps(maps, ax, columns=4)
i = int(sizes.argmin())
st.figure(
    fig,
    alt=f"The sixteen maps in four rows on one scale from {-sizes.max():.0f} to {sizes.max():.0f}, blue to red. Fifteen show the "
    f"cat, some in strong colours, some in pale ones. The one in row {i // 4 + 1}, column {i % 4 + 1} is blank: its largest value is {sizes.min():.0e}.",
    caption="The same maps on one scale. One is blank, and the others were never equally strong.",
)

# %%
pixels = [st.imshow_pixels(maps[10].numpy() * scale) for scale in (1, 1e6)]
differ = (pixels[0] != pixels[1]).any(axis=2).sum()
print(f"pixels that differ: {differ} of {maps[10].numel():,}")

# %% tags=["hide-input"]
Markdown(
    f"The answer to **a**: as before. `imshow` stretches a 2-D array over its own minimum and maximum (lesson 2), so it draws "
    f"map {i} and a million times that map alike, but for {differ} in {maps[10].numel():,} pixels. "
    f"The others are not equal either: the strongest map is {sizes.max() / sizes.sort().values[1]:.1f} times the weakest of the other fifteen."
)

# %% [markdown]
# ### One channel
#
# A filter looks at all channels of its input. To look at one of them yourself, you must know their order. A tutorial that reads with OpenCV draws index 2 of its array, in grey. Which colour is that?

# %%
bgr = cv2.imread(str(cat))
print("index 2 of cv2's array is our index 0, red:", np.array_equal(bgr[..., 2], st.read_image(cat)[..., 0]))

# %% tags=["hide-input"]
fig, axes = plt.subplots(1, 2, figsize=(6.2, 2.5))
st.show(bgr[..., 2], axes[0], title="index 2, OpenCV: red")
st.show(x[2], axes[1], title="index 2, here: blue")
st.figure(
    fig,
    alt=f"The cat twice in grey. Left, its red channel: light fur, mean {bgr[..., 2].mean() / 255:.2f}. Right, its blue "
    f"channel: darker fur, mean {x[2].mean():.2f}.",
    caption="Two channels, one index. Look at the orange fur around the eyes.",
)

# %% [markdown]
# ### Three layers
#
# A stack as many tutorials build it: three layers of 5 × 5 filters, 3 → 12 → 24 → 48 channels, with torch's initial weights and nothing between. `feature_maps` runs any `nn.Module` and keeps what each module in it gives, by its name: here "0", "1" and "2".

# %%
torch.manual_seed(0)
stack = nn.Sequential(nn.Conv2d(3, 12, 5), nn.Conv2d(12, 24, 5), nn.Conv2d(24, 48, 5))
kept = st.feature_maps(stack, x[None])
for name in "012":
    print(name, st.describe(kept[name]))

# %% [markdown]
# All 84 maps on one scale. Look at how strong the colours are from layer to layer.

# %% tags=["hide-input"]
layers = [kept[name][0] for name in "012"]
reach = [layer.abs().max().item() for layer in layers]
fig, axes = plt.subplots(3, 1, figsize=(6.2, 6), height_ratios=(2, 3, 6))
for i, (ax, layer) in enumerate(zip(axes, layers)):
    st.show_feature_maps(layer, ax, limit=max(reach), columns=8, title=f"layer {i}: {len(layer)} maps")
st.figure(
    fig,
    alt=f"Three grids of maps on one scale from {-max(reach):.1f} to {max(reach):.1f}, in rows of 8: 12, 24 and 48 maps. In the "
    f"first some maps are strong, up to {reach[0]:.2f}. In the second they are weaker, up to {reach[1]:.2f}. The 48 maps of the third are "
    f"nearly all pale, up to {reach[2]:.2f}, with a faint cat in one tint each.",
    caption="12, 24 and 48 maps of an untrained stack, one scale for all.",
)

# %% tags=["hide-input"]
Markdown(
    f"The largest value falls from {reach[0]:.2f} over {reach[1]:.2f} to {reach[2]:.2f}: torch's initial weights are so small that each "
    "layer weakens what it gets. Grids with a scale for each map hide this. Below such figures one reads that the filters "
    "have learned features. Nothing here has learned anything: the weights are random numbers."
)

# %% [markdown]
# ## Why
#
# ### What a filter computes
#
# Filter $o$ is laid on the picture at row $i$, column $j$. Each weight is multiplied by the pixel under it, and everything is added up, over the rows $u$ and columns $v$ of the kernel and over *all* input channels $c$:
#
# $$y_{o,i,j} = b_o + \sum_{c,u,v} w_{o,c,u,v} \; x_{c,\,i+u,\,j+v}$$
#
# Here $x$ is the input, $w$ the weights, $b$ the bias. A layer of 48 filters on 24 channels holds 48 · 24 kernels, and each of its maps mixes all 24 channels.
#
# The plus signs in $i+u$ matter. Mathematics calls this cross-correlation; its convolution has minus signs, which turn the kernel by 180 degrees. A single bright pixel, an *impulse*, shows which one you have.

# %%
kernel = torch.arange(1.0, 10).reshape(1, 1, 3, 3)
impulse = torch.zeros(1, 5, 5)
impulse[0, 2, 2] = 1
print(kernel[0, 0], st.conv2d(impulse, kernel)[0], sep="\n")

# %% [markdown]
# The impulse gives the kernel turned around. So this is cross-correlation: as the filter slides on, its last weight meets the bright pixel first. A convolution would return the kernel as it is.
#
# ### How large the map is
#
# A kernel of $k$ weights in a row, $d$ pixels apart (the *dilation*), spans $d(k-1)+1$ pixels. With $p$ pixels of padding on both sides of $n$ there are $n+2p$ to lie on. The first place is at the left end, and every step of $s$ pixels (the *stride*) that still fits gives one more:
#
# $$n' = \left\lfloor \frac{n + 2p - d(k-1) - 1}{s} \right\rfloor + 1$$
#
# With $k = 5$, $d = s = 1$ and $p = 0$ this is $n - 4$.

# %%
height, width = x.shape[1:]
for name in "012":
    height, width = st.conv2d_output_size(height, 5), st.conv2d_output_size(width, 5)
    print(name, (height, width), "same as torch:", tuple(kept[name].shape[2:]) == (height, width))

# %% [markdown]
# That answers **b**. Each layer takes 4 rows and 4 columns away, so 451 × 300 ends at 439 × 288.
#
# ### How far it sees
#
# A value of the last layer depends on a window of the photo, its *receptive field*, $r$ pixels wide. Each layer adds $d(k-1)$ pixels of its own input, and one such pixel is as wide as the strides $s_i$ of all layers before it, multiplied:
#
# $$r = 1 + \sum_l d_l (k_l - 1) \prod_{i<l} s_i$$

# %%
print("three 5 × 5 layers see", st.receptive_field([(5, 1, 1)] * 3), "pixels")
print("with stride 2 in the first,", st.receptive_field([(5, 2, 1), (5, 1, 1), (5, 1, 1)]))

# %% [markdown]
# ### What it can reach
#
# How large can a map get if the pixels lie in [0, 1]? No photo is needed to know. A positive weight gives most on a white pixel, a negative one on a black pixel:
#
# $$b_o + \sum \min(w_o, 0) \;\le\; y_o \;\le\; b_o + \sum \max(w_o, 0)$$
#
# Both ends are reached, and the formula says by which picture: white where the weight is positive, black elsewhere, and the other way round. In the next figure look at the signs above and at the colours below.

# %%
low, high = st.attainable_range(weight)
brightest, darkest = (weight[0] > 0).float(), (weight[0] < 0).float()
print(f"least {low[0]:.4f}, reached {st.conv2d(darkest, weight[:1]).item():.4f}")
print(f"most  {high[0]:.4f}, reached {st.conv2d(brightest, weight[:1]).item():.4f}")

# %% tags=["hide-input"]
fig, axes = plt.subplot_mosaic("aa;bc", figsize=(6.2, 4.6))
st.show_feature_maps(weight[0], axes["a"], columns=3, title="weights for red, green and blue")
st.show(brightest, axes["b"], title=f"most: {high[0]:.1f}")
st.show(darkest, axes["c"], title=f"least: {low[0]:.1f}")
share = (maps[0].max() - maps[0].min()) / (high[0] - low[0])
st.figure(
    fig,
    alt="Above, the three 5 by 5 kernels of filter 0 as red and blue squares. Below, two pictures of 5 by 5 pixels in pure "
    f"colours, one the negative of the other. The first gives the filter's largest value, {high[0]:.1f}, the second its smallest, {low[0]:.1f}.",
    caption="A random filter and the two pictures that drive it to its ends. Where all three weights are positive, the lower left picture is white.",
)

# %% tags=["hide-input"]
Markdown(
    f"On the photo this filter stays between {maps[0].min():.1f} and {maps[0].max():.1f}: {share:.0%} of what it could reach. "
    "Neighbouring pixels of a photo are alike. The picture to which a random filter gives most is noise."
)

# %% [markdown]
# ### Three layers are one
#
# Put one layer's sum into the next one's. A sum of weighted sums is a weighted sum, of pixels at $i + u_1 + u_2$. Its weight for the offset $t$ collects every way to get there, through all middle channels $m$:
#
# $$W_{o,c,t} = \sum_m \sum_{u_1 + u_2 = t} w^{(2)}_{o,m,u_2} \, w^{(1)}_{m,c,u_1}$$
#
# $$B_o = b^{(2)}_o + \sum_{m,u} w^{(2)}_{o,m,u} \, b^{(1)}_m$$
#
# That is again a layer, with a larger kernel: 5 and 5 give 9, and another 5 gives 13.
#
# ## The tool
#
# ### Is it really one layer?
#
# `compose_kernels` computes $W$ and $B$. For a strict test, leave no room for rounding: take weights of -1, 0 and 1 and pixels of 0 and 1. Then all sums are whole numbers below $2^{24}$, which float32 holds exactly, and the two results must be equal in every bit.

# %%
whole = [torch.randint(-1, 2, layer.weight.shape).float() for layer in stack]
black_and_white = x.round()[None]
one = reduce(st.compose_kernels, whole)
three_steps = reduce(F.conv2d, whole, black_and_white)
print("one weight", tuple(one.shape), "sums up to", three_steps.abs().max().item())
print("equal in every bit:", torch.equal(F.conv2d(black_and_white, one), three_steps))

# %% [markdown]
# So three layers can do no more than one layer of 48 filters of 13 × 13. Can they do less? Keep the first two layers of our stack, and choose only the weights of the third. `units` holds one filter for each single weight, a 1 among zeros; every filter is a weighted sum of these.

# %%
first_two = st.compose_kernels(stack[0].weight.detach().double(), stack[1].weight.detach().double())
units = torch.eye(24 * 5 * 5).double().reshape(-1, 24, 5, 5)
reached = st.compose_kernels(first_two, units).flatten(1)
print("independent kernels reached:", torch.linalg.matrix_rank(reached).item(), "of", 3 * 13 * 13)

# %% [markdown]
# That is all of them: weighted sums of those give every 13 × 13 filter there is. The answer to **c** is: as much.
#
# Now the stack with its random weights and biases, and then with ReLU between its layers, which sets all negative values to 0. A layer $f$ is an affine map, so $f(x+y) - f(x) - f(y) + f(0)$ is 0 for all pictures $x$ and $y$. A stack for which it is not 0 is no single layer, whatever the kernel.

# %%
one, bias = reduce(st.compose_kernels, [(layer.weight, layer.bias) for layer in stack])
bent = nn.Sequential(stack[0], nn.ReLU(), stack[1], nn.ReLU(), stack[2])
y, black = x.flip(2), torch.zeros_like(x)
with torch.no_grad():
    error = (F.conv2d(x, one, bias) - stack(x)).abs().max().item()
    straight, broken = ((f(x + y) - f(x) - f(y) + f(black)).abs().max().item() for f in (stack, bent))

print(f"one layer against three: {error:.0e}")
print(f"f(x+y) - f(x) - f(y) + f(0): {straight:.0e}, with ReLU {broken:.2f}")

# %% tags=["hide-input"]
count = sum(p.numel() for p in stack.parameters())
Markdown(
    f"The one 13 × 13 layer differs from the three by {error:.0e}, which is rounding. It has {one.numel() + bias.numel():,} numbers, the "
    f"stack {count:,}: the stack is the *longer* way to write it. The test gives {straight:.0e} for the stack and **{broken:.2f}** with "
    "ReLU between the layers. ReLU is what makes depth count."
)

# %% [markdown]
# BatchNorm without ReLU would not help. In evaluation mode it is one slope and one offset per channel (lesson 4), and the next layer's weights and bias absorb both.
#
# ### Filters made by hand
#
# People designed filters long before networks learned them. Their weights say what they do. A sum of 1 keeps the brightness; a sum of 0 answers with 0 to every flat area.

# %%
sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 4
sharpen = torch.tensor([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]])
by_hand = torch.stack([torch.full((3, 3), 1 / 9), sharpen, sobel, sobel.T])[:, None]
for name, w in zip(("blur", "sharpen", "edges left-right", "edges up-down"), by_hand):
    low, high = st.attainable_range(w[None])
    print(f"{name:16} sum {w.sum():4.1f}, reaches {low.item():4.1f} to {high.item():.1f}")

# %% [markdown]
# Lay one on the cat. Under the window are nine pixels, nine weights and nine products; the map holds their sum. Type weights of your own. Then multiply all of them by a thousandth, on one scale and on a scale of its own, and say which of the two you would rather publish.

# %% tags=["hide-input"]
channel = x[:1, ::2, ::2]  # red, every second pixel: that keeps the page light
four = torch.stack([torch.eye(9)[4].reshape(3, 3), sharpen, sobel, sobel / 1000])
answers = st.conv2d(channel, four[:, None])
ends = answers.abs().amax(dim=(1, 2))
fig, axes = plt.subplots(2, 1, figsize=(6.2, 2.8))
st.show_feature_maps(answers, axes[0], columns=4, title="identity, sharpen, Sobel, a thousandth of it: one scale")
st.show_feature_maps(answers, axes[1], columns=4, shared_scale=False, title="each its own scale")
st.live_filter(
    fig,
    channel,
    alt=f"Four maps of the cat's red channel in two rows. The largest sizes are {ends[0]:.2f} for the identity, {ends[1]:.2f} for sharpen, {ends[2]:.2f} for "
    f"Sobel and {ends[3]:.5f} for a thousandth of Sobel. On one scale, above, Sobel is pale and its thousandth is blank. With a scale each, below, "
    "the two look the same, in strong colours.",
    caption="The filter. A thousandth of a filter is blank on one scale and looks like the filter on its own.",
)

# %% [markdown]
# ### Filters really trained
#
# Now a task that a network can learn in seconds. Take grey crops of three of the course's photos, add noise, and ask a small network for the crop without the noise: 16 filters of 7 × 7, ReLU, and one layer that puts the picture together again. The fourth photo, the cat, is for the test only.

# %%
def crops(name, size=20, step=10):
    grey = st.to_tensor(st.read_image(st.data_path(f"photos/{name}"))).mean(dim=0)
    squares = grey.unfold(0, size, step).unfold(1, size, step).reshape(-1, 1, size, size)
    return squares - squares.mean(dim=(2, 3), keepdim=True)


torch.manual_seed(1)
train = torch.cat([crops(name) for name in ("things/커피.png", "people/astronaut.jpg", "people/cameraman.jpg")])
test = crops("animals/cat.png")
noisy_test = test + 0.2 * torch.randn_like(test)
print(st.describe(train))

# %%
net = nn.Sequential(nn.Conv2d(1, 16, 7), nn.ReLU(), nn.Conv2d(16, 1, 7))
with torch.no_grad():
    for p in net.parameters():
        p.mul_(0.1)  # small at the start, so that what we see at the end was learned
random_filters = net[0].weight.detach().clone()


def loss(noisy, clean):
    return F.mse_loss(net(noisy), clean[..., 6:-6, 6:-6])  # two 7 × 7 layers take 6 pixels from each side


# %%
steps = 400
optimizer = torch.optim.AdamW(net.parameters(), lr=0.01, weight_decay=0.3)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=steps)
before = loss(noisy_test, test).item()
for _ in range(steps):
    clean = train[torch.randint(len(train), (32,))]
    optimizer.zero_grad()
    loss(clean + 0.2 * torch.randn_like(clean), clean).backward()
    optimizer.step()
    schedule.step()
after = loss(noisy_test, test).item()
print(f"mean squared error on the cat: {before:.4f} before, {after:.4f} after")

# %% tags=["hide-input"]
flat = test[..., 6:-6, 6:-6].square().mean()
Markdown(
    f"The network never saw the cat. Its mean squared error there is **{after:.4f}** after {steps} steps, that of the noisy crops "
    f"{(noisy_test - test).square().mean():.4f}. At the start it gives almost 0 everywhere, and {before:.4f} is what that costs: an even grey is off by {flat:.4f}."
)

# %% [markdown]
# The same sixteen filters before and after. Look for edges and bars.

# %% tags=["hide-input"]
trained_filters = net[0].weight.detach()
fig, axes = plt.subplots(2, 1, figsize=(6.2, 4))
for ax, filters, name in zip(axes, (random_filters, trained_filters), ("random, at the start", f"after {steps} steps")):
    st.show_feature_maps(filters[:, 0], ax, columns=8, title=name)
unlike = lambda w: ((w[..., 1:] - w[..., :-1]).square().mean() / w.var() / 2).item()
rough = [unlike(w) for w in (random_filters, trained_filters)]
st.figure(
    fig,
    alt=f"Two grids of sixteen 7 by 7 filters. Above, at the start: red and blue squares without any order, up to {random_filters.abs().max():.3f}. Below, "
    f"trained, up to {trained_filters.abs().max():.2f}: smooth stripes, red beside blue, in several directions, and some nearly flat ones. "
    f"Neighbouring weights differ {rough[0] / rough[1]:.0f} times as much above as below, relative to their spread.",
    caption="Nobody drew the lower ones. Denoising photos asks for edges and bars; mind the two scales.",
)

# %% [markdown]
# And what they make of the cat: two filters made by hand, then the two that training made strongest, before it and after it. Look at what is left of flat areas, and at the direction of the stripes.

# %% tags=["hide-input"]
grey = x.mean(dim=0, keepdim=True)
grey = grey - grey.mean()
strongest = trained_filters.flatten(1).norm(dim=1).topk(2).indices
groups = {"by hand": by_hand[2:], "random": random_filters[strongest], "trained": trained_filters[strongest]}
fig, axes = plt.subplots(1, 3)
for ax, (name, filters) in zip(axes, groups.items()):
    answers = st.conv2d(grey, filters)
    limit = answers.abs().flatten().quantile(0.98).item()
    st.show_feature_maps(answers, ax, columns=1, limit=limit, colorbar=False, title=name)


def likeness(filters):
    edge = filters.shape[-1] // 2
    inside = grey[:, edge:-edge, edge:-edge].flatten(1)
    return torch.corrcoef(torch.cat([inside, st.conv2d(grey, filters).flatten(1)]))[0, 1:].abs().mean().item()


alike = {name: likeness(filters) for name, filters in [("random", random_filters), ("trained", trained_filters)]}
st.figure(
    fig,
    alt="Six maps of the grey cat in three columns, blue and red. By hand: fur and thin outlines of the eyes and the nose, upright ones above, "
    "level ones below, and nearly white flat areas. Random: outlines, and the cat's light and dark areas in blue and red. Trained: stripes of "
    f"fur, whiskers and outlines in one direction each. All sixteen random maps correlate with the photo by {alike['random']:.2f} on "
    f"average, the trained ones by {alike['trained']:.2f}.",
    caption="Edges by hand, and two filters before and after training. Each column has a scale of its own, named above it.",
)

# %% tags=["hide-input"]
Markdown(
    f"Light and dark areas are what a random filter passes on: its map correlates with the photo by **{alike['random']:.2f}** on average over the "
    f"sixteen, the sign left out. After training it is **{alike['trained']:.2f}**: the filters have learned to ignore part of how light an area is, and to answer to its edges."
)

# %% [markdown]
# ### The classifier's head
#
# At the end of many networks the maps are flattened and feed a Linear layer. Its size is not a number to be looked up and typed in. It follows from the size of the photo.

# %%
def features(height, width, layers=3):
    for _ in range(layers):
        height, width = st.conv2d_output_size(height, 5), st.conv2d_output_size(width, 5)
    return 48 * height * width


print("the cat:", f"{features(*x.shape[1:]):,}", "  a photo of 400 × 225:", f"{features(225, 400):,}", "and not", f"{48 * 60 * 97:,}")
head = nn.Sequential(bent, nn.ReLU(), nn.Flatten(), nn.Linear(features(64, 64), 4))
print(tuple(head(x[None, :, :64, :64]).shape))

# %% [markdown]
# The last number on the first line is one that a tutorial typed in, 48 · 60 · 97, for a photo of 400 × 225. A Linear layer of that size raises an error there. `nn.LazyLinear` finds the size by itself when the first batch arrives, and average pooling makes it 48 for every photo.
#
# ### Filters from elsewhere
#
# Networks trained on a million photos have such edges in their first layer too, and colours. If torch.hub's folder holds weights of torchvision's classifiers, `pretrained_filters` reads the first layer of each; nothing is downloaded.

# %% tags=["pretrained"]
found = st.pretrained_filters()
if found:
    name, filters = next(iter(found.items()))
    fig, ax = plt.subplots(figsize=(6.2, 5.6))
    st.show_feature_maps(filters.mean(dim=1)[:64], ax, columns=8, title=f"{name},\nmean over red, green and blue")
    st.figure(fig, alt=f"The first {len(filters[:64])} filters of {name}, red and blue, up to {filters.mean(dim=1).abs().max():.2f}.", caption=name)
else:
    print("none here; the filters above were trained without them")

# %% [markdown]
# ## Proof
#
# The laws about these functions, run on the library. Most of them are exact: whole numbers leave no rounding to hide behind.

# %%
st.prove("conv2d")

# %%
st.prove("conv2d_output_size")

# %%
st.prove("compose_kernels")

# %%
st.prove("attainable_range")

# %% [markdown]
# ## Elsewhere
#
# **Who turns the kernel?** The impulse tells, for every library. torch and OpenCV correlate. numpy's `convolve` really convolves. Pillow lays the kernel on upside down.

# %%
bright = impulse[0].numpy()
pillow = ImageFilter.Kernel((3, 3), kernel.flatten().tolist(), scale=1)
print("OpenCV", cv2.filter2D(bright, -1, kernel[0, 0].numpy())[1:4, 1:4].astype(int).tolist())
print("Pillow", np.asarray(Image.fromarray(bright.astype(np.uint8)).filter(pillow))[1:4, 1:4].tolist())
print("numpy ", np.convolve([0, 0, 1, 0, 0], [1, 2, 3], "valid"), "against", np.correlate([0, 0, 1, 0, 0], [1, 2, 3], "valid"))

# %% [markdown]
# For symmetric kernels there is no difference. For an edge filter it is the sign of its map.
#
# **What lies outside the picture?** Zero padding is not neutral: zero is black. A blur of a white picture gets dark edges. OpenCV's blur mirrors the picture instead and stays white.

# %%
white = torch.ones(1, 4, 5)
print(st.conv2d(white, by_hand[:1], padding=1)[0])
print("OpenCV: all white:", bool(np.allclose(cv2.blur(white[0].numpy(), (3, 3)), 1)))

# %% [markdown]
# The same holds for a stack: with padding in every layer, the three layers and the one agree inside and differ in a ring at the border, as wide as the later kernels reach. One of the laws above measures it.
#
# **What does torch let through?** It computes on bytes, and they wrap around (lesson 2). Given weights on the `meta` device, which have a shape and no values, it returned numbers that nobody computed when this lesson was written. We refuse both.

# %%
print("torch, nine times 100 in bytes:", F.conv2d(torch.ones(1, 3, 3).byte(), torch.full((1, 1, 3, 3), 100).byte()).item())
for bad in ((torch.ones(1, 3, 3).byte(), kernel), (torch.ones(1, 3, 3), kernel.to("meta"))):
    try:
        st.conv2d(*bad)
    except (TypeError, ValueError) as error:
        print(type(error).__name__, error)

# %% [markdown]
# **A hook that does not copy.** To see maps inside a network people register a forward hook, a function that gets what a module gives, and keep the output. `nn.ReLU(inplace=True)` then overwrites what was kept. `feature_maps` keeps copies, and removes its hooks.

# %%
model = nn.Sequential(nn.Conv2d(3, 4, 5), nn.ReLU(inplace=True))
seen = []
handle = model[0].register_forward_hook(lambda module, inputs, output: seen.append(output))
model(x)
handle.remove()
print("by the hook:    minimum", seen[0].min().item())
print("by feature_maps: minimum", round(st.feature_maps(model, x)["0"].min().item(), 3))

# %% [markdown]
# ## Your turn
#
# ### 1. `conv2d_output_size` · 5 minutes · easy
#
# The law: the result is the number of places that the kernel finds, as torch's layers have it.
#
# Good for: knowing a network's shapes before you build it.
#
# *Unbreakable* asks for more: a kernel with no place is a `ValueError`; say how many pixels it spans and how many
# there are. So is a padding below 0 or another number below 1. What is no whole number is a `TypeError`.

# %%
def conv2d_output_size(size, kernel_size, stride=1, padding=0,
                       dilation=1):
    """Whole numbers, along one axis -> how many places, an int."""
    ...


st.check(conv2d_output_size)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Use `//`: a float cannot hold every whole number. `operator.index(n)` raises `TypeError` for what is not one.
#
# </details>

# %%
st.answer("conv2d_output_size")

# %% [markdown]
# ### 2. `attainable_range` · 15 minutes · medium
#
# The laws: no picture in [0, 1] gives a filter a value outside low … high, and a picture of black and white gives
# each end exactly. A bias moves both ends.
#
# Good for: limits for drawing a layer's maps that hold for every photo.
#
# *Unbreakable* asks for more: low and high are in the type of the weight, and right for half precision. Refused are:
#
# - `TypeError`: a weight or bias that is no float tensor, or the two of different types (name both).
# - `ValueError`: a weight without four axes (name its shape), a bias of any shape but (F,) (name both shapes), two
#   devices (name both), NaN or inf in either.

# %%
def attainable_range(weight, bias=None):
    """Weight (F, C, K, L), bias (F,) -> (low, high), (F,) each."""
    ...


st.check(attainable_range)

# %% [markdown]
# <details><summary>Hint</summary>
#
# `clamp(min=0)` keeps the positive weights. Sum over all axes but the first. Without the check of its shape, broadcasting would make a table of a bias of the wrong length. `x.dtype` and `x.device` are what to compare and to name.
#
# </details>

# %%
st.answer("attainable_range")

# %% [markdown]
# ### 3. `compose_kernels` · 25 minutes · hard
#
# The laws: on every picture without padding, the one layer gives what the two give, exactly on whole numbers, biases
# included. Each layer is a weight or a pair (weight, bias), where the bias may be `None`. Two weights give a weight.
# If either is a pair, return a pair; missing biases count as zeros.
#
# Good for: seeing that a stack of linear layers is one layer, and which one.
#
# *Unbreakable* asks for more: every float type. Refused is what exercise 2 refuses, but for NaN and inf, and with
# `ValueError` a second layer whose channels are not the first one's filters (name both numbers) and a layer of three
# things.

# %%
def compose_kernels(first, second):
    """Layers (M, C, K, L) and (F, M, P, Q) -> one (F, C, …, …)."""
    ...


st.check(compose_kernels)

# %% [markdown]
# <details><summary>Hint</summary>
#
# Start with zeros of the final size. For each tap $(u, v)$ of the second kernel, add the first kernel, shifted by $(u, v)$ and mixed by `second[:, :, u, v]`: `torch.einsum("om,mcij->ocij", …)`. The first bias reaches the result through the sum of the second kernel: see $B_o$ above. Write one check of a layer and call it for both.
#
# </details>

# %%
st.answer("compose_kernels")

# %% [markdown]
# ## What you can do now
#
# 1. draw the maps of a layer so that their sizes can be compared
# 2. say from a layer's numbers alone how large its maps are, how far they see and which values they can reach
# 3. tell random filters from trained ones, and a stack of layers from a single layer in disguise
#
# For the first, one scale around 0 and a bar: `st.show_feature_maps(maps)`. For the second, `conv2d_output_size`, `receptive_field` and `attainable_range`; none of them needs a photo. For the third, draw the kernels, and try $f(x+y) - f(x) - f(y) + f(0)$.
