// One column a person: who they are, what they were sent, what they write.

import { freshKey, get, post } from "./api.js";
import { closeHome, confirmed, openForm, openHome } from "./dialogs.js";
import { card } from "./draw.js";
import { find, findAll, h, plain, rich } from "./dom.js";
import { calm, hear, trouble } from "./status.js";
import { suggest } from "./suggest.js";
import { word } from "./words.js";

const COMMAND = "/mentor";
const NEAR = 80; // pixels from the end of a chat that count as its end
const OWN_MS = 1000; // a scroll so soon after somebody touched the chat is theirs

export class Chat {
  constructor(column, { readChanged }) {
    this.person = column.person;
    this.name = column.name;
    this.role = column.role;
    this.read = column.read;
    this.readChanged = readChanged;
    this.shown = new Map();
    this.following = true; // until somebody scrolls back
    this.silent = false;
    this.first = 0; // of the messages that came since something was last done
    this.fromFirst = true; // a few messages are read from the first, many from the last
    this.touched = -OWN_MS;
    this.build(column);
    this.add(column.messages);
    this.toEnd();
  }

  /** Take over what the demo knows, and keep what somebody is writing. */
  refresh(column) {
    this.read = column.read;
    this.choice.value = column.temperament;
    this.at(column.local);
    this.forget(column);
    this.add(column.messages);
  }

  /** Take away what is not there any more: the demo may have begun anew. */
  forget(column) {
    const there = new Set(column.messages.map((message) => message.id));
    const since = column.earlier ? Math.min(...there) : 0;
    for (const [id, { element }] of [...this.shown]) {
      if (id < since || there.has(id)) continue;
      element.remove();
      this.shown.delete(id);
    }
  }

  // --- how it looks

  build(column) {
    const id = `person-${column.person}`;
    this.local = h("span", { class: "local", "aria-hidden": "true" });
    this.localWords = h("span", { class: "unseen" });
    this.at(column.local);
    this.badge = h("span", { class: "badge", hidden: true });
    this.list = h("ol", { class: "messages" });
    this.more = h("button", { type: "button", class: "button earlier", hidden: !column.earlier, on: { click: () => this.earlier() } }, word("earlier"));
    this.empty = h("div", { class: "empty quiet" }, h("p", {}, word("empty")), column.role ? h("p", {}, word(`empty.${column.role}`)) : null);
    this.element = h(
      "section",
      { class: `column role-${column.role}`, id, tabindex: -1, "aria-labelledby": `${id}-name`, lang: column.language },
      h("header", {}, this.face(column), this.who(column, id), this.tools(column)),
      // Not live: five chats at once would be noise. What comes is said in one line, see `hear`.
      h("div", { class: "scroll", role: "log", "aria-live": "off", "aria-label": word("messages", { name: column.name }), tabindex: 0 }, this.more, this.empty, this.list),
      this.line(column),
    );
    this.scroller = find(".scroll", this.element);
    // Only somebody's own scrolling stops following: while messages pour in, ours is heard of late.
    for (const event of ["wheel", "touchmove", "pointerdown", "keydown"]) {
      this.scroller.addEventListener(event, () => { this.touched = performance.now(); }, { passive: true });
    }
    this.scroller.addEventListener("scroll", () => {
      if (this.atEnd()) this.following = true;
      else if (performance.now() - this.touched < OWN_MS) this.following = false;
    });
    for (const event of ["pointerdown", "focusin", "wheel", "touchmove"]) {
      this.element.addEventListener(event, () => this.markRead(), { passive: true });
    }
  }

  face(column) {
    return h("span", { class: "face", "aria-hidden": "true" }, column.initials);
  }

  who(column, id) {
    const about = [column.roles.join(", "), column.position].filter(Boolean).join(" · ");
    return h("div", { class: "who" }, h("h2", { id: `${id}-name` }, h("span", {}, column.name), this.badge), h("p", {}, about));
  }

  at(time) {
    this.local.textContent = time;
    this.local.title = word("here", { time, name: this.name });
    this.localWords.textContent = this.local.title;
  }

