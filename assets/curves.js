// Curves of one run or several in one Plotly chart that grows without losing zoom or hover.

import { marksOf } from "./marks.js";
import { ALONG, PANELS } from "./panels.js";
import { smoothed, span } from "./smooth.js";

export { ALONG, PANELS };

const COLOURS = { d: "#0072B2", g: "#E69F00", real: "#009E73", fake: "#CC79A7" };
const RUNS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999", "#B8A800"];
const DASHES = ["solid", "dot", "dash", "dashdot"];
const FEW = 40; // records up to which the points themselves are shown
const CROWDED = 0.035; // share of the width within which marks share a label

const LABEL = {
  y: 1,
  yref: "paper",
  yanchor: "top",
  textangle: -90,
  showarrow: false,
  opacity: 0.75,
  font: { size: 10.5 },
};

let loading;

/** Plotly, loaded once a page. */
export function plotly() {
  loading ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = document.createElement("script");
    script.src = new URL("./plotly.min.js", import.meta.url).href;
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

/**
 * A chart in `element`. `runs` are { feed, name }: with one run lines are coloured by what they are,
 * with several by run. Call `refresh()` when a feed has news; it appends where it can, so that zoom
 * and hover stay.
 */
export class Curves {
  constructor(element, { panel = "losses", along = "step" } = {}) {
    Object.assign(this, { element, panel, along, runs: [], drawn: null, cursor: null });
    this.queue = Promise.resolve();
    this.sizes = new ResizeObserver(() => this.fit());
    this.sizes.observe(element);
  }

  /** Which runs, panel or axis to show; what is left out stays. */
  show({ runs, panel, along } = {}) {
    this.runs = runs ?? this.runs;
    this.panel = panel ?? this.panel;
    this.along = along ?? this.along;
    return this.refresh(true);
  }

  /** Takes in what is new; `anew` draws everything again (another theme, another panel). */
  refresh(anew = false) {
    this.anew = this.anew || anew;
    this.queue = this.queue.then(() => this.draw()).catch((error) => console.error(error));
    return this.queue;
  }

  /** What to conclude from what is shown. */
  get note() {
    const smooth = this.runs.some(({ feed }) => span(feed.length));
    return `${this.about().note}${smooth ? " Bold lines are smoothed." : ""}`;
  }

  /** Marks a step with a line across the chart; null takes it away. */
  mark(step) {
    if (step === this.cursor) return;
    this.cursor = step;
    this.refresh();
  }

  destroy() {
    this.sizes.disconnect();
    this.gone = true;
    if (this.drawn) window.Plotly.purge(this.element);
  }

  async draw() {
    const Plotly = await plotly();
    if (this.gone || !this.element.isConnected) return;
    const now = this.state();
    const same = this.drawn && !this.anew && now.key === this.drawn.key;
    const grown = same && now.lengths.some((length, k) => length > this.drawn.lengths[k]);
    if (!same) await this.plot(Plotly);
    else if (grown) await this.extend(Plotly);
    const marked = grown || now.marks !== this.drawn?.marks;
    if (same && marked) await Plotly.relayout(this.element, this.marks());
    this.drawn = now;
    this.anew = false;
    if (this.pointer) Plotly.Fx?.hover(this.element, this.pointer);
  }

  /** What decides whether the drawn chart can be extended. */
  state() {
    const lengths = this.runs.map(({ feed }) => feed.length);
    const few = lengths.map((length) => length < FEW);
    const who = this.runs.map(({ feed, name }) => [feed.id, feed.told, name]);
    const key = JSON.stringify([this.panel, this.along, few, lengths.map(span), who]);
    const marks = JSON.stringify([this.cursor, this.runs.map(({ feed }) => feed.events.length)]);
    return { lengths, key, marks };
  }

  async plot(Plotly) {
    await Plotly.react(this.element, this.traces(), this.layout(), {
      displaylogo: false,
      showSendToCloud: false, // nothing here leaves the machine
      displayModeBar: matchMedia("(hover: none)").matches ? false : "hover", // else it stays, over the legend
      modeBarButtonsToRemove: ["select2d", "lasso2d", "zoomIn2d", "zoomOut2d"],
    });
    if (this.listening) return;
    this.listening = true;
    this.element.on("plotly_hover", ({ event }) => (this.pointer = event));
    this.element.on("plotly_unhover", () => (this.pointer = null));
  }

  extend(Plotly) {
    const x = [];
    const y = [];
    const which = [];
    this.lines().forEach(({ feed, run, values }, k) => {
      const from = this.drawn.lengths[run];
      if (feed.length === from) return;
      x.push(this.values(feed, this.along).slice(from));
      y.push(values().slice(from));
      which.push(k);
    });
    return Plotly.extendTraces(this.element, { x, y }, which);
  }

  traces() {
    return this.lines().map(({ feed, values, style }) => ({
      type: "scatter",
      mode: feed.length < FEW ? "lines+markers" : "lines",
      marker: { size: 4 },
      connectgaps: false,
      x: [...this.values(feed, this.along)], // a copy: Plotly appends to it, and so does the feed
      y: [...values()],
      ...style,
    }));
  }

  /** Every line to draw. Noisy ones are drawn pale and smoothed; those of several runs smoothed only. */
  lines() {
    const { lines } = this.about();
    const single = this.runs.length === 1;
    const found = this.runs.flatMap(({ feed, name }, run) =>
      lines.flatMap(([column, label, role], k) => {
        const own = COLOURS[role] ?? this.style("--st-text-color");
        const color = single ? own : RUNS[run % RUNS.length];
        const style = {
          name: single ? label : lines.length > 1 ? `${plain(name)} · ${label}` : plain(name),
          line: { color, width: 1.8, dash: single ? "solid" : DASHES[k] },
          hovertemplate: "%{y:.4~g}",
        };
        const raw = () => this.values(feed, column);
        const width = span(feed.length);
        if (!width) return [{ feed, run, values: raw, style }];
        const smooth = { feed, run, values: () => smoothed(raw(), width), style };
        if (!single) return [smooth];
        const pale = { ...style, opacity: 0.28, showlegend: false, line: { color, width: 1 } };
        const bold = { ...style, hoverinfo: "skip", hovertemplate: null };
        return [
          { feed, run, values: raw, style: pale },
          { ...smooth, style: bold },
        ];
      }),
    );
    return found.sort((a, b) => (a.style.opacity ?? 1) - (b.style.opacity ?? 1)); // pale ones behind
  }

  layout() {
    const about = this.about();
    const ink = this.style("--st-text-color") || "#31333f";
    const grid = this.style("--st-border-color-light") || "rgba(128,128,128,.2)";
    const narrow = this.element.clientWidth < 480;
    const axis = { gridcolor: grid, linecolor: grid, zeroline: false, ticks: "", automargin: true };
    return {
      uirevision: `${this.panel} ${this.along}`,
      autosize: true,
      margin: { l: 44, r: 8, t: 8, b: 36 },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: this.style("--st-font") || "sans-serif", size: narrow ? 11 : 12, color: ink },
      legend: { orientation: "h", x: 0, y: 1.02, yanchor: "bottom", bgcolor: "rgba(0,0,0,0)" },
      modebar: { bgcolor: this.style("--st-background-color"), color: ink, activecolor: ink },
      showlegend: about.lines.length > 1 || this.runs.length > 1,
      hovermode: "x unified",
      hoverlabel: {
        bgcolor: this.style("--st-background-color"),
        bordercolor: grid,
        font: { color: ink },
      },
      dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
      xaxis: {
        ...axis,
        title: { text: ALONG[this.along], standoff: 6 },
        showgrid: false,
        rangemode: "nonnegative",
      },
      yaxis: {
        ...axis,
        title: { text: about.axis, standoff: 4 },
        type: about.log ? "log" : "linear",
        rangemode: about.zero ? "tozero" : "normal",
        ...(about.range ? { range: [-0.02, 1.02] } : {}),
      },
      ...this.marks(),
    };
  }

  /** What was done to the run, as thin marks with words, and the step of the time slider. */
  marks() {
    if (this.runs.length !== 1) return { shapes: [], annotations: [] };
    const { feed } = this.runs[0];
    const ink = this.style("--st-text-color") || "#31333f";
    const first = feed.columns[this.along]?.[0] ?? 0;
    const width = (feed.last(this.along) ?? 0) - first;
    const annotations = [];
    let labelled = -Infinity;
    const shapes = marksOf(feed).map(({ at, text }) => {
      const x = this.place(feed, at);
      const beside = x - labelled < width * CROWDED;
      labelled = x;
      if (beside) Object.assign(annotations.at(-1), { x, text: `${annotations.at(-1).text}, ${text}` });
      else {
        const xanchor = x > first + 0.94 * width ? "right" : "left";
        annotations.push({ ...LABEL, text, x, xanchor });
      }
      return { ...upright(x), line: { color: ink, width: 1, dash: "dot" }, opacity: 0.5 };
    });
    if (this.cursor !== null) {
      const line = { color: this.style("--st-primary-color") || "#d55e00", width: 2 };
      shapes.push({ ...upright(this.place(feed, { step: this.cursor })), line });
    }
    return { shapes, annotations };
  }

  /** Where an event is along the bottom. Images are reckoned from the records around its step. */
  place(feed, event) {
    return event[this.along] ?? feed.at(this.along, event.step);
  }

  about() {
    return PANELS.find(({ id }) => id === this.panel);
  }

  values(feed, column) {
    return feed.columns[column] ?? new Array(feed.length).fill(null);
  }

  style(name) {
    return getComputedStyle(this.element).getPropertyValue(name).trim();
  }

  fit() {
    clearTimeout(this.fitting);
    this.fitting = setTimeout(() => {
      if (this.drawn && !this.gone) window.Plotly.Plots.resize(this.element);
    }, 60);
  }
}

/** A title as Plotly shows it: as it was typed, not as HTML. */
function plain(title) {
  return title.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function upright(x) {
  return { type: "line", xref: "x", yref: "paper", x0: x, x1: x, y0: 0, y1: 1, layer: "below" };
}
