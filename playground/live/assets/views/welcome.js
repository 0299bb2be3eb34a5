// A first visit, in a minute: what the two pictures are, and one button that has a network of the visitor's own learn. It
// stands there while the opening recording is shown, and never again once it has been sent away.

import { h } from "../dom.js";

export const needs = [];
export const place = "head";
export const styles = "welcome.css";

const SEEN = "playground-welcome";

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Welcome(element, stage);
}

class Welcome {
  constructor(element, stage) {
    Object.assign(this, { element, stage });
    this.listeners = { frame: () => this.#look(), status: () => this.#look() };
    for (const [event, listener] of Object.entries(this.listeners)) stage.on(event, listener);
    this.#look();
  }

  draw() {
    this.#look();
  }

  renew() {
    this.element.replaceChildren();
    this.#look();
    return true;
  }

  dispose() {
    for (const [event, listener] of Object.entries(this.listeners)) this.stage.off(event, listener);
    this.element.replaceChildren();
  }

  #look() {
    const wanted = Boolean(this.stage.options?.opening) && !this.left && !seen();
    if (wanted && !this.element.firstChild) this.element.append(this.#note());
    else if (!wanted && this.element.firstChild) this.element.replaceChildren();
    this.element.hidden = !wanted;
  }

  #note() {
    const { stage } = this;
    const part = (number) => h("p", {}, h("b", { "aria-hidden": "true" }, number), stage.word(`welcome.${number}`));
    const begin = h("button", { type: "button", class: "stage-welcome-train", onclick: () => this.#begin() }, stage.word("welcome.train"));
    const close = h("button", { type: "button", class: "stage-welcome-close", "aria-label": stage.word("close"), onclick: () => this.#leave() }, "×");
    const note = h("section", { class: "stage-welcome", "aria-label": stage.word("welcome.label") }, part(1), part(2), begin, close);
    note.onkeydown = (event) => event.key === "Escape" && this.#leave();
    return note;
  }

  #begin() {
    this.#leave();
    document.querySelector(".st-key-play button")?.click();
  }

  #leave() {
    try {
      localStorage.setItem(SEEN, "1");
    } catch {
      this.left = true; // a browser that keeps nothing shows it again next time
    }
    this.element.replaceChildren();
    this.element.hidden = true;
  }
}

function seen() {
  try {
    return localStorage.getItem(SEEN) !== null;
  } catch {
    return false;
  }
}
