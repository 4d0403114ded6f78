// The batch: a photo, its company, and what BatchNorm makes of the photo. In training the company has a say. In evaluation
// the layer takes the mean and std that it remembers, and only the photo itself matters.

const AXIS_END = 4; // the values are drawn from -4 to 4, whatever they are

function batchOfPhotos(stage, data) {
  const first = decodePicture(data.photo);
  const companies = data.company.map(({ label, pictures }) => ({ label, pictures: pictures.map(decodePicture) }));
  const remembered = { mean: data.mean, variance: data.variance };
  const channels = CHANNELS[3];
  let photo = first;
  let bins; // how often each level occurs in a channel of the photo
  let [company, brightness, training, painted] = [companies[0], 0, true, false];
  const say = liveRegion(stage);

  // ------------------------------------------------------------ elements
  const canvas = make("canvas", { aria: { role: "img" } });
  const summary = make("p", { className: "st-summary" });
  const batch = make("div", { className: "st-batch" });
  const source = make("p", { className: "st-source" });
  const plot = make("div", { className: "st-plot st-still", aria: { role: "img" } });
  const ticks = make("div", { className: "st-ticks", aria: { hidden: "true" } });
  const table = make("table", { className: "st-counts" });
  const brighter = slider({
    label: "Their brightness",
    min: -1,
    max: 1,
    step: 0.05,
    value: 0,
    format: (v) => (v > 0 ? "+" : "") + v.toFixed(2).replace("-", "−"),
    onInput: (v) => draw((brightness = v)),
  });
  const labels = Object.fromEntries(companies.map(({ label }, k) => [k, label]));
  const modes = { training: "training", evaluation: "evaluation" };
  stage.prepend(
    make(
      "div",
      { className: "st-columns" },
      make("div", {}, canvas, make("div", { className: "st-company" }, batch, source)),
      make(
        "div",
        {},
        summary,
        choice("BatchNorm in", modes, "training", (mode) => draw((training = mode === "training"))),
        choice("Company in the batch", labels, 0, (k) => draw((company = companies[k]))),
        brighter.element,
        checkbox("Paint the unseen", painted, (on) => draw((painted = on))),
      ),
    ),
    make("div", {}, plot, ticks, table),
    ownPicture(stage, first, setPicture),
  );
  for (let v = -AXIS_END; v <= AXIS_END; v++) {
    ticks.append(Object.assign(make("span", {}, String(v).replace("-", "−")), { style: `left: ${place(v)}` }));
  }

  // -------------------------------------------------------------- states
  function setPicture(next) {
    photo = next;
    bins = photo.counts.map((counts) => levelBins(photo.values, counts));
    draw();
  }

  function draw() {
    const neighbours = company.pictures.map((each) => ({ ...each, values: brightened(each.values, brightness) }));
    const all = [photo, ...neighbours];
    const statistics = training ? batchStatistics(all, 3) : remembered;
    const { mean, variance } = statistics;
    const y = channels.map((_, c) => normalised(photo.values, mean[c], variance[c], data.eps));
    const levels = y.map((values) => showLevels(values));
    const marks = y.map((values) => marksOf(values));
    paintLevels(canvas, photo, levels, marks, painted);

    const lost = unseenOf(photo, marks);
    const [below, above] = [0, 1].map((k) => lost.reduce((sum, row) => sum + row[k], 0) / 3);
    summary.replaceChildren(make("strong", {}, percent(below + above)), " of the photo’s values cannot be seen");
    drawBatch(all);
    fillTable(statistics, lost);
    drawCurves(statistics);
    const words = `${percent(below)} below black, ${percent(above)} above white.`;
    canvas.setAttribute(
      "aria-label",
      `The photo after BatchNorm in ${training ? "training" : "evaluation"}, as it is drawn. ${words}`,
    );
    plot.setAttribute("aria-label", `Histogram of its values from −${AXIS_END} to ${AXIS_END}. ${words}`);
    say(`${training ? "Training" : "Evaluation"}, ${company.label}: ${words}`);
  }

  // ------------------------------------------------------------- drawing
  function drawBatch(all) {
    const pictures = all.map((each, k) => {
      const label = k ? `Company, picture ${k}` : "The photo";
      const small = make("canvas", { aria: { role: "img", label } });
      paintLevels(small, each, [showLevels(each.values)], [marksOf(each.values)]);
      return small;
    });
    batch.replaceChildren(...pictures);
    batch.classList.toggle("st-unasked", !training);
    brighter.input.disabled = all.length === 1;
    const whose = all.length === 1 ? "the photo alone" : `all ${all.length} pictures`;
    source.textContent = training
      ? `Mean and std are those of ${whose}.`
      : `Mean and std are remembered, from ${data.history}.`;
  }

  function fillTable({ mean, variance }, lost) {
    const row = (channel, c) => {
      const numbers = [mean[c].toFixed(2), Math.sqrt(variance[c]).toFixed(2), percent(lost[c][0]), percent(lost[c][1])];
      const name = make("th", { scope: "row" }, lineSample(channel), channel.name);
      return make("tr", {}, name, ...numbers.map((text) => make("td", {}, text)));
    };
    const head = [["mean"], ["std"], [swatch("below"), "below black"], [swatch("above"), "above white"]];
    table.replaceChildren(
      make(
        "caption",
        { className: "st-hidden" },
        "By what each channel is normalised, and the part of it that cannot be seen",
      ),
      make("thead", {}, make("tr", {}, make("td"), ...head.map((parts) => make("th", { scope: "col" }, ...parts)))),
      make("tbody", {}, ...channels.map(row)),
    );
  }

  // BatchNorm moves and widens a channel's histogram. The bins move along: bins of the axis would cut through levels and show a comb.
  function drawCurves({ mean, variance }) {
    const [width, height] = [600, 120]; // stretched to the plot's size; the strokes are not
    const slopes = variance.map((each) => 1 / Math.sqrt(each + data.eps));
    const heights = bins.map((counts, c) => counts.map((n) => n / slopes[c])); // the area stays
    const highest = Math.max(...heights.flat());
    const drawing = svg("svg", {
      viewBox: `0 0 ${width} ${height}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    });
    const letters = heights.map((column, c) => {
      const value = (bin) => ((4 * bin + 1.5) / 255 - mean[c]) * slopes[c]; // the middle of levels 4 bin … 4 bin + 3
      const points = column.map((h, bin) => [width * share(value(bin)), height - 1 - (h / highest) * (height - 28)]);
      drawing.append(
        svg("path", {
          class: channels[c].line,
          d: `M${points.map((p) => p.map((v) => v.toFixed(1)).join(" ")).join("L")}`,
        }),
      );
      const [x, y] = points[column.indexOf(Math.max(...column))];
      const letter = make("span", { className: "st-letter" }, channels[c].letter);
      const beside = `margin-left: ${0.9 * (c - 1)}rem`; // the peaks often lie on top of one another
      return Object.assign(letter, { style: `left: ${(100 * x) / width}%; top: ${(100 * y) / height}%; ${beside}` });
    });
    const zones = ["below", "above"].map((kind) => make("div", { className: `st-zone st-${kind}` }));
    const lines = ["black", "white"].map((end) => make("div", { className: `st-line st-at-${end}` }));
    plot.style.setProperty("--black", place(0));
    plot.style.setProperty("--white", place(1));
    plot.replaceChildren(...zones, drawing, ...letters, ...lines);
  }

  setPicture(first);
}

const share = (value) => (value + AXIS_END) / (2 * AXIS_END);
const place = (value) => `${100 * share(value)}%`;

// Values made brighter or darker by an amount of light, from 0 to 1 still.
const brightened = (values, amount) => values.map((value) => clip(fround(value + fround(amount)), 0, 1));

// How often the levels 0 to 3, 4 to 7, … occur in a channel.
function levelBins(values, counts) {
  const bins = new Array(64).fill(0);
  toUint8(values).forEach((level, k) => (bins[level >> 2] += counts[k]));
  return bins;
}

startFigures("batch", batchOfPhotos);
