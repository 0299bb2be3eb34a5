// A picture to keep: SVG text, and the same as PNG. Knows no view.

export const FONT = '"Source Sans 3", "Source Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';

/** The frame of every picture: size, font, background. `body` is SVG. */
export function page(width, height, colours, body) {
  const [w, hgt] = [Math.ceil(width), Math.ceil(height)];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${hgt}" viewBox="0 0 ${w} ${hgt}" ` +
    `font-family='${FONT}' font-size="12" xml:space="preserve" fill="${colours.text}" style="font-variant-numeric: tabular-nums">` +
    `<rect width="${w}" height="${hgt}" fill="${colours.background}"/>${body}</svg>`
  );
}

/** Text as it may stand in SVG. */
export function escaped(text) {
  return String(text).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

export function label(x, y, text, anchor = "start", more = "") {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" ${more}>${escaped(text)}</text>`;
}

/** Lays entries {text, before} side by side, centred, in as many lines as it takes; each gets its `x`. */
export function lines(entries, width, gap = 22) {
  const rows = [];
  let room = -1;
  for (const entry of entries) {
    const wide = entry.before + widthOf(entry.text);
    if (room < wide) {
      rows.push({ entries: [], used: -gap });
      room = width;
    }
    const row = rows.at(-1);
    row.entries.push({ ...entry, x: row.used + gap });
    row.used += gap + wide;
    room = width - row.used - gap;
  }
  return rows.map((row) => row.entries.map((entry) => ({ ...entry, x: entry.x + Math.max(0, (width - row.used) / 2) })));
}

let pen = null;

/** How wide a text of a picture is, in px. */
export function widthOf(text) {
  pen ??= document.createElement("canvas").getContext("2d");
  pen.font = `12px ${FONT}`;
  return pen.measureText(text).width;
}

/** Two digits after the point are enough for a place on a picture. */
export const round = (value) => Math.round(value * 100) / 100;

/** SVG text as a PNG, twice as large so that it is sharp on paper. */
export async function png(svg, scale = 2) {
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = picture.naturalWidth * scale;
  canvas.height = picture.naturalHeight * scale;
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no PNG"))), "image/png"),
  );
}
