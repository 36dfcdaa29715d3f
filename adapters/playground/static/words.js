// The page's own words, as the server sends them in the visitor's language.

import { findAll, plain, rich } from "./dom.js";

let words = {};

/** Take the words, and put them where the page has places for them. */
export function take(given) {
  words = given;
  for (const element of findAll("[data-word]")) element.replaceChildren(...rich(runs(element.dataset.word)));
  for (const element of findAll("[data-label]")) {
    element.setAttribute("aria-label", word(element.dataset.label));
    if (element.tagName === "BUTTON") element.title = word(element.dataset.label);
  }
}

/** A sentence as text, with its values filled in. */
export function word(name, values = {}) {
  return plain(runs(name)).replace(/\{(\w+)\}/g, (all, key) => (key in values ? String(values[key]) : all));
}

export const runs = (name) => words[name] ?? [{ text: name }];
