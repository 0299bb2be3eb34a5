// Where tokens stand on the plane, and which of them can be written out. Numbers only.

const [ROOM, LINE] = [3, 15]; // px around a word, and of a line

/**
 * New places, turned so that they lie as the ones before: a component has no sign of its own.
 *
 * @param {Float32Array|null} before x, y of each token
 * @param {Float32Array} after
 */
export function turned(before, after) {
  if (!before || before.length !== after.length) return after;
  const found = after.slice();
  for (let axis = 0; axis < 2; axis++) {
    let sum = 0;
    for (let k = axis; k < after.length; k += 2) sum += before[k] * after[k];
    if (sum < 0) for (let k = axis; k < after.length; k += 2) found[k] = -found[k];
  }
  return found;
}

/** The rectangle that holds the places: {middle: [x, y], scale, …} for a width and a height in px. */
export function framed(places, width, height, margin) {
  const ends = [0, 1].map((axis) => {
    let [low, high] = [Infinity, -Infinity];
    for (let k = axis; k < places.length; k += 2) {
      low = Math.min(low, places[k]);
      high = Math.max(high, places[k]);
    }
    return high > low ? [low, high] : [low - 1, low + 1];
  });
  const x = (value) => margin + ((value - ends[0][0]) / (ends[0][1] - ends[0][0])) * (width - 2 * margin);
  const y = (value) => height - margin - ((value - ends[1][0]) / (ends[1][1] - ends[1][0])) * (height - 2 * margin);
  return { x, y, ends };
}

/** Chooses words that do not cover each other: told one after the other, the first wins. */
export class Room {
  constructor(width, height) {
    Object.assign(this, { width, height, taken: [] });
  }

  /** Whether a word of so many px, centred at (x, y), finds room; it takes it. */
  take(x, y, wide) {
    const box = [x - wide / 2 - ROOM, y - LINE / 2, x + wide / 2 + ROOM, y + LINE / 2];
    if (box[0] < 0 || box[2] > this.width || box[1] < 0 || box[3] > this.height) return false;
    for (const [left, top, right, bottom] of this.taken) if (box[0] < right && box[2] > left && box[1] < bottom && box[3] > top) return false;
    this.taken.push(box);
    return true;
  }
}
