// The health light: one look says whether the training is well, one sentence what to try if it is not.

import { h } from "../base/dom.js";

/** What stands for a level beside its colour, and the word for it. */
export const SIGNS = {
  wait: { sign: "…", word: "Not yet" },
  good: { sign: "✓", word: "Well" },
  warn: { sign: "!", word: "Careful" },
  bad: { sign: "×", word: "Trouble" },
};

/**
 * A line with a dot, the name of what is seen and a sentence about it. What a screen reader is told
 * changes only when the light has another name, however often the numbers in the sentence do.
 */
export class Health {
  constructor() {
    this.sign = h("span", { class: "live-sign", role: "img" });
    this.title = h("b");
    this.said = h("span", { class: "live-said", role: "status", "aria-atomic": "true" }, this.sign, this.title);
    this.seen = h("span");
    this.advice = h("span", { class: "live-advice" });
    this.now = h("span", { class: "live-advice", "data-testid": "live-light-now", hidden: true }, "as it is now");
    const named = { class: "live-light", "data-testid": "live-light", hidden: true };
    this.element = h("div", named, this.said, h("p", {}, this.seen, " ", this.advice, this.now));
  }

  /** Says that it speaks of now where the pictures are of an earlier moment: in the advice's place, so that nothing moves. */
  past(earlier) {
    this.now.hidden = !earlier;
    this.advice.hidden = earlier;
  }

  /** Shows what a feed tells: { name, level, title, seen, advice }, or null for nothing. */
  show(light) {
    this.element.hidden = !light;
    if (light && light.name !== this.name) {
      const { sign, word } = SIGNS[light.level] ?? SIGNS.wait;
      this.element.dataset.level = light.level;
      this.sign.textContent = sign;
      this.sign.setAttribute("aria-label", word);
      this.title.textContent = light.title;
    }
    this.name = light?.name;
    this.seen.textContent = light?.seen ?? "";
    this.advice.textContent = light?.advice ? `Try: ${light.advice}` : "";
  }
}
