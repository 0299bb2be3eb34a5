// Who is ahead: how the discriminator's answers are distributed over real samples (up, green) and over fakes (down, purple),
// with the 50 % line between, what both losses and gradients are, and why a perfect generator leaves D at 50 %.

import { digits, h, whole } from "../dom.js";
import { percent } from "./gan/actors.js";
import { typeset } from "./gan/formula.js";
import { Panel, write } from "./picture/panel.js";

export const needs = ["balance"];
export const place = "side";
export const styles = "gan.css";

const HALF = 54; // px of each half
const FOOT = 18;
const NEAR = 0.1; // of 50 %: there D is sure of nothing
const GUESSING = 0.6; // a coin is right in half of the cases
const POOR = 0.5; // of the fakes are good: below that, it is D that is weak
const FIGURES = [
  ["d_loss", "discriminator"], ["g_loss", "generator"], ["d_accuracy", "discriminator"],
  ["d_gradient_norm", "discriminator"], ["g_gradient_norm", "generator"],
];

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Balance(element, stage);
}

class Balance extends Panel {
  static words = "balance";
  static every = true;

  constructor(element, stage) {
    super(element, stage);
    this.#build();
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    this.shown = this.metrics = null;
    this.again();
    return true;
  }

  #build() {
    const word = (key) => this.word(key);
    this.canvas = h("canvas", { class: "stage-balance-canvas", role: "img", "aria-label": word("waiting") });
    this.field = h("div", { class: "stage-balance-field" }, this.canvas);
    this.cells = new Map();
    this.figures = h("dl", { class: "stage-balance-figures" }, FIGURES.map(([name, actor]) => {
      const cell = h("dd", {}, "—");
      this.cells.set(name, cell);
      return h("div", { data: { name, actor } }, h("dt", { title: word(`${name}_help`) }, word(name)), cell);
    }));
    this.verdict = h("p", { class: "stage-balance-verdict" });
    this.why = h("details", { class: "stage-balance-why" }, h("summary", {}, word("why")), h("p", {}, word("why_text")), h("p", { class: "stage-balance-formula" }, typeset(word("why_formula"))), h("p", {}, word("why_end")));
    const head = h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, word("title")));
    this.root = h("section", { class: "stage-look stage-balance", "aria-label": word("title") }, head, this.field, this.verdict, this.figures, this.why);
    this.begin(this.field);
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint(frame) {
    if (!frame) return;
    const { arrays, step } = frame;
    const metrics = (this.metrics = "d_loss" in frame.metrics ? frame.metrics : (this.metrics ?? {}));
    for (const [name, cell] of this.cells) write(cell, name === "d_accuracy" ? percent(metrics[name] ?? NaN) : digits(metrics[name]));
    // A glance holds no counts: those before it stay.
    if (arrays["gan/answers/real"]) this.shown = arrays;
    this.root.dataset.state = this.shown ? "shown" : "waiting";
    this.root.dataset.step = step;
    const pen = this.pen(this.canvas, this.width, 2 * HALF + FOOT);
    if (!this.shown) return;
    const [real, fake] = this.shown["gan/answers/mean"].data;
    this.#bars(pen, real, fake);
    const critic = Boolean(this.shown["gan/answers/range"]);
    const state = critic ? (real - fake > 0 ? "critic" : "critic_lost") : this.#state(real, fake, step);
    this.root.dataset.balance = state;
    const values = { real: critic ? digits(real) : percent(real), fake: critic ? digits(fake) : percent(fake), gap: digits(real - fake), right: percent(this.metrics.d_accuracy ?? NaN) };
    write(this.verdict, this.word(state, values));
    this.speak(this.canvas, () => this.word(critic ? "alt_critic" : "alt", { ...values, step: whole(step) }));
  }

  #state(real, fake, step) {
    const { d_accuracy: right = 0.5, quality = 1 } = this.metrics;
    if (step === 0) return "begun";
    if (Math.abs(real - 0.5) < NEAR && Math.abs(fake - 0.5) < NEAR) return right > GUESSING ? "unsure" : quality < POOR ? "weak" : "even";
    if (real - fake > 0.6) return "ahead";
    return fake > real + 0.05 ? "fooled" : "some";
  }

  #bars(pen, real, fake) {
    const { width, shown, stage } = this;
    const { colours } = stage;
    const [up, down] = [shown["gan/answers/real"].data, shown["gan/answers/fake"].data];
    const count = up.length;
    const total = (data) => data.reduce((sum, each) => sum + each, 0) || 1;
    // The root lets small counts be seen beside a single high bar.
    const most = Math.max(...up, ...down, 1) / Math.max(total(up), total(down));
    const height = (part) => Math.sqrt(part / most) * (HALF - 16);
    const wide = width / count;
    for (const [data, ink, way] of [[up, colours.real, -1], [down, colours.generator, 1]]) {
      const all = total(data);
      pen.fillStyle = ink;
      for (let k = 0; k < count; k++) {
        const tall = height(data[k] / all);
        if (tall > 0) pen.fillRect(k * wide + 0.75, way < 0 ? HALF - tall - 0.5 : HALF + 0.5, wide - 1.5, Math.max(1, tall));
      }
    }
    pen.fillStyle = colours.line;
    pen.fillRect(0, HALF - 0.5, width, 1);
    const range = shown["gan/answers/range"]?.data ?? [0, 1];
    const at = (value) => ((value - range[0]) / (range[1] - range[0])) * width;
    pen.strokeStyle = colours.discriminator;
    pen.lineWidth = 1.8;
    pen.setLineDash([5, 4]);
    pen.beginPath();
    pen.moveTo(width / 2, 0);
    pen.lineTo(width / 2, 2 * HALF);
    pen.stroke();
    pen.setLineDash([]);
    this.#mean(pen, at(real), -1, colours.real);
    this.#mean(pen, at(fake), 1, colours.generator);
    this.#labels(pen, range, Boolean(shown["gan/answers/range"]));
  }

  // A triangle on the axis at a mean, pointing away from it.
  #mean(pen, x, way, ink) {
    pen.beginPath();
    pen.moveTo(x, HALF);
    pen.lineTo(x - 6, HALF + 9 * way);
    pen.lineTo(x + 6, HALF + 9 * way);
    pen.closePath();
    pen.fillStyle = ink;
    pen.strokeStyle = this.stage.colours.background;
    pen.lineWidth = 2;
    pen.stroke();
    pen.fill();
  }

  #labels(pen, range, critic) {
    const { width, stage } = this;
    pen.font = `12px ${this.family}`;
    pen.textBaseline = "alphabetic";
    const foot = 2 * HALF + FOOT - 5;
    const write_ = (text, x, y, align, ink) => {
      pen.textAlign = align;
      pen.fillStyle = ink;
      pen.fillText(text, x, y);
    };
    const { colours } = stage;
    const [low, high] = critic ? [digits(range[0]), digits(range[1])] : [`0 % ${this.word("fake")}`, `${this.word("real")} 100 %`];
    write_(low, 0, foot, "left", colours.faint);
    write_(high, width, foot, "right", colours.faint);
    write_(critic ? digits((range[0] + range[1]) / 2) : "50 %", width / 2, foot, "center", colours.discriminator);
    write_(`↑ ${this.word("up")}`, 0, 12, "left", colours.real);
    write_(`↓ ${this.word("down")}`, 0, 2 * HALF - 4, "left", colours.generator);
  }
}
