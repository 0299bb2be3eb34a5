// Reads frames from the files named on the command line and prints what frame.js makes of them, one JSON line each.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [script, ...paths] = process.argv.slice(2);
const { decode } = await import(pathToFileURL(script));
const plain = (x) => (Number.isFinite(x) ? (Object.is(x, -0) ? 0 : x) : String(x));

for (const path of paths) {
  const file = readFileSync(path);
  const buffer = file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength);
  let line;
  try {
    const { kind, step, epoch, metrics, arrays, header } = decode(buffer);
    const numbers = Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, plain(value)]));
    const read = Object.entries(arrays).map(([name, { data, shape, dtype }]) => [name, dtype, shape, Array.from(data, plain)]);
    line = { kind, step, epoch, metrics: numbers, arrays: read, at: header.at ?? 0 };
  } catch (error) {
    line = { error: error.message };
  }
  console.log(JSON.stringify(line));
}
