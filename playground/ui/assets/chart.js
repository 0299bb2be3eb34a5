// Draws one plotly figure in place: the same element is updated with every new figure, so nothing flickers and a zoom
// stays. Knows no data and no run. Plotly is fetched once per page, from this very server.

let library;

function plotly() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = import.meta.resolve("./plotly.js" + new URL(import.meta.url).search);
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => reject(new Error("plotly.js could not be loaded"));
    document.head.append(script);
  });
  return library;
}

const charts = new WeakMap();

export async function draw({ data, parentElement, setTriggerValue }) {
  const host = parentElement.querySelector(".chart");
  let chart = charts.get(host);
  if (!chart) {
    chart = { drawn: 0, busy: false, next: null };
    charts.set(host, chart);
    chart.observer = new ResizeObserver(() => resize(host));
    chart.observer.observe(host);
  }
  host.style.height = data.ratio ? "auto" : `${data.height}px`;
  host.style.aspectRatio = data.ratio ? String(data.ratio) : "auto";
  host.style.maxHeight = data.ratio && data.height ? `${data.height}px` : "none";
  host.setAttribute("role", "img");
  host.setAttribute("aria-label", data.alt);
  host.dataset.name = data.name;
  chart.next = data;
  if (!chart.busy) {
    chart.busy = true;
    try {
      const Plotly = await plotly();
      while (chart.next) {
        const { figure } = chart.next;
        chart.next = null;
        if (!host.isConnected) break;
        if (figure !== chart.figure) {
          const { data: traces, layout } = JSON.parse(figure);
          await Plotly.react(host, traces, { ...layout, autosize: true }, { displayModeBar: false, responsive: false });
          chart.figure = figure;
          host.dataset.drawn = String(++chart.drawn);
        }
      }
    } finally {
      chart.busy = false;
    }
  }
  // The server learns the appearance late; tell it where its guess was wrong.
  const dark = isDark(getComputedStyle(host).getPropertyValue("--st-background-color"));
  if (dark !== null && dark !== data.dark && !chart.told) {
    chart.told = true;
    setTriggerValue("appearance", dark ? "dark" : "light");
  }
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

function resize(host) {
  if (window.Plotly && host.dataset.drawn && host.clientWidth > 0 && host.clientHeight > 0) {
    window.Plotly.Plots.resize(host);
  }
}

function isDark(colour) {
  const parts = colour.trim().match(/^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})/i);
  if (!parts) return null;
  const [red, green, blue] = parts.slice(1).map((part) => parseInt(part, 16));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 128;
}
