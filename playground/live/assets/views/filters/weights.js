// The weights as they came last, and as they were at the start. Knows no element.

import { byteOf } from "../picture/bitmap.js";

const USUAL = 3; // times the size of a usual change: there its scale ends, as that of the weights does

export class Filters {
  constructor() {
    Object.assign(this, { count: 0, rows: 0, columns: 0, bytes: null, bias: null, start: null, stale: false });
  }

  /** Takes a frame's; true if there is something new to draw. */
  take(frame) {
    const { arrays } = frame;
    if (arrays.filter && arrays.filter.data !== this.bytes) {
      [this.count, this.rows, this.columns] = arrays.filter.shape;
      this.bytes = arrays.filter.data;
      this.reach = arrays["filter/reach"].data[0];
      this.usual = arrays["filter/usual"].data[0];
      this.ranges = arrays["filter/range"].data;
      this.bias = arrays["filter/bias"]?.data ?? null;
      this.moves = null;
      return true;
    }
    const news = this.stale;
    this.stale = false;
    return news;
  }

  /** Takes a frame's as the start; false if it has none. */
  begin(frame) {
    const { filter } = frame?.arrays ?? {};
    if (!filter || filter.shape.join() !== [this.count, this.rows, this.columns].join()) return false;
    this.start = { step: frame.step, bytes: filter.data, reach: frame.arrays["filter/reach"].data[0] };
    this.moves = null;
    return true;
  }

  /** What to show: the weights, or how far they have moved; bytes, what their ends stand for, where colours end. */
  shown(changed) {
    if (!changed) return this;
    this.moves ??= this.#moves();
    return this.moves;
  }

  /** The least and the greatest weight of a neuron. */
  range(unit) {
    return [this.ranges[2 * unit], this.ranges[2 * unit + 1]];
  }

  /** Whether there are numbers beyond the ends of the scale. */
  clipped(changed) {
    if (changed) return this.shown(true).largest > this.shown(true).usual * 1.000001;
    return this.ranges.some((value) => Math.abs(value) > this.usual * 1.000001);
  }

  #moves() {
    const { bytes, start, reach } = this;
    const values = new Float32Array(bytes.length);
    let [squares, largest] = [0, 0];
    for (let at = 0; at < bytes.length; at++) {
      const move = ((bytes[at] - 128) * reach - (start.bytes[at] - 128) * start.reach) / 127;
      values[at] = move;
      squares += move * move;
      largest = Math.max(largest, Math.abs(move));
    }
    const end = nice(Math.min(largest, USUAL * Math.sqrt(squares / values.length)));
    const shown = new Uint8Array(values.length);
    for (let at = 0; at < values.length; at++) shown[at] = byteOf(values[at], end);
    return { bytes: shown, reach: end, usual: end, largest };
  }
}

const STEPS = [1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** The least round number not below `size`, so that a scale does not tremble; 1 where there is none. */
export function nice(size) {
  if (!(size > 0 && Number.isFinite(size))) return 1;
  const decade = 10 ** Math.floor(Math.log10(size));
  return decade * STEPS.find((step) => decade * step >= size * (1 - 1e-6));
}

/** A table of colours for bytes whose ends lie `gain` times beyond the ends of the colours. */
export function stretched(lut, gain) {
  return gain === 1 ? lut : lut.map((_, byte) => lut[byteOf(((byte - 128) / 127) * gain, 1)]);
}
