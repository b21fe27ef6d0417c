// A ring around the part of the page that a lesson points at; it unfolds what hides it, and follows it.
import { Ring, find } from "../base/ring.js";

const EVERY = 250; // ms between two looks: pages are drawn anew all the time
const HEAD = 96; // px at the top that the navigation covers, and some air

export class Pointer {
  /** @param {(place: DOMRect) => void} [onfound] hears once for each control where it is */
  constructor(onfound = () => {}) {
    this.onfound = onfound;
    this.ring = new Ring("guide-ring");
    this.moved = () => this.look();
  }

  /** Points at a control {selector, opens} of ui/learn/controls.py; null at nothing. */
  at(control) {
    clearInterval(this.timer);
    removeEventListener("scroll", this.moved, true);
    this.control = control;
    this.pressed = new Set();
    this.target = null;
    this.ring.around(null);
    if (!control) return;
    this.timer = setInterval(this.moved, EVERY);
    addEventListener("scroll", this.moved, true);
    this.look();
  }

  look() {
    const target = find(this.control.selector);
    if (!target) this.open();
    this.ring.around(target);
    if (!target) return;
    if (!this.target) {
      target.style.scrollMarginTop = `${HEAD}px`;
      target.scrollIntoView({ block: "start", inline: "nearest" });
      this.onfound(target.getBoundingClientRect());
      this.ring.around(target);
    }
    this.target = target;
  }

  /** Presses what unfolds the part: each once, the first that can be seen. */
  open() {
    for (const selector of this.control.opens) {
      if (this.pressed.has(selector)) continue;
      const opener = find(selector);
      if (!opener) return;
      this.pressed.add(selector);
      opener.click();
      return;
    }
  }

  destroy() {
    this.at(null);
    this.ring.element.remove();
  }
}
