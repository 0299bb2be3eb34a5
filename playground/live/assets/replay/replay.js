// A recording that plays by itself, from a file: the stage with a tape in place of a socket (playground/export/replay.py).

import { Board } from "../board.js";
import { Tape } from "./tape.js";

const READY = 30; // ms between two looks whether every picture is there

/** Opens the replay in a document that holds blobs and an element #stage; resolves once it plays. */
export async function open(page, views) {
  const blobs = {};
  for (const name of ["setup", "history", "reel"]) blobs[name] = await unpacked(page.getElementById(name));
  const board = new Board(page.getElementById("stage"));
  const options = { run: "replay", views, transport: "tape", words: {}, source: (to) => new Tape(blobs, to) };
  board.update(options);
  const root = page.documentElement;
  const wear = (name) => {
    root.dataset.theme = name;
    board.update(options);
  };
  page.getElementById("theme").onclick = () => wear(root.dataset.theme === "dark" ? "light" : "dark");
  if (chosen === "auto") night.addEventListener("change", () => wear(night.matches ? "dark" : "light"));
  while (!views.every((name) => board.views.get(name)?.live)) await new Promise((done) => setTimeout(done, READY));
  await board.seek(0);
  if (!board.reduced) board.views.get("timeline").live.play(1);
  page.body.dataset.ready = "";
}

async function unpacked(element) {
  const letters = atob(element.textContent);
  element.remove();
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}
