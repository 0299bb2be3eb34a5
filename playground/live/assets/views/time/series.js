// A run's metrics by step, in bounded memory: what the curves and the timeline draw. Knows no picture.

const MOST = 4000; // points of one line
const AWAY = 400; // ms without a frame where they come faster (a hidden tab, a busy browser): then the history is asked for
const USUAL = 8; // times the usual time between two frames
const GAME = ["d_loss", "g_loss", "d_real", "d_fake", "d_accuracy", "d_gradient_norm", "g_gradient_norm", "modes", "quality", "reverse_kl"];
const DRAWN = ["loss", "test_loss", "accuracy", "test_accuracy", "r2", "test_r2", "rmse", "test_rmse", "lr", ...GAME];

/** One metric: points (step, epoch, value) with steps ascending. When it is full, it keeps what draws the same picture. */
export class Line {
  constructor(most = MOST) {
    this.most = most;
    this.count = 0;
    this.steps = new Float64Array(most);
    this.epochs = new Float64Array(most);
    this.values = new Float64Array(most);
  }

  /** Adds a point; one at an earlier step than the last takes back what came after it. No number leaves no trace. */
  push(step, epoch, value) {
    if (this.count && step <= this.steps[this.count - 1]) this.cutBack(step - 1);
    if (!Number.isFinite(value)) return;
    if (this.count === this.most) this.#thin();
    this.steps[this.count] = step;
    this.epochs[this.count] = epoch;
    this.values[this.count++] = value;
  }

  /** Forgets the points after `step`. */
  cutBack(step) {
    this.count = indexAfter(this.steps, this.count, step);
  }

  /** The value at the last point not after `step`; NaN before the first. */
  at(step) {
    const index = indexAfter(this.steps, this.count, step) - 1;
    return index < 0 ? NaN : this.values[index];
  }

  get last() {
    return this.count ? this.values[this.count - 1] : NaN;
  }

  #thin() {
    const kept = extremes(this.steps, this.values, 0, this.count, Math.floor(this.most / 4) - 1);
    for (const column of [this.steps, this.epochs, this.values]) kept.forEach((from, to) => (column[to] = column[from]));
    this.count = kept.length;
  }
}

/**
 * The points of an ascending x in [from, to) that draw the same picture as all of them: the first, the last, and the
 * lowest and the highest of each of so many equal stretches of x. Returns their indices, 2 · stretches + 2 at most.
 */
export function extremes(x, y, from, to, stretches) {
  const kept = [];
  if (to - from <= 2 * stretches + 2) {
    for (let i = from; i < to; i++) kept.push(i);
    return kept;
  }
  const [start, scale] = [x[from], stretches / (x[to - 1] - x[from] || 1)];
  kept.push(from);
  let i = from + 1;
  while (i < to - 1) {
    const stretch = Math.floor((x[i] - start) * scale);
    let [low, high] = [i, i];
    for (; i < to - 1 && Math.floor((x[i] - start) * scale) === stretch; i++) {
      if (y[i] < y[low]) low = i;
      if (y[i] > y[high]) high = i;
    }
    kept.push(Math.min(low, high));
    if (low !== high) kept.push(Math.max(low, high));
  }
  kept.push(to - 1);
  return kept;
}

/** How many of the first `count` ascending values are not above `value`. */
export function indexAfter(values, count, value) {
  let [low, high] = [0, count];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What a run has shown so far. `version` changes whenever something here does. */
export class Record {
  constructor() {
    this.version = 0;
    this.clear();
  }

  clear() {
    this.lines = new Map();
    this.commands = []; // {step, command}, oldest first
    this.version++;
  }

  /** Takes over the answer of `stage.history()`. */
  fill({ arrays, facts }) {
    this.clear();
    this.commands = facts?.commands ?? [];
    const { step, epoch } = arrays;
    if (!step) return;
    for (const name of DRAWN) {
      const values = arrays[name]?.data;
      for (let i = 0; values && i < values.length; i++) this.#push(name, step.data[i], epoch.data[i], values[i]);
    }
  }

  add({ step, epoch, metrics }) {
    if (step < this.lastStep) {
      for (const line of this.lines.values()) line.cutBack(step);
      this.commands = this.commands.filter((entry) => entry.step <= step);
    }
    for (const name of DRAWN) if (name in metrics) this.#push(name, step, epoch, metrics[name]);
    this.version++;
  }

  mark(step, command) {
    this.commands.push({ step, command });
    this.version++;
  }

  line(name) {
    return this.lines.get(name);
  }

  get lastStep() {
    return this.#spine?.count ? this.#spine.steps[this.#spine.count - 1] : -1;
  }

  get lastEpoch() {
    return this.#spine?.count ? this.#spine.epochs[this.#spine.count - 1] : 0;
  }

  /** The epoch at a step, and the step at an epoch, read off between the points. */
  epochAt(step) {
    const line = this.#spine;
    return line ? between(line.steps, line.epochs, line.count, step) : 0;
  }

  stepAt(epoch) {
    const line = this.#spine;
    return line ? Math.round(between(line.epochs, line.steps, line.count, epoch)) : 0;
  }

  // The learning rate is always a number, even where the loss no longer is.
  get #spine() {
    return this.lines.get("lr") ?? this.lines.get("loss");
  }

  #push(name, step, epoch, value) {
    if (!this.lines.has(name)) this.lines.set(name, new Line());
    this.lines.get(name).push(step, epoch, value);
  }
}

function between(x, y, count, value) {
  if (!count) return 0;
  const right = Math.min(Math.max(indexAfter(x, count, value), 1), count - 1);
  const left = Math.max(right - 1, 0);
  const width = x[right] - x[left];
  const part = width > 0 ? Math.min(Math.max((value - x[left]) / width, 0), 1) : 0;
  return y[left] + (y[right] - y[left]) * part;
}

const records = new WeakMap();

/** The record of what a stage shows: one for all views, filled from the history and then by every live frame. */
export function recordOf(stage) {
  if (!records.has(stage)) records.set(stage, follow(stage, new Record()));
  return records.get(stage);
}

function follow(stage, record) {
  let waiting = null; // live frames that came while the history was under way
  let wanted = false;
  let heard = performance.now(); // when the last frame came
  let usual = 50; // ms between two of them
  const load = async () => {
    wanted = true;
    if (waiting) return;
    while (wanted) {
      wanted = false;
      waiting = [];
      const history = await stage.history().catch(() => null); // without it the curves begin now
      if (!history?.arrays) continue;
      record.fill(history);
      for (const frame of waiting) if (frame.step > record.lastStep) record.add(frame);
    }
    waiting = null;
  };
  stage.on("frame", (frame) => {
    if (stage.status.status === "ready" && frame.step < record.lastStep) return; // the start of what a recording shows
    const silence = performance.now() - heard;
    const missed = silence > Math.max(AWAY, USUAL * usual) && frame.step > record.lastStep;
    usual += 0.1 * (Math.min(silence, AWAY) - usual);
    heard += silence;
    waiting?.push(frame);
    record.add(frame);
    if (missed) load();
  });
  let facts = stage.setup;
  stage.on("setup", () => {
    if (stage.setup === facts) return;
    facts = stage.setup;
    record.clear();
    waiting = waiting && [];
    load();
  });
  // A setting was changed, here or beside the stage: the history knows at which step. A weight is no setting.
  stage.on("status", (status) => status.experiment && load());
  stage.on("command", ({ step, command }) => command.kind === "set_weight" && record.mark(step, command));
  load();
  return record;
}
