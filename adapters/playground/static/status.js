// What the page itself has to say: news of the clock, what went wrong, and what a screen reader shall hear.

import { find, h } from "./dom.js";

const GATHER_MS = 250; // messages that come together are told together
let heard = [];
let timer = 0;

/** Tell what the clock brought, to whoever cannot see the clock with its time; it stays until the next move. */
export function news(words, when = "") {
  find("#news").replaceChildren(h("span", { class: "unseen" }, when ? `${when}. ` : ""), words);
}

/** Tell what went wrong, in front of whatever is open; it stays until something works again. */
export function trouble(words) {
  calm();
  find("#trouble").textContent = words;
  const open = find("dialog[open] header");
  if (open) open.after(h("p", { class: "form-error error", role: "alert" }, words));
}

/** Nothing is wrong any more. */
export function calm() {
  find("#trouble").textContent = "";
  for (const one of document.querySelectorAll(".form-error")) one.remove();
}

/** Let a screen reader say one short line, together with others that come at the same time. */
export function hear(words) {
  heard.push(words);
  clearTimeout(timer);
  timer = setTimeout(() => {
    find("#heard").textContent = heard.join(" ");
    heard = [];
  }, GATHER_MS);
}
