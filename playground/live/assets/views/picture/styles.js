// A view's own style sheet, and the theme's colours as variables for it. Knows no picture.

import { h } from "../../dom.js";

const INKS = ["text", "faint", "line", "background", "accent", "negative", "zero", "positive", "wrong"];

/** The sheet `name` beside the module at `base`, as a node to put into the view; it carries the module's version along. */
export function sheet(name, base) {
  const address = new URL(name, base);
  address.search = new URL(base).search;
  return h("link", { rel: "stylesheet", href: address.href });
}

/** Gives a view the variables --ink-text, --ink-faint, … */
export function dye(element, colours) {
  for (const ink of INKS) element.style.setProperty(`--ink-${ink}`, colours[ink] ?? colours.text);
  element.style.colorScheme = colours.dark ? "dark" : "light";
}
