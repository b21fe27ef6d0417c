// The pictures of a run: one large, two small, and a slider back through time.

import { duration, h, number } from "../base/dom.js";
import { ClassChoice } from "../base/class-choice.js";
import { address } from "../base/root.js";
import { Picture } from "../base/picture.js";
import { Timeline } from "../base/timeline.js";
import { explained } from "../base/terms.js";
import { Opinions } from "./opinions.js";
import { TileDialog } from "./tile-dialog.js";
import { TilePicker, stepped } from "./tile-picker.js";

const SORTS = {
  fixed: { title: "Fixed z", says: "the same noise at every step: progress" },
  random: { title: "Random z", says: "new noise at every step: diversity" },
  real: { title: "Real", says: "what G learns to imitate" },
};
const PAPER = 32; // of a grid, where it has no picture
const TRANSLATED = {
  fixed: { title: "The same sources", says: "side by side; none was learned from" }, // behind what is side by side
  random: { title: "Other sources", says: "new ones at every step" },
  real: { title: "Real", says: "what the results should look like" },
};
const SMOOTH_FROM = 380; // pixels: pictures of points are this large and not made of digits

/** The pictures of a feed. `onstep` hears the step at which the slider stands, null when it is live;
 * `onshow` the first picture of the fixed and of the real grid, { fake, real }, whenever one is another; `onfork` the
 * step from which the run is to branch off. */
export class PictureViewer {
  constructor({
    onstep,
    onshow = (/** @type {any} */ tiles) => void tiles,
    onfork = (/** @type {number} */ step) => void step,
  }) {
    this.onstep = onstep;
    this.onshow = onshow;
    this.big = "fixed";
    this.index = null; // of the slider; null follows the run
    this.pickers = {};
    this.dialog = new TileDialog((by) => this.turn(by), onfork);
    this.frames = {
      fixed: new Frame("live-picture", () => this.tell()),
      random: new Frame("", () => this.judge()),
      real: new Frame("", () => this.tell()),
    };
    this.words = {};
    this.places = Object.fromEntries(Object.keys(SORTS).map((sort) => [sort, this.card(sort)]));
    const judged = Object.keys(SORTS).map((sort) => {
      const step = () => (this.frames[sort].picture.image.hidden ? null : this.stepOf(sort));
      return [sort, { picker: this.pickers[sort], step }];
    });
    this.opinions = new Opinions(Object.fromEntries(judged));
    this.past = h("button", { type: "button", class: "live-past", "data-testid": "live-past", hidden: true });
    this.past.addEventListener("click", () => this.seek(Infinity));
    const cards = Object.values(this.places);
    this.choice = new ClassChoice(() => this.shade());
    this.timeline = new Timeline("the run", {
      label: "Step of the picture",
      testid: "live-slider",
      go: (index) => (this.go(index ?? Infinity), this.frames[this.big].settled),
      more: [this.choice.element],
    });
    const fork = { type: "button", class: "base-now live-fork", "data-testid": "live-fork", hidden: true };
    this.fork = h(
      "button",
      { ...fork, title: "Change one thing from this step on, and see both futures" },
      "Fork here",
    );
    this.fork.addEventListener("click", () => onfork(this.shown));
    const tools = h("div", { class: "live-tools" }, this.opinions.element, this.fork);
    const below = h("div", { class: "live-time" }, this.timeline.element, tools);
    this.asked = h("p", { class: "live-asked", "data-testid": "live-asked", hidden: true });
    const parts = [...cards, this.past, below, this.asked, this.dialog.element];
    this.element = h("div", { class: "live-album" }, ...parts);
    this.sizes = new ResizeObserver(() => this.fit());
    this.sizes.observe(this.element);
    this.enlarge("fixed");
  }

