// How probable each class is, as bars: the one it is taken for, and the true one, marked. Knows no network.

import { h } from "../../dom.js";
import { write } from "../picture/panel.js";

const MOST = 12;

export class Bars {
  /**
   * @param {string[]} names of the classes
   * @param {(which: number) => string} dye the colour of a class, where its bar wears it
   */
  constructor(names, label, dye = null) {
    Object.assign(this, { names, dye });
    this.rows = Array.from({ length: Math.min(names.length, MOST) }, () => {
      const [name, bar, value] = [h("span", { class: "stage-bars-name" }), h("i", { class: "stage-bars-bar" }), h("span", { class: "stage-bars-value" })];
      return { name, bar, value, node: h("li", {}, name, h("span", { class: "stage-bars-track" }, bar), value) };
    });
    this.node = h("ol", { class: "stage-bars", "aria-label": label }, this.rows.map(({ node }) => node));
  }

  /** Shows none: what was known was another network's. */
  clear() {
    for (const { bar, value, node } of this.rows) {
      bar.style.transform = "scaleX(0)";
      write(value, "");
      delete node.dataset.role;
    }
  }

  /** @param {Array<number|null>} parts 0..1 of each class; of very many the largest are shown, in order */
  show(parts, truth, guess) {
    const { rows, names } = this;
    let shown = names.map((_, k) => k);
    if (names.length > MOST) {
      shown = shown.sort((a, b) => (parts[b] ?? 0) - (parts[a] ?? 0)).slice(0, MOST);
    }
    shown.forEach((which, row) => {
      const { name, bar, value, node } = rows[row];
      write(name, names[which]);
      const part = parts[which];
      if (this.dye) bar.style.background = this.dye(which);
      bar.style.transform = `scaleX(${Math.min(Math.max(part ?? 0, 0), 1)})`;
      write(value, percent(part));
      const role = which === guess ? (which === truth || truth === null ? "right" : "wrong") : which === truth ? "truth" : "";
      if (node.dataset.role !== role) node.dataset.role = role;
    });
  }
}

/** In percent, never quite 100 or 0 unless it is. */
export function percent(part) {
  if (part === null || !Number.isFinite(part)) return "—";
  const found = 100 * part;
  if (found > 99.95 && found < 100) return "> 99.9 %";
  if (found > 0 && found < 0.05) return "< 0.1 %";
  return `${found > 99.5 && found < 100 ? found.toFixed(1) : found < 10 ? found.toFixed(1) : found.toFixed(0)} %`;
}
