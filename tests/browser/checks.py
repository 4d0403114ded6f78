"""What every page must keep, looked at in a browser. Each check returns what is wrong, in words.

`opened` loads a page once; all checks look at that one load. test_planted_faults.py shows that each finds its fault.
"""

import io
import re
import urllib.parse
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, TimeoutError

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
MODES = {
    "light": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "has_touch": True},
}
MOST_BYTES = 4_000_000
HANG = 600_000  # ms: a busy machine may be slow, only a hang takes so long

# Runs before the page's own scripts: when the first picture of the text was on the screen, and how far things jumped.
WATCH = """
window.seen = {picture: null, jumps: 0};
document.addEventListener("load", ({target}) => {
  if (target.tagName === "IMG" && seen.picture === null)
    requestAnimationFrame(() => (seen.picture ??= performance.now()));
}, true);
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.jumps += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""


@dataclass
class Visit:
    """A page as it was loaded: Playwright's page, the addresses it asked for, and what went wrong meanwhile."""

    page: Page
    file: Path
    mode: str = "light"
    asked: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    seen: dict = field(default_factory=dict)


@contextmanager
def opened(browser: Browser, file: Path, mode: str = "light"):
    """Open a page from file:// and wait until it has come to rest."""
    context = browser.new_context(**MODES[mode])
    context.set_default_timeout(HANG)
    context.add_init_script(WATCH)
    try:
        visit = Visit(context.new_page(), file, mode)
        page = visit.page
        # Nothing is let out, so that a fault is a line here and not a wait for an answer.
        page.route(re.compile("^https?:"), lambda route: route.abort())
        page.on("request", lambda request: visit.asked.append(request.url))
        page.on("pageerror", lambda error: visit.errors.append(f"error: {error}"))
        page.on("console", lambda message: message.type == "error" and visit.errors.append(f"console: {message.text}"))
        page.on("requestfailed", lambda request: visit.missing.append(f"{request.url[:200]}: {request.failure}"))
        page.goto(file.as_uri())
        page.evaluate("document.fonts.ready")
        page.wait_for_timeout(50)
        visit.seen = page.evaluate("window.seen")
        yield visit
    finally:
        context.close()


# ------------------------------------------------------- what the page asks for


def stays_here(visit):
    """No request leaves the machine."""
    return [url[:200] for url in visit.asked if not url.startswith(("file:", "data:", "blob:"))]


def no_errors(visit):
    """No script fails, and nothing is an error in the console. What is refused or missing has checks of its own."""
    return [error for error in visit.errors if "Failed to load resource" not in error]


def nothing_missing(visit):
    """Whatever the page asks the file system for is there."""
    return [fault for fault in visit.missing if fault.startswith("file:")]


def weight(visit):
    """The bytes of the page and of all that it loads from the file system, also of the pictures that it loads late."""
    late = visit.page.evaluate("Array.from(document.images, (image) => image.hidden ? '' : image.src)")
    asked = {url for url in visit.asked + late if url.startswith("file:")}
    paths = {urllib.parse.unquote(urllib.parse.urlsplit(url).path) for url in asked}
    return sum(Path(path).stat().st_size for path in paths if Path(path).is_file())


def light_enough(visit):
    return [f"{weight(visit):,} bytes, at most {MOST_BYTES:,}"] if weight(visit) > MOST_BYTES else []


# ------------------------------------------------------------ what is to be seen


def fits(visit):
    """Nothing makes the page scroll sideways."""
    return visit.page.evaluate("""() => {
      const width = document.documentElement.clientWidth;
      if (document.documentElement.scrollWidth <= width) return [];
      const wide = [...document.body.querySelectorAll("*")].filter((e) => e.getBoundingClientRect().right > width + 1);
      return [`${document.documentElement.scrollWidth} px on a screen of ${width}`]
        .concat(wide.slice(0, 3).map((e) => `${e.tagName.toLowerCase()} .${e.className}`));
    }""")


