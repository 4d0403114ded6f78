// What the live figures share: they decode the data, take the still picture's place, paint, and make labelled controls.
// The emitter puts rules.js, this file and one figure's file into one function, so nothing here becomes global, and a
// page may hold the same script many times. `CSS` is the text of live.css, `COLORS` are the colours of style.py.
//
// A figure's file has one function (stage, data) that fills the element `stage`, and ends with
// startFigures("its_name", thatFunction). When it throws, the still picture stays. What it returns, {state, restore}, is
// for Reset and for links: state() is plain data, and restore(state) shows it, whatever a stranger has put into it.

function startFigures(name, start) {
  const all = [...document.querySelectorAll(`figure[data-live="${name}"]`)];
  for (const figure of all.filter((each) => !each.dataset.started)) {
    // Marked first: a script that runs twice must not start a figure twice.
    figure.dataset.started = "no";
    try {
      const stage = make("div", { className: "st-stage" });
      for (const [what, colour] of Object.entries(COLORS))
        stage.style.setProperty(`--st-${what.replace(" ", "-")}`, colour);
      const kept = start(stage, JSON.parse(figure.querySelector('script[type="application/json"]').textContent));
      styleOnce();
      figure.querySelector("img").after(stage);
      const number = all.indexOf(figure);
      if (kept) addFoot(figure, stage, number ? `${name}-${number + 1}` : name, kept);
      figure.dataset.started = "yes";
    } catch (error) {
      console.error(`Seeing Tensors: the live figure ${name} stays a picture.`, error);
    }
  }
}

// Reset, and a link to the state: the part of the address after #, `name={…}`, which also works from a file.
function addFoot(figure, stage, name, { state, restore }) {
  const first = JSON.stringify(state());
  const told = make("span", { aria: { role: "status" } });
  const reset = button("Reset", () => {
    restore(JSON.parse(first));
    stage.dispatchEvent(new Event("st-reset")); // to the reader's own picture, and to what was found
    told.textContent = "";
  });
  const link = button("Link to this state", () => {
    location.hash = `${name}=${encodeURIComponent(JSON.stringify(state()))}`;
    told.textContent = "The address of this page now holds it.";
  });
  // JupyterLab has an address of its own.
  const isPage = !figure.closest(".jp-OutputArea");
  stage.append(make("div", { className: "st-buttons st-foot" }, reset, ...(isPage ? [link] : []), told));
  const follow = (event) => {
    if (!location.hash.startsWith(`#${name}=`)) return;
    try {
      const asked = decodeURIComponent(location.hash.slice(name.length + 2));
      if (asked === JSON.stringify(state())) return; // the button has just been pressed
      restore(JSON.parse(asked));
    } catch {
      restore(JSON.parse(first)); // a link that was cut off
    }
    const show = () => figure.scrollIntoView();
    if (event || document.readyState === "complete") show();
    else addEventListener("load", show);
  };
  if (!isPage) return;
  addEventListener("hashchange", follow);
  follow();
}

// redraw = onNextFrame(draw): however often redraw is called, the newest state is drawn, once, in the next frame.
function onNextFrame(draw) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw();
    });
  };
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

