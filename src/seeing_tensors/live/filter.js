// The filter: nine weights over one channel of a photo, the map they make, and the sum under the window, written out. Ready
// filters beside it share its colour scale, or each filter has one of its own.

const across = [-1, 0, 1, -2, 0, 2, -1, 0, 1].map((w) => w / 4);
const READY = {
  identity: [0, 0, 0, 0, 1, 0, 0, 0, 0],
  blur: new Array(9).fill(1 / 9),
  sharpen: [0, -1, 0, -1, 5, -1, 0, -1, 0],
  "Sobel across": across,
  "Sobel down": across.map((_, k) => across[3 * (k % 3) + Math.floor(k / 3)]),
  Laplace: [0, 1, 0, 1, -4, 1, 0, 1, 0],
  random: randomWeights(1),
};
const MOST = 99; // the largest weight that can be typed

// Nine weights in [-1, 1] with two digits. The same seed gives the same weights: the figure begins the same for everybody.
function randomWeights(seed) {
  let state = seed;
  return Array.from({ length: 9 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.round(200 * (state / 2 ** 32) - 100) / 100;
  });
}

function filter(stage, data) {
  const colorTable = decodeBytes(data.colors);
  const first = decodePicture(data.photo);
  const filters = { ...READY }; // the random one is drawn again in this figure, not in another
  let photo;
  let entries = [...filters["Sobel across"]]; // what is typed; the weights are these times `factor`
  let [factor, shared, seed] = [1, false, 1]; // a scale of its own: on the shared one the first map is nearly blank
  let map; // {y, height, width, limit, low, high} of the reader's filter
  let mapped; // its weights
  let scale; // of the ready filters' maps, as they are drawn
  let at = { row: 0, column: 0 };
  const say = liveRegion(stage);
  const redraw = onNextFrame(draw);
  const redrawWindow = onNextFrame(drawWindow);
  const found = task(
    stage,
    "weights of your own that answer with 0 to every flat area, but not to everything.",
    "They add up to 0: what is flat cancels out, and only differences are left.",
  );

  // ------------------------------------------------------------ elements
  const view = (title, label) => {
    const canvas = make("canvas", { aria: { role: "img", label } });
    const mark = make("div", { className: "st-mark", aria: { hidden: "true" } });
    const area = make("div", { className: "st-area" }, canvas, mark);
    return { canvas, mark, area, element: make("div", {}, make("p", { className: "st-title" }, title), area) };
  };
  const [seen, made] = [view("The photo", "The photo, one channel of it."), view("Its map", "The map.")];
  const bar = make("div", { className: "st-bar", aria: { hidden: "true" } });
  const barEnds = make("p", { className: "st-ends" });
  const summary = make("p", { className: "st-summary" });
  const place = make("p", { className: "st-title" });
  const [sum, terms, reach] = [make("p", { className: "st-sum" }), make("p"), make("p", { className: "st-reach" })];
  const cells = entries.map((_, k) => {
    const [row, column] = [Math.floor(k / 3), k % 3];
    const input = make("input", { type: "number", min: -MOST, max: MOST, step: 0.25 });
    input.addEventListener("input", () => Number.isFinite(input.valueAsNumber) && setEntry(k, input.valueAsNumber));
    input.addEventListener("change", () => (input.value = typed(entries[k])));
    const words = make("span", { className: "st-hidden" }, `Weight, row ${row + 1}, column ${column + 1}`);
    const label = make("label", {}, words, input);
    const [pixel, product] = [make("span", { className: "st-chip" }), make("span", { className: "st-chip" })];
    const line = (sign, element) => make("div", {}, make("span", { aria: { hidden: "true" } }, sign), element);
    const element = make("div", { className: "st-tap" }, line("", pixel), line("×", label), line("=", product));
    return { input, pixel, product, element };
  });
  const size = slider({
    label: "All weights times",
    min: -6,
    max: 1,
    step: 1,
    value: 0,
    format: (v) => String(powerOfTen(v)),
    onInput: (v) => redraw((factor = powerOfTen(v))),
  });
  const ready = Object.keys(filters).map((name) => {
    const canvas = make("canvas", { aria: { hidden: "true" } });
    const note = make("span", { className: "st-limit" });
    const element = button(name, () => choose(name));
    element.prepend(canvas);
    element.append(note);
    return { name, canvas, note, element };
  });
  const pair = make(
    "div",
    { className: "st-pair st-look", tabIndex: 0, aria: { role: "application" } },
    seen.element,
    made.element,
  );
  pair.setAttribute("aria-label", "The window over the photo. The arrow keys move it, with Shift by ten pixels.");
  made.element.append(bar, barEnds);
  seen.element.append(make("p", { className: "st-hint" }, "Point, tap, or use the arrow keys."));
  const scales = { shared: "one scale for all filters", own: "each filter its own scale" };
  const colourChoice = choice("Colours", scales, "own", (key) => redraw((shared = key === "shared")));
  stage.prepend(
    pair,
    make(
      "div",
      { className: "st-columns" },
      make("div", { className: "st-kernel" }, ...cells.map((cell) => cell.element)),
      make("div", {}, place, sum, terms, reach, found.element),
    ),
    make("div", { className: "st-ready" }, ...ready.map((each) => each.element)),
    make("div", { className: "st-columns" }, make("div", {}, colourChoice, size.element), make("div", {}, summary)),
    ownPicture(stage, first, setPicture),
  );

  // -------------------------------------------------------------- states
  function setPicture(next) {
    if (next.height < 3 || next.width < 3) throw new RangeError("a 3 x 3 filter needs at least 3 x 3 pixels");
    photo = next.channels === 1 ? next : { ...next, channels: 1, x: meanOfChannels(next.x) };
    paint(seen.canvas, showPixels(photo.x, 1), photo.height, photo.width);
    for (const each of ready) each.map = mapOf(filters[each.name]);
    [scale, mapped] = [];
    at = { row: Math.floor(0.4 * photo.height), column: Math.floor(0.4 * photo.width) };
    draw();
  }

  function choose(name) {
    if (name === "random" && entries.every((w, k) => w === filters.random[k])) filters.random = randomWeights(++seed);
    drawRandom();
    entries = [...filters[name]];
    factor = 1;
    size.set(0);
    redraw();
  }

  function drawRandom() {
    ready.at(-1).map = mapOf(filters.random);
    scale = undefined;
  }

  function setEntry(k, value) {
    entries[k] = clip(value, -MOST, MOST);
    redraw();
  }

  const weights = () => Float32Array.from(entries, (w) => w * factor);

  function mapOf(kernel) {
    const y = correlate(photo.x, photo.height, photo.width, Float32Array.from(kernel));
    const [low, high] = extent(y);
    return { y, height: photo.height - 2, width: photo.width - 2, low, high, limit: Math.max(-low, high) };
  }

  // A mouse, a finger or the arrow keys say where the window lies: its upper left pixel, which is the map's pixel too.
  function lay(row, column) {
    at = { row: clip(row, 0, map.height - 1), column: clip(column, 0, map.width - 1) };
    redrawWindow();
  }
  for (const [{ area, canvas }, corner] of [
    [seen, 1],
    [made, 0],
  ]) {
    const follow = (event) => {
      const box = canvas.getBoundingClientRect();
      const extra = 2 * corner; // the photo is two pixels higher and wider than its map
      const row = Math.floor(((event.clientY - box.top) / box.height) * (map.height + extra));
      lay(row - corner, Math.floor(((event.clientX - box.left) / box.width) * (map.width + extra)) - corner);
    };
    area.addEventListener("pointermove", (event) => event.pointerType !== "touch" && follow(event));
    draggable(area, () => {
      const before = at;
      return { move: follow, undo: () => lay(before.row, before.column) };
    });
  }
  pair.addEventListener("keydown", (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault(); // the page does not scroll, and JupyterLab does not go to the next cell
    const pixels = event.shiftKey ? 10 : 1;
    lay(at.row + pixels * step[0], at.column + pixels * step[1]);
  });

  // ------------------------------------------------------------- drawing
  const scaleOf = (own) => (shared ? Math.max(map.limit, ...ready.map((each) => each.map.limit)) : own.limit) || 1;

  function draw() {
    const now = String(weights());
    if (now !== mapped) map = mapOf(weights());
    mapped = now;
    const limit = scaleOf(map);
    paint(made.canvas, mapPixels(map.y, limit, colorTable), map.height, map.width);
    const next = shared ? limit : 0;
    for (const each of ready) {
      if (scale !== next) {
        const few = everyPixel(each.map, Math.ceil(each.map.width / 120));
        paint(each.canvas, mapPixels(few.y, scaleOf(each.map), colorTable), few.height, few.width);
        each.note.textContent = shared ? "" : `±${written(each.map.limit)}`;
      }
      each.element.setAttribute("aria-pressed", factor === 1 && entries.every((w, k) => w === filters[each.name][k]));
    }
    scale = next;
    cells.forEach(({ input }, k) => {
      if (input !== document.activeElement) input.value = typed(entries[k]); // nobody is typing there
    });
    const colour = (k) => `rgb(${colorTable.subarray(3 * k, 3 * k + 3).join()})`;
    const stops = Array.from({ length: 17 }, (_, k) => colour(Math.min(16 * k, 255)));
    bar.style.background = `linear-gradient(to right, ${stops.join()})`;
    barEnds.replaceChildren(...[-limit, 0, limit].map((value) => make("span", {}, written(value))));
    const ends = ` is the largest size in this map. The colours end at ±${written(limit)}.`;
    summary.replaceChildren(make("strong", {}, written(map.limit)), ends);
    const [low, high] = attainableRange(weights());
    const fromAny = `From any photo these weights can make ${written(low)} to ${written(high)}.`;
    reach.textContent = `${fromAny} From this one they make ${written(map.low)} to ${written(map.high)}.`;
    drawWindow();
    say(`Largest size ${written(map.limit)}, colours end at plus and minus ${written(limit)}.`);
    const isReady = Object.values(filters).some((kernel) => entries.every((w, k) => w === kernel[k]));
    const total = entries.reduce((add, w) => add + w, 0);
    found.check(!isReady && Math.abs(total) < 1e-9 && entries.some((w) => w !== 0));
  }

  function drawWindow() {
    const { row, column } = at;
    const kernel = weights();
    const limit = scaleOf(map);
    const inColour = (element, value, [red, green, blue]) => {
      element.textContent = written(value);
      Object.assign(element.style, { background: `rgb(${red}, ${green}, ${blue})`, color: inkOn(red, green, blue) });
    };
    const mapColour = (value) => mapPixels([value], limit, colorTable);
    const products = cells.map((cell, k) => {
      const x = photo.x[(row + Math.floor(k / 3)) * photo.width + column + (k % 3)];
      const product = fround(kernel[k] * x);
      inColour(cell.pixel, x, showPixels([x], 1));
      inColour(cell.product, product, mapColour(product));
      return product;
    });
    const total = map.y[row * map.width + column];
    const chip = make("strong", { className: "st-chip" });
    inColour(chip, total, mapColour(total));
    sum.replaceChildren(factor === 1 ? "The sum of the nine " : `Each times ${factor}, the sum of the nine `, chip);
    place.textContent = `Row ${row}, column ${column} of the map`;
    const words = products.map((p, k) => (k ? (p < 0 ? " − " : " + ") + written(Math.abs(p)) : written(p)));
    terms.textContent = `${words.join("")} = ${written(total)}`;
    frame(seen.mark, row, column, 3, photo);
    frame(made.mark, row, column, 1, map);
    say(`Row ${row}, column ${column}: ${written(total)}.`);
  }

  setPicture(first);
  return {
    state: () => ({ entries, factor, shared, seed, ...at }),
    restore(asked) {
      if (!(asked.entries?.length === 9 && asked.entries.every(Number.isFinite)))
        throw new RangeError("no nine weights");
      entries = asked.entries.map((w) => clip(w, -MOST, MOST));
      const power = [-6, -5, -4, -3, -2, -1, 0, 1].find((k) => powerOfTen(k) === asked.factor) ?? 0;
      factor = powerOfTen(power);
      size.set(power);
      shared = asked.shared === true;
      colourChoice.set(shared ? "shared" : "own");
      seed = Number.isInteger(asked.seed) ? asked.seed : 1;
      filters.random = randomWeights(seed);
      drawRandom();
      if (Number.isInteger(asked.row) && Number.isInteger(asked.column)) lay(asked.row, asked.column);
      redraw();
    },
  };
}

const powerOfTen = (k) => Number(`1e${k}`); // 10 ** -5 is not the double nearest to it

// A weight as it is typed, and every number that is only read: three digits after the point, or an exponent.
const typed = (weight) => String(Number(weight.toFixed(3)));
function written(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  const isPlain = size >= 0.001 && size < 1000;
  const digits = isPlain ? value.toFixed(3) : value.toExponential(1);
  return digits.replaceAll("-", "−");
}

function frame(mark, row, column, pixels, { height, width }) {
  const percents = { left: column / width, top: row / height, width: pixels / width, height: pixels / height };
  for (const [side, part] of Object.entries(percents)) mark.style[side] = `${100 * part}%`;
}

function everyPixel({ y, height, width }, k) {
  const [rows, columns] = [Math.ceil(height / k), Math.ceil(width / k)];
  const few = new Float32Array(rows * columns);
  for (let row = 0, i = 0; row < height; row += k)
    for (let column = 0; column < width; column += k) few[i++] = y[row * width + column];
  return { y: few, height: rows, width: columns };
}

startFigures("filter", filter);
