// The keyboard for the page's own buttons: space, →, r and ?. Whoever types, or has a control in focus, keeps the keys.

import { h } from "../../dom.js";

const BUTTONS = { " ": "play", ArrowRight: "step", r: "reset", R: "reset" };
// P, S, E and 0 stand on the buttons themselves and are Streamlit's.
const SHEET = [
  ["keys.space", "P", "keys.play"],
  ["→", "S", "keys.step"],
  ["E", "keys.epoch"],
  ["R", "0", "keys.reset"],
  ["?", "keys.help"],
];
const TAKEN = "input, textarea, select, button, a, summary, [contenteditable], [tabindex]:not([tabindex='-1']), [role=dialog]";

/** Listens until the function that is returned is called. */
export function listen(stage) {
  const listener = (event) => hear(event, stage);
  // Before Streamlit, which has a use of its own for r.
  window.addEventListener("keydown", listener, true);
  return () => window.removeEventListener("keydown", listener, true);
}

function hear(event, stage) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest?.(TAKEN) && !mayPass(event)) return;
  if (event.key === "?") help(stage);
  else if (!press(BUTTONS[event.key], stage)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
}

// A letter does nothing on a button, so that ? and r work right after a click on one.
function mayPass({ key, target }) {
  return (key === "?" || key === "r" || key === "R") && target.matches("button") && !target.closest("[role=dialog]");
}

// Streamlit draws the button anew a moment after the run has begun or come to rest; until then it would do the wrong thing.
const MOMENT = 60; // ms
const MOMENTS = 50;
const MOVING = ["running", "queued"];

function press(name, stage, left = MOMENTS) {
  const button = name && document.querySelector(`.st-key-${name} button`);
  if (!button) return false;
  const holds = button.querySelector("[data-testid=stIconMaterial]")?.textContent === "pause";
  const ready = !button.disabled && (name !== "play" || holds === MOVING.includes(stage.status.status));
  if (ready) button.click();
  else if (left) setTimeout(() => press(name, stage, left - 1), MOMENT);
  return true;
}

function help(stage) {
  const rows = SHEET.flatMap((row) => [
    h("dt", {}, row.slice(0, -1).map((key) => h("kbd", {}, key.includes(".") ? stage.word(`lab.${key}`) : key))),
    h("dd", {}, stage.word(`lab.${row.at(-1)}`)),
  ]);
  const title = stage.word("lab.keys.title");
  stage.openDrawer(h("section", { class: "stage-keys" }, h("h3", {}, title), h("dl", {}, rows)), title);
}
