// How tokens are drawn: temperature, top-k, seed. Knows no text.

import { h } from "../../dom.js";

const KS = [0, 1, 2, 3, 5, 10, 20, 40];
const [COLDEST, HOTTEST, STEP, USUAL] = [0, 2, 0.05, 0.8];

export class Knobs {
  /** @param {(key: string, values?: Object) => string} word @param {() => void} changed */
  constructor(word, changed) {
    this.style = { temperature: USUAL, top_k: 0, seed: 0 };
    const set = (change) => {
      this.style = { ...this.style, ...change };
      this.#tell(word);
      changed();
    };
    this.slider = h("input", { type: "range", min: COLDEST, max: HOTTEST, step: STEP, value: USUAL, "aria-label": word("temperature") });
    this.slider.oninput = () => set({ temperature: Number(this.slider.value) });
    this.slider.onkeydown = (event) => event.stopPropagation();
    this.heat = h("output", {});
    this.menu = h("select", { "aria-label": word("top_k"), onchange: () => set({ top_k: Number(this.menu.value) }) }, KS.map((k) => h("option", { value: k }, k ? String(k) : word("all"))));
    this.menu.onkeydown = (event) => event.stopPropagation();
    this.dice = h("button", { type: "button", class: "stage-look-tool stage-writing-seed", title: word("seed_hint"), onclick: () => set({ seed: (this.style.seed + 1) % 10000 }) });
    const label = (text, ...nodes) => h("label", {}, h("span", {}, text), ...nodes);
    this.node = h("div", { class: "stage-writing-knobs" }, label(word("temperature"), this.slider, this.heat), label(word("top_k"), this.menu), this.dice);
    this.#tell(word);
  }

  #tell(word) {
    const { temperature, seed } = this.style;
    this.heat.textContent = temperature.toFixed(2);
    this.slider.setAttribute("aria-valuetext", temperature === 0 ? word("greedy") : temperature.toFixed(2));
    this.dice.textContent = `⚂ ${word("seed", { seed })}`;
    this.dice.setAttribute("aria-label", `${word("seed", { seed })}. ${word("seed_hint")}`);
  }
}
