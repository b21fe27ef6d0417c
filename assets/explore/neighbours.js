// Samples around the one that is shown, each a button that goes there; a slider for how far they are.
import { drawSheet } from "../base/canvas.js";
import { h, percent, say } from "../base/dom.js";
import { roving } from "../base/roving.js";
import { MANY } from "./latent-state.js";

export class Neighbours {
  constructor(explorer) {
    this.explorer = explorer;
    this.cells = Array.from({ length: MANY }, () => h("canvas", { width: 28, height: 28 }));
    const buttons = this.cells.map((canvas, k) => {
      const cell = h("button", { type: "button", "aria-label": `Neighbour ${k + 1}: go there` }, canvas);
      cell.onclick = () => explorer.visit(k);
      return cell;
    });
    roving(buttons);
    const named = { "data-part": "spread", "aria-label": "How far the neighbours are" };
    this.spread = h("input", { type: "range", min: 0, max: 1, step: 0.01, ...named });
    this.spread.oninput = () => ((explorer.latent.spread = Number(this.spread.value)), explorer.changed());
    this.far = h("output", { "aria-live": "off" });
    const caption = h("figcaption", {}, h("span", {}, "Neighbours: click one"), this.spread, this.far);
    const what = { role: "group", "aria-label": "Neighbours: arrow keys lead from one to the next" };
    const sheet = h("div", { class: "explore-neighbours", "data-part": "neighbours", ...what }, ...buttons);
    this.element = h("figure", { class: "explore-many" }, sheet, caption);
  }

  fill() {
    const { spread } = this.explorer.latent;
    this.spread.value = spread;
    say(this.far, spread < 0.02 ? "the same" : spread > 0.98 ? "any" : percent(spread));
  }

  /** The pictures of an answer from number `first` on: of all neighbours, or of those of these numbers. */
  paint(answer, first, numbers = [...this.cells.keys()]) {
    numbers.forEach((number, k) => drawSheet(this.cells[number], answer, first + k, 1, 1, 0));
  }
}
