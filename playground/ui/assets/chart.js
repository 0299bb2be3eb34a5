// Draws one plotly figure in place: the same element is updated with every new figure, so nothing flickers and a zoom
// stays. Knows no data and no run. Plotly is fetched once per page, from this very server.

let library;

function plotly() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL("plotly.js" + new URL(import.meta.url).search, import.meta.url).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("plotly.js could not be loaded"));
    document.head.append(script);
  });
  return library;
}

// By element: what is drawn, what is to be drawn next, and whether drawing is under way.
const charts = new WeakMap();

export function draw({ data, parentElement, setTriggerValue }) {
  const host = parentElement.querySelector(".chart");
  let chart = charts.get(host);
  if (!chart) {
    chart = { figure: null, next: null, busy: false, told: false, drawn: 0 };
    chart.observer = new ResizeObserver(() => resized(host, chart));
    chart.observer.observe(host);
    charts.set(host, chart);
  }
  host.style.height = data.ratio ? "auto" : `${data.height}px`;
  host.style.aspectRatio = data.ratio ? String(data.ratio) : "auto";
  host.style.maxHeight = data.ratio && data.height ? `${data.height}px` : "none";
  host.setAttribute("role", "img");
  host.setAttribute("aria-label", data.alt);
  host.dataset.name = data.name;
  chart.next = data.figure;
  // The server learns the appearance late; tell it once where its guess was wrong.
  const dark = isDark(getComputedStyle(host).getPropertyValue("--st-background-color"));
  if (dark !== null && dark !== data.dark && !chart.told) {
    chart.told = true;
    setTriggerValue("appearance", dark ? "dark" : "light");
  }
  return update(host, chart);
}

export function forget(parentElement) {
  const host = parentElement.querySelector(".chart");
  const chart = host && charts.get(host);
  if (!chart) return;
  chart.observer.disconnect();
  chart.next = null;
  if (window.Plotly) window.Plotly.purge(host);
  charts.delete(host);
}

// A hidden chart waits: it has no size yet. It is drawn as soon as it is shown.
async function update(host, chart) {
  if (chart.busy) return;
  chart.busy = true;
  try {
    const Plotly = await plotly();
    while (chart.next !== null && host.isConnected && host.clientWidth > 0) {
      const figure = chart.next;
      chart.next = null;
      if (figure === chart.figure) continue;
      const { data, layout } = JSON.parse(figure);
      await Plotly.react(host, data, { ...layout, autosize: true }, { displayModeBar: false, responsive: false });
      chart.figure = figure;
      chart.width = host.clientWidth;
      chart.height = host.clientHeight;
      host.dataset.drawn = String(++chart.drawn);
    }
  } finally {
    chart.busy = false;
  }
}

function resized(host, chart) {
  if (chart.next !== null) {
    update(host, chart);
  } else if (chart.figure && host.clientWidth > 0 && (host.clientWidth !== chart.width || host.clientHeight !== chart.height)) {
    chart.width = host.clientWidth;
    chart.height = host.clientHeight;
    window.Plotly.Plots.resize(host);
  }
}

function isDark(colour) {
  const parts = colour.trim().match(/^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i);
  if (!parts) return null;
  const [red, green, blue] = parts.slice(1).map((part) => parseInt(part, 16));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
}
