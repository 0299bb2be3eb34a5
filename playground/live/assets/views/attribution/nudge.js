// The picture pushed a little in the direction that hurts most: a slider for how much, and what it is taken for then.

import { h } from "../../dom.js";
import { Bars, percent } from "../look/bars.js";
import { Figure, sideOf } from "./heat.js";

export class Nudge {
  static period = 1000;

  constructor(panel) {
    this.panel = panel;
    const word = (key) => panel.word(key);
    this.figures = ["nudge_before", "nudge_sign", "nudge_after"].map((key) => new Figure(word(key)));
    this.slider = h("input", { type: "range", class: "stage-attribution-slider", min: 0, max: 30, step: 1, value: 10, "aria-label": word("epsilon"), oninput: () => panel.again() });
    this.slider.onkeydown = (event) => event.stopPropagation();
    this.value = h("output", {});
    this.bars = new Bars(panel.names, word("nudge_probabilities"));
    this.says = h("p", { class: "stage-attribution-says", role: "status" });
    const left = h("div", { class: "stage-attribution-figures" }, this.figures.map(({ node }) => node));
    this.node = h("div", {}, h("label", { class: "stage-attribution-row" }, h("span", {}, word("epsilon")), this.slider, this.value), h("div", { class: "stage-attribution-split" }, left, this.bars.node), this.says);
  }

  ask(ask) {
    return ask("nudge", {});
  }

  paint(found, _x, width, colours) {
    const { panel, figures } = this;
    const { answer } = found.facts;
    const at = Number(this.slider.value);
    const epsilon = answer.epsilons[at];
    const { x, sign, probabilities } = found.arrays;
    const side = sideOf(width - 150, 3, 150);
    figures[0].picture(x, side, colours);
    const [, rows, columns] = x.shape;
    figures[1].heat({ data: sign.data.subarray(0, rows * columns), shape: [rows, columns] }, x, side, colours, { signed: true, through: 0 });
    const moved = Uint8Array.from(x.data, (byte, k) => Math.min(255, Math.max(0, Math.round(byte + 255 * epsilon * Math.sign(sign.data[k] - 128)))));
    figures[2].picture({ data: moved, shape: x.shape }, side, colours);
    const classes = probabilities.shape[1];
    const parts = Array.from(probabilities.data.subarray(at * classes, (at + 1) * classes));
    const [before, guess] = [answer.taken_for[0], answer.taken_for[at]];
    this.bars.show(parts, answer.target, guess);
    this.value.textContent = `ε = ${epsilon.toFixed(2)}`;
    const start = probabilities.data[before];
    const values = { before: panel.names[before], was: percent(start), guess: panel.names[guess], sure: percent(parts[guess]), epsilon: epsilon.toFixed(2), turns: answer.turns === null ? "" : answer.turns.toFixed(2) };
    const said = [panel.word(guess === before ? "nudge_stays" : "nudge_turned", values), panel.word(answer.turns === null ? "nudge_never" : "nudge_turns", values)].join(" ");
    if (this.says.textContent !== said) this.says.textContent = said;
  }
}
