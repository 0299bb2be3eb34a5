// A text that grows: tokens as a network has written them, how each came about, and which of them are to be seen yet.
// Numbers only; it asks through what it is given.

export class Growth {
  constructor() {
    this.clear();
  }

  /** Nothing stands here; `prompt` tokens at the beginning will not be the network's. */
  clear() {
    Object.assign(this, { ids: [], tokens: [], by: [], marks: [], prompt: 0, shown: 0, ended: false, number: (this.number ?? 0) + 1 });
  }

  /**
   * Takes an answer to `writing`.
   *
   * @param {{step: number, arrays: Object, facts: {answer: Object}}} found
   * @param {number|null} kept tokens that stood here before; null where all is new and the beginning is a prompt
   */
  take(found, kept) {
    const { ids, tokens, since, written, ended } = found.facts.answer;
    const start = ids.length - written;
    if (kept === null) Object.assign(this, { prompt: start, by: Array(start).fill(null), tokens: tokens.slice(0, start) });
    this.ids = [...ids];
    this.tokens = [...this.tokens.slice(0, start), ...tokens.slice(start)];
    this.by = [...this.by.slice(0, start), ...Array(written).fill(found.step)];
    this.marks.length = Math.min(this.marks.length, since);
    for (let place = since; place <= ids.length; place++) this.marks[place] = markOf(found, place - since);
    this.ended = ended;
  }

  /** Shows one token more; false where there is none. */
  reveal() {
    if (this.shown >= this.ids.length) return false;
    this.shown++;
    return true;
  }

  /** What is kept of it, to come back to. */
  kept() {
    const { ids, tokens, by, marks, prompt, shown } = this;
    return { ids: ids.slice(0, shown), tokens: tokens.slice(0, shown), by: by.slice(0, shown), marks: marks.slice(0, shown + 1), prompt, shown, ended: false };
  }

  restore(kept) {
    Object.assign(this, { ...kept, ids: [...kept.ids], tokens: [...kept.tokens], by: [...kept.by], marks: [...kept.marks], number: this.number + 1 });
  }

  /** Has the text end before a token, with another one there. */
  branch(place, id, token, step) {
    this.ids = [...this.ids.slice(0, place), id];
    this.tokens = [...this.tokens.slice(0, place), token];
    this.by = [...this.by.slice(0, place), step];
    this.marks.length = Math.min(this.marks.length, place + 1);
    Object.assign(this, { shown: place + 1, prompt: Math.min(this.prompt, place), ended: false, number: this.number + 1 });
  }

  text(from = 0) {
    return this.tokens.slice(from, this.shown).join("");
  }
}

/** How the token at a row of an answer came about: {likely: [{id, own, drawn}], bits, sure}. */
export function markOf({ arrays, step }, row) {
  const many = arrays.likely.shape[1];
  const likely = Array.from({ length: many }, (_, k) => {
    const at = row * many + k;
    return { id: arrays.likely.data[at], own: arrays.own.data[at], drawn: arrays.drawn.data[at] };
  });
  return { likely, bits: arrays.bits.data[row], sure: row < arrays.sure.data.length ? arrays.sure.data[row] : null, step };
}
