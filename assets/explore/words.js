// A caption that a generator is asked for in the place of a class, where it was trained with captions.
import { h, hide } from "../base/dom.js";

const REST = 250; // ms without a key until what was typed is asked for
const EXAMPLE = "a thick seven, slanted to the left, at the top";

export class Words {
  constructor(explorer) {
    this.explorer = explorer;
    this.text = "";
    this.field = h("input", { type: "text", "data-part": "words", placeholder: EXAMPLE, maxLength: 200 });
    this.field.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.take(), REST);
    });
    this.field.addEventListener("keydown", (event) => event.stopPropagation()); // letters are no shortcuts here
    this.known = h("p", { class: "explore-words", "data-part": "vocabulary" });
    this.element = h(
      "div",
      { hidden: true },
      h("label", { class: "explore-row" }, h("span", { class: "explore-name" }, h("b", {}, "Words")), this.field),
      this.known,
    );
  }

  /** The words of a link; "" asks for a class. */
  set(text) {
    this.text = text.trim();
    this.field.value = this.text;
  }

  take() {
    this.text = this.field.value.trim();
    this.fill();
    this.explorer.changed();
  }

  fill() {
    const { explorer } = this;
    const vocabulary = explorer.context.data.vocabulary ?? [];
    hide(this.element, !vocabulary.length);
    explorer.classes.select.disabled = Boolean(this.text);
    const told = `It knows ${vocabulary.join(", ")}.`;
    if (this.known.textContent !== told) this.known.textContent = told;
  }

  /** What it adds to a question for pictures. */
  get query() {
    return this.text && !this.element.hidden ? `&words=${encodeURIComponent(this.text)}` : "";
  }
}
