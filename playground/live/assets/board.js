// A stage: views side by side, the newest frame, and what views may ask for. It knows no picture: each is a module of
// views/, found by its name, mounted into a place of its own and drawn once per frame.
//
//   export const needs = ["weights", "maps"];    probes wanted while the view is on screen
//   export const place = "main";                 "head" (above), "main" (left), "side" (right) or "foot" (below)
//   export const styles = "diagram.css";         its style sheet, beside it
//   export function mount(element, stage) {      element: an empty <div>
//     return { draw(frame), resize?(), renew?(), dispose?() };
//   }
//
// `renew` is called when the facts have changed (stage.setup); without it, or if it returns false, the view is disposed
// of and mounted again. A frame is {kind, step, epoch, metrics, arrays, live, at, facts}.

import { Aside } from "./aside.js";
import * as chorus from "./chorus.js";
import { readColours } from "./colours.js";
import { DataLine } from "./dataline.js";
import { h } from "./dom.js";
import { Events } from "./events.js";
import { metricsOf } from "./frame.js";
import { Reel } from "./reel.js";
import { Slots } from "./slots.js";
import { Socket } from "./socket.js";
import { Turns } from "./turns.js";

const AT_REST = 300; // ms after which a moment that is shown is no frame of a film
const FORGET = 0.8; // of what an answer has cost, with every answer
const LOOKED_AT = new Set(["sample", "typed", "values", "drawn"]); // what networks side by side are judged on together
const DYES = ["negative", "zero", "positive", "train", "test", "wrong", "faint", "line", "discriminator", "generator", "real"];

