// The numbers of a run that stands beside others: how far it is, and how well it does.

import { digits, epochs, h } from "../dom.js";

export const needs = [];
export const place = "head";
export const styles = "readout.css";

const EVERY = 100; // ms: faster nobody can read
const SHARES = ["accuracy", "test_accuracy", "d_accuracy", "quality"];
const SHOWN = ["epoch", "loss", "test_loss", "d_loss", "g_loss", "modes", ...SHARES, "rmse", "test_rmse"];

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Readout(element, stage);
}

class Readout {
  constructor(element, stage) {
    Object.assign(this, { element, stage, at: 0, cells: new Map() });
    this.list = h("dl", { class: "stage-readout" });
    this.listener = () => stage.frame && this.draw(stage.frame); // others have measured the same moment by now
    stage.on("status", this.listener);
    element.replaceChildren(this.list);
  }

  draw(frame) {
    clearTimeout(this.timer);
    const left = this.at + EVERY - performance.now();
    if (left > 0) this.timer = setTimeout(() => this.#write(frame), left);
    else this.#write(frame);
  }

  renew() {
    this.cells.clear();
    this.list.replaceChildren();
    return true;
  }

  dispose() {
    clearTimeout(this.timer);
    this.stage.off("status", this.listener);
    this.element.replaceChildren();
  }

  #write(frame) {
    const { epoch, metrics } = this.stage.numbers(frame);
    // A glance has pictures only: its epoch beside older numbers would date them wrongly.
    if (!Object.keys(metrics).length && this.cells.size > 1) return;
    this.at = performance.now();
    const values = { ...metrics, epoch };
    for (const name of SHOWN) {
      if (!(name in values)) continue;
      const cell = this.#cell(name);
      const text = written(name, values[name]);
      if (cell.textContent !== text) cell.textContent = text;
    }
  }

  #cell(name) {
    if (!this.cells.has(name)) {
      const cell = h("dd", {});
      this.cells.set(name, cell);
      this.list.append(h("div", { data: { name } }, h("dt", {}, this.stage.word(`readout.${name}`)), cell));
    }
    return this.cells.get(name);
  }
}

function written(name, value) {
  if (name === "epoch") return epochs(value);
  if (name === "modes") return String(value);
  if (SHARES.includes(name)) return Number.isFinite(value) ? `${(100 * value).toFixed(1)} %` : "—";
  return digits(value);
}
