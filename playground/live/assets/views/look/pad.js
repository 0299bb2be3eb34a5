// A pad to draw on, with mouse, finger, pen or keys. It hands on its strokes and knows no network.
//
// Keys: arrows move, Space puts the pen down and lifts it, E changes to the eraser and back, Ctrl+Z undoes, Delete clears.

import { fit, h } from "../../dom.js";
import { ink, PEN } from "./strokes.js";

const STEP = 0.04; // of the side, for an arrow key
const KEYS = { ArrowLeft: [-STEP, 0], ArrowRight: [STEP, 0], ArrowUp: [0, -STEP], ArrowDown: [0, STEP] };

export class Pad {
  /**
   * @param {Strokes} strokes what is drawn already
   * @param {(key: string, values?: Object) => string} word @param {() => void} changed @param {(text: string) => void} say
   */
  constructor(strokes, word, changed, say) {
    Object.assign(this, { strokes, word, changed, say, erases: false, at: [0.5, 0.5], down: false, keyed: false, side: 0 });
    this.canvas = h("canvas", { class: "stage-pad", tabindex: 0, role: "application", "aria-label": word("pad"), "aria-description": word("pad_keys") });
    this.#listen();
    const tool = (name, deed, sign) => h("button", { type: "button", class: "stage-look-tool", data: { tool: name }, title: word(name), "aria-label": word(name), onclick: deed }, sign);
    this.pen = tool("pen", () => this.#choose(false), "✎");
    this.eraser = tool("eraser", () => this.#choose(true), "◧");
    this.back = tool("undo", () => this.undo(), "↶");
    this.wipe = tool("clear", () => this.clear(), "✕");
    this.tools = h("div", { class: "stage-look-tools", role: "group", "aria-label": word("tools") }, this.pen, this.eraser, this.back, this.wipe);
    this.#press();
  }

  /** Draws the strokes, on so many px. */
  paint(side, colours) {
    Object.assign(this, { side, colours });
    fit(this.canvas, side, side);
    const pen = this.canvas.getContext("2d");
    const scale = this.canvas.width / side;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, side, side);
    pen.strokeStyle = colours.text;
    ink(pen, this.strokes.present, side);
    if (this.keyed) this.#cross(pen);
    this.back.disabled = !this.strokes.list.length;
    this.wipe.disabled = !this.strokes.present.length;
  }

  undo() {
    this.strokes.undo();
    this.changed();
  }

  clear() {
    this.strokes.clear();
    this.changed();
  }

  #choose(erases) {
    this.erases = erases;
    this.down = false;
    this.#press();
    this.say(this.word(erases ? "eraser" : "pen"));
  }

  #press() {
    this.pen.setAttribute("aria-pressed", String(!this.erases));
    this.eraser.setAttribute("aria-pressed", String(this.erases));
  }

  #listen() {
    const { canvas } = this;
    const place = (event) => {
      const box = canvas.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    };
    canvas.onpointerdown = (event) => {
      if (event.button > 0 && event.button !== 5) return;
      canvas.setPointerCapture(event.pointerId);
      this.keyed = false;
      this.drawing = event.pointerId;
      this.strokes.begin(...place(event), this.erases || event.button === 5); // the other end of a pen
      this.changed();
      event.preventDefault();
      canvas.focus({ preventScroll: true });
    };
    canvas.onpointermove = (event) => {
      if (this.drawing !== event.pointerId) return;
      const passed = event.getCoalescedEvents?.() ?? [];
      for (const each of passed.length ? passed : [event]) this.strokes.extend(...place(each));
      this.changed();
    };
    canvas.onpointerup = canvas.onpointercancel = (event) => {
      if (this.drawing === event.pointerId) this.drawing = null;
    };
    canvas.onkeydown = (event) => this.#key(event);
    canvas.onblur = () => {
      [this.keyed, this.down] = [false, false];
      if (this.colours) this.paint(this.side, this.colours);
    };
  }

  #key(event) {
    const { key } = event;
    if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "z") this.undo();
    else if (event.altKey || event.ctrlKey || event.metaKey) return;
    else if (KEYS[key]) this.#move(KEYS[key]);
    else if (key === " ") this.#lift();
    else if (key.toLowerCase() === "e") this.#choose(!this.erases);
    else if (key === "Delete" || key === "Backspace") this.clear();
    else return;
    this.keyed = true;
    this.changed();
    event.preventDefault();
    event.stopPropagation(); // the page has a use of its own for arrows and space
  }

  #move([across, down]) {
    this.at = [this.at[0] + across, this.at[1] + down].map((value) => Math.min(Math.max(value, PEN / 2), 1 - PEN / 2));
    if (this.down) this.strokes.extend(...this.at);
  }

  #lift() {
    this.down = !this.down;
    if (this.down) this.strokes.begin(...this.at, this.erases);
    this.say(this.word(this.down ? "down" : "up"));
  }

  #cross(pen) {
    const [x, y] = this.at.map((value) => value * this.side);
    pen.strokeStyle = this.colours.accent;
    pen.lineWidth = this.down ? 3 : 1.5;
    pen.beginPath();
    pen.arc(x, y, (PEN * this.side) / 2 + 3, 0, 2 * Math.PI);
    pen.moveTo(x - 3, y);
    pen.lineTo(x + 3, y);
    pen.moveTo(x, y - 3);
    pen.lineTo(x, y + 3);
    pen.stroke();
  }
}
