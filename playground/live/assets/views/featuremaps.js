// What every layer makes of the picture that is looked at, from its pixels to the probabilities, while it trains. A map that
// is pointed at shows what it is made of; a press opens it down to its numbers.

import { h, whole } from "../dom.js";
import { arranged, boxAt, boxBeside, INPUT } from "./featuremaps/layout.js";
import { Kernels, sources } from "./featuremaps/links.js";
import { Opened } from "./featuremaps/opened.js";
import { percent } from "./look/bars.js";
import { feedOf } from "./look/feed.js";
import { lookedAt, samePicture } from "./look/subject.js";
import { shade, tint } from "./look/tint.js";
import { Bitmap, css } from "./picture/bitmap.js";
import { taught } from "./picture/layers.js";
import { bound, signed } from "./picture/numbers.js";
import { Panel, write } from "./picture/panel.js";
import { hands } from "./picture/tiles.js";

export const needs = [];
export const place = "main";
export const styles = "featuremaps.css";

const LARGE = 128; // px of the enlarged map
const LONGEST = 92; // px of a class's name
const EACH = 14; // maps of so few pixels a side are shown as pixels

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new FeatureMaps(element, stage);
}

class FeatureMaps extends Panel {
  static words = "featuremaps";

  constructor(element, stage) {
    super(element, stage, {
      selection: () => this.#other(),
      open: (what) => what?.kind === "map" && this.opened.open(what),
      drawer: (node) => this.opened.closed(node),
    });
    this.opened = new Opened(stage);
    Object.assign(this, { resting: -1, bitmaps: new Map(), kernels: new Kernels(), wantsKernels: false, sheet: document.createElement("canvas") });
    this.feed = feedOf(stage);
    this.leave = this.feed.join(() => this.again());
    this.#build();
  }

  draw(frame) {
    this.feed.wish({ maps: true, ...(this.wantsKernels ? { kernels: true } : {}), ...(this.slopes ? { slopes: true } : {}) });
    super.draw(frame);
    if (frame !== this.followed) this.opened.follow();
    this.followed = frame;
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    this.feed.forget();
    this.layout = this.answer = null;
    this.resting = -1;
    this.touch.forget();
    this.again();
    return true;
  }

