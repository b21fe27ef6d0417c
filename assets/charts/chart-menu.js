// The menu of a chart: how its axes are scaled, and the chart as a picture or its numbers as a table.

import { h } from "../base/dom.js";
import { SCALES } from "./scales.js";

/** A button that opens and closes a small panel; Escape and a press elsewhere close it, too. */
export class ChartMenu {
  /**
   * @param {{onscale: (scale: string) => void, onpng: () => void, oncsv: () => void}} does
   */
  constructor({ onscale, onpng, oncsv }) {
    const group = `chart-scale-${Math.random().toString(36).slice(2, 8)}`;
    const radios = SCALES.map(([value, words, says]) => {
      const radio = h("input", { type: "radio", name: group, value, checked: value === "linear" });
      radio.addEventListener("change", () => onscale(value));
      return h("label", { title: says }, radio, ` ${words}`);
    });
    this.scales = h("fieldset", {}, h("legend", {}, "Upward axis"), ...radios);
    const files = [file("Picture (PNG)", onpng), file("Numbers (CSV)", oncsv)];
    this.panel = h("div", { class: "base-menu-panel" }, this.scales, ...files);
    this.summary = h("summary", { "data-testid": "chart-menu" }, "Chart menu");
    this.element = h("details", { class: "base-menu" }, this.summary, this.panel);
    this.element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.element.open) return;
      this.element.open = false;
      this.summary.focus();
    });
    this.outside = (event) => event.composedPath().includes(this.element) || (this.element.open = false);
    document.addEventListener("pointerdown", this.outside);
  }

  /** Whether there is a chart, and whether its axes may be scaled. */
  offer(chart, scales) {
    this.element.hidden = !chart;
    this.scales.hidden = !scales;
  }

  destroy() {
    document.removeEventListener("pointerdown", this.outside);
  }
}

function file(words, act) {
  const button = h("button", { type: "button", class: "base-now" }, words);
  button.addEventListener("click", () => act());
  return button;
}
