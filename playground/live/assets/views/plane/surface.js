// The plane of two numbers: field, contour, data, and what is painted on it. Three canvases: the field moves with every
// frame, the data rests, marks change now and then.

import { digits, fit, h } from "../../dom.js";
import { signed } from "../diagram/card.js";
import { columnsOf, unitName } from "../diagram/columns.js";
import { png } from "../picture/export.js";
import { attended, SPOT } from "../picture/spot.js";
import { dye } from "../picture/styles.js";
import { Axes } from "./axes.js";
import { Brush } from "./brush.js";
import { borders, contour, Segments } from "./contour.js";
import { classAt, fieldOf, Paint, valueAt } from "./field.js";
import { Key } from "./key.js";
import { surfaceSvg } from "./picture.js";
import { outline, Samples, shapeOf } from "./samples.js";
import { Switches, Tools } from "./tools.js";

const WIDEST = 560;
const NEAR = 14; // pixels from the pointer to a sample; fingers need more
const kept = new WeakMap(); // by stage: what a visitor has chosen and painted outlives a change of the network

export class Surface {
  constructor(element, stage) {
    Object.assign(this, { element, stage, frame: null, field: null, shadow: null, hover: null, cursor: null, saidAt: -Infinity });
    this.word = (key, values) => stage.word(key, values);
    const { setup } = stage;
    this.classes = setup.target.kind === "classes" ? setup.target.size : 0;
    this.names = this.classes ? Array.from({ length: this.classes }, (_, k) => String(setup.target.names?.[k] ?? k)) : null;
    this.columns = columnsOf(setup, this.word);
    this.axisNames = namesOf(setup);
    const { points, labels, points_test, labels_test } = setup.arrays;
    this.train = new Samples(points, labels, false);
    this.test = new Samples(points_test, labels_test, true);
    this.axes = new Axes(setup.extent, this.axisNames);
    this.lines = { middle: new Segments(), sides: new Segments(), ghost: new Segments() };
    this.#remember();
    this.#build();
    this.listeners = { selection: () => this.#look(), theme: () => this.#dye(), [SPOT]: () => this.#look() };
    for (const [event, listener] of Object.entries(this.listeners)) stage.on(event, listener);
    this.#dye();
    this.resize();
  }

  // --- what the stage calls -------------------------------------------------------------------------------------------

  draw(frame) {
    if (!this.side) this.resize();
    if (!this.side) return;
    const unit = attended(this.stage);
    if (frame === this.frame && !this.stale && sameUnit(unit, this.unit)) return;
    this.unit = unit;
    this.frame = frame;
    this.stale = false;
    this.field = fieldOf(frame, this.stage.setup, unit) ?? (unit ? fieldOf(frame, this.stage.setup) : null);
    if (this.field?.kind !== "unit") this.unit = null;
    this.#paintField();
    this.#judge();
    this.#caption();
    if (this.hover) this.#read();
    const now = performance.now();
    if (now - this.saidAt > 1000) this.#describe(now);
  }

  resize() {
    const width = Math.floor(this.figure.clientWidth);
    if (width === 0) return;
    const { left, right, top } = this.axes.margin;
    const side = Math.min(WIDEST, width - left - right);
    if (side < 40 || (side === this.side && this.ratio === devicePixelRatio)) return;
    [this.side, this.ratio] = [side, devicePixelRatio];
    this.axes.place(side, side);
    const whole = this.axes.size(side);
    Object.assign(this.stack.style, { width: `${whole.width}px`, height: `${whole.height}px` });
    for (const canvas of [this.base, this.dots, this.marks]) {
      fit(canvas, side, side);
      Object.assign(canvas.style, { left: `${left}px`, top: `${top}px` });
    }
    Object.assign(this.pad.style, { left: `${left}px`, top: `${top}px`, width: `${side}px`, height: `${side}px` });
    this.scale = this.base.width / side;
    this.#repaint();
  }

  /** Draws the boundary of another frame as a dashed line; null takes it away. */
  ghost(frame) {
    const { setup } = this.stage;
    this.shadow = frame ? { step: frame.step, field: fieldOf(frame, setup) } : null;
    const { ghost } = this.lines;
    ghost.clear();
    if (this.shadow?.field) this.#boundary(this.shadow.field, ghost);
    this.key.ghost.hidden = !this.shadow;
    if (this.shadow) this.key.say("ghost", this.word("plane.ghost", { step: this.shadow.step }));
    this.#paintMarks();
  }

  /** The picture as SVG text. */
  svg() {
    const { axes, field, lines, options, train, test, side, brush, unit, classes, names, word } = this;
    const { colours } = this.stage;
    const samples = options.test ? [train, test] : [train];
    const image = field && this.base && this.#fieldAddress();
    return surfaceSvg({ axes, field, lines, options, samples, side, painted: brush.points, classes, names, colours, image, word, ghost: this.shadow !== null, unit, title: this.title, toPixel: (x, y) => this.#toPixel(x, y), ink: (label) => this.#ink(label) });
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
    const { setup } = this.stage;
    const [left, right, bottom, top] = setup.extent;
    const data = JSON.stringify(setup.experiment.data);
    const before = kept.get(this.stage);
    this.options = before?.options ?? { discrete: false, contour: true, test: true };
    this.brush = before?.data === data ? before.brush : new Brush([right - left, top - bottom]);
    kept.set(this.stage, { options: this.options, brush: this.brush, data });
  }

  #build() {
    const { word } = this;
    this.base = h("canvas", { class: "stage-plane-base" });
    this.dots = h("canvas", { class: "stage-plane-dots" });
    this.marks = h("canvas", { class: "stage-plane-marks-canvas" });
    this.pad = h("div", { class: "stage-plane-pad", tabindex: 0, role: "application", "aria-label": word("plane.pad"), "aria-describedby": "stage-plane-reading" });
    this.stack = h("div", { class: "stage-plane-stack", role: "img" }, this.base, this.dots, this.marks, this.axes.node);
    this.figure = h("div", { class: "stage-plane-figure" }, h("div", { class: "stage-plane-frame" }, this.stack, this.pad));
    this.captionNode = h("h4", { class: "stage-plane-caption" });
    const switches = this.test.count ? ["contour", "discrete", "test"] : ["contour", "discrete"];
    this.switches = new Switches(word, this.options, switches, () => this.#repaint());
    this.key = new Key(word, { names: this.names, test: this.test.count > 0 });
    this.reading = h("p", { class: "stage-plane-reading", id: "stage-plane-reading" });
    const reach = Math.max(...this.train.label.map(Math.abs), 1e-6);
    this.tools = new Tools(word, { names: this.names, reach: Number(reach.toPrecision(2)), colours: this.stage.colours }, {
      changed: () => this.#armed(),
      undo: () => this.#painted(() => this.brush.undo()),
      redo: () => this.#painted(() => this.brush.redo()),
      learn: () => this.#learn(),
    });
    this.root = h("section", { class: "stage-plane", "aria-label": word("plane.title") });
    this.root.append(h("header", { class: "stage-plane-head" }, this.captionNode, this.switches.node), this.figure, this.key.node, this.reading, this.tools.node);
    this.element.replaceChildren(this.root);
    Object.assign(this.pad, {
      onpointerdown: (event) => this.#down(event),
      onpointermove: (event) => this.#move(event),
      onpointerup: (event) => this.#up(event),
      onpointercancel: (event) => this.#up(event),
      onpointerleave: () => this.#leave(),
      onkeydown: (event) => this.#key(event),
      onblur: () => this.#leave(),
    });
    this.#counted();
    this.#say("");
  }

  #dye() {
    const { colours } = this.stage;
    dye(this.root, colours);
    this.paint = new Paint(colours, this.classes);
    this.key.build(colours);
    this.key.reach(1);
    this.tools.dye(colours);
    this.ghostShown();
    this.#counts();
    this.#repaint();
  }

  ghostShown() {
    this.key.ghost.hidden = !this.shadow;
    if (this.shadow) this.key.say("ghost", this.word("plane.ghost", { step: this.shadow.step }));
  }

  #repaint() {
    this.stale = true;
    if (!this.side) return;
    this.#paintDots();
    if (this.frame) this.draw(this.frame);
    this.#paintMarks();
  }

  // --- places ---------------------------------------------------------------------------------------------------------

  #toPixel(x, y) {
    const [left, right, bottom, top] = this.stage.setup.extent;
    return [((x - left) / (right - left)) * this.side, (1 - (y - bottom) / (top - bottom)) * this.side];
  }

