// A map of what the network knows just before it decides: every held-back picture is a dot where its numbers lie, seen along
// their two main directions (PCA), or so that neighbours stay neighbours (t-SNE, of one moment at a press). Classes that the
// network can tell apart lie apart.

import { fit, h, whole } from "../dom.js";
import { at } from "./explain/moment.js";
import { Asking } from "./look/asking.js";
import { lookAt, lookedAt } from "./look/subject.js";
import { tint } from "./look/tint.js";
import { Panel, write } from "./picture/panel.js";
import { hands } from "./picture/tiles.js";
import { Verdicts } from "./samples/verdicts.js";

export const needs = [];
export const place = "main";
export const styles = "landscape.css";

const [EVERY, MOVE] = [1600, 280]; // ms from one look to the next; that dots are on their way
const [TALL, MARGIN, ABOVE, BELOW, DOT, NEAR, SIDE] = [320, 14, 30, 30, 3.6, 12, 64]; // px

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Landscape(element, stage);
}

class Landscape extends Panel {
  static words = "landscape";

  constructor(element, stage) {
    super(element, stage, { selection: () => this.again() });
    Object.assign(this, { resting: -1, method: "pca" });
    this.asking = new Asking(stage, { period: () => (this.#held ? 0 : EVERY), about: () => this.method, ask: () => stage.ask(this.method === "tsne" ? "neighbourhood" : "landscape", at(stage)), heard: (found) => this.#hear(found), refused: (sentence) => this.#refuse(sentence), settled: () => this.#settled() });
    this.sheet = document.createElement("canvas");
    this.#build();
    this.#pictures();
  }

  draw(frame) {
    this.asking.soon();
    super.draw(frame);
  }

  renew() {
    if (this.stage.setup.lang !== this.lang || this.named !== this.#names.join()) return false;
    Object.assign(this, { found: null, points: null, from: null, resting: -1, refused: "" });
    this.touch.forget();
    this.#pictures();
    this.asking.renew();
    this.again();
    return true;
  }

  dispose() {
    this.asking.dispose();
    super.dispose();
  }

  get #names() {
    const { names, size } = this.stage.setup.target;
    return names?.length ? names : Array.from({ length: size }, (_, k) => String(k));
  }

  // Placing neighbours takes a while: it is done of the moment of the press, and stays.
  get #held() {
    return this.method === "tsne" && this.asking.known?.about === "tsne";
  }

  #settled() {
    this.asking.soon();
    this.again();
  }

  #by(method) {
    this.method = method;
    this.asking.renew();
    this.again();
    this.asking.soon();
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    this.named = this.#names.join();
    this.step = h("span", { class: "stage-landscape-at" });
    this.chips = h("div", { class: "stage-look-chips", role: "group", "aria-label": this.word("method") }, ["pca", "tsne"].map((method) => h("button", { class: "stage-look-chip", type: "button", title: this.word(`${method}_help`), data: { method }, onclick: () => this.#by(method) }, this.word(method))));
    this.key = h("div", { class: "stage-landscape-key" }, this.#names.slice(0, 12).map((name, k) => h("span", { data: { which: k } }, h("i", {}), name)));
    this.canvas = h("canvas", { class: "stage-landscape-canvas", tabindex: 0, role: "application", "aria-label": this.word("waiting") });
    this.picture = h("canvas", {});
    this.says = h("span", {});
    this.card = h("div", { class: "stage-landscape-card", hidden: true, "aria-hidden": "true" }, this.picture, this.says);
    this.field = h("div", { class: "stage-landscape-field" }, this.canvas, this.card);
    this.note = h("p", { class: "stage-look-note" }, this.word("waiting"));
    this.root = h("section", { class: "stage-look stage-landscape" }, h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, this.word("title")), this.chips, this.step), this.key, this.field, this.note);
    this.touch = hands(this.canvas, {
      at: (x, y) => this.#nearest(x, y),
      move: (key, index) => this.#beside(key, index),
      rest: (index) => this.#rest(index),
      pick: (index) => lookAt(this.stage, { index, test: this.found.facts.answer.test }),
      leave: () => this.#rest(-1),
    });
    this.begin(this.field);
  }

  wear() {
    const { classes } = this.stage.colours;
    for (const entry of this.key.children) entry.firstChild.style.background = classes[entry.dataset.which % classes.length];
    super.wear();
  }

  #pictures() {
    const { arrays } = this.stage.setup;
    this.verdicts = new Verdicts(this.stage.setup);
    this.truth = (arrays.labels_test?.shape[0] ? arrays.labels_test : arrays.labels).data;
  }

  // --- hearing ------------------------------------------------------------------------------------------------------

  #hear(found) {
    const { data, shape } = found.arrays.points;
    const before = this.points;
    const points = aligned(data, before);
    this.from = before?.length === points.length && !this.stage.reduced ? this.#now() : null;
    Object.assign(this, { found, points, count: shape[0], began: performance.now(), refused: "" });
    this.ends = [0, 1].map((axis) => ends(points, axis));
    this.again();
  }

  #refuse(sentence) {
    this.refused = sentence;
    this.again();
  }

