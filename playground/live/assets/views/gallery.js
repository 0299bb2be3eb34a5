// What the generator makes of the same noise at every step, as a grid; with conditions a column for each class. Two pictures that
// are chosen one after the other are what noise.js goes between. Beside each, if wished, the nearest real one: does it copy?

import { digits, h, whole } from "../dom.js";
import { percent } from "./gan/actors.js";
import { JUDGED } from "./coverage.js";
import { at } from "./explain/moment.js";
import { Bitmap } from "./picture/bitmap.js";
import { ramp } from "./picture/ink.js";
import { Panel, write } from "./picture/panel.js";
import { hands, moved, tileAt } from "./picture/tiles.js";

export const needs = ["gallery"];
export const place = "main";
export const styles = "gan.css";

const [ACROSS, MOST, GAP, HEAD, CAPTION] = [10, 62, 4, 18, 16]; // tiles in a row; px
const SURE = 0.9; // of a judge
const PAIRS = 20; // samples that are shown with their nearest real picture
const EVERY = 2500; // ms between two questions about these while it trains
export const PAIR = "gallery:pair";

/** The view: `draw`, `renew`, `dispose`, `png`. */
export function mount(element, stage) {
  return new Gallery(element, stage);
}

class Gallery extends Panel {
  static words = "gallery";
  static every = true;

  constructor(element, stage) {
    super(element, stage, { [JUDGED]: (judged) => this.#judge(judged) });
    Object.assign(this, { judged: null, names: null, bitmap: new Bitmap(), real: new Bitmap(), resting: -1, pair: [], near: null, asked: -1e9, compares: false });
    this.#build();
  }

  renew() {
    if (this.stage.setup.lang !== this.lang) return false;
    Object.assign(this, { shown: null, near: null, pair: [], judged: null });
    this.again();
    return true;
  }

  dispose() {
    clearTimeout(this.later_);
    super.dispose();
  }

  /** The picture as a PNG Blob. */
  png() {
    return new Promise((resolve) => this.canvas.toBlob(resolve, "image/png"));
  }

  #build() {
    const word = (key) => this.word(key);
    this.canvas = h("canvas", { class: "stage-gallery-canvas", tabindex: 0, role: "application", "aria-label": word("waiting") });
    this.field = h("div", { class: "stage-gallery-field" }, this.canvas);
    this.compare = h("button", { type: "button", class: "stage-look-chip", "aria-pressed": "false", title: word("near_help"), data: { name: "near" }, onclick: () => this.#compare() }, word("near"));
    this.seen = h("button", { type: "button", class: "stage-look-chip", "aria-pressed": "false", title: word("seen_help"), data: { name: "seen" }, onclick: () => this.#name(!this.named) }, word("seen"));
    this.note = h("p", { class: "stage-look-note" });
    const head = h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, word("title")), h("div", { class: "stage-look-chips" }, this.seen, this.compare));
    this.root = h("section", { class: "stage-look stage-gallery", "aria-label": word("title") }, head, this.field, this.note);
    hands(this.canvas, {
      at: (x, y) => (this.layout ? tileAt(this.layout, this.count, x, y - this.layout.top) : -1),
      move: (key, index) => this.layout && moved(key, index, this.layout, this.count),
      rest: (index) => this.#rest(index),
      pick: (index) => this.#pick(index),
      leave: () => this.#choose([]),
    });
    this.begin(this.field);
  }

  // --- choosing -----------------------------------------------------------------------------------------------------

  #rest(index) {
    this.resting = index;
    if (index >= 0 && this.shown) this.stage.announce(this.#sentence(index));
    this.again();
  }

  #pick(index) {
    this.#choose(this.pair.length === 1 && this.pair[0] !== index ? [this.pair[0], index] : [index]);
  }

  #choose(pair) {
    this.pair = pair;
    this.stage.emit(PAIR, pair.length === 2 ? pair : null);
    this.again();
  }

  #compare() {
    this.compares = !this.compares;
    this.compare.setAttribute("aria-pressed", String(this.compares));
    if (this.compares) this.#ask();
    this.again();
  }

