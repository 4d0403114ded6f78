// Every figure, live or still, can fill the screen with its caption, for a class: a button at its caption opens it, the
// arrow keys (or a presenter's Page Down) go from one to the next, Escape closes. The figure itself moves there and back,
// so that a live one is the same one. Without the browser's own full screen a dialog over the page is as good.
function addFullScreen() {
  const figures = [...document.querySelectorAll(".bd-article figure:has(> img):has(> figcaption)")];
  const dialog = document.createElement("dialog");
  dialog.className = "full-screen";
  dialog.innerHTML =
    '<div class="full-screen-bar"><span role="status"></span><button type="button">Previous</button>' +
    '<button type="button">Next</button><button type="button">Close</button></div>';
  const [previous, next, close] = dialog.querySelectorAll("button");
  const hole = document.createElement("div"); // keeps the place of the figure that is shown
  let at = 0;

  const putBack = () => {
    figures[at].style.zoom = "";
    hole.replaceWith(figures[at]);
  };
  const fit = () => {
    const figure = figures[at];
    figure.style.zoom = 1;
    const { paddingLeft, paddingTop, paddingBottom } = getComputedStyle(dialog);
    const width = dialog.clientWidth - 2 * parseFloat(paddingLeft);
    const height = dialog.clientHeight - parseFloat(paddingTop) - parseFloat(paddingBottom);
    // Not so small that nobody reads it: what is too high then scrolls.
    figure.style.zoom = Math.max(0.7, Math.min(width / figure.offsetWidth, height / figure.offsetHeight));
  };
  const show = (number) => {
    if (hole.isConnected) putBack();
    at = (number + figures.length) % figures.length;
    const figure = figures[at];
    hole.style.height = `${figure.offsetHeight}px`;
    figure.replaceWith(hole);
    dialog.append(figure);
    dialog.querySelector("span").textContent = `Figure ${at + 1} of ${figures.length}`;
    dialog.setAttribute("aria-label", dialog.querySelector("span").textContent);
    dialog.scrollTop = 0;
    fit();
  };

  previous.addEventListener("click", () => show(at - 1));
  next.addEventListener("click", () => show(at + 1));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => {
    if (event.target.closest("input, select, textarea, [role=application], [role=slider]")) return;
    if (event.key === "Escape") return dialog.close(); // a browser may give it to its own full screen alone
    const step = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    show(at + step);
  });
  dialog.addEventListener("close", () => {
    putBack();
    figures[at].querySelector(".full-screen-open").focus();
    figures[at].scrollIntoView({ block: "nearest", behavior: "instant" });
    if (document.fullscreenElement) document.exitFullscreen();
  });
  document.addEventListener("fullscreenchange", () => {
    if (!document.fullscreenElement) dialog.close();
  });
  addEventListener("resize", () => dialog.open && fit());

  for (const [number, figure] of figures.entries()) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "full-screen-open", title: "Full screen" });
    button.setAttribute("aria-label", "Full screen");
    button.innerHTML =
      '<svg viewBox="0 0 16 16" aria-hidden="true"><path d="M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4"/></svg>';
    button.addEventListener("click", () => {
      dialog.showModal();
      dialog.focus();
      show(number);
      document.documentElement.requestFullscreen?.().catch(() => {}); // refused: the dialog covers the page
    });
    figure.querySelector(":scope > figcaption").prepend(button);
  }
  dialog.tabIndex = -1;
  if (figures.length) document.querySelector(".bd-article").append(dialog);
}
addEventListener("load", addFullScreen);
