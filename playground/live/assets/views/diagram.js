// The network as it is: columns of living tiles, edges as weights, light running along them while it learns. One canvas
// for what moves; buttons above it for what is touched, read and changed.

import { rgb } from "../colours.js";
import { fit, h } from "../dom.js";
import { pixel } from "./picture/bitmap.js";
import { png } from "./picture/export.js";
import { attended, rest, SPOT } from "./picture/spot.js";
import { dye } from "./picture/styles.js";
import { Card, signed } from "./diagram/card.js";
import { columnsOf, shortName, unitName } from "./diagram/columns.js";
import { Strip } from "./diagram/edges.js";
import { biasPixel, Faces } from "./diagram/faces.js";
import { openField } from "./diagram/field.js";
import { Heads } from "./diagram/heads.js";
import { arrange } from "./diagram/layout.js";
import { diagramSvg } from "./diagram/picture.js";
import { Units } from "./diagram/units.js";
import { Wiring } from "./diagram/wiring.js";

export const needs = ["weights", "maps", "health"];
export const place = "main";
export const styles = "diagram.css";

const SPEED = 46; // CSS pixels a second that the light runs
const STILL = 320; // ms without a new step until it stands
const NARROW = 560; // below, the card stands under the diagram instead of beside its tile

export function mount(element, stage) {
  return new Diagram(element, stage);
}

