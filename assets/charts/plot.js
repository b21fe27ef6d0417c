// Plotly, loaded once a page, and how every chart here looks.

import { colour } from "../base/colours.js";

let loading;

/** Plotly, loaded once a page. */
export function plotly() {
  loading ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = document.createElement("script");
    script.src = new URL("../plotly.min.js", import.meta.url).href;
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      loading = undefined;
      script.remove();
      reject(new Error("Plotly could not be loaded"));
    };
    document.head.append(script);
  });
  return loading;
}

/** What Plotly is told beside data and layout. */
export function settings() {
  return {
    displaylogo: false,
    showSendToCloud: false, // nothing here leaves the machine
    displayModeBar: matchMedia("(hover: none)").matches ? false : "hover", // else it stays, over the legend
    modeBarButtonsToRemove: ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d"],
  };
}

/** The size of the page's type in pixels: 16, and more on a large screen. */
export function rem() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize);
}

/** The layout that all charts share; `axis` is what their axes share. */
export function look(element) {
  const color = colour(element, "ink");
  const paper = colour(element, "paper");
  const grid = colour(element, "grid");
  const own = parseFloat(getComputedStyle(element).getPropertyValue("--chart-font")); // pixels
  const size = own || 0.75 * rem();
  const axis = { gridcolor: grid, linecolor: grid, zeroline: false, ticks: "", automargin: true };
  const layout = {
    autosize: true,
    margin: { l: 44, r: 8, t: 8, b: 36 },
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: getComputedStyle(element).fontFamily, size, color },
    legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)" },
    modebar: { bgcolor: paper, color, activecolor: color },
    hovermode: "x unified",
    hoverlabel: { bgcolor: paper, bordercolor: grid, font: { color } },
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
  };
  return { layout, axis };
}

/** A line from the bottom to the top of the chart at x. */
export function upright(x, line) {
  return { type: "line", xref: "x", yref: "paper", x0: x, x1: x, y0: 0, y1: 1, layer: "below", line };
}

/** What lies between two places along the bottom, shaded. */
export function band(x0, x1, color) {
  const place = { xref: "x", yref: "paper", x0, x1, y0: 0, y1: 1 };
  return { type: "rect", ...place, layer: "below", fillcolor: color, opacity: 0.08, line: { width: 0 } };
}

/** A dashed line from left to right at y of an axis. */
export function across(y, yref, color) {
  const line = { color, width: 1, dash: "dash" };
  return { type: "line", xref: "paper", yref, x0: 0, x1: 1, y0: y, y1: y, layer: "below", line, opacity: 0.6 };
}

/** A title as Plotly shows it: as it was typed, not as HTML. */
export function plain(title) {
  return title.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** Keeps the chart in `element` as large as it; returns what ends that. */
export function fitting(element) {
  let waiting;
  const sizes = new ResizeObserver(() => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      if (element.data && element.clientWidth) window.Plotly.Plots.resize(element); // drawn, and on show
    }, 60);
  });
  sizes.observe(element);
  return () => {
    clearTimeout(waiting);
    sizes.disconnect();
  };
}
