// The course's questions: a guess is committed on the page, kept in this browser, and shown beside the answer.
// course/practice/predictions.py writes the markup: a question, its answer, and the summary of a lesson, each with its
// data and with this script, in one function so that nothing becomes global; it may run on a page many times.
// Without it a question is a list, and its answer is folded. Nothing is sent anywhere.

const CHANGED = "seeing-tensors-guess"; // told to the document when a guess is committed or taken back

// --------------------------------------------------------------- what is kept

// A browser may refuse to store anything. Then a guess lives as long as the page, on the element of its question.
function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(`seeing-tensors ${name}`);
    else localStorage.setItem(`seeing-tensors ${name}`, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

function recall(name) {
  try {
    return JSON.parse(localStorage.getItem(`seeing-tensors ${name}`));
  } catch {
    return null;
  }
}

// A letter of the choices or a finite number, else null: what is stored under our name may be anybody's.
function checked(value, { choices }) {
  if (hasChoices(choices)) return Object.hasOwn(choices, value) ? value : null;
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

// The guess in the cell's code wins; else the one that the question on this page holds; else the one that is kept.
function guessOf(asked) {
  if (asked.guess !== null) return asked.guess;
  const question = document.getElementById(`guess-${asked.key}`);
  if (question?.dataset.guess) return checked(JSON.parse(question.dataset.guess), asked);
  return checked(recall(`guess ${asked.key}`), asked);
}

// ------------------------------------------------------ words, as in predictions.py

const hasChoices = (choices) => Object.keys(choices).length > 0;

const digits = (value, most) =>
  Math.abs(value) >= 10 ** most ? value.toFixed(0) : String(Number(value.toPrecision(most)));

const inWords = (value, { choices }) => (hasChoices(choices) ? `(${value}) ${choices[value]}` : digits(value, 4));

function isRight(guess, { choices, truth, within }) {
  if (hasChoices(choices)) return guess === truth;
  return Math.abs(guess - truth) <= within || digits(guess, 4) === digits(truth, 4);
}

function verdict(guess, asked) {
  if (hasChoices(asked.choices)) return isRight(guess, asked) ? "right" : "not so";
  if (digits(guess, 4) === digits(asked.truth, 4)) return "right";
  return `off by ${digits(Math.abs(guess - asked.truth), 3)}${isRight(guess, asked) ? ", near enough" : ""}`;
}

function said(guess, asked) {
  const word = make("span", { className: isRight(guess, asked) ? "st-right" : "st-wrong" }, verdict(guess, asked));
  return [`You said ${inWords(guess, asked)}: `, word, "."];
}

// ------------------------------------------------------------------- elements

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  // JupyterLab would take the keys for itself. It looks for this on the very element that has the focus.
  if (["input", "button"].includes(tag)) element.setAttribute("data-lm-suppress-shortcuts", "true");
  element.append(...children);
  return element;
}

function choicesOf(asked) {
  const inputs = Object.entries(asked.choices).map(([value, words]) => {
    const input = make("input", { type: "radio", name: `guess-${asked.key}`, value });
    return make("label", {}, input, make("span", {}, `(${value}) ${words}`));
  });
  const group = make("fieldset", {}, ...inputs);
  group.setAttribute("aria-labelledby", `guess-${asked.key}`);
  return group;
}

function numberOf(asked) {
  const input = make("input", { type: "number", step: "any" });
  input.setAttribute("aria-describedby", `guess-${asked.key}`);
  return make("fieldset", {}, make("label", {}, make("span", {}, "Your guess:"), input));
}

function question(element, asked) {
  const title = element.querySelector(".st-question");
  const fields = hasChoices(asked.choices) ? choicesOf(asked) : numberOf(asked);
  const inputs = [...fields.querySelectorAll("input")];
  const commit = make("button", { type: "submit", className: "st-commit" }, "Commit my guess");
  // Beside the first button, never in its place: a second press must not undo what the first one did.
  const change = make("button", { type: "button", className: "st-change" }, "Change it");
  const told = make("p", { className: "st-told" });
  told.setAttribute("role", "status");
  const form = make("form", {}, fields, make("div", { className: "st-buttons" }, commit, change), told);

  const show = (guess) => {
    const committed = guess !== null;
    for (const input of inputs) {
      if (committed && input.type === "radio") input.checked = input.value === guess;
      if (committed && input.type === "number") input.value = String(guess);
      input.disabled = committed;
    }
    if (commit.isConnected) commit.style.minWidth = `${commit.getBoundingClientRect().width}px`; // what stands beside it must not move
    commit.disabled = committed;
    commit.textContent = committed ? "Committed" : "Commit my guess";
    change.hidden = !committed || asked.guess !== null;
  };
  const set = (guess) => {
    title.dataset.guess = JSON.stringify(guess);
    const kept = keep(`guess ${asked.key}`, guess);
    show(guess);
    told.textContent = guess === null || kept ? "" : "This browser keeps it as long as the page is open.";
    document.dispatchEvent(new CustomEvent(CHANGED));
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = inputs.find((input) => input.type === "number" || input.checked);
    const guess = checked(chosen?.type === "number" ? chosen.valueAsNumber : chosen?.value, asked);
    if (guess === null) {
      told.textContent = hasChoices(asked.choices) ? "Choose one first." : "Write a number first.";
      inputs[0].focus();
      return;
    }
    set(guess);
    change.focus();
  });
  change.addEventListener("click", () => {
    set(null);
    (inputs.find((input) => input.checked) ?? inputs[0]).focus();
  });

  const guess = guessOf(asked);
  title.dataset.guess = JSON.stringify(guess);
  show(guess);
  if (asked.guess !== null) told.textContent = "Your guess, from the code.";
  element.querySelector(".st-still").after(form);
}

