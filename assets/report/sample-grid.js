// Samples of the generators that a run kept, with a slider through them: the same noise for every step, so that one watches
// it improve; Shuffle draws other noise. Of a run that starts from sources its own grids.
import { Newest } from "../base/http.js";
import { ClassChoice } from "../base/class-choice.js";
import { Picture } from "../base/picture.js";
import { Timeline } from "../base/timeline.js";
import { address } from "../base/root.js";
import { mounting } from "../base/mount.js";
import { drawSheet, inkOf } from "../base/canvas.js";
import { colour } from "../base/colours.js";
import { h, number } from "../base/dom.js";
import { anySeed, drawVectors, pack } from "../base/latent.js";
import { generators } from "../engine/page.js";

const COLUMNS = 6;
const MANY = { pictures: 36, points: 256 };
const SIDE = 640; // pixels of a picture of points
const VIEW = 1.1; // what it shows of the plane
const LOOK = 2000; // ms between two looks for newer weights
const REST = 400; // ms that a hand has rested before the rest of the page follows it

class SampleGrid {
  constructor(root) {
    this.canvas = h("canvas", { role: "img", width: 178, height: 178 });
    this.picture = new Picture();
    this.timeline = new Timeline("the run", {
      label: "Training step",
      testid: "report-slider",
      go: (index) => this.go(index),
    });
    this.message = h("p", { class: "report-message", role: "status", hidden: true });
    this.caption = h("figcaption", { "data-testid": "fresh-caption" });
    const shuffle = h("button", { type: "button" }, "Shuffle");
    shuffle.onclick = () => this.shuffle();
    this.choice = new ClassChoice(() => this.asker.ask());
    this.tools = h("div", {}, shuffle, this.choice.element);
    const below = [this.timeline.element, this.tools, this.caption];
    this.element = h("figure", { class: "report-samples" }, this.canvas, this.picture.image, this.message, ...below);
    root.append(this.element);
    this.seed = 1;
    this.timer = null;
    this.asker = new Newest({
      question: () => this.question(),
      answered: (answer) => this.paint(answer),
      told: (sentence) => this.tell(sentence),
      here: generators,
    });
  }

  show(data, tell) {
    const other = this.data?.id !== data.id;
    const was = this.step;
    if (other) {
      clearTimeout(this.resting);
      this.resting = null;
    }
    if (other || !this.resting) this.step = data.step; // the hand is ahead of the page
    if (other || was !== this.step) this.asker.step = null;
    this.data = data;
    this.hear = tell;
    this.choice.set(data.classes ?? []);
    this.canvas.classList.toggle("points", data.points);
    if (other) this.draw();
    if (other && data.points) inkOf(address(`/api/runs/${data.id}/real.webp`)).then((ink) => this.lay(ink));
    this.timer ??= setInterval(() => this.look(), LOOK);
    this.place();
    this.draws();
  }

  /** Goes to a generator by its place, null is the newest; the page hears of it once the hand rests. */
  go(index) {
    const newest = index === null || index >= this.data.steps.length - 1;
    this.step = newest ? null : this.data.steps[index];
    this.asker.step = null;
    this.place();
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      this.resting = null;
      this.hear?.("step", this.step);
    }, REST);
    return this.draws();
  }

  /** Where the slider stands, in words. */
  place() {
    const { steps, live } = this.data;
    const step = this.step ?? steps.at(-1);
    const text = step === 0 ? "step 0: untrained" : `step ${number(step)}`;
    const at = this.step === null ? null : steps.indexOf(this.step);
    this.timeline.show({ count: steps.length, at, text, newest: live ? "Live" : "Latest" });
    this.timeline.element.hidden = steps.length < 2;
  }

  /** Has the pictures of the step drawn, or shows those that the run kept of its sources. */
  draws() {
    const { pictures } = this.data;
    this.canvas.hidden = this.tools.hidden = Boolean(pictures);
    this.picture.image.hidden = !pictures;
    if (!pictures) return this.asker.ask();
    const step = this.step ?? this.data.steps.at(-1);
    const near = pictures.steps.reduce((a, b) => (Math.abs(b - step) < Math.abs(a - step) ? b : a));
    this.caption.textContent = `${pictures.words}, at step ${number(near)}: sources that were not learned from`;
    this.caption.dataset.step = String(near);
    const url = address(`/${pictures.url.replace("{step}", String(near))}`);
    return this.picture.show(url, `Held-out sources and their results at step ${number(near)}`);
  }

  destroy() {
    this.timeline.stop();
    clearTimeout(this.resting);
    clearInterval(this.timer);
    this.asker.stop();
    this.element.remove();
  }

  shuffle() {
    this.seed = anySeed();
    this.draw();
    this.asker.ask();
  }

  draw() {
    this.z = drawVectors(this.seed, MANY[this.data.points ? "points" : "pictures"], this.data.z_dim);
  }

  question() {
    const { id } = this.data;
    const model = this.step === null ? id : `${id}@${this.step}`;
    return { url: `/api/models/${model}/images?kind=z${this.choice.query()}`, body: pack(this.z) };
  }

  /** The newest generator of a run that trains changes by itself. */
  look() {
    if (!document.hidden && this.data.live && this.step === null && !this.data.pictures) this.asker.look();
  }

  paint(answer) {
    this.answer = answer;
    if (this.data.points) this.paintPoints(answer);
    else drawSheet(this.canvas, answer, 0, answer.n, COLUMNS, 2);
    const words = `Generator of step ${number(answer.step)}: the same noise at every step, until you shuffle`;
    this.caption.textContent = words;
    this.caption.dataset.step = answer.step;
    this.caption.dataset.seed = String(this.seed);
    this.canvas.ariaLabel = `${answer.n} generated ${this.data.points ? "points" : "pictures"}, step ${answer.step}`;
  }

  /** The real points come to lie under the generated ones. */
  lay(ink) {
    this.real = ink;
    if (this.answer) this.paint(this.answer);
  }

  paintPoints({ pixels, n }) {
    Object.assign(this.canvas, { width: SIDE, height: SIDE });
    const pen = this.canvas.getContext("2d");
    if (this.real) pen.drawImage(this.real, 0, 0, SIDE, SIDE);
    pen.fillStyle = colour(this.canvas, "fake");
    for (let k = 0; k < n; k++) {
      const [x, y] = [pixels[2 * k] / 127.5 - 1, pixels[2 * k + 1] / 127.5 - 1];
      pen.beginPath();
      pen.arc((SIDE / 2) * (1 + x / VIEW), (SIDE / 2) * (1 - y / VIEW), 5, 0, 2 * Math.PI);
      pen.fill();
    }
  }

  tell(sentence) {
    this.message.textContent = sentence;
    this.message.hidden = !sentence;
  }
}

/**
 * data: {id, step, steps, z_dim, points, live, classes, pictures}; `step` null is the newest generator, the last of `steps`;
 * `pictures` {steps, url, words} of a run that starts from sources. Tells the `step` that was gone to.
 */
export default mounting(SampleGrid);
