// What is asked of the generator while hands move, and where the answer is drawn: of the server all that is in view in one
// question; of the page first the sample, which follows the finger, then its neighbours, then the sheet.
import { Newest, pause } from "../base/http.js";
import { drawSheet } from "../base/canvas.js";
import { h, number } from "../base/dom.js";
import { download } from "../base/storage.js";
import { pack } from "../base/latent.js";
import { drawn, generators } from "../engine/page.js";
import { MANY } from "./latent-state.js";

const SELDOM = 5; // of so many looks one is taken when the run has ended
const SLICE = 16; // pictures of the sheet that are drawn at once: what is under the finger never waits for more
const SPELL = 4; // ms that the neighbours which are drawn at once are to take; two at least
const LEAST = 2; // of them
const APART = 3; // times as long as a spell took passes before the next, where it did not do for all
const NONE_YET = "This run has no generator yet: it shows one as soon as its training begins.";
const REST = 150; // ms until a finger has come to rest

export class Drawing {
  constructor(explorer) {
    this.explorer = explorer;
    this.answer = null;
    this.sheetOf = null;
    this.looks = 0;
    this.samples = 0; // that were drawn
    this.few = MANY; // neighbours that are drawn at once
    this.around = Array(MANY).fill(0); // of each neighbour the number of the sample that it stands beside
    this.status = h("p", { class: "explore-status", "data-part": "status" });
    this.asker = new Newest({
      question: (newer) => this.question(newer),
      answered: (answer, ms) => this.paint({ ...answer, took: ms }),
      told: (sentence) => explorer.notice.trouble(sentence),
      here: generators,
    });
  }

  ask() {
    if (this.isThere()) this.asker.ask();
  }

  /** Whether there is a generator to ask; says so where there is none, instead of asking in vain. */
  isThere() {
    const { context, notice } = this.explorer;
    if (!context.data.shape) notice.trouble(NONE_YET);
    return Boolean(context.data.shape);
  }

  /** Newer weights of a run that trains come by themselves. */
  look() {
    const { context } = this.explorer;
    this.looks += 1;
    if (document.hidden || context.step !== null || !this.isThere()) return;
    if (context.data.live || this.looks % SELDOM === 0) this.asker.look();
  }

  /** The sample, its neighbours and, where it changes, the sheet; of a look for newer weights the sample alone. */
  question(newer) {
    const { latent, points, axes } = this.explorer;
    const z = latent.z();
    const apart = generators.draws(this.explorer.context.model()); // then the rest comes after what the hand moves
    const others = newer ? [] : points ? points.net(z) : apart ? [] : latent.neighbours();
    const key = newer || apart || !this.explorer.axed() || this.explorer.pad.fine ? null : this.sheetKey();
    const sheet = key !== null && key !== this.sheetOf;
    const vectors = [z, ...others, ...(sheet ? latent.sheet(axes, this.explorer.pad.side) : [])];
    this.asked = { newer, z, others: others.length, sheet, key };
    return { url: this.address(), body: pack(latent.truncated(vectors)) };
  }

  /** Where pictures of the shown generator are asked for; `line` keeps questions apart that must not replace others. */
  address(line = "") {
    const { context, label, latent, caption } = this.explorer;
    const { n_classes, w_dim: styled } = context.data;
    const drawn = styled && latent.psi < 1 ? `&psi=${latent.psi}&centre=${latent.centre}` : "";
    const about = (n_classes ? `&class=${Math.min(label, n_classes - 1)}` : "") + caption + drawn;
    return `/api/models/${context.model()}/images?kind=${styled ? "zw" : "z"}&user=${context.user}${line && `-${line}`}${about}`;
  }

  /** What else than z the pictures depend on. */
  by() {
    const { context, label, latent, caption } = this.explorer;
    return [context.model(), this.answer?.step, label, caption, latent.psi, latent.centre].join("|");
  }

  /** All that the sheet of the pad depends on, newer weights apart. */
  sheetKey() {
    const { latent, axes, context, label, caption, directions } = this.explorer;
    const rest = latent.active.filter(([name]) => !axes.includes(name));
    const { side } = this.explorer.pad;
    const asked = [label, caption];
    return [context.model(), asked, latent.psi, latent.centre, axes, side, directions.step, latent.base, rest].join(
      "|",
    );
  }

  /** Draws the sheet a slice at a time, from the dot outwards; begins anew where something else is wanted. */
  async refine() {
    if (this.refining) return;
    this.refining = true;
    try {
      while (this.explorer.axed() && !(await this.refined()));
    } catch {
      // a refusal: the next picture tries again
    }
    this.refining = false;
  }

