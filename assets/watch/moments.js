// The time machine: what the generator made of the same noise, step by step.
import { h, hide, number, say } from "../base/dom.js";
import { Replay } from "../base/replay.js";

const NOISE = "Generated, always from the same noise";
const SOURCES = "Side by side with what it was made from, always the same";

export class Moments {
  /** @param {(step: number | null) => void} looked is told the step that is looked at, null for the newest */
  constructor(looked) {
    this.looked = looked;
    this.picture = h("img", { class: "watch-grid", "data-part": "picture", alt: "" });
    this.real = h("img", { class: "watch-grid", "data-part": "real-images", alt: "Real images" });
    this.time = h("input", { type: "range", min: 0, step: 1, "data-part": "time", "aria-label": "Training step" });
    this.text = h("output", { "data-part": "step" });
    this.replay = new Replay("the run", {
      count: () => this.steps.length,
      at: () => (this.last ? 0 : this.at),
      go: (index) => this.go(index),
    });
    this.steps = [];
    this.at = 0;
    this.time.oninput = () => (this.replay.stop(), this.go(Number(this.time.value)));
    const row = h("div", { class: "watch-row" }, this.replay.button, this.time, this.text);
    const pictures = h(
      "div",
      { class: "watch-pictures" },
      h("figure", {}, this.picture, (this.caption = h("figcaption", {})), row),
      (this.beside = h("figure", {}, this.real, h("figcaption", {}, "Real"))),
    );
    this.none = h("p", {}, "There is no picture yet.");
    this.element = h("div", {}, this.none, pictures);
  }

  get last() {
    return this.at === this.steps.length - 1;
  }

  show(feed) {
    const follows = !this.steps.length || (this.last && !this.replay.playing);
    const step = this.steps[this.at];
    this.feed = feed;
    this.steps = feed.samples.fixed;
    say(this.caption, feed.from_source ? SOURCES : NOISE);
    hide(this.none, this.steps.length > 0);
    this.time.max = String(Math.max(0, this.steps.length - 1));
    hide(this.beside, !feed.real);
    if (feed.real && !this.real.src) this.real.src = feed.source.address(feed.real);
    if (!this.steps.length) return;
    const near = this.steps.findIndex((one) => one >= step);
    this.go(follows || near < 0 ? this.steps.length - 1 : near);
  }

  /** Shows the picture of a step, or the nearest before it; null is now. */
  seek(step) {
    this.replay.stop();
    const k = step === null ? this.steps.length - 1 : this.steps.findLastIndex((one) => one <= step);
    if (this.steps.length) this.go(Math.max(0, k));
  }

  /** Shows a picture; the promise resolves once it is there. */
  async go(index) {
    this.at = index;
    const step = this.steps[index];
    this.time.value = String(index);
    say(this.text, `step ${number(step)}`);
    this.time.ariaValueText = `step ${number(step)}`;
    const url = this.feed.picture("fixed", step);
    if (this.picture.dataset.url === url) return;
    this.picture.dataset.url = url;
    this.looked(this.last ? null : step);
    const next = new Image();
    next.src = url;
    await next.decode().catch(() => {});
    if (this.picture.dataset.url !== url) return; // another one is wanted by now
    this.picture.src = url;
    this.picture.alt = `Generated images at step ${number(step)}`;
  }
}
