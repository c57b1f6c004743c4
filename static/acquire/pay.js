// How money is taken, for a visit and for a sale without one: tiles, keys, cash with its change, parts of a split.
"use strict";

const isTyping = (target) => /^(TEXTAREA|SELECT)$/.test(target.tagName)
  || (target.tagName === "INPUT" && !/^(radio|checkbox|button|submit)$/.test(target.type));

// Returns what shows the sums anew, for whoever changes `data-total`.
function offerPayment(form, take) {
  const total = () => readTiyn(form.dataset.total) || 0;
  const radios = all("input[name=method]", form);
  const choose = (radio) => {
    radio.checked = true;
    radio.dispatchEvent(new Event("change"));
    radio.focus({ preventScroll: true });
  };
  // The first press chooses, the second takes: two presses from the visit to a payment. A double click is one press.
  radios.forEach((radio) => {
    const tile = one(`label[for=${radio.id}]`, form);
    tile.addEventListener("click", (event) => {
      if (!radio.checked) return;
      event.preventDefault();
      if (event.detail < 2 && radio.value !== "split") take();
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const wanted = radios[Number(event.key) - 1];
    if (!wanted) return;
    event.preventDefault();
    if (wanted.checked && wanted.value !== "split") take();
    else choose(wanted);
  });

  const received = one("#cash_received", form);
  const change = one("[data-change]", form);
  const changeWord = one("span", change).textContent;
  const showChange = () => {
    const given = readTiyn(received.value);
    const rest = given === null ? null : given - total();
    const isShort = rest !== null && rest < 0;
    change.classList.toggle("short", isShort);
    one("span", change).textContent = isShort ? change.dataset.short : changeWord;
    one("b", change).textContent = rest === null ? "—" : showMoney(Math.abs(rest));
  };
  received.addEventListener("input", showChange);
  const showCash = () => { change.hidden = !one("#m-cash", form).checked; };
  radios.forEach((radio) => radio.addEventListener("change", showCash));

  const notes = one("[data-notes]", form);
  const showNotes = () => {
    const rounded = [100000, 200000, 500000, 1000000, 2000000].map((note) => Math.ceil(total() / note) * note);
    const sums = [total(), ...[...new Set(rounded)].filter((sum) => sum > total()).slice(0, 3)];
    notes.replaceChildren(...sums.map((sum, number) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = number ? showMoney(sum) : notes.dataset.exact;
      button.addEventListener("click", () => { received.value = typeMoney(sum); showChange(); });
      return button;
    }));
    notes.hidden = total() === 0;
  };

  const parts = all("[name^=amount_]", form);
  const left = one("[data-left]", form);
  const missing = () => total() - parts.reduce((sum, input) => sum + (readTiyn(input.value) || 0), 0);
  const showLeft = () => {
    const rest = missing();
    left.classList.toggle("short", rest < 0);
    left.classList.toggle("waits", rest > 0);
    one("b", left).textContent = rest < 0 ? "−" + showMoney(-rest) : showMoney(rest);
  };
  left.hidden = false;
  parts.forEach((input) => input.addEventListener("input", showLeft));
  all("[data-rest]", form).forEach((button) => {
    const input = document.getElementById(button.dataset.rest);
    button.hidden = false;
    button.addEventListener("click", () => {
      const rest = missing() + (readTiyn(input.value) || 0);
      input.value = rest > 0 ? typeMoney(rest) : "";
      showLeft();
    });
  });

  const show = () => {
    showNotes();
    showChange();
    showLeft();
  };
  show();
  showCash();
  return show;
}
