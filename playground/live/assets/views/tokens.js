// A text on its way through the network: its tokens and their ids, the vector of each, what every layer makes of it, what
// would be answered if the text ended there, and on which tokens that answer rests. Live, and for any text that is typed.

import { h, whole } from "../dom.js";
import { at } from "./explain/moment.js";
import { beforehand } from "./gates/beforehand.js";
import { Asking } from "./look/asking.js";
import { Bars, percent } from "./look/bars.js";
import { shade } from "./look/tint.js";
import { byteOf, css } from "./picture/bitmap.js";
import { bound, signed } from "./picture/numbers.js";
import { dyed } from "./picture/ink.js";
import { Panel, write } from "./picture/panel.js";
import { Nexts } from "./sequence/nexts.js";
import { restsOn } from "./sequence/rests.js";
import { choose, chosen, same } from "./sequence/subject.js";
import { glyph, named } from "./sequence/token.js";
import { answersHeight, drawNexts, drawRows, drawTwo, rowsOf, ROW } from "./tokens/answers.js";
import { drawBand, heightOf, numberAt, reachOf } from "./tokens/bands.js";
import { columnAt, columnsOf } from "./tokens/columns.js";

export const needs = [];
export const place = "main";
export const styles = "tokens.css";

const [EVERY, WEIGHTS, PATIENT] = [200, 2000, 3]; // ms between questions; weights for each further one; times the last answer took
const [TYPING, READING] = [180, 420]; // ms after the last key; for each token when it is read aloud
const [CHARACTER, WORD, GUTTER, RESTS] = [22, 40, 88, 26]; // px: narrowest columns, names of classes, the last band
const MANY = 64; // classes that are told of at every step
const NEXT_ROWS = 10;

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Tokens(element, stage);
}

class Tokens extends Panel {
  static words = "tokens";

