// What is to be seen at one stop of the walk: numbers at the units, amounts along the edges. Pure: from the answer's arrays
// alone. Knows no diagram and no screen.

import { digits } from "../../dom.js";
import { reached } from "./path.js";

const MOST = 64; // units of a column that the diagram shows

/**
 * The moment of stop number `now` for the overlay (see overlay.js).
 * @param {Object} walk the answer of "backprop", with its arrays
 * @param {Array} way see path.js
 * @param {{column: number, unit: number}|null} chosen a unit that somebody wants to see
 */
export function momentOf(walk, way, now, chosen) {
  const { arrays, columns } = walk;
  const stop = way[now];
  const [values, notes] = [new Map(), new Map()];
  const show = (column, array, phase) => {
    for (let unit = 0; unit < Math.min(array.data.length, MOST); unit++) {
      if (!phase || reached(way, now, phase, column, unit)) values.set(`${column}/${unit}`, array.data[unit]);
    }
  };
  const output = (column) => (column < 0 ? arrays.x : arrays[`a/${columns[column].until}`]);
  const blame = (column) => arrays[`d/${columns[column].layer}`];
  const all = columns.map((_, column) => column);
  if (stop.phase === 1) show(-1, arrays.x);
  if (stop.phase <= 2) for (const column of all) show(column, output(column), 1);
  else if (stop.phase === 3) for (const column of all) show(column, blame(column), 3);
  else if (stop.phase === 4) {
    show(stop.column, blame(stop.column)); // times what comes in: the gradient
    show(stop.column - 1, output(stop.column - 1));
  } else biases(walk, stop, notes);
  const loss = stop.phase === 2 ? `L = ${short(walk.loss)}` : null;
  const target = loss && arrays.target.data.length === 1 ? `t = ${short(arrays.target.data[0])}` : null;
  const example = stop.phase === 2 ? null : unitOf(walk, stop, chosen);
  return { stop, example, values, notes, edges: edgesOf(walk, stop), forwards: stop.phase !== 3, loss, target };
}

/** The unit that is explained: the stop's own, else the chosen one of its column, else the one where most happens. */
export function unitOf({ arrays, columns }, { phase, column, unit }, chosen) {
  if (unit !== null) return unit;
  if (chosen?.column === column) return chosen.unit;
  const { data } = arrays[phase === 1 ? `a/${columns[column].until}` : `d/${columns[column].layer}`];
  let best = 0;
  for (let each = 1; each < data.length; each++) if (Math.abs(data[each]) > Math.abs(data[best])) best = each;
  return best;
}

/** A number as it stands on the diagram. */
export const short = (value) => digits(value).replaceAll("-", "−");

function biases({ arrays, columns }, { column, unit }, notes) {
  const name = `${columns[column].layer}.bias`;
  const [old, after] = ["old", "new"].map((which) => arrays[`${which}/${name}`]);
  if (old && unit !== null) notes.set(`${column}/${unit}`, `b ${change(old.data[unit], after.data[unit])}`);
}

// The edges that are busy: what flows along them, and what it does to them.
function edgesOf({ arrays, columns }, stop) {
  if (stop.phase === 2) return [];
  const ahead = stop.phase === 3;
  const column = ahead ? stop.column + 1 : stop.column;
  if (column >= columns.length) return [];
  const tensor = `${columns[column].layer}.weight`;
  const [old, gradient, after] = ["old", "g", "new"].map((name) => arrays[`${name}/${tensor}`]);
  if (!old || old.shape.length !== 2) return [];
  const [rows, width] = old.shape;
  const before = column ? arrays[`a/${columns[column - 1].until}`].data : arrays.x.data;
  const deltas = arrays[`d/${columns[column].layer}`].data;
  const single = stop.unit !== null; // then there is room for numbers
  const found = [];
  for (let row = 0; row < rows; row++) {
    if (!ahead && single && row !== stop.unit) continue;
    for (let from = 0; from < width; from++) {
      if (ahead && single && from !== stop.unit) continue;
      const at = row * width + from;
      const edge = { column, row, from, text: null };
      if (stop.phase === 1) edge.value = old.data[at] * before[from];
      else if (ahead) edge.value = old.data[at] * deltas[row];
      else if (stop.phase === 4) Object.assign(edge, { value: gradient.data[at], text: single && short(gradient.data[at]) });
      else Object.assign(edge, { value: after.data[at] - old.data[at], text: single && change(old.data[at], after.data[at]) });
      found.push(edge);
    }
  }
  return found;
}

// Old and new value, with as many digits as it takes to tell them apart.
function change(old, after) {
  for (let places = 3; places < 7; places++) {
    const [one, other] = [old, after].map((value) => (Math.abs(value) < 1e-3 ? digits(value) : value.toPrecision(places)));
    if (one !== other || places === 6) return `${one} → ${other}`.replaceAll("-", "−");
  }
  return short(old);
}
