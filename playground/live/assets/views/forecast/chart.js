// The chart of a series: its two parts, the window before the forecast, lines of what is said of it. Lengths and a canvas; knows
// the answer's form only.

import { shade } from "../look/tint.js";

const [LEFT, TOP, FOOT, TALL, RIGHT] = [46, 16, 22, 250, 8]; // px
const NICE = [1, 2, 2.5, 5, 10];

export class Chart {
  /** @param {Object} panel the view */
  constructor(panel) {
    this.panel = panel;
  }

  /** Which index of the series lies under a place; null outside. */
  indexAt(x) {
    const { panel } = this;
    if (!panel.found || x < LEFT - 6 || x > panel.width) return null;
    const { first, arrays } = panel.found;
    const index = Math.round(first + ((x - LEFT) / (panel.width - LEFT - RIGHT)) * this.#span());
    return Math.min(Math.max(index, first), first + arrays.values.data.length - 1);
  }

  // From the first index to the last that is drawn: the rolled forecast may reach beyond the end of the series.
  #span() {
    const { found } = this.panel;
    const last = found.first + found.arrays.values.data.length - 1;
    const beyond = this.panel.off.has("rolled") ? last : Math.min(found.start + found.arrays.rolled.data.length - 1, last + found.arrays.rolled.data.length);
    return Math.max(last, last === found.length - 1 ? beyond : last, found.first + 1) - found.first;
  }

  paint(found) {
    const { panel } = this;
    const { colours } = panel.stage;
    const { width } = panel;
    const pen = panel.pen(panel.canvas, width, TOP + TALL + FOOT);
    const { values, rolled } = found.arrays;
    const span = this.#span();
    const x = (index) => LEFT + ((index - found.first) / span) * (width - LEFT - RIGHT);
    const shown = (name) => !panel.off.has(name);
    const all = [values.data, ...["network", "naive", "seasonal"].filter(shown).map((name) => found.arrays[name].data)];
    const inside = shown("rolled") ? Array.from(rolled.data).filter((_, k) => found.start + k >= found.first && found.start + k <= found.first + span) : [];
    const [low, high, every] = nice([...all, inside]);
    const y = (value) => TOP + (1 - (value - low) / (high - low)) * TALL;
    this.#ground(pen, found, x, span, colours);
    pen.font = `12px ${panel.family}`;
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (let value = low; value <= high + every / 1e6; value += every) {
      pen.strokeStyle = colours.line;
      pen.lineWidth = 1;
      pen.beginPath();
      pen.moveTo(LEFT, y(value));
      pen.lineTo(width - RIGHT, y(value));
      pen.stroke();
      pen.fillStyle = colours.faint;
      pen.fillText(String(Number(value.toPrecision(4))).replace("-", "−"), LEFT - 6, y(value));
    }
    if (found.unit) {
      pen.textAlign = "left";
      pen.fillText(found.unit, 2, 7);
    }
    this.#ticks(pen, found, x, colours, width);
    const line = (data, from, colour, thick, dash = []) => {
      pen.strokeStyle = colour;
      pen.lineWidth = thick;
      pen.setLineDash(dash);
      pen.beginPath();
      let begun = false;
      data.forEach((value, k) => {
        const index = from + k;
        if (!Number.isFinite(value) || index < found.first || index > found.first + span) return void (begun = false);
        pen[begun ? "lineTo" : "moveTo"](x(index), y(value));
        begun = true;
      });
      pen.stroke();
      pen.setLineDash([]);
    };
    pen.save();
    pen.beginPath();
    pen.rect(LEFT, TOP - 2, width - LEFT, TALL + 4);
    pen.clip();
    if (shown("seasonal")) line(found.arrays.seasonal.data, found.first, colours.classes[3], 1.2, [2, 3]);
    if (shown("naive")) line(found.arrays.naive.data, found.first, colours.negative, 1.2, [5, 3]);
    line(values.data, found.first, colours.faint, 1.6);
    if (shown("network")) line(found.arrays.network.data, found.first, colours.accent, 2);
    if (shown("rolled")) line([this.#before(found), ...rolled.data], found.start - 1, colours.classes[4], 2.2);
    pen.restore();
    this.#points(pen, found, x, y, colours);
    this.#key(colours);
  }

  #before(found) {
    return found.arrays.values.data[found.start - 1 - found.first] ?? NaN;
  }

  // What is held back, and the window from which the forecast is rolled.
  #ground(pen, found, x, span, colours) {
    const { panel } = this;
    const [from, to] = [found.first, found.first + span];
    const box = (a, b, colour) => {
      const [left, right] = [x(Math.max(a, from)), x(Math.min(b, to))];
      if (right <= left) return;
      pen.fillStyle = colour;
      pen.fillRect(left, TOP, right - left, TALL);
    };
    box(found.begins - 0.5, found.length, shade(colours, "accent", 0.08));
    if (!panel.off.has("rolled")) box(found.start - found.window - 0.5, found.start - 0.5, shade(colours, "line", 0.75));
    if (found.begins <= from || found.begins > to) return;
    pen.strokeStyle = colours.accent;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.moveTo(x(found.begins - 0.5), TOP - 12);
    pen.lineTo(x(found.begins - 0.5), TOP + TALL);
    pen.stroke();
    pen.font = `12px ${panel.family}`;
    pen.textBaseline = "alphabetic";
    pen.fillStyle = colours.text;
    const middle = x(found.begins - 0.5);
    pen.textAlign = "right";
    pen.fillText(panel.word("training"), middle - 6, TOP - 4, middle - LEFT - 30);
    pen.textAlign = "left";
    pen.fillText(panel.word("test"), middle + 6, TOP - 4, panel.width - middle - 10);
  }

