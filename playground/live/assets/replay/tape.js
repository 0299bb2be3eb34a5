// A tape: all frames of a run in one message, in place of a socket. The same face as socket.js and dataline.js; it knows
// no network. How it is packed stands in playground/export/reel.py.

import { decode } from "../frame.js";

const TRACK = "track/";
const METRIC = "metric/";

export class Tape {
  /**
   * @param {{setup: ArrayBuffer, history: ArrayBuffer, reel: ArrayBuffer}} blobs messages
   * @param {{frame, setup, status, state}} to as for Socket
   */
  constructor(blobs, to) {
    this.to = to;
    this.facts = decode(blobs.setup);
    this.curves = decode(blobs.history);
    const { arrays } = decode(blobs.reel);
    this.steps = arrays.step.data;
    this.epochs = arrays.epoch.data;
    this.metrics = named(arrays, METRIC);
    this.tracks = named(arrays, TRACK);
    for (const track of Object.values(this.tracks)) if (track.data instanceof Uint8Array) addUp(track);
    this.frames = [];
    const { words } = this.facts.header.setup;
    words["curves.help"] = words["replay.curves_help"]; // here nothing is zoomed
  }

  /** The first wish of the stage: it gets all facts, and the last frame as what the run shows now. */
  watch() {
    if (this.watched) return;
    this.watched = true;
    queueMicrotask(() => {
      const last = this.steps.length - 1;
      const [step, epoch] = [this.steps[last], this.epochs[last]];
      this.to.setup(this.facts);
      this.to.status({ type: "status", status: "finished", reason: "", notice: "", position: 0, step, epoch, rate: 0, pace: 0 });
      this.to.frame(this.frame(last));
    });
  }

  credit() {}

  renew() {}

  close() {}

  async request(type, { step = 0 } = {}) {
    if (type === "steps") return { ...this.curves, arrays: { steps: { data: this.steps, shape: [this.steps.length], dtype: "f8" } } };
    if (type === "history") return this.curves;
    if (type === "seek") return this.frame(this.#at(step));
    throw new Error(this.facts.header.setup.words["replay.fixed"]);
  }

  /** Frame number k; its arrays are views into the tape. */
  frame(k) {
    return (this.frames[k] ??= this.#cut(k));
  }

  #cut(k) {
    const metrics = {};
    for (const [name, { data }] of Object.entries(this.metrics)) metrics[name] = data[k];
    const arrays = {};
    for (const [name, { data, shape, dtype }] of Object.entries(this.tracks)) {
      const size = data.length / shape[0];
      arrays[name] = { data: data.subarray(k * size, (k + 1) * size), shape: shape.slice(1), dtype };
    }
    return { kind: "frame", step: this.steps[k], epoch: this.epochs[k], metrics, arrays, header: {} };
  }

  #at(step) {
    let found = 0;
    while (found + 1 < this.steps.length && this.steps[found + 1] <= step) found++;
    return found;
  }
}

function named(arrays, prefix) {
  const found = Object.entries(arrays).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, array]) => [name.slice(prefix.length), array]));
}

// Bytes lie as differences from the frame before, modulo 256.
function addUp({ data, shape }) {
  const size = data.length / shape[0];
  for (let i = size; i < data.length; i++) data[i] += data[i - size];
}
