// What every canvas picture of the stage does besides drawing: it wears the theme, follows its width, paints when something
// has changed and leaves nothing behind. Knows no picture and no run.

import { fit } from "../../dom.js";
import { dye } from "./styles.js";

const SPOKEN = 1000; // ms between two sentences for screen readers

export class Panel {
  /**
   * @param {Object<string, (value) => void>} events what the view hears of the stage, besides the theme
   *
   * A view has `paint(frame)` and `static words`, its part of the texts; with `static every` it paints every new frame.
   * It sets `root` (what is dyed) and calls `begin(field)` once it is built.
   */
  constructor(element, stage, events = {}) {
    Object.assign(this, { element, stage, lang: stage.setup.lang, width: 0, dirty: true, spoken: -1e9 });
    this.listeners = { theme: () => this.wear(), ...events };
    for (const [event, listener] of Object.entries(this.listeners)) stage.on(event, listener);
  }

  begin(field) {
    this.element.replaceChildren(this.root);
    this.family = getComputedStyle(this.element).fontFamily;
    this.sizes = new ResizeObserver(([{ contentRect }]) => {
      if (contentRect.width === this.width) return;
      this.width = contentRect.width;
      this.again();
    });
    this.sizes.observe(field);
    this.wear();
  }

  draw(frame) {
    if (this.constructor.every && frame !== this.last) this.dirty = true;
    this.last = frame;
    if (!this.dirty || !this.width) return;
    this.dirty = false;
    this.paint(frame);
  }

  /** Notes whether a recorded moment lacks what is drawn: `lost`. */
  miss(frame, found) {
    const lost = Boolean(frame && !frame.live && !found);
    if (lost !== this.lost) this.dirty = true;
    this.lost = lost;
  }

  wear() {
    dye(this.root, this.stage.colours);
    this.again();
  }

  /** Paints with the next frame; where there is none yet, without: a large network has none before it is trained. */
  again() {
    this.dirty = true;
    if (this.stage.frame) return void this.stage.redraw();
    this.later ??= requestAnimationFrame(() => {
      this.later = null;
      if (!this.gone && !this.stage.frame) this.draw(null);
    });
  }

  word(key, values) {
    return this.stage.word(`${this.constructor.words}.${key}`, values);
  }

  /** A pen for a canvas of so many px, empty and sharp. */
  pen(canvas, width, height) {
    fit(canvas, width, height);
    const pen = canvas.getContext("2d");
    const scale = canvas.width / width;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, width, height);
    return pen;
  }

  /** Gives an element its text alternative, at most once a second. */
  speak(node, text) {
    const now = performance.now();
    if (now - this.spoken < SPOKEN) return;
    this.spoken = now;
    node.setAttribute("aria-label", text());
  }

  dispose() {
    this.gone = true;
    this.sizes?.disconnect();
    for (const [event, listener] of Object.entries(this.listeners)) this.stage.off(event, listener);
    this.element.replaceChildren();
  }
}

/** Writes a text where it is another one: what stays is not laid out again. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
