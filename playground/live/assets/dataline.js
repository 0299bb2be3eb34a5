// The way without a WebSocket: Streamlit hands bundles over as the component's data, and what is wanted goes up as a state
// value. The same face as socket.js; slower, and otherwise the same. Knows the wire (playground/live/slow.py), not the
// pictures.

const ANSWER_WITHIN = 30000;

export class DataLine {
  /**
   * @param {(wanted: {probes: string[], setup: string, requests: Object[]}) => void} tell hands what is wanted to Python
   * @param {{frame, setup, status, state}} to as for Socket
   */
  constructor(tell, to) {
    Object.assign(this, { tell, to });
    this.requests = new Map();
    this.number = Date.now(); // a reload must not hear answers to the numbers of before
    this.probes = [];
    this.setup = "";
    this.shown = null;
    this.experiment = "";
  }

  /** Takes a bundle. One that comes twice changes nothing. */
  take(bundle) {
    const { header } = bundle;
    this.to.state(header.gone ? "gone" : header.lost ? "lost" : "open");
    if (header.status) this.to.status(this.#news(header.status));
    if (header.setup && header.setup_id !== this.setup) {
      this.setup = header.setup_id;
      this.to.setup(bundle);
      this.#say();
    }
    let settled = false;
    for (const answer of header.answers ?? []) settled = this.#settle(answer.id, answer) || settled;
    if (header.answered !== undefined) settled = this.#settle(header.answered, {}, bundle) || settled;
    if (settled) this.#say();
    if (header.number !== undefined && header.number !== this.shown) {
      this.shown = header.number;
      this.to.frame(bundle);
    }
  }

  watch(probes) {
    this.probes = probes;
    this.shown = null;
    this.#say();
  }

  credit() {}

  renew() {}

  request(type, fields = {}) {
    const id = ++this.number;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id, { sentence: "no answer", late: true }), ANSWER_WITHIN);
      this.requests.set(id, { resolve, reject, timer, message: { ...fields, type, id } });
      this.#say();
    });
  }

  close() {
    for (const id of [...this.requests.keys()]) this.#settle(id, { sentence: "closed", closed: true });
  }

  // Every bundle tells the experiment; whoever listens wants to hear of it when it has changed.
  #news({ experiment, ...status }) {
    const text = JSON.stringify(experiment);
    if (text === this.experiment) return status;
    this.experiment = text;
    return { ...status, experiment };
  }

  #say() {
    const requests = [...this.requests.values()].map(({ message }) => message);
    this.tell({ probes: this.probes, setup: this.setup, requests });
  }

  #settle(id, answer, bundle) {
    const waiting = this.requests.get(id);
    if (!waiting) return false;
    this.requests.delete(id);
    clearTimeout(waiting.timer);
    if (answer.sentence) waiting.reject(Object.assign(new Error(answer.sentence), { late: Boolean(answer.late), closed: Boolean(answer.closed) }));
    else waiting.resolve(bundle ?? answer);
    return true;
  }
}
