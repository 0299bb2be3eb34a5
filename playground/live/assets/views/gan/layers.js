// What is drawn over the plane of a GAN besides samples: the pull on each fake, and the generator's warped grid. Pure: a pen
// and arrays.

import { rgb } from "../../colours.js";

const LONGEST = 30; // px of a strong pull
const HEAD = 4.5;
const MOST = 160; // arrows

/** Arrows from fakes (n, 2) along `pull` (m ≤ n, 2), in units of the plane; the strongest tenth has the full length. */
export function arrows(pen, fakes, pull, toPixel, colours) {
  if (!fakes?.data || !pull) return;
  const count = Math.min(pull.shape[0], fakes.shape[0], MOST);
  const [ox, oy] = toPixel(0, 0);
  const found = [];
  for (let i = 0; i < count; i++) {
    const [x, y] = toPixel(fakes.data[2 * i], fakes.data[2 * i + 1]);
    const [px, py] = toPixel(pull.data[2 * i], pull.data[2 * i + 1]);
    found.push([x, y, px - ox, py - oy, Math.hypot(px - ox, py - oy)]);
  }
  const strong = found.map((each) => each[4]).sort((a, b) => a - b)[Math.floor(0.9 * count)] || 1;
  pen.beginPath();
  for (const [x, y, dx, dy, size] of found) {
    const length = Math.min(1.3, size / strong) * LONGEST;
    if (!(length > 3)) continue;
    const [ux, uy] = [dx / size, dy / size];
    const [tx, ty] = [x + ux * length, y + uy * length];
    pen.moveTo(x, y);
    pen.lineTo(tx, ty);
    pen.moveTo(tx - HEAD * (ux + 0.6 * uy), ty - HEAD * (uy - 0.6 * ux));
    pen.lineTo(tx, ty);
    pen.lineTo(tx - HEAD * (ux - 0.6 * uy), ty - HEAD * (uy + 0.6 * ux));
  }
  pen.lineCap = pen.lineJoin = "round";
  pen.strokeStyle = colours.background;
  pen.lineWidth = 3.4;
  pen.stroke();
  pen.strokeStyle = colours.generator;
  pen.lineWidth = 1.5;
  pen.stroke();
}

/**
 * The noise's grid as the generator lays it over the plane: (r, r, 2), or (r, 2) for noise of one number. Between two
 * neighbouring lines lies the same share of the noise, so a small cell is a dense one.
 */
export function manifold(pen, sheet, toPixel, ink) {
  if (!sheet) return;
  if (sheet.shape.length === 2) return thread(pen, sheet, toPixel, ink);
  const r = sheet.shape[0];
  const places = Array.from({ length: r * r }, (_, k) => toPixel(sheet.data[2 * k], sheet.data[2 * k + 1]));
  const [red, green, blue] = rgb(ink);
  const cells = [];
  for (let i = 0; i + 1 < r; i++) {
    for (let j = 0; j + 1 < r; j++) {
      const corners = [i * r + j, i * r + j + 1, (i + 1) * r + j + 1, (i + 1) * r + j].map((k) => places[k]);
      cells.push([corners, Math.abs(area(corners))]);
    }
  }
  const middle = cells.map((cell) => cell[1]).sort((a, b) => a - b)[cells.length >> 1] || 1;
  for (const [corners, size] of cells) {
    // Density is the inverse of the area; its root keeps thin places visible.
    const part = Math.min(1, 0.3 * Math.sqrt(middle / Math.max(size, 0.5)));
    pen.beginPath();
    corners.forEach(([x, y], k) => pen[k ? "lineTo" : "moveTo"](x, y));
    pen.closePath();
    pen.fillStyle = `rgb(${red} ${green} ${blue} / ${(0.6 * part).toFixed(3)})`;
    pen.fill();
  }
  pen.beginPath();
  for (let i = 0; i < r; i++) {
    for (let j = 0; j < r; j++) {
      if (j) draw(pen, places[i * r + j - 1], places[i * r + j]);
      if (i) draw(pen, places[(i - 1) * r + j], places[i * r + j]);
    }
  }
  pen.strokeStyle = `rgb(${red} ${green} ${blue} / 0.55)`;
  pen.lineWidth = 0.8;
  pen.stroke();
}

function thread(pen, { data, shape: [count] }, toPixel, ink) {
  const [red, green, blue] = rgb(ink);
  const places = Array.from({ length: count }, (_, k) => toPixel(data[2 * k], data[2 * k + 1]));
  const lengths = places.slice(1).map((place, k) => Math.hypot(place[0] - places[k][0], place[1] - places[k][1]));
  const middle = [...lengths].sort((a, b) => a - b)[lengths.length >> 1] || 1;
  pen.lineCap = "round";
  lengths.forEach((length, k) => {
    const part = Math.min(1, 0.35 * Math.sqrt(middle / Math.max(length, 0.05)) + 0.15);
    pen.beginPath();
    draw(pen, places[k], places[k + 1]);
    pen.strokeStyle = `rgb(${red} ${green} ${blue} / ${part.toFixed(3)})`;
    pen.lineWidth = 3;
    pen.stroke();
  });
}

function draw(pen, from, to) {
  pen.moveTo(...from);
  pen.lineTo(...to);
}

function area(corners) {
  let twice = 0;
  corners.forEach(([x, y], k) => {
    const [u, v] = corners[(k + 1) % corners.length];
    twice += x * v - u * y;
  });
  return twice / 2;
}
