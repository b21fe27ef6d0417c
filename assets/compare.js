// Several runs beside each other: one chart for all of them, their grids at the same place, the same noise through each.

import { Card, last } from "./compare_card.js";
import { ALONG, Curves, PANELS } from "./curves.js";
import { duration, h, icon, isDark, number } from "./dom.js";
import { has } from "./panels.js";
import { Strips } from "./strips.js";

const REPLAY = 9000; // ms a replay takes, if that is not too fast or too slow
const FRAME = [50, 350]; // ms
const LONGEST = 28; // characters of a name in the chart's legend
const AHEAD = 1.06; // of what a running run has reached, the chart shows beside it

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

/**
 * `index` is that of the slider. null means now: each run at its newest or, where some train beside others that had
 * ended before, the ended ones in step with them: `front` is how far the training ones are, null when it is not so.
 */
class Comparison {
  constructor(parent) {
    const asked = new URLSearchParams(location.search);
    const whole = (name) => (/^\d{1,10}$/.test(asked.get(name) ?? "") ? Number(asked.get(name)) : 1);
    this.panel = PANELS.some(({ id }) => id === asked.get("chart")) ? asked.get("chart") : PANELS[0].id;
    this.along = asked.get("along") in ALONG ? asked.get("along") : "step";
    this.wanted = asked.has("at") ? Number(asked.get("at")) : NaN; // a place that the link asks for
    this.cards = new Map(); // by run id
    this.index = this.front = null;
    this.grids = h("div", { class: "cm-grids" });
    this.plot = h("div", { class: "gl-plot cm-plot", role: "img", "data-testid": "compare-chart" });
    this.caption = h("p", { class: "gl-caption" });
    this.panels = tabs("What the chart shows", PANELS.map(({ id, label }) => [id, label]), (id) => this.choose({ panel: id }));
    this.axes = tabs("What is along the bottom", Object.keys(ALONG).map((id) => [id, id]), (id) => this.choose({ along: id }));
    this.strips = new Strips(whole("seed"), () => this.remember());
    const choices = h("div", { class: "cm-choices" }, this.panels.element, h("span", { class: "cm-along" }, "along", this.axes.element));
    const pictures = h("div", { class: "cm-pictures" }, this.grids, this.timeline());
    const chart = h("div", { class: "cm-chart" }, choices, this.plot, this.caption);
    const body = h("div", { class: "cm-body" }, pictures, chart);
    this.element = h("section", { class: "gl cm", "aria-label": "Runs compared" }, body, this.strips.element);
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

  /** Which runs: { runs: [{ id, name, points, z_dim, snapshots }] } in the order of their colours. */
  set({ runs }) {
    const wanted = new Set(runs.map(({ id }) => id));
    for (const [id, card] of this.cards) if (!wanted.has(id)) this.drop(id, card);
    for (const run of runs) if (!this.cards.has(run.id)) this.cards.set(run.id, new Card(run, () => this.update()));
    this.shown = runs.map((run) => Object.assign(this.cards.get(run.id), { run }));
    for (const { feed } of this.shown) feed.poke(); // the page ran again: somebody may have done something
    this.front = null; // of other runs
    this.grids.replaceChildren(...this.shown.map(({ element }) => element));
    this.strips.set(runs);
    this.element.dataset.count = this.shown.length;
    this.element.classList.toggle("gl-dark", isDark(this.element));
    this.curves.show({ runs: this.shown.map(({ feed, run }) => ({ feed, name: short(run.name) })) });
    const colours = [...new Set(this.curves.traces().map(({ line }) => line.color))];
    this.shown.forEach((card, k) => card.paint(this.shown.length > 1 ? colours[k] : "transparent"));
    this.update();
    this.remember(); // the server knows its own part of the address only
  }

  choose({ panel = this.panel, along = this.along }) {
    const moved = along !== this.along;
    Object.assign(this, { panel, along });
    const { label } = PANELS.find(({ id }) => id === panel);
    this.panels.press(panel);
    this.axes.press(along);
    this.plot.setAttribute("aria-label", `Chart: ${label} along ${ALONG[along]}`);
    this.curves.show({ panel, along });
    this.caption.textContent = this.curves.note;
    if (moved && this.shown) {
      this.front = null;
      this.index = null;
      this.update();
    }
    this.remember();
  }

  update() {
    if (!this.shown) return;
    this.panels.offer((id) => id === this.panel || this.shown.some(({ feed }) => has(feed, PANELS.find((panel) => panel.id === id))));
    this.curves.refresh();
    this.caption.textContent = this.curves.note;
    const before = this.place;
    const places = this.shown.flatMap((card) => card.places(this.along));
    this.places = [...new Set(places)].sort((a, b) => a - b);
    this.front = this.leading();
    this.range.max = Math.max(0, this.places.length - 1);
    this.play.disabled = this.places.length < 2;
    if (this.index !== null) this.index = Math.max(0, last(this.places, before));
    this.recall();
    this.draw();
  }

  /** How far those are that were seen going; null where all were, or none. */
  leading() {
    const going = this.shown.filter((card) => card.going);
    if (!going.length || going.length === this.shown.length) return null;
    return Math.max(0, ...going.map((card) => card.places(this.along).at(-1) ?? 0));
  }

  /** An index, or null where that is the end and the end is now. */
  ending(index) {
    return index < this.places.length - 1 || this.front !== null ? index : null;
  }

  /** Goes where the link asked for, once all runs are known. */
  recall() {
    if (Number.isNaN(this.wanted) || this.shown.some(({ feed }) => feed.state === "loading")) return;
    this.index = this.ending(Math.max(0, last(this.places, this.wanted)));
    this.wanted = NaN;
  }

  go(index, playing = false) {
    if (!playing) this.pause();
    this.index = index === null ? null : this.ending(index);
    this.draw();
    if (!playing) this.remember();
  }

  draw() {
    const { along, front } = this;
    const place = this.index === null ? (front ?? Infinity) : this.places[this.index];
    this.place = place;
    this.range.value = this.index ?? (front === null ? this.places.length - 1 : last(this.places, front));
    this.newest.setAttribute("aria-pressed", String(this.index === null));
    this.newest.textContent = front === null ? "Newest" : "In step";
    const now = front === null ? "each at its newest" : `in step: ${told(along, front)}`;
    this.where.textContent = this.index === null ? now : told(along, place);
    this.range.setAttribute("aria-valuetext", this.where.textContent);
    for (const card of this.shown) {
      const own = this.index === null && card.going ? Infinity : place;
      card.draw(along, own);
      const row = this.strips.row(card.run.id);
      const step = card.step(along, own);
      row.label(card.colour, card.feed.state === "gone" ? "gone" : card.feed.status);
      row.go(step === undefined || step === card.feed.samples.fixed.at(-1) ? null : step);
    }
    this.focus();
  }

  /** While runs are in step the chart shows as far as they are, unless somebody zoomed. */
  focus() {
    this.curves.until(this.index === null && this.front ? this.front * AHEAD : null);
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

  /** Keeps what is shown in the page's address; not too often, which browsers refuse. */
  remember() {
    clearTimeout(this.writing);
    this.writing = setTimeout(() => {
      const at = this.index === null ? this.wanted : this.places[this.index];
      write({
        chart: this.panel === PANELS[0].id ? "" : this.panel,
        along: this.along === "step" ? "" : this.along,
        seed: this.strips.seed === 1 ? "" : String(this.strips.seed),
        at: Number.isNaN(at) ? "" : String(Math.round(1000 * at) / 1000),
      });
    }, 300);
  }

  drop(id, card) {
    card.destroy();
    this.cards.delete(id);
  }

  destroy() {
    this.pause();
    clearTimeout(this.writing);
    for (const [id, card] of this.cards) this.drop(id, card);
    this.strips.destroy();
    this.curves.destroy();
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
  const offer = (useful) => buttons.forEach((button) => (button.hidden = !useful(button.dataset.id)));
  return { element: h("div", { class: "gl-tabs", role: "group", "aria-label": label }, ...buttons), press, offer };
}

function short(name) {
  return name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name;
}

/** Puts parts into the page's address; "" takes a part out. */
function write(parts) {
  const url = new URL(location.href);
  for (const [name, value] of Object.entries(parts)) value ? url.searchParams.set(name, value) : url.searchParams.delete(name);
  if (url.href !== location.href) history.replaceState(history.state, "", url);
}

function told(along, place) {
  if (along === "seconds") return `after ${duration(place)}`;
  if (along === "step") return `step ${number(place)}`;
  return along === "epoch" ? `epoch ${number(place, 2)}` : `${number(place)} images`;
}
