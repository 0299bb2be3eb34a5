// Both players as networks of living tiles, who of them learns, and one step of the game in slow motion: five numbered phases
// that follow the samples through both networks and the gradient back. While it is on, the arena shows its samples.

import { h } from "../dom.js";
import { percent } from "./gan/actors.js";
import { typeset } from "./gan/formula.js";
import { Strip } from "./gan/strip.js";
import { arenaOf, flowOf, numbers, PHASES, rowsOf } from "./gan/walk.js";
import { arrange, Wiring } from "./gan/wiring.js";
import { at } from "./explain/moment.js";
import { icon } from "./explain/tools.js";
import { ramp } from "./picture/ink.js";
import { Panel, write } from "./picture/panel.js";
import { dye } from "./picture/styles.js";

export const needs = ["anatomy", "weights"];
export const place = "main";
export const styles = "gan.css";

const LONG = 3200; // ms of a phase at pace 1
const EDGE = 30; // px of the panel around its pictures
const PACES = [0.5, 1, 2];
const TURNS = ["both", "discriminator", "generator"];

/** The view: `draw`, `renew`, `dispose`, `start()`, `stop()`. */
export function mount(element, stage) {
  return new Duel(element, stage);
}

class Duel extends Panel {
  static words = "duel";
  static every = true;

