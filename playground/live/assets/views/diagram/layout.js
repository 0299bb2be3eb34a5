// Where everything of the diagram stands, in CSS pixels. Knows no data and draws nothing.

const TALL = 16; // rows of a column before it becomes a block
const NEAREST = 54; // the least room between two blocks, so that edges can be told apart
const FARTHEST = 190;
const ASIDE = 3; // edges end so far from a tile

/**
 * @param {Array<Object>} columns see columns.js
 * @param {number} width what the page gives
 * @param {boolean} coarse fingers instead of a mouse
 */
export function arrange(columns, width, coarse) {
  const shapes = columns.map(blockOf);
  const rows = Math.max(...shapes.map((shape) => shape.rows));
  const size = columns[0].picture && width > 700 ? 44 : tileSize(rows, width, coarse); // weights as pictures want room
  const space = Math.max(coarse ? 10 : 8, Math.round(size * 0.22));
  // A finger's + needs a line of its own above the names.
  const heads = coarse ? { rail: 60, insert: 18, units: 38, note: 18 } : { rail: 28, insert: 14, units: 28, note: 18 };
  const top = heads.rail + heads.units + heads.note + 10;
  const tall = rows * (size + space) - space;
  const blocks = shapes.map((shape) => shape.across * (size + 4) - 4);
  const needs = columns.map((column, i) => Math.max(blocks[i], column.hidden ? 98 : 48));
  const [left, right] = [labelRoom(columns[0]), labelRoom(columns.at(-1))];
  const gaps = spread(width - left - right, blocks, needs);
  let x = left + Math.max(0, (needs[0] - blocks[0]) / 2 - left);
  const placed = columns.map((column, i) => {
    if (i > 0) x += blocks[i - 1] + gaps[i - 1];
    return place(column, shapes[i], x, blocks[i], { top, tall, size, space });
  });
  const end = placed.at(-1);
  const used = Math.max(end.x + end.width + right, end.middle + needs.at(-1) / 2);
  const shift = Math.max(0, Math.floor((width - used) / 2));
  for (const column of placed) move(column, shift);
  return {
    width: Math.max(width, Math.ceil(used)),
    height: top + tall + (columns.some((column) => column.units > column.shown) ? 34 : 12),
    columns: placed,
    gaps: placed.slice(1).map((column, i) => ({
      left: placed[i].x + placed[i].width + ASIDE,
      right: column.x - ASIDE,
      top: top - 6,
      bottom: top + tall + 6,
    })),
    heads,
    top,
    size,
  };
}

function blockOf({ shown }) {
  const across = shown <= TALL ? 1 : Math.ceil(Math.sqrt(shown));
  return { across, rows: Math.ceil(shown / across) };
}

function tileSize(rows, width, coarse) {
  const wide = rows <= 4 ? 50 : rows <= 6 ? 46 : rows <= 8 ? 42 : rows <= 10 ? 36 : 32;
  return Math.max(32, width < 400 ? Math.min(wide, 36) : width < 520 ? Math.min(wide, 40) : wide, coarse ? 32 : 0);
}

function labelRoom({ labels, picture }) {
  if (picture || labels.length === 0) return 10;
  const longest = Math.max(...labels.map((label) => [...label].reduce((sum, sign) => sum + (sign > "\u2E80" ? 12 : 6.6), 0)));
  return Math.min(84, Math.max(24, Math.ceil(longest) + 12));
}

// Equal gaps that use the width; those between broad heads take what they need first, the others share the rest.
function spread(room, blocks, needs) {
  const least = blocks.slice(1).map((block, i) => Math.max(NEAREST, (needs[i] - blocks[i] + needs[i + 1] - block) / 2 + 6));
  let free = room - blocks.reduce((a, b) => a + b, 0);
  let sharing = least.length;
  let share = 0;
  for (const gap of [...least].sort((a, b) => b - a)) {
    share = free / sharing;
    if (gap <= share) break;
    free -= gap;
    sharing--;
  }
  return least.map((gap) => Math.max(gap, Math.min(FARTHEST, Math.floor(share))));
}

function place(column, { across, rows }, x, width, { top, tall, size, space }) {
  const height = rows * (size + space) - space;
  const y = top + (tall - height) / 2;
  const tiles = Array.from({ length: column.shown }, (_, unit) => {
    const [row, sub] = [Math.floor(unit / across), unit % across];
    const tile = { x: x + sub * (size + 4), y: y + row * (size + space), size, row, sub };
    // Tiles of one row share the height of their middle; their edges leave it one below the other.
    tile.port = tile.y + size * (across === 1 ? 0.5 : 0.15 + (0.7 * (sub + 0.5)) / across);
    return tile;
  });
  return { x, y, width, height, middle: x + width / 2, tiles, across };
}

function move(column, by) {
  column.x += by;
  column.middle += by;
  for (const tile of column.tiles) tile.x += by;
}
