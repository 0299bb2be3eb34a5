// The picture that is looked at: a sample of the data, or one that is drawn here; what it is, what the network takes it for,
// and how probable it finds each class, while it trains.

import { h, whole } from "../dom.js";
import { Bars, percent } from "./look/bars.js";
import { manner } from "./look/digit.js";
import { feedOf } from "./look/feed.js";
import { Pad } from "./look/pad.js";
import { pictureOf } from "./look/strokes.js";
import { drawingOf, lookAt, lookAtDrawn, lookedAt, samePicture } from "./look/subject.js";
import { tint } from "./look/tint.js";
import { Panel, write } from "./picture/panel.js";

export const needs = [];
export const place = "side";
export const styles = "picture.css";

const [LEAST, MOST, BARS, PIXELS] = [132, 220, 136, 40]; // px of the picture, and for the bars; smaller ones are shown as pixels

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Picture(element, stage);
}

class Picture extends Panel {
  static words = "picture";

  constructor(element, stage) {
    super(element, stage, { selection: () => this.#chosen() });
    this.feed = feedOf(stage);
    this.leave = this.feed.join(() => this.again());
    this.sheet = document.createElement("canvas");
    this.#build();
    this.#turn(lookedAt(stage).pixels !== undefined);
  }

  draw(frame) {
    this.feed.wish({ maps: false });
    super.draw(frame);
  }

  renew() {
    if (this.stage.setup.lang !== this.lang || this.named !== this.#names.join()) return false;
    this.feed.forget();
    this.pad.strokes = drawingOf(this.stage);
    this.#turn(lookedAt(this.stage).pixels !== undefined);
    return true;
  }

  dispose() {
    this.leave();
    super.dispose();
  }

  get #names() {
    const { names, size } = this.stage.setup.target;
    return names?.length ? names : Array.from({ length: size }, (_, k) => String(k));
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const { stage } = this;
    const word = (key, values) => this.word(key, values);
    this.named = this.#names.join();
    const mode = (draws) => h("button", { type: "button", class: "stage-look-chip", data: { draws }, onclick: () => this.#switch(draws) }, word(draws ? "draw" : "samples"));
    this.modes = h("div", { class: "stage-look-chips", role: "group", "aria-label": word("which") }, mode(false), mode(true));
    this.large = h("canvas", { class: "stage-picture-large", role: "img", "aria-label": word("waiting") });
    this.pad = new Pad(drawingOf(stage), word, () => this.#drawn(), (text) => stage.announce(text));
    this.verdict = h("p", { class: "stage-picture-verdict", role: "status" });
    const classes = stage.setup.target.kind === "classes";
    this.bars = classes ? new Bars(this.#names, word("probabilities")) : null;
    const move = (name, sign, by) => h("button", { type: "button", class: "stage-look-tool", title: word(name), "aria-label": word(name), onclick: () => this.#move(by) }, sign);
    const set = (test) => h("button", { type: "button", class: "stage-look-chip", data: { test }, onclick: () => lookAt(stage, { index: 0, test }) }, word(test ? "test" : "training"));
    this.sets = h("div", { class: "stage-look-chips", role: "group", "aria-label": word("set") }, set(true), set(false));
    this.number = h("span", { class: "stage-picture-number" });
    this.row = h("div", { class: "stage-look-tools" }, move("previous", "‹", -1), move("random", "⚂", 0), move("next", "›", 1), this.number);
    this.box = h("div", { class: "stage-picture-box" }, this.large, this.pad.canvas);
    const seenAs = h("figcaption", {}, word("seen"));
    this.small = h("canvas", { class: "stage-picture-small", "aria-hidden": "true" });
    this.thumb = h("figure", { class: "stage-picture-thumb" }, this.small, seenAs);
    this.field = h("div", { class: "stage-picture-field" }, this.box, this.bars?.node);
    this.note = h("p", { class: "stage-look-note" });
    const head = h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, word("title")), this.modes);
    this.root = h("section", { class: "stage-look stage-picture" }, head, this.field, this.verdict, this.sets, this.row, h("div", { class: "stage-picture-drawing" }, this.pad.tools, this.thumb), this.note);
    this.begin(this.field);
  }

  get #hint() {
    const { input, experiment } = this.stage.setup;
    return this.word(manner(input.shape, experiment.data.kind) ? "hint" : "hint_as_it_stands");
  }

  #turn(draws) {
    this.draws = draws;
    this.root.dataset.draws = draws;
    for (const chip of this.modes.children) chip.setAttribute("aria-pressed", String((chip.dataset.draws === "true") === draws));
    this.again();
  }

  // --- choosing -----------------------------------------------------------------------------------------------------

  #switch(draws) {
    if (draws === this.draws) return;
    this.#turn(draws);
    if (draws) this.#drawn();
    else lookAt(this.stage, this.before ?? { index: 0, test: this.stage.setup.samples[1] > 0 });
    if (draws) this.pad.canvas.focus({ preventScroll: true });
  }

  #chosen() {
    const looked = lookedAt(this.stage);
    if (looked.pixels === undefined) this.before = looked;
    if (this.draws !== (looked.pixels !== undefined)) this.#turn(looked.pixels !== undefined);
    this.again();
  }

  #move(by) {
    const { index = 0, test = false } = lookedAt(this.stage);
    const count = this.stage.setup.samples[test ? 1 : 0];
    lookAt(this.stage, { index: by ? (index + by + count) % count : Math.floor(Math.random() * count), test });
  }

  // Something has been drawn: the network sees it with the next animation frame.
  #drawn() {
    this.again();
    this.drawing ??= requestAnimationFrame(() => {
      this.drawing = null;
      if (this.gone) return;
      const { shape, light } = this.stage.setup.input;
      lookAtDrawn(this.stage, pictureOf(this.pad.strokes.present, shape, this.stage.setup.experiment.data.kind, light));
    });
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint() {
    const { stage, feed, draws } = this;
    const side = Math.round(Math.min(MOST, Math.max(LEAST, this.width - (this.bars ? BARS : 0) - 12)));
    this.box.style.width = this.box.style.height = `${side}px`;
    if (draws) this.pad.paint(side, stage.colours);
    const looked = lookedAt(stage);
    const answer = feed.latest && samePicture(feed.latest.picture, looked) ? feed.latest : null;
    if (feed.latest && (answer || !draws)) this.#picture(draws ? this.small : this.large, feed.latest.arrays.x, draws ? 44 : side);
    this.large.hidden = !feed.latest;
    this.root.dataset.state = feed.refusal ? "refused" : answer ? "shown" : "waiting";
    if (answer) {
      this.root.dataset.picture = answer.number;
      this.root.dataset.step = answer.step;
    }
    const blank = draws && this.pad.strokes.empty;
    if (answer) this.bars?.show(answer.probabilities, answer.truth, blank ? null : answer.taken_for);
    else if (!feed.latest) this.bars?.clear();
    write(this.verdict, this.#sentence(answer, blank));
    this.verdict.classList.toggle("stage-picture-wrong", Boolean(answer) && answer.truth !== null && answer.truth !== answer.taken_for);
    write(this.note, feed.refusal || (draws ? this.#hint : ""));
    this.#where(looked);
    if (answer && !draws) this.speak(this.large, () => this.#alt(answer, looked));
  }

  #picture(canvas, x, side) {
    const { stage, sheet } = this;
    tint(sheet, x, stage.colours);
    const pen = this.pen(canvas, side, side);
    const [rows, columns] = [sheet.height, sheet.width];
    pen.imageSmoothingEnabled = Math.max(rows, columns) > PIXELS;
    const scale = side / Math.max(rows, columns);
    pen.drawImage(sheet, (side - columns * scale) / 2, (side - rows * scale) / 2, columns * scale, rows * scale);
  }

  #sentence(answer, blank) {
    if (blank) return this.word("blank");
    if (!answer || answer.taken_for === null) return "";
    const names = this.#names;
    const values = { guess: names[answer.taken_for], truth: names[answer.truth] ?? "", sure: percent(answer.probabilities[answer.taken_for]) };
    if (answer.truth === null) return this.word("verdict_drawn", values);
    return this.word(answer.truth === answer.taken_for ? "verdict_right" : "verdict_wrong", values);
  }

  #where({ index, test }) {
    if (index === undefined) return;
    for (const chip of this.sets.children) chip.setAttribute("aria-pressed", String((chip.dataset.test === "true") === test));
    const [training, held] = this.stage.setup.samples;
    this.sets.hidden = !held;
    write(this.number, this.word("number", { number: whole(index + 1), count: whole(test ? held : training) }));
  }

  #alt(answer, { index }) {
    return this.word("alt", { number: whole((index ?? 0) + 1), sentence: this.#sentence(answer, false), step: whole(answer.step) });
  }
}
