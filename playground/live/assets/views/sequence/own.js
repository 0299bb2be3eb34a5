// A sequence of one's own: typed as symbols or numbers, and as bytes that are sent. Numbers only: no element, no run.

const MOST = 512; // steps, as playground/probes/sequence/looked.py has it
const LARGEST = 1e6; // what the network may read, as it has it too
const SILENT = "·"; // a step at which nothing is said

/** A copy of a sequence to begin with. */
export const started = ({ data, shape }) => ({ data: Float32Array.from(data), shape: [...shape] });

/** float32 in base64. */
export function encoded(values) {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** A sequence as one would type it: numbers in the unit in which they were measured. */
export function typed({ data, shape: [steps, width] }, how, { labels, scale = 1, offset = 0 }) {
  const rows = Array.from({ length: steps }, (_, t) => Array.from({ length: width }, (_, f) => data[t * width + f]));
  if (how === "symbols") {
    const long = labels.some((label) => label.length > 1);
    return rows.map((row) => (row.indexOf(1) < 0 ? SILENT : (labels[row.indexOf(1)] ?? row.indexOf(1) + 1))).join(long ? " " : "");
  }
  if (width === 1 && data.every((value) => value === 0 || value === 1)) return Array.from(data, String).join("");
  return rows.map((row) => row.map((value) => String(Number((value * scale + offset).toPrecision(3)))).join(",")).join(" ");
}

/** The sequence that a text says, null if it says none. */
export function parsed(text, how, { labels, shape, scale = 1, offset = 0 }) {
  const width = shape[1];
  if (how === "symbols") {
    const long = labels.some((label) => label.length > 1);
    const signs = long ? text.trim().split(/\s+/) : [...text].filter((sign) => sign.trim() || labels.includes(sign));
    return made(signs.map((sign) => (sign === SILENT || sign === "." ? -1 : labels.findIndex((label) => label.toLowerCase() === sign.toLowerCase()))), (which) => (which < -1 ? null : Array.from({ length: width }, (_, f) => (f === which ? 1 : 0))), width, signs);
  }
  const parts = width === 1 && /^[01\s]+$/.test(text) && !/[.,]/.test(text) ? [...text.replace(/\s/g, "")] : text.trim().split(width === 1 ? /[\s,;]+/ : /[\s;]+/);
  return made(parts, (part) => {
    const row = part.split(",").map((number) => (Number(number) - offset) / scale);
    return part !== "" && row.length === width && row.every((number) => Math.abs(number) <= LARGEST) ? row : null;
  }, width);
}

function made(parts, row, width, signs = null) {
  if (!parts.length || parts.length > MOST) return null;
  const data = new Float32Array(parts.length * width);
  for (const [t, part] of parts.entries()) {
    const silent = signs && (signs[t] === SILENT || signs[t] === ".");
    const found = signs && part < 0 && !silent ? null : row(part);
    if (!found) return null;
    data.set(found, t * width);
  }
  return { data, shape: [parts.length, width] };
}
