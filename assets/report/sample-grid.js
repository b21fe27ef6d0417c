// Samples of one generator: the same noise for every step of a run, so that one watches it improve; Shuffle draws other noise.
import { Newest } from "../base/http.js";
import { ClassChoice } from "../base/class-choice.js";
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

class SampleGrid {
  constructor(root) {
    this.canvas = h("canvas", { role: "img", width: 178, height: 178 });
    this.message = h("p", { class: "report-message", role: "status", hidden: true });
    this.caption = h("figcaption", { "data-testid": "fresh-caption" });
    const shuffle = h("button", { type: "button" }, "Shuffle");
    shuffle.onclick = () => this.shuffle();
    this.choice = new ClassChoice(() => this.asker.ask());
    const below = h("div", {}, shuffle, this.choice.element, this.caption);
    this.element = h("figure", { class: "report-samples" }, this.canvas, this.message, below);
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

  show(data) {
    const other = this.data?.id !== data.id;
    if (other || this.data.step !== data.step) this.asker.step = null;
    this.data = data;
    this.choice.set(data.classes ?? []);
    this.canvas.classList.toggle("points", data.points);
    if (other) this.draw();
    if (other && data.points) inkOf(address(`/api/runs/${data.id}/real.webp`)).then((ink) => this.lay(ink));
    this.timer ??= setInterval(() => this.look(), LOOK);
    this.asker.ask();
  }

  destroy() {
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
    const { id, step } = this.data;
    const model = step === null ? id : `${id}@${step}`;
    return { url: `/api/models/${model}/images?kind=z${this.choice.query()}`, body: pack(this.z) };
  }

  /** The newest generator of a run that trains changes by itself. */
  look() {
    if (!document.hidden && this.data.live && this.data.step === null) this.asker.look();
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

/** data: {id, step, z_dim, points, live, classes}; `step` null is the newest generator. */
export default mounting(SampleGrid);
