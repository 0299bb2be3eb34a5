// What the network answers on a grid over the plane: read from a frame, asked for the answer at a place, and turned into
// colours. Knows arrays and colours, no screen.

import { rgb } from "../../colours.js";
import { Bitmap, pixel } from "../picture/bitmap.js";

const PALE = 0.16; // how much of its colour a class has where the network is least sure
const STEPS = 8; // on each side of zero, where a surface is drawn in steps

/**
 * The field a frame shows: the network's output, or one unit's response.
 * @returns {{kind: "values"|"classes"|"unit", bytes, rows, columns, reach, sure?}|null}
 */
export function fieldOf(frame, setup, unit = null) {
  const { arrays } = frame;
  if (unit) return unitField(arrays, setup, unit);
  const values = arrays["map/plane"];
  if (values) {
    const [rows, columns] = values.shape;
    return { kind: "values", bytes: values.data, rows, columns, reach: arrays["map/reach"]?.data[0] ?? 1 };
  }
  const best = arrays["map/class"];
  if (!best) return null;
  const [rows, columns] = best.shape;
  return { kind: "classes", bytes: best.data, sure: arrays["map/confidence"]?.data ?? null, rows, columns, reach: 1 };
}

function unitField(arrays, setup, { column, unit }) {
  const last = column < 0 ? null : setup.columns[column]?.until;
  const maps = column < 0 ? setup.arrays.input_maps : arrays[`map/${last}`];
  if (maps?.shape.length !== 3 || unit >= maps.shape[0]) return null;
  const [, rows, columns] = maps.shape;
  const bytes = maps.data.subarray(unit * rows * columns, (unit + 1) * rows * columns);
  return { kind: "unit", bytes, rows, columns, reach: column < 0 ? (setup.arrays["input_maps/reach"]?.data[unit] ?? 1) : (arrays[`map/${last}/reach`]?.data[0] ?? 1) };
}

/** The value −reach..reach between samples at (u, v), counted in samples from the lowest left one. */
export function valueAt({ bytes, rows, columns, reach }, u, v) {
  const x = Math.max(0, Math.min(columns - 1, u));
  const y = Math.max(0, Math.min(rows - 1, v));
  const [left, low] = [Math.min(columns - 2, x | 0), Math.min(rows - 2, y | 0)];
  const [a, b] = [x - left, y - low];
  const at = low * columns + left;
  const down = bytes[at] + (bytes[at + 1] - bytes[at]) * a;
  const up = bytes[at + columns] + (bytes[at + columns + 1] - bytes[at + columns]) * a;
  return ((down + (up - down) * b - 128) / 127) * reach;
}

/** The class that the network speaks for at (u, v), and how sure it is (0..1). */
export function classAt(field, u, v) {
  if (field.kind !== "classes") {
    const value = valueAt(field, u, v);
    return { label: value > 0 ? 1 : 0, sure: (1 + Math.min(1, Math.abs(value))) / 2 };
  }
  const { bytes, sure, rows, columns } = field;
  const column = Math.max(0, Math.min(columns - 1, Math.round(u)));
  const row = Math.max(0, Math.min(rows - 1, Math.round(v)));
  return { label: bytes[row * columns + column], sure: sure ? sure[row * columns + column] / 255 : NaN };
}

/** Colours for fields; made anew when the theme changes. */
export class Paint {
  constructor(colours, classes) {
    this.lut = colours.lut;
    this.bitmap = new Bitmap();
    this.steps = colours.lut.map((_, byte) => colours.lut[stepped(byte)]);
    this.sides = colours.lut.map((_, byte) => colours.lut[byte > 128 ? 255 : 1]);
    this.classes = Array.from({ length: classes }, (_, label) => shades(colours.background, colours.classes[label % colours.classes.length], classes));
  }

  /** Writes the field into a bitmap. `discrete`: the answer instead of its strength (for numbers: in steps). */
  write(field, discrete, regression) {
    if (field.kind === "classes") this.#classes(field, discrete);
    else this.bitmap.write(field.bytes, 1, field.rows, field.columns, discrete ? (regression ? this.steps : this.sides) : this.lut);
  }

  /** Draws it over the whole of a canvas; the outermost samples lie on the rim. */
  draw(context, width, height) {
    const { canvas, rows, columns } = this.bitmap;
    context.imageSmoothingEnabled = true;
    context.drawImage(canvas, 0.5, 0.5, columns - 1, rows - 1, 0, 0, width, height);
  }

  /** The field as a picture of its own, as a data: address. */
  address(side) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = Math.round(side);
    this.draw(canvas.getContext("2d"), canvas.width, canvas.height);
    return canvas.toDataURL("image/png");
  }

  #classes({ bytes, sure, rows, columns }, discrete) {
    const { bitmap } = this;
    bitmap.reserve(1, rows, columns);
    for (let row = 0, to = 0; row < rows; row++) {
      for (let at = (rows - 1 - row) * columns, end = at + columns; at < end; at++) {
        bitmap.pixels[to++] = this.classes[bytes[at]]?.[discrete || !sure ? 255 : sure[at]] ?? 0;
      }
    }
    bitmap.flush();
  }
}

// The pixel of a class for each probability 0..255; pale where all classes are equally likely.
function shades(background, colour, count) {
  const [ground, full] = [rgb(background), rgb(colour)];
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    const sure = Math.max(0, (byte / 255 - 1 / count) / (1 - 1 / count));
    const part = PALE + (1 - PALE) * sure;
    return pixel(ground.map((value, i) => Math.round(value + (full[i] - value) * part)));
  });
}

function stepped(byte) {
  const value = Math.max(-1, (byte - 128) / 127);
  return 128 + Math.round((Math.round(value * STEPS) / STEPS) * 127);
}
