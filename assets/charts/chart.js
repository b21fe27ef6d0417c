// The chart beside the pictures: a selector, and curves over the run or histograms of a moment.

import { Curves, PANELS } from "./curves.js";
import { h, say } from "../base/dom.js";
import { effect } from "./effect.js";
import { EventList } from "./event-list.js";
import { choices } from "../base/tabs.js";
import { explained, termsIn } from "../base/terms.js";
import { GameDiagram } from "../live/game-diagram.js";
import { Histograms, SCORES } from "../live/histograms.js";
import { has } from "./panels.js";

const AFTER = 3; // panels before D's scores at a moment
const GAME = {
  id: "game",
  label: "The game",
  note:
    "One picture of this run and what D says, on average, of generated and of real ones. Red: the gradient, which " +
    "trains D first, and then runs back through D to train G.",
};
const CHOICES = [PANELS[0], GAME, ...PANELS.slice(1, AFTER), SCORES, ...PANELS.slice(AFTER)];

/**
 * The chart of one run at a time. Nothing is drawn, and Plotly not loaded, before the first `update`. `onseek` hears
 * the step at which somebody points, in the chart or in the list of what was done to the run.
 */
export class Chart {
  /** @param {(step: number) => void} onseek */
  constructor(onseek) {
    this.curves = new Curves(plot("live-chart"), { onseek });
    this.scores = new Histograms(plot("live-histograms"));
    this.game = new GameDiagram();
    this.views = new Map([
      [SCORES, this.scores.element],
      [GAME, this.game.element],
    ]); // else curves
    this.plots = [this.curves.element, ...this.views.values()];
    this.tiles = { fake: null, real: null };
    this.points = false; // whether samples are points, of which there is no picture to show
    this.caption = h("p", { class: "base-caption" });
    const named = CHOICES.map(({ id, label }) => [id, label]);
    this.tabs = choices("What the chart shows", named, (id) => this.choose(byId(id)), "panel");
    this.tabs.offer(() => false); // before anything is known
    this.events = new EventList(onseek);
    this.effect = h("p", { class: "live-effect", "data-testid": "live-effect", hidden: true });
    const below = [this.caption, this.effect, this.events.element];
    this.element = h("div", { class: "live-chart" }, this.tabs.element, ...this.plots, ...below);
    this.step = null;
  }

  /** Takes in what is new of a feed; choices of which it has nothing are not offered. */
  update(feed) {
    const moved = feed !== this.feed;
    this.feed = feed;
    if (moved) this.curves.runs = [{ feed, name: feed.id }];
    this.events.show(feed);
    const effected = effect(feed);
    this.effect.hidden = !effected;
    say(this.effect, effected);
    this.tabs.offer((id) => this.offers(byId(id)));
    if (this.chosen && this.offers(this.chosen)) this.draw(moved);
    else this.choose(CHOICES.find((choice) => this.offers(choice)) ?? CHOICES[0]);
  }

  /** Whether a choice has something to show. */
  offers(choice) {
    const { feed, points } = this;
    if (choice === GAME) return !points && ["d_loss", "g_loss"].every((name) => !feed.length || name in feed.columns);
    return choice === SCORES ? Boolean(feed.check("d_hist_real")) : has(feed, choice);
  }

  choose(choice) {
    this.chosen = choice;
    this.tabs.press(choice.id);
    const shown = this.views.get(choice) ?? this.curves.element;
    this.plots.forEach((element) => (element.hidden = element !== shown));
    for (const plot of [this.curves, this.scores]) plot.element.setAttribute("aria-label", `Chart: ${choice.label}`);
    if (shown === this.curves.element) this.curves.panel = choice.id;
    this.draw(true);
  }

  /** Shows the moment at which the time slider stands; null is now. */
  look(step) {
    this.step = step;
    this.curves.cursor = step;
    this.events.mark(step);
    this.draw();
  }

  /** Takes one generated and one real picture, { fake, real } as ImageData, for the game. */
  picture(tiles) {
    this.tiles = tiles;
    if (this.chosen === GAME) this.draw();
  }

  /** Draws what is new, or all of it `anew`: in another theme, for example. */
  draw(anew = false) {
    if (!this.feed) return;
    if (this.chosen === GAME) this.game.show(this.feed, this.step, this.tiles);
    else if (this.chosen === SCORES)
      this.scores.show(this.feed.check("d_hist_real", this.step), anew, this.feed.about.d?.threshold);
    else this.curves.refresh(anew);
    const note = this.views.has(this.chosen) ? this.chosen.note : this.curves.note;
    const text = `${note}${words(this.chosen, note)}`;
    if (text === this.told) return; // a word of it may have the focus
    this.told = text;
    this.caption.replaceChildren(...explained(text));
  }

  destroy() {
    this.curves.destroy();
    this.scores.destroy();
    this.game.destroy();
  }
}

/** The words of the field in a chart that its note does not have, so that they explain themselves there. */
function words({ label, lines = [] }, note) {
  const said = termsIn(note);
  const more = termsIn([label, ...lines.map(([, name]) => name)].join(" ")).filter((term) => !said.includes(term));
  return more.length ? ` What is ${more.join(", what is ")}?` : "";
}

function plot(testid) {
  return h("div", { class: "base-plot", role: "group", "data-testid": testid });
}

const byId = (id) => CHOICES.find((choice) => choice.id === id);
