// Comforts only: every page works without this file.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector) => document.querySelector(selector);
  const OFF = "narrowbridge-shortcuts-off";

  // Relative times, in the words the server uses.
  const ago = (then, now) => {
    const seconds = (now - then) / 1000;
    for (const [size, word] of [[86400, "day"], [3600, "hour"], [60, "minute"]]) {
      const count = Math.floor(seconds / size);
      if (count >= 1) return count > 30 && word === "day" ? null : `${count} ${word}${count > 1 ? "s" : ""} ago`;
    }
    return "just now";
  };
  const refreshTimes = () => all("time[data-ago]").forEach((time) => {
    const words = ago(new Date(time.dateTime), Date.now());
    if (words && words !== time.textContent) time.textContent = words;
  });
  setInterval(refreshTimes, 60000);
  document.addEventListener("visibilitychange", () => document.hidden || refreshTimes());

  // Character counts under fields with a limit.
  const count = (place) => {
    const field = document.getElementById(place.dataset.count);
    if (field) place.textContent = `${field.value.length} of ${place.dataset.limit}`;
  };
  all("[data-count]").forEach((place) => document.getElementById(place.dataset.count)?.addEventListener("input", () => count(place)));

  // A form is sent once: its buttons rest until the answer is there, or the browser comes back to the page.
  const rest = (form, resting) => {
    form.toggleAttribute("data-sent", resting);
    all("button:not([type=button])", form).forEach((button) => { button.disabled = resting; });
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    if (form.hasAttribute("data-sent")) { event.preventDefault(); return; }
    form.toggleAttribute("data-sent", true);
    setTimeout(() => { if (event.defaultPrevented) rest(form, false); else rest(form, true); });
    setTimeout(() => rest(form, false), 15000);
  });
  addEventListener("pageshow", (event) => { if (event.persisted) all("form[data-sent]").forEach((form) => rest(form, false)); });

  // Wide code and tables can be scrolled by keyboard.
  all(".prose pre, .prose table").forEach((box) => { if (box.scrollWidth > box.clientWidth) box.tabIndex = 0; });

  // Menus close on Escape and on a click outside.
  document.addEventListener("click", (event) => all("details.menu[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  }));

  // Copy a link: <a data-copy href="…">.
  document.addEventListener("click", async (event) => {
    const link = event.target.closest?.("[data-copy]");
    if (!link || !navigator.clipboard) return;
    event.preventDefault();
    await navigator.clipboard.writeText(new URL(link.getAttribute("href"), location.href).href);
    say("Link copied");
  });
  const say = (words) => {
    let place = one("#said");
    if (!place) {
      place = Object.assign(document.createElement("p"), { id: "said", className: "said" });
      place.setAttribute("role", "status");
      document.body.append(place);
    }
    place.textContent = words;
    setTimeout(() => { if (place.textContent === words) place.textContent = ""; }, 2500);
  };

  // Shortcuts. One key at a time, never while typing, and they can be turned off (WCAG 2.1.4).
  const KEYS = [["/", "Search"], ["c", "Compose: the page's main action"], ["r", "Reply"], ["j", "Next item"],
    ["k", "Previous item"], ["g h", "Front page"], ["?", "This list"], ["Esc", "Close a menu or this list"]];
  const stored = () => { try { return localStorage.getItem(OFF) === "1"; } catch { return false; } };
  const store = (off) => { try { localStorage.setItem(OFF, off ? "1" : "0"); } catch { /* private window */ } };
  let dialog;
  const buildDialog = () => {
    dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", "keys-title");
    dialog.innerHTML = `<header><h2 id="keys-title">Keyboard shortcuts</h2><form method="dialog"><button class="btn btn-small">Close</button></form></header>
      <div class="body"><dl>${KEYS.map(([key, words]) => `<dt>${key.split(" ").map((k) => `<kbd>${k}</kbd>`).join(" ")}</dt><dd>${words}</dd>`).join("")}</dl>
      <div class="check"><input type="checkbox" id="keys-off"><label for="keys-off">Turn off single-key shortcuts in this browser</label></div></div>`;
    document.body.append(dialog);
    const box = dialog.querySelector("#keys-off");
    box.checked = stored();
    box.addEventListener("change", () => store(box.checked));
  };
  const showShortcuts = () => { if (!dialog) buildDialog(); if (!dialog.open) dialog.showModal(); };
  all("[data-shortcuts]").forEach((button) => { button.hidden = false; button.addEventListener("click", showShortcuts); });

  const move = (step) => {
    const items = all("[data-item]");
    if (!items.length) return;
    const at = items.findIndex((item) => item.classList.contains("at"));
    const next = items[Math.max(0, Math.min(items.length - 1, at + step))] ?? items[0];
    items.forEach((item) => item.classList.toggle("at", item === next));
    const target = next.querySelector("h2 a, h3 a, h4 a");
    if (target) target.focus(); else { next.tabIndex = -1; next.focus(); }
    next.scrollIntoView({ block: "nearest" });
  };
  const press = (key) => {
    const target = one(`[data-key="${key}"], [data-write="${key}"]`);
    if (!target) return false;
    if (target.matches("input, textarea")) { target.focus(); target.select?.(); } else target.click();
    return true;
  };
  let waiting = "";
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      all("details.menu[open]").forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
      return;
    }
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || dialog?.open || stored()) return;
    const key = event.key;
    if (waiting === "g" && key === "h") { waiting = ""; press("g h"); return; }
    waiting = key === "g" ? "g" : "";
    if (key === "?") showShortcuts();
    else if (key === "j") move(1);
    else if (key === "k") move(-1);
    else if (!["/", "c", "r"].includes(key) || !press(key)) return;
    event.preventDefault();
  });
  const summary = one(".summary[autofocus]");
  if (summary) summary.focus();
})();
