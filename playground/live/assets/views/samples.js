// The held-back pictures that are taken for something else, the surest mistakes first: picture, truth, prediction,
// confidence. Where a cell of the confusion matrix is chosen, those in it.

import { h, whole } from "../dom.js";
import { lookAt } from "./look/subject.js";
import { attendedCell, CELL, hold } from "./picture/cell.js";
import { Bitmap } from "./picture/bitmap.js";
import { ramp } from "./picture/ink.js";
import { Panel, write } from "./picture/panel.js";
import { hands, moved, tileAt } from "./picture/tiles.js";
import { Verdicts } from "./samples/verdicts.js";

export const needs = ["verdicts"];
export const place = "main";
export const styles = "samples.css";

const [SIDE, GAP, CAPTION] = [56, 8, 32]; // px of a picture, between pictures, of what stands below each
const [ROWS, ROWS_NARROW, NARROW] = [2, 3, 520];

export function mount(element, stage) {
  return new Samples(element, stage);
}

class Samples extends Panel {
  static words = "samples";

  constructor(element, stage) {
    super(element, stage, { [CELL]: () => this.again() });
    Object.assign(this, { resting: -1, shown: [], bitmap: new Bitmap() });
    this.#read();
    this.#build();
  }

  draw(frame) {
    if (frame && this.verdicts.take(frame)) Object.assign(this, { step: frame.step, dirty: true });
    this.miss(frame, frame?.arrays["verdict/class"]);
    super.draw(frame);
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    this.touch.forget();
    this.resting = -1;
    this.#read();
    return true;
  }

  dispose() {
    this.verdicts = null;
    super.dispose();
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const { stage } = this;
    const word = (key) => this.word(key);
    this.caption = h("h3", { class: "stage-samples-caption" }, word("title"));
    this.sum = h("span", { class: "stage-samples-sum" });
    this.all = h("button", { type: "button", class: "stage-samples-chip", hidden: true, onclick: () => hold(stage, null) }, word("all"));
    this.canvas = h("canvas", { class: "stage-samples-canvas", tabindex: 0, role: "application", "aria-label": word("waiting") });
    this.field = h("div", { class: "stage-samples-field" }, this.canvas);
    this.note = h("p", { class: "stage-samples-note" }, word("waiting"));
    this.root = h("section", { class: "stage-samples" }, h("div", { class: "stage-samples-head" }, this.caption, this.sum, this.all), this.field, this.note);
    this.touch = hands(this.canvas, {
      at: (x, y) => (this.layout ? tileAt(this.layout, this.shown.length, x, y) : -1),
      move: (key, index) => this.layout && moved(key, index, this.layout, this.shown.length),
      rest: (index) => this.#rest(index),
      pick: (index) => this.#pick(index),
      leave: () => hold(stage, null),
    });
    this.begin(this.field);
  }