function decodeBytes(base64) {
  const letters = atob(base64);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

// A picture as live/__init__.py packs it.
function decodePicture({ shape: [channels, height, width], bytes, palette, floats }) {
  const values = new Float32Array(decodeBytes(floats ?? palette).buffer);
  return pictureOf(channels, height, width, values, bytes ? decodeBytes(bytes) : Uint32Array.from(values.keys()));
}

// A picture: its different values, which of them stands at each place of its planes (C, H, W), and how often each
// occurs in each channel. A rule is computed for the values, some 256, and looked up for the pixels: that is as exact, and
// a thousand times less to do. `x`: the float32 planes.
function pictureOf(channels, height, width, values, at) {
  const size = height * width;
  const counts = Array.from({ length: channels }, (_, c) => {
    const often = new Uint32Array(values.length);
    for (let i = c * size; i < (c + 1) * size; i++) often[at[i]]++;
    return often;
  });
  let x;
  const planes = () => {
    x = new Float32Array(at.length);
    for (let i = 0; i < x.length; i++) x[i] = values[at[i]];
    return x;
  };
  const picture = { channels, height, width, values, at, counts };
  return Object.defineProperty(picture, "x", { get: () => x ?? planes() });
}

// A picture of what a browser has decoded: RGBA to planes, and only levels that occur are its values.
function pictureOfPixels(pixels, height, width) {
  const size = height * width;
  const at = new Uint8Array(3 * size);
  for (let c = 0, i = 0; c < 3; c++) for (let k = c; k < 4 * size; k += 4) at[i++] = pixels[k];
  const occurs = new Uint8Array(256);
  for (const level of at) occurs[level] = 1;
  const levels = Uint8Array.from(occurs.keys()).filter((level) => occurs[level]);
  const places = new Uint8Array(256);
  levels.forEach((level, k) => (places[level] = k));
  for (let i = 0; i < at.length; i++) at[i] = places[at[i]];
  return pictureOf(3, height, width, toTensor(levels), at);
}

// Every k-th pixel of a picture, either way; its counts are those of the whole.
function everyOf({ channels, height, width, at, ...rest }, k) {
  const [rows, columns] = [Math.ceil(height / k), Math.ceil(width / k)];
  const few = new at.constructor(channels * rows * columns);
  for (let c = 0, i = 0; c < channels; c++)
    for (let y = 0; y < height; y += k) for (let x = 0; x < width; x += k) few[i++] = at[(c * height + y) * width + x];
  return { ...rest, channels, height: rows, width: columns, at: few };
}

// unseen of a picture, by the marks of its values (one array for all channels, or one for each).
function unseenOf({ channels, counts, height, width }, marks) {
  return Array.from({ length: channels }, (_, c) => {
    const sums = [0, 0, 0, 0, 0];
    const own = marks[c] ?? marks[0];
    for (let k = 0; k < own.length; k++) sums[own[k]] += counts[c][k];
    return [BELOW, ABOVE, NOT_FINITE].map((kind) => sums[kind] / (height * width));
  });
}

// --------------------------------------------------------------- painting

// A colour as the bytes of a pixel lie in memory, red first: little-endian, as every machine with a browser is.
const word = (red, green, blue) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
const wordOf = (hex) => word(...[1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
const MAGENTA = word(255, 0, 255);

// What is unseen is hatched. Each kind has a cue beside its hue: lines that fall to the right, lines that rise, and both.
// For each set of marks a tile of 8 x 8 canvas pixels: the colour of a line, or 0.
const HATCHING = (() => {
  const tiles = new Uint32Array(8 * 64);
  for (let marks = 0, at = 0; marks < 8; marks++) {
    for (let y = 0; y < 8; y++) {
      for (let x = 0; x < 8; x++, at++) {
        const [falls, rises] = [(x - y) & 7, (x + y) & 7];
        if (marks & BELOW && falls < 3) tiles[at] = wordOf(COLORS.below);
        if (marks & ABOVE && rises < 3) tiles[at] = wordOf(COLORS.above);
        if (marks & NOT_FINITE && (falls < 2 || rises < 2)) tiles[at] = wordOf(COLORS["not finite"]);
      }
    }
  }
  return tiles;
})();

// Canvas pixels per picture pixel: two where the picture is small, so that the hatching is finer than the picture.
const blockOf = (width) => (width < 400 ? 2 : 1);
const images = new WeakMap(); // of each canvas

// Draw RGBA pixels of a picture (height, width); hatch the pixels that have marks, if there are marks.
function paint(canvas, pixels, height, width, marks) {
  const block = blockOf(width);
  if (canvas.width !== block * width) canvas.width = block * width; // a canvas that is given a size loses its picture
  if (canvas.height !== block * height) canvas.height = block * height;
  canvas.dataset.block = block; // for who looks for a picture's pixel
  const context = canvas.getContext("2d");
  let image = images.get(canvas);
  if (image?.width !== canvas.width || image.height !== canvas.height) {
    image = context.createImageData(canvas.width, canvas.height);
    images.set(canvas, image);
  }
  const from = new Uint32Array(pixels.buffer, pixels.byteOffset, height * width);
  const to = new Uint32Array(image.data.buffer);
  if (block === 1) to.set(from);
  else {
    for (let y = 0, i = 0, at = 0; y < height; y++, at += 2 * width) {
      for (let x = 0; x < width; x++, at += 2) to[at] = to[at + 1] = from[i++];
      to.copyWithin(at, at - 2 * width, at);
    }
  }
  if (marks) hatch(to, marks, height, width, block);
  context.putImageData(image, 0, 0);
}

function hatch(to, marks, height, width, block) {
  for (let y = 0, at = 0; y < block * height; y++) {
    const row = block === 1 ? y * width : (y >> 1) * width;
    const tile = (y & 7) << 3;
    for (let x = 0; x < block * width; x++, at++) {
      const mark = marks[row + (block === 1 ? x : x >> 1)];
      const line = mark && HATCHING[(mark << 6) + tile + (x & 7)];
      if (line) to[at] = line;
    }
  }
}

// Draw a picture by the levels of its values, and hatch it by their marks. Both are arrays of one for all channels, or one
// for each. A pixel with a value that is not finite is magenta.
function paintLevels(canvas, { channels, height, width, at }, levels, marks, hatched) {
  const size = height * width;
  const plane = channels === 3 ? size : 0;
  const [red, green, blue] = [0, 1, 2].map((c) => levels[c] ?? levels[0]);
  const [first, second, third] = [0, 1, 2].map((c) => marks[c] ?? marks[0]);
  const pixels = new Uint32Array(size);
  const unseen = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    const [r, g, b] = [at[i], at[plane + i], at[2 * plane + i]];
    unseen[i] = first[r] | second[g] | third[b];
    pixels[i] = unseen[i] & NOT_FINITE ? MAGENTA : word(red[r], green[g], blue[b]);
  }
  paint(canvas, pixels, height, width, hatched ? unseen : null);
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

// A curve for a box that is stretched over its place, from 0 to 1 either way; its y goes up. `line`: a class of live.css.
const curve = (line, points) =>
  svg("path", {
    class: line,
    d: `M${points.map(([x, y]) => `${(100 * x).toFixed(2)} ${(100 - 100 * y).toFixed(2)}`).join("L")}`,
  });
const curves = (...paths) =>
  svg("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true" }, ...paths);

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
  const change = () => {
    show();
    onInput(input.valueAsNumber);
  };
  input.addEventListener("input", change);
  keepFromScrolling(input, change);
  set(value);
  const element = make("label", { className: "st-slider" }, make("span", {}, label), output, input);
  return { element, input, set };
}

const SIDEWAYS = 6; // pixels after which a finger has said that it does not scroll

// A finger on a slider may be about to scroll the page. Until it has gone sideways, or is lifted, nothing moves; and when
// the browser takes it for scrolling, the value is what it was.
function keepFromScrolling(input, change) {
  let held = null; // of a finger: where it came down, the value before, and the value that the browser would give
  input.addEventListener("pointerdown", ({ pointerType, clientX }) => {
    if (pointerType === "touch") held = { x: clientX, before: input.value, wanted: null, moves: false };
  });
  input.addEventListener("pointermove", ({ clientX }) => {
    if (held && Math.abs(clientX - held.x) >= SIDEWAYS) held.moves = true;
  });
  // Before the slider's own listeners.
  input.addEventListener(
    "input",
    (event) => {
      if (!held || held.moves) return;
      event.stopImmediatePropagation();
      held.wanted = input.value;
      input.value = held.before;
    },
    { capture: true },
  );
  input.addEventListener("pointerup", () => {
    if (held && !held.moves && held.wanted !== null) {
      input.value = held.wanted;
      change();
    }
    held = null;
  });
  input.addEventListener("pointercancel", () => {
    if (held && input.value !== held.before) {
      input.value = held.before;
      change();
    }
    held = null;
  });
}

// What is dragged sideways. A mouse acts when it is pressed; a finger, which may be about to scroll, once it has gone
// sideways or where it is lifted. begin(event) returns {move, undo}: move(event) is called for every place, undo() when
// the browser takes the finger for scrolling after all. The element needs touch-action: pan-y.
function draggable(element, begin) {
  let [down, held] = [null, null];
  element.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button) return;
    down = event;
    element.setPointerCapture(event.pointerId);
    if (event.pointerType === "touch") return;
    event.preventDefault(); // no text is selected, and the focus stays where begin puts it
    act(event);
  });
  const act = (event) => {
    held ??= begin(down);
    held.move(event);
  };
  element.addEventListener("pointermove", (event) => {
    if (down && (held || Math.abs(event.clientX - down.clientX) >= SIDEWAYS)) act(event);
  });
  element.addEventListener("pointerup", (event) => {
    if (down && !held) act(event);
    down = held = null;
  });
  element.addEventListener("pointercancel", () => {
    held?.undo();
    down = held = null;
  });
}

