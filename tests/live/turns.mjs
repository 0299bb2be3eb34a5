// Plays voices that ask through turns.js, without a clock: answers come when the script says so. Prints in which order.
import { pathToFileURL } from "node:url";

const { Turns } = await import(pathToFileURL(process.argv[2]));
const rest = () => new Promise((resolve) => setImmediate(resolve));

function house(atOnce) {
  const turns = new Turns(atOnce);
  const asked = []; // what was put into words, in order
  const open = []; // what waits for its answer
  let most = 0;
  const ask = (voice, say) =>
    turns.take(voice, () => {
      asked.push(say ? say() : voice);
      return new Promise((resolve, reject) => {
        open.push({ resolve, reject });
        most = Math.max(most, open.length);
      });
    });
  const answer = async (fails = false) => {
    const { resolve, reject } = open.shift();
    fails ? reject(new Error("refused")) : resolve();
    await rest();
  };
  return { asked, open, ask, answer, most: () => most };
}

// One voice always has ten questions waiting; three others ask again as soon as they are answered.
const greedy = house(1);
for (let n = 0; n < 200; n++) greedy.ask("greedy");
for (const voice of ["a", "b", "c"]) {
  const again = () => greedy.ask(voice).then(again);
  again();
}
await rest();
for (let n = 0; n < 400; n++) await greedy.answer();

const many = house(2);
for (let n = 0; n < 9; n++) many.ask(`voice ${n % 3}`);
await rest();
while (many.open.length) await many.answer();

// What is refused, or cannot even be asked, gives its turn away like any other.
const failing = house(1);
const outcomes = [];
for (const voice of ["a", "b"]) failing.ask(voice).catch((error) => outcomes.push(error.message));
failing.ask("c", () => { throw new Error("no words"); }).catch((error) => outcomes.push(error.message));
failing.ask("d").then(() => outcomes.push("answered"));
await rest();
await failing.answer(true);
await failing.answer(true);
await failing.answer();

// The question is about what is so when its turn comes.
let moment = 1;
const late = house(1);
late.ask("first");
late.ask("second", () => `moment ${moment}`);
await rest();
moment = 2;
await late.answer();

console.log(JSON.stringify({ greedy: greedy.asked, many: many.asked, most: many.most(), outcomes, late: late.asked }));