  dispose() {
    this.leave();
    this.opened.dispose();
    super.dispose();
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const { stage } = this;
    this.at = h("span", { class: "stage-featuremaps-at" });
    const chip = (slopes) => h("button", { type: "button", class: "stage-look-chip", data: { slopes }, onclick: () => this.#show(slopes) }, this.word(slopes ? "slopes" : "values"));
    this.chips = h("div", { class: "stage-look-chips", role: "group", "aria-label": this.word("shown") }, chip(false), chip(true));
    const key = h("div", { class: "stage-featuremaps-key" }, h("span", {}, "−"), h("i", { class: "stage-featuremaps-ramp" }), h("span", {}, "+"));
    const head = h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, this.word("title")), this.at, this.chips, key);
    this.canvas = h("canvas", { class: "stage-featuremaps-canvas", tabindex: 0, role: "application", "aria-label": this.word("waiting") });
    this.large = h("canvas", { class: "stage-featuremaps-large" });
    this.says = h("span", {});
    this.card = h("div", { class: "stage-featuremaps-card", hidden: true, "aria-hidden": "true" }, this.large, this.says);
    this.sheetOf = h("div", { class: "stage-featuremaps-sheet" }, this.canvas, this.card);
    this.scroller = h("div", { class: "stage-featuremaps-scroll", onscroll: () => this.#more() }, this.sheetOf);
    this.ways = [-1, 1].map((way) => h("button", { type: "button", class: "stage-featuremaps-way", data: { way }, hidden: true, "aria-label": this.word(way < 0 ? "earlier" : "later"), title: this.word(way < 0 ? "earlier" : "later"), onclick: () => this.#go(way) }, h("span", {}, way < 0 ? "‹" : "›")));
    const frame = h("div", { class: "stage-featuremaps-frame" }, this.scroller, ...this.ways);
    this.note = h("p", { class: "stage-look-note" }, this.word("waiting"));
    this.root = h("section", { class: "stage-look stage-featuremaps" }, head, frame, this.note);
    this.touch = hands(this.canvas, {
      at: (x, y) => (this.layout ? boxAt(this.layout, x, y) : -1),
      move: (name, index) => this.layout && boxBeside(this.layout, name, index),
      rest: (index) => this.#rest(index),
      pick: (index) => this.#pick(index),
      leave: () => this.#rest(-1),
    });
    this.#show(false);
    this.begin(this.scroller);
  }

  // What comes out of each layer, or how the loss would change with it.
  #show(slopes) {
    this.slopes = slopes;
    for (const each of this.chips.children) each.setAttribute("aria-pressed", String((each.dataset.slopes === "true") === slopes));
    this.answer = null;
    this.again();
  }

  // What an answer holds of a layer: {map, range, reach} of values or slopes.
  #of(answer, layer) {
    const about = answer.layers.find(({ index }) => index === layer);
    const [map, range] = this.slopes ? [`slope/${layer}`, `slope_range/${layer}`] : [`map/${layer}`, `range/${layer}`];
    return about && { map: answer.arrays[map], range: answer.arrays[range], reach: this.slopes ? about.slope_reach : about.reach, shown: about.shown };
  }

  // Another picture is looked at.
  #other() {
    this.opened.follow();
    this.again();
  }

  // --- pointing -----------------------------------------------------------------------------------------------------

  #rest(index) {
    this.resting = index;
    if (index >= 0) {
      this.wantsKernels = true;
      if (this.answer) this.stage.announce(this.#reading(index));
      this.#intoView(index);
    }
    this.again();
  }

  #pick(index) {
    const box = this.layout?.boxes[index];
    if (!box || box.layer === INPUT) return;
    this.stage.emit("open", { kind: "map", layer: box.layer, map: box.map });
  }

  // With the keyboard one may come to a map that is not on screen.
  #intoView(index) {
    if (this.scroller.scrollWidth <= this.scroller.clientWidth || !this.canvas.matches(":focus-visible")) return;
    const box = this.layout.boxes[index];
    const { scrollLeft, clientWidth } = this.scroller;
    if (box.x < scrollLeft + 20 || box.x + box.w > scrollLeft + clientWidth - 20) this.scroller.scrollLeft = box.x - clientWidth / 2;
  }

