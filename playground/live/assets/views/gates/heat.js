// A gate as a heat map, cells by steps: gates between 0 and 1 in their own hue, what has a sign on the palette of all signs.
// Draws on canvases that are given; knows no run.

import { Bitmap } from "../picture/bitmap.js";
import { ramp } from "../picture/ink.js";

export const BOUNDED = new Set(["i", "f", "o", "r", "z"]); // between 0 and 1

export class Heat {
  constructor() {
    this.bitmap = new Bitmap();
  }

  /**
   * @param {ArrayLike<number>} data (T, U)
   * @param {number[]} order of the cells, from the first row on
   * @param {{letter: string, reach: number, hue: string, colours: Object}} how
   */
  write(data, steps, width, order, { letter, reach, hue, colours }) {
    const bounded = BOUNDED.has(letter);
    const bytes = new Uint8Array(order.length * steps);
    order.forEach((unit, row) => {
      for (let t = 0; t < steps; t++) {
        const value = data[t * width + unit];
        const byte = bounded ? 255 * value : 128 + (127 * value) / reach;
        bytes[row * steps + t] = Math.round(Math.min(255, Math.max(bounded ? 0 : 1, byte)));
      }
    });
    this.bitmap.write(bytes, 1, order.length, steps, bounded ? ramp(colours.background, hue) : colours.lut, true);
  }

  draw(pen, { x, y, w, h }) {
    pen.imageSmoothingEnabled = h < this.bitmap.rows || w < this.bitmap.columns;
    this.bitmap.draw(pen, 0, x, y, w, h);
  }
}

/** Where the colours of numbers with a sign end: 1, 2, 5, 10 … and never less than 1. */
export function reachOf(data) {
  let most = 0;
  for (const value of data) if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  if (most <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].find((part) => part * power >= most * 0.999) * power;
}
