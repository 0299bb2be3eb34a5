// A stage: views side by side, the newest frame, and what views may ask for. It knows no picture: each is a module of
// views/, found by its name, mounted into a place of its own and drawn once per frame.
//
//   export const needs = ["weights", "maps"];    probes wanted while the view is on screen
//   export const place = "main";                 "main" (left), "side" (right) or "foot" (below, full width)
//   export const styles = "diagram.css";         its style sheet, beside it
//   export function mount(element, stage) {      element: an empty <div>
//     return { draw(frame), resize?(), renew?(), dispose?() };
//   }
//
// `renew` is called when the facts have changed (stage.setup); without it, or if it returns false, the view is disposed
// of and mounted again.

import { readColours } from "./colours.js";
import { DataLine } from "./dataline.js";
import { h, styleSheet } from "./dom.js";
import { Events } from "./events.js";
import { Socket } from "./socket.js";

const NAME = /^[a-z][a-z_]{0,40}$/;
const ASIDE = 250; // ms between credits while an older step is shown
const OUT_OF_SIGHT = 1000; // ms between credits while no view is on screen

export class Board {
  constructor(root) {
    this.root = root;
    this.events = new Events();
    this.views = new Map();
    this.setup = null;
    this.frame = null; // what is shown
    this.newest = null; // the newest live frame
    this.status = { status: "", step: 0, epoch: 0, rate: 0, pace: 0, position: 0, reason: "" };
    this.mode = "live";
    this.selection = null;
    this.owed = 0; // frames that have come and not been answered with a credit
    this.counted = { drawn: 0, mounts: 0 };
    this.motion = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.#build();
  }

