// Looks at pictures through views/look/subject.js, without a browser. Prints what was looked at after each change.
import { pathToFileURL } from "node:url";

const { drawingOf, lookAt, lookAtDrawn, lookedAt } = await import(pathToFileURL(process.argv[2]));

function shown(kind, shape, others = {}) {
  return { samples: [100, 10], input: { shape }, experiment: { data: { kind, ...others } } };
}

// What a board does with a selection (its views look at once), and when other pictures come.
function select(selection) {
  stage.selection = selection;
  lookedAt(stage);
}
const stage = { selection: null, setup: shown("Mnist5k", [1, 28, 28]), select };
function settle(setup) {
  stage.setup = setup;
  stage.select(null);
}

const found = {};
function note(name) {
  found[name] = { drawn: lookedAt(stage).pixels !== undefined, strokes: drawingOf(stage).list.length, index: lookedAt(stage).index };
}

drawingOf(stage).begin(0.5, 0.5, false);
lookAtDrawn(stage, new Uint8Array(784).fill(7));
note("drawn");
settle(shown("Mnist5k", [1, 28, 28]));
note("another network");
settle(shown("FashionMnist", [1, 28, 28]));
note("clothes");
lookAt(stage, { index: 3, test: true });
settle(shown("OwnImages", [1, 28, 28], { file: "a" }));
note("own");
lookAtDrawn(stage, new Uint8Array(784));
drawingOf(stage).begin(0.5, 0.5, false);
note("own, drawn");
settle(shown("OwnImages", [1, 28, 28], { file: "b" }));
note("other own");
settle(shown("Digits8x8", [1, 8, 8]));
note("small");
console.log(JSON.stringify(found));