  #fromPixel(px, py) {
    const [left, right, bottom, top] = this.stage.setup.extent;
    return [left + (px / this.side) * (right - left), bottom + (1 - py / this.side) * (top - bottom)];
  }

  #toGrid(field, x, y) {
    const [left, right, bottom, top] = this.stage.setup.extent;
    return [((x - left) / (right - left)) * (field.columns - 1), ((y - bottom) / (top - bottom)) * (field.rows - 1)];
  }

  // --- drawing --------------------------------------------------------------------------------------------------------

  #paintField() {
    const { field, options, base, paint } = this;
    const context = base.getContext("2d", { alpha: false });
    if (!field) {
      context.fillStyle = this.stage.colours.zero;
      context.fillRect(0, 0, base.width, base.height);
      return;
    }
    paint.write(field, options.discrete, !this.classes);
    context.imageSmoothingEnabled = true;
    paint.draw(context, base.width, base.height);
    const { middle, sides } = this.lines;
    middle.clear();
    sides.clear();
    if (!options.contour) return;
    this.#boundary(field, middle);
    if (field.kind === "classes") {
      if (field.sure) contour(field.sure, field.rows, field.columns, 255 * (0.5 + 0.5 / this.classes), sides);
    } else for (const level of [128 - 63.5, 128 + 63.5]) contour(field.bytes, field.rows, field.columns, level, sides);
    this.#stroke(context, field, sides, 1, 0.4);
    this.#stroke(context, field, middle, 1.75, 0.85);
  }

  #boundary(field, into) {
    if (field.kind === "classes") borders(field.bytes, field.rows, field.columns, this.classes, into);
    else contour(field.bytes, field.rows, field.columns, 128, into);
  }

  #stroke(context, field, segments, width, strength, dashes = null) {
    context.globalAlpha = strength;
    context.strokeStyle = this.stage.colours.text;
    context.lineWidth = width * this.scale;
    if (dashes) context.setLineDash(dashes.map((part) => part * this.scale));
    context.beginPath();
    segments.trace(context, context.canvas.width / (field.columns - 1), context.canvas.height / (field.rows - 1), context.canvas.height);
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  #ink(label) {
    const { colours } = this.stage;
    if (this.classes) return colours.classes[label % colours.classes.length];
    const reach = this.field?.kind === "values" ? this.field.reach : Math.max(...this.train.label.map(Math.abs), 1e-9);
    const rgba = colours.lut[Math.max(1, Math.min(255, Math.round(128 + (127 * label) / reach)))];
    return `rgb(${rgba & 255} ${(rgba >>> 8) & 255} ${(rgba >>> 16) & 255})`;
  }

  #paintDots() {
    const context = this.dots.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.dots.width, this.dots.height);
    context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    const radius = this.train.count > 1200 ? 2.6 : this.train.count > 500 ? 3.2 : 4;
    this.radius = radius;
    if (this.options.test) this.#dots(context, this.test, radius);
    this.#dots(context, this.train, radius);
  }

  #dots(context, samples, radius) {
    const { background, text } = this.stage.colours;
    for (let i = 0; i < samples.count; i++) {
      const [x, y] = this.#toPixel(samples.x[i], samples.y[i]);
      const shape = shapeOf(samples.label[i], this.classes);
      const ink = this.#ink(samples.label[i]);
      context.beginPath();
      outline(context, shape, x, y, radius);
      if (samples.test) {
        context.lineWidth = 3.4;
        context.strokeStyle = background;
        context.stroke();
        context.fillStyle = background;
        context.fill();
        context.lineWidth = 1.8;
        context.strokeStyle = this.classes ? ink : mixed(ink, text);
        context.stroke();
      } else {
        context.fillStyle = ink;
        context.lineWidth = 2;
        context.strokeStyle = this.classes ? background : mixed(ink, text);
        context.stroke();
        context.fill();
      }
    }
  }

  #judge() {
    const { field } = this;
    if (!this.classes || !field || field.kind === "unit") return this.#counts();
    const toGrid = (x, y) => this.#toGrid(field, x, y);
    const changed = this.train.judge(field, toGrid);
    if (this.test.judge(field, toGrid) || changed) this.#paintMarks();
    this.#counts();
  }

  #paintMarks() {
    if (!this.side) return;
    const context = this.marks.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.marks.width, this.marks.height);
    if (this.shadow?.field) this.#stroke(context, this.shadow.field, this.lines.ghost, 1.75, 0.9, [5, 4]);
    context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    if (this.classes && this.field?.kind !== "unit") {
      context.beginPath();
      for (const samples of this.options.test ? [this.train, this.test] : [this.train]) {
        for (let i = 0; i < samples.count; i++) {
          if (!samples.wrong[i]) continue;
          const [x, y] = this.#toPixel(samples.x[i], samples.y[i]);
          outline(context, null, x, y, this.radius + 2.6);
        }
      }
      context.strokeStyle = this.stage.colours.text;
      context.lineWidth = 1.4;
      context.stroke();
    }
    this.#paintPainted(context);
    this.#paintChosen(context);
    this.#paintCursor(context);
  }

  #paintPainted(context) {
    const { text } = this.stage.colours;
    for (const [x1, x2, label] of this.brush.points) {
      const [x, y] = this.#toPixel(x1, x2);
      context.beginPath();
      outline(context, shapeOf(label, this.classes), x, y, 4.6);
      context.fillStyle = this.#ink(label);
      context.fill();
      context.lineWidth = 1.5;
      context.strokeStyle = text;
      context.setLineDash([2, 1.6]);
      context.stroke();
      context.setLineDash([]);
    }
  }

  #paintChosen(context) {
    const { selection } = this.stage;
    if (selection?.kind !== "sample") return;
    const samples = selection.test ? this.test : this.train;
    const i = samples.find(selection.index);
    if (i < 0) return;
    const [x, y] = this.#toPixel(samples.x[i], samples.y[i]);
    const { text, background } = this.stage.colours;
    for (const [ink, width] of [[background, 4.5], [text, 2]]) {
      context.beginPath();
      outline(context, null, x, y, 10);
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(x + 10 * dx, y + 10 * dy);
        context.lineTo(x + 17 * dx, y + 17 * dy);
      }
      context.strokeStyle = ink;
      context.lineWidth = width;
      context.stroke();
    }
  }

  #paintCursor(context) {
    if (!this.cursor) return;
    const [x, y] = this.#toPixel(...this.cursor);
    context.beginPath();
    context.moveTo(x - 9, y);
    context.lineTo(x + 9, y);
    context.moveTo(x, y - 9);
    context.lineTo(x, y + 9);
    context.strokeStyle = this.stage.colours.text;
    context.lineWidth = 1.5;
    context.stroke();
  }

  // --- words ----------------------------------------------------------------------------------------------------------

  #caption() {
    const { unit, word } = this;
    const title = unit ? unitName(this.columns[unit.column + 1], unit.unit, word) : word("plane.output");
    if (title !== this.title) {
      this.title = title;
      this.captionNode.textContent = title;
      this.root.classList.toggle("stage-plane-of-unit", unit !== null);
    }
    this.key.reach(this.field?.reach ?? 1);
  }

  #counts() {
    const { train, test, word } = this;
    this.key.say("train", word("plane.train", { count: shown(train, word) }));
    this.key.say("test", word("plane.test_count", { count: shown(test, word) }));
    const wrong = train.numWrong + (this.options.test ? test.numWrong : 0);
    this.key.say("wrong", word("plane.wrong", { count: wrong }));
  }

  #describe(now) {
    this.saidAt = now;
    const { train, test, word } = this;
    const values = { train: train.total, test: test.total, wrong: train.numWrong, wrong_test: test.numWrong, step: this.frame.step };
    this.stack.setAttribute("aria-label", word(this.classes ? "plane.alt" : "plane.alt_regression", values));
  }

  #say(text) {
    this.reading.textContent = text || this.word(this.tools?.open ? "plane.hint_paint" : "plane.hint");
    this.reading.classList.toggle("stage-plane-idle", !text);
  }

  // What lies under the pointer: place, answer, nearest sample.
  #read() {
    const { hover, field, word } = this;
    const [x, y] = hover;
    const [first, second] = this.axisNames;
    const parts = [`${first} ${signed(x)}`, `${second} ${signed(y)}`];
    if (field) {
      const [u, v] = this.#toGrid(field, x, y);
      const value = field.kind === "classes" ? null : valueAt(field, u, v);
      if (field.kind === "unit") parts.push(word("plane.value", { value: signed(value) }));
      else if (!this.classes) parts.push(word("plane.predicts", { value: signed(value) }));
      else {
        const { label, sure } = classAt(field, u, v);
        parts.push(word("plane.answers", { name: this.names[label], sure: Math.round(100 * sure) }));
      }
    }
    const near = this.#nearest(...this.#toPixel(x, y), 3 * NEAR);
    if (near) {
      const values = { number: near.index + 1, label: this.classes ? this.names[near.label] : digits(near.label) };
      parts.push(word(near.test ? "plane.near_test" : "plane.near_train", values));
    }
    this.#say(parts.join(" · "));
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
    const to = (x, y) => this.#toPixel(x, y);
    const found = [this.train.nearest(px, py, to, reach), this.options.test ? this.test.nearest(px, py, to, reach) : null].filter(Boolean);
    return found.sort((a, b) => a.away - b.away)[0] ?? null;
  }

  #place(event) {
    const box = this.pad.getBoundingClientRect();
    const inside = (value) => Math.max(0, Math.min(this.side, value));
    return [inside(event.clientX - box.left), inside(event.clientY - box.top)];
  }

  #down(event) {
    if (event.button !== 0 || !this.side) return;
    this.cursor = null;
    const at = this.#place(event);
    this.hover = this.#fromPixel(...at);
    this.#read();
    if (!this.tools.open) return;
    event.preventDefault();
    this.pad.setPointerCapture(event.pointerId);
    this.stroke = true;
    this.brush.begin();
    this.#dab(...this.hover);
  }

  #move(event) {
    if (!this.side) return;
    this.hover = this.#fromPixel(...this.#place(event));
    if (this.stroke) this.#dab(...this.hover);
    this.#read();
  }

  #up(event) {
    if (this.stroke) {
      this.stroke = false;
      this.brush.end();
      this.#counted();
      return;
    }
    if (event.type !== "pointerup" || this.tools.open) return;
    const reach = event.pointerType === "touch" ? 2 * NEAR : NEAR;
    this.#choose(this.#nearest(...this.#place(event), reach));
  }

  #choose(near) {
    const { selection } = this.stage;
    if (!near) return selection ? this.stage.select(null) : undefined;
    const same = selection?.kind === "sample" && selection.index === near.index && selection.test === near.test;
    this.stage.select(same ? null : { kind: "sample", index: near.index, test: near.test });
  }

  #leave() {
    this.hover = null;
    if (this.cursor) {
      this.cursor = null;
      this.#paintMarks();
    }
    this.#say("");
  }

  #dab(x, y) {
    if (this.tools.tool === "erase") this.brush.erase(x, y, 0.03);
    else if (!this.brush.add(rounded(x), rounded(y), this.tools.value, 0.018)) this.stage.announce(this.word("plane.full"));
    this.#paintMarks();
    this.#counted();
  }

  #painted(deed) {
    deed();
    this.#paintMarks();
    this.#counted();
  }

  #counted() {
    const { points, before, after } = this.brush;
    this.tools.count(points.length, before.length, after.length);
  }

  #learn() {
    this.stage.propose({ kind: "points", points: this.brush.points.map((point) => [...point]) });
    this.stage.announce(this.word("plane.learning", { count: this.brush.points.length }));
  }

  // --- keys -----------------------------------------------------------------------------------------------------------

  #key(event) {
    const step = event.shiftKey ? 0.1 : 0.02;
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
    if (by) this.#walk(by);
    else if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && this.tools.open) {
      this.#painted(() => (event.shiftKey ? this.brush.redo() : this.brush.undo()));
    } else if (event.key === "Enter" && this.cursor) this.#press();
    else if ((event.key === "Delete" || event.key === "Backspace") && this.cursor && this.tools.open) this.#rub();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #walk([dx, dy]) {
    const [left, right, bottom, top] = this.stage.setup.extent;
    const [x, y] = this.cursor ?? [(left + right) / 2, (bottom + top) / 2];
    const within = (value, low, high) => Math.max(low, Math.min(high, value));
    this.cursor = [within(x + dx * (right - left), left, right), within(y + dy * (top - bottom), bottom, top)];
    this.hover = this.cursor;
    this.#paintMarks();
    this.#read();
    this.stage.announce(this.reading.textContent);
  }

  #press() {
    if (!this.tools.open) return this.#choose(this.#nearest(...this.#toPixel(...this.cursor), 3 * NEAR));
    this.brush.begin();
    this.#dab(...this.cursor);
    this.brush.end();
    this.#counted();
  }

  #rub() {
    this.brush.begin();
    this.brush.erase(...this.cursor, 0.03);
    this.brush.end();
    this.#painted(() => {});
  }

  #fieldAddress() {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = 2 * this.side;
    this.paint.draw(canvas.getContext("2d"), canvas.width, canvas.height);
    return canvas.toDataURL("image/png");
  }
}

const rounded = (value) => Math.round(value * 1000) / 1000;
const sameUnit = (a, b) => a?.column === b?.column && a?.unit === b?.unit;
const mixed = (ink, text) => `color-mix(in srgb, ${ink} 55%, ${text})`;

function shown(samples, word) {
  return samples.count < samples.total ? word("plane.some", { drawn: samples.count, total: samples.total }) : String(samples.total);
}

// Drawn data have two coordinates, whatever features the network gets of them; a table has columns with names.
function namesOf({ experiment, input }) {
  const own = experiment.data.kind === "Csv" && input.labels.length >= 2;
  return own ? input.labels.slice(0, 2).map(String) : ["x₁", "x₂"];
}
