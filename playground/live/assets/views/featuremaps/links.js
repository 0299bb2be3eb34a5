// What a map is made of: lines from the maps before it, and the kernel that looks at each of them on its way. Draws on a
// canvas that is given; knows no run.

import { Bitmap } from "../picture/bitmap.js";
import { INPUT } from "./layout.js";

const KERNEL = 22; // px of the largest kernel on a line
const MOST = 64;

/** The boxes that box number `index` is computed from. */
export function sources({ boxes, columns }, index, groups) {
  const box = boxes[index];
  const column = columns[box.column];
  const before = columns[box.column - 1];
  if (!before) return [];
  const all = Array.from({ length: before.boxes[1] - before.boxes[0] }, (_, k) => before.boxes[0] + k);
  const same = before.boxes[0] + box.map;
  if (!column.mixes && column.kind !== "Flatten" && column.kind !== "Softmax" && column.kind !== "LayerNorm" && column.kind !== "probabilities") return same < before.boxes[1] ? [same] : [];
  if (column.kind === "Flatten") {
    const each = before.shape.length === 3 ? before.shape[1] * before.shape[2] : 1;
    const from = before.boxes[0] + Math.floor(box.map / each);
    return from < before.boxes[1] ? [from] : [];
  }
  if (column.kind === "Conv2d" && groups > 1 && before.layer !== INPUT) {
    const [ins, outs] = [before.shape[0] / groups, column.shape[0] / groups];
    const first = Math.floor(box.map / outs) * ins;
    return all.filter((_, k) => k >= first && k < first + ins);
  }
  return all.slice(0, MOST);
}

export class Kernels {
  constructor() {
    this.bitmap = new Bitmap();
  }

  /** Draws the lines that lead to a box, the kernels on them where `kernels` ({data, shape: [U, C, k, k]}) are known. */
  draw(pen, layout, index, from, kernels, colours) {
    const { boxes } = layout;
    const box = boxes[index];
    const [x2, y2] = [box.x, box.y + box.h / 2];
    const start = layout.columns[box.column - 1].inner[1];
    pen.lineWidth = from.length > 24 ? 0.6 : 1;
    pen.strokeStyle = colours.faint;
    pen.globalAlpha = from.length > 24 ? 0.5 : 0.9;
    for (const each of from) {
      const source = boxes[each];
      const [x1, y1] = [source.x + source.w, source.y + source.h / 2];
      pen.beginPath();
      pen.moveTo(x1, y1);
      pen.bezierCurveTo((x1 + x2) / 2, y1, (x1 + x2) / 2, y2, x2, y2);
      pen.stroke();
    }
    pen.globalAlpha = 1;
    if (!kernels || box.map >= kernels.shape[0]) return;
    this.#tiles(pen, kernels, box, from.map((each) => boxes[each]), [start, x2], colours);
  }

  #tiles(pen, { data, shape: [, channels, high, wide] }, box, from, [left, right], colours) {
    const each = high * wide;
    const bytes = data.subarray(box.map * channels * each, (box.map + 1) * channels * each);
    this.bitmap.write(bytes, channels, high, wide, colours.lut, true);
    const size = Math.min(KERNEL, right - left - 8);
    const places = places_of(channels, from, (left + right) / 2 - size / 2, size);
    pen.imageSmoothingEnabled = false;
    places.forEach(([x, y], channel) => {
      pen.fillStyle = colours.background;
      pen.fillRect(x - 1, y - 1, size + 2, size + 2);
      this.bitmap.draw(pen, channel, x, y, size, size);
      pen.strokeStyle = colours.text;
      pen.lineWidth = 1;
      pen.strokeRect(x - 0.5, y - 0.5, size + 1, size + 1);
    });
  }
}

// Beside the map each looks at, or below each other where one picture holds all channels; never one on top of another.
function places_of(channels, from, x, size) {
  if (from.length >= channels) {
    let below = -Infinity;
    return from
      .slice(0, channels)
      .map((source, channel) => [channel, source.y + source.h / 2 - size / 2])
      .sort((a, b) => a[1] - b[1])
      .map(([channel, y]) => {
        below = Math.max(y, below + size + 3);
        return [channel, [x, below]];
      })
      .sort((a, b) => a[0] - b[0])
      .map(([, place]) => place);
  }
  const middle = from[0] ? from[0].y + from[0].h / 2 : 0;
  const top = middle - (channels * (size + 3)) / 2;
  return Array.from({ length: channels }, (_, channel) => [x, top + channel * (size + 3)]);
}