export class Board {
  constructor(root) {
    this.root = root;
    this.setup = null;
    this.status = { status: "", step: 0, epoch: 0, rate: 0, pace: 0, position: 0, reason: "" };
    this.selection = null;
    this.counted = { drawn: 0, mounts: 0, asking: 0 };
    this.events = new Events();
    this.turns = new Turns();
    this.cost = 0; // ms that the server has thought about an answer, the longest lately
    this.motion = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.aside = new Aside(
      (key, values) => this.word(key, values),
      (node) => this.events.emit("drawer", node),
    );
    this.reel = new Reel({
      draw: (frame) => this.#draw(frame),
      answer: (n) => this.source?.credit(n),
      recorded: (step) => this.recorded(step),
      mode: (mode) => this.#turn(mode),
    });
    const places = Object.fromEntries(["head", "main", "side", "foot"].map((name) => [name, h("div", { class: `stage-${name}` })]));
    const { line, drawer, voice } = this.aside;
    root.classList.add("stage");
    root.replaceChildren(line, places.head, places.main, places.side, places.foot, drawer, voice);
    root.board = this;
    this.slots = new Slots(this, places, { changed: () => this.#arranged(), mounted: () => this.#mounted() });
    this.#mark();
  }

  // --- what views may use ---------------------------------------------------------------------------------------------

  /** What is shown; null before the first frame. */
  get frame() {
    return this.reel.frame;
  }

  /** The newest live frame. */
  get newest() {
    return this.reel.newest;
  }

  /** "live" or "replay". */
  get mode() {
    return this.reel.mode;
  }

  /** The views by name; `live` of each is what its `mount` has returned. */
  get views() {
    return this.slots.views;
  }

  get reduced() {
    return this.motion.matches;
  }

  on(event, listener) {
    this.events.on(event, listener);
  }

  off(event, listener) {
    this.events.off(event, listener);
  }

  /** Tells every view something: "ghost" (a frame or null, whose boundary the plane shows), "overlay", … */
  emit(event, value) {
    this.events.emit(event, value);
  }

  /** The text of `stage.<key>` in the visitor's language, with its {names} filled in. */
  word(key, values = {}) {
    const template = this.setup?.words[key] ?? this.options?.words?.[key] ?? key;
    const text = template.replace(/\{\{|\}\}|\{(\w+)\}/g, (found, name) => (name ? (values[name] ?? "") : found[0]));
    return this.setup?.lang === "zh" ? text.replaceAll(" %", "%") : text; // as it is written there
  }

  /** Steers the run; rejects with an Error whose message is the sentence of the refusal. */
  async command(command) {
    const done = await this.source.request("command", { command });
    this.events.emit("command", { step: done.step, command });
    return done;
  }

  /** Asks for something computed on the run, such as "backprop"; resolves with a frame. Questions of every kind take turns
   *  (turns.js); `args` may be a function that gives them when it is this one's. An error that is `late` is none of the
   *  question: it may be asked again. */
  async ask(what, args = {}) {
    this.#asking(1);
    try {
      const found = own(await this.turns.take(what, () => this.source.request("ask", { ...(typeof args === "function" ? args() : args), what })), false);
      this.cost = Math.max(found.facts.cost ?? 0, FORGET * this.cost);
      return found;
    } catch (error) {
      if (error.late) error.message = this.word("late");
      throw error;
    } finally {
      this.#asking(-1);
    }
  }

  /** The steps of all recorded frames: a frame with the array `steps`. */
  async steps() {
    return own(await this.source.request("steps"), false);
  }

  /** The metrics of the whole run: a frame with an array for each of them, and `step`. */
  async history() {
    return own(await this.source.request("history"), false);
  }

  /** The recorded frame at the nearest step that is not later, without showing it; null if there is none. */
  async recorded(step) {
    const found = await this.source.request("seek", { step });
    return found.arrays ? own(found, false) : null;
  }

  /** The same, shown; call it as often as you like, the newest wish wins. Resolves when there is nothing left to wish. */
  seek(step) {
    this.#lead(this.epochAt(step));
    return this.reel.seek(step);
  }

  /** Shows a recorded frame. */
  present(frame) {
    this.#lead(frame.epoch);
    this.reel.present(frame);
  }

  /** Goes back to what the run does now. */
  live() {
    for (const other of chorus.beside(this)) other.reel.live();
    this.reel.live();
  }

  /** The stages of other runs that show the same moment as this one. */
  beside() {
    return chorus.beside(this).filter((other) => other.options.run !== this.options.run);
  }

  epochAt(step) {
    return step / this.setup.steps_per_epoch;
  }

  stepAt(epoch) {
    return Math.round(epoch * this.setup.steps_per_epoch);
  }

  /** Draws what is shown once more, in the next animation frame. */
  redraw() {
    this.reel.redraw();
  }

  /** Hands a structural change to the page: {kind: "set", path, value}, {kind: "layers", layers}, {kind: "points", points}. */
  propose(change) {
    this.component?.setTriggerValue("proposal", change);
  }

  select(selection) {
    if (JSON.stringify(selection) === JSON.stringify(this.selection)) return;
    this.selection = selection;
    this.events.emit("selection", selection);
    this.redraw();
    if (LOOKED_AT.has(selection?.kind)) for (const other of chorus.beside(this)) if (other.setup) other.select(selection);
  }

  /** Says something to screen readers, at most once a second; the last sentence wins. */
  announce(text) {
    this.aside.announce(text);
  }

  /** Slides a node in from below; Escape or the button takes it away. Returns a function that closes it. */
  openDrawer(node, label = "") {
    return this.aside.open(node, label);
  }

  // --- what Streamlit sends -------------------------------------------------------------------------------------------

  update(options, component, bundle) {
    const before = this.options;
    Object.assign(this, { options, component });
    this.#readTheme();
    this.slots.arrange(options.views);
    const begins = options.group && !this.group;
    chorus.join(this, options.group ?? "");
    if (begins && !chorus.beside(this).length) requestAnimationFrame(() => this.#comeIntoSight());
    if (before && before.run !== options.run) chorus.tell(this.group);
    const same = ["run", "transport", "lang"].every((name) => before?.[name] === options[name]);
    if (!same) this.#connect(options);
    else this.source.renew(options.token);
    this.root.toggleAttribute("data-unfit", Boolean(options.unfit));
    this.#line();
    if (bundle) this.source.take(bundle);
  }

  /** The first stage of a comparison is shown to whoever has asked for one further down. */
  #comeIntoSight() {
    const { top, bottom } = this.root.getBoundingClientRect();
    if (top >= 0 && bottom <= window.innerHeight) return;
    this.root.scrollIntoView({ block: "center", behavior: this.reduced ? "auto" : "smooth" });
  }

  close() {
    clearTimeout(this.revisiting);
    chorus.leave(this);
    this.source?.close();
    this.reel.close();
    this.slots.close();
    this.aside.close();
    this.root.replaceChildren();
  }

  /** The numbers that tell how well the run does, and of when: beside others of the moment that all have measured. */
  numbers(frame) {
    const { together } = this.status;
    return together && frame.live ? together : frame;
  }

  // --- inside ---------------------------------------------------------------------------------------------------------

  #connect(options) {
    this.source?.close();
    this.reel.reset();
    const to = {
      frame: (frame) => this.#take(frame),
      setup: (frame) => this.#settle(frame),
      status: (status) => this.#hear(status),
      state: (state) => this.#connected(state),
      renew: () => this.component.setTriggerValue("renew", Date.now()),
      barred: () => this.component.setStateValue("transport", "data"),
    };
    if (options.source) {
      this.source = options.source(to); // a recording (replay/tape.js)
    } else if (options.transport === "data") {
      this.source = new DataLine((wanted) => this.component.setStateValue("wanted", wanted), to);
    } else {
      const address = new URL("live/ws", document.baseURI);
      address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
      this.source = new Socket(address.href, options.token, to);
    }
    this.#watch(true);
  }

  // An older moment is shown here: the others show theirs.
  #lead(epoch) {
    for (const other of chorus.beside(this)) if (other.setup) other.#follow(other.stepAt(epoch));
  }

