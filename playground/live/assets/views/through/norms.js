// The norm of the whole gradient from step to step of the training, and what clipping makes of it: it is cut at the bound. Knows
// the metrics of frames only.

import { digits, h, whole } from "../../dom.js";
import { write } from "../picture/panel.js";

const [TALL, LEFT, FOOT] = [84, 44, 18]; // px
const MOST = 400;
const BOUND = 1; // what the button clips at: Pascanu et al. (2013) take about as much

export class Norms {
  /** @param {Object} panel the view */
  constructor(panel) {
    this.panel = panel;
    this.title = h("h4", { class: "stage-through-subtitle" }, panel.word("norm"));
    this.clip = h("button", { type: "button", class: "stage-look-chip", data: { deed: "clip" }, onclick: () => this.#clip() });
    this.canvas = h("canvas", { class: "stage-through-norms", role: "img", "aria-label": panel.word("norm") });
    this.says = h("p", { class: "stage-look-note" });
    this.node = h("div", { class: "stage-through-whole", hidden: true }, h("div", { class: "stage-look-head" }, this.title, this.clip), this.canvas, this.says);
    this.forget();
  }

  forget() {
    this.points = []; // [step, norm, bound]
    this.recalled = false;
  }

  get bound() {
    return this.panel.stage.setup.experiment.optimizer.clip_norm || 0;
  }

  /** Remembers the norm of a frame; whether there is something new. */
  take(frame) {
    if (frame && !this.recalled) this.#recall();
    const norm = frame?.metrics.gradient_norm;
    if (!Number.isFinite(norm) || frame.step === 0) return false;
    const { points } = this;
    const last = points.at(-1);
    if (last && frame.step <= last[0]) {
      if (frame.step === last[0]) return false;
      if (!frame.live) return false;
      this.forget(); // it was begun anew
    }
    this.points = thinned([...this.points, [frame.step, norm, this.bound]]);
    return true;
  }

  // What was before anybody looked.
  async #recall() {
    this.recalled = true;
    const about = this.points;
    const found = await this.panel.stage.history().catch(() => null);
    const norms = found?.arrays.gradient_norm?.data;
    if (!norms || (about.length && !this.points.length)) return;
    const past = Array.from(norms, (norm, k) => [Number(found.arrays.step.data[k]), norm, this.bound]).filter(([step, norm]) => step > 0 && Number.isFinite(norm));
    const last = past.at(-1)?.[0] ?? 0;
    this.points = thinned([...past, ...this.points.filter(([step]) => step > last)]);
    this.panel.again();
  }

  paint(frame) {
    const { panel, points } = this;
    const { stage } = panel;
    this.node.hidden = !points.length;
    if (!points.length) return;
    const { bound } = this;
    write(this.clip, panel.word(bound ? "clip_off" : "clip_on", { bound: BOUND }));
    this.clip.setAttribute("aria-pressed", String(bound > 0));
    this.clip.hidden = stage.mode === "replay";
    const { colours } = stage;
    const width = panel.width;
    const pen = panel.pen(this.canvas, width, TALL + FOOT);
    const powers = points.flatMap(([, norm, at]) => (norm > 0 ? [Math.log10(norm), ...(at ? [Math.log10(at)] : [])] : []));
    const [low, high] = [Math.floor(Math.min(...powers, -1)), Math.ceil(Math.max(...powers, 0))];
    const [from, to] = [points[0][0], Math.max(points.at(-1)[0], points[0][0] + 1)];
    const x = (step) => LEFT + ((step - from) / (to - from)) * (width - LEFT - 6);
    const y = (value) => 6 + (1 - (Math.max(Math.log10(Math.max(value, 1e-300)), low) - low) / (high - low)) * (TALL - 12);
    pen.font = `12px ${panel.family}`;
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    const every = Math.max(1, Math.ceil((high - low) / 4));
    for (let power = low; power <= high; power += every) {
      pen.strokeStyle = colours.line;
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(LEFT, y(10 ** power));
      pen.lineTo(width, y(10 ** power));
      pen.stroke();
      pen.fillStyle = colours.faint;
      pen.fillText(digits(10 ** power), LEFT - 6, y(10 ** power));
    }
    pen.textBaseline = "alphabetic";
    pen.textAlign = "left";
    pen.fillText(whole(from), LEFT, TALL + FOOT - 4);
    pen.textAlign = "right";
    if (points.length > 1) pen.fillText(whole(points.at(-1)[0]), width - 4, TALL + FOOT - 4);
    const stroke = (value, colour, line) => {
      pen.strokeStyle = colour;
      pen.lineWidth = line;
      pen.beginPath();
      points.forEach((point, k) => pen[k ? "lineTo" : "moveTo"](x(point[0]), y(value(point))));
      pen.stroke();
    };
    stroke(([, norm]) => norm, colours.faint, 1.2);
    if (points.some(([, , at]) => at)) stroke(([, norm, at]) => (at ? Math.min(norm, at) : norm), colours.accent, 2);
    if (bound) {
      pen.setLineDash([5, 4]);
      pen.strokeStyle = colours.wrong;
      pen.lineWidth = 1.4;
      pen.beginPath();
      pen.moveTo(LEFT, y(bound));
      pen.lineTo(width, y(bound));
      pen.stroke();
      pen.setLineDash([]);
    }
    const at = frame ? (points.findLast(([step]) => step <= frame.step) ?? points[0]) : points.at(-1);
    const norm = at[1];
    pen.fillStyle = colours.text;
    pen.beginPath();
    pen.arc(x(at[0]), y(norm), 3.5, 0, 7);
    pen.fill();
    const cut = points.filter(([, value, at]) => at && value > at).length;
    write(this.says, bound ? panel.word("clipped", { norm: digits(norm), bound: digits(bound), part: Math.round((100 * cut) / points.length) }) : panel.word("unclipped", { norm: digits(norm) }));
    panel.root.dataset.clip = bound;
  }

  async #clip() {
    const { panel } = this;
    const value = this.bound ? 0 : BOUND;
    if (panel.stage.options?.untrained) return void panel.stage.propose({ kind: "set", path: "optimizer.clip_norm", value });
    try {
      await panel.stage.command({ kind: "set", path: "optimizer.clip_norm", value });
    } catch (error) {
      write(this.says, error.message);
    }
  }
}

// Of very many the older ones are told of by every second.
function thinned(points) {
  let found = points;
  while (found.length > MOST) found = found.filter((_, k) => k % 2 || k > MOST / 2);
  return found;
}
