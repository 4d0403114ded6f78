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
  let [company, brightness, training, painted] = [0, 0, true, false];
  const say = liveRegion(stage);
  const redraw = onNextFrame(draw);
  const found = task(
    stage,
    "in training, a company that leaves you more of the photo than evaluation does.",
    "Among neighbours like that the batch’s numbers suit this photo better than the remembered ones, by luck.",
  );

  // ------------------------------------------------------------ elements
  const canvas = make("canvas", { className: "st-look", aria: { role: "img" } });
  const summary = make("p", { className: "st-summary" });
  const batch = make("div", { className: "st-batch" });
  const portrait = make("canvas", { aria: { role: "img", label: "The photo" } });
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
    onInput(v) {
      brightness = v;
      plot.classList.remove("st-slides"); // a hand moves the curves
      redraw();
    },
  });
  const labels = Object.fromEntries(companies.map(({ label }, k) => [k, label]));
  const slide = () => {
    plot.classList.add("st-slides");
    redraw();
  };
  const modes = { training: "training", evaluation: "evaluation" };
  const modeChoice = choice("BatchNorm in", modes, "training", (mode) => slide((training = mode === "training")));
  const companyChoice = choice("Company in the batch", labels, 0, (k) => slide((company = Number(k))));
  const paintBox = checkbox("Paint the unseen", painted, (on) => redraw((painted = on)));
  stage.prepend(
    make(
      "div",
      { className: "st-columns" },
      make("div", {}, canvas, make("div", { className: "st-company" }, batch, source)),
      make("div", {}, summary, modeChoice, companyChoice, brighter.element, paintBox, found.element),
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
    const small = everyOf(photo, Math.ceil(photo.width / 160));
    paintLevels(portrait, small, [showLevels(photo.values)], [marksOf(photo.values)]);
    plotCurves();
    draw();
  }

  function draw() {
    const { label, pictures } = companies[company];
    const neighbours = pictures.map((each) => ({ ...each, values: brightened(each.values, brightness) }));
    const all = [photo, ...neighbours];
    const statistics = training ? batchStatistics(all, 3) : remembered;
    const y = normalisedBy(statistics);
    const marks = y.map((values) => marksOf(values));
    const levels = y.map((values) => showLevels(values));
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
    say(`${training ? "Training" : "Evaluation"}, ${label}: ${words}`);
    const inEvaluation = unseenOf(
      photo,
      normalisedBy(remembered).map((values) => marksOf(values)),
    );
    found.check(training && below + above < partUnseen(inEvaluation));
  }

  const normalisedBy = ({ mean, variance }) =>
    channels.map((_, c) => normalised(photo.values, mean[c], variance[c], data.eps));

  // ------------------------------------------------------------- drawing
  function drawBatch(all) {
    const pictures = all.map((each, k) => {
      if (k === 0) return portrait;
      const small = make("canvas", { aria: { role: "img", label: `Company, picture ${k}` } });
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

  // A channel's levels as a curve from 0 to 1, four levels a bin. BatchNorm moves and widens it as it is: bins of the axis would
  // cut through levels and show a comb. So each is drawn once, and is slid and stretched over the axis.
  const peaks = channels.map(() => make("span", { className: "st-letter" }));
  let highest; // the bin of most values in each channel
  let paths;
  function plotCurves() {
    highest = bins.map((counts) => counts.reduce((top, n, bin) => (n > counts[top] ? bin : top), 0));
    paths = bins.map((counts, c) =>
      curve(
        channels[c].line,
        counts.map((n, bin) => [(4 * bin + 1.5) / 255, n / counts[highest[c]]]), // the middle of levels 4 bin … 4 bin + 3
      ),
    );
    const zones = ["below", "above"].map((kind) => make("div", { className: `st-zone st-${kind}` }));
    const lines = ["black", "white"].map((end) => make("div", { className: `st-line st-at-${end}` }));
    plot.style.setProperty("--black", place(0));
    plot.style.setProperty("--white", place(1));
    peaks.forEach((letter, c) => (letter.textContent = channels[c].letter));
    plot.replaceChildren(...zones, curves(...paths), ...peaks, ...lines);
  }

  function drawCurves({ mean, variance }) {
    const slopes = variance.map((each) => 1 / Math.sqrt(each + data.eps));
    const tops = bins.map((counts, c) => counts[highest[c]] / slopes[c]); // the area stays
    const most = Math.max(...tops);
    paths.forEach((path, c) => {
      const [left, wide, high] = [
        100 * share(-mean[c] * slopes[c]),
        slopes[c] / (2 * AXIS_END),
        (0.77 * tops[c]) / most,
      ];
      path.style.transform = `translate(${left}px, ${99 - 100 * high}px) scale(${wide}, ${high})`;
      const peak = ((4 * highest[c] + 1.5) / 255 - mean[c]) * slopes[c];
      const beside = `${0.9 * (c - 1)}rem`; // the peaks often lie on top of one another
      Object.assign(peaks[c].style, { left: place(peak), top: `${99 - 100 * high}%`, marginLeft: beside });
    });
  }

  setPicture(first);
  return {
    state: () => ({ company, brightness, training, painted }),
    restore(asked) {
      company = companies[asked.company] ? asked.company : 0;
      brightness = Number.isFinite(asked.brightness) ? clip(asked.brightness, -1, 1) : 0;
      [training, painted] = [asked.training !== false, asked.painted === true];
      modeChoice.set(training ? "training" : "evaluation");
      companyChoice.set(company);
      brighter.set(brightness);
      paintBox.set(painted);
      slide();
    },
  };
}

const partUnseen = (rows) => rows.reduce((sum, [below, above]) => sum + below + above, 0) / rows.length;
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
