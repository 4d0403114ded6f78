"""The lessons' own rules. Each rule returns what is wrong, in words; planted faults show that it finds it."""

import ast
import html.parser
import math
import os
import re
import subprocess
import sys

import jupytext
import nbformat
import pytest

import seeing_tensors
from seeing_tensors.course.book import lessons
from seeing_tensors.course.repository import ROOT, lesson_files, page_files

LESSONS, PAGES = lesson_files(), page_files()
every_lesson = pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)

SECTIONS = ["Predict", "Look", "Why", "The tool", "Proof", "Elsewhere", "Your turn", "What you can do now"]
OPENING, CLOSING = "After this lesson you can", "What you can do now"

# Numbers that are definitions, not measurements.
IMAGENET = {"0.485", "0.456", "0.406", "0.229", "0.224", "0.225"}
SRGB = {"0.055", "1.055"}
ALIKE = {"0.999"}  # the correlation from which on channel_order takes two channels for one
DEFINITIONS = IMAGENET | SRGB | ALIKE | {"0.0", "1.0", "0.5", "1e-3", "1e-5", "1e-6", "1e-8"}
# Folders of the machine that ran the lesson; an address of the web has a host in front.
MACHINE = rf"(?<![\w./:])(?:{re.escape(str(ROOT))}|/tmp/|/home/|/root/|/Users/|/usr/|site-packages)[^\s\"'<)]*"
PACKAGES = "Python|torch|PyTorch|torchvision|matplotlib|Matplotlib|numpy|NumPy|OpenCV|Pillow|wandb|Keras|TensorFlow"


# ---------------------------------------------------------------- the rules


def cells_of(script, kind):
    return [cell for cell in jupytext.reads(script, fmt="py:percent").cells if cell.cell_type == kind]


def prose_of(script):
    return "\n\n".join(cell.source for cell in cells_of(script, "markdown"))


def typed_numbers(text):
    """Measured numbers typed by hand: percentages, and decimals that are not definitions.

    In code and mathematics a decimal of up to two places is somebody's choice (`0.25`), not a result.
    """
    text = re.sub(r"```.*?```|\]\([^)]*\)|</?[a-z][^>]*>", " ", text, flags=re.S)
    text = re.sub(rf"\b(?:{PACKAGES}) v?\d+(?:\.\d+)+", " ", text)
    # 0 % and 100 % are none and all.
    percentages = re.findall(r"(?<![\d.])(?!(?:0|100)\s*(?:\\?%|per))\d+(?:\.\d+)?(?:\\,|\s)*(?:\\?%|per ?cent)", text)
    spans = re.findall(r"`[^`]*`|\$\$.*?\$\$|\$[^$]*\$", text, flags=re.S)
    chosen = {n for span in spans for n in re.findall(NUMBER, span) if re.fullmatch(r"\d+\.\d{1,2}", n)}
    for span in spans:
        text = text.replace(span, re.sub(NUMBER, lambda m: "" if m[0] in chosen else m[0], span))
    return percentages + [n for n in re.findall(NUMBER, text) if n not in DEFINITIONS]


NUMBER = r"(?<![\w.])\d+(?:\.\d+(?:e[-+]?\d+)?|e[-+]?\d+)(?![\w]|\.\d)"


def typed_in_figures(script):
    """Measured numbers typed into an alt text or a caption, outside the braces of an f-string."""

    def literals(node):
        if isinstance(node, ast.Constant):
            return [str(node.value)]
        if isinstance(node, ast.FormattedValue):
            return []
        return [text for child in ast.iter_child_nodes(node) for text in literals(child)]

    calls = [node for node in ast.walk(ast.parse(script)) if isinstance(node, ast.Call)]
    words = [word for call in calls for word in call.keywords if word.arg in ("alt", "caption")]
    return [number for word in words for text in literals(word.value) for number in typed_numbers(text)]


def promises(text, title):
    """The items of the list under a title, each as one line."""
    after = re.split(rf"^(?:\*\*|#+ +){title}", text, maxsplit=1, flags=re.M)
    if len(after) < 2:
        return []
    items = re.search(r"(?:^(?:\d\.|[-*]) .*\n?(?:^ +\S.*\n?)*\n?)+", after[1].split("\n#")[0], flags=re.M)
    if not items:
        return []
    return [" ".join(item.split()) for item in re.split(r"^(?:\d\.|[-*]) ", items[0], flags=re.M)[1:]]


