// A stage without a server: the real views on a computed run. What the page would be told is kept in `window.told`.

import { Events } from "/live/assets/events.js";
import { table } from "/live/assets/colours.js";
import { h, styleSheet } from "/live/assets/dom.js";
import { run } from "./cases.js";
import * as look from "./look.js";

const asked = new URLSearchParams(location.search);
const lang = asked.get("lang") ?? "en";
const dark = asked.get("theme") === "dark";
const [words, themes] = await Promise.all([fetch(`/words/${lang}.json`), fetch("/themes.json")].map(async (r) => (await r).json()));

class Stage extends Events {
  constructor(setup) {
    super();
    Object.assign(this, { setup, frame: null, selection: null, reduced: asked.has("reduced"), mode: "live", told: [], said: "" });
    this.wear(dark ? "dark" : "light");
  }

  wear(name) {
    const theme = themes[name];
    this.colours = { ...theme, dark: name === "dark", faint: theme.muted, paper: theme.background, ink: theme.text, accent: theme.test, lut: table(theme.negative, theme.zero, theme.positive) };
    document.documentElement.style.background = theme.background;
    document.documentElement.style.color = theme.text;
    this.emit("theme", this.colours);
    this.redraw();
  }

  word(key, values = {}) {
    if (words[key] === undefined) console.error(`no word ${key}`);
    return (words[key] ?? key).replace(/\{\{|\}\}|\{(\w+)\}/g, (found, name) => (name ? (values[name] ?? "") : found[0]));
  }

  command(command) {
    this.told.push({ command });
    return Math.abs(command.value) > 1e6 ? Promise.reject(new Error("a number between −1,000,000 and 1,000,000 is expected")) : Promise.resolve({});
  }

  propose(change) {
    this.told.push({ proposal: change });
  }

  select(selection) {
    if (JSON.stringify(selection) === JSON.stringify(this.selection)) return;
    this.selection = selection;
    this.emit("selection", selection);
    this.redraw();
  }

  recorded() {
    return Promise.resolve(start);
  }

  announce(text) {
    this.said = text;
  }

  redraw() {
    this.raf ||= requestAnimationFrame(() => {
      this.raf = 0;
      this.draw();
    });
  }

  draw() {
    if (!this.frame) return;
    for (const view of Object.values(this.views)) view.draw(this.frame);
    window.drawn = (window.drawn ?? 0) + 1;
  }

  show(frame) {
    this.frame = frame;
    this.redraw();
  }
}

async function deflated(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const name = asked.get("case") ?? "deep";
const it = run(name);
const { judged } = it.setup.arrays;
if (judged) judged.data = await deflated(judged.data);
const stage = new Stage({ ...it.setup, lang });
const start = { ...it.frame(), live: false };
stage.views = {};
const host = document.querySelector("#stage");
for (const view of (asked.get("views") ?? "diagram,plane").split(",")) {
  const code = await import(`/live/assets/views/${view}.js`);
  if (code.styles) await styleSheet(host, new URL(`/live/assets/views/${code.styles}`, location).href);
  const element = h("div", { class: "stage-view", data: { view } });
  host.append(element);
  stage.views[view] = code.mount(element, stage);
  new ResizeObserver(() => stage.views[view]?.resize?.()).observe(element);
}
Object.assign(window, { stage, it, look, told: stage.told });
it.advance(Number(asked.get("steps") ?? 300));
stage.show(it.frame());
const frames = [];
window.prepared = frames;
/** Trains `count` frames ahead, so that what is measured afterwards is drawing alone. */
window.prepare = (count, each = 5) => {
  for (let k = 0; k < count; k++) {
    it.advance(each);
    frames.push(it.frame());
  }
  return frames.length;
};
/** Plays the prepared frames at the screen's own rate. */
window.play = (count = frames.length) =>
  new Promise((done) => {
    let k = 0;
    const next = () => {
      if (k === count) return done(k);
      stage.show(frames[k++ % frames.length]);
      requestAnimationFrame(next);
    };
    next();
  });
document.body.dataset.ready = "true";
