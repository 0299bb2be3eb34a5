// Points that a visitor paints: added along a stroke, erased, undone and done again. Knows no screen.

const MOST = 500;
const DEPTH = 100; // strokes that can be undone

export class Brush {
  /** @param spans how wide and how high the plane is: distances are shares of it */
  constructor(spans) {
    this.spans = spans;
    this.points = []; // [x1, x2, class or value]
    this.before = [];
    this.after = [];
  }

  /** Begins a stroke: everything until the next one is undone at once. */
  begin() {
    this.before.push(this.points);
    if (this.before.length > DEPTH) this.before.shift();
    this.after = [];
  }

  /** Ends it; a stroke that has changed nothing leaves nothing to undo. */
  end() {
    if (this.before.at(-1) === this.points) this.before.pop();
  }

  /** Adds a point unless one lies nearer than `apart`; false if there is no more room. */
  add(x, y, label, apart) {
    if (this.points.length >= MOST) return false;
    if (!this.points.some(([a, b]) => this.#away(a - x, b - y) < apart)) this.points = [...this.points, [x, y, label]];
    return true;
  }

  /** Removes the points within `reach`. */
  erase(x, y, reach) {
    const left = this.points.filter(([a, b]) => this.#away(a - x, b - y) > reach);
    if (left.length < this.points.length) this.points = left;
  }

  undo() {
    if (!this.before.length) return;
    this.after.push(this.points);
    this.points = this.before.pop();
  }

  redo() {
    if (!this.after.length) return;
    this.before.push(this.points);
    this.points = this.after.pop();
  }

  #away(dx, dy) {
    return Math.hypot(dx / this.spans[0], dy / this.spans[1]);
  }
}
