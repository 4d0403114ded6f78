// Normalize and back: a photo, the normalised photo as imshow shows it, and the photo that an inverse makes of it, right or
// wrong. Six sliders are the mean and the std of each channel; a histogram a channel shows which levels are seen.

const LEVELS = 255;
const WAYS_BACK = {
  right: "right: y · std + mean",
  signs: "signs only: (y + mean) · std",
  stretched: "min-max",
};

// What each way makes of y. `signs` is a second Normalize(-mean, 1 / std), which is short of the inverse by one division.
const GO_BACK = {
  right: (y, mean, std) => inverseNormalize(y, mean, std),
  signs: (y, mean, std) =>
    normalize(
      y,
      mean.map((m) => -m),
      std.map((s) => 1 / s),
    ),
  stretched: (y) => minMaxScale(y),
};

function normalizeAndBack(stage, data) {
  const first = decodePicture(data.photo);
  const channels = CHANNELS[3];
  const halves = [0.5, 0.5, 0.5];
  let photo = first;
  let [mean, std] = [data.mean, data.std].map((numbers) => [...numbers]);
  let [together, painted, way] = [false, true, "right"];
  const say = liveRegion(stage);

  // ------------------------------------------------------------ elements
  const step = (title) => {
    const [canvas, words] = [make("canvas", { aria: { role: "img" } }), make("p", { className: "st-summary" })];
    const element = make("div", { className: "st-step" }, make("p", { className: "st-title" }, title), canvas, words);
    return { element, canvas, words };
  };
  const [kept, shown, back] = ["The photo", "Normalised, in imshow", "Back again"].map(step);
  const cells = channels.map((channel, c) => {
    const control = (numbers, label, min) =>
      slider({
        label: `${label}, ${channel.name}`,
        min,
        max: 1,
        step: 0.001,
        value: numbers()[c],
        format: (v) => v.toFixed(3),
        onInput: (value) => move(numbers(), c, value),
      });
    const means = control(() => mean, "mean", 0);
    const stds = control(() => std, "std", 0.01);
    const [plot, ends, fates] = [
      make("div", { className: "st-window", aria: { role: "img" } }),
      make("p", { className: "st-ends" }),
      make("p", { className: "st-fates" }),
    ];
    const name = make("p", { className: "st-title" }, lineSample(channel), channel.name);
    const element = make("div", { className: "st-channel" }, name, plot, ends, fates, means.element, stds.element);
    return { element, plot, ends, fates, means, stds };
  });
  stage.prepend(
    make("div", { className: "st-steps" }, kept.element, shown.element, back.element),
    choice("The way back", WAYS_BACK, way, (next) => draw((way = next))),
    make("div", { className: "st-three" }, ...cells.map((cell) => cell.element)),
    make(
      "div",
      { className: "st-buttons" },
      button("ImageNet’s six numbers", () => setNumbers(data.mean, data.std)),
      button("0.5 for all", () => setNumbers(halves, halves)),
      checkbox("One for all channels", together, (on) => {
        together = on;
        if (on) setNumbers(mean.fill(mean[0]), std.fill(std[0]));
      }),
      checkbox("Paint the unseen", painted, (on) => draw((painted = on))),
    ),
    ownPicture(stage, first, setPicture),
  );
  kept.words.append("the file’s bytes, as floats from 0 to 1");

  // -------------------------------------------------------------- states
  function setPicture(next) {
    photo = next;
    paint(kept.canvas, showPixels(photo.x, 3), photo.height, photo.width);
    kept.canvas.setAttribute("aria-label", "The photo as it is.");
    cells.forEach((cell, c) => drawLevels(cell.plot, photo, c));
    draw();
  }

  function setNumbers(nextMean, nextStd) {
    [mean, std] = [[...nextMean], [...nextStd]];
    draw();
  }

  function move(numbers, c, value) {
    if (together) numbers.fill(value);
    else numbers[c] = value;
    draw();
  }

  // ------------------------------------------------------------- drawing
  function draw() {
    const y = normalize(photo.x, mean, std);
    drawPicture(shown, y, imshowPixels(y));
    const lost = unseen(y, 3);
    const all = lost.flat().reduce((sum, fraction) => sum + fraction, 0) / 3;
    shown.words.replaceChildren(make("strong", {}, percent(all)), " of the values cannot be seen");
    shown.canvas.setAttribute(
      "aria-label",
      `The normalised photo, clipped by imshow: ${percent(all)} of the values cannot be seen.`,
    );
    cells.forEach((cell, c) => drawChannel(cell, c, lost[c]));

    const result = drawBack(y);
    say(`${percent(all)} of the values cannot be seen. Back by ${WAYS_BACK[way]}: ${result}.`);
  }

  function drawPicture({ canvas }, x, pixels) {
    paint(canvas, pixels, photo.height, photo.width, painted ? unseenMarks(x, 3) : null);
  }

  function drawBack(y) {
    const isFlat = y.every((value) => value === y[0]);
    if (way === "stretched" && isFlat) {
      back.words.replaceChildren(make("strong", {}, "nothing"), " to stretch: all values are one");
      paint(back.canvas, new Uint8ClampedArray(4 * photo.height * photo.width), photo.height, photo.width);
      back.canvas.setAttribute("aria-label", "No picture.");
      return "a constant picture has nothing to stretch";
    }
    const z = GO_BACK[way](y, mean, std);
    drawPicture(back, z, showPixels(z, 3));
    const bytes = [toUint8(z), toUint8(photo.x)];
    const levels = largestDifference(...bytes);
    const floats = Number((LEVELS * largestDifference(z, photo.x)).toPrecision(1));
    const words = levels
      ? "levels of 255 off at most"
      : `levels off: the file’s bytes. Before rounding ${floats} at most`;
    back.words.replaceChildren(make("strong", {}, String(levels)), words);
    const result = `off by at most ${levels} of 255 levels`;
    back.canvas.setAttribute("aria-label", `The photo that comes back, ${result}.`);
    return result;
  }

  function drawChannel({ plot, ends, fates, means, stds }, c, [below, above]) {
    const [m, s] = [mean[c], std[c]];
    means.set(m);
    stds.set(s);
    plot.style.setProperty("--black", `${100 * m}%`);
    plot.style.setProperty("--white", `${100 * Math.min(m + s, 1)}%`);
    plot.classList.toggle("st-open", m + s > 1); // 1 lies beyond white: no line for it
    const [black, white] = [-m / s, (1 - m) / s].map((v) => v.toFixed(2).replace("-", "−"));
    ends.replaceChildren(make("span", {}, `black is ${black}`), make("span", {}, `white is ${white}`));
    const fate = (sample, words, fraction) =>
      make("span", {}, make("strong", {}, percent(fraction)), " ", ...sample, words);
    fates.replaceChildren(
      fate([swatch("below")], "below 0", below),
      fate([], "seen", 1 - below - above),
      fate([swatch("above")], "above 1", above),
    );
    plot.setAttribute(
      "aria-label",
      `The levels of ${channels[c].name} in the photo. ${percent(below)} are drawn black, ${percent(above)} white.`,
    );
  }

  setPicture(first);
}

