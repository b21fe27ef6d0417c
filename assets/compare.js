// Several runs beside each other: one chart for all of them, and their grids at the same place.

import { ALONG, Curves, PANELS } from "./curves.js";
import { duration, h, icon, number } from "./dom.js";
import { follow } from "./series.js";

const WORDS = {
  training: "Training",
  paused: "Paused",
  queued: "Waiting",
  stopped: "Stopped",
  finished: "Finished",
  failed: "Failed",
};
const REPLAY = 9000; // ms a replay takes, if that is not too fast or too slow
const FRAME = [50, 350]; // ms
const LONGEST = 28; // characters of a name in the chart's legend

const views = new WeakMap();

/** Streamlit calls this when the component appears and whenever its data or the theme changes. */
export function mount(parent, data) {
  const view = views.get(parent) ?? new Comparison(parent);
  views.set(parent, view);
  view.set(data);
  const mounted = (view.mounted = {});
  return () => {
    if (view.mounted !== mounted) return; // a later call took over
    view.destroy();
    views.delete(parent);
  };
}

class Comparison {
  constructor(parent) {
    const asked = new URLSearchParams(location.search);
    this.panel = PANELS.some(({ id }) => id === asked.get("chart")) ? asked.get("chart") : PANELS[0].id;
    this.along = asked.get("along") in ALONG ? asked.get("along") : "step";
    this.cards = new Map(); // by run id
    this.index = null; // of the slider; null shows the newest of each
    this.grids = h("div", { class: "cm-grids" });
    this.plot = h("div", { class: "gl-plot cm-plot", role: "img", "data-testid": "compare-chart" });
    this.caption = h("p", { class: "gl-caption" });
    this.panels = tabs("What the chart shows", PANELS.map(({ id, label }) => [id, label]), (id) => this.choose({ panel: id }));
    this.axes = tabs("What is along the bottom", Object.keys(ALONG).map((id) => [id, id]), (id) => this.choose({ along: id }));
    const choices = h("div", { class: "cm-choices" }, this.panels.element, h("span", { class: "cm-along" }, "along", this.axes.element));
    const pictures = h("div", { class: "cm-pictures" }, this.grids, this.timeline());
    const chart = h("div", { class: "cm-chart" }, choices, this.plot, this.caption);
    this.element = h("section", { class: "gl cm", "aria-label": "Runs compared" }, h("div", { class: "cm-body" }, pictures, chart));
    parent.append(this.element);
    this.curves = new Curves(this.plot, this);
    this.choose({});
  }

  timeline() {
    this.play = h("button", { type: "button", class: "gl-play", "aria-label": "Replay the runs" }, icon("play"), h("span", {}, "Replay"));
    this.range = h("input", { type: "range", min: 0, max: 0, step: 1, "aria-label": "Where the pictures are from", "data-testid": "compare-slider" });
    this.newest = h("button", { type: "button", class: "gl-now", "aria-pressed": "true" }, "Newest");
    this.where = h("output", { class: "gl-where" });
    this.play.addEventListener("click", () => (this.timer ? this.pause() : this.replay()));
    this.newest.addEventListener("click", () => this.go(null));
    this.range.addEventListener("input", () => this.go(Number(this.range.value)));
    return h("div", { class: "gl-time cm-time" }, this.play, this.range, this.newest, this.where);
  }

  /** Which runs: { runs: [{ id, name, points }] } in the order of their colours. */
  set({ runs }) {
    const wanted = new Set(runs.map(({ id }) => id));
    for (const [id, card] of this.cards) if (!wanted.has(id)) this.drop(id, card);
    for (const run of runs) if (!this.cards.has(run.id)) this.cards.set(run.id, new Card(run, () => this.update()));
    this.shown = runs.map((run) => Object.assign(this.cards.get(run.id), { run }));
    this.grids.replaceChildren(...this.shown.map(({ element }) => element));
    this.element.dataset.count = this.shown.length;
    this.curves.show({ runs: this.shown.map(({ feed, run }) => ({ feed, name: short(run.name) })) });
    const { length } = PANELS.find(({ id }) => id === this.panel).lines;
    const colours = this.curves.traces().map(({ line }) => line.color);
    this.shown.forEach((card, k) => card.paint(this.shown.length > 1 ? colours[k * length] : "transparent"));
    this.update();
  }

  choose({ panel = this.panel, along = this.along }) {
    const moved = along !== this.along;
    Object.assign(this, { panel, along });
    const { label, note } = PANELS.find(({ id }) => id === panel);
    this.panels.press(panel);
    this.axes.press(along);
    this.caption.textContent = note;
    this.plot.setAttribute("aria-label", `Chart: ${label} along ${ALONG[along]}`);
    this.curves.show({ panel, along });
    if (moved) this.go(null);
    remember({ chart: panel === PANELS[0].id ? "" : panel, along: along === "step" ? "" : along });
  }

  update() {
    if (!this.shown) return;
    this.curves.refresh();
    const before = this.place;
    const places = this.shown.flatMap((card) => card.places(this.along));
    this.places = [...new Set(places)].sort((a, b) => a - b);
    this.range.max = Math.max(0, this.places.length - 1);
    this.play.disabled = this.places.length < 2;
    if (this.index !== null) this.index = Math.max(0, last(this.places, before));
    this.draw();
  }

