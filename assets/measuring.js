// When directions are measured: at first, and again when the generator has grown; never so that a sample jumps.
import { h, number, say } from "./dom.js";

const WORTH = 1.1; // times as many steps, and measuring again is offered

export class Measuring {
  constructor(explorer) {
    this.explorer = explorer;
    this.element = h("button", { type: "button", class: "quiet", "data-part": "again", hidden: true });
    this.element.onclick = () => this.measure();
  }

  /** Has the directions of the shown generator measured; `quietly` only as long as no slider would move. */
  async measure(quietly = false) {
    const { explorer } = this;
    const { directions, spot } = explorer;
    this.tried = explorer.answer?.step;
    const told = await directions.measure(explorer.studio.model());
    if (explorer.gone || (quietly && spot.active.length)) return; // a hand was quicker than the answer
    if (told) {
      if (directions.step !== null) this.bake(directions.measured.map(({ name }) => name));
      directions.take(told);
      this.element.hidden = true;
      this.miss([...spot.values.keys()].filter((name) => !directions.find(name)));
    }
    if (!directions.list.length) explorer.folds.raw.open = true; // numbers can be moved without names
    explorer.remeasured();
  }

  /** A link may name what this generator has not. */
  miss(names) {
    for (const name of names) this.explorer.spot.slide(name, 0);
    if (names.length) this.explorer.notice.tell(`The link's direction ${names.join(", ")} is not there any more.`);
  }

  /** What directions add goes into z, here and wherever Back leads: they go, the samples stay. */
  bake(names) {
    const { explorer } = this;
    const { spot } = explorer;
    const baked = (memory) => {
      spot.restore(memory);
      for (const name of names) spot.bake(name);
      return spot.memory();
    };
    const here = spot.memory();
    explorer.past = explorer.past.map(baked);
    spot.restore(baked(here));
  }

  /** Another generator may be on screen: measured again by itself where no slider would move, else offered. */
  rested({ step }) {
    const { directions, spot } = this.explorer;
    if (directions.step === null) return void (this.tried !== undefined && this.tried !== step && this.measure());
    if (directions.aged(step) && !spot.active.length) return void this.measure(true);
    this.element.hidden = !directions.aged(step, WORTH);
    say(this.element, `Measure again (directions of step ${number(directions.step)})`);
  }
}
