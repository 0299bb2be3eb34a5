// The curves: loss, quality and learning rate of the whole run, streaming. Plotly draws axes and lines and lets people
// zoom; it is too slow to be asked for every frame, so between its drawings a thin canvas above it draws the newest bit,
// the moment that is replayed, and what stands under the pointer.

import { fit, h } from "../dom.js";
import { arrange, figure, MARGIN, panels, ranges } from "./time/figure.js";
import { Heads } from "./time/heads.js";
import { Overlay } from "./time/overlay.js";
import { plotly } from "./time/plotly.js";
import { Record, recordOf } from "./time/series.js";

export const needs = [];
export const place = "side";
export const styles = "curves.css";

const FASTEST = 66; // ms between two drawings by plotly
const SLOWEST = 500;
const SHARE = 0.06; // of the browser's time goes to them
const SPOKEN = 1000; // ms between two texts for screen readers
const STILL = 4; // px that a click may move
const TWICE = 400; // ms between the clicks of a double click
// Schedules under which the learning rate changes a little with every step; under the others it jumps.
const GLIDING = ["Cosine", "WarmupDecay"];
const SETTINGS = { displayModeBar: false, responsive: false, doubleClick: false, scrollZoom: false, showTips: false };

export function mount(element, stage) {
  return new Curves(element, stage);
}

class Curves {
  constructor(element, stage) {
    Object.assign(this, { element, stage, record: recordOf(stage), lang: stage.setup.lang });
    Object.assign(this, { others: [], zoom: null, hover: null, width: 0 });
    this.how = { axis: "epoch", log: false, smooth: false, width: 0 };
    this.drawn = { at: -1e9, version: -1, cost: 20, last: -1 };
    this.spoken = -1e9;
    this.listeners = {
      theme: () => this.#again(),
      overlay: ({ name, history }) => this.overlay(name, history),
      chorus: () => this.#gather(),
    };
    for (const [event, listener] of Object.entries(this.listeners)) stage.on(event, listener);
    this.#build();
    this.#gather();
  }

  draw(frame) {
    this.frame = frame;
    if (!this.width) return;
    this.#shape();
    if (this.record.version !== this.drawn.version) this.#plan();
    this.#above();
    this.#speak();
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    this.zoom = null;
    this.#again();
    return true;
  }

  dispose() {
    for (const [event, listener] of Object.entries(this.listeners)) this.stage.off(event, listener);
    this.sizes.disconnect();
    window.removeEventListener("pointerup", this.release);
    clearTimeout(this.timer);
    if (this.plotted) window.Plotly.purge(this.plot);
    this.gone = true;
  }

  /** Shows another run's curves behind these: `history` is a frame as `stage.history()` gives it; null takes them away. */
  overlay(name, history) {
    this.others = this.others.filter((other) => other.name !== name);
    if (history) {
      const record = new Record();
      record.fill(history);
      this.others.push({ name, record });
    }
    this.#rekey();
  }

