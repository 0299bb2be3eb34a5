// A map opened down to its numbers: the kernel slides over the picture before it, each place is worked out, and the sum
// stands in the map. Any layer opens: what a pool picks, what an activation bends, how softmax shares out.

import { h, whole } from "../../dom.js";
import { formulas } from "../explain/formula.js";
import { at } from "../explain/moment.js";
import { lookedAt } from "../look/subject.js";
import { taught } from "../picture/layers.js";
import { write } from "../picture/panel.js";
import { dye } from "../picture/styles.js";
import { products } from "./grid.js";
import { Sheet } from "./sheet.js";

const PACE = 450; // ms at each place
const EVERY = 600; // ms between two looks while the run goes on
const [SIDE, SIDE_NARROW, NARROW] = [208, 150, 620]; // px
const MOST_CHANNELS = 64;

export class Opened {
  constructor(stage) {
    Object.assign(this, { stage, what: null, asking: false, askedAt: 0, playing: false });
  }

  /** Opens a map {layer, map}. */
  open({ layer, map }) {
    const { stage } = this;
    this.what = { layer, channel: map, row: 0, column: 0, partner: -1 };
    this.fresh = true;
    this.shape = shapeOf(stage, layer);
    if (this.shape.length === 3) Object.assign(this.what, { row: this.shape[1] >> 1, column: this.shape[2] >> 1 });
    this.playing = false;
    return this.#ask();
  }

  /** Another moment, or another picture. */
  follow() {
    if (!this.what || this.timer) return;
    this.timer = setTimeout(() => {
      this.timer = null;
      if (this.what && !document.hidden) this.#ask();
    }, Math.max(0, EVERY - (performance.now() - this.askedAt)));
  }

  /** The drawer shows something else. */
  closed(node) {
    if (node === this.node || !this.node) return;
    this.#leave();
  }

  wear() {
    if (this.node && this.found) this.#show(this.found);
  }

  dispose() {
    this.gone = true;
    const { close } = this;
    this.#leave();
    close?.();
  }

