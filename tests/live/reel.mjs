// Gives frames to reel.js and paints when the script says so. Prints the steps that were drawn.
import { pathToFileURL } from "node:url";

let paint = null;
globalThis.requestAnimationFrame = (draw) => ((paint = draw), 1);
globalThis.cancelAnimationFrame = () => {};
const { Reel } = await import(pathToFileURL(process.argv[2]));

const drawn = [];
const reel = new Reel({ draw: (frame) => drawn.push(frame.step), answer() {}, recorded() {}, mode() {} });
const come = (step, kind) => reel.take({ step, kind, live: true });
const screen = () => {
  const draw = paint;
  paint = null;
  draw?.();
};

come(1, "glance");
come(2, "frame");
come(3, "glance");
come(4, "glance");
for (let n = 0; n < 3; n++) screen();
come(5, "frame");
come(6, "frame");
screen();
come(7, "glance");
screen();

// Two wishes at a run that another takes the place of: nobody hears of it; a refusal is told to whoever has asked.
let refused = Object.assign(new Error("closed"), { closed: true });
reel.to.recorded = () => Promise.reject(refused);
drawn.push(await reel.seek(3));
refused = new Error("busy");
drawn.push(await reel.seek(4).catch((error) => error.message));
console.log(JSON.stringify(drawn));
