// What stands under the pointer on the timeline: the step, its loss, and what was changed there.

import { digits, epochs, h, whole } from "../../dom.js";

const NEAR = 7; // px

export class Bubble {
  constructor(stage, record) {
    Object.assign(this, { stage, record });
    this.element = h("div", { class: "stage-timeline-bubble", hidden: true });
  }

  hide() {
    this.element.hidden = true;
  }

  /** @param x px from the bar's left @param width of the bar @param place px of a step */
  show(x, step, width, place) {
    const { element, stage, record } = this;
    const words = {
      when: `${stage.word("timeline.step")} ${whole(step)} · ${stage.word("timeline.epoch")} ${epochs(record.epochAt(step))}`,
      loss: paid(stage, (name) => record.line(name)?.at(step)),
    };
    const changes = record.commands.filter((entry) => Math.abs(place(entry.step) - x) < NEAR).slice(-3);
    element.replaceChildren(
      h("span", {}, words.when),
      h("span", {}, words.loss),
      ...changes.map(({ command }) => h("b", {}, say(command, stage))),
    );
    element.hidden = false;
    const half = element.offsetWidth / 2;
    element.style.left = `${Math.min(Math.max(x, half), width - half).toFixed(0)}px`;
  }
}

/** What was paid, as a text: the loss, or those of two players. `value` gives a metric by its name. */
export function paid(stage, value) {
  if (value("d_loss") === undefined) return `${stage.word("timeline.loss")} ${digits(value("loss") ?? NaN)}`;
  return stage.word("timeline.losses", { d: digits(value("d_loss")), g: digits(value("g_loss")) });
}

/** What a command has changed, in the words of the settings: "lr → 0.1", "0.weight[1, 0] → 0.5". */
function say(command, stage) {
  const index = command.index ? `[${command.index.join(", ")}]` : "";
  const name = command.kind === "set" ? command.path.split(".").at(-1) : `${command.name}${index}`;
  const value = typeof command.value === "number" ? digits(command.value) : String(command.value);
  return stage.word("timeline.mark", { name, value });
}
