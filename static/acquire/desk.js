// The desk: search as you type, a payment by tiles and keys, and on to the next customer. All of it works without.
"use strict";

// Finds as somebody types: the words go by POST, what comes back has an address of its own.
const searching = one("#search");
if (searching) {
  const field = one("#q", searching);
  let waiting = 0, latest = null, shown = field.value.trim();
  const find = async () => {
    const words = field.value.trim();
    if (words === shown) return;
    if (latest) latest.abort();
    latest = new AbortController();
    const form = new URLSearchParams(new FormData(searching));
    form.set("typing", "1");
    try {
      const answer = await fetch(searching.action, { method: "POST", body: form, signal: latest.signal });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!one("#visits", page)) return void location.assign(answer.url);
      ["#list-head", "#visits"].forEach((part) => one(part).replaceWith(one(part, page)));
      // One step back leads out of the search, however many letters it took.
      if (!one("form.pay")) history[shown || !words ? "replaceState" : "pushState"](null, "", answer.url);
      shown = words;
    } catch { /* typed on, or no connection: Enter still sends the form */ }
  };
  field.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(find, 180); });
  searching.addEventListener("submit", () => { clearTimeout(waiting); if (latest) latest.abort(); });
  window.addEventListener("popstate", () => location.reload());
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !isTyping(event.target)) {
      event.preventDefault();
      field.select();
    }
  });
  if ("first" in field.dataset && matchMedia("(pointer: fine)").matches && !location.hash) field.focus({ preventScroll: true });
}

// What somebody unfolded stays so when the list is renewed.
const pane = one(".pane-list");
if (pane) {
  const folds = new Map();
  pane.addEventListener("toggle", (event) => { if (event.target.id) folds.set(event.target.id, event.target.open); }, true);
  new MutationObserver(() => all("details[id]", pane).forEach((fold) => {
    if (folds.has(fold.id) && fold.open !== folds.get(fold.id)) fold.open = folds.get(fold.id);
  })).observe(pane, { childList: true });
  const rows = one("#visits", pane);
  const chosen = one("a.visit[aria-current]", rows);
  if (chosen) rows.scrollTop = chosen.offsetTop - rows.offsetTop - rows.clientHeight / 3;
}

// A payment
const pay = one("form.pay");
if (pay) {
  const take = () => pay.requestSubmit(one(".bar button", pay));
  offerPayment(pay, take);
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && event.target === document.body && one("input[name=method]:checked", pay)) take();
  });
  pay.addEventListener("submit", () => sessionStorage.setItem("paying", "1"));
}

// The receipt
const finished = one("[data-finished]");
if (finished) {
  const next = one("[data-next]", finished);
  const print = one("[data-print-link]", finished);
  const paper = localStorage.getItem("paper");
  if (print && /^(80|58|a4)$/.test(paper || "")) print.href = print.href.replace(/paper=\w+/, "paper=" + paper);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.repeat && event.target === document.body) next.click();
  });
  // By itself only right after a payment, and not once somebody has touched anything.
  if (sessionStorage.getItem("paying")) {
    sessionStorage.removeItem("paying");
    const words = next.textContent;
    let seconds = 20;
    const stop = () => {
      clearInterval(ticking);
      next.textContent = words;
      ["pointerdown", "keydown", "wheel", "touchstart", "focusin"].forEach((kind) => removeEventListener(kind, stop, true));
    };
    const ticking = setInterval(() => {
      seconds -= 1;
      next.textContent = `${words} · ${seconds}`;
      if (seconds <= 0) location.assign(next.href);
    }, 1000);
    ["pointerdown", "keydown", "wheel", "touchstart", "focusin"].forEach((kind) => addEventListener(kind, stop, true));
  }
}
