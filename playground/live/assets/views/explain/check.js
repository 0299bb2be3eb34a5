// The gradient check as a table: for each tensor the slope that was measured beside the one that backpropagation computed.
// Knows the answer's form (playground/probes/gradient_check.py), no run.

import { digits, h } from "../../dom.js";
import { at } from "./moment.js";
import { dye } from "../picture/styles.js";

const LOWEST = 1e-12; // relative errors are drawn on a logarithmic scale from here to 1

export class CheckTable {
  constructor(stage) {
    this.stage = stage;
  }

  /** Checks the run as it is now, and shows what came out. */
  async open(button) {
    const { stage } = this;
    button.setAttribute("aria-busy", "true");
    try {
      const found = await stage.ask("gradient_check", at(stage));
      const node = this.#table(found.facts.answer);
      dye(node, stage.colours);
      stage.openDrawer(node, this.word("title"));
      stage.announce(this.word(`verdict_${found.facts.answer.verdict}`));
    } catch (error) {
      stage.openDrawer(h("p", { class: "stage-refused", role: "alert" }, error.message), this.word("title"));
    } finally {
      button.removeAttribute("aria-busy");
    }
  }

  #table(answer) {
    const { verdict, batch, rows, worst, step } = answer;
    const heads = ["tensor", "checked", "measured", "computed", "error", "verdict"].map((key) => h("th", { scope: "col" }, this.word(`head_${key}`)));
    const summary = h("p", { class: "stage-check-summary", data: { verdict } }, mark(verdict), this.word(`verdict_${verdict}`));
    const how = this.word("how", { batch, step: step.toLocaleString("en"), worst: digits(worst) });
    const notes = [this.word("example")];
    if (rows.some((row) => row.checked < row.size)) notes.push(this.word("sampled"));
    if (rows.some((row) => row.kinks)) notes.push(this.word("kinks", { count: rows.reduce((sum, row) => sum + row.kinks, 0) }));
    if (rows.some((row) => row.verdict === "estimate")) notes.push(this.word("estimates"));
    return h(
      "div",
      { class: "stage-check", data: { verdict } },
      h("h3", {}, this.word("title")),
      summary,
      h("p", { class: "stage-note" }, how),
      h("div", { class: "stage-check-scroll" }, h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows.map((row) => this.#row(row))))),
      h("p", { class: "stage-note" }, notes.join(" ")),
    );
  }

  #row(row) {
    const word = this.word(`row_${row.verdict}`);
    const judged = row.verdict !== "estimate" && row.verdict !== "nothing";
    return h(
      "tr",
      { data: { tensor: row.tensor, verdict: row.verdict } },
      h("th", { scope: "row" }, this.#name(row), h("span", { class: "stage-faint" }, ` ${row.tensor}`)),
      h("td", { class: "stage-number" }, row.checked < row.size ? this.word("of", { checked: row.checked, size: row.size.toLocaleString("en") }) : row.checked.toLocaleString("en")),
      h("td", { class: "stage-number" }, digits(row.numeric).replace("-", "−")),
      h("td", { class: "stage-number" }, digits(row.analytic).replace("-", "−")),
      h("td", { class: "stage-number stage-check-error" }, judged ? [scale(row.error), digits(row.error)] : "–"),
      h("td", { class: "stage-check-verdict" }, mark(row.verdict), word),
    );
  }

  #name({ tensor, layer }) {
    const { setup } = this.stage;
    const column = setup.columns.find((each) => each.layer <= layer && layer <= each.until);
    const part = this.word(tensor.endsWith(".bias") ? "bias" : "weight");
    const kind = setup.layers[layer].kind === "Linear" ? "" : ` · ${setup.layers[layer].kind}`;
    return `${column?.name ?? ""}${kind} · ${part}`;
  }

  word(key, values) {
    return this.stage.word(`check.${key}`, values);
  }
}

const SIGNS = { right: "✓", close: "✓", wrong: "✗", estimate: "○", nothing: "○" };

function mark(verdict) {
  return h("span", { class: "stage-check-mark", "aria-hidden": "true", data: { verdict } }, SIGNS[verdict]);
}

function scale(error) {
  const part = Math.min(1, Math.max(0, Math.log10(Math.max(error, LOWEST) / LOWEST) / 12));
  return h("i", { class: "stage-check-scale", "aria-hidden": "true" }, h("i", { style: { width: `${100 * part}%` } }));
}
