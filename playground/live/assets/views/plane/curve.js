// One number in: the network's answer as a curve among the samples. With several classes there is a curve for each class,
// its probability. The curve moves with every frame, the data rest.

import { digits, fit, h } from "../../dom.js";
import { briefName, columnsOf } from "../diagram/columns.js";
import { png } from "../picture/export.js";
import { signed } from "../picture/numbers.js";
import { attended, SPOT } from "../picture/spot.js";
import { dye } from "../picture/styles.js";
import { Axes } from "./axes.js";
import { Key } from "./key.js";
import { curveSvg } from "./picture.js";
import { outline, Samples, shapeOf } from "./samples.js";
import { Switches } from "./tools.js";

const WIDEST = 560;
const TALL = 0.78; // height of the picture for its width
const NEAR = 16;

export class Curve {
  constructor(element, stage) {
    Object.assign(this, { element, stage, frame: null, shadow: null, hover: null, cursor: null, options: { test: true }, saidAt: -Infinity });
    this.word = (key, values) => stage.word(key, values);
    const { setup } = stage;
    const { points, labels, points_test, labels_test } = setup.arrays;
    this.classes = setup.target.kind === "classes" ? setup.target.size : 0;
    const at = (array) => array && { ...array, data: Float64Array.from(array.data, (label) => heightOf(label, this.classes)) };
    this.columns = columnsOf(setup, this.word);
    this.train = new Samples(points, at(labels), false, true);
    this.test = new Samples(points_test, at(labels_test), true, true);
    this.extent = [...setup.extent.slice(0, 2), ...this.#span()];
    this.names = [setup.input.labels[0] ?? "x", this.classes ? this.word("plane.answer") : "y"];
    this.axes = new Axes(this.extent, this.names);
    this.#build();
    this.listeners = { selection: () => this.#look(), theme: () => this.#dye(), ghost: (frame) => this.ghost(frame), [SPOT]: () => this.#look() };
    for (const [event, listener] of Object.entries(this.listeners)) stage.on(event, listener);
    this.#dye();
    this.resize();
  }

  draw(frame) {
    if (!this.width) this.resize();
    if (!this.width || (frame === this.frame && !this.stale)) return;
    Object.assign(this, { frame, stale: false, unit: this.#response(frame) });
    this.#caption();
    const context = this.base.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.base.width, this.base.height);
    context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    for (const run of this.#runs()) {
      context.beginPath();
      run.points.forEach(([x, y], k) => context[k ? "lineTo" : "moveTo"](x, y));
      context.strokeStyle = run.colour;
      context.lineWidth = 2.5;
      context.lineJoin = "round";
      context.setLineDash(run.dashes ? [5, 4] : []);
      context.stroke();
    }
    if (this.hover) this.#read();
    const now = performance.now();
    if (now - this.saidAt > 1000) this.#describe(now);
  }

  resize() {
    const whole = Math.floor(this.figure.clientWidth);
    const { left, right, top } = this.axes.margin;
    const width = Math.min(WIDEST, whole - left - right);
    if (whole === 0 || width < 40 || (width === this.width && this.ratio === devicePixelRatio)) return;
    Object.assign(this, { width, height: Math.round(width * TALL), ratio: devicePixelRatio });
    this.axes.place(width, this.height);
    const size = this.axes.size(width, this.height);
    Object.assign(this.stack.style, { width: `${size.width}px`, height: `${size.height}px` });
    for (const canvas of [this.dots, this.base, this.marks]) {
      fit(canvas, width, this.height);
      Object.assign(canvas.style, { left: `${left}px`, top: `${top}px` });
    }
    Object.assign(this.pad.style, { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${this.height}px` });
    this.scale = this.base.width / width;
    this.#repaint();
  }

  ghost(frame) {
    this.shadow = frame;
    this.key.ghost.hidden = !frame;
    if (frame) this.key.say("ghost", this.word("plane.ghost", { step: frame.step }));
    this.#repaint();
  }

  svg() {
    const { axes, width, height, word } = this;
    const samples = this.options.test ? [this.test, this.train] : [this.train];
    const toPixel = (x, y) => this.#toPixel(x, y);
    return curveSvg({ axes, width, height, samples, runs: this.#runs(), colours: this.stage.colours, toPixel, ink: () => this.stage.colours.train, title: word("plane.curve") });
  }

  png() {
    return png(this.svg());
  }

  dispose() {
    for (const [event, listener] of Object.entries(this.listeners)) this.stage.off(event, listener);
    this.element.replaceChildren();
  }

  #build() {
    const { word } = this;
    for (const name of ["base", "dots", "marks"]) this[name] = h("canvas", {});
    this.pad = h("div", { class: "stage-plane-pad", tabindex: 0, role: "application", "aria-label": word("plane.pad_curve") });
    this.stack = h("div", { class: "stage-plane-stack", role: "img" }, this.dots, this.base, this.marks, this.axes.node);
    this.figure = h("div", { class: "stage-plane-figure" }, h("div", { class: "stage-plane-frame" }, this.stack, this.pad));
    this.switches = new Switches(word, this.options, this.test.count ? ["test"] : [], () => this.#repaint());
    this.key = new Key(word, { names: null, test: this.test.count > 0, curve: true });
    this.reading = h("p", { class: "stage-plane-reading" });
    this.captionNode = h("h4", { class: "stage-plane-caption" });
    const head = h("header", { class: "stage-plane-head" }, this.captionNode, this.switches.node);
    this.root = h("section", { class: "stage-plane", "aria-label": word("plane.title") }, head, this.figure, this.key.node, this.reading);
    this.element.replaceChildren(this.root);
    Object.assign(this.pad, {
      onpointerdown: (event) => this.#point(event),
      onpointermove: (event) => this.#point(event),
      onpointerup: (event) => this.#choose(this.#nearest(...this.#place(event), event.pointerType === "touch" ? 2 * NEAR : NEAR)),
      onpointerleave: () => this.#leave(),
      onblur: () => this.#leave(),
      onkeydown: (event) => this.#pressed(event),
    });
    this.#say("");
  }

  #dye() {
    const { colours } = this.stage;
    dye(this.root, colours);
    this.key.build(colours);
    this.key.say("train", this.word("plane.train", { count: this.train.total }));
    this.key.say("test", this.word("plane.test_count", { count: this.test.total }));
    this.key.say("network", this.word("plane.network"));
    if (this.shadow) this.ghost(this.shadow);
    this.#repaint();
  }

  #repaint() {
    this.stale = true;
    if (!this.width) return;
    this.#paintDots();
    this.#paintMarks();
    if (this.frame) this.draw(this.frame);
  }

  // The least and the greatest height of the data with some room, so that the picture does not jump.
  #span() {
    if (this.classes > 2) return [-0.08, 1.08];
    let [low, high] = this.classes ? [-1, 1] : [Infinity, -Infinity];
    for (const { y } of [this.train, this.test]) for (const value of y) [low, high] = [Math.min(low, value), Math.max(high, value)];
    if (!(high > low)) [low, high] = [low - 1, low + 1];
    const room = 0.14 * (high - low);
    return [low - room, high + room];
  }

  #toPixel(x, y) {
    const [left, right, bottom, top] = this.extent;
    return [((x - left) / (right - left)) * this.width, (1 - (y - bottom) / (top - bottom)) * this.height];
  }

  // The attended unit's output along the line; null where none is attended to.
  #response({ arrays }) {
    const unit = attended(this.stage);
    const column = unit && unit.column >= 0 ? this.stage.setup.columns[unit.column] : null;
    const map = column && arrays[`map/${column.until}`];
    if (map?.shape[1] !== 1 || unit.unit >= map.shape[0]) return null;
    const across = map.shape[2];
    const reach = arrays[`map/${column.until}/reach`]?.data[0] ?? 1;
    const values = Array.from(map.data.subarray(unit.unit * across, (unit.unit + 1) * across), (byte) => ((byte - 128) / 127) * reach);
    return { ...unit, values };
  }

  // The lines to draw: the ghost's, the network's, and that of a unit in the accent's colour.
  #runs() {
    const { colours } = this.stage;
    const [left, right] = this.extent;
    const own = (this.unit ? [this.unit.values] : []).map((values) => ({
      points: values.map((value, i) => this.#toPixel(left + (i / (values.length - 1)) * (right - left), value)),
      colour: colours.accent,
    }));
    return [...this.#answers(), ...own];
  }

  #answers() {
    const { colours } = this.stage;
    return [this.shadow, this.frame].filter(Boolean).flatMap((frame) => {
      const { line, line_x: places } = frame.arrays;
      if (!line || !places) return [];
      const across = line.shape[1] ?? 1;
      return Array.from({ length: across }, (_, k) => ({
        points: Array.from(places.data, (x, i) => this.#toPixel(x, line.data[i * across + k])),
        colour: across > 1 ? colours.classes[k % colours.classes.length] : colours.text,
        dashes: frame === this.shadow,
      }));
    });
  }

  #paintDots() {
    const context = this.dots.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.dots.width, this.dots.height);
    context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    const { train, background } = this.stage.colours;
    const radius = this.train.count > 500 ? 2.6 : 3.6;
    for (const samples of this.options.test ? [this.test, this.train] : [this.train]) {
      for (let i = 0; i < samples.count; i++) {
        const [x, y] = this.#toPixel(samples.x[i], samples.y[i]);
        context.beginPath();
        outline(context, shapeOf(0, 0), x, y, radius);
        context.fillStyle = samples.test ? background : train;
        context.strokeStyle = samples.test ? train : background;
        context.lineWidth = samples.test ? 1.6 : 1;
        context.fill();
        context.stroke();
      }
    }
  }

  #paintMarks() {
    if (!this.width) return;
    const context = this.marks.getContext("2d");
    const { text, background } = this.stage.colours;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.marks.width, this.marks.height);
    context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    if (this.hover !== null) {
      const [x] = this.#toPixel(this.hover, 0);
      context.fillStyle = text;
      context.globalAlpha = 0.35;
      context.fillRect(x - 0.5, 0, 1, this.height);
      context.globalAlpha = 1;
    }
    const { selection } = this.stage;
    if (selection?.kind !== "sample") return;
    const samples = selection.test ? this.test : this.train;
    const i = samples.find(selection.index);
    if (i < 0) return;
    for (const [ink, width] of [[background, 4.5], [text, 2]]) {
      context.beginPath();
      outline(context, null, ...this.#toPixel(samples.x[i], samples.y[i]), 8);
      context.strokeStyle = ink;
      context.lineWidth = width;
      context.stroke();
    }
  }

  #look() {
    this.stale = true;
    this.#paintMarks();
    this.stage.redraw();
  }

  #caption() {
    const title = this.unit ? briefName(this.columns[this.unit.column + 1], this.unit.unit, this.word) : this.word("plane.curve");
    if (this.captionNode.textContent !== title) this.captionNode.textContent = title;
    this.root.classList.toggle("stage-plane-of-unit", this.unit !== null);
  }

  #describe(now) {
    this.saidAt = now;
    this.stack.setAttribute("aria-label", this.word("plane.alt_curve", { train: this.train.total, test: this.test.total, step: this.frame.step }));
  }

  #say(text) {
    this.reading.textContent = text || this.word("plane.hint");
    this.reading.classList.toggle("stage-plane-idle", !text);
  }

  #read() {
    const parts = [`${this.names[0]} ${signed(this.hover)}`];
    const { line, line_x: places } = this.frame?.arrays ?? {};
    if (line && places) {
      const across = line.shape[1] ?? 1;
      const at = ((this.hover - places.data[0]) / (places.data.at(-1) - places.data[0])) * (places.data.length - 1);
      const low = Math.max(0, Math.min(places.data.length - 2, Math.floor(at)));
      const values = Array.from({ length: across }, (_, k) => {
        const [a, b] = [line.data[low * across + k], line.data[(low + 1) * across + k]];
        return signed(a + (b - a) * (at - low));
      });
      parts.push(this.word("plane.predicts", { value: values.join(", ") }));
    }
    if (this.near) {
      parts.push(this.word(this.near.test ? "plane.near_test" : "plane.near_train", { number: this.near.index + 1, label: digits(this.near.y) }));
    }
    this.#say(parts.join(" · "));
  }

  #place(event) {
    const box = this.pad.getBoundingClientRect();
    return [Math.max(0, Math.min(this.width, event.clientX - box.left)), event.clientY - box.top];
  }

  #point(event) {
    if (!this.width) return;
    const [px, py] = this.#place(event);
    this.near = this.#nearest(px, py, 3 * NEAR);
    this.#hoverAt(this.extent[0] + (px / this.width) * (this.extent[1] - this.extent[0]));
  }

  #hoverAt(x) {
    this.hover = x;
    this.#paintMarks();
    this.#read();
  }

  #nearest(px, py, reach) {
    const to = (x, y) => this.#toPixel(x, y);
    const found = [this.train.nearest(px, py, to, reach), this.options.test ? this.test.nearest(px, py, to, reach) : null].filter(Boolean);
    return found.sort((a, b) => a.away - b.away)[0] ?? null;
  }

  #choose(near) {
    this.stage.select(near && { kind: "sample", index: near.index, test: near.test });
  }

  #leave() {
    this.hover = null;
    this.near = null;
    this.#paintMarks();
    this.#say("");
  }

  #pressed(event) {
    const [left, right] = this.extent;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) {
      const x = (this.hover ?? (left + right) / 2) + by * (event.shiftKey ? 0.1 : 0.02) * (right - left);
      const inside = Math.max(left, Math.min(right, x));
      this.near = this.#nearest(...this.#toPixel(inside, this.#heightAt(inside)), 6 * NEAR);
      this.#hoverAt(inside);
      this.stage.announce(this.reading.textContent);
    } else if (event.key === "Enter" && this.near) this.#choose(this.near);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #heightAt(x) {
    const { line, line_x: places } = this.frame?.arrays ?? {};
    if (!line) return 0;
    const at = Math.round(((x - places.data[0]) / (places.data.at(-1) - places.data[0])) * (places.data.length - 1));
    return line.data[at * (line.shape[1] ?? 1)];
  }
}

// Where a sample stands: its value; two classes at the ends of the scale, several at certainty.
function heightOf(label, classes) {
  if (classes === 0) return label;
  return classes === 2 ? 2 * label - 1 : 1;
}
