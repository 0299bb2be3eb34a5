// The network unrolled over time: one column for each step, one row for each layer; a recurrent layer's tile at a step is its hidden
// state there, cell by cell. Arrows say who hears whom. What goes in stands below, what comes out above.

import { digits, h, whole } from "../dom.js";
import { feedOf } from "./gates/feed.js";
import { said } from "./gates/holds.js";
import { manner, written } from "./gates/input.js";
import { percent } from "./look/bars.js";
import { shade } from "./look/tint.js";

import { Bitmap } from "./picture/bitmap.js";
import { Panel, write } from "./picture/panel.js";
import { plan, stepAt } from "./unrolled/plan.js";

export const needs = [];
export const place = "main";
export const styles = "unrolled.css";

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new InTime(element, stage);
}

class InTime extends Panel {
  static words = "unrolled";

  constructor(element, stage) {
    super(element, stage, { selection: () => this.again() });
    this.feed = feedOf(stage);
    this.leave = this.feed.join(() => this.again());
    this.bitmaps = new Map();
    this.step = h("span", { class: "stage-unrolled-at" });
    this.canvas = h("canvas", { class: "stage-unrolled-canvas", role: "img", "aria-label": this.word("waiting") });
    this.field = h("div", { class: "stage-unrolled-field" }, this.canvas);
    this.note = h("p", { class: "stage-look-note" });
    const head = h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, this.word("title")), this.step);
    this.root = h("section", { class: "stage-look stage-unrolled" }, head, this.field, this.note);
    this.canvas.onpointermove = (event) => this.#point(event);
    this.canvas.onpointerleave = (event) => event.pointerType === "mouse" && this.#rest(null);
    this.begin(this.field);
  }

  draw(frame) {
    this.feed.wish();
    super.draw(frame);
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    this.again();
    return true;
  }

  dispose() {
    this.leave();
    super.dispose();
  }

  #point(event) {
    const box = this.canvas.getBoundingClientRect();
    this.#rest(this.plan && stepAt(this.plan, event.clientX - box.left));
  }

  #rest(at) {
    if (at === this.resting) return;
    this.resting = at;
    this.again();
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint() {
    const { feed, stage, root } = this;
    const answer = feed.shown;
    root.dataset.state = feed.refusal ? "refused" : feed.latest ? "shown" : "waiting";
    write(this.note, feed.refusal || (answer ? this.#pattern() : this.word("waiting")));
    this.canvas.hidden = !answer;
    if (!answer) return;
    write(this.step, feed.latest ? this.word("at", { step: whole(answer.step) }) : "");
    if (feed.latest) root.dataset.step = answer.step;
    const { experiment, layers, target } = stage.setup;
    const found = plan(this.width, layers, answer, target);
    this.plan = found;
    const pen = this.pen(this.canvas, found.width, found.height);
    this.#arrows(pen, found);
    for (const row of found.rows) this.#row(pen, found, row, answer, experiment);
    this.#input(pen, found, answer);
    this.#output(pen, found, answer, target);
    this.canvas.classList.toggle("stage-gates-old", Boolean(feed.latest) && !feed.fresh);
    this.speak(this.canvas, () => this.word("alt", { layers: layers.map(({ name }) => name).join(", "), steps: whole(answer.steps), pattern: this.#pattern() }));
  }

  // Which of the four ways to use a recurrent network this is.
  #pattern() {
    const { target, experiment, pattern } = this.stage.setup;
    const name = pattern || (target.steps ? "many-to-many" : "many-to-one");
    return this.word(`pattern_${name.replaceAll("-", "_")}`, { kind: experiment.data.kind });
  }

  #arrows(pen, { columns, rows, input, output, gap }) {
    const { colours } = this.stage;
    pen.strokeStyle = pen.fillStyle = colours.faint;
    pen.lineWidth = 1.4;
    const down = [{ top: output.y + output.h }, ...[...rows].reverse(), { bottom: input.y }];
    for (let k = 0; k + 1 < down.length; k++) {
      const [to, from] = [down[k], down[k + 1]];
      for (const [number, { x, at }] of columns.entries()) {
        if (at === null) continue;
        const upper = k === 0 ? to.top : to.y + to.h;
        const lower = from.bottom ?? from.y;
        if (k === 0 ? !output.steps.includes(at) : to.once && number !== columns.length - 1) continue;
        if (from.once && number !== columns.length - 1) continue;
        arrow(pen, x, lower - 2, x, upper + 2);
      }
    }
    for (const row of rows) {
      if (!row.levels) continue;
      for (let k = 0; k + 1 < columns.length; k++) {
        const half = row.tile / 2 + 2;
        const y = row.y + row.h / 2;
        const [left, right] = [columns[k].x + (columns[k].at === null ? 8 : half), columns[k + 1].x - (columns[k + 1].at === null ? 8 : half)];
        if (row.forward) arrow(pen, left, y - (row.backward ? 5 : 0), right, y - (row.backward ? 5 : 0));
        if (row.backward) arrow(pen, right, y + 5, left, y + 5);
      }
    }
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.font = `600 14px ${this.family}`;
    for (const { x, at } of columns) if (at === null) for (const row of [...rows.filter(({ once }) => !once), input]) pen.fillText("…", x, row.y + row.h / 2);
    return gap;
  }

  #row(pen, found, row, answer) {
    const { stage } = this;
    const { colours } = stage;
    pen.font = `600 12px ${this.family}`;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    pen.fillStyle = colours.text;
    pen.fillText(row.name, 0, row.y + row.h / 2 - 7, found.left - 10);
    pen.font = `12px ${this.family}`;
    pen.fillStyle = colours.faint;
    pen.fillText(row.shape, 0, row.y + row.h / 2 + 9, found.left - 10);
    for (const [number, { x, at }] of found.columns.entries()) {
      if (at === null || (row.once && number !== found.columns.length - 1)) continue;
      const box = [x - row.tile / 2, row.y, row.tile, row.h];
      if (row.levels && !answer.bare) this.#state(pen, row, at, box, answer);
      else {
        pen.fillStyle = shade(colours, "line", 0.7);
        pen.fillRect(...box);
      }
      pen.strokeStyle = row.levels ? colours.gates.h : colours.faint;
      pen.lineWidth = at === this.resting ? 2.5 : 1.2;
      pen.strokeRect(box[0] - 0.5, box[1] - 0.5, box[2] + 1, box[3] + 1);
    }
  }

  // The hidden states of a layer at a step: its upmost storey, forwards and backwards side by side.
  #state(pen, row, at, [x, y, w, tall], answer) {
    const { lut } = this.stage.colours;
    row.levels.forEach((level, k) => {
      const { data } = answer.arrays[`gate/${level.key}/h`];
      const bytes = new Uint8Array(level.shown);
      for (let unit = 0; unit < level.shown; unit++) bytes[unit] = Math.round(Math.min(255, Math.max(1, 128 + 127 * data[at * level.shown + unit])));
      if (!this.bitmaps.has(level.key)) this.bitmaps.set(level.key, new Bitmap());
      const bitmap = this.bitmaps.get(level.key);
      bitmap.write(bytes, 1, level.shown, 1, lut, true);
      pen.imageSmoothingEnabled = false;
      const wide = w / row.levels.length;
      bitmap.draw(pen, 0, x + k * wide, y, wide, tall);
    });
  }

  #input(pen, { columns, input, left }, answer) {
    const { stage } = this;
    const { colours, setup } = { colours: stage.colours, setup: stage.setup };
    pen.font = `600 12px ${this.family}`;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    pen.fillStyle = colours.text;
    pen.fillText(this.word("input"), 0, input.y + 8, left - 10);
    pen.font = `12px ${this.family}`;
    pen.fillStyle = colours.faint;
    pen.fillText(setup.input.shape.join("×"), 0, input.y + 24, left - 10);
    pen.textAlign = "center";
    const many = manner(answer.arrays.x, answer.tokens) === "numbers" && answer.arrays.x.shape[1] > 1;
    for (const { x, at, room } of columns) {
      if (at === null) continue;
      pen.fillStyle = answer.arrays.present.data[at] ? colours.text : colours.faint;
      const text = many ? digits(answer.arrays.x.data[at * answer.arrays.x.shape[1]]) : written(answer.arrays.x, answer.tokens, setup.input.labels, at, digits);
      pen.fillText(text.replace("-", "−").replace("\n", "↵"), x, input.y + 8, room);
      pen.fillStyle = colours.faint;
      pen.fillText(`t = ${at + 1}`, x, input.y + 24, room);
    }
  }

  #output(pen, { columns, output, left }, answer, target) {
    const { colours } = this.stage;
    pen.font = `600 12px ${this.family}`;
    pen.textAlign = "left";
    pen.textBaseline = "middle";
    pen.fillStyle = colours.text;
    pen.fillText(this.word("output"), 0, output.y + output.h / 2, left - 10);
    if (answer.bare) return;
    const { answers } = answer.arrays;
    const rows = answers.shape[0];
    pen.textAlign = "center";
    columns.forEach(({ x, at, room }, number) => {
      if (at === null || !output.steps.includes(at)) return;
      const row = rows === 1 ? 0 : at;
      const last = number === columns.length - 1;
      const judged = !target.steps || !Array.isArray(answer.truth) || typeof answer.truth[at] !== "number" || answer.truth[at] >= 0;
      pen.fillStyle = !judged ? colours.faint : colours.dark ? colours.text : colours.accent;
      pen.font = `600 12px ${this.family}`;
      pen.textAlign = last && rows === 1 ? "right" : "center";
      const lines = !judged ? ["–"] : rows === 1 ? [said(answers, 0, target)] : this.#short(answers, row, target);
      lines.forEach((text, k) => {
        pen.font = `${k ? "" : "600 "}12px ${this.family}`;
        const y = output.y + output.h / 2 + (k - (lines.length - 1) / 2) * 15;
        pen.fillText(text, last && rows === 1 ? x + room / 2 : x, y, rows === 1 ? 200 : room);
      });
    });
  }

  // A number; or a class, and below it how sure the network is.
  #short({ data, shape: [, width] }, row, target) {
    if (target.kind !== "classes") return [digits(data[row * width] * target.scale + target.offset).replace("-", "−")];
    let best = 0;
    for (let k = 1; k < width; k++) if (data[row * width + k] > data[row * width + best]) best = k;
    return [String(target.names?.[best] ?? best), percent(data[row * width + best])];
  }
}

function arrow(pen, x1, y1, x2, y2) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length < 3) return;
  const [dx, dy] = [(x2 - x1) / length, (y2 - y1) / length];
  const head = Math.min(5, length / 2);
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2 - dx * head, y2 - dy * head);
  pen.stroke();
  pen.beginPath();
  pen.moveTo(x2, y2);
  pen.lineTo(x2 - dx * head - dy * head * 0.6, y2 - dy * head + dx * head * 0.6);
  pen.lineTo(x2 - dx * head + dy * head * 0.6, y2 - dy * head - dx * head * 0.6);
  pen.fill();
}
