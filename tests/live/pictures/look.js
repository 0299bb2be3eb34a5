// What tests want to know of the pictures: pixels, places and numbers as they stand on the page.

const pixel = (context, x, y) => Array.from(context.getImageData(x, y, 1, 1).data.slice(0, 3));

/** The 34 × 34 pixels at the centres of a tile's cells, row 0 at the bottom. */
export function tile(column, unit) {
  const { layout, scale, context } = stage.views.diagram;
  const { x, y, size } = layout.columns[column + 1].tiles[unit];
  const at = (start, k) => Math.floor((start + ((k + 0.5) / 34) * size) * scale);
  return Array.from({ length: 34 * 34 }, (_, k) => pixel(context, at(x, k % 34), at(y, 33 - Math.floor(k / 34))));
}

/** What the palette makes of unit `unit` of a map. */
export function meant(name, unit) {
  const { data } = stage.frame.arrays[name];
  return Array.from(data.slice(unit * 1156, (unit + 1) * 1156), (byte) => split(stage.colours.lut[byte]));
}

export const split = (rgba) => [rgba & 255, (rgba >>> 8) & 255, (rgba >>> 16) & 255];

/** The edge with the greatest weight of a sign, and a place on its curve: on the page, and its pixel. */
export function strongest(layer, sign) {
  const { wirings, sheet, context, scale } = stage.views.diagram;
  const { gap, left, right } = wirings.find((each) => each.layer === layer);
  const { data, shape } = stage.frame.arrays[`w/${layer}.weight`];
  let best = 0;
  for (let at = 0; at < data.length; at++) if (sign * data[at] > sign * data[best]) best = at;
  const [row, column] = [Math.floor(best / shape[1]), best % shape[1]];
  const [from, to] = [left.tiles[column].port, right.tiles[row].port];
  const [x, y] = [gap.left + 0.3 * (gap.right - gap.left), from + 0.216 * (to - from)];
  const box = sheet.getBoundingClientRect();
  const colour = pixel(context, Math.round(x * scale), Math.round(y * scale));
  return { row, column, value: data[best], x: box.left + x, y: box.top + y, colour };
}

/** Two sums over all pixels of the diagram: the same only if the picture is. */
export function checksum() {
  const { context, canvas } = stage.views.diagram;
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
  let [a, b] = [1, 0];
  for (const value of data) {
    a = (a + value) % 65521;
    b = (b + a) % 65521;
  }
  return [a, b];
}

/** The checksum of the same numbers shown as those of another step, a moment later. */
export async function again(step) {
  await new Promise((done) => setTimeout(done, 60));
  stage.frame = { ...stage.frame, step };
  stage.draw();
  return checksum();
}

/** The classes of buttons that are too small for a finger. */
export function small() {
  const seen = [...document.querySelectorAll(".stage-view button")].filter((each) => each.offsetParent);
  const touched = seen.filter((each) => getComputedStyle(each).pointerEvents !== "none");
  return touched.filter((each) => Math.min(each.offsetWidth, each.offsetHeight) < 32).map((each) => each.className);
}

/** The colours of the field at samples [column, row] of a grid of 100 × 100. */
export function field(places) {
  const { base } = stage.views.plane.layers;
  const context = base.getContext("2d");
  const at = (part, length) => Math.min(length - 1, Math.round(part * length));
  return places.map(([u, v]) => pixel(context, at(u / 99, base.width), at(1 - v / 99, base.height)));
}

/** How many pixels of a layer of the plane are not empty. */
export function inked(name) {
  const canvas = stage.views.plane.layers[name];
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.filter((value, at) => at % 4 === 3 && value > 0).length;
}

/** The colours in the middle of training and of test samples that have some room around them. */
export function middles() {
  const { train, test, places, layers } = stage.views.plane;
  const context = layers.dots.getContext("2d");
  const all = [train, test].flatMap((set) => Array.from(set.x, (x, i) => [x, set.y[i]]));
  const alone = ([x, y]) => all.filter(([a, b]) => Math.hypot(a - x, b - y) < 0.5).length === 1;
  const colour = (place) => pixel(context, ...places.toPixel(...place).map((value) => Math.floor(value * layers.scale)));
  return [train, test].map((set) => Array.from(set.x, (x, i) => [x, set.y[i]]).filter(alone).map(colour));
}

/** The ends of all segments of the boundary, in samples. */
export function boundary() {
  const { data, length } = stage.views.plane.lines.middle;
  return Array.from(data.slice(0, length));
}

/** For each column of pixels of the curve the middle of its ink, or null. */
export function curve() {
  const { base, extent, scale, height } = stage.views.plane;
  const middle = (column) => {
    const { data } = base.getContext("2d").getImageData(column, 0, 1, base.height);
    let [sum, weight] = [0, 0];
    for (let row = 0; row < base.height; row++) {
      sum += row * data[4 * row + 3];
      weight += data[4 * row + 3];
    }
    return weight ? sum / weight : null;
  };
  return { extent, height: height * scale, rows: Array.from({ length: base.width }, (_, column) => middle(column)) };
}

/** Mounts the plane once more, as after a change of the network or of the data. */
export async function remount(kind) {
  const { mount } = await import("/live/assets/views/plane.js");
  const { element } = stage.views.plane;
  stage.setup.experiment.data = { kind };
  stage.views.plane.dispose();
  stage.views.plane = mount(element, stage);
  stage.redraw();
  return stage.views.plane.brush.points.length;
}

/** Disposes of all views; how many nodes and listeners are left. */
export function leave() {
  for (const view of Object.values(stage.views)) view.dispose();
  stage.views = {};
  const listeners = [...stage.listeners.values()].reduce((sum, set) => sum + set.size, 0);
  return listeners + document.querySelectorAll(".stage-view > *").length;
}

/** A view's picture as it would be kept: what is in the SVG, how the PNG begins. */
export async function kept(name) {
  const view = stage.views[name];
  const svg = new DOMParser().parseFromString(view.svg(), "image/svg+xml");
  const png = new Uint8Array(await (await view.png()).arrayBuffer());
  const count = (tag) => svg.querySelectorAll(tag).length;
  return {
    error: svg.querySelector("parsererror")?.textContent ?? "",
    edges: count("path"),
    images: count("image"),
    circles: count("circle"),
    words: Array.from(svg.querySelectorAll("text"), (node) => node.textContent),
    png: Array.from(png.slice(0, 4)),
    size: png.length,
  };
}

/** The median time in ms that each view takes for a frame, with the pixels really there. */
export function times(frames) {
  const spent = (view) => {
    const contexts = Array.from(view.element.querySelectorAll("canvas"), (canvas) => canvas.getContext("2d"));
    const flush = () => contexts.forEach((context) => context.getImageData(0, 0, 1, 1));
    const all = frames.map((frame) => {
      flush();
      const start = performance.now();
      view.draw(frame);
      flush();
      return performance.now() - start;
    });
    return all.sort((a, b) => a - b)[all.length >> 1];
  };
  return Object.fromEntries(Object.entries(stage.views).map(([name, view]) => [name, spent(view)]));
}
