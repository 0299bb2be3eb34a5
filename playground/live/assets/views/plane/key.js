// The key of the plane: what its colours and marks mean, with numbers. Touches the page only where a number has changed.

import { h } from "../../dom.js";
import { bound } from "../picture/numbers.js";
import { inkOf } from "./samples.js";
import { swatch } from "./tools.js";

export class Key {
  /** @param {{names: string[]|null, test: boolean}} what names of the classes or null for a surface of numbers */
  constructor(word, what) {
    Object.assign(this, { word, what });
    this.node = h("div", { class: "stage-plane-key" });
    this.texts = new Map();
  }

  build(colours) {
    const { word, what } = this;
    const { names } = what;
    this.texts.clear();
    const several = names && names.length > 2;
    const parts = several ? names.map((name, label) => this.#class(name, label, names.length, colours)) : [this.#ramp(names, colours)];
    const ink = what.curve ? colours.train : several || !names ? colours.text : inkOf(1, colours);
    const marks = [
      h("span", { class: "stage-plane-item" }, swatch(0, 2, ink, colours.background), this.#text("train")),
      what.test && h("span", { class: "stage-plane-item" }, swatch(0, 2, ink, colours.background, true), this.#text("test")),
      names && h("span", { class: "stage-plane-item" }, h("i", { class: "stage-plane-ring" }), this.#text("wrong")),
      (this.ghost = h("span", { class: "stage-plane-item", hidden: true }, h("i", { class: "stage-plane-dashes" }), this.#text("ghost"))),
    ];
    if (what.curve) {
      marks.unshift(h("span", { class: "stage-plane-item" }, h("i", { class: "stage-plane-solid" }), this.#text("network")));
      parts.length = 0;
    }
    this.node.replaceChildren(h("div", { class: "stage-plane-colours" }, ...parts), h("div", { class: "stage-plane-marks" }, ...marks.filter(Boolean)));
  }

  say(name, text) {
    const node = this.texts.get(name);
    if (node && node.textContent !== text) node.textContent = text;
  }

  /** The numbers at the ends of the scale. */
  reach(reach) {
    this.say("low", bound(-reach));
    this.say("high", bound(reach));
  }

  #ramp(names, colours) {
    const { word } = this;
    const end = (label) => names && h("span", { class: "stage-plane-item stage-plane-end" }, swatch(label, 2, inkOf(label, colours), colours.background), word("plane.class", { name: names[label] }));
    return [end(0), this.#text("low"), h("i", { class: "stage-plane-ramp" }), this.#text("high"), end(1)].filter(Boolean);
  }

  #class(name, label, count, colours) {
    const text = this.word("plane.class", { name });
    return h("span", { class: "stage-plane-item" }, swatch(label, count, inkOf(label, colours), colours.background), text);
  }

  #text(name) {
    const node = h("span", { class: `stage-plane-${name}` });
    this.texts.set(name, node);
    return node;
  }
}