// The answer is folded until there is a guess, so that a reader who scrolls by does not have it given away.
function answer(element, asked) {
  const words = element.querySelector(".st-said");
  if (!words) return; // there is a guess in the code: it is told already
  let last = null;
  whenChanged(element, () => {
    const guess = guessOf(asked);
    words.replaceChildren(...(guess === null ? [] : [" ", ...said(guess, asked)]));
    if ((guess === null) !== (last === null)) element.open = guess !== null;
    last = guess;
  });
}

function summary(element, { lesson, whole, questions }) {
  const still = element.querySelector(".st-count");
  const unguessed = still.textContent;
  const list = make("ul");
  const course = make("div");
  still.after(list, course);
  whenChanged(element, () => {
    const guesses = questions.map(guessOf);
    const guessed = guesses.filter((guess) => guess !== null).length;
    const right = questions.filter((asked, i) => guesses[i] !== null && isRight(guesses[i], asked)).length;
    still.textContent = guessed
      ? `You guessed ${guessed} of ${questions.length} questions; ${right} right.`
      : unguessed;
    list.replaceChildren(...questions.map((asked, i) => lineOf(asked, guesses[i])));
    keep(`lesson ${lesson}`, guessed ? { guessed, right, asked: questions.length } : null);
    if (whole) course.replaceChildren(...courseOf(lesson));
  });
}

function lineOf(asked, guess) {
  if (guess !== null)
    return make("li", {}, `${asked.question} ${inWords(asked.truth, asked)}. `, ...said(guess, asked));
  const here = document.getElementById(`guess-${asked.key}`);
  const link = here ? make("a", { href: `#guess-${asked.key}` }, asked.question) : asked.question;
  return make("li", { className: "st-open" }, link, " No guess yet.");
}

// All lessons up to this one, as far as this browser has seen them.
function courseOf(lessons) {
  const numbers = Array.from({ length: lessons }, (_, i) => i + 1);
  const found = numbers.map((lesson) => {
    const { guessed, right } = recall(`lesson ${lesson}`) ?? {};
    return Number.isInteger(guessed) && Number.isInteger(right) ? { guessed, right } : null;
  });
  const sum = (what) => found.reduce((total, each) => total + (each?.[what] ?? 0), 0);
  const lines = found.map((each, i) =>
    make("li", {}, `Lesson ${i + 1}: ${each ? `${each.right} of ${each.guessed} right` : "no guess in this browser"}`),
  );
  if (!sum("guessed")) return [];
  const total = `All lessons together: ${sum("right")} of ${sum("guessed")} guesses right.`;
  return [make("p", {}, make("strong", {}, total)), make("ul", {}, ...lines)];
}

// ---------------------------------------------------------------------- start

function whenChanged(element, show) {
  document.addEventListener(CHANGED, () => element.isConnected && show());
  show();
}

for (const element of document.querySelectorAll(".st-predict:not([data-started])")) {
  // Marked first: a script that runs twice must not start anything twice.
  element.dataset.started = "no";
  try {
    const data = JSON.parse(element.querySelector('script[type="application/json"]').textContent);
    ({ question, answer, summary })[element.dataset.part](element, data);
    element.dataset.started = "yes";
  } catch (error) {
    console.error("Seeing Tensors: a question stays a list.", error);
  }
}
