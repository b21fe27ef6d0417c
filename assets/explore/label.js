// The class that a generator is asked for, where it was told classes.
import { h, hide } from "../base/dom.js";

export class Label {
  constructor(explorer) {
    this.explorer = explorer;
    this.select = h("select", { "data-part": "class" });
    this.select.onchange = () => ((explorer.label = Number(this.select.value)), explorer.changed());
    this.element = h(
      "label",
      { class: "explore-row" },
      h("span", { class: "explore-name" }, h("b", {}, "Class")),
      this.select,
    );
  }

  fill() {
    const { explorer, select } = this;
    const { n_classes, names } = explorer.context.data;
    hide(this.element, !n_classes);
    if (select.length !== n_classes) {
      const option = (_, k) => h("option", { value: k }, names[k] ?? String(k));
      select.replaceChildren(...Array.from({ length: n_classes }, option));
    }
    if (n_classes) explorer.label = Math.min(explorer.label, n_classes - 1); // a link may name any number
    select.value = explorer.label;
  }
}