  /** One pass over the sheet; whether it is there as it is wanted. */
  async refined() {
    const { pad, latent, axes } = this.explorer;
    const [key, step] = [this.sheetKey(), this.answer.step];
    const wanted = () => this.sheetKey() === key && this.answer.step === step;
    if (key === this.sheetOf && step === this.sheetStep && this.sheetHere) return true;
    const [vectors, places] = [latent.truncated(latent.sheet(axes, pad.side)), pad.order()];
    for (let k = 0; k < places.length; k += SLICE) {
      const slice = places.slice(k, k + SLICE);
      const answer = await drawn({ url: this.address("sheet"), body: pack(slice.map((place) => vectors[place])) });
      if (!wanted()) return !this.explorer.axed();
      pad.fillIn(answer, slice);
    }
    [this.sheetOf, this.sheetStep, this.sheetHere] = [key, step, true];
    return true;
  }

  /**
   * Draws the neighbours of the newest sample a few at a time, in turn: while a hand moves, none falls far behind, and on
   * a slow or busy device most of the time is left to the sample, and to a run that trains.
   */
  async surround() {
    if (this.surrounding) return;
    this.surrounding = true;
    try {
      for (let behind; (behind = this.behind()).length;) {
        const [model, sample] = [this.explorer.context.model(), this.samples];
        const vectors = this.explorer.latent.neighbours();
        const body = pack(this.explorer.latent.truncated(behind.map((k) => vectors[k])));
        const began = performance.now();
        const answer = await drawn({ url: this.address("around"), body });
        if (this.explorer.gone) break;
        if (this.explorer.context.model() !== model || this.answer.step !== answer.step) {
          if (this.samples === sample) break; // the next sample goes on
          continue; // it has come already
        }
        this.explorer.neighbours.paint(answer, 0, behind);
        for (const k of behind) this.around[k] = sample;
        const took = performance.now() - began;
        this.few = Math.max(LEAST, Math.min(MANY, Math.ceil((behind.length * SPELL) / took)));
        if (this.few < MANY) await pause(APART * took);
      }
    } catch {
      // a refusal: the next picture tries again
    }
    this.surrounding = false;
  }

  /** A few of the neighbours that do not stand beside the newest sample, those that have waited longest. */
  behind() {
    const { around, samples } = this;
    const late = [...around.keys()].filter((k) => around[k] !== samples);
    const count = late.length - this.few < LEAST ? late.length : this.few;
    return late.sort((a, b) => around[a] - around[b]).slice(0, count);
  }

  paint(answer) {
    const { explorer, asked } = this;
    if (asked.newer) return void this.ask(); // there are newer weights
    if (this.answer?.step !== answer.step) explorer.invalidate();
    this.answer = answer;
    if (explorer.behind) explorer.fill();
    if (explorer.points) {
      explorer.points.paint(answer, asked.z);
    } else {
      if (!explorer.film?.playing) drawSheet(explorer.one, answer, 0, 1, 1, 0);
      this.samples += 1;
      if (asked.others) {
        explorer.neighbours.paint(answer, 1);
        this.around.fill(this.samples);
      } else {
        this.surround();
      }
    }
    if (asked.sheet) {
      explorer.pad.paint(answer, 1 + asked.others);
      this.sheetOf = asked.key;
      this.sheetStep = answer.step;
      this.sheetHere = answer.here;
    } else if (explorer.pad && (answer.here || explorer.pad.fine)) {
      this.refine();
    } else if (this.sheetOf && this.sheetStep !== answer.step) {
      this.sheetOf = null; // the weights were replaced in between
      this.ask();
    }
    this.status.dataset.step = answer.step;
    this.status.dataset.by = answer.here ? "page" : "server";
    if (explorer.pad) explorer.pad.finer.hidden = !answer.here && !explorer.pad.fine;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.rest(answer), REST);
  }

  /** The finger has come to rest: words, which would cost a layout of the page for every picture. */
  rest(answer) {
    const took = `${Math.round(answer.took)} ms from the pointer to the picture`;
    const why = generators.why(this.explorer.context.model());
    const server = why ? `; drawn by the server: ${why}` : "";
    this.status.textContent = `Generator of step ${number(answer.step)}, ${took}${server}`;
    this.explorer.idle(answer);
  }

  /** The sheet of the pad as a PNG. */
  async save() {
    const { latent, axes, context, notice } = this.explorer;
    const body = pack(latent.truncated(latent.sheet(axes, this.explorer.pad.side)));
    const name = `${context.data.id}-${axes.join("-")}.png`.replace(/[^\w.-]+/g, "-");
    notice.tell(await download(`${this.address("png")}&format=png&columns=${this.explorer.pad.side}`, body, name));
  }

  destroy() {
    clearTimeout(this.resting);
    this.asker.stop();
  }
}