  card(sort) {
    const { title, says } = SORTS[sort];
    /** @type {Record<string, HTMLElement>} */
    const words = (this.words[sort] = { title: h("b", {}, ...explained(title)), says: h("span", {}, says) });
    const button = h("button", { type: "button", class: "live-frame" }, this.frames[sort].element);
    this.pickers[sort] = new TilePicker(button, this.frames[sort].picture.image, (place) =>
      this.open(sort, this.pickers[sort].picture(place)),
    );
    button.addEventListener("click", () => this.columns || this.enlarge(sort));
    const larger = h("button", { type: "button", class: "live-enlarge", "aria-label": `Enlarge ${title}` }, "Enlarge");
    larger.addEventListener("click", () => this.enlarge(sort));
    words.larger = larger;
    const caption = h("figcaption", {}, words.title, words.says, larger);
    return h("figure", { class: `live-card live-${sort}` }, caption, button);
  }

  enlarge(sort) {
    this.big = sort;
    for (const [name, card] of Object.entries(this.places)) {
      card.classList.toggle("live-big", name === sort);
    }
    requestAnimationFrame(() => this.fit());
  }

  fit() {
    Object.values(this.frames).forEach((frame) => frame.fit());
    this.opinions.draw();
  }

  get steps() {
    return this.feed?.samples.fixed ?? [];
  }

  /** Takes in what is new of a feed; another feed starts over. */
  update(
    feed,
    {
      points = false,
      count = 0,
      classes = [],
      rows = [],
      columns = 0,
      forks = false,
      from_source: translated = false,
      beside = [],
    } = {},
  ) {
    if (feed !== this.feed || feed.generation !== this.generation) {
      this.timeline.stop();
      this.index = null;
      this.onstep(null);
      Object.values(this.frames).forEach((frame) => frame.clear());
      this.feed = feed;
      this.generation = feed.generation;
    }
    for (const [sort, { title, says }] of Object.entries(translated ? TRANSLATED : SORTS)) {
      this.words[sort].title.textContent = title;
      const named = translated && sort === "fixed" && beside.length;
      this.words[sort].says.textContent = named ? `${beside.join(", ")} ${says}` : says;
      this.words[sort].larger.setAttribute("aria-label", `Enlarge ${title}`);
    }
    this.asked.hidden = !rows.length;
    this.asked.textContent = rows.length ? `Columns: ${classes.join(", ")}. Rows: ${rows.join("; ")}.` : "";
    this.translated = translated;
    this.points = points;
    this.count = count;
    this.columns = columns;
    this.forks = forks;
    for (const [sort, picker] of Object.entries(this.pickers)) picker.show(SORTS[sort].title, columns);
    this.choice.set(classes);
    this.shade();
    this.judge();
    const before = this.shown;
    if (this.index !== null) this.index = nearest(this.steps, before ?? 0); // some were thinned out
    this.ended = ["finished", "stopped", "failed"].includes(feed.status);
    this.draw();
  }

  /** Shows the pictures of the step that was drawn last at or before this one; Infinity follows the run again. */
  seek(step) {
    this.timeline.stop();
    this.go(nearest(this.steps, step));
  }

  /** Tells of the first pictures that are on screen. */
  tell() {
    const first = (sort) =>
      this.pickers[sort].layout && !this.frames[sort].picture.image.hidden ? this.pickers[sort].pixels(0) : null;
    this.onshow({ fake: first("fixed"), real: first("real") });
    this.judge();
  }

  /** What D says of the grids on screen. */
  judge() {
    if (this.feed) this.opinions.show(this.feed, this.columns > 0);
  }

  /** The step of the picture that a grid shows. */
  stepOf(sort) {
    return sort === "real" ? (this.shown ?? 0) : (this.frames[sort].step ?? null);
  }

  /** Opens picture k of a grid as it is on screen. */
  open(sort, k) {
    const { picture } = this.frames[sort];
    const pixels = this.pickers[sort].pixels(k);
    if (picture.image.hidden || pixels.data.every((value, at) => at % 4 === 3 || value === PAPER)) return;
    this.opened = { sort, k };
    this.dialog.open({
      feed: this.feed,
      name: SORTS[sort].title,
      sort,
      k,
      pixels,
      step: this.stepOf(sort),
      forks: this.forks && sort !== "real",
    });
  }

