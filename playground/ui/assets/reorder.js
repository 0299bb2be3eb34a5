// Lets rows of layers be moved by their handles: by mouse and touch (drag), or by keyboard (arrow keys, Home, End).
// The rows are Streamlit's own; a handle is `[data-layer="layers.2"]`, and rows of one block move among themselves.
// The server is told what goes where, and hands back the path that is to have the focus.

const boards = new WeakMap();

export function mount({ data, parentElement, setTriggerValue }) {
  const list = parentElement.closest(".st-key-layers");
  if (!list) return;
  let board = boards.get(list);
  if (!board) boards.set(list, (board = listen(list)));
  board.tell = (from, to) => setTriggerValue("move", { from, to });
  if (data.focus && board.focused !== undefined && data.focus.number !== board.focused) focus(list, data.focus.path);
  board.focused = data.focus?.number ?? 0;
}

export function unmount(parentElement) {
  const list = parentElement.closest(".st-key-layers");
  boards.get(list)?.stop();
  boards.delete(list);
}

function listen(list) {
  const board = { tell: () => {}, focused: undefined };
  const ends = new AbortController();
  const on = (name, act, options = {}) => list.addEventListener(name, act, { ...options, signal: ends.signal });
  board.stop = () => ends.abort();
  on("keydown", (event) => keyed(event, list, board));
  on("pointerdown", (event) => grabbed(event, list, board, ends.signal));
  return board;
}

// --- keys ------------------------------------------------------------------------------------------------------------

function keyed(event, list, board) {
  const handle = event.target.closest?.("[data-layer]");
  if (!handle || event.altKey || event.ctrlKey || event.metaKey) return;
  const rows = siblings(list, handle.dataset.layer);
  const index = rows.findIndex((row) => row.handle === handle);
  const goals = { ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: rows.length - 1 };
  if (!(event.key in goals)) return;
  event.preventDefault();
  event.stopPropagation();
  const goal = goals[event.key];
  if (goal >= 0 && goal < rows.length && goal !== index) board.tell(handle.dataset.layer, goal);
}

// --- mouse and touch -------------------------------------------------------------------------------------------------

function grabbed(event, list, board, signal) {
  const handle = event.target.closest?.("[data-layer]");
  if (!handle || event.button) return;
  event.preventDefault();
  handle.focus({ preventScroll: true });
  handle.setPointerCapture(event.pointerId);
  const rows = siblings(list, handle.dataset.layer);
  const index = rows.findIndex((row) => row.handle === handle);
  const line = Object.assign(document.createElement("div"), { className: "drop-line" });
  const start = event.clientY;
  let goal = index;

  const over = new AbortController();
  const options = { signal: AbortSignal.any([over.signal, signal]) };
  const end = () => {
    over.abort();
    line.remove();
    rows[index].element.classList.remove("dragged");
    rows[index].element.style.translate = "";
  };
  handle.addEventListener("pointermove", (moved) => {
    const boxes = rows.map((row) => row.element.getBoundingClientRect());
    rows[index].element.classList.add("dragged");
    rows[index].element.style.translate = `0 ${moved.clientY - start}px`;
    // How many of the others lie above the pointer.
    goal = boxes.filter((box, other) => other !== index && box.top + box.height / 2 < moved.clientY).length;
    const others = boxes.filter((_, other) => other !== index);
    const frame = list.getBoundingClientRect();
    const edge = goal < others.length ? others[goal].top : others.at(-1).bottom;
    line.style.top = `${edge - frame.top}px`;
    if (!line.isConnected) list.append(line);
  }, options);
  handle.addEventListener("pointerup", () => {
    end();
    if (goal !== index) board.tell(handle.dataset.layer, goal);
  }, options);
  handle.addEventListener("pointercancel", end, options);
  handle.addEventListener("keydown", (pressed) => pressed.key === "Escape" && end(), options);
}

// --- rows ------------------------------------------------------------------------------------------------------------

// The rows of the block that a path lies in, in order.
function siblings(list, path) {
  const block = path.slice(0, path.lastIndexOf("."));
  return [...list.querySelectorAll("[data-layer]")]
    .filter((handle) => handle.dataset.layer.slice(0, handle.dataset.layer.lastIndexOf(".")) === block)
    .map((handle) => ({ handle, element: handle.closest("[class*='st-key-layer-row-']") }));
}

// Streamlit draws the rows a moment after it has drawn this element.
function focus(list, path, tries = 20) {
  const handle = list.querySelector(`[data-layer="${CSS.escape(path)}"]`);
  if (handle) handle.focus();
  if (tries) setTimeout(() => document.activeElement === document.body && focus(list, path, tries - 1), 50);
}
