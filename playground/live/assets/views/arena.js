// Where both players meet: real and fake samples on one plane, what the discriminator makes of every place, where its
// gradient pulls each fake, how the generator bends its noise over the plane, and where there is too much or too little.
// While the walk is on (duel.js), it shows the walk's own samples.

import { h, whole } from "../dom.js";
import { diamond, disc, marks, percent, verdicts } from "./gan/actors.js";
import { Brush } from "./gan/brush.js";
import { key } from "./gan/key.js";
import { arrows, manifold } from "./gan/layers.js";
import { Axes } from "./plane/axes.js";
import { contour, Segments } from "./plane/contour.js";
import { Places } from "./plane/places.js";
import { Bitmap } from "./picture/bitmap.js";
import { page, png } from "./picture/export.js";
import { signed } from "./picture/numbers.js";
import { Panel, write } from "./picture/panel.js";

export const needs = ["arena", "sheet"];
export const place = "main";
export const styles = "gan.css";

const [WIDEST, BESIDE] = [500, 330]; // px; while the walk is on, both networks are to be in sight too
const SHOWN = ["answer", "difference", "real", "fake", "arrows", "manifold"];
const GROUNDS = ["answer", "difference"];
const STEP = 0.02; // of the plane, for an arrow key
const kept = new WeakMap(); // by stage: what is shown outlives a change of the networks

/** The view: `draw`, `renew`, `dispose`, `png`. */
export function mount(element, stage) {
  return new Arena(element, stage);
}

class Arena extends Panel {
  static words = "arena";
  static every = true;

  constructor(element, stage) {
    super(element, stage, { duel: (moment) => this.#follow(moment), "noise:landed": (place) => this.#land(place) });
    this.options = kept.get(stage) ?? { answer: true, difference: false, real: true, fake: true, arrows: true, manifold: false };
    kept.set(stage, this.options);
    Object.assign(this, { moment: null, cursor: null, bitmap: new Bitmap(), line: new Segments() });
    this.#settle();
    this.#build();
  }

  renew() {
    if (this.stage.setup.lang !== this.lang || JSON.stringify(this.stage.setup.extent) !== this.extent) return false;
    this.#settle();
    this.#keys();
    this.shown = null;
    this.again();
    return true;
  }

  dispose() {
    this.brush.close();
    super.dispose();
  }

  /** The picture as a PNG Blob. */
  async png() {
    const { canvas, axes, stage } = this;
    const whole = axes.size(this.side);
    const image = `<image x="${axes.margin.left}" y="${axes.margin.top}" width="${this.side}" height="${this.side}" href="${canvas.toDataURL()}"/>`;
    return png(page(whole.width, whole.height, stage.colours, `${image}<g fill="${stage.colours.faint}">${axes.svg(stage.colours.faint)}</g>`));
  }

  #settle() {
    const { setup } = this.stage;
    this.extent = JSON.stringify(setup.extent);
    this.places = new Places(setup.extent);
    this.places.width = this.places.height = this.side ?? 0;
    this.real = setup.arrays.points;
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const word = (key, values) => this.word(key, values);
    this.axes = new Axes(this.stage.setup.extent, ["x₁", "x₂"]);
    this.canvas = h("canvas", { class: "stage-arena-canvas", tabindex: 0, role: "application", "aria-label": word("pad") });
    this.stack = h("div", { class: "stage-arena-stack" }, this.canvas, this.axes.node);
    this.field = h("div", { class: "stage-arena-field" }, this.stack);
    this.chips = h("div", { class: "stage-look-chips", role: "group", "aria-label": word("shows") }, SHOWN.map((name) => this.#chip(name)));
    this.key = h("p", { class: "stage-gan-key" });
    this.reading = h("p", { class: "stage-gan-reading" });
    this.facts = h("p", { class: "stage-gan-unseen", role: "img" });
    this.brush = new Brush(this.stage, this.canvas, { places: () => this.places, cursor: () => this.cursor ?? this.places.middle(), changed: () => this.again(), word });
    const head = h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, word("title")), this.chips);
    this.root = h("section", { class: "stage-look stage-arena", "aria-label": word("title") }, head, this.field, this.facts, this.key, this.reading, this.brush.node);
    this.#hands();
    this.begin(this.field);
  }

  #chip(name) {
    const chip = h("button", { type: "button", class: "stage-look-chip", data: { name }, title: this.word(`${name}_help`), "aria-pressed": String(this.options[name]) }, this.word(name));
    chip.onclick = () => {
      this.options[name] = !this.options[name];
      if (GROUNDS.includes(name) && this.options[name]) for (const other of GROUNDS) if (other !== name) this.options[other] = false;
      for (const each of this.chips.children) each.setAttribute("aria-pressed", String(this.options[each.dataset.name]));
      this.#keys();
      this.again();
    };
    return chip;
  }

