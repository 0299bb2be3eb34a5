// What the pointer, a finger or the keyboard is busy with on the diagram: which unit or edge stands out, the card that
// opens, the hint at an edge, the field in which a number is typed. Knows where things are, draws nothing on the canvas.

import { h } from "../../dom.js";
import { signed } from "../picture/numbers.js";
import { attended, rest } from "../picture/spot.js";
import { Card } from "./card.js";
import { briefName, unitName } from "./columns.js";
import { openField } from "./field.js";

const NARROW = 560; // below, the card stands under the diagram instead of beside its tile
const NEAR = { mouse: 7, finger: 16 }; // pixels to an edge

export class Attention {
  /** @param diagram {stage, word, columns, coarse, root, scroll, sheet, canvas; later layout, wirings, faces, units, frame} */
  constructor(diagram) {
    Object.assign(this, { diagram, stage: diagram.stage, word: diagram.word, edge: null, pinned: null, field: null });
    this.card = new Card(this.stage, diagram.columns, { edit: (number, button) => this.#edit(number, button), close: () => this.close() });
    this.tip = h("div", { class: "stage-diagram-tip", hidden: true });
    const { sheet, root } = diagram;
    sheet.onpointermove = (event) => this.#moved(event);
    sheet.onpointerleave = () => this.#left();
    sheet.onclick = (event) => this.#clicked(event);
    root.onkeydown = (event) => {
      if (event.key !== "Escape" || !(this.pinned || this.stage.selection)) return;
      event.stopPropagation();
      this.close();
    };
  }

  /** What stands out: {column, row, from} an edge, {column, unit} a unit, or null; column is that of the edge's end. */
  focus() {
    const { edge, stage } = this;
    if (edge) return { column: edge.column, row: edge.row, from: edge.from };
    const unit = attended(stage);
    if (unit) return { column: unit.column, unit: unit.unit };
    const chosen = stage.selection;
    if (chosen?.kind !== "edge") return null;
    const wiring = this.diagram.wirings.find((each) => each.layer === chosen.layer);
    return wiring ? { column: wiring.column, row: chosen.row, from: chosen.column } : null;
  }

  /** Whether a unit stands back because something else stands out; `c` is its column's place. */
  dimmed(focus, c, unit) {
    if (focus === null) return false;
    const { index } = this.diagram.columns[c];
    if (focus.from !== undefined) {
      return !((index === focus.column && unit === focus.row) || (index === focus.column - 1 && unit === focus.from));
    }
    return !((index === focus.column && unit === focus.unit) || Math.abs(index - focus.column) === 1);
  }

  /** A new frame: numbers that are being read follow it. */
  update() {
    const { faces, frame, units } = this.diagram;
    const { shown } = this.card;
    if (shown) this.card.update(frame, faces, units.state(shown.c, shown.unit));
    if (this.edge) this.#sayEdge();
  }

  /** The selection has changed, here or elsewhere. */
  selected() {
    const { selection } = this.stage;
    const same = selection?.kind === "unit" && selection.column === this.pinned?.column && selection.unit === this.pinned?.unit;
    if (!same) this.pinned = null;
    this.attend();
  }

  /** Shows what deserves it: lights tiles, opens or closes the card. */
  attend() {
    const { diagram } = this;
    if (!diagram.layout) return;
    this.light();
    const unit = this.pinned ?? (diagram.coarse ? null : this.stage.spot);
    const c = unit ? unit.column + 1 : -1;
    if (!unit || !diagram.frame || !diagram.units.tile(c, unit.unit)) return this.card.hide();
    this.card.show(c, unit.unit, this.pinned !== null, diagram.frame, diagram.faces, diagram.units.state(c, unit.unit));
    this.#place(c, unit.unit);
  }

  light() {
    const focus = this.focus();
    const { selection } = this.stage;
    this.diagram.units.light(selection?.kind === "unit" ? selection : null, (c, unit) => this.dimmed(focus, c, unit));
    this.stage.redraw();
  }

  /** A tile was pressed: its card opens to stay, or closes. */
  toggle(column, unit) {
    const { pinned } = this;
    if (pinned?.column === column.index && pinned.unit === unit) return this.close();
    this.field?.close();
    this.#setEdge(null);
    this.pinned = { kind: "unit", column: column.index, unit };
    this.stage.select({ ...this.pinned });
    this.attend();
    this.stage.announce(this.word("diagram.opened", { name: unitName(column, unit, this.word) }));
  }

  /** Nothing is open, selected or pointed at any more. */
  close() {
    const { diagram, pinned } = this;
    const inside = this.card.node.contains(diagram.root.getRootNode().activeElement);
    this.pinned = null;
    this.field?.close();
    if (pinned && inside) diagram.units.tile(pinned.column + 1, pinned.unit)?.focus({ preventScroll: true });
    this.stage.select(null);
    rest(this.stage, null);
    this.attend();
  }

  /** Opens the field for the bias of a unit. */
  editBias(column, unit, button) {
    const value = this.diagram.frame?.arrays[`w/${column.bias}`]?.data[unit];
    if (value === undefined) return;
    this.#edit({ name: column.bias, index: [unit], value, label: this.word("diagram.bias_of", { name: briefName(column, unit, this.word) }) }, button);
  }

  dispose() {
    this.field?.close();
    rest(this.stage, null);
  }

  // Where it hides least: beyond the columns that the unit is connected to, else beside its tile; where there is no room,
  // under the whole diagram.
  #place(c, unit) {
    const { node } = this.card;
    const { root, scroll, layout } = this.diagram;
    const flat = root.clientWidth < NARROW;
    node.classList.toggle("stage-diagram-flat", flat);
    if (flat) return void (node.style.left = node.style.top = "");
    const [width, height, room] = [node.offsetWidth, node.offsetHeight, root.clientWidth - 4];
    const shift = -scroll.scrollLeft;
    const tile = layout.columns[c].tiles[unit];
    const right = (place) => place && place.x + place.width + shift + 14;
    const left = (place) => place && place.x + shift - 30 - width;
    const own = { x: tile.x, width: tile.size };
    const wishes = [right(layout.columns[c + 1]), left(layout.columns[c - 1]), right(own), left(own)];
    const x = wishes.find((wish) => wish >= 4 && wish + width <= room) ?? Math.max(4, Math.min(room - width, right(own)));
    const y = Math.max(4, Math.min(tile.y + tile.size / 2 - height / 2, root.clientHeight - height - 4));
    node.style.left = `${Math.round(x)}px`;
    node.style.top = `${Math.round(y)}px`;
  }

  // --- the pointer ----------------------------------------------------------------------------------------------------

  #at(event) {
    const box = this.diagram.sheet.getBoundingClientRect();
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
    this.#setEdge(event.target === this.diagram.canvas ? this.#edgeAt(this.#at(event), NEAR.mouse) : null);
    if (tab) this.#sayBias(tab);
  }

