// What may be written: a list that opens at "/" and narrows with each letter.

import { freshId, h } from "./dom.js";

/** Offer `choices` ({text, words}) under an input of a form. */
export function suggest(input, form, choices) {
  const list = h("ul", { class: "suggestions", role: "listbox", id: freshId("words"), hidden: true });
  let active = -1;
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id })) {
    input.setAttribute(name, value);
  }
  form.prepend(list);

  const close = () => {
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const take = (text) => {
    input.value = `${text} `;
    close();
    input.focus();
  };
  const choose = (place) => {
    const options = [...list.children];
    active = (place + options.length) % options.length;
    options.forEach((option, at) => option.setAttribute("aria-selected", String(at === active)));
    options[active].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", options[active].id);
  };
  const open = () => {
    const typed = input.value.toLowerCase();
    const fitting = typed.startsWith("/") ? choices.filter((one) => one.text.startsWith(typed.trimEnd()) && one.text !== typed.trim()) : [];
    if (!fitting.length) return close();
    active = -1;
    list.replaceChildren(
      ...fitting.map((one) =>
        h(
          "li",
          { role: "option", id: freshId("word"), "aria-selected": "false", data: { text: one.text }, on: { pointerdown: (event) => { event.preventDefault(); take(one.text); } } },
          h("strong", {}, one.text),
          h("span", {}, one.words),
        ),
      ),
    );
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
  };

  input.addEventListener("input", open);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") choose(active + 1);
    else if (event.key === "ArrowUp") choose(active < 0 ? -1 : active - 1);
    else if (event.key === "Escape") close();
    else if ((event.key === "Enter" || event.key === "Tab") && active >= 0) take(list.children[active].dataset.text);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
