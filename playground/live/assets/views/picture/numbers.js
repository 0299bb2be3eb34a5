// Numbers as pictures show them: three significant digits, always with their sign. Knows nothing else.

import { digits } from "../../dom.js";

/** A number with its sign, the minus as wide as the plus: +0.412, −1.20, 0. */
export function signed(value) {
  const text = digits(Math.abs(value));
  return value < 0 ? `−${text}` : value > 0 ? `+${text}` : text;
}

/** The end of a scale, as short as it can be: −1, +2.5, +0.04. */
export function bound(value) {
  const text = Math.abs(value) >= 1000 || Math.abs(value) < 1e-3 ? digits(Math.abs(value)) : String(Number(Math.abs(value).toPrecision(3)));
  return value < 0 ? `−${text}` : value > 0 ? `+${text}` : text;
}
