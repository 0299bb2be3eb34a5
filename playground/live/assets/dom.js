// Small words for making elements, and numbers as people read them. Knows no run.

const SVG = "http://www.w3.org/2000/svg";

/** Makes an HTML element: h("button", {class: "stage-button", onclick: f, disabled: true}, "text", child). */
export function h(tag, properties = {}, ...children) {
  return furnish(document.createElement(tag), properties, children);
}

/** The same for SVG. */
export function s(tag, properties = {}, ...children) {
  return furnish(document.createElementNS(SVG, tag), properties, children);
}

function furnish(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element[name] = value;
    else if (name === "style" && typeof value === "object") furbish(element.style, value);
    else if (name === "data") Object.assign(element.dataset, value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function furbish(style, values) {
  for (const [name, value] of Object.entries(values)) {
    if (name.startsWith("--")) style.setProperty(name, value);
    else style[name] = value;
  }
}

/** Adds a style sheet beside `element` (to the document, or to the shadow root it stands in) and waits until it is there. */
export function styleSheet(element, address) {
  const root = element.getRootNode();
  const place = root.head ?? root;
  for (const link of place.querySelectorAll("link[data-stage]")) if (link.href === address) return link.loaded;
  const link = h("link", { rel: "stylesheet", href: address, data: { stage: "" } });
  link.loaded = new Promise((resolve) => (link.onload = link.onerror = resolve));
  place.append(link);
  return link.loaded;
}

/**
 * Makes a canvas sharp on this screen: its bitmap has as many pixels as the screen shows of it.
 * Returns true if the size has changed (the bitmap is empty then).
 */
export function fit(canvas, width, height) {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  const [w, h] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
  if (canvas.width === w && canvas.height === h) return false;
  canvas.width = w;
  canvas.height = h;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  return true;
}

/** A number with three significant digits, as views/theme.py writes it: 0.0431, 12.3, 1,230, 3.20e-7; — for none. */
export function digits(value) {
  if (typeof value !== "number" || !Number.isFinite(value)) return "—";
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size < 1e-3 || size >= 1e6) return value.toExponential(2).replace("e+", "e");
  if (size >= 999.5) return whole(Number(value.toPrecision(3)));
  return value.toPrecision(3);
}

/** A number of epochs, as ui/transport.py writes it: with one decimal while it tells something: 0.8, 1,581. */
export const epochs = (count) => (count < 100 ? count.toFixed(1) : whole(count));

/** A whole number with separators: 12,340. */
export function whole(value) {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}
