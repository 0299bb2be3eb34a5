// Draws one histogram over time as ridges: values across, the oldest at the back, the newest in front. Colour is the
// value itself: orange below zero, blue above. Pure drawing; knows no run.

export const HEAD = 40; // px above the ridges, for name and shares
export const FOOT = 20; // px below, for the axis
const OVERLAP = 0.42; // a ridge may rise over so much of the whole height
const WIDER = 4; // than the newest ridge, at most, is what is shown on a straight axis
const NARROW = 3; // so far is a bent axis nearly straight: a part of the newest ridge
const LATER = 0.6; // how far the oldest ridge has faded

/** The axis of the values: where one lies between 0 and 1, and back. */
class Scale {
  constructor(moments, bent) {
    const ends = (moment) => [moment.ridge[0][0], moment.ridge.at(-1)[0]];
    const newest = Math.max(...ends(moments.at(-1)).map(Math.abs));
    const most = bent ? Infinity : WIDER * newest; // or the newest ridge would be a needle
    let [low, high] = [0, 0];
    for (const moment of moments) {
      const [from, to] = ends(moment);
      low = Math.min(low, Math.max(from, -most));
      high = Math.max(high, Math.min(to, most));
    }
    if (!(high > low)) [low, high] = [-1, 1];
    this.size = Math.max(-low, high);
    const grain = 10 ** Math.floor(Math.log10(this.size)) / 4;
    this.low = Math.floor(low / grain) * grain; // round, so that the axis does not tremble
    this.high = Math.ceil(high / grain) * grain;
    const unit = Math.max(newest, 1e-6 * this.size) / NARROW;
    this.between = bent ? [10 ** Math.floor(Math.log10(newest || 1))] : [];
    this.to = bent ? (value) => Math.asinh(value / unit) : (value) => value;
    this.from = bent ? (place) => Math.sinh(place) * unit : (place) => place;
    this.start = this.to(this.low);
    this.length = this.to(this.high) - this.start;
  }

  part(value) {
    return (this.to(value) - this.start) / this.length;
  }

