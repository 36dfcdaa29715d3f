// Cards as elements. `press(body)` is called with what a press sends, and asks to confirm where that is wanted.

import { freshId, h, isWebAddress, rich } from "./dom.js";
import { word } from "./words.js";

// The second half of a double click is no second press: what stands there by then may be another button.
const once = (press) => (event) => {
  if (event.detail < 2) press();
};

/** Draw one card; without `press`, as a letter: what would be pressed is only read. */
export function card(shown, press, level = 3) {
  const heading = h(`h${level}`, { id: freshId("card"), class: "card-title" }, rich(shown.title));
  return h(
    "article",
    { class: `card tone-${shown.tone}`, "aria-labelledby": heading.id },
    shown.title.length ? heading : null,
    shown.together ? h("p", { class: "quiet" }, word("together", { names: shown.together.join(", ") })) : null,
    shown.blocks.map((block) => drawBlock(block, press)),
    shown.file ? file(shown) : null,
    press ? row(shown.buttons, press) : letterEnd(shown),
  );
}

/** A letter keeps its links, and says where to answer if there is anything to answer. */
function letterEnd(shown) {
  const asks = shown.buttons.some((one) => one.kind !== "link") || shown.blocks.some((one) => ["ask", "actions"].includes(one.kind));
  const links = shown.buttons.filter((one) => one.kind === "link");
  return [row(links, null), asks ? h("p", { class: "quiet" }, word("mail.answer")) : null];
}

function drawBlock(block, press) {
  switch (block.kind) {
    case "text":
      return paragraph(block);
    case "facts":
      return h("dl", { class: "facts" }, block.rows.map(([name, value]) => h("div", {}, h("dt", {}, rich(name)), h("dd", {}, rich(value)))));
    case "checklist":
      return h("ul", { class: "checklist" }, block.items.map((item) => h("li", {}, tick(item, press))));
    case "progress":
      return progress(block);
    case "image":
      return h("img", { class: "picture", src: `/static/pictures/${encodeURIComponent(block.name)}`, alt: block.alt });
    case "rule":
      return h("hr");
    case "ask":
      return press ? ask(block, press) : h("p", { class: "words" }, rich(block.question));
    case "actions":
      return row(press ? block.buttons : block.buttons.filter((one) => one.kind === "link"), press);
    default:
      throw new Error(`no way to draw ${block.kind}`);
  }
}

function paragraph(block) {
  if (block.style === "heading") return h("h4", { class: "heading" }, rich(block.words));
  return h("p", { class: block.style === "quiet" ? "quiet" : "words" }, rich(block.words));
}

function progress(bar) {
  const label = freshId("bar");
  const meter = h("progress", { max: 1, "aria-labelledby": label });
  meter.value = bar.share;
  return h("div", { class: "progress" }, h("span", { id: label }, rich(bar.label)), meter, h("span", { class: "figures" }, bar.figures));
}

function ask(question, press) {
  const label = freshId("ask");
  const pills = question.choices.map((choice) => {
    const chosen = choice.value === question.chosen;
    return h(
      "button",
      {
        type: "button",
        class: "pill",
        "aria-pressed": String(chosen),
        data: { key: `${question.verb}|${question.ref}|${choice.value}` },
        on: { click: once(() => press({ verb: question.verb, ref: question.ref, value: choice.value })) },
      },
      choice.label,
    );
  });
  return h(
    "div",
    { class: question.chosen ? "ask answered" : "ask", role: "group", "aria-labelledby": label },
    h("p", { id: label, class: "question" }, rich(question.question)),
    h("div", { class: "pills" }, pills),
    question.seen_by ? h("p", { class: "seen-by" }, question.seen_by) : null,
  );
}

function tick(item, press) {
  if (!item.verb || !press) {
    const state = h("span", { class: "unseen" }, item.done ? word("done") : word("open"));
    return h("span", { class: item.done ? "tick told done" : "tick told" }, h("span", { class: "box", "aria-hidden": "true" }), h("span", {}, rich(item.label), " ", state));
  }
  return h(
    "button",
    {
      type: "button",
      class: item.done ? "tick done" : "tick",
      role: "checkbox",
      "aria-checked": String(item.done),
      data: { key: `${item.verb}|${item.ref}|${item.value}` },
      on: { click: once(() => press({ verb: item.verb, ref: item.ref, value: item.value })) },
    },
    h("span", { class: "box", "aria-hidden": "true" }),
    h("span", {}, rich(item.label)),
  );
}

function file(shown) {
  const name = shown.file.name;
  return h("a", { class: "file", href: `/file/${shown.id}`, download: name }, word("file", { name }));
}

function row(buttons, press) {
  return buttons.length ? h("div", { class: "buttons" }, buttons.map((one) => button(one, press))) : null;
}

function button(shown, press) {
  if (shown.kind === "link") {
    const attributes = { class: "button", target: "_blank", rel: "noopener noreferrer" };
    return h("a", isWebAddress(shown.url) ? { ...attributes, href: shown.url } : attributes, shown.label);
  }
  const body = { verb: shown.verb, ref: shown.ref, value: shown.value };
  return h(
    "button",
    {
      type: "button",
      class: `button ${shown.style}`,
      "aria-haspopup": shown.opens_form ? "dialog" : null,
      data: { key: `${shown.verb}|${shown.ref}|${shown.value}` },
      on: { click: once(() => press(body, shown.confirm ? { question: shown.confirm, yes: shown.label, style: shown.style } : null)) },
    },
    shown.label,
  );
}
