// Draws one histogram over time as ridges: values across, the oldest at the back, the newest in front. Colour is the
// value itself: orange below zero, blue above. Pure drawing; knows no run.

export const HEAD = 40; // px above the ridges, for name and shares
export const FOOT = 20; // px below, for the axis
const OVERLAP = 0.42; // a ridge may rise over so much of the whole height
const LATER = 0.6; // how far the oldest ridge has faded

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {{x: number, y: number, width: number, height: number}} box px, without head and foot
 * @param {Moment[]} moments oldest first
 * @param {{colours: Object, hovered: {moment, bin}|null}} how
 * @returns {{across: (value: number) => number, base: (moment) => number, value: (x: number) => number}}
 */
export function drawRidges(pen, box, moments, { colours, hovered }) {
  const reach = span(moments);
  const across = (value) => box.x + ((value - reach.low) / (reach.high - reach.low)) * box.width;
  const [first, last] = [moments[0].step, moments.at(-1).step];
  const rise = box.height * OVERLAP;
  const base = (moment) => box.y + rise + (last > first ? (moment.step - first) / (last - first) : 1) * (box.height - rise);
  const ramp = gradient(pen, across, reach, colours);
  axis(pen, box, across, reach, colours);
  for (const [i, moment] of moments.entries()) {
    const age = moments.length > 1 ? 1 - i / (moments.length - 1) : 0;
    const lit = hovered?.moment === moment;
    ridge(pen, moment, across, base(moment), rise, { ramp, colours, age, lit });
  }
  if (hovered && moments.includes(hovered.moment)) point(pen, hovered, across, base, rise, colours);
  return { across, base, value: (x) => reach.low + ((x - box.x) / box.width) * (reach.high - reach.low) };
}

// The values that are shown, zero among them, up to round numbers, so that the axis does not tremble.
function span(moments) {
  let [low, high] = [0, 0];
  for (const moment of moments) {
    low = Math.min(low, moment.ridge[0][0]);
    high = Math.max(high, moment.ridge.at(-1)[0]);
  }
  if (!(high > low)) return { low: -1, high: 1, size: 1 };
  const size = Math.max(-low, high);
  const grain = 10 ** Math.floor(Math.log10(size)) / 4;
  return { low: Math.floor(low / grain) * grain, high: Math.ceil(high / grain) * grain, size };
}

function gradient(pen, across, { low, high, size }, colours) {
  const ramp = pen.createLinearGradient(across(low), 0, across(high), 0);
  const stops = 8;
  for (let i = 0; i <= stops; i++) {
    const value = low + (i / stops) * (high - low);
    ramp.addColorStop(i / stops, shade(value / size, colours));
  }
  if (low < 0 && high > 0) ramp.addColorStop(-low / (high - low), shade(0, colours));
  return ramp;
}

function shade(part, { lut }) {
  const pixel = lut[Math.round(128 + 127 * Math.min(Math.max(part, -1), 1))];
  return `rgb(${pixel & 255} ${(pixel >> 8) & 255} ${(pixel >> 16) & 255})`;
}

function axis(pen, box, across, { low, high }, colours) {
  const bottom = box.y + box.height;
  pen.fillStyle = colours.line;
  pen.fillRect(box.x, bottom, box.width, 1);
  pen.fillStyle = colours.faint;
  pen.textBaseline = "top";
  const shown = [low, 0, high].filter((value, i, all) => all.indexOf(value) === i);
  for (const value of shown) {
    const x = across(value);
    const text = short(value);
    const half = pen.measureText(text).width / 2;
    const middle = Math.min(Math.max(x, box.x + half), box.x + box.width - half);
    if (value === 0 && (across(high) - x < half + 26 || x - across(low) < half + 26) && low && high) continue;
    pen.textAlign = "center";
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
  return `${+value.toPrecision(2)}`.replace("-", "−");
}
