# %% [markdown]
# # Sixteen handsome maps, and one is a millionth the size
#
# 20 minutes · and 45 for the exercises · after lesson 3 · uses `conv2d`, `show_feature_maps`, `conv2d_output_size`, `attainable_range`, `compose_kernels`, `feature_maps`

# %% tags=["hide-input"]
from functools import reduce

import matplotlib.pyplot as plt
import torch
from IPython.display import Markdown
from torch import nn
from torch.nn import functional as F
from torch.optim.lr_scheduler import OneCycleLR

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
    alt="Sixteen pictures of the same cat, numbered 0 to 15 row by row, in the blue, green and "
    "yellow of matplotlib's default colours. The cat is plain to see in every one. The largest "
    f"value in one of them is {sizes.min() / sizes.median():.0e} times that in a typical one, and "
    "nothing in the pictures says in which.",
    caption="What sixteen filters make of one photo. In one picture the values are a millionth of "
    "those in the others. Which one?",
)

# %% [markdown]
# **After this lesson you can**
#
# 1. draw the maps of a layer so that their sizes can be compared
# 2. say from a layer's numbers alone how large its maps are, how far they see and which values they can reach
# 3. tell random filters from learned ones, and a stack of layers from a single layer in disguise
#
# ## Predict
#
# A *filter* is a block of weights that slides over the photo. At each place it multiplies every pixel under it by a
# weight and adds up. The sums form its *map*. A *layer* is several filters on one input, and its maps are the channels
# that the next layer sees. Without *padding* a filter lies only where all of it fits.

# %% tags=["remove-input"]
a = st.predict(
    "In which row is the picture above with the small values?", ["1", "2", "3", "4"], guess=...
)
b = st.predict(
    "How large are the maps of 451 × 300 pixels after three layers of 5 × 5 filters?",
    ["451 × 300", "447 × 296", "439 × 288", "436 × 285"],
    guess=...,
)
c = st.predict(
    "The three layers have 12, 24 and 48 filters, and nothing between them. How much can they do, "
    "against one layer of 48 larger filters?",
    ["less", "as much", "more"],
    guess=...,
)

# %% [markdown]
# ## Look
#
# ### One filter
#
# Lay one on the cat. Under the window are nine pixels, nine weights and nine products; the map holds their sum. Type
# weights of your own. A sum of 1 keeps the brightness; a sum of 0 answers with 0 to every flat area. Then multiply all
# weights by a thousandth, on one scale and on a scale of its own, and say which of the two you would rather publish.

# %% tags=["hide-input"]
sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]) / 4
sharpen = torch.tensor([[0.0, -1, 0], [-1, 5, -1], [0, -1, 0]])
blur = torch.full((3, 3), 1 / 9)
channel = x[:1]  # red
answers = st.conv2d(channel, torch.stack([blur, sharpen, sobel, sobel / 1000])[:, None])
ends = answers.abs().amax(dim=(1, 2))
fig, axes = plt.subplots(2, 1, figsize=(6.2, 2.8))
names = "blur, sharpen, Sobel, a thousandth of Sobel"
st.show_feature_maps(answers, axes[0], columns=4, title=f"{names}: one scale")
st.show_feature_maps(answers, axes[1], columns=4, shared_scale=False, title="each its own scale")
st.live_filter(
    fig,
    channel,
    alt="Four maps of the cat's red channel in two rows: blurred, sharpened, its upright "
    "edges by Sobel's filter, and those by a thousandth of that filter. "
    f"The largest sizes are {', '.join(f'{end:.2g}' for end in ends)}. On one scale, above, Sobel "
    "is pale and its thousandth is blank. With a scale each, below, the two look the same.",
    caption="The filter. A thousandth of a filter is blank on one scale and looks like the filter "
    "on its own.",
)

# %% [markdown]
# ### Sixteen
#
# `describe` says what no photo display can show.

# %%
print(st.describe(x))
print(st.describe(maps))

