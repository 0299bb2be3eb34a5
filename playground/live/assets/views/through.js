// The gradient on its way back through time: ‖∂L/∂h‖ and ‖∂L/∂c‖ at every step, level by level, on a scale of powers of ten;
// and the whole gradient from step to step of the training, with the bound of clipping. Vanishing and exploding get their name.

import { digits, h, whole } from "../dom.js";
import { at } from "./explain/moment.js";
import { pause } from "./gates/feed.js";
import { ticks } from "./gates/layout.js";
import { Asking } from "./look/asking.js";
import { Panel, write } from "./picture/panel.js";
import { Norms } from "./through/norms.js";
import { drawStrip, scaleOf } from "./through/strip.js";

export const needs = [];
export const place = "main";
export const styles = "through.css";

const [LEFT, LINE, FOOT, STRIP, TITLE, RIGHT] = [44, 110, 20, 12, 18, 8]; // px

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Through(element, stage);
}

class Through extends Panel {
  static words = "through";

  constructor(element, stage) {
    super(element, stage);
    Object.assign(this, { found: null, refusal: "", past: [] });
    this.asking = new Asking(stage, {
      period: (took) => 2 * pause(stage, took),
      about: () => "",
      ask: () => stage.ask("through_time", at(stage)),
      heard: (found) => this.#hear(found),
      refused: (sentence) => (this.refusal = sentence),
      settled: () => this.again(),
    });
    this.#build();
  }

  draw(frame) {
    this.asking.soon();
    if (this.norms.take(frame)) this.dirty = true;
    super.draw(frame);
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    Object.assign(this, { found: null, refusal: "" });
    this.asking.renew();
    this.norms.forget();
    this.again();
    return true;
  }

  dispose() {
    this.asking.dispose();
    super.dispose();
  }

