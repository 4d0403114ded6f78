// The home page's picture: left of a line what imshow draws of a normalised photo, right of it what the tensor holds.
// The line is a slider; what is under the pointer, or on the line, is read out in numbers.

function home(stage, { photo, mean, std }) {
  const kept = make("canvas", { aria: { hidden: "true" } });
  const drawn = make("canvas", { className: "home-drawn", aria: { hidden: "true" } });
  const line = make("div", { className: "home-line", aria: { hidden: "true" } });
  const dot = make("div", { className: "st-mark", aria: { hidden: "true" } }); // on the pixel that is read
  const area = make("div", { className: "home-area" }, kept, drawn, line, dot);
  const readout = make("table", { className: "home-readout" });
  const ends = make(
    "div",
    { className: "home-ends" },
    make("span", {}, "imshow draws"),
    make("span", {}, "the tensor holds"),
  );
  let tensor, levels, width, height;
  let at = 0.5;
  const move = (value) => {
    at = value;
    area.style.setProperty("--at", `${100 * at}%`);
    if (tensor) read(Math.min(width - 1, Math.floor(at * width)), Math.floor(0.36 * height));
  };
  const { element, input, set } = slider({
    label: "Where the line is",
    min: 0,
    max: 100,
    step: 1,
    value: 50,
    format: (v) => `${v} %`,
    onInput: (v) => move(v / 100),
  });
  element.className += " home-slider";

  // One row a channel: the number in the tensor, the level on the screen, and whether the one can be seen in the other.
  function read(column, row) {
    const i = row * width + column;
    Object.assign(dot.style, { left: `${(100 * (column + 0.5)) / width}%`, top: `${(100 * (row + 0.5)) / height}%` });
    const rows = [
      ["R", "red"],
      ["G", "green"],
      ["B", "blue"],
    ].map(([letter, name], c) => {
      const value = tensor[c * width * height + i];
      const cut = mark(value, 0, 1);
      const fate = {
        [BELOW]: ["st-below", "cut off at black"],
        [ABOVE]: ["st-above", "cut off at white"],
        0: ["", "seen"],
      }[cut];
      const sample = make("span", { className: fate[0] ? `st-swatch ${fate[0]}` : "", aria: { hidden: "true" } });
      return make(
        "tr",
        {},
        make("th", { scope: "row", title: name }, letter),
        make("td", {}, value.toFixed(2).replace("-", "−")),
        make("td", {}, String(levels[4 * i + c])),
        make("td", {}, sample, fate[1]),
      );
    });
    const head = ["", "tensor", "drawn", `row ${row}, column ${column}`].map((text) =>
      make(text ? "th" : "td", text ? { scope: "col" } : {}, text),
    );
    readout.replaceChildren(make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
  }

  const image = new Image();
  image.onload = () => {
    ({ width, height } = image);
    for (const canvas of [kept, drawn]) Object.assign(canvas, { width, height });
    const context = kept.getContext("2d");
    context.drawImage(image, 0, 0);
    const pixels = context.getImageData(0, 0, width, height).data;
    tensor = normalize(pictureOfPixels(pixels, height, width).x, mean, std);
    levels = imshowPixels(tensor);
    drawn.getContext("2d").putImageData(new ImageData(levels, width, height), 0, 0);
    move(at);
  };
  image.src = photo;

  // A finger or a mouse: pressed, it takes the line along; over the picture, it reads.
  const place = (event) => {
    const box = area.getBoundingClientRect();
    return [clip((event.clientX - box.left) / box.width, 0, 1), clip((event.clientY - box.top) / box.height, 0, 1)];
  };
  const slide = (event) => {
    set(Math.round(100 * place(event)[0]));
    move(place(event)[0]);
  };
  draggable(area, () => {
    const before = at;
    input.focus({ preventScroll: true });
    const undo = () => {
      set(Math.round(100 * before));
      move(before);
    };
    return { move: slide, undo };
  });
  area.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch" || !tensor) return;
    const [x, y] = place(event);
    read(Math.min(width - 1, Math.floor(x * width)), Math.min(height - 1, Math.floor(y * height)));
  });
  area.addEventListener("pointerleave", () => move(at));
  stage.append(ends, area, element, readout);
  move(at);
}

startFigures("home", home);
