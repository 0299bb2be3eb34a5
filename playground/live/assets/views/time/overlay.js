// What moves above the curves at every frame: the newest bit of each line, the replayed step, the step pointed at.

import { indexAfter } from "./series.js";
import { MARGIN } from "./figure.js";

export class Overlay {
  constructor(canvas) {
    this.canvas = canvas;
    this.known = -1; // the last step that plotly has drawn
  }

  plotted(step) {
    this.known = step;
  }

  /** Draws anew; `replayed` and `hovered` are steps or null. Returns how far from the left (px) the one that is read stands. */
  paint({ record, how, shown, panels, layout, width, colours, replayed, hovered }) {
    const pen = this.canvas.getContext("2d");
    const { height } = layout;
    pen.setTransform(this.canvas.width / width, 0, 0, this.canvas.height / height, 0, 0);
    pen.clearRect(0, 0, width, height);
    const [from, to] = shown.x;
    const right = width - MARGIN.right;
    const across = (x) => MARGIN.left + ((x - from) / (to - from)) * (right - MARGIN.left);
    const place = (step) => across(how.axis === "step" ? step : record.epochAt(step));
    panels.forEach((panel, index) => {
      const { top, height: own } = layout.boxes[index];
      if (replayed !== null) rule(pen, place(replayed), top, own, right, colours.text, 1.5, []);
      if (hovered !== null) rule(pen, place(hovered), top, own, right, colours.faint, 1, [3, 3]);
      const [low, high] = shown.y[index];
      const logarithmic = how.log && panel.name === "loss";
      const down = (value) => top + own - (((logarithmic ? Math.log10(value) : value) - low) / (high - low)) * own;
      pen.save();
      pen.beginPath();
      pen.rect(MARGIN.left - 6, top - 6, right - MARGIN.left + 12, own + 12);
      pen.clip();
      panel.lines.forEach((name, part) => {
        const line = record.line(name);
        if (!line?.count) return;
        const colour = part ? colours.test : colours.train;
        this.#tail(pen, line, how, across, down, colour, part);
        const step = hovered ?? replayed;
        const index_ = step === null ? line.count - 1 : indexAfter(line.steps, line.count, step) - 1;
        if (index_ < 0) return;
        let x = across((how.axis === "step" ? line.steps : line.epochs)[index_]);
        if (step === null) x = Math.min(x, Math.max(right, across(to))); // the axis follows in a moment
        if (x >= MARGIN.left - 1 && x <= right + 1) dot(pen, x, down(line.values[index_]), colour, colours.background, part);
      });
      pen.restore();
    });
    return place(hovered ?? replayed ?? 0);
  }

  #tail(pen, line, { axis }, across, down, colour, part) {
    const first = Math.max(0, indexAfter(line.steps, line.count, this.known) - 1);
    if (first >= line.count - 1) return;
    const x = axis === "step" ? line.steps : line.epochs;
    pen.beginPath();
    for (let i = first; i < line.count; i++) {
      if (i === first) pen.moveTo(across(x[i]), down(line.values[i]));
      else pen.lineTo(across(x[i]), down(line.values[i]));
    }
    pen.strokeStyle = colour;
    pen.lineWidth = 2;
    pen.lineJoin = "round";
    pen.setLineDash(part ? [6, 3] : []);
    pen.stroke();
    pen.setLineDash([]);
  }
}

function rule(pen, x, top, height, right, colour, width, dash) {
  if (!(x >= MARGIN.left - 1 && x <= right + 1)) return;
  pen.beginPath();
  pen.moveTo(x, top);
  pen.lineTo(x, top + height);
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.globalAlpha = 0.7;
  pen.setLineDash(dash);
  pen.stroke();
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

// Training is a disc, test a ring: told apart without colour.
function dot(pen, x, y, colour, ground, ring) {
  pen.beginPath();
  pen.arc(x, y, ring ? 3.2 : 3, 0, 2 * Math.PI);
  pen.fillStyle = ring ? ground : colour;
  pen.fill();
  if (!ring) return;
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.stroke();
}