class Diagram {
  constructor(element, stage) {
    Object.assign(this, { element, stage, frame: null, run: 0, movedAt: -Infinity, drawnAt: 0, edge: null, pinned: null });
    this.word = (key, values) => stage.word(key, values);
    this.columns = columnsOf(stage.setup, this.word);
    this.coarse = matchMedia("(pointer: coarse)").matches;
    this.heads = new Heads(stage, this.columns);
    this.units = new Units(stage, this.columns, {
      open: (column, unit) => this.#toggle(column, unit),
      bias: (column, unit, button) => this.#editBias(column, unit, button),
      remove: (column) => this.heads.remove(column),
      rest: (spot) => rest(stage, spot),
    });
    this.card = new Card(stage, this.columns, { edit: (number, button) => this.#edit(number, button), close: () => this.#close() });
    this.#build();
    this.listeners = { selection: () => this.#selected(), theme: () => this.#dye(), [SPOT]: () => this.#attend(), mode: () => this.#still() };
    for (const [event, listener] of Object.entries(this.listeners)) stage.on(event, listener);
    this.#dye();
    this.resize();
    this.#selected();
  }

  // --- what the stage calls -------------------------------------------------------------------------------------------

  draw(frame) {
    const now = performance.now();
    const fresh = this.frame !== null && frame.step !== this.frame.step;
    if (fresh) this.movedAt = now;
    this.frame = frame;
    if (!this.layout) this.resize();
    if (!this.layout) return; // nothing to see yet
    const running = !this.stage.reduced && now - this.movedAt < STILL;
    if (running) this.run += (Math.min(100, now - this.drawnAt) * SPEED) / 1000;
    this.drawnAt = now;
    this.#paint(running ? this.run : -1);
    if (running) this.stiller ??= setTimeout(() => this.#still(), STILL + 30);
    for (const [c, column] of this.columns.entries()) {
      if (column.weight) this.units.mark(c, frame.arrays[`health/${column.output}`]);
    }
    if (this.card.shown) this.card.update(frame, this.faces, this.units.state(this.card.shown.c, this.card.shown.unit));
    if (this.edge) this.#sayEdge();
    if (!(now - this.saidAt < 1000)) this.#describe(now);
  }

  resize() {
    const width = Math.floor(this.scroll.clientWidth);
    if (width === 0 || (this.layout && this.layoutFor === width && this.ratio === devicePixelRatio)) return;
    [this.layoutFor, this.ratio] = [width, devicePixelRatio];
    this.layout = arrange(this.columns, width, this.coarse);
    this.#place();
    if (this.frame) this.draw(this.frame);
  }

  /** The picture as SVG text. */
  svg() {
    const { columns, layout, faces, wirings, word } = this;
    const { colours } = this.stage;
    const biases = (c) => {
      const array = this.frame?.arrays[`w/${columns[c].bias}`];
      return array ? Array.from(array.data, (value) => hexOf(biasPixel(value, 1, colours.lut))) : null;
    };
    return diagramSvg({ columns, layout, faces, wirings, colours, biases, state: (c, unit) => this.units.state(c, unit), word });
  }

  /** The picture as a PNG Blob. */
  png() {
    return png(this.svg());
  }

  dispose() {
    for (const [event, listener] of Object.entries(this.listeners)) this.stage.off(event, listener);
    clearTimeout(this.stiller);
    this.heads.dispose();
    this.field?.close();
    rest(this.stage, null);
    this.element.replaceChildren();
  }

  // --- building -------------------------------------------------------------------------------------------------------

  #build() {
    this.canvas = h("canvas", { class: "stage-diagram-canvas" });
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.picture = h("div", { class: "stage-diagram-picture", role: "img" }, this.canvas);
    this.sheet = h("div", { class: "stage-diagram-sheet" });
    this.scroll = h("div", { class: "stage-diagram-scroll" }, this.sheet);
    this.tip = h("div", { class: "stage-diagram-tip", hidden: true });
    this.key = h("div", { class: "stage-diagram-key" });
    this.root = h("section", { class: "stage-diagram", "aria-label": this.word("diagram.title") });
    this.root.append(this.scroll, this.card.node, this.key, this.tip);
    this.element.replaceChildren(this.root);
    this.sheet.onpointermove = (event) => this.#moved(event);
    this.sheet.onpointerleave = () => this.#left();
    this.sheet.onclick = (event) => this.#clicked(event);
    this.root.onkeydown = (event) => {
      if (event.key !== "Escape" || !this.pinned) return;
      event.stopPropagation();
      this.#close();
    };
  }

  #place() {
    const { layout } = this;
    const focused = this.root.getRootNode().activeElement;
    const again = focused?.classList.contains("stage-diagram-tile") ? { ...this.units.stop } : null;
    this.sheet.style.width = `${layout.width}px`;
    this.sheet.style.height = `${layout.height}px`;
    fit(this.canvas, layout.width, layout.height);
    this.scale = this.canvas.width / layout.width;
    this.faces = this.columns.map((column) => new Faces(column, this.stage.setup));
    this.wirings = this.columns.slice(1).map((column, i) => {
      const wiring = new Wiring(layout.columns[i], layout.columns[i + 1], layout.gaps[i], column.index, column.layer);
      wiring.strip = new Strip(this.context, layout.gaps[i], this.scale);
      wiring.passes = !this.columns[i].picture; // a picture's pixels are no tiles that an edge could start from
      return wiring;
    });
    this.sheet.replaceChildren(this.picture, ...this.heads.build(layout), ...this.units.build(layout), ...this.#extras());
    this.sheet.classList.toggle("stage-diagram-coarse", this.coarse);
    this.#legend();
    this.stale = true;
    if (again) this.units.tile(again.column, again.unit)?.focus({ preventScroll: true });
    this.#light();
  }

  #extras() {
    const nodes = [];
    this.columns.forEach((column, c) => {
      if (column.units <= column.shown) return;
      const { middle, y, height } = this.layout.columns[c];
      const text = this.word("diagram.hidden_units", { count: column.units - column.shown });
      nodes.push(h("span", { class: "stage-diagram-others", style: { left: `${middle}px`, top: `${y + height + 8}px` } }, text));
    });
    if (this.columns[0].picture && this.columns.length > 1) nodes.push(this.#fan());
    return nodes;
  }

  // Every pixel goes to every unit: shown as one funnel.
  #fan() {
    const gap = this.layout.gaps[0];
    const [from, to] = this.layout.columns;
    const tile = from.tiles[0];
    const corners = [
      [0, tile.y],
      [gap.right - gap.left, to.y],
      [gap.right - gap.left, to.y + to.height],
      [0, tile.y + tile.size],
    ].map(([x, y]) => `${x}px ${y - gap.top}px`);
    const style = { left: `${gap.left}px`, top: `${gap.top}px`, width: `${gap.right - gap.left}px`, height: `${gap.bottom - gap.top}px` };
    return h("div", { class: "stage-diagram-fan", style: { ...style, clipPath: `polygon(${corners.join(",")})` } });
  }

  #legend() {
    const words = [h("span", {}, "−1"), h("i", { class: "stage-diagram-ramp" }), h("span", {}, "+1"), h("span", { class: "stage-diagram-says" }, this.word("diagram.key_tiles"))];
    words.push(h("i", { class: "stage-diagram-wedge" }), h("span", { class: "stage-diagram-says" }, this.word("diagram.key_edges")));
    words.push(h("i", { class: "stage-diagram-tab-key" }), h("span", { class: "stage-diagram-says" }, this.word("diagram.key_bias")));
    const cut = this.wirings.filter((wiring) => wiring.passes && wiring.count[0] > wiring.count[1]);
    if (cut.length) words.push(h("span", { class: "stage-diagram-says" }, this.word("diagram.key_cut", { count: cut[0].count[1] })));
    this.key.replaceChildren(...words);
  }

  #dye() {
    const { colours } = this.stage;
    dye(this.root, colours);
    this.inks = {};
    for (const ink of ["positive", "negative", "background", "zero"]) this.inks[ink] = pixel(rgb(colours[ink])) | 0;
    this.stale = true;
    if (this.frame && this.layout) this.draw(this.frame);
  }

