// How the hidden state wanders from step to step, on the plane in which the states of many sequences differ most. The sequence that
// is looked at is drawn with its steps, where others end as dots.

import { digits, h, whole } from "../dom.js";
import { at } from "./explain/moment.js";
import { feedOf, pause, wanted } from "./gates/feed.js";
import { Asking } from "./look/asking.js";
import { percent } from "./look/bars.js";
import { chosen } from "./sequence/subject.js";
import { between, dyed, written } from "./picture/ink.js";
import { Panel, write } from "./picture/panel.js";

export const needs = [];
export const place = "side";
export const styles = "trajectory.css";

const [LARGEST, LOWEST, EDGE] = [300, 140, 18]; // px
const LABELS = 14;

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Trajectory(element, stage);
}

class Trajectory extends Panel {
  static words = "trajectory";

  constructor(element, stage) {
    super(element, stage, { selection: () => this.again() });
    Object.assign(this, { found: null, refusal: "", key: "", step: null });
    this.asking = new Asking(stage, {
      period: (took) => 2 * pause(stage, took),
      about: () => JSON.stringify([chosen(stage), this.key]),
      ask: () => stage.ask("trajectory", { ...wanted(stage), level: this.key, ...at(stage) }),
      heard: (found) => this.#hear(found),
      refused: (sentence) => (this.refusal = sentence),
      settled: () => this.again(),
    });
    this.feed = feedOf(stage);
    this.leave = this.feed.join(() => this.again());
    this.#build();
  }

  draw(frame) {
    this.asking.soon();
    super.draw(frame);
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    Object.assign(this, { found: null, refusal: "", key: "" });
    this.asking.renew();
    this.again();
    return true;
  }

  dispose() {
    this.leave();
    this.asking.dispose();
    super.dispose();
  }

