// What the gates do with the sequence that is looked at, asked for again and again while the network trains: one answer for
// all views of a stage. Gates that are held belong to the question.

import { at } from "../explain/moment.js";
import { Asking } from "../look/asking.js";
import { chosen } from "../sequence/subject.js";
import { beforehand } from "./beforehand.js";

const EVERY = 120; // ms from one question to the next, at least
const WEIGHTS = 3000; // of the network for each further ms: the worker sends all of them every time
const BUSY = 3; // times as long as the last answer took
const LONGEST = 3000; // ms of that
const feeds = new WeakMap();

/** The feed of a stage. */
export function feedOf(stage) {
  if (!feeds.has(stage)) feeds.set(stage, new Feed(stage));
  return feeds.get(stage);
}

/** What an ask wants to know of a sequence: {index, test}, {text} or {values, steps}. */
export function wanted(stage) {
  const { values, ...plain } = chosen(stage);
  return values === undefined ? plain : { values: values.data, steps: values.steps };
}

/** How long to wait from one question to the next, after an answer that took so many ms: waiting for its turn is none of it. */
export function pause(stage, took) {
  const weights = stage.setup.layers.reduce((sum, { parameters }) => sum + parameters, 0);
  return Math.max(EVERY + weights / WEIGHTS, Math.min(LONGEST, BUSY * Math.min(took, stage.cost)));
}

class Feed {
  constructor(stage) {
    Object.assign(this, { stage, listeners: new Set(), holds: [], number: 0 });
    this.forget();
  }

  /** Has a view hear of every answer. Returns what ends it. */
  join(listener) {
    if (!this.listeners.size) this.#begin();
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size) return;
      this.asking.dispose();
      document.removeEventListener("visibilitychange", this.woken);
    };
  }

  /** Says that somebody sees this: call it with every frame that is drawn. */
  wish() {
    this.asking?.soon();
  }

  /** Holds gates: [{level, gate, value, unit}], unit −1 for all cells. */
  hold(holds) {
    this.holds = holds;
    this.asking?.renew();
    this.#tell();
    this.wish();
  }

  /** Forgets what is known: it was another network's. */
  forget() {
    this.latest = null;
    this.refusal = "";
    this.holds = [];
    this.asking?.renew();
  }

  #begin() {
    const { stage } = this;
    this.asking = new Asking(stage, {
      period: (took) => pause(stage, took),
      about: () => JSON.stringify([chosen(stage), this.holds]),
      ask: () => stage.ask("theatre", { ...wanted(stage), holds: this.holds, ...at(stage) }),
      heard: (found, about) => {
        this.refusal = "";
        this.latest = { step: found.step, arrays: found.arrays, about, number: ++this.number, ...found.facts.answer };
      },
      refused: (sentence) => (this.refusal = sentence),
      settled: () => this.#tell(),
    });
    this.woken = () => document.hidden || this.wish();
    document.addEventListener("visibilitychange", this.woken);
  }

  /** The newest answer; before the first one what is known without it. */
  get shown() {
    return this.latest ?? beforehand(this.stage);
  }

  /** Whether the newest answer is about what is looked at now. */
  get fresh() {
    return this.latest?.about === JSON.stringify([chosen(this.stage), this.holds]);
  }

  #tell() {
    for (const listener of [...this.listeners]) listener();
  }
}
