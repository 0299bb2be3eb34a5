// What the network answers everywhere, with the data it answers for. Two numbers in: a plane in colours. One number in: a
// curve. Anything else has no plane, and says so.

import { h } from "../dom.js";
import { Curve } from "./plane/curve.js";
import { Surface } from "./plane/surface.js";
import { dye } from "./picture/styles.js";

export const needs = ["maps", "line"];
export const place = "side";
export const styles = "plane.css";

/** The view: `draw`, `resize`, `dispose`, `svg()` → text, `png()` → Promise<Blob>, `ghost(frame|null)`. */
export function mount(element, stage) {
  const { points } = stage.setup.arrays ?? {};
  if (points?.shape[1] === 2 && stage.setup.extent) return new Surface(element, stage);
  if (points?.shape[1] === 1) return new Curve(element, stage);
  const root = h("section", { class: "stage-plane" }, h("p", { class: "stage-plane-none" }, stage.word("plane.none")));
  dye(root, stage.colours);
  element.replaceChildren(root);
  return { draw() {}, dispose: () => element.replaceChildren() };
}
