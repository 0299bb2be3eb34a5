// The diagram as SVG: tiles as pictures, edges as curves, names as text. Knows what the canvas knows, draws nothing on it.

import { escaped, label, page, round } from "../picture/export.js";

const MARGIN = 12;

/** @param {{columns, layout, faces, wirings, colours, biases(c): Array|null, state(c, unit): string, word}} what */
export function diagramSvg({ columns, layout, faces, wirings, colours, biases, state, word }) {
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
  const body = `<g transform="translate(${MARGIN} 0)">${parts.join("")}${legend(layout, colours)}</g>`;
  return page(layout.width + 2 * MARGIN, layout.height + 26, colours, body);
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
  if (state !== "fine") parts.push(label(x + size / 2, y + size + 4, word(`diagram.${state}`), "middle", 'font-weight="600"'));
  if (column.index < 0 && !column.picture && column.labels[unit] !== undefined) {
    parts.push(label(x - 6, y + size / 2 + 4, column.labels[unit], "end"));
  } else if (column.labels[unit] !== undefined && !column.hidden && !column.picture) {
    parts.push(label(x + size + 6, y + size / 2 + 4, column.labels[unit]));
  }
  return parts.join("");
}

function legend({ width, height }, colours) {
  const [left, top] = [width / 2 - 60, height + 4];
  return (
    `<linearGradient id="scale"><stop stop-color="${colours.negative}"/><stop offset="0.5" stop-color="${colours.zero}"/>` +
    `<stop offset="1" stop-color="${colours.positive}"/></linearGradient>` +
    `<rect x="${round(left)}" y="${top}" width="120" height="8" rx="4" fill="url(#scale)"/>` +
    label(left - 8, top + 9, "−", "end") +
    label(left + 128, top + 9, "+") +
    `<title>${escaped("−1 … 0 … +1")}</title>`
  );
}
