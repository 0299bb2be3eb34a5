// Where things are: in the data's own numbers, in pixels of the square (y downwards), in samples of a grid (v upwards).

export class Places {
  /** @param extent [left, right, bottom, top]; the square is `width` × `height` CSS pixels */
  constructor(extent) {
    this.extent = extent;
    this.spans = [extent[1] - extent[0], extent[3] - extent[2]];
    this.width = this.height = 0;
  }

  toPixel(x, y) {
    const { extent, spans } = this;
    return [((x - extent[0]) / spans[0]) * this.width, (1 - (y - extent[2]) / spans[1]) * this.height];
  }

  fromPixel(px, py) {
    const { extent, spans } = this;
    return [extent[0] + (px / this.width) * spans[0], extent[2] + (1 - py / this.height) * spans[1]];
  }

  /** The outermost samples of a grid lie on the rim. */
  toGrid({ rows, columns }, x, y) {
    const { extent, spans } = this;
    return [((x - extent[0]) / spans[0]) * (columns - 1), ((y - extent[2]) / spans[1]) * (rows - 1)];
  }

  middle() {
    const { extent, spans } = this;
    return [extent[0] + spans[0] / 2, extent[2] + spans[1] / 2];
  }

  /** A place moved by shares of the plane, not beyond its rim. */
  moved([x, y], [dx, dy]) {
    const [left, right, bottom, top] = this.extent;
    const within = (value, low, high) => Math.max(low, Math.min(high, value));
    return [within(x + dx * this.spans[0], left, right), within(y + dy * this.spans[1], bottom, top)];
  }
}
