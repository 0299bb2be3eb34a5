// What the network makes of the picture looked at, asked for again and again while it trains: one question at a time for all
// views of a stage, never the same one twice, and none while nobody looks.

import { at } from "../explain/moment.js";
import { lookedAt } from "./subject.js";

const EVERY = 100; // ms from one question to the next, at least
const WEIGHTS = 4000; // of the network for each further ms: the worker sends all of them every time
const BUSY = 3; // times as long as the server has thought about the last answer
const LONGEST = 3000; // ms of that
const AFTER_REFUSAL = 1500;
const feeds = new WeakMap();

/** The feed of a stage. */
export function feedOf(stage) {
  if (!feeds.has(stage)) feeds.set(stage, new Feed(stage));
  return feeds.get(stage);
}

class Feed {
  constructor(stage) {
    Object.assign(this, { stage, listeners: new Set(), latest: null, refusal: "", wished: {}, known: null, asking: false, timer: null, notBefore: 0 });
    this.woken = () => document.hidden || this.#soon();
  }

  /** Has a view hear of every answer: take(). Returns what ends it. */
  join(listener) {
    if (!this.listeners.size) document.addEventListener("visibilitychange", this.woken);
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size) return;
      document.removeEventListener("visibilitychange", this.woken);
      clearTimeout(this.timer);
      this.timer = null;
    };
  }

  /** Says that somebody sees this: call it with every frame that is drawn. */
  wish(wanted = {}) {
    for (const name of Object.keys(wanted)) this.wished[name] ||= wanted[name];
    this.#soon();
  }

  /** Forgets what is known: it was another network's. */
  forget() {
    this.latest = this.known = null;
    this.number = (this.number ?? 0) + 1;
    this.refusal = "";
    this.notBefore = 0;
    clearTimeout(this.timer);
    this.timer = null;
  }

  get #weights() {
    return this.stage.setup.layers.reduce((sum, { parameters }) => sum + parameters, 0);
  }

  #soon() {
    if (this.asking || this.timer || document.hidden || !this.listeners.size) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.#ask();
    }, Math.max(0, this.notBefore - performance.now()));
  }

  async #ask() {
    const { stage } = this;
    let key = this.#key();
    if (document.hidden || !this.listeners.size || !this.#news(key)) return;
    const number = this.number;
    this.asking = true;
    const began = performance.now();
    let cost = 0;
    try {
      const found = await stage.ask("featuremaps", () => {
        key = this.#key(); // what is wanted by now
        this.wished = {};
        return { maps: false, ...key.wanted, ...key.picture, ...at(stage) };
      });
      cost = found.facts.cost ?? performance.now() - began;
      if (number !== this.number) return;
      this.known = key;
      this.refusal = "";
      this.latest = answered(found, key.picture, this.latest);
    } catch (error) {
      this.notBefore = performance.now() + AFTER_REFUSAL;
      if (number !== this.number || error.closed) return;
      if (!error.late) this.known = key;
      this.refusal = error.message;
    } finally {
      this.asking = false;
      const rest = Math.max(EVERY + this.#weights / WEIGHTS, Math.min(LONGEST, BUSY * cost));
      this.notBefore = Math.max(this.notBefore, began + rest);
    }
    for (const listener of [...this.listeners]) listener();
  }

  #key() {
    return { frame: this.stage.frame, picture: lookedAt(this.stage), wanted: { ...this.wished } };
  }

  // Whether there is something that has not been asked: another frame, another picture, more of it, a later moment.
  #news({ frame, picture, wanted }) {
    const { known, stage } = this;
    if (!Object.keys(wanted).length) return false;
    if (stage.mode === "live" && stage.status.status === "running") return true;
    if (!known || known.frame !== frame || JSON.stringify(known.picture) !== JSON.stringify(picture)) return true;
    return Object.keys(wanted).some((name) => wanted[name] && !known.wanted[name]);
  }
}

function answered({ step, arrays, facts }, picture, before) {
  return { step, arrays, picture, ...facts.answer, number: (before?.number ?? 0) + 1 };
}
