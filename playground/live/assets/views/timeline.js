// The timeline: the whole training as a bar, and every moment of it a drag away. Plays it forwards and backwards, forks
// it, pins a ghost of its boundary. Which frame is fetched when stands in time/player.js.

import { digits, fit, h, s, whole } from "../dom.js";
import { Player, SPEEDS } from "./time/player.js";
import { recordOf } from "./time/series.js";
import { HEIGHT, paint } from "./time/track.js";

export const needs = [];
export const place = "foot";
export const styles = "timeline.css";

const MARGIN = 9; // px from the bar's ends to its first and last step
const CALM = 200; // ms between two drawings of a bar that grows
const SPOKEN = 1000; // ms between two texts for screen readers, while nobody steers
const NEAR = 7; // px
const PAGE = 0.1; // of the recording

const ICONS = { back: "M11 3 4 8l7 5z", forth: "M5 3l7 5-7 5z", hold: "M4 3h3v10H4zM9 3h3v10H9z" };
const FORK = "M4.5 5.3v5.4M11.5 6.3c0 3.4-7 1.2-7 4.4M4.5 2.1a1.6 1.6 0 1 0 .01 0M4.5 10.7a1.6 1.6 0 1 0 .01 0M11.5 3.1a1.6 1.6 0 1 0 .01 0";
const GHOST = "M3 13.5V7a5 5 0 0 1 10 0v6.5l-2-1.5-1.5 1.5L8 12l-1.5 1.5L5 12zM6.3 7h.01M9.7 7h.01";

export function mount(element, stage) {
  return new Timeline(element, stage);
}

class Timeline {
  constructor(element, stage) {
    Object.assign(this, { element, stage, record: recordOf(stage), ghost: null, shown: null, hover: null, lang: stage.setup.lang });
    this.painted = { at: -1e9, version: -1 };
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
  }

  draw(frame) {
    if (frame !== this.shown) {
      this.shown = frame;
      this.#read();
    }
    this.#follow();
  }

  resize() {
    this.#repaint();
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    this.player.forget();
    this.#pin(null);
    this.#refresh();
    return true;
  }

  dispose() {
    this.player.forget();
    this.#pin(null);
    for (const [event, listener] of Object.entries(this.listeners)) this.stage.off(event, listener);
    clearTimeout(this.later);
  }

