// The vectors of all tokens on the plane in which they differ most, live: what the network uses alike comes to lie together.
// A token that is chosen tells its nearest ones.

import { h, whole } from "../dom.js";
import { at } from "./explain/moment.js";
import { Asking } from "./look/asking.js";
import { percent } from "./look/bars.js";
import { between, dyed, written } from "./picture/ink.js";
import { signed } from "./picture/numbers.js";
import { Panel, write } from "./picture/panel.js";
import { glyph, named } from "./sequence/token.js";
import { KINDS, kindOf } from "./embedding/kinds.js";
import { framed, Room, turned } from "./embedding/places.js";

export const needs = ["embedding"];
export const place = "side";
export const styles = "embedding.css";

const [TALLEST, MARGIN, REACH, PERIOD, NEAR] = [380, 22, 16, 600, 8]; // px; px around a point; ms; how many are near
const SMALL = 700; // words that are tried for a place, the most frequent ones
const ALIKE = 0.8; // of the tokens

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Embedding(element, stage);
}

class Embedding extends Panel {
  static words = "embedding";

  constructor(element, stage) {
    super(element, stage, { token: (id) => this.#choose(id) });
    Object.assign(this, { places: null, resting: 0, pinned: 0, found: null, by: "meaning" });
    this.asking = new Asking(stage, {
      period: () => (this.#attended ? PERIOD : 0),
      about: () => String(this.#attended),
      ask: () => this.stage.ask("nearest_tokens", { token: this.#attended, count: NEAR, ...at(stage) }),
      heard: (found) => this.#hear(found),
      refused: () => this.#hear(null),
      settled: () => this.again(),
    });
    this.#build();
  }

  draw(frame) {
    const found = frame?.arrays["embedding/map"];
    if (found && found.data !== this.taken) {
      this.taken = found.data;
      this.places = turned(this.places, found.data);
      this.share = frame.arrays["embedding/share"].data;
      this.guess = frame.arrays["embedding/class"]?.data ?? null;
      this.sure = frame.arrays["embedding/sure"]?.data ?? null;
      this.step = frame.step;
      this.dirty = true;
    }
    this.asking.soon();
    super.draw(frame);
  }

  renew() {
    return false;
  }

  dispose() {
    this.asking.dispose();
    super.dispose();
  }

  /** The token that is told about; 0 for none. */
  get #attended() {
    return this.resting || this.pinned;
  }

  get #vocabulary() {
    return this.stage.setup.text.vocabulary;
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const word = (key, values) => this.word(key, values);
    this.canvas = h("canvas", { class: "stage-embedding-canvas", tabindex: 0, role: "application", "aria-label": word("waiting"), "aria-description": word("keys") });
    this.field = h("div", { class: "stage-embedding-field" }, this.canvas);
    const chip = (by) => h("button", { type: "button", class: "stage-look-chip", data: { by }, onclick: () => this.#colour(by) }, word(by === "frequency" ? by : this.stage.setup.text.writes ? "kind" : "answer"));
    this.chips = h("div", { class: "stage-look-chips", role: "group", "aria-label": word("colours") }, chip("meaning"), chip("frequency"));
    this.entry = h("input", { class: "stage-embedding-entry", type: "text", maxlength: 60, spellcheck: "false", autocomplete: "off", placeholder: word("find"), "aria-label": word("find") });
    this.entry.oninput = () => this.#find();
    this.entry.onkeydown = (event) => event.stopPropagation();
    this.key = h("p", { class: "stage-embedding-key" });
    this.near = h("ol", { class: "stage-embedding-near" });
    this.said = h("p", { class: "stage-embedding-said" });
    this.note = h("p", { class: "stage-look-note" }, word("waiting"));
    const head = h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, word("title")), this.chips);
    this.root = h("section", { class: "stage-look stage-embedding" }, head, this.field, this.key, h("div", { class: "stage-embedding-row" }, this.entry, this.said), this.near, this.note);
    this.canvas.onpointermove = (event) => event.pointerType === "mouse" && this.#rest(this.#under(event));
    this.canvas.onpointerleave = () => this.#rest(0);
    this.canvas.onclick = (event) => this.#pick(this.#under(event));
    this.canvas.onkeydown = (event) => this.#key(event);
    this.#colour(this.#alike ? "frequency" : "meaning");
    this.begin(this.field);
  }

  // Whether kinds tell nothing, as nearly all tokens are of one: Chinese characters.
  get #alike() {
    if (!this.stage.setup.text.writes) return false;
    const kinds = this.#vocabulary.slice(2).map(kindOf);
    return KINDS.some((kind) => kinds.filter((each) => each === kind).length > ALIKE * kinds.length);
  }

  #colour(by) {
    this.by = by;
    for (const chip of this.chips.children) chip.setAttribute("aria-pressed", String(chip.dataset.by === by));
    this.again();
  }

  #find() {
    const wanted = this.entry.value.normalize("NFC");
    const words = this.#vocabulary;
    const id = [wanted, wanted.trim(), wanted.trim().toLowerCase()].map((each) => words.indexOf(each, 2)).find((each) => each > 0);
    this.missing = wanted && !id ? wanted : "";
    if (id) this.#choose(id);
    else this.again();
  }

  #choose(id) {
    if (!(id > 0)) return;
    this.pinned = id;
    this.missing = "";
    this.again();
  }

