// Mathematics as text: letters that stand for numbers are set in italics, names of functions and digits are not. Every
// number is an element of its own. Knows no network.

import { h } from "../../dom.js";

const LETTER = /(?<![\p{L}])([\p{L}]̂?)(?![\p{L}(])/gu; // one letter alone, with a hat or not; a letter before "(" is a function

/** A formula's text, such as "∂L/∂z·x₁", as nodes. */
export function letters(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(LETTER)) {
    if (found.index > end) nodes.push(text.slice(end, found.index));
    nodes.push(h("i", {}, found[0]));
    end = found.index + found[0].length;
  }
  nodes.push(text.slice(end));
  return nodes;
}

/** Text and numbers in turn, as nodes. */
export function worked(tokens) {
  return tokens.flatMap((token, index) => (index % 2 ? h("span", { class: "stage-number" }, token) : token ? letters(token) : []));
}

/** The same as plain text. */
export const plain = (tokens) => tokens.join("");

/** Terms one after the other, the sign of each in front of it: [["−0.873", "·", …], …] → + … − … */
export function joined(terms, node) {
  return terms.flatMap((tokens, index) => {
    const [sign, rest] = signed(tokens);
    const between = index === 0 ? (sign === "−" ? ["−"] : []) : [sign === "−" ? " − " : " + "];
    return [...between, node(rest, index)];
  });
}

// A term that begins with a negative number, outside all brackets, gives its sign away.
function signed(tokens) {
  if (tokens[0] === "" && tokens[1]?.startsWith("−")) return ["−", ["", tokens[1].slice(1), ...tokens.slice(2)]];
  return ["+", tokens];
}
