// A small network that really learns, so that pictures under test show what networks show. Deterministic: same seed, same
// numbers. Knows nothing of the page.

export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const functions = {
  Tanh: [Math.tanh, (y) => 1 - y * y],
  ReLU: [(z) => Math.max(0, z), (y) => (y > 0 ? 1 : 0)],
  Sigmoid: [(z) => 1 / (1 + Math.exp(-z)), (y) => y * (1 - y)],
  "": [(z) => z, () => 1],
};

export class Net {
  /** @param sizes [inputs, …, outputs]; `activations` one per layer of weights; `loss` "squares" or "cross" */
  constructor(sizes, activations, seed = 1, loss = "squares") {
    const next = random(seed);
    Object.assign(this, { sizes, activations, loss });
    this.weights = sizes.slice(1).map((out, i) => Float32Array.from({ length: out * sizes[i] }, () => ((2 * next() - 1) * 1.2) / Math.sqrt(sizes[i])));
    this.biases = sizes.slice(1).map((out) => Float32Array.from({ length: out }, () => (2 * next() - 1) * 0.3));
    this.moments = [...this.weights, ...this.biases].map((array) => [new Float32Array(array.length), new Float32Array(array.length)]);
    this.steps = 0;
  }

  /** The output of every layer for one input. */
  trace(x) {
    const found = [];
    let below = x;
    this.weights.forEach((w, k) => {
      const [inputs, outputs] = [this.sizes[k], this.sizes[k + 1]];
      const [f] = functions[this.activations[k]];
      const y = new Float32Array(outputs);
      for (let o = 0; o < outputs; o++) {
        let sum = this.biases[k][o];
        for (let i = 0; i < inputs; i++) sum += w[o * inputs + i] * below[i];
        y[o] = f(sum);
      }
      found.push(y);
      below = y;
    });
    return found;
  }

  probabilities(y) {
    const top = Math.max(...y);
    const raised = Array.from(y, (value) => Math.exp(value - top));
    const sum = raised.reduce((a, b) => a + b, 0);
    return raised.map((value) => value / sum);
  }

  /** One step of Adam on a batch of [input, target]; target an array, or a class for "cross". */
  step(batch, lr = 0.02) {
    const gradients = [...this.weights, ...this.biases].map((array) => new Float32Array(array.length));
    const depth = this.weights.length;
    for (const [x, target] of batch) {
      const outputs = this.trace(x);
      const y = outputs[depth - 1];
      let up =
        this.loss === "cross"
          ? this.probabilities(y).map((p, c) => p - (c === target ? 1 : 0))
          : Array.from(y, (value, o) => 2 * (value - target[o]));
      for (let k = depth - 1; k >= 0; k--) {
        const below = k ? outputs[k - 1] : x;
        const slope = functions[this.activations[k]][1];
        const [inputs, count] = [this.sizes[k], this.sizes[k + 1]];
        const down = new Array(inputs).fill(0);
        for (let o = 0; o < count; o++) {
          const d = (up[o] * slope(outputs[k][o])) / batch.length;
          gradients[depth + k][o] += d;
          for (let i = 0; i < inputs; i++) {
            gradients[k][o * inputs + i] += d * below[i];
            down[i] += d * batch.length * this.weights[k][o * inputs + i];
          }
        }
        up = down;
      }
    }
    this.steps++;
    [...this.weights, ...this.biases].forEach((array, a) => {
      const [m, v] = this.moments[a];
      for (let i = 0; i < array.length; i++) {
        const g = gradients[a][i];
        m[i] = 0.9 * m[i] + 0.1 * g;
        v[i] = 0.999 * v[i] + 0.001 * g * g;
        array[i] -= (lr * (m[i] / (1 - 0.9 ** this.steps))) / (Math.sqrt(v[i] / (1 - 0.999 ** this.steps)) + 1e-8);
      }
    });
  }
}
