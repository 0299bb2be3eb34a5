// What the network would answer if a text ended after each of its tokens: a band below the columns. Draws, and knows no
// run.

import { shade } from "../look/tint.js";
import { dyed } from "../picture/ink.js";
import { glyph } from "../sequence/token.js";

export const [ROW, TWO, NEXT] = [20, 72, 21]; // px: a class, two of them, a likely token
export const [MOST_ROWS, MOST_NEXT] = [5, 4];

/** How high the band is for so many classes, in px. */
export function answersHeight(classes, writes) {
  if (writes) return MOST_NEXT * NEXT;
  return classes === 2 ? TWO : Math.min(classes, MOST_ROWS) * ROW;
}

/** The classes that have a row: those that are likeliest at the end, and the true one. */
export function rowsOf(after, truth) {
  const [n, classes] = after.shape;
  const last = (k) => after.data[(n - 1) * classes + k];
  const order = Array.from({ length: classes }, (_, k) => k).sort((a, b) => last(b) - last(a));
  const found = order.slice(0, MOST_ROWS);
  if (truth !== null && !found.includes(truth)) found[found.length - 1] = truth;
  return found;
}

/** Two classes: how far each column stands from one half, to the class above or to the one below. */
export function drawTwo(pen, after, columns, colours) {
  const middle = TWO / 2;
  pen.fillStyle = colours.line;
  pen.fillRect(0, middle - 0.5, columns.total, 1);
  columns.left.forEach((x, k) => {
    const p = after.data[2 * k + 1];
    pen.fillStyle = colours.classes[p > 0.5 ? 1 : 0];
    const long = Math.abs(p - 0.5) * (TWO - 4);
    pen.fillRect(x, p > 0.5 ? middle - long : middle, columns.width[k], Math.max(long, 1));
  });
}

/** Many classes: a row for each of `rows`, the darker the more probable. */
export function drawRows(pen, after, columns, rows, colours) {
  const classes = after.shape[1];
  rows.forEach((which, row) => {
    columns.left.forEach((x, k) => {
      const p = after.data[k * classes + which];
      pen.fillStyle = dyed(colours, which);
      pen.globalAlpha = 0.06 + 0.94 * p;
      pen.fillRect(x, row * ROW, columns.width[k], ROW - 2);
      pen.globalAlpha = 1;
    });
  });
}

/** A network that writes: the tokens that it holds likeliest behind each column, the one that follows framed. */
export function drawNexts(pen, { likely, after }, columns, { ids, vocabulary, colours, family }) {
  const many = likely.shape[1];
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  columns.left.forEach((x, k) => {
    const width = columns.width[k];
    for (let row = 0; row < Math.min(MOST_NEXT, many); row++) {
      const [id, p] = [likely.data[k * many + row], after.data[k * many + row]];
      const y = row * NEXT;
      pen.fillStyle = shade(colours, "accent", 0.04 + 0.5 * p);
      pen.fillRect(x, y, width, NEXT - 2);
      if (id === ids[k + 1]) {
        pen.strokeStyle = colours.text;
        pen.lineWidth = 1.5;
        pen.strokeRect(x + 0.75, y + 0.75, width - 1.5, NEXT - 3.5);
      }
      pen.fillStyle = colours.text;
      pen.globalAlpha = 0.45 + 0.55 * Math.min(1, 2 * p);
      pen.font = `13px ${family}`;
      pen.fillText(glyph(vocabulary[id] ?? ""), x + width / 2, y + NEXT / 2 - 1, width);
      pen.globalAlpha = 1;
    }
  });
}
