// Where in the picture a class is seen: the slope of its score (saliency), the maps that speak for it (Grad-CAM), and what
// its probability loses where something is covered (occlusion).

import { h } from "../../dom.js";
import { percent } from "../look/bars.js";
import { lookedAt } from "../look/subject.js";
import { bound } from "../picture/numbers.js";
import { Figure, sideOf } from "./heat.js";
import { called } from "../picture/layers.js";

export class Evidence {
  static period = 700;

  constructor(panel) {
    this.panel = panel;
    const word = (key) => panel.word(key);
    this.figures = Object.fromEntries(["saliency", "gradcam", "occlusion"].map((name) => [name, new Figure(word(name))]));
    this.target = h("select", { class: "stage-attribution-select", "aria-label": word("target"), onchange: () => panel.renewed() });
    const first = h("option", { value: -1 }, word("guess"));
    this.target.append(first, ...panel.names.map((name, k) => h("option", { value: k }, name)));
    this.node = h("div", {}, h("label", { class: "stage-attribution-row" }, `${word("target")} `, this.target), h("div", { class: "stage-attribution-figures" }, Object.values(this.figures).map(({ node }) => node)));
  }

  async ask(ask) {
    const target = Number(this.target.value);
    const found = { saliency: await ask("saliency", { target }) };
    found.gradcam = await ask("gradcam", { target }).catch((error) => ({ error }));
    const about = JSON.stringify(lookedAt(this.panel.stage));
    // Covering every place takes hundreds of passes: while it trains, not with every look.
    const now = performance.now();
    const busy = this.panel.stage.status.status === "running" && this.panel.stage.mode === "live";
    if (!busy || !this.covered || now - this.coveredAt > 4000 || this.coveredFor !== `${about} ${target}`) {
      this.covered = await ask("occlusion", { target }).catch((error) => ({ error }));
      this.coveredAt = now;
      this.coveredFor = `${about} ${target}`;
    }
    return { ...found, occlusion: this.covered };
  }

  paint({ saliency, gradcam, occlusion }, x, width, colours) {
    const { figures, panel } = this;
    const side = sideOf(width, 3);
    const name = panel.names[saliency.facts.answer.target];
    figures.saliency.heat(saliency.arrays.saliency, x, side, colours, { through: 0 });
    figures.saliency.say(panel.word("saliency_says", { name, reach: bound(saliency.facts.answer.reach).slice(1) }));
    figures.gradcam.node.hidden = Boolean(gradcam.error);
    if (!gradcam.error) {
      const { layer, lies } = gradcam.facts.answer;
      figures.gradcam.heat(gradcam.arrays.cam, x, side, colours, { smooth: true, lies });
      figures.gradcam.say(panel.word("gradcam_says", { name, layer: called(panel.stage.setup, layer) }));
    }
    const about = occlusion.error ? null : occlusion.facts.answer;
    if (about) {
      figures.occlusion.heat(occlusion.arrays.occlusion, x, side, colours, { signed: true });
      figures.occlusion.say(panel.word("occlusion_says", { size: about.size, from: percent(about.probability), to: percent(about.least), name: panel.names[about.target] }));
    } else figures.occlusion.say(occlusion.error.message);
  }
}
