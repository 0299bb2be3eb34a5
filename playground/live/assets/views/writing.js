// A network that writes, live: a text that grows token by token, the choice that each was drawn from, and what that choice
// rested on. Any token can be exchanged for another one that was likely there: the text goes on from it.

import { h, whole } from "../dom.js";
import { at } from "./explain/moment.js";
import { Asking } from "./look/asking.js";
import { percent } from "./look/bars.js";
import { Panel, write } from "./picture/panel.js";
import { Nexts } from "./sequence/nexts.js";
import { restsOn, strongest } from "./sequence/rests.js";
import { named } from "./sequence/token.js";
import { Growth, markOf } from "./writing/growth.js";
import { Page } from "./writing/page.js";
import { Knobs } from "./writing/knobs.js";
import { Past } from "./writing/past.js";

export const needs = [];
export const place = "main";
export const styles = "writing.css";

const [CHUNK, SLOW, ROUND, LONG] = [20, 48, 160, 480]; // tokens of a question, where answers are slow; of a text while it trains, and at most
const [PACE, PACE_WORDS, REST, BETWEEN] = [38, 150, 2200, 400]; // ms for each token, until a new text, between questions
const [REWRITTEN, ATTENDED, PATIENT] = [450, 500, 3]; // ms; times the last answer took
const ROWS = 12;

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Writing(element, stage);
}

class Writing extends Panel {
  static words = "writing";

