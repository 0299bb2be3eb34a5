// Stages side by side: whoever looks at an older moment on one of them sees the same moment on all. Moments are told in
// epochs, since batches may differ in size. Knows no picture.

const groups = new Map(); // name → boards, in the order in which they came

/** Puts a board into the group of that name, and out of the one it was in; "" is no group. */
export function join(board, name) {
  if (board.group === name) return;
  leave(board);
  if (!name) return;
  board.group = name;
  if (!groups.has(name)) groups.set(name, new Set());
  groups.get(name).add(board);
  tell(name);
}

/** Takes a board out of its group. */
export function leave(board) {
  const { group } = board;
  board.group = "";
  if (!groups.get(group)?.delete(board)) return;
  if (groups.get(group).size) tell(group);
  else groups.delete(group);
}

/** The boards beside this one. */
export function beside(board) {
  return [...(groups.get(board.group) ?? [])].filter((other) => other !== board);
}

/** Lets those who stand in a group know that another one has come, gone, or shows another run now. */
export function tell(name) {
  for (const board of groups.get(name) ?? []) board.emit("chorus", null);
}
