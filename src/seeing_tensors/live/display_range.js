// The display range: two handles say which values are drawn black and white. What lies outside is painted, shaded in the
// histogram, and counted per channel.

function displayRange(stage, data) {
  const first = decodePicture(data.picture);
  let picture = first;
  let limits = { black: 0, white: 1 };
  let painted = true;
  let axis; // the values at the two ends of the histogram
  const say = liveRegion(stage);
  const redraw = onNextFrame(draw);
  const found = task(
    stage,
    "the narrowest limits that hide nothing.",
    "Nothing is hidden, and no tone is wasted on values that do not occur. The contrast is what that costs.",
  );

  // ------------------------------------------------------------ elements
  const canvas = make("canvas", { className: "st-look", aria: { role: "img" } });
  const summary = make("p", { className: "st-summary" });
  const table = make("table", { className: "st-counts" });
  const plot = make("div", { className: "st-plot", aria: { role: "img" } });
  const ramp = make("div", { className: "st-ramp", aria: { hidden: "true" } });
  const ticks = make("div", { className: "st-ticks", aria: { hidden: "true" } });
  const handle = (end, label) =>
    slider({
      label,
      min: 0,
      max: 1,
      step: 0.01,
      value: 0,
      className: `st-${end}`,
      onInput: (value) => move(end, value),
    });
  const handles = { black: handle("black", "Drawn black"), white: handle("white", "Drawn white") };
  const paintBox = checkbox("Paint the unseen", painted, (on) => redraw((painted = on)));
  const buttons = make(
    "div",
    { className: "st-buttons" },
    button("Black 0, white 1", () => setLimits(0, 1)),
    button("Smallest to largest value", () => setLimits(...extremes(picture.values))),
    paintBox,
  );
  stage.prepend(
    make("div", { className: "st-columns" }, canvas, make("div", {}, summary, table, found.element)),
    make("div", {}, plot, ramp, ticks, handles.black.element, handles.white.element),
    buttons,
    ownPicture(stage, first, setPicture),
  );

  // -------------------------------------------------------------- states
  function setPicture(next) {
    picture = next;
    const [low, high] = extremes(picture.values);
    axis = [Math.floor(10 * Math.min(low, 0)) / 10 - 0.2, Math.ceil(10 * Math.max(high, 1)) / 10 + 0.2];
    for (const { input } of Object.values(handles))
      Object.assign(input, { min: axis[0].toFixed(2), max: axis[1].toFixed(2) });
    drawHistogram();
    limits = { black: 0, white: 1 };
    draw();
  }

  function setLimits(black, white) {
    limits = { black, white };
    redraw();
  }

  // A handle stops in front of the other one: white stays above black.
  function move(end, value) {
    const gap = 0.01;
    if (end === "black") limits.black = Math.min(value, limits.white - gap);
    else limits.white = Math.max(value, limits.black + gap);
    redraw();
  }

  // A finger or a mouse on the histogram takes the handle that is nearer.
  draggable(plot, (event) => {
    const before = { ...limits };
    const valueAt = ({ clientX }) => {
      const box = plot.getBoundingClientRect();
      const value = axis[0] + ((clientX - box.left) / box.width) * (axis[1] - axis[0]);
      return Math.round(100 * clip(value, ...axis)) / 100;
    };
    const value = valueAt(event);
    const end = Math.abs(value - limits.black) < Math.abs(value - limits.white) ? "black" : "white";
    handles[end].input.focus({ preventScroll: true });
    return { move: (to) => move(end, valueAt(to)), undo: () => setLimits(before.black, before.white) };
  });

  // ------------------------------------------------------------- drawing
  const place = (value) => `${clip((100 * (value - axis[0])) / (axis[1] - axis[0]), 0, 100)}%`;

  function draw() {
    const { black, white } = limits;
    const { values, channels } = picture;
    const marks = marksOf(values, black, white);
    paintLevels(canvas, picture, [showLevels(values, black, white)], [marks], painted);
    for (const end of ["black", "white"]) handles[end].set(limits[end]);

    const rows = unseenOf(picture, [marks]);
    const [below, above, broken] = [0, 1, 2].map((k) => rows.reduce((sum, row) => sum + row[k], 0) / channels);
    summary.replaceChildren(make("strong", {}, percent(below + above + broken)), " of the values cannot be seen");
    fillTable(rows, broken > 0);
    const words = `Black ${black.toFixed(2)}, white ${white.toFixed(2)}: ${percent(below)} below black, ${percent(above)} above white.`;
    canvas.setAttribute("aria-label", `The picture as it is drawn. ${words}`);
    plot.setAttribute(
      "aria-label",
      `Histogram of the values from ${axis[0].toFixed(1)} to ${axis[1].toFixed(1)}. ${words}`,
    );
    say(words);
    // The narrowest: to the hundredth that a slider has.
    const [low, high] = extremes(values);
    found.check(below + above === 0 && low - black < 0.01 && white - high < 0.01);

    for (const [name, value] of Object.entries({ black: place(black), white: place(white) })) {
      plot.style.setProperty(`--${name}`, value);
      ramp.style.setProperty(`--${name}`, value);
    }
  }

  function fillTable(rows, anyBroken) {
    const columns = [
      ["below", "below black"],
      ["above", "above white"],
      ["broken", "not finite"],
    ].slice(0, anyBroken ? 3 : 2);
    const cell = (text) => make("td", {}, text);
    const head = columns.map(([kind, label]) => make("th", { scope: "col" }, swatch(kind), label));
    table.replaceChildren(
      make("caption", { className: "st-hidden" }, "The part of each channel that cannot be seen"),
      make("thead", {}, make("tr", {}, make("td"), ...head)),
      make(
        "tbody",
        {},
        ...rows.map((row, c) => {
          const channel = CHANNELS[picture.channels][c];
          const name = make("th", { scope: "row" }, lineSample(channel), channel.name);
          return make("tr", {}, name, ...columns.map((_, k) => cell(percent(row[k]))));
        }),
      ),
    );
  }

  function drawHistogram() {
    const counts = histograms(picture, axis);
    const highest = Math.max(...counts.flat());
    const tallest = 0.77; // of the plot: above it are the letters
    const lines = counts.map((bins) => bins.map((n, i) => [(i + 0.5) / bins.length, 0.01 + (tallest * n) / highest]));
    const channels = CHANNELS[picture.channels];
    const drawing = curves(...lines.map((points, c) => curve(channels[c].line, points)));
    const labels = lines.map((points, c) => {
      const [x, y] = points.reduce((top, point) => (point[1] > top[1] ? point : top));
      const label = make("span", { className: "st-letter" }, channels[c].letter);
      return Object.assign(label, { style: `left: ${100 * x}%; top: ${100 - 100 * y}%` });
    });
    const zones = ["below", "above"].map((kind) => make("div", { className: `st-zone st-${kind}` }));
    const ends = ["black", "white"].map((end) => make("div", { className: `st-line st-at-${end}` }));
    plot.replaceChildren(...zones, drawing, ...labels, ...ends);
    const numbers = [];
    for (let k = Math.ceil(2 * axis[0]); k <= 2 * axis[1]; k++) numbers.push(k / 2);
    const every = Math.ceil(numbers.length / 9);
    ticks.replaceChildren(
      ...numbers
        .filter((n) => (2 * n) % every === 0)
        .map((n) => Object.assign(make("span", {}, String(n)), { style: `left: ${place(n)}` })),
    );
  }

  setPicture(first);
  return {
    state: () => ({ ...limits, painted }),
    restore({ black, white, painted: isPainted }) {
      if (!(black < white && Number.isFinite(white - black))) throw new RangeError("no range");
      paintBox.set((painted = isPainted !== false));
      setLimits(black, white);
    },
  };
}

function extremes(x) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of x) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low < high ? [low, high] : [0, 1]; // a constant picture has no range of its own
}

// For each channel how many values fall into each bin. A bin holds four levels of a byte, whole ones: bins that cut
// through levels would show a comb that the picture does not have.
function histograms({ values, counts }, [low, high]) {
  const wide = 4;
  const bin = (value) => Math.floor((255 * (value - low) + 0.5) / wide);
  return counts.map((often) => {
    const bins = new Array(bin(high) + 1).fill(0);
    for (let k = 0; k < values.length; k++) if (Number.isFinite(values[k])) bins[bin(values[k])] += often[k];
    return bins;
  });
}

startFigures("display_range", displayRange);
