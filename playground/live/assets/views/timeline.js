// The timeline: the whole training as a bar, and every moment of it a drag away. Plays it forwards and backwards, forks
// it, pins a ghost of its boundary. Which frame is fetched when stands in time/player.js.

import { digits, epochs, fit, h, whole } from "../dom.js";
import { Fork, Ghost, Live } from "./time/acts.js";
import { Bubble, paid } from "./time/bubble.js";
import { button, name, sign, SIGNS } from "./time/buttons.js";
import { Player, SPEEDS } from "./time/player.js";
import { recordOf } from "./time/series.js";
import { HEIGHT, paint } from "./time/track.js";

export const needs = [];
export const place = "foot";
export const styles = "timeline.css";

const MARGIN = 9; // px from the bar's ends to its first and last step
const CALM = 300; // ms between two drawings of a bar that grows
const SPOKEN = 1000; // ms between two texts for screen readers, while nobody steers
const COMPLAINT = 6000; // ms that a refusal stands
const PAGE = 0.1; // of the recording

export function mount(element, stage) {
  return new Timeline(element, stage);
}

class Timeline {
  constructor(element, stage) {
    Object.assign(this, { element, stage, record: recordOf(stage), lang: stage.setup.lang });
    Object.assign(this, { shown: null, hover: null, wished: null, width: 0 });
    this.painted = { at: -1e9, version: -1, total: 0 };
    this.spoken = -1e9;
    this.player = new Player(stage, { changed: () => this.#refresh(), failed: (sentence) => this.#complain(sentence) });
    this.listeners = {
      mode: (mode) => {
        if (mode === "live") this.player.rest();
        else this.player.refresh();
        this.#refresh();
      },
      status: () => this.#refresh(),
      theme: () => this.#repaint(),
      frame: () => stage.mode !== "live" && this.#follow(),
    };
    for (const [event, listener] of Object.entries(this.listeners)) stage.on(event, listener);
    this.#build();
    this.#refresh();
    this.#open();
  }

  // Something moves at once where a recording is shown to whoever comes in; not for those who want no motion.
  #open() {
    const opening = this.stage.options?.opening && !this.stage.reduced;
    if (opening || this.opened) this.speed.value = this.player.speed = opening ? 2 : 1;
    this.opened = opening;
    if (opening) this.play(1);
  }

  draw(frame) {
    if (frame !== this.shown) {
      this.shown = frame;
      this.#read();
    }
    this.#follow();
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    this.player.forget();
    this.ghost.pin(null);
    this.#refresh();
    this.#open();
    return true;
  }

  dispose() {
    this.player.forget();
    this.ghost.pin(null);
    for (const [event, listener] of Object.entries(this.listeners)) this.stage.off(event, listener);
    this.sizes.disconnect();
    clearTimeout(this.later);
    clearTimeout(this.silence);
  }

  /** Plays the recording: 1 forwards, −1 backwards, 0 holds it. */
  play(direction = 1) {
    if (direction) this.player.play(direction);
    else this.player.halt();
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const { stage } = this;
    this.back = button("stage-timeline-round", sign(SIGNS.back), () => this.#toggle(-1));
    this.forth = button("stage-timeline-round", sign(SIGNS.forth), () => this.#toggle(1));
    this.speed = h("select", { class: "stage-timeline-speed", "aria-label": stage.word("timeline.speed") });
    this.speed.append(...SPEEDS.map((x) => h("option", { value: x, selected: x === 1 }, `${x}×`)));
    this.speed.onchange = () => (this.player.speed = Number(this.speed.value));
    this.canvas = h("canvas", { class: "stage-timeline-canvas", "aria-hidden": "true" });
    this.veil = h("div", { class: "stage-timeline-veil" }); // over what has not been reached
    this.thumb = h("div", { class: "stage-timeline-thumb" });
    this.bubble = new Bubble(stage, this.record);
    const slider = { role: "slider", tabindex: 0, "aria-label": stage.word("timeline.track"), "aria-valuemin": 0 };
    const clip = h("div", { class: "stage-timeline-clip" }, this.veil);
    this.track = h("div", { class: "stage-timeline-track", ...slider }, this.canvas, clip, this.thumb, this.bubble.element);
    this.now = h("p", { class: "stage-timeline-now" });
    this.live = new Live(stage);
    this.fork = new Fork(stage, this.player);
    this.ghost = new Ghost(stage, () => this.#repaint());
    this.note = h("p", { class: "stage-timeline-note", hidden: true });
    this.bar = h(
      "div",
      { class: "stage-timeline", role: "group", "aria-label": stage.word("timeline.title") },
      h("div", { class: "stage-timeline-play" }, this.back, this.forth, this.speed),
      this.track,
      this.now,
      h("div", { class: "stage-timeline-acts" }, this.live.element, this.fork.element, this.ghost.element),
      this.note,
    );
    this.element.replaceChildren(this.bar);
    this.family = getComputedStyle(this.element).fontFamily;
    // Asking the page for a width while it is being changed is slow; here the page tells it.
    this.sizes = new ResizeObserver(([{ contentRect }]) => {
      this.width = contentRect.width;
      this.#repaint();
      this.#follow();
    });
    this.sizes.observe(this.track);
    this.#listen();
  }

  #listen() {
    const { track } = this;
    track.onpointerdown = (event) => {
      if (event.button !== 0) return;
      track.setPointerCapture(event.pointerId);
      track.focus({ preventScroll: true });
      this.dragging = true;
      this.player.refresh();
      this.#drag(event);
    };
    track.onpointermove = (event) => {
      this.hover = this.#x(event);
      if (this.dragging) this.#drag(event);
      else this.#tell();
    };
    track.onpointerup = () => this.#drop();
    track.onpointercancel = () => this.#drop();
    track.onpointerleave = () => {
      if (this.dragging) return;
      this.hover = null;
      this.#tell();
    };
    track.onkeydown = (event) => this.#press(event);
  }

  // --- steering -----------------------------------------------------------------------------------------------------

  #toggle(direction) {
    if (this.player.direction === direction) this.player.halt();
    else this.player.play(direction);
  }

  // The bar's end is the present: dragging there goes back to it.
  #drag(event) {
    const x = this.#x(event);
    this.hover = x;
    if (x >= this.#place(this.total) - 1) {
      this.wished = null;
      if (this.stage.mode !== "live") this.stage.live();
    } else {
      this.wished = this.#step(x);
      this.player.show(this.wished);
    }
    this.#follow();
    this.#tell();
  }

  #drop() {
    this.dragging = false;
    this.wished = null;
    this.hover = null;
    this.#tell();
    this.#follow();
  }

