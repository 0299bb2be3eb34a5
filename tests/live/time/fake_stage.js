// A stage without a server: a made-up run with known numbers, and a diary of what views ask for.

import { table } from "/live/assets/colours.js";
import { Events } from "/live/assets/events.js";

const BINS = 32;
const TENSORS = ["0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"];

/** What the run has measured at a step: the tests know it too. */
export function metricsAt(step, lrChangedAt = 1200) {
  const noise = Math.sin(step * 12.9898) * 43758.5453;
  const wobble = 0.01 * (noise - Math.floor(noise));
  const loss = 0.7 * Math.exp(-step / 500) + wobble + 0.002;
  return {
    loss,
    test_loss: loss * 1.2 + 0.02,
    accuracy: 1 - 0.5 * Math.exp(-step / 400),
    test_accuracy: 0.97 - 0.47 * Math.exp(-step / 400),
    lr: step >= lrChangedAt ? 0.1 : 0.03,
  };
}

/** The counts of a histogram at a step: a hill that grows wider. */
export function countsAt(step, shift = 0) {
  return Uint16Array.from({ length: BINS }, (_, i) => Math.round(100 * Math.exp(-(((i - 15.5 - shift) / (4 + step / 500)) ** 2))));
}

export class FakeStage extends Events {
  constructor({ words, themes, dark = false, until = 2000, every = 20, delay = 5, plane = true, test = true }) {
    super();
    Object.assign(this, { words, themes, delay, until, every, test });
    this.mode = "live";
    this.reduced = false;
    this.selection = null;
    this.status = { status: "running", step: until, epoch: until / 10, rate: 400, pace: 400, position: 0, reason: "" };
    this.events = this;
    this.views = new Map();
    this.diary = { seeks: [], recorded: [], presented: [], proposals: [], announced: [], ghosts: [], flying: 0, most: 0, histories: 0 };
    this.refuse = "";
    this.setup = setup(plane);
    this.wear(dark);
    this.on("ghost", (frame) => this.diary.ghosts.push(frame && frame.step));
    this.newest = this.frameAt(until, true);
    this.frame = this.newest;
  }

  wear(dark) {
    const theme = this.themes[dark ? "dark" : "light"];
    this.colours = { ...theme, dark, faint: theme.muted, accent: theme.test, lut: table(theme.negative, theme.zero, theme.positive) };
    document.documentElement.classList.toggle("dark", dark);
    const root = document.querySelector(".stage").style;
    for (const name of ["negative", "zero", "positive", "train", "test", "wrong", "faint", "line"]) root.setProperty(`--stage-${name}`, this.colours[name]);
    this.emit("theme", this.colours);
    this.redraw();
  }

  numbers(frame) {
    return frame;
  }

  word(key, values = {}) {
    if (this.words[key] === undefined) console.error(`no word ${key}`);
    return (this.words[key] ?? key).replace(/\{\{|\}\}|\{(\w+)\}/g, (found, name) => {
      if (name && values[name] === undefined) console.error(`${key}: no value for ${name}`);
      return name ? (values[name] ?? "") : found[0];
    });
  }

  // --- the run ------------------------------------------------------------------------------------------------------

  frameAt(step, live) {
    const arrays = {};
    const enter = (name, counts, low, high, share) => {
      arrays[name] = { data: counts, shape: [BINS], dtype: "u2" };
      arrays[`${name}/range`] = { data: Float32Array.of(low, high), shape: [2], dtype: "f4" };
      arrays[`${name}/share`] = { data: Float32Array.from(share), shape: [2], dtype: "f4" };
    };
    const wide = 1 + step / 1000;
    for (const name of TENSORS) {
      enter(`hist/w/${name}`, countsAt(step), -wide, wide, [0, 0]);
      enter(`hist/g/${name}`, countsAt(step), -1 / wide ** 4, 1 / wide ** 4, [0.25, 0]);
    }
    for (const layer of [0, 1, 2, 3, 4]) enter(`hist/a/${layer}`, countsAt(step, layer), -1, 1, [0, layer % 2 ? 0.625 : 0]);
    if (this.setup.extent?.length === 4) {
      const data = Uint8Array.from({ length: 100 * 100 }, (_, i) => 1 + ((i + step) % 254));
      arrays["map/plane"] = { data, shape: [100, 100], dtype: "u1" };
    }
    const metrics = metricsAt(step);
    if (!this.test) for (const name of Object.keys(metrics)) if (name.startsWith("test_")) delete metrics[name];
    return { kind: "frame", step, epoch: step / 10, metrics, arrays, live, at: 0, facts: {} };
  }

