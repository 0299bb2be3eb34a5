// How the weights, activations and gradients of every layer are spread, and how that has changed: one field of ridges for
// each layer, or all tensors of one layer. What is drawn stands in time/ridges.js, what is remembered in time/spread.js.

import { digits, fit, h, whole } from "../dom.js";
import { drawRidges, FOOT, HEAD } from "./time/ridges.js";
import { Spreads } from "./time/spread.js";

export const needs = ["histograms"];
export const place = "main";
export const styles = "histograms.css";

const KINDS = { weights: "w", activations: "a", gradients: "g" };
const RIDGES = 26; // at once
const [NARROWEST, GAP, TALL] = [150, 18, 168]; // px: a field's least width, between fields, ridges
const SPOKEN = 1000;
const CALM = 200; // ms between two pictures of a training that goes on
const PAST = 24; // recorded frames that are looked at for what was before

export function mount(element, stage) {
  return new Histograms(element, stage);
}

class Histograms {
  constructor(element, stage) {
    Object.assign(this, { element, stage, kind: "weights", column: null, hover: null, fields: [], spoken: -1e9, painted: -1e9, lang: stage.setup.lang });
    this.spreads = new Spreads();
    this.seen = null;
    this.listeners = { theme: () => this.#again() };
    for (const [event, listener] of Object.entries(this.listeners)) stage.on(event, listener);
    this.#build();
    this.#remember();
  }

  draw(frame) {
    if (frame !== this.seen) {
      this.seen = frame;
      this.spreads.add(frame);
    }
    const step = this.stage.mode === "live" ? Infinity : frame.step;
    const now = [this.spreads.version, this.kind, this.column, this.stage.mode === "live" ? "" : step, this.element.clientWidth].join();
    if (now === this.shown && !this.dirty) return;
    const since = performance.now() - this.painted;
    if (!this.dirty && since < CALM) return this.#soon(CALM - since);
    this.shown = now;
    this.dirty = false;
    this.painted = performance.now();
    this.#paint(step);
    this.#speak(frame);
  }

  #soon(wait) {
    this.later ??= setTimeout(() => {
      this.later = null;
      this.stage.redraw();
    }, wait);
  }

  resize() {
    this.#again();
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    this.spreads = new Spreads();
    this.seen = null;
    if (this.column !== null && !this.stage.setup.columns[this.column]) this.column = null;
    this.#choices();
    this.#again();
    this.#remember();
    return true;
  }

  dispose() {
    this.gone = true;
    window.removeEventListener("pointerdown", this.elsewhere);
    clearTimeout(this.later);
    for (const [event, listener] of Object.entries(this.listeners)) this.stage.off(event, listener);
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const { stage } = this;
    this.kinds = h("div", { class: "stage-histograms-kinds", role: "group", "aria-label": stage.word("histograms.kind") });
    for (const kind of Object.keys(KINDS)) {
      this.kinds.append(h("button", { type: "button", class: "stage-histograms-chip", data: { kind }, onclick: () => this.#choose(kind) }, stage.word(`histograms.${kind}`)));
    }
    this.layers = h("select", { class: "stage-histograms-layers", "aria-label": stage.word("histograms.layer") });
    this.layers.onchange = () => this.#open(this.layers.value === "" ? null : Number(this.layers.value));
    this.canvas = h("canvas", { class: "stage-histograms-canvas", role: "img", "aria-label": stage.word("histograms.waiting") });
    this.bubble = h("div", { class: "stage-histograms-bubble", hidden: true });
    this.note = h("p", { class: "stage-histograms-note" }, stage.word("histograms.waiting"));
    this.field = h("div", { class: "stage-histograms-field" }, this.canvas, this.bubble);
    this.field.onpointermove = (event) => this.#point(event);
    this.field.onpointerdown = (event) => this.#point(event);
    // A finger that is lifted leaves the reading where it is, until it taps elsewhere.
    this.field.onpointerleave = (event) => event.pointerType === "mouse" && this.#leave();
    this.elsewhere = (event) => this.field.contains(event.target) || this.#leave();
    window.addEventListener("pointerdown", this.elsewhere);
    this.element.replaceChildren(
      h(
        "div",
        { class: "stage-histograms" },
        h("div", { class: "stage-histograms-head" }, h("h3", { class: "stage-histograms-caption" }, stage.word("histograms.title")), this.kinds, this.layers),
        this.field,
        this.note,
      ),
    );
    this.#choices();
  }

  #choices() {
    const { columns } = this.stage.setup;
    const options = columns.map((column, index) => h("option", { value: index, selected: this.column === index }, this.#title(column)));
    this.layers.replaceChildren(h("option", { value: "" }, this.stage.word("histograms.all")), ...options);
    for (const button of this.kinds.children) button.setAttribute("aria-pressed", button.dataset.kind === this.kind);
  }

  #choose(kind) {
    this.kind = kind;
    this.#choices();
    this.#again();
  }

  #open(column) {
    this.column = column;
    this.#choices();
    this.#again();
  }

  #again() {
    this.dirty = true;
    this.hover = null;
    this.bubble.hidden = true;
    this.stage.redraw();
  }

  // What was before this view was opened, as far as it was recorded: one frame after the other, while nothing is in hand.
  async #remember() {
    const { spreads } = this;
    try {
      const { arrays } = await this.stage.steps();
      const { data: steps } = arrays.steps;
      const each = Math.max(1, steps.length / PAST);
      for (let i = 0; i < steps.length && !this.gone && spreads === this.spreads; i += each) {
        const frame = await this.stage.recorded(steps[Math.floor(i)]);
        if (!frame || spreads !== this.spreads) return;
        if (spreads.add({ ...frame, live: false })) this.stage.redraw();
        else if (i > 2 * each) return; // nobody has asked for histograms then
      }
    } catch {
      // The ridges begin now.
    }
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  #title(column) {
    return column.activation ? `${column.name} · ${column.activation}` : column.name;
  }

