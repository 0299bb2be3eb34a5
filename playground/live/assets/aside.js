// What stands beside the pictures: a line that says how the connection is, a drawer that slides in from below, and a
// voice for screen readers.

import { h } from "./dom.js";

const QUIET = 1000; // ms between two sentences of the voice

export class Aside {
  constructor(word, tell) {
    Object.assign(this, { word, tell });
    this.line = h("p", { class: "stage-line", role: "status", hidden: true });
    this.voice = h("p", { class: "stage-voice", "aria-live": "polite" });
    this.drawer = h("section", { class: "stage-drawer", role: "dialog", hidden: true });
  }

  /** Shows a text of `stage.line`, or nothing. */
  say(key) {
    this.line.hidden = !key;
    this.line.textContent = key ? this.word(`line.${key}`) : "";
  }

  /** Says something to screen readers, at most once a second; the last sentence wins. */
  announce(text) {
    this.saying = text;
    const since = performance.now() - (this.saidAt ?? -QUIET);
    this.sayer ??= setTimeout(() => {
      this.sayer = null;
      this.saidAt = performance.now();
      this.voice.textContent = this.saying;
    }, Math.max(0, QUIET - since));
  }

  /** Slides a node in; Escape or the button takes it away. Returns a function that closes it. */
  open(node, label = "") {
    this.shut?.();
    const before = document.activeElement;
    const shut = () => {
      if (this.shut !== shut) return;
      this.shut = null;
      this.drawer.hidden = true;
      this.drawer.replaceChildren();
      this.tell(null);
      if (before?.isConnected) before.focus({ preventScroll: true });
    };
    this.shut = shut;
    const button = h("button", { type: "button", class: "stage-close", "aria-label": this.word("close"), onclick: shut }, "×");
    this.drawer.replaceChildren(button, node);
    this.drawer.setAttribute("aria-label", label || this.word("drawer"));
    this.drawer.onkeydown = (event) => event.key === "Escape" && shut();
    this.drawer.hidden = false;
    button.focus({ preventScroll: true });
    this.tell(node);
    return shut;
  }

  close() {
    clearTimeout(this.sayer);
  }
}
