// The plane of two numbers: what the network answers everywhere, the data it answers for, and points painted by hand.

import { digits, h } from "../../dom.js";
import { briefName, columnsOf } from "../diagram/columns.js";
import { signed } from "../picture/numbers.js";
import { png } from "../picture/export.js";
import { attended, SPOT } from "../picture/spot.js";
import { dye } from "../picture/styles.js";
import { Axes } from "./axes.js";
import { Brush } from "./brush.js";
import { borders, contour, Segments } from "./contour.js";
import { classAt, fieldOf, Paint, valueAt } from "./field.js";
import { Hands } from "./hands.js";
import { Key } from "./key.js";
import { inkFor, Layers } from "./layers.js";
import { surfaceSvg } from "./picture.js";
import { Places } from "./places.js";
import { Samples } from "./samples.js";
import { Switches, Tools } from "./tools.js";

const WIDEST = 560;
const CLOSE = 42; // pixels within which the nearest sample is named
const PROBABLE = new Set(["BCE", "BCEWithLogits", "CrossEntropy"]); // losses whose outputs are probabilities
const kept = new WeakMap(); // by stage: what a visitor has chosen and painted outlives a change of the network

export class Surface {
  constructor(element, stage) {
    Object.assign(this, { element, stage, frame: null, field: null, unit: null, shadow: null, hover: null, saidAt: -Infinity });
    this.word = (key, values) => stage.word(key, values);
    const { setup } = stage;
    this.classes = setup.target.kind === "classes" ? setup.target.size : 0;
    this.names = this.classes ? Array.from({ length: this.classes }, (_, k) => String(setup.target.names?.[k] ?? k)) : null;
    this.facts = JSON.stringify([setup.experiment.data, setup.extent, setup.target]);
    this.columns = columnsOf(setup, this.word);
    this.axisNames = namesOf(setup, this.columns[0]);
    this.places = new Places(setup.extent);
    this.axes = new Axes(setup.extent, this.axisNames);
    const { points, labels, points_test, labels_test } = setup.arrays;
    this.train = new Samples(points, labels, false);
    this.test = new Samples(points_test, labels_test, true);
    this.lines = { middle: new Segments(), sides: new Segments(), ghost: new Segments() };
    this.layers = new Layers(this.places, this.classes);
    this.#remember();
    this.#build();
    this.listeners = {
      selection: () => this.#look(),
      theme: () => this.#dye(),
      ghost: (frame) => this.ghost(frame),
      [SPOT]: () => this.#look(),
    };
    for (const [event, listener] of Object.entries(this.listeners)) stage.on(event, listener);
    this.#dye();
    this.resize();
  }

  // --- what the stage calls -------------------------------------------------------------------------------------------

  draw(frame) {
    if (!this.places.width) this.resize();
    if (!this.places.width) return;
    const unit = attended(this.stage);
    if (frame === this.frame && !this.stale && unit?.column === this.asked?.column && unit?.unit === this.asked?.unit) return;
    Object.assign(this, { frame, asked: unit, stale: false });
    this.#readField(unit);
    this.#paintField();
    this.#judge();
    this.#caption();
    if (this.hover) this.#read();
    const now = performance.now();
    if (now - this.saidAt > 1000) this.#describe(now);
  }

  resize() {
    const width = Math.floor(this.figure.clientWidth);
    const { left, right, top } = this.axes.margin;
    const side = Math.min(WIDEST, width - left - right);
    if (side < 40 || (side === this.places.width && this.ratio === devicePixelRatio)) return;
    Object.assign(this.places, { width: side, height: side });
    this.ratio = devicePixelRatio;
    this.axes.place(side, side);
    const whole = this.axes.size(side);
    Object.assign(this.stack.style, { width: `${whole.width}px`, height: `${whole.height}px` });
    Object.assign(this.pad.style, { left: `${left}px`, top: `${top}px`, width: `${side}px`, height: `${side}px` });
    this.layers.resize(left, top);
    this.#repaint();
  }

