// Which picture is looked at, by every view of one stage: a sample of the data, or one that was drawn. A drawing is one among
// certain pictures: it outlives networks and views, and ends when other pictures come, of whatever size. Knows no view.

import { Strokes } from "./strokes.js";

const KIND = "drawn";
const drawings = new WeakMap(); // stage → {among, strokes}

/** What an ask wants to know of it: {index, test} or {pixels}. The last one chosen stays while other things are selected. */
export function lookedAt(stage) {
  const chosen = stage.selection;
  if (chosen?.kind === "sample") stage.looked = { index: chosen.index, test: Boolean(chosen.test) };
  else if (chosen?.kind === KIND) {
    stage.looked = { pixels: chosen.pixels };
    stage.lookedAmong = among(stage.setup);
  }
  const [training, test] = stage.setup.samples;
  const first = { index: 0, test: test > 0 };
  const { looked } = stage;
  if (!looked) return first;
  if (looked.pixels !== undefined) return stage.lookedAmong === among(stage.setup) ? looked : first;
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

/** The strokes of what is drawn on a stage; none where other pictures have come. */
export function drawingOf(stage) {
  const pictures = among(stage.setup);
  if (drawings.get(stage)?.among !== pictures) drawings.set(stage, { among: pictures, strokes: new Strokes() });
  return drawings.get(stage).strokes;
}

// What tells pictures from others.
const among = ({ experiment, input }) => [experiment.data.kind, experiment.data.file ?? "", input.shape].join();

/** Whether two are the same picture. */
export const samePicture = (a, b) => JSON.stringify(a) === JSON.stringify(b);
