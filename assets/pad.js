// The pad: two directions as axes, a sheet of what the generator makes there, and a dot to drag over it.
import { drawSheet } from "./canvases.js";
import { h, say } from "./dom.js";
import { onDrag } from "./pointer.js";
import { REACH } from "./spot.js";

export const SIDE = 7; // pictures a side
const STEP = 0.1; // of an arrow key
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const WIDE = (2 * REACH * SIDE) / (SIDE - 1); // of the sheet, edge to edge: a value lies in the middle of its picture

/** `moved(x, y)` is called while the dot is dragged; `turned(across, up)` when other axes are picked. */
export class Pad {
  constructor(moved, turned) {
    this.moved = moved;
    this.canvas = h("canvas", { width: 28 * SIDE, height: 28 * SIDE, "data-part": "sheet" });
    this.dot = h("i", { class: "dot" });
    const frame = { class: "sheet", tabindex: 0, role: "application", "data-part": "pad" };
    this.frame = h("div", frame, this.canvas, this.dot);
    this.across = this.select("Across", turned);
    this.up = this.select("Up", turned);
    this.save = h("button", { type: "button", class: "quiet", "data-part": "save-sheet" }, "Save as PNG");
    this.why = h("p", { class: "missing", hidden: true });
    const axes = h("div", { class: "axes" }, h("label", {}, "→ ", this.across), h("label", {}, "↑ ", this.up), this.save);
    this.element = h("figure", { class: "pad" }, this.frame, this.why, axes);
    onDrag(this.frame, (x, y) => this.to((x - 0.5) * WIDE, (0.5 - y) * WIDE));
    this.frame.onkeydown = (event) => this.key(event);
    this.frame.ondblclick = () => this.to(0, 0);
  }

  select(title, turned) {
    const select = h("select", { "aria-label": `${title}: direction of the pad`, "data-part": `pad-${title.toLowerCase()}` });
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
    this.frame.hidden = this.save.hidden = !axes;
    this.across.parentElement.hidden = this.up.parentElement.hidden = !axes;
    this.why.hidden = Boolean(axes);
    say(this.why, why);
    if (!axes) return;
    this.at = at;
    [this.across, this.up].forEach((select, k) => offer(select, choice, axes[k].name, axes[1 - k].name));
    this.dot.style.left = `${100 * (0.5 + at[0] / WIDE)}%`;
    this.dot.style.top = `${100 * (0.5 - at[1] / WIDE)}%`;
    const [across, up] = axes.map(({ title }, k) => `${title} ${at[k].toFixed(1)}`);
    this.frame.ariaLabel = `Pad: ${across} across, ${up} up. Drag, or use the arrow keys.`;
  }

  /** The pictures of an answer from number `first` on. */
  paint(answer, first) {
    drawSheet(this.canvas, answer, first, SIDE * SIDE, SIDE, 0);
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