  /** The run goes on by `count` frames; resolves after they have been drawn. */
  async push(count = 1, by = this.every) {
    for (let i = 0; i < count; i++) {
      this.until += by;
      this.newest = this.frameAt(this.until, true);
      this.emit("frame", this.newest);
      if (this.mode === "live") this.show(this.newest);
      await new Promise(requestAnimationFrame);
    }
  }

  restart() {
    this.until = 0;
    this.newest = this.frameAt(0, true);
    this.emit("frame", this.newest);
    if (this.mode === "live") this.show(this.newest);
  }

  // --- what views may use -------------------------------------------------------------------------------------------

  async history() {
    this.diary.histories++;
    await wait(this.delay);
    const steps = Float64Array.from({ length: Math.floor(this.until / 10) + 1 }, (_, i) => 10 * i);
    const arrays = { step: array(steps), epoch: array(steps.map((step) => step / 10)) };
    for (const name of Object.keys(this.frameAt(0).metrics)) arrays[name] = array(steps.map((step) => metricsAt(step)[name]));
    return { arrays, facts: { commands: [{ step: 1200, command: { kind: "set", path: "optimizer.lr", value: 0.1 } }] } };
  }

  async steps() {
    return this.#ask(async () => {
      const count = Math.floor(this.until / this.every) + 1;
      return { arrays: { steps: array(Float64Array.from({ length: count }, (_, i) => i * this.every)) } };
    });
  }

  async recorded(step) {
    this.diary.recorded.push(step);
    return this.#ask(async () => {
      if (this.refuse) throw new Error(this.refuse);
      return this.frameAt(Math.floor(Math.min(Math.max(step, 0), this.until) / this.every) * this.every, false);
    });
  }

  present(frame) {
    this.diary.presented.push(frame.step);
    this.wish = null;
    this.#turn("replay");
    this.show(frame);
  }

  // As board.js has it: the newest wish wins, and going live takes it back.
  async seek(step) {
    this.diary.seeks.push(step);
    this.wish = step;
    this.#turn("replay");
    const frame = await this.recorded(step);
    if (this.wish === step) this.present(frame);
  }

  live() {
    this.wish = null;
    this.#turn("live");
    this.show(this.newest);
  }

  propose(change) {
    this.diary.proposals.push(change);
  }

  announce(text) {
    this.diary.announced.push(text);
  }

  show(frame) {
    this.frame = frame;
    this.redraw();
  }

  redraw() {
    if (!this.frame) return;
    this.raf ||= requestAnimationFrame(() => {
      this.raf = 0;
      for (const view of this.views?.values() ?? []) view.draw(this.frame);
      this.emit("drawn", this.frame);
    });
  }

  async #ask(answer) {
    this.diary.flying++;
    this.diary.most = Math.max(this.diary.most, this.diary.flying);
    try {
      await wait(this.delay);
      return await answer();
    } finally {
      this.diary.flying--;
    }
  }

  #turn(mode) {
    if (this.mode === mode) return;
    this.mode = mode;
    this.emit("mode", mode);
  }
}

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const array = (data) => ({ data, shape: [data.length], dtype: "f8" });

function setup(plane) {
  const layers = [
    ["Linear", "Linear", 8],
    ["Tanh", "Tanh", 8],
    ["Linear", "Linear", 8],
    ["Tanh", "Tanh", 8],
    ["Linear", "Linear", 1],
  ].map(([kind, name, units], index) => ({ index, kind, name, shape: [units], parameters: kind === "Linear" ? 9 * units : 0 }));
  return {
    lang: "en",
    experiment: {},
    input: { shape: [2], labels: ["x1", "x2"] },
    layers,
    columns: [
      { layer: 0, until: 1, units: 8, activation: "Tanh", name: "Hidden layer 1" },
      { layer: 2, until: 3, units: 8, activation: "Tanh", name: "Hidden layer 2" },
      { layer: 4, until: 4, units: 1, activation: "", name: "Output" },
    ],
    target: { kind: "classes", size: 2, names: ["0", "1"] },
    extent: plane ? [-6, 6, -6, 6] : [-1, 1],
    arrays: {},
  };
}
