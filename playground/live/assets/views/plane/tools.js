// What stands around the plane: switches above it, key and reading below it, and the tools for painting. Knows what is
// chosen, not what is drawn.

import { digits, h, s } from "../../dom.js";
import { inkOf, mark, shapeOf } from "./samples.js";

/** Switches: discretise, contour, test data. */
export class Switches {
  constructor(word, options, names, changed) {
    this.node = h(
      "div",
      { class: "stage-plane-switches", role: "group", "aria-label": word("plane.shows") },
      names.map((name) => {
        const button = h("button", { type: "button", class: "stage-plane-chip", "aria-pressed": String(options[name]), data: { name } }, word(`plane.${name}`));
        button.onclick = () => {
          options[name] = !options[name];
          button.setAttribute("aria-pressed", String(options[name]));
          changed(name);
        };
        return button;
      }),
    );
  }
}

/** A mark as a small SVG of its own. */
export function swatch(label, classes, colour, ground, hollow = false) {
  const style = hollow ? `fill="${ground}" stroke="${colour}" stroke-width="2"` : `fill="${colour}"`;
  const node = s("svg", { width: 14, height: 14, viewBox: "0 0 14 14", "aria-hidden": "true" });
  node.innerHTML = mark(shapeOf(label, classes), 7, 7, hollow ? 4.2 : 5, style);
  return node;
}

/** Brush, eraser, undo, redo, learn. */
export class Tools {
  /**
   * @param {{names: string[]|null, reach: number, colours: Object}} what names of the classes, or null where values are painted
   * @param {{changed(), undo(), redo(), learn()}} deeds
   */
  constructor(word, what, deeds) {
    Object.assign(this, { word, what, deeds, open: false, tool: "add", value: what.names ? 1 : what.reach });
    this.toggle = h("button", { type: "button", class: "stage-plane-chip stage-plane-open", "aria-expanded": "false" }, word("plane.paint"));
    this.toggle.onclick = () => this.show(!this.open);
    this.bar = h("div", { class: "stage-plane-bar", hidden: true, role: "group", "aria-label": word("plane.paint") });
    this.undo = this.#button("undo", "↶", deeds.undo);
    this.redo = this.#button("redo", "↷", deeds.redo);
    this.learn = h("button", { type: "button", class: "stage-plane-learn" });
    this.learn.onclick = deeds.learn;
    this.eraser = h("button", { type: "button", class: "stage-plane-chip", "aria-pressed": "false" }, word("plane.erase"));
    this.eraser.onclick = () => this.#choose("erase", this.value);
    this.node = h("div", { class: "stage-plane-tools" }, this.toggle, this.bar);
    this.dye(what.colours);
    this.count(0, 0, 0);
  }

  show(open) {
    this.open = open;
    this.toggle.setAttribute("aria-expanded", String(open));
    this.toggle.setAttribute("aria-pressed", String(open));
    this.bar.hidden = !open;
    this.deeds.changed();
  }

  /** What can be undone, done again, learned. */
  count(points, before, after) {
    this.undo.disabled = before === 0;
    this.redo.disabled = after === 0;
    this.learn.disabled = points === 0;
    this.learn.textContent = points ? this.word("plane.learn", { count: points }) : this.word("plane.learn_none");
  }

  dye(colours) {
    this.what.colours = colours;
    const chooser = this.what.names ? this.#classes(colours) : this.#slider();
    this.bar.replaceChildren(chooser, this.eraser, this.undo, this.redo, this.learn);
  }

  #classes(colours) {
    const { names } = this.what;
    this.choices = names.map((name, label) => {
      const button = h("button", { type: "button", class: "stage-plane-class", role: "radio", "aria-label": this.word("plane.class", { name }), title: this.word("plane.class", { name }) });
      button.append(swatch(label, names.length, inkOf(label, colours), colours.background));
      button.onclick = () => this.#choose("add", label);
      return button;
    });
    const group = h("div", { class: "stage-plane-classes", role: "radiogroup", "aria-label": this.word("plane.paint_class") }, this.choices);
    group.onkeydown = (event) => this.#walk(event);
    this.#mark();
    return group;
  }

  #slider() {
    const { reach } = this.what;
    const input = h("input", { type: "range", min: -reach, max: reach, step: reach / 20, "aria-label": this.word("plane.paint_value") });
    input.value = this.value;
    const shown = h("output", {}, digits(this.value));
    input.oninput = () => {
      shown.textContent = digits(Number(input.value));
      this.#choose("add", Number(input.value));
    };
    return h("label", { class: "stage-plane-slider" }, this.word("plane.paint_value"), input, shown);
  }

  #walk(event) {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const to = (this.value + by + this.choices.length) % this.choices.length;
    this.#choose("add", to);
    this.choices[to].focus();
  }

  #choose(tool, value) {
    this.tool = tool === "erase" && this.tool === "erase" ? "add" : tool;
    this.value = value;
    this.eraser.setAttribute("aria-pressed", String(this.tool === "erase"));
    this.#mark();
    this.deeds.changed();
  }

  #mark() {
    this.choices?.forEach((button, label) => {
      const chosen = this.tool === "add" && label === this.value;
      button.setAttribute("aria-checked", String(chosen));
      button.tabIndex = label === this.value ? 0 : -1;
    });
  }

  #button(name, sign, deed) {
    const label = this.word(`plane.${name}`);
    const button = h("button", { type: "button", class: "stage-plane-sign", title: label, "aria-label": label }, sign);
    button.onclick = deed;
    return button;
  }
}