  // Below each picture the class that it is taken for; by itself as soon as a classifier of the visitor's own judges.
  #name(named) {
    this.named = this.chosen = named;
    this.seen.setAttribute("aria-pressed", String(named));
    this.again();
  }

  #judge(judged) {
    this.judged = judged;
    if (judged.own && this.chosen === undefined) {
      this.named = true;
      this.seen.setAttribute("aria-pressed", "true");
    }
    this.again();
  }

  async #ask() {
    if (this.asking || !this.compares || this.gone) return;
    this.asking = true;
    this.asked = performance.now();
    this.at = this.last?.step;
    try {
      const found = await this.stage.ask("copies", at(this.stage));
      this.near = { ...found.facts.answer, ...found.arrays, step: found.step };
      this.refusal = "";
    } catch (error) {
      if (!error.late) this.refusal = error.message;
    } finally {
      this.asking = false;
      this.again();
    }
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  get count() {
    const all = this.shown?.["gan/samples"].shape[0] ?? 0;
    return this.compares ? Math.min(PAIRS, all) : all;
  }

  paint(frame) {
    if (frame?.arrays["gan/samples"]) this.shown = frame.arrays;
    this.root.dataset.state = this.shown ? "shown" : "waiting";
    if (frame) this.root.dataset.step = frame.step;
    if (!this.shown) return write(this.note, this.word("waiting"));
    if (this.compares && frame?.step !== this.at) {
      clearTimeout(this.later_);
      this.later_ = setTimeout(() => this.#ask(), Math.max(0, this.asked + EVERY - performance.now()));
    }
    const { width, count } = this;
    const top = this.#conditional ? HEAD : 0;
    const size = Math.min(MOST, Math.floor((width + GAP) / ACROSS) - GAP);
    this.caption = this.named ? CAPTION : 0;
    const below = this.caption + (this.compares ? size + 20 : 0);
    const pitch = [size + GAP, size + GAP + below];
    const rows = Math.ceil(count / ACROSS);
    this.layout = { columns: ACROSS, rows, size, pitch, width, height: rows * pitch[1] - GAP, top };
    const pen = this.pen(this.canvas, ACROSS * pitch[0] - GAP, top + this.layout.height + 2);
    if (this.#conditional) this.#heads(pen);
    this.#tiles(pen);
    write(this.note, this.#says());
    this.speak(this.canvas, () => this.word("alt", { step: whole(frame?.step ?? 0), count }));
  }

  get #conditional() {
    return (this.stage.setup.experiment.adversary?.conditional ?? "none") !== "none";
  }

  #heads(pen) {
    const { names } = this.stage.setup.target;
    pen.font = `600 12px ${this.family}`;
    pen.textAlign = "center";
    pen.fillStyle = this.stage.colours.faint;
    for (let k = 0; k < ACROSS; k++) pen.fillText(names[k % names.length], k * this.layout.pitch[0] + this.layout.size / 2, 12);
  }

  #tiles(pen) {
    const { layout, bitmap, stage, shown, near } = this;
    const { colours } = stage;
    const [, rows, columns] = shown["gan/samples"].shape;
    const lut = ramp(colours.background, colours.text);
    bitmap.write(shown["gan/samples"].data, shown["gan/samples"].shape[0], rows, columns, lut, true);
    if (this.compares && near) this.real.write(near.nearest.data, near.nearest.shape[0], rows, columns, lut, true);
    pen.imageSmoothingEnabled = rows > 16;
    pen.imageSmoothingQuality = "high";
    for (let k = 0; k < this.count; k++) {
      const [x, y] = [(k % ACROSS) * layout.pitch[0], layout.top + Math.floor(k / ACROSS) * layout.pitch[1]];
      bitmap.draw(pen, k, x, y, layout.size, layout.size);
      const chosen = this.pair.includes(k);
      pen.strokeStyle = chosen ? colours.accent : k === this.resting ? colours.text : colours.line;
      pen.lineWidth = chosen ? 3 : k === this.resting ? 2 : 1;
      pen.strokeRect(x + 0.5, y + 0.5, layout.size - 1, layout.size - 1);
      this.#tell(pen, k, x + layout.size / 2, y + layout.size + 13);
      if (!this.compares || !near) continue;
      const under = y + layout.size + this.caption;
      this.real.draw(pen, k, x, under + 2, layout.size, layout.size);
      pen.strokeStyle = colours.real;
      pen.lineWidth = 1.5;
      pen.strokeRect(x + 0.75, under + 2.75, layout.size - 1.5, layout.size - 1.5);
      const copied = near.distance.data[k] < near.close;
      pen.font = `${copied ? "700 " : ""}12px ${this.family}`;
      pen.textAlign = "center";
      pen.fillStyle = copied ? colours.wrong : colours.faint;
      pen.fillText(`${copied ? "= " : ""}${digits(near.distance.data[k])}`, x + layout.size / 2, under + layout.size + 15);
    }
  }

  // What was judged is of one step: at any other nothing stands there.
  #tell(pen, k, x, y) {
    const { judged, stage } = this;
    if (!this.named || judged?.step !== this.last?.step || k >= judged.taken.length) return;
    const { names } = stage.setup.target;
    const other = this.#conditional && judged.taken[k] !== judged.told[k];
    pen.font = `${other ? "700 " : ""}12px ${this.family}`;
    pen.textAlign = "center";
    pen.fillStyle = other ? stage.colours.wrong : stage.colours.faint;
    const name = names[judged.taken[k]];
    pen.fillText(`${other ? "→ " : ""}${name}${judged.confidence?.[k] < SURE ? "?" : ""}`, x, y, this.layout.size);
  }

  #says() {
    if (this.compares && this.refusal) return this.refusal;
    if (this.resting >= 0 && this.resting < this.count) return this.#sentence(this.resting);
    const { near } = this;
    if (this.compares && near) return this.word(near.copied > near.count / 4 ? "copying" : "no_copying", { copied: near.copied, count: near.count, usual: digits(near.usual), close: digits(near.close) });
    if (this.pair.length === 1) return this.word("second");
    if (this.compares) return this.word("asking");
    if (this.named && this.judged) return this.word(this.judged.step !== this.last?.step ? "seen_later" : this.judged.own ? "seen_own" : "seen_nearest");
    return this.word("hint");
  }

  #sentence(index) {
    const answer = this.shown["gan/samples/answer"].data[index];
    const critic = ["Wasserstein", "WassersteinPenalty"].includes(this.stage.setup.experiment.adversary?.loss?.kind);
    const { names } = this.stage.setup.target;
    const values = { number: index + 1, share: critic ? digits(answer) : percent(answer), name: names[index % names.length], distance: this.near ? digits(this.near.distance.data[index]) : "" };
    return [this.word(critic ? "reading_critic" : this.#conditional ? "reading_class" : "reading", values), this.compares && this.near ? this.word("reading_near", values) : ""].filter(Boolean).join(" ");
  }
}
