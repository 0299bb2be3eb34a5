// Where the maps of every layer stand: columns from left to right, from the picture to the probabilities. Lengths only: no
// element, no run.

const [TALL, HEAD, FOOT] = [308, 34, 18]; // px: of the maps, of what stands above and below them
const [GAP, LARGEST, SMALLEST] = [4, 48, 25]; // between maps; of a map's side
const [WIDE, NARROW] = [32, 9]; // before a layer that mixes maps, before one that works on each alone
const [CELL, CELL_MOST] = [6, 15]; // px of one number
const [BAR, NAMED] = [60, 22]; // px: the bars of the probabilities, and a row of them at most
const MIXES = new Set(["Conv2d", "ConvTranspose2d", "Linear", "Residual"]);
const SILENT = new Set(["Dropout", "Dropout2d", "Identity"]); // hand on what they get

export const INPUT = -1;

/**
 * @param {Array<{index, kind, shape, shown}>} layers
 * @param {[number, number, number]} input its shape
 * @param {number} classes how many probabilities stand at the end, 0 for none
 * @param {number} label how wide the longest of their names is, px
 * @param {(layer) => number} title how wide what stands above a column is, px
 * @returns {{columns: Array, boxes: Array, width: number, height: number}} a column is {layer, kind, x, width, from (the
 *   column before), boxes: [first, last + 1)}; a box {layer, map, x, y, w, h, column}
 */
export function arranged(layers, input, classes, label, title) {
  const columns = [];
  const boxes = [];
  let x = 0;
  const put = (column, width, place) => {
    const wide = Math.max(width, column.title);
    const left = x + (wide - width) / 2;
    column.boxes = [boxes.length];
    for (let map = 0; map < column.shown; map++) boxes.push({ layer: column.layer, map, column: columns.length, ...place(map, left) });
    column.boxes.push(boxes.length);
    Object.assign(column, { x, width: wide, inner: [left, left + width] });
    columns.push(column);
    x += wide;
  };
  const side = LARGEST + 8;
  const tall = (side * input[1]) / Math.max(input[1], input[2]);
  put({ layer: INPUT, kind: "", shape: input, shown: 1, title: title(null), mixes: false }, side, (_, left) => ({ x: left, y: HEAD + (TALL - tall) / 2, w: side, h: tall }));
  for (const layer of layers) {
    if (SILENT.has(layer.kind)) continue;
    const column = { layer: layer.index, kind: layer.kind, shape: layer.shape, shown: layer.shown, title: title(layer), mixes: MIXES.has(layer.kind) };
    x += column.mixes ? WIDE : NARROW;
    const flat = layer.shape.length < 3 || layer.shape[1] * layer.shape[2] === 1;
    put(column, ...(flat ? cells(layer.shown) : tiles(layer.shown)));
  }
  if (classes) {
    x += NARROW;
    const tallest = Math.min(NAMED, TALL / classes);
    const top = HEAD + (TALL - tallest * classes) / 2;
    const wide = BAR + label;
    put({ layer: layers.length, kind: "probabilities", shape: [classes], shown: classes, title: title("probabilities"), mixes: false }, wide, (map, left) => ({ x: left, y: top + map * tallest, w: wide, h: tallest - 2 }));
  }
  return { columns, boxes, width: Math.ceil(x), height: HEAD + TALL + FOOT, tall: TALL, head: HEAD };
}

// Square maps in as few columns as show them at a fair size.
function tiles(count) {
  let [across, size] = [1, 0];
  for (; ; across++) {
    const down = Math.ceil(count / across);
    size = Math.min(LARGEST, Math.floor((TALL + GAP) / down) - GAP);
    if (size >= SMALLEST || across === 4) break;
  }
  const down = Math.ceil(count / across);
  const top = HEAD + (TALL - down * (size + GAP) + GAP) / 2;
  const place = (map, left) => ({ x: left + Math.floor(map / down) * (size + GAP), y: top + (map % down) * (size + GAP), w: size, h: size });
  return [across * (size + GAP) - GAP, place];
}

// Rows of numbers as cells, column by column.
function cells(count) {
  const size = Math.max(CELL, Math.min(CELL_MOST, Math.floor(TALL / Math.ceil(count / 4)), Math.floor(TALL / Math.min(count, 20))));
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
