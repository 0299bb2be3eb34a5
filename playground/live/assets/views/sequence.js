// The sequence that is looked at: a sample of the data, or one that is drawn or typed here; what goes in at every step, what should
// come out and what does, while the network trains.

import { digits, h, whole } from "../dom.js";
import { feedOf } from "./gates/feed.js";
import { said } from "./gates/holds.js";
import { manner } from "./gates/input.js";
import { Bars } from "./look/bars.js";
import { dyed } from "./picture/ink.js";
import { Panel, write } from "./picture/panel.js";
import { encoded, parsed, started, typed } from "./sequence/own.js";
import { Sheet } from "./sequence/sheet.js";
import { choose, chosen } from "./sequence/subject.js";

export const needs = [];
export const place = "side";
export const styles = "sequence.css";

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Sequence(element, stage);
}

class Sequence extends Panel {
  static words = "sequence";

  constructor(element, stage) {
    super(element, stage, { selection: () => this.#chosen() });
    this.feed = feedOf(stage);
    this.leave = this.feed.join(() => this.again());
    Object.assign(this, { own: null, before: null, at: 0, lane: 0 });
    this.#build();
    this.#turn(chosen(stage).values !== undefined);
  }

  draw(frame) {
    this.feed.wish();
    super.draw(frame);
  }

  renew() {
    if (this.stage.setup.lang !== this.lang || this.shaped !== this.#shape) return false;
    this.feed.forget();
    this.again();
    return true;
  }

  dispose() {
    this.leave();
    super.dispose();
  }

  get #shape() {
    const { setup } = this.stage;
    return JSON.stringify([setup.input, setup.target.names, setup.target.size, setup.experiment.data.kind]);
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const { stage } = this;
    const { target } = stage.setup;
    this.shaped = this.#shape;
    const mode = (own) => h("button", { type: "button", class: "stage-look-chip", data: { own }, onclick: () => this.#switch(own) }, this.word(own ? "own" : "samples"));
    this.modes = h("div", { class: "stage-look-chips", role: "group", "aria-label": this.word("which") }, mode(false), mode(true));
    this.canvas = h("canvas", { class: "stage-sequence-canvas", role: "img", "aria-label": this.word("waiting") });
    this.field = h("div", { class: "stage-sequence-field" }, this.canvas);
    this.key = h("p", { class: "stage-sequence-key" });
    this.verdict = h("p", { class: "stage-sequence-verdict", role: "status" });
    this.bars = target.kind === "classes" && !target.steps ? new Bars(this.names, this.word("probabilities"), (k) => dyed(stage.colours, k)) : null;
    const move = (name, sign, by) => h("button", { type: "button", class: "stage-look-tool", title: this.word(name), "aria-label": this.word(name), onclick: () => this.#move(by) }, sign);
    const set = (test) => h("button", { type: "button", class: "stage-look-chip", data: { test }, onclick: () => choose(stage, { index: 0, test }) }, this.word(test ? "test" : "training"));
    this.sets = h("div", { class: "stage-look-chips", role: "group", "aria-label": this.word("set") }, set(true), set(false));
    this.number = h("span", { class: "stage-sequence-number" });
    this.row = h("div", { class: "stage-look-tools" }, move("previous", "‹", -1), move("random", "⚂", 0), move("next", "›", 1), this.number);
    this.text = h("input", { type: "text", class: "stage-sequence-text", maxlength: 2000, spellcheck: "false", autocomplete: "off", "aria-label": this.word("type"), oninput: () => this.#typed() });
    this.trouble = h("p", { class: "stage-look-note", role: "status" });
    this.drawing = h("div", { class: "stage-sequence-own" }, this.text, this.trouble);
    this.note = h("p", { class: "stage-look-note" });
    const head = h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, this.word("title")), this.modes);
    this.root = h("section", { class: "stage-look stage-sequence" }, head, this.field, this.key, this.verdict, this.bars?.node ?? "", this.sets, this.row, this.drawing, this.note);
    this.sheet = new Sheet(this);
    this.#listen();
    this.begin(this.field);
  }

  get names() {
    const { names, size } = this.stage.setup.target;
    return names?.length ? names : Array.from({ length: size }, (_, k) => String(k));
  }

  #listen() {
    const { canvas } = this;
    let down = false;
    const put = (event) => {
      const box = canvas.getBoundingClientRect();
      const place = this.sheet.valueAt(event.clientX - box.left, event.clientY - box.top);
      if (place) this.#put(place, event.type === "pointerdown");
    };
    canvas.onpointerdown = (event) => {
      if (!this.own || event.button) return;
      down = true;
      canvas.setPointerCapture(event.pointerId);
      put(event);
      event.preventDefault();
    };
    canvas.onpointermove = (event) => down && put(event);
    canvas.onpointerup = canvas.onpointercancel = () => (down = false);
    canvas.onkeydown = (event) => this.own && this.#key(event);
  }

  // --- choosing -----------------------------------------------------------------------------------------------------

  #turn(own) {
    const { feed, canvas } = this;
    if (own && !this.own) this.own = feed.latest ? { data: Float32Array.from(feed.latest.arrays.x.data), shape: [...feed.latest.arrays.x.shape] } : null;
    if (!own) this.own = null;
    this.mode = own;
    this.root.dataset.own = own;
    for (const chip of this.modes.children) chip.setAttribute("aria-pressed", String((chip.dataset.own === "true") === own));
    canvas.style.touchAction = own ? "none" : "";
    if (own) {
      canvas.tabIndex = 0;
      canvas.setAttribute("role", "application");
      canvas.setAttribute("aria-description", this.word("own_keys"));
    } else {
      canvas.removeAttribute("tabindex");
      canvas.removeAttribute("aria-description");
      canvas.setAttribute("role", "img");
    }
    this.again();
  }

  #switch(own) {
    if (own === this.mode) return;
    this.#turn(own);
    if (own && this.own) {
      this.text.value = typed(this.own, this.how, this.stage.setup.input);
      this.#send();
    } else choose(this.stage, this.before ?? { index: 0, test: this.stage.setup.samples[1] > 0 });
  }

  #chosen() {
    const now = chosen(this.stage);
    if (now.values === undefined) this.before = now;
    if (this.mode !== (now.values !== undefined)) this.#turn(now.values !== undefined);
    this.again();
  }

  #move(by) {
    const { index = 0, test = false } = chosen(this.stage);
    const count = this.stage.setup.samples[test ? 1 : 0];
    choose(this.stage, { index: by ? (index + by + count) % count : Math.floor(Math.random() * count), test });
  }

  get how() {
    return manner(this.own ?? this.feed.latest.arrays.x, []);
  }

  // Sets a number of one's own sequence; of symbols the one of the step.
  #put({ at, value, lane }, first) {
    const { own } = this;
    const width = own.shape[1];
    if (lane.kind === "symbols") for (let f = 0; f < width; f++) own.data[at * width + f] = f === value ? 1 : 0;
    else if (lane.kind === "bits") {
      if (first) this.ink = own.data[at * width + lane.feature] ? 0 : 1;
      own.data[at * width + lane.feature] = this.ink;
    } else own.data[at * width + lane.feature] = value;
    this.at = at;
    this.text.value = typed(own, this.how, this.stage.setup.input);
    this.#send();
  }

