// Reads the binary form of a frame: the mirror of playground/runs/frames.py. Knows no socket and no picture.
//
//   u32 length of the header (little-endian) | header: JSON, padded with spaces | payload
//
// Every array starts at a multiple of 8 bytes and is a view into the buffer wherever the browser has such a type; two
// have none everywhere: f2 becomes Float32Array, and i8 becomes Float64Array (our whole numbers stay below 2^53).
//
// An answer to a request is a frame whose header also holds `id`, the number of the request. A setup frame holds `setup`.

const VERSION = 1;
const MAX_HEADER = 1 << 20;
const MAX_DIMENSIONS = 8;
const text = new TextDecoder("utf-8", { fatal: true });

const kinds = {
  f4: [4, Float32Array],
  f8: [8, Float64Array],
  i1: [1, Int8Array],
  u1: [1, Uint8Array],
  i2: [2, Int16Array],
  u2: [2, Uint16Array],
  i4: [4, Int32Array],
  bool: [1, flags],
  f2: [2, halves],
  i8: [8, longs],
};

/**
 * @param {ArrayBuffer|Uint8Array} buffer
 * @returns {{kind: string, step: number, epoch: number, metrics: Object<string, number>,
 *   arrays: Object<string, {data: ArrayLike<number>, shape: number[], dtype: string}>, header: Object}}
 * @throws {Error} for anything that is no frame
 */
export function decode(buffer) {
  const bytes = aligned(buffer);
  const [header, start] = readHeader(bytes);
  must(header.v === VERSION, `version ${VERSION} expected, got ${header.v}`);
  must(isObject(header.metrics) && Array.isArray(header.arrays), "metrics and arrays expected");
  must(typeof header.kind === "string", "a kind is a text");
  must(Number.isInteger(header.step) && header.step >= 0, "a step is a whole number");
  must(Number.isFinite(header.epoch), "an epoch is a finite number");
  const metrics = metricsOf(header.metrics);
  const arrays = {};
  let end = 0;
  for (const entry of header.arrays) {
    const { name, array, length } = readArray(bytes, entry, start, end);
    must(!Object.hasOwn(arrays, name), `${name}: named twice`);
    arrays[name] = array;
    end += padded(length);
  }
  must(start + end === bytes.byteLength, `payload: ${end} bytes expected, got ${bytes.byteLength - start}`);
  return { kind: header.kind, step: header.step, epoch: header.epoch, metrics, arrays, header };
}

function readHeader(bytes) {
  must(bytes.byteLength >= 4, "4 bytes at least expected");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const start = 4 + length;
  must(length <= MAX_HEADER && start <= bytes.byteLength && start % 8 === 0, `a header of ${length} does not fit`);
  const header = JSON.parse(text.decode(bytes.subarray(4, start)));
  must(isObject(header), "a header is an object");
  return [header, start];
}

function readArray(bytes, entry, start, expected) {
  const { name, dtype, shape, offset } = isObject(entry) ? entry : {};
  must(typeof name === "string", "an array has a name");
  must(Object.hasOwn(kinds, dtype), `${name}: unknown dtype ${dtype}`);
  const sizes = Array.isArray(shape) && shape.length <= MAX_DIMENSIONS && shape.every((n) => Number.isInteger(n) && n >= 0);
  must(sizes, `${name}: bad shape`);
  must(offset === expected, `${name}: bad offset`);
  const [size, Kind] = kinds[dtype];
  const count = shape.reduce((product, n) => product * n, 1);
  const length = count * size;
  must(start + expected + padded(length) <= bytes.byteLength, `${name}: ${length} bytes expected`);
  const place = bytes.byteOffset + start + expected;
  const data = Kind.BYTES_PER_ELEMENT ? new Kind(bytes.buffer, place, count) : Kind(bytes.buffer, place, count);
  return { name, array: { data, shape, dtype }, length };
}

/** Metrics as JSON has them, as numbers: NaN and the infinities are none there. */
export function metricsOf(plain) {
  return Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, metric(value)]));
}

function metric(value) {
  if (value === null) return NaN;
  if (value === "inf") return Infinity;
  if (value === "-inf") return -Infinity;
  must(typeof value === "number" && Number.isFinite(value), "a metric is a number");
  return value;
}

function halves(buffer, offset, count) {
  const raw = new Uint16Array(buffer, offset, count);
  return Float32Array.from(raw, (bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 0x1f;
    const fraction = bits & 0x3ff;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

function flags(buffer, offset, count) {
  const data = new Uint8Array(buffer, offset, count);
  must(
    data.every((flag) => flag < 2),
    "a bool is 0 or 1",
  );
  return data;
}

function longs(buffer, offset, count) {
  return Float64Array.from(new BigInt64Array(buffer, offset, count), Number);
}

// Typed arrays want their own alignment; a message of a socket always has it, a slice of something else may not.
function aligned(buffer) {
  const bytes = buffer instanceof ArrayBuffer ? new Uint8Array(buffer) : buffer;
  must(bytes instanceof Uint8Array, "bytes expected");
  return bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
}

const padded = (length) => length + ((8 - (length % 8)) % 8);
const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function must(holds, message) {
  if (!holds) throw new Error(`frame: ${message}`);
}