  // The runs that stand beside this one are drawn with it, each as its own stage records it.
  #gather() {
    const boards = this.stage.beside?.() ?? [];
    this.others = this.others.filter(({ board }) => !board);
    for (const board of boards) {
      const name = board.options.name;
      if (board.setup && !this.others.some((other) => other.name === name)) this.others.push({ name, board, record: recordOf(board) });
    }
    this.#rekey();
  }

  #rekey() {
    this.key.replaceChildren(...this.#keys());
    this.key.hidden = !this.others.length;
    this.#again();
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const { stage } = this;
    this.smooth = chip(stage.word("curves.smooth"), stage.word("curves.smooth_help"), () => this.#switch("smooth"));
    this.log = chip(stage.word("curves.log"), stage.word("curves.log_help"), () => this.#switch("log"));
    this.axis = chip("", "", () => this.#turn());
    this.all = chip(stage.word("curves.whole"), stage.word("curves.whole_help"), () => this.#unzoom());
    this.all.removeAttribute("aria-pressed");
    this.plot = h("div", { class: "stage-curves-plot" });
    this.canvas = h("canvas", { class: "stage-curves-canvas", "aria-hidden": "true" });
    this.heads = new Heads(stage, this.record);
    const said = { role: "img", "aria-label": stage.word("curves.alt_none") };
    this.figure = h("div", { class: "stage-curves-figure", ...said }, this.plot, this.canvas, this.heads.element);
    this.figure.title = stage.word(matchMedia("(pointer: coarse)").matches ? "curves.help_touch" : "curves.help");
    this.key = h("p", { class: "stage-curves-key", hidden: true });
    this.element.replaceChildren(
      h(
        "div",
        { class: "stage-curves" },
        h(
          "div",
          { class: "stage-curves-head" },
          h("h3", { class: "stage-curves-caption" }, stage.word("curves.title")),
          h("div", { class: "stage-curves-switches" }, this.all, this.smooth, this.log, this.axis),
        ),
        this.figure,
        this.key,
      ),
    );
    this.above = new Overlay(this.canvas);
    this.family = getComputedStyle(this.element).fontFamily;
    // Asking the page for a width while it is being changed is slow; here the page tells it.
    this.sizes = new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width === this.width) return;
      this.width = contentRect.width;
      this.#fit();
      this.#again();
    });
    this.sizes.observe(this.figure);
    this.#listen();
    this.#name();
  }

  #listen() {
    const { figure } = this;
    let down = null;
    figure.onpointermove = (event) => {
      this.hover = this.#inside(event);
      this.#above();
    };
    figure.onpointerleave = (event) => {
      if (event.pointerType !== "mouse") return;
      this.hover = null;
      this.#above();
    };
    figure.onpointerdown = (event) => {
      this.held = true;
      down = event.button === 0 && this.#inside(event) !== null ? event : null;
      this.hover = this.#inside(event);
    };
    // Plotly covers the page while something is dragged, so the end of it is heard of only here.
    this.release = (event) => {
      this.held = false;
      const still = down && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < STILL;
      if (still) this.#click(down);
      down = null;
      if (this.record.version !== this.drawn.version) this.#plan();
    };
    window.addEventListener("pointerup", this.release);
  }

  #keys() {
    return this.others.flatMap(({ name }, which) =>
      ["train", "test"].map((part) => {
        const label = this.stage.word("curves.other_line", { name, part: this.stage.word(`curves.${part}`) });
        const style = { color: this.stage.colours.classes[3 + (which % 4)] };
        return h("span", {}, h("i", { class: `stage-curves-other-${part}`, style }), label);
      }),
    );
  }

  // --- switches -----------------------------------------------------------------------------------------------------

  #switch(name) {
    this.how[name] = !this.how[name];
    if (name === "log" && this.zoom) this.zoom.y[0] = null;
    this.#name();
    this.#again();
  }

  #turn() {
    const { record, how, zoom } = this;
    const turn = how.axis === "epoch" ? (x) => record.stepAt(x) : (x) => record.epochAt(x);
    if (zoom?.x) zoom.x = zoom.x.map(turn);
    how.axis = how.axis === "epoch" ? "step" : "epoch";
    this.#name();
    this.#again();
  }

  #unzoom() {
    this.zoom = null;
    this.#again();
  }

  #name() {
    const { stage, how } = this;
    this.smooth.setAttribute("aria-pressed", how.smooth);
    this.log.setAttribute("aria-pressed", how.log);
    this.axis.removeAttribute("aria-pressed");
    this.axis.textContent = stage.word(`curves.${how.axis}s`);
    const other = stage.word(how.axis === "epoch" ? "curves.steps" : "curves.epochs");
    this.axis.title = stage.word("curves.axis_help", { other });
  }

  // --- plotly -------------------------------------------------------------------------------------------------------

  // The panels that there are; their places change only where there are others.
  #shape() {
    const all = panels(this.record, this.stage.setup.target, Boolean(this.stage.setup.experiment?.adversary));
    const names = all.map(({ name }) => name).join();
    if (names === this.names) return;
    this.names = names;
    this.panels = all;
    this.shown = null; // what was shown had other panels
    this.layout = arrange(this.panels);
    this.figure.style.height = `${this.layout.height}px`;
    this.heads.arrange(this.panels, this.layout.boxes);
    this.#fit();
    this.drawn.version = -1;
  }

  #fit() {
    this.how.width = this.width - MARGIN.left - MARGIN.right;
    if (this.layout) fit(this.canvas, this.width, this.layout.height);
  }

  #again() {
    this.drawn.version = -1;
    this.drawn.at = -1e9;
    this.stage.redraw();
  }

  // The longer a drawing takes, the rarer it is.
  #plan() {
    if (this.timer || this.held || this.gone) return;
    const pause = Math.min(Math.max(this.drawn.cost / SHARE, FASTEST), SLOWEST);
    const wait = Math.max(0, this.drawn.at + pause - performance.now());
    this.timer = setTimeout(() => {
      this.timer = null;
      this.#plot();
    }, wait);
  }

  async #plot() {
    if (this.gone || this.held || !this.width || !this.panels) return;
    this.#shape();
    this.shown = this.#shown();
    const version = this.record.version;
    const begun = performance.now();
    if (!window.Plotly) {
      this.library ??= plotly().then(
        () => this.#again(),
        () => {
          this.key.textContent = this.stage.word("curves.unavailable");
          this.key.hidden = false;
        },
      );
      this.above.plotted(-1);
      this.drawn = { ...this.drawn, at: begun, version };
      return this.#above();
    }
    const colours = { ...this.stage.colours, font: this.family };
    const word = (key) => this.stage.word(key);
    this.how.glides = GLIDING.includes(this.stage.setup.experiment?.schedule?.kind);
    const { data, layout } = figure(this.record, this.others, this.panels, this.how, this.shown, colours, word);
    layout.width = this.width;
    layout.dragmode = matchMedia("(pointer: coarse)").matches ? false : "zoom";
    window.Plotly.react(this.plot, data, layout, SETTINGS);
    if (!this.plotted) this.#wire();
    const cost = performance.now() - begun;
    this.drawn = { at: performance.now(), version, cost: 0.8 * this.drawn.cost + 0.2 * cost };
    this.figure.dataset.drawn = (this.count = (this.count ?? 0) + 1);
    this.above.plotted(this.record.lastStep);
    this.#above();
  }

  #wire() {
    this.plotted = true;
    this.plot.on("plotly_relayout", (changes) => this.#zoomed(changes));
  }

  #zoomed(changes) {
    const zoom = this.zoom ?? { x: null, y: this.panels.map(() => null) };
    for (const [index, axis] of ["xaxis", ...this.panels.map((_, i) => (i ? `yaxis${i + 1}` : "yaxis"))].entries()) {
      const [from, to] = changes[`${axis}.range`] ?? [changes[`${axis}.range[0]`], changes[`${axis}.range[1]`]];
      if (from === undefined || to === undefined) continue;
      if (index) zoom.y[index - 1] = [Number(from), Number(to)];
      else zoom.x = [Number(from), Number(to)];
    }
    this.zoom = zoom.x || zoom.y.some(Boolean) ? zoom : null;
    this.#again();
  }

  #shown() {
    const everything = ranges(this.record, this.others, this.panels, this.how);
    const { zoom } = this;
    this.all.hidden = !zoom;
    const y = everything.y.map((range, i) => zoom?.y[i] ?? range);
    return { x: zoom?.x ?? everything.x, y, zoomed: y.map((_, i) => Boolean(zoom?.y[i])) };
  }

  // --- above plotly -------------------------------------------------------------------------------------------------

  #inside(event) {
    const box = this.figure.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    return x >= MARGIN.left && x <= box.width - MARGIN.right && y >= 0 && y <= box.height - MARGIN.bottom ? x : null;
  }

  #stepAt(x) {
    const [from, to] = this.shown.x;
    const value = from + ((x - MARGIN.left) / this.how.width) * (to - from);
    const step = Math.round(this.how.axis === "step" ? value : this.record.stepAt(value));
    return Math.min(Math.max(step, 0), Math.max(this.record.lastStep, 0));
  }

  // A click shows that moment; a second one at once undoes the zoom, and the first click with it.
  #click(event) {
    if (!this.shown || !this.record.lines.size) return;
    const { stage, before } = this;
    const again = before && event.timeStamp - before.at < TWICE;
    this.before = again ? null : { mode: stage.mode, step: stage.frame?.step ?? 0, at: event.timeStamp };
    if (!again || !this.zoom) return this.#seek(this.#stepAt(this.#inside(event)));
    this.#unzoom();
    if (before.mode === "live") stage.live();
    else this.#seek(before.step);
  }

  #seek(step) {
    this.stage.seek(step)?.catch((error) => this.stage.announce(error.message));
  }

  #above() {
    if (!this.shown || !this.layout || !this.stage.colours) return;
    const { stage, record, how, shown, panels: all, layout, width } = this;
    const replayed = stage.mode === "live" ? null : (stage.frame?.step ?? null);
    const hovered = this.hover === null || this.held ? null : this.#stepAt(this.hover);
    const across = this.above.paint({ record, how, shown, panels: all, layout, width, colours: stage.colours, replayed, hovered });
    this.heads.read(hovered ?? replayed, how.axis, across, width); // what is pointed at, what is replayed, or the newest
  }

  #speak() {
    const now = performance.now();
    if (now - this.spoken < SPOKEN || !this.record.lines.size) return;
    this.spoken = now;
    this.figure.setAttribute("aria-label", this.heads.words(this.how.axis));
  }
}

function chip(text, title, onclick) {
  return h("button", { type: "button", class: "stage-curves-chip", title, onclick, "aria-pressed": "false" }, text);
}
