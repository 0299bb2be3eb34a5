// Which edges between two columns are drawn, how, and which one lies under the pointer. Where there are too many for an
// eye, the strongest are drawn, and those of the unit that is attended to. Knows arrays, no run.

import { distance, path, weightOf } from "./edges.js";

const CAP = 256;
const AGAIN = 30; // frames between two choices of the strongest

export class Wiring {
  /** @param left, right the placed columns; `gap` the strip between them; `end` the right column (columns.js) */
  constructor(left, right, gap, end) {
    Object.assign(this, { left, right, gap, end, column: end.index, layer: end.layer });
    this.inputs = left.tiles.length;
    this.outputs = right.tiles.length;
    this.least = 0;
    this.age = 0;
  }

  /** Takes the weights (out, in) of a frame's arrays; a column without weights passes each number on. */
  read(arrays) {
    const array = this.end.weight ? arrays[`w/${this.end.weight}`] : null;
    this.weights = array?.shape.length === 2 ? array : null;
    if (!this.weights) return;
    const { data, shape } = this.weights;
    const [outputs, inputs] = [Math.min(this.outputs, shape[0]), Math.min(this.inputs, shape[1])];
    let reach = 1;
    for (let row = 0; row < outputs; row++) {
      for (let at = row * shape[1], end = at + inputs; at < end; at++) {
        const size = data[at] < 0 ? -data[at] : data[at];
        if (size > reach) reach = size;
      }
    }
    this.reach = Number.isFinite(reach) ? reach : 1;
    if (outputs * inputs > CAP && this.age-- <= 0) {
      this.age = AGAIN;
      this.least = this.#strongest(outputs, inputs);
    }
  }

  value(row, column) {
    return this.weights ? this.weights.data[row * this.weights.shape[1] + column] : NaN;
  }

  /** How many edges there are, and how many of them are drawn. */
  get count() {
    if (!this.end.weight) return [0, 0];
    return [this.inputs * this.outputs, Math.min(this.inputs * this.outputs, CAP)];
  }

  /**
   * @param strip see edges.js
   * @param inks pixels: {positive, negative, background}
   * @param run how far the light has come, −1 where it stands still
   * @param focus {column, unit} or {column, row, from} or null: what stands out
   */
  paint(strip, inks, run, focus) {
    strip.clear(inks.background);
    if (this.weights) {
      this.#pass(strip, inks, run, focus, false);
      if (focus) this.#pass(strip, inks, run, focus, true);
    } else if (!this.end.weight) {
      for (let unit = 0; unit < Math.min(this.inputs, this.outputs); unit++) {
        strip.draw(this.left.tiles[unit].port, this.right.tiles[unit].port, 1.2, inks.faint, 150, run);
      }
    }
    strip.show();
  }

  #pass(strip, inks, run, focus, front) {
    const { left, right, reach, least } = this;
    const { data, shape } = this.weights;
    for (const strong of [false, true]) {
      for (let row = 0; row < this.outputs; row++) {
        const to = right.tiles[row].port;
        for (let column = 0; column < this.inputs; column++) {
          const value = data[row * shape[1] + column];
          const size = Math.abs(value);
          if (size > 0.35 * reach !== strong || !(size <= Infinity)) continue;
          const stands = focus !== null && this.#concerns(focus, row, column);
          if (stands !== front || (size < least && !stands)) continue;
          let { width, strength } = weightOf(value, reach);
          if (stands) {
            width += focus.from === undefined ? 0.4 : 1.5;
            strength = Math.max(strength, 200);
          } else if (focus) strength = strength >> 2;
          strip.draw(left.tiles[column].port, to, width, value < 0 ? inks.negative : inks.positive, strength, stands || !focus ? run : -1);
        }
      }
    }
  }

  #concerns(focus, row, column) {
    if (focus.from !== undefined) return focus.column === this.column && focus.row === row && focus.from === column;
    return (focus.column === this.column && focus.unit === row) || (focus.column === this.column - 1 && focus.unit === column);
  }

  /** The drawn edge nearest to a place of the sheet, or null. */
  nearest(x, y, tolerance, focus) {
    const { gap, left, right } = this;
    if (!this.weights || x < gap.left || x > gap.right) return null;
    let best = null;
    let least = tolerance;
    for (let row = 0; row < this.outputs; row++) {
      for (let column = 0; column < this.inputs; column++) {
        if (Math.abs(this.value(row, column)) < this.least && !(focus && this.#concerns(focus, row, column))) continue;
        // Counted from its rim: where edges cross, the wider one is meant.
        const half = weightOf(this.value(row, column), this.reach).width / 2;
        const away = distance(gap.left, gap.right, left.tiles[column].port, right.tiles[row].port, x, y) - half;
        if (away < least) {
          least = away;
          best = { row, column };
        }
      }
    }
    return best;
  }

  /** The same edges as SVG. */
  svg(colours) {
    if (!this.weights) return "";
    const parts = [];
    for (let row = 0; row < this.outputs; row++) {
      for (let column = 0; column < this.inputs; column++) {
        const value = this.value(row, column);
        if (!Number.isFinite(value) || Math.abs(value) < this.least) continue;
        const { width, strength } = weightOf(value, this.reach);
        const way = path(this.gap.left, this.gap.right, this.left.tiles[column].port, this.right.tiles[row].port);
        parts.push(
          `<path d="${way}" fill="none" stroke="${value < 0 ? colours.negative : colours.positive}" ` +
            `stroke-width="${width.toFixed(2)}" stroke-opacity="${(strength / 256).toFixed(2)}"/>`,
        );
      }
    }
    return parts.join("");
  }

  #strongest(outputs, inputs) {
    const { data, shape } = this.weights;
    const sizes = new Float32Array(outputs * inputs);
    for (let row = 0, to = 0; row < outputs; row++) {
      for (let column = 0; column < inputs; column++) sizes[to++] = Math.abs(data[row * shape[1] + column]);
    }
    return sizes.sort()[sizes.length - CAP];
  }
}
