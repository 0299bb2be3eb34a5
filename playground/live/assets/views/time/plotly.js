// Brings plotly.js from this very server, once per page.

let library;

/** Resolves with window.Plotly. */
export function plotly() {
  library ??= window.Plotly ? Promise.resolve(window.Plotly) : fetched();
  return library;
}

function fetched() {
  return new Promise((resolve, reject) => {
    // Running it takes a moment, and something is moving already.
    const idle = window.requestIdleCallback ?? setTimeout;
    idle(() => document.head.append(script), { timeout: 2000 });
    const script = document.createElement("script");
    script.src = new URL("live/plotly.js", document.baseURI).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("plotly.js could not be loaded"));
  });
}
