// Which class is taken for which: counts over the held-back samples, rows are the truth. What is right lies on the
// diagonal and has a colour of its own. A cell that is pointed at says its sentence, and other views show its samples.

import { h, whole } from "../dom.js";
import { attendedCell, CELL, hold, point, same } from "./picture/cell.js";
import { between, written } from "./picture/ink.js";
import { Panel, write } from "./picture/panel.js";
import { hands, moved } from "./picture/tiles.js";
import { percent } from "./time/fields.js";

export const needs = ["verdicts"];
export const place = "side";
export const styles = "confusion.css";

const [LARGEST, SMALLEST, READABLE] = [64, 8, 21]; // px of a cell: at most, at least, with a number in it
const [TITLE, LABEL, LINE] = [17, 92, 18]; // px: an axis's name, its longest labels, a line of text

export function mount(element, stage) {
  return new Confusion(element, stage);
}

class Confusion extends Panel {
  static words = "confusion";

  constructor(element, stage) {
    super(element, stage, { [CELL]: () => this.again() });
    Object.assign(this, { shares: false, counts: null });
    this.#build();
  }

  draw(frame) {
    const found = frame?.arrays.confusion;
    this.miss(frame, found);
    if (found && found.data !== this.counts) {
      Object.assign(this, { counts: found.data, step: frame.step, dirty: true });
    }
    super.draw(frame);
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    this.counts = null;
    hold(this.stage, null);
    this.touch.forget();
    this.again();
    return true;
  }

  dispose() {
    this.stage.cell = null;
    super.dispose();
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const { stage } = this;
    const word = (key) => this.word(key);
    const caption = h("h3", { class: "stage-confusion-caption" }, word("title"));
    this.sum = h("span", { class: "stage-confusion-sum" });
    const chip = (share) => h("button", { type: "button", class: "stage-confusion-chip", data: { share }, onclick: () => this.#choose(share) }, word(share ? "shares" : "counts"));
    this.chips = h("div", { class: "stage-confusion-chips", role: "group", "aria-label": word("numbers") }, chip(false), chip(true));
    this.canvas = h("canvas", { class: "stage-confusion-canvas", tabindex: 0, role: "application", "aria-label": word("waiting") });
    this.field = h("div", { class: "stage-confusion-field" }, this.canvas);
    const key = h(
      "div",
      { class: "stage-confusion-key" },
      ...["right", "wrong"].map((name) => h("span", {}, h("i", { class: `stage-confusion-${name}` }), word(`key_${name}`))),
    );
    this.reading = h("p", { class: "stage-confusion-reading" });
    this.root = h("section", { class: "stage-confusion" }, h("div", { class: "stage-confusion-head" }, caption, this.chips), this.field, h("div", { class: "stage-confusion-foot" }, this.sum, key), this.reading);
    this.touch = hands(this.canvas, {
      at: (x, y) => this.#at(x, y),
      move: (key_, index) => moved(key_, index < 0 ? this.#held : index, { columns: this.size }, this.size ** 2),
      rest: (index) => this.#point(index),
      pick: (index) => hold(stage, index === this.#held ? null : this.#cell(index)),
      leave: () => hold(stage, null),
    });
    this.#press();
    this.begin(this.field);
  }

  wear() {
    this.root.style.setProperty("--ink-right", this.stage.colours.test);
    super.wear();
  }

  #press() {
    for (const chip of this.chips.children) chip.setAttribute("aria-pressed", (chip.dataset.share === "true") === this.shares);
  }

  #choose(shares) {
    this.shares = shares;
    this.#press();
    this.again();
  }

  // --- pointing -----------------------------------------------------------------------------------------------------

  get size() {
    return this.stage.setup.target.size;
  }

  get #held() {
    const held = this.stage.cell?.held;
    return held ? held.truth * this.size + held.guess : -1;
  }

  #cell(index) {
    return index < 0 ? null : { truth: Math.floor(index / this.size), guess: index % this.size };
  }

