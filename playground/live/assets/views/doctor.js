// The doctor: one line when something is wrong with the run, which opens to the evidence, the reason, and an experiment that
// shows the remedy beside this run. It looks now and then, not at every step.

import { h } from "../dom.js";
import { dye } from "./picture/styles.js";

export const needs = [];
export const place = "side";
export const styles = "doctor.css";

const FIRST = 3; // epochs until the first look
const AGAIN = 1.5; // the next look is so many times later
const APART = 4000; // ms between two looks at least
const RESTING = ["paused", "finished", "diverged", "stopped"];

/** The view: `dispose`, `look()`. */
export function mount(element, stage) {
  return new Doctor(element, stage);
}

class Doctor {
  constructor(element, stage) {
    Object.assign(this, { element, stage, due: FIRST, lookedAt: -Infinity, seen: "", open: false, chosen: 0, findings: [], epoch: -1 });
    this.#build();
    // Every frame, not only those that are drawn: a doctor looks also where nobody sees him.
    this.listeners = { frame: (frame) => this.#pass(frame), status: (status) => this.#hear(status), theme: () => this.#dye(), mode: () => this.#dye() };
    for (const [event, listener] of Object.entries(this.listeners)) stage.on(event, listener);
    this.#dye();
    this.first = setTimeout(() => this.look(), 1200); // some illnesses can be seen before the first step
  }

  draw() {}

  #pass(frame) {
    if (this.stage.mode !== "live") return;
    if (frame.epoch < this.epoch) this.due = FIRST; // a new start
    this.epoch = frame.epoch;
    if (frame.epoch >= this.due) this.look();
  }

  resize() {}

  dispose() {
    clearTimeout(this.first);
    clearTimeout(this.later);
    for (const [event, listener] of Object.entries(this.listeners)) this.stage.off(event, listener);
    this.element.replaceChildren();
  }

  /** Looks at the run as it is now; at most every few seconds, and one look at a time. */
  async look() {
    const now = performance.now();
    if (this.looking || document.hidden || this.stage.mode !== "live") return;
    if (now - this.lookedAt < APART) {
      this.later ??= setTimeout(() => {
        this.later = null;
        this.look();
      }, APART - (now - this.lookedAt));
      return;
    }
    this.looking = true;
    this.lookedAt = now;
    try {
      const { answer } = (await this.stage.ask("doctor")).facts;
      this.due = Math.max(FIRST, answer.epoch * AGAIN, this.due * (answer.epoch >= this.due ? AGAIN : 1));
      this.#show(answer);
    } catch (error) {
      this.element.dataset.trouble = error.message; // a doctor who cannot look is no reason to disturb anybody
    } finally {
      this.looking = false;
      this.element.dataset.looks = Number(this.element.dataset.looks ?? 0) + 1;
    }
  }

  #hear(status) {
    const key = `${status.status} ${status.step}`;
    if (!RESTING.includes(status.status) || key === this.seen) return;
    this.seen = key;
    this.look();
  }

  #show({ findings, step }) {
    const before = this.findings.map(({ name }) => name).join();
    this.findings = findings;
    this.step = step;
    const names = findings.map(({ name }) => name).join();
    if (names !== before) {
      this.chosen = 0;
      this.stage.announce(names ? this.word("line", { title: findings[0].title }) : ""); // what is over is not said on
      if (!names) this.open = false;
    }
    this.#fill();
  }

  #build() {
    this.head = h("button", { type: "button", class: "stage-doctor-line", "aria-expanded": "false", onclick: () => this.#toggle() });
    this.body = h("div", { class: "stage-doctor-body", hidden: true });
    this.node = h("section", { class: "stage-doctor", hidden: true, "aria-label": this.word("label") }, this.head, this.body);
    this.node.onkeydown = (event) => {
      if (event.key !== "Escape" || !this.open) return;
      event.stopPropagation();
      this.#toggle();
      this.head.focus();
    };
    this.element.replaceChildren(this.node);
  }

  #toggle() {
    this.open = !this.open;
    this.#fill();
  }

  #fill() {
    const { findings } = this;
    this.node.hidden = findings.length === 0;
    this.node.dataset.findings = findings.map(({ name }) => name).join(" ");
    if (!findings.length) return;
    const finding = findings[Math.min(this.chosen, findings.length - 1)];
    // Where only the figures are others, the texts change and the buttons stay: one may be under a finger.
    const same = JSON.stringify([this.open, this.chosen, findings.map(({ title, why, remedy }) => [title, why, remedy?.change, Boolean(remedy?.rehearsed)])]);
    if (this.open && same === this.same) return this.#renew(finding);
    this.same = same;
    const more = findings.length > 1 ? h("span", { class: "stage-doctor-more" }, this.word("more", { count: findings.length - 1 })) : null;
    this.head.replaceChildren(h("span", { class: "stage-doctor-sign", "aria-hidden": "true" }, "✚"), h("span", { class: "stage-doctor-title" }, this.open ? finding.title : findings[0].title), more ?? "", h("span", { class: "stage-doctor-arrow", "aria-hidden": "true" }, this.open ? "▴" : "▾"));
    this.head.setAttribute("aria-expanded", String(this.open));
    this.head.title = this.word(this.open ? "close" : "open");
    this.body.hidden = !this.open;
    this.body.replaceChildren(...this.#others(), ...this.#evidence(finding), ...this.#remedy(finding));
  }

  #others() {
    if (this.findings.length < 2) return [];
    const tabs = this.findings.map((finding, index) => {
      const pick = () => {
        this.chosen = index;
        this.#fill();
        this.body.querySelector("[aria-pressed='true']")?.focus();
      };
      return h("button", { type: "button", class: "stage-doctor-tab", "aria-pressed": String(index === this.chosen), onclick: pick }, finding.title);
    });
    return [h("div", { class: "stage-doctor-tabs" }, tabs)];
  }

  #renew(finding) {
    const fresh = [...this.#evidence(finding), ...this.#remedy(finding)].filter((node) => node.localName === "p");
    const shown = [...this.body.querySelectorAll(":scope > p")];
    shown.forEach((node, k) => node.replaceWith(fresh[k]));
    this.offered = finding;
  }

  #evidence(finding) {
    const step = this.word("at", { step: this.step.toLocaleString("en") });
    return [h("h5", {}, this.word("evidence")), h("p", {}, finding.evidence, " ", h("span", { class: "stage-doctor-faint" }, step)), h("h5", {}, this.word("why")), h("p", {}, finding.why)];
  }

  #remedy(finding) {
    const { remedy } = finding;
    this.offered = finding;
    if (!remedy) return [h("p", { class: "stage-doctor-faint" }, this.word("no_remedy"))];
    const { change, rehearsed } = remedy;
    const button = h("button", { type: "button", class: "stage-doctor-try" }, this.word("try"));
    button.onclick = () => {
      const { name, remedy: now } = this.offered;
      this.stage.propose({ kind: "compare", experiment: now.experiment, change: now.change, name });
      button.disabled = true;
      this.stage.announce(this.word("proposed"));
      setTimeout(() => (button.disabled = false), 2000);
    };
    return [h("h5", {}, this.word("remedy")), h("p", {}, h("b", {}, change)), rehearsed ? h("p", {}, rehearsed) : "", button];
  }

  #dye() {
    dye(this.element, this.stage.colours);
    this.element.toggleAttribute("inert", this.stage.mode !== "live");
  }

  word(key, values) {
    return this.stage.word(`doctor.${key}`, values);
  }
}