  value(part) {
    return this.from(this.start + part * this.length);
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {{x: number, y: number, width: number, height: number}} box px, without head and foot
 * @param {Moment[]} moments oldest first
 * @param {{colours: Object, hovered: {moment, bin}|null, bent: boolean}} how `bent`: an axis that grows like a logarithm
 *   away from zero, for numbers that fade by powers of ten
 * @returns {{across: (value: number) => number, base: (moment) => number, value: (x: number) => number,
 *   at: (x: number, y: number) => Moment}} px of a value, of a ridge's foot; the value at a px, the ridge seen at a place
 */
export function drawRidges(pen, box, moments, { colours, hovered, bent }) {
  const scale = new Scale(moments, bent);
  const across = (value) => box.x + scale.part(value) * box.width;
  const [first, last] = [moments[0].step, moments.at(-1).step];
  const rise = box.height * OVERLAP;
  const base = (moment) => box.y + rise + (last > first ? (moment.step - first) / (last - first) : 1) * (box.height - rise);
  const ramp = gradient(pen, box, scale, colours);
  axis(pen, box, across, scale, colours);
  pen.save();
  pen.beginPath();
  pen.rect(box.x, box.y - 4, box.width, box.height + 4);
  pen.clip();
  for (const [i, moment] of moments.entries()) {
    const age = moments.length > 1 ? 1 - i / (moments.length - 1) : 0;
    const lit = hovered?.moment === moment;
    ridge(pen, moment, across, base(moment), rise, { ramp, colours, age, lit });
  }
  pen.restore();
  if (hovered && moments.includes(hovered.moment)) point(pen, hovered, across, base, rise, colours);
  const value = (x) => scale.value((x - box.x) / box.width);
  // The frontmost ridge that covers a place; where none does, the nearest foot.
  const at = (x, y) => {
    const covers = (moment) => y <= base(moment) && y >= base(moment) - rise * moment.height(value(x)) - 1;
    const distance = (moment) => Math.abs(base(moment) - y);
    return moments.findLast(covers) ?? moments.reduce((best, moment) => (distance(moment) <= distance(best) ? moment : best));
  };
  return { across, base, value, at };
}

function gradient(pen, box, scale, colours) {
  const ramp = pen.createLinearGradient(box.x, 0, box.x + box.width, 0);
  const zero = scale.part(0);
  const far = Math.max(zero, 1 - zero); // colour follows the place, not the value, where the axis is bent
  for (let i = 0; i <= 8; i++) ramp.addColorStop(i / 8, shade((i / 8 - zero) / far, colours));
  if (zero > 0 && zero < 1) ramp.addColorStop(zero, shade(0, colours));
  return ramp;
}

function shade(part, { lut }) {
  const pixel = lut[Math.round(128 + 127 * Math.min(Math.max(part, -1), 1))];
  return `rgb(${pixel & 255} ${(pixel >> 8) & 255} ${(pixel >> 16) & 255})`;
}

function axis(pen, box, across, { low, high, between }, colours) {
  const bottom = box.y + box.height;
  pen.fillStyle = colours.line;
  pen.fillRect(box.x, bottom, box.width, 1);
  pen.fillStyle = colours.faint;
  pen.textBaseline = "top";
  pen.textAlign = "center";
  const taken = [];
  // The ends come first, then zero, then what has room between them.
  for (const value of [low, high, 0, ...between, ...between.map((x) => -x)]) {
    if (value < low || value > high) continue;
    const x = across(value);
    const text = short(value);
    const half = pen.measureText(text).width / 2;
    const middle = Math.min(Math.max(x, box.x + half), box.x + box.width - half);
    if (taken.some(([other, its]) => Math.abs(middle - other) < half + its + 8)) continue;
    taken.push([middle, half]);
    pen.fillText(text, middle, bottom + 4);
    pen.fillRect(Math.round(x) - (value === high ? 1 : 0), bottom, 1, 3);
  }
  pen.save();
  pen.globalAlpha = 0.8;
  pen.fillStyle = colours.line;
  pen.fillRect(Math.round(across(0)), box.y, 1, box.height);
  pen.restore();
}

function ridge(pen, moment, across, base, rise, { ramp, colours, age, lit }) {
  const points = moment.ridge;
  pen.beginPath();
  if (points.length === 1) {
    const x = across(points[0][0]);
    pen.moveTo(x - 2.5, base);
    pen.lineTo(x, base - rise);
    pen.lineTo(x + 2.5, base);
  } else {
    pen.moveTo(across(points[0][0]), base);
    for (const [value, height] of points) pen.lineTo(across(value), base - rise * height);
    pen.lineTo(across(points.at(-1)[0]), base);
  }
  pen.fillStyle = colours.background;
  pen.globalAlpha = 0.82;
  pen.fill();
  pen.fillStyle = ramp;
  pen.globalAlpha = lit ? 1 : 1 - LATER * age;
  pen.fill();
  pen.globalAlpha = 1;
  pen.strokeStyle = lit ? colours.text : colours.background;
  pen.lineWidth = lit ? 1.6 : 1;
  pen.stroke();
}

function point(pen, { moment, bin }, across, base, rise, colours) {
  if (bin === null) return;
  const [from, to] = moment.ends(bin);
  const [left, right] = [across(from), Math.max(across(to), across(from) + 2)];
  pen.fillStyle = colours.text;
  pen.globalAlpha = 0.85;
  pen.fillRect(left, base(moment) - 1.5, right - left, 3);
  pen.globalAlpha = 1;
}

function short(value) {
  const size = Math.abs(value);
  const text = size && (size < 1e-3 || size >= 1e5) ? value.toExponential(0).replace("e+", "e") : `${+value.toPrecision(2)}`;
  return text.replaceAll("-", "−");
}
