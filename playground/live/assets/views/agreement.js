// Predicted against true numbers of the held-back samples: on the diagonal the network is right. Both in the unit of the
// data. What is pointed at says its numbers.

import { digits, h, whole } from "../dom.js";
import { between, written as colour } from "./picture/ink.js";
import { Panel, write } from "./picture/panel.js";
import { hands } from "./picture/tiles.js";
import { ticks, written } from "./plane/axes.js";

export const needs = ["predictions"];
export const place = "side";
export const styles = "agreement.css";

const [WIDEST, LEFT, RIGHT, TOP, BOTTOM] = [420, 58, 10, 8, 38]; // px around the square
const [DOT, NEAR, ROOM] = [3.2, 14, 0.08]; // px of a sample, px to be pointed at; of the range, beyond its ends

export function mount(element, stage) {
  return new Agreement(element, stage);
}

class Agreement extends Panel {
  static words = "agreement";

  constructor(element, stage) {
    super(element, stage);
    this.resting = -1;
    this.#read();
    this.#build();
  }

  draw(frame) {
    const found = frame?.arrays.predictions;
    this.miss(frame, found);
    const r2 = frame?.metrics.test_r2 ?? frame?.metrics.r2;
    if (r2 !== undefined) this.r2 = r2;
    if (found && found.data !== this.outputs) {
      this.outputs = found.data;
      this.count = Math.min(found.shape[0], this.truth.length);
      this.each = found.shape[1];
      this.dirty = true;
    }
    super.draw(frame);
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    this.resting = -1;
    this.touch.forget();
    this.#read();
    this.again();
    return true;
  }

  // --- making -------------------------------------------------------------------------------------------------------