  #ticks(pen, found, x, colours, width) {
    pen.textBaseline = "alphabetic";
    pen.fillStyle = colours.faint;
    let free = -Infinity;
    for (const [index, text] of found.ticks) {
      const wide = pen.measureText(text).width;
      const left = Math.min(Math.max(x(index) - wide / 2, LEFT - 20), width - wide);
      if (left < free) continue;
      free = left + wide + 14;
      pen.textAlign = "left";
      pen.fillText(text, left, TOP + TALL + 16);
      pen.fillRect(x(index), TOP + TALL, 1, 4);
    }
  }

  #points(pen, found, x, y, colours) {
    const { hover } = this.panel;
    if (hover === null) return;
    pen.strokeStyle = colours.text;
    pen.globalAlpha = 0.5;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(x(hover), TOP);
    pen.lineTo(x(hover), TOP + TALL);
    pen.stroke();
    pen.globalAlpha = 1;
    for (const [name, colour] of [["values", colours.text], ["network", colours.accent]]) {
      const value = found.arrays[name].data[hover - found.first];
      if (!Number.isFinite(value) || this.panel.off.has(name)) continue;
      pen.fillStyle = colour;
      pen.beginPath();
      pen.arc(x(hover), y(value), 3.5, 0, 7);
      pen.fill();
    }
  }

  #key(colours) {
    const inks = { network: colours.accent, naive: colours.negative, seasonal: colours.classes[3], rolled: colours.classes[4] };
    for (const chip of this.panel.keys.children) chip.firstChild.style.background = inks[chip.dataset.line];
  }
}

// Round ends for an axis, and the step between its lines.
function nice(series) {
  let [low, high] = [Infinity, -Infinity];
  for (const values of series) for (const value of values) if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (!(high > low)) [low, high] = Number.isFinite(low) ? [low - 1, low + 1] : [0, 1];
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const every = NICE.find((part) => part * power >= rough) * power;
  return [Math.floor(low / every) * every, Math.ceil(high / every) * every, every];
}
