// Fresh samples of one generator: the same noise for every step of a run, so that one watches it improve; Shuffle draws other noise.
import { Asker } from "./asking.js";
import { drawSheet, inkOf } from "./canvases.js";
import { h, number } from "./dom.js";
import { drawVectors, pack } from "./latent.js";

const COLUMNS = 6;
const MANY = { pictures: 36, points: 256 };
const SIDE = 640; // pixels of a picture of points
const VIEW = 1.1; // what it shows of the plane
const LOOK = 2000; // ms between two looks for newer weights

const views = new WeakMap();

/** data: {id, step, z_dim, points, live}; `step` null is the newest generator. */
export default function mount({ parentElement, data }) {
  const view = views.get(parentElement) ?? new Fresh(parentElement);
  views.set(parentElement, view);
  view.show(data);
  const mounted = (view.mounted = {});
  return () => {
    if (view.mounted !== mounted) return; // a later call took over
    view.destroy();
    views.delete(parentElement);
  };
}

class Fresh {
  constructor(root) {
    this.canvas = h("canvas", { role: "img", width: 178, height: 178 });
    this.message = h("p", { class: "message", role: "status", hidden: true });
    this.caption = h("figcaption", { "data-testid": "fresh-caption" });
    const shuffle = h("button", { type: "button" }, "Shuffle");
    shuffle.onclick = () => this.shuffle();
    const below = h("div", {}, shuffle, this.caption);
    this.element = h("figure", { class: "fresh" }, this.canvas, this.message, below);
    root.append(this.element);
    this.seed = 1;
    this.asker = new Asker(
      () => this.question(),
      (answer) => this.paint(answer),
      (sentence) => this.tell(sentence),
    );
  }

  show(data) {
    const other = this.data?.id !== data.id;
    if (other || this.data.step !== data.step) this.asker.step = null;
    this.data = data;
    this.canvas.classList.toggle("points", data.points);
    if (other) this.draw();
    if (other && data.points) inkOf(`/api/runs/${data.id}/real.webp`).then((ink) => this.lay(ink));
    this.timer ??= setInterval(() => this.look(), LOOK);
    this.asker.ask();
  }

  destroy() {
    clearInterval(this.timer);
    this.asker.stop();
    this.element.remove();
  }

  shuffle() {
    this.seed = Math.floor(Math.random() * 2 ** 31);
    this.draw();
    this.asker.ask();
  }

  draw() {
    this.z = drawVectors(this.seed, MANY[this.data.points ? "points" : "pictures"], this.data.z_dim);
  }

  question() {
    const { id, step } = this.data;
    const model = step === null ? id : `${id}@${step}`;
    return { url: `/api/models/${model}/images?kind=z`, body: pack(this.z) };
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
    this.caption.dataset.seed = this.seed;
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
    pen.fillStyle = "#cc79a7";
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
