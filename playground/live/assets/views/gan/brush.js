// A distribution drawn by hand: with it open, the pointer sprays real samples onto the arena, and the generator may learn them.

import { h } from "../../dom.js";
import { disc, marks } from "./actors.js";

const MOST = 2000;
const EACH = 4; // samples of a touch
const WIDTH = 0.025; // of the plane: how far they scatter
const APART = 14; // ms between two touches while the pointer moves

export class Brush {
  /** @param to {places() of the canvas, changed(), word(key, values)} */
  constructor(stage, canvas, to) {
    Object.assign(this, { stage, canvas, to, points: [], open: false, past: [] });
    const { word } = to;
    this.toggle = h("button", { type: "button", class: "stage-look-chip", "aria-pressed": "false", "aria-expanded": "false", onclick: () => this.#open(!this.open) }, word("draw"));
    this.undo = h("button", { type: "button", class: "stage-look-chip", onclick: () => this.#undo() }, word("draw_undo"));
    this.clear = h("button", { type: "button", class: "stage-look-chip", onclick: () => this.#clear() }, word("draw_clear"));
    this.learn = h("button", { type: "button", class: "stage-look-chip stage-gan-main", onclick: () => this.#learn() });
    this.tools = h("div", { class: "stage-look-tools", hidden: true }, this.undo, this.clear, this.learn);
    this.node = h("div", { class: "stage-look-tools stage-gan-brush" }, this.toggle, this.tools);
    this.listeners = { pointerdown: (event) => this.#down(event), pointermove: (event) => this.#move(event), pointerup: () => (this.held = false), pointercancel: () => (this.held = false) };
    for (const [name, listener] of Object.entries(this.listeners)) canvas.addEventListener(name, listener);
    this.key = (event) => {
      if (!this.open || (event.key !== "Enter" && event.key !== " ")) return;
      const box = canvas.getBoundingClientRect();
      event.preventDefault();
      event.stopPropagation();
      this.past.push(this.points.length);
      this.#spray(this.to.cursor?.() ?? [box.width / 2, box.height / 2]);
    };
    canvas.addEventListener("keydown", this.key);
    this.#count();
  }

  paint(pen, toPixel, colours) {
    const flat = Float64Array.from(this.points.flat());
    marks(pen, disc, { data: flat, shape: [this.points.length, 2] }, toPixel, 2.9, colours.real, colours.background);
  }

  close() {
    for (const [name, listener] of Object.entries(this.listeners)) this.canvas.removeEventListener(name, listener);
    this.canvas.removeEventListener("keydown", this.key);
  }

  #open(open) {
    this.open = open;
    this.toggle.setAttribute("aria-pressed", String(open));
    this.toggle.setAttribute("aria-expanded", String(open));
    this.tools.hidden = !open;
    this.canvas.classList.toggle("stage-gan-drawing", open);
    if (!open) this.#clear();
  }

  #down(event) {
    if (!this.open || event.button !== 0) return;
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.held = true;
    this.past.push(this.points.length);
    this.at = -Infinity;
    this.#touch(event);
  }

  #move(event) {
    if (this.held) this.#touch(event);
  }

  #touch(event) {
    if (event.timeStamp - this.at < APART) return;
    this.at = event.timeStamp;
    const box = this.canvas.getBoundingClientRect();
    this.#spray([event.clientX - box.left, event.clientY - box.top]);
  }

  #spray([px, py]) {
    const places = this.to.places();
    const [x, y] = places.fromPixel(px, py);
    const [left, right, bottom, top] = places.extent;
    for (let k = 0; k < EACH && this.points.length < MOST; k++) {
      const radius = WIDTH * Math.sqrt(-2 * Math.log(1 - Math.random()));
      const angle = 2 * Math.PI * Math.random();
      const point = [x + radius * places.spans[0] * 0.5 * Math.cos(angle), y + radius * places.spans[1] * 0.5 * Math.sin(angle)];
      if (point[0] > left && point[0] < right && point[1] > bottom && point[1] < top) this.points.push(point);
    }
    this.#count();
    this.to.changed();
  }

  #undo() {
    this.points.length = this.past.pop() ?? 0;
    this.#count();
    this.to.changed();
  }

  #clear() {
    this.points = [];
    this.past = [];
    this.#count();
    this.to.changed();
  }

  #learn() {
    const points = this.points.map(([x, y]) => [Number(x.toFixed(3)), Number(y.toFixed(3))]);
    this.stage.propose({ kind: "distribution", points });
    this.stage.announce(this.to.word("draw_learning", { count: points.length }));
    this.#open(false);
  }

  #count() {
    const { length } = this.points;
    this.undo.disabled = this.clear.disabled = length === 0;
    this.learn.disabled = length < 20;
    this.learn.textContent = this.to.word(length < 20 ? "draw_more" : "draw_learn", { count: length });
  }
}
