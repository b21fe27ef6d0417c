// How often each class is among the samples of a checkup: a bar a class, and a line at the even share.

import { h, number } from "./dom.js";

const MISSING = 0.01; // a share below it counts as missing
const FULL = 2; // times the even share fills a bar
const MANY = 1000; // samples of a checkup that does not say how many it drew

/** Bars for the classes of a feed; hidden while no checkup has counted any. */
export class Coverage {
  constructor() {
    this.there = h("b");
    this.bars = h("div", { class: "gl-bars", role: "list" });
    this.words = h("span");
    const caption = h("figcaption", {}, this.words, this.there);
    const named = { class: "gl-coverage", "data-testid": "live-coverage", hidden: true };
    this.element = h("figure", named, caption, this.bars);
    this.classes = [];
  }

  /** The last checkup at or before `step`, the newest for null. */
  show(feed, step) {
    this.element.hidden = !(feed.classes.length && feed.check("shares"));
    if (this.element.hidden) return;
    if (String(feed.classes) !== String(this.classes)) this.name(feed.classes);
    const { shares, samples } = feed.check("shares", step) ?? {};
    this.words.textContent = `What EvalNet reads in ${number(samples || MANY)} samples`;
    const there = shares?.filter((share) => share >= MISSING).length;
    this.there.textContent = shares ? `${there} of ${this.classes.length} there` : "not looked yet";
    this.classes.forEach((name, k) => draw(this.bars.children[k], name, shares?.[k], this.classes.length));
  }

  name(classes) {
    this.classes = classes;
    const bars = classes.map((name) => {
      const column = h("span", { class: "gl-column" }, h("i"), h("em", { "aria-hidden": "true" }));
      return h("span", { class: "gl-class", role: "listitem" }, column, h("small", { "aria-hidden": "true" }, name));
    });
    this.bars.replaceChildren(...bars);
    this.bars.title = `Dashed: ${percent(1 / classes.length)}, if all were drawn equally often`;
  }
}

/** One bar; `share` is undefined before the first checkup. */
function draw(bar, name, share, count) {
  const missing = share < MISSING;
  const told = share === undefined ? name : `${name}: ${percent(share)} of the samples${missing ? ", missing" : ""}`;
  bar.setAttribute("aria-label", told);
  bar.title = told;
  bar.classList.toggle("gl-missing", missing);
  const height = Math.min(1, ((share ?? 0) * count) / FULL);
  bar.querySelector("i").style.height = `${100 * height}%`;
  bar.querySelector("em").textContent = missing ? "×" : height === 1 ? percent(share, 0) : "";
}

function percent(share, digits = 1) {
  return `${(100 * share).toFixed(digits)} %`;
}
