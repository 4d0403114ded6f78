// Normalize as a slide and a stretch. One picture is split by a line: left what imshow shows of the normalised photo, or
// what a way back makes of it; right the photo. Under it lies one histogram of the photo, and over that the window of what
// the screen shows, from y = 0 to y = 1: dragged, it changes the mean, and stretched by its right edge, the std.

const LEAST_STD = 0.01;
const LEFT = {
  shown: "y in imshow",
  right: "back: y · s + m",
  signs: "back: (y + m) · s",
  stretched: "back: min-max",
};
const ONE_BY_ONE = ["red", "green", "blue"];

function normalizeAndBack(stage, data) {
  const first = decodePicture(data.photo);
  const channels = CHANNELS[3];
  let photo = first;
  let [mean, std] = [data.mean, data.std].map((numbers) => [...numbers]);
  let [handled, left, at] = ["all", "shown", 0.36];
  let looked = []; // the ways back over which the line was moved: the eye comes first, the number second
  stage.classList.add("st-normalize");
  const say = liveRegion(stage);
  const redraw = onNextFrame(draw);
  const found = task(
    stage,
    "the window that hides nothing of the photo.",
    "All values lie in the window, none is cut off.",
  );

  // ------------------------------------------------------------ elements
  const tag = () => make("span", { className: "st-tag", aria: { hidden: "true" } });
  const [kept, drawn] = [0, 1].map(() => make("canvas", { aria: { role: "img" } }));
  const [photoTag, drawnTag] = [tag(), tag()];
  photoTag.textContent = "the photo";
  const line = slider({
    label: "Where the line is",
    min: 0,
    max: 100,
    step: 1,
    value: 100 * at,
    format: (v) => `${Math.round(v)} %`,
    onInput: (value) => moveLine(value / 100),
  });
  const split = make(
    "div",
    { className: "st-split" },
    make("div", {}, kept, photoTag),
    make("div", { className: "st-left" }, drawn, drawnTag),
    make("div", { className: "st-seam" }),
    line.element,
  );

  const leftChoice = choice("Left of the line", LEFT, left, (way) => redraw((left = way)));
  const [lostWords, offWords] = [0, 1].map(() => make("div", { className: "st-summary" }));
  const readout = make("div", { className: "st-readout" }, lostWords, offWords);

  const formula = make("p", { className: "st-formula", aria: { role: "math" } });
  const named = ({ line: kind, name }) => make("span", {}, lineSample({ line: kind }), name);
  const handledChoice = choice(
    "Move",
    { all: "all three", ...Object.fromEntries(channels.map((channel) => [channel.name, named(channel)])) },
    handled,
    (which) => redraw((handled = which)),
  );
  const handles = {
    mean: slider({ label: "m, the mean", min: 0, max: 1, step: 0.001, value: 0, format: three, onInput: slide }),
    std: slider({ label: "s, the std", min: 0, max: 1, step: 0.001, value: 0, format: three, onInput: stretch }),
  };
  const letter = (symbol) => make("span", { className: `st-grip st-${symbol}`, aria: { hidden: "true" } }, symbol);
  const ramp = make("div", { className: "st-scale", aria: { hidden: "true" } });
  const rail = make(
    "div",
    { className: "st-rail" },
    ramp,
    handles.mean.element,
    handles.std.element,
    letter("m"),
    letter("s"),
  );
  const [rulerY, rulerX] = ["y", "x"].map((name) =>
    make("div", { className: `st-scale-numbers st-of-${name}`, aria: { hidden: "true" } }),
  );
  for (const x of [0, 0.25, 0.5, 0.75, 1])
    rulerX.append(Object.assign(make("span", {}, String(x)), { style: `left: ${100 * x}%` }));
  const plot = make("div", { className: "st-plot", aria: { role: "img" } });
  const board = make("div", { className: "st-board" }, rail, rulerY, plot, rulerX);
  const fates = make("p", { className: "st-fates" });
  const halves = [0.5, 0.5, 0.5];

  stage.prepend(
    make(
      "div",
      { className: "st-main" },
      make("div", { className: "st-frame" }, split),
      make("div", { className: "st-beside" }, leftChoice, readout, found.element),
      make(
        "div",
        { className: "st-map" },
        make(
          "div",
          { className: "st-buttons" },
          formula,
          button("ImageNet’s", () => setNumbers(data.mean, data.std)),
          button("0.5 for all", () => setNumbers(halves, halves)),
        ),
        make("div", { className: "st-buttons" }, handledChoice),
        board,
        fates,
      ),
    ),
    ownPicture(stage, first, setPicture),
  );

  // -------------------------------------------------------------- states
  function setPicture(next) {
    photo = next;
    looked = [];
    split.style.setProperty("--aspect", photo.width / photo.height);
    paintLevels(kept, photo, [showLevels(photo.values)], [new Uint8Array(photo.values.length)], false);
    kept.setAttribute("aria-label", "Right of the line: the photo as it is.");
    drawLevels(plot, photo);
    draw();
  }

  function setNumbers(nextMean, nextStd) {
    [mean, std] = [[...nextMean], [...nextStd]];
    redraw();
  }

  const these = () => (handled === "all" ? [0, 1, 2] : [ONE_BY_ONE.indexOf(handled)]);
  const most = (numbers) => Math.max(...these().map((c) => numbers[c]));
  const thousandth = (value) => Math.round(1000 * value) / 1000;

  // The window stays within 0 to 1, where the photo's values are.
  function slide(value) {
    for (const c of these()) mean[c] = thousandth(clip(value, 0, 1 - most(std)));
    redraw();
  }

  function stretch(value) {
    for (const c of these()) std[c] = thousandth(clip(value, LEAST_STD, 1 - most(mean)));
    redraw();
  }

  function moveLine(value) {
    at = clip(value, 0, 1);
    if (left !== "shown" && !looked.includes(left)) looked = [...looked, left];
    redraw();
  }

  draggable(split, () => {
    const before = [at, looked];
    line.input.focus({ preventScroll: true });
    return {
      move({ clientX }) {
        const box = split.getBoundingClientRect();
        moveLine((clientX - box.left) / box.width);
      },
      undo: () => redraw(([at, looked] = before)),
    };
  });

  // Near the window's right edge it is stretched, everywhere else it slides.
  draggable(board, (event) => {
    const before = { mean: [...mean], std: [...std] };
    const [m, s] = [mean[these()[0]], std[these()[0]]];
    const box = plot.getBoundingClientRect();
    const place = ({ clientX }) => (clientX - box.left) / box.width;
    const finger = 20 / box.width;
    const stretches = place(event) > m + s / 2 && Math.abs(place(event) - m - s) < finger;
    handles[stretches ? "std" : "mean"].input.focus({ preventScroll: true });
    return {
      move(to) {
        const way = place(to) - place(event);
        if (!way) return;
        if (stretches) stretch(s + way);
        else slide(m + way);
      },
      undo: () => setNumbers(before.mean, before.std),
    };
  });

  // ------------------------------------------------------------- drawing
  function draw() {
    const y = channels.map((_, c) => normalize(photo.values, [mean[c]], [std[c]]));
    const marks = y.map((each) => marksOf(each));
    const lost = unseenOf(photo, marks);
    const all = lost.flat().reduce((sum, fraction) => sum + fraction, 0) / 3;
    drawWindow(lost);
    drawFormula();
    const words = left === "shown" ? drawShown(y, marks, all) : drawBack(GO_BACK[left](y, mean, std, photo.counts));
    drawn.setAttribute("aria-label", `Left of the line: ${LEFT[left]}. ${words}`);
    drawnTag.textContent = LEFT[left];
    split.style.setProperty("--at", `${100 * at}%`);
    split.classList.toggle("st-without-line", left !== "shown"); // there the seam itself is to be looked for
    readout.classList.toggle("st-goes-back", left !== "shown");
    line.set(100 * at);
    found.check(all === 0);
    say(`m ${numbersOf(mean)}, s ${numbersOf(std)}. ${percent(all)} of the values cannot be seen. ${words}`);
  }

  function drawShown(y, marks, all) {
    paintLevels(drawn, photo, y.map(imshowLevels), marks, false);
    lostWords.replaceChildren(make("strong", {}, percent(all)), " of the values cannot be seen");
    return `${percent(all)} of the values cannot be seen.`;
  }

  function drawBack(z) {
    if (!z) {
      paint(drawn, new Uint8ClampedArray(4 * photo.height * photo.width), photo.height, photo.width);
      offWords.replaceChildren(make("strong", {}, "nothing"), " to stretch: all values are one");
      return "A constant picture has nothing to stretch.";
    }
    const marks = z.map((each) => marksOf(each));
    paintLevels(
      drawn,
      photo,
      z.map((each) => showLevels(each)),
      marks,
      false,
    );
    if (!looked.includes(left)) {
      const ask = "Is there a seam? Move the line, then the number stands here.";
      offWords.replaceChildren(make("strong", {}, "?"), ask);
      return "Move the line, then the number is told.";
    }
    const { levels, share } = distance(z, photo);
    offWords.replaceChildren(
      make("strong", {}, String(levels)),
      make("div", {}, levels ? "levels of 255 off at most" : "levels off: the file’s bytes"),
      levels ? `${percent(share)} of pixels by more than one` : "",
    );
    return `Off by at most ${levels} of 255 levels; ${percent(share)} of the pixels by more than one.`;
  }

  function drawWindow(lost) {
    const c = these()[0];
    const [m, s] = [mean[c], std[c]];
    const room = 1 - most(mean);
    handles.std.input.max = three(room);
    for (const [name, value] of Object.entries({
      black: `${100 * m}%`,
      white: `${100 * (m + s)}%`,
      mean: m,
      std: s,
      room,
    }))
      board.style.setProperty(`--${name}`, value);
    handles.mean.set(m);
    handles.std.set(s);
    plot.querySelectorAll(".st-bracket").forEach((bracket, k) => {
      bracket.style.left = `${100 * mean[k]}%`;
      bracket.style.width = `${100 * std[k]}%`;
    });
    plot
      .querySelectorAll(":scope > svg path")
      .forEach((path, k) => path.classList.toggle("st-faded", !these().includes(k)));
    const [below, above] = [0, 1].map((k) => these().reduce((sum, each) => sum + lost[each][k], 0) / these().length);
    const fate = (sample, words, fraction) => make("span", {}, ...sample, make("strong", {}, percent(fraction)), words);
    fates.replaceChildren(
      fate([swatch("below")], " cut off at black", below),
      fate([], " seen", 1 - below - above),
      fate([swatch("above")], " cut off at white", above),
    );
    // Numbers of y stand where x = m + y s; as many as there is room for.
    const step = [1, 2, 5, 10, 20].find((each) => each * s >= 0.09);
    const [low, high] = [-m / s, (1 - m) / s];
    const numbers = [];
    for (let k = Math.ceil(low / step) * step; k <= high; k += step) numbers.push(k);
    rulerY.replaceChildren(
      ...numbers.map((k) => {
        const number = make("span", { className: k === 0 || k === 1 ? "st-end" : "" }, minus(k));
        number.style.left = `${100 * (m + k * s)}%`;
        return number;
      }),
    );
    plot.setAttribute(
      "aria-label",
      `Histogram of the photo, x from 0 to 1. The window of ${channels[c].name} goes from ${three(m)} to ${three(m + s)}; ` +
        `y goes from ${minus(low)} to ${minus(high)}.`,
    );
  }

  const numbersOf = (numbers) => [...new Set(these().map((c) => three(numbers[c])))].join(" ");

  function drawFormula() {
    const symbol = (name, numbers = "") =>
      make("span", { className: `st-symbol st-${name}` }, make("i", {}, name), numbers && ` ${numbers}`);
    const [m, s] = [mean, std].map(numbersOf);
    formula.setAttribute("aria-label", `y = (x − m) / s, with m = ${m} and s = ${s}`);
    formula.replaceChildren(
      make("span", {}, symbol("y"), " = (", symbol("x"), " − ", symbol("m", m), ")"),
      make("span", {}, " / ", symbol("s", s)),
    );
  }

  setPicture(first);
  return {
    state: () => ({ mean: [...mean], std: [...std], handled, left, at, looked }),
    restore(to) {
      const [m, s] = [to.mean, to.std].map((numbers) => channels.map((_, c) => Number(numbers[c])));
      const isState = m.every((each, c) => each >= 0 && s[c] >= LEAST_STD && each + s[c] <= 1);
      if (
        !isState ||
        !Object.hasOwn(LEFT, to.left) ||
        !["all", ...ONE_BY_ONE].includes(to.handled) ||
        !(to.at >= 0 && to.at <= 1)
      )
        throw new RangeError("no state of this figure");
      [mean, std] = [m, s];
      ({ handled, left, at } = to);
      looked = Object.keys(LEFT).filter((way) => [].concat(to.looked).includes(way));
      leftChoice.set(left);
      handledChoice.set(handled);
      redraw();
    },
  };
}

