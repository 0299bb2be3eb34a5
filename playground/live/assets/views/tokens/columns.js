// Where each token of a text stands: one column for each, as wide as what is written in it, and one narrow column for all
// of the padding before them. Numbers only.

import { glyph } from "../sequence/token.js";

const [GAP, MARGIN, PADDING, STEP] = [2, 12, 34, 56]; // px: between columns, within one, of the padding's column, behind the last

/**
 * @param {string[]} tokens
 * @param {number} padding steps before them
 * @param {(text: string) => number} measure px of a text
 * @param {{least: number, room: number}} how narrow a column may be, and px that should be filled
 * @returns {{left: number[], width: number[], padding: {left: number, width: number}|null, total: number}} px
 */
export function columnsOf(tokens, padding, measure, { least, room }) {
  const width = tokens.map((token) => Math.max(least, Math.ceil(measure(glyph(token))) + MARGIN));
  const start = padding ? PADDING + GAP : 0;
  const taken = start + width.reduce((sum, each) => sum + each + GAP, 0);
  const spare = Math.max(0, Math.min(room - taken, tokens.length * STEP));
  const more = tokens.length ? Math.floor(spare / tokens.length) : 0; // short texts use the room there is
  let x = start;
  const left = width.map((_, k) => {
    width[k] += more;
    const at = x;
    x += width[k] + GAP;
    return at;
  });
  return { left, width, padding: padding ? { left: 0, width: PADDING } : null, total: Math.max(x - GAP, 1) };
}

/** The column under x, −1 for none. */
export function columnAt({ left, width }, x) {
  for (let k = 0; k < left.length; k++) if (x >= left[k] && x < left[k] + width[k] + GAP) return k;
  return -1;
}
