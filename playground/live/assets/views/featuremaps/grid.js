// The products of a window, cell by cell: number of the picture times number of the kernel. Knows the answer's form only
// (playground/probes/look/pixel.py).

import { h } from "../../dom.js";

/** @returns {HTMLElement} a table of cells {x, w, product, inside, share} */
export function products(rows, label) {
  return h(
    "div",
    { class: "stage-products-scroll" },
    h("table", { class: "stage-products", "aria-label": label }, h("tbody", {}, rows.map((row) => h("tr", {}, row.map(cell))))),
  );
}

function cell({ inside, x, w, product, share }) {
  if (!inside) return h("td", { class: "stage-products-outside" }, h("span", {}, "0"), h("b", {}, "0"));
  const sign = share < 0 ? "negative" : "positive";
  const tint = `color-mix(in srgb, var(--ink-${sign}) ${Math.round(45 * Math.abs(share))}%, transparent)`;
  return h("td", { style: { background: tint } }, h("span", {}, `${x} × ${w}`), h("b", {}, product));
}
