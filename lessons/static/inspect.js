// Point at a picture in a figure, tap it, or go over it with the arrow keys: which pixel that is, its values, and the levels
// that were drawn. What is known of the pixels stands beside the page in a script of its own, which is loaded when somebody
// asks: a page from file:// may not read its own pictures.

function addInspector(figure) {
  const image = figure.querySelector(":scope > img");
  const make = (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  };
  const mark = make("div", { className: "inspect-mark" });
  const readout = make("div", { className: "inspect-readout" });
  const said = make("span", { className: "visually-hidden" });
  const board = make("div", { className: "inspect", tabIndex: 0 }, mark, readout, said);
  board.setAttribute(
    "aria-label",
    "The pixels: arrow keys move, with Shift by ten, Page Down goes to the next picture",
  );
  board.setAttribute("role", "application");
  said.setAttribute("role", "status");
  mark.setAttribute("aria-hidden", "true");
  readout.setAttribute("aria-hidden", "true");
  figure.append(board);

  let loading = null; // the pictures, once they are asked for
  let at = null; // {picture, row, column}, in the rows and columns that are kept
  let timer = 0;

  const lie = () => {
    Object.assign(board.style, { left: `${image.offsetLeft}px`, top: `${image.offsetTop}px` });
    Object.assign(board.style, { width: `${image.offsetWidth}px`, height: `${image.offsetHeight}px` });
  };
  const hide = () => {
    at = null;
    board.classList.remove("is-on");
  };
  const show = (pictures, number, row, column) => {
    const picture = pictures[number];
    const { at: place, view, step, words, width, height, bytes } = picture;
    row = Math.min(height - 1, Math.max(0, row));
    column = Math.min(width - 1, Math.max(0, column));
    at = { number, row, column };
    const names = words.length === 3 ? ["R ", "G ", "B "] : [""];
    const lines = names.map((name, c) => name + words[c][bytes[4 * (row * width + column) + c]]);
    lines.unshift(`row ${row * step}, column ${column * step}`);
    readout.replaceChildren(...lines.map((line) => make("div", {}, line)));
    const [w, h] = [place[2] / (view[2] - view[0]), place[3] / (view[3] - view[1])]; // of one pixel
    const [x, y] = [place[0] + (column * step - view[0]) * w, place[1] + (row * step - view[1]) * h];
    const percent = (part) => `${100 * part}%`;
    Object.assign(mark.style, {
      left: percent(x),
      top: percent(y),
      width: percent(step * w),
      height: percent(step * h),
    });
    lie();
    // Beside the pixel, towards the middle of the figure: never where one looks.
    const [toLeft, toTop] = [x > 0.5, y > 0.5];
    Object.assign(
      readout.style,
      toLeft ? { left: "auto", right: percent(1 - x) } : { left: percent(x + step * w), right: "auto" },
    );
    Object.assign(
      readout.style,
      toTop ? { top: "auto", bottom: percent(1 - y) } : { top: percent(y + step * h), bottom: "auto" },
    );
    board.classList.add("is-on");
    clearTimeout(timer);
    timer = setTimeout(() => (said.textContent = lines.join("; ")), 500);
  };
  const point = async ({ clientX, clientY }) => {
    const box = image.getBoundingClientRect();
    const [x, y] = [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
    const pictures = await (loading ??= loadPixels(figure));
    const isIn = ({ at: [left, top, width, height] }) => x >= left && x < left + width && y >= top && y < top + height;
    const number = pictures.findIndex(isIn);
    if (number < 0) return document.activeElement !== board && hide();
    const { at: place, view, step } = pictures[number];
    const column = view[0] + ((x - place[0]) / place[2]) * (view[2] - view[0]);
    const row = view[1] + ((y - place[1]) / place[3]) * (view[3] - view[1]);
    show(pictures, number, Math.floor(row / step), Math.floor(column / step));
  };

  figure.addEventListener("pointermove", (event) => event.pointerType === "mouse" && point(event));
  figure.addEventListener("click", (event) => event.target === image && point(event));
  figure.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && hide());
  board.addEventListener("blur", hide);
  board.addEventListener("focus", async () => {
    lie();
    const pictures = await (loading ??= loadPixels(figure));
    if (!at && document.activeElement === board) show(pictures, 0, pictures[0].height >> 1, pictures[0].width >> 1);
  });
  board.addEventListener("keydown", async (event) => {
    const many = event.shiftKey ? 10 : 1;
    const step = { ArrowUp: [-many, 0], ArrowDown: [many, 0], ArrowLeft: [0, -many], ArrowRight: [0, many] }[event.key];
    const other = { PageDown: 1, PageUp: -1 }[event.key];
    if (event.key === "Escape" && at) {
      event.stopPropagation();
      hide();
    }
    if (!step && !other) return;
    event.preventDefault();
    const pictures = await (loading ??= loadPixels(figure));
    at ??= { number: 0, row: pictures[0].height >> 1, column: pictures[0].width >> 1 };
    if (step) return show(pictures, at.number, at.row + step[0], at.column + step[1]);
    const number = (at.number + other + pictures.length) % pictures.length;
    show(pictures, number, pictures[number].height >> 1, pictures[number].width >> 1);
  });
}

// What stands behind a figure: in it, or in a file beside the page.
async function loadPixels(figure) {
  const data = figure.querySelector(":scope > script.st-pixels");
  if (data.dataset.file) {
    await new Promise((resolve, reject) => {
      const script = document.createElement("script");
      Object.assign(script, { src: data.dataset.file, onload: resolve, onerror: reject });
      document.head.append(script);
    });
  }
  const pictures = data.dataset.file ? globalThis.stPixels[data.dataset.file] : JSON.parse(data.textContent);
  return Promise.all(
    pictures.map(async (picture) => {
      const image = new Image();
      image.src = `data:image/webp;base64,${picture.bytes}`;
      await image.decode();
      const { width, height } = image;
      const context = Object.assign(document.createElement("canvas"), { width, height }).getContext("2d");
      context.drawImage(image, 0, 0);
      return { ...picture, width, height, bytes: context.getImageData(0, 0, width, height).data };
    }),
  );
}

addEventListener("load", () => {
  for (const data of document.querySelectorAll(".bd-article figure > script.st-pixels"))
    addInspector(data.parentElement);
});
