// imshow's two pipelines: one array, its values as handles on a line. Above the line it is drawn as RGB, clipped to 0 and 1,
// below it with one channel, stretched from its smallest to its largest value over a colour map.

const [LOWEST, HIGHEST] = [-0.5, 2]; // the ends of the line

function pipelines(stage, data) {
  const first = Float32Array.from(data.values);
  const tables = Object.fromEntries(Object.entries(data.tables).map(([name, text]) => [name, decodeBytes(text)]));
  const n = first.length;
  let x = first.slice();
  let [map, own] = [Object.keys(tables)[0], true];
  const say = liveRegion(stage);
  const redraw = onNextFrame(draw);
  const found = task(
    stage,
    `the one move of one handle by which all ${n - 1} other pixels are drawn otherwise with one channel.`,
    "The smallest value has become the largest, or the other way round: both ends of the stretch have moved.",
  );

  // ------------------------------------------------------------ elements
  const rgb = view(n);
  const flat = view(n);
  const [rgbRamp, flatRamp] = [0, 1].map(() => make("div", { className: "st-ramp", aria: { hidden: "true" } }));
  const handles = Array.from(first, (value, i) =>
    slider({
      label: `Value of pixel ${i}`,
      min: LOWEST,
      max: HIGHEST,
      step: 0.05,
      value,
      onInput: (v) => redraw((x[i] = v)),
    }),
  );
  const ticks = make("div", { className: "st-ticks", aria: { hidden: "true" } });
  for (let k = 0; k <= 2 * HIGHEST; k++)
    ticks.append(Object.assign(make("span", {}, minus(k / 2)), { style: `left: ${100 * place(k / 2)}%` }));
  const summary = make("p", { className: "st-summary" });
  const maps = Object.fromEntries(Object.keys(tables).map((name) => [name, `cmap="${name}"`]));
  const limits = { own: "its own smallest and largest value", unit: "vmin=0, vmax=1" };
  const mapChoice = choice("One channel: the colours", maps, map, (name) => redraw((map = name)));
  const limitChoice = choice("One channel: the limits", limits, "own", (key) => redraw((own = key === "own")));
  stage.prepend(
    make(
      "div",
      {},
      rgb.title,
      rgb.element,
      rgb.links,
      rgbRamp,
      make("div", { className: "st-handles" }, ...handles.map((each) => each.element)),
      ticks,
      flatRamp,
      flat.links,
      flat.element,
      flat.title,
    ),
    summary,
    make("div", { className: "st-ends-of-range" }, mapChoice, limitChoice),
    found.element,
  );
  rgbRamp.style.setProperty("--black", `${100 * place(0)}%`);
  rgbRamp.style.setProperty("--white", `${100 * place(1)}%`);

  // ------------------------------------------------------------- drawing
  const asRGB = (values) => imshowPixels(Float32Array.of(...values, ...values, ...values));
  const limitsOf = (values) => (own ? extent(values) : [0, 1]);
  const asFlat = (values) => stretchedPixels(values, tables[map], ...limitsOf(values));

  function draw() {
    const [low, high] = limitsOf(x);
    handles.forEach((each, i) => each.set(x[i]));
    const marks = unseenMarks(x, 1);
    // Pixels whose value is the first one still, and whether they are drawn as at first.
    const kept = Array.from(x, (value, i) => value === first[i]);
    const others = [asRGB, asFlat].map((pixels) => {
      const [now, before] = [pixels(x), pixels(first)];
      return kept.map((is, i) => is && [0, 1, 2].some((c) => now[4 * i + c] !== before[4 * i + c]));
    });
    const held = handles.findIndex((each) => each.input === document.activeElement);
    drawView(rgb, asRGB(x), { x, held, changed: others[0] }, (i) => ({ [BELOW]: "below", [ABOVE]: "above" })[marks[i]]);
    drawView(flat, asFlat(x), { x, held, changed: others[1] }, () => undefined);

    const ends = own && low === high ? "all values are one: the first colour" : `from ${minus(low)} to ${minus(high)}`;
    rgb.title.replaceChildren(make("b", {}, `(1, ${n}, 3)`), " RGB: clipped, from 0 to 1");
    flat.title.replaceChildren(make("b", {}, `(1, ${n})`), ` one channel: ${own ? "stretched, " : ""}${ends}`);
    const colour = (k) => `rgb(${tables[map].subarray(3 * k, 3 * k + 3).join()})`;
    const stop = (k) => `${colour(Math.min(16 * k, 255))} ${100 * place(low + (k / 16) * (high - low))}%`;
    const stops = low === high ? [colour(0), colour(0)] : Array.from({ length: 17 }, (_, k) => stop(k));
    flatRamp.style.background = `linear-gradient(to right, ${stops.join()})`;

    const all = kept.filter(Boolean).length;
    const [inRGB, inFlat] = others.map((each) => each.filter(Boolean).length);
    const words = `of the pixels whose value you left alone are drawn otherwise with one channel; as RGB ${inRGB}`;
    summary.replaceChildren(make("strong", {}, `${inFlat} of ${all}`), " ", words);
    found.check(own && all === n - 1 && inFlat === all);
    say(`${inFlat} of ${all} ${words}. One channel: ${ends}.`);
  }

  for (const { input } of handles) for (const kind of ["focus", "blur"]) input.addEventListener(kind, redraw);
  draw();
  return {
    state: () => ({ values: [...x].map((value) => Number(value.toFixed(2))), map, own }),
    restore(asked) {
      if (!(asked.values?.length === n && asked.values.every(Number.isFinite))) throw new RangeError("other values");
      x = Float32Array.from(asked.values, (value) => clip(value, LOWEST, HIGHEST));
      map = tables[asked.map] ? asked.map : Object.keys(tables)[0];
      own = asked.own !== false;
      mapChoice.set(map);
      limitChoice.set(own ? "own" : "unit");
      redraw();
    },
  };
}

const place = (value) => (value - LOWEST) / (HIGHEST - LOWEST);

// A strip of n pixels, and a line from each pixel to its value.
function view(n) {
  const links = svg("svg", {
    class: "st-links",
    viewBox: "0 0 1 1",
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  const title = make("p", { className: "st-copier" });
  return { ...strip(), links, title, n };
}

function drawView({ canvas, numbers, links, n }, pixels, { x, held, changed }, cutOf) {
  paint(canvas, pixels, 1, n);
  numbers.replaceChildren(
    ...Array.from(x, (_, i) => {
      const [red, green, blue] = pixels.subarray(4 * i, 4 * i + 3);
      const cut = cutOf(i);
      const text = red === green && green === blue ? String(red) : "";
      const number = make("span", { className: changed[i] ? "st-other" : "" }, text, ...(cut ? [swatch(cut)] : []));
      number.style.color = inkOn(red, green, blue);
      return number;
    }),
  );
  const isAbove = links.nextSibling?.classList.contains("st-ramp"); // the picture stands above the line, or below it
  const [atPixel, atValue] = isAbove ? [0, 1] : [1, 0];
  links.replaceChildren(
    ...Array.from(x, (value, i) =>
      svg("path", { class: i === held ? "st-held" : "", d: `M${(i + 0.5) / n} ${atPixel}L${place(value)} ${atValue}` }),
    ),
  );
  const levels = Array.from(x, (_, i) => pixels.subarray(4 * i, 4 * i + 3).join(" "));
  canvas.setAttribute("aria-label", `${n} pixels. Red, green and blue of each: ${levels.join("; ")}.`);
}

startFigures("pipelines", pipelines);
