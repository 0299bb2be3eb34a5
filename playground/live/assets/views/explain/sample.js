// Which sample is explained, and the choice of another: the one before, the next, any. Knows the facts of a run, no walk.

import { digits, h, whole } from "../../dom.js";

/** The sample chosen on the stage, else the one that was explained last, else the first. */
export function sampleOf(stage) {
  const chosen = stage.selection;
  if (chosen?.kind === "sample") stage.explained = { index: chosen.index, test: Boolean(chosen.test) };
  const known = stage.explained ?? { index: 0, test: false };
  const counts = stage.setup.samples;
  return known.index < counts[known.test ? 1 : 0] ? known : { index: 0, test: false };
}

/** Explains another sample, and marks it on the plane. */
export function choose(stage, { index, test }) {
  stage.explained = { index, test };
  stage.select({ kind: "sample", index, test });
}

/** A row with the sample's number and buttons; `say(facts)` fills in what is known of it. */
export function sampleRow(stage, chosen) {
  const word = (key, values) => stage.word(`backprop.${key}`, values);
  const move = (by) => {
    const { index, test } = sampleOf(stage);
    const count = stage.setup.samples[test ? 1 : 0];
    const to = by === 0 ? Math.floor(Math.random() * count) : (index + by + count) % count;
    chosen({ index: to, test });
  };
  const button = (name, sign, by) => h("button", { type: "button", class: "stage-tool", "aria-label": word(name), title: word(name), onclick: () => move(by) }, sign);
  const title = h("b", {});
  const facts = h("span", { class: "stage-sample-facts" });
  const row = h("div", { class: "stage-sample" }, button("previous", "‹", -1), title, button("next", "›", 1), button("random", "⚂", 0), facts);
  return {
    row,
    say(answer, arrays) {
      const { index, test, drawn } = answer.sample;
      title.textContent = drawn ? word("sample_drawn") : word(test ? "sample_test" : "sample", { number: whole(index + 1), count: whole(answer.samples[test ? 1 : 0]) });
      facts.replaceChildren(...inputs(stage, arrays), ...outcome(stage, answer, word));
    },
  };
}

function inputs(stage, arrays) {
  const labels = stage.setup.input.labels;
  const values = arrays.x?.data ?? [];
  if (values.length > 8) return [];
  return Array.from(values, (value, i) => h("span", {}, h("i", {}, pretty(labels[i] ?? `x${i + 1}`)), ` = ${digits(value).replace("-", "−")}`));
}

const pretty = (label) => String(label).replaceAll("x1", "x₁").replaceAll("x2", "x₂").replaceAll("^2", "²").replaceAll("*", "·");

function outcome(stage, answer, word) {
  if (answer.truth === undefined) return [];
  const { classes } = stage.colours;
  const dot = (which) => h("i", { class: "stage-dot", style: { background: classes[which % classes.length] } });
  const names = answer.class_names.length ? answer.class_names : [answer.truth, answer.taken_for];
  if (answer.sample.drawn) return [h("span", {}, dot(answer.taken_for), word("drawn_truth", { name: names[1] }))];
  const right = answer.truth === answer.taken_for;
  const verdict = h("span", { class: right ? "" : "stage-wrong" }, right ? word("right") : word("wrong", { name: names[1] }));
  return [h("span", {}, dot(answer.truth), word("truth", { name: names[0] })), verdict];
}
