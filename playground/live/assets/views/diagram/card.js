// One unit, large and readable: its map, what it shows, its weights and its bias as numbers. While the pointer rests on a
// tile the card is only to be read; opened by a click it stays, and every number in it can be changed.

import { fit, h } from "../../dom.js";
import { bound, signed } from "../picture/numbers.js";
import { explain, heard } from "../picture/spot.js";
import { briefName, shortName, unitName } from "./columns.js";

const SIDE = 132;
const MOST = 9; // weights that are listed
const EVERY = 120; // ms between two readings of the numbers

export class Card {
  /** @param {{edit(number, button), close()}} deeds */
  constructor(stage, columns, deeds) {
    Object.assign(this, { stage, columns, deeds });
    this.word = (key, values) => stage.word(key, values);
    this.node = h("section", { class: "stage-diagram-card", hidden: true });
    this.node.onkeydown = (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.deeds.close();
    };
    this.shown = null;
  }

  /** Shows a unit: `c` its place among the columns, `pinned` whether it can be worked with. */
  show(c, unit, pinned, frame, faces, state) {
    const same = this.shown && this.shown.c === c && this.shown.unit === unit && this.shown.pinned === pinned;
    if (!same) {
      this.shown = { c, unit, pinned };
      this.#build(frame, faces, state);
    }
    this.node.hidden = false;
    this.update(frame, faces, state, !same);
  }

  hide() {
    this.node.hidden = true;
    this.shown = null;
  }

  /** Brings map and numbers up to date. */
  update(frame, faces, state, now = false) {
    if (!this.shown) return;
    const { c, unit } = this.shown;
    const face = faces[c];
    if (this.canvas && unit < face.count) {
      const context = this.canvas.getContext("2d");
      context.imageSmoothingEnabled = face.smooth;
      face.bitmap.draw(context, unit, 0, 0, this.canvas.width, this.canvas.height);
    }
    const time = performance.now();
    if (!now && time - this.readAt < EVERY) return;
    this.readAt = time;
    this.#read(frame, face, state);
  }

  #build(frame, faces, state) {
    const { c, unit, pinned } = this.shown;
    const column = this.columns[c];
    const face = faces[c];
    this.rows = [];
    this.state = h("span", { class: "stage-diagram-state", hidden: true });
    const title = h("h4", {}, unitName(column, unit, this.word));
    const cross = pinned && h("button", { type: "button", class: "stage-diagram-close", "aria-label": this.word("close"), onclick: () => this.deeds.close() }, "×");
    this.canvas = null;
    let figure = null;
    if (unit < face.count) {
      this.canvas = h("canvas", { class: "stage-diagram-large", role: "img", "aria-label": this.word(`diagram.shows_${face.caption}`) });
      fit(this.canvas, SIDE, SIDE);
      this.scale = h("div", { class: "stage-diagram-scale" }, h("span", {}), h("i", {}), h("span", {}));
      figure = h("figure", {}, this.canvas, this.scale, h("figcaption", {}, this.word(`diagram.shows_${face.caption}`)));
    }
    const list = column.weight ? this.#numbers(frame, column, unit) : null;
    this.node.replaceChildren(h("header", {}, title, this.state, cross || null), h("div", { class: "stage-diagram-body" }, figure, list));
    this.node.classList.toggle("stage-diagram-pinned", pinned);
    this.node.setAttribute("role", pinned ? "dialog" : "presentation");
    this.node.setAttribute("aria-label", unitName(column, unit, this.word));
    this.node.toggleAttribute("inert", !pinned);
    this.#flag(state);
  }

  #numbers(frame, column, unit) {
    const weight = frame?.arrays[`w/${column.weight}`];
    if (!weight) return null;
    const before = this.columns[column.index];
    const inputs = weight.shape[1];
    const own = weight.data.subarray(unit * inputs, (unit + 1) * inputs);
    let order = Array.from(own.keys());
    if (inputs > MOST) order = order.sort((a, b) => Math.abs(own[b]) - Math.abs(own[a])).slice(0, MOST);
    const rows = order.map((from) => {
      const name = before.picture ? pixelName(from, before.picture, this.word) : shortName(before, from, this.word);
      return this.#row(name, { name: column.weight, index: [unit, from] }, this.word("diagram.weight_of", { from: name, to: briefName(column, unit, this.word) }));
    });
    if (frame.arrays[`w/${column.bias}`]) {
      const row = this.#row(this.word("diagram.bias"), { name: column.bias, index: [unit] }, this.word("diagram.bias_of", { name: briefName(column, unit, this.word) }));
      row.classList.add("stage-diagram-bias");
      rows.push(row);
    }
    const more = inputs > MOST ? h("p", { class: "stage-diagram-rest" }, this.word("diagram.rest", { count: inputs - MOST })) : null;
    const formula = this.shown.pinned && heard(this.stage, "open") ? this.#formula(column, unit) : null;
    return h("div", { class: "stage-diagram-numbers" }, h("h5", {}, this.word(inputs > MOST ? "diagram.strongest" : "diagram.weights")), h("ul", {}, rows), more, formula);
  }

  #formula(column, unit) {
    const open = () => explain(this.stage, { kind: "unit", column: column.index, unit });
    return h("button", { type: "button", class: "stage-diagram-formula", onclick: open }, this.word("diagram.formula"));
  }

  #row(name, number, label) {
    const bar = h("i", { class: "stage-diagram-bar" });
    const value = h("button", { type: "button", class: "stage-diagram-value", "aria-label": label });
    value.onclick = () => this.deeds.edit({ ...number, label, value: this.#value(number) }, value);
    this.rows.push({ number, bar, value, label });
    return h("li", {}, h("span", { class: "stage-diagram-from", title: name }, name), bar, value);
  }

  #value({ name, index }) {
    const array = this.frame?.arrays[`w/${name}`];
    return array ? array.data[index.length === 2 ? index[0] * array.shape[1] + index[1] : index[0]] : NaN;
  }

  #read(frame, face, state) {
    this.frame = frame;
    const values = this.rows.map(({ number }) => this.#value(number));
    const reach = Math.max(1, ...values.map(Math.abs).filter(Number.isFinite));
    for (const [i, { bar, value, label }] of this.rows.entries()) {
      const part = Math.min(1, Math.abs(values[i]) / reach) || 0;
      bar.style.setProperty("--part", part.toFixed(3));
      bar.dataset.sign = values[i] < 0 ? "negative" : "positive";
      const text = signed(values[i]);
      if (value.textContent !== text) {
        value.textContent = text;
        value.setAttribute("aria-label", `${label}: ${text}`);
      }
    }
    if (this.canvas) {
      const [low, , high] = this.scale.children;
      low.textContent = face.kind === "picture" ? "0" : bound(-face.reachOf(this.shown.unit));
      high.textContent = face.kind === "picture" ? "1" : bound(face.reachOf(this.shown.unit));
    }
    this.#flag(state);
  }

  #flag(state) {
    this.state.hidden = state === "fine";
    if (this.state.dataset.state === state) return;
    this.state.dataset.state = state;
    this.state.textContent = state === "fine" ? "" : this.word(`diagram.${state}_long`);
  }
}

function pixelName(index, [, columns], word) {
  return word("diagram.pixel", { row: Math.floor(index / columns) + 1, column: (index % columns) + 1 });
}
