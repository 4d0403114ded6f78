// The library's numeric rules, written a second time for the live figures. tests/browser/test_live_rules.py runs
// both on the same data and compares every bit; only BatchNorm may differ, by two roundings. A picture's values lie in planes, as in a tensor (C, H, W).

const fround = Math.fround; // a double rounded to float32: what torch does after each step

// rint in NumPy, round in torch: halves go to the even neighbour. Math.round takes them up.
function roundHalfEven(x) {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}

const clip = (x, low, high) => Math.min(Math.max(x, low), high); // NaN stays NaN

// to_tensor: the float32 nearest to k / 255.
function toTensor(bytes) {
  const x = new Float32Array(bytes.length);
  for (let i = 0; i < x.length; i++) x[i] = bytes[i] / 255;
  return x;
}

// What is written into a Uint8ClampedArray is rounded, halves to the even neighbour, and cut off at 0 and 255.

// to_uint8: 255 x in float32, rounded, clamped. NaN is no amount of light.
function toUint8(x) {
  const levels = new Uint8ClampedArray(x.length);
  for (let i = 0; i < x.length; i++) {
    if (Number.isNaN(x[i])) throw new RangeError("toUint8: a value is NaN");
    levels[i] = fround(x[i] * 255);
  }
  return new Uint8Array(levels.buffer);
}

// The level that imshow draws of each value of a float colour picture: clipped to [0, 1], times 255, the fraction dropped.
function imshowLevels(x) {
  const levels = new Uint8Array(x.length);
  for (let i = 0; i < x.length; i++) levels[i] = Math.floor(255 * clip(x[i], 0, 1));
  return levels;
}

// imshow_pixels of a float colour picture. A NaN in any channel makes the pixel transparent, and the white page shows.
// Returns RGBA. (With an infinity and nothing finite out of range matplotlib casts infinity to a byte; the library refuses
// to predict that, and so does this.)
function imshowPixels(x) {
  const outside = x.some((value) => Number.isFinite(value) && (value < 0 || value > 1));
  if (!outside && x.some((value) => Math.abs(value) === Infinity))
    throw new RangeError("imshowPixels: a lone infinity");
  return colours(imshowLevels(x), 3, Uint8Array.from(x, Number.isNaN), [255, 255, 255]);
}

// Where a value lies between black, 0, and white, 1.
const position = (value, vmin, vmax) => (value - vmin) / (vmax - vmin);

// The level that `show` draws of each value.
function showLevels(x, vmin = 0, vmax = 1) {
  const levels = new Uint8ClampedArray(x.length);
  // From 0 to 1 the library multiplies in float32; with other limits it computes in float64.
  if (vmin === 0 && vmax === 1) for (let i = 0; i < x.length; i++) levels[i] = fround(255 * x[i]);
  else for (let i = 0; i < x.length; i++) levels[i] = 255 * position(x[i], vmin, vmax);
  return levels;
}

// What `show` draws, as RGBA: rounded, one scale for every pixel, magenta where a value is not finite.
function showPixels(x, channels, vmin = 0, vmax = 1) {
  const broken = new Uint8Array(x.length);
  for (let i = 0; i < x.length; i++) broken[i] = !Number.isFinite(x[i]);
  return colours(showLevels(x, vmin, vmax), channels, broken, [255, 0, 255]);
}

// Planes of levels to RGBA; `instead` for a pixel with a value that is `broken`.
function colours(levels, channels, broken, instead) {
  const size = levels.length / channels;
  const plane = channels === 3 ? size : 0;
  const pixels = new Uint8ClampedArray(4 * size);
  for (let i = 0, at = 0; i < size; i++, at += 4) {
    pixels[at] = levels[i];
    pixels[at + 1] = levels[plane + i];
    pixels[at + 2] = levels[2 * plane + i];
    pixels[at + 3] = 255;
    if (broken[i] || broken[plane + i] || broken[2 * plane + i]) pixels.set(instead, at);
  }
  return pixels;
}

// Bits of a mark: why a value cannot be seen.
const BELOW = 1;
const ABOVE = 2;
const NOT_FINITE = 4;

function mark(value, vmin, vmax) {
  if (!Number.isFinite(value)) return NOT_FINITE;
  // In float32, as the library compares a float32 picture with its limits.
  if (value < fround(vmin)) return BELOW;
  return value > fround(vmax) ? ABOVE : 0;
}

// The mark of each value.
function marksOf(x, vmin = 0, vmax = 1) {
  const marks = new Uint8Array(x.length);
  for (let i = 0; i < x.length; i++) marks[i] = mark(x[i], vmin, vmax);
  return marks;
}

// unseen: for each channel the fraction [below, above, not finite].
function unseen(x, channels, vmin = 0, vmax = 1) {
  const size = x.length / channels;
  return Array.from({ length: channels }, (_, c) => {
    const counts = [0, 0, 0, 0, 0];
    for (let i = c * size; i < (c + 1) * size; i++) counts[mark(x[i], vmin, vmax)]++;
    return [counts[BELOW] / size, counts[ABOVE] / size, counts[NOT_FINITE] / size];
  });
}

