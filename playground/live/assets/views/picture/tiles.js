// Equal tiles in rows: how large they can be, which one lies under a finger, and how the keyboard moves among them.
// Knows no picture and no run.

/**
 * The largest square tiles with which `count` of them fit into a width and a height; smaller than `least` they never get,
 * so that they may need more height.
 *
 * @returns {{columns: number, rows: number, size: number, pitch: [number, number], width: number, height: number}} px;
 *   `pitch` from one tile to the next, across and down
 */
export function tiling(count, width, height, { least, most, gap, below = 0 }) {
  const fits = (size) => Math.max(1, Math.floor((width + gap) / (size + gap)));
  let size = most;
  while (size > least && Math.ceil(count / fits(size)) * (size + gap + below) - gap > height) size--;
  const columns = Math.min(fits(size), Math.max(count, 1));
  const rows = Math.max(1, Math.ceil(count / columns));
  // What is left of the width goes between the tiles, so that both edges are straight.
  const spare = rows > 1 ? (width - columns * (size + gap) + gap) / (columns - 1 || 1) : 0;
  const pitch = [size + gap + spare, size + gap + below];
  return { columns, rows, size, pitch, width: columns * pitch[0] - gap - spare, height: rows * pitch[1] - gap };
}

/** The tile under a place, −1 for none; between two tiles the nearer one to the left and above. */
export function tileAt({ columns, rows, pitch }, count, x, y) {
  const [column, row] = [Math.floor(x / pitch[0]), Math.floor(y / pitch[1])];
  if (column < 0 || column >= columns || row < 0 || row >= rows) return -1;
  const index = row * columns + column;
  return index < count ? index : -1;
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Where a key leads from tile `index` (−1: none yet); null for keys that lead nowhere. */
export function moved(key, index, { columns }, count) {
  if (!count) return null;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if (!STEPS[key]) return null;
  if (index < 0) return 0;
  const [across, down] = STEPS[key];
  const next = index + across + down * columns;
  return next < 0 || next >= count ? index : next;
}

/**
 * Has an element listen to mouse, finger and keyboard alike. What is under the mouse is gone when the mouse is; what a
 * finger or a key has chosen stays.
 *
 * @param {{at: (x, y) => number, move: (key, index) => number|null, rest: (index: number) => void,
 *   pick: (index: number) => void, leave: () => void}} to `rest` hears where the attention is (−1: nowhere), `pick`
 *   what was chosen, `leave` of Escape
 */
export function hands(element, to) {
  let resting = -1;
  const rest = (index) => {
    if (index === resting) return;
    resting = index;
    to.rest(index);
  };
  const under = (event) => {
    const box = element.getBoundingClientRect();
    return to.at(event.clientX - box.left, event.clientY - box.top);
  };
  element.onpointermove = (event) => event.pointerType === "mouse" && rest(under(event));
  element.onpointerleave = (event) => event.pointerType === "mouse" && rest(-1);
  element.onclick = (event) => {
    const index = under(event);
    if (event.pointerType !== "mouse") rest(index);
    if (index >= 0) to.pick(index);
    else to.leave();
  };
  element.onkeydown = (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") {
      rest(-1);
      to.leave();
    } else if (event.key === "Enter" || event.key === " ") {
      if (resting < 0) return;
      to.pick(resting);
    } else {
      const next = to.move(event.key, resting);
      if (next === null) return;
      rest(next);
    }
    event.preventDefault();
    event.stopPropagation(); // the page has a use of its own for arrows and space
  };
  element.onblur = () => rest(-1);
  return { forget: () => (resting = -1) };
}