  constructor(element, stage) {
    super(element, stage, { status: () => this.#turns(), mode: () => this.#stale(), setup: () => this.#turns() });
    Object.assign(this, { wiring: new Wiring(), strip: new Strip(), walk: null, phase: 1, t: 0, playing: false, pace: 1, draws: 0, shown: null });
    this.#build();
  }

  draw(frame) {
    super.draw(frame);
    if (this.walk) this.#stale();
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    this.stop();
    this.shown = null;
    this.#turns();
    this.again();
    return true;
  }

  dispose() {
    this.stop();
    this.panel.remove();
    super.dispose();
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const word = (key, values) => this.word(key, values);
    const button = (name, deed, more = {}) => h("button", { type: "button", class: "stage-look-chip", title: word(`${name}_help`), onclick: deed, data: { name }, ...more }, word(name));
    this.canvas = h("canvas", { class: "stage-duel-canvas", role: "img", "aria-label": word("waiting") });
    this.field = h("div", { class: "stage-duel-field" }, this.canvas);
    this.chips = TURNS.map((turn) => button(`turn_${turn}`, () => this.stage.propose({ kind: "set", path: "adversary.training", value: turn }), { "aria-pressed": "false" }));
    const turns = h("div", { class: "stage-look-chips", role: "group", "aria-label": word("turns") }, h("span", { class: "stage-gan-label" }, word("turns")), this.chips);
    const steps = h("div", { class: "stage-look-chips", role: "group", "aria-label": word("steps") }, h("span", { class: "stage-gan-label" }, word("steps")), TURNS.map((turn) => button(`step_${turn}`, () => this.#step(turn))));
    this.begin_ = button("walk", () => this.start());
    this.begin_.classList.add("stage-gan-main");
    this.said = h("p", { class: "stage-look-note", role: "alert" });
    this.panel = this.#panel(word);
    // It stands below all pictures and stays in sight, so that none of them is out of it while the walk is on.
    this.element.after(this.panel);
    const head = h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, word("title")), this.begin_);
    this.root = h("section", { class: "stage-look stage-duel", "aria-label": word("title") }, head, this.field, h("div", { class: "stage-duel-tools" }, turns, steps), this.said);
    this.#turns();
    this.begin(this.field);
  }

  #panel(word) {
    const tool = (name, text, deed) => h("button", { type: "button", class: "stage-look-tool", "aria-label": word(name), title: word(name), onclick: deed }, text);
    this.phases = PHASES.map((name, k) => h("button", { type: "button", class: "stage-duel-phase", onclick: () => this.#jump(k + 1) }, h("b", {}, String(k + 1)), h("span", {}, word(name))));
    this.back = tool("back", icon("back"), () => this.#jump(this.phase - 1));
    this.play = tool("play", icon("play"), () => this.#toggle());
    this.forth = tool("forth", icon("forth"), () => this.#jump(this.phase + 1));
    const pace = h("select", { class: "stage-duel-pace", "aria-label": word("pace") }, PACES.map((each) => h("option", { value: each, selected: each === 1 }, `${each}×`)));
    pace.onchange = () => (this.pace = Number(pace.value));
    const other = h("button", { type: "button", class: "stage-look-chip", onclick: () => this.start(this.draws + 1) }, word("another"));
    const close = tool("close", "×", () => this.stop(true));
    this.bar = h("progress", { max: 1, value: 0, "aria-hidden": "true" });
    this.heading = h("h4", { class: "stage-duel-heading" });
    this.about = h("p", {});
    this.formula = h("p", { class: "stage-balance-formula" });
    this.pictures = h("canvas", { class: "stage-duel-strip", hidden: true, role: "img" });
    this.moved = h("p", { class: "stage-look-note" });
    const panel = h("section", { class: "stage-duel-panel", hidden: true, "aria-label": word("walk") },
      h("ol", { class: "stage-duel-phases" }, this.phases.map((each) => h("li", {}, each))),
      h("div", { class: "stage-look-tools" }, this.back, this.play, this.forth, pace, this.bar, other, close),
      this.heading, this.about, this.formula, this.pictures, this.moved);
    panel.onkeydown = (event) => this.#key(event);
    return panel;
  }

  wear() {
    if (this.panel) dye(this.panel, this.stage.colours);
    super.wear();
  }

  // --- who learns ---------------------------------------------------------------------------------------------------

  #turns() {
    const turn = this.stage.setup.experiment?.adversary?.training ?? "both";
    for (const [k, chip] of this.chips.entries()) chip.setAttribute("aria-pressed", String(TURNS[k] === turn));
    this.frozen = { discriminator: "generator", generator: "discriminator" }[turn] ?? null;
    this.again();
  }

  #step(turn) {
    this.stage.propose({ kind: "turn", turn });
    this.stage.announce(this.word(`step_${turn}_help`));
  }

  // --- the walk -----------------------------------------------------------------------------------------------------

  /** Begins: the run rests, so that its numbers stay. */
  async start(draw = 0) {
    const { stage } = this;
    this.begin_.setAttribute("aria-busy", "true");
    write(this.said, "");
    try {
      if (stage.status.status === "running" && stage.mode === "live") await stage.command({ kind: "pause" });
      stage.views?.get?.("timeline")?.live?.play(0);
      const found = await stage.ask("duel_walk", { number: draw, ...at(stage) });
      if (this.gone) return;
      Object.assign(this, { walk: { ...found.facts.answer, arrays: found.arrays }, draws: draw });
      this.panel.hidden = false;
      this.panel.dataset.step = this.walk.step;
      this.#jump(1, true);
      this.#reveal();
      this.play.focus({ preventScroll: true });
      stage.announce(this.word("begun"));
    } catch (error) {
      write(this.said, error.message);
    } finally {
      this.begin_.removeAttribute("aria-busy");
    }
  }

  // Above what is walked through stands what it does to the samples.
  #reveal() {
    const shown = this.stage.views?.get?.("arena") ?? this.stage.views?.get?.("gallery");
    const first = this.walk.arrays["plane/before"] ? shown?.element : this.element;
    first?.scrollIntoView?.({ block: "start", behavior: this.stage.reduced ? "auto" : "smooth" });
  }

  stop(refocus = false) {
    cancelAnimationFrame(this.turning);
    this.turning = null;
    if (this.walk) this.stage.emit("duel", null);
    this.walk = null;
    this.playing = false;
    this.panel.hidden = true;
    if (refocus) this.begin_.focus({ preventScroll: true });
    this.again();
  }

  #jump(phase, play = this.playing) {
    this.phase = Math.max(1, Math.min(PHASES.length, phase));
    this.t = this.stage.reduced ? 1 : 0;
    this.#tell();
    if (play && !this.stage.reduced) this.#play();
    else if (!this.playing) this.#show(1);
  }

  #toggle() {
    if (this.playing) {
      this.playing = false;
      this.#tell();
    } else if (this.phase === PHASES.length && this.t >= 1) this.#jump(1, true);
    else this.#play();
  }

  #play() {
    this.playing = true;
    if (this.t >= 1 && this.phase < PHASES.length) this.#jump(this.phase + 1, false);
    this.#tell();
    let before = performance.now();
    cancelAnimationFrame(this.turning);
    const turn = (now) => {
      if (!this.playing || !this.walk) return;
      this.t += (this.pace * Math.min(100, now - before)) / LONG;
      before = now;
      if (this.t >= 1.25 && this.phase < PHASES.length) {
        this.phase++;
        this.t = 0;
        this.#tell();
      }
      this.#show(Math.min(1, this.t));
      if (this.t >= 1 && this.phase === PHASES.length) {
        this.playing = false;
        this.#tell();
        return;
      }
      this.turning = requestAnimationFrame(turn);
    };
    this.turning = requestAnimationFrame(turn);
  }

  #show(t) {
    if (!this.walk) return;
    this.shownAt = t;
    this.bar.value = (this.phase - 1 + t) / PHASES.length;
    const arena = arenaOf(this.phase, t, this.walk.arrays);
    this.stage.emit("duel", arena ? { phase: this.phase, arena } : null);
    this.again();
  }

  #tell() {
    const { walk, phase } = this;
    const name = PHASES[phase - 1];
    for (const [k, button] of this.phases.entries()) {
      button.setAttribute("aria-current", k + 1 === phase ? "step" : "false");
      button.dataset.done = String(k + 1 < phase);
    }
    const values = numbers(walk);
    const kind = this.stage.setup.experiment.adversary?.loss?.kind ?? "NonSaturating";
    write(this.heading, `${phase}. ${this.word(`${name}_title`)}`);
    write(this.about, this.word(walk.critic && ["judge", "detect"].includes(name) ? `${name}_critic` : name === "improve" && !walk.arrays["plane/before"] ? "improve_pictures" : `${name}_text`, values));
    this.formula.replaceChildren(...typeset(name === "detect" ? this.word(`d_formula_${kind}`, values) : name === "slope" ? this.word(`g_formula_${kind}`, values) : ""));
    this.play.replaceChildren(icon(this.playing ? "pause" : "play"));
    this.play.setAttribute("aria-label", this.word(this.playing ? "pause" : "play"));
    this.back.disabled = phase === 1;
    this.forth.disabled = phase === PHASES.length;
    Object.assign(this.panel.dataset, { phase, playing: this.playing });
    this.#strip(values);
    this.stage.announce(`${this.heading.textContent}. ${this.about.textContent}`);
  }

