// What the live figures share: they decode the data, take the still picture's place, paint, and make labelled controls.
// The emitter puts rules.js, this file and one figure's file into one function, so nothing here becomes global, and a
// page may hold the same script many times. `CSS` is the text of live.css, `COLORS` are the colours of style.py.
//
// A figure's file has one function (stage, data) that fills the element `stage`, and ends with
// startFigures("its_name", thatFunction). When it throws, the still picture stays.

function startFigures(name, start) {
  for (const figure of document.querySelectorAll(`figure[data-live="${name}"]:not([data-started])`)) {
    // Marked first: a script that runs twice must not start a figure twice.
    figure.dataset.started = "no";
    try {
      const stage = make("div", { className: "st-stage" });
      for (const [what, colour] of Object.entries(COLORS))
        stage.style.setProperty(`--st-${what.replace(" ", "-")}`, colour);
      start(stage, JSON.parse(figure.querySelector('script[type="application/json"]').textContent));
      styleOnce();
      figure.querySelector("img").after(stage);
      figure.dataset.started = "yes";
    } catch (error) {
      console.error(`Seeing Tensors: the live figure ${name} stays a picture.`, error);
    }
  }
}

function styleOnce() {
  const id = "seeing-tensors-live";
  const style = document.getElementById(id) ?? document.head.appendChild(make("style", { id }));
  if (style.textContent !== CSS) style.textContent = CSS;
}

// make("p", {className: "x", aria: {label: "…"}}, "text", element, …): an element with its children.
function make(tag, { aria = {}, ...properties } = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  for (const [name, value] of Object.entries(aria))
    element.setAttribute(name === "role" ? name : `aria-${name}`, value);
  // JupyterLab would take the arrow keys to move between cells. It looks for this on the very element that has the focus.
  if (["input", "button", "select"].includes(tag)) element.setAttribute("data-lm-suppress-shortcuts", "true");
  element.append(...children);
  return element;
}

// ------------------------------------------------------------------ data

const decodeBytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

// A picture as live/__init__.py packs it -> {channels, height, width, x: float32 planes}.
function decodePicture({ shape: [channels, height, width], bytes, palette, floats }) {
  let x;
  if (floats) x = new Float32Array(decodeBytes(floats).buffer);
  else if (palette) {
    const values = new Float32Array(decodeBytes(palette).buffer);
    x = Float32Array.from(decodeBytes(bytes), (k) => values[k]);
  } else x = toTensor(decodeBytes(bytes));
  return { channels, height, width, x };
}

// --------------------------------------------------------------- painting

const rgba = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)).concat(255);
const PAINT = { [BELOW]: rgba(COLORS.below), [ABOVE]: rgba(COLORS.above), [NOT_FINITE]: rgba(COLORS["not finite"]) };
// Each has a cue beside its hue: lines that fall to the right, lines that rise, and both.
const IS_ON_LINE = {
  [BELOW]: (x, y) => (x - y + 4096) % 8 < 3,
  [ABOVE]: (x, y) => (x + y) % 8 < 3,
  [NOT_FINITE]: (x, y) => (x - y + 4096) % 8 < 2 || (x + y) % 8 < 2,
};
const BLOCK = 2; // canvas pixels per picture pixel, so that the hatching is finer than the picture

// Draw RGBA pixels of a picture (height, width); hatch the pixels that have marks, if there are marks.
function paint(canvas, pixels, height, width, marks) {
  canvas.width = width * BLOCK;
  canvas.height = height * BLOCK;
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  for (let y = 0, at = 0; y < canvas.height; y++) {
    for (let x = 0; x < canvas.width; x++, at += 4) {
      const i = (y >> 1) * width + (x >> 1);
      for (let c = 0; c < 4; c++) image.data[at + c] = pixels[4 * i + c];
      if (!marks?.[i]) continue;
      for (const bit of [BELOW, ABOVE, NOT_FINITE]) {
        if (marks[i] & bit && IS_ON_LINE[bit](x, y)) image.data.set(PAINT[bit], at);
      }
    }
  }
  context.putImageData(image, 0, 0);
}

