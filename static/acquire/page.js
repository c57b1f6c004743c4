// Comfort on top of pages that work without it: live sums, no double press, states that change by themselves.
"use strict";

document.documentElement.classList.add("scripted");
const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
const one = (selector, root = document) => root.querySelector(selector);

// Sums are whole tiyn here, so that nothing is lost; the server works them out again anyway.
function readTiyn(text) {
  const compact = text.replace(/[\s\u00a0\u202f₸]/g, "").replace(",", ".");
  if (!/^\d{1,12}(\.\d{1,2})?$/.test(compact)) return null;
  const [tenge, tiyn = ""] = compact.split(".");
  return Number(tenge) * 100 + Number((tiyn + "00").slice(0, 2));
}

// By hand, as the server writes it: a browser without Kazakh would write 24,400, which reads as 24 tenge 40 tiyn there.
function showMoney(tiyn) {
  const [group, point] = document.documentElement.lang === "en" ? [",", "."] : ["\u00a0", ","];
  const tenge = String(Math.floor(tiyn / 100)).replace(/\B(?=(\d{3})+$)/g, group);
  const rest = tiyn % 100 ? point + String(tiyn % 100).padStart(2, "0") : "";
  return tenge + rest + "\u00a0₸";
}

function typeMoney(tiyn) {
  return tiyn % 100 ? (tiyn / 100).toFixed(2).replace(".", ",") : String(tiyn / 100);
}

// What the sum was, so that a payment that nobody took is named by it.
document.addEventListener("submit", (event) => {
  const { total } = event.target.dataset;
  if (!total || event.defaultPrevented || one("[name=shown_total]", event.target)) return;
  const told = document.createElement("input");
  Object.assign(told, { type: "hidden", name: "shown_total", value: total });
  event.target.append(told);
});

all("[data-reveal]").forEach((box) => {
  const input = document.getElementById(box.dataset.reveal);
  box.parentElement.hidden = false;
  box.addEventListener("change", () => { input.type = box.checked ? "text" : "password"; });
  // A browser keeps what was typed as text where others can read it.
  input.form.addEventListener("submit", () => { input.type = "password"; });
});

// One press, one request. The button stays in the form, since a disabled one would not be sent along. For forms that come
// later too: parts of a page are replaced while it is open.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-once]")) return;
  if (form.dataset.once === "sent") {
    event.preventDefault();
    return;
  }
  form.dataset.once = "sent";
  all("button:not([type=button])", form).forEach((button) => button.setAttribute("aria-disabled", "true"));
});
window.addEventListener("pageshow", () => {
  all("form[data-once=sent]").forEach((form) => {
    form.dataset.once = "";
    all("[aria-disabled]", form).forEach((button) => button.removeAttribute("aria-disabled"));
  });
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto]");
  if (form && form.checkValidity() && one("input[type=date]", form).value) form.submit();
});

// Said on top of the page, so that nothing that was typed is lost to a reload.
function endSession() {
  const notice = document.getElementById("session-over");
  if (notice) notice.hidden = false;
  else location.reload();
}

const menu = one(".menu");
if (menu) {
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      one("summary", menu).focus();
    }
  });
}

const fault = one("[aria-invalid=true]");
if (fault) fault.focus();

// Waiting for a receipt
const poll = one("[data-poll]");
if (poll) {
  const label = one("[data-label]", poll), text = one("[data-text]", poll), advice = one("[data-advice]", poll);
  const since = Date.now();
  const put = (node, words) => { if (node.textContent !== words) node.textContent = words; };
  const again = () => setTimeout(look, Date.now() - since < 20000 ? 1000 : 2000);
  const look = async () => {
    let state;
    try {
      const answer = await fetch(poll.dataset.poll, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (answer.status === 401) return endSession();
      if (!answer.ok) throw new Error(String(answer.status));
      state = await answer.json();
    } catch {
      put(text, poll.dataset.offline);
      return again();
    }
    if (state.address) return location.replace(state.address);
    // What can be done about it is in the page itself.
    if (state.final) return location.reload();
    put(label, state.label);
    put(text, state.text);
    put(advice, state.advice.join(" "));
    one("[data-signal]", poll).className = "signal " + state.state;
    return again();
  };
  setTimeout(look, 400);
}

// The receipt
all("[data-print-buttons]").forEach((group) => { group.hidden = false; });
all("[data-print]").forEach((button) => {
  button.addEventListener("click", () => {
    document.documentElement.dataset.paper = button.dataset.print;
    window.print();
  });
});
all("[data-copy]").forEach((button) => {
  if (!navigator.clipboard) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const words = button.textContent;
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
    setTimeout(() => { button.textContent = words; }, 1500);
  });
});
