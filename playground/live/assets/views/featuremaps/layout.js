// Where the maps of every layer stand: columns from left to right, from the picture to the probabilities. Lengths only: no
// element, no run.

const [TALL, HEAD, FOOT] = [308, 50, 34]; // px: of the maps, of what stands above and below them
const GAP = 4; // between maps
const SMALLEST = 25; // of a map's side, if four columns of them will do
const APART = 8; // between two texts of a line
const NAMED = 22; // a row of the probabilities at most
const MIXES = new Set(["Conv2d", "ConvTranspose2d", "Linear", "Residual"]);
const SILENT = new Set(["Dropout", "Dropout2d", "Identity"]); // hand on what they get

// px, at ease and as close together as can be: before a layer with kernels, before one that mixes rows of numbers, before
// one that works on each map alone; the largest side of a map and of the picture; so many columns of numbers; a number's
// side; the bars of the probabilities.
const EASE = { kernels: 32, mixing: 32, alone: 9, side: 48, picture: 56, across: 4, cell: 15, bar: 60 };
const CLOSE = { kernels: 20, mixing: 10, alone: 4, side: 30, picture: 40, across: 2, cell: 13, bar: 44 };
const TRIES = 8;

export const INPUT = -1;

/**
 * All columns within a width, as much at ease as it allows; where even the closest are too wide, halfway between, to be
 * scrolled.
 *
 * @param {Array<{index, kind, shape, shown}>} layers
 * @param {[number, number, number]} input its shape
 * @param {number} classes how many probabilities stand at the end, 0 for none
 * @param {number} label how wide the longest of their names is, px
 * @param {(layer) => {name: number, size: number, foot: number}} texts how wide what is written at a column is, px; of a
 *   layer, null for the input, "probabilities"
 * @param {number} room px
 * @returns {{columns: Array, boxes: Array, width: number, height: number}} a column is {layer, kind, x, width, from (the
 *   column before), boxes: [first, last + 1), lines: {name, size, foot}, in which line each text stands, −1: not at all};
 *   a box {layer, map, x, y, w, h, column}
 */
export function arranged(layers, input, classes, label, texts, room) {
  const at = (ease) => placed(layers, input, classes, label, texts, Object.fromEntries(Object.keys(EASE).map((key) => [key, Math.round(CLOSE[key] + ease * (EASE[key] - CLOSE[key]))])));
  for (let ease = TRIES; ease >= 0; ease--) {
    const layout = at(ease / TRIES);
    if (layout.width <= room) return layout;
  }
  return at(0.5);
}

function placed(layers, input, classes, label, texts, steps) {
  const columns = [];
  const boxes = [];
  // Where each line of texts ends. A text may run on over the column beside it, which then has its own in another line.
  const ends = { name: [-Infinity, -Infinity], size: [-Infinity], foot: [-Infinity, -Infinity] };
  let x = 0;
  const put = (column, said, width, place) => {
    const before = columns.at(-1);
    const same = before && before.layer !== INPUT && String(before.shape) === String(column.shape);
    const wide = same ? { ...said, size: 0 } : said; // what has not changed need not be said
    for (const key of Object.keys(ends)) if (wide[key]) x = Math.max(x, Math.min(...ends[key]) + APART);
    column.lines = {};
    for (const [key, lines] of Object.entries(ends)) {
      const first = key === "name" && !column.mixes ? 1 : 0; // what mixes has the upper line, as long as it is free
      const line = lines[first] + APART <= x || lines.length === 1 ? Math.min(first, lines.length - 1) : 1 - first;
      column.lines[key] = wide[key] ? line : -1;
      if (wide[key]) lines[line] = x + wide[key];
    }
    column.boxes = [boxes.length];
    for (let map = 0; map < column.shown; map++) boxes.push({ layer: column.layer, map, column: columns.length, ...place(map, x) });
    column.boxes.push(boxes.length);
    Object.assign(column, { x, width, inner: [x, x + width] });
    columns.push(column);
    x += width;
  };
  const side = steps.picture;
  const tall = (side * input[1]) / Math.max(input[1], input[2]);
  put({ layer: INPUT, kind: "", shape: input, shown: 1, mixes: true }, texts(null), side, (_, left) => ({ x: left, y: HEAD + (TALL - tall) / 2, w: side, h: tall }));
  for (const layer of layers) {
    if (SILENT.has(layer.kind)) continue;
    const column = { layer: layer.index, kind: layer.kind, shape: layer.shape, shown: layer.shown, mixes: MIXES.has(layer.kind) };
    x += column.mixes ? steps[layer.kind === "Linear" ? "mixing" : "kernels"] : steps.alone;
    const flat = layer.shape.length < 3 || layer.shape[1] * layer.shape[2] === 1;
    put(column, texts(layer), ...(flat ? cells(layer.shown, steps) : tiles(layer.shown, steps)));
  }
  if (classes) {
    x += steps.alone;
    const tallest = Math.min(NAMED, TALL / classes);
    const top = HEAD + (TALL - tallest * classes) / 2;
    const wide = steps.bar + label;
    put({ layer: layers.length, kind: "probabilities", shape: [classes], shown: classes, mixes: true }, texts("probabilities"), wide, (map, left) => ({ x: left, y: top + map * tallest, w: wide, h: tallest - 2 }));
  }
  const width = Math.ceil(Math.max(x, ...Object.values(ends).flat()));
  return { columns, boxes, width, height: HEAD + TALL + FOOT, tall: TALL, head: HEAD };
}

