// The curves as a plotly figure: three panels above one axis. Pure: lines in, traces and layout out.

import { extremes, indexAfter } from "./series.js";

export const MARGIN = { left: 48, right: 10, bottom: 34 };
const HEAD = 26; // px above each panel, for its name and values
const ROOM = 1.02; // the axis reaches a little further than the newest point, so that the pen's tip has somewhere to go
const SMOOTH = 40; // a running average reaches over this part of the whole
const TOP = 1.08; // a panel reaches so much higher than its curves
const ALWAYS = ["game_loss", "game_answers", "lr"]; // what every game has, before anything is measured
const LOSSES = ["loss", "game_gradient"];
const WORST_R2 = -1; // what is worse lies below the panel

/** The panels of a run, from above: what they show, and their height in px. `target` is the setup's; `played`: of a game. */
export function panels(record, target, played = false) {
  if (played || record.line("d_loss")) return game(record);
  const known = ["accuracy", "r2", "rmse"].find((name) => record.line(name));
  const quality = known ?? (target.kind === "classes" ? "accuracy" : "r2");
  return [
    { name: "loss", lines: ["loss", "test_loss"], height: 108 },
    { name: quality, lines: [quality, `test_${quality}`], height: 66 },
    { name: "lr", lines: ["lr"], height: 30 },
  ];
}

// Two players: whose a line is says its colour, and which of the two its dashes.
function game(record) {
  const both = [["discriminator", "D"], ["generator", "G"]];
  const all = [
    { name: "game_loss", lines: ["d_loss", "g_loss"], actors: both, height: 96 },
    { name: "game_answers", lines: ["d_real", "d_fake"], actors: [["real", "real"], ["generator", "fake"]], height: 78, half: record.line("d_loss") && !record.line("d_accuracy") ? null : 0.5 },
    { name: "game_gradient", lines: ["d_gradient_norm", "g_gradient_norm"], actors: both, height: 58 },
    { name: "game_modes", lines: ["modes"], actors: [["generator", "modes"]], height: 40 },
    { name: "game_quality", lines: ["quality", "d_accuracy"], actors: [["generator", "quality"], ["discriminator", "accuracy"]], height: 58, share: true },
    { name: "lr", lines: ["lr"], height: 26 },
  ];
  const known = all.filter(({ lines }) => lines.some((name) => record.line(name)));
  return known.length ? known : all.filter(({ name }) => ALWAYS.includes(name));
}

/** Where each panel lies: {top, height} in px, and the height of all. */
export function arrange(all) {
  let top = 0;
  const boxes = all.map(({ height }) => {
    const box = { top: top + HEAD, height };
    top += HEAD + height + 4;
    return box;
  });
  return { boxes, height: top + MARGIN.bottom - 4 };
}

/** The ranges of the axes for everything there is: {x: [from, to], y: [[from, to], …]}; logarithms on a log axis. */
export function ranges(record, others, all, { axis, log }) {
  const last = axis === "step" ? record.lastStep : record.lastEpoch;
  let end = Math.max(last, 0);
  for (const other of others) end = Math.max(end, axis === "step" ? other.record.lastStep : other.record.lastEpoch);
  const y = all.map((panel) => {
    if (panel.name === "accuracy" || panel.share || panel.half) return [-0.03, 1.05];
    const lines = [record, ...others.map((other) => other.record)].flatMap((each) => panel.lines.map((name) => each.line(name)));
    return vertical(lines.filter((line) => line?.count), panel, log);
  });
  return { x: [0, (end || 1) * ROOM], y };
}

