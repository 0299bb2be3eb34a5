// The network as it is: columns of living tiles, edges as weights, light running along them while it learns. One canvas
// for what moves; buttons above it for what is touched, read and changed.

import { rgb } from "../colours.js";
import { fit, h } from "../dom.js";
import { Attention } from "./diagram/attention.js";
import { columnsOf } from "./diagram/columns.js";
import { Strip } from "./diagram/edges.js";
import { biasPixel, Faces } from "./diagram/faces.js";
import { Heads } from "./diagram/heads.js";
import { arrange } from "./diagram/layout.js";
import { Legend } from "./diagram/legend.js";
import { diagramSvg } from "./diagram/picture.js";
import { Units } from "./diagram/units.js";
import { Wiring } from "./diagram/wiring.js";
import { css, pixel } from "./picture/bitmap.js";
import { png } from "./picture/export.js";
import { rest, SPOT } from "./picture/spot.js";
import { dye } from "./picture/styles.js";

export const needs = ["weights", "maps", "health"];
export const place = "main";
export const styles = "diagram.css";

const SPEED = 46; // CSS pixels a second that the light runs
const CROWD = 160; // edges between two columns, from which on they are drawn in coarser pixels
const STILL = 320; // ms without a new step until it stands

/** The view: `draw`, `resize`, `dispose`, `svg()` → text, `png()` → Promise<Blob>. */
export function mount(element, stage) {
  return new Diagram(element, stage);
}

class Diagram {
  constructor(element, stage) {
    Object.assign(this, { element, stage, frame: null, layout: null, wirings: [], run: 0, movedAt: -Infinity, drawnAt: 0, saidAt: -Infinity });
    this.word = (key, values) => stage.word(key, values);
    this.columns = columnsOf(stage.setup, this.word);
    this.coarse = matchMedia("(pointer: coarse)").matches;
    this.heads = new Heads(stage, this.columns);
    this.units = new Units(stage, this.columns, {
      open: (column, unit) => this.attention.toggle(column, unit),
      bias: (column, unit, button) => this.attention.editBias(column, unit, button),
      remove: (column) => this.heads.remove(column),
      rest: (spot) => rest(stage, spot),
    });
    this.legend = new Legend(this.word);
    this.#build();
    this.listeners = {
      selection: () => this.attention.selected(),
      theme: () => this.#dye(),
      [SPOT]: () => this.attention.attend(),
    };
    for (const [event, listener] of Object.entries(this.listeners)) stage.on(event, listener);
    this.#dye();
    this.resize();
  }

  // --- what the stage calls -------------------------------------------------------------------------------------------

  draw(frame) {
    const now = performance.now();
    const first = this.frame === null;
    if (!first && frame.step !== this.frame.step) this.movedAt = now;
    this.frame = frame;
    if (!this.layout) this.resize();
    if (!this.layout) return; // not to be seen yet
    const running = !this.stage.reduced && now - this.movedAt < STILL;
    if (running) {
      this.run += (Math.min(100, now - this.drawnAt) * SPEED) / 1000;
      this.stiller ??= setTimeout(() => this.#still(), STILL + 30);
    }
    this.drawnAt = now;
    this.#paint(running ? this.run : -1);
    for (const [c, column] of this.columns.entries()) {
      const flags = frame.arrays[`health/${column.output}`]; // comes a few times a second
      if (column.hidden && flags) this.units.mark(c, flags);
    }
    if (first) this.attention.attend();
    this.attention.update();
    if (now - this.saidAt > 1000) this.#describe(now);
  }

  resize() {
    const width = Math.floor(this.scroll.clientWidth);
    if (width === 0 || (this.layoutFor === width && this.ratio === devicePixelRatio)) return;
    [this.layoutFor, this.ratio] = [width, devicePixelRatio];
    this.layout = arrange(this.columns, width, this.coarse);
    this.#place();
    if (this.frame) this.draw(this.frame);
  }

  /** The picture as SVG text. */
  svg() {
    const { columns, layout, faces, wirings, word } = this;
    const { items } = this.legend;
    const { colours } = this.stage;
    const biases = (c) => {
      const array = this.frame?.arrays[`w/${columns[c].bias}`];
      return array ? Array.from(array.data, (value) => css(biasPixel(value, reachOf(array.data), colours.lut))) : null;
    };
    return diagramSvg({ columns, layout, faces, wirings, colours, biases, state: (c, unit) => this.units.state(c, unit), word, items });
  }

  /** The picture as a PNG Blob. */
  png() {
    return png(this.svg());
  }

  dispose() {
    for (const [event, listener] of Object.entries(this.listeners)) this.stage.off(event, listener);
    clearTimeout(this.stiller);
    this.heads.dispose();
    this.attention.dispose();
    this.element.replaceChildren();
  }

  // --- building -------------------------------------------------------------------------------------------------------

  #build() {
    this.canvas = h("canvas", { class: "stage-diagram-canvas" });
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.picture = h("div", { class: "stage-diagram-picture", role: "img" }, this.canvas);
    this.sheet = h("div", { class: "stage-diagram-sheet" });
    this.scroll = h("div", { class: "stage-diagram-scroll" }, this.sheet);
    this.scroll.onscroll = () => this.#fade();
    this.root = h("section", { class: "stage-diagram", "aria-label": this.word("diagram.title") });
    this.attention = new Attention(this);
    this.root.append(this.scroll, this.attention.card.node, this.legend.node, this.attention.tip);
    this.element.replaceChildren(this.root);
    this.sheet.classList.toggle("stage-diagram-coarse", this.coarse);
  }