  /** Plays the recording: 1 forwards, −1 backwards, 0 holds it. */
  play(direction = 1) {
    if (direction) this.player.play(direction);
    else this.player.halt();
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const { stage } = this;
    this.back = button("stage-timeline-round", icon(ICONS.back), () => this.#toggle(-1));
    this.forth = button("stage-timeline-round", icon(ICONS.forth), () => this.#toggle(1));
    this.speed = h("select", { class: "stage-timeline-speed", "aria-label": stage.word("timeline.speed") });
    this.speed.append(...SPEEDS.map((x) => h("option", { value: x, selected: x === 1 }, `${x}×`)));
    this.speed.onchange = () => (this.player.speed = Number(this.speed.value));
    this.canvas = h("canvas", { class: "stage-timeline-canvas", "aria-hidden": "true" });
    this.veil = h("div", { class: "stage-timeline-veil" }); // over what has not been reached
    this.thumb = h("div", { class: "stage-timeline-thumb" });
    this.bubble = h("div", { class: "stage-timeline-bubble", hidden: true });
    this.track = h(
      "div",
      { class: "stage-timeline-track", role: "slider", tabindex: 0, "aria-label": stage.word("timeline.track"), "aria-valuemin": 0 },
      this.canvas,
      h("div", { class: "stage-timeline-clip" }, this.veil),
      this.thumb,
      this.bubble,
    );
    this.now = h("p", { class: "stage-timeline-now" });
    this.live = button("stage-timeline-live", [h("i"), h("span")], () => stage.live());
    this.fork = button("stage-timeline-act", [icon(FORK, true), h("span", {}, stage.word("timeline.fork"))], () => this.#fork());
    this.pinner = button("stage-timeline-act", [icon(GHOST, true), h("span", {}, stage.word("timeline.ghost"))], () => this.#toggleGhost());
    this.note = h("p", { class: "stage-timeline-note", hidden: true });
    const group = { role: "group", "aria-label": stage.word("timeline.title") };
    this.element.replaceChildren(
      h(
        "div",
        { class: "stage-timeline", ...group },
        h("div", { class: "stage-timeline-play" }, this.back, this.forth, this.speed),
        this.track,
        this.now,
        h("div", { class: "stage-timeline-acts" }, this.live, this.fork, this.pinner),
        this.note,
      ),
    );
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
    if (x >= this.#place(this.total) - 1) {
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
    const keys = {
      ArrowLeft: () => this.player.move(-1),
      ArrowDown: () => this.player.move(-1),
      ArrowRight: () => this.player.move(1),
      ArrowUp: () => this.player.move(1),
      PageDown: () => this.player.move(0, -PAGE),
      PageUp: () => this.player.move(0, PAGE),
      Home: () => this.player.show(0),
      End: () => this.stage.live(),
    };
    if (!keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation(); // the page has a use of its own for the arrows
    this.spoken = -1e9;
    keys[event.key]();
  }

  // --- forks and ghosts ---------------------------------------------------------------------------------------------

  #fork() {
    const { step } = this.stage.frame ?? {};
    const why = this.#noFork();
    if (why) return this.stage.announce(why);
    this.player.halt();
    this.stage.propose({ kind: "fork", step });
    this.stage.announce(this.stage.word("timeline.forked", { step: whole(step) }));
  }

  #noFork() {
    const { stage } = this;
    if (stage.setup.fork) return stage.setup.fork;
    if (stage.mode === "live" && stage.status.status === "running") return stage.word("timeline.fork_live");
    return stage.frame?.step ? "" : stage.word("timeline.fork_early");
  }

  #toggleGhost() {
    const { stage } = this;
    const why = this.#noGhost();
    if (why) return stage.announce(why);
    if (this.ghost) return this.#pin(null);
    this.#pin(stage.frame);
    stage.announce(stage.word("timeline.ghost_pinned", { step: whole(this.ghost.step) }));
  }

  #noGhost() {
    const { stage } = this;
    if (this.ghost) return "";
    if (stage.setup.extent?.length !== 4) return stage.word("timeline.ghost_plane");
    const { arrays = {} } = stage.frame ?? {};
    return arrays["map/plane"] || arrays["map/class"] ? "" : stage.word("timeline.ghost_missing");
  }

  #pin(frame) {
    if (frame === this.ghost) return;
    this.ghost = frame;
    this.stage.emit("ghost", frame);
    this.#refresh();
    this.#repaint();
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
    const step = this.dragging && this.wished !== null ? this.wished : this.stage.mode === "live" ? this.total : (this.shown?.step ?? 0);
    const x = this.#place(step);
    this.thumb.style.transform = `translateX(${x.toFixed(1)}px)`;
    this.veil.style.transform = `translateX(${x.toFixed(1)}px)`;
    if (this.stage.mode !== "live") this.#sayAhead();
    this.#speak(now);
  }

  #repaint() {
    this.width = this.track.clientWidth;
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
      ghost: this.ghost?.step ?? null,
      unit: this.stage.word("timeline.epoch"),
    });
  }

  #read() {
    const { step, epoch } = this.shown;
    const { stage } = this;
    this.now.replaceChildren(
      h("span", {}, stage.word("timeline.step"), h("b", {}, whole(step))),
      h("span", {}, stage.word("timeline.epoch"), h("b", {}, digits(epoch))),
    );
    this.#reasons();
  }

  #speak(now) {
    if (!this.shown || now - this.spoken < (this.dragging ? 0 : SPOKEN)) return;
    this.spoken = now;
    const { step, epoch, metrics } = this.shown;
    const values = { step: whole(step), total: whole(this.total), epoch: digits(epoch), loss: digits(metrics.loss) };
    this.track.setAttribute("aria-valuemax", this.total);
    this.track.setAttribute("aria-valuenow", step);
    this.track.setAttribute("aria-valuetext", this.stage.word("timeline.value", values));
  }

  // What stands under the pointer: the step, its loss, and what was changed there.
  #tell() {
    const { hover, bubble, stage, record } = this;
    bubble.hidden = hover === null;
    if (hover === null) return;
    const step = this.#step(hover);
    const loss = record.line("loss")?.at(step) ?? NaN;
    const changes = record.commands.filter((entry) => Math.abs(this.#place(entry.step) - hover) < NEAR);
    bubble.replaceChildren(
      h("span", {}, `${stage.word("timeline.step")} ${whole(step)} · ${stage.word("timeline.epoch")} ${digits(record.epochAt(step))}`),
      h("span", {}, `${stage.word("timeline.loss")} ${digits(loss)}`),
      ...changes.slice(-3).map(({ command }) => h("b", {}, sayCommand(command, stage))),
    );
    const half = bubble.offsetWidth / 2;
    bubble.style.left = `${Math.min(Math.max(hover, half), this.width - half).toFixed(0)}px`;
  }

  #refresh() {
    const { stage, player } = this;
    const live = stage.mode === "live";
    this.element.firstChild.dataset.mode = stage.mode;
    this.element.firstChild.dataset.playing = player.direction;
    for (const [button, direction, name, shape] of [
      [this.back, -1, "back", ICONS.back],
      [this.forth, 1, "forth", ICONS.forth],
    ]) {
      const playing = player.direction === direction;
      button.querySelector("path").setAttribute("d", playing ? ICONS.hold : shape);
      name_(button, stage.word(playing ? "timeline.pause" : `timeline.${name}`));
      button.setAttribute("aria-pressed", playing);
    }
    const seconds = digits(player.steps.length / (player.rate / player.speed) || 20);
    this.speed.title = stage.word("timeline.speed_help", { seconds });
    this.live.setAttribute("aria-pressed", live);
    this.live.lastChild.textContent = stage.word(stage.status.status === "running" ? "timeline.live" : "timeline.latest");
    this.live.dataset.running = stage.status.status === "running";
    this.#sayAhead();
    this.#reasons();
  }

  #sayAhead() {
    const { stage } = this;
    const running = stage.status.status === "running";
    const ahead = stage.mode === "live" ? 0 : this.total - (this.shown?.step ?? 0);
    const steps = whole(ahead);
    const key = stage.mode === "live" ? (running ? "is_live" : "is_latest") : running ? "to_live" : "to_latest";
    this.live.dataset.ahead = ahead > 0 ? stage.word("timeline.ahead", { steps }) : "";
    name_(this.live, stage.word(`timeline.${key}`, { steps }));
  }

  // A button that cannot be used says why; it stays reachable, so that everybody can hear it.
  #reasons() {
    const { stage } = this;
    if (!stage.setup) return;
    const step = whole(stage.frame?.step ?? 0);
    this.#explain(this.fork, this.#noFork(), stage.word("timeline.fork_help", { step }));
    const pinned = this.ghost && stage.word("timeline.ghost_off", { step: whole(this.ghost.step) });
    this.#explain(this.pinner, this.#noGhost(), pinned ?? stage.word("timeline.ghost_help", { step }));
    this.pinner.setAttribute("aria-pressed", this.ghost !== null);
  }

  #explain(button, why, help) {
    const text = why || help;
    if (button.title !== text) {
      button.title = text;
      button.setAttribute("aria-description", text);
    }
    button.setAttribute("aria-disabled", Boolean(why));
  }

  #complain(sentence) {
    this.note.textContent = sentence;
    this.note.hidden = false;
    this.stage.announce(sentence);
    clearTimeout(this.silence);
    this.silence = setTimeout(() => (this.note.hidden = true), 6000);
  }
}

/** What a command has changed, in the words of the settings: "lr → 0.1", "0.weight[1, 0] → 0.5". */
function sayCommand(command, stage) {
  const index = command.index ? `[${command.index.join(", ")}]` : "";
  const name = command.kind === "set" ? command.path.split(".").at(-1) : `${command.name}${index}`;
  const value = typeof command.value === "number" ? digits(command.value) : String(command.value);
  return stage.word("timeline.mark", { name, value });
}

function button(kind, content, onclick) {
  return h("button", { type: "button", class: kind, onclick }, content);
}

function icon(path, outline = false) {
  return s("svg", { viewBox: "0 0 16 16", "aria-hidden": "true", class: outline ? "stage-timeline-outline" : null }, s("path", { d: path }));
}

function name_(button, text) {
  if (button.title === text) return;
  button.title = text;
  button.setAttribute("aria-label", text);
}
