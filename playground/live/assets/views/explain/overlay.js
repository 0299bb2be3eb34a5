// What a training step does, drawn over the diagram: numbers at the units, pulses along the edges, the unit that is busy.
// Knows where the diagram has put things (its `layout`), not how it draws them.

import { digits, s } from "../../dom.js";
import { path as curve } from "../diagram/edges.js";

const PULSES = 12; // edges that show a pulse at most, the strongest
const LABELS = 8; // edges that show a number at most
const MANY = 16; // units of a column above which only the busy one shows its number

export class Overlay {
  /** @param find () → the diagram's view, or null where there is none */
  constructor(find, stage) {
    Object.assign(this, { find, stage });
    this.svg = s("svg", { class: "stage-walk-overlay", "aria-hidden": "true" });
    this.watch = new MutationObserver(() => this.#settle());
  }

  /**
   * Shows a moment of the walk.
   * @param {{stop, example: number|null, values: Map<string, number>, notes: Map<string, string>, edges: Array<{column, row, from, value, text?}>,
   *   forwards: boolean, loss: string|null, target: string|null}} moment
   *   `example` is the unit that stands for a whole column; `values` and `notes` by "column/unit"; the edges lead to `column` (its index among the columns)
   */
  show(moment) {
    this.moment = moment;
    this.#settle();
    this.#paint();
  }

  hide() {
    this.moment = null;
    this.watch.disconnect();
    this.watched = null;
    this.svg.remove();
  }

  // The diagram empties its sheet when it arranges itself anew.
  #settle() {
    const diagram = this.find();
    if (!this.moment || !diagram?.sheet || !diagram.layout) return;
    if (this.watched !== diagram.sheet) {
      this.watch.disconnect();
      this.watch.observe(diagram.sheet, { childList: true });
      this.watched = diagram.sheet;
    }
    if (this.svg.parentNode === diagram.sheet) return;
    diagram.sheet.append(this.svg);
    this.#paint();
  }

  #paint() {
    const diagram = this.find();
    if (!this.moment || !diagram?.layout) return;
    const { layout } = diagram;
    this.svg.setAttribute("width", layout.width);
    this.svg.setAttribute("height", layout.height);
    this.svg.setAttribute("viewBox", `0 0 ${layout.width} ${layout.height}`);
    this.svg.replaceChildren(...this.#veils(layout), ...this.#edges(layout, diagram), ...this.#units(layout, diagram), ...this.#loss(layout));
  }

