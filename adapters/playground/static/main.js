// The page: load the room, follow what happens, move the clock.

import { get, listen, post } from "./api.js";
import { Chat } from "./chat.js";
import { easyToClose, openKeys } from "./dialogs.js";
import { find, findAll, h, rich } from "./dom.js";
import * as timeline from "./timeline.js";
import { runs, take, word } from "./words.js";

const KEYS = [
  ["N", "keys.next"],
  ["D", "keys.day"],
  ["W", "keys.week"],
  ["E", "keys.end"],
  ["S", "keys.stop"],
  ["1 … 5", "keys.person"],
  ["H", "keys.home"],
  ["/", "keys.write"],
  ["?", "keys.help"],
];
const CHANGED_MS = 400; // how long changes of the programme are gathered before it is drawn anew
const STATUS_MS = 6000;

const kept = {
  get: (name) => { try { return localStorage.getItem(name); } catch { return null; } },
  set: (name, value) => { try { localStorage.setItem(name, value); } catch { /* a private window keeps nothing */ } },
};

let chats = [];
let group = new URLSearchParams(location.search).get("group") ?? "";
let stream = null;
let redraw = 0;
let statusTimer = 0;
let current = 0;
let walking = false;

// --- loading

async function load() {
  let state;
  try {
    state = await get("/state", { group });
  } catch (error) {
    tell(error);
    return;
  }
  group = state.group;
  document.documentElement.lang = state.language;
  take(state.words);
  document.title = `Telemachy · ${word("title")}`;
  pairs(state.groups);
  people(state);
  timeline.draw(state.eras);
  clock(state.clock);
  hint();
  document.body.dataset.ready = "yes";
}

function people(state) {
  const read = current;
  chats = state.columns.map((column) => new Chat(column, { commands: state.commands, tell, readChanged: tab }));
  find("#people").replaceChildren(...chats.map((chat) => chat.element));
  find("#tabs").replaceChildren(
    ...state.columns.map((column, place) =>
      h(
        "button",
        { type: "button", class: `tab role-${column.role}`, on: { click: () => goTo(place) } },
        h("span", { class: "face", "aria-hidden": "true" }, column.initials),
        h("span", {}, column.name.split(" ")[0]),
        h("span", { class: "badge", hidden: true }),
      ),
    ),
  );
  chats.forEach((chat) => chat.toEnd());
  chats.forEach(tab);
  setCurrent(Math.min(read, Math.max(0, chats.length - 1)));
  watchColumns();
}

function pairs(groups) {
  find("#pair").hidden = groups.length < 2;
  const choice = find("#pair-choice");
  choice.replaceChildren(...groups.map((one) => h("option", { value: one.id }, `${one.people} · ${one.title}`)));
  choice.value = group;
}

function follow() {
  stream?.close();
  stream = listen(group, {
    hello: load,
    reload: load,
    chat: ({ message, fresh }) => of(message.person)?.add([message], fresh),
    clock,
    temperament: ({ person, temperament }) => { const chat = of(person); if (chat) chat.choice.value = temperament; },
    trouble: () => say(word("trouble")),
    changed: programmeSoon,
    lost: () => { if (document.body.dataset.ready) say(word("lost"), true); },
  });
}

const of = (person) => chats.find((chat) => chat.person === person);

function programmeSoon() {
  if (redraw) return;
  redraw = setTimeout(async () => {
    redraw = 0;
    try {
      timeline.draw((await get("/programme", { group })).eras);
    } catch (error) {
      tell(error);
    }
  }, CHANGED_MS);
}

// --- the clock

function clock(now) {
  find("#clock").dateTime = now.iso;
  find("#clock-date").textContent = `${now.date} ${now.year}`;
  find("#clock-time").textContent = now.time;
  find("#clock").title = now.zone;
  for (const chat of chats) chat.local.textContent = now.locals[chat.person] ?? "";
  timeline.mark(now.day);
  passing(now);
  if (now.stride) came(now);
}

function passing(now) {
  const was = walking;
  walking = Boolean(now.walking);
  const bar = find("#passing");
  bar.hidden = !walking;
  bar.style.setProperty("--share", String(now.share));
  for (const button of findAll("[data-go]")) {
    const stop = button.dataset.go === "stop";
    if (stop) button.hidden = !walking;
    else button.setAttribute("aria-disabled", String(walking));
  }
  // A screen reader would read out months of messages: while time passes they are only counted.
  if (was !== walking) chats.forEach((chat) => chat.quiet(walking && now.walking !== "next"));
}

