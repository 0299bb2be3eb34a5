// Does the generator forget anything? The share of fakes at each mode beside that of real samples (points), or what a classifier
// takes the pictures for; how many modes are hit, how many fakes are good, and how far both distributions are apart.

import { digits, h, whole } from "../dom.js";
import { percent } from "./gan/actors.js";
import { at } from "./explain/moment.js";
import { Panel, write } from "./picture/panel.js";

export const needs = ["spread"];
export const place = "side";
export const styles = "gan.css";

const HIGH = 74; // px of the bars
const FOOT = 18;
const EVERY = 3000; // ms between two questions about pictures while it trains
const TRUSTED = 0.8; // a judge that is right less often is named, but one is offered all the same
export const JUDGED = "coverage:judged";

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Coverage(element, stage);
}

class Coverage extends Panel {
  static words = "coverage";
  static every = true;

  constructor(element, stage) {
    super(element, stage, { status: ({ status }) => status !== "running" && this.#soon(300) });
    this.asked = -1e9;
    this.#build();
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    Object.assign(this, { shown: null, judged: null, metrics: null });
    this.bench.hidden = true;
    this.again();
    return true;
  }

  dispose() {
    clearTimeout(this.later_);
    super.dispose();
  }

  #build() {
    const word = (key) => this.word(key);
    this.canvas = h("canvas", { role: "img", "aria-label": word("waiting") });
    this.field = h("div", { class: "stage-balance-field" }, this.canvas);
    this.cells = {};
    const figure = (name) => h("div", { data: { name, actor: "generator" } }, h("dt", { title: word(`${name}_help`) }, word(name)), (this.cells[name] = h("dd", {}, "—")));
    this.figures = h("dl", { class: "stage-balance-figures" }, ["modes", "quality", "reverse_kl"].map(figure));
    this.note = h("p", { class: "stage-look-note" });
    const head = h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, word("title")));
    this.select = h("select", { class: "stage-duel-pace stage-coverage-judge", onchange: () => this.#wish(this.select.value) });
    this.train = h("button", { type: "button", class: "stage-look-chip", title: word("train_help"), data: { name: "train" }, onclick: () => this.stage.propose({ kind: "judge" }) }, word("train"));
    this.bench = h("div", { class: "stage-coverage-bench", hidden: true }, h("label", {}, h("span", { class: "stage-gan-label" }, word("judge")), this.select), this.train);
    this.root = h("section", { class: "stage-look stage-coverage", "aria-label": word("title") }, head, this.field, this.figures, this.bench, this.note);
    this.begin(this.field);
  }

  // Who judges is the visitor's choice: one of their own classifiers, or nobody.
  #wish(run) {
    this.wished = run;
    this.#soon(0);
  }