  #at(x, y) {
    const { layout, size } = this;
    if (!layout) return -1;
    const [column, row] = [Math.floor((x - layout.left) / layout.cell), Math.floor(y / layout.cell)];
    return column >= 0 && column < size && row >= 0 && row < size ? row * size + column : -1;
  }

  #point(index) {
    point(this.stage, this.#cell(index));
    if (index >= 0 && this.counts) this.stage.announce(this.#sentence(this.#cell(index)));
  }

  #sentence({ truth, guess }) {
    const { names } = this.stage.setup.target;
    const count = this.counts[truth * this.size + guess];
    let total = 0;
    for (let k = 0; k < this.size; k++) total += this.counts[truth * this.size + k];
    const values = { count: whole(count), total: whole(total), share: total ? percent(count / total) : "0", truth: names[truth], guess: names[guess] };
    return this.word(truth === guess ? "cell_right" : "cell", values);
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint(frame) {
    const { stage, canvas, counts, size } = this;
    const cell = attendedCell(stage);
    this.root.dataset.state = this.lost ? "lost" : counts ? "shown" : "waiting";
    this.reading.classList.toggle("stage-confusion-idle", !cell);
    write(this.reading, this.lost || !counts || !cell ? this.word(this.lost ? "missing" : counts ? "hint" : "waiting") : this.#sentence(cell));
    if (!counts) return;
    this.#count();
    const layout = (this.layout = this.#arrange(canvas.getContext("2d")));
    const pen = this.pen(canvas, layout.width, layout.height);
    this.#cells(pen, layout);
    this.#axes(pen, layout);
    const ring = (which, colour) => {
      pen.strokeStyle = colour;
      pen.lineWidth = 2;
      pen.strokeRect(layout.left + which.guess * layout.cell, which.truth * layout.cell, layout.cell - 1, layout.cell - 1);
    };
    const { held } = stage.cell ?? {};
    if (held && held.truth < size) ring(held, stage.colours.accent);
    if (cell && !same(cell, held)) ring(cell, stage.colours.text);
    this.speak(canvas, () => this.#alternative(frame));
  }

  #arrange(pen) {
    const { width, size } = this;
    const { names } = this.stage.setup.target;
    pen.font = `12px ${this.family}`;
    const longest = Math.min(LABEL, Math.max(...names.map((name) => pen.measureText(name).width)));
    const gutter = TITLE + Math.ceil(longest) + 8;
    const cell = Math.max(SMALLEST, Math.min(LARGEST, Math.floor((width - gutter) / size)));
    const left = Math.max(gutter, Math.floor((width - size * cell + gutter) / 2));
    // Names that are wider than a cell stand upright.
    const upright = longest > cell - 2;
    const below = upright ? longest + 8 : LINE;
    return { cell, left, longest, upright, width: Math.max(width, left + size * cell), below, height: size * cell + below + TITLE };
  }

  #cells(pen, { cell, left }) {
    const { counts, size, stage, shares } = this;
    const { colours } = stage;
    const room = cell >= READABLE;
    pen.font = `${cell >= 26 ? 12.5 : 12}px ${this.family}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    for (let truth = 0; truth < size; truth++) {
      let total = 0;
      for (let guess = 0; guess < size; guess++) total += counts[truth * size + guess];
      for (let guess = 0; guess < size; guess++) {
        const count = counts[truth * size + guess];
        const share = total ? count / total : 0;
        const right = truth === guess;
        // Rare mistakes are what a matrix is read for: they are made visible by the root. No ground is so strong that
        // text cannot be read on it.
        const strength = right ? 0.08 + 0.42 * share : 0.12 + 0.46 * Math.sqrt(share);
        const ground = count ? between(colours.background, right ? colours.test : colours.wrong, strength) : between(colours.background, colours.line, right ? 1 : 0.45);
        const [x, y] = [left + guess * cell, truth * cell];
        pen.fillStyle = written(ground);
        pen.fillRect(x, y, cell - 1, cell - 1);
        if (!room || !count) continue;
        pen.fillStyle = colours.text;
        pen.fillText(shares ? String(Math.round(100 * share)) : String(count), x + (cell - 1) / 2, y + cell / 2 + 0.5);
      }
    }
  }

  #axes(pen, { cell, left, longest, upright, below }) {
    const { size, stage } = this;
    const { names } = stage.setup.target;
    const every = Math.max(1, Math.ceil(13 / cell)); // names stand no closer than their lines
    pen.font = `12px ${this.family}`;
    pen.fillStyle = stage.colours.text;
    pen.textBaseline = "middle";
    for (let k = 0; k < size; k += every) {
      const name = shortened(pen, names[k], longest);
      const middle = k * cell + cell / 2;
      pen.textAlign = "right";
      pen.fillText(name, left - 7, middle);
      if (!upright) {
        pen.textAlign = "center";
        pen.fillText(name, left + middle, size * cell + LINE / 2 + 1);
      } else sideways(pen, left + middle, size * cell + 5, "right", () => pen.fillText(name, 0, 0));
    }
    pen.fillStyle = stage.colours.faint;
    pen.textAlign = "center";
    pen.fillText(this.word("predicted"), left + (size * cell) / 2, size * cell + below + TITLE / 2);
    sideways(pen, Math.max(8, left - longest - 18), (size * cell) / 2, "center", () => pen.fillText(this.word("truth"), 0, 0));
  }

  #count() {
    const { counts, size } = this;
    let [right, total] = [0, 0];
    for (let at = 0; at < counts.length; at++) {
      total += counts[at];
      if (Math.floor(at / size) === at % size) right += counts[at];
    }
    Object.assign(this, { right, total });
    write(this.sum, this.word("right", { right: whole(right), total: whole(total), step: whole(this.step) }));
  }

  #alternative(frame) {
    const { names } = this.stage.setup.target;
    let worst = -1;
    for (let at = 0; at < this.counts.length; at++) {
      const off = Math.floor(at / this.size) !== at % this.size;
      if (off && this.counts[at] > (worst < 0 ? 0 : this.counts[worst])) worst = at;
    }
    const said = { total: whole(this.total), right: whole(this.right), step: whole(this.step) };
    const mistake = worst < 0 ? "" : this.word("worst", { truth: names[Math.floor(worst / this.size)], guess: names[worst % this.size], count: whole(this.counts[worst]) });
    return this.word("alt", { ...said, mistake });
  }
}

function sideways(pen, x, y, align, draw) {
  pen.save();
  pen.translate(x, y);
  pen.rotate(-Math.PI / 2);
  pen.textAlign = align;
  draw();
  pen.restore();
}

function shortened(pen, text, width) {
  if (pen.measureText(text).width <= width + 1) return text;
  let short = text;
  while (short && pen.measureText(`${short}…`).width > width) short = short.slice(0, -1);
  return `${short}…`;
}