function came(now) {
  const when = `${now.date}, ${now.time}`;
  say(now.came ? word("came", { when, count: now.came }) : now.stride === "day" || now.stride === "week" ? when : word("quiet"));
}

async function go(stride) {
  if (walking && stride !== "stop") return say(word("busy"));
  // Shown at once; the end is told by the clock.
  if (stride !== "stop") passing({ walking: stride, share: 0 });
  try {
    await post("/clock", { go: stride });
    dropHint();
  } catch (error) {
    passing({ walking: "", share: 0 });
    tell(error);
  }
}

// --- small things

function say(words, stays = false) {
  const status = find("#status");
  clearTimeout(statusTimer);
  status.hidden = false;
  status.textContent = words;
  if (!stays) statusTimer = setTimeout(() => { status.hidden = true; }, STATUS_MS);
}

const tell = (error) => say(error.message, false);

function hint() {
  find("#hint-words").replaceChildren(...rich(runs("hint")));
  find("#hint").hidden = kept.get("hint") === "seen";
}

function dropHint() {
  kept.set("hint", "seen");
  find("#hint").hidden = true;
}

function tab(chat) {
  const badge = find(`#tabs .tab:nth-child(${chats.indexOf(chat) + 1}) .badge`);
  if (!badge || !chats.includes(chat)) return;
  badge.hidden = chat.unread === 0;
  badge.textContent = String(chat.unread);
}

function goTo(place) {
  const chat = chats[place];
  if (!chat) return;
  setCurrent(place);
  chat.element.scrollIntoView({ block: "nearest", inline: "start", behavior: still() ? "auto" : "smooth" });
  chat.element.focus({ preventScroll: true });
}

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function setCurrent(place) {
  current = place;
  findAll("#tabs .tab").forEach((one, at) => (at === place ? one.setAttribute("aria-current", "true") : one.removeAttribute("aria-current")));
}

let watcher = null;

/** On a phone one chat is seen at a time: it is the current one, and what is in it counts as seen. */
function watchColumns() {
  watcher?.disconnect();
  watcher = new IntersectionObserver(
    (entries) => {
      if (!matchMedia("(max-width: 760px)").matches) return;
      for (const entry of entries) {
        const place = chats.findIndex((chat) => chat.element === entry.target);
        if (entry.isIntersecting && place >= 0) {
          setCurrent(place);
          chats[place].markRead();
        }
      }
    },
    { root: find("#people"), threshold: 0.6 },
  );
  chats.forEach((chat) => watcher.observe(chat.element));
}

// --- keys

const MOVES = { n: "next", d: "day", w: "week", e: "end", s: "stop" };
const keysOn = () => kept.get("keys") !== "off";
const writing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target) || find("dialog[open]")) return;
  if (!keysOn() && event.key !== "?") return;
  const key = event.key.toLowerCase();
  const chat = chats.find((one) => one.element.contains(document.activeElement)) ?? chats[current];
  if (key in MOVES) go(MOVES[key]);
  else if (/^[1-9]$/.test(key)) goTo(Number(key) - 1);
  else if (key === "h") chat?.home();
  else if (key === "?") keys();
  else if (key === "/" && chat) {
    chat.input.focus();
    chat.input.value = "/";
    chat.input.dispatchEvent(new Event("input"));
  } else return;
  event.preventDefault();
}

const keys = () => openKeys(KEYS, keysOn(), (on) => kept.set("keys", on ? "on" : "off"));

// --- begin

for (const button of findAll("[data-go]")) button.addEventListener("click", () => go(button.dataset.go));
find("#show-keys").addEventListener("click", keys);
find("#hint-close").addEventListener("click", dropHint);
find("#pair-choice").addEventListener("change", (event) => {
  group = event.target.value;
  history.replaceState(null, "", `?${new URLSearchParams({ group })}`);
  follow();
});
document.addEventListener("keydown", pressed);
document.addEventListener("focusin", (event) => {
  const place = chats.findIndex((chat) => chat.element.contains(event.target));
  if (place >= 0) setCurrent(place);
});
easyToClose();
follow();
