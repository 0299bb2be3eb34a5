// Edges between two columns, drawn pixel by pixel: a hundred and fifty curves with light running along them cost a tenth
// of what the canvas' own dashed strokes cost. Where an edge runs is one formula, for drawing, for finding the edge under
// the pointer, and for SVG. Knows no network.
//
// An edge goes from (0, from) to (width, to) along from + (to − from) · u²(3 − 2u), u = x / width.

const PULSE = 256; // one wave of light in the table
const WAVE = 22; // its length in CSS pixels
const light = Int32Array.from({ length: PULSE }, (_, i) => {
  const wave = 0.5 + 0.5 * Math.cos((2 * Math.PI * i) / PULSE);
  return Math.round(256 * (0.42 + 0.58 * wave * wave));
});

/** The strip between two columns as a bitmap. */
export class Strip {
  /**
   * @param context where it is shown; `sharp` its pixels per CSS pixel
   * @param {{left, right, top, bottom}} gap in CSS pixels
   * @param scale the strip's own pixels per CSS pixel; fewer than `sharp` where there are very many edges
   */
  constructor(context, gap, sharp, scale = sharp) {
    this.x = Math.round(gap.left * scale);
    this.y = Math.round(gap.top * scale);
    this.width = Math.max(1, Math.round(gap.right * scale) - this.x);
    this.height = Math.max(1, Math.round(gap.bottom * scale) - this.y);
    Object.assign(this, { context, scale, enlarge: sharp / scale });
    this.image = context.createImageData(this.width, this.height);
    if (this.enlarge !== 1) this.own = ownContext(this.width, this.height);
    this.pixels = new Int32Array(this.image.data.buffer);
    this.course = new Float64Array(this.width); // how far up an edge has come at a column of pixels, 0..1
    this.slope = new Float64Array(this.width); // and how steep it is there, for a rise of 1
    for (let x = 0; x < this.width; x++) {
      const u = (x + 0.5) / this.width;
      this.course[x] = u * u * (3 - 2 * u);
      this.slope[x] = (6 * u * (1 - u)) / this.width;
    }
  }

  clear(background) {
    this.pixels.fill(background);
  }

  show() {
    const { context, own, image, x, y, width, height, enlarge } = this;
    if (!own) return context.putImageData(image, x, y);
    own.putImageData(image, 0, 0);
    context.imageSmoothingEnabled = true;
    return context.drawImage(own.canvas, x * enlarge, y * enlarge, width * enlarge, height * enlarge);
  }

  /**
   * Draws one edge. `from`, `to`, `width` in CSS pixels of the sheet; `colour` a pixel; `strength` 0..256;
   * `run` how far the light has come (CSS pixels), or −1 where it stands still.
   */
  draw(from, to, width, colour, strength, run) {
    const { pixels, width: across, height, course, slope, scale } = this;
    const start = from * scale - this.y;
    const rise = (to - from) * scale;
    const half = Math.max(width * scale, 1) / 2 + 0.5;
    const thin = Math.min(1, width * scale);
    const per = PULSE / (WAVE * scale);
    const running = run >= 0;
    const warm = colour & 0xff00ff;
    const green = colour & 0x00ff00;
    let way = running ? -run * scale * per : 0;
    for (let x = 0; x < across; x++) {
      const steep = rise * slope[x];
      const stretch = Math.sqrt(1 + steep * steep);
      const centre = start + rise * course[x] - 0.5;
      let power = strength;
      if (running) {
        way += stretch * per;
        power = (strength * light[way & (PULSE - 1)]) >> 8;
      }
      const reach = half * stretch;
      const first = Math.max(0, Math.ceil(centre - reach));
      const last = Math.min(height - 1, Math.floor(centre + reach));
      const shrink = 1 / stretch;
      for (let row = first, at = first * across + x; row <= last; row++, at += across) {
        let cover = half - Math.abs(row - centre) * shrink;
        cover = cover > thin ? thin : cover;
        const a = (cover * power) | 0;
        if (a <= 0) continue;
        const under = pixels[at];
        const rest = 256 - a;
        const rb = ((Math.imul(warm, a) + Math.imul(under & 0xff00ff, rest)) >>> 8) & 0xff00ff;
        const g = ((Math.imul(green, a) + Math.imul(under & 0x00ff00, rest)) >>> 8) & 0x00ff00;
        pixels[at] = 0xff000000 | rb | g;
      }
    }
  }
}

function ownContext(width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  return canvas.getContext("2d", { alpha: false });
}

/** How wide an edge is drawn (CSS pixels) and how strongly (0..256): by |w| against the largest of its layer, 1 at least. */
export function weightOf(value, reach) {
  const part = Math.min(1, Math.abs(value) / reach);
  return { width: 0.8 + 4.7 * part, strength: Math.round(256 * (0.3 + 0.7 * Math.sqrt(part))) };
}

/** The height of an edge at x, and how far (x, y) is from it, both in the unit of the arguments. */
export function distance(left, right, from, to, x, y) {
  const u = (x - left) / (right - left);
  const steep = ((to - from) * 6 * u * (1 - u)) / (right - left);
  return Math.abs(y - (from + (to - from) * u * u * (3 - 2 * u))) / Math.hypot(1, steep);
}

/** The same curve as an SVG path. */
export function path(left, right, from, to) {
  const third = (right - left) / 3;
  const points = [left, from, left + third, from, right - third, to, right, to].map((value) => Math.round(value * 10) / 10);
  return `M${points[0]} ${points[1]}C${points.slice(2).join(" ")}`;
}
