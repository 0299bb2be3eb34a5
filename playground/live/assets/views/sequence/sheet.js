// The lanes of a sequence on a canvas: what goes in, what should come out, what does. It also tells what lies under a finger that
// draws. Knows the answer's form only.

import { digits } from "../../dom.js";
import { manner } from "../gates/input.js";
import { ticks } from "../gates/layout.js";
import { shade } from "../look/tint.js";

const [LEFT, PLOT, ROW, GAP, FOOT, RIGHT] = [50, 96, 22, 8, 18, 8]; // px
const LEAST = 10; // px of a step that holds a symbol

export class Sheet {
  /** @param {Object} panel the view */
  constructor(panel) {
    this.panel = panel;
    this.lanes = [];
  }

  paint(answer, own) {
    const { panel } = this;
    const { stage } = panel;
    const { colours, setup } = { colours: stage.colours, setup: stage.setup };
    const x = own ?? answer.arrays.x;
    const fresh = !answer.bare && (!own || panel.feed.fresh);
    const steps = x.shape[0];
    const { target } = setup;
    this.x = x;
    this.lanes = this.#inputs(x);
    const outs = this.#outputs(answer, target, fresh && answer.steps === steps);
    const more = target.kind === "regression" && !target.steps && this.#continues() ? target.size : 0;
    this.steps = steps + more;
    const all = [...this.lanes, ...outs];
    let top = 2;
    for (const lane of all) {
      Object.assign(lane, { top, tall: lane.kind === "numbers" ? PLOT : ROW });
      top += lane.tall + GAP;
    }
    const { width } = panel;
    this.step = (width - LEFT - RIGHT) / this.steps;
    const pen = panel.pen(panel.canvas, width, top + FOOT);
    pen.font = `12px ${panel.family}`;
    this.short = target.steps && target.kind === "classes" ? initials(panel.names) : [];
    this.cramped = this.short.length > 0 && panel.names.some((name) => pen.measureText(name).width > this.step - 2);
    for (const lane of all) this.#lane(pen, lane, colours, answer, more);
    pen.textBaseline = "alphabetic";
    pen.textAlign = "center";
    pen.fillStyle = colours.faint;
    for (const t of ticks(this.steps, width - LEFT)) pen.fillText(String(t), this.#x(t - 1), top + FOOT - 8);
    if (own) {
      pen.fillStyle = colours.text;
      pen.globalAlpha = 0.1;
      pen.fillRect(LEFT + panel.at * this.step, 2, Math.max(this.step, 2), top - GAP);
      pen.globalAlpha = 1;
    }
  }

  // The answer is the series going on.
  #continues() {
    return Boolean(this.panel.stage.setup.series ?? this.x.shape[1] === 1);
  }

