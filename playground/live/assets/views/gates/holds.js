// Gates held at a value: which, at what, of all cells or of one; and what comes of it. Knows the answer's form only.

import { digits, h, s, whole } from "../../dom.js";
import { percent } from "../look/bars.js";
import { write } from "../picture/panel.js";
import { BOUNDED } from "./heat.js";

export class Holds {
  /** @param {Object} panel the theatre */
  constructor(panel) {
    this.panel = panel;
    const word = (key) => panel.word(key);
    this.value = 1;
    this.gate = null;
    this.one = false;
    this.gates = h("div", { class: "stage-look-chips", role: "group", "aria-label": word("hold_which") });
    this.slider = h("input", { type: "range", class: "stage-gates-slider", "aria-label": word("hold_value"), oninput: () => this.#slide(Number(this.slider.value)) });
    this.output = h("output", {});
    const scope = (one) => h("button", { type: "button", class: "stage-look-chip", data: { one }, onclick: () => this.#scope(one) }, word(one ? "hold_one" : "hold_all"));
    this.scopes = h("div", { class: "stage-look-chips", role: "group", "aria-label": word("hold_scope") }, scope(false), scope(true));
    this.release = h("button", { type: "button", class: "stage-look-chip", data: { deed: "release" }, onclick: () => this.#release() }, word("release"));
    this.settings = h("div", { class: "stage-gates-row", hidden: true }, this.slider, this.output, this.scopes, this.release);
    this.says = h("p", { class: "stage-gates-effect", role: "status" });
    this.title = h("h4", { class: "stage-gates-subtitle" }, word("hold"));
    this.node = h("div", { class: "stage-gates-holds" }, h("div", { class: "stage-gates-row" }, this.title, this.gates), this.settings, this.says);
  }

  paint(answer, level, chosen) {
    const { panel } = this;
    const held = panel.feed.holds.find((one) => one.level === level.key);
    if (!held && panel.feed.holds.length === 0 && this.gate) this.gate = null;
    this.#chips(level);
    for (const chip of this.gates.children) chip.setAttribute("aria-pressed", String(Boolean(held) && chip.dataset.gate === held.gate));
    this.settings.hidden = !held;
    for (const chip of this.scopes.children) chip.setAttribute("aria-pressed", String((chip.dataset.one === "true") === this.one));
    this.scopes.lastChild.disabled = !chosen;
    write(this.output, held ? digits(held.value).replace("-", "−") : "");
    write(this.says, held ? this.#effect(answer) : "");
    if (held && this.one && chosen && held.unit !== chosen.unit) this.#hold(level.key, chosen.unit);
  }

  #chips(level) {
    const known = level.key + level.letters.join();
    if (known === this.known) return;
    this.known = known;
    write(this.title, this.panel.word(level.kind === "RNN" ? "hold_state" : "hold"));
    this.gates.replaceChildren(
      ...level.letters.map((letter) => h("button", { type: "button", class: "stage-look-chip stage-gates-lock", data: { gate: letter }, style: { "--hue": this.panel.stage.colours.gates[letter] }, onclick: () => this.#choose(letter) }, padlock(), h("i", {}, letter), this.panel.nameOfGate(letter, level.kind))),
    );
  }

  #choose(letter) {
    const { panel } = this;
    const before = panel.feed.holds.find((one) => one.level === panel.level.key);
    if (before?.gate === letter) return this.#release();
    this.gate = letter;
    const bounded = BOUNDED.has(letter);
    Object.assign(this.slider, { min: bounded ? 0 : -1, max: 1, step: 0.05 });
    this.value = bounded ? 1 : 0;
    this.slider.value = this.value;
    if (this.one && !panel.chosen) this.one = false;
    this.#hold(panel.level.key, this.one ? panel.chosen.unit : -1);
  }

  #slide(value) {
    this.value = value;
    write(this.output, digits(value).replace("-", "−"));
    this.#hold(this.panel.level.key, this.one && this.panel.chosen ? this.panel.chosen.unit : -1);
  }

  #scope(one) {
    this.one = one;
    this.#hold(this.panel.level.key, one && this.panel.chosen ? this.panel.chosen.unit : -1);
  }

  #hold(level, unit) {
    this.panel.feed.hold([{ level, gate: this.gate, value: this.value, unit }]);
    this.panel.again();
  }

  #release() {
    this.gate = null;
    this.panel.feed.hold([]);
    this.panel.again();
  }

  // What the network answers now, what it would answer without, and what that does to the loss.
  #effect(answer) {
    const { panel } = this;
    if (!answer.quality || !answer.arrays.free || !panel.feed.fresh) return panel.word("hold_waiting");
    const { target } = panel.stage.setup;
    const { free, held, samples, test } = answer.quality;
    const last = answer.arrays.answers.shape[0] - 1;
    const before = said(answer.arrays.free, last, target);
    const after = said(answer.arrays.answers, last, target);
    return panel.word(test ? "effect_test" : "effect_training", { before, after, samples: whole(samples), free: free === null ? "∞" : digits(free), held: held === null ? "∞" : digits(held) });
  }
}

// Open while nothing is held; style sheets close it.
function padlock() {
  const shackle = s("path", { d: "M4 6V4a2 2 0 0 1 4 0v2", fill: "none", stroke: "currentColor", "stroke-width": 1.4 });
  return s("svg", { class: "stage-gates-padlock", viewBox: "0 0 12 13", width: 12, height: 13, "aria-hidden": "true" }, shackle, s("rect", { x: 2, y: 6, width: 8, height: 6, rx: 1.2, fill: "currentColor" }));
}

/** What a row of answers says: a class and how sure, or a number in the units of the data. */
export function said({ data, shape }, row, target) {
  const values = Array.from(data.slice(row * shape[1], (row + 1) * shape[1]));
  if (target.kind === "classes") {
    const best = values.indexOf(Math.max(...values));
    return `${target.names?.[best] ?? best} (${percent(values[best])})`;
  }
  return values.slice(0, 3).map((value) => digits(value * target.scale + target.offset).replace("-", "−")).join(", ") + (values.length > 3 ? " …" : "");
}
