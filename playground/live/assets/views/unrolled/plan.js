// Where the tiles of an unrolled network stand: steps from left to right, those in the middle left out where there are many; layers
// from the input below to the output above. Lengths only: no element, no run.

const [COLUMN, TILE, TALL, FLAT, GAP, INPUT, OUTPUT, SURE] = [62, 26, 46, 14, 20, 32, 22, 36]; // px; SURE where a class and how sure it is stand below each other
const SILENT = new Set(["Dropout", "Identity"]);

/**
 * @returns {{columns: Array<{x, at, room}>, rows: Array<{name, shape, y, h, tile, levels, forward, backward, once}>, input, output,
 *   left, width, height}} px; `at` is a step, null for those that are left out; a row that works `once` stands at the last step
 */
export function plan(width, layers, answer, { steps, kind: wanted }) {
  const classes = wanted === "classes";
  const left = width < 480 ? 66 : 104;
  const room = Math.max(4, Math.floor((width - left) / (width < 480 ? 46 : COLUMN)));
  const shown = shownSteps(answer.steps, room, firstPresent(answer));
  const each = (width - left) / shown.length;
  const columns = shown.map((at, k) => ({ x: left + (k + 0.5) * each, at, room: each - 4 }));
  const rows = [];
  for (const { index, kind, shape } of layers) {
    if (SILENT.has(kind)) continue;
    const own = answer.levels.filter((level) => level.layer === index);
    const top = own.filter((level) => level.storey === Math.max(...own.map(({ storey }) => storey)));
    const storeys = own.length ? own[0].storeys : 1;
    rows.push({
      name: storeys > 1 ? `${kind} ×${storeys}` : kind,
      shape: shape.join("×"),
      levels: own.length ? top : null,
      forward: own.some(({ reverse }) => !reverse),
      backward: own.some(({ reverse }) => reverse),
      once: !own.length && shape.length === 1,
      tile: TILE,
      h: own.length ? TALL : FLAT,
    });
  }
  const above = steps && classes ? SURE : OUTPUT;
  let y = above + GAP;
  for (const row of [...rows].reverse()) {
    row.y = y;
    y += row.h + GAP;
  }
  const input = { y, h: INPUT };
  const asked = steps ? shown.filter((at) => at !== null) : [answer.steps - 1];
  return { columns, rows, input, output: { y: 0, h: above, steps: asked }, left, width, height: y + INPUT, gap: GAP };
}

function firstPresent({ arrays, steps }) {
  for (let t = 0; t < steps; t++) if (arrays.present.data[t]) return t;
  return 0;
}

// The first and the last steps, with a gap between them where not all have room; padding is left out.
function shownSteps(steps, room, first) {
  const all = Array.from({ length: steps - first }, (_, k) => first + k);
  if (all.length <= room) return all;
  const before = Math.max(1, Math.floor((room - 1) / 2));
  return [...all.slice(0, before), null, ...all.slice(all.length - (room - 1 - before))];
}

/** The step whose column lies under a place; null for none. */
export function stepAt({ columns, left }, x) {
  if (x < left || !columns.length) return null;
  const each = columns.length > 1 ? columns[1].x - columns[0].x : Infinity;
  return columns[Math.min(columns.length - 1, Math.floor((x - left) / each))]?.at ?? null;
}
