// The diagram as SVG: tiles as pictures, edges as curves, names as text. Knows what the canvas knows, draws nothing on it.

import { label, lines, page, round, widthOf } from "../picture/export.js";

const MARGIN = 12;
const LINE = 22; // px between two lines of the legend

/** @param {{columns, layout, faces, wirings, colours, biases(c): Array|null, state(c, unit): string, word, items}} what */
export function diagramSvg({ columns, layout, faces, wirings, colours, biases, state, word, items }) {
  const parts = wirings.map((wiring) => wiring.svg(colours));
  columns.forEach((column, c) => {
    const placed = layout.columns[c];
    parts.push(label(placed.middle, 20, column.name, "middle", 'font-weight="600"'));
    const note = [column.picture ? column.labels[0] : column.units, column.activation].filter(Boolean).join(" · ");
    parts.push(label(placed.middle, 38, note, "middle", `fill="${colours.faint}"`));
    const inks = biases(c);
    placed.tiles.forEach((tile, unit) => parts.push(tileSvg(tile, unit, column, faces[c], inks?.[unit], state(c, unit), colours, word)));
    if (column.picture && layout.gaps.length) parts.push(fan(placed, layout.columns[c + 1], layout.gaps[0], colours));
    if (column.units > column.shown && !column.picture) {
      const text = word("diagram.hidden_units", { count: column.units - column.shown });
      parts.push(label(placed.middle, placed.y + placed.height + 22, text, "middle", `fill="${colours.faint}"`));
    }
  });
  const rows = lines(items.map((item) => ({ ...item, before: WIDE[item.sign] ?? 0 })), layout.width);
  parts.push(gradient(colours), ...rows.flatMap((row, k) => row.map((item) => entry(item, layout.height + 14 + k * LINE, colours))));
  const body = `<g transform="translate(${MARGIN} 0)">${parts.join("")}</g>`;
  return page(layout.width + 2 * MARGIN, layout.height + 8 + rows.length * LINE, colours, body);
}

// Every pixel goes to every unit: shown as one funnel.
function fan(from, to, { left, right }, colours) {
  const corners = [[left, from.y], [right, to.y], [right, to.y + to.height], [left, from.y + from.height]];
  return `<polygon points="${corners.map((corner) => corner.map(round).join(",")).join(" ")}" fill="${colours.text}" fill-opacity="0.08"/>`;
}

function tileSvg(tile, unit, column, face, bias, state, colours, word) {
  const { x, y, size } = tile;
  const box = `x="${round(x)}" y="${round(y)}" width="${size}" height="${size}"`;
  const parts = [`<rect ${box} rx="4" fill="${colours.zero}"/>`];
  if (unit < face.count) {
    const clip = `tile${column.index + 1}-${unit}`;
    const sharp = face.smooth ? "" : ' style="image-rendering: pixelated"';
    parts.push(
      `<clipPath id="${clip}"><rect ${box} rx="4"/></clipPath>` +
        `<image ${box} preserveAspectRatio="none"${sharp} clip-path="url(#${clip})" href="${face.bitmap.address(unit)}"/>`,
    );
  }
  parts.push(`<rect ${box} rx="4" fill="none" stroke="${colours.line}"/>`);
  if (bias) parts.push(`<rect x="${round(x - 3)}" y="${round(y + size - 7)}" width="10" height="10" rx="2" fill="${bias}" stroke="${colours.background}" stroke-width="1.5"/>`);
  if (state !== "fine") parts.push(plate(x + size / 2, y + size, word(`diagram.${state}`), colours));
  if (column.index < 0 && !column.picture && column.labels[unit] !== undefined) {
    parts.push(label(x - 6, y + size / 2 + 4, column.labels[unit], "end"));
  } else if (column.labels[unit] !== undefined && !column.hidden && !column.picture) {
    parts.push(label(x + size + 6, y + size / 2 + 4, column.labels[unit]));
  }
  return parts.join("");
}

// What is wrong with a unit, readable on whatever lies below.
function plate(x, y, text, colours) {
  const wide = widthOf(text) + 10;
  const box = `<rect x="${round(x - wide / 2)}" y="${round(y - 12)}" width="${round(wide)}" height="16" rx="3" fill="${colours.text}"/>`;
  return box + label(x, y, text, "middle", `font-weight="600" fill="${colours.background}"`);
}

// The room that a sign of the legend takes before its text.
const WIDE = { ramp: 122, wedge: 42, tab: 18 };

function entry({ sign, text, low, high, x }, y, colours) {
  const words = label(x + (WIDE[sign] ?? 0), y + 4, text, "start", `fill="${colours.faint}"`);
  if (sign === "ramp") {
    const bar = `<rect x="${round(x + 18)}" y="${y - 4}" width="72" height="8" rx="4" fill="url(#scale)"/>`;
    return bar + label(x + 14, y + 4, low, "end") + label(x + 95, y + 4, high) + words;
  }
  if (sign === "wedge") return `<polygon points="${round(x)},${y} ${round(x + 34)},${y - 4.5} ${round(x + 34)},${y + 4.5}" fill="${colours.faint}"/>${words}`;
  if (sign === "tab") {
    const half = (from, ink) => `<rect x="${round(x + from)}" y="${y - 5}" width="5" height="10" fill="${ink}"/>`;
    return half(0, colours.negative) + half(5, colours.positive) + words;
  }
  return words;
}

function gradient(colours) {
  return (
    `<linearGradient id="scale"><stop stop-color="${colours.negative}"/><stop offset="0.5" stop-color="${colours.zero}"/>` +
    `<stop offset="1" stop-color="${colours.positive}"/></linearGradient>`
  );
}
