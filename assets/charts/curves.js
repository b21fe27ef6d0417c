// Curves of one run or several in one Plotly chart that grows without losing zoom or hover.

import { trouble } from "./events.js";
import { tableOf } from "./chart-files.js";
import { annotated, HEADROOM } from "./marks.js";
import { ALONG, PANELS, resolved } from "./panels.js";
import { colour } from "../base/colours.js";
import { across, fitting, look, plain, plotly, settings, upright } from "./plot.js";
import { scaled } from "./scales.js";
import { seeking } from "./seeking.js";
import { smoothed, span } from "./smooth.js";

export { ALONG, PANELS };

const RUNS = 8; // colours of runs in tokens.css
const DASHES = ["solid", "dot", "dash", "dashdot"];
const FEW = 40; // records up to which the points themselves are shown
const GAP = 0.09; // share of the height between two axes

/**
 * A chart in `element`. `runs` are { feed, name }: with one run lines are coloured by what they are,
 * with several by run. `cursor` is a step to mark with a line, or null. Call `refresh()` when a feed
 * has news, the cursor moved or `scale` is another; it appends where it can, so that zoom and hover stay. `onseek` hears the place along
 * the bottom that a click or a drag points at; then zooming is a tool of the bar over the chart.
 */
export class Curves {
  /**
   * @param {any} element in which Plotly draws
   * @param {{panel?: string, along?: string, onseek?: ((place: number) => void) | null}} [how]
   */
  constructor(element, { panel = "losses", along = "step", onseek = null } = {}) {
    this.element = element;
    this.onseek = onseek;
    this.panel = panel;
    this.along = along;
    this.runs = [];
    this.drawn = null;
    this.cursor = null;
    this.pointed = null; // the step of an event that somebody points at
    this.scale = "linear";
    this.end = null;
    this.queue = Promise.resolve();
    this.unfit = fitting(element);
  }