  #read() {
    this.verdicts = new Verdicts(this.stage.setup);
    const { verdicts } = this;
    verdicts.ready.then(() => verdicts === this.verdicts && this.again());
    this.again();
  }

  wear() {
    const { colours } = this.stage;
    this.lut = ramp(colours.paper, colours.ink);
    super.wear();
  }

  #rest(index) {
    this.resting = index;
    if (index >= 0 && this.shown[index] !== undefined) this.stage.announce(this.#sentence(this.shown[index]));
    this.again();
  }

  // Every other view looks at the picture that is chosen here.
  #pick(index) {
    this.#rest(index);
    const sample = this.shown[index];
    if (sample !== undefined) lookAt(this.stage, { index: sample, test: (this.stage.setup.samples?.[1] ?? 1) > 0 });
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint(frame) {
    const { stage, verdicts, canvas, width } = this;
    this.root.dataset.state = this.lost ? "lost" : verdicts.there ? "shown" : "waiting";
    const cell = attendedCell(stage);
    this.all.hidden = !stage.cell?.held;
    this.#headline(cell);
    if (!verdicts.there) {
      this.#say(this.word(this.lost ? "missing" : "waiting"));
      return;
    }
    const rows = width < NARROW ? ROWS_NARROW : ROWS;
    const across = Math.max(1, Math.floor((width + GAP) / (SIDE + GAP)));
    const side = Math.floor((width + GAP) / across) - GAP; // the pictures fill the line
    const room = across * rows;
    this.shown = verdicts.list(cell, room);
    const pitch = [side + GAP, side + CAPTION + GAP];
    this.layout = { columns: across, rows, size: side, pitch, width, height: rows * pitch[1] - GAP };
    const pen = this.pen(canvas, width, this.layout.height);
    this.#pictures(pen);
    this.shown.forEach((index, place) => this.#caption(pen, index, place));
    const rests = this.shown[this.resting];
    if (this.lost) this.#say(this.word("missing"));
    else if (rests !== undefined) this.#say(this.#sentence(rests), true);
    else if (!this.shown.length) this.#say(this.word(cell ? "none_here" : "none"));
    else this.#say(this.word("hint"));
    this.speak(canvas, () => this.#alternative(frame));
  }

  #headline(cell) {
    const { stage, verdicts } = this;
    const { names } = stage.setup.target;
    const key = !cell ? "title" : cell.truth === cell.guess ? "title_right" : "title_cell";
    write(this.caption, this.word(key, cell ? { truth: names[cell.truth], guess: names[cell.guess] } : {}));
    write(this.sum, verdicts.there ? this.word("count", { wrong: whole(verdicts.wrong), total: whole(verdicts.total), step: whole(this.step) }) : "");
  }

  #pictures(pen) {
    const { bitmap, verdicts, shown, layout, stage } = this;
    const { rows, columns } = verdicts;
    const bytes = new Uint8Array(shown.length * rows * columns);
    shown.forEach((index, place) => bytes.set(verdicts.picture(index), place * rows * columns));
    if (shown.length) bitmap.write(bytes, shown.length, rows, columns, this.lut, true);
    pen.imageSmoothingEnabled = rows > 16; // few pixels are shown as pixels
    pen.imageSmoothingQuality = "high";
    shown.forEach((_, place) => {
      const [x, y] = this.#place(place);
      bitmap.draw(pen, place, x, y, layout.size, layout.size);
      pen.strokeStyle = place === this.resting ? stage.colours.text : stage.colours.line;
      pen.lineWidth = place === this.resting ? 2 : 1;
      pen.strokeRect(x + 0.5, y + 0.5, layout.size - 1, layout.size - 1);
    });
  }

  #caption(pen, index, place) {
    const { verdicts, layout, stage } = this;
    const { names } = stage.setup.target;
    const [x, y] = this.#place(place);
    const middle = x + layout.size / 2;
    const [truth, guess] = [verdicts.truth(index), verdicts.guess(index)];
    pen.textBaseline = "alphabetic";
    pen.textAlign = "left";
    pen.font = `600 13px ${this.family}`;
    const wrong = truth !== guess;
    const parts = wrong ? [names[truth], " → ", names[guess]] : [names[truth]];
    const inks = [stage.colours.text, stage.colours.faint, stage.colours.wrong];
    const widths = parts.map((part) => pen.measureText(part).width);
    let left = Math.max(x, middle - widths.reduce((sum, each) => sum + each, 0) / 2);
    parts.forEach((part, k) => {
      pen.fillStyle = inks[k];
      pen.fillText(part, left, y + layout.size + 14, Math.max(8, x + layout.size - left));
      left += widths[k];
    });
    pen.font = `12px ${this.family}`;
    pen.textAlign = "center";
    pen.fillStyle = stage.colours.faint;
    pen.fillText(sure(verdicts.sure(index)), middle, y + layout.size + 28);
  }

  #place(place) {
    const { columns, pitch } = this.layout;
    return [(place % columns) * pitch[0], Math.floor(place / columns) * pitch[1]];
  }

  #sentence(index) {
    const { verdicts, stage } = this;
    const { names } = stage.setup.target;
    const [truth, guess] = [verdicts.truth(index), verdicts.guess(index)];
    const values = { number: whole(index + 1), truth: names[truth], guess: names[guess], sure: sure(verdicts.sure(index)) };
    return this.word(truth === guess ? "reading_right" : "reading", values);
  }

  #say(text, reading = false) {
    this.note.classList.toggle("stage-samples-reading", reading);
    write(this.note, text);
  }

  #alternative(frame) {
    const { verdicts, stage } = this;
    const { names } = stage.setup.target;
    const some = this.shown.slice(0, 5).map((index) => `${names[verdicts.truth(index)]} → ${names[verdicts.guess(index)]} (${sure(verdicts.sure(index))})`);
    const said = { step: whole(this.step), wrong: whole(verdicts.wrong), total: whole(verdicts.total), some: some.join(", ") };
    return this.word("alt", said);
  }
}

/** How sure, in percent: never quite 100 unless it is. */
function sure(part) {
  const percent = 100 * part;
  return percent > 99.5 && percent < 99.995 ? `${Math.min(percent, 99.99).toFixed(percent > 99.95 ? 2 : 1)} %` : `${percent.toFixed(0)} %`;
}
