// What the tiles of a column show: its responses over the plane, its weights as pictures where inputs are pictures, or its
// weights as bands where there is no plane. Knows arrays and colours, no place on the screen.

import { Bitmap, byteOf } from "../picture/bitmap.js";

export class Faces {
  constructor(column, setup) {
    this.column = column;
    this.setup = setup;
    this.bitmap = new Bitmap();
    this.kind = "none"; // "response", "weights" (pictures), "bands", "picture" or "none"
    this.reach = 1;
    this.count = 0;
  }

  /** Whether the tiles are the same in every frame, whatever is selected. */
  get still() {
    return this.column.index < 0 && !this.column.picture;
  }

  /** Reads a frame into pixels; true if there is something to draw. */
  read(frame, lut, selection = null) {
    const { column } = this;
    if (column.index < 0) return this.#inputs(lut, selection);
    const { arrays } = frame;
    const weight = arrays[`w/${column.weight}`];
    const picture = this.setup.input.shape.length >= 2 && column.index === 0 ? this.setup.input.shape.slice(-2) : null;
    if (picture && weight && weight.shape[1] === picture[0] * picture[1]) return this.#weights("weights", weight, picture, lut);
    const map = arrays[`map/${column.output}`];
    if (map?.shape.length === 3) {
      this.kind = "response";
      this.reach = arrays[`map/${column.output}/reach`]?.data[0] ?? 1;
      return this.#maps(map, lut);
    }
    const drawn = this.setup.arrays.input_maps !== undefined; // then maps are only missing from this one frame
    if (weight?.shape.length === 2 && !drawn) return this.#weights("bands", weight, bands(weight.shape[1]), lut);
    this.kind = "none";
    this.count = 0;
    return false;
  }

  /** Smooth pictures are smoothly enlarged; bands and pixels keep their edges. */
  get smooth() {
    return this.kind === "response";
  }

  // Features over the plane; where inputs are pictures, the sample that is selected, else the first.
  #inputs(lut, selection) {
    const { input_maps: maps, "input_maps/reach": reach, pictures } = this.setup.arrays;
    this.count = 0;
    if (this.column.picture && pictures?.shape.length === 3) {
      this.kind = "picture";
      const [count, rows, columns] = pictures.shape;
      const index = selection?.kind === "sample" && !selection.test && selection.index < count ? selection.index : 0;
      const bytes = pictures.data.subarray(index * rows * columns, (index + 1) * rows * columns);
      this.bitmap.write(Uint8Array.from(bytes, (byte) => 128 + (byte >> 1)), 1, rows, columns, lut, true);
      this.count = 1;
    } else if (!this.column.picture && maps?.shape.length === 3) {
      this.kind = "response";
      this.reaches = reach?.data ?? null;
      return this.#maps(maps, lut);
    }
    return this.count > 0;
  }

  #maps({ data, shape }, lut) {
    this.count = Math.min(shape[0], this.column.shown);
    this.bitmap.write(data, this.count, shape[1], shape[2], lut);
    return this.count > 0;
  }

  /** What the tiles show, as the words have it. */
  get caption() {
    return this.kind === "response" && this.bitmap.rows === 1 ? "line" : this.kind;
  }

  /** What the full colour of a unit's tile stands for. */
  reachOf(unit) {
    return this.reaches?.[unit] ?? this.reach;
  }

  #weights(kind, { data, shape }, [rows, columns], lut) {
    this.kind = kind;
    this.count = Math.min(shape[0], this.column.shown);
    const inputs = shape[1];
    let reach = 1e-9;
    for (let at = 0; at < this.count * inputs; at++) {
      const size = Math.abs(data[at]);
      if (size > reach && size < Infinity) reach = size;
    }
    this.reach = reach;
    this.bitmap.reserve(this.count, rows, columns);
    const { pixels } = this.bitmap;
    const scale = 127 / reach;
    const cells = rows * columns;
    for (let unit = 0; unit < this.count; unit++) {
      const [from, to] = [unit * inputs, unit * cells];
      for (let at = 0; at < cells; at++) {
        if (at >= inputs) pixels[to + at] = lut[128];
        else {
          const byte = 128.5 + data[from + at] * scale;
          pixels[to + at] = lut[byte > 255 ? 255 : byte | 0];
        }
      }
    }
    this.bitmap.flush();
    return this.count > 0;
  }
}

/** The pixel of a bias. */
export function biasPixel(value, reach, lut) {
  return lut[byteOf(value, reach)];
}

// Few weights lie as bands in the order of the units they come from; many as a square.
function bands(inputs) {
  if (inputs <= 24) return [inputs, 1];
  const side = Math.ceil(Math.sqrt(inputs));
  return [Math.ceil(inputs / side), side];
}
