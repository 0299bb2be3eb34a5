// One cell at one step, opened from below: its equations with the real numbers. While the run goes on the numbers follow it.

import { h, whole } from "../../dom.js";
import { formulas } from "../explain/formula.js";
import { at } from "../explain/moment.js";
import { write } from "../picture/panel.js";
import { dye } from "../picture/styles.js";
import { feedOf, wanted } from "./feed.js";

const EVERY = 700; // ms between two looks while the run goes on

export class CellPage {
  /** @param {(level, unit, at) => void} moved told when another step is chosen here */
  constructor(stage, moved) {
    Object.assign(this, { stage, moved, what: null, asking: false, askedAt: 0 });
  }

  /** Opens a cell at a step. */
  open(level, unit, time) {
    this.what = { level, unit, at: time };
    this.#ask(true);
  }

  /** Something may have changed. */
  follow() {
    if (!this.what || this.timer || this.asking || this.known === this.#about()) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      if (this.what && !document.hidden) this.#ask(false);
    }, Math.max(0, EVERY - (performance.now() - this.askedAt)));
  }

  /** The drawer shows something else. */
  closed(node) {
    if (node === this.node) return;
    Object.assign(this, { what: null, node: null, close: null });
    clearTimeout(this.timer);
    this.timer = null;
  }

  dispose() {
    clearTimeout(this.timer);
    const { close } = this;
    this.what = null;
    close?.();
  }

  #about() {
    const { number } = feedOf(this.stage);
    return JSON.stringify([number, this.what]);
  }

  async #ask(fresh) {
    if (this.asking) return void (this.again = true);
    this.asking = true;
    this.askedAt = performance.now();
    const known = this.#about();
    try {
      const found = await this.stage.ask("cell", { ...wanted(this.stage), holds: feedOf(this.stage).holds, ...this.what, ...at(this.stage) });
      this.known = known;
      if (this.what) this.#show(found.facts.answer, fresh);
    } catch (error) {
      this.known = known;
      if (this.node) write(this.at, error.message);
      else {
        this.what = null;
        this.stage.openDrawer(h("p", { class: "stage-refused", role: "alert" }, error.message));
      }
    } finally {
      this.asking = false;
      if (this.again && this.what) {
        this.again = false;
        this.#ask(false);
      }
    }
  }

  #show(answer, fresh) {
    const { stage } = this;
    if (!this.node) this.#build();
    write(this.title, this.word("title", { kind: answer.kind, cell: whole(answer.unit + 1), at: whole(answer.at + 1), steps: whole(answer.steps) }));
    write(this.at, this.word("at", { step: whole(answer.step) }));
    this.back.disabled = answer.at === 0;
    this.forth.disabled = answer.at === answer.steps - 1;
    const way = { word: (key, values) => stage.word(key, values), rest: () => {} };
    this.body.replaceChildren(
      ...answer.gates.map(({ letter, blocks }) =>
        h("section", { class: "stage-cell-gate", data: { letter }, style: { "--hue": stage.colours.gates[letter] } }, h("h4", {}, h("i", {}, letter), h("span", {}, this.name(letter, answer.kind))), formulas(blocks, way)),
      ),
    );
    dye(this.node, stage.colours);
    Object.assign(this.node.dataset, { step: answer.step, unit: answer.unit, at: answer.at, level: answer.key });
    if (fresh || !this.node.isConnected) this.close = stage.openDrawer(this.node, this.title.textContent);
  }

  name(letter, kind) {
    return this.stage.word(`gates.gate_${letter}${letter === "h" || letter === "c" ? "" : `_${kind}`}`);
  }

  #build() {
    this.title = h("h3", {});
    this.at = h("span", { class: "stage-faint" });
    const move = (name, sign, by) => h("button", { type: "button", class: "stage-look-tool", title: this.word(name), "aria-label": this.word(name), onclick: () => this.#move(by) }, sign);
    this.back = move("earlier", "‹", -1);
    this.forth = move("later", "›", 1);
    this.body = h("div", { class: "stage-cell-gates" });
    const legend = h("p", { class: "stage-look-note" }, this.word("letters"));
    this.node = h("div", { class: "stage-look stage-cell" }, h("header", {}, this.title, this.back, this.forth, this.at), legend, this.body);
  }

  #move(by) {
    const { level, unit } = this.what;
    this.what = { level, unit, at: Math.max(0, this.what.at + by) };
    this.moved(level, unit, this.what.at);
    this.#ask(false);
  }

  word(key, values) {
    return this.stage.word(`cell.${key}`, values);
  }
}