  // The truth in the unit of the data, its range, and the samples in its order, for the keyboard.
  #read() {
    const { arrays, target } = this.stage.setup;
    const labels = (arrays.labels_test?.shape[0] ? arrays.labels_test : arrays.labels).data;
    this.undo = (value) => value * (target.scale ?? 1) + (target.offset ?? 0);
    this.truth = Float64Array.from(labels, this.undo);
    this.outputs = null;
    this.r2 = undefined;
    const [low, high] = this.truth.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
    const room = ROOM * (high - low || 1);
    this.ends = this.truth.length ? [low - room, high + room] : [0, 1];
    this.order = Array.from(this.truth.keys()).sort((a, b) => this.truth[a] - this.truth[b]);
  }

  #build() {
    const word = (key) => this.word(key);
    this.sum = h("span", { class: "stage-agreement-sum" });
    this.canvas = h("canvas", { class: "stage-agreement-canvas", tabindex: 0, role: "application", "aria-label": word("waiting") });
    this.field = h("div", { class: "stage-agreement-field" }, this.canvas);
    this.reading = h("p", { class: "stage-agreement-reading" }, word("waiting"));
    const head = h("div", { class: "stage-agreement-head" }, h("h3", { class: "stage-agreement-caption" }, word("title")), this.sum);
    this.root = h("section", { class: "stage-agreement" }, head, this.field, this.reading);
    this.touch = hands(this.canvas, {
      at: (x, y) => this.#nearest(x, y),
      move: (key, index) => this.#next(key, index),
      rest: (index) => this.#rest(index),
      pick: (index) => this.#rest(index),
      leave: () => this.#rest(-1),
    });
    this.begin(this.field);
  }

  // --- pointing -----------------------------------------------------------------------------------------------------

  #nearest(x, y) {
    let [best, least] = [-1, NEAR ** 2];
    for (let index = 0; this.outputs && index < this.count; index++) {
      const [a, b] = this.#place(index);
      const away = (a - x) ** 2 + (b - y) ** 2;
      if (away < least) [best, least] = [index, away];
    }
    return best;
  }

  #next(key, index) {
    if (!this.outputs) return null;
    const order = this.order.filter((each) => each < this.count);
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };
    if (key === "Home") return order[0];
    if (key === "End") return order.at(-1);
    if (!steps[key]) return null;
    return order[Math.min(Math.max(order.indexOf(index) + steps[key], 0), order.length - 1)];
  }

  #rest(index) {
    this.resting = index;
    if (index >= 0) this.stage.announce(this.#sentence(index));
    this.again();
  }

  #sentence(index) {
    const [truth, predicted] = [this.truth[index], this.#predicted(index)];
    return this.word("reading", { number: whole(index + 1), truth: digits(truth), predicted: digits(predicted) });
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  #predicted(index) {
    return this.undo(this.outputs[index * this.each]);
  }

  #place(index) {
    const [low, high] = this.ends;
    const within = Math.min(Math.max(this.#predicted(index), low), high);
    const part = (value) => (value - low) / (high - low);
    return [LEFT + part(this.truth[index]) * this.side, TOP + (1 - part(within)) * this.side];
  }

  paint(frame) {
    const { stage, canvas, width, outputs } = this;
    this.root.dataset.state = this.lost ? "lost" : outputs ? "shown" : "waiting";
    this.#say(outputs);
    this.side = Math.max(60, Math.min(WIDEST, width) - LEFT - RIGHT);
    const [across, down] = [LEFT + this.side + RIGHT, TOP + this.side + BOTTOM];
    const pen = this.pen(canvas, across, down);
    this.#axes(pen);
    if (!outputs) return;
    this.speak(canvas, () => this.word("alt", { count: whole(this.count), step: whole(frame.step), value: this.r2 === undefined ? "—" : digits(this.r2) }));
    const { colours } = stage;
    const inside = colour(between(colours.background, colours.test, 0.75));
    pen.fillStyle = inside;
    pen.globalAlpha = 0.7;
    for (let index = 0; index < this.count; index++) this.#dot(pen, index, DOT);
    pen.globalAlpha = 1;
    if (this.resting < 0 || this.resting >= this.count) return;
    pen.fillStyle = colours.test;
    this.#dot(pen, this.resting, DOT + 2);
    pen.strokeStyle = colours.text;
    pen.lineWidth = 2;
    pen.stroke();
  }

  #dot(pen, index, radius) {
    pen.beginPath();
    pen.arc(...this.#place(index), radius, 0, 2 * Math.PI);
    pen.fill();
  }

  #axes(pen) {
    const { stage, side, ends } = this;
    const [low, high] = ends;
    const { colours } = stage;
    pen.strokeStyle = colours.line;
    pen.lineWidth = 1;
    pen.strokeRect(LEFT + 0.5, TOP + 0.5, side - 1, side - 1);
    pen.font = `12px ${this.family}`;
    pen.fillStyle = colours.faint;
    pen.textBaseline = "middle";
    for (const value of ticks(low, high, side > 200 ? 5 : 3)) {
      const part = (value - low) / (high - low);
      pen.fillRect(LEFT + part * side, TOP + side, 1, 4);
      pen.fillRect(LEFT - 4, TOP + (1 - part) * side, 4, 1);
      pen.textAlign = "center";
      pen.fillText(written(value), LEFT + part * side, TOP + side + 13);
      pen.textAlign = "right";
      pen.fillText(written(value), LEFT - 7, TOP + (1 - part) * side);
    }
    const name = stage.setup.target.name || "y";
    pen.textAlign = "center";
    pen.fillText(this.word("truth", { name }), LEFT + side / 2, TOP + side + 30, side);
    pen.save();
    pen.translate(9, TOP + side / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText(this.word("predicted", { name }), 0, 0, side);
    pen.restore();
    pen.strokeStyle = colours.faint;
    pen.setLineDash([2, 4]);
    pen.beginPath();
    pen.moveTo(LEFT, TOP + side);
    pen.lineTo(LEFT + side, TOP);
    pen.stroke();
    pen.setLineDash([]);
  }

  #say(outputs) {
    const rests = outputs && this.resting >= 0 && this.resting < this.count;
    const key = this.lost ? "missing" : !outputs ? "waiting" : "hint";
    this.reading.classList.toggle("stage-agreement-idle", !rests);
    write(this.reading, rests ? this.#sentence(this.resting) : this.word(key));
    write(this.sum, this.r2 === undefined ? "" : this.word("r2", { value: digits(this.r2) }));
  }
}
