// Both networks side by side as columns of living tiles, edges between them, and what flows along these while the walk is on.
// Where a column has a tile for each unit, an edge is its weight. Knows arrays and a pen, no run.

import { Bitmap } from "../picture/bitmap.js";

const [LEAST, MOST, GAP, HEAD, FOOT, PAD] = [15, 30, 4, 24, 20, 12]; // px
const [BIT, ACROSS, BELOW] = [8, 10, 18]; // px of one number that tells the class; of them in a row; px from the tiles down to them
const ROOM = 232; // px in height for eight tiles
const ALONE = 76; // px in height where no column has more than one
const NARROW = 560;
const SHOWN = 8;

/** Where everything stands. `players` are the setup's, `arrays` a frame's; null before the first frame. */
export function arrange(players, arrays, width) {
  const rows = ["g", "d"].map((name) => columnsOf(players, arrays, name));
  if (rows.some((row) => row.length < 2)) return null;
  const stacked = width < NARROW;
  const tallest = Math.max(...rows.flat().map(({ count }) => count));
  const size = Math.max(LEAST, Math.min(MOST, Math.floor((ROOM + GAP) / tallest) - GAP));
  const told = Math.max(...rows.flat().map((column) => column.told ? BELOW + BIT * Math.ceil(column.told.shape[2] / ACROSS) : 0));
  const high = HEAD + FOOT + Math.max(tallest * (size + GAP) - GAP, ALONE) + told + 2 * PAD;
  const between = stacked ? 0 : 56; // for what goes from one network to the other
  const all = rows[0].length + rows[1].length;
  let left = 0;
  rows.forEach((row, number) => {
    const wide = stacked ? width : ((width - between) * row.length) / all;
    const top = stacked ? number * (high + 26) : 0;
    const box = { x: left, y: top, width: wide, height: high };
    const step = (wide - 2 * PAD - 24) / row.length;
    row.forEach((column, k) => {
      const wanted = column.shape[1] === column.shape[2] ? size : size * (column.shape[2] / column.shape[1]);
      column.size = column.count === 1 && column.shape[1] > 3 && column.kind !== "map" ? Math.min(54, step * 0.8) : Math.min(wanted, step * 0.86);
      column.middle = box.x + PAD + 12 + step * (k + 0.5);
      const tall = column.count * (column.size + GAP) - GAP;
      const from = top + PAD + HEAD + (high - 2 * PAD - HEAD - FOOT - told - tall) / 2;
      column.tiles = Array.from({ length: column.count }, (_, i) => ({ x: column.middle - column.size / 2, y: from + i * (column.size + GAP), size: column.size }));
    });
    row.box = box;
    if (!stacked) left += wide + between;
  });
  return { rows, stacked, height: stacked ? 2 * high + 26 : high, width };
}

function columnsOf(players, arrays, name) {
  const player = players[name === "g" ? "generator" : "discriminator"];
  const found = [];
  for (let number = -1; number < player.columns.length; number++) {
    const array = arrays?.[`gan/${name}/${number}`];
    if (!array) return [];
    const column = player.columns[number];
    const told = number < 0 ? arrays[`gan/${name}/-1/told`] : null;
    found.push({ name, number, array, told, shape: array.shape, count: Math.min(SHOWN, array.shape[0]), layer: column?.layer ?? -1, units: column?.units ?? player.inputs - (told?.shape[2] ?? 0), activation: column?.activation ?? "", kind: player.maps ? "map" : "picture" });
  }
  return found;
}

/** Paints everything: `flow` is {generator?: way, discriminator?: way, real?, fake?} with ways 1 and −1, and `time` in s. */
export class Wiring {
  constructor() {
    this.bitmaps = new Map();
  }

