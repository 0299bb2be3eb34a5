// What the maps of a layer like best: pictures made by gradient ascent, one map after the other, and the way to each of them.

import { fit, h, whole } from "../../dom.js";
import { tint } from "../look/tint.js";
import { called } from "../picture/layers.js";
import { signed } from "../picture/numbers.js";
import { Figure } from "./heat.js";

const MOST = 16;
const [SIDE, LARGE, EACH] = [56, 176, 90]; // px; ms for each picture of the film

export class Likes {
  static period = 0; // only when somebody wants it

  constructor(panel) {
    this.panel = panel;
    const word = (key) => panel.word(key);
    const { layers } = panel.stage.setup;
    const options = layers.filter(({ parameters }) => parameters > 0).filter(({ kind }) => !kind.endsWith("Norm2d") && !kind.endsWith("Norm"));
    this.layer = h("select", { class: "stage-attribution-select", "aria-label": word("layer"), onchange: () => this.#start() });
    this.layer.append(...options.map(({ index, shape }) => h("option", { value: index }, `${called(panel.stage.setup, index)} ${shape.join("×")}`)));
    this.begin = h("button", { type: "button", class: "stage-look-chip", onclick: () => this.#start() }, word("like_begin"));
    this.list = h("div", { class: "stage-likes" });
    this.large = new Figure("");
    this.large.node.hidden = true;
    this.says = h("p", { class: "stage-look-note", role: "status" }, word("like_hint"));
    this.node = h("div", {}, h("div", { class: "stage-attribution-row" }, h("span", {}, word("layer")), this.layer, this.begin), h("div", { class: "stage-attribution-split" }, this.list, this.large.node), this.says);
    this.sheet = document.createElement("canvas");
    this.found = new Map();
  }

  /** Is looked at: the search begins by itself, the first time. */
  open() {
    if (!this.run) this.#start();
  }

  /** Shows what one map of a layer likes, first of all. */
  want({ layer, channel }) {
    if (![...this.layer.options].some(({ value }) => Number(value) === layer)) {
      const { shape } = this.panel.stage.setup.layers[layer];
      this.layer.append(h("option", { value: layer }, `${called(this.panel.stage.setup, layer)} ${shape.join("×")}`));
    }
    this.layer.value = layer;
    this.#start(channel);
  }

  ask() {
    return null;
  }

  paint(_found, _x, _width, colours) {
    for (const [channel, found] of this.found) this.#thumb(channel, found, colours);
    if (this.playing) this.#film(colours);
  }

  stop() {
    this.run = null;
    clearTimeout(this.timer);
  }

  async #start(first = 0) {
    const { panel } = this;
    const layer = Number(this.layer.value);
    const run = (this.run = {});
    this.found = new Map();
    this.list.replaceChildren();
    this.large.node.hidden = true;
    clearTimeout(this.timer);
    this.playing = null;
    const count = panel.stage.setup.layers[layer].shape[0];
    const order = [first, ...Array.from({ length: count }, (_, k) => k).filter((k) => k !== first)].slice(0, MOST);
    for (const [done, channel] of order.entries()) {
      this.says.textContent = panel.word("like_progress", { done: done + 1, count: order.length });
      try {
        const found = await panel.asked("preference", { layer, channel });
        if (this.run !== run || panel.gone) return;
        this.found.set(channel, found);
        this.#button(channel);
        this.#thumb(channel, found, panel.stage.colours);
        if (done === 0) this.#play(channel);
      } catch (error) {
        this.says.textContent = error.message;
        return;
      }
    }
    this.says.textContent = panel.word("like_says", { shown: whole(order.length), count: whole(count) });
  }

  #button(channel) {
    const button = h("button", { type: "button", class: "stage-neighbour", data: { channel }, onclick: () => this.#play(channel), title: this.panel.word("like_one", { number: channel + 1 }), "aria-label": this.panel.word("like_one", { number: channel + 1 }) }, h("canvas", {}), h("span", {}, String(channel + 1)));
    const after = [...this.list.children].find((each) => Number(each.dataset.channel) > channel);
    this.list.insertBefore(button, after ?? null);
  }

  #thumb(channel, found, colours) {
    const canvas = this.list.querySelector(`[data-channel="${channel}"] canvas`);
    const { data, shape } = found.arrays.film;
    const size = data.length / shape[0];
    fit(canvas, SIDE, SIDE);
    tint(this.sheet, { data: data.subarray(data.length - size), shape: shape.slice(1) }, colours);
    const pen = canvas.getContext("2d");
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.sheet, 0, 0, canvas.width, canvas.height);
  }

  #play(channel) {
    clearTimeout(this.timer);
    this.playing = { channel, at: this.panel.stage.reduced ? this.found.get(channel).arrays.film.shape[0] - 1 : 0 };
    for (const each of this.list.children) each.setAttribute("aria-pressed", String(Number(each.dataset.channel) === channel));
    this.#next();
  }

  #next() {
    const { panel, playing } = this;
    this.#film(panel.stage.colours);
    if (playing.at >= this.found.get(playing.channel).arrays.film.shape[0] - 1) return;
    this.timer = setTimeout(() => {
      playing.at++;
      if (!panel.gone) this.#next();
    }, EACH);
  }

  #film(colours) {
    const { channel, at } = this.playing;
    const found = this.found.get(channel);
    const { data, shape } = found.arrays.film;
    const size = data.length / shape[0];
    const { answer } = found.facts;
    this.large.node.hidden = false;
    this.large.picture({ data: data.subarray(at * size, (at + 1) * size), shape: shape.slice(1) }, LARGE, colours);
    this.large.title.textContent = this.panel.word("like_one", { number: channel + 1 });
    this.large.say(this.panel.word("like_step", { step: answer.steps[at], value: signed(answer.answers[answer.steps[at]]), from: signed(answer.answers[0]) }));
  }
}
