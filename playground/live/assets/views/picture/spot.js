// What the pointer or the keyboard rests on, which the pictures of one stage share: the diagram says it, the plane shows
// it. Unlike the selection it is gone as soon as the pointer is.

export const SPOT = "spot";

/** @param {{kind: "unit", column: number, unit: number}|null} spot column −1 is the input */
export function rest(stage, spot) {
  if (JSON.stringify(spot) === JSON.stringify(stage.spot ?? null)) return;
  stage.spot = spot;
  stage.emit(SPOT, spot);
  stage.redraw();
}

/** Opens a unit's or an edge's formula, where some view can show it (drawer.js). */
export function explain(stage, what) {
  stage.emit("open", what);
}

/** Whether some view listens to `event`. */
export function heard(stage, event) {
  return (stage.events ?? stage).listeners.get(event)?.size > 0;
}

/** The unit that deserves the attention: what the pointer rests on, else what is selected. */
export function attended(stage) {
  if (stage.spot?.kind === "unit") return stage.spot;
  return stage.selection?.kind === "unit" ? stage.selection : null;
}