  paint(pen, layout, arrays, colours, words, { flow = {}, time = 0, frozen = null } = {}) {
    for (const [number, row] of layout.rows.entries()) {
      const name = number ? "discriminator" : "generator";
      pen.globalAlpha = frozen === name ? 0.55 : 1;
      this.#box(pen, row.box, colours[name], words[name], flow[name] === undefined ? 0 : 1, number);
      row.slice(1).forEach((column, k) => this.#edges(pen, row[k], column, arrays, colours, name, flow[name], time));
      for (const column of row) this.#column(pen, column, colours, words, layout.rows);
      pen.globalAlpha = 1;
    }
    this.#between(pen, layout, colours, words, flow, time);
  }

  #box(pen, { x, y, width, height }, ink, title, glows, number) {
    pen.beginPath();
    pen.roundRect(x + 1, y + 1, width - 2, height - 2, 10);
    pen.strokeStyle = ink;
    pen.lineWidth = glows ? 3 : 1.5;
    pen.setLineDash(number ? [] : [7, 3]); // the players differ without their colours too
    pen.stroke();
    pen.setLineDash([]);
    pen.fillStyle = ink;
    pen.font = `600 13px ${this.family}`;
    pen.textAlign = "left";
    pen.fillText(title, x + PAD, y + PAD + 8);
  }

  #column(pen, column, colours, words, rows) {
    const { array, tiles, count } = column;
    const key = `${column.name}${column.number}`;
    if (!this.bitmaps.has(key)) this.bitmaps.set(key, new Bitmap());
    const bitmap = this.bitmaps.get(key);
    const [, h, w] = array.shape;
    bitmap.write(array.data, count, h, w, colours.lut, column.kind !== "map");
    pen.imageSmoothingEnabled = column.kind === "map";
    tiles.forEach(({ x, y, size }, k) => {
      bitmap.draw(pen, k, x, y, size, (size * h) / w);
      pen.strokeStyle = colours.line;
      pen.lineWidth = 1;
      pen.strokeRect(x - 0.5, y - 0.5, size + 1, (size * h) / w + 1);
    });
    if (column.told) this.#told(pen, column, colours, words);
    pen.font = `12px ${this.family}`;
    pen.textAlign = "center";
    pen.fillStyle = colours.faint;
    const box = rows[column.name === "g" ? 0 : 1].box;
    pen.fillText(this.#label(column, words, rows), column.middle, box.y + box.height - PAD + 2);
  }