  #press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const { player } = this;
    const keys = {
      ArrowLeft: () => player.move(-1),
      ArrowDown: () => player.move(-1),
      ArrowRight: () => player.move(1),
      ArrowUp: () => player.move(1),
      PageDown: () => player.move(0, -PAGE),
      PageUp: () => player.move(0, PAGE),
      Home: () => player.show(0),
      End: () => this.stage.live(),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation(); // the page has a use of its own for the arrows
    this.spoken = -1e9;
    keys[event.key]();
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  get total() {
    return Math.max(this.record.lastStep, this.stage.newest?.step ?? 0, this.player.steps.at(-1) ?? 0, 1);
  }

  #x(event) {
    return event.clientX - this.track.getBoundingClientRect().left;
  }

  #step(x) {
    const part = (x - MARGIN) / Math.max(this.width - 2 * MARGIN, 1);
    return Math.round(Math.min(Math.max(part, 0), 1) * this.total);
  }

  #place(step) {
    return MARGIN + (Math.min(step, this.total) / this.total) * Math.max(this.width - 2 * MARGIN, 1);
  }

  // Where the thumb stands, and the bar if it has grown.
  #follow() {
    const now = performance.now();
    const grown = this.record.version !== this.painted.version;
    if (grown && now - this.painted.at < CALM) {
      this.later ??= setTimeout(() => {
        this.later = null;
        this.#follow();
      }, CALM);
    } else if (grown || this.painted.total !== this.total) this.#repaint();
    const shown = this.stage.mode === "live" ? this.total : (this.shown?.step ?? 0);
    const x = this.#place(this.dragging && this.wished !== null ? this.wished : shown);
    this.thumb.style.transform = `translateX(${x.toFixed(1)}px)`;
    this.veil.style.transform = `translateX(${x.toFixed(1)}px)`;
    this.live.refresh(this.total, shown);
    this.#speak(now);
  }

  #repaint() {
    if (!this.width) return;
    fit(this.canvas, this.width, HEIGHT);
    this.painted = { at: performance.now(), version: this.record.version, total: this.total };
    paint(this.canvas, {
      width: this.width,
      record: this.record,
      total: this.total,
      place: (step) => this.#place(step),
      colours: this.stage.colours,
      marks: this.record.commands.map(({ step }) => step),
      ghost: this.ghost.frame?.step ?? null,
      unit: this.stage.word("timeline.epoch"),
      family: this.family,
    });
  }

  #read() {
    const { stage, shown } = this;
    this.now.replaceChildren(
      h("span", {}, stage.word("timeline.step"), h("b", {}, whole(shown.step))),
      h("span", {}, stage.word("timeline.epoch"), h("b", {}, epochs(shown.epoch))),
    );
    this.fork.refresh();
    this.ghost.refresh();
  }

  #speak(now) {
    if (!this.shown || now - this.spoken < (this.dragging ? 0 : SPOKEN)) return;
    this.spoken = now;
    const { step, epoch, metrics } = this.shown;
    const values = { step: whole(step), total: whole(this.total), epoch: epochs(epoch), loss: paid(this.stage, (name) => metrics[name]) };
    this.track.setAttribute("aria-valuemax", this.total);
    this.track.setAttribute("aria-valuenow", step);
    this.track.setAttribute("aria-valuetext", this.stage.word("timeline.value", values));
  }

  #tell() {
    if (this.hover === null) this.bubble.hide();
    else this.bubble.show(this.hover, this.#step(this.hover), this.width, (step) => this.#place(step));
  }

  #refresh() {
    const { stage, player, bar } = this;
    if (!stage.setup) return;
    bar.dataset.mode = stage.mode;
    bar.dataset.playing = player.direction;
    this.#face(this.back, -1, "back");
    this.#face(this.forth, 1, "forth");
    const seconds = digits(player.steps.length / (player.rate / player.speed) || 20);
    this.speed.title = stage.word("timeline.speed_help", { seconds });
    this.live.refresh(this.total, this.shown?.step ?? 0);
    this.fork.refresh();
    this.ghost.refresh();
  }

  #face(one, direction, sign_) {
    const playing = this.player.direction === direction;
    one.querySelector("path").setAttribute("d", SIGNS[playing ? "hold" : sign_]);
    name(one, this.stage.word(`timeline.${playing ? "pause" : sign_}`));
    one.setAttribute("aria-pressed", playing);
  }

  #complain(sentence) {
    this.note.textContent = sentence;
    this.note.hidden = false;
    this.stage.announce(sentence);
    clearTimeout(this.silence);
    this.silence = setTimeout(() => (this.note.hidden = true), COMPLAINT);
  }
}
