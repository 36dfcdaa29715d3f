// Forms, questions before a step that cannot be undone, the home, and the list of keys.

import { card } from "./draw.js";
import { find, findAll, freshId, h, rich } from "./dom.js";
import { word } from "./words.js";

const dialog = (name) => document.getElementById(name);

/** Close a dialog by a press beside it, as well as by Escape. */
export function easyToClose() {
  for (const one of findAll("dialog.home, dialog.small, dialog.finder")) {
    one.addEventListener("click", (event) => {
      if (event.target === one) one.close();
    });
  }
}

function head(title, id, close, note = "") {
  return h(
    "header",
    {},
    h("div", {}, h("h2", { id }, title), note ? h("p", { class: "quiet" }, note) : null),
    h("button", { type: "button", class: "icon", "aria-label": word("close"), on: { click: close } }, "×"),
  );
}

/** Ask before going on; true when the person agrees. */
export function confirmed({ question, yes, style }) {
  const shown = dialog("confirm");
  const id = freshId("title");
  return new Promise((settle) => {
    const answer = (value) => () => shown.close(value);
    shown.setAttribute("aria-labelledby", id);
    shown.replaceChildren(
      h("p", { id, class: "question" }, question),
      h(
        "div",
        { class: "buttons" },
        h("button", { type: "button", class: `button ${style === "danger" ? "danger" : "primary"}`, on: { click: answer("yes") } }, yes),
        h("button", { type: "button", class: "button", autofocus: true, on: { click: answer("") } }, word("cancel")),
      ),
    );
    shown.returnValue = "";
    shown.addEventListener("close", () => settle(shown.returnValue === "yes"), { once: true });
    shown.showModal();
  });
}

/** Open a form; `send(values)` returns the errors by field, or nothing when it was taken. */
export function openForm(form, who, send) {
  const shown = dialog("form");
  const id = freshId("title");
  const fields = form.fields.map(drawField);
  const submit = h("button", { type: "submit", class: "button primary" }, form.submit);
  const body = h(
    "form",
    { novalidate: true },
    head(form.title, id, () => shown.close(), who),
    h("div", { class: "fields" }, form.intro.length ? h("p", {}, rich(form.intro)) : null, fields.map((field) => field.element)),
    h("footer", { class: "buttons" }, submit, h("button", { type: "button", class: "button", on: { click: () => shown.close() } }, word("cancel"))),
  );
  body.addEventListener("submit", async (event) => {
    event.preventDefault();
    fields.forEach((field) => field.blame(""));
    const missing = Object.fromEntries(fields.filter((field) => field.missing()).map((field) => [field.key, word("missing")]));
    if (blameAll(fields, missing, body)) return;
    submit.disabled = true;
    body.setAttribute("aria-busy", "true");
    const errors = await send(Object.fromEntries(fields.map((field) => [field.key, field.value()])));
    body.removeAttribute("aria-busy");
    submit.disabled = false;
    if (!body.isConnected) return; // this form led on to the next one
    if (!errors) shown.close();
    else blameAll(fields, errors, body);
  });
  shown.setAttribute("aria-labelledby", id);
  shown.replaceChildren(body);
  if (!shown.open) shown.showModal();
  find("textarea, input, select", body)?.focus();
}

function blameAll(fields, errors, body) {
  const wrong = fields.filter((field) => errors[field.key]);
  wrong.forEach((field) => field.blame(errors[field.key]));
  const homeless = Object.entries(errors).filter(([key]) => !fields.some((field) => field.key === key));
  find(".form-error", body)?.remove();
  if (homeless.length) {
    find("header", body).after(h("p", { class: "form-error error", role: "alert" }, homeless.map(([, why]) => why).join(" ")));
  }
  wrong[0]?.focus();
  return Object.keys(errors).length > 0;
}

const DRAWN = { text: textField, choice: choiceField, scale: scaleField, person: personField, date: plainField, time: plainField };

function drawField(field) {
  const ids = { hint: freshId("hint"), error: freshId("error"), label: freshId("label"), input: freshId("input") };
  const described = `${ids.hint} ${ids.error}`;
  const input = DRAWN[field.kind](field, ids, described);
  const error = h("p", { id: ids.error, class: "error" });
  const note = field.required ? h("span", { class: "required" }, word("required")) : null;
  const label = input.grouped
    ? h("p", { class: "label", id: ids.label }, field.label, note)
    : h("label", { class: "label", for: ids.input }, field.label, note);
  const hint = h("p", { id: ids.hint, class: "seen-by" }, [field.hint, field.seen_by].filter(Boolean).join(" "));
  return {
    key: field.key,
    element: h("div", { class: `field ${field.kind}` }, label, input.element, error, hint),
    value: input.value,
    focus: input.focus,
    missing: () => field.required && input.value().length === 0,
    blame(why) {
      error.textContent = why;
      input.mark(Boolean(why));
    },
  };
}

