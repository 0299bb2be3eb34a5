// Any neuron opened into its formulas with the numbers filled in: forward, backward, gradient, update, for one sample. It
// slides in from below when somebody says so: stage.emit("open", {kind: "unit", column, unit}), or an edge
// {kind: "edge", layer, row, column}. While the run goes on the numbers follow it.

import { h } from "../dom.js";
import { formulas, line } from "./explain/formula.js";
import { at } from "./explain/moment.js";
import { choose, sampleOf, sampleRow } from "./explain/sample.js";
import { lookedAt } from "./look/subject.js";
import { letters } from "./explain/letters.js";
import { rest } from "./picture/spot.js";
import { dye } from "./picture/styles.js";

export const needs = [];
export const place = "foot";
export const styles = "drawer.css";

const EVERY = 600; // ms between two looks while the run goes on

/** The view: no picture of its own; `open(what)`, `dispose`. */
export function mount(element, stage) {
  return new Drawer(element, stage);
}

class Drawer {
  constructor(element, stage) {
    Object.assign(this, { element, stage, what: null, close: null, asking: false, askedAt: 0, shown: -1 });
    element.hidden = true; // what there is to see is in the stage's own drawer
    this.listeners = {
      open: (what) => this.open(what),
      drawer: (node) => node === this.node || this.#closed(),
      selection: (selection) => ["sample", "drawn"].includes(selection?.kind) && this.what && this.#ask(),
      status: () => this.what && this.#follow(),
      theme: () => this.node && dye(this.node, stage.colours),
    };
    for (const [event, listener] of Object.entries(this.listeners)) stage.on(event, listener);
  }

  draw(frame) {
    if (this.what && frame.step !== this.shown) this.#follow();
  }

  resize() {}

  dispose() {
    for (const [event, listener] of Object.entries(this.listeners)) this.stage.off(event, listener);
    clearTimeout(this.timer);
    if (this.what) this.close?.();
  }

  /** Opens a unit, or the weight of an edge. */
  async open(what) {
    const wanted = asked(what, this.stage.setup);
    if (!wanted) return;
    const again = this.what !== null;
    this.what = wanted;
    if (again) return this.#ask(true);
    const found = await this.#ask(true);
    if (!found || this.what === null) this.what = null;
  }