// The marks of a pixel: those of all its channels together.
function unseenMarks(x, channels, vmin = 0, vmax = 1) {
  const size = x.length / channels;
  const marks = new Uint8Array(size);
  for (let c = 0, k = 0; c < channels; c++) for (let i = 0; i < size; i++, k++) marks[i] |= mark(x[k], vmin, vmax);
  return marks;
}

// normalize: float32 after each of the two steps; inverse_normalize: rounded once, at the end, as a fused multiply-add does.
// (The product of two float32 is exact here.) mean and std are in float32.
const normalize = (x, mean, std) => perChannel(x, mean, std, (value, m, s) => fround(fround(value - m) / s));
const inverseNormalize = (x, mean, std) => perChannel(x, mean, std, (value, m, s) => fround(value * s + m));

// min_max_scale: float32 after each step, one scale for all values. Where all are one there is nothing to stretch.
function minMaxScale(x, [low, high] = extent(x)) {
  const width = fround(high - low);
  if (!(width > 0 && width < Infinity)) throw new RangeError("minMaxScale: nothing to stretch, or not finite");
  const y = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) y[i] = fround(fround(x[i] - low) / width);
  return y;
}

function perChannel(x, mean, std, rule) {
  const size = x.length / mean.length;
  const y = new Float32Array(x.length);
  for (let c = 0, i = 0; c < mean.length; c++) {
    const [m, s] = [fround(mean[c]), fround(std[c])];
    for (const end = (c + 1) * size; i < end; i++) y[i] = rule(x[i], m, s);
  }
  return y;
}

// batch_norm's mean and variance of each channel, in float64 and two passes: of each picture, then over the pictures. So every
// picture counts the same: one of a third of the size is as good as the same one with each pixel three times three.
// A picture is {values, counts}: its different values, and how often each occurs in each channel.
function batchStatistics(pictures, channels) {
  const over = (rule) =>
    Array.from({ length: channels }, (_, c) => {
      const each = pictures.map(({ values, counts }) => average(values, counts[c], (value) => rule(value, c)));
      return average(
        each,
        each.map(() => 1),
        (value) => value,
      );
    });
  const mean = over((value) => value);
  return { mean, variance: over((value, c) => (value - mean[c]) ** 2) };
}

function average(values, counts, rule) {
  let [sum, n] = [0, 0];
  for (let k = 0; k < counts.length; k++) {
    if (!counts[k]) continue;
    sum += counts[k] * rule(values[k]);
    n += counts[k];
  }
  return sum / n;
}

// BatchNorm of the values of one channel by given statistics, weight 1 and bias 0: in float64, rounded to float32 at the end.
function normalised(x, mean, variance, eps = 1e-5) {
  const slope = 1 / Math.sqrt(variance + eps);
  const y = new Float32Array(x.length);
  for (let i = 0; i < x.length; i++) y[i] = (x[i] - mean) * slope;
  return y;
}

// conv2d of one channel with one 3 x 3 kernel, without padding: (height, width) to (height - 2, width - 2). It is
// cross-correlation, one tap of the kernel at a time, in float32 after each product and each sum.
function correlate(x, height, width, kernel) {
  const [rows, columns] = [height - 2, width - 2];
  const y = new Float32Array(rows * columns);
  const [a, b, c, d, e, f, g, h, i] = kernel;
  for (let row = 0, k = 0; row < rows; row++) {
    for (let column = 0, at = row * width; column < columns; column++, at++, k++) {
      const [under, below] = [at + width, at + 2 * width];
      let sum = fround(0 + fround(a * x[at])); // 0 + −0 is 0
      sum = fround(sum + fround(b * x[at + 1]));
      sum = fround(sum + fround(c * x[at + 2]));
      sum = fround(sum + fround(d * x[under]));
      sum = fround(sum + fround(e * x[under + 1]));
      sum = fround(sum + fround(f * x[under + 2]));
      sum = fround(sum + fround(g * x[below]));
      sum = fround(sum + fround(h * x[below + 1]));
      y[k] = fround(sum + fround(i * x[below + 2]));
    }
  }
  return y;
}

// attainable_range of one filter: the sums of its negative and of its positive weights, in double, then float32.
function attainableRange(weights) {
  let [low, high] = [0, 0];
  for (const w of weights) [low, high] = [low + Math.min(w, 0), high + Math.max(w, 0)];
  return Float32Array.of(low, high);
}

