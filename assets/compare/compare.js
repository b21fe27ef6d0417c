// Several runs beside each other: one chart for all of them, their grids at the same place, the same noise through each.

import { Card, last } from "./card.js";
import { save, savePicture } from "../charts/chart-files.js";
import { ChartMenu } from "../charts/chart-menu.js";
import { ALONG, Curves, PANELS } from "../charts/curves.js";
import { Address, real, whole, word } from "../base/address.js";
import { duration, h, number } from "../base/dom.js";
import { mounting } from "../base/mount.js";
import { Timeline } from "../base/timeline.js";
import { choices } from "../base/tabs.js";
import { has } from "../charts/panels.js";
import { SameNoise } from "./same-noise.js";

const LONGEST = 28; // characters of a name in the chart's legend
const AHEAD = 1.06; // of what a running run has reached, the chart shows beside it

/** What the page's address tells: the chart, its bottom axis, the seed of the noise, a place along the axis. */
const FIELDS = {
  chart: word(PANELS.map(({ id }) => id)),
  along: word(Object.keys(ALONG)),
  seed: whole(0, 2 ** 32 - 1, 1),
  at: real(0, Infinity, NaN),
};

/**
 * `index` is that of the slider. null means now: each run at its newest or, where some train beside others that had
 * ended before, the ended ones in step with them: `front` is how far the training ones are, null when it is not so.
 */
class Comparison {
  constructor(parent) {
    this.address = new Address(FIELDS);
    const { chart, along, seed, at } = this.address.read();
    this.panel = chart;
    this.along = along;
    this.wanted = at; // `wanted`: a place that the link asks for
    this.cards = new Map(); // by run id
    this.index = this.front = null;
    this.grids = h("div", { class: "compare-grids" });
    this.plot = h("div", { class: "base-plot compare-plot", role: "group", "data-testid": "compare-chart" });
    this.caption = h("p", { class: "base-caption" });
    this.panels = choices(
      "What the chart shows",
      PANELS.map(({ id, label }) => [id, label]),
      (id) => this.choose({ panel: id }),
    );
    this.axes = choices(
      "What is along the bottom",
      Object.keys(ALONG).map((id) => [id, id]),
      (id) => this.choose({ along: id }),
    );
    this.sameNoise = new SameNoise(
      seed,
      () => this.remember(),
      () => this.shade(),
    );
    const above = h(
      "div",
      { class: "compare-choices" },
      this.panels.element,
      h("span", { class: "compare-along" }, "along", this.axes.element),
    );
    this.timeline = new Timeline("the runs", {
      label: "Where the pictures are from",
      testid: "compare-slider",
      go: (index, playing) => this.go(index, playing),
    });
    this.timeline.element.classList.add("compare-time");
    const pictures = h("div", { class: "compare-pictures" }, this.grids, this.timeline.element);
    this.menu = new ChartMenu({
      onscale: (scale) => {
        this.curves.scale = scale;
        this.curves.refresh(true);
      },
      onpng: () => savePicture(this.plot, `compared-${this.panel}.png`),
      oncsv: () => save(this.curves.table(), `compared-${this.panel}.csv`),
    });
    const below = h("div", { class: "compare-chart" }, above, this.plot, this.caption, this.menu.element);
    const body = h("div", { class: "compare-body" }, pictures, below);
    this.element = h("section", { class: "live compare", "aria-label": "Runs compared" }, body, this.sameNoise.element);
    parent.append(this.element);
    this.curves = new Curves(this.plot, this);
    this.choose({});
  }