def wrong_sections(script):
    text = prose_of(script)
    faults = []
    headings = [h for h in re.findall(r"^#{1,2} +(.+?) *$", text, flags=re.M) if h in SECTIONS]
    if headings != SECTIONS:
        faults.append(f"sections are {headings}, must be {SECTIONS}")
    before, after = promises(text, OPENING), promises(text, CLOSING)
    if len(before) != 3:
        faults.append(f"{len(before)} promises under {OPENING!r}, must be 3")
    if before != after:
        faults.append(f"promised {before}, kept {after}")
    if text.find(OPENING) > text.find("## Predict"):
        faults.append("the promises come after the first question")
    return faults


def wrong_code(script):
    cells = cells_of(script, "code")
    faults = []
    if "hide-input" not in cells[0].metadata.get("tags", []):
        faults.append("the first code cell is not tagged hide-input")
    checks = sum(cell.source.count("st.check(") for cell in cells)
    if checks < 3:
        faults.append(f"{checks} exercises call st.check, must be 3 or more")
    # A script's comment `# !cmd` or `# %magic` comes alive in the notebook: the two would do different things.
    faults += [
        f"alive in a notebook: {line}" for c in cells for line in c.source.splitlines() if line[:1] in tuple("!%")
    ]
    for node in ast.walk(ast.parse(script)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "st":
            if node.attr not in seeing_tensors.__all__:
                faults.append(f"st.{node.attr} is not a public name")
        # Lesson 7's data set and trainings are its own, and no part of the library.
        if isinstance(node, ast.ImportFrom) and re.match(r"seeing_tensors(?!\.course\.cases\b)", node.module or ""):
            faults.append(f"line {node.lineno}: write `import seeing_tensors as st`")
        if isinstance(node, ast.Import):
            names = [(n.name, n.asname) for n in node.names if n.name.startswith("seeing_tensors")]
            faults += [
                f"line {node.lineno}: write `import seeing_tensors as st`"
                for n in names
                if n != ("seeing_tensors", "st")
            ]
    return faults


def wrong_questions(script):
    """At least three questions, the first of them in Predict; each is answered further down, and counted at the end."""
    asked = {found[1]: found.start() for found in re.finditer(r"^(\w+) = st\.predict\(", script, flags=re.M)}
    answered = {found[1]: found.start() for found in re.finditer(r"^(\w+)\.reveal\(", script, flags=re.M)}
    faults = [] if len(asked) >= 3 else [f"{len(asked)} questions, must be 3 or more"]
    if not script.find("# ## Predict") < min(asked.values(), default=-1) < script.find("# ## Look"):
        faults.append("the first question is not in Predict")
    faults += [f"{name} is not revealed below" for name in asked if answered.get(name, -1) < asked[name]]
    if script.count("st.guesses(") != 1 or script.find("st.guesses(") < script.find(f"# ## {CLOSING}"):
        faults.append(f"st.guesses belongs into {CLOSING!r}")
    return faults


FOLDED = {"hide-input", "hide-cell", "remove-input", "remove-cell"}


def wide_code(script):
    """Lines that a page cuts off: over 72 characters where the code is seen, over 100 where it is folded."""
    faults = []
    for number, cell in enumerate(cells_of(script, "code"), 1):
        most = 100 if FOLDED & set(cell.metadata.get("tags", [])) else 72
        lines = cell.source.splitlines()
        faults += [f"code cell {number}: {len(line)} > {most}: {line}" for line in lines if len(line) > most]
    return faults


def reading_minutes(notebook):
    """What it takes to read an executed page: 200 words or 20 lines of code a minute, 15 s a figure, 60 s a live one.

    Words are those of the prose and of the sentences that cells display; what is folded is not counted.
    """
    prose, lines, figures, live = [], 0, 0, 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            prose.append(cell.source)
            continue
        if not FOLDED & set(cell.metadata.get("tags", [])):
            lines += sum(bool(line.strip()) for line in cell.source.splitlines())
        for output in cell.outputs:
            shown = output.get("data", {})
            prose.append("".join(shown.get("text/markdown", "")))
            pages = "".join(shown.get("text/html", ""))
            live += pages.count("<figure data-live")
            figures += len(re.findall("<figure(?! data-live)", pages))
    text = re.sub(r"<details>.*?</details>", " ", "\n".join(prose), flags=re.S)
    words = len(re.sub(r"</?[a-z][^>]*>|[|#*`$\\-]", " ", text).split())
    return words / 200 + lines / 20 + figures / 4 + live


def wrong_minutes(notebook):
    stated = re.match(r"# .+\n\n(\d+) minutes", notebook.cells[0].source)
    if not stated:
        return ["the line under the title does not begin with `20 minutes`"]
    computed = math.ceil(reading_minutes(notebook))
    faults = [] if computed <= 25 else [f"{computed} minutes of reading, at most 25"]
    if int(stated[1]) != computed:
        faults.append(f"says {stated[1]} minutes, reads in {computed}")
    return faults


class Figures(html.parser.HTMLParser):
    """The alt text of each picture of a page, and the caption of each figure."""

    def __init__(self, page):
        super().__init__()
        self.alts, self.captions, self.inside = [], [], False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            # What lies on a picture in dark is hidden, and says nothing a second time.
            self.alts += [] if ("hidden", None) in attributes else [dict(attributes).get("alt") or ""]
        if tag == "figure":
            self.captions.append("")
        self.inside |= tag == "figcaption"

    def handle_endtag(self, tag):
        self.inside &= tag != "figcaption"

    def handle_data(self, data):
        if self.inside:
            self.captions[-1] += data


def wrong_outputs(notebook):
    faults = []
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, 1):
        if cell.execution_count is None:
            faults.append(f"code cell {number} did not run")
        for output in cell.outputs:
            if output.output_type == "error":
                faults.append(f"code cell {number}: {output.ename}: {output.evalue}")
            kinds = output.get("data", {})
            if output.get("name") == "stderr":
                faults.append(f"code cell {number}: writes to stderr: {output.text[:200]}")
            said = "".join(map(str, [output.get("text", ""), *kinds.values()]))
            faults += [f"code cell {number}: shows a path of the machine: {path}" for path in re.findall(MACHINE, said)]
            faults += [f"code cell {number}: a picture without st.figure: {k}" for k in kinds if k.startswith("image/")]
            figures = Figures("".join(kinds.get("text/html", "")))
            faults += [f"code cell {number}: alt text too short: {alt!r}" for alt in figures.alts if len(alt) < 40]
            faults += [f"code cell {number}: no caption" for caption in figures.captions if not caption.strip()]
            if len(figures.captions) < len(figures.alts):
                faults.append(f"code cell {number}: a picture outside a figure")
    return faults