  constructor(element, stage) {
    super(element, stage, { mode: () => this.#turned(), status: () => this.again() });
    Object.assign(this, { growth: new Growth(), wants: null, again_: false, resting: -1, pinned: -1, now: null, refused: "", took: 0, asking: false, notBefore: 0, epoch: 0, drawn: 0, limit: ROUND });
    this.rewriting = new Asking(stage, {
      period: () => (this.#rewrites ? Math.max(REWRITTEN, PATIENT * this.took) : 0),
      about: () => JSON.stringify([this.prompt, this.knobs.style]),
      ask: () => this.#timed(() => this.#ask({ text: this.prompt, count: ROUND / 2 })),
      heard: (found) => this.#rewritten(found),
      refused: (sentence) => this.#refuse(sentence),
      settled: () => this.again(),
    });
    this.attending = new Asking(stage, {
      period: () => (this.#attended >= 0 ? Math.max(ATTENDED, PATIENT * this.took) : 0),
      about: () => `${this.growth.number} ${this.#attended} ${JSON.stringify(this.knobs.style)}`,
      ask: () => this.#look(this.#attended),
      heard: (found) => this.#hear(found),
      refused: (sentence) => this.#refuse(sentence),
      settled: () => this.again(),
    });
    this.prompt = "";
    this.#build();
  }

  draw(frame) {
    this.seen = performance.now();
    this.rewriting.soon();
    this.attending.soon();
    this.#grow();
    super.draw(frame);
  }

  renew() {
    return false;
  }

  dispose() {
    this.rewriting.dispose();
    this.attending.dispose();
    clearTimeout(this.timer);
    clearTimeout(this.typing);
    super.dispose();
  }

  get #running() {
    return this.stage.status.status === "running" && this.stage.mode === "live";
  }

  get #rewrites() {
    return this.again_ || this.stage.mode === "replay";
  }

  /** Whether the text is growing: while it trains, unless it was stopped; else where somebody has asked for it. */
  get #writes() {
    return !this.#rewrites && (this.wants ?? this.#running);
  }

  get #attended() {
    const place = this.resting >= 0 ? this.resting : this.pinned;
    return place < this.growth.shown ? place : -1;
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    const word = (key, values) => this.word(key, values);
    const { text } = this.stage.setup;
    this.step = h("span", { class: "stage-writing-at" });
    const mode = (again) => h("button", { type: "button", class: "stage-look-chip", data: { again }, title: word(again ? "rewrite_hint" : "grow_hint"), onclick: () => this.#mode(again) }, word(again ? "rewrite" : "grow"));
    this.modes = h("div", { class: "stage-look-chips", role: "group", "aria-label": word("mode") }, mode(false), mode(true));
    this.entry = h("input", { class: "stage-writing-entry", type: "text", maxlength: 400, spellcheck: "false", autocomplete: "off", placeholder: word("prompt_empty"), "aria-label": word("prompt") });
    this.entry.oninput = () => this.#typed();
    this.entry.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key === "Enter") this.#begin(true);
    };
    const tool = (name, sign, deed) => h("button", { type: "button", class: "stage-look-tool", data: { tool: name }, title: word(name), "aria-label": word(name), onclick: deed }, sign);
    this.play = h("button", { type: "button", class: "stage-look-chip stage-writing-play", onclick: () => this.#toggle() });
    const source = h("div", { class: "stage-look-tools stage-writing-source" }, this.entry, tool("borrow", "⚂", () => this.#borrow()), this.play, tool("anew", "↺", () => this.#begin(true)));
    this.knobs = new Knobs(word, () => this.again());
    this.page = new Page({ label: word("page"), rest: (place) => this.#rest(place), pick: (place, moved) => this.#pick(place, moved) });
    this.page.node.lang = /[\u3400-\u9fff]/.test(text.vocabulary[4] ?? "") ? "zh" : "";
    this.nexts = new Nexts({ rows: Math.min(ROWS, text.vocabulary.length), label: word("candidates"), pick: (id) => this.#branch(id), hint: (token) => word("take", { token: named(token, (key) => this.stage.word(`tokens.${key}`)) }) });
    this.of = h("p", { class: "stage-writing-of" });
    this.key = h("p", { class: "stage-writing-key" }, h("span", {}, h("i", { class: "stage-writing-drawn" }), word("key_drawn")), h("span", {}, h("i", { class: "stage-writing-own" }), word("key_own")));
    this.reading = h("p", { class: "stage-writing-reading" });
    this.past = new Past({ word, back: (kept) => this.#back(kept), seek: (step) => this.stage.seek(step).catch((error) => this.stage.announce(error.message)) });
    this.note = h("p", { class: "stage-look-note" }, word("waiting"));
    const head = h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, word("title")), this.step, this.modes);
    const field = h("div", { class: "stage-writing-field" }, h("div", { class: "stage-writing-left" }, this.page.node, this.reading), h("div", { class: "stage-writing-choice" }, this.of, this.nexts.node, this.key));
    this.root = h("section", { class: "stage-look stage-writing" }, head, source, this.knobs.node, field, this.past.node, this.note);
    this.#mode(false);
    this.begin(field);
  }

  // --- steering -----------------------------------------------------------------------------------------------------

  #mode(again) {
    this.again_ = again;
    for (const chip of this.modes.children) chip.setAttribute("aria-pressed", String((chip.dataset.again === "true") === again));
    this.pinned = -1;
    this.rewriting.renew();
    if (!again && this.growth.ids.length) this.#begin(false);
    this.again();
  }

  #turned() {
    this.pinned = this.resting = -1;
    this.rewriting.renew();
    this.again();
  }

  #typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.#begin(true), 350);
  }

  #toggle() {
    this.wants = !this.#writes;
    if (this.wants) {
      this.limit = this.growth.shown + ROUND;
      this.pinned = -1;
      if (this.growth.shown >= LONG) this.#begin(true);
    }
    this.again();
  }

  // A prompt from texts the network has not learned from: the first half of one of them.
  async #borrow() {
    const { samples } = this.stage.setup;
    const test = samples[1] > 0;
    const index = Math.floor(Math.random() * samples[test ? 1 : 0]);
    try {
      const { tokens } = (await this.stage.ask("pipeline", { index, test })).facts.answer;
      const some = tokens.filter((token) => token !== "\n" || this.stage.setup.text.ends < 0);
      this.entry.value = some.slice(0, Math.max(1, some.length >> 1)).join("").replaceAll("\n", " ").slice(0, 40);
      this.#begin(true);
    } catch (error) {
      this.#refuse(error.message);
    }
  }

  #begin(wanted) {
    clearTimeout(this.typing);
    if (this.growth.shown > this.growth.prompt) this.past.remember(this.growth.by[this.growth.prompt] ?? 0, this.growth.text());
    this.prompt = this.entry.value;
    this.growth.clear();
    this.epoch++;
    this.pinned = this.resting = -1;
    this.limit = ROUND;
    this.notBefore = this.pausing = 0;
    this.now = null;
    this.refused = "";
    if (wanted && !this.#running) this.wants = true;
    this.rewriting.renew();
    this.again();
  }

  #branch(id) {
    const place = this.#attended >= 0 ? this.#attended : this.growth.shown;
    const { growth, stage } = this;
    if (this.#rewrites || (place < growth.shown && growth.ids[place] === id)) return;
    this.past.branch(growth.kept(), place);
    growth.branch(place, id, stage.setup.text.vocabulary[id], stage.frame?.step ?? 0);
    this.epoch++;
    this.pinned = this.resting = -1;
    this.now = null;
    this.pausing = this.notBefore = 0;
    this.limit = growth.shown + ROUND / 2;
    this.wants = true;
    this.again();
  }

  #back(kept) {
    this.growth.restore(kept);
    this.epoch++;
    this.pinned = -1;
    this.wants = false;
    this.again();
  }

  #rest(place) {
    if (place === this.resting) return;
    this.resting = place;
    this.again();
  }

  #pick(place, moved = false) {
    this.pinned = !moved && place === this.pinned ? -1 : place;
    this.resting = -1;
    if (this.pinned >= 0) this.stage.emit("token", this.growth.ids[this.pinned]);
    if (moved && place >= 0) this.stage.announce(this.#says(place, this.growth.marks[place]));
    this.again();
  }

  // --- asking -------------------------------------------------------------------------------------------------------

  #ask(wish) {
    const { temperature, top_k, seed } = this.knobs.style;
    return this.stage.ask("writing", { temperature, top_k, seed, on: this.stage.setup.text.ends >= 0, ...wish, ...at(this.stage) });
  }

