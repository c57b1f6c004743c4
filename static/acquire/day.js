// The sum of the notes while they are counted; the server adds them up again.
"use strict";

document.querySelectorAll("form[data-count]").forEach((form) => {
  const shown = form.querySelector("[data-notes-sum]");
  const notes = Array.from(form.querySelectorAll("[data-note]"));
  const coins = form.querySelector("#coins");
  const total = form.querySelector("#counted");
  let isOurs = total.value === "";
  total.addEventListener("input", () => { isOurs = total.value === ""; });
  const add = () => {
    const pieces = notes.map((input) => [Number(input.dataset.note), /^\d{1,5}$/.test(input.value.trim()) ? Number(input.value) : 0]);
    const tiyn = pieces.reduce((sum, [note, count]) => sum + note * count * 100, readTiyn(coins.value) || 0);
    const isTyped = notes.some((input) => input.value.trim()) || coins.value.trim() !== "";
    shown.hidden = !isTyped;
    shown.querySelector("b").textContent = showMoney(tiyn);
    if (isOurs) total.value = isTyped ? typeMoney(tiyn) : "";
  };
  [...notes, coins].forEach((input) => input.addEventListener("input", add));
  add();
});
