// Runs to look at: data, network and frames in the shape the wire brings them. Everything is computed, nothing is drawn
// by hand.

import { Net, random } from "./net.js";

const GRID = 100;
const TILE = 34;
const EXTENT = [-6, 6, -6, 6];
const features = {
  x1: (p) => p[0],
  x2: (p) => p[1],
  "x1^2": (p) => p[0] ** 2,
  "x2^2": (p) => p[1] ** 2,
  "x1*x2": (p) => p[0] * p[1],
  "sin(x1)": (p) => Math.sin(p[0]),
  "sin(x2)": (p) => Math.sin(p[1]),
};

const draws = {
  circles(next) {
    const inner = next() < 0.5;
    const [r, a] = [inner ? 2.4 * Math.sqrt(next()) : 3.6 + 1.6 * next(), 2 * Math.PI * next()];
    return [[r * Math.cos(a), r * Math.sin(a)], inner ? 1 : 0];
  },
  spiral(next) {
    const label = next() < 0.5 ? 1 : 0;
    const t = 0.06 + 0.94 * next();
    const a = 1.75 * 2 * Math.PI * t + label * Math.PI;
    return [[5.2 * t * Math.sin(a) + 0.3 * (next() - 0.5), 5.2 * t * Math.cos(a) + 0.3 * (next() - 0.5)], label];
  },
  rings(next) {
    const label = Math.floor(3 * next());
    const [r, a] = [0.4 + 1.75 * label + 1.1 * next(), 2 * Math.PI * next()];
    return [[r * Math.cos(a), r * Math.sin(a)], label];
  },
  hills(next) {
    const p = [12 * next() - 6, 12 * next() - 6];
    return [p, Math.sin(0.7 * p[0]) * Math.cos(0.6 * p[1])];
  },
  line(next) {
    const x = 12 * next() - 6;
    return [[x], Math.sin(1.3 * x) * 0.8 + 0.16 * (next() - 0.5)];
  },
};

export const cases = {
  circle: { draw: "circles", inputs: ["x1", "x2"], sizes: [4, 2, 1], activation: "Tanh", count: 300 },
  deep: { draw: "spiral", inputs: ["x1", "x2"], sizes: [8, 8, 8, 1], activation: "Tanh", count: 500, lr: 0.015 },
  relu: { draw: "circles", inputs: ["x1", "x2", "x1^2", "x2^2"], sizes: [6, 1], activation: "ReLU", count: 300, kill: [1, 4] },
  rings: { draw: "rings", inputs: ["x1", "x2"], sizes: [8, 6, 3], activation: "Tanh", count: 420, classes: 3 },
  hills: { draw: "hills", inputs: ["x1", "x2"], sizes: [8, 6, 1], activation: "Tanh", count: 400, regression: true, lr: 0.02 },
  function: { draw: "line", inputs: ["x"], sizes: [8, 1], activation: "Tanh", count: 160, regression: true },
  wide: { draw: "rings", inputs: Object.keys(features), sizes: [40, 12, 3], activation: "ReLU", count: 420, classes: 3, lr: 0.005 },
  long: { draw: "circles", inputs: ["x1", "x2"], sizes: [6, 6, 6, 6, 6, 6, 6, 1], activation: "Tanh", count: 300 },
  digits: { pictures: [8, 8], sizes: [96, 10], activation: "ReLU", count: 200, classes: 10, lr: 0.01 },
};

/** A run of the case: `setup` as the stage has it, `advance(steps)`, `frame()`, and the net itself. */
export function run(name, { seed = 7 } = {}) {
  const about = cases[name];
  const next = random(seed);
  const samples = Array.from({ length: about.count }, () => (about.pictures ? picture(next, about) : draws[about.draw](next)));
  const seen = (p) => (about.pictures || p.length === 1 ? p : about.inputs.map((input) => features[input](p)));
  const inputs = about.pictures ? about.pictures[0] * about.pictures[1] : about.inputs.length;
  const last = about.sizes.length - 1;
  const activations = about.sizes.map((_, k) => (k < last ? about.activation : about.regression || about.classes ? "" : "Tanh"));
  const net = new Net([inputs, ...about.sizes], activations, seed, about.classes ? "cross" : "squares");
  for (const unit of about.kill ?? []) {
    net.weights[0].fill(0, unit * inputs, (unit + 1) * inputs);
    net.biases[0][unit] = -2;
  }
  const train = samples.slice(0, Math.round(samples.length * 0.7));
  const test = samples.slice(train.length);
  const batches = train.map(([p, label]) => [seen(p), about.classes ? label : about.regression ? [label] : [2 * label - 1]]);
  let at = 0;
  const all = { about, net, seen, train, test, activations };
  return {
    ...all,
    setup: setupOf(all, inputs),
    advance(steps) {
      for (let k = 0; k < steps; k++, at += 10) {
        net.step(Array.from({ length: 10 }, (_, i) => batches[(at + i) % batches.length]), about.lr ?? 0.02);
      }
    },
    frame: () => frameOf(all),
  };
}