# ------------------------------------------------- every lesson keeps the rules


def test_there_are_lessons():
    assert LESSONS


@every_lesson
@pytest.mark.parametrize("rule", [wrong_sections, wrong_code, wrong_questions], ids=lambda r: r.__name__)
def test_script(lesson, rule):
    faults = rule(lesson.read_text(encoding="utf-8"))
    assert not faults, "\n".join(faults)


@every_page
@pytest.mark.parametrize("rule", [typed_in_figures, wide_code], ids=lambda r: r.__name__)
def test_code(page, rule):
    faults = rule(page.read_text(encoding="utf-8"))
    assert not faults, "\n".join(faults)


@every_page
def test_no_measured_number_is_typed(page):
    numbers = typed_numbers(prose_of(page.read_text(encoding="utf-8")))
    assert not numbers, f"compute these in a cell, or add a definition to DEFINITIONS: {numbers}"


@every_page
@pytest.mark.parametrize("rule", [wrong_outputs, wrong_minutes], ids=lambda r: r.__name__)
def test_outputs(page, rule, executed):
    faults = rule(nbformat.read(executed / f"{page.stem}.ipynb", as_version=4))
    assert not faults, "\n".join(faults)


@every_page
def test_an_appendix_is_linked_from_its_lesson(page):
    if page in LESSONS:
        return
    (lesson,) = [each for each in LESSONS if each.stem[:2] == page.stem[5:7]]
    assert f"({page.stem}.ipynb" in prose_of(lesson.read_text(encoding="utf-8"))
    assert f"({lesson.stem}.ipynb" in prose_of(page.read_text(encoding="utf-8"))


