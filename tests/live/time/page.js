// Mounts the real views of time on a made-up run. `?views=curves,timeline&lang=zh&theme=dark&plane=0&test=0&delay=30&until=2000`

import { h, styleSheet } from "/live/assets/dom.js";
import { FakeStage } from "./fake_stage.js";

const asked = new URLSearchParams(location.search);
const number = (name, otherwise) => (asked.has(name) ? Number(asked.get(name)) : otherwise);
const [words, themes] = await Promise.all([`/words/${asked.get("lang") ?? "en"}.json`, "/themes.json"].map(async (path) => (await fetch(path)).json()));
const stage = new FakeStage({
  words,
  themes,
  dark: asked.get("theme") === "dark",
  until: number("until", 2000),
  every: number("every", 20),
  delay: number("delay", 5),
  plane: asked.get("plane") !== "0",
  test: asked.get("test") !== "0",
});
window.stage = stage;
const inner = document.querySelector(".stage-inner");
for (const name of (asked.get("views") ?? "histograms,curves,timeline").split(",")) {
  const code = await import(`/live/assets/views/${name}.js`);
  const element = h("div", { class: "stage-view", data: { view: name } });
  inner.append(element);
  if (code.styles) await styleSheet(document.querySelector(".stage"), new URL(`/live/assets/views/${code.styles}`, location).href);
  stage.views.set(name, code.mount(element, stage));
}
new ResizeObserver(() => {
  for (const view of stage.views.values()) view.resize?.();
  stage.redraw();
}).observe(inner);
stage.redraw();
document.body.dataset.ready = "yes";