function picture(next, { pictures: [rows, columns], classes }) {
  const label = Math.floor(classes * next());
  const pixels = new Float32Array(rows * columns);
  const angle = (Math.PI * label) / classes;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const away = (r - 3.5) * Math.cos(angle) + (c - 3.5) * Math.sin(angle) + 0.6 * (next() - 0.5);
      pixels[r * columns + c] = Math.max(0, 1 - Math.abs(away) / 1.6);
    }
  }
  return [pixels, label];
}

function setupOf({ about, train, test, activations, seen }, inputs) {
  const layers = about.pictures ? [{ kind: "Flatten" }] : [];
  const columns = about.sizes.map((units, k) => {
    const layer = layers.length;
    layers.push({ kind: "Linear", out_features: units, bias: true });
    if (activations[k]) layers.push({ kind: activations[k] });
    const name = k < about.sizes.length - 1 ? `Hidden layer ${k + 1}` : "Output";
    return { layer, until: layers.length - 1, units, activation: activations[k], name };
  });
  const arrays = {};
  const flat = (list) => array(Float32Array.from(list.flatMap(([p]) => Array.from(p))), [list.length, list[0][0].length]);
  const labels = (list) => array((about.regression ? Float32Array : Float64Array).from(list, ([, label]) => label), [list.length]);
  if (about.pictures) {
    const [rows, columns] = about.pictures;
    const bytes = (list) => Uint8Array.from(list.flatMap(([p]) => Array.from(p, (value) => Math.round(255 * value))));
    arrays.pictures = array(bytes(train.slice(0, 64)), [64, rows, columns]);
    arrays.judged = array(bytes(test), [test.length * rows * columns]); // page.js deflates them
    arrays["judged/shape"] = array(Int32Array.of(test.length, rows, columns), [3]);
    Object.assign(arrays, { labels: labels(train), labels_test: labels(test) });
  } else {
    Object.assign(arrays, { points: flat(train), labels: labels(train), points_test: flat(test), labels_test: labels(test) });
    if (about.inputs.length === 1) {
      arrays.input_maps = array(Uint8Array.from({ length: TILE }, (_, i) => byte((2 * i) / (TILE - 1) - 1)), [1, 1, TILE]);
      arrays["input_maps/reach"] = array(Float32Array.of(6), [1]);
    } else {
      const maps = new Uint8Array(inputs * TILE * TILE);
      plane(TILE, (p, at) => seen(p).forEach((value, k) => (maps[k * TILE * TILE + at] = byte(value / reachOf(about.inputs[k])))));
      arrays.input_maps = array(maps, [inputs, TILE, TILE]);
      arrays["input_maps/reach"] = array(Float32Array.from(about.inputs, reachOf), [inputs]);
    }
  }
  const task = about.regression ? { kind: "regression", size: 1, names: [] } : { kind: "classes", size: about.classes ?? 2 };
  return {
    lang: "en",
    experiment: { data: { kind: about.draw ?? "Digits8x8" }, model: { layers } },
    layers: layers.map(({ kind }, index) => ({ index, kind, shape: [], parameters: 0 })),
    columns,
    input: { labels: about.inputs ?? [], shape: about.pictures ? [1, ...about.pictures] : [inputs] },
    target: { ...task, names: task.names ?? Array.from({ length: task.size }, (_, k) => String(k)) },
    extent: about.pictures ? null : about.inputs.length > 1 ? EXTENT : [-6, 6],
    arrays,
  };
}

// The largest value of a feature on the plane.
const reachOf = (input) => ({ x1: 6, x2: 6, "sin(x1)": 1, "sin(x2)": 1 })[input] ?? 36;

function frameOf({ about, net, seen, train, test, activations }) {
  const arrays = {};
  const shift = about.pictures ? 1 : 0;
  let layer = shift;
  const ends = net.sizes.slice(1).map((outputs, k) => {
    arrays[`w/${layer}.weight`] = array(net.weights[k].slice(), [outputs, net.sizes[k]]);
    arrays[`w/${layer}.bias`] = array(net.biases[k].slice(), [outputs]);
    layer += activations[k] ? 2 : 1;
    return layer - 1;
  });
  const traces = train.map(([p]) => net.trace(seen(p)));
  ends.forEach((end, k) => (arrays[`health/${end}`] = array(health(traces.map((trace) => trace[k]), activations[k]), [net.sizes[k + 1]])));
  if (about.pictures) Object.assign(arrays, filters(net, about.pictures), verdicts(net, test.map(([p, label]) => [seen(p), label]), about.classes));
  if (about.regression) arrays.predictions = array(Float32Array.from(test, ([p]) => net.trace(seen(p)).at(-1)[0]), [test.length, 1]);
  if (!about.pictures && about.inputs.length > 1) maps(arrays, { about, net, seen, ends, activations });
  if (!about.pictures && about.inputs.length === 1) {
    along(arrays, { net, ends, activations });
    const x = Float32Array.from({ length: 241 }, (_, i) => -6 + (12 * i) / 240);
    arrays.line_x = array(x, [241]);
    arrays.line = array(Float32Array.from(x, (value) => net.trace([value]).at(-1)[0]), [241, 1]);
  }
  return { step: net.steps, epoch: (net.steps * 10) / train.length, metrics: {}, arrays, live: true, at: 0 };
}

