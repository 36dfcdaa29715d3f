// The programme from its first to its last day: phases as stretches, steps as dots, today as a mark.

import { find, findAll, h } from "./dom.js";
import { word } from "./words.js";

const DAY = 24 * 60 * 60 * 1000;
const days = (first, last) => Math.round((Date.parse(last) - Date.parse(first)) / DAY) + 1;
// Long phases get more room, yet a single day stays wide enough for its name.
const room = (era) => Math.max(2.6, days(era.first, era.last) ** 0.55);
const HIGHEST = 4;

let shown = [];
let today = "";

/** Draw the phases. */
export function draw(eras) {
  shown = eras;
  document.getElementById("eras").replaceChildren(...eras.map(stretch));
  mark(today);
}

/** Mark a day as today. */
export function mark(day) {
  today = day;
  const eras = findAll("#eras > li");
  eras.forEach((element, place) => {
    const era = shown[place];
    const now = era.first <= day && day <= era.last;
    element.classList.toggle("past", era.last < day);
    element.classList.toggle("now", now);
    find("button", element).toggleAttribute("aria-current", now);
    if (now) find("button", element).setAttribute("aria-current", "date");
    const line = find(".today", element);
    line.hidden = !now;
    line.style.setProperty("--at", String(along(era, day)));
    if (now && !element.dataset.now) element.closest(".programme").scrollLeft = element.offsetLeft - 40;
    element.dataset.now = now ? "yes" : "";
    element.style.setProperty("--lived", String(era.last < day ? 1 : now ? along(era, day) : 0));
  });
}

const along = (era, day) => (days(era.first, day) - 0.5) / days(era.first, era.last);

function stretch(era) {
  const element = h(
    "li",
    { class: "era" },
    h("button", { type: "button", class: "era-name", on: { click: (event) => details(era, event.currentTarget) } }, h("span", {}, era.title)),
    h("div", { class: "track", "aria-hidden": "true" }, dots(era), h("span", { class: "today", hidden: true, title: word("today") })),
    h("p", { class: "era-days" }, `${era.first_words}${era.first === era.last ? "" : ` – ${era.last_words}`}`),
  );
  element.style.setProperty("--room", String(room(era)));
  return element;
}

/** Dots of one day stand on each other; from the fifth on they share the top. */
function dots(era) {
  const heights = {};
  return era.stops.map((stop) => {
    const height = Math.min(heights[stop.day] ?? 0, HIGHEST - 1);
    heights[stop.day] = height + 1;
    const dot = h("span", { class: `dot ${stop.state}`, title: `${stop.title} · ${stop.day_words} · ${word(`state.${stop.state}`)}` });
    dot.style.setProperty("--at", String(along(era, stop.day)));
    dot.style.setProperty("--height", String(height));
    return dot;
  });
}

function details(era, opener) {
  const box = document.getElementById("era");
  const steps = era.stops.map((stop) =>
    h(
      "li",
      { class: stop.state },
      h("span", { class: `dot ${stop.state}`, "aria-hidden": "true" }),
      h("span", {}, stop.title, h("small", {}, [stop.day_words, stop.who, word(`state.${stop.state}`)].filter(Boolean).join(" · "))),
    ),
  );
  box.replaceChildren(
    h("h2", {}, era.title),
    era.frame ? h("p", { class: "quiet" }, era.frame) : null,
    steps.length ? h("ol", {}, steps) : h("p", { class: "quiet" }, word("steps.none")),
  );
  box.showPopover();
  const place = opener.getBoundingClientRect();
  const left = Math.min(place.left, window.innerWidth - box.offsetWidth - 12);
  box.style.left = `${Math.max(12, left)}px`;
  box.style.top = `${place.bottom + 8}px`;
  box.focus();
}
