// Bytes as pixels: small maps through a table of colours, one below the other, for other canvases to draw from enlarged.
// Knows no view and no run.

export class Bitmap {
  constructor() {
    this.canvas = document.createElement("canvas");
    this.context = this.canvas.getContext("2d");
    this.rows = 0;
    this.columns = 0;
  }

  /** Makes room for so many maps of (rows, columns); what was there is gone if that changes. */
  reserve(count, rows, columns) {
    if (this.count === count && this.rows === rows && this.columns === columns) return;
    Object.assign(this, { count, rows, columns });
    this.canvas.width = columns;
    this.canvas.height = count * rows;
    this.image = this.context.createImageData(columns, count * rows);
    this.pixels = new Uint32Array(this.image.data.buffer);
  }

  /**
   * Writes `count` maps. Bytes lie map by map, row by row; the first row is the lowest (x₂ grows upwards) unless
   * `upright`, where it is the highest, as in a photograph.
   */
  write(bytes, count, rows, columns, lut, upright = false) {
    this.reserve(count, rows, columns);
    const { pixels } = this;
    for (let row = 0, to = 0; row < count * rows; row++) {
      const map = (row / rows) | 0;
      let from = (upright ? row : map * rows + rows - 1 - (row - map * rows)) * columns;
      for (const end = from + columns; from < end; from++) pixels[to++] = lut[bytes[from]];
    }
    this.flush();
  }

  /** Takes over what was written into `pixels`. */
  flush() {
    this.context.putImageData(this.image, 0, 0);
  }

  /** Draws map number `index` into a rectangle. */
  draw(context, index, x, y, width, height) {
    context.drawImage(this.canvas, 0, index * this.rows, this.columns, this.rows, x, y, width, height);
  }

  /** One map as a picture of its own, as a data: address. */
  address(index) {
    const one = document.createElement("canvas");
    one.width = this.columns;
    one.height = this.rows;
    this.draw(one.getContext("2d"), index, 0, 0, this.columns, this.rows);
    return one.toDataURL("image/png");
  }
}

/** The byte of a number on the palette: 1 = −reach, 128 = 0, 255 = +reach; beyond it the ends. */
export function byteOf(value, reach) {
  const byte = 128.5 + (127 * value) / reach;
  return byte < 1 ? 1 : byte > 255 ? 255 : byte | 0;
}

const written = new Map();

/** A pixel as a canvas wants its colours, #rrggbb; each is written once. */
export function css(rgba) {
  if (!written.has(rgba)) {
    if (written.size > 4096) written.clear();
    written.set(rgba, `#${[0, 8, 16].map((bits) => ((rgba >>> bits) & 255).toString(16).padStart(2, "0")).join("")}`);
  }
  return written.get(rgba);
}

/** A pixel (RGBA in memory, little-endian) of an [r, g, b]. */
export function pixel([red, green, blue]) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
