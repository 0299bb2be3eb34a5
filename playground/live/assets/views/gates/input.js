// The input of a network over time, above what the network makes of it: lines of numbers, symbols as they are, words. Draws on
// a canvas that is given; knows no run.

import { shade } from "../look/tint.js";

const LETTER = 9; // px that a symbol needs at least

/** How a sequence is written: "words" (tokens), "symbols" (columns of zeros and ones, of which one is 1), or "numbers". */
export function manner({ data, shape }, tokens) {
  if (tokens.length) return "words";
  if (shape[1] < 3) return "numbers";
  for (let t = 0; t < shape[0]; t++) {
    let sum = 0;
    for (let f = 0; f < shape[1]; f++) {
      const value = data[t * shape[1] + f];
      if (value !== 0 && value !== 1) return "numbers";
      sum += value;
    }
    if (sum > 1) return "numbers";
  }
  return "symbols";
}

/** What stands at a step: a word, a symbol, or its numbers. */
export function written({ data, shape }, tokens, labels, t, digits) {
  if (tokens.length) return tokens[t] === "" ? "·" : tokens[t];
  const row = Array.from({ length: shape[1] }, (_, f) => data[t * shape[1] + f]);
  if (manner({ data, shape }, tokens) === "symbols") {
    const which = row.indexOf(1);
    return which < 0 ? "·" : labels[which] ?? String(which + 1);
  }
  return row.map((value, f) => (shape[1] === 1 ? digits(value) : `${labels[f] ?? f + 1} ${digits(value)}`)).join(", ");
}

/** Draws a sequence into a box, each step as wide as below it. */
export function drawInput(pen, box, answer, labels, colours, family) {
  const { x, tokens } = { x: answer.arrays.x, tokens: answer.tokens };
  const [steps] = x.shape;
  const step = box.w / steps;
  pen.fillStyle = shade(colours, "line", 0.28);
  pen.fillRect(box.x, box.y, box.w, box.h);
  const how = manner(x, tokens);
  if (how === "numbers") return void lines(pen, box, x, colours);
  pen.font = `12px ${family}`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillStyle = colours.text;
  const each = Math.max(1, Math.ceil(LETTER / step));
  for (let t = 0; t < steps; t++) {
    const text = written(x, tokens, labels, t, String);
    if (how === "symbols" && each > 1) {
      const which = Array.from({ length: x.shape[1] }, (_, f) => x.data[t * x.shape[1] + f]).indexOf(1);
      if (which >= 0) {
        pen.fillStyle = colours.classes[which % colours.classes.length];
        pen.fillRect(box.x + t * step, box.y + (which / x.shape[1]) * box.h, Math.max(step, 1), box.h / x.shape[1]);
      }
    } else if (t % each === 0) {
      pen.save();
      pen.beginPath();
      pen.rect(box.x + t * step - 1, box.y, step * each + 1, box.h);
      pen.clip();
      pen.fillText(text === " " ? "␣" : text === "\n" ? "↵" : text, box.x + (t + 0.5) * step, box.y + box.h / 2);
      pen.restore();
    }
  }
}

function lines(pen, box, { data, shape: [steps, features] }, colours) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of data) if (Number.isFinite(value)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  if (!(high > low)) [low, high] = [low - 1, high + 1];
  const y = (value) => box.y + box.h - 3 - ((value - low) / (high - low)) * (box.h - 6);
  const step = box.w / steps;
  if (low < 0 && high > 0) {
    pen.strokeStyle = colours.line;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(box.x, y(0));
    pen.lineTo(box.x + box.w, y(0));
    pen.stroke();
  }
  for (let f = features - 1; f >= 0; f--) {
    pen.strokeStyle = f ? colours.classes[(f + 1) % colours.classes.length] : colours.text;
    pen.lineWidth = 1.5;
    pen.beginPath();
    for (let t = 0; t < steps; t++) pen[t ? "lineTo" : "moveTo"](box.x + (t + 0.5) * step, y(data[t * features + f]));
    pen.stroke();
  }
}
