// The chart beside the pictures: a selector, and curves over the run or histograms of a moment.

import { Curves, PANELS } from "./curves.js";
import { h } from "./dom.js";
import { Histograms, SCORES } from "./histograms.js";
import { has } from "./panels.js";

const CHOICES = [...PANELS.slice(0, 2), SCORES, ...PANELS.slice(2)];

/** The chart of one run at a time. Nothing is drawn, and Plotly not loaded, before the first `update`. */
export class Chart {
  constructor() {
    this.curves = new Curves(plot("live-chart"));
    this.scores = new Histograms(plot("live-histograms"));
    this.plots = [this.curves.element, this.scores.element];
    this.caption = h("p", { class: "gl-caption" });
    this.tabs = CHOICES.map((choice) => {
      const tab = h("button", { type: "button", "data-panel": choice.id, hidden: true }, choice.label);
      tab.addEventListener("click", () => {
        this.choose(choice);
        tab.scrollIntoView({ block: "nearest", inline: "nearest" });
      });
      return tab;
    });
    const named = { role: "group", "aria-label": "What the chart shows" };
    this.selector = h("div", { class: "gl-tabs", ...named }, ...this.tabs);
    this.element = h("div", { class: "gl-chart" }, this.selector, ...this.plots, this.caption);
    this.step = null;
  }

  /** Takes in what is new of a feed; choices of which it has nothing are not offered. */
  update(feed) {
    const moved = feed !== this.feed;
    this.feed = feed;
    if (moved) this.curves.runs = [{ feed, name: feed.id }];
    CHOICES.forEach((choice, k) => (this.tabs[k].hidden = !offered(feed, choice)));
    if (this.chosen && offered(feed, this.chosen)) this.draw(moved);
    else this.choose(CHOICES[0]);
  }

  choose(choice) {
    this.chosen = choice;
    this.tabs.forEach((tab, k) => tab.setAttribute("aria-pressed", String(CHOICES[k] === choice)));
    this.plots.forEach((element) => {
      element.hidden = (choice === SCORES) !== (element === this.scores.element);
      element.setAttribute("aria-label", `Chart: ${choice.label}`);
    });
    if (choice !== SCORES) this.curves.panel = choice.id;
    this.draw(true);
  }

  /** Shows the moment at which the time slider stands; null is now. */
  look(step) {
    this.step = step;
    this.curves.cursor = step;
    this.draw();
  }

  /** Draws what is new, or all of it `anew`: in another theme, for example. */
  draw(anew = false) {
    if (!this.feed) return;
    if (this.chosen === SCORES) this.scores.show(this.feed.check("d_hist_real", this.step), anew);
    else this.curves.refresh(anew);
    this.caption.textContent = this.chosen === SCORES ? SCORES.note : this.curves.note;
  }

  destroy() {
    this.curves.destroy();
    this.scores.destroy();
  }
}

function plot(testid) {
  return h("div", { class: "gl-plot", role: "img", "data-testid": testid });
}

function offered(feed, choice) {
  return choice === SCORES ? feed.check("d_hist_real") : has(feed, choice);
}
