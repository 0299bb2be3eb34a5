// The way without a WebSocket: Streamlit hands frames over as the component's data, and requests go up as trigger values.
// The same face as socket.js; slower, and otherwise the same. Knows the wire, not the pictures.

const ANSWER_WITHIN = 30000;

export class DataLine {
  /**
   * @param {(wanted: {probes: string[], requests: Object[]}) => void} tell hands what is wanted to Python
   * @param {{frame, setup, status, state}} to as for Socket
   */
  constructor(tell, to) {
    Object.assign(this, { tell, to });
    this.requests = new Map();
    this.number = Date.now(); // a reload must not hear answers to the numbers of before
    this.probes = [];
    this.last = "";
  }

  /** Takes a bundle: a frame whose header may also hold `setup`, `status` and `answers` ({id, sentence} or {id}). */
  take(bundle) {
    const { header } = bundle;
    this.to.state("open");
    if (header.setup) return this.to.setup(bundle);
    if (header.status) this.to.status(header.status);
    for (const answer of header.answers ?? []) this.#settle(answer, bundle);
    const stamp = `${header.number}`;
    if (header.answered === undefined && header.number !== undefined && stamp !== this.last) {
      this.last = stamp;
      this.to.frame(bundle);
    }
  }

  watch(probes) {
    this.probes = probes;
    this.#say();
  }

  credit() {}

  renew() {}

  request(type, fields = {}) {
    const id = ++this.number;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle({ id, sentence: "no answer" }), ANSWER_WITHIN);
      this.requests.set(id, { resolve, reject, timer, message: { ...fields, type, id } });
      this.#say();
    });
  }

  close() {
    for (const id of [...this.requests.keys()]) this.#settle({ id, sentence: "closed" });
  }

  #say() {
    this.tell({ probes: this.probes, requests: [...this.requests.values()].map(({ message }) => message) });
  }

  #settle({ id, sentence, ...rest }, bundle) {
    const waiting = this.requests.get(id);
    if (!waiting) return;
    this.requests.delete(id);
    clearTimeout(waiting.timer);
    if (sentence) waiting.reject(new Error(sentence));
    else waiting.resolve(bundle && bundle.header.answered === id ? bundle : rest);
  }
}