  tools(column) {
    this.choice = h(
      "select",
      { "aria-label": word("plays", { name: column.name }), on: { change: () => this.play() } },
      ["you", "well", "forgets", "struggles", "silent"].map((one) => h("option", { value: one }, word(`temperament.${one}`))),
    );
    this.choice.value = column.temperament;
    return h(
      "div",
      { class: "tools" },
      this.choice,
      h("button", { type: "button", class: "quiet-button", "aria-label": word("home.of", { name: column.name }), on: { click: () => this.home() } }, word("home")),
      this.local,
      this.localWords,
    );
  }

  line(column) {
    const input = h("input", {
      type: "text",
      autocomplete: "off",
      maxlength: 2000,
      placeholder: `${COMMAND} …`,
      "aria-label": word("write.as", { name: column.name }),
    });
    this.input = input;
    const form = h("form", { class: "line" }, input, h("button", { type: "submit", class: "send", "aria-label": word("send"), title: word("send") }, "↑"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (!text) return;
      input.value = "";
      this.told(this.act({ kind: "say", text })).then(() => {
        if (find("#trouble").textContent && !input.value) input.value = text; // what could not be sent is not lost
      });
    });
    suggest(input, form, column.commands.map((one) => ({ text: `${COMMAND} ${one.name}`, words: one.words })));
    return form;
  }

  // --- messages

  /** Add messages or draw changed ones anew, in the order of their numbers. */
  add(messages, fresh = false) {
    for (const message of messages) this.put(message, fresh);
    this.empty.hidden = this.shown.size > 0;
    this.days();
    this.count();
    if (fresh) this.first ||= messages[0].id;
    if (this.following) this.toEnd();
    if (this.following && fresh) this.toTop(this.fromFirst ? this.first : messages[0].id);
  }

  put(message, fresh) {
    const before = this.shown.get(message.id);
    const same = before && JSON.stringify(before.message) === JSON.stringify(message);
    if (same) return;
    const title = plain(message.title);
    if (!this.silent && message.kind !== "said" && (fresh || (before && plain(before.message.title) !== title))) {
      hear(word("heard", { name: this.name, title }));
    }
    const element = this.draw(message);
    this.shown.set(message.id, { message, element });
    if (before) {
      const had = before.element.contains(document.activeElement) ? document.activeElement.dataset.key : null;
      before.element.replaceWith(element);
      if (had !== null) focusAgain(element, had);
      return;
    }
    if (fresh) element.classList.add("arriving");
    const last = this.list.lastElementChild;
    const next = last && Number(last.dataset.id) > message.id ? findAll("li.message", this.list).find((one) => Number(one.dataset.id) > message.id) : null;
    this.list.insertBefore(element, next ?? null);
  }

  draw(message) {
    const time = h("p", { class: "meta" }, h("time", {}, message.time), message.changed ? ` · ${word("changed")}` : "");
    const attributes = { class: `message ${message.kind}`, data: { id: message.id, day: message.day, dayWords: message.day_words } };
    if (message.kind === "said") return h("li", attributes, h("p", { class: "bubble" }, rich(message.title)), time);
    if (message.kind === "note") {
      return h("li", attributes, h("p", { class: "bubble" }, rich(message.title)), h("p", { class: "meta" }, word("only.you", { name: this.name })));
    }
    if (message.kind === "mail") {
      const mail = h("p", { class: "meta mail" }, `${word("mail")} · `, h("time", {}, message.time));
      return h("li", attributes, mail, card(message, null));
    }
    const press = (body, ask) => this.press(body, ask, message.id);
    const only = message.kind === "answer" ? h("p", { class: "meta" }, word("only.you", { name: this.name })) : null;
    const cards = message.cards ? message.cards.map((one) => card(one, press)) : [card(message, press)];
    return h("li", attributes, cards, only ?? time);
  }

  /** Put a line before each day's first message, and one before the first that is new. */
  days() {
    findAll(".day, .newest", this.list).forEach((one) => one.remove());
    let day = "";
    let marked = false;
    for (const element of findAll("li.message", this.list)) {
      if (element.dataset.day !== day) {
        day = element.dataset.day;
        element.before(h("li", { class: "day" }, h("span", {}, element.dataset.dayWords)));
      }
      if (!marked && this.isNew(this.shown.get(Number(element.dataset.id)).message)) {
        marked = true;
        element.before(h("li", { class: "newest", "aria-hidden": "true" }, word("new")));
      }
    }
  }