  #rest(id) {
    if (id === this.resting) return;
    this.resting = id;
    this.again();
  }

  #pick(id) {
    this.pinned = id === this.pinned ? 0 : id;
    this.resting = 0;
    this.again();
  }

  #key(event) {
    const last = (this.places?.length ?? 0) / 2;
    const to = { ArrowLeft: this.pinned - 1, ArrowUp: this.pinned - 1, ArrowRight: this.pinned + 1, ArrowDown: this.pinned + 1, Home: 2, End: last, Escape: 0 }[event.key];
    if (to === undefined || !last) return;
    event.preventDefault();
    event.stopPropagation();
    this.pinned = to < 1 ? (event.key === "Escape" ? 0 : last) : to > last ? 2 : to;
    this.resting = 0;
    this.again();
  }

  #under(event) {
    if (!this.drawn) return 0;
    const box = this.canvas.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    let [best, away] = [0, REACH ** 2];
    for (const [id, [px, py]] of this.drawn) {
      const d = (px - x) ** 2 + (py - y) ** 2;
      if (d < away) [best, away] = [id, d];
    }
    return best;
  }

  #hear(found) {
    this.found = found;
    const first = found?.facts.answer;
    if (first && first.id === this.pinned && this.told !== this.pinned) {
      this.told = this.pinned;
      this.stage.announce(this.word("near_says", { token: this.#name(first.id), list: first.near.map(({ id }) => this.#name(id)).join(", ") }));
    }
    this.again();
  }

  #name(id) {
    return named(this.#vocabulary[id] ?? "", (key) => this.stage.word(`tokens.${key}`));
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint() {
    const { places, width, root } = this;
    root.dataset.state = places ? "shown" : "waiting";
    if (!places) return;
    root.dataset.step = this.step;
    const height = Math.round(Math.min(TALLEST, Math.max(240, width * 0.85)));
    const pen = this.pen(this.canvas, width, height);
    const { x, y } = framed(places, width, height, MARGIN);
    const at_ = (id) => [x(places[2 * id - 2]), y(places[2 * id - 1])];
    this.drawn = new Map();
    const near = this.found?.facts.answer;
    const others = near && near.id === this.#attended ? near.near.map(({ id }) => id) : [];
    this.#lines(pen, at_, others);
    this.#points(pen, at_, width, height, others);
    this.#tell(others.length ? near : null);
    const meant = this.by === "meaning" && this.guess ? `${this.word("meant")} ` : "";
    write(this.note, meant + this.word("note", { first: percent(this.share[0]), second: percent(this.share[1]), step: whole(this.step), count: whole(places.length / 2) }));
    this.speak(this.canvas, () => this.word("alt", { count: whole(places.length / 2), first: percent(this.share[0]), second: percent(this.share[1]), step: whole(this.step) }));
  }

  #lines(pen, at_, others) {
    const { stage, places } = this;
    if (!others.length) return;
    const [x, y] = at_(this.#attended);
    pen.strokeStyle = stage.colours.accent;
    pen.lineWidth = 1;
    pen.globalAlpha = 0.55;
    for (const id of others) {
      if (2 * id > places.length) continue;
      pen.beginPath();
      pen.moveTo(x, y);
      pen.lineTo(...at_(id));
      pen.stroke();
    }
    pen.globalAlpha = 1;
  }

  #points(pen, at_, width, height, others) {
    const { places, stage } = this;
    const words = this.#vocabulary;
    const count = Math.min(places.length / 2, words.length - 1);
    const room = new Room(width, height);
    const attended = this.#attended;
    const first = [attended, ...others].filter((id) => id > 0 && id <= count);
    const order = [...first, ...Array.from({ length: Math.min(count, SMALL) }, (_, k) => k + 1).filter((id) => !first.includes(id))];
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const inWords = new Set();
    for (const id of order) {
      const [x, y] = at_(id);
      const large = id === attended;
      pen.font = `${large || others.includes(id) ? "700 14" : "13"}px ${this.family}`;
      const text = glyph(words[id]);
      if (!room.take(x, y, pen.measureText(text).width) && !first.includes(id)) continue;
      inWords.add(id);
      this.drawn.set(id, [x, y]);
      if (first.includes(id)) {
        const wide = pen.measureText(text).width;
        pen.fillStyle = stage.colours.background;
        pen.globalAlpha = 0.85;
        pen.fillRect(x - wide / 2 - 2, y - 9, wide + 4, 18);
        pen.globalAlpha = 1;
      }
      pen.fillStyle = large ? stage.colours.text : this.#ink(id);
      pen.fillText(text, x, y);
    }
    for (let id = 1; id <= count; id++) {
      if (inWords.has(id)) continue;
      const [x, y] = at_(id);
      this.drawn.set(id, [x, y]);
      pen.fillStyle = this.#ink(id);
      pen.globalAlpha = 0.7;
      pen.fillRect(x - 1.5, y - 1.5, 3, 3);
      pen.globalAlpha = 1;
    }
  }

  // Of texts with classes the colour of what texts with the token are answered, the stronger the surer; else the kind of token.
  #ink(id) {
    const { colours, setup } = this.stage;
    const words = this.#vocabulary;
    if (this.by === "frequency") return written(between(colours.positive, colours.negative, Math.log(Math.max(id - 1, 1)) / Math.log(Math.max(words.length - 2, 2))));
    if (setup.text.writes) return colours.classes[KINDS.indexOf(kindOf(words[id])) % colours.classes.length];
    if (!this.guess || id > this.guess.length || !this.sure[id - 1]) return colours.faint;
    const least = 1 / Math.max(setup.target.size, 2);
    const sure = (this.sure[id - 1] / 255 - least) / (1 - least);
    return written(between(colours.faint, dyed(colours, this.guess[id - 1]), Math.min(1, 0.15 + Math.max(sure, 0))));
  }

  #tell(near) {
    const { setup, colours } = this.stage;
    const words = this.#vocabulary;
    const id = this.#attended;
    if (this.missing) write(this.said, this.word("missing", { token: `“${this.missing}”` }));
    else write(this.said, id ? this.word("chosen", { token: this.#name(id), id, length: near ? near.length.toPrecision(3) : "…" }) : this.word("hint"));
    this.near.hidden = !near;
    if (near) {
      const key = JSON.stringify(near);
      if (key !== this.listed) {
        this.listed = key;
        this.near.replaceChildren(...near.near.map(({ id: other, cosine }) => h("li", {}, h("button", { type: "button", class: "stage-look-chip", onclick: () => this.#choose(other) }, glyph(words[other])), h("span", {}, signed(cosine)))));
      }
    }
    const legend = this.#legend(setup, colours);
    const key = JSON.stringify(legend);
    if (key === this.legend) return;
    this.legend = key;
    this.key.replaceChildren(...legend.map(([colour, text]) => h("span", {}, h("i", { style: { background: colour } }), text)));
  }

  #legend({ text, target }, colours) {
    if (this.by === "frequency") return [[colours.positive, this.word("frequent")], [colours.negative, this.word("rare")]];
    if (text.writes) {
      this.kinds ??= KINDS.filter((kind) => text.vocabulary.slice(2).some((token) => kindOf(token) === kind));
      return this.kinds.map((kind) => [colours.classes[KINDS.indexOf(kind) % colours.classes.length], this.word(`kind_${kind}`)]);
    }
    if (!this.guess) return [];
    const { names } = target;
    return Array.from({ length: target.size }, (_, k) => [dyed(colours, k), names?.[k] ?? String(k)]);
  }
}
