// The gate theatre: what every gate of every cell does at every step of the sequence that is looked at, live. A cell at a step
// opens into its equations; gates can be held, and what changes is seen.

import { digits, h, whole } from "../dom.js";
import { CellPage } from "./gates/cell.js";
import { feedOf } from "./gates/feed.js";
import { BOUNDED, Heat, reachOf } from "./gates/heat.js";
import { Holds } from "./gates/holds.js";
import { drawInput, written } from "./gates/input.js";
import { arranged, placeAt, ticks } from "./gates/layout.js";
import { Lines } from "./gates/lines.js";
import { ordersOf, sorted } from "./gates/order.js";
import { shade } from "./look/tint.js";
import { bound, signed } from "./picture/numbers.js";
import { Panel, write } from "./picture/panel.js";
import { hands } from "./picture/tiles.js";

export const needs = [];
export const place = "main";
export const styles = "gates.css";

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Gates(element, stage);
}

class Gates extends Panel {
  static words = "gates";

  constructor(element, stage) {
    super(element, stage, { selection: () => this.again(), drawer: (node) => this.page.closed(node) });
    this.feed = feedOf(stage);
    this.leave = this.feed.join(() => this.again());
    Object.assign(this, { key: "", by: "cells", resting: null, chosen: null, heats: new Map(), layout: null, number: -1 });
    this.page = new CellPage(stage, (level, unit, at) => this.#choose(unit, at));
    this.#build();
  }

  draw(frame) {
    this.feed.wish();
    super.draw(frame);
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    this.feed.forget();
    Object.assign(this, { chosen: null, resting: null, layout: null, number: -1 });
    this.again();
    return true;
  }

  dispose() {
    this.leave();
    this.page.dispose();
    super.dispose();
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const { stage } = this;
    this.step = h("span", { class: "stage-gates-at" });
    this.levels = h("div", { class: "stage-look-chips", role: "group", "aria-label": this.word("level") });
    this.orders = h("select", { class: "stage-gates-select", "aria-label": this.word("sort"), onchange: () => this.#sort(this.orders.value) });
    this.canvas = h("canvas", { class: "stage-gates-canvas", tabindex: 0, role: "application", "aria-label": this.word("waiting"), "aria-description": this.word("keys") });
    this.field = h("div", { class: "stage-gates-field" }, this.canvas);
    this.reading = h("p", { class: "stage-gates-reading" });
    this.holds = new Holds(this);
    this.lines = new Lines(this);
    this.note = h("p", { class: "stage-look-note", role: "status" });
    const ramp = h("i", { class: "stage-gates-ramp" });
    this.legend = h("span", { class: "stage-gates-legend" }, "−", ramp, "+");
    const head = h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, this.word("title")), this.step, this.levels);
    const tools = h("div", { class: "stage-gates-tools" }, h("label", {}, this.word("sort"), " ", this.orders), this.legend);
    this.root = h("section", { class: "stage-look stage-gates" }, head, tools, this.field, this.reading, this.lines.node, this.holds.node, this.note);
    this.touch = hands(this.canvas, {
      at: (x, y) => this.#index(this.feed.latest && this.layout && placeAt(this.layout, x, y)),
      move: (name, index) => this.#beside(name, index),
      rest: (index) => this.#rest(index),
      pick: (index) => this.#pick(index),
      leave: () => this.#rest(-1),
    });
    this.begin(this.field);
    stage.announce("");
  }

  get level() {
    const levels = this.feed.shown?.levels ?? [];
    return levels.find(({ key }) => key === this.key) ?? levels[0];
  }

  #show(key) {
    Object.assign(this, { key, layout: null, chosen: null, resting: null, number: -1 });
    this.touch.forget();
    this.again();
  }

