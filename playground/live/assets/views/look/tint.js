// Bytes of one picture as pixels: one channel from paper to ink (in photographs from black to white), three as colours. Knows no view.

import { pixel } from "../picture/bitmap.js";
import { between, ramp } from "../picture/ink.js";

/** Writes a picture {data, shape: [C, H, W]} of bytes on a canvas, one pixel each. */
export function tint(canvas, { data, shape: [channels, rows, columns] }, colours) {
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const size = rows * columns;
  if (channels === 3) for (let k = 0; k < size; k++) pixels[k] = pixel([data[k], data[size + k], data[2 * size + k]]);
  else {
    const lut = ramp(colours.paper, colours.ink);
    for (let k = 0; k < size; k++) pixels[k] = lut[data[k]];
  }
  context.putImageData(image, 0, 0);
}

/** A colour as a canvas wants it: `part` of the way from the background to another. */
export const shade = (colours, name, part) => `rgb(${between(colours.background, colours[name], part).join(" ")})`;
