// Keeps what the stage shows as files: a row for each picture, PNG and SVG. The pictures are made here, as they are at
// that moment; nothing is asked of the server.

import { h, styleSheet } from "../dom.js";
import { png } from "../views/picture/export.js";
import { curvesImage } from "./curves.js";
import { drawnSvg } from "./drawn.js";

const DRAWN = 800; // ms until a view that has come into sight has got its numbers and shows them
const KINDS = { png: "image/png", svg: "image/svg+xml" };

/** Called at every change of words or of the name, and whenever the menu opens. */
export async function mount(parent, { words, file, pictures }) {
  const root = parent.querySelector(".keep") ?? parent;
  await styleSheet(root, new URL("keep.css", import.meta.url).href);
  const said = h("p", { class: "keep-said", role: "status", hidden: true });
  const rows = pictures.filter((picture) => view(picture)).map((picture) => row(picture, words, file, said));
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
  const title = words[picture] ?? document.querySelector(".stage").board.word(`${picture}.title`);
  const buttons = Object.keys(KINDS).map((kind) => {
    const label = `${title}: ${kind.toUpperCase()}`;
    const button = h("button", { type: "button", "aria-label": label, data: { picture, kind } }, kind.toUpperCase());
    button.onclick = () => keep(picture, kind, file, button, (error) => {
      said.hidden = !error;
      said.textContent = error ? words.failed.replace("{reason}", error.message) : "";
    });
    return button;
  });
  return h("div", { class: "keep-row" }, h("span", {}, title), ...buttons);
}

async function keep(picture, kind, file, button, tell) {
  button.disabled = true;
  try {
    const { board } = document.querySelector(".stage");
    const blob = await seen(view(picture), (found) => made(found, kind, board));
    const step = board.frame?.step ?? 0;
    save(blob, `${file}-${picture === "diagram" ? "network" : picture}-step-${step}.${kind}`);
    tell(null);
  } catch (error) {
    tell(error);
  }
  button.disabled = false;
  button.focus({ preventScroll: true });
}

// A view out of sight is not drawn: it comes into sight until it is, and goes back.
async function seen(found, act) {
  if (found.visible) return act(found);
  const { element } = found;
  const pane = scroller(element);
  const before = pane.scrollTop;
  element.scrollIntoView({ block: "center" });
  await new Promise((done) => setTimeout(done, DRAWN));
  try {
    return await act(found);
  } finally {
    pane.scrollTop = before;
  }
}

function scroller(element) {
  for (let pane = element.parentElement; pane; pane = pane.parentElement) {
    if (pane.scrollHeight > pane.clientHeight && /auto|scroll/.test(getComputedStyle(pane).overflowY)) return pane;
  }
  return document.scrollingElement;
}

/** The picture of a view as a Blob: what it says itself, what its plotly says, or what stands in it. */
async function made({ live, element }, kind, board) {
  if (live.plot) return curvesImage(live, kind, board);
  const svg = live.svg ? live.svg() : drawnSvg(element, board.colours);
  return kind === "png" ? png(svg) : new Blob([svg], { type: KINDS.svg });
}

// What the stage of this page has of a picture; nothing where the view has nothing to show.
function view(picture) {
  const found = document.querySelector(".stage")?.board?.views.get(picture);
  const { live, element } = found ?? {};
  return live && (live.svg || live.plot || element.querySelector("canvas")) ? found : null;
}

// The link stays outside the document: a click in it, but beside the menu, would close the menu.
function save(blob, name) {
  const address = URL.createObjectURL(blob);
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}
