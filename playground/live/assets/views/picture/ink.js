// Colours between two others. Knows no picture.

import { rgb } from "../../colours.js";
import { pixel } from "./bitmap.js";

/** The colour (as [r, g, b]) that lies `part` of the way from one to another, both #rrggbb. */
export function between(from, to, part) {
  const [a, b] = [rgb(from), rgb(to)];
  return a.map((value, k) => Math.round(value + (b[k] - value) * part));
}

/** The colour (#rrggbb) of a class; those beyond the palette have the same ones again, nearer to the ink. */
export function dyed({ classes, text }, k) {
  const colour = classes[k % classes.length];
  return k < classes.length ? colour : `#${between(colour, text, 0.5).map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

export const written = ([red, green, blue]) => `rgb(${red} ${green} ${blue})`;

/** The pixel of each byte from one colour (0) to another (255). */
export function ramp(from, to) {
  return Uint32Array.from({ length: 256 }, (_, byte) => pixel(between(from, to, byte / 255)));
}
