// Runs without names: pick one, look at its exhibits, accuse a fault. Every picture was made by Python, and is painted here.

const EXHIBITS = {
  loss: "loss",
  seen: "input as seen",
  undone: "input, Normalize undone",
  values: "input values",
  labels: "training labels",
  predictions: "predictions",
  maps: "first maps",
  score: "score",
};
const OF_ONE_PHOTO = ["seen", "undone", "labels", "predictions"];

function cases(stage, data) {
  const [height, width] = data.size;
  const names = Object.keys(data.cases);
  const pool = data.pool.map(decodeBytes);
  let [name, exhibit, photo, suspect] = [names[0], "seen", 0, null];
  const solved = new Set();
  const say = liveRegion(stage);
  const redraw = onNextFrame(draw);
  const found = task(stage, "what is wrong, in every case.", "Every run has told what was done to it.");

  // ------------------------------------------------------------ elements
  const area = make("div", { className: "st-exhibit" });
  const words = make("p", {});
  const verdict = make("p", {});
  const summary = make("p", { className: "st-summary" });
  const photos = slider({
    label: "Photo",
    min: 1,
    max: data.cases[name].seen.length,
    step: 1,
    value: 1,
    format: String,
    onInput: (value) => redraw((photo = value - 1)),
  });
  const suspects = { none: "nothing is wrong" };
  for (const fault of Object.keys(data.faults)) suspects[fault] = fault;
  const accuse = button("Accuse", judge);
  const accused = (each) => {
    suspect = each;
    accuse.textContent = each ? `Accuse: ${suspects[each]}` : "Accuse";
  };
  const suspectChoice = choice("What is wrong?", suspects, "", accused);
  const caseChoice = choice("Case", Object.fromEntries(names.map((each) => [each, each])), name, (each) => {
    name = each;
    verdict.replaceChildren();
    redraw();
  });
  const exhibitChoice = choice("Exhibit", EXHIBITS, exhibit, (each) => redraw((exhibit = each)));
  stage.prepend(
    caseChoice,
    exhibitChoice,
    make("div", {}, photos.element, area, words),
    suspectChoice,
    make("div", { className: "st-buttons" }, accuse),
    verdict,
    summary,
    found.element,
  );

  // -------------------------------------------------------------- states
  function judge() {
    const { fault } = data.cases[name];
    if (suspect === null) verdict.replaceChildren("Choose what is wrong first.");
    else if (suspect !== fault)
      verdict.replaceChildren(make("b", {}, "No."), ` Look again at: ${EXHIBITS[data.telling[fault]]}.`);
    else {
      solved.add(name);
      const lines = data.faults[fault];
      const told = lines ? [make("code", {}, lines[0]), " should be ", make("code", {}, lines[1])] : [suspects.none];
      verdict.replaceChildren(make("b", {}, "Yes."), ` Case ${name}: `, ...told, ".");
      count();
    }
    say(verdict.textContent);
  }

  const count = () => {
    found.check(solved.size === names.length);
    summary.replaceChildren(
      make("strong", {}, `${solved.size} of ${names.length}`),
      " cases are solved",
      solved.size ? `: ${[...solved].sort().join(", ")}` : "",
    );
  };

  // ------------------------------------------------------------- drawing
  function draw() {
    const run = data.cases[name];
    photos.element.style.display = OF_ONE_PHOTO.includes(exhibit) ? "" : "none";
    area.className = `st-exhibit st-of-${exhibit}`;
    const [elements, text] = SHOW[exhibit](run);
    area.replaceChildren(...elements);
    words.replaceChildren(make("b", {}, `Case ${name}, ${EXHIBITS[exhibit]}.`), " ", ...[text].flat());
    say(words.textContent);
  }

  const picture = (pixels, label, rows = height, columns = width) => {
    const canvas = make("canvas", { aria: { role: "img", label } });
    paint(canvas, pixels, rows, columns);
    return canvas;
  };
  const titled = (title, canvas) => make("div", {}, make("p", { className: "st-title" }, title), canvas);
  const opaque = (levels) =>
    Uint8Array.from({ length: (levels.length / 3) * 4 }, (_, i) =>
      i % 4 === 3 ? 255 : levels[(i >> 2) * 3 + (i % 4)],
    );
  const ofLabels = (labels) =>
    opaque(Uint8Array.from({ length: 3 * labels.length }, (_, i) => data.palette[labels[Math.floor(i / 3)]][i % 3]));
  const photoOf = (run, which, title) => picture(opaque(pool[run[which][photo]]), `Photo ${photo + 1}. ${title}`);
  const labelsOf = (run, which, title) => {
    const labels = pool[run[which][photo]];
    const counts = Object.entries(data.labels).map(
      ([label, each]) => `${labels.filter((n) => n === +label).length} of ${each}`,
    );
    return picture(ofLabels(labels), `Photo ${photo + 1}. ${title}: pixels, ${counts.join(", ")}.`);
  };
  const [low, high] = data.range;

  // Each gives the elements of an exhibit, and a sentence.
  const SHOW = {
    loss: ({ losses }) => {
      const line = (values) =>
        "M" + values.map((v, i) => `${(i * 100) / (values.length - 1)} ${100 - 100 * v}`).join("L");
      const others = names.map((each) => svg("path", { class: "st-faint", d: line(data.cases[each].losses) }));
      return [
        [plot(...others, svg("path", { d: line(losses) })), ends("first epoch", "last epoch")],
        `From ${losses[0].toFixed(2)} to ${losses.at(-1).toFixed(3)}. The pale lines are all cases; the top is 1.`,
      ];
    },
    seen: (run) => [
      [photoOf(run, "seen", "What the network saw.")],
      `${minus(low)} is black, ${minus(high)} is white.`,
    ],
    undone: (run) => [
      [photoOf(run, "undone", "Normalize undone.")],
      "Each channel times std, plus mean: 0 is black, 1 is white.",
    ],
    values: ({ values }) => {
      const highest = Math.max(...values.flat());
      const curve = (bins) =>
        "M" + bins.map((n, i) => `${((i + 0.5) * 100) / bins.length} ${99 - (90 * n) / highest}`).join("L");
      const lines = values.map((bins, c) => svg("path", { class: CHANNELS[3][c].line, d: curve(bins) }));
      const total = values.map((bins) => bins.reduce((sum, n) => sum + n, 0));
      const means = values.map(
        (bins, c) =>
          bins.reduce((sum, n, i) => sum + n * (low + ((i + 0.5) * (high - low)) / bins.length), 0) / total[c],
      );
      const told = means.flatMap((mean, c) => [lineSample(CHANNELS[3][c]), `${CHANNELS[3][c].name} ${minus(mean)} `]);
      return [
        [plot(...lines), ends(minus(low), minus(high))],
        ["All test photos. Means: ", ...told],
      ];
    },
    labels: (run) => {
      const counts = Object.entries(run.targetPixels).map(([label, n]) => `${label}: ${n.toLocaleString("en")} pixels`);
      return [
        [labelsOf(run, "targets", "Labels as the loss got them")],
        `In all of the training, label ${counts.join("; ")}.`,
      ];
    },
    predictions: (run) => [
      [
        titled("photo", photoOf(run, "undone", "Normalize undone.")),
        titled("true labels", labelsOf(run, "truth", "True labels")),
        titled("predicted", labelsOf(run, "predicted", "Predicted labels")),
      ],
      "Black is background, grey disc, red the red square; what is pale is void and does not count.",
    ],
    maps: (run) => {
      const table = pool[data.colors];
      const colors = Uint8Array.from(
        { length: 3 * pool[run.maps].length },
        (_, i) => table[3 * pool[run.maps][Math.floor(i / 3)] + (i % 3)],
      );
      const size = 3 * height * width;
      const maps = Array.from({ length: colors.length / size }, (_, k) =>
        picture(opaque(colors.subarray(k * size, (k + 1) * size)), `Map ${k + 1} of the first photo.`),
      );
      const [least, most] = run.mapsFrom.map(minus);
      return [
        maps,
        `Behind the first layers, photo 1. Blue ${minus(-data.limit)}, white 0, red ${data.limit}; from ${least} to ${most}.`,
      ];
    },
    score: ({ iou, confusion }) => {
      const row = (cells, tag) => cells.map((text) => make(tag, tag === "th" ? { scope: "col" } : {}, text));
      const body = confusion.map((counts, k) =>
        make(
          "tr",
          {},
          make("th", { scope: "row" }, data.classes[k]),
          ...row([...counts.map((n) => n.toLocaleString("en")), iou[k] === null ? "–" : iou[k].toFixed(2)], "td"),
        ),
      );
      const table = make(
        "table",
        { className: "st-counts" },
        make("caption", { className: "st-hidden" }, "Pixels of each true label, by what was predicted, and the IoU"),
        make("thead", {}, make("tr", {}, make("td", {}, "true"), ...row([...data.classes, "IoU"], "th"))),
        make("tbody", {}, ...body),
      );
      return [[table], "A row for each true label, a column for each prediction. IoU: intersection over union."];
    },
  };

  const plot = (...paths) =>
    make(
      "div",
      { className: "st-plot st-still" },
      svg("svg", { viewBox: "0 0 100 100", preserveAspectRatio: "none", "aria-hidden": "true" }, ...paths),
    );
  const ends = (first, last) => make("p", { className: "st-ends" }, make("span", {}, first), make("span", {}, last));

  stage.addEventListener("st-reset", () => {
    solved.clear();
    count();
  });
  count();
  draw();
  return {
    state: () => ({ name, exhibit, photo, suspect }),
    restore(asked) {
      name = names.includes(asked.name) ? asked.name : names[0];
      exhibit = SHOW[asked.exhibit] ? asked.exhibit : "seen";
      photo = data.cases[name].seen[asked.photo] === undefined ? 0 : asked.photo;
      caseChoice.set(name);
      exhibitChoice.set(exhibit);
      photos.set(photo + 1);
      accused(suspects[asked.suspect] ? asked.suspect : null);
      suspectChoice.set(suspect);
      verdict.replaceChildren();
      redraw();
    },
  };
}

startFigures("cases", cases);
