// Lines of equal value through a grid of bytes (marching squares), and the borders between classes. Places are in
// samples: (0, 0) is the centre of the lowest left one, x to the right, y upwards. Knows no canvas.

/** A growing list of segments x0, y0, x1, y1 that is reused from frame to frame. */
export class Segments {
  constructor() {
    this.data = new Float32Array(4096);
    this.length = 0;
  }

  clear() {
    this.length = 0;
    return this;
  }

  add(x0, y0, x1, y1) {
    if (this.length + 4 > this.data.length) {
      const wider = new Float32Array(2 * this.data.length);
      wider.set(this.data);
      this.data = wider;
    }
    this.data[this.length++] = x0;
    this.data[this.length++] = y0;
    this.data[this.length++] = x1;
    this.data[this.length++] = y1;
  }

  /** Puts them into the present path of a canvas, `sx`, `sy` pixels per sample, y downwards from `height`. */
  trace(context, sx, sy, height) {
    const { data, length } = this;
    for (let at = 0; at < length; at += 4) {
      context.moveTo(data[at] * sx, height - data[at + 1] * sy);
      context.lineTo(data[at + 2] * sx, height - data[at + 3] * sy);
    }
  }

  /** The same joined into long lines, as dashes need them: lists of [x, y]. */
  lines() {
    const { data, length } = this;
    const key = (at) => `${Math.round(data[at] * 1000)},${Math.round(data[at + 1] * 1000)}`;
    const ends = new Map(); // a place → the ends of segments that lie there
    for (let at = 0; at < length; at += 2) {
      const place = key(at);
      if (!ends.has(place)) ends.set(place, []);
      ends.get(place).push(at);
    }
    const used = new Uint8Array(length / 4);
    const follow = (from, line) => {
      for (let at = from; ; ) {
        const next = ends.get(key(at)).find((end) => !used[end >> 2]);
        if (next === undefined) return line;
        used[next >> 2] = 1;
        at = next ^ 2; // the other end of that segment
        line.push([data[at], data[at + 1]]);
      }
    };
    const found = [];
    for (let start = 0; start < length; start += 4) {
      if (used[start >> 2]) continue;
      used[start >> 2] = 1;
      const back = follow(start, [[data[start], data[start + 1]]]).reverse();
      found.push(follow(start + 2, [...back, [data[start + 2], data[start + 3]]]));
    }
    return found;
  }

  /** The lines as the d of an SVG path, y downwards from `bottom`. */
  path(sx, sy, bottom) {
    const at = ([x, y]) => `${(x * sx).toFixed(1)} ${(bottom - y * sy).toFixed(1)}`;
    return this.lines().map((line) => `M${line.map(at).join("L")}`).join("");
  }
}

/**
 * Adds the lines where `field` (rows × columns) passes `level`. A corner is inside where it is greater than the level. In
 * the two cases where four edges are crossed, the mean of the corners decides which belong together.
 */
export function contour(field, rows, columns, level, into) {
  for (let row = 0; row + 1 < rows; row++) {
    for (let column = 0, at = row * columns; column + 1 < columns; column++, at++) {
      const a = field[at];
      const b = field[at + 1];
      const c = field[at + columns + 1];
      const d = field[at + columns];
      const inside = (a > level ? 1 : 0) | (b > level ? 2 : 0) | (c > level ? 4 : 0) | (d > level ? 8 : 0);
      if (inside === 0 || inside === 15) continue;
      // Where the line crosses the lower, right, upper and left side of this square.
      const low = column + (level - a) / (b - a);
      const right = row + (level - b) / (c - b);
      const high = column + (level - d) / (c - d);
      const left = row + (level - a) / (d - a);
      const middle = a + b + c + d > 4 * level;
      switch (inside) {
        case 1: case 14: into.add(column, left, low, row); break;
        case 2: case 13: into.add(low, row, column + 1, right); break;
        case 4: case 11: into.add(column + 1, right, high, row + 1); break;
        case 8: case 7: into.add(high, row + 1, column, left); break;
        case 3: case 12: into.add(column, left, column + 1, right); break;
        case 6: case 9: into.add(low, row, high, row + 1); break;
        default:
          if ((inside === 5) === middle) {
            into.add(column, left, high, row + 1);
            into.add(low, row, column + 1, right);
          } else {
            into.add(column, left, low, row);
            into.add(column + 1, right, high, row + 1);
          }
      }
    }
  }
  return into;
}

let near = new Float32Array(0);
let half = new Float32Array(0);

/** Adds the borders of each class of `classes` (rows × columns class numbers) but the first, smoothed over 3 × 3 samples. */
export function borders(classes, rows, columns, count, into) {
  if (near.length < classes.length) {
    near = new Float32Array(classes.length);
    half = new Float32Array(classes.length);
  }
  const present = new Uint8Array(count);
  for (let at = 0; at < classes.length; at++) present[classes[at]] = 1;
  let first = true;
  for (let label = 0; label < count; label++) {
    if (!present[label]) continue;
    if (first) {
      first = false;
      continue;
    }
    smooth(classes, rows, columns, label);
    contour(near, rows, columns, 0.5, into);
  }
  return into;
}

// The share of a class among each sample's neighbours: 1 2 1 across, then 1 2 1 up; at the rim the sample itself repeats.
function smooth(classes, rows, columns, label) {
  for (let row = 0; row < rows; row++) {
    const start = row * columns;
    for (let column = 0; column < columns; column++) {
      const left = classes[start + (column > 0 ? column - 1 : 0)] === label ? 1 : 0;
      const right = classes[start + (column + 1 < columns ? column + 1 : column)] === label ? 1 : 0;
      half[start + column] = left + right + (classes[start + column] === label ? 2 : 0);
    }
  }
  for (let row = 0; row < rows; row++) {
    const below = (row > 0 ? row - 1 : 0) * columns;
    const above = (row + 1 < rows ? row + 1 : row) * columns;
    const start = row * columns;
    for (let column = 0; column < columns; column++) {
      near[start + column] = (half[below + column] + half[above + column] + 2 * half[start + column]) / 16;
    }
  }
}
