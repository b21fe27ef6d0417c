// What was done to a run, listed below its chart: each entry leads to its step.

import { h, number } from "../base/dom.js";
import { marksOf, trouble } from "./events.js";

/** The lines of a chart in words, for those who cannot hit them or see them. Nothing is shown while there is none. */
export class EventList {
  /**
   * @param {(step: number) => void} onseek hears the step of the entry that is pressed
   * @param {(step: number | null) => void} onpoint that of the one under the pointer or with the focus; null is none
   */
  constructor(onseek, onpoint) {
    this.onseek = onseek;
    this.onpoint = onpoint;
    this.count = h("summary");
    this.list = h("ol");
    this.element = h("details", { class: "live-events", "data-testid": "live-events", hidden: true });
    this.element.append(this.count, this.list);
    this.known = "";
  }

  show(feed) {
    const entries = entriesOf(feed);
    const known = JSON.stringify(entries);
    if (known === this.known) return; // an entry may have the focus
    this.known = known;
    this.element.hidden = !entries.length;
    this.count.textContent = entries.length === 1 ? "1 event" : `${entries.length} events`;
    this.list.replaceChildren(
      ...entries.map(({ step, text, told }) => {
        const words = `step ${number(step)} · ${text}`;
        const button = h("button", { type: "button", "data-step": step, title: told || "Show this step" }, words);
        button.addEventListener("click", () => this.onseek(step));
        for (const name of ["pointerenter", "focus"]) button.addEventListener(name, () => this.onpoint(step));
        for (const name of ["pointerleave", "blur"]) button.addEventListener(name, () => this.onpoint(null));
        return h("li", {}, button);
      }),
    );
    this.mark(this.step ?? null);
  }

  /** Shows which entry stands at a step; null is now. */
  mark(step) {
    this.step = step;
    for (const button of this.list.querySelectorAll("button")) {
      if (Number(button.dataset.step) === step) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }
}

/** What a chart of this feed marks, the newest first: [{ step, text, told }]. */
export function entriesOf(feed) {
  const done = marksOf(feed).map(({ at, text }) => ({ step: at.step, text, told: "" }));
  const wrong = trouble(feed);
  const all = wrong ? [...done, { step: wrong.step, text: wrong.text, told: wrong.told }] : done;
  return all.sort((a, b) => b.step - a.step);
}