  #inputs(x) {
    const { labels } = this.panel.stage.setup.input;
    const input = this.panel.word("input");
    if (manner(x, []) === "symbols") return [{ name: input, kind: "symbols", data: x.data, width: x.shape[1], labels, input: true }];
    const [numbers, bits] = [[], []];
    for (let f = 0; f < x.shape[1]; f++) {
      let only = true;
      for (let t = 0; t < x.shape[0]; t++) only &&= x.data[t * x.shape[1] + f] === 0 || x.data[t * x.shape[1] + f] === 1;
      (only ? bits : numbers).push(f);
    }
    const name = (f) => (x.shape[1] > 1 ? labels[f] ?? String(f + 1) : input);
    return [...numbers, ...bits].map((f) => ({ name: name(f), kind: numbers.includes(f) ? "numbers" : "bits", feature: f, data: x.data, width: x.shape[1], input: true }));
  }

  #outputs(answer, target, fresh) {
    if (!target.steps || !fresh) return [];
    const { panel } = this;
    const { answers } = answer.arrays;
    const truth = Array.isArray(answer.truth) ? answer.truth : null;
    if (target.kind === "classes") {
      const guess = Array.from({ length: answers.shape[0] }, (_, t) => largest(answers, t));
      const lanes = [{ name: panel.word("output"), kind: "classes", guess, truth, sure: guess.map((k, t) => answers.data[t * answers.shape[1] + k]) }];
      return truth ? [{ name: panel.word("target"), kind: "classes", guess: truth, truth: null, sure: null }, ...lanes] : lanes;
    }
    const said = Array.from({ length: answers.shape[0] }, (_, t) => answers.data[t * answers.shape[1]]);
    return [{ name: panel.word("output"), kind: "numbers", said, truth: truth?.map((row) => row[0]) ?? null }];
  }

  #lane(pen, lane, colours, answer, more) {
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    pen.fillStyle = colours.faint;
    pen.fillText(lane.name, LEFT - 6, lane.top + lane.tall / 2, LEFT - 8);
    pen.fillStyle = shade(colours, "line", 0.28);
    pen.fillRect(LEFT, lane.top, this.panel.width - LEFT - RIGHT, lane.tall);
    if (lane.kind === "numbers") this.#numbers(pen, lane, colours, answer, more);
    else if (lane.kind === "bits") this.#bits(pen, lane, colours);
    else if (lane.kind === "symbols") this.#symbols(pen, lane, colours);
    else this.#classes(pen, lane, colours);
  }

  #numbers(pen, lane, colours, answer, more) {
    const count = this.x.shape[0];
    const values = lane.said ?? Array.from({ length: count }, (_, t) => lane.data[t * lane.width + lane.feature]);
    const fresh = this.panel.feed.fresh;
    const ahead = more && fresh && lane.feature === 0 ? Array.from(answer.arrays.answers.data.slice(0, more)) : [];
    const right = ahead.length && Array.isArray(answer.truth) ? answer.truth : lane.truth ?? [];
    let [low, high] = this.panel.own ? [-2.5, 2.5] : [Infinity, -Infinity];
    for (const value of [...values, ...ahead, ...right]) if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
    if (!(high > low)) [low, high] = [low - 1, high + 1];
    if (!this.panel.own && !lane.said && low >= 0 && high <= 1) [low, high] = [0, 1];
    Object.assign(lane, { low, high });
    const y = (value) => lane.top + 5 + (1 - (value - low) / (high - low)) * (lane.tall - 10);
    const stroke = (series, from, colour, dash = [], thick = 2) => {
      pen.strokeStyle = colour;
      pen.lineWidth = thick;
      pen.setLineDash(dash);
      pen.beginPath();
      series.forEach((value, k) => pen[k ? "lineTo" : "moveTo"](this.#x(from + k), y(value)));
      pen.stroke();
      pen.setLineDash([]);
    };
    if (lane.said && lane.truth) stroke(lane.truth, 0, colours.faint, [4, 3], 1.6);
    stroke(values, 0, lane.said ? colours.accent : colours.text, [], 1.8);
    if (!ahead.length) return;
    const last = values.at(-1);
    if (right.length) stroke([last, ...right], count - 1, colours.faint, [4, 3], 1.6);
    stroke([last, ...ahead], count - 1, colours.accent);
    pen.fillStyle = colours.accent;
    ahead.forEach((value, k) => {
      pen.beginPath();
      pen.arc(this.#x(count + k), y(value), 3, 0, 7);
      pen.fill();
    });
  }

  #bits(pen, lane, colours) {
    for (let t = 0; t < this.x.shape[0]; t++) {
      const on = lane.data[t * lane.width + lane.feature] > 0.5;
      if (on) {
        pen.fillStyle = colours.text;
        pen.fillRect(LEFT + t * this.step + 0.5, lane.top + 2, Math.max(this.step - 1, 1.5), lane.tall - 4);
      }
      if (this.step < LEAST) continue;
      pen.textAlign = "center";
      pen.fillStyle = on ? colours.background : colours.faint;
      pen.fillText(on ? "1" : "0", this.#x(t), lane.top + lane.tall / 2 + 1);
    }
  }

  #symbols(pen, lane, colours) {
    for (let t = 0; t < this.x.shape[0]; t++) {
      const which = Array.from({ length: lane.width }, (_, f) => lane.data[t * lane.width + f]).indexOf(1);
      if (which >= 0) this.#sign(pen, lane, t, which, lane.labels[which] ?? String(which + 1), colours, 1, false);
    }
  }

  #classes(pen, lane, colours) {
    const { names } = this.panel;
    lane.guess.forEach((which, t) => {
      if (which < 0 || (lane.truth && lane.truth[t] < 0)) return; // nothing is asked for here
      const wrong = Boolean(lane.truth) && lane.truth[t] !== which;
      this.#sign(pen, lane, t, which, names[which] ?? String(which), colours, lane.sure ? lane.sure[t] : 1, wrong);
    });
  }

  #sign(pen, lane, t, which, text, colours, sure, wrong) {
    const [x, wide] = [LEFT + t * this.step, Math.max(this.step - 1, 1)];
    pen.globalAlpha = 0.2 + 0.5 * sure;
    pen.fillStyle = colours.classes[which % colours.classes.length];
    pen.fillRect(x, lane.top, wide, lane.tall);
    pen.globalAlpha = 1;
    if (wrong) {
      pen.fillStyle = colours.wrong;
      pen.fillRect(x, lane.top + lane.tall - 4, wide, 4);
    }
    if (this.step < LEAST) return;
    const written = pen.measureText(text).width <= this.step - 2 ? text : this.short[which] && lane.sure !== undefined ? this.short[which] : "";
    pen.textAlign = "center";
    pen.fillStyle = colours.text;
    pen.fillText(written, x + this.step / 2, lane.top + lane.tall / 2 + 1);
  }

  #x(t) {
    return LEFT + (t + 0.5) * this.step;
  }

  /** What a finger means that draws at a place: {at, value, lane}; null outside of the input. */
  valueAt(x, y) {
    const at = Math.floor((x - LEFT) / this.step);
    if (at < 0 || at >= this.x.shape[0]) return null;
    const lane = this.lanes.find(({ top, tall }) => y >= top - 4 && y < top + tall + 4) ?? null;
    if (!lane) return null;
    if (lane.kind === "symbols") return { at, lane, value: (this.#which(at, lane) + 2) % (lane.width + 1) - 1 };
    const part = 1 - (y - lane.top - 5) / (lane.tall - 10);
    return { at, lane, value: Math.min(lane.high, Math.max(lane.low, lane.low + part * (lane.high - lane.low))) };
  }

  /** The value above or below the one at a step, for an arrow key. */
  beside(at, lane, by) {
    if (lane.kind === "symbols") return ((this.#which(at, lane) + 1 + by + lane.width + 1) % (lane.width + 1)) - 1;
    const now = lane.data[at * lane.width + (lane.feature ?? 0)];
    return Math.min(lane.high ?? 1, Math.max(lane.low ?? 0, now + (by * ((lane.high ?? 1) - (lane.low ?? 0))) / 20));
  }

  /** What stands at a step. */
  says(at) {
    const lane = this.lanes[0];
    if (lane.kind === "symbols") return lane.labels[this.#which(at, lane)] ?? "·";
    return digits(lane.data[at * lane.width + (lane.feature ?? 0)]).replace("-", "−");
  }

  #which(at, lane) {
    return Array.from({ length: lane.width }, (_, f) => lane.data[at * lane.width + f]).indexOf(1);
  }

  /** What the lines mean. */
  key(answer) {
    const { target } = this.panel.stage.setup;
    if (target.kind !== "regression") {
      if (!target.steps) return "";
      const letters = this.cramped ? `${this.short.map((letter, k) => `${letter} = ${this.panel.names[k]}`).join(", ")}. ` : "";
      return letters + this.panel.word("key_classes");
    }
    if (!target.steps && !this.#continues()) return "";
    return answer.truth === null ? this.panel.word("key_own") : this.panel.word("key_numbers");
  }
}

function largest({ data, shape: [, width] }, row) {
  let found = 0;
  for (let k = 1; k < width; k++) if (data[row * width + k] > data[row * width + found]) found = k;
  return found;
}

// The first letters of names, where they tell them apart.
function initials(names) {
  const found = names.map((name) => [...name][0] ?? "");
  return new Set(found).size === found.length && found.length <= 6 ? found : [];
}