  /** The fields to draw: [{name, title}], one for each layer, or each set of numbers of the chosen one. */
  #wanted() {
    const { stage, kind } = this;
    const { columns, layers } = stage.setup;
    if (this.column === null) {
      return columns.map((column) => ({
        name: kind === "activations" ? `hist/a/${this.#ending(column)}` : `hist/${KINDS[kind]}/${column.layer}.weight`,
        title: kind === "activations" ? this.#title(column) : column.name,
      }));
    }
    const column = columns[this.column];
    const indices = layers.map(({ index }) => index).filter((index) => index >= column.layer && index <= column.until);
    if (kind === "activations") {
      return indices.map((index) => ({ name: `hist/a/${index}`, title: layers[index].name })).filter(({ name }) => this.spreads.of(name));
    }
    return [...this.spreads.byName.keys()]
      .filter((name) => name.startsWith(`hist/${KINDS[kind]}/`) && indices.includes(Number(name.split("/")[2].split(".")[0])))
      .map((name) => ({ name, title: this.#tensor(name.split("/")[2]) }));
  }

  // Dropout behind an activation has no numbers of its own.
  #ending(column) {
    for (let index = column.until; index > column.layer; index--) if (this.spreads.of(`hist/a/${index}`)) return index;
    return column.layer;
  }

  #tensor(tensor) {
    const [index, part] = tensor.split(".");
    const { kind, name } = this.stage.setup.layers[Number(index)];
    const known = kind === "Linear" && (part === "weight" || part === "bias");
    const title = known ? this.stage.word(`histograms.${part}`) : `${name} ${part}`;
    return this.kind === "gradients" ? this.stage.word("histograms.gradient", { name: title }) : title;
  }