  /** Opens the picture before or behind the one that is open. */
  turn(by) {
    const { sort, k } = this.opened;
    const { layout, order } = this.pickers[sort];
    const place = stepped(order?.indexOf(k) ?? k, by, layout.rows * layout.columns);
    this.open(sort, this.pickers[sort].picture(place));
  }

  go(index) {
    this.index = index >= this.steps.length - 1 ? null : index;
    this.draw();
    this.onstep(this.index === null ? null : this.shown);
  }

  draw() {
    const index = this.index ?? this.steps.length - 1;
    const step = this.steps[index];
    if (this.feed.real) this.frames.real.show(address(this.feed.real), `Real ${this.things()}`, this.points);
    const newest = this.ended ? "Latest" : "Live";
    const told = step === undefined ? "" : `step ${number(step)}, epoch ${number(this.feed.at("epoch", step), 2)}`;
    const text = step === 0 ? "step 0: untrained" : told;
    this.timeline.show({ count: this.steps.length, at: this.index, text, spoken: told, newest });
    this.fork.hidden = !this.forks || step === undefined;
    if (step === undefined) return;
    this.shown = step;
    this.past.hidden = this.index === null;
    if (!this.past.hidden) this.past.textContent = agoText(this.feed, step, this.ended);
    for (const sort of ["fixed", "random"]) {
      const steps = this.feed.samples[sort];
      const at = steps[nearest(steps, step)];
      if (at === undefined) continue;
      const from = this.translated ? "held-out sources" : `${sort} noise`;
      const text = `Generated ${this.things()} from ${from} at ${told}`;
      this.frames[sort].show(this.feed.picture(sort, at), text, this.points, at);
    }
  }

  /** A column of a grid is one class. */
  shade() {
    const { choice, columns, frames } = this;
    for (const { picture } of Object.values(frames)) choice.shade(picture.image, columns, choice.count);
  }

  things() {
    return this.points ? "points" : `images${this.count ? `, a grid of ${this.count}` : ""}`;
  }

  destroy() {
    this.timeline.stop();
    this.opinions.destroy();
    this.dialog.destroy();
    this.sizes.disconnect();
  }
}

/** How far back a step lies, in time of training, and what a press does. */
function agoText(feed, step, ended) {
  const ago = duration(Math.max(0, feed.newest().seconds - feed.at("seconds", step)));
  return `step ${number(step)} · ${ago} ${ended ? "before the end · to the latest" : "ago · back to live"}`;
}

/** A picture in its frame, as large as it fits. */
class Frame {
  constructor(testid = "", onshow = () => {}) {
    this.onshow = onshow;
    this.picture = new Picture(testid ? { "data-testid": testid } : {});
    this.element = h("span", { class: "live-stage" }, this.picture.image);
    this.settled = Promise.resolve();
  }

  clear() {
    this.picture.clear();
  }

  /** `step` is that of the picture on show from then on. */
  show(url, text, smooth, step = 0) {
    this.smooth = smooth;
    if (url === this.picture.asked) return;
    this.settled = this.picture.show(url, text).then((shown) => {
      if (!shown) return;
      this.step = step;
      this.fit();
      this.onshow();
    });
  }

  /** Whole device pixels a pixel where that wastes little room, so that digits stay crisp. */
  fit() {
    const { clientWidth: width, clientHeight: height } = this.element;
    const { image } = this.picture;
    const { naturalWidth: w, naturalHeight: hgt } = image;
    if (!w || !width) return;
    const most = Math.min(width / w, height / hgt);
    const ratio = window.devicePixelRatio || 1;
    const whole = Math.floor(most * ratio + 1e-3) / ratio;
    const smooth = this.smooth || Math.max(w, hgt) >= SMOOTH_FROM;
    const scale = !smooth && whole >= 0.9 * most ? whole : most;
    Object.assign(image.style, { width: `${w * scale}px`, height: `${hgt * scale}px` });
    image.style.imageRendering = smooth || scale * ratio < 1 ? "auto" : "pixelated";
  }
}

/** The index of the last step that is not after `step`. */
function nearest(steps, step) {
  let low = 0;
  for (let k = 0; k < steps.length && steps[k] <= step; k++) low = k;
  return low;
}