function filters(net, [rows, columns]) {
  const [weights, size] = [net.weights[0], rows * columns];
  const count = weights.length / size;
  const reach = Math.max(...weights.map(Math.abs));
  const ends = Array.from({ length: count }, (_, unit) => weights.slice(unit * size, (unit + 1) * size)).flatMap((own) => [Math.min(...own), Math.max(...own)]);
  return {
    filter: array(Uint8Array.from(weights, (value) => byte(value / reach)), [count, rows, columns]),
    "filter/reach": array(Float32Array.of(reach), [1]),
    "filter/usual": array(Float32Array.of(reach / 2), [1]), // colours end before the largest weights
    "filter/range": array(Float32Array.from(ends), [count, 2]),
    "filter/bias": array(net.biases[0].slice(), [count]),
  };
}

function verdicts(net, samples, classes) {
  const counts = new Float64Array(classes * classes);
  const best = new Uint8Array(samples.length);
  const sure = new Uint16Array(samples.length);
  samples.forEach(([x, label], i) => {
    const p = net.probabilities(net.trace(x).at(-1));
    best[i] = p.indexOf(Math.max(...p));
    sure[i] = Math.round(65535 * p[best[i]]);
    counts[label * classes + best[i]]++;
  });
  return {
    confusion: array(counts, [classes, classes]),
    "verdict/class": array(best, [samples.length]),
    "verdict/sure": array(sure, [samples.length]),
  };
}

function maps(arrays, { about, net, seen, ends, activations }) {
  const cells = GRID * GRID;
  const fields = net.sizes.slice(1).map((units) => new Float32Array(units * TILE * TILE));
  const out = Array.from({ length: net.sizes.at(-1) }, () => new Float32Array(cells));
  plane(GRID, (p, at) => net.trace(seen(p)).at(-1).forEach((value, k) => (out[k][at] = value)));
  plane(TILE, (p, at) => net.trace(seen(p)).forEach((values, k) => values.forEach((value, unit) => (fields[k][unit * TILE * TILE + at] = value))));
  fields.forEach((field, k) => {
    const bounded = ["Tanh", "Sigmoid"].includes(activations[k]);
    const reach = bounded ? 1 : Math.max(1e-6, ...field.map(Math.abs));
    arrays[`map/${ends[k]}`] = array(Uint8Array.from(field, (value) => byte(value / reach)), [net.sizes[k + 1], TILE, TILE]);
    arrays[`map/${ends[k]}/reach`] = array(Float32Array.of(reach), [1]);
  });
  if (about.classes) {
    const best = new Uint8Array(cells);
    const sure = new Uint8Array(cells);
    for (let at = 0; at < cells; at++) {
      const p = net.probabilities(out.map((field) => field[at]));
      best[at] = p.indexOf(Math.max(...p));
      sure[at] = Math.round(255 * p[best[at]]);
    }
    arrays["map/class"] = array(best, [GRID, GRID]);
    arrays["map/confidence"] = array(sure, [GRID, GRID]);
    return;
  }
  const reach = about.regression ? Math.max(1e-6, ...out[0].map(Math.abs)) : 1;
  arrays["map/plane"] = array(Uint8Array.from(out[0], (value) => byte(value / reach)), [GRID, GRID]);
  if (about.regression) arrays["map/reach"] = array(Float32Array.of(reach), [1]);
}

// Data of one number: what each unit makes of the line, in one row.
function along(arrays, { net, ends, activations }) {
  const traces = Array.from({ length: TILE }, (_, i) => net.trace([-6 + (12 * i) / (TILE - 1)]));
  ends.forEach((end, k) => {
    const values = Float32Array.from({ length: net.sizes[k + 1] * TILE }, (_, at) => traces[at % TILE][k][Math.floor(at / TILE)]);
    const reach = activations[k] === "Tanh" ? 1 : Math.max(1e-6, ...values.map(Math.abs));
    arrays[`map/${end}`] = array(Uint8Array.from(values, (value) => byte(value / reach)), [net.sizes[k + 1], 1, TILE]);
    arrays[`map/${end}/reach`] = array(Float32Array.of(reach), [1]);
  });
}

function health(values, activation) {
  const flags = new Uint8Array(values[0].length);
  for (let unit = 0; unit < flags.length; unit++) {
    const all = values.map((each) => each[unit]);
    if (activation === "ReLU" && all.every((value) => value === 0)) flags[unit] = 1;
    if (activation === "Tanh" && all.filter((value) => Math.abs(value) > 0.98).length > 0.9 * all.length) flags[unit] = 2;
  }
  return flags;
}

// Row 0 is the lowest x₂.
function plane(size, at) {
  const [left, right, bottom, top] = EXTENT;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      at([left + ((right - left) * column) / (size - 1), bottom + ((top - bottom) * row) / (size - 1)], row * size + column);
    }
  }
}

const byte = (value) => Math.round(128 + 127 * Math.max(-1, Math.min(1, value)));
const array = (data, shape) => ({ data, shape });