  #hands() {
    const { canvas } = this;
    const under = (event) => {
      const box = canvas.getBoundingClientRect();
      return this.places.fromPixel(event.clientX - box.left, event.clientY - box.top);
    };
    const look = (place, aloud = false) => {
      this.cursor = place;
      this.again();
      if (aloud && this.shown) this.stage.announce(this.#read(this.#scene(this.shown)));
    };
    canvas.addEventListener("pointermove", (event) => look(under(event)));
    canvas.addEventListener("pointerdown", (event) => look(under(event)));
    canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && look(null));
    canvas.addEventListener("blur", () => look(null));
    canvas.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] }[event.key];
      if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      event.stopPropagation();
      look(this.places.moved(this.cursor ?? this.places.middle(), by), true);
    });
  }

  wear() {
    if (!this.key) return;
    this.tints = verdicts(this.stage.colours);
    this.#keys();
    super.wear();
  }

  #keys() {
    const critic = ["Wasserstein", "WassersteinPenalty"].includes(this.stage.setup.experiment.adversary?.loss?.kind);
    this.key.innerHTML = key({ ...this.options, critic }, this.tints, this.stage.colours, (name) => this.word(name));
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  #follow(moment) {
    if (!this.moment !== !moment) this.root.dataset.walks = String(Boolean(moment));
    this.moment = moment;
    this.again();
  }

  // Where chosen noise lands (noise.js).
  #land(place) {
    this.landed = place;
    this.again();
  }

  // What there is to be shown: of the frame, or of the walk that goes on.
  #scene({ arrays }) {
    const found = {
      heat: arrays["gan/plane"],
      scale: arrays["gan/scale"]?.data,
      uneven: arrays["gan/difference"],
      fakes: arrays["gan/fake"],
      pull: arrays["gan/pull"],
      sheet: arrays["gan/manifold"],
      reals: this.real,
      ...this.options,
    };
    if (!this.moment) return found;
    return { ...found, difference: false, manifold: false, answer: true, real: true, fake: true, arrows: true, ...this.moment.arena };
  }

  paint(frame) {
    const side = Math.floor(Math.min(this.moment ? BESIDE : WIDEST, this.width - this.axes.margin.left - this.axes.margin.right));
    if (side < 60) return;
    this.#size(side);
    const pen = this.pen(this.canvas, side, side);
    const { colours } = this.stage;
    // A glance holds some of the pictures only: those before it stay.
    if (frame) this.shown = { step: frame.step, arrays: { ...this.shown?.arrays, ...frame.arrays }, metrics: { ...this.shown?.metrics, ...frame.metrics } };
    const scene = this.shown ? this.#scene(this.shown) : { real: true, reals: this.real };
    this.#ground(pen, side, scene);
    const toPixel = (x, y) => this.places.toPixel(x, y);
    if (scene.manifold) manifold(pen, scene.sheet, toPixel, colours.generator);
    if (scene.real && !this.brush.strokes.length) marks(pen, disc, scene.reals, toPixel, 2.9, colours.real, colours.background);
    if (scene.arrows) arrows(pen, scene.fakes, scene.pull, toPixel, colours);
    if (scene.fake) marks(pen, diamond, scene.fakes, toPixel, 2.9, colours.generator, colours.background);
    if (this.brush.strokes.length) this.brush.paint(pen, toPixel, colours);
    if (this.landed && !this.moment) this.#ring(pen, colours);
    if (this.cursor) this.#cross(pen, colours);
    write(this.reading, this.shown && this.cursor ? this.#read(scene) : this.word(this.moment ? "hint_walk" : "hint"));
    this.reading.classList.toggle("stage-gan-idle", !this.cursor);
    this.root.dataset.state = scene.heat ? "shown" : "waiting";
    if (frame) {
      this.root.dataset.step = frame.step;
      this.speak(this.facts, () => this.#alt(this.shown));
    }
  }

  #size(side) {
    if (side === this.side) return;
    this.side = this.places.width = this.places.height = side;
    const whole = this.axes.size(side);
    Object.assign(this.stack.style, { width: `${whole.width}px`, height: `${whole.height}px` });
    Object.assign(this.canvas.style, { left: `${this.axes.margin.left}px`, top: `${this.axes.margin.top}px` });
    this.axes.place(side, side);
  }

  #ground(pen, side, scene) {
    const { tints, bitmap, line } = this;
    pen.fillStyle = this.stage.colours.background;
    pen.fillRect(0, 0, side, side);
    const map = scene.difference ? scene.uneven : scene.answer ? scene.heat : null;
    if (!map) return;
    const [rows, columns] = map.shape;
    bitmap.write(map.data, 1, rows, columns, tints.lut);
    pen.imageSmoothingEnabled = true;
    pen.imageSmoothingQuality = "high";
    pen.drawImage(bitmap.canvas, 0.5, 0.5, columns - 1, rows - 1, 0, 0, side, side);
    if (scene.difference) return;
    line.clear();
    contour(map.data, rows, columns, 128, line);
    pen.beginPath();
    line.trace(pen, side / (columns - 1), side / (rows - 1), side);
    pen.strokeStyle = this.stage.colours.discriminator;
    pen.lineWidth = 2.2;
    pen.stroke();
  }

  #ring(pen, colours) {
    const [x, y] = this.places.toPixel(...this.landed);
    for (const [width, ink] of [[5, colours.background], [3, colours.generator]]) {
      pen.beginPath();
      diamond(pen, x, y, 8);
      pen.lineWidth = width;
      pen.strokeStyle = ink;
      pen.stroke();
    }
  }

  #cross(pen, colours) {
    const [x, y] = this.places.toPixel(...this.cursor);
    pen.beginPath();
    for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      pen.moveTo(x + 4 * dx, y + 4 * dy);
      pen.lineTo(x + 11 * dx, y + 11 * dy);
    }
    pen.strokeStyle = colours.text;
    pen.lineWidth = 1.5;
    pen.stroke();
  }

  // --- words --------------------------------------------------------------------------------------------------------

  #read(scene) {
    const [x, y] = this.cursor;
    const where = `x₁ ${signed(x)} · x₂ ${signed(y)}`;
    const value = scene.heat ? at(scene.heat, this.places, x, y) : NaN;
    if (!Number.isFinite(value)) return where;
    if (scene.scale) return `${where} · ${this.word("critic", { value: signed(scene.scale[0] + value * scene.scale[1]) })}`;
    const share = (1 + value) / 2;
    return `${where} · ${this.word(share > 0.55 ? "says_real" : share < 0.45 ? "says_fake" : "says_either", { share: percent(share) })}`;
  }

  #alt({ step, metrics }) {
    const { d_real: real, d_fake: fake, modes, quality } = metrics;
    const values = { step: whole(step), real: percent(real), fake: percent(fake), modes: Number.isFinite(modes) ? modes : "—", quality: percent(quality) };
    return this.word("alt", values);
  }
}

// The answer between the places of the map: −1 fake … +1 real.
function at({ data, shape: [rows, columns] }, places, x, y) {
  const [u, v] = places.toGrid({ rows, columns }, x, y);
  const [left, low] = [Math.max(0, Math.min(columns - 2, u | 0)), Math.max(0, Math.min(rows - 2, v | 0))];
  const [a, b] = [u - left, v - low];
  const k = low * columns + left;
  const down = data[k] + (data[k + 1] - data[k]) * a;
  const up = data[k + columns] + (data[k + columns + 1] - data[k + columns]) * a;
  return (down + (up - down) * b - 128) / 127;
}
