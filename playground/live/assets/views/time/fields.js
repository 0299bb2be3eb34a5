// Which histograms stand side by side: one for each layer, or all there are of one layer; and what is said of them.

import { digits } from "../../dom.js";
import { called } from "../picture/layers.js";

const RECURRENT = new Set(["RNN", "LSTM", "GRU"]);
export const KINDS = { weights: "w", activations: "a", gradients: "g" };
const MUCH = { zero: 0.9, saturated: 0.5 }; // of a hidden layer: worth a second look

/**
 * @param {Object} setup the stage's
 * @param {Spreads} spreads what is known
 * @param {{kind: string, column: number|null}} chosen a column of the setup, or null for all
 * @param {(key: string, values?: Object) => string} word
 * @returns {{name: string, title: string, hidden: boolean}[]} `hidden`: not the output's
 */
export function fieldsOf(setup, spreads, { kind, column }, word) {
  const { columns, layers } = setup;
  const output = columns.at(-1);
  if (column === null) {
    const shown = kind === "activations" ? columns : columns.filter(({ layer }) => layers[layer].parameters > 0);
    return shown.map((one) => ({
      name: kind === "activations" ? `hist/a/${ending(one, spreads)}` : `hist/${KINDS[kind]}/${mainTensor(layers[one.layer])}`,
      title: kind === "activations" ? titleOf(one) : one.name,
      hidden: one !== output,
    }));
  }
  const { layer, until } = columns[column];
  const hidden = columns[column] !== output;
  const inside = (index) => index >= layer && index <= until;
  if (kind === "activations") {
    const all = layers.filter(({ index }) => inside(index) && spreads.of(`hist/a/${index}`));
    return all.map(({ index, name }) => ({ name: `hist/a/${index}`, title: setup.input.shape.length === 3 ? called(setup, index) : name, hidden }));
  }
  const tensors = [...spreads.byName.keys()].filter((name) => name.startsWith(`hist/${KINDS[kind]}/`));
  return tensors
    .map((name) => ({ name, tensor: name.split("/")[2] }))
    .filter(({ tensor }) => inside(parseInt(tensor, 10)))
    .map(({ name, tensor }) => ({ name, title: tensorTitle(tensor, layers, kind, word), hidden }));
}

// The tensor that stands for a layer: of a recurrent one what its cells hear of themselves.
function mainTensor({ index, kind }) {
  return `${index}.${RECURRENT.has(kind) ? "weight_hh_l0" : "weight"}`;
}

/** A column as it is chosen: "Hidden layer 1 · Tanh". */
export function titleOf({ name, activation }) {
  return activation ? `${name} · ${activation}` : name;
}

/** "12 % zero · 3.0 % saturated"; nothing where there is neither. */
export function shares({ zero, saturated }, word) {
  const said = [];
  if (zero > 0) said.push(word("histograms.zero", { part: percent(zero) }));
  if (saturated > 0) said.push(word("histograms.saturated", { part: percent(saturated) }));
  return said.join(" · ");
}

/** Whether so much of a hidden layer is zero or saturated that it learns little. */
export function worrying({ zero, saturated }, { hidden, name }) {
  return hidden && name.startsWith("hist/a/") && (zero > MUCH.zero || saturated > MUCH.saturated);
}

/** What a histogram shows, for those who do not see it. */
export function sentence(title, { low, high, zero, saturated }, word) {
  const values = { name: title, low: digits(low), high: digits(high), zero: percent(zero), saturated: percent(saturated) };
  return word("histograms.alt_cell", values);
}

export function percent(part) {
  const size = 100 * part;
  if (size > 0 && size < 0.1) return "<0.1 %";
  return `${size >= 99.95 || size < 0.05 ? Math.round(size) : size.toPrecision(size < 10 ? 2 : 3)} %`;
}

// Dropout behind an activation has no numbers of its own.
function ending({ layer, until }, spreads) {
  for (let index = until; index > layer; index--) if (spreads.of(`hist/a/${index}`)) return index;
  return layer;
}

function tensorTitle(tensor, layers, kind, word) {
  const [index, part] = tensor.split(".");
  const { kind: layer, name } = layers[Number(index)];
  const known = layer === "Linear" && (part === "weight" || part === "bias");
  const title = known ? word(`histograms.${part}`) : `${name} ${part}`;
  return kind === "gradients" ? word("histograms.gradient", { name: title }) : title;
}