  go(index, playing = false) {
    if (!playing) this.pause();
    this.index = index !== null && index < this.places.length - 1 ? index : null;
    this.draw();
  }

  draw() {
    const place = this.index === null ? Infinity : this.places[this.index];
    this.place = place;
    this.range.value = this.index ?? this.places.length - 1;
    this.newest.setAttribute("aria-pressed", String(this.index === null));
    this.where.textContent = this.index === null ? "each at its newest" : told(this.along, place);
    this.range.setAttribute("aria-valuetext", this.where.textContent);
    for (const card of this.shown) card.draw(this.along, place);
  }

  replay() {
    const pause = Math.min(FRAME[1], Math.max(FRAME[0], REPLAY / this.places.length));
    let index = this.index ?? 0;
    this.playing(true);
    const next = () => {
      this.go(index, true);
      index += 1;
      if (index < this.places.length) this.timer = setTimeout(next, pause);
      else this.pause();
    };
    next();
  }

  pause() {
    clearTimeout(this.timer);
    if (this.timer) this.playing(false);
    this.timer = null;
  }

  playing(now) {
    this.play.replaceChildren(icon(now ? "pause" : "play"), h("span", {}, now ? "Pause" : "Replay"));
  }

  drop(id, card) {
    card.destroy();
    this.cards.delete(id);
  }

  destroy() {
    this.pause();
    for (const [id, card] of this.cards) this.drop(id, card);
    this.curves.destroy();
    this.element.remove();
  }
}

/** One run: its name in its colour, how it stands, and its fixed grid. */
class Card {
  constructor(run, onnews) {
    this.run = run;
    this.image = h("img", { alt: "", hidden: true, draggable: "false", decoding: "sync" });
    this.chip = h("span", { class: "gl-chip" });
    this.name = h("b");
    this.facts = h("span", { class: "cm-facts" });
    this.swatch = h("i", { class: "cm-swatch" });
    const caption = h("figcaption", {}, h("span", { class: "cm-name" }, this.swatch, this.name), h("span", { class: "cm-line" }, this.chip, this.facts));
    this.element = h("figure", { class: "cm-card", "data-run": run.id }, caption, h("span", { class: "cm-stage" }, this.image));
    const { feed, stop } = follow(run.id, onnews);
    Object.assign(this, { feed, stop });
  }

  paint(colour) {
    this.swatch.style.background = colour;
    this.name.textContent = this.run.name;
  }

  /** Where this run has pictures, along an axis. */
  places(along) {
    return this.feed.samples.fixed.map((step) => this.at(along, step));
  }

  at(along, step) {
    return along === "step" ? step : this.feed.at(along, step);
  }

  /** The grid at `place`, or the last one before it. */
  draw(along, place) {
    const { feed } = this;
    const gone = feed.state === "gone";
    this.chip.dataset.status = gone ? "gone" : feed.status;
    this.chip.textContent = gone ? "Deleted" : (WORDS[feed.status] ?? "Loading");
    const steps = feed.samples.fixed;
    const step = steps[Math.max(0, last(this.places(along), place))];
    if (step === undefined) return;
    this.facts.textContent = `step ${number(step)} · ${duration(feed.at("seconds", step))}`;
    this.swap(feed.picture("fixed", step), `Pictures of ${this.run.name} at step ${number(step)}`);
  }

  async swap(url, text) {
    if (url === this.asked) return;
    this.asked = url;
    const next = new Image();
    next.src = url;
    try {
      await next.decode();
    } catch {
      if (this.asked === url) this.asked = ""; // thinned out meanwhile: the next answer names another
      return;
    }
    if (this.asked !== url) return;
    Object.assign(this.image, { src: url, alt: text, hidden: false });
    const larger = this.image.clientWidth * devicePixelRatio >= next.naturalWidth;
    this.image.classList.toggle("pixels", larger && !this.run.points);
  }

  destroy() {
    this.stop();
    this.element.remove();
  }
}

/** A row of buttons of which one is pressed. */
function tabs(label, options, onpick) {
  const buttons = options.map(([id, text]) => {
    const button = h("button", { type: "button", "data-id": id }, text);
    button.addEventListener("click", () => onpick(id));
    return button;
  });
  const press = (id) => buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.id === id)));
  return { element: h("div", { class: "gl-tabs", role: "group", "aria-label": label }, ...buttons), press };
}

function short(name) {
  return name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name;
}

/** Keeps what is shown in the page's address; "" takes a part out. */
function remember(parts) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(parts)) value ? url.searchParams.set(name, value) : url.searchParams.delete(name);
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}

/** The index of the last of the ascending values that is not above `most`; -1 when all are. */
function last(values, most) {
  let found = -1;
  for (let k = 0; k < values.length && values[k] <= most; k++) found = k;
  return found;
}

function told(along, place) {
  if (along === "seconds") return `after ${duration(place)}`;
  if (along === "step") return `step ${number(place)}`;
  return along === "epoch" ? `epoch ${number(place, 2)}` : `${number(place)} images`;
}
