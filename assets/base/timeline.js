// A slider back through time: replay, the slider, the way back to the newest, and in words where one stands.
import { h, say } from "./dom.js";
import { Replay } from "./replay.js";

export class Timeline {
  /**
   * @param {string} what is replayed, "the run"
   * @param {object} how
   * @param {string} how.label of the slider, for who cannot see it
   * @param {string} how.testid of the slider
   * @param {(index: number | null, playing: boolean) => unknown} how.go shows a place, null the newest; a promise resolves once
   *   it is drawn
   * @param {HTMLElement[]} [how.more] stands before the words
   */
  constructor(what, { label, testid, go, more = [] }) {
    this.count = 0;
    this.at = /** @type {number | null} */ (null);
    this.replay = new Replay(what, { count: () => this.count, at: () => this.at, go: (index) => go(index, true) });
    this.range = h("input", { type: "range", min: 0, max: 0, step: 1, "aria-label": label, "data-testid": testid });
    this.newest = h("button", { type: "button", class: "base-now", "aria-pressed": "true" }, "Latest");
    this.where = h("output", { class: "base-where", "aria-live": "off" });
    const by = (index) => (this.replay.stop(), go(index, false));
    this.range.addEventListener("input", () => by(Number(this.range.value)));
    this.newest.addEventListener("click", () => by(null));
    const parts = [this.replay.button, this.range, this.newest, ...more, this.where];
    this.element = h("div", { class: "base-timeline" }, ...parts);
  }

  /**
   * Shows which of `count` places is on screen, null for the newest, and where that is in words, `spoken` of the slider.
   * `place` is where the slider stands while it follows the newest.
   */
  show({ count, at, text, spoken = text, newest = "Latest", place = count - 1 }) {
    this.count = count;
    this.at = at;
    this.range.max = String(Math.max(0, count - 1));
    this.range.value = String(Math.max(0, at ?? place));
    this.range.ariaValueText = spoken;
    this.replay.button.disabled = count < 2;
    this.newest.setAttribute("aria-pressed", String(at === null));
    say(this.newest, newest);
    say(this.where, text);
  }

  stop() {
    this.replay.stop();
  }
}
