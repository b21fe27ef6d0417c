// What D says of every picture of the grids: a ring around each, the grids sorted by it, and both switches.

import { h, number, say } from "../base/dom.js";
import { json } from "../base/http.js";
import { explained } from "../base/terms.js";
import { read, write } from "../base/storage.js";
import { said } from "../base/words.js";
import { Rings } from "./rings.js";

const KEPT = "forger-opinions"; // the switches that are on, in this browser
const REST_MS = 700; // between two questions about the grids of a run that trains
const HOW = "Green is how sure D is that a picture is real.";
const ORDER = "The greener, the higher D's score in its grid.";

/**
 * @typedef {object} Grid what is asked about
 * @property {import("./tile-picker.js").TilePicker} picker
 * @property {() => number | null} step of the picture that is on show; null while there is none
 */

export class Opinions {
  /** @param {Record<string, Grid>} grids fixed, random, real; a key of the route `opinions` each */
  constructor(grids) {
    this.grids = grids;
    this.rings = {};
    this.told = {}; // of each grid {step, of, d, p}; `of` is the step of its picture
    const kept = read(KEPT) ?? [];
    this.on = this.button("Rings", "Ring every picture by D's opinion", kept.includes("rings"), "opinions-on");
    this.sorted = this.button("Sort", "Sort the grids by D's opinion", kept.includes("sort"), "opinions-sort");
    this.line = h("span", { class: "live-opinion-line" });
    const head = h("span", { class: "live-opinion-head" }, ...explained("D's opinion"));
    this.element = h("div", { class: "live-opinion", hidden: true }, head, this.on, this.sorted, this.line);
    for (const [sort, { picker }] of Object.entries(grids)) {
      this.rings[sort] = new Rings(picker.button, picker.image);
      picker.says = (place) => this.words(sort, place);
      picker.onpoint = (place) => this.point(sort, place);
    }
    this.describe();
  }

  button(words, title, on, testid) {
    const about = { class: "base-now", "aria-pressed": String(on), title, "data-testid": testid };
    const button = h("button", { type: "button", ...about }, words);
    button.addEventListener("click", () => this.turn(button));
    return button;
  }

  turn(button) {
    button.setAttribute("aria-pressed", String(!pressed(button)));
    if (button === this.sorted && pressed(button)) this.on.setAttribute("aria-pressed", "true");
    if (button === this.on && !pressed(button)) this.sorted.setAttribute("aria-pressed", "false");
    write(KEPT, [pressed(this.on) && "rings", pressed(this.sorted) && "sort"].filter(Boolean));
    this.show(this.feed, this.able);
  }

  /** Takes up a feed; `able` is whether its grids have pictures that D judges one by one. */
  show(feed, able) {
    if (feed !== this.feed) this.told = {};
    this.feed = feed;
    this.able = able;
    this.element.hidden = !able;
    this.describe();
    this.draw();
    this.look();
  }

  /** Asks about every grid that shows another picture than the one that is judged. */
  async look() {
    if (this.asking || !this.able || !pressed(this.on)) return;
    this.asking = true;
    for (const [sort, { step }] of Object.entries(this.grids)) {
      const { feed } = this;
      const of = step();
      if (of === null || of === this.told[sort]?.of || document.hidden) continue;
      try {
        const query = new URLSearchParams({ sort, step: String(of) });
        const answer = await json(`/api/models/${feed.id}/opinions?${query}`, { tries: 20 });
        if (feed !== this.feed) break;
        this.told[sort] = { ...answer, of };
        this.failed = "";
      } catch (error) {
        this.failed = error.message;
        if (feed === this.feed) this.told[sort] = { of, d: [], p: null };
      }
      this.draw();
      this.describe();
    }
    this.asking = false;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => !this.gone && this.look(), REST_MS);
  }

  /** Draws what is known; the rings of new noise wait for their own answer. */
  draw() {
    for (const [sort, { picker, step }] of Object.entries(this.grids)) {
      const told = this.told[sort];
      const of = step();
      const fits = pressed(this.on) && this.able && told?.d.length && (sort !== "random" || told.of === of);
      const shares = fits ? sharesOf(told) : null;
      picker.order = shares && pressed(this.sorted) ? orderOf(told.d) : null;
      this.rings[sort].draw(picker.layout, picker.order, shares);
    }
  }

  /** What D says of the picture at a place of a grid; "" where nobody asked. */
  words(sort, place) {
    const told = this.told[sort];
    if (!pressed(this.on) || !told?.d.length) return "";
    const k = this.grids[sort].picker.order?.[place] ?? place;
    return k in told.d ? `D: ${said(told.p?.[k] ?? null, told.d[k])}` : "";
  }

  point(sort, place) {
    const words = place === null ? "" : this.words(sort, place);
    if (words) say(this.line, words);
    else this.describe();
  }

  describe() {
    const told = Object.values(this.told).find(({ d }) => d.length);
    if (!pressed(this.on)) return say(this.line, "");
    if (!told) return say(this.line, this.failed ?? "");
    say(this.line, `${told.p ? HOW : ORDER} D of step ${number(told.step)}.`);
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.timer);
  }
}

/** How far each ring is green: D's probabilities, or where its loss gives none the rank in the grid, 0 to 1. */
export function sharesOf({ d, p }) {
  if (p) return p;
  const shares = new Array(d.length);
  orderOf(d).forEach((k, at) => (shares[k] = 1 - at / Math.max(1, d.length - 1)));
  return shares;
}

/** The pictures from the one that D takes for real most; those with the same score stay as they lie. */
export function orderOf(d) {
  return d.map((_, k) => k).sort((a, b) => d[b] - d[a] || a - b);
}

const pressed = (button) => button.getAttribute("aria-pressed") === "true";
