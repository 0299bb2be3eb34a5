// A question that is asked again when what it is about has changed: another moment, another picture; one at a time, with a
// rest between, and never while the page is hidden. Knows no question.

const [AFTER_REFUSAL, AT_ONCE] = [2000, 120]; // ms: of rest after a refusal; until another picture is asked about

export class Asking {
  /**
   * @param {Object} stage
   * @param {{period: (took) => number, ask: () => Promise, about: () => string, heard: (found, about) => void,
   *   refused: (sentence) => void, settled: () => void}} to `period` in ms, 0 for never, after an answer that
   *   took so many; `heard` and `refused` are told what came, `settled` that the next may be asked
   */
  constructor(stage, to) {
    Object.assign(this, { stage, to, busy: false, known: null, notBefore: 0, timer: null, round: 0, took: 0 });
  }

  /** Call it with every frame that is drawn. */
  soon() {
    const period = this.to.period(this.took);
    if (!period || this.busy || this.timer || document.hidden || this.gone) return;
    const about = this.to.about();
    if (this.known && this.known.frame === this.stage.frame && this.known.about === about) return;
    const now = performance.now();
    const from = this.known?.about === about ? this.notBefore : Math.min(this.notBefore, now + AT_ONCE);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.#ask();
    }, Math.max(0, from - now));
  }

  /** Something else is wanted of the same moment, or the same of another network: at once, whatever is still to come. */
  renew() {
    clearTimeout(this.timer);
    this.timer = null;
    this.known = null;
    this.notBefore = 0;
    this.busy = false;
    this.round++;
  }

  dispose() {
    clearTimeout(this.timer);
    this.gone = true;
  }

  async #ask() {
    if (this.gone) return;
    const { to, round } = this;
    const known = { frame: this.stage.frame, about: to.about() };
    this.busy = true;
    const began = performance.now();
    this.notBefore = began + to.period(this.took);
    try {
      const found = await to.ask();
      if (this.gone || round !== this.round) return;
      this.known = known;
      to.heard(found, known.about);
    } catch (error) {
      this.notBefore = performance.now() + AFTER_REFUSAL;
      if (this.gone || round !== this.round || error.closed) return;
      if (!error.late) this.known = known;
      to.refused(error.message);
    } finally {
      if (round === this.round) {
        this.took = performance.now() - began;
        this.busy = false;
        if (!this.gone) this.to.settled();
      }
    }
  }
}