# %% [markdown]
# A map has signs, and 0 means something: what lies under the filter cancels out. So it needs a scale with 0 in the
# middle, the same for all maps. `st.show_feature_maps(maps)` does that: blue is below 0, white is 0, red is above 0, and
# the bar gives the values. Look for the map that is not there.

# %% tags=["hide-input"]
fig, ax = plt.subplots(figsize=(6.2, 3.8))
st.show_feature_maps(maps, ax, columns=4)
i = int(sizes.argmin())
st.figure(
    fig,
    alt=f"The sixteen maps in four rows on one scale from {-sizes.max():.0f} to {sizes.max():.0f}, "
    "blue to red. Fifteen show the cat, some in strong colours, some in pale ones. The one in row "
    f"{i // 4 + 1}, column {i % 4 + 1} is blank: its largest value is {sizes.min():.0e}.",
    caption="The same maps on one scale. One is blank, and the others were never equally strong.",
)

# %% tags=["remove-input"]
pixels = [st.imshow_pixels(maps[i].numpy() * k) for k in (1, 1e6)]
differ = (pixels[0] != pixels[1]).any(axis=2).sum()
Markdown(
    "`imshow` stretches a 2-D array over its own minimum and maximum (lesson 2), so it draws map "
    f"{i} and a million times that map alike, but for {differ} of {maps[i].numel():,} "
    "pixels. The others are not equal "
    f"either: the strongest map is {sizes.max() / sizes.sort().values[1]:.1f} times the weakest of "
    "the other fifteen."
)

