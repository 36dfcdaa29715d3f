// Small tools to build the page. What people typed only ever becomes text, never markup.

/** Make an element: attributes by name, `on` for listeners, strings become text. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "data") {
      Object.assign(element.dataset, value);
    } else if (name === "value") {
      element.value = value;
    } else {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** Turn runs of text into elements: bold, italic, links, names. */
export function rich(runs) {
  return runs.map((run) => {
    let piece = document.createTextNode(run.text);
    if (run.url) {
      piece = isWebAddress(run.url)
        ? h("a", { href: run.url, target: "_blank", rel: "noopener noreferrer" }, piece)
        : h("span", {}, piece);
    }
    if (run.person) piece = h("span", { class: "name" }, piece);
    if (run.italic) piece = h("em", {}, piece);
    if (run.bold) piece = h("strong", {}, piece);
    return piece;
  });
}

/** Runs of text without looks. */
export const plain = (runs) => runs.map((run) => run.text).join("");

/** Only these may become links: an address could otherwise be a script. */
export function isWebAddress(url) {
  try {
    return ["http:", "https:", "mailto:"].includes(new URL(url).protocol);
  } catch {
    return false;
  }
}

export const find = (selector, within = document) => within.querySelector(selector);
export const findAll = (selector, within = document) => [...within.querySelectorAll(selector)];

let numbers = 0;
export const freshId = (name) => `${name}-${(numbers += 1)}`;
