// Histograms over time, in bounded memory. Knows no picture.

const MOST = 48; // moments of one histogram
const ROWS = 64; // points of a smoothed ridge
const LEAST = 0.7; // of a bin: no ridge is sharper
const TAIL = 2.5; // widths of the kernel
const SHARPER = 0.6; // Silverman has 0.9, for one hill; weights often have more

/** The histogram of one set of numbers at one step. */
export class Moment {
  /**
   * @param counts (B,) @param range [low, high] @param share [zero, saturated]
   * @param bounded whether the ends are bounds: nothing can lie beyond them
   */
  constructor(step, counts, range, share, bounded = false) {
    this.step = step;
    this.bounded = bounded;
    this.counts = Uint32Array.from(counts);
    [this.low, this.high] = range;
    [this.zero, this.saturated] = share ?? [0, 0];
    this.total = this.counts.reduce((sum, count) => sum + count, 0);
  }

  /** The ends of a bin. */
  ends(bin) {
    const width = (this.high - this.low) / this.counts.length;
    return [this.low + bin * width, this.low + (bin + 1) * width];
  }

  /** The bin a value lies in, or null. */
  bin(value) {
    if (!(this.high > this.low)) return value === this.low ? 0 : null;
    const bin = Math.floor(((value - this.low) / (this.high - this.low)) * this.counts.length);
    return bin < 0 || value > this.high ? null : Math.min(bin, this.counts.length - 1);
  }

  /**
   * The ridge: [x, height] with heights from 0 to 1. The counts are smoothed as far as their number asks for (a normal
   * kernel, a little narrower than Silverman's rule), so that 16 weights do not look like a comb.
   */
  get ridge() {
    return (this.known ??= this.#smooth());
  }

  /** How high the ridge is at a value, 0 to 1. */
  height(value) {
    const points = this.ridge;
    const right = points.findIndex(([x]) => x >= value);
    if (right <= 0) return right === 0 && points[0][0] === value ? points[0][1] : 0;
    const [[x0, y0], [x1, y1]] = [points[right - 1], points[right]];
    return y0 + ((y1 - y0) * (value - x0)) / (x1 - x0 || 1);
  }

  #smooth() {
    const { counts, low, high, total } = this;
    if (!(high > low)) return [[low, 1]];
    const bins = counts.length;
    let [mean, square] = [0, 0];
    counts.forEach((count, i) => {
      mean += (count * i) / total;
      square += (count * i * i) / total;
    });
    const spread = Math.sqrt(Math.max(square - mean * mean, 0));
    const reach = Math.max(LEAST, SHARPER * spread * total ** -0.2);
    const margin = this.bounded ? 0 : TAIL * reach;
    const points = [];
    let top = 0;
    for (let row = 0; row <= ROWS; row++) {
      const at = (row / ROWS) * (bins + 2 * margin) - margin; // in bins from the lower end
      let height = 0;
      for (let i = 0; i < bins; i++) if (counts[i]) height += counts[i] * hill(at, i + 0.5, reach, this.bounded ? bins : 0);
      top = Math.max(top, height);
      points.push([low + (at / bins) * (high - low), height]);
    }
    for (const point of points) point[1] /= top;
    return points;
  }
}

// A normal kernel; between bounds its tails are folded back.
function hill(at, middle, reach, bins) {
  const bell = (distance) => Math.exp(-0.5 * (distance / reach) ** 2);
  return bell(at - middle) + (bins && bell(at + middle) + bell(2 * bins - middle - at));
}

/** What one name's numbers were at some moments, evenly spread over the steps that were seen. */
export class Spread {
  moments = [];

  /** Takes in a moment, in the order of steps; one that is known is replaced. */
  add(moment) {
    const { moments } = this;
    let i = moments.length;
    while (i && moments[i - 1].step > moment.step) i--;
    if (i && moments[i - 1].step === moment.step) moments[i - 1] = moment;
    else moments.splice(i, 0, moment);
    if (moments.length > MOST) this.#thin();
  }

  /** Forgets what came after `step`. */
  cutBack(step) {
    while (this.moments.length && this.moments.at(-1).step > step) this.moments.pop();
  }

  /** The moments up to `step`, at most so many, evenly spread, the last one among them. */
  until(step, most) {
    const there = this.moments.filter((moment) => moment.step <= step);
    if (there.length <= most) return there;
    const first = there[0].step;
    const each = (there.at(-1).step - first) / (most - 1);
    const chosen = [];
    for (const moment of there) {
      const place = (moment.step - first) / each;
      if (place >= chosen.length - 1e-9 || moment === there.at(-1)) chosen.push(moment);
    }
    return chosen.length > most ? [...chosen.slice(0, most - 1), chosen.at(-1)] : chosen;
  }

  // The one goes whose neighbours lie closest together.
  #thin() {
    const { moments } = this;
    let [least, gap] = [1, Infinity];
    for (let i = 1; i < moments.length - 1; i++) {
      const width = moments[i + 1].step - moments[i - 1].step;
      if (width < gap) [least, gap] = [i, width];
    }
    moments.splice(least, 1);
  }
}

/** All histograms of a run: `hist/<kind>/<name>` of its frames. */
export class Spreads {
  constructor() {
    this.byName = new Map();
    this.last = -1; // the newest live step
    this.version = 0;
  }

  /** Takes in a frame; false if it holds no histogram. */
  add({ step, arrays, live }) {
    if (live && step < this.last) for (const spread of this.byName.values()) spread.cutBack(step - 1);
    if (live) this.last = step;
    let found = false;
    for (const name in arrays) {
      if (!name.startsWith("hist/") || !arrays[`${name}/range`]) continue;
      if (!this.byName.has(name)) this.byName.set(name, new Spread());
      const share = arrays[`${name}/share`]?.data;
      const bounded = name.startsWith("hist/a/");
      this.byName.get(name).add(new Moment(step, arrays[name].data, arrays[`${name}/range`].data, share, bounded));
      found = true;
    }
    if (found) this.version++;
    return found;
  }

  /** Whether there is a moment of this step. */
  knows(step) {
    return [...this.byName.values()].some(({ moments }) => moments.some((moment) => moment.step === step));
  }

  of(name) {
    return this.byName.get(name);
  }
}
