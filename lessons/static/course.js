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
