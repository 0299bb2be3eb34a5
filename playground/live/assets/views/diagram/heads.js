// What stands above the columns: name, neurons with − and +, activation; × takes a layer out, + between two columns puts
// one in. Changes are proposed to the page, which starts a network with them; until it does, the wish is shown.

import { h } from "../../dom.js";
import { resized, withBefore, without } from "./columns.js";

const PATIENCE = 4000; // ms until a wish that was not granted is forgotten

export class Heads {
  constructor(stage, columns) {
    Object.assign(this, { stage, columns, wish: null });
    this.counts = new Map();
    this.word = (key, values) => stage.word(key, values);
  }

  /** The nodes, at the places of `layout`. */
  build(layout) {
    this.counts.clear();
    const nodes = this.columns.map((column, i) => this.#head(column, layout.columns[i], layout));
    for (const column of this.columns.slice(1)) nodes.push(this.#insert(column, layout));
    return nodes;
  }

  /** Proposes one neuron fewer; the last one takes its layer with it. */
  remove(column) {
    if (!column.hidden) return;
    if (this.#width(column) > 1) this.#resize(column, -1);
    else this.#propose(without(this.#layers(), column), this.word("diagram.removed_layer", { name: column.name }));
  }

  #head(column, placed, { heads }) {
    const wide = Math.max(placed.width + 4, column.hidden ? 98 : 48);
    const others = column.others.length ? ` · ${column.others.join(" · ")}` : "";
    const note = column.activation + (column.activation ? others : others.slice(3));
    const style = { left: `${Math.round(placed.middle - wide / 2)}px`, width: `${Math.round(wide)}px` };
    return h(
      "div",
      { class: "stage-diagram-head", style, data: { column: column.index } },
      h("div", { class: "stage-diagram-name", style: { height: `${heads.rail}px` } }, h("span", {}, column.short), this.#cross(column)),
      h("div", { class: "stage-diagram-units", style: { height: `${heads.units}px` } }, ...this.#units(column)),
      h("div", { class: "stage-diagram-note", title: note, style: { height: `${heads.note}px` } }, note),
    );
  }

  #units(column) {
    const count = h("span", { class: "stage-diagram-count" }, column.picture ? column.labels[0] : String(column.units));
    if (!column.hidden) return [count];
    this.counts.set(column, count);
    const less = h("button", { type: "button", class: "stage-diagram-less", "aria-label": this.word("diagram.less", { name: column.name }) }, "−");
    const more = h("button", { type: "button", class: "stage-diagram-more", "aria-label": this.word("diagram.more", { name: column.name }) }, "+");
    less.disabled = column.units <= 1;
    less.onclick = () => this.#resize(column, -1);
    more.onclick = () => this.#resize(column, 1);
    return [less, count, more];
  }

  #cross(column) {
    if (!column.hidden) return null;
    const name = this.word("diagram.remove_layer", { name: column.name });
    const cross = h("button", { type: "button", class: "stage-diagram-cross", title: name, "aria-label": name }, "×");
    cross.onclick = () => this.#propose(without(this.#layers(), column), this.word("diagram.removed_layer", { name: column.name }));
    return cross;
  }

  #insert(column, { columns, heads }) {
    const at = column.index + 1;
    const middle = (columns[at - 1].middle + columns[at].middle) / 2;
    const name = this.word("diagram.insert", { before: this.columns[at - 1].name, after: column.name });
    const style = { left: `${Math.round(middle)}px`, top: `${heads.insert}px` };
    const button = h("button", { type: "button", class: "stage-diagram-insert", style, title: name, "aria-label": name }, "+");
    button.onclick = () => this.#propose(withBefore(this.#layers(), this.columns, column), this.word("diagram.added_layer", { after: this.columns[at - 1].name }));
    return button;
  }

  #resize(column, by) {
    const layers = resized(this.#layers(), column, by);
    const count = layers[column.layer].out_features;
    if (count < 1) return;
    this.#propose(layers, this.word("diagram.now_units", { name: column.name, count }), true);
    const shown = this.counts.get(column);
    shown.textContent = String(count);
    shown.classList.add("stage-diagram-wished");
    shown.previousSibling.disabled = count <= 1;
  }

  // Clicks that come before the page has answered add up. After a change of the columns themselves no column stands
  // where it stood, so that the next click has to wait for the page.
  #propose(layers, sentence, gather = false) {
    if (this.wish && !this.wish.gather) return;
    this.wish = { layers, gather };
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#forget(), PATIENCE);
    this.stage.propose({ kind: "layers", layers });
    this.stage.announce(sentence);
  }

  #forget() {
    this.wish = null;
    for (const [column, count] of this.counts) {
      count.textContent = String(column.units);
      count.classList.remove("stage-diagram-wished");
      count.previousSibling.disabled = column.units <= 1;
    }
  }

  #layers() {
    return this.wish?.layers ?? this.stage.setup.experiment.model.layers;
  }

  #width(column) {
    return this.#layers()[column.layer]?.out_features ?? column.units;
  }

  dispose() {
    clearTimeout(this.timer);
  }
}
