// A drawing as the network gets it: gathered, scaled and centred as the digits of MNIST were. Numbers only: no element, no
// run.
//
// MNIST (LeCun et al., 1998): the digit is scaled into 20 × 20 pixels, its proportions kept, with the greys that this makes,
// and laid into 28 × 28 so that its centre of mass is on pixel (14, 14). The 8 × 8 digits fill their picture. Colour
// pictures, and those that visitors bring, are taken as they stand.

const FILLING = new Set(["FashionMnist"]);

/**
 * How pictures of a shape are laid out.
 *
 * @param {[number, number, number]} shape channels, rows, columns
 * @param {string} kind of data: clothes reach from edge to edge
 * @returns {{box: number, centre: "mass"|"middle"}|null} the side into which the drawing is scaled; null: as it stands
 */
export function manner([channels, rows, columns], kind = "") {
  if (channels !== 1 || rows !== columns || kind === "OwnImages") return null;
  return rows < 16 || FILLING.has(kind) ? { box: rows, centre: "middle" } : { box: Math.round((20 / 28) * rows), centre: "mass" };
}

/**
 * Ink as a picture.
 *
 * @param {ArrayLike<number>} ink side × side, row by row, 0 none to 255 full
 * @param {number} side
 * @param {[number, number, number]} shape of the picture; every channel gets the same
 * @param {string} kind of data
 * @returns {Uint8Array} channels × rows × columns
 */
export function settled(ink, side, shape, kind = "") {
  const [channels, rows, columns] = shape;
  const plane = new Uint8Array(rows * columns);
  const found = bounds(ink, side);
  const how = manner(shape, kind);
  if (found && how) {
    const [high, wide] = [found.bottom - found.top, found.right - found.left];
    const scale = how.box / Math.max(high, wide);
    const [h, w] = [high, wide].map((length) => Math.max(1, Math.round(length * scale)));
    const small = gathered(ink, side, found, h, w);
    const [top, left] = how.centre === "mass" ? onMass(small, h, w, rows, columns) : [(rows - h) >> 1, (columns - w) >> 1];
    for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) plane[(top + y) * columns + left + x] = Math.round(small[y * w + x]);
  } else if (found) {
    plane.set(gathered(ink, side, { top: 0, left: 0, bottom: side, right: side }, rows, columns).map(Math.round));
  }
  const picture = new Uint8Array(channels * plane.length);
  for (let c = 0; c < channels; c++) picture.set(plane, c * plane.length);
  return picture;
}

/** The rows and columns that hold ink, the ends excluded; null where there is none. */
export function bounds(ink, side) {
  let [top, left, bottom, right] = [side, side, 0, 0];
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (!ink[y * side + x]) continue;
      if (y < top) top = y;
      if (y >= bottom) bottom = y + 1;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
    }
  }
  return bottom ? { top, left, bottom, right } : null;
}

/** A part of the ink on h × w pixels: each is the mean of what lies under it, a pixel at the rim counted by its share. */
function gathered(ink, side, { top, left, bottom, right }, h, w) {
  const rows = shares(top, bottom, h);
  const columns = shares(left, right, w);
  const found = new Float64Array(h * w);
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      let sum = 0;
      let area = 0;
      for (const [row, tall] of rows[y]) {
        for (const [column, wide] of columns[x]) {
          sum += tall * wide * ink[row * side + column];
          area += tall * wide;
        }
      }
      found[y * w + x] = sum / area;
    }
  }
  return found;
}

/** Which pixels of from..to lie under each of `count` equal parts, and with how much of their length. */
function shares(from, to, count) {
  const length = (to - from) / count;
  return Array.from({ length: count }, (_, part) => {
    const [start, end] = [from + part * length, from + (part + 1) * length];
    const found = [];
    for (let k = Math.floor(start); k < Math.min(Math.ceil(end - 1e-9), to); k++) found.push([k, Math.min(end, k + 1) - Math.max(start, k)]);
    return found;
  });
}

/** Where the small picture has to stand for its centre of mass to be in the middle; all of it stays inside. */
function onMass(small, h, w, rows, columns) {
  let [mass, down, across] = [0, 0, 0];
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      mass += small[y * w + x];
      down += y * small[y * w + x];
      across += x * small[y * w + x];
    }
  }
  const place = (middle, room, length) => Math.min(Math.max(Math.round(middle), 0), room - length);
  return [place(rows / 2 - down / mass, rows, h), place(columns / 2 - across / mass, columns, w)];
}
