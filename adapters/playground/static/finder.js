// Of many programmes, one is shown: found by the name of anybody in it.

import { find, freshId, h } from "./dom.js";
import { word } from "./words.js";

/** Open the list of programmes; `choose(id)` is called with the one wanted. */
export function openFinder(groups, current, choose) {
  const shown = document.getElementById("finder");
  const id = freshId("title");
  const list = h("ul", { class: "found" });
  const count = h("p", { class: "quiet", role: "status" });
  const input = h("input", { type: "text", role: "searchbox", autocomplete: "off", "aria-label": word("find"), placeholder: word("find") });
  const draw = () => {
    const typed = plain(input.value);
    const fitting = groups.filter((group) => group.seats.some((seat) => plain(seat.name).includes(typed)));
    list.replaceChildren(...fitting.map((group) => h("li", {}, row(group, typed, group.id === current, take))));
    count.textContent = fitting.length ? word("find.count", { count: fitting.length }) : word("find.none");
  };
  const take = (group) => {
    shown.close();
    choose(group.id);
  };
  input.addEventListener("input", draw);
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    find("button", list)?.click();
  });
  shown.setAttribute("aria-labelledby", id);
  shown.replaceChildren(
    h(
      "header",
      {},
      h("h2", { id }, word("pair")),
      h("button", { type: "button", class: "icon", "aria-label": word("close"), on: { click: () => shown.close() } }, "×"),
    ),
    input,
    count,
    list,
  );
  draw();
  shown.showModal();
  input.focus();
}

/** One programme: its pair, and whoever else in it the typed name means. */
function row(group, typed, now, take) {
  const others = typed ? group.seats.filter((seat) => plain(seat.name).includes(typed)) : [];
  const about = others.length ? others.map((seat) => `${seat.name}, ${seat.roles}`).join(" · ") : group.title;
  const fresh = group.unread ? h("span", { class: "badge", role: "img", "aria-label": word("unread", { count: group.unread }) }, String(group.unread)) : null;
  return h(
    "button",
    { type: "button", class: "found-one", "aria-current": now ? "true" : null, on: { click: () => take(group) } },
    h("span", { class: "names" }, h("strong", {}, group.people), h("small", {}, about)),
    fresh,
  );
}

/** Names are found without their accents, too. */
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
