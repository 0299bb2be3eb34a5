// Which sequence is looked at, by every view of one stage: a sample of the data, a text that was typed, or values that were
// drawn. Knows no view.

const TYPED = "typed";
const DRAWN = "values";

/** What an ask wants to know of it: {index, test}, {text} or {values}. The last one chosen stays while other things are, and
    while it fits what the network reads. */
export function chosen(stage) {
  const { selection } = stage;
  const { kind } = stage.setup.experiment.data;
  if (selection?.kind === "sample") stage.subject = { index: selection.index, test: Boolean(selection.test) };
  else if (selection?.kind === TYPED) stage.subject = { text: selection.text, kind };
  else if (selection?.kind === DRAWN) stage.subject = { values: selection.values, kind };
  const { kind: meant, ...subject } = stage.subject ?? {};
  const [training, test] = stage.setup.samples;
  const first = { index: 0, test: test > 0 };
  if (!stage.subject || (meant && meant !== kind)) return first;
  if (subject.text !== undefined) return stage.setup.text ? subject : first;
  if (subject.values !== undefined) return !stage.setup.text && numbers(subject.values.data) === subject.values.steps * stage.setup.input.shape[1] ? subject : first;
  return subject.index < (subject.test ? test : training) ? subject : first;
}

// How many float32 a text in base64 holds: those of another data set are no sequence of this one.
const numbers = (data) => Math.floor((data.length * 3) / 4 / 4);

/** Looks at {index, test}, {text} or {values} from now on. */
export function choose(stage, what) {
  if (what.text !== undefined) return stage.select({ kind: TYPED, text: what.text });
  if (what.values !== undefined) return stage.select({ kind: DRAWN, values: what.values });
  stage.explained = what; // formulas and the walk explain the same one
  stage.select({ kind: "sample", index: what.index, test: Boolean(what.test) });
}

/** Whether two are the same sequence. */
export const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
