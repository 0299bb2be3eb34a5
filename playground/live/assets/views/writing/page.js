// The text itself: a piece for each token, which can be pointed at, pressed and gone to with the keys. Knows no network.

import { h } from "../../dom.js";

const SURPRISE = 6; // bits, and more, have the full colour

export class Page {
  /** @param {{label: string, rest: (place: number) => void, pick: (place: number) => void}} to −1 for nowhere */
  constructor(to) {
    Object.assign(this, { to, spans: [], written: [], focus: -1 });
    this.caret = h("span", { class: "stage-writing-caret", "aria-hidden": "true" });
    this.node = h("div", { class: "stage-writing-page", role: "group", tabindex: 0, "aria-label": to.label }, this.caret);
    this.node.onpointerover = (event) => event.pointerType === "mouse" && to.rest(this.#place(event));
    this.node.onpointerleave = (event) => event.pointerType === "mouse" && to.rest(-1);
    this.node.onclick = (event) => this.#place(event) >= 0 && to.pick(this.#place(event));
    this.node.onkeydown = (event) => this.#key(event);
  }

  /**
   * @param {{tokens: string[], prompt: number, shown: number, marks: Object[]}} growth
   * @param {{pinned: number, shares: number[]|null, signed: boolean, shades: boolean}} how
   */
  show(growth, { pinned, shares, shades }) {
    const { spans, written } = this;
    while (spans.length > growth.shown) {
      spans.pop().remove();
      written.pop();
    }
    for (let place = 0; place < growth.shown; place++) {
      const token = growth.tokens[place];
      if (!spans[place]) {
        spans[place] = h("span", { data: { place } });
        this.node.insertBefore(spans[place], this.caret);
      }
      const span = spans[place];
      const role = place === pinned ? "pinned" : place < growth.prompt ? "prompt" : "new";
      const share = shares ? (shares[place] ?? 0) : null;
      const bits = shades && share === null && place >= growth.prompt ? surprise(growth.marks[place]) : 0;
      const key = `${token}|${role}|${share === null ? "" : share.toFixed(2)}|${bits.toFixed(1)}`;
      if (written[place] === key) continue;
      written[place] = key;
      const text = token === "\n" ? "↵\n" : token === "\ufffd" ? "�" : token;
      if (span.textContent !== text) span.textContent = text;
      span.dataset.role = role;
      const [ink, part] = share === null ? ["negative", Math.min(1, bits / SURPRISE) * 0.62] : [share < 0 ? "negative" : "positive", Math.abs(share) * 0.75];
      span.style.background = part > 0.03 ? `color-mix(in srgb, var(--ink-${ink}) ${Math.round(100 * part)}%, transparent)` : "";
    }
  }

  /** Scrolls to the end, where the text grows. */
  follow() {
    this.node.scrollTop = this.node.scrollHeight;
  }

  #place(event) {
    const { place } = event.target.dataset;
    return place === undefined ? -1 : Number(place);
  }

  #key(event) {
    const last = this.spans.length - 1;
    const from = this.focus < 0 || this.focus > last ? last + 1 : this.focus;
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: last, Escape: -1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.focus = event.key === "Escape" ? -1 : Math.min(Math.max(to, 0), last);
    this.to.pick(this.focus, true);
  }
}

function surprise(mark) {
  return mark?.sure > 0 ? -Math.log2(mark.sure) : 0;
}
