// What is known before a network has said anything, in the form of its answers: the sequence that is looked at first, and the cells
// that will read it. Pictures have their frame at once. Knows no view.

import { chosen, same } from "../sequence/subject.js";

const known = new WeakMap(); // by the facts

/** An answer without gates and answers (`bare`); null where another sequence is looked at than the first. */
export function beforehand(stage) {
  const { setup } = stage;
  if (!setup.sequence || !same(chosen(stage), { index: 0, test: setup.samples[1] > 0 })) return null;
  if (!known.has(setup)) {
    const arrays = { x: setup.arrays["sequence/x"], present: setup.arrays["sequence/present"] };
    known.set(setup, { ...setup.sequence, step: 0, number: 0, bare: true, arrays });
  }
  return known.get(setup);
}