const three = (value) => value.toFixed(3);

// What each way makes of y, the tables of the three channels. `signs` is a second Normalize(-mean, 1 / std), which is short
// of the inverse by one division. Min-max asks for the smallest and the largest value of the whole picture: of those that
// occur. Where all are one it makes nothing.
const GO_BACK = {
  right: (y, mean, std) => y.map((each, c) => inverseNormalize(each, [mean[c]], [std[c]])),
  signs: (y, mean, std) => y.map((each, c) => normalize(each, [-mean[c]], [1 / std[c]])),
  stretched(y, mean, std, counts) {
    const ends = extent(y.flatMap((each, c) => [...extent(each.filter((_, k) => counts[c][k]))]));
    return ends[0] < ends[1] ? y.map((each) => minMaxScale(each, ends)) : null;
  },
};

// How far a picture that came back is from the photo, in levels: the largest distance, and the share of pixels with a
// channel that is off by more than one.
function distance(z, { values, at, counts, height, width }) {
  const levels = toUint8(values);
  const off = z.map((each) => toUint8(each).map((level, k) => Math.abs(level - levels[k])));
  let largest = 0;
  off.forEach((each, c) => each.forEach((d, k) => counts[c][k] && d > largest && (largest = d)));
  const size = height * width;
  const [red, green, blue] = off;
  let pixels = 0;
  for (let i = 0; i < size; i++) if (red[at[i]] > 1 || green[at[size + i]] > 1 || blue[at[2 * size + i]] > 1) pixels++;
  return { levels: largest, share: pixels / size };
}

