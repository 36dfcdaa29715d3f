// The page: load the room, follow what happens, move the clock.

import { get, listen, post } from "./api.js";
import { Chat } from "./chat.js";
import { easyToClose, openKeys } from "./dialogs.js";
import { openFinder } from "./finder.js";
import { find, findAll, h, rich } from "./dom.js";
import { calm, news, trouble } from "./status.js";
import * as timeline from "./timeline.js";
import { tries } from "./tries.js";
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
const LONG_MS = 400; // a walk shorter than this needs no way to stop it
const AGAIN_MS = 2000; // between two looks whether the demo runs again
const NAMED = 5; // whose news are told by name

const kept = {
  get: (name) => { try { return localStorage.getItem(name); } catch { return null; } },
  set: (name, value) => { try { localStorage.setItem(name, value); } catch { /* a private window keeps nothing */ } },
};

let chats = [];
let groups = [];
let names = {};
let group = new URLSearchParams(location.search).get("group") ?? "";
let stream = null;
let redraw = 0;
let again = 0;
let stopTimer = 0;
let current = 0;
let walking = false;
let walked = []; // who waits for time to stand still
let gone = false; // the demo does not answer

// --- loading

async function load() {
  let state;
  try {
    state = await get("/state", { group });
  } catch (error) {
    trouble(error.message);
    return;
  }
  group = state.group;
  names = state.names;
  document.documentElement.lang = state.language;
  take(state.words);
  document.title = `Telemachy · ${word("title")}`;
  timeline.draw(state.eras);
  people(state);
  clock(state.clock);
  programmes(state.groups);
  hint();
  if (gone) news(word("back"));
  gone = false;
  calm();
  document.body.dataset.ready = "yes";
}

/** Show the people; where they are shown already, only what is new, so that nothing half written is lost. */
function people(state) {
  const same = chats.map((chat) => chat.person).join() === state.columns.map((column) => column.person).join();
  if (same && chats.length) {
    chats.forEach((chat, place) => chat.refresh(state.columns[place]));
    return;
  }
  const read = current;
  chats = state.columns.map((column) => new Chat(column, { readChanged: tab }));
  find("#people").replaceChildren(...chats.map((chat) => chat.element));
  find("#tabs").replaceChildren(...state.columns.map(tabOf));
  chats.forEach((chat) => chat.toEnd());
  chats.forEach(tab);
  setCurrent(Math.min(read, Math.max(0, chats.length - 1)));
  watchColumns();
}

const tabOf = (column, place) =>
  h(
    "button",
    { type: "button", class: `tab role-${column.role}`, on: { click: () => goTo(place) } },
    h("span", { class: "face", "aria-hidden": "true" }, column.initials),
    h("span", { class: "tab-name" }, column.name.split(" ")[0]),
    h("span", { class: "badge", hidden: true }),
  );

/** Show whose programme it is, where there are several, and how much is new in the others. */
function programmes(given) {
  groups = given;
  const mine = groups.find((one) => one.id === group);
  find("#pair").hidden = groups.length < 2;
  if (!mine) return;
  find("#pair-words").textContent = mine.people;
  const elsewhere = groups.filter((one) => one.id !== group).reduce((sum, one) => sum + one.unread, 0);
  find("#pair-new").hidden = elsewhere === 0;
  find("#pair-new").textContent = elsewhere > 99 ? "99+" : String(elsewhere);
  const says = [word("pair.of", { names: mine.people }), elsewhere ? word("unread", { count: elsewhere }) : ""];
  find("#pair").setAttribute("aria-label", says.filter(Boolean).join(". "));
}

async function choosePair() {
  try {
    groups = (await get("/groups")).groups;
  } catch (error) {
    trouble(error.message);
    return;
  }
  openFinder(groups, group, (chosen) => {
    group = chosen;
    current = 0;
    history.replaceState(null, "", `?${new URLSearchParams({ group })}`);
    follow();
    find("#pair").focus();
  });
}

function follow() {
  clearTimeout(again);
  stream?.close();
  stream = listen(group, {
    hello: load,
    reload: load,
    chat: ({ message, fresh }) => of(message.person)?.add([message], fresh),
    clock,
    temperament: ({ person, temperament }) => { const chat = of(person); if (chat) chat.choice.value = temperament; },
    trouble: () => trouble(word("trouble")),
    changed: programmeSoon,
    lost,
  });
}

/** Say that nobody answers, and look again; a browser that has given up is made to try anew. */
function lost(forGood) {
  if (document.body.dataset.ready && !gone) {
    gone = true;
    stand();
    trouble(word("lost"));
  }
  if (forGood) again = setTimeout(follow, AGAIN_MS);
}

const of = (person) => chats.find((chat) => chat.person === person);

