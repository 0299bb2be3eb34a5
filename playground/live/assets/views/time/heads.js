// The names above the panels of the curves, with the values of a step, which stands below its line on the axis; and the
// same in words for those who do not see it.

import { digits, epochs, h, whole } from "../../dom.js";

const ABOVE = 25; // px from a row to its panel

export class Heads {
  constructor(stage, record) {
    Object.assign(this, { stage, record, rows: [] });
    this.element = h("div", { class: "stage-curves-heads", "aria-hidden": "true" });
    this.when = h("em", { hidden: true });
  }

  /** Makes the rows of other panels; `boxes` say where these lie. */
  arrange(panels, boxes) {
    this.rows = panels.map((panel, index) => this.#row(panel, boxes[index].top - ABOVE, ));
    this.element.replaceChildren(...this.rows.map(({ row }) => row), this.when);
  }

  /** Shows the values of a step, whose line stands `across` px from the left of `width`; or the newest for null. */
  read(step, axis, across, width) {
    const { stage, record } = this;
    const value = axis === "step" ? whole(step ?? 0) : epochs(record.epochAt(step ?? 0));
    const when = step === null ? "" : stage.word("curves.at", { axis: stage.word(`curves.${axis}`), value });
    put(this.when, when);
    this.#stand(across, width);
    for (const { panel, parts } of this.rows) {
      for (const { part, number, name } of parts) {
        const line = record.line(name);
        put(number, line ? write(panel, line.at(step ?? Infinity)) : "");
        if (panel.name !== "lr") part.hidden = !line;
      }
    }
  }

  /** Everything in a sentence or two. */
  words(axis) {
    const { stage, record } = this;
    const panels = this.rows.map(({ panel, parts }) => {
      const known = parts.filter(({ name }) => record.line(name)?.count);
      const values = known.map(({ name, word }) => {
        const value = write(panel, record.line(name).last);
        return word ? stage.word("curves.alt_value", { name: word, value }) : value;
      });
      return stage.word("curves.alt_panel", { name: stage.word(`curves.${panel.name}`), values: values.join(", ") });
    });
    const count = axis === "step" ? whole(record.lastStep) : epochs(record.lastEpoch);
    return stage.word("curves.alt", { count, axis: stage.word(`curves.${axis}s`), values: panels.join(" ") });
  }

  // Below its line, as far as the card reaches. All digits are as wide as each other: as long a text is as wide.
  #stand(across, width) {
    const { when } = this;
    const { length } = when.textContent;
    when.hidden = !length;
    if (when.hidden) return;
    if (this.measured?.length !== length) this.measured = { length, half: when.offsetWidth / 2 };
    const { half } = this.measured;
    when.style.left = `${Math.max(half, Math.min(across, width - half)).toFixed(1)}px`;
  }

  #row(panel, top) {
    const { stage } = this;
    const parts = panel.lines.map((name, which) => {
      const number = h("b");
      if (panel.name === "lr") return { name, number, part: h("span", {}, number), word: "" };
      const word = stage.word(panel.actors ? `curves.actor_${panel.actors[which][1]}` : which ? "curves.test" : "curves.train");
      const ink = panel.actors && { color: `var(--stage-${panel.actors[which][0]})`, borderColor: `var(--stage-${panel.actors[which][0]})` };
      const sample = h("i", { class: `stage-curves-line-${which ? "test" : "train"}`, style: ink });
      return { name, number, part: h("span", {}, sample, word, number), word };
    });
    const title = h("strong", {}, stage.word(`curves.${panel.name}`));
    const row = h("p", { style: { top: `${top}px` } }, title, ...parts.map(({ part }) => part));
    return { row, panel, parts };
  }
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function write(panel, value) {
  return (panel.name === "accuracy" || panel.share || panel.half) && Number.isFinite(value) ? `${(100 * value).toFixed(1)} %` : digits(value);
}