  #hear(found) {
    this.refusal = "";
    this.found = { step: found.step, arrays: found.arrays, ...found.facts.answer };
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    this.step = h("span", { class: "stage-through-at" });
    this.verdict = h("p", { class: "stage-through-verdict", role: "status" });
    this.canvas = h("canvas", { class: "stage-through-canvas", role: "img", "aria-label": this.word("waiting") });
    this.field = h("div", { class: "stage-through-field" }, this.canvas);
    this.norms = new Norms(this);
    this.note = h("p", { class: "stage-look-note" }, this.word("waiting"));
    const head = h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, this.word("title")), this.step);
    this.root = h("section", { class: "stage-look stage-through" }, head, this.verdict, this.field, this.norms.node, this.note);
    this.begin(this.field);
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint(frame) {
    const { found, root } = this;
    root.dataset.state = this.refusal ? "refused" : found ? "shown" : "waiting";
    write(this.note, this.refusal || (found ? this.word("note", { samples: whole(found.samples) }) : this.word("waiting")));
    this.norms.paint(frame);
    this.canvas.hidden = !found;
    if (!found) {
      write(this.step, "");
      return void write(this.verdict, "");
    }
    Object.assign(root.dataset, { step: found.step, verdict: this.#worst().verdict });
    write(this.step, this.word("at", { step: whole(found.step) }));
    write(this.verdict, this.#sentence());
    this.verdict.dataset.verdict = this.#each ? "" : this.#worst().verdict; // no alarm: early steps learn from losses of their own
    const rows = this.#rows();
    const height = LINE + FOOT + rows.length * (STRIP + TITLE) + 4;
    const pen = this.pen(this.canvas, this.width, height);
    const scale = scaleOf(rows.map(({ values }) => values));
    this.#axes(pen, scale);
    rows.forEach((row, k) => this.#row(pen, row, scale, LINE + FOOT + 4 + k * (STRIP + TITLE)));
    this.speak(this.canvas, () => this.word("alt", { sentence: this.#sentence(), step: whole(found.step) }));
  }

  #rows() {
    const { found, stage } = this;
    return found.levels.flatMap((level, k) =>
      ["h", "c"].filter((letter) => found.arrays[`${letter}/${level.key}`]).map((letter) => ({
        level,
        letter,
        values: found.arrays[`${letter}/${level.key}`].data,
        colour: letter === "c" ? stage.colours.gates.f : stage.colours.gates.h,
        dash: [[], [6, 3], [2, 3], [8, 3, 2, 3]][k % 4],
      })),
    );
  }

  #axes(pen, { low, high }) {
    const { stage, width, found, family } = this;
    pen.font = `12px ${family}`;
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    const every = Math.max(1, Math.ceil((high - low) / 5));
    for (let power = Math.ceil(low); power <= high; power += every) {
      const y = this.#y(power, low, high);
      pen.strokeStyle = stage.colours.line;
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(LEFT, y);
      pen.lineTo(width, y);
      pen.stroke();
      pen.fillStyle = stage.colours.faint;
      pen.fillText(`10${raised(power)}`, LEFT - 6, y);
    }
    pen.textBaseline = "alphabetic";
    pen.textAlign = "center";
    for (const t of ticks(found.steps, width - LEFT)) pen.fillText(String(t), this.#x(t - 1), LINE + 15);
    pen.textAlign = "right";
    pen.fillText("t", LEFT - 6, LINE + 15);
  }

  #row(pen, { level, letter, values, colour, dash }, { low, high }, top) {
    const { stage, width, family } = this;
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    pen.setLineDash(dash);
    pen.beginPath();
    let drawn = false;
    values.forEach((value, t) => {
      if (!(value > 0)) return void (drawn = false);
      const power = Math.max(low, Math.log10(value));
      pen[drawn ? "lineTo" : "moveTo"](this.#x(t), this.#y(power, low, high));
      drawn = true;
    });
    pen.stroke();
    pen.setLineDash([]);
    drawStrip(pen, { x: LEFT, y: top + TITLE, w: width - LEFT - RIGHT, h: STRIP }, values, { low, high }, colour, stage.colours);
    pen.textAlign = "left";
    pen.textBaseline = "alphabetic";
    pen.font = `12px ${family}`;
    pen.fillStyle = stage.colours.text;
    const name = this.word("row", { letter, layer: level.layer + 1, kind: level.kind, more: this.#more(level) });
    const read = Array.from(level.reverse ? [...values].reverse() : values);
    const begin = Math.max(0, read.findIndex((value) => value > 0)); // before it there is only padding
    const [first, last] = [read[begin], read.at(-1)];
    const ends = this.word("ends", { first: digits(first), last: digits(last) });
    pen.fillText(name, LEFT, top + TITLE - 4, Math.max(40, width - LEFT - RIGHT - pen.measureText(ends).width - 8));
    pen.textAlign = "right";
    pen.fillStyle = stage.colours.faint;
    pen.fillText(ends, width - RIGHT, top + TITLE - 4);
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    pen.setLineDash(dash);
    pen.beginPath();
    pen.moveTo(8, top + TITLE + STRIP / 2);
    pen.lineTo(LEFT - 8, top + TITLE + STRIP / 2);
    pen.stroke();
    pen.setLineDash([]);
  }

  #more(level) {
    const parts = [];
    if (level.storeys > 1) parts.push(this.stage.word("gates.storey", { number: level.storey + 1 }));
    if (level.reverse) parts.push(this.stage.word("gates.reverse"));
    return parts.length ? ` · ${parts.join(" · ")}` : "";
  }

  #x(t) {
    return LEFT + ((t + 0.5) / this.found.steps) * (this.width - LEFT - RIGHT);
  }

  #y(power, low, high) {
    return 8 + (1 - (power - low) / Math.max(high - low, 1e-9)) * (LINE - 16);
  }

  // The level that fares worst.
  #worst() {
    const bad = { exploding: 3, vanishing: 2, zero: 1, fine: 0 };
    return this.found.levels.reduce((worst, level) => (bad[level.verdict] > bad[worst.verdict] ? level : worst));
  }

  // What vanishes on the way back from the last answer does not vanish where every step has an answer of its own.
  get #each() {
    return this.#worst().verdict === "vanishing" && this.stage.setup.target.steps;
  }

  #sentence() {
    const { ratio, verdict, layer, kind } = this.#worst();
    const size = ratio === null ? "" : times(ratio >= 1 ? ratio : 1 / ratio);
    return this.word(`verdict_${verdict}${this.#each ? "_each" : ""}`, { size, layer: layer + 1, kind, steps: whole(this.found.steps) });
  }
}

/** A factor as people read it: 3.2, 41,000, 1.3·10⁶. */
function times(factor) {
  if (factor < 1e6) return digits(factor);
  const power = Math.floor(Math.log10(factor));
  return `${(factor / 10 ** power).toFixed(1)}·10${raised(power)}`;
}

const raised = (power) => String(power).replace(/./g, (sign) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign] ?? "⁻");