# The words that begin in one line and end in another, but for words of prose and those that are wider than their box.
# A browser may have no dictionary for hyphens: then the style alone shows that code would be hyphenated elsewhere.
SPLIT_WORDS = r"""() => {
  const faults = [...document.querySelectorAll("code, pre")]
    .filter((e) => getComputedStyle(e).hyphens === "auto")
    .map((e) => `hyphens in ${e.outerHTML.slice(0, 80)}`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const lines = () => new Set([...range.getClientRects()].map((e) => Math.round(e.top))).size;
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const parent = node.parentElement;
    range.selectNodeContents(node);
    if (lines() < 2 || !parent.checkVisibility({visibilityProperty: true})) continue;
    if (getComputedStyle(parent).hyphens === "auto") continue;
    let box = parent;
    while (/^(inline|contents)$/.test(getComputedStyle(box).display)) box = box.parentElement;
    for (const word of node.data.matchAll(/[\p{L}\p{N}_]{2,}/gu)) {
      range.setStart(node, word.index);
      range.setEnd(node, word.index + word[0].length);
      const width = [...range.getClientRects()].reduce((sum, e) => sum + e.width, 0);
      if (lines() > 1 && width <= box.clientWidth)
        faults.push(`${word[0]} in ${parent.outerHTML.slice(0, 80)}`);
    }
  }
  return faults.slice(0, 5);
}"""


def words_are_whole(visit):
    """No line breaks inside a word of code, of a table, of what is printed or said."""
    return visit.page.evaluate(SPLIT_WORDS) if visit.mode != "dark" else []  # in dark the lines are as in light


def stays_put(visit):
    """What is on the screen does not jump while mathematics, fonts and live figures come in."""
    jumps = visit.seen["jumps"]
    return [f"the layout shifted by {jumps:.2f}, at most 0.1"] if jumps > 0.1 else []


def pictures_have_words(visit):
    """Every picture says what it shows: at least 40 characters, and not the name of its file.

    But not a second time for what lies on it in dark.
    """
    faults = []
    for alt, hidden, source in visit.page.evaluate(
        'Array.from(document.images, (i) => [i.getAttribute("alt") ?? "", '
        '!!i.closest("[aria-hidden=true]") || i.hidden, i.src.slice(0, 80)])'
    ):
        if not hidden and (
            len(alt.strip()) < 40 or re.search(r"\.(png|jpe?g|svg|gif|webp)\b", alt, re.I) or " " not in alt
        ):
            faults.append(f"alt text {alt!r} of {source}")
    return faults


# Code is most of a page's elements, and its colours go by the kind of word. A block of code whose kinds have all been
# seen, or that a fold hides, is one text while axe looks; then all is as it was.
LOOK_AT = """async (options) => {
  const seen = new Set(), kept = [];
  for (const pre of document.querySelectorAll("pre")) {
    const shown = pre.checkVisibility();
    const box = pre.parentElement.className;
    const kinds = [...pre.querySelectorAll("*")].map((e) => `${box} ${e.tagName} ${e.className}`);
    if (!shown || kinds.every((kind) => seen.has(kind))) {
      kept.push([pre, [...pre.childNodes]]);
      pre.replaceChildren(pre.textContent);
    } else kinds.forEach((kind) => seen.add(kind));
  }
  const found = await axe.run(document, options);
  kept.forEach(([pre, nodes]) => pre.replaceChildren(...nodes));
  return found.violations;
}"""


def accessible(visit):
    """axe finds nothing against WCAG 2.2, A and AA.

    In light everything is looked at. In dark only the colours are others, and on a phone only the colours are the same.
    """
    visit.page.evaluate(AXE)
    rules = {"type": "rule", "values": ["color-contrast"]} if visit.mode == "dark" else {"type": "tag", "values": WCAG}
    options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}
    if visit.mode == "phone":
        options["rules"] = {"color-contrast": {"enabled": False}}
    return [
        f"{fault['id']}: {fault['help']}: {node['html'][:160]} "
        f"({node['failureSummary'].splitlines()[-1].strip()[:200]})"
        for fault in visit.page.evaluate(LOOK_AT, options)
        for node in fault["nodes"][:3]
    ]


