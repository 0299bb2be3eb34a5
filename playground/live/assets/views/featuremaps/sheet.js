// One picture in the drawer: a plane of numbers with its margin, the cells that are looked at, and the place that is chosen.
// Mouse, finger and arrow keys choose another. Knows no network.

import { h } from "../../dom.js";
import { Bitmap, byteOf } from "../picture/bitmap.js";
import { ramp } from "../picture/ink.js";

const KEYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export class Sheet {
  /** @param {string} label @param {((row, column) => void)|null} choose what hears of another place */
  constructor(label, choose) {
    Object.assign(this, { choose, bitmap: new Bitmap(), at: null });
    this.canvas = h("canvas", { class: "stage-sheet", "aria-label": label, ...(choose ? { tabindex: 0, role: "application" } : { role: "img" }) });
    if (choose) this.#listen();
  }

  /**
   * @param {{rows, columns, data, reach, margin: [number, number], cells: Array, at: [number, number]|null,
   *   winner: Array|null, ink: boolean}} what numbers in rows; `margin` of empty cells before and behind it
   */
  paint(what, side, colours, ratio = Math.min(window.devicePixelRatio || 1, 2)) {
    const { rows, columns, data, reach, margin = [0, 0], cells = [], at = null, winner = null, ink = false } = what;
    const [before, behind] = margin;
    const [high, wide] = [rows + before + behind, columns + before + behind];
    const cell = side / Math.max(high, wide);
    const [width, height] = [wide * cell, high * cell];
    Object.assign(this, { what, cell, at });
    const { canvas } = this;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    const pen = canvas.getContext("2d");
    pen.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
    const lut = ink ? ramp(colours.paper, colours.ink) : colours.lut;
    const bytes = Uint8Array.from(data, (value) => (ink ? Math.round(255 * Math.min(Math.max(value, 0), 1)) : byteOf(value, reach)));
    this.bitmap.write(bytes, 1, rows, columns, lut, true);
    pen.imageSmoothingEnabled = false;
    this.bitmap.draw(pen, 0, before * cell, before * cell, columns * cell, rows * cell);
    pen.lineWidth = 1;
    pen.strokeStyle = colours.line;
    pen.strokeRect(before * cell + 0.5, before * cell + 0.5, columns * cell - 1, rows * cell - 1);
    if (before + behind) {
      pen.setLineDash([3, 3]);
      pen.strokeRect(0.5, 0.5, width - 1, height - 1);
      pen.setLineDash([]);
    }
    this.#cells(pen, cells.map(([row, column]) => [row + before, column + before]), colours, colours.accent);
    if (winner) this.#frame(pen, winner[0] + before, winner[1] + before, colours.text, 2.5);
    if (at) this.#frame(pen, at[0] + before, at[1] + before, colours.accent, 2.5);
  }

  // The cells of a window: one frame around them, and each on its own where they do not touch.
  #cells(pen, cells, colours, colour) {
    if (!cells.length) return;
    const { cell } = this;
    const [rows, columns] = [0, 1].map((axis) => cells.map((each) => each[axis]));
    const [top, left] = [Math.min(...rows), Math.min(...columns)];
    const [high, wide] = [Math.max(...rows) - top + 1, Math.max(...columns) - left + 1];
    pen.fillStyle = colour;
    pen.globalAlpha = 0.22;
    if (high * wide > cells.length) for (const [row, column] of cells) pen.fillRect(column * cell, row * cell, cell, cell);
    pen.globalAlpha = 1;
    pen.strokeStyle = colour;
    pen.lineWidth = 2.5;
    pen.strokeRect(left * cell, top * cell, wide * cell, high * cell);
  }

  #frame(pen, row, column, colour, width) {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    const size = Math.max(this.cell, 5);
    pen.strokeRect(column * this.cell + (this.cell - size) / 2, row * this.cell + (this.cell - size) / 2, size, size);
  }

  #listen() {
    const { canvas } = this;
    const under = (event) => {
      if (!this.what) return;
      const box = canvas.getBoundingClientRect();
      const place = [event.clientY - box.top, event.clientX - box.left].map((px) => Math.floor(px / this.cell) - (this.what.margin?.[0] ?? 0));
      if (place[0] >= 0 && place[0] < this.what.rows && place[1] >= 0 && place[1] < this.what.columns) this.choose(...place);
    };
    canvas.onpointermove = (event) => (event.pointerType === "mouse" || event.buttons) && under(event);
    canvas.onpointerdown = under;
    canvas.onkeydown = (event) => {
      const step = KEYS[event.key];
      if (!step || !this.what || event.altKey || event.ctrlKey || event.metaKey) return;
      const [row, column] = this.at ?? [0, 0];
      this.choose(Math.min(Math.max(row + step[0], 0), this.what.rows - 1), Math.min(Math.max(column + step[1], 0), this.what.columns - 1));
      event.preventDefault();
      event.stopPropagation();
    };
  }
}
