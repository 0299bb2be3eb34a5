// The three canvases of the plane: the field with its contour moves with every frame, the data rest, marks on them change
// now and then. Knows what to draw when told, not when.

import { fit, h } from "../../dom.js";
import { inkOf, outline, shapeOf } from "./samples.js";

export class Layers {
  constructor(places, classes) {
    Object.assign(this, { places, classes, radius: 4 });
    this.base = h("canvas", { class: "stage-plane-base" });
    this.dots = h("canvas", { class: "stage-plane-dots" });
    this.marks = h("canvas", { class: "stage-plane-over" });
  }

  get nodes() {
    return [this.base, this.dots, this.marks];
  }

  resize(left, top) {
    const { width, height } = this.places;
    for (const canvas of this.nodes) {
      fit(canvas, width, height);
      Object.assign(canvas.style, { left: `${left}px`, top: `${top}px` });
    }
    this.scale = this.base.width / width;
    this.ring = null;
  }

  dye(colours, ink) {
    Object.assign(this, { colours, ink });
    this.ring = null;
  }

  // --- the field ------------------------------------------------------------------------------------------------------

  /** @param paint what holds the field's colours (field.js), or null where there is no field */
  field(paint) {
    const { base } = this;
    const context = base.getContext("2d", { alpha: false });
    if (paint) return paint.draw(context, base.width, base.height);
    context.fillStyle = this.colours.zero;
    return context.fillRect(0, 0, base.width, base.height);
  }

  /** The contour lies on the field: a fine line for `sides`, a strong one for `middle`. */
  contour(field, { middle, sides }) {
    const context = this.base.getContext("2d");
    this.#stroke(context, field, sides, 1, 0.4);
    this.#stroke(context, field, middle, 1.75, 0.85);
  }

  #stroke(context, field, segments, width, strength, dashes = []) {
    if (!segments.length) return;
    const { canvas } = context;
    context.globalAlpha = strength;
    context.strokeStyle = this.colours.text;
    context.lineWidth = width * this.scale;
    context.setLineDash(dashes.map((part) => part * this.scale));
    const [sx, sy] = [canvas.width / (field.columns - 1), canvas.height / (field.rows - 1)];
    context.beginPath();
    if (!dashes.length) segments.trace(context, sx, sy, canvas.height);
    else for (const line of segments.lines()) line.forEach(([x, y], k) => context[k ? "lineTo" : "moveTo"](x * sx, canvas.height - y * sy));
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  // --- the data -------------------------------------------------------------------------------------------------------

  /** Draws sets of samples, the first ones lowest. */
  data(sets) {
    const context = this.#fresh(this.dots);
    const most = Math.max(...sets.map((samples) => samples.count));
    this.radius = most > 1200 ? 2.6 : most > 250 ? 3.3 : 4;
    this.ring = null;
    for (const samples of sets) {
      for (let i = 0; i < samples.count; i++) this.#dot(context, samples, i);
    }
  }

  #dot(context, samples, i) {
    const { classes, radius, colours } = this;
    const label = samples.label[i];
    const ink = this.ink(label);
    const rim = classes ? ink : `color-mix(in srgb, ${ink} 55%, ${colours.text})`;
    context.beginPath();
    outline(context, shapeOf(label, classes), ...this.places.toPixel(samples.x[i], samples.y[i]), radius);
    if (samples.test) {
      context.lineWidth = 3;
      context.strokeStyle = context.fillStyle = colours.background;
      context.stroke();
      context.fill();
      context.lineWidth = 1.5;
      context.strokeStyle = rim;
      context.stroke();
    } else {
      context.fillStyle = ink;
      context.lineWidth = 1.6;
      context.strokeStyle = classes ? colours.background : rim;
      context.stroke();
      context.fill();
    }
  }

  // --- what is marked ---------------------------------------------------------------------------------------------------

  /**
   * @param {{wrong: Samples[], ghost: {field, segments}|null, painted: Array, chosen: number[]|null, cursor: number[]|null}} what
   */
  mark({ wrong, ghost, painted, chosen, cursor }) {
    const context = this.#fresh(this.marks);
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (ghost?.field) this.#stroke(context, ghost.field, ghost.segments, 1.75, 0.95, [5, 4]);
    for (const samples of wrong) this.#rings(context, samples);
    context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    for (const point of painted) this.#painted(context, point);
    if (chosen) this.#aim(context, ...this.places.toPixel(...chosen));
    if (cursor) this.#cross(context, ...this.places.toPixel(...cursor));
  }

  // A ring is drawn once and copied: there may be hundreds of them in every frame.
  #rings(context, samples) {
    this.ring ??= this.#makeRing();
    const half = this.ring.width / 2;
    for (let i = 0; i < samples.count; i++) {
      if (!samples.wrong[i]) continue;
      const [x, y] = this.places.toPixel(samples.x[i], samples.y[i]);
      context.drawImage(this.ring, Math.round(x * this.scale - half), Math.round(y * this.scale - half));
    }
  }

  #makeRing() {
    const radius = this.radius + (this.classes > 2 ? 2.6 : 1.3);
    const side = 2 * Math.ceil((radius + 2) * this.scale);
    const ring = h("canvas", { width: side, height: side });
    const context = ring.getContext("2d");
    context.arc(side / 2, side / 2, radius * this.scale, 0, 2 * Math.PI);
    context.strokeStyle = this.colours.text;
    context.lineWidth = 1.5 * this.scale;
    context.stroke();
    return ring;
  }

  #painted(context, [x, y, label]) {
    context.beginPath();
    outline(context, shapeOf(label, this.classes), ...this.places.toPixel(x, y), 4.6);
    context.fillStyle = this.ink(label);
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = this.colours.text;
    context.setLineDash([2, 1.6]);
    context.stroke();
    context.setLineDash([]);
  }

  #aim(context, x, y) {
    for (const [ink, width] of [[this.colours.background, 4.5], [this.colours.text, 2]]) {
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

  #cross(context, x, y) {
    context.beginPath();
    for (const [dx, dy] of [[9, 0], [0, 9]]) {
      context.moveTo(x - dx, y - dy);
      context.lineTo(x + dx, y + dy);
    }
    context.strokeStyle = this.colours.text;
    context.lineWidth = 1.5;
    context.stroke();
  }

  #fresh(canvas) {
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(this.scale, 0, 0, this.scale, 0, 0);
    return context;
  }
}

/** The colour of a sample: its class's, or its value's on the palette. */
export function inkFor(classes, colours, reach) {
  if (classes) return (label) => inkOf(label, colours);
  return (value) => {
    const rgba = colours.lut[Math.max(1, Math.min(255, Math.round(128 + (127 * value) / reach)))];
    return `rgb(${rgba & 255} ${(rgba >>> 8) & 255} ${(rgba >>> 16) & 255})`;
  };
}
