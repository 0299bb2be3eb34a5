// The held-back texts that are taken for something else, the surest mistakes first; where a cell of the confusion matrix is
// chosen, those in it. A text that is pressed goes its way through the network.

import { h, whole } from "../dom.js";
import { percent } from "./look/bars.js";
import { attendedCell, CELL, hold } from "./picture/cell.js";
import { Panel, write } from "./picture/panel.js";
import { choose } from "./sequence/subject.js";

export const needs = ["verdicts"];
export const place = "main";
export const styles = "misread.css";

const [FIRST, MORE, CERTAIN] = [8, 24, 65535];

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Misread(element, stage);
}

class Misread extends Panel {
  static words = "misread";

  constructor(element, stage) {
    super(element, stage, { [CELL]: () => this.again() });
    Object.assign(this, { guesses: null, room: FIRST });
    this.#build();
  }

  draw(frame) {
    const found = frame?.arrays["verdict/class"];
    this.miss(frame, found);
    if (found && found.data !== this.guesses) {
      Object.assign(this, { guesses: found.data, sure: frame.arrays["verdict/sure"].data, step: frame.step, dirty: true });
    }
    super.draw(frame);
  }

  renew() {
    return false;
  }

  #build() {
    const { arrays } = this.stage.setup;
    this.held = Boolean(arrays.labels_test?.shape[0]);
    this.labels = (this.held ? arrays.labels_test : arrays.labels).data;
    this.caption = h("h3", { class: "stage-look-caption" }, this.word("title"));
    this.sum = h("span", { class: "stage-misread-sum" });
    this.all = h("button", { type: "button", class: "stage-look-chip", hidden: true, onclick: () => hold(this.stage, null) }, this.word("all"));
    this.list = h("ol", { class: "stage-misread-list" });
    this.more = h("button", { type: "button", class: "stage-look-chip", hidden: true, onclick: () => this.#more() });
    this.note = h("p", { class: "stage-look-note" }, this.word("waiting"));
    this.root = h("section", { class: "stage-look stage-misread" }, h("div", { class: "stage-look-head" }, this.caption, this.sum, this.all), this.list, this.more, this.note);
    this.begin(this.list);
  }

  #more() {
    this.room = this.room === FIRST ? MORE : FIRST;
    this.again();
  }

  #found(cell) {
    const { guesses, labels, sure } = this;
    const count = Math.min(guesses.length, this.stage.setup.judged_texts.length);
    const right = cell && cell.truth === cell.guess;
    const within = (k) => (cell ? labels[k] === cell.truth && guesses[k] === cell.guess : labels[k] !== guesses[k]);
    const found = Array.from({ length: count }, (_, k) => k).filter(within);
    return found.sort((a, b) => (right ? sure[a] - sure[b] : sure[b] - sure[a]) || a - b);
  }

  paint() {
    const { stage, guesses, labels, sure, root } = this;
    root.dataset.state = this.lost ? "lost" : guesses ? "shown" : "waiting";
    if (!guesses) return void write(this.note, this.word(this.lost ? "missing" : "waiting"));
    root.dataset.step = this.step;
    const { names } = stage.setup.target;
    const cell = attendedCell(stage);
    this.all.hidden = !stage.cell?.held;
    const title = !cell ? "title" : cell.truth === cell.guess ? "title_right" : "title_cell";
    write(this.caption, this.word(title, cell ? { truth: names[cell.truth], guess: names[cell.guess] } : {}));
    let wrong = 0;
    for (let k = 0; k < guesses.length; k++) if (guesses[k] !== labels[k]) wrong++;
    write(this.sum, this.word(this.held ? "count" : "count_training", { wrong: whole(wrong), total: whole(guesses.length), step: whole(this.step) }));
    const found = this.#found(cell);
    const shown = found.slice(0, this.room);
    const key = shown.map((k) => `${k}:${guesses[k]}:${percent(sure[k] / CERTAIN)}`).join();
    if (key !== this.written) {
      this.written = key;
      this.list.replaceChildren(...shown.map((k) => this.#row(k, names)));
    }
    this.more.hidden = found.length <= FIRST;
    write(this.more, this.room === FIRST ? this.word("more", { count: whole(Math.min(found.length, MORE)) }) : this.word("fewer"));
    write(this.note, this.lost ? this.word("missing") : this.word(shown.length ? "hint" : cell ? "none_here" : "none"));
  }

  #row(k, names) {
    const { stage, guesses, labels, sure, held } = this;
    const [truth, guess] = [names[labels[k]], names[guesses[k]]];
    const wrong = labels[k] !== guesses[k];
    const verdict = [h("span", {}, truth), ...(wrong ? [" → ", h("b", {}, guess)] : [])];
    const text = h("span", { class: "stage-misread-text" }, stage.setup.judged_texts[k]);
    const button = h("button", { type: "button", title: this.word("open"), onclick: () => this.#open(k) }, text, h("span", { class: "stage-misread-verdict" }, verdict), h("span", { class: "stage-misread-sure" }, percent(sure[k] / CERTAIN)));
    button.dataset.index = k;
    return h("li", { data: { held } }, button);
  }

  #open(index) {
    choose(this.stage, { index, test: this.held });
    this.stage.views?.get("tokens")?.element.scrollIntoView({ block: "nearest", behavior: this.stage.reduced ? "auto" : "smooth" });
  }
}
