// Which tokens may come next, as bars: how probable the network holds each, and how probable it was to be drawn. Knows no
// network.

import { h } from "../../dom.js";
import { percent } from "../look/bars.js";
import { write } from "../picture/panel.js";
import { glyph } from "./token.js";

export class Nexts {
  /**
   * @param {{rows: number, label: string, pick?: (id: number) => void, hint?: (token: string) => string}} to `pick` is
   *   told which token was chosen; without it nothing can be
   */
  constructor(to) {
    this.to = to;
    this.rows = Array.from({ length: to.rows }, () => this.#row());
    this.node = h("ol", { class: "stage-nexts", "aria-label": to.label }, this.rows.map(({ node }) => node));
  }

  #row() {
    const name = h(this.to.pick ? "button" : "span", this.to.pick ? { type: "button", class: "stage-nexts-name" } : { class: "stage-nexts-name" });
    const [bar, own, value] = [h("i", { class: "stage-nexts-bar" }), h("i", { class: "stage-nexts-own" }), h("span", { class: "stage-nexts-value" })];
    const row = { name, bar, own, value, id: -1, node: h("li", {}, name, h("span", { class: "stage-nexts-track" }, bar, own), value) };
    if (this.to.pick) row.node.onclick = () => row.id >= 0 && this.to.pick(row.id);
    return row;
  }

  /**
   * @param {{id: number, own: number, drawn?: number}[]} list the likeliest first
   * @param {string[]} vocabulary
   * @param {number} there the token that stands there; −1 for none
   */
  show(list, vocabulary, there) {
    this.rows.forEach((row, k) => {
      const found = list[k];
      row.node.hidden = !found;
      row.id = found?.id ?? -1;
      if (!found) return;
      const token = vocabulary[found.id] ?? "";
      write(row.name, glyph(token));
      if (this.to.hint) row.name.setAttribute("aria-label", this.to.hint(token));
      const drawn = found.drawn ?? found.own;
      row.bar.style.transform = `scaleX(${Math.min(Math.max(drawn, 0), 1)})`;
      row.own.style.left = `${100 * Math.min(Math.max(found.own, 0), 1)}%`;
      row.own.hidden = found.drawn === undefined;
      write(row.value, percent(drawn));
      row.node.dataset.role = found.id === there ? "there" : drawn > 0 ? "" : "out";
    });
  }
}
