// One cell over time: a line for each of its gates, in their hues. Knows the answer's form only.

import { h, whole } from "../../dom.js";
import { shade } from "../look/tint.js";
import { write } from "../picture/panel.js";
import { ticks } from "./layout.js";
import { column } from "./order.js";

const [TALL, LEFT, FOOT, RIGHT] = [120, 30, 18, 8]; // px

export class Lines {
  /** @param {Object} panel the theatre */
  constructor(panel) {
    this.panel = panel;
    this.hidden = new Set();
    this.title = h("h4", { class: "stage-gates-subtitle" });
    this.keys = h("div", { class: "stage-look-chips", role: "group", "aria-label": panel.word("lines") });
    this.canvas = h("canvas", { class: "stage-gates-lines", role: "img", "aria-label": panel.word("lines") });
    this.node = h("div", { class: "stage-gates-one", hidden: true }, h("div", { class: "stage-look-head" }, this.title, this.keys), this.canvas);
  }

  paint(answer, level, chosen) {
    this.node.hidden = !chosen || chosen.unit >= level.shown;
    if (this.node.hidden) return;
    const { panel } = this;
    write(this.title, panel.word("one", { cell: whole(chosen.unit + 1) }));
    this.#chips(level);
    const { colours } = panel.stage;
    const width = panel.width;
    const pen = panel.pen(this.canvas, width, TALL + FOOT);
    const series = level.letters.filter((letter) => !this.hidden.has(letter)).map((letter) => [letter, column(answer.arrays[`gate/${level.key}/${letter}`].data, chosen.unit, level.shown, answer.steps)]);
    let [low, high] = [0, 1];
    for (const [, values] of series) for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
    const wide = width - LEFT - RIGHT;
    const x = (t) => LEFT + ((t + 0.5) / answer.steps) * wide;
    const y = (value) => TALL - 4 - ((value - low) / (high - low)) * (TALL - 10);
    pen.font = `12px ${panel.family}`;
    pen.textBaseline = "middle";
    pen.lineWidth = 1;
    for (const value of [low, 0, high].filter((each, k) => k === 1 || Math.abs(each) > (high - low) / 8)) {
      pen.strokeStyle = colours.line;
      pen.beginPath();
      pen.moveTo(LEFT, y(value));
      pen.lineTo(width, y(value));
      pen.stroke();
      pen.textAlign = "right";
      pen.fillStyle = colours.faint;
      pen.fillText(String(Number(value.toPrecision(2))).replace("-", "−"), LEFT - 5, y(value));
    }
    pen.fillStyle = shade(colours, "line", 0.7);
    pen.fillRect(x(chosen.at) - Math.max(wide / answer.steps, 2) / 2, 0, Math.max(wide / answer.steps, 2), TALL);
    for (const [letter, values] of series) {
      pen.strokeStyle = colours.gates[letter];
      pen.lineWidth = letter === "h" || letter === "c" ? 2.5 : 1.6;
      pen.setLineDash(letter === "c" ? [5, 3] : []);
      pen.beginPath();
      values.forEach((value, t) => pen[t ? "lineTo" : "moveTo"](x(t), y(value)));
      pen.stroke();
    }
    pen.setLineDash([]);
    pen.textBaseline = "alphabetic";
    pen.textAlign = "center";
    pen.fillStyle = colours.faint;
    for (const t of ticks(answer.steps, wide)) pen.fillText(String(t), x(t - 1), TALL + FOOT - 4);
    panel.speak(this.canvas, () => panel.word("lines_alt", { cell: whole(chosen.unit + 1), letters: series.map(([letter]) => letter).join(", ") }));
  }

  #chips(level) {
    const known = level.letters.join();
    if (this.known === known) return;
    this.known = known;
    this.hidden.clear();
    this.keys.replaceChildren(
      ...level.letters.map((letter) =>
        h("button", {
          type: "button",
          class: "stage-look-chip stage-gates-key",
          data: { letter },
          "aria-pressed": "true",
          style: { "--hue": this.panel.stage.colours.gates[letter] },
          onclick: (event) => {
            const off = !this.hidden.delete(letter);
            if (off) this.hidden.add(letter);
            event.currentTarget.setAttribute("aria-pressed", String(!off));
            this.panel.again();
          },
        }, h("span", { class: "stage-gates-sample", data: { letter } }), h("i", {}, letter)),
      ),
    );
  }
}