function simple(input, read = () => input.value.trim()) {
  return {
    element: input,
    value: read,
    focus: () => input.focus(),
    mark: (wrong) => input.setAttribute("aria-invalid", String(wrong)),
  };
}

function textField(field, ids, described) {
  const attributes = { id: ids.input, "aria-describedby": described, maxlength: field.most, "aria-required": String(field.required) };
  const input = field.long
    ? h("textarea", { ...attributes, rows: 3, value: field.initial })
    : h("input", { ...attributes, type: "text", value: field.initial });
  const left = h("span", { class: "left", "aria-live": "off" });
  input.addEventListener("input", () => {
    const rest = field.most - input.value.length;
    left.textContent = rest < field.most / 5 ? word("left", { count: rest }) : "";
  });
  return { ...simple(input), element: h("div", {}, input, left) };
}

function plainField(field, ids, described) {
  return simple(h("input", { id: ids.input, type: field.kind, "aria-describedby": described, "aria-required": String(field.required), value: field.initial }));
}

function personField(field, ids, described) {
  const options = field.options.map((one) => h("option", { value: one.value, selected: one.value === field.initial }, one.label));
  return simple(h("select", { id: ids.input, "aria-describedby": described, "aria-required": String(field.required) }, h("option", { value: "" }, word("choose")), options));
}

/** Options to press: one of them, or several. */
function pressed(field, ids, described, options, several, initial) {
  const name = freshId("choice");
  const inputs = options.map((one) =>
    h("input", { type: several ? "checkbox" : "radio", name, value: one.value, checked: initial.includes(one.value) }),
  );
  const element = h(
    "div",
    {
      class: "options",
      role: several ? "group" : "radiogroup",
      "aria-labelledby": ids.label,
      "aria-describedby": described,
      "aria-required": several || !field.required ? null : "true",
    },
    inputs.map((input, place) => h("label", { class: "option" }, input, h("span", {}, options[place].label))),
  );
  const chosen = () => inputs.filter((input) => input.checked).map((input) => input.value);
  return {
    element,
    grouped: true,
    value: () => (several ? chosen() : (chosen()[0] ?? "")),
    focus: () => inputs[0]?.focus(),
    mark: (wrong) => {
      element.classList.toggle("wrong", wrong);
      inputs.forEach((input) => input.setAttribute("aria-invalid", String(wrong)));
    },
  };
}

function choiceField(field, ids, described) {
  return pressed(field, ids, described, field.options, field.several, field.initial);
}

function scaleField(field, ids, described) {
  const options = ["1", "2", "3", "4", "5"].map((value) => ({ value, label: value }));
  const drawn = pressed(field, ids, described, options, false, field.initial ? [field.initial] : []);
  const ends = h("div", { class: "ends" }, h("span", {}, field.low), h("span", {}, field.high));
  return { ...drawn, element: h("div", { class: "scale" }, drawn.element, ends) };
}

/** Show somebody's home beside the chats; `press` gets the body and how to replace the card it stood on. */
export function openHome(home, name, press) {
  const shown = dialog("home");
  const id = freshId("title");
  const cards = h("div", { class: "cards" });
  const draw = (one) => {
    const place = h("div", {});
    const replace = (other) => place.replaceChildren(card(other, (body, ask) => press(body, ask, replace)));
    replace(one);
    return place;
  };
  cards.append(...home.cards.map(draw));
  shown.setAttribute("aria-labelledby", id);
  shown.replaceChildren(head(rich(home.title), id, () => shown.close(), word("home.of", { name })), cards);
  if (!shown.open) shown.showModal();
}

export const closeHome = () => dialog("home").close();

/** Show which keys there are, and whether they work. */
export function openKeys(keys, on, turned) {
  const shown = dialog("keys");
  const id = freshId("title");
  const box = h("input", { type: "checkbox", checked: on, on: { change: () => turned(box.checked) } });
  shown.setAttribute("aria-labelledby", id);
  shown.replaceChildren(
    head(word("keys.title"), id, () => shown.close()),
    h("dl", { class: "facts" }, keys.map(([key, name]) => h("div", {}, h("dt", {}, h("kbd", {}, key)), h("dd", {}, word(name))))),
    h("label", { class: "switch" }, box, word("keys.on")),
  );
  shown.showModal();
}
