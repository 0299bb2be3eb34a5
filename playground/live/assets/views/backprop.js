// One training step on one sample, walked through on the diagram in five numbered phases: forward, loss, backward, gradient,
// update. Every number is that of the step the engine would take with this sample alone. Beside it the gradient check.

import { h } from "../dom.js";
import { CheckTable } from "./explain/check.js";
import { formulas, line } from "./explain/formula.js";
import { at } from "./explain/moment.js";
import { momentOf, short, unitOf } from "./explain/moments.js";
import { Overlay } from "./explain/overlay.js";
import { path, PHASES } from "./explain/path.js";
import { choose, sampleOf, sampleRow } from "./explain/sample.js";
import { Tools } from "./explain/tools.js";
import { rest } from "./picture/spot.js";
import { dye } from "./picture/styles.js";

export const needs = [];
export const place = "main";
export const styles = "backprop.css";

const STOP = { unit: 900, column: 1700 }; // ms at pace 1
const FEW = 24; // units of a network that is walked unit by unit at first

/** The view: `draw`, `dispose`, `start()`, `stop()`. */
export function mount(element, stage) {
  return new Backprop(element, stage);
}

class Backprop {
  constructor(element, stage) {
    Object.assign(this, { element, stage, walk: null, now: 0, playing: false, pace: 1, formulas: new Map() });
    const { columns } = stage.setup;
    this.fine = columns.reduce((sum, { units }) => sum + units, 0) <= FEW;
    this.overlay = new Overlay(() => (stage.views instanceof Map ? stage.views.get("diagram")?.live : stage.views?.diagram) ?? null, stage);
    this.check = new CheckTable(stage);
    this.#build();
    this.listeners = {
      selection: (selection) => this.#selected(selection),
      status: () => this.#stale(),
      mode: () => this.#stale(),
      theme: () => this.#dye(),
    };
    for (const [event, listener] of Object.entries(this.listeners)) stage.on(event, listener);
    this.#dye();
  }

  draw() {
    if (this.walk) this.#stale();
  }

  resize() {}

  dispose() {
    this.stop();
    for (const [event, listener] of Object.entries(this.listeners)) this.stage.off(event, listener);
    this.element.replaceChildren();
  }

  // --- the walk ---------------------------------------------------------------------------------------------------------

  /** Begins: the run rests, so that its numbers stay. */
  async start() {
    const { stage } = this;
    this.begin.setAttribute("aria-busy", "true");
    try {
      if (stage.status.status === "running" && stage.mode === "live") await stage.command({ kind: "pause" });
      stage.views?.get?.("timeline")?.live?.play(0);
      await this.#load();
      choose(stage, this.walk.sample);
      this.#go(0);
      this.play();
      this.tools.play.focus({ preventScroll: true });
      stage.announce(this.word("begun"));
    } catch (error) {
      this.#refuse(error);
    } finally {
      this.begin.removeAttribute("aria-busy");
    }
  }

  stop() {
    this.pause();
    const inside = this.panel.contains(document.activeElement);
    this.walk = null;
    this.chosen = null;
    this.formulas.clear();
    this.overlay.hide();
    this.panel.hidden = true;
    this.bar.hidden = false;
    rest(this.stage, null);
    this.stage.emit?.("phase", null);
    if (inside) this.begin.focus({ preventScroll: true });
  }

  play() {
    if (!this.walk) return;
    if (this.now === this.way.length - 1) this.#go(0);
    this.playing = true;
    this.#controls();
    this.#later();
  }

  pause() {
    this.playing = false;
    clearTimeout(this.timer);
    if (this.walk) this.#controls();
  }