  #sort(by) {
    Object.assign(this, { by, number: -1 });
    this.again();
  }

  // --- pointing: a place is panel, row and step, as one number ----------------------------------------------------------

  #index(place) {
    if (!place) return -1;
    const { shown } = this.level;
    return (place.panel * shown + Math.min(place.row, shown - 1)) * this.feed.latest.steps + place.at;
  }

  #place(index) {
    const { steps } = this.feed.latest;
    const { shown } = this.level;
    return { panel: Math.floor(index / (steps * shown)), row: Math.floor(index / steps) % shown, at: index % steps };
  }

  #beside(name, index) {
    const answer = this.feed.latest;
    if (!answer || !this.layout) return null;
    const { shown, letters } = this.level;
    if (index < 0) return name.startsWith("Arrow") || name === "Home" ? 0 : null;
    const place = this.#place(index);
    const { steps } = answer;
    if (name === "ArrowLeft") place.at = Math.max(0, place.at - 1);
    else if (name === "ArrowRight") place.at = Math.min(steps - 1, place.at + 1);
    else if (name === "ArrowUp") place.row = Math.max(0, place.row - 1);
    else if (name === "ArrowDown") place.row = Math.min(shown - 1, place.row + 1);
    else if (name === "Home") place.at = 0;
    else if (name === "End") place.at = steps - 1;
    else if (name === "PageDown") place.panel = (place.panel + 1) % letters.length;
    else if (name === "PageUp") place.panel = (place.panel + letters.length - 1) % letters.length;
    else return null;
    return this.#index(place);
  }

  #rest(index) {
    this.resting = index < 0 ? null : this.#place(index);
    if (this.resting) this.stage.announce(this.#says(this.resting));
    this.again();
  }

  #pick(index) {
    const { row, at } = this.#place(index);
    this.#choose(this.order[row], at);
    this.page.open(this.level.key, this.order[row], at);
  }

  #choose(unit, at) {
    this.chosen = { unit, at };
    this.again();
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint() {
    const { feed, stage, root } = this;
    const answer = feed.shown;
    root.dataset.state = feed.refusal ? "refused" : feed.latest ? "shown" : "waiting";
    this.canvas.hidden = this.orders.parentNode.hidden = !answer;
    write(this.note, feed.refusal || (feed.latest ? this.word("hint") : this.word("waiting")));
    if (!answer) return;
    const { level } = this;
    if (answer.number !== this.number || !this.layout || this.layout.width !== this.width) this.#take(answer, level);
    Object.assign(root.dataset, { number: answer.number, level: level.key, held: feed.holds.length });
    if (feed.latest) root.dataset.step = answer.step;
    write(this.step, feed.latest ? this.word("at", { step: whole(answer.step) }) : "");
    const { layout, canvas } = this;
    const pen = this.pen(canvas, layout.width, layout.height);
    for (const box of layout.inputs) drawInput(pen, box, answer, stage.setup.input.labels, stage.colours, this.family);
    level.letters.forEach((letter, k) => this.#panel(pen, letter, layout.panels[k], answer, level));
    this.#ticks(pen, answer);
    this.#padding(pen, answer);
    if (this.chosen) this.#mark(pen, this.order.indexOf(this.chosen.unit), this.chosen.at, false);
    if (this.resting) this.#mark(pen, this.resting.row, this.resting.at, true);
    canvas.classList.toggle("stage-gates-old", Boolean(feed.latest) && !feed.fresh);
    write(this.reading, this.#says(this.resting ?? (this.chosen && { row: this.order.indexOf(this.chosen.unit), at: this.chosen.at })));
    this.lines.paint(answer, level, this.chosen);
    this.holds.paint(answer, level, this.chosen);
    this.page.follow();
    this.speak(canvas, () => this.word("alt", { kind: level.kind, cells: whole(level.shown), steps: whole(answer.steps), step: whole(answer.step) }));
  }

  #take(answer, level) {
    this.number = answer.number;
    const by = !answer.bare && ordersOf(level.kind).includes(this.by) ? this.by : "cells";
    this.order = sorted(by, level, answer.arrays, answer.steps).order;
    this.layout = arranged(this.width, level.letters.length, level.shown, answer.steps);
    for (const letter of answer.bare ? [] : level.letters) {
      if (!this.heats.has(letter)) this.heats.set(letter, new Heat());
      const { data } = answer.arrays[`gate/${level.key}/${letter}`];
      const reach = reachOf(data);
      this.heats.get(letter).reach = reach;
      const { colours } = this.stage;
      this.heats.get(letter).write(data, answer.steps, level.shown, this.order, { letter, reach, hue: colours.gates[letter], colours });
    }
    this.#chips(answer, level);
  }

  #chips(answer, level) {
    const known = JSON.stringify([answer.levels.map(({ key, kind }) => key + kind), level.key]);
    if (known === this.known) return;
    this.known = known;
    this.levels.hidden = answer.levels.length < 2;
    this.levels.replaceChildren(
      ...answer.levels.map((each) => h("button", { type: "button", class: "stage-look-chip", data: { level: each.key }, "aria-pressed": String(each.key === level.key), onclick: () => this.#show(each.key) }, this.nameOf(each))),
    );
    const orders = ordersOf(level.kind);
    if (!orders.includes(this.by)) this.by = "cells";
    this.orders.replaceChildren(...orders.map((name) => h("option", { value: name, selected: name === this.by }, this.word(`by_${name}${name === "forget" ? `_${level.kind}` : ""}`))));
    this.orders.value = this.by;
  }

  /** What a level is called: its layer, and which storey and direction of it. */
  nameOf(level) {
    const parts = [`${level.layer + 1} · ${level.kind}`];
    if (level.storeys > 1) parts.push(this.word("storey", { number: level.storey + 1 }));
    if (level.reverse) parts.push(this.word("reverse"));
    return parts.join(" · ");
  }

  /** What a letter stands for. */
  nameOfGate(letter, kind) {
    return this.word(`gate_${letter}${letter === "h" || letter === "c" ? "" : `_${kind}`}`);
  }

  wear() {
    this.number = -1; // its bitmaps have the colours of before
    super.wear();
  }

  #panel(pen, letter, box, answer, level) {
    const { colours } = this.stage;
    const hue = colours.gates[letter];
    const heat = this.heats.get(letter);
    pen.textBaseline = "alphabetic";
    pen.textAlign = "left";
    pen.fillStyle = hue;
    pen.font = `italic 700 15px ${this.family}`;
    pen.fillText(letter, box.x, box.title + 14);
    const held = this.feed.holds.filter((one) => one.level === level.key && one.gate === letter);
    pen.font = `12px ${this.family}`;
    pen.fillStyle = held.length ? colours.wrong : colours.faint;
    const range = answer.bare ? "" : BOUNDED.has(letter) ? "0 … 1" : `±${bound(heat.reach).slice(1)}`;
    const name = held.length ? this.word("held_at", { value: signed(held[0].value).replace("+", "") }) : this.nameOfGate(letter, level.kind);
    pen.textAlign = "right";
    pen.fillText(range, box.x + box.w, box.title + 14);
    const room = box.w - 18 - pen.measureText(range).width - 6;
    pen.textAlign = "left";
    pen.fillText(name, box.x + 16, box.title + 14, room);
    if (answer.bare) {
      pen.fillStyle = shade(colours, "line", 0.28);
      pen.fillRect(box.x, box.y, box.w, box.h);
    } else heat.draw(pen, box);
    pen.strokeStyle = hue;
    pen.lineWidth = 1.5;
    pen.strokeRect(box.x - 0.75, box.y - 0.75, box.w + 1.5, box.h + 1.5);
    this.#rows(pen, box);
  }

  // The numbers of some cells, on the left.
  #rows(pen, box) {
    const { layout, order, stage } = this;
    const every = Math.max(1, Math.ceil(15 / layout.row));
    pen.font = `12px ${this.family}`;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    pen.fillStyle = stage.colours.faint;
    for (let row = 0; row + every / 2 < order.length || row === 0; row += every) pen.fillText(String(order[row] + 1), box.x - 5, box.y + (row + 0.5) * layout.row + (every > 1 && layout.row < 8 ? 3 : 0));
  }

  #ticks(pen, answer) {
    const { layout, stage } = this;
    const bottom = layout.height - 3;
    pen.font = `12px ${this.family}`;
    pen.textBaseline = "alphabetic";
    pen.fillStyle = stage.colours.faint;
    for (const box of layout.inputs) {
      for (const t of ticks(answer.steps, box.w)) {
        pen.textAlign = "center";
        pen.fillText(String(t), box.x + (t - 0.5) * layout.step, bottom);
      }
      pen.textAlign = "right";
      pen.fillText("t", box.x - 8, bottom);
    }
  }

  // Where there is only padding nothing is computed.
  #padding(pen, answer) {
    const { layout, stage } = this;
    let first = 0;
    while (first < answer.steps && !answer.arrays.present.data[first]) first++;
    if (!first) return;
    pen.fillStyle = shade(stage.colours, "line", 0.6);
    for (const box of [...layout.panels, ...layout.inputs]) pen.fillRect(box.x, box.y, first * layout.step, box.h);
  }

  #mark(pen, row, at, pointed) {
    const { layout, stage } = this;
    if (row < 0) return;
    pen.lineWidth = 1;
    for (const box of layout.panels) {
      const [x, y] = [box.x + at * layout.step, box.y + row * layout.row];
      const [w, tall] = [Math.max(layout.step, 3), Math.max(layout.row, 3)];
      if (pointed) {
        pen.globalAlpha = 0.5;
        pen.strokeStyle = stage.colours.text;
        pen.strokeRect(box.x, y + 0.5, box.w, tall - 1);
        pen.strokeRect(x + 0.5, box.y, w - 1, box.h);
        pen.globalAlpha = 1;
      }
      pen.strokeStyle = stage.colours.background;
      pen.lineWidth = 3;
      pen.strokeRect(x - 1, y - 1, w + 2, tall + 2);
      pen.strokeStyle = stage.colours.text;
      pen.lineWidth = 1.5;
      pen.strokeRect(x - 1, y - 1, w + 2, tall + 2);
    }
    for (const box of layout.inputs) {
      pen.fillStyle = stage.colours.text;
      pen.globalAlpha = 0.14;
      pen.fillRect(box.x + at * layout.step, box.y, Math.max(layout.step, 2), box.h);
      pen.globalAlpha = 1;
    }
  }

  #says(place) {
    const answer = this.feed.latest;
    if (!answer) return "";
    if (!place || place.row < 0 || !answer) return this.word("point");
    const { level, order } = this;
    const unit = order[place.row];
    if (unit === undefined || place.at >= answer.steps) return "";
    const values = level.letters.map((letter) => `${letter} ${digits(answer.arrays[`gate/${level.key}/${letter}`].data[place.at * level.shown + unit]).replace("-", "−")}`);
    const input = written(answer.arrays.x, answer.tokens, this.stage.setup.input.labels, place.at, (value) => digits(value).replace("-", "−"));
    return this.word("reading", { cell: whole(unit + 1), at: whole(place.at + 1), input, values: values.join("  ") });
  }
}

