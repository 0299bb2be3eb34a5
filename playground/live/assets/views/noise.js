// Noise by hand: a plane of latents to drag over, a round trip through latents by a slider, and the way between two samples of the
// gallery. For points the arena shows where the noise lands; for pictures the plane itself is laid out with samples.

import { digits, h } from "../dom.js";
import { diamond, disc, marks, percent } from "./gan/actors.js";
import { at } from "./explain/moment.js";
import { PAIR } from "./gallery.js";
import { Bitmap } from "./picture/bitmap.js";
import { ramp } from "./picture/ink.js";
import { Panel, write } from "./picture/panel.js";
import { Places } from "./plane/places.js";

export const needs = [];
export const place = "main";
export const styles = "gan.css";

const [WIDEST, PLAIN, SHEET, STEP] = [380, 200, 9, 0.04]; // px; samples a side of the plane; of the plane, for an arrow key
const [SOON, SHEETS] = [60, 900]; // ms between two questions about a place, and about the whole plane
const REACH = 2.2; // deviations of normal noise from the middle of the plane to its ends (imagine.py)
const FIRST = 0.6;
const TRAIL = 120; // places of the way over the plane
const TRIP = 14000; // ms of a round trip
export const LANDED = "noise:landed";

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Noise(element, stage);
}

class Noise extends Panel {
  static words = "noise";

