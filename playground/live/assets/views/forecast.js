// The forecast: a part of the series, what the network says one step ahead, what needs no network (naive and seasonal naive), and
// how the network goes on by itself from a chosen moment. It is asked anew while the network trains.

import { digits, h, whole } from "../dom.js";
import { at } from "./explain/moment.js";
import { Chart } from "./forecast/chart.js";
import { pause } from "./gates/feed.js";
import { Asking } from "./look/asking.js";
import { Panel, write } from "./picture/panel.js";

export const needs = [];
export const place = "head";
export const styles = "forecast.css";

const LINES = ["network", "naive", "seasonal", "rolled"];
const SPANS = [60, 120, 300, 600, 1200];
const KEY = 0.1; // of the span, for an arrow key

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Forecast(element, stage);
}

class Forecast extends Panel {
  static words = "forecast";

  constructor(element, stage) {
    super(element, stage);
    Object.assign(this, { known: null, found: null, refusal: "", first: -1, span: SPANS[2], start: -1, hover: null, off: new Set(["naive", "seasonal"]) });
    this.asking = new Asking(stage, {
      period: (took) => 1.5 * pause(stage, took),
      about: () => JSON.stringify(this.#wanted()),
      ask: () => stage.ask("forecast", { ...this.#wanted(), ...at(stage) }),
      heard: (found) => this.#hear(found),
      refused: (sentence) => (this.refusal = sentence),
      settled: () => this.again(),
    });
    this.#build();
  }

  draw(frame) {
    this.asking.soon();
    super.draw(frame);
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    Object.assign(this, { known: null, found: null, refusal: "", first: -1, start: -1, hover: null });
    this.asking.renew();
    this.again();
    return true;
  }

  dispose() {
    this.asking.dispose();
    super.dispose();
  }

  #wanted() {
    const span = this.width < 520 ? Math.min(this.span, 120) : this.span;
    return { first: this.first, count: span, ahead: Math.min(240, Math.max(12, Math.round(span / 4))), start: this.start };
  }

  #hear(found) {
    this.refusal = "";
    this.found = this.known = { step: found.step, arrays: found.arrays, ...found.facts.answer };
  }

  // Before the first answer: the series itself, and what needs no network.
  #beforehand() {
    const { series, arrays } = this.stage.setup;
    if (!series) return null;
    const none = { data: new Float32Array(0) };
    const count = Math.min(this.#wanted().count, series.last - series.first);
    const first = Math.min(Math.max(series.begins - (count >> 1), series.first), series.last - count);
    const part = (name) => [name, { data: arrays[`series/${name}`].data.subarray(first - series.first, first - series.first + count) }];
    return { ...series, first, bare: true, arrays: { ...Object.fromEntries(["values", "naive", "seasonal"].map(part)), network: none, rolled: none } };
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    this.step = h("span", { class: "stage-forecast-at" });
    this.keys = h("div", { class: "stage-look-chips", role: "group", "aria-label": this.word("lines") }, LINES.map((name) => h("button", { type: "button", class: "stage-look-chip stage-forecast-key", data: { line: name }, onclick: () => this.#toggle(name) }, h("i", {}), this.word(name))));
    const tool = (name, sign, deed) => h("button", { type: "button", class: "stage-look-tool", data: { tool: name }, title: this.word(name), "aria-label": this.word(name), onclick: deed }, sign);
    this.tools = h("div", { class: "stage-look-tools" }, tool("earlier", "‹", () => this.#move(-0.5)), tool("later", "›", () => this.#move(0.5)), tool("closer", "+", () => this.#zoom(-1)), tool("wider", "−", () => this.#zoom(1)), tool("border", "⇤⇥", () => this.#home()));
    const from = (start, name) => h("button", { type: "button", class: "stage-look-chip", data: { start }, onclick: () => this.#roll(start) }, this.word(name));
    this.starts = h("div", { class: "stage-look-chips", role: "group", "aria-label": this.word("roll_from") }, from(-1, "from_border"), from(-2, "from_end"));
    this.canvas = h("canvas", { class: "stage-forecast-canvas", tabindex: 0, role: "application", "aria-label": this.word("waiting"), "aria-description": this.word("keys") });
    this.field = h("div", { class: "stage-forecast-field" }, this.canvas);
    this.reading = h("p", { class: "stage-forecast-reading" });
    this.errors = h("p", { class: "stage-forecast-errors", role: "status" });
    this.note = h("p", { class: "stage-look-note" }, this.word("waiting"));
    const head = h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, this.word("title")), this.step, this.keys, this.starts, this.tools);
    this.root = h("section", { class: "stage-look stage-forecast" }, head, this.errors, this.field, this.reading, this.note);
    this.chart = new Chart(this);
    this.#listen();
    this.begin(this.field);
  }

  #listen() {
    const { canvas } = this;
    const under = (event) => this.chart.indexAt(event.clientX - canvas.getBoundingClientRect().left);
    canvas.onpointermove = (event) => event.pointerType === "mouse" && this.#point(under(event));
    canvas.onpointerleave = (event) => event.pointerType === "mouse" && this.#point(null);
    canvas.onclick = (event) => {
      const index = under(event);
      if (index === null) return;
      if (event.pointerType !== "mouse") this.#point(index);
      this.#roll(index);
    };
    canvas.onkeydown = (event) => {
      const { found } = this;
      if (!found || event.altKey || event.ctrlKey || event.metaKey) return;
      const steps = event.shiftKey ? Math.max(1, Math.round(found.arrays.values.data.length * KEY)) : 1;
      const here = this.hover ?? found.start;
      const [first, last] = [found.first, found.first + found.arrays.values.data.length - 1];
      if (event.key === "ArrowLeft") this.#point(Math.max(first, here - steps));
      else if (event.key === "ArrowRight") this.#point(Math.min(last, here + steps));
      else if (event.key === "Home") this.#point(first);
      else if (event.key === "End") this.#point(last);
      else if (event.key === "Enter" || event.key === " ") this.#roll(here);
      else if (event.key === "Escape") this.#point(null);
      else return;
      event.preventDefault();
      event.stopPropagation();
    };
  }

  #toggle(name) {
    if (!this.off.delete(name)) this.off.add(name);
    this.again();
  }

  #point(index) {
    if (index === this.hover) return;
    this.hover = index;
    if (index !== null && this.canvas.matches(":focus-visible")) this.stage.announce(this.#says());
    this.again();
  }

  #roll(start) {
    this.start = start;
    this.#together();
  }

  // Networks side by side tell the same part of the series, from the same moment on.
  #together() {
    const { first, span, start } = this;
    this.again();
    for (const other of this.stage.beside()) other.views.get("forecast")?.live?.show?.({ first, span, start });
  }

  /** Shows this part, rolled from this moment on. */
  show(part) {
    Object.assign(this, part);
    this.again();
  }

  #move(by) {
    if (!this.found) return;
    const { first, length } = this.found;
    this.first = Math.min(Math.max(0, first + Math.round(by * this.span)), Math.max(0, length - this.span));
    this.#together();
  }

  #zoom(by) {
    const next = SPANS[Math.min(Math.max(SPANS.indexOf(this.span) + by, 0), SPANS.length - 1)];
    if (this.found && this.first >= 0) this.first = Math.max(0, Math.round(this.found.first + (this.span - next) / 2));
    this.span = next;
    this.#together();
  }

  #home() {
    Object.assign(this, { first: -1, span: SPANS[2] });
    this.#together();
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint() {
    const { known, root } = this;
    const found = (this.found = known ?? this.#beforehand());
    root.dataset.state = this.refusal ? "refused" : known ? "shown" : "waiting";
    write(this.note, this.refusal || (known ? this.word("hint") : this.word("waiting")));
    this.canvas.hidden = !found;
    for (const chip of this.keys.children) {
      chip.setAttribute("aria-pressed", String(!this.off.has(chip.dataset.line)));
      chip.hidden = chip.dataset.line === "seasonal" && !found?.season;
    }
    for (const chip of this.starts.children) chip.setAttribute("aria-pressed", String(Number(chip.dataset.start) === this.start));
    if (!found) return;
    if (known) Object.assign(root.dataset, { step: known.step, first: known.first, start: known.start });
    write(this.step, known ? this.word("at", { step: whole(known.step) }) : "");
    this.chart.paint(found);
    write(this.reading, this.#says());
    write(this.errors, this.#judged());
    this.speak(this.canvas, () => this.word("alt", { sentence: this.#judged(), from: found.ticks[0][1], to: found.ticks.at(-1)[1] }));
  }

  number(value) {
    return `${digits(value).replace("-", "−")}${this.found.unit ? ` ${this.found.unit}` : ""}`;
  }

  #judged() {
    const { rmse, judged } = this.found;
    if (!judged) return "";
    if (rmse.network === null) return this.found.bare ? this.word("naive_alone", { naive: this.number(rmse.naive), count: whole(judged) }) : "";
    const values = { network: this.number(rmse.network), naive: this.number(rmse.naive), count: whole(judged) };
    const better = Math.round(100 * (1 - rmse.network / rmse.naive));
    const key = better > 0 ? "better" : "worse";
    const seasonal = rmse.seasonal === null ? "" : ` ${this.word(rmse.seasonal < rmse.network ? "seasonal_closer" : "seasonal_farther", { seasonal: this.number(rmse.seasonal) })}`;
    return this.word(key, { ...values, part: Math.abs(better) }) + seasonal;
  }

  #says() {
    const { found, hover } = this;
    if (hover === null) return this.word("point");
    const index = hover - found.first;
    const parts = [[this.word("true"), found.arrays.values.data[index]]];
    for (const name of ["network", "naive", "seasonal"]) if (!this.off.has(name)) parts.push([this.word(name), found.arrays[name].data[index]]);
    if (!this.off.has("rolled")) parts.push([this.word("rolled"), found.arrays.rolled.data[hover - found.start]]);
    const text = parts.filter(([, value]) => Number.isFinite(value)).map(([name, value]) => `${name} ${this.number(value)}`);
    const place = found.labels?.[index] ?? whole(hover + 1);
    return [`${place}:`, text.join("   ")].join(" ");
  }
}
