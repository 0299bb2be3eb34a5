// Plane and curve as SVG: the field as an embedded picture, everything else as lines, marks and text.

import { label, lines, page, round } from "../picture/export.js";
import { bound } from "../picture/numbers.js";
import { inkOf, mark, shapeOf } from "./samples.js";

const HEAD = 26;
const FOOT = 30;
const LINE = 22; // px between two lines of the key

/** The plane. `image` is the address of the painted field; toPixel maps a sample into the square. */
export function surfaceSvg(what) {
  const { axes, field, options, samples, side, painted, classes, colours, image, title, toPixel, ink, ghost, unit } = what;
  const paths = what.lines;
  const { left, top } = axes.margin;
  const whole = axes.size(side);
  const inner = [];
  if (image) inner.push(`<image width="${side}" height="${side}" preserveAspectRatio="none" href="${image}"/>`);
  if (field && options.contour) inner.push(stroke(paths.sides, field, side, colours.text, 1, 0.4), stroke(paths.middle, field, side, colours.text, 1.75, 0.85));
  for (const set of [...samples].reverse()) inner.push(dots(set, { classes, colours, toPixel, ink, wrong: classes > 0 && !unit }));
  for (const [x1, x2, value] of painted) {
    inner.push(mark(shapeOf(value, classes), ...toPixel(x1, x2), 4.6, `fill="${ink(value)}" stroke="${colours.text}" stroke-width="1.5" stroke-dasharray="2 1.6"`));
  }
  if (ghost) inner.push(stroke(paths.ghost, ghost, side, colours.text, 1.75, 0.9, "5 4"));
  const body =
    label(left, 18, title ?? "", "start", 'font-size="13" font-weight="600"') +
    `<g transform="translate(0 ${HEAD})">` +
    `<svg x="${left}" y="${top}" width="${side}" height="${side}" viewBox="0 0 ${side} ${side}">${inner.join("")}</svg>` +
    `<g>${axes.svg(colours.text)}</g></g>` +
    key(what, left, HEAD + whole.height + 14);
  const rows = lines(what.marks.map((entry) => ({ ...entry, before: 16 })), whole.width - 16);
  const foot = rows.flatMap((row, k) => row.map((entry) => keyMark(entry, what, HEAD + whole.height + FOOT + 6 + k * LINE)));
  return page(whole.width, whole.height + HEAD + FOOT + rows.length * LINE, colours, body + foot.join(""));
}

// What a disc, a hollow disc, a ring and a dashed line stand for.
function keyMark({ name, text, x }, { classes, colours }, y) {
  const ink = classes === 2 ? inkOf(1, colours) : colours.text;
  const at = x + 14;
  const signs = {
    train: () => mark(null, at, y - 4, 5, `fill="${ink}"`),
    test: () => mark(null, at, y - 4, 4.2, `fill="${colours.background}" stroke="${ink}" stroke-width="2"`),
    wrong: () => mark(null, at, y - 4, 5.5, `fill="none" stroke="${colours.text}" stroke-width="1.4"`),
    ghost: () => `<path d="M${round(at - 7)} ${y - 4}h14" stroke="${colours.text}" stroke-width="1.75" stroke-dasharray="4 3"/>`,
  };
  return signs[name]() + label(x + 24, y, text, "start", `fill="${colours.faint}"`);
}

function key({ classes, names, colours, word, field, axes, side }, x, y) {
  if (classes > 2) {
    const room = side / names.length;
    return names
      .map((name, k) => {
        const ink = inkOf(k, colours);
        return mark(shapeOf(k, classes), x + k * room + 6, y - 4, 5, `fill="${ink}"`) + label(x + k * room + 16, y, word("plane.class", { name }));
      })
      .join("");
  }
  const reach = field?.reach ?? 1;
  const ends = names ? names.map((name) => word("plane.class", { name })) : ["", ""];
  const bar = Math.max(60, side - 220);
  const from = axes.margin.left + (side - bar) / 2;
  return (
    `<linearGradient id="scale"><stop stop-color="${colours.negative}"/><stop offset="0.5" stop-color="${colours.zero}"/>` +
    `<stop offset="1" stop-color="${colours.positive}"/></linearGradient>` +
    `<rect x="${round(from)}" y="${y - 8}" width="${round(bar)}" height="8" rx="4" fill="url(#scale)"/>` +
    label(from - 8, y, `${ends[0]}  ${bound(-reach)}`.trim(), "end") +
    label(from + bar + 8, y, `${bound(reach)}  ${ends[1]}`.trim())
  );
}

function dots(samples, { classes, colours, toPixel, ink, wrong }) {
  const parts = [];
  for (let i = 0; i < samples.count; i++) {
    const [x, y] = toPixel(samples.x[i], samples.y[i]);
    const colour = ink(samples.label[i]);
    const style = samples.test
      ? `fill="${colours.background}" stroke="${colour}" stroke-width="1.8"`
      : `fill="${colour}" stroke="${classes ? colours.background : colours.text}" stroke-width="1"`;
    parts.push(mark(shapeOf(samples.label[i], classes), x, y, 4, style));
    if (wrong && samples.wrong[i]) parts.push(mark(null, x, y, 6.6, `fill="none" stroke="${colours.text}" stroke-width="1.4"`));
  }
  return parts.join("");
}

function stroke(segments, field, side, ink, width, strength, dashes = "") {
  const d = segments.path(side / (field.columns - 1), side / (field.rows - 1), side);
  if (!d) return "";
  return `<path d="${d}" fill="none" stroke="${ink}" stroke-width="${width}" stroke-opacity="${strength}" stroke-linecap="round"${dashes && ` stroke-dasharray="${dashes}"`}/>`;
}

/** The curve. `runs` are lines of {x, y, colour, dashes}. */
export function curveSvg({ axes, width, height, samples, runs, colours, toPixel, ink, title }) {
  const { left, top } = axes.margin;
  const whole = axes.size(width, height);
  const inner = samples.map((set) => dots(set, { classes: 0, colours, toPixel, ink, wrong: false }));
  for (const { points, colour, dashes } of runs) {
    const d = points.map(([x, y], k) => `${k ? "L" : "M"}${round(x)} ${round(y)}`).join("");
    inner.push(`<path d="${d}" fill="none" stroke="${colour}" stroke-width="2.5"${dashes ? ' stroke-dasharray="5 4"' : ""}/>`);
  }
  const body =
    label(left, 18, title, "start", 'font-size="13" font-weight="600"') +
    `<g transform="translate(0 ${HEAD})"><svg x="${left}" y="${top}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${inner.join("")}</svg>${axes.svg(colours.text)}</g>`;
  return page(whole.width, whole.height + HEAD + 6, colours, body);
}
