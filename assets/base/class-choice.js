// A select of the class that samples are of; hidden where a generator cannot be asked for one.
import { h } from "./dom.js";

export class ClassChoice {
  /** @param {() => void} changed */
  constructor(changed) {
    this.select = h("select", { "aria-label": "Class of the samples", "data-part": "class" });
    this.select.onchange = () => changed();
    this.element = h("label", { hidden: true }, "Class ", this.select);
    this.names = "";
    this.count = 0;
  }

  /** The classes by name; a choice that is still there stays. */
  set(names) {
    this.element.hidden = !names.length;
    if (String(names) === this.names) return;
    this.names = String(names);
    this.count = names.length;
    const { value } = this.select;
    const every = h("option", { value: "" }, "all");
    this.select.replaceChildren(every, ...names.map((name, k) => h("option", { value: String(k) }, name)));
    this.select.value = Number(value) < names.length ? value : "";
  }

  /** What it adds to a question for images of a generator of `count` classes. */
  query(count = Infinity) {
    const { value } = this.select;
    return value === "" || Number(value) >= count ? "" : `&class=${value}`;
  }

  /**
   * Pales all of a grid of samples but the columns of the class: each class has every so many of `columns` columns.
   * @param {HTMLImageElement} image
   */
  shade(image, columns, count) {
    const { value } = this.select;
    image.style.maskImage =
      value === "" || Number(value) >= count || columns % count ? "" : stripes(Number(value), columns, count);
  }
}

/** A mask of as many stripes as columns; those of class k are whole. */
export function stripes(k, columns, count) {
  const stops = Array.from({ length: columns }, (_, at) => {
    const ink = at % count === k ? "#000" : "#0003";
    return `${ink} ${(100 * at) / columns}% ${(100 * (at + 1)) / columns}%`;
  });
  return `linear-gradient(90deg, ${stops.join(", ")})`;
}