// Black or white letters, whichever are easier to read on a colour (the relative luminance of WCAG).
function inkOn(...levels) {
  const [red, green, blue] = levels.map((level) =>
    level <= 10 ? level / 3294.6 : ((level / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff";
}

const CHANNELS = {
  1: [{ name: "grey", letter: "", line: "st-grey" }],
  3: [
    { name: "red", letter: "R", line: "st-red" },
    { name: "green", letter: "G", line: "st-green" },
    { name: "blue", letter: "B", line: "st-blue" },
  ],
};

// A number to two digits, with the sign that mathematics has.
const minus = (value) => String(Math.round(100 * value) / 100).replace("-", "−");

// A row of pixels as a picture, with room for words on each.
function strip() {
  const canvas = make("canvas", { aria: { role: "img" } });
  const numbers = make("div", { className: "st-numbers", aria: { hidden: "true" } });
  return { canvas, numbers, element: make("div", { className: "st-strip" }, canvas, numbers) };
}

function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// A sample of a channel's line, for a legend. The line styles are in live.css.
const lineSample = (channel) =>
  svg(
    "svg",
    { class: "st-sample", viewBox: "0 0 28 8", "aria-hidden": "true" },
    svg("path", { class: channel.line, d: "M0 4H28" }),
  );

const swatch = (kind) => make("span", { className: `st-swatch st-${kind}`, aria: { hidden: "true" } });

// --------------------------------------------------------------- controls

// A labelled range input that shows its value. Returns {element, input, set}; set(value) moves it without a call of onInput.
function slider({ label, min, max, step, value, format = (v) => v.toFixed(2), className = "", onInput }) {
  const input = make("input", { type: "range", min, max, step, className });
  const output = make("span", { className: "st-value" }); // not <output>: the label would belong to it, not to the input
  const show = () => {
    output.textContent = format(input.valueAsNumber);
    input.setAttribute("aria-valuetext", output.textContent);
  };
  const set = (v) => {
    input.value = v;
    show();
  };
  input.addEventListener("input", () => {
    show();
    onInput(input.valueAsNumber);
  });
  set(value);
  const element = make("label", { className: "st-slider" }, make("span", {}, label), output, input);
  return { element, input, set };
}

function button(label, onClick) {
  const element = make("button", { type: "button" }, label);
  element.addEventListener("click", onClick);
  return element;
}

function checkbox(label, checked, onChange) {
  const input = make("input", { type: "checkbox", checked });
  input.addEventListener("change", () => onChange(input.checked));
  return make("label", { className: "st-check" }, input, label);
}

// One of several, as a row of radio buttons: options {value: label}.
function choice(legend, options, value, onChange) {
  const name = `st-${Math.random().toString(36).slice(2)}`; // two figures on a page must not share a group
  const radios = Object.entries(options).map(([key, label]) => {
    const input = make("input", { type: "radio", name, value: key, checked: key === String(value) });
    input.addEventListener("change", () => onChange(key));
    return make("label", { className: "st-check" }, input, label);
  });
  return make("fieldset", { className: "st-choice" }, make("legend", {}, legend), ...radios);
}

// A region that a screen reader reads out, once the changes have come to rest.
function liveRegion(stage) {
  const element = stage.appendChild(make("p", { className: "st-hidden", aria: { role: "status" } }));
  let timer;
  return (text) => {
    clearTimeout(timer);
    timer = setTimeout(() => (element.textContent = text), 500);
  };
}

// A file input, and the whole stage as a place to drop a picture on. The picture is scaled down to about `most` pixels
// and handed on as {channels: 3, height, width, x}. It never leaves the browser: nothing here sends anything.
function ownPicture(stage, most, onPicture) {
  const input = make("input", { type: "file", accept: "image/*" });
  const told = make("span", { aria: { role: "status" } });
  const read = async (file) => {
    try {
      const bitmap = await createImageBitmap(file); // turned as its EXIF says
      const scale = Math.min(1, Math.sqrt(most / (bitmap.width * bitmap.height)));
      const width = Math.max(1, Math.round(bitmap.width * scale));
      const height = Math.max(1, Math.round(bitmap.height * scale));
      const canvas = make("canvas", { width, height });
      const context = canvas.getContext("2d");
      context.fillStyle = "white"; // behind what is transparent
      context.fillRect(0, 0, width, height);
      context.drawImage(bitmap, 0, 0, width, height);
      const pixels = context.getImageData(0, 0, width, height).data;
      const size = width * height;
      const bytes = Uint8Array.from({ length: 3 * size }, (_, i) => pixels[4 * (i % size) + Math.floor(i / size)]);
      told.textContent = ` Now: ${file.name}, ${width} × ${height} pixels.`;
      onPicture({ channels: 3, height, width, x: toTensor(bytes) });
    } catch {
      told.textContent = ` ${file.name} is not a picture that this browser can read.`;
    }
  };
  input.addEventListener("change", () => input.files[0] && read(input.files[0]));
  stage.addEventListener("dragover", (event) => event.preventDefault());
  stage.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation();
    if (event.dataTransfer.files[0]) read(event.dataTransfer.files[0]);
  });
  const label = make("label", {}, "Your own picture ", input);
  return make(
    "p",
    { className: "st-own" },
    label,
    make("span", {}, "or drop it on the figure. It stays in this browser."),
    told,
  );
}