  isNew(message) {
    return message.id > this.read && ["bot", "mail", "answer"].includes(message.kind);
  }

  count() {
    const fresh = [...this.shown.values()].filter((one) => this.isNew(one.message)).length;
    this.unread = fresh;
    this.badge.hidden = fresh === 0;
    this.badge.textContent = String(fresh);
    this.badge.setAttribute("aria-label", word("unread", { count: fresh }));
    this.badge.setAttribute("role", "img");
    this.readChanged(this);
  }

  markRead() {
    const last = Math.max(0, ...this.shown.keys());
    if (last <= this.read) return;
    this.read = last;
    this.count();
    post("/read", { person: this.person, message: last }).catch(() => {}); // it counts as new once more, nothing else
  }

  async earlier() {
    const first = Math.min(...this.shown.keys());
    try {
      const found = await get("/earlier", { person: this.person, before: first });
      const height = this.scroller.scrollHeight;
      this.following = false;
      this.add(found.messages);
      this.scroller.scrollTop += this.scroller.scrollHeight - height;
      this.more.hidden = !found.earlier;
      if (this.more.hidden) this.scroller.focus({ preventScroll: true });
    } catch (error) {
      trouble(error.message);
    }
  }

  atEnd() {
    const box = this.scroller;
    return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR;
  }

  toEnd() {
    this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  /** A message longer than the chat is high begins at its beginning. */
  toTop(id) {
    const element = this.shown.get(id).element;
    const above = element.offsetTop - this.scroller.offsetTop - 34;
    if (above < this.scroller.scrollTop) this.scroller.scrollTop = above;
  }

  /** While time passes nothing is said: months of messages are only counted. */
  hush(yes, stride) {
    this.silent = yes;
    if (yes) this.first = 0;
    if (yes) this.fromFirst = stride === "next" || stride === "day";
  }

  // --- what the person does

  async press(body, ask, message, replace) {
    if (ask && !(await confirmed(ask))) return;
    await this.told(this.act({ kind: "press", ...body, message }, replace));
  }

  /** Say what went wrong, if anything did. */
  async told(doing) {
    try {
      await doing;
    } catch (error) {
      trouble(error.message);
    }
  }

  /** Send what was done; `replace` shows a card in the place of a pressed one outside the chat. */
  async act(body, replace) {
    this.element.setAttribute("aria-busy", "true");
    this.first = 0;
    this.fromFirst = true;
    try {
      const answer = await post("/act", { ...body, who: this.person, key: freshKey() });
      calm();
      if (answer.form) openForm(answer.form, this.name, (values) => this.submit(answer.form, values, body.message ?? 0, replace));
      if (answer.home) openHome(answer.home, this.name, (pressed, ask, put) => this.press(pressed, ask, 0, put));
      if (answer.card) replace?.(answer.card);
      return answer;
    } finally {
      this.element.removeAttribute("aria-busy");
    }
  }

  /** Return the errors by field, null where the form was taken; "" is for what belongs to no field. */
  async submit(form, values, message, replace) {
    try {
      return (await this.act({ kind: "submit", verb: form.verb, ref: form.ref, values, message }, replace)).errors ?? null;
    } catch (error) {
      return { "": error.message };
    }
  }

  home() {
    closeHome();
    this.told(this.act({ kind: "home" }));
  }

  async play() {
    this.told(post("/temperament", { person: this.person, temperament: this.choice.value }));
  }
}

/** After a card was drawn anew: stay on the same button, else go to the first question still open. */
function focusAgain(element, key) {
  const buttons = findAll("[data-key]", element);
  const open = find(".ask:not(.answered) [data-key]", element);
  const same = buttons.find((one) => one.dataset.key === key);
  (same && same.getAttribute("aria-pressed") === "true" && open ? open : (same ?? open ?? buttons[0]))?.focus();
}
