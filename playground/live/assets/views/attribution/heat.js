// Amounts laid over a picture: in the palette of every picture, with what is looked at shining through. Knows no network.

import { fit, h } from "../../dom.js";
import { Bitmap } from "../picture/bitmap.js";
import { tint } from "../look/tint.js";

/** A picture with a caption: `paint(…)` draws it, `say(text)` writes below it. */
export class Figure {
  constructor(title) {
    this.canvas = h("canvas", { class: "stage-heat", role: "img", "aria-label": title });
    this.title = h("b", {}, title);
    this.text = h("span", {});
    this.node = h("figure", { class: "stage-attribution-figure" }, this.canvas, h("figcaption", {}, this.title, this.text));
    this.bitmap = new Bitmap();
    this.sheet = document.createElement("canvas");
  }

  say(text) {
    if (this.text.textContent !== text) this.text.textContent = text;
  }

  /** The pen of a square of `side` px, empty. */
  #pen(side) {
    fit(this.canvas, side, side);
    const pen = this.canvas.getContext("2d");
    const scale = this.canvas.width / side;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, side, side);
    return pen;
  }

  /** A picture {data, shape: [C, H, W]} as it is. */
  picture(x, side, colours) {
    const pen = this.#pen(side);
    tint(this.sheet, x, colours);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.sheet, ...inside(x.shape, side));
  }

  /**
   * Bytes (h, w) over a picture: amounts 0..255 where `signed` is false, else 128 = 0.
   * @param {boolean} smooth whether they are enlarged without edges
   */
  heat({ data, shape: [rows, columns] }, x, side, colours, { signed = false, smooth = false, through = 0.35, lies = null } = {}) {
    const pen = this.#pen(side);
    const bytes = signed ? data : Uint8Array.from(data, (byte) => 128 + ((byte * 127) / 255 + 0.5));
    this.bitmap.write(bytes, 1, rows, columns, colours.lut, true);
    const place = inside(x.shape, side);
    pen.imageSmoothingEnabled = smooth;
    pen.imageSmoothingQuality = "high";
    this.bitmap.draw(pen, 0, ...(lies ? over(place, x.shape, [rows, columns], lies) : place));
    if (!through) return;
    tint(this.sheet, x, colours);
    pen.globalAlpha = through;
    pen.globalCompositeOperation = colours.dark ? "screen" : "multiply";
    pen.imageSmoothingEnabled = false;
    pen.drawImage(this.sheet, ...place);
    pen.globalAlpha = 1;
    pen.globalCompositeOperation = "source-over";
  }
}

function inside(shape, side) {
  const [rows, columns] = shape.slice(-2);
  const scale = side / Math.max(rows, columns);
  return [(side - columns * scale) / 2, (side - rows * scale) / 2, columns * scale, rows * scale];
}

// Where a map stands on the picture whose places are the middles of windows: the first one and the step, in pixels.
function over([left, top, width], shape, [rows, columns], [first, step]) {
  const scale = width / shape.at(-1);
  const begin = (first + 0.5 - step / 2) * scale;
  return [left + begin, top + begin, columns * step * scale, rows * step * scale];
}

/** How large a figure may be where `count` stand beside each other. */
export function sideOf(width, count, most = 190) {
  return Math.max(84, Math.min(most, Math.floor((width - 18 * (count - 1)) / count)));
}