  #strip() {
    const { walk, stage, pictures } = this;
    pictures.hidden = Boolean(walk.arrays["plane/before"]) || !this.width;
    if (pictures.hidden) return;
    const rows = rowsOf(this.phase, walk.arrays);
    const width = Math.min(this.width - EDGE, 640);
    const pen = this.pen(pictures, width, this.strip.height(rows, width));
    const { colours } = stage;
    const titles = Object.fromEntries(["real", "fake", "fresh", "pull", "moved"].map((name) => [name, this.word(`row_${name}`)]));
    const written = walk.critic ? (value) => value.toFixed(1) : percent;
    this.strip.paint(pen, rows, width, { lut: ramp(colours.background, colours.text), signed: colours.lut, family: this.family, text: colours.text, faint: colours.faint, titles, written });
    pictures.setAttribute("aria-label", rows.map(({ name }) => titles[name]).join(", "));
  }

  // The run has gone on, or another step is shown: the numbers are those of another moment.
  #stale() {
    if (!this.walk) return;
    const shown = this.stage.frame?.step ?? this.walk.step;
    write(this.moved, shown === this.walk.step ? (this.walk.known ? "" : this.word("unknown")) : this.word("moved", { step: this.walk.step, now: shown }));
  }

  #key(event) {
    if (event.target.matches("select") || event.altKey || event.ctrlKey || event.metaKey) return;
    const deeds = { ArrowRight: () => this.#jump(this.phase + 1), ArrowLeft: () => this.#jump(this.phase - 1), Escape: () => this.stop(true) };
    const deed = deeds[event.key] ?? (/^[1-5]$/.test(event.key) ? () => this.#jump(Number(event.key)) : null);
    if (!deed) return;
    event.preventDefault();
    event.stopPropagation();
    deed();
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint(frame) {
    const { stage, width } = this;
    if (frame?.arrays["gan/g/-1"]) this.shown = { ...this.shown, ...frame.arrays };
    const layout = stage.setup.players && arrange(stage.setup.players, this.shown, width);
    this.root.dataset.state = layout ? "shown" : "waiting";
    if (!layout) return;
    const pen = this.pen(this.canvas, width, layout.height);
    this.wiring.family = this.family;
    const words = Object.fromEntries(["generator", "discriminator", "real", "fake", "answer", "class"].map((key) => [key, this.word(key)]));
    const t = this.shownAt ?? 1;
    const flow = this.walk ? flowOf(this.phase, t) : {};
    this.wiring.paint(pen, layout, this.shown, stage.colours, words, { flow, time: performance.now() / 1000, frozen: this.walk ? null : this.frozen });
    if (frame) this.root.dataset.step = frame.step;
    this.speak(this.canvas, () => this.word("alt", { g: stage.setup.players.generator.columns.length, d: stage.setup.players.discriminator.columns.length, step: frame?.step ?? 0 }));
  }
}
