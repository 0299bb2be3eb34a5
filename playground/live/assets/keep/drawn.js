// Any view as SVG: its canvases as pictures, its words as text, its scales as gradients, each where it stands. For views
// that have no svg() of their own; what can only be pressed is left out.

import { escaped, page, round } from "../views/picture/export.js";

const MARGIN = 12;
const ASIDE = "button, select, [hidden], [class*='-reading']"; // what says something only to whoever points at it

/** @param {Element} element of a view @returns {string} SVG text */
export function drawnSvg(element, colours) {
  const whole = element.getBoundingClientRect();
  const parts = [];
  let bottom = 0;
  const at = (box) => ({ x: box.left - whole.left + MARGIN, y: box.top - whole.top + MARGIN, width: box.width, height: box.height });
  const reach = (place) => (bottom = Math.max(bottom, place.y + place.height));
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) =>
    node.nodeType === Node.ELEMENT_NODE && node.matches(ASIDE) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT,
  );
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.nodeType === Node.TEXT_NODE) {
      for (const { box, word } of words(node)) {
        parts.push(text(at(box), word, getComputedStyle(node.parentElement)));
        reach(at(box));
      }
      continue;
    }
    const place = at(node.getBoundingClientRect());
    if (!place.width || !place.height) continue;
    if (node.localName === "canvas") parts.push(image(place, node.toDataURL("image/png")));
    else {
      const scale = gradient(place, getComputedStyle(node), parts.length);
      if (!scale) continue;
      parts.push(scale);
    }
    reach(place);
  }
  return page(whole.width + 2 * MARGIN, bottom + MARGIN, colours, parts.join(""));
}

// Word by word, because a line may break between any two of them. Where nothing parts words, a line is one.
function words(node) {
  const found = [];
  const range = document.createRange();
  for (const { index, 0: word } of node.data.matchAll(/\S+/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    const boxes = [...range.getClientRects()].filter(({ width }) => width > 0);
    if (boxes.length === 1) found.push({ box: boxes[0], word });
    else if (boxes.length) found.push(...broken(node, index, word, range));
  }
  return found;
}

// A word that is broken over several lines, letter by letter, put together again line by line.
function broken(node, index, word, range) {
  const lines = [];
  for (const [offset, letter] of [...word].entries()) {
    range.setStart(node, index + offset);
    range.setEnd(node, index + offset + 1);
    const box = range.getBoundingClientRect();
    const line = lines.at(-1);
    if (line && Math.abs(line.box.top - box.top) < 2) line.word += letter;
    else lines.push({ box, word: letter });
    lines.at(-1).box = new DOMRect(lines.at(-1).box.left, box.top, box.right - lines.at(-1).box.left, box.height);
  }
  return lines;
}

function text({ x, y, width, height }, word, style) {
  const size = parseFloat(style.fontSize);
  return `<text x="${round(x)}" y="${round(y + height / 2 + 0.35 * size)}" textLength="${round(width)}" lengthAdjust="spacingAndGlyphs" font-size="${round(size)}" font-weight="${style.fontWeight}" fill="${style.color}">${escaped(word)}</text>`;
}

function image({ x, y, width, height }, address) {
  return `<image x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" preserveAspectRatio="none" href="${address}"/>`;
}

// A scale is drawn as the background of an element: from left to right, stops evenly spread.
function gradient({ x, y, width, height }, style, number) {
  if (!style.backgroundImage.startsWith("linear-gradient")) return "";
  const stops = style.backgroundImage.match(/(rgba?|color|oklab|oklch)\([^()]*\)|#[0-9a-f]{3,8}/g) ?? [];
  if (stops.length < 2) return "";
  const parts = stops.map((stop, k) => `<stop offset="${round(k / (stops.length - 1))}" stop-color="${stop}"/>`).join("");
  const box = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${round(height / 2)}"`;
  return `<linearGradient id="scale${number}">${parts}</linearGradient><rect ${box} fill="url(#scale${number})"/>`;
}
