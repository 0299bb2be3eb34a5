// The network as columns of units, from the facts of a run: the input first (index −1), then each Linear with what
// follows it. Knows no screen.

/** So many units of a column are shown; the rest is counted. */
export const MOST = 64;

/**
 * @param {Object} setup the stage's facts
 * @param {(key: string, values?: Object) => string} word
 * @returns {Array<Object>} index, name, short (for a head), units, shown, labels, activation, others, output (index of the layer that tiles
 *   show), weight and bias (names of tensors), picture ([rows, columns] where inputs are pictures), hidden
 */
export function columnsOf(setup, word) {
  const layers = setup.experiment.model.layers;
  const last = setup.columns.length - 1;
  return [inputOf(setup, word), ...setup.columns.map((column, index) => columnOf(setup, layers, column, index, last, word))];
}

function inputOf(setup, word) {
  const { shape, labels } = setup.input;
  const picture = shape.length >= 2 ? shape.slice(-2) : null;
  const units = picture ? 1 : shape[0];
  return {
    index: -1,
    name: word("diagram.input"),
    short: word("diagram.input"),
    units,
    shown: Math.min(units, MOST),
    labels: picture ? [picture.join("×")] : labels.map((label) => (setup.experiment.data.kind === "Csv" ? ownName(label) : pretty(label))),
    activation: "",
    others: [],
    inputs: 0,
    picture,
    hidden: false,
  };
}

function columnOf(setup, layers, column, index, last, word) {
  const { layer, units, until } = column;
  const linear = layers[layer].kind === "Linear";
  const inside = layers.slice(linear ? layer + 1 : layer, until + 1);
  const activation = column.activation ?? "";
  const names = setup.target.kind === "classes" ? setup.target.names : [];
  return {
    index,
    layer,
    until,
    name: column.name,
    short: index === last ? column.name : word("diagram.hidden", { number: index + 1 }),
    units,
    shown: Math.min(units, MOST),
    labels: index === last && names?.length === units ? names.map(String) : [],
    activation,
    others: inside.filter((each) => each.kind !== activation).map(spoken),
    output: until,
    weight: linear ? `${layer}.weight` : null,
    bias: linear ? `${layer}.bias` : null,
    picture: null,
    hidden: linear && index !== last,
  };
}

/** A feature's name as it is written in a formula. */
const pretty = (label) =>
  String(label).replaceAll("x1", "x₁").replaceAll("x2", "x₂").replaceAll("^2", "²").replaceAll("*", "·").replace(/\((.*)\)/, " $1");

// A table's columns keep their names; points that were painted are a table with the names of the plane.
const ownName = (label) => (/^x[12]$/.test(label) ? pretty(label) : String(label));

const spoken = (layer) => (layer.kind === "Dropout" ? `Dropout ${layer.p}` : layer.kind);

/** How a unit is called: its label where it has one, else the column and its number. */
export function unitName(column, unit, word) {
  if (column.labels[unit] !== undefined) return column.labels[unit];
  return column.units === 1 && !column.hidden ? column.name : word("diagram.unit", { column: column.name, number: unit + 1 });
}

/** The same, as short as it fits on a hint. */
export function briefName(column, unit, word) {
  if (column.labels[unit] !== undefined) return column.labels[unit];
  return column.units === 1 && !column.hidden ? column.short : word("diagram.brief", { column: column.short, number: unit + 1 });
}

/** The short name of a unit where a whole column is listed. */
export function shortName(column, unit, word) {
  return column.labels[unit] ?? word("diagram.number", { number: unit + 1 });
}

// --- changes: each returns the new list of layers -----------------------------------------------------------------------

/** One neuron more or less. */
export function resized(layers, column, by) {
  return layers.map((layer, at) => (at === column.layer ? { ...layer, out_features: layer.out_features + by } : layer));
}

/** Without a hidden column and what follows its Linear. */
export function without(layers, column) {
  return layers.filter((_, at) => at < column.layer || at > column.until);
}

/** With a new hidden column before `column`: as wide as the one before, with the activation that is used there. */
export function withBefore(layers, columns, column) {
  const before = columns[column.index]; // columns[0] is the input, so this is the column on the left
  const near = [before, column, ...columns].find((each) => each.hidden) ?? null;
  const width = near ? layers[near.layer].out_features : Math.min(4, Math.max(2, before.units));
  const activation = near?.activation || "Tanh";
  const model = near && layers.slice(near.layer, near.until + 1).find((layer) => layer.kind === activation);
  const added = [{ kind: "Linear", out_features: width }, model ? { ...model } : { kind: activation }];
  return [...layers.slice(0, column.layer), ...added, ...layers.slice(column.layer)];
}