function vertical(lines, panel, log) {
  const logarithmic = log && LOSSES.includes(panel.name);
  let [low, high] = [Infinity, -Infinity];
  for (const line of lines) {
    for (let i = 0; i < line.count; i++) {
      const value = line.values[i];
      if (logarithmic && value <= 0) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (!(high >= low)) return [0, 1];
  if (logarithmic) {
    [low, high] = [Math.log10(low), Math.log10(high)];
    const pad = Math.max(0.06 * (high - low), 0.05);
    return [low - pad, high + pad];
  }
  // What a critic or a minimax generator pays may be below zero.
  low = panel.name === "r2" ? Math.min(Math.max(low, WORST_R2), 0) : panel.actors ? Math.min(low, 0) : 0;
  return [low, low + TOP * (high - low || 1)];
}

/**
 * @param {Record} record
 * @param {{name: string, record: Record}[]} others runs to compare with
 * @param {{axis: "epoch"|"step", log: boolean, smooth: boolean, width: number}} how
 * @param {{x: number[], y: number[][], zoomed: boolean[]}} shown what the axes show, and which panels were zoomed into
 * @returns {{data: Object[], layout: Object}}
 */
export function figure(record, others, all, how, shown, colours, word) {
  const { boxes, height } = arrange(all);
  const data = [];
  all.forEach((panel, index) => {
    const context = { panel, index, how, shown };
    others.forEach((other, which) => {
      const colour = colours.classes[3 + (which % 4)];
      panel.lines.forEach((name, part) => add(data, context, other.record.line(name), styles.other(part, colour)));
    });
    panel.lines.forEach((name, part) => add(data, context, record.line(name), panel.actors ? styles.actor(part, colours[panel.actors[part][0]]) : styles.own(part, colours)));
    // Without a trace an axis is not drawn, and the panel would be a hole until something is measured.
    const yaxis = index ? `y${index + 1}` : "y";
    if (!data.some((trace) => trace.yaxis === yaxis)) data.push({ type: "scatter", mode: "lines", xaxis: "x", yaxis, x: [null], y: [null], hoverinfo: "none" });
  });
  return { data, layout: layout(all, boxes, height, how, shown, colours, word) };
}

// Four ways to draw a line, told apart without colour. `part` is 0 for training and 1 for test.
const styles = {
  own: (part, colours) => ({ color: part ? colours.test : colours.train, width: 2, dash: part ? "6px,3px" : "solid" }),
  actor: (part, color) => ({ color, width: 2, dash: part ? "6px,3px" : "solid" }),
  other: (part, color) => ({ color, width: 1.6, dash: part ? "9px,3px,2px,3px" : "2px,2px" }),
};

function add(data, { panel, index, how, shown }, line, style) {
  if (!line?.count) return;
  const yaxis = index ? `y${index + 1}` : "y";
  const faint = how.smooth && panel.name !== "lr";
  if (panel.name === "lr" && !how.glides) style = { ...style, shape: "hv" };
  const mode = line.count > 1 ? "lines" : "markers";
  const marker = { color: style.color, size: 5 };
  const trace = { type: "scatter", mode, xaxis: "x", yaxis, hoverinfo: "none", line: style, marker };
  const measured = cut(line, line.values, how, shown.x, panel);
  if (!faint) return void data.push({ ...trace, ...measured });
  data.push({ ...trace, ...measured, opacity: 0.28, line: { ...style, width: 1, dash: "solid" } });
  data.push({ ...trace, ...cut(line, smoothed(line, how.log && LOSSES.includes(panel.name)), how, shown.x, panel) });
}

/** The points of a line that draw the part that is shown, two for each pixel at most. */
export function cut(line, values, { axis, log, width }, [from, to], panel) {
  const x = axis === "step" ? line.steps : line.epochs;
  const first = Math.max(0, indexAfter(x, line.count, from) - 1);
  const last = Math.min(line.count, indexAfter(x, line.count, to) + 1);
  const kept = extremes(x, values, first, last, Math.max(20, Math.floor(width)));
  const positive = log && LOSSES.includes(panel.name);
  return { x: kept.map((i) => x[i]), y: kept.map((i) => (positive && !(values[i] > 0) ? null : values[i])) };
}

/** Averages of what lies around each point; what is further away counts less. On a log axis, of logarithms. */
export function smoothed(line, logarithmic = false) {
  const { steps, values, count } = line;
  const reach = (steps[count - 1] - steps[0]) / SMOOTH || 1;
  const [to, from] = logarithmic ? [(x) => Math.log(Math.max(x, 1e-300)), Math.exp] : [(x) => x, (x) => x];
  const result = new Float64Array(count);
  for (const [start, end, turn] of [[0, count, 1], [count - 1, -1, -1]]) {
    let mean = to(values[start]);
    for (let i = start; i !== end; i += turn) {
      const passed = i === start ? 0 : Math.abs(steps[i] - steps[i - turn]);
      mean += (1 - Math.exp(-passed / reach)) * (to(values[i]) - mean);
      result[i] += mean / 2; // from both sides, so that nothing is late
    }
  }
  return result.map(from);
}

function layout(all, boxes, height, { axis, log }, shown, colours, word) {
  const drawn = height - MARGIN.bottom;
  const tick = { size: 12, color: colours.faint };
  const quiet = {
    gridcolor: colours.line,
    linecolor: colours.line,
    zeroline: false,
    ticks: "",
    tickfont: tick,
    automargin: false,
    autorange: false,
  };
  const lowest = all.length > 1 ? `y${all.length}` : "y";
  const result = {
    height,
    margin: { l: MARGIN.left, r: MARGIN.right, t: 0, b: MARGIN.bottom, pad: 0 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: colours.font, size: 12, color: colours.text },
    showlegend: false,
    hovermode: false,
    uirevision: "stage",
    xaxis: {
      ...quiet,
      range: shown.x,
      anchor: lowest,
      nticks: 6,
      showgrid: false,
      exponentformat: "none",
      tickformat: "~r",
      title: { text: word(`curves.${axis}`), font: tick, standoff: 4 },
    },
  };
  all.forEach((panel, index) => {
    const { top, height: own } = boxes[index];
    const logarithmic = log && LOSSES.includes(panel.name);
    result[index ? `yaxis${index + 1}` : "yaxis"] = {
      ...quiet,
      domain: [1 - (top + own) / drawn, 1 - top / drawn].map((part) => Math.min(Math.max(part, 0), 1)),
      range: shown.y[index],
      type: logarithmic ? "log" : "linear",
      exponentformat: "e",
      nticks: own > 90 ? 6 : 3,
      ...(logarithmic ? { tickformat: "~g", dtick: Math.max(1, Math.ceil((shown.y[index][1] - shown.y[index][0]) / 5)) } : {}),
      ...(panel.name === "accuracy" || panel.share || panel.half ? { tickvals: [0, 0.5, 1], tickformat: ".0%" } : {}),
      ...(panel.name === "lr" ? { tickvals: [0, shown.y[index][1] / TOP], tickformat: ".2~g" } : {}),
      ...(shown.zoomed[index] ? { tickvals: null, dtick: null } : {}),
    };
  });
  result.shapes = all.flatMap((panel, index) => (panel.half ? [half(index, colours.discriminator)] : []));
  return result;
}

// The line at which the discriminator can only guess.
const half = (index, color) => ({ type: "line", layer: "below", xref: "paper", yref: index ? `y${index + 1}` : "y", x0: 0, x1: 1, y0: 0.5, y1: 0.5, line: { color, width: 1.2, dash: "dot" } });