  #leave() {
    clearTimeout(this.timer);
    clearTimeout(this.player);
    Object.assign(this, { what: null, node: null, found: null, close: null, timer: null, playing: false });
  }

  // --- asking -------------------------------------------------------------------------------------------------------

  async #ask() {
    if (this.asking) return void (this.again = true);
    this.asking = true;
    this.askedAt = performance.now();
    const { stage } = this;
    try {
      const found = await stage.ask("pixel", { ...lookedAt(stage), ...this.what, ...at(stage) });
      if (this.what && !this.gone) this.#show(found);
    } catch (error) {
      if (this.what && !this.gone) this.#refused(error.message);
    } finally {
      this.asking = false;
      if (this.again && this.what) {
        this.again = false;
        this.#ask();
      }
    }
  }

  #choose(row, column) {
    if (!this.what || (row === this.what.row && column === this.what.column)) return;
    Object.assign(this.what, { row, column });
    this.#ask();
  }

  // The window that a place of the picture before it is in the middle of.
  #under(row, column) {
    const { answer } = this;
    if (!answer?.kernel_size) return this.#choose(Math.min(row, this.shape[1] - 1), Math.min(column, this.shape[2] - 1));
    const [first] = answer.cells;
    const last = answer.cells.at(-1);
    const { layer, row: r, column: c } = answer;
    const spec = this.stage.setup.experiment.model.layers[layer];
    const stride = spec.stride || answer.kernel_size;
    const middle = [(first[0] + last[0]) / 2, (first[1] + last[1]) / 2];
    const place = (value, centre, now, size) => Math.min(Math.max(now + Math.round((value - centre) / stride), 0), size - 1);
    this.#choose(place(row, middle[0], r, this.shape[1]), place(column, middle[1], c, this.shape[2]));
  }

  // --- playing ------------------------------------------------------------------------------------------------------

  #play(on) {
    this.playing = on && this.shape.length === 3;
    clearTimeout(this.player);
    this.#press();
    if (!this.playing) return;
    this.player = setTimeout(async () => {
      if (!this.playing || !this.what) return;
      const next = this.what.row * this.shape[2] + this.what.column + 1;
      Object.assign(this.what, { row: Math.floor(next / this.shape[2]) % this.shape[1], column: next % this.shape[2] });
      await this.#ask();
      if (this.playing) this.#play(true);
    }, PACE);
  }

  #press() {
    if (!this.slide) return;
    write(this.slide, this.word(this.playing ? "pause" : "play"));
    this.slide.setAttribute("aria-pressed", String(this.playing));
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  #build() {
    const stop = () => this.playing && this.#play(false);
    this.title = h("h3", {});
    this.at = h("span", { class: "stage-faint" });
    this.slide = h("button", { type: "button", class: "stage-look-chip stage-opened-play", onclick: () => this.#play(!this.playing) });
    this.before = new Sheet(this.word("before"), (row, column) => (stop(), this.#under(row, column)));
    this.after = new Sheet(this.word("after"), (row, column) => (stop(), this.#choose(row, column)));
    this.channels = h("div", { class: "stage-look-chips stage-opened-channels", role: "group", "aria-label": this.word("channels") });
    this.grid = h("div", { class: "stage-opened-grid" });
    this.says = h("div", { class: "stage-opened-says" });
    const figure = (sheet, caption) => h("figure", {}, sheet.canvas, h("figcaption", {}, caption));
    this.captions = [h("span", {}), h("span", {})];
    this.figures = [figure(this.before, this.captions[0]), figure(this.after, this.captions[1])];
    this.middle = h("div", { class: "stage-opened-middle" }, this.grid, this.says);
    this.like = h("button", { type: "button", class: "stage-look-chip", onclick: () => this.stage.emit("like", { layer: this.what.layer, channel: this.what.channel }) }, this.word("like"));
    this.node = h(
      "div",
      { class: "stage-look stage-opened-map" },
      h("header", {}, this.title, this.at, this.slide, this.like),
      this.channels,
      h("div", { class: "stage-opened-row" }, this.figures[0], this.middle, this.figures[1]),
    );
  }

  #show(found) {
    const { stage } = this;
    const { answer } = found.facts;
    const first = !this.node;
    if (first) this.#build();
    Object.assign(this, { found, answer });
    if (answer.parts) this.what.partner = answer.partner; // the one that began stays while the window slides
    dye(this.node, stage.colours);
    const image = answer.shapes[1].length === 3;
    const name = taught(stage.setup, answer.layer) || this.word("softmax");
    const place = { layer: name, number: whole(answer.channel + 1), count: whole(answer.shapes[1][0]), row: answer.row + 1, column: answer.column + 1 };
    const classes = this.#classes(answer);
    const title = image ? "title" : classes ? "title_class" : "title_flat";
    this.title.replaceChildren(this.word(title, { ...place, name: classes?.[answer.channel] }), h("span", { class: "stage-value" }, " = ", h("b", { class: "stage-number" }, answer.value)));
    write(this.at, this.word("at", { step: whole(found.step) }));
    this.slide.hidden = !image || answer.shapes[1][1] * answer.shapes[1][2] === 1;
    this.like.hidden = answer.layer >= stage.setup.layers.length || !stage.events?.listeners.get("like")?.size;
    this.#press();
    this.#channels(answer);
    this.#sheets(found, answer, image);
    this.grid.replaceChildren(...this.#products(answer));
    const way = { word: (key, values) => this.#say(key, values), rest: () => {}, named: (term) => this.#named(term, answer) };
    this.says.replaceChildren(...formulas(answer.blocks, way));
    Object.assign(this.node.dataset, { place: [answer.layer, answer.channel, answer.row, answer.column].join("/"), partner: answer.partner, step: found.step, value: answer.value, kind: answer.kind });
    if (first || !this.node.isConnected) this.close = stage.openDrawer(this.node, this.title.textContent);
    if (this.fresh && !this.node.contains(document.activeElement)) this.node.closest(".stage-drawer")?.querySelector(".stage-close")?.focus({ preventScroll: true });
    if (this.fresh && image && answer.kernel_size && !stage.reduced) this.#play(true);
    this.fresh = false;
  }

  // What the numbers of a layer stand for, where they are the classes.
  #classes({ layer, shapes }) {
    const { target, layers } = this.stage.setup;
    if (target.kind !== "classes" || layer < layers.length - 1 || shapes[1][0] !== target.size) return null;
    return target.names?.length ? target.names : Array.from({ length: target.size }, (_, k) => String(k));
  }

  // Which class an exponential of the softmax is of: x₄ is the fourth number.
  #named(term, answer) {
    const number = answer.layer >= this.stage.setup.layers.length || answer.kind === "Softmax" ? term.name.match(/[₀-₉]+/)?.[0] : null;
    const name = number && this.#classes(answer)?.[[...number].reduce((sum, digit) => 10 * sum + "₀₁₂₃₄₅₆₇₈₉".indexOf(digit), 0) - 1];
    return name === undefined || !number || name === null ? null : h("span", { class: "stage-opened-class" }, this.word("class", { name }));
  }

  // Sentences of the formulas; those about places are this drawer's own.
  #say(key, values) {
    return ["opened.note.outside", "opened.note.passing"].includes(key) ? this.word(key.split(".").at(-1)) : this.stage.word(key, values);
  }

  #channels(answer) {
    const parts = answer.parts?.length > 1 ? answer.parts.slice(0, MOST_CHANNELS) : [];
    this.channels.hidden = !parts.length;
    if (parts.length !== this.channels.children.length) {
      this.channels.replaceChildren(...parts.map(([channel]) => h("button", { type: "button", class: "stage-look-chip", data: { channel }, onclick: () => this.#partner(channel) }, `Σ${small(channel + 1)}`)));
    }
    parts.forEach(([channel, sum], k) => {
      const chip = this.channels.children[k];
      chip.dataset.channel = channel;
      chip.setAttribute("aria-pressed", String(channel === answer.partner));
      chip.title = chip.ariaLabel = this.word("channel", { number: channel + 1, sum: sum.toPrecision(3).replace("-", "−") });
    });
  }

  #partner(partner) {
    this.what.partner = partner;
    this.#ask();
  }

  #sheets({ arrays }, answer, image) {
    const { colours } = this.stage;
    const side = this.stage.root.clientWidth < NARROW ? SIDE_NARROW : SIDE;
    const source = answer.shapes[0].length === 3;
    this.figures[0].hidden = !source;
    this.figures[1].hidden = !image;
    if (source) {
      const { data, shape } = arrays.before;
      const ink = Boolean(arrays.picture) && answer.shapes[0][0] === 1;
      this.before.paint({ rows: shape[0], columns: shape[1], data, reach: largest(data), margin: answer.margin, cells: answer.cells, winner: answer.winner, ink, at: null }, side, colours);
      write(this.captions[0], this.word(arrays.picture ? "picture" : "before_map", { number: answer.partner + 1, count: answer.shapes[0][0] }));
    }
    if (image) {
      const { data, shape } = arrays.after;
      this.after.paint({ rows: shape[0], columns: shape[1], data, reach: largest(data), at: [answer.row, answer.column] }, side, colours);
      write(this.captions[1], this.word("after_map", { number: answer.channel + 1, count: answer.shapes[1][0] }));
    }
  }

  #products(answer) {
    if (!answer.grid) return [];
    const name = answer.parts.length > 1 ? `Σ${small(answer.partner + 1)}` : "Σ";
    const power = answer.power ? this.stage.word("opened.times", { power: answer.power }) : "";
    return [
      h("p", { class: "stage-note" }, this.word("products")),
      products(answer.grid, this.word("products")),
      h("p", { class: "stage-formula stage-opened-part" }, this.word("adds"), " ", h("i", {}, name), " = ", h("b", { class: "stage-number" }, answer.part), power ? ` ${power}` : ""),
    ];
  }

  #refused(sentence) {
    if (this.node) return void write(this.at, sentence);
    this.what = null;
    this.stage.openDrawer(h("p", { class: "stage-refused", role: "alert" }, sentence));
  }

  word(key, values) {
    return this.stage.word(`pixel.${key}`, values);
  }
}

function shapeOf(stage, layer) {
  const { layers } = stage.setup;
  return layers[Math.min(layer, layers.length - 1)].shape;
}

function largest(data) {
  let most = 0;
  for (const value of data) most = Math.max(most, Math.abs(value));
  return most || 1;
}

const small = (number) => String(number).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);
