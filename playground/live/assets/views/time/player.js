// Shows recorded frames: the one that is wished for, or one after the other, forwards and backwards. At most one request
// is on its way; the newest wish wins, and while nobody wishes, the frames that come next are fetched. Knows no element.

import { indexAfter } from "./series.js";

const KEPT = 32 << 20; // bytes of frames
const SHOWN = 30; // frames a second, at most
const AHEAD = 6; // frames fetched before their time
const [SHORTEST, LONGEST, RATE] = [4, 20, 12]; // the whole recording at 1×: seconds, seconds, frames a second
const STALE = 1000; // ms until the steps of a growing recording are asked for again

export const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16];

export class Player {
  /**
   * @param {Object} stage with steps(), recorded(step), present(frame), live(), newest, frame
   * @param {{changed: () => void, failed: (sentence: string) => void}} to told when playing starts or ends, when there
   *   are more steps, and of a request that was refused
   */
  constructor(stage, to) {
    Object.assign(this, { stage, to });
    this.speed = 1;
    this.direction = 0; // +1 forwards, −1 backwards, 0 at rest
    this.forget();
  }

  /** Begins with another run. */
  forget() {
    this.steps = new Float64Array(0); // of the recorded frames, ascending
    this.asked = -1e9; // when they were asked for
    this.frames = new Map(); // by step, the longest unused first
    this.bytes = 0;
    this.wish = null;
    this.era = (this.era ?? 0) + 1; // answers to what was asked before are dropped
    this.halt();
  }

  /** Shows the recorded frame at the nearest step that is not later. Playing ends. */
  show(step) {
    this.halt();
    const index = indexAfter(this.steps, this.steps.length, step) - 1;
    this.#wish(index >= 0 && step <= this.steps.at(-1) ? this.steps[index] : step);
  }

  /** Nothing more is to be shown. */
  rest() {
    this.wish = null;
    this.halt();
  }

  /** Shows the frame so many recorded frames further, or so large a part of the recording. */
  async move(count, part = 0) {
    await this.refresh();
    const further = part ? Math.sign(part) * Math.max(1, Math.round(Math.abs(part) * this.steps.length)) : count;
    if (this.steps.length) this.show(this.steps[this.#clamp(this.index + further)]);
  }

  /** Plays in a direction; from the other end where there is nothing left to play. */
  async play(direction) {
    await this.refresh();
    if (this.steps.length < 2) return;
    const last = this.steps.length - 1;
    const at = this.stage.mode === "live" ? last : this.index;
    this.direction = direction;
    this.due = performance.now();
    if (direction > 0 && at >= last) this.#wish(this.steps[0]);
    else if (direction < 0 && at <= 0) this.#wish(this.steps[last]);
    else this.#pump();
    this.to.changed();
    this.#tick();
  }

  halt() {
    if (!this.direction) return;
    this.direction = 0;
    cancelAnimationFrame(this.raf);
    this.to.changed();
  }

  /** Asks for the recording's steps, unless that was a moment ago. */
  async refresh() {
    if (performance.now() - this.asked < STALE) return;
    this.stale = true;
    await this.#pump();
  }

  /** The place of what is shown among the recorded frames. */
  get index() {
    const step = this.wish ?? this.stage.frame?.step ?? 0;
    return this.#clamp(indexAfter(this.steps, this.steps.length, step) - 1);
  }

  /** Recorded frames a second, and from one shown frame to the next. */
  get rate() {
    const count = this.steps.length;
    return (count / Math.min(Math.max(count / RATE, SHORTEST), LONGEST)) * this.speed;
  }

  get stride() {
    return Math.max(1, Math.round(this.rate / SHOWN));
  }

  #tick() {
    cancelAnimationFrame(this.raf);
    this.raf = requestAnimationFrame((now) => {
      if (!this.direction) return;
      if (this.wish === null && now >= this.due) this.#advance(now);
      if (this.direction) this.#tick();
    });
  }

  // Time lost by waiting for a frame is not caught up with.
  #advance(now) {
    const last = this.steps.length - 1;
    const next = this.#clamp(this.index + this.direction * this.stride);
    if (next === this.index) return this.#arrive();
    this.due = Math.max(this.due + (1000 * this.stride) / this.rate, now - 100);
    this.#wish(this.steps[next]);
    if (next === last && this.direction > 0) this.asked = -1e9; // there may be more by now
  }

  // At the newest frame a replay has caught up with the run.
  async #arrive() {
    const { direction } = this;
    if (direction > 0 && this.steps.at(-1) < (this.stage.newest?.step ?? -1)) {
      const before = this.steps.length;
      this.due = Infinity;
      await this.refresh();
      this.due = performance.now();
      if (this.steps.length > before) return;
    }
    this.halt();
    if (direction > 0 && this.stage.status.status !== "ready") this.stage.live(); // a recording without a run ends as it ends
  }

  #wish(step) {
    this.wish = step;
    this.#pump();
  }

  // Answers the wish, then looks after the steps, then fetches what comes next: one after the other.
  #pump() {
    const kept = this.wish !== null && this.#kept(this.wish);
    if (kept) {
      this.wish = null;
      this.stage.present(kept);
    }
    this.pumping ??= this.#work().finally(() => (this.pumping = null));
    return this.pumping;
  }

  async #work() {
    for (;;) {
      const { era } = this;
      try {
        if (this.wish !== null) {
          const step = this.wish;
          const frame = this.#kept(step) ?? (await this.#fetch(step, era));
          if (era !== this.era || this.wish === null) continue; // what was wished for meanwhile is shown already
          if (this.wish === step) this.wish = null;
          // A frame on the way to a newer wish is shown all the same: the picture follows a fast hand.
          if (frame) this.stage.present(frame);
        } else if (this.stale) {
          this.stale = false;
          const { arrays } = await this.stage.steps();
          if (era !== this.era) continue;
          this.steps = arrays.steps.data;
          this.asked = performance.now();
          this.to.changed();
        } else {
          const step = this.#next();
          if (step === null) return;
          await this.#fetch(step, era);
        }
      } catch (error) {
        if (era !== this.era) continue;
        this.wish = null;
        this.stale = false;
        this.halt();
        if (error.message !== "closed") this.to.failed(error.message); // another run is shown by now
        return;
      }
    }
  }

  // The next step to play that is not kept yet.
  #next() {
    if (!this.direction) return null;
    for (let ahead = 1; ahead <= AHEAD; ahead++) {
      const step = this.steps[this.index + ahead * this.direction * this.stride];
      if (step === undefined) return null;
      if (!this.frames.has(step)) return step;
    }
    return null;
  }

  async #fetch(step, era) {
    const frame = await this.stage.recorded(step);
    if (!frame || era !== this.era) return null;
    this.#keep(step, frame);
    return frame;
  }

  #keep(step, frame) {
    this.bytes += size(frame) - (this.frames.has(step) ? size(this.frames.get(step)) : 0);
    this.frames.delete(step);
    this.frames.set(step, frame);
    for (const [oldest, kept] of this.frames) {
      if (this.bytes <= KEPT || oldest === step) break;
      this.frames.delete(oldest);
      this.bytes -= size(kept);
    }
  }

  #kept(step) {
    const frame = this.frames.get(step);
    if (frame) {
      this.frames.delete(step);
      this.frames.set(step, frame);
    }
    return frame;
  }

  #clamp(index) {
    return Math.min(Math.max(index, 0), this.steps.length - 1);
  }
}

function size({ arrays }) {
  let bytes = 0;
  for (const { data } of Object.values(arrays)) bytes += data.byteLength;
  return bytes;
}