  #paint(step) {
    const { stage, canvas } = this;
    const width = this.field.clientWidth;
    if (!width) return;
    const wanted = this.#wanted().map((one) => ({ ...one, moments: this.spreads.of(one.name)?.until(step, RIDGES) ?? [] }));
    const there = wanted.filter(({ moments }) => moments.length);
    const saturated = there.some(({ moments }) => moments.at(-1).saturated > 0);
    const more = this.kind === "gradients" ? ["bent"] : saturated ? ["squashed"] : [];
    const notes = there.length ? ["smoothed", ...more] : [stage.mode === "live" ? "waiting" : "missing"];
    const moments = there[0]?.moments ?? [];
    const order = moments.length > 1 ? [stage.word("histograms.order", { first: whole(moments[0].step), last: whole(moments.at(-1).step) })] : [];
    this.note.textContent = [...order, ...notes.map((note) => stage.word(`histograms.${note}`))].join(" ");
    const across = Math.max(1, Math.min(wanted.length, Math.floor((width + GAP) / (NARROWEST + GAP))));
    const rows = Math.ceil(wanted.length / across) || 1;
    const each = (width - GAP * (across - 1)) / across;
    const tall = HEAD + TALL + FOOT;
    const height = rows * tall + (rows - 1) * 10;
    fit(canvas, width, height);
    const pen = canvas.getContext("2d");
    pen.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
    pen.clearRect(0, 0, width, height);
    const { fontFamily } = getComputedStyle(this.element);
    this.fields = wanted.map((one, i) => {
      const [x, y] = [(i % across) * (each + GAP), Math.floor(i / across) * (tall + 10)];
      const box = { x, y: y + HEAD, width: each, height: TALL };
      this.#head(pen, one, x, y, each, fontFamily);
      if (!one.moments.length) return { ...one, box };
      const hovered = this.hover?.name === one.name ? this.hover : null;
      return { ...one, box, ...drawRidges(pen, box, one.moments, { colours: stage.colours, hovered, bent: this.kind === "gradients" }) };
    });
  }

  #head(pen, { title, moments }, x, y, width, family) {
    const { stage } = this;
    const { colours } = stage;
    pen.textAlign = "left";
    pen.textBaseline = "alphabetic";
    pen.font = `600 12px ${family}`;
    pen.fillStyle = colours.text;
    pen.fillText(shortened(pen, title, width), x, y + 13);
    pen.font = `12px ${family}`;
    const newest = moments.at(-1);
    if (!newest) return;
    pen.fillStyle = colours.faint;
    const facts = [];
    if (newest.zero > 0) facts.push(stage.word("histograms.zero", { part: percent(newest.zero) }));
    if (newest.saturated > 0) facts.push(stage.word("histograms.saturated", { part: percent(newest.saturated) }));
    if (newest.saturated > 0.5 || newest.zero > 0.5) pen.fillStyle = colours.wrong;
    pen.fillText(shortened(pen, facts.join(" · "), width), x, y + 30);
  }

  // --- pointing -----------------------------------------------------------------------------------------------------

  #point(event) {
    const area = this.field.getBoundingClientRect();
    const [x, y] = [event.clientX - area.left, event.clientY - area.top];
    const field = this.fields.find(({ box, base }) => base && x >= box.x - 4 && x <= box.x + box.width + 4 && y >= box.y - HEAD && y <= box.y + box.height + FOOT);
    if (!field) return this.#leave();
    const moment = field.at(x, y);
    const bin = moment.bin(field.value(x));
    this.hover = { name: field.name, moment, bin };
    this.#say(field, moment, bin, x);
    this.dirty = true;
    this.stage.redraw();
  }

  #leave() {
    if (!this.hover) return;
    this.#again();
  }

  #say(field, moment, bin, x) {
    const { stage, bubble } = this;
    const lines = [h("b", {}, stage.word("histograms.at", { step: whole(moment.step) }))];
    if (bin !== null) {
      const [low, high] = moment.ends(bin);
      const values = { count: whole(moment.counts[bin]), total: whole(moment.total), low: digits(low), high: digits(high) };
      lines.push(h("span", {}, stage.word("histograms.bin", values)));
    }
    const facts = [];
    if (moment.zero > 0) facts.push(stage.word("histograms.zero", { part: percent(moment.zero) }));
    if (moment.saturated > 0) facts.push(stage.word("histograms.saturated", { part: percent(moment.saturated) }));
    if (facts.length) lines.push(h("span", {}, facts.join(" · ")));
    bubble.replaceChildren(...lines);
    bubble.hidden = false;
    const half = bubble.offsetWidth / 2;
    const top = field.base(moment) + 8;
    bubble.style.left = `${Math.min(Math.max(x, half), this.field.clientWidth - half).toFixed(0)}px`;
    bubble.style.top = `${top.toFixed(0)}px`;
  }

  #speak(frame) {
    const now = performance.now();
    if (now - this.spoken < SPOKEN) return;
    this.spoken = now;
    const values = this.fields
      .filter(({ moments }) => moments.length)
      .map(({ title, moments }) => {
        const { low, high, zero, saturated } = moments.at(-1);
        const said = { name: title, low: digits(low), high: digits(high), zero: percent(zero), saturated: percent(saturated) };
        return this.stage.word("histograms.alt_cell", said);
      });
    if (!values.length) return;
    const said = { kind: this.stage.word(`histograms.${this.kind}`), step: whole(frame.step), values: values.join(" ") };
    this.canvas.setAttribute("aria-label", this.stage.word("histograms.alt", said));
  }
}

function percent(part) {
  const size = 100 * part;
  return `${size > 0 && size < 0.1 ? "<0.1" : size >= 99.95 || size < 0.05 ? Math.round(size) : size.toPrecision(size < 10 ? 2 : 3)} %`;
}

function shortened(pen, text, width) {
  if (pen.measureText(text).width <= width) return text;
  let short = text;
  while (short && pen.measureText(`${short}…`).width > width) short = short.slice(0, -1);
  return `${short}…`;
}
