// Rows of small pictures with a caption each, on one canvas. Knows pixels and a pen.

import { Bitmap } from "../picture/bitmap.js";

const [LABEL, GAP, CAPTION] = [18, 4, 17]; // px

export class Strip {
  constructor() {
    this.bitmap = new Bitmap();
  }

  /** How high rows of (n, h, w) pictures are in a width. */
  height(rows, width) {
    return rows.reduce((sum, row) => sum + LABEL + this.#side(row, width) + (row.answers ? CAPTION : 0) + 6, 0);
  }

  /** @param lut of pictures, `signed` of rows of slopes; `written` turns an answer into a text */
  paint(pen, rows, width, { lut, signed, family, text, faint, titles, written }) {
    let top = 0;
    for (const row of rows) {
      const { data, shape } = row.pictures;
      const [count, h, w] = shape;
      const side = this.#side(row, width);
      pen.font = `600 12px ${family}`;
      pen.textAlign = "left";
      pen.fillStyle = text;
      pen.fillText(titles[row.name], 0, top + 12);
      this.bitmap.write(data, count, h, w, row.name === "pull" ? signed : lut, true);
      pen.imageSmoothingEnabled = h > 16;
      for (let k = 0; k < count; k++) {
        const x = k * (side + GAP);
        this.bitmap.draw(pen, k, x, top + LABEL, side, side);
        if (!row.answers) continue;
        pen.font = `12px ${family}`;
        pen.textAlign = "center";
        pen.fillStyle = faint;
        pen.fillText(written(row.answers.data[k]), x + side / 2, top + LABEL + side + 13);
      }
      top += LABEL + side + (row.answers ? CAPTION : 0) + 6;
    }
  }

  #side({ pictures }, width) {
    return Math.min(56, Math.floor((width + GAP) / pictures.shape[0]) - GAP);
  }
}
