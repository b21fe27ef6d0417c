// Style mixing: every row has the coarse layers of one sample, every column the fine layers of another.
import { Newest } from "../base/http.js";
import { drawSheet } from "../base/canvas.js";
import { h } from "../base/dom.js";
import { anySeed, drawVectors, pack } from "../base/latent.js";
import { generators } from "../engine/page.js";

const MANY = 5; // rows, and columns
const FIRST = 3; // layers of the coarse one at first, of five: the digit's, but not the stroke's

export class Mixing {
  constructor(explorer) {
    this.explorer = explorer;
    const { layers } = explorer.context.data;
    this.layers = layers;
    this.seed = 1;
    const named = { "aria-label": "Layers of the coarse sample", "data-part": "border" };
    this.border = h("input", { type: "range", min: 1, max: layers.length - 1, step: 1, value: FIRST, ...named });
    this.border.oninput = () => this.fill();
    this.split = h("p", { class: "explore-missing", "data-part": "split" });
    const other = h("button", { type: "button", class: "quiet", "data-part": "mix-others" }, "Other samples");
    other.onclick = () => ((this.seed = anySeed()), this.fill());
    this.rows = this.heads("Shape");
    this.columns = this.heads("Stroke");
    this.cells = Array.from({ length: MANY * MANY }, () => canvas());
    const lines = this.rows.map((head, row) => [head, ...this.cells.slice(MANY * row, MANY * (row + 1))]);
    const corner = h("span", { class: "explore-corner", "aria-hidden": "true" }, "shape ↓ stroke →");
    const grid = h("div", { class: "explore-mixing", "data-part": "mixing" }, corner, ...this.columns, ...lines.flat());
    const label = h("label", { class: "explore-row" }, h("span", { class: "explore-name" }, "Border"), this.border);
    const words = h(
      "p",
      { class: "explore-missing" },
      "Each layer of this generator takes a style of its own. The first row and column begin with the sample above; click a picture at the edge to go there.",
    );
    this.element = h("div", { class: "explore-mixed" }, label, this.split, grid, h("div", {}, other), words);
    this.asker = new Newest({
      question: () => this.question("mix", `&border=${this.border.value}&coarse=${MANY}`),
      answered: (answer) => this.cells.forEach((cell, k) => drawSheet(cell, answer, k, 1, 1, 0)),
      told: (sentence) => explorer.notice.trouble(sentence),
      here: generators,
    });
    this.edge = new Newest({
      question: () => this.question("edge", ""),
      answered: (answer) =>
        [...this.rows, ...this.columns].forEach((head, k) => drawSheet(head.firstChild, answer, k, 1, 1, 0)),
      here: generators,
    });
  }

  heads(what) {
    return Array.from({ length: MANY }, (_, k) => {
      const head = h("button", { type: "button", "aria-label": `${what} ${k + 1}: go there` }, canvas());
      head.onclick = () => this.explorer.go((what === "Shape" ? this.coarse : this.fine)[k]);
      return head;
    });
  }

  question(line, more) {
    return {
      url: this.explorer.drawing.address(line) + more,
      body: pack(this.explorer.latent.truncated(this.vectors)),
    };
  }

  /** The samples of the rows, then those of the columns. */
  get vectors() {
    return [...this.coarse, ...this.fine];
  }

  fill() {
    const { latent, drawing, ready } = this.explorer;
    const coarse = Number(this.border.value);
    this.split.textContent = `Shape from: ${this.layers.slice(0, coarse).join(", ")}. Stroke from: ${this.layers.slice(coarse).join(", ")}.`;
    const others = drawVectors(this.seed, 2 * MANY - 1, latent.z_dim).map((z) => latent.whole(z));
    const here = latent.z();
    this.coarse = [here, ...others.slice(0, MANY - 1)];
    this.fine = [here, ...others.slice(MANY)].slice(0, MANY);
    const key = [drawing.by(), coarse, this.seed, here].join("|");
    if (key === this.drawn || !ready) return;
    this.drawn = key;
    this.asker.ask();
    this.edge.ask();
  }

  /** Newer weights draw other pictures. */
  idle() {
    if (this.element.closest("details[open]")) this.fill();
  }

  destroy() {
    this.asker.stop();
    this.edge.stop();
  }
}

const canvas = () => h("canvas", { width: 28, height: 28 });
