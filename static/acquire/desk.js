// The desk: search as you type, methods by keys, cash with its change, and on to the next customer. All of it works without.
"use strict";

const isTyping = (target) => /^(TEXTAREA|SELECT)$/.test(target.tagName)
  || (target.tagName === "INPUT" && !/^(radio|checkbox|button|submit)$/.test(target.type));

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
  const total = readTiyn(pay.dataset.total);
  const radios = all("input[name=method]", pay);
  const take = () => pay.requestSubmit(one(".bar button", pay));
  const choose = (radio) => {
    radio.checked = true;
    radio.dispatchEvent(new Event("change"));
    radio.focus({ preventScroll: true });
  };
  // The first press chooses, the second takes: two presses from the visit to a payment. A double click is one press.
  radios.forEach((radio) => {
    const tile = one(`label[for=${radio.id}]`, pay);
    tile.addEventListener("click", (event) => {
      if (!radio.checked) return;
      event.preventDefault();
      if (event.detail < 2 && radio.value !== "split") take();
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const wanted = radios[Number(event.key) - 1];
    const chosen = radios.find((radio) => radio.checked);
    if (wanted) {
      event.preventDefault();
      if (wanted.checked && wanted.value !== "split") take();
      else choose(wanted);
    } else if (event.key === "Enter" && chosen && event.target === document.body) {
      take();
    }
  });

  const received = one("#cash_received");
  const change = one("[data-change]");
  const changeWord = one("span", change).textContent;
  const showChange = () => {
    const given = readTiyn(received.value);
    const rest = given === null ? null : given - total;
    change.classList.toggle("short", rest !== null && rest < 0);
    one("span", change).textContent = rest !== null && rest < 0 ? change.dataset.short : changeWord;
    one("b", change).textContent = rest === null ? "—" : showMoney(Math.abs(rest));
  };
  received.addEventListener("input", showChange);
  const showCash = () => { change.hidden = !one("#m-cash", pay).checked; };
  radios.forEach((radio) => radio.addEventListener("change", showCash));

  const notes = one("[data-notes]");
  const rounded = [100000, 200000, 500000, 1000000, 2000000].map((note) => Math.ceil(total / note) * note);
  const sums = [total, ...[...new Set(rounded)].filter((sum) => sum > total).slice(0, 3)];
  sums.forEach((sum) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sum === total ? notes.dataset.exact : showMoney(sum);
    button.addEventListener("click", () => { received.value = typeMoney(sum); showChange(); });
    notes.append(button);
  });
  notes.hidden = false;
  showChange();
  showCash();

  const parts = all("[name^=amount_]", pay);
  const left = one("[data-left]");
  const missing = () => total - parts.reduce((sum, input) => sum + (readTiyn(input.value) || 0), 0);
  const showLeft = () => {
    const rest = missing();
    left.classList.toggle("short", rest < 0);
    left.classList.toggle("waits", rest > 0);
    one("b", left).textContent = rest < 0 ? "−" + showMoney(-rest) : showMoney(rest);
  };
  left.hidden = false;
  parts.forEach((input) => input.addEventListener("input", showLeft));
  all("[data-rest]", pay).forEach((button) => {
    const input = document.getElementById(button.dataset.rest);
    button.hidden = false;
    button.addEventListener("click", () => {
      const rest = missing() + (readTiyn(input.value) || 0);
      input.value = rest > 0 ? typeMoney(rest) : "";
      showLeft();
    });
  });
  showLeft();
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
