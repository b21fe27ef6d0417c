// The pad: two directions as axes, a sheet of what the generator makes there, and a dot to drag over it.
import { drawCell, drawSheet, resize } from "../base/canvas.js";
import { h, hide, say } from "../base/dom.js";
import { onDrag } from "../base/pointer.js";
import { REACH } from "./latent-state.js";

export const COARSE = 7; // pictures a side
const FINE = 16; // where the page draws them
const STEP = 0.1; // of an arrow key
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * `moved(x, y)` is called while the dot is dragged; `turned(across, up)` when other axes are picked; `sized()` when the
 * sheet is to have more pictures, or fewer.
 */
export class Pad {
  constructor(moved, turned, sized) {
    this.moved = moved;
    this.side = COARSE;
    this.canvas = h("canvas", { width: 28 * COARSE, height: 28 * COARSE, "data-part": "sheet" });
    this.dot = h("i", { class: "explore-dot" });
    const frame = { class: "explore-sheet", tabindex: 0, role: "application", "data-part": "pad" };
    this.frame = h("div", frame, this.canvas, this.dot);
    this.across = this.select("Across", turned);
    this.up = this.select("Up", turned);
    this.save = h("button", { type: "button", class: "quiet", "data-part": "save-sheet" }, "Save as PNG");
    this.finer = h("button", { type: "button", class: "quiet", "data-part": "finer", "aria-pressed": false });
    this.finer.textContent = `${FINE} × ${FINE}`;
    this.finer.title = "More pictures in the sheet, those around the dot first";
    this.finer.hidden = true;
    this.finer.onclick = () => {
      this.side = this.fine ? COARSE : FINE;
      this.finer.ariaPressed = String(this.fine);
      sized();
    };
    this.why = h("p", { class: "explore-missing", hidden: true });
    const axes = h(
      "div",
      { class: "explore-axes" },
      h("label", {}, "→ ", this.across),
      h("label", {}, "↑ ", this.up),
      this.finer,
      this.save,
    );
    this.element = h("figure", { class: "explore-pad" }, this.frame, this.why, axes);
    onDrag(this.frame, (x, y) => this.to((x - 0.5) * this.wide, (0.5 - y) * this.wide));
    this.frame.onkeydown = (event) => this.key(event);
    this.frame.ondblclick = () => this.to(0, 0);
  }

  /** Whether the sheet has more pictures than are drawn in one go. */
  get fine() {
    return this.side > COARSE;
  }

  /** The sheet from edge to edge, in values: each lies in the middle of its picture. */
  get wide() {
    return (2 * REACH * this.side) / (this.side - 1);
  }

  select(title, turned) {
    const select = h("select", {
      "aria-label": `${title}: direction of the pad`,
      "data-part": `pad-${title.toLowerCase()}`,
    });
    select.onchange = () => turned(this.across.value, this.up.value);
    return select;
  }

  to(x, y) {
    const [across, up] = [x, y].map((value) => Math.max(-REACH, Math.min(REACH, value)));
    this.at = [across, up];
    this.moved(across, up);
  }

  key(event) {
    const by = KEYS[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const size = event.shiftKey ? 10 * STEP : STEP;
    this.to(this.at[0] + size * by[0], this.at[1] + size * by[1]);
  }

  /** Shows the axes {name, title} x 2, the choice of them, and where the dot is; `why` in place of it all. */
  fill(axes, choice, at, why) {
    for (const part of [this.frame, this.save, this.across.parentElement, this.up.parentElement]) hide(part, !axes);
    hide(this.why, Boolean(axes));
    say(this.why, why);
    if (!axes) return;
    this.at = at;
    [this.across, this.up].forEach((select, k) => offer(select, choice, axes[k].name, axes[1 - k].name));
    const place = (value) => `${100 * (0.5 + value / this.wide)}%`;
    this.dot.style.transform = `translate(${place(at[0])}, ${place(-at[1])})`;
    const [across, up] = axes.map(({ title }, k) => `${title} ${at[k].toFixed(1)}`);
    this.frame.ariaLabel = `Pad: ${across} across, ${up} up. Drag, or use the arrow keys.`;
  }

  /** The pictures of an answer from number `first` on. */
  paint(answer, first) {
    drawSheet(this.canvas, answer, first, this.side ** 2, this.side, 0);
  }

  /** The numbers of all pictures of the sheet, those that are nearest to the dot first. */
  order() {
    const place = (value) => (value / this.wide + 0.5) * this.side - 0.5;
    const [x, y] = [place(this.at[0]), place(-this.at[1])];
    const far = (k) => ((k % this.side) - x) ** 2 + (Math.floor(k / this.side) - y) ** 2;
    return Array.from({ length: this.side ** 2 }, (_, k) => k).sort((a, b) => far(a) - far(b));
  }

  /** Pictures of an answer at places of the sheet; the others stay. */
  fillIn(answer, places) {
    resize(this.canvas, this.side * answer.w, this.side * answer.h);
    places.forEach((place, k) => drawCell(this.canvas, answer, k, place % this.side, Math.floor(place / this.side)));
  }
}

/** All directions of `choice` {name, title} in a select, without the one that the other axis has. */
function offer(select, choice, value, other) {
  const told = JSON.stringify([choice, other]);
  if (select.dataset.told !== told) {
    select.dataset.told = told;
    const options = choice.filter(({ name }) => name !== other);
    select.replaceChildren(...options.map(({ name, title }) => h("option", { value: name }, title)));
  }
  select.value = value;
}