def says_what_it_is(visit):
    """The title has the book's name once, and there is a description for those who find the page elsewhere."""
    title, words = visit.page.evaluate(
        '[document.title, document.querySelector("meta[name=description]")?.content ?? ""]'
    )
    faults = [] if title.count("Seeing Tensors") == 1 else [f"title {title!r}"]
    return faults + ([] if 40 <= len(words) <= 200 else [f"description {words!r}"])


# What is named otherwise than it is written cannot be asked for by voice: WCAG 2.5.3.
OTHER_NAMES = """() => {
  const words = (text) => text.toLowerCase().replace(/[^\\p{L}\\p{N}]+/gu, " ").trim();
  const keys = (e) => [...e.querySelectorAll("[class*=kbd]")].map((keys) => keys.innerText);  // a shortcut is no name
  const seen = (e) => words(keys(e).reduce((text, shortcut) => text.replace(shortcut, ""), e.innerText));
  return [...document.querySelectorAll(":is(a, button, summary, input, [role=button])[aria-label]")]
    .filter((e) => e.checkVisibility() && !words(e.ariaLabel).includes(seen(e)))
    .map((e) => `"${e.innerText.trim()}" is called "${e.ariaLabel}"`);
}"""


def named_as_seen(visit):
    """Nothing that one can press has one name for the eye and another for who listens or speaks."""
    return visit.page.evaluate(OTHER_NAMES)


ANSWERED = """() => [...document.querySelectorAll(".st-predict")].flatMap((each) => {
  const words = each.innerText.slice(0, 80);
  if (each.dataset.started !== "yes") return [`not started: ${words}`];
  if (each.dataset.part !== "question") return each.open ? [`given away: ${words}`] : [];
  const {key} = JSON.parse(each.querySelector("script[type='application/json']").textContent);
  const isAnswer = (other) => other.dataset.part === "answer" && other.textContent.includes(key);
  const answer = [...document.querySelectorAll(".st-predict")].find(isAnswer);
  const below = answer && each.compareDocumentPosition(answer) & Node.DOCUMENT_POSITION_FOLLOWING;
  return [...(below ? [] : [`no answer: ${words}`]), ...(each.querySelector("form") ? [] : [`no form: ${words}`])];
})"""


def questions_are_asked(visit):
    """Every question is a form, and its answer is further down, folded."""
    return visit.page.evaluate(ANSWERED)


# Which entry of the contents is marked after a jump, beside the last heading above a third of the screen.
MARKED = """async (share) => {
  const links = [...document.querySelectorAll(".page-toc a")];
  scrollTo({top: share * (document.documentElement.scrollHeight - innerHeight), behavior: "instant"});
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
  const place = (link) => document.getElementById(decodeURIComponent(link.hash.slice(1))).getBoundingClientRect().top;
  const marked = links.filter((link) => link.ariaCurrent).map((link) => link.innerText);
  const above = links.filter((link) => share === 1 || place(link) < innerHeight / 3).map((link) => link.innerText);
  return [marked.join(", "), above.at(-1) ?? ""];
}"""


def contents_follow(visit):
    """The contents mark the section that is on the screen, also after a jump over many."""
    if visit.mode != "light" or not visit.page.query_selector(".page-toc a"):
        return []
    found = {share: visit.page.evaluate(MARKED, share) for share in (1, 0, 0.6)}
    return [
        f"at {share}: {marked!r} is marked, not {read!r}" for share, (marked, read) in found.items() if marked != read
    ]


# Below the first picture of each figure lies what is drawn otherwise in dark, hidden until it is asked for.
OVER = """async (figure) => {
  const [picture, over] = figure.querySelectorAll(":scope > img");
  picture.scrollIntoView({block: "center", behavior: "instant"});
  for (const image of [picture, over]) if (image?.checkVisibility()) {
    image.loading = "eager";
    await image.decode();
  }
  const box = (image) => JSON.stringify(image.getBoundingClientRect());
  return [picture.checkVisibility(), !!over?.checkVisibility(), !over || box(over) === box(picture)];
}"""


