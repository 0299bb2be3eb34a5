// The curves as a picture of their own: plotly's, with the names and values that stand above the panels on the page.

import { FONT } from "../views/picture/export.js";

const BESIDE = 12; // px between two entries of a panel's head

/** @param live the view of curves.js @param {"png"|"svg"} kind @returns {Promise<Blob>} */
export async function curvesImage(live, kind, board) {
  const { Plotly } = window;
  if (!Plotly || !live.plot.layout) throw new Error(board.word("curves.alt_none"));
  const { data, layout } = live.plot;
  const { colours } = board;
  const head = 6;
  const height = layout.height + head;
  const own = {
    ...layout,
    font: { ...layout.font, family: FONT },
    height,
    margin: { ...layout.margin, t: head },
    paper_bgcolor: colours.background,
    plot_bgcolor: colours.background,
    annotations: live.heads.rows.flatMap((row, index) => heads(row, live, colours, index)),
  };
  const address = await Plotly.toImage({ data, layout: own }, { format: kind, width: layout.width, height, scale: kind === "png" ? 2 : 1 });
  return (await fetch(address)).blob();
}

// A panel's name, and for each line its sample, its name and its value, one beside the other.
function heads({ panel, parts }, live, colours, index) {
  const { top } = live.layout.boxes[index];
  const drawn = live.layout.height - live.plot.layout.margin.b;
  const y = 1 - (top - 14) / drawn;
  const base = { xref: "paper", yref: "paper", x: 0, y, xanchor: "left", yanchor: "middle", showarrow: false };
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `600 12px ${FONT}`;
  let right = -live.plot.layout.margin.l + 6;
  const found = [];
  const add = (text, plain, colour) => {
    found.push({ ...base, xshift: right, text, font: { size: 12, color: colour, family: FONT } });
    right += pen.measureText(plain).width + BESIDE;
  };
  const name = live.stage.word(`curves.${panel.name}`);
  add(`<b>${name}</b>`, name, colours.text);
  parts.forEach(({ part, number, word }, which) => {
    if (part.hidden || !number.textContent) return;
    const sample = word ? (which ? "╌╌ " : "── ") : "";
    const plain = `${sample}${word} ${number.textContent}`;
    add(`${sample}${word} <b>${number.textContent}</b>`, plain, which ? colours.test : word ? colours.faint : colours.text);
  });
  return found;
}
