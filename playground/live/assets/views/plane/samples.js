// The data on the plane: where each sample lies, which the network gets wrong, which is nearest to a place, and how it is
// marked. Filled marks are trained on, hollow ones are held back: to be told apart without colour.

import { rgb } from "../../colours.js";
import { classAt } from "./field.js";

const MOST = 3000; // of each kind that are drawn

export class Samples {
  /** @param points, labels arrays of the facts; `points` (N, 2), or (N, 1) where the label is the height */
  constructor(points, labels, test, flat = false) {
    this.test = test;
    const count = points?.shape[0] ?? 0;
    const each = Math.max(1, Math.ceil(count / MOST));
    this.total = count;
    this.count = count ? Math.ceil(count / each) : 0;
    this.index = Int32Array.from({ length: this.count }, (_, i) => i * each);
    this.label = Float64Array.from(this.index, (i) => labels.data[i]);
    const across = points?.shape[1] ?? 2;
    this.x = Float64Array.from(this.index, (i) => points.data[i * across]);
    this.y = flat ? this.label : Float64Array.from(this.index, (i) => points.data[i * across + 1]);
    this.wrong = new Uint8Array(this.count);
    this.numWrong = 0;
  }

  /** Finds out who is on the wrong side of `field`; true if that has changed since the last time. */
  judge(field, toGrid) {
    let changed = false;
    this.numWrong = 0;
    for (let i = 0; i < this.count; i++) {
      const [u, v] = toGrid(this.x[i], this.y[i]);
      const wrong = classAt(field, u, v).label === this.label[i] ? 0 : 1;
      changed ||= wrong !== this.wrong[i];
      this.wrong[i] = wrong;
      this.numWrong += wrong;
    }
    return changed;
  }

  /** The place in the list of the sample nearest to a pixel, with its distance; null if there is none within `reach`. */
  nearest(px, py, toPixel, reach) {
    let best = null;
    let least = reach;
    for (let i = 0; i < this.count; i++) {
      const [x, y] = toPixel(this.x[i], this.y[i]);
      const away = Math.hypot(x - px, y - py);
      if (away <= least) {
        least = away;
        best = { i, index: this.index[i], test: this.test, x: this.x[i], y: this.y[i], label: this.label[i], away };
      }
    }
    return best;
  }

  /** The place in the list of sample number `index`, −1 if it is not drawn. */
  find(index) {
    return this.index.indexOf(index);
  }
}

/** The colour of a class's marks: darker than the field of that class (lighter on dark ground), so that they stand out. */
export function inkOf(label, { classes, dark }) {
  const field = rgb(classes[label % classes.length]);
  const [end, part] = dark ? [255, 0.4] : [0, 0.34];
  return `rgb(${field.map((value) => Math.round(value + (end - value) * part)).join(" ")})`;
}

// --- marks --------------------------------------------------------------------------------------------------------------

const turn = (count, start, radii = [1]) =>
  Array.from({ length: count }, (_, k) => {
    const angle = start + (2 * Math.PI * k) / count;
    const r = radii[k % radii.length];
    return [r * Math.cos(angle), r * Math.sin(angle)];
  });
const UP = -Math.PI / 2;
const SHAPES = [
  null, // a circle
  turn(4, Math.PI / 4).map(([x, y]) => [1.18 * x, 1.18 * y]),
  turn(3, UP).map(([x, y]) => [1.3 * x, 1.3 * y + 0.15]),
  turn(4, UP).map(([x, y]) => [1.25 * x, 1.25 * y]),
  plus(),
  turn(3, -UP).map(([x, y]) => [1.3 * x, 1.3 * y - 0.15]),
  turn(10, UP, [1.35, 0.6]),
  turn(6, 0).map(([x, y]) => [1.1 * x, 1.1 * y]),
  turn(8, UP / 4, [1.2, 0.75]),
  turn(5, UP).map(([x, y]) => [1.15 * x, 1.15 * y]),
];

function plus() {
  const [a, b] = [0.42, 1.15];
  return [[-a, -b], [a, -b], [a, -a], [b, -a], [b, a], [a, a], [a, b], [-a, b], [-a, a], [-b, a], [-b, -a], [-a, -a]];
}

/** The corners of a class's mark around (0, 0) for a radius of 1; null for a circle. With two classes both are circles. */
export function shapeOf(label, classes) {
  return classes > 2 ? SHAPES[label % SHAPES.length] : null;
}

/** Puts a mark into the present path of a canvas. */
export function outline(context, shape, x, y, radius) {
  if (!shape) {
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
    return;
  }
  shape.forEach(([dx, dy], k) => context[k ? "lineTo" : "moveTo"](x + dx * radius, y + dy * radius));
  context.closePath();
}

/** The same as SVG. */
export function mark(shape, x, y, radius, style) {
  if (!shape) return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="${radius}" ${style}/>`;
  const points = shape.map(([dx, dy]) => `${(x + dx * radius).toFixed(1)},${(y + dy * radius).toFixed(1)}`);
  return `<polygon points="${points.join(" ")}" stroke-linejoin="round" ${style}/>`;
}
