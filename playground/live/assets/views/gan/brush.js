// A distribution drawn by hand: strokes and dots on the arena. Real samples are spread along them, and the generator may learn
// these.

import { h } from "../../dom.js";

const MOST_STROKES = 64;
const MOST_VERTICES = 400; // of all strokes together, as the data's specification has it
const APART = 0.022; // of the plane: how far vertices of a stroke lie from each other
const BOUND = 6; // the farthest coordinate

export class Brush {
  /** @param to {places() of the canvas, cursor() of the keyboard, changed(), word(key, values)} */
  constructor(stage, canvas, to) {
    Object.assign(this, { stage, canvas, to, strokes: [], open: false });
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
      event.preventDefault();
      event.stopPropagation();
      this.#begin(this.to.cursor());
    };
    canvas.addEventListener("keydown", this.key);
    this.#count();
  }

  /** Draws the strokes. */
  paint(pen, toPixel, colours) {
    pen.lineCap = pen.lineJoin = "round";
    for (const [width, ink] of [[11, colours.background], [8, colours.real]]) {
      pen.lineWidth = width;
      pen.strokeStyle = ink;
      pen.beginPath();
      for (const stroke of this.strokes) {
        stroke.forEach((place, k) => pen[k ? "lineTo" : "moveTo"](...toPixel(...place)));
        if (stroke.length === 1) pen.lineTo(...toPixel(...stroke[0]).map((value) => value + 0.01));
      }
      pen.stroke();
    }
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
    this.held = this.#begin(this.#place(event));
  }

  #move(event) {
    if (!this.held) return;
    const place = this.#place(event);
    const stroke = this.strokes.at(-1);
    const { spans } = this.to.places();
    const away = Math.hypot((place[0] - stroke.at(-1)[0]) / spans[0], (place[1] - stroke.at(-1)[1]) / spans[1]);
    if (away < APART || this.#vertices >= MOST_VERTICES) return;
    stroke.push(place);
    this.#count();
    this.to.changed();
  }

  #begin(place) {
    if (this.strokes.length >= MOST_STROKES || this.#vertices >= MOST_VERTICES) return false;
    this.strokes.push([place]);
    this.#count();
    this.to.changed();
    return true;
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    const within = (value) => Math.max(-BOUND, Math.min(BOUND, value));
    return this.to.places().fromPixel(event.clientX - box.left, event.clientY - box.top).map((value) => Number(within(value).toFixed(2)));
  }

  get #vertices() {
    return this.strokes.reduce((sum, stroke) => sum + stroke.length, 0);
  }

  #undo() {
    this.strokes.pop();
    this.#count();
    this.to.changed();
  }

  #clear() {
    this.strokes = [];
    this.#count();
    this.to.changed();
  }

  #learn() {
    this.stage.propose({ kind: "strokes", strokes: this.strokes });
    this.stage.announce(this.to.word("draw_learning", { count: this.strokes.length }));
    this.#open(false);
  }

  #count() {
    const { length } = this.strokes;
    this.undo.disabled = this.clear.disabled = this.learn.disabled = length === 0;
    this.learn.textContent = this.to.word(length ? "draw_learn" : "draw_more", { count: length });
  }
}
