// Pointer and keyboard on the plane: reading a place, choosing a sample, painting and erasing. Knows no drawing.

const NEAR = 14; // pixels from the pointer to a sample; fingers need more
const APART = 0.018; // share of the plane between two points of a stroke
const RUBBER = 0.03;

export class Hands {
  /**
   * @param {{places, brush, tools, nearest(px, py, reach), read(place), choose(sample), changed(), full()}} plane
   * @param pad the element that is touched
   */
  constructor(pad, plane) {
    Object.assign(this, { pad, plane, cursor: null, stroke: false });
    Object.assign(pad, {
      onpointerdown: (event) => this.#down(event),
      onpointermove: (event) => this.#move(event),
      onpointerup: (event) => this.#up(event),
      onpointercancel: () => this.#lift(),
      onpointerleave: () => this.#leave(),
      onkeydown: (event) => this.#pressed(event),
      onblur: () => this.#leave(),
    });
  }

  #at(event) {
    const { width, height } = this.plane.places;
    const box = this.pad.getBoundingClientRect();
    const inside = (value, most) => Math.max(0, Math.min(most, value));
    return [inside(event.clientX - box.left, width), inside(event.clientY - box.top, height)];
  }

  #place(event) {
    return this.plane.places.fromPixel(...this.#at(event));
  }

  #down(event) {
    if (event.button !== 0) return;
    this.cursor = null;
    const place = this.#place(event);
    this.plane.read(place);
    if (!this.plane.tools.open) return;
    event.preventDefault();
    this.pad.setPointerCapture(event.pointerId);
    this.stroke = true;
    this.plane.brush.begin();
    this.#dab(place);
  }

  #move(event) {
    const place = this.#place(event);
    if (this.stroke) this.#dab(place);
    this.plane.read(place);
  }

  #up(event) {
    if (this.stroke) return this.#lift();
    if (this.plane.tools.open) return;
    this.plane.choose(this.plane.nearest(...this.#at(event), event.pointerType === "touch" ? 2 * NEAR : NEAR));
  }

  #lift() {
    if (!this.stroke) return;
    this.stroke = false;
    this.plane.brush.end();
    this.plane.changed();
  }

  #leave() {
    const had = this.cursor;
    this.cursor = null;
    this.plane.read(null);
    if (had) this.plane.changed();
  }

  #dab(place) {
    const { brush, tools } = this.plane;
    const [x, y] = place.map((value) => Math.round(value * 1000) / 1000);
    if (tools.tool === "erase") brush.erase(x, y, RUBBER);
    else if (!brush.add(x, y, tools.value, APART)) this.plane.full();
    this.plane.changed();
  }

  #pressed(event) {
    const { tools } = this.plane;
    const step = event.shiftKey ? 0.1 : 0.02;
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
    if (by) this.#walk(by);
    else if (tools.open && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") this.#turnBack(event.shiftKey);
    else if (event.key === "Enter" && this.cursor) this.#press();
    else if (tools.open && this.cursor && (event.key === "Delete" || event.key === "Backspace")) this.#rub();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #walk(by) {
    const { places } = this.plane;
    this.cursor = places.moved(this.cursor ?? places.middle(), by);
    this.plane.changed();
    this.plane.read(this.cursor, true);
  }

  #press() {
    if (!this.plane.tools.open) {
      return this.plane.choose(this.plane.nearest(...this.plane.places.toPixel(...this.cursor), 3 * NEAR));
    }
    this.plane.brush.begin();
    this.#dab(this.cursor);
    this.plane.brush.end();
    this.plane.changed();
  }

  #rub() {
    this.plane.brush.begin();
    this.plane.brush.erase(...this.cursor, RUBBER);
    this.plane.brush.end();
    this.plane.changed();
  }

  #turnBack(again) {
    if (again) this.plane.brush.redo();
    else this.plane.brush.undo();
    this.plane.changed();
  }
}
