// One of the runs compared: its name in its colour, how it stands, and its fixed grid at a place.

import { duration, h, number } from "../base/dom.js";
import { Picture } from "../base/picture.js";
import { STATUS } from "../base/words.js";
import { SIGNS } from "../live/health.js";
import { follow } from "../charts/feed.js";

const ACTIVE = ["training", "paused", "queued"];

export class Card {
  constructor(run, onnews) {
    this.run = run;
    this.picture = new Picture();
    this.chip = h("span", { class: "base-chip" });
    this.name = h("b");
    this.facts = h("span", { class: "compare-facts" });
    this.swatch = h("i", { class: "compare-swatch" });
    this.light = h("span", { class: "compare-light", hidden: true });
    const line = h("span", { class: "compare-line" }, this.chip, this.facts, this.light);
    const caption = h("figcaption", {}, h("span", { class: "compare-name" }, this.swatch, this.name), line);
    this.element = h(
      "figure",
      { class: "compare-card", "data-run": run.id },
      caption,
      h("span", { class: "compare-stage" }, this.picture.image),
    );
    this.going = false; // seen in training and not about to stop, even if it has ended since
    const { feed, stop } = follow(run.id, () => {
      this.going ||= ACTIVE.includes(feed.status) && feed.control.want !== "stop";
      onnews();
    });
    this.feed = feed;
    this.stop = stop;
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
    this.chip.textContent = STATUS[gone ? "gone" : feed.status] ?? STATUS.loading;
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
    if (!(await this.picture.show(url, text))) return;
    const { image } = this.picture;
    const larger = image.clientWidth * devicePixelRatio >= image.naturalWidth;
    image.classList.toggle("pixels", larger && !this.run.points);
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