def dark_pictures(visit):
    """In dark no figure is a light card; in light nothing of the dark ones is to be seen, and none is loaded."""
    faults = []
    for number, figure in enumerate(visit.page.query_selector_all("figure:has(> img)"), 1):
        over = figure.query_selector(":scope > img[hidden]")
        if visit.mode != "dark":
            if over and (over.is_visible() or over.evaluate("(image) => image.src") in visit.asked):
                faults.append(f"figure {number}: its dark picture is loaded in light")
            continue
        shown, covered, fits = figure.evaluate(OVER)
        if shown and covered and not fits:
            faults.append(f"figure {number}: its dark picture does not lie on the other")
        if shown and light_around(figure.query_selector(":scope > img").screenshot()):
            faults.append(f"figure {number}: a light card on a dark page")
    return faults


def light_around(png):
    """True for a picture whose four corners are light: a photo's seldom are, a light figure's always."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
    return min(pixels[y, x] for y in (4, -5) for x in (4, -5)) > 150


FILLS = """(figure) => {
  const [{width, height}, dialog] = [figure.getBoundingClientRect(), figure.closest("dialog[open]")];
  const {width: w, height: h} = dialog?.getBoundingClientRect() ?? {};
  return w >= innerWidth - 1 && h >= innerHeight - 1 && Math.max(width / w, height / h) > 0.6;
}"""
# Whether a figure is over the page or has the focus, and which one of the page's it is.
PLACE = """(figure) => [!!figure.closest("dialog"), figure.contains(document.activeElement),
  [...document.querySelectorAll("figure")].indexOf(figure)]"""


def figures_fill_the_screen(visit):
    """Every figure with a caption has a button that opens it full screen; arrow keys go on, Escape leads back to it."""
    page = visit.page
    figures = page.query_selector_all("figure:has(> img):has(> figcaption)")
    if visit.mode == "dark" or not figures:
        return []  # as in light
    buttons = page.get_by_role("button", name="Full screen", exact=True)
    if buttons.count() != len(figures):
        return [f"{len(figures)} figures, {buttons.count()} buttons for the full screen"]
    faults = []
    first, last = figures[0], figures[-1]
    number = last.evaluate(PLACE)[2]
    buttons.first.focus()
    page.keyboard.press("Enter")
    if not first.evaluate(FILLS):
        faults.append("the first figure does not fill the screen")
    page.keyboard.press("ArrowLeft")  # round to the last one
    if not last.evaluate(FILLS):
        faults.append("an arrow key does not go on to the last figure")
    page.keyboard.press("Escape")
    page.wait_for_function("() => !document.fullscreenElement")
    if last.evaluate(PLACE) != [False, True, number]:
        faults.append("Escape does not put the figure back and the focus on it")
    return faults


WAIT = 20_000  # ms for the pixels' script to load

# Where the middle of a figure's first picture is on the screen.
MIDDLE = """async (figure) => {
  const image = figure.querySelector(":scope > img");
  image.scrollIntoView({block: "center", behavior: "instant"});
  const {left, top, width, height} = image.getBoundingClientRect();
  const [x, y, w, h] = (await loadPixels(figure))[0].at;
  return [left + width * (x + w / 2), top + height * (y + h / 2)];
}"""
SAID = """([figure, before]) => {
  const said = figure.querySelector(".inspect.is-on .inspect-readout")?.innerText;
  return said && said !== before && said;
}"""


def pixels_are_told(visit):
    """Whoever points at a picture, or goes over it by the arrow keys, is told which pixel it is and what was drawn."""
    page = visit.page
    known = page.query_selector_all("figure:has(> script.st-pixels)")
    boards = page.query_selector_all("figure > .inspect[tabindex='0']")
    if len(known) != len(boards):
        return [f"the pixels of {len(known)} figures are known, and {len(boards)} can be asked"]
    if visit.mode == "dark" or not known:
        return []  # as in light
    faults, told = [], None
    page.evaluate("document.activeElement.blur()")  # what has the focus is told as well
    for way in ("mouse", "keyboard"):
        if way == "mouse":
            page.mouse.move(*known[0].evaluate(MIDDLE))
        else:
            boards[0].focus()
            page.keyboard.press("ArrowLeft")
        try:
            found = page.wait_for_function(SAID, arg=[known[0], told], timeout=WAIT).json_value()
        except TimeoutError:
            faults.append(f"nothing is told about a pixel by {way}")
            continue
        if not re.match(r"row \d+, column \d+\n.* → \d+", found):
            faults.append(f"by {way} a pixel says {found!r}")
        told = found
    page.keyboard.press("Escape")
    return faults


def numbers_under_numbers(visit):
    """In a table a column of numbers, and its head, is set to the right."""
    return visit.page.evaluate("""() => {
      const faults = [];
      for (const table of document.querySelectorAll("article table.table")) {
        const rows = [...table.rows];
        for (let column = 1; column < rows[0].cells.length; column++) {
          const cells = rows.map((row) => row.cells[column]);
          const isNumber = (cell) => /^[\\d.]+ ?%?$/.test(cell?.textContent.trim());
          if (rows.length < 2 || !cells.slice(1).every(isNumber)) continue;
          if (cells.some((cell) => !["right", "end"].includes(getComputedStyle(cell).textAlign)))
            faults.push(`not set to the right: ${cells.map((cell) => cell.textContent.trim()).join(" ").slice(0, 80)}`);
        }
      }
      return faults;
    }""")


# ------------------------------------------------------------------ the links


@cache
def anchors_of(file: Path) -> set[str]:
    return set(re.findall(r"""\s(?:id|name)=["']([^"']+)["']""", file.read_text(encoding="utf-8")))


def links_lead_somewhere(visit):
    """Every link within the book leads to a file that is there, and to an id that is in it."""
    faults = []
    for address in visit.page.evaluate("Array.from(document.links, (link) => link.href)"):
        parts = urllib.parse.urlsplit(address)
        target, fragment = Path(urllib.parse.unquote(parts.path)), urllib.parse.unquote(parts.fragment)
        if parts.scheme != "file":
            continue
        if not target.is_file() or (fragment and target.suffix == ".html" and fragment not in anchors_of(target)):
            faults.append(address)
    return faults


# --------------------------------------------------------------- the keyboard

# One stop for a group of radio buttons: the arrow keys go on from there. What is in a closed fold waits for its key.
STOPS = """() => {
  const all = document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']");
  const seen = (e) => e.checkVisibility({visibilityProperty: true});
  const stops = [...all].filter((e) => !e.disabled && e.type !== "hidden" && e.tabIndex >= 0 && seen(e));
  stops.forEach((e) => (e.dataset.stop = e.type === "radio" ? `radio ${e.name}` : e.outerHTML.slice(0, 140)));
  return [...new Set(stops.map((e) => e.dataset.stop))];
}"""
# Where the focus is, and whether one can see it: something of its look differs from an element without it.
FOCUS = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return [null, true];
  const {outlineStyle, outlineWidth, outlineColor} = getComputedStyle(e);
  const outlined = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  return [e.dataset.stop ?? "", outlined && !/, 0\\)$/.test(outlineColor)];
}"""


