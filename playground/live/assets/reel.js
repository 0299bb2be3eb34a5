// Which frame is shown: the newest one, or an older one that somebody has wished for. Every frame that came is answered
// with a credit once the next picture has been painted, so that the server never sends more than is drawn; while nobody
// sees them, or an older step is shown, answers come late. A hidden tab paints nothing and therefore answers nothing.
// Where a frame comes back before the next picture is due, only one is under way at a time: a second would grow old.

const ASIDE = 250; // ms between answers while an older step is shown
const OUT_OF_SIGHT = 1000; // ms between answers while no view is on screen
const GRANTED = 2; // credits that the server begins with, and frames that may be under way
const NEAR = 13; // ms from a credit to its frame below which one at a time is enough for every picture
const FORGET = 0.98; // of the longest way, with every frame

export class Reel {
  /**
   * @param {{draw: (frame) => boolean, answer: (n: number) => void, recorded: (step) => Promise, mode: (mode) => void}} to
   *   `draw` tells whether anybody has seen it, `answer` gives credits, `recorded` fetches an older frame, `mode` hears
   *   "live" or "replay"
   */
  constructor(to) {
    this.to = to;
    this.mode = "live";
    this.reset();
  }

  /** Begins again with nothing. */
  reset() {
    this.frame = null; // what is shown
    this.next = null; // a glance that is shown afterwards
    this.newest = null; // the newest live frame
    this.owed = 0; // frames that have come and not been answered
    this.underWay = GRANTED; // credits that have been given and not been used
    this.way = 0; // ms from a credit to its frame, the longest lately
    this.asked = null; // when a credit was given while no other was under way
    this.wish = null;
    this.#turn("live");
  }

  /** A live frame has come. */
  take(frame) {
    this.owed++;
    this.underWay = Math.max(0, this.underWay - 1);
    if (this.asked !== null) this.way = Math.max(performance.now() - this.asked, FORGET * this.way);
    this.asked = null;
    this.newest = frame;
    if (this.mode === "live") this.#show(frame);
    else this.#answerLater();
  }

  /** Shows nothing until the next frame comes: the facts have changed. */
  clear() {
    this.frame = this.next = null;
  }

  /** Shows a recorded frame. */
  present(frame) {
    this.wish = null;
    this.#turn("replay");
    this.#show(frame);
  }

  /** Shows the recorded frame at the nearest step not later; one request at a time, and the newest wish wins. Resolves
   *  with null where another run is shown by now. */
  seek(step) {
    this.wish = step;
    this.#turn("replay");
    this.seeking ??= this.#seek().finally(() => (this.seeking = null));
    return this.seeking;
  }

  /** Goes back to what the run does now. */
  live() {
    this.wish = null;
    this.#turn("live");
    if (this.newest) this.#show(this.newest);
    this.#answerLater();
  }

  /** Draws what is shown once more, in the next animation frame. */
  redraw() {
    if (this.frame) this.#schedule();
  }

  close() {
    cancelAnimationFrame(this.request);
    clearTimeout(this.later);
  }

  // No glance takes the place of numbers that wait to be drawn: they would never be seen.
  #show(frame) {
    const waits = this.request && this.frame?.live && frame.live && this.frame.kind !== "glance" && frame.kind === "glance";
    this.next = waits ? frame : null;
    if (!waits) this.frame = frame;
    this.#schedule();
  }

  #schedule() {
    this.request ||= requestAnimationFrame(() => {
      this.request = 0;
      if (!this.frame) return;
      const seen = this.to.draw(this.frame);
      if (seen && this.mode === "live") this.#answer();
      else this.#answerLater();
      if (this.next) this.#show(this.next);
    });
  }

  #answer() {
    if (!this.owed) return;
    this.owed = 0;
    const given = Math.max(0, (this.way < NEAR ? 1 : GRANTED) - this.underWay);
    if (!this.underWay) this.asked = performance.now();
    this.underWay += given;
    this.to.answer(given);
  }

  #answerLater() {
    this.later ??= setTimeout(() => {
      this.later = null;
      if (!document.hidden) this.#answer();
    }, this.mode === "live" ? OUT_OF_SIGHT : ASIDE);
  }

  async #seek() {
    let frame = null;
    while (this.wish !== null) {
      const step = this.wish;
      this.wish = null;
      try {
        frame = await this.to.recorded(step);
      } catch (error) {
        if (!error.closed) throw error;
        return null;
      }
      if (this.mode === "replay" && frame) this.#show(frame);
    }
    return frame;
  }

  #turn(mode) {
    if (this.mode === mode) return;
    this.mode = mode;
    this.to.mode(mode);
  }
}
