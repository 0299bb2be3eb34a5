// Which picture is looked at, by every view of one stage: a sample of the data, or one that was drawn. Knows no view.

const KIND = "drawn";

/** What an ask wants to know of it: {index, test} or {pixels}. The last one chosen stays while other things are selected. */
export function lookedAt(stage) {
  const chosen = stage.selection;
  if (chosen?.kind === "sample") stage.looked = { index: chosen.index, test: Boolean(chosen.test) };
  else if (chosen?.kind === KIND) stage.looked = { pixels: chosen.pixels };
  const [training, test] = stage.setup.samples;
  const first = { index: 0, test: test > 0 };
  const { looked } = stage;
  if (!looked) return first;
  if (looked.pixels !== undefined) return looked.shape === undefined || looked.shape === stage.setup.input.shape.join() ? looked : first;
  return looked.index < (looked.test ? test : training) ? looked : first;
}

/** Looks at a sample. */
export function lookAt(stage, { index, test }) {
  stage.explained = { index, test }; // formulas and the walk explain the same one
  stage.select({ kind: "sample", index, test });
}

/** Looks at bytes that were drawn. */
export function lookAtDrawn(stage, bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  stage.select({ kind: KIND, pixels: btoa(text) });
}

/** Whether two are the same picture. */
export const samePicture = (a, b) => JSON.stringify(a) === JSON.stringify(b);
