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
let todayWords = "";
let live = () => {};
let opener = null;

export const eras = () => shown;
export const day = () => today;

/** Say what lives through the days until one that is ahead. */
export function onLive(through) {
  live = through;
}

/** Draw the phases. */
export function draw(given) {
  shown = given;
  const list = document.getElementById("eras");
  const focused = findAll(".era-name", list).indexOf(document.activeElement);
  list.style.gridTemplateColumns = shown.map((era) => `minmax(0, ${room(era)}fr)`).join(" ");
  list.replaceChildren(...shown.map(stretch));
  if (focused >= 0) findAll(".era-name", list)[focused]?.focus();
  mark(today, todayWords);
}

/** Mark a day as today. */
export function mark(day, words) {
  today = day;
  todayWords = words;
  findAll("#eras > li").forEach((element, place) => {
    const era = shown[place];
    const now = era.first <= day && day <= era.last;
    element.classList.toggle("past", era.last < day);
    element.classList.toggle("now", now);
    const name = find("button", element);
    if (now) name.setAttribute("aria-current", "date");
    else name.removeAttribute("aria-current");
    const line = find(".today", element);
    line.hidden = !now;
    line.title = word("day.today", { day: words });
    line.style.setProperty("--at", String(along(era, day)));
    if (now && !element.dataset.now) element.closest(".programme").scrollLeft = element.offsetLeft - 40;
    element.dataset.now = now ? "yes" : "";
    element.style.setProperty("--lived", String(era.last < day ? 1 : now ? along(era, day) : 0));
  });
}

const along = (era, day) => (days(era.first, day) - 0.5) / days(era.first, era.last);

function stretch(era) {
  const last = era.first === era.last ? null : h("span", { class: "last" }, ` – ${era.last_words}`);
  return h(
    "li",
    { class: "era" },
    h(
      "button",
      { type: "button", class: "era-name", "aria-haspopup": "dialog", on: { click: (event) => details(era, event.currentTarget) } },
      h("span", {}, era.title),
    ),
    h("div", { class: "track", "aria-hidden": "true" }, dots(era), h("span", { class: "today", hidden: true })),
    h("p", { class: "era-days" }, h("span", {}, era.first_words), last),
  );
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

function details(era, button) {
  const box = document.getElementById("era");
  opener = button;
  box.replaceChildren(
    h("h2", { id: "era-title" }, era.title),
    era.frame ? h("p", { class: "quiet" }, era.frame) : null,
    era.stops.length ? h("ol", {}, steps(era)) : h("p", { class: "quiet" }, word("steps.none")),
  );
  box.showPopover();
  const place = opener.getBoundingClientRect();
  const left = Math.min(place.left, window.innerWidth - box.offsetWidth - 12);
  box.style.left = `${Math.max(12, left)}px`;
  box.style.top = `${place.bottom + 8}px`;
  box.scrollTop = 0;
  find(".now-line", box)?.scrollIntoView({ block: "nearest" });
  box.focus();
}

/** The steps by date, today between them, and before each day ahead a way to live until its evening. */
function steps(era) {
  const now = h("li", { class: "now-line" }, word("day.today", { day: todayWords }));
  const rows = [];
  let before = "";
  for (const stop of era.stops) {
    if (stop.day >= today && !rows.includes(now) && era.first <= today) rows.push(now);
    if (stop.day > today && stop.day !== before) rows.push(h("li", { class: "ahead-day" }, through(stop)));
    before = stop.day;
    rows.push(
      h(
        "li",
        { class: stop.state },
        h("span", { class: `dot ${stop.state}`, "aria-hidden": "true" }),
        h("span", {}, stop.title, h("small", {}, [stop.day_words, stop.who, word(`state.${stop.state}`)].filter(Boolean).join(" · "))),
      ),
    );
  }
  return rows;
}

const through = (stop) =>
  h(
    "button",
    {
      type: "button",
      class: "through",
      on: {
        click: () => {
          document.getElementById("era").hidePopover();
          live(stop.day);
        },
      },
    },
    word("until", { day: stop.day_words }),
  );

document.getElementById("era").addEventListener("toggle", (event) => {
  opener?.setAttribute("aria-expanded", String(event.newState === "open"));
  if (event.newState === "closed" && (document.activeElement === document.body || event.target.contains(document.activeElement))) opener?.focus();
});