// How often each level occurs in a channel, four levels a bin. One spike must not flatten the rest: when the highest of the
// 192 bins is more than twice as high as the seventh, it rises out of the box, and an arrow says so.
function drawLevels(plot, { values, counts }) {
  const wide = 4;
  const levels = toUint8(values);
  const bins = counts.map((often) => {
    const of = new Array(256 / wide).fill(0);
    for (let k = 0; k < levels.length; k++) of[Math.floor(levels[k] / wide)] += often[k];
    return of;
  });
  const highest = bins.flat().sort((a, b) => b - a);
  const top = highest[0] > 2 * highest[6] && highest[6] ? 1.4 * highest[6] : highest[0];
  const x = (i) => (wide * i + (wide - 1) / 2) / 255;
  const paths = bins.map((of, c) =>
    curve(
      CHANNELS[3][c].line,
      of.map((n, i) => [x(i), 0.01 + (0.8 * n) / top]),
    ),
  );
  const arrows = bins[0].flatMap((_, i) => {
    const letters = CHANNELS[3].filter((_, c) => bins[c][i] > 1.2 * top).map((channel) => channel.letter);
    return letters.length
      ? [
          Object.assign(make("span", { className: "st-out" }, `${letters.join("")}↑`), {
            style: `left: ${100 * x(i)}%`,
          }),
        ]
      : [];
  });
  const zones = ["below", "above"].map((kind) => make("div", { className: `st-zone st-${kind}` }));
  const ends = ["black", "white"].map((end) => make("div", { className: `st-line st-at-${end}` }));
  const brackets = CHANNELS[3].map((channel) =>
    make(
      "div",
      { className: "st-bracket" },
      curves(
        curve(channel.line, [
          [0, 0.5],
          [1, 0.5],
        ]),
      ),
    ),
  );
  plot.replaceChildren(...zones, curves(...paths), ...arrows, ...ends, ...brackets);
}

startFigures("normalize", normalizeAndBack);
