// The actors of a GAN and how they look: the discriminator blue, the generator and its fakes purple, what is real green.
// Shapes differ too: a real sample is a disc, a fake a diamond. Knows colours and canvases, no run.

import { table } from "../../colours.js";
import { between } from "../picture/ink.js";

const PALE = 0.4; // how much of an actor's colour the ground has where D is certain, so that marks stand out on it
const PALE_DARK = 0.42;
const hex = (parts) => `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;

/**
 * The colours of what D answers: purple where it says fake, green where it says real, neutral at 50 %.
 * @returns {{lut: Uint32Array, fake: string, middle: string, real: string}}
 */
export function verdicts({ background, generator, real, zero, dark }) {
  const part = dark ? PALE_DARK : PALE;
  const ends = [generator, real].map((ink) => hex(between(background, ink, part)));
  return { lut: table(ends[0], zero, ends[1]), fake: ends[0], middle: zero, real: ends[1] };
}

/** Puts a disc into the path of a canvas: a real sample. */
export function disc(pen, x, y, radius) {
  pen.moveTo(x + radius, y);
  pen.arc(x, y, radius, 0, 2 * Math.PI);
}

/** Puts a diamond into the path of a canvas: a fake. */
export function diamond(pen, x, y, radius) {
  const r = radius * 1.25;
  pen.moveTo(x, y - r);
  pen.lineTo(x + r, y);
  pen.lineTo(x, y + r);
  pen.lineTo(x - r, y);
  pen.closePath();
}

/** Draws marks for the first of `points` ({data, shape: [n, 2]}) in one go, with a rim of the ground's colour. */
export function marks(pen, shape, points, toPixel, radius, ink, ground, most = 600) {
  if (!points) return;
  pen.beginPath();
  for (let i = 0; i < Math.min(points.shape[0], most); i++) shape(pen, ...toPixel(points.data[2 * i], points.data[2 * i + 1]), radius);
  pen.fillStyle = ink;
  pen.strokeStyle = ground;
  pen.lineWidth = 1.4;
  pen.stroke();
  pen.fill();
}

/** A mark as SVG for a key. */
export function sign(kind, ink) {
  const body = kind === "real" ? `<circle cx="7" cy="7" r="4.5"` : `<polygon points="7,1 13,7 7,13 1,7"`;
  return `<svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">${body} fill="${ink}"/></svg>`;
}

/** A share in percent. */
export const percent = (part) => (Number.isFinite(part) ? `${Math.round(100 * part)} %` : "—");