// What the text around a figure asks for, and what is said once it is found: {element, check}. check(isFound) is called
// with each drawing; once found, it is said until Reset. Both sentences take their place from the first.
function task(stage, ask, found) {
  const say = liveRegion(stage);
  const element = make(
    "p",
    { className: "st-task" },
    make("span", {}, make("b", {}, "Find. "), ask),
    make("span", {}, make("b", {}, "✓ Found. "), found),
  );
  let isFound = false;
  const show = () => element.classList.toggle("st-found", isFound);
  stage.addEventListener("st-reset", () => {
    isFound = false;
    show();
  });
  const check = (isSo) => {
    if (!isSo || isFound) return;
    isFound = true;
    show();
    say(`Found. ${found}`);
  };
  return { element, check };
}

function button(label, onClick) {
  const element = make("button", { type: "button" }, label);
  element.addEventListener("click", onClick);
  return element;
}

// Both return an element with set(value), which moves it without a call of onChange.
function checkbox(label, checked, onChange) {
  const input = make("input", { type: "checkbox", checked });
  input.addEventListener("change", () => onChange(input.checked));
  const element = make("label", { className: "st-check" }, input, label);
  return Object.assign(element, { set: (on) => (input.checked = on) });
}

// One of several, as a row of radio buttons: options {value: label}.
function choice(legend, options, value, onChange) {
  const name = `st-${Math.random().toString(36).slice(2)}`; // two figures on a page must not share a group
  const radios = Object.entries(options).map(([key, label]) => {
    const input = make("input", { type: "radio", name, value: key, checked: key === String(value) });
    input.addEventListener("change", () => onChange(key));
    return { key, input, element: make("label", { className: "st-check" }, input, label) };
  });
  const all = radios.map((each) => each.element);
  const element = make("fieldset", { className: "st-choice" }, make("legend", {}, legend), ...all);
  return Object.assign(element, {
    set: (now) => radios.forEach(({ key, input }) => (input.checked = key === String(now))),
  });
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

// A file input, and the whole stage as a place to drop a picture on. The picture is scaled down to about as many pixels as
// `first` has and handed on, as pictureOf makes it; Reset hands on `first`. It never leaves the browser: nothing here
// sends anything.
function ownPicture(stage, first, onPicture) {
  const input = make("input", { type: "file", accept: "image/*" });
  const told = make("span", { aria: { role: "status" } });
  const read = async (file) => {
    try {
      const bitmap = await createImageBitmap(file); // turned as its EXIF says
      const scale = Math.min(1, Math.sqrt((first.height * first.width) / (bitmap.width * bitmap.height)));
      const width = Math.max(1, Math.round(bitmap.width * scale));
      const height = Math.max(1, Math.round(bitmap.height * scale));
      const canvas = make("canvas", { width, height });
      const context = canvas.getContext("2d");
      context.fillStyle = "white"; // behind what is transparent
      context.fillRect(0, 0, width, height);
      context.drawImage(bitmap, 0, 0, width, height);
      onPicture(pictureOfPixels(context.getImageData(0, 0, width, height).data, height, width));
      told.textContent = ` Now: ${file.name}, ${width} × ${height} pixels.`;
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
  stage.addEventListener("st-reset", () => {
    [input.value, told.textContent] = ["", ""];
    onPicture(first);
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