def test_the_run_is_fresh_and_left_nothing_behind(executed):
    assert lessons.changed_lessons(ROOT, executed.parent) == []
    beside = {"pytest.ini", "index.md", "peers.md", "files.md", "speed.md", "home", "laws", "reference", "teaching.md", "teaching"}
    expected = {f"{page.stem}.ipynb" for page in PAGES} | beside
    assert {file.name for file in executed.iterdir()} <= expected


@every_page
def test_is_plain_python(page):
    """What a notebook alone understands, magics and commands of a shell, does not compile or asks for IPython."""
    script = page.read_text(encoding="utf-8")
    compile(script, str(page), "exec")
    assert "get_ipython" not in script
    assert not re.search(r"^# *[%!](?!%)", script, flags=re.M), "jupytext keeps a magic as a comment"


# These two use all that shows something outside a notebook: figures, live ones, guesses, proofs, checks, wandb.
@pytest.mark.parametrize("page", [page for page in PAGES if page.stem[:2] in ("03", "06")], ids=lambda p: p.stem)
def test_runs_as_a_plain_script(page, tmp_path):
    environment = lessons.lesson_environment() | {"MPLBACKEND": "Agg"}
    run = subprocess.run(
        [sys.executable, str(page)], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600
    )
    assert run.returncode == 0, run.stderr
    assert os.listdir(tmp_path) == [], "a lesson writes into the folder it runs in; use tempfile"


def made_of(*cells):
    v4 = nbformat.v4
    made = [v4.new_markdown_cell(c) if isinstance(c, str) else v4.new_code_cell(c[0], outputs=c[1]) for c in cells]
    return v4.new_notebook(cells=made)


def shows(**data):
    return nbformat.v4.new_output("display_data", {f"text/{kind}": text for kind, text in data.items()})


def test_the_reading_time_is_that_of_the_page():
    title = "# A finding\n\n12 minutes · after lesson 2\n\n"
    page = [title + "word " * 991 + "<details>" + "word " * 900 + "</details>", ("x = 1\n" * 40, [])]
    figures = [shows(html="<figure>" * 4), shows(html='<figure data-live="filter">'), shows(markdown="word " * 600)]
    page.append(("", figures))
    assert reading_minutes(made_of(*page)) == pytest.approx(5 + 2 + 1 + 1 + 3, abs=0.02)
    assert wrong_minutes(made_of(*page)) == []
    for wrong in (title.replace("12", "13"), title.replace("12 min", "min")):
        assert wrong_minutes(made_of(page[0].replace(title, wrong), *page[1:]))
    assert wrong_minutes(made_of(page[0].replace("12", "30") + "word " * 3600, *page[1:]))  # too long


# -------------------------------------------------- planted faults are found


@pytest.mark.parametrize(
    "text, found",
    [
        ("The error is 0.37 at most.", ["0.37"]),
        ("It loses 48 % of the reds and 3.5% of the blues.", ["48 %", "3.5%", "3.5"]),
        ("It loses 48\u00a0% and 12 percent.", ["48\u00a0%", "12 percent"]),
        ("An error of 2e-7.", ["2e-7"]),
        ("A result `0.4812` in code, $0.123$ in mathematics, $48\\,\\%$ too.", ["48\\,\\%", "0.4812", "0.123"]),
        ("All 255 levels, mean 0.485, std 0.229, eps 1e-5, the range [0, 1], 0 % or 100 %.", []),
        ("Choose `0.25` or $x = 0.2$; see torch 2.9, wandb 0.20.1 and [it](https://a.b/1.25).", []),
        ("```\nvalue 0.3712\n```", []),
    ],
)
def test_finds_typed_numbers(text, found):
    assert typed_numbers(text) == found


def test_finds_numbers_typed_into_a_figure():
    assert typed_in_figures('st.figure(fig, alt=f"{x:.1%} of red, 48 % of blue", caption="by 0.31")') == [
        "48 %",
        "0.31",
    ]
    assert typed_in_figures('st.figure(fig, alt=f"{x:.1%} of {y:.2f}" " levels", caption=f"{z}")') == []