  #hear(found) {
    this.refusal = "";
    this.found = { step: found.step, arrays: found.arrays, ...found.facts.answer };
  }

  #build() {
    this.canvas = h("canvas", { class: "stage-trajectory-canvas", role: "img", "aria-label": this.word("waiting") });
    this.field = h("div", { class: "stage-trajectory-field" }, this.canvas);
    this.levels = h("select", { class: "stage-gates-select", hidden: true, "aria-label": this.stage.word("gates.level"), onchange: () => this.#show(this.levels.value) });
    this.note = h("p", { class: "stage-look-note" }, this.word("waiting"));
    const head = h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, this.word("title")), this.levels);
    this.root = h("section", { class: "stage-look stage-trajectory" }, head, this.field, this.note);
    this.canvas.onpointermove = (event) => this.#point(event);
    this.canvas.onpointerleave = (event) => event.pointerType === "mouse" && this.#rest(null);
    this.begin(this.field);
  }

  #show(key) {
    this.key = key;
    this.again();
  }

  #point(event) {
    if (!this.places) return;
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let [best, least] = [null, 14];
    this.places.forEach((place, t) => {
      const away = place ? Math.hypot(place[0] - x, place[1] - y) : Infinity;
      if (away < least) [best, least] = [t, away];
    });
    this.#rest(best);
  }

  #rest(step) {
    if (step === this.step) return;
    this.step = step;
    this.again();
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint() {
    const { found, stage, root } = this;
    root.dataset.state = this.refusal ? "refused" : found ? "shown" : "waiting";
    this.canvas.hidden = !found;
    if (!found) return void write(this.note, this.refusal || this.word("waiting"));
    root.dataset.step = found.step;
    root.dataset.steps = found.steps;
    this.#options(found);
    const { colours } = stage;
    const width = this.width;
    const { way, others, present } = found.arrays;
    const { tall, place } = this.#scaled([way.data, others.data], width);
    const pen = this.pen(this.canvas, width, tall);
    pen.font = `12px ${this.family}`;
    this.#others(pen, found, place, colours);
    this.places = Array.from({ length: found.steps }, (_, t) => (present.data[t] ? place(way.data[2 * t], way.data[2 * t + 1]) : null));
    this.#way(pen, found, colours);
    const [first, second] = found.explained;
    write(this.note, this.refusal || [this.#reading(found), this.word("explained", { first: percent(first), second: percent(second) })].filter(Boolean).join(" "));
    this.speak(this.canvas, () => this.word("alt", { steps: whole(found.steps), first: percent(first), second: percent(second), step: whole(found.step) }));
  }

  #options(found) {
    const levels = this.feed.latest?.levels ?? [];
    const known = levels.map(({ key, kind }) => key + kind).join();
    this.levels.hidden = levels.length < 2;
    if (known !== this.known) {
      this.known = known;
      this.levels.replaceChildren(...levels.map((each) => h("option", { value: each.key }, `${each.layer + 1} · ${each.kind}${each.storeys > 1 ? ` · ${this.stage.word("gates.storey", { number: each.storey + 1 })}` : ""}${each.reverse ? ` · ${this.stage.word("gates.reverse")}` : ""}`)));
    }
    this.levels.value = found.level;
  }

  // The same scale on both axes, so that distances are true.
  #scaled(parts, width) {
    const ends = [[Infinity, -Infinity], [Infinity, -Infinity]];
    for (const data of parts) {
      for (let k = 0; k < data.length; k++) {
        const end = ends[k % 2];
        if (Number.isFinite(data[k])) [end[0], end[1]] = [Math.min(end[0], data[k]), Math.max(end[1], data[k])];
      }
    }
    const across = Math.max(ends[0][1] - ends[0][0], 1e-9);
    const tall = Math.round(Math.min(LARGEST, Math.max(LOWEST, ((width - 2 * EDGE) * (ends[1][1] - ends[1][0])) / across + 2 * EDGE)));
    const scale = Math.min((width - 2 * EDGE) / Math.max(ends[0][1] - ends[0][0], 1e-9), (tall - 2 * EDGE) / Math.max(ends[1][1] - ends[1][0], 1e-9));
    const [mx, my] = ends.map(([low, high]) => (low + high) / 2);
    return { tall, place: (x, y) => [width / 2 + (x - mx) * scale, tall / 2 - (y - my) * scale] };
  }

  #others(pen, found, place, colours) {
    const { data, shape: [count, steps] } = found.arrays.others;
    const { target } = this.stage.setup;
    pen.lineWidth = 1;
    for (let n = 0; n < count; n++) {
      pen.strokeStyle = colours.line;
      pen.beginPath();
      for (let t = 0; t < steps; t++) {
        const k = 2 * (n * steps + t);
        pen[t ? "lineTo" : "moveTo"](...place(data[k], data[k + 1]));
      }
      pen.stroke();
    }
    for (let n = 0; n < count; n++) {
      const k = 2 * (n * steps + steps - 1);
      const [x, y] = place(data[k], data[k + 1]);
      const answer = found.answers[n];
      pen.fillStyle = target.kind === "classes" && Number.isInteger(answer) ? dyed(colours, answer) : colours.faint;
      pen.beginPath();
      pen.arc(x, y, 3.5, 0, 7);
      pen.fill();
    }
  }

  #way(pen, found, colours) {
    const { places } = this;
    const part = (t) => written(between(colours.dark ? colours.faint : colours.line, colours.accent, 0.25 + (0.75 * t) / Math.max(found.steps - 1, 1)));
    pen.lineWidth = 2;
    for (let t = 1; t < places.length; t++) {
      if (!places[t - 1] || !places[t]) continue;
      pen.strokeStyle = part(t);
      pen.beginPath();
      pen.moveTo(...places[t - 1]);
      pen.lineTo(...places[t]);
      pen.stroke();
    }
    places.forEach((each, t) => {
      if (!each) return;
      pen.fillStyle = part(t);
      pen.beginPath();
      pen.arc(...each, t === this.step ? 6 : 3, 0, 7);
      pen.fill();
    });
    const first = places.findIndex(Boolean);
    const every = Math.max(1, Math.ceil((places.length - first) / LABELS));
    pen.fillStyle = colours.text;
    pen.textBaseline = "alphabetic";
    places.forEach((each, t) => {
      if (!each || !(t === first || t === places.length - 1 || t === this.step || (found.tokens.length && (t - first) % every === 0))) return;
      const text = found.tokens[t] || String(t + 1);
      pen.textAlign = each[0] > this.width - 60 ? "right" : "left";
      pen.fillText(text, each[0] + (pen.textAlign === "left" ? 6 : -6), each[1] - 5);
    });
  }

  #reading(found) {
    if (this.step === null || this.step >= found.steps) return "";
    const { data } = found.arrays.way;
    return this.word("reading", { at: whole(this.step + 1), x: digits(data[2 * this.step]).replace("-", "−"), y: digits(data[2 * this.step + 1]).replace("-", "−") });
  }
}
