// The page's own bar: its numbers, kept abreast of the pictures (the page itself counts only once a second), and its keys.

import { digits, whole } from "../dom.js";
import { listen } from "./bar/keys.js";

export const needs = [];
export const place = "foot";
export const styles = "bar.css";

const EVERY = 100; // ms: faster nobody can read

export function mount(element, stage) {
  const bar = new Bar(stage);
  element.hidden = true;
  return { draw() {}, dispose: () => bar.dispose() };
}

class Bar {
  constructor(stage) {
    this.stage = stage;
    this.at = 0;
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

  #write({ step, epoch, metrics }) {
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
    figures.dataset.step = step;
    for (const [name, value] of Object.entries(told)) {
      const cell = figures.querySelector(`[data-name="${name}"] dd`);
      if (cell && cell.textContent !== value) cell.textContent = value;
    }
  }
}
