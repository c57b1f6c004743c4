// Keeps what was typed into a form that was not taken, since its session had ended or its page was too old, until its own
// person opens the page again. In this tab alone, and only over the page that says so: any other forgets it. Nothing secret is kept.
"use strict";

const KEPT = "typed", KEPT_FOR = 30 * 60 * 1000;
const OF_ONE_PAGE = ["form_token", "form_key", "shown", "shown_total"];
const keeping = one("form[data-keep]");
// A page whose fields depend on what is typed makes them first.
let prepareTyped = async () => {};

function keepTyped(isOver) {
  if (!keeping) return;
  const isSecret = (name) => one(`[name="${CSS.escape(name)}"]`, keeping)?.type === "password";
  const typed = [...new FormData(keeping)].filter(([name]) => !OF_ONE_PAGE.includes(name) && !isSecret(name));
  const { person } = document.body.dataset;
  sessionStorage.setItem(KEPT, JSON.stringify({ path: location.pathname, person, typed, isOver, until: Date.now() + KEPT_FOR }));
}

function takeTyped() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT));
  sessionStorage.removeItem(KEPT);
  if (!kept || Date.now() > kept.until) return null;
  if (one("[data-not-taken]")) {
    sessionStorage.setItem(KEPT, JSON.stringify({ ...kept, isOver: true }));
    setTimeout(() => sessionStorage.removeItem(KEPT), kept.until - Date.now());
    return null;
  }
  const isTheirs = kept.person === document.body.dataset.person && kept.path === location.pathname;
  return kept.isOver && isTheirs && keeping ? kept.typed : null;
}

function typeAgain(typed) {
  const values = new Map(typed);
  [...keeping.elements].forEach((field) => {
    if (!field.name || ["hidden", "password", "submit", "button"].includes(field.type)) return;
    const isBox = field.type === "checkbox" || field.type === "radio";
    const was = isBox ? field.checked : field.value;
    if (isBox) field.checked = values.get(field.name) === field.value;
    else if (values.has(field.name)) field.value = values.get(field.name);
    if ((isBox ? field.checked : field.value) === was) return;
    const fold = field.closest("details");
    if (fold) fold.open = true;
    ["input", "change"].forEach((kind) => field.dispatchEvent(new Event(kind, { bubbles: true })));
  });
}

document.addEventListener("submit", (event) => { if (event.target === keeping && !event.defaultPrevented) keepTyped(false); });
all("[data-sign-in-again]").forEach((link) => link.addEventListener("click", () => keepTyped(true)));
// Once all scripts of the page listen.
document.addEventListener("DOMContentLoaded", async () => {
  const typed = takeTyped();
  if (!typed) return;
  await prepareTyped(typed);
  typeAgain(typed);
  one("#typed-again").hidden = false;
});
