// Reads a list of {name, kind, at, view, blocks} on standard input and writes {name: HTML} on standard output.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createElement as h } from "react";
import { renderToStaticMarkup } from "react-dom/server";

const require = createRequire(import.meta.url);
const { Message } = require("slack-blocks-to-jsx");
const css = readFileSync(require.resolve("slack-blocks-to-jsx/dist/style.css"), "utf8");
const own = readFileSync(new URL("./frame.css", import.meta.url), "utf8");

const logo =
  "data:image/svg+xml;utf8," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><rect width="36" height="36" rx="8" fill="#1f3b57"/>' +
      '<text x="18" y="25" font-family="serif" font-size="20" fill="#fff" text-anchor="middle">T</text></svg>',
  );

// Slack says so behind the label; the drawing program does not.
const asked = (block) =>
  block.type === "input" && block.optional
    ? { ...block, label: { ...block.label, text: `${block.label.text} (optional)` } }
    : block;

const drawn = (blocks, at, withoutWrapper) =>
  h(Message, { blocks: blocks.map(asked), logo, name: "Telemachy", time: new Date(at), theme: "light", withoutWrapper });

const frames = {
  message: ({ blocks, at }) => h("main", { className: "message" }, drawn(blocks, at, false)),
  modal: ({ view, at }) =>
    h(
      "main",
      { className: "modal" },
      h("header", {}, h("img", { src: logo }), h("h1", {}, view.title.text), h("i", {}, "×")),
      h("section", {}, drawn(view.blocks, at, true)),
      h(
        "footer",
        {},
        h("b", {}, view.close?.text ?? "Cancel"),
        view.submit && h("b", { className: "submit" }, view.submit.text),
      ),
    ),
  home: ({ view, at }) =>
    h(
      "main",
      { className: "home" },
      h("header", {}, h("img", { src: logo }), h("h1", {}, "Telemachy")),
      h("nav", {}, h("b", {}, "Home"), h("span", {}, "Messages"), h("span", {}, "About")),
      h("section", {}, drawn(view.blocks, at, true)),
    ),
};

const pictures = JSON.parse(readFileSync(0, "utf8"));
const page = (picture) =>
  `<!doctype html><meta charset="utf-8"><style>${css}\n${own}</style>` +
  renderToStaticMarkup(frames[picture.kind](picture));
process.stdout.write(JSON.stringify(Object.fromEntries(pictures.map((one) => [one.name, page(one)]))));