  async #ask(first = false) {
    if (this.asking) return void (this.again = true);
    this.asking = true;
    this.askedAt = performance.now();
    try {
      // Where pictures are looked at, the one that is looked at: it may have been drawn.
      const sample = this.stage.setup.input.shape?.length === 3 ? lookedAt(this.stage) : sampleOf(this.stage);
      const found = await this.stage.ask("formula", { ...sample, ...this.what, ...at(this.stage) });
      if (this.what) this.#show(found, first);
      return true;
    } catch (error) {
      this.#refused(error, first);
      return false;
    } finally {
      this.asking = false;
      if (this.again && this.what) {
        this.again = false;
        this.#ask();
      }
    }
  }

  #follow() {
    if (this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      if (this.what && !document.hidden) this.#ask();
    }, Math.max(0, EVERY - (performance.now() - this.askedAt)));
  }

  #show(found, first) {
    const { stage } = this;
    const { answer } = found.facts;
    this.shown = found.step;
    if (!this.node) this.#build();
    this.title.replaceChildren(...name(stage, answer));
    this.at.textContent = this.word("at", { step: answer.step.toLocaleString("en") });
    this.sample.say(answer, found.arrays);
    const way = { word: (key, values) => stage.word(key, values), rest: (source) => rest(stage, source && { kind: "unit", column: source[0], unit: source[1] }) };
    this.parts.forward.replaceChildren(...formulas(answer.forward, way));
    this.parts.backward.replaceChildren(...formulas(answer.backward, way));
    this.parts.gradient.replaceChildren(...this.#gradient(answer, way));
    this.parts.update.replaceChildren(...(answer.update ? formulas(answer.update, way) : [h("p", { class: "stage-note" }, this.word("nothing"))]));
    this.whose.replaceChildren(...(answer.update ? [this.word("update_of"), " ", h("span", {}, ...letters(nameOf(answer)))] : []));
    this.unknown.hidden = answer.known_memory;
    this.node.dataset.step = answer.step;
    this.node.dataset.unit = `${answer.column}/${answer.unit}`;
    dye(this.node, stage.colours);
    if (first || !this.node.isConnected) this.close = stage.openDrawer(this.node, this.title.textContent);
  }

  #build() {
    const { stage } = this;
    this.title = h("h3", {});
    this.at = h("span", { class: "stage-faint" });
    this.sample = sampleRow(stage, (sample) => {
      choose(stage, sample);
      this.#ask();
    });
    this.parts = {};
    this.whose = h("span", { class: "stage-faint" });
    this.unknown = h("p", { class: "stage-note", hidden: true }, this.word("unknown_memory"));
    const sections = ["forward", "backward", "gradient", "update"].map((key, index) => {
      this.parts[key] = h("div", {});
      const head = h("h4", {}, h("span", { class: "stage-step" }, [1, 3, 4, 5][index]), this.word(key), key === "update" ? this.whose : null);
      return h("section", { class: `stage-explained stage-explained-${key}` }, head, this.parts[key], key === "update" ? this.unknown : null);
    });
    this.node = h("div", { class: "stage-opened" }, h("header", {}, this.title, this.at, this.sample.row), h("div", { class: "stage-columns" }, sections));
  }

  // The gradients of the neuron's weights; a press shows the update of one.
  #gradient(answer, way) {
    const rows = answer.gradient.map((row) => {
      const chosen = row.tensor === answer.weight[0] && row.place.join() === answer.weight[1].join();
      const pick = () => {
        this.what = { column: answer.column, unit: answer.unit, tensor: row.tensor, place: row.place };
        this.#ask();
      };
      const label = this.word("show_update", { name: row.name });
      return h("li", {}, h("button", { type: "button", class: "stage-pick", "aria-pressed": String(chosen), "aria-label": label, title: label, onclick: pick }, row.kind === "sum" ? formulas([row], way) : line(row)));
    });
    const more = answer.rest ? h("p", { class: "stage-note" }, this.word("more_weights", { count: answer.rest.toLocaleString("en") })) : null;
    return rows.length ? [h("ul", { class: "stage-picks" }, rows), more].filter(Boolean) : [h("p", { class: "stage-note" }, this.word("nothing"))];
  }

  #refused(error, first) {
    if (first && !this.node?.isConnected) {
      this.what = null;
      this.close = this.stage.openDrawer(h("p", { class: "stage-refused", role: "alert" }, error.message));
    } else if (this.node) this.at.textContent = error.message;
  }

  #closed() {
    this.what = null;
    this.node = null;
    rest(this.stage, null);
  }

  word(key, values) {
    return this.stage.word(`opened.${key}`, values);
  }
}

// What is to be asked for: a neuron, or the neuron that an edge leads to and the weight of that edge.
function asked(what, setup) {
  if (what?.kind === "unit" && what.column >= 0) return { column: what.column, unit: what.unit };
  if (what?.kind !== "edge") return null;
  const column = setup.columns.findIndex((each) => each.layer === what.layer);
  return column < 0 ? null : { column, unit: what.row, tensor: `${what.layer}.weight`, place: [what.row, what.column] };
}

function name(stage, { column, unit, symbol, value }) {
  const place = stage.setup.columns[column];
  const called = place.units === 1 ? place.name : stage.word("opened.neuron", { column: place.name, number: unit + 1 });
  return [called, h("span", { class: "stage-value" }, ...letters(` ${symbol} = `), h("b", { class: "stage-number" }, value))];
}

function nameOf(answer) {
  return answer.gradient.find((row) => row.tensor === answer.weight[0] && row.place.join() === answer.weight[1].join())?.name ?? `${answer.weight[0]} ${answer.weight[1].join(", ")}`;
}
