// Copies what a button names. Without a clipboard (plain HTTP, an old browser) there is no button: the text can be marked.
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(source.value ?? source.textContent.trim());
    const said = button.textContent;
    button.textContent = button.dataset.copied;
    button.setAttribute("role", "status");
    setTimeout(() => { button.textContent = said; }, 2000);
  });
}

// What a worker was asked for is there in a moment: looked for until the page says that nobody waits any more.
if (document.querySelector("[data-await]")) setTimeout(() => location.reload(), 1500);