  /** Other facts: with the same data only the network is another one, and what is drawn may stay until its first frame. */
  renew() {
    const { setup } = this.stage;
    if (JSON.stringify([setup.experiment.data, setup.extent, setup.target]) !== this.facts) return false;
    this.columns = columnsOf(setup, this.word);
    this.frame = null;
    return true;
  }

  /** Draws the boundary of another frame as a dashed line; null takes it away. */
  ghost(frame) {
    this.lines.ghost.clear();
    this.shadowField = frame && fieldOf(frame, this.stage.setup);
    this.shadow = this.shadowField ? frame : null;
    if (this.shadowField) this.#boundary(this.shadowField, this.lines.ghost);
    this.#sayGhost();
    this.#paintMarks();
  }

  /** The picture as SVG text. */
  svg() {
    const { axes, classes, field, lines, names, options, places, title, word } = this;
    const image = field && this.paint.address(2 * places.width);
    const toPixel = (x, y) => places.toPixel(x, y);
    const more = { samples: this.#shown(), painted: this.brush.points, ghost: this.shadowField, unit: this.unit, marks: this.#marks() };
    return surfaceSvg({ axes, classes, field, lines, names, options, title, word, image, toPixel, side: places.width, colours: this.stage.colours, ink: this.layers.ink, ...more });
  }

  /** The picture as a PNG Blob. */
  png() {
    return png(this.svg());
  }

  dispose() {
    for (const [event, listener] of Object.entries(this.listeners)) this.stage.off(event, listener);
    this.element.replaceChildren();
  }

  // --- building -------------------------------------------------------------------------------------------------------

  #remember() {
    const before = kept.get(this.stage);
    const data = JSON.stringify(this.stage.setup.experiment.data);
    this.options = before?.options ?? { discrete: false, contour: true, test: true };
    this.brush = before?.data === data ? before.brush : new Brush(this.places.spans);
    kept.set(this.stage, { options: this.options, brush: this.brush, data });
  }

  #build() {
    const { word, layers, names } = this;
    this.pad = h("div", { class: "stage-plane-pad", tabindex: 0, role: "application", "aria-label": word("plane.pad") });
    this.stack = h("div", { class: "stage-plane-stack", role: "img" }, layers.nodes, this.axes.node);
    this.figure = h("div", { class: "stage-plane-figure" }, h("div", { class: "stage-plane-frame" }, this.stack, this.pad));
    this.captionNode = h("h4", { class: "stage-plane-caption" });
    const switches = this.test.count ? ["contour", "discrete", "test"] : ["contour", "discrete"];
    this.switches = new Switches(word, this.options, switches, () => this.#repaint());
    this.key = new Key(word, { names, test: this.test.count > 0 });
    this.reading = h("p", { class: "stage-plane-reading" });
    this.reach = Math.max(1e-6, ...this.train.label.map(Math.abs));
    this.tools = new Tools(word, { names, reach: Number(this.reach.toPrecision(2)), colours: this.stage.colours }, {
      changed: () => this.#armed(),
      undo: () => this.#painted(() => this.brush.undo()),
      redo: () => this.#painted(() => this.brush.redo()),
      learn: () => this.#learn(),
    });
    this.root = h("section", { class: "stage-plane", "aria-label": word("plane.title") });
    this.root.append(h("header", { class: "stage-plane-head" }, this.captionNode, this.switches.node), this.figure, this.key.node, this.reading, this.tools.node);
    this.element.replaceChildren(this.root);
    this.hands = new Hands(this.pad, {
      places: this.places,
      brush: this.brush,
      tools: this.tools,
      nearest: (px, py, reach) => this.#nearest(px, py, reach),
      read: (place, aloud) => this.#readAt(place, aloud),
      choose: (sample) => this.#choose(sample),
      changed: () => this.#painted(() => {}),
      full: () => this.stage.announce(word("plane.full")),
    });
    this.#painted(() => {});
    this.#say("");
  }