GOOD = (
    """# %% [markdown]
# # A finding
#
# 18 minutes · after lesson 2

# %% tags=["hide-input"]
import seeing_tensors as st

# %% [markdown]
# **After this lesson you can**
#
# 1. read a photo, and say
#    what it means;
# 2. say it;
# 3. undo it.
#
# ## Predict

# %%
size = st.predict("How large?")
range_ = st.predict("How far?")

# %% [markdown]
# ## Look

# %%
size.reveal(1)
range_.reveal(2)
type_ = st.predict("Which type?", ["this", "that"])
type_.reveal("a")

# %% [markdown]
# ## Why
# ## The tool
# ## Proof
# ## Elsewhere
# ## Your turn

# %%
st.check(a)
st.check(b)
st.check(c)

# %% [markdown]
# ## What you can do now
#
# - read a photo, and say what it means;
# - say it;
# - undo it.

# %%
st.guesses(1)

# %% [markdown]
# The next lesson goes on.
#
# """
    + "word " * 3400
)


def test_good_lesson_passes():
    assert wrong_sections(GOOD) == wrong_code(GOOD) == wrong_questions(GOOD) == wide_code(GOOD) == []


def test_no_two_questions_of_the_course_are_the_same():
    """A browser keeps a guess under the words of its question."""
    calls = r"st\.predict\(\s*(.*?),\s*(?:\[|guess=)"
    asked = [q for page in PAGES for q in re.findall(calls, page.read_text(encoding="utf-8"), flags=re.S)]
    assert len(set(asked)) == len(asked) > 20


@pytest.mark.parametrize(
    "rule, old, new",
    [
        (wrong_sections, "# ## Why\n", ""),
        (wrong_sections, "# ## Why\n# ## The tool\n", "# ## The tool\n# ## Why\n"),
        (wrong_sections, "# 3. undo it.\n", ""),
        (wrong_sections, "# - undo it.", "# - undo that."),
        (wrong_code, 'tags=["hide-input"]', ""),
        (wrong_code, "st.check(c)", ""),
        (wrong_code, "st.check(a)", "st._HOMES"),
        (wrong_code, "st.check(a)", "# !pip install x"),
        (wrong_code, "import seeing_tensors as st", "from seeing_tensors.tensors import to_tensor"),
        (wrong_code, "import seeing_tensors as st", "from seeing_tensors.course.laws import law"),
        (wrong_code, "import seeing_tensors as st", "import seeing_tensors"),
        (wrong_questions, 'type_ = st.predict("Which type?", ["this", "that"])', "type_ = None"),
        (wrong_questions, "size.reveal(1)", ""),
        (wrong_questions, "# ## Look", "# ## See"),
        (wrong_questions, "st.guesses(1)", ""),
        (wide_code, "import seeing_tensors as st", f"x = {'1' * 97}"),
        (wide_code, "st.check(c)", f"x = {'1' * 69}"),
    ],
)
def test_finds_a_planted_fault(rule, old, new):
    assert old in GOOD
    assert rule(GOOD.replace(old, new, 1))


FIGURE = '<figure><img alt="{alt}" src="data:,"><figcaption>{caption}</figcaption></figure>'


@pytest.mark.parametrize(
    "output, ran, faults",
    [
        ({"text/html": FIGURE.format(alt="a" * 40, caption="Look here.")}, 1, 0),
        ({"text/html": FIGURE.format(alt="a" * 40, caption="Look here.")}, None, 1),
        ({"text/html": FIGURE.format(alt="short", caption="Look here.")}, 1, 1),
        ({"text/html": FIGURE.format(alt="a" * 40, caption=" ")}, 1, 1),
        ({"text/html": f'<img alt="{"a" * 40}" src="data:,">'}, 1, 1),
        ({"text/html": "<figure><img src='data:,'><figcaption>Look.</figcaption></figure>"}, 1, 1),
        ({"image/png": "", "text/plain": "<Figure>"}, 1, 1),
        ({"text/plain": f"{ROOT}/src/x.py"}, 1, 1),
        ({"text/html": "see https://host.org/home/page"}, 1, 0),
        ("stderr", 1, 1),
        (None, 1, 1),
    ],
)
def test_finds_a_planted_output(output, ran, faults):
    v4 = nbformat.v4
    if output == "stderr":
        out = v4.new_output("stream", name="stderr", text="UserWarning: a warning")
    else:
        out = v4.new_output("error", ename="E", evalue="") if output is None else v4.new_output("display_data", output)
    cell = v4.new_code_cell("x", execution_count=ran, outputs=[out])
    assert len(wrong_outputs(v4.new_notebook(cells=[cell]))) == faults
