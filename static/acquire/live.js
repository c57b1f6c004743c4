// Keeps a page as fresh as the tables: marked parts are fetched again when the server tells that they have changed.
// Without a stream it asks every few seconds, with the same effect; while nobody looks it does neither.
"use strict";

(() => {
  const address = document.body.dataset.stream;
  // A page that answers a form has none: its address shows something else.
  if (!address) return;

  let place = document.body.dataset.since;
  let source = null;
  let timer = 0;
  let heardAt = Date.now();
  let polls = 0;
  let failures = 0;
  let over = false;

  // What has changed and is not shown yet; and what could not be shown since somebody was at work in it.
  let wanted = new Set();
  let deferred = new Set();
  let fetching = false;

  const offline = document.getElementById("offline");
  const split = (words) => words.split(" ").filter(Boolean);

  function tellReached(reached) {
    failures = reached ? 0 : failures + 1;
    if (reached) heardAt = Date.now();
    offline.hidden = over || failures < 2;
  }

  function end() {
    over = true;
    drop();
    offline.hidden = true;
    endSession();
  }

  // --- what has changed

  function hear(topics) {
    topics.forEach((topic) => wanted.add(topic));
    if (wanted.size) refresh();
  }

  async function refresh() {
    if (fetching || over || document.hidden) return;
    fetching = true;
    const topics = wanted;
    wanted = new Set();
    try {
      const parts = all("[data-live][id]").filter((part) => split(part.dataset.live).some((topic) => topics.has(topic)));
      const replaced = parts.length ? await replace(parts) : [];
      if (!over) document.dispatchEvent(new CustomEvent("live", { detail: { topics: [...topics], replaced } }));
    } catch {
      topics.forEach((topic) => wanted.add(topic));
      setTimeout(refresh, 3000);
      fetching = false;
      return;
    }
    fetching = false;
    if (wanted.size) refresh();
  }

  async function replace(parts) {
    const answer = await fetch(location.href, { headers: { "X-Fragment": "live" }, cache: "no-store" });
    if (answer.status === 401) { end(); return []; }
    // Gone, or moved: the person sees that with the next press.
    if (answer.redirected || (answer.status >= 400 && answer.status < 500 && answer.status !== 429)) return [];
    if (!answer.ok) throw new Error(String(answer.status));
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    return parts.filter((part) => {
      const newest = page.getElementById(part.id);
      if (!newest || !part.isConnected || part.isEqualNode(newest)) return false;
      if (isInUse(part)) {
        split(part.dataset.live).forEach((topic) => deferred.add(topic));
        return false;
      }
      put(part, document.adoptNode(newest));
      return true;
    }).map((part) => part.id);
  }

  const isField = (node) => node.matches("input, textarea, select, [contenteditable]");
  const isTyped = (node) => node.type === "checkbox" || node.type === "radio" ? node.checked !== node.defaultChecked
    : node.tagName === "SELECT" ? all("option", node).some((option) => option.selected !== option.defaultSelected)
    : node.type !== "hidden" && node.value !== node.defaultValue;

  function isInUse(part) {
    const focused = document.activeElement;
    if (part.contains(focused) && isField(focused)) return true;
    return all("input, textarea, select", part).some(isTyped);
  }

  // A link or button that holds the focus keeps it, what was unfolded stays so, and nothing scrolls away.
  function put(part, newest) {
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    const opened = all("details", part).map((details) => details.open);
    all("details", newest).forEach((details, index) => { if (index in opened) details.open = opened[index]; });
    const { scrollTop, scrollLeft } = part;
    part.replaceWith(newest);
    newest.scrollTop = scrollTop;
    newest.scrollLeft = scrollLeft;
    if (focused) findLike(focused, newest)?.focus({ preventScroll: true });
  }

  function findLike(focused, newest) {
    if (focused.id) return document.getElementById(focused.id);
    const address = focused.getAttribute("href");
    const same = address ? `a[href="${CSS.escape(address)}"]` : focused.tagName;
    return newest.matches(same) ? newest : one(same, newest);
  }

  document.addEventListener("focusout", () => {
    if (!deferred.size) return;
    const topics = deferred;
    deferred = new Set();
    setTimeout(() => hear([...topics]), 0);
  });

  // --- hearing of it

  function connect() {
    clearTimeout(timer);
    if (source || over || document.hidden) return;
    if (!window.EventSource) { poll(); return; }
    source = new EventSource(`${address}?since=${place}`);
    source.addEventListener("message", (event) => {
      place = event.lastEventId || place;
      tellReached(true);
      hear(split(event.data));
    });
    source.addEventListener("over", end);
    source.addEventListener("error", () => {
      if (!source) return;
      // Else it comes back by itself, from where it was.
      if (source.readyState !== EventSource.CLOSED) { tellReached(false); return; }
      drop();
      poll();
    });
  }

  function drop() {
    clearTimeout(timer);
    if (source) source.close();
    source = null;
  }

  async function poll() {
    if (over || document.hidden) return;
    try {
      const answer = await fetch(`${address}/news?since=${place}`, { cache: "no-store" });
      if (answer.status === 401) { end(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      const told = await answer.json();
      place = told.place;
      tellReached(true);
      hear(told.topics);
    } catch {
      tellReached(false);
    }
    polls += 1;
    timer = setTimeout(polls % 6 ? poll : connect, 4000 + Math.random() * 2000);
  }

  // A connection may be gone without a word, as when a tablet has slept.
  setInterval(() => {
    if (!source || Date.now() - heardAt < 45000) return;
    drop();
    heardAt = Date.now();
    connect();
  }, 10000);

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) { drop(); return; }
    connect();
    if (wanted.size) refresh();
  });
  window.addEventListener("pagehide", drop);
  window.addEventListener("pageshow", connect);
  connect();
})();
