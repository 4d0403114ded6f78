// The logger: one tensor, and the pictures that the versions of wandb.Image write of it. All are shown; one is looked at closely.

const WRITERS = {
  stretched: {
    short: "to 0.19.11",
    name: "wandb up to 0.19.11",
    rule: "The smallest value of the tensor becomes 0 and the largest 255, whatever they are.",
  },
  peak: {
    short: "0.20.0",
    name: "wandb 0.20.0",
    rule: "Divided by largest − smallest; shifted before, if any value is negative. If nothing is above 1, times 255. Cut off at 0 and 255.",
  },
  guessed: {
    short: "0.20.1–0.28",
    name: "wandb 0.20.1 to 0.28.2",
    rule: "All from 0 to 1? Times 255. All from −1 to 1? From there to 0 and 255. Else taken for levels, and cut off at 0 and 255.",
  },
  cast: {
    short: "since 0.29.0",
    name: "wandb 0.29.0 and later",
    rule: "Every value is taken for a level: decimals are dropped, and what is outside 0 to 255 wraps.",
  },
  stated: {
    short: "ours",
    name: "to_wandb_image",
    rule: "You state value_range=(LOW, HIGH). Black is 0, white 255, rounded to the nearest level.",
  },
};

const WRITE = {
  stretched: (x) => upTo019(x),
  peak: (x) => only0200(x),
  guessed: (x) => from0201to028(x),
  cast: (x) => from029(x),
  stated: (x, low, high) => toLevels(x, low, high),
};

const DIM = fround(0.4); // of the light; half would put every second level between two levels

function loggedPictures(stage, data) {
  const first = decodePicture(data.photo);
  let photo = first;
  let small; // the photo for the five small pictures
  let [low, high] = data.range;
  let [chosen, dimmed] = [data.version, false];
  const say = liveRegion(stage);
  const redraw = onNextFrame(draw);
  const found = task(
    stage,
    "who writes a photo of less light without an error, whatever the range.",
    "The one that is told the range. The others have to guess it from the values, and this photo has no white.",
  );

  // ------------------------------------------------------------ elements
  const canvas = make("canvas", { className: "st-look", aria: { role: "img" } });
  const summary = make("p", { className: "st-summary" });
  const rule = make("p", {});
  const table = make("table", { className: "st-counts st-ramp-table" });
  const labels = Object.fromEntries(Object.entries(WRITERS).map(([key, { short }]) => [key, short]));
  const versions = choice("Written by wandb …", labels, chosen, (key) => redraw((chosen = key)));
  versions.classList.add("st-versions");
  const thumbs = Object.keys(WRITERS).map((key) => {
    const thumb = make("canvas", { aria: { hidden: "true" } }); // its radio button has the name, the large picture the words
    versions.querySelector(`[value=${key}]`).parentElement.append(thumb);
    return [key, thumb];
  });
  const end = (label, name, onMove) =>
    slider({ label, min: -3, max: 3, step: 0.01, value: 0, className: `st-${name}`, format: written, onInput: onMove });
  const ends = {
    low: end("The photo’s black is", "black", (value) => setRange(Math.min(value, high - 0.01), high)),
    high: end("The photo’s white is", "white", (value) => setRange(low, Math.max(value, low + 0.01))),
  };
  const presets = data.presets.map(([a, b]) => button(`${written(a)} to ${written(b)}`, () => setRange(a, b)));
  const dimBox = checkbox("a photo of less light", dimmed, (on) => redraw((dimmed = on)));
  stage.prepend(
    make("div", { className: "st-ends-of-range" }, ends.low.element, ends.high.element),
    make("div", { className: "st-buttons" }, ...presets, dimBox),
    versions,
    make("div", { className: "st-columns" }, canvas, make("div", {}, summary, rule, table, found.element)),
    ownPicture(stage, first, setPicture),
  );

  // -------------------------------------------------------------- states
  function setPicture(next) {
    photo = next;
    small = everyOf(photo, Math.ceil(photo.width / 160));
    draw();
  }

  function setRange(nextLow, nextHigh) {
    [low, high] = [nextLow, nextHigh].map((value) => Math.round(100 * value) / 100);
    redraw();
  }

  // ------------------------------------------------------------- drawing
  function draw() {
    const light = dimmed ? photo.values.map((value) => value * DIM) : photo.values;
    const x = inRange(light, low, high);
    const [smallest, largest] = extent(x);
    const ramp = Float32Array.from({ length: 5 }, (_, k) => smallest + (k / 4) * (largest - smallest));
    ramp[4] = largest;
    // Five values of the range are written together with the picture's: they change no rule's mind.
    const both = new Float32Array(x.length + ramp.length);
    both.set(x);
    both.set(ramp, x.length);
    for (const [key, canvas] of thumbs) {
      const levels = WRITE[key](both, low, high);
      paintLevels(canvas, small, [levels], [NOTHING]);
      if (key === chosen) drawChosen(levels, toUint8(light), ramp);
    }
    ends.low.set(low);
    const farther = high > 3; // a white of 255 needs another scale
    Object.assign(ends.high.input, farther ? { max: 255, step: 1, min: 1 } : { max: 3, step: 0.01, min: -3 });
    ends.high.set(high);
  }

  function drawChosen(levels, bytes, ramp) {
    paintLevels(canvas, photo, [levels], [NOTHING]);
    const { name, rule: words } = WRITERS[chosen];
    let off = 0;
    for (const often of photo.counts)
      for (let k = 0; k < often.length; k++) off += often[k] * Math.abs(bytes[k] - levels[k]);
    off /= photo.at.length;
    found.check(dimmed && off === 0 && !(low === 0 && high === 1));
    const number = off === 0 ? "0" : off < 0.1 ? "<0.1" : fixed(off, 1);
    summary.replaceChildren(make("strong", {}, number), " levels off the photo, on average");
    rule.replaceChildren(make("b", {}, name), ". ", words.replace("LOW", low).replace("HIGH", high));
    const row = (label, cells, tag) =>
      make("tr", {}, make("th", { scope: "row" }, label), ...[...cells].map((text) => make(tag, {}, text)));
    table.replaceChildren(
      make("caption", { className: "st-hidden" }, "Five values of the tensor, and the level that is written for each"),
      make(
        "tbody",
        {},
        row("value", Array.from(ramp, written), "td"),
        row("level", Array.from(levels.subarray(bytes.length), String), "td"),
      ),
    );
    canvas.setAttribute("aria-label", `The picture that ${name} writes, ${number} levels off the photo on average.`);
    say(`Values from ${written(low)} to ${written(high)}, ${name}: ${number} levels off.`);
  }

  setPicture(first);
  return {
    state: () => ({ low, high, chosen, dimmed }),
    restore(asked) {
      if (!(asked.low >= -3 && asked.high <= 255 && asked.high - asked.low >= 0.01)) throw new RangeError("no range");
      chosen = WRITERS[asked.chosen] ? asked.chosen : data.version;
      dimmed = asked.dimmed === true;
      versions.set(chosen);
      dimBox.set(dimmed);
      setRange(asked.low, asked.high);
    },
  };
}

const written = (value) =>
  (Math.abs(value) >= 10 ? String(Math.round(value)) : String(Math.round(100 * value) / 100)).replace("-", "−");

const NOTHING = new Uint8Array(1024); // marks: no value is unseen in what is a byte

// The photo as a tensor whose black is low and whose white is high: float32, rounded once.
const inRange = (x, low, high) => x.map((value) => low + value * (high - low));

startFigures("logger", loggedPictures);
