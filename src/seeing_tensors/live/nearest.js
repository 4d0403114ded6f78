// Pixel centres: one row of a mask on a number line, and the new pixels of a chosen size laid under it. Four programs that
// copy the nearest pixel say where they look and which old pixel they take; where they part from resize_mask is marked.

const COPIERS = [
  { name: "resize_mask", where: centrePlaces },
  { name: "Pillow NEAREST", where: pillowPlaces },
  { name: "OpenCV INTER_NEAREST", where: openCVPlaces },
  { name: "torch nearest", where: torchPlaces },
];
const MOST_NEW = 20;

function nearest(stage, { labels, colors, size: first }) {
  const old = labels.length;
  let [size, at] = [first, Math.floor(first / 2)];
  const say = liveRegion(stage);
  const redraw = onNextFrame(draw);
  const found = task(
    stage,
    "the number of new pixels at which even OpenCV and torch part, which look under the same edge.",
    "Rounding has moved one of them to just below a whole number, and there another pixel lies.",
  );

  // ------------------------------------------------------------ elements
  const sizes = slider({
    label: "New pixels",
    min: 1,
    max: MOST_NEW,
    step: 1,
    value: size,
    format: String,
    onInput: (value) => redraw((size = value)),
  });
  const looked = slider({
    label: "Look at new pixel",
    min: 0,
    max: size - 1,
    step: 1,
    value: at,
    format: String,
    onInput: (value) => redraw((at = value)),
  });
  const oldStrip = strip();
  const news = make("div", { className: "st-numbers", aria: { hidden: "true" } }); // where they lie; they have no label yet
  const ruler = make("div", { className: "st-ruler", aria: { hidden: "true" } });
  const band = make("div", { className: "st-band", aria: { hidden: "true" } });
  const lines = COPIERS.map(({ name, where }) => {
    const [words, count] = [make("span"), make("span", { className: "st-count" })];
    const row = strip();
    const text = make("p", { className: "st-copier" }, make("b", {}, name), " ", words, " ", count);
    return { name, where, words, count, row, element: make("div", {}, text, row.element) };
  });
  const word = (text) => make("p", { className: "st-copier" }, make("b", {}, text));
  const area = make(
    "div",
    { className: "st-pixels" },
    band,
    make(
      "div",
      {},
      word(`The row: ${old} old pixels`),
      oldStrip.element,
      ruler,
      make("div", { className: "st-strip" }, news),
    ),
    ...lines.map((each) => each.element),
  );
  stage.prepend(make("div", { className: "st-ends-of-range" }, sizes.element, looked.element), area, found.element);
  drawStrip(
    oldStrip,
    labels.map((_, i) => i),
  );

  // A mouse or a finger on the line chooses the new pixel that lies there.
  const follow = (event) => {
    const box = area.getBoundingClientRect();
    at = clip(Math.floor((size * (event.clientX - box.left)) / box.width), 0, size - 1);
    redraw();
  };
  area.addEventListener("pointermove", (event) => event.pointerType === "mouse" && follow(event));
  area.addEventListener("click", follow);

  // ------------------------------------------------------------- drawing
  const percents = (place) => `${(100 * place) / old}%`;

  // The old pixels that were taken, in the colours of their labels, each with its number; `marked` says which to mark.
  function drawStrip({ canvas, numbers }, pixels, marked = () => false) {
    paint(canvas, Uint8Array.from(pixels.flatMap((k) => [...colors[k], 255])), 1, pixels.length);
    numbers.replaceChildren(
      ...pixels.map((k, i) => {
        const number = make("span", { className: marked(i) ? "st-other" : "" }, String(k));
        number.style.color = inkOn(...colors[k]);
        return number;
      }),
    );
  }

  function draw() {
    at = Math.min(at, size - 1);
    looked.input.max = size - 1;
    looked.set(at);
    sizes.set(size);
    const centres = centrePlaces(old, size);
    const ours = taken(centres, old);
    news.replaceChildren(...ours.map((_, i) => make("span", {}, String(i))));
    const ticks = Array.from({ length: old + 1 }, (_, k) => lay("st-tick", k, make("span", {}, String(k))));
    ruler.replaceChildren(...ticks, ...Array.from(centres, (c, i) => lay(i === at ? "st-dot st-here" : "st-dot", c)));
    Object.assign(band.style, { left: percents((at * old) / size), width: percents(old / size) });

    const told = lines.map(({ name, where, words, count, row }) => {
      const looks = where(old, size);
      const takes = taken(looks, old);
      const others = takes.filter((k, i) => k !== ours[i]).length;
      drawStrip(row, takes, (i) => takes[i] !== ours[i]);
      words.textContent = `looks at ${written(looks[at])}, takes ${takes[at]}, label ${labels[takes[at]]}`;
      count.textContent = others ? `${others} of ${size} marked` : "";
      row.canvas.setAttribute("aria-label", `${name} takes the old pixels ${takes.join(", ")}.`);
      return `${name} ${takes[at]}`;
    });
    const [openCVs, torchs] = [openCVPlaces, torchPlaces].map((where) => taken(where(old, size), old));
    found.check(openCVs.some((k, i) => k !== torchs[i]));
    say(`New pixel ${at} of ${size}, centre at ${written(centres[at])}: ${told.join(", ")}.`);
  }

  function lay(className, place, ...children) {
    const element = make("div", { className }, ...children);
    element.style.left = percents(place);
    return element;
  }

  oldStrip.canvas.setAttribute("aria-label", `The old row, ${old} pixels with the labels ${labels.join(", ")}.`);
  draw();
  return {
    state: () => ({ size, at }),
    restore(asked) {
      size = Number.isInteger(asked.size) ? clip(asked.size, 1, MOST_NEW) : first;
      at = Number.isInteger(asked.at) ? clip(asked.at, 0, size - 1) : Math.floor(size / 2);
      redraw();
    },
  };
}

// Two digits; what rounding has left just below a whole number is said, because the pixel taken is another one.
function written(place) {
  const rounded = Math.round(100 * place) / 100;
  return Math.floor(place) < Math.floor(rounded) ? `just below ${rounded}` : String(rounded);
}

startFigures("nearest", nearest);
