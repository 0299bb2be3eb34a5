// The five phases of one step of the game, from the answer to "duel_walk": what flows, what the arena shows, which numbers are
// told. Pure: knows no element and no run.

import { digits } from "../../dom.js";
import { percent } from "./actors.js";

export const PHASES = ["forge", "judge", "detect", "slope", "improve"];

/** What flows in a phase, `t` from 0 to 1 of its time. */
export function flowOf(phase, t) {
  if (phase === 1) return { generator: 1, fake: t > 0.6 ? 1 : 0 };
  if (phase === 2) return { discriminator: 1, fake: 1, real: 1 };
  if (phase === 3) return { discriminator: -1 };
  if (phase === 4) return t < 0.4 ? { generator: 1, fake: 1, discriminator: 1 } : { discriminator: -1, fake: -1 };
  return { generator: -1, fake: t < 0.3 ? -1 : 0 };
}

/** What the arena shows in a phase; null where samples are no points. */
export function arenaOf(phase, t, arrays) {
  const before = arrays["plane/before"];
  const after = arrays["plane/after"];
  if (!before) return null;
  const { real, fake, fresh, moved, pull } = arrays;
  if (phase === 1) return { heat: before, reals: null, fakes: first(fake, t), pull: null };
  if (phase === 2) return { heat: before, reals: first(real, 2 * t), fakes: fake, pull: null };
  if (phase === 3) return { heat: blend(before, after, ease(t)), reals: real, fakes: fake, pull: null };
  if (phase === 4) return { heat: after, reals: real, fakes: first(fresh, 3 * t), pull: t > 0.4 ? pull : null };
  return { heat: after, reals: real, fakes: blend(fresh, moved, ease(t)), pull };
}

/** The numbers that a phase's sentences name. */
export function numbers({ before, after, end, d_gradient_norm, g_gradient_norm, d_lr, g_lr, batch, moved, critic }) {
  const said = (value) => (critic ? digits(value) : percent(value));
  return {
    batch,
    d_real: said(before.d_real), d_fake: said(before.d_fake), d_loss: digits(before.d_loss), d_loss_after: digits(after.d_loss),
    d_real_after: said(after.d_real), d_fake_after: said(after.d_fake),
    d_gradient: digits(d_gradient_norm), d_lr: digits(d_lr),
    g_loss: digits(after.g_loss), g_loss_after: digits(end.g_loss), g_gradient: digits(g_gradient_norm), g_lr: digits(g_lr),
    fooled: said(end.d_fake), moved: digits(moved),
  };
}

/** The rows of pictures that a phase shows: [{name, pictures, answers}], where samples are pictures. */
export function rowsOf(phase, arrays) {
  const row = (name, pictures, answers = null) => ({ name, pictures: arrays[pictures], answers: answers && arrays[answers] });
  if (phase === 1) return [row("fake", "fake")];
  if (phase === 2 || phase === 3) return [row("real", "real", "answer/real"), row("fake", "fake", "answer/fake")];
  if (phase === 4) return [row("fresh", "fresh", "answer/fresh"), row("pull", "pull")];
  return [row("fresh", "fresh"), row("moved", "moved")];
}

const ease = (t) => t * t * (3 - 2 * t);

function first(points, part) {
  const count = Math.ceil(Math.min(1, part) * points.shape[0]);
  return { data: points.data, shape: [count, 2] };
}

function blend(from, to, t) {
  const data = new from.data.constructor(from.data.length);
  for (let i = 0; i < data.length; i++) data[i] = from.data[i] + (to.data[i] - from.data[i]) * t;
  return { data, shape: from.shape };
}
