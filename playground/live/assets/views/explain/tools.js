// The buttons of the walk: its five phases, back, play, forth, speed and grain, and how far it has come. Knows no numbers.

import { h, s } from "../../dom.js";
import { PHASES } from "./path.js";

const PACES = [0.5, 1, 2, 4];
const SHAPES = { back: "M11 2v12L4 8zM2 2h2v12H2z", forth: "M5 2v12l7-6zM12 2h2v12h-2z", play: "M4 2v12l9-6z", pause: "M4 2h3v12H4zM9 2h3v12H9z" };

export class Tools {
  /**
   * @param {(key: string, values?: Object) => string} word
   * @param {{jump(phase), move(by), toggle(), pace(factor), grain(fine)}} deeds
   * @param {boolean} fine whether the walk goes neuron by neuron
   */
  constructor(word, deeds, fine) {
    this.word = word;
    this.phases = PHASES.map((name, index) => h("button", { type: "button", class: "stage-phase", onclick: () => deeds.jump(index + 1) }, h("span", { class: "stage-step" }, index + 1), h("span", {}, word(name))));
    this.list = h("ol", { class: "stage-phases" }, this.phases.map((button) => h("li", {}, button)));
    this.back = this.#tool("back", () => deeds.move(-1));
    this.play = this.#tool("play", () => deeds.toggle());
    this.play.classList.add("stage-walk-play");
    this.forth = this.#tool("forth", () => deeds.move(1));
    const pace = choice(word("pace"), PACES.map((each) => [each, `${each}×`, each === 1]), (value) => deeds.pace(Number(value)));
    const grain = choice(word("grain"), [["unit", word("by_unit"), fine], ["column", word("by_column"), !fine]], (value) => deeds.grain(value === "unit"));
    this.place = h("span", { class: "stage-faint stage-walk-place" });
    this.progress = h("progress", { max: 1, value: 0, "aria-hidden": "true" });
    this.row = h("div", { class: "stage-walk-tools" }, this.back, this.play, this.forth, pace, grain, this.progress, this.place);
  }

  /** Shows stop number `now` of `count`, in a phase. */
  show(phase, now, count, playing) {
    const deed = playing ? "pause" : "play";
    this.play.replaceChildren(icon(deed));
    this.play.setAttribute("aria-label", (this.play.title = this.word(deed)));
    this.back.disabled = now === 0;
    this.forth.disabled = now === count - 1;
    this.place.textContent = this.word("place", { now: now + 1, count });
    this.progress.value = count > 1 ? now / (count - 1) : 1;
    for (const [index, button] of this.phases.entries()) {
      button.setAttribute("aria-current", index + 1 === phase ? "step" : "false");
      button.dataset.done = String(index + 1 < phase);
    }
  }

  #tool(name, deed) {
    return h("button", { type: "button", class: "stage-tool", "aria-label": this.word(name), title: this.word(name), onclick: deed }, icon(name));
  }
}

function choice(label, options, chosen) {
  const node = h("select", { class: "stage-choice", "aria-label": label }, options.map(([value, text, selected]) => h("option", { value, selected }, text)));
  node.onchange = () => chosen(node.value);
  return node;
}

/** A sign of a button: "back", "forth", "play", "pause". */
export function icon(name) {
  return s("svg", { viewBox: "0 0 16 16", width: 13, height: 13, "aria-hidden": "true" }, s("path", { d: SHAPES[name], fill: "currentColor" }));
}