  #take(frame) {
    const taken = own(frame, true);
    this.reel.take(taken);
    this.events.emit("frame", taken);
  }

  #settle(frame) {
    this.setup = { ...frame.header.setup, arrays: frame.arrays };
    this.reel.clear();
    this.select(null);
    this.#readTheme();
    this.announce(""); // what was said was said of something else
    this.slots.renew();
    this.#connected("open");
    this.events.emit("setup", this.setup);
    const together = chorus.beside(this).find(({ selection }) => LOOKED_AT.has(selection?.kind));
    if (together) this.select(together.selection);
    chorus.tell(this.group);
  }

  #hear(status) {
    const before = this.status;
    this.status = status;
    if (status.together) status.together = { ...status.together, metrics: metricsOf(status.together.metrics) };
    if (status.lost !== undefined) this.#connected(status.lost ? "lost" : "open");
    this.root.dataset.status = status.status;
    if (status.experiment && this.setup) this.setup.experiment = status.experiment;
    this.events.emit("status", status);
    if (before.status !== status.status && this.options.reports?.includes("status")) {
      this.component.setStateValue("status", status.status);
    }
  }

  #connected(state) {
    this.root.dataset.connection = state;
    this.#line();
  }

  // What the line above the pictures says: of layers that do not fit, else of the connection.
  #line() {
    const state = this.root.dataset.connection;
    const known = Boolean(this.setup);
    if (state === "unfit" || (this.options.unfit && state === "open")) this.aside.say(known ? "unfit" : "nothing");
    else if (state === "open") this.aside.say(this.options.transport === "data" ? "data" : "");
    else this.aside.say(!state || (state === "connecting" && !known) ? "" : state);
  }

  #draw(frame) {
    if (!this.setup) return false;
    const seen = this.slots.draw(frame);
    this.counted.drawn++;
    this.#mark();
    this.events.emit("drawn", frame);
    return seen;
  }

  #turn(mode) {
    this.root.dataset.mode = mode;
    this.events.emit("mode", mode);
  }

  #arranged() {
    this.#watch();
    this.redraw();
  }

  #mounted() {
    this.counted.mounts++;
    this.#mark();
    this.redraw();
  }

  #watch(again = false) {
    const probes = this.slots.needs;
    if (!this.source || (!again && probes.join() === this.probes)) return;
    this.probes = probes.join();
    this.source.watch(probes);
    this.#revisit();
  }

  // A recorded moment that rests was fetched for the views that were on screen then.
  #revisit() {
    clearTimeout(this.revisiting);
    const { frame } = this;
    this.revisiting = setTimeout(() => {
      if (this.mode === "replay" && frame && this.frame === frame) this.#follow(frame.step);
    }, AT_REST);
  }

  // Nobody has asked for it here: where it is refused, what is shown stays.
  #follow(step) {
    this.reel.seek(step).catch(() => {});
  }

  #readTheme() {
    if (!this.setup) return;
    const colours = readColours(this.root, this.setup.themes, this.setup.input?.photo);
    if (JSON.stringify(colours) === JSON.stringify(this.colours)) return;
    const first = !this.colours;
    this.colours = colours;
    this.root.dataset.theme = colours.dark ? "dark" : "light";
    for (const name of DYES) this.root.style.setProperty(`--stage-${name}`, colours[name]);
    if (!first) this.events.emit("theme", colours);
    this.redraw();
  }

  // How many answers are still to come; 0 is said a moment later, when who asked has shown the answer.
  #asking(change) {
    this.counted.asking += change;
    if (change > 0) this.root.dataset.asking = this.counted.asking;
    else requestAnimationFrame(() => (this.root.dataset.asking = this.counted.asking));
  }

  #mark() {
    this.root.dataset.frame = this.counted.drawn;
    this.root.dataset.mounts = this.counted.mounts;
    if (this.frame) this.root.dataset.step = this.frame.step;
  }
}

function own({ kind, step, epoch, metrics, arrays, header }, live) {
  return { kind, step, epoch, metrics, arrays, live, at: header.at ?? 0, facts: header };
}
