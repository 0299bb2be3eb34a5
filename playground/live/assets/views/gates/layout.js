// Where the heat maps of the gates stand: columns of panels, the input above each column. Lengths only: no element, no run.

const [TITLE, INPUT, FOOT, GAP, ACROSS, RIGHT] = [20, 40, 18, 10, 18, 8]; // px
const [LEAST, MOST] = [2, 14]; // px of a cell's row
const WIDE = 250; // px that a panel wants
export const EDGE = 26; // px on the left for the numbers of cells

/**
 * @param {number} width px
 * @param {number} gates how many panels
 * @param {number} cells rows of each
 * @param {number} steps columns of each
 * @returns {{columns, panels: Array<{x, y, w, h, title}>, inputs: Array<{x, y, w, h}>, width, height, step, row}} px; `title`
 *   is where a panel's title stands, `step` and `row` are the size of one number
 */
export function arranged(width, gates, cells, steps) {
  const most = gates === 4 ? 2 : 3;
  const columns = Math.max(1, Math.min(most, gates, Math.floor((width + ACROSS) / (WIDE + ACROSS))));
  const rows = Math.ceil(gates / columns);
  const wide = (width - RIGHT - (columns - 1) * ACROSS) / columns;
  const budget = columns === 1 ? (gates === 1 ? 200 : 96) : rows > 2 ? 112 : 156;
  const row = cells * LEAST > budget ? budget / cells : Math.max(LEAST, Math.min(MOST, Math.floor(budget / cells)));
  const [w, tall] = [wide - EDGE, row * cells];
  const panels = [];
  for (let gate = 0; gate < gates; gate++) {
    const [across, down] = [gate % columns, Math.floor(gate / columns)];
    const title = INPUT + down * (TITLE + tall + GAP);
    panels.push({ x: across * (wide + ACROSS) + EDGE, y: title + TITLE, w, h: tall, title });
  }
  const inputs = Array.from({ length: columns }, (_, across) => ({ x: across * (wide + ACROSS) + EDGE, y: 2, w, h: INPUT - 8 }));
  const height = INPUT + rows * (TITLE + tall + GAP) - GAP + FOOT;
  return { columns, panels, inputs, width, height: Math.ceil(height), step: w / steps, row };
}

/** Which panel, row and step lie under a place; null for none. */
export function placeAt({ panels, step, row }, x, y) {
  for (const [panel, box] of panels.entries()) {
    if (x < box.x || x >= box.x + box.w || y < box.y || y >= box.y + box.h) continue;
    return { panel, row: Math.floor((y - box.y) / row), at: Math.floor((x - box.x) / step) };
  }
  return null;
}

/** Steps to be written below: the first, the last, and round numbers between. */
export function ticks(steps, width) {
  const room = Math.max(2, Math.floor(width / 46));
  const every = [1, 2, 5, 10, 20, 25, 50, 100, 200].find((each) => steps / each <= room) ?? 500;
  const found = [1];
  for (let t = every; t <= steps; t += every) if (t > 1 && (t - 1) * width / steps > 20) found.push(t);
  return found;
}