  #place() {
    const { layout, units } = this;
    const focused = this.root.getRootNode().activeElement?.classList.contains("stage-diagram-tile") ? units.stop : null;
    Object.assign(this.sheet.style, { width: `${layout.width}px`, height: `${layout.height}px` });
    fit(this.canvas, layout.width, layout.height);
    this.scale = this.canvas.width / layout.width;
    this.faces = this.columns.map((column) => new Faces(column, this.stage.setup));
    this.wirings = this.columns.slice(1).flatMap((column, i) => this.#wire(column, i));
    this.sheet.replaceChildren(this.picture, ...this.heads.build(layout), ...units.build(layout), ...this.#extras());
    this.#makeRim();
    this.#blank();
    if (focused) units.tile(focused.column, focused.unit)?.focus({ preventScroll: true });
    this.attention.attend();
    this.#fade();
  }

  // Where there is more to the left or right, the rim fades.
  #fade() {
    const { scrollLeft, scrollWidth, clientWidth, classList } = this.scroll;
    classList.toggle("stage-diagram-before", scrollLeft > 2);
    classList.toggle("stage-diagram-after", scrollLeft < scrollWidth - clientWidth - 2);
  }

  // A picture's pixels are no tiles that an edge could start from.
  #wire(column, i) {
    if (this.columns[i].picture) return [];
    const { columns, gaps } = this.layout;
    const wiring = new Wiring(columns[i], columns[i + 1], gaps[i], column);
    const crowded = wiring.count[1] > CROWD;
    wiring.strip = new Strip(this.context, gaps[i], this.scale, crowded ? Math.min(1, this.scale) : this.scale);
    return [wiring];
  }

  #extras() {
    const nodes = [];
    this.columns.forEach((column, c) => {
      if (column.units <= column.shown || column.picture) return;
      const { middle, y, height } = this.layout.columns[c];
      const text = this.word("diagram.hidden_units", { count: column.units - column.shown });
      nodes.push(h("span", { class: "stage-diagram-others", style: { left: `${middle}px`, top: `${y + height + 8}px` } }, text));
    });
    if (this.columns[0].picture && this.columns.length > 1) nodes.push(this.#fan());
    return nodes;
  }

  // Every pixel goes to every unit: shown as one funnel.
  #fan() {
    const [gap] = this.layout.gaps;
    const [from, to] = this.layout.columns;
    const [width, height] = [gap.right - gap.left, gap.bottom - gap.top];
    const corners = [[0, from.y], [width, to.y], [width, to.y + to.height], [0, from.y + from.height]];
    const clipPath = `polygon(${corners.map(([x, y]) => `${x}px ${y - gap.top}px`).join(",")})`;
    const style = { left: `${gap.left}px`, top: `${gap.top}px`, width: `${width}px`, height: `${height}px`, clipPath };
    return h("div", { class: "stage-diagram-fan", style });
  }

  #dye() {
    const { colours } = this.stage;
    dye(this.root, colours);
    this.inks = {};
    for (const ink of ["positive", "negative", "background", "faint"]) this.inks[ink] = pixel(rgb(colours[ink])) | 0;
    if (!this.layout) return;
    this.#makeRim();
    this.#blank();
    if (this.frame) this.draw(this.frame);
  }

  // --- drawing --------------------------------------------------------------------------------------------------------

  #paint(run) {
    const { frame } = this;
    const focus = this.attention.focus();
    for (const wiring of this.wirings) {
      wiring.read(frame.arrays);
      wiring.paint(wiring.strip, this.inks, run, focus);
    }
    for (const [c, face] of this.faces.entries()) {
      if (this.stale || !face.still) this.#tiles(c, face);
      this.#tabs(c, focus);
    }
    this.stale = false;
    this.legend.say(this.faces, this.wirings);
  }

  #tiles(c, face) {
    const { context, scale } = this;
    const { colours, selection } = this.stage;
    const filled = face.read(this.frame, colours.lut, selection);
    context.imageSmoothingEnabled = face.smooth;
    for (const [unit, { x, y, size }] of this.layout.columns[c].tiles.entries()) {
      const [left, top, side] = [Math.round(x * scale), Math.round(y * scale), Math.round(size * scale)];
      if (filled && unit < face.count) face.bitmap.draw(context, unit, left, top, side, side);
      else {
        context.fillStyle = colours.zero;
        context.fillRect(left, top, side, side);
      }
      context.drawImage(this.rim, left, top);
    }
  }

  // The ground, before anything is drawn on it.
  #blank() {
    const { context, canvas, layout, scale } = this;
    const { background, zero } = this.stage.colours;
    context.fillStyle = background;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.fillStyle = zero;
    for (const { x, y, size } of layout.columns.flatMap((column) => column.tiles)) {
      const side = Math.round(size * scale);
      context.fillRect(Math.round(x * scale), Math.round(y * scale), side, side);
      context.drawImage(this.rim, Math.round(x * scale), Math.round(y * scale));
    }
    this.stale = true;
  }

  // What makes a square on the canvas a tile: round corners in the ground's colour and a fine line.
  #makeRim() {
    const side = Math.round(this.layout.size * this.scale);
    const { background, text } = this.stage.colours;
    this.rim = h("canvas", { width: side, height: side });
    const context = this.rim.getContext("2d");
    context.fillStyle = background;
    context.beginPath();
    context.rect(0, 0, side, side);
    context.roundRect(0, 0, side, side, 5 * this.scale);
    context.fill("evenodd");
    context.globalAlpha = 0.28;
    context.strokeStyle = text;
    context.lineWidth = this.scale;
    context.beginPath();
    context.roundRect(this.scale / 2, this.scale / 2, side - this.scale, side - this.scale, 4.5 * this.scale);
    context.stroke();
  }

  #tabs(c, focus) {
    const biases = this.frame.arrays[`w/${this.columns[c].bias}`];
    if (!biases) return;
    const { context, scale } = this;
    const { background, lut } = this.stage.colours;
    const { tiles, across } = this.layout.columns[c];
    const [wide, out] = across > 1 ? [8, 0] : [10, 4];
    const side = Math.round(wide * scale);
    const rim = Math.max(1, Math.round(1.5 * scale));
    const reach = reachOf(biases.data);
    for (const [unit, { x, y, size }] of tiles.entries()) {
      const [left, top] = [Math.round((x - out) * scale), Math.round((y + size - wide + out - 1) * scale)];
      context.fillStyle = background;
      context.fillRect(left - rim, top - rim, side + 2 * rim, side + 2 * rim);
      context.globalAlpha = this.attention.dimmed(focus, c, unit) ? 0.38 : 1;
      context.fillStyle = css(biasPixel(biases.data[unit] || 0, reach, lut));
      context.fillRect(left, top, side, side);
      context.globalAlpha = 1;
    }
  }

  #still() {
    this.stiller = null;
    this.stage.redraw();
  }

  #describe(now) {
    this.saidAt = now;
    const counts = this.columns.map((column) => (column.picture ? column.labels[0] : column.units)).join(" → ");
    this.picture.setAttribute("aria-label", this.word("diagram.alt", { counts, step: this.frame.step }));
  }
}

// The largest bias of a column: what has the full colour, unless all are small.
function reachOf(data) {
  let reach = 0.3;
  for (const value of data) if (Math.abs(value) > reach && Math.abs(value) < Infinity) reach = Math.abs(value);
  return reach;
}
