// A few things worth trying, each one press: what a visitor with a minute should see.

import { post } from "./api.js";
import { findAll, h } from "./dom.js";
import { trouble } from "./status.js";
import { word } from "./words.js";

const DAY = 24 * 60 * 60 * 1000;
const MOST_STEPS = 12; // messages between the morning of a review and its beginning

/** Return buttons for what fits the people and the day; `page` moves the clock and finds chats. */
export function tries(page) {
  const mentee = page.chat("mentee");
  const mentor = page.chat("mentor");
  const chair = page.chat("coordinator");
  const first = page.eras()[1]?.first;
  return [
    first && page.today() < first ? one(word("try.day"), () => page.walk({ go: "until", day: first })) : null,
    mentee ? one(word("try.help", { name: mentee.name }), () => mentee.act({ kind: "say", text: "/mentor help" })) : null,
    chair && review(page) ? one(word("try.review", { name: chair.name }), () => lead(page, chair)) : null,
    mentor && !over(page) ? one(word("try.silent", { name: mentor.name }), () => silent(page, mentor, chair)) : null,
  ].filter(Boolean);
}

const one = (words, press) =>
  h("button", { type: "button", class: "try", on: { click: () => Promise.resolve(press()).catch((error) => trouble(error.message)) } }, words);

const stops = (page) => page.eras().flatMap((era) => era.stops);

const over = (page) => stops(page).every((stop) => stop.day < page.today());

const review = (page) => stops(page).find((stop) => stop.kind === "review" && stop.day > page.today() && stop.state === "ahead");

/** Live up to the next review and stop where whoever leads it is asked to begin; from then on it is the visitor's. */
async function lead(page, chair) {
  const next = review(page);
  if (!next) return page.news(word("try.review.none"));
  const eve = new Date(Date.parse(next.day) - DAY).toISOString().slice(0, 10);
  if (eve > page.today()) await page.walk({ go: "until", day: eve });
  await post("/temperament", { person: chair.person, temperament: "you" });
  for (let step = 0; step < MOST_STEPS && !start(chair); step += 1) await page.walk({ go: "next" });
  const button = start(chair);
  if (!button) return;
  page.news(word("try.review.now", { name: chair.name }));
  page.goTo(chair);
  button.scrollIntoView({ block: "center" });
  button.focus();
}

const start = (chair) => findAll("[data-key^='review.start|']", chair.element).at(-1);

/** Let a mentor fall silent; what HR hears is left open, for the visitor to look at. */
async function silent(page, mentor, chair) {
  await post("/temperament", { person: mentor.person, temperament: "silent" });
  if (chair) await post("/temperament", { person: chair.person, temperament: "you" });
  const day = new Date(Date.parse(page.today()) + 28 * DAY).toISOString().slice(0, 10);
  await page.walk({ go: "until", day });
  if (!chair) return;
  page.news(word("try.silent.now", { name: chair.name }));
  page.goTo(chair);
}