  // The numbers that tell a player the class, below what else enters it.
  #told(pen, { told, tiles, middle, size, shape, name }, colours, words) {
    const count = told.shape[2];
    const top = tiles.at(-1).y + (size * shape[1]) / shape[2] + BELOW;
    const left = middle - (BIT * Math.min(count, ACROSS)) / 2;
    pen.font = `12px ${this.family}`;
    pen.textAlign = "center";
    pen.fillStyle = colours.faint;
    pen.fillText(`+ ${words.class}`, middle, top - 5);
    const key = `told ${name}`;
    if (!this.bitmaps.has(key)) this.bitmaps.set(key, new Bitmap());
    const bitmap = this.bitmaps.get(key);
    bitmap.write(told.data, count, 1, 1, colours.lut, true);
    pen.imageSmoothingEnabled = false;
    pen.strokeStyle = colours.line;
    pen.lineWidth = 1;
    for (let k = 0; k < count; k++) {
      const [x, y] = [left + BIT * (k % ACROSS), top + BIT * Math.floor(k / ACROSS)];
      bitmap.draw(pen, k, x, y, BIT, BIT);
      pen.strokeRect(x + 0.5, y + 0.5, BIT - 1, BIT - 1);
    }
  }

  #label(column, words, rows) {
    if (column.number < 0) return column.name === "g" ? `z ${column.units}` : "x";
    const row = rows[column.name === "g" ? 0 : 1];
    if (column === row.at(-1)) return column.name === "g" ? "G(z)" : words.answer;
    return String(column.units);
  }

  #edges(pen, before, column, arrays, colours, name, way, time) {
    const weight = arrays[`w/${name}.${column.layer}.weight`];
    const single = before.kind === "map" && weight?.shape.length === 2;
    pen.lineCap = "round";
    if (!single) {
      const [a, b] = [before.middle + before.size / 2 + 3, column.middle - column.size / 2 - 3];
      const y = mid(before);
      this.#stroke(pen, [a, y, b, mid(column)], colours[name], 1.5, 0.5);
      if (way) this.#pulse(pen, [a, y, b, mid(column)], colours[name], 3, way, time);
      return;
    }
    const [, inputs] = weight.shape;
    let largest = 1e-6;
    for (let o = 0; o < column.count; o++) for (let i = 0; i < before.count; i++) largest = Math.max(largest, Math.abs(weight.data[o * inputs + i]));
    for (let o = 0; o < column.count; o++) {
      for (let i = 0; i < before.count; i++) {
        const value = weight.data[o * inputs + i] / largest;
        const [from, to] = [before.tiles[i], column.tiles[o]];
        const line = [from.x + from.size + 1, from.y + from.size / 2, to.x - 1, to.y + to.size / 2];
        const wide = 0.4 + 2.2 * Math.abs(value);
        this.#stroke(pen, line, value < 0 ? colours.negative : colours.positive, wide, 0.25 + 0.55 * Math.abs(value));
        if (way && Math.abs(value) > 0.25) this.#pulse(pen, line, colours[name], wide + 0.6, way, time);
      }
    }
  }

  // What goes from the generator, and from the data, into the discriminator.
  #between(pen, { rows, stacked }, colours, words, flow, time) {
    const [g, d] = rows;
    const from = g.at(-1);
    const to = d[0];
    const gap = stacked ? g.box.y + g.box.height : 0;
    const fake = stacked
      ? [from.middle, gap - 2, to.middle, d.box.y + 2]
      : [g.box.x + g.box.width, mid(from) - 16, d.box.x, mid(to) - 16];
    const real = stacked ? [d.box.x + d.box.width * 0.6, d.box.y - 22, d.box.x + d.box.width * 0.6, d.box.y + 2] : [d.box.x - 40, mid(to) + 40, d.box.x, mid(to) + 24];
    this.#arrow(pen, fake, colours.generator);
    this.#arrow(pen, real, colours.real);
    if (flow.fake) this.#pulse(pen, fake, colours.generator, 4, flow.fake, time);
    if (flow.real) this.#pulse(pen, real, colours.real, 4, flow.real, time);
    pen.font = `600 12px ${this.family}`;
    pen.textAlign = stacked ? "left" : "center";
    pen.fillStyle = colours.real;
    pen.fillText(`● ${words.real}`, stacked ? real[0] + 8 : d.box.x - 29, stacked ? real[1] + 14 : mid(to) + 58);
    pen.fillStyle = colours.generator;
    pen.fillText(`◆ ${words.fake}`, stacked ? fake[2] + 8 : d.box.x - 29, stacked ? fake[3] - 8 : mid(to) - 24);
  }

  #arrow(pen, line, ink) {
    this.#stroke(pen, line, ink, 2.2, 0.85);
    const [x0, y0, x1, y1] = line;
    const away = Math.hypot(x1 - x0, y1 - y0) || 1;
    const [ux, uy] = Math.abs(x1 - x0) > Math.abs(y1 - y0) ? [1, 0] : [(x1 - x0) / away, (y1 - y0) / away];
    pen.beginPath();
    pen.moveTo(x1, y1);
    pen.lineTo(x1 - 8 * ux - 4 * uy, y1 - 8 * uy + 4 * ux);
    pen.lineTo(x1 - 8 * ux + 4 * uy, y1 - 8 * uy - 4 * ux);
    pen.closePath();
    pen.fillStyle = ink;
    pen.fill();
  }

  #stroke(pen, line, ink, width, alpha) {
    pen.beginPath();
    trace(pen, line);
    pen.strokeStyle = ink;
    pen.lineWidth = width;
    const before = pen.globalAlpha;
    pen.globalAlpha = before * alpha;
    pen.stroke();
    pen.globalAlpha = before;
  }

  #pulse(pen, line, ink, width, way, time) {
    pen.beginPath();
    trace(pen, line);
    pen.setLineDash([5, 13]);
    pen.lineDashOffset = -way * time * 60;
    pen.strokeStyle = ink;
    pen.lineWidth = width;
    pen.stroke();
    pen.setLineDash([]);
  }
}

function trace(pen, [x0, y0, x1, y1]) {
  pen.moveTo(x0, y0);
  if (Math.abs(x1 - x0) > Math.abs(y1 - y0) / 3 && x1 > x0) {
    const bend = (x1 - x0) / 2;
    pen.bezierCurveTo(x0 + bend, y0, x1 - bend, y1, x1, y1);
  } else pen.lineTo(x1, y1);
}

function mid({ tiles, shape }) {
  const last = tiles.at(-1);
  return (tiles[0].y + last.y + (last.size * shape[1]) / shape[2]) / 2;
}
