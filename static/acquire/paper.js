// Prints a receipt: a roll is as long as its text. Without scripts the browser prints the page as it is.
"use strict";

const MM = 96 / 25.4;
const WIDTHS = { 80: 80, 58: 58 };

// The page's length is known only once it is drawn.
function cutPaper() {
  const sheet = document.querySelector("[data-sheet]");
  const form = document.querySelector("[data-paper-form]")?.dataset.paperForm;
  const style = document.querySelector('link[href*="paper.css"]')?.sheet;
  if (!sheet || !style) return;
  const size = WIDTHS[form] ? `${WIDTHS[form]}mm ${Math.ceil(sheet.getBoundingClientRect().height / MM) + 4}mm` : "A4";
  const margin = WIDTHS[form] ? "0" : "15mm";
  style.insertRule(`@page { size: ${size}; margin: ${margin}; }`, style.cssRules.length);
}

document.querySelectorAll("[data-print-paper]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
});
cutPaper();

// The desk's button prints on the paper that was printed on last.
const chosenPaper = document.querySelector("[data-paper-form]")?.dataset.paperForm;
if (chosenPaper) localStorage.setItem("paper", chosenPaper);

const waiting = document.querySelector("[data-await]");
if (waiting) {
  let looks = 0;
  const look = async () => {
    try {
      const told = await (await fetch(waiting.dataset.await, { cache: "no-store" })).json();
      if (!told.moving) { location.reload(); return; }
    } catch { /* asked again below */ }
    looks += 1;
    if (looks < 30) setTimeout(look, 1000);
  };
  setTimeout(look, 700);
}
