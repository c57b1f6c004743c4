// A sale without a visit: lines are added and added up without a new page; the server does the sums, here as without scripts.
"use strict";

const sale = one("#sale");
if (sale) {
  const basket = one("#basket");
  const total = () => readTiyn(sale.dataset.total) || 0;
  let asked = 0;

  // What comes back replaces the lines, or, while somebody types in them, only their sums.
  const ask = async (change, keep) => {
    const turn = ++asked;
    const form = new FormData(sale);
    if (change) form.append(change.name, change.value);
    const answer = await fetch("/acquire/sale/lines", {
      method: "POST",
      body: new URLSearchParams(form),
      headers: { "X-Fragment": "sale" },
      redirect: "manual",
    });
    if (!answer.ok) return location.reload();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = one("#basket", page), paid = one("#sale", page);
    if (turn !== asked || !fresh) return;
    sale.dataset.total = paid.dataset.total;
    one("[data-take]").textContent = one("[data-take]", page).textContent;
    if (keep) putSums(fresh);
    else basket.replaceChildren(...fresh.childNodes);
    showChange();
    showLeft();
  };

  const putSums = (fresh) => {
    const lines = all("[data-line-total]", fresh);
    all("[data-line-total]", basket).forEach((sum, number) => { if (lines[number]) sum.textContent = lines[number].textContent; });
    one("[data-total]", basket).textContent = one("[data-total]", fresh).textContent;
    one("[name=shown]", basket).value = one("[name=shown]", fresh).value;
  };

  // By capture, so that the form is not taken for sent.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[formaction='/acquire/sale/lines']");
    if (!button) return;
    event.preventDefault();
    ask(button.name ? button : null, false);
  }, true);
  let pause = 0;
  basket.addEventListener("input", (event) => {
    if (event.target.closest(".by-hand")) return;
    clearTimeout(pause);
    pause = setTimeout(() => ask(null, true), 250);
  });
  basket.addEventListener("change", (event) => { if (event.target.tagName === "SELECT" && !event.target.closest(".by-hand")) ask(null, false); });
  sale.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target.tagName !== "INPUT" || basket.contains(event.target)) return;
    event.preventDefault();
    sale.requestSubmit(one("[data-take]"));
  });

  const find = one("[data-find]");
  if (find) {
    const rows = all("[data-offers] li");
    find.hidden = false;
    find.addEventListener("input", () => {
      const words = find.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
      rows.forEach((row) => { row.hidden = !words.every((word) => row.textContent.toLocaleLowerCase().includes(word)); });
      one("[data-none]").hidden = rows.some((row) => !row.hidden);
    });
    find.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const shown = rows.filter((row) => !row.hidden);
      if (shown.length) one("button", shown[0]).click();
    });
  }

  const received = one("#cash_received"), change = one("[data-change]"), changeWord = one("span", change).textContent;
  const showChange = () => {
    const given = readTiyn(received.value), rest = given === null ? null : given - total();
    const isShort = rest !== null && rest < 0;
    change.classList.toggle("short", isShort);
    one("span", change).textContent = isShort ? change.dataset.short : changeWord;
    one("b", change).textContent = rest === null ? "—" : showMoney(Math.abs(rest));
  };
  received.addEventListener("input", showChange);

  const parts = all("[name^=amount_]", sale), left = one("[data-left]");
  const missing = () => total() - parts.reduce((sum, input) => sum + (readTiyn(input.value) || 0), 0);
  const showLeft = () => {
    const rest = missing();
    left.classList.toggle("short", rest < 0);
    one("b", left).textContent = rest < 0 ? "−" + showMoney(-rest) : showMoney(rest);
  };
  left.hidden = false;
  parts.forEach((input) => input.addEventListener("input", showLeft));
  all("[data-rest]", sale).forEach((button) => {
    const input = document.getElementById(button.dataset.rest);
    button.hidden = false;
    button.addEventListener("click", () => {
      const rest = missing() + (readTiyn(input.value) || 0);
      input.value = rest > 0 ? typeMoney(rest) : "";
      showLeft();
    });
  });
  showChange();
  showLeft();
}
