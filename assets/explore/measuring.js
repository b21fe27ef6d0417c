// When directions are measured: at first, and again when the generator has grown; never so that a sample jumps.
import { h, number, say } from "../base/dom.js";

const WORTH = 1.1; // times as many steps, and measuring again is offered

export class Measuring {
  constructor(explorer) {
    this.explorer = explorer;
    this.element = h("button", { type: "button", class: "quiet", "data-part": "again", hidden: true });
    this.element.onclick = () => this.measure();
    /** @type {Promise<any> | null} the question that counts, while it has no answer */
    this.underway = null;
  }

  /** Has the directions of the shown generator measured; `quietly` only as long as no slider would move. */
  async measure(quietly = false) {
    const { explorer } = this;
    const { directions, latent } = explorer;
    this.tried = explorer.answer?.step;
    const underway = (this.underway = directions.measure(explorer.context.model()));
    const told = await underway;
    if (explorer.gone || this.underway !== underway) return; // a later question takes over
    this.underway = null;
    if (quietly && latent.active.length) return; // a hand was quicker than the answer
    if (told) {
      if (directions.step !== null) this.applyPermanently(directions.measured.map(({ name }) => name));
      directions.take(told);
      this.element.hidden = true;
      this.miss([...latent.values.keys()].filter((name) => !directions.find(name)));
    }
    if (!directions.list.length) explorer.folds.raw.open = true; // numbers can be moved without names
    explorer.remeasured();
  }

  /** A link may name what this generator has not. */
  miss(names) {
    for (const name of names) this.explorer.latent.slide(name, 0);
    if (names.length) this.explorer.notice.tell(`The link's direction ${names.join(", ")} is not there any more.`);
  }

  /** What directions add goes into z, here and wherever Back leads: they go, the samples stay. */
  applyPermanently(names) {
    const { explorer } = this;
    const { latent } = explorer;
    const baked = (memory) => {
      latent.restore(memory);
      for (const name of names) latent.applyPermanently(name);
      return latent.memory();
    };
    const here = latent.memory();
    explorer.past = explorer.past.map(baked);
    latent.restore(baked(here));
  }

  /** Another generator may be on screen: measured again by itself where no slider would move, else offered. */
  idle({ step }) {
    const { directions, latent } = this.explorer;
    const waits = this.underway !== null; // a busy server takes longer than a generator stays the newest
    const untried = !waits && this.tried !== step;
    if (directions.step === null) return void (untried && this.tried !== undefined && this.measure());
    const quietly = directions.aged(step) && !latent.active.length;
    if (quietly && untried) return void this.measure(true);
    this.element.hidden = (quietly && waits) || !directions.aged(step, WORTH);
    say(this.element, `Re-measure directions (from step ${number(directions.step)})`);
  }
}
