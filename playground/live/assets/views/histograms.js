// How the weights, activations and gradients of every layer are spread, and how that has changed: one field of ridges for
// each layer, or all tensors of one layer. What is drawn stands in time/ridges.js, what is remembered in time/spread.js.

import { digits, fit, h, whole } from "../dom.js";
import { fieldsOf, KINDS, sentence, shares, titleOf, worrying } from "./time/fields.js";
import { drawRidges, FOOT, HEAD } from "./time/ridges.js";
import { Spreads } from "./time/spread.js";

export const needs = ["histograms"];
export const place = "main";
export const styles = "histograms.css";

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
    Object.assign(this, { element, stage, lang: stage.setup.lang, kind: "weights", column: null, hover: null });
    Object.assign(this, { width: 0, fields: [], spoken: -1e9, painted: -1e9 });
    this.spreads = new Spreads();
    this.seen = null;
    this.listeners = { theme: () => this.#again(), status: () => stage.redraw() };
    for (const [event, listener] of Object.entries(this.listeners)) stage.on(event, listener);
    this.#build();
    this.#remember(null);
  }

  draw(frame) {
    if (frame !== this.seen) {
      this.seen = frame;
      this.spreads.add(frame);
    }
    // What went by while nobody looked here is fetched when the run rests.
    if (this.stage.mode === "live" && this.stage.status.status !== "running" && this.remembered !== frame.step) this.#remember(frame.step);
    const step = this.stage.mode === "live" ? Infinity : frame.step;
    const now = [this.spreads.version, this.kind, this.column, this.stage.mode === "live" ? "" : step].join();
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

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    this.spreads = new Spreads();
    this.seen = null;
    if (this.column !== null && !this.stage.setup.columns[this.column]) this.column = null;
    this.#choices();
    this.#again();
    this.#remember(null);
    return true;
  }

  dispose() {
    this.gone = true;
    this.sizes.disconnect();
    window.removeEventListener("pointerdown", this.elsewhere);
    clearTimeout(this.later);
    for (const [event, listener] of Object.entries(this.listeners)) this.stage.off(event, listener);
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const { stage } = this;
    this.kinds = h("div", { class: "stage-histograms-kinds", role: "group", "aria-label": stage.word("histograms.kind") });
    for (const kind of Object.keys(KINDS)) {
      const chip = { type: "button", class: "stage-histograms-chip", data: { kind }, onclick: () => this.#choose(kind) };
      this.kinds.append(h("button", chip, stage.word(`histograms.${kind}`)));
    }
    this.layers = h("select", { class: "stage-histograms-layers", "aria-label": stage.word("histograms.layer") });
    this.layers.onchange = () => this.#open(this.layers.value === "" ? null : Number(this.layers.value));
    const said = { role: "img", "aria-label": stage.word("histograms.waiting") };
    this.canvas = h("canvas", { class: "stage-histograms-canvas", ...said });
    this.bubble = h("div", { class: "stage-histograms-bubble", hidden: true });
    this.note = h("p", { class: "stage-histograms-note" }, stage.word("histograms.waiting"));
    this.field = h("div", { class: "stage-histograms-field" }, this.canvas, this.bubble);
    this.field.onpointermove = (event) => this.#point(event);
    this.field.onpointerdown = (event) => this.#point(event);
    // A finger that is lifted leaves the reading where it is, until it taps elsewhere.
    this.field.onpointerleave = (event) => event.pointerType === "mouse" && this.#leave();
    this.elsewhere = (event) => this.field.contains(event.target) || this.#leave();
    window.addEventListener("pointerdown", this.elsewhere);
    const caption = h("h3", { class: "stage-histograms-caption" }, stage.word("histograms.title"));
    const head = h("div", { class: "stage-histograms-head" }, caption, this.kinds, this.layers);
    this.element.replaceChildren(h("div", { class: "stage-histograms" }, head, this.field, this.note));
    this.family = getComputedStyle(this.element).fontFamily;
    // Asking the page for a width while it is being changed is slow; here the page tells it.
    this.sizes = new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width === this.width) return;
      this.width = contentRect.width;
      this.#again();
    });
    this.sizes.observe(this.field);
    this.#choices();
  }

  #choices() {
    const { columns } = this.stage.setup;
    const option = (column, index) => h("option", { value: index, selected: this.column === index }, titleOf(column));
    this.layers.replaceChildren(h("option", { value: "" }, this.stage.word("histograms.all")), ...columns.map(option));
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

  // What was before this view was opened, one moment after the other while nothing is in hand: from recorded frames, or
  // where nobody had asked for histograms then, worked out anew from the states that were kept.
  async #remember(until) {
    this.lonely = "";
    this.remembered = until;
    const round = (this.round = (this.round ?? 0) + 1);
    const { spreads } = this;
    const wanted = () => !this.gone && round === this.round && spreads === this.spreads;
    try {
      const { arrays } = await this.stage.steps();
      const known = await this.#recall(wanted, arrays.steps.data, PAST, (step) => this.stage.recorded(step));
      if (!known) await this.#recall(wanted, arrays.states?.data ?? [], Infinity, (step) => this.stage.ask("ridges", { step }));
    } catch (error) {
      // The ridges begin now, and it is said why.
      if (!wanted()) return;
      this.lonely = error.message ?? "";
      this.#again();
    }
  }

  // Takes in what was at some of the steps, `most` at most; false if most of them hold no histograms.
  async #recall(wanted, steps, most, ask) {
    const { spreads } = this;
    const each = Math.max(1, steps.length / most);
    let [looked, found] = [0, 0];
    for (let i = 0; i < steps.length && wanted(); i += each) {
      const step = steps[Math.floor(i)];
      looked++;
      if (spreads.knows(step)) {
        found++;
        continue;
      }
      const frame = await ask(step);
      if (!frame || !wanted()) return true;
      if (spreads.add({ ...frame, live: false })) found++;
      else if (looked > 2 && !found) return false;
      this.stage.redraw();
    }
    return 2 * found > looked;
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  #paint(step) {
    const { stage, canvas, width, family } = this;
    if (!width) return;
    const until = (name) => this.spreads.of(name)?.until(step, RIDGES) ?? [];
    const all = fieldsOf(stage.setup, this.spreads, this, (...key) => stage.word(...key));
    const wanted = all.map((one) => ({ ...one, moments: until(one.name) }));
    this.note.textContent = this.#remark(wanted.filter(({ moments }) => moments.length));
    const across = Math.max(1, Math.min(wanted.length, Math.floor((width + GAP) / (NARROWEST + GAP))));
    const rows = Math.ceil(wanted.length / across) || 1;
    const each = (width - GAP * (across - 1)) / across;
    const tall = HEAD + TALL + FOOT;
    const height = rows * tall + (rows - 1) * 10;
    fit(canvas, width, height);
    const pen = canvas.getContext("2d");
    pen.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
    pen.clearRect(0, 0, width, height);
    this.fields = wanted.map((one, i) => {
      const [x, y] = [(i % across) * (each + GAP), Math.floor(i / across) * (tall + 10)];
      const box = { x, y: y + HEAD, width: each, height: TALL };
      this.#head(pen, one, x, y, each, family);
      if (!one.moments.length) return { ...one, box };
      const hovered = this.hover?.name === one.name ? this.hover : null;
      const how = { colours: stage.colours, hovered, bent: this.kind === "gradients" };
      return { ...one, box, ...drawRidges(pen, box, one.moments, how) };
    });
  }

  #remark(there) {
    const { stage } = this;
    if (!there.length) return stage.word(`histograms.${stage.mode === "live" ? "waiting" : "missing"}`);
    const { moments } = there[0];
    const [first, last] = [whole(moments[0].step), whole(moments.at(-1).step)];
    const said = moments.length > 1 ? [stage.word("histograms.order", { first, last })] : [];
    if (moments.length === 1 && this.lonely && last !== "0") said.push(stage.word("histograms.alone", { reason: this.lonely }));
    said.push(stage.word("histograms.smoothed"));
    if (this.kind === "gradients") said.push(stage.word("histograms.bent"));
    else if (there.some((one) => one.moments.at(-1).saturated > 0)) said.push(stage.word("histograms.squashed"));
    return said.join(" ");
  }

  #head(pen, field, x, y, width, family) {
    const { title, moments } = field;
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
    pen.fillStyle = worrying(newest, field) ? colours.wrong : colours.faint;
    pen.fillText(shortened(pen, shares(newest, (...key) => stage.word(...key)), width), x, y + 30);
  }

  // --- pointing -----------------------------------------------------------------------------------------------------

  #point(event) {
    const area = this.field.getBoundingClientRect();
    const [x, y] = [event.clientX - area.left, event.clientY - area.top];
    const beside = (box) => x < box.x - 4 || x > box.x + box.width + 4 || y < box.y - HEAD || y > box.y + box.height + FOOT;
    const field = this.fields.find(({ box, base }) => base && !beside(box));
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
    const said = shares(moment, (...key) => stage.word(...key));
    if (said) lines.push(h("span", {}, said));
    bubble.replaceChildren(...lines);
    bubble.hidden = false;
    const half = bubble.offsetWidth / 2;
    const top = field.base(moment) + 8;
    bubble.style.left = `${Math.min(Math.max(x, half), this.width - half).toFixed(0)}px`;
    bubble.style.top = `${top.toFixed(0)}px`;
  }

  #speak(frame) {
    const now = performance.now();
    if (now - this.spoken < SPOKEN) return;
    this.spoken = now;
    const there = this.fields.filter(({ moments }) => moments.length);
    const values = there.map(({ title, moments }) => sentence(title, moments.at(-1), (...key) => this.stage.word(...key)));
    if (!values.length) return;
    const said = { kind: this.stage.word(`histograms.${this.kind}`), step: whole(frame.step), values: values.join(" ") };
    this.canvas.setAttribute("aria-label", this.stage.word("histograms.alt", said));
  }
}

function shortened(pen, text, width) {
  if (pen.measureText(text).width <= width) return text;
  let short = text;
  while (short && pen.measureText(`${short}…`).width > width) short = short.slice(0, -1);
  return `${short}…`;
}
