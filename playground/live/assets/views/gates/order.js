// In which order cells stand: as they are, or by what they do. Numbers only: no element, no run.

export const ORDERS = ["cells", "variance", "input", "forget"];
const FORGETTING = { LSTM: "f", GRU: "z" };

/** By what cells of a kind can be sorted: an RNN has no forget gate. */
export const ordersOf = (kind) => ORDERS.filter((name) => name !== "forget" || FORGETTING[kind]);

/**
 * The cells of a level, sorted.
 *
 * @param {string} by one of ORDERS
 * @param {{kind: string, key: string, shown: number}} level
 * @param {Object} arrays of the answer
 * @param {number} steps
 * @returns {{order: number[], values: Float64Array}} cells from the first row on, and by which number each was sorted
 */
export function sorted(by, level, arrays, steps) {
  const { shown } = level;
  const order = Array.from({ length: shown }, (_, unit) => unit);
  const values = new Float64Array(shown);
  const gate = (letter) => arrays[`gate/${level.key}/${letter}`].data;
  for (const unit of order) {
    if (by === "variance") values[unit] = variance(column(gate("h"), unit, shown, steps));
    else if (by === "input") values[unit] = strongest(column(gate("h"), unit, shown, steps), arrays.x, steps);
    else if (by === "forget") values[unit] = mean(column(gate(FORGETTING[level.kind]), unit, shown, steps));
    else values[unit] = unit;
  }
  if (by === "input") order.sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]) || a - b);
  else if (by !== "cells") order.sort((a, b) => values[b] - values[a] || a - b);
  return { order, values };
}

/** The numbers of one cell over time. */
export function column(data, unit, width, steps) {
  return Float64Array.from({ length: steps }, (_, t) => data[t * width + unit]);
}

function mean(values) {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / Math.max(values.length, 1);
}

function variance(values) {
  const middle = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - middle) ** 2;
  return sum / Math.max(values.length, 1);
}

// The correlation with that feature of the input with which it is strongest.
function strongest(values, { data, shape }, steps) {
  let best = 0;
  for (let feature = 0; feature < shape[1]; feature++) {
    const found = correlation(values, column(data, feature, shape[1], steps));
    if (Math.abs(found) > Math.abs(best)) best = found;
  }
  return best;
}

/** Pearson's correlation; 0 where one of the two never changes. */
export function correlation(a, b) {
  const [ma, mb] = [mean(a), mean(b)];
  let [both, left, right] = [0, 0, 0];
  a.forEach((value, k) => {
    both += (value - ma) * (b[k] - mb);
    left += (value - ma) ** 2;
    right += (b[k] - mb) ** 2;
  });
  return left > 1e-20 && right > 1e-20 ? both / Math.sqrt(left * right) : 0;
}
