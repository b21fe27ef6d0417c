// The chart beside the pictures: a selector, and curves over the run or histograms of a moment.

import { Curves, PANELS } from "./curves.js";
import { h, say } from "../base/dom.js";
import { ChartMenu } from "./chart-menu.js";
import { drawnTable, save, savePicture } from "./chart-files.js";
import { effect } from "./effect.js";
import { EventList } from "./event-list.js";
import { choices } from "../base/tabs.js";
import { explained, termsIn } from "../base/terms.js";
import { GameDiagram, phasesOf } from "../live/game-diagram.js";
import { Histograms, SCORES } from "../live/histograms.js";
import { Microscope } from "../live/microscope.js";
import { SingleSteps } from "../live/single-step.js";
import { has } from "./panels.js";

const GAME = {
  id: "game",
  label: "The game",
  note:
    "One picture of this run and what D says, on average, of generated and of real ones. Red: the gradient, which " +
    "trains D first, and then runs back through D to train G. A step by hand shows its own pictures and numbers.",
};
const SCOPE = {
  id: "scope",
  label: "One step",
  note:
    "The latest step by hand, by the weights of G as they are trained, not averaged. The difference is enlarged; orange is brighter, " +
    "blue darker. “D would change” is the gradient that G is given.",
};
const LATE = PANELS.filter(({ checks }) => checks); // they come last: no tab moves when they do
const EARLY = PANELS.filter(({ checks }) => !checks);
const CHOICES = [EARLY[0], GAME, ...EARLY.slice(1), SCORES, ...LATE, SCOPE];

/**
 * The chart of one run at a time. Nothing is drawn, and Plotly not loaded, before the first `update`. `onseek` hears
 * the step at which somebody points, in the chart or in the list of what was done to the run; `onchoose` the id of what
 * somebody chooses to see.
 */
export class Chart {
  /** @param {(step: number) => void} onseek @param {(id: string) => void} [onchoose] */
  constructor(onseek, onchoose = () => {}) {
    this.curves = new Curves(plot("live-chart"), { onseek });
    this.scores = new Histograms(plot("live-histograms"));
    this.game = new GameDiagram();
    this.states = []; // kept ones, from which a step can be made again
    this.scope = new Microscope(async (step, told) => {
      await this.single.again(step, told);
      this.game.single = this.single.newest;
      this.draw();
    });
    this.single = new SingleSteps((found, what, fresh) => this.stepped(found, what, fresh));
    this.views = new Map([
      [SCOPE, this.scope.element],
      [SCORES, this.scores.element],
      [GAME, this.game.element],
    ]); // else curves
    this.plots = [this.curves.element, ...this.views.values()];
    this.tiles = { fake: null, real: null };
    this.points = false; // whether samples are points, of which there is no picture to show
    this.caption = h("p", { class: "base-caption" });
    const named = CHOICES.map(({ id, label }) => [id, label]);
    this.tabs = choices("What the chart shows", named, (id) => (this.choose(byId(id)), onchoose(id)), "panel");
    this.tabs.offer(() => false); // before anything is known
    this.events = new EventList(onseek, (step) => this.point(step));
    this.menu = new ChartMenu({
      onscale: (scale) => this.scaled(scale),
      onpng: () => savePicture(this.shownPlot().element, `${this.fileName()}.png`),
      oncsv: () => save(this.table(), `${this.fileName()}.csv`),
    });
    this.effect = h("p", { class: "live-effect", "data-testid": "live-effect", hidden: true });
    const foot = h("div", { class: "live-chart-foot" }, this.events.element, this.menu.element);
    const below = [this.caption, this.effect, foot];
    this.element = h("div", { class: "live-chart" }, this.tabs.element, ...this.plots, ...below);
    this.step = null;
    this.before = null;
  }

  /** Takes in what is new of a feed; choices of which it has nothing are not offered. */
  update(feed) {
    const moved = feed !== this.feed;
    this.feed = feed;
    if (moved) this.curves.runs = [{ feed, name: feed.id }];
    this.events.show(feed);
    this.single.follow(feed);
    const effected = effect(feed);
    this.effect.hidden = !effected;
    say(this.effect, effected);
    this.tabs.offer((id) => this.offers(byId(id)));
    const back = feed.status === "training" && this.chosen === SCOPE ? this.before : null;
    if (back)
      this.choose(back); // nobody looks at one step any more
    else if (this.chosen && this.offers(this.chosen)) this.draw(moved);
    else this.choose(CHOICES.find((choice) => this.offers(choice)) ?? CHOICES[0]);
  }

  /** Whether a choice has something to show. */
  offers(choice) {
    const { feed, points } = this;
    if (choice === GAME) return !points && ["d_loss", "g_loss"].every((name) => !feed.length || name in feed.columns);
    if (choice === SCOPE) return !points && (this.single.newest !== null || this.states.length > 0);
    return choice === SCORES ? Boolean(feed.check("d_hist_real")) : has(feed, choice);
  }

  /** Shows the choice of that id, if this run has something for it. */
  show(id) {
    const choice = byId(id);
    const can = choice && this.feed && this.offers(choice);
    if (can) this.choose(choice);
    return Boolean(can);
  }

  choose(choice) {
    this.chosen = choice;
    if (choice !== SCOPE) this.before = null; // what was on show before a step by hand
    this.tabs.press(choice.id);
    const shown = this.views.get(choice) ?? this.curves.element;
    this.plots.forEach((element) => (element.hidden = element !== shown));
    for (const plot of [this.curves, this.scores]) plot.element.setAttribute("aria-label", `Chart: ${choice.label}`);
    if (shown === this.curves.element) this.curves.panel = choice.id;
    this.menu.offer(choice !== GAME && choice !== SCOPE, choice !== SCORES);
    this.draw(true);
  }

  /** A step by hand can be looked at; one made before somebody's eyes is shown, or the game walks through it. */
  stepped(found, what, fresh) {
    this.game.single = found;
    this.tabs.offer((id) => this.offers(byId(id)));
    if (fresh && this.chosen === GAME) this.game.walk(phasesOf(what, found), false);
    else if (fresh && found) {
      if (this.chosen !== SCOPE) this.before = this.chosen;
      this.choose(SCOPE);
    } else this.draw();
  }

  /** Shows the moment at which the time slider stands; null is now. */
  look(step) {
    this.step = step;
    this.curves.cursor = step;
    this.events.mark(step);
    this.draw();
  }

  /** Shows which line belongs to an event at a step; null none. */
  point(step) {
    this.curves.pointed = step;
    if (!this.views.has(this.chosen)) this.curves.refresh();
  }

  scaled(scale) {
    this.curves.scale = scale;
    this.draw(true);
  }

  /** What Plotly has drawn and is on show. */
  shownPlot() {
    return this.chosen === SCORES ? this.scores : this.curves;
  }

  fileName() {
    return `${this.feed.id}-${this.chosen.id}`;
  }

  table() {
    return this.chosen === SCORES ? drawnTable(this.scores.element) : this.curves.table();
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
    else if (this.chosen === SCOPE) this.scope.show(this.single.newest, this.states, this.step);
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
    this.menu.destroy();
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
