// Colours between two others. Knows no picture.

import { rgb } from "../../colours.js";
import { pixel } from "./bitmap.js";

/** The colour (as [r, g, b]) that lies `part` of the way from one to another, both #rrggbb. */
export function between(from, to, part) {
  const [a, b] = [rgb(from), rgb(to)];
  return a.map((value, k) => Math.round(value + (b[k] - value) * part));
}

export const written = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;

/** The pixel of each byte from one colour (0) to another (255). */
export function ramp(from, to) {
  return Uint32Array.from({ length: 256 }, (_, byte) => pixel(between(from, to, byte / 255)));
}
