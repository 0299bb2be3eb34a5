// What the colours and widths of the diagram mean. Says something else only when the tiles show something else.

import { h } from "../../dom.js";

export class Legend {
  constructor(word) {
    this.word = word;
    this.node = h("div", { class: "stage-diagram-key" });
    this.said = "";
    this.items = [];
  }

  /** @param faces, wirings as the diagram has them, after a frame was read */
  say(faces, wirings) {
    const kind = faces.find((face) => face.column.hidden)?.kind ?? faces.at(-1).kind;
    const wide = faces.some((face) => face.kind === "response" && !face.still && face.reach !== 1);
    const cut = wirings.find((wiring) => wiring.count[0] > wiring.count[1]);
    const said = [kind, wide, cut?.count[1]].join();
    if (said === this.said) return;
    this.said = said;
    this.items = []; // the same for a picture to keep: {sign, text, low?, high?}
    const tiles = kind !== "response" ? "key_weights" : wide ? "key_tiles_wide" : "key_tiles";
    const [low, high] = kind === "response" && !wide ? ["−1", "+1"] : ["−", "+"];
    const parts = [
      this.#item("ramp", tiles, {}, h("span", {}, low), h("i", { class: "stage-diagram-ramp" }), h("span", {}, high)),
      this.#item("wedge", "key_edges", {}, h("i", { class: "stage-diagram-wedge" })),
      this.#item("tab", "key_bias", {}, h("i", { class: "stage-diagram-tab-key" })),
    ];
    Object.assign(this.items[0], { low, high });
    if (cut) parts.push(this.#item("", "key_cut", { count: cut.count[1] }));
    this.node.replaceChildren(...parts);
  }

  #item(sign, key, values, ...signs) {
    const text = this.word(`diagram.${key}`, values);
    this.items.push({ sign, text });
    return h("span", { class: "stage-diagram-item" }, ...signs, h("span", {}, text));
  }
}
