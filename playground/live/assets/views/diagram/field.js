// A small form to type one number of a tensor: Enter sets it, Escape leaves it, a refusal is a sentence under it.

import { digits, h } from "../../dom.js";

let opened = 0;

/**
 * @param stage
 * @param {HTMLElement} host where the form is put; it is placed by `at` {x, y} in the host's pixels
 * @param {{name: string, index: number[], value: number, label: string}} number
 * @returns {{close(), node}}
 */
export function openField(stage, host, at, number, closed) {
  const id = `stage-diagram-field-${++opened}`;
  const input = h("input", { id, type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", "aria-describedby": `${id}-said` });
  input.value = written(number.value);
  const said = h("p", { id: `${id}-said`, class: "stage-diagram-said", role: "alert", hidden: true });
  const set = h("button", { type: "submit", class: "stage-diagram-set" }, stage.word("diagram.set"));
  const node = h("form", { class: "stage-diagram-field" }, h("label", { for: id }, number.label), h("div", { class: "stage-diagram-entry" }, input, set), said);
  const before = host.getRootNode().activeElement;
  let open = true;

  const close = () => {
    if (!open) return;
    open = false;
    const inside = node.contains(host.getRootNode().activeElement);
    node.remove();
    if (inside && before?.isConnected) before.focus({ preventScroll: true });
    closed?.();
  };
  const refuse = (sentence) => {
    said.textContent = sentence;
    said.hidden = false;
    input.setAttribute("aria-invalid", "true");
    input.select();
  };
  node.onsubmit = async (event) => {
    event.preventDefault();
    const value = read(input.value);
    if (value === null) return refuse(stage.word("diagram.no_number", { value: input.value }));
    set.disabled = true;
    try {
      // Without a run the page begins one that rests at step 0.
      if (stage.options?.untrained) stage.propose({ kind: "weight", name: number.name, index: number.index, value });
      else await stage.command({ kind: "set_weight", name: number.name, index: number.index, value });
      stage.announce(stage.word("diagram.was_set", { name: number.label, value: digits(value) }));
      close();
    } catch (error) {
      refuse(error.message);
    } finally {
      set.disabled = false;
    }
  };
  node.onkeydown = (event) => {
    event.stopPropagation(); // the page has keys of its own
    if (event.key === "Escape") close();
  };
  node.onfocusout = (event) => {
    if (said.hidden && !set.disabled && !node.contains(event.relatedTarget)) close();
  };
  host.append(node);
  const room = host.clientWidth - node.offsetWidth - 4;
  node.style.left = `${Math.max(4, Math.min(room, at.x - node.offsetWidth / 2))}px`;
  node.style.top = `${Math.max(4, at.y + 10)}px`;
  input.focus({ preventScroll: true });
  input.select();
  return { close, node };
}

/** A number as people type it: 0,5 and −1 are numbers too. null if it is none. */
export function read(text) {
  const plain = text.trim().replace(/[−–]/g, "-").replace(/^([+-]?\d*),(\d+)$/, "$1.$2");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return null;
  const value = Number(plain);
  return Number.isFinite(value) ? value : null;
}

function written(value) {
  return Number.isFinite(value) ? String(Number(value.toPrecision(6))) : "";
}