  // The edges that are not busy stand back.
  #veils(layout) {
    return layout.gaps.map(({ left, right, top, bottom }) => s("rect", { x: left, y: top, width: right - left, height: bottom - top, class: "stage-walk-veil" }));
  }

  #edges(layout, diagram) {
    const { edges, forwards } = this.moment;
    const { colours, reduced } = this.stage;
    const largest = Math.max(...edges.map(({ value }) => Math.abs(value)), 1e-12);
    const strongest = [...edges].sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
    const [nodes, labels] = [[], []];
    for (const [rank, edge] of strongest.entries()) {
      const gap = layout.gaps[edge.column];
      const to = layout.columns[edge.column + 1]?.tiles[edge.row];
      const from = layout.columns[edge.column]?.tiles[edge.from];
      if (!gap || !to || !from || diagram.columns[edge.column].picture) continue;
      const d = curve(gap.left, gap.right, from.port, to.port);
      const part = Math.abs(edge.value) / largest;
      const ink = edge.value < 0 ? colours.negative : colours.positive;
      nodes.push(s("path", { d, class: "stage-walk-edge", stroke: ink, "stroke-width": (1.2 + 3.3 * part).toFixed(2), "stroke-opacity": (0.35 + 0.6 * part).toFixed(2) }));
      if (rank < PULSES && !reduced) nodes.push(this.#pulse(d, ink, part, forwards));
      if (edge.text && rank < LABELS && gap.right - gap.left > widthOf(edge.text) + 24) labels.push(...label(gap, from.port, to.port, edge.text));
    }
    return [...nodes, ...labels];
  }

  #pulse(d, ink, part, forwards) {
    const motion = s("animateMotion", { path: d, dur: "0.75s", repeatCount: "indefinite", calcMode: "linear", keyTimes: "0;1", keyPoints: forwards ? "0;1" : "1;0" });
    return s("circle", { r: (2.2 + 2.4 * part).toFixed(2), fill: ink, class: "stage-walk-pulse" }, motion);
  }

  #units(layout, diagram) {
    const { stop, example, values, notes } = this.moment;
    const { lut } = this.stage.colours;
    const nodes = [];
    for (const [index, column] of layout.columns.entries()) {
      if (diagram.columns[index]?.picture) continue; // a picture's pixels have no tiles of their own
      const many = column.tiles.length > MANY;
      if (stop.column === index - 1 && stop.unit === null && stop.phase !== 2) nodes.push(frame(column));
      const present = column.tiles.map((_, unit) => values.get(`${index - 1}/${unit}`));
      const largest = Math.max(...present.map((value) => Math.abs(value ?? 0)), 1e-12);
      for (const [unit, tile] of column.tiles.entries()) {
        const here = stop.column === index - 1;
        const busy = here && unit === (stop.unit ?? example);
        if (busy && stop.phase !== 2) nodes.push(ring(tile));
        const note = notes.get(`${index - 1}/${unit}`);
        if (note) nodes.push(...chip(tile.x + tile.size / 2, tile.y + tile.size - 1, note, "stage-walk-number stage-walk-busy"));
        const value = present[unit];
        if (value === undefined || (many && !busy)) continue;
        nodes.push(...number(tile, value, ink(value / largest, lut), busy));
      }
    }
    return nodes;
  }

  #loss(layout) {
    const { loss, target } = this.moment;
    if (!loss) return [];
    const last = layout.columns.at(-1);
    const below = target ? chip(last.middle, last.y + last.height + 24, target, "stage-walk-number") : [];
    return [...chip(last.middle, last.y - 14, loss, "stage-walk-loss"), ...below];
  }
}

// The colour of −1..1 on the palette.
function ink(part, lut) {
  const rgba = lut[Math.round(128 + 127 * Math.max(-1, Math.min(1, part)))];
  return `rgb(${rgba & 255},${(rgba >>> 8) & 255},${(rgba >>> 16) & 255})`;
}

function ring({ x, y, size }) {
  return s("rect", { x: x - 4, y: y - 4, width: size + 8, height: size + 8, rx: 8, class: "stage-walk-ring" });
}

// Around a whole column.
function frame({ x, y, width, height }) {
  return s("rect", { x: x - 9, y: y - 9, width: width + 18, height: height + 18, rx: 12, class: "stage-walk-column" });
}

function number({ x, y, size }, value, colour, busy) {
  const text = digits(value).replace("-", "−").replace("e−", "e-").replace("e-", "e−");
  return chip(x + size / 2, y + size - 1, text, busy ? "stage-walk-number stage-walk-busy" : "stage-walk-number", colour);
}

const widthOf = (text) => 6.6 * [...text].length + 10;

// Near its start, where the edges to one unit are farthest apart.
function label(gap, from, to, text) {
  const u = 0.36;
  return chip(gap.left + u * (gap.right - gap.left), from + (to - from) * u * u * (3 - 2 * u), text, "stage-walk-edge-label");
}

// A number on a small plate; its width is that of its digits.
function chip(x, y, text, kind, colour = "none") {
  const width = widthOf(text) + (colour === "none" ? 0 : 8);
  const left = x - width / 2;
  const nodes = [s("rect", { x: left, y: y - 8.5, width, height: 17, rx: 4.5, class: `stage-walk-chip ${kind}` })];
  if (colour !== "none") nodes.push(s("rect", { x: left + 4, y: y - 4, width: 5, height: 8, rx: 1.5, fill: colour, class: "stage-walk-sign" }));
  nodes.push(s("text", { x: colour === "none" ? x : x + 4.5, y: y + 4.2, class: kind }, text));
  return nodes;
}
