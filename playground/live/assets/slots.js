// The places of a stage and the views in them: loaded by name, mounted when the facts are there, drawn while they are on
// screen. A view that fails is left out; the others and the run go on.

import { h, styleSheet } from "./dom.js";

const NAME = /^[a-z][a-z_]{0,40}$/;

export class Slots {
  /**
   * @param {Object} stage what views are mounted with
   * @param {Object<string, Element>} places by the name that a view's module exports as `place`
   * @param {{changed: () => void, mounted: () => void}} to told when another set of views is on screen or has another
   *   size, and when a view has been mounted
   */
  constructor(stage, places, to) {
    Object.assign(this, { stage, places, to });
    this.views = new Map();
    this.styled = styleSheet(stage.root, new URL("stage.css", import.meta.url).href);
    this.sight = new IntersectionObserver((entries) => this.#seen(entries), { rootMargin: "80px" });
    this.sizes = new ResizeObserver((entries) => this.#resized(entries));
  }

  /** Has these views stand here, in this order; those that stand here already stay as they are. */
  arrange(names) {
    const wanted = names.filter((name) => NAME.test(name));
    for (const [name, view] of this.views) {
      if (wanted.includes(name)) continue;
      this.#dispose(view);
      view.element.remove();
      this.views.delete(name);
    }
    for (const [order, name] of wanted.entries()) {
      let view = this.views.get(name);
      if (!view) {
        view = { name, element: h("div", { class: "stage-view", data: { view: name } }), visible: false };
        this.views.set(name, view);
        this.#load(view);
      }
      view.element.style.order = order;
    }
    this.to.changed();
  }

  /** The probes that the views on screen want, in order. */
  get needs() {
    const found = new Set();
    for (const { visible, code } of this.views.values()) if (visible) code.needs?.forEach((name) => found.add(name));
    return [...found].sort();
  }

  /** Draws a frame on every view on screen; false if there is none. */
  draw(frame) {
    let seen = false;
    for (const view of this.views.values()) {
      if (!view.visible || !view.live) continue;
      seen = true;
      this.#guard(view, () => view.live.draw(frame));
    }
    return seen;
  }

  /** Lets every view take up other facts, in place where it can. */
  renew() {
    for (const view of this.views.values()) {
      if (view.live?.renew && view.live.renew() !== false) continue;
      if (view.live) {
        this.#dispose(view);
        this.#observe(view);
      }
      this.#mount(view);
    }
  }

  close() {
    this.sight.disconnect();
    this.sizes.disconnect();
    for (const view of this.views.values()) this.#dispose(view);
  }

  async #load(view) {
    try {
      const code = await import(`./views/${view.name}.js`);
      if (code.styles) await styleSheet(this.stage.root, new URL(`views/${code.styles}`, import.meta.url).href);
      await this.styled;
      view.code = code;
    } catch (error) {
      this.places.main.append(view.element);
      this.#broken(view, error);
      return;
    }
    if (this.views.get(view.name) !== view) return;
    this.places[view.code.place ?? "main"].append(view.element);
    this.#observe(view);
    this.#mount(view);
  }

  #mount(view) {
    if (!view.code || !this.stage.setup) return;
    this.#guard(view, () => {
      view.live = view.code.mount(view.element, this.stage);
      this.to.mounted();
    });
  }

  #observe(view) {
    this.sight.observe(view.element);
    this.sizes.observe(view.element);
  }

  #dispose(view) {
    this.sight.unobserve(view.element);
    this.sizes.unobserve(view.element);
    try {
      view.live?.dispose?.();
    } catch (error) {
      console.error(`stage: ${view.name}`, error);
    }
    view.live = null;
    view.element.replaceChildren();
  }

  #guard(view, act) {
    try {
      act();
    } catch (error) {
      this.#broken(view, error);
    }
  }

  #broken(view, error) {
    console.error(`stage: ${view.name}`, error);
    view.live = null;
    view.element.replaceChildren(h("p", { class: "stage-broken" }, this.stage.word("broken", { name: view.name })));
  }

  #seen(entries) {
    for (const { target, isIntersecting } of entries) {
      const view = this.views.get(target.dataset.view);
      if (view) view.visible = isIntersecting;
    }
    this.to.changed();
  }

  #resized(entries) {
    for (const { target } of entries) {
      const view = this.views.get(target.dataset.view);
      if (view?.live?.resize) this.#guard(view, () => view.live.resize());
    }
    this.to.changed();
  }
}