  /**
   * Which runs, panel or axis to show; what is left out stays.
   * @param {{runs?: {feed: any, name: string}[], panel?: string, along?: string}} [what]
   */
  show({ runs, panel, along } = {}) {
    this.runs = runs ?? this.runs;
    if (panel ?? along) this.zoomed = false;
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

  /** Shows the bottom axis up to `end`, unless somebody zoomed; null shows all of it. */
  until(end) {
    if (end === this.end) return;
    this.end = end;
    const change = end === null ? { "xaxis.autorange": true } : { "xaxis.range": [0, end] };
    this.queue = this.queue.then(() => {
      if (this.drawn && !this.gone && !this.zoomed) return window.Plotly.relayout(this.element, change);
    });
  }

  /** What to conclude from what is shown. */
  get note() {
    const smooth = this.runs.some(({ feed }) => this.span(feed));
    const [run] = this.runs;
    const ruler = this.runs.length === 1 && this.rulers().length && run.feed.length;
    const told = ruler ? " Dashed: a D that cannot tell real from generated." : "";
    return `${this.about().note}${told}${smooth ? " Bold lines are smoothed." : ""}`;
  }

  /** The numbers behind what is shown, as CSV. */
  table() {
    return tableOf(
      this.runs,
      this.about().lines.map(([column]) => column),
    );
  }

  destroy() {
    this.unfit();
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
    if (same && marked) await Plotly.relayout(this.element, { ...this.marks(), ...this.middles() });
    this.drawn = now;
    this.anew = false;
    if (this.pointer) Plotly.Fx?.hover(this.element, this.pointer);
  }

  /** What decides whether the drawn chart can be extended. */
  state() {
    const lengths = this.runs.map(({ feed }) => feed.length);
    const few = lengths.map((length) => length < FEW);
    const spans = this.runs.map(({ feed }) => this.span(feed));
    const who = this.runs.map(({ feed, name }) => [feed.id, feed.told, name]);
    const { lines } = this.about();
    const key = JSON.stringify([this.panel, this.along, this.scale, lines, few, spans, who]);
    const done = this.runs.map(({ feed }) => [feed.events.length, trouble(feed)]);
    const marks = JSON.stringify([this.cursor, this.pointed, done]);
    return { lengths, key, marks };
  }

  async plot(Plotly) {
    await Plotly.react(this.element, this.traces(), this.layout(), settings());
    if (this.listening) return;
    this.listening = true;
    if (this.onseek) seeking(this.element, this.onseek);
    this.element.on("plotly_hover", ({ event }) => (this.pointer = event));
    this.element.on("plotly_unhover", () => (this.pointer = null));
    this.element.on("plotly_relayout", (change) => {
      if ("xaxis.range[0]" in change)
        this.zoomed = true; // by hand: we name both ends at once
      else if (change["xaxis.autorange"]) this.zoomed = false;
    });
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

  /** What Plotly draws. @returns {Record<string, any>[]} */
  traces() {
    const { checks = false } = this.about();
    return this.lines().map(({ feed, values, style }) => ({
      type: "scatter",
      mode: checks || feed.length < FEW ? "lines+markers" : "lines",
      marker: { size: 4 },
      connectgaps: checks,
      x: [...this.values(feed, this.along)], // a copy: Plotly appends to it, and so does the feed
      y: [...values()],
      ...style,
    }));
  }

  /** Every line to draw. Noisy ones are drawn pale and smoothed; those of several runs smoothed only. */
  lines() {
    const { axes, lines } = this.about();
    const single = this.runs.length === 1;
    const split = axes.length > 1 && !single; // then an axis tells the lines of one run from each other
    const found = this.runs.flatMap(({ feed, name }, run) =>
      lines.flatMap(([column, label, role, axis = 0], k) => {
        const own = colour(this.element, role);
        const color = single ? own : colour(this.element, `run-${1 + (run % RUNS)}`);
        const full = lines.length > 1 ? `${plain(name)} · ${label}` : plain(name);
        /** @type {Record<string, any>} Plotly's */
        const style = {
          name: single ? label : split ? plain(name) : full,
          line: { color, width: 1.8, dash: single || split ? "solid" : DASHES[k] },
          hovertemplate: split ? `${full} : %{y:.4~g}<extra></extra>` : "%{y:.4~g}",
          yaxis: nth("y", axis),
          ...(split ? { legendgroup: run, showlegend: axis === 0 } : {}),
        };
        const raw = () => this.values(feed, column);
        const width = this.span(feed);
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
    const { axes, lines } = this.about();
    const { layout, axis } = look(this.element);
    const title = { text: ALONG[this.along], standoff: 6 };
    const reach = this.end === null ? {} : { range: [0, this.end] };
    return {
      ...layout,
      uirevision: [this.panel, this.along, this.scale, ...this.runs.map(({ feed }) => feed.id)].join(" "),
      showlegend: lines.length > axes.length || this.runs.length > 1,
      hoversubplots: "axis",
      ...(this.onseek ? { dragmode: false } : {}),
      xaxis: { ...axis, title, showgrid: false, rangemode: "nonnegative", anchor: nth("y", axes.length - 1), ...reach },
      ...Object.fromEntries(
        axes.map((about, k) => [nth("yaxis", k), this.upward(about, k, axes.length, axis, layout.font.size / 2)]),
      ),
      ...this.marks(),
    };
  }

  /**
   * The k-th of `count` axes above each other, the first at the top; its title is `standoff` pixels from its numbers.
   * @param {import("./panels.js").Axis} about
   */
  upward({ title, ideal = undefined, ...rest }, k, count, axis, standoff) {
    const text = typeof title === "string" ? title : title(this.runs.map(({ feed }) => feed));
    const whole = this.runs.length === 1 ? 1 - HEADROOM : 1; // what is done to several is not marked
    return {
      ...axis,
      title: { text, standoff },
      domain: [(count - 1 - k) / count + (k < count - 1 ? GAP : 0), (count - k) / count].map((y) => y * whole),
      ...(ideal === undefined ? {} : { autorangeoptions: { include: ideal } }),
      ...rest,
      ...scaled(this.scale, this.scale === "robust" ? this.on(k) : []),
    };
  }

  /** All values on the k-th axis. */
  on(k) {
    const lines = this.about().lines.filter(([, , , axis = 0]) => axis === k);
    return this.runs.flatMap(({ feed }) => lines.flatMap(([column]) => this.values(feed, column)));
  }

  /** The ranges of robust axes, which follow what is new; nothing of others. */
  middles() {
    if (this.scale !== "robust" || this.zoomed) return {};
    const ranges = this.about().axes.map((_, k) => [`${nth("yaxis", k)}.range`, scaled("robust", this.on(k)).range]);
    return Object.fromEntries(ranges.filter(([, range]) => range));
  }

  /** Lines over the curves: what real images would score and, of one run, what was done to it. */
  marks() {
    const { axes } = this.about();
    const ideals = axes.flatMap(({ ideal }, k) =>
      ideal === undefined ? [] : [across(ideal, nth("y", k), colour(this.element, "ink"))],
    );
    if (this.runs.length !== 1) return { shapes: ideals, annotations: [] };
    ideals.push(...this.rulers());
    const { feed } = this.runs[0];
    const ends = [feed.columns[this.along]?.[0] ?? 0, feed.last(this.along) ?? 0];
    const place = (event) => this.place(feed, event);
    const { shapes, annotations } = annotated(feed, this.element, place, ends, this.cursor);
    if (this.pointed !== null) {
      const line = { color: colour(this.element, "accent"), width: 5 };
      shapes.push({ ...upright(place({ step: this.pointed }), line), opacity: 0.5 });
    }
    return { shapes: [...ideals, ...shapes], annotations };
  }

  /** Where the losses of a D that cannot tell would lie, in the colours of their lines. */
  rulers() {
    const [{ feed }] = this.runs;
    const blind = feed.about.blind ?? {};
    const drawn = this.about().lines.filter(([column]) => column in blind);
    return drawn.map(([column, , role, axis = 0]) => {
      const line = across(blind[column], nth("y", axis), colour(this.element, role));
      return { ...line, layer: "above" }; // else a line of the grid at the same place hides it
    });
  }

  /** Where an event is along the bottom. Images are reckoned from the records around its step. */
  place(feed, event) {
    return event[this.along] ?? feed.at(this.along, event.step);
  }

  /** Over how many records of a feed its lines are smoothed; checkups are too few. */
  span(feed) {
    return this.about().checks ? 0 : span(feed.length);
  }

  about() {
    const feeds = this.runs.map(({ feed }) => feed);
    return resolved(
      PANELS.find(({ id }) => id === this.panel),
      feeds,
    );
  }

  values(feed, column) {
    return feed.columns[column] ?? new Array(feed.length).fill(null);
  }
}

/** The k-th axis by Plotly's names: y, y2, y3. */
function nth(name, k) {
  return k ? `${name}${k + 1}` : name;
}