  /** Which runs: { runs: [{ id, name, points, z_dim, snapshots, classes, columns }] } in the order of their colours. */
  show({ runs }) {
    const wanted = new Set(runs.map(({ id }) => id));
    for (const [id, card] of this.cards) if (!wanted.has(id)) this.drop(id, card);
    for (const run of runs) if (!this.cards.has(run.id)) this.cards.set(run.id, new Card(run, () => this.update()));
    this.shown = runs.map((run) => Object.assign(this.cards.get(run.id), { run }));
    for (const { feed } of this.shown) feed.poke(); // the page ran again: somebody may have done something
    this.front = null; // of other runs
    this.grids.replaceChildren(...this.shown.map(({ element }) => element));
    this.sameNoise.set(runs);
    this.shade();
    this.element.dataset.count = this.shown.length;
    this.curves.show({ runs: this.shown.map(({ feed, run }) => ({ feed, name: short(run.name) })) });
    const colours = [...new Set(this.curves.traces().map(({ line }) => line.color))];
    this.shown.forEach((card, k) => card.paint(this.shown.length > 1 ? colours[k] : "transparent"));
    this.update();
    this.remember(); // the server knows its own part of the address only
  }

  /** Of the grids of runs that are told classes the columns of the chosen one. */
  shade() {
    for (const { picture, run } of this.shown)
      this.sameNoise.choice.shade(picture.image, run.columns, run.classes.length);
  }

  choose({ panel = this.panel, along = this.along }) {
    const moved = along !== this.along;
    this.panel = panel;
    this.along = along;
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
    this.panels.offer(
      (id) =>
        id === this.panel ||
        this.shown.some(({ feed }) =>
          has(
            feed,
            PANELS.find((panel) => panel.id === id),
          ),
        ),
    );
    this.curves.refresh();
    this.caption.textContent = this.curves.note;
    const before = this.place;
    const places = this.shown.flatMap((card) => card.places(this.along));
    this.places = [...new Set(places)].sort((a, b) => a - b);
    this.front = this.leading();
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
    this.index = index === null ? null : this.ending(index);
    this.draw();
    if (!playing) this.remember();
  }

  draw() {
    const { along, front } = this;
    const place = this.index === null ? (front ?? Infinity) : this.places[this.index];
    this.place = place;
    const now = front === null ? "each at its latest" : `in step: ${told(along, front)}`;
    this.timeline.show({
      count: this.places.length,
      at: this.index,
      text: this.index === null ? now : told(along, place),
      newest: front === null ? "Latest" : "In step",
      place: front === null ? undefined : last(this.places, front),
    });
    for (const card of this.shown) {
      const own = this.index === null && card.going ? Infinity : place;
      card.draw(along, own);
      const row = this.sameNoise.row(card.run.id);
      const step = card.step(along, own);
      row.label(
        card.colour,
        card.feed.state === "gone" ? "gone" : card.feed.status,
        card.feed.samples.random.length > 0,
      );
      row.go(step === undefined || step === card.feed.samples.fixed.at(-1) ? null : step);
    }
    this.focus();
  }

  /** While runs are in step the chart shows as far as they are, unless somebody zoomed. */
  focus() {
    this.curves.until(this.index === null && this.front ? this.front * AHEAD : null);
  }

  /** Keeps what is shown in the page's address; not too often, which browsers refuse. */
  remember() {
    const at = this.index === null ? this.wanted : this.places[this.index];
    const { panel: chart, along, sameNoise } = this;
    this.address.put({ chart, along, seed: sameNoise.seed, at: Math.round(1000 * at) / 1000 });
  }

  drop(id, card) {
    card.destroy();
    this.cards.delete(id);
  }

  destroy() {
    this.timeline.stop();
    this.address.forget();
    for (const [id, card] of this.cards) this.drop(id, card);
    this.sameNoise.destroy();
    this.curves.destroy();
    this.menu.destroy();
    this.element.remove();
  }
}

function short(name) {
  return name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name;
}

function told(along, place) {
  if (along === "seconds") return `after ${duration(place)}`;
  if (along === "step") return `step ${number(place)}`;
  return along === "epoch" ? `epoch ${number(place, 2)}` : `${number(place)} images`;
}

export default mounting(Comparison);
