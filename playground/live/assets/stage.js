// The stage: one element on the page that holds everything that moves. This module keeps a stage for each place where
// Streamlit mounts the component, and hands it what Streamlit sends. What a stage is stands in board.js.

import { Board } from "./board.js";
import { decode } from "./frame.js";

const boards = new WeakMap(); // by parentElement: the default export of a v2 component runs again at every change

/** Called at every change of the component's data or of the theme. */
export function mount(component) {
  const { parentElement, data } = component;
  const bundle = data instanceof Uint8Array ? decode(data) : null;
  const options = bundle ? bundle.header.mount : data;
  if (!options) return;
  let board = boards.get(parentElement);
  if (!board) {
    board = new Board(parentElement.querySelector(".stage") ?? parentElement);
    boards.set(parentElement, board);
  }
  board.update(options, component, bundle);
}

/** Called once, when the component leaves the page. */
export function unmount(parentElement) {
  boards.get(parentElement)?.close();
  boards.delete(parentElement);
}

/** The stage of an element, for tests and measurements. */
export function boardOf(parentElement) {
  return boards.get(parentElement);
}
