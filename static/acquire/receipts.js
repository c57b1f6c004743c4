// Returns and corrections: steppers, live sums that stop at what is left. Everything works without it.
"use strict";

(() => {
  const back = one("form[data-give-back]");
  if (back) {
    const total = one("[data-return-total]", back);
    const ways = all("[data-way-left]", back);
    const counts = all("[data-left-count]", back);
    const read = (input) => Number(input.value.replace(/\s/g, "").replace(",", ".")) || 0;

    const show = () => {
      let sum = 0;
      counts.forEach((input) => {
        const left = Number(input.dataset.leftCount);
        const isTooMany = read(input) > left;
        one("[data-too-many]", input.closest("li")).hidden = !isTooMany;
        input.classList.toggle("wrong", isTooMany);
        const count = Math.min(Math.max(read(input), 0), left);
        if (left) sum += count === left ? readTiyn(input.dataset.leftTotal) : Math.round((readTiyn(input.dataset.leftTotal) * count) / left);
        all("[data-step]", input.parentElement).forEach((button) => {
          button.disabled = button.dataset.step === "1" ? count >= left : count <= 0;
        });
      });
      one("b", total).textContent = showMoney(sum);
      ways.forEach((way) => {
        const part = Math.min(readTiyn(way.dataset.wayLeft), sum);
        sum -= part;
        one("b", way).textContent = showMoney(part);
        way.hidden = !part;
      });
    };

    counts.forEach((input) => {
      input.addEventListener("input", show);
      if (input.disabled) return;
      all("[data-step]", input.parentElement).forEach((button) => {
        button.hidden = false;
        button.addEventListener("click", () => {
          const left = Number(input.dataset.leftCount);
          const next = Math.min(Math.max(read(input) + Number(button.dataset.step), 0), left);
          input.value = String(Math.round(next * 1000) / 1000).replace(".", ",");
          show();
        });
      });
    });
    total.hidden = false;
    show();
  }

  const correct = one("form[data-correct]");
  if (correct) {
    const missing = one("[data-missing]", correct), word = one("span", missing).textContent;
    const parts = all("[name^=amount_]", correct);
    const show = () => {
      const rest = readTiyn(correct.dataset.total) - parts.reduce((sum, input) => sum + (readTiyn(input.value) || 0), 0);
      missing.classList.toggle("short", rest !== 0);
      one("span", missing).textContent = rest < 0 ? missing.dataset.more : word;
      one("b", missing).textContent = showMoney(Math.abs(rest));
    };
    parts.forEach((input) => input.addEventListener("input", show));
    missing.hidden = false;
    show();
  }
})();
