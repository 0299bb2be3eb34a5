// Two axes with ticks, numbers and names around a square, as SVG. Knows no data.

import { digits, s } from "../../dom.js";
import { label } from "../picture/export.js";

/** Round numbers within low..high, about `wish` of them. */
export function ticks(low, high, wish = 6) {
  const raw = (high - low) / wish;
  if (!(raw > 0) || !Number.isFinite(raw)) return [];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((part) => part * power).find((part) => part >= raw * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, k) => Number(((first + k) * step).toPrecision(12)));
}

/** A tick's number, with a real minus. */
export function written(value) {
  const text = Number.isInteger(value) && Math.abs(value) < 1e6 ? String(Math.abs(value)) : String(Number(digits(Math.abs(value)).replaceAll(",", "")));
  return value < 0 ? `−${text}` : text;
}

export class Axes {
  /** @param extent [left, right, bottom, top]; names of both axes */
  constructor(extent, names) {
    Object.assign(this, { extent, names });
    const [left, right, bottom, top] = extent;
    this.across = ticks(left, right);
    this.up = ticks(bottom, top);
    const longest = Math.max(...this.up.map((value) => written(value).length), 1);
    this.margin = { left: Math.ceil(26 + 6.4 * longest), right: 8, top: 8, bottom: 38 };
    this.node = s("svg", { class: "stage-plane-axes", "aria-hidden": "true" });
  }

  /** Where the square of this size begins, and all of it. */
  size(side, height = side) {
    const { left, right, top, bottom } = this.margin;
    return { width: left + side + right, height: top + height + bottom };
  }

  /** Lays them around a rectangle. */
  place(width, height) {
    this.rect = { width, height };
    const whole = this.size(width, height);
    this.node.setAttribute("width", whole.width);
    this.node.setAttribute("height", whole.height);
    this.node.innerHTML = this.svg("currentColor");
  }

  /** SVG text of everything around the rectangle, without what is in it. */
  svg(ink) {
    const { left: x0, top: y0 } = this.margin;
    const { width, height } = this.rect;
    const [left, right, bottom, top] = this.extent;
    const parts = [];
    for (const value of this.across) {
      const x = x0 + ((value - left) / (right - left)) * width;
      parts.push(line(x, y0 + height, x, y0 + height + 4, ink), label(x, y0 + height + 17, written(value), "middle"));
    }
    for (const value of this.up) {
      const y = y0 + height - ((value - bottom) / (top - bottom)) * height;
      parts.push(line(x0 - 4, y, x0, y, ink), label(x0 - 7, y + 4, written(value), "end"));
    }
    parts.push(`<rect x="${x0 - 0.5}" y="${y0 - 0.5}" width="${width + 1}" height="${height + 1}" fill="none" stroke="${ink}" stroke-opacity="0.35"/>`);
    parts.push(label(x0 + width / 2, y0 + height + 33, this.names[0], "middle", 'font-weight="600"'));
    const middle = y0 + height / 2;
    parts.push(label(12, middle, this.names[1], "middle", `font-weight="600" transform="rotate(-90 12 ${middle})"`));
    return parts.join("");
  }
}

const line = (x0, y0, x1, y1, ink) => `<line x1="${x0.toFixed(1)}" y1="${y0.toFixed(1)}" x2="${x1.toFixed(1)}" y2="${y1.toFixed(1)}" stroke="${ink}" stroke-opacity="0.5"/>`;
