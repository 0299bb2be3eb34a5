// The rows of numbers below a text: what each layer makes of each token, one column for each. Draws, and knows no run.

import { css, byteOf } from "../picture/bitmap.js";

const [LEAST, MOST, TALL] = [2, 9, 132]; // px of a number: at least, at most; of a band at most

/** How high a band of so many numbers is, in px. */
export function heightOf(width) {
  return Math.round(Math.min(TALL, Math.max(18, width * Math.min(MOST, Math.max(LEAST, 96 / width)))));
}

/** The number that the colours of a band end at: 1 where numbers cannot be larger, else the largest, rounded up. */
export function reachOf({ data }, bounded) {
  if (bounded) return 1;
  let most = 0;
  for (const value of data) most = Math.max(most, Math.abs(value));
  return most || 1;
}

/**
 * Draws a band {data, shape: [T, F]}: the last steps of it stand in the columns, of the padding the first.
 *
 * @param {CanvasRenderingContext2D} pen
 * @param {{data: Float32Array, shape: [number, number]}} band
 * @param {{left: number[], width: number[], padding: {left, width}|null}} columns
 * @param {{top: number, height: number, reach: number, lut: Uint32Array}} where
 */
export function drawBand(pen, band, columns, { top, height, reach, lut }) {
  const [steps, width] = band.shape;
  const n = columns.left.length;
  const column = (step, x, wide) => {
    for (let k = 0; k < width; k++) {
      const value = band.data[step * width + k];
      pen.fillStyle = css(lut[byteOf(value, reach)]);
      const [from, to] = [Math.round(top + (k * height) / width), Math.round(top + ((k + 1) * height) / width)];
      if (to > from) pen.fillRect(x, from, wide, to - from);
    }
  };
  if (columns.padding && steps > n) column(steps - n - 1, columns.padding.left, columns.padding.width);
  for (let k = 0; k < n; k++) if (steps - n + k >= 0) column(steps - n + k, columns.left[k], columns.width[k]);
}

/** The number of a band under a place: {step, unit, value}; null for none. */
export function numberAt(band, n, column, y, { top, height }) {
  const [steps, width] = band.shape;
  const unit = Math.floor(((y - top) / height) * width);
  const step = steps - n + column;
  if (column < 0 || unit < 0 || unit >= width || step < 0) return null;
  return { step, unit, value: band.data[step * width + unit] };
}
