// The training pictures nearest to the one that is looked at, as the network sees them and pixel by pixel; each can be looked
// at in its turn.

import { fit, h, whole } from "../../dom.js";
import { lookAt } from "../look/subject.js";
import { tint } from "../look/tint.js";
import { digits } from "../../dom.js";

const SIDE = 52;

export class Neighbours {
  static period = 3000;

  constructor(panel) {
    this.panel = panel;
    this.rows = ["seen", "pixels"].map((name) => {
      const list = h("div", { class: "stage-neighbours" });
      return { name, list, node: h("div", {}, h("p", { class: "stage-attribution-caption" }, panel.word(`near_${name}`)), list) };
    });
    this.note = h("p", { class: "stage-look-note" });
    this.node = h("div", {}, this.rows.map(({ node }) => node), this.note);
    this.sheet = document.createElement("canvas");
  }

  ask(ask) {
    return ask("neighbours", { count: 8 });
  }

  paint(found, x, width, colours) {
    const { panel } = this;
    const { answer } = found.facts;
    for (const { name, list } of this.rows) {
      const { data, shape } = found.arrays[name];
      const size = shape[1] * shape[2] * shape[3];
      while (list.children.length > answer[name].length) list.lastChild.remove();
      answer[name].forEach((one, k) => {
        const button = list.children[k] ?? list.appendChild(this.#button());
        this.#thumb(button.firstChild, { data: data.subarray(k * size, (k + 1) * size), shape: shape.slice(1) }, colours);
        const called = one.class === null ? `${one.index + 1}` : panel.names[one.class];
        const values = { name: called, number: whole(one.index + 1), distance: digits(one.distance) };
        button.lastChild.textContent = `${called} · ${digits(one.distance)}`;
        button.title = button.ariaLabel = panel.word("near_one", values);
        button.dataset.index = one.index;
        button.onclick = () => lookAt(panel.stage, { index: one.index, test: false });
      });
    }
    const text = panel.word("near_says", { count: whole(answer.searched) });
    if (this.note.textContent !== text) this.note.textContent = text;
  }

  #button() {
    return h("button", { type: "button", class: "stage-neighbour" }, h("canvas", {}), h("span", {}));
  }

  #thumb(canvas, picture, colours) {
    fit(canvas, SIDE, SIDE);
    const pen = canvas.getContext("2d");
    tint(this.sheet, picture, colours);
    const [rows, columns] = picture.shape.slice(1);
    pen.imageSmoothingEnabled = Math.max(rows, columns) > 16;
    const scale = canvas.width / Math.max(rows, columns);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(this.sheet, (canvas.width - columns * scale) / 2, (canvas.height - rows * scale) / 2, columns * scale, rows * scale);
  }
}