def keyboard_reaches(visit):
    """Tab reaches everything that can be pressed, typed into or moved, and one can see where it is."""
    if visit.mode == "dark":
        return []  # the same stops as in light
    page = visit.page
    stops = set(page.evaluate(STOPS))
    page.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    reached, unseen, first = set(), set(), None
    for _ in range(2 * len(stops) + 20):
        page.keyboard.press("Tab")
        stop, visible = page.evaluate(FOCUS)
        if stop == first and stops <= reached:
            break  # once round
        first = first or stop
        # A mark in the contents follows the page as it scrolls: a link may fold away that has the focus. Tab goes on.
        reached.add(stop)
        if not visible:
            unseen.add(stop)
    faults = [f"Tab does not reach {stop}" for stop in sorted(stops - reached)]
    return faults + [f"nobody sees the focus on {stop}" for stop in sorted(unseen)]


# ------------------------------------------------------------ the live figures

# Everything of a live figure that a reader can see: its pictures' pixels, its words, where things stand.
# A figure draws in the frame after an event.
LOOK = """async (figure) => await new Promise(requestAnimationFrame) && [figure.innerText]
  .concat([...figure.querySelectorAll("canvas")].map((c) => c.toDataURL()))
  .concat(
    [...figure.querySelectorAll("[style], svg *")].map((e) => e.tagName + e.getAttribute("style") + e.getAttribute("d"))
  )
  .concat([...figure.querySelectorAll("input")].filter((e) => e.checkVisibility()).length).join("\\n")"""


