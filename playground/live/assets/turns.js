// Whose question is asked next: every voice in its turn, one question of each and a few in all under way. Who asks much
// waits as long as who asks seldom, and nobody waits for ever: for one question of each of the others at most. A question
// is put into words when its turn comes, so that it is about what is shown then. Knows no question and no wire.

const AT_ONCE = 2; // while one is thought about, the numbers for the next are fetched

export class Turns {
  constructor(atOnce = AT_ONCE) {
    this.free = atOnce;
    this.waiting = new Map(); // what waits, by voice; the voice whose turn it is stands first
    this.served = new Map(); // what else waits of the voices whose turn it is now
  }

  /** Has `ask` called when it is the turn of `voice`; resolves or rejects as what it returns does. */
  take(voice, ask) {
    return new Promise((resolve, reject) => {
      const line = this.served.get(voice) ?? this.waiting.get(voice) ?? [];
      line.push({ ask, resolve, reject });
      if (!this.served.has(voice)) this.waiting.set(voice, line);
      this.#next();
    });
  }

  #next() {
    const [first] = this.waiting;
    if (!first || !this.free) return;
    const [voice, line] = first;
    const { ask, resolve, reject } = line.shift();
    this.waiting.delete(voice);
    this.served.set(voice, line);
    this.free--;
    Promise.resolve()
      .then(ask)
      .then(resolve, reject)
      .finally(() => {
        this.served.delete(voice);
        if (line.length) this.waiting.set(voice, line); // behind all others
        this.free++;
        this.#next();
      });
  }
}
