// Talk with the demo: ask, tell, and hear what happens.

import { word } from "./words.js";

export class Failed extends Error {}

async function answer(request) {
  let response;
  try {
    response = await request;
  } catch {
    throw new Failed(word("lost"));
  }
  const text = await response.text();
  let body = {};
  try {
    body = JSON.parse(text);
  } catch {
    body = { error: text };
  }
  if (!response.ok) throw new Failed(word("failed", { why: body.error || response.statusText }));
  return body;
}

export const get = (path, query = {}) => answer(fetch(`${path}?${new URLSearchParams(query)}`));

export const post = (path, body) =>
  answer(fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }));

/** A name for one act, so that sending it twice is doing it once. */
export function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return `page:${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Hear what happens; `heard` has a listener by kind, and `lost` for when nobody speaks any more (`true`: for good). */
export function listen(group, heard) {
  const source = new EventSource(`/events?${new URLSearchParams({ group })}`);
  for (const kind of ["hello", "chat", "clock", "changed", "temperament", "trouble", "reload"]) {
    source.addEventListener(kind, (event) => heard[kind]?.(JSON.parse(event.data)));
  }
  source.addEventListener("error", () => heard.lost?.(source.readyState === EventSource.CLOSED));
  return source;
}
