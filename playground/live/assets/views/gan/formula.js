// A game's formula as mathematics: letters in italics, what follows "_" below the line. Knows no network.

import { h } from "../../dom.js";
import { letters } from "../explain/letters.js";

const LOW = /(\p{L})_(\p{L}+)/gu;

/** A formula's text, such as "L_D = −mean ln D(x)", as nodes. */
export function typeset(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(LOW)) {
    nodes.push(...named(text.slice(end, found.index)), h("i", {}, found[1]), h("sub", {}, found[2]));
    end = found.index + found[0].length;
  }
  nodes.push(...named(text.slice(end)));
  return nodes;
}

// D and G are functions here, and letters all the same.
function named(text) {
  return text.split(/([DG]\*?)(?=\()/u).flatMap((part, k) => (k % 2 ? h("i", {}, part) : letters(part)));
}
