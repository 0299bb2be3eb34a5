// The cell of the confusion matrix that pictures of one stage share: the matrix says it, the samples show those in it.

export const CELL = "cell";

/** @param {{truth: number, guess: number}|null} cell what the pointer or the keyboard rests on; it goes before what is held */
export function point(stage, cell) {
  tell(stage, cell, stage.cell?.held ?? null);
}

/** @param {{truth: number, guess: number}|null} cell what stays chosen */
export function hold(stage, cell) {
  tell(stage, stage.cell?.pointed ?? null, cell);
}

/** The cell that deserves the attention; null for none. */
export function attendedCell(stage) {
  return stage.cell?.pointed ?? stage.cell?.held ?? null;
}

export const same = (a, b) => a?.truth === b?.truth && a?.guess === b?.guess;

function tell(stage, pointed, held) {
  if (same(pointed, stage.cell?.pointed) && same(held, stage.cell?.held)) return;
  stage.cell = { pointed, held };
  stage.emit(CELL, stage.cell);
  stage.redraw();
}
