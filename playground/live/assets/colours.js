// The colours of every picture, from the page's theme: one diverging table and a few inks. Knows no picture.

const VARIABLES = { background: "--st-background-color", text: "--st-text-color", accent: "--st-primary-color" };

/**
 * @param {Element} element inside the page, so that it sees Streamlit's variables
 * @param {{light: Object, dark: Object}} themes as playground/views/theme.py has them
 * @param {boolean} photo whether pictures have white at 1, as photographs; else ink
 * @returns {{dark: boolean, lut: Uint32Array, classes: string[], negative: string, zero: string, positive: string,
 *   text: string, faint: string, line: string, background: string, accent: string, train: string, test: string,
 *   paper: string, ink: string, wrong: string, gates: Object<string, string>, discriminator: string, generator: string, real: string}}
 *   `lut[u]` is the pixel (RGBA in memory) of a byte u: 1 = −1, 128 = 0, 255 = +1; a
 *   picture goes from `paper` (0) to `ink` (1)
 */
export function readColours(element, themes, photo = false) {
  const style = getComputedStyle(element);
  const read = (name) => rgb(style.getPropertyValue(VARIABLES[name]));
  const background = read("background");
  const dark = background !== null && luminance(background) < 0.5;
  const theme = themes[dark ? "dark" : "light"];
  const [text, ground] = [hex(read("text")) ?? theme.text, hex(background) ?? theme.background];
  return {
    dark,
    lut: table(theme.negative, theme.zero, theme.positive),
    classes: theme.classes,
    negative: theme.negative,
    zero: theme.zero,
    positive: theme.positive,
    train: theme.train,
    test: theme.test,
    wrong: theme.wrong,
    gates: theme.gates,
    discriminator: theme.discriminator,
    generator: theme.generator,
    real: theme.real,
    line: theme.line,
    faint: theme.muted,
    text,
    background: ground,
    paper: photo ? "#000000" : ground,
    ink: photo ? "#ffffff" : text,
    accent: hex(read("accent")) ?? theme.test,
  };
}

/** The pixel of each byte: 1 = −1 (negative), 128 = 0, 255 = +1 (positive), linear between; 0 is as 1. */
export function table(negative, zero, positive) {
  const [low, middle, high] = [negative, zero, positive].map(rgb);
  const lut = new Uint32Array(256);
  const bytes = new Uint8Array(lut.buffer);
  for (let u = 0; u < 256; u++) {
    const value = Math.max(-1, (u - 128) / 127);
    const end = value < 0 ? low : high;
    for (let c = 0; c < 3; c++) bytes[4 * u + c] = Math.round(middle[c] + (end[c] - middle[c]) * Math.abs(value));
    bytes[4 * u + 3] = 255;
  }
  return lut;
}

/** [r, g, b] of a CSS colour written as #rgb, #rrggbb or rgb(…); null for anything else. */
export function rgb(colour) {
  const written = (colour ?? "").trim();
  let found = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i.exec(written);
  if (found) return found.slice(1, 4).map((part) => parseInt(part, 16));
  found = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(written);
  if (found) return found.slice(1, 4).map((part) => 17 * parseInt(part, 16));
  found = /^rgba?\(\s*([\d.]+)[\s,]+([\d.]+)[\s,]+([\d.]+)/.exec(written);
  return found ? found.slice(1, 4).map((part) => Math.round(Number(part))) : null;
}

function hex(colour) {
  return colour && `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

function luminance([red, green, blue]) {
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}
