// What was written before: texts that were left for a branch, to come back to, and how the network wrote at earlier steps.
// Knows no network.

import { h, whole } from "../../dom.js";

const [BRANCHES, STEPS, SHOWN, AROUND] = [6, 12, 72, 14];
const APART = 1.2; // times the step before: early steps differ more than late ones

export class Past {
  /** @param {{word: Function, back: (kept) => void, seek: (step: number) => void}} to */
  constructor(to) {
    Object.assign(this, { to, branches: [], texts: [], dirty: true });
    this.ways = h("div", { class: "stage-writing-branches", role: "group", "aria-label": to.word("branches") });
    this.list = h("ol", { class: "stage-writing-texts" });
    this.diary = h("details", { class: "stage-writing-diary", open: true }, h("summary", {}, to.word("diary")), this.list);
    this.node = h("div", { class: "stage-writing-past" }, this.ways, this.diary);
  }

  /** A text is left: a token of it is another one from now on. */
  branch(kept, place) {
    const before = kept.tokens.slice(Math.max(0, place - AROUND), place).join("");
    const there = kept.tokens[place] ?? "";
    const after = kept.tokens.slice(place + 1, place + 1 + AROUND).join("");
    this.branches.unshift({ kept, before, there, after });
    this.branches.length = Math.min(this.branches.length, BRANCHES);
    this.dirty = true;
  }

  /** What the network of a step has written; of steps that are near each other the last. */
  remember(step, text) {
    const same = this.texts.findIndex((each) => each.step === step);
    if (same >= 0) this.texts.splice(same, 1);
    else if (this.texts[1] && this.texts[0].step < APART * this.texts[1].step) this.texts.shift();
    this.texts.unshift({ step, text: text.replace(/\s+/g, " ").trim().slice(0, SHOWN) });
    this.texts.sort((a, b) => b.step - a.step);
    this.texts.length = Math.min(this.texts.length, STEPS);
    this.dirty = true;
  }

  paint() {
    if (!this.dirty) return;
    this.dirty = false;
    const { word, back, seek } = this.to;
    const { branches, texts } = this;
    this.ways.hidden = !branches.length;
    this.ways.replaceChildren(
      h("span", {}, word("branches")),
      ...branches.map(({ kept, before, there, after }) => h("button", { type: "button", class: "stage-look-chip", title: word("branch_back"), onclick: () => back(kept) }, "…", before, h("b", {}, there), after, "…")),
    );
    this.diary.hidden = !texts.length;
    this.list.replaceChildren(
      ...texts.map(({ step, text }) => h("li", {}, h("button", { type: "button", title: word("seek"), onclick: () => seek(step) }, whole(step)), h("span", {}, text))),
    );
  }
}
