// One WebSocket to the server, opened again when it is lost. Knows the wire, not the pictures.
//
// Server → browser, binary: frames (frame.js). `kind` "setup": header.setup holds the facts, the arrays are static.
//   With `id` in the header it answers the request of that number; else it is a live frame.
// Server → browser, text: {type: "status", …}, {type: "done", id, …}, {type: "refused", id, sentence}, {type: "token", token}.
// Browser → server, text: {type: "watch", probes}, {type: "credit", n}, and requests with an id:
//   {type: "command", id, command}, {type: "seek", id, step}, {type: "steps", id}, {type: "history", id},
//   {type: "ask", id, what, …}.

import { decode } from "./frame.js";

const OPEN_WITHIN = 2000; // ms; then the way is taken to be barred (a proxy without WebSockets)
const PAUSES = [100, 300, 1000, 2000, 4000]; // ms before each new attempt
const ANSWER_WITHIN = 20000;
const BAD_TOKEN = 4401;
const NO_RUN = 4404;
const UNFIT = 4422;

export class Socket {
  /**
   * @param {string} address ws://…/live/ws
   * @param {string} token
   * @param {{frame, setup, status, state, barred, renew}} to called with what comes; `state` is told
   *   "connecting", "open", "lost", "gone" (there is no such run) or "unfit" (its layers do not fit together), `renew`
   *   when a fresh token is needed,
   *   `barred` once if no socket can be had at all
   */
  constructor(address, token, to) {
    Object.assign(this, { address, token, to });
    this.probes = null;
    this.requests = new Map();
    this.number = 0;
    this.attempt = 0;
    this.wasOpen = false;
    this.closed = false;
    this.waitsForToken = false;
    this.bars = setTimeout(() => !this.wasOpen && this.#bar(), OPEN_WITHIN);
    this.#open();
  }

  watch(probes) {
    this.probes = probes;
    this.#send({ type: "watch", probes });
  }

  credit(n) {
    if (n > 0) this.#send({ type: "credit", n });
  }

  /** Resolves with the answering frame, or with the fields of "done"; rejects with the sentence of a refusal. */
  request(type, fields = {}) {
    const id = ++this.number;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(id, null, Object.assign(new Error("no answer"), { late: true })), ANSWER_WITHIN);
      const message = { ...fields, type, id };
      this.requests.set(id, { resolve, reject, timer, message });
      this.#send(message);
    });
  }

  /** Takes a token; one that was waited for is tried, after a pause if the last ones were no good. */
  renew(token) {
    this.token = token;
    if (!this.waitsForToken) return;
    this.waitsForToken = false;
    this.#again();
  }

  close() {
    this.closed = true;
    clearTimeout(this.bars);
    clearTimeout(this.retry);
    for (const id of [...this.requests.keys()]) this.#settle(id, null, Object.assign(new Error("closed"), { closed: true }));
    this.socket?.close();
  }

  #open() {
    if (this.closed) return;
    this.to.state("connecting");
    const socket = new WebSocket(`${this.address}?token=${encodeURIComponent(this.token)}`);
    this.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      if (this.socket === socket && !this.closed) this.#heard(data);
    };
    socket.onopen = () => {
      this.wasOpen = true;
      clearTimeout(this.bars);
      if (this.probes) this.watch(this.probes);
      for (const { message } of this.requests.values()) this.#send(message);
    };
    socket.onclose = ({ code }) => {
      if (this.socket !== socket || this.closed) return;
      this.#lost(code);
    };
  }

  #lost(code) {
    if (code === NO_RUN) return this.to.state("gone");
    if (code === UNFIT) return this.to.state("unfit");
    this.to.state("lost");
    if (code === BAD_TOKEN) {
      this.waitsForToken = true;
      this.to.renew();
      return;
    }
    this.#again();
  }

  #again() {
    const pause = PAUSES[Math.min(this.attempt++, PAUSES.length - 1)];
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.#open(), pause * (0.75 + Math.random() / 2));
  }

  #bar() {
    this.close();
    this.to.barred();
  }

  #heard(data) {
    if (typeof data !== "string") return this.#heardFrame(decode(data));
    const message = JSON.parse(data);
    if (message.type === "status") this.to.status(message);
    else if (message.type === "token") this.token = message.token;
    else if (message.type === "done") this.#settle(message.id, message);
    else if (message.type === "refused") this.#settle(message.id, null, new Error(message.sentence));
  }

  #heardFrame(frame) {
    if (frame.header.setup) {
      this.attempt = 0;
      this.to.state("open");
      this.to.setup(frame);
    } else if (frame.header.id !== undefined) this.#settle(frame.header.id, frame);
    else this.to.frame(frame);
  }

  #settle(id, result, error) {
    const waiting = this.requests.get(id);
    if (!waiting) return;
    this.requests.delete(id);
    clearTimeout(waiting.timer);
    error ? waiting.reject(error) : waiting.resolve(result);
  }

  #send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
