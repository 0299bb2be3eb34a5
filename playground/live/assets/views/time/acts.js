// What can be done with the step that is shown: fork the run from it, keep its boundary as a ghost, or go back to now.

import { h, whole } from "../../dom.js";
import { button, explain, name, sign, SIGNS } from "./buttons.js";

const running = (stage) => stage.status.status === "running";

/** Begins another run from the step that is shown. */
export class Fork {
  constructor(stage, player) {
    Object.assign(this, { stage, player });
    const content = [sign(SIGNS.fork, true), h("span", {}, stage.word("timeline.fork"))];
    this.element = button("stage-timeline-act", content, () => this.#propose());
  }

  refresh() {
    const step = whole(this.stage.frame?.step ?? 0);
    explain(this.element, this.#obstacle(), this.stage.word("timeline.fork_help", { step }));
  }

  #propose() {
    const { stage } = this;
    const why = this.#obstacle();
    if (why) return stage.announce(why);
    const { step } = stage.frame;
    this.player.halt();
    stage.propose({ kind: "fork", step });
    stage.announce(stage.word("timeline.forked", { step: whole(step) }));
  }

  #obstacle() {
    const { stage } = this;
    if (stage.setup.fork) return stage.setup.fork;
    if (stage.status.status === "ready") return stage.word("no_run");
    if (stage.mode === "live" && running(stage)) return stage.word("timeline.fork_live");
    return stage.frame?.step ? "" : stage.word("timeline.fork_early");
  }
}

/** Keeps the boundary of a step on the plane. */
export class Ghost {
  /** @param changed called when a ghost comes or goes */
  constructor(stage, changed) {
    Object.assign(this, { stage, changed, frame: null });
    const content = [sign(SIGNS.ghost, true), h("span", {}, stage.word("timeline.ghost"))];
    this.element = button("stage-timeline-act", content, () => this.#toggle());
  }

  refresh() {
    const { stage, frame } = this;
    const step = whole((frame ?? stage.frame)?.step ?? 0);
    explain(this.element, this.#obstacle(), stage.word(frame ? "timeline.ghost_off" : "timeline.ghost_help", { step }));
    this.element.setAttribute("aria-pressed", frame !== null);
  }

  /** Puts the boundary of a frame on the plane; null takes it off. */
  pin(frame) {
    if (frame === this.frame) return;
    this.frame = frame;
    this.stage.emit("ghost", frame);
    this.refresh();
    this.changed();
  }

  #toggle() {
    const { stage } = this;
    const why = this.#obstacle();
    if (why) return stage.announce(why);
    if (this.frame) return this.pin(null);
    this.pin(stage.frame);
    stage.announce(stage.word("timeline.ghost_pinned", { step: whole(this.frame.step) }));
  }

  #obstacle() {
    const { stage } = this;
    if (this.frame) return "";
    if (stage.setup.extent?.length !== 4) return stage.word("timeline.ghost_plane");
    const { arrays = {} } = stage.frame ?? {};
    return arrays["map/plane"] || arrays["map/class"] ? "" : stage.word("timeline.ghost_missing");
  }
}

/** Says whether what is shown is what the run does now, and how far that is ahead; a click goes there. */
export class Live {
  constructor(stage) {
    this.stage = stage;
    this.element = button("stage-timeline-live", [h("i"), h("span")], () => stage.live());
  }

  /** @param total the run's newest step @param shown the step that is shown */
  refresh(total, shown) {
    const { stage, element } = this;
    const [live, moving] = [stage.mode === "live", running(stage)];
    const steps = whole(live ? 0 : total - shown);
    const key = live ? (moving ? "is_live" : "is_latest") : moving ? "to_live" : "to_latest";
    element.setAttribute("aria-pressed", live);
    element.dataset.running = moving;
    element.dataset.ahead = steps === "0" ? "" : stage.word("timeline.ahead", { steps });
    const text = stage.word(moving ? "timeline.live" : "timeline.latest");
    if (element.lastChild.textContent !== text) element.lastChild.textContent = text;
    name(element, stage.word(`timeline.${key}`, { steps }));
  }
}