// What show_feature_maps draws of a map on the scale from -limit to limit, as RGBA. `table`: the 256 colours of its colour map.
function mapPixels(y, limit, table) {
  const entries = new Uint32Array(257); // as the bytes of a pixel lie in memory, red first
  for (let k = 0; k < 257; k++) {
    const [red, green, blue] = table.slice(3 * Math.min(k, 255));
    entries[k] = (255 << 24) | (blue << 16) | (green << 8) | red;
  }
  const pixels = new Uint32Array(y.length);
  for (let i = 0; i < y.length; i++) {
    const place = y[i] / limit / 2 + 0.5;
    if (place > 0 && place < 1) pixels[i] = entries[Math.floor(256 * place)];
    else pixels[i] = Number.isFinite(y[i]) ? entries[place > 0 ? 256 : 0] : 0xffff00ff;
  }
  return new Uint8ClampedArray(pixels.buffer);
}

// x.mean(dim=0) of three channels.
function meanOfChannels(x) {
  const size = x.length / 3;
  const mean = new Float32Array(size);
  for (let i = 0; i < size; i++) mean[i] = fround(fround(x[i] + x[size + i]) + x[2 * size + i]) / 3;
  return mean;
}

// imshow_pixels of a 2-D float picture, as RGBA: float32 after each step, and the entry of a colour map's table. Below low
// is drawn the first colour, above high the last one; a constant is drawn in the first.
function stretchedPixels(x, table, low, high) {
  const n = table.length / 3;
  const pixels = new Uint8ClampedArray(4 * x.length).fill(255);
  x.forEach((value, i) => {
    const place = low === high ? 0 : fround(fround(value - low) / (high - low)) * n;
    const entry = clip(Math.floor(place), 0, n - 1);
    pixels.set(table.subarray(3 * entry, 3 * entry + 3), 4 * i);
  });
  return pixels;
}

// Where a resize that copies looks for each of `size` new pixels, on the scale of the `old` ones. What it takes is the
// old pixel that lies there. resize_mask and Pillow look under the centre, OpenCV's and torch's nearest under the left
// edge. They round as those programs do: Pillow adds the width of a new pixel again and again, OpenCV takes 1 over
// (size / old), and torch computes in float32.
const places = (size, where) => Float64Array.from({ length: size }, (_, i) => where(i));
const centrePlaces = (old, size) => places(size, (i) => ((2 * i + 1) * old) / (2 * size));
const openCVPlaces = (old, size) => places(size, (i) => i * (1 / (size / old)));
const torchPlaces = (old, size) => places(size, (i) => fround(i * fround(old / size)));
function pillowPlaces(old, size) {
  let at = (old / size) * 0.5;
  return places(size, (i) => (i ? (at += old / size) : at));
}
const taken = (where, old) => Array.from(where, (place) => Math.min(Math.floor(place), old - 1));

// What wandb.Image makes of a float32 tensor, by version: the functions of lesson 6, float32 after each step. Uint8Array.from
// drops decimals and wraps modulo 256, as the cast does on an x86-64 processor, and makes 0 of NaN.
const from029 = (x) => Uint8Array.from(x, (value) => value);

function from0201to028(x) {
  const [low, high] = extent(x);
  if (low >= 0 && high <= 1) return from029(x.map((value) => value * 255));
  if (low >= -1 && high <= 1) return from029(x.map((value) => 127.5 * fround(value + 1)));
  return from029(x.map((value) => clip(value, 0, 255)));
}

function only0200(x) {
  const [low, high] = extent(x);
  const start = Math.min(low, 0);
  const width = fround(fround(high - start) - fround(low - start));
  const scaled = x.map((value) => fround(value - start) / (width || 1));
  const isUnit = extent(scaled)[1] <= 1;
  return from029(scaled.map((value) => clip(isUnit ? Math.trunc(fround(255 * value)) : value, 0, 255)));
}

function upTo019(x) {
  const [low, high] = extent(x);
  const width = Math.max(fround(high - low), fround(1e-5));
  return from029(x.map((value) => fround(fround(value - low) / width) * 255));
}

// to_wandb_image: the level nearest to 255 (x - low) / (high - low), in float64. What lies outside is refused.
function toLevels(x, low, high) {
  return Uint8Array.from(x, (value) => {
    const level = roundHalfEven(255 * position(value, low, high));
    if (!(level >= 0 && level <= 255)) throw new RangeError(`toLevels: ${value} lies outside ${low} to ${high}`);
    return level;
  });
}

function extent(x) {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < x.length; i++) {
    low = Math.min(low, x[i]);
    high = Math.max(high, x[i]);
  }
  return [low, high];
}

// How the library writes a fraction: 51%, 1.2%, <0.1%, >99%. Python rounds an exact half to even, toFixed takes it up.
function percent(fraction) {
  if (fraction >= 0.995 && fraction < 1) return ">99%";
  if (fraction === 0 || fraction >= 0.1) return `${fixed(100 * fraction, 0)}%`;
  return fraction >= 0.001 ? `${fixed(100 * fraction, 1)}%` : "<0.1%";
}

function fixed(x, digits) {
  const scaled = x * 10 ** digits;
  const half = Number.isInteger(4 * x) && Math.abs(scaled % 1) === 0.5;
  return (half ? roundHalfEven(scaled) / 10 ** digits : x).toFixed(digits);
}