  // --- what views may use ---------------------------------------------------------------------------------------------

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
    const template = this.setup?.words[key] ?? this.options.words?.[key] ?? key;
    return template.replace(/\{\{|\}\}|\{(\w+)\}/g, (found, name) => (name ? (values[name] ?? "") : found[0]));
  }

  /** Steers the run; rejects with an Error whose message is the sentence of the refusal. */
  command(command) {
    return this.source.request("command", { command }).then((done) => {
      this.events.emit("command", { step: done.step, command });
      return done;
    });
  }

  /** Asks for something computed on the run, such as "backprop"; resolves with a frame. */
  ask(what, args = {}) {
    return this.source.request("ask", { ...args, what }).then((frame) => this.#own(frame, false));
  }

  /** The steps of all recorded frames: a frame with the array `steps`. */
  steps() {
    return this.source.request("steps").then((frame) => this.#own(frame, false));
  }

  /** The metrics of the whole run: a frame with an array for each of them, and `step`. */
  history() {
    return this.source.request("history").then((frame) => this.#own(frame, false));
  }

  /**
   * Shows the recorded frame at the nearest step that is not later. One request is on its way at a time, and the newest
   * wish wins; resolves when there is nothing left to wish.
   */
  seek(step) {
    this.wish = step;
    this.#setMode("replay");
    this.seeking ??= this.#seek().finally(() => (this.seeking = null));
    return this.seeking;
  }

  /** The recorded frame at the nearest step that is not later, without showing it. */
  recorded(step) {
    return this.source.request("seek", { step }).then((found) => (found.arrays ? this.#own(found, false) : null));
  }

  /** Shows a recorded frame. */
  present(frame) {
    this.wish = null;
    this.#setMode("replay");
    this.#show(frame);
  }

  /** Goes back to what the run does now. */
  live() {
    this.wish = null;
    this.#setMode("live");
    if (this.newest) this.#show(this.newest);
    this.#pay();
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
  }

  /** Says something to screen readers, at most once a second; the last sentence wins. */
  announce(text) {
    this.saying = text;
    this.sayer ??= setTimeout(() => {
      this.sayer = null;
      this.voice.textContent = this.saying;
    }, 1000 - Math.min(1000, performance.now() - (this.saidAt ?? -1e9)));
    this.saidAt = performance.now();
  }

  /** Slides a node in from below; Escape or the button takes it away. Returns a function that closes it. */
  openDrawer(node, label = "") {
    this.closeDrawer?.();
    const before = document.activeElement;
    const close = () => {
      if (this.closeDrawer !== close) return;
      this.closeDrawer = null;
      this.drawer.hidden = true;
      this.drawer.replaceChildren();
      this.events.emit("drawer", null);
      if (before?.isConnected) before.focus({ preventScroll: true });
    };
    this.closeDrawer = close;
    const button = h("button", { type: "button", class: "stage-close", "aria-label": this.word("close"), onclick: close }, "×");
    this.drawer.replaceChildren(button, node);
    this.drawer.setAttribute("aria-label", label || this.word("drawer"));
    this.drawer.onkeydown = (event) => event.key === "Escape" && close();
    this.drawer.hidden = false;
    button.focus({ preventScroll: true });
    this.events.emit("drawer", node);
    return close;
  }

  /** Draws what is shown once more, in the next animation frame. */
  redraw() {
    if (this.frame) this.#schedule();
  }

  // --- what Streamlit sends -------------------------------------------------------------------------------------------

  update(options, component, bundle) {
    const before = this.options;
    this.options = options;
    this.component = component;
    this.#readTheme();
    this.#arrange(options.views);
    const moved = !before || before.run !== options.run || before.transport !== options.transport;
    if (moved) this.#connect(options);
    else this.source.renew(options.token);
    if (bundle) this.source.take(bundle);
  }

  close() {
    this.source?.close();
    this.sight.disconnect();
    this.sizes.disconnect();
    cancelAnimationFrame(this.raf);
    clearTimeout(this.payer);
    clearTimeout(this.sayer);
    for (const view of this.views.values()) this.#dispose(view);
    this.root.replaceChildren();
  }

  // --- inside ---------------------------------------------------------------------------------------------------------

  #build() {
    this.places = { main: h("div", { class: "stage-main" }), side: h("div", { class: "stage-side" }), foot: h("div", { class: "stage-foot" }) };
    this.line = h("p", { class: "stage-line", role: "status", hidden: true });
    this.voice = h("p", { class: "stage-voice", "aria-live": "polite" });
    this.drawer = h("section", { class: "stage-drawer", role: "dialog", hidden: true });
    this.root.classList.add("stage");
    this.root.replaceChildren(this.line, this.places.main, this.places.side, this.places.foot, this.drawer, this.voice);
    this.root.board = this;
    this.styled = styleSheet(this.root, new URL("stage.css", import.meta.url).href);
    this.sight = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: "80px" });
    this.sizes = new ResizeObserver((entries) => this.#resized(entries));
    this.#mark();
  }

  #connect(options) {
    this.source?.close();
    this.newest = null;
    this.owed = 0;
    this.wish = null;
    this.#setMode("live");
    const to = {
      frame: (frame) => this.#take(frame),
      setup: (frame) => this.#settle(frame),
      status: (status) => this.#hear(status),
      state: (state) => this.#setState(state),
      renew: () => this.component.setTriggerValue("renew", Date.now()),
      barred: () => this.component.setStateValue("transport", "data"),
    };
    if (options.transport === "data") {
      this.source = new DataLine((wanted) => this.component.setStateValue("wanted", wanted), to);
    } else {
      const address = new URL("live/ws", document.baseURI);
      address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
      this.source = new Socket(options.address ?? address.href, options.token, to);
    }
    this.#watch(true);
  }

  #arrange(names) {
    const wanted = names.filter((name) => NAME.test(name));
    for (const [name, view] of this.views) {
      if (wanted.includes(name)) continue;
      this.#dispose(view);
      view.element.remove();
      this.views.delete(name);
    }
    for (const [order, name] of wanted.entries()) {
      let view = this.views.get(name);
      if (!view) {
        view = { name, element: h("div", { class: "stage-view", data: { view: name } }), visible: false };
        this.views.set(name, view);
        this.#load(view);
      }
      view.element.style.order = order;
    }
    this.#watch();
  }

  async #load(view) {
    try {
      const code = await import(`./views/${view.name}.js`);
      if (code.styles) await styleSheet(this.root, new URL(`views/${code.styles}`, import.meta.url).href);
      await this.styled;
      view.code = code;
    } catch (error) {
      this.#broken(view, error);
      return;
    }
    if (this.views.get(view.name) !== view) return;
    this.places[view.code.place ?? "main"].append(view.element);
    this.sight.observe(view.element);
    this.sizes.observe(view.element);
    this.#mountView(view);
  }

  #mountView(view) {
    if (!view.code || !this.setup) return;
    try {
      view.live = view.code.mount(view.element, this);
      this.counted.mounts++;
      this.#mark();
    } catch (error) {
      this.#broken(view, error);
    }
    this.redraw();
  }

  #dispose(view) {
    this.sight.unobserve(view.element);
    this.sizes.unobserve(view.element);
    try {
      view.live?.dispose?.();
    } catch (error) {
      console.error(`stage: ${view.name}`, error);
    }
    view.live = null;
    view.element.replaceChildren();
  }

  // A view that fails is left out; the others and the run go on.
  #broken(view, error) {
    console.error(`stage: ${view.name}`, error);
    view.live = null;
    view.element.replaceChildren(h("p", { class: "stage-broken" }, this.word("broken", { name: view.name })));
  }

  #settle(frame) {
    const facts = frame.header.setup;
    this.setup = { ...facts, arrays: frame.arrays };
    this.frame = null;
    this.select(null);
    this.#readTheme();
    for (const view of this.views.values()) this.#renewView(view);
    this.#setState("open");
    this.events.emit("setup", this.setup);
  }

  #renewView(view) {
    if (view.live?.renew && view.live.renew() !== false) return;
    if (view.live) {
      this.#dispose(view);
      this.sight.observe(view.element);
      this.sizes.observe(view.element);
    }
    this.#mountView(view);
  }

  #take(frame) {
    this.owed++;
    this.newest = this.#own(frame, true);
    this.events.emit("frame", this.newest);
    if (this.mode === "live") this.#show(this.newest);
    else this.#pay();
  }

  #own({ kind, step, epoch, metrics, arrays, header }, live) {
    return { kind, step, epoch, metrics, arrays, live, at: header.at ?? 0, facts: header };
  }

  #show(frame) {
    this.frame = frame;
    this.#schedule();
  }

  #schedule() {
    this.raf ||= requestAnimationFrame(() => {
      this.raf = 0;
      this.#draw();
    });
  }

  #draw() {
    const { frame } = this;
    if (!frame || !this.setup) return;
    let seen = false;
    for (const view of this.views.values()) {
      if (!view.visible || !view.live) continue;
      seen = true;
      try {
        view.live.draw(frame);
      } catch (error) {
        this.#broken(view, error);
      }
    }
    this.counted.drawn++;
    this.#mark();
    this.events.emit("drawn", frame);
    if (seen && this.mode === "live") this.#answer();
    else this.#pay();
  }

  #answer() {
    this.source?.credit(this.owed);
    this.owed = 0;
  }

  // Frames that nobody sees are answered late, so that they cost little.
  #pay() {
    this.payer ??= setTimeout(() => {
      this.payer = null;
      if (!document.hidden) this.#answer();
    }, this.mode === "live" ? OUT_OF_SIGHT : ASIDE);
  }

  async #seek() {
    let frame = null;
    while (this.wish !== null && this.wish !== undefined) {
      const step = this.wish;
      this.wish = null;
      frame = await this.recorded(step);
      if (this.mode === "replay" && frame) this.#show(frame);
    }
    return frame;
  }

  #setMode(mode) {
    if (this.mode === mode) return;
    this.mode = mode;
    this.root.dataset.mode = mode;
    this.events.emit("mode", mode);
  }

  #hear(status) {
    const before = this.status;
    this.status = status;
    if (status.lost !== undefined) this.#setState(status.lost ? "lost" : "open");
    this.root.dataset.status = status.status;
    if (status.experiment && this.setup) this.setup.experiment = status.experiment;
    this.events.emit("status", status);
    if (before.status !== status.status && this.options.reports?.includes("status")) {
      this.component.setStateValue("status", status.status);
    }
  }

  #setState(state) {
    this.root.dataset.connection = state;
    const slow = this.options.transport === "data";
    const key = state === "open" ? (slow ? "line.data" : "") : state === "connecting" && !this.setup ? "" : `line.${state}`;
    this.line.hidden = !key;
    this.line.textContent = key && this.word(key);
  }

  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const view = this.views.get(target.dataset.view);
      if (view) view.visible = isIntersecting;
    }
    this.#watch();
    this.redraw();
  }

  #resized(entries) {
    for (const { target } of entries) {
      const view = this.views.get(target.dataset.view);
      try {
        view?.live?.resize?.();
      } catch (error) {
        this.#broken(view, error);
      }
    }
    this.redraw();
  }

  #watch(again = false) {
    const needs = new Set();
    for (const { visible, code } of this.views.values()) if (visible) code.needs?.forEach((name) => needs.add(name));
    const probes = [...needs].sort();
    if (!this.source || (!again && probes.join() === this.probes)) return;
    this.probes = probes.join();
    this.source.watch(probes);
  }

  #readTheme() {
    if (!this.setup) return;
    const colours = readColours(this.root, this.setup.themes);
    if (JSON.stringify(colours) === JSON.stringify(this.colours)) return;
    const first = !this.colours;
    this.colours = colours;
    this.root.dataset.theme = colours.dark ? "dark" : "light";
    for (const name of ["negative", "zero", "positive", "train", "test", "wrong", "faint", "line"]) {
      this.root.style.setProperty(`--stage-${name}`, colours[name]);
    }
    if (!first) this.events.emit("theme", colours);
    this.redraw();
  }

  #mark() {
    this.root.dataset.frame = this.counted.drawn;
    this.root.dataset.mounts = this.counted.mounts;
    if (this.frame) this.root.dataset.step = this.frame.step;
  }
}