  constructor(element, stage) {
    super(element, stage, { selection: () => this.#other() });
    Object.assign(this, { column: -1, pinned: -1, found: null, refused: "", signed: false, bands: [] });
    this.asking = new Asking(stage, {
      period: (took) => Math.max(EVERY + this.#weights / WEIGHTS, PATIENT * took),
      about: () => JSON.stringify(chosen(stage)),
      ask: () => this.#ask(),
      heard: (found) => this.#hear(found, ""),
      refused: (sentence) => this.#hear(null, sentence),
      settled: () => this.again(),
    });
    this.#build();
  }

  draw(frame) {
    this.asking.soon();
    super.draw(frame);
  }

  renew() {
    return false;
  }

  dispose() {
    this.asking.dispose();
    clearTimeout(this.typing);
    clearInterval(this.reading);
    super.dispose();
  }

  get #weights() {
    return this.stage.setup.layers.reduce((sum, { parameters }) => sum + parameters, 0);
  }

  get #names() {
    const { names, size } = this.stage.setup.target;
    return names?.length ? names : Array.from({ length: size }, (_, k) => String(k));
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const { stage } = this;
    const { text, samples } = stage.setup;
    const word = (key, values) => this.word(key, values);
    this.step = h("span", { class: "stage-tokens-at" });
    const set = (test) => h("button", { type: "button", class: "stage-look-chip", data: { test }, onclick: () => choose(stage, { index: 0, test }) }, word(test ? "test" : "training"));
    this.sets = h("div", { class: "stage-look-chips", role: "group", "aria-label": word("set"), hidden: !samples[1] }, set(true), set(false));
    const move = (name, sign, by) => h("button", { type: "button", class: "stage-look-tool", data: { move: name }, title: word(name), "aria-label": word(name), onclick: () => this.#move(by) }, sign);
    this.number = h("span", { class: "stage-tokens-number" });
    this.entry = h("input", { class: "stage-tokens-entry", type: "text", maxlength: 2000, spellcheck: "false", autocomplete: "off", placeholder: word("placeholder"), "aria-label": word("entry") });
    this.entry.oninput = () => this.#typed();
    this.entry.onkeydown = (event) => event.stopPropagation();
    this.play = h("button", { type: "button", class: "stage-look-tool stage-tokens-play", title: word("play"), "aria-label": word("play"), onclick: () => this.#play() }, "▶");
    this.list = h("ol", { class: "stage-tokens-list", "aria-label": word("list") });
    this.cursor = h("div", { class: "stage-tokens-cursor", hidden: true });
    this.rows = h("div", { class: "stage-tokens-bands" });
    this.inner = h("div", { class: "stage-tokens-inner" }, this.cursor, this.list, this.rows);
    this.scroll = h("div", { class: "stage-tokens-scroll" }, this.inner);
    this.verdict = h("p", { class: "stage-tokens-verdict", role: "status" });
    this.bars = text.writes ? new Nexts({ rows: NEXT_ROWS, label: word("next") }) : new Bars(this.#names, word("probabilities"), (k) => dyed(stage.colours, k));
    this.note = h("p", { class: "stage-look-note" }, word("waiting"));
    const chip = (mode) => h("button", { type: "button", class: "stage-look-chip", data: { mode }, onclick: () => this.#weigh(mode) }, word(mode));
    this.modes = h("div", { class: "stage-look-chips", role: "group", "aria-label": word("rests") }, chip("strength"), chip("push"));
    const head = h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, word("title")), this.step, this.sets);
    const source = h("div", { class: "stage-look-tools stage-tokens-source" }, this.entry, move("previous", "‹", -1), move("random", "⚂", 0), move("next_text", "›", 1), this.number);
    const answer = h("div", { class: "stage-tokens-answer" }, h("div", { class: "stage-look-tools" }, this.play, this.verdict), this.bars.node);
    this.root = h("section", { class: "stage-look stage-tokens" }, head, source, this.scroll, answer, this.note);
    this.list.onkeydown = (event) => this.#key(event);
    this.inner.onpointermove = (event) => this.#point(event);
    this.inner.onpointerleave = (event) => event.pointerType === "mouse" && this.#leave();
    this.#weigh("strength");
    this.begin(this.scroll);
  }

  // --- choosing -----------------------------------------------------------------------------------------------------

  #other() {
    this.pinned = -1;
    this.#stop();
    this.again();
  }

  #typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => choose(this.stage, { text: this.entry.value }), TYPING);
  }

  #move(by) {
    const { index = 0, test = this.stage.setup.samples[1] > 0 } = chosen(this.stage);
    const count = this.stage.setup.samples[test ? 1 : 0];
    choose(this.stage, { index: by ? (index + by + count) % count : Math.floor(Math.random() * count), test });
  }

  #weigh(mode) {
    this.signed = mode === "push";
    for (const chip of this.modes.children) chip.setAttribute("aria-pressed", String(chip.dataset.mode === mode));
    this.again();
  }

  // Reads the text token by token: the answer after each of them.
  #play() {
    if (this.reading) return this.#stop();
    if (!this.found) return;
    let k = 0;
    const on = () => {
      if (k >= this.#count) return this.#stop();
      this.#pin(k++);
    };
    this.reading = setInterval(on, READING);
    write(this.play, "❚❚");
    on();
  }

  #stop() {
    clearInterval(this.reading);
    this.reading = null;
    write(this.play, "▶");
  }

  #pin(column) {
    this.pinned = column;
    const node = this.list.children[column];
    if (node) this.scroll.scrollLeft = Math.max(0, node.offsetLeft - this.scroll.clientWidth / 2);
    this.again();
  }

