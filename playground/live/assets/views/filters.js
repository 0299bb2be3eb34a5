// What each neuron of the first layer looks for in a picture: its weights, as a picture. All on one scale; any of them is
// enlarged under the pointer. Or how far each weight has moved since the start.

import { h, whole } from "../dom.js";
import { Card } from "./filters/card.js";
import { Filters, stretched } from "./filters/weights.js";
import { Bitmap } from "./picture/bitmap.js";
import { bound, signed } from "./picture/numbers.js";
import { Panel, write } from "./picture/panel.js";
import { hands, moved, tileAt, tiling } from "./picture/tiles.js";

export const needs = ["filters"];
export const place = "main";
export const styles = "filters.css";

const TALL = 400; // px that the pictures should not exceed
const [LEAST, MOST, GAP, MARGIN] = [24, 96, 4, 30]; // px of a tile, between tiles, for the numbers of the rows
const FEW = 16;

export function mount(element, stage) {
  return new View(element, stage);
}

class View extends Panel {
  static words = "filters";

  constructor(element, stage) {
    super(element, stage, { selection: () => this.again() });
    Object.assign(this, { changes: false, resting: -1, filters: new Filters(), bitmap: new Bitmap() });
    this.#build();
  }

  draw(frame) {
    if (frame && this.filters.take(frame)) this.dirty = true;
    this.miss(frame, frame?.arrays.filter);
    super.draw(frame);
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    this.filters = new Filters();
    this.resting = -1;
    this.touch.forget();
    this.card.show(null);
    if (this.changes) this.#choose(false);
    this.again();
    return true;
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const { stage } = this;
    const word = (key) => this.word(key);
    const chip = (change) => h("button", { type: "button", class: "stage-filters-chip", data: { change }, onclick: () => this.#choose(change) }, word(change ? "change" : "weights"));
    this.chips = h("div", { class: "stage-filters-chips", role: "group", "aria-label": word("shown") }, chip(false), chip(true));
    this.low = h("span");
    this.high = h("span");
    this.key = h("div", { class: "stage-filters-key" }, this.low, h("i", { class: "stage-filters-ramp" }), this.high);
    const caption = h("h3", { class: "stage-filters-caption" }, word("title"));
    this.canvas = h("canvas", { class: "stage-filters-canvas", tabindex: 0, role: "application", "aria-label": word("waiting") });
    this.card = new Card(stage);
    this.field = h("div", { class: "stage-filters-field" }, this.canvas, this.card.node);
    this.note = h("p", { class: "stage-filters-note" }, word("waiting"));
    this.root = h("section", { class: "stage-filters" }, h("div", { class: "stage-filters-head" }, caption, this.chips, this.key), this.field, this.note);
    this.touch = hands(this.canvas, {
      at: (x, y) => (this.layout ? tileAt(this.layout, this.filters.count, x - MARGIN, y) : -1),
      move: (key, index) => this.layout && moved(key, index < 0 ? this.#chosen : index, this.layout, this.filters.count),
      rest: (index) => this.#rest(index),
      pick: (index) => stage.select(index === this.#chosen ? null : { kind: "unit", column: 0, unit: this.#unit(index) }),
      leave: () => this.#chosen >= 0 && stage.select(null),
    });
    this.#press();
    this.begin(this.field);
  }

  wear() {
    this.filters.stale = true;
    super.wear();
  }

  #press() {
    for (const chip of this.chips.children) chip.setAttribute("aria-pressed", (chip.dataset.change === "true") === this.changes);
  }

  get #chosen() {
    const { selection } = this.stage;
    if (selection?.kind !== "unit" || selection.column !== 0) return -1;
    const index = Math.floor(selection.unit / this.#places);
    return index < this.filters.count ? index : -1;
  }

  // All neurons or kernels of the first layer, and at how many places of a picture each of them looks.
  get #total() {
    return this.stage.setup.layers?.find(({ parameters }) => parameters > 0)?.shape[0] ?? this.filters.count;
  }

  get #places() {
    return Math.max(1, Math.round((this.stage.setup.columns[0]?.units ?? this.#total) / this.#total));
  }

  /** The unit that stands for a picture: a neuron, or a kernel in the middle of what it looks at. */
  #unit(index) {
    return index * this.#places + (this.#places >> 1);
  }

  // --- steering -----------------------------------------------------------------------------------------------------

  async #choose(changes) {
    this.changes = changes;
    this.#press();
    this.again();
    if (!changes || this.filters.start) return;
    const { filters } = this;
    const first = await this.stage.recorded(0).catch(() => null);
    if (this.gone || filters !== this.filters) return;
    if (!filters.begin(first) && !filters.begin(this.stage.frame?.step === 0 ? this.stage.frame : null)) this.startless = true;
    this.again();
  }

  #rest(index) {
    this.resting = index;
    if (index >= 0) this.stage.announce(this.#reading(index));
    this.again();
  }

  #reading(unit) {
    const { filters, stage } = this;
    const [low, high] = filters.range(unit);
    const values = { number: unit + 1, count: filters.count, bias: filters.bias ? signed(filters.bias[unit]) : "—", low: signed(low), high: signed(high) };
    return this.word("reading", values);
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint(frame) {
    const { stage, filters, canvas, width, bitmap } = this;
    const changed = this.changes && filters.start;
    this.root.dataset.state = this.lost ? "lost" : filters.count ? "shown" : "waiting";
    write(this.note, this.#remark(changed));
    canvas.hidden = !filters.count;
    if (!filters.count) return;
    const { bytes, reach, usual } = filters.shown(changed);
    const clipped = filters.clipped(changed);
    for (const [node, end] of [[this.low, -usual], [this.high, usual]]) {
      write(node, (clipped ? (end < 0 ? "≤ " : "≥ ") : "") + bound(end));
    }
    bitmap.write(bytes, filters.count, filters.rows, filters.columns, stretched(stage.colours.lut, reach / usual), true);
    const layout = (this.layout = tiling(filters.count, width - MARGIN, TALL, { least: LEAST, most: MOST, gap: GAP }));
    const pen = this.pen(canvas, MARGIN + layout.width, layout.height);
    pen.imageSmoothingEnabled = filters.rows > FEW; // few pixels are shown as pixels
    pen.imageSmoothingQuality = "medium";
    this.#numbers(pen, layout);
    const place = (unit) => [MARGIN + (unit % layout.columns) * layout.pitch[0], Math.floor(unit / layout.columns) * layout.pitch[1]];
    for (let unit = 0; unit < filters.count; unit++) bitmap.draw(pen, unit, ...place(unit), layout.size, layout.size);
    const attended = this.resting >= 0 ? this.resting : this.#chosen;
    if (this.#chosen >= 0) this.#ring(pen, place(this.#chosen), layout.size, stage.colours.accent);
    if (attended >= 0 && attended !== this.#chosen) this.#ring(pen, place(attended), layout.size, stage.colours.text);
    this.card.show(attended < 0 ? null : { unit: attended, stands: this.#unit(attended), box: [...place(attended), layout.size], width: MARGIN + layout.width, height: layout.height, filters, bitmap, pinned: attended === this.#chosen });
    this.speak(canvas, () => this.word("alt", { count: whole(filters.count), step: whole(frame.step), low: bound(-filters.usual), high: bound(filters.usual) }));
  }

  #numbers(pen, { columns, rows, size, pitch }) {
    pen.font = `12px ${this.family}`;
    pen.fillStyle = this.stage.colours.faint;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (let row = 0; row < rows; row++) pen.fillText(String(row * columns + 1), MARGIN - 7, row * pitch[1] + size / 2 + 0.5);
  }

  #ring(pen, [x, y], size, colour) {
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    pen.strokeRect(x - 1, y - 1, size + 2, size + 2);
  }

  #remark(changed) {
    const { stage, filters } = this;
    if (this.lost) return this.word("missing");
    if (!filters.count) return this.word("waiting");
    const layer = stage.setup.columns[0]?.name ?? "";
    const total = this.#total;
    const said = [];
    if (changed) said.push(this.word("note_change", { step: whole(filters.start.step) }));
    else if (this.changes && this.startless) said.push(this.word("no_start"));
    else said.push(this.word(this.#places > 1 ? "note_kernel" : "note", { layer }));
    if (filters.count < total) said.push(this.word("some", { shown: whole(filters.count), count: whole(total) }));
    return said.join(" ");
  }
}