// The largest distance between two arrays, place by place.
function largestDifference(a, b) {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i] - b[i]));
  return largest;
}

// How often each level occurs in a channel, four levels a bin, and the window of what is seen, from 0 to 1.
function drawLevels(plot, { x, height, width }, c) {
  const wide = 4;
  const bins = new Array((LEVELS + 1) / wide).fill(0);
  for (const level of toUint8(x.subarray(c * height * width, (c + 1) * height * width)))
    bins[Math.floor(level / wide)]++;
  const highest = Math.max(...bins);
  const points = bins.map((n, i) => `${i + 0.5} ${(99 - (78 * n) / highest).toFixed(1)}`);
  const curve = svg("path", { class: CHANNELS[3][c].line, d: `M${points.join("L")}` });
  const drawing = svg(
    "svg",
    { viewBox: `0 0 ${bins.length} 100`, preserveAspectRatio: "none", "aria-hidden": "true" },
    curve,
  );
  const zones = ["below", "above"].map((kind) => make("div", { className: `st-zone st-${kind}` }));
  const lines = [
    ["black", "0"],
    ["white", "1"],
  ].map(([end, value]) => make("div", { className: `st-line st-at-${end}` }, make("span", {}, value)));
  plot.replaceChildren(...zones, drawing, ...lines);
}

startFigures("normalize", normalizeAndBack);
