// What is asked of the generator while hands move, and where the answer is drawn: all that is in view in one question.
import { Asker } from "./asking.js";
import { drawSheet } from "./canvases.js";
import { h, number } from "./dom.js";
import { download } from "./keeping.js";
import { pack } from "./latent.js";
import { SIDE } from "./pad.js";

const SELDOM = 5; // of so many looks one is taken when the run has ended
const REST = 150; // ms until a finger has come to rest

export class Drawing {
  constructor(explorer) {
    Object.assign(this, { explorer, answer: null, sheetOf: null, looks: 0 });
    this.status = h("p", { class: "status", "data-part": "status" });
    this.asker = new Asker(
      (newer) => this.question(newer),
      (answer) => this.paint(answer),
      (sentence) => explorer.notice.trouble(sentence),
    );
  }

  ask() {
    this.asker.ask();
  }

  /** Newer weights of a run that trains come by themselves. */
  look() {
    const { studio } = this.explorer;
    this.looks += 1;
    if (document.hidden || studio.step !== null) return;
    if (studio.data.live || this.looks % SELDOM === 0) this.asker.look();
  }

  /** The sample, its neighbours and, where it changes, the sheet; of a look for newer weights the sample alone. */
  question(newer) {
    const { spot, points, axes } = this.explorer;
    const z = spot.z();
    const others = newer ? [] : points ? points.net(z) : spot.neighbours();
    const key = newer || !this.explorer.axed() ? null : this.sheetKey();
    const sheet = key !== null && key !== this.sheetOf;
    const vectors = [z, ...others, ...(sheet ? spot.sheet(axes, SIDE) : [])];
    this.asked = { newer, z, others: others.length, sheet, key };
    return { url: this.address(), body: pack(spot.truncated(vectors)) };
  }

  /** Where pictures of the shown generator are asked for; `line` keeps questions apart that must not replace others. */
  address(line = "") {
    const { studio, label } = this.explorer;
    const { n_classes } = studio.data;
    const about = n_classes ? `&class=${Math.min(label, n_classes - 1)}` : "";
    return `/api/models/${studio.model()}/images?kind=z&user=${studio.user}${line && `-${line}`}${about}`;
  }

  /** What else than z the pictures depend on. */
  by() {
    const { studio, label, spot } = this.explorer;
    return [studio.model(), this.answer?.step, label, spot.psi].join("|");
  }

  /** All that the sheet of the pad depends on, newer weights apart. */
  sheetKey() {
    const { spot, axes, studio, label, directions } = this.explorer;
    const rest = spot.active.filter(([name]) => !axes.includes(name));
    return [studio.model(), label, spot.psi, axes, directions.step, spot.base, rest].join("|");
  }

  paint(answer) {
    const { explorer, asked } = this;
    if (asked.newer) return void this.ask(); // there are newer weights
    if (this.answer?.step !== answer.step) explorer.stir();
    this.answer = answer;
    if (explorer.behind) explorer.fill();
    if (explorer.points) {
      explorer.points.paint(answer, asked.z);
    } else {
      if (!explorer.film?.playing) drawSheet(explorer.one, answer, 0, 1, 1, 0);
      explorer.neighbours.paint(answer, 1);
    }
    if (asked.sheet) {
      explorer.pad.paint(answer, 1 + asked.others);
      Object.assign(this, { sheetOf: asked.key, sheetStep: answer.step });
    } else if (this.sheetOf && this.sheetStep !== answer.step) {
      this.sheetOf = null; // the weights were replaced in between
      this.ask();
    }
    this.status.dataset.step = answer.step;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rest(answer), REST);
  }

  /** The finger has come to rest: words, which would cost a layout of the page for every picture. */
  rest(answer) {
    const took = `${Math.round(answer.took)} ms from your finger to the picture`;
    this.status.textContent = `Generator of step ${number(answer.step)}, ${took}`;
    this.explorer.rested(answer);
  }

  /** The sheet of the pad as a PNG. */
  async save() {
    const { spot, axes, studio, notice } = this.explorer;
    const body = pack(spot.truncated(spot.sheet(axes, SIDE)));
    const name = `${studio.data.id}-${axes.join("-")}.png`.replace(/[^\w.-]+/g, "-");
    notice.tell(await download(`${this.address("png")}&format=png&columns=${SIDE}`, body, name));
  }

  destroy() {
    clearTimeout(this.resting);
    this.asker.stop();
  }
}
