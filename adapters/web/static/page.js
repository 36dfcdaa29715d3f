// What makes the page quicker: forms are sent without leaving it. Without this script they are sent all the same.

const main = () => document.getElementById("main");
const above = () => document.getElementById("above");

const state = { carry: "", signIn: null, busy: false };

/** Send everything with this word from now on; `signIn` gets the next one when it has ended. */
export function carry(word, signIn) {
  state.carry = word;
  state.signIn = signIn;
}

async function ask(address, options = {}, again = true) {
  const headers = { ...options.headers, ...(state.carry ? { Authorization: `Bearer ${state.carry}` } : {}) };
  const response = await fetch(address, { ...options, headers, credentials: "same-origin", cache: "no-store" });
  if (response.status === 401 && again && state.signIn && (await state.signIn())) return ask(address, options, false);
  return response;
}

/** Load the person's page and show it. */
export async function load(address) {
  const response = await ask(address);
  show(await parsed(response));
}

async function parsed(response) {
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

const live = document.createElement("div");
live.setAttribute("role", "status");
live.className = "unseen";
document.body.append(live);

function tell(words) {
  live.textContent = "";
  requestAnimationFrame(() => (live.textContent = words));
}

/** Put in place what the server drew. `from` is the control that was used, found again by its key. */
function show(drawn, from = "") {
  const next = drawn.getElementById("main");
  if (!next) return;
  const bar = drawn.querySelector("header.bar");
  const note = next.querySelector(".note");
  const open = above()?.querySelector("dialog[data-pane]");
  document.title = drawn.title;
  document.documentElement.lang = drawn.documentElement.lang;
  const dialog = drawn.querySelector("#above dialog");
  const stays = open && !dialog && note && drawn.querySelector(".cards");
  main().replaceWith(document.adoptNode(next));
  replaceBar(bar);
  if (stays) {
    // A word about what was pressed in the dialog is read there.
    open.querySelector(".note")?.remove();
    open.querySelector(".fields").prepend(note);
  } else {
    put(dialog);
  }
  prepare();
  focusOn(from, Boolean(dialog), note);
  if (note) tell(note.textContent);
}

function replaceBar(bar) {
  const old = document.querySelector("header.bar");
  if (bar && old) old.replaceWith(document.adoptNode(bar));
  else if (bar) main().before(document.adoptNode(bar));
  else old?.remove();
}

function put(dialog) {
  const place = above();
  if (!place) return;
  const old = place.querySelector("dialog");
  const top = dialog?.hasAttribute("data-pane") ? old?.querySelector(".fields")?.scrollTop : 0;
  old?.remove();
  if (!dialog) return;
  place.append(document.adoptNode(dialog));
  if (top) dialog.querySelector(".fields").scrollTop = top;
}

/** Make the open dialog one that is above the page, and whatever else only works with a script. */
function prepare() {
  const dialog = above()?.querySelector("dialog[open]");
  if (dialog && !dialog.matches(":modal")) {
    dialog.removeAttribute("open");
    dialog.showModal();
    dialog.addEventListener("close", () => closed(dialog), { once: true });
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog && dialog.hasAttribute("data-pane")) dialog.close();
    });
  }
  for (const find of document.querySelectorAll("input.find[hidden]")) find.hidden = false;
}

let opener = "";

function closed(dialog) {
  dialog.remove();
  byKey(opener)?.focus();
}

function byKey(key, within = document) {
  return key ? within.querySelector(`[data-key="${CSS.escape(key)}"]`) : null;
}

function focusOn(from, inDialog, note) {
  const dialog = above()?.querySelector("dialog");
  if (dialog) {
    const wrong = dialog.querySelector('[aria-invalid="true"]');
    const place = wrong?.matches("input, select, textarea") ? wrong : wrong?.querySelector("input");
    const first = dialog.querySelector(".field input:not([hidden]), .field textarea, .field select");
    (place || byKey(from, dialog) || (inDialog ? first : null) || dialog.querySelector(".fields button, .icon"))?.focus();
    return;
  }
  const again = byKey(from) || byKey(opener);
  if (again) again.focus({ preventScroll: true });
  else if (from) {
    main().tabIndex = -1;
    main().focus({ preventScroll: !note });
  }
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const button = event.submitter;
  const leaves = form.hasAttribute("data-plain") || button?.formMethod === "dialog" || form.method === "dialog";
  if (leaves || form.method !== "post" || !form.querySelector('input[name="mark"]')) return;
  event.preventDefault();
  if (state.busy) return;
  state.busy = true;
  document.body.setAttribute("aria-busy", "true");
  const from = button?.dataset.key ?? "";
  if (from && !form.closest("dialog")) opener = from;
  try {
    const response = await send(form, button);
    const drawn = await parsed(response);
    // What was written must not be lost: a form stays until it was taken.
    if (!response.ok && form.closest("dialog")) wrong(form, [...drawn.querySelectorAll("#main p")].map((one) => one.textContent).join(" "));
    else show(drawn, from);
  } catch {
    wrong(form, document.body.dataset.offline);
  } finally {
    state.busy = false;
    document.body.removeAttribute("aria-busy");
  }
});

async function send(form, button) {
  const body = () => new URLSearchParams(new FormData(form, button));
  const go = () => ask(form.getAttribute("action"), { method: "POST", body: body() });
  const response = await go();
  return response.status === 403 && (await marked(form)) ? go() : response;
}

/** Who signed in anew meanwhile, in another window, goes on here; true where that is so. */
async function marked(form) {
  const page = await parsed(await ask("/me"));
  const mark = page.querySelector(".cards") && page.querySelector('input[name="mark"]');
  if (!mark || mark.value === form.querySelector('input[name="mark"]').value) return false;
  for (const one of document.querySelectorAll('input[name="mark"]')) one.value = mark.value;
  return true;
}

function wrong(form, words) {
  const place = form.closest("dialog")?.querySelector(".fields") ?? main();
  place.querySelector(".note")?.remove();
  const note = Object.assign(document.createElement("p"), { className: "note wrong", textContent: words });
  place.prepend(note);
  note.scrollIntoView({ block: "nearest" });
  tell(words);
}

// --- finding a name among many ---

let typing = 0;

document.addEventListener("input", (event) => {
  if (!event.target.matches("input.find")) return;
  clearTimeout(typing);
  typing = setTimeout(() => find(event.target), 200);
});

async function find(input) {
  const select = input.parentElement.querySelector("select");
  const asked = new URLSearchParams({ field: input.dataset.field, typed: input.value });
  const response = await ask(`/me/people?${asked}`);
  if (!response.ok) return;
  const kept = select.selectedOptions[0]?.value ? [select.selectedOptions[0]] : [];
  const found = (await response.json())
    .filter((one) => one.value !== kept[0]?.value)
    .map((one) => new Option(one.label, one.value));
  select.replaceChildren(select.options[0], ...kept, ...found);
}

prepare();
document.body.dataset.ready = "";
