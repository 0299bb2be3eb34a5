// The bar of the timeline: the losses as a skyline, ticks of epochs, marks of what was changed. A pure drawing.

import { extremes } from "./series.js";

export const HEIGHT = 58; // px
const SKY = 38; // px of it for the losses
const STRAIGHT = 20; // losses that span more than this factor are drawn on a logarithmic scale

/**
 * @param {HTMLCanvasElement} canvas as large as `width` × HEIGHT
 * @param {{width: number, record: Object, total: number, place: (step: number) => number, colours: Object,
 *   marks: number[], ghost: number|null, unit: string, family: string}} what `family`: of the font
 */
export function paint(canvas, { width, record, total, place, colours, marks, ghost, unit, family }) {
  const pen = canvas.getContext("2d");
  pen.setTransform(canvas.width / width, 0, 0, canvas.height / HEIGHT, 0, 0);
  pen.clearRect(0, 0, width, HEIGHT);
  const [left, right] = [place(0), place(total)];
  const game = record.line("d_loss"); // two players: neither loss is the other's test, and none falls to a goal
  const train = points(game ?? record.line("loss"), place, width);
  const test = points(record.line(game ? "g_loss" : "test_loss"), place, width);
  const scale = vertical([...train, ...test]);
  pen.lineJoin = "round";
  if (game && train.length > 1) stroke(pen, train, scale, colours.discriminator, []);
  else if (train.length > 1) {
    trace(pen, train, scale);
    pen.lineTo(train.at(-1)[0], SKY);
    pen.lineTo(train[0][0], SKY);
    pen.fillStyle = colours.train;
    pen.globalAlpha = colours.dark ? 0.28 : 0.22;
    pen.fill();
    pen.globalAlpha = 1;
    stroke(pen, train, scale, colours.train, []);
  }
  if (test.length > 1) stroke(pen, test, scale, game ? colours.generator : colours.test, [4, 3]);
  pen.fillStyle = colours.line;
  pen.fillRect(left, SKY, right - left, 1);
  ticks(pen, { left, right, width, record, place, colours, unit, family });
  for (const step of marks) mark(pen, place(step), colours);
  if (ghost !== null) haunt(pen, place(ghost), colours);
}

function points(line, place, width) {
  if (!line?.count) return [];
  const kept = extremes(line.steps, line.values, 0, line.count, Math.max(8, Math.floor(width / 3)));
  return kept.map((i) => [place(line.steps[i]), line.values[i]]);
}

function vertical(all) {
  let [low, high] = [Infinity, -Infinity];
  for (const [, value] of all) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const top = 5;
  const floor = SKY - 3;
  if (low > 0 && high / low > STRAIGHT) {
    const span = Math.log(high / low);
    return (value) => floor - ((floor - top) * Math.log(value / low)) / span;
  }
  low = Math.min(low, 0);
  return (value) => floor - ((floor - top) * (value - low)) / (high - low || 1);
}

function trace(pen, all, scale) {
  pen.beginPath();
  all.forEach(([x, value], i) => (i ? pen.lineTo(x, scale(value)) : pen.moveTo(x, scale(value))));
}

function stroke(pen, all, scale, colour, dash) {
  trace(pen, all, scale);
  pen.setLineDash(dash);
  pen.strokeStyle = colour;
  pen.lineWidth = 1.4;
  pen.stroke();
  pen.setLineDash([]);
}

// Round epochs, as many as have room.
function ticks(pen, { left, right, width, record, place, colours, unit, family }) {
  const last = record.lastEpoch;
  if (!(last > 0)) return;
  pen.font = `12px ${family}`;
  const room = Math.max(2, Math.floor(width / 110));
  const each = niceStep(last / room);
  pen.textBaseline = "top";
  pen.fillStyle = colours.faint;
  for (let i = 0; i * each <= last * 1.0001; i++) {
    const x = Math.round(place(record.stepAt(i * each))) + 0.5;
    const text = i ? label(i * each) : `${unit} 0`;
    const half = pen.measureText(text).width / 2;
    pen.fillRect(x - 0.5, SKY, 1, 4);
    if (x + half > width || (i && x - half < left + 62)) continue;
    pen.textAlign = i ? "center" : "left";
    pen.fillText(text, i ? x : Math.min(left - 8, x), SKY + 6, right - left + 8);
  }
}

/** The least of 1, 2, 5 · 10ⁿ that is not below `size`. */
export function niceStep(size) {
  const decade = 10 ** Math.floor(Math.log10(size));
  return decade * ([1, 2, 5, 10].find((x) => x * decade >= size * 0.999999) ?? 10);
}

function label(value) {
  if (value >= 10000) return `${+(value / 1000).toPrecision(4)}k`;
  return `${+value.toPrecision(4)}`;
}

function mark(pen, x, colours) {
  pen.fillStyle = colours.text;
  pen.globalAlpha = 0.35;
  pen.fillRect(x - 0.5, 7, 1, SKY - 7);
  pen.globalAlpha = 1;
  pen.beginPath();
  pen.moveTo(x, 1);
  pen.lineTo(x + 4, 5);
  pen.lineTo(x, 9);
  pen.lineTo(x - 4, 5);
  pen.fill();
}

function haunt(pen, x, colours) {
  pen.strokeStyle = colours.test;
  pen.lineWidth = 1.5;
  pen.setLineDash([3, 3]);
  pen.beginPath();
  pen.moveTo(x, 2);
  pen.lineTo(x, SKY);
  pen.stroke();
  pen.setLineDash([]);
}
