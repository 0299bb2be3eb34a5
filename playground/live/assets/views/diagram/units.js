// A button over every tile: what is touched, focused and read aloud. Arrow keys walk over them, one tab stop for all.
// Also the marks of dead and saturated units. Knows no colours and draws nothing on the canvas.

import { h } from "../../dom.js";
import { unitName } from "./columns.js";

export const STATES = ["fine", "dead", "saturated"];

export class Units {
  /** @param {{open(column, unit), bias(column, unit, button), remove(column), rest(spot)}} deeds */
  constructor(stage, columns, deeds) {
    Object.assign(this, { stage, columns, deeds });
    this.word = (key, values) => stage.word(key, values);
    this.grid = []; // [column][unit] → {tile, tab, badge}
    this.flags = [];
    this.stop = { column: 0, unit: 0 };
  }

  /** The nodes, at the places of `layout`. */
  build(layout) {
    const nodes = [];
    this.flags = [];
    this.grid = this.columns.map((column, c) =>
      layout.columns[c].tiles.map((place, unit) => {
        const made = this.#unit(column, c, unit, place);
        nodes.push(...made.nodes);
        return made;
      }),
    );
    this.#setStop(this.grid[this.stop.column]?.[this.stop.unit] ? this.stop : { column: 0, unit: 0 });
    return nodes;
  }

  /** Marks units by the flags of a frame; touches the page only where something has changed. */
  mark(c, flags) {
    const before = (this.flags[c] ??= new Uint8Array(this.grid[c].length));
    for (let unit = 0; unit < before.length; unit++) {
      const flag = flags?.data[unit] ?? 0;
      if (before[unit] === flag) continue;
      before[unit] = flag;
      const { tile, badge } = this.grid[c][unit];
      tile.dataset.state = STATES[flag];
      badge.textContent = flag ? this.word(`diagram.${STATES[flag]}`) : "";
      badge.hidden = !flag;
      this.#describe(c, unit);
    }
  }

  state(c, unit) {
    return STATES[this.flags[c]?.[unit] ?? 0];
  }

  /** Shows which tile is selected, and which stand back because something else is. */
  light(selected, dimmed) {
    for (const [c, column] of this.grid.entries()) {
      for (const [unit, { tile }] of column.entries()) {
        const chosen = selected !== null && selected.column === this.columns[c].index && selected.unit === unit;
        if (chosen) tile.setAttribute("aria-expanded", "true");
        else tile.removeAttribute("aria-expanded");
        tile.classList.toggle("stage-diagram-chosen", chosen);
        tile.classList.toggle("stage-diagram-dim", dimmed(c, unit));
      }
    }
  }

  tile(c, unit) {
    return this.grid[c]?.[unit]?.tile ?? null;
  }

  tab(c, unit) {
    return this.grid[c]?.[unit]?.tab ?? null;
  }

  #unit(column, c, unit, place) {
    const style = { left: `${place.x}px`, top: `${place.y}px`, width: `${place.size}px`, height: `${place.size}px` };
    const tile = h("button", { type: "button", class: "stage-diagram-tile", tabindex: -1, style, data: { column: column.index, unit } });
    tile.onclick = () => this.deeds.open(column, unit);
    tile.onkeydown = (event) => this.#key(event, c, unit);
    tile.onfocus = () => {
      this.#setStop({ column: c, unit });
      this.#describe(c, unit);
      if (tile.matches(":focus-visible")) this.deeds.rest({ kind: "unit", column: column.index, unit });
    };
    tile.onblur = () => this.deeds.rest(null);
    const badge = h("span", { class: "stage-diagram-badge", hidden: true, style: { left: `${place.x + place.size / 2}px`, top: `${place.y + place.size}px` } });
    const nodes = [tile, badge];
    let tab = null;
    if (column.bias) {
      const name = this.word("diagram.bias_of", { name: unitName(column, unit, this.word) });
      tab = h("button", { type: "button", class: "stage-diagram-tab", tabindex: -1, "aria-label": name, title: name, data: { column: column.index, unit } });
      Object.assign(tab.style, { left: `${place.x}px`, top: `${place.y + place.size}px` });
      tab.onclick = () => this.deeds.bias(column, unit, tab);
      nodes.push(tab);
    }
    if (column.index < 0 || (column.labels.length && !column.hidden)) nodes.push(this.#label(column, unit, place));
    const made = { tile, badge, tab, nodes };
    this.#name(tile, column, unit, "fine");
    return made;
  }

  #label(column, unit, place) {
    const text = column.labels[unit];
    if (text === undefined || column.shown > 16 || column.picture) return "";
    const side = column.index < 0 ? "left" : "right";
    const at = { left: `${side === "left" ? place.x - 6 : place.x + place.size + 6}px`, top: `${place.y + place.size / 2}px` };
    return h("span", { class: `stage-diagram-label stage-diagram-label-${side}`, title: text, style: at, "aria-hidden": "true" }, text);
  }

  #describe(c, unit) {
    this.#name(this.grid[c][unit].tile, this.columns[c], unit, this.state(c, unit));
  }

  #name(tile, column, unit, state) {
    const values = { name: unitName(column, unit, this.word), column: column.name, number: unit + 1, count: column.units };
    const words = [this.word("diagram.tile", values)];
    if (state !== "fine") words.push(this.word(`diagram.${state}_long`));
    tile.setAttribute("aria-label", words.join(". "));
  }

  #setStop(stop) {
    this.tile(this.stop.column, this.stop.unit)?.setAttribute("tabindex", "-1");
    this.stop = stop;
    this.tile(stop.column, stop.unit)?.setAttribute("tabindex", "0");
  }

  #key(event, c, unit) {
    const to = this.#neighbour(event.key, c, unit);
    if (to) this.tile(to.column, to.unit)?.focus();
    else if (event.key === "Delete" || event.key === "Backspace") this.deeds.remove(this.columns[c]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #neighbour(key, c, unit) {
    const column = this.grid[c];
    const across = this.columns[c].shown > 16 ? Math.ceil(Math.sqrt(this.columns[c].shown)) : 1;
    if (key === "ArrowUp") return { column: c, unit: Math.max(0, unit - across) };
    if (key === "ArrowDown") return { column: c, unit: Math.min(column.length - 1, unit + across) };
    if (key === "Home") return { column: c, unit: 0 };
    if (key === "End") return { column: c, unit: column.length - 1 };
    if (key !== "ArrowLeft" && key !== "ArrowRight") return null;
    const by = key === "ArrowLeft" ? -1 : 1;
    const inside = unit + by;
    if (across > 1 && inside >= 0 && inside < column.length && Math.floor(inside / across) === Math.floor(unit / across)) {
      return { column: c, unit: inside };
    }
    const next = this.grid[c + by];
    if (!next?.length) return { column: c, unit };
    return { column: c + by, unit: nearestByHeight(next, this.grid[c][unit].tile) };
  }
}

function nearestByHeight(column, tile) {
  const height = parseFloat(tile.style.top) + parseFloat(tile.style.height) / 2;
  const away = column.map((each) => Math.abs(parseFloat(each.tile.style.top) + parseFloat(each.tile.style.height) / 2 - height));
  return away.indexOf(Math.min(...away));
}
