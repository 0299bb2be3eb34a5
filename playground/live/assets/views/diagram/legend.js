// What the colours and widths of the diagram mean. Says something else only when the tiles show something else.

import { h } from "../../dom.js";

export class Legend {
  constructor(word) {
    this.word = word;
    this.node = h("div", { class: "stage-diagram-key" });
    this.said = "";
  }

  /** @param faces, wirings as the diagram has them, after a frame was read */
  say(faces, wirings) {
    const kind = faces.find((face) => face.column.hidden)?.kind ?? faces.at(-1).kind;
    const wide = faces.some((face) => face.kind === "response" && !face.still && face.reach !== 1);
    const cut = wirings.find((wiring) => wiring.count[0] > wiring.count[1]);
    const said = [kind, wide, cut?.count[1]].join();
    if (said === this.said) return;
    this.said = said;
    const tiles = kind !== "response" ? "key_weights" : wide ? "key_tiles_wide" : "key_tiles";
    const [low, high] = kind === "response" && !wide ? ["−1", "+1"] : ["−", "+"];
    const parts = [
      this.#item(tiles, {}, h("span", {}, low), h("i", { class: "stage-diagram-ramp" }), h("span", {}, high)),
      this.#item("key_edges", {}, h("i", { class: "stage-diagram-wedge" })),
      this.#item("key_bias", {}, h("i", { class: "stage-diagram-tab-key" })),
    ];
    if (cut) parts.push(this.#item("key_cut", { count: cut.count[1] }));
    this.node.replaceChildren(...parts);
  }

  #item(key, values, ...signs) {
    return h("span", { class: "stage-diagram-item" }, ...signs, h("span", {}, this.word(`diagram.${key}`, values)));
  }
}
