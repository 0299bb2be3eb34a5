// A plotter for files that have no room for plotly: lines, axes and ticks as SVG, from the same figure (time/figure.js).
// It stands in the place of time/plotly.js and answers to the same name; it knows no zoom.

import { s } from "../dom.js";

const GAP = 6; // px between a tick's number and its axis
const FAR = 1e4; // px: what lies further away is not seen either

/** Resolves with what the curves take for plotly. */
export function plotly() {
  window.Plotly ??= { react, purge: (node) => node.replaceChildren() };
  return Promise.resolve(window.Plotly);
}

function react(node, data, layout) {
  node.on ??= () => {};
  const { width, height, margin, font } = layout;
  const frame = { left: margin.l, right: width - margin.r, top: margin.t, bottom: height - margin.b };
  const root = s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "font-family": font.family, "font-size": 12, "aria-hidden": "true" });
  const x = across(layout.xaxis, frame);
  for (const [name, axis] of Object.entries(layout)) if (name.startsWith("yaxis")) root.append(clip(name, axis, frame), ...scale(axis, frame));
  root.append(...foot(layout.xaxis, x, frame));
  for (const trace of data) {
    const name = trace.yaxis.replace("y", "yaxis");
    const drawn = line(trace, x, down(layout[name], frame));
    drawn.setAttribute("clip-path", `url(#plotter-${name})`);
    root.append(drawn);
  }
  node.replaceChildren(root);
}

function across({ range: [from, to] }, { left, right }) {
  return (value) => left + ((value - from) / (to - from || 1)) * (right - left);
}

function down(axis, frame) {
  const [low, high] = ends(axis, frame);
  const [from, to] = axis.range;
  const place = axis.type === "log" ? Math.log10 : (value) => value;
  return (value) => low + ((place(value) - from) / (to - from || 1)) * (high - low);
}

// Where an axis begins and ends, in pixels from above.
function ends({ domain: [low, high] }, { top, bottom }) {
  return [bottom - low * (bottom - top), bottom - high * (bottom - top)];
}

// A line ends where its panel ends; half of its width may stand out.
function clip(name, axis, frame) {
  const [low, high] = ends(axis, frame);
  const box = s("rect", { x: frame.left - 2, y: high - 2, width: frame.right - frame.left + 4, height: low - high + 4 });
  return s("clipPath", { id: `plotter-${name}` }, box);
}

function scale(axis, frame) {
  const y = down(axis, frame);
  const { color } = axis.tickfont;
  return ticks(axis).flatMap((value) => {
    const at = y(value);
    return [
      s("line", { x1: frame.left, x2: frame.right, y1: at, y2: at, stroke: axis.gridcolor }),
      s("text", { x: frame.left - GAP, y: at + 4, "text-anchor": "end", fill: color }, written(value, axis)),
    ];
  });
}

function foot(axis, x, { left, right, bottom }) {
  const { color } = axis.tickfont;
  const numbers = ticks(axis).map((value) => s("text", { x: x(value), y: bottom + 15, "text-anchor": "middle", fill: color }, written(value, axis)));
  const name = s("text", { x: (left + right) / 2, y: bottom + 30, "text-anchor": "middle", fill: color }, axis.title.text);
  return [...numbers, name];
}

function line({ x: xs, y: ys, mode, line: style, opacity = 1, marker }, x, y) {
  if (mode === "markers") return s("circle", { cx: x(xs[0]), cy: y(ys[0]), r: marker.size / 2, fill: marker.color });
  let d = "";
  let pen = "M";
  let before = 0;
  for (let i = 0; i < xs.length; i++) {
    const at = ys[i] === null ? NaN : Math.min(Math.max(y(ys[i]), -FAR), FAR);
    if (!Number.isFinite(at)) pen = "M";
    else {
      const place = x(xs[i]).toFixed(1);
      if (pen === "L" && style.shape === "hv") d += `L${place} ${before}`;
      before = at.toFixed(1);
      d += `${pen}${place} ${before}`;
      pen = "L";
    }
  }
  const dashes = /^[\d.px,]+$/.test(style.dash ?? "") ? style.dash.replaceAll("px", "") : null;
  return s("path", { d, fill: "none", stroke: style.color, "stroke-width": style.width, "stroke-dasharray": dashes, "stroke-linejoin": "round", opacity });
}

/** The places of an axis that get a number: those it names, else round ones. */
function ticks({ tickvals, range: [from, to], type, nticks = 5, dtick }) {
  if (tickvals) return tickvals;
  const found = [];
  if (type === "log") {
    const apart = dtick ?? 1;
    for (let power = Math.ceil(from / apart) * apart; power <= to; power += apart) found.push(10 ** power);
    return found;
  }
  const apart = round((to - from) / Math.max(1, nticks - 1));
  for (let k = Math.ceil(from / apart - 1e-9); k * apart <= to + 1e-9 * apart; k++) found.push(k * apart);
  return found;
}

function round(size) {
  const decade = 10 ** Math.floor(Math.log10(size));
  return decade * [1, 2, 5, 10].find((step) => step * decade >= size * (1 - 1e-9));
}

function written(value, { tickformat }) {
  if (tickformat === ".0%") return `${Math.round(100 * value)}%`;
  const size = Math.abs(value);
  if (size < 1e-30) return "0";
  const short = Number(value.toPrecision(3));
  return size < 1e-3 || size >= 1e5 ? short.toExponential().replace("e+", "e") : String(short);
}