  #key(event) {
    const { own } = this;
    const steps = own.shape[0];
    const lane = this.sheet.lanes[0];
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (event.key === "ArrowLeft") this.at = Math.max(0, this.at - 1);
    else if (event.key === "ArrowRight") this.at = Math.min(steps - 1, this.at + 1);
    else if (by) this.#put({ at: this.at, lane, value: this.sheet.beside(this.at, lane, by) }, true);
    else return;
    this.stage.announce(this.word("own_reading", { at: this.at + 1, value: this.sheet.says(this.at) }));
    this.again();
    event.preventDefault();
    event.stopPropagation();
  }

  #typed() {
    const { setup } = this.stage;
    const found = parsed(this.text.value, this.how, setup.input);
    write(this.trouble, found ? "" : this.word(`typing_${this.how === "symbols" ? "symbols" : setup.input.unit ? "measured" : "numbers"}`, { symbols: setup.input.labels.join(" "), unit: setup.input.unit }));
    if (!found) return;
    this.own = found;
    this.at = Math.min(this.at, found.shape[0] - 1);
    this.#send();
  }

  get #hint() {
    const { unit } = this.stage.setup.input;
    return this.word("own_hint") + (unit ? ` ${this.word("own_unit", { unit })}` : "");
  }

  #send() {
    this.again();
    this.sending ??= requestAnimationFrame(() => {
      this.sending = null;
      if (!this.gone && this.own) choose(this.stage, { values: { data: encoded(this.own.data), steps: this.own.shape[0] } });
    });
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint() {
    const { feed, stage, root } = this;
    const answer = feed.shown;
    root.dataset.state = feed.refusal ? "refused" : feed.latest && feed.fresh ? "shown" : "waiting";
    write(this.note, feed.refusal || (this.mode ? this.#hint : answer ? "" : this.word("waiting")));
    this.#where();
    if (!answer) return;
    if (this.mode && !this.own) this.own = started(answer.arrays.x);
    if (feed.latest) Object.assign(root.dataset, { number: answer.number, step: answer.step });
    this.sheet.paint(answer, this.own);
    if (answer.bare) return;
    this.canvas.classList.toggle("stage-gates-old", !feed.fresh);
    const truth = feed.fresh ? answer.truth : null;
    const sentence = this.#sentence(answer, truth);
    write(this.verdict, sentence);
    if (this.bars) {
      const parts = Array.from(answer.arrays.answers.data);
      this.bars.show(parts, truth, parts.indexOf(Math.max(...parts)));
    }
    write(this.key, this.sheet.key(answer));
    this.speak(this.canvas, () => this.word("alt", { steps: whole(answer.steps), sentence, step: whole(stage.frame?.step ?? answer.step) }));
  }

  #sentence(answer, truth) {
    const { target } = this.stage.setup;
    const { answers } = answer.arrays;
    if (target.steps && target.kind === "classes") {
      if (!Array.isArray(truth)) return this.word("own_answers");
      const judged = truth.map((right, t) => [right, t]).filter(([right]) => right >= 0);
      const good = judged.filter(([right, t]) => best(answers, t) === right).length;
      return this.word("right_steps", { right: whole(good), count: whole(judged.length) });
    }
    if (target.kind === "classes") {
      const guess = this.names[best(answers, 0)];
      if (truth === null) return this.word("verdict_own", { guess });
      return this.word(best(answers, 0) === truth ? "verdict_right" : "verdict_wrong", { guess, truth: this.names[truth] });
    }
    const said_ = said(answers, answers.shape[0] - 1, target);
    if (truth === null) return this.word("number_own", { said: said_ });
    const last = Array.isArray(truth[0]) ? truth.at(-1) : truth;
    const right = last.slice(0, 3).map((value) => digits(value * target.scale + target.offset).replace("-", "−")).join(", ") + (last.length > 3 ? " …" : "");
    return this.word("number", { said: said_, truth: right });
  }

  #where() {
    const { index, test } = chosen(this.stage);
    this.sets.hidden = this.row.hidden = this.mode;
    if (index === undefined) return;
    for (const chip of this.sets.children) chip.setAttribute("aria-pressed", String((chip.dataset.test === "true") === test));
    const [training, held] = this.stage.setup.samples;
    this.sets.hidden ||= !held;
    write(this.number, this.word("sample", { number: whole(index + 1), count: whole(test ? held : training) }));
  }
}

/** The class that a row of answers speaks for. */
function best({ data, shape: [, width] }, row) {
  let found = 0;
  for (let k = 1; k < width; k++) if (data[row * width + k] > data[row * width + found]) found = k;
  return found;
}