  // A tap on the last one again lets go of it: the answer is that of the whole text.
  #tap(column) {
    this.#stop();
    this.pinned = this.pinned === column ? -1 : column;
    const id = this.found?.way.facts.answer.ids[column];
    if (id !== undefined) this.stage.emit("token", id);
    this.again();
  }

  #key(event) {
    const from = this.pinned < 0 ? this.#count - 1 : this.pinned;
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: this.#count - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.#stop();
    this.column = -1; // the mouse may still rest where it was
    this.#pin(Math.min(Math.max(to, 0), this.#count - 1));
    this.list.children[this.pinned]?.firstChild.focus({ preventScroll: true });
    this.stage.announce(`${this.#says(this.pinned)}`);
  }

  #point(event) {
    if (!this.columns || !this.found) return;
    const box = this.inner.getBoundingClientRect();
    const column = columnAt(this.columns, event.clientX - box.left);
    const band = this.bands.find(({ canvas }) => canvas === event.target);
    const y = band ? event.clientY - canvasTop(band.canvas) : 0;
    const hit = band?.values ? numberAt(band.values, this.#count, column, y, { top: 0, height: band.height }) : null;
    const pointed = hit ? { band, column, ...hit } : null;
    if (column === this.column && pointed?.unit === this.hit?.unit && pointed?.band === this.hit?.band) return;
    Object.assign(this, { column, hit: pointed });
    this.again();
  }

  #leave() {
    Object.assign(this, { column: -1, hit: null });
    this.again();
  }

  // --- asking -------------------------------------------------------------------------------------------------------

  async #ask() {
    const { stage } = this;
    const about = { ...chosen(stage), ...at(stage) };
    const way = await stage.ask("pipeline", about);
    const rests = way.facts.answer.ids.length ? await stage.ask("dependence", about).catch(() => null) : null;
    return { way, rests, of: chosen(stage) };
  }

  #hear(found, refused) {
    Object.assign(this, { found: found ?? this.found, refused });
    this.again();
  }

  get #count() {
    return this.found?.way.facts.answer.ids.length ?? 0;
  }

  /** The column that the answer is shown of. */
  get #at() {
    const wanted = this.column >= 0 ? this.column : this.pinned;
    return wanted >= 0 && wanted < this.#count ? wanted : this.#count - 1;
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint() {
    const { found, root, stage } = this;
    const of = chosen(stage);
    this.#where(of);
    const current = found && same(found.of, of);
    root.dataset.state = this.refused ? "refused" : current ? "shown" : "waiting";
    if (this.refused) write(this.note, this.refused);
    if (!found) return this.#beforehand();
    const { answer } = found.way.facts;
    if (current) root.dataset.step = found.way.step;
    write(this.step, this.word("at", { step: whole(found.way.step) }));
    const text = of.text ?? (current ? answer.text : this.entry.value);
    if (this.entry.getRootNode().activeElement !== this.entry && this.entry.value !== text) this.entry.value = text;
    this.#lay(answer);
    this.#tokens(answer);
    this.#bandsOf(found);
    this.#answer(found);
    this.#mark();
    if (!this.refused) write(this.note, this.#note(answer));
    this.speak(this.scroll, () => this.#alt(answer, found.way.step));
  }

  // Before the first answer: the tokens of the first text, which need no network.
  #beforehand() {
    const known = beforehand(this.stage);
    if (!known?.tokens.length) return;
    const padding = known.arrays.present.data.indexOf(1);
    if (padding < 0) return;
    const answer = { tokens: known.tokens.slice(padding), ids: known.arrays.x.data.slice(padding), padding };
    this.#lay(answer);
    this.#tokens(answer);
  }

  #where({ index, test }) {
    const [training, held] = this.stage.setup.samples;
    for (const chip of this.sets.children) chip.setAttribute("aria-pressed", String(index !== undefined && (chip.dataset.test === "true") === test));
    write(this.number, index === undefined ? this.word("own") : this.word("number", { number: whole(index + 1), count: whole(test ? held : training) }));
  }

  #lay({ tokens, padding }) {
    const { how } = this.stage.setup.text;
    const pen = (this.ruler ??= document.createElement("canvas").getContext("2d"));
    pen.font = `14px ${this.family}`;
    const many = this.#manyRows;
    const found = columnsOf(tokens, padding, (token) => pen.measureText(token).width, { least: how === "words" ? WORD : CHARACTER, room: this.width - (many ? GUTTER : 0) });
    if (many) {
      found.left = found.left.map((x) => x + GUTTER);
      if (found.padding) found.padding.left += GUTTER;
      found.total += GUTTER;
    }
    this.columns = found;
    this.inner.style.width = `${found.total}px`;
  }

  get #manyRows() {
    const { text, target } = this.stage.setup;
    return !text.writes && target.size > 2 && target.size <= MANY;
  }

  #tokens({ tokens, ids, padding }) {
    const { columns, list } = this;
    const key = JSON.stringify([tokens, columns.left, padding]);
    if (key === this.written) return;
    this.written = key;
    const cells = tokens.map((token, k) => {
      const unknown = ids[k] === 1;
      const button = h("button", { type: "button", class: "stage-tokens-token", data: { unknown }, tabindex: k ? -1 : 0, title: unknown ? this.word("unknown") : null, onclick: () => this.#tap(k) }, h("b", {}, glyph(token)), h("small", {}, ids[k]));
      return h("li", { style: { left: `${columns.left[k]}px`, width: `${columns.width[k]}px` } }, button);
    });
    if (columns.padding) {
      const { left, width } = columns.padding;
      cells.push(h("li", { class: "stage-tokens-padding", style: { left: `${left}px`, width: `${width}px` }, title: this.word("padding", { count: padding }), "aria-label": this.word("padding", { count: padding }) }, h("b", {}, `${padding}×`), h("small", {}, this.word("pad"))));
    }
    list.replaceChildren(...cells);
  }

  #bandsOf({ way, rests }) {
    const { answer } = way.facts;
    const kinds = answer.bands.filter(({ steps }) => steps === this.stage.setup.text.length);
    const key = [...kinds.map(({ layer, width }) => `${layer}:${width}`), this.#count > 0].join();
    if (key !== this.banded) this.#make(kinds);
    this.banded = key;
    for (const band of this.bands) {
      const pen = this.pen(band.canvas, this.columns.total, band.height);
      if (band.layer !== undefined) this.#layer(band, pen, way.arrays[`band/${band.layer}`]);
      else if (band.name === "after") this.#after(band, pen, way);
      else this.#rests(band, pen, rests);
    }
  }

  #make(kinds) {
    const { setup } = this.stage;
    const band = (facts, height, extra = null) => {
      const title = h("p", { class: "stage-tokens-title" }, h("span", {}));
      if (extra) title.append(extra);
      const canvas = h("canvas", { "aria-hidden": "true" });
      const names = h("div", { class: "stage-tokens-names" });
      const node = h("div", { class: "stage-tokens-band", data: { band: facts.name ?? facts.layer } }, title, h("div", { class: "stage-tokens-field" }, names, canvas));
      return { ...facts, height, title: title.firstChild, names, canvas, node };
    };
    this.bands = kinds.map(({ layer, kind, width }) => band({ layer, kind, units: width }, heightOf(width)));
    if (this.#count) this.bands.push(band({ name: "after" }, answersHeight(setup.target.size, setup.text.writes)), band({ name: "rests" }, RESTS, this.modes));
    this.rows.replaceChildren(...this.bands.map(({ node }) => node));
  }

  #layer(band, pen, values) {
    const bounded = ["RNN", "LSTM", "GRU", "Tanh", "Sigmoid"].includes(band.kind);
    band.values = values;
    band.reach = reachOf(values, bounded);
    drawBand(pen, values, this.columns, { top: 0, height: band.height, reach: band.reach, lut: this.stage.colours.lut });
    const key = band.kind === "Embedding" ? "band_embedding" : "band";
    write(band.title, this.word(key, { layer: this.stage.setup.layers[band.layer].name, units: band.units, reach: bound(band.reach).slice(1) }));
  }

  #after(band, pen, { arrays, facts }) {
    const { setup, colours } = this.stage;
    if (!arrays.after?.shape[0]) return;
    if (setup.text.writes) {
      write(band.title, this.word("after_writes"));
      const likely = arrays.likely ?? everyClass(arrays.after);
      return drawNexts(pen, { likely, after: arrays.likely ? arrays.after : sorted(arrays.after, likely) }, this.columns, { ids: facts.answer.ids, vocabulary: setup.text.vocabulary, colours, family: this.family });
    }
    const names = this.#names;
    if (arrays.after.shape[1] === 2) {
      write(band.title, this.word("after_two", { up: names[1], down: names[0] }));
      return drawTwo(pen, arrays.after, this.columns, colours);
    }
    write(band.title, this.word("after"));
    if (!this.#manyRows) return;
    const rows = rowsOf(arrays.after, facts.answer.truth);
    drawRows(pen, arrays.after, this.columns, rows, colours);
    const text = rows.map((k) => names[k]).join("\n");
    if (band.names.dataset.text === text) return;
    band.names.dataset.text = text;
    band.names.replaceChildren(...rows.map((k) => h("span", { style: { height: `${ROW}px` } }, names[k])));
  }

  #rests(band, pen, rests) {
    write(band.title, this.word(rests ? "rests" : "rests_none"));
    this.modes.hidden = !rests;
    this.shares = rests ? restsOn(rests.arrays[this.signed ? "push" : "slope"], this.#at + 1 - rests.facts.answer.first, this.#at + 1) : [];
    const { colours } = this.stage;
    this.shares.forEach((share, k) => {
      pen.fillStyle = this.signed ? css(colours.lut[byteOf(share, 1)]) : shade(colours, "accent", 0.06 + 0.86 * share);
      pen.fillRect(this.columns.left[k], 0, this.columns.width[k], RESTS);
    });
  }

  #answer({ way: { arrays, facts } }) {
    const { answer } = facts;
    const { setup } = this.stage;
    const k = this.#at;
    this.bars.node.hidden = k < 0;
    this.play.disabled = k < 0;
    if (k < 0) return void write(this.verdict, this.word("empty"));
    const after = arrays.after;
    const many = after.shape[1];
    const row = Array.from(after.data.subarray(k * many, (k + 1) * many));
    if (setup.text.writes) {
      const ids = arrays.likely ? arrays.likely.data.subarray(k * many, (k + 1) * many) : row.map((_, id) => id);
      const list = Array.from(ids, (id, n) => ({ id, own: row[n] })).sort((a, b) => b.own - a.own);
      this.bars.show(list.slice(0, NEXT_ROWS), setup.text.vocabulary, answer.ids[k + 1] ?? -1);
    } else if (!arrays.likely) {
      this.bars.show(row, answer.truth, row.indexOf(Math.max(...row)));
    }
    write(this.verdict, this.#says(k));
    const wrong = !setup.text.writes && k === this.#count - 1 && answer.truth !== null && answer.truth !== answer.taken_for;
    this.verdict.classList.toggle("stage-tokens-wrong", wrong);
  }

  // What is answered after the k-th token, in a sentence.
  #says(k) {
    const { arrays, facts } = this.found.way;
    const { answer } = facts;
    const { text } = this.stage.setup;
    const many = arrays.after.shape[1];
    const row = arrays.after.data.subarray(k * many, (k + 1) * many);
    const best = row.indexOf(Math.max(...row));
    const values = { token: named(answer.tokens[k], (key) => this.word(key)), sure: percent(row[best]) };
    if (text.writes) {
      const id = arrays.likely ? arrays.likely.data[k * many + best] : best;
      return this.word("says_next", { ...values, next: named(text.vocabulary[id] ?? "", (key) => this.word(key)) });
    }
    const which = arrays.likely ? arrays.likely.data[k * many + best] : best;
    values.guess = this.#names[which];
    if (k < this.#count - 1) return this.word("says_after", values);
    if (answer.truth === null) return this.word("says", values);
    values.truth = this.#names[answer.truth];
    return this.word(answer.truth === answer.taken_for ? "says_right" : "says_wrong", values);
  }

  #mark() {
    const { columns, cursor } = this;
    const k = this.#at;
    cursor.hidden = k < 0 || (this.column < 0 && this.pinned < 0);
    if (!cursor.hidden) Object.assign(cursor.style, { left: `${columns.left[k] - 1}px`, width: `${columns.width[k] + 2}px` });
    const { children } = this.list;
    for (let n = 0; n < this.#count; n++) children[n]?.firstChild.setAttribute("aria-pressed", String(n === this.pinned));
  }

  #note(answer) {
    const { hit } = this;
    if (hit) {
      const token = named(answer.tokens[hit.column], (key) => this.word(key));
      return this.word("number_at", { layer: this.stage.setup.layers[hit.band.layer].name, unit: hit.unit + 1, token, value: signed(hit.value) });
    }
    const unknown = answer.ids.filter((id) => id === 1).length;
    const said = [];
    if (answer.cut) said.push(this.word("cut", { count: answer.cut, length: this.stage.setup.text.length }));
    if (unknown) said.push(this.word("unknown_count", { count: unknown }));
    said.push(this.word("hint"));
    return said.join(" ");
  }

  #alt(answer, step) {
    return this.word("alt", { count: this.#count, padding: answer.padding, sentence: this.#count ? this.#says(this.#count - 1) : "", step: whole(step) });
  }
}

const canvasTop = (canvas) => canvas.getBoundingClientRect().top;

// Few classes are told of in their own order: as lists of the likeliest.
function everyClass({ data, shape: [n, many] }) {
  const found = new Int32Array(n * many);
  for (let k = 0; k < n; k++) {
    const order = Array.from({ length: many }, (_, id) => id).sort((a, b) => data[k * many + b] - data[k * many + a]);
    found.set(order, k * many);
  }
  return { data: found, shape: [n, many] };
}

function sorted({ data, shape: [n, many] }, likely) {
  return { data: Float32Array.from(likely.data, (id, place) => data[Math.floor(place / many) * many + id]), shape: [n, many] };
}
