// What D and EvalNet make of the sample, asked when the finger rests.
import { h } from "./dom.js";
import { percent } from "./opinion.js";

const AGAIN = 1000; // ms until a busy server is asked again

export class Reading {
  constructor(explorer) {
    this.explorer = explorer;
    this.fillings = h("i");
    this.score = h("b", {}, "D: –");
    this.reads = h("span", { "data-part": "reads" });
    const bar = h("span", { class: "d-bar", "aria-hidden": "true" }, this.fillings);
    this.element = h("p", { class: "reading", "data-part": "reading" }, bar, this.score, this.reads);
    this.element.title = "D's probability that this picture is real, and what EvalNet, trained apart, reads";
  }

  stir() {
    this.element.classList.add("stale");
  }

  /** Asks about the sample, the first picture of an answer. */
  async rested(answer) {
    const { explorer } = this;
    const { pixels, h: high, w, c } = answer;
    const { user } = explorer.studio;
    clearTimeout(this.again);
    const url = `/api/models/${explorer.studio.model()}/reading?user=${user}`;
    const told = await fetch(url, { method: "POST", body: pixels.slice(0, high * w * c) })
      .then(async (found) => ({ status: found.status, ...(await found.json()) }))
      .catch(() => ({ status: 0 }));
    if (explorer.answer !== answer || explorer.gone) return;
    if (told.status === 200) this.show(told);
    else if (told.status === 503) this.again = setTimeout(() => explorer.answer === answer && this.rested(answer), AGAIN);
    else this.reads.textContent = told.error ?? "";
  }

  show({ p, classes, names, why }) {
    const shares = classes?.[0];
    const top = shares ? shares.indexOf(Math.max(...shares)) : -1;
    this.element.classList.remove("stale");
    this.fillings.style.width = `${100 * p[0]}%`;
    this.score.textContent = `D: ${percent(p[0])} real`;
    this.reads.textContent = shares ? `reads as ${names[top]}, ${percent(shares[top])}` : "";
    this.reads.title = why ?? "";
  }

  destroy() {
    clearTimeout(this.again);
  }
}