  #dye() {
    const { colours } = this.stage;
    dye(this.root, colours);
    this.paint = new Paint(colours, this.classes);
    this.#ink();
    this.key.build(colours);
    this.tools.dye(colours);
    this.#sayGhost();
    this.#counts();
    this.#repaint();
  }

  #repaint() {
    this.stale = true;
    if (!this.places.width) return;
    this.layers.data(this.#shown().reverse());
    if (this.frame) this.draw(this.frame);
    else if (!this.field) this.layers.field(null);
    this.#paintMarks();
  }

  // --- drawing --------------------------------------------------------------------------------------------------------

  #readField(unit) {
    const { setup } = this.stage;
    const own = unit && fieldOf(this.frame, setup, unit);
    this.field = own ?? fieldOf(this.frame, setup);
    this.unit = own ? unit : null;
    const reach = this.field?.kind === "values" ? this.field.reach : this.reach;
    if (this.classes || reach === this.reach) return;
    this.reach = reach; // samples are coloured on the scale of the surface
    this.#ink();
    this.layers.data(this.#shown().reverse());
  }

  #ink() {
    const { colours } = this.stage;
    this.layers.dye(colours, inkFor(this.classes, colours, this.reach));
  }

  #paintField() {
    const { field, options, paint, layers } = this;
    const { middle, sides } = this.lines;
    middle.clear();
    sides.clear();
    if (!field) return layers.field(null);
    paint.write(field, options.discrete, !this.classes);
    layers.field(paint);
    if (!options.contour) return;
    this.#boundary(field, middle);
    if (field.kind !== "classes") for (const level of [128 - 63.5, 128 + 63.5]) contour(field.bytes, field.rows, field.columns, level, sides);
    else if (field.sure) contour(field.sure, field.rows, field.columns, 255 * (0.5 + 0.5 / this.classes), sides);
    layers.contour(field, this.lines);
  }

  #boundary(field, into) {
    if (field.kind === "classes") borders(field.bytes, field.rows, field.columns, this.classes, into);
    else contour(field.bytes, field.rows, field.columns, 128, into);
  }

  // Who is on the wrong side can only be told from the network's own answer.
  #judge() {
    const { field } = this;
    const able = this.classes > 0 && field !== null && this.unit === null;
    let changed = able !== this.judged;
    this.judged = able;
    if (able) {
      const toGrid = (x, y) => this.places.toGrid(field, x, y);
      for (const samples of [this.train, this.test]) changed = samples.judge(field, toGrid) || changed;
    }
    if (changed) this.#paintMarks();
    this.#counts();
  }

  #shown() {
    return this.options.test ? [this.train, this.test] : [this.train];
  }

  #paintMarks() {
    if (!this.places.width) return;
    const { selection } = this.stage;
    const samples = selection?.kind === "sample" ? (selection.test ? this.test : this.train) : null;
    const i = samples ? samples.find(selection.index) : -1;
    this.layers.mark({
      wrong: this.judged ? this.#shown() : [],
      ghost: this.shadow && { field: this.shadowField, segments: this.lines.ghost },
      painted: this.brush.points,
      chosen: i < 0 ? null : [samples.x[i], samples.y[i]],
      cursor: this.hands?.cursor ?? null,
    });
  }

  // --- words ----------------------------------------------------------------------------------------------------------

  #caption() {
    const { unit, word } = this;
    const title = unit ? briefName(this.columns[unit.column + 1], unit.unit, word) : word("plane.output");
    if (title !== this.title) {
      this.title = title;
      this.captionNode.textContent = title;
      this.root.classList.toggle("stage-plane-of-unit", unit !== null);
    }
    this.key.reach(this.field?.reach ?? 1);
  }

  #counts() {
    const { train, test, word } = this;
    this.key.say("train", word("plane.train", { count: counted(train, word) }));
    this.key.say("test", word("plane.test_count", { count: counted(test, word) }));
    this.key.say("wrong", word("plane.wrong", { count: train.numWrong + (this.options.test ? test.numWrong : 0) }));
  }

  // The lines of the key that stand under the scale, for the picture to keep.
  #marks() {
    const names = ["train", this.options.test && this.test.count && "test", this.judged && "wrong", this.shadow && "ghost"];
    return names.filter(Boolean).map((name) => ({ name, text: this.key.texts.get(name).textContent }));
  }

  #sayGhost() {
    this.key.ghost.hidden = !this.shadow;
    if (this.shadow) this.key.say("ghost", this.word("plane.ghost", { step: this.shadow.step }));
  }

  #describe(now) {
    this.saidAt = now;
    const { train, test, word } = this;
    const values = { train: train.total, test: test.total, wrong: train.numWrong, wrong_test: test.numWrong, step: this.frame.step };
    this.stack.setAttribute("aria-label", word(this.classes ? "plane.alt" : "plane.alt_regression", values));
  }

  #say(text) {
    this.reading.textContent = text || this.word(this.tools.open ? "plane.hint_paint" : "plane.hint");
    this.reading.classList.toggle("stage-plane-idle", !text);
  }

  #readAt(place, aloud = false) {
    this.hover = place;
    if (!place) return this.#say("");
    this.#read();
    if (aloud) this.stage.announce(this.reading.textContent);
  }

  // What lies under the pointer: place, answer, nearest sample.
  #read() {
    const { hover, field, word, places } = this;
    const parts = hover.map((value, axis) => `${this.axisNames[axis]} ${signed(value)}`);
    if (field) parts.push(this.#answer(field, ...places.toGrid(field, ...hover)));
    const near = this.#nearest(...places.toPixel(...hover), CLOSE);
    if (near) {
      const label = this.classes ? this.names[near.label] : digits(near.label);
      parts.push(word(near.test ? "plane.near_test" : "plane.near_train", { number: near.index + 1, label }));
    }
    this.#say(parts.join(" · "));
  }

  #answer(field, u, v) {
    const { word } = this;
    if (this.unit) return word("plane.value", { value: signed(valueAt(field, u, v)) });
    if (!this.classes) return word("plane.predicts", { value: signed(valueAt(field, u, v)) });
    const { label, sure } = classAt(field, u, v);
    const name = this.names[label];
    if (PROBABLE.has(this.stage.setup.experiment.loss?.kind)) return word("plane.answers", { name, sure: Math.round(100 * sure) });
    return word("plane.leans", { name, value: field.kind === "classes" ? digits(sure) : signed(valueAt(field, u, v)) });
  }

  // --- hands ----------------------------------------------------------------------------------------------------------

  #look() {
    this.stale = true;
    this.stage.redraw();
    this.#paintMarks();
  }

  #armed() {
    this.pad.classList.toggle("stage-plane-painting", this.tools.open);
    this.#say("");
  }

  #nearest(px, py, reach) {
    const to = (x, y) => this.places.toPixel(x, y);
    const found = this.#shown().map((samples) => samples.nearest(px, py, to, reach));
    return found.filter(Boolean).sort((a, b) => a.away - b.away)[0] ?? null;
  }

  #choose(near) {
    const { selection } = this.stage;
    const same = near && selection?.kind === "sample" && selection.index === near.index && selection.test === near.test;
    this.stage.select(near && !same ? { kind: "sample", index: near.index, test: near.test } : null);
  }

  #painted(deed) {
    deed();
    const { points, before, after } = this.brush;
    this.tools.count(points.length, before.length, after.length);
    this.#paintMarks();
  }

  #learn() {
    const { points } = this.brush;
    this.stage.propose({ kind: "points", points: points.map((point) => [...point]) });
    this.stage.announce(this.word("plane.learning", { count: points.length }));
  }
}

function counted(samples, word) {
  return samples.count < samples.total ? word("plane.some", { drawn: samples.count, total: samples.total }) : String(samples.total);
}

// Drawn data have two coordinates, whatever features the network gets of them; a table has columns with names.
function namesOf({ experiment }, input) {
  return experiment.data.kind === "Csv" && input.labels.length >= 2 ? input.labels.slice(0, 2) : ["x₁", "x₂"];
}
