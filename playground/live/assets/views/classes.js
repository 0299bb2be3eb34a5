// How well each class is recognised: of the held-back pictures of a class, the share that is taken for it. A press shows them.

import { h, whole } from "../dom.js";
import { attendedCell, CELL, hold, same } from "./picture/cell.js";
import { Panel, write } from "./picture/panel.js";

export const needs = ["verdicts"];
export const place = "side";
export const styles = "classes.css";

const MOST = 24;

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Classes(element, stage);
}

class Classes extends Panel {
  static words = "classes";

  constructor(element, stage) {
    super(element, stage, { [CELL]: () => this.again() });
    this.#build();
  }

  draw(frame) {
    const counts = frame?.arrays.confusion?.data;
    if (counts && counts !== this.counts) {
      Object.assign(this, { counts, step: frame.step, dirty: true });
    }
    super.draw(frame);
  }

  renew() {
    return false;
  }

  #build() {
    const { names, size } = this.stage.setup.target;
    this.size = size;
    this.names = names?.length ? names : Array.from({ length: size }, (_, k) => String(k));
    this.rows = this.names.slice(0, MOST).map((name, which) => {
      const [bar, value] = [h("i", { class: "stage-classes-bar" }), h("span", { class: "stage-classes-value" })];
      const cell = { truth: which, guess: which };
      const press = () => hold(this.stage, same(this.stage.cell?.held, cell) ? null : cell);
      const button = h("button", { type: "button", class: "stage-classes-row", data: { which }, onclick: press }, h("span", { class: "stage-classes-name" }, name), h("span", { class: "stage-classes-track" }, bar), value);
      return { bar, value, button, which };
    });
    this.note = h("p", { class: "stage-look-note" }, this.word("waiting"));
    this.list = h("div", { class: "stage-classes-list" }, this.rows.map(({ button }) => button));
    this.root = h("section", { class: "stage-look stage-classes" }, h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, this.word("title"))), this.list, this.note);
    this.begin(this.list);
  }

  paint() {
    const { counts, size, names } = this;
    this.root.dataset.state = counts ? "shown" : "waiting";
    if (!counts) return;
    const cell = attendedCell(this.stage);
    let [worst, least] = [-1, Infinity];
    for (const { bar, value, button, which } of this.rows) {
      const row = counts.subarray(which * size, (which + 1) * size);
      const total = row.reduce((sum, each) => sum + each, 0);
      const part = total ? row[which] / total : 0;
      if (total && part < least) [worst, least] = [which, part];
      bar.style.transform = `scaleX(${part})`;
      write(value, total ? `${(100 * part).toFixed(part > 0.995 && part < 1 ? 1 : 0)} %` : "—");
      button.setAttribute("aria-label", this.word("reading", { name: names[which], right: whole(row[which]), total: whole(total) }));
      button.title = button.ariaLabel;
      button.setAttribute("aria-pressed", String(cell?.truth === which));
    }
    write(this.note, worst < 0 ? "" : this.word("note", { name: names[worst], share: `${(100 * least).toFixed(0)} %`, step: whole(this.step) }));
  }
}
