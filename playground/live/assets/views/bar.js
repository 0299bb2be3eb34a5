// The page's own bar: its numbers, kept abreast of the pictures (the page itself counts only once a second), and its keys.

import { digits, whole } from "../dom.js";
import { listen } from "./bar/keys.js";

export const needs = [];
export const place = "foot";
export const styles = "bar.css";

const EVERY = 100; // ms: faster nobody can read
const OLD = 0.05; // of the steps so far: what was measured longer ago is told apart
const COUNTS = ["step", "epoch_count", "rate"];

export function mount(element, stage) {
  const bar = new Bar(stage);
  element.hidden = true;
  return { draw() {}, dispose: () => bar.dispose() };
}

class Bar {
  constructor(stage) {
    this.stage = stage;
    this.at = this.measured = 0;
    this.listener = (frame) => this.#show(frame);
    stage.on("drawn", this.listener);
    this.deafen = listen(stage);
  }

  dispose() {
    clearTimeout(this.timer);
    this.deafen();
    this.stage.off("drawn", this.listener);
  }

  #show(frame) {
    clearTimeout(this.timer);
    const left = this.at + EVERY - performance.now();
    if (left > 0) this.timer = setTimeout(() => this.#write(frame), left);
    else this.#write(frame);
  }

  #write(frame) {
    const { step, epoch } = frame;
    const numbers = this.stage.numbers(frame);
    const { metrics } = numbers;
    this.at = performance.now();
    const figures = document.querySelector(".figures");
    if (!figures) return;
    const told = {
      step: whole(step),
      epoch_count: epoch.toLocaleString("en", { minimumFractionDigits: epoch < 100 ? 1 : 0, maximumFractionDigits: epoch < 100 ? 1 : 0 }),
      rate: whole(Math.round(this.stage.status.rate ?? 0)),
    };
    for (const name of ["loss", "test_loss", "rmse", "test_rmse", "d_loss", "g_loss"]) if (name in metrics) told[name] = digits(metrics[name]);
    for (const name of ["accuracy", "test_accuracy", "d_accuracy", "quality"]) {
      if (Number.isFinite(metrics[name])) told[name] = `${(100 * metrics[name]).toFixed(1)} %`;
    }
    if (Object.keys(metrics).length || step < this.measured) this.measured = numbers.step; // where measuring is dear, glances have none
    const old = step - this.measured > OLD * step;
    figures.dataset.step = step;
    figures.dataset.old = old;
    for (const figure of figures.children) {
      const { name } = figure.dataset;
      if (name in told) put(figure.querySelector("dd"), told[name]);
      figure.title = old && !COUNTS.includes(name) ? this.stage.word("lab.measured", { step: whole(this.measured) }) : "";
    }
  }
}

// The unit behind a number stays.
function put(cell, value) {
  const text = cell.firstElementChild ? `${value} ` : value;
  if (cell.firstChild.nodeValue !== text) cell.firstChild.nodeValue = text;
}