  #reading(index) {
    const { layout, answer } = this;
    const box = layout.boxes[index];
    if (box.layer === INPUT) return this.word("reading_input");
    const column = layout.columns[box.column];
    if (column.kind === "probabilities") return this.word("reading_class", { name: this.#names[box.map], sure: percent(answer.probabilities[box.map]) });
    const { range } = this.#of(answer, box.layer);
    const [low, high] = [0, 1].map((end) => range.data[2 * box.map + end]);
    const values = { layer: taught(this.stage.setup, box.layer), number: whole(box.map + 1), count: whole(column.shape[0]), low: signed(low), high: signed(high) };
    return this.word(low === high ? "reading_one" : "reading", values);
  }

  get #names() {
    const { names, size } = this.stage.setup.target;
    return names?.length ? names : Array.from({ length: size }, (_, k) => String(k));
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint() {
    const { stage, feed } = this;
    const found = feed.latest?.layers?.length ? feed.latest : null;
    const answer = found && (!this.slopes || found.arrays[`slope/${found.layers[0].index}`]) ? found : this.answer;
    this.root.dataset.state = feed.refusal ? "refused" : answer ? "shown" : "waiting";
    if (feed.refusal) return void write(this.note, feed.refusal);
    this.sheetOf.hidden = !answer;
    if (!answer) {
      write(this.at, "");
      return void write(this.note, this.word("waiting"));
    }
    if (answer !== this.answer || this.width !== this.laid) this.#take(answer);
    Object.assign(this.root.dataset, { picture: answer.number, step: answer.step });
    write(this.at, this.word("at", { step: whole(answer.step) }));
    const { layout, canvas } = this;
    const pen = this.pen(canvas, layout.width, layout.height);
    const from = this.resting >= 0 && this.resting < layout.boxes.length ? sources(layout, this.resting, this.#groups(this.resting)) : [];
    this.#titles(pen);
    this.#boxes(pen);
    if (this.resting >= 0) this.#attend(pen, from);
    this.#card();
    this.canvas.classList.toggle("stage-featuremaps-old", !samePicture(answer.picture, lookedAt(stage)));
    write(this.note, this.#remark());
    this.#more();
    this.speak(canvas, () => this.word("alt", { count: whole(layout.columns.length - 2), step: whole(answer.step) }));
  }

  #take(answer) {
    const shape = `${this.width}:${answer.layers.map(({ kind, shown, shape: each }) => `${kind}${shown}/${each}`)}`;
    Object.assign(this, { answer, laid: this.width });
    if (shape !== this.shape || !this.layout) {
      this.shape = shape;
      this.bitmaps.clear();
      const pen = this.canvas.getContext("2d");
      pen.font = `600 12px ${this.family}`;
      const classes = this.stage.setup.target.kind === "classes" ? Math.min(answer.probabilities.length, 24) : 0;
      const wide = (text) => pen.measureText(text).width;
      this.label = classes ? 6 + Math.ceil(Math.min(LONGEST, Math.max(...this.#names.slice(0, classes).map(wide)))) : 0;
      const texts = (layer) => {
        const [name, size] = this.#title(layer).map(wide);
        return { name: Math.ceil(name), size: Math.ceil(size), foot: layer?.index === undefined ? 0 : Math.ceil(wide(this.#foot(layer, null))) };
      };
      this.layout = arranged(answer.layers, answer.arrays.x.shape, classes, this.label, texts, this.width - 4);
    }
    for (const { index, shape: each } of answer.layers) {
      const { map } = this.#of(answer, index);
      const [rows, columns] = each.length === 3 ? map.shape.slice(1) : [1, 1];
      if (!this.bitmaps.has(index)) this.bitmaps.set(index, new Bitmap());
      this.bitmaps.get(index).write(map.data, map.shape[0], rows, columns, this.stage.colours.lut, true);
    }
    tint(this.sheet, answer.arrays.x, this.stage.colours);
  }

  wear() {
    this.answer = null; // its bitmaps have the colours of before
    this.opened.wear();
    super.wear();
  }

  #title(layer) {
    if (layer === null) return [this.word("input"), this.stage.setup.input.shape.join("×")];
    if (layer === "probabilities") return [this.word("probabilities"), ""];
    return [`${layer.index + 1} ${this.stage.setup.layers[layer.index]?.name ?? layer.kind}`, layer.shape.join("×")];
  }

  // How many maps there are besides, or where the colours end: the widest number, where it is not known yet.
  #foot({ shape, shown }, reach) {
    return shape[0] > shown ? this.word("more", { count: whole(shape[0] - shown) }) : reach === null ? "±0.125" : `±${bound(reach).slice(1)}`;
  }

  #titles(pen) {
    const { layout, answer, stage } = this;
    pen.textBaseline = "alphabetic";
    pen.textAlign = "left";
    for (const column of layout.columns) {
      const layer = column.layer === INPUT ? null : column.kind === "probabilities" ? "probabilities" : { ...column, index: column.layer };
      const [name, size] = this.#title(layer);
      const { x, lines } = column;
      pen.fillStyle = stage.colours.text;
      pen.font = `600 12px ${this.family}`;
      pen.fillText(name, x, 12 + 15 * lines.name);
      pen.fillStyle = stage.colours.faint;
      pen.font = `12px ${this.family}`;
      if (lines.size >= 0) pen.fillText(size, x, 42);
      const known = this.#of(answer, column.layer);
      if (known) pen.fillText(this.#foot(column, known.reach), x, layout.height - 20 + 15 * lines.foot);
    }
  }

  #boxes(pen) {
    const { layout, bitmaps, stage, sheet } = this;
    for (const column of layout.columns) {
      const boxes = layout.boxes.slice(...column.boxes);
      if (column.layer === INPUT) {
        const [box] = boxes;
        pen.imageSmoothingEnabled = sheet.width > 40;
        pen.drawImage(sheet, box.x, box.y, box.w, box.h);
        this.#frame(pen, box, stage.colours.line);
      } else if (column.kind === "probabilities") for (const box of boxes) this.#bar(pen, box);
      else {
        const bitmap = bitmaps.get(column.layer);
        pen.imageSmoothingEnabled = bitmap.rows > EACH;
        pen.imageSmoothingQuality = "medium";
        for (const box of boxes) {
          bitmap.draw(pen, box.map, box.x, box.y, box.w, box.h);
          if (box.w > 12) this.#frame(pen, box, stage.colours.line);
        }
      }
    }
  }

  #frame(pen, { x, y, w, h: tall }, colour, width = 1) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.strokeRect(x - width / 2, y - width / 2, w + width, tall + width);
  }

  #bar(pen, box) {
    const { stage, answer } = this;
    const { colours } = stage;
    const part = answer.probabilities[box.map] ?? 0;
    const guess = box.map === answer.taken_for;
    const { label } = this;
    const wide = box.w - label;
    pen.fillStyle = shade(colours, "line", 0.5);
    pen.fillRect(box.x + label, box.y + 2, wide, box.h - 4);
    pen.fillStyle = !guess ? colours.faint : answer.truth === null || answer.truth === box.map ? colours.positive : colours.wrong;
    pen.fillRect(box.x + label, box.y + 2, wide * Math.min(Math.max(part, 0), 1), box.h - 4);
    if (box.h < 11) return;
    pen.font = `${guess ? "600 " : ""}12px ${this.family}`;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    pen.fillStyle = colours.text;
    pen.fillText(this.#names[box.map], box.x + label - 5, box.y + box.h / 2, label - 5);
  }

  #groups(index) {
    const layer = this.layout.boxes[index].layer;
    return this.stage.setup.experiment.model.layers[layer]?.groups ?? 1;
  }

  #attend(pen, from) {
    const { layout, answer, stage } = this;
    const box = layout.boxes[this.resting];
    if (!box) return;
    if (from.length) this.kernels.draw(pen, layout, this.resting, from, answer.arrays[`kernel/${box.layer}`], stage.colours);
    this.#frame(pen, box, stage.colours.text, 2);
  }

  // The map enlarged, beside the small one.
  #card() {
    const { layout, card, answer } = this;
    const box = layout.boxes[this.resting];
    const bitmap = box && this.bitmaps.get(box.layer);
    card.hidden = !box || (!bitmap && box.layer !== INPUT);
    if (card.hidden) return;
    const input = box.layer === INPUT;
    const single = !input && bitmap.rows * bitmap.columns === 1;
    this.large.hidden = single;
    if (!single) {
      const pen = this.pen(this.large, LARGE, LARGE);
      const [rows, columns] = input ? [this.sheet.height, this.sheet.width] : [bitmap.rows, bitmap.columns];
      pen.imageSmoothingEnabled = false;
      const scale = LARGE / Math.max(rows, columns);
      const place = [(LARGE - columns * scale) / 2, (LARGE - rows * scale) / 2, columns * scale, rows * scale];
      if (input) pen.drawImage(this.sheet, ...place);
      else bitmap.draw(pen, box.map, ...place);
    } else this.says.style.borderLeftColor = css(this.stage.colours.lut[this.#of(answer, box.layer).map.data[box.map]]);
    this.says.classList.toggle("stage-featuremaps-single", single);
    write(this.says, this.#reading(this.resting));
    const wide = LARGE + 18;
    const right = box.x + box.w + 10;
    const shown = this.scroller.scrollLeft + this.scroller.clientWidth;
    const left = right + wide < shown ? right : box.x - wide - 10;
    card.style.left = `${Math.max(this.scroller.scrollLeft, left)}px`;
    card.style.top = `${Math.max(0, Math.min(box.y - 30, layout.height - (single ? 70 : LARGE + 76)))}px`;
  }

  // Whether something is left to see on either side.
  #more() {
    const { scrollLeft, clientWidth, scrollWidth, dataset } = this.scroller;
    const left = [scrollLeft > 8, scrollLeft + clientWidth < scrollWidth - 8];
    [dataset.before, dataset.more] = left;
    this.ways.forEach((way, side) => (way.hidden = !left[side]));
  }

  #go(way) {
    const { scroller, stage } = this;
    scroller.scrollBy({ left: way * scroller.clientWidth * 0.8, behavior: stage.reduced ? "auto" : "smooth" });
  }

  #remark() {
    const some = this.answer.layers.find(({ every }) => every > 1);
    return [this.word(this.slopes ? "hint_slopes" : "hint"), some ? this.word("every", { every: some.every }) : ""].filter(Boolean).join(" ");
  }
}