  // How far the dots have come on their way to where they belong.
  get #way() {
    return this.from ? Math.min(1, (performance.now() - this.began) / MOVE) : 1;
  }

  #now() {
    const way = this.#way;
    return way === 1 || !this.from ? this.points : this.points.map((value, k) => this.from[k] + (value - this.from[k]) * way);
  }

  // --- pointing -----------------------------------------------------------------------------------------------------

  #place(index, points = this.points) {
    const [across, down] = [0, 1].map((axis) => (points[2 * index + axis] - this.ends[axis][0]) / (this.ends[axis][1] - this.ends[axis][0]));
    return [MARGIN + Math.max(1, this.width - 2 * MARGIN) * across, TALL - BELOW - (TALL - ABOVE - BELOW) * down];
  }

  #nearest(x, y) {
    let [best, least] = [-1, NEAR ** 2];
    for (let index = 0; this.points && index < this.count; index++) {
      const [a, b] = this.#place(index);
      const away = (a - x) ** 2 + (b - y) ** 2;
      if (away < least) [best, least] = [index, away];
    }
    return best;
  }

  #beside(key, index) {
    if (!this.points) return null;
    if (key === "Home") return 0;
    if (key === "End") return this.count - 1;
    const axis = { ArrowLeft: 0, ArrowRight: 0, ArrowUp: 1, ArrowDown: 1 }[key];
    if (axis === undefined) return null;
    if (index < 0) return 0;
    const order = Array.from({ length: this.count }, (_, k) => k).sort((a, b) => this.points[2 * a + axis] - this.points[2 * b + axis] || a - b);
    const by = key === "ArrowRight" || key === "ArrowUp" ? 1 : -1;
    return order[Math.min(Math.max(order.indexOf(index) + by, 0), this.count - 1)];
  }

  #rest(index) {
    this.resting = index;
    if (index >= 0) this.stage.announce(this.#sentence(index));
    this.again();
  }

  #sentence(index) {
    const names = this.#names;
    const [truth, guess] = [this.truth[index], this.found.arrays.guess.data[index]];
    return this.word(truth === guess ? "reading_right" : "reading_wrong", { number: whole(index + 1), truth: names[truth], guess: names[guess] });
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint() {
    const { found, canvas } = this;
    for (const chip of this.chips.children) chip.setAttribute("aria-pressed", String(chip.dataset.method === this.method));
    const late = Boolean(found) && found.facts.answer.method !== this.method; // the other way is still to come
    this.root.dataset.state = this.refused ? "refused" : late ? "late" : found ? "shown" : "waiting";
    if (this.refused) return void write(this.note, this.refused);
    canvas.hidden = !found;
    if (!found) {
      this.card.hidden = true;
      write(this.step, "");
      return void write(this.note, this.word("waiting"));
    }
    const { answer } = found.facts;
    Object.assign(this.root.dataset, { step: found.step, method: answer.method });
    const points = this.#now();
    const pen = this.pen(canvas, this.width, TALL);
    this.#frame(pen, answer);
    this.#dots(pen, points);
    this.#rings(pen, points);
    this.#card();
    write(this.step, this.word("at", { step: whole(found.step) }));
    write(this.note, late ? this.word("late", { method: this.word(this.method), before: this.word(answer.method) }) : this.word(`note_${answer.method}`, { count: whole(this.count), width: whole(answer.width) }));
    this.speak(canvas, () => this.word(`alt_${answer.method}`, { count: whole(this.count), wrong: whole(this.#wrong), step: whole(found.step) }));
    if (this.#way < 1) this.again();
    else this.from = null;
  }

  get #wrong() {
    let wrong = 0;
    for (let index = 0; index < this.count; index++) if (this.truth[index] !== this.found.arrays.guess.data[index]) wrong++;
    return wrong;
  }

  #frame(pen, { shares }) {
    const { colours } = this.stage;
    pen.strokeStyle = colours.line;
    pen.lineWidth = 1;
    pen.strokeRect(0.5, 0.5, this.width - 1, TALL - 1);
    pen.fillStyle = colours.faint;
    pen.font = `12px ${this.family}`;
    if (!shares.length) return;
    pen.textBaseline = "alphabetic";
    pen.textAlign = "right";
    pen.fillText(this.word("axis", { number: 1, share: (100 * shares[0]).toFixed(0) }), this.width - 8, TALL - 8);
    pen.textAlign = "left";
    pen.fillText(this.word("axis", { number: 2, share: (100 * shares[1]).toFixed(0) }), 8, 18);
  }

  // Those that are right as dots, those that are wrong as crosses: in the colour of the truth.
  #dots(pen, points) {
    const { classes } = this.stage.colours;
    const guess = this.found.arrays.guess.data;
    for (let index = 0; index < this.count; index++) {
      const [x, y] = this.#place(index, points);
      pen.fillStyle = pen.strokeStyle = classes[this.truth[index] % classes.length];
      pen.beginPath();
      if (this.truth[index] === guess[index]) {
        pen.globalAlpha = 0.8;
        pen.arc(x, y, DOT, 0, 2 * Math.PI);
        pen.fill();
        continue;
      }
      pen.globalAlpha = 1;
      pen.lineWidth = 2.2;
      pen.moveTo(x - DOT - 1, y - DOT - 1);
      pen.lineTo(x + DOT + 1, y + DOT + 1);
      pen.moveTo(x + DOT + 1, y - DOT - 1);
      pen.lineTo(x - DOT - 1, y + DOT + 1);
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }

  #rings(pen, points) {
    const looked = lookedAt(this.stage);
    const { colours } = this.stage;
    const here = looked.test === this.found.facts.answer.test && looked.index < this.count ? looked.index : -1;
    for (const [index, colour] of [[here, colours.accent], [this.resting, colours.text]]) {
      if (index === undefined || index < 0 || index >= this.count) continue;
      const [x, y] = this.#place(index, points);
      pen.strokeStyle = colour;
      pen.lineWidth = 2.5;
      pen.beginPath();
      pen.arc(x, y, DOT + 5, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  #card() {
    const { verdicts, resting, card } = this;
    card.hidden = resting < 0 || resting >= this.count;
    if (card.hidden) return;
    const [x, y] = this.#place(resting);
    const known = verdicts.pictures && resting < verdicts.count;
    this.picture.hidden = !known;
    if (known) {
      tint(this.sheet, { data: verdicts.picture(resting), shape: [1, verdicts.rows, verdicts.columns] }, this.stage.colours);
      fit(this.picture, SIDE, SIDE);
      const pen = this.picture.getContext("2d");
      pen.imageSmoothingEnabled = verdicts.rows > 16;
      pen.drawImage(this.sheet, 0, 0, this.picture.width, this.picture.height);
    }
    write(this.says, this.#sentence(resting));
    card.style.left = `${Math.max(0, x + 176 > this.width ? x - 176 : x + 14)}px`;
    card.style.top = `${Math.max(0, Math.min(y - 30, TALL - 96))}px`;
  }
}

function ends(points, axis) {
  let [low, high] = [Infinity, -Infinity];
  for (let k = axis; k < points.length; k += 2) [low, high] = [Math.min(low, points[k]), Math.max(high, points[k])];
  return high > low ? [low, high] : [low - 1, low + 1];
}

/** Points whose axes point as they did before: a main axis has no sign of its own. */
export function aligned(points, before) {
  const found = Float32Array.from(points);
  if (before?.length !== found.length) return found;
  for (const axis of [0, 1]) {
    let agreement = 0;
    for (let k = axis; k < found.length; k += 2) agreement += found[k] * before[k];
    if (agreement < 0) for (let k = axis; k < found.length; k += 2) found[k] = -found[k];
  }
  return found;
}