  constructor(element, stage) {
    super(element, stage, { [PAIR]: (pair) => this.#between(pair), mode: () => this.#stale() });
    Object.assign(this, { u: 0, v: 0, t: 0, way: "place", label: 0, one: new Bitmap(), many: new Bitmap(), path: new Bitmap(), found: null, sheet: null, strip: null, step: -1, landed: [] });
    this.#build();
  }

  draw(frame) {
    if (frame && frame.step !== this.step) {
      this.step = frame.step;
      this.#stale();
    }
    super.draw(frame);
  }

  renew() {
    if (this.stage.setup.lang !== this.lang || this.pictures !== this.#pictures) return false;
    Object.assign(this, { found: null, sheet: null, strip: null, landed: [] });
    this.#stale();
    this.again();
    return true;
  }

  dispose() {
    for (const timer of [this.soon, this.sheets]) clearTimeout(timer);
    cancelAnimationFrame(this.turning);
    if (!this.pictures) this.stage.emit(LANDED, null);
    super.dispose();
  }

  get #pictures() {
    return this.stage.setup.input.shape.length === 3;
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const word = (key, values) => this.word(key, values);
    this.pictures = this.#pictures;
    if (this.pictures) this.u = this.v = FIRST; // the middle of many dimensions is a place where noise never falls
    this.pad = h("canvas", { class: "stage-noise-pad", tabindex: 0, role: "application", "aria-label": word("pad") });
    this.large = h("canvas", { class: "stage-noise-large", role: "img" });
    this.slider = h("input", { type: "range", min: 0, max: 1, step: 0.005, value: 0, "aria-label": word("walk") });
    this.slider.oninput = () => this.#walk(Number(this.slider.value));
    this.play = h("button", { type: "button", class: "stage-look-tool", "aria-label": word("play"), title: word("play"), onclick: () => this.#toggle() }, "↻");
    const walk = h("label", { class: "stage-noise-walk" }, h("span", {}, word("walk")), this.slider);
    this.classes = this.#classes();
    this.strip_ = h("canvas", { class: "stage-noise-strip", role: "img", hidden: true });
    this.between_ = h("p", { class: "stage-look-note", hidden: !this.pictures }, word("between_hint"));
    this.note = h("p", { class: "stage-look-note" });
    const head = h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, word("title")));
    const tools = h("div", { class: "stage-look-tools" }, this.play, walk);
    const beside = this.pictures ? "" : h("div", { class: "stage-noise-beside" }, tools, this.note);
    this.field = h("div", { class: "stage-noise-field" }, this.pad, this.large, beside);
    this.root = h("section", { class: "stage-look stage-noise", "aria-label": word("title") }, head, this.classes ?? "", this.field, this.pictures ? [tools, this.note] : "", this.strip_, this.between_);
    this.#hands();
    this.begin(this.field);
  }

  #classes() {
    const { names } = this.stage.setup.target;
    if ((this.stage.setup.experiment.adversary?.conditional ?? "none") === "none" || !names.length) return null;
    const chips = names.map((name, label) => h("button", { type: "button", class: "stage-look-chip", "aria-pressed": String(label === this.label) }, name));
    chips.forEach((chip, label) => (chip.onclick = () => {
      this.label = label;
      chips.forEach((each, k) => each.setAttribute("aria-pressed", String(k === label)));
      this.sheet = null;
      this.#stale();
    }));
    return h("div", { class: "stage-look-chips stage-noise-classes", role: "group", "aria-label": this.word("class") }, h("span", { class: "stage-gan-label" }, this.word("class")), chips);
  }

  #hands() {
    const { pad } = this;
    const go = (event) => {
      const box = pad.getBoundingClientRect();
      this.#place(2 * ((event.clientX - box.left) / box.width) - 1, 1 - 2 * ((event.clientY - box.top) / box.height));
    };
    pad.onpointerdown = (event) => {
      pad.setPointerCapture(event.pointerId);
      this.held = true;
      go(event);
    };
    pad.onpointermove = (event) => (this.held || event.pointerType === "mouse") && this.held && go(event);
    pad.onpointerup = pad.onpointercancel = () => (this.held = false);
    pad.onkeydown = (event) => {
      const by = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] }[event.key];
      if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      event.stopPropagation();
      this.#place(this.u + by[0], this.v + by[1]);
    };
  }

  // --- wishes -------------------------------------------------------------------------------------------------------

  #place(u, v) {
    this.touched = true;
    Object.assign(this, { way: "place", u: Math.max(-1, Math.min(1, u)), v: Math.max(-1, Math.min(1, v)) });
    this.#ask();
    this.again();
  }

  #walk(t) {
    this.touched = true;
    Object.assign(this, { way: "walk", t });
    this.#ask();
    this.again();
  }

  #toggle() {
    this.rolls = !this.rolls;
    this.play.setAttribute("aria-pressed", String(this.rolls));
    let before = performance.now();
    const turn = (now) => {
      if (!this.rolls || this.gone) return;
      this.slider.value = (Number(this.slider.value) + (now - before) / TRIP) % 1;
      before = now;
      this.#walk(Number(this.slider.value));
      this.turning = requestAnimationFrame(turn);
    };
    if (this.rolls) this.turning = requestAnimationFrame(turn);
  }

  #between(pair) {
    this.pair = pair;
    this.strip = null;
    this.#stale();
    this.again();
  }

  // The networks have changed: what is shown is of another moment.
  #stale() {
    this.#ask();
    if (!this.pictures && !this.pair) return;
    this.sheets ??= setTimeout(() => {
      this.sheets = null;
      this.#sheet();
    }, this.sheet ? SHEETS : 30);
  }

  // One question at a time; the newest wish wins.
  #ask() {
    this.wished = true;
    if (this.asking || this.gone || !(this.touched || this.pictures)) return;
    this.soon ??= setTimeout(async () => {
      this.soon = null;
      if (this.gone) return;
      this.asking = true;
      this.wished = false;
      const { way, u, v, t, label, stage } = this;
      try {
        const found = await stage.ask("imagine", { way, u, v, t, label, near: this.pictures, ...at(stage) });
        this.found = { ...found.facts.answer, arrays: found.arrays, way, u, v };
        this.refusal = "";
        if (!this.pictures) this.#land(Array.from(found.arrays.samples.data), found.step);
      } catch (error) {
        if (!error.late) this.refusal = error.message;
      }
      this.asking = false;
      this.again();
      if (this.wished) this.#ask();
    }, SOON);
  }

  // A way over the plane is that of one moment: another one begins anew.
  #land(place, step) {
    if (step !== this.since) this.landed = [];
    this.since = step;
    this.landed = [...this.landed, place].slice(-TRAIL);
    this.stage.emit(LANDED, place);
  }

  async #sheet() {
    if (this.gone || this.laying) return;
    this.laying = true;
    const { stage, label, pair } = this;
    try {
      if (this.pictures) this.sheet = (await stage.ask("imagine", { way: "sheet", label, ...at(stage) })).arrays.samples;
      if (pair && this.pictures) this.strip = (await stage.ask("imagine", { way: "between", first: pair[0], second: pair[1], ...at(stage) })).arrays;
    } catch (error) {
      if (!error.late) this.refusal = error.message;
    }
    this.laying = false;
    this.again();
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint() {
    const { width, stage, found } = this;
    const side = Math.floor(this.pictures ? Math.min(WIDEST, 0.6 * width) : Math.min(PLAIN, (width - 12) / 2));
    const { colours } = stage;
    this.lut = ramp(colours.background, colours.text);
    this.#pad(this.pen(this.pad, side, side), side, colours);
    if (this.pictures) this.#large(Math.min(170, Math.floor(width - side - 12)), colours);
    else this.#plane(this.pen(this.large, side, side), side, colours);
    this.root.dataset.state = this.refusal ? "refused" : found ? "shown" : "waiting";
    write(this.note, this.refusal || this.#says());
    this.#strip(colours);
  }

  #pad(pen, side, colours) {
    const { sheet } = this;
    if (sheet && this.pictures) {
      const [count, h_, w] = sheet.shape;
      this.many.write(sheet.data, count, h_, w, this.lut, true);
      pen.imageSmoothingEnabled = h_ > 16;
      const each = side / SHEET;
      for (let k = 0; k < count; k++) this.many.draw(pen, k, (k % SHEET) * each, Math.floor(k / SHEET) * each, each, each);
    } else {
      pen.strokeStyle = colours.line;
      pen.lineWidth = 1;
      pen.beginPath();
      for (let k = 0; k <= 8; k++) {
        const at_ = Math.min(side - 0.5, (k * side) / 8 + 0.5);
        pen.moveTo(at_, 0);
        pen.lineTo(at_, side);
        pen.moveTo(0, at_);
        pen.lineTo(side, at_);
      }
      pen.stroke();
      pen.font = `12px ${this.family}`;
      pen.fillStyle = colours.faint;
      pen.fillText("z₁ →", side - 30, side - 6);
      pen.fillText("z₂ ↑", 5, 14);
    }
    const place = this.way === "place" ? (this.touched || this.pictures) && [this.u, this.v] : this.#walked();
    if (!place) return;
    const [x, y] = [((place[0] + 1) / 2) * side, ((1 - place[1]) / 2) * side];
    pen.beginPath();
    pen.arc(x, y, 8, 0, 2 * Math.PI);
    pen.lineWidth = 5;
    pen.strokeStyle = colours.background;
    pen.stroke();
    pen.lineWidth = 3;
    pen.strokeStyle = colours.generator;
    pen.stroke();
  }

  // Where the noise lands among the real samples, and the last places it came by.
  #plane(pen, side, colours) {
    const { setup } = this.stage;
    const places = new Places(setup.extent);
    places.width = places.height = side;
    const toPixel = (x, y) => places.toPixel(x, y);
    pen.strokeStyle = colours.line;
    pen.lineWidth = 1;
    pen.strokeRect(0.5, 0.5, side - 1, side - 1);
    pen.globalAlpha = 0.5;
    marks(pen, disc, setup.arrays.points, toPixel, 1.6, colours.real, colours.background);
    pen.globalAlpha = 1;
    if (this.landed.length) {
      pen.beginPath();
      this.landed.forEach((place, k) => (k ? pen.lineTo(...toPixel(...place)) : pen.moveTo(...toPixel(...place))));
      pen.strokeStyle = colours.generator;
      pen.lineWidth = 1.5;
      pen.stroke();
      marks(pen, diamond, { data: this.landed.at(-1), shape: [1, 2] }, toPixel, 5.5, colours.generator, colours.background);
    }
    pen.font = `12px ${this.family}`;
    pen.fillStyle = colours.faint;
    pen.fillText("G(z)", 5, 14);
    this.large.setAttribute("aria-label", this.word("lands", { place: this.landed.length ? this.landed.at(-1).map((value) => value.toFixed(1).replace("-", "−")).join(", ") : "—" }));
  }

  // Where the round trip is on the plane: known where the plane is all there is.
  #walked() {
    const { found } = this;
    if (!found || found.size > 2) return null;
    const reach = this.stage.setup.experiment.adversary.noise === "uniform" ? 1 : REACH;
    return [found.z[0] / reach, (found.z[1] ?? 0) / reach].map((part) => Math.max(-1, Math.min(1, part)));
  }

  #large(side, colours) {
    const samples = this.found?.arrays.samples;
    if (!samples || side < 20) return;
    const near = this.found.arrays.nearest;
    const pen = this.pen(this.large, side, 2 * side + 40);
    const [, h_, w] = samples.shape;
    pen.imageSmoothingEnabled = h_ > 16;
    pen.font = `12px ${this.family}`;
    pen.fillStyle = colours.generator;
    pen.fillText(`◆ ${this.word("made")}`, 0, 12);
    this.one.write(samples.data, 1, h_, w, this.lut, true);
    this.one.draw(pen, 0, 0, 18, side, side);
    if (near) {
      pen.fillStyle = colours.real;
      pen.fillText(`● ${this.word("nearest")}`, 0, side + 33);
      this.one.write(near.data, 1, h_, w, this.lut, true);
      this.one.draw(pen, 0, 0, side + 39, side, side);
    }
    this.large.setAttribute("aria-label", this.#says());
  }

  #strip(colours) {
    const { strip, width, pair } = this;
    this.strip_.hidden = !(strip && pair);
    this.between_.hidden = !this.pictures || !this.strip_.hidden;
    if (this.strip_.hidden) return;
    const [count, h_, w] = strip.samples.shape;
    const each = Math.floor((width + 3) / count) - 3;
    const pen = this.pen(this.strip_, width, each + 18);
    pen.font = `12px ${this.family}`;
    pen.fillStyle = colours.faint;
    pen.fillText(this.word("between", { first: pair[0] + 1, second: pair[1] + 1 }), 0, 12);
    this.path.write(strip.samples.data, count, h_, w, this.lut, true);
    pen.imageSmoothingEnabled = h_ > 16;
    for (let k = 0; k < count; k++) this.path.draw(pen, k, k * (each + 3), 18, each, each);
    this.strip_.setAttribute("aria-label", this.word("between", { first: pair[0] + 1, second: pair[1] + 1 }));
  }

  #says() {
    const { found } = this;
    if (!found) return this.word(this.pictures ? "waiting" : "hint");
    const answer = found.arrays.answer.data[0];
    const critic = ["Wasserstein", "WassersteinPenalty"].includes(this.stage.setup.experiment.adversary?.loss?.kind);
    const z = `z = (${found.z.map((value) => value.toFixed(2).replace("-", "−")).join(", ")}${found.size > found.z.length ? ", …" : ""})`;
    return [z, this.word(critic ? "score" : "answer", { share: critic ? digits(answer) : percent(answer) }), found.size > 2 && found.way === "place" ? this.word("slice", { size: found.size }) : ""].filter(Boolean).join(" · ");
  }
}
