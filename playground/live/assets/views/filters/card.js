// One neuron's weights enlarged, beside the small picture, with its numbers and the way to its formula.

import { fit, h } from "../../dom.js";
import { signed } from "../picture/numbers.js";
import { explain, heard } from "../picture/spot.js";

const [SIDE, SIDE_NARROW, NARROW] = [168, 112, 520]; // px of the enlarged picture; on a phone it lies beside its numbers
const AWAY = 10; // px from the small one

export class Card {
  constructor(stage) {
    this.stage = stage;
    this.canvas = h("canvas", { class: "stage-filters-large", "aria-hidden": "true" });
    this.name = h("b");
    this.bias = h("span");
    this.range = h("span");
    this.formula = h("button", { type: "button", class: "stage-filters-chip", hidden: true, onclick: () => explain(stage, opened(stage, this.unit, this.stands)) }, stage.word("diagram.formula"));
    this.node = h("div", { class: "stage-filters-card", hidden: true }, this.canvas, h("div", { class: "stage-filters-facts" }, this.name, this.bias, this.range, this.formula));
  }

  /** @param what {unit, stands: the network's unit it stands for, box: [x, y, size] of the small picture, width, height, filters, bitmap, pinned} or null */
  show(what) {
    const { node } = this;
    node.hidden = !what;
    if (!what) return;
    const { unit, stands, box, width, filters, bitmap, pinned } = what;
    Object.assign(this, { unit, stands });
    const narrow = width < NARROW;
    node.classList.toggle("stage-filters-flat", narrow);
    this.#draw(bitmap, unit, narrow ? SIDE_NARROW : SIDE);
    const [low, high] = filters.range(unit);
    this.#write(this.name, "filters.neuron", { number: unit + 1 });
    this.#write(this.bias, "filters.bias", { value: filters.bias ? signed(filters.bias[unit]) : "—" });
    this.#write(this.range, "filters.range", { low: signed(low), high: signed(high) });
    this.formula.hidden = !(pinned && heard(this.stage, "open"));
    node.classList.toggle("stage-filters-pinned", pinned);
    const [x, y, size] = box;
    const across = node.offsetWidth;
    const room = Math.max(width, this.node.parentElement.clientWidth);
    const right = x + size + AWAY + across <= room;
    const left = right ? x + size + AWAY : x - AWAY - across;
    // A flat one stands below or above.
    const beside = !narrow && left >= 0;
    const tall = node.offsetHeight;
    const down = beside ? y + size / 2 - tall / 2 : y + size + AWAY + tall <= what.height ? y + size + AWAY : y - AWAY - tall;
    node.style.left = `${Math.round(beside ? left : Math.min(Math.max(0, x + size / 2 - across / 2), room - across))}px`;
    node.style.top = `${Math.round(beside ? Math.min(Math.max(0, down), Math.max(0, what.height - tall)) : down)}px`;
  }

  #draw(bitmap, unit, side) {
    const { canvas } = this;
    const ratio = side / Math.max(bitmap.rows, bitmap.columns);
    const [w, hgt] = [bitmap.columns * ratio, bitmap.rows * ratio];
    fit(canvas, w, hgt);
    const pen = canvas.getContext("2d");
    pen.imageSmoothingEnabled = false;
    bitmap.draw(pen, unit, 0, 0, canvas.width, canvas.height);
  }

  #write(node, key, values) {
    const text = this.stage.word(key, values);
    if (node.textContent !== text) node.textContent = text;
  }
}

// What a unit of the first layer opens into: that of a convolution is a map, and slides over the picture that is looked at.
function opened(stage, unit, stands) {
  const { layer } = stage.setup.columns[0];
  return stage.setup.layers[layer].kind.startsWith("Conv") ? { kind: "map", layer, map: unit } : { kind: "unit", column: 0, unit: stands };
}
