// Worked formulas (playground/probes/formulas/blocks.py) as they stand on a page. Knows no network: where a term comes from
// is handed on when the pointer rests on it.

import { h } from "../../dom.js";
import { joined, letters, plain, worked } from "./letters.js";

const SHORT = 4; // terms of a sum that are written in a line; more are listed below each other

/**
 * @param {Array<Object>} blocks
 * @param {{word(key, values), rest(source|null), named?(term)}} way `named`: what is written beside a term of a list, if anything
 * @returns {Array<Node>}
 */
export function formulas(blocks, way) {
  return blocks.map((block) => {
    if (block.kind === "note") return h("p", { class: "stage-note" }, way.word(`opened.note.${block.key}`, block.values));
    return block.kind === "sum" ? sum(block, way) : line(block);
  });
}

/** One line: left = letters = numbers = result. */
export function line({ left, formula, tokens, result, because }) {
  const steps = [letters(formula)];
  const numbers = tokens.join("");
  if (numbers !== formula && numbers !== result) steps.push(worked(tokens));
  if (formula !== result) steps.push([bold(result)]);
  const condition = because ? h("span", { class: "stage-because" }, letters(because)) : null;
  return h("p", { class: "stage-formula", data: { left, result } }, part(letters(left)), ...steps.map((step) => part(["= ", ...step])), condition);
}

function sum(block, way) {
  return block.terms.length <= SHORT && !block.rest ? inLine(block, way) : ledger(block, way);
}

function inLine(block, way) {
  const { left, terms, total, power } = block;
  const [open, close] = power && terms.length > 1 ? ["(", `)${power}`] : ["", power];
  const numbers = joined(terms.map((term) => term.tokens), (tokens, i) => source(terms[i], way, worked(tokens)));
  const values = joined(terms.map((term) => ["", term.value]), (tokens, i) => source(terms[i], way, worked(tokens)));
  const steps = [joined(terms.map((term) => [term.name]), ([name], i) => source(terms[i], way, letters(name))), numbers];
  const known = terms.every((term) => same(plain(term.tokens), term.value)); // the numbers stand there already
  if (terms.length > 1 && !known) steps.push([open, ...values, close]);
  steps.push([bold(total), power ? letters(power) : ""]);
  return h("p", { class: "stage-formula stage-formula-sum", data: { left, result: total + power } }, part(letters(left)), ...steps.map((step) => part(["= ", ...step])));
}

function ledger(block, way) {
  const { left, terms, total, power, rest } = block;
  const rows = terms.map((term, index) => {
    const gathered = rest > 0 && index === terms.length - 1;
    const name = gathered ? way.word("opened.rest", { count: rest }) : [...letters(term.name), way.named?.(term) ?? ""];
    const calculation = gathered ? [] : worked(term.tokens);
    const row = h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "stage-ledger-work" }, calculation), h("td", { class: "stage-ledger-value" }, bar(term.share), h("span", { class: "stage-number" }, term.own ?? term.value)));
    return touched(row, term.source, way);
  });
  const sumRow = h("tr", { class: "stage-ledger-total" }, h("th", { scope: "row" }, letters(left)), h("td", {}), h("td", { class: "stage-ledger-value" }, h("b", { class: "stage-number" }, total)));
  const caption = h("caption", {}, letters(left), " = ", letters(short(block)), power ? [" ", h("span", { class: "stage-because" }, way.word("opened.times", { power }))] : "");
  return h("table", { class: "stage-ledger", data: { left, result: total + power } }, caption, h("tbody", {}, rows), h("tfoot", {}, sumRow));
}

// A sum of many terms in short: its first, three dots, its last.
function short({ terms, rest }) {
  const names = (rest ? terms.slice(0, -1) : terms).map((term) => term.name);
  return names.length > 3 ? `${names[0]} + ${names[1]} + … + ${names.at(-1)}` : names.join(" + ");
}

// Whether two texts are the same number: 0 and 0.000, (−0.5) and −0.500.
const same = (one, other) => valueOf(one) === valueOf(other);
const valueOf = (text) => {
  const bare = text.replace(/^\((.*)\)$/, "$1").replace("−", "-");
  return /^-?\d+(\.\d+)?$/.test(bare) ? Number(bare) : bare;
};

const part = (nodes) => h("span", { class: "stage-formula-part" }, nodes);
const bold = (text) => h("b", { class: "stage-number" }, text);

function bar(share) {
  return h("i", { class: "stage-ledger-bar", data: { sign: share < 0 ? "negative" : "positive" }, style: { width: `${Math.abs(share) * 100}%` } });
}

function source(term, way, nodes) {
  return touched(h("span", { class: "stage-term" }, nodes), term.source, way);
}

function touched(node, at, way) {
  if (!at) return node;
  node.onpointerenter = () => way.rest(at);
  node.onpointerleave = () => way.rest(null);
  return node;
}
