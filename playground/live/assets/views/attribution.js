// What made the network decide so, for the picture that is looked at: the evidence in it, its neighbours, a nudge that
// misleads, and what maps like best. One of them at a time is asked for, and only while it is on screen.

import { h, whole } from "../dom.js";
import { Evidence } from "./attribution/evidence.js";
import { Likes } from "./attribution/likes.js";
import { Neighbours } from "./attribution/neighbours.js";
import { Nudge } from "./attribution/nudge.js";
import { at } from "./explain/moment.js";
import { Asking } from "./look/asking.js";
import { feedOf } from "./look/feed.js";
import { lookedAt } from "./look/subject.js";
import { Panel, write } from "./picture/panel.js";

export const needs = [];
export const place = "main";
export const styles = "attribution.css";

const TABS = { evidence: Evidence, neighbours: Neighbours, nudge: Nudge, likes: Likes };

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Attribution(element, stage);
}

class Attribution extends Panel {
  static words = "attribution";

  constructor(element, stage) {
    super(element, stage, { selection: () => this.again(), like: (what) => this.#like(what) });
    this.asking = new Asking(stage, {
      period: () => this.tab.constructor.period,
      about: () => JSON.stringify(lookedAt(stage)),
      ask: () => this.#ask(),
      heard: (found, about) => this.#hear({ found, about, refused: "" }),
      refused: (refused) => this.#hear({ found: null, refused }),
      settled: () => this.again(),
    });
    this.feed = feedOf(stage);
    this.leave = this.feed.join(() => this.again());
    this.#build();
    this.#choose("evidence");
  }

  draw(frame) {
    this.feed.wish({ maps: false });
    this.asking.soon();
    super.draw(frame);
  }

  renew() {
    return false;
  }

  dispose() {
    this.leave();
    this.asking.dispose();
    for (const tab of Object.values(this.tabs)) tab.stop?.();
    super.dispose();
  }

  get names() {
    const { names, size } = this.stage.setup.target;
    return names?.length ? names : Array.from({ length: size }, (_, k) => String(k));
  }

  // --- making -------------------------------------------------------------------------------------------------------

  #build() {
    this.chips = h("div", { class: "stage-look-chips", role: "tablist", "aria-label": this.word("title") });
    this.body = h("div", { class: "stage-attribution-body", role: "tabpanel" });
    this.step = h("span", { class: "stage-attribution-at" });
    this.note = h("p", { class: "stage-look-note" }, this.word("waiting"));
    this.tabs = {};
    for (const name of Object.keys(TABS)) {
      this.chips.append(h("button", { type: "button", role: "tab", class: "stage-look-chip", data: { tab: name }, onclick: () => this.#choose(name) }, this.word(name)));
    }
    this.chips.onkeydown = (event) => this.#key(event);
    this.root = h("section", { class: "stage-look stage-attribution" }, h("div", { class: "stage-look-head" }, h("h3", { class: "stage-look-caption" }, this.word("title")), this.step, this.chips), this.body, this.note);
    this.begin(this.body);
  }

  #key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by) return;
    const names = Object.keys(TABS);
    this.#choose(names[(names.indexOf(this.name) + by + names.length) % names.length]);
    this.chips.querySelector("[aria-selected=true]").focus();
    event.preventDefault();
    event.stopPropagation();
  }

  #choose(name, { open = true } = {}) {
    this.name = name;
    this.tab = this.tabs[name] ??= new TABS[name](this);
    for (const chip of this.chips.children) {
      const chosen = chip.dataset.tab === name;
      chip.setAttribute("aria-selected", String(chosen));
      chip.setAttribute("aria-pressed", String(chosen));
      chip.tabIndex = chosen ? 0 : -1;
    }
    this.body.replaceChildren(this.tab.node);
    this.root.dataset.tab = name;
    this.found = null;
    if (open) this.tab.open?.();
    write(this.note, this.tab.constructor.period ? this.word("waiting") : "");
    this.renewed();
  }

  #like(what) {
    this.#choose("likes", { open: false });
    this.tab.want(what);
    this.element.scrollIntoView({ block: "nearest", behavior: this.stage.reduced ? "auto" : "smooth" });
  }

  // --- asking -------------------------------------------------------------------------------------------------------

  /** Something else is wanted of the same picture. */
  renewed() {
    this.asking.renew();
    this.again();
  }

  /** Asks about what is shown now. */
  asked(what, args) {
    return this.stage.ask(what, { ...args, ...at(this.stage) });
  }

  #ask() {
    const picture = lookedAt(this.stage);
    return this.tab.ask((what, args) => this.asked(what, { ...picture, ...args }));
  }

  #hear(what) {
    Object.assign(this, what);
    this.again();
  }

  // --- showing ------------------------------------------------------------------------------------------------------

  paint() {
    const { tab, found, feed, stage, root } = this;
    const x = feed.latest?.arrays.x;
    const quiet = !tab.constructor.period;
    root.dataset.state = this.refused ? "refused" : found || quiet ? "shown" : "waiting";
    if (quiet) return tab.paint(null, x, this.width, stage.colours);
    if (this.refused) return void write(this.note, this.refused);
    if (!found || !x) return;
    const first = found.facts ? found : Object.values(found)[0];
    root.dataset.step = first.step;
    root.dataset.about = this.about;
    write(this.step, this.word("at", { step: whole(first.step) }));
    write(this.note, this.word(`${this.name}_note`));
    tab.paint(found, x, this.width, stage.colours);
  }
}
