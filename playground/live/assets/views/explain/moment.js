// The moment that a question is about: an older step while one is shown, else now.

/** What to add to the arguments of an ask. */
export function at(stage, step = null) {
  if (step !== null && (stage.status.step !== step || stage.mode === "replay")) return { step };
  return stage.mode === "replay" && stage.frame ? { step: stage.frame.step } : {};
}
