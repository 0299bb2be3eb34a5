// Slopes as a strip: the stronger, the more colour, by powers of ten. Numbers and a canvas; knows no run.

import { between, written } from "../picture/ink.js";

const MOST = 12; // powers of ten that a picture shows

/** The whole powers of ten between which all values lie; below 10⁻³⁰⁰ there is nothing. */
export function scaleOf(series) {
  let [low, high] = [Infinity, -Infinity];
  for (const values of series) {
    for (const value of values) {
      if (!(value > 1e-300) || !Number.isFinite(value)) continue;
      const power = Math.log10(value);
      [low, high] = [Math.min(low, power), Math.max(high, power)];
    }
  }
  if (!(high >= low)) return { low: -4, high: 0 };
  high = Math.ceil(high);
  low = Math.max(Math.floor(low), high - MOST);
  return { low: Math.min(low, high - 2), high };
}

/** Draws values (T,) into a box. */
export function drawStrip(pen, { x, y, w, h }, values, { low, high }, colour, colours) {
  const step = w / values.length;
  values.forEach((value, t) => {
    const part = value > 0 ? Math.min(1, Math.max(0, (Math.log10(value) - low) / (high - low))) : 0;
    pen.fillStyle = written(between(colours.background, colour, part));
    pen.fillRect(x + t * step, y, step + 0.5, h);
  });
  pen.strokeStyle = colours.line;
  pen.lineWidth = 1;
  pen.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1);
}
