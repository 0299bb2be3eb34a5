// The key below the arena: the scale of the ground, and a sign for each kind of mark. Pure: options in, HTML out.

import { escaped } from "../picture/export.js";
import { sign } from "./actors.js";

export function key(options, tints, colours, word) {
  const parts = [];
  const ramp = (left, right, middle) =>
    `<span class="stage-gan-scale">${escaped(left)}<i style="background:linear-gradient(90deg,${tints.fake},${tints.middle},${tints.real})"><b>${escaped(middle)}</b></i>${escaped(right)}</span>`;
  if (options.answer) parts.push(options.critic ? ramp(word("key_low"), word("key_high"), "") : ramp(word("key_fake"), word("key_real"), "50 %"));
  if (options.difference) parts.push(ramp(word("key_more"), word("key_less"), "="));
  if (options.answer) parts.push(`<span><i class="stage-gan-line" style="border-color:${colours.discriminator}"></i>${escaped(word(options.critic ? "key_middle" : "key_boundary"))}</span>`);
  if (options.real) parts.push(`<span>${sign("real", colours.real)}${escaped(word("key_real_samples"))}</span>`);
  if (options.fake) parts.push(`<span>${sign("fake", colours.generator)}${escaped(word("key_fake_samples"))}</span>`);
  if (options.arrows) parts.push(`<span><i class="stage-gan-arrow" style="color:${colours.generator}" aria-hidden="true">→</i>${escaped(word("key_arrows"))}</span>`);
  if (options.manifold) parts.push(`<span><i class="stage-gan-grid" style="border-color:${colours.generator}"></i>${escaped(word("key_manifold"))}</span>`);
  return parts.join("");
}
