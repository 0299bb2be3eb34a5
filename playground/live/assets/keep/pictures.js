// Keeps what the stage shows as files: a row for each picture, PNG and SVG. The pictures are made here, as they are at
// that moment; nothing is asked of the server.

import { h, styleSheet } from "../dom.js";
import { curvesImage } from "./curves.js";

const KINDS = { png: "image/png", svg: "image/svg+xml" };

/** Called at every change of words or of the name, and whenever the menu opens. */
export async function mount(parent, { words, file, pictures }) {
  const root = parent.querySelector(".keep") ?? parent;
  await styleSheet(root, new URL("keep.css", import.meta.url).href);
  const said = h("p", { class: "keep-said", role: "status", hidden: true });
  const rows = pictures.map((picture) => row(picture, words, file, said)).filter(Boolean);
  if (!rows.length) return root.replaceChildren(h("p", { class: "keep-none" }, words.none));
  root.replaceChildren(h("h3", {}, words.title), ...rows, said);
  enter(root);
}

// Whoever opens the menu by the keyboard would reach it only after the whole page: it stands at the page's end.
function enter(root) {
  const menu = root.closest("[data-testid=stPopoverBody]");
  const opener = document.activeElement;
  if (!menu || !opener?.matches("[aria-haspopup=dialog]:focus-visible")) return;
  menu.querySelector("button:not([disabled]):not([tabindex='-1'])")?.focus();
}

function row(picture, words, file, said) {
  if (!view(picture)) return null;
  const buttons = Object.keys(KINDS).map((kind) => {
    const label = `${words[picture]}: ${kind.toUpperCase()}`;
    const button = h("button", { type: "button", "aria-label": label, data: { picture, kind } }, kind.toUpperCase());
    button.onclick = () => keep(picture, kind, file, button, (error) => {
      said.hidden = !error;
      said.textContent = error ? words.failed.replace("{reason}", error.message) : "";
    });
    return button;
  });
  return h("div", { class: "keep-row" }, h("span", {}, words[picture]), ...buttons);
}

async function keep(picture, kind, file, button, tell) {
  button.disabled = true;
  try {
    const { board } = document.querySelector(".stage");
    const blob = await made(view(picture), kind, board);
    const step = board.frame?.step ?? 0;
    save(blob, `${file}-${picture === "diagram" ? "network" : picture}-step-${step}.${kind}`);
    tell(null);
  } catch (error) {
    tell(error);
  }
  button.disabled = false;
  button.focus({ preventScroll: true });
}

/** The picture of a view as a Blob: what it says itself, or what its plotly says. */
async function made(live, kind, board) {
  if (!live.svg) return curvesImage(live, kind, board);
  return kind === "png" ? live.png() : new Blob([live.svg()], { type: KINDS.svg });
}

// What the stage of this page has of a picture; a plane says that there is none by having no svg().
function view(picture) {
  const live = document.querySelector(".stage")?.board?.views.get(picture)?.live;
  return live?.svg || live?.plot ? live : null;
}

// The link stays outside the document: a click in it, but beside the menu, would close the menu.
function save(blob, name) {
  const address = URL.createObjectURL(blob);
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
