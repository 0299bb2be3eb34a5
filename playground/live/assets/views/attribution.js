// What made the network decide so, for the picture that is looked at: the evidence in it, its neighbours, a nudge that
// misleads, and what maps like best. One of them at a time is asked for, and only while it is on screen.

import { h, whole } from "../dom.js";
import { Evidence } from "./attribution/evidence.js";
import { Likes } from "./attribution/likes.js";
import { Neighbours } from "./attribution/neighbours.js";
import { Nudge } from "./attribution/nudge.js";
import { at } from "./explain/moment.js";
import { feedOf } from "./look/feed.js";
import { lookedAt } from "./look/subject.js";
import { Panel, write } from "./picture/panel.js";

export const needs = [];
export const place = "main";
export const styles = "attribution.css";

const TABS = { evidence: Evidence, neighbours: Neighbours, nudge: Nudge, likes: Likes };
const AFTER_REFUSAL = 2000;

/** The view: `draw`, `renew`, `dispose`. */
export function mount(element, stage) {
  return new Attribution(element, stage);
}

class Attribution extends Panel {
  static words = "attribution";

  constructor(element, stage) {
    super(element, stage, { selection: () => this.again(), like: (what) => this.#like(what) });
    Object.assign(this, { asking: false, known: null, found: null, notBefore: 0, about: "" });
    this.feed = feedOf(stage);
    this.leave = this.feed.join(() => this.again());
    this.#build();
    this.#choose("evidence");
  }

  draw(frame) {
    this.feed.wish({ maps: false });
    this.#soon();
    super.draw(frame);
  }

  renew() {
    return false;
  }

  dispose() {
    this.leave();
    clearTimeout(this.timer);
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

  #choose(name) {
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
    write(this.note, this.tab.constructor.period ? this.word("waiting") : "");
    this.renewed();
  }

  #like(what) {
    this.#choose("likes");
    this.tab.want(what);
    this.element.scrollIntoView({ block: "nearest", behavior: this.stage.reduced ? "auto" : "smooth" });
  }

  // --- asking -------------------------------------------------------------------------------------------------------

  /** Something else is wanted of the same picture. */
  renewed() {
    this.known = null;
    this.notBefore = 0;
    this.again();
  }

  /** Asks about what is shown now. */
  asked(what, args) {
    return this.stage.ask(what, { ...args, ...at(this.stage) });
  }

  #soon() {
    const { period } = this.tab.constructor;
    if (!period || this.asking || this.timer || document.hidden || !this.stage.frame) return;
    const about = JSON.stringify(lookedAt(this.stage));
    if (this.known?.frame === this.stage.frame && this.known.about === about) return;
    const other = this.known?.about !== about;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.#ask();
    }, Math.max(0, (other ? Math.min(this.notBefore, performance.now() + 120) : this.notBefore) - performance.now()));
  }

  async #ask() {
    const { tab, stage } = this;
    const picture = lookedAt(stage);
    const key = { frame: stage.frame, about: JSON.stringify(picture) };
    this.about = key.about;
    this.asking = true;
    this.notBefore = performance.now() + tab.constructor.period;
    try {
      const found = await tab.ask((what, args) => this.asked(what, { ...picture, ...args }));
      if (tab === this.tab && !this.gone) Object.assign(this, { found, refused: "", foundFor: key.about });
    } catch (error) {
      this.notBefore = performance.now() + AFTER_REFUSAL;
      if (tab === this.tab && !this.gone) Object.assign(this, { found: null, refused: error.message });
    } finally {
      this.asking = false;
    }
    if (this.gone) return;
    if (tab === this.tab) this.known = key;
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
    root.dataset.about = this.foundFor;
    write(this.step, this.word("at", { step: whole(first.step) }));
    write(this.note, this.word(`${this.name}_note`));
    tab.paint(found, x, this.width, stage.colours);
  }
}