# %% tags=["remove-input"]
a.reveal(str(i // 4 + 1))

# %% [markdown]
# ### Three layers
#
# A stack as tutorials build it: three layers of 5 × 5 filters, 3 → 12 → 24 → 48 channels, with torch's initial
# weights and nothing between. `feature_maps` runs any `nn.Module` and keeps what each module in it gives, by its name:
# here "0", "1" and "2".

# %%
torch.manual_seed(0)
stack = nn.Sequential(
    nn.Conv2d(3, 12, 5), nn.Conv2d(12, 24, 5), nn.Conv2d(24, 48, 5)
)
kept = st.feature_maps(stack, x[None])
for name in "012":
    print(name, st.describe(kept[name]))

# %% [markdown]
# All 84 maps, with one bar for all. Look at how strong the colours are from layer to layer.

# %% tags=["hide-input"]
layers = [kept[name][0] for name in "012"]
reach = [layer.abs().max().item() for layer in layers]
# Grids of 3 × 4, 6 × 4 and 6 × 8 maps: the third stands below and is as wide as both others.
fig, axes = plt.subplot_mosaic("01;22", figsize=(6.2, 6))
for name, layer, (down, across) in zip("012", layers, ((3, 4), (6, 4), (6, 8))):
    assert len(layer) == down * across
    options = {"limit": max(reach), "columns": across, "colorbar": False}
    st.show_feature_maps(layer, axes[name], title=f"layer {name}: {len(layer)} maps", **options)
scale = plt.cm.ScalarMappable(plt.Normalize(-max(reach), max(reach)), "RdBu_r")
fig.colorbar(scale, ax=list(axes.values()), shrink=0.5)
st.figure(
    fig,
    alt=f"Three grids of maps on one scale from {-max(reach):.1f} to {max(reach):.1f}: 12 maps in "
    f"3 rows, 24 in 6 and 48 in 6. In the first some maps are strong, up to {reach[0]:.2f}. In the "
    f"second they are weaker, up to {reach[1]:.2f}. The 48 maps of the third are nearly all pale, "
    f"up to {reach[2]:.2f}, with a faint cat in one tint each.",
    caption="An untrained stack: 12 maps as 3 × 4, 24 as 6 × 4, 48 as 6 × 8, one scale for all.",
)

# %% tags=["remove-input"]
Markdown(
    f"The largest value falls from {reach[0]:.2f} over {reach[1]:.2f} to {reach[2]:.2f}: torch's "
    "initial weights are so small that each layer weakens what it gets. Grids with a scale for "
    "each map hide this. Below such figures one reads that the filters have learned features. "
    "Nothing here has learned anything: the weights are random numbers."
)

# %% [markdown]
# ## Why
#
# Filter $o$ is laid on the picture at row $i$, column $j$. Each weight is multiplied by the pixel under it, and
# everything is added up, over the rows $u$ and columns $v$ of the kernel and over *all* input channels $c$:
#
# $$y_{o,i,j} = b_o + \sum_{c,u,v} w_{o,c,u,v} \; x_{c,\,i+u,\,j+v}$$
#
# Here $x$ is the input, $w$ the weights, $b$ the bias. A layer of 48 filters on 24 channels holds 48 · 24 kernels, and
# each of its maps mixes all 24 channels. Three numbers follow before any photo is there.
#
# ### How large the map is
#
# A kernel of $k$ weights in a row, $d$ pixels apart (the *dilation*), spans $d(k-1)+1$ pixels. With $p$ pixels of
# padding on both sides of $n$ there are $n+2p$ to lie on. The first place is at the left end, and every step of $s$
# pixels (the *stride*) that still fits gives one more:
#
# $$n' = \left\lfloor \frac{n + 2p - d(k-1) - 1}{s} \right\rfloor + 1$$

# %% tags=["hide-input"]
n, k, s, p, d = 8, 3, 2, 1, 2
places = st.conv2d_output_size(n, k, stride=s, padding=p, dilation=d)
field = st.receptive_field([(3, 1, 1)] * 3)
letters = {"ha": "center", "va": "center", "color": "black", "fontsize": 12.7}


def boxes(ax, row, numbers, color, words=None):
    for j in numbers:
        ax.add_patch(plt.Rectangle((j, row), 1, 0.8, fill=False, edgecolor=color, lw=2))
        ax.text(j + 0.5, row + 0.4, "w" if words is None else words[j], **letters)


fig, axes = plt.subplots(2, 1, figsize=(6.2, 4.6), height_ratios=(places + 1, 4))
row_of_pixels = [0] + [f"$x_{j}$" for j in range(n)] + [0]
boxes(axes[0], places, range(n + 2 * p), st.COLORS["grey"], row_of_pixels)
for place in range(places):
    lies = range(place * s, place * s + d * (k - 1) + 1, d)
    boxes(axes[0], places - 1 - place, lies, st.COLORS["B"])
axes[0].set(xlim=(-0.1, n + 2 * p + 0.1), ylim=(-0.1, places + 0.9))
for level in range(4):
    width = field - 2 * level
    words = {j: "" for j in range(level, level + width)}
    boxes(axes[1], level, words, st.COLORS["R" if level else "grey"], words)
    text = f"{width} pixels" if level == 0 else f"layer {level}: {width}"
    axes[1].text(field + 0.4, level + 0.4, text, **letters | {"ha": "left"})
axes[1].set(xlim=(-0.1, n + 2 * p + 0.1), ylim=(-0.1, 3.9))
for ax in axes:
    ax.axis("off")
st.figure(
    fig,
    alt=f"Above, a row of {n} pixels with a 0 of padding at both ends, and below it the places of "
    f"a kernel of {k} weights that lie {d} pixels apart: {places} places, each {s} pixels further "
    f"to the right. Below, a pyramid of boxes: 1 value of the third layer stands on 3 of the "
    f"second, these on 5 of the first, and these on {field} pixels.",
    caption=f"Above: {n} pixels, padding {p}, a kernel of {k} with dilation {d}, stride {s}. "
    f"Below: what one value sees through three layers of {k}.",
)

# %% [markdown]
# The drawing in numbers: $\lfloor (8 + 2 - 4 - 1) / 2 \rfloor + 1 = 3$ places. With $k = 5$, $d = s = 1$ and $p = 0$
# the formula is $n - 4$.

# %%
height, width = x.shape[1:]
for name in "012":
    height = st.conv2d_output_size(height, 5)
    width = st.conv2d_output_size(width, 5)
    print((height, width), tuple(kept[name].shape[2:]))

# %% tags=["remove-input"]
b.reveal(f"{width} × {height}")

# %% [markdown]
# ### How far it sees
#
# A value of the last layer depends on a window of the photo, its *receptive field*, $r$ pixels wide. Each layer adds
# $d(k-1)$ pixels of its own input, and one such pixel is as wide as the strides $s_i$ of all layers before it,
# multiplied:
#
# $$r = 1 + \sum_l d_l (k_l - 1) \prod_{i<l} s_i$$
#
# The pyramid is $1 + 2 + 2 + 2 = 7$. Our stack sees $1 + 4 + 4 + 4 = 13$ pixels. With stride 2 in its first layer each
# later pixel counts twice: $1 + 4 + 8 + 8 = 21$.

# %%
print(st.receptive_field([(5, 1, 1), (5, 1, 1), (5, 1, 1)]))
print(st.receptive_field([(5, 2, 1), (5, 1, 1), (5, 1, 1)]))

# %% [markdown]
# ### What it can reach
#
# How large can a map get if the pixels lie in [0, 1]? A positive weight gives most on a white pixel, a negative one on
# a black pixel:
#
# $$b_o + \sum \min(w_o, 0) \;\le\; y_o \;\le\; b_o + \sum \max(w_o, 0)$$
#
# Both ends are reached, and the formula says by which picture: white where the weight is positive, black elsewhere, and
# the other way round. In the next figure look at the signs above and at the colours below.

# %%
low, high = st.attainable_range(weight)
brightest = (weight[0] > 0).float()
darkest = (weight[0] < 0).float()
print(f"least {low[0]:.4f}", st.conv2d(darkest, weight[:1]).item())
print(f"most  {high[0]:.4f}", st.conv2d(brightest, weight[:1]).item())

# %% tags=["hide-input"]
fig, axes = plt.subplot_mosaic("aa;bc", figsize=(6.2, 4.6))
st.show_feature_maps(weight[0], axes["a"], columns=3, title="weights for red, green and blue")
st.show(brightest, axes["b"], title=f"most: {high[0]:.1f}")
st.show(darkest, axes["c"], title=f"least: {low[0]:.1f}")
share = (maps[0].max() - maps[0].min()) / (high[0] - low[0])
st.figure(
    fig,
    alt="Above, the three 5 by 5 kernels of filter 0 as red and blue squares. Below, two pictures "
    "of 5 by 5 pixels in pure colours, one the negative of the other. The first gives the filter's "
    f"largest value, {high[0]:.1f}, the second its smallest, {low[0]:.1f}.",
    caption="A random filter and the two pictures that drive it to its ends. Where all three "
    "weights are positive, the lower left picture is white.",
)

# %% tags=["remove-input"]
Markdown(
    f"On the photo this filter stays between {maps[0].min():.1f} and {maps[0].max():.1f}: "
    f"{share:.0%} of what it could reach. Neighbouring pixels of a photo are alike, and the "
    "picture to which a random filter gives most is noise. "
    f"Filter {i} reaches {low[i]:.0e} to {high[i]:.0e}. So the numbers of the layer name the small "
    "map of the opening picture without any photo."
)

# %% [markdown]
# ### Three layers are one
#
# Put one layer's sum into the next one's. A sum of weighted sums is a weighted sum, of pixels at $i + u_1 + u_2$. Its
# weight for the offset $t$ collects every way to get there, through all middle channels $m$:
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
# `compose_kernels` computes $W$ and $B$. For a strict test, leave no room for rounding: take weights of -1, 0 and 1 and
# pixels of 0 and 1. Then all sums are whole numbers below $2^{24}$, which float32 holds exactly, and the two results
# must be equal in every bit.

# %%
whole = [torch.randint(-1, 2, w.weight.shape).float() for w in stack]
black_and_white = x.round()[None]
one = reduce(st.compose_kernels, whole)
three_steps = reduce(F.conv2d, whole, black_and_white)
print("one weight", tuple(one.shape))
print("sums up to", three_steps.abs().max().item())
one_step = F.conv2d(black_and_white, one)
print("equal in every bit:", torch.equal(one_step, three_steps))

# %% [markdown]
# So three layers can do no more than one layer of 48 filters of 13 × 13. Can they do less? A filter of that one layer
# has 3 · 13 · 13 = 507 weights, three channels of 13 × 13. Keep the first two layers of our stack, and choose only the
# weights of the third. `units` holds one filter for each single weight, a 1 among zeros; every filter is a weighted sum
# of these.

# %%
first, second = (w.weight.detach().double() for w in stack[:2])
units = torch.eye(24 * 5 * 5).double().reshape(-1, 24, 5, 5)
reached = st.compose_kernels(st.compose_kernels(first, second), units)
independent = torch.linalg.matrix_rank(reached.flatten(1)).item()
print("independent kernels:", independent, "of", 3 * 13 * 13)

# %% tags=["remove-input"]
c.reveal("as much" if independent == 3 * 13 * 13 else "less")

# %% [markdown]
# That is all of them: weighted sums of those give every 13 × 13 filter there is.
#
# ### What makes depth count
#
# A layer $f$ is an affine map, a weighted sum and a constant. So $f(x+y) - f(x) - f(y) + f(0)$ is 0 for all pictures
# $x$ and $y$. A stack for which it is not 0 is no single layer, whatever the kernel. Try four things between the
# layers: nothing; BatchNorm in evaluation mode; BatchNorm in training mode; ReLU, which sets all negative values to 0.

# %%
def bend(f, y=x.flip(2)):
    four = torch.stack([x + y, x, y, 0 * x])
    sums, first, second, black = four[:, None]
    with torch.no_grad():
        rest = f(sums) - f(first) - f(second) + f(black)
    return rest.abs().max().item()


def between(*modules):
    pairs = zip(stack, [*modules, nn.Identity()])
    return nn.Sequential(*[m for pair in pairs for m in pair])


norms = between(nn.BatchNorm2d(12), nn.BatchNorm2d(24))
training = bend(norms.train())
results = {
    "nothing": bend(stack),
    "BatchNorm, evaluation": bend(norms.eval()),
    "BatchNorm, training": training,
    "ReLU": bend(between(nn.ReLU(), nn.ReLU())),
}
for name, rest in results.items():
    print(f"{name:22} {rest:.0e}")

# %% tags=["remove-input"]
one, bias = reduce(st.compose_kernels, [(layer.weight, layer.bias) for layer in stack])
with torch.no_grad():
    error = (F.conv2d(x, one, bias) - stack(x)).abs().max().item()
count = sum(p.numel() for p in stack.parameters())
Markdown(
    f"The first two are rounding. The one 13 × 13 layer differs from the three by {error:.0e}, and "
    f"has {one.numel() + bias.numel():,} numbers, the stack {count:,}: the stack is the *longer* "
    "way to write it."
)

# %% [markdown]
# In evaluation mode BatchNorm is one slope and one offset per channel (lesson 4), which a layer takes into its weights.
# In training it divides by a spread that the picture itself sets, and that is no weighted sum. Anything that is none
# makes depth count: ReLU is the cheapest. ([More](more_05_filters.ipynb): where padding breaks the bargain.)
#
# ### Filters that learn
#
# Now let filters learn, and choose a task that needs edges. Take grey crops of three of the course's photos, each
# scaled to a spread of 1, and add as much noise again. In which of four directions does the brightness change:
# left-right, up-down, or along one of the two diagonals? The right answer is computed on the crop without the noise,
# and crops without a clear one are left out. Each crop comes twice, the second time turned by a quarter. The fourth
# photo, the cat, is for the test only.

# %% tags=["hide-input", "remove-input"]
def crops(name, size=17, step=7):
    """Crops (N, 1, 17, 17) with one clear direction, and the direction, 0 to 3."""
    grey = st.to_tensor(st.read_image(st.data_path(f"photos/{name}"))).mean(dim=0)
    squares = grey.unfold(0, size, step).unfold(1, size, step).reshape(-1, 1, size, size)
    dx = squares[..., 1:-1, 2:] - squares[..., 1:-1, :-2]
    dy = squares[..., 2:, 1:-1] - squares[..., :-2, 1:-1]
    # The axis along which the squared differences are largest, and how much of them lies on it.
    xx, xy, yy = ((u * v).sum(dim=(1, 2, 3)) for u, v in ((dx, dx), (dx, dy), (dy, dy)))
    angle = torch.rad2deg(torch.atan2(2 * xy, xx - yy) / 2)
    direction = torch.round(angle / 45)
    clear = ((xx - yy) ** 2 + 4 * xy**2).sqrt() > 0.7 * (xx + yy)
    clear &= (xx + yy > 0.5) & ((angle - 45 * direction).abs() < 15)
    squares = squares[clear] - squares[clear].mean(dim=(2, 3), keepdim=True)
    return squares / squares.std(dim=(2, 3), keepdim=True), direction[clear].long() % 4


def twice(squares, directions):
    """Each crop as it is and turned by a quarter, which adds two to its direction."""
    turned = squares.rot90(1, (2, 3))
    return torch.cat([squares, turned]), torch.cat([directions, (directions + 2) % 4])


photos = ["things/커피.png", "people/astronaut.jpg", "people/cameraman.jpg"]
clean, right = (torch.cat(parts) for parts in zip(*[twice(*crops(name)) for name in photos]))
torch.manual_seed(0)
test, test_right = crops("animals/cat.png")
test, test_right = twice(test + torch.randn_like(test), test_right)
print(f"{len(clean):,} crops to learn from, {len(test):,} to test")

# %% [markdown]
# The network: 16 filters of 7 × 7, ReLU, the mean of each map, and one layer that decides. Filters that you hand it
# stay as they are, and only the rest learns.

# %%
def train(filters=None, steps=200):
    torch.manual_seed(1)
    net = nn.Sequential(
        nn.Conv2d(1, 16, 7), nn.ReLU(),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 4),
    )
    if filters is not None:
        net[0].weight = nn.Parameter(filters, requires_grad=False)
    adam = torch.optim.AdamW(net.parameters(), weight_decay=0.1)
    schedule = OneCycleLR(adam, max_lr=0.02, total_steps=steps)
    for _ in range(steps):
        some = torch.randint(len(clean), (64,))
        noisy = clean[some] + torch.randn_like(clean[some])
        adam.zero_grad()
        F.cross_entropy(net(noisy), right[some]).backward()
        adam.step()
        schedule.step()
    score = (net(test).argmax(dim=1) == test_right).float().mean()
    return net[0].weight.detach(), score.item()

# %% [markdown]
# Beside the filters that learn: the random ones from which they start, blurs of eight widths, and the single pixel, the
# last two with both signs. Of the four directions the commonest one alone would be right a little more often than one
# time in four.

# %% tags=["remove-input"]
by_chance = st.predict(
    "The sixteen filters stay random, and only the last layer learns. Which part of the cat's "
    "directions does it name right, in percent?",
    guess=...,
)

# %% tags=["hide-input", "remove-input"]
def blurs():
    """Eight Gaussian blurs of 7 by 7, each with both signs."""
    widths = torch.linspace(0.4, 2.5, 8)[:, None]
    line = torch.exp(-((torch.arange(7) - 3) ** 2) / (2 * widths**2))
    squares = line[:, :, None] * line[:, None, :]
    squares = squares / squares.sum(dim=(1, 2), keepdim=True)
    return torch.cat([squares, -squares])[:, None]


pixel = torch.zeros(16, 1, 7, 7)
pixel[:8, 0, 3, 3], pixel[8:, 0, 3, 3] = 1, -1
torch.manual_seed(1)
random = nn.Conv2d(1, 16, 7).weight.detach()  # the very filters that train() begins with
learned, score = train()
scores = {"that learn": score}
for name, filters in (("random", random), ("blurs", blurs()), ("the pixel itself", pixel)):
    scores[name] = train(filters)[1]
lines = ["| filters | directions of the cat named right |", "|---|---|"]
scores["none: always the commonest direction"] = max(test_right.bincount()).item() / len(test)
Markdown("\n".join(lines + [f"| {name} | {score:.0%} |" for name, score in scores.items()]))

# %% tags=["remove-input"]
by_chance.reveal(100 * scores["random"], within=5)

# %% tags=["remove-cell"]
assert scores["that learn"] > 0.8, scores
assert scores["random"] < scores["that learn"] - 0.25, scores
assert max(scores["blurs"], scores["the pixel itself"]) <= 0.5, scores

# %% [markdown]
# No blur can win here. It looks the same after a quarter turn, so a crop and the crop turned give it the same mean of
# every map, and the same answer: of the two at most one is right. Whoever wants to pass one half has to tell left-right
# from up-down.
#
# Here are the sixteen that learned, before and after. Look for edges and bars.

# %% tags=["hide-input"]
fig, axes = plt.subplots(2, 1, figsize=(6.2, 4))
for ax, filters, name in zip(axes, (random, learned), ("random, at the start", "after 200 steps")):
    st.show_feature_maps(filters[:, 0], ax, columns=8, title=name)


def rough(w):
    """How much neighbouring weights differ, 1 where they have nothing to do with each other."""
    return ((w[..., 1:] - w[..., :-1]).square().mean() / w.var() / 2).item()


st.figure(
    fig,
    alt=f"Two grids of sixteen 7 by 7 filters. Above, at the start: red and blue squares without "
    f"any order, up to {random.abs().max():.2f}. Below, after training, up to "
    f"{learned.abs().max():.1f}: stripes and steps, red beside blue, upright, level and along both "
    f"diagonals. Neighbouring weights differ {rough(random) / rough(learned):.0f} times as much "
    "above as below, relative to their spread.",
    caption="Nobody drew the lower ones. The task asked for directions, and edges and bars came; "
    "mind the two scales.",
)

# %% [markdown]
# Now what they make of the cat: two filters made by hand, Sobel's, and the two that training made strongest, before it
# and after it. Look at what the maps in the middle have in common with the others.

# %% tags=["hide-input"]
grey = x.mean(dim=0, keepdim=True)
grey = grey - grey.mean()
strongest = learned.flatten(1).norm(dim=1).topk(2).indices
groups = {"by hand": torch.stack([sobel, sobel.T])[:, None]}
groups |= {"random": random[strongest], "learned": learned[strongest]}
fig, axes = plt.subplots(1, 3)
for ax, (name, filters) in zip(axes, groups.items()):
    answers = st.conv2d(grey, filters)
    limit = answers.abs().flatten().quantile(0.98).item()
    st.show_feature_maps(answers, ax, columns=1, limit=limit, colorbar=False, title=name)
st.figure(
    fig,
    alt="Six maps of the grey cat in three columns, blue and red. By hand: fur and thin outlines "
    "of the eyes and the nose, upright ones above, level ones below, on nearly white areas. "
    "Random: outlines too, and light and dark areas in red and blue. Learned: outlines and "
    "stripes, above on light and dark areas too.",
    caption="Edges by hand, and two filters before and after training. Each column has a scale of "
    "its own.",
)

# %% [markdown]
# A random filter's map shows outlines too: wherever the photo changes, its map changes. So a handsome map is no sign of
# learning. Draw the kernels, where neighbours agree or do not, and show what a blur scores on the same task.
#
# ## Proof
#
# The laws about two of these functions, most of them exact: whole numbers leave no rounding to hide behind.

# %%
st.prove("attainable_range")

# %%
st.prove("compose_kernels")

# %% [markdown]
# ## Elsewhere
#
# **What lies outside the picture?** Zero padding is not neutral: zero is black. A blur of a white picture gets dark
# edges. OpenCV's blur mirrors the picture instead and stays white.

# %%
white = torch.ones(1, 4, 5)
print(st.conv2d(white, blur[None, None], padding=1)[0])

# %% [markdown]
# [More](more_05_filters.ipynb) has who turns the kernel around, a hook that shows wrong maps, which channel a
# tutorial's index 2 is, a classifier's head, and the filters of networks that saw a million photos.
#
# ## Your turn
#
# Replace `...` by your own code and run the cell. An exercise is *solved* when its laws of mathematics hold, on
# ordinary pictures. *Unbreakable* is a second star, if you like it: other types and layouts, and bad input.
#
# ### 1. `conv2d_output_size` · 5 minutes · easy
#
# The mathematics: the result is the number of places that the kernel finds, as torch's layers have it.
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
# The mathematics: no picture in [0, 1] gives a filter a value outside low … high, and a picture of black and white
# gives each end exactly. A bias moves both ends.
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
# `clamp(min=0)` keeps the positive weights. Sum over all axes but the first. Without the check of its shape,
# broadcasting would make a table of a bias of the wrong length. `x.dtype` and `x.device` are what to compare and to
# name.
#
# </details>

# %%
st.answer("attainable_range")

# %% [markdown]
# ### 3. `compose_kernels` · 25 minutes · hard
#
# The mathematics: on every picture without padding, the one layer gives what the two give, exactly on whole numbers,
# biases included. Each layer is a weight or a pair (weight, bias), where the bias may be `None`. Two weights give a
# weight. If either is a pair, return a pair; missing biases count as zeros.
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
# Start with zeros of the final size. For each tap $(u, v)$ of the second kernel, add the first kernel, shifted by
# $(u, v)$ and mixed by `second[:, :, u, v]`: `torch.einsum("om,mcij->ocij", …)`. The first bias reaches the result
# through the sum of the second kernel: see $B_o$ above. Write one check of a layer and call it for both.
#
# </details>

# %%
st.answer("compose_kernels")

# %% [markdown]
# ### Look and say, on a photo of your own
#
# Filter 0 of the opening picture could reach everything between its two ends. Say first how much of that a photo of
# yours uses, then look. (Here stands the cup of coffee; put your own path in its place.)

# %%
mine = st.data_path("photos/things/커피.png")
used = st.predict(
    "Which part of its range does filter 0 use on this photo, in "
    "percent?",
    guess=...,
)
y = st.conv2d(st.to_tensor(st.read_image(mine)), weight[:1])
part = (y.max() - y.min()) / (high[0] - low[0])
used.reveal(100 * part.item(), within=5)

# %% [markdown]
# ## What you can do now
#
# 1. draw the maps of a layer so that their sizes can be compared
# 2. say from a layer's numbers alone how large its maps are, how far they see and which values they can reach
# 3. tell random filters from learned ones, and a stack of layers from a single layer in disguise

# %% tags=["remove-input"]
st.guesses(5)

# %% [markdown]
# The first: one scale around 0 and a bar, `st.show_feature_maps(maps)`, and the millionth is a blank. The second:
# `conv2d_output_size`, `receptive_field` and `attainable_range`; the last would have named the small map without a
# photo. The third: not by the maps, which are all handsome. Draw the kernels, score a blur beside them, and try
# $f(x+y) - f(x) - f(y) + f(0)$.
