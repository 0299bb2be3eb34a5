// A drawing as strokes: lines of a pen or an eraser, in parts of the pad's side. They are kept as lines, so that a small
// drawing is not enlarged with its pen: the pen is as wide in the network's picture as MNIST's, however large it was drawn.

import { manner, settled } from "./digit.js";

export const PEN = 0.085; // of the pad's side
const ERASER = 0.15;
const THICK = 2.6; // pixels of a 28 × 28 picture
const FINE = 8; // pixels of ink for each pixel of the picture
const LARGEST = 3; // times: a dot stays a dot

/** Strokes, and what has been done to them: {points: [[x, y], …], erases} or {clears: true}. */
export class Strokes {
  constructor() {
    this.list = [];
  }

  get empty() {
    return !this.present.some(({ erases }) => !erases);
  }

  /** What is to be seen: the strokes since it was cleared. */
  get present() {
    return this.list.slice(this.list.findLastIndex(({ clears }) => clears) + 1);
  }

  begin(x, y, erases) {
    this.list.push({ points: [[x, y]], erases });
  }

  extend(x, y) {
    const { points } = this.list.at(-1);
    const [before, above] = points.at(-1);
    if (Math.hypot(x - before, y - above) > 0.004) points.push([x, y]);
  }

  undo() {
    this.list.pop();
  }

  clear() {
    if (this.present.length) this.list.push({ clears: true });
  }
}

/** Draws strokes on a canvas of `side` px: parts of the pad times `scale`, moved by `by` px, with a pen of `pen` px. */
export function ink(context, strokes, side, { scale = side, by = [0, 0], pen = PEN * side } = {}) {
  context.lineCap = context.lineJoin = "round";
  for (const { points, erases } of strokes) {
    context.globalCompositeOperation = erases ? "destination-out" : "source-over";
    context.lineWidth = erases ? ERASER * scale : pen;
    context.beginPath();
    points.forEach(([x, y], k) => context[k ? "lineTo" : "moveTo"](by[0] + x * scale, by[1] + y * scale));
    if (points.length === 1) context.lineTo(by[0] + points[0][0] * scale + 0.01, by[1] + points[0][1] * scale);
    context.stroke();
  }
  context.globalCompositeOperation = "source-over";
}

let sheet = null;

/** What the network gets of strokes: channels × rows × columns bytes (see digit.js); dark ones where the ground is `light`. */
export function pictureOf(strokes, shape, kind = "", light = false) {
  const [, rows, columns] = shape;
  const side = FINE * Math.max(rows, columns);
  sheet ??= document.createElement("canvas");
  sheet.width = sheet.height = side; // empties it too
  const context = sheet.getContext("2d", { willReadFrequently: true });
  ink(context, strokes, side, manner(shape, kind) ? enlarged(strokes, side, shape, kind) : {});
  const { data } = context.getImageData(0, 0, side, side);
  const picture = settled(Uint8Array.from({ length: side * side }, (_, k) => data[4 * k + 3]), side, shape, kind);
  return light ? picture.map((value) => 255 - value) : picture;
}

// Enlarged until the drawing is about as large as it will be in the picture; only the lines, not the pen.
function enlarged(strokes, side, shape, kind) {
  const drawn = strokes.filter(({ erases }) => !erases).flatMap(({ points }) => points);
  if (!drawn.length) return {};
  const [xs, ys] = [0, 1].map((axis) => drawn.map((point) => point[axis]));
  const ends = [xs, ys].map((values) => [Math.min(...values), Math.max(...values)]);
  const size = Math.max(...ends.map(([low, high]) => high - low));
  const pen = (THICK * shape[1] * FINE) / 28;
  const room = (manner(shape, kind).box / Math.max(shape[1], shape[2])) * side - pen;
  const scale = Math.min(room / Math.max(size, 1e-6), LARGEST * side);
  return { scale, pen, by: ends.map(([low, high]) => side / 2 - (scale * (low + high)) / 2) };
}
