// One sentence over the page: what is wrong, or something to know for a while.
import { h, hide } from "../base/dom.js";

const TELL = 6000; // ms that something to know stays

export class Notice {
  constructor() {
    this.element = h("p", { class: "explore-message", "data-part": "message", role: "status", hidden: true });
  }

  /** What the server's answers say; "" when all is well. */
  trouble(sentence) {
    this.wrong = sentence;
    this.speak();
  }

  tell(sentence) {
    clearTimeout(this.timer);
    this.said = sentence;
    if (sentence) this.timer = setTimeout(() => this.tell(""), TELL);
    this.speak();
  }

  speak() {
    const sentence = this.wrong || this.said || "";
    this.element.textContent = sentence;
    hide(this.element, !sentence);
  }

  destroy() {
    clearTimeout(this.timer);
  }
}