// Square maps in as few columns as show them at a fair size.
function tiles(count, { side }) {
  let [across, size] = [1, 0];
  for (; ; across++) {
    const down = Math.ceil(count / across);
    size = Math.min(side, Math.floor((TALL + GAP) / down) - GAP);
    if (size >= Math.min(SMALLEST, side) || across === 4) break;
  }
  const down = Math.ceil(count / across);
  const top = HEAD + (TALL - down * (size + GAP) + GAP) / 2;
  const place = (map, left) => ({ x: left + Math.floor(map / down) * (size + GAP), y: top + (map % down) * (size + GAP), w: size, h: size });
  return [across * (size + GAP) - GAP, place];
}

// Rows of numbers as cells, column by column.
function cells(count, { across: most, cell }) {
  const size = Math.max(6, Math.min(cell, Math.floor(TALL / Math.ceil(count / most)), Math.floor(TALL / Math.min(count, 20))));
  const down = Math.min(count, Math.floor(TALL / size));
  const across = Math.ceil(count / down);
  const top = HEAD + (TALL - down * size) / 2;
  const place = (map, left) => ({ x: left + Math.floor(map / down) * size, y: top + (map % down) * size, w: size - 1, h: size - 1 });
  return [across * size, place];
}

/** The box under a place, −1 for none. */
export function boxAt({ boxes }, x, y) {
  let [best, least] = [-1, 3]; // px that a finger may be off
  for (const [index, box] of boxes.entries()) {
    const away = Math.max(box.x - x, x - box.x - box.w, box.y - y, y - box.y - box.h, 0);
    if (away < least) [best, least] = [index, away];
  }
  return best;
}

/** Where an arrow key leads: within a column, or to the nearest map of the column beside. */
export function boxBeside({ boxes, columns }, key, index) {
  if (key === "Home") return 0;
  if (key === "End") return boxes.length - 1;
  if (index < 0) return key.startsWith("Arrow") ? 0 : null;
  const box = boxes[index];
  const [first, last] = columns[box.column].boxes;
  if (key === "ArrowDown") return Math.min(index + 1, last - 1);
  if (key === "ArrowUp") return Math.max(index - 1, first);
  if (key !== "ArrowLeft" && key !== "ArrowRight") return null;
  const beside = columns[box.column + (key === "ArrowRight" ? 1 : -1)];
  if (!beside) return index;
  let [best, least] = [beside.boxes[0], Infinity];
  for (let other = beside.boxes[0]; other < beside.boxes[1]; other++) {
    const away = Math.abs(boxes[other].y + boxes[other].h / 2 - box.y - box.h / 2);
    if (away < least) [best, least] = [other, away];
  }
  return best;
}