# Where a pointer meets a control and the others of its group: across, down the figure, and down the screen.
PLACES = """(control) => {
  const {top} = control.closest("figure").getBoundingClientRect();
  const group = control.closest("fieldset")?.querySelectorAll("input") ?? [control];
  return [...group].map((e) => e.getBoundingClientRect()).map(({x, y}) => [x, y - top, y]);
}"""


def apart(before, after):
    """By how many pixels a control, or another of its group, has moved under the pointer.

    A page that scrolls takes it along on the screen; what sticks to the screen goes along the figure. Neither is meant.
    """
    ways = np.abs(np.subtract(before, after))
    return max(ways[:, 0].max(), ways[:, 1:].min(axis=1).max())


def live_figures_live(visit):
    """Every live figure has taken the place of its still picture, and each of its controls, by keyboard, changes it."""
    faults = []
    for number, figure in enumerate(visit.page.query_selector_all("figure[data-live]"), 1):
        name = f"live figure {number}, {figure.get_attribute('data-live')}"
        controls = figure.query_selector_all(
            "input[type=range], input[type=checkbox], input[type=radio]:not(:checked), select"
        )
        if figure.get_attribute("data-started") != "yes" or not controls:
            faults.append(f"{name}, has not started")
            continue
        for control in controls:
            if not control.is_visible():
                continue
            before = figure.evaluate(LOOK)
            kind = control.get_attribute("type") or "select"
            value = control.evaluate("(e) => [e.value, e.checked]")
            control.focus()
            places = control.evaluate(PLACES)
            keys = {"range": ["ArrowRight", "ArrowLeft", "ArrowLeft"], "select": ["ArrowDown", "ArrowUp"]}.get(
                kind, [" "]
            )
            changed = False
            for key in keys:  # at its end a slider goes one way only
                control.press(key)
                changed = changed or figure.evaluate(LOOK) != before
            way = apart(places, control.evaluate(PLACES))
            if not changed or way > 1:
                label = control.evaluate(
                    "(e) => e.labels?.[0]?.innerText ?? e.getAttribute('aria-label') ?? e.outerHTML.slice(0, 80)"
                )
            if way > 1:
                faults.append(f"{name}: {kind} {label!r} moves {way:.0f} px under the pointer")
            if not changed:
                faults.append(f"{name}: nothing changes with {kind} {label!r} at {value}")
    return faults


# In this order: the keyboard and the live figures change the page.
CHECKS = [
    stays_here,
    no_errors,
    nothing_missing,
    fits,
    words_are_whole,
    stays_put,
    pictures_have_words,
    says_what_it_is,
    named_as_seen,
    accessible,
    contents_follow,
    dark_pictures,
    numbers_under_numbers,
    links_lead_somewhere,
    questions_are_asked,
    keyboard_reaches,
    pixels_are_told,
    figures_fill_the_screen,
    live_figures_live,
    no_errors,
]


def faults_of(visit) -> dict[str, list[str]]:
    """What each check finds; checks that find nothing are left out."""
    found = {check.__name__: check(visit) for check in CHECKS}
    return {name: faults for name, faults in found.items() if faults}
