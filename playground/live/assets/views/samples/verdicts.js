// What the network takes each held-back picture for, and the pictures themselves. Knows no element.

const CERTAIN = 65535;

export class Verdicts {
  constructor({ arrays }) {
    this.labels = (arrays.labels_test?.shape[0] ? arrays.labels_test : arrays.labels).data;
    this.guesses = null;
    this.total = this.wrong = 0;
    const [count, rows, columns] = arrays["judged/shape"]?.data ?? [0, 0, 0];
    Object.assign(this, { count, rows, columns, pictures: null });
    this.ready = count ? inflated(arrays.judged.data).then((bytes) => (this.pictures = bytes)) : Promise.resolve();
  }

  /** Whether there is something to show. */
  get there() {
    return Boolean(this.guesses && this.pictures);
  }

  /** Takes a frame's verdicts; true if they are new. */
  take({ arrays }) {
    const found = arrays["verdict/class"];
    if (!found || found.data === this.guesses) return false;
    this.guesses = found.data;
    this.certainty = arrays["verdict/sure"].data;
    this.total = this.guesses.length;
    this.wrong = 0;
    for (let index = 0; index < this.total; index++) if (this.guesses[index] !== this.labels[index]) this.wrong++;
    return true;
  }

  /** At most `room` samples: the surest mistakes, or what lies in a cell; of what is right, the least sure. */
  list(cell, room) {
    const right = cell && cell.truth === cell.guess;
    const within = (index) => (cell ? this.labels[index] === cell.truth && this.guesses[index] === cell.guess : this.labels[index] !== this.guesses[index]);
    const found = [];
    for (let index = 0; index < Math.min(this.total, this.count); index++) if (within(index)) found.push(index);
    const { certainty } = this;
    found.sort((a, b) => (right ? certainty[a] - certainty[b] : certainty[b] - certainty[a]) || a - b);
    return found.slice(0, room);
  }

  truth(index) {
    return this.labels[index];
  }

  guess(index) {
    return this.guesses[index];
  }

  sure(index) {
    return this.certainty[index] / CERTAIN;
  }

  picture(index) {
    const size = this.rows * this.columns;
    return this.pictures.subarray(index * size, (index + 1) * size);
  }
}

async function inflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
