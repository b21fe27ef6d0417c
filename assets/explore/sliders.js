// Rows of sliders that act while they are dragged; a double click, or Delete, sets one to zero.
import { h, say } from "../base/dom.js";
import { onSlide } from "../base/pointer.js";

const THUMB = () => 1.15 * parseFloat(getComputedStyle(document.documentElement).fontSize); // as in the style sheet
const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };

/**
 * A list of sliders from -reach to reach. `fill(rows)` shows rows {name, title, note, spoken, hint, value, set};
 * `moved(name, value)` is called while one is dragged.
 */
export class Sliders {
  constructor(reach, moved) {
    this.reach = reach;
    this.moved = moved;
    this.element = h("div", { class: "explore-sliders", "data-part": "sliders" });
  }

  fill(rows) {
    const { element } = this;
    while (element.children.length > rows.length) element.lastChild.remove();
    while (element.children.length < rows.length) element.append(this.row());
    rows.forEach((row, k) => this.show(element.children[k], row));
  }

  row() {
    const input = h("input", { type: "range", min: -this.reach, max: this.reach, step: 0.01 });
    const send = (value) => this.moved(input.dataset.name, Math.max(-this.reach, Math.min(this.reach, value)));
    input.oninput = () => send(Number(input.value));
    onSlide(input, THUMB, (share) => send(this.reach * (2 * share - 1)));
    const leap = (value) => ((input.value = value), send(Number(input.value)));
    input.ondblclick = () => leap(0);
    input.onkeydown = (event) => {
      const by = event.key === "Delete" || event.key === "Backspace" ? -Number(input.value) * 10 : KEYS[event.key];
      if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      leap(Math.round(100 * (Number(input.value) + by / 10)) / 100);
    };
    const name = h("span", { class: "explore-name" }, h("b"), h("small"));
    const value = h("output", { "aria-live": "off" });
    return h("label", { class: "explore-row" }, name, h("span", {}, input), h("span", {}, value));
  }

  show(row, { name, title, note = "", spoken = note, hint = "", value, set = value !== 0 }) {
    const [label, { firstChild: input }, { firstChild: output }] = row.children;
    const [bold, small] = label.children;
    say(bold, title);
    say(small, note);
    if (row.title !== hint) row.title = hint;
    if (input.dataset.name !== name) input.dataset.name = name;
    const aloud = spoken ? `${title}, ${spoken}` : title;
    if (input.ariaLabel !== aloud) input.ariaLabel = aloud;
    if (Number(input.value) !== value) input.value = value;
    input.style.setProperty("--at", 0.5 + Math.max(-0.5, Math.min(0.5, value / (2 * this.reach))));
    say(output, value.toFixed(2));
    row.classList.toggle("set", set);
  }
}