  // --- drawing --------------------------------------------------------------------------------------------------------

  #paint(run) {
    const { frame, context, stage } = this;
    const { lut } = stage.colours;
    const focus = this.#focus();
    if (this.stale) {
      this.#makeRim();
      context.fillStyle = stage.colours.background;
      context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    }
    for (const [i, wiring] of this.wirings.entries()) {
      if (!wiring.passes) continue;
      wiring.read(frame.arrays[`w/${this.columns[i + 1].weight}`]);
      wiring.paint(wiring.strip, this.inks, run, focus);
    }
    for (const [c, face] of this.faces.entries()) {
      if (!face.still || this.stale) this.#tiles(c, face, lut);
      this.#tabs(c, lut);
    }
    this.stale = false;
  }

  #tiles(c, face, lut) {
    const { context, scale } = this;
    const filled = face.read(this.frame, lut);
    context.imageSmoothingEnabled = face.smooth;
    for (const [unit, { x, y, size }] of this.layout.columns[c].tiles.entries()) {
      const [left, top] = [Math.round(x * scale), Math.round(y * scale)];
      const side = Math.round(size * scale);
      if (filled && unit < face.count) face.bitmap.draw(context, unit, left, top, side, side);
      else {
        context.fillStyle = this.stage.colours.zero;
        context.fillRect(left, top, side, side);
      }
      context.drawImage(this.rim, left, top);
    }
  }

  // What makes a square on the canvas a tile: round corners in the ground's colour and a fine line.
  #makeRim() {
    const side = Math.round(this.layout.size * this.scale);
    const { background, text } = this.stage.colours;
    this.rim = h("canvas", { width: side, height: side });
    const context = this.rim.getContext("2d");
    context.fillStyle = background;
    context.beginPath();
    context.rect(0, 0, side, side);
    context.roundRect(0, 0, side, side, 5 * this.scale);
    context.fill("evenodd");
    context.globalAlpha = 0.28;
    context.strokeStyle = text;
    context.lineWidth = this.scale;
    context.beginPath();
    context.roundRect(this.scale / 2, this.scale / 2, side - this.scale, side - this.scale, 4.5 * this.scale);
    context.stroke();
  }

  #tabs(c, lut) {
    const biases = this.frame.arrays[`w/${this.columns[c].bias}`];
    if (!biases) return;
    const { context, scale } = this;
    const side = Math.round(10 * scale);
    const rim = Math.max(1, Math.round(1.5 * scale));
    let reach = 1;
    for (const value of biases.data) if (Math.abs(value) > reach && Math.abs(value) < Infinity) reach = Math.abs(value);
    for (const [unit, { x, y, size }] of this.layout.columns[c].tiles.entries()) {
      const [left, top] = [Math.round((x - 4) * scale), Math.round((y + size - 7) * scale)];
      context.fillStyle = this.stage.colours.background;
      context.fillRect(left - rim, top - rim, side + 2 * rim, side + 2 * rim);
      context.fillStyle = hexOf(biasPixel(biases.data[unit] || 0, reach, lut));
      context.fillRect(left, top, side, side);
    }
  }

  #still() {
    clearTimeout(this.stiller);
    this.stiller = null;
    this.stage.redraw();
  }

  #describe(now) {
    this.saidAt = now;
    const counts = this.columns.map((column) => column.units).join(" → ");
    this.picture.setAttribute("aria-label", this.word("diagram.alt", { counts, step: this.frame.step }));
  }

  // --- attention ------------------------------------------------------------------------------------------------------

  // What stands out among the edges: the one under the pointer, else the unit that is attended to, else what is selected.
  #focus() {
    const { edge, stage } = this;
    if (edge) return { column: edge.column, row: edge.row, from: edge.from };
    const unit = attended(stage);
    if (unit) return { column: unit.column, unit: unit.unit };
    const chosen = stage.selection;
    if (chosen?.kind !== "edge") return null;
    const wiring = this.wirings.find((each) => each.layer === chosen.layer);
    return wiring ? { column: wiring.column, row: chosen.row, from: chosen.column } : null;
  }

  #selected() {
    const { selection } = this.stage;
    if (this.pinned && (selection?.kind !== "unit" || selection.column !== this.pinned.column || selection.unit !== this.pinned.unit)) {
      this.pinned = null;
    }
    this.#attend();
  }

  #attend() {
    this.#light();
    const unit = this.pinned ?? (this.coarse ? null : this.stage.spot);
    if (!unit || !this.layout || !this.frame) return this.card.hide();
    const c = unit.column + 1;
    if (!this.units.tile(c, unit.unit)) return this.card.hide();
    this.card.show(c, unit.unit, this.pinned !== null, this.frame, this.faces, this.units.state(c, unit.unit));
    this.#putCard(c, unit.unit);
    this.stage.redraw();
  }

  #light() {
    if (!this.units.grid.length) return;
    const focus = this.#focus();
    const chosen = this.stage.selection?.kind === "unit" ? this.stage.selection : null;
    const near = (c, unit) => {
      const index = this.columns[c].index;
      if (focus.from !== undefined) {
        return (index === focus.column && unit === focus.row) || (index === focus.column - 1 && unit === focus.from);
      }
      return (index === focus.column && unit === focus.unit) || Math.abs(index - focus.column) === 1;
    };
    this.units.light(chosen, (c, unit) => focus !== null && !near(c, unit));
  }

  // Beside the tile where there is room, else under the whole diagram.
  #putCard(c, unit) {
    const { node } = this.card;
    const flat = this.root.clientWidth < NARROW;
    node.classList.toggle("stage-diagram-flat", flat);
    if (flat) {
      node.style.left = node.style.top = "";
      return;
    }
    const tile = this.layout.columns[c].tiles[unit];
    const [width, height] = [node.offsetWidth, node.offsetHeight];
    const x = tile.x - this.scroll.scrollLeft + this.scroll.offsetLeft;
    const right = x + tile.size + 16;
    const left = right + width <= this.root.clientWidth ? right : Math.max(4, x - width - 16);
    const top = Math.max(4, Math.min(tile.y + tile.size / 2 - height / 2, this.root.clientHeight - height - 4));
    node.style.left = `${left}px`;
    node.style.top = `${top}px`;
  }

  #toggle(column, unit) {
    const { pinned } = this;
    if (pinned?.column === column.index && pinned.unit === unit) return this.#close();
    this.pinned = { kind: "unit", column: column.index, unit };
    this.edge = null;
    this.tip.hidden = true;
    this.stage.select({ kind: "unit", column: column.index, unit });
    this.#attend();
    this.stage.announce(this.word("diagram.opened", { name: unitName(column, unit, this.word) }));
  }

  #close() {
    const { pinned } = this;
    this.pinned = null;
    this.field?.close();
    if (pinned && this.card.node.contains(this.root.getRootNode().activeElement)) {
      this.units.tile(pinned.column + 1, pinned.unit)?.focus({ preventScroll: true });
    }
    this.stage.select(null);
    rest(this.stage, null);
    this.#attend();
  }

  // --- the pointer ----------------------------------------------------------------------------------------------------

  #at(event) {
    const box = this.sheet.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  #moved(event) {
    if (event.pointerType === "touch") return;
    const over = event.target.closest?.(".stage-diagram-tile");
    if (over) {
      this.#setEdge(null);
      return rest(this.stage, { kind: "unit", column: Number(over.dataset.column), unit: Number(over.dataset.unit) });
    }
    rest(this.stage, null);
    const tab = event.target.closest?.(".stage-diagram-tab");
    if (tab) return this.#overBias(tab);
    this.#setEdge(event.target === this.canvas ? this.#edgeAt(this.#at(event), 7) : null);
  }

  #left() {
    rest(this.stage, null);
    this.#setEdge(null);
  }

  #clicked(event) {
    if (event.target !== this.canvas) return;
    const at = this.#at(event);
    const edge = this.#edgeAt(at, this.coarse ? 16 : 7);
    if (edge) return this.#editEdge(edge, at);
    if (this.pinned || this.stage.selection) this.#close();
  }

  #edgeAt({ x, y }, tolerance) {
    const unit = attended(this.stage);
    const focus = unit && { column: unit.column, unit: unit.unit };
    for (const wiring of this.wirings) {
      const found = wiring.passes && wiring.nearest(x, y, tolerance, focus);
      if (found) return { wiring, column: wiring.column, row: found.row, from: found.column, x, y };
    }
    return null;
  }

  #setEdge(edge) {
    const before = this.edge;
    if (!before && !edge) return void (this.tip.hidden = true);
    this.edge = edge;
    this.sheet.classList.toggle("stage-diagram-pointing", edge !== null);
    if (edge) this.#sayEdge();
    else this.tip.hidden = true;
    if (before?.column === edge?.column && before?.row === edge?.row && before?.from === edge?.from) return;
    this.#light();
    this.stage.redraw();
  }

  #names({ column, row, from }) {
    return { from: shortNameIn(this.columns[column], from, this.word), to: unitName(this.columns[column + 1], row, this.word) };
  }

  #sayEdge() {
    const { edge } = this;
    this.#tell(this.word("diagram.weight_of", this.#names(edge)), signed(edge.wiring.value(edge.row, edge.from)), edge);
  }

  #overBias(tab) {
    const column = this.columns[Number(tab.dataset.column) + 1];
    const unit = Number(tab.dataset.unit);
    this.#setEdge(null);
    const value = this.frame?.arrays[`w/${column.bias}`]?.data[unit];
    if (value === undefined) return;
    const place = this.layout.columns[column.index + 1].tiles[unit];
    this.#tell(this.word("diagram.bias_of", { name: unitName(column, unit, this.word) }), signed(value), { x: place.x, y: place.y + place.size });
  }

  #tell(name, value, { x, y }) {
    if (this.told !== name) {
      this.told = name;
      this.tip.replaceChildren(h("span", {}, name), h("b", {}, value));
    } else this.tip.lastChild.textContent = value;
    this.tip.hidden = false;
    const left = x - this.scroll.scrollLeft;
    const half = this.tip.offsetWidth / 2;
    this.tip.style.left = `${Math.max(half + 4, Math.min(this.root.clientWidth - half - 4, left))}px`;
    this.tip.style.top = `${y}px`;
  }

  // --- changing numbers -----------------------------------------------------------------------------------------------

  #editEdge({ wiring, row, from, column }, at) {
    const number = { name: `${wiring.layer}.weight`, index: [row, from], value: wiring.value(row, from) };
    this.tip.hidden = true;
    this.pinned = null;
    this.stage.select({ kind: "edge", layer: wiring.layer, row, column: from });
    this.#attend();
    this.#field({ ...number, label: this.word("diagram.weight_of", this.#names({ column, row, from })) }, this.#onRoot(at));
  }

  #editBias(column, unit, button) {
    const value = this.frame?.arrays[`w/${column.bias}`]?.data[unit];
    if (value !== undefined) {
      this.#edit({ name: column.bias, index: [unit], value, label: this.word("diagram.bias_of", { name: unitName(column, unit, this.word) }) }, button);
    }
  }

  #edit(number, button) {
    const [box, root] = [button.getBoundingClientRect(), this.root.getBoundingClientRect()];
    this.#field(number, { x: box.left + box.width / 2 - root.left, y: box.bottom - root.top - 6 });
  }

  #onRoot({ x, y }) {
    return { x: x - this.scroll.scrollLeft, y };
  }

  #field(number, at) {
    this.field?.close();
    this.field = openField(this.stage, this.root, at, number, () => (this.field = null));
  }
}

function shortNameIn(column, unit, word) {
  return column.index < 0 ? shortName(column, unit, word) : unitName(column, unit, word);
}

const hexes = new Map();

// A canvas wants its colours as text; there are 256 of them per theme.
function hexOf(rgba) {
  if (!hexes.has(rgba)) {
    if (hexes.size > 4096) hexes.clear();
    hexes.set(rgba, `#${[0, 8, 16].map((bits) => ((rgba >>> bits) & 255).toString(16).padStart(2, "0")).join("")}`);
  }
  return hexes.get(rgba);
}
