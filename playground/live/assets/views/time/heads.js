// The names above the panels of the curves, with the values of a step, and the same in words for those who do not see it.

import { digits, h, whole } from "../../dom.js";

const ABOVE = 25; // px from a row to its panel

export class Heads {
  constructor(stage, record) {
    Object.assign(this, { stage, record, rows: [] });
    this.element = h("div", { class: "stage-curves-heads", "aria-hidden": "true" });
  }

  /** Makes the rows of other panels; `boxes` say where these lie. */
  arrange(panels, boxes) {
    this.rows = panels.map((panel, index) => this.#row(panel, boxes[index].top - ABOVE, index === 0));
    this.element.replaceChildren(...this.rows.map(({ row }) => row));
  }

  /** Shows the values of a step, or the newest for null. */
  read(step, axis) {
    const { stage, record } = this;
    const value = axis === "step" ? whole(step ?? 0) : digits(record.epochAt(step ?? 0));
    const when = step === null ? "" : stage.word("curves.at", { axis: stage.word(`curves.${axis}`), value });
    for (const { panel, parts, whenever } of this.rows) {
      for (const { part, number, name } of parts) {
        const line = record.line(name);
        put(number, line ? write(panel, line.at(step ?? Infinity)) : "");
        if (panel.name !== "lr") part.hidden = !line;
      }
      if (whenever) put(whenever, when);
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
    const count = axis === "step" ? whole(record.lastStep) : digits(record.lastEpoch);
    return stage.word("curves.alt", { count, axis: stage.word(`curves.${axis}s`), values: panels.join(" ") });
  }

  #row(panel, top, first) {
    const { stage } = this;
    const parts = panel.lines.map((name, which) => {
      const number = h("b");
      if (panel.name === "lr") return { name, number, part: h("span", {}, number), word: "" };
      const word = stage.word(panel.actors ? `curves.actor_${panel.actors[which][1]}` : which ? "curves.test" : "curves.train");
      const ink = panel.actors && { color: `var(--stage-${panel.actors[which][0]})`, borderColor: `var(--stage-${panel.actors[which][0]})` };
      const sample = h("i", { class: `stage-curves-line-${which ? "test" : "train"}`, style: ink });
      return { name, number, part: h("span", {}, sample, word, number), word };
    });
    const whenever = first ? h("em") : null;
    const title = h("strong", {}, stage.word(`curves.${panel.name}`));
    const row = h("p", { style: { top: `${top}px` } }, title, ...parts.map(({ part }) => part), whenever);
    return { row, panel, parts, whenever };
  }
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function write(panel, value) {
  return (panel.name === "accuracy" || panel.share || panel.half) && Number.isFinite(value) ? `${(100 * value).toFixed(1)} %` : digits(value);
}