  #seat({ judge, judges }) {
    const all = [["nearest", this.word("nearest")], ...judges.map(({ run, network, accuracy }) => [run, this.word("own", { network, accuracy: percent(accuracy) })])];
    const listed = JSON.stringify(all);
    if (listed !== this.listed) this.select.replaceChildren(...all.map(([value, text]) => h("option", { value }, text)));
    this.listed = listed;
    if (this.select.getRootNode().activeElement !== this.select) this.select.value = judge || "nearest";
    this.train.hidden = judges.some(({ accuracy }) => accuracy >= TRUSTED);
    this.bench.hidden = false;
    this.root.dataset.judge = judge;
  }

  get #pictures() {
    return this.stage.setup.input.shape.length === 3;
  }

  #soon(wait = Math.max(0, this.asked + EVERY - performance.now())) {
    if (!this.#pictures || this.gone) return;
    this.later_ ??= setTimeout(() => {
      this.later_ = null;
      this.#ask();
    }, wait);
  }

  async #ask() {
    if (this.asking || this.gone || document.hidden) return;
    Object.assign(this, { asking: true, asked: performance.now(), at: this.last?.step });
    try {
      const found = await this.stage.ask("recognise", { ...(this.wished && { judge: this.wished }), ...at(this.stage) });
      const { arrays, facts, step } = found;
      this.judged = { ...facts.answer, real: arrays.real.data, seen: arrays.seen.data, hit: arrays.hit.data };
      this.refusal = "";
      this.#seat(this.judged);
      this.stage.emit(JUDGED, { step, own: Boolean(this.judged.judge), taken: arrays.taken.data, told: arrays.told.data, confidence: arrays.confidence?.data });
    } catch (error) {
      if (!error.late) this.refusal = error.message;
    }
    this.asking = false;
    this.again();
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint(frame) {
    if (this.#pictures) {
      if (frame && frame.step !== this.at) this.#soon();
      return this.#show(this.judged, this.judged && { modes: this.judged.classes, quality: this.judged.sure ?? NaN, reverse_kl: this.judged.reverse_kl }, frame);
    }
    if (frame?.arrays["gan/modes/fake"]) this.shown = frame.arrays;
    const shown = this.shown && { real: this.shown["gan/modes/real"].data, seen: this.shown["gan/modes/fake"].data, hit: this.shown["gan/modes/hit"].data };
    if (frame && "quality" in frame.metrics) this.metrics = frame.metrics;
    return this.#show(shown, this.metrics, frame);
  }

  #show(shares, metrics, frame) {
    this.root.dataset.state = shares ? "shown" : "waiting";
    if (frame) this.root.dataset.step = frame.step;
    if (!shares) return write(this.note, this.refusal || this.word("waiting"));
    const count = shares.real.length;
    write(this.cells.modes, Number.isFinite(metrics?.modes) ? `${metrics.modes} / ${shares.real.filter((part) => part > 0).length}` : "—");
    write(this.cells.quality, percent(metrics?.quality ?? NaN));
    write(this.cells.reverse_kl, digits(metrics?.reverse_kl));
    this.root.dataset.modes = metrics?.modes ?? "";
    this.#bars(shares, count);
    write(this.note, this.refusal || this.#says(shares));
    this.speak(this.canvas, () => this.word("alt", { step: whole(frame?.step ?? 0), modes: this.cells.modes.textContent, quality: this.cells.quality.textContent, kl: this.cells.reverse_kl.textContent }));
  }

  // A column for each mode: real samples as an outline, fakes as a bar; a mode that is missed has a cross.
  #bars({ real, seen, hit }, count) {
    const pen = this.pen(this.canvas, this.width, HIGH + FOOT);
    const { colours, setup } = this.stage;
    const top = Math.max(...real, ...seen, 1e-6);
    const wide = this.width / count;
    const gap = Math.min(3, wide * 0.15);
    const names = setup.target.names;
    pen.font = `12px ${this.family}`;
    pen.textAlign = "center";
    for (let k = 0; k < count; k++) {
      const x = k * wide + gap;
      const tall = (seen[k] / top) * (HIGH - 6);
      const real_ = (real[k] / top) * (HIGH - 6);
      pen.fillStyle = colours.generator;
      pen.fillRect(x, HIGH - tall, wide - 2 * gap, tall);
      pen.strokeStyle = colours.real;
      pen.lineWidth = 2;
      pen.strokeRect(x + 1, HIGH - real_, wide - 2 * gap - 2, real_);
      const missed = real[k] > 0 && !hit[k];
      pen.fillStyle = missed ? colours.wrong : colours.faint;
      const label = missed ? "✕" : this.#pictures ? names[k] : count > 12 ? "" : String(k + 1);
      pen.fillText(label, x + wide / 2 - gap, HIGH + 14);
    }
    pen.fillStyle = colours.line;
    pen.fillRect(0, HIGH, this.width, 1);
  }

  #says(shares) {
    if (!this.#pictures) return this.word("hint");
    const judge = shares.judge ? this.word("judged", { accuracy: percent(shares.accuracy ?? NaN), count: shares.count }) : this.word("no_judge", { count: shares.count });
    return shares.obeyed === null ? judge : `${judge} ${this.word("obeyed", { share: percent(shares.obeyed) })}`;
  }
}
