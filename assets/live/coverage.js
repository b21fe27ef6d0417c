// How often each class is among the samples of a checkup: a bar a class, a line at the share it should have, and, where
// a class can be asked for, how many of its samples are read as it.

import { h, number, percent } from "../base/dom.js";

const MISSING = 0.01; // a share below it counts as missing
const FULL = 2; // times the largest wanted share fills a bar
const MANY = 1000; // samples of a checkup that does not say how many it drew

/** Bars for the classes of a feed; hidden while no checkup has counted any. */
export class Coverage {
  constructor() {
    this.there = h("b");
    this.bars = h("div", { class: "live-bars", role: "list" });
    this.words = h("span");
    const caption = h("figcaption", {}, this.words, this.there);
    const named = { class: "live-coverage", "data-testid": "live-coverage", hidden: true };
    this.element = h("figure", named, caption, this.bars);
    this.classes = [];
  }

  /** The last checkup at or before `step`, the newest for null. */
  show(feed, step) {
    const coming = ["training", "paused", "queued"].includes(feed.status); // room for it, before the first checkup
    this.element.hidden = !(feed.classes.length && (coming || feed.check("shares")));
    if (this.element.hidden) return;
    if (String(feed.classes) !== String(this.classes)) this.name(feed.classes);
    const { shares, samples, class_accuracy: right } = feed.check("shares", step) ?? {};
    this.words.textContent = `What a classifier sees in ${number(samples || MANY)} samples`;
    const there = shares?.filter((share) => share >= MISSING).length;
    const asked = right ? `, labels right: ${percent(mean(right), 1)}` : "";
    const noise = feed.light?.name === "fog"; // then a blot counts as some class
    this.there.textContent = !shares
      ? "not measured yet"
      : noise
        ? "not readable yet"
        : `${counted(there, this.classes)} present${asked}`;
    const even = this.classes.map(() => 1 / this.classes.length);
    const wanted = feed.wanted?.shares.length === this.classes.length ? feed.wanted.shares : even;
    this.bars.title = `Dashed: ${feed.wanted?.words ?? "if all were drawn equally often"}`;
    const full = FULL * Math.max(...wanted);
    this.classes.forEach((name, k) => {
      draw(this.bars.children[k], { name, share: shares?.[k], wanted: wanted[k], right: right?.[k], full });
    });
  }

  name(classes) {
    this.classes = classes;
    const bars = classes.map((name) => {
      const column = h("span", { class: "live-column" }, h("i"), h("em", { "aria-hidden": "true" }), h("u"));
      const below = [name, ""].map((text) => h("small", { "aria-hidden": "true" }, text));
      return h("span", { class: "live-class", role: "listitem" }, column, ...below);
    });
    this.bars.replaceChildren(...bars);
  }
}

/** One bar; `share` is undefined before the first checkup, `right` where no class can be asked for. */
function draw(bar, { name, share, wanted, right, full }) {
  const missing = share < MISSING;
  const read = right === undefined ? "" : `, ${percent(right, 1)} of those asked for are read as it`;
  const seen = `${name}: ${percent(share ?? 0, 1)} of the samples${missing ? ", missing" : ""}${read}`;
  const told = share === undefined ? name : seen;
  bar.setAttribute("aria-label", told);
  bar.title = told;
  bar.classList.toggle("live-missing", missing);
  const height = Math.min(1, (share ?? 0) / full);
  bar.querySelector("u").style.bottom = `${(100 * wanted) / full}%`;
  bar.lastChild.textContent = right === undefined ? "" : percent(right);
  bar.querySelector("i").style.height = `${100 * height}%`;
  bar.querySelector("em").textContent = missing ? "×" : height === 1 ? percent(share) : "";
}

function counted(there, { length: all }) {
  return there === all ? `all ${all}` : `${there} of ${all}`;
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