  async #timed(ask) {
    const began = performance.now();
    const found = await ask();
    this.took = performance.now() - began;
    return found;
  }

  // Has the next tokens written before those that are there have all been shown.
  async #grow() {
    const { growth } = this;
    this.#reveal();
    if (!this.#writes || this.asking || document.hidden || performance.now() < this.notBefore) return;
    if (growth.ids.length - growth.shown > CHUNK / 2 || growth.ids.length >= this.limit) return;
    const [epoch, kept, count] = [this.epoch, growth.ids.length, this.took > BETWEEN ? SLOW : CHUNK];
    this.asking = true;
    try {
      const wish = kept ? { ids: growth.ids, count, since: kept } : { text: this.prompt, count };
      const found = await this.#timed(() => this.#ask(wish));
      if (this.gone || epoch !== this.epoch) return;
      growth.take(found, kept || null);
      if (!kept) growth.shown = growth.prompt;
      this.refused = "";
      this.notBefore = performance.now() + Math.max(BETWEEN, this.took);
    } catch (error) {
      this.notBefore = performance.now() + 2000;
      if (!this.gone && epoch === this.epoch) this.#refuse(error.message);
    } finally {
      this.asking = false;
      if (!this.gone) this.again();
    }
  }

  // Shows the next token when its time has come; after the last one of a text a new one begins, while it trains.
  #reveal() {
    if (this.timer || this.gone) return;
    const { growth } = this;
    if (!this.#writes) return;
    const pace = this.stage.reduced ? 0 : this.stage.setup.text.how === "words" ? PACE_WORDS : PACE;
    if (growth.shown < growth.ids.length) {
      this.timer = setTimeout(() => {
        this.timer = null;
        if (this.stage.reduced) while (growth.reveal());
        else growth.reveal();
        this.again();
        if (performance.now() - this.seen < 1000) this.#reveal();
      }, pace);
    } else if (growth.shown >= this.limit && growth.shown) {
      if (this.wants) this.wants = this.#running ? null : false;
      if (!this.#running || this.pinned >= 0 || this.resting >= 0) return;
      this.timer = setTimeout(() => {
        this.timer = null;
        if (this.#running && this.#writes && this.pinned < 0 && this.resting < 0 && growth.shown >= this.limit) this.#begin(false);
      }, REST);
    }
  }

  #rewritten(found) {
    const { growth } = this;
    growth.clear();
    growth.take(found, null);
    growth.shown = growth.ids.length;
    this.refused = "";
    if (this.stage.mode === "live") this.past.remember(found.step, growth.text());
    this.again();
  }

  // What may stand at a place by the network of now, and what it rests on.
  async #look(place) {
    const { growth } = this;
    const before = growth.ids.slice(0, place);
    const choice = await this.#ask({ ids: before, count: 0, since: place });
    const asked = { ids: growth.ids.slice(0, place + 1), first: place, count: 1, ...at(this.stage) };
    const rests = place ? await this.stage.ask("dependence", asked).catch(() => null) : null;
    return { place, choice: markOf(choice, 0), rests, step: choice.step, number: growth.number };
  }

  #hear(found) {
    this.now = found;
    this.refused = "";
    this.again();
  }

  #refuse(sentence) {
    this.refused = sentence;
    this.again();
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint() {
    const { growth, root, stage } = this;
    const place = this.#attended;
    const now = this.now && this.now.place === place && this.now.number === growth.number ? this.now : null;
    const shares = place >= 0 && now?.rests ? restsOn(now.rests.arrays.slope, 0, place) : null;
    const mark = now?.choice ?? growth.marks[place >= 0 ? place : growth.shown];
    root.dataset.state = this.refused ? "refused" : growth.shown ? "shown" : "waiting";
    root.dataset.length = growth.shown;
    root.dataset.attended = now ? place : "";
    const step = growth.by.at(-1) ?? growth.marks.at(-1)?.step;
    if (step !== undefined && step !== null) {
      root.dataset.step = step;
      write(this.step, this.word("at", { step: whole(step) }));
    }
    this.page.show(growth, { pinned: place, shares, shades: true });
    if (this.#writes && growth.shown !== this.drawn) this.page.follow();
    this.drawn = growth.shown;
    this.page.node.classList.toggle("stage-writing-on", this.#writes);
    this.nexts.show(mark?.likely ?? [], stage.setup.text.vocabulary, place >= 0 ? growth.ids[place] : -1);
    write(this.of, this.#of(place, mark));
    write(this.reading, place >= 0 ? this.#says(place, mark, shares) : "");
    write(this.play, this.word(this.#writes ? "pause" : "write"));
    this.play.disabled = this.#rewrites;
    this.past.paint();
    write(this.note, this.refused || this.word(stage.mode === "replay" ? "hint_replay" : place >= 0 ? "hint_choice" : "hint"));
    this.speak(this.page.node, () => this.word("alt", { text: growth.text().slice(-200), count: growth.shown }));
  }

  #token(token) {
    return named(token ?? "", (key) => this.stage.word(`tokens.${key}`));
  }

  #of(place, mark) {
    if (!mark) return this.word("of_waiting");
    const values = { bits: mark.bits.toFixed(2), step: whole(mark.step) };
    return place >= 0 ? this.word("of_place", { ...values, number: place + 1 }) : this.word("of_next", values);
  }

  #says(place, mark, shares) {
    const { growth } = this;
    const token = this.#token(growth.tokens[place]);
    const own = mark?.likely.find(({ id }) => id === growth.ids[place])?.own ?? growth.marks[place]?.sure;
    const by = growth.by[place];
    const said = [];
    if (by === null || by === undefined) said.push(this.word("says_prompt", { token }));
    else said.push(this.word("says_written", { token, step: whole(by), sure: percent(growth.marks[place]?.sure ?? null) }));
    if (mark && own !== undefined && own !== null && mark.step !== by) said.push(this.word("says_now", { sure: percent(own) }));
    if (shares?.length) {
      const most = strongest(shares, 3).map(({ place: from }) => this.word("back", { token: this.#token(growth.tokens[from]), back: place - from }));
      if (most.length) said.push(this.word("says_rests", { list: most.join(", ") }));
    }
    return said.join(" ");
  }
}
