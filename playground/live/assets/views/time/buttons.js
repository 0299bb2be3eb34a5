// Buttons of the timeline: signs without words, and buttons that say why they cannot be used. Knows no run.

import { h, s } from "../../dom.js";

export const SIGNS = {
  back: "M11 3 4 8l7 5z",
  forth: "M5 3l7 5-7 5z",
  hold: "M4 3h3v10H4zM9 3h3v10H9z",
  fork: "M4.5 5.3v5.4M11.5 6.3c0 3.4-7 1.2-7 4.4M4.5 2.1a1.6 1.6 0 1 0 .01 0M4.5 10.7a1.6 1.6 0 1 0 .01 0M11.5 3.1a1.6 1.6 0 1 0 .01 0",
  ghost: "M3 13.5V7a5 5 0 0 1 10 0v6.5l-2-1.5-1.5 1.5L8 12l-1.5 1.5L5 12zM6.3 7h.01M9.7 7h.01",
};

export function button(kind, content, onclick) {
  return h("button", { type: "button", class: kind, onclick }, content);
}

export function sign(path, outline = false) {
  const kind = outline ? "stage-timeline-outline" : null;
  return s("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", class: kind }, s("path", { d: path }));
}

/** Gives a button without words its name. */
export function name(button, text) {
  if (button.title === text) return;
  button.title = text;
  button.setAttribute("aria-label", text);
}

/** Says what a button is for, or why it cannot be used; it stays reachable, so that everybody can hear it. */
export function explain(button, why, help) {
  const text = why || help;
  if (button.title !== text) {
    button.title = text;
    button.setAttribute("aria-description", text);
  }
  button.setAttribute("aria-disabled", Boolean(why));
}