function programmeSoon() {
  if (redraw) return;
  redraw = setTimeout(async () => {
    redraw = 0;
    try {
      timeline.draw((await get("/programme", { group })).eras);
    } catch { /* whoever moves the clock is told that nobody answers */ }
  }, CHANGED_MS);
}

// --- the clock

function clock(now) {
  find("#clock").dateTime = now.iso;
  find("#clock-date").textContent = `${now.date} ${now.year}`;
  find("#clock-time").textContent = now.time;
  find("#clock").title = now.zone;
  for (const chat of chats) chat.at(now.locals[chat.person] ?? "");
  timeline.mark(now.day, now.date);
  passing(now);
  if (now.stride) came(now);
}

function passing(now) {
  const was = walking;
  walking = Boolean(now.walking);
  const bar = find("#passing");
  bar.hidden = !walking;
  bar.style.setProperty("--share", String(now.share));
  bar.setAttribute("aria-valuenow", String(Math.round(now.share * 100)));
  if (was === walking) return;
  document.body.classList.toggle("walking", walking);
  for (const button of findAll("[data-go]:not(.stop)")) button.setAttribute("aria-disabled", String(walking));
  clearTimeout(stopTimer);
  if (walking) stopTimer = setTimeout(() => stoppable(true), LONG_MS);
  else stoppable(false);
  chats.forEach((chat) => chat.hush(walking, now.walking));
  if (walking) return;
  walked.forEach((settle) => settle());
  walked = [];
}

/** Show the way to stop, or put it away; focus never falls into nothing. */
function stoppable(yes) {
  const stop = find("[data-go=stop]");
  if (!yes && document.activeElement === stop) find("#go-next").focus();
  stop.hidden = !yes;
  document.body.classList.toggle("stoppable", yes);
}

const stand = () => passing({ walking: "", share: 0 });

/** Tell whom the clock brought something, those on the page by name. */
function came(now) {
  const when = `${now.date}, ${now.time}`;
  const here = chats.filter((chat) => now.came[chat.person]);
  const elsewhere = Object.keys(now.came).filter((person) => !of(person)).reduce((sum, person) => sum + now.came[person], 0);
  const told = here.slice(0, NAMED).map((chat) => `${chat.name} (${now.came[chat.person]})`);
  if (here.length > NAMED) told.push("…");
  const who = told.join(", ");
  const nothing = now.stride === "next" || now.stride === "end" ? word("quiet") : "";
  if (here.length && elsewhere) news(word("came.too", { who, count: elsewhere }), when);
  else if (here.length) news(word("came", { who }), when);
  else news(elsewhere ? word("came.only", { count: elsewhere }) : nothing, when);
  if (groups.length > 1) refreshPrograms();
  hint();
}

async function refreshPrograms() {
  try {
    programmes((await get("/groups")).groups);
  } catch { /* the number is seen with the next move */ }
}

/** Let time pass, and wait until it stands still. */
async function walk(body) {
  if (walking) {
    news(word("busy"));
    return;
  }
  const arrived = new Promise((settle) => walked.push(settle));
  passing({ walking: body.go, share: 0 }); // shown at once; the end is told by the clock
  try {
    await post("/clock", body);
    calm();
    begun();
  } catch (error) {
    stand();
    trouble(error.message);
  }
  await arrived;
}

async function go(stride) {
  if (stride !== "stop") return walk({ go: stride });
  try {
    await post("/clock", { go: "stop" });
  } catch (error) {
    trouble(error.message);
  }
}

// --- the hint: how to begin, then what to try

const begun = () => kept.set("begun", "yes");

function hint() {
  const started = kept.get("begun") === "yes";
  find("#hint").hidden = kept.get("hint") === "closed";
  find("#hint-words").replaceChildren(...rich(runs(started ? "try" : "hint")));
  find("#hint").classList.toggle("started", started);
  find("#tries").hidden = !started;
  if (!started) return;
  const focused = findAll("#tries button").indexOf(document.activeElement);
  find("#tries").replaceChildren(...tries({ walk, news, goTo: (chat) => goTo(chats.indexOf(chat)), chat: (role) => chats.find((one) => one.role === role), eras: timeline.eras, today: timeline.day }));
  if (focused >= 0) (findAll("#tries button")[focused] ?? find("#hint-close")).focus();
}

function closeHint() {
  kept.set("hint", "closed");
  hint();
  find("#go-next").focus();
}

// --- small things

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
  if (event.ctrlKey || event.metaKey || event.altKey || writing(event.target) || find("dialog[open], #era:popover-open")) return;
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
find("#hint-close").addEventListener("click", closeHint);
find("#pair").addEventListener("click", choosePair);
timeline.onLive((day) => walk({ go: "until", day }));
document.addEventListener("keydown", pressed);
document.addEventListener("focusin", (event) => {
  const place = chats.findIndex((chat) => chat.element.contains(event.target));
  if (place >= 0) setCurrent(place);
});
easyToClose();
follow();