  #later() {
    clearTimeout(this.timer);
    const { unit } = this.way[this.now];
    this.timer = setTimeout(async () => {
      if (!this.playing) return;
      if (this.now === this.way.length - 1) return this.pause();
      await this.#go(this.now + 1);
      if (this.playing) this.#later();
    }, (unit === null ? STOP.column : STOP.unit) / this.pace);
  }

  async #load(sample = sampleOf(this.stage)) {
    const found = await this.stage.ask("backprop", { ...sample, ...at(this.stage) });
    this.walk = { ...found.facts.answer, arrays: found.arrays };
    this.formulas.clear();
    this.way = path(this.stage.setup.columns, this.fine);
    this.now = Math.min(this.now, this.way.length - 1);
    this.sample.say(found.facts.answer, found.arrays);
    this.panel.hidden = false;
    this.bar.hidden = true;
    this.panel.dataset.step = this.walk.step;
    this.said.hidden = true;
  }

  async #again(sample) {
    this.pause();
    try {
      await this.#load(sample);
      await this.#go(this.now);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** Shows stop number `index`. */
  async #go(index) {
    if (!this.walk) return;
    this.now = Math.max(0, Math.min(this.way.length - 1, index));
    const stop = this.way[this.now];
    this.#controls();
    this.overlay.show(this.#moment());
    this.stage.emit?.("phase", { phase: stop.phase, column: stop.column, unit: stop.unit, direction: stop.phase === 3 || stop.phase === 4 ? -1 : 1 });
    await this.#explain(stop);
  }

  #jump(phase) {
    this.pause();
    this.#go(this.way.findIndex((stop) => stop.phase === phase));
  }

  #moment() {
    return momentOf(this.walk, this.way, this.now, this.chosen);
  }

  #controls() {
    const stop = this.way[this.now];
    this.tools.show(stop.phase, this.now, this.way.length, this.playing);
    this.about.textContent = this.word(`about_${PHASES[stop.phase - 1]}`);
    Object.assign(this.panel.dataset, { phase: stop.phase, stop: this.now, playing: this.playing });
    if (!this.playing) this.stage.announce([this.word(PHASES[stop.phase - 1]), ...this.#heading(stop).slice(2).map((node) => node.textContent)].join(", "));
  }

  // --- the formula of the stop ------------------------------------------------------------------------------------------

  async #explain(stop) {
    const { stage, walk } = this;
    this.title.replaceChildren(...this.#heading(stop));
    const way = { word: (key, values) => stage.word(key, values), rest: (source) => rest(stage, source && { kind: "unit", column: source[0], unit: source[1] }) };
    if (stop.phase === 2) return this.body.replaceChildren(...formulas(walk.loss_blocks, way));
    const unit = unitOf(walk, stop, this.chosen);
    const { units } = stage.setup.columns[stop.column];
    if (stop.unit === null && units > 1) this.about.append(" ", this.word("example", { number: unit + 1, count: units }));
    const found = await this.#formula(stop.column, unit);
    if (this.walk !== walk || this.way[this.now] !== stop) return;
    if (found instanceof Error) return this.body.replaceChildren(h("p", { class: "stage-refused" }, found.message));
    this.body.replaceChildren(...this.#lines(stop.phase, found, way));
    const next = this.way[this.now + 1];
    if (next && next.phase !== 2) this.#formula(next.column, unitOf(walk, next, this.chosen)); // so that it is there in time
  }

  #lines(phase, found, way) {
    const nothing = [h("p", { class: "stage-note" }, this.stage.word("opened.nothing"))];
    if (phase === 1) return formulas(found.forward, way);
    if (phase === 3) return formulas(found.backward, way);
    if (!found.gradient.length) return nothing;
    const more = found.rest ? [h("p", { class: "stage-note" }, this.stage.word("opened.more_weights", { count: found.rest.toLocaleString("en") }))] : [];
    if (phase === 4) return [...found.gradient.map((row) => line(row)), ...more];
    const after = h("p", { class: "stage-note" }, this.word("loss_after", { before: short(found.loss), after: short(found.loss_after) }));
    return [this.#changes(found), ...more, h("div", { class: "stage-walk-update" }, formulas(found.update, way), after)];
  }

  // Old and new value of each weight.
  #changes({ gradient }) {
    const heads = ["weight", "old", "gradient", "new"].map((key) => h("th", { scope: "col" }, this.word(`head_${key}`)));
    const rows = gradient.map((row) => h("tr", {}, h("th", { scope: "row", class: "stage-letters" }, h("i", {}, row.name)), ...[row.old, row.result, row.new].map((text) => h("td", { class: "stage-number" }, text))));
    return h("table", { class: "stage-walk-changes" }, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows));
  }

  #formula(column, unit) {
    const key = `${column}/${unit}`;
    if (!this.formulas.has(key)) {
      const { index, test } = this.walk.sample;
      const asked = this.stage.ask("formula", { index, test, column, unit, ...at(this.stage, this.walk.step) });
      this.formulas.set(key, asked.then((frame) => frame.facts.answer).catch((error) => error));
    }
    return this.formulas.get(key);
  }

  #heading(stop) {
    const column = this.stage.setup.columns[stop.column];
    const where = stop.phase === 2 ? "" : stop.unit === null || column.units === 1 ? column.name : this.stage.word("opened.neuron", { column: column.name, number: stop.unit + 1 });
    return [h("span", { class: "stage-step" }, stop.phase), h("b", {}, this.word(PHASES[stop.phase - 1])), where && h("span", { class: "stage-faint" }, where)].filter(Boolean);
  }

  // --- what else happens --------------------------------------------------------------------------------------------------

  #selected(selection) {
    if (!this.walk || !selection) return;
    if (selection.kind === "sample") {
      const { index, test } = this.walk.sample;
      if (selection.index !== index || Boolean(selection.test) !== test) this.#again({ index: selection.index, test: Boolean(selection.test) });
    } else if (selection.kind === "unit" && selection.column >= 0) {
      const { phase } = this.way[this.now];
      this.chosen = { column: selection.column, unit: selection.unit };
      const found = this.way.findIndex((stop) => stop.phase === (phase === 2 ? 1 : phase) && stop.column === selection.column && (stop.unit === null || stop.unit === selection.unit));
      if (found >= 0) {
        this.pause();
        this.#go(found);
      }
    }
  }

  // The run has gone on, or an older step is shown: the numbers are those of another moment.
  #stale() {
    if (!this.walk) return;
    const shown = this.stage.frame?.step ?? this.walk.step;
    const moved = shown !== this.walk.step;
    if (moved === !this.moved.hidden && (!moved || this.movedTo === shown)) return;
    this.movedTo = shown;
    this.moved.hidden = !moved;
    if (moved) this.movedText.textContent = this.word("moved", { step: this.walk.step.toLocaleString("en"), now: shown.toLocaleString("en") });
  }

  #refuse(error) {
    this.said.textContent = error.message;
    this.said.hidden = false;
  }

  // --- building -----------------------------------------------------------------------------------------------------------

  #build() {
    const { stage } = this;
    this.begin = h("button", { type: "button", class: "stage-begin", onclick: () => this.start() }, h("span", { "aria-hidden": "true" }, "⇄"), this.word("begin"));
    const check = h("button", { type: "button", class: "stage-begin", onclick: () => this.check.open(check) }, h("span", { "aria-hidden": "true" }, "∇"), this.word("check"));
    this.said = h("p", { class: "stage-refused", role: "alert", hidden: true });
    this.bar = h("div", { class: "stage-walk-bar" }, this.begin, check);
    this.sample = sampleRow(stage, (sample) => {
      choose(stage, sample);
      if (this.walk && (this.walk.sample.index !== sample.index || this.walk.sample.test !== sample.test)) this.#again(sample);
    });
    const deeds = {
      jump: (phase) => this.#jump(phase),
      move: (by) => (this.pause(), this.#go(this.now + by)),
      toggle: () => (this.playing ? this.pause() : this.play()),
      pace: (factor) => (this.pace = factor),
      grain: (fine) => this.#regrain(fine),
    };
    this.tools = new Tools((key, values) => this.word(key, values), deeds, this.fine);
    this.panel = h("section", { class: "stage-walk", hidden: true, "aria-label": this.word("title") }, this.#head(), this.tools.list, this.tools.row, this.#content());
    this.panel.onkeydown = (event) => this.#key(event);
    this.element.replaceChildren(this.bar, this.panel, this.said);
  }

  #head() {
    const close = h("button", { type: "button", class: "stage-tool stage-walk-close", "aria-label": this.stage.word("close"), title: this.stage.word("close"), onclick: () => this.stop() }, "×");
    return h("header", { class: "stage-walk-head" }, this.sample.row, close);
  }

  #content() {
    this.title = h("h4", { class: "stage-walk-title" });
    this.body = h("div", { class: "stage-walk-body" });
    this.movedText = h("span", {});
    const again = h("button", { type: "button", class: "stage-begin", onclick: () => this.#again() }, this.word("again"));
    this.moved = h("p", { class: "stage-walk-moved", hidden: true }, this.movedText, again);
    this.about = h("p", { class: "stage-note" });
    return h("div", { class: "stage-walk-content" }, this.moved, this.title, this.about, this.body);
  }

  // The same place on a finer or a coarser way.
  #regrain(fine) {
    const { phase, column } = this.way[this.now];
    this.fine = fine;
    this.way = path(this.stage.setup.columns, fine);
    this.#go(this.way.findIndex((stop) => stop.phase === phase && stop.column === column));
  }

  #key(event) {
    if (event.target.matches("select") || event.altKey || event.ctrlKey || event.metaKey) return;
    const deeds = {
      ArrowRight: () => this.tools.forth.click(),
      ArrowLeft: () => this.tools.back.click(),
      Home: () => (this.pause(), this.#go(0)),
      End: () => (this.pause(), this.#go(this.way.length - 1)),
      Escape: () => this.stop(),
      " ": () => (this.playing ? this.pause() : this.play()),
    };
    const deed = deeds[event.key] ?? (/^[1-5]$/.test(event.key) ? () => this.#jump(Number(event.key)) : null);
    if (!deed || (event.key === " " && event.target.matches("button") && event.target !== this.tools.play)) return;
    event.preventDefault();
    event.stopPropagation();
    deed();
  }

  #dye() {
    dye(this.element, this.stage.colours);
    if (this.walk) this.overlay.show(this.#moment());
  }

  word(key, values) {
    return this.stage.word(`backprop.${key}`, values);
  }
}
