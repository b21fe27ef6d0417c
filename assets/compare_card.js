// One of the runs compared: its name in its colour, how it stands, and its fixed grid at a place.

import { duration, h, number } from "./dom.js";
import { SIGNS } from "./light.js";
import { follow } from "./series.js";

const WORDS = {
  training: "Training",
  paused: "Paused",
  queued: "Waiting",
  stopped: "Stopped",
  finished: "Finished",
  failed: "Failed",
};
const ACTIVE = ["training", "paused", "queued"];

export class Card {
  constructor(run, onnews) {
    this.run = run;
    this.image = h("img", { alt: "", hidden: true, draggable: "false", decoding: "sync" });
    this.chip = h("span", { class: "gl-chip" });
    this.name = h("b");
    this.facts = h("span", { class: "cm-facts" });
    this.swatch = h("i", { class: "cm-swatch" });
    this.light = h("span", { class: "cm-light", hidden: true });
    const line = h("span", { class: "cm-line" }, this.chip, this.facts, this.light);
    const caption = h("figcaption", {}, h("span", { class: "cm-name" }, this.swatch, this.name), line);
    this.element = h("figure", { class: "cm-card", "data-run": run.id }, caption, h("span", { class: "cm-stage" }, this.image));
    this.going = false; // seen in training and not about to stop, even if it has ended since
    const { feed, stop } = follow(run.id, () => {
      this.going ||= ACTIVE.includes(feed.status) && feed.control.want !== "stop";
      onnews();
    });
    Object.assign(this, { feed, stop });
  }

  paint(colour) {
    this.colour = colour;
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

  /** The step of the grid at `place`, or of the last one before it; undefined without any. */
  step(along, place) {
    return this.feed.samples.fixed[Math.max(0, last(this.places(along), place))];
  }

  /** Shows the grid at `place`. */
  draw(along, place) {
    const { feed } = this;
    const gone = feed.state === "gone";
    this.chip.dataset.status = gone ? "gone" : feed.status;
    this.chip.textContent = gone ? "Deleted" : (WORDS[feed.status] ?? "Loading");
    const step = this.step(along, place);
    this.shine(step === feed.samples.fixed.at(-1) ? feed.light : null);
    if (step === undefined) return;
    this.facts.textContent = `step ${number(step)} · ${duration(feed.at("seconds", step))}`;
    this.swap(feed.picture("fixed", step), `Pictures of ${this.run.name} at step ${number(step)}`);
  }

  /** What the health light says; it knows nothing of earlier moments. */
  shine(light) {
    this.light.hidden = !light;
    if (!light) return;
    const { sign, word } = SIGNS[light.level] ?? SIGNS.wait;
    this.light.dataset.level = light.level;
    this.light.textContent = `${sign} ${light.title}`;
    this.light.title = `${word}: ${light.seen ?? ""}`;
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

/** The index of the last of the ascending values that is not above `most`; -1 when all are. */
export function last(values, most) {
  let found = -1;
  for (let k = 0; k < values.length && values[k] <= most; k++) found = k;
  return found;
}