  #left() {
    rest(this.stage, null);
    this.#setEdge(null);
  }

  #clicked(event) {
    const { canvas, coarse, scroll } = this.diagram;
    if (event.target !== canvas) return;
    const at = this.#at(event);
    const edge = this.#edgeAt(at, coarse ? NEAR.finger : NEAR.mouse);
    if (!edge) {
      if (this.pinned || this.stage.selection) this.close();
      return;
    }
    const { wiring, row, from } = edge;
    this.#setEdge(null);
    this.stage.select({ kind: "edge", layer: wiring.layer, row, column: from });
    const label = this.word("diagram.weight_of", this.#ends(edge));
    this.#open({ name: `${wiring.layer}.weight`, index: [row, from], value: wiring.value(row, from), label }, { x: at.x - scroll.scrollLeft, y: at.y });
  }

  #edgeAt({ x, y }, tolerance) {
    const unit = attended(this.stage);
    const focus = unit && { column: unit.column, unit: unit.unit };
    for (const wiring of this.diagram.wirings) {
      const found = wiring.nearest(x, y, tolerance, focus);
      if (found) return { wiring, column: wiring.column, row: found.row, from: found.column, x, y };
    }
    return null;
  }

  #setEdge(edge) {
    const before = this.edge;
    this.edge = edge;
    if (!edge) this.tip.hidden = true;
    if (!before && !edge) return;
    this.diagram.sheet.classList.toggle("stage-diagram-pointing", edge !== null);
    if (edge) this.#sayEdge();
    if (before?.column !== edge?.column || before?.row !== edge?.row || before?.from !== edge?.from) this.light();
  }

  #ends({ column, row, from }) {
    const { columns } = this.diagram;
    return { from: briefName(columns[column], from, this.word), to: briefName(columns[column + 1], row, this.word) };
  }

  #sayEdge() {
    const { edge } = this;
    this.#tell(this.word("diagram.weight_of", this.#ends(edge)), edge.wiring.value(edge.row, edge.from), edge);
  }

  #sayBias(tab) {
    const { columns, frame, layout } = this.diagram;
    const column = columns[Number(tab.dataset.column) + 1];
    const unit = Number(tab.dataset.unit);
    const value = frame?.arrays[`w/${column.bias}`]?.data[unit];
    if (value === undefined) return;
    const { x, y, size } = layout.columns[column.index + 1].tiles[unit];
    this.#tell(this.word("diagram.bias_of", { name: briefName(column, unit, this.word) }), value, { x, y: y + size });
  }

  #tell(name, value, { x, y }) {
    if (this.field) return void (this.tip.hidden = true);
    const { root, scroll } = this.diagram;
    if (this.told !== name) this.tip.replaceChildren(h("span", {}, (this.told = name)), h("b", {}));
    const text = signed(value);
    if (this.tip.lastChild.textContent !== text) this.tip.lastChild.textContent = text;
    this.tip.hidden = false;
    const half = this.tip.offsetWidth / 2 + 4;
    this.tip.style.left = `${Math.max(half, Math.min(root.clientWidth - half, x - scroll.scrollLeft))}px`;
    this.tip.style.top = `${y}px`;
  }

  // --- changing numbers -----------------------------------------------------------------------------------------------

  #edit(number, button) {
    const [box, root] = [button.getBoundingClientRect(), this.diagram.root.getBoundingClientRect()];
    this.#open(number, { x: box.left + box.width / 2 - root.left, y: box.bottom - root.top - 6 });
  }

  #open(number, at) {
    this.field?.close();
    this.tip.hidden = true;
    this.field = openField(this.stage, this.diagram.root, at, number, () => (this.field = null));
  }
}
