// What scrolls in its own box must scroll by keyboard too: a formula or a line of output that is wider than the screen is a
// stop of the Tab key then, and only then.
function reachWhatScrolls() {
  for (const box of document.querySelectorAll(
    ".displayed-math, .cell_output .output, .pst-scrollable-table-container",
  )) {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("load", reachWhatScrolls);
addEventListener("resize", reachWhatScrolls);

// In the contents beside the page the section is marked that one reads: the last whose heading has come past a third of the
// screen. However fast one gets there.
function markContents() {
  const links = [...document.querySelectorAll("#page-contents a")];
  const headings = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
  const atEnd = scrollY > 0 && scrollY + innerHeight >= document.documentElement.scrollHeight - 2;
  const passed = headings.filter((each) => each && (atEnd || each.getBoundingClientRect().top < innerHeight / 3));
  const current = links[headings.indexOf(passed.at(-1))];
  for (const link of links) {
    link.classList.toggle("active", link === current);
    if (link === current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}
let marking = 0;
for (const event of ["load", "scroll", "resize"])
  addEventListener(event, () => (marking ||= requestAnimationFrame(() => ((marking = 0), markContents()))), {
    passive: true,
  });

// In a table, a column of numbers is set to the right, so that tens stand under tens; its head goes with it.
function alignNumbers() {
  const isNumber = (cell) => /^[−+-]?[\d.,\s]+([x×][\d\s]+)*(\s?(%|ms|s|MB|GB|kB|x|×))?$/.test(cell.textContent.trim());
  for (const table of document.querySelectorAll(".bd-article table.table")) {
    const rows = [...table.tBodies].flatMap((body) => [...body.rows]).filter((row) => !row.querySelector("[colspan]"));
    for (let column = 1; column < (rows[0]?.cells.length ?? 0); column++) {
      const cells = rows.map((row) => row.cells[column]).filter((cell) => cell?.textContent.trim());
      if (!cells.length || !cells.every(isNumber)) continue;
      for (const row of table.rows) row.cells[column]?.classList.add("is-number");
    }
  }
}
addEventListener("DOMContentLoaded", alignNumbers);
