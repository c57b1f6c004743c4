// A sale without a visit: lines are added and added up without a new page; the server does the sums, here as without scripts.
"use strict";

const sale = one("#sale");
if (sale) {
  const basket = one("#basket");
  const take = () => sale.requestSubmit(one("[data-take]"));
  const showPayment = offerPayment(sale, take);
  let asked = 0;

  // What comes back replaces the lines, or, while somebody types in them, only their sums.
  const ask = async (change, keep, form = new FormData(sale)) => {
    const turn = ++asked;
    if (change) form.append(change.name, change.value);
    const answer = await fetch("/acquire/sale/lines", {
      method: "POST",
      body: new URLSearchParams(form),
      headers: { "X-Fragment": "sale" },
      redirect: "manual",
    });
    if (!answer.ok) {
      keepTyped(false);
      return location.reload();
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = one("#basket", page), paid = one("#sale", page);
    if (turn !== asked || !fresh) return;
    sale.dataset.total = paid.dataset.total;
    ["[data-take]", "[data-terminal]"].forEach((part) => { one(part).textContent = one(part, page).textContent; });
    if (keep) putSums(fresh);
    else basket.replaceChildren(...fresh.childNodes);
    showPayment();
  };

  const putSums = (fresh) => {
    const lines = all("[data-line-total]", fresh);
    all("[data-line-total]", basket).forEach((sum, number) => { if (lines[number]) sum.textContent = lines[number].textContent; });
    one("[data-total]", basket).textContent = one("[data-total]", fresh).textContent;
    one("[name=shown]", basket).value = one("[name=shown]", fresh).value;
  };

  prepareTyped = (typed) => {
    const form = new FormData();
    [...typed, ...[...new FormData(sale)].filter(([name]) => name === "form_token" || name === "company")]
      .forEach(([name, value]) => form.set(name, value));
    return ask(null, false, form);
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
    take();
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
}
